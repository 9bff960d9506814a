/*
 * file_fail.c - what the system's refusal of a path means, and what mends it.
 */
#include <sys/stat.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"

#define PATH_MAX_LEN	4096

static const struct {
	int		 no;
	enum scep_err	 code;
	const char	*mend;		/* the path goes behind it */
} remedies[] = {
	{ EROFS, SCEP_E_STORE, "mount -o remount,rw the file system that is "
	    "shown by: findmnt -T" },
	{ ENOSPC, SCEP_E_STORE, "make room on its disk: df -h" },
	{ EDQUOT, SCEP_E_STORE, "make room in the quota: quota; df -h" },
	{ EMFILE, SCEP_E_STORE, "raise the limit of open files (ulimit -n, "
	    "LimitNOFILE=) for" },
	{ ENFILE, SCEP_E_STORE, "raise fs.file-max with sysctl for" },
	{ ENOMEM, SCEP_E_STORE, "raise the limit of memory (ulimit -v, "
	    "MemoryMax=) for" },
	{ EIO, SCEP_E_STORE, "dmesg tells about the disk; restore from a "
	    "backup" },
	{ EISDIR, SCEP_E_CONFIG, "a directory is in the way; move it away: "
	    "mv -t /var/tmp" },
	{ ELOOP, SCEP_E_CONFIG, "a symbolic link is in the way; move it away: "
	    "mv -t /var/tmp" },
	{ ENOTDIR, SCEP_E_CONFIG, "something above it is no directory: namei "
	    "-l" },
};

/* What path is in; "." for a name alone. */
static void
parent(char path[PATH_MAX_LEN])
{
	char	*slash = strrchr(path, '/');

	if (slash == NULL)
		(void)snprintf(path, PATH_MAX_LEN, ".");
	else
		slash[slash == path] = '\0';
}

/* The path, or the nearest above it that is there for us: what is in that
 * may be there, and we are not let through. */
static void
who_refuses(const char *path, char at[PATH_MAX_LEN], struct stat *st)
{
	memset(st, 0, sizeof(*st));
	(void)snprintf(at, PATH_MAX_LEN, "%s", path);
	while (stat(at, st) == -1 && strcmp(at, "/") != 0 &&
	    strcmp(at, ".") != 0)
		parent(at);
}

/* Its mode, or its owner. */
static enum scep_err
not_allowed(const char *path, int no, struct scep_error *err)
{
	const unsigned int	 uid = (unsigned int)geteuid();
	char			 at[PATH_MAX_LEN];
	struct stat		 st;

	(void)scep_fail(err, SCEP_E_CONFIG, "%s: %s", path, strerror(no));
	who_refuses(path, at, &st);
	if (st.st_uid == geteuid())
		return scep_fail_mend(err, "chmod %s %s", S_ISDIR(st.st_mode) ?
		    "u+rwx" : "u+rw", at);
	return scep_fail_mend(err, "%s belongs to uid %u, and this is uid %u: "
	    "run it as that user, or chown %u %s", at,
	    (unsigned int)st.st_uid, uid, uid, at);
}

enum scep_err
scep_file_fail(const char *path, int no, struct scep_error *err)
{
	char	 dir[PATH_MAX_LEN];
	size_t	 i;

	if (no == EACCES || no == EPERM)
		return not_allowed(path, no, err);
	if (no == ENOENT) {
		(void)snprintf(dir, sizeof(dir), "%s", path);
		parent(dir);
		return scep_fail(err, SCEP_E_CONFIG, "%s: %s; its directory "
		    "is missing: mkdir -p %s", path, strerror(no), dir);
	}
	for (i = 0; i < sizeof(remedies) / sizeof(remedies[0]); i++)
		if (remedies[i].no == no)
			return scep_fail(err, remedies[i].code, "%s: %s; %s %s",
			    path, strerror(no), remedies[i].mend, path);
	return scep_fail(err, SCEP_E_STORE, "%s: %s", path, strerror(no));
}
