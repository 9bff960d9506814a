/*
 * scepadm_cert_list.c - what was issued: lists.
 *
 * The owner gives a page at a time (ca/admin.h), which is printed as it
 * comes.  Only an order that it does not give is made here, of all rows.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ca/admin.h"
#include "cgi/scepadm_cert.h"
#include "cgi/scepadm_page.h"

static const struct adm_column	table_columns[] = {
	{ "SERIAL", "serial" }, { "PROFILE", "profile" }, { "STATE", "state" },
	{ "NOT AFTER", "not_after" }, { "SUBJECT", "subject" }, { NULL, NULL }
};

static const struct adm_column	csv_columns[] = {
	{ "", "serial" }, { "", "subject" }, { "", "san" }, { "", "issuer" },
	{ "", "profile" }, { "", "ca" }, { "", "state" },
	{ "", "not_before" }, { "", "not_after" }, { "", "issued" },
	{ "", "request" }, { "", "authority" }, { "", "key_sha256" },
	{ "", "sha256" }, { "", "sha1" }, { "", "kept" },
	{ "", "revoked" }, { "", "reason" }, { NULL, NULL }
};

/* What list was told, as text. */
struct told {
	struct adm_cert_filter	 filter;
	const char		*sort, *limit;
	int			 csv;
};

struct list {
	json_t		*request;	/* changes from page to page */
	struct adm_list	 out;
	const char	*sort;		/* "": as they come */
	json_t		*unsorted;	/* all of them, or NULL */
};

/* Options. */

static enum scep_err
put_told(struct adm *adm, const struct told *told, struct list *list)
{
	static const char *const	 orders[] = {
		"expires", "issued", "profile", "serial", "subject", NULL
	};
	json_t				*request = list->request;
	enum scep_err			 rc;

	if ((rc = adm_list_start(adm, &list->out, told->csv, told->limit)) !=
	    SCEP_OK)
		return rc;
	list->out.rows.columns = told->csv ? csv_columns : table_columns;
	if (list->out.rows.form == ADM_TABLE)
		(void)json_object_set_new(request, "brief", json_integer(1));
	if ((rc = adm_cert_filter_put(adm, &told->filter, request)) !=
	    SCEP_OK)
		return rc;
	return adm_put_word(adm, request, "sort", told->sort, orders);
}

/* Order. */

/* Times as RFC 3339 has them are in the order of their texts. */
static int
compare_rows(const void *a, const void *b, void *sort)
{
	static const struct {
		const char	*sort, *first, *second;
	} keys[] = {
		{ "expires", "not_after", "serial" },
		{ "issued", "issued", "serial" },
		{ "profile", "profile", "not_after" },
		{ "serial", "serial", "ca" },
		{ "subject", "subject", "serial" },
	};
	const json_t	*x = *(json_t *const *)a, *y = *(json_t *const *)b;
	size_t		 i = 0;
	int		 c;

	while (strcmp(keys[i].sort, sort) != 0)
		i++;
	c = strcasecmp(adm_text(x, keys[i].first), adm_text(y, keys[i].first));
	return c != 0 ? c : strcmp(adm_text(x, keys[i].second),
	    adm_text(y, keys[i].second));
}

/* The first so many of all, in order. */
static enum scep_err
print_sorted(struct adm *adm, struct list *list)
{
	const size_t	 n = json_array_size(list->unsorted);
	json_t		**rows = calloc(n + 1, sizeof(*rows)), *page;
	enum scep_err	 rc = SCEP_OK;
	size_t		 i;

	if (rows == NULL)
		return scep_fail(&adm->err, SCEP_E_NOMEM, "%zu rows", n);
	for (i = 0; i < n; i++)
		rows[i] = json_array_get(list->unsorted, i);
	qsort_r(rows, n, sizeof(*rows), compare_rows,
	    (void *)(uintptr_t)list->sort);
	for (i = 0; rc == SCEP_OK && i < n && list->out.left > 0; ) {
		page = json_array();
		for (; json_array_size(page) < SCEP_ADMIN_PAGE && i < n; i++)
			if (json_array_append(page, rows[i]) != 0)
				rc = scep_fail(&adm->err, SCEP_E_NOMEM,
				    "a page");
		if (rc == SCEP_OK)
			rc = adm_list_put(adm, &list->out, page);
		json_decref(page);
	}
	free(rows);
	return rc;
}

/* Pages. */

/* The next page need not be longer than what is left. */
static void
set_limit(struct list *list)
{
	if (list->out.left < SCEP_ADMIN_PAGE && list->sort[0] == '\0')
		(void)json_object_set_new(list->request, "limit",
		    json_integer((json_int_t)list->out.left));
}

static enum scep_err
take_page(struct adm *adm, void *arg, json_t *result, int *enough)
{
	struct list	*list = arg;
	json_t		*rows;
	enum scep_err	 rc;

	if ((rc = adm_page_rows(adm, result, &rows)) != SCEP_OK)
		return rc;
	if (!json_is_false(json_object_get(result, "sorted"))) {
		rc = adm_list_put(adm, &list->out, rows);
		*enough = list->out.left == 0;
		set_limit(list);
		return rc;
	}
	if (list->unsorted == NULL)
		list->unsorted = json_array();
	return json_array_extend(list->unsorted, rows) == 0 ? SCEP_OK :
	    scep_fail(&adm->err, SCEP_E_NOMEM, "rows to be sorted");
}

static enum scep_err
print_list(struct adm *adm, struct list *list)
{
	enum scep_err	 rc;

	set_limit(list);
	rc = adm_each_page(adm, list->request, take_page, list);
	if (rc == SCEP_OK && list->unsorted != NULL)
		rc = print_sorted(adm, list);
	return rc == SCEP_OK ? adm_rows_end(adm, &list->out.rows) : rc;
}

enum scep_err
adm_cert_list(struct adm *adm, int argc, char *argv[])
{
	struct told		 told = { .csv = 0 };
	struct list		 list = { .unsorted = NULL };
	const struct adm_option	 options[] = {
		ADM_CERT_OPTIONS(told.filter),
		{ "sort", &told.sort, NULL, NULL },
		{ "limit", &told.limit, NULL, NULL },
		{ "csv", NULL, &told.csv, NULL },
		{ NULL, NULL, NULL, NULL }
	};
	enum scep_err		 rc;

	if ((rc = adm_options(adm, argc, argv, options, 0, NULL)) != SCEP_OK)
		return rc;
	list.request = json_pack("{s:s}", "do", "cert.list");
	list.sort = told.sort != NULL ? told.sort : "";
	if ((rc = put_told(adm, &told, &list)) == SCEP_OK)
		rc = print_list(adm, &list);
	json_decref(list.request);
	json_decref(list.unsorted);
	return rc;
}
