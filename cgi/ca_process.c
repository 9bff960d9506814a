/*
 * ca_process.c - the process that decides and remembers: a thread for each
 * worker, one for scepadm, and this one, which looks after the store.
 *
 * Knows sockets and threads; what is asked and answered is door.c's and
 * admin.c's business.
 */
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "ca/door.h"
#include "cgi/admin_socket.h"
#include "cgi/ca_process.h"
#include "cgi/child.h"
#include "cgi/log.h"
#include "cgi/state.h"
#include "cgi/state_socket.h"

#define LOCK_WAIT_MS	2000	/* a predecessor that is being reaped */
#define TEND_MS		5000
#define CONNECTIONS_MAX	1024

struct ca_process {
	const struct scep_ca_process	*args;
	struct scep_crypto		*crypto;
	struct scep_config		*cfg;
	struct scep_owner		 owner;
	int				 signal_fd;
	int				 admin_fd;
	int				 stop_fd;	/* ends threads */
	pthread_t			 admin;
	pthread_mutex_t			 mutex;
	pthread_cond_t			 left;		/* a connection ended */
	int				 n_connections;
};

struct connection {
	struct ca_process	*p;
	int			 fd;
};

static time_t
wall_clock(void)
{
	return time(NULL);
}

/* Workers. */

static int
count_connections(struct ca_process *p, int by)
{
	int	 n;

	(void)pthread_mutex_lock(&p->mutex);
	n = p->n_connections += by;
	(void)pthread_cond_signal(&p->left);
	(void)pthread_mutex_unlock(&p->mutex);
	return n;
}

static void *
serve_worker(void *arg)
{
	struct connection	*c = arg;
	struct ca_process	*p = c->p;
	struct scep_error	 err;
	enum scep_err		 rc;

	do
		rc = scep_door_serve(p->owner.ca, c->fd, wall_clock, &err);
	while (rc == SCEP_OK);
	if (rc != SCEP_E_NOTFOUND)
		scep_log_warn("a worker was cut off: %s", err.text);
	(void)close(c->fd);
	OPENSSL_free(c);
	(void)count_connections(p, -1);
	return NULL;
}

static int
start_thread(pthread_t *thread, void *(*fn)(void *), void *arg, int detached)
{
	pthread_attr_t	 attr;
	int		 rc;

	if (pthread_attr_init(&attr) != 0)
		return 0;
	rc = pthread_attr_setdetachstate(&attr, detached ?
	    PTHREAD_CREATE_DETACHED : PTHREAD_CREATE_JOINABLE);
	if (rc == 0)
		rc = pthread_create(thread, &attr, fn, arg);
	(void)pthread_attr_destroy(&attr);
	return rc == 0;
}

static void
take_worker(struct ca_process *p, int fd)
{
	struct connection	*c;
	pthread_t		 thread;

	c = OPENSSL_zalloc(sizeof(*c));
	if (count_connections(p, 1) <= CONNECTIONS_MAX && c != NULL) {
		c->p = p;
		c->fd = fd;
		if (start_thread(&thread, serve_worker, c, 1))
			return;
	}
	(void)count_connections(p, -1);
	OPENSSL_free(c);
	scep_log_error("no thread for another worker");
	(void)close(fd);
}

/* A worker's socket from the supervisor; 0 when the supervisor is gone. */
static int
receive_worker(struct ca_process *p)
{
	int	 fd;

	if (!scep_child_take(p->args->control_fd, &fd))
		return 0;
	if (fd != -1)
		take_worker(p, fd);
	return 1;
}

/* The operator: one at a time. */

static void *
serve_admin(void *arg)
{
	struct ca_process	*p = arg;
	struct pollfd		 fds[2] = {
		{ .fd = p->stop_fd, .events = POLLIN },
		{ .fd = p->admin_fd, .events = POLLIN },
	};
	int			 fd;

	for (;;) {
		if (poll(fds, 2, -1) == -1)
			continue;
		if (fds[0].revents != 0)
			return NULL;
		fd = accept4(p->admin_fd, NULL, NULL, SOCK_CLOEXEC);
		if (fd != -1)
			scep_admin_serve(p->owner.ca, fd);
	}
}

/* Start. */

static void
log_fault(void *arg, int fatal, const char *text)
{
	(void)arg;
	if (fatal)
		scep_log_error("%s", text);
	else
		scep_log_warn("%s", text);
}

/* Threads inherit the mask: signals come out of signal_fd alone. */
static enum scep_err
prepare_threads(struct ca_process *p, struct scep_error *err)
{
	pthread_condattr_t	 attr;
	sigset_t		 all, term;

	(void)sigemptyset(&term);
	(void)sigaddset(&term, SIGTERM);
	(void)sigfillset(&all);
	if (pthread_condattr_init(&attr) != 0 ||
	    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) != 0 ||
	    pthread_cond_init(&p->left, &attr) != 0 ||
	    pthread_condattr_destroy(&attr) != 0 ||
	    pthread_mutex_init(&p->mutex, NULL) != 0)
		return scep_fail(err, SCEP_E_INTERNAL, "no mutex");
	if (pthread_sigmask(SIG_SETMASK, &all, NULL) != 0 ||
	    (p->signal_fd = signalfd(-1, &term, SFD_CLOEXEC)) == -1 ||
	    (p->stop_fd = eventfd(0, EFD_CLOEXEC)) == -1)
		return scep_fail(err, SCEP_E_INTERNAL, "signals: %s",
		    strerror(errno));
	return SCEP_OK;
}

static enum scep_err
prepare(struct ca_process *p, struct scep_error *err)
{
	enum scep_err	 rc;

	if ((rc = prepare_threads(p, err)) != SCEP_OK ||
	    (rc = scep_crypto_new(NULL, &p->crypto, err)) != SCEP_OK ||
	    (rc = scep_state_config(p->crypto, p->args->conf_path, 1, &p->cfg,
	    err)) != SCEP_OK ||
	    (rc = scep_config_check(p->crypto, p->cfg, time(NULL), log_fault,
	    NULL, err)) != SCEP_OK ||
	    (rc = scep_owner_open(p->crypto, p->cfg, LOCK_WAIT_MS, &p->owner,
	    err)) != SCEP_OK ||
	    (rc = scep_state_listen(p->cfg->server.state, SCEP_ADMIN_SOCK,
	    &p->admin_fd,
	    err)) != SCEP_OK)
		return rc;
	if (!start_thread(&p->admin, serve_admin, p, 0))
		return scep_fail(err, SCEP_E_INTERNAL,
		    "no thread for the admin socket");
	return SCEP_OK;
}

/* Run. */

/* SCEP_E_STORE: only opening it anew helps, and that is a new process's
 * work. */
static enum scep_err
tend(struct ca_process *p)
{
	struct scep_error	 err;
	enum scep_err		 rc;

	if ((rc = scep_store_tend(p->owner.store, &err)) != SCEP_OK) {
		scep_log_error("store: %s", err.text);
		if (rc == SCEP_E_STORE)
			return rc;
	}
	if (scep_ca_tend(p->owner.ca, time(NULL), &err) != SCEP_OK)
		scep_log_warn("tending: %s", err.text);
	return SCEP_OK;
}

static enum scep_err
run(struct ca_process *p)
{
	struct pollfd	 fds[2] = {
		{ .fd = p->signal_fd, .events = POLLIN },
		{ .fd = p->args->control_fd, .events = POLLIN },
	};
	int64_t		 due = scep_now_ms() + TEND_MS, now;
	enum scep_err	 rc;

	for (;;) {
		now = scep_now_ms();
		if (now >= due) {
			if ((rc = tend(p)) != SCEP_OK)
				return rc;
			due = scep_now_ms() + TEND_MS;
			continue;
		}
		fds[0].revents = fds[1].revents = 0;
		if (poll(fds, 2, (int)(due - now)) == -1)
			continue;
		if (fds[0].revents != 0)
			return SCEP_OK;
		if (fds[1].revents != 0 && !receive_worker(p))
			return SCEP_OK;
	}
}

/* Stop. */

static void
deadline_in(long seconds, clockid_t clock, struct timespec *out)
{
	(void)clock_gettime(clock, out);
	out->tv_sec += seconds;
}

/*
 * Workers first: each finishes what it has in hand and closes its socket.
 * 0 if some did not in time.
 */
static int
drain(struct ca_process *p)
{
	const uint64_t	 one = 1;
	struct timespec	 until;
	int		 rc = 0, left;

	if (write(p->stop_fd, &one, sizeof(one)) == -1)
		return 0;
	deadline_in(p->args->drain_s, CLOCK_MONOTONIC, &until);
	(void)pthread_mutex_lock(&p->mutex);
	while (p->n_connections > 0 && rc == 0)
		rc = pthread_cond_timedwait(&p->left, &p->mutex, &until);
	left = p->n_connections;
	(void)pthread_mutex_unlock(&p->mutex);
	if (left > 0) {
		scep_log_warn("%d workers did not finish in %ld s", left,
		    p->args->drain_s);
		return 0;
	}
	deadline_in(p->args->drain_s, CLOCK_REALTIME, &until);
	return pthread_timedjoin_np(p->admin, NULL, &until) == 0;
}

static void
release(struct ca_process *p)
{
	scep_owner_close(&p->owner);
	scep_config_free(p->cfg);
	scep_crypto_free(p->crypto);
}

/* With threads at work nothing can be closed: recovery is for that. */
static int
stop(struct ca_process *p, enum scep_err why)
{
	if (why == SCEP_E_STORE || !drain(p))
		_exit(scep_err_exit(SCEP_E_STORE));
	release(p);
	return 0;
}

int
scep_ca_process_run(const struct scep_ca_process *process)
{
	struct ca_process	 p = {
		.args = process,
		.owner = { .lock = -1 },
		.signal_fd = -1,
		.admin_fd = -1,
		.stop_fd = -1,
	};
	struct scep_error	 err;
	enum scep_err		 rc;

	if ((rc = prepare(&p, &err)) != SCEP_OK) {
		scep_log_error("%s", err.text);
		release(&p);
		return scep_err_exit(rc);
	}
	if (send(process->control_fd, "r", 1, MSG_NOSIGNAL) != 1)
		return stop(&p, SCEP_OK);
	return stop(&p, run(&p));
}
