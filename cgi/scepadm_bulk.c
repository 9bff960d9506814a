/*
 * scepadm_bulk.c - one act for many rows of a list, one after another.
 */
#include <stdio.h>

#include "base/text.h"
#include "cgi/scepadm_bulk.h"

struct run {
	const struct adm_bulk	*bulk;
	const json_t		*ask;
	struct adm_rows		 rows;
	size_t			 done, not_done;
	enum scep_err		 first;		/* why one was not done */
};

enum scep_err
adm_bulk_limit(struct adm *adm, const char *text, long *limit)
{
	*limit = ADM_BULK_DEFAULT;
	if (text != NULL && scep_number_read(text, 1, ADM_BULK_MAX, limit,
	    &adm->err) != SCEP_OK)
		return scep_fail_within(&adm->err, "--limit");
	return SCEP_OK;
}

/* The others would fare no better. */
static int
is_trouble(enum scep_err rc)
{
	return rc == SCEP_E_USAGE || scep_err_exit(rc) == 75 ||
	    scep_err_exit(rc) == 78;
}

/* What needs nothing more from us is not undone. */
static void
tell_not_done(struct run *run, json_t *row, enum scep_err rc, const char *why)
{
	const char	*word = rc == SCEP_E_EXISTS ? run->bulk->before :
			    rc == SCEP_E_NOTFOUND ? run->bulk->gone :
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
start_row(const struct run *run, const json_t *meant)
{
	json_t			*row = json_object();
	const char *const	*name;

	for (name = run->bulk->copied; *name != NULL; name++)
		(void)json_object_set(row, *name, json_object_get(meant,
		    *name));
	(void)json_object_set_new(row, "error", json_string(""));
	return row;
}

static enum scep_err
act(struct adm *adm, struct run *run, const json_t *meant)
{
	json_t		*ask = json_copy((json_t *)(uintptr_t)run->ask);
	json_t		*page, *result, *row = start_row(run, meant);
	enum scep_err	 rc, put;

	(void)json_object_set(ask, run->bulk->key, json_object_get(meant,
	    run->bulk->key));
	rc = adm_ask(adm, ask, &result);
	if (rc == SCEP_OK) {
		run->done++;
		(void)json_object_set_new(row, "outcome", run->bulk->outcome(
		    result, run->bulk->dry));
		if (json_object_get(result, "serial") != NULL)
			(void)json_object_set(row, "serial",
			    json_object_get(result, "serial"));
	} else
		tell_not_done(run, row, rc, adm->err.text);
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
	if (run->rows.n == 0)
		(void)fprintf(stderr, "scepadm: none fits\n");
	if (run->not_done == 0)
		return SCEP_OK;
	return scep_fail(&adm->err, run->first, "%zu done, and %zu not: see "
	    "their reasons", run->done, run->not_done);
}

enum scep_err
adm_bulk_run(struct adm *adm, const struct adm_bulk *bulk, const json_t *ask,
    const json_t *meant, int more)
{
	struct run	 run = { .bulk = bulk, .ask = ask };
	const size_t	 n = json_array_size(meant);
	enum scep_err	 rc = SCEP_OK, put;
	size_t		 i;

	run.rows.form = adm->json ? ADM_JSON : ADM_TABLE;
	run.rows.columns = bulk->columns;
	for (i = 0; i < n && rc == SCEP_OK; i++)
		rc = act(adm, &run, json_array_get(meant, i));
	if (is_trouble(rc))
		(void)scep_fail_within(&adm->err, "%zu done, %zu left",
		    run.done, n - run.done);
	/* What was told is whole, also where it ends early. */
	put = adm_rows_end(adm, &run.rows);
	if (rc == SCEP_OK)
		rc = put;
	return rc == SCEP_OK ? sum_up(adm, &run, more) : rc;
}
