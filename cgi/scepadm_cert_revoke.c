/*
 * scepadm_cert_revoke.c - certificates revoked: one by its serial, or those
 * that fit.
 */
#include <string.h>

#include "base/text.h"
#include "ca/admin.h"
#include "cgi/scepadm_bulk.h"
#include "cgi/scepadm_cert.h"
#include "store/record.h"

static const struct adm_column	one_columns[] = {
	{ "revoked", "serial" }, { "subject", "subject" },
	{ "profile", "profile" }, { "CA", "ca" }, { "reason", "reason" },
	{ "on the CRL of", "crl" }, { "on no CRL", "no_crl" }, { NULL, NULL }
};

static const struct adm_column	dry_columns[] = {
	{ "would revoke", "serial" }, { "subject", "subject" },
	{ "profile", "profile" }, { "CA", "ca" }, { "reason", "reason" },
	{ "on the CRL of", "crl" }, { "on no CRL", "no_crl" }, { NULL, NULL }
};

static const char *const	copied[] = {
	"serial", "profile", "not_after", "subject", NULL
};

static const struct adm_column	columns[] = {
	{ "SERIAL", "serial" }, { "PROFILE", "profile" },
	{ "OUTCOME", "outcome" }, { "NOT AFTER", "not_after" },
	{ "SUBJECT", "subject" }, { "REASON", "error" }, { NULL, NULL }
};

/* What was told. */
struct told {
	struct adm_cert_filter	 filter;
	const char		*reason, *limit;
	int			 dry;
};

static enum scep_err
question(struct adm *adm, const struct told *told, json_t **out)
{
	enum scep_err	 rc;

	*out = json_pack("{s:s,s:i}", "do", "cert.revoke", "dry", told->dry);
	if ((rc = adm_put_text(adm, *out, "reason", told->reason, 32)) !=
	    SCEP_OK)
		return rc;
	return adm_put_text(adm, *out, "ca", told->filter.ca,
	    SCEP_REC_NAME - 1);
}

static json_t *
outcome(const json_t *result, int dry)
{
	(void)result;
	return json_string(dry ? "would be revoked" : "revoked");
}

/* Rows until there are limit of them; *more: there are others. */
static enum scep_err
collect(struct adm *adm, const json_t *request, long limit, json_t *meant,
    int *more)
{
	json_t		*after = NULL, *one, *result, *rows, *row;
	enum scep_err	 rc;
	size_t		 i;

	*more = 0;
	do {
		one = json_copy((json_t *)(uintptr_t)request);
		if (after != NULL)
			(void)json_object_set_new(one, "after", after);
		after = NULL;
		if ((rc = adm_ask(adm, one, &result)) != SCEP_OK)
			break;
		rows = json_object_get(result, "rows");
		json_array_foreach(rows, i, row)
			if ((long)json_array_size(meant) < limit)
				(void)json_array_append(meant, row);
			else
				*more = 1;
		after = json_incref(json_object_get(result, "next"));
		json_decref(result);
	} while (after != NULL && !*more);
	json_decref(after);
	return rc;
}

static enum scep_err
revoke_many(struct adm *adm, struct told *told)
{
	const struct adm_bulk	 how = {
		.key = "serial", .copied = copied, .columns = columns,
		.outcome = outcome, .before = "revoked before",
		.gone = "gone", .dry = told->dry,
	};
	json_t			*ask, *request, *meant;
	enum scep_err		 rc;
	long			 limit;
	int			 more;

	if (told->filter.state == NULL)
		told->filter.state = "valid";
	if (strcmp(told->filter.state, "revoked") == 0)
		return scep_fail(&adm->err, SCEP_E_USAGE, "--state revoked: "
		    "those are revoked, and stay so; valid or expired");
	if ((rc = adm_bulk_limit(adm, told->limit, &limit)) != SCEP_OK)
		return rc;
	request = json_pack("{s:s,s:i}", "do", "cert.list", "brief", 1);
	meant = json_array();
	adm_hold(adm);
	if ((rc = question(adm, told, &ask)) == SCEP_OK &&
	    (rc = adm_cert_filter_put(adm, &told->filter, request)) ==
	    SCEP_OK &&
	    (rc = collect(adm, request, limit, meant, &more)) == SCEP_OK)
		rc = adm_bulk_run(adm, &how, ask, meant, more);
	adm_release(adm);
	json_decref(meant);
	json_decref(request);
	json_decref(ask);
	return rc;
}

/* --ca says of which CA a serial is, too. */
static enum scep_err
check_meant(struct adm *adm, const struct told *told, const char *serial)
{
	const struct adm_cert_filter	*f = &told->filter;
	const int			 filtered = f->subject != NULL ||
					    f->profile != NULL ||
					    f->expires_in != NULL ||
					    f->since != NULL;

	if (serial != NULL && (filtered || f->state != NULL ||
	    told->limit != NULL))
		return scep_fail(&adm->err, SCEP_E_USAGE, "%.96s: either one "
		    "certificate by its serial, or all that fit options",
		    serial);
	if (serial == NULL && !filtered && f->ca == NULL)
		return scep_fail(&adm->err, SCEP_E_USAGE, "which? give the "
		    "serial of one, or options that those meant fit (such as "
		    "--profile); `scepadm cert list` shows which fit");
	return SCEP_OK;
}

enum scep_err
adm_cert_revoke(struct adm *adm, int argc, char *argv[])
{
	struct told		  told = { .dry = 0 };
	const struct adm_option	  options[] = {
		ADM_CERT_OPTIONS(told.filter),
		{ "reason", &told.reason, NULL, NULL },
		{ "limit", &told.limit, NULL, NULL },
		{ "dry-run", NULL, &told.dry, NULL },
		{ NULL, NULL, NULL, NULL }
	};
	char			**serial;
	json_t			 *ask;
	enum scep_err		  rc;

	if ((rc = adm_options(adm, argc, argv, options, -1, &serial)) !=
	    SCEP_OK || (rc = check_meant(adm, &told, serial[0])) != SCEP_OK)
		return rc;
	if (serial[0] == NULL)
		return revoke_many(adm, &told);
	if ((rc = question(adm, &told, &ask)) != SCEP_OK ||
	    (rc = adm_put_text(adm, ask, "serial", serial[0], 120)) !=
	    SCEP_OK) {
		json_decref(ask);
		return rc;
	}
	return adm_show(adm, ask, told.dry ? dry_columns : one_columns);
}
