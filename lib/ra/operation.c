/*
 * operation.c - one PKIOperation: read the message, ask the CA, answer.
 *
 * Decides nothing: what may be certified is the CA's business, what the
 * client is told about a refusal is one row of base/error.c.
 */
#include <string.h>

#include "base/der.h"
#include "base/error.h"
#include "base/text.h"
#include "ra/local.h"
#include "wire/name.h"
#include "wire/reply.h"

/*
 * Which of our keys is addressed, and by which recipient; -1 if none is.  Each
 * key of the profile's CA may be: a device may have kept an RA certificate
 * that was replaced since, or be early and ask the next CA (PROTOCOL C-204).
 */
static int
find_recipient(struct scep_work *work, const struct scep_envelope *env)
{
	const struct scep_ra_key	*key;
	uint32_t			 n;
	int				 i;

	for (n = 0; n < work->profile->n_ras; n++) {
		key = &work->ra->keys[work->profile->ra + n];
		if ((i = scep_envelope_find(env, &key->opener)) == -1)
			continue;
		work->key = key;
		return i;
	}
	return -1;
}

/*
 * The certificate may also be one that was replaced by another of the same key
 * (PROTOCOL T-46): the only recipient is worth a try if it fits the current
 * key.  What does not open then is refused like anything else that does not.
 * Whom a message is addressed to is in the clear; to try several keys, and see
 * which one opens, would tell more.
 */
enum scep_err
scep_ra_recipient(struct scep_work *work, struct scep_address *from,
    const struct scep_envelope *env, size_t *which, struct scep_error *err)
{
	int	 i = find_recipient(work, env);

	if (i == -1 && env->n == 1 && env->recipient[0].encrypted_key.len ==
	    (size_t)EVP_PKEY_get_size(work->key->key))
		i = 0;
	scep_asked_recipient(work, env, i);
	if (i == -1)
		return scep_fail(err, SCEP_E_REFUSED,
		    "no recipient of the envelope is our RA");
	if (env->recipient[i].wrap_known)
		from->wrap = env->recipient[i].wrap;	/* mirrored */
	*which = (size_t)i;
	return SCEP_OK;
}

/* What is in the envelope; or, where the CA will look for itself, what opens
 * it.  key is where the content key is. */
static enum scep_err
open_envelope(const struct scep_work *work, const struct scep_message *msg,
    size_t i, struct scep_span der, struct scep_buf *plain,
    uint8_t key[SCEP_CONTENT_KEY_MAX], struct scep_enrolment *ask,
    struct scep_error *err)
{
	const struct scep_crypto	*crypto = work->ra->crypto;
	const struct scep_opener	*opener = &work->key->opener;
	enum scep_err			 rc;

	if (scep_enrolment_is_renewal(msg->type, msg->self_signed)) {
		ask->message = der;
		ask->signer = scep_span_make(NULL, 0);	/* it is in there */
		return scep_envelope_unwrap(crypto, opener, &msg->envelope, i,
		    key, &ask->content_key, err);
	}
	rc = scep_envelope_open(crypto, opener, &msg->envelope, i, plain,
	    err);
	ask->plaintext = scep_plaintext(plain);
	return rc;
}

/*
 * Open the envelope and hand whatever came out to the CA.  From here on no
 * difference may show (DESIGN 7.4): neither here nor in what is logged before
 * the CA's answer.
 */
static enum scep_err
enrol(struct scep_work *work, struct scep_span der,
    struct scep_address *from, const struct scep_message *msg,
    struct scep_answer *answer, struct scep_error *err)
{
	struct scep_enrolment	 ask = {
		.profile = work->profile->name,
		.request_id = work->id,
		.peer = work->http->peer,
		.type = (int)msg->type,
		.txid = { from->txid, from->txid_len },
		.signer = scep_buf_span(&from->signer.der),
		.self_signed = msg->self_signed,
		.cipher = (int)msg->envelope.cipher,
	};
	struct scep_buf		 plain = { NULL, 0 };
	uint8_t			 key[SCEP_CONTENT_KEY_MAX];
	size_t			 i;
	enum scep_err		 rc;

	if ((rc = scep_ra_recipient(work, from, &msg->envelope, &i, err)) !=
	    SCEP_OK)
		return rc;
	ask.ca_generation = work->key->ca_generation;
	if ((rc = open_envelope(work, msg, i, der, &plain, key, &ask,
	    err)) == SCEP_OK &&
	    (rc = scep_envelope_digests(work->ra->crypto, &msg->envelope, i,
	    ask.key_sha256, ask.content_sha256, err)) == SCEP_OK) {
		ask.asked = scep_asked_tell(work);
		rc = scep_ca_enrol(work->ra->ca, work->now, &ask, answer,
		    err);
	}
	OPENSSL_cleanse(key, sizeof(key));
	scep_buf_clear(&plain);
	return rc;
}

static enum scep_err
poll(struct scep_work *work, struct scep_span der,
    const struct scep_message *msg, struct scep_answer *answer,
    struct scep_error *err)
{
	const struct scep_poll	 ask = {
		.profile = work->profile->name,
		.request_id = work->id,
		.peer = work->http->peer,
		.message = der,
		.asked = scep_asked_tell(work),
	};

	/* It is not opened, but who is addressed answers. */
	if (msg->has_envelope)
		(void)find_recipient(work, &msg->envelope);
	return scep_ca_poll(work->ra->ca, work->now, &ask, answer, err);
}

/* RFC 8894 section 3.2.1.2: a table, and nothing by default. */
static enum scep_err
ask_ca(struct scep_work *work, struct scep_span der,
    struct scep_address *from, const struct scep_message *msg,
    struct scep_answer *answer, struct scep_buf *inner,
    struct scep_error *err)
{
	switch (msg->type) {
	case SCEP_MSG_PKCSREQ:
	case SCEP_MSG_RENEWALREQ:
		return enrol(work, der, from, msg, answer, err);
	case SCEP_MSG_CERTPOLL:
		return poll(work, der, msg, answer, err);
	case SCEP_MSG_GETCERT:
	case SCEP_MSG_GETCRL:
		return scep_ra_fetch(work, from, msg, answer, inner, err);
	case SCEP_MSG_CERTREP:
		break;
	}
	return scep_fail(err, SCEP_E_REFUSED, "%s is not offered",
	    scep_msg_type_name((int)msg->type));
}

static void
log_request(const struct scep_work *work, const struct scep_address *from,
    size_t trailing)
{
	if (from->type >= 0) {
		scep_line_text(work->log, "type",
		    scep_msg_type_name(from->type));
		scep_counts_operation(work, scep_msg_type_name(from->type));
	}
	if (from->txid_len > 0)
		scep_line_add(work->log, "txid",
		    scep_span_make(from->txid, from->txid_len));
	if (trailing > 0)
		scep_line_number(work->log, "trailing", (long long)trailing);
}

/* Of whatever came of it. */
static void
log_consulted(const struct scep_work *work, const struct scep_consulted *c)
{
	if (c->n > 0)
		scep_line_number(work->log, "validator_ms", c->ms);
}

static void
log_failure(const struct scep_work *work, enum scep_err code,
    const char *reason)
{
	scep_line_text(work->log, "result", "refused");
	scep_line_text(work->log, "fail", scep_err_name(code));
	scep_line_text(work->log, "reason", reason);
}

static void
log_answer(const struct scep_work *work, const struct scep_answer *answer)
{
	if (answer->subject[0] != '\0')
		scep_line_text(work->log, "subject", answer->subject);
	if (answer->outcome == SCEP_REFUSED) {
		log_failure(work, answer->code, answer->reason);
		scep_counts_reason(work, "refused", answer->code,
		    answer->reason);
	} else {
		scep_counts_result(work, answer->outcome == SCEP_GRANTED ?
		    "granted" : "pending");
		scep_line_text(work->log, "result",
		    answer->outcome == SCEP_GRANTED ? "granted" : "pending");
		scep_line_text(work->log, "reason", answer->reason);
	}
	if (answer->serial[0] != '\0')
		scep_line_text(work->log, "serial", answer->serial);
	if (answer->authority[0] != '\0')
		scep_line_text(work->log, "authority", answer->authority);
	if (answer->delivery.len > 0)
		scep_line_text(work->log, "sealed", "password");
	if (answer->repeated)
		scep_line_text(work->log, "repeated", "yes");
}

/* A CertRep FAILURE says no more than its failInfo and a name for the line
 * in the log. */
static enum scep_err
send_failure(const struct scep_work *work, const struct scep_address *to,
    enum scep_err code, struct scep_buf *out, struct scep_error *err)
{
	char			 text[sizeof("request ") + SCEP_REQUEST_ID_LEN];
	struct scep_reply	 reply = {
		.status = SCEP_STATUS_FAILURE,
		.fail_info = scep_err_fail_info(code),
		.omit_content = work->profile->omit_content,
		.to = to,
		.ra_cert = &work->key->cert,
		.ra_key = work->key->key,
		.ra_signing = work->key->signing,
		.random = work->random,
	};

	if (work->profile->fail_text) {
		memcpy(text, "request ", 8);
		memcpy(text + 8, work->id, SCEP_REQUEST_ID_LEN);
		reply.fail_text = text;
	}
	return scep_reply_build(work->ra->crypto, &reply, out, err);
}

/* PROTOCOL I-021: a poll whose envelope was not read is answered in the
 * cipher of the request it asks about. */
static void
choose_cipher(const struct scep_work *work, const struct scep_message *msg,
    const struct scep_answer *answer, struct scep_address *to)
{
	if (!msg->has_envelope && answer->cipher >= 0 &&
	    answer->cipher < SCEP_CIPHER__MAX &&
	    (work->profile->rules.ciphers & SCEP_BIT(answer->cipher)) != 0)
		to->cipher = (enum scep_cipher)answer->cipher;
}

/* Does the row of certificates begin with the issuer of this one? */
static int
begins_with_issuer(struct scep_span row, const struct scep_cert *cert)
{
	struct scep_cert	 ca;
	struct scep_error	 ignored;
	struct scep_tlv		 first;

	return scep_der_next(&row, &first) && scep_cert_peek(first.whole, &ca,
	    &ignored) == SCEP_OK && scep_name_match(cert->issuer, ca.subject);
}

/* What belongs behind the issued certificate.  What an earlier generation of
 * the CA issued, and is delivered again, goes alone. */
static struct scep_span
find_chain(const struct scep_work *work, struct scep_span issued)
{
	const struct scep_published_profile	*p = work->profile;
	const int		 is_next = p->next_chain.len > 0 &&
				    work->key->ca_generation >
				    work->ra->keys[p->ra].ca_generation;
	const struct scep_span	 rows[2] = {
		scep_buf_span(is_next ? &p->next_chain : &p->chain),
		scep_buf_span(is_next ? &p->chain : &p->next_chain)
	};
	struct scep_span	 found = { NULL, 0 };
	struct scep_error	 ignored;
	struct scep_cert	 cert;
	size_t			 i;

	if (p->chain.len == 0 || scep_cert_peek(issued, &cert, &ignored) !=
	    SCEP_OK)
		return found;
	for (i = 0; i < 2 && found.len == 0; i++)
		if (begins_with_issuer(rows[i], &cert))
			found = rows[i];
	return found;
}

static enum scep_err
send_answer(const struct scep_work *work, const struct scep_message *msg,
    const struct scep_answer *answer, struct scep_buf *inner,
    struct scep_address *to, struct scep_buf *out, struct scep_error *err)
{
	/* The issued one first: clients take that (PROTOCOL C-171). */
	struct scep_span	 row[2] = { scep_buf_span(&answer->cert) };
	struct scep_reply	 reply = {
		.status = SCEP_STATUS_PENDING,
		.omit_content = work->profile->omit_content,
		.to = to,
		.to_key = &msg->signer_key,
		.password = scep_buf_span(&answer->delivery),
		.ra_cert = &work->key->cert,
		.ra_key = work->key->key,
		.ra_signing = work->key->signing,
		.random = work->random,
	};
	enum scep_err		 rc = SCEP_OK;

	if (answer->outcome == SCEP_REFUSED)
		return send_failure(work, to, answer->code, out, err);
	if (answer->outcome == SCEP_GRANTED) {
		choose_cipher(work, msg, answer, to);
		reply.status = SCEP_STATUS_SUCCESS;
		if (inner->len == 0) {
			row[1] = find_chain(work, row[0]);
			rc = scep_certs_only(row, 2, inner, err);
		}
		reply.certs_only = scep_buf_span(inner);
	}
	return rc != SCEP_OK ? rc :
	    scep_reply_build(work->ra->crypto, &reply, out, err);
}

enum scep_err
scep_ra_operation(struct scep_work *work, struct scep_span der,
    struct scep_buf *out, struct scep_error *err)
{
	struct scep_answer	 answer = { .cipher = -1 };
	struct scep_address	 from;
	struct scep_buf		 inner = { NULL, 0 };
	struct scep_message	*msg = NULL;
	size_t			 trailing = 0;
	enum scep_err		 rc;

	work->key = &work->ra->keys[work->profile->ra];
	rc = scep_message_read(work->ra->crypto, &work->profile->rules,
	    work->now, der, &from, &trailing, &msg, err);
	log_request(work, &from, trailing);
	scep_asked_describe(work, der.len, &from, trailing, msg);
	if (rc == SCEP_OK)
		rc = ask_ca(work, der, &from, msg, &answer, &inner, err);
	log_consulted(work, &answer.consulted);
	if (rc == SCEP_OK) {
		log_answer(work, &answer);
		rc = send_answer(work, msg, &answer, &inner, &from, out, err);
	} else if (from.complete && scep_err_fail_info(rc) != -1) {
		log_failure(work, rc, err->text);
		scep_counts_reason(work, "refused", rc, scep_err_name(rc));
		scep_asked_refused(work, scep_span_make(from.txid,
		    from.txid_len), SCEP_ASKED_SIGNED, rc, err->text);
		rc = send_failure(work, &from, rc, out, err);
	}
	if (rc == SCEP_E_LIMIT)
		work->retry_s = answer.retry_s;
	scep_answer_clear(&answer);
	scep_buf_clear(&inner);
	scep_message_free(msg);
	scep_address_clear(&from);
	return rc;
}
