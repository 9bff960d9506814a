/*
 * lineage_file.c - the generations of a CA on the disk, durably.
 */
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/dir.h"
#include "base/error.h"
#include "base/file.h"
#include "ca/lineage_file.h"

enum scep_err
scep_lineage_load(const struct scep_crypto *crypto, const char *state,
    const struct scep_ca_conf *ca, struct scep_lineage *out,
    struct scep_error *err)
{
	uint8_t		 digest[SCEP_SHA256_LEN];
	enum scep_err	 rc;

	rc = scep_lineage_read(state, ca->name, out, err);
	if (rc != SCEP_E_NOTFOUND)
		return rc;
	if ((rc = scep_crypto_sha256(crypto, ca->cert.spki, digest, err)) ==
	    SCEP_OK)
		scep_lineage_begin(out, ca->name, digest,
		    ca->insecure_one_key);
	return rc;
}

static enum scep_err
make_dir(const char *path, struct scep_error *err)
{
	char		 above[SCEP_PATH_LEN];
	enum scep_err	 rc;

	if ((rc = scep_dir_make(path, 0700, err)) != SCEP_OK)
		return rc;
	(void)snprintf(above, sizeof(above), "%.*s",
	    (int)(strrchr(path, '/') - path), path);
	return scep_dir_sync(above, err);
}

/* STATE/ca/NAME, and what is above it. */
static enum scep_err
make_home(const char *state, const char *ca, char out[SCEP_PATH_LEN],
    struct scep_error *err)
{
	char		*slash;
	enum scep_err	 rc;

	if ((rc = scep_lineage_path(state, ca, out, err)) != SCEP_OK)
		return rc;
	*strrchr(out, '/') = '\0';
	slash = strrchr(out, '/');
	*slash = '\0';
	rc = make_dir(out, err);
	*slash = '/';
	return rc == SCEP_OK ? make_dir(out, err) : rc;
}

enum scep_err
scep_lineage_save(const char *state, const struct scep_lineage *l,
    struct scep_error *err)
{
	char		 path[SCEP_PATH_LEN];
	struct scep_buf	 text = { NULL, 0 };
	enum scep_err	 rc;

	if ((rc = make_home(state, l->ca, path, err)) == SCEP_OK &&
	    (rc = scep_lineage_path(state, l->ca, path, err)) == SCEP_OK &&
	    (rc = scep_lineage_encode(l, &text, err)) == SCEP_OK)
		rc = scep_file_replace(path, scep_buf_span(&text), 0600, err);
	scep_buf_clear(&text);
	return rc;
}

enum scep_err
scep_lineage_dir(const char *state, const char *ca, unsigned int number,
    struct scep_error *err)
{
	char		 path[SCEP_PATH_LEN];
	enum scep_err	 rc;

	if ((rc = make_home(state, ca, path, err)) != SCEP_OK ||
	    (rc = scep_lineage_file(state, ca, number, "", path, err)) !=
	    SCEP_OK)
		return rc;
	path[strlen(path) - 1] = '\0';
	return make_dir(path, err);
}

int
scep_lineage_dir_is(const char *state, const char *ca, unsigned int number)
{
	char			 path[SCEP_PATH_LEN];
	struct scep_error	 ignored;
	struct stat		 st;

	return scep_lineage_file(state, ca, number, "", path, &ignored) ==
	    SCEP_OK && stat(path, &st) == 0;
}

static void
remove_new(const char *home)
{
	char		 path[SCEP_PATH_LEN];
	struct dirent	*e;
	DIR		*dir;

	if ((dir = opendir(home)) == NULL)
		return;
	while ((e = readdir(dir)) != NULL)
		if (strncmp(e->d_name, SCEP_LINEAGE_NEW,
		    strlen(SCEP_LINEAGE_NEW)) == 0 &&
		    snprintf(path, sizeof(path), "%s/%s", home, e->d_name) <
		    (int)sizeof(path))
			scep_dir_remove(path, 1);
	(void)closedir(dir);
}

enum scep_err
scep_lineage_adopt(const char *state, const char *ca, const char *from,
    unsigned int number, struct scep_error *err)
{
	char		 home[SCEP_PATH_LEN], path[SCEP_PATH_LEN];
	char		 to[SCEP_PATH_LEN];
	enum scep_err	 rc;

	if ((rc = make_home(state, ca, home, err)) != SCEP_OK ||
	    (rc = scep_lineage_file(state, ca, number, "", to, err)) !=
	    SCEP_OK)
		return rc;
	to[strlen(to) - 1] = '\0';
	if (snprintf(path, sizeof(path), "%s/%s", home, from) >=
	    (int)sizeof(path))
		return scep_fail(err, SCEP_E_CONFIG, "%s: too long", home);
	if (rename(path, to) == -1)
		return scep_fail(err, SCEP_E_STORE, "%s: cannot become %s: %s",
		    path, to, strerror(errno));
	remove_new(home);
	return scep_dir_sync(home, err);
}

void
scep_lineage_remove(const char *state, const char *ca, unsigned int number)
{
	char			 path[SCEP_PATH_LEN];
	struct scep_error	 ignored;

	if (scep_lineage_file(state, ca, number, "", path, &ignored) ==
	    SCEP_OK)
		scep_dir_remove(path, 1);
}
