/*
 * cgi_run.c - what a process costs, from its exec to its end.
 *
 * usage: bench-cgi run [-j at-once] [-m messages [-s first]] [-p pid]… number
 *                      command [argument…]
 *
 * Runs the command so often, so many at once, and prints for each run
 *
 *	CPU-MICROSECONDS WALL-MICROSECONDS
 *
 * user and system time of that process alone; with -p also that of the servers
 * named so, from the end of the run before on.  With -m the Nth run reads
 * messages/N as the body of a POST.
 */
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/bench/cgi.h"

#define AT_ONCE_MAX	64
#define SERVERS_MAX	16

struct job {
	pid_t	 pid;			/* 0: none */
	int64_t	 began;
};

struct plan {
	const char	*messages;
	long		 first, n, at_once;
	char		**command;
	struct job	 job[AT_ONCE_MAX];
	pid_t		 server[SERVERS_MAX];
	int		 servers;
	int64_t		 served_us;		/* CPU of all of them so far */
};

extern char	**environ;

static void
files_add(const struct plan *plan, long i, posix_spawn_file_actions_t *files)
{
	struct stat	 st;
	char		*in, text[32];

	(void)posix_spawn_file_actions_addopen(files, STDOUT_FILENO,
	    "/dev/null", O_WRONLY, 0);
	if (plan->messages == NULL)
		return;
	in = bench_path(plan->messages, i);
	if (stat(in, &st) == -1)
		bench_die("%s: %s", in, strerror(errno));
	(void)snprintf(text, sizeof(text), "%lld", (long long)st.st_size);
	(void)setenv("CONTENT_LENGTH", text, 1);
	(void)posix_spawn_file_actions_addopen(files, STDIN_FILENO, in,
	    O_RDONLY, 0);
	free(in);
}

static void
start(struct plan *plan, long i)
{
	posix_spawn_file_actions_t	 files;
	struct job			*job = plan->job;
	int				 r;

	while (job->pid != 0)
		job++;
	(void)posix_spawn_file_actions_init(&files);
	files_add(plan, i, &files);
	job->began = bench_now_us();
	if ((r = posix_spawn(&job->pid, plan->command[0], &files, NULL,
	    plan->command, environ)) != 0)
		bench_die("%s: %s", plan->command[0], strerror(r));
	(void)posix_spawn_file_actions_destroy(&files);
}

/* CPU of the servers since this was asked last. */
static int64_t
serving_us(struct plan *plan)
{
	const int64_t	 before = plan->served_us;
	int		 i;

	plan->served_us = 0;
	for (i = 0; i < plan->servers; i++)
		plan->served_us += bench_cpu_ns(plan->server[i]) / 1000;
	return plan->served_us - before;
}

static void
reap(struct plan *plan)
{
	struct rusage	 use;
	struct job	*job = plan->job;
	int64_t		 ended;
	pid_t		 pid;
	int		 status;

	if ((pid = wait4(-1, &status, 0, &use)) == -1)
		bench_die("wait4: %s", strerror(errno));
	ended = bench_now_us();
	while (job->pid != pid)
		job++;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		bench_die("%s: wait status %d", plan->command[0], status);
	(void)printf("%lld %lld\n", (long long)(use.ru_utime.tv_sec +
	    use.ru_stime.tv_sec) * 1000000 + use.ru_utime.tv_usec +
	    use.ru_stime.tv_usec + serving_us(plan),
	    (long long)(ended - job->began));
	job->pid = 0;
}

static void
run_all(struct plan *plan)
{
	long	 i, running = 0;

	(void)serving_us(plan);
	for (i = plan->first; i < plan->first + plan->n; i++) {
		if (running == plan->at_once) {
			reap(plan);
			running--;
		}
		start(plan, i);
		running++;
	}
	while (running-- > 0)
		reap(plan);
}

int
bench_run(int argc, char *argv[])
{
	struct plan	 plan = { .at_once = 1 };
	int		 c;

	while ((c = getopt(argc, argv, "+j:m:p:s:")) != -1) {
		switch (c) {
		case 'j':
			plan.at_once = bench_number(optarg);
			break;
		case 'm':
			plan.messages = optarg;
			break;
		case 'p':
			if (plan.servers == SERVERS_MAX)
				bench_die("run: too many servers");
			plan.server[plan.servers++] =
			    (pid_t)bench_number(optarg);
			break;
		case 's':
			plan.first = bench_number(optarg);
			break;
		default:
			return 2;
		}
	}
	if (argc - optind < 2 || plan.at_once < 1 ||
	    plan.at_once > AT_ONCE_MAX)
		bench_die("run: see tests/bench/cgi_run.c");
	plan.n = bench_number(argv[optind]);
	plan.command = argv + optind + 1;
	run_all(&plan);
	return 0;
}
