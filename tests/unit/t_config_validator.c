/*
 * t_config_validator.c - a validator in scep.conf: each key, each fault, and
 * what is a fault in the file system.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "ca/config_local.h"
#include "ca/decide.h"
#include "tests/unit/generations.h"

#define LEN(a)	(sizeof(a) / sizeof((a)[0]))
#define CA	"[ca main]\ncertificate = c\nkey = k\nra_certificate = r\n" \
		"ra_key = q\n"
#define EXEC	"authorise = exec:/usr/lib/scep/ask\n"
#define HTTPS	"authorise = https://mdm.example/ask\n"

static struct scep_crypto	*crypto;

static enum scep_err
parse(const char *lines, struct scep_config **cfg, struct scep_error *err)
{
	struct scep_conf	*conf;
	char			 text[4096];

	(void)snprintf(text, sizeof(text), CA "[profile p]\n%s", lines);
	assert_int_equal(scep_conf_parse(scep_span_text(text), "/x/scep.conf",
	    &conf, err), SCEP_OK);
	return scep_config_parse(crypto, conf, cfg, err);
}

static const struct {
	const char	*lines;
	int		 line;		/* of the message */
	const char	*why;
} faults[] = {
	{ "authorise = exec:ask\n", 7, "absolute path" },
	{ "authorise = http://mdm.example/\n", 7, "write https://" },
	{ "authorise = exec:/a exec:/b\n", 7, "two validators" },
	{ "authorise = exec:/a challenge https://b.example\n", 7,
	    "two validators" },
	{ "authorise = exec:/a chalenge\n", 7, "\"chalenge\" is not one of: "
	    "challenge, manual; a program without arguments, exec:/path, or "
	    "a server, https://host/path" },
	{ "authorise = HTTPS://mdm.example/\n", 7, "https://host/path" },
	{ "authorise = https://mdm.example:80a/\n", 7, "65535" },
	{ "authorise = exec\n", 7, "exec" },
	{ "authorise = challenge\nvalidator_timeout = 5s\n", 8,
	    "without a validator" },
	{ "authorise = challenge\nmax_waiting = 5\n", 8,
	    "without a validator" },
	{ "authorise = manual\nvalidator_trouble = queue\n", 8,
	    "without a validator" },
	{ "authorise = challenge\nvalidator_confirm = yes\n", 8,
	    "without a validator" },
	{ "authorise = challenge\nvalidator_key = k\n", 8,
	    "without a validator" },
	{ "authorise = challenge\nvalidator_ca = k\n", 8,
	    "without a validator" },
	{ EXEC "validator_key = k\n", 8, "with a program" },
	{ EXEC "validator_ca = k\n", 8, "with a program" },
	{ "authorise = http://localhost/\nvalidator_ca = k\n", 8,
	    "without https" },
	{ EXEC "validator_trouble = queue\n", 8, "add manual" },
	{ "authorise = challenge exec:/a\nvalidator_trouble = queue\n", 8,
	    "add manual" },
	{ EXEC "validator_trouble = allow\n", 8, "allow" },
	{ EXEC "validator_timeout = 0\n", 8, "validator_timeout" },
	{ EXEC "validator_timeout = 46s\n", 8, "validator_timeout" },
	{ EXEC "validator_timeout = 30s\n", 8, "request_timeout = 62s" },
	{ EXEC "validator_timeout = 15s\nvalidator_confirm = yes\n", 8,
	    "request_timeout = 62s" },
	{ EXEC "[server]\nrequest_timeout = 21s\n", 6,
	    "request_timeout = 22s" },
	{ EXEC "max_waiting = 0\n", 8, "max_waiting" },
	{ EXEC "max_waiting = 513\n", 8, "max_waiting" },
	{ EXEC "validator_confirm = maybe\n", 8, "maybe" },
};

static void
each_fault_is_found_where_it_is(void **state)
{
	struct scep_config	*cfg;
	struct scep_error	 err;
	char			 where[32];
	size_t			 i;

	(void)state;
	for (i = 0; i < LEN(faults); i++) {
		(void)snprintf(where, sizeof(where), "/x/scep.conf:%d:",
		    faults[i].line);
		assert_int_equal(parse(faults[i].lines, &cfg, &err),
		    SCEP_E_CONFIG);
		if (strstr(err.text, where) == NULL ||
		    strstr(err.text, faults[i].why) == NULL)
			fail_msg("%s: %s", faults[i].lines, err.text);
	}
}

static void
a_profile_with_a_validator_alone_starts(void **state)
{
	const struct scep_profile	*p;
	struct scep_config		*cfg;
	struct scep_error		 err;

	(void)state;
	if (parse(EXEC, &cfg, &err) != SCEP_OK)
		fail_msg("%s", err.text);
	p = scep_config_profile(cfg, "p");
	assert_int_equal(p->authorise, SCEP_BIT(SCEP_BY_VALIDATOR));
	assert_int_equal(p->validator.hook.kind, SCEP_HOOK_EXEC);
	assert_string_equal(p->validator.hook.target, "/usr/lib/scep/ask");
	assert_int_equal(p->validator.hook.timeout_ms, 10000);
	assert_int_equal(p->validator.max_waiting, 0);
	assert_int_equal(p->validator.confirm, 0);
	assert_int_equal(p->validator.trouble, SCEP_TROUBLE_REFUSES);
	scep_config_free(cfg);
	/* The control: without one, nothing does. */
	assert_int_equal(parse("validity = 1d\n", &cfg, &err),
	    SCEP_E_CONFIG);
	assert_non_null(strstr(err.text, "authorise is missing"));
}

static void
each_key_is_read(void **state)
{
	const struct scep_profile	*p;
	struct scep_config		*cfg;
	struct scep_error		 err;

	(void)state;
	if (parse("authorise = manual https://mdm.example/ask challenge\n"
	    "validator_timeout = 45s\nvalidator_trouble = queue\n"
	    "validator_confirm = yes\nvalidator_key = keys/ask\n"
	    "validator_ca = ca.pem\nmax_waiting = 3\n"
	    "[server]\nrequest_timeout = 182s\n", &cfg, &err) != SCEP_OK)
		fail_msg("%s", err.text);
	p = scep_config_profile(cfg, "p");
	assert_int_equal(p->authorise, SCEP_BIT(SCEP_BY_VALIDATOR) |
	    SCEP_BIT(SCEP_BY_MANUAL) | SCEP_BIT(SCEP_BY_CHALLENGE));
	assert_int_equal(p->validator.hook.kind, SCEP_HOOK_HTTP);
	assert_string_equal(p->validator.hook.target,
	    "https://mdm.example/ask");
	assert_int_equal(p->validator.hook.timeout_ms, 45000);
	assert_string_equal(p->validator.hook.ca_path, "/x/ca.pem");
	assert_string_equal(p->validator.key_path, "/x/keys/ask");
	assert_int_equal(p->validator.trouble, SCEP_TROUBLE_QUEUES);
	assert_int_equal(p->validator.confirm, 1);
	assert_int_equal(p->validator.max_waiting, 3);
	scep_config_free(cfg);
}

/* A word as long as a URL may be is one word, and is not cut. */
static void
a_long_url_is_one_word(void **state)
{
	struct scep_config	*cfg;
	struct scep_error	 err;
	char			 text[4096];

	(void)state;
	(void)snprintf(text, sizeof(text),
	    "authorise = challenge https://mdm.example/%0*d\n", 1000, 7);
	if (parse(text, &cfg, &err) != SCEP_OK)
		fail_msg("%s", err.text);
	assert_int_equal(strlen(scep_config_profile(cfg, "p")->validator.
	    hook.target), 1020);
	scep_config_free(cfg);
	(void)snprintf(text, sizeof(text),
	    "authorise = challenge https://mdm.example/%0*d\n", 1100, 7);
	assert_int_equal(parse(text, &cfg, &err), SCEP_E_CONFIG);
	assert_non_null(strstr(err.text, "authorise"));
}

/* Files. */

static void
file_make(const struct generations *g, const char *name, const char *text,
    unsigned int mode)
{
	char	 path[128];
	FILE	*f;

	(void)snprintf(path, sizeof(path), "%s/%s", g->dir, name);
	assert_non_null(f = fopen(path, "w"));
	assert_true(fputs(text, f) >= 0 && fclose(f) == 0);
	assert_int_equal(chmod(path, mode), 0);
}

static void
file_remove(const struct generations *g, const char *name)
{
	char	 path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", g->dir, name);
	(void)unlink(path);
}

static const struct scep_profile *
load(struct generations *g, struct scep_config **cfg)
{
	struct scep_error	 err;

	if ((*cfg = generations_load(g, &err)) == NULL)
		fail_msg("%s", err.text);
	return scep_config_profile(*cfg, "asked");
}

static void
its_key_is_a_secret(void **state)
{
	struct generations		 g;
	const struct scep_profile	*p;
	struct scep_config		*cfg;

	(void)state;
	generations_open(&g, "ec:p256");
	g.tail = "[profile asked]\nca = main\n"
	    "authorise = https://mdm.example/\nvalidator_key = ask.key\n";
	p = load(&g, &cfg);
	assert_non_null(strstr(p->fault, "is not there"));
	scep_config_free(cfg);
	file_make(&g, "ask.key", "0123456789abcde\n", 0600);
	p = load(&g, &cfg);
	assert_non_null(strstr(p->fault, "has 15 octets"));
	scep_config_free(cfg);
	file_make(&g, "ask.key", "0123456789abcdef\n", 0644);
	p = load(&g, &cfg);
	assert_non_null(strstr(p->fault, "chmod"));
	assert_int_equal(p->validator.hook.key.len, 0);
	scep_config_free(cfg);
	file_make(&g, "ask.key", "0123456789abcdef\n", 0600);
	p = load(&g, &cfg);
	assert_string_equal(p->fault, "");
	assert_int_equal(p->validator.hook.key.len, 16);
	assert_memory_equal(p->validator.hook.key.data, "0123456789abcdef",
	    16);
	scep_config_free(cfg);
	file_remove(&g, "ask.key");
	generations_close(&g);
}

/* Which of the faults of a loaded configuration are told. */
struct told {
	const char	*word;
	int		 n;
};

static void
hear(void *arg, int fatal, const char *text)
{
	struct told	*t = arg;

	if (fatal && strstr(text, t->word) != NULL)
		t->n++;
}

static int
check(struct scep_config *cfg, const char *word)
{
	struct told		 t = { word, 0 };
	struct scep_error	 err;

	(void)scep_config_check(crypto, cfg, GENERATIONS_NOW, hear, &t, &err);
	return t.n;
}

static void
its_program_is_looked_at(void **state)
{
	struct generations	 g;
	struct scep_profile	*p;
	struct scep_config	*cfg;
	struct scep_error	 err;

	(void)state;
	generations_open(&g, "ec:p256");
	if ((cfg = generations_load(&g, &err)) == NULL)
		fail_msg("%s", err.text);
	p = &cfg->profile[0];
	p->validator.hook.kind = SCEP_HOOK_EXEC;
	(void)snprintf(p->validator.hook.target, SCEP_HOOK_TARGET, "%s/ask",
	    g.dir);
	assert_int_equal(check(cfg, "install the program"), 1);
	assert_true(*p->fault != '\0');
	*p->fault = '\0';
	file_make(&g, "ask", "#!/bin/sh\n", 0777);
	assert_int_equal(check(cfg, "lets others change it"), 1);
	*p->fault = '\0';
	file_make(&g, "ask", "#!/bin/sh\n", 0755);
	assert_int_equal(check(cfg, "/ask"), 0);
	assert_string_equal(p->fault, "");
	scep_config_free(cfg);
	file_remove(&g, "ask");
	generations_close(&g);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(each_fault_is_found_where_it_is),
		cmocka_unit_test(a_profile_with_a_validator_alone_starts),
		cmocka_unit_test(each_key_is_read),
		cmocka_unit_test(a_long_url_is_one_word),
		cmocka_unit_test(its_key_is_a_secret),
		cmocka_unit_test(its_program_is_looked_at),
	};
	struct scep_error	 err;
	int			 failed;

	if (scep_crypto_new(NULL, &crypto, &err) != SCEP_OK)
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	scep_crypto_free(crypto);
	return failed;
}
