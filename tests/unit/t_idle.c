/*
 * t_idle.c - when a server that nobody asks ends, and when it does not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cgi/idle.h"

#define LIMIT_S	3

static void
without_a_limit_never(void **state)
{
	struct scep_idle	 idle = { .limit_s = 0 };

	(void)state;
	scep_idle_began(&idle, 1000);
	scep_idle_served(&idle, 1100);
	assert_true(scep_idle_due(&idle, 1200) == INT64_MAX);
}

static void
from_the_last_who_came(void **state)
{
	struct scep_idle	 idle = { .limit_s = LIMIT_S };

	(void)state;
	assert_true(scep_idle_due(&idle, 500) == INT64_MAX);
	scep_idle_began(&idle, 1000);
	scep_idle_served(&idle, 4000);
	assert_int_equal(scep_idle_due(&idle, 500), 7000);
	assert_int_equal(scep_idle_due(&idle, 5000), 8000);
	/* Another worker, or one started again. */
	scep_idle_served(&idle, 9000);
	assert_int_equal(scep_idle_due(&idle, 5000), 8000);
}

static void
soon_when_no_worker_comes(void **state)
{
	struct scep_idle	 idle = { .limit_s = 3600 };

	(void)state;
	scep_idle_began(&idle, 1000);
	assert_int_equal(scep_idle_due(&idle, 500), 6000);
}

static void
not_while_an_operator_is_at_work(void **state)
{
	struct scep_idle	 idle = { .limit_s = LIMIT_S };

	(void)state;
	scep_idle_began(&idle, 1000);
	scep_idle_served(&idle, 1000);
	scep_idle_operator(&idle, 1, 2000);
	scep_idle_operator(&idle, 1, 2500);
	scep_idle_operator(&idle, -1, 3000);
	assert_true(scep_idle_due(&idle, 1500) == INT64_MAX);
	scep_idle_operator(&idle, -1, 9000);
	assert_int_equal(scep_idle_due(&idle, 1500), 12000);
	/* Their process died: none of them is told to have left. */
	scep_idle_operator(&idle, 1, 9500);
	scep_idle_operator(&idle, 0, 9600);
	assert_int_equal(scep_idle_due(&idle, 1500), 12600);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(without_a_limit_never),
		cmocka_unit_test(from_the_last_who_came),
		cmocka_unit_test(soon_when_no_worker_comes),
		cmocka_unit_test(not_while_an_operator_is_at_work),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
