/*
 * ca_doors.c - the owner's sockets: a thread for each RA, each operator and
 * each scep-admin.fcgi, one for Prometheus.
 *
 * Knows sockets and threads; what is asked and answered is ca/door.h's,
 * admin_socket.h's, knock_socket.h's and metrics_socket.h's business.
 */
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "ca/door.h"
#include "cgi/admin_socket.h"
#include "cgi/ca_doors.h"
#include "cgi/ca_process.h"
#include "cgi/child.h"
#include "cgi/knock_socket.h"
#include "cgi/log.h"
#include "cgi/metrics_socket.h"
#include "cgi/state_socket.h"
#include "cgi/thread.h"

#define RAS_MAX		1024
#define STOP_MS		2000	/* for a question in hand, when we stop */
#define OPERATORS_MAX	16	/* more wait for one of them */
#define KNOCKERS_MAX	64	/* processes of scep-admin.fcgi */

/* One RA (a worker of ours or of another instance, or a CGI run), or one
 * scepadm. */
struct guest {
	struct scep_doors	*doors;
	int			 fd;
};

static time_t
wall_clock(void)
{
	return time(NULL);
}

static int
count(struct scep_doors *d, int *guests, int by)
{
	int	 n;

	(void)pthread_mutex_lock(&d->mutex);
	n = *guests += by;
	(void)pthread_cond_signal(&d->left);
	(void)pthread_mutex_unlock(&d->mutex);
	return n;
}

/* A server that nobody asks may end, but not while an operator does. */
static int
count_operator(struct scep_doors *d, int by)
{
	const char	 octet = by > 0 ? SCEP_CA_OPERATOR :
			    SCEP_CA_OPERATOR_LEFT;

	(void)send(d->control_fd, &octet, 1, MSG_NOSIGNAL);
	return count(d, &d->n_operators, by);
}

int
scep_doors_count(struct scep_doors *d)
{
	return count(d, &d->n_ras, 0);
}

/* Ask it to leave, and remember until when it may stay. */
static enum scep_err
dismiss(int fd, struct pollfd *why, int64_t patience_ms, int64_t *until,
    struct scep_error *err)
{
	const int64_t	 then = scep_now_ms() + patience_ms;

	why->fd = -1;			/* once is enough */
	if (then < *until)
		*until = then;
	/* One that cannot be told has left. */
	return scep_door_dismiss(fd, err) == SCEP_OK ? SCEP_OK :
	    SCEP_E_NOTFOUND;
}

/*
 * Until the RA leaves.  It is asked to when the configuration that it began
 * with is over, or when we stop, and answered until it has.  One that stays
 * is cut off: it works by rules that are withdrawn.  But first we look once
 * more: if we were halted, its question or its end waits for us.
 */
static enum scep_err
serve(const struct scep_doors *d, struct scep_generation *gen, int fd,
    struct scep_error *err)
{
	const int64_t	 reading_ms =
			    gen->cfg->server.request_timeout_s * 1000;
	struct pollfd	 p[3] = {
		{ .fd = fd, .events = POLLIN },
		{ .fd = gen->over_fd, .events = POLLIN },
		{ .fd = d->stop_fd, .events = POLLIN },
	};
	int64_t		 until = INT64_MAX;
	enum scep_err	 rc = SCEP_OK;
	int		 wait_ms = -1;

	while (rc == SCEP_OK && wait_ms != 0) {
		p[0].revents = p[1].revents = p[2].revents = 0;
		wait_ms = scep_left_ms(until);
		if (poll(p, 3, wait_ms) == -1)
			continue;
		if (p[1].revents != 0)
			rc = dismiss(fd, &p[1], reading_ms, &until, err);
		else if (p[2].revents != 0)
			rc = dismiss(fd, &p[2], STOP_MS, &until, err);
		else if (p[0].revents != 0)
			rc = scep_door_serve(gen->ca, fd, wall_clock, err);
	}
	return rc != SCEP_OK ? rc : scep_fail(err, SCEP_E_BUSY,
	    "asked to leave, it stayed");
}

static void *
serve_ra(void *arg)
{
	struct guest		*ra = arg;
	struct scep_doors	*d = ra->doors;
	struct scep_generation	*gen = scep_generation_hold(d->generations);
	struct scep_error	 err;

	if (serve(d, gen, ra->fd, &err) != SCEP_E_NOTFOUND)
		scep_log_warn("a worker was cut off: %s", err.text);
	scep_generation_drop(d->generations, gen);
	(void)close(ra->fd);
	OPENSSL_free(ra);
	(void)count(d, &d->n_ras, -1);
	return NULL;
}

static void
take_ra(struct scep_doors *d, int fd)
{
	struct guest	*ra = NULL;
	pthread_t	 thread;
	uid_t		 uid;

	if (!scep_state_peer(fd, &uid)) {
		scep_log_warn("user %ld may not use ra.sock", (long)uid);
		(void)close(fd);
		return;
	}
	if (count(d, &d->n_ras, 1) <= RAS_MAX &&
	    (ra = OPENSSL_zalloc(sizeof(*ra))) != NULL) {
		ra->doors = d;
		ra->fd = fd;
		if (scep_thread_start(&thread, serve_ra, ra, 1))
			return;
	}
	(void)count(d, &d->n_ras, -1);
	OPENSSL_free(ra);
	scep_log_error("no thread for another worker");
	(void)close(fd);
}

static void
serve_here(struct scep_doors *d, int fd)
{
	struct scep_generation	*gen = scep_generation_hold(d->generations);

	scep_admin_serve(gen->ca, fd, d->stop_fd);
	scep_generation_drop(d->generations, gen);
}

static void *
serve_operator(void *arg)
{
	struct guest		*operator = arg;
	struct scep_doors	*d = operator->doors;

	serve_here(d, operator->fd);
	OPENSSL_free(operator);
	(void)count_operator(d, -1);
	return NULL;
}

/* A backup takes long, and an approval does not wait for it. */
static void
take_operator(struct scep_doors *d, int fd)
{
	struct guest	*operator = NULL;
	pthread_t	 thread;

	if (count_operator(d, 1) <= OPERATORS_MAX &&
	    (operator = OPENSSL_zalloc(sizeof(*operator))) != NULL) {
		operator->doors = d;
		operator->fd = fd;
		if (scep_thread_start(&thread, serve_operator, operator, 1))
			return;
	}
	OPENSSL_free(operator);
	serve_here(d, fd);
	(void)count_operator(d, -1);
}

static void *
serve_knocker(void *arg)
{
	struct guest		*knocker = arg;
	struct scep_doors	*d = knocker->doors;

	scep_knock_serve(d->generations, knocker->fd, d->stop_fd,
	    d->has_group);
	OPENSSL_free(knocker);
	(void)count(d, &d->n_knockers, -1);
	return NULL;
}

static void
take_knocker(struct scep_doors *d, int fd)
{
	struct guest	*knocker = NULL;
	pthread_t	 thread;

	if (count(d, &d->n_knockers, 1) <= KNOCKERS_MAX &&
	    (knocker = OPENSSL_zalloc(sizeof(*knocker))) != NULL) {
		knocker->doors = d;
		knocker->fd = fd;
		if (scep_thread_start(&thread, serve_knocker, knocker, 1))
			return;
	}
	OPENSSL_free(knocker);
	(void)count(d, &d->n_knockers, -1);
	scep_log_error("door.sock: there are %d processes of scep-admin.fcgi "
	    "already, or no thread is left; run fewer of them",
	    KNOCKERS_MAX);
	(void)close(fd);
}

static void
take_scraper(struct scep_doors *d, int fd)
{
	struct scep_generation	*gen = scep_generation_hold(d->generations);

	scep_metrics_serve(gen->ca, fd);
	scep_generation_drop(d->generations, gen);
}

/* RAs first: the last to be let in are the first to be asked to leave. */
static const struct {
	const char	*name;
	void		(*take)(struct scep_doors *d, int fd);
} ways[SCEP_DOORS] = {
	{ SCEP_RA_SOCK, take_ra },
	{ SCEP_ADMIN_SOCK, take_operator },
	{ SCEP_METRICS_SOCK, take_scraper },
	{ SCEP_DOOR_SOCK, take_knocker },
};

static void *
accept_all(void *arg)
{
	struct scep_doorway	*door = arg;
	struct pollfd		 p[2] = {
		{ .fd = door->all->stop_fd, .events = POLLIN },
		{ .fd = door->fd, .events = POLLIN },
	};
	int			 fd;

	for (;;) {
		p[0].revents = p[1].revents = 0;
		if (poll(p, 2, -1) == -1)
			continue;
		if (p[0].revents != 0)
			return NULL;
		fd = accept4(door->fd, NULL, NULL, SOCK_CLOEXEC);
		if (fd != -1)
			door->take(door->all, fd);
	}
}

static enum scep_err
prepare(struct scep_doors *d, struct scep_error *err)
{
	pthread_condattr_t	 attr;

	d->n_ras = d->n_operators = d->n_knockers = 0;
	if (pthread_condattr_init(&attr) != 0 ||
	    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) != 0 ||
	    pthread_cond_init(&d->left, &attr) != 0 ||
	    pthread_condattr_destroy(&attr) != 0 ||
	    pthread_mutex_init(&d->mutex, NULL) != 0)
		return scep_fail(err, SCEP_E_INTERNAL, "no mutex");
	if ((d->stop_fd = eventfd(0, EFD_CLOEXEC)) == -1)
		return scep_fail(err, SCEP_E_INTERNAL, "eventfd: %s",
		    strerror(errno));
	return SCEP_OK;
}

/* Where the configuration that we start with says. */
static enum scep_err
listen_at(struct scep_doors *d, const char *dir, const char *name, int *fd,
    struct scep_error *err)
{
	struct scep_generation	*gen;
	enum scep_err		 rc;

	if (strcmp(name, SCEP_DOOR_SOCK) != 0)
		return scep_state_listen(dir, name, fd, err);
	gen = scep_generation_hold(d->generations);
	d->has_group = gen->cfg->server.door_group[0] != '\0';
	rc = scep_state_listen_door(&gen->cfg->server, fd, err);
	scep_generation_drop(d->generations, gen);
	return rc;
}

enum scep_err
scep_doors_open(struct scep_doors *d, struct scep_generations *generations,
    const char *dir, int control_fd, struct scep_error *err)
{
	enum scep_err	 rc;
	int		 i;

	d->generations = generations;
	d->control_fd = control_fd;
	if ((rc = prepare(d, err)) != SCEP_OK)
		return rc;
	for (i = 0; i < SCEP_DOORS; i++) {
		d->door[i].all = d;
		d->door[i].take = ways[i].take;
		if ((rc = listen_at(d, dir, ways[i].name,
		    &d->door[i].fd, err)) != SCEP_OK)
			return rc;
	}
	for (i = 0; i < SCEP_DOORS; i++)
		if (!scep_thread_start(&d->door[i].thread, accept_all,
		    &d->door[i], 0))
			return scep_fail(err, SCEP_E_INTERNAL,
			    "no thread for %s", ways[i].name);
	return SCEP_OK;
}

static void
deadline_in(long seconds, clockid_t clock, struct timespec *out)
{
	(void)clock_gettime(clock, out);
	out->tv_sec += seconds;
}

/* Each finishes what it has in hand and closes its socket. */
static int
wait_for_guests(struct scep_doors *d, long wait_s)
{
	struct timespec	 until;
	int		 rc = 0, ras, operators, knockers;

	deadline_in(wait_s, CLOCK_MONOTONIC, &until);
	(void)pthread_mutex_lock(&d->mutex);
	while (d->n_ras + d->n_operators + d->n_knockers > 0 && rc == 0)
		rc = pthread_cond_timedwait(&d->left, &d->mutex, &until);
	ras = d->n_ras;
	operators = d->n_operators;
	knockers = d->n_knockers;
	(void)pthread_mutex_unlock(&d->mutex);
	if (ras + operators + knockers == 0)
		return 1;
	scep_log_warn("%d workers, %d operators and %d of scep-admin.fcgi did "
	    "not finish in %ld s", ras, operators, knockers, wait_s);
	return 0;
}

/* The thread has ended and the socket is closed; 0 if not in time. */
static int
shut(struct scep_doorway *door, long wait_s)
{
	struct timespec	 until;

	deadline_in(wait_s, CLOCK_REALTIME, &until);
	return pthread_timedjoin_np(door->thread, NULL, &until) == 0 &&
	    close(door->fd) == 0;
}

/* Not a name less in the directory: who finds nobody behind it tries again,
 * and the next owner takes its place. */
int
scep_doors_close(struct scep_doors *d, long wait_s)
{
	const uint64_t	 one = 1;
	int		 i;

	if (write(d->stop_fd, &one, sizeof(one)) == -1)
		return 0;
	for (i = 0; i < SCEP_DOORS; i++)
		if (!shut(&d->door[i], wait_s))
			return 0;
	if (!wait_for_guests(d, wait_s))
		return 0;
	(void)close(d->stop_fd);
	return 1;
}
