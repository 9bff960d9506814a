/*
 * ca_process.c - the process that decides and remembers: it owns the state,
 * or waits until it can.
 *
 * Its doors are ca_doors.c's, the configuration in force is generation.c's;
 * this thread takes signals and looks after the store.
 */
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "cgi/admin_socket.h"
#include "cgi/ca_doors.h"
#include "cgi/ca_process.h"
#include "cgi/ca_tend.h"
#include "cgi/child.h"
#include "cgi/courier.h"
#include "cgi/log.h"
#include "cgi/state.h"
#include "cgi/thread.h"

#define LOCK_WAIT_MS	200	/* a predecessor that is being reaped */
#define TEND_MS		1000

struct ca_process {
	const struct scep_ca_process	*args;
	struct scep_crypto		*crypto;
	struct scep_config		*cfg;	/* until generations has it */
	struct scep_generations		 generations;
	struct scep_doors		 doors;
	struct scep_store		*store;
	struct scep_admin_host		 host;
	int				 lock;
	int				 signal_fd;
	time_t				 started;
	struct scep_tending		 tending;
	struct scep_couriers		 couriers;
	atomic_long			 restarts;	/* of workers */
};

/* A thread that waits for the lock. */
struct waiting {
	const char		*dir;
	int			 done_fd;	/* eventfd */
	int			 lock;
	enum scep_err		 rc;
	struct scep_error	 err;
};

static void
say(const struct ca_process *p, char octet)
{
	/* A supervisor that is gone is noticed elsewhere. */
	(void)send(p->args->control_fd, &octet, 1, MSG_NOSIGNAL);
}

/* The supervisor hears of it before a worker leaves for it, or starts another
 * one by the configuration of before. */
static void
in_force(void *arg, const struct scep_config *cfg)
{
	struct ca_process	*p = arg;

	scep_log_configure(&cfg->server);
	say(p, SCEP_CA_RELOADED);
}

/* By SIGHUP, or because an operator wants it. */
static enum scep_err
reload(void *arg, uint32_t *generation, struct scep_error *err)
{
	struct ca_process	*p = arg;
	enum scep_err		 rc;

	if ((rc = scep_generations_reload(&p->generations, in_force, p,
	    generation, err)) != SCEP_OK)
		say(p, SCEP_CA_KEEPS);
	return rc;
}

static void
look(void *arg, struct scep_host_facts *out)
{
	struct ca_process	*p = arg;

	out->pid = (long)getpid();
	out->started = p->started;
	out->workers = scep_doors_count(&p->doors);
	out->restarts = atomic_load(&p->restarts);
}

/* A worker died; 0 if the supervisor did. */
static int
hear_supervisor(struct ca_process *p)
{
	char	 octet;
	ssize_t	 n;

	n = recv(p->args->control_fd, &octet, 1, MSG_DONTWAIT);
	if (n == 1)
		(void)atomic_fetch_add(&p->restarts, 1);
	return n == 1 || (n == -1 && (errno == EAGAIN || errno == EINTR));
}

/* Threads inherit the mask: signals come out of signal_fd alone. */
static enum scep_err
prepare_signals(struct ca_process *p, struct scep_error *err)
{
	sigset_t	 all, ours;

	(void)sigemptyset(&ours);
	(void)sigaddset(&ours, SIGTERM);
	(void)sigaddset(&ours, SIGHUP);
	(void)sigfillset(&all);
	if (pthread_sigmask(SIG_SETMASK, &all, NULL) != 0 ||
	    signal(SIGHUP, SIG_DFL) == SIG_ERR ||
	    (p->signal_fd = signalfd(-1, &ours, SFD_CLOEXEC | SFD_NONBLOCK)) ==
	    -1)
		return scep_fail(err, SCEP_E_INTERNAL, "signals: %s",
		    strerror(errno));
	return SCEP_OK;
}

/* The next signal, or 0. */
static int
next_signal(const struct ca_process *p)
{
	struct signalfd_siginfo	 info;

	return read(p->signal_fd, &info, sizeof(info)) ==
	    (ssize_t)sizeof(info) ? (int)info.ssi_signo : 0;
}

/* While another instance owns the state. */

static void *
wait_for_lock(void *arg)
{
	struct waiting	*w = arg;
	const uint64_t	 one = 1;

	w->rc = scep_state_lock(w->dir, -1, &w->lock, &w->err);
	(void)!write(w->done_fd, &one, sizeof(one));
	return NULL;
}

/* The owner's configuration is what counts: what it refuses is not taken
 * into use here either. */
static void
pass_on_reload(const struct ca_process *p)
{
	static const char	 good[] = "{\"ok\":true";
	struct scep_buf		 reply = { NULL, 0 };
	struct scep_error	 err;
	int			 done;

	if (scep_admin_ask(p->cfg->server.state,
	    scep_span_text("{\"do\":\"reload\"}"), &reply, &err) != SCEP_OK)
		scep_log_warn("reload: %s", err.text);
	else
		scep_log_info("reload: the owner of the state answers %.*s",
		    (int)reply.len, (const char *)reply.data);
	done = reply.len > strlen(good) &&
	    memcmp(reply.data, good, strlen(good)) == 0;
	scep_buf_clear(&reply);
	say(p, done ? SCEP_CA_RELOADED : SCEP_CA_KEEPS);
}

/* Till the lock is ours; 0 if we are to end before. */
static int
wait_for_owner(struct ca_process *p, const struct waiting *w)
{
	struct pollfd	 fds[3] = {
		{ .fd = p->signal_fd, .events = POLLIN },
		{ .fd = p->args->control_fd, .events = POLLIN },
		{ .fd = w->done_fd, .events = POLLIN },
	};
	int		 sig;

	for (;;) {
		fds[0].revents = fds[1].revents = fds[2].revents = 0;
		if (poll(fds, 3, -1) == -1)
			continue;
		while ((sig = next_signal(p)) != 0)
			if (sig == SIGTERM)
				return 0;
			else
				pass_on_reload(p);
		if (fds[1].revents != 0 && !hear_supervisor(p))
			return 0;
		if (fds[2].revents != 0)
			return 1;
	}
}

/* What has been reloaded meanwhile counts.  What we began with may have been
 * withdrawn since: it is not used. */
static enum scep_err
refresh(struct ca_process *p, struct scep_error *err)
{
	struct scep_config	*fresh = NULL;
	enum scep_err		 rc;

	if ((rc = scep_generation_read(p->crypto, p->args->conf_path, &fresh,
	    err)) != SCEP_OK)
		return rc;
	if (strcmp(fresh->server.state, p->cfg->server.state) != 0) {
		scep_config_free(fresh);
		return scep_fail(err, SCEP_E_CONFIG, "state has changed: that "
		    "takes a restart");
	}
	scep_config_free(p->cfg);
	p->cfg = fresh;
	return SCEP_OK;
}

/* Does not come back if we are to end: the thread cannot be called off. */
static enum scep_err
stand_by(struct ca_process *p, struct scep_error *err)
{
	struct waiting	 w = { .dir = p->cfg->server.state, .lock = -1 };
	pthread_t	 thread;

	if ((w.done_fd = eventfd(0, EFD_CLOEXEC)) == -1 ||
	    !scep_thread_start(&thread, wait_for_lock, &w, 0))
		return scep_fail(err, SCEP_E_INTERNAL, "no thread to wait for "
		    "%s/lock", w.dir);
	scep_log_info("%s", err->text);		/* who owns it */
	say(p, SCEP_CA_SHARES);
	if (!wait_for_owner(p, &w)) {
		(void)pthread_detach(thread);
		_exit(0);
	}
	(void)pthread_join(thread, NULL);
	(void)close(w.done_fd);
	if (w.rc != SCEP_OK) {
		*err = w.err;
		return w.rc;
	}
	p->lock = w.lock;
	return refresh(p, err);
}

/* Start. */

static enum scep_err
become_owner(struct ca_process *p, struct scep_error *err)
{
	enum scep_err	 rc;

	rc = scep_state_lock(p->cfg->server.state, LOCK_WAIT_MS, &p->lock,
	    err);
	if (rc == SCEP_E_BUSY)
		rc = stand_by(p, err);
	if (rc != SCEP_OK ||
	    (rc = scep_state_store(p->crypto, p->cfg, 0, p->args->lingers,
	    &p->store, err)) != SCEP_OK ||
	    (rc = scep_generations_open(&p->generations, p->cfg, p->store,
	    err)) != SCEP_OK)
		return rc;
	p->cfg = NULL;			/* transferred */
	p->started = time(NULL);
	p->host.reload = reload;
	p->host.look = look;
	p->host.arg = p;
	scep_admin_attach(p->generations.now->ca, &p->host);
	p->tending.generations = &p->generations;
	p->tending.store = p->store;
	p->tending.host = &p->host;
	if ((rc = scep_couriers_open(&p->couriers, &p->generations, err)) !=
	    SCEP_OK)
		return rc;
	return scep_doors_open(&p->doors, &p->generations,
	    p->generations.now->cfg->server.state, p->args->control_fd, err);
}

static enum scep_err
prepare(struct ca_process *p, struct scep_error *err)
{
	enum scep_err	 rc;

	if ((rc = prepare_signals(p, err)) != SCEP_OK ||
	    (rc = scep_crypto_new(NULL, &p->crypto, err)) != SCEP_OK ||
	    (rc = scep_generation_read(p->crypto, p->args->conf_path, &p->cfg,
	    err)) != SCEP_OK)
		return rc;
	p->generations.crypto = p->crypto;
	p->generations.conf_path = p->args->conf_path;
	return become_owner(p, err);
}

/* Run. */

/* 0 when one of the signals was SIGTERM. */
static int
obey_signals(struct ca_process *p)
{
	struct scep_error	 err;
	uint32_t		 generation;
	int			 sig;

	while ((sig = next_signal(p)) != 0) {
		if (sig == SIGTERM)
			return 0;
		(void)reload(p, &generation, &err);
	}
	return 1;
}

static enum scep_err
run(struct ca_process *p)
{
	struct pollfd	 fds[2] = {
		{ .fd = p->signal_fd, .events = POLLIN },
		{ .fd = p->args->control_fd, .events = POLLIN },
	};
	int64_t		 due = scep_now_ms(), now;	/* a CRL may lack */
	enum scep_err	 rc;

	for (;;) {
		now = scep_now_ms();
		if (now >= due) {
			if ((rc = scep_ca_tend_round(&p->tending)) !=
			    SCEP_OK)
				return rc;
			due = scep_now_ms() + TEND_MS;
			continue;
		}
		fds[0].revents = fds[1].revents = 0;
		if (poll(fds, 2, (int)(due - now)) == -1)
			continue;
		if (!obey_signals(p) ||
		    (fds[1].revents != 0 && !hear_supervisor(p)))
			return SCEP_OK;
	}
}

/* Stop. */

static void
release(struct ca_process *p)
{
	scep_generations_close(&p->generations);
	scep_config_free(p->cfg);
	scep_store_close(p->store);
	if (p->lock != -1)
		(void)close(p->lock);
	scep_crypto_free(p->crypto);
}

/* With threads at work nothing can be closed: recovery is for that.  A courier
 * that waits for its receiver uses nothing that is. */
static int
stop(struct ca_process *p, enum scep_err why)
{
	scep_couriers_stop(&p->couriers);
	if (why == SCEP_E_STORE ||
	    !scep_doors_close(&p->doors, p->args->drain_s) ||
	    !scep_couriers_leave(&p->couriers))
		_exit(scep_err_exit(SCEP_E_STORE));
	release(p);
	if (p->couriers.n_away > 0)
		_exit(0);
	return 0;
}

int
scep_ca_process_run(const struct scep_ca_process *process)
{
	struct ca_process	 p = {
		.args = process,
		.lock = -1,
		.signal_fd = -1,
	};
	struct scep_error	 err;
	enum scep_err		 rc;

	if ((rc = prepare(&p, &err)) != SCEP_OK) {
		scep_log_error("%s", err.text);
		if (p.generations.now != NULL)	/* threads may be at work */
			_exit(scep_err_exit(rc));
		release(&p);
		return scep_err_exit(rc);
	}
	say(&p, SCEP_CA_OWNS);
	return stop(&p, run(&p));
}
