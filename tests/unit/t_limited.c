/*
 * t_limited.c - what is counted as a failure, and that who is blocked costs
 * nothing: neither the RA, nor the CA, nor another process's RA.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <fcntl.h>
#include <jansson.h>
#include <pthread.h>
#include <unistd.h>

#include "base/error.h"
#include "base/inet.h"
#include "ca/door.h"
#include "ca/limits.h"
#include "cgi/page.h"
#include "tests/unit/serving.h"

#define N	4
#define S	300L
#define PEER	"192.0.2.7"	/* of serving.c */

static void	*memory;
static int	 memory_fd = -1;

static void
limit(struct scep_limit *l, long n)
{
	l->n = n;
	l->s = S;
}

static struct scep_profile *
profile(const char *name)
{
	size_t	 i;

	for (i = 0; i < w->cfg->n_profiles; i++)
		if (strcmp(w->cfg->profile[i].name, name) == 0)
			return &w->cfg->profile[i];
	fail_msg("no profile %s", name);
	return NULL;
}

/* N failures by a peer; no other limit. */
static int
make(void **state)
{
	struct scep_error	 err;
	size_t			 i;

	if (serve_empty(state) != 0)
		return -1;
	for (i = 0; i < w->cfg->n_profiles; i++)
		memset(w->cfg->profile[i].limit, 0,
		    sizeof(w->cfg->profile[i].limit));
	memset(w->cfg->server.limit, 0, sizeof(w->cfg->server.limit));
	limit(&w->cfg->server.limit[SCEP_LIMIT_FAILURES], N);
	return scep_page_new(SCEP_BLOCKS_SIZE, &memory, &memory_fd, &err) ==
	    SCEP_OK && scep_ca_use_limits(w->ca, memory, memory_fd, &err) ==
	    SCEP_OK ? 0 : -1;
}

static int
unmake(void **state)
{
	if (serve_empty(state) != 0)	/* it borrows the memory */
		return -1;
	(void)munmap(memory, SCEP_BLOCKS_SIZE);
	(void)close(memory_fd);
	return 0;
}

static long
failures_of(const char *peer)
{
	struct scep_block	 block;
	struct scep_inet	 addr;

	assert_true(scep_inet_read(peer, &addr));
	if (scep_blocks_site(memory, scep_inet_site(&addr), WORLD_NOW,
	    &block))
		return N;
	return -1;
}

static int
is_blocked(const char *peer)
{
	return failures_of(peer) == N;
}

struct sum {
	long	 failures, messages;
};

static int
add(void *arg, const struct scep_limited *who)
{
	struct sum	*s = arg;

	s->failures += who->count[SCEP_LIMIT_FAILURES];
	s->messages += who->count[SCEP_LIMIT_MESSAGES];
	return 1;
}

static struct sum
sum(void)
{
	struct sum	 s = { 0, 0 };

	scep_limits_each(((struct scep_local *)w->ca)->memory->limits, 0,
	    WORLD_NOW, add, &s);
	return s;
}

/* What the RA answers to it; the failInfo, or -1. */
static int
ask(const char *path, int k, const char *challenge)
{
	struct served	 s;
	int		 info, status;

	serve_request(path, k, k == 0 ? "/CN=dev-0" : "/CN=dev-1", challenge,
	    &s);
	info = s.reply.fail_info;
	status = s.http.status;
	served_clear(&s);
	return status == 200 ? info : status;
}

static void
each_refusal_is_one_failure(void **state)
{
	struct bytes		 garbage = { (unsigned char *)(uintptr_t)
				    "garbage", 7 };
	struct client_message	 m;
	struct served		 s;

	(void)state;
	limit(&w->cfg->server.limit[SCEP_LIMIT_FAILURES], 100);
	limit(&w->cfg->server.limit[SCEP_LIMIT_MESSAGES], 100);
	assert_int_equal(ask("/main", 0, "wrong"), 2);
	assert_int_equal(sum().failures, 1);
	assert_int_equal(ask("/main", 0, NULL), 2);	/* none at all */
	assert_int_equal(sum().failures, 2);
	m = serve_plain(0, 19, garbage);		/* in the envelope */
	serve("/main", &m, &s);
	assert_int_equal(s.reply.fail_info, 2);
	served_clear(&s);
	assert_int_equal(sum().failures, 3);
	m = serve_plain(0, 21, garbage);		/* GetCert */
	serve("/main", &m, &s);
	assert_int_equal(s.reply.fail_info, 4);
	served_clear(&s);
	assert_int_equal(sum().failures, 4);
	m = serve_plain(0, 20, garbage);		/* CertPoll */
	serve("/main", &m, &s);
	assert_int_equal(s.reply.fail_info, 4);
	served_clear(&s);
	assert_int_equal(sum().failures, 5);
	assert_int_equal(sum().messages, 5);
}

static void
what_the_ra_refuses_by_itself_counts(void **state)
{
	struct client_message	 m;
	struct bytes		 csr, der;
	struct served		 s;

	(void)state;
	limit(&w->cfg->server.limit[SCEP_LIMIT_FAILURES], 100);
	csr = client_csr(w->key[0], "CN=dev-0", "x", NULL);
	m = serve_plain(0, 19, csr);
	der = client_message(&m);
	der.data[der.len - 1] ^= 1;			/* its signature */
	serve_octets("/main", &der, 0, &s);
	assert_int_equal(s.reply.fail_info, 1);
	served_clear(&s);
	assert_int_equal(sum().failures, 1);
	/* No private operation, no failure. */
	der.data[0] ^= 0xff;
	serve_octets("/main", &der, 0, &s);
	assert_int_equal(s.http.status, 400);
	served_clear(&s);
	serve_get("/main", "operation=GetCACaps", &s);
	served_clear(&s);
	assert_int_equal(sum().failures, 1);
	bytes_free(&der);
	bytes_free(&csr);
}

static void
a_grant_and_a_queued_one_are_none(void **state)
{
	char	 challenge[SCEP_CHALLENGE_TEXT];
	int	 i;

	(void)state;
	limit(&w->cfg->server.limit[SCEP_LIMIT_MESSAGES], 100);
	ask_mint("main", challenge);
	for (i = 0; i < 2 * N; i++)		/* … and its repetitions */
		assert_int_equal(ask("/main", 0, challenge), -1);
	for (i = 0; i < 2 * N; i++)
		assert_int_equal(ask("/manual", 1, NULL), -1);
	assert_int_equal(sum().failures, 0);
	assert_int_equal(sum().messages, 4 * N);
	assert_false(is_blocked(PEER));
}

/* Whatever he sends is not read: garbage is no bad request any more. */
static void
who_is_blocked_is_not_listened_to(void **state)
{
	const struct bytes	 garbage = { (unsigned char *)(uintptr_t)"x",
				    1 };
	struct served		 s;
	char			 challenge[SCEP_CHALLENGE_TEXT];
	int			 i;

	(void)state;
	serve_octets("/main", &garbage, 0, &s);
	assert_int_equal(s.http.status, 400);		/* control */
	served_clear(&s);
	ask_mint("main", challenge);
	for (i = 0; i < N; i++)
		assert_int_equal(ask("/main", 0, "wrong"), 2);
	assert_true(is_blocked(PEER));
	serve_octets("/main", &garbage, 0, &s);
	assert_int_equal(s.http.status, 429);
	assert_int_equal(s.http.retry_after, S);
	assert_non_null(strstr(s.log.text, "error=\"too many requests\""));
	assert_non_null(strstr(s.log.text, "too many failures; scepadm "
	    "limits clear --peer " PEER));
	served_clear(&s);
	serve_request("/main", 0, "/CN=dev-0", challenge, &s);
	assert_int_equal(s.http.status, 429);
	assert_null(strstr(s.log.text, "txid="));
	assert_null(strstr(s.log.text, "type="));
	served_clear(&s);
	assert_int_equal(ask_used(challenge), 0);
	/* What costs nothing is for him, too. */
	serve_get("/main", "operation=GetCACaps", &s);
	assert_int_equal(s.http.status, 200);
	served_clear(&s);
	serve_get("/main", "operation=GetCACert", &s);
	assert_int_equal(s.http.status, 200);
	served_clear(&s);
	/* By GET as by POST. */
	serve_get("/main", "operation=PKIOperation&message=MAA%3D", &s);
	assert_int_equal(s.http.status, 429);
	served_clear(&s);
}

/* An RA that has no page asks the CA, which does not look at it either. */
static void
the_ca_refuses_by_itself(void **state)
{
	struct world_request	 r;
	struct scep_answer	 answer;
	struct scep_error	 err;
	char			 challenge[SCEP_CHALLENGE_TEXT];
	int			 i;

	(void)state;
	ask_mint("main", challenge);
	for (i = 0; i < N; i++) {
		r = ask_new(0, "t", "wrong");
		r.peer = "2001:db8::1";
		ask_spend(&r, "refused", "challenge unknown");
	}
	r = ask_new(0, "t", challenge);
	r.peer = "2001:db8::ffff";
	assert_int_equal(world_enrol(w, &r, &answer, &err), SCEP_E_LIMIT);
	assert_int_equal(answer.retry_s, S);
	assert_int_equal(scep_err_http(SCEP_E_LIMIT), 429);
	assert_int_equal(scep_err_fail_info(SCEP_E_LIMIT), -1);
	assert_int_equal(world_poll(w, &r, &answer, &err), SCEP_E_LIMIT);
	/* Another one goes on, and he, when his time is over. */
	r.peer = "2001:db8:0:1::1";
	ask_spend(&r, "granted", "challenge");
	r = ask_new(1, "t2", "wrong");
	r.peer = "2001:db8::1";
	r.later = S - 1;
	assert_int_equal(world_enrol(w, &r, &answer, &err), SCEP_E_LIMIT);
	assert_int_equal(answer.retry_s, 1);
	r.later = S;
	ask_spend(&r, "refused", "challenge unknown");
}

/* SECURITY T2: the reason makes no difference to when he is blocked. */
static void
a_frozen_or_wrong_or_absent_one_counts_alike(void **state)
{
	static const char *const	 shown[] = { "wrong", NULL, "k0123.",
					    "st1.2345678923.YQ.YQ" };
	struct world_request		 r;
	size_t				 i;
	int				 n;
	char				 peer[32];

	(void)state;
	for (i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
		(void)snprintf(peer, sizeof(peer), "198.51.100.%zu", i);
		for (n = 0; n < N; n++) {
			assert_false(is_blocked(peer));
			r = ask_new(0, "t", shown[i]);
			r.peer = peer;
			ask_spend(&r, "refused", "");
		}
		assert_true(is_blocked(peer));
	}
}

static void
a_profile_is_limited_by_itself(void **state)
{
	char	 challenge[SCEP_CHALLENGE_TEXT];
	int	 i;

	(void)state;
	w->cfg->server.limit[SCEP_LIMIT_FAILURES].n = 0;
	limit(&profile("main")->limit[SCEP_LIMIT_FAILURES], N);
	ask_mint("both", challenge);
	for (i = 0; i < 2 * N; i++)
		assert_int_equal(ask("/both", 0, "wrong"), 2);
	for (i = 0; i < N; i++)
		assert_int_equal(ask("/main", 0, "wrong"), 2);
	assert_int_equal(ask("/main", 0, "wrong"), 429);
	assert_int_equal(ask("/both", 1, challenge), -1);
}

static void
without_memory_nobody_is_counted(void **state)
{
	int	 i;

	(void)state;
	world_empty(w);
	assert_int_equal(serve_empty(state), 0);
	for (i = 0; i < 3 * N; i++)
		assert_int_equal(ask("/main", 0, "wrong"), 2);
}

/* A reload: the same memory, other limits. */
static void
a_block_outlives_a_reload_but_not_its_limit(void **state)
{
	struct scep_ca		*next;
	struct scep_answer	 answer;
	struct scep_error	 err;
	struct world_request	 r = ask_new(0, "t", "wrong");
	int			 i;

	(void)state;
	for (i = 0; i < N; i++)
		ask_expect(&r, "refused", "");
	assert_int_equal(scep_ca_reopen(w->ca, w->cfg, &next, &err), SCEP_OK);
	scep_ca_close(w->ca);
	w->ca = next;
	scep_ca_tend_limits(w->ca, WORLD_NOW);
	assert_int_equal(world_enrol(w, &r, &answer, &err), SCEP_E_LIMIT);
	w->cfg->server.limit[SCEP_LIMIT_FAILURES].n = 0;
	scep_ca_tend_limits(w->ca, WORLD_NOW);
	ask_spend(&r, "refused", "");
}

/* The operator. */

static json_t *
operate(const char *request, enum scep_err want)
{
	struct scep_buf		 reply = { NULL, 0 };
	struct scep_error	 err;
	char			 summary[SCEP_LINE_MAX];
	json_t			*all;

	assert_int_equal(scep_admin(w->ca, WORLD_NOW, 0,
	    scep_span_text(request), &reply, summary, sizeof(summary), &err),
	    want);
	all = json_loadb((const char *)reply.data, reply.len, 0, NULL);
	assert_non_null(all);
	scep_buf_clear(&reply);
	return all;
}

static size_t
rows(const char *request)
{
	json_t	*all = operate(request, SCEP_OK);
	size_t	 n;

	n = json_array_size(json_object_get(json_object_get(all, "result"),
	    "rows"));
	json_decref(all);
	return n;
}

static void
an_operator_sees_them_and_lets_them_in(void **state)
{
	json_t	*all, *row;
	int	 i;

	(void)state;
	assert_int_equal(rows("{\"do\":\"limits.list\"}"), 0);
	assert_int_equal(ask("/main", 0, "wrong"), 2);
	assert_int_equal(rows("{\"do\":\"limits.list\"}"), 0);
	assert_int_equal(rows("{\"do\":\"limits.list\",\"all\":1}"), 1);
	for (i = 1; i < N; i++)
		assert_int_equal(ask("/main", 0, "wrong"), 2);
	all = operate("{\"do\":\"limits.list\"}", SCEP_OK);
	row = json_array_get(json_object_get(json_object_get(all, "result"),
	    "rows"), 0);
	assert_string_equal(json_string_value(json_object_get(row, "peer")),
	    PEER);
	assert_string_equal(json_string_value(json_object_get(row, "state")),
	    "blocked");
	assert_string_equal(json_string_value(json_object_get(row, "limit")),
	    "failures");
	assert_int_equal(json_integer_value(json_object_get(row, "left")),
	    S);
	json_decref(all);
	assert_int_equal(ask("/main", 0, "wrong"), 429);
	json_decref(operate("{\"do\":\"limits.clear\",\"peer\":\"192.0.2.8\"}",
	    SCEP_OK));
	assert_int_equal(ask("/main", 0, "wrong"), 429);
	json_decref(operate("{\"do\":\"limits.clear\",\"peer\":\"" PEER
	    "\"}", SCEP_OK));
	assert_int_equal(ask("/main", 0, "wrong"), 2);
	json_decref(operate("{\"do\":\"limits.clear\",\"peer\":\"him\"}",
	    SCEP_E_USAGE));
	json_decref(operate("{\"do\":\"limits.clear\",\"profile\":\"no\"}",
	    SCEP_E_NOTFOUND));
	json_decref(operate("{\"do\":\"limits.clear\",\"profile\":\"main\"}",
	    SCEP_OK));
	json_decref(operate("{\"do\":\"limits.clear\"}", SCEP_OK));
}

static void
without_a_server_there_is_nothing_to_see(void **state)
{
	(void)state;
	world_empty(w);
	json_decref(operate("{\"do\":\"limits.list\"}", SCEP_E_REFUSED));
	json_decref(operate("{\"do\":\"limits.clear\"}", SCEP_E_REFUSED));
}

static void
metrics_tell_of_them(void **state)
{
	struct scep_buf		 out = { NULL, 0 };
	struct scep_error	 err;
	const char		*text;
	int			 i;

	(void)state;
	for (i = 0; i < N; i++)
		assert_int_equal(ask("/main", 0, "wrong"), 2);
	assert_int_equal(scep_ca_inspect(w->ca, WORLD_NOW,
	    SCEP_INSPECT_METRICS, &out, &err), SCEP_OK);
	assert_int_equal(scep_buf_add(&out, scep_span_make("", 1), &err),
	    SCEP_OK);
	text = (const char *)out.data;
	assert_non_null(strstr(text, "scep_blocked{of=\"peer\"} 1\n"));
	assert_non_null(strstr(text, "scep_blocked{of=\"profile\"} 0\n"));
	assert_non_null(strstr(text, "scep_blocks_total{of=\"peer\","
	    "limit=\"failures\"} 1\n"));
	assert_non_null(strstr(text, "scep_blocks_total{of=\"profile\","
	    "limit=\"messages\"} 0\n"));
	scep_buf_clear(&out);
}

/* Who asks what became of it is told; not more than one each second. */
static void
one_in_a_second_is_explained(void **state)
{
	char		 request[128];
	struct served	 s;
	json_t		*all;
	char		*text;
	int		 i;

	(void)state;
	for (i = 0; i < N; i++)
		assert_int_equal(ask("/main", 0, "wrong"), 2);
	for (i = 0; i < 2; i++) {
		serve_request("/main", 0, "/CN=dev-0", "wrong", &s);
		assert_int_equal(s.http.status, 429);
		(void)snprintf(request, sizeof(request), "{\"do\":\"explain\","
		    "\"what\":\"%.16s\"}", strstr(s.log.text, "id=") + 3);
		served_clear(&s);
		all = operate(request, i == 0 ? SCEP_OK : SCEP_E_NOTFOUND);
		text = json_dumps(all, 0);
		assert_int_equal(strstr(text, "HTTP 429") != NULL, i == 0);
		free(text);
		json_decref(all);
	}
}

/* Over the door. */

static time_t
still(void)
{
	return WORLD_NOW;
}

static struct scep_ca	*served_ca;

static void *
serve_door(void *arg)
{
	struct scep_error	 err;

	while (scep_door_serve(served_ca, *(const int *)arg, still, &err) ==
	    SCEP_OK)
		continue;
	return NULL;
}

static struct scep_ca *
connect_to(int pair[2], pthread_t *thread)
{
	struct scep_ca		*ca;
	struct scep_error	 err;

	served_ca = w->ca;
	world_must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	world_must(pthread_create(thread, NULL, serve_door, &pair[1]) == 0);
	world_must(scep_ca_connect(pair[0], 60000, &ca, &err) == SCEP_OK);
	return ca;
}

static void
an_ra_elsewhere_reads_the_same_memory(void **state)
{
	struct scep_ca		*far;
	const void		*page;
	struct scep_error	 err;
	pthread_t		 thread;
	long			 retry_s;
	int			 pair[2], fd, i;

	(void)state;
	far = connect_to(pair, &thread);
	assert_int_equal(scep_ca_ask_blocks(far, &fd, &err), SCEP_OK);
	/* Nobody else writes to it, or makes it smaller. */
	assert_int_equal((intptr_t)mmap(NULL, SCEP_BLOCKS_SIZE, PROT_READ |
	    PROT_WRITE, MAP_SHARED, fd, 0), (intptr_t)MAP_FAILED);
	assert_int_equal(ftruncate(fd, 4096), -1);
	assert_int_equal(write(fd, "x", 1), -1);
	assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	assert_int_equal(scep_page_map(fd, SCEP_BLOCKS_SIZE, &page, &err),
	    SCEP_OK);
	assert_int_equal(scep_ca_check_limits(far, WORLD_NOW, "main", PEER,
	    &retry_s, &err), SCEP_OK);
	assert_int_equal(scep_ca_use_blocks(far, page, &err), SCEP_OK);
	assert_int_equal(scep_ca_check_limits(far, WORLD_NOW, "main", PEER,
	    &retry_s, &err), SCEP_OK);
	for (i = 0; i < N; i++)
		assert_int_equal(ask("/main", 0, "wrong"), 2);
	assert_int_equal(scep_ca_check_limits(far, WORLD_NOW, "main", PEER,
	    &retry_s, &err), SCEP_E_LIMIT);
	assert_int_equal(retry_s, S);
	assert_int_equal(scep_ca_check_limits(far, WORLD_NOW, "main",
	    "192.0.2.8", &retry_s, &err), SCEP_OK);
	/* Nor what is mapped for reading. */
	assert_int_equal(mprotect((void *)(uintptr_t)page, SCEP_BLOCKS_SIZE,
	    PROT_READ | PROT_WRITE), -1);
	assert_int_equal(mprotect(memory, SCEP_BLOCKS_SIZE, PROT_READ |
	    PROT_WRITE), 0);			/* control */
	(void)munmap((void *)(uintptr_t)page, SCEP_BLOCKS_SIZE);
	scep_ca_close(far);
	(void)pthread_join(thread, NULL);
	(void)close(pair[1]);
}

/* Old kernels, and some that are no Linux. */
static void
where_memory_cannot_be_shared_the_ca_looks(void **state)
{
	struct world_request	 r = ask_new(0, "t", "wrong");
	struct rlimit		 all, none;
	struct scep_answer	 answer;
	struct scep_ca		*far;
	struct scep_error	 err;
	pthread_t		 thread;
	int			 pair[2], fd, i;

	(void)state;
	world_empty(w);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &all), 0);
	none = (struct rlimit){ 0, all.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	assert_int_equal(scep_page_give_limits(w->ca, &err),
	    SCEP_E_INTERNAL);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &all), 0);
	assert_non_null(strstr(err.text, "Linux 5.1"));
	assert_int_equal(scep_page_keep_limits(w->ca, &err), SCEP_OK);
	far = connect_to(pair, &thread);
	assert_int_equal(scep_ca_ask_blocks(far, &fd, &err),
	    SCEP_E_NOTFOUND);
	assert_int_equal(fd, -1);
	for (i = 0; i < N; i++)
		ask_expect(&r, "refused", "");
	assert_int_equal(world_enrol(w, &r, &answer, &err), SCEP_E_LIMIT);
	assert_int_equal(answer.retry_s, S);
	bytes_free(&r.csr);
	scep_ca_close(far);
	(void)pthread_join(thread, NULL);
	(void)close(pair[1]);
}

static void
an_ra_without_it_is_told_when_again(void **state)
{
	struct world_request	 r = ask_new(0, "t", "wrong");
	struct scep_ca		*near = w->ca, *far;
	struct scep_answer	 answer;
	struct scep_error	 err;
	pthread_t		 thread;
	int			 pair[2], i;

	(void)state;
	for (i = 0; i < N; i++)
		ask_expect(&r, "refused", "");
	far = connect_to(pair, &thread);
	w->ca = far;
	r.later = 0;
	i = (int)world_enrol(w, &r, &answer, &err);
	w->ca = near;
	assert_int_equal(i, SCEP_E_LIMIT);
	assert_int_equal(answer.retry_s, S);
	assert_non_null(strstr(err.text, "scepadm limits clear --peer "
	    "192.0.2.1"));
	bytes_free(&r.csr);
	scep_ca_close(far);
	(void)pthread_join(thread, NULL);
	(void)close(pair[1]);
}

static void
where_nothing_is_counted_no_memory_comes(void **state)
{
	struct scep_ca		*far;
	struct scep_error	 err;
	pthread_t		 thread;
	int			 pair[2], fd;

	(void)state;
	world_empty(w);
	far = connect_to(pair, &thread);
	assert_int_equal(scep_ca_ask_blocks(far, &fd, &err),
	    SCEP_E_NOTFOUND);
	assert_int_equal(fd, -1);
	scep_ca_close(far);
	(void)pthread_join(thread, NULL);
	(void)close(pair[1]);
}

/* What is no such memory is not read. */
static void
another_memory_is_not_taken(void **state)
{
	struct scep_error	 err;
	const void		*page;
	void			*mine;
	int			 fd;

	(void)state;
	assert_int_equal(scep_page_new(4096, &mine, &fd, &err), SCEP_OK);
	assert_int_equal(scep_page_map(dup(fd), SCEP_BLOCKS_SIZE, &page,
	    &err), SCEP_E_FORMAT);		/* too small */
	assert_int_equal(scep_page_map(dup(fd), 4096, &page, &err),
	    SCEP_OK);				/* control */
	assert_int_equal(scep_ca_use_blocks(w->ca, page, &err),
	    SCEP_E_FORMAT);			/* of zeroes */
	(void)munmap((void *)(uintptr_t)page, 4096);
	(void)munmap(mine, 4096);
	(void)close(fd);
	fd = memfd_create("open", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	assert_int_equal(ftruncate(fd, SCEP_BLOCKS_SIZE), 0);
	assert_int_equal(scep_page_map(fd, SCEP_BLOCKS_SIZE, &page, &err),
	    SCEP_E_FORMAT);			/* not sealed */
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
#define T(f)	cmocka_unit_test_setup_teardown(f, make, unmake)
		T(each_refusal_is_one_failure),
		T(what_the_ra_refuses_by_itself_counts),
		T(a_grant_and_a_queued_one_are_none),
		T(who_is_blocked_is_not_listened_to),
		T(the_ca_refuses_by_itself),
		T(a_frozen_or_wrong_or_absent_one_counts_alike),
		T(a_profile_is_limited_by_itself),
		T(without_memory_nobody_is_counted),
		T(a_block_outlives_a_reload_but_not_its_limit),
		T(an_operator_sees_them_and_lets_them_in),
		T(without_a_server_there_is_nothing_to_see),
		T(metrics_tell_of_them),
		T(one_in_a_second_is_explained),
		T(an_ra_elsewhere_reads_the_same_memory),
		T(where_memory_cannot_be_shared_the_ca_looks),
		T(an_ra_without_it_is_told_when_again),
		T(where_nothing_is_counted_no_memory_comes),
		T(another_memory_is_not_taken),
	};
	int			 failed;

	serve_open(NULL);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	serve_close();
	return failed;
}
