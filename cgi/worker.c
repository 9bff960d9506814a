/*
 * worker.c - an RA worker: FastCGI requests in, responses out.
 *
 * Faces the network and holds the RA key; what it may do is sandbox.c's
 * business, what it answers ra.c's.
 */
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "ca/door.h"
#include "cgi/accept.h"
#include "cgi/child.h"
#include "cgi/fcgi_request.h"
#include "cgi/log.h"
#include "cgi/page.h"
#include "cgi/peer.h"
#include "cgi/relay.h"
#include "cgi/sandbox.h"
#include "cgi/state_socket.h"
#include "cgi/worker.h"
#include "ra/ra.h"

/* Of each second of request_timeout, how long to wait for the CA: there must
 * be time left for a 503. */
#define CA_SHARE_MS	500
#define OWNER_WAIT_MS	5000	/* a new owner recovers the store first */
#define OWNER_STEP_MS	20
#define REPORT_MS	1000	/* what was counted is told as often */

/* What a worker waits for. */
enum {
	CONNECTION = 1,
	CA = 2,
	STOP = 4,
	SUPERVISOR = 8		/* it says nothing: its end */
};

static int	 stop_fd = -1;	/* readable from SIGTERM on */

struct serving {
	const struct scep_worker	*worker;
	struct scep_crypto		*crypto;
	struct scep_ca			*ca;
	int				 ca_fd;	/* the ca's */
	struct scep_ra			*ra;
	int				 epoll_fd;
	uint8_t				*body;	/* room for one octet … */
	size_t				 size;	/* … more than is allowed */
	char				 peer[SCEP_PEER_MAX];
	FCGX_Request			 fcgi;
	int64_t				 reported;
};

static void
on_term(int sig)
{
	const uint64_t	 one = 1;
	const int	 saved = errno;

	(void)sig;
	/* Full only if it is readable already. */
	if (write(stop_fd, &one, sizeof(one)) == -1)
		errno = saved;
}

/*
 * A handler and an eventfd: it is seen however short before it came.
 * libfcgi puts its own on SIGTERM and SIGUSR1 where there is none; with
 * SA_RESTART a request that is being read goes on.
 */
static enum scep_err
catch_term(struct scep_error *err)
{
	struct sigaction	 sa;

	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = on_term;
	sa.sa_flags = SA_RESTART;
	(void)sigemptyset(&sa.sa_mask);
	if ((stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) == -1 ||
	    sigaction(SIGTERM, &sa, NULL) == -1)
		return scep_fail(err, SCEP_E_INTERNAL, "SIGTERM: %s",
		    strerror(errno));
	return SCEP_OK;
}

/* SIGTERM came, within so many milliseconds. */
static int
is_stopped(int wait_ms)
{
	struct pollfd	 p = { .fd = stop_fd, .events = POLLIN };

	return poll(&p, 1, wait_ms) == 1;
}

/* To whoever owns the state: our own CA process, or another instance's.
 * SCEP_E_BUSY if nobody does for OWNER_WAIT_MS. */
static enum scep_err
connect_ca(struct serving *s, struct scep_error *err)
{
	const struct scep_server_conf	*conf = s->worker->conf;
	const int64_t			 until = scep_now_ms() + OWNER_WAIT_MS;
	enum scep_err			 rc;

	while ((rc = scep_state_dial(conf->state, SCEP_RA_SOCK, &s->ca_fd,
	    err)) == SCEP_E_NOTFOUND && scep_now_ms() < until)
		if (is_stopped(OWNER_STEP_MS))
			break;
	if (rc == SCEP_E_NOTFOUND)
		return scep_fail(err, SCEP_E_BUSY, "nobody owns the state "
		    "%s", conf->state);
	if (rc != SCEP_OK) {
		err->code = SCEP_E_BUSY;	/* it may pass */
		return SCEP_E_BUSY;
	}
	return scep_ca_connect(s->ca_fd, (int)conf->request_timeout_s *
	    CA_SHARE_MS, &s->ca, err);
}

static enum scep_err
watch(const struct serving *s, int fd, uint32_t events, uint32_t what,
    struct scep_error *err)
{
	struct epoll_event	 e = { .events = events, .data.u32 = what };

	return epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, fd, &e) == 0 ? SCEP_OK :
	    scep_fail(err, SCEP_E_INTERNAL, "epoll: %s", strerror(errno));
}

/* Of all workers that are idle, one wakes up for a connection. */
static enum scep_err
watch_all(struct serving *s, struct scep_error *err)
{
	const struct scep_worker	*w = s->worker;
	enum scep_err			 rc;

	if ((s->epoll_fd = epoll_create1(EPOLL_CLOEXEC)) == -1)
		return scep_fail(err, SCEP_E_INTERNAL, "epoll: %s",
		    strerror(errno));
	if ((rc = watch(s, stop_fd, EPOLLIN, STOP, err)) != SCEP_OK ||
	    (rc = watch(s, w->work_fd, EPOLLIN, SUPERVISOR, err)) !=
	    SCEP_OK ||
	    (rc = watch(s, s->ca_fd, EPOLLIN, CA, err)) != SCEP_OK)
		return rc;
	return watch(s, w->listen_fd != -1 ? w->listen_fd : w->relay_fd,
	    EPOLLIN | EPOLLEXCLUSIVE, CONNECTION, err);
}

static enum scep_err
prepare(struct serving *s, struct scep_error *err)
{
	const struct scep_server_conf	*conf = s->worker->conf;
	enum scep_err			 rc;

	if ((rc = catch_term(err)) != SCEP_OK ||
	    (rc = scep_crypto_new(NULL, &s->crypto, err)) != SCEP_OK ||
	    (rc = connect_ca(s, err)) != SCEP_OK ||
	    (rc = scep_ra_new(s->crypto, s->ca, &s->ra, err)) != SCEP_OK ||
	    (rc = scep_page_take_blocks(s->ca, err)) != SCEP_OK ||
	    (rc = watch_all(s, err)) != SCEP_OK)
		return rc;
	s->size = scep_ra_max_request(s->ra) + 1;
	if ((s->body = OPENSSL_malloc(s->size)) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "request of %zu octets",
		    s->size);
	/* No listening socket: libfcgi is given connections. */
	if (FCGX_Init() != 0 || FCGX_InitRequest(&s->fcgi, -1,
	    FCGI_FAIL_ACCEPT_ON_INTR) != 0)
		return scep_fail(err, SCEP_E_INTERNAL, "libfcgi: no request");
	return scep_sandbox_enter(conf->sandbox, err);
}

/* One line for each request (DESIGN 7.9). */
static void
answer(struct serving *s, const struct scep_http_request *request,
    int64_t began)
{
	struct scep_http_response	 response;
	struct scep_line		 line = scep_log_begin();
	int				 taken;

	scep_ra_handle(s->ra, time(NULL), request, &response, &line);
	taken = scep_fcgi_write(&s->fcgi, &response);
	scep_line_number(&line, "status", response.status);
	if (!taken)
		scep_line_text(&line, "delivered", "no");
	scep_line_number(&line, "ms", scep_now_ms() - began);
	scep_log_line(&line);
	scep_ra_count(s->ra, (long)(scep_now_ms() - began));
	scep_http_response_clear(&response);
}

/*
 * Answer one connection.  The alarm is the deadline for a peer that sends half
 * a request or does not take its answer: libfcgi would wait for it for ever.
 */
static void
serve_one(struct serving *s, int fd)
{
	struct scep_http_request	 request;
	const int64_t			 began = scep_now_ms();

	(void)alarm((unsigned int)s->worker->conf->request_timeout_s);
	/* A connection that is "kept" is one that need not be accepted. */
	s->fcgi.ipcFd = fd;
	s->fcgi.keepConnection = 1;
	if (FCGX_Accept_r(&s->fcgi) >= 0) {
		if (scep_fcgi_read(&s->fcgi, s->body, s->size, &request)) {
			scep_peer_find(s->worker->conf, s->fcgi.envp,
			    s->peer);
			request.peer = s->peer;
			answer(s, &request, began);
		} else
			scep_log_info("a request was broken off");
		scep_fcgi_finish(&s->fcgi);
	}
	(void)alarm(0);
}

/* The next connection, or -1: another worker may have been faster, or there
 * is nothing to take one with; then SIGTERM is all that we wait for. */
static int
take(const struct serving *s)
{
	const struct scep_worker	*w = s->worker;
	int				 fd, pause_ms;

	fd = w->listen_fd != -1 ? scep_accept(w->listen_fd) :
	    scep_relay_take(w->relay_fd);
	if (fd == -1 && (pause_ms = scep_accept_pause(errno)) > 0)
		(void)is_stopped(pause_ms);
	return fd;
}

static int
serve_next(struct serving *s)
{
	const int	 fd = take(s);

	if (fd != -1)
		serve_one(s, fd);
	return fd != -1;
}

/* In how many milliseconds there is something to report; -1: nothing is. */
static int
report_due(const struct serving *s)
{
	const int64_t	 due = s->reported + REPORT_MS - scep_now_ms();

	if (!scep_ra_has_counted(s->ra))
		return -1;
	return due > 0 ? (int)due : 0;
}

static void
report(struct serving *s)
{
	scep_ra_report(s->ra, time(NULL));
	s->reported = scep_now_ms();
}

/* All that has come about; 0 if it is time to report. */
static unsigned int
wait_for(const struct serving *s)
{
	struct epoll_event	 e[4];
	unsigned int		 what = 0;
	int			 i, n;

	n = epoll_wait(s->epoll_fd, e, 4, report_due(s));
	for (i = 0; i < n; i++)
		what |= e[i].data.u32;
	return what;
}

/*
 * Until SIGTERM, or until the owner of the state wants us to go, or went.  The
 * connection that woke us up is answered in any case, by a 503 if it must be:
 * nobody else was woken up for it.
 */
static void
serve(struct serving *s)
{
	unsigned int	 what = 0;

	while ((what & (STOP | SUPERVISOR)) == 0 &&
	    scep_ca_is_connected(s->ca) && !scep_ca_is_leaving(s->ca)) {
		what = wait_for(s);
		if (what & CA)
			scep_ca_hear(s->ca);
		if (what & CONNECTION)
			(void)serve_next(s);
		if (report_due(s) == 0)
			report(s);
	}
	/* What has been relayed was taken from the web server already. */
	if (s->worker->listen_fd == -1 && (what & STOP))
		while (serve_next(s))
			;
	if (!scep_ca_is_connected(s->ca))
		scep_log_warn("the owner of the state has gone");
	report(s);
}

int
scep_worker_run(const struct scep_worker *worker)
{
	static const char	 ready = SCEP_WORKER_READY;
	struct serving		 s = { .worker = worker, .epoll_fd = -1 };
	struct scep_error	 err;
	enum scep_err		 rc;
	int			 status;

	if ((rc = prepare(&s, &err)) == SCEP_OK) {
		(void)send(worker->work_fd, &ready, 1, MSG_NOSIGNAL);
		serve(&s);
		status = 0;
	} else if (stop_fd != -1 && is_stopped(0))
		status = 0;
	else {
		scep_log_error("worker: %s", err.text);
		status = scep_err_exit(rc);
	}
	OPENSSL_free(s.body);
	scep_ra_free(s.ra);
	scep_ca_close(s.ca);
	scep_crypto_free(s.crypto);
	return status;
}
