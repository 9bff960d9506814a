/* asking.c - a device asks, and is told; see asking.h. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include <cmocka.h>

#include "base/error.h"
#include "tests/unit/asking.h"

struct world	*w;

static struct outcome
ask_carry_out(const struct world_request *r)
{
	struct outcome	 o;

	memset(&o, 0, sizeof(o));
	o.rc = world_enrol(w, r, &o.answer, &o.err);
	assert_int_equal(ERR_peek_error(), 0);
	return o;
}

struct world_request
ask_new(int k, const char *txid, const char *challenge)
{
	char			 subject[32];
	struct world_request	 r;

	memset(&r, 0, sizeof(r));
	(void)snprintf(subject, sizeof(subject), "/CN=dev-%d", k);
	r.txid = txid;
	r.signer = k;
	r.csr = client_csr(w->key[k], subject, challenge, NULL);
	return r;
}

static const char *
outcome_name(const struct outcome *o)
{
	static const char *const	 names[] = { "granted", "pending",
	    "refused" };

	return o->rc != SCEP_OK ? scep_err_name(o->rc) :
	    names[o->answer.outcome];
}

struct outcome
ask_expect_keep(const struct world_request *r, const char *end, const char *why)
{
	struct outcome	 o = ask_carry_out(r);
	const char	*reason = o.rc != SCEP_OK ? o.err.text :
			    o.answer.reason;

	if (strcmp(outcome_name(&o), end) != 0 ||
	    strstr(reason, why) == NULL)
		fail_msg("wanted %s (%s), got %s (%s)", end, why,
		    outcome_name(&o), reason);
	if (o.rc == SCEP_OK && o.answer.outcome == SCEP_REFUSED) {
		/* DESIGN 7.4: one refusal, whatever the reason. */
		assert_int_equal(o.answer.code, SCEP_E_REFUSED);
		assert_int_equal(o.answer.cert.len, 0);
	}
	return o;
}

void
ask_expect(const struct world_request *r, const char *end, const char *why)
{
	struct outcome	 o = ask_expect_keep(r, end, why);

	scep_answer_clear(&o.answer);
}

void
ask_spend(struct world_request *r, const char *end, const char *why)
{
	ask_expect(r, end, why);
	bytes_free(&r->csr);
}

void
ask_mint(const char *profile, char text[SCEP_CHALLENGE_TEXT])
{
	const struct world_challenge	 spec = { .profile = profile };

	world_challenge(w, &spec, text);
}

void
ask_record(const char *challenge, struct scep_challenge *rec)
{
	struct scep_error	 err;
	char			 id[SCEP_REC_NAME];

	assert_true(scep_challenge_id(scep_span_text(challenge), id));
	assert_int_equal(scep_challenge_get(w->store, id, rec, &err),
	    SCEP_OK);
}

long
ask_used(const char *challenge)
{
	struct scep_challenge	 rec;
	long			 n;

	ask_record(challenge, &rec);
	n = rec.used;
	scep_challenge_clear(&rec);
	return n;
}

int
ask_empty(void **state)
{
	(void)state;
	world_empty(w);
	world_reseed(w, 1);
	return 0;
}

void
ask_revoke(const char *challenge)
{
	struct scep_change	 change = { .n = 0 };
	struct scep_challenge	 rec;
	struct scep_error	 err;

	ask_record(challenge, &rec);
	world_must(scep_challenge_revoke(w->crypto, &rec, &err) == SCEP_OK);
	world_must(scep_challenge_write(&change, &rec, &err) == SCEP_OK);
	world_must(scep_store_commit(w->store, &change, &err) == SCEP_OK);
	scep_change_clear(&change);
	scep_challenge_clear(&rec);
}
