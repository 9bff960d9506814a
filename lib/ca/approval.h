/*
 * approval.h - the approvals of a request that waits: whose they are, and
 * which of them count.
 *
 * Two approvals are two people's only as far as we can tell them apart: those
 * who come by an API key or as a user of the web server by their records, and
 * all who come by admin.sock are one: it lets in root and the server's own
 * user, and either can become the other.  Private to ca/.
 */
#ifndef SCEP_CA_APPROVAL_H
#define SCEP_CA_APPROVAL_H

#include "ca/local.h"
#include "store/record_apikey.h"

/* One who approves. */
struct scep_approver {
	char	 who[SCEP_REC_NAME];	/* "operator", "apikey ID" */
	char	 by[SCEP_REC_NAME];	/* for people */
};
/* caller is his record, or NULL: the operator. */
void		 scep_approver_set(struct scep_approver *out,
		    const struct scep_apikey *caller, const char *by);

/* How far a request has come, once he has approved it. */
struct scep_approved {
	long	 n, needed;
	int	 again;			/* he had done so before */
};
/* Counts each approver once, and only what has a mac of ours. */
enum scep_err	 scep_approvals_count(const struct scep_crypto *crypto,
		    const struct scep_config *cfg,
		    const struct scep_pending *pending,
		    const struct scep_approver *by, long needed,
		    struct scep_approved *out, struct scep_error *err);
/* One more, which there must be room for. */
enum scep_err	 scep_approval_add(const struct scep_crypto *crypto,
		    const struct scep_config *cfg, time_t now,
		    const struct scep_approver *by,
		    struct scep_pending *pending, struct scep_error *err);

/* Why the i-th one counts for nothing; NULL: it counts.  *rev, if wanted, is
 * that of the record it stands on, 0 if it stands on none. */
enum scep_err	 scep_approval_doubt(struct scep_local *ca, time_t now,
		    const struct scep_pending *pending, size_t i,
		    const char **why, uint64_t *rev, struct scep_error *err);
/* Drop those that count for nothing.  That the records of the others stay as
 * they are is appended to change. */
enum scep_err	 scep_approvals_sift(struct scep_local *ca, time_t now,
		    struct scep_pending *pending, struct scep_change *change,
		    struct scep_error *err);

/* The ids of API keys that the approvals are of, borrowed; how many. */
size_t		 scep_approval_keys(const struct scep_pending *pending,
		    struct scep_span out[SCEP_APPROVALS_MAX]);

/* How many this profile demands; 1 of one that is gone. */
long		 scep_approvals_needed(const struct scep_config *cfg,
		    const char *profile);
/* "uid 0, key fleet": those of the request, and then by, if not NULL. */
#define SCEP_APPROVERS	(SCEP_REC_TEXT - 16)	/* "approved by " in front */
void		 scep_approvers_text(const struct scep_pending *pending,
		    const struct scep_approver *by, char out[SCEP_APPROVERS]);

#endif /* SCEP_CA_APPROVAL_H */
