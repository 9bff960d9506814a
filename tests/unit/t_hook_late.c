/*
 * t_hook_late.c - a program that has ended in its time, and who asked it was
 * halted meanwhile.
 */
#include <sys/stat.h>
#include <sys/wait.h>

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cgi/child.h"

/* The same again, with a clock of ours. */
static int64_t	 odd_now_ms(void);
#define scep_hook_exec	odd_hook_exec
#define scep_now_ms	odd_now_ms
#include "cgi/hook_exec.c"
#undef scep_hook_exec
#undef scep_now_ms

#define TIMEOUT_MS	60000
#define BEFORE		1000	/* looks: never halted */

static int	 looks;		/* at the clock */
static int	 halted_at;	/* this one, … */
static int	 till_it_ends;	/* … and until the program has ended */

static int64_t
odd_now_ms(void)
{
	siginfo_t	 info;

	if (++looks < halted_at)
		return 0;
	if (looks == halted_at && till_it_ends)
		(void)waitid(P_ALL, 0, &info, WEXITED | WNOWAIT);
	return 2 * TIMEOUT_MS;
}

static enum scep_err
ask(const char *body, int at, int ends, struct scep_buf *answer,
    struct scep_error *err)
{
	struct scep_hook	 hook = { .kind = SCEP_HOOK_EXEC,
				    .timeout_ms = TIMEOUT_MS };
	char			 dir[] = "/tmp/t_hook_late.XXXXXX";
	enum scep_err		 rc;
	FILE			*f;

	assert_non_null(mkdtemp(dir));
	(void)snprintf(hook.target, sizeof(hook.target), "%s/ask", dir);
	assert_non_null(f = fopen(hook.target, "we"));
	(void)fprintf(f, "#!/bin/sh\n%s\n", body);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(hook.target, 0755), 0);
	looks = 0;
	halted_at = at;
	till_it_ends = ends;
	memset(answer, 0, sizeof(*answer));
	err->text[0] = '\0';
	rc = odd_hook_exec(&hook, scep_span_text("{}"), answer, err);
	assert_int_equal(unlink(hook.target), 0);
	assert_int_equal(rmdir(dir), 0);
	return rc;
}

static void
says(const struct scep_buf *answer, const char *text)
{
	assert_int_equal(answer->len, strlen(text));
	assert_memory_equal(answer->data, text, answer->len);
}

static void
what_it_did_meanwhile_counts(void **state)
{
	struct scep_buf		 answer;
	struct scep_error	 err;
	int			 at;

	(void)state;
	/* The first look is for the end of its time; before the second, it may
	 * have said all or nothing; before the third, half. */
	for (at = 2; at <= 3; at++) {
		if (ask("echo a; sleep 0.3; echo b", at, 1, &answer, &err) !=
		    SCEP_OK)
			fail_msg("halted at %d: %s", at, err.text);
		says(&answer, "a\nb\n");
		scep_buf_clear(&answer);
	}
	assert_int_equal(ask("echo a; sleep 0.3; exit 3", 3, 1, &answer,
	    &err), SCEP_E_BUSY);
	assert_non_null(strstr(err.text, "exit status 3"));
	scep_buf_clear(&answer);
	/* The control: it has not ended. */
	assert_int_equal(ask("echo a; sleep 600", 2, 0, &answer, &err),
	    SCEP_E_BUSY);
	assert_non_null(strstr(err.text, "no end within 60000 ms"));
	scep_buf_clear(&answer);
	/* And nobody was halted. */
	assert_int_equal(ask("echo a", BEFORE, 0, &answer, &err), SCEP_OK);
	says(&answer, "a\n");
	scep_buf_clear(&answer);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(what_it_did_meanwhile_counts),
	};

	(void)signal(SIGPIPE, SIG_IGN);	/* as the host of hooks does */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
