/*
 * cert_parts.h - what a certificate and a CRL are both put together from.
 * Private to wire/.
 */
#ifndef SCEP_WIRE_CERT_PARTS_H
#define SCEP_WIRE_CERT_PARTS_H

#include "base/writer.h"
#include "wire/cert.h"

/* What a CA signs with, and the algorithm as it stands beside its signature. */
struct scep_signing {
	EVP_PKEY		*key;
	const EVP_PKEY_CTX	*signing;	/* made of it, or NULL */
	enum scep_digest	 digest;
	const struct scep_key	*verify;	/* what comes out, or NULL */
};

/* The AlgorithmIdentifier: RFC 4055 section 5, RFC 5758 section 3.2. */
enum scep_err	 scep_part_alg(const struct scep_signing *with,
		    struct scep_writer *w, struct scep_error *err);
/* A Time: RFC 5280 sections 4.1.2.5 and 5.1.2.4. */
enum scep_err	 scep_part_time(struct scep_writer *w, time_t t,
		    struct scep_error *err);
/* Extension 2.5.29.arc. */
void		 scep_part_ext(struct scep_writer *w, uint8_t arc,
		    int critical, struct scep_span value);
/* An AuthorityKeyIdentifier of the key alone. */
void		 scep_part_aki(struct scep_writer *w, struct scep_span id);
/* RFC 5280 section 4.1.2.2: positive, in its one encoding, 20 octets. */
int		 scep_part_is_serial(struct scep_span serial);
/* Sign tbs: SEQUENCE { tbs, algorithm, signature }.  SCEP_E_SIG if that does
 * not verify. */
enum scep_err	 scep_part_sign(const struct scep_crypto *crypto,
		    const struct scep_signing *with, struct scep_span tbs,
		    struct scep_buf *der, struct scep_error *err);

#endif /* SCEP_WIRE_CERT_PARTS_H */
