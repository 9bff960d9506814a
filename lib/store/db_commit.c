/*
 * db_commit.c - writing: all of a change in one transaction, durable, or
 * nothing.
 */
#include <sys/statvfs.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "store/db.h"

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
	DBT	 key, value;
	DBC	*c;
	int	 r, i;

	*seq = 0;
	memset(&key, 0, sizeof(key));
	memset(&value, 0, sizeof(value));
	key.flags = value.flags = DB_DBT_MALLOC;
	if ((r = db->table[SCEP_T_LOG]->cursor(db->table[SCEP_T_LOG], NULL,
	    &c, 0)) != 0)
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

/* The revision a row has, for writing: SCEP_REV_ABSENT if it is not there. */
static int
read_rev(DB *table, DB_TXN *txn, DBT *key, uint64_t *rev)
{
	uint8_t			 header[SCEP_DB_HEADER];
	struct scep_span	 rest;
	DBT			 v;
	int			 r;

	memset(&v, 0, sizeof(v));
	v.data = header;
	v.ulen = v.dlen = sizeof(header);
	v.flags = DB_DBT_USERMEM | DB_DBT_PARTIAL;
	*rev = SCEP_REV_ABSENT;
	if ((r = table->get(table, txn, key, &v, DB_RMW)) == DB_NOTFOUND)
		return 0;
	if (r == 0 && !scep_db_unpack(scep_span_make(header, v.size), &rest,
	    rev))
		return DB_RUNRECOVERY;
	return r;
}

/* One write; DB_KEYEXIST stands for an expectation that failed. */
static int
write_one(struct scep_db *db, DB_TXN *txn, const struct scep_write *w)
{
	DB			*table = db->table[w->table];
	DBT			 key = scep_dbt(scep_buf_span(&w->key)), v;
	struct scep_buf		 packed = { NULL, 0 };
	struct scep_error	 err;
	uint64_t		 rev;
	int			 r;

	if ((r = read_rev(table, txn, &key, &rev)) != 0)
		return r;
	if (w->expect != SCEP_REV_ANY && w->expect != rev)
		return DB_KEYEXIST;
	if (w->what == SCEP_WRITE_CHECK)
		return 0;
	if (w->what == SCEP_WRITE_DELETE)
		return rev == SCEP_REV_ABSENT ? 0 : table->del(table, txn,
		    &key, 0);
	if (scep_db_pack(rev + 1, scep_buf_span(&w->value), &packed, &err) !=
	    SCEP_OK)
		return DB_LOCK_DEADLOCK;	/* no memory: try again */
	v = scep_dbt(scep_buf_span(&packed));
	r = table->put(table, txn, &key, &v, 0);
	scep_buf_clear(&packed);
	return r;
}

static int
write_log(struct scep_db *db, DB_TXN *txn, uint64_t seq,
    struct scep_span line)
{
	DB			*log = db->table[SCEP_T_LOG];
	uint8_t			 octets[8];
	struct scep_buf		 packed = { NULL, 0 };
	struct scep_error	 err;
	DBT			 key, v;
	int			 r;

	scep_db_seq_key(seq, octets);
	key = scep_dbt(scep_span_make(octets, sizeof(octets)));
	if (scep_db_pack(1, line, &packed, &err) != SCEP_OK)
		return DB_LOCK_DEADLOCK;
	v = scep_dbt(scep_buf_span(&packed));
	r = log->put(log, txn, &key, &v, DB_NOOVERWRITE);
	scep_buf_clear(&packed);
	return r == DB_KEYEXIST ? DB_RUNRECOVERY : r;
}

static int
try(struct scep_db *db, const struct scep_change *change, uint64_t seq)
{
	DB_TXN	*txn;
	size_t	 i;
	int	 r;

	if ((r = db->env->txn_begin(db->env, NULL, &txn, DB_TXN_SYNC)) != 0)
		return r;
	for (i = 0; r == 0 && i < change->n; i++)
		r = write_one(db, txn, &change->write[i]);
	if (r == 0 && change->log.len > 0)
		r = write_log(db, txn, seq, scep_buf_span(&change->log));
	if (r != 0) {
		(void)txn->abort(txn);
		return r;
	}
	return txn->commit(txn, DB_TXN_SYNC);
}

static int
try_again(struct scep_db *db, const struct scep_change *change, uint64_t seq)
{
	struct timespec	 wait = { 0, WAIT_NS };
	int		 i, r;

	for (i = 0; (r = try(db, change, seq)) == DB_LOCK_DEADLOCK &&
	    i < TRIES; i++) {
		(void)nanosleep(&wait, NULL);
		wait.tv_nsec *= wait.tv_nsec < 100000000L ? 2 : 1;
	}
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

	if ((rc = check_whole(db, err)) != SCEP_OK)
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
