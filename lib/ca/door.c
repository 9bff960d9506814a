/*
 * door.c - the RA's end of its door to the CA: one question and one answer at
 * a time over a stream socket, and notes that have none.
 *
 * What is in a message is the business of the other door_*.c.
 */
#include <string.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "ca/door_outer.h"
#include "ca/frame.h"

struct remote {
	struct scep_ca	 ca;		/* first: ops */
	int		 fd;
	int		 timeout_ms;
	int		 connected;
	int		 leaving;	/* the other end wants us to */
	uint32_t	 generation;	/* of what was published */
};

/* An answer that comes late would be taken for the next one's: after any
 * trouble the connection is not used again. */
static enum scep_err
hang_up(struct remote *r, struct scep_error *err)
{
	r->connected = 0;
	err->code = SCEP_E_BUSY;
	return scep_fail_within(err, "CA process");
}

static int
is_notice(struct scep_span message)
{
	struct scep_door_outer	 outer;
	struct scep_error	 why;

	return scep_door_outer_decode(message, &outer, &why) == SCEP_OK &&
	    outer.kind == SCEP_DOOR_LEAVE;
}

/* The answer; a notice may have crossed the question. */
static enum scep_err
receive(struct remote *r, struct scep_buf *answer, struct scep_error *err)
{
	enum scep_err	 rc;

	while ((rc = scep_frame_receive(r->fd, SCEP_DOOR_MAX, r->timeout_ms,
	    r->timeout_ms, answer, err)) == SCEP_OK &&
	    is_notice(scep_buf_span(answer))) {
		r->leaving = 1;
		scep_buf_clear(answer);
	}
	return rc;
}

static enum scep_err
ask(struct remote *r, struct scep_door_request *request,
    struct scep_buf *answer, struct scep_error *err)
{
	struct scep_buf	 message = { NULL, 0 };
	enum scep_err	 rc;

	if (!r->connected)
		return scep_fail(err, SCEP_E_BUSY,
		    "CA process: connection lost");
	request->generation = r->generation;
	rc = scep_door_encode_request(request, &message, err);
	if (rc == SCEP_OK && (scep_frame_send(r->fd, scep_buf_span(&message),
	    r->timeout_ms, err) != SCEP_OK ||
	    receive(r, answer, err) != SCEP_OK))
		rc = hang_up(r, err);
	scep_buf_clear(&message);
	return rc;
}

static enum scep_err
ask_for_answer(struct remote *r, struct scep_door_request *request,
    struct scep_answer *answer, struct scep_error *err)
{
	struct scep_buf	 der = { NULL, 0 };
	enum scep_err	 rc;

	memset(answer, 0, sizeof(*answer));
	if ((rc = ask(r, request, &der, err)) == SCEP_OK)
		rc = scep_door_decode_answer(scep_buf_span(&der), answer, err);
	scep_buf_clear(&der);
	return rc;
}

static enum scep_err
remote_enrol(struct scep_ca *ca, time_t now,
    const struct scep_enrolment *enrolment, struct scep_answer *answer,
    struct scep_error *err)
{
	struct scep_door_request	 request = {
		.kind = SCEP_DOOR_ENROL,
		.enrol = *enrolment,
	};

	(void)now;		/* the CA process has a clock of its own */
	return ask_for_answer((struct remote *)ca, &request, answer, err);
}

static enum scep_err
remote_poll(struct scep_ca *ca, time_t now, const struct scep_poll *asked,
    struct scep_answer *answer, struct scep_error *err)
{
	struct scep_door_request	 request = {
		.kind = SCEP_DOOR_POLL,
		.poll = *asked,
	};

	(void)now;
	return ask_for_answer((struct remote *)ca, &request, answer, err);
}

static enum scep_err
remote_find_cert(struct scep_ca *ca, time_t now,
    const struct scep_lookup *lookup, struct scep_answer *answer,
    struct scep_error *err)
{
	struct scep_door_request	 request = {
		.kind = SCEP_DOOR_FIND_CERT,
		.lookup = *lookup,
	};

	(void)now;
	return ask_for_answer((struct remote *)ca, &request, answer, err);
}

static enum scep_err
remote_crl(struct scep_ca *ca, time_t now, const struct scep_crl_ask *asked,
    struct scep_crl_piece *piece, struct scep_error *err)
{
	struct scep_door_request	 request = {
		.kind = SCEP_DOOR_CRL,
		.crl = *asked,
	};
	struct scep_buf			 der = { NULL, 0 };
	enum scep_err			 rc;

	(void)now;
	memset(piece, 0, sizeof(*piece));
	if ((rc = ask((struct remote *)ca, &request, &der, err)) == SCEP_OK)
		rc = scep_door_decode_crl(scep_buf_span(&der), piece, err);
	scep_buf_clear(&der);
	return rc;
}

static enum scep_err
remote_published(struct scep_ca *ca, struct scep_published *out,
    struct scep_error *err)
{
	struct remote			*r = (struct remote *)ca;
	struct scep_door_request	 request = {
		.kind = SCEP_DOOR_PUBLISHED,
	};
	struct scep_buf			 der = { NULL, 0 };
	enum scep_err			 rc;

	memset(out, 0, sizeof(*out));
	if ((rc = ask(r, &request, &der, err)) == SCEP_OK &&
	    (rc = scep_door_decode_published(scep_buf_span(&der), out, err)) ==
	    SCEP_OK)
		r->generation = out->generation;
	scep_buf_clear(&der);
	return rc;
}

static enum scep_err
ask_for_text(struct scep_ca *ca, struct scep_door_request *request,
    struct scep_buf *out, struct scep_error *err)
{
	struct scep_buf	 der = { NULL, 0 };
	enum scep_err	 rc;

	if ((rc = ask((struct remote *)ca, request, &der, err)) == SCEP_OK)
		rc = scep_door_decode_text(scep_buf_span(&der), out, err);
	scep_buf_clear(&der);
	return rc;
}

static enum scep_err
remote_report(struct scep_ca *ca, time_t now,
    const struct scep_report *report, struct scep_error *err)
{
	struct scep_door_request	 request = {
		.kind = SCEP_DOOR_REPORT,
	};
	struct scep_buf			 der = { NULL, 0 };
	struct scep_buf			 none = { NULL, 0 };
	enum scep_err			 rc;

	(void)now;
	if ((rc = scep_report_encode(report, &der, err)) == SCEP_OK) {
		request.report = scep_buf_span(&der);
		rc = ask_for_text(ca, &request, &none, err);
	}
	scep_buf_clear(&der);
	scep_buf_clear(&none);
	return rc;
}

static enum scep_err
remote_inspect(struct scep_ca *ca, time_t now, enum scep_inspect what,
    struct scep_buf *out, struct scep_error *err)
{
	struct scep_door_request	 request = {
		.kind = SCEP_DOOR_INSPECT,
		.inspect = what,
	};

	(void)now;
	return ask_for_text(ca, &request, out, err);
}

enum scep_err
scep_ca_ask_blocks(struct scep_ca *ca, int *fd, struct scep_error *err)
{
	struct remote			*r = (struct remote *)ca;
	struct scep_door_request	 request = {
		.kind = SCEP_DOOR_BLOCKS,
	};
	struct scep_door_outer		 outer;
	struct scep_buf			 der = { NULL, 0 };
	enum scep_err			 rc;

	*fd = -1;
	if ((rc = ask(r, &request, &der, err)) == SCEP_OK &&
	    (rc = scep_door_result_decode(scep_buf_span(&der),
	    SCEP_DOOR_IS_BLOCKS, &outer, err)) == SCEP_OK &&
	    (rc = scep_door_take_fd(r->fd, r->timeout_ms, fd, err)) !=
	    SCEP_OK)
		rc = hang_up(r, err);
	scep_buf_clear(&der);
	return rc;
}

/* Nobody waits: not we for the CA, nor our client for us. */
static void
remote_note(struct scep_ca *ca, time_t now, const struct scep_note *note)
{
	struct remote			*r = (struct remote *)ca;
	const struct scep_door_request	 request = {
		.kind = SCEP_DOOR_NOTE,
		.generation = r->generation,
		.note = *note,
	};
	struct scep_buf			 message = { NULL, 0 };
	struct scep_error		 ignored;

	(void)now;
	if (r->connected && scep_door_encode_request(&request, &message,
	    &ignored) == SCEP_OK && scep_frame_offer(r->fd,
	    scep_buf_span(&message), &ignored) == SCEP_E_FORMAT)
		r->connected = 0;
	scep_buf_clear(&message);
}

static void
remote_close(struct scep_ca *ca)
{
	struct remote	*r = (struct remote *)ca;

	(void)close(r->fd);
	OPENSSL_free(r);
}

static const struct scep_ca_ops	remote_ops = {
	.enrol = remote_enrol,
	.poll = remote_poll,
	.find_cert = remote_find_cert,
	.crl = remote_crl,
	.published = remote_published,
	.report = remote_report,
	.inspect = remote_inspect,
	.note = remote_note,
	.close = remote_close,
};

enum scep_err
scep_ca_connect(int fd, int timeout_ms, struct scep_ca **out,
    struct scep_error *err)
{
	struct remote	*r;

	*out = NULL;
	if ((r = OPENSSL_zalloc(sizeof(*r))) == NULL) {
		(void)close(fd);
		return scep_fail(err, SCEP_E_NOMEM, "connection to the CA");
	}
	r->ca.ops = &remote_ops;
	r->fd = fd;
	r->timeout_ms = timeout_ms;
	r->connected = 1;
	*out = &r->ca;
	return SCEP_OK;
}

int
scep_ca_is_connected(const struct scep_ca *ca)
{
	return ((const struct remote *)ca)->connected;
}

int
scep_ca_is_leaving(const struct scep_ca *ca)
{
	return ((const struct remote *)ca)->leaving;
}

void
scep_ca_hear(struct scep_ca *ca)
{
	struct remote		*r = (struct remote *)ca;
	struct scep_buf		 message = { NULL, 0 };
	struct scep_error	 err;

	if (scep_frame_receive(r->fd, SCEP_DOOR_MAX, 0, r->timeout_ms,
	    &message, &err) == SCEP_OK && is_notice(scep_buf_span(&message)))
		r->leaving = 1;
	else
		r->connected = 0;
	scep_buf_clear(&message);
}
