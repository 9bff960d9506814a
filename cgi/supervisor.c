/*
 * supervisor.c - starts the CA process and the RA workers, and starts them
 * again.
 *
 * Holds no key and reads nothing that came from the network: what it must
 * survive is the death of the others.  It alone has the listening socket, and
 * hands each connection to a worker that is idle.
 */
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "cgi/child.h"
#include "cgi/log.h"
#include "cgi/spawn.h"
#include "cgi/supervisor.h"

#define WORKERS_MAX	512
#define LIVED_MS	1000	/* longer than this: no delay */
#define DELAY_MS	100	/* doubled each time, up to … */
#define DELAY_MAX_MS	1000
#define GRACE_S		5	/* beyond request_timeout, when stopping */

struct child {
	pid_t	 pid;		/* 0: not running */
	int64_t	 started;
	int64_t	 due;		/* when it may be started */
	int	 delay;
	int	 idle;		/* a worker: it waits for a connection */
};

struct house {
	const struct scep_supervisor	*args;
	int		 signal_fd;
	int		 control_fd;	/* to the CA process, or -1 */
	struct child	 ca;
	struct child	 worker[WORKERS_MAX];
	int		 work_fd[WORKERS_MAX];	/* to worker[], or -1 */
	int		 n_workers;
	int		 ready;		/* the CA process is */
	int		 was_ready;	/* it once was */
	int		 stopping;
	int		 asked_ca;	/* SIGTERM was sent to it */
	int64_t		 deadline;	/* of stopping */
	int		 status;	/* to exit with */
};

/* How many workers: twice the processors, unless configured. */
static int
count_workers(const struct scep_server_conf *conf)
{
	const long	 n = conf->workers > 0 ? conf->workers :
			    2 * sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1 : n > WORKERS_MAX ? WORKERS_MAX : (int)n;
}

/* Starting. */

/* Not at once again if it did not live long. */
static void
retire(struct child *c)
{
	const int64_t	 now = scep_now_ms();

	if (now - c->started > LIVED_MS)
		c->delay = 0;
	else if (c->delay == 0)
		c->delay = DELAY_MS;
	else if ((c->delay *= 2) > DELAY_MAX_MS)
		c->delay = DELAY_MAX_MS;
	c->idle = 0;
	c->pid = 0;
	c->due = now + c->delay;
}

static void
started(struct child *c, pid_t pid)
{
	c->pid = pid;
	c->started = scep_now_ms();
}

static void
close_control(struct house *h)
{
	if (h->control_fd != -1)
		(void)close(h->control_fd);
	h->control_fd = -1;
	h->ready = 0;
}

static struct scep_own
own(const struct house *h)
{
	const struct scep_own	 o = {
		.signal_fd = h->signal_fd,
		.control_fd = h->control_fd,
		.work_fd = h->work_fd,
		.n_work = h->n_workers,
	};

	return o;
}

static void
close_work(struct house *h, int i)
{
	if (h->work_fd[i] != -1)
		(void)close(h->work_fd[i]);
	h->work_fd[i] = -1;
	h->worker[i].idle = 0;
}

static void
start_ca(struct house *h)
{
	const struct scep_own	 mine = own(h);
	struct scep_error	 err;
	pid_t			 pid = -1;

	if (scep_spawn_ca(h->args, &mine, &h->control_fd, &pid, &err) ==
	    SCEP_OK) {
		started(&h->ca, pid);
		return;
	}
	scep_log_error("CA process: %s", err.text);
	retire(&h->ca);
}

static void
start_worker(struct house *h, int i)
{
	const struct scep_own	 mine = own(h);
	struct scep_error	 err;
	pid_t			 pid = -1;

	if (scep_spawn_worker(h->args, &mine, &h->work_fd[i], &pid, &err) ==
	    SCEP_OK) {
		started(&h->worker[i], pid);
		return;
	}
	scep_log_error("worker: %s", err.text);
	retire(&h->worker[i]);
}

static void
start_due(struct house *h)
{
	const int64_t	 now = scep_now_ms();
	int		 i;

	if (h->stopping)
		return;
	if (h->ca.pid == 0 && h->ca.due <= now)
		start_ca(h);
	for (i = 0; h->ready && i < h->n_workers; i++)
		if (h->worker[i].pid == 0 && h->worker[i].due <= now)
			start_worker(h, i);
}

/* Stopping. */

static int
signal_workers(const struct house *h, int sig)
{
	int	 i, n = 0;

	for (i = 0; i < h->n_workers; i++)
		if (h->worker[i].pid != 0) {
			(void)kill(h->worker[i].pid, sig);
			n++;
		}
	return n;
}

static void
stop(struct house *h, int status)
{
	if (h->stopping)
		return;
	h->stopping = 1;
	h->status = status;
	h->deadline = scep_now_ms() +
	    (h->args->conf->request_timeout_s + GRACE_S) * 1000;
	(void)signal_workers(h, SIGTERM);
}

/* Workers first, for they need the CA for what they have in hand. */
static void
stop_on(struct house *h)
{
	const int	 late = scep_now_ms() >= h->deadline;

	if (late)
		scep_log_warn("stopping takes too long: killing");
	if (signal_workers(h, late ? SIGKILL : 0) > 0 && !late)
		return;
	if (h->ca.pid != 0 && (late || !h->asked_ca)) {
		(void)kill(h->ca.pid, late ? SIGKILL : SIGTERM);
		h->asked_ca = 1;
	}
	if (late)		/* once is enough; they are being reaped */
		h->deadline = scep_now_ms() + GRACE_S * 1000;
}

/* Reaping. */

static void
describe(const char *who, pid_t pid, int status, int delay)
{
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

/* Without the CA process no worker is of use, and what it held in memory is
 * gone: all begin afresh. */
static void
ca_died(struct house *h, int status)
{
	const pid_t	 pid = h->ca.pid;
	int		 i;

	retire(&h->ca);
	close_control(h);
	if (h->stopping)
		return;
	if (!h->was_ready) {
		stop(h, WIFEXITED(status) ? WEXITSTATUS(status) :
		    scep_err_exit(SCEP_E_INTERNAL));
		return;
	}
	describe("CA process", pid, status, h->ca.delay);
	(void)signal_workers(h, SIGKILL);
	for (i = 0; i < h->n_workers; i++) {
		h->worker[i].delay = 0;
		h->worker[i].due = 0;
	}
}

static void
worker_died(struct house *h, struct child *c, int status)
{
	const pid_t	 pid = c->pid;

	retire(c);
	if (h->stopping)
		return;
	if (!h->ready) {		/* killed by us */
		c->delay = 0;
		c->due = 0;
		return;
	}
	if (WIFEXITED(status) &&
	    WEXITSTATUS(status) == scep_err_exit(SCEP_E_CONFIG)) {
		stop(h, WEXITSTATUS(status));	/* no sandbox, say */
		return;
	}
	describe("worker", pid, status, c->delay);
}

static void
reap(struct house *h)
{
	pid_t	 pid;
	int	 i, status;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == h->ca.pid) {
			ca_died(h, status);
			continue;
		}
		for (i = 0; i < h->n_workers; i++)
			if (pid == h->worker[i].pid) {
				close_work(h, i);
				worker_died(h, &h->worker[i], status);
			}
	}
}

/* The loop. */

static enum scep_err
catch_signals(struct house *h, struct scep_error *err)
{
	static const int	 ours[] = { SIGCHLD, SIGTERM, SIGINT, SIGHUP,
				    SIGUSR1 };
	sigset_t		 set;
	size_t			 i;

	(void)sigemptyset(&set);
	for (i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
		/* An ignored one would not come out of a signalfd. */
		(void)signal(ours[i], SIG_DFL);
		(void)sigaddset(&set, ours[i]);
	}
	(void)signal(SIGPIPE, SIG_IGN);
	if (sigprocmask(SIG_SETMASK, &set, NULL) == -1 ||
	    (h->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)) ==
	    -1)
		return scep_fail(err, SCEP_E_INTERNAL, "signals: %s",
		    strerror(errno));
	return SCEP_OK;
}

static void
read_signals(struct house *h)
{
	struct signalfd_siginfo	 info;

	while (read(h->signal_fd, &info, sizeof(info)) ==
	    (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			reap(h);
		else {
			scep_log_info("stopping");
			stop(h, 0);
		}
	}
}

/* "r", or the end of the file; of that SIGCHLD tells more. */
static void
read_control(struct house *h)
{
	char	 octet;

	if (recv(h->control_fd, &octet, 1, MSG_DONTWAIT) == 1) {
		h->ready = h->was_ready = 1;
		scep_log_info("ready: %d workers, state %s", h->n_workers,
		    h->args->conf->state);
	} else
		close_control(h);
}

static int64_t
earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* For how long nothing is to be done, or -1: for ever. */
static int
patience(const struct house *h)
{
	int64_t	 due = INT64_MAX;
	int	 i;

	if (h->stopping)
		due = h->deadline;
	else if (h->ca.pid == 0)
		due = h->ca.due;
	for (i = 0; h->ready && !h->stopping && i < h->n_workers; i++)
		if (h->worker[i].pid == 0)
			due = earlier(due, h->worker[i].due);
	if (due == INT64_MAX)
		return -1;
	due -= scep_now_ms();
	return due < 0 ? 0 : (int)due;
}

/* Connections. */

/* -1 if all are at work. */
static int
idle_worker(const struct house *h)
{
	int	 i;

	for (i = 0; i < h->n_workers; i++)
		if (h->worker[i].idle)
			return i;
	return -1;
}

/* What nobody is idle for waits in the backlog.  One that a worker did not
 * take is gone: that worker is dying, and the web server sees it closed. */
static void
hand_out(struct house *h)
{
	int	 i, fd;

	while ((i = idle_worker(h)) != -1) {
		fd = accept4(h->args->listen_fd, NULL, NULL, SOCK_CLOEXEC);
		if (fd == -1)
			return;
		h->worker[i].idle = 0;
		if (!scep_spawn_give(h->work_fd[i], fd))
			scep_log_warn("worker %ld takes no connection",
			    (long)h->worker[i].pid);
		(void)close(fd);
	}
}

/* An octet: it has nothing to do.  The end: SIGCHLD tells the rest. */
static void
read_worker(struct house *h, int i)
{
	char	 octet;

	if (recv(h->work_fd[i], &octet, 1, MSG_DONTWAIT) == 1)
		h->worker[i].idle = 1;
	else if (errno != EAGAIN && errno != EINTR)
		close_work(h, i);
}

static void
wait_and_see(struct house *h)
{
	struct pollfd	 p[3 + WORKERS_MAX] = {
		{ .fd = h->signal_fd, .events = POLLIN },
		{ .fd = h->control_fd, .events = POLLIN },
		{ .fd = h->stopping || idle_worker(h) == -1 ? -1 :
		    h->args->listen_fd, .events = POLLIN },
	};
	int		 i;

	for (i = 0; i < h->n_workers; i++) {
		p[3 + i].fd = h->work_fd[i];
		p[3 + i].events = POLLIN;
	}
	if (poll(p, (nfds_t)(3 + h->n_workers), patience(h)) <= 0)
		return;
	for (i = 0; i < h->n_workers; i++)
		if (p[3 + i].revents != 0)
			read_worker(h, i);
	if (p[2].revents != 0)
		hand_out(h);
	if (p[1].revents != 0)
		read_control(h);
	if (p[0].revents != 0)
		read_signals(h);
}

int
scep_supervisor_run(const struct scep_supervisor *supervisor)
{
	struct house		 h = {
		.args = supervisor,
		.signal_fd = -1,
		.control_fd = -1,
		.n_workers = count_workers(supervisor->conf),
	};
	struct scep_error	 err;
	int			 i;

	for (i = 0; i < WORKERS_MAX; i++)
		h.work_fd[i] = -1;
	if (catch_signals(&h, &err) != SCEP_OK) {
		scep_log_error("%s", err.text);
		return scep_err_exit(err.code);
	}
	for (;;) {
		start_due(&h);
		wait_and_see(&h);
		if (!h.stopping)
			continue;
		stop_on(&h);
		if (h.ca.pid == 0 && signal_workers(&h, 0) == 0)
			break;
	}
	(void)close(h.signal_fd);
	close_control(&h);
	return h.status;
}
