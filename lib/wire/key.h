/*
 * key.h - public keys: looked at as bytes before libcrypto sees them.
 */
#ifndef SCEP_WIRE_KEY_H
#define SCEP_WIRE_KEY_H

#include "wire/crypto.h"

enum scep_key_type {
	SCEP_KEY_RSA,
	SCEP_KEY_P256,		/* named curves only */
	SCEP_KEY_P384,
	SCEP_KEY_P521,
	SCEP_KEY_ED25519,
	SCEP_KEY_OTHER		/* anything else, explicit EC parameters too */
};

/* What a profile (or the message layer) demands of a key. */
struct scep_key_rules {
	unsigned int	types;		/* SCEP_BIT(SCEP_KEY_…) */
	int		min_rsa_bits;
	int		max_rsa_bits;
};

struct scep_rsa;

struct scep_key {
	enum scep_key_type	 type;
	int			 bits;
	struct scep_span	 spki;	/* borrowed; DER of the whole SPKI */
	uint8_t			 sha256[SCEP_SHA256_LEN];	/* of spki */
	struct scep_rsa		*rsa;	/* owned; rsa.h */
	EVP_PKEY		*evp;	/* owned; of any other type */
};

/*
 * Take a SubjectPublicKeyInfo apart, check it against rules from its bytes
 * (type, bits, RSA modulus odd and exponent odd, 65537 <= e < 2^32, named
 * curve, EC point uncompressed and on the curve), then make what it is used
 * with.  SCEP_E_FORMAT if it does not parse, or holds an indefinite length;
 * SCEP_E_ALG if it is not allowed.  spki must outlive the key.  Release with
 * scep_key_clear().
 */
enum scep_err	 scep_key_load(const struct scep_crypto *crypto,
		    struct scep_span spki, const struct scep_key_rules *rules,
		    struct scep_key *out, struct scep_error *err);
void		 scep_key_clear(struct scep_key *key);
/* For what else EVP can do with a key; the caller frees it.  NULL: libcrypto's
 * trouble. */
EVP_PKEY	*scep_key_get1_evp(const struct scep_crypto *crypto,
		    const struct scep_key *key);
const char	*scep_key_type_name(enum scep_key_type);	/* "RSA" */
/* What a SubjectPublicKeyInfo says it is, without a look at the key. */
enum scep_key_type
		 scep_key_type_of(struct scep_span spki);
/* Can something be encrypted to such a key? */
int		 scep_key_encrypts(enum scep_key_type);

/* The digest that a signature algorithm names, which must be one for this
 * kind of key: SCEP_E_ALG.  SCEP_DIGEST__MAX for plain rsaEncryption. */
enum scep_err	 scep_key_signature_alg(const struct scep_key *key,
		    const struct scep_alg *alg, enum scep_digest *md,
		    struct scep_error *err);
/* The same from DER, where one must be named; SCEP_E_FORMAT, SCEP_E_ALG. */
enum scep_err	 scep_key_signature_digest(const struct scep_key *key,
		    struct scep_span alg, enum scep_digest *md,
		    struct scep_error *err);
/* RSASSA-PKCS1-v1_5, ECDSA or Ed25519 over data; SCEP_E_SIG if it does not
 * verify. */
enum scep_err	 scep_key_verify(const struct scep_crypto *crypto,
		    const struct scep_key *key, enum scep_digest md,
		    struct scep_span data, struct scep_span signature,
		    struct scep_error *err);
/* The same with a private key: out is released first. */
enum scep_err	 scep_key_sign(const struct scep_crypto *crypto, EVP_PKEY *key,
		    enum scep_digest md, struct scep_span data,
		    struct scep_buf *out, struct scep_error *err);
/* For a key that signs often: what it takes, made once; the caller frees it.
 * It is copied for each signature, so any number of threads may share one.
 * Signed with is key in any case: without signing (NULL), or with that of
 * another key, it takes longer. */
EVP_PKEY_CTX	*scep_key_signing(const struct scep_crypto *crypto,
		    EVP_PKEY *key);
enum scep_err	 scep_key_sign_with(const struct scep_crypto *crypto,
		    EVP_PKEY *key, const EVP_PKEY_CTX *signing,
		    enum scep_digest md,
		    struct scep_span data, struct scep_buf *out,
		    struct scep_error *err);

#endif /* SCEP_WIRE_KEY_H */
