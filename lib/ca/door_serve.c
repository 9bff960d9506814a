/*
 * door_serve.c - the CA's end of its door to RAs: a question read, carried
 * out, answered.
 */
#include <openssl/crypto.h>

#include "base/error.h"
#include "ca/door_outer.h"
#include "ca/frame.h"

#define STALLED_MS	10000	/* a peer silent in the middle of a frame */

static enum scep_err
answer_published(struct scep_ca *ca, struct scep_buf *out,
    struct scep_error *err)
{
	struct scep_published	 published;
	struct scep_error	 why;
	enum scep_err		 rc;

	if ((rc = scep_ca_published(ca, &published, &why)) != SCEP_OK)
		return scep_door_encode_answer(NULL, rc, &why, out, err);
	if ((rc = scep_published_encode_keys(&published, err)) == SCEP_OK)
		rc = scep_door_encode_published(&published, out, err);
	scep_published_clear(&published);
	return rc;
}

/* A report that does not decode is the end of the connection. */
static enum scep_err
answer_report(struct scep_ca *ca, time_t now, struct scep_span der,
    struct scep_buf *out, struct scep_error *err)
{
	const struct scep_span	 none = { NULL, 0 };
	struct scep_report	*report;
	struct scep_error	 why;
	enum scep_err		 rc;

	if ((report = OPENSSL_malloc(sizeof(*report))) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "report");
	if ((rc = scep_report_decode(der, report, err)) == SCEP_OK) {
		rc = scep_ca_report(ca, now, report, &why);
		rc = scep_door_encode_text(none, rc, &why, out, err);
	}
	OPENSSL_free(report);
	return rc;
}

static enum scep_err
answer_inspect(struct scep_ca *ca, time_t now, enum scep_inspect what,
    struct scep_buf *out, struct scep_error *err)
{
	struct scep_buf		 text = { NULL, 0 };
	struct scep_error	 why;
	enum scep_err		 rc;

	rc = scep_ca_inspect(ca, now, what, &text, &why);
	rc = scep_door_encode_text(scep_buf_span(&text), rc, &why, out, err);
	scep_buf_clear(&text);
	return rc;
}

static enum scep_err
answer_crl(struct scep_ca *ca, time_t now, const struct scep_crl_ask *ask,
    struct scep_buf *out, struct scep_error *err)
{
	struct scep_crl_piece	 piece;
	struct scep_error	 why;
	enum scep_err		 rc;

	rc = scep_ca_crl_piece(ca, now, ask, &piece, &why);
	rc = scep_door_encode_crl(&piece, rc, &why, out, err);
	scep_buf_clear(&piece.bytes);
	return rc;
}

/* The descriptor goes behind this. */
static enum scep_err
answer_blocks(struct scep_ca *ca, struct scep_buf *out,
    struct scep_error *err)
{
	const struct scep_span	 none = { NULL, 0 };
	struct scep_error	 why;
	enum scep_err		 rc = SCEP_OK;

	if (scep_ca_blocks_fd(ca) == -1)
		rc = scep_fail(&why, SCEP_E_NOTFOUND, "there is none to be "
		    "shared");
	return scep_door_result_encode(SCEP_DOOR_IS_BLOCKS, rc, &why, none,
	    out, err);
}

/* out stays empty where there is no answer. */
static enum scep_err
answer(struct scep_ca *ca, time_t now, const struct scep_door_request *request,
    struct scep_buf *out, struct scep_error *err)
{
	struct scep_answer	 given = { .cipher = -1 };
	struct scep_error	 why;
	enum scep_err		 rc = SCEP_OK;

	switch (request->kind) {
	case SCEP_DOOR_PUBLISHED:
		return answer_published(ca, out, err);
	case SCEP_DOOR_REPORT:
		return answer_report(ca, now, request->report, out, err);
	case SCEP_DOOR_INSPECT:
		return answer_inspect(ca, now, request->inspect, out, err);
	case SCEP_DOOR_ENROL:
		rc = scep_ca_enrol(ca, now, &request->enrol, &given, &why);
		break;
	case SCEP_DOOR_POLL:
		rc = scep_ca_poll(ca, now, &request->poll, &given, &why);
		break;
	case SCEP_DOOR_FIND_CERT:
		rc = scep_ca_find_cert(ca, now, &request->lookup, &given,
		    &why);
		break;
	case SCEP_DOOR_CRL:
		return answer_crl(ca, now, &request->crl, out, err);
	case SCEP_DOOR_BLOCKS:
		return answer_blocks(ca, out, err);
	case SCEP_DOOR_NOTE:
		scep_ca_note(ca, now, &request->note);
		return SCEP_OK;
	}
	rc = scep_door_encode_answer(&given, rc, &why, out, err);
	scep_answer_clear(&given);
	return rc;
}

/* An RA that was told nothing is content with whatever is in force. */
static enum scep_err
check_generation(const struct scep_ca *ca,
    const struct scep_door_request *request, struct scep_error *err)
{
	if (request->generation == 0 ||
	    request->generation == ca->generation)
		return SCEP_OK;
	return scep_fail(err, SCEP_E_FORMAT, "request for generation %u, "
	    "and this is %u", request->generation, ca->generation);
}

enum scep_err
scep_door_dismiss(int fd, struct scep_error *err)
{
	const struct scep_door_outer	 outer = { .kind = SCEP_DOOR_LEAVE };
	struct scep_buf			 out = { NULL, 0 };
	enum scep_err			 rc;

	if ((rc = scep_door_outer_encode(&outer, &out, err)) == SCEP_OK)
		rc = scep_frame_send(fd, scep_buf_span(&out), STALLED_MS, err);
	scep_buf_clear(&out);
	return rc;
}

enum scep_err
scep_door_serve(struct scep_ca *ca, int fd, time_t (*clock)(void),
    struct scep_error *err)
{
	struct scep_buf			 in = { NULL, 0 }, out = { NULL, 0 };
	struct scep_door_request	 request;
	enum scep_err			 rc;
	int				 passed = -1;

	if ((rc = scep_frame_receive(fd, SCEP_DOOR_MAX, -1, STALLED_MS, &in,
	    err)) != SCEP_OK)
		return rc;
	if ((rc = scep_door_decode_request(scep_buf_span(&in), &request,
	    err)) == SCEP_OK) {
		rc = check_generation(ca, &request, err);
		if (rc == SCEP_OK)
			rc = answer(ca, clock(), &request, &out, err);
		if (request.kind == SCEP_DOOR_BLOCKS)
			passed = scep_ca_blocks_fd(ca);
		scep_door_clear(&request);
	}
	/* Before the answer: whoever has that may look for it. */
	scep_buf_clear(&in);
	if (rc == SCEP_OK && out.len > 0)
		rc = scep_frame_send(fd, scep_buf_span(&out), STALLED_MS, err);
	if (rc == SCEP_OK && passed != -1)
		rc = scep_door_pass_fd(fd, passed, err);
	scep_buf_clear(&out);
	return rc;
}
