/*
 * tbs.h - a TBSCertificate of ours taken apart again, down to each extension.
 *
 * For whoever looks at what was built: lint, and the operator's answers.
 * Private to ca/.
 */
#ifndef SCEP_CA_TBS_H
#define SCEP_CA_TBS_H

#include "base/der.h"
#include "wire/crypto.h"

#define SCEP_TBS_EXTS	32
#define SCEP_KEY_ID_LEN	20	/* SHA-1 */

/* One Extension, RFC 5280 section 4.1; borrowed. */
struct scep_tbs_ext {
	struct scep_span	 oid;		/* content octets */
	struct scep_span	 value;		/* inside the OCTET STRING */
	int			 critical;
	int			 says_false;	/* the default was encoded */
};

/* RFC 5280 section 4.1.2; spans borrow from the encoding. */
struct scep_tbs {
	int			 version;	/* 1, 2 or 3 */
	struct scep_span	 serial;	/* content octets */
	struct scep_span	 sig_alg;	/* whole AlgorithmIdentifier */
	struct scep_span	 issuer, subject, spki;	/* whole SEQUENCEs */
	struct scep_tlv		 not_before, not_after;
	int			 has_unique_id;
	struct scep_span	 exts;		/* Extension after Extension */
	struct scep_tbs_ext	 ext[SCEP_TBS_EXTS];
	size_t			 n_exts;
};

/* 1 if all of der is a TBSCertificate. */
int			 scep_tbs_parse(struct scep_span der,
			    struct scep_tbs *out);
/* The first extension of this OID (content octets); NULL if there is none. */
const struct scep_tbs_ext *scep_tbs_ext(const struct scep_tbs *tbs,
			    struct scep_span oid);
/* The bits of a SubjectPublicKeyInfo's key; empty if it is none. */
struct scep_span	 scep_tbs_key_bits(struct scep_span spki);
/* Its identifier, RFC 5280 section 4.2.1.2, method 1: SHA-1 of the bits. */
enum scep_err		 scep_tbs_key_id(const struct scep_crypto *crypto,
			    struct scep_span spki,
			    uint8_t out[SCEP_KEY_ID_LEN],
			    struct scep_error *err);

/* Content octets of the OID id-ce n (RFC 5280 section 4.2.1). */
#define SCEP_ID_CE(n)	scep_span_make((const uint8_t []){ 0x55, 0x1d, n }, 3)
#define SCEP_CE_SKI	14
#define SCEP_CE_KU	15
#define SCEP_CE_SAN	17
#define SCEP_CE_BC	19
#define SCEP_CE_NC	30
#define SCEP_CE_CDP	31
#define SCEP_CE_AKI	35
#define SCEP_CE_PC	36
#define SCEP_CE_EKU	37
#define SCEP_CE_IAP	54

#endif /* SCEP_CA_TBS_H */
