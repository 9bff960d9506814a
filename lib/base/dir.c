/*
 * dir.c - directories: made, looked into, made durable, removed.
 */
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/dir.h"
#include "base/error.h"

#define PATH_LEN	4096
#define DEPTH_MAX	64

enum scep_err
scep_dir_make(const char *path, unsigned int mode, struct scep_error *err)
{
	struct stat	 st;

	if (mkdir(path, (mode_t)mode) == 0)
		return SCEP_OK;
	if (errno == EEXIST && stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return SCEP_OK;
	return scep_fail(err, SCEP_E_STORE, "%s: cannot make this directory: "
	    "%s", path, strerror(errno));
}

enum scep_err
scep_dir_make_above(const char *path, size_t from, unsigned int mode,
    struct scep_error *err)
{
	char		 above[PATH_LEN];
	const char	*slash = path + from;
	enum scep_err	 rc;

	while ((slash = strchr(slash, '/')) != NULL) {
		if (snprintf(above, sizeof(above), "%.*s",
		    (int)(slash - path), path) >= (int)sizeof(above))
			return scep_fail(err, SCEP_E_CONFIG,
			    "%.64s...: longer than %d octets", path,
			    PATH_LEN);
		if (above[0] != '\0' &&
		    (rc = scep_dir_make(above, mode, err)) != SCEP_OK)
			return rc;
		slash++;
	}
	return SCEP_OK;
}

enum scep_err
scep_dir_empty(const char *path, struct scep_error *err)
{
	struct dirent	*e;
	DIR		*dir;
	int		 found = 0;

	if ((dir = opendir(path)) == NULL)
		return scep_fail(err, errno == ENOENT ? SCEP_E_NOTFOUND :
		    SCEP_E_STORE, "%s: %s", path, strerror(errno));
	while (!found && (e = readdir(dir)) != NULL)
		found = strcmp(e->d_name, ".") != 0 &&
		    strcmp(e->d_name, "..") != 0;
	(void)closedir(dir);
	return found ? scep_fail(err, SCEP_E_EXISTS, "%s: not empty", path) :
	    SCEP_OK;
}

/* The directory at path, or the nearest one above it that is there. */
static int
open_nearest(const char *path)
{
	char	 at[PATH_LEN], *slash;
	int	 fd;

	if (snprintf(at, sizeof(at), "%s", path) >= (int)sizeof(at))
		return -1;
	for (;;) {
		fd = open(at[0] != '\0' ? at : "/", O_PATH | O_DIRECTORY |
		    O_CLOEXEC);
		if (fd != -1 || (errno != ENOENT && errno != ENOTDIR) ||
		    (slash = strrchr(at, '/')) == NULL)
			return fd;
		*slash = '\0';
	}
}

/* From the directory upwards to the root; each is compared with outer. */
static int
climb(int fd, const struct stat *outer)
{
	struct stat	 here, above;
	int		 i, up, inside = 0;

	for (i = 0; !inside && i < DEPTH_MAX && fstat(fd, &here) == 0; i++) {
		inside = here.st_dev == outer->st_dev &&
		    here.st_ino == outer->st_ino;
		up = openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
		(void)close(fd);
		if ((fd = up) == -1 || fstat(fd, &above) == -1 ||
		    (above.st_dev == here.st_dev &&
		    above.st_ino == here.st_ino))
			break;
	}
	if (fd != -1)
		(void)close(fd);
	return inside;
}

enum scep_err
scep_dir_outside(const char *path, const char *outer, struct scep_error *err)
{
	struct stat	 st;
	int		 fd;

	if (stat(outer, &st) == -1)
		return scep_fail(err, SCEP_E_CONFIG, "%s: %s", outer,
		    strerror(errno));
	if ((fd = open_nearest(path)) == -1)
		return scep_fail(err, SCEP_E_STORE, "%s: %s", path,
		    strerror(errno));
	if (climb(fd, &st))
		return scep_fail(err, SCEP_E_REFUSED, "%s is in %s; choose "
		    "another place", path, outer);
	return SCEP_OK;
}

enum scep_err
scep_dir_sync(const char *path, struct scep_error *err)
{
	int	 fd, rc;

	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	rc = fd == -1 ? -1 : fsync(fd);
	if (rc == -1)
		(void)scep_fail(err, SCEP_E_STORE,
		    "%s: cannot be synchronised: %s", path, strerror(errno));
	if (fd != -1)
		(void)close(fd);
	return rc == 0 ? SCEP_OK : SCEP_E_STORE;
}

/* An entry of the directory open as dir; 0 if it cannot be removed. */
static int
remove_one(int dir, const char *name, int depth)
{
	struct dirent	*e;
	DIR		*d;
	int		 fd, ok = 1;

	if (unlinkat(dir, name, 0) == 0)
		return 1;
	fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
	    O_CLOEXEC);
	if (fd == -1 || depth == DEPTH_MAX || (d = fdopendir(fd)) == NULL) {
		if (fd != -1)
			(void)close(fd);
		return 0;
	}
	while (ok && (e = readdir(d)) != NULL)
		if (strcmp(e->d_name, ".") != 0 &&
		    strcmp(e->d_name, "..") != 0)
			ok = remove_one(fd, e->d_name, depth + 1);
	(void)closedir(d);
	return ok && unlinkat(dir, name, AT_REMOVEDIR) == 0;
}

void
scep_dir_remove(const char *path, int self)
{
	struct dirent	*e;
	DIR		*d;

	if ((d = opendir(path)) == NULL)
		return;
	while ((e = readdir(d)) != NULL)
		if (strcmp(e->d_name, ".") != 0 &&
		    strcmp(e->d_name, "..") != 0)
			(void)remove_one(dirfd(d), e->d_name, 0);
	(void)closedir(d);
	if (self)
		(void)rmdir(path);
}
