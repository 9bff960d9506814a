/*
 * db_commit.c - writing: all of a change in one transaction, or nothing, and
 * durable when it is said to be done.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "store/journal.h"

#define PAGE		8192	/* octets that a row may dirty */
#define ROOM		(4UL << 20)	/* octets; of a small reserve, less */

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
	(void)pthread_rwlock_rdlock(&db->pages);
	if ((r = log->cursor(log, NULL, &c, 0)) != 0) {
		(void)pthread_rwlock_unlock(&db->pages);
		return scep_db_fail(db, r, "log", err);
	}
	if ((r = c->get(c, &key, &value, DB_LAST)) == 0) {
		for (i = 0; i < 8 && (u_int32_t)i < key.size; i++)
			*seq = *seq << 8 | ((const uint8_t *)key.data)[i];
		free(key.data);
		free(value.data);
	}
	(void)c->close(c);
	(void)pthread_rwlock_unlock(&db->pages);
	return r == 0 || r == DB_NOTFOUND ? SCEP_OK :
	    scep_db_fail(db, r, "log", err);
}

/* What a change makes of the log and of the files, with some to spare. */
static long
weight_of(const struct scep_change *change)
{
	size_t	 i, n = PAGE + change->log.len;

	for (i = 0; i < change->n; i++)
		n += PAGE + 2 * change->write[i].value.len;
	return (long)n;
}

/* A commit that finds no room leaves a cache full of pages that cannot be
 * written, and the next may hang (DEPLOYMENT 1.9): stop well before.  The disk
 * is asked at each tend, and once for so many octets. */
static enum scep_err
check_room(struct scep_db *db, const struct scep_change *change,
    struct scep_error *err)
{
	const long	 weight = weight_of(change);
	uint64_t	 octets;

	if (atomic_fetch_sub(&db->room, weight) >= weight ||
	    !scep_db_free_disk(db->dir, &octets))
		return SCEP_OK;
	if (octets >= db->reserve) {
		atomic_store(&db->room, (long)(db->reserve / 4 < ROOM ?
		    db->reserve / 4 : ROOM));
		return SCEP_OK;
	}
	return scep_fail(err, SCEP_E_STORE, "%s: %llu MiB of disk are left, "
	    "less than the reserve of %zu: nothing is written until there is "
	    "room", db->dir, (unsigned long long)octets >> 20,
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

/* Fresh rows are known before anybody can read them. */
static int
try(struct scep_db *db, const struct scep_change *change, uint64_t seq)
{
	DB_TXN	*txn;
	size_t	 i;
	int	 r;

	if ((r = db->env->txn_begin(db->env, NULL, &txn, DB_TXN_NOSYNC)) !=
	    0)
		return r;
	for (i = 0; r == 0 && i < change->n; i++)
		r = scep_db_write(db, txn, &change->write[i]);
	if (r == 0 && change->log.len > 0)
		r = scep_db_write_log(db, txn, seq,
		    scep_buf_span(&change->log));
	if (r != 0) {
		(void)txn->abort(txn);
		return r;
	}
	scep_db_fresh_add(db, change);
	if ((r = txn->commit(txn, DB_TXN_NOSYNC)) != 0)
		scep_db_fresh_remove(db, change);
	return r;
}

/* One at a time, and nobody reads meanwhile: all would want the last page of
 * the log table, and libdb's locks of every page took longer than this wait.
 */
static int
write_rows(struct scep_db *db, const struct scep_change *change,
    struct scep_journal_entry *entry)
{
	int	 r;

	(void)pthread_rwlock_wrlock(&db->pages);
	if (db->journal->next < change->log_seq)
		db->journal->next = change->log_seq;
	entry->seq = db->journal->next;
	r = try(db, change, entry->seq);
	if (r == 0 && change->log.len > 0)
		db->journal->next++;
	if (r == 0 && !db->bulk)
		scep_journal_add(db->journal, entry);
	(void)pthread_rwlock_unlock(&db->pages);
	return r;
}

static enum scep_err
check_whole(struct scep_db *db, const struct scep_change *change,
    struct scep_error *err)
{
	if (atomic_load(&db->broken) || scep_journal_is_broken(db->journal))
		return scep_fail(err, SCEP_E_STORE,
		    "%s/db is broken; a restart recovers it", db->dir);
	return check_room(db, change, err);
}

/* Rows, and then, shared with others, what makes them durable.  *done is what
 * became of that. */
static int
write_all(struct scep_db *db, const struct scep_change *change,
    enum scep_err *done, struct scep_error *err)
{
	struct scep_journal_entry	 entry = {
		.line = scep_buf_span(&change->log)
	};
	int				 r;

	*done = SCEP_OK;
	if ((r = write_rows(db, change, &entry)) != 0)
		return r;
	if (!db->bulk)
		*done = scep_journal_done(db->journal, &entry, err);
	if (*done == SCEP_OK)	/* or nobody tells of it: db_fresh.c */
		scep_db_fresh_remove(db, change);
	return 0;
}

enum scep_err
scep_db_commit(struct scep_store *store, const struct scep_change *change,
    struct scep_error *err)
{
	struct scep_db	*db = (struct scep_db *)store;
	enum scep_err	 rc, done;
	int		 r;

	if ((rc = check_whole(db, change, err)) != SCEP_OK ||
	    (rc = open_trees(db, change, err)) != SCEP_OK)
		return rc;
	scep_db_gate_enter(&db->gate);
	r = write_all(db, change, &done, err);
	scep_db_gate_leave(&db->gate);
	if (r == 0)	/* without its line it is not acknowledged: DESIGN 5 */
		return done;
	if (r == DB_KEYEXIST)
		return scep_fail(err, SCEP_E_CHANGED,
		    "a row that this relied on has changed");
	return scep_db_fail(db, r, "commit", err);
}
