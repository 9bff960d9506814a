/*
 * ready.c - waiting for a descriptor, and sending over a socket, for so long.
 *
 * Knows descriptors and signals, and nothing of what is said.
 */
#include <sys/socket.h>

#include <errno.h>
#include <poll.h>

#include "base/ready.h"

int
scep_ready(int fd, short events, int timeout_ms)
{
	struct pollfd	 p = { .fd = fd, .events = events };
	int		 n;

	do
		n = poll(&p, 1, timeout_ms);
	while (n == -1 && errno == EINTR);
	errno = n == 1 ? 0 : EAGAIN;
	return n == 1;
}

int
scep_ready_send(int fd, struct scep_span bytes, int timeout_ms)
{
	ssize_t	 n;

	while (bytes.len > 0) {
		n = send(fd, bytes.data, bytes.len,
		    MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n > 0) {
			bytes.data += n;
			bytes.len -= (size_t)n;
		} else if ((errno != EAGAIN && errno != EINTR) ||
		    !scep_ready(fd, POLLOUT, timeout_ms))
			return 0;
	}
	return 1;
}
