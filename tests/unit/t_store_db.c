/*
 * t_store_db.c - what only Berkeley DB can get wrong: kills, damage, an old
 * or new schema, a full disk; and the journal beside it.
 */
#include <sys/resource.h>
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

#include <openssl/evp.h>

#include <cmocka.h>

#include "base/dir.h"
#include "base/error.h"
#include "store/journal.h"
#include "store/record.h"
#include "tests/unit/conform.h"
#include "tests/unit/old_store.h"

#define ROUNDS	20

static char	 dir[64];
static char	 said[4096];

static const struct scep_span	 nothing = { NULL, 0 };

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
	(void)strcpy(dir, "/tmp/t_store_db.XXXXXX");
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

static enum scep_err
try_open(size_t reserve, struct scep_store **out, struct scep_error *err)
{
	struct scep_store_db_options	 opt = {
		.dir = dir, .cache = 1 << 20, .reserve = reserve, .say = say
	};

	said[0] = '\0';
	err->text[0] = '\0';
	return scep_store_db_open(&opt, out, err);
}

static struct scep_store *
open_store(void)
{
	struct scep_store	*store;
	struct scep_error	 err;

	if (try_open(1, &store, &err) != SCEP_OK)
		fail_msg("%s", err.text);
	return store;
}

/* Certificate number n, valid until n + 1, with a log entry. */
static enum scep_err
save(struct scep_store *store, unsigned int n, struct scep_error *err)
{
	struct scep_change	 change = { .n = 0 };
	struct scep_cert_rec	 rec;
	uint8_t			 serial[4] = { 1, (uint8_t)(n >> 16),
				    (uint8_t)(n >> 8), (uint8_t)n };
	char			 line[32];
	enum scep_err		 rc;

	memset(&rec, 0, sizeof(rec));
	rec.state = SCEP_CERT_VALID;
	rec.not_after = (time_t)n + 1;
	rec.issued = (time_t)n + 1;
	if (n % 3 == 0) {
		rec.state = SCEP_CERT_REVOKED;
		rec.revoked = (time_t)n + 2;
	}
	(void)snprintf(rec.subject, sizeof(rec.subject), "CN=%u", n);
	(void)snprintf(line, sizeof(line), "issued %u", n);
	if ((rc = scep_buf_set(&rec.serial, scep_span_make(serial, 4),
	    err)) == SCEP_OK &&
	    (rc = scep_cert_rec_write(&change, &rec, err)) == SCEP_OK &&
	    (rc = scep_buf_set(&change.log, scep_span_text(line), err)) ==
	    SCEP_OK)
		rc = scep_store_commit(store, &change, err);
	scep_change_clear(&change);
	scep_cert_rec_clear(&rec);
	return rc;
}

static void
save_some(struct scep_store *store, unsigned int from, unsigned int n)
{
	struct scep_error	 err;

	for (; n > 0; n--, from++)
		if (save(store, from, &err) != SCEP_OK)
			fail_msg("%s", err.text);
}

static enum scep_err
load(struct scep_store *store, unsigned int n, struct scep_error *err)
{
	static const uint8_t	 issuer[16];
	struct scep_cert_rec	 rec;
	struct scep_buf		 key = { NULL, 0 };
	uint8_t			 serial[4] = { 1, (uint8_t)(n >> 16),
				    (uint8_t)(n >> 8), (uint8_t)n };
	enum scep_err		 rc;

	if ((rc = scep_cert_key(scep_span_make(serial, 4), issuer, &key,
	    err)) == SCEP_OK)
		rc = scep_cert_rec_get(store, scep_buf_span(&key), &rec, err);
	if (rc == SCEP_OK)
		scep_cert_rec_clear(&rec);
	scep_buf_clear(&key);
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

static size_t
rows(struct scep_store *store, enum scep_table table)
{
	struct scep_error	 err;
	size_t			 n = 0;

	assert_int_equal(scep_store_scan(store, table, nothing, count, &n,
	    &err), SCEP_OK);
	return n;
}

static size_t
indexed(struct scep_store *store, enum scep_index index)
{
	struct scep_error	 err;
	size_t			 n = 0;

	assert_int_equal(scep_store_scan_index(store, index, nothing, nothing,
	    count, &n, &err), SCEP_OK);
	return n;
}

static void
expect_agreement(struct scep_store *store, size_t n)
{
	assert_int_equal(rows(store, SCEP_T_CERTIFICATE), n);
	assert_int_equal(rows(store, SCEP_T_LOG), n);
	assert_int_equal(indexed(store, SCEP_IX_CERTIFICATE_SUBJECT), n);
	assert_int_equal(indexed(store, SCEP_IX_CERTIFICATE_EXPIRES), n);
	assert_int_equal(indexed(store, SCEP_IX_CERTIFICATE_KEY), n);
	assert_int_equal(indexed(store, SCEP_IX_CERTIFICATE_ISSUED), n);
	assert_int_equal(indexed(store, SCEP_IX_CERTIFICATE_PROFILE), n);
	assert_int_equal(indexed(store, SCEP_IX_CERTIFICATE_REVOKED),
	    (n + 2) / 3);
}

static char *
slurp(const char *path, size_t *len)
{
	struct stat	 st;
	char		*text;
	int		 fd = open(path, O_RDONLY | O_CLOEXEC);

	assert_int_not_equal(fd, -1);
	assert_int_equal(fstat(fd, &st), 0);
	assert_non_null(text = malloc((size_t)st.st_size + 1));
	assert_int_equal(read(fd, text, (size_t)st.st_size), st.st_size);
	text[st.st_size] = '\0';
	*len = (size_t)st.st_size;
	(void)close(fd);
	return text;
}

static void
spill(const char *path, const char *text, size_t len)
{
	int	 fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
		    0600);

	assert_int_not_equal(fd, -1);
	assert_int_equal(write(fd, text, len), (ssize_t)len);
	(void)close(fd);
}

/* Each line of issue.log, recomputed with EVP and nothing of ours. */
static size_t
check_chain(void)
{
	char		*text, *line, *end, prev[65], all[512], hex[65];
	unsigned char	 md[32];
	unsigned long	 seq, last = 0;
	size_t		 len, n = 0;
	int		 i;

	text = slurp(at("issue.log"), &len);
	memset(prev, '0', 64);
	prev[64] = '\0';
	for (line = text; *line != '\0'; line = end + 1, n++) {
		assert_non_null(end = strchr(line, '\n'));
		*end = '\0';
		seq = strtoul(line, &line, 10);
		assert_true(seq > last && *line == ' ');
		last = seq;
		(void)snprintf(all, sizeof(all), "%s %lu %s", prev, seq,
		    line + 66);
		assert_int_equal(EVP_Digest(all, strlen(all), md, NULL,
		    EVP_sha256(), NULL), 1);
		for (i = 0; i < 32; i++)
			(void)snprintf(hex + 2 * i, 3, "%02x", md[i]);
		assert_memory_equal(hex, line + 1, 64);
		memcpy(prev, hex, sizeof(prev));
	}
	free(text);
	return n;
}

static void
what_was_committed_is_there_after_a_close(void **state)
{
	struct scep_store	*store = open_store();
	struct scep_error	 err;
	struct stat		 st;

	(void)state;
	assert_string_equal(said, "");
	save_some(store, 0, 3);
	scep_store_close(store);
	store = open_store();
	assert_string_equal(said, "");
	expect_agreement(store, 3);
	assert_int_equal(load(store, 2, &err), SCEP_OK);
	assert_int_equal(load(store, 3, &err), SCEP_E_NOTFOUND);
	scep_store_close(store);
	assert_int_equal(stat(at("db"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_int_equal(stat(at("db/certs.db"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(stat(at("issue.log"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

/* The child says which it has committed, until it is killed. */
static void
commit_for_ever(int fd, unsigned int from)
{
	struct scep_store	*store;
	struct scep_error	 err;

	if (try_open(1, &store, &err) != SCEP_OK)
		_exit(1);
	for (; save(store, from, &err) == SCEP_OK; from++)
		if (write(fd, &from, sizeof(from)) != sizeof(from))
			_exit(2);
	_exit(3);
}

static unsigned int
kill_one(unsigned int from, long after_ns)
{
	struct timespec	 ts = { 0, after_ns };
	unsigned int	 got, next = from;
	pid_t		 pid;
	int		 fd[2], status;

	assert_int_equal(pipe(fd), 0);
	assert_int_not_equal(pid = fork(), -1);
	if (pid == 0) {
		(void)close(fd[0]);
		commit_for_ever(fd[1], from);
	}
	(void)close(fd[1]);
	assert_int_equal(read(fd[0], &got, sizeof(got)), sizeof(got));
	next = got + 1;
	(void)nanosleep(&ts, NULL);
	assert_int_equal(kill(pid, SIGKILL), 0);
	while (read(fd[0], &got, sizeof(got)) == sizeof(got))
		next = got + 1;
	(void)close(fd[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	return next;
}

static void
a_kill_loses_nothing_that_was_acknowledged(void **state)
{
	struct scep_store	*store;
	struct scep_error	 err;
	unsigned int		 next = 0, n;
	size_t			 there;
	int			 i;

	(void)state;
	for (i = 0; i < ROUNDS; i++) {
		next = kill_one(next, 1000000L * ((i * 7) % 23));
		store = open_store();
		assert_non_null(strstr(said, "recovered after an unclean"));
		for (n = 0; n < next; n++)
			assert_int_equal(load(store, n, &err), SCEP_OK);
		there = rows(store, SCEP_T_CERTIFICATE);
		/* One may be committed and not acknowledged. */
		assert_in_range(there, next, next + 1);
		expect_agreement(store, there);
		assert_int_equal(check_chain(), there);
		scep_store_close(store);
		next = (unsigned int)there;
	}
}

/* Say another schema, and close the store. */
static void
say_schema(struct scep_store *store, int schema)
{
	DB	*meta = ((struct scep_db *)store)->tree[SCEP_TREE_META];
	char	 text[16];
	DBT	 key = scep_dbt(scep_span_text("schema")), value;

	(void)snprintf(text, sizeof(text), "%d", schema);
	value = scep_dbt(scep_span_text(text));
	assert_int_equal(meta->put(meta, NULL, &key, &value, DB_AUTO_COMMIT),
	    0);
	scep_store_close(store);
}

static void
a_newer_schema_is_refused_and_an_older_one_migrated(void **state)
{
	struct scep_store	*store = open_store();
	struct scep_error	 err;

	(void)state;
	save_some(store, 0, 5);
	say_schema(store, SCEP_DB_SCHEMA + 1);
	assert_int_equal(try_open(1, &store, &err), SCEP_E_CONFIG);
	assert_null(store);
	assert_non_null(strstr(err.text, "newer"));

	old_store_make(dir, 0);
	store = open_store();
	assert_non_null(strstr(said, "schema 0 is migrated"));
	expect_agreement(store, 5);
	save_some(store, 5, 1);
	expect_agreement(store, 6);
	scep_store_close(store);
	store = open_store();
	assert_string_equal(said, "");
	expect_agreement(store, 6);
	scep_store_close(store);
}

/* Schema 1 knew no traces. */
static void
a_store_without_traces_gets_them(void **state)
{
	struct scep_store	*store = open_store();
	struct scep_change	 change = { .n = 0 };
	struct scep_trace	 t = { .kind = SCEP_TRACE_REFUSED, .when = 9,
				    .passing = 1, .expires = 10 };
	struct scep_error	 err;

	(void)state;
	save_some(store, 0, 2);
	scep_store_close(store);
	old_store_make(dir, 1);
	assert_int_equal(unlink(at("db/traces.db")), 0);
	assert_int_equal(unlink(at("db/traces-expires.db")), 0);
	assert_int_equal(unlink(at("db/traces-transaction.db")), 0);
	assert_int_equal(unlink(at("db/traces-request.db")), 0);
	store = open_store();
	assert_non_null(strstr(said, "schema 1 is migrated"));
	expect_agreement(store, 2);
	(void)strcpy(t.id, "0123456789abcdef");
	(void)strcpy(t.request_id, "1123456789abcdef");
	assert_int_equal(scep_buf_set(&t.txid, scep_span_text("tx"), &err),
	    SCEP_OK);
	assert_int_equal(scep_trace_write(&change, &t, &err), SCEP_OK);
	assert_int_equal(scep_store_commit(store, &change, &err), SCEP_OK);
	assert_int_equal(rows(store, SCEP_T_TRACE), 1);
	assert_int_equal(indexed(store, SCEP_IX_TRACE_EXPIRES), 1);
	assert_int_equal(indexed(store, SCEP_IX_TRACE_TRANSACTION), 1);
	assert_int_equal(indexed(store, SCEP_IX_TRACE_REQUEST), 1);
	scep_change_clear(&change);
	scep_trace_clear(&t);
	scep_store_close(store);
}

static void
indexes_that_are_missing_are_made_anew(void **state)
{
	struct scep_store	*store = open_store();

	(void)state;
	save_some(store, 0, 7);
	scep_store_close(store);
	assert_int_equal(unlink(at("db/index.db")), 0);
	store = open_store();
	assert_non_null(strstr(said, "indexes are missing or unfinished"));
	expect_agreement(store, 7);
	scep_store_close(store);
	store = open_store();
	assert_string_equal(said, "");
	expect_agreement(store, 7);
	scep_store_close(store);
}

static off_t
index_size(void)
{
	struct stat	 st;

	assert_int_equal(stat(at("db/index.db"), &st), 0);
	return st.st_size;
}

/* Not of pages that are full, and split by the next rows, or half empty. */
static void
indexes_made_anew_are_as_large_as_they_were(void **state)
{
	const unsigned int	 n = 2500;
	struct scep_store	*store = open_store();
	unsigned int		 i;
	off_t			 grown;

	(void)state;
	for (i = 0; i < n; i++)		/* in no order, none twice */
		save_some(store, i * 2731 % n, 1);
	scep_store_close(store);
	grown = index_size();
	assert_int_equal(unlink(at("db/index.db")), 0);
	store = open_store();
	expect_agreement(store, n);
	scep_store_close(store);
	assert_in_range(index_size(), grown - grown / 10, grown + grown / 10);
}

/* Killed at any point, several times; then not. */
static void
a_migration_that_was_cut_short_is_done_again(void **state)
{
	const unsigned int	 n = 2000;
	struct scep_store	*store = open_store();
	struct scep_error	 err;
	struct timespec		 ts = { 0, 0 };
	pid_t			 pid;
	int			 i, status, killed = 0, again = 0;

	(void)state;
	save_some(store, 0, n);
	scep_store_close(store);
	for (i = 0; i < 24; i++) {
		if (i % 8 == 0)
			old_store_make(dir, 3);
		assert_int_not_equal(pid = fork(), -1);
		if (pid == 0)
			_exit(try_open(1, &store, &err) != SCEP_OK);
		ts.tv_nsec = 1000000L * (2 + 4 * (i % 8) + i / 8);
		(void)nanosleep(&ts, NULL);
		(void)kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
		killed += WIFSIGNALED(status);
		if (i % 8 != 7)
			continue;
		store = open_store();
		again += strstr(said, "is done again") != NULL;
		expect_agreement(store, n);
		scep_store_close(store);
		assert_int_equal(access(at("db/certificates.db"), F_OK), -1);
	}
	assert_true(killed > 0);
	(void)printf("# %d killed, %d begun and not ended\n", killed, again);
}

static void
a_disk_below_the_reserve_is_not_written_to(void **state)
{
	struct scep_store	*store = open_store();
	struct scep_error	 err;

	(void)state;
	save_some(store, 0, 1);
	scep_store_close(store);
	assert_int_equal(try_open(SIZE_MAX, &store, &err), SCEP_OK);
	assert_int_equal(save(store, 1, &err), SCEP_E_STORE);
	assert_non_null(strstr(err.text, "disk"));
	assert_int_equal(load(store, 0, &err), SCEP_OK);
	said[0] = '\0';
	assert_int_equal(scep_store_tend(store, &err), SCEP_OK);
	assert_non_null(strstr(said, "disk"));
	said[0] = '\0';		/* said once, not every few seconds */
	assert_int_equal(scep_store_tend(store, &err), SCEP_OK);
	assert_string_equal(said, "");
	scep_store_close(store);
	store = open_store();
	save_some(store, 1, 1);
	expect_agreement(store, 2);
	scep_store_close(store);
}

/* 0 if nothing is read or written, and a restart is asked for. */
static int
meet_damage(void)
{
	struct scep_store	*store;
	struct scep_error	 err;

	if (try_open(1, &store, &err) != SCEP_OK)
		return err.code != SCEP_E_STORE;
	return load(store, 1, &err) != SCEP_E_STORE ||
	    save(store, 9, &err) != SCEP_E_STORE ||
	    scep_store_tend(store, &err) != SCEP_E_STORE;
}

static void
a_damaged_page_is_seen_and_never_served(void **state)
{
	struct scep_store	*store = open_store();
	unsigned char		 octet;
	pid_t			 pid;
	int			 fd, status;

	(void)state;
	save_some(store, 0, 3);
	scep_store_close(store);
	assert_int_not_equal(fd = open(at("db/certs.db"), O_RDWR |
	    O_CLOEXEC), -1);
	assert_int_equal(pread(fd, &octet, 1, 2 * 4096 - 20), 1);
	octet ^= 1;
	assert_int_equal(pwrite(fd, &octet, 1, 2 * 4096 - 20), 1);
	(void)close(fd);
	/* In a child: libdb keeps the memory of an environment that panics. */
	assert_int_not_equal(pid = fork(), -1);
	if (pid == 0)
		_exit(meet_damage());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* Made anew it would be empty, and nobody would know. */
static void
a_table_that_is_missing_is_an_error(void **state)
{
	struct scep_store	*store = open_store();
	struct scep_error	 err;
	char			 away[256];

	(void)state;
	save_some(store, 0, 3);
	scep_store_close(store);
	(void)snprintf(away, sizeof(away), "%s", at("away.db"));
	assert_int_equal(rename(at("db/certs.db"), away), 0);
	assert_int_equal(try_open(1, &store, &err), SCEP_E_STORE);
	assert_null(store);
	assert_non_null(strstr(err.text, "/db/certs.db: this table"));
	assert_int_equal(access(at("db/certs.db"), F_OK), -1);
	assert_int_equal(rename(away, at("db/certs.db")), 0);
	store = open_store();
	expect_agreement(store, 3);
	scep_store_close(store);
}

/* Berkeley DB waits for more than two minutes in the hope of more. */
static void
few_descriptors_are_an_error_at_once(void **state)
{
	struct rlimit		 was, few;
	struct scep_store	*store;
	struct scep_error	 err;
	time_t			 begin = time(NULL);

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
	few = was;
	few.rlim_cur = 20;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	assert_int_equal(try_open(1, &store, &err), SCEP_E_STORE);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
	assert_non_null(strstr(err.text, "the limit is 20"));
	assert_true(time(NULL) - begin < 60);
	scep_store_close(open_store());
}

static void
a_directory_that_cannot_be_used_is_a_matter_of_configuration(void **state)
{
	struct scep_store_db_options	 opt = { .dir = "/nonexistent/x" };
	struct scep_store		*store;
	struct scep_error		 err;

	(void)state;
	assert_int_equal(scep_store_db_open(&opt, &store, &err),
	    SCEP_E_CONFIG);
	assert_null(store);
	assert_non_null(strstr(err.text, "/nonexistent/x"));
	spill(at("db"), "", 0);
	assert_int_equal(try_open(1, &store, &err), SCEP_E_CONFIG);
}

static void
the_journal_is_completed_from_the_table(void **state)
{
	struct scep_store	*store = open_store();
	char			*text;
	size_t			 len, cut;

	(void)state;
	save_some(store, 0, 300);
	scep_store_close(store);
	assert_int_equal(check_chain(), 300);
	text = slurp(at("issue.log"), &len);
	/* Cut at each octet of the last line: a crash while it was written. */
	for (cut = len; cut > len - 90; cut -= 13) {
		spill(at("issue.log"), text, cut);
		store = open_store();
		scep_store_close(store);
		assert_int_equal(check_chain(), 300);
	}
	spill(at("issue.log"), text, len / 2);
	store = open_store();
	assert_non_null(strstr(said, "added from the database"));
	save_some(store, 300, 1);
	scep_store_close(store);
	assert_int_equal(check_chain(), 301);
	assert_int_equal(unlink(at("issue.log")), 0);
	store = open_store();
	scep_store_close(store);
	assert_int_equal(check_chain(), 301);
	free(text);
}

/* Whether a store with this journal opens. */
static enum scep_err
open_with(const char *journal, size_t len)
{
	struct scep_store	*store;
	struct scep_error	 err;
	enum scep_err		 rc;

	spill(at("issue.log"), journal, len);
	rc = try_open(1, &store, &err);
	if (rc != SCEP_OK)
		assert_non_null(strstr(err.text, "issue.log"));
	scep_store_close(store);
	return rc;
}

static void
a_journal_that_was_changed_is_an_error(void **state)
{
	struct scep_store	*store = open_store();
	char			*text, *second, *third, *other;
	size_t			 len;

	(void)state;
	save_some(store, 0, 4);
	scep_store_close(store);
	text = slurp(at("issue.log"), &len);
	assert_non_null(other = malloc(2 * len + 1));
	second = strchr(text, '\n') + 1;
	third = strchr(second, '\n') + 1;
	assert_int_equal(open_with(text, len), SCEP_OK);	/* control */

	memcpy(other, text, len);		/* a text */
	other[third - text - 2] ^= 1;
	assert_int_equal(open_with(other, len), SCEP_E_STORE);
	memcpy(other, text, len);		/* a hash */
	other[len - 20] = other[len - 20] == '0' ? '1' : '0';
	assert_int_equal(open_with(other, len), SCEP_E_STORE);
	memcpy(other, text, (size_t)(second - text));	/* a line taken out */
	memcpy(other + (second - text), third, len - (size_t)(third - text));
	assert_int_equal(open_with(other, len - (size_t)(third - second)),
	    SCEP_E_STORE);
	assert_int_equal(open_with(second, len - (size_t)(second - text)),
	    SCEP_E_STORE);
	memcpy(other, text, len);		/* a line more */
	memcpy(other + len, second, (size_t)(third - second));
	other[len] = '9';
	assert_int_equal(open_with(other, len + (size_t)(third - second)),
	    SCEP_E_STORE);
	assert_int_equal(open_with("rubbish\n", 8), SCEP_E_STORE);
	assert_int_equal(open_with("\0\n", 2), SCEP_E_STORE);
	assert_int_equal(open_with(text, len), SCEP_OK);
	free(text);
	free(other);
}

static void
mends(const char *journal, size_t len, const char *want, size_t want_len)
{
	char	*now;
	size_t	 n;

	assert_int_equal(open_with(journal, len), SCEP_OK);
	now = slurp(at("issue.log"), &n);
	assert_int_equal(n, want_len);
	assert_memory_equal(now, want, n);
	free(now);
}

/* What a power cut leaves of lines that were not synced. */
static void
a_journal_that_a_power_cut_left_is_mended(void **state)
{
	struct scep_store	*store = open_store();
	char			*text, *other;
	size_t			 len, room, cut;
	int			 how;

	(void)state;
	save_some(store, 0, 40);
	scep_store_close(store);
	text = slurp(at("issue.log"), &len);
	room = len + 5000;
	assert_non_null(other = malloc(room));
	for (cut = 0; cut < len; cut += cut < len - 200 ? 97 : 1) {
		/* Short; zeros to its full length; and more of them. */
		for (how = 0; how < 3; how++) {
			memset(other, 0, room);
			memcpy(other, text, cut);
			mends(other, how == 0 ? cut : how == 1 ? len : room,
			    text, len);
		}
		/* A hole, and what comes behind it is there. */
		memcpy(other, text, len);
		memset(other + cut, 0, len - cut < 50 ? len - cut : 50);
		mends(other, len, text, len);
		/* But an octet that no cut leaves is still seen. */
		other[len - 3] = 'y';
		if (cut + 50 < len - 3)
			assert_int_equal(open_with(other, len),
			    SCEP_E_STORE);
	}
	free(text);
	free(other);
}

/* A hole far from the end, which only an unclean stop makes look for. */
static void
a_hole_far_from_the_end_is_mended(void **state)
{
	struct scep_store	*store = open_store();
	struct scep_change	 change = { .n = 0 };
	struct scep_error	 err;
	char			*text, *holed, line[10001];
	size_t			 len;
	int			 i, fd;

	(void)state;
	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	assert_int_equal(scep_buf_set(&change.log, scep_span_text(line),
	    &err), SCEP_OK);
	for (i = 0; i < 90; i++)
		assert_int_equal(scep_store_commit(store, &change, &err),
		    SCEP_OK);
	scep_change_clear(&change);
	scep_store_close(store);
	text = slurp(at("issue.log"), &len);
	assert_non_null(holed = malloc(len));
	memcpy(holed, text, len);
	memset(holed + 40000, 0, 4096);
	mends(holed, len, holed, len);		/* control: is not seen */
	assert_int_not_equal(fd = open(at("db/unclean"), O_WRONLY | O_CREAT |
	    O_CLOEXEC, 0600), -1);
	(void)close(fd);
	mends(holed, len, text, len);
	free(text);
	free(holed);
}

/* More than is looked at: the tail is still held against the table. */
static void
the_tail_of_a_long_journal_is_checked(void **state)
{
	struct scep_store	*store = open_store();
	struct scep_change	 change = { .n = 0 };
	struct scep_error	 err;
	char			*text, line[10001];
	size_t			 len;
	int			 i;

	(void)state;
	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	assert_int_equal(scep_buf_set(&change.log, scep_span_text(line),
	    &err), SCEP_OK);
	for (i = 0; i < 40; i++)
		assert_int_equal(scep_store_commit(store, &change, &err),
		    SCEP_OK);
	scep_change_clear(&change);
	scep_store_close(store);
	text = slurp(at("issue.log"), &len);
	assert_true(len > 256 * 1024);
	assert_int_equal(open_with(text, len), SCEP_OK);
	assert_int_equal(open_with(text, len - 5000), SCEP_OK);
	text[len - 30000] = 'y';
	assert_int_equal(open_with(text, len), SCEP_E_STORE);
	free(text);
}

/* The journal's descriptor becomes one of /dev/full, which takes no octet. */
static void
a_journal_that_cannot_be_written_stops_the_store(void **state)
{
	struct scep_store	*store = open_store();
	struct scep_error	 err;
	int			 full;

	(void)state;
	save_some(store, 0, 1);
	assert_int_equal(scep_store_tend(store, &err), SCEP_OK);
	assert_int_not_equal(full = open("/dev/full", O_WRONLY | O_CLOEXEC),
	    -1);
	assert_int_not_equal(dup2(full,
	    ((struct scep_db *)store)->journal->fd), -1);
	(void)close(full);
	assert_int_equal(save(store, 1, &err), SCEP_E_STORE);
	assert_non_null(strstr(err.text, "issue.log"));
	assert_int_equal(save(store, 2, &err), SCEP_E_STORE);
	assert_int_equal(load(store, 2, &err), SCEP_E_NOTFOUND);
	assert_int_equal(scep_store_tend(store, &err), SCEP_E_STORE);
	scep_store_close(store);
	store = open_store();		/* it was committed, and is added */
	assert_int_equal(load(store, 1, &err), SCEP_OK);
	assert_int_equal(check_chain(), 2);
	save_some(store, 2, 1);
	scep_store_close(store);
	assert_int_equal(check_chain(), 3);
}

#define T(f)	cmocka_unit_test_setup_teardown(f, make_dir, remove_dir)
#define SHOWS(t, n)	conforms_setup_teardown(t, make_dir, remove_dir, n)

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		T(what_was_committed_is_there_after_a_close),
		SHOWS(a_kill_loses_nothing_that_was_acknowledged,
		    "C-176 T-101"),
		T(a_newer_schema_is_refused_and_an_older_one_migrated),
		T(a_store_without_traces_gets_them),
		T(indexes_that_are_missing_are_made_anew),
		T(indexes_made_anew_are_as_large_as_they_were),
		T(a_migration_that_was_cut_short_is_done_again),
		T(a_disk_below_the_reserve_is_not_written_to),
		T(a_damaged_page_is_seen_and_never_served),
		T(a_table_that_is_missing_is_an_error),
		T(few_descriptors_are_an_error_at_once),
		T(a_directory_that_cannot_be_used_is_a_matter_of_configuration),
		T(the_journal_is_completed_from_the_table),
		T(a_journal_that_was_changed_is_an_error),
		T(a_journal_that_a_power_cut_left_is_mended),
		T(a_hole_far_from_the_end_is_mended),
		T(the_tail_of_a_long_journal_is_checked),
		T(a_journal_that_cannot_be_written_stops_the_store),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
