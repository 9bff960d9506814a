/*
 * door.c - the RA's door to the CA: one question and one answer at a time
 * over a stream socket.
 *
 * Knows frames and silence; what is in a message is door_request.c's,
 * door_answer.c's and door_published.c's business.
 */
#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "ca/door_outer.h"

#define HEADER		4
#define STALLED_MS	10000	/* a peer silent in the middle of a frame */

/* The socket can be read (or written) now; 0 when the time is up. */
static int
is_ready(int fd, short events, int timeout_ms)
{
	struct pollfd	 p = { .fd = fd, .events = events };
	int		 n;

	do
		n = poll(&p, 1, timeout_ms);
	while (n == -1 && errno == EINTR);
	return n == 1;
}

/* How many of len octets came before the end of the file or silence. */
static size_t
receive(int fd, uint8_t *data, size_t len, int timeout_ms)
{
	size_t	 done = 0;
	ssize_t	 n;

	while (done < len) {
		n = recv(fd, data + done, len - done, MSG_DONTWAIT);
		if (n > 0)
			done += (size_t)n;
		else if (n == 0 || (errno != EAGAIN && errno != EINTR) ||
		    !is_ready(fd, POLLIN, timeout_ms))
			break;
	}
	return done;
}

static int
send_all(int fd, struct scep_span bytes, int timeout_ms)
{
	size_t	 done = 0;
	ssize_t	 n;

	while (done < bytes.len) {
		n = send(fd, bytes.data + done, bytes.len - done,
		    MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n > 0)
			done += (size_t)n;
		else if ((errno != EAGAIN && errno != EINTR) ||
		    !is_ready(fd, POLLOUT, timeout_ms))
			return 0;
	}
	return 1;
}

static int
send_frame(int fd, const struct scep_buf *message, int timeout_ms)
{
	const size_t	 n = message->len;
	const uint8_t	 header[HEADER] = { (uint8_t)(n >> 24),
			    (uint8_t)(n >> 16), (uint8_t)(n >> 8),
			    (uint8_t)n };

	return n <= SCEP_DOOR_MAX &&
	    send_all(fd, scep_span_make(header, sizeof(header)),
	    timeout_ms) &&
	    send_all(fd, scep_buf_span(message), timeout_ms);
}

/*
 * SCEP_E_NOTFOUND at the end of the file, SCEP_E_BUSY for silence before the
 * first octet, SCEP_E_FORMAT for what is no whole frame.
 */
static enum scep_err
receive_frame(int fd, int first_ms, int rest_ms, struct scep_buf *out,
    struct scep_error *err)
{
	uint8_t	 header[HEADER];
	size_t	 len;

	if (!is_ready(fd, POLLIN, first_ms))
		return scep_fail(err, SCEP_E_BUSY, "no answer in %d ms",
		    first_ms);
	len = receive(fd, header, sizeof(header), rest_ms);
	if (len == 0)
		return scep_fail(err, SCEP_E_NOTFOUND, "end of file");
	if (len < sizeof(header))
		return scep_fail(err, SCEP_E_FORMAT,
		    "frame ends after %zu octets", len);
	len = (size_t)header[0] << 24 | (size_t)header[1] << 16 |
	    (size_t)header[2] << 8 | header[3];
	if (len == 0 || len > SCEP_DOOR_MAX)
		return scep_fail(err, SCEP_E_FORMAT,
		    "frame of %zu octets, 1 to %d", len, SCEP_DOOR_MAX);
	if ((out->data = OPENSSL_malloc(len)) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "frame of %zu octets",
		    len);
	out->len = len;
	if ((len = receive(fd, out->data, out->len, rest_ms)) == out->len)
		return SCEP_OK;
	(void)scep_fail(err, SCEP_E_FORMAT, "frame of %zu octets ends after "
	    "%zu", out->len, len);
	scep_buf_clear(out);
	return err->code;
}

/* The RA's end. */

struct remote {
	struct scep_ca	 ca;		/* first: ops */
	int		 fd;
	int		 timeout_ms;
	int		 connected;
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

static enum scep_err
ask(struct remote *r, struct scep_door_request *request,
    struct scep_buf *answer, struct scep_error *err)
{
	struct scep_buf	 message = { NULL, 0 };
	enum scep_err	 rc;
	int		 sent;

	if (!r->connected)
		return scep_fail(err, SCEP_E_BUSY,
		    "CA process: connection lost");
	request->generation = r->generation;
	if ((rc = scep_door_encode_request(request, &message, err)) !=
	    SCEP_OK) {
		scep_buf_clear(&message);
		return rc;
	}
	sent = send_frame(r->fd, &message, r->timeout_ms);
	scep_buf_clear(&message);
	if (!sent) {
		(void)scep_fail(err, SCEP_E_BUSY, "cannot send: %s",
		    strerror(errno));
		return hang_up(r, err);
	}
	if (receive_frame(r->fd, r->timeout_ms, r->timeout_ms, answer, err) !=
	    SCEP_OK)
		return hang_up(r, err);
	return SCEP_OK;
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
	.published = remote_published,
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

/* The CA's end. */

static enum scep_err
answer_published(struct scep_ca *ca, struct scep_buf *out,
    struct scep_error *err)
{
	struct scep_published	 published;
	struct scep_error	 why;
	enum scep_err		 rc;

	if ((rc = scep_ca_published(ca, &published, &why)) != SCEP_OK)
		return scep_door_encode_answer(NULL, rc, &why, out, err);
	rc = scep_door_encode_published(&published, out, err);
	scep_published_clear(&published);
	return rc;
}

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
	case SCEP_DOOR_ENROL:
		rc = scep_ca_enrol(ca, now, &request->enrol, &given, &why);
		break;
	case SCEP_DOOR_POLL:
		rc = scep_ca_poll(ca, now, &request->poll, &given, &why);
		break;
	}
	rc = scep_door_encode_answer(&given, rc, &why, out, err);
	scep_answer_clear(&given);
	return rc;
}

enum scep_err
scep_door_serve(struct scep_ca *ca, int fd, time_t (*clock)(void),
    struct scep_error *err)
{
	struct scep_buf			 in = { NULL, 0 }, out = { NULL, 0 };
	struct scep_door_request	 request;
	enum scep_err			 rc;

	if ((rc = receive_frame(fd, -1, STALLED_MS, &in, err)) != SCEP_OK)
		return rc;
	if ((rc = scep_door_decode_request(scep_buf_span(&in), &request,
	    err)) == SCEP_OK) {
		rc = answer(ca, clock(), &request, &out, err);
		scep_door_clear(&request);
	}
	if (rc == SCEP_OK && !send_frame(fd, &out, STALLED_MS))
		rc = scep_fail(err, SCEP_E_FORMAT,
		    "the RA does not take its answer: %s", strerror(errno));
	scep_buf_clear(&in);
	scep_buf_clear(&out);
	return rc;
}
