/*
 * admin_ca.c - the operator's verbs over the generations of a CA: stage,
 * unstage, publish, switch, retire, and renew-ra.
 *
 * Each is one replacement of the file of generations, and the entry of the log
 * is committed before it: the log may tell of a step that a crash then
 * prevented (`scepadm ca list` shows it; the verb is simply given again), but
 * no step is ever taken that the log does not know.  At last the configuration
 * is read again.
 */
#include <string.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "ca/admin_ca.h"
#include "ca/lineage_file.h"

/* The log, then the file: see above. */
static enum scep_err
note_in_log(struct scep_ca_act *a, struct scep_error *err)
{
	struct scep_change	 change = { .n = 0 };
	struct scep_line	 line = { .len = 0 };
	enum scep_err		 rc;

	scep_admin_log_start(a->call, a->event, NULL, &line);
	scep_line_text(&line, "ca", a->ca->name);
	scep_line_number(&line, "generation", (long long)a->number);
	if (a->ra != 0)
		scep_line_number(&line, "ra", (long long)a->ra);
	if ((rc = scep_admin_log_end(a->call, &line, &change, err)) ==
	    SCEP_OK)
		rc = scep_store_commit(a->call->ca->store, &change, err);
	scep_change_clear(&change);
	return rc;
}

static enum scep_err
load(struct scep_ca_act *a, struct scep_error *err)
{
	const struct scep_gen	*next;
	enum scep_err		 rc;

	/* Without a lineage, its certificate is the beginning of one. */
	if (a->ca->cert.der.len == 0 && a->ca->named == NULL)
		return scep_fail(err, SCEP_E_REFUSED, "CA %s: %s",
		    a->ca->name, a->ca->fault);
	if ((rc = scep_lineage_load(a->call->ca->crypto, a->state, a->ca,
	    &a->l, err)) != SCEP_OK)
		return rc;
	if ((next = scep_lineage_next(&a->l)) != NULL)
		a->before = next->state;
	return SCEP_OK;
}

/* Keys that nobody knows of are left to nobody. */
static void
take_files_back(const struct scep_ca_act *a)
{
	struct scep_lineage	 l = { .n = 0 };
	struct scep_error	 ignored;
	enum scep_err		 rc;

	rc = scep_lineage_read(a->state, a->ca->name, &l, &ignored);
	if (a->made_files && (rc == SCEP_OK || rc == SCEP_E_NOTFOUND) &&
	    scep_lineage_find(&l, a->number) == NULL)
		scep_lineage_remove(a->state, a->ca->name, a->number);
}

static enum scep_err
carry_out(struct scep_ca_act *a, scep_ca_act_fn fn, struct scep_error *err)
{
	enum scep_err	 rc;

	if ((rc = load(a, err)) != SCEP_OK || (rc = fn(a, err)) != SCEP_OK ||
	    (rc = note_in_log(a, err)) != SCEP_OK ||
	    (rc = scep_lineage_save(a->state, &a->l, err)) != SCEP_OK) {
		take_files_back(a);
		return rc;
	}
	/* Taken back, and nobody ever saw what was in it. */
	if (a->before == SCEP_GEN_STAGED &&
	    scep_lineage_find(&a->l, a->number) == NULL)
		scep_lineage_remove(a->state, a->ca->name, a->number);
	return SCEP_OK;
}

/* What is left of a generation that is over. */
static json_t *
files_json(const struct scep_ca_act *a)
{
	const struct scep_ca_conf	*gen = scep_ca_act_loaded(a);
	json_t				*list = json_array();
	size_t				 i;

	if (gen == NULL || a->before == SCEP_GEN_STAGED ||
	    scep_lineage_find(&a->l, a->number) != NULL)
		return list;
	(void)json_array_append_new(list, json_string(gen->key_path));
	if (gen->ra_number != 0)
		(void)json_array_append_new(list,
		    json_string(gen->ra_key_path));
	for (i = 0; i < gen->n_old_ra; i++)
		(void)json_array_append_new(list,
		    json_string(gen->old_ra[i].key_path));
	return list;
}

/* The step is taken; whether it is in force already is another matter. */
static enum scep_err
answer(struct scep_ca_act *a, struct scep_error *err)
{
	const struct scep_admin_host	*host = a->call->ca->host;
	const struct scep_gen		*gen = scep_lineage_find(&a->l,
					    a->number);
	char				 dir[SCEP_PATH_LEN];
	char				 reload[SCEP_ERROR_MAX] = "done";
	json_t				*act;
	struct scep_error		 why;
	uint32_t			 generation;

	if (host == NULL)
		OPENSSL_strlcpy(reload, "no server runs", sizeof(reload));
	else if (host->reload(host->arg, &generation, &why) != SCEP_OK) {
		OPENSSL_strlcpy(reload, why.text, sizeof(reload));
		scep_admin_printable(reload);
	}
	if (scep_lineage_file(a->state, a->ca->name, a->number, "", dir,
	    err) != SCEP_OK)
		return err->code;
	dir[strlen(dir) - 1] = '\0';
	act = json_pack("{s:s,s:I,s:s,s:s,s:O,s:o,s:s}", "ca", a->ca->name,
	    "generation", (json_int_t)a->number, "state", gen != NULL ?
	    scep_gen_state_name(gen->state) : strcmp(a->event, "ca-unstage") ==
	    0 ? "unstaged" : "retired", "directory", dir, "warnings",
	    a->warnings, "keys", files_json(a), "reload", reload);
	if (a->ra != 0) {
		(void)json_object_set_new(act, "ra",
		    json_integer((json_int_t)a->ra));
		(void)json_object_set_new(act, "ra_state", json_string(
		    strcmp(a->event, "ca-retire") == 0 ? "retired" :
		    "current"));
	}
	return scep_admin_object(a->call, act, err);
}

static enum scep_err
verb(struct scep_admin_call *call, const char *event, scep_ca_act_fn fn,
    struct scep_error *err)
{
	struct scep_ca_act	 a = {
		.call = call,
		.state = call->ca->cfg->server.state,
		.event = event,
		.before = SCEP_GEN_CURRENT,
	};
	enum scep_err	 rc;

	if ((rc = scep_admin_ca_find(call, &a.ca, err)) != SCEP_OK)
		return rc;
	scep_line_text(&call->summary, "ca", a.ca->name);
	if ((a.warnings = json_array()) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "warnings");
	(void)pthread_mutex_lock(&call->ca->memory->rolling);
	rc = carry_out(&a, fn, err);
	(void)pthread_mutex_unlock(&call->ca->memory->rolling);
	if (a.number != 0)
		scep_line_number(&call->summary, "generation",
		    (long long)a.number);
	if (rc == SCEP_OK)
		rc = answer(&a, err);
	json_decref(a.warnings);
	return rc;
}

static enum scep_err
stage(struct scep_admin_call *call, struct scep_error *err)
{
	return verb(call, "ca-stage", scep_ca_act_stage, err);
}

static enum scep_err
unstage(struct scep_admin_call *call, struct scep_error *err)
{
	return verb(call, "ca-unstage", scep_ca_act_unstage, err);
}

static enum scep_err
publish(struct scep_admin_call *call, struct scep_error *err)
{
	return verb(call, "ca-publish", scep_ca_act_publish, err);
}

static enum scep_err
switch_over(struct scep_admin_call *call, struct scep_error *err)
{
	return verb(call, "ca-switch", scep_ca_act_switch, err);
}

static enum scep_err
retire(struct scep_admin_call *call, struct scep_error *err)
{
	return verb(call, "ca-retire", scep_ca_act_retire, err);
}

static enum scep_err
renew_ra(struct scep_admin_call *call, struct scep_error *err)
{
	return verb(call, "ra-renewed", scep_ca_act_renew_ra, err);
}

static const struct scep_admin_member	stage_members[] = {
	{ "ca", SCEP_ADMIN_TEXT, 0, 1, SCEP_NAME_LEN - 1 },
	{ "from", SCEP_ADMIN_TEXT, 1, 5, 64 },
	{ "chain", SCEP_ADMIN_NUMBER, 0, 0, 1 },
	{ "digest", SCEP_ADMIN_TEXT, 0, 1, 7 },
	{ NULL, SCEP_ADMIN_TEXT, 0, 0, 0 }
};
static const struct scep_admin_member	ca_members[] = {
	{ "ca", SCEP_ADMIN_TEXT, 0, 1, SCEP_NAME_LEN - 1 },
	{ NULL, SCEP_ADMIN_TEXT, 0, 0, 0 }
};
static const struct scep_admin_member	force_members[] = {
	{ "ca", SCEP_ADMIN_TEXT, 0, 1, SCEP_NAME_LEN - 1 },
	{ "force", SCEP_ADMIN_NUMBER, 0, 0, 1 },
	{ NULL, SCEP_ADMIN_TEXT, 0, 0, 0 }
};
static const struct scep_admin_member	retire_members[] = {
	{ "ca", SCEP_ADMIN_TEXT, 0, 1, SCEP_NAME_LEN - 1 },
	{ "generation", SCEP_ADMIN_NUMBER, 0, 1, 1000000 },
	{ "ra", SCEP_ADMIN_NUMBER, 0, 1, 1000000 },
	{ "force", SCEP_ADMIN_NUMBER, 0, 0, 1 },
	{ NULL, SCEP_ADMIN_TEXT, 0, 0, 0 }
};

const struct scep_admin_verb	scep_admin_ca[] = {
	{ "ca.stage", stage_members, stage },
	{ "ca.unstage", force_members, unstage },
	{ "ca.publish", ca_members, publish },
	{ "ca.switch", force_members, switch_over },
	{ "ca.retire", retire_members, retire },
	{ "ca.renew-ra", ca_members, renew_ra },
	{ NULL, NULL, NULL }
};
