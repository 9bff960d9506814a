/*
 * crl_outdate.c - a CRL that lacks what was revoked before it was made, and
 * elsewhere; and the numbers that CRLs had there.
 *
 * By the times of revocations nobody would notice: so it is written into the
 * CRL's row, in the transaction that brings them, and the tending sees it.
 */
#include <string.h>

#include "ca/crl.h"

static int
is_said(const struct scep_crl_rec *rec, int lacks, long number)
{
	return (!lacks || rec->stale != SCEP_CRL_FRESH) &&
	    number <= rec->number;
}

/* Its row, to be changed; of a CA that has none there is nothing to do but to
 * keep a number. */
static enum scep_err
get(struct scep_local *ca, const struct scep_ca_conf *conf, int lacks,
    long number, struct scep_crl_rec *rec, int *skip, struct scep_error *err)
{
	struct scep_crl_held	*held;
	uint8_t			 key[SCEP_SHA256_LEN];
	enum scep_err		 rc;

	*skip = 0;
	if ((rc = scep_crl_key(ca->crypto, conf, key, err)) != SCEP_OK)
		return rc;
	/* The one in memory: it may be of megabytes. */
	rc = scep_crl_newest(ca, conf, &held, err);
	if (rc == SCEP_E_NOTFOUND) {
		*skip = number == 0;
		memcpy(rec->ca_sha256, key, sizeof(key));
		return SCEP_OK;
	}
	if (rc != SCEP_OK)
		return rc;
	*skip = is_said(&held->rec, lacks, number);
	scep_crl_drop(held);
	return *skip ? SCEP_OK : scep_crl_rec_get(ca->store, key, rec, err);
}

enum scep_err
scep_crl_outdate(struct scep_local *ca, const struct scep_ca_conf *conf,
    int lacks, long number, struct scep_change *change,
    struct scep_crl_rec *rec, struct scep_error *err)
{
	enum scep_err	 rc;
	int		 skip;

	if ((rc = get(ca, conf, lacks, number, rec, &skip, err)) != SCEP_OK ||
	    skip)
		return rc;
	if (lacks && rec->stale == SCEP_CRL_FRESH)
		rec->stale = SCEP_CRL_OUTDATED;
	if (number > rec->number) {
		rec->number = number;
		rec->stale = SCEP_CRL_STALE;	/* its own is another one */
	}
	return scep_crl_rec_write(change, rec, err);
}

enum scep_err
scep_crl_outdated(struct scep_local *ca, struct scep_crl_rec *rec,
    struct scep_error *err)
{
	if (rec->stale == SCEP_CRL_FRESH)
		return SCEP_OK;
	rec->rev++;
	return scep_crls_put(ca->memory->crls, rec, err);
}
