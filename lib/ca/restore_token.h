/*
 * restore_token.h - what restored token keys must learn, and of tokens.
 * Private to restore*.c.
 */
#ifndef SCEP_CA_RESTORE_TOKEN_H
#define SCEP_CA_RESTORE_TOKEN_H

#include "ca/restore.h"
#include "store/record.h"

/* One that was revoked after the backup stays so: entry is of the log. */
enum scep_err	 scep_restore_token_key(const struct scep_restoring *r,
		    struct scep_span entry, struct scep_change *change,
		    struct scep_error *err);
/* Tokens that were revoked or frozen after it are revoked, though nothing else
 * is known of them: such a one may begin later than its key's since. */
enum scep_err	 scep_restore_token(struct scep_store *store,
		    struct scep_span entry, struct scep_change *change,
		    struct scep_error *err);
/* A backup does not know which tokens were used after it: each that began
 * before now may have been. */
enum scep_err	 scep_restore_tokens(const struct scep_restoring *r,
		    time_t now, unsigned long uid,
		    struct scep_restored *count, struct scep_error *err);

#endif /* SCEP_CA_RESTORE_TOKEN_H */
