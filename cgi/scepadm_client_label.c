/*
 * scepadm_client_label.c - a device's names: what its files are called, what
 * its certificates hash to, and which of its values a client cannot be told.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include "cgi/scepadm_client.h"

#define LABEL_MAX	40	/* of a name, before a digest */
#define LABEL_HEX	4	/* octets of that */

static int
is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

const char *
adm_device_cn(const struct adm_device *d)
{
	size_t	 i;

	for (i = 0; i < d->name.n; i++)
		if (strcmp(d->name.ava[i].type, "CN") == 0)
			return (const char *)d->name.ava[i].value.data;
	return d->name.n > 0 ? (const char *)d->name.ava[0].value.data : "";
}

/* Only a subject that is nothing but a plain common name is the label as it
 * stands: another one might come out the same. */
static int
is_itself(const struct adm_device *d, const char *cn)
{
	size_t	 i, len = strlen(cn);

	for (i = 0; i < len && is_plain(cn[i]); i++)
		;
	return d->name.n == 1 && strcmp(d->name.ava[0].type, "CN") == 0 &&
	    i == len && len > 0 && len <= LABEL_MAX &&
	    isalnum((unsigned char)cn[0]);
}

enum scep_err
adm_device_label(struct adm_device *d, struct scep_error *err)
{
	const char	*cn = adm_device_cn(d);
	unsigned char	 md[EVP_MAX_MD_SIZE];
	size_t		 n = 0;
	int		 i;

	for (; *cn != '\0' && n < LABEL_MAX; cn++)
		if (is_plain(*cn) && (n > 0 || isalnum((unsigned char)*cn)))
			d->label[n++] = *cn;
		else if (n > 0 && d->label[n - 1] != '-')
			d->label[n++] = '-';
	d->label[n] = '\0';
	if (is_itself(d, adm_device_cn(d)))
		return SCEP_OK;
	if (EVP_Digest(d->subject, strlen(d->subject), md, NULL, EVP_sha256(),
	    NULL) != 1)
		return scep_fail_ssl(err, SCEP_E_INTERNAL, "digest a name");
	if (n > 0 && d->label[n - 1] != '-')
		d->label[n++] = '-';
	for (i = 0; i < LABEL_HEX; i++)
		(void)snprintf(d->label + n + 2 * (size_t)i,
		    sizeof(d->label) - n - 2 * (size_t)i, "%02x", md[i]);
	return SCEP_OK;
}

void
adm_device_hash(const X509 *cert, const EVP_MD *md, const char *sep,
    char out[ADM_HASH_TEXT])
{
	unsigned char	 hash[EVP_MAX_MD_SIZE];
	unsigned int	 i, len = 0;
	size_t		 n = 0;

	out[0] = '\0';
	if (X509_digest(cert, md, hash, &len) != 1)
		return;
	for (i = 0; i < len; i++)
		n += (size_t)snprintf(out + n, ADM_HASH_TEXT - n, "%s%02X",
		    i > 0 ? sep : "", hash[i]);
}

int
adm_device_is_root(const X509 *cert)
{
	return X509_NAME_cmp(X509_get_subject_name(cert),
	    X509_get_issuer_name(cert)) == 0;
}

size_t
adm_device_dns(const struct adm_device *d)
{
	return json_array_size(d->dns);
}

const char *
adm_device_dns_at(const struct adm_device *d, size_t i)
{
	return json_string_value(json_array_get(d->dns, i));
}

const char *
adm_device_type(const char *type, const char *const *names, char oid[64])
{
	ASN1_OBJECT	*object;

	for (; *names != NULL; names++)
		if (strcmp(type, *names) == 0)
			return type;
	object = OBJ_txt2obj(type, 0);
	oid[0] = '\0';
	if (object != NULL)
		(void)OBJ_obj2txt(oid, 64, object, 1);
	ASN1_OBJECT_free(object);
	return oid;
}

enum scep_err
adm_device_plain(const struct adm_device *d, const char *who,
    const char *const *types, struct scep_error *err)
{
	size_t	 i, k;

	for (i = 0; i < d->name.n; i++) {
		const char	*type = d->name.ava[i].type;

		if (i > 0 && d->name.ava[i].rdn == d->name.ava[i - 1].rdn)
			return scep_fail(err, SCEP_E_REFUSED, "%s: %s cannot "
			    "ask for a name in which one part has several "
			    "attributes; separate them by a comma, for the "
			    "challenge too", d->subject, who);
		for (k = 0; types[k] != NULL && strcmp(types[k], type) != 0;
		    k++)
			;
		if (types[k] == NULL)
			return scep_fail(err, SCEP_E_REFUSED, "%s: %s cannot "
			    "ask for a name with %s in it; leave it out, for "
			    "the challenge too", d->subject, who, type);
	}
	return SCEP_OK;
}

enum scep_err
adm_device_without(const char *what, const char *value, const char *who,
    const char *not, struct scep_error *err)
{
	const size_t	 len = strlen(value);
	const char	*p = strpbrk(value, not);

	if (p != NULL)
		return scep_fail(err, SCEP_E_REFUSED, "%s: \"%s\" has a %c, "
		    "which nothing can hand to %s unharmed; use another one",
		    what, value, *p, who);
	if (len > 0 && (value[0] == ' ' || value[len - 1] == ' '))
		return scep_fail(err, SCEP_E_REFUSED, "%s: \"%s\" begins or "
		    "ends with a blank, which %s would drop; use another one",
		    what, value, who);
	return SCEP_OK;
}

enum scep_err
adm_device_xml(const struct adm_device *d, struct scep_error *err)
{
	static const char *const	 not[] = {	/* U+FFFE, U+FFFF */
		"\xef\xbf\xbe", "\xef\xbf\xbf"
	};
	size_t				 i;

	for (i = 0; i < sizeof(not) / sizeof(not[0]); i++)
		if (strstr(d->subject, not[i]) != NULL ||
		    strstr(d->challenge, not[i]) != NULL)
			return scep_fail(err, SCEP_E_REFUSED, "the subject or "
			    "the challenge has U+FFFE or U+FFFF in it, which "
			    "cannot stand in XML; use another one");
	return SCEP_OK;
}
