/*
 * scepadm_backup.c - a backup, made by the owner of the state while it
 * serves.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/dir.h"
#include "cgi/scepadm.h"
#include "cgi/state.h"

/* On a terminal, one line that is written over. */
static void
show_progress(uint64_t done, uint64_t total)
{
	if (!isatty(STDERR_FILENO))
		return;
	(void)fprintf(stderr, "\r%" PRIu64 " of about %" PRIu64 " MiB ",
	    done >> 20, (total > done ? total : done) >> 20);
	(void)fflush(stderr);
}

static void
end_progress(void)
{
	if (isatty(STDERR_FILENO))
		(void)fprintf(stderr, "\r\033[K");
}

/* The owner has another working directory. */
static enum scep_err
make_absolute(struct adm *adm, const char *dir, char **out)
{
	char	*cwd = NULL;
	size_t	 n;

	if (dir[0] != '/' && (cwd = getcwd(NULL, 0)) == NULL)
		return scep_fail(&adm->err, SCEP_E_USAGE,
		    "the working directory: %s; give an absolute path",
		    strerror(errno));
	if (asprintf(out, "%s%s%s", cwd != NULL ? cwd : "",
	    cwd != NULL ? "/" : "", dir) == -1)
		*out = NULL;
	free(cwd);
	if (*out == NULL)
		return scep_fail(&adm->err, SCEP_E_NOMEM, "%s", dir);
	for (n = strlen(*out); n > 1 && (*out)[n - 1] == '/'; n--)
		(*out)[n - 1] = '\0';
	return SCEP_OK;
}

/* Root can make a directory where the owner of the state cannot.  One that is
 * there, and whatever goes wrong, is the owner's to judge. */
static enum scep_err
make_for_owner(struct adm *adm, const char *dir)
{
	struct scep_config	*cfg = NULL;
	struct stat		 st, made;
	enum scep_err		 rc;
	int			 fd;

	if (geteuid() != 0)
		return SCEP_OK;
	if ((rc = scep_state_config(adm->crypto, adm->conf, 0, &cfg,
	    &adm->err)) != SCEP_OK)
		return rc;
	if (stat(cfg->server.state, &st) == 0 && st.st_uid != 0 &&
	    scep_dir_outside(dir, cfg->server.state, &adm->err) == SCEP_OK &&
	    mkdir(dir, 0700) == 0) {
		fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
		    O_CLOEXEC);
		if (fd == -1 || fstat(fd, &made) == -1 || made.st_uid != 0 ||
		    fchown(fd, st.st_uid, st.st_gid) == -1)
			rc = scep_fail(&adm->err, SCEP_E_CONFIG, "%s: cannot "
			    "be given to uid %u: %s", dir,
			    (unsigned int)st.st_uid, strerror(errno));
		if (fd != -1)
			(void)close(fd);
	}
	scep_config_free(cfg);
	return rc;
}

/* The owner may see another /tmp, or another root, than we do. */
static void
check_there(const char *dir)
{
	struct stat	 st;

	if (stat(dir, &st) == -1 && errno == ENOENT)
		(void)fprintf(stderr, "scepadm: WARNING: %s is not to be "
		    "seen from here: scep.fcgi has a file system of its own "
		    "there (PrivateTmp= or the like in its unit); choose "
		    "another place\n", dir);
}

static void
print_done(const struct adm *adm, const char *dir, const json_t *result)
{
	if (!json_is_true(json_object_get(result, "logged")))
		(void)fprintf(stderr, "scepadm: WARNING: the backup is "
		    "complete, but no entry of it could be made in the log; "
		    "see `scepadm check`\n");
	check_there(dir);
	if (adm->json) {
		adm_print_json(result);
		return;
	}
	(void)printf("backup in %s: %" JSON_INTEGER_FORMAT " files, %"
	    JSON_INTEGER_FORMAT " MiB, until %s (log entry %"
	    JSON_INTEGER_FORMAT ")\n"
	    "it holds the CA's keys: keep it as safe as the CA\n", dir,
	    json_integer_value(json_object_get(result, "files")),
	    json_integer_value(json_object_get(result, "octets")) >> 20,
	    json_string_value(json_object_get(result, "time")),
	    json_integer_value(json_object_get(result, "log_seq")));
}

enum scep_err
adm_backup(struct adm *adm, int argc, char *argv[])
{
	char		**operand, *dir = NULL;
	json_t		 *result = NULL;
	enum scep_err	  rc;

	if ((rc = adm_options(adm, argc, argv, NULL, 1, &operand)) !=
	    SCEP_OK ||
	    (rc = make_absolute(adm, operand[0], &dir)) != SCEP_OK)
		return rc;
	adm->progress = show_progress;
	if ((rc = make_for_owner(adm, dir)) == SCEP_OK) {
		adm_hold(adm);		/* the owner's cache, and its logs */
		rc = adm_ask(adm, json_pack("{s:s,s:s}", "do", "backup",
		    "dir", dir), &result);
		adm_release(adm);
		end_progress();
	}
	if (rc == SCEP_OK)
		print_done(adm, dir, result);
	json_decref(result);
	free(dir);
	return rc;
}
