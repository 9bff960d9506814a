/*
 * scepadm_client_sign.c - a profile with its signature: CMS SignedData that
 * holds it, as devices show who made it.
 */
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "base/file.h"
#include "cgi/scepadm_init.h"
#include "cgi/scepadm_client.h"

#define FILE_MAX_LEN	(256UL * 1024)

/* The signer's certificate, and those behind it. */
static enum scep_err
read_certs(struct adm *adm, struct adm_signer *signer)
{
	struct scep_buf	 text = { NULL, 0 };
	X509		*x;
	BIO		*bio;
	enum scep_err	 rc;

	if ((rc = scep_file_read(signer->cert_path, FILE_MAX_LEN, &text,
	    &adm->err)) != SCEP_OK)
		return scep_fail_within(&adm->err, "--sign");
	signer->others = sk_X509_new_null();
	if ((bio = BIO_new_mem_buf(text.data, (int)text.len)) != NULL)
		signer->cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	while (signer->cert != NULL && signer->others != NULL &&
	    (x = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL)
		if (sk_X509_push(signer->others, x) <= 0)
			X509_free(x);
	BIO_free(bio);
	scep_buf_clear(&text);
	ERR_clear_error();
	if (signer->cert != NULL && signer->others != NULL)
		return SCEP_OK;
	return scep_fail(&adm->err, SCEP_E_REFUSED, "--sign %s: no "
	    "certificate in PEM; openssl x509 -in %s shows what it is",
	    signer->cert_path, signer->cert_path);
}

static enum scep_err
check_pair(struct adm *adm, const struct adm_signer *signer)
{
	const int	 same = X509_check_private_key(signer->cert,
			    signer->key);

	ERR_clear_error();
	return same == 1 ? SCEP_OK : scep_fail(&adm->err, SCEP_E_REFUSED,
	    "--sign-key %s: not the key of the first certificate in %s; put "
	    "the signer's own certificate first", signer->key_path,
	    signer->cert_path);
}

enum scep_err
adm_signer_read(struct adm *adm, struct adm_signer *signer)
{
	struct adm_adopt	 from = {
		.key = signer->key_path,
		.pass = signer->pass_path,
		.warnings = json_array(),
	};
	enum scep_err		 rc;

	if ((rc = read_certs(adm, signer)) == SCEP_OK &&
	    (rc = adm_adopt_key(adm, &from, &signer->key)) == SCEP_OK)
		rc = check_pair(adm, signer);
	json_decref(from.warnings);
	return rc;
}

enum scep_err
adm_signer_sign(struct adm *adm, const struct adm_signer *signer,
    struct scep_span text, struct scep_buf *out)
{
	CMS_ContentInfo	*cms = NULL;
	unsigned char	*der = NULL;
	BIO		*bio;
	int		 len = -1;
	enum scep_err	 rc;

	if ((bio = BIO_new_mem_buf(text.data, (int)text.len)) != NULL &&
	    (cms = CMS_sign(signer->cert, signer->key, signer->others, bio,
	    CMS_BINARY | CMS_NOSMIMECAP)) != NULL)
		len = i2d_CMS_ContentInfo(cms, &der);
	rc = len > 0 ? scep_buf_set(out, scep_span_make(der, (size_t)len),
	    &adm->err) : scep_fail_ssl(&adm->err, SCEP_E_REFUSED,
	    "the profile cannot be signed with %s", signer->key_path);
	if (len > 0)
		OPENSSL_clear_free(der, (size_t)len);
	CMS_ContentInfo_free(cms);
	BIO_free(bio);
	return rc;
}

void
adm_signer_clear(struct adm_signer *signer)
{
	sk_X509_pop_free(signer->others, X509_free);
	X509_free(signer->cert);
	EVP_PKEY_free(signer->key);
}
