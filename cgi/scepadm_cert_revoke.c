/*
 * scepadm_cert_revoke.c - certificates revoked: one by its serial, or those
 * that fit.
 */
#include <string.h>

#include "cgi/scepadm_bulk.h"
#include "cgi/scepadm_cert.h"
#include "cgi/scepadm_page.h"
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

#define SERIAL_TEXT	120	/* of 40 octets, with colons */

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

/* … of this one. */
static enum scep_err
question_of(struct adm *adm, const struct told *told, const char *serial,
    json_t **out)
{
	enum scep_err	 rc;

	if ((rc = question(adm, told, out)) == SCEP_OK)
		rc = adm_put_text(adm, *out, "serial", serial, SERIAL_TEXT);
	if (rc != SCEP_OK)
		json_decref(*out);
	return rc;
}

static json_t *
outcome(const json_t *result, int dry)
{
	(void)result;
	return json_string(dry ? "would be revoked" : "revoked");
}

/* Rows, until there are limit of them. */
struct collecting {
	json_t	*meant;
	size_t	 limit;
	int	 more;			/* there are others */
};

static enum scep_err
collect(struct adm *adm, void *arg, json_t *result, int *enough)
{
	struct collecting	*c = arg;
	json_t			*rows, *row;
	enum scep_err		 rc;
	size_t			 i;

	if ((rc = adm_page_rows(adm, result, &rows)) != SCEP_OK)
		return rc;
	json_array_foreach(rows, i, row)
		if (json_array_size(c->meant) < c->limit)
			(void)json_array_append(c->meant, row);
		else
			c->more = 1;
	*enough = c->more;
	return SCEP_OK;
}

/* If one of them cannot be revoked, none is; one that was stays among them, so
 * that the same command again does the rest. */
static enum scep_err
collect_told(struct adm *adm, const struct told *told, char *const serials[],
    json_t *meant)
{
	struct told	 dry = *told;
	json_t		*ask, *row;
	enum scep_err	 rc;

	for (dry.dry = 1; *serials != NULL; serials++) {
		if ((rc = question_of(adm, &dry, *serials, &ask)) != SCEP_OK)
			return rc;
		rc = adm_ask(adm, ask, &row);
		if (rc == SCEP_E_EXISTS)
			row = json_pack("{s:s}", "serial", *serials);
		else if (rc != SCEP_OK)
			return rc;
		(void)json_array_append_new(meant, row);
	}
	return SCEP_OK;
}

/* Those that fit. */
static enum scep_err
collect_fit(struct adm *adm, struct told *told, long limit, json_t *meant,
    int *more)
{
	struct collecting	 c = { .meant = meant,
				    .limit = (size_t)limit };
	json_t			*request;
	enum scep_err		 rc;

	if (told->filter.state == NULL)
		told->filter.state = "live";
	if (strcmp(told->filter.state, "revoked") == 0)
		return scep_fail(&adm->err, SCEP_E_USAGE, "--state revoked: "
		    "those are revoked, and stay so; valid or expired");
	request = json_pack("{s:s,s:i}", "do", "cert.list", "brief", 1);
	if ((rc = adm_cert_filter_put(adm, &told->filter, request)) ==
	    SCEP_OK)
		rc = adm_each_page(adm, request, collect, &c);
	*more = c.more;
	json_decref(request);
	return rc;
}

static enum scep_err
revoke_many(struct adm *adm, struct told *told, char *const serials[])
{
	const struct adm_bulk	 how = {
		.key = "serial", .copied = copied, .columns = columns,
		.outcome = outcome, .before = "revoked before",
		.gone = "gone", .dry = told->dry,
	};
	json_t			*ask, *meant;
	enum scep_err		 rc;
	long			 limit;
	int			 more = 0;

	if ((rc = adm_bulk_limit(adm, told->limit, &limit)) != SCEP_OK)
		return rc;
	meant = json_array();
	adm_hold(adm);
	if ((rc = question(adm, told, &ask)) == SCEP_OK &&
	    (rc = serials[0] != NULL ? collect_told(adm, told, serials,
	    meant) : collect_fit(adm, told, limit, meant, &more)) == SCEP_OK)
		rc = adm_bulk_run(adm, &how, ask, meant, more);
	adm_release(adm);
	json_decref(meant);
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
		return scep_fail(&adm->err, SCEP_E_USAGE, "%.96s: either "
		    "certificates by their serials, or all that fit options",
		    serial);
	if (serial == NULL && !filtered && f->ca == NULL)
		return scep_fail(&adm->err, SCEP_E_USAGE, "which? give "
		    "serials, or options that those meant fit (such as "
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

	if ((rc = adm_options(adm, argc, argv, options, ADM_ANY,
	    &serial)) != SCEP_OK ||
	    (rc = check_meant(adm, &told, serial[0])) != SCEP_OK)
		return rc;
	if (serial[0] == NULL || serial[1] != NULL)
		return revoke_many(adm, &told, serial);
	if ((rc = question_of(adm, &told, serial[0], &ask)) != SCEP_OK)
		return rc;
	return adm_show(adm, ask, told.dry ? dry_columns : one_columns);
}
