/*
 * hook_check.c - may this program be run?  Who can write it, or put another
 * in its place, decides who enrols.
 */
#include <sys/stat.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include "base/error.h"
#include "ca/hook.h"

#define OTHERS	(S_IWGRP | S_IWOTH)

static enum scep_err
check_owner(const char *path, const struct stat *st, uid_t us,
    struct scep_error *err)
{
	return st->st_uid == 0 || st->st_uid == us ? SCEP_OK :
	    scep_fail(err, SCEP_E_CONFIG, "%s belongs to uid %u, who could "
	    "change it: neither root nor uid %u, who runs it; chown root %s",
	    path, (unsigned int)st->st_uid, (unsigned int)us, path);
}

/* A sticky one, such as /tmp, keeps what others have in it; right above the
 * program it is not good enough. */
static enum scep_err
check_dir(const char *path, int is_first, uid_t us, struct scep_error *err)
{
	struct stat	 st;

	if (stat(path, &st) == -1)
		return scep_fail(err, SCEP_E_CONFIG, "%s: %s", path,
		    strerror(errno));
	if ((st.st_mode & OTHERS) != 0 &&
	    (is_first || (st.st_mode & S_ISVTX) == 0))
		return scep_fail(err, SCEP_E_CONFIG, "mode %04o of directory "
		    "%s lets others put another program there; chmod go-w %s",
		    (unsigned int)st.st_mode & 07777, path, path);
	return check_owner(path, &st, us, err);
}

/* Up to the root. */
static enum scep_err
check_dirs(const char *target, uid_t us, struct scep_error *err)
{
	char		 path[SCEP_HOOK_TARGET];
	char		*slash;
	enum scep_err	 rc = SCEP_OK;
	int		 is_first = 1;

	memcpy(path, target, strlen(target) + 1);
	while (rc == SCEP_OK && (slash = strrchr(path, '/')) != NULL) {
		*slash = '\0';
		rc = check_dir(slash == path ? "/" : path, is_first, us, err);
		is_first = 0;
	}
	return rc;
}

static enum scep_err
check_file(const char *path, uid_t us, struct scep_error *err)
{
	struct stat	 st;
	enum scep_err	 rc;

	if (stat(path, &st) == -1)
		return scep_fail(err, SCEP_E_CONFIG, "%s", strerror(errno));
	if (!S_ISREG(st.st_mode))
		return scep_fail(err, SCEP_E_CONFIG, "it is no file");
	if ((st.st_mode & OTHERS) != 0)
		return scep_fail(err, SCEP_E_CONFIG, "mode %04o lets others "
		    "change it; chmod go-w %s",
		    (unsigned int)st.st_mode & 07777, path);
	if ((rc = check_owner(path, &st, us, err)) != SCEP_OK)
		return rc;
	return access(path, X_OK) == 0 ? SCEP_OK : scep_fail(err,
	    SCEP_E_CONFIG, "it cannot be executed: %s; chmod +x %s",
	    strerror(errno), path);
}

/* A link could be turned round by whoever has its directory: none is on the
 * way. */
static enum scep_err
check_path(const char *path, struct scep_error *err)
{
	char		*real = realpath(path, NULL);
	enum scep_err	 rc = SCEP_OK;

	if (real == NULL)
		return scep_fail(err, SCEP_E_CONFIG, "%s; install the program "
		    "there, or name another", strerror(errno));
	if (strcmp(real, path) != 0)
		rc = scep_fail(err, SCEP_E_CONFIG, "the way leads over a "
		    "link; name the program itself, exec:%s", real);
	free(real);
	return rc;
}

static enum scep_err
check_exec(const char *path, uid_t us, struct scep_error *err)
{
	enum scep_err	 rc;

	if ((rc = check_path(path, err)) != SCEP_OK ||
	    (rc = check_file(path, us, err)) != SCEP_OK)
		return rc;
	return check_dirs(path, us, err);
}

/* As libcurl reads it at each call. */
static enum scep_err
check_authorities(const struct scep_hook *hook, struct scep_error *err)
{
	X509_STORE	*store;
	int		 ok;

	if (access(hook->ca_path, R_OK) == -1)
		return scep_fail(err, SCEP_E_CONFIG, "%s: %s; it is to have "
		    "the authorities of %s, as PEM", hook->ca_path,
		    strerror(errno), hook->target);
	if ((store = X509_STORE_new()) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "%s", hook->ca_path);
	ok = X509_STORE_load_file(store, hook->ca_path);
	X509_STORE_free(store);
	ERR_clear_error();
	return ok == 1 ? SCEP_OK : scep_fail(err, SCEP_E_CONFIG, "%s: no "
	    "certificates as PEM, or a damaged one; it is to have the "
	    "authorities of %s", hook->ca_path, hook->target);
}

enum scep_err
scep_hook_check(const struct scep_hook *hook, uid_t us,
    struct scep_error *err)
{
	enum scep_err	 rc = SCEP_OK;

	if (hook->kind == SCEP_HOOK_EXEC &&
	    (rc = check_exec(hook->target, us, err)) != SCEP_OK)
		(void)scep_fail_within(err, "exec:%s", hook->target);
	else if (hook->ca_path[0] != '\0')
		rc = check_authorities(hook, err);
	return rc;
}
