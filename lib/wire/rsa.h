/*
 * rsa.h - RSA public keys as numbers, and what is done with them: signatures
 * verified, a content key encrypted.  Private to wire/.
 *
 * No EVP object is made for that: making one, and asking it, costs as much
 * again as the arithmetic.  Private keys are EVP's.
 */
#ifndef SCEP_WIRE_RSA_H
#define SCEP_WIRE_RSA_H

#include "wire/key.h"
#include "wire/random.h"

#define SCEP_RSA_OCTETS_MAX	1024	/* 8192 bits: no profile allows more */
/* DigestInfo, RFC 8017 section 9.2. */
#define SCEP_DIGEST_INFO_MAX	(19 + SCEP_DIGEST_MAX_LEN)

/* Immutable once made; any number of threads may share one. */
struct scep_rsa;

/* From DER of an RSAPublicKey; what scep_key_load() says of RSA holds here.
 * SCEP_E_FORMAT, SCEP_E_ALG. */
enum scep_err	 scep_rsa_new(struct scep_span der,
		    const struct scep_key_rules *rules, struct scep_rsa **out,
		    struct scep_error *err);
void		 scep_rsa_free(struct scep_rsa *rsa);
int		 scep_rsa_bits(const struct scep_rsa *rsa);

/* RSASSA-PKCS1-v1_5, RFC 8017 section 8.2.2; SCEP_E_SIG. */
enum scep_err	 scep_rsa_verify(const struct scep_crypto *crypto,
		    const struct scep_rsa *rsa, enum scep_digest md,
		    struct scep_span data, struct scep_span signature,
		    struct scep_error *err);
/* RSAES-PKCS1-v1_5, RFC 8017 section 7.2.1; out is released first. */
enum scep_err	 scep_rsa_encrypt(struct scep_random *random,
		    const struct scep_rsa *rsa, struct scep_span message,
		    struct scep_buf *out, struct scep_error *err);
/* The same key for EVP; the caller frees it.  NULL: libcrypto's trouble. */
EVP_PKEY	*scep_rsa_evp(const struct scep_crypto *crypto,
		    const struct scep_rsa *rsa);

/* What of data is signed: its DigestInfo, with NULL parameters. */
enum scep_err	 scep_rsa_digest_info(const struct scep_crypto *crypto,
		    enum scep_digest md, struct scep_span data,
		    uint8_t out[SCEP_DIGEST_INFO_MAX], size_t *len,
		    struct scep_error *err);

#endif /* SCEP_WIRE_RSA_H */
