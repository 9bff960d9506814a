/*
 * admin_challenge_read.c - what the operator wants a challenge to be good for,
 * as a record.
 *
 * What is bound must be something that the profile would issue: a challenge
 * that no request can use is found out now, not by the device.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "base/text.h"
#include "ca/admin.h"
#include "ca/admin_challenge.h"
#include "ca/rules.h"
#include "wire/csr.h"

#define DAY		86400L
#define KEPT		(90 * DAY)	/* the row, behind its expiry */
#define TTL_MAX		(10 * 365 * DAY)
#define USES_MAX	1000000
#define WRONG_MAX	1000000
#define WRONG		5		/* if nothing is said */
#define KEY_TEXT	(3 * SCEP_SHA256_LEN)	/* with colons */

void
scep_admin_binds(const struct scep_challenge *rec, char out[SCEP_BINDS_TEXT])
{
	static const char *const	 subjects[] = {
		[SCEP_SUBJECT_ANY] = NULL,
		[SCEP_SUBJECT_EXACT] = "subject",
		[SCEP_SUBJECT_TEMPLATE] = "subject template",
		[SCEP_SUBJECT_SET] = "set subject",
	};
	const char			*word[3];
	size_t				 n = 0;

	if (rec->subject_is != SCEP_SUBJECT_ANY)
		word[n++] = subjects[rec->subject_is];
	if (rec->binds_san)
		word[n++] = "SAN";
	if (rec->has_key)
		word[n++] = "key";
	(void)snprintf(out, SCEP_BINDS_TEXT, "%s%s%s%s%s",
	    n > 0 ? word[0] : "nothing",
	    n > 2 ? ", " : "", n > 2 ? word[1] : "",
	    n > 1 ? " and " : "", n > 1 ? word[n - 1] : "");
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

/* Names. */

static enum scep_err
check_subject(const struct scep_profile *profile,
    const struct scep_challenge *rec, struct scep_error *err)
{
	struct scep_name	 name;
	enum scep_err		 rc;

	if ((rc = scep_name_parse(scep_buf_span(&rec->subject), &name,
	    err)) != SCEP_OK)
		return rc;
	rc = rec->subject_is == SCEP_SUBJECT_TEMPLATE ?
	    scep_rules_template(profile, &name, err) :
	    scep_rules_subject(profile, &name, err);
	scep_name_clear(&name);
	return rc;
}

static enum scep_err
read_subject(const char *text, const struct scep_profile *profile,
    int is_set, struct scep_challenge *rec, struct scep_error *err)
{
	enum scep_err	 rc;
	int		 is_template;

	if ((rc = scep_name_make_template(text, &rec->subject, &is_template,
	    err)) != SCEP_OK)
		return rc;
	if (is_set && is_template)
		return scep_fail(err, SCEP_E_USAGE, "a subject with a * names "
		    "nobody: it cannot be set");
	rec->subject_is = is_set ? SCEP_SUBJECT_SET : is_template ?
	    SCEP_SUBJECT_TEMPLATE : SCEP_SUBJECT_EXACT;
	return check_subject(profile, rec, err);
}

static enum scep_err
put_san(const struct scep_san_list *list, const struct scep_profile *profile,
    struct scep_challenge *rec, struct scep_error *err)
{
	enum scep_err	 rc;

	if (list->n == 0)
		return SCEP_OK;
	if ((rc = scep_rules_san(profile, list, err)) != SCEP_OK)
		return rc;
	return scep_san_encode(list, &rec->san, err);
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
	if (rc == SCEP_OK)
		rc = put_san(&list, profile, rec, err);
	scep_san_clear(&list);
	return rc;
}

/* The device's own request: the key, and its names where no others were
 * given. */
static enum scep_err
take_csr(const struct scep_csr *csr, const struct scep_profile *profile,
    int with_names, struct scep_challenge *rec, struct scep_error *err)
{
	enum scep_err	 rc;

	rec->has_key = 1;
	memcpy(rec->key_sha256, csr->key.sha256, sizeof(rec->key_sha256));
	if (!with_names)
		return SCEP_OK;
	rec->subject_is = SCEP_SUBJECT_EXACT;
	rec->binds_san = 1;
	if ((rc = scep_buf_set(&rec->subject, csr->subject, err)) !=
	    SCEP_OK ||
	    (rc = scep_rules_named(&csr->name, &csr->san, err)) != SCEP_OK ||
	    (rc = check_subject(profile, rec, err)) != SCEP_OK)
		return rc;
	return put_san(&csr->san, profile, rec, err);
}

/* Its names must read, unless it gets others. */
static enum scep_err
check_csr(const struct scep_admin_call *call,
    const struct scep_profile *profile, const struct scep_csr *csr,
    struct scep_error *err)
{
	enum scep_err	 rc = SCEP_OK;

	if (scep_admin_number(call, "set_subject", 0) == 0)
		rc = scep_csr_names(csr, err);
	return rc != SCEP_OK ? rc : scep_csr_verify(call->ca->crypto, csr,
	    profile->csr_weak, err);
}

/* NULL if none was given; the caller frees it whatever comes. */
static enum scep_err
read_csr(const struct scep_admin_call *call,
    const struct scep_profile *profile, struct scep_csr **out,
    struct scep_error *err)
{
	const char	*hex = scep_admin_text(call, "csr", NULL);
	uint8_t		 der[SCEP_CSR_MAX];
	enum scep_err	 rc;
	size_t		 len;

	*out = NULL;
	if (hex == NULL)
		return SCEP_OK;
	if ((rc = scep_hex_read(hex, der, sizeof(der), &len, err)) ==
	    SCEP_OK &&
	    (rc = scep_csr_read(call->ca->crypto, scep_span_make(der, len),
	    &profile->keys, out, err)) == SCEP_OK)
		rc = check_csr(call, profile, *out, err);
	if (rc == SCEP_OK || rc == SCEP_E_NOMEM)
		return rc;
	err->code = SCEP_E_REFUSED;
	return scep_fail_within(err, "csr: profile %s takes no such request "
	    "(see it with `openssl req -in FILE -noout -text`)",
	    profile->name);
}

static enum scep_err
read_key(const char *text, struct scep_challenge *rec, struct scep_error *err)
{
	struct scep_error	 ignored;
	size_t			 len;

	if (scep_hex_read(text, rec->key_sha256, sizeof(rec->key_sha256),
	    &len, &ignored) != SCEP_OK || len != sizeof(rec->key_sha256))
		return scep_fail(err, SCEP_E_USAGE, "key: not the 64 digits "
		    "in hex of the SHA-256 of a public key; `openssl pkey "
		    "-pubin -in FILE -outform DER | sha256sum` prints it, or "
		    "give the request itself with --csr");
	rec->has_key = 1;
	return SCEP_OK;
}

/* What goes with what. */
static enum scep_err
check_asked(const struct scep_admin_call *call, struct scep_error *err)
{
	const json_t	*ask = call->ask;

	if (json_object_get(ask, "key") != NULL &&
	    json_object_get(ask, "csr") != NULL)
		return scep_fail(err, SCEP_E_USAGE, "key and csr: a request "
		    "has its key in it; give one of them");
	if (scep_admin_number(call, "set_subject", 0) != 0 &&
	    json_object_get(ask, "subject") == NULL)
		return scep_fail(err, SCEP_E_USAGE, "set_subject: there is no "
		    "subject to set; give it with --subject or --cn");
	if (json_object_get(ask, "ttl") != NULL &&
	    json_object_get(ask, "expires") != NULL)
		return scep_fail(err, SCEP_E_USAGE, "ttl and expires: give "
		    "one of them");
	return SCEP_OK;
}

static enum scep_err
read_names(const struct scep_admin_call *call,
    const struct scep_profile *profile, const struct scep_csr *csr,
    struct scep_challenge *rec, struct scep_error *err)
{
	const char	*subject = scep_admin_text(call, "subject", NULL);
	const json_t	*dns = json_object_get(call->ask, "dns");
	const int	 named = subject != NULL || json_array_size(dns) > 0;
	enum scep_err	 rc = SCEP_OK;

	/* A subject without names beside it means: and no names beside it. */
	rec->binds_san = named;
	if (subject != NULL)
		rc = read_subject(subject, profile, scep_admin_number(call,
		    "set_subject", 0) != 0, rec, err);
	if (rc == SCEP_OK && json_array_size(dns) > 0)
		rc = read_dns(dns, profile, rec, err);
	if (rc == SCEP_OK && csr != NULL)
		rc = take_csr(csr, profile, !named, rec, err);
	if (rc != SCEP_E_REFUSED)
		return rc;
	return scep_fail_within(err, "no request of profile %s could be for "
	    "this (change the names, or subject_allow and san_allow at "
	    "%s:%d)", profile->name, profile->file, profile->line);
}

/* Times and numbers. */

static enum scep_err
read_times(const struct scep_admin_call *call, struct scep_challenge *rec,
    struct scep_error *err)
{
	const time_t	 not_before = scep_admin_number(call, "not_before", 0);
	const time_t	 from = not_before > call->now ? not_before :
			    call->now;

	rec->created = call->now;
	rec->not_before = not_before;
	rec->expires = scep_admin_number(call, "expires", from +
	    scep_admin_number(call, "ttl", DAY));
	rec->purge = rec->expires + KEPT;
	if (rec->expires <= from)
		return from == call->now ?
		    scep_fail(err, SCEP_E_USAGE, "it would be over before it "
		    "begins: it expires in the past, %ld s ago",
		    (long)(from - rec->expires)) :
		    scep_fail(err, SCEP_E_USAGE, "it would be over before it "
		    "begins: it expires %ld s before not_before",
		    (long)(from - rec->expires));
	if (rec->expires > call->now + TTL_MAX)
		return scep_fail(err, SCEP_E_USAGE, "it would expire more "
		    "than ten years from now");
	return SCEP_OK;
}

static enum scep_err
read_bound(const struct scep_admin_call *call,
    const struct scep_profile *profile, struct scep_challenge *rec,
    struct scep_error *err)
{
	const char	*key = scep_admin_text(call, "key", NULL);
	struct scep_csr	*csr = NULL;
	enum scep_err	 rc;

	if (key != NULL && (rc = read_key(key, rec, err)) != SCEP_OK)
		return rc;
	if ((rc = read_csr(call, profile, &csr, err)) == SCEP_OK)
		rc = read_names(call, profile, csr, rec, err);
	scep_csr_free(csr);
	return rc;
}

enum scep_err
scep_admin_challenge_read(const struct scep_admin_call *call,
    struct scep_challenge *rec, struct scep_error *err)
{
	const struct scep_profile	*profile;
	enum scep_err			 rc;

	memset(rec, 0, sizeof(*rec));
	if ((rc = scep_admin_profile(call, &profile, err)) != SCEP_OK ||
	    (rc = check_asked(call, err)) != SCEP_OK)
		return rc;
	if ((profile->authorise & SCEP_BIT(SCEP_BY_CHALLENGE)) == 0)
		return scep_fail(err, SCEP_E_REFUSED, "%s:%d: profile %s does "
		    "not take challenges; add challenge to its authorise",
		    profile->file, profile->line, profile->name);
	OPENSSL_strlcpy(rec->profile, profile->name, sizeof(rec->profile));
	OPENSSL_strlcpy(rec->note, scep_admin_text(call, "note", ""),
	    sizeof(rec->note));
	OPENSSL_strlcpy(rec->issuer, call->by, sizeof(rec->issuer));
	rec->uses = scep_admin_number(call, "uses", 1);
	rec->max_wrong = scep_admin_number(call, "max_wrong", WRONG);
	rec->reuse_s = scep_admin_number(call, "reuse_for", 0);
	rec->state = SCEP_CHALLENGE_LIVE;
	if ((rc = read_times(call, rec, err)) != SCEP_OK)
		return rc;
	return read_bound(call, profile, rec, err);
}

#define ITEM \
	{ "profile", SCEP_ADMIN_TEXT, 0, 0, SCEP_NAME_LEN - 1 }, \
	{ "subject", SCEP_ADMIN_TEXT, 0, 1, SCEP_NAME_TEXT }, \
	{ "set_subject", SCEP_ADMIN_NUMBER, 0, 0, 1 }, \
	{ "dns", SCEP_ADMIN_TEXTS, 0, 1, 255 }, \
	{ "key", SCEP_ADMIN_TEXT, 0, 1, KEY_TEXT }, \
	{ "csr", SCEP_ADMIN_TEXT, 0, 1, 2 * SCEP_CSR_MAX }, \
	{ "not_before", SCEP_ADMIN_NUMBER, 0, 1, LONG_MAX / 2 }, \
	{ "expires", SCEP_ADMIN_NUMBER, 0, 1, LONG_MAX / 2 }, \
	{ "ttl", SCEP_ADMIN_SECONDS, 0, 1, TTL_MAX }, \
	{ "uses", SCEP_ADMIN_NUMBER, 0, 1, USES_MAX }, \
	{ "reuse_for", SCEP_ADMIN_SECONDS, 0, 0, TTL_MAX }, \
	{ "max_wrong", SCEP_ADMIN_NUMBER, 0, 0, WRONG_MAX }, \
	{ "note", SCEP_ADMIN_TEXT, 0, 0, SCEP_REC_TEXT - 1 }

const struct scep_admin_member	scep_admin_challenge_item[] = {
	ITEM,
	{ NULL, SCEP_ADMIN_TEXT, 0, 0, 0 }
};
const struct scep_admin_member	scep_admin_challenge_members[] = {
	ITEM,
	{ "count", SCEP_ADMIN_NUMBER, 0, 1, SCEP_ADMIN_ITEMS_MAX },
	{ NULL, SCEP_ADMIN_TEXT, 0, 0, 0 }
};
