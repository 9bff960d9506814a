/*
 * t_revoke.c - certificates that the operator revokes, and what that shuts.
 */
#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <openssl/x509v3.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/text.h"
#include "ca/cert_revoke.h"
#include "ca/crl.h"
#include "tests/unit/operator.h"
#include "tests/unit/renewing.h"

#define REVOKE	"{\"do\":\"cert.revoke\",\"serial\":\"%s\"}"
#define DRY	"{\"do\":\"cert.revoke\",\"serial\":\"%s\",\"dry\":1}"
#define KEY	"{\"do\":\"cert.revoke\",\"serial\":\"%s\"," \
		"\"reason\":\"keyCompromise\"}"
#define SHOW	"{\"do\":\"cert.show\",\"serial\":\"%s\"}"
#define SERIAL	100

static void
serial_of(const X509 *cert, char out[SERIAL])
{
	const ASN1_INTEGER	*n = X509_get0_serialNumber(cert);

	scep_hex_text(scep_span_make(ASN1_STRING_get0_data(n),
	    (size_t)ASN1_STRING_length(n)), out, SERIAL);
}

static void
tend(time_t later)
{
	struct scep_error	 err;

	assert_int_equal(scep_ca_tend(w->ca, WORLD_NOW + later, &err),
	    SCEP_OK);
}

/* As the CDP has it. */
static X509_CRL *
crl_at(time_t later)
{
	struct scep_crl		 crl;
	struct scep_error	 err;
	const unsigned char	*p;
	X509_CRL		*out;

	assert_int_equal(scep_ca_crl(w->ca, WORLD_NOW + later, "test",
	    SIZE_MAX, &crl, &err), SCEP_OK);
	p = crl.der.data;
	assert_non_null(out = d2i_X509_CRL(NULL, &p, (long)crl.der.len));
	scep_buf_clear(&crl.der);
	return out;
}

/* -2: it is not on it; -1: without a reason. */
static long
reason_at(time_t later, X509 *cert)
{
	X509_CRL	*crl = crl_at(later);
	X509_REVOKED	*entry = NULL;
	ASN1_ENUMERATED	*reason;
	long		 n = -2;

	if (X509_CRL_get0_by_cert(crl, &entry, cert) == 1) {
		reason = X509_REVOKED_get_ext_d2i(entry, NID_crl_reason, NULL,
		    NULL);
		n = reason != NULL ? ASN1_ENUMERATED_get(reason) : -1;
		ASN1_ENUMERATED_free(reason);
	}
	X509_CRL_free(crl);
	return n;
}

static void
what_is_revoked_is_on_the_next_crl(void **state)
{
	X509	*cert = renewing_first("static", NULL);
	char	 serial[SERIAL];
	json_t	*o;

	(void)state;
	serial_of(cert, serial);
	tend(1);
	assert_int_equal(reason_at(1, cert), -2);
	o = operator_ask_id(w, 2, KEY, serial);
	operator_is(o, "serial", serial);
	operator_is(o, "subject", "CN=dev-0");
	operator_is(o, "profile", "static");
	operator_is(o, "ca", "test");
	operator_is(o, "reason", "keyCompromise");
	operator_is(o, "crl", "test");
	operator_is(o, "no_crl", "");
	json_decref(o);
	/* The last one is served until the tending has made another. */
	assert_int_equal(reason_at(2, cert), -2);
	tend(2);
	assert_int_equal(reason_at(2, cert), 1);
	o = operator_ask_id(w, 3, SHOW, serial);
	operator_is(o, "state", "revoked");
	operator_is(o, "revoked", "2026-11-24T12:00:02Z");
	operator_is(o, "reason", "keyCompromise");
	json_decref(o);
	assert_int_equal(world_holds(w, "event=revoked"), 1);
	assert_int_equal(world_holds(w, "reason=keyCompromise by=\"uid 1000\""),
	    1);
	X509_free(cert);
}

static void
each_reason_that_is_for_devices(void **state)
{
	static const struct {
		const char	*name;
		long		 shown;
	} rows[] = {
		{ "unspecified", -1 }, { "keyCompromise", 1 },
		{ "affiliationChanged", 3 }, { "superseded", 4 },
		{ "cessationOfOperation", 5 }, { "PRIVILEGEwithdrawn", 9 },
		{ "certificateHold", -2 }, { "removeFromCRL", -2 },
		{ "cACompromise", -2 }, { "aACompromise", -2 },
		{ "stolen", -2 },
	};
	char	 serial[SERIAL], ask[160];
	X509	*cert;
	size_t	 i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(ask_empty(state), 0);
		cert = renewing_first("static", NULL);
		serial_of(cert, serial);
		(void)snprintf(ask, sizeof(ask), "{\"do\":\"cert.revoke\","
		    "\"serial\":\"%s\",\"reason\":\"%s\"}", serial,
		    rows[i].name);
		if (rows[i].shown == -2)
			operator_refused(w, 0, ask, SCEP_E_USAGE,
			    "not unspecified, keyCompromise");
		else
			json_decref(operator_ask(w, 0, ask));
		tend(1);
		assert_int_equal(reason_at(1, cert), rows[i].shown);
		X509_free(cert);
	}
}

/* A CRL that was made by a later clock than the operator's would never tell
 * of it, by the times alone. */
static void
no_crl_is_newer_and_lacks_it(void **state)
{
	X509	*cert = renewing_first("static", NULL);
	char	 serial[SERIAL];

	(void)state;
	serial_of(cert, serial);
	tend(100);
	json_decref(operator_ask_id(w, 50, REVOKE, serial));
	tend(100);
	assert_int_equal(reason_at(100, cert), -1);
	X509_free(cert);
}

#define KIN	7

/* A generation of a name and a key of its own, with a CRL. */
static void
make_kin(struct scep_ca_conf *kin, struct scep_span spki)
{
	struct scep_change	 change = { .n = 0 };
	struct scep_crl_rec	 rec = { .number = 1, .this_update = WORLD_NOW,
				    .next_update = WORLD_NOW + 3600 };
	struct scep_error	 err;

	*kin = w->cfg->ca[0];
	kin->state = SCEP_GEN_PREVIOUS;
	kin->cert.spki = spki;
	assert_int_equal(scep_crl_key(w->crypto, kin, rec.ca_sha256, &err),
	    SCEP_OK);
	assert_int_equal(scep_buf_set(&rec.der, spki, &err), SCEP_OK);
	assert_int_equal(scep_crl_rec_write(&change, &rec, &err), SCEP_OK);
	assert_int_equal(scep_store_commit(w->store, &change, &err),
	    SCEP_OK);
	scep_change_clear(&change);
	scep_crl_rec_clear(&rec);
}

static int
state_of_crl(const struct scep_ca_conf *conf)
{
	struct scep_crl_rec	 rec;
	struct scep_error	 err;
	uint8_t			 key[SCEP_SHA256_LEN];
	int			 stale;

	assert_int_equal(scep_crl_key(w->crypto, conf, key, &err), SCEP_OK);
	assert_int_equal(scep_crl_rec_get(w->store, key, &rec, &err),
	    SCEP_OK);
	stale = rec.stale;
	scep_crl_rec_clear(&rec);
	return stale;
}

/* As many as there may be; and one that stands there twice. */
static void
every_crl_of_the_name_is_out_of_date(void **state)
{
	struct scep_ca_conf	*ca = &w->cfg->ca[0], kin[KIN + 1];
	uint8_t			 spki[KIN];
	X509			*cert = renewing_first("static", NULL);
	char			 serial[SERIAL];
	size_t			 i;

	(void)state;
	serial_of(cert, serial);
	for (i = 0; i < KIN; i++) {
		spki[i] = (uint8_t)i;
		make_kin(&kin[i], scep_span_make(&spki[i], 1));
		assert_int_equal(state_of_crl(&kin[i]), SCEP_CRL_FRESH);
	}
	kin[KIN] = kin[0];
	ca->kin = kin;
	ca->n_kin = KIN + 1;
	json_decref(operator_ask_id(w, 0, REVOKE, serial));
	ca->kin = NULL;
	ca->n_kin = 0;
	for (i = 0; i < KIN; i++)
		assert_int_equal(state_of_crl(&kin[i]), SCEP_CRL_OUTDATED);
	X509_free(cert);
}

/* Somebody read it before it was out of date, and kept it for later. */
static void
what_was_read_before_is_not_kept_in_memory(void **state)
{
	const struct scep_ca_conf	*conf = &w->cfg->ca[0];
	struct scep_local		*ca = (struct scep_local *)w->ca;
	struct scep_crl_held		*held;
	struct scep_crl_rec		 rec;
	struct scep_error		 err;
	uint8_t				 key[SCEP_SHA256_LEN];
	char				 serial[SERIAL];
	X509				*cert = renewing_first("static", NULL);

	(void)state;
	serial_of(cert, serial);
	tend(100);
	assert_int_equal(scep_crl_key(w->crypto, conf, key, &err), SCEP_OK);
	assert_int_equal(scep_crl_rec_get(w->store, key, &rec, &err),
	    SCEP_OK);
	json_decref(operator_ask_id(w, 50, REVOKE, serial));
	assert_int_equal(scep_crls_put(ca->memory->crls, &rec, &err),
	    SCEP_OK);
	assert_int_equal(scep_crl_newest(ca, conf, &held, &err), SCEP_OK);
	assert_int_equal(held->rec.stale, SCEP_CRL_OUTDATED);
	scep_crl_drop(held);
	tend(100);
	assert_int_equal(reason_at(100, cert), -1);
	X509_free(cert);
}

static void
count_state(const char *state, size_t n)
{
	json_t	*o;
	char	 ask[80];

	(void)snprintf(ask, sizeof(ask),
	    "{\"do\":\"cert.list\",\"state\":\"%s\"}", state);
	o = operator_ask(w, 0, ask);
	assert_int_equal(json_array_size(json_object_get(o, "rows")), n);
	json_decref(o);
}

static void
set_state(const char *hex, enum scep_cert_state to)
{
	struct scep_change	 change = { .n = 0 };
	struct scep_buf		 key = { NULL, 0 };
	struct scep_cert_rec	 rec;
	struct scep_error	 err;
	uint8_t			 serial[40];
	size_t			 len;

	assert_int_equal(scep_hex_read(hex, serial, sizeof(serial), &len,
	    &err), SCEP_OK);
	assert_int_equal(scep_cert_key(scep_span_make(serial, len),
	    w->cfg->ca[0].issuer.id, &key, &err), SCEP_OK);
	assert_int_equal(scep_cert_rec_get(w->store, scep_buf_span(&key),
	    &rec, &err), SCEP_OK);
	rec.state = to;
	assert_int_equal(scep_cert_rec_write(&change, &rec, &err), SCEP_OK);
	assert_int_equal(scep_store_commit(w->store, &change, &err),
	    SCEP_OK);
	scep_change_clear(&change);
	scep_cert_rec_clear(&rec);
	scep_buf_clear(&key);
}

/* One that its validator has still to let go is to be found, too, when all
 * that might serve are to be revoked. */
static void
what_may_become_valid_is_live(void **state)
{
	X509	*cert = renewing_first("static", NULL);
	char	 serial[SERIAL];

	(void)state;
	serial_of(cert, serial);
	count_state("valid", 1);
	count_state("live", 1);
	count_state("unconfirmed", 0);
	set_state(serial, SCEP_CERT_UNCONFIRMED);
	count_state("valid", 0);
	count_state("live", 1);
	count_state("unconfirmed", 1);
	json_decref(operator_ask_id(w, 0, REVOKE, serial));
	count_state("live", 0);
	count_state("unconfirmed", 0);
	count_state("revoked", 1);
	operator_refused(w, 0, "{\"do\":\"cert.list\",\"state\":\"alive\"}",
	    SCEP_E_USAGE, "unconfirmed");
	X509_free(cert);
}

static void
twice_is_once(void **state)
{
	X509	*cert = renewing_first("static", NULL);
	char	 serial[SERIAL];
	json_t	*before, *after;

	(void)state;
	serial_of(cert, serial);
	json_decref(operator_ask_id(w, 0, REVOKE, serial));
	tend(1);
	before = operator_ask_id(w, 2, SHOW, serial);
	operator_refused_id(w, 2, KEY, serial, SCEP_E_EXISTS,
	    "was revoked at 2026-11-24T12:00:00Z already (unspecified)");
	operator_refused_id(w, 2, DRY, serial, SCEP_E_EXISTS, "stays so");
	after = operator_ask_id(w, 2, SHOW, serial);
	assert_true(json_equal(before, after));
	tend(3);
	assert_int_equal(reason_at(3, cert), -1);
	json_decref(before);
	json_decref(after);
	X509_free(cert);
}

static void
dry_is_not_at_all(void **state)
{
	X509	*cert = renewing_first("static", NULL);
	char	 serial[SERIAL];
	json_t	*o;

	(void)state;
	serial_of(cert, serial);
	o = operator_ask_id(w, 0, DRY, serial);
	operator_is(o, "reason", "unspecified");
	json_decref(o);
	o = operator_ask_id(w, 0, SHOW, serial);
	operator_is(o, "state", "valid");
	operator_is(o, "revoked", "");
	operator_is(o, "reason", "");
	json_decref(o);
	assert_int_equal(world_holds(w, "event=revoked"), 0);
	X509_free(cert);
}

static void
what_is_not_ours_to_revoke(void **state)
{
	char	 serial[SERIAL];

	(void)state;
	serial_of(w->ca_cert, serial);
	operator_refused_id(w, 0, REVOKE, serial, SCEP_E_REFUSED,
	    "the certificate of CA test itself");
	serial_of(w->ra_cert, serial);
	operator_refused_id(w, 0, REVOKE, serial, SCEP_E_REFUSED,
	    "ca renew-ra");
	operator_refused_id(w, 0, REVOKE, "0badcafe", SCEP_E_NOTFOUND,
	    "no certificate has the serial");
	assert_int_equal(world_holds(w, "event=revoked"), 0);
}

/* A record of the same serial as the CA's own is another certificate's. */
static void
the_serial_alone_is_not_the_certificate(void **state)
{
	const struct renewing_plan	 plan = { .subject = "/CN=dev-0",
		.serial = ASN1_INTEGER_get(X509_get0_serialNumber(
		    w->ca_cert)), .from = 0, .to = RENEWING_DAY };
	char				 serial[SERIAL];
	X509				*cert = renewing_make(&plan);
	json_t				*o;

	(void)state;
	renewing_record(cert, "static");
	serial_of(cert, serial);
	o = operator_ask_id(w, 0, REVOKE, serial);
	operator_is(o, "subject", "CN=dev-0");
	json_decref(o);
	X509_free(cert);
}

static void
it_renews_no_more(void **state)
{
	struct renewal	 r = { .old = renewing_first("static", NULL) };
	struct renewal	 again = { .old = r.old, .txid = "r2" };
	char		 serial[SERIAL];

	(void)state;
	serial_of(r.old, serial);
	renewing(&r, "granted", "renewal");
	json_decref(operator_ask_id(w, RENEWING_OPEN, REVOKE, serial));
	renewing(&again, "refused", "the signer was revoked");
	X509_free(r.old);
}

/* The same request again, and a used challenge, give it no more; a fresh one
 * gives another. */
static void
nor_is_it_delivered_again(void **state)
{
	struct world_request	 r, fresh;
	struct outcome		 o;
	char			 ch[SCEP_CHALLENGE_TEXT];
	char			 other[SCEP_CHALLENGE_TEXT];

	(void)state;
	ask_mint(NULL, ch);
	ask_mint(NULL, other);
	r = ask_new(0, "t1", ch);
	ask_expect(&r, "granted", "challenge");
	o = ask_expect_keep(&r, "granted", "granted before");
	json_decref(operator_ask_id(w, 0, REVOKE, o.answer.serial));
	ask_expect(&r, "refused", "");
	r.txid = "t2";
	ask_expect(&r, "refused", "");
	assert_int_equal(ask_used(ch), 1);
	assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 1);
	fresh = ask_new(0, "t3", other);
	ask_spend(&fresh, "granted", "challenge");
	assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 2);
	scep_answer_clear(&o.answer);
	bytes_free(&r.csr);
}

static void
nor_does_a_poll_get_it(void **state)
{
	struct world_request	 r = ask_new(0, "t1", NULL);
	struct scep_answer	 answer;
	struct scep_error	 err;
	char			 id[SCEP_REQUEST_ID];
	json_t			*o;

	(void)state;
	r.profile = "manual";
	ask_expect(&r, "pending", "queued");
	(void)snprintf(id, sizeof(id), "%016x", w->requests);
	o = operator_ask_id(w, 0,
	    "{\"do\":\"request.approve\",\"id\":\"%s\"}", id);
	assert_int_equal(world_poll(w, &r, &answer, &err), SCEP_OK);
	assert_int_equal(answer.outcome, SCEP_GRANTED);
	scep_answer_clear(&answer);
	json_decref(operator_ask_id(w, 0, REVOKE, operator_text(o,
	    "serial")));
	assert_int_equal(world_poll(w, &r, &answer, &err), SCEP_OK);
	assert_int_equal(answer.outcome, SCEP_REFUSED);
	scep_answer_clear(&answer);
	/* Without a challenge that is not asked of a human again. */
	ask_spend(&r, "pending", "");
	json_decref(o);
}

static void
of_two_cas_the_one_is_to_be_named(void **state)
{
	struct scep_change	 change = { .n = 0 };
	struct scep_cert_rec	 rec;
	struct scep_buf		 key = { NULL, 0 };
	struct scep_error	 err;
	uint8_t			 octets[32];
	char			 serial[SERIAL], ask[200];
	X509			*cert = renewing_first("static", NULL);
	size_t			 len;

	(void)state;
	serial_of(cert, serial);
	assert_int_equal(scep_hex_read(serial, octets, sizeof(octets), &len,
	    &err), SCEP_OK);
	assert_int_equal(scep_cert_key(scep_span_make(octets, len),
	    w->cfg->ca[0].issuer.id, &key, &err), SCEP_OK);
	assert_int_equal(scep_cert_rec_get(w->store, scep_buf_span(&key),
	    &rec, &err), SCEP_OK);
	rec.issuer[0] ^= 1;
	rec.rev = 0;
	(void)snprintf(rec.ca, sizeof(rec.ca), "other");
	assert_int_equal(scep_cert_rec_write(&change, &rec, &err), SCEP_OK);
	assert_int_equal(scep_store_commit(w->store, &change, &err),
	    SCEP_OK);
	operator_refused_id(w, 0, REVOKE, serial, SCEP_E_REFUSED,
	    "cert revoke --ca");
	(void)snprintf(ask, sizeof(ask), "{\"do\":\"cert.revoke\","
	    "\"serial\":\"%s\",\"ca\":\"nobody\"}", serial);
	operator_refused(w, 0, ask, SCEP_E_NOTFOUND,
	    "no certificate of CA nobody has");
	(void)snprintf(ask, sizeof(ask), "{\"do\":\"cert.revoke\","
	    "\"serial\":\"%s\",\"ca\":\"test\"}", serial);
	json_decref(operator_ask(w, 0, ask));
	tend(1);
	assert_int_equal(reason_at(1, cert), -1);
	/* The other one's CA is none of ours: there is no CRL to tell. */
	(void)snprintf(ask, sizeof(ask), "{\"do\":\"cert.revoke\","
	    "\"serial\":\"%s\",\"ca\":\"other\"}", serial);
	scep_cert_rec_clear(&rec);
	{
		json_t	*o = operator_ask(w, 0, ask);

		operator_is(o, "crl", "");
		assert_non_null(strstr(operator_text(o, "no_crl"),
		    "no CA of the configuration"));
		json_decref(o);
	}
	scep_change_clear(&change);
	scep_buf_clear(&key);
	X509_free(cert);
}

/* Rivals. */

struct rival {
	pthread_t	 thread;
	const char	*ask;
	enum scep_err	 rc;
};

static void *
rush(void *arg)
{
	struct rival		*r = arg;
	struct scep_buf		 reply = { NULL, 0 };
	struct scep_error	 err;
	char			 summary[512];

	r->rc = scep_admin(w->ca, WORLD_NOW, 0, scep_span_text(r->ask),
	    &reply, summary, sizeof(summary), &err);
	scep_buf_clear(&reply);
	return NULL;
}

static void
many_at_once_revoke_it_once(void **state)
{
	struct rival	 rival[6];
	char		 serial[SERIAL], ask[160];
	X509		*cert = renewing_first("static", NULL);
	size_t		 logged = world_count(w, SCEP_T_LOG);
	int		 i, done = 0;

	(void)state;
	serial_of(cert, serial);
	(void)snprintf(ask, sizeof(ask), REVOKE, serial);
	for (i = 0; i < 6; i++) {
		rival[i].ask = ask;
		assert_int_equal(pthread_create(&rival[i].thread, NULL, rush,
		    &rival[i]), 0);
	}
	for (i = 0; i < 6; i++) {
		assert_int_equal(pthread_join(rival[i].thread, NULL), 0);
		assert_true(rival[i].rc == SCEP_OK ||
		    rival[i].rc == SCEP_E_EXISTS);
		done += rival[i].rc == SCEP_OK;
	}
	assert_int_equal(done, 1);
	assert_int_equal(world_count(w, SCEP_T_LOG), logged + 1);
	X509_free(cert);
}

static void
its_story_tells(void **state)
{
	char	 serial[SERIAL];
	X509	*cert = renewing_first("static", NULL);
	json_t	*o, *events, *last;

	(void)state;
	serial_of(cert, serial);
	json_decref(operator_ask_id(w, 5, KEY, serial));
	o = operator_ask_id(w, 6, "{\"do\":\"explain\",\"what\":\"%s\"}",
	    serial);
	events = json_object_get(json_array_get(json_object_get(o,
	    "stories"), 0), "events");
	assert_int_equal(json_array_size(events), 2);
	last = json_array_get(events, 1);
	operator_is(last, "event", "revoked");
	operator_is(json_object_get(last, "result"), "by", "uid 1000");
	operator_is(json_object_get(last, "result"), "reason",
	    "keyCompromise");
	json_decref(o);
	X509_free(cert);
}

/* What one entry says is what another server would do again. */
static void
an_entry_of_the_log_is_read_back(void **state)
{
	static const char	 good[] = "time=2026-11-24T12:00:00Z "
		"event=revoked serial=0a0b issuer=000102030405060708090a0b0c"
		"0d0e0f reason=superseded by=\"uid 0\"";
	static const struct {
		const char	*text;
		enum scep_err	 rc;
	} rows[] = {
		{ good, SCEP_OK },
		{ "event=issued serial=0a0b", SCEP_E_NOTFOUND },
		{ "event=revoked serial=0a0b", SCEP_E_FORMAT },
		{ "time=2026-11-24T12:00:00Z event=revoked serial=0a0b "
		    "issuer=00 reason=superseded", SCEP_E_FORMAT },
		{ "time=2026-11-24T12:00:00Z event=revoked serial=0a0b "
		    "issuer=000102030405060708090a0b0c0d0e0f reason=stolen",
		    SCEP_E_FORMAT },
		{ "", SCEP_E_NOTFOUND },
	};
	struct scep_revocation	 r;
	struct scep_error	 err;
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(scep_revocation_read(scep_span_text(
		    rows[i].text), &r, &err), rows[i].rc);
		if (rows[i].rc != SCEP_OK)
			continue;
		assert_int_equal(r.reason, 4);
		assert_int_equal(r.when, WORLD_NOW);
		assert_int_equal(r.key.len, 1 + 2 + 16);
		scep_buf_clear(&r.key);
	}
}

#define T(name)	cmocka_unit_test_setup(name, ask_empty)

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		T(what_is_revoked_is_on_the_next_crl),
		T(each_reason_that_is_for_devices),
		T(no_crl_is_newer_and_lacks_it),
		T(every_crl_of_the_name_is_out_of_date),
		T(what_was_read_before_is_not_kept_in_memory),
		T(what_may_become_valid_is_live),
		T(twice_is_once),
		T(dry_is_not_at_all),
		T(what_is_not_ours_to_revoke),
		T(the_serial_alone_is_not_the_certificate),
		T(it_renews_no_more),
		T(nor_is_it_delivered_again),
		T(nor_does_a_poll_get_it),
		T(of_two_cas_the_one_is_to_be_named),
		T(many_at_once_revoke_it_once),
		T(its_story_tells),
		T(an_entry_of_the_log_is_read_back),
	};
	int			 failed;

	w = world_new(NULL);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	world_free(w);
	return failed;
}
