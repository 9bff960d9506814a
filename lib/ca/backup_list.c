/*
 * backup_list.c - which files make an installation, and where each is kept in
 * a backup.
 *
 * Knows the keys of scep.conf that name files, and no file's content.
 */
#include <sys/stat.h>

#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "ca/backup_list.h"
#include "ca/config_kin.h"

#define FOREIGN		"files"		/* from elsewhere, by name alone */
#define SAME_MAX	100		/* files of one name */

enum scep_err
scep_backup_path(const char *dir, const char *place,
    char out[2 * SCEP_MANIFEST_PATH], struct scep_error *err)
{
	if (snprintf(out, 2 * SCEP_MANIFEST_PATH, "%s%s%s", dir,
	    place[0] != '\0' ? "/" : "", place) < 2 * SCEP_MANIFEST_PATH)
		return SCEP_OK;
	return scep_fail(err, SCEP_E_CONFIG, "%.64s...: longer than %d "
	    "octets", dir, 2 * SCEP_MANIFEST_PATH);
}

static enum scep_err
set_path(char out[SCEP_MANIFEST_PATH], const char *dir, const char *name,
    struct scep_error *err)
{
	if (snprintf(out, SCEP_MANIFEST_PATH, "%s%s%s", dir,
	    dir[0] != '\0' && name[0] != '\0' ? "/" : "", name) <
	    SCEP_MANIFEST_PATH)
		return SCEP_OK;
	return scep_fail(err, SCEP_E_CONFIG, "%.64s...: longer than %d "
	    "octets", dir, SCEP_MANIFEST_PATH);
}

/* The path with all of its directories as they are; its last part may be a
 * link, and stays its name. */
static enum scep_err
real_path(const char *path, char out[SCEP_MANIFEST_PATH],
    struct scep_error *err)
{
	char		 dir[PATH_MAX], real[PATH_MAX];
	const char	*slash = strrchr(path, '/');

	if (slash == NULL)
		(void)snprintf(dir, sizeof(dir), ".");
	else
		(void)snprintf(dir, sizeof(dir), "%.*s",
		    slash == path ? 1 : (int)(slash - path), path);
	if (realpath(dir, real) == NULL)
		return scep_fail(err, SCEP_E_CONFIG, "%s: %s", dir,
		    strerror(errno));
	if (strcmp(real, "/") == 0)
		real[0] = '\0';
	return set_path(out, real, slash == NULL ? path : slash + 1, err);
}

/* What of path is below dir; NULL if it is not. */
static const char *
below(const char *path, const char *dir)
{
	const size_t	 n = strlen(dir);

	if (strncmp(path, dir, n) != 0)
		return NULL;
	if (path[n] == '\0')
		return path + n;
	return path[n] == '/' ? path + n + 1 : NULL;
}

static int
is_taken(const struct scep_manifest *m, const char *place)
{
	size_t	 i;

	for (i = 0; i < m->n; i++)
		if (strcmp(m->file[i].place, place) == 0)
			return 1;
	return strcmp(place, SCEP_MANIFEST_NAME) == 0;
}

static enum scep_err
find_place(const struct scep_manifest *m, const char *base, const char *from,
    char out[SCEP_MANIFEST_PATH], struct scep_error *err)
{
	const char	*rest;
	char		 first[SCEP_MANIFEST_PATH];
	enum scep_err	 rc;
	int		 i;

	if ((rest = below(from, base)) != NULL)
		rc = set_path(first, "", rest, err);
	else if ((rest = below(from, m->state_from)) != NULL)
		rc = set_path(first, m->state, rest, err);
	else
		rc = set_path(first, FOREIGN, strrchr(from, '/') + 1, err);
	memcpy(out, first, sizeof(first));
	for (i = 2; rc == SCEP_OK && is_taken(m, out); i++) {
		if (i > SAME_MAX || snprintf(out, SCEP_MANIFEST_PATH,
		    "%s.%d", first, i) >= SCEP_MANIFEST_PATH)
			return scep_fail(err, SCEP_E_CONFIG,
			    "%s: too many files of this name", from);
	}
	return rc;
}

static enum scep_err
add(struct scep_manifest *m, enum scep_kept kind, const char *base,
    const char *path, struct scep_error *err)
{
	struct scep_manifest_file	*f;
	char				 from[SCEP_MANIFEST_PATH];
	char				 place[SCEP_MANIFEST_PATH];
	size_t				 i;
	enum scep_err			 rc;

	if (path == NULL || path[0] == '\0')
		return SCEP_OK;
	if ((rc = real_path(path, from, err)) != SCEP_OK)
		return rc;
	for (i = 0; i < m->n; i++)
		if (strcmp(m->file[i].from, from) == 0)
			return SCEP_OK;		/* named twice */
	if ((rc = find_place(m, base, from, place, err)) != SCEP_OK)
		return rc;
	if ((f = scep_manifest_add(m)) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "manifest");
	f->kind = kind;
	memcpy(f->from, from, sizeof(from));
	memcpy(f->place, place, sizeof(place));
	return SCEP_OK;
}

/* What need not be there. */
static enum scep_err
add_there(struct scep_manifest *m, const char *base, const char *path,
    struct scep_error *err)
{
	return access(path, F_OK) == 0 ?
	    add(m, SCEP_KEPT_FILE, base, path, err) : SCEP_OK;
}

static enum scep_err
add_generation(const struct scep_ca_conf *ca, struct scep_manifest *m,
    const char *base, struct scep_error *err)
{
	const char *const	 paths[] = { ca->cert_path, ca->key_path,
				    ca->chain_path, ca->ra_cert_path,
				    ca->ra_key_path };
	enum scep_err		 rc = SCEP_OK;
	size_t			 i;

	for (i = 0; rc == SCEP_OK && i < sizeof(paths) / sizeof(paths[0]); i++)
		rc = add(m, SCEP_KEPT_FILE, base, paths[i], err);
	for (i = 0; rc == SCEP_OK && i < ca->n_old_ra; i++)
		if ((rc = add_there(m, base, ca->old_ra[i].cert_path, err)) ==
		    SCEP_OK)
			rc = add_there(m, base, ca->old_ra[i].key_path, err);
	return rc;
}

/* What scep.conf names may be over, and still be there; and of a generation
 * that has lost a file, the others are to be kept all the more. */
static enum scep_err
add_what_is_there(const struct scep_ca_conf *gen, struct scep_manifest *m,
    const char *base, struct scep_error *err)
{
	const char *const	 paths[] = { gen->cert_path, gen->key_path,
				    gen->chain_path, gen->ra_cert_path,
				    gen->ra_key_path };
	enum scep_err		 rc = SCEP_OK;
	size_t			 i;

	for (i = 0; rc == SCEP_OK && i < sizeof(paths) / sizeof(paths[0]); i++)
		rc = add_there(m, base, paths[i], err);
	return rc;
}

static enum scep_err
add_ca(const struct scep_config *cfg, const struct scep_ca_conf *ca,
    struct scep_manifest *m, const char *base, struct scep_error *err)
{
	const struct scep_ca_conf	*kin;
	char				 path[SCEP_PATH_LEN];
	enum scep_err			 rc;

	if ((rc = add_generation(ca, m, base, err)) != SCEP_OK ||
	    (rc = scep_lineage_path(cfg->server.state, ca->name, path,
	    err)) != SCEP_OK ||
	    (rc = add_there(m, base, path, err)) != SCEP_OK)
		return rc;
	for (kin = ca->kin; rc == SCEP_OK && kin < ca->kin + ca->n_kin; kin++)
		rc = *kin->fault == '\0' ? add_generation(kin, m, base, err) :
		    add_what_is_there(kin, m, base, err);
	return rc == SCEP_OK && ca->named != NULL ?
	    add_what_is_there(ca->named, m, base, err) : rc;
}

/* Of those who are asked and told; a program is no file of ours. */
static enum scep_err
add_profile(const struct scep_profile *p, struct scep_manifest *m,
    const char *base, struct scep_error *err)
{
	const char *const	 paths[] = { p->validator.key_path,
				    p->validator.hook.ca_path,
				    p->notify.key_path,
				    p->notify.hook.ca_path };
	enum scep_err		 rc = SCEP_OK;
	size_t			 i;

	for (i = 0; rc == SCEP_OK && i < sizeof(paths) / sizeof(paths[0]); i++)
		rc = add_there(m, base, paths[i], err);
	return rc;
}

static enum scep_err
add_files(const struct scep_config *cfg, struct scep_manifest *m,
    const char *base, struct scep_error *err)
{
	const struct scep_ca_conf	*ca;
	const char			*file;
	size_t				 i;
	enum scep_err			 rc = SCEP_OK;

	for (i = 0; rc == SCEP_OK &&
	    (file = scep_conf_file_at(cfg->conf, i)) != NULL; i++)
		rc = add(m, SCEP_KEPT_CONF, base, file, err);
	if (rc == SCEP_OK)
		rc = add(m, SCEP_KEPT_FILE, base, cfg->challenge_key_path,
		    err);
	for (ca = cfg->ca; rc == SCEP_OK && ca < cfg->ca + cfg->n_cas; ca++)
		rc = add_ca(cfg, ca, m, base, err);
	for (i = 0; rc == SCEP_OK && i < cfg->n_profiles; i++)
		rc = add_profile(&cfg->profile[i], m, base, err);
	return rc;
}

static void
set_user(struct scep_manifest *m)
{
	struct passwd	 pw, *found = NULL;
	char		 room[4096];

	if (getpwuid_r(geteuid(), &pw, room, sizeof(room), &found) == 0 &&
	    found != NULL && strlen(pw.pw_name) < sizeof(m->user))
		(void)snprintf(m->user, sizeof(m->user), "%s", pw.pw_name);
}

enum scep_err
scep_backup_list(const struct scep_config *cfg, struct scep_manifest *m,
    struct scep_error *err)
{
	char		 base[SCEP_MANIFEST_PATH], real[PATH_MAX];
	const char	*rest;
	enum scep_err	 rc;

	set_user(m);
	if (realpath(cfg->server.state, real) == NULL)
		return scep_fail(err, SCEP_E_CONFIG, "%s: %s",
		    cfg->server.state, strerror(errno));
	if ((rc = set_path(m->state_from, "", real, err)) != SCEP_OK ||
	    (rc = real_path(scep_conf_file(cfg->conf), base, err)) != SCEP_OK)
		return rc;
	*strrchr(base, '/') = '\0';
	rest = below(m->state_from, base);
	if ((rc = set_path(m->state, "", rest != NULL ? rest : "state",
	    err)) != SCEP_OK ||
	    (rc = add_files(cfg, m, base, err)) != SCEP_OK)
		return rc;
	memcpy(m->conf, m->file[0].place, sizeof(m->conf));
	return SCEP_OK;
}

enum scep_err
scep_backup_list_store(struct scep_manifest *m, const char *name,
    uint64_t size, const uint8_t sha256[SCEP_SHA256_LEN],
    struct scep_error *err)
{
	struct scep_manifest_file	*f;
	enum scep_err			 rc;

	if ((f = scep_manifest_add(m)) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "manifest");
	f->kind = SCEP_KEPT_STORE;
	f->size = size;
	f->mode = 0600;
	f->owners = 1;
	memcpy(f->sha256, sha256, sizeof(f->sha256));
	if ((rc = set_path(f->from, m->state_from, name, err)) != SCEP_OK)
		return rc;
	return set_path(f->place, m->state, name, err);
}
