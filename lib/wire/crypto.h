/*
 * crypto.h - libcrypto as we use it: one library context, algorithms fetched
 * once, everything allowed by list.  (A second context for what is broken,
 * where some profile wants it: legacy.h.)
 */
#ifndef SCEP_WIRE_CRYPTO_H
#define SCEP_WIRE_CRYPTO_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/writer.h"

/* Message digests we know; to know is not to allow. */
enum scep_digest {
	SCEP_SHA1,
	SCEP_SHA256,
	SCEP_SHA384,
	SCEP_SHA512,
	SCEP_MD5,		/* legacy.h; not in RFC 8894 section 2.9 */
	SCEP_DIGEST__MAX
};

/* Content ciphers we know, all CBC.  Their numbers are in the store. */
enum scep_cipher {
	SCEP_3DES,
	SCEP_AES128,
	SCEP_AES192,
	SCEP_AES256,
	SCEP_DES,		/* single; legacy.h */
	SCEP_CIPHER__MAX
};

/* Key transport. */
enum scep_wrap {
	SCEP_WRAP_V15,		/* RSAES-PKCS1-v1_5 */
	SCEP_WRAP_OAEP_SHA1,	/* RSAES-OAEP, hash and MGF1 hash alike */
	SCEP_WRAP_OAEP_SHA256,
	SCEP_WRAP_OAEP_SHA384,
	SCEP_WRAP_OAEP_SHA512,
	SCEP_WRAP__MAX
};

#define SCEP_DIGEST_MAX_LEN	64
#define SCEP_BIT(x)		(1u << (x))
/* What RFC 8894 section 2.9 says must not be supported. */
#define SCEP_BROKEN_DIGESTS	SCEP_BIT(SCEP_MD5)
#define SCEP_BROKEN_CIPHERS	SCEP_BIT(SCEP_DES)

/* Immutable once made, but for legacy and a brief one's ciphers; any number of
 * threads may share one that is not brief. */
struct scep_crypto {
	OSSL_LIB_CTX		*ctx;
	int			 owns_ctx;
	EVP_MD			*md[SCEP_DIGEST__MAX];	/* MD5: NULL */
	EVP_CIPHER		**cipher;	/* SCEP_CIPHER__MAX, of which
						   DES is NULL */
	int			 is_brief;
	struct scep_legacy	*legacy;
};

/* ctx NULL: a library context of our own, with the default provider.  A ctx
 * that is given stays the caller's. */
enum scep_err	 scep_crypto_new(OSSL_LIB_CTX *ctx, struct scep_crypto **out,
		    struct scep_error *err);
/* For a process that answers one request and has one thread: ciphers, which
 * many a request does without, are fetched when they are asked for, and the
 * random numbers do without them. */
enum scep_err	 scep_crypto_new_brief(struct scep_crypto **out,
		    struct scep_error *err);
void		 scep_crypto_free(struct scep_crypto *crypto);

/* Whatever it is; NULL for DES and MD5 until they are loaded. */
const EVP_MD	*scep_crypto_md(const struct scep_crypto *crypto,
		    enum scep_digest md);
const EVP_CIPHER
		*scep_crypto_cipher(const struct scep_crypto *crypto,
		    enum scep_cipher cipher);

enum scep_err	 scep_crypto_random(const struct scep_crypto *crypto,
		    uint8_t *out, size_t len, struct scep_error *err);
/* out has room for SCEP_DIGEST_MAX_LEN; *len may be NULL. */
enum scep_err	 scep_crypto_digest(const struct scep_crypto *crypto,
		    enum scep_digest md, struct scep_span data, uint8_t *out,
		    size_t *len, struct scep_error *err);
enum scep_err	 scep_crypto_sha256(const struct scep_crypto *crypto,
		    struct scep_span data, uint8_t out[SCEP_SHA256_LEN],
		    struct scep_error *err);
/* HMAC-SHA-256 over the concatenation of n parts. */
enum scep_err	 scep_crypto_hmac(const struct scep_crypto *crypto,
		    struct scep_span key, const struct scep_span *parts,
		    size_t n, uint8_t out[SCEP_SHA256_LEN],
		    struct scep_error *err);

/* "SHA-256", "AES-128-CBC": for logs and records.  "sha256", "aes128": what
 * scep.conf and `openssl` say. */
const char	*scep_digest_name(enum scep_digest);
const char	*scep_cipher_name(enum scep_cipher);
const char	*scep_wrap_name(enum scep_wrap);	/* "RSAES-OAEP SHA-1" */
const char	*scep_digest_word(enum scep_digest);
const char	*scep_cipher_word(enum scep_cipher);
int		 scep_digest_nid(enum scep_digest);	/* NID_sha256 */
int		 scep_cipher_key_len(enum scep_cipher);
int		 scep_cipher_block(enum scep_cipher);

/* AlgorithmIdentifier, where it stands. */
struct scep_alg {
	struct scep_tlv		 oid;
	struct scep_tlv		 param;		/* or empty */
};
/* Take one off the front of *rest; 0 if there is none. */
int		 scep_alg_take(struct scep_span *rest, struct scep_alg *out);

/*
 * AlgorithmIdentifiers, both ways, by allow-list.  Reading: SCEP_E_ALG for an
 * OID not in the list or for parameters that are not the expected ones (NULL
 * or absent for digests and RSA; an IV of one block for ciphers, borrowed
 * through iv).  A signature algorithm gives the digest it names, or
 * SCEP_DIGEST__MAX for plain rsaEncryption.
 */
enum scep_err	 scep_alg_digest(const struct scep_alg *alg,
		    enum scep_digest *out, struct scep_error *err);
enum scep_err	 scep_alg_rsa_signature(const struct scep_alg *alg,
		    enum scep_digest *out, struct scep_error *err);
enum scep_err	 scep_alg_cipher(const struct scep_alg *alg,
		    enum scep_cipher *out, struct scep_span *iv,
		    struct scep_error *err);
enum scep_err	 scep_alg_wrap(const struct scep_alg *alg, enum scep_wrap *out,
		    struct scep_error *err);

/* Make the RSA padding of ctx, which is initialised, that of a key transport;
 * 0 if libcrypto refuses. */
int		 scep_wrap_set(const struct scep_crypto *crypto,
		    EVP_PKEY_CTX *ctx, enum scep_wrap wrap);

/* And writing. */
void		 scep_alg_put_digest(struct scep_writer *w,
		    enum scep_digest md);
void		 scep_alg_put_cipher(struct scep_writer *w,
		    enum scep_cipher cipher, struct scep_span iv);
void		 scep_alg_put_wrap(struct scep_writer *w,
		    enum scep_wrap wrap);
void		 scep_alg_put_kek(struct scep_writer *w,
		    enum scep_cipher cipher, struct scep_span iv);
				/* id-alg-PWRI-KEK with it */
void		 scep_alg_put_rsa(struct scep_writer *w);
				/* rsaEncryption, NULL */

#endif /* SCEP_WIRE_CRYPTO_H */
