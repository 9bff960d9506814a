/*
 * scepadm_client_strongswan.c - a script for strongSwan's pki(1): a key, the
 * certificates of CA and RA by --scepca, the device's own by --scep.
 *
 * pki --scepca wants a root, which gets the name it is told; CAs below it get
 * that name with -1, -2 … in it.
 */
#include <string.h>

#include "cgi/scepadm_client.h"

#define WHO	"strongSwan"

void
adm_recipe_head(const struct adm_device *d, const char *with,
    struct adm_text *out)
{
	adm_text_put(out, "#!/bin/sh\n"
	    "# A certificate for %s\n# from %s,\n# with %s.\n"
	    "#\n# Who reads this can get it: the challenge is in it%s%s.\n"
	    "set -e\numask 077\n\n", d->subject, d->url, with,
	    d->expires[0] != '\0' ? ", good until " : "", d->expires);
}

/* Commas part a name, or slashes, if it begins with one; nothing is escaped.
 * A value does not begin with "=". */
static enum scep_err
check_names(const struct adm_device *d, char *separator,
    struct scep_error *err)
{
	static const char *const	 types[] = {
		"CN", "O", "OU", "C", "ST", "L", "serialNumber", "DC", "UID",
		"emailAddress", "unstructuredName", NULL
	};
	const char			*value;
	enum scep_err			 rc;
	size_t				 i;

	*separator = ',';
	if ((rc = adm_device_plain(d, WHO, types, err)) != SCEP_OK)
		return rc;
	for (i = 0; i < d->name.n; i++)
		if (strchr((const char *)d->name.ava[i].value.data, ',') !=
		    NULL)
			*separator = '/';
	for (i = 0; rc == SCEP_OK && i < d->name.n; i++) {
		value = (const char *)d->name.ava[i].value.data;
		rc = value[0] == '=' ? scep_fail(err, SCEP_E_REFUSED, "%s: "
		    "\"%s\" begins with \"=\", which " WHO " would drop; use "
		    "another one", d->name.ava[i].type, value) :
		    adm_device_without(d->name.ava[i].type, value, WHO,
		    *separator == '/' ? "/" : "", err);
	}
	return rc;
}

static void
put_dn(const struct adm_device *d, char separator, struct adm_text *out)
{
	struct adm_text	 dn = { { NULL, 0 }, 0 };
	size_t		 i;

	for (i = 0; i < d->name.n; i++)
		adm_text_put(&dn, "%s%s=%s", separator == '/' ? "/" : i > 0 ?
		    ", " : "", d->name.ava[i].type,
		    d->name.ava[i].value.data);
	out->failed |= dn.failed;
	if (dn.buf.len > 0)
		adm_text_sh(out, (const char *)dn.buf.data);
	adm_text_clear(&dn);
}

/* Words of pki's option files stand in quotes, of either kind. */
static enum scep_err
put_options(const struct adm_device *d, struct adm_text *out,
    struct scep_error *err)
{
	const char	*quote = strchr(d->challenge, '"') == NULL ? "\"" :
			    "'";
	struct adm_text	 line = { { NULL, 0 }, 0 };

	if (strstr(d->challenge, quote) != NULL)
		return scep_fail(err, SCEP_E_REFUSED, "the challenge has "
		    "quotes of both kinds, which cannot be handed to " WHO
		    "; use another one");
	adm_text_put(&line, "--password %s%s%s", quote, d->challenge, quote);
	out->failed |= line.failed;
	/* In a file: others can read a command line. */
	adm_text_put(out, "printf '%%s\\n' ");
	if (line.buf.len > 0)
		adm_text_sh(out, (const char *)line.buf.data);
	adm_text_put(out, " >%s.opt\n", d->label);
	adm_text_clear(&line);
	return SCEP_OK;
}

/* The CAs below the root, as options. */
static void
put_below(const struct adm_device *d, struct adm_text *out)
{
	const int	 n = sk_X509_num(d->shown) - (d->ra != NULL) - 1;
	int		 i;

	for (i = 1; i <= n; i++)
		adm_text_put(out, " --cacert %s-ca-%d.der", d->label, i);
}

static void
put_fetch(const struct adm_device *d, struct adm_text *out)
{
	char	 sha256[ADM_HASH_TEXT];

	adm_device_hash(d->top, EVP_sha256(), "", sha256);
	adm_text_put(out, "[ -s %s.key ] || pki --gen --type rsa --size %d "
	    "--outform pem >%s.key\n\n"
	    "# The certificates of the CA and its RA, and are they ours?\n"
	    "rm -f %s-ca*.der %s-ra*.der\n"
	    "pki --scepca --url ", d->label, d->bits, d->label, d->label,
	    d->label);
	adm_text_sh(out, d->url);
	adm_text_put(out, " \\\n    --caout %s-ca.der --raout %s-ra.der\n"
	    "echo '%s  %s-ca.der' | sha256sum -c\n", d->label, d->label,
	    sha256, d->label);
	if (d->ra != NULL) {
		adm_text_put(out, "pki --verify --in %s-ra.der --cacert "
		    "%s-ca.der", d->label, d->label);
		put_below(d, out);
		adm_text_put(out, "\n");
	}
}

enum scep_err
adm_recipe_pki(const struct adm_device *d, struct adm_text *out,
    struct scep_error *err)
{
	const char	*what = d->ra != NULL ? "ra" : "ca";
	char		 separator;
	enum scep_err	 rc;
	size_t		 i;

	if (!adm_device_is_root(d->top))
		return scep_fail(err, SCEP_E_REFUSED, "%s: GetCACert shows "
		    "profile %s's devices no root, without which " WHO " does "
		    "not go on; say getcacert = chain+root there, and give CA "
		    "its chain", d->where, d->profile);
	if ((rc = check_names(d, &separator, err)) != SCEP_OK)
		return rc;
	put_fetch(d, out);
	adm_text_put(out, "\n");
	if ((rc = put_options(d, out, err)) != SCEP_OK)
		return rc;
	adm_text_put(out, "pki --scep --url ");
	adm_text_sh(out, d->url);
	adm_text_put(out, " --in %s.key \\\n    --dn ", d->label);
	put_dn(d, separator, out);
	for (i = 0; i < adm_device_dns(d); i++) {
		adm_text_put(out, " --san ");
		adm_text_sh(out, adm_device_dns_at(d, i));
	}
	adm_text_put(out, " \\\n    --cacert-enc %s-%s.der "
	    "--cacert-sig %s-%s.der --cacert %s-ca.der", d->label, what,
	    d->label, what, d->label);
	put_below(d, out);
	adm_text_put(out, " \\\n    --outform pem --options %s.opt >%s.new\n"
	    "mv %s.new %s.pem\nrm %s.opt\n", d->label, d->label, d->label,
	    d->label, d->label);
	return SCEP_OK;
}

enum scep_err
adm_recipe_strongswan(const struct adm_device *d, struct adm_text *out,
    struct scep_error *err)
{
	adm_recipe_head(d, "strongSwan's pki (Debian: strongswan-pki)", out);
	return adm_recipe_pki(d, out, err);
}
