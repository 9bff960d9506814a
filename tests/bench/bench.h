/*
 * bench.h - what the programs that measure share: how they end, clocks, files.
 */
#ifndef TESTS_BENCH_BENCH_H
#define TESTS_BENCH_BENCH_H

#include <sys/types.h>

#include <stddef.h>
#include <stdint.h>

/* To stderr, behind the program's name; exit status 2. */
__attribute__((noreturn, format(printf, 1, 2)))
void	 bench_die(const char *fmt, ...);
void	*bench_need(void *p);
/* Up to a thousand million, from 0 or from min. */
long	 bench_number(const char *text);
long	 bench_number_from(const char *text, long min);

/* The monotonic clock. */
int64_t	 bench_now_ns(void);
int64_t	 bench_now_us(void);
/* Nanoseconds that all threads of a process, the dead ones too, were on a
 * CPU; 0: this process.  -1: there is none. */
int64_t	 bench_cpu_ns(pid_t pid);

/* A whole file, malloc()ed, with a '\0' behind it. */
unsigned char	*bench_read(const char *path, size_t *len);

/* fn(arg, i) for each i below n, by as many threads as there are CPUs. */
void	 bench_for_all(long n, void (*fn)(void *arg, long i), void *arg);

#endif /* TESTS_BENCH_BENCH_H */
