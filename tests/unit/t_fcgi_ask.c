/*
 * t_fcgi_ask.c - a FastCGI request as it is sent, and answers that are whole
 * or not.
 */
#include <sys/socket.h>
#include <sys/wait.h>

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <fastcgi.h>

#include "base/error.h"
#include "cgi/fcgi_ask.h"

#define BODY	150000
#define WAIT_MS	60000	/* for what is there already */
#define SHORT_MS	200

static const struct scep_http_request	post = {
	.method = "POST",
	.path = "/default",
	.query = "operation=PKIOperation",
	.peer = "192.0.2.1",
	.body = (const uint8_t *)"body",
	.body_len = 4,
};

/* Two records of an answer with padding between them, an error's, the end. */
static const char	whole[] =
    "\1\6\0\1\0\6\2\0Statusxx" "\1\7\0\1\0\3\5\0ouchxxxx"
    "\1\6\0\1\0\5\3\0: 200xxx" "\1\6\0\1\0\0\0\0"
    "\1\3\0\1\0\10\0\0\0\0\0\0\0\0\0\0";
#define WHOLE	(sizeof(whole) - 1)

/* Ask a server that has said so already; request becomes what it was asked. */
static enum scep_err
ask(const struct scep_http_request *what, const char *says, size_t len,
    struct scep_buf *answer, struct scep_buf *request)
{
	static uint8_t		 octets[2 * BODY];
	struct scep_error	 err;
	enum scep_err		 rc;
	ssize_t			 n;
	int			 pair[2], size = 4 * BODY;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &size,
	    sizeof(size)), 0);
	assert_int_equal(write(pair[1], says, len), len);
	assert_int_equal(shutdown(pair[1], SHUT_WR), 0);
	memset(answer, 0, sizeof(*answer));
	rc = scep_fcgi_ask(pair[0], WAIT_MS, what, answer, &err);
	(void)close(pair[0]);
	memset(request, 0, sizeof(*request));
	while ((n = read(pair[1], octets, sizeof(octets))) > 0)
		assert_int_equal(scep_buf_add(request, scep_span_make(octets,
		    (size_t)n), &err), SCEP_OK);
	(void)close(pair[1]);
	return rc;
}

static void
a_whole_answer_is_taken(void **state)
{
	struct scep_buf	 answer, request;

	(void)state;
	assert_int_equal(ask(&post, whole, WHOLE, &answer, &request),
	    SCEP_OK);
	assert_int_equal(answer.len, 11);
	assert_memory_equal(answer.data, "Status: 200", 11);
	scep_buf_clear(&answer);
	scep_buf_clear(&request);
}

static void
less_is_not(void **state)
{
	struct scep_buf	 answer, request;
	char		 busy[WHOLE];
	size_t		 len;

	(void)state;
	for (len = 0; len < WHOLE; len++) {
		assert_int_equal(ask(&post, whole, len, &answer, &request),
		    SCEP_E_BUSY);
		assert_null(answer.data);
		scep_buf_clear(&request);
	}
	memcpy(busy, whole, WHOLE);
	busy[WHOLE - 4] = FCGI_OVERLOADED;
	assert_int_equal(ask(&post, busy, WHOLE, &answer, &request),
	    SCEP_E_BUSY);
	scep_buf_clear(&request);
	/* An end and nothing before. */
	assert_int_equal(ask(&post, whole + WHOLE - 16, 16, &answer,
	    &request), SCEP_E_BUSY);
	scep_buf_clear(&request);
}

/* The content of all records of a type, which come in a row and end with an
 * empty one. */
static struct scep_buf
stream(struct scep_span *records, int type)
{
	struct scep_buf		 out = { NULL, 0 };
	struct scep_error	 err;
	size_t			 len;

	do {
		assert_true(records->len >= 8);
		assert_int_equal(records->data[0], 1);
		assert_int_equal(records->data[1], type);
		assert_int_equal(records->data[3], 1);
		assert_int_equal(records->data[6], 0);
		len = (size_t)(records->data[4] << 8 | records->data[5]);
		assert_true(records->len >= 8 + len);
		assert_int_equal(scep_buf_add(&out, scep_span_make(
		    records->data + 8, len), &err), SCEP_OK);
		records->data += 8 + len;
		records->len -= 8 + len;
	} while (len > 0);
	return out;
}

static void
the_request_is_sent_whole(void **state)
{
	static const char		 params[] =
	    "\16\200\0\0\4REQUEST_METHODPOST" "\11\200\0\0\10PATH_INFO/default"
	    "\14\200\0\0\26QUERY_STRINGoperation=PKIOperation"
	    "\13\200\0\0\11REMOTE_ADDR192.0.2.1";
	struct scep_http_request	 long_one = post;
	struct scep_buf			 answer, request, got;
	struct scep_span		 rest;
	uint8_t				*body;
	size_t				 i;

	(void)state;
	assert_non_null(body = malloc(BODY));
	for (i = 0; i < BODY; i++)
		body[i] = (uint8_t)(i * 7 >> 3);
	long_one.body = body;
	long_one.body_len = BODY;
	assert_int_equal(ask(&long_one, whole, WHOLE, &answer, &request),
	    SCEP_OK);
	rest = scep_buf_span(&request);
	assert_memory_equal(rest.data, "\1\1\0\1\0\10\0\0\0\1\0\0\0\0\0\0", 16);
	rest.data += 16;
	rest.len -= 16;
	got = stream(&rest, FCGI_PARAMS);
	assert_int_equal(got.len, sizeof(params) - 1);
	assert_memory_equal(got.data, params, got.len);
	scep_buf_clear(&got);
	got = stream(&rest, FCGI_STDIN);
	assert_int_equal(got.len, BODY);
	assert_memory_equal(got.data, body, BODY);
	scep_buf_clear(&got);
	assert_int_equal(rest.len, 0);
	scep_buf_clear(&answer);
	scep_buf_clear(&request);
	free(body);
}

static void
nothing(int signal_number)
{
	(void)signal_number;
}

/* It never ends what it says: signals for who waits, and octets. */
static pid_t
distract(int fd, int with_octets)
{
	const struct timespec	 step = { 0, 10000000 };
	const pid_t		 parent = getpid(), pid = fork();

	if (pid != 0)
		return pid;
	while (kill(parent, SIGUSR1) == 0 && getppid() == parent) {
		if (with_octets && send(fd, "", 1, MSG_NOSIGNAL) != 1)
			break;
		(void)nanosleep(&step, NULL);
	}
	_exit(0);
}

static void
nothing_prolongs_the_wait(void **state)
{
	const struct sigaction	 action = { .sa_handler = nothing };
	struct scep_buf		 answer = { NULL, 0 };
	struct scep_error	 err;
	pid_t			 pid;
	int			 pair[2], with_octets;

	(void)state;
	assert_int_equal(sigaction(SIGUSR1, &action, NULL), 0);
	for (with_octets = 0; with_octets < 2; with_octets++) {
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair),
		    0);
		assert_int_not_equal(pid = distract(pair[1], with_octets),
		    -1);
		(void)alarm(60);	/* it has waited for ever */
		assert_int_equal(scep_fcgi_ask(pair[0], SHORT_MS, &post,
		    &answer, &err), SCEP_E_BUSY);
		(void)alarm(0);
		assert_int_equal(kill(pid, SIGKILL), 0);
		while (waitpid(pid, NULL, 0) == -1)
			;
		assert_string_equal(err.text, "no answer in time");
		assert_null(answer.data);
		(void)close(pair[0]);
		(void)close(pair[1]);
	}
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(a_whole_answer_is_taken),
		cmocka_unit_test(less_is_not),
		cmocka_unit_test(the_request_is_sent_whole),
		cmocka_unit_test(nothing_prolongs_the_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
