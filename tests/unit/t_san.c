/* t_san.c - alternative names: what may be one, and what becomes of it. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "tests/unit/der_make.h"
#include "wire/san.h"

#define LENGTH(a)	(sizeof(a) / sizeof((a)[0]))

enum { OTHER = 0xa0, EMAIL = 0x81, DNS = 0x82, URI = 0x86, IP = 0x87 };

#define UPN	"1.3.6.1.4.1.311.20.2.3"
#define ABC	"abcdefghijklmnopqrstuvwxyz"
#define LABEL	ABC "0123456789" ABC "0"

static int
forget(void **state)
{
	(void)state;
	der_forget();
	return 0;
}

static enum scep_err
parse(struct scep_span der)
{
	struct scep_san_list	 list;
	struct scep_error	 err;
	enum scep_err		 rc;

	rc = scep_san_parse(der, &list, &err);
	assert_int_equal(ERR_peek_error(), 0);
	if (rc != SCEP_OK)
		assert_int_equal(list.n, 0);
	scep_san_clear(&list);
	return rc;
}

static const struct {
	const char	*why;
	int		 tag;
	const char	*value;
	size_t		 len;		/* 0: strlen */
	enum scep_err	 want;
} rows[] = {
	{ "a host", DNS, "host.example", 0, SCEP_OK },
	{ "a host with a NUL", DNS, "host.example\0.evil.example", 26,
	    SCEP_E_REFUSED },
	{ "a host with octets above 7e", DNS, "h\xc3\xb6st.example", 0,
	    SCEP_E_REFUSED },
	{ "a host with a blank", DNS, "host .example", 0, SCEP_E_REFUSED },
	{ "a host with a line break", DNS, "host.example\n", 0,
	    SCEP_E_REFUSED },
	{ "a host with _", DNS, "my_host.example", 0, SCEP_E_REFUSED },
	{ "a host with a hyphen", DNS, "my-host.example", 0, SCEP_OK },
	{ "a label that begins with a hyphen", DNS, "-host.example", 0,
	    SCEP_E_REFUSED },
	{ "a label that ends with a hyphen", DNS, "host-.example", 0,
	    SCEP_E_REFUSED },
	{ "an empty label", DNS, "host..example", 0, SCEP_E_REFUSED },
	{ "a dot at the end", DNS, "host.example.", 0, SCEP_E_REFUSED },
	{ "an empty host", DNS, "", 0, SCEP_E_REFUSED },
	{ "a label of 63", DNS, LABEL ".example", 0, SCEP_OK },
	{ "a label of 64", DNS, LABEL "x.example", 0, SCEP_E_REFUSED },
	{ "a name of 253", DNS, LABEL "." LABEL "." LABEL "."
	    "abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghija",
	    0, SCEP_OK },
	{ "a name of 254", DNS, LABEL "." LABEL "." LABEL "."
	    "abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijab",
	    0, SCEP_E_REFUSED },
	{ "a wildcard: the profile's business", DNS, "*.example", 0,
	    SCEP_OK },
	{ "a star elsewhere", DNS, "a.*.example", 0, SCEP_E_REFUSED },
	{ "a star within a label", DNS, "a*.example", 0, SCEP_E_REFUSED },
	{ "a star alone", DNS, "*", 0, SCEP_E_REFUSED },
	{ "a star and a dot", DNS, "*.", 0, SCEP_E_REFUSED },
	{ "mail", EMAIL, "a.b+c@host.example", 0, SCEP_OK },
	{ "mail without @", EMAIL, "host.example", 0, SCEP_E_REFUSED },
	{ "mail of nobody", EMAIL, "@host.example", 0, SCEP_E_REFUSED },
	{ "mail to nowhere", EMAIL, "a@", 0, SCEP_E_REFUSED },
	{ "mail with two @", EMAIL, "a@b@host.example", 0, SCEP_E_REFUSED },
	{ "mail with a NUL", EMAIL, "a@host.example\0", 15,
	    SCEP_E_REFUSED },
	{ "mail to everywhere", EMAIL, "a@*.example", 0, SCEP_E_REFUSED },
	{ "a URI", URI, "urn:uuid:1234", 0, SCEP_OK },
	{ "a URI without a scheme", URI, "//host/x", 0, SCEP_E_REFUSED },
	{ "a URI with a blank", URI, "urn:a b", 0, SCEP_E_REFUSED },
	{ "an empty URI", URI, "", 0, SCEP_E_REFUSED },
	{ "IPv4", IP, "\xc0\x00\x02\x01", 4, SCEP_OK },
	{ "an IP address of 5 octets", IP, "\xc0\x00\x02\x01\x00", 5,
	    SCEP_E_REFUSED },
	{ "a network: 8 octets", IP, "\xc0\x00\x02\x00\xff\xff\xff\x00", 8,
	    SCEP_E_REFUSED },
	{ "IPv6", IP, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01", 16,
	    SCEP_OK },
	{ "an IP address of 15 octets", IP,
	    "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0", 15, SCEP_E_REFUSED },
	{ "a tag that no GeneralName has", 0x89, "x", 0, SCEP_E_FORMAT },
	{ "a string without its tag", 0x0c, "x", 0, SCEP_E_FORMAT },
	{ "a constructed host", 0xa2, "\x16\x01x", 0, SCEP_E_FORMAT },
};

static void
names_are_held_to_their_kind(void **state)
{
	enum scep_err	 got;
	size_t		 i;

	(void)state;
	for (i = 0; i < LENGTH(rows); i++) {
		got = parse(SEQ(der_octets(rows[i].tag, rows[i].value,
		    rows[i].len > 0 ? rows[i].len : strlen(rows[i].value))));
		if (got != rows[i].want)
			fail_msg("%s: got %d, wanted %d", rows[i].why, got,
			    rows[i].want);
	}
}

static void
what_is_no_subjectaltname_is_refused(void **state)
{
	struct scep_span	 host = der_text(DNS, "host.example");

	(void)state;
	assert_int_equal(parse(SEQ(host)), SCEP_OK);
	assert_int_equal(parse(SET_OF(host)), SCEP_E_FORMAT);
	assert_int_equal(parse(host), SCEP_E_FORMAT);
	assert_int_equal(parse(scep_span_make(NULL, 0)), SCEP_E_FORMAT);
	/* X509V3_get_d2i() takes trailing octets: SECURITY 1.6. */
	assert_int_equal(parse(der_join(SEQ(host), der_hex("00"))),
	    SCEP_E_FORMAT);
	assert_int_equal(parse(der_join(der_hex("3080"), der_join(host,
	    der_hex("0000")))), SCEP_E_FORMAT);
	assert_int_equal(parse(der_hex("3000")), SCEP_E_REFUSED);
}

static void
sixty_four_names_are_the_most(void **state)
{
	struct scep_span	 all = der_raw("", 0);
	char			 text[32];
	int			 i;

	(void)state;
	for (i = 0; i < 64; i++) {
		(void)snprintf(text, sizeof(text), "h%d.example", i);
		all = der_join(all, der_text(DNS, text));
	}
	assert_int_equal(parse(SEQ(all)), SCEP_OK);
	assert_int_equal(parse(SEQ(all, der_text(DNS, "h0.example"))),
	    SCEP_OK);
	assert_int_equal(parse(SEQ(all, der_text(DNS, "one.more"))),
	    SCEP_E_REFUSED);
	for (i = 64; i < 3000; i++) {
		(void)snprintf(text, sizeof(text), "h%d.example", i);
		all = der_join(all, der_text(DNS, text));
	}
	assert_int_equal(parse(SEQ(all)), SCEP_E_REFUSED);
}

static void
duplicates_are_kept_once_and_case_is_lowered(void **state)
{
	struct scep_san_list	 list;
	struct scep_error	 err;

	(void)state;
	assert_int_equal(scep_san_parse(SEQ(der_text(DNS, "Host.EXAMPLE"),
	    der_text(DNS, "host.example"), der_text(EMAIL, "A@b.c"),
	    der_text(EMAIL, "a@b.c")), &list, &err), SCEP_OK);
	assert_int_equal(list.n, 3);
	assert_string_equal(list.san[0].value.data, "host.example");
	assert_string_equal(list.san[1].value.data, "A@b.c");
	scep_san_clear(&list);
}

static struct scep_span
other_name(const char *oid, struct scep_span value)
{
	return DER(OTHER, der_oid(oid), DER(0xa0, value));
}

static enum scep_san_type
only_type(struct scep_span name)
{
	struct scep_san_list	 list;
	struct scep_buf		 der = { NULL, 0 };
	struct scep_error	 err;
	enum scep_san_type	 type;

	assert_int_equal(scep_san_parse(SEQ(name), &list, &err), SCEP_OK);
	assert_int_equal(list.n, 1);
	type = list.san[0].type;
	assert_int_equal(scep_san_encode(&list, &der, &err),
	    type == SCEP_SAN_OTHER ? SCEP_E_REFUSED : SCEP_OK);
	scep_buf_clear(&der);
	scep_san_clear(&list);
	return type;
}

static void
other_kinds_are_named_and_never_encoded(void **state)
{
	struct scep_span	 dn = SEQ(der_rdn("2.5.4.3", 0x0c, "x"));

	(void)state;
	assert_int_equal(only_type(other_name(UPN, der_text(0x0c, "u@d"))),
	    SCEP_SAN_UPN);
	assert_int_equal(only_type(other_name(UPN, der_text(0x16, "u@d"))),
	    SCEP_SAN_OTHER);
	assert_int_equal(only_type(other_name("1.2.3", der_text(0x0c,
	    "u@d"))), SCEP_SAN_OTHER);
	assert_int_equal(only_type(DER(0xa4, dn)), SCEP_SAN_OTHER);
	assert_int_equal(only_type(DER(0xa3, dn)), SCEP_SAN_OTHER);
	assert_int_equal(only_type(DER(0xa5, dn)), SCEP_SAN_OTHER);
	assert_int_equal(only_type(der_octets(0x88, "\x2a\x03", 2)),
	    SCEP_SAN_OTHER);
}

static void
a_broken_othername_is_refused(void **state)
{
	struct scep_span	 oid = der_oid(UPN);
	struct scep_span	 upn = der_text(0x0c, "u@d");

	(void)state;
	assert_int_equal(parse(SEQ(DER(OTHER, oid, DER(0xa0, upn)))),
	    SCEP_OK);
	assert_int_equal(parse(SEQ(DER(OTHER, oid))), SCEP_E_FORMAT);
	assert_int_equal(parse(SEQ(DER(OTHER, oid, upn))), SCEP_E_FORMAT);
	assert_int_equal(parse(SEQ(DER(OTHER, upn, DER(0xa0, upn)))),
	    SCEP_E_FORMAT);
	assert_int_equal(parse(SEQ(DER(OTHER, oid, DER(0xa0, upn, upn)))),
	    SCEP_E_FORMAT);
	assert_int_equal(parse(SEQ(DER(OTHER, oid, DER(0xa0, upn), upn))),
	    SCEP_E_FORMAT);
	assert_int_equal(parse(SEQ(other_name(UPN, der_octets(0x0c,
	    "u@d\0x", 5)))), SCEP_E_REFUSED);
	assert_int_equal(parse(SEQ(other_name(UPN, der_text(0x0c, "user")))),
	    SCEP_E_REFUSED);
	assert_int_equal(parse(SEQ(other_name(UPN, der_text(0x0c,
	    "\xff@d")))), SCEP_E_REFUSED);
}

static enum scep_err
add(struct scep_san_list *list, enum scep_san_type type, const char *text,
    size_t len)
{
	struct scep_error	 err;

	return scep_san_add(list, type, scep_span_make(text, len), &err);
}

static void
an_address_has_one_spelling(void **state)
{
	struct scep_san_list	 a = { .n = 0 }, b = { .n = 0 };

	(void)state;
	assert_int_equal(add(&a, SCEP_SAN_IP, "2001:DB8:0::0001", 16),
	    SCEP_OK);
	assert_int_equal(add(&a, SCEP_SAN_IP, "2001:db8::1", 11), SCEP_OK);
	assert_int_equal(a.n, 1);
	assert_string_equal(a.san[0].value.data, "2001:db8::1");
	assert_int_equal(add(&b, SCEP_SAN_IP, "2001:db8::1", 11), SCEP_OK);
	assert_true(scep_san_same(&a, &b));
	assert_int_equal(add(&a, SCEP_SAN_IP, "192.0.2.1\0x", 11),
	    SCEP_E_REFUSED);
	assert_int_equal(add(&a, SCEP_SAN_IP, "192.0.2.256", 11),
	    SCEP_E_REFUSED);
	assert_int_equal(add(&a, SCEP_SAN_IP, "192.0.2.1", 9), SCEP_OK);
	assert_int_equal(add(&a, SCEP_SAN_IP, "", 0), SCEP_E_REFUSED);
	scep_san_clear(&a);
	scep_san_clear(&b);
}

static void
fill(struct scep_san_list *list)
{
	list->n = 0;
	assert_int_equal(add(list, SCEP_SAN_DNS, "a.example", 9), SCEP_OK);
	assert_int_equal(add(list, SCEP_SAN_EMAIL, "a@b.c", 5), SCEP_OK);
	assert_int_equal(add(list, SCEP_SAN_URI, "urn:x", 5), SCEP_OK);
	assert_int_equal(add(list, SCEP_SAN_IP, "192.0.2.1", 9), SCEP_OK);
	assert_int_equal(add(list, SCEP_SAN_IP, "2001:db8::1", 11), SCEP_OK);
	assert_int_equal(add(list, SCEP_SAN_UPN, "u@d", 3), SCEP_OK);
}

/* The judge is libcrypto: the same names, and the same octets again. */
static void
what_we_encode_is_what_libcrypto_reads(void **state)
{
	struct scep_san_list	 list, again;
	struct scep_buf		 der = { NULL, 0 };
	struct scep_error	 err;
	GENERAL_NAMES		*names;
	const unsigned char	*p;
	unsigned char		*out = NULL;
	int			 len;

	(void)state;
	fill(&list);
	assert_int_equal(scep_san_encode(&list, &der, &err), SCEP_OK);
	p = der.data;
	names = d2i_GENERAL_NAMES(NULL, &p, (long)der.len);
	assert_non_null(names);
	assert_ptr_equal(p, der.data + der.len);
	assert_int_equal(sk_GENERAL_NAME_num(names), 6);
	assert_int_equal(sk_GENERAL_NAME_value(names, 0)->type, GEN_DNS);
	assert_int_equal(sk_GENERAL_NAME_value(names, 1)->type, GEN_EMAIL);
	assert_int_equal(sk_GENERAL_NAME_value(names, 2)->type, GEN_URI);
	assert_int_equal(sk_GENERAL_NAME_value(names, 3)->type, GEN_IPADD);
	assert_int_equal(sk_GENERAL_NAME_value(names, 4)->type, GEN_IPADD);
	assert_int_equal(sk_GENERAL_NAME_value(names, 5)->type,
	    GEN_OTHERNAME);
	len = i2d_GENERAL_NAMES(names, &out);
	assert_int_equal(len, der.len);
	assert_memory_equal(out, der.data, der.len);
	assert_int_equal(scep_san_parse(scep_buf_span(&der), &again, &err),
	    SCEP_OK);
	assert_true(scep_san_same(&list, &again));
	OPENSSL_free(out);
	GENERAL_NAMES_free(names);
	scep_buf_clear(&der);
	scep_san_clear(&list);
	scep_san_clear(&again);
}

static void
the_same_names_in_any_order_are_the_same(void **state)
{
	struct scep_san_list	 a = { .n = 0 }, b = { .n = 0 };

	(void)state;
	assert_true(scep_san_same(&a, &b));
	assert_int_equal(add(&a, SCEP_SAN_DNS, "x.example", 9), SCEP_OK);
	assert_false(scep_san_same(&a, &b));
	assert_int_equal(add(&a, SCEP_SAN_DNS, "y.example", 9), SCEP_OK);
	assert_int_equal(add(&b, SCEP_SAN_DNS, "Y.example", 9), SCEP_OK);
	assert_false(scep_san_same(&a, &b));
	assert_false(scep_san_same(&b, &a));
	assert_int_equal(add(&b, SCEP_SAN_DNS, "x.example", 9), SCEP_OK);
	assert_true(scep_san_same(&a, &b));
	scep_san_clear(&b);
	assert_int_equal(add(&b, SCEP_SAN_DNS, "x.example", 9), SCEP_OK);
	assert_int_equal(add(&b, SCEP_SAN_URI, "y:example", 9), SCEP_OK);
	assert_false(scep_san_same(&a, &b));
	scep_san_clear(&a);
	scep_san_clear(&b);
}

static void
one_name_does_not_look_like_two(void **state)
{
	struct scep_san_list	 list;
	char			 text[128];

	(void)state;
	fill(&list);
	scep_san_text(&list, text, sizeof(text));
	assert_string_equal(text, "DNS:a.example, email:a@b.c, URI:urn:x, "
	    "IP:192.0.2.1, IP:2001:db8::1, UPN:u@d");
	scep_san_text(&list, text, 10);
	assert_string_equal(text, "DNS:a.exa");
	scep_san_clear(&list);
	assert_int_equal(add(&list, SCEP_SAN_UPN, "u@d, DNS:x\\", 11),
	    SCEP_OK);
	scep_san_text(&list, text, sizeof(text));
	assert_string_equal(text, "UPN:u@d\\, DNS:x\\\\");
	scep_san_clear(&list);
	scep_san_text(&list, text, sizeof(text));
	assert_string_equal(text, "");
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test_teardown(names_are_held_to_their_kind,
		    forget),
		cmocka_unit_test_teardown(what_is_no_subjectaltname_is_refused,
		    forget),
		cmocka_unit_test_teardown(sixty_four_names_are_the_most,
		    forget),
		cmocka_unit_test_teardown(
		    duplicates_are_kept_once_and_case_is_lowered, forget),
		cmocka_unit_test_teardown(
		    other_kinds_are_named_and_never_encoded, forget),
		cmocka_unit_test_teardown(a_broken_othername_is_refused,
		    forget),
		cmocka_unit_test(an_address_has_one_spelling),
		cmocka_unit_test(what_we_encode_is_what_libcrypto_reads),
		cmocka_unit_test(the_same_names_in_any_order_are_the_same),
		cmocka_unit_test(one_name_does_not_look_like_two),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
