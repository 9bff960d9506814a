/*
 * journal.h - the journal as its two files see it: journal.c lets it grow,
 * journal_open.c holds it against the table and completes it.  Private.
 *
 * A line is `SEQ HASH TEXT`; HASH is the SHA-256, in hex, of the previous
 * line's HASH (64 zeroes before the first), a blank, SEQ, a blank and TEXT:
 * printf '%s %s %s' "$previous" "$seq" "$text" | sha256sum
 */
#ifndef SCEP_STORE_JOURNAL_H
#define SCEP_STORE_JOURNAL_H

#include <openssl/evp.h>

#include "store/db.h"

#define SCEP_CHAIN_TEXT	(2 * SCEP_SHA256_LEN)

struct scep_chain {
	EVP_MD	*md;
	char	 hash[SCEP_CHAIN_TEXT + 1];	/* of the last line */
};

struct scep_journal {
	int			 fd;
	char			 path[SCEP_DB_PATH + 16];
	OSSL_LIB_CTX		*ctx;
	struct scep_chain	 chain;		/* the writer's */
	uint64_t		 next;		/* seq to be taken */
	struct scep_journal_entry	*first, *last;
	int			 writing;	/* somebody writes for all */
	int			 broken;	/* why says it */
	struct scep_error	 why;
	pthread_mutex_t		 mutex;
	pthread_cond_t		 moved;
};

/* The hash that a line after this chain has. */
enum scep_err	 scep_chain_next(const struct scep_chain *chain, uint64_t seq,
		    struct scep_span text, char hash[SCEP_CHAIN_TEXT + 1],
		    struct scep_error *err);
/* Append the line to out, and move the chain on. */
enum scep_err	 scep_chain_line(struct scep_chain *chain, uint64_t seq,
		    struct scep_span text, struct scep_buf *out,
		    struct scep_error *err);
enum scep_err	 scep_journal_write(struct scep_journal *journal,
		    struct scep_span lines, struct scep_error *err);
enum scep_err	 scep_journal_sync(struct scep_journal *journal,
		    struct scep_error *err);

#endif /* SCEP_STORE_JOURNAL_H */
