/*
 * scepadm_request.c - requests that wait for an operator.
 */
#include "cgi/scepadm.h"

static const struct adm_column	list_columns[] = {
	{ "ID", "id" }, { "PROFILE", "profile" }, { "SUBJECT", "subject" },
	{ "SAN", "san" }, { "PEER", "peer" }, { "CREATED", "created" },
	{ NULL, NULL }
};

/* What to compare with the device before saying yes (PROTOCOL C-237). */
static const struct adm_column	show_columns[] = {
	{ "id", "id" }, { "profile", "profile" }, { "state", "state" },
	{ "subject", "subject" }, { "SAN", "san" },
	{ "key SHA-256", "key_sha256" }, { "signer SHA-256", "signer_sha256" },
	{ "transaction", "transaction" }, { "peer", "peer" },
	{ "created", "created" }, { "expires", "expires" }, { NULL, NULL }
};

static const struct adm_column	approve_columns[] = {
	{ "approved", "id" }, { "serial", "serial" }, { "subject", "subject" },
	{ NULL, NULL }
};

static const struct adm_column	refuse_columns[] = {
	{ "refused", "id" }, { NULL, NULL }
};

enum scep_err
adm_request_list(struct adm *adm, int argc, char *argv[])
{
	enum scep_err	 rc;

	if ((rc = adm_options(adm, argc, argv, NULL, 0, NULL)) != SCEP_OK)
		return rc;
	return adm_show(adm, json_pack("{s:s}", "do", "request.list"),
	    list_columns);
}

static enum scep_err
one(struct adm *adm, int argc, char *argv[], const char *what,
    const struct adm_column *columns)
{
	char		**id;
	enum scep_err	  rc;

	if ((rc = adm_options(adm, argc, argv, NULL, 1, &id)) != SCEP_OK)
		return rc;
	return adm_show(adm, json_pack("{s:s,s:s}", "do", what, "id", id[0]),
	    columns);
}

enum scep_err
adm_request_show(struct adm *adm, int argc, char *argv[])
{
	return one(adm, argc, argv, "request.show", show_columns);
}

enum scep_err
adm_request_approve(struct adm *adm, int argc, char *argv[])
{
	return one(adm, argc, argv, "request.approve", approve_columns);
}

enum scep_err
adm_request_refuse(struct adm *adm, int argc, char *argv[])
{
	const char		 *reason = "";
	char			**id;
	const struct adm_option	  options[] = {
		{ "reason", &reason, NULL, NULL },
		{ NULL, NULL, NULL, NULL }
	};
	enum scep_err		  rc;

	if ((rc = adm_options(adm, argc, argv, options, 1, &id)) != SCEP_OK)
		return rc;
	return adm_show(adm, json_pack("{s:s,s:s,s:s}", "do",
	    "request.refuse", "id", id[0], "reason", reason), refuse_columns);
}
