/*
 * scepadm_restore.c - an installation from a backup, into an empty state.
 *
 * The state is put together beside its place and moved there when all is
 * well, keys last: what a restore leaves unfinished does not start.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "cgi/log.h"
#include "cgi/scepadm_restore.h"
#include "cgi/state.h"

static void
say(void *arg, const char *text)
{
	(void)arg;
	(void)fprintf(stderr, "scepadm: %s\n", text);
}

/* challenge.key, from where it is by now; all of the configuration that is
 * needed for the rows of keys. */
static enum scep_err
read_key(struct restore *r, struct scep_config **out)
{
	struct scep_config	*cfg;
	char			 path[RESTORE_PATH + 16];

	(void)snprintf(path, sizeof(path), "%s/challenge.key", r->stage);
	if (access(path, F_OK) == -1)		/* it was there before */
		(void)snprintf(path, sizeof(path), "%s/challenge.key",
		    r->state);
	if ((*out = cfg = calloc(1, sizeof(*cfg))) == NULL ||
	    (cfg->challenge_key_path = OPENSSL_strdup(path)) == NULL)
		return scep_fail(&r->adm->err, SCEP_E_NOMEM, "challenge.key");
	OPENSSL_strlcpy(cfg->server.state, r->state,
	    sizeof(cfg->server.state));
	return scep_config_load_challenge_key(cfg, &r->adm->err);
}

/* Recovered, and told what it cannot know. */
static enum scep_err
revive_store(struct restore *r, const struct scep_config *cfg)
{
	const struct scep_store_db_options	 opt = { .dir = r->stage,
						    .recover = 1, .say = say };
	struct scep_error	*err = &r->adm->err;
	struct scep_restoring	 to = { r->adm->crypto, cfg, NULL };
	struct scep_store	*store = NULL;
	const time_t		 now = time(NULL);
	enum scep_err		 rc;

	rc = scep_store_db_open(&opt, &store, err);
	to.store = store;
	if (rc == SCEP_OK &&
	    (rc = scep_restore_check(store, r->m.log_seq, err)) == SCEP_OK &&
	    (r->log == NULL || (rc = scep_restore_import(&to, r->log,
	    r->m.log_seq, &r->count, err)) == SCEP_OK) &&
	    (rc = scep_restore_void(&to, now, r->by, &r->count, err)) ==
	    SCEP_OK &&
	    (rc = scep_restore_crls(store, now, r->by, &r->count, err)) ==
	    SCEP_OK)
		rc = scep_restore_note(store, now, r->by, r->m.time,
		    &r->count, err);
	scep_store_close(store);
	return rc;
}

static enum scep_err
restore_all(struct restore *r)
{
	struct scep_config	*key = NULL;
	enum scep_err		 rc;

	if ((rc = restore_files(r)) == SCEP_OK &&
	    (rc = scep_state_become_owner(r->state, &r->adm->err)) ==
	    SCEP_OK &&
	    (rc = read_key(r, &key)) == SCEP_OK &&
	    (rc = revive_store(r, key)) == SCEP_OK)
		rc = restore_finish(r);
	scep_config_free(key);
	if (rc != SCEP_OK)
		return rc;
	return r->root[0] != '\0' ? restore_conf_check(r) : SCEP_OK;
}

static void
print_fault(void *arg, int fatal, const char *text)
{
	(void)arg;
	(void)fprintf(stderr, "scepadm: %s: %s\n", fatal ? "error" :
	    "warning", text);
}

/* It is restored; can it start? */
static enum scep_err
check_conf(struct restore *r)
{
	struct adm		*adm = r->adm;
	struct scep_config	*cfg = NULL;
	enum scep_err		 rc;

	if ((rc = scep_state_config(adm->crypto, r->conf, 1, &cfg,
	    &adm->err)) == SCEP_OK)
		rc = scep_config_check(adm->crypto, cfg, time(NULL),
		    print_fault, NULL, &adm->err);
	scep_config_free(cfg);
	return rc == SCEP_OK ? rc : scep_fail_within(&adm->err, "restored, "
	    "but not ready to start");
}

static void
print_json(const struct restore *r)
{
	char	 when[SCEP_TIME_TEXT];
	json_t	*done;

	scep_time_text(r->m.time, when);
	done = json_pack("{s:s,s:s,s:s,s:I,s:I,s:I,s:I,s:I,s:I,s:I}",
	    "conf", r->conf, "state", r->state, "time", when, "log_seq",
	    (json_int_t)r->m.log_seq, "entries", (json_int_t)r->count.entries,
	    "certificates", (json_int_t)r->count.certificates,
	    "revoked", (json_int_t)r->count.revoked, "requests",
	    (json_int_t)r->count.requests, "challenges_voided",
	    (json_int_t)r->count.challenges, "token_keys",
	    (json_int_t)r->count.token_keys, "steps_unknown",
	    (json_int_t)r->count.steps);
	adm_print_json(done);
	json_decref(done);
}

static void
print_done(const struct restore *r)
{
	char	 when[SCEP_TIME_TEXT];

	if (r->count.poor > 0)
		(void)fprintf(stderr, "scepadm: WARNING: %zu entries of %s "
		    "say too little of their certificates, which stay "
		    "unknown\n", r->count.poor, r->log_path);
	if (r->count.steps > 0)
		(void)fprintf(stderr, "scepadm: WARNING: %zu entries of %s, "
		    "with event=ca- or event=ra-renewed, tell of steps of "
		    "`scepadm ca` and of RA keys after the backup, which does "
		    "not have them: a CA that took over since is gone, and "
		    "what it issued cannot renew; see scepadm ca list, and "
		    "find a later backup if there is one\n", r->count.steps,
		    r->log_path);
	if (r->adm->json) {
		print_json(r);
		return;
	}
	scep_time_text(r->m.time, when);
	(void)printf("restored: the state of %s (log entry %llu)\n"
	    "  configuration  %s\n"
	    "  state          %s\n", when,
	    (unsigned long long)r->m.log_seq, r->conf, r->state);
	if (r->log_path != NULL)
		(void)printf("  from %s: %zu entries, %zu certificates, "
		    "%zu revocations\n", r->log_path, r->count.entries,
		    r->count.certificates, r->count.revoked);
	else
		(void)printf("  what was issued after that is not known here;"
		    " an issue.log that survived\n  tells: --issue-log\n");
	(void)printf("  challenges     %zu are void; make new ones\n",
	    r->count.challenges);
	if (r->count.token_keys > 0)
		(void)printf("  token keys     %zu take no token that began "
		    "before now, or in the\n                 next five "
		    "minutes; mint new ones then\n", r->count.token_keys);
	(void)printf("\nnext: scepadm -c %s check\n", r->conf);
}

/* --dir, absolute; without a slash at its end. */
static enum scep_err
set_root(struct restore *r, const char *newdir)
{
	char	*cwd = NULL;
	size_t	 n;
	int	 len;

	if (newdir == NULL)
		return SCEP_OK;
	if (newdir[0] != '/' && (cwd = getcwd(NULL, 0)) == NULL)
		return scep_fail(&r->adm->err, SCEP_E_USAGE, "--dir: no "
		    "working directory; give an absolute path");
	len = snprintf(r->root, sizeof(r->root), "%s%s%s", cwd != NULL ?
	    cwd : "", cwd != NULL ? "/" : "", newdir);
	free(cwd);
	for (n = strlen(r->root); n > 1 && r->root[n - 1] == '/'; n--)
		r->root[n - 1] = '\0';
	return len < (int)sizeof(r->root) - 64 && n > 1 ? SCEP_OK :
	    scep_fail(&r->adm->err, SCEP_E_USAGE, "--dir: \"%.64s\" is no "
	    "directory to restore to", newdir);
}

enum scep_err
adm_restore(struct adm *adm, int argc, char *argv[])
{
	const char		 *newdir = NULL, *log = NULL;
	char			**operand;
	const struct adm_option	  options[] = {
		{ "dir", &newdir, NULL, NULL },
		{ "issue-log", &log, NULL, NULL },
		{ NULL, NULL, NULL, NULL }
	};
	struct restore		  r = { .adm = adm, .lock = -1 };
	enum scep_err		  rc;

	if ((rc = adm_options(adm, argc, argv, options, 1, &operand)) !=
	    SCEP_OK)
		return rc;
	r.dir = operand[0];
	r.log_path = log;
	r.by = (unsigned long)getuid();
	if ((rc = set_root(&r, newdir)) == SCEP_OK &&
	    (rc = restore_plan(&r)) == SCEP_OK &&
	    (rc = restore_check_log(&r)) == SCEP_OK &&
	    (rc = restore_all(&r)) != SCEP_OK)
		restore_undo(&r);
	if (rc == SCEP_OK) {
		print_done(&r);
		rc = check_conf(&r);
	}
	restore_clear(&r);
	return rc;
}
