/*
 * t_validator.c - what is an answer of a validator, and what is none.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ca/validator.h"

#define DAY	86400L

static const struct scep_profile	profile = { .name = "va",
					    .validity_s = 30 * DAY };

static void
read_text(const char *text, size_t len, struct scep_validator_answer *out)
{
	scep_validator_read(scep_span_make(text, len), &profile, out);
}

/* The controls: each is what it says it is. */
static const struct {
	const char			*text;
	enum scep_validator_fact	 fact;
	const char			*reason;
} good[] = {
	{ "{\"decision\":\"allow\"}", SCEP_VA_ALLOWED, "" },
	{ " {\"decision\" : \"allow\" }\r\n", SCEP_VA_ALLOWED, "" },
	{ "{\"decision\":\"allow\",\"reason\":\"known: asset 4711\"}",
	    SCEP_VA_ALLOWED, "known: asset 4711" },
	{ "{\"decision\":\"refuse\",\"reason\":\"stolen\"}",
	    SCEP_VA_REFUSED, "stolen" },
	{ "{\"decision\":\"queue\",\"reason\":\"\"}", SCEP_VA_QUEUED, "" },
	{ "{\"decision\":\"allow\",\"more\":{\"a\":[1,2,{\"b\":null}]}}",
	    SCEP_VA_ALLOWED, "" },
	{ "{\"decision\":\"refuse\",\"decisions\":\"allow\"}",
	    SCEP_VA_REFUSED, "" },
	{ "{\"x\":[[[[[[[\"[[[[\"]]]]]]],\"decision\":\"allow\"}",
	    SCEP_VA_ALLOWED, "" },
	{ "{\"decision\":\"allow\",\"subject\":\"CN=x\",\"san\":[],"
	    "\"validity\":\"30d\"}", SCEP_VA_ALLOWED, "" },
};

/* What allows nothing, each with what makes it so. */
static const struct {
	const char	*text;
	const char	*why;
} bad[] = {
	{ "", "empty" },
	{ "\n", "no JSON" },
	{ "allow", "no JSON" },
	{ "\"allow\"", "no JSON" },
	{ "true", "no JSON" },
	{ "[\"allow\"]", "no JSON object" },
	{ "[{\"decision\":\"allow\"}]", "no JSON object" },
	{ "{}", "decision is none" },
	{ "{\"decision\":\"\"}", "decision is none" },
	{ "{\"decision\":\"Allow\"}", "decision is none" },
	{ "{\"decision\":\"ALLOW\"}", "decision is none" },
	{ "{\"decision\":\"allowed\"}", "decision is none" },
	{ "{\"decision\":\"allow \"}", "decision is none" },
	{ "{\"decision\":\"trouble\"}", "decision is none" },
	{ "{\"decision\":\"allow\\n\"}", "more than one line" },
	{ "{\"decision\":\"allow\\u0000\"}", "no JSON" },
	{ "{\"decision\":true}", "its decision is no text" },
	{ "{\"decision\":1}", "its decision is no text" },
	{ "{\"decision\":null}", "its decision is no text" },
	{ "{\"decision\":[\"allow\"]}", "its decision is no text" },
	{ "{\"Decision\":\"allow\"}", "decision is none" },
	{ "{\"result\":{\"decision\":\"allow\"}}", "decision is none" },
	{ "{\"decision\":\"refuse\",\"decision\":\"allow\"}", "there twice" },
	{ "{\"decision\":\"allow\",\"x\":1,\"x\":2}", "there twice" },
	{ "{\"decision\":\"allow\"", "no JSON" },
	{ "{\"decision\":\"allow\"}}", "behind its object" },
	{ "{\"decision\":\"allow\"} and more", "behind its object" },
	{ "{\"decision\":\"allow\"}{\"decision\":\"allow\"}",
	    "behind its object" },
	{ "{\"decision\":\"allow\",}", "no JSON" },
	{ "{'decision':'allow'}", "no JSON" },
	{ "\xef\xbb\xbf{\"decision\":\"allow\"}", "no JSON" },
	{ "{\"decision\":\"allow\",\"reason\":\"\xff\"}", "no UTF-8" },
	{ "{\"decision\":\"allow\",\"reason\":7}", "its reason is no text" },
	{ "{\"decision\":\"allow\",\"reason\":\"a\\nb\"}", "one line" },
	{ "{\"decision\":\"refuse\",\"reason\":\"a\\u001b[1m\"}",
	    "one line" },
	{ "{\"decision\":\"allow\",\"subject\":7}", "subject is no text" },
	{ "{\"decision\":\"allow\",\"subject\":\"dev-1\"}", "no name" },
	{ "{\"decision\":\"allow\",\"subject\":null}", "subject is no text" },
	{ "{\"decision\":\"allow\",\"san\":\"DNS:a.example\"}", "no list" },
	{ "{\"decision\":\"allow\",\"san\":[\"a.example\"]}", "no name" },
	{ "{\"decision\":\"allow\",\"san\":[\"dns:a.example\"]}",
	    "no name" },
	{ "{\"decision\":\"allow\",\"san\":[\"DNS:a b\"]}", "no name" },
	{ "{\"decision\":\"allow\",\"san\":[\"other:x\"]}", "no name" },
	{ "{\"decision\":\"allow\",\"san\":[7]}", "no name" },
	{ "{\"decision\":\"allow\",\"validity\":30}", "validity is no text" },
	{ "{\"decision\":\"allow\",\"validity\":\"31d\"}",
	    "longer than the profile's" },
	{ "{\"decision\":\"allow\",\"validity\":\"59s\"}", "no duration" },
	{ "{\"decision\":\"allow\",\"validity\":\"-1d\"}", "no duration" },
	{ "{\"decision\":\"allow\",\"validity\":\"\"}", "no duration" },
	{ "{\"decision\":\"refuse\",\"subject\":\"CN=x\"}",
	    "does not allow, and" },
	{ "{\"decision\":\"queue\",\"validity\":\"1d\"}",
	    "does not allow, and" },
	{ "{\"x\":[[[[[[[[\"\"]]]]]]]],\"decision\":\"allow\"}", "too deep" },
	{ "{\"decision\":\"allow\",\"x\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":"
	    "{\"a\":{\"a\":{\"a\":1}}}}}}}}}", "too deep" },
};

static void
what_is_an_answer_is_read(void **state)
{
	struct scep_validator_answer	 a;
	size_t				 i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		read_text(good[i].text, strlen(good[i].text), &a);
		if (a.fact != good[i].fact ||
		    strcmp(a.reason, good[i].reason) != 0)
			fail_msg("%s: %s (%s)", good[i].text,
			    scep_validator_word(a.fact), a.reason);
		scep_validator_clear(&a);
	}
}

static void
what_is_none_is_trouble_and_says_why(void **state)
{
	struct scep_validator_answer	 a;
	size_t				 i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		read_text(bad[i].text, strlen(bad[i].text), &a);
		if (a.fact != SCEP_VA_TROUBLE ||
		    strstr(a.reason, bad[i].why) == NULL)
			fail_msg("%s: %s (%s)", bad[i].text,
			    scep_validator_word(a.fact), a.reason);
		assert_int_equal(a.subject.len, 0);
		assert_int_equal(a.san.n, 0);
		scep_validator_clear(&a);
	}
}

/* An answer that is cut anywhere, or has any octet changed, allows only if it
 * is an answer still. */
static void
an_answer_is_all_of_it(void **state)
{
	static const char		 whole[] = "{\"decision\":\"allow\"}";
	struct scep_validator_answer	 a;
	char				 text[sizeof(whole)];
	size_t				 i;
	int				 octet;

	(void)state;
	for (i = 0; i < sizeof(whole) - 1; i++) {
		read_text(whole, i, &a);
		assert_int_equal(a.fact, SCEP_VA_TROUBLE);
		scep_validator_clear(&a);
		for (octet = 0; octet < 256; octet++) {
			memcpy(text, whole, sizeof(whole));
			text[i] = (char)octet;
			read_text(text, sizeof(whole) - 1, &a);
			assert_int_equal(a.fact, text[i] == whole[i] ?
			    SCEP_VA_ALLOWED : SCEP_VA_TROUBLE);
			scep_validator_clear(&a);
		}
	}
	read_text(whole, sizeof(whole), &a);	/* with a NUL behind it */
	assert_int_equal(a.fact, SCEP_VA_TROUBLE);
	scep_validator_clear(&a);
}

static void
a_reason_has_its_bound(void **state)
{
	struct scep_validator_answer	 a;
	char				 text[512];
	int				 len;

	(void)state;
	for (len = 255; len <= 256; len++) {
		(void)snprintf(text, sizeof(text), "{\"decision\":\"allow\","
		    "\"reason\":\"%0*d\"}", len, 0);
		read_text(text, strlen(text), &a);
		assert_int_equal(a.fact, len == 255 ? SCEP_VA_ALLOWED :
		    SCEP_VA_TROUBLE);
		scep_validator_clear(&a);
	}
}

static void
names_and_validity_come_out_as_they_are(void **state)
{
	static const char		 text[] = "{\"decision\":\"allow\","
	    "\"subject\":\"CN=dev-7,O=Example\",\"san\":"
	    "[\"DNS:A.example\",\"IP:192.0.2.1\",\"DNS:a.example\"],"
	    "\"validity\":\"12h\"}";
	struct scep_validator_answer	 a;
	char				 name[64];

	(void)state;
	read_text(text, sizeof(text) - 1, &a);
	assert_int_equal(a.fact, SCEP_VA_ALLOWED);
	scep_name_write(&a.name, name, sizeof(name));
	assert_string_equal(name, "CN=dev-7, O=Example");
	assert_int_equal(a.has_san, 1);
	assert_int_equal(a.san.n, 2);
	assert_int_equal(a.validity_s, 12 * 3600L);
	scep_validator_clear(&a);
	assert_int_equal(a.fact, SCEP_VA_NOT_ASKED);
}

/* jansson would follow to any depth; nothing here does. */
static void
a_deep_answer_costs_nothing(void **state)
{
	static char			 text[60000];
	struct scep_validator_answer	 a;

	(void)state;
	memset(text, '[', sizeof(text));
	read_text(text, sizeof(text), &a);
	assert_int_equal(a.fact, SCEP_VA_TROUBLE);
	assert_string_equal(a.reason, "it is nested too deep");
	scep_validator_clear(&a);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(what_is_an_answer_is_read),
		cmocka_unit_test(what_is_none_is_trouble_and_says_why),
		cmocka_unit_test(an_answer_is_all_of_it),
		cmocka_unit_test(a_reason_has_its_bound),
		cmocka_unit_test(names_and_validity_come_out_as_they_are),
		cmocka_unit_test(a_deep_answer_costs_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
