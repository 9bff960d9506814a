/*
 * hello.c - bench-hello: the least that a FastCGI program can do.
 *
 * usage: bench-hello [-n processes] socket
 *
 * As the manual of libfcgi has it: some processes that share one listening
 * unix socket, and each answers "hello"; to a query that is a number, with a
 * body of so many octets.  What GetCACaps and its like cost is held against
 * this.  Ends with SIGTERM.
 */
#include <sys/prctl.h>
#include <sys/wait.h>

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <fcgiapp.h>

#include "tests/bench/bench.h"

#define HELLO		"hello\n"
#define BODY_MAX	65536

static char	 body[BODY_MAX];	/* hello, as often as it fits */

static void
answer(const FCGX_Request *request)
{
	const char	*query = FCGX_GetParam("QUERY_STRING", request->envp);
	long		 n = sizeof(HELLO) - 1;

	if (query != NULL && *query != '\0' &&
	    (n = bench_number_from(query, 1)) > BODY_MAX)
		n = BODY_MAX;
	(void)FCGX_FPrintF(request->out, "Content-Type: text/plain\r\n"
	    "Content-Length: %ld\r\n\r\n", n);
	(void)FCGX_PutStr(body, (int)n, request->out);
}

static void
serve(int fd)
{
	FCGX_Request	 request;
	size_t		 i;

	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	for (i = 0; i < sizeof(body); i++)
		body[i] = HELLO[i % (sizeof(HELLO) - 1)];
	if (FCGX_InitRequest(&request, fd, 0) != 0)
		bench_die("FCGX_InitRequest");
	while (FCGX_Accept_r(&request) == 0)
		answer(&request);
	_exit(1);
}

int
main(int argc, char *argv[])
{
	long	 i, n = 1;
	int	 c, fd;

	while ((c = getopt(argc, argv, "n:")) != -1)
		if (c == 'n')
			n = bench_number_from(optarg, 1);
		else
			optind = argc;
	if (optind != argc - 1)
		bench_die("usage: bench-hello [-n processes] socket");
	if (FCGX_Init() != 0 || (fd = FCGX_OpenSocket(argv[optind], 1024)) ==
	    -1)
		bench_die("%s: %s", argv[optind], strerror(errno));
	for (i = 0; i < n; i++)
		switch (fork()) {
		case -1:
			bench_die("fork: %s", strerror(errno));
		case 0:
			serve(fd);
		}
	(void)wait(NULL);
	return 1;
}
