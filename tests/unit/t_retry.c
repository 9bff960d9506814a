/*
 * t_retry.c - the life of a request: asked again, queued, approved, expired,
 * forgotten (DESIGN 5, Retries).
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "ca/authorise.h"
#include "tests/unit/asking.h"
#include "tests/unit/conform.h"

#define DAY	86400L

/* SECURITY T12. */
static void
a_retry_gets_the_same_certificate_and_uses_nothing(void **state)
{
	char			 ch[SCEP_CHALLENGE_TEXT];
	struct world_request	 r;
	struct outcome		 first, again;

	(void)state;
	ask_mint("main", ch);
	r = ask_new(0, "t1", ch);
	first = ask_expect_keep(&r, "granted", "challenge");
	r.later = 3 * DAY;		/* far beyond retry_window */
	again = ask_expect_keep(&r, "granted", "granted before");
	assert_int_equal(again.answer.repeated, 1);
	assert_string_equal(first.answer.serial, again.answer.serial);
	assert_int_equal(first.answer.cert.len, again.answer.cert.len);
	assert_memory_equal(first.answer.cert.data, again.answer.cert.data,
	    first.answer.cert.len);
	assert_int_equal(ask_used(ch), 1);
	assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 1);
	assert_int_equal(world_count(w, SCEP_T_LOG), 1);
	scep_answer_clear(&first.answer);
	scep_answer_clear(&again.answer);
	bytes_free(&r.csr);
}

static void
a_retry_under_another_transactionID_too_for_a_day(void **state)
{
	char			 ch[SCEP_CHALLENGE_TEXT];
	struct world_request	 r;
	struct outcome		 first, again;

	(void)state;
	ask_mint("main", ch);
	r = ask_new(0, "t1", ch);
	first = ask_expect_keep(&r, "granted", "challenge");
	r.txid = "t2";
	r.later = DAY;
	again = ask_expect_keep(&r, "granted", "used by this key");
	assert_string_equal(first.answer.serial, again.answer.serial);
	assert_int_equal(again.answer.repeated, 1);
	r.later = DAY + 1;
	ask_expect(&r, "refused", "used up");
	assert_int_equal(ask_used(ch), 1);
	assert_int_equal(world_count(w, SCEP_T_TRANSACTION), 1);
	scep_answer_clear(&first.answer);
	scep_answer_clear(&again.answer);
	bytes_free(&r.csr);
}

static void
change_certificate(const struct outcome *o, enum scep_cert_state to)
{
	struct scep_change	 change = { .n = 0 };
	struct scep_cert_rec	 rec;
	struct scep_error	 err;
	struct scep_cert	 cert;
	struct scep_buf		 key = { NULL, 0 };
	uint8_t			 issuer[SCEP_SHA256_LEN];

	world_must(scep_cert_parse(w->crypto, scep_buf_span(&o->answer.cert),
	    &cert, &err) == SCEP_OK);
	world_must(scep_crypto_sha256(w->crypto, cert.issuer, issuer, &err) ==
	    SCEP_OK);
	world_must(scep_cert_key(cert.serial, issuer, &key, &err) == SCEP_OK);
	world_must(scep_cert_rec_get(w->store, scep_buf_span(&key), &rec,
	    &err) == SCEP_OK);
	rec.state = to;
	world_must(scep_cert_rec_write(&change, &rec, &err) == SCEP_OK);
	world_must(scep_store_commit(w->store, &change, &err) == SCEP_OK);
	scep_change_clear(&change);
	scep_cert_rec_clear(&rec);
	scep_buf_clear(&key);
	scep_cert_clear(&cert);
}

static void
a_revoked_certificate_is_not_handed_out_again(void **state)
{
	char			 ch[SCEP_CHALLENGE_TEXT];
	struct world_request	 r;
	struct outcome		 first;

	(void)state;
	ask_mint("main", ch);
	r = ask_new(0, "t1", ch);
	first = ask_expect_keep(&r, "granted", "challenge");
	change_certificate(&first, SCEP_CERT_REVOKED);
	ask_expect(&r, "refused", "revoked");
	r.txid = "t2";
	ask_expect(&r, "refused", "revoked");
	change_certificate(&first, SCEP_CERT_VALID);
	r.txid = "t1";
	ask_expect(&r, "granted", "granted before");
	scep_answer_clear(&first.answer);
	bytes_free(&r.csr);
}

static void
after_a_revocation_a_request_is_decided_anew(void **state)
{
	struct world_request	 r = ask_new(0, "t1", WORLD_STATIC);
	struct outcome		 first, second;

	(void)state;
	r.profile = "static";
	first = ask_expect_keep(&r, "granted", "static challenge");
	change_certificate(&first, SCEP_CERT_REVOKED);
	second = ask_expect_keep(&r, "granted", "static challenge");
	assert_string_not_equal(first.answer.serial, second.answer.serial);
	scep_answer_clear(&first.answer);
	scep_answer_clear(&second.answer);
	ask_spend(&r, "granted", "granted before");
}

/* However soon the operator wanted to be rid of it. */
static void
a_used_challenge_is_kept_for_its_retries(void **state)
{
	struct scep_change	 change = { .n = 0 };
	struct scep_challenge	 rec;
	struct world_request	 r;
	struct scep_error	 err;
	char			 ch[SCEP_CHALLENGE_TEXT],
				 id[SCEP_REC_NAME];

	(void)state;
	ask_mint("main", ch);
	assert_true(scep_challenge_id(scep_span_text(ch), id));
	world_must(scep_challenge_get(w->store, id, &rec, &err) == SCEP_OK);
	rec.purge = WORLD_NOW + 60;
	world_must(scep_challenge_write(&change, &rec, &err) == SCEP_OK);
	world_must(scep_store_commit(w->store, &change, &err) == SCEP_OK);
	scep_change_clear(&change);
	scep_challenge_clear(&rec);
	r = ask_new(0, "t1", ch);
	ask_expect(&r, "granted", "challenge");
	assert_int_equal(scep_ca_tend(w->ca, WORLD_NOW + DAY - 1, &err),
	    SCEP_OK);
	r.txid = "t2";
	r.later = DAY - 1;
	ask_spend(&r, "granted", "used by this key");
	assert_int_equal(scep_ca_tend(w->ca, WORLD_NOW + DAY, &err),
	    SCEP_OK);
	assert_int_equal(world_count(w, SCEP_T_CHALLENGE), 0);
}

static void
in_its_renewal_window_a_request_is_decided_anew(void **state)
{
	struct world_request	 r;

	(void)state;
	r = ask_new(0, "t1", WORLD_STATIC);
	r.profile = "static";
	ask_expect(&r, "granted", "static challenge");
	r.later = 365 * DAY / 2 - 3600;
	ask_expect(&r, "granted", "granted before");
	r.later = 365 * DAY / 2 + 3600;
	ask_expect(&r, "granted", "static challenge");
	assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 2);
	assert_int_equal(world_count(w, SCEP_T_TRANSACTION), 1);
	ask_spend(&r, "granted", "granted before");
}

/* A certificate that its CA's end cut short, or that may be renewed at once: in
 * the first half of its life a retry is a retry. */
static void
no_window_reaches_into_the_first_half_of_a_life(void **state)
{
	struct scep_profile	*p = NULL;
	struct world_request	 r;
	size_t			 i;
	struct scep_renew_conf	 was;

	(void)state;
	for (i = 0; i < w->cfg->n_profiles; i++)
		if (strcmp(w->cfg->profile[i].name, "static") == 0)
			p = &w->cfg->profile[i];
	assert_non_null(p);
	was = p->renew;
	p->renew.from_s = 365 * DAY;
	r = ask_new(0, "t1", WORLD_STATIC);
	r.profile = "static";
	ask_expect(&r, "granted", "static challenge");
	ask_expect(&r, "granted", "granted before");
	r.later = 365 * DAY / 2 - DAY;
	ask_expect(&r, "granted", "granted before");
	assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 1);
	r.later = 365 * DAY / 2 + DAY;
	ask_spend(&r, "granted", "static challenge");
	p->renew = was;
}

static void
another_request_under_its_transactionID_needs_a_challenge(void **state)
{
	char			 ch[SCEP_CHALLENGE_TEXT],
				 more[SCEP_CHALLENGE_TEXT];
	struct world_request	 r;

	(void)state;
	ask_mint("both", ch);
	ask_mint("both", more);
	r = ask_new(0, "t1", ch);
	r.profile = "both";
	ask_spend(&r, "granted", "challenge");
	r = ask_new(0, "t1", NULL);
	r.profile = "both";
	ask_expect(&r, "refused", "without a fresh challenge");
	r.txid = "t2";
	ask_spend(&r, "pending", "queued");
	r = ask_new(0, "t1", NULL);
	bytes_free(&r.csr);
	r.profile = "both";
	r.csr = client_csr(w->key[0], "/CN=dev-0-new", more, NULL);
	ask_spend(&r, "granted", "challenge");
	/* Somebody else's key under the same transactionID is nobody's
	 * business. */
	r = ask_new(1, "t1", NULL);
	r.profile = "both";
	ask_spend(&r, "pending", "queued");
}

/* Approval by hand. */

static void
a_queued_request_waits_and_repeats(void **state)
{
	char			 ch[SCEP_CHALLENGE_TEXT];
	struct world_request	 r, other;
	struct outcome		 o;

	(void)state;
	ask_mint("both", ch);
	r = ask_new(0, "t1", NULL);
	r.profile = "both";
	ask_expect(&r, "pending", "queued");
	o = ask_expect_keep(&r, "pending", "waits");
	assert_int_equal(o.answer.repeated, 1);
	scep_answer_clear(&o.answer);
	assert_int_equal(world_count(w, SCEP_T_PENDING), 1);
	assert_int_equal(world_count(w, SCEP_T_TRANSACTION), 1);
	assert_int_equal(world_count(w, SCEP_T_LOG), 1);
	/* PROTOCOL C-206. */
	other = ask_new(0, "t1", ch);
	other.profile = "both";
	ask_expect(&other, "refused", "is pending");
	other.txid = "t2";
	ask_spend(&other, "granted", "challenge");
	bytes_free(&r.csr);
}

/* SECURITY T1. */
static void
an_approval_needs_the_request_as_it_came_in(void **state)
{
	struct scep_pending	 p;
	struct scep_grant	*grant = NULL;
	struct scep_grant_view	 view;
	const struct scep_approver	 by = { "operator", "uid 1000" };
	struct scep_approved	 count;
	struct world_request	 r;
	struct scep_error	 err;

	(void)state;
	r = ask_new(0, "t1", NULL);
	r.profile = "manual";
	ask_spend(&r, "pending", "queued");
	(void)snprintf(err.text, sizeof(err.text), "%016x", w->requests);
	assert_int_equal(scep_pending_get(w->store, err.text, &p, &err),
	    SCEP_OK);
	assert_string_equal(p.peer, "192.0.2.1");
	assert_int_equal(scep_authorise_approval(w->crypto, w->cfg, &p,
	    p.expires, &by, &count, &grant, &err), SCEP_E_REFUSED);
	assert_null(grant);
	p.subject.data[p.subject.len - 1] ^= 1;
	assert_int_equal(scep_authorise_approval(w->crypto, w->cfg, &p,
	    WORLD_NOW, &by, &count, &grant, &err), SCEP_E_REFUSED);
	p.subject.data[p.subject.len - 1] ^= 1;
	assert_int_equal(scep_authorise_approval(w->crypto, w->cfg, &p,
	    WORLD_NOW, &by, &count, &grant, &err), SCEP_OK);
	scep_grant_get(grant, &view);
	assert_string_equal(view.authority, "approved by uid 1000");
	assert_true(scep_span_equal(view.spki, scep_buf_span(&p.spki)));
	scep_grant_free(grant);
	/* A profile that takes challenges alone approves nothing. */
	(void)strcpy(p.profile, "main");
	assert_int_equal(scep_pending_mac(w->crypto, w->cfg, &p, p.mac, &err),
	    SCEP_OK);
	assert_int_equal(scep_authorise_approval(w->crypto, w->cfg, &p,
	    WORLD_NOW, &by, &count, &grant, &err), SCEP_E_REFUSED);
	scep_pending_clear(&p);
}

/* SECURITY T5: one peer does not fill the queue for all. */
static void
full_queues_say_try_again(void **state)
{
	struct world_request	 r;
	char			 ch[SCEP_CHALLENGE_TEXT];
	int			 k;

	(void)state;
	ask_mint("tight", ch);
	for (k = 0; k < 2; k++) {
		r = ask_new(k, "t1", NULL);
		r.profile = "tight";
		r.peer = k == 0 ? "192.0.2.1" : "192.0.2.2";
		ask_spend(&r, "pending", "queued");
		r = ask_new(k, "t2", NULL);
		r.profile = "tight";
		r.peer = k == 0 ? "192.0.2.1" : "192.0.2.2";
		ask_spend(&r, "try again",
		    k == 0 ? "for this address" : "full");
	}
	r = ask_new(2, "t1", NULL);
	r.profile = "tight";
	r.peer = "192.0.2.3";
	ask_spend(&r, "try again", "the queue is full");
	assert_int_equal(world_count(w, SCEP_T_PENDING), 2);
	/* Whoever waits already, and whoever need not, is served. */
	r = ask_new(0, "t1", NULL);
	r.profile = "tight";
	ask_spend(&r, "pending", "waits");
	r = ask_new(2, "t1", ch);
	r.profile = "tight";
	ask_spend(&r, "granted", "challenge");
}

static void
what_nobody_decides_expires(void **state)
{
	struct world_request	 r;
	struct scep_error	 err;

	(void)state;
	r = ask_new(0, "t1", NULL);
	r.profile = "manual";
	ask_expect(&r, "pending", "queued");
	assert_int_equal(scep_ca_tend(w->ca, WORLD_NOW + 7 * DAY - 1, &err),
	    SCEP_OK);
	assert_int_equal(world_count(w, SCEP_T_PENDING), 1);
	/* Even before anybody tended to it. */
	r.later = 7 * DAY;
	ask_expect(&r, "pending", "queued");
	assert_int_equal(world_count(w, SCEP_T_PENDING), 2);
	/* The old one goes, and leaves the new one's transaction alone. */
	assert_int_equal(scep_ca_tend(w->ca, WORLD_NOW + 7 * DAY, &err),
	    SCEP_OK);
	assert_int_equal(world_count(w, SCEP_T_PENDING), 1);
	ask_expect(&r, "pending", "waits");
	assert_int_equal(scep_ca_tend(w->ca, WORLD_NOW + 14 * DAY, &err),
	    SCEP_OK);
	assert_int_equal(world_count(w, SCEP_T_PENDING), 0);
	assert_true(world_holds(w, "event=expired"));
	r.later = 14 * DAY;
	ask_expect(&r, "pending", "queued");
	bytes_free(&r.csr);
}

static void
what_is_long_over_is_forgotten(void **state)
{
	char			 ch[SCEP_CHALLENGE_TEXT];
	struct world_request	 r;
	struct scep_error	 err;

	(void)state;
	ask_mint("main", ch);
	r = ask_new(0, "t1", ch);
	ask_spend(&r, "granted", "challenge");
	assert_int_equal(scep_ca_tend(w->ca, WORLD_NOW + 365 * DAY, &err),
	    SCEP_OK);
	assert_int_equal(world_count(w, SCEP_T_TRANSACTION), 1);
	assert_int_equal(world_count(w, SCEP_T_CHALLENGE), 0);
	assert_int_equal(scep_ca_tend(w->ca, WORLD_NOW + 400 * DAY, &err),
	    SCEP_OK);
	assert_int_equal(world_count(w, SCEP_T_TRANSACTION), 0);
	assert_int_equal(world_count(w, SCEP_T_NEWEST), 0);
	/* Certificates are kept. */
	assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 1);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test_setup(
		    no_window_reaches_into_the_first_half_of_a_life,
		    ask_empty),
		conforms_setup(
		    a_retry_gets_the_same_certificate_and_uses_nothing,
		    ask_empty, "C-141 C-176 C-205 C-231"),
		conforms_setup(
		    a_retry_under_another_transactionID_too_for_a_day,
		    ask_empty, "C-207 C-208"),
		conforms_setup(a_revoked_certificate_is_not_handed_out_again,
		    ask_empty, "C-208"),
		conforms_setup(after_a_revocation_a_request_is_decided_anew,
		    ask_empty, "C-208"),
		cmocka_unit_test_setup(
		    a_used_challenge_is_kept_for_its_retries,
		    ask_empty),
		conforms_setup(in_its_renewal_window_a_request_is_decided_anew,
		    ask_empty, "C-208"),
		conforms_setup(
		    another_request_under_its_transactionID_needs_a_challenge,
		    ask_empty, "C-206"),
		conforms_setup(a_queued_request_waits_and_repeats, ask_empty,
		    "C-162 C-187 C-205 C-206"),
		cmocka_unit_test_setup(
		    an_approval_needs_the_request_as_it_came_in,
		    ask_empty),
		cmocka_unit_test_setup(full_queues_say_try_again, ask_empty),
		conforms_setup(what_nobody_decides_expires, ask_empty,
		    "C-186 T-102"),
		conforms_setup(what_is_long_over_is_forgotten, ask_empty,
		    "T-102"),
	};
	int	 rc;

	w = world_new(NULL);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	world_free(w);
	return rc;
}
