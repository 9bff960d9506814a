/*
 * pwri.h - a content key for whoever knows a password (RFC 5652 section
 * 6.2.4): what a signer gets that nothing can be encrypted to.  Private to
 * wire/.
 */
#ifndef SCEP_WIRE_PWRI_H
#define SCEP_WIRE_PWRI_H

#include "wire/crypto.h"

/*
 * Write a PasswordRecipientInfo with its tag as a RecipientInfo: key
 * wrapped by id-alg-PWRI-KEK (RFC 3211) with cipher, under a key that PBKDF2
 * makes of password with a fresh salt.
 */
enum scep_err	 scep_pwri_put(const struct scep_crypto *crypto,
		    struct scep_span password, enum scep_cipher cipher,
		    struct scep_span key, struct scep_writer *out,
		    struct scep_error *err);

#endif /* SCEP_WIRE_PWRI_H */
