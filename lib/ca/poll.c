/*
 * poll.c - a CertPoll (RFC 8894 section 3.3.3): what became of a request.
 *
 * Decided by the signature, the signer and the transactionID; never decrypted
 * (PROTOCOL C-181, C-184).  Writes nothing; that somebody asked is noted in
 * memory.
 */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "ca/delivery.h"
#include "ca/story.h"
#include "ca/transaction.h"
#include "ca/validator.h"
#include "ca/waiting.h"

/* What is polled for. */
struct polled {
	const struct scep_profile	*profile;
	const struct scep_poll		*ask;
	uint8_t				 signer_sha256[SCEP_SHA256_LEN];
	int				 self_signed;
	struct scep_buf			 txid;
	struct scep_txn			 txn;
	int				 by_password;	/* nothing can be
						   encrypted to the signer's
						   key */
	struct scep_consulted		*consulted;
};

static void
refuse(struct scep_answer *answer, enum scep_err code, const char *reason)
{
	scep_buf_clear(&answer->delivery);
	answer->outcome = SCEP_REFUSED;
	answer->code = code;
	(void)snprintf(answer->reason, sizeof(answer->reason), "%.255s",
	    reason);
}

/* An operator approved what a validator has to let go. */
static enum scep_err
confirm(struct scep_local *ca, const struct polled *p, time_t now,
    struct scep_error *err)
{
	const struct scep_span		 none = { NULL, 0 };
	struct scep_waiting_place	 place = { .since = now };
	struct scep_validator_lock	 lock;
	struct scep_validator_ask	 ask = {
		.profile = p->profile,
		.ca = &ca->cfg->ca[p->profile->ca],
		.request_id = p->ask->request_id,
		.peer = p->ask->peer,
		.txid = scep_buf_span(&p->txid),
		.signer_sha256 = p->signer_sha256,
		.self_signed = p->self_signed,
		.challenge_id = "",
		.consulted = p->consulted,
	};
	enum scep_err			 rc;

	if ((rc = scep_validator_enter(ca, p->profile, &place, err)) !=
	    SCEP_OK)
		return rc;
	scep_validator_lock(ca, scep_span_make(p->txn.key.prefix,
	    sizeof(p->txn.key.prefix)), none, &lock);
	rc = scep_confirm(ca, now, &ask, scep_buf_span(&p->txn.cert_key),
	    err);
	scep_validator_unlock(ca, &lock);
	scep_validator_leave(ca, p->profile, &place);
	return rc;
}

static enum scep_err
granted(struct scep_local *ca, const struct polled *p, time_t now,
    struct scep_answer *answer, struct scep_error *err)
{
	const struct scep_span	 cert_key = scep_buf_span(&p->txn.cert_key);
	enum scep_err		 rc;

	rc = scep_transaction_cert(ca, cert_key, now, answer, err);
	if (rc == SCEP_E_BUSY && (rc = confirm(ca, p, now, err)) == SCEP_OK)
		rc = scep_transaction_cert(ca, cert_key, now, answer, err);
	if (rc == SCEP_E_CERTID) {
		refuse(answer, SCEP_E_CERTID, err->text);
		return SCEP_OK;
	}
	answer->outcome = SCEP_GRANTED;
	(void)snprintf(answer->reason, sizeof(answer->reason), "%s",
	    "granted");
	return rc;
}

static void
pending(const struct scep_txn *txn, struct scep_answer *answer)
{
	answer->outcome = SCEP_PENDING;
	(void)snprintf(answer->reason, sizeof(answer->reason),
	    "request %s waits for approval", txn->request_id);
	scep_buf_clear(&answer->delivery);
}

/* A SUCCESS that could not be encrypted is none, now or later. */
static enum scep_err
deliver(struct scep_local *ca, const struct scep_txn *txn,
    struct scep_answer *answer, struct scep_error *err)
{
	return scep_delivery_open(ca->crypto, ca->cfg, &txn->key,
	    scep_buf_span(&txn->delivery), &answer->delivery, err);
}

static enum scep_err
answer_live(struct scep_local *ca, const struct polled *p, time_t now,
    struct scep_answer *answer, struct scep_error *err)
{
	const struct scep_txn	*txn = &p->txn;
	enum scep_err		 rc = SCEP_OK;

	if (p->by_password)
		rc = deliver(ca, txn, answer, err);
	if (rc == SCEP_E_ALG) {
		refuse(answer, SCEP_E_ALG, err->text);
		return SCEP_OK;
	}
	if (rc == SCEP_OK && txn->state == SCEP_TXN_GRANTED)
		rc = granted(ca, p, now, answer, err);
	else if (rc == SCEP_OK)
		pending(txn, answer);
	return rc;
}

static enum scep_err
answer_txn(struct scep_local *ca, const struct polled *p, time_t now,
    struct scep_answer *answer, struct scep_error *err)
{
	const struct scep_txn	*txn = &p->txn;

	answer->cipher = txn->cipher;
	switch (txn->state) {
	case SCEP_TXN_GRANTED:
		return answer_live(ca, p, now, answer, err);
	case SCEP_TXN_PENDING:
		if (now < txn->expires - SCEP_TXN_KEPT_S)
			return answer_live(ca, p, now, answer, err);
		break;
	case SCEP_TXN_REFUSED:
		refuse(answer, SCEP_E_REFUSED, "refused by an operator");
		return SCEP_OK;
	case SCEP_TXN_EXPIRED:
		break;
	}
	refuse(answer, SCEP_E_REFUSED, "nobody decided in time");
	return SCEP_OK;
}

/* The message is ours to believe: read and verified here, whatever the worker
 * thought of it.  The transactionID is there if it says so much. */
static enum scep_err
find_txn(struct scep_local *ca, const struct scep_profile *profile, time_t now,
    struct scep_span der, struct polled *p, struct scep_error *err)
{
	struct scep_address	 from;
	struct scep_message	*msg = NULL;
	struct scep_txn_key	 key;
	size_t			 trailing;
	enum scep_err		 rc;
	int			 ours;

	rc = scep_message_read(ca->crypto, &profile->message, now, der, &from,
	    &trailing, &msg, err);
	if (rc == SCEP_OK && msg->type != SCEP_MSG_CERTPOLL)
		rc = scep_fail(err, SCEP_E_REFUSED, "not a CertPoll");
	if (rc == SCEP_OK) {
		p->by_password = !scep_key_encrypts(msg->signer_key.type);
		p->self_signed = msg->self_signed;
		memcpy(p->signer_sha256, from.signer.sha256, SCEP_SHA256_LEN);
		rc = scep_buf_set(&p->txid, scep_span_make(from.txid,
		    from.txid_len), err);
	}
	if (rc == SCEP_OK)
		rc = scep_transaction_key(ca, profile->name, &from.signer,
		    scep_buf_span(&p->txid), NULL, &key, &ours, err);
	if (rc == SCEP_OK)
		rc = scep_txn_newest(ca->store, key.prefix, &p->txn, err);
	scep_message_free(msg);
	scep_address_clear(&from);
	return rc;
}

/* SCEP_OK for a refusal, too. */
static enum scep_err
answer_poll(struct scep_local *ca, const struct polled *p,
    enum scep_err found, time_t now, struct scep_answer *answer,
    struct scep_error *err)
{
	if (found == SCEP_OK)
		return answer_txn(ca, p, now, answer, err);
	if (found == SCEP_E_NOTFOUND) {
		/* RFC 8894 section 4.4: rejected; Dogtag says so too. */
		refuse(answer, SCEP_E_CERTID, "no such transaction of this "
		    "signer");
		return SCEP_OK;
	}
	if (scep_err_fail_info(found) == -1)
		return found;
	refuse(answer, found, err->text);
	return SCEP_OK;
}

enum scep_err
scep_local_poll(struct scep_ca *self, time_t now, const struct scep_poll *ask,
    struct scep_answer *answer, struct scep_error *err)
{
	struct scep_local		*ca = (struct scep_local *)self;
	const struct scep_profile	*profile;
	struct scep_consulted		 consulted = { .n = 0 };
	struct polled			 p;
	enum scep_err			 rc, found;

	memset(answer, 0, sizeof(*answer));
	memset(&p, 0, sizeof(p));
	answer->cipher = -1;
	if ((profile = scep_config_profile(ca->cfg, ask->profile)) == NULL)
		return scep_fail(err, SCEP_E_INTERNAL,
		    "the worker asks for profile \"%s\"", ask->profile);
	if (*profile->fault != '\0')
		return scep_fail(err, SCEP_E_CONFIG, "%s", profile->fault);
	p.profile = profile;
	p.ask = ask;
	p.consulted = &consulted;
	found = find_txn(ca, profile, now, ask->message, &p, err);
	rc = answer_poll(ca, &p, found, now, answer, err);
	answer->consulted = consulted;
	scep_story_poll(ca, now, ask, scep_buf_span(&p.txid),
	    found == SCEP_OK ? &p.txn : NULL, answer, rc, err);
	if (rc != SCEP_OK)
		scep_answer_clear(answer);
	answer->consulted = consulted;
	scep_txn_clear(&p.txn);
	scep_buf_clear(&p.txid);
	return rc;
}
