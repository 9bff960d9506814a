/*
 * supervisor.c - starts the CA process and the RA workers, and starts them
 * again.
 *
 * Holds no key and reads nothing that came from the network: what it must
 * survive is the death of the others.  It keeps the listening socket open;
 * workers accept from it by themselves, or by relay.c.
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
#include "base/ready.h"
#include "cgi/ca_process.h"
#include "cgi/child.h"
#include "cgi/idle.h"
#include "cgi/linger.h"
#include "cgi/log.h"
#include "cgi/notify.h"
#include "cgi/spawn.h"
#include "cgi/state.h"
#include "cgi/supervisor.h"

#define GRACE_S		5	/* beyond request_timeout, when stopping */

struct house {
	struct scep_supervisor	*args;
	int			 signal_fd;
	int			 control_fd;	/* to the CA process, or -1 */
	struct scep_life	 ca;
	struct scep_crew	 crew;
	struct scep_relay	 relay;
	int			 ready;		/* workers find an owner */
	int			 was_ready;	/* they once did */
	int			 served;	/* a worker once was ready */
	struct scep_idle	 idle;
	int			 stopping;
	int			 has_last;	/* start_last() */
	int			 asked_ca;	/* SIGTERM was sent to it */
	int64_t			 deadline;	/* of stopping */
	int			 status;	/* to exit with */
};

/* Starting. */

static void
close_control(struct house *h)
{
	if (h->control_fd != -1)
		(void)close(h->control_fd);
	h->control_fd = -1;
	h->ready = 0;
	scep_idle_operator(&h->idle, 0, scep_now_ms());
}

static void
start(struct house *h, const char *who, scep_spawn_fn spawn, int *fd,
    struct scep_life *life)
{
	const struct scep_own	 own = {
		.signal_fd = h->signal_fd,
		.control_fd = h->control_fd,
		.crew = &h->crew,
		.relay = &h->relay,
	};
	struct scep_error	 err;
	pid_t			 pid = -1;

	if (spawn(h->args, &own, fd, &pid, &err) != SCEP_OK) {
		scep_log_error("%s: %s", who, err.text);
		scep_life_ended(life);
	} else
		scep_life_began(life, pid);
}

static void
start_worker(struct house *h, struct scep_crew_worker *worker)
{
	start(h, "worker", scep_spawn_worker, &worker->fd, &worker->life);
}

static void
start_due(struct house *h)
{
	const int64_t	 now = scep_now_ms();
	int		 i;

	if (h->stopping)
		return;
	if (h->ca.pid == 0 && h->ca.due <= now)
		start(h, "CA process", scep_spawn_ca, &h->control_fd, &h->ca);
	for (i = 0; h->ready && i < h->crew.n; i++)
		if (h->crew.worker[i].life.pid == 0 &&
		    h->crew.worker[i].life.due <= now)
			start_worker(h, &h->crew.worker[i]);
}

/* Stopping. */

static void
stop(struct house *h, int status)
{
	if (h->stopping)
		return;
	h->stopping = 1;
	h->status = status;
	if (h->args->idle_s > 0)
		scep_linger_end(&h->args->conf);
	h->deadline = scep_now_ms() +
	    (h->args->conf.request_timeout_s + GRACE_S) * 1000;
	if (h->relay.in_fd != -1 && h->served) {
		/* Nobody else has that socket: its backlog ends with us. */
		scep_relay_limit(&h->relay, h->args->conf.backlog);
		scep_relay_pass(&h->relay, h->args->listen_fd);
	}
	(void)scep_crew_signal(&h->crew, SIGTERM);
}

/* Who leaves for another configuration leaves what has been passed on to those
 * that come: here one more, which is told to leave when it is ready. */
static int
start_last(struct house *h)
{
	if (h->has_last || h->asked_ca || h->ca.pid == 0 ||
	    !scep_relay_waits(&h->relay))
		return 0;
	h->has_last = 1;
	start_worker(h, &h->crew.worker[0]);
	return scep_crew_signal(&h->crew, 0) > 0;
}

/* Workers first, for they need the CA for what they have in hand. */
static void
stop_on(struct house *h)
{
	const int	 late = scep_now_ms() >= h->deadline;
	const int	 n = scep_crew_signal(&h->crew, late ? SIGKILL : 0);

	if (late)
		scep_log_warn("stopping takes too long: killing");
	if (!late && (n > 0 || start_last(h)))
		return;
	if (h->ca.pid != 0 && (late || !h->asked_ca)) {
		(void)kill(h->ca.pid, late ? SIGKILL : SIGTERM);
		h->asked_ca = 1;
	}
	if (late)		/* once is enough; they are being reaped */
		h->deadline = scep_now_ms() + GRACE_S * 1000;
}

/* The configuration. */

/* What is bound to the start of the program. */
static void
warn_of_restart(const struct scep_server_conf *was,
    const struct scep_server_conf *is)
{
	if (strcmp(was->listen, is->listen) != 0 ||
	    was->socket_mode != is->socket_mode ||
	    was->backlog != is->backlog)
		scep_log_warn("listen, socket_mode or backlog has changed: "
		    "that takes a restart");
	if (strcmp(was->door_socket, is->door_socket) != 0 ||
	    strcmp(was->door_group, is->door_group) != 0)
		scep_log_warn("door_socket or door_group has changed: that "
		    "takes a restart");
}

/* The CA process has taken a new configuration into use; workers of the old
 * one are told by it to leave. */
static void
adopt_conf(struct house *h)
{
	struct scep_server_conf	 fresh;
	struct scep_error	 err;

	if (scep_state_server(h->args->conf_path, &fresh, &err) != SCEP_OK) {
		scep_log_warn("[server] is as it was: %s", err.text);
		return;
	}
	if (strcmp(h->args->conf.state, fresh.state) != 0) {
		scep_log_warn("[server] is as it was: state has changed, "
		    "which takes a restart");
		return;
	}
	warn_of_restart(&h->args->conf, &fresh);
	h->args->conf = fresh;
	scep_log_configure(&fresh);
	scep_crew_resize(&h->crew, scep_crew_count(&fresh,
	    h->args->idle_s > 0));
	scep_relay_limit(&h->relay, h->crew.n);
	/* Some may have been started meanwhile, as it was before. */
	if (!h->stopping)
		scep_crew_let_all_go(&h->crew);
}

static void
begin(struct house *h, const char *how)
{
	h->ready = h->was_ready = 1;
	scep_idle_began(&h->idle, scep_now_ms());
	scep_log_info("ready: %d workers, state %s%s", h->crew.n,
	    h->args->conf.state, how);
	scep_notify(SCEP_NOTICE_READY, "ready: %d workers, state %s%s",
	    h->crew.n, h->args->conf.state, how);
}

/* ca_process.h; of the end of the file SIGCHLD tells more. */
static void
read_control(struct house *h)
{
	char	 octet;

	if (recv(h->control_fd, &octet, 1, MSG_DONTWAIT) != 1)
		close_control(h);
	else if (octet == SCEP_CA_OWNS)
		begin(h, "");
	else if (octet == SCEP_CA_SHARES)
		begin(h, " is shared with its owner");
	else if (octet == SCEP_CA_RELOADED) {
		adopt_conf(h);
		scep_notify(SCEP_NOTICE_READY, "ready: %d workers, "
		    "configuration reloaded", h->crew.n);
	} else if (octet == SCEP_CA_OPERATOR || octet == SCEP_CA_OPERATOR_LEFT)
		scep_idle_operator(&h->idle, octet == SCEP_CA_OPERATOR ? 1 :
		    -1, scep_now_ms());
	else
		scep_notify(SCEP_NOTICE_READY, "ready, but the new "
		    "configuration was refused: see the log, and scepadm "
		    "check");
}

/* Reaping: what the CA process said before is heard before. */

/* Workers notice by themselves, finish with a 503 what they have in hand, and
 * leave; others find whoever owns the state then. */
static void
ca_died(struct house *h, int status)
{
	const pid_t	 pid = h->ca.pid;

	scep_life_ended(&h->ca);
	close_control(h);
	if (h->stopping)
		return;
	/* The lock names it: who wants the end of one that lingers has sent
	 * SIGTERM there. */
	if (h->args->idle_s > 0 && WIFEXITED(status) &&
	    WEXITSTATUS(status) == 0)
		stop(h, 0);
	else if (!h->was_ready)
		stop(h, WIFEXITED(status) ? WEXITSTATUS(status) :
		    scep_err_exit(SCEP_E_INTERNAL));
	else {
		scep_life_tell(&h->ca, "CA process", pid, status);
		scep_notify(SCEP_NOTICE_STATUS, "the CA process has died and "
		    "is started again");
	}
}

static void
worker_died(struct house *h, struct scep_crew_worker *worker, int status)
{
	const pid_t	 pid = worker->life.pid;

	scep_crew_let_go(worker);
	scep_life_ended(&worker->life);
	if (h->stopping || (WIFEXITED(status) && WEXITSTATUS(status) == 0))
		return;			/* it was told to leave */
	/* What no worker can do is not a fault that passes: no sandbox. */
	if (WIFEXITED(status) && !h->served &&
	    WEXITSTATUS(status) == scep_err_exit(SCEP_E_CONFIG)) {
		stop(h, WEXITSTATUS(status));
		return;
	}
	scep_life_tell(&worker->life, "worker", pid, status);
	if (h->control_fd != -1)	/* which counts them */
		(void)send(h->control_fd, "w", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void
reap(struct house *h)
{
	struct scep_crew_worker	*worker;
	pid_t			 pid;
	int			 status;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		while (scep_ready(h->control_fd, POLLIN, 0))
			read_control(h);
		if (pid == h->ca.pid)
			ca_died(h, status);
		else if ((worker = scep_crew_find(&h->crew, pid)) != NULL)
			worker_died(h, worker, status);
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
		else if (info.ssi_signo == SIGHUP) {
			if (h->ca.pid == 0)
				continue;
			scep_notify(SCEP_NOTICE_RELOADING, "reloading");
			(void)kill(h->ca.pid, SIGHUP);
		} else {
			scep_log_info("stopping");
			scep_notify(SCEP_NOTICE_STOPPING, "stopping");
			stop(h, 0);
		}
	}
}

/* For how long nothing is to be done, or -1: for ever. */
static int
patience(const struct house *h)
{
	int64_t	 due = INT64_MAX, crew_due, idle_due;

	if (h->stopping)
		due = h->deadline;
	else {
		if (h->ca.pid == 0)
			due = h->ca.due;
		if (h->ready && (crew_due = scep_crew_due(&h->crew)) < due)
			due = crew_due;
		if (h->relay.due != 0 && h->relay.due < due)
			due = h->relay.due;
		idle_due = scep_idle_due(&h->idle, h->relay.last);
		if (idle_due < due)
			due = idle_due;
	}
	return scep_left_ms(due);
}

/* What has been passed on is a worker's: nothing is before there is one. */
static struct pollfd
relay_watch(struct house *h)
{
	const struct pollfd	 none = { .fd = -1 };

	return h->stopping || !h->served ? none :
	    scep_relay_watch(&h->relay, h->args->listen_fd);
}

static void
wait_and_see(struct house *h)
{
	struct pollfd	 p[3 + SCEP_WORKERS_MAX] = {
		{ .fd = h->signal_fd, .events = POLLIN },
		{ .fd = h->control_fd, .events = POLLIN },
		relay_watch(h),
	};

	scep_crew_watch(&h->crew, p + 3);
	if (poll(p, (nfds_t)(3 + h->crew.used), patience(h)) <= 0)
		return;
	if (scep_crew_hear(&h->crew, p + 3)) {
		h->served = 1;
		scep_idle_served(&h->idle, scep_now_ms());
		if (h->stopping)
			(void)scep_crew_signal(&h->crew, SIGTERM);
	}
	if (p[2].revents != 0) {
		scep_relay_pass(&h->relay, h->args->listen_fd);
		if (h->args->idle_s > 0 && scep_linger_is_replaced())
			stop(h, 0);
	}
	if (p[1].revents != 0)
		read_control(h);
	if (p[0].revents != 0)
		read_signals(h);
}

int
scep_supervisor_run(struct scep_supervisor *supervisor)
{
	struct house		 h = {
		.args = supervisor,
		.signal_fd = -1,
		.control_fd = -1,
		.relay = { .in_fd = -1, .out_fd = -1 },
		.idle.limit_s = supervisor->idle_s,
	};
	struct scep_error	 err;

	scep_crew_init(&h.crew);
	scep_crew_resize(&h.crew, scep_crew_count(&supervisor->conf,
	    supervisor->idle_s > 0));
	if (catch_signals(&h, &err) != SCEP_OK || (supervisor->is_watched &&
	    scep_relay_open(&h.relay, &err) != SCEP_OK)) {
		scep_log_error("%s", err.text);
		return scep_err_exit(err.code);
	}
	scep_relay_limit(&h.relay, h.crew.n);
	do {
		start_due(&h);
		wait_and_see(&h);
		if (scep_idle_due(&h.idle, h.relay.last) <= scep_now_ms())
			stop(&h, 0);
		if (h.stopping)
			stop_on(&h);
	} while (!h.stopping || h.ca.pid != 0 ||
	    scep_crew_signal(&h.crew, 0) > 0);
	(void)close(h.signal_fd);
	scep_relay_close(&h.relay);
	close_control(&h);
	return h.status;
}
