/* t_text.c - bytes, times and numbers as text, and back. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"

#define LENGTH(a)	(sizeof(a) / sizeof((a)[0]))

static void
times_are_rfc_3339_in_utc(void **state)
{
	char	 text[SCEP_TIME_TEXT];

	(void)state;
	scep_time_text(0, text);
	assert_string_equal(text, "1970-01-01T00:00:00Z");
	scep_time_text(1795521600, text);
	assert_string_equal(text, "2026-11-24T12:00:00Z");
	scep_time_text((time_t)1 << 50, text);
	assert_string_equal(text, "never");
}

static void
a_time_is_read_back(void **state)
{
	static const struct {
		const char	*text;
		time_t		 want;
	} rows[] = {
		{ "1970-01-01", 0 },
		{ "2026-11-24", 1795521600 - 43200 },
		{ "2026-11-24T12:00:00Z", 1795521600 },
		{ "2026-11-24 12:00:00z", 1795521600 },
		{ "2026-11-24t12:00:00.75Z", 1795521600 },
		{ "2026-11-24T14:30:00+02:30", 1795521600 },
		{ "2026-11-24T00:00:00-12:00", 1795521600 },
		{ "2024-02-29", 1709164800 },
		{ "9999-12-31T23:59:59Z", 253402300799 },
	};
	struct scep_error	 err;
	time_t			 t;
	size_t			 i;

	(void)state;
	for (i = 0; i < LENGTH(rows); i++) {
		if (scep_time_read(rows[i].text, &t, &err) != SCEP_OK)
			fail_msg("%s", err.text);
		assert_int_equal(t, rows[i].want);
	}
}

static void
what_is_no_time_is_refused(void **state)
{
	static const char *const rows[] = { "", "2026", "2026-11", "2026-11-2",
	    "2026-11-241", "2026-13-01", "2026-00-01", "2026-11-31",
	    "2023-02-29", "2026-11-24T12:00:00", "2026-11-24T12:00Z",
	    "2026-11-24T24:00:00Z", "2026-11-24T12:60:00Z",
	    "2026-11-24T12:00:61Z", "2026-11-24T12:00:00+2:00",
	    "2026-11-24T12:00:00+24:00", "2026-11-24T12:00:00+02:60",
	    "2026-11-24T12:00:00Zx", "2026-11-24T12:00:00.Z", "1969-12-31",
	    "1970-01-01T00:00:00+01:00", "2026/11/24", "7d", " 2026-11-24" };
	struct scep_error	 err;
	time_t			 t;
	size_t			 i;

	(void)state;
	for (i = 0; i < LENGTH(rows); i++) {
		if (scep_time_read(rows[i], &t, &err) != SCEP_E_USAGE)
			fail_msg("%s is a time", rows[i]);
		assert_int_equal(t, 0);
	}
}

static void
hex_goes_out_and_comes_back(void **state)
{
	const uint8_t		 bytes[] = { 0x00, 0x7f, 0xa0, 0xff };
	uint8_t			 back[8];
	char			 text[9], little[4];
	size_t			 len;
	struct scep_error	 err;

	(void)state;
	scep_hex_text(scep_span_make(bytes, 4), text, sizeof(text));
	assert_string_equal(text, "007fa0ff");
	scep_hex_text(scep_span_make(bytes, 4), little, sizeof(little));
	assert_string_equal(little, "00");
	assert_int_equal(scep_hex_read("00:7F a0:ff", back, sizeof(back),
	    &len, &err), SCEP_OK);
	assert_int_equal(len, 4);
	assert_memory_equal(back, bytes, 4);
	assert_int_equal(scep_hex_read("", back, sizeof(back), &len, &err),
	    SCEP_OK);
	assert_int_equal(len, 0);
}

static void
what_is_not_hex_or_too_long_is_refused(void **state)
{
	static const char *const rows[] = { "0", "0g", "0:0", "x", "00 1",
	    "0011223344" };
	uint8_t			 back[4];
	size_t			 len, i;
	struct scep_error	 err;

	(void)state;
	for (i = 0; i < LENGTH(rows); i++)
		assert_int_equal(scep_hex_read(rows[i], back, sizeof(back),
		    &len, &err), SCEP_E_USAGE);
	assert_int_equal(scep_hex_read("00112233", back, sizeof(back), &len,
	    &err), SCEP_OK);
}

static void
durations_have_units(void **state)
{
	static const struct {
		const char	*text;
		long		 seconds;	/* -1: refused */
	} rows[] = {
		{ "0", 0 }, { "90", 90 }, { "90s", 90 }, { "15m", 900 },
		{ "24h", 86400 }, { "7d", 604800 }, { "2w", 1209600 },
		{ "1y", 31536000 }, { "100y", 3153600000L }, { "101y", -1 },
		{ "", -1 }, { "d", -1 }, { "-1d", -1 }, { "+1d", -1 },
		{ " 1d", -1 }, { "1 d", -1 }, { "1D", -1 }, { "1d1h", -1 },
		{ "1.5h", -1 }, { "99999999999999999999", -1 },
		{ "9223372036854775807y", -1 },
	};
	struct scep_error	 err;
	enum scep_err		 want;
	size_t			 i;
	long			 got;

	(void)state;
	for (i = 0; i < LENGTH(rows); i++) {
		want = rows[i].seconds < 0 ? SCEP_E_USAGE : SCEP_OK;
		if (scep_duration_read(rows[i].text, &got, &err) != want)
			fail_msg("%s", rows[i].text);
		if (want == SCEP_OK)
			assert_true(got == rows[i].seconds);
	}
}

static void
durations_are_written_in_their_biggest_unit(void **state)
{
	static const struct {
		long		 seconds;
		const char	*text;
	} rows[] = {
		{ 0, "0s" }, { 1, "1s" }, { 90, "90s" }, { 120, "2m" },
		{ 3600, "1h" }, { 5400, "90m" }, { 86400, "1d" },
		{ 1209600, "14d" }, { 946080000, "30y" },
	};
	struct scep_error	 err;
	char			 text[SCEP_DURATION_TEXT];
	size_t			 i;
	long			 back;

	(void)state;
	for (i = 0; i < LENGTH(rows); i++) {
		scep_duration_text(rows[i].seconds, text);
		assert_string_equal(text, rows[i].text);
		assert_int_equal(scep_duration_read(text, &back, &err),
		    SCEP_OK);
		assert_true(back == rows[i].seconds);
	}
}

static void
numbers_stay_in_their_range(void **state)
{
	static const char *const bad[] = { "", "x", "1x", " 1", "+1", "0x10",
	    "-4", "11", "99999999999999999999" };
	struct scep_error	 err;
	size_t			 i;
	long			 n;

	(void)state;
	assert_int_equal(scep_number_read("-3", -3, 10, &n, &err), SCEP_OK);
	assert_int_equal(n, -3);
	assert_int_equal(scep_number_read("10", -3, 10, &n, &err), SCEP_OK);
	assert_int_equal(n, 10);
	for (i = 0; i < LENGTH(bad); i++)
		if (scep_number_read(bad[i], -3, 10, &n, &err) !=
		    SCEP_E_USAGE)
			fail_msg("\"%s\" was taken", bad[i]);
}

static void
utf8_is_told_from_what_is_not(void **state)
{
	static const struct {
		const char	*text;
		int		 clean;
	} rows[] = {
		{ "", 1 }, { "plain", 1 }, { "\xc3\xbc", 1 },
		{ "\xe2\x82\xac", 1 }, { "\xf0\x9f\x98\x80", 1 },
		{ "\xf4\x8f\xbf\xbf", 1 }, { "\xf4\x90\x80\x80", 0 },
		{ "\n", 0 }, { "\x7f", 0 }, { "\xc2\x80", 0 },
		{ "\xc2\xa0", 1 }, { "\xc0\x80", 0 }, { "\xe0\x80\xaf", 0 },
		{ "\xed\xa0\x80", 0 }, { "\x80", 0 }, { "\xe2\x82", 0 },
		{ "\xe2\x41\x41", 0 }, { "\xff", 0 },
	};
	size_t	 i;

	(void)state;
	for (i = 0; i < LENGTH(rows); i++)
		if (scep_is_clean_utf8(scep_span_text(rows[i].text)) !=
		    rows[i].clean)
			fail_msg("row %zu", i);
	assert_false(scep_is_clean_utf8(scep_span_make("a\0b", 3)));
}

/* UTF-8, cut anywhere. */
static void
what_is_cut_loses_half_a_character_and_no_more(void **state)
{
	static const char	 whole[] = "a\xc3\xbc\xe2\x82\xac"
				    "\xf0\x9f\x98\x80z";
	static const size_t	 kept[] = { 0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10,
				    11 };
	char			 text[sizeof(whole)];
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(whole); i++) {
		memset(text, 0, sizeof(text));
		memcpy(text, whole, i);
		scep_text_clean(text);
		assert_int_equal(strlen(text), kept[i]);
		assert_memory_equal(text, whole, kept[i]);
	}
}

static void
a_buf_grows_and_is_emptied(void **state)
{
	struct scep_buf		 buf = { NULL, 0 };
	struct scep_error	 err;

	(void)state;
	assert_int_equal(scep_buf_add(&buf, scep_span_text("ab"), &err),
	    SCEP_OK);
	assert_int_equal(scep_buf_add(&buf, scep_span_make(NULL, 0), &err),
	    SCEP_OK);
	assert_int_equal(scep_buf_add(&buf, scep_span_text("c"), &err),
	    SCEP_OK);
	assert_string_equal((char *)buf.data, "abc");
	assert_true(scep_span_equal(scep_buf_span(&buf),
	    scep_span_text("abc")));
	assert_false(scep_span_equal(scep_buf_span(&buf),
	    scep_span_text("abd")));
	assert_int_equal(scep_buf_set(&buf, scep_span_make(buf.data + 1, 1),
	    &err), SCEP_OK);
	assert_string_equal((char *)buf.data, "b");
	scep_buf_clear(&buf);
	scep_buf_clear(&buf);
	assert_null(buf.data);
	assert_int_equal(buf.len, 0);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(times_are_rfc_3339_in_utc),
		cmocka_unit_test(a_time_is_read_back),
		cmocka_unit_test(what_is_no_time_is_refused),
		cmocka_unit_test(hex_goes_out_and_comes_back),
		cmocka_unit_test(what_is_not_hex_or_too_long_is_refused),
		cmocka_unit_test(durations_have_units),
		cmocka_unit_test(durations_are_written_in_their_biggest_unit),
		cmocka_unit_test(numbers_stay_in_their_range),
		cmocka_unit_test(utf8_is_told_from_what_is_not),
		cmocka_unit_test(
		    what_is_cut_loses_half_a_character_and_no_more),
		cmocka_unit_test(a_buf_grows_and_is_emptied),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
