/*
 * import.h - a certificate of another server's, as a record of ours.
 *
 * Knows what must be true of it, and how it goes together with what is known
 * of it here; neither where it comes from nor what is in the store.
 */
#ifndef SCEP_CA_IMPORT_H
#define SCEP_CA_IMPORT_H

#include <jansson.h>

#include "store/record.h"
#include "wire/cert.h"

#define SCEP_IMPORT_ITEMS	60	/* of a request: so many serials fit
					   an entry of the log */
#define SCEP_IMPORT_DER		24576	/* octets of a certificate: in hex it
					   fits a request */
#define SCEP_IMPORT_SOURCE	32	/* octets of "openssl-ca" */

/* The CA that issued them all. */
struct scep_import_ca {
	struct scep_span	 subject;	/* borrowed, as its certificate
						   has it */
	struct scep_span	 serial;	/* of that certificate */
	int			 is_root;	/* it is self-issued */
	uint8_t			 id[16];	/* scep_cert_rec.issuer */
	struct scep_key		 key;
};
/* The certificate must outlive it. */
enum scep_err	 scep_import_ca_load(const struct scep_crypto *crypto,
		    const struct scep_cert *cert, struct scep_import_ca *out,
		    struct scep_error *err);
void		 scep_import_ca_clear(struct scep_import_ca *ca);

/*
 * An item, as cert.import takes it: line (a number that comes back with what
 * there is to say), serial (content octets in hex), not_after, two_digits
 * (1: of its year), and optional: revoked (time), reason, subject (text), der
 * (hex).  out gets serial, issuer, state, der, subject, digests and times; of
 * a certificate that is not here not_before and issued are 0, and so are the
 * digests.
 *
 * SCEP_E_EXISTS: it is the CA's own, which is no device's and is in the
 * configuration.  SCEP_E_REFUSED: the CA did not sign it, or it is not what
 * the item says.  SCEP_E_USAGE: no such item.
 */
enum scep_err	 scep_import_item(const struct scep_crypto *crypto,
		    const struct scep_import_ca *ca, time_t now,
		    const json_t *item, struct scep_cert_rec *out,
		    struct scep_error *err);

/* What becomes of an item. */
enum scep_import_fate {
	SCEP_IMPORT_NEW,
	SCEP_IMPORT_THERE,	/* nothing to do */
	SCEP_IMPORT_COMPLETED,	/* the certificate itself was not here */
	SCEP_IMPORT_REVOKED,	/* it was valid here */
	SCEP_IMPORT_OWN,	/* the CA's own certificate */
	SCEP_IMPORT_REFUSED,
	SCEP_IMPORT__MAX
};

/*
 * Put what an item said into the record that is here, which is completed and
 * revoked where it was not.  A revocation stays, as it is here.  said loses
 * its der.  SCEP_E_REFUSED: they are two certificates.
 */
enum scep_err	 scep_import_merge(struct scep_cert_rec *said,
		    const json_t *item, struct scep_cert_rec *here,
		    enum scep_import_fate *fate, struct scep_error *err);

#endif /* SCEP_CA_IMPORT_H */
