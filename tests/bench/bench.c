/*
 * bench.c - what the programs that measure share: how they end, clocks, files.
 */
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/bench.h"

#define THREADS_MAX	64
#define FILE_MAX_LEN	(64 * 1024 * 1024)

void
bench_die(const char *fmt, ...)
{
	va_list	 ap;

	va_start(ap, fmt);
	(void)fprintf(stderr, "%s: ", program_invocation_short_name);
	(void)vfprintf(stderr, fmt, ap);
	(void)fprintf(stderr, "\n");
	va_end(ap);
	exit(2);
}

void *
bench_need(void *p)
{
	if (p == NULL)
		bench_die("out of memory, or libcrypto failed");
	return p;
}

long
bench_number_from(const char *text, long min)
{
	char	*end;
	long	 n = strtol(text, &end, 10);

	if (*text == '\0' || *end != '\0' || n < min || n > 1000000000L)
		bench_die("%s: no number, or not from %ld to 1000000000",
		    text, min);
	return n;
}

long
bench_number(const char *text)
{
	return bench_number_from(text, 0);
}

static int64_t
clock_ns(clockid_t clock)
{
	struct timespec	 ts;

	if (clock_gettime(clock, &ts) == -1)
		return -1;
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

int64_t
bench_now_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

int64_t
bench_now_us(void)
{
	return bench_now_ns() / 1000;
}

int64_t
bench_cpu_ns(pid_t pid)
{
	clockid_t	 clock;

	if (clock_getcpuclockid(pid, &clock) != 0)
		return -1;
	return clock_ns(clock);
}

unsigned char *
bench_read(const char *path, size_t *len)
{
	unsigned char	*data;
	FILE		*f;
	long		 size;

	if ((f = fopen(path, "rb")) == NULL || fseek(f, 0, SEEK_END) == -1 ||
	    (size = ftell(f)) < 0 || fseek(f, 0, SEEK_SET) == -1)
		bench_die("%s: %s", path, strerror(errno));
	if (size > FILE_MAX_LEN)
		bench_die("%s: %ld octets", path, size);
	data = bench_need(malloc((size_t)size + 1));
	*len = fread(data, 1, (size_t)size, f);
	data[*len] = '\0';
	(void)fclose(f);
	return data;
}

struct work {
	atomic_long	 next;
	long		 n;
	void		(*fn)(void *arg, long i);
	void		*arg;
};

static void *
work_do(void *arg)
{
	struct work	*work = arg;
	long		 i;

	while ((i = atomic_fetch_add(&work->next, 1)) < work->n)
		work->fn(work->arg, i);
	return NULL;
}

void
bench_for_all(long n, void (*fn)(void *arg, long i), void *arg)
{
	struct work	 work = { .n = n, .fn = fn, .arg = arg };
	pthread_t	 thread[THREADS_MAX];
	long		 i, cpus = sysconf(_SC_NPROCESSORS_ONLN);

	if (cpus < 1)
		cpus = 1;
	if (cpus > THREADS_MAX)
		cpus = THREADS_MAX;
	for (i = 0; i < cpus; i++)
		if (pthread_create(&thread[i], NULL, work_do, &work) != 0)
			bench_die("pthread_create");
	for (i = 0; i < cpus; i++)
		(void)pthread_join(thread[i], NULL);
}
