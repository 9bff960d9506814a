/*
 * t_store_sync.c - the Berkeley DB store on a disk that fails, fills, or loses
 * its power: system calls are met here on their way, and some are refused.
 */
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/dir.h"
#include "base/error.h"
#include "store/db.h"

#define DB_LOG	"/db/log."
#define JOURNAL	"/issue.log"

static char	 dir[64];
static char	 said[4096];

static const struct scep_span	 nothing = { NULL, 0 };

/* Of files with this in their names: what is refused, and why. */
static const char	*bad_file = "";
static int		 bad_sync, bad_write;
static uint64_t		 disk;		/* octets that are left; 0: ask */
/* What was seen. */
static unsigned int	 log_syncs;
static int		 marked;	/* the marker is on the disk */
static int		 unmarked;	/* a line was written before */
static off_t		 synced;	/* size of issue.log at its sync */

static int
is_of(int fd, const char *name)
{
	char	 link[64], path[512];
	ssize_t	 n;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	if ((n = readlink(link, path, sizeof(path) - 1)) < 0)
		return 0;
	path[n] = '\0';
	return *name != '\0' && *dir != '\0' &&
	    strncmp(path, dir, strlen(dir)) == 0 &&
	    strstr(path + strlen(dir), name) != NULL;
}

static const char *
at(const char *name)
{
	static char	 path[256];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static int
refuse(int why)
{
	errno = why;
	return -1;
}

int
fdatasync(int fd)
{
	struct stat	 st;

	if (bad_sync != 0 && is_of(fd, bad_file))
		return refuse(bad_sync);
	log_syncs += is_of(fd, DB_LOG) != 0;
	if (is_of(fd, JOURNAL) && fstat(fd, &st) == 0)
		synced = st.st_size;
	return (int)syscall(SYS_fdatasync, fd);
}

int
fsync(int fd)
{
	struct stat	 st;

	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode) && is_of(fd, "/db"))
		marked = access(at("db/unclean"), F_OK) == 0;
	return (int)syscall(SYS_fsync, fd);
}

ssize_t
write(int fd, const void *octets, size_t n)
{
	if (bad_write != 0 && is_of(fd, bad_file))
		return refuse(bad_write);
	if (!marked && is_of(fd, JOURNAL))
		unmarked = 1;
	return syscall(SYS_write, fd, octets, n);
}

ssize_t
pwrite(int fd, const void *octets, size_t n, off_t where)
{
	if (bad_write != 0 && is_of(fd, bad_file))
		return refuse(bad_write);
	return syscall(SYS_pwrite64, fd, octets, n, where);
}

int
statvfs(const char *path, struct statvfs *out)
{
	int	 (*next)(const char *, struct statvfs *);
	int	 r;

	*(void **)&next = dlsym(RTLD_NEXT, "statvfs");
	if ((r = next(path, out)) == 0 && disk > 0) {
		out->f_frsize = 1;
		out->f_bavail = disk;
	}
	return r;
}

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
	(void)strcpy(dir, "/tmp/t_store_sync.XXXXXX");
	said[0] = '\0';
	bad_file = "";
	bad_sync = bad_write = marked = unmarked = 0;
	disk = 0;
	synced = 0;
	return mkdtemp(dir) != NULL ? 0 : -1;
}

static int
remove_dir(void **state)
{
	(void)state;
	bad_sync = bad_write = 0;
	scep_dir_remove(dir, 1);
	return 0;
}

static struct scep_store *
open_as(const struct scep_store_db_options *how)
{
	struct scep_store_db_options	 opt = *how;
	struct scep_store		*store;
	struct scep_error		 err;

	opt.dir = dir;
	opt.cache = 1 << 20;
	opt.say = say;
	if (opt.reserve == 0)
		opt.reserve = 1;
	said[0] = '\0';
	if (scep_store_db_open(&opt, &store, &err) != SCEP_OK)
		fail_msg("%s", err.text);
	return store;
}

static struct scep_store *
open_store(void)
{
	const struct scep_store_db_options	 opt = { .dir = NULL };

	return open_as(&opt);
}

/* A certificate, with a log entry. */
static void
make_change(unsigned int n, struct scep_change *change)
{
	struct scep_cert_rec	 rec;
	struct scep_error	 err;
	char			 line[32];

	memset(change, 0, sizeof(*change));
	memset(&rec, 0, sizeof(rec));
	rec.state = SCEP_CERT_VALID;
	rec.not_after = (time_t)n + 1;
	(void)snprintf(rec.subject, sizeof(rec.subject), "CN=%u", n);
	(void)snprintf(line, sizeof(line), "issued %u", n);
	assert_int_equal(scep_buf_set(&rec.serial, scep_span_make(&n,
	    sizeof(n)), &err), SCEP_OK);
	assert_int_equal(scep_cert_rec_write(change, &rec, &err), SCEP_OK);
	assert_int_equal(scep_buf_set(&change->log, scep_span_text(line),
	    &err), SCEP_OK);
	scep_cert_rec_clear(&rec);
}

static enum scep_err
save(struct scep_store *store, unsigned int n)
{
	struct scep_change	 change;
	struct scep_error	 err;
	enum scep_err		 rc;

	make_change(n, &change);
	rc = scep_store_commit(store, &change, &err);
	scep_change_clear(&change);
	return rc;
}

static enum scep_err
load(struct scep_store *store, unsigned int n)
{
	struct scep_change	 change;
	struct scep_row		 row;
	struct scep_error	 err;
	enum scep_err		 rc;

	make_change(n, &change);
	rc = scep_store_get(store, SCEP_T_CERTIFICATE,
	    scep_buf_span(&change.write[0].key), &row, &err);
	if (rc == SCEP_OK)
		scep_row_clear(&row);
	scep_change_clear(&change);
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

/* As a scan of a table, or of an index, says. */
static enum scep_err
load_all(struct scep_store *store, int index, size_t *n)
{
	struct scep_error	 err;

	*n = 0;
	return index ? scep_store_scan_index(store,
	    SCEP_IX_CERTIFICATE_EXPIRES, nothing, nothing, count, n, &err) :
	    scep_store_scan(store, SCEP_T_LOG, nothing, count, n, &err);
}

static int
is_broken(struct scep_store *store)
{
	struct scep_store_facts	 facts;
	struct scep_error	 err;

	scep_store_look(store, &facts);
	assert_int_equal(scep_store_tend(store, &err), facts.broken ?
	    SCEP_E_STORE : SCEP_OK);
	return facts.broken;
}

/* Whether the next opening is told that the store was not closed. */
static int
was_unclean(void)
{
	struct scep_store	*store = open_store();
	int			 yes = strstr(said, "unclean stop") != NULL;

	scep_store_close(store);
	return yes;
}

static void
expect_unseen(struct scep_store *store)
{
	size_t	 n;

	assert_int_equal(load(store, 3), SCEP_E_STORE);
	assert_int_equal(load(store, 3), SCEP_E_STORE);
	assert_int_equal(load_all(store, 0, &n), SCEP_E_STORE);
	assert_int_equal(n, 0);
	assert_int_equal(load_all(store, 1, &n), SCEP_E_STORE);
	assert_int_equal(n, 0);
}

/* A retry would be answered with what the next start may not have.  The disk
 * fails once, and says yes from then on. */
static void
a_commit_whose_sync_failed_is_seen_by_nobody(void **state)
{
	struct scep_store	*store = open_store();
	size_t			 n;

	(void)state;
	assert_int_equal(save(store, 0), SCEP_OK);
	assert_int_equal(save(store, 1), SCEP_OK);
	assert_int_equal(load(store, 1), SCEP_OK);	/* control */
	assert_int_equal(load_all(store, 0, &n), SCEP_OK);
	assert_int_equal(n, 2);
	assert_int_equal(load_all(store, 1, &n), SCEP_OK);
	assert_int_equal(n, 2);
	assert_false(is_broken(store));
	bad_file = DB_LOG;
	bad_sync = EIO;
	assert_int_equal(save(store, 3), SCEP_E_STORE);
	bad_sync = 0;
	expect_unseen(store);
	assert_int_equal(save(store, 4), SCEP_E_STORE);
	assert_true(is_broken(store));
	scep_store_close(store);
	assert_true(was_unclean());
	assert_false(was_unclean());
	store = open_store();
	assert_int_equal(load(store, 0), SCEP_OK);
	assert_int_equal(save(store, 4), SCEP_OK);
	scep_store_close(store);
}

/* 0 if it is so. */
static int
meet_a_full_disk(void)
{
	struct scep_store	*store = open_store();

	assert_int_equal(save(store, 0), SCEP_OK);
	bad_file = DB_LOG;
	bad_write = ENOSPC;
	assert_int_equal(save(store, 3), SCEP_E_STORE);
	bad_write = 0;
	expect_unseen(store);
	return is_broken(store) ? 0 : 1;
}

/* In a child: libdb keeps the memory of an environment that panics. */
static void
a_commit_whose_log_was_not_written_is_seen_by_nobody(void **state)
{
	struct scep_store	*store;
	pid_t			 pid;
	int			 status;

	(void)state;
	assert_int_not_equal(pid = fork(), -1);
	if (pid == 0)
		_exit(meet_a_full_disk());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	store = open_store();
	assert_int_equal(load(store, 0), SCEP_OK);
	assert_int_equal(load(store, 3), SCEP_E_NOTFOUND);
	assert_int_equal(save(store, 3), SCEP_OK);
	assert_int_equal(load(store, 3), SCEP_OK);
	scep_store_close(store);
}

/* Without its line it is not acknowledged, and so not told of either. */
static void
a_commit_whose_line_was_not_written_is_seen_by_nobody(void **state)
{
	struct scep_store	*store = open_store();

	(void)state;
	assert_int_equal(save(store, 0), SCEP_OK);
	bad_file = JOURNAL;
	bad_write = ENOSPC;
	assert_int_equal(save(store, 3), SCEP_E_STORE);
	bad_write = 0;
	expect_unseen(store);
	assert_true(is_broken(store));
	scep_store_close(store);
	assert_true(was_unclean());
	store = open_store();
	assert_int_equal(load(store, 3), SCEP_OK);
	scep_store_close(store);
}

/* And no sync. */
static void
commit_only(struct scep_db *db)
{
	DB_TXN	*txn;

	assert_int_equal(db->env->txn_begin(db->env, NULL, &txn, 0), 0);
	assert_int_equal(scep_db_write_log(db, txn, 1000,
	    scep_span_text("a line")), 0);
	assert_int_equal(txn->commit(txn, DB_TXN_NOSYNC), 0);
}

/* Who reads a row of a commit in between syncs for it. */
static void
a_reader_whose_sync_failed_tells_nothing(void **state)
{
	struct scep_store	*store = open_store();
	struct scep_change	 change;
	unsigned int		 before;

	(void)state;
	assert_int_equal(save(store, 3), SCEP_OK);
	make_change(3, &change);
	scep_db_fresh_add((struct scep_db *)store, &change);
	assert_int_equal(load(store, 3), SCEP_OK);
	bad_file = DB_LOG;
	bad_sync = EIO;
	assert_int_equal(load(store, 3), SCEP_OK);	/* nothing to sync */
	before = log_syncs;
	commit_only((struct scep_db *)store);
	assert_int_equal(load(store, 3), SCEP_E_STORE);
	bad_sync = 0;
	assert_int_equal(load(store, 3), SCEP_E_STORE);
	assert_int_equal(log_syncs, before);
	assert_true(is_broken(store));
	scep_change_clear(&change);
	scep_store_close(store);
}

/* Another one would say yes. */
static void
a_sync_of_the_journal_that_failed_stops_the_store(void **state)
{
	struct scep_store	*store = open_store();
	struct scep_error	 err;

	(void)state;
	assert_int_equal(save(store, 0), SCEP_OK);
	assert_int_equal(scep_store_tend(store, &err), SCEP_OK);
	bad_file = JOURNAL;
	bad_sync = EIO;
	assert_int_equal(scep_store_tend(store, &err), SCEP_OK);
	assert_int_equal(save(store, 1), SCEP_OK);
	assert_int_equal(scep_store_tend(store, &err), SCEP_E_STORE);
	assert_non_null(strstr(err.text, "issue.log: cannot sync"));
	bad_sync = 0;
	assert_true(is_broken(store));
	assert_int_equal(save(store, 2), SCEP_E_STORE);
	assert_int_equal(load(store, 1), SCEP_OK);	/* acknowledged */
	scep_store_close(store);
	assert_true(was_unclean());
	assert_false(was_unclean());
}

static void
a_close_that_could_not_sync_is_not_clean(void **state)
{
	struct scep_store	*store = open_store();

	(void)state;
	assert_int_equal(save(store, 0), SCEP_OK);
	scep_store_close(store);
	assert_false(was_unclean());			/* control */
	store = open_store();
	assert_int_equal(save(store, 1), SCEP_OK);
	bad_file = JOURNAL;
	bad_sync = EIO;
	scep_store_close(store);
	bad_sync = 0;
	assert_true(was_unclean());
}

/* In it, or else a hole in them is looked for in the last ones only. */
static void
the_marker_is_on_the_disk_before_any_line(void **state)
{
	const struct scep_store_db_options	 how[] = {
		{ .bulk = 0 }, { .bulk = 1 }, { .brief = 1 }
	};
	struct scep_store	*store;
	struct stat		 st;
	size_t			 i;

	(void)state;
	for (i = 0; i < 3; i++) {
		marked = unmarked = 0;
		store = open_as(&how[i]);
		assert_int_equal(marked, !how[i].brief);
		assert_int_equal(save(store, (unsigned int)i), SCEP_OK);
		scep_store_close(store);
		assert_int_equal(unmarked, how[i].brief);
		/* Lines that an opening adds. */
		assert_int_equal(stat(at("issue.log"), &st), 0);
		assert_int_equal(truncate(at("issue.log"), st.st_size - 5),
		    0);
		marked = unmarked = 0;
		scep_store_close(open_as(&how[i]));
		assert_non_null(strstr(said, "1 entries were added"));
		assert_true(marked);
		assert_false(unmarked);
	}
}

/* Lines of a brief opening, and then no power: a hole in what was not synced,
 * and the marker is gone. */
static void
cut_power_behind(unsigned int from, unsigned int n)
{
	const struct scep_store_db_options	 brief = { .brief = 1 };
	const char				*holes[64] = { NULL };
	struct scep_store			*store;
	int					 fd[2], status, file;
	pid_t					 pid;

	assert_int_equal(pipe(fd), 0);
	assert_int_not_equal(pid = fork(), -1);
	if (pid == 0) {
		store = open_as(&brief);
		synced = lseek(open(at("issue.log"), O_RDONLY | O_CLOEXEC),
		    0, SEEK_END);
		for (; n > 0; n--, from++)
			if (save(store, from) != SCEP_OK)
				_exit(1);
		_exit(write(fd[1], &synced, sizeof(synced)) !=
		    sizeof(synced));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	assert_int_equal(read(fd[0], &synced, sizeof(synced)),
	    sizeof(synced));
	(void)close(fd[0]);
	(void)close(fd[1]);
	assert_int_equal(unlink(at("db/unclean")), 0);
	assert_int_not_equal(file = open(at("issue.log"), O_WRONLY |
	    O_CLOEXEC), -1);
	assert_int_equal(pwrite(file, holes, 64, synced), 64);
	(void)close(file);
}

static void
a_brief_opening_leaves_no_more_lines_than_the_next_looks_at(void **state)
{
	const struct scep_store_db_options	 brief = { .brief = 1 };
	struct scep_store	*store;
	unsigned int		 n, from = 1000;
	size_t			 rows;

	(void)state;
	store = open_store();
	for (n = 0; n < 200; n++)
		assert_int_equal(save(store, n), SCEP_OK);
	/* Control: a server syncs later. */
	assert_true(synced < 4096);
	scep_store_close(store);
	for (n = 1; n < 130; n += 16) {
		cut_power_behind(from, n);
		from += n;
		store = open_as(&brief);
		assert_non_null(strstr(said, "were added from the database"));
		assert_null(strstr(said, "unclean"));
		assert_int_equal(load_all(store, 0, &rows), SCEP_OK);
		assert_int_equal(rows, 200 + from - 1000);
		scep_store_close(store);
	}
}

/* It is not asked before each commit, but often enough for this reserve. */
static void
the_disk_is_asked_before_a_small_reserve_is_gone(void **state)
{
	const struct scep_store_db_options	 small = {
		.reserve = 1 << 20
	}, large = { .reserve = 64 << 20 };
	struct scep_store	*store;
	unsigned int		 n = 0, m;

	(void)state;
	disk = 2 << 20;
	store = open_as(&small);
	assert_int_equal(save(store, n++), SCEP_OK);	/* asks */
	disk = (1 << 20) - 1;
	while (n < 1000 && save(store, n) == SCEP_OK)
		n++;
	assert_true(n > 1 && n < 40);	/* with 8 KiB and more each */
	disk = 2 << 20;
	assert_int_equal(save(store, n++), SCEP_OK);
	scep_store_close(store);
	disk = 128 << 20;
	store = open_as(&large);
	assert_int_equal(save(store, n++), SCEP_OK);
	disk = 1 << 20;
	for (m = 0; m < 1000 && save(store, n) == SCEP_OK; m++)
		n++;
	assert_true(m > 100 && m < 600);
	scep_store_close(store);
}

#define T(f)	cmocka_unit_test_setup_teardown(f, make_dir, remove_dir)

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		T(a_commit_whose_sync_failed_is_seen_by_nobody),
		T(a_commit_whose_log_was_not_written_is_seen_by_nobody),
		T(a_commit_whose_line_was_not_written_is_seen_by_nobody),
		T(a_reader_whose_sync_failed_tells_nothing),
		T(a_sync_of_the_journal_that_failed_stops_the_store),
		T(a_close_that_could_not_sync_is_not_clean),
		T(the_marker_is_on_the_disk_before_any_line),
		T(a_brief_opening_leaves_no_more_lines_than_the_next_looks_at),
		T(the_disk_is_asked_before_a_small_reserve_is_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
