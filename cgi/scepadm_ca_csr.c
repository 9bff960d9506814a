/*
 * scepadm_ca_csr.c - `scepadm ca stage --csr`: a request for the certificate
 * of the next CA, where another CA is to issue it.
 *
 * The key waits in the state until that certificate is brought.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/dir.h"
#include "base/error.h"
#include "base/file.h"
#include "ca/ca_make.h"
#include "cgi/scepadm_ca.h"

#define WAITING	"request.key"

enum scep_err
adm_ca_waiting(struct adm *adm, const char *state, const char *ca,
    char out[SCEP_PATH_LEN])
{
	if (snprintf(out, SCEP_PATH_LEN, "%s/ca/%s/%s", state, ca, WAITING) <
	    SCEP_PATH_LEN)
		return SCEP_OK;
	return scep_fail(&adm->err, SCEP_E_CONFIG, "%.64s...: too long",
	    state);
}

/* The current name, with another CN. */
static int
set_subject(X509_REQ *req, const X509 *current, const char *cn)
{
	X509_NAME	*name;
	int		 i, ok = 1;

	if ((name = X509_NAME_dup(X509_get_subject_name(current))) == NULL)
		return 0;
	while (cn != NULL && (i = X509_NAME_get_index_by_NID(name,
	    NID_commonName, -1)) >= 0)
		X509_NAME_ENTRY_free(X509_NAME_delete_entry(name, i));
	if (cn != NULL)
		ok = X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
		    (const unsigned char *)cn, -1, -1, 0) == 1;
	ok = ok && X509_REQ_set_subject_name(req, name) == 1;
	X509_NAME_free(name);
	return ok;
}

/* What it is to be; who issues decides. */
static int
add_exts(X509_REQ *req)
{
	static const char	*const wanted[][2] = {
		{ "basicConstraints", "critical,CA:TRUE,pathlen:0" },
		{ "keyUsage",
		    "critical,digitalSignature,keyCertSign,cRLSign" },
	};
	STACK_OF(X509_EXTENSION)	*exts = sk_X509_EXTENSION_new_null();
	X509_EXTENSION			*ext;
	size_t				 i;
	int				 ok = exts != NULL;

	for (i = 0; ok && i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		ext = X509V3_EXT_conf(NULL, NULL, wanted[i][0], wanted[i][1]);
		ok = ext != NULL && sk_X509_EXTENSION_push(exts, ext) > 0;
	}
	ok = ok && X509_REQ_add_extensions(req, exts) == 1;
	sk_X509_EXTENSION_pop_free(exts, X509_EXTENSION_free);
	return ok;
}

static X509_REQ *
request_make(struct adm *adm, const X509 *current, const char *cn,
    EVP_PKEY *key)
{
	X509_REQ	*req = X509_REQ_new_ex(adm->crypto->ctx, NULL);

	if (req != NULL && X509_REQ_set_version(req, X509_REQ_VERSION_1) ==
	    1 && set_subject(req, current, cn) && add_exts(req) &&
	    X509_REQ_set_pubkey(req, key) == 1 && X509_REQ_sign(req, key,
	    adm->crypto->md[scep_ca_key_digest(key)]) > 0)
		return req;
	X509_REQ_free(req);
	return NULL;
}

static enum scep_err
keep_key(struct adm *adm, const char *state, const char *ca, EVP_PKEY *key)
{
	char		 path[SCEP_PATH_LEN];
	struct scep_buf	 pem = { NULL, 0 };
	enum scep_err	 rc;

	if ((rc = adm_ca_waiting(adm, state, ca, path)) != SCEP_OK ||
	    (rc = scep_dir_make_above(path, strlen(state) + 1, 0700,
	    &adm->err)) != SCEP_OK ||
	    (rc = scep_config_pem_key(key, &pem, &adm->err)) != SCEP_OK)
		return rc;
	rc = scep_file_create(path, scep_buf_span(&pem), 0600, &adm->err);
	scep_buf_clear(&pem);
	return rc != SCEP_E_EXISTS ? rc : scep_fail(&adm->err, rc, "%s: the "
	    "key of an earlier request waits for its certificate; bring it "
	    "with --ca-cert, or remove the key", path);
}

/* The key is durable before anybody has the request. */
enum scep_err
adm_ca_csr(struct adm *adm, const char *state, const char *ca,
    const X509 *current, const char *cn, const char *word, int fd)
{
	EVP_PKEY	*key = NULL;
	X509_REQ	*req = NULL;
	FILE		*f;
	enum scep_err	 rc;

	if ((rc = scep_ca_make_key(adm->crypto, word, &key, &adm->err)) !=
	    SCEP_OK)
		return rc;
	if ((req = request_make(adm, current, cn, key)) == NULL)
		rc = scep_fail_ssl(&adm->err, SCEP_E_INTERNAL, "request");
	else if ((rc = keep_key(adm, state, ca, key)) == SCEP_OK &&
	    ((f = fdopen(dup(fd), "w")) == NULL ||
	    PEM_write_X509_REQ(f, req) != 1 || fclose(f) != 0))
		rc = scep_fail(&adm->err, SCEP_E_STORE, "the request cannot "
		    "be written: %s", strerror(errno));
	X509_REQ_free(req);
	EVP_PKEY_free(key);
	return rc;
}
