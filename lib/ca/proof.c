/* proof.c - a renewal's message, verified and opened where the CA key is. */
#include <string.h>

#include "base/error.h"
#include "ca/proof.h"
#include "wire/envelope.h"

int
scep_enrolment_is_renewal(enum scep_msg_type type, int self_signed)
{
	return type == SCEP_MSG_RENEWALREQ || !self_signed;
}

/* Nothing of what the worker said about the message is left. */
static void
take_words(struct scep_proof *p)
{
	p->ask.type = (int)p->msg->type;
	p->ask.txid = scep_span_make(p->from.txid, p->from.txid_len);
	p->ask.signer = scep_buf_span(&p->from.signer.der);
	p->ask.self_signed = p->msg->self_signed;
	p->ask.cipher = (int)p->msg->envelope.cipher;
	p->ask.plaintext = scep_plaintext(&p->plain);
}

enum scep_err
scep_proof_read(const struct scep_crypto *crypto,
    const struct scep_profile *profile, time_t now,
    const struct scep_enrolment *ask, struct scep_proof *out,
    struct scep_error *err)
{
	enum scep_err	 rc;
	size_t		 trailing;

	memset(out, 0, sizeof(*out));
	out->ask = *ask;
	out->ask.plaintext = out->ask.signer = scep_span_make(NULL, 0);
	out->ask.self_signed = 0;
	if (ask->message.len == 0)
		return scep_fail(err, SCEP_E_REFUSED,
		    "the worker handed over no message");
	if ((rc = scep_message_read(crypto, &profile->message, now,
	    ask->message, &out->from, &trailing, &out->msg, err)) != SCEP_OK)
		return rc;
	if (out->msg->type != SCEP_MSG_RENEWALREQ &&
	    out->msg->type != SCEP_MSG_PKCSREQ)
		return scep_fail(err, SCEP_E_REFUSED, "a %s",
		    scep_msg_type_name((int)out->msg->type));
	if ((rc = scep_envelope_decrypt(crypto, &out->msg->envelope,
	    ask->content_key, &out->plain, err)) == SCEP_OK)
		take_words(out);
	return rc;
}

void
scep_proof_clear(struct scep_proof *proof)
{
	scep_message_free(proof->msg);
	scep_address_clear(&proof->from);
	scep_buf_clear(&proof->plain);
	memset(proof, 0, sizeof(*proof));
}
