/*
 * scepadm_dirs.c - where `scepadm init` puts a CA, and whose it becomes.
 */
#include <sys/stat.h>

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "cgi/scepadm_dirs.h"
#include "cgi/state.h"

#define NAME_LEN	32	/* the longest file name of ours */

/* Nothing of ours may be there yet. */
static enum scep_err
look_first(struct adm *adm, const struct adm_dirs *dirs)
{
	static const struct {
		int		 secret;
		const char	*name;
	} ours[] = {
		{ 0, "scep.conf" }, { 0, "ca.pem" }, { 0, "ra.pem" },
		{ 0, "chain.pem" },
		{ 1, "ca.key" }, { 1, "ra.key" }, { 1, "challenge.key" },
		{ 1, "db" },
	};
	char		 path[SCEP_PATH_LEN + NAME_LEN];
	struct stat	 st;
	size_t		 i;

	for (i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s",
		    ours[i].secret ? dirs->state : dirs->dir, ours[i].name);
		if (lstat(path, &st) == 0)
			return scep_fail(&adm->err, SCEP_E_EXISTS, "%s is "
			    "there already, and nothing is overwritten; "
			    "choose another place with %s, or move it away",
			    path, ours[i].secret && dirs->word[0] == '/' ?
			    "--state" : "--dir");
	}
	return SCEP_OK;
}

/* It goes into scep.conf, where `$`, `#` and quotes mean something, and must
 * mean the same wherever scep.fcgi is started. */
static enum scep_err
check_state(struct adm *adm, const char *state)
{
	size_t	 i;

	for (i = 0; state[i] != '\0'; i++)
		if ((unsigned char)state[i] <= ' ' || state[i] > '~' ||
		    strchr("\"'\\$#", state[i]) != NULL)
			break;
	if (state[i] != '\0' || state[0] != '/' || state[1] == '\0' ||
	    state[i - 1] == '/')
		return scep_fail(&adm->err, SCEP_E_USAGE, "--state %.64s: "
		    "wanted an absolute path such as %s, of letters, digits, "
		    "- . / and _, without a slash at the end", state,
		    SCEP_STATE_DIR);
	return SCEP_OK;
}

enum scep_err
adm_dirs_find(struct adm *adm, const char *dir, const char *state,
    struct adm_dirs *out)
{
	enum scep_err	 rc;
	int		 n;

	memset(out, 0, sizeof(*out));
	if (dir == NULL && state == NULL)
		state = SCEP_STATE_DIR;
	if (dir == NULL)
		dir = SCEP_CONF_DIR;
	if (state != NULL && (rc = check_state(adm, state)) != SCEP_OK)
		return rc;
	out->dir = dir;
	out->word = state != NULL ? state : "state";
	n = state != NULL ? snprintf(out->state, sizeof(out->state), "%s",
	    state) : snprintf(out->state, sizeof(out->state), "%s/state",
	    dir);
	if (strlen(dir) > SCEP_PATH_LEN - NAME_LEN || n < 0 ||
	    (size_t)n > sizeof(out->state) - NAME_LEN)
		return scep_fail(&adm->err, SCEP_E_USAGE,
		    "%s: the path is too long", state != NULL ? "--state" :
		    "--dir");
	return look_first(adm, out);
}

static enum scep_err
make_dir(struct adm *adm, const char *path, mode_t mode)
{
	struct stat	 st;

	if (mkdir(path, mode) == 0)
		return SCEP_OK;
	if (errno != EEXIST)
		return scep_fail(&adm->err, SCEP_E_CONFIG, "%s: cannot make "
		    "this directory: %s; make it as root: install -d -o USER "
		    "-m %03o %s", path, strerror(errno), (unsigned int)mode,
		    path);
	if (stat(path, &st) == -1 || !S_ISDIR(st.st_mode))
		return scep_fail(&adm->err, SCEP_E_EXISTS,
		    "%s: there, and no directory", path);
	return SCEP_OK;
}

/* Until give_back().  Nothing of ours is trusted to a path that the state's
 * owner may change while we are root. */
static enum scep_err
lend(struct adm *adm, const struct adm_dirs *dirs)
{
	if (!dirs->lend || (setgroups(1, &dirs->gid) == 0 &&
	    setegid(dirs->gid) == 0 && seteuid(dirs->uid) == 0))
		return SCEP_OK;
	return scep_fail(&adm->err, SCEP_E_INTERNAL,
	    "become user %ld, who owns %s: %s", (long)dirs->uid,
	    dirs->state, strerror(errno));
}

static enum scep_err
give_back(struct adm *adm, const struct adm_dirs *dirs)
{
	if (!dirs->lend || (seteuid(0) == 0 && setegid(0) == 0))
		return SCEP_OK;
	return scep_fail(&adm->err, SCEP_E_INTERNAL, "become root again: %s",
	    strerror(errno));
}

/* Root only: whose are they? */
static enum scep_err
settle_owner(struct adm *adm, struct adm_dirs *dirs)
{
	struct stat	 dir, state;

	if (stat(dirs->dir, &dir) == -1)
		return scep_fail(&adm->err, SCEP_E_CONFIG, "%s: %s",
		    dirs->dir, strerror(errno));
	if (stat(dirs->state, &state) == -1 || state.st_uid == dir.st_uid)
		return scep_state_become_owner(dirs->dir, &adm->err);
	if (dir.st_uid != 0)
		return scep_fail(&adm->err, SCEP_E_CONFIG, "%s belongs to "
		    "user %ld and %s to user %ld; the configuration must be "
		    "root's or the state's owner's: chown %ld %s",
		    dirs->dir, (long)dir.st_uid, dirs->state,
		    (long)state.st_uid, (long)state.st_uid, dirs->dir);
	dirs->lend = 1;
	dirs->uid = state.st_uid;
	dirs->gid = state.st_gid;
	return SCEP_OK;
}

static enum scep_err
make_state(struct adm *adm, const struct adm_dirs *dirs)
{
	enum scep_err	 rc;

	if ((rc = make_dir(adm, dirs->state, 0700)) != SCEP_OK)
		return rc;
	if (chmod(dirs->state, 0700) == -1)
		return scep_fail(&adm->err, SCEP_E_CONFIG,
		    "%s: cannot be closed to others: %s", dirs->state,
		    strerror(errno));
	return SCEP_OK;
}

enum scep_err
adm_dirs_make(struct adm *adm, struct adm_dirs *dirs)
{
	enum scep_err	 rc;

	if ((rc = make_dir(adm, dirs->dir, 0755)) != SCEP_OK)
		return rc;
	(void)umask(077);
	if (geteuid() == 0 && (rc = settle_owner(adm, dirs)) != SCEP_OK)
		return rc;
	if ((rc = lend(adm, dirs)) != SCEP_OK ||
	    (rc = make_state(adm, dirs)) != SCEP_OK)
		return rc;
	return give_back(adm, dirs);
}

static enum scep_err
create(struct adm *adm, const char *dir, const char *name,
    struct scep_span bytes, unsigned int mode)
{
	char	 path[SCEP_PATH_LEN + NAME_LEN];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	return scep_file_create(path, bytes, mode, &adm->err);
}

enum scep_err
adm_dirs_write(struct adm *adm, const struct adm_dirs *dirs,
    const char *name, struct scep_span bytes)
{
	return create(adm, dirs->dir, name, bytes, 0644);
}

enum scep_err
adm_dirs_write_secret(struct adm *adm, const struct adm_dirs *dirs,
    const char *name, struct scep_span bytes)
{
	enum scep_err	 rc;

	if ((rc = lend(adm, dirs)) != SCEP_OK ||
	    (rc = create(adm, dirs->state, name, bytes, 0600)) != SCEP_OK)
		return rc;
	return give_back(adm, dirs);
}
