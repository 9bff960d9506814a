/*
 * t_hook_exec.c - programs as they are, asked by the host of hooks.
 */
#include <sys/stat.h>
#include <sys/wait.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cgi/child.h"
#include "cgi/hook.h"
#include "tests/unit/proc.h"

#define THREADS		6
#define CALLS		15
#define LONG_MS		120000	/* never waited for, by SLEEP even less */
#define SLEEP		"sleep 600"
#define SHORT_MS	300
#define MORE		4	/* times as long, if it got nowhere before */
#define ABROAD		77	/* a descriptor that has no O_CLOEXEC */

struct room {
	char			 dir[64];
	struct scep_hooks	 hooks;
};

/* A program of a shell, in the test's directory. */
static void
write_program(const struct room *room, const char *body,
    struct scep_hook *hook)
{
	FILE	*f;

	memset(hook, 0, sizeof(*hook));
	hook->kind = SCEP_HOOK_EXEC;
	hook->timeout_ms = LONG_MS;
	(void)snprintf(hook->target, sizeof(hook->target), "%s/ask",
	    room->dir);
	(void)unlink(hook->target);
	assert_non_null(f = fopen(hook->target, "we"));
	(void)fprintf(f, "%s%s", strncmp(body, "#!", 2) == 0 ? "" :
	    "#!/bin/sh\n", body);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(hook->target, 0755), 0);
}

static enum scep_err
ask(struct room *room, const struct scep_hook *hook, const char *question,
    struct scep_buf *answer, struct scep_error *err)
{
	long	 ms;

	return room->hooks.host.call(room->hooks.host.arg, hook,
	    scep_span_text(question), answer, &ms, err);
}

static void
assert_no_zombie(void)
{
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static int
count_descriptors(void)
{
	DIR	*dir = opendir("/proc/self/fd");
	int	 n = 0;

	assert_non_null(dir);
	while (readdir(dir) != NULL)
		n++;
	(void)closedir(dir);
	return n;
}

/* What programs do, and what becomes of it. */

static const struct {
	const char	*name;
	const char	*body;
	const char	*answer;	/* all of it, or NULL: … */
	const char	*why;		/* … a part of the reason */
	long		 timeout_ms;	/* 0: LONG_MS; … */
	int		 is_heard;	/* … or longer, until it says why */
} cases[] = {
	{ "it answers", "cat", "{\"a\":1}", NULL, 0, 0 },
	{ "it says nothing", "exit 0", "", NULL, 0, 0 },
	{ "exit status 3", "cat; echo 'who is that?' >&2; echo 2 >&2; exit 3",
	    NULL, "exit status 3: who is that?", 0, 0 },
	{ "exit status 1, without a word", "exit 1", NULL,
	    "exit status 1: it says no more", 0, 0 },
	{ "a signal", "cat; kill -SEGV $$", NULL, "signal 11 (SIGSEGV)", 0,
	    0 },
	{ "a hang", "cat; echo waiting >&2; " SLEEP, NULL,
	    "it was killed: waiting", SHORT_MS, 1 },
	{ "a hang that hears no SIGTERM", "trap '' TERM HUP INT; " SLEEP,
	    NULL, "no end within 300 ms", SHORT_MS, 0 },
	/* Whoever wakes it. */
	{ "it stops itself", "while :; do kill -STOP $$; done", NULL,
	    "no end within", SHORT_MS, 0 },
	{ "a flood", "exec yes", NULL, "more than 65536 octets", 0, 0 },
	{ "one octet too much", "head -c 65537 /dev/zero", NULL,
	    "more than 65536 octets", 0, 0 },
	{ "complaints without end are read, and end it in time",
	    "yes >&2", NULL, "it was killed: y", SHORT_MS, 1 },
	{ "many complaints are none", "head -c 900000 /dev/zero >&2; echo ok",
	    "ok\n", NULL, 0, 0 },
	{ "a child keeps the pipes", SLEEP " & echo ok", "ok\n", NULL, 0, 0 },
	{ "a child keeps them, and it fails", SLEEP " & exit 4", NULL,
	    "exit status 4", 0, 0 },
	{ "it closes all and goes on", "exec <&- >&- 2>&-; sleep 0.2", "",
	    NULL, 0, 0 },
	{ "it closes all and fails", "exec <&- >&- 2>&-; sleep 0.2; exit 5",
	    NULL, "exit status 5", 0, 0 },
	{ "no interpreter", "#!/nowhere/sh\n", NULL,
	    "exit status 127: its interpreter (#! in its first line) is not "
	    "there", 0, 0 },
	{ "one from another system", "#!/bin/sh\r\nexit 0\r\n", NULL,
	    "a line that ends with CR LF names another file", 0, 0 },
	{ "no program at all", "#!\n", NULL, "exit status 127: it is no "
	    "program", 0, 0 },
	{ "it is called by its name alone", "echo $# ${0##*/}", "0 ask\n",
	    NULL, 0, 0 },
	{ "it works in /", "pwd", "/\n", NULL, 0, 0 },
	{ "its environment", "tr '\\0' '\\n' </proc/$$/environ",
	    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:"
	    "/bin\nLANG=C.UTF-8\nSCEP_HOOK=1\n", NULL, 0, 0 },
	{ "its descriptors", "[ -e /proc/$$/fd/77 ] || echo none", "none\n",
	    NULL, 0, 0 },
	/* 1 to 28; 32 and 33 are the C library's. */
	{ "its signals", "grep -E 'Sig(Blk|Ign)' /proc/$$/status | "
	    "sed 's/:.*\\(.......\\)$/ \\1/'",
	    "SigBlk 0000000\nSigIgn 0000000\n", NULL, 0, 0 },
	{ "its session", "[ $(cut -d ' ' -f 6 /proc/$$/stat) = $$ ] && "
	    "echo own", "own\n", NULL, 0, 0 },
};

/* One that is to be heard may not have got so far in its time: it is given
 * longer. */
static enum scep_err
ask_till_heard(struct room *room, struct scep_hook *hook,
    struct scep_buf *answer, struct scep_error *err)
{
	enum scep_err	 rc;
	char		 why[64];

	do {
		(void)snprintf(why, sizeof(why), "no end within %ld ms, it "
		    "was killed: ", hook->timeout_ms);
		rc = ask(room, hook, "{\"a\":1}", answer, err);
		if (strstr(err->text, why) == NULL)
			fail_msg("%s", err->text);
		hook->timeout_ms *= MORE;
	} while (strstr(err->text, "it says no more") != NULL &&
	    hook->timeout_ms < LONG_MS);
	return rc;
}

static void
check_case(struct room *room, size_t i)
{
	struct scep_hook	 hook;
	struct scep_buf		 answer = { NULL, 0 };
	struct scep_error	 err = { .text = "" };
	enum scep_err		 rc;

	write_program(room, cases[i].body, &hook);
	if (cases[i].timeout_ms != 0)
		hook.timeout_ms = cases[i].timeout_ms;
	rc = cases[i].is_heard ?
	    ask_till_heard(room, &hook, &answer, &err) :
	    ask(room, &hook, "{\"a\":1}", &answer, &err);
	if (cases[i].answer != NULL) {
		if (rc != SCEP_OK)
			fail_msg("%s: %s", cases[i].name, err.text);
		assert_int_equal(answer.len, strlen(cases[i].answer));
		assert_memory_equal(answer.data, cases[i].answer, answer.len);
	} else {
		if (rc != SCEP_E_BUSY || strstr(err.text, cases[i].why) ==
		    NULL || strstr(err.text, hook.target) == NULL)
			fail_msg("%s: %d %s", cases[i].name, rc, err.text);
		assert_int_equal(err.code, SCEP_E_BUSY);
		assert_int_equal(answer.len, 0);
		assert_null(answer.data);
	}
	scep_buf_clear(&answer);
	assert_no_zombie();
}

/* Signals are blocked and ignored, as in a CA process. */
static void
test_what_programs_do(void **state)
{
	const int64_t	 began = scep_now_ms();
	sigset_t	 all, before;
	size_t		 i;
	int		 open_before;

	assert_int_equal(dup2(STDERR_FILENO, ABROAD), ABROAD);
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	(void)signal(SIGTERM, SIG_IGN);
	open_before = count_descriptors();
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check_case(*state, i);
	assert_int_equal(count_descriptors(), open_before);
	(void)signal(SIGTERM, SIG_DFL);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	(void)close(ABROAD);
	assert_true(scep_now_ms() - began < LONG_MS);
}

/* What a call took is told of one that fails, too; and no more than it took
 * can be. */
static void
how_long_it_took_is_told(void **state)
{
	static const struct {
		const char	*body;
		enum scep_err	 rc;
		long		 at_least;
	} rows[] = {
		{ "sleep 0.2; echo ok", SCEP_OK, 200 },
		{ "sleep 0.2; exit 1", SCEP_E_BUSY, 200 },
		{ "sleep 60", SCEP_E_BUSY, SHORT_MS },
		{ "echo ok", SCEP_OK, 0 },
	};
	struct room		*room = *state;
	struct scep_hook	 hook;
	struct scep_buf		 answer;
	struct scep_error	 err;
	int64_t			 began;
	size_t			 i;
	long			 ms;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		write_program(room, rows[i].body, &hook);
		if (rows[i].at_least == SHORT_MS)
			hook.timeout_ms = SHORT_MS;
		began = scep_now_ms();
		ms = -1;
		assert_int_equal(room->hooks.host.call(room->hooks.host.arg,
		    &hook, scep_span_text("{}"), &answer, &ms, &err),
		    rows[i].rc);
		assert_in_range(ms, rows[i].at_least, scep_now_ms() - began);
		scep_buf_clear(&answer);
	}
}

/* Questions that are larger than a pipe. */

static char	 large[SCEP_HOOK_ASK_MAX + 2];

static void
test_large_questions(void **state)
{
	struct scep_hook	 hook;
	struct scep_buf		 answer;
	struct scep_error	 err;

	memset(large, 'x', SCEP_HOOK_ASK_MAX);
	large[SCEP_HOOK_ASK_MAX] = '\0';
	write_program(*state, "wc -c", &hook);
	assert_int_equal(ask(*state, &hook, large, &answer, &err), SCEP_OK);
	assert_string_equal((const char *)answer.data, "262144\n");
	scep_buf_clear(&answer);
	/* It does not want to know: no SIGPIPE, and no fault. */
	write_program(*state, "exec <&-; sleep 0.1; echo ok", &hook);
	assert_int_equal(ask(*state, &hook, large, &answer, &err), SCEP_OK);
	assert_string_equal((const char *)answer.data, "ok\n");
	scep_buf_clear(&answer);
	/* It neither reads nor ends. */
	write_program(*state, SLEEP, &hook);
	hook.timeout_ms = SHORT_MS;
	assert_int_equal(ask(*state, &hook, large, &answer, &err),
	    SCEP_E_BUSY);
	assert_non_null(strstr(err.text, "no end within"));
	large[SCEP_HOOK_ASK_MAX] = 'x';
	large[SCEP_HOOK_ASK_MAX + 1] = '\0';
	write_program(*state, "wc -c", &hook);
	assert_int_equal(ask(*state, &hook, large, &answer, &err),
	    SCEP_E_BUSY);
	assert_non_null(strstr(err.text, "question of 262145 octets"));
}

static void
test_largest_answer(void **state)
{
	struct scep_hook	 hook;
	struct scep_buf		 answer;
	struct scep_error	 err;

	write_program(*state, "head -c 65536 /dev/zero", &hook);
	assert_int_equal(ask(*state, &hook, "", &answer, &err), SCEP_OK);
	assert_int_equal(answer.len, SCEP_HOOK_ANSWER_MAX);
	scep_buf_clear(&answer);
}

/* What it leaves behind. */

static pid_t
read_pid(const struct room *room)
{
	char	 path[80];
	FILE	*f;
	long	 pid = 0;

	(void)snprintf(path, sizeof(path), "%s/pid", room->dir);
	if ((f = fopen(path, "re")) == NULL)
		return 0;
	if (fscanf(f, "%ld\n", &pid) != 1)
		pid = 0;
	(void)fclose(f);
	return (pid_t)pid;
}

/* Reaped by whoever inherits it, or about to be. */
static int
is_gone(pid_t pid)
{
	const char	 is = proc_state(pid);

	return is == 'Z' || is == 'X';
}

static void
wait_till_gone(pid_t pid)
{
	const int64_t	 until = scep_now_ms() + LONG_MS;

	assert_true(pid > 1);
	while (!is_gone(pid) && scep_now_ms() < until)
		(void)usleep(10000);
	assert_true(is_gone(pid));
}

static void
test_group_is_killed(void **state)
{
	const struct room	*room = *state;
	struct scep_hook	 hook;
	struct scep_buf		 answer;
	struct scep_error	 err;
	char			 body[300];
	pid_t			 pid;

	(void)snprintf(body, sizeof(body),
	    "sleep 61 & echo $! >%s/pid; echo ok", room->dir);
	write_program(room, body, &hook);
	assert_int_equal(ask(*state, &hook, "", &answer, &err), SCEP_OK);
	scep_buf_clear(&answer);
	wait_till_gone(read_pid(room));
	(void)snprintf(body, sizeof(body),
	    "sleep 61 & echo $! >%s/pid; wait", room->dir);
	write_program(room, body, &hook);
	(void)snprintf(body, sizeof(body), "%s/pid", room->dir);
	/* Until it has got so far. */
	hook.timeout_ms = SHORT_MS;
	do {
		(void)unlink(body);
		assert_int_equal(ask(*state, &hook, "", &answer, &err),
		    SCEP_E_BUSY);
		hook.timeout_ms *= MORE;
	} while ((pid = read_pid(room)) == 0 && hook.timeout_ms < LONG_MS);
	assert_int_not_equal(pid, 0);
	wait_till_gone(pid);
}

/* Who asks is killed: the program does not go on. */
static void
test_dies_with_who_asks(void **state)
{
	struct room		*room = *state;
	const int64_t		 until = scep_now_ms() + LONG_MS;
	struct scep_hook	 hook;
	struct scep_buf		 answer;
	struct scep_error	 err;
	char			 body[300];
	pid_t			 pid;

	(void)snprintf(body, sizeof(body), "echo $$ >%s/pid.new; "
	    "mv %s/pid.new %s/pid; exec sleep 62", room->dir, room->dir,
	    room->dir);
	write_program(room, body, &hook);
	(void)snprintf(body, sizeof(body), "%s/pid", room->dir);
	(void)unlink(body);
	if ((pid = fork()) == 0) {
		(void)ask(room, &hook, "", &answer, &err);
		_exit(1);
	}
	while (read_pid(room) == 0 && scep_now_ms() < until)
		(void)usleep(10000);
	assert_false(is_gone(read_pid(room)));
	(void)kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	wait_till_gone(read_pid(room));
}

/* Threads. */

struct asker {
	struct room		*room;
	const struct scep_hook	*hook;
	int			 number;
	int			 right;
};

static void *
ask_often(void *arg)
{
	struct asker		*a = arg;
	struct scep_buf		 answer;
	struct scep_error	 err;
	char			 text[32];
	int			 i;

	for (i = 0; i < CALLS; i++) {
		(void)snprintf(text, sizeof(text), "%d.%d", a->number, i);
		if (ask(a->room, a->hook, text, &answer, &err) == SCEP_OK &&
		    strcmp((const char *)answer.data, text) == 0)
			a->right++;
		scep_buf_clear(&answer);
	}
	return NULL;
}

static void
test_threads(void **state)
{
	struct scep_hook	 hook;
	struct asker		 asker[THREADS];
	pthread_t		 thread[THREADS];
	const int		 open_before = count_descriptors();
	int			 i;

	write_program(*state, "exec cat", &hook);
	for (i = 0; i < THREADS; i++) {
		asker[i] = (struct asker){ *state, &hook, i, 0 };
		assert_int_equal(pthread_create(&thread[i], NULL, ask_often,
		    &asker[i]), 0);
	}
	for (i = 0; i < THREADS; i++) {
		(void)pthread_join(thread[i], NULL);
		assert_int_equal(asker[i].right, CALLS);
	}
	assert_int_equal(count_descriptors(), open_before);
	assert_no_zombie();
}

/* What could be somebody else's is not run, and not even once more. */
static void
test_not_run(void **state)
{
	struct scep_hook	 hook;
	struct scep_buf		 answer;
	struct scep_error	 err;

	write_program(*state, "echo ok", &hook);
	assert_int_equal(chmod(hook.target, 0775), 0);
	assert_int_equal(ask(*state, &hook, "", &answer, &err), SCEP_E_BUSY);
	assert_non_null(strstr(err.text, "chmod go-w"));
	assert_int_equal(chmod(hook.target, 0755), 0);
	assert_int_equal(ask(*state, &hook, "", &answer, &err), SCEP_OK);
	scep_buf_clear(&answer);
	(void)unlink(hook.target);
	assert_int_equal(ask(*state, &hook, "", &answer, &err), SCEP_E_BUSY);
	hook.kind = SCEP_HOOK_NONE;
	assert_int_equal(ask(*state, &hook, "", &answer, &err), SCEP_E_BUSY);
}

static int
begin(void **state)
{
	static struct room	 room;
	const char		*tmp = getenv("TMPDIR");

	(void)snprintf(room.dir, sizeof(room.dir), "%s/t_hook.XXXXXX",
	    tmp != NULL && strlen(tmp) < 40 ? tmp : "/tmp");
	if (mkdtemp(room.dir) == NULL)
		return -1;
	/* As some web servers start what they start. */
	(void)signal(SIGCHLD, SIG_IGN);
	(void)signal(SIGPIPE, SIG_DFL);
	scep_hooks_init(&room.hooks);
	*state = &room;
	return 0;
}

static int
end(void **state)
{
	static const char *const	 names[] = { "ask", "pid" };
	struct room			*room = *state;
	char				 path[80];
	size_t				 i;

	for (i = 0; i < 2; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", room->dir,
		    names[i]);
		(void)unlink(path);
	}
	scep_hooks_clear(&room->hooks);
	return rmdir(room->dir);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(test_what_programs_do),
		cmocka_unit_test(how_long_it_took_is_told),
		cmocka_unit_test(test_large_questions),
		cmocka_unit_test(test_largest_answer),
		cmocka_unit_test(test_group_is_killed),
		cmocka_unit_test(test_dies_with_who_asks),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_not_run),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
