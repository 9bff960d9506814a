/*
 * ca_doors.c - the owner's two sockets: a thread for each RA, one for
 * operators.
 *
 * Knows sockets and threads; what is asked and answered is ca/door.h's and
 * admin_socket.h's business.
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
#include "cgi/log.h"
#include "cgi/state_socket.h"
#include "cgi/thread.h"

#define RAS_MAX		1024

/* One RA: a worker of ours or of another instance, or a CGI run. */
struct ra {
	struct scep_doors	*doors;
	int			 fd;
};

static time_t
wall_clock(void)
{
	return time(NULL);
}

static int
count_ras(struct scep_doors *d, int by)
{
	int	 n;

	(void)pthread_mutex_lock(&d->mutex);
	n = d->n_ras += by;
	(void)pthread_cond_signal(&d->left);
	(void)pthread_mutex_unlock(&d->mutex);
	return n;
}

/* Until the RA leaves.  It is asked to once, when the configuration that it
 * began with is over, and answered until it has. */
static enum scep_err
serve(struct scep_generation *gen, int fd, struct scep_error *err)
{
	struct pollfd	 p[2] = {
		{ .fd = fd, .events = POLLIN },
		{ .fd = gen->over_fd, .events = POLLIN },
	};
	enum scep_err	 rc = SCEP_OK;

	while (rc == SCEP_OK) {
		p[0].revents = p[1].revents = 0;
		if (poll(p, 2, -1) == -1)
			continue;
		if (p[0].revents != 0)
			rc = scep_door_serve(gen->ca, fd, wall_clock, err);
		else if (p[1].revents != 0) {
			p[1].fd = -1;
			rc = scep_door_dismiss(fd, err);
		}
	}
	return rc;
}

static void *
serve_ra(void *arg)
{
	struct ra		*ra = arg;
	struct scep_doors	*d = ra->doors;
	struct scep_generation	*gen = scep_generation_hold(d->generations);
	struct scep_error	 err;

	if (serve(gen, ra->fd, &err) != SCEP_E_NOTFOUND)
		scep_log_warn("a worker was cut off: %s", err.text);
	scep_generation_drop(d->generations, gen);
	(void)close(ra->fd);
	OPENSSL_free(ra);
	(void)count_ras(d, -1);
	return NULL;
}

static void
take_ra(struct scep_doors *d, int fd)
{
	struct ra	*ra = NULL;
	pthread_t	 thread;
	uid_t		 uid;

	if (!scep_state_peer(fd, &uid)) {
		scep_log_warn("user %ld may not use ra.sock", (long)uid);
		(void)close(fd);
		return;
	}
	if (count_ras(d, 1) <= RAS_MAX &&
	    (ra = OPENSSL_zalloc(sizeof(*ra))) != NULL) {
		ra->doors = d;
		ra->fd = fd;
		if (scep_thread_start(&thread, serve_ra, ra, 1))
			return;
	}
	(void)count_ras(d, -1);
	OPENSSL_free(ra);
	scep_log_error("no thread for another worker");
	(void)close(fd);
}

/* One at a time. */
static void
take_operator(struct scep_doors *d, int fd)
{
	struct scep_generation	*gen = scep_generation_hold(d->generations);

	scep_admin_serve(gen->ca, fd);
	scep_generation_drop(d->generations, gen);
}

static void
accept_all(struct scep_doors *d, int listen_fd,
    void (*take)(struct scep_doors *, int))
{
	struct pollfd	 p[2] = {
		{ .fd = d->stop_fd, .events = POLLIN },
		{ .fd = listen_fd, .events = POLLIN },
	};
	int		 fd;

	for (;;) {
		p[0].revents = p[1].revents = 0;
		if (poll(p, 2, -1) == -1)
			continue;
		if (p[0].revents != 0)
			return;
		fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);
		if (fd != -1)
			take(d, fd);
	}
}

static void *
accept_operators(void *arg)
{
	struct scep_doors	*d = arg;

	accept_all(d, d->admin_fd, take_operator);
	return NULL;
}

static void *
accept_ras(void *arg)
{
	struct scep_doors	*d = arg;

	accept_all(d, d->ra_fd, take_ra);
	return NULL;
}

static enum scep_err
prepare(struct scep_doors *d, struct scep_error *err)
{
	pthread_condattr_t	 attr;

	d->admin_fd = d->ra_fd = -1;
	d->n_ras = 0;
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

enum scep_err
scep_doors_open(struct scep_doors *d, struct scep_generations *generations,
    const char *dir, struct scep_error *err)
{
	enum scep_err	 rc;

	d->generations = generations;
	if ((rc = prepare(d, err)) != SCEP_OK ||
	    (rc = scep_state_listen(dir, SCEP_ADMIN_SOCK, &d->admin_fd,
	    err)) != SCEP_OK ||
	    (rc = scep_state_listen(dir, SCEP_RA_SOCK, &d->ra_fd, err)) !=
	    SCEP_OK)
		return rc;
	if (!scep_thread_start(&d->admin, accept_operators, d, 0) ||
	    !scep_thread_start(&d->ra, accept_ras, d, 0))
		return scep_fail(err, SCEP_E_INTERNAL,
		    "no thread for the sockets of the state");
	return SCEP_OK;
}

static void
deadline_in(long seconds, clockid_t clock, struct timespec *out)
{
	(void)clock_gettime(clock, out);
	out->tv_sec += seconds;
}

/* Each RA finishes what it has in hand and closes its socket. */
static int
wait_for_ras(struct scep_doors *d, long wait_s)
{
	struct timespec	 until;
	int		 rc = 0, left;

	deadline_in(wait_s, CLOCK_MONOTONIC, &until);
	(void)pthread_mutex_lock(&d->mutex);
	while (d->n_ras > 0 && rc == 0)
		rc = pthread_cond_timedwait(&d->left, &d->mutex, &until);
	left = d->n_ras;
	(void)pthread_mutex_unlock(&d->mutex);
	if (left > 0)
		scep_log_warn("%d workers did not finish in %ld s", left,
		    wait_s);
	return left == 0;
}

/* Not a name less in the directory: who finds nobody behind it tries again,
 * and the next owner takes its place. */
int
scep_doors_close(struct scep_doors *d, long wait_s)
{
	const uint64_t	 one = 1;
	struct timespec	 until;

	if (write(d->stop_fd, &one, sizeof(one)) == -1)
		return 0;
	deadline_in(wait_s, CLOCK_REALTIME, &until);
	if (pthread_timedjoin_np(d->ra, NULL, &until) != 0)
		return 0;
	(void)close(d->ra_fd);
	scep_generations_end(d->generations);
	if (!wait_for_ras(d, wait_s))
		return 0;
	deadline_in(wait_s, CLOCK_REALTIME, &until);
	if (pthread_timedjoin_np(d->admin, NULL, &until) != 0)
		return 0;
	(void)close(d->admin_fd);
	(void)close(d->stop_fd);
	return 1;
}
