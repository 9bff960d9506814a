/*
 * envelope.h - pkcsPKIEnvelope: opened without telling how it went, sealed.
 */
#ifndef SCEP_WIRE_ENVELOPE_H
#define SCEP_WIRE_ENVELOPE_H

#include "wire/message.h"

/* The key that opens, and its certificate.  Immutable, shared by threads. */
struct scep_opener {
	const struct scep_cert	*cert;		/* borrowed */
	EVP_PKEY		*key;		/* borrowed; RSA */
	uint8_t			 secret[SCEP_SHA256_LEN];
};

/*
 * Derive the substitute secret from the RA private key (DESIGN 9): equal in
 * all workers, restarts and machines.  cert and key are borrowed.
 */
enum scep_err	 scep_opener_init(const struct scep_crypto *crypto,
		    const struct scep_cert *cert, EVP_PKEY *key,
		    struct scep_opener *out, struct scep_error *err);
void		 scep_opener_clear(struct scep_opener *opener);

/*
 * Which recipient is this opener's?  By issuer and serial (serial first, then
 * bytes, then names), or subjectKeyIdentifier.  Index, or -1.
 */
int		 scep_envelope_find(const struct scep_envelope *env,
		    const struct scep_opener *opener);

/*
 * Decrypt with recipient i.  SCEP_OK whatever the padding was: RSA v1.5 is
 * raw RSA and a check of our own in constant time; a content key that did not
 * unwrap is replaced by one derived from the ciphertext and the secret; where
 * the CBC padding is wrong, out holds the whole plaintext with its first
 * octet spoiled (0).  So the same message always gives the same bytes, and no
 * branch tells.  Other results are ours (no memory, …), or SCEP_E_ALG for an
 * unknown wrap.
 */
enum scep_err	 scep_envelope_open(const struct scep_crypto *crypto,
		    const struct scep_opener *opener,
		    const struct scep_envelope *env, size_t i,
		    struct scep_buf *out, struct scep_error *err);

/*
 * ContentInfo with EnvelopedData (DER, versions 0) to recipient: issuer and
 * serial from its certificate as they stand there, a fresh key and IV.
 */
enum scep_err	 scep_envelope_seal(const struct scep_crypto *crypto,
		    const struct scep_cert *recipient,
		    const struct scep_key *key, enum scep_cipher cipher,
		    enum scep_wrap wrap, struct scep_span content,
		    struct scep_buf *out, struct scep_error *err);

#endif /* SCEP_WIRE_ENVELOPE_H */
