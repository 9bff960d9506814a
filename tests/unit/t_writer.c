/* t_writer.c - DER written front to back is what der.c puts together. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#include "base/writer.h"
#include "tests/unit/der_make.h"

static int
forget(void **state)
{
	(void)state;
	der_forget();
	return 0;
}

static void
is(struct scep_writer *w, struct scep_span want)
{
	struct scep_buf		 got = { NULL, 0 };
	struct scep_error	 err;

	assert_int_equal(scep_writer_end(w, SCEP_OK, &got, &err), SCEP_OK);
	assert_int_equal(got.len, want.len);
	assert_memory_equal(got.data, want.data, want.len);
	scep_buf_clear(&got);
}

/* With much too little room, and with enough. */
static void
a_value_has_the_shortest_length_at_any_depth(void **state)
{
	static const size_t	 lens[] = { 0, 1, 127, 128, 129, 250, 255,
				    256, 65535, 65536, 100000 };
	struct scep_writer	 w;
	struct scep_span	 octets, want;
	size_t			 i, room;

	(void)state;
	for (i = 0; i < sizeof(lens) / sizeof(lens[0]); i++)
		for (room = 1; room <= 100000; room += 99999) {
			octets = der_repeat(der_hex("5a"), lens[i]);
			want = SEQ(SET_OF(DER(0x04, octets), der_hex("0500")),
			    DER(0xa0, octets));
			scep_writer_init(&w, room);
			scep_writer_open(&w, 0x30);
			scep_writer_open(&w, 0x31);
			scep_writer_add(&w, 0x04, octets);
			scep_writer_raw(&w, der_hex("0500"));
			scep_writer_close(&w);
			scep_writer_add(&w, 0xa0, octets);
			scep_writer_close(&w);
			is(&w, want);
		}
}

static void
what_is_left_open_is_closed_at_the_end(void **state)
{
	struct scep_writer	 w;

	(void)state;
	scep_writer_init(&w, 8);
	scep_writer_open(&w, 0x30);
	scep_writer_open(&w, 0xa0);
	scep_writer_add(&w, 0x02, der_hex("01"));
	is(&w, SEQ(DER(0xa0, der_int(1))));
	scep_writer_init(&w, 8);
	is(&w, der_raw("", 0));
}

/* Deeper than it goes, or closed more often than opened: nothing comes out,
 * and what out held before is gone. */
static void
a_fault_is_told_at_the_end(void **state)
{
	struct scep_buf		 got = { NULL, 0 };
	struct scep_error	 err;
	struct scep_writer	 w;
	size_t			 depth, i;

	(void)state;
	for (depth = SCEP_DER_DEPTH; depth <= SCEP_DER_DEPTH + 1; depth++) {
		assert_int_equal(scep_buf_set(&got, der_hex("aa"), &err),
		    SCEP_OK);
		scep_writer_init(&w, 8);
		for (i = 0; i < depth; i++)
			scep_writer_open(&w, 0x30);
		scep_writer_raw(&w, der_hex("0500"));
		assert_int_equal(scep_writer_end(&w, SCEP_OK, &got, &err),
		    depth == SCEP_DER_DEPTH ? SCEP_OK : SCEP_E_NOMEM);
		assert_int_equal(got.len, depth == SCEP_DER_DEPTH ?
		    2 * SCEP_DER_DEPTH + 2 : 0);
	}
	scep_writer_init(&w, 8);
	scep_writer_open(&w, 0x30);
	scep_writer_close(&w);
	scep_writer_close(&w);
	assert_int_equal(scep_writer_end(&w, SCEP_OK, &got, &err),
	    SCEP_E_NOMEM);
	assert_null(got.data);
	/* What was written from came to grief. */
	scep_writer_init(&w, 8);
	scep_writer_add(&w, 0x04, der_hex("aa"));
	assert_int_equal(scep_writer_end(&w, SCEP_E_REFUSED, &got, &err),
	    SCEP_E_REFUSED);
	assert_null(got.data);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(
		    a_value_has_the_shortest_length_at_any_depth),
		cmocka_unit_test(what_is_left_open_is_closed_at_the_end),
		cmocka_unit_test(a_fault_is_told_at_the_end),
	};

	return cmocka_run_group_tests_name("writer", tests, NULL, forget);
}
