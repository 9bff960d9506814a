/*
 * scepadm_notice.c - what waits to be told to the program or server that a
 * profile names.
 */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "cgi/scepadm_page.h"

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

static json_t *
make_request(const char *what, const char *profile, const char *event)
{
	json_t	*request = json_pack("{s:s}", "do", what);

	adm_set_text(request, "profile", profile);
	adm_set_text(request, "event", event);
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
	struct adm_list		 list = { .left = 0 };
	json_t			*request;
	enum scep_err		 rc;

	if ((rc = adm_options(adm, argc, argv, options, 0, NULL)) !=
	    SCEP_OK ||
	    (rc = adm_list_start(adm, &list, csv, limit)) != SCEP_OK)
		return rc;
	list.rows.columns = csv ? csv_columns : table_columns;
	request = make_request("notice.list", profile, event);
	rc = adm_list_print(adm, &list, request);
	json_decref(request);
	return rc;
}

enum scep_err
adm_notice_show(struct adm *adm, int argc, char *argv[])
{
	return adm_show_one(adm, argc, argv, "notice.show", "id",
	    show_columns);
}

static enum scep_err
act_ask(struct adm *adm, const json_t *request, const char *what)
{
	enum scep_err	 rc;
	long long	 n;

	rc = adm_count_pages(adm, request, what, &n);
	if (rc == SCEP_OK && !adm->json)
		(void)printf("%lld notices are %s\n", n, strcmp(what,
		    "dropped") == 0 ? "dropped" : "to be tried at once");
	return rc;
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
	adm_set_text(request, "id", id[0]);
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
