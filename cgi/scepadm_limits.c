/*
 * scepadm_limits.c - who is blocked, because too much of what he asked was
 * refused, or he asked too much; and letting him in again.
 */
#include <stdio.h>

#include "base/error.h"
#include "cgi/scepadm_page.h"

static const struct adm_column	columns[] = {
	{ "PEER", "peer" }, { "PROFILE", "profile" }, { "STATE", "state" },
	{ "FAILURES", "failures" }, { "MESSAGES", "messages" },
	{ "LIMIT", "limit" }, { "UNTIL", "until" }, { "LEFT", "left" },
	{ NULL, NULL }
};

enum scep_err
adm_limits_list(struct adm *adm, int argc, char *argv[])
{
	int			 all = 0;
	const struct adm_option	 options[] = {
		{ "all", NULL, &all, NULL },
		{ NULL, NULL, NULL, NULL }
	};
	struct adm_list		 list = { .rows.columns = columns };
	json_t			*ask;
	enum scep_err		 rc;

	if ((rc = adm_options(adm, argc, argv, options, 0, NULL)) !=
	    SCEP_OK ||
	    (rc = adm_list_start(adm, &list, 0, NULL)) != SCEP_OK)
		return rc;
	ask = json_pack("{s:s,s:i}", "do", "limits.list", "all", all);
	rc = adm_list_print(adm, &list, ask);
	json_decref(ask);
	return rc;
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
	adm_set_text(ask, "peer", peer);
	adm_set_text(ask, "profile", profile);
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
