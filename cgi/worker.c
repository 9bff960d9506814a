/*
 * worker.c - an RA worker: FastCGI requests in, responses out.
 *
 * Faces the network and holds the RA key; what it may do is sandbox.c's
 * business, what it answers ra.c's.
 */
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
#include "cgi/child.h"
#include "cgi/fcgi_request.h"
#include "cgi/log.h"
#include "cgi/sandbox.h"
#include "cgi/worker.h"
#include "ra/ra.h"

/* Of each second of request_timeout, how long to wait for the CA: there must
 * be time left for a 503. */
#define CA_SHARE_MS	500

static int	 stop_fd = -1;	/* readable from SIGTERM on */

struct serving {
	const struct scep_worker	*worker;
	struct scep_crypto		*crypto;
	struct scep_ca			*ca;
	struct scep_ra			*ra;
	uint8_t				*body;	/* room for one octet … */
	size_t				 size;	/* … more than is allowed */
	FCGX_Request			 fcgi;
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
 * A handler and an eventfd: poll(2) sees it however short before it came.
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

static enum scep_err
prepare(struct serving *s, struct scep_error *err)
{
	const struct scep_server_conf	*conf = s->worker->conf;
	enum scep_err			 rc;

	if ((rc = catch_term(err)) != SCEP_OK ||
	    (rc = scep_crypto_new(NULL, &s->crypto, err)) != SCEP_OK ||
	    (rc = scep_ca_connect(s->worker->ca_fd,
	    (int)conf->request_timeout_s * CA_SHARE_MS, &s->ca, err)) !=
	    SCEP_OK ||
	    (rc = scep_ra_new(s->crypto, s->ca, &s->ra, err)) != SCEP_OK)
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
	struct scep_line		 line = { .len = 0 };
	int				 taken;

	scep_ra_handle(s->ra, time(NULL), request, &response, &line);
	taken = scep_fcgi_write(&s->fcgi, &response);
	scep_line_fmt(&line, "status", "%d", response.status);
	if (!taken)
		scep_line_text(&line, "delivered", "no");
	scep_line_fmt(&line, "ms", "%lld",
	    (long long)(scep_now_ms() - began));
	scep_log_line(&line);
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
		if (scep_fcgi_read(&s->fcgi, s->body, s->size, &request))
			answer(s, &request, began);
		else
			scep_log_info("a request was broken off");
		FCGX_Finish_r(&s->fcgi);
		/* Kept in earnest, it would pin this worker. */
		FCGX_Free(&s->fcgi, 1);
	}
	(void)alarm(0);
}

/* Ask for the next connection; 0 when the supervisor is gone. */
static int
say_idle(const struct serving *s)
{
	return send(s->worker->work_fd, "i", 1, MSG_NOSIGNAL) == 1;
}

/* SIGTERM ends it, but not before what was handed over is answered. */
static int
serve(struct serving *s)
{
	struct pollfd	 p[2] = {
		{ .fd = stop_fd, .events = POLLIN },
		{ .fd = s->worker->work_fd, .events = POLLIN },
	};
	int		 fd;

	if (!say_idle(s))
		return 0;
	while (scep_ca_is_connected(s->ca)) {
		p[0].revents = p[1].revents = 0;
		if (poll(p, 2, -1) == -1 && errno != EINTR)
			return scep_err_exit(SCEP_E_INTERNAL);
		if (p[1].revents != 0) {
			if (!scep_child_take(s->worker->work_fd, &fd))
				return 0;
			if (fd != -1)
				serve_one(s, fd);
			if (!say_idle(s))
				return 0;
		} else if (p[0].revents != 0)
			return 0;
	}
	scep_log_warn("the CA process does not answer");
	return scep_err_exit(SCEP_E_BUSY);
}

int
scep_worker_run(const struct scep_worker *worker)
{
	struct serving		 s = { .worker = worker };
	struct scep_error	 err;
	enum scep_err		 rc;
	int			 status;

	if ((rc = prepare(&s, &err)) == SCEP_OK)
		status = serve(&s);
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
