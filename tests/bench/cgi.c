/*
 * cgi.c - bench-cgi: the parts that tests/bench/cgi measures a CGI run with.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/cgi.h"

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
		{ "crypto", bench_crypto },
		{ "messages", bench_messages },
		{ "part", bench_part },
		{ "run", bench_run },
	};
	size_t			 i;

	for (i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]);
	    i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].fn(argc - 1, argv + 1);
	(void)fprintf(stderr, "usage: bench-cgi ask | crypto | messages | "
	    "part | run …\n");
	return 2;
}
