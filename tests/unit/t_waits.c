/*
 * t_waits.c - what one enrolment asks the store and the CA's key for, and that
 * two different ones never wait for each other, wherever one of them stands.
 */
#define OPENSSL_SUPPRESS_DEPRECATED	/* a method of our own for RSA */

#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "base/error.h"
#include "tests/unit/world.h"

#define STEPS	64
#define HANG_S	120		/* who waits so long waits for ever */
#define NOBODY	0

/* Who did what, in order; and where the first one stops. */
enum step { NEWEST, TRANSACTION, CHALLENGE, CERTIFICATE, SIGN, COMMIT, OTHER };

static struct {
	pthread_mutex_t	 mutex;
	pthread_cond_t	 moved;
	enum step	 step[STEPS];
	int		 who[STEPS];
	int		 n;
	int		 stop;		/* before this step of the first, … */
	int		 is_stopped;	/* … until this is 0 again */
} gate = { .mutex = PTHREAD_MUTEX_INITIALIZER,
    .moved = PTHREAD_COND_INITIALIZER };

static struct world		*w;
static struct scep_store	 store;
static _Thread_local int	 me;	/* 1: the first; 2, … */

static void
pass(enum step step)
{
	(void)pthread_mutex_lock(&gate.mutex);
	if (me != NOBODY && gate.n < STEPS) {
		gate.step[gate.n] = step;
		gate.who[gate.n++] = me;
	}
	if (me == 1 && (int)step == gate.stop) {
		gate.is_stopped = 1;
		(void)pthread_cond_broadcast(&gate.moved);
		while (gate.is_stopped)
			(void)pthread_cond_wait(&gate.moved, &gate.mutex);
	}
	(void)pthread_mutex_unlock(&gate.mutex);
}

static enum scep_err
gate_get(struct scep_store *s, enum scep_table table, struct scep_span key,
    struct scep_row *out, struct scep_error *err)
{
	(void)s;
	pass(table == SCEP_T_NEWEST ? NEWEST : table == SCEP_T_TRANSACTION ?
	    TRANSACTION : table == SCEP_T_CHALLENGE ? CHALLENGE : table ==
	    SCEP_T_CERTIFICATE ? CERTIFICATE : OTHER);
	return scep_store_get(w->store, table, key, out, err);
}

static enum scep_err
gate_scan(struct scep_store *s, enum scep_table table, struct scep_span from,
    scep_row_fn fn, void *arg, struct scep_error *err)
{
	(void)s;
	pass(OTHER);
	return scep_store_scan(w->store, table, from, fn, arg, err);
}

static enum scep_err
gate_scan_index(struct scep_store *s, enum scep_index index,
    struct scep_span from, struct scep_span to, scep_row_fn fn, void *arg,
    struct scep_error *err)
{
	(void)s;
	pass(OTHER);
	return scep_store_scan_index(w->store, index, from, to, fn, arg, err);
}

static enum scep_err
gate_commit(struct scep_store *s, const struct scep_change *change,
    struct scep_error *err)
{
	(void)s;
	pass(COMMIT);
	return scep_store_commit(w->store, change, err);
}

static void
gate_close(struct scep_store *s)
{
	(void)s;
}

static const struct scep_store_ops	gate_ops = {
	.get = gate_get,
	.scan = gate_scan,
	.scan_index = gate_scan_index,
	.commit = gate_commit,
	.close = gate_close,
};

static int
gate_sign(int len, const unsigned char *from, unsigned char *to, RSA *rsa,
    int padding)
{
	pass(SIGN);
	return RSA_meth_get_priv_enc(RSA_get_default_method())(len, from, to,
	    rsa, padding);
}

static RSA_METHOD	*method;
static EVP_PKEY		*own_key;

/* The CA's key, with the gate in front of it. */
static int
open_world(void **state)
{
	RSA	*rsa, *copy;

	(void)state;
	w = world_new(NULL);
	store.ops = &gate_ops;
	world_use(w, &store);
	own_key = w->cfg->ca[0].key;
	rsa = EVP_PKEY_get1_RSA(own_key);
	copy = RSAPrivateKey_dup(rsa);
	RSA_free(rsa);
	method = RSA_meth_dup(RSA_get_default_method());
	world_must(RSA_meth_set_priv_enc(method, gate_sign) == 1 &&
	    RSA_set_method(copy, method) == 1);
	w->cfg->ca[0].key = EVP_PKEY_new();
	world_must(EVP_PKEY_assign_RSA(w->cfg->ca[0].key, copy) == 1);
	EVP_PKEY_CTX_free(w->cfg->ca[0].signing);
	w->cfg->ca[0].signing = NULL;
	return 0;
}

static int
close_world(void **state)
{
	(void)state;
	EVP_PKEY_free(own_key);		/* the other one goes with cfg */
	world_free(w);
	RSA_meth_free(method);
	return 0;
}

struct device {
	pthread_t		 thread;
	int			 who, key;
	char			 txid[16];
	char			 challenge[SCEP_CHALLENGE_TEXT];
	enum scep_err		 rc;
	struct scep_answer	 answer;
};

static void
device_new(struct device *d, int who, const char *txid)
{
	const struct world_challenge	 any = { .uses = 1 };

	memset(d, 0, sizeof(*d));
	d->who = who;
	d->key = who % WORLD_KEYS;
	(void)snprintf(d->txid, sizeof(d->txid), "%s", txid);
	world_challenge(w, &any, d->challenge);
}

static void *
enrol(void *arg)
{
	struct device		*d = arg;
	struct world_request	 r = { .txid = d->txid, .signer = d->key };
	struct scep_error	 err;
	char			 name[32];

	me = d->who;
	(void)snprintf(name, sizeof(name), "/CN=device %d", d->who);
	r.csr = client_csr(w->key[d->key], name, d->challenge, NULL);
	d->rc = world_enrol(w, &r, &d->answer, &err);
	bytes_free(&r.csr);
	me = NOBODY;
	return NULL;
}

static void
assert_granted(struct device *d)
{
	const unsigned char	*p = d->answer.cert.data;
	X509			*x;

	assert_int_equal(d->rc, SCEP_OK);
	assert_int_equal(d->answer.outcome, SCEP_GRANTED);
	x = d2i_X509(NULL, &p, (long)d->answer.cert.len);
	assert_int_equal(X509_verify(x, w->ca_key), 1);
	X509_free(x);
	scep_answer_clear(&d->answer);
}

static void
gate_open(int stop)
{
	gate.n = 0;
	gate.stop = stop;
	gate.is_stopped = 0;
}

static void
gate_await_stop(void)
{
	(void)pthread_mutex_lock(&gate.mutex);
	while (!gate.is_stopped)
		(void)pthread_cond_wait(&gate.moved, &gate.mutex);
	(void)pthread_mutex_unlock(&gate.mutex);
}

static void
gate_let_go(void)
{
	(void)pthread_mutex_lock(&gate.mutex);
	gate.is_stopped = 0;
	(void)pthread_cond_broadcast(&gate.moved);
	(void)pthread_mutex_unlock(&gate.mutex);
}

static void
assert_steps(const enum step *steps, size_t n)
{
	assert_int_equal(gate.n, n);
	assert_memory_equal(gate.step, steps, n * sizeof(steps[0]));
}

/* The plain case: three rows are read, one signature made, one change
 * written; and the key is asked before the store is changed. */
static void
a_first_enrolment_asks_for_what_it_needs(void **state)
{
	static const enum step	 granted[] = { NEWEST, CHALLENGE, SIGN,
				    COMMIT };
	static const enum step	 refused[] = { NEWEST, CHALLENGE };
	struct device		 d;
	char			*last;

	(void)state;
	device_new(&d, 1, "plain");
	gate_open(-1);
	(void)enrol(&d);
	assert_granted(&d);
	assert_steps(granted, sizeof(granted) / sizeof(granted[0]));
	device_new(&d, 1, "wrong");
	last = &d.challenge[strlen(d.challenge) - 1];
	*last = *last == 'a' ? 'b' : 'a';
	gate_open(-1);
	(void)enrol(&d);
	assert_int_equal(d.answer.outcome, SCEP_REFUSED);
	scep_answer_clear(&d.answer);
	assert_steps(refused, sizeof(refused) / sizeof(refused[0]));
}

static void
wherever_one_stands_another_is_granted(void **state)
{
	static const enum step	 stops[] = { NEWEST, CHALLENGE, SIGN,
				    COMMIT };
	struct device		 one, two;
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(stops) / sizeof(stops[0]); i++) {
		device_new(&one, 1, (const char *[]){ "a", "b", "c",
		    "d" }[i]);
		device_new(&two, 2, one.txid);
		gate_open((int)stops[i]);
		(void)alarm(HANG_S);
		assert_int_equal(pthread_create(&one.thread, NULL, enrol,
		    &one), 0);
		gate_await_stop();
		(void)enrol(&two);
		assert_granted(&two);
		gate_let_go();
		(void)pthread_join(one.thread, NULL);
		(void)alarm(0);
		assert_granted(&one);
	}
}

/* … but not one that shows the same challenge. */
static void
who_shows_the_same_challenge_waits(void **state)
{
	struct device	 one, two;
	int		 i;

	(void)state;
	device_new(&one, 1, "first");
	device_new(&two, 2, "second");
	memcpy(two.challenge, one.challenge, sizeof(two.challenge));
	gate_open(SIGN);
	(void)alarm(HANG_S);
	assert_int_equal(pthread_create(&one.thread, NULL, enrol, &one), 0);
	gate_await_stop();
	assert_int_equal(pthread_create(&two.thread, NULL, enrol, &two), 0);
	(void)usleep(20000);	/* if it did not wait, it would be seen */
	gate_let_go();
	(void)pthread_join(one.thread, NULL);
	(void)pthread_join(two.thread, NULL);
	(void)alarm(0);
	assert_granted(&one);
	assert_int_equal(two.answer.outcome, SCEP_REFUSED);
	scep_answer_clear(&two.answer);
	for (i = 0; i < gate.n; i++)
		assert_int_equal(gate.who[i], i < 4 ? 1 : 2);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(a_first_enrolment_asks_for_what_it_needs),
		cmocka_unit_test(wherever_one_stands_another_is_granted),
		cmocka_unit_test(who_shows_the_same_challenge_waits),
	};

	return cmocka_run_group_tests(tests, open_world, close_world);
}
