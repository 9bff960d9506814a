/*
 * t_hook.c - how programs and URLs are written in scep.conf.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#include "ca/hook.h"

static const struct {
	const char		*text;
	enum scep_hook_kind	 kind;		/* NONE: refused */
	const char		*target;	/* or, of what is refused, a
						   word of the reason */
} cases[] = {
	{ "exec:/usr/lib/scep/ask", SCEP_HOOK_EXEC, "/usr/lib/scep/ask" },
	{ "https://mdm.example/ask?x=1", SCEP_HOOK_HTTP,
	    "https://mdm.example/ask?x=1" },
	{ "http:https://mdm.example/ask", SCEP_HOOK_HTTP,
	    "https://mdm.example/ask" },
	{ "http://localhost:8080/ask", SCEP_HOOK_HTTP,
	    "http://localhost:8080/ask" },
	{ "http:http://127.0.0.1/ask", SCEP_HOOK_HTTP,
	    "http://127.0.0.1/ask" },
	{ "http://[::1]:8080", SCEP_HOOK_HTTP, "http://[::1]:8080" },
	{ "challenge", SCEP_HOOK_NONE, NULL },
	{ "", SCEP_HOOK_NONE, NULL },
	{ "exec:ask", SCEP_HOOK_NONE, "absolute path" },
	{ "exec:/", SCEP_HOOK_NONE, "absolute path" },
	{ "exec:", SCEP_HOOK_NONE, "absolute path" },
	{ "http:ftp://mdm.example/", SCEP_HOOK_NONE, "https://" },
	{ "https:mdm.example", SCEP_HOOK_NONE, "https://" },
	{ "https://", SCEP_HOOK_NONE, "names a host" },
	{ "https:///ask", SCEP_HOOK_NONE, "names a host" },
	{ "https://me:it@mdm.example/", SCEP_HOOK_NONE, "no user" },
	{ "https://mdm.example/{a}", SCEP_HOOK_NONE, "none of" },
	{ "http://mdm.example/ask", SCEP_HOOK_NONE, "without TLS" },
	{ "http://localhost.example/", SCEP_HOOK_NONE, "without TLS" },
	{ "http://127.0.0.1.example/", SCEP_HOOK_NONE, "without TLS" },
	{ "http://[::1].example/", SCEP_HOOK_NONE, "without TLS" },
	{ "http://[::2]/", SCEP_HOOK_NONE, "without TLS" },
};

static void
test_forms(void **state)
{
	struct scep_hook	 hook;
	const char		*why;
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memset(&hook, 0, sizeof(hook));
		assert_int_equal(scep_hook_parse(cases[i].text, &hook, &why),
		    cases[i].kind != SCEP_HOOK_NONE);
		assert_int_equal(hook.kind, cases[i].kind);
		if (cases[i].kind != SCEP_HOOK_NONE) {
			assert_string_equal(hook.target, cases[i].target);
			assert_null(why);
		} else if (cases[i].target == NULL)
			assert_null(why);
		else
			assert_non_null(strstr(why, cases[i].target));
	}
}

static void
test_length(void **state)
{
	struct scep_hook	 hook = { .kind = SCEP_HOOK_NONE };
	char			 text[SCEP_HOOK_TARGET + 8];
	const char		*why;

	(void)state;
	memset(text, 'a', sizeof(text));
	memcpy(text, "exec:/", 6);
	text[5 + SCEP_HOOK_TARGET] = '\0';
	assert_false(scep_hook_parse(text, &hook, &why));
	assert_non_null(strstr(why, "longer than"));
	assert_int_equal(hook.kind, SCEP_HOOK_NONE);
	text[5 + SCEP_HOOK_TARGET - 1] = '\0';
	assert_true(scep_hook_parse(text, &hook, &why));
	assert_int_equal(strlen(hook.target), SCEP_HOOK_TARGET - 1);
	scep_hook_clear(&hook);
	assert_int_equal(hook.kind, SCEP_HOOK_NONE);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
