/* door_answer.c - what the CA answers, as DER and back. */
#include <string.h>

#include "base/error.h"
#include "ca/door_outer.h"

/* Texts for the log go as octets: they may have been cut anywhere. */
struct answer_body {
	unsigned int		 outcome, code;
	struct scep_span	 cert, delivery;
	int			 cipher, repeated;
	struct scep_span	 reason, subject, serial, authority;
	long			 retry_s, consulted_ms;
	unsigned int		 consulted;
};
static const struct scep_field	answer_fields[] = {
	SCEP_FIELD(SCEP_F_UINT, answer_body, outcome, 0),
	SCEP_FIELD(SCEP_F_UINT, answer_body, code, 0),
	SCEP_FIELD(SCEP_F_SPAN, answer_body, cert, SCEP_DOOR_CERT),
	SCEP_FIELD(SCEP_F_SPAN, answer_body, delivery, SCEP_PLAINTEXT_MAX),
	SCEP_FIELD(SCEP_F_INT, answer_body, cipher, 1),
	SCEP_FIELD(SCEP_F_INT, answer_body, repeated, 0),
	SCEP_FIELD(SCEP_F_SPAN, answer_body, reason, 255),
	SCEP_FIELD(SCEP_F_SPAN, answer_body, subject, 255),
	SCEP_FIELD(SCEP_F_SPAN, answer_body, serial, 47),
	SCEP_FIELD(SCEP_F_SPAN, answer_body, authority, 95),
	SCEP_FIELD(SCEP_F_LONG, answer_body, retry_s, 0),
	SCEP_FIELD(SCEP_F_LONG, answer_body, consulted_ms, 0),
	SCEP_FIELD(SCEP_F_UINT, answer_body, consulted, 0),
};

/* Borrowed. */
static void
fill(const struct scep_answer *answer, struct answer_body *body)
{
	body->outcome = (unsigned int)answer->outcome;
	body->code = (unsigned int)answer->code;
	body->cert = scep_buf_span(&answer->cert);
	body->delivery = scep_buf_span(&answer->delivery);
	body->cipher = answer->cipher;
	body->repeated = answer->repeated;
	body->reason = scep_span_text(answer->reason);
	body->subject = scep_span_text(answer->subject);
	body->serial = scep_span_text(answer->serial);
	body->authority = scep_span_text(answer->authority);
}

/* Nothing, if a failure is all that there is to tell. */
static enum scep_err
encode_body(const struct scep_answer *answer, enum scep_err rc,
    struct scep_buf *out, struct scep_error *err)
{
	struct answer_body	 body;

	if (answer == NULL || (rc != SCEP_OK && rc != SCEP_E_LIMIT &&
	    answer->consulted.n == 0))
		return SCEP_OK;
	memset(&body, 0, sizeof(body));
	if (rc == SCEP_OK)
		fill(answer, &body);
	else if (rc == SCEP_E_LIMIT)
		body.retry_s = answer->retry_s;
	body.consulted = answer->consulted.n;
	body.consulted_ms = answer->consulted.ms;
	return ENCODE(answer_fields, &body, out, err);
}

enum scep_err
scep_door_encode_answer(const struct scep_answer *answer, enum scep_err rc,
    const struct scep_error *why, struct scep_buf *out,
    struct scep_error *err)
{
	struct scep_buf	 der = { NULL, 0 };
	enum scep_err	 done;

	if ((done = encode_body(answer, rc, &der, err)) == SCEP_OK)
		done = scep_door_result_encode(SCEP_DOOR_ANSWER, rc, why,
		    scep_buf_span(&der), out, err);
	scep_buf_clear(&der);
	return done;
}

static int
is_sound(const struct answer_body *body)
{
	if (body->outcome != SCEP_GRANTED && body->delivery.len > 0)
		return 0;
	switch (body->outcome) {
	case SCEP_GRANTED:
		return body->cert.len > 0 && body->cipher < SCEP_CIPHER__MAX;
	case SCEP_PENDING:
		return body->cert.len == 0 && body->cipher < SCEP_CIPHER__MAX;
	case SCEP_REFUSED:
		return body->cert.len == 0 && body->code < SCEP_E__MAX &&
		    scep_err_fail_info((enum scep_err)body->code) >= 0;
	}
	return 0;
}

/* Of a failure. */
static void
read_more(struct scep_span der, enum scep_err rc, struct scep_answer *out)
{
	struct answer_body	 body;
	struct scep_error	 ignored;

	memset(&body, 0, sizeof(body));
	if (DECODE(answer_fields, der, &body, &ignored) != SCEP_OK)
		return;
	if (rc == SCEP_E_LIMIT)
		out->retry_s = body.retry_s;
	out->consulted.n = body.consulted;
	out->consulted.ms = body.consulted_ms;
}

enum scep_err
scep_door_decode_answer(struct scep_span der, struct scep_answer *out,
    struct scep_error *why)
{
	struct scep_door_outer	 outer;
	struct answer_body	 body;
	enum scep_err		 rc;

	memset(out, 0, sizeof(*out));
	if ((rc = scep_door_result_decode(der, SCEP_DOOR_ANSWER, &outer,
	    why)) != SCEP_OK) {
		read_more(outer.body, rc, out);
		return rc;
	}
	memset(&body, 0, sizeof(body));
	if (DECODE(answer_fields, outer.body, &body, why) != SCEP_OK ||
	    !is_sound(&body) ||
	    !scep_door_text(body.reason, out->reason, sizeof(out->reason)) ||
	    !scep_door_text(body.subject, out->subject, sizeof(out->subject)) ||
	    !scep_door_text(body.serial, out->serial, sizeof(out->serial)) ||
	    !scep_door_text(body.authority, out->authority,
	    sizeof(out->authority)))
		return scep_fail(why, SCEP_E_BUSY,
		    "the CA process gave an answer that does not decode");
	out->outcome = (enum scep_outcome)body.outcome;
	out->code = body.outcome == SCEP_REFUSED ?
	    (enum scep_err)body.code : SCEP_OK;
	out->cipher = body.cipher < 0 ? -1 : body.cipher;
	out->repeated = body.repeated != 0;
	out->consulted.n = body.consulted;
	out->consulted.ms = body.consulted_ms;
	if (body.cert.len == 0)
		return SCEP_OK;
	if ((rc = scep_buf_set(&out->cert, body.cert, why)) == SCEP_OK &&
	    body.delivery.len > 0)
		rc = scep_buf_set(&out->delivery, body.delivery, why);
	return rc;
}
