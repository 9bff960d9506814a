/*
 * admin_notice.h - a notice as operators see it.  Private to ca/.
 */
#ifndef SCEP_CA_ADMIN_NOTICE_H
#define SCEP_CA_ADMIN_NOTICE_H

#include "ca/admin_json.h"
#include "store/record_notice.h"

/* A row of a list; why->code is not SCEP_OK for one that cannot be read, of
 * which there are but id and revision.  NULL: out of memory. */
json_t		*scep_admin_notice_json(struct scep_admin_call *call,
		    const struct scep_notice *n,
		    const struct scep_error *why);
/* What receivers are told, but for the certificate; NULL if it is no JSON. */
json_t		*scep_admin_notice_body(const struct scep_notice *n);

#endif /* SCEP_CA_ADMIN_NOTICE_H */
