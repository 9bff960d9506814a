/*
 * t_store_ahead.c - files of the log that are made before libdb wants them:
 * it takes them, nothing is lost, and none is in the way.
 */
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <errno.h>
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
#include "store/db.h"

#define SIZE	(4L << 20)	/* of a file of the log */
#define FAT	15000		/* octets of a line */
#define ROUNDS	6

static char		 dir[64], said[4096];
static struct scep_db	*watched;	/* whose calls are met */
static int		 bad_link, bad_sync;	/* why they fail */
static int		 rival;		/* libdb's own file is there first */
static int		 overtake;	/* … and is used up, and removed */
static int		 links, unlocked;	/* what was seen */

static void
say(void *arg, const char *text)
{
	const size_t	 len = strlen(said);

	(void)arg;
	(void)snprintf(said + len, sizeof(said) - len, "%s\n", text);
}

static int
make_dir(void **state)
{
	(void)state;
	(void)strcpy(dir, "/tmp/t_store_ahead.XXXXXX");
	said[0] = '\0';
	watched = NULL;
	bad_link = bad_sync = rival = overtake = links = unlocked = 0;
	return mkdtemp(dir) != NULL ? 0 : -1;
}

static int
remove_dir(void **state)
{
	(void)state;
	scep_dir_remove(dir, 1);
	return 0;
}

/* File number n of the log. */
static const char *
log_file(unsigned int n)
{
	static char	 path[128];

	(void)snprintf(path, sizeof(path), "%s/db/log.%010u", dir, n);
	return path;
}

static int
is_free(pthread_mutex_t *mutex)
{
	if (pthread_mutex_trylock(mutex) != 0)
		return 0;
	(void)pthread_mutex_unlock(mutex);
	return 1;
}

int
link(const char *from, const char *to)
{
	if (watched != NULL) {
		links++;
		unlocked += is_free(&watched->flush);
	}
	if (rival)
		(void)close(open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	if (bad_link != 0) {
		errno = bad_link;
		return -1;
	}
	return (int)syscall(SYS_link, from, to);
}

static void	 go_beyond(unsigned int file);

int
fsync(int fd)
{
	struct stat	 st;

	if (overtake && fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
		overtake = 0;
		go_beyond(2);
	}
	if (watched != NULL && fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
		unlocked += is_free(&watched->flush);
		if (bad_sync != 0) {
			errno = bad_sync;
			return -1;
		}
	}
	return (int)syscall(SYS_fsync, fd);
}

static struct scep_store *
open_with(size_t reserve, int brief)
{
	const struct scep_store_db_options	 opt = {
		.dir = dir, .cache = 1 << 20, .reserve = reserve,
		.brief = brief, .say = say
	};
	struct scep_store			*store;
	struct scep_error			 err;

	if (scep_store_db_open(&opt, &store, &err) != SCEP_OK)
		fail_msg("%s", err.text);
	return store;
}

static struct scep_store *
open_store(void)
{
	return open_with(1, 0);
}

/* One entry of the log table, as long as a dozen of enrolments. */
static enum scep_err
save(struct scep_store *store, struct scep_error *err)
{
	static char		 line[FAT + 1];
	struct scep_change	 change = { .n = 0 };
	enum scep_err		 rc;

	memset(line, 'x', FAT);
	if ((rc = scep_buf_set(&change.log, scep_span_text(line), err)) ==
	    SCEP_OK)
		rc = scep_store_commit(store, &change, err);
	scep_change_clear(&change);
	return rc;
}

static uint64_t
saved(struct scep_store *store)
{
	struct scep_error	 err;
	uint64_t		 n;

	assert_int_equal(scep_db_last_seq((struct scep_db *)store, &n, &err),
	    SCEP_OK);
	return n;
}

static void
tend(struct scep_store *store)
{
	struct scep_error	 err;

	if (scep_store_tend(store, &err) != SCEP_OK)
		fail_msg("%s", err.text);
}

static struct scep_db_log_end
end_of_log(struct scep_store *store)
{
	struct scep_db_log_end	 end;

	scep_db_log_end((struct scep_db *)store, &end);
	return end;
}

/* Until its log has come to so many octets of this file, or beyond. */
static void
grow(struct scep_store *store, unsigned int file, long octets)
{
	struct scep_db_log_end	 end;
	struct scep_error	 err;

	for (;;) {
		end = end_of_log(store);
		if (end.file > file || (end.file == file &&
		    (long)end.offset >= octets))
			return;
		assert_int_equal(save(store, &err), SCEP_OK);
	}
}

static ino_t
number_of(const char *path)
{
	struct stat	 st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_ino;
}

/* How many octets are there of a file of zeros; -1: others are in it. */
static long
zeros(const char *path)
{
	uint8_t	 octets[4096];
	long	 n = 0;
	ssize_t	 got, i;
	int	 fd;

	assert_int_not_equal(fd = open(path, O_RDONLY | O_CLOEXEC), -1);
	while ((got = read(fd, octets, sizeof(octets))) > 0)
		for (i = 0; i < got && n >= 0; i++)
			n = octets[i] == 0 ? n + 1 : -1;
	(void)close(fd);
	return n;
}

static void
the_log_goes_on_in_them(void **state)
{
	struct scep_store	*store = open_store();
	struct stat		 st;
	ino_t			 second;
	uint64_t		 n;

	(void)state;
	watched = (struct scep_db *)store;
	grow(store, 1, SIZE / 2);
	assert_int_equal(access(log_file(2), F_OK), -1);
	tend(store);
	assert_int_equal(zeros(log_file(2)), SIZE);
	assert_int_equal(stat(log_file(2), &st), 0);
	assert_true(st.st_blocks * 512L >= SIZE);
	assert_int_equal(st.st_nlink, 1);
	assert_int_equal(access(log_file(3), F_OK), -1);
	second = st.st_ino;
	assert_true(links > 0);
	assert_int_equal(unlocked, 0);	/* nothing was told of meanwhile */
	grow(store, 2, SIZE / 8);
	assert_int_equal(number_of(log_file(2)), second);
	assert_int_equal(zeros(log_file(2)), -1);
	/* As many as were used, and one. */
	grow(store, 4, SIZE / 8);
	tend(store);
	assert_int_equal(zeros(log_file(8)), SIZE);
	assert_int_equal(access(log_file(9), F_OK), -1);
	n = saved(store);
	watched = NULL;
	scep_store_close(store);
	store = open_store();
	assert_int_equal(saved(store), n);
	assert_string_equal(said, "");
	scep_store_close(store);
}

static void
a_log_that_hardly_grows_has_none(void **state)
{
	struct scep_store	*store = open_store();
	struct scep_error	 err;

	(void)state;
	assert_int_equal(save(store, &err), SCEP_OK);
	tend(store);
	tend(store);
	assert_int_equal(access(log_file(2), F_OK), -1);
	scep_store_close(store);
	store = open_with(1, 1);		/* nor has a brief one */
	grow(store, 3, 0);
	tend(store);
	assert_int_equal(access(log_file(end_of_log(store).file + 1), F_OK),
	    -1);
	scep_store_close(store);
}

static void
closing_removes_what_is_unused(void **state)
{
	struct scep_store	*store = open_store();
	struct stat		 st;

	(void)state;
	grow(store, 3, SIZE / 2);
	tend(store);
	tend(store);
	assert_int_equal(access(log_file(4), F_OK), 0);
	scep_store_close(store);
	assert_int_equal(access(log_file(4), F_OK), -1);
	assert_int_equal(stat(log_file(3), &st), 0);
	assert_true(st.st_size < SIZE);
	assert_int_equal(access(dir, F_OK), 0);
}

static void
a_backup_does_not_see_them(void **state)
{
	struct scep_store	*store = open_store();
	DB_ENV			*env = ((struct scep_db *)store)->env;
	char			**list;
	size_t			 n = 0;

	(void)state;
	grow(store, 2, SIZE / 2);
	tend(store);
	assert_int_equal(access(log_file(3), F_OK), 0);
	assert_int_equal(env->log_archive(env, &list, DB_ARCH_LOG), 0);
	while (list[n] != NULL)
		n++;
	assert_int_equal(n, 2);
	assert_string_equal(list[n - 1], "log.0000000002");
	free(list);
	scep_store_close(store);
}

/* libdb may come first, between our look and the name. */
static void
one_of_libdb_stays(void **state)
{
	struct scep_store	*store = open_store();
	ino_t			 first;
	uint64_t		 n;

	(void)state;
	grow(store, 1, SIZE / 2);
	watched = (struct scep_db *)store;
	rival = 1;
	tend(store);
	assert_int_equal(links, 1);
	first = number_of(log_file(2));
	assert_int_equal(zeros(log_file(2)), 0);
	rival = 0;
	grow(store, 2, SIZE / 2);
	assert_int_equal(number_of(log_file(2)), first);
	tend(store);				/* the next one is ours */
	assert_int_equal(links, 3);
	assert_int_equal(zeros(log_file(3)), SIZE);
	n = saved(store);
	watched = NULL;
	scep_store_close(store);
	store = open_store();
	assert_int_equal(saved(store), n);
	scep_store_close(store);
}

/* As the beginning of a backup does, while a file is being filled. */
static void
go_beyond(unsigned int file)
{
	DB_ENV	*env = watched->env;

	grow(&watched->store, file + 1, SIZE / 8);
	assert_int_equal(env->txn_checkpoint(env, 0, 0, DB_FORCE), 0);
	assert_int_equal(env->log_archive(env, NULL, DB_ARCH_REMOVE), 0);
	assert_int_equal(access(log_file(file), F_OK), -1);
}

static void
none_is_made_behind_the_end(void **state)
{
	struct scep_store	*store = open_store();

	(void)state;
	grow(store, 1, SIZE / 2);
	watched = (struct scep_db *)store;
	overtake = 1;
	tend(store);
	assert_int_equal(overtake, 0);
	assert_int_equal(end_of_log(store).file, 3);
	assert_int_equal(access(log_file(2), F_OK), -1);
	assert_int_equal(links, 0);
	tend(store);				/* it is not given up */
	assert_int_equal(zeros(log_file(4)), SIZE);
	watched = NULL;
	scep_store_close(store);
}

static void
where_they_cannot_be_made_libdb_makes_its_own(void **state)
{
	struct scep_store	*store = open_store();
	char			 path[128];

	(void)state;
	watched = (struct scep_db *)store;
	bad_link = EPERM;
	grow(store, 1, SIZE / 2);
	tend(store);
	tend(store);
	assert_int_equal(links, 1);		/* it is not tried again */
	assert_int_equal(access(log_file(2), F_OK), -1);
	(void)snprintf(path, sizeof(path), "%s/db/ahead", dir);
	assert_int_equal(access(path, F_OK), -1);
	grow(store, 2, SIZE / 2);
	tend(store);
	watched = NULL;
	scep_store_close(store);
}

/* A name that may get lost is as bad as a log that was not synced. */
static void
a_name_that_is_not_durable_breaks_the_store(void **state)
{
	struct scep_store	*store = open_store();
	struct scep_error	 err;
	uint64_t		 n;

	(void)state;
	grow(store, 1, SIZE / 2);
	n = saved(store);
	watched = (struct scep_db *)store;
	bad_sync = EINVAL;			/* is of no use there */
	tend(store);
	assert_int_equal(zeros(log_file(2)), SIZE);
	grow(store, 2, SIZE / 2);
	bad_sync = EIO;
	n = saved(store);
	assert_int_equal(scep_store_tend(store, &err), SCEP_E_STORE);
	assert_int_equal(save(store, &err), SCEP_E_STORE);
	watched = NULL;
	scep_store_close(store);
	store = open_store();
	assert_int_equal(saved(store), n);
	scep_store_close(store);
}

/* Below twice what is to be kept free. */
static void
a_disk_that_fills_is_left_alone(void **state)
{
	struct scep_store	*store;
	uint64_t		 octets;

	(void)state;
	assert_true(scep_db_free_disk(dir, &octets));
	store = open_with((size_t)(octets / 10 * 7), 0);
	grow(store, 1, SIZE / 2);
	tend(store);
	assert_int_equal(access(log_file(2), F_OK), -1);
	scep_store_close(store);
}

/* Whether one is there that was not used yet. */
static int
has_one_ahead(void)
{
	unsigned int	 n;
	int		 found = 0;

	for (n = 1; n < 64; n++)
		found |= access(log_file(n), F_OK) == 0 &&
		    zeros(log_file(n)) == SIZE;
	return found;
}

/* Saves and tends, says so, until it is killed. */
static void
run_for_ever(int fd)
{
	struct scep_store	*store = open_store();
	struct scep_error	 err;
	uint64_t		 n;
	int			 i;

	for (i = 1;; i++) {
		if (save(store, &err) != SCEP_OK || (i % 100 == 0 &&
		    scep_store_tend(store, &err) != SCEP_OK))
			_exit(2);
		n = saved(store);
		if (write(fd, &n, sizeof(n)) != sizeof(n))
			_exit(3);
	}
}

static void
a_kill_loses_nothing(void **state)
{
	const struct timespec	 ts = { 0, 1000000L };
	struct scep_store	*store;
	uint64_t		 n = 0, first;
	pid_t			 pid;
	int			 i, fd[2], status, ahead = 0;

	(void)state;
	for (i = 0; i < ROUNDS; i++) {
		assert_int_equal(pipe(fd), 0);
		assert_int_not_equal(pid = fork(), -1);
		if (pid == 0)
			run_for_ever(fd[1]);
		(void)close(fd[1]);
		for (first = n; n < first + 700 + 30 * (uint64_t)i; )
			assert_int_equal(read(fd[0], &n, sizeof(n)),
			    sizeof(n));
		(void)nanosleep(&ts, NULL);
		assert_int_equal(kill(pid, SIGKILL), 0);
		while (read(fd[0], &n, sizeof(n)) == sizeof(n))
			;
		(void)close(fd[0]);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		ahead += has_one_ahead();
		store = open_store();
		assert_true(saved(store) >= n);
		n = saved(store);
		assert_false(has_one_ahead());
		scep_store_close(store);
	}
	assert_true(ahead > 0);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
#define T(f)	cmocka_unit_test_setup_teardown(f, make_dir, remove_dir)
		T(the_log_goes_on_in_them),
		T(a_log_that_hardly_grows_has_none),
		T(closing_removes_what_is_unused),
		T(a_backup_does_not_see_them),
		T(one_of_libdb_stays),
		T(none_is_made_behind_the_end),
		T(where_they_cannot_be_made_libdb_makes_its_own),
		T(a_name_that_is_not_durable_breaks_the_store),
		T(a_disk_that_fills_is_left_alone),
		T(a_kill_loses_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
