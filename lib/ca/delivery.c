/*
 * delivery.c - the delivery secret of a transaction, sealed and opened.
 *
 * Knows nothing of what it is used for; whether a request has one is
 * gather.c's.
 */
#include <string.h>

#include <openssl/err.h>

#include "base/error.h"
#include "ca/delivery.h"

#define LABEL		"scep.fcgi delivery secret 1"
#define NONCE_LEN	12
#define TAG_LEN		16
#define SECRET_MAX	8192

/* nonce, what is encrypted, tag. */
#define OVERHEAD	(NONCE_LEN + TAG_LEN)

/* The cipher with its key and nonce, and the transaction as what is
 * authenticated besides. */
static int
start(EVP_CIPHER_CTX *ctx, const EVP_CIPHER *gcm, const uint8_t *key,
    const uint8_t *nonce, const struct scep_txn_key *txn, int encrypt)
{
	int	 n;

	return EVP_CipherInit_ex2(ctx, gcm, key, nonce, encrypt, NULL) == 1 &&
	    EVP_CipherUpdate(ctx, NULL, &n, txn->prefix,
	    (int)sizeof(txn->prefix)) == 1 &&
	    EVP_CipherUpdate(ctx, NULL, &n, txn->info,
	    (int)sizeof(txn->info)) == 1;
}

static int
run_seal(EVP_CIPHER_CTX *ctx, struct scep_span secret, uint8_t *out)
{
	int	 n = 0, last = 0;

	return EVP_EncryptUpdate(ctx, out + NONCE_LEN, &n, secret.data,
	    (int)secret.len) == 1 &&
	    EVP_EncryptFinal_ex(ctx, out + NONCE_LEN + n, &last) == 1 &&
	    n + last == (int)secret.len &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG_LEN,
	    out + NONCE_LEN + secret.len) == 1;
}

static int
run_open(EVP_CIPHER_CTX *ctx, struct scep_span sealed, uint8_t *out)
{
	const size_t	 len = sealed.len - OVERHEAD;
	uint8_t		 tag[TAG_LEN];
	int		 n = 0, last = 0;

	memcpy(tag, sealed.data + NONCE_LEN + len, TAG_LEN);
	return EVP_DecryptUpdate(ctx, out, &n, sealed.data + NONCE_LEN,
	    (int)len) == 1 &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG_LEN, tag) ==
	    1 && EVP_DecryptFinal_ex(ctx, out + n, &last) == 1;
}

static enum scep_err
make_key(const struct scep_crypto *crypto, const struct scep_config *cfg,
    uint8_t key[SCEP_SHA256_LEN], struct scep_error *err)
{
	const struct scep_span	 label = scep_span_text(LABEL);

	return scep_crypto_hmac(crypto, scep_buf_span(&cfg->challenge_key),
	    &label, 1, key, err);
}

enum scep_err
scep_delivery_seal(const struct scep_crypto *crypto,
    const struct scep_config *cfg, const struct scep_txn_key *txn,
    struct scep_span secret, struct scep_buf *out, struct scep_error *err)
{
	uint8_t		 key[SCEP_SHA256_LEN];
	EVP_CIPHER	*gcm = NULL;
	EVP_CIPHER_CTX	*ctx = NULL;
	enum scep_err	 rc;

	scep_buf_clear(out);
	if (secret.len == 0 || secret.len > SECRET_MAX)
		return scep_fail(err, SCEP_E_INTERNAL,
		    "delivery secret of %zu octets", secret.len);
	if ((rc = make_key(crypto, cfg, key, err)) != SCEP_OK)
		return rc;
	if ((out->data = OPENSSL_malloc(secret.len + OVERHEAD)) == NULL)
		rc = scep_fail(err, SCEP_E_NOMEM, "delivery secret");
	else if ((rc = scep_crypto_random(crypto, out->data, NONCE_LEN,
	    err)) == SCEP_OK &&
	    ((gcm = EVP_CIPHER_fetch(crypto->ctx, "AES-256-GCM", NULL)) ==
	    NULL || (ctx = EVP_CIPHER_CTX_new()) == NULL ||
	    !start(ctx, gcm, key, out->data, txn, 1) ||
	    !run_seal(ctx, secret, out->data)))
		rc = scep_fail_ssl(err, SCEP_E_INTERNAL,
		    "seal a delivery secret");
	if (rc == SCEP_OK)
		out->len = secret.len + OVERHEAD;
	else
		scep_buf_clear(out);
	EVP_CIPHER_CTX_free(ctx);
	EVP_CIPHER_free(gcm);
	OPENSSL_cleanse(key, sizeof(key));
	return rc;
}

enum scep_err
scep_delivery_open(const struct scep_crypto *crypto,
    const struct scep_config *cfg, const struct scep_txn_key *txn,
    struct scep_span sealed, struct scep_buf *out, struct scep_error *err)
{
	uint8_t		 key[SCEP_SHA256_LEN];
	EVP_CIPHER	*gcm = NULL;
	EVP_CIPHER_CTX	*ctx = NULL;
	enum scep_err	 rc;

	scep_buf_clear(out);
	if (sealed.len <= OVERHEAD)
		return scep_fail(err, SCEP_E_ALG, "nothing can be encrypted "
		    "to the signer's key, and no delivery secret is kept");
	if ((rc = make_key(crypto, cfg, key, err)) != SCEP_OK)
		return rc;
	if ((out->data = OPENSSL_zalloc(sealed.len)) == NULL)
		rc = scep_fail(err, SCEP_E_NOMEM, "delivery secret");
	else if ((gcm = EVP_CIPHER_fetch(crypto->ctx, "AES-256-GCM", NULL)) ==
	    NULL || (ctx = EVP_CIPHER_CTX_new()) == NULL ||
	    !start(ctx, gcm, key, sealed.data, txn, 0))
		rc = scep_fail_ssl(err, SCEP_E_INTERNAL,
		    "open a delivery secret");
	else {
		out->len = sealed.len - OVERHEAD;
		if (!run_open(ctx, sealed, out->data))
			rc = scep_fail(err, SCEP_E_ALG, "the delivery secret "
			    "was sealed under another challenge.key, or for "
			    "another transaction; the device must enrol "
			    "anew");
		ERR_clear_error();
	}
	if (rc != SCEP_OK)
		scep_buf_clear(out);
	EVP_CIPHER_CTX_free(ctx);
	EVP_CIPHER_free(gcm);
	OPENSSL_cleanse(key, sizeof(key));
	return rc;
}
