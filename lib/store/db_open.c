/*
 * db_open.c - the Berkeley DB environment: opened with recovery, tended,
 * closed.
 *
 * DB_PRIVATE: the regions are in this process's memory, so nobody else may
 * have it open, and none is left behind by a kill (DESIGN 3).  Opened after
 * any fork, never across one.  Without libdb's locks: one of ours lets many
 * read or one write.
 */
#include <sys/resource.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "store/journal.h"

#define RESERVE		(64u << 20)
#define CHECKPOINT_KB	16384
#define CHECKPOINT_MIN	1
#define WRITES		32	/* pages at once, while others commit */
#define PAUSE_US	1000
#define FILES_MIN	64	/* descriptors: tables, indexes, logs, and
				   what else a process has open */

/* How large an environment is; all of its tables are filled in at once. */
struct sizes {
	u_int32_t	 cache;
	u_int32_t	 log_file, log_buffer;	/* octets */
	u_int32_t	 txns;			/* at most so many */
};

static const struct sizes	serving = {
	.cache = 32u << 20,
	.log_file = 4u << 20,		/* to start on a nearly full disk */
	.log_buffer = 1u << 20,
	.txns = 1000,
};

/* As much at once, for some requests in a row: whoever opens it next may do so
 * for one. */
static const struct sizes	small_logs = {
	.cache = 32u << 20,
	.log_file = 128u << 10,
	.log_buffer = 32u << 10,
	.txns = 1000,
};

static const struct sizes	brief = {
	.cache = 1u << 20,
	.log_file = 128u << 10,		/* each opening reads the last one, and
					   zeroes it to its end */
	.log_buffer = 32u << 10,
	.txns = 20,
};

DBT
scep_dbt(struct scep_span bytes)
{
	DBT	 dbt;

	memset(&dbt, 0, sizeof(dbt));
	dbt.data = (void *)(uintptr_t)bytes.data;
	dbt.size = (u_int32_t)bytes.len;
	return dbt;
}

static void
on_event(DB_ENV *env, u_int32_t event, void *info)
{
	(void)info;
	if (event == DB_EVENT_PANIC || event == DB_EVENT_WRITE_FAILED)
		atomic_store(&((struct scep_db *)env->app_private)->broken,
		    1);
}

static enum scep_err
open_env(struct scep_db *db, const struct scep_store_db_options *opt,
    const char *home, struct scep_error *err)
{
	const struct sizes	*sizes = db->brief ? &brief :
				    opt->small_logs ? &small_logs : &serving;
	/* A copy's pages are of different moments: from its first log on. */
	const u_int32_t		 recover = opt->recover ? DB_RECOVER_FATAL :
				    DB_RECOVER;
	DB_ENV			*env;
	int			 r;

	if ((r = db_env_create(&db->env, 0)) != 0) {
		db->env = NULL;
		return scep_db_fail(db, r, "environment", err);
	}
	env = db->env;
	db->cache = db->brief || opt->cache == 0 ? sizes->cache : opt->cache;
	env->app_private = db;
	env->set_errcall(env, scep_db_on_error);
	if ((r = env->set_event_notify(env, on_event)) != 0 ||
	    (r = env->set_cachesize(env, (u_int32_t)(db->cache >> 30),
	    (u_int32_t)(db->cache & ((1u << 30) - 1)), 1)) != 0 ||
	    (r = env->set_lg_bsize(env, sizes->log_buffer)) != 0 ||
	    (r = env->set_lg_max(env, sizes->log_file)) != 0 ||
	    (r = env->set_tx_max(env, sizes->txns)) != 0 ||
	    (r = env->open(env, home, DB_CREATE | DB_INIT_TXN | DB_INIT_LOG |
	    DB_INIT_MPOOL | DB_THREAD | DB_PRIVATE | recover,
	    0600)) != 0)
		return scep_db_fail(db, r, "open with recovery", err);
	return SCEP_OK;
}

/* The checkpoint writes them, all at once. */
static void
close_handle(DB **h)
{
	if (*h != NULL)
		(void)(*h)->close(*h, DB_NOSYNC);
	*h = NULL;
}

/* DIR/db/unclean is there while the store is open, and on the disk before a
 * line of issue.log is written; but of a brief opening, which leaves too few
 * lines unsynced for that. */
static void
marker_path(const struct scep_db *db, char out[SCEP_DB_PATH])
{
	(void)snprintf(out, SCEP_DB_PATH, "%.1000s/db/unclean", db->dir);
}

static int
is_unclean(const struct scep_db *db)
{
	char	 path[SCEP_DB_PATH];

	marker_path(db, path);
	return access(path, F_OK) == 0;
}

enum scep_err
scep_db_sync_home(const struct scep_db *db, struct scep_error *err)
{
	char	 path[SCEP_DB_PATH];
	int	 fd, r = 0;

	(void)snprintf(path, sizeof(path), "%.1000s/db", db->dir);
	if ((fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1)
		return scep_file_fail(path, errno, err);
	if (fsync(fd) == -1 && errno != EINVAL)		/* of no use there */
		r = errno;
	(void)close(fd);
	return r == 0 ? SCEP_OK : scep_file_fail(path, r, err);
}

static enum scep_err
make_marker(const struct scep_db *db, int durable, struct scep_error *err)
{
	char	 path[SCEP_DB_PATH];
	int	 fd;

	marker_path(db, path);
	if ((fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600)) == -1)
		return scep_file_fail(path, errno, err);
	(void)close(fd);
	return durable ? scep_db_sync_home(db, err) : SCEP_OK;
}

enum scep_err
scep_db_mark(struct scep_db *db, struct scep_error *err)
{
	return make_marker(db, 1, err);
}

/* libdb writes all that is in a private cache here in any case.  With a
 * checkpoint, and no table open any more, the next recovery has no log to read
 * and no table to open. */
static void
close_env(struct scep_db *db, int clean)
{
	struct scep_db_log_end	 end;
	char			 path[SCEP_DB_PATH];

	if (clean)
		(void)db->env->txn_checkpoint(db->env, 0, 0, DB_FORCE);
	scep_db_log_end(db, &end);
	if (db->env->close(db->env, 0) != 0 || !clean)
		return;
	scep_db_trim(db, &end);
	marker_path(db, path);
	(void)unlink(path);
}

/* Indexes, and lines of the journal, which opening it adds. */
static enum scep_err
end_bulk(struct scep_db *db, struct scep_error *err)
{
	const uint64_t	 last = db->journal->next - 1;
	enum scep_err	 rc;

	(void)scep_journal_close(db->journal);
	db->journal = NULL;
	if ((rc = scep_db_end_bulk(db, err)) != SCEP_OK)
		return rc;
	return scep_journal_open(db, last, NULL, &db->journal, err);
}

static void
db_close(struct scep_store *store)
{
	struct scep_db		*db = (struct scep_db *)store;
	struct scep_error	 err;
	int			 i, clean = db->journal != NULL &&
				    !atomic_load(&db->broken);

	if (db->bulk && clean && end_bulk(db, &err) != SCEP_OK) {
		scep_db_say(db, "%s", err.text);
		clean = 0;
	}
	clean = scep_journal_close(db->journal) && clean;
	for (i = 0; i < SCEP_TREE__MAX; i++)
		close_handle(&db->tree[i]);
	if (db->env != NULL)
		close_env(db, clean);
	(void)pthread_mutex_destroy(&db->trees);
	(void)pthread_rwlock_destroy(&db->pages);
	(void)pthread_mutex_destroy(&db->flush);
	(void)pthread_mutex_destroy(&db->tending);
	(void)pthread_mutex_destroy(&db->why_mutex);
	scep_db_gate_free(&db->gate);
	(void)pthread_mutex_destroy(&db->logs);
	free(db);
}

/* A backup under way needs them all. */
static int
remove_old_logs(struct scep_db *db)
{
	int	 r = 0;

	(void)pthread_mutex_lock(&db->logs);
	if (!db->keep_logs)
		r = db->env->log_archive(db->env, NULL, DB_ARCH_REMOVE);
	(void)pthread_mutex_unlock(&db->logs);
	return r;
}

/* After so much log; an opening after a kill reads as much, and what has come
 * since.  The pages are written slowly, as commits go on meanwhile. */
static int
checkpoint(struct scep_db *db)
{
	const int	 slowly = !db->brief && !db->bulk;
	int		 r;

	if (slowly && (r = db->env->set_mp_max_write(db->env, WRITES,
	    PAUSE_US)) != 0)
		return r;
	r = db->env->txn_checkpoint(db->env, CHECKPOINT_KB, CHECKPOINT_MIN,
	    0);
	if (slowly)
		(void)db->env->set_mp_max_write(db->env, 0, 0);
	return r;
}

static enum scep_err
tend(struct scep_db *db, struct scep_error *err)
{
	uint64_t	 octets;
	enum scep_err	 rc;
	int		 r;

	scep_db_calm(db);
	if (atomic_load(&db->broken) || scep_journal_is_broken(db->journal))
		return scep_fail(err, SCEP_E_STORE,
		    "%s/db is broken; a restart recovers it", db->dir);
	if ((r = checkpoint(db)) != 0)
		return scep_db_fail(db, r, "checkpoint", err);
	if ((r = remove_old_logs(db)) != 0)
		return scep_db_fail(db, r, "remove old logs", err);
	if ((rc = scep_journal_sync(db->journal, err)) != SCEP_OK ||
	    (!db->brief && (rc = scep_db_make_ahead(db, err)) != SCEP_OK))
		return rc;
	if (!db->brief)
		scep_db_warm(db);
	atomic_store(&db->room, 0);
	if (!scep_db_free_disk(db->dir, &octets) || octets / 2 >= db->reserve)
		atomic_store(&db->low, 0);
	else if (atomic_exchange(&db->low, 1) == 0)
		scep_db_say(db, "%s: %llu MiB of disk are left; below %zu MiB "
		    "nothing is issued", db->dir,
		    (unsigned long long)octets >> 20, db->reserve >> 20);
	return SCEP_OK;
}

static enum scep_err
db_tend(struct scep_store *store, struct scep_error *err)
{
	struct scep_db	*db = (struct scep_db *)store;
	enum scep_err	 rc;

	(void)pthread_mutex_lock(&db->tending);
	rc = tend(db, err);
	(void)pthread_mutex_unlock(&db->tending);
	return rc;
}

static const struct scep_store_ops	db_ops = {
	.get = scep_db_get,
	.scan = scep_db_scan,
	.scan_index = scep_db_scan_index,
	.walk = scep_db_walk,
	.weigh = scep_db_weigh,
	.commit = scep_db_commit,
	.tend = db_tend,
	.look = scep_db_look,
	.backup = scep_db_backup,
	.close = db_close,
};

static enum scep_err
check_home(const char *home, struct scep_error *err)
{
	struct stat	 st;

	if (mkdir(home, 0700) == -1 && errno != EEXIST)
		return scep_file_fail(home, errno, err);
	if (stat(home, &st) == -1)
		return scep_file_fail(home, errno, err);
	if (!S_ISDIR(st.st_mode))
		return scep_fail(err, SCEP_E_CONFIG, "%s: not a directory; "
		    "move it away (mv %s %s.old), and restore the database "
		    "from a backup", home, home, home);
	if (access(home, R_OK | W_OK | X_OK) == -1)
		return scep_file_fail(home, errno, err);
	return SCEP_OK;
}

/* Short of descriptors Berkeley DB sleeps and tries again, for minutes. */
static enum scep_err
check_descriptors(const char *home, struct scep_error *err)
{
	struct rlimit	 limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1 ||
	    limit.rlim_cur >= FILES_MIN)
		return SCEP_OK;
	return scep_fail(err, SCEP_E_STORE, "%s: too many open files: the "
	    "limit is %lu, and it takes %d; raise it (ulimit -n, "
	    "LimitNOFILE=)", home, (unsigned long)limit.rlim_cur, FILES_MIN);
}

static enum scep_err
open_store(struct scep_db *db, const struct scep_store_db_options *opt,
    struct scep_error *err)
{
	char		 home[SCEP_DB_PATH + 4];
	uint64_t	 last;
	enum scep_err	 rc;

	(void)snprintf(home, sizeof(home), "%s/db", db->dir);
	db->unclean = is_unclean(db);
	/* An opening may find the room, and what comes then would not. */
	if (scep_db_is_full(db))
		return scep_file_fail(home, ENOSPC, err);
	if ((rc = check_descriptors(home, err)) != SCEP_OK ||
	    (rc = check_home(home, err)) != SCEP_OK ||
	    (rc = open_env(db, opt, home, err)) != SCEP_OK ||
	    (rc = scep_db_open_tables(db, err)) != SCEP_OK ||
	    (rc = scep_db_last_seq(db, &last, err)) != SCEP_OK ||
	    (rc = scep_journal_open(db, last, opt->sha256, &db->journal,
	    err)) != SCEP_OK ||
	    (rc = make_marker(db, !db->brief, err)) != SCEP_OK)
		return rc;
	if (db->unclean)
		scep_db_say(db, "%s/db: recovered after an unclean stop",
		    db->dir);
	if (opt->bulk && (rc = scep_db_begin_bulk(db, err)) != SCEP_OK)
		return rc;
	db->bulk = opt->bulk;
	return SCEP_OK;
}

enum scep_err
scep_store_db_open(const struct scep_store_db_options *opt,
    struct scep_store **out, struct scep_error *err)
{
	pthread_rwlockattr_t	 attr;
	struct scep_db		*db;
	enum scep_err		 rc;

	*out = NULL;
	if (strlen(opt->dir) > SCEP_DB_PATH - 32)
		return scep_fail(err, SCEP_E_CONFIG,
		    "state directory: the path is too long");
	if ((db = calloc(1, sizeof(*db))) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "store");
	(void)pthread_mutex_init(&db->why_mutex, NULL);
	(void)pthread_mutex_init(&db->trees, NULL);
	(void)pthread_rwlockattr_init(&attr);
	(void)pthread_rwlockattr_setkind_np(&attr,
	    PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	(void)pthread_rwlock_init(&db->pages, &attr);
	(void)pthread_mutex_init(&db->flush, NULL);
	(void)pthread_mutex_init(&db->tending, NULL);
	db->store.ops = &db_ops;
	(void)snprintf(db->dir, sizeof(db->dir), "%s", opt->dir);
	db->reserve = opt->reserve != 0 ? opt->reserve : RESERVE;
	db->brief = opt->brief;
	db->say = opt->say;
	db->say_arg = opt->say_arg;
	(void)pthread_mutex_init(&db->logs, NULL);
	if ((rc = scep_db_gate_init(&db->gate, err)) != SCEP_OK ||
	    (rc = open_store(db, opt, err)) != SCEP_OK) {
		db_close(&db->store);
		return rc;
	}
	*out = &db->store;
	return SCEP_OK;
}
