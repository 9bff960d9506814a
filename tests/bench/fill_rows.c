/*
 * fill_rows.c - what a grant leaves beside the certificate: its transaction,
 * the log entry, and what is told of the request.
 */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/line.h"
#include "base/text.h"
#include "ca/log_cert.h"
#include "ca/transaction.h"
#include "tests/bench/fill.h"

#define CIPHER_AES128	1
#define TRACES_KEPT_S	(90L * 86400)

static void
set(struct scep_buf *buf, struct scep_span bytes)
{
	struct scep_error	 err;

	if (scep_buf_set(buf, bytes, &err) != SCEP_OK)
		fill_die("rows", &err);
}

static void
hash(const struct filler *f, const char *what, const char *id,
    uint8_t out[SCEP_SHA256_LEN])
{
	struct scep_error	 err;
	char			 text[64];

	(void)snprintf(text, sizeof(text), "%s %s", what, id);
	if (scep_crypto_sha256(f->crypto, scep_span_text(text), out, &err) !=
	    SCEP_OK)
		fill_die("rows", &err);
}

/* 64 hex digits, as many clients send. */
static void
set_txid(const struct scep_cert_rec *cert, struct scep_buf *out)
{
	char	 hex[2 * SCEP_SHA256_LEN + 1];

	scep_hex_text(scep_span_make(cert->key_sha256,
	    sizeof(cert->key_sha256)), hex, sizeof(hex));
	set(out, scep_span_text(hex));
}

static void
add_txn(const struct filler *f, const struct scep_cert_rec *cert,
    struct scep_change *change)
{
	struct scep_error	 err;
	struct scep_txn		 txn = { .state = SCEP_TXN_GRANTED };

	hash(f, "prefix", cert->request_id, txn.key.prefix);
	hash(f, "info", cert->request_id, txn.key.info);
	txn.created = txn.decided = cert->issued;
	txn.expires = cert->not_after + SCEP_TXN_KEPT_S;
	txn.cipher = CIPHER_AES128;
	(void)snprintf(txn.request_id, sizeof(txn.request_id), "%s",
	    cert->request_id);
	(void)snprintf(txn.profile, sizeof(txn.profile), "%s",
	    cert->profile);
	set_txid(cert, &txn.txid);
	if (scep_cert_key(scep_buf_span(&cert->serial), cert->issuer,
	    &txn.cert_key, &err) != SCEP_OK ||
	    scep_txn_write(change, &txn, &err) != SCEP_OK)
		fill_die("transaction", &err);
	scep_txn_clear(&txn);
}

static void
add_log(const struct filler *f, const struct scep_cert_rec *cert,
    struct scep_change *change)
{
	struct scep_line	 line = { .len = 0 };
	struct scep_buf		 txid = { NULL, 0 };
	char			 when[SCEP_TIME_TEXT];

	scep_time_text(cert->issued, when);
	set_txid(cert, &txid);
	scep_line_text(&line, "time", when);
	scep_line_text(&line, "event", "issued");
	scep_line_text(&line, "id", cert->request_id);
	scep_line_text(&line, "profile", cert->profile);
	scep_line_text(&line, "subject", cert->subject);
	scep_log_cert(&line, cert, f->ca->generation);
	scep_line_text(&line, "peer", "192.0.2.7");
	scep_line_add(&line, "txid", scep_buf_span(&txid));
	set(&change->log, scep_span_text(line.text));
	scep_buf_clear(&txid);
}

/* As long as those of a real one. */
static void
add_trace(const struct scep_cert_rec *cert, struct scep_change *change)
{
	static const char	 rules[] =
	    "envelope=pass message_type=pass proof=skip readable=pass "
	    "self_signed=pass signer_key=pass renewal_offered=skip "
	    "signer_issued=skip signer_known=skip signer_genuine=skip "
	    "signer_ca=skip signer_role=skip signer_profile=skip "
	    "signer_revoked=skip signer_begun=skip own_key=pass "
	    "renewal_key=skip renewal_subject=skip renewal_san=skip "
	    "possession=pass subject=pass san=pass deliverable=skip "
	    "first_time=pass transaction=pass signer_expired=skip "
	    "renewal_window=skip renewal=skip challenge_taken=pass "
	    "challenge=grant";
	static const char	 message[] =
	    "peer=192.0.2.7 method=POST octets=2339 type=PKCSReq "
	    "digest=SHA-256 cipher=AES-128-CBC signer_key=\"RSA 2048\" "
	    "recipients=1 check.all=pass recipient=1 "
	    "key_transport=RSAES-PKCS1-v1_5 signer_subject=\"CN=device\"";
	struct scep_line	 line = { .len = 0 };
	struct scep_error	 err;
	struct scep_trace	 t = { .kind = SCEP_TRACE_GRANTED,
				    .count = 1 };
	char			 key[2 * SCEP_SHA256_LEN + 1];

	t.when = t.last = cert->issued;
	t.expires = cert->issued + TRACES_KEPT_S;
	memcpy(t.id, cert->request_id, sizeof(t.id));
	memcpy(t.request_id, cert->request_id, sizeof(t.id));
	memcpy(t.last_id, cert->request_id, sizeof(t.id));
	(void)snprintf(t.profile, sizeof(t.profile), "%s", cert->profile);
	scep_hex_text(scep_buf_span(&cert->serial), t.serial,
	    sizeof(t.serial));
	scep_hex_text(scep_span_make(cert->key_sha256, SCEP_SHA256_LEN), key,
	    sizeof(key));
	scep_line_text(&line, "signer", "self-signed");
	scep_line_text(&line, "key_sha256", key);
	scep_line_text(&line, "subject", cert->subject);
	set_txid(cert, &t.txid);
	set(&t.message, scep_span_text(message));
	set(&t.request, scep_span_text(line.text));
	set(&t.rules, scep_span_text(rules));
	set(&t.result, scep_span_text("answer=SUCCESS reason=challenge"));
	if (scep_trace_write(change, &t, &err) != SCEP_OK)
		fill_die("trace", &err);
	scep_trace_clear(&t);
}

void
fill_rows(const struct filler *f, long i, struct scep_change *change)
{
	struct scep_cert_rec	 cert;
	struct scep_error	 err;

	fill_cert(f, i, &cert);
	if (scep_cert_rec_write(change, &cert, &err) != SCEP_OK)
		fill_die("certificate", &err);
	add_txn(f, &cert, change);
	if (f->with_traces && cert.issued + TRACES_KEPT_S > f->now)
		add_trace(&cert, change);
	add_log(f, &cert, change);
	scep_cert_rec_clear(&cert);
}
