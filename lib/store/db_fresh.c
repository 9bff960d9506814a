/*
 * db_fresh.c - rows whose transaction has been committed and not yet synced.
 *
 * The locks of a transaction go before its sync, so that others need not wait
 * for the disk.  They may build on what it wrote: their own sync comes later
 * in the same log.  But who only reads would tell of it at once, and after a
 * power cut it had never been: he syncs first.  That is rare, as few rows are
 * in between, for the time of a sync.
 *
 * A sync that failed is not tried again: Linux forgets what it could not
 * write, and says yes to the next one.  Rows of a commit that failed so stay
 * in between for ever, and are read by nobody until a restart finds out what
 * became of them.
 */
#include "base/error.h"
#include "store/journal.h"

static unsigned int
slot(enum scep_table table, struct scep_span key)
{
	uint32_t	 h = 2166136261u ^ (uint32_t)table;
	size_t		 i;

	for (i = 0; i < key.len; i++)
		h = (h ^ key.data[i]) * 16777619u;
	return (h ^ h >> 16) % SCEP_DB_HOT;
}

/* Who finds a transaction as the newest of its prefix reads its row besides,
 * and settles then. */
static void
count(struct scep_db *db, const struct scep_change *change, int by)
{
	const struct scep_write	*w;
	size_t			 i;

	for (i = 0; i < change->n; i++) {
		w = &change->write[i];
		if (w->what != SCEP_WRITE_CHECK)
			atomic_fetch_add(&db->hot[slot(w->table,
			    scep_buf_span(&w->key))], by);
	}
	atomic_fetch_add(&db->fresh, by);
}

void
scep_db_fresh_add(struct scep_db *db, const struct scep_change *change)
{
	count(db, change, 1);
}

void
scep_db_fresh_remove(struct scep_db *db, const struct scep_change *change)
{
	count(db, change, -1);
}

int
scep_db_flush(struct scep_db *db)
{
	int	 r = DB_RUNRECOVERY;

	(void)pthread_mutex_lock(&db->flush);
	if (!atomic_load(&db->broken) &&
	    (r = db->env->log_flush(db->env, NULL)) != 0)
		atomic_store(&db->broken, 1);
	(void)pthread_mutex_unlock(&db->flush);
	return r;
}

/* A migration writes before there is a journal. */
static int
settle(struct scep_db *db)
{
	return db->journal != NULL && scep_journal_is_broken(db->journal) ?
	    DB_RUNRECOVERY : scep_db_flush(db);
}

int
scep_db_settle(struct scep_db *db, enum scep_table table,
    struct scep_span key)
{
	return atomic_load(&db->fresh) == 0 ||
	    atomic_load(&db->hot[slot(table, key)]) == 0 ? 0 : settle(db);
}

int
scep_db_settle_all(struct scep_db *db)
{
	return atomic_load(&db->fresh) == 0 ? 0 : settle(db);
}
