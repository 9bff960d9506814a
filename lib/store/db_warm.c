/*
 * db_warm.c - the indexes are read ahead, some at each tend, into the file
 * system's cache.
 *
 * Their keys are hashes and random numbers: each certificate wants pages of
 * its own, which after a start of the machine are all on the disk.
 */
#include <sys/stat.h>
#include <sys/sysinfo.h>

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "store/db.h"

#define STEP	((off_t)64 << 20)	/* octets at a time */

/* What is there, but no more than half of the machine's memory: what does not
 * fit would only drive out what does. */
static off_t
end_of(int fd)
{
	const off_t	 half = (off_t)get_phys_pages() / 2 * getpagesize();
	struct stat	 st;

	if (fstat(fd, &st) == -1)
		return 0;
	return st.st_size < half ? st.st_size : half;
}

void
scep_db_warm(struct scep_db *db)
{
	char	 path[SCEP_DB_PATH + 32];
	off_t	 end, n;
	int	 fd;

	if (db->is_warm)
		return;
	(void)snprintf(path, sizeof(path), "%s/db/%s", db->dir,
	    scep_db_tree_file(SCEP_TREE_INDEX));
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return;
	end = end_of(fd);
	n = end - db->warm < STEP ? end - db->warm : STEP;
	if (n > 0 && posix_fadvise(fd, db->warm, n, POSIX_FADV_WILLNEED) == 0)
		db->warm += n;
	else
		db->is_warm = 1;	/* or that cannot be had here */
	(void)close(fd);
}
