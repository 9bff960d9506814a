/*
 * scepadm_check.c - is everything as it should be?  The same checks that
 * scep.fcgi makes when it starts, and the store.
 */
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "cgi/scepadm.h"
#include "cgi/state.h"
#include "cgi/state_socket.h"
#include "store/record.h"

#define DAMAGED_SHOWN	20	/* rows */

struct findings {
	const struct adm	*adm;
	json_t			*list;
	int			 fatal;
	int			 read_store;	/* --store */
	int			 show_profiles;	/* --profiles */
};

static void
note(void *arg, int fatal, const char *text)
{
	struct findings	*f = arg;

	f->fatal += fatal != 0;
	(void)json_array_append_new(f->list, json_pack("{s:s,s:s}", "level",
	    fatal ? "error" : "warning", "text", text));
	if (!f->adm->json)
		(void)printf("%s: %s\n", fatal ? "error" : "warning", text);
}

static void
remark(const struct findings *f, const char *text)
{
	if (!f->adm->json)
		(void)printf("%s\n", text);
}

/* What is read: rows, and those of them that are damaged. */
struct reading {
	struct findings	*f;
	enum scep_table	 table;
	size_t		 n, bad;
};

/* Most are set aside; without these there is no CRL. */
static int
is_needed(enum scep_table table)
{
	return table == SCEP_T_CERTIFICATE || table == SCEP_T_CRL;
}

static void
note_damage(struct reading *r, const struct scep_row *row,
    const struct scep_error *why)
{
	char	 text[SCEP_ERROR_MAX + 256], name[65];

	if (++r->bad > DAMAGED_SHOWN)
		return;
	scep_word_text(scep_buf_span(&row->key), name, sizeof(name));
	(void)snprintf(text, sizeof(text), "store: a row (%s) cannot be read: "
	    "%s; %s", name, why->text, r->table == SCEP_T_NOTICE ?
	    "`scepadm notice drop` with its id removes it" :
	    "scepadm restore brings a store back from a backup");
	note(r->f, is_needed(r->table), text);
}

static enum scep_err
see_row(void *arg, const struct scep_row *row, struct scep_error *err)
{
	struct reading		*r = arg;
	struct scep_error	 why;

	(void)err;
	if (scep_record_check(r->table, row, &why) == SCEP_OK)
		r->n++;
	else
		note_damage(r, row, &why);
	return SCEP_OK;
}

/* Every row of every table: a page that was damaged is found no sooner. */
static enum scep_err
read_store(struct scep_store *store, struct findings *f,
    struct scep_error *err)
{
	const int	 fatal = f->fatal;
	struct reading	 r = { .f = f };
	char		 text[64];
	enum scep_err	 rc = SCEP_OK;
	int		 i;

	for (i = 0; rc == SCEP_OK && i < SCEP_T__MAX; i++) {
		r.table = (enum scep_table)i;
		rc = scep_store_scan(store, r.table, scep_span_text(""),
		    see_row, &r, err);
	}
	if (rc != SCEP_OK)
		return rc;
	(void)snprintf(text, sizeof(text), "store: %zu rows can be read",
	    r.n);
	remark(f, text);
	if (r.bad == 0)
		return SCEP_OK;
	(void)snprintf(text, sizeof(text), "%zu rows of the store cannot be "
	    "read", r.bad);
	if (f->fatal > fatal)
		return scep_fail(err, SCEP_E_STORE, "%s", text);
	note(f, 0, text);
	return SCEP_OK;
}

/* The server would start, and issue nothing. */
static enum scep_err
check_room(struct scep_store *store, const char *dir, struct scep_error *err)
{
	struct scep_store_facts	 facts;

	scep_store_look(store, &facts);
	if (facts.free >= facts.reserve)
		return SCEP_OK;
	return scep_fail(err, SCEP_E_STORE, "%s: %llu MiB of disk are left, "
	    "less than the reserve of %llu: nothing would be issued; make "
	    "room (df -h %s), or lower reserve = in scep.conf", dir,
	    (unsigned long long)facts.free >> 20,
	    (unsigned long long)facts.reserve >> 20, dir);
}

/* An owner at work proves the store; without one, open it ourselves. */
static enum scep_err
check_store(struct adm *adm, const struct scep_config *cfg,
    struct findings *f)
{
	struct scep_owner	 owner;
	struct scep_error	 why;
	int			 lock;
	enum scep_err		 rc;

	rc = scep_state_lock(cfg->server.state, 0, &lock, &why);
	if (rc == SCEP_E_BUSY) {
		remark(f, f->read_store ? "store: in use by a running server, "
		    "and not read: stop that for --store" : "store: in use "
		    "by a running server");
		return SCEP_OK;
	}
	if (rc == SCEP_OK) {
		(void)close(lock);
		rc = scep_owner_open(adm->crypto, cfg, 0, 0, &owner, &why);
	}
	if (rc == SCEP_OK) {
		remark(f, "store: opens");
		if ((rc = check_room(owner.store, cfg->server.state, &why)) ==
		    SCEP_OK && f->read_store)
			rc = read_store(owner.store, f, &why);
		scep_owner_close(&owner);
	}
	if (rc == SCEP_E_BUSY) {	/* somebody has just begun */
		remark(f, "store: in use");
		return SCEP_OK;
	}
	if (rc != SCEP_OK)
		note(f, 1, why.text);
	return rc;
}

/* A running server tends its own; without one there is time until it starts. */
static void
check_crls(struct adm *adm, struct findings *f)
{
	const char	*ca, *until;
	char		 text[SCEP_ERROR_MAX];
	json_t		*list, *one;
	size_t		 i;

	if (adm_ask(adm, json_pack("{s:s}", "do", "crl.list"), &list) !=
	    SCEP_OK) {
		remark(f, "CRLs: not asked for: the store does not answer");
		return;
	}
	json_array_foreach(list, i, one) {
		if (strcmp(json_string_value(json_object_get(one, "state")),
		    "expired") != 0)
			continue;
		ca = json_string_value(json_object_get(one, "ca"));
		until = json_string_value(json_object_get(one,
		    "next_update"));
		(void)snprintf(text, sizeof(text), "the CRL of CA %s expired "
		    "on %s: devices that check it refuse what the CA issued; "
		    "a server that starts makes a new one, and so does "
		    "scepadm crl make %s", ca, until, ca);
		note(f, 0, text);
	}
	json_decref(list);
}

static enum scep_err
check_all(struct adm *adm, struct findings *f, struct scep_config **cfg)
{
	enum scep_err	 rc;

	/* First without the keys: whose they are is in the configuration. */
	if ((rc = scep_state_config(adm->crypto, adm->conf, 0, cfg,
	    &adm->err)) != SCEP_OK ||
	    (rc = scep_state_become_owner((*cfg)->server.state, &adm->err)) !=
	    SCEP_OK)
		return rc;
	scep_config_free(*cfg);
	*cfg = NULL;
	if ((rc = scep_state_config(adm->crypto, adm->conf, 1, cfg,
	    &adm->err)) != SCEP_OK)
		return rc;
	rc = scep_config_check(adm->crypto, *cfg, time(NULL), note, f,
	    &adm->err);
	if (rc == SCEP_OK && scep_state_check_door(&(*cfg)->server,
	    &adm->err) != SCEP_OK)
		note(f, 1, adm->err.text);
	/* scep.fcgi starts if some profile is without fault; an operator
	 * wants all of them to be. */
	if (rc != SCEP_OK || f->fatal > 0)
		return SCEP_E_CONFIG;
	if ((rc = check_store(adm, *cfg, f)) != SCEP_OK)
		return rc;
	check_crls(adm, f);
	if (adm_check_approvals(adm, *cfg, note, f) != SCEP_OK)
		remark(f, "API keys: not asked for: the store does not "
		    "answer");
	return SCEP_OK;
}

static void
conclude(const struct adm *adm, const struct findings *f,
    const struct scep_config *cfg)
{
	if (adm->json) {
		adm_print_json(f->list);
		return;
	}
	if (f->fatal == 0)
		(void)printf("%s: %zu CA%s, %zu profile%s: ok\n",
		    scep_state_config_path(adm->conf), cfg->n_cas,
		    cfg->n_cas == 1 ? "" : "s", cfg->n_profiles,
		    cfg->n_profiles == 1 ? "" : "s");
}

enum scep_err
adm_check(struct adm *adm, int argc, char *argv[])
{
	struct findings		 f = { .adm = adm };
	const struct adm_option	 options[] = {
		{ "store", NULL, &f.read_store, NULL },
		{ "profiles", NULL, &f.show_profiles, NULL },
		{ NULL, NULL, NULL, NULL }
	};
	struct scep_config	*cfg = NULL;
	enum scep_err		 rc;

	if ((rc = adm_options(adm, argc, argv, options, 0, NULL)) != SCEP_OK)
		return rc;
	f.list = json_array();
	rc = check_all(adm, &f, &cfg);
	if (rc != SCEP_OK && f.fatal == 0)
		note(&f, 1, adm->err.text);
	if (f.show_profiles && cfg != NULL)
		(void)adm_check_profiles(adm, cfg, f.list);
	conclude(adm, &f, cfg);
	if (rc != SCEP_OK)
		(void)scep_fail(&adm->err, rc, "%d fault%s: not ready to "
		    "start", f.fatal, f.fatal == 1 ? "" : "s");
	scep_config_free(cfg);
	json_decref(f.list);
	return rc;
}
