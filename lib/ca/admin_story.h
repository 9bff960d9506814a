/*
 * admin_story.h - one request's story for the operator, as JSON.  Private to
 * ca/.
 */
#ifndef SCEP_CA_ADMIN_STORY_H
#define SCEP_CA_ADMIN_STORY_H

#include "ca/admin_json.h"

/* What is known of it besides its events; each may be NULL.  Where events are
 * gone, these are what is left. */
struct scep_story_left {
	const struct scep_txn		*txn;
	const struct scep_cert_rec	*cert;
};

/*
 * {request, profile, transaction, events: […], left_out}: in the order of
 * time, at most so many.  An event: {at, event, id, count, last, last_id,
 * serial, result: {answer, reason, …}, message: {…}, checks: [{name,
 * outcome}], request: {…}, rules: [{name, outcome}], record}.
 */
enum scep_err	 scep_admin_story(struct scep_admin_call *call,
		    const char *request_id,
		    const struct scep_story_left *left, json_t **out,
		    struct scep_error *err);

/* The transactionID as text if it is some, else in hex. */
void		 scep_admin_txid(const struct scep_buf *txid, char *out,
		    size_t size);

#endif /* SCEP_CA_ADMIN_STORY_H */
