/*
 * scepadm_request.c - requests that wait for an operator.
 */
#include <string.h>

#include "base/text.h"
#include "ca/admin.h"
#include "cgi/scepadm_cert.h"
#include "cgi/scepadm_page.h"
#include "cgi/scepadm_request.h"
#include "store/record.h"

static const struct adm_column	list_columns[] = {
	{ "ID", "id" }, { "PROFILE", "profile" }, { "APPROVALS", "approvals" },
	{ "OF", "needed" }, { "SUBJECT", "subject" }, { "SAN", "san" },
	{ "PEER", "peer" }, { "CREATED", "created" },
	{ "EXPIRES", "expires" }, { NULL, NULL }
};

/* What to compare with the device before saying yes (PROTOCOL C-237). */
static const struct adm_column	show_columns[] = {
	{ "id", "id" }, { "profile", "profile" }, { "state", "state" },
	{ "waits because", "why" }, { "subject", "subject" },
	{ "SAN", "san" }, { "validity", "validity" },
	{ "key SHA-256", "key_sha256" },
	{ "signer SHA-256", "signer_sha256" },
	{ "transaction", "transaction" }, { "peer", "peer" },
	{ "created", "created" }, { "expires", "expires" },
	{ "approvals", "approvals" }, { "of", "needed" },
	{ "approved by", "approved_by" }, { NULL, NULL }
};

static const struct adm_column	approve_columns[] = {
	{ "approved", "id" }, { "approvals", "so_far" },
	{ "serial", "serial" }, { "subject", "subject" }, { NULL, NULL }
};

static const struct adm_column	dry_columns[] = {
	{ "would approve", "id" }, { "approvals", "so_far" },
	{ "subject", "subject" }, { NULL, NULL }
};

static const struct adm_column	refuse_columns[] = {
	{ "refused", "id" }, { NULL, NULL }
};

static const struct adm_column	dry_refuse_columns[] = {
	{ "would refuse", "id" }, { NULL, NULL }
};

/* Which are meant. */

int
adm_request_is_filtered(const struct adm_request_filter *f)
{
	return f->profile != NULL || f->subject != NULL || f->san != NULL ||
	    f->peer != NULL || f->older != NULL || f->newer != NULL;
}

static enum scep_err
put_duration(struct adm *adm, json_t *request, const char *name,
    const char *text)
{
	long	 seconds;

	if (text == NULL)
		return SCEP_OK;
	if (scep_duration_read(text, &seconds, &adm->err) != SCEP_OK)
		return scep_fail_within(&adm->err, "--%s", name);
	(void)json_object_set_new(request, name, json_integer(seconds));
	return SCEP_OK;
}

static enum scep_err
put_filter(struct adm *adm, const struct adm_request_filter *f,
    json_t *request, long *limit)
{
	static const char *const	 states[] = { "pending", "expired",
					    NULL };
	enum scep_err			 rc;

	if ((rc = adm_put_word(adm, request, "state", f->state, states)) !=
	    SCEP_OK ||
	    (rc = adm_put_text(adm, request, "profile", f->profile,
	    SCEP_REC_NAME - 1)) != SCEP_OK ||
	    (rc = adm_put_text(adm, request, "subject", f->subject,
	    SCEP_REC_TEXT - 1)) != SCEP_OK ||
	    (rc = adm_put_text(adm, request, "san", f->san,
	    SCEP_REC_TEXT - 1)) != SCEP_OK ||
	    (rc = adm_put_text(adm, request, "peer", f->peer,
	    SCEP_REC_TEXT - 1)) != SCEP_OK ||
	    (rc = put_duration(adm, request, "older", f->older)) != SCEP_OK ||
	    (rc = put_duration(adm, request, "newer", f->newer)) != SCEP_OK)
		return rc;
	if (f->limit != NULL && scep_number_read(f->limit, 1, ADM_LIST_MAX,
	    limit, &adm->err) != SCEP_OK)
		return scep_fail_within(&adm->err, "--limit");
	return SCEP_OK;
}

/* Pages until there are enough, and then those that say whether there are
 * further rows: a page may have a next one with nothing in it. */
struct walk {
	json_t		*request;	/* changes from page to page */
	adm_request_fn	 fn;
	void		*arg;
	long		 left;		/* rows for fn */
	int		 more;
};

static void
set_limit(struct walk *w)
{
	(void)json_object_set_new(w->request, "limit", json_integer(
	    w->left <= 0 ? 1 : w->left < SCEP_ADMIN_PAGE ? w->left :
	    SCEP_ADMIN_PAGE));
}

static enum scep_err
take_page(struct adm *adm, void *arg, json_t *result, int *enough)
{
	struct walk	*w = arg;
	json_t		*rows;
	enum scep_err	 rc;

	if ((rc = adm_page_rows(adm, result, &rows)) != SCEP_OK)
		return rc;
	if (w->left <= 0) {
		*enough = w->more = json_array_size(rows) > 0;
		return SCEP_OK;
	}
	rc = w->fn(adm, w->arg, rows);
	w->left -= (long)json_array_size(rows);
	set_limit(w);
	return rc;
}

enum scep_err
adm_request_each(struct adm *adm, const struct adm_request_filter *f,
    long limit, adm_request_fn fn, void *arg, int *more)
{
	struct walk	 w = { .fn = fn, .arg = arg, .left = limit };
	enum scep_err	 rc;

	w.request = json_pack("{s:s}", "do", "request.list");
	if ((rc = put_filter(adm, f, w.request, &w.left)) == SCEP_OK) {
		set_limit(&w);
		rc = adm_each_page(adm, w.request, take_page, &w);
	}
	*more = w.more;
	json_decref(w.request);
	return rc;
}

/* The verbs. */

static enum scep_err
print_page(struct adm *adm, void *arg, const json_t *rows)
{
	return adm_rows_put(adm, arg, rows);
}

enum scep_err
adm_request_list(struct adm *adm, int argc, char *argv[])
{
	struct adm_request_filter	 f = { .limit = NULL };
	const struct adm_option		 options[] = {
		ADM_REQUEST_OPTIONS(f),
		{ "state", &f.state, NULL, NULL },
		{ NULL, NULL, NULL, NULL }
	};
	struct adm_rows			 rows = { .columns = list_columns };
	enum scep_err			 rc;
	int				 more;

	if ((rc = adm_options(adm, argc, argv, options, 0, NULL)) != SCEP_OK)
		return rc;
	rows.form = adm->json ? ADM_JSON : ADM_TABLE;
	adm_hold(adm);
	if ((rc = adm_request_each(adm, &f, ADM_LIST_MAX, print_page,
	    &rows, &more)) == SCEP_OK)
		rc = adm_rows_end(adm, &rows);
	adm_release(adm);
	return rc;
}

enum scep_err
adm_request_show(struct adm *adm, int argc, char *argv[])
{
	return adm_show_one(adm, argc, argv, "request.show", "id",
	    show_columns);
}

/* By ids, or by options: *one is the id if there is one alone, or NULL. */
static enum scep_err
check_meant(struct adm *adm, const struct adm_request_filter *f, int all,
    char **id, const char **one)
{
	const int	 filtered = adm_request_is_filtered(f);

	*one = id[0] != NULL && id[1] == NULL ? id[0] : NULL;
	if (id[0] != NULL && (filtered || all || f->limit != NULL))
		return scep_fail(&adm->err, SCEP_E_USAGE, "%.64s: either "
		    "requests by their IDs, or all that fit options", id[0]);
	if (filtered && all)
		return scep_fail(&adm->err, SCEP_E_USAGE, "--all is all that "
		    "wait, and other options are some of them: leave out one "
		    "or the other");
	if (id[0] == NULL && !filtered && !all)
		return scep_fail(&adm->err, SCEP_E_USAGE, "which? give their "
		    "IDs, or options that those meant fit (such as "
		    "--profile), or --all; `scepadm request list` shows "
		    "which fit");
	return SCEP_OK;
}

static void
add_so_far(json_t *result)
{
	const json_int_t	 n = json_integer_value(json_object_get(
				    result, "approvals"));
	const json_int_t	 needed = json_integer_value(json_object_get(
				    result, "needed"));

	if (needed > 1)
		(void)json_object_set_new(result, "so_far", json_sprintf(
		    "%lld of %lld%s", (long long)n, (long long)needed,
		    n < needed ? ": it waits for another one" : ""));
}

static enum scep_err
approve_one(struct adm *adm, const char *id, int dry)
{
	json_t		*result;
	enum scep_err	 rc;

	if ((rc = adm_ask(adm, json_pack("{s:s,s:s,s:i}", "do",
	    "request.approve", "id", id, "dry", dry), &result)) != SCEP_OK)
		return rc;
	if (adm->json)
		adm_print_json(result);
	else {
		add_so_far(result);
		adm_print_record(result, dry ? dry_columns :
		    approve_columns);
	}
	json_decref(result);
	return SCEP_OK;
}

enum scep_err
adm_request_approve(struct adm *adm, int argc, char *argv[])
{
	struct adm_request_filter	  f = { .limit = NULL };
	struct adm_request_bulk		  bulk = { .verb = "request.approve" };
	int				  all = 0;
	const struct adm_option		  options[] = {
		ADM_REQUEST_OPTIONS(f),
		{ "all", NULL, &all, NULL },
		{ "dry-run", NULL, &bulk.dry, NULL },
		{ NULL, NULL, NULL, NULL }
	};
	const char			 *one;
	char				**id;
	enum scep_err			  rc;

	if ((rc = adm_options(adm, argc, argv, options, ADM_ANY, &id)) !=
	    SCEP_OK || (rc = check_meant(adm, &f, all, id, &one)) != SCEP_OK)
		return rc;
	return one != NULL ? approve_one(adm, one, bulk.dry) :
	    adm_request_bulk(adm, &f, id, &bulk);
}

enum scep_err
adm_request_refuse(struct adm *adm, int argc, char *argv[])
{
	struct adm_request_filter	  f = { .limit = NULL };
	struct adm_request_bulk		  bulk = { .verb = "request.refuse",
					    .reason = "" };
	int				  all = 0;
	const struct adm_option		  options[] = {
		ADM_REQUEST_OPTIONS(f),
		{ "reason", &bulk.reason, NULL, NULL },
		{ "all", NULL, &all, NULL },
		{ "dry-run", NULL, &bulk.dry, NULL },
		{ NULL, NULL, NULL, NULL }
	};
	const char			 *one;
	char				**id;
	enum scep_err			  rc;

	if ((rc = adm_options(adm, argc, argv, options, ADM_ANY, &id)) !=
	    SCEP_OK || (rc = check_meant(adm, &f, all, id, &one)) != SCEP_OK)
		return rc;
	if (one == NULL)
		return adm_request_bulk(adm, &f, id, &bulk);
	return adm_show(adm, json_pack("{s:s,s:s,s:s,s:i}", "do",
	    "request.refuse", "id", one, "reason", bulk.reason, "dry",
	    bulk.dry), bulk.dry ? dry_refuse_columns : refuse_columns);
}
