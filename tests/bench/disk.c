/*
 * disk.c - bench-disk: what it takes until a few pages of a log are on the
 * disk.
 *
 * usage: bench-disk [-n times] directory
 *
 * Writes 8 KiB, then fdatasync(), as a database does with its log: append_us to
 * a file that grows by it, overwrite_us where there was something before.
 * Medians; append_cpu_us and overwrite_cpu_us is the CPU time of one.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/bench/bench.h"

#define PAGES	8192
#define TIMES	10000

static int
us_cmp(const void *a, const void *b)
{
	const double	 x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void
must(int ok, const char *path)
{
	if (!ok)
		bench_die("%s: %s", path, strerror(errno));
}

static double
once(int fd, long i, const char *path)
{
	static char	 pages[PAGES];
	const int64_t	 began = bench_now_ns();

	memset(pages, (int)i, sizeof(pages));
	must(pwrite(fd, pages, sizeof(pages), i * PAGES) == PAGES &&
	    fdatasync(fd) == 0, path);
	return (double)(bench_now_ns() - began) / 1e3;
}

static void
measure(int fd, const char *what, const char *path, long n)
{
	static double	 us[TIMES];
	const int64_t	 cpu = bench_cpu_ns(0);
	long		 i;

	for (i = 0; i < n; i++)
		us[i] = once(fd, i, path);
	qsort(us, (size_t)n, sizeof(us[0]), us_cmp);
	(void)printf("%s_us=%.1f %s_cpu_us=%.1f ", what, us[n / 2], what,
	    (double)(bench_cpu_ns(0) - cpu) / 1e3 / (double)n);
}

int
main(int argc, char *argv[])
{
	char	*path;
	long	 n = 300;
	int	 c, fd;

	while ((c = getopt(argc, argv, "n:")) != -1)
		if (c == 'n')
			n = bench_number_from(optarg, 1);
		else
			optind = argc;
	if (optind != argc - 1 || n > TIMES)
		bench_die("usage: bench-disk [-n times] directory");
	if (asprintf(&path, "%s/bench-disk.%d", argv[optind], getpid()) == -1)
		bench_die("out of memory");
	must((fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600)) !=
	    -1, path);
	measure(fd, "append", path, n);
	measure(fd, "overwrite", path, n);
	(void)printf("\n");
	(void)close(fd);
	(void)unlink(path);
	free(path);
	return 0;
}
