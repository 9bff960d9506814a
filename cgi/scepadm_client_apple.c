/*
 * scepadm_client_apple.c - a configuration profile for iOS, macOS and their
 * kin: one payload com.apple.security.scep in an XML property list.
 *
 * CAFingerprint is held against the end of the chain that the device makes of
 * the answer to GetCACert, and may be MD5 or SHA-1: 16 or 20 octets.
 */
#include <string.h>

#include <openssl/x509v3.h>

#include "cgi/scepadm_client.h"

/* Key Usage of the payload. */
#define USAGE_SIGN	1
#define USAGE_ENCRYPT	4

#define UUID_TEXT	37

static void
put_string(struct adm_text *out, int depth, const char *key,
    const char *value)
{
	static const char	tabs[] = "\t\t\t\t\t\t";

	adm_text_put(out, "%.*s<key>%s</key>\n%.*s<string>", depth, tabs, key,
	    depth, tabs);
	adm_text_xml(out, value);
	adm_text_put(out, "</string>\n");
}

static void
put_integer(struct adm_text *out, const char *key, int value)
{
	adm_text_put(out, "\t\t\t\t<key>%s</key>\n"
	    "\t\t\t\t<integer>%d</integer>\n", key, value);
}

/* What it knows by name; others go by number. */
static const char *const	 known_types[] = {
	"CN", "C", "ST", "L", "O", "OU", NULL
};

/* A row of RDNs, each a row of pairs. */
static void
put_subject(const struct adm_device *d, struct adm_text *out)
{
	const struct scep_ava	*ava;
	char			 oid[64];
	size_t			 i;

	adm_text_put(out, "\t\t\t\t<key>Subject</key>\n\t\t\t\t<array>\n");
	for (i = 0; i < d->name.n; i++) {
		ava = &d->name.ava[i];
		if (i == 0 || ava[-1].rdn != ava->rdn)
			adm_text_put(out, "\t\t\t\t\t<array>\n");
		adm_text_put(out, "\t\t\t\t\t\t<array><string>%s</string>"
		    "<string>", adm_device_type(ava->type, known_types, oid));
		adm_text_xml(out, (const char *)ava->value.data);
		adm_text_put(out, "</string></array>\n");
		if (i + 1 == d->name.n || ava[1].rdn != ava->rdn)
			adm_text_put(out, "\t\t\t\t\t</array>\n");
	}
	adm_text_put(out, "\t\t\t\t</array>\n");
}

static void
put_san(const struct adm_device *d, struct adm_text *out)
{
	size_t	 i, n = adm_device_dns(d);

	if (n == 0)
		return;
	adm_text_put(out, "\t\t\t\t<key>SubjectAltName</key>\n"
	    "\t\t\t\t<dict>\n");
	if (n == 1)
		put_string(out, 5, "dNSName", adm_device_dns_at(d, 0));
	else
		adm_text_put(out, "\t\t\t\t\t<key>dNSName</key>\n"
		    "\t\t\t\t\t<array>\n");
	for (i = 0; n > 1 && i < n; i++) {
		adm_text_put(out, "\t\t\t\t\t\t<string>");
		adm_text_xml(out, adm_device_dns_at(d, i));
		adm_text_put(out, "</string>\n");
	}
	if (n > 1)
		adm_text_put(out, "\t\t\t\t\t</array>\n");
	adm_text_put(out, "\t\t\t\t</dict>\n");
}

static void
put_fingerprint(const struct adm_device *d, struct adm_text *out)
{
	unsigned char	 md[EVP_MAX_MD_SIZE];
	unsigned int	 len = 0;

	if (X509_digest(d->top, EVP_sha1(), md, &len) != 1) {
		out->failed = 1;
		return;
	}
	adm_text_put(out, "\t\t\t\t<key>CAFingerprint</key>\n"
	    "\t\t\t\t<data>");
	adm_text_base64(out, scep_span_make(md, len));
	adm_text_put(out, "</data>\n");
}

static void
put_scep(const struct adm_device *d, struct adm_text *out)
{
	int	 usage = 0;

	if ((d->usage & KU_DIGITAL_SIGNATURE) != 0)
		usage |= USAGE_SIGN;
	if ((d->usage & KU_KEY_ENCIPHERMENT) != 0)
		usage |= USAGE_ENCRYPT;
	adm_text_put(out, "\t\t\t<key>PayloadContent</key>\n\t\t\t<dict>\n");
	put_string(out, 4, "URL", d->url);
	put_subject(d, out);
	put_san(d, out);
	put_string(out, 4, "Challenge", d->challenge);
	put_fingerprint(d, out);
	put_string(out, 4, "Key Type", "RSA");
	put_integer(out, "Keysize", d->bits);
	put_integer(out, "Key Usage", usage != 0 ? usage : USAGE_SIGN);
	put_integer(out, "Retries", 3);
	put_integer(out, "RetryDelay", 10);
	adm_text_put(out, "\t\t\t\t<key>KeyIsExtractable</key>\n"
	    "\t\t\t\t<false/>\n\t\t\t</dict>\n");
}

/* Another one each time: that is how a device knows that a profile of the same
 * identifier is a newer one. */
static enum scep_err
new_uuid(const struct adm_device *d, char out[UUID_TEXT],
    struct scep_error *err)
{
	uint8_t		 r[16];
	enum scep_err	 rc;

	if ((rc = scep_crypto_random(d->crypto, r, sizeof(r), err)) != SCEP_OK)
		return rc;
	r[6] = (uint8_t)((r[6] & 0x0f) | 0x40);	/* RFC 4122 4.4 */
	r[8] = (uint8_t)((r[8] & 0x3f) | 0x80);
	(void)snprintf(out, UUID_TEXT, "%02X%02X%02X%02X-%02X%02X-%02X%02X-"
	    "%02X%02X-%02X%02X%02X%02X%02X%02X", r[0], r[1], r[2], r[3], r[4],
	    r[5], r[6], r[7], r[8], r[9], r[10], r[11], r[12], r[13], r[14],
	    r[15]);
	return SCEP_OK;
}

/* The server's name, then the profile's and the device's. */
static void
identifier(const struct adm_device *d, const char *behind, char *out,
    size_t size)
{
	const char	*host = strstr(d->url, "://");
	char		*p;
	size_t		 n;

	host = host != NULL ? host + 3 : d->url;
	n = strcspn(host, "/");
	(void)snprintf(out, size, "scep.%.*s.%s.%s%s", (int)n, host,
	    d->profile, d->label, behind);
	for (p = out; *p != '\0'; p++)
		if (strchr(":[]@%", *p) != NULL)
			*p = '-';
}

static enum scep_err
put_payload(const struct adm_device *d, int depth, const char *behind,
    const char *type, struct adm_text *out, struct scep_error *err)
{
	char		 uuid[UUID_TEXT], id[512];
	enum scep_err	 rc;

	if ((rc = new_uuid(d, uuid, err)) != SCEP_OK)
		return rc;
	identifier(d, behind, id, sizeof(id));
	put_string(out, depth, "PayloadType", type);
	put_string(out, depth, "PayloadIdentifier", id);
	put_string(out, depth, "PayloadUUID", uuid);
	put_string(out, depth, "PayloadDisplayName", d->subject);
	adm_text_put(out, "%.*s<key>PayloadVersion</key>\n"
	    "%.*s<integer>1</integer>\n", depth, "\t\t\t", depth, "\t\t\t");
	return SCEP_OK;
}

enum scep_err
adm_recipe_apple(const struct adm_device *d, struct adm_text *out,
    struct scep_error *err)
{
	enum scep_err	 rc;

	if ((rc = adm_device_xml(d, err)) != SCEP_OK)
		return rc;
	adm_text_put(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	    "<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" "
	    "\"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n"
	    "<plist version=\"1.0\">\n<dict>\n"
	    "\t<key>PayloadContent</key>\n\t<array>\n\t\t<dict>\n");
	put_scep(d, out);
	if ((rc = put_payload(d, 3, ".scep", "com.apple.security.scep", out,
	    err)) != SCEP_OK)
		return rc;
	adm_text_put(out, "\t\t</dict>\n\t</array>\n");
	if ((rc = put_payload(d, 1, "", "Configuration", out, err)) != SCEP_OK)
		return rc;
	put_string(out, 1, "PayloadScope", "System");
	adm_text_put(out, "</dict>\n</plist>\n");
	return SCEP_OK;
}
