/*
 * t_envelope.c - envelopes: their form, opened without an oracle, sealed.
 *
 * Good ones are OpenSSL's; what is sealed here, OpenSSL opens.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include <openssl/err.h>
#include <openssl/rsa.h>

#include "base/der.h"
#include "base/error.h"
#include "wire/legacy.h"

#include "tests/unit/conform.h"
#include "tests/unit/der_make.h"
#include "tests/unit/twist.h"

#define LEN(a)		(sizeof(a) / sizeof((a)[0]))
#define PLAIN		"thirty octets, more or less: x"	/* no block */

static struct twist_bench	 bench;

static int
setup(void **state)
{
	struct scep_error	 err;

	(void)state;
	twist_open(&bench);
	/* Single DES is one of the ciphers here, for us and for the judge. */
	return scep_legacy_load(bench.crypto, &err) == SCEP_OK &&
	    scep_client_legacy() ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	twist_close(&bench);
	der_forget();
	return 0;
}

/* What the message layer makes of a good message with another envelope. */
static enum scep_err
changed_as(int type, void (*inside)(SCEP_ENVELOPED *, const void *),
    const void *arg)
{
	const struct twist	 t = { .inside = inside, .arg = arg };
	struct client_message	 m = twist_plain(&bench);
	struct bytes		 der, out;
	enum scep_err		 rc;
	int			 complete;

	m.type = type;
	der = client_message(&m);
	out = twist_message(&bench, &der, &t);
	rc = twist_verdict(&bench, &out, &complete);
	assert_int_equal(complete, 1);
	bytes_free(&out);
	bytes_free(&der);
	return rc;
}

static enum scep_err
changed(void (*inside)(SCEP_ENVELOPED *, const void *), const void *arg)
{
	return changed_as(19, inside, arg);
}

struct alg_case {
	const char	*oid;
	int		 type;
	int		 len;		/* of the IV */
};

static void
with_cipher(SCEP_ENVELOPED *ed, const void *arg)
{
	const struct alg_case	*c = arg;

	twist_alg(ed->encrypted->alg, c->oid, c->type, "0123456789abcdefg",
	    c->len);
}

static void
content_ciphers_are_those_of_the_rules(void **state)
{
	static const struct alg_case	 good[] = {
		{ "AES-128-CBC", V_ASN1_OCTET_STRING, 16 },
		{ "AES-192-CBC", V_ASN1_OCTET_STRING, 16 },
		{ "AES-256-CBC", V_ASN1_OCTET_STRING, 16 },
	}, bad[] = {
		{ "DES-EDE3-CBC", V_ASN1_OCTET_STRING, 8 },
		{ "DES-CBC", V_ASN1_OCTET_STRING, 8 },
		{ "RC2-CBC", V_ASN1_OCTET_STRING, 8 },
		{ "id-aes128-GCM", V_ASN1_OCTET_STRING, 16 },
		{ "AES-128-CBC", V_ASN1_OCTET_STRING, 8 },
		{ "AES-128-CBC", V_ASN1_OCTET_STRING, 17 },
		{ "AES-128-CBC", V_ASN1_NULL, 0 },
		{ "1.2.3", V_ASN1_OCTET_STRING, 16 },
	};
	size_t				 i;

	(void)state;
	for (i = 0; i < LEN(good); i++)
		assert_int_equal(changed(with_cipher, &good[i]), SCEP_OK);
	for (i = 0; i < LEN(bad); i++) {
		assert_int_equal(changed(with_cipher, &bad[i]), SCEP_E_ALG);
		assert_int_equal(changed_as(20, with_cipher, &bad[i]),
		    SCEP_E_ALG);
	}
	bench.rules.ciphers |= SCEP_BIT(SCEP_3DES);
	assert_int_equal(changed(with_cipher, &bad[0]), SCEP_OK);
	assert_int_equal(changed(with_cipher, &bad[1]), SCEP_E_ALG);
	bench.rules.ciphers &= ~SCEP_BIT(SCEP_3DES);
}

static void
with_content_of(SCEP_ENVELOPED *ed, const void *arg)
{
	static const unsigned char	 zeros[64] = { 0 };
	int				 n = *(const int *)arg;

	if (n >= 0)
		assert_int_equal(ASN1_STRING_set(ed->encrypted->content,
		    zeros, n), 1);
	else {
		ASN1_OCTET_STRING_free(ed->encrypted->content);
		ed->encrypted->content = NULL;
	}
}

/* A poll is decided by its transactionID: what is wrong inside is no matter
 * (PROTOCOL C-181). */
static void
encrypted_content_is_whole_blocks(void **state)
{
	static const int	 good[] = { 16, 32, 64 };
	static const int	 bad[] = { -1, 0, 1, 8, 15, 17, 31 };
	size_t			 i;

	(void)state;
	for (i = 0; i < LEN(good); i++)
		assert_int_equal(changed(with_content_of, &good[i]), SCEP_OK);
	for (i = 0; i < LEN(bad); i++) {
		assert_int_equal(changed(with_content_of, &bad[i]),
		    SCEP_E_REFUSED);
		assert_int_equal(changed_as(20, with_content_of, &bad[i]),
		    SCEP_OK);
	}
}

static void
with_version(SCEP_ENVELOPED *ed, const void *arg)
{
	ASN1_INTEGER_set(ed->version, *(const int *)arg);
}

static void
with_recipient_version(SCEP_ENVELOPED *ed, const void *arg)
{
	ASN1_INTEGER_set(sk_SCEP_KTRI_value(ed->recipients, 0)->version,
	    *(const int *)arg);
}

static void
with_inner_type(SCEP_ENVELOPED *ed, const void *arg)
{
	ASN1_OBJECT_free(ed->encrypted->type);
	ed->encrypted->type = OBJ_txt2obj(arg, 0);
}

static void
versions_and_types_are_those_of_the_rfc(void **state)
{
	static const int	 good[] = { 0, 2 }, bad[] = { -1, 1, 3, 4, 256 };
	static const int	 zero = 0, two = 2;
	size_t			 i;

	(void)state;
	for (i = 0; i < LEN(good); i++)
		assert_int_equal(changed(with_version, &good[i]), SCEP_OK);
	for (i = 0; i < LEN(bad); i++)
		assert_int_equal(changed(with_version, &bad[i]),
		    SCEP_E_REFUSED);
	assert_int_equal(changed(with_recipient_version, &zero), SCEP_OK);
	assert_int_equal(changed(with_recipient_version, &two),
	    SCEP_E_REFUSED);
	assert_int_equal(changed(with_inner_type, "pkcs7-data"), SCEP_OK);
	assert_int_equal(changed(with_inner_type, "pkcs7-signedData"),
	    SCEP_E_REFUSED);
}

/* So many recipients, copies of the one there. */
static void
with_recipients(SCEP_ENVELOPED *ed, const void *arg)
{
	SCEP_CI_ENVELOPED	 ci = { OBJ_nid2obj(NID_pkcs7_enveloped),
				    ed }, *copy;
	STACK_OF(SCEP_KTRI)	*all;
	struct scep_buf		 der = { NULL, 0 };
	struct scep_error	 err;
	int			 n = *(const int *)arg;

	assert_int_equal(scep_asn1_encode(&ci,
	    ASN1_ITEM_rptr(SCEP_CI_ENVELOPED), &der, &err), SCEP_OK);
	do {
		copy = scep_asn1_parse(scep_buf_span(&der),
		    ASN1_ITEM_rptr(SCEP_CI_ENVELOPED));
		all = copy->enveloped->recipients;
		if (n == 0)
			sk_SCEP_KTRI_push(all,
			    sk_SCEP_KTRI_pop(ed->recipients));
		else if (sk_SCEP_KTRI_num(ed->recipients) < n)
			sk_SCEP_KTRI_push(ed->recipients,
			    sk_SCEP_KTRI_pop(all));
		scep_asn1_free(copy, ASN1_ITEM_rptr(SCEP_CI_ENVELOPED));
	} while (sk_SCEP_KTRI_num(ed->recipients) < n);
	scep_buf_clear(&der);
}

static void
there_are_1_to_8_recipients(void **state)
{
	static const int	 good[] = { 1, 2, 8 }, bad[] = { 0, 9, 40 };
	size_t			 i;

	(void)state;
	for (i = 0; i < LEN(good); i++)
		assert_int_equal(changed(with_recipients, &good[i]), SCEP_OK);
	for (i = 0; i < LEN(bad); i++)
		assert_int_equal(changed(with_recipients, &bad[i]),
		    SCEP_E_REFUSED);
}

/* What stands in the eContent: nothing, an empty string, or other octets. */
static void
with_econtent(SCEP_SIGNED *sd, const void *arg)
{
	const struct scep_span	*s = arg;

	assert_int_equal(ASN1_STRING_set(sd->encap->content, s->data,
	    (int)s->len), 1);
}

static void
without_econtent(SCEP_CI_SIGNED *ci, const void *arg)
{
	(void)arg;
	ASN1_OCTET_STRING_free(ci->signed_data->encap->content);
	ci->signed_data->encap->content = NULL;
}

static enum scep_err
econtent(int type, const struct scep_span *s, int absent)
{
	const struct twist	 t = { .before = with_econtent, .arg = s,
				    .after = absent ? without_econtent : NULL };
	struct client_message	 m = twist_plain(&bench);
	struct bytes		 der, out;
	enum scep_err		 rc;

	m.type = type;
	der = client_message(&m);
	out = twist_message(&bench, &der, &t);
	rc = twist_verdict(&bench, &out, NULL);
	bytes_free(&out);
	bytes_free(&der);
	return rc;
}

static struct scep_span
good_envelope(void)
{
	const struct client_message	 m = twist_plain(&bench);
	struct bytes			 der = client_message(&m), content;
	struct scep_span		 out;

	assert_int_equal(twist_cms_verify(&der, &content), 1);
	out = der_raw(content.data, content.len);
	bytes_free(&content);
	bytes_free(&der);
	return out;
}

static void
only_a_poll_may_come_without_an_envelope(void **state)
{
	static const int	 types[] = { 17, 19, 21, 22 };
	struct scep_span	 good = good_envelope();
	const struct scep_span	 bad[] = {
		der_raw("", 0), der_text(0x04, "x"), SEQ(der_int(1)),
		der_join(good, der_hex("00")),
		der_raw(good.data, good.len - 1),
		SEQ(der_oid("1.2.840.113549.1.7.3"), DER(0xa0, SEQ(der_int(
		    0)))),
	};
	size_t			 i, k;

	(void)state;
	for (k = 0; k < LEN(types); k++)
		assert_int_equal(econtent(types[k], &good, 0), SCEP_OK);
	assert_int_equal(econtent(20, &good, 0), SCEP_OK);
	for (i = 0; i < LEN(bad); i++) {
		for (k = 0; k < LEN(types); k++)
			assert_int_equal(econtent(types[k], &bad[i], 0),
			    SCEP_E_REFUSED);
		assert_int_equal(econtent(20, &bad[i], 0), SCEP_OK);
	}
	/* Absent is as good as empty. */
	assert_int_equal(econtent(20, &bad[0], 1), SCEP_OK);
	assert_int_equal(econtent(19, &bad[0], 1), SCEP_E_REFUSED);
}

/* An envelope by OpenSSL to an EC key is KeyAgreeRecipientInfo; one by a
 * password is PasswordRecipientInfo. */
static struct scep_span
other_envelope(X509 *ec)
{
	CMS_ContentInfo	*cms = CMS_encrypt(NULL, NULL, EVP_aes_128_cbc(),
			    CMS_PARTIAL | CMS_BINARY);
	BIO		*in = BIO_new_mem_buf(PLAIN, -1);
	unsigned char	*der = NULL;
	struct scep_span out;
	int		 len;

	if (ec != NULL)
		assert_non_null(CMS_add1_recipient_cert(cms, ec, CMS_BINARY));
	else
		assert_non_null(CMS_add0_recipient_password(cms, -1,
		    NID_id_alg_PWRI_KEK, NID_id_pbkdf2,
		    (unsigned char *)OPENSSL_strdup("secret"), 6,
		    EVP_aes_128_cbc()));
	assert_int_equal(CMS_final(cms, in, NULL, CMS_BINARY), 1);
	len = i2d_CMS_ContentInfo(cms, &der);
	out = der_raw(der, (size_t)len);
	OPENSSL_free(der);
	BIO_free(in);
	CMS_ContentInfo_free(cms);
	return out;
}

static void
only_key_transport_parses(void **state)
{
	EVP_PKEY		*ec = EVP_EC_gen("P-256");
	X509			*cert = client_self_signed(ec, "/CN=ec");
	const struct scep_span	 kari = other_envelope(cert);
	const struct scep_span	 pwri = other_envelope(NULL);

	(void)state;
	assert_int_equal(econtent(19, &kari, 0), SCEP_E_REFUSED);
	assert_int_equal(econtent(19, &pwri, 0), SCEP_E_REFUSED);
	X509_free(cert);
	EVP_PKEY_free(ec);
}

/* A message that was read, and where its envelope stands. */
struct read {
	struct bytes		 der;
	struct scep_address	 addr;
	struct scep_message	*msg;
};

static void
read_good(struct read *r, const struct client_message *m)
{
	r->der = client_message(m);
	assert_int_equal(twist_read(&bench, &r->der, &r->addr, &r->msg),
	    SCEP_OK);
}

static void
read_clear(struct read *r)
{
	scep_message_free(r->msg);
	scep_address_clear(&r->addr);
	bytes_free(&r->der);
}

/* Found, and the right one: it opens. */
static void
opens_for_us(const struct read *r)
{
	const struct scep_envelope	*env = &r->msg->envelope;
	struct scep_buf			 out = { NULL, 0 };
	struct scep_error		 err;
	int				 i;

	i = scep_envelope_find(env, &bench.opener);
	assert_in_range(i, 0, env->n - 1);
	assert_int_equal(scep_envelope_open(bench.crypto, &bench.opener, env,
	    (size_t)i, &out, &err), SCEP_OK);
	assert_true(scep_span_equal(scep_buf_span(&out),
	    scep_span_make(bench.csr.data, bench.csr.len)));
	scep_buf_clear(&out);
}

static void
our_recipient_is_found_among_others(void **state)
{
	X509			*same_issuer, *same_serial;
	struct client_message	 m = twist_plain(&bench);
	struct read		 r;

	(void)state;
	same_issuer = client_self_signed(bench.key, "/O=Twist/CN=RA");
	same_serial = client_self_signed(bench.key, "/O=Twist/CN=other");
	X509_set_serialNumber(same_serial,
	    X509_get_serialNumber(bench.ra_cert));
	m.recipient[0] = same_issuer;
	m.recipient[1] = same_serial;
	m.recipient[2] = bench.self;
	read_good(&r, &m);
	assert_int_equal(r.msg->envelope.n, 3);
	assert_int_equal(scep_envelope_find(&r.msg->envelope, &bench.opener),
	    -1);
	read_clear(&r);
	m.recipient[3] = bench.ra_cert;
	read_good(&r, &m);
	assert_int_equal(r.msg->envelope.n, 4);
	opens_for_us(&r);
	read_clear(&r);
	X509_free(same_issuer);
	X509_free(same_serial);
}

/* An opener whose certificate is this one. */
static void
opener_of(X509 *x, EVP_PKEY *key, struct scep_cert *cert,
    struct scep_opener *opener)
{
	struct scep_error	 err;
	unsigned char		*der = NULL;
	int			 len = i2d_X509(x, &der);

	assert_int_equal(scep_cert_parse(bench.crypto, scep_span_make(der,
	    (size_t)len), cert, &err), SCEP_OK);
	assert_int_equal(scep_opener_init(bench.crypto, cert, key, opener,
	    &err), SCEP_OK);
	OPENSSL_free(der);
}

static void
a_recipient_may_be_named_by_its_key_identifier(void **state)
{
	X509			*ski = client_self_signed(bench.ra_key,
				    "/CN=ski");
	ASN1_OCTET_STRING	*id = ASN1_OCTET_STRING_new();
	struct client_message	 m = twist_plain(&bench);
	struct scep_cert	 cert;
	struct scep_opener	 opener;
	struct read		 r;

	(void)state;
	ASN1_OCTET_STRING_set(id, (const unsigned char *)"identifier", 10);
	X509_add1_ext_i2d(ski, NID_subject_key_identifier, id, 0, 0);
	assert_true(X509_sign(ski, bench.ra_key, EVP_sha256()) > 0);
	opener_of(ski, bench.ra_key, &cert, &opener);
	m.recipient[0] = ski;
	m.use_ski = 1;
	read_good(&r, &m);
	assert_int_equal(scep_envelope_find(&r.msg->envelope, &opener), 0);
	/* The same key, under a certificate without that identifier. */
	assert_int_equal(scep_envelope_find(&r.msg->envelope, &bench.opener),
	    -1);
	read_clear(&r);
	scep_opener_clear(&opener);
	scep_cert_clear(&cert);
	ASN1_OCTET_STRING_free(id);
	X509_free(ski);
}

/* Envelopes sealed by ours, and taken apart as if they had come in. */
struct sealed {
	struct scep_buf		 der;
	SCEP_CI_ENVELOPED	*ci;
	struct scep_envelope	 env;
};

static void
ra_key_load(struct scep_key *key)
{
	struct scep_error	 err;

	assert_int_equal(scep_key_load(bench.crypto, bench.ra.spki,
	    &bench.rules.signer, key, &err), SCEP_OK);
}

static void
seal(enum scep_cipher cipher, enum scep_wrap wrap, struct scep_span content,
    struct sealed *s)
{
	struct scep_key		 key;
	struct scep_error	 err;
	struct scep_random	 rnd;
	const void		*iv;
	int			 type;
	SCEP_KTRI		*ktri;
	struct scep_recipient	*rcpt = &s->env.recipient[0];

	memset(s, 0, sizeof(*s));
	scep_random_init(&rnd, bench.crypto);
	ra_key_load(&key);
	assert_int_equal(scep_envelope_seal(bench.crypto, &rnd, &bench.ra,
	    &key, cipher, wrap, content, &s->der, &err), SCEP_OK);
	scep_key_clear(&key);
	s->ci = scep_asn1_parse(scep_buf_span(&s->der),
	    ASN1_ITEM_rptr(SCEP_CI_ENVELOPED));
	assert_non_null(s->ci);
	ktri = sk_SCEP_KTRI_value(s->ci->enveloped->recipients, 0);
	rcpt->wrap = wrap;
	rcpt->wrap_known = 1;
	rcpt->encrypted_key = scep_asn1_span(ktri->encrypted_key);
	s->env.n = 1;
	X509_ALGOR_get0(NULL, &type, &iv, s->ci->enveloped->encrypted->alg);
	s->env.cipher = cipher;
	s->env.iv = scep_asn1_span(iv);
	s->env.content = scep_asn1_span(
	    s->ci->enveloped->encrypted->content);
}

static void
sealed_clear(struct sealed *s)
{
	scep_asn1_free(s->ci, ASN1_ITEM_rptr(SCEP_CI_ENVELOPED));
	scep_buf_clear(&s->der);
}

static void
open_with(const struct scep_opener *opener, const struct scep_envelope *env,
    struct scep_buf *out)
{
	struct scep_error	 err;

	assert_int_equal(scep_envelope_open(bench.crypto, opener, env, 0, out,
	    &err), SCEP_OK);
	assert_int_equal(ERR_peek_error(), 0);
}

static void
what_is_sealed_opens_here_and_with_openssl(void **state)
{
	static const size_t	 lens[] = { 1, 15, 16, 17, 3000 };
	static uint8_t		 data[3000];
	struct scep_buf		 out = { NULL, 0 };
	struct bytes		 der, plain;
	struct sealed		 s;
	int			 c, w;
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7);
	for (c = 0; c < SCEP_CIPHER__MAX; c++)
		for (w = 0; w < SCEP_WRAP__MAX; w++) {
			i = lens[(size_t)(c + w) % LEN(lens)];
			seal((enum scep_cipher)c, (enum scep_wrap)w,
			    scep_span_make(data, i), &s);
			open_with(&bench.opener, &s.env, &out);
			assert_int_equal(out.len, i);
			assert_memory_equal(out.data, data, i);
			der.data = s.der.data;
			der.len = s.der.len;
			assert_int_equal(twist_cms_decrypt(&bench, &der,
			    &plain), 1);
			assert_int_equal(plain.len, i);
			assert_memory_equal(plain.data, data, i);
			bytes_free(&plain);
			sealed_clear(&s);
		}
	scep_buf_clear(&out);
}

/* PROTOCOL C-090, C-091 and I-022. */
static void
what_is_sealed_is_der_that_old_parsers_read(void **state)
{
	struct scep_error	 err;
	const unsigned char	*p;
	struct sealed		 s, again;
	const SCEP_ENVELOPED	*ed;
	const SCEP_KTRI		*ktri;
	PKCS7			*p7;

	(void)state;
	seal(SCEP_AES128, SCEP_WRAP_V15, scep_span_text(PLAIN), &s);
	assert_int_equal(scep_der_check(scep_buf_span(&s.der), &err),
	    SCEP_OK);
	ed = s.ci->enveloped;
	ktri = sk_SCEP_KTRI_value(ed->recipients, 0);
	assert_int_equal(ASN1_INTEGER_get(ed->version), 0);
	assert_int_equal(ASN1_INTEGER_get(ktri->version), 0);
	assert_int_equal(sk_SCEP_KTRI_num(ed->recipients), 1);
	assert_int_equal(ktri->rid->type, SCEP_SID_IAS);
	assert_true(scep_span_equal(scep_asn1_span(ktri->rid->d.ias->issuer),
	    bench.ra.issuer));
	assert_int_equal(OBJ_obj2nid(ktri->alg->algorithm),
	    NID_rsaEncryption);
	assert_int_equal(ktri->alg->parameter->type, V_ASN1_NULL);
	p = s.der.data;
	p7 = d2i_PKCS7(NULL, &p, (long)s.der.len);
	assert_non_null(p7);
	PKCS7_free(p7);
	/* A fresh key and IV each time. */
	seal(SCEP_AES128, SCEP_WRAP_V15, scep_span_text(PLAIN), &again);
	assert_false(scep_span_equal(s.env.iv, again.env.iv));
	assert_false(scep_span_equal(s.env.content, again.env.content));
	sealed_clear(&again);
	sealed_clear(&s);
}

/* The content key as it stands in an envelope that was sealed for the RA. */
static void
content_key(const struct sealed *s, uint8_t key[32], size_t *len)
{
	EVP_PKEY_CTX	*ctx = EVP_PKEY_CTX_new(bench.ra_key, NULL);
	uint8_t		 out[512];
	size_t		 n = sizeof(out);

	assert_int_equal(EVP_PKEY_decrypt_init(ctx), 1);
	assert_int_equal(EVP_PKEY_decrypt(ctx, out, &n,
	    s->env.recipient[0].encrypted_key.data,
	    s->env.recipient[0].encrypted_key.len), 1);
	assert_true(n <= 32);
	memcpy(key, out, n);
	*len = n;
	EVP_PKEY_CTX_free(ctx);
}

static void
a_3des_key_has_odd_parity(void **state)
{
	struct sealed	 s;
	uint8_t		 key[32];
	size_t		 i, len;

	(void)state;
	seal(SCEP_3DES, SCEP_WRAP_V15, scep_span_text(PLAIN), &s);
	content_key(&s, key, &len);
	assert_int_equal(len, 24);
	for (i = 0; i < len; i++)
		assert_int_equal(__builtin_popcount(key[i]) % 2, 1);
	sealed_clear(&s);
}

/* Raw RSA with the RA's public key: any block, whatever its padding. */
static struct scep_span
raw_encrypt(const uint8_t *em, size_t len)
{
	EVP_PKEY_CTX	*ctx = EVP_PKEY_CTX_new(bench.ra_key, NULL);
	uint8_t		 out[512];
	size_t		 n = sizeof(out);

	assert_int_equal(EVP_PKEY_encrypt_init(ctx), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING),
	    1);
	assert_int_equal(EVP_PKEY_encrypt(ctx, out, &n, em, len), 1);
	EVP_PKEY_CTX_free(ctx);
	return der_raw(out, n);
}

/* A well padded block of 256 octets for this key. */
static void
pad_block(uint8_t em[256], const uint8_t *key, size_t len)
{
	memset(em, 0x5a, 256);
	em[0] = 0;
	em[1] = 2;
	em[255 - len] = 0;
	memcpy(em + 256 - len, key, len);
}

static int
is_plain(const struct scep_buf *out)
{
	return scep_span_equal(scep_buf_span(out), scep_span_text(PLAIN));
}

/*
 * RFC 8017 section 7.2.2: each fault of the padding gives other octets, the
 * same each time, and never an error; the good block is the control.
 */
static void
a_content_key_that_does_not_unwrap_is_replaced(void **state)
{
	static const struct {
		size_t	 at;
		uint8_t	 octet;
	} faults[] = {
		{ 1, 1 }, { 1, 0 }, { 1, 3 },		/* block type */
		{ 0, 1 },				/* leading octet */
		{ 2, 0 }, { 9, 0 }, { 100, 0 }, { 238, 0 },	/* PS ends
							   too early */
		{ 239, 1 }, { 239, 0xff },		/* no separator */
	};
	struct scep_buf		 out = { NULL, 0 }, twice = { NULL, 0 };
	struct scep_recipient	*rcpt;
	struct sealed		 s;
	uint8_t			 key[32], em[256];
	size_t			 i, len;

	(void)state;
	seal(SCEP_AES128, SCEP_WRAP_V15, scep_span_text(PLAIN), &s);
	content_key(&s, key, &len);
	assert_int_equal(len, 16);
	rcpt = &s.env.recipient[0];
	pad_block(em, key, len);
	rcpt->encrypted_key = raw_encrypt(em, sizeof(em));
	open_with(&bench.opener, &s.env, &out);
	assert_true(is_plain(&out));
	for (i = 0; i < LEN(faults); i++) {
		pad_block(em, key, len);
		em[faults[i].at] = faults[i].octet;
		rcpt->encrypted_key = raw_encrypt(em, sizeof(em));
		open_with(&bench.opener, &s.env, &out);
		assert_false(is_plain(&out));
		assert_true(out.len > 0);
		assert_true(out.len <= s.env.content.len);
		open_with(&bench.opener, &s.env, &twice);
		assert_true(scep_span_equal(scep_buf_span(&out),
		    scep_buf_span(&twice)));
	}
	/* Keys of the length of other ciphers are no key of this one. */
	for (len = 1; len <= 32; len++) {
		memset(key, 0x77, sizeof(key));
		pad_block(em, key, len);
		rcpt->encrypted_key = raw_encrypt(em, sizeof(em));
		open_with(&bench.opener, &s.env, &out);
		assert_false(is_plain(&out));
	}
	scep_buf_clear(&out);
	scep_buf_clear(&twice);
	sealed_clear(&s);
}

static void
an_encrypted_key_of_odd_length_or_above_the_modulus_is_one_too(void **state)
{
	struct scep_buf		 out = { NULL, 0 };
	uint8_t			 above[256];
	struct sealed		 s;
	struct scep_recipient	*rcpt = &s.env.recipient[0];
	struct scep_span	 good;
	int			 w;

	(void)state;
	memset(above, 0xff, sizeof(above));
	for (w = 0; w < SCEP_WRAP__MAX; w++) {
		seal(SCEP_AES256, (enum scep_wrap)w, scep_span_text(PLAIN),
		    &s);
		good = rcpt->encrypted_key;
		rcpt->encrypted_key = scep_span_make(good.data, good.len - 1);
		open_with(&bench.opener, &s.env, &out);
		assert_false(is_plain(&out));
		rcpt->encrypted_key = scep_span_make(NULL, 0);
		open_with(&bench.opener, &s.env, &out);
		assert_false(is_plain(&out));
		rcpt->encrypted_key = scep_span_make(above, sizeof(above));
		open_with(&bench.opener, &s.env, &out);
		assert_false(is_plain(&out));
		rcpt->encrypted_key = der_join(der_hex("00"), good);
		open_with(&bench.opener, &s.env, &out);
		assert_false(is_plain(&out));
		rcpt->encrypted_key = der_patch(der_raw(good.data, good.len),
		    200, (uint8_t)(good.data[200] ^ 1));
		open_with(&bench.opener, &s.env, &out);
		assert_false(is_plain(&out));
		rcpt->encrypted_key = good;
		open_with(&bench.opener, &s.env, &out);
		assert_true(is_plain(&out));
		sealed_clear(&s);
	}
	scep_buf_clear(&out);
}

/* DESIGN 9: equal in all workers, restarts and machines; another key's is
 * another. */
static void
the_substitute_follows_from_the_key_alone(void **state)
{
	struct scep_buf		 out = { NULL, 0 }, other = { NULL, 0 };
	struct scep_opener	 again, wrong;
	struct scep_cert	 cert;
	struct scep_crypto	*crypto;
	struct scep_error	 err;
	struct sealed		 s;

	(void)state;
	opener_of(bench.self, bench.key, &cert, &wrong);
	assert_int_equal(scep_crypto_new(NULL, &crypto, &err), SCEP_OK);
	assert_int_equal(scep_opener_init(crypto, &cert, bench.ra_key, &again,
	    &err), SCEP_OK);
	assert_memory_equal(again.secret, bench.opener.secret,
	    sizeof(again.secret));
	assert_memory_not_equal(wrong.secret, bench.opener.secret,
	    sizeof(wrong.secret));
	seal(SCEP_AES128, SCEP_WRAP_V15, scep_span_text(PLAIN), &s);
	s.env.recipient[0].encrypted_key.len--;
	open_with(&bench.opener, &s.env, &out);
	assert_int_equal(scep_envelope_open(crypto, &again, &s.env, 0, &other,
	    &err), SCEP_OK);
	assert_true(scep_span_equal(scep_buf_span(&out),
	    scep_buf_span(&other)));
	open_with(&wrong, &s.env, &other);
	assert_false(scep_span_equal(scep_buf_span(&out),
	    scep_buf_span(&other)));
	/* A whole envelope for somebody else opens to nonsense as well. */
	s.env.recipient[0].encrypted_key.len++;
	open_with(&wrong, &s.env, &other);
	assert_false(is_plain(&other));
	scep_opener_clear(&again);
	scep_opener_clear(&wrong);
	scep_cert_clear(&cert);
	scep_crypto_free(crypto);
	scep_buf_clear(&out);
	scep_buf_clear(&other);
	sealed_clear(&s);
}

/* Encrypt whole blocks without padding, under a key we know. */
static void
cbc(uint8_t *blocks, size_t len, const uint8_t *key, const uint8_t *iv)
{
	EVP_CIPHER_CTX	*ctx = EVP_CIPHER_CTX_new();
	int		 n;

	assert_int_equal(EVP_EncryptInit_ex2(ctx, EVP_aes_128_cbc(), key, iv,
	    NULL), 1);
	assert_int_equal(EVP_CIPHER_CTX_set_padding(ctx, 0), 1);
	assert_int_equal(EVP_EncryptUpdate(ctx, blocks, &n, blocks, (int)len),
	    1);
	EVP_CIPHER_CTX_free(ctx);
}

/* Two blocks that end so: how many octets come out, and the first of them. */
static size_t
unpadded(struct sealed *s, const uint8_t *key, const uint8_t *tail,
    size_t tail_len, uint8_t first, uint8_t *got)
{
	struct scep_buf	 out = { NULL, 0 };
	uint8_t		 blocks[32];
	size_t		 n;

	memset(blocks, 0x41, sizeof(blocks));
	blocks[0] = first;
	memcpy(blocks + sizeof(blocks) - tail_len, tail, tail_len);
	cbc(blocks, sizeof(blocks), key, s->env.iv.data);
	s->env.content = scep_span_make(blocks, sizeof(blocks));
	open_with(&bench.opener, &s->env, &out);
	n = out.len;
	*got = out.data[0];
	if (n > 1)
		assert_int_equal(out.data[1], 0x41);
	scep_buf_clear(&out);
	return n;
}

/* RFC 5652 section 6.3. */
static void
bad_cbc_padding_spoils_the_plaintext_and_cuts_nothing(void **state)
{
	struct sealed	 s;
	uint8_t		 key[32], tail[32], got;
	size_t		 len, n, i;

	(void)state;
	seal(SCEP_AES128, SCEP_WRAP_V15, scep_span_text(PLAIN), &s);
	content_key(&s, key, &len);
	for (n = 1; n <= 16; n++) {		/* the controls */
		memset(tail, (int)n, n);
		assert_int_equal(unpadded(&s, key, tail, n, 0x30, &got),
		    32 - n);
		assert_int_equal(got, 0x30);
		for (i = 0; i + 1 < n; i++) {	/* one octet wrong */
			tail[i] ^= 0x80;
			assert_int_equal(unpadded(&s, key, tail, n, 0x30,
			    &got), 32);
			assert_int_equal(got, 0);
			tail[i] ^= 0x80;
		}
	}
	for (n = 0; n < 256; n++) {		/* a last octet out of range */
		if (n >= 1 && n <= 16)
			continue;
		memset(tail, (int)n, sizeof(tail) - 2);
		assert_int_equal(unpadded(&s, key, tail, 30, 0x30, &got), 32);
		assert_int_equal(got, 0);
	}
	/* No first octet can be chosen so that a SEQUENCE begins. */
	tail[0] = 0;
	for (n = 0; n < 256; n++) {
		assert_int_equal(unpadded(&s, key, tail, 1, (uint8_t)n, &got),
		    32);
		assert_int_equal(got, 0);
	}
	sealed_clear(&s);
}

static void
an_unknown_key_transport_is_bad_alg_only_if_it_is_ours(void **state)
{
	struct client_message	 m = twist_plain(&bench);
	struct scep_buf		 out = { NULL, 0 };
	struct scep_error	 err;
	struct read		 r;
	int			 ours;

	(void)state;
	m.recipient[1] = bench.self;
	read_good(&r, &m);
	ours = scep_envelope_find(&r.msg->envelope, &bench.opener);
	assert_in_range(ours, 0, 1);
	r.msg->envelope.recipient[1 - ours].wrap_known = 0;
	opens_for_us(&r);
	assert_int_equal(scep_envelope_open(bench.crypto, &bench.opener,
	    &r.msg->envelope, (size_t)(1 - ours), &out, &err), SCEP_E_ALG);
	assert_null(out.data);
	read_clear(&r);
}

static void
with_unknown_wrap(SCEP_ENVELOPED *ed, const void *arg)
{
	twist_alg(sk_SCEP_KTRI_value(ed->recipients, 0)->alg, arg,
	    V_ASN1_NULL, NULL, 0);
}

static void
a_key_transport_we_do_not_know_is_read_and_marked(void **state)
{
	const struct twist	 t = { .inside = with_unknown_wrap,
				    .arg = "1.2.3.4" };
	struct read		 r;

	(void)state;
	r.der = twist_good(&bench, &t);
	assert_int_equal(twist_read(&bench, &r.der, &r.addr, &r.msg),
	    SCEP_OK);
	assert_int_equal(r.msg->envelope.recipient[0].wrap_known, 0);
	read_clear(&r);
}

static void
only_an_rsa_private_key_opens(void **state)
{
	EVP_PKEY		*ec = EVP_EC_gen("P-256"), *public;
	struct scep_key		 key;
	struct scep_opener	 opener;
	struct scep_error	 err;

	(void)state;
	assert_int_equal(scep_opener_init(bench.crypto, &bench.ra, ec,
	    &opener, &err), SCEP_E_CONFIG);
	ra_key_load(&key);
	assert_non_null(public = scep_key_get1_evp(bench.crypto, &key));
	assert_int_equal(scep_opener_init(bench.crypto, &bench.ra, public,
	    &opener, &err), SCEP_E_CONFIG);
	assert_int_equal(ERR_peek_error(), 0);
	EVP_PKEY_free(public);
	scep_key_clear(&key);
	EVP_PKEY_free(ec);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		conforms(content_ciphers_are_those_of_the_rules,
		    "C-008 C-009 C-221 C-233 T-48 T-50 T-51 T-52"),
		conforms(encrypted_content_is_whole_blocks, "C-181"),
		conforms(versions_and_types_are_those_of_the_rfc, "C-086"),
		conforms(there_are_1_to_8_recipients, "C-239"),
		conforms(only_a_poll_may_come_without_an_envelope,
		    "C-080 C-181"),
		conforms(only_key_transport_parses, "C-146 T-55 T-56 T-57"),
		conforms(our_recipient_is_found_among_others, "I-017 T-45"),
		conforms(a_recipient_may_be_named_by_its_key_identifier,
		    "I-017 T-01"),
		conforms(what_is_sealed_opens_here_and_with_openssl, "T-05"),
		conforms(what_is_sealed_is_der_that_old_parsers_read,
		    "C-087 C-090 C-092 I-022 T-02 T-04"),
		cmocka_unit_test(a_3des_key_has_odd_parity),
		conforms(a_content_key_that_does_not_unwrap_is_replaced,
		    "C-238 T-40 T-41"),
		cmocka_unit_test(
		    an_encrypted_key_of_odd_length_or_above_the_modulus_is_one_too),
		cmocka_unit_test(the_substitute_follows_from_the_key_alone),
		conforms(bad_cbc_padding_spoils_the_plaintext_and_cuts_nothing,
		    "C-238 T-42"),
		conforms(an_unknown_key_transport_is_bad_alg_only_if_it_is_ours,
		    "C-221"),
		cmocka_unit_test(
		    a_key_transport_we_do_not_know_is_read_and_marked),
		cmocka_unit_test(only_an_rsa_private_key_opens),
	};

	return cmocka_run_group_tests_name("envelope", tests, setup,
	    teardown);
}
