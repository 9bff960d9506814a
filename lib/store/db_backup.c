/*
 * db_backup.c - a copy of the store while it is at work.
 *
 * First the databases, page by page as Berkeley DB hands them out, and what
 * there is of the logs and of issue.log; then, with the gate closed to
 * commits, what came in meanwhile.  Pages are of different moments: only
 * recovery from the first log on makes one state of them.
 */
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/copy.h"
#include "base/dir.h"
#include "base/error.h"
#include "store/db.h"
#include "store/journal.h"

#define PATH_LEN	(SCEP_DB_PATH + 128)
#define LOG_NAME	32
#define CHUNK		(1UL << 20)	/* Berkeley DB's, but for the last */
#define SPARE		(16UL << 20)	/* logs that come in meanwhile */

struct scep_db_backup {
	struct scep_db			*db;
	const struct scep_store_backup	*to;
	char				 home[PATH_LEN];	/* DIR/db */
	struct scep_copy		 file;		/* being written */
	int				 at_end;	/* of its source */
	char				 next_log[LOG_NAME];
	struct scep_copy		 journal;
	int				 journal_fd;
	uint64_t			 done, total;	/* octets */
	enum scep_err			 rc;	/* of a callback */
	struct scep_error		*err;
};

static int
go_on(void *arg, uint64_t octets)
{
	struct scep_db_backup	*b = arg;

	b->done += octets;
	return b->to->go_on == NULL ||
	    b->to->go_on(b->to->arg, b->done, b->total);
}

/* A file is complete. */
static enum scep_err
end_file(struct scep_db_backup *b, struct scep_copy *copy,
    struct scep_error *err)
{
	const char	*name = copy->path + strlen(b->to->dir) + 1;
	enum scep_err	 rc;

	if ((rc = scep_copy_close(copy, err)) != SCEP_OK)
		return rc;
	return b->to->file(b->to->arg, name, copy->size, copy->sha256, err);
}

/* Databases. */

static int
on_open(DB_ENV *env, const char *name, const char *target, void **handle)
{
	struct scep_db_backup	*b = ((struct scep_db *)env->app_private)->
				    backup;
	char			 path[PATH_LEN];

	(void)snprintf(path, sizeof(path), "%s/%s", target, name);
	b->at_end = 0;
	b->rc = scep_copy_open(&b->file, b->db->journal->chain.md, path, 0600,
	    b->err);
	*handle = b;
	return b->rc == SCEP_OK ? 0 : EIO;
}

/*
 * A short piece is the end of the source, as it was.  Berkeley DB goes on if
 * it grew since, and miscounts; what is new in it is in the logs.
 */
static int
on_write(DB_ENV *env, u_int32_t gigs, u_int32_t offset, u_int32_t size,
    u_int8_t *bytes, void *handle)
{
	struct scep_db_backup	*b = handle;
	const uint64_t		 at = ((uint64_t)gigs << 30) + offset;

	(void)env;
	if (b->at_end)
		return 0;
	b->at_end = size < CHUNK;
	if (at != b->file.size)
		b->rc = scep_fail(b->err, SCEP_E_INTERNAL, "%s: octet %llu "
		    "came at %llu", b->file.path, (unsigned long long)at,
		    (unsigned long long)b->file.size);
	else
		b->rc = scep_copy_add(&b->file, scep_span_make(bytes, size),
		    b->err);
	if (b->rc == SCEP_OK && !go_on(b, size))
		b->rc = scep_fail(b->err, SCEP_E_BUSY, "called off");
	return b->rc == SCEP_OK ? 0 : EIO;
}

/* Called twice where opening failed. */
static int
on_close(DB_ENV *env, const char *name, void *handle)
{
	struct scep_db_backup	*b = handle;

	(void)env;
	(void)name;
	if (b == NULL || b->file.fd == -1 || b->rc != SCEP_OK)
		return 0;
	b->rc = end_file(b, &b->file, b->err);
	return b->rc == SCEP_OK ? 0 : EIO;
}

static enum scep_err
copy_database(struct scep_db_backup *b, const char *name)
{
	DB_ENV	*env = b->db->env;
	int	 r;

	r = env->dbbackup(env, name, b->home, DB_EXCL);
	scep_copy_drop(&b->file);
	if (b->rc != SCEP_OK)
		return b->rc;
	return r == 0 ? SCEP_OK : scep_db_fail(b->db, r, name, b->err);
}

/* Logs. */

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static enum scep_err
copy_log(struct scep_db_backup *b, const char *name, struct scep_error *err)
{
	char		 path[PATH_LEN + LOG_NAME];
	int		 fd;
	enum scep_err	 rc;

	(void)snprintf(path, sizeof(path), "%s/db/%s", b->db->dir, name);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)) == -1)
		return scep_fail(err, SCEP_E_STORE, "%s: %s", path,
		    strerror(errno));
	(void)snprintf(path, sizeof(path), "%s/%s", b->home, name);
	if ((rc = scep_copy_open(&b->file, b->db->journal->chain.md, path,
	    0600, err)) == SCEP_OK &&
	    (rc = scep_copy_fd(&b->file, fd, name, go_on, b, err)) == SCEP_OK)
		rc = end_file(b, &b->file, err);
	scep_copy_drop(&b->file);
	(void)close(fd);
	return rc;
}

/* From next_log on; the last one, which still grows, only if all is set. */
static enum scep_err
copy_logs(struct scep_db_backup *b, int all, struct scep_error *err)
{
	DB_ENV		*env = b->db->env;
	char		**list = NULL;
	size_t		 i, n = 0;
	enum scep_err	 rc = SCEP_OK;
	int		 r;

	if ((r = scep_db_flush(b->db)) != 0 ||
	    (r = env->log_archive(env, &list, DB_ARCH_LOG)) != 0)
		return scep_db_fail(b->db, r, "logs", err);
	while (list != NULL && list[n] != NULL)
		n++;
	if (n > 0)
		qsort(list, n, sizeof(*list), compare_names);
	for (i = 0; rc == SCEP_OK && i < n; i++) {
		if (strcmp(list[i], b->next_log) < 0)
			continue;
		if (i + 1 < n)
			(void)snprintf(b->next_log, sizeof(b->next_log), "%s",
			    list[i + 1]);
		if (i + 1 < n || all)
			rc = copy_log(b, list[i], err);
	}
	free(list);
	return rc;
}

/* issue.log. */

static enum scep_err
begin_journal(struct scep_db_backup *b, struct scep_error *err)
{
	char		 path[PATH_LEN];
	enum scep_err	 rc;

	b->journal_fd = open(b->db->journal->path, O_RDONLY | O_CLOEXEC);
	if (b->journal_fd == -1)
		return scep_fail(err, SCEP_E_STORE, "%s: %s",
		    b->db->journal->path, strerror(errno));
	(void)snprintf(path, sizeof(path), "%s/issue.log", b->to->dir);
	if ((rc = scep_copy_open(&b->journal, b->db->journal->chain.md, path,
	    0600, err)) != SCEP_OK)
		return rc;
	return scep_copy_fd(&b->journal, b->journal_fd,
	    b->db->journal->path, go_on, b, err);
}

static enum scep_err
end_journal(struct scep_db_backup *b, struct scep_error *err)
{
	enum scep_err	 rc;

	if ((rc = scep_copy_fd(&b->journal, b->journal_fd,
	    b->db->journal->path, go_on, b, err)) != SCEP_OK)
		return rc;
	return end_file(b, &b->journal, err);
}

/* All of it. */

/* Logs from here on stay; those before are in the databases already. */
static enum scep_err
hold_logs(struct scep_db *db, struct scep_error *err)
{
	int	 r;

	if ((r = db->env->txn_checkpoint(db->env, 0, 0, DB_FORCE)) != 0)
		return scep_db_fail(db, r, "checkpoint", err);
	(void)pthread_mutex_lock(&db->logs);
	if ((r = db->env->log_archive(db->env, NULL, DB_ARCH_REMOVE)) == 0)
		db->keep_logs = 1;
	(void)pthread_mutex_unlock(&db->logs);
	return r == 0 ? SCEP_OK : scep_db_fail(db, r, "logs", err);
}

static uint64_t
size_of(const char *path)
{
	struct stat	 st;

	return stat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
}

static enum scep_err
add_size(struct scep_db_backup *b, const char *name)
{
	char	 path[PATH_LEN + NAME_MAX];

	(void)snprintf(path, sizeof(path), "%s/db/%s", b->db->dir, name);
	b->total += size_of(path);
	return SCEP_OK;
}

/* Call back for each database. */
static enum scep_err
each_database(struct scep_db_backup *b,
    enum scep_err (*fn)(struct scep_db_backup *, const char *),
    struct scep_error *err)
{
	char		 home[PATH_LEN];
	struct dirent	*e;
	const char	*dot;
	DIR		*dir;
	enum scep_err	 rc = SCEP_OK;

	(void)snprintf(home, sizeof(home), "%s/db", b->db->dir);
	if ((dir = opendir(home)) == NULL)
		return scep_fail(err, SCEP_E_STORE, "%s: %s", home,
		    strerror(errno));
	while (rc == SCEP_OK && (e = readdir(dir)) != NULL) {
		dot = strrchr(e->d_name, '.');
		if (dot != NULL && strcmp(dot, ".db") == 0)
			rc = fn(b, e->d_name);
	}
	(void)closedir(dir);
	return rc;
}

/* Better said now than after an hour. */
static enum scep_err
check_room(struct scep_db_backup *b, struct scep_error *err)
{
	uint64_t	 octets;
	enum scep_err	 rc;

	b->total = size_of(b->db->journal->path);
	if ((rc = each_database(b, add_size, err)) != SCEP_OK)
		return rc;
	if (scep_db_free_disk(b->to->dir, &octets) &&
	    octets < b->total + SPARE)
		return scep_fail(err, SCEP_E_STORE, "%s: no space: %llu MiB "
		    "are free there, and a backup needs some %llu; make "
		    "room, or choose another place", b->to->dir,
		    (unsigned long long)octets >> 20,
		    (unsigned long long)(b->total + SPARE) >> 20);
	return SCEP_OK;
}

static enum scep_err
copy_most(struct scep_db_backup *b, struct scep_error *err)
{
	enum scep_err	 rc;

	if ((rc = each_database(b, copy_database, err)) != SCEP_OK ||
	    (rc = begin_journal(b, err)) != SCEP_OK)
		return rc;
	return copy_logs(b, 0, err);
}

/* Nobody commits meanwhile. */
static enum scep_err
copy_rest(struct scep_db_backup *b, struct scep_error *err)
{
	uint64_t	 last;
	enum scep_err	 rc;

	if ((rc = scep_journal_sync(b->db->journal, err)) != SCEP_OK ||
	    (rc = copy_logs(b, 1, err)) != SCEP_OK ||
	    (rc = end_journal(b, err)) != SCEP_OK ||
	    (rc = scep_dir_sync(b->home, err)) != SCEP_OK ||
	    (rc = scep_dir_sync(b->to->dir, err)) != SCEP_OK ||
	    (rc = scep_db_last_seq(b->db, &last, err)) != SCEP_OK)
		return rc;
	return b->to->end(b->to->arg, last, SCEP_DB_SCHEMA, err);
}

static enum scep_err
copy_all(struct scep_db_backup *b, struct scep_error *err)
{
	DB_ENV		*env = b->db->env;
	enum scep_err	 rc;
	int		 r;

	if ((rc = check_room(b, err)) != SCEP_OK ||
	    (rc = scep_dir_make(b->home, 0700, err)) != SCEP_OK ||
	    (rc = hold_logs(b->db, err)) != SCEP_OK)
		return rc;
	if ((r = env->set_backup_callbacks(env, on_open, on_write,
	    on_close)) != 0)
		return scep_db_fail(b->db, r, "backup", err);
	if ((rc = copy_most(b, err)) != SCEP_OK)
		return rc;
	scep_db_gate_close(&b->db->gate);
	rc = copy_rest(b, err);
	if (!scep_db_gate_open(&b->db->gate) && rc == SCEP_OK)
		rc = scep_fail(err, SCEP_E_BUSY, "%s: its disk is too slow: "
		    "enrolments waited for it; make the backup on a local "
		    "disk, and copy it from there", b->to->dir);
	return rc;
}

/* 0 if another one is at it. */
static int
begin(struct scep_db *db, struct scep_db_backup *b)
{
	int	 mine;

	(void)pthread_mutex_lock(&db->logs);
	if ((mine = db->backup == NULL))
		db->backup = b;
	(void)pthread_mutex_unlock(&db->logs);
	return mine;
}

enum scep_err
scep_db_backup(struct scep_store *store, const struct scep_store_backup *to,
    struct scep_error *err)
{
	struct scep_db		*db = (struct scep_db *)store;
	struct scep_db_backup	 b = {
		.db = db,
		.to = to,
		.file = { .fd = -1 },
		.journal = { .fd = -1 },
		.journal_fd = -1,
		.err = err,
	};
	enum scep_err		 rc;

	if (snprintf(b.home, sizeof(b.home), "%s/db", to->dir) >=
	    SCEP_DB_PATH)
		return scep_fail(err, SCEP_E_USAGE,
		    "%.64s...: the path is too long", to->dir);
	if (!begin(db, &b))
		return scep_fail(err, SCEP_E_BUSY,
		    "another backup is being made; wait for its end");
	rc = copy_all(&b, err);
	scep_copy_drop(&b.file);
	scep_copy_drop(&b.journal);
	if (b.journal_fd != -1)
		(void)close(b.journal_fd);
	(void)pthread_mutex_lock(&db->logs);
	db->backup = NULL;
	db->keep_logs = 0;
	(void)pthread_mutex_unlock(&db->logs);
	return rc;
}
