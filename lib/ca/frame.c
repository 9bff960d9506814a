/*
 * frame.c - messages over a stream socket.
 *
 * Knows lengths and silence, and nothing of what is inside.
 */
#include <sys/socket.h>
#include <sys/uio.h>

#include <errno.h>
#include <poll.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "base/ready.h"
#include "ca/frame.h"

#define HEADER	4

/* How many of len octets came before the end of the file, or before silence
 * of first_ms at the beginning, of rest_ms after it: then errno is EAGAIN. */
static size_t
receive(int fd, uint8_t *data, size_t len, int first_ms, int rest_ms)
{
	size_t	 done = 0;
	ssize_t	 n;

	errno = 0;
	while (done < len) {
		n = recv(fd, data + done, len - done, MSG_DONTWAIT);
		if (n > 0)
			done += (size_t)n;
		else if (n == 0 || (errno != EAGAIN && errno != EINTR) ||
		    !scep_ready(fd, POLLIN, done > 0 ? rest_ms : first_ms))
			break;
	}
	return done;
}

/* A message on its way: its length and itself, less what has gone. */
struct sending {
	uint8_t		 header[HEADER];
	struct iovec	 part[2];
};

static void
begin(struct sending *s, struct scep_span bytes)
{
	int	 i;

	for (i = 0; i < HEADER; i++)
		s->header[i] = (uint8_t)(bytes.len >> (24 - 8 * i));
	s->part[0].iov_base = s->header;
	s->part[0].iov_len = HEADER;
	/* sendmsg(2) does not write there. */
	s->part[1].iov_base = (void *)(uintptr_t)bytes.data;
	s->part[1].iov_len = bytes.len;
}

static ssize_t
send_now(int fd, struct sending *s)
{
	const struct msghdr	 msg = { .msg_iov = s->part, .msg_iovlen = 2 };

	return sendmsg(fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* n octets have gone; 0 when none is left. */
static int
go_on(struct sending *s, size_t n)
{
	size_t	 i, k;

	for (i = 0; i < 2; i++) {
		k = n < s->part[i].iov_len ? n : s->part[i].iov_len;
		s->part[i].iov_base = (uint8_t *)s->part[i].iov_base + k;
		s->part[i].iov_len -= k;
		n -= k;
	}
	return s->part[1].iov_len > 0;
}

enum scep_err
scep_frame_offer(int fd, struct scep_span bytes, struct scep_error *err)
{
	struct sending	 s;
	ssize_t		 n;

	begin(&s, bytes);
	if ((n = send_now(fd, &s)) == (ssize_t)(HEADER + bytes.len))
		return SCEP_OK;
	return scep_fail(err, n == -1 && (errno == EAGAIN || errno == EINTR) ?
	    SCEP_E_BUSY : SCEP_E_FORMAT, "cannot send at once: %zd octets of "
	    "%zu", n, HEADER + bytes.len);
}

/* In one call, where there is room: the other end wakes up once. */
enum scep_err
scep_frame_send(int fd, struct scep_span bytes, int timeout_ms,
    struct scep_error *err)
{
	struct sending	 s;
	ssize_t		 n;

	if (bytes.len == 0 || bytes.len > UINT32_MAX)
		return scep_fail(err, SCEP_E_TOOBIG, "message of %zu octets",
		    bytes.len);
	begin(&s, bytes);
	do {
		if ((n = send_now(fd, &s)) == -1 &&
		    ((errno != EAGAIN && errno != EINTR) ||
		    !scep_ready(fd, POLLOUT, timeout_ms)))
			return scep_fail(err, SCEP_E_BUSY, "cannot send: %s",
			    strerror(errno));
	} while (n == -1 || go_on(&s, (size_t)n));
	return SCEP_OK;
}

static enum scep_err
receive_length(int fd, size_t max, int first_ms, int rest_ms, size_t *len,
    struct scep_error *err)
{
	uint8_t	 h[HEADER];
	size_t	 n;

	if ((n = receive(fd, h, sizeof(h), first_ms, rest_ms)) == 0)
		return errno == EAGAIN ? scep_fail(err, SCEP_E_BUSY,
		    "silent for %d ms", first_ms) :
		    scep_fail(err, SCEP_E_NOTFOUND, "end of file");
	if (n < sizeof(h))
		return scep_fail(err, SCEP_E_FORMAT,
		    "message ends after %zu octets", n);
	*len = (size_t)h[0] << 24 | (size_t)h[1] << 16 | (size_t)h[2] << 8 |
	    h[3];
	return *len > 0 && *len <= max ? SCEP_OK : scep_fail(err,
	    SCEP_E_FORMAT, "message of %zu octets, 1 to %zu", *len, max);
}

/* Who has a question out waits; who waits for ever, or not at all, was told
 * that there is something. */
enum scep_err
scep_frame_receive(int fd, size_t max, int first_ms, int rest_ms,
    struct scep_buf *out, struct scep_error *err)
{
	enum scep_err	 rc;
	size_t		 len = 0, n;

	if (first_ms > 0 && !scep_ready(fd, POLLIN, first_ms))
		return scep_fail(err, SCEP_E_BUSY, "silent for %d ms",
		    first_ms);
	if ((rc = receive_length(fd, max, first_ms, rest_ms, &len, err)) !=
	    SCEP_OK)
		return rc;
	if ((out->data = OPENSSL_malloc(len)) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "message of %zu octets",
		    len);
	out->len = len;
	if ((n = receive(fd, out->data, len, rest_ms, rest_ms)) == len)
		return SCEP_OK;
	scep_buf_clear(out);
	return scep_fail(err, SCEP_E_FORMAT,
	    "message of %zu octets ends after %zu", len, n);
}
