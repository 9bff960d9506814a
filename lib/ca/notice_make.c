/*
 * notice_make.c - an event as JSON, in the row of a notice.
 *
 * scep.conf(5) lists the members.  The certificate itself is put behind them
 * when it is handed over (post.c): it is in the store already.
 */
#include <string.h>

#include <jansson.h>
#include <openssl/crypto.h>

#include "base/error.h"
#include "base/text.h"
#include "ca/admin_json.h"
#include "ca/notice.h"
#include "ca/notices.h"

#define VERSION		1
#define SERIAL_MAX	40

static const char *const	names[] = {
	[SCEP_NOTICE_ISSUED] = "issued",
	[SCEP_NOTICE_QUEUED] = "queued",
	[SCEP_NOTICE_REFUSED] = "refused",
	[SCEP_NOTICE_EXPIRED] = "expired",
	[SCEP_NOTICE_REVOKED] = "revoked",
};

const char *
scep_notice_name(enum scep_notice_kind kind)
{
	return (size_t)kind < sizeof(names) / sizeof(names[0]) ?
	    names[kind] : NULL;
}

/* Where it is no UTF-8 it ends. */
static void
put_text(json_t *o, const char *member, const char *text)
{
	char	 clean[2 * SCEP_TXID_MAX + 1];

	if (text == NULL || *text == '\0')
		return;
	OPENSSL_strlcpy(clean, text, sizeof(clean));
	scep_text_clean(clean);
	(void)json_object_set_new(o, member, json_string(clean));
}

static void
put_hex(json_t *o, const char *member, struct scep_span octets)
{
	char	 hex[2 * SERIAL_MAX + 1];

	scep_hex_text(octets, hex, sizeof(hex));
	put_text(o, member, hex);
}

static void
put_time(json_t *o, const char *member, time_t when)
{
	char	 text[SCEP_TIME_TEXT];

	scep_time_text(when, text);
	put_text(o, member, text);
}

static void
put_cert(json_t *o, const struct scep_cert_rec *cert)
{
	put_hex(o, "serial", scep_buf_span(&cert->serial));
	put_time(o, "not_before", cert->not_before);
	put_time(o, "not_after", cert->not_after);
	put_hex(o, "key_sha256", scep_span_make(cert->key_sha256,
	    sizeof(cert->key_sha256)));
	put_hex(o, "sha256", scep_span_make(cert->der_sha256,
	    sizeof(cert->der_sha256)));
	if (cert->state == SCEP_CERT_REVOKED)
		put_time(o, "revoked", cert->revoked);
}

/* Of the certificate, or the profile's. */
static const char *
ca_name(const struct scep_config *cfg, const struct scep_event *event)
{
	const struct scep_profile	*p;

	if (event->cert != NULL)
		return event->cert->ca;
	p = scep_config_profile(cfg, event->profile);
	return p != NULL ? cfg->ca[p->ca].name : "";
}

static enum scep_err
make_body(const struct scep_local *ca, const struct scep_notice *n,
    const struct scep_event *event, struct scep_buf *out,
    struct scep_error *err)
{
	json_t		*o = json_object();
	enum scep_err	 rc;

	(void)json_object_set_new(o, "version", json_integer(VERSION));
	put_text(o, "event", scep_notice_name(event->kind));
	put_text(o, "id", n->id);
	put_time(o, "time", n->created);
	put_text(o, "profile", event->profile);
	put_text(o, "ca", ca_name(ca->cfg, event));
	put_text(o, "request_id", event->request_id);
	put_text(o, "transaction", event->transaction);
	put_text(o, "peer", event->peer);
	put_text(o, "subject", event->subject);
	if (event->cert != NULL)
		put_cert(o, event->cert);
	put_text(o, "authority", event->authority);
	put_text(o, "reason", event->reason);
	put_text(o, "by", event->by);
	if ((rc = scep_admin_dump(o, out, err)) == SCEP_OK &&
	    out->len > SCEP_NOTICE_BODY)
		rc = scep_fail(err, SCEP_E_INTERNAL, "a notice of %zu octets",
		    out->len);
	return rc;
}

enum scep_err
scep_notice_make(struct scep_local *ca, time_t now,
    const struct scep_event *event, int minor, struct scep_notice *out,
    struct scep_error *err)
{
	uint8_t		 id[(SCEP_NOTICE_ID - 1) / 2];
	enum scep_err	 rc;

	memset(out, 0, sizeof(*out));
	if ((rc = scep_crypto_random(ca->crypto, id, sizeof(id), err)) !=
	    SCEP_OK)
		return rc;
	scep_hex_text(scep_span_make(id, sizeof(id)), out->id,
	    sizeof(out->id));
	out->kind = event->kind;
	out->minor = minor;
	OPENSSL_strlcpy(out->profile, event->profile, sizeof(out->profile));
	out->created = out->due = now;
	if (event->cert != NULL &&
	    (rc = scep_cert_key(scep_buf_span(&event->cert->serial),
	    event->cert->issuer, &out->cert_key, err)) != SCEP_OK)
		return rc;
	return make_body(ca, out, event, &out->body, err);
}
