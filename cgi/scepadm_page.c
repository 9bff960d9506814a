/*
 * scepadm_page.c - a request whose answer comes a page at a time.
 */
#include "base/error.h"
#include "base/text.h"
#include "cgi/scepadm_page.h"

enum scep_err
adm_each_page(struct adm *adm, const json_t *request, adm_page_fn fn,
    void *arg)
{
	json_t		*after = NULL, *one, *result;
	enum scep_err	 rc = SCEP_OK;
	int		 enough = 0;

	do {
		one = json_copy((json_t *)(uintptr_t)request);
		if (after != NULL)
			(void)json_object_set_new(one, "after", after);
		after = NULL;
		if ((rc = adm_ask(adm, one, &result)) != SCEP_OK)
			break;
		rc = fn(adm, arg, result, &enough);
		after = json_incref(json_object_get(result, "next"));
		json_decref(result);
	} while (rc == SCEP_OK && after != NULL && !enough);
	json_decref(after);
	return rc;
}

enum scep_err
adm_page_rows(struct adm *adm, const json_t *result, json_t **rows)
{
	*rows = json_object_get(result, "rows");
	return json_is_array(*rows) ? SCEP_OK : scep_fail(&adm->err,
	    SCEP_E_INTERNAL, "the owner sent no rows; is scepadm of the same "
	    "version as scep.fcgi");
}

/* A list. */

enum scep_err
adm_list_start(struct adm *adm, struct adm_list *list, int csv,
    const char *limit)
{
	long	 n = ADM_LIST_MAX;

	if (csv && adm->json)
		return scep_fail(&adm->err, SCEP_E_USAGE,
		    "--csv and --json: give one of them");
	if (limit != NULL && scep_number_read(limit, 1, ADM_LIST_MAX, &n,
	    &adm->err) != SCEP_OK)
		return scep_fail_within(&adm->err, "--limit");
	list->left = (size_t)n;
	list->rows.form = adm->json ? ADM_JSON : csv ? ADM_CSV : ADM_TABLE;
	return SCEP_OK;
}

enum scep_err
adm_list_put(struct adm *adm, struct adm_list *list, json_t *rows)
{
	while (json_array_size(rows) > list->left)
		(void)json_array_remove(rows, json_array_size(rows) - 1);
	list->left -= json_array_size(rows);
	return adm_rows_put(adm, &list->rows, rows);
}

static enum scep_err
print_page(struct adm *adm, void *arg, json_t *result, int *enough)
{
	struct adm_list	*list = arg;
	json_t		*rows;
	enum scep_err	 rc;

	if ((rc = adm_page_rows(adm, result, &rows)) == SCEP_OK)
		rc = adm_list_put(adm, list, rows);
	*enough = list->left == 0;
	return rc;
}

enum scep_err
adm_list_print(struct adm *adm, struct adm_list *list, const json_t *request)
{
	enum scep_err	 rc;

	adm_hold(adm);
	if ((rc = adm_each_page(adm, request, print_page, list)) == SCEP_OK)
		rc = adm_rows_end(adm, &list->rows);
	adm_release(adm);
	return rc;
}

/* A count. */

struct count {
	const char	*what;
	json_int_t	 n;
};

static enum scep_err
count_page(struct adm *adm, void *arg, json_t *result, int *enough)
{
	struct count	*count = arg;

	(void)adm;
	(void)enough;
	count->n += json_integer_value(json_object_get(result, count->what));
	return SCEP_OK;
}

enum scep_err
adm_count_pages(struct adm *adm, const json_t *request, const char *what,
    long long *n)
{
	struct count	 count = { .what = what };
	json_t		*sum;
	enum scep_err	 rc;

	adm_hold(adm);
	rc = adm_each_page(adm, request, count_page, &count);
	adm_release(adm);
	*n = count.n;
	if (rc != SCEP_OK || !adm->json)
		return rc;
	sum = json_pack("{s:I}", what, count.n);
	adm_print_json(sum);
	json_decref(sum);
	return SCEP_OK;
}
