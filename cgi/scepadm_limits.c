/*
 * scepadm_limits.c - who is blocked, because too much of what he asked was
 * refused, or he asked too much; and letting him in again.
 */
#include <stdio.h>

#include "base/error.h"
#include "cgi/scepadm.h"

static const struct adm_column	columns[] = {
	{ "PEER", "peer" }, { "PROFILE", "profile" }, { "STATE", "state" },
	{ "FAILURES", "failures" }, { "MESSAGES", "messages" },
	{ "LIMIT", "limit" }, { "UNTIL", "until" }, { "LEFT", "left" },
	{ NULL, NULL }
};

/* One page; *after is where the next one begins, or NULL. */
static enum scep_err
list_page(struct adm *adm, int all, struct adm_rows *rows, json_t **after)
{
	json_t		*ask, *result, *page;
	enum scep_err	 rc;

	ask = json_pack("{s:s,s:i}", "do", "limits.list", "all", all);
	if (*after != NULL)
		(void)json_object_set_new(ask, "after", *after);
	*after = NULL;
	if ((rc = adm_ask(adm, ask, &result)) != SCEP_OK)
		return rc;
	page = json_object_get(result, "rows");
	if (!json_is_array(page))
		rc = scep_fail(&adm->err, SCEP_E_INTERNAL, "the owner sent "
		    "no rows; is scepadm of the same version as scep.fcgi");
	else
		rc = adm_rows_put(adm, rows, page);
	*after = json_incref(json_object_get(result, "next"));
	json_decref(result);
	return rc;
}

enum scep_err
adm_limits_list(struct adm *adm, int argc, char *argv[])
{
	int			 all = 0;
	const struct adm_option	 options[] = {
		{ "all", NULL, &all, NULL },
		{ NULL, NULL, NULL, NULL }
	};
	struct adm_rows		 rows = { .columns = columns };
	json_t			*after = NULL;
	enum scep_err		 rc;

	if ((rc = adm_options(adm, argc, argv, options, 0, NULL)) != SCEP_OK)
		return rc;
	rows.form = adm->json ? ADM_JSON : ADM_TABLE;
	do
		rc = list_page(adm, all, &rows, &after);
	while (rc == SCEP_OK && after != NULL);
	json_decref(after);
	return rc == SCEP_OK ? adm_rows_end(adm, &rows) : rc;
}

static long long
number(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

enum scep_err
adm_limits_clear(struct adm *adm, int argc, char *argv[])
{
	const char		*peer = NULL, *profile = NULL;
	const struct adm_option	 options[] = {
		{ "peer", &peer, NULL, NULL },
		{ "profile", &profile, NULL, NULL },
		{ NULL, NULL, NULL, NULL }
	};
	json_t			*ask, *result;
	enum scep_err		 rc;

	if ((rc = adm_options(adm, argc, argv, options, 0, NULL)) != SCEP_OK)
		return rc;
	ask = json_pack("{s:s}", "do", "limits.clear");
	if (peer != NULL)
		(void)json_object_set_new(ask, "peer",
		    json_sprintf("%s", peer));
	if (profile != NULL)
		(void)json_object_set_new(ask, "profile",
		    json_sprintf("%s", profile));
	if ((rc = adm_ask(adm, ask, &result)) != SCEP_OK)
		return rc;
	if (adm->json)
		adm_print_json(result);
	else
		(void)printf("forgotten: %lld, of which %lld were blocked\n",
		    number(result, "counted"), number(result, "blocked"));
	json_decref(result);
	return SCEP_OK;
}
