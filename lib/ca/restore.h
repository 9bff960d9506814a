/*
 * restore.h - what a restored store must learn before it serves: what came
 * after the backup, and that nothing of before may be used once more.
 */
#ifndef SCEP_CA_RESTORE_H
#define SCEP_CA_RESTORE_H

#include "ca/config.h"
#include "store/log_file.h"
#include "store/store.h"

struct scep_restored {
	size_t	 entries;	/* of the log, put back */
	size_t	 certificates;	/* known again by them */
	size_t	 revoked;	/* of certificates, once more */
	size_t	 requests;	/* that no longer wait */
	size_t	 poor;		/* entries that say too little */
	size_t	 steps;		/* of a rollover: their keys are not here */
	size_t	 challenges;	/* voided */
	size_t	 token_keys;	/* that take no token of before */
	size_t	 crls;		/* of the backup: never to be served */
};

/* What is restored, and challenge_key (nothing else of cfg): rows of keys that
 * are not under it as they are, are not ours, and are worth nothing. */
struct scep_restoring {
	const struct scep_crypto	*crypto;
	const struct scep_config	*cfg;
	struct scep_store		*store;
};

/*
 * Put back the entries of an issue.log behind `after`, under their own
 * numbers: certificates they tell of become records without DER, requests
 * that were decided no longer wait.  The file's chain goes on in ours.
 */
enum scep_err	 scep_restore_import(const struct scep_restoring *r,
		    struct scep_log_file *log, uint64_t after,
		    struct scep_restored *count, struct scep_error *err);

/* One entry that says that a certificate was let go by its validator:
 * restore_confirm.c. */
enum scep_err	 scep_restore_confirmed(struct scep_store *store,
		    struct scep_span entry, struct scep_change *change,
		    struct scep_restored *count, struct scep_error *err);
/* One entry that says that a certificate was revoked: restore_revoke.c. */
enum scep_err	 scep_restore_revoked(struct scep_store *store,
		    struct scep_span entry, struct scep_change *change,
		    struct scep_restored *count, struct scep_error *err);

/* Revoke every challenge that could still be used: it may have been, after
 * the backup; and let no token key take a token that began before now. */
enum scep_err	 scep_restore_void(const struct scep_restoring *r, time_t now,
		    unsigned long uid, struct scep_restored *count,
		    struct scep_error *err);

/* The CRLs of a backup are not the newest: there may have been others since.
 * From here on only their numbers count, raised well above those. */
enum scep_err	 scep_restore_crls(struct scep_store *store, time_t now,
		    unsigned long uid, struct scep_restored *count,
		    struct scep_error *err);

/* The entry that says so: the backup ended at `until`. */
enum scep_err	 scep_restore_note(struct scep_store *store, time_t now,
		    unsigned long uid, time_t until,
		    const struct scep_restored *count,
		    struct scep_error *err);

/* Is this the number of the last entry of the log? */
enum scep_err	 scep_restore_check(struct scep_store *store, uint64_t last,
		    struct scep_error *err);

#endif /* SCEP_CA_RESTORE_H */
