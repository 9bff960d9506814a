/*
 * t_message_sig.c - pkiMessages read: algorithms, keys, signatures, times; in
 * which order, and that nothing passes that only looks signed.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/der.h"
#include "base/error.h"

#include "tests/unit/conform.h"
#include "tests/unit/der_make.h"
#include "tests/unit/twist.h"

#define CONTENT_TYPE	twist_oid(SCEP_ATTR_CONTENT_TYPE)
#define MESSAGE_DIGEST	twist_oid(SCEP_ATTR_MESSAGE_DIGEST)
#define SIGNING_TIME	twist_oid(SCEP_ATTR_SIGNING_TIME)
#define LEN(a)		(sizeof(a) / sizeof((a)[0]))

static struct twist_bench	 bench;

static int
setup(void **state)
{
	(void)state;
	twist_open(&bench);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	twist_close(&bench);
	der_forget();
	return 0;
}

static enum scep_err
changed(void (*before)(SCEP_SIGNED *, const void *), const void *arg)
{
	const struct twist	 t = { .before = before, .arg = arg };
	int			 complete;
	enum scep_err		 rc;

	rc = twist_tried(&bench, twist_good(&bench, &t), &complete);
	assert_int_equal(complete, 1);
	return rc;
}

static enum scep_err
changed_after(void (*after)(SCEP_CI_SIGNED *, const void *), const void *arg)
{
	const struct twist	 t = { .after = after, .arg = arg };

	return twist_tried(&bench, twist_good(&bench, &t), NULL);
}

/* digestAlgorithms, by name; and the parameters of the last. */
struct digests {
	const char	*name[6];
	int		 type;
};

static void
with_digests(SCEP_SIGNED *sd, const void *arg)
{
	const struct digests	*d = arg;
	X509_ALGOR		*alg;
	size_t			 i;

	X509_ALGOR_free(sk_X509_ALGOR_pop(sd->digest_algs));
	for (i = 0; i < 6 && d->name[i] != NULL; i++) {
		assert_non_null(alg = X509_ALGOR_new());
		twist_alg(alg, d->name[i], d->type, "\1", 1);
		sk_X509_ALGOR_push(sd->digest_algs, alg);
	}
}

static void
digest_algorithms_hold_the_signers_and_no_unknown_one(void **state)
{
	static const struct digests	 good[] = {
		{ { "SHA256" }, V_ASN1_NULL },
		{ { "SHA256" }, V_ASN1_UNDEF },
		{ { "SHA1", "SHA256" }, V_ASN1_NULL },
		{ { "SHA512", "SHA384", "SHA256", "SHA1" }, V_ASN1_NULL },
	}, bad[] = {
		{ { NULL }, V_ASN1_NULL },
		{ { "SHA512" }, V_ASN1_NULL },
		{ { "SHA256" }, V_ASN1_INTEGER },
		{ { "SHA256", "MD5" }, V_ASN1_NULL },
		{ { "SHA256", "1.2.3.4" }, V_ASN1_NULL },
		{ { "SHA256", "SHA256", "SHA256", "SHA256", "SHA256", "SHA1" },
		    V_ASN1_NULL },
	};
	size_t				 i;

	(void)state;
	for (i = 0; i < LEN(good); i++)
		assert_int_equal(changed(with_digests, &good[i]), SCEP_OK);
	for (i = 0; i < LEN(bad); i++)
		assert_int_equal(changed(with_digests, &bad[i]), SCEP_E_ALG);
}

/* A whole message with this digest. */
static enum scep_err
digested(const EVP_MD *md, enum scep_digest *answer)
{
	struct client_message	 m = twist_plain(&bench);
	struct scep_address	 addr;
	struct scep_message	*msg;
	struct bytes		 der;
	enum scep_err		 rc;

	m.digest = md;
	der = client_message(&m);
	rc = twist_read(&bench, &der, &addr, &msg);
	*answer = addr.digest;
	scep_message_free(msg);
	scep_address_clear(&addr);
	bytes_free(&der);
	return rc;
}

static void
digests_are_those_of_the_rules(void **state)
{
	const unsigned int	 usual = bench.rules.digests;
	enum scep_digest	 answer;

	(void)state;
	assert_int_equal(digested(EVP_sha256(), &answer), SCEP_OK);
	assert_int_equal(answer, SCEP_SHA256);
	assert_int_equal(digested(EVP_sha384(), &answer), SCEP_OK);
	assert_int_equal(answer, SCEP_SHA384);
	assert_int_equal(digested(EVP_sha512(), &answer), SCEP_OK);
	assert_int_equal(answer, SCEP_SHA512);
	assert_int_equal(digested(EVP_sha1(), &answer), SCEP_E_ALG);
	/* The refusal is signed with what everybody has to know. */
	assert_int_equal(answer, SCEP_SHA256);
	assert_int_equal(digested(EVP_md5(), &answer), SCEP_E_ALG);
	assert_int_equal(digested(EVP_sha224(), &answer), SCEP_E_ALG);
	bench.rules.digests |= SCEP_BIT(SCEP_SHA1);
	assert_int_equal(digested(EVP_sha1(), &answer), SCEP_OK);
	assert_int_equal(answer, SCEP_SHA1);
	assert_int_equal(digested(EVP_md5(), &answer), SCEP_E_ALG);
	bench.rules.digests = SCEP_BIT(SCEP_SHA512);
	assert_int_equal(digested(EVP_sha256(), &answer), SCEP_E_ALG);
	bench.rules.digests = usual;
}

struct alg_case {
	const char	*oid;
	int		 type;
};

static void
with_digest_alg(SCEP_SIGNED *sd, const void *arg)
{
	const struct alg_case	*c = arg;

	twist_alg(sk_SCEP_SIGNER_value(sd->signers, 0)->digest_alg, c->oid,
	    c->type, "\1", 1);
}

static void
with_signature_alg(SCEP_SIGNED *sd, const void *arg)
{
	const struct alg_case	*c = arg;

	twist_alg(sk_SCEP_SIGNER_value(sd->signers, 0)->sig_alg, c->oid,
	    c->type, "\1", 1);
}

static void
signature_algorithms_fit_the_digest(void **state)
{
	static const struct alg_case	 good[] = {
		{ "rsaEncryption", V_ASN1_NULL },
		{ "rsaEncryption", V_ASN1_UNDEF },
		{ "sha256WithRSAEncryption", V_ASN1_NULL },
		{ "sha256WithRSAEncryption", V_ASN1_UNDEF },
	}, bad[] = {
		{ "rsaEncryption", V_ASN1_INTEGER },
		{ "sha1WithRSAEncryption", V_ASN1_NULL },
		{ "sha512WithRSAEncryption", V_ASN1_NULL },
		{ "md5WithRSAEncryption", V_ASN1_NULL },
		{ "rsassaPss", V_ASN1_NULL },
		{ "ecdsa-with-SHA256", V_ASN1_UNDEF },
		{ "ED25519", V_ASN1_UNDEF },
		{ "1.2.3.4", V_ASN1_NULL },
	}, digests[] = {
		{ "SHA256", V_ASN1_INTEGER },
		{ "SHA3-256", V_ASN1_NULL },
		{ "1.2.3.4", V_ASN1_NULL },
	};
	size_t				 i;

	(void)state;
	for (i = 0; i < LEN(good); i++)
		assert_int_equal(changed(with_signature_alg, &good[i]),
		    SCEP_OK);
	for (i = 0; i < LEN(bad); i++)
		assert_int_equal(changed(with_signature_alg, &bad[i]),
		    SCEP_E_ALG);
	for (i = 0; i < LEN(digests); i++)
		assert_int_equal(changed(with_digest_alg, &digests[i]),
		    SCEP_E_ALG);
}

static enum scep_err
signed_by(EVP_PKEY *key, X509 *cert, int *self_signed)
{
	struct client_message	 m = twist_plain(&bench);
	struct scep_address	 addr;
	struct scep_message	*msg;
	struct bytes		 der;
	enum scep_err		 rc;

	m.key = key;
	m.signer = cert;
	der = client_message(&m);
	rc = twist_read(&bench, &der, &addr, &msg);
	/* OpenSSL believes each of them: what is refused, is by our rules. */
	assert_int_equal(twist_cms_verify(&der, NULL), 1);
	assert_int_equal(addr.complete, 1);
	if (self_signed != NULL && msg != NULL)
		*self_signed = msg->self_signed;
	scep_message_free(msg);
	scep_address_clear(&addr);
	bytes_free(&der);
	return rc;
}

static void
signers_keys_are_those_of_the_rules(void **state)
{
	EVP_PKEY	*small = EVP_RSA_gen(1024), *ec = EVP_EC_gen("P-256");
	X509		*small_cert = client_self_signed(small, "/CN=small");
	X509		*ec_cert = client_self_signed(ec, "/CN=ec");
	const int	 min = bench.rules.signer.min_rsa_bits;

	(void)state;
	assert_int_equal(signed_by(bench.key, bench.self, NULL), SCEP_OK);
	assert_int_equal(signed_by(small, small_cert, NULL), SCEP_E_ALG);
	assert_int_equal(signed_by(ec, ec_cert, NULL), SCEP_E_ALG);
	bench.rules.signer.min_rsa_bits = 1024;
	assert_int_equal(signed_by(small, small_cert, NULL), SCEP_OK);
	bench.rules.signer.min_rsa_bits = 3072;
	assert_int_equal(signed_by(bench.key, bench.self, NULL), SCEP_E_ALG);
	bench.rules.signer.min_rsa_bits = min;
	X509_free(small_cert);
	X509_free(ec_cert);
	EVP_PKEY_free(small);
	EVP_PKEY_free(ec);
}

static void
spoil_signature(SCEP_CI_SIGNED *ci, const void *arg)
{
	ASN1_STRING	*s = sk_SCEP_SIGNER_value(ci->signed_data->signers,
			    0)->signature;
	unsigned char	 byte = ASN1_STRING_get0_data(s)[17] ^ 4;
	unsigned char	 copy[512];

	(void)arg;
	memcpy(copy, ASN1_STRING_get0_data(s),
	    (size_t)ASN1_STRING_length(s));
	copy[17] = byte;
	assert_int_equal(ASN1_STRING_set(s, copy, ASN1_STRING_length(s)), 1);
}

static void
spoil_content(SCEP_CI_SIGNED *ci, const void *arg)
{
	const struct scep_span	 s = scep_asn1_span(
				    ci->signed_data->encap->content);

	(void)arg;
	/* The last octet of the encrypted content: it still parses. */
	assert_int_equal(ASN1_STRING_set(ci->signed_data->encap->content,
	    der_patch(der_raw(s.data, s.len), s.len - 1,
	    s.data[s.len - 1] ^ 1).data, (int)s.len), 1);
}

static void
no_signature(SCEP_CI_SIGNED *ci, const void *arg)
{
	(void)arg;
	assert_int_equal(ASN1_STRING_set(sk_SCEP_SIGNER_value(
	    ci->signed_data->signers, 0)->signature, "", 0), 1);
}

static void
more_attributes(SCEP_CI_SIGNED *ci, const void *arg)
{
	twist_add(ci->signed_data, "1.2.3.4", V_ASN1_NULL, arg, 0);
}

static void
fewer_attributes(SCEP_CI_SIGNED *ci, const void *arg)
{
	twist_drop(ci->signed_data, arg);
}

static void
nothing(SCEP_CI_SIGNED *ci, const void *arg)
{
	(void)ci;
	(void)arg;
}

static void
what_is_changed_after_signing_does_not_verify(void **state)
{
	(void)state;
	assert_int_equal(changed_after(nothing, NULL), SCEP_OK);
	assert_int_equal(changed_after(spoil_signature, NULL), SCEP_E_SIG);
	assert_int_equal(changed_after(no_signature, NULL), SCEP_E_SIG);
	assert_int_equal(changed_after(spoil_content, NULL), SCEP_E_SIG);
	assert_int_equal(changed_after(more_attributes, NULL), SCEP_E_SIG);
	assert_int_equal(changed_after(fewer_attributes, SIGNING_TIME),
	    SCEP_E_SIG);
}

static void
a_signature_by_another_key_does_not_verify(void **state)
{
	const struct twist	 t = { .key = bench.ra_key };

	(void)state;
	assert_int_equal(twist_tried(&bench, twist_good(&bench, &t), NULL),
	    SCEP_E_SIG);
}

struct attr_case {
	const char	*oid;
	int		 type;		/* 0: leave it out */
	const char	*value;
	int		 len;
	int		 twice;
};

static void
with_attr(SCEP_SIGNED *sd, const void *arg)
{
	const struct attr_case	*c = arg;

	twist_drop(sd, c->oid);
	if (c->type == 0)
		return;
	twist_add(sd, c->oid, c->type, c->value, c->len);
	if (c->twice == 1)
		twist_add(sd, c->oid, c->type, c->value, c->len);
	if (c->twice == 2)
		twist_value(twist_attr(sd, c->oid), c->type, c->value,
		    c->len);
	if (c->twice == 3)
		ASN1_TYPE_free(sk_ASN1_TYPE_pop(twist_attr(sd,
		    c->oid)->values));
}

/* RFC 5652 section 11: once each, of just that type. */
static void
content_type_and_message_digest_are_there_once(void **state)
{
	static const char	 zeros[64] = { 0 };
	const struct attr_case	 good[] = {
		{ CONTENT_TYPE, V_ASN1_OBJECT, "pkcs7-data", 0, 0 },
		/* Put right by whoever signs. */
		{ MESSAGE_DIGEST, V_ASN1_OCTET_STRING, zeros, 32, 0 },
	}, bad[] = {
		{ CONTENT_TYPE, 0, NULL, 0, 0 },
		{ CONTENT_TYPE, V_ASN1_OBJECT, "pkcs7-data", 0, 1 },
		{ CONTENT_TYPE, V_ASN1_OBJECT, "pkcs7-data", 0, 2 },
		{ CONTENT_TYPE, V_ASN1_OBJECT, "pkcs7-data", 0, 3 },
		{ CONTENT_TYPE, V_ASN1_OBJECT, "pkcs7-envelopedData", 0, 0 },
		{ CONTENT_TYPE, V_ASN1_OBJECT, "pkcs7-signedData", 0, 0 },
		{ CONTENT_TYPE, V_ASN1_OCTET_STRING, "pkcs7-data", -1, 0 },
		{ CONTENT_TYPE, V_ASN1_NULL, NULL, 0, 0 },
		{ MESSAGE_DIGEST, 0, NULL, 0, 0 },
		{ MESSAGE_DIGEST, V_ASN1_OCTET_STRING, zeros, 32, 1 },
		{ MESSAGE_DIGEST, V_ASN1_OCTET_STRING, zeros, 32, 2 },
		{ MESSAGE_DIGEST, V_ASN1_OCTET_STRING, zeros, 32, 3 },
		{ MESSAGE_DIGEST, V_ASN1_PRINTABLESTRING, zeros, 32, 0 },
		{ MESSAGE_DIGEST, V_ASN1_NULL, NULL, 0, 0 },
		{ MESSAGE_DIGEST, V_ASN1_OBJECT, "1.2.3", 0, 0 },
	};
	size_t			 i;

	(void)state;
	for (i = 0; i < LEN(good); i++)
		assert_int_equal(changed(with_attr, &good[i]), SCEP_OK);
	for (i = 0; i < LEN(bad); i++)
		assert_int_equal(changed(with_attr, &bad[i]), SCEP_E_SIG);
}

/* A digest that is signed, and not the content's: another, or one that ends
 * too early.  Set after the tool has put it right, so sign by hand. */
static enum scep_err
with_digest(const void *digest, int len)
{
	const struct client_message	 m = twist_plain(&bench);
	struct bytes			 der = client_message(&m), out;
	const struct attr_case		 c = { MESSAGE_DIGEST,
					    V_ASN1_OCTET_STRING, digest, len,
					    0 };
	SCEP_CI_SIGNED			*ci;
	SCEP_SIGNER			*si;
	struct scep_buf			 attrs = { NULL, 0 };
	struct scep_buf			 sig = { NULL, 0 };
	struct scep_error		 err;
	enum scep_err			 rc;

	ci = scep_asn1_parse(scep_span_make(der.data, der.len),
	    ASN1_ITEM_rptr(SCEP_CI_SIGNED));
	with_attr(ci->signed_data, &c);
	si = sk_SCEP_SIGNER_value(ci->signed_data->signers, 0);
	assert_int_equal(scep_asn1_encode(si->signed_attrs,
	    ASN1_ITEM_rptr(SCEP_ATTRS_DER), &attrs, &err), SCEP_OK);
	assert_int_equal(scep_key_sign(bench.crypto, bench.key, SCEP_SHA256,
	    scep_buf_span(&attrs), &sig, &err), SCEP_OK);
	assert_int_equal(ASN1_STRING_set(si->signature, sig.data,
	    (int)sig.len), 1);
	out.data = NULL;
	out.len = (size_t)ASN1_item_i2d((const void *)ci, &out.data,
	    ASN1_ITEM_rptr(SCEP_CI_SIGNED));
	rc = twist_tried(&bench, out, NULL);
	scep_asn1_free(ci, ASN1_ITEM_rptr(SCEP_CI_SIGNED));
	scep_buf_clear(&attrs);
	scep_buf_clear(&sig);
	bytes_free(&der);
	return rc;
}

/* The digest of a message that client_message() made anew each time cannot be
 * known: but those of another content are wrong whatever it is. */
static void
a_signed_digest_of_other_content_is_refused(void **state)
{
	uint8_t			 digest[SCEP_SHA256_LEN];
	struct scep_error	 err;

	(void)state;
	assert_int_equal(scep_crypto_sha256(bench.crypto,
	    scep_span_text("other"), digest, &err), SCEP_OK);
	assert_int_equal(with_digest(digest, sizeof(digest)), SCEP_E_SIG);
	assert_int_equal(with_digest(digest, 0), SCEP_E_SIG);
	assert_int_equal(with_digest(digest, 1), SCEP_E_SIG);
}

/*
 * Attributes whose order on the wire is not that of DER, signed as they stand
 * there (as_is) or in the order of DER: the message, by changing bytes.
 */
static struct bytes
unsorted(int as_is)
{
	const struct client_message	 m = twist_plain(&bench);
	struct bytes			 der = client_message(&m);
	SCEP_CI_SIGNED			*ci;
	struct scep_buf			 attrs = { NULL, 0 };
	struct scep_buf			 sig = { NULL, 0 };
	struct scep_error		 err;
	struct scep_span		 rest;
	struct scep_tlv			 set, a, b;
	uint8_t				*at, copy[200];

	ci = scep_asn1_parse(scep_span_make(der.data, der.len),
	    ASN1_ITEM_rptr(SCEP_CI_SIGNED));
	assert_non_null(ci);
	assert_int_equal(scep_asn1_encode(sk_SCEP_SIGNER_value(
	    ci->signed_data->signers, 0)->signed_attrs,
	    ASN1_ITEM_rptr(SCEP_ATTRS_DER), &attrs, &err), SCEP_OK);
	rest = scep_buf_span(&attrs);
	assert_true(scep_der_next(&rest, &set));
	at = memmem(der.data, der.len, set.content.data, set.content.len);
	assert_non_null(at);
	assert_true(scep_der_next(&set.content, &a) &&
	    scep_der_next(&set.content, &b) && a.whole.len + b.whole.len <
	    sizeof(copy));
	memcpy(copy, b.whole.data, b.whole.len);
	memcpy(copy + b.whole.len, a.whole.data, a.whole.len);
	memcpy(at, copy, a.whole.len + b.whole.len);
	if (as_is)
		memcpy(attrs.data + (a.whole.data - attrs.data), copy,
		    a.whole.len + b.whole.len);
	assert_int_equal(scep_key_sign(bench.crypto, bench.key, SCEP_SHA256,
	    scep_buf_span(&attrs), &sig, &err), SCEP_OK);
	/* The signature is the last that stands there. */
	memcpy(der.data + der.len - sig.len, sig.data, sig.len);
	scep_asn1_free(ci, ASN1_ITEM_rptr(SCEP_CI_SIGNED));
	scep_buf_clear(&attrs);
	scep_buf_clear(&sig);
	return der;
}

static void
attributes_verify_as_they_stand_or_in_the_order_of_der(void **state)
{
	struct bytes	 der;

	(void)state;
	der = unsorted(1);
	assert_int_equal(twist_verdict(&bench, &der, NULL), SCEP_OK);
	assert_int_equal(twist_cms_verify(&der, NULL), 1);
	bytes_free(&der);
	/* RFC 5652 section 5.4 has the signer encode DER whatever it sends;
	 * OpenSSL verifies only what was sent. */
	der = unsorted(0);
	assert_int_equal(twist_verdict(&bench, &der, NULL), SCEP_OK);
	assert_int_equal(twist_cms_verify(&der, NULL), 0);
	der.data[der.len - 1] ^= 1;
	assert_int_equal(twist_verdict(&bench, &der, NULL), SCEP_E_SIG);
	bytes_free(&der);
}

/* A certificate of the client's key, with what is odd about it. */
static X509 *
odd_cert(void (*odd)(X509 *), EVP_PKEY *signs, const EVP_MD *md)
{
	X509	*x = client_self_signed(bench.key, "/O=Odd/CN=odd");

	if (odd != NULL)
		odd(x);
	assert_true(X509_sign(x, signs, md) > 0);
	return x;
}

static enum scep_err
odd_signer(void (*odd)(X509 *), EVP_PKEY *signs, const EVP_MD *md,
    int *self_signed)
{
	X509		*x = odd_cert(odd, signs, md);
	enum scep_err	 rc = signed_by(bench.key, x, self_signed);

	X509_free(x);
	return rc;
}

static void
expired(X509 *x)
{
	X509_gmtime_adj(X509_getm_notBefore(x), -2000000);
	X509_gmtime_adj(X509_getm_notAfter(x), -1000000);
}

static void
of_the_future(X509 *x)
{
	X509_gmtime_adj(X509_getm_notBefore(x), 1000000);
	X509_gmtime_adj(X509_getm_notAfter(x), 2000000);
}

static void
of_version_1(X509 *x)
{
	X509_set_version(x, X509_VERSION_1);
}

static void
of_a_negative_serial(X509 *x)
{
	ASN1_INTEGER_set(X509_get_serialNumber(x), -77);
}

static void
of_serial_zero(X509 *x)
{
	ASN1_INTEGER_set(X509_get_serialNumber(x), 0);
}

static void
of_a_long_serial(X509 *x)
{
	unsigned char	 octets[32];
	BIGNUM		*bn;

	memset(octets, 0xfe, sizeof(octets));
	bn = BN_bin2bn(octets, sizeof(octets), NULL);
	BN_to_ASN1_INTEGER(bn, X509_get_serialNumber(x));
	BN_free(bn);
}

static void
with_critical_extensions(X509 *x)
{
	ASN1_OCTET_STRING	*s = ASN1_OCTET_STRING_new();
	ASN1_OBJECT		*oid = OBJ_txt2obj("1.2.3.4.5", 1);
	X509_EXTENSION		*ext;

	ASN1_OCTET_STRING_set(s, (const unsigned char *)"\x05\x00", 2);
	ext = X509_EXTENSION_create_by_OBJ(NULL, oid, 1, s);
	X509_add_ext(x, ext, -1);
	X509_EXTENSION_free(ext);
	ASN1_OCTET_STRING_free(s);
	ASN1_OBJECT_free(oid);
}

static void
without_a_name(X509 *x)
{
	X509_NAME	*name = X509_NAME_new();

	X509_set_subject_name(x, name);
	X509_set_issuer_name(x, name);
	X509_NAME_free(name);
}

static void
of_another_issuer(X509 *x)
{
	X509_NAME	*name = X509_NAME_new();

	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
	    (const unsigned char *)"some CA", -1, -1, 0);
	X509_set_issuer_name(x, name);
	X509_NAME_free(name);
}

/* PROTOCOL I-018: only the key counts. */
static void
any_self_signed_certificate_may_sign(void **state)
{
	static void (*const	 odd[])(X509 *) = { NULL, expired,
	    of_the_future, of_version_1, of_a_negative_serial, of_serial_zero,
	    of_a_long_serial, with_critical_extensions, without_a_name };
	size_t			 i;
	int			 self_signed;

	(void)state;
	for (i = 0; i < LEN(odd); i++) {
		self_signed = 0;
		assert_int_equal(odd_signer(odd[i], bench.key, EVP_sha256(),
		    &self_signed), SCEP_OK);
		assert_int_equal(self_signed, 1);
	}
	/* SHA-1 there, though the rules forbid it for messages. */
	assert_int_equal(odd_signer(NULL, bench.key, EVP_sha1(),
	    &self_signed), SCEP_OK);
	assert_int_equal(self_signed, 1);
}

static void
a_self_issued_certificate_that_lies_is_refused(void **state)
{
	int	 self_signed = 1;

	(void)state;
	assert_int_equal(odd_signer(NULL, bench.ra_key, EVP_sha256(), NULL),
	    SCEP_E_SIG);
	assert_int_equal(odd_signer(NULL, bench.key, EVP_md5(), NULL),
	    SCEP_E_ALG);
	/* One that somebody else issued is left to the CA. */
	assert_int_equal(odd_signer(of_another_issuer, bench.ra_key,
	    EVP_sha256(), &self_signed), SCEP_OK);
	assert_int_equal(self_signed, 0);
}

/* signingTime, so many seconds from now. */
struct time_case {
	long		 off;
	int		 how;		/* 0 as it is, 1 none, 2 twice, 3 no
					   value, 4 another type, 5 no time */
};

static void
with_time(SCEP_SIGNED *sd, const void *arg)
{
	const struct time_case	*c = arg;
	ASN1_TIME		*t = ASN1_TIME_set(NULL, time(NULL) + c->off);
	const char		*text;

	text = (const char *)ASN1_STRING_get0_data(t);
	twist_drop(sd, SIGNING_TIME);
	if (c->how == 5)
		text = "not a time Z";
	if (c->how != 1)
		twist_add(sd, SIGNING_TIME, c->how == 4 ?
		    V_ASN1_PRINTABLESTRING : ASN1_STRING_type(t), text, -1);
	if (c->how == 2)
		twist_add(sd, SIGNING_TIME, ASN1_STRING_type(t), text, -1);
	if (c->how == 3)
		ASN1_TYPE_free(sk_ASN1_TYPE_pop(twist_attr(sd,
		    SIGNING_TIME)->values));
	ASN1_STRING_free(t);
}

static void
signing_time_is_looked_at_where_the_rules_say_so(void **state)
{
	static const struct time_case	 good[] = { { 0, 0 }, { -500, 0 },
	    { 500, 0 }, { 0, 1 } };
	static const struct time_case	 bad[] = { { -700, 0 }, { 700, 0 },
	    { -90000000, 0 }, { 0, 2 }, { 0, 3 }, { 0, 4 }, { 0, 5 } };
	size_t				 i;

	(void)state;
	for (i = 0; i < LEN(bad); i++)
		assert_int_equal(changed(with_time, &bad[i]), SCEP_OK);
	bench.rules.signing_time_s = 600;
	for (i = 0; i < LEN(good); i++)
		assert_int_equal(changed(with_time, &good[i]), SCEP_OK);
	for (i = 0; i < LEN(bad); i++)
		assert_int_equal(changed(with_time, &bad[i]), SCEP_E_TIME);
	bench.rules.signing_time_s = 0;
}

static void
two_faults(SCEP_CI_SIGNED *ci, const void *arg)
{
	const char *const	*fault = arg;
	SCEP_SIGNER		*si = sk_SCEP_SIGNER_value(
				    ci->signed_data->signers, 0);

	for (; *fault != NULL; fault++) {
		if (strcmp(*fault, "alg") == 0)
			twist_alg(si->digest_alg, "MD5", V_ASN1_NULL, NULL,
			    0);
		if (strcmp(*fault, "signature") == 0)
			no_signature(ci, NULL);
		if (strcmp(*fault, "type") == 0)
			twist_drop(ci->signed_data,
			    twist_oid(SCEP_ATTR_MESSAGE_TYPE));
		if (strcmp(*fault, "address") == 0)
			twist_drop(ci->signed_data,
			    twist_oid(SCEP_ATTR_TRANSACTION_ID));
		if (strcmp(*fault, "content") == 0) {
			ASN1_OBJECT_free(ci->signed_data->encap->type);
			ci->signed_data->encap->type =
			    OBJ_nid2obj(NID_pkcs7_enveloped);
		}
	}
}

/* Where reading it ended; "unknown" is behind the last step. */
static const char *
failed_step(const char *const *faults)
{
	const struct twist	 t = { .after = two_faults, .arg = faults };
	struct bytes		 der = twist_good(&bench, &t);
	struct scep_address	 addr;
	struct scep_message	*msg;
	const char		*name;

	(void)twist_read(&bench, &der, &addr, &msg);
	name = scep_msg_step_name(addr.steps);
	/* What is not known is not told. */
	assert_int_equal(addr.digest_known, addr.steps > 4);
	scep_message_free(msg);
	scep_address_clear(&addr);
	bytes_free(&der);
	return name;
}

/* message.h: address, type, algorithms, signature, content. */
static void
the_first_fault_in_order_is_the_verdict(void **state)
{
	static const struct {
		const char	*fault[6];
		enum scep_err	 rc;
		const char	*step;
	} cases[] = {
		{ { NULL }, SCEP_OK, "unknown" },
		{ { "content", NULL }, SCEP_E_REFUSED, "envelope" },
		{ { "content", "signature", NULL }, SCEP_E_SIG,
		    "signature" },
		{ { "content", "signature", "alg", NULL }, SCEP_E_ALG,
		    "algorithms" },
		{ { "content", "signature", "alg", "type", NULL },
		    SCEP_E_REFUSED, "message_type" },
		{ { "content", "signature", "alg", "type", "address", NULL },
		    SCEP_E_FORMAT, "address" },
	};
	size_t	 i;

	(void)state;
	for (i = 0; i < LEN(cases); i++) {
		assert_int_equal(changed_after(two_faults, cases[i].fault),
		    cases[i].rc);
		assert_string_equal(failed_step(cases[i].fault),
		    cases[i].step);
	}
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		conforms(digest_algorithms_hold_the_signers_and_no_unknown_one,
		    "T-03"),
		conforms(digests_are_those_of_the_rules,
		    "C-008 C-009 C-050 C-220 C-221 C-233 T-28 T-51"),
		conforms(signature_algorithms_fit_the_digest, "C-221"),
		conforms(signers_keys_are_those_of_the_rules, "C-221"),
		conforms(what_is_changed_after_signing_does_not_verify,
		    "C-121"),
		cmocka_unit_test(a_signature_by_another_key_does_not_verify),
		conforms(content_type_and_message_digest_are_there_once,
		    "T-24 T-25"),
		cmocka_unit_test(a_signed_digest_of_other_content_is_refused),
		conforms(attributes_verify_as_they_stand_or_in_the_order_of_der,
		    "T-30"),
		conforms(any_self_signed_certificate_may_sign,
		    "I-018 T-20 T-27"),
		cmocka_unit_test(
		    a_self_issued_certificate_that_lies_is_refused),
		conforms(signing_time_is_looked_at_where_the_rules_say_so,
		    "C-222"),
		conforms(the_first_fault_in_order_is_the_verdict,
		    "C-081 C-121 T-24 T-28"),
	};

	return cmocka_run_group_tests_name("message_sig", tests, setup,
	    teardown);
}
