/*
 * cgi.c - bench-cgi: the parts that tests/bench/cgi measures a CGI run with.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/bench/cgi.h"

void
bench_die(const char *fmt, ...)
{
	va_list	 ap;

	va_start(ap, fmt);
	(void)fprintf(stderr, "bench-cgi: ");
	(void)vfprintf(stderr, fmt, ap);
	(void)fprintf(stderr, "\n");
	va_end(ap);
	exit(1);
}

long
bench_number(const char *text)
{
	char	*end;
	long	 n = strtol(text, &end, 10);

	if (*text == '\0' || *end != '\0' || n < 0 || n > 1000000000L)
		bench_die("%s: no such number", text);
	return n;
}

int64_t
bench_now_us(void)
{
	struct timespec	 ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

unsigned char *
bench_read(const char *path, size_t *len)
{
	const size_t	 max = 1024 * 1024;
	unsigned char	*data = malloc(max);
	FILE		*f;

	if (data == NULL || (f = fopen(path, "rb")) == NULL)
		bench_die("%s: %s", path, strerror(errno));
	*len = fread(data, 1, max, f);
	(void)fclose(f);
	return data;
}

void
bench_write(const char *path, const void *data, size_t len)
{
	FILE	*f;

	if ((f = fopen(path, "wb")) == NULL || fwrite(data, 1, len, f) != len ||
	    fclose(f) != 0)
		bench_die("%s: %s", path, strerror(errno));
}

char *
bench_path(const char *dir, long n)
{
	char	*path;

	if (asprintf(&path, "%s/%ld", dir, n) == -1)
		bench_die("out of memory");
	return path;
}

int
main(int argc, char *argv[])
{
	static const struct {
		const char	*name;
		int		 (*fn)(int argc, char *argv[]);
	} commands[] = {
		{ "ask", bench_ask },
		{ "messages", bench_messages },
		{ "part", bench_part },
		{ "run", bench_run },
	};
	size_t			 i;

	for (i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]);
	    i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].fn(argc - 1, argv + 1);
	(void)fprintf(stderr, "usage: bench-cgi ask | messages | part | run "
	    "…\n");
	return 2;
}
