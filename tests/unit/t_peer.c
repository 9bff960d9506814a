/*
 * t_peer.c - who asks: whom a trusted proxy names, and nobody whom a client
 * names.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cgi/http.h"
#include "cgi/peer.h"
#include "tests/unit/world.h"

#define FORWARDED	"HTTP_X_FORWARDED_FOR"

/* [server] with these lines. */
static struct scep_server_conf
server(const char *lines)
{
	struct scep_server_conf	 conf;
	struct scep_conf	*text;
	struct scep_error	 err;
	char			 all[512];

	(void)snprintf(all, sizeof(all), "[server]\nstate = /x\n%s", lines);
	world_must(scep_conf_parse(scep_span_text(all), "scep.conf", &text,
	    &err) == SCEP_OK);
	world_must(scep_config_server(text, &conf, &err) == SCEP_OK);
	scep_conf_free(text);
	return conf;
}

static struct scep_server_conf
behind(const char *proxies)
{
	char	 lines[256];

	(void)snprintf(lines, sizeof(lines), "client_address = " FORWARDED
	    "\ntrusted_proxies = %s\n", proxies);
	return server(lines);
}

/* header, or NULL; remote, or NULL. */
static const char *
found(const struct scep_server_conf *conf, const char *remote,
    const char *header)
{
	static char	 out[SCEP_PEER_MAX];
	char		 a[256], b[256];
	char		 path[] = "PATH_INFO=/x";
	char		*env[4] = { path };
	int		 n = 1;

	(void)snprintf(a, sizeof(a), "REMOTE_ADDR=%s", remote != NULL ?
	    remote : "");
	(void)snprintf(b, sizeof(b), FORWARDED "=%s", header != NULL ?
	    header : "");
	if (remote != NULL)
		env[n++] = a;
	if (header != NULL)
		env[n++] = b;
	env[n] = NULL;
	scep_peer_find(conf, env, out);
	return out;
}

static void
without_configuration_no_header_counts(void **state)
{
	const struct scep_server_conf	 conf = server("");

	(void)state;
	assert_string_equal(found(&conf, "192.0.2.1", NULL), "192.0.2.1");
	assert_string_equal(found(&conf, "192.0.2.1", "198.51.100.9"),
	    "192.0.2.1");
	assert_string_equal(found(&conf, "", "198.51.100.9"), "");
	assert_string_equal(found(&conf, NULL, "198.51.100.9"), "");
	assert_string_equal(found(&conf, "unix:", NULL), "unix:");
	assert_string_equal(found(&conf, "fe80::1%eth0", NULL),
	    "fe80::1%eth0");
	/* What cannot be an address. */
	assert_string_equal(found(&conf, "1234567890123456789012345678901234"
	    "567890123456789012345678901234567890", NULL), "");
}

static void
only_a_trusted_proxy_is_believed(void **state)
{
	const struct scep_server_conf	 conf = behind("10.0.0.0/8 ::1");

	(void)state;
	assert_string_equal(found(&conf, "10.0.0.1", "198.51.100.9"),
	    "198.51.100.9");
	assert_string_equal(found(&conf, "::1", "198.51.100.9"),
	    "198.51.100.9");
	assert_string_equal(found(&conf, "::ffff:10.0.0.1", "198.51.100.9"),
	    "198.51.100.9");
	assert_string_equal(found(&conf, "11.0.0.1", "198.51.100.9"),
	    "11.0.0.1");
	assert_string_equal(found(&conf, "", "198.51.100.9"), "");
	assert_string_equal(found(&conf, "unix:", "198.51.100.9"), "unix:");
	assert_string_equal(found(&conf, "10.0.0.1", NULL), "10.0.0.1");
	assert_string_equal(found(&conf, "10.0.0.1", ""), "10.0.0.1");
}

static void
a_peer_on_a_unix_socket_may_be_one(void **state)
{
	const struct scep_server_conf	 conf = behind("unix");

	(void)state;
	assert_string_equal(found(&conf, "", "198.51.100.9"),
	    "198.51.100.9");
	assert_string_equal(found(&conf, "unix:", "198.51.100.9"),
	    "198.51.100.9");
	assert_string_equal(found(&conf, "10.0.0.1", "198.51.100.9"),
	    "10.0.0.1");
	/* What cannot be an address is nobody, and not who has none. */
	assert_string_equal(found(&conf, "1234567890123456789012345678901234"
	    "567890123456789012345678901234567890", "198.51.100.9"), "");
}

static void
the_right_most_that_is_no_proxy_counts(void **state)
{
	static const struct {
		const char	*list, *peer;
	} rows[] = {
		/* What the client wrote stands on the left. */
		{ "1.2.3.4, 198.51.100.9", "198.51.100.9" },
		{ "10.0.0.7, 198.51.100.9", "198.51.100.9" },
		{ "1.2.3.4,198.51.100.9 , 10.0.0.2,10.0.0.3",
		    "198.51.100.9" },
		{ "garbage, 198.51.100.9", "198.51.100.9" },
		{ "2001:DB8::9, 10.0.0.2", "2001:db8::9" },
		{ "::ffff:198.51.100.9", "198.51.100.9" },
		/* Some write the port. */
		{ "198.51.100.9:4711", "198.51.100.9" },
		{ "[2001:db8::9]:4711", "2001:db8::9" },
		{ "[2001:db8::9]", "2001:db8::9" },
		/* What is no address ends it. */
		{ "198.51.100.9, garbage", "10.0.0.1" },
		{ "198.51.100.9, ", "10.0.0.1" },
		{ "198.51.100.9,", "10.0.0.1" },
		{ ",", "10.0.0.1" },
		{ "unknown", "10.0.0.1" },
		{ "198.51.100.9 198.51.100.8", "10.0.0.1" },
		{ "198.51.100.9:", "10.0.0.1" },
		{ "198.51.100.9:80x", "10.0.0.1" },
		{ "[198.51.100.9]", "10.0.0.1" },
		{ "[2001:db8::9", "10.0.0.1" },
		{ "[2001:db8::9]x", "10.0.0.1" },
		{ "[2001:db8::9]:", "10.0.0.1" },
		{ "\"198.51.100.9\"", "10.0.0.1" },
		{ "198.51.100.9, garbage, 10.0.0.2", "10.0.0.1" },
		/* Proxies alone. */
		{ "10.0.0.3, 10.0.0.2", "10.0.0.1" },
	};
	const struct scep_server_conf	 conf = behind("10.0.0.0/8");
	size_t				 i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(found(&conf, "10.0.0.1", rows[i].list),
		    rows[i].peer);
}

/* What the configuration does not take. */
static void
refused(const char *lines, const char *why)
{
	struct scep_server_conf	 conf;
	struct scep_conf	*text;
	struct scep_error	 err;
	char			 all[2048];

	(void)snprintf(all, sizeof(all), "[server]\nstate = /x\n%s", lines);
	world_must(scep_conf_parse(scep_span_text(all), "scep.conf", &text,
	    &err) == SCEP_OK);
	assert_int_equal(scep_config_server(text, &conf, &err),
	    SCEP_E_CONFIG);
	if (strstr(err.text, why) == NULL)
		fail_msg("%s: %s", lines, err.text);
	scep_conf_free(text);
}

/* Why a network of proxies is to have no clients: they look the same. */
static void
a_client_among_the_proxies_says_what_it_likes(void **state)
{
	const struct scep_server_conf	 wide = behind("10.0.0.0/8");
	const struct scep_server_conf	 proxies = behind("10.0.0.1 10.0.0.2");
	static const char		 list[] = "1.2.3.4, 10.7.7.7, "
					    "10.0.0.2";

	(void)state;
	assert_string_equal(found(&wide, "10.0.0.1", list), "1.2.3.4");
	assert_string_equal(found(&proxies, "10.0.0.1", list), "10.7.7.7");
	refused("client_address = HTTP_X_REAL_IP\n", "10.0.0.5");
}

/* X_Forwarded_For is the same variable as X-Forwarded-For. */
static void
a_header_that_is_there_twice_is_nobodys(void **state)
{
	const struct scep_server_conf	 conf = behind("10.0.0.0/8");
	char	 remote[] = "REMOTE_ADDR=10.0.0.1";
	char	 one[] = FORWARDED "=1.2.3.4", two[] = FORWARDED "=5.6.7.8";
	char	 other[] = FORWARDED "_TOO=5.6.7.8";
	char	*both[] = { one, remote, two, NULL };
	char	*control[] = { other, one, remote, NULL };
	char	 out[SCEP_PEER_MAX];

	(void)state;
	scep_peer_find(&conf, both, out);
	assert_string_equal(out, "10.0.0.1");
	scep_peer_find(&conf, control, out);
	assert_string_equal(out, "1.2.3.4");
}

static void
nobody_trusts_a_header_by_accident(void **state)
{
	(void)state;
	refused("client_address = HTTP_X_REAL_IP\n", "trusted_proxies");
	refused("trusted_proxies = 10.0.0.0/8\n", "of no use");
	refused("client_address = HTTP_X_REAL_IP\n"
	    "trusted_proxies = 0.0.0.0/0\n", "everybody");
	refused("client_address = HTTP_X_REAL_IP\n"
	    "trusted_proxies = ::/0\n", "everybody");
	refused("client_address = HTTP_X_REAL_IP\n"
	    "trusted_proxies = 10.0.0.1/8\n", "behind the /8");
	refused("client_address = HTTP_FORWARDED\n"
	    "trusted_proxies = 10.0.0.0/8\n", "RFC 7239");
	refused("client_address = X-Forwarded-For\n"
	    "trusted_proxies = 10.0.0.0/8\n", "HTTP_X_FORWARDED_FOR");
	refused("client_address = HTTP_\ntrusted_proxies = ::1\n",
	    "REMOTE_ADDR, or");
}

static void
a_limit_is_a_number_in_a_time(void **state)
{
	static const char *const	 bad[] = { "5", "5/", "/5m", "0/5m",
	    "-1/5m", "5/0s", "5/2d", "5/5m/5m", "many/5m", "1.5/m",
	    "100000000/5m", "yes" };
	struct scep_server_conf		 conf = server("");
	char				 line[64];
	size_t				 i;

	(void)state;
	assert_int_equal(conf.limit[SCEP_LIMIT_FAILURES].n, 3000);
	assert_int_equal(conf.limit[SCEP_LIMIT_FAILURES].s, 300);
	assert_int_equal(conf.limit[SCEP_LIMIT_MESSAGES].n, 0);
	conf = server("limit_failures = off\nlimit_messages = 100/h\n");
	assert_int_equal(conf.limit[SCEP_LIMIT_FAILURES].n, 0);
	assert_int_equal(conf.limit[SCEP_LIMIT_MESSAGES].n, 100);
	assert_int_equal(conf.limit[SCEP_LIMIT_MESSAGES].s, 3600);
	conf = server("limit_failures = 0\nlimit_messages = 1/24h\n");
	assert_int_equal(conf.limit[SCEP_LIMIT_FAILURES].n, 0);
	assert_int_equal(conf.limit[SCEP_LIMIT_MESSAGES].s, 86400);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		(void)snprintf(line, sizeof(line), "limit_failures = %s\n",
		    bad[i]);
		refused(line, "such as 3000/5m");
	}
}

static void
too_many_requests_say_when_again(void **state)
{
	struct scep_http_response	 r = { .status = 429,
					    .type = "text/plain",
					    .retry_after = 299 };
	char				 head[SCEP_HTTP_HEAD];

	(void)state;
	assert_true(scep_http_head(&r, head) > 0);
	assert_non_null(strstr(head, "Status: 429 Too Many Requests\r\n"));
	assert_non_null(strstr(head, "\r\nRetry-After: 299\r\n"));
	r.status = 503;
	r.retry_after = 0;
	assert_true(scep_http_head(&r, head) > 0);
	assert_non_null(strstr(head, "\r\nRetry-After: 5\r\n"));
	r.status = 200;
	assert_true(scep_http_head(&r, head) > 0);
	assert_null(strstr(head, "Retry-After"));
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(without_configuration_no_header_counts),
		cmocka_unit_test(only_a_trusted_proxy_is_believed),
		cmocka_unit_test(a_peer_on_a_unix_socket_may_be_one),
		cmocka_unit_test(the_right_most_that_is_no_proxy_counts),
		cmocka_unit_test(a_client_among_the_proxies_says_what_it_likes),
		cmocka_unit_test(a_header_that_is_there_twice_is_nobodys),
		cmocka_unit_test(nobody_trusts_a_header_by_accident),
		cmocka_unit_test(a_limit_is_a_number_in_a_time),
		cmocka_unit_test(too_many_requests_say_when_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
