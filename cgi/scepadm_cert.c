/*
 * scepadm_cert.c - what was issued: show, export.
 */
#include <openssl/pem.h>

#include "base/text.h"
#include "cgi/scepadm.h"

static const struct adm_column	show_columns[] = {
	{ "serial", "serial" }, { "subject", "subject" }, { "SAN", "san" },
	{ "issuer", "issuer" }, { "state", "state" },
	{ "not before", "not_before" }, { "not after", "not_after" },
	{ "profile", "profile" }, { "CA", "ca" }, { "issued", "issued" },
	{ "authority", "authority" }, { "request", "request" },
	{ "key SHA-256", "key_sha256" }, { "SHA-256", "sha256" },
	{ "SHA-1", "sha1" }, { "certificate kept", "kept" },
	{ "revoked", "revoked" }, { "reason", "reason" }, { NULL, NULL }
};

enum scep_err
adm_cert_show(struct adm *adm, int argc, char *argv[])
{
	return adm_show_one(adm, argc, argv, "cert.show", "serial",
	    show_columns);
}

static enum scep_err
write_all(struct adm *adm, const json_t *result, int chain, int der)
{
	const char	*pem = der ? NULL : PEM_STRING_X509;
	json_t		*one;
	size_t		 i;
	enum scep_err	 rc;

	rc = adm_print_der(adm, json_object_get(result, "der"), "certificate",
	    pem);
	json_array_foreach(json_object_get(result, "chain"), i, one)
		if (chain && rc == SCEP_OK)
			rc = adm_print_der(adm, one, "certificate", pem);
	return rc;
}

enum scep_err
adm_cert_export(struct adm *adm, int argc, char *argv[])
{
	int			  chain = 0, der = 0;
	char			**serial;
	const struct adm_option	  options[] = {
		{ "chain", NULL, &chain, NULL },
		{ "der", NULL, &der, NULL },
		{ NULL, NULL, NULL, NULL }
	};
	json_t			 *result;
	enum scep_err		  rc;

	if ((rc = adm_options(adm, argc, argv, options, 1, &serial)) !=
	    SCEP_OK)
		return rc;
	if (chain && der)
		return scep_fail(&adm->err, SCEP_E_USAGE,
		    "--der holds one certificate: leave out --chain");
	if ((rc = adm_ask(adm, json_pack("{s:s,s:s}", "do", "cert.export",
	    "serial", serial[0]), &result)) != SCEP_OK)
		return rc;
	if (adm->json)
		adm_print_json(result);
	else
		rc = write_all(adm, result, chain, der);
	json_decref(result);
	return rc;
}
