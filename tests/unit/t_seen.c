/*
 * t_seen.c - an encrypted key has one content.
 */
#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ca/seen.h"

#define THREADS	8

static struct scep_crypto	*crypto;
static struct scep_seen		*seen;

static int
make(void **state)
{
	struct scep_error	 err;

	(void)state;
	return scep_seen_new(crypto, &seen, &err) == SCEP_OK ? 0 : -1;
}

static int
unmake(void **state)
{
	(void)state;
	scep_seen_free(seen);
	return 0;
}

/* SHA-256 values, as in life: how keys spread is part of what is tested. */
static int
other(uint32_t key, uint8_t content)
{
	uint8_t			 k[SCEP_SHA256_LEN], c[SCEP_SHA256_LEN];
	struct scep_error	 err;

	if (scep_crypto_sha256(crypto, scep_span_make(&key, sizeof(key)), k,
	    &err) != SCEP_OK)
		abort();
	memset(c, content, sizeof(c));
	return scep_seen_other(seen, k, c);
}

static void
the_same_again_is_no_attack(void **state)
{
	(void)state;
	assert_int_equal(other(1, 1), 0);
	assert_int_equal(other(1, 1), 0);
	assert_int_equal(other(2, 1), 0);
}

static void
other_content_under_a_known_key_is(void **state)
{
	(void)state;
	assert_int_equal(other(1, 1), 0);
	assert_int_equal(other(1, 2), 1);
	assert_int_equal(other(1, 3), 1);
	/* The first is remembered, not the attack. */
	assert_int_equal(other(1, 1), 0);
	assert_int_equal(other(1, 2), 1);
}

/* Half of what fits: by chance a set or two may overflow, no more. */
static void
half_of_what_fits_is_remembered(void **state)
{
	uint32_t	 i;
	int		 known = 0;

	(void)state;
	for (i = 0; i < SCEP_SEEN_ENTRIES / 2; i++)
		assert_int_equal(other(i, 1), 0);
	for (i = 0; i < SCEP_SEEN_ENTRIES / 2; i++)
		known += other(i, 2);
	/* A full set forgets, and asking makes it worse. */
	assert_true(known > SCEP_SEEN_ENTRIES / 2 * 3 / 4);
}

static void
the_oldest_goes_when_it_is_full(void **state)
{
	uint32_t	 i;
	int		 old = 0, new = 0;

	(void)state;
	for (i = 0; i < 4 * SCEP_SEEN_ENTRIES; i++)
		assert_int_equal(other(i, 1), 0);
	for (i = 4 * SCEP_SEEN_ENTRIES - 1000; i < 4 * SCEP_SEEN_ENTRIES;
	    i++)
		new += other(i, 2);
	for (i = 0; i < 1000; i++)
		old += other(i, 2);
	assert_int_equal(new, 1000);
	assert_true(old < 100);
}

static void *
work(void *arg)
{
	uint32_t	 i;
	uintptr_t	 wrong = 0;

	(void)arg;
	for (i = 0; i < 2000; i++)
		wrong += other(i, 1) != 0;
	return (void *)wrong;
}

static void
threads_may_share_it(void **state)
{
	pthread_t	 thread[THREADS];
	void		*wrong;
	int		 i;

	(void)state;
	for (i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, work,
		    NULL), 0);
	for (i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(thread[i], &wrong), 0);
		assert_null(wrong);
	}
	assert_int_equal(other(7, 2), 1);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test_setup_teardown(the_same_again_is_no_attack,
		    make, unmake),
		cmocka_unit_test_setup_teardown(
		    other_content_under_a_known_key_is, make, unmake),
		cmocka_unit_test_setup_teardown(
		    half_of_what_fits_is_remembered, make, unmake),
		cmocka_unit_test_setup_teardown(
		    the_oldest_goes_when_it_is_full, make, unmake),
		cmocka_unit_test_setup_teardown(threads_may_share_it, make,
		    unmake),
	};
	struct scep_error	 err;
	int			 rc;

	if (scep_crypto_new(NULL, &crypto, &err) != SCEP_OK)
		return 1;
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	scep_crypto_free(crypto);
	return rc;
}
