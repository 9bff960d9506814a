/*
 * story.h - events of requests, put into words: what `scepadm explain` tells.
 * Private to ca/.
 *
 * Knows what may be told: a challenge's id, never its secret.  Whatever a
 * client sent is escaped by base/line.h.
 */
#ifndef SCEP_CA_STORY_H
#define SCEP_CA_STORY_H

#include "base/line.h"
#include "ca/job.h"

/* What was done with a request that came by: granted or queued, in the change
 * that does it. */
enum scep_err	 scep_story_kept(const struct scep_job *job,
		    enum scep_trace_kind kind, struct scep_change *change,
		    struct scep_error *err);
/*
 * … and everything else that can become of it, into memory: refused, answered
 * as before (job->story is the first request's id), or rc and why, our own
 * trouble.  The same work for each (DESIGN 7.4).
 */
void		 scep_story_passed(const struct scep_job *job,
		    enum scep_err rc, const struct scep_error *why);
/* A poll: txn is what it asks about, or NULL. */
void		 scep_story_poll(struct scep_local *ca, time_t now,
		    const struct scep_poll *ask, struct scep_span txid,
		    const struct scep_txn *txn,
		    const struct scep_answer *answer, enum scep_err rc,
		    const struct scep_error *why);
/* What an operator, or time, did with a request that waited: by is "uid 0" or
 * "". */
enum scep_err	 scep_story_pending(struct scep_local *ca, time_t now,
		    const struct scep_pending *p, enum scep_trace_kind kind,
		    const struct scep_line *result, const char *serial,
		    struct scep_change *change, struct scep_error *err);
/* The request's certificate was revoked; by is "uid 0". */
enum scep_err	 scep_story_revoked(struct scep_local *ca, time_t now,
		    const struct scep_cert_rec *rec, const char *reason,
		    const char *by, struct scep_change *change,
		    struct scep_error *err);
/* scep_trace.rules in full: each rule up to the one that decided. */
void		 scep_story_rules(struct scep_span stored,
		    struct scep_line *out);
/* Which CA issued, for the result of such an event. */
void		 scep_story_issuer(struct scep_line *line,
		    const struct scep_ca_conf *issuer);
/* What never came to the CA. */
void		 scep_local_note(struct scep_ca *ca, time_t now,
		    const struct scep_note *note);

#endif /* SCEP_CA_STORY_H */
