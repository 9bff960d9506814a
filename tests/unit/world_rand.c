/*
 * world_rand.c - dice that can be set: a provider with one RAND, made the
 * generator of a library context.
 *
 * Each of libcrypto's generators (the public one, the private one, …) has a
 * stream of its own, numbered in the order they were made, so that blinding
 * does not move what serials are made from.  Threads get theirs, too.
 */
#include <pthread.h>
#include <string.h>

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include "tests/unit/world.h"

struct dice {
	pthread_mutex_t	 mutex;
	uint64_t	 seed, epoch, made;
};

struct die {
	struct dice	*dice;
	uint64_t	 id, epoch, state;
	int		 alive;
};

/* splitmix64. */
static uint64_t
next(uint64_t *state)
{
	uint64_t	 z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static OSSL_FUNC_rand_newctx_fn		 die_new;
static OSSL_FUNC_rand_freectx_fn	 die_free;
static OSSL_FUNC_rand_instantiate_fn	 die_start;
static OSSL_FUNC_rand_uninstantiate_fn	 die_stop;
static OSSL_FUNC_rand_generate_fn	 die_throw;
static OSSL_FUNC_rand_enable_locking_fn	 die_lock;
static OSSL_FUNC_rand_gettable_ctx_params_fn	 die_gettable;
static OSSL_FUNC_rand_get_ctx_params_fn	 die_get;

static void *
die_new(void *provctx, void *parent, const OSSL_DISPATCH *calls)
{
	struct dice	*dice = provctx;
	struct die	*die = OPENSSL_zalloc(sizeof(*die));

	(void)parent;
	(void)calls;
	if (die == NULL)
		return NULL;
	die->dice = dice;
	(void)pthread_mutex_lock(&dice->mutex);
	die->id = ++dice->made;
	(void)pthread_mutex_unlock(&dice->mutex);
	return die;
}

static void
die_free(void *vctx)
{
	OPENSSL_free(vctx);
}

static int
die_start(void *vctx, unsigned int strength, int resistance,
    const unsigned char *pers, size_t pers_len, const OSSL_PARAM params[])
{
	struct die	*die = vctx;

	(void)strength;
	(void)resistance;
	(void)pers;
	(void)pers_len;
	(void)params;
	die->alive = 1;
	return 1;
}

static int
die_stop(void *vctx)
{
	((struct die *)vctx)->alive = 0;
	return 1;
}

static int
die_throw(void *vctx, unsigned char *out, size_t len, unsigned int strength,
    int resistance, const unsigned char *more, size_t more_len)
{
	struct die	*die = vctx;
	uint64_t	 word;
	size_t		 n;

	(void)strength;
	(void)resistance;
	(void)more;
	(void)more_len;
	(void)pthread_mutex_lock(&die->dice->mutex);
	if (die->epoch != die->dice->epoch) {
		die->epoch = die->dice->epoch;
		die->state = die->dice->seed ^ die->id << 56;
	}
	for (; len > 0; len -= n, out += n) {
		word = next(&die->state);
		n = len < sizeof(word) ? len : sizeof(word);
		memcpy(out, &word, n);
	}
	(void)pthread_mutex_unlock(&die->dice->mutex);
	return 1;
}

static int
die_lock(void *vctx)
{
	(void)vctx;
	return 1;
}

static const OSSL_PARAM *
die_gettable(void *vctx, void *provctx)
{
	static const OSSL_PARAM	 params[] = {
		OSSL_PARAM_int(OSSL_RAND_PARAM_STATE, NULL),
		OSSL_PARAM_uint(OSSL_RAND_PARAM_STRENGTH, NULL),
		OSSL_PARAM_size_t(OSSL_RAND_PARAM_MAX_REQUEST, NULL),
		OSSL_PARAM_END
	};

	(void)vctx;
	(void)provctx;
	return params;
}

static int
die_get(void *vctx, OSSL_PARAM params[])
{
	struct die	*die = vctx;
	OSSL_PARAM	*p;

	if ((p = OSSL_PARAM_locate(params, OSSL_RAND_PARAM_STATE)) != NULL &&
	    !OSSL_PARAM_set_int(p, die->alive ? EVP_RAND_STATE_READY :
	    EVP_RAND_STATE_UNINITIALISED))
		return 0;
	if ((p = OSSL_PARAM_locate(params, OSSL_RAND_PARAM_STRENGTH)) !=
	    NULL && !OSSL_PARAM_set_uint(p, 256))
		return 0;
	if ((p = OSSL_PARAM_locate(params, OSSL_RAND_PARAM_MAX_REQUEST)) !=
	    NULL && !OSSL_PARAM_set_size_t(p, 1 << 20))
		return 0;
	return 1;
}

static const OSSL_DISPATCH	die_functions[] = {
	{ OSSL_FUNC_RAND_NEWCTX, (void (*)(void))die_new },
	{ OSSL_FUNC_RAND_FREECTX, (void (*)(void))die_free },
	{ OSSL_FUNC_RAND_INSTANTIATE, (void (*)(void))die_start },
	{ OSSL_FUNC_RAND_UNINSTANTIATE, (void (*)(void))die_stop },
	{ OSSL_FUNC_RAND_GENERATE, (void (*)(void))die_throw },
	{ OSSL_FUNC_RAND_ENABLE_LOCKING, (void (*)(void))die_lock },
	{ OSSL_FUNC_RAND_GETTABLE_CTX_PARAMS, (void (*)(void))die_gettable },
	{ OSSL_FUNC_RAND_GET_CTX_PARAMS, (void (*)(void))die_get },
	{ 0, NULL }
};

static const OSSL_ALGORITHM	algorithms[] = {
	{ "DICE", "provider=dice", die_functions, "test dice" },
	{ NULL, NULL, NULL, NULL }
};

static const OSSL_ALGORITHM *
query(void *provctx, int operation, int *no_cache)
{
	(void)provctx;
	*no_cache = 0;
	return operation == OSSL_OP_RAND ? algorithms : NULL;
}

static void
teardown(void *provctx)
{
	struct dice	*dice = provctx;

	(void)pthread_mutex_destroy(&dice->mutex);
	OPENSSL_free(dice);
}

static const OSSL_DISPATCH	provider_functions[] = {
	{ OSSL_FUNC_PROVIDER_TEARDOWN, (void (*)(void))teardown },
	{ OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))query },
	{ 0, NULL }
};

static int
provider_init(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in,
    const OSSL_DISPATCH **out, void **provctx)
{
	struct dice	*dice = OPENSSL_zalloc(sizeof(*dice));

	(void)handle;
	(void)in;
	if (dice == NULL)
		return 0;
	(void)pthread_mutex_init(&dice->mutex, NULL);
	dice->epoch = 1;
	*out = provider_functions;
	*provctx = dice;
	return 1;
}

OSSL_PROVIDER *
world_rand_load(OSSL_LIB_CTX *ctx)
{
	OSSL_PROVIDER	*dice;

	world_must(OSSL_PROVIDER_add_builtin(ctx, "dice", provider_init) == 1);
	world_must((dice = OSSL_PROVIDER_load(ctx, "dice")) != NULL);
	/* Must be the first that is said to this context about randomness. */
	world_must(RAND_set_DRBG_type(ctx, "DICE", "provider=dice", NULL,
	    NULL) == 1);
	return dice;
}

void
world_rand_seed(OSSL_PROVIDER *provider, uint64_t seed)
{
	struct dice	*dice = OSSL_PROVIDER_get0_provider_ctx(provider);

	(void)pthread_mutex_lock(&dice->mutex);
	dice->seed = seed;
	dice->epoch++;
	(void)pthread_mutex_unlock(&dice->mutex);
}
