/*
 * t_store_warm.c - the indexes are read ahead at the first tends, once, up to
 * half of the memory, and not for one request.
 */
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/syscall.h>

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/dir.h"
#include "base/error.h"
#include "store/db.h"

#define STEP	((off_t)64 << 20)	/* octets at a tend */

static char	 dir[64];
static off_t	 read_ahead;		/* octets, one behind the other */
static int	 asks, strange;
static long	 memory;		/* octets; 0: enough */

/* What libdb and the C library ask goes to the kernel. */
int
posix_fadvise(int fd, off_t offset, off_t len, int advice)
{
	asks++;
	strange += advice != POSIX_FADV_WILLNEED || offset != read_ahead ||
	    len <= 0 || len > STEP;
	read_ahead += len;
	return (int)-syscall(SYS_fadvise64, fd, offset, len, advice);
}

long
get_phys_pages(void)
{
	return (memory != 0 ? memory : 4L << 30) / getpagesize();
}

static int
make_dir(void **state)
{
	(void)state;
	(void)strcpy(dir, "/tmp/t_store_warm.XXXXXX");
	read_ahead = 0;
	asks = strange = 0;
	memory = 0;
	return mkdtemp(dir) != NULL ? 0 : -1;
}

static int
remove_dir(void **state)
{
	(void)state;
	scep_dir_remove(dir, 1);
	return 0;
}

static struct scep_store *
open_store(int brief_one)
{
	const struct scep_store_db_options	 opt = {
		.dir = dir,
		.reserve = 1,
		.brief = brief_one,
	};
	struct scep_store	*store;
	struct scep_error	 err;

	if (scep_store_db_open(&opt, &store, &err) != SCEP_OK)
		fail_msg("%s", err.text);
	return store;
}

static off_t
size_of_indexes(void)
{
	struct stat	 st;
	char		 path[128];

	(void)snprintf(path, sizeof(path), "%s/db/%s", dir,
	    scep_db_tree_file(SCEP_TREE_INDEX));
	assert_int_equal(stat(path, &st), 0);
	return st.st_size;
}

/* As if very many certificates were in them: libdb takes a file that is longer
 * than it needs as it is. */
static void
lengthen_indexes(off_t size)
{
	char	 path[128];

	(void)snprintf(path, sizeof(path), "%s/db/%s", dir,
	    scep_db_tree_file(SCEP_TREE_INDEX));
	assert_int_equal(truncate(path, size), 0);
}

static void
tend(struct scep_store *store, int times)
{
	struct scep_error	 err;

	while (times-- > 0)
		if (scep_store_tend(store, &err) != SCEP_OK)
			fail_msg("%s", err.text);
}

static void
test_all_of_it(void **state)
{
	struct scep_store	*store = open_store(0);

	(void)state;
	assert_int_equal(asks, 0);	/* an opening waits for nothing */
	tend(store, 4);
	assert_true(read_ahead > 0);
	assert_int_equal(read_ahead, size_of_indexes());
	assert_int_equal(asks, 1);	/* and never again */
	assert_int_equal(strange, 0);
	scep_store_close(store);
}

static void
test_in_steps(void **state)
{
	struct scep_store	*store = open_store(0);
	const off_t		 size = 2 * STEP + 8192;

	(void)state;
	lengthen_indexes(size);
	tend(store, 1);
	assert_int_equal(read_ahead, STEP);
	tend(store, 1);
	assert_int_equal(read_ahead, 2 * STEP);
	tend(store, 3);
	assert_int_equal(read_ahead, size);
	assert_int_equal(asks, 3);
	assert_int_equal(strange, 0);
	scep_store_close(store);
}

static void
test_half_of_the_memory(void **state)
{
	struct scep_store	*store = open_store(0);

	(void)state;
	memory = 16L << 20;
	lengthen_indexes(64L << 20);
	tend(store, 3);
	assert_int_equal(read_ahead, 8L << 20);
	assert_int_equal(strange, 0);
	scep_store_close(store);
}

static void
test_not_for_one_request(void **state)
{
	struct scep_store	*store = open_store(1);

	(void)state;
	tend(store, 2);
	assert_int_equal(asks, 0);
	scep_store_close(store);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test_setup_teardown(test_all_of_it, make_dir,
		    remove_dir),
		cmocka_unit_test_setup_teardown(test_in_steps, make_dir,
		    remove_dir),
		cmocka_unit_test_setup_teardown(test_half_of_the_memory,
		    make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(test_not_for_one_request,
		    make_dir, remove_dir),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
