/*
 * dummy_csr.h - a request to work on where none can be read.  Private to ca/.
 */
#ifndef SCEP_CA_DUMMY_CSR_H
#define SCEP_CA_DUMMY_CSR_H

#include "wire/key.h"

/* DER of a PKCS #10 with a key of this type (RSA-2048 for RSA), a
 * challengePassword and a DNS name; its signature verifies. */
struct scep_span scep_dummy_csr(enum scep_key_type type);
/* What their keys obey, whatever the profile demands. */
extern const struct scep_key_rules	 scep_dummy_rules;

#endif /* SCEP_CA_DUMMY_CSR_H */
