/* t_name.c - names: what is one, what it means, and as people write it. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include "tests/unit/conform.h"
#include "tests/unit/der_make.h"
#include "wire/name.h"

#define LENGTH(a)	(sizeof(a) / sizeof((a)[0]))

#define CN	"2.5.4.3"
#define SN	"2.5.4.4"
#define SERIAL	"2.5.4.5"
#define C	"2.5.4.6"
#define O	"2.5.4.10"
#define OU	"2.5.4.11"
#define GN	"2.5.4.42"
#define DC	"0.9.2342.19200300.100.1.25"

enum { UTF8 = 0x0c, PRINTABLE = 0x13, T61 = 0x14, IA5 = 0x16, BMP = 0x1e,
    UNIVERSAL = 0x1c };

#define TEN	"0123456789"
#define SIXTY	TEN TEN TEN TEN TEN TEN
#define TWO	"\xc3\xa4\xc3\xa4"
#define UMLAUTS	TWO TWO TWO TWO

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
	struct scep_name	 name;
	struct scep_error	 err;
	enum scep_err		 rc;

	rc = scep_name_parse(der, &name, &err);
	assert_int_equal(ERR_peek_error(), 0);
	scep_name_clear(&name);
	return rc;
}

/* Two rows each: the one that may be, and beside it what may not. */
static const struct {
	const char	*why;
	const char	*type;
	int		 tag;
	const char	*value;
	size_t		 len;		/* 0: strlen */
	enum scep_err	 want;
} rows[] = {
	{ "a CN", CN, UTF8, "admin", 0, SCEP_OK },
	{ "a CN with a NUL", CN, UTF8, "admin\0.evil", 11, SCEP_E_REFUSED },
	{ "a CN with CR LF and a log line", CN, UTF8,
	    "x\r\nresult=granted", 0, SCEP_E_REFUSED },
	{ "a CN with DEL", CN, UTF8, "x\x7f", 0, SCEP_E_REFUSED },
	{ "a CN with a C1 control", CN, UTF8, "x\xc2\x85", 0,
	    SCEP_E_REFUSED },
	{ "a CN with an umlaut", CN, UTF8, "x\xc3\xa4", 0, SCEP_OK },
	{ "a CN that is no UTF-8", CN, UTF8, "x\xe4", 0, SCEP_E_REFUSED },
	{ "an overlong slash", CN, UTF8, "\xc0\xaf", 0, SCEP_E_REFUSED },
	{ "half a surrogate pair in UTF-8", CN, UTF8, "\xed\xa0\x80", 0,
	    SCEP_E_REFUSED },
	{ "an empty CN", CN, UTF8, "", 0, SCEP_E_REFUSED },
	{ "a CN of 64 octets", CN, UTF8, SIXTY "abcd", 0, SCEP_OK },
	{ "a CN of 65 octets", CN, UTF8, SIXTY "abcde", 0, SCEP_E_REFUSED },
	{ "a CN of 64 characters, 72 octets", CN, UTF8,
	    UMLAUTS TEN TEN TEN TEN TEN "abcdef", 0, SCEP_OK },
	{ "an O of 65", O, UTF8, SIXTY "abcde", 0, SCEP_E_REFUSED },
	{ "an OU of 65", OU, UTF8, SIXTY "abcde", 0, SCEP_E_REFUSED },
	{ "a GN of 60: ub-name is 32768", GN, UTF8, SIXTY, 0, SCEP_OK },
	{ "a surname of 60", SN, UTF8, SIXTY, 0, SCEP_OK },
	{ "a serialNumber of 64", SERIAL, PRINTABLE, SIXTY "abcd", 0,
	    SCEP_OK },
	{ "a serialNumber of 65", SERIAL, PRINTABLE, SIXTY "abcde", 0,
	    SCEP_E_REFUSED },
	{ "a country", C, PRINTABLE, "CH", 0, SCEP_OK },
	{ "a country of one letter", C, PRINTABLE, "C", 0, SCEP_E_REFUSED },
	{ "a country of three", C, PRINTABLE, "CHE", 0, SCEP_E_REFUSED },
	{ "a country of digits", C, PRINTABLE, "12", 0, SCEP_E_REFUSED },
	{ "PrintableString", CN, PRINTABLE, "a b'()+,-./:=?9", 0, SCEP_OK },
	{ "PrintableString with @", CN, PRINTABLE, "a@b", 0,
	    SCEP_E_REFUSED },
	{ "PrintableString with a NUL", CN, PRINTABLE, "a\0b", 3,
	    SCEP_E_REFUSED },
	{ "IA5String", DC, IA5, "example", 0, SCEP_OK },
	{ "IA5String above 7f", DC, IA5, "ex\xe4mple", 0, SCEP_E_REFUSED },
	{ "T61String, read as ISO 8859-1", CN, T61, "x\xe4", 0, SCEP_OK },
	{ "T61String with a C1 control", CN, T61, "x\x85", 0,
	    SCEP_E_REFUSED },
	{ "BMPString", CN, BMP, "\0a\0b", 4, SCEP_OK },
	{ "BMPString of odd length", CN, BMP, "\0a\0", 3, SCEP_E_REFUSED },
	{ "BMPString with a NUL", CN, BMP, "\0a\0\0", 4, SCEP_E_REFUSED },
	{ "BMPString with half a surrogate pair", CN, BMP, "\xd8\0", 2,
	    SCEP_E_REFUSED },
	{ "UniversalString", CN, UNIVERSAL, "\0\0\0a", 4, SCEP_E_REFUSED },
	{ "an OCTET STRING", CN, 0x04, "ab", 0, SCEP_E_REFUSED },
	{ "an INTEGER", CN, 0x02, "\1", 0, SCEP_E_REFUSED },
	{ "a SEQUENCE", CN, 0x30, "\5\0", 2, SCEP_E_REFUSED },
	{ "an unknown type", "1.2.3.4", UTF8, "x", 0, SCEP_OK },
	{ "an unknown type of 240", "1.2.3.4", UTF8, SIXTY SIXTY SIXTY SIXTY,
	    0, SCEP_OK },
	{ "an unknown type of 300", "1.2.3.4", UTF8,
	    SIXTY SIXTY SIXTY SIXTY SIXTY, 0, SCEP_E_REFUSED },
};

static void
values_are_held_to_their_type_and_bound(void **state)
{
	struct scep_span	 value;
	enum scep_err		 got;
	size_t			 i;

	(void)state;
	for (i = 0; i < LENGTH(rows); i++) {
		value = der_octets(rows[i].tag, rows[i].value,
		    rows[i].len > 0 ? rows[i].len : strlen(rows[i].value));
		got = parse(SEQ(SET_OF(SEQ(der_oid(rows[i].type), value))));
		if (got != rows[i].want)
			fail_msg("%s: got %d, wanted %d", rows[i].why, got,
			    rows[i].want);
	}
}

static void
what_is_no_name_is_refused(void **state)
{
	struct scep_span	 cn = der_rdn(CN, UTF8, "x");
	struct scep_span	 ava = SEQ(der_oid(CN), der_text(UTF8, "x"));

	(void)state;
	assert_int_equal(parse(SEQ(cn)), SCEP_OK);
	assert_int_equal(parse(SET_OF(cn)), SCEP_E_FORMAT);
	assert_int_equal(parse(SEQ(ava)), SCEP_E_FORMAT);
	assert_int_equal(parse(SEQ(SET_OF(der_hex("0500")))), SCEP_E_FORMAT);
	assert_int_equal(parse(SEQ(SET_OF(SEQ(der_oid(CN))))),
	    SCEP_E_FORMAT);
	assert_int_equal(parse(SEQ(SET_OF(SEQ(der_oid(CN), der_text(UTF8,
	    "x"), der_hex("0500"))))), SCEP_E_FORMAT);
	assert_int_equal(parse(SEQ(SET_OF(SEQ(der_text(UTF8, "x"),
	    der_oid(CN))))), SCEP_E_FORMAT);
	assert_int_equal(parse(SEQ(cn, der_hex("3100"))), SCEP_E_FORMAT);
	assert_int_equal(parse(der_join(SEQ(cn), der_hex("00"))),
	    SCEP_E_FORMAT);
	assert_int_equal(parse(scep_span_make(NULL, 0)), SCEP_E_FORMAT);
}

static void
an_empty_name_is_a_name(void **state)
{
	struct scep_name	 name;
	struct scep_error	 err;
	char			 text[8];

	(void)state;
	assert_int_equal(scep_name_parse(der_hex("3000"), &name, &err),
	    SCEP_OK);
	assert_int_equal(name.n, 0);
	scep_name_text(der_hex("3000"), text, sizeof(text));
	assert_string_equal(text, "");
}

static void
sixteen_attributes_are_the_most(void **state)
{
	struct scep_span	 ou = der_rdn(OU, UTF8, "x");
	struct scep_span	 ava = SEQ(der_oid(OU), der_text(UTF8, "x"));

	(void)state;
	assert_int_equal(parse(SEQ(der_repeat(ou, 16))), SCEP_OK);
	assert_int_equal(parse(SEQ(der_repeat(ou, 17))), SCEP_E_REFUSED);
	assert_int_equal(parse(SEQ(SET_OF(der_repeat(ava, 16)))), SCEP_OK);
	assert_int_equal(parse(SEQ(SET_OF(der_repeat(ava, 17)))),
	    SCEP_E_REFUSED);
}

static void
a_kilobyte_is_the_most(void **state)
{
	static char		 text[70001];
	struct scep_span	 l = der_rdn("2.5.4.7", UTF8, SIXTY SIXTY);

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	assert_int_equal(parse(SEQ(der_repeat(l, 7))), SCEP_OK);
	assert_int_equal(parse(SEQ(der_repeat(l, 8))), SCEP_E_REFUSED);
	assert_int_equal(parse(SEQ(der_rdn(CN, UTF8, text))),
	    SCEP_E_REFUSED);
}

static void
structure_types_and_text_come_out(void **state)
{
	struct scep_span	 der = SEQ(der_rdn(C, PRINTABLE, "CH"),
	    SET_OF(SEQ(der_oid(CN), der_text(UTF8, "peer")),
	    SEQ(der_oid(SERIAL), der_text(PRINTABLE, "17"))),
	    der_rdn("1.2.3.4", IA5, "x"));
	struct scep_name	 name;
	struct scep_error	 err;

	(void)state;
	assert_int_equal(scep_name_parse(der, &name, &err), SCEP_OK);
	assert_int_equal(name.n, 4);
	assert_string_equal(name.ava[0].type, "C");
	assert_int_equal(name.ava[0].tag, PRINTABLE);
	assert_int_equal(name.ava[1].rdn, 1);
	assert_int_equal(name.ava[2].rdn, 1);
	assert_string_equal(name.ava[2].type, "serialNumber");
	assert_int_equal(name.ava[3].rdn, 2);
	assert_string_equal(name.ava[3].type, "1.2.3.4");
	assert_memory_equal(name.ava[1].value.data, "peer", 4);
	scep_name_clear(&name);
	assert_int_equal(name.n, 0);
}

static int
same(struct scep_span a, struct scep_span b)
{
	struct scep_name	 x, y;
	struct scep_error	 err;
	int			 yes;

	assert_int_equal(scep_name_parse(a, &x, &err), SCEP_OK);
	assert_int_equal(scep_name_parse(b, &y, &err), SCEP_OK);
	yes = scep_name_same(&x, &y);
	assert_int_equal(scep_name_same(&y, &x), yes);
	scep_name_clear(&x);
	scep_name_clear(&y);
	return yes;
}

static void
the_same_name_is_the_same_text_in_the_same_places(void **state)
{
	struct scep_span	 o = der_rdn(O, UTF8, "x");
	struct scep_span	 cn = der_rdn(CN, UTF8, "y");
	struct scep_span	 both = SET_OF(SEQ(der_oid(O), der_text(UTF8,
	    "x")), SEQ(der_oid(CN), der_text(UTF8, "y")));

	(void)state;
	assert_true(same(SEQ(o, cn), SEQ(o, cn)));
	assert_true(same(SEQ(o, cn), SEQ(o, der_rdn(CN, PRINTABLE, "y"))));
	assert_false(same(SEQ(o, cn), SEQ(cn, o)));
	assert_false(same(SEQ(o, cn), SEQ(o)));
	assert_false(same(SEQ(o), SEQ(o, cn)));
	assert_false(same(SEQ(o, cn), SEQ(both)));
	assert_false(same(SEQ(o, cn), SEQ(o, der_rdn(CN, UTF8, "Y"))));
	assert_false(same(SEQ(o, cn), SEQ(o, der_rdn(CN, UTF8, "yy"))));
	assert_false(same(SEQ(cn), SEQ(der_rdn(OU, UTF8, "y"))));
	assert_false(same(SEQ(cn), SEQ(der_rdn(CN, UTF8, "y "))));
}

static void
an_issuer_is_found_whatever_its_encoding(void **state)
{
	struct scep_span	 a = SEQ(der_rdn(O, UTF8, "Some  CA"));

	(void)state;
	assert_true(scep_name_match(a, a));
	assert_true(scep_name_match(a, SEQ(der_rdn(O, PRINTABLE,
	    "some CA "))));
	assert_true(scep_name_match(a, der_hex("3080 3111 300f 0603 55040a"
	    "0c08 536f6d6520204341 0000")));
	/* A length in two octets. */
	assert_true(scep_name_match(a, der_hex("3014 3112 3010 068103 55040a"
	    "0c08 536f6d6520204341")));
	assert_false(scep_name_match(a, der_hex("3014 3112 3010 068103 55040b"
	    "0c08 536f6d6520204341")));
	assert_false(scep_name_match(a, SEQ(der_rdn(O, UTF8, "SomeCA"))));
	assert_false(scep_name_match(a, SEQ(der_rdn(OU, UTF8, "Some  CA"))));
	assert_false(scep_name_match(a, der_hex("0500")));
	assert_false(scep_name_match(a, scep_span_make(NULL, 0)));
	assert_int_equal(ERR_peek_error(), 0);
}

/* As libcrypto judges it, which folds every name. */
static int
judge(struct scep_span a, struct scep_span b)
{
	const unsigned char	*p = a.data, *q = b.data;
	X509_NAME		*x = d2i_X509_NAME(NULL, &p, (long)a.len);
	X509_NAME		*y = d2i_X509_NAME(NULL, &q, (long)b.len);
	int			 same;

	same = x != NULL && y != NULL && p == a.data + a.len &&
	    q == b.data + b.len && X509_NAME_cmp(x, y) == 0;
	X509_NAME_free(x);
	X509_NAME_free(y);
	ERR_clear_error();
	return same || scep_span_equal(a, b);
}

/* Every short text in every type, alone and with others. */
static void
names_match_as_libcrypto_says(void **state)
{
	static const char *const	 values[] = {
		"", "a", "A ", " a", "a  b", "A b", "ab", "\ta\n", "b",
		"\xc3\xa9", "\xe9",
	};
	static const uint8_t		 tags[] = { UTF8, PRINTABLE, IA5, T61,
					    V_ASN1_OCTET_STRING };
	struct scep_span		 names[4 * 11 * 5 + 5], v;
	size_t				 i, j, n = 0, matched = 0;

	(void)state;
	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		for (j = 0; j < sizeof(tags); j++) {
			v = der_text(tags[j], values[i]);
			names[n++] = SEQ(SET_OF(SEQ(der_oid(CN), v)));
			names[n++] = SEQ(SET_OF(SEQ(der_oid(O), v)));
			names[n++] = SEQ(der_rdn(O, UTF8, "x"),
			    SET_OF(SEQ(der_oid(CN), v)));
			names[n++] = SEQ(SET_OF(SEQ(der_oid(O), v),
			    SEQ(der_oid(CN), v)));
		}
	names[n++] = der_hex("3000");
	names[n++] = der_hex("3002 3100");
	names[n++] = der_hex("3000 00");
	names[n++] = der_hex("300d 310b 3009 068103 550403 0c01 61");
	names[n++] = der_hex("3080 3108 3006 0603 550403 0c01 61 0000");
	for (i = 0; i < n; i++)
		for (j = 0; j < n; j++) {
			if (scep_name_match(names[i], names[j]) !=
			    judge(names[i], names[j]))
				fail_msg("names %zu and %zu", i, j);
			matched += i != j && judge(names[i], names[j]);
		}
	assert_true(matched > 100);
}

static const struct {
	const char	*in, *out;	/* out NULL: the same */
} texts[] = {
	{ "C=CH, O=strongSwan, CN=peer", NULL },
	{ "/C=CH/O=strongSwan/CN=peer", "C=CH, O=strongSwan, CN=peer" },
	{ "/CN=a\\/b", "CN=a/b" },
	{ "CN=a/b", NULL },
	{ "CN=a\\, b\\+c\\=d\\\\e\\\"f", NULL },
	{ "O=x, CN=y + serialNumber=1", "O=x, CN=y + serialNumber=1" },
	{ "cn = x ,o= y", "CN=x, O=y" },
	{ "CN=\\ x\\ ", NULL },
	{ "CN=a b", NULL },
	{ "1.2.3.4=x", NULL },
	{ "2.5.4.3=x", "CN=x" },
	{ "DC=example, DC=com, UID=u, emailAddress=a@b.c", NULL },
	{ "SN=a, GN=b, initials=c, title=d, street=e, postalCode=f", NULL },
	{ "L=a, ST=b, OU=c, dnQualifier=d, unstructuredName=e, "
	    "unstructuredAddress=f", NULL },
	{ "CN=\xc3\xa4", NULL },
};

static void
text_becomes_a_name_and_text_again(void **state)
{
	const char		*want;
	char			 text[SCEP_NAME_TEXT];
	struct scep_buf		 der = { NULL, 0 }, again = { NULL, 0 };
	struct scep_error	 err;
	size_t			 i;

	(void)state;
	for (i = 0; i < LENGTH(texts); i++) {
		want = texts[i].out != NULL ? texts[i].out : texts[i].in;
		if (scep_name_make(texts[i].in, &der, &err) != SCEP_OK)
			fail_msg("%s: %s", texts[i].in, err.text);
		scep_name_text(scep_buf_span(&der), text, sizeof(text));
		assert_string_equal(text, want);
		assert_int_equal(scep_name_make(text, &again, &err),
		    SCEP_OK);
		assert_true(scep_span_equal(scep_buf_span(&der),
		    scep_buf_span(&again)));
	}
	assert_int_equal(ERR_peek_error(), 0);
	scep_buf_clear(&der);
	scep_buf_clear(&again);
}

static void
what_cannot_be_a_name_is_a_usage_error(void **state)
{
	static const char *const bad[] = { "", "/", "x", "CN", "=x", "CN=",
	    "CN=x,", "CN=x, ", "foo=x", "CN=x\\", "C=CHE", "C=1x",
	    "CN=" SIXTY "abcde", "CN=a\nb", "CN=\xff", "DC=\xc3\xa4",
	    "serialNumber=a_b", "CN=x + ", "1.=x", "9.9=x", "/CN=a/b",
	    ("OU=1,OU=1,OU=1,OU=1,OU=1,OU=1,OU=1,OU=1,OU=1,OU=1,OU=1,OU=1,"
	    "OU=1,OU=1,OU=1,OU=1,OU=1") };
	struct scep_buf		 der = { NULL, 0 };
	struct scep_error	 err;
	size_t			 i;

	(void)state;
	for (i = 0; i < LENGTH(bad); i++) {
		if (scep_name_make(bad[i], &der, &err) != SCEP_E_USAGE)
			fail_msg("\"%s\" is accepted", bad[i]);
		assert_int_equal(err.code, SCEP_E_USAGE);
		assert_true(strlen(err.text) > 0);
		assert_int_equal(ERR_peek_error(), 0);
		assert_null(der.data);
	}
}

static void
strings_are_written_as_rfc_5280_wants_them(void **state)
{
	struct scep_buf		 der = { NULL, 0 };
	struct scep_name	 name;
	struct scep_error	 err;

	(void)state;
	assert_int_equal(scep_name_make("C=CH, serialNumber=1, DC=x, "
	    "emailAddress=a@b, CN=c, O=o", &der, &err), SCEP_OK);
	assert_int_equal(scep_name_parse(scep_buf_span(&der), &name, &err),
	    SCEP_OK);
	assert_int_equal(name.ava[0].tag, PRINTABLE);
	assert_int_equal(name.ava[1].tag, PRINTABLE);
	assert_int_equal(name.ava[2].tag, IA5);
	assert_int_equal(name.ava[3].tag, IA5);
	assert_int_equal(name.ava[4].tag, UTF8);
	assert_int_equal(name.ava[5].tag, UTF8);
	scep_name_clear(&name);
	scep_buf_clear(&der);
}

static void
text_is_cut_to_fit_and_never_fails(void **state)
{
	struct scep_span	 der = SEQ(der_rdn(O, UTF8, "strongSwan"));
	char			 text[20] = "untouched";

	(void)state;
	scep_name_text(der, text, 6);
	assert_string_equal(text, "O=str");
	scep_name_text(der, text, 1);
	assert_string_equal(text, "");
	scep_name_text(der_hex("0500"), text, sizeof(text));
	assert_string_equal(text, "(unreadable)");
	scep_name_text(der_hex("0500"), text, 3);
	assert_string_equal(text, "(u");
	scep_name_text(der, text, 0);
	assert_string_equal(text, "(u");
}

static void
types_are_known_by_name_in_any_case(void **state)
{
	(void)state;
	assert_string_equal(scep_name_type("cn"), "CN");
	assert_string_equal(scep_name_type("SERIALNUMBER"), "serialNumber");
	assert_string_equal(scep_name_type("emailaddress"), "emailAddress");
	assert_string_equal(scep_name_type("1.2.3"), "1.2.3");
	assert_null(scep_name_type("foo"));
	assert_null(scep_name_type(""));
	assert_null(scep_name_type("1.2.x"));
	assert_null(scep_name_type("3.2.1"));
	assert_int_equal(ERR_peek_error(), 0);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test_teardown(
		    values_are_held_to_their_type_and_bound, forget),
		cmocka_unit_test_teardown(what_is_no_name_is_refused, forget),
		cmocka_unit_test_teardown(an_empty_name_is_a_name, forget),
		cmocka_unit_test_teardown(sixteen_attributes_are_the_most,
		    forget),
		cmocka_unit_test_teardown(a_kilobyte_is_the_most, forget),
		cmocka_unit_test_teardown(structure_types_and_text_come_out,
		    forget),
		cmocka_unit_test_teardown(
		    the_same_name_is_the_same_text_in_the_same_places,
		    forget),
		conforms_teardown(an_issuer_is_found_whatever_its_encoding,
		    forget, "C-133"),
		cmocka_unit_test_teardown(names_match_as_libcrypto_says,
		    forget),
		cmocka_unit_test(text_becomes_a_name_and_text_again),
		cmocka_unit_test(what_cannot_be_a_name_is_a_usage_error),
		cmocka_unit_test(strings_are_written_as_rfc_5280_wants_them),
		cmocka_unit_test_teardown(text_is_cut_to_fit_and_never_fails,
		    forget),
		cmocka_unit_test(types_are_known_by_name_in_any_case),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
