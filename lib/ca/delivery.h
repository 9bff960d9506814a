/*
 * delivery.h - the delivery secret: the challengePassword of a device whose
 * key nothing can be encrypted to, which its answers are encrypted under
 * instead (RFC 8894 section 3.1).  Private to ca/.
 *
 * It is remembered with the transaction, because a poll does not bring it;
 * sealed, because no challenge is in the database that can be read from it.
 */
#ifndef SCEP_CA_DELIVERY_H
#define SCEP_CA_DELIVERY_H

#include "ca/config.h"
#include "store/record.h"

#define SCEP_DELIVERY_MIN	16	/* octets of a challengePassword that
					   authorises nothing */

/* AES-256-GCM under a key that HMAC-SHA-256 makes of the challenge key, bound
 * to the transaction.  out is released first. */
enum scep_err	 scep_delivery_seal(const struct scep_crypto *crypto,
		    const struct scep_config *cfg,
		    const struct scep_txn_key *txn, struct scep_span secret,
		    struct scep_buf *out, struct scep_error *err);
/* SCEP_E_ALG if nothing is sealed, or not for this transaction under this
 * challenge key: then no answer can be delivered. */
enum scep_err	 scep_delivery_open(const struct scep_crypto *crypto,
		    const struct scep_config *cfg,
		    const struct scep_txn_key *txn, struct scep_span sealed,
		    struct scep_buf *out, struct scep_error *err);

#endif /* SCEP_CA_DELIVERY_H */
