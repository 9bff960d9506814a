/*
 * scepadm_client_windows.c - SyncML for Windows' ClientCertificateInstall
 * CSP, as an MDM hands it over: nodes below one unique id, and Enroll last,
 * in one Atomic.
 */
#include <stdio.h>
#include <string.h>

#include <openssl/x509v3.h>

#include "cgi/scepadm_client.h"

#define NODE	"./Device/Vendor/MSFT/ClientCertificateInstall/SCEP/"
#define CLIENT	"1.3.6.1.5.5.7.3.2"	/* clientAuth */
#define SAN_DNS	"3"			/* XCN_CERT_ALT_NAME_DNS_NAME */

struct syncml {
	const struct adm_device	*d;
	struct adm_text		*out;
	int			 id;		/* CmdID of the last command */
};

static void
begin(struct syncml *s, const char *command, const char *leaf)
{
	adm_text_put(s->out, "  <%s>\n    <CmdID>%d</CmdID>\n    <Item>\n"
	    "      <Target><LocURI>" NODE "%s%s</LocURI></Target>\n", command,
	    ++s->id, s->d->label, leaf);
}

static void
put(struct syncml *s, const char *leaf, const char *format,
    const char *value)
{
	begin(s, "Add", leaf);
	adm_text_put(s->out, "      <Meta><Format xmlns=\"syncml:metinf\">%s"
	    "</Format></Meta>\n", format);
	if (value != NULL) {
		adm_text_put(s->out, "      <Data>");
		adm_text_xml(s->out, value);
		adm_text_put(s->out, "</Data>\n");
	}
	adm_text_put(s->out, "    </Item>\n  </Add>\n");
}

static void
put_number(struct syncml *s, const char *leaf, unsigned int value)
{
	char	 text[16];

	(void)snprintf(text, sizeof(text), "%u", value);
	put(s, leaf, "int", text);
}

/* What CertStrToName() knows by name; others go by number. */
static void
add_type(struct adm_text *to, const char *type)
{
	static const char *const	 names[] = {
		"CN", "O", "OU", "C", "L", "DC", NULL
	};
	char				 oid[64];

	adm_text_put(to, "%s", strcmp(type, "ST") == 0 ? "S" :
	    adm_device_type(type, names, oid));
}

/* CertStrToName(): in quotes where it must be, quotes doubled. */
static void
add_value(struct adm_text *to, const char *value)
{
	const size_t	 len = strlen(value);
	const char	*quote = strpbrk(value, ",+=\"<>#;") != NULL ||
			    value[0] == ' ' || value[len - 1] == ' ' ? "\"" :
			    "";

	adm_text_put(to, "%s", quote);
	for (; *value != '\0'; value++)
		adm_text_put(to, "%s%c", *value == '"' ? "\"" : "", *value);
	adm_text_put(to, "%s", quote);
}

static void
put_subject(struct syncml *s)
{
	const struct scep_name	*name = &s->d->name;
	struct adm_text		 to = { { NULL, 0 }, 0 };
	size_t			 i;

	for (i = 0; i < name->n; i++) {
		if (i > 0)
			adm_text_put(&to, "%s", name->ava[i].rdn ==
			    name->ava[i - 1].rdn ? "+" : ", ");
		add_type(&to, name->ava[i].type);
		adm_text_put(&to, "=");
		add_value(&to, (const char *)name->ava[i].value.data);
	}
	s->out->failed |= to.failed;
	put(s, "/Install/SubjectName", "chr", (const char *)to.buf.data);
	adm_text_clear(&to);
}

static void
put_san(struct syncml *s)
{
	struct adm_text	 to = { { NULL, 0 }, 0 };
	size_t		 i;

	if (adm_device_dns(s->d) == 0)
		return;
	for (i = 0; i < adm_device_dns(s->d); i++)
		adm_text_put(&to, "%s" SAN_DNS "+%s", i > 0 ? ";" : "",
		    adm_device_dns_at(s->d, i));
	s->out->failed |= to.failed;
	put(s, "/Install/SubjectAlternativeNames", "chr",
	    (const char *)to.buf.data);
	adm_text_clear(&to);
}

/* What the CSP does not take. */
static enum scep_err
check(const struct adm_device *d, struct scep_error *err)
{
	if (strchr(d->url, ';') != NULL)
		return scep_fail(err, SCEP_E_REFUSED, "%s: Windows takes a "
		    "semicolon for the end of a URL; use one without", d->url);
	if (d->bits != 2048 && d->bits != 4096)
		return scep_fail(err, SCEP_E_REFUSED, "--bits %d: Windows "
		    "makes keys of 2048 and 4096 bits", d->bits);
	return adm_device_xml(d, err);
}

enum scep_err
adm_recipe_windows(const struct adm_device *d, struct adm_text *out,
    struct scep_error *err)
{
	const unsigned int	 both = KU_DIGITAL_SIGNATURE |
				    KU_KEY_ENCIPHERMENT;
	struct syncml		 s = { d, out, 1 };
	char			 sha1[ADM_HASH_TEXT];
	enum scep_err		 rc;

	if ((rc = check(d, err)) != SCEP_OK)
		return rc;
	adm_device_hash(d->top, EVP_sha1(), "", sha1);
	adm_text_put(out, "<Atomic>\n  <CmdID>1</CmdID>\n");
	put(&s, "", "node", NULL);
	put(&s, "/Install/ServerURL", "chr", d->url);
	put(&s, "/Install/Challenge", "chr", d->challenge);
	put_subject(&s);
	put_san(&s);
	put(&s, "/Install/EKUMapping", "chr", d->ekus[0] != '\0' ? d->ekus :
	    CLIENT);
	put_number(&s, "/Install/KeyUsage", (d->usage & both) != 0 ?
	    d->usage & both : KU_DIGITAL_SIGNATURE);
	put_number(&s, "/Install/KeyLength", (unsigned int)d->bits);
	put(&s, "/Install/HashAlgorithm", "chr", "SHA-2");
	put(&s, "/Install/CAThumbprint", "chr", sha1);
	put_number(&s, "/Install/RetryCount", 3);
	put_number(&s, "/Install/RetryDelay", 5);
	begin(&s, "Exec", "/Install/Enroll");
	adm_text_put(out, "    </Item>\n  </Exec>\n</Atomic>\n");
	return SCEP_OK;
}
