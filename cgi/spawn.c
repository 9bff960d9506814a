/*
 * spawn.c - makes the CA process and RA workers, and the sockets between them.
 *
 * Each child keeps what it needs and nothing else of ours.
 */
#include <sys/socket.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "cgi/ca_process.h"
#include "cgi/child.h"
#include "cgi/spawn.h"
#include "cgi/worker.h"

/* In a child: it could speak for the supervisor with any of these. */
static void
close_own(const struct scep_own *own)
{
	int	 i;

	(void)close(own->signal_fd);
	if (own->control_fd != -1)
		(void)close(own->control_fd);
	for (i = 0; i < own->n_work; i++)
		if (own->work_fd[i] != -1)
			(void)close(own->work_fd[i]);
}

/* The network is none of the CA process's business. */
static void
be_ca(const struct scep_supervisor *sv, pid_t parent, int control)
{
	const struct scep_ca_process	 args = {
		.conf_path = sv->conf_path,
		.control_fd = control,
		.drain_s = sv->conf->request_timeout_s,
	};

	scep_child_begin(parent, "scep-ca");
	(void)close(sv->listen_fd);
	exit(scep_ca_process_run(&args));
}

enum scep_err
scep_spawn_ca(const struct scep_supervisor *args,
    const struct scep_own *own, int *control, pid_t *pid,
    struct scep_error *err)
{
	const pid_t	 parent = getpid();
	int		 pair[2];

	*control = -1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == -1)
		return scep_fail(err, SCEP_E_INTERNAL, "socketpair: %s",
		    strerror(errno));
	if ((*pid = fork()) == 0) {
		close_own(own);
		(void)close(pair[0]);
		be_ca(args, parent, pair[1]);
	}
	(void)close(pair[1]);
	if (*pid == -1) {
		(void)close(pair[0]);
		return scep_fail(err, SCEP_E_INTERNAL, "fork: %s",
		    strerror(errno));
	}
	*control = pair[0];
	return SCEP_OK;
}

int
scep_spawn_give(int socket_fd, int fd)
{
	union {
		struct cmsghdr	 align;
		char		 data[CMSG_SPACE(sizeof(int))];
	}			 control;
	char			 octet = 'w';
	struct iovec		 iov = { .iov_base = &octet, .iov_len = 1 };
	struct msghdr		 msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.data,
		.msg_controllen = sizeof(control.data),
	};
	struct cmsghdr		*c;

	memset(&control, 0, sizeof(control));
	c = CMSG_FIRSTHDR(&msg);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	return sendmsg(socket_fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT) == 1;
}

/*
 * The listening socket is the supervisor's alone: a web server that started it
 * asks the socket whether it must do so again, and nobody but the supervisor
 * may keep it open when that has died.
 */
static void
be_worker(const struct scep_supervisor *sv, pid_t parent, int ca_fd,
    int work_fd)
{
	const struct scep_worker	 args = {
		.work_fd = work_fd,
		.ca_fd = ca_fd,
		.conf = sv->conf,
	};

	scep_child_begin(parent, "scep-worker");
	(void)close(sv->listen_fd);
	exit(scep_worker_run(&args));
}

/* Two socketpairs: the CA's, and the supervisor's. */
static enum scep_err
make_pairs(int ca[2], int work[2], struct scep_error *err)
{
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ca) == -1)
		return scep_fail(err, SCEP_E_INTERNAL, "socketpair: %s",
		    strerror(errno));
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, work) ==
	    -1) {
		(void)close(ca[0]);
		(void)close(ca[1]);
		return scep_fail(err, SCEP_E_INTERNAL, "socketpair: %s",
		    strerror(errno));
	}
	return SCEP_OK;
}

enum scep_err
scep_spawn_worker(const struct scep_supervisor *args,
    const struct scep_own *own, int *work, pid_t *pid, struct scep_error *err)
{
	const pid_t	 parent = getpid();
	enum scep_err	 rc;
	int		 ca[2], ours[2];

	*work = -1;
	if ((rc = make_pairs(ca, ours, err)) != SCEP_OK)
		return rc;
	if (!scep_spawn_give(own->control_fd, ca[0]))
		rc = scep_fail(err, SCEP_E_BUSY,
		    "the CA process does not take it: %s", strerror(errno));
	else if ((*pid = fork()) == 0) {
		close_own(own);
		(void)close(ca[0]);
		(void)close(ours[0]);
		be_worker(args, parent, ca[1], ours[1]);
	} else if (*pid == -1)
		rc = scep_fail(err, SCEP_E_INTERNAL, "fork: %s",
		    strerror(errno));
	(void)close(ca[0]);
	(void)close(ca[1]);
	(void)close(ours[1]);
	if (rc == SCEP_OK)
		*work = ours[0];
	else
		(void)close(ours[0]);
	return rc;
}
