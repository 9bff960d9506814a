/*
 * scepadm_client_plain.c - what somebody types into a device by hand, and what
 * is in a QR code.
 */
#include "cgi/scepadm_client.h"

static void
put_name(const X509 *cert, struct adm_text *out)
{
	char	*text = NULL;
	BIO	*bio = BIO_new(BIO_s_mem());
	long	 len;

	if (bio == NULL || X509_NAME_print_ex(bio,
	    X509_get_subject_name(cert), 0, XN_FLAG_ONELINE &
	    ~(unsigned long)ASN1_STRFLGS_ESC_MSB) < 0 ||
	    (len = BIO_get_mem_data(bio, &text)) < 0)
		out->failed = 1;
	else
		adm_text_put(out, "%.*s\n", (int)len, text);
	BIO_free(bio);
}

/* The CA's, and those above it that a device is shown. */
static void
put_cas(const struct adm_device *d, struct adm_text *out)
{
	char	 hash[ADM_HASH_TEXT];
	X509	*cert;
	int	 i;

	for (i = d->ra != NULL; i < sk_X509_num(d->shown); i++) {
		cert = sk_X509_value(d->shown, i);
		adm_text_put(out, "%s", cert == d->ca ? "CA          " :
		    "above it    ");
		put_name(cert, out);
		adm_device_hash(cert, EVP_sha256(), ":", hash);
		adm_text_put(out, "  SHA-256   %s\n", hash);
		adm_device_hash(cert, EVP_sha1(), ":", hash);
		adm_text_put(out, "  SHA-1     %s\n", hash);
	}
}

enum scep_err
adm_recipe_text(const struct adm_device *d, struct adm_text *out,
    struct scep_error *err)
{
	size_t	 i;

	(void)err;
	adm_text_put(out, "URL         %s\n", d->url);
	put_cas(d, out);
	adm_text_put(out, "subject     %s\n", d->subject);
	for (i = 0; i < adm_device_dns(d); i++)
		adm_text_put(out, "DNS name    %s\n",
		    adm_device_dns_at(d, i));
	adm_text_put(out, "key         RSA, %d bits\n"
	    "challenge   %s\n", d->bits, d->challenge);
	if (d->expires[0] != '\0')
		adm_text_put(out, "good until  %s\n", d->expires);
	return SCEP_OK;
}

void
adm_qr_text(const struct adm_device *d, struct adm_text *out)
{
	char	 sha256[ADM_HASH_TEXT];

	adm_device_hash(d->ca, EVP_sha256(), "", sha256);
	adm_text_put(out, "url %s\nsha256 %s\nchallenge %s\n", d->url, sha256,
	    d->challenge);
}
