/*
 * load_run.c - the clock runs: one thread, many connections, and as little
 * work as can be, since it shares its CPUs with the server.
 *
 * A connection has one request at a time and is kept for the next.  In a
 * closed loop the next one goes out as soon as an answer is in; in an open one
 * when it is due, and it waits, with its own clock running, if no connection
 * is free.
 */
#include <sys/epoll.h>
#include <sys/uio.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/bench.h"
#include "tests/bench/load.h"

#define EVENTS		256
#define ROOM		16384		/* of an answer, at first */
#define PATIENCE_NS	30000000000LL	/* without any event */
#define NS		1000000000LL

struct conn {
	int			 fd;		/* -1: none */
	const struct load_url	*url;
	struct load_request	*request;	/* NULL: idle */
	int64_t			 began;
	int			 used;		/* it has answered before */
	int			 writes;	/* EPOLLOUT is on */
	char			 length[32];	/* the head's end */
	struct iovec		 out[3];
	int			 n_out;
	char			*in;
	size_t			 in_len, in_room;
};

struct run {
	struct load	*l;
	struct conn	*conn;
	struct conn	**idle;
	int		 n_idle;
	long		 next;		/* request */
	int64_t		 start, stop;
	int		 epoll;
};

static void
watch(struct run *run, struct conn *c, int op, uint32_t events)
{
	struct epoll_event	 ev = { .events = events, .data.ptr = c };

	if (epoll_ctl(run->epoll, op, c->fd, &ev) == -1)
		bench_die("epoll_ctl: %s", strerror(errno));
	c->writes = (events & EPOLLOUT) != 0;
}

static void
hang_up(struct conn *c)
{
	if (c->fd != -1)
		(void)close(c->fd);
	c->fd = -1;
	c->used = 0;
}

/* It blocks, for a moment: there are few connections, and they stay. */
static int
dial(struct run *run, struct conn *c)
{
	int	 on = 1;

	if ((c->fd = socket(c->url->to.ss_family, SOCK_STREAM | SOCK_CLOEXEC,
	    0)) == -1)
		bench_die("socket: %s", strerror(errno));
	if (connect(c->fd, (const struct sockaddr *)&c->url->to,
	    c->url->to_len) == -1 ||
	    fcntl(c->fd, F_SETFL, O_NONBLOCK) == -1) {
		hang_up(c);
		return 0;
	}
	(void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	watch(run, c, EPOLL_CTL_ADD, EPOLLIN);
	return 1;
}

/* The request is over, well or not. */
static void
finish(struct run *run, struct conn *c, enum load_end end)
{
	struct load_request	*r = c->request;
	int64_t			 now = bench_now_ns();

	r->end = end;
	r->took_ns = now - (r->due_ns > 0 ? run->start + r->due_ns :
	    c->began);
	run->l->took_ns = now - run->start;
	c->request = NULL;
	run->idle[run->n_idle++] = c;
}

static void
transmit(struct run *run, struct conn *c)
{
	struct msghdr	 msg = { .msg_iov = c->out };
	ssize_t		 n;
	int		 i;

	msg.msg_iovlen = (size_t)c->n_out;
	n = sendmsg(c->fd, &msg, MSG_NOSIGNAL);
	if (n == -1 && errno != EAGAIN && errno != EINTR)
		return;		/* reading will tell */
	for (i = 0; n > 0 && i < c->n_out; i++) {
		size_t	 part = (size_t)n < c->out[i].iov_len ? (size_t)n :
			    c->out[i].iov_len;

		c->out[i].iov_base = (char *)c->out[i].iov_base + part;
		c->out[i].iov_len -= part;
		n -= (ssize_t)part;
	}
	if ((c->out[c->n_out - 1].iov_len > 0) != c->writes)
		watch(run, c, EPOLL_CTL_MOD, c->writes ? EPOLLIN : EPOLLIN |
		    EPOLLOUT);
}

/* What is to be sent for the connection's request, from its beginning. */
static void
compose(struct conn *c)
{
	const struct load_request	*r = c->request;
	const union {
		const void	*in;
		void		*out;
	} head = { c->url->head };

	c->in_len = 0;
	c->out[0].iov_base = head.out;
	c->out[0].iov_len = c->url->head_len;
	c->n_out = 1;
	if (r->body.data == NULL)
		return;
	c->out[1].iov_base = c->length;
	c->out[1].iov_len = (size_t)snprintf(c->length, sizeof(c->length),
	    "%zu\r\n\r\n", r->body.len);
	c->out[2].iov_base = r->body.data;
	c->out[2].iov_len = r->body.len;
	c->n_out = 3;
}

static void
begin(struct run *run, struct load_request *r)
{
	struct conn	*c = run->idle[--run->n_idle];

	c->request = r;
	c->began = bench_now_ns();
	compose(c);
	if (c->fd == -1 && !dial(run, c)) {
		finish(run, c, LOAD_E_CONNECT);
		return;
	}
	transmit(run, c);
}

/* An idle connection that the server closed while we wrote: once more. */
static void
again(struct run *run, struct conn *c)
{
	hang_up(c);
	compose(c);
	if (dial(run, c))
		transmit(run, c);
	else
		finish(run, c, LOAD_E_CONNECT);
}

static void
take(struct run *run, struct conn *c, const struct load_answer *answer)
{
	struct load_request	*r = c->request;

	r->http_status = answer->status;
	r->answer = load_answer_body(c->in, answer, &r->answer_len);
	c->used = 1;
	if (answer->closes)
		hang_up(c);
	finish(run, c, answer->status == 200 ? LOAD_GRANTED :
	    answer->status == 503 ? LOAD_E_BUSY :
	    answer->status / 100 == 4 ? LOAD_REFUSED : LOAD_E_HTTP);
}

/* The connection is at its end. */
static void
ended(struct run *run, struct conn *c)
{
	struct load_answer	 answer;

	if (c->request == NULL)
		hang_up(c);
	else if (c->in_len == 0 && c->used)
		again(run, c);
	else if (load_answer_read(c->in, c->in_len, 1, &answer) == 1)
		take(run, c, &answer);
	else {
		hang_up(c);
		finish(run, c, LOAD_E_CUT);
	}
}

static void
receive(struct run *run, struct conn *c)
{
	struct load_answer	 answer;
	ssize_t			 n;
	int			 whole;

	if (c->in_len == c->in_room) {
		c->in_room *= 2;
		c->in = bench_need(realloc(c->in, c->in_room));
	}
	n = recv(c->fd, c->in + c->in_len, c->in_room - c->in_len, 0);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		ended(run, c);
		return;
	}
	c->in_len += (size_t)n;
	if (c->request == NULL) {
		hang_up(c);
		return;
	}
	if ((whole = load_answer_read(c->in, c->in_len, 0, &answer)) == 1)
		take(run, c, &answer);
	else if (whole == -1) {
		hang_up(c);
		finish(run, c, LOAD_E_HTTP);
	}
}

/* Begin what may be begun; nanoseconds until there may be more, or -1.  The
 * first is, however late it has become: of none there is no rate. */
static int64_t
feed(struct run *run)
{
	const struct load	*l = run->l;
	struct load_request	*r;
	int64_t			 now;

	while (run->next < l->n) {
		r = &l->request[run->next];
		if (run->n_idle == 0)
			return -1;
		now = bench_now_ns();
		if (now >= run->stop && run->next > 0)
			return -1;
		if (r->due_ns > 0 && run->start + r->due_ns > now)
			return run->start + r->due_ns - now;
		begin(run, r);
		run->next++;
	}
	return -1;
}

static int
over(const struct run *run)
{
	return run->n_idle == run->l->connections && (run->next ==
	    run->l->n || bench_now_ns() >= run->stop);
}

static void
give_up(struct run *run)
{
	int	 i;

	for (i = 0; i < run->l->connections; i++)
		if (run->conn[i].request != NULL) {
			hang_up(&run->conn[i]);
			finish(run, &run->conn[i], LOAD_E_TIMEOUT);
		}
}

static void
loop(struct run *run)
{
	struct epoll_event	 ev[EVENTS];
	struct timespec		 ts;
	int64_t			 wait;
	int			 i, n;

	for (;;) {
		wait = feed(run);
		if (over(run))
			return;
		if (wait < 0)
			wait = PATIENCE_NS;
		ts.tv_sec = wait / NS;
		ts.tv_nsec = wait % NS;
		if ((n = epoll_pwait2(run->epoll, ev, EVENTS, &ts, NULL)) ==
		    -1 && errno != EINTR)
			bench_die("epoll_pwait2: %s", strerror(errno));
		if (n == 0 && wait == PATIENCE_NS)
			give_up(run);
		for (i = 0; i < n; i++) {
			struct conn	*c = ev[i].data.ptr;

			if ((ev[i].events & EPOLLOUT) != 0)
				transmit(run, c);
			if ((ev[i].events & ~(uint32_t)EPOLLOUT) != 0)
				receive(run, c);
		}
	}
}

static void
conns_make(struct run *run)
{
	const int	 n = run->l->connections;
	struct conn	*c;
	int		 i;

	run->conn = bench_need(calloc((size_t)n, sizeof(*run->conn)));
	run->idle = bench_need(calloc((size_t)n, sizeof(*run->idle)));
	if ((run->epoll = epoll_create1(EPOLL_CLOEXEC)) == -1)
		bench_die("epoll_create1: %s", strerror(errno));
	for (i = 0; i < n; i++) {
		c = &run->conn[i];
		c->url = &run->l->url[i % run->l->n_urls];
		c->in_room = ROOM;
		c->in = bench_need(malloc(ROOM));
		c->fd = -1;
		(void)dial(run, c);
		run->idle[run->n_idle++] = c;
	}
}

static void
conns_free(struct run *run)
{
	int	 i;

	for (i = 0; i < run->l->connections; i++) {
		hang_up(&run->conn[i]);
		free(run->conn[i].in);
	}
	(void)close(run->epoll);
	free(run->conn);
	free(run->idle);
}

/* sign -1: at the start; 1: at the end. */
static void
cpu_count(struct load *l, int sign)
{
	int64_t	 ns;
	int	 i;

	for (i = 0; i < l->n_others; i++) {
		if ((ns = bench_cpu_ns(l->other[i].pid)) == -1)
			bench_die("%d: no such process", l->other[i].pid);
		l->other[i].cpu_ns += sign * ns;
	}
	l->cpu_ns += sign * bench_cpu_ns(0);
}

void
load_run(struct load *l)
{
	struct run	 run = { .l = l };
	int		 i;

	for (i = 0; i < l->n_others; i++)
		l->other[i].cpu_ns = 0;
	l->cpu_ns = l->took_ns = 0;
	conns_make(&run);
	cpu_count(l, -1);
	run.start = bench_now_ns();
	run.stop = l->seconds_ns > 0 ? run.start + l->seconds_ns : INT64_MAX;
	loop(&run);
	cpu_count(l, 1);
	conns_free(&run);
}
