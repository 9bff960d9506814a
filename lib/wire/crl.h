/*
 * crl.h - a certificate revocation list, put together (RFC 5280 section 5).
 */
#ifndef SCEP_WIRE_CRL_H
#define SCEP_WIRE_CRL_H

#include "wire/key.h"

/* revokedCertificates, one behind the other; {0} is none.  Grows by halves:
 * there may be very many. */
struct scep_crl_entries {
	uint8_t	*data;
	size_t	 len, room;
	size_t	 n;
};
/* Append one.  reason is a CRLReason; what RFC 5280 section 5.3.1 has none
 * for, or says to leave out, is left out. */
enum scep_err	 scep_crl_entry(struct scep_crl_entries *to,
		    struct scep_span serial, time_t revoked, int reason,
		    struct scep_error *err);
void		 scep_crl_entries_clear(struct scep_crl_entries *entries);

/* What goes into a CRL; everything borrowed. */
struct scep_crl_plan {
	struct scep_span		 issuer;	/* SEQUENCE */
	struct scep_span		 aki;	/* CA's key identifier */
	time_t				 this_update, next_update;
	uint64_t			 number;
	const struct scep_crl_entries	*entries;
	EVP_PKEY			*key;		/* the CA's */
	enum scep_digest		 digest;
};

/* v2, AKI and cRLNumber, signed.  SCEP_E_INTERNAL for a key or a time that no
 * CRL has. */
enum scep_err	 scep_crl_build(const struct scep_crypto *crypto,
		    const struct scep_crl_plan *plan, struct scep_buf *der,
		    struct scep_error *err);
/* The signature of a CRL of ours; SCEP_E_SIG, SCEP_E_FORMAT. */
enum scep_err	 scep_crl_verify(const struct scep_crypto *crypto,
		    struct scep_span der, const struct scep_key *key,
		    struct scep_error *err);

#endif /* SCEP_WIRE_CRL_H */
