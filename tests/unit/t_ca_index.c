/*
 * t_ca_index.c - lines of index.txt: what is read, and what is torn.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/ca_index.h"
#include "base/error.h"
#include "base/text.h"

static struct scep_ca_index	line;
static struct scep_error	err;

static enum scep_err
take(const char *text)
{
	memset(&line, 0x55, sizeof(line));
	return scep_ca_index_read(scep_span_text(text), &line, &err);
}

static void
good_lines_are_read(void **state)
{
	static const struct {
		const char	*text;
		int		 is_revoked;
		const char	*not_after, *revoked;
		int		 reason, is_less;
		const char	*serial, *file, *subject;
	}	 cases[] = {
		{ "V\t261124120000Z\t\t01\tunknown\t/CN=a", 0,
		    "2026-11-24T12:00:00Z", NULL, 0, 0, "01", "", "/CN=a" },
		{ "V\t261124120000Z\t\t01\tunknown\t/CN=a\r", 0,
		    "2026-11-24T12:00:00Z", NULL, 0, 0, "01", "", "/CN=a" },
		{ "E\t20501124120000Z\t\t02\ta.2.pem\t/O=x/CN=a", 0,
		    "2050-11-24T12:00:00Z", NULL, 0, 0, "02", "a.2.pem",
		    "/O=x/CN=a" },
		{ "R\t261124120000Z\t260101000000Z\t0A\tunknown\t", 1,
		    "2026-11-24T12:00:00Z", "2026-01-01T00:00:00Z", 0, 0,
		    "0a", "", "" },
		{ "R\t261124120000Z\t20260101000000Z,keyCompromise\t0a\t"
		    "unknown\tx", 1, "2026-11-24T12:00:00Z",
		    "2026-01-01T00:00:00Z", 1, 0, "0a", "", "x" },
		{ "R\t261124120000Z\t260101000000Z,KEYcompromise\t0a\t"
		    "unknown\tx", 1, "2026-11-24T12:00:00Z",
		    "2026-01-01T00:00:00Z", 1, 0, "0a", "", "x" },
		{ "R\t261124120000Z\t260101000000Z,CAkeyTime,20250101000000Z"
		    "\t0a\tunknown\tx", 1, "2026-11-24T12:00:00Z",
		    "2026-01-01T00:00:00Z", 2, 1, "0a", "", "x" },
		{ "R\t261124120000Z\t260101000000Z,holdInstruction,1.2.3\t0a\t"
		    "unknown\tx", 1, "2026-11-24T12:00:00Z",
		    "2026-01-01T00:00:00Z", 6, 1, "0a", "", "x" },
		{ "R\t261124120000Z\t260101000000Z,removeFromCRL\t0a\t"
		    "unknown\tx", 1, "2026-11-24T12:00:00Z",
		    "2026-01-01T00:00:00Z", 0, 1, "0a", "", "x" },
		/* Who writes two digits of 2055 does not mean 1955. */
		{ "V\t551124120000Z\t\t01\tunknown\tx", 0,
		    "2055-11-24T12:00:00Z", NULL, 0, 0, "01", "", "x" },
		{ "V\t701124120000Z\t\t01\tunknown\tx", 0,
		    "1970-11-24T12:00:00Z", NULL, 0, 0, "01", "", "x" },
		/* Serials as the INTEGER has them. */
		{ "V\t261124120000Z\t\t00\tunknown\tx", 0,
		    "2026-11-24T12:00:00Z", NULL, 0, 0, "00", "", "x" },
		{ "V\t261124120000Z\t\t0001\tunknown\tx", 0,
		    "2026-11-24T12:00:00Z", NULL, 0, 0, "01", "", "x" },
		{ "V\t261124120000Z\t\tFFee\tunknown\tx", 0,
		    "2026-11-24T12:00:00Z", NULL, 0, 0, "00ffee", "", "x" },
		{ "V\t261124120000Z\t\t123\tunknown\tx", 0,
		    "2026-11-24T12:00:00Z", NULL, 0, 0, "0123", "", "x" },
		/* A tab in a name is escaped; other backslashes are not. */
		{ "V\t261124120000Z\t\t01\tunknown\t/CN=a\\\tb\\x41", 0,
		    "2026-11-24T12:00:00Z", NULL, 0, 0, "01", "", "/CN=a" },
		{ "V\t261124120000Z\t\t01\ta\\\tb\t/CN=\\x41", 0,
		    "2026-11-24T12:00:00Z", NULL, 0, 0, "01", "a\tb",
		    "/CN=\\x41" },
		{ "V\t261124120000Z\t\t01\tunknown\t/CN=z\xc3\xbc\xff", 0,
		    "2026-11-24T12:00:00Z", NULL, 0, 0, "01", "",
		    "/CN=z\xc3\xbc" },
	};
	char	 text[2 * SCEP_CA_INDEX_SERIAL + 3];
	size_t	 i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (take(cases[i].text) != SCEP_OK)
			fail_msg("case %zu: %s", i, err.text);
		assert_int_equal(line.is_revoked, cases[i].is_revoked);
		scep_time_text(line.not_after, text);
		assert_string_equal(text, cases[i].not_after);
		if (cases[i].revoked != NULL) {
			scep_time_text(line.revoked, text);
			assert_string_equal(text, cases[i].revoked);
		}
		assert_int_equal(line.reason, cases[i].reason);
		assert_int_equal(line.is_less, cases[i].is_less);
		scep_hex_text(scep_span_make(line.serial, line.serial_len),
		    text, sizeof(text));
		assert_string_equal(text, cases[i].serial);
		assert_string_equal(line.file, cases[i].file);
		assert_string_equal(line.subject, cases[i].subject);
	}
}

static void
two_digits_of_a_year_are_known_as_such(void **state)
{
	(void)state;
	assert_int_equal(take("V\t261124120000Z\t\t01\tunknown\tx"), SCEP_OK);
	assert_int_equal(line.two_digits, 1);
	assert_int_equal(take("V\t20261124120000Z\t\t01\tunknown\tx"),
	    SCEP_OK);
	assert_int_equal(line.two_digits, 0);
}

static void
lines_that_hold_nothing_are_no_fault(void **state)
{
	(void)state;
	assert_int_equal(take(""), SCEP_E_NOTFOUND);
	assert_int_equal(take("\r"), SCEP_E_NOTFOUND);
	assert_int_equal(take("# V\t1"), SCEP_E_NOTFOUND);
}

#define GOOD	"V\t261124120000Z\t\t01\tunknown\t/CN=a"

static void
broken_lines_are_refused_and_say_why(void **state)
{
	static const struct {
		const char	*text, *why;
	}	 cases[] = {
		{ "V", "1 fields" },
		{ "V\t261124120000Z\t\t01\tunknown", "5 fields" },
		{ GOOD "\tmore", "more than 6 fields" },
		{ "V\t261124120000Z\t\t01\tunkn" GOOD, "more than 6 fields" },
		{ "X\t261124120000Z\t\t01\tunknown\t/CN=a", "state is \"X\"" },
		{ "\t261124120000Z\t\t01\tunknown\t/CN=a", "state is \"\"" },
		{ "VV\t261124120000Z\t\t01\tunknown\t/CN=a",
		    "state is \"VV\"" },
		{ "V\t\t\t01\tunknown\t/CN=a", "expires at \"\"" },
		{ "V\t2611241200Z\t\t01\tunknown\t/CN=a",
		    "expires at \"2611241200Z\"" },
		{ "V\t261124120000\t\t01\tunknown\t/CN=a", "expires at" },
		{ "V\t261324120000Z\t\t01\tunknown\t/CN=a", "expires at" },
		{ "V\t260230120000Z\t\t01\tunknown\t/CN=a", "expires at" },
		{ "V\t19551124120000Z\t\t01\tunknown\t/CN=a", "expires at" },
		{ "V\t26112412000-Z\t\t01\tunknown\t/CN=a", "expires at" },
		{ "V\t261124120000Z\t260101000000Z\t01\tunknown\t/CN=a",
		    "state is V, and still" },
		{ "E\t261124120000Z\t260101000000Z\t01\tunknown\t/CN=a",
		    "state is E, and still" },
		{ "R\t261124120000Z\t\t01\tunknown\t/CN=a",
		    "revoked at \"\"" },
		{ "R\t261124120000Z\t2601\t01\tunknown\t/CN=a",
		    "revoked at \"2601\"" },
		{ "R\t261124120000Z\t260101000000Z,\t01\tunknown\t/CN=a",
		    "no reason" },
		{ "R\t261124120000Z\t260101000000Z,keyComp\t01\tunknown\tx",
		    "\"keyComp\" is no reason" },
		{ "R\t261124120000Z\t260101000000Z,keyCompromised\t01\t"
		    "unknown\tx", "is no reason" },
		{ "V\t261124120000Z\t\t\tunknown\t/CN=a", "serial is \"\"" },
		{ "V\t261124120000Z\t\t-01\tunknown\t/CN=a",
		    "serial is \"-01\"" },
		{ "V\t261124120000Z\t\t0x1\tunknown\t/CN=a", "serial is" },
		{ "V\t261124120000Z\t\t01 \tunknown\t/CN=a", "serial is" },
		{ "V\t261124120000Z\t\t"
		    "1123456789012345678901234567890123456789"
		    "012345678901234567890123456789012345678901"
		    "\tunknown\tx", "more than 40 octets" },
	};
	size_t	 i;

	(void)state;
	assert_int_equal(take(GOOD), SCEP_OK);		/* the control */
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (take(cases[i].text) != SCEP_E_FORMAT)
			fail_msg("case %zu is read", i);
		if (strstr(err.text, cases[i].why) == NULL)
			fail_msg("case %zu: %s", i, err.text);
	}
}

static void
the_longest_line_is_read_and_a_longer_one_is_not(void **state)
{
	static char	 text[SCEP_CA_INDEX_LINE + 2];
	size_t		 n = strlen(GOOD);

	(void)state;
	memset(text, 'x', SCEP_CA_INDEX_LINE + 1);
	memcpy(text, GOOD, n);
	assert_int_equal(take(text), SCEP_E_FORMAT);
	assert_non_null(strstr(err.text, "more than 8192 octets"));
	text[SCEP_CA_INDEX_LINE] = '\0';
	assert_int_equal(take(text), SCEP_OK);
	assert_int_equal(strlen(line.subject), SCEP_CA_INDEX_TEXT - 1);
}

/* A line cut anywhere is not one of less. */
static void
no_torn_line_is_another_certificate(void **state)
{
	static const char	 whole[] = "R\t261124120000Z\t260101000000Z,"
				    "superseded\t0102\tunknown\t/CN=a";
	struct scep_span	 cut;

	(void)state;
	for (cut = scep_span_text(whole); cut.len > strlen(whole) - 5;
	    cut.len--)
		assert_int_equal(scep_ca_index_read(cut, &line, &err),
		    SCEP_OK);
	for (cut.len = strlen(whole) - 6; cut.len > 0; cut.len--)
		assert_int_equal(scep_ca_index_read(cut, &line, &err),
		    SCEP_E_FORMAT);
}

static void
a_nul_is_refused(void **state)
{
	static const char	 text[] = "V\t261124120000Z\t\t01\tunknown\t"
				    "a\0b";

	(void)state;
	assert_int_equal(scep_ca_index_read(scep_span_make(text,
	    sizeof(text) - 1), &line, &err), SCEP_E_FORMAT);
	assert_non_null(strstr(err.text, "NUL"));
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(good_lines_are_read),
		cmocka_unit_test(two_digits_of_a_year_are_known_as_such),
		cmocka_unit_test(lines_that_hold_nothing_are_no_fault),
		cmocka_unit_test(broken_lines_are_refused_and_say_why),
		cmocka_unit_test(
		    the_longest_line_is_read_and_a_longer_one_is_not),
		cmocka_unit_test(no_torn_line_is_another_certificate),
		cmocka_unit_test(a_nul_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
