/*
 * journal_open.c - the journal at a start: its tail is held against the log
 * table, and what a kill or a power cut kept out of the file is put there.
 *
 * Lines are written when their rows are durable, and synced later.  So a cut
 * leaves the file short, or, where the file system had made room and not yet
 * written, with zeros in place of octets: that is mended from the table.  Any
 * other octet that differs was not left by a cut, and is never mended
 * silently: somebody changed the file, or the database is an older copy or
 * lost what it had committed.
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

#define TAIL		(256 * 1024)	/* octets that are checked */
#define TAIL_BRIEF	(2 * SCEP_JOURNAL_BRIEF)	/* … for one request */
#define TAIL_UNCLEAN	(2 * SCEP_JOURNAL_UNSYNCED)
#define TAIL_MAX	(4 * TAIL_UNCLEAN)	/* … and no line found */
#define LINE_ROOM	(32 * 1024)	/* more than any line has */
#define WRITE_MAX	(64 * 1024)	/* octets that are added at once */

struct tail {
	struct scep_journal	*j;
	off_t			 size;		/* of the file */
	off_t			 at;		/* the next line */
	int			 anchored;	/* the line before is known */
	char			*text;		/* LINE_ROOM + 1 octets of it */
	/* The first line to be written again. */
	int			 cut;
	off_t			 cut_at;
	uint64_t		 cut_seq;
	char			 cut_hash[SCEP_CHAIN_TEXT + 1];
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

/* Up to max octets from an offset on into t->text, a NUL behind them. */
static enum scep_err
read_at(struct tail *t, off_t at, size_t max, size_t *n,
    struct scep_error *err)
{
	ssize_t	 got;

	*n = 0;
	if ((got = pread(t->j->fd, t->text, max, at)) == -1)
		return fail_io(t->j, err);
	*n = (size_t)got;
	t->text[*n] = '\0';
	return SCEP_OK;
}

/* The next line of the file, if it is one of ours. */
static int
split(const struct tail *t, uint64_t *seq, const char **hash,
    struct scep_span *text)
{
	const char	*end = strchr(t->text, '\n');

	*seq = 0;
	return end != NULL && scep_chain_split(scep_span_make(t->text,
	    (size_t)(end - t->text)), seq, hash, text);
}

/* Why a line is not the one that the table has. */
static enum scep_err
differs(struct tail *t, uint64_t row_seq, struct scep_span row_text,
    struct scep_error *err)
{
	const char		*hash;
	struct scep_span	 text;
	uint64_t		 seq;
	enum scep_err		 rc;
	size_t			 n;

	if ((rc = read_at(t, t->at, LINE_ROOM, &n, err)) != SCEP_OK)
		return rc;
	if (!split(t, &seq, &hash, &text))
		return mismatch(t, "is no line of ours", row_seq, err);
	if (seq != row_seq)
		return mismatch(t, seq < row_seq ? "is not in the database" :
		    "is in the database and not in the file",
		    seq < row_seq ? seq : row_seq, err);
	return mismatch(t, scep_span_equal(text, row_text) ? "breaks the "
	    "chain" : "differs from the database", seq, err);
}

/* From here on lines are written again. */
static void
cut_here(struct tail *t, uint64_t seq, const char *hash)
{
	if (t->cut)
		return;
	t->cut = 1;
	t->cut_at = t->at;
	t->cut_seq = seq;
	memcpy(t->cut_hash, hash, sizeof(t->cut_hash));
}

/* What stands where the line should: 0, all of it; 1, less, or zeros in it; 2,
 * something else. */
static int
compare(const char *got, size_t n, struct scep_span line)
{
	size_t	 i;
	int	 result = n < line.len;

	for (i = 0; i < n && i < line.len; i++) {
		if ((uint8_t)got[i] == line.data[i])
			continue;
		if (got[i] != '\0')
			return 2;
		result = 1;
	}
	return result;
}

/* The next line of the file against the row that it must be. */
static enum scep_err
check_line(struct tail *t, uint64_t seq, struct scep_span text,
    struct scep_error *err)
{
	char		 before[SCEP_CHAIN_TEXT + 1];
	struct scep_buf	 line = { NULL, 0 };
	enum scep_err	 rc;
	size_t		 n;
	int		 c;

	memcpy(before, t->j->chain.hash, sizeof(before));
	if ((rc = scep_chain_line(&t->j->chain, seq, text, &line, err)) ==
	    SCEP_OK &&
	    (rc = read_at(t, t->at, line.len < LINE_ROOM ? line.len :
	    LINE_ROOM, &n, err)) == SCEP_OK) {
		c = compare(t->text, n, scep_buf_span(&line));
		if (c == 1)
			cut_here(t, seq, before);
		if (c == 2)
			rc = differs(t, seq, text, err);
		t->at += (off_t)line.len;
	}
	scep_buf_clear(&line);
	return rc;
}

/* The first line, where the one before it is not known: its hash is taken as
 * it is, and those that follow are held against it. */
static enum scep_err
check_first(struct tail *t, uint64_t row_seq, struct scep_span row_text,
    struct scep_error *err)
{
	const char		*hash;
	struct scep_span	 text;
	uint64_t		 seq;
	enum scep_err		 rc;
	size_t			 n;

	if ((rc = read_at(t, t->at, LINE_ROOM, &n, err)) != SCEP_OK)
		return rc;
	if (!split(t, &seq, &hash, &text) || seq != row_seq ||
	    !scep_span_equal(text, row_text))
		return differs(t, row_seq, row_text, err);
	memcpy(t->j->chain.hash, hash, SCEP_CHAIN_TEXT);
	t->anchored = 1;
	t->at += strchr(t->text, '\n') + 1 - t->text;
	return SCEP_OK;
}

static uint64_t
seq_of(const struct scep_row *row)
{
	uint64_t	 seq = 0;
	size_t		 i;

	for (i = 0; i < row->key.len; i++)
		seq = seq << 8 | row->key.data[i];
	return seq;
}

static enum scep_err
check_row(void *arg, const struct scep_row *row, struct scep_error *err)
{
	struct tail	*t = arg;
	const uint64_t	 seq = seq_of(row);

	if (t->at >= t->size) {
		cut_here(t, seq, t->j->chain.hash);
		return SCEP_E_EXISTS;
	}
	return t->anchored ?
	    check_line(t, seq, scep_buf_span(&row->value), err) :
	    check_first(t, seq, scep_buf_span(&row->value), err);
}

/* Behind what the table has there may be room that was made, and no more. */
static enum scep_err
check_rest(struct tail *t, struct scep_error *err)
{
	const char		*hash;
	struct scep_span	 text;
	uint64_t		 seq;
	enum scep_err		 rc;
	size_t			 n, i;

	if (t->at < t->size)
		cut_here(t, t->j->next, t->j->chain.hash);
	for (; t->at < t->size; t->at += (off_t)n) {
		if ((rc = read_at(t, t->at, LINE_ROOM, &n, err)) != SCEP_OK)
			return rc;
		for (i = 0; i < n && t->text[i] == '\0'; i++)
			;
		if (i < n || n == 0)
			return split(t, &seq, &hash, &text) ? mismatch(t,
			    "is not in the database", seq, err) :
			    mismatch(t, "is followed by what is not ours",
			    t->j->next - 1, err);
	}
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
add_row(void *arg, const struct scep_row *row, struct scep_error *err)
{
	struct tail	*t = arg;
	enum scep_err	 rc;

	t->added++;
	if ((rc = scep_chain_line(&t->j->chain, seq_of(row),
	    scep_buf_span(&row->value), &t->lines, err)) != SCEP_OK)
		return rc;
	return t->lines.len < WRITE_MAX ? SCEP_OK : flush(t, err);
}

/* Rows of the table from this one on. */
static enum scep_err
scan(struct scep_db *db, struct tail *t, uint64_t seq, scep_row_fn fn,
    struct scep_error *err)
{
	uint8_t		 from[8];
	enum scep_err	 rc;

	scep_db_seq_key(seq, from);
	rc = scep_db_scan(&db->store, SCEP_T_LOG, scep_span_make(from, 8), fn,
	    t, err);
	return rc == SCEP_E_EXISTS ? SCEP_OK : rc;
}

static enum scep_err
mend(struct scep_db *db, struct tail *t, struct scep_error *err)
{
	enum scep_err	 rc;

	if ((rc = scep_db_mark(db, err)) != SCEP_OK)
		return rc;
	if (ftruncate(t->j->fd, t->cut_at) == -1)
		return fail_io(t->j, err);
	memcpy(t->j->chain.hash, t->cut_hash, sizeof(t->cut_hash));
	if ((rc = scan(db, t, t->cut_seq, add_row, err)) == SCEP_OK)
		rc = flush(t, err);
	if (rc == SCEP_OK && t->added > 0)
		scep_db_say(db, "%s: %" PRIu64 " entries were added from the "
		    "database", t->j->path, t->added);
	return rc;
}

/* To the first whole line that is at most so far from the end. */
static enum scep_err
find_start(struct tail *t, off_t far, uint64_t *seq, struct scep_error *err)
{
	const char		*hash, *end;
	struct scep_span	 text;
	enum scep_err		 rc;
	size_t			 n;

	for (*seq = 0; far < t->size; far *= 4) {
		if (far > TAIL_MAX)
			return mismatch(t, "is no line of ours", t->j->next -
			    1, err);
		t->at = t->size - far;
		if ((rc = read_at(t, t->at, LINE_ROOM, &n, err)) != SCEP_OK)
			return rc;
		if ((end = memchr(t->text, '\n', n)) == NULL)
			continue;
		t->at += end + 1 - t->text;
		if ((rc = read_at(t, t->at, LINE_ROOM, &n, err)) != SCEP_OK)
			return rc;
		if (split(t, seq, &hash, &text))
			return SCEP_OK;
	}
	t->at = 0;
	t->anchored = 1;
	*seq = 0;
	return SCEP_OK;
}

static enum scep_err
check(struct scep_db *db, struct tail *t, struct scep_error *err)
{
	const off_t	 far = db->unclean ? TAIL_UNCLEAN : db->brief ?
			    TAIL_BRIEF : TAIL;
	uint64_t	 seq;
	enum scep_err	 rc;

	if ((t->size = lseek(t->j->fd, 0, SEEK_END)) == -1)
		return fail_io(t->j, err);
	if ((rc = find_start(t, far, &seq, err)) != SCEP_OK ||
	    (rc = scan(db, t, seq, check_row, err)) != SCEP_OK ||
	    (rc = check_rest(t, err)) != SCEP_OK ||
	    (t->cut && (rc = mend(db, t, err)) != SCEP_OK))
		return rc;
	/* Whoever closed the journal had synced it. */
	if (db->unclean)
		atomic_store(&t->j->unsynced, 1);
	return scep_journal_sync(t->j, err);
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
	struct tail	 t = { .lines = { NULL, 0 } };
	enum scep_err	 rc;

	*out = NULL;
	if ((t.j = calloc(1, sizeof(*t.j))) == NULL ||
	    (t.text = malloc(LINE_ROOM + 1)) == NULL) {
		free(t.j);
		return scep_fail(err, SCEP_E_NOMEM, "issue.log");
	}
	t.j->env = db->env;
	t.j->fd = -1;
	t.j->next = last_seq + 1;
	t.j->most = db->brief ? SCEP_JOURNAL_BRIEF : SCEP_JOURNAL_UNSYNCED;
	(void)pthread_mutex_init(&t.j->mutex, NULL);
	if ((rc = scep_chain_open(&t.j->chain, sha256, err)) == SCEP_OK &&
	    (rc = open_file(db, t.j, err)) == SCEP_OK)
		rc = check(db, &t, err);
	scep_buf_clear(&t.lines);
	free(t.text);
	if (rc == SCEP_OK)
		*out = t.j;
	else
		(void)scep_journal_close(t.j);
	return rc;
}
