/*
 * admin_request.h - what the verbs about requests that wait share.  Private
 * to ca/.
 */
#ifndef SCEP_CA_ADMIN_REQUEST_H
#define SCEP_CA_ADMIN_REQUEST_H

#include "ca/admin_json.h"

/* "pending", or "expired": its time is up, and it is about to go. */
const char	*scep_admin_request_state(const struct scep_admin_call *call,
		    const struct scep_pending *p);
/* All there is to tell about a request.  *out is the caller's, or NULL: out of
 * memory. */
enum scep_err	 scep_admin_request_json(const struct scep_admin_call *call,
		    const struct scep_pending *p, json_t **out,
		    struct scep_error *err);
/* The one with the id that is asked for, if the caller may know of it.
 * SCEP_E_NOTFOUND, and where to look. */
enum scep_err	 scep_admin_request_get(const struct scep_admin_call *call,
		    struct scep_pending *p, struct scep_error *err);

/* The end of the waiting, in the change that says how it ended; because is an
 * authority or a reason, issuer NULL where none was asked. */
enum scep_err	 scep_admin_request_end(struct scep_admin_call *call,
		    const struct scep_pending *p, const struct scep_txn *txn,
		    const char *because, const char *serial,
		    const struct scep_ca_conf *issuer, struct scep_line *line,
		    struct scep_change *change, struct scep_error *err);
/* The beginning of a log entry; cert and its issuer, or NULL. */
void		 scep_admin_request_log(const struct scep_admin_call *call,
		    const char *event, const struct scep_pending *p,
		    const struct scep_cert_rec *cert,
		    const struct scep_ca_conf *issuer,
		    struct scep_line *line);

/* admin_approve.c: with its transaction, which waits, and is locked. */
enum scep_err	 scep_admin_approve_one(struct scep_admin_call *call,
		    struct scep_pending *p, struct scep_txn *txn,
		    struct scep_error *err);

/* admin_request_list.c */
extern const struct scep_admin_member	scep_admin_request_list_members[];
enum scep_err	 scep_admin_request_list(struct scep_admin_call *call,
		    struct scep_error *err);

#endif /* SCEP_CA_ADMIN_REQUEST_H */
