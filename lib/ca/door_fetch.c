/*
 * door_fetch.c - what is asked about certificates and CRLs that are there,
 * and a piece of a CRL; as DER and back.
 */
#include <string.h>

#include "base/error.h"
#include "ca/door_outer.h"

struct lookup_body {
	struct scep_span	 profile, request_id, peer;
	struct scep_lookup	 ask;
};
static const struct scep_field	lookup_fields[] = {
	SCEP_FIELD(SCEP_F_SPAN, lookup_body, profile, SCEP_DOOR_PROFILE),
	SCEP_FIELD(SCEP_F_SPAN, lookup_body, request_id,
	    SCEP_REQUEST_ID_LEN - 1),
	SCEP_FIELD(SCEP_F_SPAN, lookup_body, peer, SCEP_DOOR_PEER),
	SCEP_FIELD(SCEP_F_INT, lookup_body, ask.type, 0),
	SCEP_FIELD(SCEP_F_SPAN, lookup_body, ask.signer, SCEP_DOOR_HALF),
	SCEP_FIELD_OCTETS(lookup_body, ask.key_sha256),
	SCEP_FIELD_OCTETS(lookup_body, ask.content_sha256),
	SCEP_FIELD(SCEP_F_SPAN, lookup_body, ask.plaintext,
	    SCEP_PLAINTEXT_MAX),
};

struct crl_ask_body {
	struct scep_span	 ca;
	long			 offset, have;
};
static const struct scep_field	crl_ask_fields[] = {
	SCEP_FIELD(SCEP_F_SPAN, crl_ask_body, ca, SCEP_DOOR_PROFILE),
	SCEP_FIELD(SCEP_F_LONG, crl_ask_body, offset, 0),
	SCEP_FIELD(SCEP_F_LONG, crl_ask_body, have, 0),
};

struct crl_body {
	long			 number;
	time_t			 this_update, next_update;
	long			 total;
	struct scep_span	 bytes;
};
static const struct scep_field	crl_fields[] = {
	SCEP_FIELD(SCEP_F_LONG, crl_body, number, 0),
	SCEP_FIELD(SCEP_F_LONG, crl_body, this_update, 0),
	SCEP_FIELD(SCEP_F_LONG, crl_body, next_update, 0),
	SCEP_FIELD(SCEP_F_LONG, crl_body, total, 0),
	SCEP_FIELD(SCEP_F_SPAN, crl_body, bytes, SCEP_CRL_PIECE),
};

enum scep_err
scep_door_encode_lookup(const struct scep_lookup *ask, struct scep_buf *out,
    struct scep_error *err)
{
	const struct lookup_body	 body = {
		.profile = scep_span_text(ask->profile),
		.request_id = scep_span_text(ask->request_id),
		.peer = scep_span_text(ask->peer),
		.ask = *ask,
	};

	if (body.profile.len > SCEP_DOOR_PROFILE ||
	    body.peer.len > SCEP_DOOR_PEER ||
	    ask->signer.len > SCEP_DOOR_HALF ||
	    ask->plaintext.len > SCEP_PLAINTEXT_MAX)
		return scep_fail(err, SCEP_E_TOOBIG, "profile, peer, signer "
		    "or plaintext of %zu, %zu, %zu and %zu octets",
		    body.profile.len, body.peer.len, ask->signer.len,
		    ask->plaintext.len);
	return ENCODE(lookup_fields, &body, out, err);
}

enum scep_err
scep_door_decode_lookup(struct scep_span der, struct scep_door_request *out,
    struct scep_error *err)
{
	const struct scep_door_strings	*s;
	struct lookup_body		 body;
	enum scep_err			 rc;

	memset(&body, 0, sizeof(body));
	if ((rc = DECODE(lookup_fields, der, &body, err)) != SCEP_OK ||
	    (rc = scep_door_strings_take(body.profile, body.request_id,
	    body.peer, out, err)) != SCEP_OK)
		return rc;
	if (body.ask.type != SCEP_MSG_GETCERT &&
	    body.ask.type != SCEP_MSG_GETCRL)
		return scep_fail(err, SCEP_E_FORMAT, "a lookup of type %d",
		    body.ask.type);
	s = out->text;
	out->lookup = body.ask;
	out->lookup.profile = s->profile;
	out->lookup.request_id = s->request_id;
	out->lookup.peer = s->peer;
	return SCEP_OK;
}

enum scep_err
scep_door_encode_crl_ask(const struct scep_crl_ask *ask, struct scep_buf *out,
    struct scep_error *err)
{
	const struct crl_ask_body	 body = {
		.ca = scep_span_text(ask->ca),
		.offset = (long)ask->offset,
		.have = ask->have,
	};

	if (body.ca.len > SCEP_DOOR_PROFILE)
		return scep_fail(err, SCEP_E_NOTFOUND,
		    "no CA has a name of %zu octets", body.ca.len);
	return ENCODE(crl_ask_fields, &body, out, err);
}

/* The name is kept where that of a profile is. */
enum scep_err
scep_door_decode_crl_ask(struct scep_span der, struct scep_door_request *out,
    struct scep_error *err)
{
	struct scep_door_strings	*s;
	struct crl_ask_body		 body;
	enum scep_err			 rc;

	memset(&body, 0, sizeof(body));
	if ((rc = DECODE(crl_ask_fields, der, &body, err)) != SCEP_OK)
		return rc;
	if ((s = out->text = OPENSSL_zalloc(sizeof(*s))) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "request from the RA");
	if (!scep_door_text(body.ca, s->profile, sizeof(s->profile)))
		return scep_fail(err, SCEP_E_FORMAT,
		    "no name of a CA: %zu octets", body.ca.len);
	out->crl.ca = s->profile;
	out->crl.offset = (size_t)body.offset;
	out->crl.have = body.have;
	return SCEP_OK;
}

enum scep_err
scep_door_encode_crl(const struct scep_crl_piece *piece, enum scep_err rc,
    const struct scep_error *why, struct scep_buf *out,
    struct scep_error *err)
{
	struct scep_buf	 der = { NULL, 0 };
	enum scep_err	 done;

	if (rc == SCEP_OK) {
		const struct crl_body	 body = {
			.number = piece->number,
			.this_update = piece->this_update,
			.next_update = piece->next_update,
			.total = (long)piece->total,
			.bytes = scep_buf_span(&piece->bytes),
		};

		if ((done = ENCODE(crl_fields, &body, &der, err)) != SCEP_OK)
			return done;
	}
	done = scep_door_result_encode(SCEP_DOOR_IS_CRL, rc, why,
	    scep_buf_span(&der), out, err);
	scep_buf_clear(&der);
	return done;
}

enum scep_err
scep_door_decode_crl(struct scep_span der, struct scep_crl_piece *out,
    struct scep_error *why)
{
	struct scep_door_outer	 outer;
	struct crl_body		 body;
	enum scep_err		 rc;

	memset(out, 0, sizeof(*out));
	if ((rc = scep_door_result_decode(der, SCEP_DOOR_IS_CRL, &outer,
	    why)) != SCEP_OK)
		return rc;
	memset(&body, 0, sizeof(body));
	if (DECODE(crl_fields, outer.body, &body, why) != SCEP_OK ||
	    body.bytes.len > (size_t)body.total)
		return scep_fail(why, SCEP_E_BUSY, "the CA process gave a "
		    "piece of a CRL that does not decode");
	out->number = body.number;
	out->this_update = body.this_update;
	out->next_update = body.next_update;
	out->total = (size_t)body.total;
	return scep_buf_set(&out->bytes, body.bytes, why);
}
