/*
 * config_files.c - certificates and private keys out of files.
 *
 * Knows PEM, DER and what may be in a file instead; does not know what the
 * certificates are for.  What is written in no common form is left to OpenSSL's
 * own decoders: this runs at start, never in a request's path.
 */
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "base/error.h"
#include "base/file.h"
#include "ca/config_local.h"
#include "wire/private.h"

#define FILE_MAX_LEN	(256UL * 1024)

/* Certificates of one file. */
struct bag {
	struct scep_cert	*cert;
	size_t			 n, max;
};

static enum scep_err
bag_add(const struct scep_crypto *crypto, struct scep_span der,
    const char *path, struct bag *bag, struct scep_error *err)
{
	if (bag->n == bag->max)
		return scep_fail(err, SCEP_E_CONFIG, bag->max == 1 ?
		    "%s: more than %zu certificate; leave the first, and put "
		    "the others into the file of chain = PATH" :
		    "%s: more than %zu certificates, which no chain needs; "
		    "leave those between the CA's and the root", path,
		    bag->max);
	if (scep_cert_parse(crypto, der, &bag->cert[bag->n], err) !=
	    SCEP_OK) {
		err->code = SCEP_E_CONFIG;
		(void)scep_fail_within(err, "%s", path);
		return scep_fail_mend(err, "is that the right file, and all "
		    "of it");
	}
	bag->n++;
	return SCEP_OK;
}

/* Each certificate of a PEM text; whatever else is in it is passed over. */
static enum scep_err
bag_add_pem(const struct scep_crypto *crypto, struct scep_span text,
    const char *path, struct bag *bag, struct scep_error *err)
{
	BIO		*bio;
	char		*name = NULL, *header = NULL, holds[SCEP_HOLDS_TEXT];
	unsigned char	*der = NULL;
	long		 len;
	enum scep_err	 rc = SCEP_OK;

	if ((bio = BIO_new_mem_buf(text.data, (int)text.len)) == NULL)
		return scep_fail_ssl(err, SCEP_E_NOMEM, "%s", path);
	while (rc == SCEP_OK &&
	    PEM_read_bio(bio, &name, &header, &der, &len) == 1) {
		if (strcmp(name, PEM_STRING_X509) == 0)
			rc = bag_add(crypto, scep_span_make(der, (size_t)len),
			    path, bag, err);
		OPENSSL_free(name);
		OPENSSL_free(header);
		OPENSSL_clear_free(der, (size_t)len);
	}
	BIO_free(bio);
	ERR_clear_error();		/* "no start line": the end */
	if (rc == SCEP_OK && bag->n == 0) {
		scep_config_holds(text, "CERTIFICATE", holds);
		rc = scep_fail(err, SCEP_E_CONFIG, "%s: no certificate in "
		    "PEM or DER: %s", path, holds);
	}
	return rc;
}

static enum scep_err
not_read(enum scep_err rc, struct scep_error *err)
{
	err->code = SCEP_E_CONFIG;
	return rc != SCEP_E_NOTFOUND ? SCEP_E_CONFIG :
	    scep_fail_mend(err, "restore it from a backup, or correct its "
	    "name in scep.conf");
}

enum scep_err
scep_config_read_certs(const struct scep_crypto *crypto, const char *path,
    struct scep_cert *certs, size_t max, size_t *n, struct scep_error *err)
{
	struct bag	 bag = { certs, 0, max };
	struct scep_buf	 bytes = { NULL, 0 };
	enum scep_err	 rc;

	*n = 0;
	rc = scep_file_read(path, FILE_MAX_LEN, &bytes, err);
	if (rc != SCEP_OK)
		return not_read(rc, err);
	rc = bytes.len > 0 && bytes.data[0] == 0x30 ?
	    bag_add(crypto, scep_buf_span(&bytes), path, &bag, err) :
	    bag_add_pem(crypto, scep_buf_span(&bytes), path, &bag, err);
	scep_buf_clear(&bytes);
	*n = bag.n;
	return rc;
}

/* Nobody is asked for a passphrase; that one was wanted is all we note. */
static int
no_passphrase(char *buf, int size, int writing, void *asked)
{
	(void)writing;
	if (size > 0)
		buf[0] = '\0';
	*(int *)asked = 1;
	return -1;
}

/* What `scepadm` and `openssl` write, without the decoder; NULL: something
 * else is there. */
static EVP_PKEY *
parse_plain(const struct scep_crypto *crypto, struct scep_span text)
{
	BIO		*bio = BIO_new_mem_buf(text.data, (int)text.len);
	char		*name = NULL, *header = NULL;
	unsigned char	*der = NULL;
	EVP_PKEY	*key = NULL;
	long		 len = 0;

	if (bio != NULL && PEM_read_bio(bio, &name, &header, &der, &len) ==
	    1 && strcmp(name, PEM_STRING_PKCS8INF) == 0 && *header == '\0')
		key = scep_private_read(crypto, scep_span_make(der,
		    (size_t)len));
	OPENSSL_free(name);
	OPENSSL_free(header);
	OPENSSL_clear_free(der, (size_t)len);
	BIO_free(bio);
	ERR_clear_error();
	return key;
}

static enum scep_err
parse_key(const struct scep_crypto *crypto, struct scep_span text,
    const char *path, EVP_PKEY **out, struct scep_error *err)
{
	BIO	*bio;
	char	 holds[SCEP_HOLDS_TEXT];
	int	 asked = 0;

	if ((*out = parse_plain(crypto, text)) != NULL)
		return SCEP_OK;
	if ((bio = BIO_new_mem_buf(text.data, (int)text.len)) == NULL)
		return scep_fail_ssl(err, SCEP_E_NOMEM, "%s", path);
	*out = PEM_read_bio_PrivateKey_ex(bio, NULL, no_passphrase, &asked,
	    crypto->ctx, NULL);
	BIO_free(bio);
	if (*out != NULL) {
		ERR_clear_error();
		return SCEP_OK;
	}
	if (asked) {
		ERR_clear_error();
		return scep_fail(err, SCEP_E_CONFIG, "%s: the key is "
		    "encrypted, and nobody is there to type the passphrase "
		    "when the server starts; (umask 077; openssl pkey -in %s "
		    "-out %s.new && mv %s.new %s)", path, path, path, path,
		    path);
	}
	ERR_clear_error();
	if (text.len > 0 && text.data[0] == 0x30)
		return scep_fail(err, SCEP_E_CONFIG, "%s: a key in DER, must "
		    "be PEM; (umask 077; openssl pkey -inform DER -in %s -out "
		    "%s.new && mv %s.new %s)", path, path, path, path, path);
	scep_config_holds(text, "PRIVATE KEY", holds);
	return scep_fail(err, SCEP_E_CONFIG, "%s: no private key in PEM: %s",
	    path, holds);
}

enum scep_err
scep_config_read_key(const struct scep_crypto *crypto, const char *path,
    EVP_PKEY **out, struct scep_error *err)
{
	struct scep_buf	 bytes = { NULL, 0 };
	enum scep_err	 rc;

	rc = scep_file_read_secret(path, FILE_MAX_LEN, &bytes, err);
	if (rc != SCEP_OK)
		return not_read(rc, err);
	rc = parse_key(crypto, scep_buf_span(&bytes), path, out, err);
	scep_buf_clear(&bytes);
	return rc;
}

X509 *
scep_config_x509(const struct scep_crypto *crypto,
    const struct scep_cert *cert, const char *path, struct scep_error *err)
{
	const unsigned char	*p = cert->der.data;
	X509			*x;

	if ((x = X509_new_ex(crypto->ctx, NULL)) != NULL &&
	    d2i_X509(&x, &p, (long)cert->der.len) != NULL)
		return x;
	/* d2i_X509() has freed x, and set it to NULL, if it failed. */
	(void)scep_fail_ssl(err, SCEP_E_CONFIG, "%s: certificate", path);
	return NULL;
}
