/*
 * admin_challenge_add.c - challenges for the operator to hand out.
 *
 * What one request asks for is one transaction: all of it, or nothing.  A
 * secret leaves here once, in the reply; no log line, no error and no row has
 * any of it.
 */
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "base/text.h"
#include "ca/admin.h"
#include "ca/admin_challenge.h"
#include "ca/challenge.h"
#include "ca/rules.h"

#define DAY		86400L
#define KEPT		(90 * DAY)	/* the row, behind its expiry */
#define TRIES		5	/* when a rival was faster */
#define ID_LEN		10	/* challenge.h */
#define SEVERAL		"several"
#define FEW		12	/* ids in a line for the request log */

const char *
scep_admin_binds(const struct scep_challenge *rec)
{
	if (rec->subject.len > 0)
		return rec->binds_san ? "subject and SAN" : "subject";
	return rec->binds_san ? "SAN" : "nothing";
}

enum scep_err
scep_admin_profile(const struct scep_admin_call *call,
    const struct scep_profile **out, struct scep_error *err)
{
	const char	*name = scep_admin_text(call, "profile", "");

	if ((*out = scep_config_profile(call->ca->cfg, name)) != NULL)
		return SCEP_OK;
	return scep_fail(err, SCEP_E_NOTFOUND, "there is no [profile %s] in "
	    "%s", name[0] != '\0' ? name : call->ca->cfg->
	    server.default_profile, scep_conf_file(call->ca->cfg->conf));
}

/* What is bound must be something the profile would issue. */
static enum scep_err
read_subject(const char *text, const struct scep_profile *profile,
    struct scep_challenge *rec, struct scep_error *err)
{
	struct scep_name	 name;
	enum scep_err		 rc;

	if ((rc = scep_name_make(text, &rec->subject, err)) != SCEP_OK ||
	    (rc = scep_name_parse(scep_buf_span(&rec->subject), &name,
	    err)) != SCEP_OK)
		return rc;
	rc = name.n == 0 ? scep_fail(err, SCEP_E_USAGE, "the subject is "
	    "empty; leave it out to allow any") :
	    scep_rules_subject(profile, &name, err);
	scep_name_clear(&name);
	return rc;
}

static enum scep_err
read_dns(const json_t *dns, const struct scep_profile *profile,
    struct scep_challenge *rec, struct scep_error *err)
{
	struct scep_san_list	 list = { .n = 0 };
	enum scep_err		 rc = SCEP_OK;
	size_t			 i;

	for (i = 0; rc == SCEP_OK && i < json_array_size(dns); i++)
		rc = scep_san_add(&list, SCEP_SAN_DNS,
		    scep_span_text(json_string_value(json_array_get(dns, i))),
		    err);
	if (rc == SCEP_OK &&
	    (rc = scep_rules_san(profile, &list, err)) == SCEP_OK)
		rc = scep_san_encode(&list, &rec->san, err);
	scep_san_clear(&list);
	return rc;
}

static enum scep_err
read_names(const struct scep_admin_call *call,
    const struct scep_profile *profile, struct scep_challenge *rec,
    struct scep_error *err)
{
	const char	*subject = scep_admin_text(call, "subject", NULL);
	const json_t	*dns = json_object_get(call->ask, "dns");
	enum scep_err	 rc = SCEP_OK;

	if (subject != NULL)
		rc = read_subject(subject, profile, rec, err);
	if (rc == SCEP_OK && json_array_size(dns) > 0)
		rc = read_dns(dns, profile, rec, err);
	/* A subject without names beside it means: and no names beside it. */
	rec->binds_san = subject != NULL || json_array_size(dns) > 0;
	if (rc != SCEP_E_REFUSED)
		return rc;
	return scep_fail_within(err, "no request of profile %s could be for "
	    "this (change the names, or subject_allow and san_allow at "
	    "%s:%d)", profile->name, profile->file, profile->line);
}

/* A record without its id: what call->ask, a request or an item of a list,
 * says. */
static enum scep_err
read_template(const struct scep_admin_call *call, struct scep_challenge *rec,
    struct scep_error *err)
{
	const struct scep_profile	*profile;
	enum scep_err			 rc;

	if ((rc = scep_admin_profile(call, &profile, err)) != SCEP_OK)
		return rc;
	if ((profile->authorise & SCEP_BIT(SCEP_BY_CHALLENGE)) == 0)
		return scep_fail(err, SCEP_E_REFUSED, "%s:%d: profile %s does "
		    "not take challenges; add challenge to its authorise",
		    profile->file, profile->line, profile->name);
	OPENSSL_strlcpy(rec->profile, profile->name, sizeof(rec->profile));
	OPENSSL_strlcpy(rec->note, scep_admin_text(call, "note", ""),
	    sizeof(rec->note));
	(void)snprintf(rec->issuer, sizeof(rec->issuer), "uid %lu",
	    call->uid);
	rec->created = call->now;
	rec->expires = call->now + scep_admin_number(call, "ttl", DAY);
	rec->purge = rec->expires + KEPT;
	rec->uses = scep_admin_number(call, "uses", 1);
	rec->state = SCEP_CHALLENGE_LIVE;
	return read_names(call, profile, rec, err);
}

/* The same call, for one item of its list. */
static struct scep_admin_call
call_of(const struct scep_admin_call *call, const json_t *item)
{
	struct scep_admin_call	 one = {
		.ca = call->ca,
		.now = call->now,
		.uid = call->uid,
		.ask = item,
	};

	return one;
}

static enum scep_err
read_item(const struct scep_admin_call *call, const json_t *item,
    struct scep_challenge *rec, struct scep_error *err)
{
	const struct scep_admin_call	 one = call_of(call, item);
	enum scep_err			 rc;

	memset(rec, 0, sizeof(*rec));
	if ((rc = scep_admin_check_item(scep_admin_challenge_item, item,
	    err)) != SCEP_OK)
		return rc;
	return read_template(&one, rec, err);
}

/* The challenges of one request. */
struct adding {
	struct scep_admin_call	*call;
	struct scep_change	 change;
	size_t			 n;
	char			 ids[SCEP_ADMIN_ITEMS_MAX * (ID_LEN + 1) + 1];
	/* For the log, of all of them, or SEVERAL: */
	const char		*binds;
	char			 profile[SCEP_REC_NAME], uses[24];
};

static void
add_note(struct adding *a, const struct scep_challenge *rec)
{
	const char	*binds = scep_admin_binds(rec);
	char		 uses[sizeof(a->uses)];

	(void)snprintf(uses, sizeof(uses), "%ld", rec->uses);
	if (a->n == 0) {
		a->binds = binds;
		OPENSSL_strlcpy(a->profile, rec->profile, sizeof(a->profile));
		OPENSSL_strlcpy(a->uses, uses, sizeof(a->uses));
	}
	if (strcmp(a->binds, binds) != 0)
		a->binds = SEVERAL;
	if (strcmp(a->profile, rec->profile) != 0)
		OPENSSL_strlcpy(a->profile, SEVERAL, sizeof(a->profile));
	if (strcmp(a->uses, uses) != 0)
		OPENSSL_strlcpy(a->uses, SEVERAL, sizeof(a->uses));
	if (a->n > 0)
		OPENSSL_strlcat(a->ids, ",", sizeof(a->ids));
	OPENSSL_strlcat(a->ids, rec->id, sizeof(a->ids));
	a->n++;
}

static enum scep_err
add_one(struct adding *a, const struct scep_challenge *template,
    struct scep_error *err)
{
	struct scep_challenge	 rec = *template;	/* borrows its bufs */
	char			 text[SCEP_CHALLENGE_TEXT];
	char			 expires[SCEP_TIME_TEXT];
	enum scep_err		 rc;

	if ((rc = scep_challenge_mint(a->call->ca->crypto, a->call->ca->cfg,
	    &rec, text, err)) != SCEP_OK ||
	    (rc = scep_challenge_write(&a->change, &rec, err)) != SCEP_OK)
		return rc;
	add_note(a, &rec);
	scep_time_text(rec.expires, expires);
	rc = scep_admin_row(a->call, json_pack("{s:s,s:s,s:s,s:s,s:s}",
	    "id", rec.id, "challenge", text, "expires", expires, "profile",
	    rec.profile, "binds", scep_admin_binds(&rec)), err);
	OPENSSL_cleanse(text, sizeof(text));
	return rc;
}

static enum scep_err
add_same(struct adding *a, struct scep_error *err)
{
	const long		 count = scep_admin_number(a->call, "count",
				    1);
	struct scep_challenge	 template;
	enum scep_err		 rc;
	long			 i;

	memset(&template, 0, sizeof(template));
	rc = read_template(a->call, &template, err);
	for (i = 0; rc == SCEP_OK && i < count; i++)
		rc = add_one(a, &template, err);
	scep_challenge_clear(&template);
	return rc;
}

static enum scep_err
add_items(struct adding *a, const json_t *items, struct scep_error *err)
{
	struct scep_challenge	 template;
	enum scep_err		 rc = SCEP_OK;
	size_t			 i;

	for (i = 0; rc == SCEP_OK && i < json_array_size(items); i++) {
		if ((rc = read_item(a->call, json_array_get(items, i),
		    &template, err)) != SCEP_OK)
			(void)scep_fail_within(err, "item %zu", i + 1);
		else
			rc = add_one(a, &template, err);
		scep_challenge_clear(&template);
	}
	return rc;
}

static enum scep_err
store_all(struct adding *a, struct scep_error *err)
{
	struct scep_line	 line = { .len = 0 };
	enum scep_err		 rc;

	scep_admin_log_start(a->call, "challenge-added", NULL, &line);
	scep_line_whole(&line, "id", a->ids);
	scep_line_text(&line, "profile", a->profile);
	scep_line_text(&line, "binds", a->binds);
	scep_line_text(&line, "uses", a->uses);
	if ((rc = scep_admin_log_end(a->call, &line, &a->change, err)) !=
	    SCEP_OK)
		return rc;
	return scep_store_commit(a->call->ca->store, &a->change, err);
}

static enum scep_err
add_all(struct scep_admin_call *call, struct scep_error *err)
{
	const json_t	*items = json_object_get(call->ask, "items");
	struct adding	 a = { .call = call };
	enum scep_err	 rc;

	call->rows.len = 0;		/* of a try before */
	if ((rc = items != NULL ? add_items(&a, items, err) :
	    add_same(&a, err)) == SCEP_OK)
		rc = store_all(&a, err);
	if (rc == SCEP_OK) {
		scep_line_text(&call->summary, "profile", a.profile);
		scep_line_fmt(&call->summary, "count", "%zu", a.n);
		if (a.n <= FEW)		/* the log has them all */
			scep_line_text(&call->summary, "id", a.ids);
	}
	scep_change_clear(&a.change);
	return rc;
}

enum scep_err
scep_admin_challenge_add(struct scep_admin_call *call, struct scep_error *err)
{
	enum scep_err	 rc = SCEP_E_CHANGED;
	int		 i;

	scep_admin_open_rows(call);
	/* An id that is taken: others are drawn. */
	for (i = 0; i < TRIES && rc == SCEP_E_CHANGED; i++)
		rc = add_all(call, err);
	return rc;
}

/* Faults of an item are rows; trouble of our own ends it. */
static enum scep_err
check_one(struct scep_admin_call *call, const json_t *item, size_t i,
    struct scep_error *err)
{
	struct scep_challenge	 template;
	enum scep_err		 rc;

	rc = read_item(call, item, &template, err);
	scep_challenge_clear(&template);
	if (rc != SCEP_E_USAGE && rc != SCEP_E_REFUSED &&
	    rc != SCEP_E_NOTFOUND)
		return rc;
	scep_admin_printable(err->text);
	return scep_admin_row(call, json_pack("{s:I,s:s}", "item",
	    (json_int_t)i, "error", err->text), err);
}

enum scep_err
scep_admin_challenge_check(struct scep_admin_call *call,
    struct scep_error *err)
{
	const json_t	*items = json_object_get(call->ask, "items");
	enum scep_err	 rc = SCEP_OK;
	size_t		 i;

	scep_admin_open_rows(call);
	scep_line_fmt(&call->summary, "count", "%zu", json_array_size(items));
	for (i = 0; rc == SCEP_OK && i < json_array_size(items); i++)
		rc = check_one(call, json_array_get(items, i), i, err);
	return rc;
}
