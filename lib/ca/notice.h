/*
 * notice.h - what has become of requests and certificates, to be told to the
 * program or server that a profile names (notify = in scep.conf).  Private to
 * ca/.
 *
 * A notice is a row that is written in the change of what it tells of: both
 * are durable, or neither.  What strangers can cause at will, refusals, is
 * kept in memory and written when the CA is tended: a refusal costs no disk.
 * Delivery is post.h's.
 */
#ifndef SCEP_CA_NOTICE_H
#define SCEP_CA_NOTICE_H

#include "ca/job.h"
#include "store/record_notice.h"

#define SCEP_NOTICE_NAME_MAX	16	/* "issued" and its NUL */

/* What happened; borrowed, and what is NULL or empty is not told. */
struct scep_event {
	enum scep_notice_kind		 kind;
	const char			*profile;
	const char			*request_id, *peer, *subject;
	const char			*transaction;	/* as text */
	const char			*reason, *authority, *by;
	const struct scep_cert_rec	*cert;
};

/* For each of these: nothing at all, if nobody is to be told; and nothing but
 * a count, if there are too many notices already. */

/* Into a change. */
enum scep_err	 scep_notice_write(struct scep_local *ca, time_t now,
		    const struct scep_event *event,
		    struct scep_change *change, struct scep_error *err);
/* … a request that is granted or queued; cert may be NULL. */
enum scep_err	 scep_notice_job(const struct scep_job *job,
		    enum scep_notice_kind kind,
		    const struct scep_cert_rec *cert,
		    struct scep_change *change, struct scep_error *err);
/* … one that waited: because is the reason of its end, or the authority by
 * which cert was issued; by is who decided, or "". */
enum scep_err	 scep_notice_pending(struct scep_local *ca, time_t now,
		    const struct scep_pending *p, enum scep_notice_kind kind,
		    const struct scep_cert_rec *cert, const char *because,
		    const char *by, struct scep_change *change,
		    struct scep_error *err);
/* … a certificate that its validator lets go, by a request or a poll from
 * peer; the two above tell of none that still waits for that. */
enum scep_err	 scep_notice_confirmed(struct scep_local *ca, time_t now,
		    const struct scep_cert_rec *cert, const char *peer,
		    struct scep_span txid, struct scep_change *change,
		    struct scep_error *err);
/* … a certificate that is revoked. */
enum scep_err	 scep_notice_revoked(struct scep_local *ca, time_t now,
		    const struct scep_cert_rec *cert, const char *reason,
		    const char *by, struct scep_change *change,
		    struct scep_error *err);
/* Into memory: a request that was refused, if it was. */
void		 scep_notice_refused(const struct scep_job *job);
/* The change is committed: whoever delivers may look. */
void		 scep_notice_wake(struct scep_local *ca);

/* "issued", …; NULL if there is no such kind. */
const char	*scep_notice_name(enum scep_notice_kind kind);

/* What is in memory, as rows; what could not be told of for want of room is
 * SCEP_E_BUSY, once.  Every second. */
enum scep_err	 scep_notices_flush(struct scep_local *ca,
		    struct scep_error *err);
/* What nobody took for too long goes, and the rows are counted, many of them
 * rarely.  Every few seconds. */
enum scep_err	 scep_notices_tend(struct scep_local *ca, time_t now,
		    struct scep_error *err);

#endif /* SCEP_CA_NOTICE_H */
