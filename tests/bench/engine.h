/*
 * engine.h - bench-engine, as its parts see it: things whose CPU time is
 * measured in turns, batch by batch.
 */
#ifndef TESTS_BENCH_ENGINE_H
#define TESTS_BENCH_ENGINE_H

#include "ca/config.h"
#include "ra/ra.h"
#include "tests/unit/client.h"

#define ENGINE_BATCHES	1000

/* One of them; fn(arg, i) is called with a number that never comes again. */
struct engine_item {
	const char	*name;
	void		 (*fn)(void *arg, long i);
	void		*arg;
	long		 batch;			/* calls in a row */
	long		 done;
	double		 us[ENGINE_BATCHES];	/* CPU of one call */
	double		 min, median;
};

/* engine_ops.c: libcrypto's operations, with this RSA key and one on P-256. */
enum engine_op {
	ENGINE_RSA_PRIVATE,
	ENGINE_RSA_VERIFY,
	ENGINE_RSA_ENCRYPT,
	ENGINE_P256_SIGN,
	ENGINE_P256_VERIFY,
	ENGINE_OPS
};
struct engine_ops;
struct engine_ops	*engine_ops_new(OSSL_LIB_CTX *ctx, EVP_PKEY *rsa,
			    struct engine_item item[ENGINE_OPS]);
void			 engine_ops_free(struct engine_ops *ops);

/* engine_requests.c: the engine with a store in memory, and what it is sent. */
enum engine_kind {
	ENGINE_GRANTED,
	ENGINE_WRONG,
	ENGINE_BADSIG,
	ENGINE_NOISE,
	ENGINE_KINDS
};
struct engine;
struct engine		*engine_new(const char *conf,
			    struct engine_item item[ENGINE_KINDS],
			    long n_granted, long n_refused);
void			 engine_free(struct engine *engine);
const struct scep_ca_conf	*engine_ca(const struct engine *engine);
OSSL_LIB_CTX		*engine_ctx(const struct engine *engine);

#endif /* TESTS_BENCH_ENGINE_H */
