/*
 * scepadm_request_bulk.c - many requests approved or refused, one by one.
 *
 * Which are meant is settled first; then each is decided in a transaction of
 * its own and told of at once.  So what was told is done, whenever this ends,
 * and the same command again goes on with the rest.
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cgi/scepadm_request.h"

#define LIMIT_DEFAULT	1000L
#define LIMIT_MAX	100000L

static const struct adm_column	columns[] = {
	{ "ID", "id" }, { "PROFILE", "profile" }, { "OUTCOME", "outcome" },
	{ "SERIAL", "serial" }, { "SUBJECT", "subject" },
	{ "REASON", "error" }, { NULL, NULL }
};

struct run {
	const struct adm_request_bulk	*bulk;
	struct adm_rows			 rows;
	json_t				*meant;
	size_t				 done, not_done;
	enum scep_err			 first;	/* why one was not done */
};

static enum scep_err
collect(struct adm *adm, void *arg, const json_t *rows)
{
	struct run	*run = arg;

	return json_array_extend(run->meant, (json_t *)(uintptr_t)rows) == 0 ?
	    SCEP_OK : scep_fail(&adm->err, SCEP_E_NOMEM, "requests");
}

/* Ours: the others would fare no better. */
static int
is_trouble(enum scep_err rc)
{
	return scep_err_exit(rc) == 75 || scep_err_exit(rc) == 78;
}

/* "approved", "1 of 2"; of a dry run, "would be …". */
static json_t *
outcome(const struct run *run, const json_t *result)
{
	const char		*would = run->bulk->dry ? "would be " : "";
	const json_int_t	 n = json_integer_value(json_object_get(
				    result, "approvals"));
	const json_int_t	 needed = json_integer_value(json_object_get(
				    result, "needed"));

	if (strcmp(run->bulk->verb, "request.refuse") == 0)
		return json_sprintf("%srefused", would);
	return n >= needed ? json_sprintf("%sapproved", would) :
	    json_sprintf("%s%lld of %lld", would, (long long)n,
	    (long long)needed);
}

/* What was decided by somebody else since, or approved by us before, needs
 * nothing more from us. */
static void
not_done(struct run *run, json_t *row, enum scep_err rc, const char *why)
{
	const char	*word = rc == SCEP_E_EXISTS ? "approved before" :
			    rc == SCEP_E_NOTFOUND ? "decided before" :
			    "not done";

	(void)json_object_set_new(row, "outcome", json_string(word));
	(void)json_object_set_new(row, "error", json_string(why));
	if (rc == SCEP_E_EXISTS || rc == SCEP_E_NOTFOUND)
		return;
	run->not_done++;
	if (run->first == SCEP_OK)
		run->first = rc;
}

static json_t *
question(const struct run *run, const char *id)
{
	json_t	*ask = json_pack("{s:s,s:s}", "do", run->bulk->verb, "id", id);

	if (run->bulk->reason != NULL)
		(void)json_object_set_new(ask, "reason",
		    json_string(run->bulk->reason));
	if (run->bulk->dry)
		(void)json_object_set_new(ask, "dry", json_integer(1));
	return ask;
}

static enum scep_err
decide(struct adm *adm, struct run *run, const json_t *meant)
{
	const char	*id = json_string_value(json_object_get(meant, "id"));
	json_t		*page, *result = NULL;
	json_t		*row = json_pack("{s:O,s:O,s:O,s:s,s:s}", "id",
			    json_object_get(meant, "id"), "profile",
			    json_object_get(meant, "profile"), "subject",
			    json_object_get(meant, "subject"), "serial", "",
			    "error", "");
	enum scep_err	 rc, put;

	if (row == NULL)
		return scep_fail(&adm->err, SCEP_E_INTERNAL,
		    "a request without an id, a profile or a subject");
	rc = adm_ask(adm, question(run, id), &result);
	if (rc == SCEP_OK) {
		run->done++;
		(void)json_object_set_new(row, "outcome", outcome(run,
		    result));
		if (json_object_get(result, "serial") != NULL)
			(void)json_object_set(row, "serial",
			    json_object_get(result, "serial"));
	} else
		not_done(run, row, rc, adm->err.text);
	json_decref(result);
	page = json_pack("[o]", row);
	put = adm_rows_put(adm, &run->rows, page);
	json_decref(page);
	return put != SCEP_OK ? put : is_trouble(rc) ? rc : SCEP_OK;
}

/* On stderr, so that what is told of each can be read by a program. */
static enum scep_err
sum_up(struct adm *adm, const struct run *run, int more)
{
	if (more)
		(void)fprintf(stderr, "scepadm: there are more that fit: run "
		    "it again, or raise --limit\n");
	if (run->not_done == 0)
		return SCEP_OK;
	return scep_fail(&adm->err, run->first, "%zu done, and %zu not: see "
	    "their reasons", run->done, run->not_done);
}

static enum scep_err
decide_all(struct adm *adm, struct run *run, int more)
{
	const json_t	*meant;
	enum scep_err	 rc = SCEP_OK;
	size_t		 i;

	for (i = 0; i < json_array_size(run->meant) && rc == SCEP_OK; i++) {
		meant = json_array_get(run->meant, i);
		rc = decide(adm, run, meant);
	}
	if (rc == SCEP_OK)
		rc = adm_rows_end(adm, &run->rows);
	else if (is_trouble(rc))
		(void)scep_fail_within(&adm->err, "%zu done, %zu left",
		    run->done, json_array_size(run->meant) - run->done);
	return rc == SCEP_OK ? sum_up(adm, run, more) : rc;
}

enum scep_err
adm_request_bulk(struct adm *adm, const struct adm_request_filter *f,
    const struct adm_request_bulk *bulk)
{
	struct run	 run = { .bulk = bulk };
	enum scep_err	 rc;
	long		 limit;
	int		 more;

	if (f->limit != NULL && scep_number_read(f->limit, 1, LIMIT_MAX,
	    &limit, &adm->err) != SCEP_OK)
		return scep_fail_within(&adm->err, "--limit");
	run.rows.form = adm->json ? ADM_JSON : ADM_TABLE;
	run.rows.columns = columns;
	run.meant = json_array();
	adm_hold(adm);
	rc = adm_request_each(adm, f, LIMIT_DEFAULT, collect, &run, &more);
	if (rc == SCEP_OK)
		rc = decide_all(adm, &run, more);
	adm_release(adm);
	json_decref(run.meant);
	return rc;
}
