/*
 * cgi_ask.c - what an enrolment costs a server that runs.
 *
 * usage: bench-cgi ask socket messages first number pid…
 *
 * Sends messages/N to the FastCGI socket, one after the other, and prints one
 * line,
 *
 *	CPU-MICROSECONDS WALL-MICROSECONDS
 *
 * for each: the time that the threads of these processes were on a CPU, and
 * the time until the answer was whole.
 */
#include <sys/socket.h>
#include <sys/un.h>

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cgi/fcgi_ask.h"
#include "tests/bench/cgi.h"

#define ASK_MS	60000

/* Nanoseconds on a CPU of all threads of a process (schedstat's first). */
static long long
process_cpu_ns(const char *pid)
{
	char		 path[512], text[128];
	struct dirent	*entry;
	long long	 sum = 0;
	FILE		*f;
	DIR		*dir;

	(void)snprintf(path, sizeof(path), "/proc/%s/task", pid);
	if ((dir = opendir(path)) == NULL)
		bench_die("%s: %s", path, strerror(errno));
	while ((entry = readdir(dir)) != NULL) {
		(void)snprintf(path, sizeof(path),
		    "/proc/%s/task/%s/schedstat", pid, entry->d_name);
		if (entry->d_name[0] == '.' || (f = fopen(path, "r")) == NULL)
			continue;
		if (fgets(text, sizeof(text), f) != NULL)
			sum += strtoll(text, NULL, 10);
		(void)fclose(f);
	}
	(void)closedir(dir);
	return sum;
}

static long long
cpu_ns(char *const *pids)
{
	long long	 sum = 0;

	for (; *pids != NULL; pids++)
		sum += process_cpu_ns(*pids);
	return sum;
}

static void
ask(const char *socket_path, const char *in)
{
	struct sockaddr_un		 sun = { .sun_family = AF_UNIX };
	struct scep_http_request	 request = {
		.method = "POST",
		.path = "/",
		.query = "operation=PKIOperation",
		.peer = "127.0.0.1",
	};
	struct scep_buf			 answer = { NULL, 0 };
	struct scep_error		 err;
	unsigned char			*body;
	int				 fd;

	request.body = body = bench_read(in, &request.body_len);
	(void)snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", socket_path);
	if ((fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) == -1 ||
	    connect(fd, (const struct sockaddr *)&sun, sizeof(sun)) == -1)
		bench_die("%s: %s", socket_path, strerror(errno));
	if (scep_fcgi_ask(fd, ASK_MS, &request, &answer, &err) != SCEP_OK)
		bench_die("%s: %s", socket_path, err.text);
	(void)close(fd);
	if (memmem(answer.data, answer.len, "Status: 200 OK", 14) == NULL)
		bench_die("%s: not answered with 200", in);
	scep_buf_clear(&answer);
	free(body);
}

int
bench_ask(int argc, char *argv[])
{
	long		 i, first, n;
	long long	 cpu;
	int64_t		 began;
	char		*in;

	if (argc < 6)
		bench_die("ask: see tests/bench/cgi_ask.c");
	first = bench_number(argv[3]);
	n = bench_number(argv[4]);
	for (i = first; i < first + n; i++) {
		in = bench_path(argv[2], i);
		cpu = cpu_ns(argv + 5);
		began = bench_now_us();
		ask(argv[1], in);
		began = bench_now_us() - began;
		(void)usleep(2000);	/* the log line after the answer */
		(void)printf("%lld %lld\n", (cpu_ns(argv + 5) - cpu) / 1000,
		    (long long)began);
		free(in);
	}
	return 0;
}
