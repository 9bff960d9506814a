/*
 * t_hook.c - how programs and URLs are written in scep.conf, and which may be
 * called.
 */
#include <sys/stat.h>

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

#include "ca/hook.h"

static const struct {
	const char		*text;
	enum scep_hook_kind	 kind;		/* NONE: refused */
	const char		*target;	/* or, of what is refused, a
						   word of the reason */
} cases[] = {
	{ "exec:/usr/lib/scep/ask", SCEP_HOOK_EXEC, "/usr/lib/scep/ask" },
	{ "https://mdm.example/ask?x=1", SCEP_HOOK_HTTP,
	    "https://mdm.example/ask?x=1" },
	{ "http:https://mdm.example/ask", SCEP_HOOK_HTTP,
	    "https://mdm.example/ask" },
	{ "http://localhost:8080/ask", SCEP_HOOK_HTTP,
	    "http://localhost:8080/ask" },
	{ "http:http://127.0.0.1/ask", SCEP_HOOK_HTTP,
	    "http://127.0.0.1/ask" },
	{ "http://[::1]:8080", SCEP_HOOK_HTTP, "http://[::1]:8080" },
	{ "challenge", SCEP_HOOK_NONE, NULL },
	{ "", SCEP_HOOK_NONE, NULL },
	{ "exec:ask", SCEP_HOOK_NONE, "absolute path" },
	{ "exec:/", SCEP_HOOK_NONE, "absolute path" },
	{ "exec:", SCEP_HOOK_NONE, "absolute path" },
	{ "http:ftp://mdm.example/", SCEP_HOOK_NONE, "https://" },
	{ "https:mdm.example", SCEP_HOOK_NONE, "https://" },
	{ "https://", SCEP_HOOK_NONE, "names a host" },
	{ "https:///ask", SCEP_HOOK_NONE, "names a host" },
	{ "https://me:it@mdm.example/", SCEP_HOOK_NONE, "no user" },
	{ "https://mdm.example/{a}", SCEP_HOOK_NONE, "none of" },
	{ "https://mdm.example:65535", SCEP_HOOK_HTTP,
	    "https://mdm.example:65535" },
	{ "https://[2001:db8::1]/:x", SCEP_HOOK_HTTP,
	    "https://[2001:db8::1]/:x" },
	{ "https://mdm.example?a=b:c", SCEP_HOOK_HTTP,
	    "https://mdm.example?a=b:c" },
	{ "https://mdm.example:65536/", SCEP_HOOK_NONE, "65535" },
	{ "https://mdm.example:99999999999999999999/", SCEP_HOOK_NONE,
	    "65535" },
	{ "https://mdm.example:0", SCEP_HOOK_NONE, "65535" },
	{ "https://mdm.example:/ask", SCEP_HOOK_NONE, "65535" },
	{ "https://mdm.example:ask/", SCEP_HOOK_NONE, "65535" },
	{ "https://mdm.example:-1/", SCEP_HOOK_NONE, "65535" },
	{ "http://[::1]:8080x/", SCEP_HOOK_NONE, "65535" },
	{ "https://[2001:db8::1/]:80", SCEP_HOOK_NONE, "65535" },
	{ "http://mdm.example/ask", SCEP_HOOK_NONE, "without TLS" },
	{ "http://localhost.example/", SCEP_HOOK_NONE, "without TLS" },
	{ "http://127.0.0.1.example/", SCEP_HOOK_NONE, "without TLS" },
	{ "http://[::1].example/", SCEP_HOOK_NONE, "without TLS" },
	{ "http://[::2]/", SCEP_HOOK_NONE, "without TLS" },
};

static void
test_forms(void **state)
{
	struct scep_hook	 hook;
	const char		*why;
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memset(&hook, 0, sizeof(hook));
		assert_int_equal(scep_hook_parse(cases[i].text, &hook, &why),
		    cases[i].kind != SCEP_HOOK_NONE);
		assert_int_equal(hook.kind, cases[i].kind);
		if (cases[i].kind != SCEP_HOOK_NONE) {
			assert_string_equal(hook.target, cases[i].target);
			assert_null(why);
		} else if (cases[i].target == NULL)
			assert_null(why);
		else
			assert_non_null(strstr(why, cases[i].target));
	}
}

static void
test_length(void **state)
{
	struct scep_hook	 hook = { .kind = SCEP_HOOK_NONE };
	char			 text[SCEP_HOOK_TARGET + 8];
	const char		*why;

	(void)state;
	memset(text, 'a', sizeof(text));
	memcpy(text, "exec:/", 6);
	text[5 + SCEP_HOOK_TARGET] = '\0';
	assert_false(scep_hook_parse(text, &hook, &why));
	assert_non_null(strstr(why, "longer than"));
	assert_int_equal(hook.kind, SCEP_HOOK_NONE);
	text[5 + SCEP_HOOK_TARGET - 1] = '\0';
	assert_true(scep_hook_parse(text, &hook, &why));
	assert_int_equal(strlen(hook.target), SCEP_HOOK_TARGET - 1);
	scep_hook_clear(&hook);
	assert_int_equal(hook.kind, SCEP_HOOK_NONE);
}

/* Files: DIR/in/ask, and DIR/in/link that leads there. */

struct place {
	char			 dir[64];
	char			 in[72];
	char			 link[80];
	struct scep_hook	 hook;		/* DIR/in/ask */
};

static int
place_make(void **state)
{
	static struct place	 p;
	const char		*tmp = getenv("TMPDIR");
	int			 fd;

	(void)snprintf(p.dir, sizeof(p.dir), "%s/t_hook.XXXXXX",
	    tmp != NULL && strlen(tmp) < 40 ? tmp : "/tmp");
	if (mkdtemp(p.dir) == NULL)
		return -1;
	(void)snprintf(p.in, sizeof(p.in), "%s/in", p.dir);
	(void)snprintf(p.link, sizeof(p.link), "%s/link", p.in);
	p.hook.kind = SCEP_HOOK_EXEC;
	(void)snprintf(p.hook.target, sizeof(p.hook.target), "%s/ask", p.in);
	if (mkdir(p.in, 0755) == -1 || chmod(p.in, 0755) == -1 ||
	    (fd = open(p.hook.target, O_WRONLY | O_CREAT | O_CLOEXEC,
	    0755)) == -1 || fchmod(fd, 0755) == -1 ||
	    symlink("ask", p.link) == -1)
		return -1;
	*state = &p;
	return close(fd);
}

static int
place_remove(void **state)
{
	struct place	*p = *state;

	(void)unlink(p->hook.target);
	(void)unlink(p->link);
	(void)rmdir(p->in);
	return rmdir(p->dir);
}

static void
allowed(const struct scep_hook *hook)
{
	struct scep_error	 err = { .text = "" };

	if (scep_hook_check(hook, geteuid(), &err) != SCEP_OK)
		fail_msg("%s", err.text);
}

/* … and what mends it is said. */
static void
refused(const struct scep_hook *hook, const char *why)
{
	struct scep_error	 err = { .text = "" };

	assert_int_equal(scep_hook_check(hook, geteuid(), &err),
	    SCEP_E_CONFIG);
	if (strstr(err.text, why) == NULL ||
	    strstr(err.text, hook->target) == NULL)
		fail_msg("%s", err.text);
}

static void
test_modes(void **state)
{
	static const struct {
		int		 of;	/* 0 program, 1 its directory, 2 … */
		mode_t		 mode;
		const char	*why;	/* NULL: it may be called */
	} modes[] = {
		{ 0, 0700, NULL }, { 0, 0555, NULL },
		{ 0, 0775, "chmod go-w" }, { 0, 0757, "chmod go-w" },
		{ 0, 0644, "chmod +x" }, { 0, 0755, NULL },
		{ 1, 0700, NULL }, { 1, 0775, "of directory" },
		{ 1, 0757, "of directory" }, { 1, 01777, "of directory" },
		{ 1, 0755, NULL },
		{ 2, 0775, "of directory" }, { 2, 0757, "of directory" },
		{ 2, 01777, NULL }, { 2, 0700, NULL },
	};
	const struct place	*p = *state;
	size_t			 i;

	for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		assert_int_equal(chmod(modes[i].of == 0 ? p->hook.target :
		    modes[i].of == 1 ? p->in : p->dir, modes[i].mode), 0);
		if (modes[i].why == NULL)
			allowed(&p->hook);
		else
			refused(&p->hook, modes[i].why);
	}
}

static void
test_what_it_is(void **state)
{
	const struct place	*p = *state;
	struct scep_hook	 hook = p->hook;

	allowed(&hook);
	(void)snprintf(hook.target, sizeof(hook.target), "%s", p->link);
	refused(&hook, "over a link; name the program itself, exec:/");
	(void)snprintf(hook.target, sizeof(hook.target), "%s", p->in);
	refused(&hook, "no file");
	(void)snprintf(hook.target, sizeof(hook.target), "%s/none", p->in);
	refused(&hook, "No such file");
	(void)snprintf(hook.target, sizeof(hook.target), "%s/../in/ask",
	    p->in);
	refused(&hook, "name the program itself");
}

/* Only root can give files away. */
static void
test_owners(void **state)
{
	const struct place	*p = *state;
	struct scep_error	 err;

	if (geteuid() != 0)
		skip();
	assert_int_equal(chown(p->hook.target, 12345, 0), 0);
	refused(&p->hook, "belongs to uid 12345");
	/* To whom it belongs may run it. */
	assert_int_equal(chown(p->in, 12345, 0), 0);
	assert_int_equal(chown(p->dir, 12345, 0), 0);
	assert_int_equal(scep_hook_check(&p->hook, 12345, &err), SCEP_OK);
	assert_int_equal(chown(p->hook.target, 0, 0), 0);
	assert_int_equal(scep_hook_check(&p->hook, 12345, &err), SCEP_OK);
	refused(&p->hook, "belongs to uid 12345");
	assert_int_equal(chown(p->in, 0, 0), 0);
	refused(&p->hook, "belongs to uid 12345");
	assert_int_equal(chown(p->dir, 0, 0), 0);
	allowed(&p->hook);
}

/* CN=t; nothing but its form is looked at. */
static const char	 authority[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBbjCCARWgAwIBAgIUPXHsFN7ooTcfKSwGsiuTfUs7gVowCgYIKoZIzj0EAwIw\n"
    "DDEKMAgGA1UEAwwBdDAgFw0yNjExMjgwODM0NTVaGA8yMTI2MTEwNDA4MzQ1NVow\n"
    "DDEKMAgGA1UEAwwBdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABEfx/PLjgZgn\n"
    "+OWGhtRkVtMVioQgfIBEAU58Sa73NaJ8UlAeQWckd6AcooO3PoLbfg9LCiaKKSPr\n"
    "dr3X+zEc/POjUzBRMB0GA1UdDgQWBBRAE6LB792SposJ6fLfdpiNkuTppjAfBgNV\n"
    "HSMEGDAWgBRAE6LB792SposJ6fLfdpiNkuTppjAPBgNVHRMBAf8EBTADAQH/MAoG\n"
    "CCqGSM49BAMCA0cAMEQCIFg/xsgjRPHZde4hOTlRC5FI7VkdgzozwdH3GFhYX3Pd\n"
    "AiBsQYe9KGt2GGyDfYSxph337aJ2sn4PBD4btF5Ccc7Uow==\n"
    "-----END CERTIFICATE-----\n";

static void
write_file(const char *path, const char *text)
{
	FILE	*f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0 && fclose(f) == 0);
}

static void
test_servers(void **state)
{
	const struct place	*p = *state;
	struct scep_hook	 hook = { .kind = SCEP_HOOK_HTTP,
				    .target = "https://mdm.example/ask" };

	allowed(&hook);
	(void)snprintf(hook.ca_path, sizeof(hook.ca_path), "%s",
	    p->hook.target);
	refused(&hook, "no certificates as PEM");	/* it is empty */
	write_file(hook.ca_path, "-----BEGIN PRIVATE KEY-----\n");
	refused(&hook, "no certificates as PEM");
	write_file(hook.ca_path, authority);
	allowed(&hook);
	(void)snprintf(hook.ca_path, sizeof(hook.ca_path), "%s", p->in);
	refused(&hook, "no certificates as PEM");	/* a directory */
	(void)snprintf(hook.ca_path, sizeof(hook.ca_path), "%s/none", p->in);
	refused(&hook, "No such file");
	hook.kind = SCEP_HOOK_NONE;
	hook.ca_path[0] = '\0';
	allowed(&hook);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_length),
		cmocka_unit_test(test_modes),
		cmocka_unit_test(test_what_it_is),
		cmocka_unit_test(test_owners),
		cmocka_unit_test(test_servers),
	};

	return cmocka_run_group_tests(tests, place_make, place_remove);
}
