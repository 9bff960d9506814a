/*
 * ra_roll.h - a new RA key of a CA, by the clock (scep_ca_roll_ras() in ca.h)
 * or because the operator says so.  Private to ca/.
 */
#ifndef SCEP_CA_RA_ROLL_H
#define SCEP_CA_RA_ROLL_H

#include "ca/lineage.h"
#include "ca/local.h"

/* Is this what makes RA keys of the CA's current generation, and is the newest
 * one of l in force?  SCEP_E_REFUSED, with what to do instead. */
enum scep_err	 scep_ra_may_renew(const struct scep_ca_conf *ca,
		    const struct scep_lineage *l, time_t now,
		    struct scep_error *err);
/* Make the next one: its files are on the disk, and it is the first of l,
 * which is left to the caller to save.  *ra is its number. */
enum scep_err	 scep_ra_renew(struct scep_local *local,
		    const struct scep_ca_conf *ca, struct scep_lineage *l,
		    time_t now, unsigned int *ra, struct scep_error *err);

#endif /* SCEP_CA_RA_ROLL_H */
