/*
 * t_inet.c - addresses and networks, and who is counted together.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/inet.h"

static void
an_address_is_read_or_it_is_none(void **state)
{
	static const struct {
		const char	*in, *out;	/* NULL: it is none */
	} rows[] = {
		{ "192.0.2.1", "192.0.2.1" },
		{ "::ffff:192.0.2.1", "192.0.2.1" },
		{ "2001:DB8:0::1", "2001:db8::1" },
		{ "::1", "::1" },
		{ "::", "::" },
		{ "fe80::1%eth0", "fe80::1" },
		{ "", NULL }, { "unix:", NULL }, { "192.0.2", NULL },
		{ "192.0.2.256", NULL }, { "192.0.2.1 ", NULL },
		{ " 192.0.2.1", NULL }, { "192.0.2.1%eth0", NULL },
		{ "192.0.2.01", NULL }, { "0x7f.1", NULL },
		{ "fe80::1%", NULL }, { "1::2::3", NULL }, { "localhost", NULL },
		{ "192.0.2.1:80", NULL }, { "[::1]", NULL },
		{ "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0001",
		    NULL },
	};
	struct scep_inet	 addr;
	char			 text[SCEP_INET_TEXT];
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (scep_inet_read(rows[i].in, &addr) !=
		    (rows[i].out != NULL))
			fail_msg("%s", rows[i].in);
		if (rows[i].out == NULL)
			continue;
		scep_inet_text(&addr, text);
		assert_string_equal(text, rows[i].out);
	}
}

static int
has(const char *net, const char *addr)
{
	struct scep_inet_net	 n;
	struct scep_inet	 a;
	struct scep_error	 err;

	assert_int_equal(scep_inet_net_read(net, &n, &err), SCEP_OK);
	assert_true(scep_inet_read(addr, &a));
	return scep_inet_net_has(&n, &a);
}

static void
a_network_has_its_addresses_and_no_other(void **state)
{
	(void)state;
	assert_true(has("10.0.0.0/8", "10.255.0.1"));
	assert_false(has("10.0.0.0/8", "11.0.0.1"));
	assert_true(has("10.0.0.0/8", "::ffff:10.1.1.1"));
	assert_true(has("192.0.2.128/25", "192.0.2.255"));
	assert_false(has("192.0.2.128/25", "192.0.2.127"));
	assert_true(has("192.0.2.7", "192.0.2.7"));
	assert_false(has("192.0.2.7", "192.0.2.6"));
	assert_true(has("0.0.0.0/0", "192.0.2.7"));
	assert_false(has("0.0.0.0/0", "2001:db8::1"));
	assert_true(has("2001:db8::/33", "2001:db8:7fff::1"));
	assert_false(has("2001:db8::/33", "2001:db8:8000::1"));
	assert_true(has("::/0", "2001:db8::1"));
	assert_true(has("2001:db8::1", "2001:db8::1"));
	assert_false(has("2001:db8::1", "2001:db8::2"));
}

static void
what_is_no_network_is_refused(void **state)
{
	static const char *const	 bad[] = { "", "10", "10.0.0.0/",
	    "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.1/8", "2001:db8::1/64",
	    "::/129", "10.0.0.0/8/8", "10.0.0.0/ 8", "fe80::%lo/64", "all" };
	struct scep_inet_net		 net;
	struct scep_error		 err;
	size_t				 i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (scep_inet_net_read(bad[i], &net, &err) != SCEP_E_USAGE)
			fail_msg("%s", bad[i]);
	assert_int_equal(scep_inet_net_read("10.0.0.0/8", &net, &err),
	    SCEP_OK);
}

static uint64_t
site(const char *text)
{
	struct scep_inet	 addr;

	assert_true(scep_inet_read(text, &addr));
	return scep_inet_site(&addr);
}

static void
a_site_is_an_ipv4_address_or_an_ipv6_64(void **state)
{
	char	 text[SCEP_INET_TEXT];

	(void)state;
	assert_true(site("192.0.2.1") == site("::ffff:192.0.2.1"));
	assert_false(site("192.0.2.1") == site("192.0.2.2"));
	assert_true(site("2001:db8:0:1::1") == site("2001:db8:0:1:ffff::2"));
	assert_false(site("2001:db8:0:1::1") == site("2001:db8:0:2::1"));
	scep_inet_site_text(site("192.0.2.1"), text);
	assert_string_equal(text, "192.0.2.1");
	scep_inet_site_text(site("2001:db8:0:1::1"), text);
	assert_string_equal(text, "2001:db8:0:1::/64");
	scep_inet_site_text(site("::1"), text);
	assert_string_equal(text, "::/64");
	assert_int_equal(scep_inet_site_owner(site("2001:db8:1::")),
	    scep_inet_site_owner(site("2001:db8:ffff:1::")));
	assert_int_not_equal(scep_inet_site_owner(site("2001:db8::")),
	    scep_inet_site_owner(site("2001:db9::")));
	assert_int_equal(scep_inet_site_owner(site("192.0.2.1")),
	    scep_inet_site_owner(site("192.0.255.9")));
	assert_int_not_equal(scep_inet_site_owner(site("192.0.2.1")),
	    scep_inet_site_owner(site("192.1.2.1")));
}

/* All of IPv4 would be one /64. */
static void
a_translated_ipv4_address_is_itself(void **state)
{
	char	 text[SCEP_INET_TEXT];

	(void)state;
	assert_true(site("64:ff9b::192.0.2.1") == site("192.0.2.1"));
	assert_false(site("64:ff9b::192.0.2.1") ==
	    site("64:ff9b::192.0.2.2"));
	scep_inet_site_text(site("64:ff9b::192.0.2.1"), text);
	assert_string_equal(text, "192.0.2.1");
	/* Others are networks as any other: 64:ff9b:0:0:0:1::, 64:ff9b:1::. */
	assert_true(site("64:ff9b::1:192.0.2.1") ==
	    site("64:ff9b::1:192.0.2.2"));
	assert_true(site("64:ff9b:1::192.0.2.1") ==
	    site("64:ff9b:1::192.0.2.2"));
	assert_false(site("64:ff9b:1::192.0.2.1") == site("192.0.2.1"));
}

static int
is_private(const char *text)
{
	struct scep_inet	 addr;

	assert_true(scep_inet_read(text, &addr));
	return scep_inet_is_private(&addr);
}

static void
some_addresses_are_nobodys_on_the_internet(void **state)
{
	static const char *const	 yes[] = { "127.0.0.1", "10.9.8.7",
	    "172.31.0.1", "192.168.1.1", "100.64.0.1", "169.254.1.1", "::1",
	    "fe80::1", "fd00::1", "::ffff:10.0.0.1" };
	static const char *const	 no[] = { "126.0.0.1", "11.0.0.1",
	    "172.32.0.1", "192.169.0.1", "100.128.0.1", "8.8.8.8",
	    "2001:db8::1", "fe00::1", "::ffff:8.8.8.8", "0:0:0:1::1" };
	size_t				 i;

	(void)state;
	for (i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		if (!is_private(yes[i]))
			fail_msg("%s", yes[i]);
	for (i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		if (is_private(no[i]))
			fail_msg("%s", no[i]);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(an_address_is_read_or_it_is_none),
		cmocka_unit_test(a_network_has_its_addresses_and_no_other),
		cmocka_unit_test(what_is_no_network_is_refused),
		cmocka_unit_test(some_addresses_are_nobodys_on_the_internet),
		cmocka_unit_test(a_site_is_an_ipv4_address_or_an_ipv6_64),
		cmocka_unit_test(a_translated_ipv4_address_is_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
