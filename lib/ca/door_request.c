/*
 * door_request.c - what an RA asks, as DER and back.
 *
 * A request comes from a process that may have been taken over: nothing in it
 * is believed, its lengths least of all.
 */
#include <string.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "ca/door_outer.h"
#include "wire/envelope.h"

#define PROFILE_MAX	SCEP_DOOR_PROFILE
#define PEER_MAX	SCEP_DOOR_PEER

struct enrol_body {
	struct scep_span	 profile, request_id, peer;
	struct scep_enrolment	 ask;
};
static const struct scep_field	enrol_fields[] = {
	SCEP_FIELD(SCEP_F_SPAN, enrol_body, profile, PROFILE_MAX),
	SCEP_FIELD(SCEP_F_SPAN, enrol_body, request_id,
	    SCEP_REQUEST_ID_LEN - 1),
	SCEP_FIELD(SCEP_F_SPAN, enrol_body, peer, PEER_MAX),
	SCEP_FIELD(SCEP_F_INT, enrol_body, ask.type, 0),
	SCEP_FIELD(SCEP_F_SPAN, enrol_body, ask.txid, SCEP_TXID_MAX),
	SCEP_FIELD(SCEP_F_SPAN, enrol_body, ask.signer, SCEP_DOOR_HALF),
	SCEP_FIELD(SCEP_F_INT, enrol_body, ask.self_signed, 0),
	SCEP_FIELD(SCEP_F_INT, enrol_body, ask.cipher, 0),
	SCEP_FIELD(SCEP_F_UINT, enrol_body, ask.ca_generation, 0),
	SCEP_FIELD_OCTETS(enrol_body, ask.key_sha256),
	SCEP_FIELD_OCTETS(enrol_body, ask.content_sha256),
	SCEP_FIELD(SCEP_F_SPAN, enrol_body, ask.plaintext,
	    SCEP_PLAINTEXT_MAX),
	SCEP_FIELD(SCEP_F_SPAN, enrol_body, ask.message, SCEP_DOOR_HALF),
	SCEP_FIELD(SCEP_F_SPAN, enrol_body, ask.content_key,
	    SCEP_CONTENT_KEY_MAX),
	SCEP_FIELD(SCEP_F_SPAN, enrol_body, ask.asked, SCEP_ASKED_MAX),
};

struct poll_body {
	struct scep_span	 profile, request_id, peer, message, asked;
};
static const struct scep_field	poll_fields[] = {
	SCEP_FIELD(SCEP_F_SPAN, poll_body, profile, PROFILE_MAX),
	SCEP_FIELD(SCEP_F_SPAN, poll_body, request_id,
	    SCEP_REQUEST_ID_LEN - 1),
	SCEP_FIELD(SCEP_F_SPAN, poll_body, peer, PEER_MAX),
	SCEP_FIELD(SCEP_F_SPAN, poll_body, message, SCEP_DOOR_HALF),
	SCEP_FIELD(SCEP_F_SPAN, poll_body, asked, SCEP_ASKED_MAX),
};

struct note_body {
	struct scep_span	 profile, request_id, peer, txid, asked;
	struct scep_span	 result;
};
static const struct scep_field	note_fields[] = {
	SCEP_FIELD(SCEP_F_SPAN, note_body, profile, PROFILE_MAX),
	SCEP_FIELD(SCEP_F_SPAN, note_body, request_id,
	    SCEP_REQUEST_ID_LEN - 1),
	SCEP_FIELD(SCEP_F_SPAN, note_body, peer, PEER_MAX),
	SCEP_FIELD(SCEP_F_SPAN, note_body, txid, SCEP_TXID_MAX),
	SCEP_FIELD(SCEP_F_SPAN, note_body, asked, SCEP_ASKED_MAX),
	SCEP_FIELD(SCEP_F_SPAN, note_body, result, SCEP_ASKED_MAX),
};

static enum scep_err
check_len(const char *what, struct scep_span s, size_t max,
    struct scep_error *err)
{
	return s.len <= max ? SCEP_OK : scep_fail(err, SCEP_E_TOOBIG,
	    "%s of %zu octets, at most %zu", what, s.len, max);
}

static enum scep_err
encode_enrol(const struct scep_enrolment *ask, struct scep_buf *out,
    struct scep_error *err)
{
	const struct enrol_body	 body = {
		.profile = scep_span_text(ask->profile),
		.request_id = scep_span_text(ask->request_id),
		.peer = scep_span_text(ask->peer),
		.ask = *ask,
	};
	enum scep_err		 rc;

	if ((rc = check_len("profile", body.profile, PROFILE_MAX, err)) !=
	    SCEP_OK ||
	    (rc = check_len("peer", body.peer, PEER_MAX, err)) != SCEP_OK ||
	    (rc = check_len("transactionID", ask->txid, SCEP_TXID_MAX,
	    err)) != SCEP_OK ||
	    (rc = check_len("signer", ask->signer, SCEP_DOOR_HALF, err)) !=
	    SCEP_OK ||
	    (rc = check_len("plaintext", ask->plaintext, SCEP_PLAINTEXT_MAX,
	    err)) != SCEP_OK ||
	    (rc = check_len("message", ask->message, SCEP_DOOR_HALF, err)) !=
	    SCEP_OK ||
	    (rc = check_len("content key", ask->content_key,
	    SCEP_CONTENT_KEY_MAX, err)) != SCEP_OK ||
	    (rc = check_len("description", ask->asked, SCEP_ASKED_MAX,
	    err)) != SCEP_OK)
		return rc;
	return ENCODE(enrol_fields, &body, out, err);
}

static enum scep_err
encode_poll(const struct scep_poll *ask, struct scep_buf *out,
    struct scep_error *err)
{
	const struct poll_body	 body = {
		.profile = scep_span_text(ask->profile),
		.request_id = scep_span_text(ask->request_id),
		.peer = scep_span_text(ask->peer),
		.message = ask->message,
		.asked = ask->asked,
	};
	enum scep_err		 rc;

	if ((rc = check_len("profile", body.profile, PROFILE_MAX, err)) !=
	    SCEP_OK ||
	    (rc = check_len("peer", body.peer, PEER_MAX, err)) != SCEP_OK ||
	    (rc = check_len("message", body.message, SCEP_DOOR_HALF, err)) !=
	    SCEP_OK ||
	    (rc = check_len("description", body.asked, SCEP_ASKED_MAX,
	    err)) != SCEP_OK)
		return rc;
	return ENCODE(poll_fields, &body, out, err);
}

static enum scep_err
encode_note(const struct scep_note *note, struct scep_buf *out,
    struct scep_error *err)
{
	const struct note_body	 body = {
		.profile = scep_span_text(note->profile),
		.request_id = scep_span_text(note->request_id),
		.peer = scep_span_text(note->peer != NULL ? note->peer : ""),
		.txid = note->txid,
		.asked = note->asked,
		.result = note->result,
	};
	enum scep_err		 rc;

	if ((rc = check_len("profile", body.profile, PROFILE_MAX, err)) !=
	    SCEP_OK ||
	    (rc = check_len("peer", body.peer, PEER_MAX, err)) != SCEP_OK ||
	    (rc = check_len("transactionID", body.txid, SCEP_TXID_MAX,
	    err)) != SCEP_OK ||
	    (rc = check_len("description", body.asked, SCEP_ASKED_MAX,
	    err)) != SCEP_OK ||
	    (rc = check_len("result", body.result, SCEP_ASKED_MAX, err)) !=
	    SCEP_OK)
		return rc;
	return ENCODE(note_fields, &body, out, err);
}

enum scep_err
scep_door_encode_request(const struct scep_door_request *request,
    struct scep_buf *out, struct scep_error *err)
{
	struct scep_buf	 body = { NULL, 0 };
	struct scep_door_outer	 outer = {
		.kind = (unsigned int)request->kind,
		.generation = request->generation,
	};
	enum scep_err	 rc = SCEP_OK;

	if (request->kind == SCEP_DOOR_ENROL)
		rc = encode_enrol(&request->enrol, &body, err);
	else if (request->kind == SCEP_DOOR_POLL)
		rc = encode_poll(&request->poll, &body, err);
	else if (request->kind == SCEP_DOOR_REPORT)
		rc = scep_buf_set(&body, request->report, err);
	else if (request->kind == SCEP_DOOR_INSPECT)
		rc = scep_door_encode_inspect(request->inspect, &body, err);
	else if (request->kind == SCEP_DOOR_NOTE)
		rc = encode_note(&request->note, &body, err);
	else if (request->kind == SCEP_DOOR_FIND_CERT)
		rc = scep_door_encode_lookup(&request->lookup, &body, err);
	else if (request->kind == SCEP_DOOR_CRL)
		rc = scep_door_encode_crl_ask(&request->crl, &body, err);
	outer.body = scep_buf_span(&body);
	if (rc == SCEP_OK)
		rc = scep_door_outer_encode(&outer, out, err);
	scep_buf_clear(&body);
	return rc;
}

enum scep_err
scep_door_strings_take(struct scep_span profile, struct scep_span id,
    struct scep_span peer, struct scep_door_request *out,
    struct scep_error *err)
{
	struct scep_door_strings	*s;

	if ((s = out->text = OPENSSL_zalloc(sizeof(*s))) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "request from the RA");
	if (!scep_door_text(profile, s->profile, sizeof(s->profile)) ||
	    !scep_door_text(peer, s->peer, sizeof(s->peer)) ||
	    !scep_door_text(id, s->request_id, sizeof(s->request_id)) ||
	    strlen(s->request_id) != SCEP_REQUEST_ID_LEN - 1 ||
	    strspn(s->request_id, "0123456789abcdef") !=
	    SCEP_REQUEST_ID_LEN - 1)
		return scep_fail(err, SCEP_E_FORMAT,
		    "profile, request id or peer of %zu, %zu and %zu octets "
		    "is no such text", profile.len, id.len, peer.len);
	return SCEP_OK;
}

static enum scep_err
decode_enrol(struct scep_span der, struct scep_door_request *out,
    struct scep_error *err)
{
	const struct scep_door_strings	*s;
	struct enrol_body	 body;
	enum scep_err		 rc;

	memset(&body, 0, sizeof(body));
	if ((rc = DECODE(enrol_fields, der, &body, err)) != SCEP_OK ||
	    (rc = scep_door_strings_take(body.profile, body.request_id,
	    body.peer, out, err)) != SCEP_OK)
		return rc;
	if (body.ask.cipher >= SCEP_CIPHER__MAX || body.ask.self_signed > 1)
		return scep_fail(err, SCEP_E_FORMAT,
		    "cipher %d, self_signed %d", body.ask.cipher,
		    body.ask.self_signed);
	s = out->text;
	out->enrol = body.ask;
	out->enrol.profile = s->profile;
	out->enrol.request_id = s->request_id;
	out->enrol.peer = s->peer;
	return SCEP_OK;
}

static enum scep_err
decode_poll(struct scep_span der, struct scep_door_request *out,
    struct scep_error *err)
{
	const struct scep_door_strings	*s;
	struct poll_body	 body;
	enum scep_err		 rc;

	memset(&body, 0, sizeof(body));
	if ((rc = DECODE(poll_fields, der, &body, err)) != SCEP_OK ||
	    (rc = scep_door_strings_take(body.profile, body.request_id,
	    body.peer, out, err)) != SCEP_OK)
		return rc;
	s = out->text;
	out->poll.profile = s->profile;
	out->poll.request_id = s->request_id;
	out->poll.peer = s->peer;
	out->poll.message = body.message;
	out->poll.asked = body.asked;
	return SCEP_OK;
}

static enum scep_err
decode_note(struct scep_span der, struct scep_door_request *out,
    struct scep_error *err)
{
	const struct scep_door_strings	*s;
	struct note_body	 body;
	enum scep_err		 rc;

	memset(&body, 0, sizeof(body));
	if ((rc = DECODE(note_fields, der, &body, err)) != SCEP_OK ||
	    (rc = scep_door_strings_take(body.profile, body.request_id,
	    body.peer, out, err)) != SCEP_OK)
		return rc;
	s = out->text;
	out->note.profile = s->profile;
	out->note.request_id = s->request_id;
	out->note.peer = s->peer;
	out->note.txid = body.txid;
	out->note.asked = body.asked;
	out->note.result = body.result;
	return SCEP_OK;
}

static enum scep_err
decode_body(const struct scep_door_outer *outer, struct scep_door_request *out,
    struct scep_error *err)
{
	out->generation = outer->generation;
	switch (outer->kind) {
	case SCEP_DOOR_ENROL:
		out->kind = SCEP_DOOR_ENROL;
		return decode_enrol(outer->body, out, err);
	case SCEP_DOOR_POLL:
		out->kind = SCEP_DOOR_POLL;
		return decode_poll(outer->body, out, err);
	case SCEP_DOOR_NOTE:
		out->kind = SCEP_DOOR_NOTE;
		return decode_note(outer->body, out, err);
	case SCEP_DOOR_PUBLISHED:
	case SCEP_DOOR_BLOCKS:
		out->kind = (enum scep_door_kind)outer->kind;
		if (outer->body.len == 0)
			return SCEP_OK;
		break;
	case SCEP_DOOR_REPORT:
		out->kind = SCEP_DOOR_REPORT;
		out->report = outer->body;
		return SCEP_OK;
	case SCEP_DOOR_INSPECT:
		out->kind = SCEP_DOOR_INSPECT;
		return scep_door_decode_inspect(outer->body, &out->inspect,
		    err);
	case SCEP_DOOR_FIND_CERT:
		out->kind = SCEP_DOOR_FIND_CERT;
		return scep_door_decode_lookup(outer->body, out, err);
	case SCEP_DOOR_CRL:
		out->kind = SCEP_DOOR_CRL;
		return scep_door_decode_crl_ask(outer->body, out, err);
	}
	return scep_fail(err, SCEP_E_FORMAT,
	    "request of kind %u with %zu octets", outer->kind,
	    outer->body.len);
}

enum scep_err
scep_door_decode_request(struct scep_span der, struct scep_door_request *out,
    struct scep_error *err)
{
	struct scep_door_outer	 outer;
	enum scep_err	 rc;

	memset(out, 0, sizeof(*out));
	if (scep_door_outer_decode(der, &outer, err) != SCEP_OK)
		return scep_fail_mend(err, "if that is a scep.fcgi of another "
		    "version, restart the older one");
	if (outer.code != SCEP_OK || outer.why.len > 0)
		return scep_fail(err, SCEP_E_FORMAT, "a request with a result");
	if ((rc = decode_body(&outer, out, err)) != SCEP_OK)
		scep_door_clear(out);
	return rc;
}

void
scep_door_clear(struct scep_door_request *request)
{
	OPENSSL_free(request->text);
	memset(request, 0, sizeof(*request));
}

