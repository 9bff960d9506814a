/*
 * admin_crl.h - CRLs as the operator is shown them.  Private to ca/.
 */
#ifndef SCEP_CA_ADMIN_CRL_H
#define SCEP_CA_ADMIN_CRL_H

#include <jansson.h>

#include "ca/local.h"

/* An array of an object for each CA: ca, state (valid, expired, stale, none,
 * off), reason, number, this_update, next_update, entries, size. */
enum scep_err	 scep_admin_crls(struct scep_local *ca, time_t now,
		    json_t **out, struct scep_error *err);

#endif /* SCEP_CA_ADMIN_CRL_H */
