/*
 * seal.c - an envelope for the one who signed the request, or for the one who
 * knows its challengePassword (RFC 8894 section 3.1, RFC 5652 section 6).
 */
#include <string.h>

#include "base/error.h"
#include "base/writer.h"
#include "wire/envelope.h"
#include "wire/pwri.h"
#include "wire/rsa.h"

#define KEY_MAX		32
#define IV_MAX		16
#define AROUND		1024	/* octets around the content, as a rule */

enum { INTEGER = 0x02, OCTET_STRING = 0x04, SEQUENCE = 0x30, SET = 0x31,
    CONTENT = 0x80, CTX0 = 0xa0 };

/* What is encrypted, and what it is encrypted with. */
struct sealed {
	enum scep_cipher	 cipher;
	uint8_t			 random[KEY_MAX + IV_MAX];
	struct scep_span	 key, iv;	/* in random */
	struct scep_buf		 content;
};

/* A DES key has odd parity in each octet (FIPS 46-3); some look at it. */
static void
odd_parity(uint8_t *key, size_t len)
{
	size_t	 i;
	uint8_t	 x;

	for (i = 0; i < len; i++) {
		x = (uint8_t)(key[i] ^ key[i] >> 4);
		x = (uint8_t)(x ^ x >> 2);
		x = (uint8_t)(x ^ x >> 1);
		key[i] = (uint8_t)(key[i] ^ (~x & 1));
	}
}

static enum scep_err
wrap_oaep(const struct scep_crypto *crypto, const struct scep_key *to,
    enum scep_wrap wrap, struct scep_span key, struct scep_buf *out,
    struct scep_error *err)
{
	EVP_PKEY	*evp = scep_key_get1_evp(crypto, to);
	EVP_PKEY_CTX	*ctx = NULL;
	int		 ok;

	ok = evp != NULL &&
	    (ctx = EVP_PKEY_CTX_new_from_pkey(crypto->ctx, evp, NULL)) !=
	    NULL && EVP_PKEY_encrypt_init(ctx) == 1 &&
	    scep_wrap_set(crypto, ctx, wrap) &&
	    (out->len = (size_t)EVP_PKEY_get_size(evp)) > 0 &&
	    (out->data = OPENSSL_malloc(out->len)) != NULL &&
	    EVP_PKEY_encrypt(ctx, out->data, &out->len, key.data, key.len) ==
	    1;
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(evp);
	return ok ? SCEP_OK :
	    scep_fail_ssl(err, SCEP_E_INTERNAL, "encrypt to the signer");
}

static enum scep_err
wrap_key(const struct scep_crypto *crypto, struct scep_random *random,
    const struct scep_key *to, enum scep_wrap wrap, struct scep_span key,
    struct scep_buf *out, struct scep_error *err)
{
	if (wrap == SCEP_WRAP_V15 && to->rsa != NULL)
		return scep_rsa_encrypt(random, to->rsa, key, out, err);
	return wrap_oaep(crypto, to, wrap, key, out, err);
}

static enum scep_err
encrypt(const struct scep_crypto *crypto, const struct sealed *s,
    struct scep_span content, struct scep_buf *out, struct scep_error *err)
{
	EVP_CIPHER_CTX	*ctx;
	int		 ok, n = 0, last = 0;

	if ((out->data = OPENSSL_malloc(content.len + 32)) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "encrypted content");
	ctx = EVP_CIPHER_CTX_new();
	ok = ctx != NULL && EVP_EncryptInit_ex2(ctx,
	    scep_crypto_cipher(crypto, s->cipher), s->key.data, s->iv.data,
	    NULL) == 1 &&
	    EVP_EncryptUpdate(ctx, out->data, &n, content.data,
	    (int)content.len) == 1 &&
	    EVP_EncryptFinal_ex(ctx, out->data + n, &last) == 1;
	EVP_CIPHER_CTX_free(ctx);
	out->len = (size_t)(n + last);
	return ok ? SCEP_OK :
	    scep_fail_ssl(err, SCEP_E_INTERNAL, "encrypt");
}

/* With a fresh key and IV. */
static enum scep_err
seal(const struct scep_crypto *crypto, struct scep_random *random,
    enum scep_cipher cipher, struct scep_span content, struct sealed *out,
    struct scep_error *err)
{
	const size_t	 key_len = (size_t)scep_cipher_key_len(cipher);
	const size_t	 iv_len = (size_t)scep_cipher_block(cipher);
	enum scep_err	 rc;

	memset(out, 0, sizeof(*out));
	out->cipher = cipher;
	out->key = scep_span_make(out->random, key_len);
	out->iv = scep_span_make(out->random + key_len, iv_len);
	if ((rc = scep_random_take(random, out->random, key_len + iv_len,
	    err)) != SCEP_OK)
		return rc;
	if (cipher == SCEP_3DES || cipher == SCEP_DES)
		odd_parity(out->random, key_len);
	return encrypt(crypto, out, content, &out->content, err);
}

static void
sealed_clear(struct sealed *s)
{
	scep_buf_clear(&s->content);
	OPENSSL_cleanse(s, sizeof(*s));
}

/* ContentInfo with EnvelopedData, RFC 5652 section 6.1, up to its recipient. */
static void
put_front(struct scep_writer *w, const struct sealed *s, uint8_t version)
{
	static const uint8_t	 enveloped_data[] = { 0x06, 0x09, 0x2a, 0x86,
		0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x03 };

	scep_writer_init(w, s->content.len + AROUND);
	scep_writer_open(w, SEQUENCE);
	scep_writer_raw(w, scep_span_make(enveloped_data,
	    sizeof(enveloped_data)));
	scep_writer_open(w, CTX0);
	scep_writer_open(w, SEQUENCE);
	scep_writer_add(w, INTEGER, scep_span_make(&version, 1));
	scep_writer_open(w, SET);
}

/* And the rest, with EncryptedContentInfo. */
static enum scep_err
put_back(struct scep_writer *w, const struct sealed *s, enum scep_err rc,
    struct scep_buf *out, struct scep_error *err)
{
	static const uint8_t	 data[] = { 0x06, 0x09, 0x2a, 0x86, 0x48,
		0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01 };

	scep_writer_close(w);
	scep_writer_open(w, SEQUENCE);
	scep_writer_raw(w, scep_span_make(data, sizeof(data)));
	scep_alg_put_cipher(w, s->cipher, s->iv);
	scep_writer_add(w, CONTENT, scep_buf_span(&s->content));
	return scep_writer_end(w, rc, out, err);
}

/* KeyTransRecipientInfo, section 6.2.1.  Versions 0, issuerAndSerialNumber:
 * what old parsers look for (PROTOCOL C-090, C-091). */
static void
put_recipient(struct scep_writer *w, const struct scep_cert *recipient,
    enum scep_wrap wrap, const struct scep_buf *encrypted_key)
{
	static const uint8_t	 zero = 0;

	scep_writer_open(w, SEQUENCE);
	scep_writer_add(w, INTEGER, scep_span_make(&zero, 1));
	scep_writer_open(w, SEQUENCE);
	scep_writer_raw(w, recipient->issuer);
	scep_writer_add(w, INTEGER, recipient->serial);
	scep_writer_close(w);
	scep_alg_put_wrap(w, wrap);
	scep_writer_add(w, OCTET_STRING, scep_buf_span(encrypted_key));
	scep_writer_close(w);
}

enum scep_err
scep_envelope_seal(const struct scep_crypto *crypto,
    struct scep_random *random, const struct scep_cert *recipient,
    const struct scep_key *to, enum scep_cipher cipher, enum scep_wrap wrap,
    struct scep_span content, struct scep_buf *out, struct scep_error *err)
{
	struct sealed		 s;
	struct scep_writer	 w;
	struct scep_buf		 ek = { NULL, 0 };
	enum scep_err		 rc;

	if ((rc = seal(crypto, random, cipher, content, &s, err)) ==
	    SCEP_OK && (rc = wrap_key(crypto, random, to, wrap, s.key, &ek,
	    err)) == SCEP_OK) {
		put_front(&w, &s, 0);
		put_recipient(&w, recipient, wrap, &ek);
		rc = put_back(&w, &s, SCEP_OK, out, err);
	}
	scep_buf_clear(&ek);
	sealed_clear(&s);
	return rc;
}

/* Version 3: RFC 5652 section 6.1 wants it with such a recipient. */
enum scep_err
scep_envelope_seal_password(const struct scep_crypto *crypto,
    struct scep_random *random, struct scep_span password,
    enum scep_cipher cipher, struct scep_span content, struct scep_buf *out,
    struct scep_error *err)
{
	struct sealed		 s;
	struct scep_writer	 w;
	enum scep_err		 rc;

	if ((rc = seal(crypto, random, cipher, content, &s, err)) ==
	    SCEP_OK) {
		put_front(&w, &s, 3);
		rc = scep_pwri_put(crypto, password, cipher, s.key, &w, err);
		rc = put_back(&w, &s, rc, out, err);
	}
	sealed_clear(&s);
	return rc;
}
