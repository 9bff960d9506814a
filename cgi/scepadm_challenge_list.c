/*
 * scepadm_challenge_list.c - `challenge list` and `challenge purge`, a page
 * after another.
 */
#include <stdio.h>

#include "base/error.h"
#include "base/text.h"
#include "cgi/scepadm_page.h"

static const struct adm_column	table_columns[] = {
	{ "ID", "id" }, { "PROFILE", "profile" }, { "STATE", "state" },
	{ "USED", "used" }, { "OF", "uses" }, { "EXPIRES", "expires" },
	{ "SUBJECT", "subject" }, { "SAN", "san" }, { "NOTE", "note" },
	{ NULL, NULL }
};

static const struct adm_column	csv_columns[] = {
	{ "", "id" }, { "", "profile" }, { "", "state" }, { "", "binds" },
	{ "", "subject" }, { "", "san" }, { "", "key_sha256" },
	{ "", "uses" }, { "", "used" }, { "", "reuse_for" },
	{ "", "wrong" }, { "", "max_wrong" }, { "", "created" },
	{ "", "not_before" }, { "", "expires" }, { "", "issuer" },
	{ "", "note" }, { NULL, NULL }
};

/* What the list is to be of. */
static json_t *
list_request(const char *profile, const char *state)
{
	json_t	*request = json_pack("{s:s}", "do", "challenge.list");

	adm_set_text(request, "profile", profile);
	adm_set_text(request, "state", state);
	return request;
}

enum scep_err
adm_challenge_list(struct adm *adm, int argc, char *argv[])
{
	const char		*profile = NULL, *state = NULL, *limit = NULL;
	int			 csv = 0;
	const struct adm_option	 options[] = {
		{ "profile", &profile, NULL, NULL },
		{ "state", &state, NULL, NULL },
		{ "limit", &limit, NULL, NULL },
		{ "csv", NULL, &csv, NULL },
		{ NULL, NULL, NULL, NULL }
	};
	struct adm_list		 list = { .left = 0 };
	json_t			*request;
	enum scep_err		 rc;

	if ((rc = adm_options(adm, argc, argv, options, 0, NULL)) !=
	    SCEP_OK ||
	    (rc = adm_list_start(adm, &list, csv, limit)) != SCEP_OK)
		return rc;
	list.rows.columns = csv ? csv_columns : table_columns;
	request = list_request(profile, state);
	rc = adm_list_print(adm, &list, request);
	json_decref(request);
	return rc;
}

enum scep_err
adm_challenge_purge(struct adm *adm, int argc, char *argv[])
{
	const char		*older = "0s";
	const struct adm_option	 options[] = {
		{ "older", &older, NULL, NULL },
		{ NULL, NULL, NULL, NULL }
	};
	json_t			*request;
	enum scep_err		 rc;
	long long		 n;
	long			 seconds;

	if ((rc = adm_options(adm, argc, argv, options, 0, NULL)) != SCEP_OK)
		return rc;
	if (scep_duration_read(older, &seconds, &adm->err) != SCEP_OK)
		return scep_fail_within(&adm->err, "--older");
	request = json_pack("{s:s,s:I}", "do", "challenge.purge", "older",
	    (json_int_t)seconds);
	rc = adm_count_pages(adm, request, "purged", &n);
	json_decref(request);
	if (rc == SCEP_OK && !adm->json)
		(void)printf("%lld challenges are gone\n", n);
	return rc;
}
