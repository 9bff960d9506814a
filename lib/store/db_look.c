/*
 * db_look.c - how the store is: whole or broken, its size, the room that is
 * left.
 */
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "store/db.h"

int
scep_db_free_disk(const char *dir, uint64_t *octets)
{
	struct statvfs	 fs;

	*octets = 0;
	if (statvfs(dir, &fs) == -1)
		return 0;
	*octets = (uint64_t)fs.f_bavail * fs.f_frsize;
	return 1;
}

/* Octets of the files in DIR/db, log files included. */
static uint64_t
size_of_files(const struct scep_db *db)
{
	char		 path[SCEP_DB_PATH + 4];
	struct dirent	*entry;
	struct stat	 st;
	uint64_t	 size = 0;
	DIR		*dir;

	(void)snprintf(path, sizeof(path), "%s/db", db->dir);
	if ((dir = opendir(path)) == NULL)
		return 0;
	while ((entry = readdir(dir)) != NULL)
		if (fstatat(dirfd(dir), entry->d_name, &st,
		    AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode))
			size += (uint64_t)st.st_size;
	(void)closedir(dir);
	return size;
}

void
scep_db_look(struct scep_store *store, struct scep_store_facts *out)
{
	struct scep_db	*db = (struct scep_db *)store;

	memset(out, 0, sizeof(*out));
	out->broken = atomic_load(&db->broken) ||
	    scep_journal_is_broken(db->journal);
	out->reserve = db->reserve;
	out->size = size_of_files(db);
	(void)scep_db_free_disk(db->dir, &out->free);
}
