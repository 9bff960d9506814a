/*
 * private.h - private keys out of PKCS #8.
 */
#ifndef SCEP_WIRE_PRIVATE_H
#define SCEP_WIRE_PRIVATE_H

#include "wire/crypto.h"

/*
 * The key in a PrivateKeyInfo (RFC 5958, not encrypted): RSA of two primes, or
 * EC on P-256, P-384 or P-521 with its public key.  NULL for anything else,
 * also for what is broken: libcrypto's decoder knows more forms, costs a
 * hundred times as much, and is to judge those.
 */
EVP_PKEY	*scep_private_read(const struct scep_crypto *crypto,
		    struct scep_span der);

/* Is this the public half of that key?  0 also where it would have to be
 * looked at more closely: another encoding of the same numbers. */
int		 scep_private_is_of(EVP_PKEY *key, struct scep_span spki);

#endif /* SCEP_WIRE_PRIVATE_H */
