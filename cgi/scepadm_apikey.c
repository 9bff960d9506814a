/*
 * scepadm_apikey.c - who may knock at scep-admin.fcgi: API keys, and users that
 * the web server knows.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/text.h"
#include "cgi/scepadm.h"
#include "store/record_apikey.h"

#define N_MAX	1000000L	/* ca/admin_apikey.c has the limits */

static const struct adm_column	list_columns[] = {
	{ "ID", "id" }, { "NAME", "name" }, { "USER", "user" },
	{ "STATE", "state" }, { "MAY", "may" }, { "PROFILES", "profiles" },
	{ "RATE", "rate" }, { "EXPIRES", "expires" }, { NULL, NULL }
};
static const struct adm_column	show_columns[] = {
	{ "id", "id" }, { "name", "name" }, { "user", "user" },
	{ "state", "state" }, { "may", "may" }, { "profiles", "profiles" },
	{ "rate", "rate" }, { "max uses", "max_uses" },
	{ "max TTL", "max_ttl" }, { "max live", "max_live" },
	{ "live", "live" }, { "created", "created" },
	{ "expires", "expires" }, { "revoked", "revoked" },
	{ "issuer", "issuer" }, { "note", "note" }, { NULL, NULL }
};

/* What add was told. */
struct add {
	const char	*name, *user, *rate, *max_uses, *max_ttl, *live;
	const char	*expires;
	const char	*note;
	json_t		*may, *profiles;
};

static enum scep_err
bad(struct adm *adm, const char *option)
{
	adm->err.code = SCEP_E_USAGE;
	return scep_fail_within(&adm->err, "%s", option);
}

/* "challenge:add,request:list" as two. */
static void
put_may(json_t *ask, const json_t *given)
{
	json_t		*list = json_array(), *value;
	const char	*p;
	size_t		 i, n;

	json_array_foreach((json_t *)(uintptr_t)given, i, value)
		for (p = json_string_value(value); p != NULL && *p != '\0';
		    p += n + (p[n] == ',')) {
			n = strcspn(p, ",");
			(void)json_array_append_new(list,
			    json_stringn_nocheck(p, n));
		}
	(void)json_object_set_new(ask, "may", list);
}

/* "10/s", "100/m", "1000/12h". */
static enum scep_err
put_rate(struct adm *adm, json_t *ask, const char *text)
{
	const char	*slash;
	char		 count[16], each[24];
	long		 n, s;

	if (text == NULL)
		return SCEP_OK;
	if ((slash = strchr(text, '/')) == NULL || slash[1] == '\0' ||
	    (size_t)(slash - text) >= sizeof(count))
		return scep_fail(&adm->err, SCEP_E_USAGE, "--rate: calls in a "
		    "time, such as 10/s, 100/m or 5000/24h, not \"%.32s\"",
		    text);
	(void)snprintf(count, sizeof(count), "%.*s", (int)(slash - text),
	    text);
	(void)snprintf(each, sizeof(each), "%s%.20s", slash[1] >= '0' &&
	    slash[1] <= '9' ? "" : "1", slash + 1);
	if (scep_number_read(count, 1, N_MAX, &n, &adm->err) != SCEP_OK ||
	    scep_duration_read(each, &s, &adm->err) != SCEP_OK)
		return bad(adm, "--rate");
	(void)json_object_set_new(ask, "rate_n", json_integer(n));
	(void)json_object_set_new(ask, "rate_s", json_integer(s));
	return SCEP_OK;
}

/* "2027-12-01", "2027-12-01T08:00:00Z", or "365d" from now. */
static enum scep_err
put_expires(struct adm *adm, json_t *ask, const char *text)
{
	time_t		 when = 0;
	long		 seconds = 0;
	enum scep_err	 rc;

	if (text == NULL)
		return SCEP_OK;
	if (strchr(text, '-') != NULL)
		rc = scep_time_read(text, &when, &adm->err);
	else {
		rc = scep_duration_read(text, &seconds, &adm->err);
		when = time(NULL) + seconds;
	}
	if (rc != SCEP_OK)
		return bad(adm, "--expires");
	(void)json_object_set_new(ask, "expires", json_integer(when));
	return SCEP_OK;
}

/* "20", or "any". */
static enum scep_err
put_live(struct adm *adm, json_t *ask, const char *text)
{
	long	 n = 0;

	if (text == NULL)
		return SCEP_OK;
	if (strcmp(text, "any") != 0 && scep_number_read(text, 1,
	    SCEP_LIVE_MAX, &n, &adm->err) != SCEP_OK)
		return scep_fail(&adm->err, SCEP_E_USAGE, "--live: \"%.32s\" "
		    "is neither a whole number from 1 to %d nor any", text,
		    SCEP_LIVE_MAX);
	(void)json_object_set_new(ask, "max_live", json_integer(n));
	return SCEP_OK;
}

static enum scep_err
put_limits(struct adm *adm, json_t *ask, const struct add *add)
{
	long	 n;

	if (add->max_uses != NULL) {
		if (scep_number_read(add->max_uses, 1, N_MAX, &n,
		    &adm->err) != SCEP_OK)
			return bad(adm, "--max-uses");
		(void)json_object_set_new(ask, "max_uses", json_integer(n));
	}
	if (add->max_ttl != NULL) {
		if (scep_duration_read(add->max_ttl, &n, &adm->err) !=
		    SCEP_OK)
			return bad(adm, "--max-ttl");
		(void)json_object_set_new(ask, "max_ttl", json_integer(n));
	}
	return put_live(adm, ask, add->live);
}

static enum scep_err
make_ask(struct adm *adm, const struct add *add, json_t *ask)
{
	enum scep_err	 rc;

	if (json_array_size(add->may) == 0)
		return scep_fail(&adm->err, SCEP_E_USAGE, "--may says what "
		    "the key is good for: challenge:add, request:list, "
		    "request:approve, request:refuse");
	adm_set_text(ask, "name", add->name);
	adm_set_text(ask, "user", add->user);
	adm_set_text(ask, "note", add->note);
	put_may(ask, add->may);
	if (json_array_size(add->profiles) > 0)
		(void)json_object_set(ask, "profiles", add->profiles);
	if ((rc = put_rate(adm, ask, add->rate)) != SCEP_OK ||
	    (rc = put_limits(adm, ask, add)) != SCEP_OK)
		return rc;
	return put_expires(adm, ask, add->expires);
}

/* A key that nobody was told opens nothing for anybody: it goes again. */
static enum scep_err
undo(struct adm *adm, const json_t *made)
{
	const struct scep_error	 why = adm->err;
	const char		*id = adm_text(made, "id");
	json_t			*result = NULL;
	enum scep_err		 rc;

	rc = adm_ask(adm, json_pack("{s:s,s:s}", "do", "apikey.revoke", "id",
	    id), &result);
	json_decref(result);
	adm->err = why;
	return scep_fail_mend(&adm->err, rc == SCEP_OK ? "nobody was told API "
	    "key %s, which was revoked again" : "nobody was told API key %s: "
	    "revoke it", id);
}

/* The key alone on stdout, so that a script may take it. */
static enum scep_err
print_key(struct adm *adm, const json_t *made)
{
	const int	 is_secret = *adm_text(made, "user") == '\0';

	(void)signal(SIGPIPE, SIG_IGN);
	if (adm->json)
		adm_print_json(made);
	else if (is_secret)
		(void)printf("%s\n", adm_text(made, "key"));
	if (fflush(stdout) != EOF && !ferror(stdout))
		return SCEP_OK;
	(void)scep_fail(&adm->err, SCEP_E_STORE, ADM_UNWRITTEN);
	return is_secret ? undo(adm, made) : adm->err.code;
}

static void
print_added(const json_t *made)
{
	const char	*user = adm_text(made, "user");

	(void)fprintf(stderr, "scepadm: %s %s (%s) may %s for %s\n",
	    *user == '\0' ? "API key" : "user", *user == '\0' ?
	    adm_text(made, "id") : user, adm_text(made, "name"),
	    adm_text(made, "may"), adm_text(made, "profiles"));
	if (*user == '\0')
		(void)fprintf(stderr, "scepadm: shown once, never again\n");
}

static enum scep_err
add_ask(struct adm *adm, const struct add *add)
{
	json_t		*ask = json_pack("{s:s}", "do", "apikey.add");
	json_t		*made;
	enum scep_err	 rc;

	if ((rc = make_ask(adm, add, ask)) != SCEP_OK) {
		json_decref(ask);
		return rc;
	}
	if ((rc = adm_ask(adm, ask, &made)) != SCEP_OK)
		return rc;
	if ((rc = print_key(adm, made)) == SCEP_OK && !adm->json)
		print_added(made);
	json_decref(made);
	return rc;
}

enum scep_err
adm_apikey_add(struct adm *adm, int argc, char *argv[])
{
	struct add		 add = { .may = json_array(),
				    .profiles = json_array() };
	const struct adm_option	 options[] = {
		{ "name", &add.name, NULL, NULL },
		{ "user", &add.user, NULL, NULL },
		{ "may", NULL, NULL, add.may },
		{ "profile", NULL, NULL, add.profiles },
		{ "rate", &add.rate, NULL, NULL },
		{ "max-uses", &add.max_uses, NULL, NULL },
		{ "max-ttl", &add.max_ttl, NULL, NULL },
		{ "live", &add.live, NULL, NULL },
		{ "expires", &add.expires, NULL, NULL },
		{ "note", &add.note, NULL, NULL },
		{ NULL, NULL, NULL, NULL }
	};
	enum scep_err		 rc;

	if ((rc = adm_options(adm, argc, argv, options, 0, NULL)) == SCEP_OK)
		rc = add_ask(adm, &add);
	json_decref(add.may);
	json_decref(add.profiles);
	return rc;
}

enum scep_err
adm_apikey_list(struct adm *adm, int argc, char *argv[])
{
	return adm_show_all(adm, argc, argv, "apikey.list", list_columns);
}

enum scep_err
adm_apikey_show(struct adm *adm, int argc, char *argv[])
{
	return adm_show_one(adm, argc, argv, "apikey.show", "id",
	    show_columns);
}

enum scep_err
adm_apikey_revoke(struct adm *adm, int argc, char *argv[])
{
	return adm_show_one(adm, argc, argv, "apikey.revoke", "id",
	    show_columns);
}
