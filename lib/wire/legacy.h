/*
 * legacy.h - single DES and MD5, for profiles that say so and nobody else.
 */
#ifndef SCEP_WIRE_LEGACY_H
#define SCEP_WIRE_LEGACY_H

#include "wire/crypto.h"

/*
 * From here on crypto has DES and MD5, from a library context of their own
 * with OpenSSL's default and legacy providers.  Called before anybody is
 * allowed to use them, by one thread at a time; once they are there it does
 * nothing.  It opens files: not in a sandbox.  SCEP_E_CONFIG where this
 * machine has no legacy provider, with the remedy.
 */
enum scep_err	 scep_legacy_load(const struct scep_crypto *crypto,
		    struct scep_error *err);

/* Is any of these (bits) DES or MD5? */
int		 scep_legacy_has(unsigned int digests, unsigned int ciphers);

/* For crypto.c alone: the place for them, empty. */
struct scep_legacy
		*scep_legacy_new(void);
void		 scep_legacy_free(struct scep_legacy *legacy);
/* NULL until they are loaded. */
const EVP_MD	*scep_legacy_md5(const struct scep_crypto *crypto);
const EVP_CIPHER
		*scep_legacy_des(const struct scep_crypto *crypto);

#endif /* SCEP_WIRE_LEGACY_H */
