/*
 * db_ahead.c - files of the log that are there before libdb wants them, full
 * of zeros.
 *
 * The sync of a file that grew waits for the file system's own log, and that
 * for what others wrote; where octets are only replaced, it waits for these
 * alone.  libdb takes a file that it finds as it is, and an opening removes
 * those behind the last record.  Where one cannot be made, libdb makes its
 * own.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/error.h"
#include "store/db.h"

#define CHUNK	(256u << 10)	/* commits wait for the same disk */
#define MOST	8		/* files */

/* 0 if not all of it is on the disk. */
static int
fill(int fd, uint32_t size)
{
	static const uint8_t	 zeros[CHUNK];
	uint32_t		 at, n;

	if (posix_fallocate(fd, 0, (off_t)size) != 0)
		return 0;
	for (at = 0; at < size; at += n) {
		n = size - at < CHUNK ? size - at : CHUNK;
		if (pwrite(fd, zeros, n, (off_t)at) != (ssize_t)n ||
		    fdatasync(fd) == -1)
			return 0;
	}
	return fsync(fd) == 0;
}

/* A file is there with all its zeros, or not at all; and no commit is told of
 * while the name may still get lost.  One that libdb has made meanwhile
 * stays.  *made is 0 if that cannot be done here. */
static enum scep_err
give_name(struct scep_db *db, const char *path, const char *name, int *made,
    struct scep_error *err)
{
	enum scep_err	 rc = SCEP_OK;

	(void)pthread_mutex_lock(&db->flush);
	*made = link(path, name) == 0 || errno == EEXIST;
	if (*made && (rc = scep_db_sync_home(db, err)) != SCEP_OK)
		atomic_store(&db->broken, 1);
	(void)pthread_mutex_unlock(&db->flush);
	return rc;
}

/* A log that came to this file meanwhile may be beyond it, and a backup have
 * removed it: made again, it would stay, as nobody wants it any more. */
static enum scep_err
put_in_place(struct scep_db *db, const char *path, uint32_t file, int *made,
    struct scep_error *err)
{
	struct scep_db_log_end	 end;
	char			 name[SCEP_DB_LOG_PATH];
	enum scep_err		 rc = SCEP_OK;

	scep_db_log_path(db, file, name);
	(void)pthread_mutex_lock(&db->logs);
	scep_db_log_end(db, &end);
	if (end.file < file)
		rc = give_name(db, path, name, made, err);
	(void)pthread_mutex_unlock(&db->logs);
	return rc;
}

static enum scep_err
make(struct scep_db *db, uint32_t file, uint32_t size, int *made,
    struct scep_error *err)
{
	char		 path[SCEP_DB_LOG_PATH];
	enum scep_err	 rc = SCEP_OK;
	int		 fd;

	(void)snprintf(path, sizeof(path), "%s/db/ahead", db->dir);
	(void)unlink(path);		/* of one that was killed */
	if ((fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
	    0600)) == -1) {
		*made = 0;
		return SCEP_OK;
	}
	*made = fill(fd, size);
	(void)close(fd);
	if (*made)
		rc = put_in_place(db, path, file, made, err);
	(void)unlink(path);
	return rc;
}

/* As many as were used since the last time, and one; none for a log that
 * hardly grows. */
static uint32_t
how_many(struct scep_db *db, const struct scep_db_log_end *end, uint32_t size)
{
	const uint32_t	 used = db->ahead == 0 ? 0 : end->file - db->ahead;

	db->ahead = end->file;
	if (used == 0 && end->offset < size / 4)
		return 0;
	return used < MOST ? used + 1 : MOST;
}

static int
has_room(const struct scep_db *db, uint32_t size)
{
	uint64_t	 octets;

	return !scep_db_free_disk(db->dir, &octets) ||
	    octets / 2 >= db->reserve + size;
}

enum scep_err
scep_db_make_ahead(struct scep_db *db, struct scep_error *err)
{
	struct scep_db_log_end	 end;
	char			 name[SCEP_DB_LOG_PATH];
	uint32_t		 i, n, size;
	enum scep_err		 rc = SCEP_OK;
	int			 made = 1;

	scep_db_log_end(db, &end);
	if (db->no_ahead || end.file == 0 ||
	    db->env->get_lg_max(db->env, &size) != 0)
		return SCEP_OK;
	n = how_many(db, &end, size);
	for (i = 1; rc == SCEP_OK && made && i <= n; i++) {
		scep_db_log_path(db, end.file + i, name);
		if (access(name, F_OK) == 0)
			continue;
		if (!has_room(db, size))
			break;
		rc = make(db, end.file + i, size, &made, err);
	}
	db->no_ahead = !made;		/* not every second in vain */
	return rc;
}
