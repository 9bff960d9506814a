/*
 * scepadm_device.c - what scep.conf says about a device: its URL, what
 * it is shown by GetCACert, what its key may be and is for.
 */
#include <stdio.h>
#include <string.h>

#include <openssl/x509v3.h>

#include "ca/ca.h"
#include "cgi/scep_client.h"
#include "cgi/scepadm_device.h"
#include "cgi/state.h"

/* What RFC 3986 lets stand in a URL that has no query. */
static const char	url_letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    "abcdefghijklmnopqrstuvwxyz0123456789"
			    "-._~:/[]@!$&'()*+,;=%";

static enum scep_err
url_take(struct adm *adm, const struct adm_wanted *w,
    const struct scep_config *cfg, struct adm_device *d)
{
	const char	*base = w->url != NULL ? w->url : cfg->server.url;
	size_t		 len = strlen(base);
	int		 n;

	while (len > 0 && base[len - 1] == '/')
		len--;
	n = snprintf(d->url, sizeof(d->url), "%.*s%s%s", (int)len, base,
	    w->profile != NULL ? "/" : "", w->profile != NULL ? w->profile :
	    "");
	if ((strncmp(base, "http://", 7) != 0 &&
	    strncmp(base, "https://", 8) != 0) || n < 0 ||
	    (size_t)n >= sizeof(d->url) ||
	    strspn(d->url, url_letters) != strlen(d->url))
		return scep_fail(&adm->err, SCEP_E_USAGE, "\"%.200s\" is no "
		    "URL of a SCEP server, such as http://scep.example/scep; "
		    "give one with --url, or as url in [server] of %s", base,
		    scep_state_config_path(adm->conf));
	return SCEP_OK;
}

static void
ekus_take(X509_EXTENSION *ext, struct adm_device *d)
{
	EXTENDED_KEY_USAGE	*ekus = X509V3_EXT_d2i(ext);
	char			 oid[64];
	size_t			 len = 0;
	int			 i;

	for (i = 0; i < sk_ASN1_OBJECT_num(ekus) && len < sizeof(d->ekus);
	    i++) {
		(void)OBJ_obj2txt(oid, sizeof(oid),
		    sk_ASN1_OBJECT_value(ekus, i), 1);
		len += (size_t)snprintf(d->ekus + len, sizeof(d->ekus) - len,
		    "%s%s", i > 0 ? "+" : "", oid);
	}
	EXTENDED_KEY_USAGE_free(ekus);
}

/* Of the profile's fixed extensions: key usage and extended key usage. */
static void
usage_take(const struct scep_profile *p, struct adm_device *d)
{
	const unsigned char	*at = p->fixed_exts.data, *end;
	X509_EXTENSION		*ext;
	ASN1_BIT_STRING		*bits;
	int			 nid;

	if (at == NULL)
		return;
	end = at + p->fixed_exts.len;
	while (at < end && (ext = d2i_X509_EXTENSION(NULL, &at, end - at)) !=
	    NULL) {
		nid = OBJ_obj2nid(X509_EXTENSION_get_object(ext));
		if (nid == NID_key_usage) {
			bits = X509V3_EXT_d2i(ext);
			if (bits != NULL && bits->length > 0)
				d->usage = bits->data[0];
			ASN1_BIT_STRING_free(bits);
		} else if (nid == NID_ext_key_usage)
			ekus_take(ext, d);
		X509_EXTENSION_free(ext);
	}
}

static enum scep_err
key_take(struct adm *adm, const struct adm_wanted *w,
    const struct scep_profile *p, struct adm_device *d)
{
	const int	 least = p->keys.min_rsa_bits >
			    p->message.signer.min_rsa_bits ?
			    p->keys.min_rsa_bits :
			    p->message.signer.min_rsa_bits;
	long		 bits = least > 2048 ? least : 2048;

	if (w->bits != NULL && scep_number_read(w->bits, 1024, 16384, &bits,
	    &adm->err) != SCEP_OK)
		return scep_fail_within(&adm->err, "--bits");
	if (bits < least || bits > p->keys.max_rsa_bits)
		return scep_fail(&adm->err, SCEP_E_REFUSED, "--bits %ld: "
		    "profile %s takes RSA keys of %d to %d bits (rsa_bits at "
		    "%s)", bits, p->name, least, p->keys.max_rsa_bits,
		    d->where);
	d->bits = (int)bits;
	return SCEP_OK;
}

/* The answer to GetCACert, taken apart as a device does. */
static enum scep_err
certs_take(struct adm *adm, const struct scep_config *cfg,
    const struct scep_profile *p, struct adm_device *d)
{
	const struct scep_ca_conf	*ca = &cfg->ca[p->ca];
	const int			 has_ra = memcmp(ca->ra_cert.sha256,
					    ca->cert.sha256,
					    SCEP_SHA256_LEN) != 0;
	const struct scep_published_profile	*shown;
	struct scep_published		 published;
	enum scep_err			 rc;

	if ((rc = scep_publish(cfg, 0, &published, &adm->err)) != SCEP_OK)
		return rc;
	shown = &published.profile[p - cfg->profile];
	d->shown = scep_client_cacert(shown->cacert.data, shown->cacert.len,
	    shown->cacert_bundle);
	scep_published_clear(&published);
	if (d->shown == NULL || sk_X509_num(d->shown) < 1 + has_ra)
		return scep_fail_ssl(&adm->err, SCEP_E_CONFIG, "%s: profile "
		    "%s has no certificates to show (%s); scepadm check says "
		    "more", d->where, p->name, p->fault);
	d->ra = has_ra ? sk_X509_value(d->shown, 0) : NULL;
	d->ca = sk_X509_value(d->shown, has_ra);
	d->top = sk_X509_value(d->shown, sk_X509_num(d->shown) - 1);
	d->root = scep_config_x509(adm->crypto, ca->n_chain > 0 ?
	    &ca->chain[ca->n_chain - 1] : &ca->cert, ca->name, &adm->err);
	return d->root != NULL ? SCEP_OK : adm->err.code;
}

/* A challenge for a template is for more than this device. */
static enum scep_err
subject_take(struct adm *adm, const struct adm_wanted *w,
    struct adm_device *d)
{
	struct scep_buf	 der = { NULL, 0 };
	enum scep_err	 rc;
	int		 is_template = 0;

	if ((rc = scep_name_make_template(w->subject, &der, &is_template,
	    &adm->err)) != SCEP_OK ||
	    (rc = scep_name_parse(scep_buf_span(&der), &d->name,
	    &adm->err)) != SCEP_OK)
		rc = scep_fail_within(&adm->err, "the subject");
	else if (is_template)
		rc = scep_fail(&adm->err, SCEP_E_USAGE, "the subject has a *, "
		    "which stands for the names of many devices, and a recipe "
		    "is for one; write \\* for a * that is meant as it "
		    "stands");
	else if (d->name.n == 0)
		rc = scep_fail(&adm->err, SCEP_E_USAGE, "the subject is "
		    "empty");
	scep_buf_clear(&der);
	if (rc != SCEP_OK)
		return rc;
	scep_name_write(&d->name, d->subject, sizeof(d->subject));
	return adm_device_label(d, &adm->err);
}

/* Keys and all: who they belong to is in the configuration. */
static enum scep_err
config_read(struct adm *adm, struct scep_config **out)
{
	enum scep_err	 rc;

	if ((rc = scep_state_config(adm->crypto, adm->conf, 0, out,
	    &adm->err)) != SCEP_OK)
		return rc;
	rc = scep_state_become_owner((*out)->server.state, &adm->err);
	scep_config_free(*out);
	*out = NULL;
	return rc != SCEP_OK ? rc : scep_state_config(adm->crypto, adm->conf,
	    1, out, &adm->err);
}

enum scep_err
adm_device_read(struct adm *adm, const struct adm_wanted *w,
    struct adm_device *d)
{
	struct scep_config		*cfg = NULL;
	const struct scep_profile	*p;
	enum scep_err			 rc;

	d->crypto = adm->crypto;
	if ((rc = config_read(adm, &cfg)) != SCEP_OK)
		return rc;
	p = scep_config_profile(cfg, w->profile != NULL ? w->profile : "");
	if (p == NULL) {
		rc = scep_fail(&adm->err, SCEP_E_NOTFOUND, "there is no "
		    "[profile %s] in %s", w->profile != NULL ? w->profile :
		    cfg->server.default_profile,
		    scep_state_config_path(adm->conf));
		goto out;
	}
	(void)snprintf(d->profile, sizeof(d->profile), "%s", p->name);
	(void)snprintf(d->where, sizeof(d->where), "%.200s:%d", p->file,
	    p->line);
	d->takes_des = (p->message.ciphers & SCEP_BIT(SCEP_DES)) != 0;
	usage_take(p, d);
	if ((rc = url_take(adm, w, cfg, d)) == SCEP_OK &&
	    (rc = key_take(adm, w, p, d)) == SCEP_OK &&
	    (rc = certs_take(adm, cfg, p, d)) == SCEP_OK)
		rc = subject_take(adm, w, d);
out:
	scep_config_free(cfg);
	return rc;
}

void
adm_device_clear(struct adm_device *d)
{
	sk_X509_pop_free(d->shown, X509_free);
	X509_free(d->root);
	scep_name_clear(&d->name);
}
