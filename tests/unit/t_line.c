/* t_line.c - a log line: what is escaped, bounded, left out. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#include "base/line.h"

#define LENGTH(a)	(sizeof(a) / sizeof((a)[0]))

static void
each_value_stands_as_it_should(void **state)
{
	static const struct {
		const char	*value, *text;
	} rows[] = {
		{ "abcXYZ019-._:/@+,*=()", "k=abcXYZ019-._:/@+,*=()" },
		{ "", "k=\"\"" },
		{ "a b", "k=\"a b\"" },
		{ "a\"b", "k=\"a\\x22b\"" },
		{ "a\\b", "k=\"a\\x5cb\"" },
		{ "a\nlevel=error", "k=\"a\\x0alevel=error\"" },
		{ "\x1b[31m", "k=\"\\x1b[31m\"" },
		{ "\x7f", "k=\"\\x7f\"" },
		{ "M\xc3\xbcller", "k=\"M\xc3\xbcller\"" },
		{ "\xe2\x82\xac\xf0\x9f\x98\x80",
		    "k=\"\xe2\x82\xac\xf0\x9f\x98\x80\"" },
		{ "\xc2\x9b", "k=\"\\xc2\\x9b\"" },
		{ "\xc0\xaf", "k=\"\\xc0\\xaf\"" },
		{ "\xed\xa0\x80", "k=\"\\xed\\xa0\\x80\"" },
		{ "a\xe2\x82", "k=\"a\\xe2\\x82\"" },
		{ "\xff", "k=\"\\xff\"" },
		{ "a;b", "k=\"a;b\"" },
	};
	struct scep_line	 line;
	size_t			 i;

	(void)state;
	for (i = 0; i < LENGTH(rows); i++) {
		memset(&line, 0, sizeof(line));
		scep_line_text(&line, "k", rows[i].value);
		assert_string_equal(line.text, rows[i].text);
		assert_int_equal(line.len, strlen(rows[i].text));
	}
}

static void
a_nul_inside_is_escaped(void **state)
{
	struct scep_line	 line = { .len = 0 };

	(void)state;
	scep_line_add(&line, "k", scep_span_make("a\0b", 3));
	assert_string_equal(line.text, "k=\"a\\x00b\"");
}

static void
pairs_are_parted_by_one_blank(void **state)
{
	struct scep_line	 line = { .len = 0 };

	(void)state;
	scep_line_text(&line, "a", "1");
	scep_line_fmt(&line, "b", "%d %s", 2, "x");
	scep_line_fmt(&line, "c", "%d", 3);
	assert_string_equal(line.text, "a=1 b=\"2 x\" c=3");
}

static void
a_long_value_is_cut_and_says_so(void **state)
{
	struct scep_line	 line = { .len = 0 };
	char			 text[SCEP_VALUE_MAX + 2];

	(void)state;
	memset(text, 'x', sizeof(text));
	scep_line_add(&line, "k", scep_span_make(text, SCEP_VALUE_MAX));
	assert_int_equal(line.len, 2 + SCEP_VALUE_MAX);
	line.len = 0;
	scep_line_add(&line, "k", scep_span_make(text, SCEP_VALUE_MAX + 1));
	assert_int_equal(line.len, 2 + SCEP_VALUE_MAX + 3);
	assert_string_equal(line.text + line.len - 4, "x...");
	line.len = 0;
	text[SCEP_VALUE_MAX + 1] = '\0';
	scep_line_fmt(&line, "k", "%s", text);
	assert_string_equal(line.text + line.len - 4, "x...");
	line.len = 0;
	memset(text, ' ', sizeof(text));
	scep_line_add(&line, "k", scep_span_make(text, SCEP_VALUE_MAX + 1));
	assert_string_equal(line.text + line.len - 5, " ...\"");
}

static void
a_text_of_our_own_is_not_cut(void **state)
{
	struct scep_line	 line = { .len = 0 };
	char			 text[3001];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	scep_line_whole(&line, "k", text);
	assert_int_equal(line.len, 2 + 3000);
	scep_line_whole(&line, "k", text);	/* no room: left out */
	assert_int_equal(line.len, 2 + 3000);
	scep_line_whole(&line, "e", "a b");
	assert_string_equal(line.text + 3002, " e=\"a b\"");
}

static void
a_pair_that_does_not_fit_is_left_out_whole(void **state)
{
	struct scep_line	 line = { .len = 0 };
	uint8_t			 bad[SCEP_VALUE_MAX];
	size_t			 before;
	int			 i;

	(void)state;
	memset(bad, 0xff, sizeof(bad));
	for (i = 0; i < 3; i++)		/* 1,028 octets each */
		scep_line_add(&line, "k", scep_span_make(bad, sizeof(bad)));
	before = line.len;
	assert_in_range(before, 3000, 3200);
	scep_line_add(&line, "k", scep_span_make(bad, sizeof(bad)));
	assert_int_equal(line.len, before);
	assert_int_equal(line.text[before], '\0');
	scep_line_text(&line, "result", "ok");
	assert_string_equal(line.text + before, " result=ok");
}

/* The same text, whichever way it is written down. */
static void
json_holds_what_the_pairs_hold(void **state)
{
	static const struct {
		const char	*value, *text;
	} rows[] = {
		{ "abc", "\"k\":\"abc\"" },
		{ "", "\"k\":\"\"" },
		{ "1", "\"k\":\"1\"" },
		{ "a b", "\"k\":\"a b\"" },
		{ "a\"b", "\"k\":\"a\\\\x22b\"" },
		{ "a\\b", "\"k\":\"a\\\\x5cb\"" },
		{ "\",\"x\":\"", "\"k\":\"\\\\x22,\\\\x22x\\\\x22:\\\\x22\"" },
		{ "a\nb", "\"k\":\"a\\\\x0ab\"" },
		{ "M\xc3\xbcller", "\"k\":\"M\xc3\xbcller\"" },
		{ "\xff", "\"k\":\"\\\\xff\"" },
	};
	struct scep_line	 line;
	size_t			 i;

	(void)state;
	for (i = 0; i < LENGTH(rows); i++) {
		memset(&line, 0, sizeof(line));
		line.json = 1;
		scep_line_text(&line, "k", rows[i].value);
		assert_string_equal(line.text, rows[i].text);
	}
	scep_line_number(&line, "n", -7);
	scep_line_fmt(&line, "t", "%d", 8);
	assert_string_equal(line.text + strlen(rows[LENGTH(rows) - 1].text),
	    ",\"n\":-7,\"t\":\"8\"");
	memset(&line, 0, sizeof(line));
	scep_line_number(&line, "a", 1);
	scep_line_number(&line, "b", 2);
	assert_string_equal(line.text, "a=1 b=2");
}

/* What is made here is taken apart again, whatever was in it. */
static void
pairs_come_back_as_they_stand(void **state)
{
	static const struct {
		const char	*value, *back;
	} rows[] = {
		{ "plain", "plain" }, { "", "" }, { "a b=c", "a b=c" },
		{ "a\"b\\", "a\\x22b\\x5c" }, { "\n\xff", "\\x0a\\xff" },
		{ "=(x)", "=(x)" }, { "M\xc3\xbcller", "M\xc3\xbcller" },
	};
	struct scep_line	 line = { .len = 0 };
	struct scep_span	 rest, key, value;
	size_t			 i;

	(void)state;
	for (i = 0; i < LENGTH(rows); i++)
		scep_line_text(&line, "a_key.1", rows[i].value);
	rest = scep_span_make(line.text, line.len);
	for (i = 0; i < LENGTH(rows); i++) {
		assert_true(scep_line_next(&rest, &key, &value));
		assert_true(scep_span_equal(key, scep_span_text("a_key.1")));
		assert_true(scep_span_equal(value,
		    scep_span_text(rows[i].back)));
	}
	assert_false(scep_line_next(&rest, &key, &value));
}

static void
what_was_not_made_here_is_not_taken(void **state)
{
	static const char *const	 bad[] = { "", "key", "=v", "K=v",
	    "k\x1b=v", "k=\"v", "k=\"v\"x=y", "k=\x1b[31m", "k=\"a\nb\"",
	    "k=\xff", "k-k=v", "abcdefghijklmnopqrstuvwxyz_abcdef=v" };
	static const char *const	 good[] = { "k=", "k=\"\"", "k=v ",
	    "abcdefghijklmnopqrstuvwxyz_abcde=v", "k=\"v\" x=y" };
	struct scep_span		 rest, key, value;
	size_t				 i;

	(void)state;
	for (i = 0; i < LENGTH(bad); i++) {
		rest = scep_span_text(bad[i]);
		assert_false(scep_line_next(&rest, &key, &value));
	}
	for (i = 0; i < LENGTH(good); i++) {
		rest = scep_span_text(good[i]);
		assert_true(scep_line_next(&rest, &key, &value));
	}
}

static void
what_was_written_is_read_back(void **state)
{
	static const char *const	 values[] = {
		"bare", "", "a b", "x=y", "a\"b", "a\\b", " k2=no", "\n\x1b",
		"M\xc3\xbcller", "\xff\xfe",
	};
	struct scep_line	 line;
	char			 out[64];
	size_t			 i;

	(void)state;
	for (i = 0; i < LENGTH(values); i++) {
		memset(&line, 0, sizeof(line));
		scep_line_text(&line, "k1", values[i]);
		scep_line_text(&line, "k2", "behind");
		assert_true(scep_line_get(scep_span_text(line.text), "k1",
		    out, sizeof(out)));
		assert_string_equal(out, values[i]);
		assert_true(scep_line_get(scep_span_text(line.text), "k2",
		    out, sizeof(out)));
		assert_string_equal(out, "behind");
		assert_false(scep_line_get(scep_span_text(line.text), "k",
		    out, sizeof(out)));
	}
}

static void
what_is_no_line_is_not_read(void **state)
{
	static const char *const	 lines[] = {
		"", "k", "k=\"open", "k=\"x\"y", "k=\"\\x4\"", "k=\"\\n\"",
		"k=\"\\x00\"", "j k=1", "k=12345678",
	};
	char	 out[8];
	size_t	 i;

	(void)state;
	for (i = 0; i < LENGTH(lines); i++)
		assert_false(scep_line_get(scep_span_text(lines[i]), "k", out,
		    sizeof(out)));
	assert_true(scep_line_get(scep_span_text("k=1234567"), "k", out,
	    sizeof(out)));
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(each_value_stands_as_it_should),
		cmocka_unit_test(a_nul_inside_is_escaped),
		cmocka_unit_test(pairs_are_parted_by_one_blank),
		cmocka_unit_test(a_long_value_is_cut_and_says_so),
		cmocka_unit_test(a_text_of_our_own_is_not_cut),
		cmocka_unit_test(a_pair_that_does_not_fit_is_left_out_whole),
		cmocka_unit_test(json_holds_what_the_pairs_hold),
		cmocka_unit_test(pairs_come_back_as_they_stand),
		cmocka_unit_test(what_was_not_made_here_is_not_taken),
		cmocka_unit_test(what_was_written_is_read_back),
		cmocka_unit_test(what_is_no_line_is_not_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
