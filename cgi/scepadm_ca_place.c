/*
 * scepadm_ca_place.c - the files of a generation to be, in a directory of
 * their own in the state: STATE/ca/NAME/new.X.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/dir.h"
#include "base/error.h"
#include "base/file.h"
#include "cgi/scepadm_ca.h"

struct place {
	struct adm		*adm;
	const char		*state, *ca;
	const struct adm_fresh	*f;
	char			*dir;		/* SCEP_PATH_LEN */
};

static enum scep_err
write_file(struct place *p, const char *file, enum scep_err made,
    struct scep_buf *pem, unsigned int mode)
{
	char		 path[SCEP_PATH_LEN];
	enum scep_err	 rc = made;

	if (rc == SCEP_OK && snprintf(path, sizeof(path), "%s/%s", p->dir,
	    file) >= (int)sizeof(path))
		rc = scep_fail(&p->adm->err, SCEP_E_CONFIG, "%.64s...: too "
		    "long", p->dir);
	if (rc == SCEP_OK)
		rc = scep_file_create(path, scep_buf_span(pem), mode,
		    &p->adm->err);
	scep_buf_clear(pem);
	return rc;
}

static enum scep_err
write_key(struct place *p, const char *file, EVP_PKEY *key)
{
	struct scep_buf	 pem = { NULL, 0 };

	return write_file(p, file, scep_config_pem_key(key, &pem, &p->adm->err),
	    &pem, 0600);
}

static enum scep_err
write_cert(struct place *p, const char *file, X509 *cert)
{
	struct scep_buf	 pem = { NULL, 0 };

	return write_file(p, file, scep_config_pem_cert(cert, &pem,
	    &p->adm->err), &pem, 0644);
}

static enum scep_err
write_chain(struct place *p)
{
	struct scep_buf	 all = { NULL, 0 }, pem = { NULL, 0 };
	enum scep_err	 rc = SCEP_OK;
	int		 i;

	if (sk_X509_num(p->f->chain) <= 0)
		return SCEP_OK;
	for (i = 0; rc == SCEP_OK && i < sk_X509_num(p->f->chain); i++)
		if ((rc = scep_config_pem_cert(sk_X509_value(p->f->chain, i), &pem,
		    &p->adm->err)) == SCEP_OK)
			rc = scep_buf_add(&all, scep_buf_span(&pem),
			    &p->adm->err);
	scep_buf_clear(&pem);
	return write_file(p, "chain.pem", rc, &all, 0644);
}

static enum scep_err
make_dir(struct place *p)
{
	struct scep_error	*err = &p->adm->err;
	const char		*state = p->state;
	enum scep_err		 rc;

	if (snprintf(p->dir, SCEP_PATH_LEN, "%s/ca/%s/new.XXXXXX", state,
	    p->ca) >= (int)SCEP_PATH_LEN)
		return scep_fail(err, SCEP_E_CONFIG, "%.64s...: too long",
		    state);
	if ((rc = scep_dir_make_above(p->dir, strlen(state) + 1, 0700,
	    err)) != SCEP_OK)
		return rc;
	if (mkdtemp(p->dir) != NULL)
		return SCEP_OK;
	rc = scep_file_fail(p->dir, errno, err);
	p->dir[0] = '\0';
	return rc;
}

enum scep_err
adm_ca_place(struct adm *adm, const char *state, const char *ca,
    const struct adm_fresh *f, char dir[SCEP_PATH_LEN])
{
	struct place	 place = { adm, state, ca, f, dir }, *p = &place;
	enum scep_err	 rc;

	if ((rc = make_dir(p)) != SCEP_OK ||
	    (rc = write_key(p, "ca.key", f->ca_key)) != SCEP_OK ||
	    (rc = write_cert(p, "ca.pem", f->ca)) != SCEP_OK ||
	    (rc = write_chain(p)) != SCEP_OK)
		return rc;
	if (f->ra != NULL && ((rc = write_key(p, "ra1.key", f->ra_key)) !=
	    SCEP_OK || (rc = write_cert(p, "ra1.pem", f->ra)) != SCEP_OK))
		return rc;
	return scep_dir_sync(dir, &adm->err);
}
