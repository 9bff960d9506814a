/*
 * transaction.h - a request's life: found again by its key (DESIGN 5,
 * Retries).  Private to ca/.
 */
#ifndef SCEP_CA_TRANSACTION_H
#define SCEP_CA_TRANSACTION_H

#include "ca/decide.h"
#include "ca/local.h"

#define SCEP_TXN_KEPT_S	(30L * 86400)	/* behind the end of what it is about */

/*
 * The key of a transaction: profile, signer, transactionID, and the SHA-256 of
 * the request info.  The signer is the certificate if we issued it (*ours is
 * 1), else its public key.
 */
enum scep_err	 scep_transaction_key(struct scep_local *ca,
		    const char *profile, const struct scep_cert *signer,
		    struct scep_span txid, const uint8_t info[SCEP_SHA256_LEN],
		    struct scep_txn_key *out, int *ours,
		    struct scep_error *err);

/* The record with the certificate's issuer and serial number, and its key;
 * whether it is the same certificate is the caller's to compare.  Both are
 * the caller's if SCEP_OK, key in any case.  SCEP_E_NOTFOUND. */
enum scep_err	 scep_transaction_signer(struct scep_local *ca,
		    const struct scep_cert *cert, struct scep_buf *key,
		    struct scep_cert_rec *rec, struct scep_error *err);

/*
 * What is known under this key, by who asks this generation of the CA.  *txn
 * is the very transaction (rev 0 if there is none); the caller clears it.
 * *newest is the revision of the prefix's row in SCEP_T_NEWEST, read first.
 */
enum scep_err	 scep_transaction_fact(struct scep_local *ca,
		    const struct scep_profile *profile,
		    const struct scep_ca_conf *issuer,
		    const struct scep_txn_key *key, time_t now,
		    struct scep_txn *txn, uint64_t *newest,
		    enum scep_txn_fact *fact, struct scep_error *err);

/* Read what is to be handed out again; scep_cert_rec_clear() it.
 * SCEP_E_CERTID if it is not there. */
enum scep_err	 scep_transaction_read(struct scep_local *ca,
		    struct scep_span cert_key, struct scep_cert_rec *rec,
		    struct scep_error *err);
/* Hand it out: cert, serial, subject and authority of the answer.
 * SCEP_E_CERTID if it is revoked or has expired, SCEP_E_BUSY if it is not
 * confirmed. */
enum scep_err	 scep_transaction_hand_out(const struct scep_cert_rec *rec,
		    time_t now, struct scep_answer *answer,
		    struct scep_error *err);
/* Both. */
enum scep_err	 scep_transaction_cert(struct scep_local *ca,
		    struct scep_span cert_key, time_t now,
		    struct scep_answer *answer, struct scep_error *err);

#endif /* SCEP_CA_TRANSACTION_H */
