/*
 * file.c - whole files: read with care, written beside and renamed.
 *
 * Knows paths, owners and modes; does not know what is in the files.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "base/file.h"

#define PATH_MAX_LEN	4096

/* EACCES: the file, or a directory above it. */
static enum scep_err
not_readable(const char *path, int secret, struct scep_error *err)
{
	const unsigned int	 uid = (unsigned int)geteuid();
	struct stat		 st;

	if (stat(path, &st) == -1)
		return scep_file_fail(path, EACCES, err);
	if (st.st_uid == geteuid())
		return scep_fail(err, SCEP_E_CONFIG, "%s: not readable for "
		    "uid %u; chmod %s %s", path, uid, secret ? "600" : "u+r",
		    path);
	if (secret)
		return scep_fail(err, SCEP_E_CONFIG, "%s: not readable for "
		    "uid %u; chown %u %s", path, uid, uid, path);
	return scep_fail(err, SCEP_E_CONFIG, "%s: not readable for uid %u; "
	    "chmod a+r %s", path, uid, path);
}

static enum scep_err
open_failed(const char *path, int secret, int no, struct scep_error *err)
{
	struct stat	 st;

	if ((no == ENOENT || no == ENOTDIR) && lstat(path, &st) == -1)
		return scep_fail(err, SCEP_E_NOTFOUND, "%s: no such file",
		    path);
	if (no == ENOENT)
		return scep_fail(err, SCEP_E_NOTFOUND, "%s: no such file: a "
		    "symbolic link to nowhere; readlink %s shows where to",
		    path, path);
	if (no == ELOOP)
		return scep_fail(err, SCEP_E_CONFIG, "%s: a symbolic link; a "
		    "secret must be the file itself: say in scep.conf what "
		    "readlink -f %s shows", path, path);
	if (no == EACCES)
		return not_readable(path, secret, err);
	return scep_fail(err, SCEP_E_CONFIG, "%s: cannot be opened: %s", path,
	    no == ENXIO ? "a socket or a device, not a regular file" :
	    strerror(no));
}

static const char *
kind_of(mode_t mode)
{
	return S_ISDIR(mode) ? "a directory" : S_ISFIFO(mode) ? "a FIFO" :
	    S_ISSOCK(mode) ? "a socket" : "a device";
}

static enum scep_err
check_secret(const char *path, const struct stat *st, struct scep_error *err)
{
	unsigned int	 mode = (unsigned int)st->st_mode & 07777;

	if (st->st_uid != geteuid() && st->st_uid != 0)
		return scep_fail(err, SCEP_E_CONFIG, "%s: belongs to uid %u, "
		    "must belong to uid %u; chown %u %s", path,
		    (unsigned int)st->st_uid, (unsigned int)geteuid(),
		    (unsigned int)geteuid(), path);
	if ((mode & 077) != 0)
		return scep_fail(err, SCEP_E_CONFIG, "%s: mode %04o lets "
		    "others at a secret; chmod 600 %s", path, mode, path);
	return SCEP_OK;
}

/* Read to the end; a file that changes its length meanwhile is refused. */
static enum scep_err
read_fd(int fd, const char *path, size_t size, struct scep_buf *out,
    struct scep_error *err)
{
	size_t	 have = 0;
	ssize_t	 n;

	if ((out->data = OPENSSL_zalloc(size + 1)) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "%s: %zu octets", path,
		    size);
	out->len = size + 1;		/* so that all of it is cleansed */
	while (have <= size) {
		n = read(fd, out->data + have, size + 1 - have);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return scep_fail(err, SCEP_E_CONFIG,
			    "%s: cannot be read: %s", path, strerror(errno));
		if (n == 0)
			break;
		have += (size_t)n;
	}
	if (have != size)
		return scep_fail(err, SCEP_E_CONFIG,
		    "%s: changed while it was read; try again", path);
	out->data[size] = '\0';
	out->len = size;
	return SCEP_OK;
}

static enum scep_err
read_open(int fd, const char *path, int secret, size_t max,
    struct scep_buf *out, struct scep_error *err)
{
	struct stat	 st;
	enum scep_err	 rc;

	if (fstat(fd, &st) == -1)
		return scep_fail(err, SCEP_E_CONFIG, "%s: %s", path,
		    strerror(errno));
	if (!S_ISREG(st.st_mode))
		return scep_fail(err, SCEP_E_CONFIG, "%s: %s, not a regular "
		    "file", path, kind_of(st.st_mode));
	if (secret && (rc = check_secret(path, &st, err)) != SCEP_OK)
		return rc;
	if (st.st_size < 0 || (uintmax_t)st.st_size > max)
		return scep_fail(err, SCEP_E_CONFIG,
		    "%s: %jd octets, at most %zu; is that the right file",
		    path, (intmax_t)st.st_size, max);
	return read_fd(fd, path, (size_t)st.st_size, out, err);
}

static enum scep_err
read_path(const char *path, int secret, size_t max, struct scep_buf *out,
    struct scep_error *err)
{
	struct scep_buf	 fresh = { NULL, 0 };
	enum scep_err	 rc;
	int		 fd;

	/* O_NONBLOCK: opening a FIFO must not wait for a writer. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK |
	    (secret ? O_NOFOLLOW : 0));
	if (fd == -1)
		return open_failed(path, secret, errno, err);
	rc = read_open(fd, path, secret, max, &fresh, err);
	(void)close(fd);
	if (rc != SCEP_OK) {
		scep_buf_clear(&fresh);
		return rc;
	}
	scep_buf_clear(out);
	*out = fresh;
	return SCEP_OK;
}

enum scep_err
scep_file_read(const char *path, size_t max, struct scep_buf *out,
    struct scep_error *err)
{
	return read_path(path, 0, max, out, err);
}

enum scep_err
scep_file_read_secret(const char *path, size_t max, struct scep_buf *out,
    struct scep_error *err)
{
	return read_path(path, 1, max, out, err);
}

static int
write_all(int fd, struct scep_span bytes)
{
	size_t	 done = 0;
	ssize_t	 n;

	while (done < bytes.len) {
		n = write(fd, bytes.data + done, bytes.len - done);
		if (n == -1 && errno != EINTR)
			return -1;
		if (n > 0)
			done += (size_t)n;
	}
	return 0;
}

/* Make the name in the directory durable. */
static int
sync_dir(const char *path)
{
	char		 dir[PATH_MAX_LEN];
	const char	*slash = strrchr(path, '/');
	int		 fd, rc;

	if (slash == NULL)
		(void)snprintf(dir, sizeof(dir), ".");
	else
		(void)snprintf(dir, sizeof(dir), "%.*s",
		    slash == path ? 1 : (int)(slash - path), path);
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return -1;
	rc = fsync(fd);
	(void)close(fd);
	return rc;
}

/* The bytes under a name of their own beside path, on the disk. */
static enum scep_err
write_beside(const char *path, struct scep_span bytes, unsigned int mode,
    char temp[PATH_MAX_LEN], struct scep_error *err)
{
	enum scep_err	 rc = SCEP_OK;
	int		 fd;

	if (snprintf(temp, PATH_MAX_LEN, "%s.XXXXXX", path) >= PATH_MAX_LEN)
		return scep_fail(err, SCEP_E_CONFIG, "%.64s...: longer than "
		    "%d octets", path, PATH_MAX_LEN);
	if ((fd = mkostemp(temp, O_CLOEXEC)) == -1)
		return scep_file_fail(path, errno, err);
	if (fchmod(fd, (mode_t)mode) == -1 || write_all(fd, bytes) == -1 ||
	    fsync(fd) == -1)
		rc = scep_file_fail(path, errno, err);
	(void)close(fd);
	if (rc != SCEP_OK)
		(void)unlink(temp);
	return rc;
}

static enum scep_err
sync_above(const char *path, struct scep_error *err)
{
	return sync_dir(path) == 0 ? SCEP_OK : scep_fail(err, SCEP_E_CONFIG,
	    "%s: its directory cannot be synchronised: %s", path,
	    strerror(errno));
}

enum scep_err
scep_file_create(const char *path, struct scep_span bytes, unsigned int mode,
    struct scep_error *err)
{
	char		 temp[PATH_MAX_LEN];
	enum scep_err	 rc;

	if ((rc = write_beside(path, bytes, mode, temp, err)) != SCEP_OK)
		return rc;
	/* link(2), unlike rename(2), fails where something is. */
	if (link(temp, path) == 0)
		rc = sync_above(path, err);
	else
		rc = errno == EEXIST ? scep_fail(err, SCEP_E_EXISTS,
		    "%s: there already, and not overwritten", path) :
		    scep_fail(err, SCEP_E_CONFIG, "%s: cannot be made: %s",
		    path, strerror(errno));
	(void)unlink(temp);
	return rc;
}

enum scep_err
scep_file_replace(const char *path, struct scep_span bytes,
    unsigned int mode, struct scep_error *err)
{
	char		 temp[PATH_MAX_LEN];
	enum scep_err	 rc;

	if ((rc = write_beside(path, bytes, mode, temp, err)) != SCEP_OK)
		return rc;
	if (rename(temp, path) == 0)
		return sync_above(path, err);
	rc = scep_file_fail(path, errno, err);
	(void)unlink(temp);
	return rc;
}
