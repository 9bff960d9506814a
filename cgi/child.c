/* child.c - what every process of ours does first. */
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cgi/child.h"

void
scep_process_harden(void)
{
	const struct rlimit	 none = { 0, 0 };

	(void)setrlimit(RLIMIT_CORE, &none);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

void
scep_child_begin(pid_t parent, const char *name)
{
	static const int	 ignored[] = { SIGINT, SIGHUP, SIGUSR1,
				    SIGUSR2, SIGPIPE };
	sigset_t		 none;
	size_t			 i;

	/* The parent may have died before the kernel knew of our wish. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == -1 ||
	    getppid() != parent)
		_exit(EXIT_FAILURE);
	(void)prctl(PR_SET_NAME, name, 0, 0, 0);
	scep_process_harden();
	for (i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		(void)signal(ignored[i], SIG_IGN);
	(void)signal(SIGTERM, SIG_DFL);
	(void)signal(SIGALRM, SIG_DFL);
	(void)signal(SIGCHLD, SIG_DFL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

int64_t
scep_now_ms(void)
{
	struct timespec	 t = { 0, 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int
scep_child_take(int socket_fd, int *fd)
{
	union {
		struct cmsghdr	 align;
		char		 data[CMSG_SPACE(sizeof(int))];
	}			 control;
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

	*fd = -1;
	n = recvmsg(socket_fd, &msg, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	if (n <= 0)
		return n == -1 && (errno == EAGAIN || errno == EINTR);
	c = CMSG_FIRSTHDR(&msg);
	if (c != NULL && c->cmsg_level == SOL_SOCKET &&
	    c->cmsg_type == SCM_RIGHTS &&
	    c->cmsg_len == CMSG_LEN(sizeof(*fd)))
		memcpy(fd, CMSG_DATA(c), sizeof(*fd));
	return 1;
}
