/*
 * issuer.h - what all certificates and CRLs of one CA have in common, made
 * once when its certificate is loaded.
 */
#ifndef SCEP_CA_ISSUER_H
#define SCEP_CA_ISSUER_H

#include "ca/tbs.h"
#include "wire/cert.h"

#define SCEP_ISSUER_ID_LEN	16

struct scep_issuer {
	enum scep_key_type	 key_type;
	/* First octets of SHA-256 of its subject: scep_cert_rec.issuer. */
	uint8_t			 id[SCEP_ISSUER_ID_LEN];
	/* For a CA whose certificate has no key identifier. */
	uint8_t			 own_key_id[SCEP_KEY_ID_LEN];
};

enum scep_err	 scep_issuer_make(const struct scep_crypto *crypto,
		    const struct scep_cert *ca, struct scep_issuer *out,
		    struct scep_error *err);
/* The key identifier as the CA's certificate has it (RFC 5280 section
 * 4.2.1.1), or else its own. */
struct scep_span scep_issuer_key_id(const struct scep_cert *ca,
		    const struct scep_issuer *issuer);

#endif /* SCEP_CA_ISSUER_H */
