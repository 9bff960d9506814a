/*
 * t_store_backup.c - a copy of a store at work: it opens, and has all that
 * was committed before it ended.
 */
#include <sys/stat.h>

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <openssl/evp.h>

#include <cmocka.h>

#include "base/copy.h"
#include "base/dir.h"
#include "base/error.h"
#include "store/db.h"
#include "store/log_file.h"

#define WRITERS		3
#define PATIENCE_S	3	/* of a writer: store/db_gate.c */
#define LONG_MS		60000	/* never waited for */
#define TRIES		20	/* where we were held up for PATIENCE_S */

static char	 dir[64], from[96], to[96];

static int
make_dir(void **state)
{
	(void)state;
	(void)strcpy(dir, "/tmp/t_store_backup.XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	(void)snprintf(from, sizeof(from), "%s/from", dir);
	(void)snprintf(to, sizeof(to), "%s/to", dir);
	return mkdir(from, 0700) == 0 ? mkdir(to, 0700) : -1;
}

static int
remove_dir(void **state)
{
	(void)state;
	scep_dir_remove(dir, 1);
	return 0;
}

static struct scep_store *
open_store(const char *where, int recover)
{
	struct scep_store_db_options	 opt = { .dir = where,
					    .cache = 1 << 20, .reserve = 1,
					    .recover = recover };
	struct scep_store		*store;
	struct scep_error		 err;

	if (scep_store_db_open(&opt, &store, &err) != SCEP_OK)
		fail_msg("%s", err.text);
	return store;
}

/* A certificate of this number, of some weight, with a log entry. */
static enum scep_err
save(struct scep_store *store, unsigned int n, struct scep_error *err)
{
	static const uint8_t	 weight[1200];
	struct scep_change	 change = { .n = 0 };
	struct scep_cert_rec	 rec;
	uint8_t			 serial[5] = { 1, (uint8_t)(n >> 24),
				    (uint8_t)(n >> 16), (uint8_t)(n >> 8),
				    (uint8_t)n };
	char			 line[32];
	enum scep_err		 rc;

	memset(&rec, 0, sizeof(rec));
	rec.state = SCEP_CERT_VALID;
	rec.not_after = (time_t)n + 1;
	(void)snprintf(rec.subject, sizeof(rec.subject), "CN=%u", n);
	(void)snprintf(line, sizeof(line), "issued %u", n);
	if ((rc = scep_buf_set(&rec.serial, scep_span_make(serial,
	    sizeof(serial)), err)) == SCEP_OK &&
	    (rc = scep_buf_set(&rec.der, scep_span_make(weight,
	    sizeof(weight)), err)) == SCEP_OK &&
	    (rc = scep_cert_rec_write(&change, &rec, err)) == SCEP_OK &&
	    (rc = scep_buf_set(&change.log, scep_span_text(line), err)) ==
	    SCEP_OK)
		rc = scep_store_commit(store, &change, err);
	scep_change_clear(&change);
	scep_cert_rec_clear(&rec);
	return rc;
}

static void
save_some(struct scep_store *store, unsigned int first, unsigned int n)
{
	struct scep_error	 err;

	for (; n > 0; n--, first++)
		if (save(store, first, &err) != SCEP_OK)
			fail_msg("%s", err.text);
}

static int
has(struct scep_store *store, unsigned int n)
{
	static const uint8_t	 issuer[16];
	struct scep_cert_rec	 rec;
	struct scep_buf		 key = { NULL, 0 };
	struct scep_error	 err;
	uint8_t			 serial[5] = { 1, (uint8_t)(n >> 24),
				    (uint8_t)(n >> 16), (uint8_t)(n >> 8),
				    (uint8_t)n };
	enum scep_err		 rc;

	assert_int_equal(scep_cert_key(scep_span_make(serial,
	    sizeof(serial)), issuer, &key, &err), SCEP_OK);
	rc = scep_cert_rec_get(store, scep_buf_span(&key), &rec, &err);
	scep_buf_clear(&key);
	if (rc == SCEP_OK)
		scep_cert_rec_clear(&rec);
	return rc == SCEP_OK;
}

static enum scep_err
count(void *arg, const struct scep_row *row, struct scep_error *err)
{
	(void)row;
	(void)err;
	++*(size_t *)arg;
	return SCEP_OK;
}

static size_t
rows(struct scep_store *store, enum scep_table table)
{
	struct scep_error	 err;
	size_t			 n = 0;

	assert_int_equal(scep_store_scan(store, table,
	    scep_span_make(NULL, 0), count, &n, &err), SCEP_OK);
	return n;
}

/* What was told of a backup. */
struct told {
	size_t		 files, calls;
	uint64_t	 last_seq;
	size_t		 stop_after;	/* calls of go_on; 0: never */
	int		 ended;
	useconds_t	 linger;	/* at the end, of which … */
	atomic_int	*closed;	/* … somebody is told; or till … */
	atomic_int	*saved;		/* … he has what he wants */
	enum scep_err	 refuse;	/* at the end */
	atomic_uint	*acked;		/* of each writer … */
	unsigned int	 at_end[WRITERS];	/* … when it ended */
};

static int
told_more(void *arg, uint64_t done, uint64_t total)
{
	struct told	*t = arg;

	assert_true(done > 0 && total > 0);
	return ++t->calls != t->stop_after;
}

/* Each hash is that of the file. */
static enum scep_err
told_file(void *arg, const char *name, uint64_t size,
    const uint8_t sha256[SCEP_SHA256_LEN], struct scep_error *err)
{
	char		 path[256];
	uint8_t		 digest[SCEP_SHA256_LEN];
	uint64_t	 found;
	struct stat	 st;

	(void)snprintf(path, sizeof(path), "%s/%s", to, name);
	assert_int_equal(scep_copy_digest(path, EVP_sha256(), &found, digest,
	    err), SCEP_OK);
	assert_true(found == size);
	assert_memory_equal(digest, sha256, sizeof(digest));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	((struct told *)arg)->files++;
	return SCEP_OK;
}

static enum scep_err
told_end(void *arg, uint64_t last_seq, unsigned int schema,
    struct scep_error *err)
{
	struct told	*t = arg;
	int		 i, ms;

	assert_int_equal(schema, SCEP_DB_SCHEMA);
	t->last_seq = last_seq;
	t->ended = 1;
	if (t->closed != NULL)
		atomic_store(t->closed, 1);
	if (t->linger > 0)
		(void)usleep(t->linger);
	for (ms = 0; t->saved != NULL && atomic_load(t->saved) == 0 &&
	    ms < LONG_MS; ms++)
		(void)usleep(1000);
	for (i = 0; t->acked != NULL && i < WRITERS; i++)
		t->at_end[i] = atomic_load(&t->acked[i]);
	return t->refuse == SCEP_OK ? SCEP_OK : scep_fail(err, t->refuse,
	    "told to");
}

static enum scep_err
backup(struct scep_store *store, struct told *told, struct scep_error *err)
{
	struct scep_store_backup	 b = { to, told_more, told_file,
					    told_end, told };

	err->text[0] = '\0';
	return scep_store_backup(store, &b, err);
}

static void
fresh_target(void)
{
	scep_dir_remove(to, 0);
}

static void
a_copy_opens_and_is_the_same(void **state)
{
	struct scep_store	*store = open_store(from, 0);
	struct told		 told = { .files = 0 };
	struct scep_error	 err;

	(void)state;
	save_some(store, 0, 300);
	if (backup(store, &told, &err) != SCEP_OK)
		fail_msg("%s", err.text);
	/* Each database, one log at least, issue.log. */
	assert_true(told.files >= SCEP_TREE__MAX + 2);
	assert_true(told.last_seq == 300);
	save_some(store, 300, 10);
	scep_store_close(store);

	store = open_store(to, 1);
	assert_int_equal(rows(store, SCEP_T_CERTIFICATE), 300);
	assert_int_equal(rows(store, SCEP_T_LOG), 300);
	assert_true(has(store, 299));
	assert_false(has(store, 300));
	/* It goes on from there. */
	save_some(store, 1000, 5);
	scep_store_close(store);
	store = open_store(to, 0);
	assert_true(has(store, 1004));
	scep_store_close(store);
}

struct writer {
	struct scep_store	*store;
	unsigned int		 first;
	atomic_uint		*acked;
	atomic_int		*stop;
	int			 failed;
};

static void *
write_on(void *arg)
{
	struct writer		*w = arg;
	struct scep_error	 err;
	unsigned int		 n;

	for (n = 0; !atomic_load(w->stop); n++) {
		w->failed |= save(w->store, w->first + n, &err) != SCEP_OK;
		atomic_store(w->acked, n + 1);
		if (n % 64 == 0)	/* as the owner does */
			(void)scep_store_tend(w->store, &err);
	}
	return NULL;
}

/* What was acknowledged when the backup ended is in it, log and all. */
static void
compare_with(const struct told *told)
{
	struct scep_store	*store = open_store(to, 1);
	struct scep_log_file	*log;
	struct scep_log_line	 line;
	struct scep_error	 err;
	char			 path[128];
	unsigned int		 i, n;
	size_t			 lines = 0;
	enum scep_err		 rc;

	for (i = 0; i < WRITERS; i++)
		for (n = 0; n < told->at_end[i]; n++)
			if (!has(store, i * 1000000 + n))
				fail_msg("writer %u: %u of %u is lost", i, n,
				    told->at_end[i]);
	n = (unsigned int)rows(store, SCEP_T_LOG);
	assert_int_equal(rows(store, SCEP_T_CERTIFICATE), n);
	scep_store_close(store);
	(void)snprintf(path, sizeof(path), "%s/issue.log", to);
	assert_int_equal(scep_log_file_open(path, &log, &err), SCEP_OK);
	while ((rc = scep_log_file_next(log, &line, &err)) == SCEP_OK)
		lines++;
	assert_int_equal(rc, SCEP_E_NOTFOUND);
	assert_int_equal(lines, n);
	scep_log_file_close(log);
}

/* A backup gives up where a writer has waited for so long; if it took no less,
 * we were held up, and it is made again. */
static void
backup_in_time(struct scep_store *store, const struct told *fresh,
    struct told *told)
{
	struct timespec		 then, now;
	struct scep_error	 err;
	enum scep_err		 rc;
	int			 i = 0;

	do {
		*told = *fresh;
		fresh_target();
		(void)clock_gettime(CLOCK_MONOTONIC, &then);
		rc = backup(store, told, &err);
		(void)clock_gettime(CLOCK_MONOTONIC, &now);
	} while (rc == SCEP_E_BUSY && strstr(err.text, "too slow") != NULL &&
	    now.tv_sec - then.tv_sec >= PATIENCE_S && ++i < TRIES);
	if (rc != SCEP_OK)
		fail_msg("%s", err.text);
}

/* Each has done more since then. */
static void
wait_for_more(const atomic_uint *acked, const unsigned int *than)
{
	int	 i, ms;

	for (i = 0; i < WRITERS; i++)
		for (ms = 0; ms < LONG_MS &&
		    atomic_load(&acked[i]) <= than[i]; ms++)
			(void)usleep(1000);
}

static void
nothing_acknowledged_is_lost(void **state)
{
	struct scep_store	*store = open_store(from, 0);
	atomic_uint		 acked[WRITERS];
	atomic_int		 stop = 0;
	struct writer		 w[WRITERS];
	pthread_t		 thread[WRITERS];
	const struct told	 fresh = { .acked = acked, .linger = 20000 };
	struct told		 told[4];
	unsigned int		 i;

	(void)state;
	for (i = 0; i < WRITERS; i++) {
		atomic_init(&acked[i], 0);
		w[i] = (struct writer){ store, i * 1000000, &acked[i], &stop,
		    0 };
		assert_int_equal(pthread_create(&thread[i], NULL, write_on,
		    &w[i]), 0);
	}
	for (i = 0; i < 4; i++) {
		(void)usleep(200000);
		if (i == 3)
			wait_for_more(acked, told[0].at_end);
		backup_in_time(store, &fresh, &told[i]);
		compare_with(&told[i]);
	}
	atomic_store(&stop, 1);
	for (i = 0; i < WRITERS; i++) {
		assert_int_equal(pthread_join(thread[i], NULL), 0);
		assert_false(w[i].failed);
		assert_true(told[3].at_end[i] > told[0].at_end[i]);
	}
	scep_store_close(store);
}

static void
one_that_fails_hinders_no_other(void **state)
{
	struct scep_store	*store = open_store(from, 0);
	struct told		 off = { .stop_after = 3 };
	struct told		 refuse = { .refuse = SCEP_E_EXISTS };
	struct told		 well = { .files = 0 };
	struct scep_error	 err;

	(void)state;
	save_some(store, 0, 50);
	assert_int_equal(backup(store, &off, &err), SCEP_E_BUSY);
	assert_non_null(strstr(err.text, "called off"));
	assert_false(off.ended);
	fresh_target();
	assert_int_equal(backup(store, &refuse, &err), SCEP_E_EXISTS);
	save_some(store, 50, 5);	/* the gate is open again */
	fresh_target();
	assert_int_equal(backup(store, &well, &err), SCEP_OK);
	/* Nothing that is there is overwritten. */
	assert_int_equal(backup(store, &well, &err), SCEP_E_EXISTS);
	scep_store_close(store);
}

struct saving {
	struct scep_store	*store;
	atomic_int		 closed, saved;
};

/* When the gate is closed. */
static void *
save_one(void *arg)
{
	struct saving		*s = arg;
	struct scep_error	 err;
	enum scep_err		 rc;

	while (!atomic_load(&s->closed))
		(void)usleep(1000);
	rc = save(s->store, 900, &err);
	atomic_store(&s->saved, 1);
	return rc == SCEP_OK ? arg : NULL;
}

static void
enrolments_do_not_wait_for_a_disk_that_hangs(void **state)
{
	struct scep_store	*store = open_store(from, 0);
	struct saving		 saving = { store, 0, 0 };
	struct told		 slow = { .closed = &saving.closed,
				    .saved = &saving.saved };
	struct scep_error	 err;
	pthread_t		 thread;
	void			*saved;

	(void)state;
	save_some(store, 0, 5);
	assert_int_equal(pthread_create(&thread, NULL, save_one, &saving), 0);
	assert_int_equal(backup(store, &slow, &err), SCEP_E_BUSY);
	assert_non_null(strstr(err.text, "too slow"));
	assert_int_equal(pthread_join(thread, &saved), 0);
	assert_non_null(saved);
	assert_true(has(store, 900));
	scep_store_close(store);
}

static size_t
logs_in(const char *where)
{
	char		 path[128];
	struct dirent	*e;
	DIR		*d;
	size_t		 n = 0;

	(void)snprintf(path, sizeof(path), "%s/db", where);
	assert_non_null(d = opendir(path));
	while ((e = readdir(d)) != NULL)
		n += strncmp(e->d_name, "log.", 4) == 0;
	(void)closedir(d);
	return n;
}

/* Called from within a backup. */
static enum scep_err
busy_end(void *arg, uint64_t last_seq, unsigned int schema,
    struct scep_error *err)
{
	struct told	 second = { .files = 0 };

	(void)last_seq;
	(void)schema;
	assert_int_equal(backup(*(struct scep_store **)arg, &second, err),
	    SCEP_E_BUSY);
	assert_non_null(strstr(err->text, "another backup"));
	return SCEP_OK;
}

static enum scep_err
ignore_file(void *arg, const char *name, uint64_t size,
    const uint8_t sha256[SCEP_SHA256_LEN], struct scep_error *err)
{
	(void)arg;
	(void)name;
	(void)size;
	(void)sha256;
	(void)err;
	return SCEP_OK;
}

static void
one_at_a_time(void **state)
{
	struct scep_store		*store = open_store(from, 0);
	struct scep_store_backup	 b = { to, NULL, ignore_file,
					    busy_end, &store };
	struct scep_error		 err;

	(void)state;
	save_some(store, 0, 5);
	assert_int_equal(scep_store_backup(store, &b, &err), SCEP_OK);
	scep_store_close(store);
}

/* Old logs are not in the way: what is copied begins at a checkpoint. */
static void
old_logs_are_left_behind(void **state)
{
	struct scep_store	*store = open_store(from, 0);
	struct told		 told = { .files = 0 };
	struct scep_error	 err;

	(void)state;
	save_some(store, 0, 2500);
	assert_true(logs_in(from) > 2);
	assert_int_equal(backup(store, &told, &err), SCEP_OK);
	assert_true(logs_in(to) <= 2);
	scep_store_close(store);
	store = open_store(to, 1);
	assert_int_equal(rows(store, SCEP_T_CERTIFICATE), 2500);
	scep_store_close(store);
}

static void
a_store_in_memory_has_no_files(void **state)
{
	struct scep_store	*store;
	struct told		 told = { .files = 0 };
	struct scep_error	 err;

	(void)state;
	assert_int_equal(scep_store_mem_open(&store, &err), SCEP_OK);
	assert_int_equal(backup(store, &told, &err), SCEP_E_REFUSED);
	scep_store_close(store);
}

#define T(f)	cmocka_unit_test_setup_teardown(f, make_dir, remove_dir)

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		T(a_copy_opens_and_is_the_same),
		T(nothing_acknowledged_is_lost),
		T(one_that_fails_hinders_no_other),
		T(enrolments_do_not_wait_for_a_disk_that_hangs),
		T(one_at_a_time),
		T(old_logs_are_left_behind),
		T(a_store_in_memory_has_no_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
