/*
 * crew.c - the children of a supervisor: how they live, and how workers get
 * connections.
 *
 * Knows pids, sockets and delays; starts nobody (spawn.c does) and decides
 * nothing.
 */
#include <sys/socket.h>

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "cgi/child.h"
#include "cgi/crew.h"
#include "cgi/log.h"
#include "cgi/worker.h"

#define LIVED_MS	1000	/* longer than this: no delay */
#define DELAY_MS	100	/* doubled each time, up to … */
#define DELAY_MAX_MS	1000

void
scep_life_began(struct scep_life *life, pid_t pid)
{
	life->pid = pid;
	life->started = scep_now_ms();
}

void
scep_life_ended(struct scep_life *life)
{
	const int64_t	 now = scep_now_ms();

	if (now - life->started > LIVED_MS)
		life->delay = 0;
	else if (life->delay == 0)
		life->delay = DELAY_MS;
	else if ((life->delay *= 2) > DELAY_MAX_MS)
		life->delay = DELAY_MAX_MS;
	life->pid = 0;
	life->due = now + life->delay;
}

void
scep_crew_init(struct scep_crew *crew)
{
	int	 i;

	memset(crew, 0, sizeof(*crew));
	for (i = 0; i < SCEP_WORKERS_MAX; i++)
		crew->worker[i].fd = -1;
}

void
scep_crew_resize(struct scep_crew *crew, int n)
{
	crew->n = n;
	if (crew->used < n)
		crew->used = n;
}

int
scep_crew_signal(const struct scep_crew *crew, int sig)
{
	int	 i, n = 0;

	for (i = 0; i < crew->used; i++)
		if (crew->worker[i].life.pid != 0) {
			(void)kill(crew->worker[i].life.pid, sig);
			n++;
		}
	return n;
}

struct scep_crew_worker *
scep_crew_find(struct scep_crew *crew, pid_t pid)
{
	int	 i;

	for (i = 0; i < crew->used; i++)
		if (crew->worker[i].life.pid == pid)
			return &crew->worker[i];
	return NULL;
}

void
scep_crew_let_go(struct scep_crew_worker *worker)
{
	if (worker->fd != -1)
		(void)close(worker->fd);
	worker->fd = -1;
	worker->idle = 0;
}

void
scep_crew_let_all_go(struct scep_crew *crew)
{
	int	 i;

	for (i = 0; i < crew->used; i++)
		scep_crew_let_go(&crew->worker[i]);
}

struct scep_crew_worker *
scep_crew_idle(struct scep_crew *crew)
{
	int	 i;

	for (i = 0; i < crew->used; i++)
		if (crew->worker[i].idle)
			return &crew->worker[i];
	return NULL;
}

void
scep_crew_watch(const struct scep_crew *crew, struct pollfd *p)
{
	int	 i;

	for (i = 0; i < crew->used; i++) {
		p[i].fd = crew->worker[i].fd;
		p[i].events = POLLIN;
		p[i].revents = 0;
	}
}

/* An octet: it has nothing to do, or it leaves.  The end: SIGCHLD tells the
 * rest. */
static void
hear(struct scep_crew_worker *worker)
{
	char	 octet;
	ssize_t	 n;

	n = recv(worker->fd, &octet, 1, MSG_DONTWAIT);
	if (n == 1 && octet == SCEP_WORKER_IDLE)
		worker->idle = 1;
	else if (n != -1 || (errno != EAGAIN && errno != EINTR))
		scep_crew_let_go(worker);
}

void
scep_crew_hear(struct scep_crew *crew, const struct pollfd *p)
{
	int	 i;

	for (i = 0; i < crew->used; i++)
		if (p[i].revents != 0 && crew->worker[i].fd == p[i].fd)
			hear(&crew->worker[i]);
}

/* Hand fd to the process behind a socket, without waiting for it; 0 if it
 * does not take it. */
static int
give(int socket_fd, int fd)
{
	union {
		struct cmsghdr	 align;
		char		 data[CMSG_SPACE(sizeof(int))];
	}			 control;
	char			 octet = 'c';
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

/* What nobody is idle for waits in the backlog.  One that a worker did not
 * take is gone: that worker is dying, and the web server sees it closed. */
void
scep_crew_hand_out(struct scep_crew *crew, int listen_fd)
{
	struct scep_crew_worker	*worker;
	int			 fd;

	while ((worker = scep_crew_idle(crew)) != NULL) {
		fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);
		if (fd == -1)
			return;
		worker->idle = 0;
		if (!give(worker->fd, fd))
			scep_log_warn("worker %ld takes no connection",
			    (long)worker->life.pid);
		(void)close(fd);
	}
}

int64_t
scep_crew_due(const struct scep_crew *crew)
{
	int64_t	 due = INT64_MAX;
	int	 i;

	for (i = 0; i < crew->n; i++)
		if (crew->worker[i].life.pid == 0 &&
		    crew->worker[i].life.due < due)
			due = crew->worker[i].life.due;
	return due;
}
