/*
 * frame.c - messages over a stream socket.
 *
 * Knows lengths and silence, and nothing of what is inside.
 */
#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "ca/frame.h"

#define HEADER	4

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

static void
put_length(size_t n, uint8_t header[HEADER])
{
	int	 i;

	for (i = 0; i < HEADER; i++)
		header[i] = (uint8_t)(n >> (24 - 8 * i));
}

enum scep_err
scep_frame_offer(int fd, struct scep_span bytes, struct scep_error *err)
{
	uint8_t		 header[HEADER];
	struct scep_buf	 all = { NULL, 0 };
	enum scep_err	 rc;
	ssize_t		 n = -1;

	put_length(bytes.len, header);
	if ((rc = scep_buf_set(&all, scep_span_make(header, sizeof(header)),
	    err)) == SCEP_OK &&
	    (rc = scep_buf_add(&all, bytes, err)) == SCEP_OK &&
	    (n = send(fd, all.data, all.len, MSG_DONTWAIT | MSG_NOSIGNAL)) !=
	    (ssize_t)all.len)
		rc = scep_fail(err, n == -1 && (errno == EAGAIN ||
		    errno == EINTR) ? SCEP_E_BUSY : SCEP_E_FORMAT,
		    "cannot send at once: %zd octets of %zu", n, all.len);
	scep_buf_clear(&all);
	return rc;
}

enum scep_err
scep_frame_send(int fd, struct scep_span bytes, int timeout_ms,
    struct scep_error *err)
{
	uint8_t	 header[HEADER];

	put_length(bytes.len, header);
	return bytes.len <= UINT32_MAX &&
	    send_all(fd, scep_span_make(header, sizeof(header)),
	    timeout_ms) && send_all(fd, bytes, timeout_ms) ? SCEP_OK :
	    scep_fail(err, SCEP_E_BUSY, "cannot send: %s", strerror(errno));
}

static enum scep_err
receive_length(int fd, size_t max, int rest_ms, size_t *len,
    struct scep_error *err)
{
	uint8_t	 h[HEADER];
	size_t	 n;

	if ((n = receive(fd, h, sizeof(h), rest_ms)) == 0)
		return scep_fail(err, SCEP_E_NOTFOUND, "end of file");
	if (n < sizeof(h))
		return scep_fail(err, SCEP_E_FORMAT,
		    "message ends after %zu octets", n);
	*len = (size_t)h[0] << 24 | (size_t)h[1] << 16 | (size_t)h[2] << 8 |
	    h[3];
	return *len > 0 && *len <= max ? SCEP_OK : scep_fail(err,
	    SCEP_E_FORMAT, "message of %zu octets, 1 to %zu", *len, max);
}

enum scep_err
scep_frame_receive(int fd, size_t max, int first_ms, int rest_ms,
    struct scep_buf *out, struct scep_error *err)
{
	enum scep_err	 rc;
	size_t		 len = 0, n;

	if (!is_ready(fd, POLLIN, first_ms))
		return scep_fail(err, SCEP_E_BUSY, "silent for %d ms",
		    first_ms);
	if ((rc = receive_length(fd, max, rest_ms, &len, err)) != SCEP_OK)
		return rc;
	if ((out->data = OPENSSL_malloc(len)) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "message of %zu octets",
		    len);
	out->len = len;
	if ((n = receive(fd, out->data, len, rest_ms)) == len)
		return SCEP_OK;
	scep_buf_clear(out);
	return scep_fail(err, SCEP_E_FORMAT,
	    "message of %zu octets ends after %zu", len, n);
}
