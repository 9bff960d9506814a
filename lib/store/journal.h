/*
 * journal.h - the journal as its two files see it: journal.c lets it grow,
 * journal_open.c holds it against the table and completes it.  Private.
 */
#ifndef SCEP_STORE_JOURNAL_H
#define SCEP_STORE_JOURNAL_H

#include "store/chain.h"
#include "store/db.h"

struct scep_journal {
	int			 fd;
	char			 path[SCEP_DB_PATH + 16];
	struct scep_chain	 chain;		/* the writer's */
	uint64_t		 next;		/* seq to be taken */
	struct scep_journal_entry	*first, *last;
	int			 writing;	/* somebody writes for all */
	int			 broken;	/* why says it */
	struct scep_error	 why;
	pthread_mutex_t		 mutex;
	pthread_cond_t		 moved;
};

enum scep_err	 scep_journal_write(struct scep_journal *journal,
		    struct scep_span lines, struct scep_error *err);
enum scep_err	 scep_journal_sync(struct scep_journal *journal,
		    struct scep_error *err);

#endif /* SCEP_STORE_JOURNAL_H */
