/*
 * cert_revoke.c - certificates that are revoked.
 */
#include <stdio.h>
#include <string.h>

#include <openssl/x509v3.h>

#include "base/error.h"
#include "base/text.h"
#include "ca/cert_revoke.h"
#include "ca/crl.h"
#include "ca/keylock.h"
#include "ca/log_cert.h"
#include "ca/notice.h"
#include "ca/story.h"

#define SERIAL_MAX	40
#define CRLS_MAX	(2 * SCEP_GENS_MAX)	/* of one name */

/* Those of CAs and attribute authorities are not for devices; a hold could be
 * taken back. */
static const struct {
	const char	*name;
	int		 reason;
	int		 is_for_devices;
} reasons[] = {
	{ "unspecified", CRL_REASON_UNSPECIFIED, 1 },
	{ "keyCompromise", CRL_REASON_KEY_COMPROMISE, 1 },
	{ "cACompromise", CRL_REASON_CA_COMPROMISE, 0 },
	{ "affiliationChanged", CRL_REASON_AFFILIATION_CHANGED, 1 },
	{ "superseded", CRL_REASON_SUPERSEDED, 1 },
	{ "cessationOfOperation", CRL_REASON_CESSATION_OF_OPERATION, 1 },
	{ "certificateHold", CRL_REASON_CERTIFICATE_HOLD, 0 },
	{ "removeFromCRL", CRL_REASON_REMOVE_FROM_CRL, 0 },
	{ "privilegeWithdrawn", CRL_REASON_PRIVILEGE_WITHDRAWN, 1 },
	{ "aACompromise", CRL_REASON_AA_COMPROMISE, 0 },
};
#define REASONS	(sizeof(reasons) / sizeof(reasons[0]))

const char *
scep_reason_name(int reason)
{
	size_t	 i;

	for (i = 0; i < REASONS; i++)
		if (reasons[i].reason == reason)
			return reasons[i].name;
	return "";
}

static int
is_same_word(const char *a, const char *b)
{
	char	 x[32], y[32];

	(void)snprintf(x, sizeof(x), "%s", a);
	(void)snprintf(y, sizeof(y), "%s", b);
	scep_index_subject(x);
	scep_index_subject(y);
	return strcmp(x, y) == 0;
}

enum scep_err
scep_reason_read(const char *name, int *reason, struct scep_error *err)
{
	size_t	 i;

	for (i = 0; i < REASONS; i++)
		if (is_same_word(reasons[i].name, name) &&
		    reasons[i].is_for_devices) {
			*reason = reasons[i].reason;
			return SCEP_OK;
		}
	return scep_fail(err, SCEP_E_USAGE, "reason is \"%.32s\", not "
	    "unspecified, keyCompromise, affiliationChanged, superseded, "
	    "cessationOfOperation or privilegeWithdrawn%s", name,
	    is_same_word(name, "certificateHold") || is_same_word(name,
	    "removeFromCRL") ? "; what is revoked here is revoked for good" :
	    "");
}

enum scep_err
scep_cert_revocable(const struct scep_cert_rec *rec, struct scep_error *err)
{
	char	 serial[2 * SERIAL_MAX + 1], when[SCEP_TIME_TEXT];

	if (rec->state != SCEP_CERT_REVOKED)
		return SCEP_OK;
	scep_hex_text(scep_buf_span(&rec->serial), serial, sizeof(serial));
	scep_time_text(rec->revoked, when);
	return scep_fail(err, SCEP_E_EXISTS, "certificate %s was revoked at "
	    "%s already (%s), and stays so", serial, when,
	    scep_reason_name(rec->reason));
}

/* The CRLs it belongs on: those of its issuer's name.  After a rollover there
 * may be several, each with a key of its own. */

struct revoking {
	struct scep_local		*ca;
	struct scep_cert_rec		*rec;
	struct scep_change		 change;
	const struct scep_ca_conf	*conf[CRLS_MAX];
	struct scep_crl_rec		 crl[CRLS_MAX];
	uint8_t				 key[CRLS_MAX][SCEP_SHA256_LEN];
	struct scep_span		 lock[CRLS_MAX];
	size_t				 n;
};

static int
is_issuer(const struct scep_ca_conf *conf, const struct scep_cert_rec *rec)
{
	return conf->cert.der.len > 0 && memcmp(conf->issuer.id, rec->issuer,
	    sizeof(rec->issuer)) == 0;
}

/* Two CAs of the configuration may be one. */
static enum scep_err
add_crl(struct revoking *r, const struct scep_ca_conf *conf,
    struct scep_error *err)
{
	uint8_t		*key = r->key[r->n];
	enum scep_err	 rc;
	size_t		 i;

	if ((rc = scep_crl_key(r->ca->crypto, conf, key, err)) != SCEP_OK)
		return rc;
	for (i = 0; i < r->n; i++)
		if (memcmp(r->key[i], key, SCEP_SHA256_LEN) == 0)
			return SCEP_OK;
	r->lock[r->n] = scep_span_make(key, SCEP_SHA256_LEN);
	r->conf[r->n++] = conf;
	return SCEP_OK;
}

static enum scep_err
find_crls(struct revoking *r, const struct scep_ca_conf *conf, size_t n,
    struct scep_error *err)
{
	enum scep_err	 rc = SCEP_OK;

	for (; rc == SCEP_OK && n-- > 0; conf++) {
		if (r->n < CRLS_MAX && is_issuer(conf, r->rec) &&
		    conf->state != SCEP_GEN_STAGED &&
		    scep_config_has_crl(conf, NULL))
			rc = add_crl(r, conf, err);
		if (rc == SCEP_OK)
			rc = find_crls(r, conf->kin, conf->n_kin, err);
	}
	return rc;
}

const struct scep_ca_conf *
scep_cert_crl(const struct scep_local *ca, const struct scep_cert_rec *rec,
    const char **why)
{
	const struct scep_config	*cfg = ca->cfg;
	const struct scep_ca_conf	*conf;
	size_t				 i;

	*why = "no CA of the configuration issued it, so no CRL of ours "
	    "tells of it";
	for (conf = cfg->ca; conf < cfg->ca + cfg->n_cas; conf++) {
		if (is_issuer(conf, rec) && scep_config_has_crl(conf, why))
			return conf;
		for (i = 0; i < conf->n_kin; i++)
			if (is_issuer(&conf->kin[i], rec) &&
			    scep_config_has_crl(&conf->kin[i], why))
				return &conf->kin[i];
	}
	return NULL;
}

static enum scep_err
log_line(const struct scep_cert_rec *rec, const char *by,
    struct scep_buf *out, struct scep_error *err)
{
	struct scep_line	 line = { .len = 0 };

	scep_log_cert_event(&line, rec->revoked, "revoked", rec);
	scep_line_text(&line, "reason", scep_reason_name(rec->reason));
	scep_line_text(&line, "by", by);
	return scep_buf_set(out, scep_span_text(line.text), err);
}

static enum scep_err
commit(struct revoking *r, const char *by, struct scep_error *err)
{
	enum scep_err	 rc;
	size_t		 i;

	if ((rc = scep_cert_rec_write(&r->change, r->rec, err)) != SCEP_OK ||
	    (rc = scep_notice_revoked(r->ca, r->rec->revoked, r->rec,
	    scep_reason_name(r->rec->reason), by, &r->change, err)) !=
	    SCEP_OK ||
	    (rc = log_line(r->rec, by, &r->change.log, err)) != SCEP_OK)
		return rc;
	if (r->rec->request_id[0] != '\0' &&
	    (rc = scep_story_revoked(r->ca, r->rec->revoked, r->rec,
	    scep_reason_name(r->rec->reason), by, &r->change, err)) !=
	    SCEP_OK)
		return rc;
	/* Its time may be older than that of a CRL that was made since. */
	for (i = 0; i < r->n; i++)
		if ((rc = scep_crl_outdate(r->ca, r->conf[i], 1, 0,
		    &r->change, &r->crl[i], err)) != SCEP_OK)
			return rc;
	if ((rc = scep_store_commit(r->ca->store, &r->change, err)) !=
	    SCEP_OK)
		return rc;
	scep_notice_wake(r->ca);
	r->rec->rev++;
	for (i = 0; rc == SCEP_OK && i < r->n; i++)
		rc = scep_crl_outdated(r->ca, &r->crl[i], err);
	return rc;
}

/* No CRL is made meanwhile: it might not have this one, and be newer. */
enum scep_err
scep_cert_revoke(struct scep_local *ca, time_t now, int reason,
    const char *by, struct scep_cert_rec *rec, struct scep_error *err)
{
	struct revoking	 r;
	enum scep_err	 rc;
	size_t		 i;

	if ((rc = scep_cert_revocable(rec, err)) != SCEP_OK)
		return rc;
	memset(&r, 0, sizeof(r));
	r.ca = ca;
	r.rec = rec;
	if ((rc = find_crls(&r, ca->cfg->ca, ca->cfg->n_cas, err)) !=
	    SCEP_OK)
		return rc;
	rec->state = SCEP_CERT_REVOKED;
	rec->revoked = now;
	rec->reason = reason;
	scep_keylock_take(ca->memory->lock, r.lock, r.n);
	rc = commit(&r, by, err);
	scep_keylock_give(ca->memory->lock, r.lock, r.n);
	scep_change_clear(&r.change);
	for (i = 0; i < r.n; i++)
		scep_crl_rec_clear(&r.crl[i]);
	return rc;
}

/* Read back. */

static int
read_reason(struct scep_span entry, int *reason)
{
	char	 name[32];
	size_t	 i;

	if (!scep_line_get(entry, "reason", name, sizeof(name)))
		return 0;
	for (i = 0; i < REASONS; i++)
		if (strcmp(reasons[i].name, name) == 0) {
			*reason = reasons[i].reason;
			return 1;
		}
	return 0;
}

enum scep_err
scep_revocation_read(struct scep_span entry, struct scep_revocation *out,
    struct scep_error *err)
{
	char	 text[SCEP_TIME_TEXT];

	memset(out, 0, sizeof(*out));
	if (!scep_line_get(entry, "event", text, sizeof(text)) ||
	    strcmp(text, "revoked") != 0)
		return scep_fail(err, SCEP_E_NOTFOUND,
		    "the entry tells of no revocation");
	if (scep_line_get(entry, "time", text, sizeof(text)) &&
	    scep_time_read(text, &out->when, err) == SCEP_OK &&
	    read_reason(entry, &out->reason) &&
	    scep_log_cert_key(entry, &out->key))
		return SCEP_OK;
	scep_buf_clear(&out->key);
	return scep_fail(err, SCEP_E_FORMAT, "the entry says too little of "
	    "its revocation");
}
