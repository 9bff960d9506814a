/*
 * t_odd.c - messages as clients write them, from HTTP to the certificate: each
 * oddity alone, then many at once.
 *
 * What is sent is odd.c's; OpenSSL's CMS reads it too, wherever it can, and
 * reads all that is answered.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "base/der.h"
#include "base/error.h"
#include "tests/unit/conform.h"
#include "tests/unit/odd_world.h"

#define COMBINATIONS	400

/* One row of the catalogue, alone. */
static void
row_is_granted(void **state)
{
	const struct odd_row	*row = *state;
	struct odd		 o;

	odd_world_plain(odd_ow, &o);
	row->set(&odd_ow->desk, &o, row->arg);
	odd_world_granted(odd_ow, &o, row->not_cms == 1 ? ODD_NO_CMS :
	    ODD_CMS,
	    row->label);
}

/* The control of all that is odd about the encoding. */
static void
a_plain_message_is_der_and_an_odd_one_is_not(void **state)
{
	struct scep_error	 err;
	struct odd		 o;
	unsigned int		 i;

	(void)state;
	odd_world_plain(odd_ow, &o);
	assert_int_equal(scep_der_check(odd_make(&o), &err), SCEP_OK);
	for (i = ODD_CI; i < ODD_UNSIGNED; i *= 2) {
		o.indefinite = i;
		assert_int_equal(scep_der_check(odd_make(&o), &err),
		    SCEP_E_FORMAT);
	}
	o.indefinite = 0;
	for (i = ODD_S_CONTENT; i <= ODD_S_VALUES; i *= 2) {
		o.segments = i;
		assert_int_equal(scep_der_check(odd_make(&o), &err),
		    SCEP_E_FORMAT);
	}
	o.segments = 0;
	o.long_form = 1;
	assert_int_equal(scep_der_check(odd_make(&o), &err), SCEP_E_FORMAT);
	o.long_form = 0;
	assert_int_equal(scep_der_check(odd_make(&o), &err), SCEP_OK);
}

static void
each_level_alone_may_be_of_indefinite_length(void **state)
{
	struct odd	 o;
	int		 i;

	(void)state;
	for (i = 0; i < ODD_LEVELS; i++) {
		odd_world_plain(odd_ow, &o);
		o.indefinite = 1u << i;
		o.order = i % 2 == 0 ? ODD_SORTED : ODD_AS_SENT;
		o.unsigned_attrs = odd_attr("1.3.6.1.4.1.99999.5",
		    der_hex("0500"));
		odd_world_granted(odd_ow, &o, ODD_CMS, "level");
	}
}

/* xorshift64: the same combinations each time. */
static unsigned int
dice(uint64_t *state, unsigned int sides)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return (unsigned int)(*state >> 33) % sides;
}

/* Of each axis one row, or none. */
static int
combine(uint64_t *seed, struct odd *o, char *text, size_t size)
{
	const struct odd_row	*row;
	size_t			 i, n, pick;
	int			 cms = ODD_CMS;

	text[0] = '\0';
	for (i = 0; i < odd_n_rows; i += n) {
		for (n = 1; i + n < odd_n_rows && strcmp(odd_rows[i].axis,
		    odd_rows[i + n].axis) == 0; n++)
			continue;
		pick = dice(seed, 2) == 0 ? n : dice(seed, (unsigned int)n);
		if (pick == n)
			continue;
		row = &odd_rows[i + pick];
		row->set(&odd_ow->desk, o, row->arg);
		if (row->not_cms)
			cms = ODD_NO_CMS;
		(void)snprintf(text + strlen(text), size - strlen(text),
		    "%s: %s; ", row->axis, row->label);
	}
	return cms;
}

static void
any_combination_is_granted(void **state)
{
	uint64_t	 seed = 0x5ce9;
	char		 text[4096];
	struct odd	 o;
	int		 i, cms;

	(void)state;
	for (i = 0; i < COMBINATIONS; i++) {
		odd_world_plain(odd_ow, &o);
		cms = combine(&seed, &o, text, sizeof(text));
		/* What is signed in another order, or padded, CMS may read
		 * or not: it is asked only where it can. */
		odd_world_granted(odd_ow, &o, cms == ODD_CMS ? ODD_CMS :
		    ODD_CMS_UNASKED, text);
	}
}

int
main(void)
{
	const struct CMUnitTest	 last[] = {
		cmocka_unit_test(
		    a_plain_message_is_der_and_an_odd_one_is_not),
		conforms(each_level_alone_may_be_of_indefinite_length,
		    "C-092 I-017"),
		conforms(any_combination_is_granted,
		    "C-092 C-094 C-108 I-017 I-018 I-019"),
	};
	struct CMUnitTest	*tests = calloc(odd_n_rows,
				    sizeof(*tests));
	size_t			 i;
	int			 failed;

	if (tests == NULL)
		return 1;
	for (i = 0; i < odd_n_rows; i++)
		tests[i] = odd_test(row_is_granted, &odd_rows[i],
		    odd_rows[i].axis, odd_rows[i].label, odd_rows[i].numbers);
	failed = odd_tests_run("odd", tests, odd_n_rows, last, 3);
	free(tests);
	return failed;
}
