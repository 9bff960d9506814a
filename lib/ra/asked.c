/*
 * asked.c - what the RA saw of a request, in words: for the CA to keep, and
 * for `scepadm explain` to tell.
 *
 * Nothing of what was encrypted is in it.
 */
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "ra/local.h"
#include "wire/name.h"

/* Which of them are passed only matters where one is not. */
static void
say_checks(const struct scep_address *from, struct scep_line *line)
{
	char		 key[32] = "check.";
	unsigned int	 i;

	if (from->steps == SCEP_MSG_STEPS) {
		scep_line_text(line, "check.all", "pass");
		return;
	}
	for (i = 0; i < SCEP_MSG_STEPS; i++) {
		OPENSSL_strlcpy(key + 6, scep_msg_step_name(i),
		    sizeof(key) - 6);
		scep_line_text(line, key, i < from->steps ? "pass" :
		    i == from->steps ? "FAIL" : "unreached");
	}
}

static void
say_signer(const struct scep_cert *signer, struct scep_line *line)
{
	char	 text[SCEP_NAME_TEXT];

	scep_hex_text(scep_span_make(signer->sha256, SCEP_SHA256_LEN), text,
	    sizeof(text));
	scep_line_text(line, "signer_sha256", text);
	scep_name_text(signer->subject, text, sizeof(text));
	scep_line_text(line, "signer_subject", text);
}

static void
say_message(const struct scep_message *msg, struct scep_line *line)
{
	char	 when[SCEP_TIME_TEXT];

	scep_line_fmt(line, "signer_key", "%s %d",
	    scep_key_type_name(msg->signer_key.type), msg->signer_key.bits);
	if (msg->has_envelope)
		scep_line_fmt(line, "recipients", "%zu", msg->envelope.n);
	if (msg->signing_time != 0) {
		scep_time_text(msg->signing_time, when);
		scep_line_text(line, "signing_time", when);
	}
}

void
scep_asked_describe(const struct scep_work *work, size_t octets,
    const struct scep_address *from, size_t trailing,
    const struct scep_message *msg)
{
	struct scep_line	*line = &work->asked->line;

	scep_line_fmt(line, "octets", "%zu", octets);
	if (trailing > 0)
		scep_line_fmt(line, "trailing", "%zu", trailing);
	if (from->type >= 0)
		scep_line_text(line, "type", scep_msg_type_name(from->type));
	if (from->digest_known)
		scep_line_text(line, "digest",
		    scep_digest_name(from->digest));
	if (from->cipher_known)
		scep_line_text(line, "cipher",
		    scep_cipher_name(from->cipher));
	if (msg != NULL)
		say_message(msg, line);
	say_checks(from, line);
	if (from->signer.der.len > 0)
		say_signer(&from->signer, line);
}

void
scep_asked_recipient(const struct scep_work *work,
    const struct scep_envelope *env, int i)
{
	struct scep_line	*line = &work->asked->line;

	if (i >= 0)
		scep_line_fmt(line, "recipient", "%d", i + 1);
	if (i >= 0 && env->recipient[i].wrap_known)
		scep_line_text(line, "key_transport",
		    scep_wrap_name(env->recipient[i].wrap));
}

struct scep_span
scep_asked_tell(const struct scep_work *work)
{
	work->asked->is_told = 1;
	return scep_span_make(work->asked->line.text, work->asked->line.len);
}

void
scep_asked_refused(const struct scep_work *work, struct scep_span txid,
    enum scep_asked_by by, enum scep_err code, const char *reason)
{
	struct scep_line	 result = { .len = 0 };
	struct scep_note	 note = {
		.profile = work->profile != NULL ? work->profile->name : "",
		.request_id = work->id,
		.peer = by == SCEP_ASKED_SIGNED ? work->http->peer : "",
		.txid = txid,
	};

	if (!work->asked->is_operation || work->asked->is_told)
		return;
	note.asked = scep_asked_tell(work);
	if (by != SCEP_ASKED_HTTP)
		scep_line_fmt(&result, "answer", "FAILURE %s",
		    scep_err_name(code));
	else
		scep_line_fmt(&result, "answer", "HTTP %d",
		    scep_err_http(code));
	scep_line_text(&result, "reason", reason);
	note.result = scep_span_make(result.text, result.len);
	scep_ca_note(work->ra->ca, work->now, &note);
}
