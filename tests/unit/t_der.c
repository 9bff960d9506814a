/* t_der.c - DER and nothing but DER. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/asn1.h>
#include <openssl/err.h>

#include "base/der.h"
#include "tests/unit/client.h"
#include "tests/unit/der_make.h"

#define LENGTH(a)	(sizeof(a) / sizeof((a)[0]))

static int
forget(void **state)
{
	(void)state;
	der_forget();
	return 0;
}

/* Every pair differs in what its name says, and in nothing else. */
static const struct {
	const char	*name;
	const char	*good, *bad;
} rows[] = {
	{ "a length of one octet too many", "0401aa", "048101aa" },
	{ "a length with a leading zero", "0401aa", "04820001aa" },
	{ "an indefinite length", "3000", "30800000" },
	{ "a value cut short", "0402aabb", "0402aa" },
	{ "a length cut short", "0401aa", "0482" },
	{ "an octet behind the value", "0401aa", "0401aa00" },
	{ "a value behind the value", "3003020101", "3003020101020101" },
	{ "a child cut short", "30020500", "30020501" },
	{ "a child that overlaps", "300404020102", "300404030102" },
	{ "an end-of-contents", "30020500", "30020000" },
	{ "a BOOLEAN of 01", "0101ff", "010101" },
	{ "a BOOLEAN of two octets", "010100", "01020000" },
	{ "an INTEGER without octets", "020100", "0200" },
	{ "an INTEGER with a leading 00", "02017f", "0202007f" },
	{ "an INTEGER with a leading ff", "020180", "0202ff80" },
	{ "an ENUMERATED with a leading 00", "0a0101", "0a020001" },
	{ "a NULL with content", "0500", "050100" },
	{ "a BIT STRING without octets", "030100", "0300" },
	{ "a BIT STRING with 8 unused bits", "03020780", "03020880" },
	{ "a BIT STRING with padding set", "03020780", "03020781" },
	{ "an empty BIT STRING with unused bits", "030100", "030101" },
	{ "an OID without octets", "06012a", "0600" },
	{ "an OID cut short", "06022a03", "06022a83" },
	{ "an OID with a leading 80", "06032a8303", "06042a808303" },
	{ "a constructed OCTET STRING", "0401aa", "24030401aa" },
	{ "a constructed UTF8String", "0c0161", "2c030c0161" },
	{ "a primitive SEQUENCE", "3000", "1000" },
	{ "a primitive SET", "3100", "1100" },
	{ "a high tag number", "8100", "9f2000" },
	{ "the same inside of a context tag", "a003020101", "a00402020001" },
};

static void
what_is_not_der_is_refused_and_its_neighbour_is_not(void **state)
{
	struct scep_error	 err;
	size_t			 i;

	(void)state;
	for (i = 0; i < LENGTH(rows); i++) {
		if (scep_der_check(der_hex(rows[i].good), &err) != SCEP_OK)
			fail_msg("%s: its control: %s", rows[i].name,
			    err.text);
		if (scep_der_check(der_hex(rows[i].bad), &err) !=
		    SCEP_E_FORMAT)
			fail_msg("%s: accepted", rows[i].name);
	}
}

static void
nothing_at_all_is_no_der(void **state)
{
	struct scep_error	 err;

	(void)state;
	assert_int_equal(scep_der_check(scep_span_make(NULL, 0), &err),
	    SCEP_E_FORMAT);
	assert_int_equal(scep_der_check(der_hex("30"), &err), SCEP_E_FORMAT);
}

static void
octet_strings_are_not_looked_into(void **state)
{
	struct scep_error	 err;

	(void)state;
	assert_int_equal(scep_der_check(der_hex("0404 3080 0000"), &err),
	    SCEP_OK);
}

static struct scep_span
nested(int depth)
{
	struct scep_span	 s = der_hex("0500");

	while (depth-- > 0)
		s = SEQ(s);
	return s;
}

static void
depth_has_a_limit(void **state)
{
	struct scep_error	 err;

	(void)state;
	assert_int_equal(scep_der_check(nested(SCEP_DER_DEPTH - 1), &err),
	    SCEP_OK);
	assert_int_equal(scep_der_check(nested(SCEP_DER_DEPTH), &err),
	    SCEP_E_FORMAT);
	assert_int_equal(scep_der_check(nested(5000), &err), SCEP_E_FORMAT);
}

static void
a_reason_names_the_octet(void **state)
{
	struct scep_error	 err;

	(void)state;
	assert_int_equal(scep_der_check(der_hex("3006 0101ff 020200"), &err),
	    SCEP_E_FORMAT);
	assert_non_null(strstr(err.text, "octet 5"));
	assert_int_equal(scep_der_check(der_hex("3006 010107 020107"), &err),
	    SCEP_E_FORMAT);
	assert_non_null(strstr(err.text, "octet 2"));
}

static void
values_come_off_the_front_one_by_one(void **state)
{
	struct scep_span	 rest = der_hex("020105 0c02 6162 30");
	struct scep_tlv		 tlv;

	(void)state;
	assert_int_equal(scep_der_next(&rest, &tlv), 1);
	assert_int_equal(tlv.tag, 0x02);
	assert_int_equal(tlv.whole.len, 3);
	assert_int_equal(tlv.content.len, 1);
	assert_int_equal(scep_der_next(&rest, &tlv), 1);
	assert_memory_equal(tlv.content.data, "ab", 2);
	assert_int_equal(scep_der_next(&rest, &tlv), 0);
	assert_int_equal(rest.len, 1);
}

static void
one_step_down_needs_no_second_variable(void **state)
{
	struct scep_span	 rest = der_hex("3005 3003 020105");
	struct scep_tlv		 tlv;

	(void)state;
	assert_int_equal(scep_der_next(&rest, &tlv), 1);
	assert_int_equal(scep_der_next(&tlv.content, &tlv), 1);
	assert_int_equal(tlv.tag, 0x30);
	assert_int_equal(tlv.content.len, 3);
	assert_int_equal(scep_der_next(&tlv.content, &tlv), 1);
	assert_int_equal(tlv.tag, 0x02);
	assert_int_equal(tlv.content.len, 1);
	assert_int_equal(tlv.content.data[0], 5);
}

static void
lengths_are_written_as_libcrypto_writes_them(void **state)
{
	static const size_t	 lens[] = { 0, 1, 0x7f, 0x80, 0xff, 0x100,
				    0xffff, 0x10000 };
	static const uint8_t	 zeros[0x10000];
	ASN1_OCTET_STRING	*s;
	unsigned char		*want;
	struct scep_buf		 got = { NULL, 0 };
	struct scep_error	 err;
	size_t			 i;
	int			 len;

	(void)state;
	for (i = 0; i < LENGTH(lens); i++) {
		s = ASN1_OCTET_STRING_new();
		want = NULL;
		assert_int_equal(ASN1_OCTET_STRING_set(s, zeros,
		    (int)lens[i]), 1);
		len = i2d_ASN1_OCTET_STRING(s, &want);
		assert_int_equal(scep_der_put(&got, 0x04,
		    scep_span_make(zeros, lens[i]), &err), SCEP_OK);
		assert_int_equal(got.len, len);
		assert_memory_equal(got.data, want, got.len);
		assert_int_equal(scep_der_check(scep_buf_span(&got), &err),
		    SCEP_OK);
		scep_buf_clear(&got);
		OPENSSL_free(want);
		ASN1_OCTET_STRING_free(s);
	}
}

static void
a_request_passes_whole_and_in_no_part(void **state)
{
	EVP_PKEY		*key = der_key(2);
	struct bytes		 csr = client_csr(key, "/C=CH/O=x/CN=y",
				    "secret", NULL);
	struct scep_error	 err;
	size_t			 i;

	(void)state;
	assert_int_equal(scep_der_check(der_raw(csr.data, csr.len), &err),
	    SCEP_OK);
	for (i = 0; i < csr.len; i++) {
		if (scep_der_check(der_raw(csr.data, i), &err) !=
		    SCEP_E_FORMAT)
			fail_msg("cut to %zu octets: accepted", i);
		der_forget();
	}
	assert_int_equal(ERR_peek_error(), 0);
	bytes_free(&csr);
	EVP_PKEY_free(key);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test_teardown(
		    what_is_not_der_is_refused_and_its_neighbour_is_not,
		    forget),
		cmocka_unit_test_teardown(nothing_at_all_is_no_der, forget),
		cmocka_unit_test_teardown(octet_strings_are_not_looked_into,
		    forget),
		cmocka_unit_test_teardown(depth_has_a_limit, forget),
		cmocka_unit_test_teardown(a_reason_names_the_octet, forget),
		cmocka_unit_test_teardown(values_come_off_the_front_one_by_one,
		    forget),
		cmocka_unit_test_teardown(
		    one_step_down_needs_no_second_variable, forget),
		cmocka_unit_test(lengths_are_written_as_libcrypto_writes_them),
		cmocka_unit_test_teardown(a_request_passes_whole_and_in_no_part,
		    forget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
