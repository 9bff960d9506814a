/*
 * start.c - bench-start: the time from a server's exec to its first answer.
 *
 * usage: bench-start [-k] [-n times] URL command [argument…]
 *
 * Starts the command, asks for URL?operation=GetCACaps again and again until
 * the status is 200, ends the command (TERM; -k: KILL, so that the next start
 * has something to recover), and prints the milliseconds of each start.  The
 * web server in front is there already.
 */
#include <sys/wait.h>

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/bench/bench.h"
#include "tests/bench/load.h"

#define PATIENCE_NS	600000000000LL
#define PAUSE_US	500

extern char	**environ;

static int
answers(const struct load_url *url)
{
	unsigned char	*body;
	size_t		 len;
	int		 bundle;

	body = load_try(url, "operation=GetCACaps", &len, &bundle);
	free(body);
	return body != NULL;
}

static void
once(const struct load_url *url, char *command[], int signal)
{
	const int64_t	 began = bench_now_ns();
	pid_t		 pid;
	int		 r;

	if ((r = posix_spawn(&pid, command[0], NULL, NULL, command,
	    environ)) != 0)
		bench_die("%s: %s", command[0], strerror(r));
	while (!answers(url)) {
		if (waitpid(pid, NULL, WNOHANG) == pid ||
		    bench_now_ns() - began > PATIENCE_NS)
			bench_die("%s: no answer", command[0]);
		(void)usleep(PAUSE_US);
	}
	(void)printf("%.2f\n", (double)(bench_now_ns() - began) / 1e6);
	(void)fflush(stdout);
	(void)kill(pid, signal);
	(void)waitpid(pid, NULL, 0);
	/* Its children go with it, but not at once. */
	while (answers(url))
		(void)usleep(PAUSE_US);
}

int
main(int argc, char *argv[])
{
	struct load_url	 url;
	long		 i, n = 1;
	int		 c, signal = SIGTERM;

	while ((c = getopt(argc, argv, "+kn:")) != -1)
		switch (c) {
		case 'k':
			signal = SIGKILL;
			break;
		case 'n':
			n = bench_number_from(optarg, 1);
			break;
		default:
			optind = argc;
			break;
		}
	if (argc - optind < 2)
		bench_die("usage: bench-start [-k] [-n times] URL command "
		    "[argument...]");
	load_url_read(&url, argv[optind], 0);
	for (i = 0; i < n; i++)
		once(&url, argv + optind + 1, signal);
	return 0;
}
