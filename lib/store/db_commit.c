/*
 * db_commit.c - writing: all of a change in one transaction, durable, or
 * nothing.
 */
#include <sys/statvfs.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "store/journal.h"

#define TRIES		12	/* after deadlocks */
#define WAIT_NS		500000L	/* before the second; doubled each time */

void
scep_db_seq_key(uint64_t seq, uint8_t out[8])
{
	int	 i;

	for (i = 0; i < 8; i++)
		out[i] = (uint8_t)(seq >> (56 - 8 * i));
}

enum scep_err
scep_db_last_seq(struct scep_db *db, uint64_t *seq, struct scep_error *err)
{
	DBT		 key, value;
	DBC		*c;
	DB		*log;
	enum scep_err	 rc;
	int		 r, i;

	*seq = 0;
	memset(&key, 0, sizeof(key));
	memset(&value, 0, sizeof(value));
	key.flags = value.flags = DB_DBT_MALLOC;
	if ((rc = scep_db_tree(db, SCEP_TREE_LOG, &log, err)) != SCEP_OK)
		return rc;
	if ((r = log->cursor(log, NULL, &c, 0)) != 0)
		return scep_db_fail(db, r, "log", err);
	if ((r = c->get(c, &key, &value, DB_LAST)) == 0) {
		for (i = 0; i < 8 && (u_int32_t)i < key.size; i++)
			*seq = *seq << 8 | ((const uint8_t *)key.data)[i];
		free(key.data);
		free(value.data);
	}
	(void)c->close(c);
	return r == 0 || r == DB_NOTFOUND ? SCEP_OK :
	    scep_db_fail(db, r, "log", err);
}

/* A commit that finds no room leaves a cache full of pages that cannot be
 * written, and the next may hang (DEPLOYMENT 1.9): stop well before. */
static enum scep_err
check_room(const struct scep_db *db, struct scep_error *err)
{
	struct statvfs	 fs;

	if (statvfs(db->dir, &fs) == -1 ||
	    (uint64_t)fs.f_bavail * fs.f_frsize >= db->reserve)
		return SCEP_OK;
	return scep_fail(err, SCEP_E_STORE, "%s: %llu MiB of disk are left, "
	    "less than the reserve of %zu: nothing is written until there is "
	    "room", db->dir,
	    (unsigned long long)fs.f_bavail * fs.f_frsize >> 20,
	    db->reserve >> 20);
}

/* Outside of any transaction, as opening has one of its own. */
static enum scep_err
open_trees(struct scep_db *db, const struct scep_change *change,
    struct scep_error *err)
{
	DB		*tree;
	enum scep_err	 rc;
	size_t		 i;

	if ((rc = scep_db_tree(db, SCEP_TREE_LOG, &tree, err)) != SCEP_OK)
		return rc;
	for (i = 0; i < change->n; i++) {
		if ((rc = scep_db_open_table(db, change->write[i].table,
		    err)) != SCEP_OK ||
		    (scep_table_has_index(change->write[i].table) && (rc =
		    scep_db_tree(db, SCEP_TREE_INDEX, &tree, err)) !=
		    SCEP_OK))
			return rc;
	}
	return SCEP_OK;
}

static int
try(struct scep_db *db, const struct scep_change *change, uint64_t seq)
{
	const u_int32_t	 sync = db->bulk ? DB_TXN_NOSYNC : DB_TXN_SYNC;
	DB_TXN		*txn;
	size_t		 i;
	int		 r;

	if ((r = db->env->txn_begin(db->env, NULL, &txn, sync)) != 0)
		return r;
	for (i = 0; r == 0 && i < change->n; i++)
		r = scep_db_write(db, txn, &change->write[i]);
	if (r == 0 && change->log.len > 0)
		r = scep_db_write_log(db, txn, seq, scep_buf_span(&change->log));
	if (r != 0) {
		(void)txn->abort(txn);
		return r;
	}
	return txn->commit(txn, sync);
}

static int
try_again(struct scep_db *db, const struct scep_change *change, uint64_t seq)
{
	struct timespec	 wait = { 0, WAIT_NS };
	int		 i, r;

	(void)pthread_mutex_lock(&db->writer);
	for (i = 0; (r = try(db, change, seq)) == DB_LOCK_DEADLOCK &&
	    i < TRIES; i++) {
		(void)nanosleep(&wait, NULL);
		wait.tv_nsec *= wait.tv_nsec < 100000000L ? 2 : 1;
	}
	(void)pthread_mutex_unlock(&db->writer);
	return r;
}

static enum scep_err
check_whole(const struct scep_db *db, struct scep_error *err)
{
	if (atomic_load(&db->broken) || scep_journal_is_broken(db->journal))
		return scep_fail(err, SCEP_E_STORE,
		    "%s/db is broken; a restart recovers it", db->dir);
	return check_room(db, err);
}

/* The transaction, and its line in the journal.  *done is what became of the
 * line. */
static int
write_both(struct scep_db *db, const struct scep_change *change,
    enum scep_err *done, struct scep_error *err)
{
	struct scep_journal_entry	 entry;
	int				 r;

	*done = SCEP_OK;
	if (change->log.len == 0)
		return try_again(db, change, 0);
	if (db->bulk)		/* its lines are written at the end */
		return try_again(db, change, db->journal->next++);
	scep_journal_skip(db->journal, change->log_seq);
	scep_journal_take(db->journal, &entry);
	r = try_again(db, change, entry.seq);
	*done = scep_journal_done(db->journal, &entry, r == 0 ?
	    scep_buf_span(&change->log) : scep_span_make(NULL, 0), err);
	return r;
}

enum scep_err
scep_db_commit(struct scep_store *store, const struct scep_change *change,
    struct scep_error *err)
{
	struct scep_db	*db = (struct scep_db *)store;
	enum scep_err	 rc, done;
	int		 r;

	if ((rc = check_whole(db, err)) != SCEP_OK ||
	    (rc = open_trees(db, change, err)) != SCEP_OK)
		return rc;
	scep_db_gate_enter(&db->gate);
	r = write_both(db, change, &done, err);
	scep_db_gate_leave(&db->gate);
	if (r == 0)	/* without its line it is not acknowledged: DESIGN 5 */
		return done;
	if (r == DB_KEYEXIST)
		return scep_fail(err, SCEP_E_CHANGED,
		    "a row that this relied on has changed");
	if (r == DB_LOCK_DEADLOCK)
		return scep_fail(err, SCEP_E_BUSY,
		    "%s/db: rivals for the same rows", db->dir);
	return scep_db_fail(db, r, "commit", err);
}
