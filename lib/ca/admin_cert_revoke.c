/*
 * admin_cert_revoke.c - a certificate is revoked by the operator.
 */
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "ca/admin_cert.h"
#include "ca/cert_revoke.h"

#define SERIAL_MAX	40

/* Certificates of the configuration are not ours to revoke: who would believe
 * a CA that says of itself that it is not to be believed? */

static enum scep_err
fail_ca(const struct scep_ca_conf *conf, struct scep_error *err)
{
	if (scep_span_equal(conf->cert.issuer, conf->cert.subject))
		return scep_fail(err, SCEP_E_REFUSED, "that is the "
		    "certificate of CA %s itself, which nobody can revoke: "
		    "whoever trusts it must drop it; `scepadm ca stage` "
		    "begins with another key, and `cert revoke --ca %s` "
		    "revokes what it issued", conf->name, conf->name);
	return scep_fail(err, SCEP_E_REFUSED, "that is the certificate of CA "
	    "%s itself: the CA that issued it revokes it; `scepadm ca stage` "
	    "begins with another key, and `cert revoke --ca %s` revokes what "
	    "it issued", conf->name, conf->name);
}

static enum scep_err
fail_ra(const struct scep_ca_conf *conf, struct scep_error *err)
{
	return scep_fail(err, SCEP_E_REFUSED, "that is the certificate of an "
	    "RA of CA %s, which no device checks by a CRL: `scepadm ca "
	    "renew-ra --ca %s` makes another one, and `scepadm ca retire` "
	    "ends the old one", conf->name, conf->name);
}

/* As it is, or, where there is no record, by the serial alone. */
static int
is_one(const struct scep_cert *cert, struct scep_span serial,
    const struct scep_cert_rec *rec)
{
	if (cert->der.len == 0 || !scep_span_equal(cert->serial, serial))
		return 0;
	return rec == NULL || memcmp(cert->sha256, rec->der_sha256,
	    SCEP_SHA256_LEN) == 0;
}

static enum scep_err
check_own(const struct scep_ca_conf *conf, size_t n, struct scep_span serial,
    const struct scep_cert_rec *rec, struct scep_error *err)
{
	enum scep_err	 rc;
	size_t		 i;

	for (; n-- > 0; conf++) {
		if (is_one(&conf->cert, serial, rec))
			return fail_ca(conf, err);
		for (i = 0; i < conf->n_chain; i++)
			if (is_one(&conf->chain[i], serial, rec))
				return fail_ca(conf, err);
		if (is_one(&conf->ra_cert, serial, rec))
			return fail_ra(conf, err);
		for (i = 0; i < conf->n_old_ra; i++)
			if (is_one(&conf->old_ra[i].cert, serial, rec))
				return fail_ra(conf, err);
		if ((rc = check_own(conf->kin, conf->n_kin, serial, rec,
		    err)) != SCEP_OK)
			return rc;
	}
	return SCEP_OK;
}

/* The certificate, if it may be revoked. */
static enum scep_err
get(struct scep_admin_call *call, struct scep_cert_rec *rec,
    struct scep_error *err)
{
	const struct scep_config	*cfg = call->ca->cfg;
	struct scep_buf			 serial = { NULL, 0 };
	struct scep_error		 own;
	enum scep_err			 rc;

	rc = scep_admin_cert_get(call, rec, err);
	if (rc == SCEP_OK) {
		if ((rc = check_own(cfg->ca, cfg->n_cas,
		    scep_buf_span(&rec->serial), rec, err)) != SCEP_OK ||
		    (rc = scep_cert_revocable(rec, err)) != SCEP_OK)
			scep_cert_rec_clear(rec);
		return rc;
	}
	if (rc != SCEP_E_NOTFOUND)
		return rc;
	if (scep_admin_cert_serial(call, &serial, &own) == SCEP_OK &&
	    check_own(cfg->ca, cfg->n_cas, scep_buf_span(&serial), NULL,
	    &own) != SCEP_OK) {
		*err = own;
		rc = own.code;
	}
	scep_buf_clear(&serial);
	return rc;
}

static enum scep_err
reply(struct scep_admin_call *call, const struct scep_cert_rec *rec,
    int reason, struct scep_error *err)
{
	const struct scep_ca_conf	*conf;
	const char			*why;
	char				 serial[2 * SERIAL_MAX + 1];

	conf = scep_cert_crl(call->ca, rec, &why);
	scep_hex_text(scep_buf_span(&rec->serial), serial, sizeof(serial));
	return scep_admin_object(call, json_pack(
	    "{s:s,s:s,s:s,s:s,s:s,s:s,s:s}", "serial", serial, "subject",
	    rec->subject, "profile", rec->profile, "ca", rec->ca, "reason",
	    scep_reason_name(reason), "crl", conf != NULL ? conf->name : "",
	    "no_crl", conf != NULL ? "" : why), err);
}

static enum scep_err
attempt(struct scep_admin_call *call, int reason, struct scep_error *err)
{
	struct scep_cert_rec	 rec;
	enum scep_err		 rc;

	if ((rc = get(call, &rec, err)) != SCEP_OK)
		return rc;
	if (scep_admin_number(call, "dry", 0) == 0)
		rc = scep_cert_revoke(call->ca, call->now, reason, call->by,
		    &rec, err);
	if (rc == SCEP_OK)
		rc = reply(call, &rec, reason, err);
	scep_cert_rec_clear(&rec);
	return rc;
}

enum scep_err
scep_admin_cert_revoke(struct scep_admin_call *call, struct scep_error *err)
{
	const char	*name = scep_admin_text(call, "reason", "unspecified");
	enum scep_err	 rc = SCEP_E_CHANGED;
	int		 i, reason;

	if (scep_reason_read(name, &reason, err) != SCEP_OK)
		return err->code;
	scep_line_text(&call->summary, "reason", scep_reason_name(reason));
	for (i = 0; i < SCEP_ADMIN_TRIES && rc == SCEP_E_CHANGED; i++)
		rc = attempt(call, reason, err);
	return rc;
}

const struct scep_admin_member	scep_admin_cert_revoke_members[] = {
	{ "serial", SCEP_ADMIN_TEXT, 1, 1, 3 * SERIAL_MAX },
	{ "ca", SCEP_ADMIN_TEXT, 0, 1, SCEP_REC_NAME - 1 },
	{ "reason", SCEP_ADMIN_TEXT, 0, 1, 32 },
	{ "dry", SCEP_ADMIN_NUMBER, 0, 0, 1 },
	{ NULL, SCEP_ADMIN_TEXT, 0, 0, 0 }
};
