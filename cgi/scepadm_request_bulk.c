/*
 * scepadm_request_bulk.c - many requests approved or refused.
 */
#include <string.h>

#include "base/text.h"
#include "cgi/scepadm_bulk.h"
#include "cgi/scepadm_request.h"

static const char *const	copied[] = {
	"id", "profile", "subject", NULL
};

static const struct adm_column	columns[] = {
	{ "ID", "id" }, { "PROFILE", "profile" }, { "OUTCOME", "outcome" },
	{ "SERIAL", "serial" }, { "SUBJECT", "subject" },
	{ "REASON", "error" }, { NULL, NULL }
};

static enum scep_err
collect(struct adm *adm, void *arg, const json_t *rows)
{
	return json_array_extend(arg, (json_t *)(uintptr_t)rows) == 0 ?
	    SCEP_OK : scep_fail(&adm->err, SCEP_E_NOMEM, "requests");
}

/* If one of them does not wait, nothing is done. */
static enum scep_err
collect_told(struct adm *adm, char *const ids[], json_t *meant)
{
	json_t		*row;
	enum scep_err	 rc;

	for (; *ids != NULL; ids++) {
		if ((rc = adm_ask(adm, json_pack("{s:s,s:s}", "do",
		    "request.show", "id", *ids), &row)) != SCEP_OK)
			return rc;
		(void)json_array_append_new(meant, row);
	}
	return SCEP_OK;
}

/* "approved", "1 of 2"; of a dry run, "would be …". */
static json_t *
outcome(const json_t *result, int dry)
{
	const char		*would = dry ? "would be " : "";
	const json_int_t	 n = json_integer_value(json_object_get(
				    result, "approvals"));
	const json_int_t	 needed = json_integer_value(json_object_get(
				    result, "needed"));

	if (json_object_get(result, "needed") == NULL)
		return json_sprintf("%srefused", would);
	return n >= needed ? json_sprintf("%sapproved", would) :
	    json_sprintf("%s%lld of %lld", would, (long long)n,
	    (long long)needed);
}

static json_t *
question(const struct adm_request_bulk *bulk)
{
	json_t	*ask = json_pack("{s:s,s:i}", "do", bulk->verb, "dry",
		    bulk->dry);

	adm_set_text(ask, "reason", bulk->reason);
	return ask;
}

enum scep_err
adm_request_bulk(struct adm *adm, const struct adm_request_filter *f,
    char *const ids[], const struct adm_request_bulk *bulk)
{
	const struct adm_bulk	 how = {
		.key = "id", .copied = copied, .columns = columns,
		.outcome = outcome, .before = "approved before",
		.gone = "decided before", .dry = bulk->dry,
	};
	json_t			*ask, *meant;
	enum scep_err		 rc;
	long			 limit;
	int			 more = 0;

	if ((rc = adm_bulk_limit(adm, f->limit, &limit)) != SCEP_OK)
		return rc;
	ask = question(bulk);
	meant = json_array();
	adm_hold(adm);
	rc = ids[0] != NULL ? collect_told(adm, ids, meant) :
	    adm_request_each(adm, f, limit, collect, meant, &more);
	if (rc == SCEP_OK)
		rc = adm_bulk_run(adm, &how, ask, meant, more);
	adm_release(adm);
	json_decref(meant);
	json_decref(ask);
	return rc;
}
