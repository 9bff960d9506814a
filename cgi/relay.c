/*
 * relay.c - connections from a socket that the supervisor alone may have, to
 * whichever worker is idle.
 *
 * Knows descriptors, and nothing of who takes them.
 */
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <linux/sockios.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/ready.h"
#include "cgi/accept.h"
#include "cgi/child.h"
#include "cgi/log.h"
#include "cgi/relay.h"

/* Room for one descriptor in a message. */
union control {
	struct cmsghdr	 align;
	char		 data[CMSG_SPACE(sizeof(int))];
};

/* The kernel counts more than the octets of a message. */
static int
weigh(const struct scep_relay *relay)
{
	char	 octet = 'c';
	int	 each = 0;

	return send(relay->in_fd, &octet, 1, MSG_NOSIGNAL) == 1 &&
	    ioctl(relay->in_fd, SIOCOUTQ, &each) == 0 &&
	    recv(relay->out_fd, &octet, 1, 0) == 1 ? each : 0;
}

enum scep_err
scep_relay_open(struct scep_relay *relay, struct scep_error *err)
{
	int	 pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0, pair) == -1)
		return scep_fail(err, SCEP_E_INTERNAL, "socketpair: %s",
		    strerror(errno));
	relay->in_fd = pair[0];
	relay->out_fd = pair[1];
	relay->is_full = 0;
	relay->due = 0;
	relay->last = scep_now_ms();
	relay->each = weigh(relay);
	return SCEP_OK;
}

void
scep_relay_close(struct scep_relay *relay)
{
	if (relay->in_fd == -1)
		return;
	(void)close(relay->in_fd);
	(void)close(relay->out_fd);
	relay->in_fd = relay->out_fd = -1;
}

/*
 * There is room, says poll(2), while what waits is not more than a quarter of
 * the buffer; of what is asked for the kernel makes twice as much.  So n wait
 * when n - 1 are a quarter, or a little less.
 */
void
scep_relay_limit(const struct scep_relay *relay, int n)
{
	const int	 size = (2 * n - 1) * relay->each;

	if (relay->in_fd != -1 && relay->each > 0)
		(void)setsockopt(relay->in_fd, SOL_SOCKET, SO_SNDBUF, &size,
		    sizeof(size));
}

struct pollfd
scep_relay_watch(struct scep_relay *relay, int listen_fd)
{
	struct pollfd	 p = { .fd = -1, .events = POLLIN };

	if (relay->in_fd == -1 || relay->due > scep_now_ms())
		return p;
	relay->due = 0;
	p.fd = relay->is_full ? relay->in_fd : listen_fd;
	p.events = relay->is_full ? POLLOUT : POLLIN;
	return p;
}

static int
has_room(const struct scep_relay *relay)
{
	return scep_ready(relay->in_fd, POLLOUT, 0);
}

int
scep_relay_waits(const struct scep_relay *relay)
{
	return scep_ready(relay->out_fd, POLLIN, 0);
}

static int
give(int in_fd, int fd)
{
	union control	 control;
	char		 octet = 'c';
	struct iovec	 iov = { .iov_base = &octet, .iov_len = 1 };
	struct msghdr	 msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.data,
		.msg_controllen = sizeof(control.data),
	};
	struct cmsghdr	*c;

	memset(&control, 0, sizeof(control));
	c = CMSG_FIRSTHDR(&msg);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	return sendmsg(in_fd, &msg, MSG_NOSIGNAL) == 1;
}

/* What there is no room for waits in the backlog. */
void
scep_relay_pass(struct scep_relay *relay, int listen_fd)
{
	int	 fd, pause_ms;

	while (!(relay->is_full = !has_room(relay))) {
		if ((fd = scep_accept(listen_fd)) == -1) {
			if ((pause_ms = scep_accept_pause(errno)) > 0)
				relay->due = scep_now_ms() + pause_ms;
			return;
		}
		relay->last = scep_now_ms();
		if (!give(relay->in_fd, fd))
			scep_log_warn("a connection could not be passed on: "
			    "%s", strerror(errno));
		(void)close(fd);
	}
}

int
scep_relay_take(int out_fd)
{
	union control		 control;
	char			 octet;
	struct iovec		 iov = { .iov_base = &octet, .iov_len = 1 };
	struct msghdr		 msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.data,
		.msg_controllen = sizeof(control.data),
	};
	const struct cmsghdr	*c;
	ssize_t			 n;
	int			 fd;

	n = recvmsg(out_fd, &msg, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	if (n != 1) {
		errno = n == 0 ? EAGAIN : errno;	/* its end */
		return -1;
	}
	c = CMSG_FIRSTHDR(&msg);
	if (c == NULL || c->cmsg_level != SOL_SOCKET ||
	    c->cmsg_type != SCM_RIGHTS || c->cmsg_len != CMSG_LEN(sizeof(fd))) {
		errno = EMFILE;		/* the kernel has let it go */
		return -1;
	}
	memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	return fd;
}
