/*
 * metrics_socket.c - Prometheus' text over STATE/metrics.sock, by HTTP.
 *
 * As much of HTTP as a scraper on the same machine needs: a request's head is
 * read and not looked at, the answer ends with the connection (RFC 9112
 * section 6.3).
 */
#include <sys/socket.h>

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/ready.h"
#include "cgi/child.h"
#include "cgi/log.h"
#include "cgi/metrics_socket.h"
#include "cgi/state_socket.h"

#define HEAD_MAX	4096
#define PATIENCE_MS	2000

/* Wait for the empty line; 0 if it does not come. */
static int
read_head(int fd)
{
	const int64_t	 until = scep_now_ms() + PATIENCE_MS;
	char		 head[HEAD_MAX + 1];
	size_t		 len = 0;
	ssize_t		 n;

	/* What has come is read, also if we were halted and the time is up. */
	while (len < HEAD_MAX && scep_ready(fd, POLLIN,
	    scep_left_ms(until))) {
		if ((n = recv(fd, head + len, HEAD_MAX - len,
		    MSG_DONTWAIT)) <= 0)
			return 0;
		len += (size_t)n;
		head[len] = '\0';
		if (strstr(head, "\r\n\r\n") != NULL ||
		    strstr(head, "\n\n") != NULL)
			return 1;
	}
	return 0;
}

static void
answer(struct scep_ca *ca, int fd)
{
	struct scep_buf		 text = { NULL, 0 };
	struct scep_error	 err;
	char			 head[256];
	int			 ok;

	ok = scep_ca_inspect(ca, time(NULL), SCEP_INSPECT_METRICS, &text,
	    &err) == SCEP_OK;
	if (!ok) {
		scep_log_warn("metrics: %s", err.text);
		scep_buf_clear(&text);
	}
	(void)snprintf(head, sizeof(head), "HTTP/1.0 %s\r\n"
	    "Content-Type: text/plain; version=0.0.4\r\n"
	    "Content-Length: %zu\r\n\r\n", ok ? "200 OK" :
	    "503 Service Unavailable", text.len);
	(void)(scep_ready_send(fd, scep_span_text(head), PATIENCE_MS) &&
	    scep_ready_send(fd, scep_buf_span(&text), PATIENCE_MS));
	scep_buf_clear(&text);
}

void
scep_metrics_serve(struct scep_ca *ca, int fd)
{
	uid_t	 uid;

	if (!scep_state_peer(fd, &uid))
		scep_log_warn("user %ld may not use metrics.sock", (long)uid);
	else if (read_head(fd))
		answer(ca, fd);
	(void)close(fd);
}
