/*
 * scepadm_client_sscep.c - a script for sscep: a request by openssl req, the
 * certificates of CA and RA by getca, the device's own by enroll.
 *
 * sscep getca writes FILE if there is one certificate, else FILE-0, FILE-1 …
 * in the order of the answer.
 */
#include <stdio.h>
#include <string.h>

#include "cgi/scepadm_client.h"

#define WHO	"openssl req"

static enum scep_err
check_names(const struct adm_device *d, struct scep_error *err)
{
	const size_t	 len = strlen(d->challenge);
	enum scep_err	 rc = SCEP_OK;
	size_t		 i;

	if (len > 0 && (d->challenge[0] == ' ' ||
	    d->challenge[len - 1] == ' '))
		return scep_fail(err, SCEP_E_REFUSED, "the challenge begins "
		    "or ends with a blank, which " WHO " would drop; use "
		    "another one");
	for (i = 0; rc == SCEP_OK && i < d->name.n; i++)
		rc = adm_device_without(d->name.ava[i].type,
		    (const char *)d->name.ava[i].value.data, WHO, "", err);
	return rc;
}

/* What openssl req reads, between the lines of a script. */
static void
put_cnf(const struct adm_device *d, struct adm_text *out)
{
	size_t	 i;

	adm_text_put(out, "cat >%s.cnf <<'END'\n[req]\nprompt = no\n"
	    "utf8 = yes\nstring_mask = utf8only\ndistinguished_name = dn\n"
	    "attributes = attributes\n%s[dn]\n", d->label,
	    adm_device_dns(d) > 0 ? "req_extensions = extensions\n" : "");
	for (i = 0; i < d->name.n; i++) {
		adm_text_put(out, "%zu.%s%s = ", i, i > 0 &&
		    d->name.ava[i].rdn == d->name.ava[i - 1].rdn ? "+" : "",
		    d->name.ava[i].type);
		adm_text_cnf(out, (const char *)d->name.ava[i].value.data);
		adm_text_put(out, "\n");
	}
	adm_text_put(out, "[attributes]\nchallengePassword = ");
	adm_text_cnf(out, d->challenge);
	if (adm_device_dns(d) > 0)
		adm_text_put(out, "\n[extensions]\nsubjectAltName = ");
	for (i = 0; i < adm_device_dns(d); i++)
		adm_text_put(out, "%sDNS:%s", i > 0 ? ", " : "",
		    adm_device_dns_at(d, i));
	adm_text_put(out, "\nEND\n");
}

/* The file of the i-th certificate. */
static const char *
file(const struct adm_device *d, int i, char out[ADM_LABEL_LEN + 16])
{
	if (sk_X509_num(d->shown) == 1)
		(void)snprintf(out, ADM_LABEL_LEN + 16, "%s-ca", d->label);
	else
		(void)snprintf(out, ADM_LABEL_LEN + 16, "%s-ca-%d", d->label,
		    i);
	return out;
}

/* The CA's is the one that is known; the RA's must be issued by it. */
static void
put_check(const struct adm_device *d, struct adm_text *out)
{
	char	 sha256[ADM_HASH_TEXT], ra[ADM_LABEL_LEN + 16];
	char	 ca[ADM_LABEL_LEN + 16];

	adm_device_hash(d->ca, EVP_sha256(), ":", sha256);
	(void)file(d, 0, ra);
	(void)file(d, d->ra != NULL, ca);
	adm_text_put(out, "openssl x509 -in %s -noout -fingerprint -sha256 |\n"
	    "    grep -q -F '%s' || {\n"
	    "\techo 'not our CA' >&2\n\texit 1\n}\n", ca, sha256);
	if (d->ra != NULL)
		adm_text_put(out, "openssl verify -partial_chain -CAfile %s "
		    "%s\n", ca, ra);
}

enum scep_err
adm_recipe_sscep(const struct adm_device *d, struct adm_text *out,
    struct scep_error *err)
{
	char		 ra[ADM_LABEL_LEN + 16];
	enum scep_err	 rc;

	if ((rc = check_names(d, err)) != SCEP_OK)
		return rc;
	adm_recipe_head(d, "openssl and sscep", out);
	adm_text_put(out, "[ -s %s.key ] || openssl genrsa -out %s.key %d\n",
	    d->label, d->label, d->bits);
	put_cnf(d, out);
	adm_text_put(out, "openssl req -new -sha256 -config %s.cnf -key "
	    "%s.key -out %s.csr\n\n"
	    "# The certificates of the CA and its RA, and are they ours?\n"
	    "sscep getca -F sha256 -c %s-ca -u ", d->label, d->label,
	    d->label, d->label);
	adm_text_sh(out, d->url);
	adm_text_put(out, "\n");
	put_check(d, out);
	adm_text_put(out, "\nsscep enroll -c %s -k %s.key -r %s.csr -l %s.pem "
	    "\\\n    -u ", file(d, 0, ra), d->label, d->label, d->label);
	adm_text_sh(out, d->url);
	adm_text_put(out, "\nrm %s.cnf %s.csr\n", d->label, d->label);
	return SCEP_OK;
}
