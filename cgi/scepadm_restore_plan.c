/*
 * scepadm_restore_plan.c - is the backup whole, where does it go, and is
 * there anything in the way?
 *
 * Writes nothing.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/copy.h"
#include "base/dir.h"
#include "base/file.h"
#include "cgi/scepadm_restore.h"
#include "cgi/state.h"

#define STAGE	"restore.tmp"
#define CHUNK	65536

static enum scep_err
join(struct restore *r, const char *dir, const char *name,
    char out[RESTORE_PATH])
{
	if (snprintf(out, RESTORE_PATH, "%s%s%s", dir, name[0] != '\0' ?
	    "/" : "", name) < RESTORE_PATH)
		return SCEP_OK;
	return scep_fail(&r->adm->err, SCEP_E_USAGE,
	    "%.64s...: longer than %d octets", dir, RESTORE_PATH);
}

/* The backup. */

static enum scep_err
read_manifest(struct restore *r)
{
	struct scep_error	*err = &r->adm->err;
	struct scep_buf		 json = { NULL, 0 };
	struct stat		 st;
	char			 path[RESTORE_PATH];
	enum scep_err		 rc;

	if (stat(r->dir, &st) == -1)
		return scep_fail(err, errno == ENOENT ? SCEP_E_NOTFOUND :
		    SCEP_E_CONFIG, "%s: %s", r->dir, strerror(errno));
	if ((rc = join(r, r->dir, SCEP_MANIFEST_NAME, path)) != SCEP_OK)
		return rc;
	rc = scep_file_read(path, SCEP_MANIFEST_MAX, &json, err);
	if (rc == SCEP_E_NOTFOUND)
		return scep_fail(err, SCEP_E_REFUSED, "%s has no %s: it is no "
		    "backup, or one that was never finished; choose another",
		    r->dir, SCEP_MANIFEST_NAME);
	if (rc == SCEP_OK && (rc = scep_manifest_decode(scep_buf_span(&json),
	    &r->m, err)) != SCEP_OK)
		rc = scep_fail_within(err, "%s", r->dir);
	scep_buf_clear(&json);
	return rc;
}

static enum scep_err
verify_file(struct restore *r, const struct scep_manifest_file *f)
{
	struct scep_error	*err = &r->adm->err;
	char			 path[RESTORE_PATH];
	uint8_t			 sha256[SCEP_SHA256_LEN];
	uint64_t		 size;
	enum scep_err		 rc;

	if ((rc = join(r, r->dir, f->place, path)) != SCEP_OK)
		return rc;
	rc = scep_copy_digest(path, r->adm->crypto->md[SCEP_SHA256], &size,
	    sha256, err);
	if (rc == SCEP_E_NOTFOUND)
		return scep_fail(err, SCEP_E_REFUSED, "%s is missing: the "
		    "backup is damaged; restore another", path);
	if (rc != SCEP_OK)
		return rc;
	if (size != f->size || memcmp(sha256, f->sha256, sizeof(sha256)) != 0)
		return scep_fail(err, SCEP_E_REFUSED, "%s is not what was "
		    "backed up (its size or SHA-256 differs from %s): the "
		    "backup is damaged; restore another", path,
		    SCEP_MANIFEST_NAME);
	return SCEP_OK;
}

static enum scep_err
verify_files(struct restore *r)
{
	enum scep_err	 rc;
	size_t		 i;

	for (i = 0; i < r->m.n; i++)
		if ((rc = verify_file(r, &r->m.file[i])) != SCEP_OK)
			return rc;
	return SCEP_OK;
}

/* Where to. */

static enum scep_err
set_places(struct restore *r)
{
	const struct scep_manifest_file	*f;
	enum scep_err			 rc = SCEP_OK;
	size_t				 i;

	if ((r->to = calloc(r->m.n, sizeof(*r->to))) == NULL ||
	    (r->fate = calloc(r->m.n, sizeof(*r->fate))) == NULL)
		return scep_fail(&r->adm->err, SCEP_E_NOMEM, "restore");
	for (i = 0; rc == SCEP_OK && i < r->m.n; i++) {
		f = &r->m.file[i];
		rc = r->root[0] != '\0' ?
		    join(r, r->root, f->place, r->to[i]) :
		    join(r, f->from, "", r->to[i]);
		if (strcmp(f->place, r->m.conf) == 0)
			memcpy(r->conf, r->to[i], sizeof(r->conf));
	}
	if (rc == SCEP_OK)
		rc = r->root[0] != '\0' ?
		    join(r, r->root, r->m.state, r->state) :
		    join(r, r->m.state_from, "", r->state);
	if (rc == SCEP_OK)
		rc = join(r, r->state, STAGE, r->stage);
	return rc == SCEP_OK && r->conf[0] == '\0' ?
	    scep_fail(&r->adm->err, SCEP_E_REFUSED, "%s: %s does not list "
	    "the configuration", r->dir, SCEP_MANIFEST_NAME) : rc;
}

static int
is_same_file(const char *a, const char *b)
{
	struct stat	 x, y;

	return strcmp(a, b) == 0 || (stat(a, &x) == 0 && stat(b, &y) == 0 &&
	    x.st_dev == y.st_dev && x.st_ino == y.st_ino);
}

/* A configuration that is there, and goes on to be used, must mean the same
 * state. */
static enum scep_err
check_conf(struct restore *r)
{
	struct scep_config	*cfg = NULL;
	char			*real;
	enum scep_err		 rc;

	if (r->adm->conf != NULL && !is_same_file(r->adm->conf, r->conf))
		return scep_fail(&r->adm->err, SCEP_E_REFUSED, "the backup is "
		    "of %s, and -c says %s; leave -c out to restore it "
		    "there, or give another place with --dir", r->conf,
		    r->adm->conf);
	if (access(r->conf, F_OK) == -1)
		return SCEP_OK;
	if ((rc = scep_state_config(r->adm->crypto, r->conf, 0, &cfg,
	    &r->adm->err)) != SCEP_OK)
		return rc;
	real = realpath(cfg->server.state, NULL);
	if (strcmp(real != NULL ? real : cfg->server.state, r->state) != 0)
		rc = scep_fail(&r->adm->err, SCEP_E_REFUSED, "%s: state is "
		    "%s, and the backup's was %s; change it, or give "
		    "another place with --dir", r->conf, cfg->server.state,
		    r->state);
	free(real);
	scep_config_free(cfg);
	return rc;
}

/* What is there already, and may stay. */
static enum scep_err
judge_target(struct restore *r, size_t i)
{
	const struct scep_manifest_file	*f = &r->m.file[i];
	uint8_t				 sha256[SCEP_SHA256_LEN];
	uint64_t			 size;
	struct scep_error		 why;
	const size_t			 n = strlen(r->state);

	r->fate[i] = strncmp(r->to[i], r->state, n) == 0 &&
	    r->to[i][n] == '/' && f->kind != SCEP_KEPT_CONF ?
	    RESTORE_STAGE : RESTORE_MAKE;
	if (f->kind == SCEP_KEPT_STORE || access(r->to[i], F_OK) == -1)
		return SCEP_OK;
	r->fate[i] = RESTORE_KEEP;
	if (scep_copy_digest(r->to[i], r->adm->crypto->md[SCEP_SHA256], &size,
	    sha256, &why) == SCEP_OK && size == f->size &&
	    memcmp(sha256, f->sha256, sizeof(sha256)) == 0)
		return SCEP_OK;
	if (f->kind != SCEP_KEPT_CONF)
		return scep_fail(&r->adm->err, SCEP_E_EXISTS, "%s is there "
		    "already, and is not what was backed up; nothing is "
		    "overwritten: move it away, or give another place with "
		    "--dir", r->to[i]);
	(void)fprintf(stderr, "scepadm: %s differs from the backup's, and "
	    "stays as it is\n", r->to[i]);
	return SCEP_OK;
}

static enum scep_err
check_targets(struct restore *r)
{
	static const char *const	 names[] = { "db", "issue.log" };
	char				 path[RESTORE_PATH + 16];
	struct stat			 st;
	enum scep_err			 rc;
	size_t				 i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", r->state,
		    names[i]);
		if (lstat(path, &st) == 0)
			return scep_fail(&r->adm->err, SCEP_E_EXISTS, "%s is "
			    "there already: a restore is for an empty state, "
			    "and nothing is overwritten; move it away%s, or "
			    "give another place with --dir", path, i == 1 ?
			    " and name it with --issue-log" : "");
	}
	for (i = 0; i < r->m.n; i++)
		if ((rc = judge_target(r, i)) != SCEP_OK)
			return rc;
	return SCEP_OK;
}

/* Whose it is to be. */

static enum scep_err
find_owner(struct restore *r)
{
	const char	*at = r->root[0] != '\0' ? r->root : r->state;
	struct passwd	*pw;
	struct stat	 st;

	r->uid = geteuid();
	r->gid = getegid();
	if (r->uid != 0)
		return SCEP_OK;
	if (stat(at, &st) == 0) {
		r->uid = st.st_uid;
		r->gid = st.st_gid;
		return SCEP_OK;
	}
	if (r->root[0] != '\0' || strcmp(r->m.user, "root") == 0)
		return SCEP_OK;
	if (r->m.user[0] == '\0' || (pw = getpwnam(r->m.user)) == NULL)
		return scep_fail(&r->adm->err, SCEP_E_CONFIG, "%s belonged to "
		    "user \"%s\", who is not here; make the directory for "
		    "who is to run scep.fcgi: install -d -m 700 -o USER %s",
		    r->state, r->m.user, r->state);
	r->uid = pw->pw_uid;
	r->gid = pw->pw_gid;
	return SCEP_OK;
}

enum scep_err
restore_plan(struct restore *r)
{
	enum scep_err	 rc;

	if ((rc = read_manifest(r)) != SCEP_OK ||
	    (rc = set_places(r)) != SCEP_OK)
		return rc;
	if (r->root[0] == '\0')
		rc = check_conf(r);
	else if ((rc = scep_dir_empty(r->root, &r->adm->err)) ==
	    SCEP_E_NOTFOUND)
		rc = SCEP_OK;
	else if (rc == SCEP_E_EXISTS)
		rc = scep_fail_within(&r->adm->err, "--dir takes a new "
		    "directory, and nothing is overwritten");
	if (rc != SCEP_OK || (rc = check_targets(r)) != SCEP_OK ||
	    (rc = find_owner(r)) != SCEP_OK)
		return rc;
	return verify_files(r);
}

void
restore_clear(struct restore *r)
{
	scep_log_file_close(r->log);
	scep_manifest_clear(&r->m);
	free(r->to);
	free(r->fate);
	if (r->lock != -1)
		(void)close(r->lock);
}

/* The log that survived. */

/* Does file b begin with what file a is? */
static int
is_prefix(const char *a, const char *b)
{
	char	*x = malloc(CHUNK), *y = malloc(CHUNK);
	FILE	*fa = fopen(a, "re"), *fb = fopen(b, "re");
	size_t	 n = 1;
	int	 same = x != NULL && y != NULL && fa != NULL && fb != NULL;

	while (same && n > 0) {
		n = fread(x, 1, CHUNK, fa);
		same = fread(y, 1, n, fb) == n && memcmp(x, y, n) == 0;
	}
	if (fa != NULL)
		(void)fclose(fa);
	if (fb != NULL)
		(void)fclose(fb);
	free(x);
	free(y);
	return same;
}

static enum scep_err
check_chain(struct restore *r)
{
	struct scep_log_line	 line;
	enum scep_err		 rc;

	do
		rc = scep_log_file_next(r->log, &line, &r->adm->err);
	while (rc == SCEP_OK);
	if (rc != SCEP_E_NOTFOUND)
		return rc;
	if (scep_log_file_rest(r->log) > 0)
		(void)fprintf(stderr, "scepadm: %s: its last line was cut "
		    "off, and is left out\n", r->log_path);
	return SCEP_OK;
}

enum scep_err
restore_check_log(struct restore *r)
{
	struct scep_error	*err = &r->adm->err;
	char			 path[RESTORE_PATH], name[RESTORE_PATH];
	enum scep_err		 rc;

	if (r->log_path == NULL)
		return SCEP_OK;
	if ((rc = scep_log_file_open(r->log_path, &r->log, err)) !=
	    SCEP_OK || (rc = check_chain(r)) != SCEP_OK ||
	    (rc = join(r, r->dir, r->m.state, name)) != SCEP_OK ||
	    (rc = join(r, name, "issue.log", path)) != SCEP_OK)
		return rc;
	if (!is_prefix(path, r->log_path))
		return scep_fail(err, SCEP_E_REFUSED, "%s does not go on from "
		    "%s: it is of another CA, or older than the backup; "
		    "leave out --issue-log, or give the right one",
		    r->log_path, path);
	return scep_log_file_rewind(r->log, err);
}
