/*
 * scepadm_challenge_list.c - `challenge list` and `challenge purge`, a page
 * after another.
 */
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "ca/admin.h"
#include "cgi/scepadm.h"

#define LIMIT_MAX	1000000000L

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

struct list {
	struct adm_rows	 rows;
	size_t		 left;		/* rows to be printed */
};

static enum scep_err
print_page(struct adm *adm, void *arg, json_t *result, int *enough)
{
	struct list	*list = arg;
	json_t		*page = json_object_get(result, "rows");

	if (!json_is_array(page))
		return scep_fail(&adm->err, SCEP_E_INTERNAL, "the owner sent "
		    "no rows; is scepadm of the same version as scep.fcgi");
	while (json_array_size(page) > list->left)
		(void)json_array_remove(page, json_array_size(page) - 1);
	list->left -= json_array_size(page);
	*enough = list->left == 0;
	return adm_rows_put(adm, &list->rows, page);
}

/* What the list is to be of; a text that is not UTF-8 names nothing. */
static json_t *
list_request(const char *profile, const char *state)
{
	json_t	*request = json_pack("{s:s}", "do", "challenge.list");

	if (profile != NULL)
		(void)json_object_set_new(request, "profile",
		    json_sprintf("%s", profile));
	if (state != NULL)
		(void)json_object_set_new(request, "state",
		    json_sprintf("%s", state));
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
	struct list		 list = { .left = LIMIT_MAX };
	json_t			*request;
	enum scep_err		 rc;
	long			 n = LIMIT_MAX;

	if ((rc = adm_options(adm, argc, argv, options, 0, NULL)) != SCEP_OK)
		return rc;
	if (csv && adm->json)
		return scep_fail(&adm->err, SCEP_E_USAGE,
		    "--csv and --json: give one of them");
	if (limit != NULL && scep_number_read(limit, 1, LIMIT_MAX, &n,
	    &adm->err) != SCEP_OK)
		return scep_fail_within(&adm->err, "--limit");
	list.left = (size_t)n;
	list.rows.form = adm->json ? ADM_JSON : csv ? ADM_CSV : ADM_TABLE;
	list.rows.columns = csv ? csv_columns : table_columns;
	request = list_request(profile, state);
	adm_hold(adm);
	if ((rc = adm_each_page(adm, request, print_page, &list)) == SCEP_OK)
		rc = adm_rows_end(adm, &list.rows);
	adm_release(adm);
	json_decref(request);
	return rc;
}

static enum scep_err
count_page(struct adm *adm, void *arg, json_t *result, int *enough)
{
	json_int_t	*n = arg;

	(void)adm;
	(void)enough;
	*n += json_integer_value(json_object_get(result, "purged"));
	return SCEP_OK;
}

enum scep_err
adm_challenge_purge(struct adm *adm, int argc, char *argv[])
{
	const char		*older = "0s";
	const struct adm_option	 options[] = {
		{ "older", &older, NULL, NULL },
		{ NULL, NULL, NULL, NULL }
	};
	json_t			*request, *result;
	json_int_t		 n = 0;
	enum scep_err		 rc;
	long			 seconds;

	if ((rc = adm_options(adm, argc, argv, options, 0, NULL)) != SCEP_OK)
		return rc;
	if (scep_duration_read(older, &seconds, &adm->err) != SCEP_OK)
		return scep_fail_within(&adm->err, "--older");
	request = json_pack("{s:s,s:I}", "do", "challenge.purge", "older",
	    (json_int_t)seconds);
	adm_hold(adm);
	rc = adm_each_page(adm, request, count_page, &n);
	adm_release(adm);
	json_decref(request);
	if (rc != SCEP_OK)
		return rc;
	result = json_pack("{s:I}", "purged", n);
	if (adm->json)
		adm_print_json(result);
	else
		(void)printf("%lld challenges are gone\n", (long long)n);
	json_decref(result);
	return SCEP_OK;
}
