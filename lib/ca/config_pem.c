/*
 * config_pem.c - keys and certificates as the files of a configuration have
 * them: PEM.  Written by who makes a CA or an RA, read by config_files.c.
 */
#include <openssl/pem.h>

#include "base/error.h"
#include "ca/config.h"

/* What has been written to bio, which is released. */
static enum scep_err
take_bio(BIO *bio, int ok, struct scep_buf *out, struct scep_error *err)
{
	char		*text = NULL;
	long		 len = ok ? BIO_get_mem_data(bio, &text) : 0;
	enum scep_err	 rc;

	rc = len > 0 ? scep_buf_set(out, scep_span_make(text, (size_t)len),
	    err) : scep_fail_ssl(err, SCEP_E_INTERNAL, "encode as PEM");
	BIO_free(bio);
	return rc;
}

enum scep_err
scep_config_pem_key(EVP_PKEY *key, struct scep_buf *out, struct scep_error *err)
{
	BIO	*bio = BIO_new(BIO_s_secmem());

	return take_bio(bio, bio != NULL && PEM_write_bio_PKCS8PrivateKey(bio,
	    key, NULL, NULL, 0, NULL, NULL) == 1, out, err);
}

enum scep_err
scep_config_pem_cert(X509 *cert, struct scep_buf *out, struct scep_error *err)
{
	BIO	*bio = BIO_new(BIO_s_mem());

	return take_bio(bio, bio != NULL && PEM_write_bio_X509(bio, cert) ==
	    1, out, err);
}
