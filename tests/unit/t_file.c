/* t_file.c - whole files: what is read, what is not, what is written. */
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/file.h"

static char	dir[] = "/tmp/t_file.XXXXXX";

static const char *
at(const char *name)
{
	static char	 path[256];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void
create(const char *name, const char *text, unsigned int mode)
{
	struct scep_error	 err = { SCEP_OK, "" };

	(void)unlink(at(name));
	if (scep_file_create(at(name), scep_span_text(text), mode, &err) !=
	    SCEP_OK)
		fail_msg("%s", err.text);
}

static size_t
count_files(void)
{
	struct dirent	*e;
	size_t		 n = 0;
	DIR		*d;

	assert_non_null(d = opendir(dir));
	while ((e = readdir(d)) != NULL)
		n += e->d_name[0] != '.';
	(void)closedir(d);
	return n;
}

static void
what_was_created_is_read_back(void **state)
{
	struct scep_buf		 buf = { NULL, 0 };
	struct scep_error	 err;
	struct stat		 st;

	(void)state;
	create("a", "hello\n", 0640);
	assert_int_equal(stat(at("a"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(count_files(), 1);
	assert_int_equal(scep_file_read(at("a"), 6, &buf, &err), SCEP_OK);
	assert_int_equal(buf.len, 6);
	assert_string_equal((char *)buf.data, "hello\n");
	create("a", "", 0600);
	assert_int_equal(scep_file_read(at("a"), 6, &buf, &err), SCEP_OK);
	assert_int_equal(buf.len, 0);
	scep_buf_clear(&buf);
	assert_int_equal(unlink(at("a")), 0);
}

static void
nothing_is_overwritten(void **state)
{
	struct scep_buf		 buf = { NULL, 0 };
	struct scep_error	 err;

	(void)state;
	create("a", "first", 0600);
	assert_int_equal(scep_file_create(at("a"), scep_span_text("second"),
	    0600, &err), SCEP_E_EXISTS);
	assert_int_equal(count_files(), 1);
	assert_int_equal(scep_file_read(at("a"), 99, &buf, &err), SCEP_OK);
	assert_string_equal((char *)buf.data, "first");
	scep_buf_clear(&buf);
	assert_int_equal(unlink(at("a")), 0);
	assert_int_equal(scep_file_create(at("no/a"), scep_span_text("x"),
	    0600, &err), SCEP_E_CONFIG);
}

static void
what_is_no_file_of_a_fair_size_is_refused(void **state)
{
	struct scep_buf		 buf = { NULL, 0 };
	struct scep_error	 err;

	(void)state;
	assert_int_equal(scep_file_read(at("a"), 9, &buf, &err),
	    SCEP_E_NOTFOUND);
	assert_int_equal(scep_file_read(at("a/b"), 9, &buf, &err),
	    SCEP_E_NOTFOUND);
	assert_int_equal(scep_file_read(dir, 9, &buf, &err), SCEP_E_CONFIG);
	assert_non_null(strstr(err.text, "not a regular file"));
	assert_int_equal(mkfifo(at("a"), 0600), 0);
	assert_int_equal(scep_file_read(at("a"), 9, &buf, &err),
	    SCEP_E_CONFIG);
	create("a", "1234567890", 0600);
	assert_int_equal(scep_file_read(at("a"), 9, &buf, &err),
	    SCEP_E_CONFIG);
	assert_non_null(strstr(err.text, "10 octets, at most 9"));
	assert_null(buf.data);
	assert_int_equal(scep_file_read(at("a"), 10, &buf, &err), SCEP_OK);
	scep_buf_clear(&buf);
	assert_int_equal(unlink(at("a")), 0);
}

static void
a_refusal_of_the_system_has_its_remedy(void **state)
{
	static const struct {
		int		 no;
		enum scep_err	 code;
		const char	*mend;
	} rows[] = {
		{ ENOSPC, SCEP_E_STORE, "; make room on its disk: df -h /" },
		{ EROFS, SCEP_E_STORE, "; mount -o remount,rw " },
		{ EMFILE, SCEP_E_STORE, "ulimit -n" },
		{ EISDIR, SCEP_E_CONFIG, "move it away: mv " },
		{ ENOENT, SCEP_E_CONFIG, "its directory is missing: mkdir " },
		{ EACCES, SCEP_E_CONFIG, "; chmod u+rwx /" },
		{ ENOTTY, SCEP_E_STORE, "" },
	};
	struct scep_error	 err;
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(scep_file_fail(at("none"), rows[i].no, &err),
		    rows[i].code);
		if (strncmp(err.text, at("none"), strlen(at("none"))) != 0 ||
		    strstr(err.text, rows[i].mend) == NULL)
			fail_msg("%s", err.text);
	}
}

static void
a_secret_that_others_can_reach_is_refused_with_the_remedy(void **state)
{
	static const unsigned int bad[] = { 0640, 0604, 0620, 0602, 0610 };
	struct scep_buf		 buf = { NULL, 0 };
	struct scep_error	 err;
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		create("a", "s", bad[i]);
		assert_int_equal(scep_file_read_secret(at("a"), 9, &buf,
		    &err), SCEP_E_CONFIG);
		assert_non_null(strstr(err.text, "chmod 600 /tmp/t_file."));
		assert_int_equal(scep_file_read(at("a"), 9, &buf, &err),
		    SCEP_OK);
		scep_buf_clear(&buf);
	}
	create("a", "s", 0600);
	assert_int_equal(scep_file_read_secret(at("a"), 9, &buf, &err),
	    SCEP_OK);
	create("a", "s", 0400);
	assert_int_equal(scep_file_read_secret(at("a"), 9, &buf, &err),
	    SCEP_OK);
	scep_buf_clear(&buf);
	assert_int_equal(unlink(at("a")), 0);
}

static void
a_secret_behind_a_link_or_of_somebody_else_is_refused(void **state)
{
	struct scep_buf		 buf = { NULL, 0 };
	struct scep_error	 err;
	char			 target[256];

	(void)state;
	create("a", "s", 0600);
	(void)snprintf(target, sizeof(target), "%s", at("a"));
	assert_int_equal(symlink(target, at("b")), 0);
	assert_int_equal(scep_file_read(at("b"), 9, &buf, &err), SCEP_OK);
	scep_buf_clear(&buf);
	assert_int_equal(scep_file_read_secret(at("b"), 9, &buf, &err),
	    SCEP_E_CONFIG);
	assert_non_null(strstr(err.text, "symbolic link"));
	assert_int_equal(unlink(at("b")), 0);
	if (geteuid() == 0) {		/* only root can give files away */
		assert_int_equal(chown(at("a"), 12345, (gid_t)-1), 0);
		assert_int_equal(scep_file_read_secret(at("a"), 9, &buf,
		    &err), SCEP_E_CONFIG);
		assert_non_null(strstr(err.text, "chown 0 "));
	}
	assert_int_equal(unlink(at("a")), 0);
}

static int
make_dir(void **state)
{
	(void)state;
	return mkdtemp(dir) == NULL ? -1 : 0;
}

static int
remove_dir(void **state)
{
	(void)state;
	return rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(what_was_created_is_read_back),
		cmocka_unit_test(nothing_is_overwritten),
		cmocka_unit_test(what_is_no_file_of_a_fair_size_is_refused),
		cmocka_unit_test(a_refusal_of_the_system_has_its_remedy),
		cmocka_unit_test(
		    a_secret_that_others_can_reach_is_refused_with_the_remedy),
		cmocka_unit_test(
		    a_secret_behind_a_link_or_of_somebody_else_is_refused),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
