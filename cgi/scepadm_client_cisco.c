/*
 * scepadm_client_cisco.c - a trustpoint of Cisco IOS and IOS XE, to be pasted
 * in configuration mode.
 *
 * There a line ends a value, "?" asks for help, and nothing can be quoted.
 */
#include <string.h>

#include "cgi/scepadm_client.h"

#define WHO	"Cisco IOS"
#define LINE	254		/* what its command line takes */

static enum scep_err
check_word(const char *what, const char *value, size_t max,
    struct scep_error *err)
{
	const unsigned char	*p = (const unsigned char *)value;

	for (; *p != '\0'; p++)
		if (*p <= 0x20 || *p > 0x7e || *p == '?')
			return scep_fail(err, SCEP_E_REFUSED, "%s: a blank, a "
			    "question mark or a letter beyond ASCII cannot be "
			    "typed to " WHO "; use another one", what);
	return strlen(value) <= max ? SCEP_OK : scep_fail(err, SCEP_E_REFUSED,
	    "%s: longer than the %zu characters that " WHO " takes", what,
	    max);
}

static enum scep_err
check_names(const struct adm_device *d, struct scep_error *err)
{
	static const char *const	 types[] = {
		"CN", "O", "OU", "C", "ST", "L", NULL
	};
	const unsigned char		*p;
	enum scep_err			 rc;
	size_t				 i;

	if (adm_device_dns(d) > 0)
		return scep_fail(err, SCEP_E_REFUSED, "--dns: " WHO " asks "
		    "for a DNS name only together with unstructuredName in "
		    "the subject (fqdn); leave it out");
	if ((rc = adm_device_plain(d, WHO, types, err)) != SCEP_OK)
		return rc;
	for (i = 0; rc == SCEP_OK && i < d->name.n; i++) {
		p = d->name.ava[i].value.data;
		rc = adm_device_without(d->name.ava[i].type, (const char *)p,
		    WHO, "?,+=\"\\<>;#", err);
		for (; rc == SCEP_OK && *p != '\0'; p++)
			if (*p > 0x7e)
				rc = scep_fail(err, SCEP_E_REFUSED, "%s: "
				    "\"%s\" has a letter beyond ASCII, which "
				    "cannot be typed to " WHO "; use another "
				    "one", d->name.ava[i].type,
				    d->name.ava[i].value.data);
	}
	return rc;
}

static void
put_subject(const struct adm_device *d, struct adm_text *out)
{
	size_t	 i;

	adm_text_put(out, " subject-name ");
	for (i = 0; i < d->name.n; i++)
		adm_text_put(out, "%s%s=%s", i > 0 ? "," : "",
		    d->name.ava[i].type, d->name.ava[i].value.data);
	adm_text_put(out, "\n");
}

enum scep_err
adm_recipe_cisco(const struct adm_device *d, struct adm_text *out,
    struct scep_error *err)
{
	char		 sha1[ADM_HASH_TEXT];
	enum scep_err	 rc;

	if ((rc = check_word("the URL", d->url, LINE, err)) != SCEP_OK ||
	    (rc = check_word("the challenge", d->challenge, LINE, err)) !=
	    SCEP_OK || (rc = check_names(d, err)) != SCEP_OK)
		return rc;
	adm_device_hash(d->ca, EVP_sha1(), "", sha1);
	adm_text_put(out, "! The password below is good for this router alone."
	    "\n!\n"
	    "crypto pki trustpoint %s\n"
	    " enrollment url %s\n"
	    " fingerprint %s\n", d->label, d->url, sha1);
	put_subject(d, out);
	/* Each of these would otherwise be asked for, or go into the name. */
	adm_text_put(out, " fqdn none\n ip-address none\n"
	    " serial-number none\n"
	    " password %s\n"
	    " rsakeypair %s %d\n"
	    " hash sha256\n"
	    " auto-enroll 80 regenerate\n"
	    " exit\n"
	    "crypto pki authenticate %s\n", d->challenge, d->label, d->bits,
	    d->label);
	return SCEP_OK;
}
