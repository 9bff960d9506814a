/*
 * scepadm_client_scepclient.c - micromdm's scepclient: one command line.
 *
 * It encrypts to all certificates that it is shown, or to the one that
 * -ca-fingerprint names: that is the RA's, then, and nobody else's.
 */
#include <string.h>

#include "cgi/scepadm_client.h"

#define WHO	"scepclient"

/* Its names have these parts, in this order, each once. */
static const struct {
	const char	*type, *option;
} parts[] = {
	{ "C", "-country" },
	{ "O", "-organization" },
	{ "OU", "-ou" },
	{ "L", "-locality" },
	{ "ST", "-province" },
	{ "CN", "-cn" },
};
#define PARTS	(sizeof(parts) / sizeof(parts[0]))

/* values[i] is that of parts[i], or "". */
static enum scep_err
sort(const struct adm_device *d, const char *values[PARTS],
    struct scep_error *err)
{
	const struct scep_name	*name = &d->name;
	size_t			 i, part = 0;

	for (i = 0; i < PARTS; i++)
		values[i] = "";
	for (i = 0; i < name->n; i++) {
		for (; part < PARTS && strcmp(parts[part].type,
		    name->ava[i].type) != 0; part++)
			;
		if (part == PARTS || (i > 0 && name->ava[i].rdn ==
		    name->ava[i - 1].rdn))
			break;
		values[part++] = (const char *)name->ava[i].value.data;
	}
	return i == name->n && values[PARTS - 1][0] != '\0' ? SCEP_OK :
	    scep_fail(err, SCEP_E_REFUSED, "%s: " WHO " asks for names like "
	    "\"C=CH, O=Example, OU=Sales, L=Bern, ST=Bern, CN=x\": some or "
	    "all of these, in this order, and a CN", d->subject);
}

enum scep_err
adm_recipe_scepclient(const struct adm_device *d, struct adm_text *out,
    struct scep_error *err)
{
	const char	*values[PARTS];
	char		 sha256[ADM_HASH_TEXT];
	enum scep_err	 rc;
	size_t		 i;

	if (adm_device_dns(d) > 0)
		return scep_fail(err, SCEP_E_REFUSED, "--dns: " WHO " asks "
		    "for no alternative names; leave it out");
	if (!d->takes_des)
		return scep_fail(err, SCEP_E_REFUSED, "%s: profile %s takes "
		    "no DES, and " WHO " knows nothing else; say client = "
		    "micromdm there", d->where, d->profile);
	if ((rc = sort(d, values, err)) != SCEP_OK)
		return rc;
	adm_device_hash(d->ra != NULL ? d->ra : d->ca, EVP_sha256(), "",
	    sha256);
	adm_recipe_head(d, "micromdm's scepclient (Debian: scep)", out);
	adm_text_put(out, "# It takes the challenge from its command line "
	    "alone, where others can read it.\n"
	    "scepclient -private-key %s.key -certificate %s.pem -keySize %d "
	    "\\\n    -ca-fingerprint %s \\\n    -server-url ", d->label,
	    d->label, d->bits, sha256);
	adm_text_sh(out, d->url);
	adm_text_put(out, " \\\n    -challenge ");
	adm_text_sh(out, d->challenge);
	/* All of them: it has defaults for some. */
	for (i = 0; i < PARTS; i++) {
		adm_text_put(out, " %s%s ", i == 0 ? "\\\n    " : "",
		    parts[i].option);
		adm_text_sh(out, values[i]);
	}
	adm_text_put(out, "\n");
	return SCEP_OK;
}
