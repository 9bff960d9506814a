/* scepadm_place.c - what a new CA has in its directories. */
#include <stdlib.h>
#include <string.h>

#include <openssl/pem.h>

#include "base/error.h"
#include "base/text.h"
#include "cgi/scepadm_conf.h"
#include "cgi/scepadm_init.h"

typedef enum scep_err	(*write_fn)(struct adm *, const struct adm_dirs *,
			    const char *, struct scep_span);

/* What has been written to bio, which is released. */
static enum scep_err
create_bio(struct adm *adm, const struct adm_dirs *dirs, const char *name,
    BIO *bio, write_fn fn)
{
	char		*text;
	long		 len;
	enum scep_err	 rc;

	if (bio == NULL || (len = BIO_get_mem_data(bio, &text)) <= 0)
		rc = scep_fail_ssl(&adm->err, SCEP_E_INTERNAL, "%s", name);
	else
		rc = fn(adm, dirs, name, scep_span_make(text, (size_t)len));
	BIO_free(bio);
	return rc;
}

static enum scep_err
create_key(struct adm *adm, const struct adm_dirs *dirs, const char *name,
    EVP_PKEY *key)
{
	BIO	*bio = BIO_new(BIO_s_secmem());

	if (bio != NULL && PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL,
	    0, NULL, NULL) != 1) {
		BIO_free(bio);
		bio = NULL;
	}
	return create_bio(adm, dirs, name, bio, adm_dirs_write_secret);
}

static enum scep_err
create_cert(struct adm *adm, const struct adm_dirs *dirs, const char *name,
    X509 *cert)
{
	BIO	*bio = BIO_new(BIO_s_mem());

	if (bio != NULL && PEM_write_bio_X509(bio, cert) != 1) {
		BIO_free(bio);
		bio = NULL;
	}
	return create_bio(adm, dirs, name, bio, adm_dirs_write);
}

static enum scep_err
create_chain(struct adm *adm, const struct adm_dirs *dirs,
    const STACK_OF(X509) *chain)
{
	BIO	*bio = BIO_new(BIO_s_mem());
	int	 i;

	if (sk_X509_num(chain) <= 0) {
		BIO_free(bio);
		return SCEP_OK;
	}
	for (i = 0; bio != NULL && i < sk_X509_num(chain); i++)
		if (PEM_write_bio_X509(bio, sk_X509_value(chain, i)) != 1) {
			BIO_free(bio);
			bio = NULL;
		}
	return create_bio(adm, dirs, "chain.pem", bio, adm_dirs_write);
}

static enum scep_err
create_challenge_key(struct adm *adm, const struct adm_dirs *dirs,
    const struct adm_fresh *f)
{
	char		 hex[2 * sizeof(f->challenge_key) + 2];
	enum scep_err	 rc;

	scep_hex_text(scep_span_make(f->challenge_key,
	    sizeof(f->challenge_key)), hex, sizeof(hex));
	(void)strcat(hex, "\n");
	rc = adm_dirs_write_secret(adm, dirs, "challenge.key",
	    scep_span_text(hex));
	OPENSSL_cleanse(hex, sizeof(hex));
	return rc;
}

static enum scep_err
create_conf(struct adm *adm, const struct adm_dirs *dirs, const char *url,
    const struct adm_fresh *f)
{
	char			 name[ADM_NAME_TEXT];
	const struct adm_conf	 conf = {
		.name = name,
		.url = url,
		.state = dirs->word,
		.digest = f->digest,
		.has_chain = sk_X509_num(f->chain) > 0,
		.has_points = f->has_points,
	};
	char			*text;
	enum scep_err		 rc;

	adm_cert_name(f->ca, name);
	if ((text = adm_conf_text(&conf)) == NULL)
		return scep_fail(&adm->err, SCEP_E_NOMEM, "scep.conf");
	rc = adm_dirs_write(adm, dirs, "scep.conf", scep_span_text(text));
	free(text);
	return rc;
}

enum scep_err
adm_place_write(struct adm *adm, const struct adm_dirs *dirs, const char *url,
    const struct adm_fresh *f)
{
	enum scep_err	 rc;

	/* scep.conf last: with it, the CA is there. */
	if ((rc = create_key(adm, dirs, "ca.key", f->ca_key)) != SCEP_OK ||
	    (rc = create_key(adm, dirs, "ra.key", f->ra_key)) != SCEP_OK ||
	    (rc = create_challenge_key(adm, dirs, f)) != SCEP_OK ||
	    (rc = create_cert(adm, dirs, "ca.pem", f->ca)) != SCEP_OK ||
	    (rc = create_cert(adm, dirs, "ra.pem", f->ra)) != SCEP_OK ||
	    (rc = create_chain(adm, dirs, f->chain)) != SCEP_OK)
		return rc;
	return create_conf(adm, dirs, url, f);
}
