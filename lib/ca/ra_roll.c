/*
 * ra_roll.c - RA keys roll over: by themselves before they expire, or when
 * the operator says so.
 *
 * The new certificate has the old one's name and the extensions of those that
 * scepadm makes, and is issued by the CA key.  The old key goes on opening
 * what is addressed to it: devices keep RA certificates for as long as they
 * like.
 */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/line.h"
#include "base/text.h"
#include "ca/ca_make.h"
#include "ca/lineage_file.h"
#include "ca/ra_roll.h"

#define DAY		86400L

/* One RA key on its way. */
struct roll {
	struct scep_local		*ca;
	const struct scep_ca_conf	*conf;
	time_t				 now;
	struct scep_lineage		*l;
	unsigned int			 ra;
	EVP_PKEY			*key;
	X509				*cert;
};

static time_t
sooner(time_t a, time_t b)
{
	return a < b ? a : b;
}

/*
 * Is it time, and would it help?  One that ends with its CA is as long as can
 * be.  However long before its end is wanted, a new one is not made before
 * half of the old one's life is over.
 */
static int
is_due(const struct scep_ca_conf *ca, time_t now)
{
	const time_t	 end = ca->ra_cert.not_after;
	const time_t	 life = end - ca->ra_cert.not_before;
	const time_t	 before = ca->ra_renew_s == SCEP_RA_RENEW_AUTO ?
			    life / 3 : sooner(ca->ra_renew_s, life / 2);

	if (*ca->fault != '\0' || ca->ra_number == 0 ||
	    ca->ra_renew_s == SCEP_RA_RENEW_NO || now > ca->cert.not_after)
		return 0;
	return end - now < before && sooner(now + ca->ra_validity_s,
	    ca->cert.not_after) > end + DAY;
}

/* The names of the one that is replaced. */
static enum scep_err
make_cert(struct roll *r, struct scep_error *err)
{
	const struct scep_ca_conf	*ca = r->conf;
	struct scep_making		 m = {
		.key = r->key,
		.issuer_key = ca->key,
		.digest = ca->digest,
		.days = ca->ra_validity_s / DAY,
	};
	X509				*ra = NULL;
	enum scep_err			 rc;

	if ((m.issuer = scep_config_x509(r->ca->crypto, &ca->cert,
	    ca->cert_path, err)) == NULL || (ra = scep_config_x509(
	    r->ca->crypto, &ca->ra_cert, ca->ra_cert_path, err)) == NULL)
		rc = err->code;
	else {
		m.subject = X509_get_subject_name(ra);
		rc = scep_ca_make_cert(r->ca->crypto, &m, r->now, &r->cert,
		    err);
	}
	X509_free(m.issuer);
	X509_free(ra);
	return rc;
}

/* A size that devices are used to: the one there is. */
static enum scep_err
make(struct roll *r, struct scep_error *err)
{
	char		 word[32];
	enum scep_err	 rc;

	(void)snprintf(word, sizeof(word), "rsa:%d",
	    EVP_PKEY_get_bits(r->conf->ra_key));
	if (scep_ca_make_key(r->ca->crypto, word, &r->key, err) != SCEP_OK &&
	    (rc = scep_ca_make_key(r->ca->crypto, SCEP_RA_KEY, &r->key,
	    err)) != SCEP_OK)
		return rc;
	return make_cert(r, err);
}

static enum scep_err
write_pem(const struct roll *r, const char *kind, struct scep_span pem,
    unsigned int mode, struct scep_error *err)
{
	char		 file[32], path[SCEP_PATH_LEN];
	enum scep_err	 rc;

	(void)snprintf(file, sizeof(file), "ra%u.%s", r->ra, kind);
	if ((rc = scep_lineage_file(r->ca->cfg->server.state, r->conf->name,
	    r->conf->generation, file, path, err)) != SCEP_OK)
		return rc;
	return scep_file_create(path, pem, mode, err);
}

static enum scep_err
add(struct roll *r, struct scep_error *err)
{
	return scep_lineage_add_ra(r->l, r->conf->generation,
	    r->conf->ra_number == 1 ? r->conf->ra_cert.sha256 : NULL, &r->ra,
	    err);
}

/* Its number is free, or a crash left a file of that name: then the next. */
static enum scep_err
place(struct roll *r, struct scep_error *err)
{
	struct scep_buf	 key = { NULL, 0 }, cert = { NULL, 0 };
	enum scep_err	 rc;

	if ((rc = scep_config_pem_key(r->key, &key, err)) == SCEP_OK &&
	    (rc = scep_config_pem_cert(r->cert, &cert, err)) == SCEP_OK)
		rc = scep_lineage_dir(r->ca->cfg->server.state,
		    r->conf->name, r->conf->generation, err);
	if (rc == SCEP_OK)
		rc = add(r, err);
	while (rc == SCEP_OK && (rc = write_pem(r, "key",
	    scep_buf_span(&key), 0600, err)) == SCEP_E_EXISTS)
		if ((rc = scep_lineage_drop_ra(r->l, r->conf->generation,
		    r->ra, err)) == SCEP_OK)
			rc = add(r, err);
	if (rc == SCEP_OK)
		rc = write_pem(r, "pem", scep_buf_span(&cert), 0644, err);
	scep_buf_clear(&key);
	scep_buf_clear(&cert);
	return rc;
}

enum scep_err
scep_ra_renew(struct scep_local *local, const struct scep_ca_conf *ca,
    struct scep_lineage *l, time_t now, unsigned int *ra,
    struct scep_error *err)
{
	struct roll	 r = { .ca = local, .conf = ca, .now = now, .l = l };
	enum scep_err	 rc;

	if ((rc = make(&r, err)) == SCEP_OK)
		rc = place(&r, err);
	*ra = r.ra;
	EVP_PKEY_free(r.key);
	X509_free(r.cert);
	return rc == SCEP_OK ? rc : scep_fail_within(err, "a new RA key of CA "
	    "%s", ca->name);
}

/* As with the operator's verbs, the log comes first. */
static enum scep_err
note_in_log(struct scep_local *ca, const struct scep_ca_conf *conf,
    unsigned int ra, time_t now, struct scep_error *err)
{
	struct scep_change	 change = { .n = 0 };
	struct scep_line	 line = { .len = 0 };
	char			 text[SCEP_TIME_TEXT];
	enum scep_err		 rc;

	scep_time_text(now, text);
	scep_line_text(&line, "time", text);
	scep_line_text(&line, "event", "ra-renewed");
	scep_line_text(&line, "ca", conf->name);
	scep_line_number(&line, "generation", (long long)conf->generation);
	scep_line_number(&line, "ra", (long long)ra);
	scep_time_text(conf->ra_cert.not_after, text);
	scep_line_text(&line, "old_ends", text);
	if ((rc = scep_buf_set(&change.log, scep_span_text(line.text),
	    err)) == SCEP_OK)
		rc = scep_store_commit(ca->store, &change, err);
	scep_change_clear(&change);
	return rc;
}

/* Somebody may have rolled it since the configuration was read: then there is
 * nothing to do but to read it again.  What the operator put in the place of
 * RA 1 is in force though newer ones are there, until it is replaced itself. */
static int
is_in_force(const struct scep_ca_conf *ca, const struct scep_lineage *l)
{
	const struct scep_gen	*gen = scep_lineage_current(l);

	if (gen->number != ca->generation || gen->n_ra == 0)
		return 0;
	return gen->ra[0] == ca->ra_number || (ca->ra_number == 1 &&
	    gen->has_replaced && memcmp(ca->ra_cert.sha256, gen->replaced,
	    SCEP_SHA256_LEN) != 0);
}

enum scep_err
scep_ra_may_renew(const struct scep_ca_conf *ca, const struct scep_lineage *l,
    time_t now, struct scep_error *err)
{
	const struct scep_gen	*gen = scep_lineage_current(l);

	if (ca->ra_number == 0)
		return scep_fail(err, SCEP_E_REFUSED, "CA %s has no RA key of "
		    "its own (insecure_one_key); a new key is a new CA's: "
		    "`scepadm ca stage`", ca->name);
	if (ca->ra_renew_s == SCEP_RA_RENEW_NO)
		return scep_fail(err, SCEP_E_REFUSED, "CA %s has ra_renew = "
		    "no: somebody else sees to its RA, and replaces "
		    "ra_certificate and ra_key; or take that line out of "
		    "[ca %s], and `scepadm reload`", ca->name, ca->name);
	if (*ca->fault != '\0' || now > ca->cert.not_after)
		return scep_fail(err, SCEP_E_REFUSED, "CA %s cannot issue a "
		    "certificate for an RA: %s", ca->name, *ca->fault != '\0' ?
		    ca->fault : "its own one expired; scepadm check tells "
		    "what to do");
	if (!is_in_force(ca, l))
		return scep_fail(err, SCEP_E_REFUSED, "CA %s: an RA key that "
		    "was made before is not in force; `scepadm reload` "
		    "comes first", ca->name);
	return gen->n_ra < SCEP_GEN_RAS_MAX ? SCEP_OK :
	    scep_fail(err, SCEP_E_REFUSED, "CA %s has %d RA keys, and the "
	    "oldest would have to go; `scepadm ca retire --ra N` one that no "
	    "device uses (`scepadm ca show`)", ca->name, SCEP_GEN_RAS_MAX);
}

static enum scep_err
roll(struct scep_local *ca, const struct scep_ca_conf *conf, time_t now,
    struct scep_error *err)
{
	const char		*state = ca->cfg->server.state;
	struct scep_lineage	 l;
	unsigned int		 ra;
	enum scep_err		 rc;

	if ((rc = scep_lineage_load(ca->crypto, state, conf, &l, err)) !=
	    SCEP_OK || !is_in_force(conf, &l))
		return rc;
	if ((rc = scep_ra_renew(ca, conf, &l, now, &ra, err)) == SCEP_OK &&
	    (rc = note_in_log(ca, conf, ra, now, err)) == SCEP_OK)
		rc = scep_lineage_save(state, &l, err);
	return rc;
}

static enum scep_err
roll_one(struct scep_local *ca, const struct scep_ca_conf *conf, time_t now,
    struct scep_error *err)
{
	enum scep_err	 rc;

	(void)pthread_mutex_lock(&ca->memory->rolling);
	rc = roll(ca, conf, now, err);
	(void)pthread_mutex_unlock(&ca->memory->rolling);
	return rc;
}

enum scep_err
scep_ca_roll_ras(struct scep_ca *ca, time_t now, int *rolled,
    struct scep_error *err)
{
	struct scep_local		*l = (struct scep_local *)ca;
	const struct scep_ca_conf	*conf;
	enum scep_err			 rc = SCEP_OK;

	*rolled = 0;
	for (conf = l->cfg->ca; conf < l->cfg->ca + l->cfg->n_cas; conf++)
		if (!is_due(conf, now))
			continue;
		else if (roll_one(l, conf, now, err) == SCEP_OK)
			(*rolled)++;
		else
			rc = err->code;
	return rc;
}
