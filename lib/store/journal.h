/*
 * journal.h - the journal as its files see it: journal.c lets it grow,
 * journal_open.c holds it against the table, and completes or mends it.
 * Private.
 */
#ifndef SCEP_STORE_JOURNAL_H
#define SCEP_STORE_JOURNAL_H

#include "store/chain.h"
#include "store/db.h"

/* Octets that are not synced are never more, or one line; and an opening looks
 * at more than these: at a brief one's without knowing that it was not
 * closed. */
#define SCEP_JOURNAL_UNSYNCED	(8L << 20)
#define SCEP_JOURNAL_BRIEF	(4L << 10)

struct scep_journal {
	DB_ENV			*env;		/* whose log goes first */
	int			 fd;
	char			 path[SCEP_DB_PATH + 16];
	struct scep_chain	 chain;		/* the writer's */
	atomic_long		 unsynced;	/* octets */
	long			 most;		/* … before a sync */
	uint64_t		 next;		/* seq to be taken; changed by
						   who writes to the database */
	struct scep_journal_entry	*first, *last;
	int			 writing;	/* somebody writes for all */
	atomic_int		 broken;	/* why says it */
	struct scep_error	 why;
	pthread_mutex_t		 mutex;
};

enum scep_err	 scep_journal_write(struct scep_journal *journal,
		    struct scep_span lines, struct scep_error *err);

#endif /* SCEP_STORE_JOURNAL_H */
