/* t_doctor_fix.c - what doctor tells people to change. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cgi/doctor_fix.h"

static void
each_server_is_known_by_its_header(void **state)
{
	static const struct {
		const char		*header;
		enum doctor_server	 server;
	} rows[] = {
		{ "nginx", DOCTOR_NGINX },
		{ "nginx/1.22.1", DOCTOR_NGINX },
		{ "lighttpd/1.4.69", DOCTOR_LIGHTTPD },
		{ "Apache/2.4.62 (Debian)", DOCTOR_APACHE },
		{ "apache", DOCTOR_APACHE },
		{ "", DOCTOR_UNKNOWN },
		{ "cloud nginx", DOCTOR_UNKNOWN },
		{ "ngin", DOCTOR_UNKNOWN },
	};
	size_t	 i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(doctor_server_of(rows[i].header),
		    rows[i].server);
}

static void
a_status_says_what_to_change(void **state)
{
	static const struct {
		long		 status;
		enum doctor_fix	 otherwise, fix;
	} rows[] = {
		{ 404, DOCTOR_FIX_LOG, DOCTOR_FIX_ROUTE },
		{ 413, DOCTOR_FIX_LOG, DOCTOR_FIX_BODY },
		{ 414, DOCTOR_FIX_LOG, DOCTOR_FIX_LINE },
		{ 431, DOCTOR_FIX_LOG, DOCTOR_FIX_LINE },
		{ 502, DOCTOR_FIX_LOG, DOCTOR_FIX_DOWN },
		{ 301, DOCTOR_FIX_LOG, DOCTOR_FIX_REDIRECT },
		{ 405, DOCTOR_FIX_LOG, DOCTOR_FIX_METHOD },
		{ 400, DOCTOR_FIX_LOG, DOCTOR_FIX_LOG },
		/* What was tried explains a refusal better … */
		{ 404, DOCTOR_FIX_PATHINFO, DOCTOR_FIX_PATHINFO },
		{ 400, DOCTOR_FIX_CONTROLS, DOCTOR_FIX_CONTROLS },
		{ 0, DOCTOR_FIX_BODY, DOCTOR_FIX_BODY },
		/* … but not a limit, nor a server that is not there. */
		{ 414, DOCTOR_FIX_CONTROLS, DOCTOR_FIX_LINE },
		{ 413, DOCTOR_FIX_CHUNKED, DOCTOR_FIX_BODY },
		{ 429, DOCTOR_FIX_LOG, DOCTOR_FIX_LIMIT },
		{ 429, DOCTOR_FIX_CHUNKED, DOCTOR_FIX_LIMIT },
		{ 502, DOCTOR_FIX_CONTROLS, DOCTOR_FIX_DOWN },
		{ 302, DOCTOR_FIX_PATHINFO, DOCTOR_FIX_REDIRECT },
	};
	size_t	 i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(doctor_fix_of(rows[i].status,
		    rows[i].otherwise), rows[i].fix);
}

static void
every_fix_has_a_text_for_every_server(void **state)
{
	char	 one[1500], all[1500];
	int	 fix, server;

	(void)state;
	for (fix = 0; fix < DOCTOR_FIX__MAX; fix++) {
		doctor_fix_text((enum doctor_fix)fix, DOCTOR_UNKNOWN, all,
		    sizeof(all));
		assert_null(strstr(all, "(null)"));
		assert_true(strlen(all) < sizeof(all) - 1);
		for (server = 0; server < DOCTOR_SERVER__MAX; server++) {
			doctor_fix_text((enum doctor_fix)fix,
			    (enum doctor_server)server, one, sizeof(one));
			assert_true(strlen(one) > 20);
			/* Whoever is not known gets everybody's. */
			assert_non_null(strstr(all, one));
		}
	}
}

static void
a_limit_is_named_as_its_server_names_it(void **state)
{
	static const struct {
		enum doctor_fix		 fix;
		enum doctor_server	 server;
		const char		*directive;
	} rows[] = {
		{ DOCTOR_FIX_LINE, DOCTOR_NGINX,
		    "large_client_header_buffers" },
		{ DOCTOR_FIX_LINE, DOCTOR_LIGHTTPD,
		    "server.max-request-field-size" },
		{ DOCTOR_FIX_LINE, DOCTOR_APACHE, "LimitRequestLine" },
		{ DOCTOR_FIX_BODY, DOCTOR_NGINX, "client_max_body_size" },
		{ DOCTOR_FIX_BODY, DOCTOR_LIGHTTPD,
		    "server.max-request-size" },
		{ DOCTOR_FIX_BODY, DOCTOR_APACHE, "FcgidMaxRequestLen" },
		{ DOCTOR_FIX_CONTROLS, DOCTOR_LIGHTTPD,
		    "\"url-ctrls-reject\" => \"disable\"" },
	};
	char	 text[1500];
	size_t	 i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		doctor_fix_text(rows[i].fix, rows[i].server, text,
		    sizeof(text));
		assert_non_null(strstr(text, rows[i].directive));
	}
}

static void
a_text_is_cut_to_fit(void **state)
{
	char	 text[40];

	(void)state;
	memset(text, 'x', sizeof(text));
	doctor_fix_text(DOCTOR_FIX_LINE, DOCTOR_UNKNOWN, text, sizeof(text));
	assert_int_equal(strlen(text), sizeof(text) - 1);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(each_server_is_known_by_its_header),
		cmocka_unit_test(a_status_says_what_to_change),
		cmocka_unit_test(every_fix_has_a_text_for_every_server),
		cmocka_unit_test(a_limit_is_named_as_its_server_names_it),
		cmocka_unit_test(a_text_is_cut_to_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
