/*
 * db_trim.c - the last log file, cut to what is in it.
 *
 * libdb makes a log file as long as it may become, and each opening with
 * recovery writes zeros from the last record to the end of the file, which
 * the next commit then waits for.  A file without such a rest needs none,
 * and libdb appends to it all the same.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "store/db.h"

#define CHUNK	4096

void
scep_db_log_end(struct scep_db *db, struct scep_db_log_end *end)
{
	DB_LOG_STAT	*st;

	end->file = 0;
	if (db->env->log_stat(db->env, &st, 0) != 0)
		return;
	end->file = st->st_cur_file;
	end->offset = st->st_cur_offset;
	free(st);
}

/* Only zeros from here on: no record, whatever libdb said where the last one
 * ends. */
static int
is_rest(int fd, off_t at)
{
	uint8_t	 buf[CHUNK];
	ssize_t	 n, i;

	while ((n = pread(fd, buf, sizeof(buf), at)) > 0) {
		for (i = 0; i < n; i++)
			if (buf[i] != 0)
				return 0;
		at += n;
	}
	return n == 0;
}

void
scep_db_log_path(const struct scep_db *db, uint32_t file,
    char out[SCEP_DB_LOG_PATH])
{
	(void)snprintf(out, SCEP_DB_LOG_PATH, "%s/db/log.%010" PRIu32, db->dir,
	    file);
}

/* Files made ahead, and not used. */
static void
remove_rest(const struct scep_db *db, uint32_t file)
{
	char	 path[SCEP_DB_LOG_PATH];
	int	 fd, unused = 1;

	for (; unused; file++) {
		scep_db_log_path(db, file, path);
		if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)) == -1)
			return;
		unused = is_rest(fd, 0) && unlink(path) == 0;
		(void)close(fd);
	}
}

void
scep_db_trim(const struct scep_db *db, const struct scep_db_log_end *end)
{
	char	 path[SCEP_DB_LOG_PATH];
	off_t	 at = (off_t)end->offset;
	int	 fd;

	if (end->file == 0)
		return;
	remove_rest(db, end->file + 1);
	scep_db_log_path(db, end->file, path);
	if ((fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW)) == -1)
		return;
	if (lseek(fd, 0, SEEK_END) > at && is_rest(fd, at))
		(void)!ftruncate(fd, at);	/* if not, it is zeroed */
	(void)close(fd);
}
