/*
 * crl_make.c - a new CRL of a CA: what stands on it, signed, and committed
 * with its log entry.
 */
#include <string.h>

#include "base/error.h"
#include "base/line.h"
#include "base/text.h"
#include "ca/crl.h"
#include "ca/keylock.h"
#include "wire/crl.h"

/* One CRL on its way. */
struct making {
	struct scep_local		*ca;
	const struct scep_ca_conf	*conf;
	time_t				 now;
	const char			*by;
	uint8_t				 issuer[16];
	struct scep_crl_rec		 last;	/* all 0 before the first */
	struct scep_crl_entries		 entries;
	struct scep_crl_rec		 rec;
};

/*
 * RFC 5280 section 3.3: until it was on one more CRL after its certificate
 * expired.  As there may be several a day, for one CRL's time; and however
 * long nobody made one, on the next.
 */
static int
is_listed(const struct making *m, const struct scep_cert_rec *cert)
{
	return cert->not_after + m->conf->crl_validity_s >= m->now ||
	    cert->not_after >= m->last.this_update;
}

static enum scep_err
list_row(void *arg, const struct scep_row *row, struct scep_error *err)
{
	struct making		*m = arg;
	struct scep_cert_rec	 cert;
	enum scep_err		 rc;

	if ((rc = scep_cert_rec_decode(scep_buf_span(&row->value), &cert,
	    err)) != SCEP_OK)
		return rc;
	if (memcmp(cert.issuer, m->issuer, sizeof(m->issuer)) == 0) {
		if (cert.revoked >= m->now)
			m->rec.fresh++;
		if (is_listed(m, &cert))
			rc = scep_crl_entry(&m->entries,
			    scep_buf_span(&cert.serial), cert.revoked,
			    cert.reason, err);
	}
	scep_cert_rec_clear(&cert);
	return rc;
}

/* A signature with a fault in it can give the key away: it never leaves. */
static enum scep_err
check_signature(const struct making *m, struct scep_error *err)
{
	const struct scep_key_rules	 any = { ~0u, 2048, 8192 };
	struct scep_key			 key;
	enum scep_err			 rc;

	if ((rc = scep_key_load(m->ca->crypto, m->conf->cert.spki, &any, &key,
	    err)) != SCEP_OK)
		return rc;
	rc = scep_crl_verify(m->ca->crypto, scep_buf_span(&m->rec.der), &key,
	    err);
	scep_key_clear(&key);
	return rc == SCEP_OK ? SCEP_OK : scep_fail(err, SCEP_E_INTERNAL,
	    "the CRL just signed does not verify with the key of the "
	    "certificate of CA %s; run `scepadm check`", m->conf->name);
}

static enum scep_err
sign(struct making *m, struct scep_error *err)
{
	const struct scep_ca_conf	*conf = m->conf;
	struct scep_crl_plan		 plan = {
		.issuer = conf->cert.subject,
		.aki = scep_issuer_key_id(&conf->cert, &conf->issuer),
		.this_update = m->rec.this_update,
		.next_update = m->rec.next_update,
		.number = (uint64_t)m->rec.number,
		.entries = &m->entries,
		.key = conf->key,
		.digest = conf->digest,
	};
	enum scep_err			 rc;

	if (conf->key == NULL)
		return scep_fail(err, SCEP_E_CONFIG,
		    "the key of CA %s is not loaded", conf->name);
	if ((rc = scep_crl_build(m->ca->crypto, &plan, &m->rec.der, err)) !=
	    SCEP_OK)
		return rc;
	return check_signature(m, err);
}

static enum scep_err
log_line(const struct making *m, struct scep_buf *out, struct scep_error *err)
{
	char			 when[SCEP_TIME_TEXT];
	struct scep_line	 line = { .len = 0 };

	scep_time_text(m->now, when);
	scep_line_text(&line, "time", when);
	scep_line_text(&line, "event", "crl");
	scep_line_text(&line, "ca", m->conf->name);
	scep_line_fmt(&line, "number", "%ld", m->rec.number);
	scep_line_fmt(&line, "entries", "%ld", m->rec.entries);
	scep_time_text(m->rec.next_update, when);
	scep_line_text(&line, "next", when);
	if (m->by != NULL)
		scep_line_text(&line, "by", m->by);
	return scep_buf_set(out, scep_span_text(line.text), err);
}

static enum scep_err
commit(struct making *m, struct scep_error *err)
{
	struct scep_change	 change = { .n = 0 };
	enum scep_err		 rc;

	if ((rc = scep_crl_rec_write(&change, &m->rec, err)) == SCEP_OK &&
	    (rc = log_line(m, &change.log, err)) == SCEP_OK)
		rc = scep_store_commit(m->ca->store, &change, err);
	scep_change_clear(&change);
	return rc;
}

/* Does a rival's do? */
static enum scep_err
look_at_last(struct making *m, int *due, struct scep_error *err)
{
	enum scep_err	 rc;

	*due = 1;
	rc = scep_crl_rec_get(m->ca->store, m->rec.ca_sha256, &m->last, err);
	if (rc == SCEP_OK && m->by == NULL)
		return scep_crl_is_due(m->ca, m->conf, m->now, &m->last, due,
		    err);
	return rc == SCEP_E_NOTFOUND ? SCEP_OK : rc;
}

static enum scep_err
make(struct making *m, struct scep_error *err)
{
	const struct scep_span	 all = { NULL, 0 };
	struct scep_crl_rec	*rec = &m->rec;
	enum scep_err		 rc;
	int			 due;

	if ((rc = look_at_last(m, &due, err)) != SCEP_OK)
		return rc;
	if (!due)
		return scep_crls_put(m->ca->memory->crls, &m->last, err);
	rec->rev = m->last.rev;
	rec->number = m->last.number + 1 > m->now ? m->last.number + 1 :
	    m->now;
	rec->this_update = m->now;
	rec->next_update = m->now + m->conf->crl_validity_s;
	memcpy(m->issuer, m->conf->issuer.id, sizeof(m->issuer));
	if ((rc = scep_store_scan_index(m->ca->store,
	    SCEP_IX_CERTIFICATE_REVOKED, all, all, list_row, m, err)) !=
	    SCEP_OK)
		return rc;
	rec->entries = (long)m->entries.n;
	if ((rc = sign(m, err)) != SCEP_OK ||
	    (rc = commit(m, err)) != SCEP_OK)
		return rc;
	rec->rev++;
	return scep_crls_put(m->ca->memory->crls, rec, err);
}

enum scep_err
scep_crl_make(struct scep_local *ca, const struct scep_ca_conf *conf,
    time_t now, const char *by, struct scep_error *err)
{
	struct making		 m = { .ca = ca, .conf = conf, .now = now,
				    .by = by };
	struct scep_span	 lock = scep_span_make(m.rec.ca_sha256,
				    SCEP_SHA256_LEN);
	enum scep_err		 rc;

	if ((rc = scep_crl_key(ca->crypto, conf, m.rec.ca_sha256, err)) !=
	    SCEP_OK)
		return rc;
	scep_keylock_take(ca->memory->lock, &lock, 1);
	rc = make(&m, err);
	scep_keylock_give(ca->memory->lock, &lock, 1);
	scep_crl_entries_clear(&m.entries);
	scep_crl_rec_clear(&m.last);
	scep_crl_rec_clear(&m.rec);
	return rc == SCEP_OK ? SCEP_OK :
	    scep_fail_within(err, "CRL of CA %s", conf->name);
}
