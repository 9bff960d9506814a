/*
 * scepload.c - very many connections at once, for the tests: what becomes of
 * each of them?
 *
 * Keeps a number of connections open to one web server.  On each it asks once,
 * as a device does, and begins a new one when that has ended.  After the given
 * time it begins no more and waits for the answers that are due.  Knows as much
 * of HTTP as is needed to read a status and Retry-After.
 *
 * Prints "WORD COUNT" lines: one for each status; then
 *
 *	silent		503 without Retry-After
 *	reset		reset before an octet of an answer was there
 *	cut		ended before the whole answer was there
 *	failed		could not connect
 *	hung		without an answer at the end
 *	late		closed without one, or 408, for the request came late:
 *			this program itself had been held up
 *	slowest		milliseconds of the slowest answer
 */
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#define ADDRESSES	200	/* 127.0.0.1 and on: no lack of ports */
#define EVENTS		512
#define HEAD_MAX	4096
#define BODY_MAX	(256 * 1024)
#define STATUS_MAX	600
#define LATE_MS		5000	/* servers wait for 10 s, by a coarse clock */

struct conn {
	int	 fd;		/* -1: none */
	size_t	 sent;
	int64_t	 began;
	int	 late;
	size_t	 len;		/* of head */
	size_t	 body;		/* octets after the head */
	char	 head[HEAD_MAX];
};

static struct {
	struct sockaddr_in	 to;
	char			*request;
	size_t			 request_len;
	int			 count, seconds, drain, addresses;
} opt = { .count = 100, .seconds = 5, .drain = 20, .addresses = ADDRESSES };

static struct {
	unsigned long	 status[STATUS_MAX];
	unsigned long	 silent, reset, cut, failed, hung, late;
	int64_t		 slowest;
} seen;

static int	 epoll_fd;
static int	 n_open, next_address;
static int64_t	 looked;	/* at all that was there at this time */

__attribute__((noreturn, format(printf, 1, 2)))
static void
die(const char *fmt, ...)
{
	va_list	 ap;

	va_start(ap, fmt);
	(void)fprintf(stderr, "scepload: ");
	(void)vfprintf(stderr, fmt, ap);
	(void)fprintf(stderr, "\n");
	va_end(ap);
	exit(2);
}

static int64_t
now_ms(void)
{
	struct timespec	 ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* ---- what to send ---- */

/* http://ADDRESS:PORT/PATH?QUERY */
static void
parse_url(const char *url, char *path, size_t size)
{
	char	 address[64];
	int	 port, n = 0;

	if (sscanf(url, "http://%63[0-9.]:%d%n", address, &port, &n) != 2 ||
	    url[n] != '/' || strlen(url + n) >= size)
		die("%s: not http://ADDRESS:PORT/PATH", url);
	opt.to.sin_family = AF_INET;
	opt.to.sin_port = htons((uint16_t)port);
	if (inet_pton(AF_INET, address, &opt.to.sin_addr) != 1)
		die("%s: no address", address);
	memcpy(path, url + n, strlen(url + n) + 1);
}

static size_t
read_body(const char *file, char *buf, size_t size)
{
	FILE	*f;
	size_t	 n;

	if ((f = fopen(file, "rb")) == NULL)
		die("%s: %s", file, strerror(errno));
	n = fread(buf, 1, size, f);
	(void)fclose(f);
	return n;
}

static void
make_request(const char *url, const char *file)
{
	static char	 path[HEAD_MAX], body[BODY_MAX];
	size_t		 body_len = 0;
	int		 n;

	parse_url(url, path, sizeof(path));
	if (file != NULL)
		body_len = read_body(file, body, sizeof(body));
	if ((opt.request = malloc(2 * HEAD_MAX + body_len)) == NULL)
		die("no memory");
	n = snprintf(opt.request, 2 * HEAD_MAX, "%s %s HTTP/1.1\r\n"
	    "Host: localhost\r\nConnection: close\r\n",
	    file != NULL ? "POST" : "GET", path);
	if (file != NULL)
		n += snprintf(opt.request + n, 2 * HEAD_MAX - (size_t)n,
		    "Content-Type: application/x-pki-message\r\n"
		    "Content-Length: %zu\r\n", body_len);
	memcpy(opt.request + n, "\r\n", 2);
	memcpy(opt.request + n + 2, body, body_len);
	opt.request_len = (size_t)n + 2 + body_len;
}

/* ---- one connection ---- */

static void
end(struct conn *c)
{
	(void)close(c->fd);
	c->fd = -1;
	n_open--;
}

/* Each from the next of several addresses. */
static int
from_somewhere(int fd)
{
	struct sockaddr_in	 from = { .sin_family = AF_INET };
	int			 on = 1;

	from.sin_addr.s_addr = htonl(INADDR_LOOPBACK +
	    (uint32_t)(next_address++ % opt.addresses));
	(void)setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on,
	    sizeof(on));
	return bind(fd, (const struct sockaddr *)&from, sizeof(from));
}

static int
begin(struct conn *c)
{
	struct epoll_event	 ev = {
		.events = EPOLLIN | EPOLLOUT | EPOLLET,
		.data.ptr = c,
	};

	if ((c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK |
	    SOCK_CLOEXEC, 0)) == -1)
		die("socket: %s", strerror(errno));
	n_open++;
	c->sent = c->len = c->body = 0;
	c->late = 0;
	c->began = now_ms();
	if (from_somewhere(c->fd) == -1 || (connect(c->fd,
	    (const struct sockaddr *)&opt.to, sizeof(opt.to)) == -1 &&
	    errno != EINPROGRESS) ||
	    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, c->fd, &ev) == -1) {
		seen.failed++;
		end(c);
		return 0;
	}
	return 1;
}

/* The value of a header, or NULL. */
static const char *
header(const char *head, const char *name)
{
	const size_t	 len = strlen(name);
	const char	*p;

	for (p = head; (p = strstr(p, "\r\n")) != NULL; ) {
		p += 2;
		if (strncasecmp(p, name, len) == 0 && p[len] == ':')
			return p + len + 1;
	}
	return NULL;
}

/* Is all of it there?  Chunks count as whole: their end is the end. */
static int
whole(const struct conn *c)
{
	const char	*length = header(c->head, "Content-Length");

	return length == NULL || strtoul(length, NULL, 10) <= c->body;
}

/* The server has closed it, or it broke with this error. */
static void
count(struct conn *c, int error)
{
	const int64_t	 took = now_ms() - c->began;
	char		*body;
	int		 status = 0;

	if (c->len == 0 && c->late) {
		seen.late++;
		return;
	}
	if (c->len == 0 && error == ECONNRESET) {
		seen.reset++;
		return;
	}
	c->head[c->len] = '\0';
	if ((body = strstr(c->head, "\r\n\r\n")) == NULL ||
	    sscanf(c->head, "HTTP/1.%*d %d", &status) != 1 || status < 0 ||
	    status >= STATUS_MAX) {
		seen.cut++;
		return;
	}
	body[2] = '\0';
	c->body += c->len - (size_t)(body + 4 - c->head);
	if (!whole(c)) {
		seen.cut++;
		return;
	}
	if (status == 408 && c->late) {
		seen.late++;
		return;
	}
	seen.status[status]++;
	if (status == 503 && header(c->head, "Retry-After") == NULL)
		seen.silent++;
	if (took > seen.slowest)
		seen.slowest = took;
}

/* 0 when it has ended: *error tells how. */
static int
receive(struct conn *c, int *error)
{
	static char	 rest[65536];
	size_t		 room;
	ssize_t		 n;

	for (;;) {
		room = HEAD_MAX - 1 - c->len;
		n = room > 0 ? recv(c->fd, c->head + c->len, room, 0) :
		    recv(c->fd, rest, sizeof(rest), 0);
		if (n <= 0)
			break;
		if (room > 0)
			c->len += (size_t)n;
		else
			c->body += (size_t)n;
	}
	*error = n == -1 ? errno : 0;
	return *error == EAGAIN || *error == EINTR;
}

/* Whose connection was there for so long before all was sent? */
static int
held_up(const struct conn *c)
{
	return now_ms() - (c->began > looked ? c->began : looked) > LATE_MS;
}

static void
transmit(struct conn *c)
{
	ssize_t	 n;

	if (c->sent == opt.request_len)
		return;

	while (c->sent < opt.request_len) {
		n = send(c->fd, opt.request + c->sent, opt.request_len -
		    c->sent, MSG_NOSIGNAL);
		if (n == -1)
			return;
		c->sent += (size_t)n;
	}
	c->late = held_up(c);
}

static void
attend(struct conn *c, uint32_t events)
{
	int		 error = 0;
	socklen_t	 len = sizeof(error);

	if (c->sent == 0 && (events & EPOLLERR) != 0 && getsockopt(c->fd,
	    SOL_SOCKET, SO_ERROR, &error, &len) == 0 && error != 0) {
		seen.failed++;
		end(c);
		return;
	}
	if ((events & EPOLLOUT) != 0)
		transmit(c);
	if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0 &&
	    !receive(c, &error)) {
		count(c, error);
		end(c);
	}
}

/* ---- all of them ---- */

static void
run(struct conn *all)
{
	struct epoll_event	 ev[EVENTS];
	const int64_t		 start = now_ms();
	const int64_t		 stop = start + opt.seconds * 1000;
	int64_t			 now;
	int			 i, n;

	while ((now = now_ms()) < stop + opt.drain * 1000) {
		for (i = 0; now < stop && n_open < opt.count &&
		    i < opt.count; i++)
			if (all[i].fd == -1 && !begin(&all[i]))
				break;
		if (now >= stop && n_open == 0)
			break;
		now = now_ms();
		n = epoll_wait(epoll_fd, ev, EVENTS, 100);
		for (i = 0; i < n; i++)
			attend(ev[i].data.ptr, ev[i].events);
		if (n < EVENTS)
			looked = now;
	}
	seen.hung = (unsigned long)n_open;
}

static void
report(void)
{
	int	 i;

	for (i = 0; i < STATUS_MAX; i++)
		if (seen.status[i] > 0)
			(void)printf("%d %lu\n", i, seen.status[i]);
	(void)printf("silent %lu\nreset %lu\ncut %lu\nfailed %lu\nhung %lu\n"
	    "late %lu\nslowest %lld\n", seen.silent, seen.reset, seen.cut,
	    seen.failed, seen.hung, seen.late, (long long)seen.slowest);
}

int
main(int argc, char **argv)
{
	const char	*file = NULL;
	struct conn	*all;
	int		 ch, i;

	while ((ch = getopt(argc, argv, "a:c:p:t:w:")) != -1)
		switch (ch) {
		case 'a': opt.addresses = atoi(optarg); break;
		case 'c': opt.count = atoi(optarg); break;
		case 'p': file = optarg; break;
		case 't': opt.seconds = atoi(optarg); break;
		case 'w': opt.drain = atoi(optarg); break;
		default: argc = 0; break;
		}
	if (optind + 1 != argc || opt.count < 1 || opt.addresses < 1)
		die("usage: scepload [-a ADDRESSES] [-c CONNECTIONS] "
		    "[-p FILE] [-t SECONDS] [-w SECONDS] URL\n"
		    "\t-p: POST this; -w: for the last answers");
	make_request(argv[optind], file);
	if ((all = calloc((size_t)opt.count, sizeof(*all))) == NULL ||
	    (epoll_fd = epoll_create1(EPOLL_CLOEXEC)) == -1)
		die("%s", strerror(errno));
	for (i = 0; i < opt.count; i++)
		all[i].fd = -1;
	run(all);
	report();
	free(all);
	free(opt.request);
	return 0;
}
