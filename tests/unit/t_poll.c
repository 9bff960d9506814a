/*
 * t_poll.c - CertPolls: what became of a request, told to who asked for it
 * and to nobody else.
 */
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
#include "ca/issue.h"
#include "tests/unit/asking.h"
#include "tests/unit/conform.h"

#define DAY	86400L

static struct outcome
poll_it(const struct world_request *r)
{
	struct outcome	 o;

	memset(&o, 0, sizeof(o));
	o.rc = world_poll(w, r, &o.answer, &o.err);
	assert_int_equal(ERR_peek_error(), 0);
	return o;
}

static void
refused(const struct world_request *r, enum scep_err code, const char *why)
{
	struct outcome	 o = poll_it(r);

	assert_int_equal(o.rc, SCEP_OK);
	assert_int_equal(o.answer.outcome, SCEP_REFUSED);
	assert_int_equal(o.answer.code, code);
	assert_int_equal(o.answer.cert.len, 0);
	if (strstr(o.answer.reason, why) == NULL)
		fail_msg("wanted %s, got %s", why, o.answer.reason);
	scep_answer_clear(&o.answer);
}

static void
pending(const struct world_request *r)
{
	struct outcome	 o = poll_it(r);

	assert_int_equal(o.rc, SCEP_OK);
	assert_int_equal(o.answer.outcome, SCEP_PENDING);
	assert_int_equal(o.answer.cipher, SCEP_AES128);
	scep_answer_clear(&o.answer);
}

/* Queue a request of device 0 under "t1" of "manual". */
static struct world_request
queued(struct scep_pending *p)
{
	struct world_request	 r = ask_new(0, "t1", NULL);
	struct scep_error	 err;
	char			 id[SCEP_REQUEST_ID_LEN];

	r.profile = "manual";
	ask_spend(&r, "pending", "queued");
	r.csr.data = NULL;
	(void)snprintf(id, sizeof(id), "%016x", w->requests);
	world_must(scep_pending_get(w->store, id, p, &err) == SCEP_OK);
	return r;
}

/* As an operator would: the certificate, or the refusal, in one change. */
static void
settle(const struct scep_pending *p, enum scep_txn_state to)
{
	const struct scep_approver	 by = { "operator", "uid 0" };
	struct scep_approved	 count;
	struct scep_change	 change = { .n = 0 };
	struct scep_cert_rec	 cert;
	struct scep_grant	*grant = NULL;
	struct scep_error	 err;
	struct scep_txn		 txn;

	memset(&cert, 0, sizeof(cert));
	world_must(scep_txn_get(w->store, &p->txn, &txn, &err) == SCEP_OK);
	txn.state = to;
	txn.decided = WORLD_NOW;
	if (to == SCEP_TXN_GRANTED) {
		world_must(scep_authorise_approval(w->crypto, w->cfg, p,
		    WORLD_NOW, &by, &count, &grant, &err) == SCEP_OK);
		world_must(scep_issue(w->crypto, grant, WORLD_NOW, &cert,
		    &err) == SCEP_OK);
		world_must(scep_cert_key(scep_buf_span(&cert.serial),
		    cert.issuer, &txn.cert_key, &err) == SCEP_OK);
		world_must(scep_cert_rec_write(&change, &cert, &err) ==
		    SCEP_OK);
	}
	world_must(scep_txn_write(&change, &txn, &err) == SCEP_OK);
	world_must(scep_change_delete(&change, SCEP_T_PENDING,
	    scep_span_text(p->request_id), p->rev, &err) == SCEP_OK);
	world_must(scep_store_commit(w->store, &change, &err) == SCEP_OK);
	scep_change_clear(&change);
	scep_grant_free(grant);
	scep_cert_rec_clear(&cert);
	scep_txn_clear(&txn);
}

static void
a_queued_request_is_pending_until_it_is_approved(void **state)
{
	struct scep_pending	 p;
	struct world_request	 r = queued(&p);
	struct outcome		 first, again;

	(void)state;
	pending(&r);
	pending(&r);
	settle(&p, SCEP_TXN_GRANTED);
	first = poll_it(&r);
	assert_int_equal(first.rc, SCEP_OK);
	assert_int_equal(first.answer.outcome, SCEP_GRANTED);
	assert_int_equal(first.answer.cipher, SCEP_AES128);
	assert_string_equal(first.answer.authority, "approved by uid 0");
	/* RFC 8894 section 5.2: the answer was lost; the same again. */
	again = poll_it(&r);
	assert_int_equal(again.answer.outcome, SCEP_GRANTED);
	assert_true(scep_span_equal(scep_buf_span(&first.answer.cert),
	    scep_buf_span(&again.answer.cert)));
	assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 1);
	scep_answer_clear(&first.answer);
	scep_answer_clear(&again.answer);
	/* So does the request itself (PROTOCOL C-187). */
	r.csr = client_csr(w->key[0], "/CN=dev-0", NULL, NULL);
	ask_spend(&r, "granted", "granted before");
	scep_pending_clear(&p);
}

static void
a_refused_request_is_refused_again_and_again(void **state)
{
	struct scep_pending	 p;
	struct world_request	 r = queued(&p);

	(void)state;
	pending(&r);
	settle(&p, SCEP_TXN_REFUSED);
	refused(&r, SCEP_E_REFUSED, "by an operator");
	refused(&r, SCEP_E_REFUSED, "by an operator");
	r.csr = client_csr(w->key[0], "/CN=dev-0", NULL, NULL);
	ask_spend(&r, "refused", "by an operator");
	assert_int_equal(world_count(w, SCEP_T_PENDING), 0);
	scep_pending_clear(&p);
}

static void
what_expires_is_refused_tended_or_not(void **state)
{
	struct scep_pending	 p;
	struct world_request	 r = queued(&p);
	struct scep_error	 err;

	(void)state;
	r.later = 7 * DAY - 1;
	pending(&r);
	r.later = 7 * DAY;
	refused(&r, SCEP_E_REFUSED, "in time");
	assert_int_equal(scep_ca_tend(w->ca, WORLD_NOW + r.later, &err),
	    SCEP_OK);
	refused(&r, SCEP_E_REFUSED, "in time");
	scep_pending_clear(&p);
}

/* SECURITY T13; unknown and foreign look alike. */
static void
nobody_elses_poll_is_answered(void **state)
{
	struct scep_pending	 p;
	struct world_request	 r = queued(&p), other = r;

	(void)state;
	other.signer = 1;
	refused(&other, SCEP_E_CERTID, "no such transaction");
	other = r;
	other.txid = "t2";
	refused(&other, SCEP_E_CERTID, "no such transaction");
	other = r;
	other.profile = "both";
	refused(&other, SCEP_E_CERTID, "no such transaction");
	pending(&r);
	settle(&p, SCEP_TXN_GRANTED);
	other.profile = "manual";
	other.signer = 1;
	refused(&other, SCEP_E_CERTID, "no such transaction");
	scep_pending_clear(&p);
}

/* PROTOCOL C-184: the key counts, not the self-signed certificate. */
static void
a_new_self_signed_certificate_for_the_key_will_do(void **state)
{
	struct scep_pending	 p;
	struct world_request	 r = queued(&p);
	X509			*old = w->self[0];

	(void)state;
	w->self[0] = client_self_signed(w->key[0], "/CN=another name");
	pending(&r);
	X509_free(w->self[0]);
	w->self[0] = old;
	scep_pending_clear(&p);
}

static void
a_revoked_or_expired_certificate_is_not_handed_out(void **state)
{
	struct scep_change	 change = { .n = 0 };
	struct scep_cert_rec	 cert;
	struct scep_error	 err;
	struct scep_pending	 p;
	struct scep_txn		 txn;
	struct world_request	 r = queued(&p);
	struct outcome		 o;

	(void)state;
	settle(&p, SCEP_TXN_GRANTED);
	r.later = 365 * DAY - 1;
	o = poll_it(&r);
	assert_int_equal(o.answer.outcome, SCEP_GRANTED);
	scep_answer_clear(&o.answer);
	r.later = 365 * DAY;
	refused(&r, SCEP_E_CERTID, "expired");
	r.later = 0;
	world_must(scep_txn_get(w->store, &p.txn, &txn, &err) == SCEP_OK);
	world_must(scep_cert_rec_get(w->store, scep_buf_span(&txn.cert_key),
	    &cert, &err) == SCEP_OK);
	cert.state = SCEP_CERT_REVOKED;
	world_must(scep_cert_rec_write(&change, &cert, &err) == SCEP_OK);
	world_must(scep_store_commit(w->store, &change, &err) == SCEP_OK);
	refused(&r, SCEP_E_CERTID, "revoked");
	scep_change_clear(&change);
	scep_cert_rec_clear(&cert);
	scep_txn_clear(&txn);
	scep_pending_clear(&p);
}

/* The CA reads the message itself, whatever a worker says it is. */
static void
only_a_verified_CertPoll_is_a_poll(void **state)
{
	struct scep_pending	 p;
	struct world_request	 r = queued(&p);
	struct scep_poll	 ask = { .profile = "manual",
	    .request_id = "0000000000000000", .peer = "192.0.2.1" };
	struct client_message	 m = { .type = SCEP_MSG_CERTPOLL,
	    .txid = "t1", .key = w->key[0], .signer = w->self[0],
	    .recipient = { w->ra_cert } };
	struct scep_answer	 answer;
	struct scep_error	 err;
	struct bytes		 der;

	(void)state;
	r.type = SCEP_MSG_PKCSREQ;
	refused(&r, SCEP_E_REFUSED, "not a CertPoll");
	m.content = client_issuer_and_subject(w->ca_cert, "/CN=x");
	der = client_message(&m);
	ask.message = scep_span_make(der.data, der.len);
	assert_int_equal(scep_ca_poll(w->ca, WORLD_NOW, &ask, &answer, &err),
	    SCEP_OK);
	assert_int_equal(answer.outcome, SCEP_PENDING);
	scep_answer_clear(&answer);
	der.data[der.len - 1] ^= 1;	/* of the signature */
	assert_int_equal(scep_ca_poll(w->ca, WORLD_NOW, &ask, &answer, &err),
	    SCEP_OK);
	assert_int_equal(answer.outcome, SCEP_REFUSED);
	assert_int_equal(answer.code, SCEP_E_SIG);
	scep_answer_clear(&answer);
	bytes_free(&der);
	bytes_free(&m.content);
	scep_pending_clear(&p);
}

static void
a_poll_writes_nothing(void **state)
{
	struct scep_pending	 p;
	struct world_request	 r = queued(&p);
	size_t			 rows = world_count(w, SCEP_T_LOG);

	(void)state;
	pending(&r);
	r.txid = "unknown";
	refused(&r, SCEP_E_CERTID, "no such");
	assert_int_equal(world_count(w, SCEP_T_LOG), rows);
	assert_int_equal(world_count(w, SCEP_T_TRANSACTION), 1);
	assert_int_equal(world_count(w, SCEP_T_PENDING), 1);
	scep_pending_clear(&p);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		conforms_setup(a_queued_request_is_pending_until_it_is_approved,
		    ask_empty, "C-142 C-165 C-185 C-187"),
		conforms_setup(a_refused_request_is_refused_again_and_again,
		    ask_empty, "C-185 C-187"),
		conforms_setup(what_expires_is_refused_tended_or_not, ask_empty,
		    "C-186 T-102"),
		conforms_setup(nobody_elses_poll_is_answered, ask_empty,
		    "C-182 C-183 C-184"),
		conforms_setup(
		    a_new_self_signed_certificate_for_the_key_will_do,
		    ask_empty, "C-184"),
		cmocka_unit_test_setup(
		    a_revoked_or_expired_certificate_is_not_handed_out,
		    ask_empty),
		conforms_setup(only_a_verified_CertPoll_is_a_poll, ask_empty,
		    "C-181"),
		cmocka_unit_test_setup(a_poll_writes_nothing, ask_empty),
	};
	int	 rc;

	w = world_new(NULL);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	world_free(w);
	return rc;
}
