/*
 * engine.c - bench-engine: the CPU of one enrolment inside the engine, next
 * to that of the RSA and EC operations it cannot do without.
 *
 * usage: bench-engine [-b batches] [-n requests] scep.conf…
 *
 * RA and CA as the configuration's default profile has them, in this process,
 * over a store in memory: no sockets, no disk, no second process.  In turns,
 * a batch of each: an enrolment that is granted, three kinds that are refused,
 * and libcrypto's operations on the same keys.  Prints a line of key=value for
 * each configuration; times are microseconds of CPU, of the quickest batch
 * and (_median) of the one in the middle.
 *
 *	limit		the private operations of one enrolment, and nothing
 *			else: three with RSA, or two and a P-256 signature
 *	granted_ops	an enrolment in RSA private operations; so are wrong_
 *			(challenge), badsig_ and noise_ops
 *	of_limit	limit / granted
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/bench/bench.h"
#include "tests/bench/engine.h"

#define N_ITEMS	(ENGINE_OPS + ENGINE_KINDS)

static void
batch(struct engine_item *item, long b)
{
	const int64_t	 began = bench_cpu_ns(0);
	long		 i;

	for (i = 0; i < item->batch; i++)
		item->fn(item->arg, item->done + i);
	item->done += item->batch;
	item->us[b] = (double)(bench_cpu_ns(0) - began) / 1e3 /
	    (double)item->batch;
}

static int
us_cmp(const void *a, const void *b)
{
	const double	 x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void
measure(struct engine_item *item, int n_items, long n)
{
	long	 b;
	int	 i;

	for (b = 0; b < n; b++)
		for (i = 0; i < n_items; i++)
			batch(&item[i], b);
	for (i = 0; i < n_items; i++) {
		qsort(item[i].us, (size_t)n, sizeof(double), us_cmp);
		item[i].min = item[i].us[0];
		item[i].median = item[i].us[n / 2];
	}
}

static void
report(const char *ca, int is_ec, const struct engine_item *ops,
    const struct engine_item *kinds)
{
	const struct engine_item	*rsa = &ops[ENGINE_RSA_PRIVATE];
	const struct engine_item	*last = is_ec ?
					    &ops[ENGINE_P256_SIGN] : rsa;
	const struct engine_item	*granted = &kinds[ENGINE_GRANTED];
	const double			 limit = 2 * rsa->min + last->min;
	const double			 limit_median = 2 * rsa->median +
					    last->median;
	int				 i;

	(void)printf("ca=%s", ca);
	for (i = 0; i < ENGINE_OPS; i++)
		(void)printf(" %s=%.1f %s_median=%.1f", ops[i].name,
		    ops[i].min, ops[i].name, ops[i].median);
	for (i = 0; i < ENGINE_KINDS; i++)
		(void)printf(" %s=%.1f %s_median=%.1f %s_ops=%.3f",
		    kinds[i].name, kinds[i].min, kinds[i].name,
		    kinds[i].median, kinds[i].name, kinds[i].min / rsa->min);
	(void)printf(" limit=%.1f of_limit=%.3f of_limit_median=%.3f\n",
	    limit, limit / granted->min, limit_median / granted->median);
}

/* Is the CA's key on P-256?  Of other sizes the limit would not be what it
 * says. */
static int
keys_check(const char *conf, const struct scep_ca_conf *ca)
{
	const int	 is_ec = EVP_PKEY_is_a(ca->key, "EC");

	if (!EVP_PKEY_is_a(ca->ra_key, "RSA") ||
	    EVP_PKEY_get_bits(ca->ra_key) != 2048 ||
	    EVP_PKEY_get_bits(ca->key) != (is_ec ? 256 : 2048))
		bench_die("%s: not an RA with RSA of 2048 bits and a CA with "
		    "that or P-256", conf);
	return is_ec;
}

static void
one(const char *conf, long batches, long requests)
{
	static struct engine_item	 item[N_ITEMS];
	struct engine			*engine;
	struct engine_ops		*ops;
	long				 each = requests / batches;
	int				 i, is_ec;

	engine = engine_new(conf, item + ENGINE_OPS, requests, requests);
	is_ec = keys_check(conf, engine_ca(engine));
	for (i = 0; i < ENGINE_KINDS; i++) {
		item[ENGINE_OPS + i].batch = each;
		item[ENGINE_OPS + i].done = 0;
	}
	ops = engine_ops_new(engine_ctx(engine), engine_ca(engine)->ra_key,
	    item);
	measure(item, N_ITEMS, batches);
	report(is_ec ? "p256" : "rsa2048", is_ec, item, item + ENGINE_OPS);
	engine_ops_free(ops);
	engine_free(engine);
}

int
main(int argc, char *argv[])
{
	long	 batches = 20, requests = 500;
	int	 c;

	while ((c = getopt(argc, argv, "b:n:")) != -1) {
		switch (c) {
		case 'b':
			batches = bench_number_from(optarg, 1);
			break;
		case 'n':
			requests = bench_number_from(optarg, 1);
			break;
		default:
			optind = argc;
			break;
		}
	}
	if (optind == argc || batches > ENGINE_BATCHES || requests < batches)
		bench_die("usage: bench-engine [-b batches] [-n requests] "
		    "scep.conf...");
	for (; optind < argc; optind++)
		one(argv[optind], batches, requests);
	return 0;
}
