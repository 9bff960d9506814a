/*
 * crew.c - the children of a supervisor, and how they live.
 *
 * Knows pids, sockets and delays; starts nobody (spawn.c does) and decides
 * nothing.
 */
#include <sys/socket.h>
#include <sys/wait.h>

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
#define WORKERS_MIN	8
#define WORKERS_FEW	2

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
scep_life_tell(const struct scep_life *life, const char *who, pid_t pid,
    int status)
{
	const int	 delay = life->delay;

	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
		scep_log_warn("%s %ld: a request took longer than "
		    "request_timeout; started again in %d ms", who, (long)pid,
		    delay);
	else if (WIFSIGNALED(status))
		scep_log_warn("%s %ld died of SIG%s; started again in %d ms",
		    who, (long)pid, sigabbrev_np(WTERMSIG(status)), delay);
	else
		scep_log_warn("%s %ld exited with %d; started again in %d ms",
		    who, (long)pid, WEXITSTATUS(status), delay);
}

void
scep_crew_init(struct scep_crew *crew)
{
	int	 i;

	memset(crew, 0, sizeof(*crew));
	for (i = 0; i < SCEP_WORKERS_MAX; i++)
		crew->worker[i].fd = -1;
}

/* Unless configured: twice the processors, and enough to wait for a slow disk
 * together. */
int
scep_crew_count(const struct scep_server_conf *conf, int few)
{
	long	 n = conf->workers;

	if (n == 0 && few)
		n = WORKERS_FEW;
	if (n == 0 && (n = 2 * sysconf(_SC_NPROCESSORS_ONLN)) < WORKERS_MIN)
		n = WORKERS_MIN;
	return n > SCEP_WORKERS_MAX ? SCEP_WORKERS_MAX : (int)n;
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
}

void
scep_crew_let_all_go(struct scep_crew *crew)
{
	int	 i;

	for (i = 0; i < crew->used; i++)
		scep_crew_let_go(&crew->worker[i]);
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

/* Of the end SIGCHLD tells more. */
static int
hear(struct scep_crew_worker *worker)
{
	char	 octet;
	ssize_t	 n;

	n = recv(worker->fd, &octet, 1, MSG_DONTWAIT);
	if (n == 0 || (n == -1 && errno != EAGAIN && errno != EINTR))
		scep_crew_let_go(worker);
	return n == 1 && octet == SCEP_WORKER_READY;
}

int
scep_crew_hear(struct scep_crew *crew, const struct pollfd *p)
{
	int	 i, ready = 0;

	for (i = 0; i < crew->used; i++)
		if (p[i].revents != 0 && crew->worker[i].fd == p[i].fd)
			ready |= hear(&crew->worker[i]);
	return ready;
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
