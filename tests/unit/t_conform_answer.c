/*
 * t_conform_answer.c - what an answer is made of, as the RA sends it: the
 * three ends of a request, to whom, in what encoding.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/err.h>
#include <openssl/pkcs7.h>

#include "tests/unit/conform.h"
#include "tests/unit/serving.h"

#define MESSAGE_TYPE	"2.16.840.1.113733.1.9.2"
#define PKI_STATUS	"2.16.840.1.113733.1.9.3"
#define FAIL_INFO	"2.16.840.1.113733.1.9.4"

static PKCS7 *
pkcs7_of(const unsigned char *der, size_t len)
{
	const unsigned char	*p = der;
	PKCS7			*p7 = d2i_PKCS7(NULL, &p, (long)len);

	assert_non_null(p7);
	assert_ptr_equal(p, der + len);
	return p7;
}

/* The certificate that signed is in the answer, and in that to GetCACert. */
static void
assert_signer_is_published(const struct served *s)
{
	PKCS7		*p7 = pkcs7_of(s->http.body, s->http.body_len);
	STACK_OF(X509)	*signers = PKCS7_get0_signers(p7, NULL, 0), *all;
	struct served	 ca;
	int		 i, found = 0;

	assert_non_null(signers);
	assert_int_equal(sk_X509_num(signers), 1);
	serve_get("/main", "operation=GetCACert", &ca);
	all = scep_client_cacert(ca.http.body, ca.http.body_len, 1);
	for (i = 0; i < sk_X509_num(all); i++)
		found += X509_cmp(sk_X509_value(all, i),
		    sk_X509_value(signers, 0)) == 0;
	assert_int_equal(found, 1);
	sk_X509_pop_free(all, X509_free);
	sk_X509_free(signers);
	served_clear(&ca);
	PKCS7_free(p7);
}

/* Exactly this text, as one PrintableString. */
static void
assert_text(const struct served *s, const char *oid, const char *want)
{
	const unsigned char	*p = s->http.body;
	CMS_ContentInfo		*cms;
	ASN1_OBJECT		*obj = OBJ_txt2obj(oid, 1);
	const ASN1_STRING	*got;

	cms = d2i_CMS_ContentInfo(NULL, &p, (long)s->http.body_len);
	assert_non_null(cms);
	got = CMS_signed_get0_data_by_OBJ(sk_CMS_SignerInfo_value(
	    CMS_get0_SignerInfos(cms), 0), obj, -3, V_ASN1_PRINTABLESTRING);
	assert_int_equal(got != NULL, want != NULL);
	if (want != NULL) {
		assert_int_equal(ASN1_STRING_length(got), strlen(want));
		assert_memory_equal(ASN1_STRING_get0_data(got), want,
		    strlen(want));
	}
	ASN1_OBJECT_free(obj);
	CMS_ContentInfo_free(cms);
	ERR_clear_error();
}

static void
a_request_ends_in_one_of_three_ways(void **state)
{
	static const struct {
		const char	*path, *challenge;
		int		 status;
		const char	*text, *fail;
	} rows[] = {
		{ "/static", WORLD_STATIC, 0, "0", NULL },
		{ "/static", "wrong", 2, "2", "2" },
		{ "/manual", NULL, 3, "3", NULL },
	};
	struct served	 s;
	size_t		 i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		serve_request(rows[i].path, 0, "/CN=one", rows[i].challenge,
		    &s);
		assert_int_equal(s.http.status, 200);
		assert_string_equal(s.http.type,
		    "application/x-pki-message");
		assert_int_equal(s.reply.status, rows[i].status);
		assert_text(&s, MESSAGE_TYPE, "3");
		assert_text(&s, PKI_STATUS, rows[i].text);
		assert_text(&s, FAIL_INFO, rows[i].fail);
		assert_signer_is_published(&s);
		served_clear(&s);
	}
}

/* The EnvelopedData of a SUCCESS. */
static PKCS7 *
envelope_of(const struct served *s)
{
	PKCS7	*p7 = pkcs7_of(s->http.body, s->http.body_len), *inner;

	assert_true(PKCS7_type_is_signed(p7));
	assert_int_equal(ASN1_INTEGER_get(p7->d.sign->version), 1);
	assert_true(PKCS7_type_is_data(p7->d.sign->contents));
	inner = pkcs7_of(p7->d.sign->contents->d.data->data,
	    (size_t)p7->d.sign->contents->d.data->length);
	PKCS7_free(p7);
	assert_true(PKCS7_type_is_enveloped(inner));
	return inner;
}

/* What old parsers look for in a SUCCESS, from outside to inside; CMS and
 * PKCS #7 begin to differ where a version is higher. */
static void
a_success_is_pkcs7_down_to_its_certificate(void **state)
{
	struct served	 s;
	PKCS7		*env, *bag;
	BIO		*out;
	char		*plain;
	long		 len;

	(void)state;
	serve_request("/static", 0, "/CN=one", WORLD_STATIC, &s);
	assert_int_equal(s.reply.status, 0);
	env = envelope_of(&s);
	assert_int_equal(ASN1_INTEGER_get(env->d.enveloped->version), 0);
	assert_int_equal(OBJ_obj2nid(env->d.enveloped->enc_data->content_type),
	    NID_pkcs7_data);
	assert_non_null(out = PKCS7_dataDecode(env, w->key[0], NULL,
	    w->self[0]));
	plain = OPENSSL_malloc(8192);
	len = BIO_read(out, plain, 8192);
	assert_in_range(len, 1, 8191);
	bag = pkcs7_of((const unsigned char *)plain, (size_t)len);
	assert_true(PKCS7_type_is_signed(bag));
	assert_null(bag->d.sign->crl);
	assert_int_equal(sk_X509_num(bag->d.sign->cert), 1);
	assert_int_equal(EVP_PKEY_eq(X509_get0_pubkey(sk_X509_value(
	    bag->d.sign->cert, 0)), w->key[0]), 1);
	PKCS7_free(bag);
	PKCS7_free(env);
	BIO_free_all(out);
	OPENSSL_free(plain);
	served_clear(&s);
}

static int
transport_of(const struct served *s)
{
	PKCS7			*env = envelope_of(s);
	PKCS7_RECIP_INFO	*ri;
	int			 nid;

	ri = sk_PKCS7_RECIP_INFO_value(env->d.enveloped->recipientinfo, 0);
	nid = OBJ_obj2nid(ri->key_enc_algor->algorithm);
	PKCS7_free(env);
	return nid;
}

static void
who_used_OAEP_gets_OAEP(void **state)
{
	struct bytes		 csr = client_csr(w->key[0], "/CN=one",
				    WORLD_STATIC, NULL);
	struct client_message	 m = serve_plain(0, 19, csr);
	struct served		 s;

	(void)state;
	for (m.oaep = 0; m.oaep < 2; m.oaep++) {
		serve("/static", &m, &s);
		assert_int_equal(s.reply.status, 0);
		assert_int_equal(transport_of(&s), m.oaep ? NID_rsaesOaep :
		    NID_rsaEncryption);
		served_clear(&s);
	}
	bytes_free(&csr);
}

/* A poll is another message than its request, and a retry than the first. */
static void
each_answer_echoes_its_own_message(void **state)
{
	static const struct {
		int		 type;
		const char	*nonce;
	} rows[] = {
		{ 19, "nonce of request" }, { 20, "nonce of a poll " },
		{ 19, "nonce of a retry" }, { 20, "another one's   " },
	};
	struct bytes		 csr = client_csr(w->key[0], "/CN=one", NULL,
				    NULL);
	struct client_message	 m = serve_plain(0, 19, csr);
	struct served		 s;
	size_t			 i;

	(void)state;
	m.txid = "its own";
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		m.type = rows[i].type;
		m.nonce = (const unsigned char *)rows[i].nonce;
		serve("/manual", &m, &s);
		assert_int_equal(s.reply.status, 3);
		assert_string_equal(s.reply.txid, "its own");
		assert_int_equal(s.reply.recipient_nonce_len, 16);
		assert_memory_equal(s.reply.recipient_nonce, rows[i].nonce,
		    16);
		served_clear(&s);
	}
	bytes_free(&csr);
}

int
main(void)
{
#define SHOWS(t, n)	conforms_setup(t, serve_empty, n)
	const struct CMUnitTest	 tests[] = {
		SHOWS(a_request_ends_in_one_of_three_ways,
		    "C-003 C-028 C-105 C-110 C-166 C-172 C-173 C-174"),
		SHOWS(a_success_is_pkcs7_down_to_its_certificate,
		    "C-081 C-086 C-090 C-170 C-171 I-032 T-02"),
		SHOWS(who_used_OAEP_gets_OAEP, "C-225 T-47"),
		SHOWS(each_answer_echoes_its_own_message,
		    "C-102 C-107 C-177 C-187"),
	};
	int	 rc;

	serve_open(NULL);
	rc = cmocka_run_group_tests_name("conform_answer", tests, NULL, NULL);
	serve_close();
	return rc;
}
