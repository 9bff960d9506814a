/*
 * t_backup.c - the operator's backup: where it may go, what is in it, and
 * that nothing is left of one that fails.
 */
#include <sys/stat.h>

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/copy.h"
#include "base/dir.h"
#include "base/error.h"
#include "base/file.h"
#include "ca/manifest.h"
#include "tests/unit/operator.h"

static struct world		*w;
static struct scep_store	*store;
static char			 dir[64];	/* for backups */

static void
spill(const char *path, const char *text)
{
	FILE	*f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

/* A world whose state is on the disk, below scep.conf. */
static int
open_in(const char *name)
{
	struct scep_store_db_options	 opt = { .cache = 1 << 20,
					    .reserve = 1 };
	struct scep_error		 err;

	w = world_new(NULL);
	(void)snprintf(w->cfg->server.state, sizeof(w->cfg->server.state),
	    "%s%s", w->dir, name);
	spill(scep_conf_file(w->cfg->conf), "# as it was read\n");
	opt.dir = w->cfg->server.state;
	if ((mkdir(opt.dir, 0700) == -1 && name[0] != '\0') ||
	    scep_store_db_open(&opt, &store, &err) != SCEP_OK)
		return -1;
	world_use(w, store);
	(void)strcpy(dir, "/tmp/t_backup.XXXXXX");
	return mkdtemp(dir) != NULL ? 0 : -1;
}

static int
open_world(void **state)
{
	(void)state;
	return open_in("/state");
}

static int
open_flat_world(void **state)
{
	(void)state;
	return open_in("");
}

static int
close_world(void **state)
{
	char	 where[64];

	(void)state;
	(void)snprintf(where, sizeof(where), "%s", w->dir);
	world_empty(w);
	scep_store_close(store);
	world_free(w);
	scep_dir_remove(where, 1);
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

static int
is_there(const char *name)
{
	return access(at(name), F_OK) == 0;
}

static void
read_manifest(const char *name, struct scep_manifest *m)
{
	struct scep_buf		 json = { NULL, 0 };
	struct scep_error	 err;
	char			 path[256];

	(void)snprintf(path, sizeof(path), "%s/%s/manifest.json", dir, name);
	if (scep_file_read(path, SCEP_MANIFEST_MAX, &json, &err) != SCEP_OK ||
	    scep_manifest_decode(scep_buf_span(&json), m, &err) != SCEP_OK)
		fail_msg("%s", err.text);
	scep_buf_clear(&json);
}

static json_t *
backup(const char *name)
{
	return operator_ask_id(w, 0, "{\"do\":\"backup\",\"dir\":\"%s\"}",
	    at(name));
}

static void
refused(const char *path, enum scep_err code, const char *words)
{
	operator_refused_id(w, 0, "{\"do\":\"backup\",\"dir\":\"%s\"}", path,
	    code, words);
}

/* Each file of a manifest is there, and is what it says. */
static void
check_files(const char *name, const struct scep_manifest *m)
{
	struct scep_error	 err;
	struct stat		 st;
	char			 path[2048];
	uint8_t			 sha256[SCEP_SHA256_LEN];
	uint64_t		 size;
	size_t			 i;

	for (i = 0; i < m->n; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s/%s", dir, name,
		    m->file[i].place);
		assert_int_equal(scep_copy_digest(path,
		    w->crypto->md[SCEP_SHA256], &size, sha256, &err),
		    SCEP_OK);
		assert_true(size == m->file[i].size);
		assert_memory_equal(sha256, m->file[i].sha256,
		    sizeof(sha256));
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 07777, 0600);
	}
}

static int
has_place(const struct scep_manifest *m, const char *place)
{
	size_t	 i;

	for (i = 0; i < m->n; i++)
		if (strcmp(m->file[i].place, place) == 0)
			return 1;
	return 0;
}

static void
all_that_is_needed_is_in_it(void **state)
{
	static const char *const	 places[] = { "scep.conf", "ca.pem",
		"ca.key", "ra.pem", "ra.key", "state/issue.log",
		"state/db/certs.db", "state/db/log.0000000001" };
	char			 text[SCEP_CHALLENGE_TEXT];
	struct scep_manifest	 m;
	struct stat		 st;
	json_t			*done;
	size_t			 i;

	(void)state;
	world_challenge(w, &(struct world_challenge){ .uses = 1 }, text);
	json_decref(operator_ask(w, 0,
	    "{\"do\":\"challenge.add\",\"profile\":\"main\"}"));
	done = backup("one");
	assert_int_equal(json_integer_value(json_object_get(done,
	    "log_seq")), 1);
	assert_true(json_is_true(json_object_get(done, "logged")));
	json_decref(done);
	read_manifest("one", &m);
	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (!has_place(&m, places[i]))
			fail_msg("%s is missing", places[i]);
	check_files("one", &m);
	assert_string_equal(m.conf, "scep.conf");
	assert_string_equal(m.state, "state");
	assert_string_equal(m.version, SCEP_VERSION);
	assert_true(m.time == WORLD_NOW && m.log_seq == 1);
	assert_int_equal(stat(at("one"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	/* challenge.key has its place where it is, too. */
	assert_true(m.n > sizeof(places) / sizeof(places[0]));
	scep_manifest_clear(&m);
	/* That it was made is in the log, and in the next one. */
	done = backup("two");
	assert_int_equal(json_integer_value(json_object_get(done,
	    "log_seq")), 2);
	json_decref(done);
}

static void
state_and_configuration_may_share_a_directory(void **state)
{
	struct scep_manifest	 m;

	(void)state;
	json_decref(operator_ask(w, 0,
	    "{\"do\":\"challenge.add\",\"profile\":\"main\"}"));
	json_decref(backup("flat"));
	read_manifest("flat", &m);
	check_files("flat", &m);
	assert_string_equal(m.state, "");
	assert_true(has_place(&m, "issue.log"));
	assert_true(has_place(&m, "db/certs.db"));
	assert_true(has_place(&m, "scep.conf"));
	scep_manifest_clear(&m);
}

static void
where_it_does_not_go(void **state)
{
	char	 path[2048];

	(void)state;
	refused("relative", SCEP_E_USAGE, "absolute");
	(void)snprintf(path, sizeof(path), "%s/x", w->cfg->server.state);
	refused(path, SCEP_E_REFUSED, "another place");
	(void)snprintf(path, sizeof(path), "%s/db/x/y",
	    w->cfg->server.state);
	refused(path, SCEP_E_REFUSED, "another place");
	refused(w->cfg->server.state, SCEP_E_REFUSED, "another place");
	assert_int_equal(symlink(w->cfg->server.state, at("link")), 0);
	refused(at("link/x"), SCEP_E_REFUSED, "another place");
	spill(at("file"), "x");
	refused(at("file"), SCEP_E_EXISTS, "no directory");
	refused(at("no/where"), SCEP_E_CONFIG, "No such file");
	assert_int_equal(mkdir(at("full"), 0700), 0);
	spill(at("full/x"), "x");
	refused(at("full"), SCEP_E_EXISTS, "not empty");
	assert_true(is_there("full/x"));
	/* The control: an empty one, which is closed to others. */
	assert_int_equal(mkdir(at("empty"), 0755), 0);
	json_decref(backup("empty"));
	refused(at("empty"), SCEP_E_EXISTS, "holds a backup");
}

static void
nothing_is_left_of_one_that_fails(void **state)
{
	(void)state;
	assert_int_equal(unlink(scep_conf_file(w->cfg->conf)), 0);
	refused(at("bad"), SCEP_E_CONFIG, "cannot be read");
	assert_false(is_there("bad"));
	assert_int_equal(mkdir(at("bad"), 0700), 0);
	refused(at("bad"), SCEP_E_CONFIG, "cannot be read");
	assert_true(is_there("bad"));
	assert_int_equal(rmdir(at("bad")), 0);		/* empty */
	spill(scep_conf_file(w->cfg->conf), "# again\n");
	json_decref(backup("good"));
}

/* Of the store; of what is copied before it no total is told. */
static int
stop_at_second(void *arg, uint64_t done, uint64_t total)
{
	(void)done;
	return total == 0 || ++*(int *)arg < 2;
}

static int
stop_at_once(void *arg, uint64_t done, uint64_t total)
{
	assert_true(done == 0 && total == 0);
	++*(int *)arg;
	return 0;
}

static time_t
later(void)
{
	return WORLD_NOW + 77;
}

static enum scep_err
watched(const struct scep_admin_watch *watch, const char *name,
    struct scep_error *err)
{
	struct scep_buf	 reply = { NULL, 0 };
	char		 text[512], summary[512];
	enum scep_err	 rc;

	(void)snprintf(text, sizeof(text),
	    "{\"do\":\"backup\",\"dir\":\"%s\"}", at(name));
	rc = scep_admin_watched(w->ca, WORLD_NOW, 0, scep_span_text(text),
	    watch, &reply, summary, sizeof(summary), err);
	scep_buf_clear(&reply);
	return rc;
}

static void
it_can_be_called_off(void **state)
{
	int				 calls = 0, early = 0;
	const struct scep_admin_watch	 stop = { stop_at_second, &calls,
					    later };
	const struct scep_admin_watch	 once = { stop_at_once, &early,
					    later };
	const struct scep_admin_watch	 look = { NULL, NULL, later };
	struct scep_manifest		 m;
	struct scep_error		 err;

	(void)state;
	assert_int_equal(watched(&stop, "off", &err), SCEP_E_BUSY);
	assert_non_null(strstr(err.text, "called off"));
	assert_false(is_there("off"));
	assert_int_equal(calls, 2);
	assert_int_equal(watched(&once, "off", &err), SCEP_E_BUSY);
	assert_non_null(strstr(err.text, "called off"));
	assert_false(is_there("off"));
	assert_int_equal(early, 1);
	/* The control; its time is that of its end. */
	assert_int_equal(watched(&look, "on", &err), SCEP_OK);
	read_manifest("on", &m);
	assert_true(m.time == WORLD_NOW + 77);
	scep_manifest_clear(&m);
}

static void
a_manifest_comes_back(void **state)
{
	struct scep_manifest		 m = { .n = 0 }, back;
	struct scep_manifest_file	*f;
	struct scep_buf			 json = { NULL, 0 };
	struct scep_error		 err;
	size_t				 i;

	(void)state;
	(void)strcpy(m.version, "0.1");
	(void)strcpy(m.conf, "scep.conf");
	(void)strcpy(m.state_from, "/var/lib/scep");
	m.schema = 7;
	m.log_seq = 1ULL << 40;
	m.time = WORLD_NOW;
	for (i = 0; i < 100; i++) {
		assert_non_null(f = scep_manifest_add(&m));
		(void)snprintf(f->place, sizeof(f->place), "a/f%zu", i);
		(void)snprintf(f->from, sizeof(f->from), "/x/f%zu", i);
		f->kind = SCEP_KEPT_FILE;
		f->size = 1ULL << 41;
		f->mode = 0640;
		f->owners = i % 2 == 0;
		f->sha256[31] = (uint8_t)i;
	}
	assert_int_equal(scep_manifest_encode(&m, &json, &err), SCEP_OK);
	assert_int_equal(scep_manifest_decode(scep_buf_span(&json), &back,
	    &err), SCEP_OK);
	assert_int_equal(back.n, 100);
	assert_memory_equal(back.file, m.file, m.n * sizeof(*m.file));
	assert_true(back.log_seq == m.log_seq && back.time == m.time &&
	    back.schema == 7);
	scep_manifest_clear(&m);
	scep_manifest_clear(&back);
	scep_buf_clear(&json);
}

#define HEAD	"{\"format\":1,\"version\":\"0.1\",\"schema\":1,\"time\":" \
	"\"2026-11-24T12:00:00Z\",\"log_seq\":5,\"user\":\"\","
#define NAMES	"\"conf\":\"c\",\"state\":\"s\",\"state_from\":\"/s\","
#define FILE1(place, from) "\"files\":[{\"place\":\"" place "\",\"from\":\"" \
	from "\",\"kind\":\"file\",\"size\":1,\"mode\":\"0600\",\"owners\":" \
	"true,\"sha256\":\"000102030405060708090a0b0c0d0e0f0001020304050607" \
	"08090a0b0c0d0e0f\"}]}"

static void
a_manifest_is_not_believed(void **state)
{
	static const struct {
		const char	*json, *words;
	} rows[] = {
		{ "", "no JSON" },
		{ "[]", "format" },
		{ HEAD NAMES "\"files\":[]}", "files" },
		{ HEAD NAMES FILE1("../x", "/x"), "place" },
		{ HEAD NAMES FILE1("a/../x", "/x"), "place" },
		{ HEAD NAMES FILE1("/x", "/x"), "place" },
		{ HEAD NAMES FILE1("a//x", "/x"), "place" },
		{ HEAD NAMES FILE1("", "/x"), "place" },
		{ HEAD NAMES FILE1("x", "x"), "from" },
		{ HEAD NAMES FILE1("x", "/a/../x"), "from" },
		{ HEAD "\"conf\":\"../c\",\"state\":\"s\",\"state_from\":"
		    "\"/s\"," FILE1("x", "/x"), "conf" },
		{ HEAD "\"conf\":\"c\",\"state\":\"..\",\"state_from\":"
		    "\"/s\"," FILE1("x", "/x"), "state" },
		{ HEAD "\"conf\":\"c\",\"state\":\"s\",\"state_from\":"
		    "\"s\"," FILE1("x", "/x"), "state" },
		{ "{\"format\":2}", "newer" },
	};
	struct scep_manifest	 m;
	struct scep_error	 err;
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(scep_manifest_decode(scep_span_text(
		    rows[i].json), &m, &err), SCEP_E_REFUSED);
		if (strstr(err.text, rows[i].words) == NULL)
			fail_msg("%s: %s", rows[i].json, err.text);
	}
	/* The control. */
	if (scep_manifest_decode(scep_span_text(HEAD NAMES FILE1("x/y",
	    "/x/y")), &m, &err) != SCEP_OK)
		fail_msg("%s", err.text);
	scep_manifest_clear(&m);
}

#define T(f)	cmocka_unit_test_setup_teardown(f, open_world, close_world)

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		T(all_that_is_needed_is_in_it),
		cmocka_unit_test_setup_teardown(
		    state_and_configuration_may_share_a_directory,
		    open_flat_world, close_world),
		T(where_it_does_not_go),
		T(nothing_is_left_of_one_that_fails),
		T(it_can_be_called_off),
		cmocka_unit_test(a_manifest_comes_back),
		cmocka_unit_test(a_manifest_is_not_believed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
