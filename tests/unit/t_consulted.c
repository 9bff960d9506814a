/*
 * t_consulted.c - what the log has of a validator in the line of a request:
 * how long it took, whatever came of it.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/serving.h"
#include "tests/unit/validating.h"

#define ALLOW	"{\"decision\":\"allow\"}"

static int
empty(void **state)
{
	validating_forget();
	(void)serve_empty(state);
	validating_hook();
	return 0;
}

/* want is in the line; or no time at all, if it is NULL. */
static void
line_has(const struct served *s, const char *result, const char *want)
{
	if (strstr(s->log.text, result) == NULL ||
	    (want != NULL && strstr(s->log.text, want) == NULL) ||
	    (want == NULL && strstr(s->log.text, "validator_ms") != NULL))
		fail_msg("%s, %s: %s", result, want == NULL ? "no time" :
		    want, s->log.text);
}

static void
the_line_says_how_long_it_took(void **state)
{
	static const struct {
		const char	*path, *answer, *confirm;
		long		 ms;
		const char	*result, *want;
	} rows[] = {
		{ "/va", ALLOW, ALLOW, 7, "result=granted",
		    " validator_ms=7 " },
		{ "/va", VALIDATING_REFUSE, ALLOW, 30, "result=refused",
		    " validator_ms=30 " },
		{ "/va", NULL, ALLOW, 3001, "result=refused",
		    " validator_ms=3001 " },
		{ "/vm", VALIDATING_QUEUE, ALLOW, 0, "result=pending",
		    " validator_ms=0 " },
		/* It is asked twice; and there is no answer but a 503. */
		{ "/vf", ALLOW, ALLOW, 20, "result=granted",
		    " validator_ms=40 " },
		{ "/vf", ALLOW, NULL, 25, "result=error",
		    " validator_ms=50 " },
		/* Refused before it would be asked. */
		{ "/vc", ALLOW, ALLOW, 9, "result=refused", NULL },
		/* It has none. */
		{ "/static", ALLOW, ALLOW, 9, "result=refused", NULL },
	};
	struct served	 s;
	size_t		 i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		(void)empty(state);
		validating.answer = rows[i].answer;
		validating.confirm = rows[i].confirm;
		validating.ms = rows[i].ms;
		serve_request(rows[i].path, 0, "/CN=dev-0", NULL, &s);
		line_has(&s, rows[i].result, rows[i].want);
		served_clear(&s);
	}
}

/* Each request has its own: what was asked about the first is not counted for
 * the second, which is handed the certificate of before. */
static void
a_request_again_says_what_it_waited_itself(void **state)
{
	struct served	 s;

	(void)state;
	validating.ms = 25;
	validating.confirm = NULL;
	serve_request("/vf", 0, "/CN=dev-0", NULL, &s);
	line_has(&s, "result=error", " validator_ms=50 ");
	served_clear(&s);
	validating.confirm = ALLOW;
	serve_request("/vf", 0, "/CN=dev-0", NULL, &s);
	line_has(&s, "repeated=yes", " validator_ms=25 ");
	served_clear(&s);
	serve_request("/vf", 0, "/CN=dev-0", NULL, &s);
	line_has(&s, "repeated=yes", NULL);
	served_clear(&s);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test_setup(the_line_says_how_long_it_took, empty),
		cmocka_unit_test_setup(
		    a_request_again_says_what_it_waited_itself, empty),
	};
	int			 failed;

	serve_open(validating_conf);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	validating_forget();
	serve_close();
	return failed;
}
