/*
 * scepadm_place.c - the directory of a new CA: looked at, made, filled.
 *
 * Nothing that is there is ever overwritten.
 */
#include <sys/stat.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/pem.h>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "ca/config.h"
#include "cgi/scepadm_conf.h"
#include "cgi/scepadm_init.h"
#include "cgi/state.h"

static enum scep_err
create(struct adm *adm, const char *dir, const char *name,
    struct scep_span bytes, unsigned int mode)
{
	char	 path[SCEP_PATH_LEN];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	return scep_file_create(path, bytes, mode, &adm->err);
}

/* What has been written to bio, which is released. */
static enum scep_err
create_bio(struct adm *adm, const char *dir, const char *name, BIO *bio,
    unsigned int mode)
{
	char		*text;
	long		 len;
	enum scep_err	 rc;

	if (bio == NULL || (len = BIO_get_mem_data(bio, &text)) <= 0)
		rc = scep_fail_ssl(&adm->err, SCEP_E_INTERNAL, "%s", name);
	else
		rc = create(adm, dir, name, scep_span_make(text, (size_t)len),
		    mode);
	BIO_free(bio);
	return rc;
}

static enum scep_err
create_key(struct adm *adm, const char *dir, const char *name, EVP_PKEY *key)
{
	BIO	*bio = BIO_new(BIO_s_secmem());

	if (bio != NULL && PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL,
	    0, NULL, NULL) != 1) {
		BIO_free(bio);
		bio = NULL;
	}
	return create_bio(adm, dir, name, bio, 0600);
}

static enum scep_err
create_cert(struct adm *adm, const char *dir, const char *name, X509 *cert)
{
	BIO	*bio = BIO_new(BIO_s_mem());

	if (bio != NULL && PEM_write_bio_X509(bio, cert) != 1) {
		BIO_free(bio);
		bio = NULL;
	}
	return create_bio(adm, dir, name, bio, 0644);
}

static enum scep_err
create_chain(struct adm *adm, const char *dir, const STACK_OF(X509) *chain)
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
	return create_bio(adm, dir, "chain.pem", bio, 0644);
}

static enum scep_err
create_challenge_key(struct adm *adm, const char *dir,
    const struct adm_fresh *f)
{
	char		 hex[2 * sizeof(f->challenge_key) + 2];
	enum scep_err	 rc;

	scep_hex_text(scep_span_make(f->challenge_key,
	    sizeof(f->challenge_key)), hex, sizeof(hex));
	(void)strcat(hex, "\n");
	rc = create(adm, dir, "state/challenge.key", scep_span_text(hex),
	    0600);
	OPENSSL_cleanse(hex, sizeof(hex));
	return rc;
}

static enum scep_err
create_conf(struct adm *adm, const char *dir, const char *url,
    const struct adm_fresh *f)
{
	char			 name[ADM_NAME_TEXT];
	const struct adm_conf	 conf = {
		.name = name,
		.url = url,
		.digest = f->digest,
		.has_chain = sk_X509_num(f->chain) > 0,
	};
	char			*text;
	enum scep_err		 rc;

	adm_cert_name(f->ca, name);
	if ((text = adm_conf_text(&conf)) == NULL)
		return scep_fail(&adm->err, SCEP_E_NOMEM, "scep.conf");
	rc = create(adm, dir, "scep.conf", scep_span_text(text), 0644);
	free(text);
	return rc;
}

enum scep_err
adm_place_write(struct adm *adm, const char *dir, const char *url,
    const struct adm_fresh *f)
{
	enum scep_err	 rc;

	/* scep.conf last: with it, the CA is there. */
	if ((rc = create_key(adm, dir, "state/ca.key", f->ca_key)) !=
	    SCEP_OK ||
	    (rc = create_key(adm, dir, "state/ra.key", f->ra_key)) !=
	    SCEP_OK ||
	    (rc = create_challenge_key(adm, dir, f)) != SCEP_OK ||
	    (rc = create_cert(adm, dir, "ca.pem", f->ca)) != SCEP_OK ||
	    (rc = create_cert(adm, dir, "ra.pem", f->ra)) != SCEP_OK ||
	    (rc = create_chain(adm, dir, f->chain)) != SCEP_OK)
		return rc;
	return create_conf(adm, dir, url, f);
}

static enum scep_err
make_dir(struct adm *adm, const char *path, mode_t mode)
{
	struct stat	 st;

	if (mkdir(path, mode) == 0)
		return SCEP_OK;
	if (errno != EEXIST)
		return scep_fail(&adm->err, SCEP_E_CONFIG, "%s: cannot make "
		    "this directory: %s", path, strerror(errno));
	if (stat(path, &st) == -1 || !S_ISDIR(st.st_mode))
		return scep_fail(&adm->err, SCEP_E_EXISTS,
		    "%s: there, and no directory", path);
	return SCEP_OK;
}

/* Nothing of ours may be there yet. */
enum scep_err
adm_place_look(struct adm *adm, const char *dir)
{
	static const char *const names[] = { "scep.conf", "ca.pem", "ra.pem",
	    "chain.pem", "state/ca.key", "state/ra.key", "state/challenge.key",
	    "state/db" };
	char		 path[SCEP_PATH_LEN];
	struct stat	 st;
	size_t		 i;

	if (strlen(dir) > SCEP_PATH_LEN - 32)
		return scep_fail(&adm->err, SCEP_E_USAGE,
		    "--dir: the path is too long");
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		if (lstat(path, &st) == 0)
			return scep_fail(&adm->err, SCEP_E_EXISTS, "%s is "
			    "there already, and nothing is overwritten; "
			    "choose another place with --dir, or move it "
			    "away", path);
	}
	return SCEP_OK;
}

enum scep_err
adm_place_make(struct adm *adm, const char *dir)
{
	char		 state[SCEP_PATH_LEN];
	enum scep_err	 rc;

	(void)snprintf(state, sizeof(state), "%s/state", dir);
	if ((rc = make_dir(adm, dir, 0755)) != SCEP_OK)
		return rc;
	/* Whoever owns the directory is to own what is in it. */
	if ((rc = scep_state_become_owner(dir, &adm->err)) != SCEP_OK)
		return rc;
	if ((rc = make_dir(adm, state, 0700)) != SCEP_OK)
		return rc;
	if (chmod(state, 0700) == -1)
		return scep_fail(&adm->err, SCEP_E_CONFIG,
		    "%s: cannot be closed to others: %s", state,
		    strerror(errno));
	return SCEP_OK;
}
