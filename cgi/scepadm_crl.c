/*
 * scepadm_crl.c - the CRLs of the CAs: list, show, export, make.
 */
#include <openssl/pem.h>

#include "base/text.h"
#include "cgi/scepadm.h"

static const struct adm_column	list_columns[] = {
	{ "CA", "ca" }, { "STATE", "state" }, { "NUMBER", "number" },
	{ "THIS UPDATE", "this_update" }, { "NEXT UPDATE", "next_update" },
	{ "ENTRIES", "entries" }, { "OCTETS", "size" }, { NULL, NULL }
};

static const struct adm_column	show_columns[] = {
	{ "CA", "ca" }, { "state", "state" }, { "reason", "reason" },
	{ "number", "number" }, { "this update", "this_update" },
	{ "next update", "next_update" }, { "entries", "entries" },
	{ "octets", "size" }, { NULL, NULL }
};

enum scep_err
adm_crl_list(struct adm *adm, int argc, char *argv[])
{
	return adm_show_all(adm, argc, argv, "crl.list", list_columns);
}

enum scep_err
adm_crl_show(struct adm *adm, int argc, char *argv[])
{
	return adm_show_one(adm, argc, argv, "crl.show", "ca", show_columns);
}

enum scep_err
adm_crl_make(struct adm *adm, int argc, char *argv[])
{
	return adm_show_one(adm, argc, argv, "crl.make", "ca", show_columns);
}

enum scep_err
adm_crl_export(struct adm *adm, int argc, char *argv[])
{
	int			  der = 0;
	char			**ca;
	const struct adm_option	  options[] = {
		{ "der", NULL, &der, NULL },
		{ NULL, NULL, NULL, NULL }
	};
	json_t			 *result;
	enum scep_err		  rc;

	if ((rc = adm_options(adm, argc, argv, options, 1, &ca)) != SCEP_OK ||
	    (rc = adm_ask(adm, json_pack("{s:s,s:s}", "do", "crl.export",
	    "ca", ca[0]), &result)) != SCEP_OK)
		return rc;
	if (adm->json)
		adm_print_json(result);
	else
		rc = adm_print_der(adm, json_object_get(result, "der"), "CRL",
		    der ? NULL : PEM_STRING_X509_CRL);
	json_decref(result);
	return rc;
}
