/*
 * scepadm_notice.c - what waits to be told to the program or server that a
 * profile names.
 */
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "cgi/scepadm.h"

#define LIMIT_MAX	1000000000L

static const struct adm_column	table_columns[] = {
	{ "ID", "id" }, { "EVENT", "event" }, { "PROFILE", "profile" },
	{ "STATE", "state" }, { "CREATED", "created" }, { "TRIES", "tries" },
	{ "NEXT TRY", "next" }, { "SUBJECT", "subject" },
	{ "ERROR", "error" }, { NULL, NULL }
};
static const struct adm_column	csv_columns[] = {
	{ "", "id" }, { "", "event" }, { "", "profile" }, { "", "state" },
	{ "", "created" }, { "", "tries" }, { "", "last" }, { "", "next" },
	{ "", "subject" }, { "", "serial" }, { "", "request_id" },
	{ "", "error" }, { NULL, NULL }
};
static const struct adm_column	show_columns[] = {
	{ "id", "id" }, { "event", "event" }, { "profile", "profile" },
	{ "state", "state" }, { "subject", "subject" },
	{ "serial", "serial" }, { "request", "request_id" },
	{ "created", "created" }, { "tries", "tries" },
	{ "last try", "last" }, { "next try", "next" }, { "error", "error" },
	{ NULL, NULL }
};

struct list {
	struct adm_rows	 rows;
	size_t		 left;		/* rows to be printed */
};

static enum scep_err
print_page(struct adm *adm, void *arg, json_t *result, int *enough)
{
	struct list	*list = arg;
	json_t		*page = json_object_get(result, "rows");

	if (!json_is_array(page))
		return scep_fail(&adm->err, SCEP_E_INTERNAL, "the owner sent "
		    "no rows; is scepadm of the same version as scep.fcgi");
	while (json_array_size(page) > list->left)
		(void)json_array_remove(page, json_array_size(page) - 1);
	list->left -= json_array_size(page);
	*enough = list->left == 0;
	return adm_rows_put(adm, &list->rows, page);
}

/* A text that is not UTF-8 names nothing. */
static json_t *
make_request(const char *what, const char *profile, const char *event)
{
	json_t	*request = json_pack("{s:s}", "do", what);

	if (profile != NULL)
		(void)json_object_set_new(request, "profile",
		    json_sprintf("%s", profile));
	if (event != NULL)
		(void)json_object_set_new(request, "event",
		    json_sprintf("%s", event));
	return request;
}

enum scep_err
adm_notice_list(struct adm *adm, int argc, char *argv[])
{
	const char		*profile = NULL, *event = NULL, *limit = NULL;
	int			 csv = 0;
	const struct adm_option	 options[] = {
		{ "profile", &profile, NULL, NULL },
		{ "event", &event, NULL, NULL },
		{ "limit", &limit, NULL, NULL },
		{ "csv", NULL, &csv, NULL },
		{ NULL, NULL, NULL, NULL }
	};
	struct list		 list = { .left = LIMIT_MAX };
	json_t			*request;
	enum scep_err		 rc;
	long			 n = LIMIT_MAX;

	if ((rc = adm_options(adm, argc, argv, options, 0, NULL)) != SCEP_OK)
		return rc;
	if (csv && adm->json)
		return scep_fail(&adm->err, SCEP_E_USAGE,
		    "--csv and --json: give one of them");
	if (limit != NULL && scep_number_read(limit, 1, LIMIT_MAX, &n,
	    &adm->err) != SCEP_OK)
		return scep_fail_within(&adm->err, "--limit");
	list.left = (size_t)n;
	list.rows.form = adm->json ? ADM_JSON : csv ? ADM_CSV : ADM_TABLE;
	list.rows.columns = csv ? csv_columns : table_columns;
	request = make_request("notice.list", profile, event);
	adm_hold(adm);
	if ((rc = adm_each_page(adm, request, print_page, &list)) == SCEP_OK)
		rc = adm_rows_end(adm, &list.rows);
	adm_release(adm);
	json_decref(request);
	return rc;
}

enum scep_err
adm_notice_show(struct adm *adm, int argc, char *argv[])
{
	char		**id;
	enum scep_err	  rc;

	if ((rc = adm_options(adm, argc, argv, NULL, 1, &id)) != SCEP_OK)
		return rc;
	return adm_show(adm, json_pack("{s:s,s:s}", "do", "notice.show",
	    "id", id[0]), show_columns);
}

/* How many; what is the member that says so. */
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

static enum scep_err
act_ask(struct adm *adm, const json_t *request, const char *what)
{
	struct count	 count = { .what = what };
	json_t		*result;
	enum scep_err	 rc;

	adm_hold(adm);
	rc = adm_each_page(adm, request, count_page, &count);
	adm_release(adm);
	if (rc != SCEP_OK)
		return rc;
	result = json_pack("{s:I}", what, count.n);
	if (adm->json)
		adm_print_json(result);
	else
		(void)printf("%lld notices are %s\n", (long long)count.n,
		    strcmp(what, "dropped") == 0 ? "dropped" :
		    "to be tried at once");
	json_decref(result);
	return SCEP_OK;
}

/* One, or all that are meant: not all by a slip. */
static enum scep_err
act(struct adm *adm, int argc, char *argv[], const char *verb,
    const char *what)
{
	const char		*profile = NULL, *event = NULL;
	int			 all = 0;
	const struct adm_option	 options[] = {
		{ "profile", &profile, NULL, NULL },
		{ "event", &event, NULL, NULL },
		{ "all", NULL, &all, NULL },
		{ NULL, NULL, NULL, NULL }
	};
	char			**id;
	json_t			*request;
	enum scep_err		 rc;

	if ((rc = adm_options(adm, argc, argv, options, -1, &id)) != SCEP_OK)
		return rc;
	if ((id[0] != NULL) == (profile != NULL || event != NULL || all))
		return scep_fail(&adm->err, SCEP_E_USAGE, "give the ID of a "
		    "notice, or say which with --profile, --event or --all");
	request = make_request(verb, profile, event);
	if (id[0] != NULL)
		(void)json_object_set_new(request, "id",
		    json_sprintf("%s", id[0]));
	rc = act_ask(adm, request, what);
	json_decref(request);
	return rc;
}

enum scep_err
adm_notice_retry(struct adm *adm, int argc, char *argv[])
{
	return act(adm, argc, argv, "notice.retry", "retried");
}

enum scep_err
adm_notice_drop(struct adm *adm, int argc, char *argv[])
{
	return act(adm, argc, argv, "notice.drop", "dropped");
}
