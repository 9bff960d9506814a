/*
 * scepadm_client_certmonger.c - a script for certmonger: a CA by getcert
 * add-scep-ca, and a request that it renews by itself.
 *
 * It cannot be told a fingerprint, so the root's certificate is in the script.
 */
#include <string.h>

#include "cgi/scepadm_client.h"

#define WHO	"certmonger"

/* It makes a common name of ASCII a PrintableString, whatever is in it. */
static enum scep_err
check_cn(const char *value, struct scep_error *err)
{
	static const char	printable[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz"
				    "0123456789 '()+,-./:=?";
	const size_t		n = strspn(value, printable);
	const char		*p;

	for (p = value; *p != '\0'; p++)
		if ((*p & 0x80) != 0)
			return SCEP_OK;		/* then UTF-8 it is */
	return value[n] == '\0' ? SCEP_OK : scep_fail(err, SCEP_E_REFUSED,
	    "CN: \"%s\" has a %c, of which " WHO " makes a string that is "
	    "none; use another one", value, value[n]);
}

static enum scep_err
check_names(const struct adm_device *d, struct scep_error *err)
{
	enum scep_err	 rc = SCEP_OK;
	size_t		 i;

	for (i = 0; rc == SCEP_OK && i < d->name.n; i++) {
		const char	*value = (const char *)
				    d->name.ava[i].value.data;

		rc = adm_device_without(d->name.ava[i].type, value, WHO,
		    "\"<>;#\\", err);
		if (rc == SCEP_OK && strcmp(d->name.ava[i].type, "CN") == 0)
			rc = check_cn(value, err);
	}
	return rc;
}

/* Others go by number: not every name of one is known to it. */
static const char *const	 known_types[] = {
	"CN", "O", "OU", "C", "ST", "L", "serialNumber", NULL
};

static void
put_dn(const struct adm_device *d, struct adm_text *out)
{
	struct adm_text	 dn = { { NULL, 0 }, 0 };
	char		 oid[64];
	const char	*p;
	size_t		 i;

	for (i = 0; i < d->name.n; i++) {
		adm_text_put(&dn, "%s%s=", i == 0 ? "" : d->name.ava[i].rdn ==
		    d->name.ava[i - 1].rdn ? "+" : ", ",
		    adm_device_type(d->name.ava[i].type, known_types, oid));
		p = (const char *)d->name.ava[i].value.data;
		for (; *p != '\0'; p++)
			adm_text_put(&dn, "%s%c", strchr(",+=", *p) != NULL ?
			    "\\" : "", *p);
	}
	out->failed |= dn.failed;
	if (dn.buf.len > 0)
		adm_text_sh(out, (const char *)dn.buf.data);
	adm_text_clear(&dn);
}

/* A name of its own for each CA at each URL. */
static enum scep_err
ca_name(const struct adm_device *d, char out[128], struct scep_error *err)
{
	unsigned char	 md[EVP_MAX_MD_SIZE];
	char		 sha256[ADM_HASH_TEXT], text[ADM_URL_LEN + 128];
	int		 n;

	adm_device_hash(d->root, EVP_sha256(), "", sha256);
	n = snprintf(text, sizeof(text), "%s %.64s", d->url, sha256);
	if (EVP_Digest(text, (size_t)n, md, NULL, EVP_sha256(), NULL) != 1)
		return scep_fail_ssl(err, SCEP_E_INTERNAL, "digest a URL");
	(void)snprintf(out, 128, "scep-%s-%02x%02x%02x%02x", d->profile,
	    md[0], md[1], md[2], md[3]);
	return SCEP_OK;
}

static void
put_ca(const struct adm_device *d, const char *name, struct adm_text *out)
{
	adm_text_put(out, "# certmonger reads them again when it renews.\n"
	    "cat >%s-ca.pem <<'END'\n", name);
	adm_text_pem(out, d->root);
	adm_text_put(out, "END\n"
	    "getcert list-cas -c %s | grep -q . ||\n"
	    "    getcert add-scep-ca -c %s -N \"$PWD/%s-ca.pem\"", name, name,
	    name);
	if (strncmp(d->url, "https:", 6) == 0)
		adm_text_put(out, " \\\n    "
		    "-R /etc/ssl/certs/ca-certificates.crt");
	adm_text_put(out, " \\\n    -u ");
	adm_text_sh(out, d->url);
	adm_text_put(out, "\n\n");
}

enum scep_err
adm_recipe_certmonger(const struct adm_device *d, struct adm_text *out,
    struct scep_error *err)
{
	char		 name[128];
	enum scep_err	 rc;
	size_t		 i;

	if (!adm_device_is_root(d->root))
		return scep_fail(err, SCEP_E_REFUSED, "%s: the chain of "
		    "profile %s's CA ends before the root, without which " WHO
		    " trusts no answer; give the CA its whole chain",
		    d->where, d->profile);
	if ((rc = check_names(d, err)) != SCEP_OK ||
	    (rc = ca_name(d, name, err)) != SCEP_OK)
		return rc;
	adm_recipe_head(d, "certmonger, which renews it", out);
	put_ca(d, name, out);
	adm_text_put(out, "printf '%%s\\n' ");
	adm_text_sh(out, d->challenge);
	adm_text_put(out, " >%s.challenge\n"
	    "getcert request -w -c %s -I %s -g %d \\\n"
	    "    -k \"$PWD/%s.key\" -f \"$PWD/%s.pem\" "
	    "-l \"$PWD/%s.challenge\" \\\n    -N ", d->label, name, d->label,
	    d->bits, d->label, d->label, d->label);
	put_dn(d, out);
	for (i = 0; i < adm_device_dns(d); i++) {
		adm_text_put(out, " -D ");
		adm_text_sh(out, adm_device_dns_at(d, i));
	}
	adm_text_put(out, "\n");
	return SCEP_OK;
}
