/*
 * journal_open.c - the journal at a start: its tail is held against the log
 * table, and what a crash kept out of the file is added.
 *
 * What disagrees is never mended silently: somebody changed the file, or the
 * database is an older copy or lost what it had committed.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "store/journal.h"

#define TAIL_MAX	(256 * 1024)	/* octets that are checked */
#define TAIL_BRIEF	(64 * 1024)	/* … that are read for one request */
#define CHECK_BRIEF	(8 * 1024)	/* … and checked of them */
#define CUT_MAX		(32 * 1024)	/* more than any line has */
#define WRITE_MAX	(64 * 1024)	/* octets that are added at once */

struct tail {
	struct scep_journal	*j;
	size_t			 max;		/* octets of text */
	size_t			 check;		/* of them, at the end */
	char			*text;		/* NUL behind it */
	char			*at, *end;	/* the next line; the end */
	int			 anchored;	/* the line before is known */
	struct scep_buf		 lines;		/* to be added */
	uint64_t		 added;
};

static enum scep_err
fail_io(const struct scep_journal *j, struct scep_error *err)
{
	return scep_file_fail(j->path, errno, err);
}

static enum scep_err
mismatch(const struct tail *t, const char *what, uint64_t seq,
    struct scep_error *err)
{
	return scep_fail(err, SCEP_E_STORE, "%s: entry %" PRIu64 " %s: the "
	    "file was changed, or the database is an older or damaged copy; "
	    "find out which, restore it, or move the file away (mv %s %s.old) "
	    "and it is made anew from the database", t->j->path, seq, what,
	    t->j->path, t->j->path);
}

/* Begin with the line that is t->check octets before the end. */
static void
shorten(struct tail *t)
{
	size_t	 len = (size_t)(t->end - t->text);
	char	*before;

	if (len <= t->check ||
	    (before = memrchr(t->text, '\n', len - t->check)) == NULL)
		return;
	t->at = before + 1;
	t->anchored = 0;
}

/* The last octets; a line that a crash cut off goes. */
static enum scep_err
read_tail(struct tail *t, struct scep_error *err)
{
	off_t	 size = lseek(t->j->fd, 0, SEEK_END), from;
	ssize_t	 n;

	from = size > (off_t)t->max ? size - (off_t)t->max : 0;
	if (size == -1 || (n = pread(t->j->fd, t->text, t->max, from)) == -1)
		return fail_io(t->j, err);
	t->anchored = from == 0;
	t->end = n > 0 ? memrchr(t->text, '\n', (size_t)n) : NULL;
	t->end = t->end != NULL ? t->end + 1 : t->text;
	*t->end = '\0';
	if (n - (t->end - t->text) > CUT_MAX)
		return mismatch(t, "has no end", 0, err);
	if (t->end - t->text != n &&
	    ftruncate(t->j->fd, from + (t->end - t->text)) == -1)
		return fail_io(t->j, err);
	t->at = t->text;
	if (!t->anchored && (t->at = strchr(t->text, '\n')) != NULL)
		t->at++;		/* the first is cut */
	if (t->at == NULL)
		return mismatch(t, "has no end", 0, err);
	shorten(t);
	return SCEP_OK;
}

/* The next line of the tail, if it is one of ours. */
static int
split(const struct tail *t, uint64_t *seq, const char **hash,
    struct scep_span *text)
{
	const char	*end = strchr(t->at, '\n');

	*seq = 0;
	return end != NULL && scep_chain_split(scep_span_make(t->at,
	    (size_t)(end - t->at)), seq, hash, text);
}

/* The next line of the file against the row that it must be. */
static enum scep_err
check_line(struct tail *t, uint64_t row_seq, struct scep_span row_text,
    struct scep_error *err)
{
	char			 want[SCEP_CHAIN_TEXT + 1];
	const char		*hash;
	struct scep_span	 text;
	uint64_t		 seq;
	enum scep_err		 rc;

	if (!split(t, &seq, &hash, &text))
		return mismatch(t, "is no line of ours", row_seq, err);
	if (seq != row_seq)
		return mismatch(t, seq < row_seq ? "is not in the database" :
		    "is in the database and not in the file",
		    seq < row_seq ? seq : row_seq, err);
	if (!scep_span_equal(text, row_text))
		return mismatch(t, "differs from the database", seq, err);
	if (t->anchored) {
		if ((rc = scep_chain_next(&t->j->chain, seq, text, want,
		    err)) != SCEP_OK)
			return rc;
		if (memcmp(hash, want, SCEP_CHAIN_TEXT) != 0)
			return mismatch(t, "breaks the chain", seq, err);
	}
	memcpy(t->j->chain.hash, hash, SCEP_CHAIN_TEXT);
	t->anchored = 1;
	t->at = strchr(t->at, '\n') + 1;
	return SCEP_OK;
}

static enum scep_err
flush(struct tail *t, struct scep_error *err)
{
	enum scep_err	 rc = scep_journal_write(t->j,
			    scep_buf_span(&t->lines), err);

	scep_buf_clear(&t->lines);
	return rc;
}

static enum scep_err
see_row(void *arg, const struct scep_row *row, struct scep_error *err)
{
	struct tail	*t = arg;
	uint64_t	 seq = 0;
	size_t		 i;
	enum scep_err	 rc;

	for (i = 0; i < row->key.len; i++)
		seq = seq << 8 | row->key.data[i];
	if (t->at < t->end)
		return check_line(t, seq, scep_buf_span(&row->value), err);
	t->added++;
	if ((rc = scep_chain_line(&t->j->chain, seq,
	    scep_buf_span(&row->value), &t->lines, err)) != SCEP_OK)
		return rc;
	return t->lines.len < WRITE_MAX ? SCEP_OK : flush(t, err);
}

/* From the first line of the tail on, row by row. */
static enum scep_err
compare(struct scep_db *db, struct tail *t, struct scep_error *err)
{
	uint8_t			 from[8];
	uint64_t		 seq = 0;
	const char		*hash;
	struct scep_span	 text;
	enum scep_err		 rc;

	if (!t->anchored && !split(t, &seq, &hash, &text))
		return mismatch(t, "is no line of ours", seq, err);
	scep_db_seq_key(seq, from);
	rc = scep_db_scan(&db->store, SCEP_T_LOG, scep_span_make(from, 8),
	    see_row, t, err);
	if (rc == SCEP_OK && t->at < t->end)
		return split(t, &seq, &hash, &text) ? mismatch(t, "is not in "
		    "the database", seq, err) : mismatch(t, "is followed by a "
		    "line that is not ours", t->j->next - 1, err);
	if (rc == SCEP_OK)
		rc = flush(t, err);
	/* Whoever closed the journal had waited for its lines. */
	if (rc == SCEP_OK && (t->added > 0 || db->unclean))
		rc = scep_journal_sync(t->j, err);
	if (rc == SCEP_OK && t->added > 0)
		scep_db_say(db, "%s: %" PRIu64 " entries were added from the "
		    "database", t->j->path, t->added);
	return rc;
}

static enum scep_err
open_file(struct scep_db *db, struct scep_journal *j, struct scep_error *err)
{
	struct stat	 st;
	int		 dir;

	(void)snprintf(j->path, sizeof(j->path), "%s/issue.log", db->dir);
	if ((j->fd = open(j->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC |
	    O_NOFOLLOW, 0600)) == -1)
		return fail_io(j, err);
	/* Its name must survive a power cut, too; no line is written before
	 * it does. */
	if (fstat(j->fd, &st) == -1)
		return fail_io(j, err);
	if (st.st_size > 0)
		return SCEP_OK;
	if ((dir = open(db->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) != -1) {
		(void)fsync(dir);
		(void)close(dir);
	}
	return SCEP_OK;
}

enum scep_err
scep_journal_open(struct scep_db *db, uint64_t last_seq,
    const EVP_MD *sha256, struct scep_journal **out, struct scep_error *err)
{
	struct tail	 t = {
		.max = db->brief ? TAIL_BRIEF : TAIL_MAX,
		.check = db->brief ? CHECK_BRIEF : TAIL_MAX,
		.lines = { NULL, 0 },
	};
	enum scep_err	 rc;

	*out = NULL;
	if ((t.j = calloc(1, sizeof(*t.j))) == NULL ||
	    (t.text = malloc(t.max + 1)) == NULL) {
		free(t.j);
		return scep_fail(err, SCEP_E_NOMEM, "issue.log");
	}
	t.j->fd = -1;
	t.j->next = last_seq + 1;
	(void)pthread_mutex_init(&t.j->mutex, NULL);
	(void)pthread_cond_init(&t.j->moved, NULL);
	if ((rc = scep_chain_open(&t.j->chain, sha256, err)) == SCEP_OK &&
	    (rc = open_file(db, t.j, err)) == SCEP_OK &&
	    (rc = read_tail(&t, err)) == SCEP_OK)
		rc = compare(db, &t, err);
	scep_buf_clear(&t.lines);
	free(t.text);
	if (rc == SCEP_OK)
		*out = t.j;
	else
		scep_journal_close(t.j);
	return rc;
}
