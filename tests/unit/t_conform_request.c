/*
 * t_conform_request.c - requests that are wrong in a way that shows only
 * outside of the message layer: who gets which answer, and that nothing comes
 * of them.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "tests/unit/conform.h"
#include "tests/unit/operator.h"
#include "tests/unit/serving.h"
#include "tests/unit/twist.h"

#define LEN(a)	(sizeof(a) / sizeof((a)[0]))

static void
drop(SCEP_SIGNED *sd, const void *arg)
{
	twist_drop(sd, arg);
}

static void
drop_certificates(SCEP_SIGNED *sd, const void *arg)
{
	(void)arg;
	while (sk_ASN1_TYPE_num(sd->certs) > 0)
		ASN1_TYPE_free(sk_ASN1_TYPE_pop(sd->certs));
}

static void
md5(SCEP_CI_SIGNED *ci, const void *arg)
{
	(void)arg;
	twist_alg(sk_SCEP_SIGNER_value(ci->signed_data->signers,
	    0)->digest_alg, "MD5", V_ASN1_NULL, NULL, 0);
}

static void
spoil(SCEP_CI_SIGNED *ci, const void *arg)
{
	ASN1_STRING	*s = sk_SCEP_SIGNER_value(ci->signed_data->signers,
			    0)->signature;

	(void)arg;
	assert_int_equal(ASN1_STRING_set(s, "x", 1), 1);
}

static void
no_envelope(SCEP_SIGNED *sd, const void *arg)
{
	(void)arg;
	assert_int_equal(ASN1_STRING_set(sd->encap->content, "", 0), 1);
}

/* Each beside the HTTP status and, where it is 200, the failInfo. */
static const struct {
	struct twist	 t;
	int		 http, fail;
} faults[] = {
	{ { .after = spoil }, 200, 1 },
	{ { .after = md5 }, 200, 0 },
	{ { .before = no_envelope }, 200, 2 },
	{ { .before = drop, .arg = "2.16.840.1.113733.1.9.2" }, 200, 2 },
	{ { .before = drop, .arg = "2.16.840.1.113733.1.9.7" }, 400, -1 },
	{ { .before = drop, .arg = "2.16.840.1.113733.1.9.5" }, 400, -1 },
	{ { .before = drop_certificates }, 400, -1 },
};

/* A good request of device 0 with this fault, or with none. */
static struct bytes
faulty(const struct twist *t)
{
	struct bytes		 csr = client_csr(w->key[0], "/CN=one",
				    WORLD_STATIC, NULL);
	struct client_message	 m = serve_plain(0, 19, csr);
	struct twist_bench	 b = { .key = w->key[0] };
	struct bytes		 der = client_message(&m), out = der;
	struct scep_error	 err;

	if (t != NULL) {
		world_must(scep_crypto_new(NULL, &b.crypto, &err) ==
		    SCEP_OK);
		out = twist_message(&b, &der, t);
		scep_crypto_free(b.crypto);
		bytes_free(&der);
	}
	bytes_free(&csr);
	return out;
}

static void
who_can_be_addressed_gets_a_CertRep(void **state)
{
	struct bytes	 der;
	struct served	 s;
	size_t		 i;

	(void)state;
	for (i = 0; i < LEN(faults); i++) {
		der = faulty(&faults[i].t);
		serve_octets("/static", &der, 0, &s);
		if (s.http.status != faults[i].http ||
		    s.reply.fail_info != faults[i].fail)
			fail_msg("row %zu: %s", i, s.log.text);
		assert_int_equal(s.reply.status, faults[i].http == 200 ? 2 :
		    -1);
		assert_string_equal(s.http.type, faults[i].http == 200 ?
		    "application/x-pki-message" : "text/plain");
		served_clear(&s);
		bytes_free(&der);
	}
	assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 0);
	der = faulty(NULL);				/* the control */
	serve_octets("/static", &der, 0, &s);
	assert_int_equal(s.reply.status, 0);
	served_clear(&s);
	bytes_free(&der);
}

static void
with_content(SCEP_SIGNED *sd, const void *arg)
{
	const struct bytes	*b = arg;

	assert_int_equal(ASN1_STRING_set(sd->encap->content, b->data,
	    (int)b->len), 1);
}

/* It would show the challenge to everybody on the way. */
static void
a_request_in_the_clear_is_refused(void **state)
{
	struct bytes		 csr = client_csr(w->key[0], "/CN=one",
				    WORLD_STATIC, NULL), der;
	const struct twist	 t = { .before = with_content, .arg = &csr };
	struct served		 s;

	(void)state;
	der = faulty(&t);
	serve_octets("/static", &der, 0, &s);
	assert_int_equal(s.reply.fail_info, 2);
	assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 0);
	served_clear(&s);
	bytes_free(&der);
	bytes_free(&csr);
}

/* A poll's content under another type is no request. */
static void
what_comes_out_has_to_be_what_the_type_says(void **state)
{
	struct bytes		 ias = client_issuer_and_subject(w->ca_cert,
				    "/CN=one");
	struct client_message	 m = serve_plain(0, 19, ias);
	struct served		 s;

	(void)state;
	serve("/manual", &m, &s);
	assert_int_equal(s.reply.fail_info, 2);
	assert_int_equal(world_count(w, SCEP_T_PENDING), 0);
	served_clear(&s);
	serve_request("/manual", 0, "/CN=one", NULL, &s);
	assert_int_equal(s.reply.status, 3);
	served_clear(&s);
	bytes_free(&ias);
}

/* Device 0 asks for this name under this transactionID. */
static void
queue(const char *txid, const char *subject, const EVP_CIPHER *cipher)
{
	struct bytes		 csr = client_csr(w->key[0], subject, NULL,
				    NULL);
	struct client_message	 m = serve_plain(0, 19, csr);
	struct served		 s;

	m.txid = txid;
	m.cipher = cipher;
	serve("/manual", &m, &s);
	assert_int_equal(s.reply.status, 3);
	served_clear(&s);
	bytes_free(&csr);
}

static void
approve(const char *subject)
{
	json_t	*list = operator_ask(w, 0, "{\"do\":\"request.list\"}");
	size_t	 i;

	for (i = 0; i < json_array_size(list); i++)
		if (strcmp(operator_text(json_array_get(list, i),
		    "subject"), subject) == 0)
			json_decref(operator_ask_id(w, 0,
			    "{\"do\":\"request.approve\",\"id\":\"%s\"}",
			    operator_text(json_array_get(list, i), "id")));
	json_decref(list);
}

/* Without an envelope, as RFC 8894 allows; with one it decides the cipher. */
static void
poll(const char *txid, struct served *s)
{
	struct client_message	 m = serve_plain(0, 20, (struct bytes){
				    NULL, 0 });

	m.txid = txid;
	m.no_envelope = 1;
	serve("/manual", &m, s);
}

static void
requests_of_one_device_wait_side_by_side(void **state)
{
	struct served	 s;
	char		 cn[64];

	(void)state;
	queue("first", "/CN=one", NULL);
	queue("second", "/CN=two", NULL);
	approve("CN=two");
	poll("first", &s);
	assert_int_equal(s.reply.status, 3);
	served_clear(&s);
	poll("second", &s);
	assert_int_equal(s.reply.status, 0);
	assert_true(X509_NAME_get_text_by_NID(X509_get_subject_name(
	    s.reply.cert), NID_commonName, cn, sizeof(cn)) > 0);
	assert_string_equal(cn, "two");
	served_clear(&s);
}

static void
a_bare_poll_is_answered_in_the_first_cipher(void **state)
{
	struct served	 s;

	(void)state;
	queue("first", "/CN=one", EVP_aes_256_cbc());
	queue("second", "/CN=two", EVP_aes_128_cbc());
	approve("CN=one");
	approve("CN=two");
	poll("first", &s);
	assert_int_equal(s.reply.cipher_nid, NID_aes_256_cbc);
	served_clear(&s);
	poll("second", &s);
	assert_int_equal(s.reply.cipher_nid, NID_aes_128_cbc);
	served_clear(&s);
}

/* Every type, with the challenge that a certificate was granted for: in the
 * drafts it was a password for revocation. */
static void
no_message_revokes(void **state)
{
	struct bytes		 csr = client_csr(w->key[0], "/CN=one",
				    WORLD_STATIC, NULL);
	struct client_message	 m = serve_plain(0, 19, csr);
	struct served		 s;
	json_t			*list, *rows;
	size_t			 i;

	(void)state;
	serve("/static", &m, &s);
	assert_int_equal(s.reply.status, 0);
	served_clear(&s);
	for (m.type = -1; m.type < 30; m.type++) {
		serve("/static", &m, &s);
		served_clear(&s);
	}
	list = operator_ask(w, 0, "{\"do\":\"cert.list\"}");
	rows = json_object_get(list, "rows");
	assert_true(json_array_size(rows) > 0);
	for (i = 0; i < json_array_size(rows); i++)
		operator_is(json_array_get(rows, i), "state", "valid");
	json_decref(list);
	bytes_free(&csr);
}

int
main(void)
{
#define SHOWS(t, n)	conforms_setup(t, serve_empty, n)
	const struct CMUnitTest	 tests[] = {
		SHOWS(who_can_be_addressed_gets_a_CertRep,
		    "C-027 C-109 C-120 C-221 I-035"),
		SHOWS(a_request_in_the_clear_is_refused, "C-089"),
		SHOWS(what_comes_out_has_to_be_what_the_type_says, "C-082"),
		SHOWS(requests_of_one_device_wait_side_by_side,
		    "C-183 C-188"),
		SHOWS(a_bare_poll_is_answered_in_the_first_cipher,
		    "C-181 I-021"),
		SHOWS(no_message_revokes, "C-195"),
	};
	int	 rc;

	serve_open(NULL);
	rc = cmocka_run_group_tests_name("conform_request", tests, NULL,
	    NULL);
	serve_close();
	return rc;
}
