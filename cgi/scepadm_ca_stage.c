/*
 * scepadm_ca_stage.c - `scepadm ca stage`: the next generation of a CA, made
 * from nothing or adopted, and an RA below it.
 *
 * Everything is made and looked at first, then written into a directory of its
 * own in the state; the owner of the state looks at it again, gives it a
 * number and notes it.  Until then nobody knows of it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/dir.h"
#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "cgi/scepadm_ca.h"
#include "cgi/scepadm_init.h"
#include "cgi/state.h"

#define CN_MAX		61	/* as for scepadm init */
#define DAY		86400L
#define DAYS_MAX	36500L

struct stage {
	struct adm			*adm;
	const char			*name, *cn, *key, *days;
	int				 same_name;
	struct adm_adopt		 adopt;
	struct scep_config		*cfg;
	const struct scep_ca_conf	*ca;
	struct adm_fresh		 f;
	char				 dir[SCEP_PATH_LEN];
};

static enum scep_err
find_ca(struct stage *s)
{
	struct adm	*adm = s->adm;

	s->ca = s->name != NULL ? scep_config_ca(s->cfg, s->name) :
	    s->cfg->n_cas == 1 ? &s->cfg->ca[0] : NULL;
	if (s->ca == NULL)
		return s->name != NULL ? scep_fail(&adm->err, SCEP_E_NOTFOUND,
		    "there is no CA %s; scepadm ca list shows them",
		    s->name) : scep_fail(&adm->err, SCEP_E_USAGE, "there are "
		    "%zu CAs; name one with --ca (scepadm ca list)",
		    s->cfg->n_cas);
	return *s->ca->fault == '\0' ? SCEP_OK : scep_fail(&adm->err,
	    SCEP_E_REFUSED, "%s", s->ca->fault);
}

/* The kind of key that the current one is, if we make such. */
static void
key_word(const EVP_PKEY *key, char out[16])
{
	const int	 bits = EVP_PKEY_get_bits(key);

	if (EVP_PKEY_is_a(key, "EC"))
		(void)snprintf(out, 16, "ec:p%d", bits <= 256 ? 256 : 384);
	else
		(void)snprintf(out, 16, "rsa:%d", bits >= 4096 ? 4096 :
		    bits >= 3072 ? 3072 : 2048);
}

/* "Example CA" is followed by "Example CA G2", that by "Example CA G3". */
static void
next_cn(const X509 *current, char out[CN_MAX + 1])
{
	char		 cn[CN_MAX + 2] = "", *g;
	unsigned int	 n = 1;
	size_t		 len;

	if (X509_NAME_get_text_by_NID(X509_get_subject_name(current),
	    NID_commonName, cn, sizeof(cn)) <= 0 ||
	    !scep_is_clean_utf8(scep_span_text(cn)))
		(void)snprintf(cn, sizeof(cn), "SCEP CA");
	if ((g = strrchr(cn, ' ')) != NULL && g[1] == 'G' && g[2] != '\0' &&
	    strspn(g + 2, "0123456789") == strlen(g + 2) && strlen(g) < 8) {
		n = (unsigned int)strtoul(g + 2, NULL, 10);
		*g = '\0';
	}
	len = strlen(cn);
	while (len > CN_MAX - 8 || !scep_is_clean_utf8(scep_span_make(cn,
	    len)))
		len--;
	(void)snprintf(out, CN_MAX + 1, "%.*s G%u", (int)len, cn, n + 1);
}

static enum scep_err
ra_make(struct stage *s)
{
	char				 cn[CN_MAX + 1] = "";
	char				 ra_cn[sizeof(cn) + sizeof(" RA")];
	const struct scep_making	 ra = {
		.cn = ra_cn,
		.key = s->f.ra_key,
		.issuer = s->f.ca,
		.issuer_key = s->f.ca_key,
		.digest = s->f.digest,
		.days = s->ca->ra_validity_s / DAY,
	};

	if (X509_NAME_get_text_by_NID(X509_get_subject_name(s->f.ca),
	    NID_commonName, cn, sizeof(cn)) <= 0 ||
	    !scep_is_clean_utf8(scep_span_text(cn)))
		(void)snprintf(cn, sizeof(cn), "SCEP");
	(void)snprintf(ra_cn, sizeof(ra_cn), "%s RA", cn);
	return scep_ca_make_cert(s->adm->crypto, &ra, time(NULL), &s->f.ra,
	    &s->adm->err);
}

/* As long as the current one was to live. */
static enum scep_err
read_days(struct stage *s, long *days)
{
	*days = (long)(s->ca->cert.not_after - s->ca->cert.not_before) / DAY;
	if (s->days != NULL && scep_number_read(s->days, 1, DAYS_MAX, days,
	    &s->adm->err) != SCEP_OK)
		return scep_fail(&s->adm->err, SCEP_E_USAGE, "--days %.32s: "
		    "not a number from 1 to %ld", s->days, DAYS_MAX);
	if (*days < 1 || *days > DAYS_MAX)
		*days = SCEP_CA_DAYS;
	return SCEP_OK;
}

/* Same kind of key, same life, and a name of its own. */
static enum scep_err
ca_make(struct stage *s)
{
	struct adm		*adm = s->adm;
	struct scep_making	 ca = {
		.subject = X509_get_subject_name(s->ca->x509) };
	char			 cn[CN_MAX + 1], word[16];
	enum scep_err		 rc;

	if (X509_NAME_cmp(ca.subject, X509_get_issuer_name(s->ca->x509)) != 0)
		return scep_fail(&adm->err, SCEP_E_REFUSED, "CA %s was issued "
		    "by another CA, which has to issue the next one too; "
		    "bring that certificate and its key with --ca-cert and "
		    "--ca-key", s->ca->name);
	next_cn(s->ca->x509, cn);
	ca.cn = s->same_name ? NULL : s->cn != NULL ? s->cn : cn;
	key_word(s->ca->key, word);
	if ((rc = read_days(s, &ca.days)) != SCEP_OK ||
	    (rc = scep_ca_make_key(adm->crypto, s->key != NULL ? s->key :
	    word, &s->f.ca_key, &adm->err)) != SCEP_OK)
		return rc;
	s->f.digest = ca.digest = scep_ca_key_digest(s->f.ca_key);
	ca.key = ca.issuer_key = s->f.ca_key;
	return scep_ca_make_cert(adm->crypto, &ca, time(NULL), &s->f.ca,
	    &adm->err);
}

static enum scep_err
make(struct stage *s)
{
	struct adm	*adm = s->adm;
	enum scep_err	 rc;

	if (s->adopt.cert == NULL && (rc = ca_make(s)) != SCEP_OK)
		return rc;
	if (s->ca->insecure_one_key)
		return SCEP_OK;
	if ((rc = scep_ca_make_key(adm->crypto, SCEP_RA_KEY, &s->f.ra_key,
	    &adm->err)) != SCEP_OK || (rc = ra_make(s)) != SCEP_OK)
		return rc;
	return s->adopt.cert == NULL ? SCEP_OK :
	    adm_adopt_verify(adm, &s->adopt, &s->f);
}

/* Writing. */

static enum scep_err
write_file(struct stage *s, const char *file, enum scep_err made,
    struct scep_buf *pem, unsigned int mode)
{
	char		 path[SCEP_PATH_LEN];
	enum scep_err	 rc = made;

	if (rc == SCEP_OK && snprintf(path, sizeof(path), "%s/%s", s->dir,
	    file) >= (int)sizeof(path))
		rc = scep_fail(&s->adm->err, SCEP_E_CONFIG, "%.64s...: too "
		    "long", s->dir);
	if (rc == SCEP_OK)
		rc = scep_file_create(path, scep_buf_span(pem), mode,
		    &s->adm->err);
	scep_buf_clear(pem);
	return rc;
}

static enum scep_err
write_key(struct stage *s, const char *file, EVP_PKEY *key)
{
	struct scep_buf	 pem = { NULL, 0 };

	return write_file(s, file, scep_config_pem_key(key, &pem, &s->adm->err),
	    &pem, 0600);
}

static enum scep_err
write_cert(struct stage *s, const char *file, X509 *cert)
{
	struct scep_buf	 pem = { NULL, 0 };

	return write_file(s, file, scep_config_pem_cert(cert, &pem,
	    &s->adm->err), &pem, 0644);
}

static enum scep_err
write_chain(struct stage *s)
{
	struct scep_buf	 all = { NULL, 0 }, pem = { NULL, 0 };
	enum scep_err	 rc = SCEP_OK;
	int		 i;

	if (sk_X509_num(s->f.chain) <= 0)
		return SCEP_OK;
	for (i = 0; rc == SCEP_OK && i < sk_X509_num(s->f.chain); i++)
		if ((rc = scep_config_pem_cert(sk_X509_value(s->f.chain, i), &pem,
		    &s->adm->err)) == SCEP_OK)
			rc = scep_buf_add(&all, scep_buf_span(&pem),
			    &s->adm->err);
	scep_buf_clear(&pem);
	return write_file(s, "chain.pem", rc, &all, 0644);
}

static enum scep_err
make_dir(struct stage *s)
{
	struct scep_error	*err = &s->adm->err;
	const char		*state = s->cfg->server.state;
	enum scep_err		 rc;

	if (snprintf(s->dir, sizeof(s->dir), "%s/ca/%s/new.XXXXXX", state,
	    s->ca->name) >= (int)sizeof(s->dir))
		return scep_fail(err, SCEP_E_CONFIG, "%.64s...: too long",
		    state);
	if ((rc = scep_dir_make_above(s->dir, strlen(state) + 1, 0700,
	    err)) != SCEP_OK)
		return rc;
	if (mkdtemp(s->dir) != NULL)
		return SCEP_OK;
	rc = scep_file_fail(s->dir, errno, err);
	s->dir[0] = '\0';
	return rc;
}

static enum scep_err
write_all(struct stage *s)
{
	enum scep_err	 rc;

	if ((rc = make_dir(s)) != SCEP_OK ||
	    (rc = write_key(s, "ca.key", s->f.ca_key)) != SCEP_OK ||
	    (rc = write_cert(s, "ca.pem", s->f.ca)) != SCEP_OK ||
	    (rc = write_chain(s)) != SCEP_OK)
		return rc;
	if (s->f.ra != NULL && ((rc = write_key(s, "ra1.key",
	    s->f.ra_key)) != SCEP_OK ||
	    (rc = write_cert(s, "ra1.pem", s->f.ra)) != SCEP_OK))
		return rc;
	return scep_dir_sync(s->dir, &s->adm->err);
}

/* Files of the command line as who gave it, all else as the owner of the
 * state. */
static enum scep_err
prepare(struct stage *s)
{
	struct adm		*adm = s->adm;
	struct scep_config	*cfg = NULL;
	enum scep_err		 rc;

	if (s->adopt.cert != NULL && (rc = adm_adopt_read(adm, &s->adopt,
	    &s->f)) != SCEP_OK)
		return rc;
	if ((rc = scep_state_config(adm->crypto, adm->conf, 0, &cfg,
	    &adm->err)) != SCEP_OK)
		return rc;
	rc = scep_state_become_owner(cfg->server.state, &adm->err);
	scep_config_free(cfg);
	if (rc != SCEP_OK || (rc = scep_state_config(adm->crypto, adm->conf,
	    1, &s->cfg, &adm->err)) != SCEP_OK ||
	    (rc = find_ca(s)) != SCEP_OK)
		return rc;
	return make(s);
}

static enum scep_err
stage(struct stage *s)
{
	const char	*from;
	json_t		*one;
	enum scep_err	 rc;
	size_t		 i;

	if ((rc = prepare(s)) != SCEP_OK || (rc = write_all(s)) != SCEP_OK)
		return rc;
	json_array_foreach(s->adopt.warnings, i, one)
		(void)fprintf(stderr, "scepadm: warning: %s\n",
		    json_string_value(one));
	from = strrchr(s->dir, '/') + 1;
	return adm_ca_act(s->adm, json_pack("{s:s,s:s,s:s,s:i,s:s}", "do",
	    "ca.stage", "ca", s->ca->name, "from", from, "chain",
	    sk_X509_num(s->f.chain) > 0, "digest",
	    scep_digest_word(s->f.digest)));
}

static enum scep_err
check_options(struct stage *s)
{
	const struct adm_adopt	*a = &s->adopt;
	struct scep_error	*err = &s->adm->err;

	if ((a->cert != NULL) != (a->key != NULL))
		return scep_fail(err, SCEP_E_USAGE, "a CA is adopted with its "
		    "certificate and its key: %s is missing", a->cert != NULL ?
		    "--ca-key" : "--ca-cert");
	if (a->cert == NULL && (a->chain != NULL || a->pass != NULL))
		return scep_fail(err, SCEP_E_USAGE, "%s belongs to a CA that "
		    "is adopted with --ca-cert and --ca-key", a->chain !=
		    NULL ? "--chain" : "--pass-file");
	if (a->cert != NULL && (s->cn != NULL || s->key != NULL || s->days !=
	    NULL || s->same_name))
		return scep_fail(err, SCEP_E_USAGE, "--cn, --same-name, --key "
		    "and --days are for a CA to be made, and --ca-cert brings "
		    "one");
	if (s->cn != NULL && s->same_name)
		return scep_fail(err, SCEP_E_USAGE, "--cn or --same-name");
	if (s->cn != NULL && (*s->cn == '\0' || strlen(s->cn) > CN_MAX ||
	    !scep_is_clean_utf8(scep_span_text(s->cn))))
		return scep_fail(err, SCEP_E_USAGE, "--cn: 1 to %d octets of "
		    "UTF-8, without control characters", CN_MAX);
	return SCEP_OK;
}

enum scep_err
adm_ca_stage(struct adm *adm, int argc, char *argv[])
{
	struct stage		 s = { .adm = adm };
	const struct adm_option	 options[] = {
		{ "ca", &s.name, NULL, NULL },
		{ "cn", &s.cn, NULL, NULL },
		{ "same-name", NULL, &s.same_name, NULL },
		{ "key", &s.key, NULL, NULL },
		{ "days", &s.days, NULL, NULL },
		{ "ca-cert", &s.adopt.cert, NULL, NULL },
		{ "ca-key", &s.adopt.key, NULL, NULL },
		{ "chain", &s.adopt.chain, NULL, NULL },
		{ "pass-file", &s.adopt.pass, NULL, NULL },
		{ NULL, NULL, NULL, NULL }
	};
	enum scep_err		 rc;

	s.adopt.warnings = json_array();
	if ((rc = adm_options(adm, argc, argv, options, 0, NULL)) ==
	    SCEP_OK && (rc = check_options(&s)) == SCEP_OK)
		rc = stage(&s);
	if (s.dir[0] != '\0')
		scep_dir_remove(s.dir, 1);	/* if it is still there */
	json_decref(s.adopt.warnings);
	adm_fresh_clear(&s.f);
	scep_config_free(s.cfg);
	return rc;
}
