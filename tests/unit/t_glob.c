/*
 * t_glob.c - patterns: a table, and fnmatch(3) as the judge of the rest.
 */
#include <fnmatch.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#include "base/glob.h"

#define LENGTH(a)	(sizeof(a) / sizeof((a)[0]))

static const struct {
	const char	*pattern, *text;
	int		 want;
} rows[] = {
	{ "", "", 1 }, { "", "a", 0 }, { "a", "", 0 }, { "*", "", 1 },
	{ "*", "abc", 1 }, { "a*", "abc", 1 }, { "a*", "ba", 0 },
	{ "*c", "abc", 1 }, { "*c", "abcd", 0 }, { "a*c*e", "abcde", 1 },
	{ "a*c*e", "abde", 0 }, { "***", "x", 1 }, { "?", "a", 1 },
	{ "?", "", 0 }, { "??", "a", 0 }, { "a?c", "abc", 1 },
	{ "cn=dev-7[0-4]", "cn=dev-73", 1 },
	{ "cn=dev-7[0-4]", "cn=dev-75", 0 }, { "[!a]", "b", 1 },
	{ "[!a]", "a", 0 }, { "[^a]", "b", 1 }, { "[]]", "]", 1 },
	{ "[]a]", "a", 1 }, { "[a-]", "-", 1 }, { "[a-c-e]", "-", 1 },
	{ "[", "[", 1 }, { "[ab", "[ab", 1 }, { "[ab", "a", 0 },
	{ "\\*", "*", 1 }, { "\\*", "a", 0 }, { "a\\\\, b", "a\\, b", 1 },
	{ "\\", "\\", 1 }, { "[\\]]", "]", 1 }, { "[\\a-\\c]", "b", 1 },
	{ "*a*a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 0 },
	{ "A", "a", 0 },
	/* Characters, not octets: ü, €, and between them. */
	{ "m?ller", "m\xc3\xbcller", 1 }, { "m??ller", "m\xc3\xbcller", 0 },
	{ "[\xc3\xbc]", "\xc3\xbc", 1 }, { "[\xc3\xbc]", "\xc3\xb6", 0 },
	{ "[a-\xe2\x82\xac]", "\xc3\xbc", 1 },
	{ "[!a]x", "\xe2\x82\xacx", 1 }, { "*?", "\xe2\x82\xac", 1 },
	{ "*??", "\xe2\x82\xac", 0 },
};

static void
each_pattern_matches_what_it_should(void **state)
{
	size_t	 i;

	(void)state;
	for (i = 0; i < LENGTH(rows); i++)
		if (scep_glob_match(rows[i].pattern, rows[i].text) !=
		    rows[i].want)
			fail_msg("%s against %s", rows[i].pattern,
			    rows[i].text);
}

/* Of a small alphabet, so that many match. */
static void
draw(uint64_t *dice, const char *alphabet, size_t max, char *out)
{
	size_t	 n = (size_t)((*dice >> 33) % (max + 1)), i;

	for (i = 0; i < n; i++) {
		*dice = *dice * 6364136223846793005u + 1442695040888963407u;
		out[i] = alphabet[(*dice >> 33) % strlen(alphabet)];
	}
	out[n] = '\0';
	*dice = *dice * 6364136223846793005u + 1442695040888963407u;
}

static void
fnmatch_says_the_same(void **state)
{
	char		 pattern[9], text[9];
	uint64_t	 dice = 1;
	int		 i, matched = 0, got;

	(void)state;
	for (i = 0; i < 200000; i++) {
		draw(&dice, "ab*?", 8, pattern);
		draw(&dice, "ab", 8, text);
		got = scep_glob_match(pattern, text);
		if (got != (fnmatch(pattern, text, 0) == 0))
			fail_msg("%s against %s: %d", pattern, text, got);
		matched += got;
	}
	assert_in_range(matched, 1000, 199000);
	/* Sets that are closed, with what may stand in them. */
	for (i = 0; i < 200000; i++) {
		draw(&dice, "ab-", 3, pattern + 2);
		memcpy(pattern, i % 2 == 0 ? "[!" : "*[", 2);
		if (pattern[2] == '\0')
			continue;
		strcat(pattern, "]");
		draw(&dice, "ab-", 2, text);
		got = scep_glob_match(pattern, text);
		if (got != (fnmatch(pattern, text, 0) == 0))
			fail_msg("%s against %s: %d", pattern, text, got);
	}
}

static void
the_literal_front_ends_where_a_choice_begins(void **state)
{
	(void)state;
	assert_int_equal(scep_glob_literal("cn=dev-77*"), 9);
	assert_int_equal(scep_glob_literal("cn=a"), 4);
	assert_int_equal(scep_glob_literal("*a"), 0);
	assert_int_equal(scep_glob_literal("a?b"), 1);
	assert_int_equal(scep_glob_literal("ab[c]"), 2);
	assert_int_equal(scep_glob_literal("a\\*"), 1);
	assert_int_equal(scep_glob_literal(""), 0);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(each_pattern_matches_what_it_should),
		cmocka_unit_test(fnmatch_says_the_same),
		cmocka_unit_test(the_literal_front_ends_where_a_choice_begins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
