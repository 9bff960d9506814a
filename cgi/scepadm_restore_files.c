/*
 * scepadm_restore_files.c - the files of a backup, each to its place.
 *
 * Root writes what the owner of the state may not, and gives away what was
 * the owner's.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/copy.h"
#include "base/dir.h"
#include "base/file.h"
#include "cgi/scepadm_restore.h"
#include "cgi/state.h"

#define CONF_MAX	(1024UL * 1024)

static enum scep_err
give(struct restore *r, const char *path)
{
	if (geteuid() != 0 || lchown(path, r->uid, r->gid) == 0)
		return SCEP_OK;
	return scep_fail(&r->adm->err, SCEP_E_STORE,
	    "%s: cannot be given to uid %u: %s", path, (unsigned int)r->uid,
	    strerror(errno));
}

static enum scep_err
make_dir(struct restore *r, const char *path, unsigned int mode)
{
	enum scep_err	 rc;

	if ((rc = scep_dir_make(path, mode, &r->adm->err)) != SCEP_OK)
		return rc;
	return give(r, path);
}

/* Where it is written: not always where it ends. */
static void
written_at(const struct restore *r, size_t i, char out[RESTORE_PATH])
{
	if (r->fate[i] == RESTORE_STAGE)
		(void)snprintf(out, RESTORE_PATH, "%s%s", r->stage,
		    r->to[i] + strlen(r->state));
	else
		memcpy(out, r->to[i], RESTORE_PATH);
}

static enum scep_err
make_above(struct restore *r, const char *path)
{
	const size_t	 n = strlen(r->state);
	const char	*slash = path;
	char		 above[RESTORE_PATH];
	struct stat	 st;
	int		 inside;
	enum scep_err	 rc;

	while ((slash = strchr(slash + 1, '/')) != NULL) {
		(void)snprintf(above, sizeof(above), "%.*s",
		    (int)(slash - path), path);
		if (stat(above, &st) == 0)
			continue;
		inside = strncmp(above, r->state, n) == 0 &&
		    (above[n] == '/' || above[n] == '\0');
		if ((rc = scep_dir_make(above, inside ? 0700 : 0755,
		    &r->adm->err)) != SCEP_OK)
			return rc;
		if ((r->root[0] != '\0' || inside) &&
		    (rc = give(r, above)) != SCEP_OK)
			return rc;
	}
	return SCEP_OK;
}

static enum scep_err
copy_plain(struct restore *r, const char *from, const char *to,
    unsigned int mode)
{
	struct scep_error	*err = &r->adm->err;
	struct scep_copy	 copy;
	enum scep_err		 rc;
	int			 fd;

	if ((fd = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)) == -1)
		return scep_fail(err, SCEP_E_STORE, "%s: %s", from,
		    strerror(errno));
	if ((rc = scep_copy_open(&copy, r->adm->crypto->md[SCEP_SHA256], to,
	    mode, err)) == SCEP_OK &&
	    (rc = scep_copy_fd(&copy, fd, from, NULL, NULL, err)) == SCEP_OK)
		rc = scep_copy_close(&copy, err);
	scep_copy_drop(&copy);
	(void)close(fd);
	return rc;
}

static enum scep_err
copy_conf(struct restore *r, const char *from, const char *to,
    unsigned int mode)
{
	struct scep_error	*err = &r->adm->err;
	struct scep_buf		 text = { NULL, 0 }, moved = { NULL, 0 };
	enum scep_err		 rc;

	if ((rc = scep_file_read(from, CONF_MAX, &text, err)) == SCEP_OK &&
	    (rc = restore_conf_text(r, scep_buf_span(&text), &moved, err)) ==
	    SCEP_OK)
		rc = scep_file_create(to, scep_buf_span(&moved), mode, err);
	scep_buf_clear(&text);
	scep_buf_clear(&moved);
	return rc;
}

static enum scep_err
copy_one(struct restore *r, size_t i)
{
	const struct scep_manifest_file	*f = &r->m.file[i];
	char				 from[RESTORE_PATH], to[RESTORE_PATH];
	enum scep_err			 rc;

	(void)snprintf(from, sizeof(from), "%s/%s", r->dir, f->place);
	written_at(r, i, to);
	if ((rc = make_above(r, to)) != SCEP_OK)
		return rc;
	if (r->root[0] != '\0' && f->kind == SCEP_KEPT_CONF)
		rc = copy_conf(r, from, to, f->mode);
	else
		rc = copy_plain(r, from, to, f->mode);
	if (rc == SCEP_OK && (f->owners || r->root[0] != '\0'))
		rc = give(r, to);
	return rc;
}

static enum scep_err
make_state(struct restore *r)
{
	struct scep_error	*err = &r->adm->err;
	struct stat		 st;
	enum scep_err		 rc;

	if (r->root[0] != '\0' && stat(r->root, &st) == -1) {
		if ((rc = scep_dir_make_above(r->root, 1, 0755, err)) !=
		    SCEP_OK || (rc = make_dir(r, r->root, 0755)) != SCEP_OK)
			return rc;
		r->made_root = 1;
	}
	if ((rc = make_above(r, r->state)) != SCEP_OK)
		return rc;
	if (stat(r->state, &st) == -1 &&
	    (rc = make_dir(r, r->state, 0700)) != SCEP_OK)
		return rc;
	if ((rc = scep_state_lock(r->state, 0, &r->lock, err)) != SCEP_OK)
		return scep_fail_within(err, "a restore is for a state that "
		    "nobody uses");
	if (geteuid() == 0 && fchown(r->lock, r->uid, r->gid) == -1)
		return scep_fail(err, SCEP_E_STORE, "%s/lock: %s", r->state,
		    strerror(errno));
	scep_dir_remove(r->stage, 1);	/* of a restore that was cut off */
	return make_dir(r, r->stage, 0700);
}

enum scep_err
restore_files(struct restore *r)
{
	enum scep_err	 rc;
	size_t		 i;

	if ((rc = make_state(r)) != SCEP_OK)
		return rc;
	for (i = 0; i < r->m.n; i++, r->n_made++)
		if (r->fate[i] != RESTORE_KEEP &&
		    (rc = copy_one(r, i)) != SCEP_OK)
			return rc;
	return SCEP_OK;
}

static enum scep_err
move(struct restore *r, const char *from, const char *to)
{
	if (rename(from, to) == 0)
		return SCEP_OK;
	return scep_fail(&r->adm->err, SCEP_E_STORE, "%s: cannot be moved to "
	    "%s: %s", from, to, strerror(errno));
}

/* From the stage to its place in the state. */
static enum scep_err
move_staged(struct restore *r, const char *name)
{
	char	 from[RESTORE_PATH + 16], to[RESTORE_PATH + 16];

	(void)snprintf(from, sizeof(from), "%s/%s", r->stage, name);
	(void)snprintf(to, sizeof(to), "%s/%s", r->state, name);
	return move(r, from, to);
}

enum scep_err
restore_finish(struct restore *r)
{
	char		 from[RESTORE_PATH];
	enum scep_err	 rc;
	size_t		 i;

	if ((rc = move_staged(r, "issue.log")) != SCEP_OK ||
	    (rc = move_staged(r, "db")) != SCEP_OK)
		return rc;
	for (i = 0; i < r->m.n; i++) {
		if (r->fate[i] != RESTORE_STAGE ||
		    r->m.file[i].kind == SCEP_KEPT_STORE)
			continue;
		written_at(r, i, from);
		if ((rc = make_above(r, r->to[i])) != SCEP_OK ||
		    (rc = move(r, from, r->to[i])) != SCEP_OK)
			return rc;
	}
	scep_dir_remove(r->stage, 1);
	return scep_dir_sync(r->state, &r->adm->err);
}

/* As far as we still may: what was there before is not touched. */
void
restore_undo(struct restore *r)
{
	size_t	 i;

	if (r->lock == -1 && !r->made_root)
		return;
	scep_dir_remove(r->stage, 1);
	for (i = 0; i < r->n_made; i++)
		if (r->fate[i] == RESTORE_MAKE)
			(void)unlink(r->to[i]);
	if (r->root[0] != '\0')
		scep_dir_remove(r->root, r->made_root);
}
