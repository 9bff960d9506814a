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

#include <fastcgi.h>

#include "tests/bench/cgi.h"

#define ANSWER_MAX	(256 * 1024)
#define RECORD_MAX	32768

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

static size_t
header(unsigned char *out, int type, size_t len)
{
	const FCGI_Header	 head = {
		.version = FCGI_VERSION_1,
		.type = (unsigned char)type,
		.requestIdB0 = 1,
		.contentLengthB1 = (unsigned char)(len >> 8),
		.contentLengthB0 = (unsigned char)len,
	};

	memcpy(out, &head, sizeof(head));
	return sizeof(head);
}

/* Names and values of fewer than 128 octets. */
static size_t
params(unsigned char *out, size_t body_len)
{
	char		 length[32];
	const char	*list[][2] = {
		{ "REQUEST_METHOD", "POST" },
		{ "PATH_INFO", "/" },
		{ "QUERY_STRING", "operation=PKIOperation" },
		{ "REMOTE_ADDR", "127.0.0.1" },
		{ "CONTENT_LENGTH", length },
	};
	unsigned char	*p = out;
	size_t		 i;

	(void)snprintf(length, sizeof(length), "%zu", body_len);
	for (i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		*p++ = (unsigned char)strlen(list[i][0]);
		*p++ = (unsigned char)strlen(list[i][1]);
		p = (unsigned char *)stpcpy(stpcpy((char *)p, list[i][0]),
		    list[i][1]);
	}
	return (size_t)(p - out);
}

/* A whole request: begin, parameters, body, and the ends of the two. */
static size_t
request(unsigned char *out, const unsigned char *body, size_t len)
{
	const FCGI_BeginRequestBody	 begin = {
		.roleB0 = FCGI_RESPONDER,
	};
	unsigned char			 text[512];
	unsigned char			*p = out;
	size_t				 n = params(text, len);

	if (len > RECORD_MAX)
		bench_die("a message of %zu octets", len);
	p += header(p, FCGI_BEGIN_REQUEST, sizeof(begin));
	p = (unsigned char *)mempcpy(p, &begin, sizeof(begin));
	p += header(p, FCGI_PARAMS, n);
	p = (unsigned char *)mempcpy(p, text, n);
	p += header(p, FCGI_PARAMS, 0);
	p += header(p, FCGI_STDIN, len);
	p = (unsigned char *)mempcpy(p, body, len);
	p += header(p, FCGI_STDIN, 0);
	return (size_t)(p - out);
}

static void
ask(const char *socket_path, const char *in)
{
	struct sockaddr_un	 sun = { .sun_family = AF_UNIX };
	static unsigned char	 wire[RECORD_MAX + 2048], answer[ANSWER_MAX];
	unsigned char		*body;
	size_t			 len, n;
	ssize_t			 r;
	int			 fd;

	body = bench_read(in, &len);
	n = request(wire, body, len);
	free(body);
	(void)snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", socket_path);
	if ((fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) == -1 ||
	    connect(fd, (const struct sockaddr *)&sun, sizeof(sun)) == -1 ||
	    write(fd, wire, n) != (ssize_t)n)
		bench_die("%s: %s", socket_path, strerror(errno));
	for (len = 0; len < sizeof(answer) && (r = read(fd, answer + len,
	    sizeof(answer) - len)) > 0; len += (size_t)r)
		;
	(void)close(fd);
	if (len < sizeof(answer) && len > FCGI_HEADER_LEN &&
	    memmem(answer, len, "Status: 200 OK", 14) != NULL)
		return;
	bench_die("%s: not answered, or not with 200", in);
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
