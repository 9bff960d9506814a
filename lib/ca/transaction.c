/* transaction.c - transactions: their keys, and what is known of them. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "ca/kin.h"
#include "ca/transaction.h"

#define SERIAL_MAX	40	/* octets */

static enum scep_err
add_part(struct scep_buf *out, struct scep_span part, struct scep_error *err)
{
	const uint8_t	 len[2] = { (uint8_t)(part.len >> 8),
			    (uint8_t)part.len };
	enum scep_err	 rc;

	if ((rc = scep_buf_add(out, scep_span_make(len, 2), err)) != SCEP_OK)
		return rc;
	return scep_buf_add(out, part, err);
}

enum scep_err
scep_transaction_signer(struct scep_local *ca, const struct scep_cert *cert,
    struct scep_buf *key, struct scep_cert_rec *rec, struct scep_error *err)
{
	uint8_t		 issuer[SCEP_SHA256_LEN];
	enum scep_err	 rc;

	scep_buf_clear(key);
	if (cert->serial.len > SERIAL_MAX)
		return scep_fail(err, SCEP_E_NOTFOUND,
		    "a serial number of %zu octets", cert->serial.len);
	if ((rc = scep_crypto_sha256(ca->crypto, cert->issuer, issuer,
	    err)) != SCEP_OK ||
	    (rc = scep_cert_key(cert->serial, issuer, key, err)) != SCEP_OK)
		return rc;
	return scep_cert_rec_get(ca->store, scep_buf_span(key), rec, err);
}

/*
 * Is it a certificate of ours?  By issuer, serial and SHA-256.  None that
 * names itself as its issuer is: each record is of what scep_issue() made, also
 * one that the issue log brought back, and that has the CA's subject as its
 * issuer (lint rule issuer_is_ca) and another name for itself
 * (subject_not_ca); or it is of what was imported, of which the same is
 * demanded (import.c).  So the store, with millions in it, need not be asked.
 */
static enum scep_err
is_ours(struct scep_local *ca, const struct scep_cert *cert, int *ours,
    struct scep_error *err)
{
	struct scep_buf		 key = { NULL, 0 };
	struct scep_cert_rec	 rec;
	enum scep_err		 rc;

	*ours = 0;
	if (scep_span_equal(cert->issuer, cert->subject))
		return SCEP_OK;
	rc = scep_transaction_signer(ca, cert, &key, &rec, err);
	scep_buf_clear(&key);
	if (rc == SCEP_E_NOTFOUND)
		return SCEP_OK;
	if (rc == SCEP_OK) {
		*ours = memcmp(rec.der_sha256, cert->sha256,
		    SCEP_SHA256_LEN) == 0;
		scep_cert_rec_clear(&rec);
	}
	return rc;
}

enum scep_err
scep_transaction_key(struct scep_local *ca, const char *profile,
    const struct scep_cert *signer, struct scep_span txid,
    const uint8_t info[SCEP_SHA256_LEN], struct scep_txn_key *out, int *ours,
    struct scep_error *err)
{
	uint8_t		 who[SCEP_SHA256_LEN];
	struct scep_buf	 all = { NULL, 0 };
	enum scep_err	 rc;

	memset(out, 0, sizeof(*out));
	if (info != NULL)
		memcpy(out->info, info, SCEP_SHA256_LEN);
	if ((rc = is_ours(ca, signer, ours, err)) != SCEP_OK ||
	    (rc = scep_crypto_sha256(ca->crypto, *ours ?
	    scep_buf_span(&signer->der) : signer->spki, who, err)) != SCEP_OK)
		return rc;
	if ((rc = add_part(&all, scep_span_text(profile), err)) == SCEP_OK &&
	    (rc = add_part(&all, scep_span_make(who, sizeof(who)), err)) ==
	    SCEP_OK &&
	    (rc = add_part(&all, txid, err)) == SCEP_OK)
		rc = scep_crypto_sha256(ca->crypto, scep_buf_span(&all),
		    out->prefix, err);
	scep_buf_clear(&all);
	return rc;
}

/* May the certificate of a finished transaction be handed out once more, or
 * is the request to be decided anew? */
static enum scep_err
granted_fact(struct scep_local *ca, const struct scep_profile *profile,
    const struct scep_ca_conf *issuer, const struct scep_txn *txn, time_t now,
    enum scep_txn_fact *fact, struct scep_error *err)
{
	struct scep_cert_rec	 rec;
	time_t			 middle, opens;
	enum scep_err		 rc;

	*fact = SCEP_TX_SAME_STALE;
	rc = scep_cert_rec_get(ca->store, scep_buf_span(&txn->cert_key), &rec,
	    err);
	if (rc == SCEP_E_NOTFOUND)
		return SCEP_OK;
	if (rc != SCEP_OK)
		return rc;
	/* In the first half of its life a retry is a retry, whenever it may
	 * be renewed: the CA's end may have cut its life short. */
	middle = rec.not_before + (rec.not_after - rec.not_before) / 2;
	opens = scep_config_renew_opens(profile, rec.not_before,
	    rec.not_after);
	if (rec.state == SCEP_CERT_REVOKED)
		*fact = SCEP_TX_SAME_REVOKED;
	else if (rec.der.len > 0 && (now < middle || now < opens) &&
	    scep_kin_answers(ca->crypto, &ca->cfg->ca[profile->ca], issuer,
	    &rec))
		*fact = SCEP_TX_SAME_GRANTED;
	scep_cert_rec_clear(&rec);
	return SCEP_OK;
}

static enum scep_err
same_fact(struct scep_local *ca, const struct scep_profile *profile,
    const struct scep_ca_conf *issuer, const struct scep_txn *txn, time_t now,
    enum scep_txn_fact *fact, struct scep_error *err)
{
	switch (txn->state) {
	case SCEP_TXN_PENDING:
		/* Its row is kept for a while after nobody decided. */
		*fact = now < txn->expires - SCEP_TXN_KEPT_S ?
		    SCEP_TX_SAME_PENDING : SCEP_TX_SAME_STALE;
		return SCEP_OK;
	case SCEP_TXN_REFUSED:
		*fact = SCEP_TX_SAME_REFUSED;
		return SCEP_OK;
	case SCEP_TXN_EXPIRED:
		*fact = SCEP_TX_SAME_STALE;
		return SCEP_OK;
	case SCEP_TXN_GRANTED:
		break;
	}
	return granted_fact(ca, profile, issuer, txn, now, fact, err);
}

static enum scep_err
other_fact(struct scep_local *ca, const struct scep_txn_key *key, time_t now,
    enum scep_txn_fact *fact, struct scep_error *err)
{
	struct scep_txn	 newest;
	enum scep_err	 rc;

	rc = scep_txn_newest(ca->store, key->prefix, &newest, err);
	if (rc == SCEP_E_NOTFOUND) {
		*fact = SCEP_TX_NONE;
		return SCEP_OK;
	}
	if (rc != SCEP_OK)
		return rc;
	*fact = newest.state == SCEP_TXN_PENDING &&
	    now < newest.expires - SCEP_TXN_KEPT_S ?
	    SCEP_TX_OTHER_PENDING : SCEP_TX_OTHER_FINISHED;
	scep_txn_clear(&newest);
	return SCEP_OK;
}

static enum scep_err
newest_rev(struct scep_local *ca, const struct scep_txn_key *key,
    uint64_t *rev, struct scep_error *err)
{
	struct scep_row	 row;
	enum scep_err	 rc;

	*rev = SCEP_REV_ABSENT;
	rc = scep_store_get(ca->store, SCEP_T_NEWEST, scep_span_make(
	    key->prefix, sizeof(key->prefix)), &row, err);
	if (rc == SCEP_E_NOTFOUND)
		return SCEP_OK;
	if (rc == SCEP_OK)
		*rev = row.rev;
	scep_row_clear(&row);
	return rc;
}

enum scep_err
scep_transaction_fact(struct scep_local *ca,
    const struct scep_profile *profile, const struct scep_ca_conf *issuer,
    const struct scep_txn_key *key, time_t now, struct scep_txn *txn,
    uint64_t *newest, enum scep_txn_fact *fact, struct scep_error *err)
{
	enum scep_err	 rc;

	memset(txn, 0, sizeof(*txn));
	*fact = SCEP_TX_NONE;
	if ((rc = newest_rev(ca, key, newest, err)) != SCEP_OK ||
	    *newest == SCEP_REV_ABSENT)	/* none of this prefix at all */
		return rc;
	rc = scep_txn_get(ca->store, key, txn, err);
	if (rc == SCEP_OK)
		return same_fact(ca, profile, issuer, txn, now, fact, err);
	memset(txn, 0, sizeof(*txn));
	if (rc != SCEP_E_NOTFOUND)
		return rc;
	return other_fact(ca, key, now, fact, err);
}

enum scep_err
scep_transaction_read(struct scep_local *ca, struct scep_span cert_key,
    struct scep_cert_rec *rec, struct scep_error *err)
{
	enum scep_err	 rc;

	rc = scep_cert_rec_get(ca->store, cert_key, rec, err);
	if (rc == SCEP_E_NOTFOUND)
		return scep_fail(err, SCEP_E_CERTID,
		    "the certificate is not in the store");
	return rc;
}

enum scep_err
scep_transaction_hand_out(const struct scep_cert_rec *rec, time_t now,
    struct scep_answer *answer, struct scep_error *err)
{
	enum scep_err	 rc;

	if (rec->state == SCEP_CERT_UNCONFIRMED)
		rc = scep_fail(err, SCEP_E_BUSY, "the certificate waits for "
		    "its confirmation");
	else if (rec->state != SCEP_CERT_VALID || now >= rec->not_after)
		rc = scep_fail(err, SCEP_E_CERTID,
		    "the certificate was revoked, or has expired");
	else if (rec->der.len == 0)
		rc = scep_fail(err, SCEP_E_CERTID, "the certificate is known "
		    "from the issue log alone");
	else
		rc = scep_buf_set(&answer->cert, scep_buf_span(&rec->der),
		    err);
	scep_hex_text(scep_buf_span(&rec->serial), answer->serial,
	    sizeof(answer->serial));
	(void)snprintf(answer->authority, sizeof(answer->authority), "%.95s",
	    rec->authority);
	(void)snprintf(answer->subject, sizeof(answer->subject), "%s",
	    rec->subject);
	return rc;
}

enum scep_err
scep_transaction_cert(struct scep_local *ca, struct scep_span cert_key,
    time_t now, struct scep_answer *answer, struct scep_error *err)
{
	struct scep_cert_rec	 rec;
	enum scep_err		 rc;

	if ((rc = scep_transaction_read(ca, cert_key, &rec, err)) != SCEP_OK)
		return rc;
	rc = scep_transaction_hand_out(&rec, now, answer, err);
	scep_cert_rec_clear(&rec);
	return rc;
}
