/* t_reply.c - CertReps, held against libcrypto's CMS and PKCS #7 code. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pkcs7.h>

#include "base/der.h"
#include "tests/unit/client.h"
#include "tests/unit/conform.h"
#include "tests/unit/der_make.h"
#include "wire/reply.h"

#define LENGTH(a)	(sizeof(a) / sizeof((a)[0]))

static struct scep_crypto	*crypto;
static struct scep_random	 rnd;
static EVP_PKEY			*ra_key, *key;
static X509			*ra, *signer;
static struct scep_cert		 ra_cert;
static struct scep_address	 to;
static struct scep_key		 to_key;
static struct scep_buf		 bag;
static const struct scep_key_rules rules = {
	.types = SCEP_BIT(SCEP_KEY_RSA), .min_rsa_bits = 2048,
	.max_rsa_bits = 4096,
};

static enum scep_err
take(X509 *x, struct scep_cert *out)
{
	struct scep_error	 err;
	unsigned char		*der = NULL;
	int			 len = i2d_X509(x, &der);
	enum scep_err		 rc;

	rc = scep_cert_parse(crypto, scep_span_make(der, (size_t)len), out,
	    &err);
	OPENSSL_free(der);
	return rc;
}

static int
open_all(void **state)
{
	struct scep_error	 err;
	struct scep_span	 one;

	(void)state;
	ra_key = der_key(1);
	key = der_key(2);
	ra = client_self_signed(ra_key, "/C=CH/O=Test/CN=RA");
	signer = client_self_signed(key, "/CN=device");
	if (scep_crypto_new(NULL, &crypto, &err) != SCEP_OK ||
	    take(ra, &ra_cert) != SCEP_OK ||
	    take(signer, &to.signer) != SCEP_OK ||
	    scep_key_load(crypto, to.signer.spki, &rules, &to_key, &err) !=
	    SCEP_OK)
		return -1;
	scep_random_init(&rnd, crypto);
	/* In place of the issued certificate: one that has the key. */
	one = scep_buf_span(&to.signer.der);
	return scep_certs_only(&one, 1, &bag, &err) == SCEP_OK ? 0 : -1;
}

static int
close_all(void **state)
{
	(void)state;
	scep_key_clear(&to_key);
	scep_cert_clear(&to.signer);
	scep_cert_clear(&ra_cert);
	scep_buf_clear(&bag);
	scep_crypto_free(crypto);
	X509_free(ra);
	X509_free(signer);
	EVP_PKEY_free(ra_key);
	EVP_PKEY_free(key);
	return 0;
}

/* A request as most clients send it. */
static int
usual(void **state)
{
	(void)state;
	to.complete = 1;
	to.type = SCEP_MSG_PKCSREQ;
	to.txid_len = 5;
	memcpy(to.txid, "tx_ 7", 5);		/* T-73: echoed as it is */
	to.nonce_len = 16;
	memset(to.nonce, 0xa5, 16);
	to.digest = SCEP_SHA256;
	to.cipher = SCEP_AES128;
	to.wrap = SCEP_WRAP_V15;
	return 0;
}

static struct scep_reply
answer(enum scep_pki_status status)
{
	struct scep_reply	 reply = {
		.status = status, .fail_info = 2, .to = &to,
		.to_key = &to_key, .ra_cert = &ra_cert, .ra_key = ra_key,
		.random = &rnd,
	};

	if (status == SCEP_STATUS_SUCCESS)
		reply.certs_only = scep_buf_span(&bag);
	return reply;
}

static struct scep_buf
build(const struct scep_reply *reply)
{
	struct scep_buf		 out = { NULL, 0 };
	struct scep_error	 err;

	if (scep_reply_build(crypto, reply, &out, &err) != SCEP_OK)
		fail_msg("%s", err.text);
	assert_int_equal(ERR_peek_error(), 0);
	assert_int_equal(scep_der_check(scep_buf_span(&out), &err),
	    SCEP_OK);
	return out;
}

static struct client_reply
read_back(const struct scep_buf *der)
{
	struct client_reply	 r;

	client_reply_read(der->data, der->len, key, signer, ra, &r);
	if (r.status == -1)
		fail_msg("no readable CertRep: %s", r.why);
	return r;
}

static CMS_ContentInfo *
cms_of(const struct scep_buf *der)
{
	const unsigned char	*p = der->data;
	CMS_ContentInfo		*cms;

	cms = d2i_CMS_ContentInfo(NULL, &p, (long)der->len);
	assert_non_null(cms);
	assert_ptr_equal(p, der->data + der->len);
	return cms;
}

static CMS_SignerInfo *
only_signer(CMS_ContentInfo *cms)
{
	STACK_OF(CMS_SignerInfo)	*all = CMS_get0_SignerInfos(cms);

	assert_int_equal(sk_CMS_SignerInfo_num(all), 1);
	return sk_CMS_SignerInfo_value(all, 0);
}

static void
each_digest_cipher_and_transport_is_mirrored(void **state)
{
	static const struct {
		enum scep_digest	 digest;
		enum scep_cipher	 cipher;
		enum scep_wrap		 wrap;
		int			 digest_nid, cipher_nid;
	} rows[] = {
		{ SCEP_SHA256, SCEP_AES128, SCEP_WRAP_V15, NID_sha256,
		    NID_aes_128_cbc },
		{ SCEP_SHA1, SCEP_3DES, SCEP_WRAP_V15, NID_sha1,
		    NID_des_ede3_cbc },
		{ SCEP_SHA384, SCEP_AES192, SCEP_WRAP_OAEP_SHA1, NID_sha384,
		    NID_aes_192_cbc },
		{ SCEP_SHA512, SCEP_AES256, SCEP_WRAP_OAEP_SHA256,
		    NID_sha512, NID_aes_256_cbc },
	};
	struct scep_reply	 reply = answer(SCEP_STATUS_SUCCESS);
	struct client_reply	 r;
	struct scep_buf		 der;
	size_t			 i;

	(void)state;
	for (i = 0; i < LENGTH(rows); i++) {
		to.digest = rows[i].digest;
		to.cipher = rows[i].cipher;
		to.wrap = rows[i].wrap;
		der = build(&reply);
		r = read_back(&der);
		assert_int_equal(r.status, 0);
		assert_int_equal(r.fail_info, -1);
		assert_int_equal(r.digest_nid, rows[i].digest_nid);
		assert_int_equal(r.cipher_nid, rows[i].cipher_nid);
		assert_int_equal(r.n_certs, 1);
		assert_int_equal(X509_cmp(r.cert, signer), 0);
		client_reply_clear(&r);
		scep_buf_clear(&der);
	}
}

static void
what_the_request_said_is_echoed(void **state)
{
	static const size_t	 nonces[] = { 1, 8, 16, SCEP_NONCE_MAX };
	struct scep_reply	 reply = answer(SCEP_STATUS_PENDING);
	struct client_reply	 r;
	struct scep_buf		 der;
	size_t			 i;

	(void)state;
	for (i = 0; i < LENGTH(nonces); i++) {
		to.nonce_len = nonces[i];
		memset(to.nonce, (int)i + 1, nonces[i]);
		der = build(&reply);
		r = read_back(&der);
		assert_int_equal(r.status, 3);
		assert_string_equal(r.txid, "tx_ 7");
		assert_int_equal(r.recipient_nonce_len, nonces[i]);
		assert_memory_equal(r.recipient_nonce, to.nonce, nonces[i]);
		assert_int_equal(r.sender_nonce_len, 16);
		client_reply_clear(&r);
		scep_buf_clear(&der);
	}
	to.txid_len = SCEP_TXID_MAX;
	memset(to.txid, 'x', SCEP_TXID_MAX);
	der = build(&reply);
	r = read_back(&der);
	assert_int_equal(strlen(r.txid), SCEP_TXID_MAX);
	client_reply_clear(&r);
	scep_buf_clear(&der);
}

static void
each_answer_has_a_nonce_of_its_own(void **state)
{
	struct scep_reply	 reply = answer(SCEP_STATUS_PENDING);
	struct scep_buf		 a = build(&reply), b = build(&reply);
	struct client_reply	 x = read_back(&a), y = read_back(&b);

	(void)state;
	assert_memory_not_equal(x.sender_nonce, y.sender_nonce, 16);
	assert_memory_equal(x.recipient_nonce, y.recipient_nonce, 16);
	client_reply_clear(&x);
	client_reply_clear(&y);
	scep_buf_clear(&a);
	scep_buf_clear(&b);
}

static void
a_failure_says_why(void **state)
{
	struct scep_reply	 reply = answer(SCEP_STATUS_FAILURE);
	struct client_reply	 r;
	struct scep_buf		 der;

	(void)state;
	for (reply.fail_info = 0; reply.fail_info <= 4; reply.fail_info++) {
		der = build(&reply);
		r = read_back(&der);
		assert_int_equal(r.status, 2);
		assert_int_equal(r.fail_info, reply.fail_info);
		assert_string_equal(r.fail_text, "");
		client_reply_clear(&r);
		scep_buf_clear(&der);
	}
	reply.fail_info = 2;
	reply.fail_text = "request 4711 was refused";
	der = build(&reply);
	r = read_back(&der);
	assert_string_equal(r.fail_text, "request 4711 was refused");
	client_reply_clear(&r);
	scep_buf_clear(&der);
}

static const struct want {
	const char	*oid;
	int		 type;
	int		 on;		/* bits: SUCCESS, FAILURE, PENDING */
} wants[] = {
	{ "1.2.840.113549.1.9.3", V_ASN1_OBJECT, 7 },
	{ "1.2.840.113549.1.9.4", V_ASN1_OCTET_STRING, 7 },
	{ "2.16.840.1.113733.1.9.2", V_ASN1_PRINTABLESTRING, 7 },
	{ "2.16.840.1.113733.1.9.3", V_ASN1_PRINTABLESTRING, 7 },
	{ "2.16.840.1.113733.1.9.4", V_ASN1_PRINTABLESTRING, 2 },
	{ "2.16.840.1.113733.1.9.5", V_ASN1_OCTET_STRING, 7 },
	{ "2.16.840.1.113733.1.9.6", V_ASN1_OCTET_STRING, 7 },
	{ "2.16.840.1.113733.1.9.7", V_ASN1_PRINTABLESTRING, 7 },
	{ "1.3.6.1.5.5.7.24.1", V_ASN1_UTF8STRING, 2 },
};

/* C-100, C-101, C-105: each attribute once, one value, of its one type, and
 * none besides. */
static void
attributes_are_those_of_the_rfc_and_no_others(void **state)
{
	static const struct {
		enum scep_pki_status	 status;
		int			 bit;
	} kinds[] = {
		{ SCEP_STATUS_SUCCESS, 1 }, { SCEP_STATUS_FAILURE, 2 },
		{ SCEP_STATUS_PENDING, 4 },
	};
	struct scep_reply	 reply;
	CMS_ContentInfo		*cms;
	CMS_SignerInfo		*si;
	struct scep_buf		 der;
	ASN1_OBJECT		*oid;
	size_t			 i, j;
	int			 n, on;

	(void)state;
	for (i = 0; i < LENGTH(kinds); i++) {
		reply = answer(kinds[i].status);
		reply.fail_text = "why";
		der = build(&reply);
		cms = cms_of(&der);
		si = only_signer(cms);
		for (n = 0, j = 0; j < LENGTH(wants); j++) {
			on = (wants[j].on & kinds[i].bit) != 0;
			n += on;
			oid = OBJ_txt2obj(wants[j].oid, 1);
			/* -3: one attribute, one value, of this type. */
			if ((CMS_signed_get0_data_by_OBJ(si, oid, -3,
			    wants[j].type) != NULL) != on)
				fail_msg("status %d: %s", kinds[i].status,
				    wants[j].oid);
			ASN1_OBJECT_free(oid);
		}
		assert_int_equal(CMS_signed_get_attr_count(si), n);
		assert_int_equal(CMS_unsigned_get_attr_count(si), -1);
		CMS_ContentInfo_free(cms);
		scep_buf_clear(&der);
		ERR_clear_error();
	}
}

/* C-090, I-022: what old parsers look for, and DER as libcrypto writes it;
 * its CMS sorts a SET OF that is not sorted. */
static void
versions_algorithms_and_order_are_the_plain_ones(void **state)
{
	struct scep_reply	 reply = answer(SCEP_STATUS_FAILURE);
	struct scep_buf		 der = build(&reply);
	const unsigned char	*p = der.data;
	PKCS7			*p7 = d2i_PKCS7(NULL, &p, (long)der.len);
	PKCS7_SIGNER_INFO	*si;
	CMS_ContentInfo		*cms;
	X509_ALGOR		*md;
	unsigned char		*again = NULL;
	int			 type, len;

	(void)state;
	assert_non_null(p7);
	assert_int_equal(ASN1_INTEGER_get(p7->d.sign->version), 1);
	assert_int_equal(sk_X509_ALGOR_num(p7->d.sign->md_algs), 1);
	md = sk_X509_ALGOR_value(p7->d.sign->md_algs, 0);
	X509_ALGOR_get0(NULL, &type, NULL, md);
	assert_int_equal(OBJ_obj2nid(md->algorithm), NID_sha256);
	assert_int_equal(type, V_ASN1_NULL);
	si = sk_PKCS7_SIGNER_INFO_value(p7->d.sign->signer_info, 0);
	assert_int_equal(ASN1_INTEGER_get(si->version), 1);
	assert_int_equal(X509_NAME_cmp(si->issuer_and_serial->issuer,
	    X509_get_issuer_name(ra)), 0);
	assert_int_equal(ASN1_INTEGER_cmp(si->issuer_and_serial->serial,
	    X509_get0_serialNumber(ra)), 0);
	assert_int_equal(X509_ALGOR_cmp(si->digest_alg, md), 0);
	X509_ALGOR_get0(NULL, &type, NULL, si->digest_enc_alg);
	assert_int_equal(OBJ_obj2nid(si->digest_enc_alg->algorithm),
	    NID_rsaEncryption);
	assert_int_equal(type, V_ASN1_NULL);
	assert_int_equal(sk_X509_num(p7->d.sign->cert), 1);
	assert_int_equal(X509_cmp(sk_X509_value(p7->d.sign->cert, 0), ra),
	    0);
	cms = cms_of(&der);
	len = i2d_CMS_ContentInfo(cms, &again);
	CMS_ContentInfo_free(cms);
	assert_int_equal(len, der.len);
	assert_memory_equal(again, der.data, der.len);
	OPENSSL_free(again);
	PKCS7_free(p7);
	scep_buf_clear(&der);
}

static int
cms_verifies(const struct scep_buf *der, BIO *content)
{
	X509_STORE	*store = X509_STORE_new();
	CMS_ContentInfo	*cms = cms_of(der);
	int		 ok;

	assert_int_equal(X509_STORE_add_cert(store, ra), 1);
	ok = CMS_verify(cms, NULL, store, content, NULL,
	    CMS_BINARY | CMS_NO_SIGNER_CERT_VERIFY);
	CMS_ContentInfo_free(cms);
	X509_STORE_free(store);
	ERR_clear_error();
	return ok;
}

static int
pkcs7_verifies(const struct scep_buf *der)
{
	const unsigned char	*p = der->data;
	PKCS7			*p7 = d2i_PKCS7(NULL, &p, (long)der->len);
	BIO			*out = BIO_new(BIO_s_mem());
	int			 ok;

	assert_non_null(p7);
	ok = PKCS7_verify(p7, NULL, NULL, NULL, out, PKCS7_NOVERIFY);
	PKCS7_free(p7);
	BIO_free(out);
	ERR_clear_error();
	return ok;
}

/* I-030: an empty eContent by default, none where it is asked for. */
static void
content_is_empty_or_absent(void **state)
{
	static const enum scep_pki_status statuses[] = {
		SCEP_STATUS_FAILURE, SCEP_STATUS_PENDING };
	struct scep_reply	 reply;
	struct scep_buf		 der;
	CMS_ContentInfo		*cms;
	ASN1_OCTET_STRING	**content;
	BIO			*empty;
	size_t			 i;

	(void)state;
	for (i = 0; i < LENGTH(statuses); i++) {
		reply = answer(statuses[i]);
		der = build(&reply);
		cms = cms_of(&der);
		content = CMS_get0_content(cms);
		assert_true(content != NULL && *content != NULL);
		assert_int_equal(ASN1_STRING_length(*content), 0);
		assert_int_equal(OBJ_obj2nid(CMS_get0_eContentType(cms)),
		    NID_pkcs7_data);
		CMS_ContentInfo_free(cms);
		assert_int_equal(cms_verifies(&der, NULL), 1);
		assert_int_equal(pkcs7_verifies(&der), 1);
		scep_buf_clear(&der);

		reply.omit_content = 1;
		der = build(&reply);
		cms = cms_of(&der);
		content = CMS_get0_content(cms);
		assert_true(content != NULL && *content == NULL);
		CMS_ContentInfo_free(cms);
		empty = BIO_new_mem_buf("", 0);
		assert_int_equal(cms_verifies(&der, empty), 1);
		BIO_free(empty);
		scep_buf_clear(&der);
	}
	/* A SUCCESS without its envelope would be none. */
	reply = answer(SCEP_STATUS_SUCCESS);
	reply.omit_content = 1;
	der = build(&reply);
	assert_int_equal(cms_verifies(&der, NULL), 1);
	assert_int_equal(pkcs7_verifies(&der), 1);
	scep_buf_clear(&der);
}

/* C-091: the envelope names the request's signer, whatever was issued. */
static void
the_envelope_is_for_the_signer_of_the_request(void **state)
{
	struct scep_reply	 reply = answer(SCEP_STATUS_SUCCESS);
	struct scep_buf		 der = build(&reply);
	CMS_ContentInfo		*cms = cms_of(&der), *inner;
	ASN1_OCTET_STRING	*content = *CMS_get0_content(cms);
	const unsigned char	*p = ASN1_STRING_get0_data(content);
	STACK_OF(CMS_RecipientInfo)	*ris;

	(void)state;
	inner = d2i_CMS_ContentInfo(NULL, &p, ASN1_STRING_length(content));
	assert_non_null(inner);
	assert_int_equal(OBJ_obj2nid(CMS_get0_type(inner)),
	    NID_pkcs7_enveloped);
	ris = CMS_get0_RecipientInfos(inner);
	assert_int_equal(sk_CMS_RecipientInfo_num(ris), 1);
	assert_int_equal(CMS_RecipientInfo_type(
	    sk_CMS_RecipientInfo_value(ris, 0)), CMS_RECIPINFO_TRANS);
	assert_int_equal(CMS_RecipientInfo_ktri_cert_cmp(
	    sk_CMS_RecipientInfo_value(ris, 0), signer), 0);
	assert_int_not_equal(CMS_RecipientInfo_ktri_cert_cmp(
	    sk_CMS_RecipientInfo_value(ris, 0), ra), 0);
	CMS_ContentInfo_free(inner);
	CMS_ContentInfo_free(cms);
	scep_buf_clear(&der);
}

static void
another_key_than_the_ras_does_not_verify(void **state)
{
	struct scep_reply	 reply = answer(SCEP_STATUS_PENDING);
	struct client_reply	 r;
	struct scep_buf		 der = build(&reply);

	(void)state;
	assert_int_equal(cms_verifies(&der, NULL), 1);
	scep_buf_clear(&der);
	reply.ra_key = key;
	der = build(&reply);
	assert_int_equal(cms_verifies(&der, NULL), 0);
	client_reply_read(der.data, der.len, key, signer, ra, &r);
	assert_int_equal(r.status, -1);
	client_reply_clear(&r);
	scep_buf_clear(&der);
}

int
main(void)
{
#define TEST(t)	cmocka_unit_test_setup(t, usual)
#define SHOWS(t, n)	conforms_setup(t, usual, n)
	const struct CMUnitTest	 tests[] = {
		SHOWS(each_digest_cipher_and_transport_is_mirrored,
		    "C-175 C-224 I-020 I-021"),
		SHOWS(what_the_request_said_is_echoed,
		    "C-102 C-106 C-107 I-023 T-73"),
		SHOWS(each_answer_has_a_nonce_of_its_own, "C-103 I-023"),
		SHOWS(a_failure_says_why, "C-111 C-112"),
		SHOWS(attributes_are_those_of_the_rfc_and_no_others,
		    "C-100 C-101 C-105 C-112 C-172 C-173 C-178 I-022 T-71 "
		    "T-74 T-75"),
		SHOWS(versions_algorithms_and_order_are_the_plain_ones,
		    "C-090 C-092 C-174 I-022 I-031 T-02 T-04"),
		SHOWS(content_is_empty_or_absent,
		    "C-081 C-083 C-172 C-173 I-030 T-76"),
		SHOWS(the_envelope_is_for_the_signer_of_the_request,
		    "C-080 C-085 C-087 C-091 C-131"),
		SHOWS(another_key_than_the_ras_does_not_verify, "C-174 T-77"),
	};

	return cmocka_run_group_tests(tests, open_all, close_all);
}
