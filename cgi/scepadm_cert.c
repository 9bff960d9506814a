/*
 * scepadm_cert.c - what was issued: show, export.
 */
#include <stdlib.h>
#include <string.h>

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
	{ "SHA-1", "sha1" }, { "certificate kept", "kept" }, { NULL, NULL }
};

enum scep_err
adm_cert_show(struct adm *adm, int argc, char *argv[])
{
	char		**serial;
	enum scep_err	  rc;

	if ((rc = adm_options(adm, argc, argv, NULL, 1, &serial)) != SCEP_OK)
		return rc;
	return adm_show(adm, json_pack("{s:s,s:s}", "do", "cert.show",
	    "serial", serial[0]), show_columns);
}

/* One certificate of the result, from hex to DER or PEM on stdout. */
static enum scep_err
write_cert(struct adm *adm, const json_t *hex, int der)
{
	const char	*text = json_string_value(hex);
	size_t		 len = 0, size;
	uint8_t		*bytes;
	enum scep_err	 rc;

	if (text == NULL)
		return scep_fail(&adm->err, SCEP_E_INTERNAL,
		    "the owner sent no certificate");
	size = strlen(text) / 2 + 1;
	if ((bytes = malloc(size)) == NULL)
		return scep_fail(&adm->err, SCEP_E_NOMEM, "certificate");
	rc = scep_hex_read(text, bytes, size, &len, &adm->err);
	if (rc == SCEP_OK && der && fwrite(bytes, 1, len, stdout) != len)
		rc = scep_fail(&adm->err, SCEP_E_STORE,
		    "cannot write the output");
	if (rc == SCEP_OK && !der && PEM_write(stdout, PEM_STRING_X509, "",
	    bytes, (long)len) <= 0)
		rc = scep_fail_ssl(&adm->err, SCEP_E_STORE, "write PEM");
	free(bytes);
	return rc;
}

static enum scep_err
write_all(struct adm *adm, const json_t *result, int chain, int der)
{
	json_t		*one;
	size_t		 i;
	enum scep_err	 rc;

	rc = write_cert(adm, json_object_get(result, "der"), der);
	json_array_foreach(json_object_get(result, "chain"), i, one)
		if (chain && rc == SCEP_OK)
			rc = write_cert(adm, one, der);
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
