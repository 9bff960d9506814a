/*
 * t_keylock.c - locks on keys: all of them at once, by one at a time.
 */
#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "ca/keylock.h"
#include "tests/unit/proc.h"

#define THREADS	16
#define ROUNDS	500
#define NAMES	5
#define LONG_MS	60000	/* never waited for */

static struct scep_keylock	*lock;
static int			 holders[NAMES];	/* under its lock */
static int			 overlaps;		/* must stay 0 */

static int
make(void **state)
{
	struct scep_error	 err;

	(void)state;
	return scep_keylock_new(&lock, &err) == SCEP_OK ? 0 : -1;
}

static int
unmake(void **state)
{
	(void)state;
	scep_keylock_free(lock);
	return 0;
}

static struct scep_span
name(int i)
{
	static const char *const	 names[NAMES] = { "a", "b", "ab",
	    "transaction", "challenge" };

	return scep_span_text(names[i]);
}

/* Plain ints, so that a sanitizer sees an overlap, too. */
static void
hold(const int *which, size_t n)
{
	struct scep_span	 keys[SCEP_KEYLOCK_KEYS];
	size_t			 i;

	for (i = 0; i < n; i++)
		keys[i] = name(which[i]);
	scep_keylock_take(lock, keys, n);
	for (i = 0; i < n; i++)
		if (holders[which[i]]++ != 0)
			__atomic_add_fetch(&overlaps, 1, __ATOMIC_RELAXED);
	for (i = 0; i < n; i++)
		holders[which[i]]--;
	scep_keylock_give(lock, keys, n);
}

static void *
work(void *arg)
{
	unsigned int	 dice = (unsigned int)(uintptr_t)arg;
	int		 round, which[2];

	for (round = 0; round < ROUNDS; round++) {
		dice = dice * 1103515245 + 12345;
		which[0] = (int)(dice >> 16) % NAMES;
		which[1] = (which[0] + 1 + (int)(dice >> 20) % (NAMES - 1)) %
		    NAMES;
		/* In either order: taken one by one, this would lock up. */
		hold(which, 1 + (dice >> 24) % 2);
	}
	return NULL;
}

static void
many_threads_hold_each_key_one_at_a_time(void **state)
{
	pthread_t	 thread[THREADS];
	uintptr_t	 i;

	(void)state;
	for (i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, work,
		    (void *)(i + 1)), 0);
	for (i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(thread[i], NULL), 0);
	assert_int_equal(overlaps, 0);
}

/* One who wants a key, and says when it has it. */
struct waiter {
	pthread_t		 thread;
	struct scep_span	 keys[2];
	size_t			 n;
	pid_t			 tid;		/* 0: it is not there yet */
	int			 has;
};

static void *
wait_for_it(void *arg)
{
	struct waiter	*one = arg;

	__atomic_store_n(&one->tid, gettid(), __ATOMIC_SEQ_CST);
	scep_keylock_take(lock, one->keys, one->n);
	__atomic_store_n(&one->has, 1, __ATOMIC_SEQ_CST);
	scep_keylock_give(lock, one->keys, one->n);
	return NULL;
}

static int
has(struct waiter *one, int ms)
{
	const struct timespec	 tick = { 0, 1000000 };

	for (; ms > 0; ms--) {
		if (__atomic_load_n(&one->has, __ATOMIC_SEQ_CST))
			return 1;
		(void)nanosleep(&tick, NULL);
	}
	return __atomic_load_n(&one->has, __ATOMIC_SEQ_CST);
}

static void
another_key_does_not_wait(void **state)
{
	struct scep_span	 a = name(0);
	struct waiter		 same = { .keys = { name(0) }, .n = 1 };
	struct waiter		 other = { .keys = { name(2) }, .n = 1 };

	(void)state;
	scep_keylock_take(lock, &a, 1);
	assert_int_equal(pthread_create(&other.thread, NULL, wait_for_it,
	    &other), 0);
	assert_int_equal(pthread_create(&same.thread, NULL, wait_for_it,
	    &same), 0);
	assert_true(has(&other, LONG_MS));
	assert_false(has(&same, 50));
	scep_keylock_give(lock, &a, 1);
	assert_true(has(&same, LONG_MS));
	assert_int_equal(pthread_join(same.thread, NULL), 0);
	assert_int_equal(pthread_join(other.thread, NULL), 0);
}

static void
who_waits_for_one_of_two_holds_neither(void **state)
{
	struct scep_span	 a = name(0), b = name(1);
	struct waiter		 both = { .keys = { name(1), name(0) },
	    .n = 2 };
	struct waiter		 second = { .keys = { name(1) }, .n = 1 };

	(void)state;
	scep_keylock_take(lock, &a, 1);
	assert_int_equal(pthread_create(&both.thread, NULL, wait_for_it,
	    &both), 0);
	assert_false(has(&both, 50));
	/* b is free, although somebody waits for a and b. */
	assert_int_equal(pthread_create(&second.thread, NULL, wait_for_it,
	    &second), 0);
	assert_true(has(&second, LONG_MS));
	scep_keylock_take(lock, &b, 1);
	scep_keylock_give(lock, &a, 1);
	assert_false(has(&both, 50));
	scep_keylock_give(lock, &b, 1);
	assert_true(has(&both, LONG_MS));
	assert_int_equal(pthread_join(both.thread, NULL), 0);
	assert_int_equal(pthread_join(second.thread, NULL), 0);
}

/* Till it sleeps: nothing else in its way, it does for the key. */
static void
await_sleep(struct waiter *one)
{
	const struct timespec	 tick = { 0, 1000000 };
	char			 is = 'X';
	int			 i;

	for (i = 0; is != 'S' && i < 60000; i++) {
		(void)nanosleep(&tick, NULL);
		is = proc_state(__atomic_load_n(&one->tid, __ATOMIC_SEQ_CST));
	}
	assert_int_equal(is, 'S');
}

/* Or whoever is fast enough holds up all the others for as long as he likes. */
static void
who_comes_again_stands_behind_who_waits(void **state)
{
	struct scep_span	 a = name(0);
	struct waiter		 one;
	int			 i;

	(void)state;
	for (i = 0; i < 20; i++) {
		one = (struct waiter){ .keys = { a }, .n = 1 };
		scep_keylock_take(lock, &a, 1);
		assert_int_equal(pthread_create(&one.thread, NULL,
		    wait_for_it, &one), 0);
		await_sleep(&one);
		assert_false(has(&one, 0));
		scep_keylock_give(lock, &a, 1);
		scep_keylock_take(lock, &a, 1);
		assert_true(has(&one, 0));
		scep_keylock_give(lock, &a, 1);
		assert_int_equal(pthread_join(one.thread, NULL), 0);
	}
}

static void
an_empty_key_is_none(void **state)
{
	const struct scep_span	 keys[2] = { { NULL, 0 }, name(0) };
	const struct scep_span	 more[2] = { { NULL, 0 }, name(1) };

	(void)state;
	scep_keylock_take(lock, keys, 2);
	scep_keylock_take(lock, more, 2);	/* would wait for ever */
	scep_keylock_give(lock, more, 2);
	scep_keylock_give(lock, keys, 2);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test_setup_teardown(
		    many_threads_hold_each_key_one_at_a_time, make, unmake),
		cmocka_unit_test_setup_teardown(
		    another_key_does_not_wait, make, unmake),
		cmocka_unit_test_setup_teardown(
		    who_waits_for_one_of_two_holds_neither, make, unmake),
		cmocka_unit_test_setup_teardown(
		    who_comes_again_stands_behind_who_waits, make, unmake),
		cmocka_unit_test_setup_teardown(
		    an_empty_key_is_none, make, unmake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
