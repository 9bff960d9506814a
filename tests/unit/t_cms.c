/*
 * t_cms.c - our message layer against OpenSSL's CMS code: on what both are to
 * accept they agree, and where ours accepts what was damaged, so does OpenSSL,
 * and the content is what it was.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include <openssl/err.h>

#include "base/error.h"

#include "tests/unit/conform.h"
#include "tests/unit/der_make.h"
#include "tests/unit/twist.h"

#define LEN(a)		(sizeof(a) / sizeof((a)[0]))

#ifdef __SANITIZE_THREAD__
#define STEP		37	/* a thread sanitizer looks at some of them */
#else
#define STEP		1
#endif

static struct twist_bench	 bench;

static int
setup(void **state)
{
	(void)state;
	twist_open(&bench);
	/* What a profile may allow besides. */
	bench.rules.digests |= SCEP_BIT(SCEP_SHA1);
	bench.rules.ciphers |= SCEP_BIT(SCEP_3DES);
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

/* What ours opens the envelope to. */
static struct scep_buf
opened(const struct scep_message *msg)
{
	struct scep_buf		 out = { NULL, 0 };
	struct scep_error	 err;
	int			 i;

	i = scep_envelope_find(&msg->envelope, &bench.opener);
	assert_int_not_equal(i, -1);
	assert_int_equal(scep_envelope_open(bench.crypto, &bench.opener,
	    &msg->envelope, (size_t)i, &out, &err), SCEP_OK);
	return out;
}

/* Both read it, both open it, to the same octets. */
static void
agree(const struct bytes *der, const struct client_message *m)
{
	struct scep_address	 addr;
	struct scep_message	*msg;
	struct scep_buf		 ours;
	struct bytes		 content, theirs;

	assert_int_equal(twist_read(&bench, der, &addr, &msg), SCEP_OK);
	assert_int_equal(twist_cms_verify(der, &content), 1);
	assert_int_equal(twist_cms_decrypt(&bench, &content, &theirs), 1);
	ours = opened(msg);
	assert_int_equal(ours.len, theirs.len);
	assert_memory_equal(ours.data, theirs.data, theirs.len);
	assert_int_equal(ours.len, bench.csr.len);
	assert_memory_equal(ours.data, bench.csr.data, ours.len);
	assert_int_equal(scep_digest_nid(addr.digest),
	    EVP_MD_get_type(m->digest));
	assert_string_equal(scep_cipher_name(addr.cipher),
	    EVP_CIPHER_get0_name(m->cipher));
	assert_int_equal(msg->envelope.recipient[0].wrap, m->oaep ?
	    SCEP_WRAP_OAEP_SHA1 : SCEP_WRAP_V15);
	assert_int_equal(msg->envelope.recipient[0].ski.len > 0, m->use_ski);
	scep_buf_clear(&ours);
	bytes_free(&theirs);
	bytes_free(&content);
	scep_message_free(msg);
	scep_address_clear(&addr);
}

/* As DER; as BER outside; as BER outside and inside. */
static void
agree_in_each_encoding(const struct client_message *m)
{
	const struct twist	 t = { .ber_inside = 1 };
	struct bytes		 der = client_message(m), ber, inside;

	agree(&der, m);
	ber = client_to_ber(&der);
	assert_int_not_equal(ber.len, der.len);
	agree(&ber, m);
	bytes_free(&ber);
	inside = twist_message(&bench, &der, &t);
	ber = client_to_ber(&inside);
	agree(&inside, m);
	agree(&ber, m);
	bytes_free(&inside);
	bytes_free(&ber);
	bytes_free(&der);
}

static void
ours_and_openssls_read_the_same(void **state)
{
	const EVP_MD		*digests[] = { EVP_sha1(), EVP_sha256(),
				    EVP_sha384(), EVP_sha512() };
	const EVP_CIPHER	*ciphers[] = { EVP_des_ede3_cbc(),
				    EVP_aes_128_cbc(), EVP_aes_192_cbc(),
				    EVP_aes_256_cbc() };
	struct client_message	 m = twist_plain(&bench);
	size_t			 d, c;

	(void)state;
	for (d = 0; d < LEN(digests); d++)
		for (c = 0; c < LEN(ciphers); c++)
			for (m.oaep = 0; m.oaep < 2; m.oaep++)
				for (m.use_ski = 0; m.use_ski < 2;
				    m.use_ski++) {
					m.digest = digests[d];
					m.cipher = ciphers[c];
					agree_in_each_encoding(&m);
				}
}

/* What is wrong with the key or the content, ours hides: but where OpenSSL
 * opens an envelope, ours gives the same octets. */
static void
what_openssl_opens_ours_opens_alike(void **state)
{
	const struct client_message	 m = twist_plain(&bench);
	struct bytes			 der = client_message(&m), content;
	struct bytes			 theirs;
	SCEP_CI_ENVELOPED		*ci;
	struct scep_error		 err;
	struct scep_buf			 ours = { NULL, 0 };
	struct scep_envelope		 env;
	size_t				 at, same = 0;
	ASN1_STRING			*ct;
	const ASN1_OBJECT		*oid;
	const void			*iv;
	int				 type;

	(void)state;
	assert_int_equal(twist_cms_verify(&der, &content), 1);
	ci = scep_asn1_parse(scep_span_make(content.data, content.len),
	    ASN1_ITEM_rptr(SCEP_CI_ENVELOPED));
	assert_non_null(ci);
	ct = ci->enveloped->encrypted->content;
	memset(&env, 0, sizeof(env));
	env.n = 1;
	env.recipient[0].wrap_known = 1;
	env.recipient[0].encrypted_key = scep_asn1_span(sk_SCEP_KTRI_value(
	    ci->enveloped->recipients, 0)->encrypted_key);
	X509_ALGOR_get0(&oid, &type, &iv, ci->enveloped->encrypted->alg);
	assert_int_equal(OBJ_obj2nid(oid), NID_aes_128_cbc);
	env.cipher = SCEP_AES128;
	env.iv = scep_asn1_span(iv);
	/* Each octet of the last two blocks, damaged: the encrypted content
	 * is the last that stands there. */
	for (at = content.len - 32; at < content.len; at++) {
		content.data[at] ^= 0x11;
		ct->data[(size_t)ct->length - (content.len - at)] ^= 0x11;
		env.content = scep_asn1_span(ct);
		assert_int_equal(scep_envelope_open(bench.crypto,
		    &bench.opener, &env, 0, &ours, &err), SCEP_OK);
		if (twist_cms_decrypt(&bench, &content, &theirs) == 1) {
			assert_int_equal(ours.len, theirs.len);
			assert_memory_equal(ours.data, theirs.data,
			    theirs.len);
			same++;
		} else {
			assert_int_equal(ours.len, env.content.len);
			assert_int_equal(ours.data[0], 0);
		}
		bytes_free(&theirs);
		content.data[at] ^= 0x11;
		ct->data[(size_t)ct->length - (content.len - at)] ^= 0x11;
	}
	/* Damage before the padding's octets only changes the plaintext. */
	assert_true(same > 0 && same < 32);
	scep_asn1_free(ci, ASN1_ITEM_rptr(SCEP_CI_ENVELOPED));
	scep_buf_clear(&ours);
	bytes_free(&content);
	bytes_free(&der);
}

/* A damaged message that ours reads: what is handed over is what it was. */
static void
means_the_same(const struct bytes *der, const struct bytes *content,
    const struct scep_address *was, const struct scep_address *addr,
    const struct scep_message *msg)
{
	struct bytes	 theirs;
	struct scep_buf	 ours;

	if (msg->self_signed) {
		assert_int_equal(twist_cms_verify(der, &theirs), 1);
		assert_int_equal(theirs.len, content->len);
		assert_memory_equal(theirs.data, content->data, theirs.len);
		bytes_free(&theirs);
	}
	ours = opened(msg);
	assert_int_equal(ours.len, bench.csr.len);
	assert_memory_equal(ours.data, bench.csr.data, ours.len);
	assert_int_equal(addr->type, was->type);
	assert_int_equal(addr->digest, was->digest);
	assert_true(scep_span_equal(scep_span_make(addr->txid,
	    addr->txid_len), scep_span_make(was->txid, was->txid_len)));
	assert_true(scep_span_equal(scep_span_make(addr->nonce,
	    addr->nonce_len), scep_span_make(was->nonce, was->nonce_len)));
	/* The bytes of the certificate too, or it is nobody's: what is not
	 * self-signed must be one that we issued, found by its hash. */
	assert_int_equal(memcmp(addr->signer.sha256, was->signer.sha256,
	    sizeof(was->signer.sha256)) == 0, msg->self_signed);
	scep_buf_clear(&ours);
}

/*
 * What nothing signs, and what may stand there: 1 bit for version 1 or 3 of
 * SignedData; 12 for the constructed bit of a SET OF, which OpenSSL's templates
 * do not look at (digestAlgorithms, certificates, signerInfos, signedAttrs,
 * each of its 6 attributes' values, 2 RDNs); 11 for the case of the letters in
 * the SignerInfo's issuer, because names are compared without it (PROTOCOL
 * C-133).  OpenSSL's CMS accepts each of them as well.
 */
#define HARMLESS	(1 + 12 + 11)
/* The 35 octets of a subject: what is not self-issued any more needs no
 * signature of its own, and is for the CA to know. */
#define NOBODYS		(8 * 35)

static void
no_flipped_bit_changes_what_is_handed_over(void **state)
{
	const struct client_message	 m = twist_plain(&bench);
	struct bytes			 der = client_message(&m), content;
	struct scep_address		 was, addr;
	struct scep_message		*good, *msg;
	size_t				 bit, harmless = 0, nobodys = 0;

	(void)state;
	assert_int_equal(twist_cms_verify(&der, &content), 1);
	assert_int_equal(twist_read(&bench, &der, &was, &good), SCEP_OK);
	assert_int_equal(good->self_signed, 1);
	means_the_same(&der, &content, &was, &was, good);	/* control */
	for (bit = 0; bit < 8 * der.len; bit += STEP) {
		der.data[bit / 8] ^= (unsigned char)(1 << bit % 8);
		if (twist_read(&bench, &der, &addr, &msg) == SCEP_OK) {
			means_the_same(&der, &content, &was, &addr, msg);
			if (msg->self_signed)
				harmless++;
			else
				nobodys++;
		}
		scep_message_free(msg);
		scep_address_clear(&addr);
		der.data[bit / 8] ^= (unsigned char)(1 << bit % 8);
	}
	print_message("# %zu of %zu harmless, %zu with a certificate of "
	    "nobody's\n", harmless, 8 * der.len / STEP, nobodys);
	assert_true(harmless <= HARMLESS);
	assert_true(nobodys <= NOBODYS);
	scep_message_free(good);
	scep_address_clear(&was);
	bytes_free(&content);
	bytes_free(&der);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		conforms(ours_and_openssls_read_the_same,
		    "C-008 C-092 C-225 I-017 T-01"),
		cmocka_unit_test(what_openssl_opens_ours_opens_alike),
		cmocka_unit_test(no_flipped_bit_changes_what_is_handed_over),
	};

	return cmocka_run_group_tests_name("cms", tests, setup, teardown);
}
