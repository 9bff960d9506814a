/*
 * scepadm_ca_stage.c - `scepadm ca stage`: the next generation of a CA, made
 * from nothing or adopted, and an RA below it.
 *
 * Everything is made and looked at first, then written into a directory of its
 * own in the state; the owner of the state looks at it again, gives it a
 * number and notes it.  Until then nobody knows of it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/dir.h"
#include "base/error.h"
#include "base/text.h"
#include "cgi/scepadm_ca.h"
#include "cgi/state.h"

#define CN_MAX		61	/* as for scepadm init */
#define DAY		86400L
#define DAYS_MAX	36500L

struct stage {
	struct adm			*adm;
	const char			*name, *cn, *key, *days, *csr;
	int				 same_name;
	struct adm_adopt		 adopt;
	struct scep_config		*cfg;
	const struct scep_ca_conf	*ca;
	X509				*cert;		/* ca's */
	struct adm_fresh		 f;
	char				 dir[SCEP_PATH_LEN];
	char				 waiting[SCEP_PATH_LEN];	/* a key
						   that --csr made, or "" */
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
	if (*s->ca->fault != '\0')
		return scep_fail(&adm->err, SCEP_E_REFUSED, "%s",
		    s->ca->fault);
	s->cert = scep_config_x509(adm->crypto, &s->ca->cert,
	    s->ca->cert_path, &adm->err);
	return s->cert != NULL ? SCEP_OK : adm->err.code;
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

/* NULL: it stays. */
static const char *
choose_cn(const struct stage *s, char room[CN_MAX + 1])
{
	next_cn(s->cert, room);
	return s->same_name ? NULL : s->cn != NULL ? s->cn : room;
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
		.subject = X509_get_subject_name(s->cert) };
	char			 cn[CN_MAX + 1], word[16];
	enum scep_err		 rc;

	if (X509_NAME_cmp(ca.subject, X509_get_issuer_name(s->cert)) != 0)
		return scep_fail(&adm->err, SCEP_E_REFUSED, "CA %s was issued "
		    "by another CA, which has to issue the next one too; make "
		    "a request with --csr, or bring a certificate and its "
		    "key with --ca-cert and --ca-key", s->ca->name);
	ca.cn = choose_cn(s, cn);
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

/* A certificate without a key is for the key that waits for it. */
static enum scep_err
find_key(struct stage *s, const struct scep_config *cfg)
{
	const char	*name = s->name != NULL ? s->name : cfg->ca[0].name;
	enum scep_err	 rc;

	if (s->adopt.cert == NULL || s->adopt.key != NULL)
		return SCEP_OK;
	if ((rc = adm_ca_waiting(s->adm, cfg->server.state, name,
	    s->waiting)) != SCEP_OK)
		return rc;
	if (access(s->waiting, F_OK) == -1) {
		s->waiting[0] = '\0';
		return scep_fail(&s->adm->err, SCEP_E_USAGE, "a CA is adopted "
		    "with its certificate and its key: --ca-key is missing, "
		    "and no key waits for a certificate (--csr)");
	}
	s->adopt.key = s->waiting;
	return SCEP_OK;
}

/* Files of the command line as who gave it, all else as the owner of the
 * state. */
static enum scep_err
prepare(struct stage *s)
{
	struct adm		*adm = s->adm;
	struct scep_config	*cfg = NULL;
	enum scep_err		 rc;

	if ((rc = scep_state_config(adm->crypto, adm->conf, 0, &cfg,
	    &adm->err)) != SCEP_OK)
		return rc;
	if ((rc = find_key(s, cfg)) == SCEP_OK && s->adopt.cert != NULL)
		rc = adm_adopt_read(adm, &s->adopt, &s->f);
	if (rc == SCEP_OK)
		rc = scep_state_become_owner(cfg->server.state, &adm->err);
	scep_config_free(cfg);
	if (rc != SCEP_OK || (rc = scep_state_config(adm->crypto, adm->conf,
	    1, &s->cfg, &adm->err)) != SCEP_OK)
		return rc;
	return find_ca(s);
}

static enum scep_err
stage(struct stage *s)
{
	const char	*from;
	json_t		*one;
	enum scep_err	 rc;
	size_t		 i;

	if ((rc = prepare(s)) != SCEP_OK || (rc = make(s)) != SCEP_OK ||
	    (rc = adm_ca_place(s->adm, s->cfg->server.state, s->ca->name,
	    &s->f, s->dir)) != SCEP_OK)
		return rc;
	json_array_foreach(s->adopt.warnings, i, one)
		(void)fprintf(stderr, "scepadm: warning: %s\n",
		    json_string_value(one));
	from = strrchr(s->dir, '/') + 1;
	rc = adm_ca_act(s->adm, json_pack("{s:s,s:s,s:s,s:i,s:s}", "do",
	    "ca.stage", "ca", s->ca->name, "from", from, "chain",
	    sk_X509_num(s->f.chain) > 0, "digest",
	    scep_digest_word(s->f.digest)));
	/* The key is that of the generation now. */
	if (rc == SCEP_OK && s->waiting[0] != '\0')
		(void)unlink(s->waiting);
	return rc;
}

/* The file is who asks's, the key the owner's of the state. */
static enum scep_err
request(struct stage *s)
{
	struct adm	*adm = s->adm;
	char		 cn[CN_MAX + 1], word[16];
	enum scep_err	 rc;
	int		 fd;

	fd = open(s->csr, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
	    0644);
	if (fd == -1)
		return scep_fail(&adm->err, errno == EEXIST ? SCEP_E_EXISTS :
		    SCEP_E_CONFIG, "--csr %s: %s", s->csr, strerror(errno));
	if ((rc = prepare(s)) == SCEP_OK) {
		key_word(s->ca->key, word);
		rc = adm_ca_csr(adm, s->cfg->server.state, s->ca->name,
		    s->cert, choose_cn(s, cn), s->key != NULL ? s->key :
		    word, fd);
	}
	(void)close(fd);
	if (rc != SCEP_OK)
		(void)unlink(s->csr);
	else if (adm->json)
		(void)printf("{\"ca\":\"%s\"}\n", s->ca->name);
	else
		(void)printf("next: have %s signed by the CA above, then "
		    "scepadm ca stage --ca %s --ca-cert FILE [--chain "
		    "FILE]\n", s->csr, s->ca->name);
	return rc;
}

static enum scep_err
check_options(struct stage *s)
{
	const struct adm_adopt	*a = &s->adopt;
	struct scep_error	*err = &s->adm->err;

	if (a->cert == NULL && a->key != NULL)
		return scep_fail(err, SCEP_E_USAGE, "a CA is adopted with its "
		    "certificate and its key: --ca-cert is missing");
	if (s->csr != NULL && (a->cert != NULL || s->days != NULL))
		return scep_fail(err, SCEP_E_USAGE, "%s has nothing to do with "
		    "a request: who issues it decides", a->cert != NULL ?
		    "--ca-cert" : "--days");
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
		{ "csr", &s.csr, NULL, NULL },
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
		rc = s.csr != NULL ? request(&s) : stage(&s);
	if (s.dir[0] != '\0')
		scep_dir_remove(s.dir, 1);	/* if it is still there */
	json_decref(s.adopt.warnings);
	adm_fresh_clear(&s.f);
	X509_free(s.cert);
	scep_config_free(s.cfg);
	return rc;
}
