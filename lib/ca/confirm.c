/*
 * confirm.c - a certificate that is issued and stored, and still here: its
 * validator says whether it may leave.
 *
 * It is kept as unconfirmed until then, and nothing else in ca/ hands out such
 * a one.
 */
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "ca/local.h"
#include "ca/log_cert.h"
#include "ca/notice.h"
#include "ca/validator.h"

#define TRIES	5	/* when a rival was faster */

static enum scep_err
ask_about(struct scep_local *ca, const struct scep_validator_ask *whose,
    const struct scep_cert_rec *rec, struct scep_error *err)
{
	struct scep_validator_ask	 ask = *whose;
	struct scep_validator_answer	 said;
	struct scep_san_list		 san = { .n = 0 };
	struct scep_buf			 question = { NULL, 0 };
	struct scep_cert		 cert;
	char				 serial[2 * 40 + 1];
	enum scep_err			 rc;

	if ((rc = scep_cert_peek(scep_buf_span(&rec->der), &cert, err)) !=
	    SCEP_OK || (cert.san.len > 0 && (rc = scep_san_parse(cert.san,
	    &san, err)) != SCEP_OK))
		return rc;
	ask.event = "issued";
	ask.name = NULL;
	ask.subject = cert.subject;
	ask.san = &san;
	ask.key_type = scep_key_type_of(cert.spki);
	ask.key_sha256 = rec->key_sha256;
	ask.cert = &cert;
	ask.cert_der = scep_buf_span(&rec->der);
	rc = scep_validator_question(&ask, &question, err);
	scep_san_clear(&san);
	if (rc != SCEP_OK)
		return rc;
	scep_validator_call(ca, ask.profile, &question, ask.consulted, &said);
	if (said.fact != SCEP_VA_ALLOWED) {
		scep_hex_text(scep_buf_span(&rec->serial), serial,
		    sizeof(serial));
		rc = scep_fail(err, SCEP_E_BUSY, "certificate %s is issued, "
		    "and its validator does not confirm it: %s%s%s", serial,
		    scep_validator_word(said.fact), *said.reason == '\0' ?
		    "" : ", ", said.reason);
	}
	scep_validator_clear(&said);
	scep_buf_clear(&question);
	return rc;
}

/* Now it is issued, for all who are told of that. */
static enum scep_err
set_valid(struct scep_local *ca, time_t now,
    const struct scep_validator_ask *ask, int was_asked,
    struct scep_cert_rec *rec, struct scep_error *err)
{
	struct scep_change	 change = { .n = 0 };
	struct scep_line	 line = { .len = 0 };
	enum scep_err		 rc;

	scep_log_cert_event(&line, now, "confirmed", rec);
	scep_line_text(&line, "validator", was_asked ? scep_validator_word(
	    SCEP_VA_ALLOWED) : "not asked");
	rec->state = SCEP_CERT_VALID;
	if ((rc = scep_cert_rec_write(&change, rec, err)) == SCEP_OK &&
	    (rc = scep_notice_confirmed(ca, now, rec, ask->peer, ask->txid,
	    &change, err)) == SCEP_OK &&
	    (rc = scep_buf_set(&change.log, scep_span_text(line.text),
	    err)) == SCEP_OK &&
	    (rc = scep_store_commit(ca->store, &change, err)) == SCEP_OK)
		scep_notice_wake(ca);
	scep_change_clear(&change);
	return rc;
}

/* Asked once; whoever revokes it meanwhile has revoked it. */
static enum scep_err
confirm(struct scep_local *ca, time_t now,
    const struct scep_validator_ask *ask, struct scep_span cert_key,
    int *asked, struct scep_error *err)
{
	struct scep_cert_rec	 rec;
	enum scep_err		 rc;

	rc = scep_cert_rec_get(ca->store, cert_key, &rec, err);
	if (rc == SCEP_E_NOTFOUND)
		return scep_fail(err, SCEP_E_BUSY, "the certificate is not in "
		    "the store any more");
	if (rc != SCEP_OK)
		return rc;
	if (rec.state == SCEP_CERT_UNCONFIRMED && !*asked &&
	    ask->profile->validator.confirm) {
		rc = ask_about(ca, ask, &rec, err);
		*asked = 1;
	}
	if (rc == SCEP_OK && rec.state == SCEP_CERT_UNCONFIRMED)
		rc = set_valid(ca, now, ask, *asked, &rec, err);
	else if (rc == SCEP_OK && rec.state != SCEP_CERT_VALID)
		rc = scep_fail(err, SCEP_E_BUSY, "the certificate was revoked "
		    "before it left");
	scep_cert_rec_clear(&rec);
	return rc;
}

enum scep_err
scep_confirm(struct scep_local *ca, time_t now,
    const struct scep_validator_ask *ask, struct scep_span cert_key,
    struct scep_error *err)
{
	enum scep_err	 rc = SCEP_E_CHANGED;
	int		 i, asked = 0;

	for (i = 0; i < TRIES && rc == SCEP_E_CHANGED; i++)
		rc = confirm(ca, now, ask, cert_key, &asked, err);
	return rc != SCEP_E_CHANGED ? rc :
	    scep_fail(err, SCEP_E_BUSY, "overtaken %d times", TRIES);
}
