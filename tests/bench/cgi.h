/*
 * cgi.h - bench-cgi, as its parts see it.
 *
 * Each part is a command of its own; tests/bench/cgi puts them together.
 */
#ifndef TESTS_BENCH_CGI_H
#define TESTS_BENCH_CGI_H

#include "tests/bench/bench.h"

void	 bench_write(const char *path, const void *data, size_t len);
/* DIR/N */
char	*bench_path(const char *dir, long n);

/* cgi_ask.c, cgi_crypto.c, cgi_messages.c, cgi_part.c, cgi_run.c; see there
 * for usage. */
int	 bench_ask(int argc, char *argv[]);
int	 bench_crypto(int argc, char *argv[]);
int	 bench_messages(int argc, char *argv[]);
int	 bench_part(int argc, char *argv[]);
int	 bench_run(int argc, char *argv[]);

#endif /* TESTS_BENCH_CGI_H */
