/*
 * t_csv.c - records of RFC 4180, and of what spreadsheets write instead.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/csv.h"
#include "base/error.h"

/* All records, as "line:field|field" with a newline behind each; a fault as
 * "line!". */
static void
all_of(struct scep_span text, char *out, size_t size)
{
	struct scep_csv		 csv;
	struct scep_csv_record	*r = malloc(sizeof(*r));
	struct scep_error	 err;
	enum scep_err		 rc;
	size_t			 i, n = 0;

	assert_non_null(r);
	out[0] = '\0';
	scep_csv_open(&csv, text);
	while ((rc = scep_csv_next(&csv, r, &err)) != SCEP_E_NOTFOUND) {
		n += (size_t)snprintf(out + n, size - n, "%d%s", r->line,
		    rc == SCEP_OK ? ":" : "!");
		for (i = 0; rc == SCEP_OK && i < r->n; i++)
			n += (size_t)snprintf(out + n, size - n, "%s%s",
			    i > 0 ? "|" : "", r->field[i]);
		n += (size_t)snprintf(out + n, size - n, "\n");
		assert_true(n < size);
	}
	free(r);
}

static void
records_are_read_as_they_stand(void **state)
{
	static const struct {
		const char	*text, *want;
	} good[] = {
		{ "", "" },
		{ "a,b\nc,d\n", "1:a|b\n2:c|d\n" },
		{ "a,b\r\nc,d", "1:a|b\n2:c|d\n" },
		{ "a,b\rc,d\r", "1:a|b\n2:c|d\n" },
		{ "a,,c\n", "1:a||c\n" },
		{ "a,\n", "1:a|\n" },
		{ "\"a,b\",c\n", "1:a,b|c\n" },
		{ "\"say \"\"hi\"\"\",c\n", "1:say \"hi\"|c\n" },
		{ "\"\",c\n", "1:|c\n" },
		{ "  a b  , \" c \" \n", "1:a b| c \n" },
		{ "\xef\xbb\xbf" "a,b\n", "1:a|b\n" },
		{ "\xc3\xa4,b\n", "1:\xc3\xa4|b\n" },
		{ "\n\r\na\n,,\n  \nb\n\n", "3:a\n6:b\n" },
		{ "a;b\nc;d, e\n", "1:a|b\n2:c|d, e\n" },
		{ "a\tb\nc\td;e\n", "1:a|b\n2:c|d;e\n" },
		{ "a;b,c\nd;e\n", "1:a;b|c\n2:d;e\n" },
		{ "\"x,y\";b\nc;d\n", "1:x,y|b\n2:c|d\n" },
		{ "\"x;y\",b\nc,d\n", "1:x;y|b\n2:c|d\n" },
		{ "one\ntwo,three\n", "1:one\n2:two|three\n" },
	};
	char	 out[256];
	size_t	 i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		all_of(scep_span_text(good[i].text), out, sizeof(out));
		assert_string_equal(out, good[i].want);
	}
}

static void
a_fault_is_named_and_the_next_record_read(void **state)
{
	static const struct {
		const char	*text, *words, *all;
	} bad[] = {
		{ "ok\na\"b\nc\n", "quote inside", "1:ok\n2!\n3:c\n" },
		{ "ok\n\"a\" b\nc\n", "behind its closing quote",
		    "1:ok\n2!\n3:c\n" },
		{ "ok\n\"a\nb\nc\n", "never closed", "1:ok\n2!\n" },
		{ "ok\n\"a\nb\"\nc\n", "line break", "1:ok\n2!\n4:c\n" },
		{ "ok\na\x01\nc\n", "control character",
		    "1:ok\n2!\n3:c\n" },
		{ "ok\n\xe4\nc\n", "no UTF-8", "1:ok\n2!\n3:c\n" },
		{ "ok\n,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,\nc\n",
		    "more than 32 fields", "1:ok\n2!\n3:c\n" },
	};
	struct scep_csv_record	*r = malloc(sizeof(*r));
	struct scep_csv		 csv;
	struct scep_error	 err;
	char			 out[256];
	size_t			 i;

	(void)state;
	assert_non_null(r);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		scep_csv_open(&csv, scep_span_text(bad[i].text));
		assert_int_equal(scep_csv_next(&csv, r, &err), SCEP_OK);
		assert_int_equal(scep_csv_next(&csv, r, &err), SCEP_E_FORMAT);
		if (strstr(err.text, bad[i].words) == NULL)
			fail_msg("%s: %s", bad[i].text, err.text);
		all_of(scep_span_text(bad[i].text), out, sizeof(out));
		assert_string_equal(out, bad[i].all);
	}
	free(r);
}

static void
a_nul_is_a_fault(void **state)
{
	char	 out[64];

	(void)state;
	all_of(scep_span_make("a\0b\nc\n", 6), out, sizeof(out));
	assert_string_equal(out, "1!\n2:c\n");
}

static void
a_record_has_an_end(void **state)
{
	struct scep_csv_record	*r = malloc(sizeof(*r));
	struct scep_csv		 csv;
	struct scep_error	 err;
	char			*text = malloc(SCEP_CSV_RECORD + 1);

	(void)state;
	assert_non_null(r);
	assert_non_null(text);
	memset(text, 'x', SCEP_CSV_RECORD);
	scep_csv_open(&csv, scep_span_make(text, SCEP_CSV_RECORD));
	assert_int_equal(scep_csv_next(&csv, r, &err), SCEP_E_FORMAT);
	assert_int_equal(scep_csv_next(&csv, r, &err), SCEP_E_NOTFOUND);
	scep_csv_open(&csv, scep_span_make(text, SCEP_CSV_RECORD - 1));
	assert_int_equal(scep_csv_next(&csv, r, &err), SCEP_OK);
	assert_int_equal(strlen(r->field[0]), SCEP_CSV_RECORD - 1);
	/* And with a second field behind it. */
	text[SCEP_CSV_RECORD - 1] = ',';
	scep_csv_open(&csv, scep_span_make(text, SCEP_CSV_RECORD));
	assert_int_equal(scep_csv_next(&csv, r, &err), SCEP_E_FORMAT);
	free(text);
	free(r);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(records_are_read_as_they_stand),
		cmocka_unit_test(a_fault_is_named_and_the_next_record_read),
		cmocka_unit_test(a_nul_is_a_fault),
		cmocka_unit_test(a_record_has_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
