/* t_conf.c - scep.conf's syntax: what is read, what is refused, and where. */
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

#include "base/conf.h"
#include "base/error.h"

#define LENGTH(a)	(sizeof(a) / sizeof((a)[0]))

static struct scep_conf *
parse_ok(const char *text)
{
	struct scep_conf	*conf;
	struct scep_error	 err = { SCEP_OK, "" };

	if (scep_conf_parse(scep_span_text(text), "f", &conf, &err) !=
	    SCEP_OK)
		fail_msg("%s: %s", text, err.text);
	return conf;
}

static void
each_value_is_read_as_config_5_says(void **state)
{
	static const struct {
		const char	*text, *value;
	} rows[] = {
		{ "[a]\nk = v\n", "v" },
		{ "[a]\nk=v", "v" },
		{ "[a]\r\nk = v\r\n", "v" },
		{ " [ a ] \n\t k \t=\t v \t\n", "v" },
		{ "[a]\nk =\n", "" },
		{ "[a]\nk = v # why\n", "v" },
		{ "# only \\\n[a]\nk = v\n", "v" },
		{ "[a] # note\nk = v\n", "v" },
		{ "[a]\nk = a = b\n", "a = b" },
		{ "[a]\nk = a\tb\n", "a b" },
		{ "[a]\nk = \"a # b\"\n", "a # b" },
		{ "[a]\nk = 'a \"b\" '\n", "a \"b\" " },
		{ "[a]\nk = x\"y z\"'w'\n", "xy zw" },
		{ "[a]\nk = a\\#b\n", "a#b" },
		{ "[a]\nk = a\\\\b\n", "a\\b" },
		{ "[a]\nk = \\\"a\\\"\n", "\"a\"" },
		{ "[a]\nk = a\\ \n", "a " },
		{ "[a]\nk = a\\\\ \n", "a\\" },
		{ "[a]\nk = a,\\\n b\n", "a, b" },
		{ "[a]\nk = a,\\\r\n b\r\n", "a, b" },
		{ "[a]\nk = \"a\\\nb\"\n", "ab" },
		{ "[a]\nk = gr\xc3\xbc\xc3\x9f\n", "gr\xc3\xbc\xc3\x9f" },
		{ "[a]\nj = 1\nk = $j\n", "1" },
		{ "[a]\nj = 1\nk = x${j}y$(j)z\n", "x1y1z" },
		{ "[a]\nj = 1\nk = \"$j\"\n", "$j" },
		{ "[a]\nj = 1\nk = \\$j\n", "$j" },
		{ "[b]\nj = 1\n[a]\nk = $b::j/x\n", "1/x" },
		{ "[b c]\nj = 1\n[a]\nk = ${b c::j}\n", "1" },
		{ "[b]\nj.x = 1\n[a]\nk = ${b::j.x}\n", "1" },
		{ "[a]\n1.2.3.4 = x\nkeyUsage = y\nk = v\n", "v" },
	};
	const struct scep_conf_entry	*e;
	struct scep_conf		*conf;
	size_t				 i;

	(void)state;
	for (i = 0; i < LENGTH(rows); i++) {
		conf = parse_ok(rows[i].text);
		e = scep_conf_get(scep_conf_find(conf, "a", ""), "k");
		assert_non_null(e);
		assert_string_equal(e->value, rows[i].value);
		scep_conf_free(conf);
	}
}

static void
sections_keys_and_lines_are_kept_in_order(void **state)
{
	const struct scep_conf_section	*s;
	struct scep_conf		*conf;

	(void)state;
	conf = parse_ok("top = 1\n\n[ca main]\na = x\\\ny\n\nb = $top\n"
	    "[server]\n");
	assert_string_equal(scep_conf_file(conf), "f");
	assert_int_equal(scep_conf_count(conf), 3);
	s = scep_conf_section(conf, 0);
	assert_string_equal(s->kind, "");
	assert_int_equal(s->entries[0].used, 1);
	s = scep_conf_section(conf, 1);
	assert_string_equal(s->kind, "ca");
	assert_string_equal(s->name, "main");
	assert_int_equal(s->line, 3);
	assert_int_equal(s->n, 2);
	assert_string_equal(s->entries[0].key, "a");
	assert_int_equal(s->entries[0].line, 4);
	assert_int_equal(s->entries[0].used, 0);
	assert_string_equal(s->entries[1].key, "b");
	assert_int_equal(s->entries[1].line, 7);
	assert_string_equal(s->entries[1].value, "1");
	assert_ptr_equal(scep_conf_find(conf, "ca", "main"), s);
	assert_null(scep_conf_find(conf, "ca", "other"));
	assert_null(scep_conf_get(s, "c"));
	assert_int_equal(scep_conf_section(conf, 2)->n, 0);
	scep_conf_free(conf);
	scep_conf_free(NULL);
}

static void
a_section_s_own_key_comes_before_the_top_one(void **state)
{
	struct scep_conf	*conf;

	(void)state;
	conf = parse_ok("j = top\n[a]\nk = $j\nj = own\nl = $j\n");
	assert_string_equal(scep_conf_get(scep_conf_find(conf, "a", ""),
	    "k")->value, "top");
	assert_string_equal(scep_conf_get(scep_conf_find(conf, "a", ""),
	    "l")->value, "own");
	scep_conf_free(conf);
}

static void
each_fault_is_refused_with_its_line(void **state)
{
	static const struct {
		const char	*text, *line, *why;
	} rows[] = {
		{ "hello\n", "f:1: ", "neither [section] nor key = value" },
		{ "[a]\n\nhello\n", "f:3: ", "neither" },
		{ "[a\nk = v\n", "f:1: ", "end with ]" },
		{ "[a] x\n", "f:1: ", "end with ]" },
		{ "[]\n", "f:1: ", "[kind]" },
		{ "[a b c]\n", "f:1: ", "[kind]" },
		{ "[a/b]\n", "f:1: ", "[kind]" },
		{ "[a]\n[b]\n[a]\n", "f:3: ", "[a] is there already, at f:1" },
		{ "[a x]\n[a y]\n[a x]\n", "f:3: ", "[a x] is there already" },
		{ "[a]\nk = 1\nj = 2\nk = 3\n", "f:4: ",
		    "k is there already, at f:2" },
		{ "k = 1\nk = 2\n", "f:2: ", "at f:1" },
		{ "[a]\n= v\n", "f:2: ", "a key is" },
		{ "[a]\nk k = v\n", "f:2: ", "a key is" },
		{ "[a]\nk\xc3\xbc = v\n", "f:2: ", "a key is" },
		{ "[a]\n.pragma = v\n", "f:2: ", "a key is" },
		{ "[a]\nb::k = v\n", "f:2: ", "a key is" },
		{ "[a]\nk = \x01\n", "f:2: ", "control character 0x01" },
		{ "[a]\nk = a\rb\n", "f:2: ", "control character 0x0d" },
		{ "[a]\nk = \x7f\n", "f:2: ", "control character 0x7f" },
		{ "[a]\nk = a\\nb\n", "f:2: ", "\\n is a control character" },
		{ "[a]\nk = \xc2\x85\n", "f:2: ", "control character" },
		{ "[a]\nk = \xff\n", "f:2: ", "not UTF-8" },
		/* A key that was taken for a configuration. */
		{ "0123456789abcdef\n", "f:1: ", "key = value; a comment" },
		{ "\xff\xfe[\0", "f:1: ", "UTF-16, must be UTF-8" },
		{ "\xef\xbb\xbf[a]\nhello\n", "f:2: ", "neither" },
		{ "[a]\nk = \"x\n", "f:2: ", "not closed" },
		{ "[a]\nk = it's\n", "f:2: ", "a ' that is not closed" },
		{ "[a]\nk = x\\", "f:2: ", "nothing behind it" },
		{ "[a]\nj = x\\\ny\nk = 'x\n", "f:4: ", "not closed" },
		{ "[a]\nk = $\n", "f:2: ", "names no variable" },
		{ "[a]\nk = $j\n", "f:2: ", "$j is not defined" },
		{ "[a]\nk = $k\n", "f:2: ", "$k is not defined" },
		{ "[a]\nk = $b::j\n", "f:2: ", "$b::j is not defined" },
		{ "[a]\nk = ${j\n", "f:2: ", "not closed by }" },
		{ "[a]\nk = $(j}\n", "f:2: ", "not closed by )" },
		{ "[a]\nk = ${}\n", "f:2: ", "names no variable" },
		{ "[a]\nk = $ENV::HOME\n", "f:2: ",
		    "the environment is not read" },
		{ "[a]\nk = ${ENV::HOME}\n", "f:2: ",
		    "the environment is not read" },
		{ "[a]\n.include x\n", "f:2: ", "only in a file" },
	};
	struct scep_conf	*conf;
	struct scep_error	 err;
	size_t			 i;

	(void)state;
	for (i = 0; i < LENGTH(rows); i++) {
		if (scep_conf_parse(scep_span_text(rows[i].text), "f", &conf,
		    &err) != SCEP_E_CONFIG)
			fail_msg("taken: %s", rows[i].text);
		assert_null(conf);
		if (strncmp(err.text, rows[i].line, 5) != 0 ||
		    strstr(err.text, rows[i].why) == NULL)
			fail_msg("row %zu: %s", i, err.text);
	}
}

static void
a_nul_is_refused(void **state)
{
	struct scep_conf	*conf;
	struct scep_error	 err;

	(void)state;
	assert_int_equal(scep_conf_parse(scep_span_make("[a]\nk = \0v\n", 11),
	    "f", &conf, &err), SCEP_E_CONFIG);
	assert_non_null(strstr(err.text, "0x00"));
}

/* n lines that begin with word and differ in a number. */
static enum scep_err
many(const char *head, const char *word, size_t n)
{
	static char		 text[5000 * 16];
	struct scep_conf	*conf = NULL;
	struct scep_error	 err;
	enum scep_err		 rc;
	size_t			 i, len;

	(void)snprintf(text, sizeof(text), "%s", head);
	for (i = 0; i < n; i++) {
		len = strlen(text);
		(void)snprintf(text + len, sizeof(text) - len, "%s%zu%s\n",
		    word, i, *word == '[' ? "]" : " = x");
	}
	rc = scep_conf_parse(scep_span_text(text), "f", &conf, &err);
	scep_conf_free(conf);
	return rc;
}

static void
the_number_of_sections_and_keys_is_bounded(void **state)
{
	(void)state;
	assert_int_equal(many("", "[a", 256), SCEP_OK);
	assert_int_equal(many("", "[a", 257), SCEP_E_CONFIG);
	assert_int_equal(many("[a]\n", "k", 4096), SCEP_OK);
	assert_int_equal(many("[a]\n", "k", 4097), SCEP_E_CONFIG);
}

static enum scep_err
value_of(size_t len, const char *rest)
{
	struct scep_conf	*conf = NULL;
	struct scep_error	 err;
	enum scep_err		 rc;
	char			*text;

	assert_non_null(text = malloc(len + 100));
	memcpy(text, "[a]\nk = ", 8);
	memset(text + 8, 'x', len);
	(void)strcpy(text + 8 + len, rest);
	rc = scep_conf_parse(scep_span_text(text), "f", &conf, &err);
	scep_conf_free(conf);
	free(text);
	return rc;
}

static void
the_length_of_a_value_is_bounded_also_by_variables(void **state)
{
	(void)state;
	assert_int_equal(value_of(4096, "\n"), SCEP_OK);
	assert_int_equal(value_of(4097, "\n"), SCEP_E_CONFIG);
	assert_int_equal(value_of(9000, "\n"), SCEP_E_CONFIG);
	assert_int_equal(value_of(2048, "\nj = $k$k\n"), SCEP_OK);
	assert_int_equal(value_of(2048, "\nj = $k$k.\n"), SCEP_E_CONFIG);
}

static void
the_whole_text_is_bounded(void **state)
{
	const size_t		 max = 1024 * 1024;
	struct scep_conf	*conf;
	struct scep_error	 err;
	char			*text;

	(void)state;
	assert_non_null(text = malloc(max + 1));
	memset(text, '\n', max + 1);
	assert_int_equal(scep_conf_parse(scep_span_make(text, max), "f",
	    &conf, &err), SCEP_OK);
	assert_int_equal(scep_conf_count(conf), 0);
	scep_conf_free(conf);
	assert_int_equal(scep_conf_parse(scep_span_make(text, max + 1), "f",
	    &conf, &err), SCEP_E_CONFIG);
	free(text);
}

static char	dir[] = "/tmp/t_conf.XXXXXX";

static void
put_file(const char *name, const char *text)
{
	char	 path[256];
	FILE	*f;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_non_null(f = fopen(path, "w"));
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static enum scep_err
load(const char *name, struct scep_conf **out, struct scep_error *err)
{
	char	 path[256];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	return scep_conf_load(path, out, err);
}

static void
an_included_file_continues_the_section(void **state)
{
	const struct scep_conf_section	*s;
	struct scep_conf		*conf;
	struct scep_error		 err;

	(void)state;
	put_file("main", "d = sub\n[a]\nk = 1\n.include $d/more\nm = 3\n");
	put_file("sub/more", "\nl = 2\n.include = last # beside it\n");
	put_file("sub/last", "z = $l\n[b]\n");
	assert_int_equal(load("main", &conf, &err), SCEP_OK);
	s = scep_conf_find(conf, "a", "");
	assert_int_equal(s->n, 3);
	assert_string_equal(scep_conf_get(s, "z")->value, "2");
	assert_int_equal(scep_conf_get(s, "l")->line, 2);
	assert_non_null(strstr(scep_conf_get(s, "l")->file, "/sub/more"));
	s = scep_conf_find(conf, "b", "");
	assert_non_null(strstr(s->file, "/sub/last"));
	assert_string_equal(scep_conf_get(s, "m")->value, "3");
	scep_conf_free(conf);
}

static void
a_fault_in_an_included_file_names_that_file_and_line(void **state)
{
	struct scep_conf	*conf;
	struct scep_error	 err;

	(void)state;
	put_file("main", "[a]\nk = 1\n.include sub/more\n");
	put_file("sub/more", "\n\nk = 2\n");
	assert_int_equal(load("main", &conf, &err), SCEP_E_CONFIG);
	assert_non_null(strstr(err.text, "/sub/more:3: k is there already"));
	assert_non_null(strstr(err.text, "/main:2"));
}

static void
a_missing_or_endless_include_is_refused_with_its_line(void **state)
{
	struct scep_conf	*conf;
	struct scep_error	 err;

	(void)state;
	put_file("main", "[a]\n.include nothing\n");
	assert_int_equal(load("main", &conf, &err), SCEP_E_CONFIG);
	assert_non_null(strstr(err.text, "/main:2: "));
	assert_non_null(strstr(err.text, "/nothing: no such file"));
	put_file("main", "\n.include main\n");
	assert_int_equal(load("main", &conf, &err), SCEP_E_CONFIG);
	assert_non_null(strstr(err.text, "/main:2: .include goes at most"));
	put_file("main", ".include\n");
	assert_int_equal(load("main", &conf, &err), SCEP_E_CONFIG);
	assert_non_null(strstr(err.text, "names no file"));
	put_file("main", ".include .\n");
	assert_int_equal(load("main", &conf, &err), SCEP_E_CONFIG);
	assert_non_null(strstr(err.text, "not a regular file"));
	assert_int_equal(load("none", &conf, &err), SCEP_E_NOTFOUND);
	assert_null(conf);
}

static void
four_levels_of_include_work_and_five_do_not(void **state)
{
	struct scep_conf	*conf;
	struct scep_error	 err;

	(void)state;
	put_file("main", ".include l1\n");
	put_file("l1", ".include l2\n");
	put_file("l2", ".include l3\n");
	put_file("l3", ".include l4\n");
	put_file("l4", "[a]\n");
	put_file("l0", ".include main\n");
	assert_int_equal(load("main", &conf, &err), SCEP_OK);
	assert_int_equal(scep_conf_count(conf), 1);
	scep_conf_free(conf);
	assert_int_equal(load("l0", &conf, &err), SCEP_E_CONFIG);
	assert_non_null(strstr(err.text, "/l3:1: "));
}

static int
make_dir(void **state)
{
	char	 sub[256];

	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	(void)snprintf(sub, sizeof(sub), "%s/sub", dir);
	return mkdir(sub, 0700);
}

static int
remove_dir(void **state)
{
	static const char *const names[] = { "main", "sub/more", "sub/last",
	    "l0", "l1", "l2", "l3", "l4" };
	char			 path[256];
	size_t			 i;

	(void)state;
	for (i = 0; i < LENGTH(names); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		(void)unlink(path);
	}
	(void)snprintf(path, sizeof(path), "%s/sub", dir);
	return rmdir(path) == 0 ? rmdir(dir) : -1;
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(each_value_is_read_as_config_5_says),
		cmocka_unit_test(sections_keys_and_lines_are_kept_in_order),
		cmocka_unit_test(a_section_s_own_key_comes_before_the_top_one),
		cmocka_unit_test(each_fault_is_refused_with_its_line),
		cmocka_unit_test(a_nul_is_refused),
		cmocka_unit_test(the_number_of_sections_and_keys_is_bounded),
		cmocka_unit_test(
		    the_length_of_a_value_is_bounded_also_by_variables),
		cmocka_unit_test(the_whole_text_is_bounded),
		cmocka_unit_test(
		    an_included_file_continues_the_section),
		cmocka_unit_test(
		    a_fault_in_an_included_file_names_that_file_and_line),
		cmocka_unit_test(
		    a_missing_or_endless_include_is_refused_with_its_line),
		cmocka_unit_test(four_levels_of_include_work_and_five_do_not),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
