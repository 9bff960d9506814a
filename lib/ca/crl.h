/*
 * crl.h - the CRLs that this server makes: the newest of each CA, made anew
 * in time.  Private to ca/.
 *
 * Whoever writes a record as revoked gives it the time of that moment: by it
 * the tending finds out that a CRL is not the newest any more.
 */
#ifndef SCEP_CA_CRL_H
#define SCEP_CA_CRL_H

#include "ca/local.h"

/* The newest in memory, so that one of megabytes is not read and copied for
 * each who asks. */
struct scep_crls;
enum scep_err	 scep_crls_new(struct scep_crls **out, struct scep_error *err);
void		 scep_crls_free(struct scep_crls *crls);

/* One that is held: it stays as it is until it is dropped. */
struct scep_crl_held {
	atomic_uint		 users;
	struct scep_crl_rec	 rec;
};
void		 scep_crl_drop(struct scep_crl_held *held);

/* The newest, whatever its state: SCEP_E_NOTFOUND if none was ever made. */
enum scep_err	 scep_crl_newest(struct scep_local *ca,
		    const struct scep_ca_conf *conf,
		    struct scep_crl_held **out, struct scep_error *err);
/* The newest to be given away; made, if there is none or its time is up.
 * SCEP_E_NOTFOUND: this CA has no CRL of ours, and why. */
enum scep_err	 scep_crl_current(struct scep_local *ca,
		    const struct scep_ca_conf *conf, time_t now,
		    struct scep_crl_held **out, struct scep_error *err);
/*
 * Make one, and log it: crl_make.c.  by is whose wish it was; NULL: nobody's,
 * and if another thread has just made one, that will do.  Its
 * number is one more than the last one's, and not less than the time: a store
 * that was restored does not go back.
 */
enum scep_err	 scep_crl_make(struct scep_local *ca,
		    const struct scep_ca_conf *conf, time_t now,
		    const char *by, struct scep_error *err);
/* Is it time for another one? */
enum scep_err	 scep_crl_is_due(struct scep_local *ca,
		    const struct scep_ca_conf *conf, time_t now,
		    const struct scep_crl_rec *rec, int *due,
		    struct scep_error *err);
/* Make those that are due. */
enum scep_err	 scep_crl_tend(struct scep_local *ca, time_t now,
		    struct scep_error *err);

/*
 * What the times of revocations do not say.  lacks: the newest is out of date,
 * for of what was revoked before it, some is not on it.  And those to come
 * have a number above this one.  What says so is appended to change, where
 * that is needed; rec (all 0) is for the second call, once change is
 * committed, and is to be cleared.  The caller holds the lock on the CA's CRL:
 * crl_outdate.c.
 */
enum scep_err	 scep_crl_outdate(struct scep_local *ca,
		    const struct scep_ca_conf *conf, int lacks, long number,
		    struct scep_change *change, struct scep_crl_rec *rec,
		    struct scep_error *err);
enum scep_err	 scep_crl_outdated(struct scep_local *ca,
		    struct scep_crl_rec *rec, struct scep_error *err);

/* For crl_make.c: rec, which is taken over, is the newest from now on. */
enum scep_err	 scep_crls_put(struct scep_crls *crls,
		    struct scep_crl_rec *rec, struct scep_error *err);
/* How many of this CA's certificates were revoked at `from` or later. */
enum scep_err	 scep_crl_count(struct scep_local *ca,
		    const struct scep_ca_conf *conf, time_t from, long *n,
		    struct scep_error *err);
enum scep_err	 scep_crl_key(const struct scep_crypto *crypto,
		    const struct scep_ca_conf *conf,
		    uint8_t out[SCEP_SHA256_LEN], struct scep_error *err);

#endif /* SCEP_CA_CRL_H */
