/*
 * fcgi_ask.c - the other side of FastCGI: a request to a server, and its
 * answer.
 *
 * One request for each connection.  Knows records, and nothing of who answers.
 */
#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <string.h>

#include <fastcgi.h>

#include "base/error.h"
#include "cgi/child.h"
#include "cgi/fcgi_ask.h"

#define ID		1
#define RECORD_MAX	65528	/* octets of a record: a multiple of 8 */
#define CHUNK		65536

static enum scep_err
add_record(struct scep_buf *out, unsigned char type, struct scep_span content,
    struct scep_error *err)
{
	const FCGI_Header	 head = {
		.version = FCGI_VERSION_1,
		.type = type,
		.requestIdB0 = ID,
		.contentLengthB1 = (unsigned char)(content.len >> 8),
		.contentLengthB0 = (unsigned char)content.len,
	};
	enum scep_err		 rc;

	if ((rc = scep_buf_add(out, scep_span_make(&head, sizeof(head)),
	    err)) != SCEP_OK)
		return rc;
	return scep_buf_add(out, content, err);
}

/* As many records as it takes, and the empty one that ends a stream. */
static enum scep_err
add_stream(struct scep_buf *out, unsigned char type, struct scep_span content,
    struct scep_error *err)
{
	struct scep_span	 part;
	enum scep_err		 rc;

	do {
		part = content;
		if (part.len > RECORD_MAX)
			part.len = RECORD_MAX;
		if ((rc = add_record(out, type, part, err)) != SCEP_OK)
			return rc;
		content.data += part.len;
		content.len -= part.len;
	} while (part.len > 0);
	return SCEP_OK;
}

static enum scep_err
add_param(struct scep_buf *out, const char *name, const char *value,
    struct scep_error *err)
{
	const size_t	 len = strlen(value);
	const uint8_t	 lengths[5] = {
		(uint8_t)strlen(name),
		(uint8_t)(0x80 | (len >> 24 & 0x7f)),
		(uint8_t)(len >> 16), (uint8_t)(len >> 8), (uint8_t)len,
	};
	enum scep_err	 rc;

	if ((rc = scep_buf_add(out, scep_span_make(lengths, sizeof(lengths)),
	    err)) != SCEP_OK ||
	    (rc = scep_buf_add(out, scep_span_text(name), err)) != SCEP_OK)
		return rc;
	return scep_buf_add(out, scep_span_text(value), err);
}

static enum scep_err
make_request(const struct scep_http_request *request, struct scep_buf *out,
    struct scep_error *err)
{
	const FCGI_BeginRequestBody	 begin = { .roleB0 = FCGI_RESPONDER };
	const struct scep_span		 body = { request->body,
					    request->body_len };
	struct scep_buf			 params = { NULL, 0 };
	enum scep_err			 rc;

	if ((rc = add_param(&params, "REQUEST_METHOD", request->method,
	    err)) == SCEP_OK &&
	    (rc = add_param(&params, "PATH_INFO", request->path, err)) ==
	    SCEP_OK &&
	    (rc = add_param(&params, "QUERY_STRING", request->query, err)) ==
	    SCEP_OK &&
	    (rc = add_param(&params, "REMOTE_ADDR", request->peer, err)) ==
	    SCEP_OK &&
	    (rc = add_record(out, FCGI_BEGIN_REQUEST, scep_span_make(&begin,
	    sizeof(begin)), err)) == SCEP_OK &&
	    (rc = add_stream(out, FCGI_PARAMS, scep_buf_span(&params), err)) ==
	    SCEP_OK)
		rc = add_stream(out, FCGI_STDIN, body, err);
	scep_buf_clear(&params);
	return rc;
}

/* The socket can be read (or written) now; 0 when the time is up.  Not
 * SO_RCVTIMEO: that begins anew after each signal and each octet. */
static int
is_ready(int fd, short events, int64_t until)
{
	struct pollfd	 p = { .fd = fd, .events = events };
	int		 n;

	do
		n = poll(&p, 1, scep_left_ms(until));
	while (n == -1 && errno == EINTR);
	if (n == 0)
		errno = EAGAIN;
	return n == 1;
}

static int
may_go_on(int fd, short events, int64_t until)
{
	return errno == EINTR ||
	    (errno == EAGAIN && is_ready(fd, events, until));
}

static const char *
why(int error)
{
	return error == EAGAIN ? "no answer in time" : strerror(error);
}

static int
send_all(int fd, struct scep_span octets, int64_t until)
{
	ssize_t	 n;

	while (octets.len > 0) {
		n = send(fd, octets.data, octets.len, MSG_NOSIGNAL |
		    MSG_DONTWAIT);
		if (n == -1 && !may_go_on(fd, POLLOUT, until))
			return 0;
		if (n > 0) {
			octets.data += n;
			octets.len -= (size_t)n;
		}
	}
	return 1;
}

/* To the end of the file: the server closes behind its answer. */
static enum scep_err
receive_all(int fd, int64_t until, struct scep_buf *out,
    struct scep_error *err)
{
	static uint8_t	 chunk[CHUNK];
	enum scep_err	 rc;
	ssize_t		 n;

	while ((n = recv(fd, chunk, sizeof(chunk), MSG_DONTWAIT)) != 0) {
		if (n == -1 && may_go_on(fd, POLLIN, until))
			continue;
		if (n == -1)
			return scep_fail(err, SCEP_E_BUSY, "%s", why(errno));
		if ((rc = scep_buf_add(out, scep_span_make(chunk, (size_t)n),
		    err)) != SCEP_OK)
			return rc;
	}
	return SCEP_OK;
}

/* The next record, cut off from the front; 0 if it is not whole. */
static int
next_record(struct scep_span *records, FCGI_Header *head,
    struct scep_span *content)
{
	size_t	 len, padded;

	if (records->len < sizeof(*head))
		return 0;
	memcpy(head, records->data, sizeof(*head));
	len = (size_t)(head->contentLengthB1 << 8 | head->contentLengthB0);
	padded = sizeof(*head) + len + head->paddingLength;
	if (records->len < padded)
		return 0;
	*content = scep_span_make(records->data + sizeof(*head), len);
	records->data += padded;
	records->len -= padded;
	return 1;
}

/* What it says on FCGI_STDERR is in its own log. */
static enum scep_err
read_answer(struct scep_span records, struct scep_buf *answer,
    struct scep_error *err)
{
	FCGI_EndRequestBody	 end;
	FCGI_Header		 head;
	struct scep_span	 content;
	enum scep_err		 rc;

	while (next_record(&records, &head, &content)) {
		if (head.type == FCGI_STDOUT && (rc = scep_buf_add(answer,
		    content, err)) != SCEP_OK)
			return rc;
		if (head.type != FCGI_END_REQUEST ||
		    content.len != sizeof(end))
			continue;
		memcpy(&end, content.data, sizeof(end));
		if (end.protocolStatus == FCGI_REQUEST_COMPLETE &&
		    answer->len > 0)
			return SCEP_OK;
		break;
	}
	return scep_fail(err, SCEP_E_BUSY, "half an answer");
}

enum scep_err
scep_fcgi_ask(int fd, int wait_ms, const struct scep_http_request *request,
    struct scep_buf *answer, struct scep_error *err)
{
	const int64_t	 until = scep_now_ms() + wait_ms;
	struct scep_buf	 records = { NULL, 0 };
	enum scep_err	 rc;

	if ((rc = make_request(request, &records, err)) == SCEP_OK &&
	    !send_all(fd, scep_buf_span(&records), until))
		rc = scep_fail(err, SCEP_E_BUSY, "%s", why(errno));
	scep_buf_clear(&records);
	if (rc == SCEP_OK &&
	    (rc = receive_all(fd, until, &records, err)) == SCEP_OK)
		rc = read_answer(scep_buf_span(&records), answer, err);
	scep_buf_clear(&records);
	if (rc != SCEP_OK)
		scep_buf_clear(answer);
	return rc;
}
