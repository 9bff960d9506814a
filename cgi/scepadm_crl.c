/*
 * scepadm_crl.c - the CRLs of the CAs: list, show, export, make.
 */
#include <stdlib.h>
#include <string.h>

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
	enum scep_err	 rc;

	if ((rc = adm_options(adm, argc, argv, NULL, 0, NULL)) != SCEP_OK)
		return rc;
	return adm_show(adm, json_pack("{s:s}", "do", "crl.list"),
	    list_columns);
}

static enum scep_err
one(struct adm *adm, int argc, char *argv[], const char *what)
{
	char		**ca;
	enum scep_err	  rc;

	if ((rc = adm_options(adm, argc, argv, NULL, 1, &ca)) != SCEP_OK)
		return rc;
	return adm_show(adm, json_pack("{s:s,s:s}", "do", what, "ca", ca[0]),
	    show_columns);
}

enum scep_err
adm_crl_show(struct adm *adm, int argc, char *argv[])
{
	return one(adm, argc, argv, "crl.show");
}

enum scep_err
adm_crl_make(struct adm *adm, int argc, char *argv[])
{
	return one(adm, argc, argv, "crl.make");
}

/* From hex to DER or PEM on stdout. */
static enum scep_err
write_crl(struct adm *adm, const json_t *hex, int der)
{
	const char	*text = json_string_value(hex);
	size_t		 len = 0, size;
	uint8_t		*bytes;
	enum scep_err	 rc;

	if (text == NULL)
		return scep_fail(&adm->err, SCEP_E_INTERNAL,
		    "the owner sent no CRL");
	size = strlen(text) / 2 + 1;
	if ((bytes = malloc(size)) == NULL)
		return scep_fail(&adm->err, SCEP_E_NOMEM, "CRL");
	rc = scep_hex_read(text, bytes, size, &len, &adm->err);
	if (rc == SCEP_OK && der && fwrite(bytes, 1, len, stdout) != len)
		rc = scep_fail(&adm->err, SCEP_E_STORE,
		    "cannot write the output");
	if (rc == SCEP_OK && !der && PEM_write(stdout, PEM_STRING_X509_CRL,
	    "", bytes, (long)len) <= 0)
		rc = scep_fail_ssl(&adm->err, SCEP_E_STORE, "write PEM");
	free(bytes);
	return rc;
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
		rc = write_crl(adm, json_object_get(result, "der"), der);
	json_decref(result);
	return rc;
}
