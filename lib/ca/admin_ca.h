/*
 * admin_ca.h - what the operator's verbs about generations share.  Private
 * to ca/.
 */
#ifndef SCEP_CA_ADMIN_CA_H
#define SCEP_CA_ADMIN_CA_H

#include "ca/admin_json.h"

/* The CA that is named, or the only one. */
enum scep_err	 scep_admin_ca_find(struct scep_admin_call *call,
		    const struct scep_ca_conf **out, struct scep_error *err);
/* How many certificates of this generation are valid at call->now, and until
 * when the last of them is. */
enum scep_err	 scep_admin_ca_count(struct scep_admin_call *call,
		    const struct scep_ca_conf *gen, long *valid,
		    time_t *until, struct scep_error *err);

#endif /* SCEP_CA_ADMIN_CA_H */
