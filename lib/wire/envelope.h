/*
 * envelope.h - pkcsPKIEnvelope: opened without telling how it went, sealed.
 */
#ifndef SCEP_WIRE_ENVELOPE_H
#define SCEP_WIRE_ENVELOPE_H

#include "wire/message.h"
#include "wire/random.h"

#define SCEP_CONTENT_KEY_MAX	32	/* octets */

/* The key that opens, and its certificate.  Immutable, shared by threads. */
struct scep_opener {
	const struct scep_cert	*cert;		/* borrowed */
	EVP_PKEY		*key;		/* borrowed; RSA */
	EVP_PKEY_CTX		*raw;		/* for raw RSA; to be copied */
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
 * The content key for recipient i, in key; *out is what of it the cipher
 * takes.  SCEP_OK whatever the padding was: RSA v1.5 is raw RSA and a check
 * of our own in constant time; a content key that did not unwrap is replaced
 * by one derived from the ciphertext and the secret.  So the same message
 * always gives the same key, and no branch tells.  Other results are ours (no
 * memory, …), or SCEP_E_ALG for an unknown wrap.  The caller cleanses key.
 */
enum scep_err	 scep_envelope_unwrap(const struct scep_crypto *crypto,
		    const struct scep_opener *opener,
		    const struct scep_envelope *env, size_t i,
		    uint8_t key[SCEP_CONTENT_KEY_MAX], struct scep_span *out,
		    struct scep_error *err);
/*
 * Decrypt with a content key.  SCEP_OK whatever came out: where the CBC
 * padding is wrong, out holds the whole plaintext with its first octet
 * spoiled (0).  SCEP_E_FORMAT for a key of another length than the cipher's.
 */
enum scep_err	 scep_envelope_decrypt(const struct scep_crypto *crypto,
		    const struct scep_envelope *env, struct scep_span key,
		    struct scep_buf *out, struct scep_error *err);
/* Both. */
enum scep_err	 scep_envelope_open(const struct scep_crypto *crypto,
		    const struct scep_opener *opener,
		    const struct scep_envelope *env, size_t i,
		    struct scep_buf *out, struct scep_error *err);

/* What tells whether an encrypted key was seen with other content: SHA-256 of
 * recipient i's encryptedKey, and of IV and encryptedContent. */
enum scep_err	 scep_envelope_digests(const struct scep_crypto *crypto,
		    const struct scep_envelope *env, size_t i,
		    uint8_t key[SCEP_SHA256_LEN],
		    uint8_t content[SCEP_SHA256_LEN], struct scep_error *err);

/*
 * ContentInfo with EnvelopedData (DER, versions 0) to recipient: issuer and
 * serial from its certificate as they stand there, a fresh key and IV.
 */
enum scep_err	 scep_envelope_seal(const struct scep_crypto *crypto,
		    struct scep_random *random,
		    const struct scep_cert *recipient,
		    const struct scep_key *key, enum scep_cipher cipher,
		    enum scep_wrap wrap, struct scep_span content,
		    struct scep_buf *out, struct scep_error *err);

/* The same (version 3) to whoever knows the password: for a signer whose key
 * cannot be encrypted to. */
enum scep_err	 scep_envelope_seal_password(const struct scep_crypto *crypto,
		    struct scep_random *random, struct scep_span password,
		    enum scep_cipher cipher, struct scep_span content,
		    struct scep_buf *out, struct scep_error *err);

#endif /* SCEP_WIRE_ENVELOPE_H */
