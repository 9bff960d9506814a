/*
 * admin_challenge_add.c - challenges for the operator to hand out.
 *
 * A secret leaves here once, in the reply; no log line, no error and no row
 * has any of it.
 */
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "base/text.h"
#include "ca/admin_challenge.h"
#include "ca/challenge.h"
#include "ca/rules.h"

#define DAY		86400L
#define BATCH		12	/* challenges in one transaction */
#define KEPT		(90 * DAY)	/* the row, behind its expiry */
#define TRIES		5	/* when a rival was faster */
#define ID_LEN		10	/* challenge.h */

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

/* All that the challenges of one request have in common. */
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

/* Some challenges that are stored together. */
struct batch {
	size_t	 n;
	char	 text[BATCH][SCEP_CHALLENGE_TEXT];
	char	 ids[BATCH * (ID_LEN + 1) + 1];	/* with commas */
};

static enum scep_err
batch_mint(const struct scep_admin_call *call,
    const struct scep_challenge *template, struct batch *batch,
    struct scep_change *change, struct scep_error *err)
{
	struct scep_challenge	 rec = *template;	/* borrows its bufs */
	enum scep_err		 rc;
	size_t			 i, len = 0;

	for (i = 0; i < batch->n; i++) {
		if ((rc = scep_challenge_mint(call->ca->crypto, call->ca->cfg,
		    &rec, batch->text[i], err)) != SCEP_OK ||
		    (rc = scep_challenge_write(change, &rec, err)) != SCEP_OK)
			return rc;
		len += (size_t)snprintf(batch->ids + len,
		    sizeof(batch->ids) - len, "%s%.*s", i > 0 ? "," : "",
		    ID_LEN, rec.id);
	}
	return SCEP_OK;
}

static enum scep_err
batch_store(const struct scep_admin_call *call,
    const struct scep_challenge *template, struct batch *batch,
    struct scep_error *err)
{
	struct scep_change	 change = { .n = 0 };
	struct scep_line	 line = { .len = 0 };
	enum scep_err		 rc;

	rc = batch_mint(call, template, batch, &change, err);
	scep_admin_log_start(call, "challenge-added", batch->ids, &line);
	scep_line_text(&line, "profile", template->profile);
	scep_line_text(&line, "binds", scep_admin_binds(template));
	scep_line_fmt(&line, "uses", "%ld", template->uses);
	if (rc == SCEP_OK &&
	    (rc = scep_admin_log_end(call, &line, &change, err)) == SCEP_OK)
		rc = scep_store_commit(call->ca->store, &change, err);
	scep_change_clear(&change);
	return rc;
}

static enum scep_err
batch_answer(struct scep_admin_call *call,
    const struct scep_challenge *template, const struct batch *batch,
    struct scep_error *err)
{
	char		 id[ID_LEN + 1], expires[SCEP_TIME_TEXT];
	enum scep_err	 rc = SCEP_OK;
	size_t		 i;

	scep_time_text(template->expires, expires);
	for (i = 0; rc == SCEP_OK && i < batch->n; i++) {
		OPENSSL_strlcpy(id, batch->text[i], sizeof(id));
		rc = scep_admin_row(call, json_pack("{s:s,s:s,s:s,s:s,s:s}",
		    "id", id, "challenge", batch->text[i], "expires", expires,
		    "profile", template->profile, "binds",
		    scep_admin_binds(template)), err);
	}
	return rc;
}

static enum scep_err
batch_add(struct scep_admin_call *call, const struct scep_challenge *template,
    size_t n, struct scep_error *err)
{
	struct batch	 batch = { .n = n };
	enum scep_err	 rc = SCEP_E_CHANGED;
	int		 i;

	/* An id that is taken: others are drawn. */
	for (i = 0; i < TRIES && rc == SCEP_E_CHANGED; i++)
		rc = batch_store(call, template, &batch, err);
	if (rc == SCEP_OK) {
		if (call->rows.len == 0)
			scep_line_text(&call->summary, "id", batch.ids);
		rc = batch_answer(call, template, &batch, err);
	}
	OPENSSL_cleanse(&batch, sizeof(batch));
	return rc;
}

static enum scep_err
add_all(struct scep_admin_call *call, const struct scep_challenge *template,
    size_t count, struct scep_error *err)
{
	enum scep_err	 rc;
	size_t		 done, n;

	for (done = 0; done < count; done += n) {
		n = count - done < BATCH ? count - done : BATCH;
		if ((rc = batch_add(call, template, n, err)) != SCEP_OK)
			return done == 0 ? rc : scep_fail_within(err, "after "
			    "%zu of %zu, whose secrets nobody was told",
			    done, count);
	}
	return SCEP_OK;
}

enum scep_err
scep_admin_challenge_add(struct scep_admin_call *call, struct scep_error *err)
{
	const long		 count = scep_admin_number(call, "count", 1);
	struct scep_challenge	 template;
	enum scep_err		 rc;

	memset(&template, 0, sizeof(template));
	scep_admin_open_rows(call);
	if ((rc = read_template(call, &template, err)) == SCEP_OK) {
		scep_line_text(&call->summary, "profile", template.profile);
		scep_line_fmt(&call->summary, "count", "%ld", count);
		rc = add_all(call, &template, (size_t)count, err);
	}
	scep_challenge_clear(&template);
	return rc;
}
