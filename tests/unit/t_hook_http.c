/*
 * t_hook_http.c - the host of hooks asks a server, which may be an odd one.
 *
 * Without TLS: that is the end-to-end tests'.
 */
#include <sys/socket.h>

#include <arpa/inet.h>
#include <dlfcn.h>
#include <netdb.h>
#include <netinet/in.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include <openssl/evp.h>

#include "base/text.h"
#include "cgi/child.h"
#include "cgi/hook.h"

#define LONG_MS		120000	/* never waited for */
#define SHORT_MS	300
#define REQUEST_MAX	8192
#define THREADS		6
#define CALLS		15

struct world {
	struct scep_hooks	 hooks;
	int			 listen_fd;
	int			 port;
	atomic_int		 connections;
};

/* The server. */

static void
say(int fd, const char *text)
{
	(void)send(fd, text, strlen(text), MSG_NOSIGNAL);
}

static void
say_body(int fd, const char *status, const char *body, size_t len)
{
	char	 head[128];

	(void)snprintf(head, sizeof(head), "HTTP/1.1 %s\r\n"
	    "Content-Length: %zu\r\n\r\n", status, len);
	say(fd, head);
	(void)send(fd, body, len, MSG_NOSIGNAL);
}

/* Till the client has enough. */
static void
wait_for_end(int fd)
{
	char	 octet;

	while (recv(fd, &octet, 1, 0) > 0)
		continue;
}

static void
drip(int fd)
{
	say(fd, "HTTP/1.1 200 OK\r\nX-Slow: ");
	while (send(fd, "x", 1, MSG_NOSIGNAL) == 1)
		(void)usleep(20000);
}

static char	 zeros[SCEP_HOOK_ANSWER_MAX + 1];

/* 0: the connection is over. */
static int
serve(int fd, const char *path, const char *request, const char *body)
{
	if (strcmp(path, "/ok") == 0)
		say_body(fd, "200 OK", "{\"a\":1}", 7);
	else if (strcmp(path, "/echo") == 0)
		say_body(fd, "200 OK", body, strlen(body));
	else if (strcmp(path, "/show") == 0)
		say_body(fd, "200 OK", request, strlen(request));
	else if (strcmp(path, "/empty") == 0)
		say_body(fd, "200 OK", "", 0);
	else if (strcmp(path, "/500") == 0)
		say_body(fd, "500 No", "the database\nis away", 20);
	else if (strcmp(path, "/201") == 0)
		say_body(fd, "201 Created", "{\"a\":1}", 7);
	else if (strcmp(path, "/202") == 0)
		say_body(fd, "202 Accepted", "", 0);
	else if (strcmp(path, "/204") == 0)
		say(fd, "HTTP/1.1 204 Nothing\r\n\r\n");
	else if (strcmp(path, "/302") == 0)
		say(fd, "HTTP/1.1 302 Found\r\nLocation: /ok\r\n"
		    "Content-Length: 0\r\n\r\n");
	else if (strcmp(path, "/307") == 0)
		say(fd, "HTTP/1.1 307 Found\r\nLocation: /ok\r\n"
		    "Content-Length: 0\r\n\r\n");
	else if (strcmp(path, "/largest") == 0)
		say_body(fd, "200 OK", zeros, SCEP_HOOK_ANSWER_MAX);
	else if (strcmp(path, "/large") == 0)
		say_body(fd, "200 OK", zeros, SCEP_HOOK_ANSWER_MAX + 1);
	else if (strcmp(path, "/hang") == 0)
		wait_for_end(fd);
	else if (strcmp(path, "/drip") == 0)
		drip(fd);
	else if (strcmp(path, "/cut") == 0)
		say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
	else if (strcmp(path, "/old") == 0)
		say(fd, "{\"a\":1}");
	return strcmp(path, "/ok") == 0 || strcmp(path, "/echo") == 0;
}

/* One with its body; "" at the end. */
static void
read_request(int fd, char request[REQUEST_MAX])
{
	const char	*end, *length;
	size_t		 have = 0, want = REQUEST_MAX - 1;
	ssize_t		 n;

	while (have < want && (n = recv(fd, request + have, want - have,
	    0)) > 0) {
		have += (size_t)n;
		request[have] = '\0';
		if ((end = strstr(request, "\r\n\r\n")) == NULL ||
		    (length = strstr(request, "Content-Length: ")) == NULL)
			continue;
		want = (size_t)(end + 4 - request) +
		    strtoul(length + 16, NULL, 10);
		if (want > REQUEST_MAX - 1)
			want = REQUEST_MAX - 1;
	}
	request[have] = '\0';
}

static void *
run_connection(void *arg)
{
	char	 request[REQUEST_MAX], path[64];
	int	 fd = *(int *)arg;

	free(arg);
	do {
		read_request(fd, request);
		if (sscanf(request, "POST %63[^ ?]", path) != 1)
			break;
	} while (serve(fd, path, request, strstr(request, "\r\n\r\n") + 4));
	(void)close(fd);
	return NULL;
}

static void *
run_server(void *arg)
{
	struct world	*w = arg;
	pthread_t	 thread;
	int		*fd;

	for (;;) {
		if ((fd = malloc(sizeof(*fd))) == NULL ||
		    (*fd = accept4(w->listen_fd, NULL, NULL, SOCK_CLOEXEC)) ==
		    -1)
			break;
		(void)atomic_fetch_add(&w->connections, 1);
		if (pthread_create(&thread, NULL, run_connection, fd) != 0)
			break;
		(void)pthread_detach(thread);
	}
	free(fd);
	return NULL;
}

/* A name server that is silent.  libcurl asks for names by this function, and
 * what the program itself has comes first. */
int
getaddrinfo(const char *name, const char *service,
    const struct addrinfo *hints, struct addrinfo **out)
{
	static int	(*real)(const char *, const char *,
			    const struct addrinfo *, struct addrinfo **);
	void		*found;

	if (name != NULL && strcmp(name, "silent.example") == 0) {
		(void)sleep(LONG_MS / 1000);
		return EAI_AGAIN;
	}
	if (real == NULL && (found = dlsym(RTLD_NEXT, "getaddrinfo")) != NULL)
		memcpy(&real, &found, sizeof(real));
	return real == NULL ? EAI_FAIL : real(name, service, hints, out);
}

/* The tests. */

static void
aim(const struct world *w, const char *path, struct scep_hook *hook)
{
	memset(hook, 0, sizeof(*hook));
	hook->kind = SCEP_HOOK_HTTP;
	hook->timeout_ms = LONG_MS;
	(void)snprintf(hook->target, sizeof(hook->target),
	    "http://127.0.0.1:%d%s", w->port, path);
}

static enum scep_err
ask(struct world *w, const struct scep_hook *hook, const char *question,
    struct scep_buf *answer, struct scep_error *err)
{
	long	 ms;

	return w->hooks.host.call(w->hooks.host.arg, hook,
	    scep_span_text(question), answer, &ms, err);
}

static const struct {
	const char	*path;
	const char	*answer;	/* or NULL: … */
	const char	*why;		/* … a part of the reason */
	long		 timeout_ms;	/* 0: LONG_MS */
} cases[] = {
	{ "/ok", "{\"a\":1}", NULL, 0 },
	{ "/echo", "{\"q\":2}", NULL, 0 },
	{ "/ok?token=secret#x", "{\"a\":1}", NULL, 0 },
	{ "/empty", "", NULL, 0 },
	{ "/500", NULL, "HTTP 500, and only 200 is an answer: the database",
	    0 },
	{ "/201", NULL, "HTTP 201", 0 },
	{ "/204", NULL, "HTTP 204", 0 },
	{ "/302", NULL, "a redirect is not followed", 0 },
	{ "/307", NULL, "a redirect is not followed", 0 },
	{ "/large", NULL, "more than 65536 octets", 0 },
	{ "/hang", NULL, "timed out", SHORT_MS },
	{ "/drip", NULL, "timed out", SHORT_MS },
	{ "/cut", NULL, "7 bytes remaining", 0 },
	{ "/old", NULL, "HTTP/0.9", 0 },
	{ "/nothing", NULL, "Empty reply", 0 },
};

static void
check_case(struct world *w, size_t i)
{
	struct scep_hook	 hook;
	struct scep_buf		 answer = { NULL, 0 };
	struct scep_error	 err = { .text = "" };
	enum scep_err		 rc;

	aim(w, cases[i].path, &hook);
	if (cases[i].timeout_ms != 0)
		hook.timeout_ms = cases[i].timeout_ms;
	rc = ask(w, &hook, "{\"q\":2}", &answer, &err);
	if (cases[i].answer != NULL) {
		if (rc != SCEP_OK)
			fail_msg("%s: %s", cases[i].path, err.text);
		assert_int_equal(answer.len, strlen(cases[i].answer));
		assert_memory_equal(answer.data, cases[i].answer, answer.len);
	} else {
		if (rc != SCEP_E_BUSY || strstr(err.text, cases[i].why) ==
		    NULL || strstr(err.text, "http://127.0.0.1:") != err.text)
			fail_msg("%s: %d %s", cases[i].path, rc, err.text);
		assert_null(answer.data);
	}
	scep_buf_clear(&answer);
}

static void
test_what_servers_do(void **state)
{
	size_t	 i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check_case(*state, i);
}

/* Who is told, and not asked, may say that in any way. */
static void
test_what_is_success(void **state)
{
	static const struct {
		const char	*path, *why;
	} rows[] = {
		{ "/ok", NULL },
		{ "/201", NULL },
		{ "/202", NULL },
		{ "/204", NULL },
		{ "/302", "a redirect is not followed" },
		{ "/500", "HTTP 500, and only 200 to 299 is success: the "
		    "database" },
		{ "/large", "more than 65536 octets" },
	};
	struct scep_hook	 hook;
	struct scep_buf		 answer;
	struct scep_error	 err;
	enum scep_err		 rc;
	size_t			 i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		aim(*state, rows[i].path, &hook);
		hook.is_told = 1;
		rc = ask(*state, &hook, "{}", &answer, &err);
		if (rows[i].why == NULL ? rc != SCEP_OK : rc != SCEP_E_BUSY ||
		    strstr(err.text, rows[i].why) == NULL)
			fail_msg("%s: %d %s", rows[i].path, rc, err.text);
		scep_buf_clear(&answer);
	}
}

static void
test_largest_answer(void **state)
{
	struct scep_hook	 hook;
	struct scep_buf		 answer;
	struct scep_error	 err;

	aim(*state, "/largest", &hook);
	assert_int_equal(ask(*state, &hook, "", &answer, &err), SCEP_OK);
	assert_int_equal(answer.len, SCEP_HOOK_ANSWER_MAX);
	scep_buf_clear(&answer);
}

/* A query may hold a secret, and a reason goes to the log. */
static void
test_query_is_not_told(void **state)
{
	struct scep_hook	 hook;
	struct scep_buf		 answer;
	struct scep_error	 err;

	aim(*state, "/500?token=secret", &hook);
	assert_int_equal(ask(*state, &hook, "{}", &answer, &err),
	    SCEP_E_BUSY);
	assert_null(strstr(err.text, "secret"));
	assert_non_null(strstr(err.text, "/500: HTTP 500"));
}

static void
test_nobody_there(void **state)
{
	struct scep_hook	 hook;
	struct scep_buf		 answer;
	struct scep_error	 err;

	aim(*state, "/ok", &hook);
	(void)snprintf(hook.target, sizeof(hook.target),
	    "http://127.0.0.1:1/ok");
	assert_int_equal(ask(*state, &hook, "{}", &answer, &err),
	    SCEP_E_BUSY);
	assert_non_null(strstr(err.text, "connect"));
}

/* Whose thread may go on waiting: we do not. */
static void
test_silent_name_server(void **state)
{
	const int64_t		 began = scep_now_ms();
	struct scep_hook	 hook;
	struct scep_buf		 answer;
	struct scep_error	 err;

	aim(*state, "/ok", &hook);
	hook.timeout_ms = SHORT_MS;
	(void)snprintf(hook.target, sizeof(hook.target),
	    "https://silent.example/ok");
	assert_int_equal(ask(*state, &hook, "{}", &answer, &err),
	    SCEP_E_BUSY);
	assert_non_null(strstr(err.text, "timed out"));
	assert_true(scep_now_ms() - began < LONG_MS / 2);
}

static void
test_connection_is_reused(void **state)
{
	struct world		*w = *state;
	struct scep_hook	 hook;
	struct scep_buf		 answer;
	struct scep_error	 err;
	int			 i, before;

	scep_hooks_clear(&w->hooks);
	scep_hooks_init(&w->hooks);
	before = atomic_load(&w->connections);
	aim(w, "/echo", &hook);
	for (i = 0; i < CALLS; i++) {
		assert_int_equal(ask(w, &hook, i % 2 ? "a" : "bb", &answer,
		    &err), SCEP_OK);
		assert_string_equal((const char *)answer.data, i % 2 ? "a" :
		    "bb");
		scep_buf_clear(&answer);
	}
	assert_int_equal(atomic_load(&w->connections), before + 1);
}

static char	 until_gone[] = "/tmp/t_hook_http.XXXXXX";

/* It answers when that file is gone. */
static void *
ask_a_shell(void *arg)
{
	struct scep_hook	 hook = {
		.kind = SCEP_HOOK_EXEC,
		.timeout_ms = LONG_MS,
	};
	char			 sh[PATH_MAX], text[128];
	struct scep_buf		 answer;
	struct scep_error	 err;

	if (realpath("/bin/sh", sh) == NULL)
		return NULL;
	(void)snprintf(hook.target, sizeof(hook.target), "%.1000s", sh);
	(void)snprintf(text, sizeof(text), "while [ -e %s ]; do sleep 0.05; "
	    "done; echo yes", until_gone);
	if (ask(arg, &hook, text, &answer, &err) != SCEP_OK)
		return NULL;
	scep_buf_clear(&answer);
	return arg;
}

static int
n_calls(struct world *w)
{
	int	 n;

	(void)pthread_mutex_lock(&w->hooks.mutex);
	n = w->hooks.n_calls;
	(void)pthread_mutex_unlock(&w->hooks.mutex);
	return n;
}

/* What a call has in hand is not taken from it. */
static void
test_end_during_a_call(void **state)
{
	struct world		*w = *state;
	struct scep_hook	 hook;
	struct scep_buf		 answer;
	struct scep_error	 err;
	pthread_t		 thread;
	void			*said;
	int			 i, fd;

	assert_int_not_equal(fd = mkstemp(until_gone), -1);
	(void)close(fd);
	aim(w, "/echo", &hook);
	assert_int_equal(ask(w, &hook, "a", &answer, &err), SCEP_OK);
	scep_buf_clear(&answer);
	assert_true(w->hooks.http.n_idle > 0);
	assert_int_equal(pthread_create(&thread, NULL, ask_a_shell, w), 0);
	for (i = 0; n_calls(w) == 0 && i < LONG_MS; i++)
		(void)usleep(1000);
	assert_int_equal(n_calls(w), 1);
	scep_hooks_clear(&w->hooks);
	assert_true(w->hooks.http.n_idle > 0);
	assert_int_equal(unlink(until_gone), 0);
	(void)pthread_join(thread, &said);
	assert_ptr_equal(said, w);
	assert_int_equal(n_calls(w), 0);
	scep_hooks_clear(&w->hooks);
	assert_int_equal(w->hooks.http.n_idle, 0);
	scep_hooks_init(&w->hooks);
}

/* The signature is over "t.body"; without a key there is none. */
static void
test_signature(void **state)
{
	static const char	 at[] = "Scep-Signature: t=";
	struct scep_hook	 hook;
	struct scep_buf		 answer;
	struct scep_error	 err;
	uint8_t			 key[] = { 'k', 'e', 'y' }, tag[32];
	char			 text[64], hex[65];
	const char		*is;
	char			*end;
	size_t			 len;
	long			 when;

	aim(*state, "/show", &hook);
	hook.key = (struct scep_buf){ key, sizeof(key) };
	assert_int_equal(ask(*state, &hook, "{\"q\":3}", &answer, &err),
	    SCEP_OK);
	assert_non_null(is = strstr((const char *)answer.data, at));
	when = strtol(is + strlen(at), &end, 10);
	assert_true(when <= time(NULL) && when > time(NULL) - 60);
	(void)snprintf(text, sizeof(text), "%ld.{\"q\":3}", when);
	assert_non_null(EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, key,
	    sizeof(key), (const uint8_t *)text, strlen(text), tag,
	    sizeof(tag), &len));
	scep_hex_text(scep_span_make(tag, len), hex, sizeof(hex));
	assert_memory_equal(end, ",v1=", 4);
	assert_memory_equal(end + 4, hex, 64);
	assert_memory_equal(end + 68, "\r\n", 2);
	scep_buf_clear(&answer);
	hook.key.len = 0;
	assert_int_equal(ask(*state, &hook, "{}", &answer, &err), SCEP_OK);
	assert_null(strstr((const char *)answer.data, "Scep-Signature"));
	assert_non_null(strstr((const char *)answer.data,
	    "\r\nContent-Type: application/json\r\n"));
	assert_non_null(strstr((const char *)answer.data,
	    "\r\nUser-Agent: scep.fcgi/"));
	scep_buf_clear(&answer);
}

/* Threads. */

struct asker {
	struct world	*w;
	int		 number;
	int		 right;
};

static void *
ask_often(void *arg)
{
	struct asker		*a = arg;
	struct scep_hook	 hook;
	struct scep_buf		 answer;
	struct scep_error	 err;
	char			 text[32];
	int			 i;

	aim(a->w, "/echo", &hook);
	for (i = 0; i < CALLS; i++) {
		(void)snprintf(text, sizeof(text), "%d.%d", a->number, i);
		if (ask(a->w, &hook, text, &answer, &err) == SCEP_OK &&
		    strcmp((const char *)answer.data, text) == 0)
			a->right++;
		scep_buf_clear(&answer);
	}
	return NULL;
}

static void
test_threads(void **state)
{
	struct asker	 asker[THREADS];
	pthread_t	 thread[THREADS];
	int		 i;

	for (i = 0; i < THREADS; i++) {
		asker[i] = (struct asker){ *state, i, 0 };
		assert_int_equal(pthread_create(&thread[i], NULL, ask_often,
		    &asker[i]), 0);
	}
	for (i = 0; i < THREADS; i++) {
		(void)pthread_join(thread[i], NULL);
		assert_int_equal(asker[i].right, CALLS);
	}
}

/* Proxies of the environment lead nowhere, and nobody goes there. */
static int
begin(void **state)
{
	static struct world	 w;
	struct sockaddr_in	 at = { .sin_family = AF_INET };
	socklen_t		 len = sizeof(at);
	pthread_t		 thread;

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if ((w.listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) ==
	    -1 || bind(w.listen_fd, (struct sockaddr *)&at, sizeof(at)) == -1 ||
	    listen(w.listen_fd, 64) == -1 ||
	    getsockname(w.listen_fd, (struct sockaddr *)&at, &len) == -1 ||
	    setenv("http_proxy", "http://127.0.0.1:1", 1) == -1 ||
	    setenv("ALL_PROXY", "http://127.0.0.1:1", 1) == -1)
		return -1;
	w.port = ntohs(at.sin_port);
	scep_hooks_init(&w.hooks);
	*state = &w;
	if (pthread_create(&thread, NULL, run_server, &w) != 0)
		return -1;
	return pthread_detach(thread);
}

static int
end(void **state)
{
	scep_hooks_clear(&((struct world *)*state)->hooks);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(test_what_servers_do),
		cmocka_unit_test(test_what_is_success),
		cmocka_unit_test(test_largest_answer),
		cmocka_unit_test(test_query_is_not_told),
		cmocka_unit_test(test_nobody_there),
		cmocka_unit_test(test_silent_name_server),
		cmocka_unit_test(test_connection_is_reused),
		cmocka_unit_test(test_end_during_a_call),
		cmocka_unit_test(test_signature),
		cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
