/*
 * journal.c - DIR/issue.log: the log table as a file, each line chained to
 * the one before.
 *
 * A line is `SEQ HASH TEXT`, HASH the SHA-256 in hex over the previous line's
 * HASH, SEQ and TEXT.  The table is the truth: what a crash kept out of the
 * file is added when it is opened.  Lines are in the order of SEQ; a SEQ whose
 * transaction failed leaves a gap.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/sha.h>

#include "base/error.h"
#include "base/text.h"
#include "store/db.h"

#define HASH_TEXT	(2 * SCEP_SHA256_LEN)
#define TAIL_MAX	16384	/* octets in which the last line must be */

/* A seq whose transaction is not over, or whose line waits for an earlier
 * one. */
struct entry {
	uint64_t	 seq;
	int		 over;
	struct scep_buf	 line;		/* empty: it did not commit */
	struct entry	*next;		/* in the order of seq */
};

struct scep_journal {
	int		 fd;
	char		 path[SCEP_DB_PATH + 16];
	char		 hash[HASH_TEXT + 1];	/* of the last line */
	uint64_t	 next;		/* seq to be taken */
	uint64_t	 written;	/* last seq in the file, or skipped */
	struct entry	*first, *last;
	pthread_mutex_t	 mutex;
	pthread_cond_t	 moved;
};

static void
chain(struct scep_journal *j, uint64_t seq, struct scep_span text)
{
	char		 number[24];
	uint8_t		 digest[SHA256_DIGEST_LENGTH];
	uint8_t		*all;
	size_t		 n, len;

	n = (size_t)snprintf(number, sizeof(number), " %" PRIu64 " ", seq);
	len = HASH_TEXT + n + text.len;
	if ((all = malloc(len)) == NULL)
		return;		/* the chain is seen to be broken here */
	memcpy(all, j->hash, HASH_TEXT);
	memcpy(all + HASH_TEXT, number, n);
	memcpy(all + HASH_TEXT + n, text.data, text.len);
	(void)SHA256(all, len, digest);
	scep_hex_text(scep_span_make(digest, sizeof(digest)), j->hash,
	    sizeof(j->hash));
	free(all);
}

static enum scep_err
append(struct scep_journal *j, uint64_t seq, struct scep_span text,
    struct scep_error *err)
{
	char	*line;
	size_t	 size = text.len + HASH_TEXT + 32;
	int	 len;
	ssize_t	 n;

	if ((line = malloc(size)) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "issue.log");
	chain(j, seq, text);
	len = snprintf(line, size, "%" PRIu64 " %s %.*s\n", seq, j->hash,
	    (int)text.len, (const char *)text.data);
	n = write(j->fd, line, (size_t)len);
	free(line);
	if (n == len)
		return SCEP_OK;
	return scep_fail(err, SCEP_E_STORE, "%s: cannot append: %s; it is "
	    "completed at the next start", j->path,
	    n == -1 ? strerror(errno) : "short write");
}

/* The last whole line's seq and hash; a line that a crash cut off goes. */
static enum scep_err
read_tail(struct scep_journal *j, struct scep_error *err)
{
	char		 tail[TAIL_MAX + 1], hash[HASH_TEXT + 1] = "";
	off_t		 size = lseek(j->fd, 0, SEEK_END), from;
	ssize_t		 n;
	char		*end, *start;

	from = size > TAIL_MAX ? size - TAIL_MAX : 0;
	if (size == -1 || (n = pread(j->fd, tail, TAIL_MAX, from)) == -1)
		return scep_fail(err, SCEP_E_STORE, "%s: %s", j->path,
		    strerror(errno));
	tail[n] = '\0';
	if ((end = memrchr(tail, '\n', (size_t)n)) == NULL)
		end = tail - 1;
	if (from + (end + 1 - tail) != size &&
	    ftruncate(j->fd, from + (end + 1 - tail)) == -1)
		return scep_fail(err, SCEP_E_STORE, "%s: %s", j->path,
		    strerror(errno));
	if (end < tail)
		return SCEP_OK;		/* empty: the chain begins here */
	*end = '\0';
	start = memrchr(tail, '\n', (size_t)(end - tail));
	start = start == NULL ? tail : start + 1;
	if (sscanf(start, "%" SCNu64 " %64[0-9a-f] ", &j->written, hash) !=
	    2 || strlen(hash) != HASH_TEXT)
		return scep_fail(err, SCEP_E_STORE, "%s: the last line is none "
		    "of ours; move the file away and it is made anew from "
		    "the database", j->path);
	memcpy(j->hash, hash, sizeof(hash));
	return SCEP_OK;
}

/* A row of the table that the file lacks. */
static enum scep_err
complete(void *arg, const struct scep_row *row, struct scep_error *err)
{
	struct scep_journal	*j = arg;
	uint64_t		 seq = 0;
	enum scep_err		 rc;
	size_t			 i;

	for (i = 0; i < row->key.len; i++)
		seq = seq << 8 | row->key.data[i];
	if ((rc = append(j, seq, scep_buf_span(&row->value), err)) ==
	    SCEP_OK)
		j->written = seq;
	return rc;
}

/* The last line must be the table's: else one of them was changed. */
static enum scep_err
check_tail(struct scep_db *db, struct scep_journal *j, struct scep_error *err)
{
	struct scep_row	 row;
	uint8_t		 key[8];
	enum scep_err	 rc;

	if (j->written == 0)
		return SCEP_OK;
	scep_db_seq_key(j->written, key);
	rc = scep_db_get(&db->store, SCEP_T_LOG, scep_span_make(key, 8), &row,
	    err);
	if (rc == SCEP_OK)
		scep_row_clear(&row);
	if (rc == SCEP_E_NOTFOUND)
		return scep_fail(err, SCEP_E_STORE, "%s ends with entry %"
		    PRIu64 ", which the database does not have: the database "
		    "is older than the log; restore the newer database, or "
		    "move the log away to go on without it", j->path,
		    j->written);
	return rc;
}

static enum scep_err
open_file(struct scep_db *db, struct scep_journal *j, struct scep_error *err)
{
	uint64_t	 had;
	uint8_t		 from[8];
	enum scep_err	 rc;

	(void)snprintf(j->path, sizeof(j->path), "%s/issue.log", db->dir);
	memset(j->hash, '0', HASH_TEXT);
	if ((j->fd = open(j->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC |
	    O_NOFOLLOW, 0600)) == -1)
		return scep_fail(err, SCEP_E_STORE, "%s: %s", j->path,
		    strerror(errno));
	if ((rc = read_tail(j, err)) != SCEP_OK ||
	    (rc = check_tail(db, j, err)) != SCEP_OK)
		return rc;
	had = j->written;
	scep_db_seq_key(j->written + 1, from);
	rc = scep_db_scan(&db->store, SCEP_T_LOG, scep_span_make(from, 8),
	    complete, j, err);
	if (rc == SCEP_OK && j->written != had)
		scep_db_say(db, "%s: entries %" PRIu64 " to %" PRIu64
		    " were added from the database", j->path, had + 1,
		    j->written);
	return rc;
}

enum scep_err
scep_journal_open(struct scep_db *db, uint64_t last_seq,
    struct scep_journal **out, struct scep_error *err)
{
	struct scep_journal	*j;
	enum scep_err		 rc;

	*out = NULL;
	if ((j = calloc(1, sizeof(*j))) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "issue.log");
	j->fd = -1;
	(void)pthread_mutex_init(&j->mutex, NULL);
	(void)pthread_cond_init(&j->moved, NULL);
	if ((rc = open_file(db, j, err)) != SCEP_OK) {
		scep_journal_close(j);
		return rc;
	}
	if (j->written < last_seq)
		j->written = last_seq;
	j->next = j->written + 1;
	*out = j;
	return SCEP_OK;
}

uint64_t
scep_journal_take(struct scep_journal *j)
{
	struct entry	*e = calloc(1, sizeof(*e));
	uint64_t	 seq;

	(void)pthread_mutex_lock(&j->mutex);
	seq = j->next++;
	if (e != NULL) {		/* without, its line waits for a start */
		e->seq = seq;
		if (j->last != NULL)
			j->last->next = e;
		else
			j->first = e;
		j->last = e;
	}
	(void)pthread_mutex_unlock(&j->mutex);
	return seq;
}

/* Write what is over, up to the first that is not. */
static enum scep_err
drain(struct scep_journal *j, struct scep_error *err)
{
	struct entry	*e;
	enum scep_err	 rc = SCEP_OK;

	while ((e = j->first) != NULL && e->over) {
		if (e->line.len > 0 && rc == SCEP_OK)
			rc = append(j, e->seq, scep_buf_span(&e->line), err);
		j->written = e->seq;
		if ((j->first = e->next) == NULL)
			j->last = NULL;
		scep_buf_clear(&e->line);
		free(e);
	}
	(void)pthread_cond_broadcast(&j->moved);
	return rc;
}

enum scep_err
scep_journal_done(struct scep_journal *j, uint64_t seq, struct scep_span line,
    struct scep_error *err)
{
	struct entry	*e;
	enum scep_err	 rc = SCEP_OK;

	(void)pthread_mutex_lock(&j->mutex);
	for (e = j->first; e != NULL && e->seq != seq; e = e->next)
		continue;
	if (e != NULL) {
		e->over = 1;
		if (line.len > 0)
			rc = scep_buf_set(&e->line, line, err);
	}
	if (e != NULL && rc == SCEP_OK)
		rc = drain(j, err);
	while (e != NULL && j->written < seq)
		(void)pthread_cond_wait(&j->moved, &j->mutex);
	(void)pthread_mutex_unlock(&j->mutex);
	return rc;
}

void
scep_journal_close(struct scep_journal *j)
{
	struct entry	*e;

	if (j == NULL)
		return;
	while ((e = j->first) != NULL) {
		j->first = e->next;
		scep_buf_clear(&e->line);
		free(e);
	}
	if (j->fd != -1)
		(void)close(j->fd);
	(void)pthread_cond_destroy(&j->moved);
	(void)pthread_mutex_destroy(&j->mutex);
	free(j);
}
