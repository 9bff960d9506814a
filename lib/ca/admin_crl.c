/*
 * admin_crl.c - what the operator may ask about CRLs: which there are, one of
 * them, and a new one now.
 */
#include <stdio.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "base/text.h"
#include "ca/admin_crl.h"
#include "ca/admin_json.h"
#include "ca/config_kin.h"
#include "ca/crl.h"

static const char *
state_of(const struct scep_crl_rec *rec, time_t now)
{
	if (rec->stale == SCEP_CRL_STALE)
		return "stale";
	return now < rec->next_update ? "valid" : "expired";
}

/* As it is asked for: "main", or "main.1" of a generation that is not the
 * current one. */
#define NAME_TEXT	(SCEP_NAME_LEN + 16)
static const char *
name_of(const struct scep_ca_conf *conf, char room[NAME_TEXT])
{
	if (conf->state == SCEP_GEN_CURRENT)
		return conf->name;
	(void)snprintf(room, NAME_TEXT, "%.48s.%u", conf->name,
	    conf->generation);
	return room;
}

/* Of a CA that has one, or may have. */
static enum scep_err
held_json(struct scep_local *ca, const struct scep_ca_conf *conf, time_t now,
    json_t **out, struct scep_error *err)
{
	struct scep_crl_held	*held;
	char			 from[SCEP_TIME_TEXT], until[SCEP_TIME_TEXT];
	char			 name[NAME_TEXT];
	enum scep_err		 rc;

	rc = scep_crl_newest(ca, conf, &held, err);
	if (rc == SCEP_E_NOTFOUND) {
		*out = json_pack("{s:s,s:s,s:s}", "ca", name_of(conf, name),
		    "state", "none", "reason", "none was made yet");
		return SCEP_OK;
	}
	if (rc != SCEP_OK)
		return rc;
	scep_time_text(held->rec.this_update, from);
	scep_time_text(held->rec.next_update, until);
	*out = json_pack("{s:s,s:s,s:s,s:I,s:s,s:s,s:I,s:I}",
	    "ca", name_of(conf, name), "state", state_of(&held->rec, now),
	    "reason", "", "number", (json_int_t)held->rec.number,
	    "this_update", from, "next_update", until,
	    "entries", (json_int_t)held->rec.entries,
	    "size", (json_int_t)held->rec.der.len);
	scep_crl_drop(held);
	return SCEP_OK;
}

static enum scep_err
crl_json(struct scep_local *ca, const struct scep_ca_conf *conf, time_t now,
    json_t **out, struct scep_error *err)
{
	char		 reason[SCEP_FAULT_LEN], name[NAME_TEXT];
	const char	*why;

	if (scep_config_has_crl(conf, &why))
		return held_json(ca, conf, now, out, err);
	(void)snprintf(reason, sizeof(reason), "%s", why);
	scep_text_clean(reason);
	*out = json_pack("{s:s,s:s,s:s}", "ca", name_of(conf, name), "state",
	    "off", "reason", reason);
	return SCEP_OK;
}

/* Of n CAs, and of their generations that are known to the world. */
static enum scep_err
add_crls(struct scep_local *ca, const struct scep_ca_conf *conf, size_t n,
    time_t now, json_t *list, struct scep_error *err)
{
	json_t		*one;
	enum scep_err	 rc = SCEP_OK;

	for (; rc == SCEP_OK && n-- > 0; conf++) {
		if (conf->state == SCEP_GEN_STAGED || (conf->state !=
		    SCEP_GEN_CURRENT && *conf->fault != '\0'))
			continue;
		if ((rc = crl_json(ca, conf, now, &one, err)) != SCEP_OK)
			break;
		rc = json_array_append_new(list, one) == 0 ? add_crls(ca,
		    conf->kin, conf->n_kin, now, list, err) :
		    scep_fail(err, SCEP_E_NOMEM, "CRLs as JSON");
	}
	return rc;
}

enum scep_err
scep_admin_crls(struct scep_local *ca, time_t now, json_t **out,
    struct scep_error *err)
{
	*out = json_array();
	return add_crls(ca, ca->cfg->ca, ca->cfg->n_cas, now, *out, err);
}

static enum scep_err
list(struct scep_admin_call *call, struct scep_error *err)
{
	json_t		*all, *one;
	enum scep_err	 rc;
	size_t		 i;

	rc = scep_admin_crls(call->ca, call->now, &all, err);
	scep_admin_open_rows(call);
	json_array_foreach(all, i, one)
		if (rc == SCEP_OK)
			rc = scep_admin_row(call, json_incref(one), err);
	json_decref(all);
	return rc;
}

/* The CA that is asked about. */
static enum scep_err
find(struct scep_admin_call *call, const struct scep_ca_conf **conf,
    struct scep_error *err)
{
	const char	*name = scep_admin_text(call, "ca", "");

	scep_line_text(&call->summary, "ca", name);
	if ((*conf = scep_config_generation_named(call->ca->cfg, name)) !=
	    NULL)
		return SCEP_OK;
	return scep_fail(err, SCEP_E_NOTFOUND, "there is no CA called %.64s; "
	    "`scepadm crl list` shows them", name);
}

static enum scep_err
show(struct scep_admin_call *call, struct scep_error *err)
{
	const struct scep_ca_conf	*conf;
	json_t				*json;
	enum scep_err			 rc;

	if ((rc = find(call, &conf, err)) != SCEP_OK ||
	    (rc = crl_json(call->ca, conf, call->now, &json, err)) != SCEP_OK)
		return rc;
	return scep_admin_object(call, json, err);
}

/* What a device would get. */
static enum scep_err
export(struct scep_admin_call *call, struct scep_error *err)
{
	const struct scep_ca_conf	*conf;
	struct scep_crl_held		*held;
	enum scep_err			 rc;

	if ((rc = find(call, &conf, err)) != SCEP_OK ||
	    (rc = scep_crl_current(call->ca, conf, call->now, &held, err)) !=
	    SCEP_OK)
		return rc;
	rc = scep_admin_object(call, json_pack("{s:o}", "der",
	    scep_admin_hex_json(&held->rec.der)), err);
	scep_crl_drop(held);
	return rc;
}

static enum scep_err
make(struct scep_admin_call *call, struct scep_error *err)
{
	const struct scep_ca_conf	*conf;
	const char			*why;
	json_t				*json;
	char				 by[32];
	enum scep_err			 rc;

	if ((rc = find(call, &conf, err)) != SCEP_OK)
		return rc;
	if (!scep_config_has_crl(conf, &why))
		return scep_fail(err, SCEP_E_REFUSED, "CA %s has no CRL of "
		    "ours: %s", conf->name, why);
	(void)snprintf(by, sizeof(by), "uid %lu", call->uid);
	if ((rc = scep_crl_make(call->ca, conf, call->now, by, err)) !=
	    SCEP_OK ||
	    (rc = crl_json(call->ca, conf, call->now, &json, err)) != SCEP_OK)
		return rc;
	return scep_admin_object(call, json, err);
}

static const struct scep_admin_member	ca_members[] = {
	{ "ca", SCEP_ADMIN_TEXT, 1, 1, SCEP_NAME_LEN - 1 },
	{ NULL, SCEP_ADMIN_TEXT, 0, 0, 0 }
};

const struct scep_admin_verb	scep_admin_crl[] = {
	{ "crl.list", scep_admin_no_members, list },
	{ "crl.show", ca_members, show },
	{ "crl.export", ca_members, export },
	{ "crl.make", ca_members, make },
	{ NULL, NULL, NULL }
};
