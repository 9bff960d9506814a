/*
 * t_store_brief.c - the Berkeley DB store opened for one request at a time,
 * as CGI runs do: again and again, killed at any moment, in turns with a
 * server; and what is left behind for the next.
 */
#include <sys/stat.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/dir.h"
#include "base/error.h"
#include "store/record.h"

#define KILLS	40
#define LOG	"db/log.0000000001"

static char	 dir[64];
static char	 said[4096];

static void
say(void *arg, const char *text)
{
	size_t	 len = strlen(said);

	(void)arg;
	(void)snprintf(said + len, sizeof(said) - len, "%s\n", text);
}

static int
make_dir(void **state)
{
	(void)state;
	(void)strcpy(dir, "/tmp/t_store_brief.XXXXXX");
	said[0] = '\0';
	return mkdtemp(dir) != NULL ? 0 : -1;
}

static int
remove_dir(void **state)
{
	(void)state;
	scep_dir_remove(dir, 1);
	return 0;
}

static const char *
at(const char *name)
{
	static char	 path[256];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static off_t
size_of(const char *name)
{
	struct stat	 st;

	assert_int_equal(stat(at(name), &st), 0);
	return st.st_size;
}

static enum scep_err
try_open(int brief, struct scep_store **out, struct scep_error *err)
{
	const struct scep_store_db_options	 opt = {
		.dir = dir,
		.cache = 1 << 20,
		.reserve = 1,
		.brief = brief,
		.say = say,
	};

	return scep_store_db_open(&opt, out, err);
}

static struct scep_store *
open_store(int brief)
{
	struct scep_store	*store;
	struct scep_error	 err;

	if (try_open(brief, &store, &err) != SCEP_OK)
		fail_msg("%s", err.text);
	return store;
}

/* Certificate number n, with a log entry. */
static enum scep_err
save(struct scep_store *store, unsigned int n)
{
	struct scep_change	 change = { .n = 0 };
	struct scep_cert_rec	 rec;
	struct scep_error	 err;
	char			 line[32];
	enum scep_err		 rc;

	memset(&rec, 0, sizeof(rec));
	rec.state = SCEP_CERT_VALID;
	rec.not_after = (time_t)n + 1;
	(void)snprintf(rec.subject, sizeof(rec.subject), "CN=%u", n);
	(void)snprintf(line, sizeof(line), "issued %u", n);
	if ((rc = scep_buf_set(&rec.serial, scep_span_make(&n, sizeof(n)),
	    &err)) == SCEP_OK &&
	    (rc = scep_cert_rec_write(&change, &rec, &err)) == SCEP_OK &&
	    (rc = scep_buf_set(&change.log, scep_span_text(line), &err)) ==
	    SCEP_OK)
		rc = scep_store_commit(store, &change, &err);
	scep_change_clear(&change);
	scep_cert_rec_clear(&rec);
	return rc;
}

static enum scep_err
count(void *arg, const struct scep_row *row, struct scep_error *err)
{
	(void)row;
	(void)err;
	++*(size_t *)arg;
	return SCEP_OK;
}

static void
expect_rows(struct scep_store *store, size_t want)
{
	const struct scep_span	 nothing = { NULL, 0 };
	struct scep_error	 err;
	size_t			 n = 0, indexed = 0;

	assert_int_equal(scep_store_scan(store, SCEP_T_CERTIFICATE, nothing,
	    count, &n, &err), SCEP_OK);
	assert_int_equal(scep_store_scan_index(store,
	    SCEP_IX_CERTIFICATE_EXPIRES, nothing, nothing, count, &indexed,
	    &err), SCEP_OK);
	assert_int_equal(n, want);
	assert_int_equal(indexed, want);
}

static void
openings_in_turns_lose_nothing(void **state)
{
	struct scep_store	*store;
	struct scep_error	 err;
	unsigned int		 i;

	(void)state;
	for (i = 0; i < 60; i++) {
		store = open_store(i % 7 != 0);
		expect_rows(store, i);
		assert_int_equal(save(store, i), SCEP_OK);
		assert_int_equal(scep_store_tend(store, &err), SCEP_OK);
		scep_store_close(store);
	}
	assert_string_equal(said, "");
}

/* Its rest would be written with zeros at the next opening. */
static void
the_log_ends_with_its_last_record(void **state)
{
	struct scep_store	*store;
	off_t			 whole, cut;
	int			 brief;

	(void)state;
	for (brief = 0; brief < 2; brief++) {
		store = open_store(brief);
		assert_int_equal(save(store, (unsigned int)brief), SCEP_OK);
		whole = size_of(LOG);
		scep_store_close(store);
		cut = size_of(LOG);
		if (brief == 0)
			assert_true(whole > 1 << 20);
		assert_true(cut > 1000 && cut < 1 << 19);
	}
	store = open_store(1);
	assert_true(size_of(LOG) >= cut);
	expect_rows(store, 2);
	scep_store_close(store);
}

/* What is no zero may be a record: it is left alone. */
static void
a_log_with_something_behind_its_end_is_not_cut(void **state)
{
	struct scep_store	*store = open_store(1);
	off_t			 whole = size_of(LOG);
	int			 fd;

	(void)state;
	assert_int_equal(save(store, 0), SCEP_OK);
	assert_int_not_equal(fd = open(at(LOG), O_WRONLY | O_CLOEXEC), -1);
	assert_int_equal(pwrite(fd, "x", 1, whole - 1), 1);
	(void)close(fd);
	scep_store_close(store);
	assert_int_equal(size_of(LOG), whole);
	store = open_store(1);
	expect_rows(store, 1);
	scep_store_close(store);
	assert_true(size_of(LOG) < whole);
}

/* One octet of issue.log, so far from its end, and what an opening says. */
static enum scep_err
open_with_flip(int brief, off_t from_end)
{
	struct scep_store	*store;
	struct scep_error	 err;
	off_t			 where = size_of("issue.log") - from_end;
	enum scep_err		 rc;
	char			 was;
	int			 fd;

	assert_int_not_equal(fd = open(at("issue.log"), O_RDWR | O_CLOEXEC),
	    -1);
	assert_int_equal(pread(fd, &was, 1, where), 1);
	assert_int_equal(pwrite(fd, "#", 1, where), 1);
	rc = try_open(brief, &store, &err);
	scep_store_close(store);
	assert_int_equal(pwrite(fd, &was, 1, where), 1);
	(void)close(fd);
	return rc;
}

/* Octets of the first log file of a new store that holds some rows. */
static off_t
first_log(int small_logs)
{
	const struct scep_store_db_options	 opt = {
		.dir = dir,
		.reserve = 1,
		.small_logs = small_logs,
	};
	struct scep_store			*store;
	struct scep_error			 err;
	unsigned int				 i;

	assert_int_equal(scep_store_db_open(&opt, &store, &err), SCEP_OK);
	for (i = 0; i < 200; i++)
		assert_int_equal(save(store, i), SCEP_OK);
	scep_store_close(store);
	return size_of(LOG);
}

/* Each brief opening reads the last one. */
static void
small_logs_are_small(void **state)
{
	assert_true(first_log(1) <= 128 * 1024);
	scep_store_close(open_store(1));
	(void)remove_dir(state);
	(void)make_dir(state);
	assert_true(first_log(0) > 128 * 1024);		/* a control */
}

/* What a crash or an old copy can do is seen by the last lines. */
static void
the_end_of_the_journal_is_checked(void **state)
{
	struct scep_store	*store = open_store(0);
	unsigned int		 i;

	(void)state;
	for (i = 0; i < 400; i++)
		assert_int_equal(save(store, i), SCEP_OK);
	scep_store_close(store);
	assert_true(size_of("issue.log") > 30000);
	assert_int_equal(open_with_flip(1, 40), SCEP_E_STORE);
	assert_int_equal(open_with_flip(1, 8000), SCEP_E_STORE);
	assert_int_equal(open_with_flip(1, 20000), SCEP_OK);
	assert_int_equal(open_with_flip(0, 20000), SCEP_E_STORE);
	/* A line that was cut off is added again. */
	assert_int_equal(truncate(at("issue.log"), size_of("issue.log") -
	    20), 0);
	store = open_store(1);
	expect_rows(store, 400);
	scep_store_close(store);
	assert_non_null(strstr(said, "1 entries were added"));
}

/* The last line is checked, however long it is. */
static void
a_long_line_is_checked_as_a_whole(void **state)
{
	struct scep_store	*store = open_store(1);
	struct scep_change	 change = { .n = 0 };
	struct scep_error	 err;
	static char		 line[16001];
	int			 i;

	(void)state;
	memset(line, 'x', sizeof(line) - 1);
	assert_int_equal(scep_buf_set(&change.log, scep_span_text(line),
	    &err), SCEP_OK);
	for (i = 0; i < 6; i++)
		assert_int_equal(scep_store_commit(store, &change, &err),
		    SCEP_OK);
	scep_change_clear(&change);
	scep_store_close(store);
	assert_int_equal(open_with_flip(1, 15000), SCEP_E_STORE);
	scep_store_close(open_store(1));
}

/* Opens, saves, says so, closes, until it is killed. */
static void
run_for_ever(int fd, unsigned int n)
{
	struct scep_store	*store;

	for (;; n++) {
		store = open_store(1);
		if (save(store, n) != SCEP_OK ||
		    write(fd, &n, sizeof(n)) != sizeof(n))
			_exit(2);
		scep_store_close(store);
	}
}

/* How many were acknowledged, one more than the last; from at_least one on it
 * is killed. */
static unsigned int
kill_one(unsigned int n, int at_least, long after_ns)
{
	const struct timespec	 ts = { 0, after_ns };
	unsigned int		 got;
	pid_t			 pid;
	int			 fd[2], status;

	assert_int_equal(pipe(fd), 0);
	assert_int_not_equal(pid = fork(), -1);
	if (pid == 0) {
		(void)close(fd[0]);
		run_for_ever(fd[1], n);
	}
	(void)close(fd[1]);
	for (; at_least > 0; at_least--) {
		assert_int_equal(read(fd[0], &got, sizeof(got)), sizeof(got));
		n = got + 1;
	}
	(void)nanosleep(&ts, NULL);
	assert_int_equal(kill(pid, SIGKILL), 0);
	while (read(fd[0], &got, sizeof(got)) == sizeof(got))
		n = got + 1;
	(void)close(fd[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	return n;
}

static enum scep_err
note_number(void *arg, const struct scep_row *row, struct scep_error *err)
{
	struct scep_cert_rec	 rec;
	unsigned char		*seen = arg;
	unsigned int		 n;

	assert_int_equal(scep_cert_rec_decode(scep_buf_span(&row->value),
	    &rec, err), SCEP_OK);
	assert_int_equal(rec.serial.len, sizeof(n));
	memcpy(&n, rec.serial.data, sizeof(n));
	if (n < 4096)
		seen[n] = 1;
	scep_cert_rec_clear(&rec);
	return SCEP_OK;
}

/* While it opens, recovers, commits, flushes, cuts: whatever the moment. */
static void
a_kill_at_any_moment_loses_nothing(void **state)
{
	const struct scep_span	 nothing = { NULL, 0 };
	static unsigned char	 seen[4096];
	struct scep_store	*store;
	struct scep_error	 err;
	unsigned int		 n = 0, acked, i;
	long			 wait;

	(void)state;
	for (i = 0; i < KILLS; i++) {
		wait = 2000000L + 40000000L / KILLS * (long)i;
		/* However slow it is, the last one has done something. */
		acked = kill_one(n, i == KILLS - 1, wait);
		memset(seen, 0, sizeof(seen));
		store = open_store(i % 2 == 0);
		assert_int_equal(scep_store_scan(store, SCEP_T_CERTIFICATE,
		    nothing, note_number, seen, &err), SCEP_OK);
		for (n = 0; n < acked; n++)
			assert_true(seen[n]);
		while (n < 4096 && seen[n])	/* committed and not said */
			n++;
		expect_rows(store, n);
		scep_store_close(store);
	}
	assert_true(n > 0);
}

#define T(f)	cmocka_unit_test_setup_teardown(f, make_dir, remove_dir)

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		T(openings_in_turns_lose_nothing),
		T(the_log_ends_with_its_last_record),
		T(a_log_with_something_behind_its_end_is_not_cut),
		T(small_logs_are_small),
		T(the_end_of_the_journal_is_checked),
		T(a_long_line_is_checked_as_a_whole),
		T(a_kill_at_any_moment_loses_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
