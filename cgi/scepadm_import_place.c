/*
 * scepadm_import_place.c - where other servers have their CA and what it
 * issued, and how that reads.
 *
 * Knows names of files; what their owner called them is tried, and nothing
 * outside of the directory is looked at.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "cgi/scepadm_import.h"

#define FILE_MAX_LEN	(256UL * 1024)
#define NAMES_MAX	5
#define NAME_MAX_LEN	(2 * SCEP_CA_INDEX_SERIAL + 8)

/* The first that is there; the first of all where none is. */
static const struct {
	const char	*source;
	int		 by_serial;
	const char	*cert[NAMES_MAX], *key[NAMES_MAX], *certs[NAMES_MAX];
}	layouts[] = {
	{ "openssl-ca", 1,
	    { "cacert.pem", "ca.crt", "ca.pem", "certs/ca.cert.pem" },
	    { "private/cakey.pem", "private/ca.key", "private/ca.key.pem",
	    "ca.key" },
	    { "newcerts", "certs_by_serial", "certs", "." } },
	{ "micromdm-depot", 0, { "ca.pem" }, { "ca.key" }, { "." } },
};

static enum scep_err
join(struct adm_import *im, const char *dir, const char *name,
    char out[SCEP_PATH_LEN])
{
	int	 n = snprintf(out, SCEP_PATH_LEN, "%s/%s", dir, name);

	if (n > 0 && n < SCEP_PATH_LEN - NAME_MAX_LEN)
		return SCEP_OK;
	return scep_fail(&im->adm->err, SCEP_E_USAGE, "%.128s…: the path is "
	    "too long", dir);
}

static enum scep_err
choose(struct adm_import *im, const char *dir,
    const char *const names[NAMES_MAX], char out[SCEP_PATH_LEN])
{
	enum scep_err	 rc;
	size_t		 i;

	if (out[0] != '\0')
		return SCEP_OK;
	for (i = 0; i < NAMES_MAX && names[i] != NULL; i++) {
		if ((rc = join(im, dir, names[i], out)) != SCEP_OK)
			return rc;
		if (access(out, F_OK) == 0)
			return SCEP_OK;
	}
	return join(im, dir, names[0], out);
}

enum scep_err
adm_import_find(struct adm_import *im, const char *dir)
{
	enum scep_err	 rc;
	size_t		 i = 0;

	while (strcmp(layouts[i].source, im->source) != 0)
		i++;
	im->at.by_serial = layouts[i].by_serial;
	if ((rc = choose(im, dir, layouts[i].cert, im->at.cert)) != SCEP_OK ||
	    (rc = choose(im, dir, layouts[i].key, im->at.key)) != SCEP_OK ||
	    (rc = choose(im, dir, layouts[i].certs, im->at.certs)) !=
	    SCEP_OK ||
	    (rc = join(im, dir, "index.txt", im->at.index)) != SCEP_OK)
		return rc;
	return join(im, dir, "crlnumber", im->at.crl_number);
}

/* Certificates. */

/* The first in a text that may say much else. */
static int
first_pem(struct scep_span text, struct scep_buf *der,
    struct scep_error *err)
{
	unsigned char	*data = NULL;
	long		 len = 0;
	BIO		*bio;
	int		 found = 0;

	if ((bio = BIO_new_mem_buf(text.data, (int)text.len)) != NULL &&
	    PEM_bytes_read_bio(&data, &len, NULL, PEM_STRING_X509, bio, NULL,
	    NULL) == 1)
		found = scep_buf_set(der, scep_span_make(data, (size_t)len),
		    err) == SCEP_OK;
	OPENSSL_free(data);
	BIO_free(bio);
	ERR_clear_error();
	return found;
}

static enum scep_err
read_cert(const char *path, struct scep_buf *der, struct scep_error *err)
{
	struct scep_buf	 bytes = { NULL, 0 };
	enum scep_err	 rc;

	if ((rc = scep_file_read(path, FILE_MAX_LEN, &bytes, err)) != SCEP_OK)
		return rc;
	if (bytes.len > 0 && bytes.data[0] == 0x30) {
		*der = bytes;		/* transferred */
		return SCEP_OK;
	}
	if (!first_pem(scep_buf_span(&bytes), der, err))
		rc = scep_fail(err, SCEP_E_NOTFOUND, "%s: no certificate in "
		    "PEM or DER", path);
	scep_buf_clear(&bytes);
	return rc;
}

/* `openssl ca` writes two digits an octet, and no zero octet in front. */
static enum scep_err
cert_path(struct adm_import *im, const struct scep_ca_index *line,
    char out[SCEP_PATH_LEN], struct scep_error *err)
{
	char			 name[NAME_MAX_LEN];
	struct scep_span	 serial = { line->serial, line->serial_len };
	const char		*file = line->file;
	size_t			 i;

	if (strchr(file, '/') != NULL)
		return scep_fail(err, SCEP_E_NOTFOUND, "the name of its file, "
		    "\"%.64s\", leads elsewhere", file);
	if (*file == '\0' && !im->at.by_serial)
		return scep_fail(err, SCEP_E_NOTFOUND, "its line names no "
		    "file");
	if (*file == '\0') {
		if (serial.len > 1 && *serial.data == 0)
			serial = scep_span_make(serial.data + 1,
			    serial.len - 1);
		scep_hex_text(serial, name, sizeof(name));
		for (i = 0; name[i] != '\0'; i++)
			if (name[i] >= 'a')
				name[i] = (char)(name[i] - 'a' + 'A');
		(void)strcat(name, ".pem");
		file = name;
	}
	if (snprintf(out, SCEP_PATH_LEN, "%s/%s", im->at.certs, file) >=
	    SCEP_PATH_LEN)
		return scep_fail(err, SCEP_E_NOTFOUND, "the path of its file "
		    "is too long");
	return SCEP_OK;
}

enum scep_err
adm_import_cert(struct adm_import *im, const struct scep_ca_index *line,
    struct scep_buf *der, struct scep_error *err)
{
	char			 path[SCEP_PATH_LEN];
	struct scep_cert	 cert;
	enum scep_err		 rc;

	if ((rc = cert_path(im, line, path, err)) != SCEP_OK ||
	    (rc = read_cert(path, der, err)) != SCEP_OK)
		return rc == SCEP_E_NOMEM ? rc : SCEP_E_NOTFOUND;
	rc = der->len > SCEP_IMPORT_DER ? SCEP_E_TOOBIG :
	    scep_cert_peek(scep_buf_span(der), &cert, err);
	if (rc == SCEP_OK)
		return SCEP_OK;
	scep_buf_clear(der);
	return scep_fail(err, SCEP_E_NOTFOUND, "%s: a certificate that %s",
	    path, rc == SCEP_E_TOOBIG ? "is too big" : "does not parse");
}

/* The CA. */

static enum scep_err
read_ca(struct adm_import *im)
{
	struct scep_buf		 der = { NULL, 0 };
	struct scep_error	*err = &im->adm->err;
	uint8_t			 digest[SCEP_SHA256_LEN];
	enum scep_err		 rc;

	if ((rc = read_cert(im->at.cert, &der, err)) != SCEP_OK)
		return scep_fail_mend(err, "name the CA's certificate with "
		    "--ca-cert");
	if ((rc = scep_cert_parse(im->adm->crypto, scep_buf_span(&der),
	    &im->ca, err)) == SCEP_OK &&
	    (rc = scep_import_ca_load(im->adm->crypto, &im->ca, &im->from,
	    err)) == SCEP_OK)
		rc = scep_crypto_sha256(im->adm->crypto, im->ca.spki, digest,
		    err);
	scep_buf_clear(&der);
	if (rc != SCEP_OK) {
		err->code = SCEP_E_REFUSED;
		return scep_fail_within(err, "%s", im->at.cert);
	}
	scep_hex_text(scep_span_make(digest, sizeof(digest)), im->ca_key,
	    sizeof(im->ca_key));
	return SCEP_OK;
}

/* What the next CRL there would have been called. */
static enum scep_err
read_crl_number(struct adm_import *im)
{
	struct scep_error	*err = &im->adm->err;
	struct scep_buf		 text = { NULL, 0 };
	char			*p, *end;
	enum scep_err		 rc;
	size_t			 n;

	rc = scep_file_read(im->at.crl_number, 256, &text, err);
	if (rc == SCEP_E_NOTFOUND)
		return SCEP_OK;
	if (rc != SCEP_OK)
		return rc;
	p = (char *)text.data;
	n = p == NULL ? 0 : strcspn(p, "\r\n");
	errno = 0;
	if (n > 0) {
		p[n] = '\0';
		im->crl_number = strtol(p, &end, 16);
	}
	if (n == 0 || end != p + n || im->crl_number < 0)
		rc = scep_fail(err, SCEP_E_REFUSED, "%s: its first line is no "
		    "number in hexadecimal, and this CA's next CRL must have "
		    "a higher one than the last; write it there, or remove "
		    "the file if there was never a CRL", im->at.crl_number);
	else if (errno == ERANGE || im->crl_number > LONG_MAX - 2)
		rc = scep_fail(err, SCEP_E_REFUSED, "%s: a number of more "
		    "than 63 bits, beyond which this server cannot count; "
		    "devices would take its CRLs for older ones",
		    im->at.crl_number);
	scep_buf_clear(&text);
	return rc;
}

enum scep_err
adm_import_ca(struct adm_import *im)
{
	enum scep_err	 rc;

	if ((rc = read_ca(im)) != SCEP_OK)
		return rc;
	return read_crl_number(im);
}
