/*
 * t_query.c - query strings and base64 as clients write them: PROTOCOL I-001,
 * I-002 and I-010 to I-014.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/error.h"
#include "tests/unit/conform.h"
#include "wire/query.h"

#define MAX	65536

static void
operations_are_found_in_any_order_and_case(void **state)
{
	static const struct {
		const char		*query;
		enum scep_operation	 op;
	} cases[] = {
		{ "", SCEP_OP_NONE },
		{ "message=x", SCEP_OP_NONE },
		{ "operation", SCEP_OP_NONE },
		{ "myoperation=GetCACaps", SCEP_OP_NONE },
		{ "operation=", SCEP_OP_OTHER },
		{ "operation=GetCACaps", SCEP_OP_GETCACAPS },
		{ "operation=getcacaps", SCEP_OP_GETCACAPS },
		{ "Operation=GetCACert", SCEP_OP_GETCACERT },
		{ "operation=GetCACert&message=0", SCEP_OP_GETCACERT },
		{ "message=&operation=GetCACert", SCEP_OP_GETCACERT },
		{ "x=1&&y&operation=GetNextCACert", SCEP_OP_GETNEXTCACERT },
		{ "operation=PKIOperation", SCEP_OP_PKIOPERATION },
		{ "operation=PKI%4Fperation", SCEP_OP_PKIOPERATION },
		/* The first of two wins. */
		{ "operation=GetCACaps&operation=GetCACert",
		    SCEP_OP_GETCACAPS },
		{ "operation=GetCACapsX", SCEP_OP_OTHER },
		{ "operation=GetCA", SCEP_OP_OTHER },
		{ "operation=GetCACaps%20", SCEP_OP_OTHER },
		{ "operation=GetCACertChain", SCEP_OP_OTHER },
	};
	struct scep_query	 q;
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		scep_query_parse(cases[i].query, &q);
		if (q.op != cases[i].op)
			fail_msg("\"%s\" is %d", cases[i].query, (int)q.op);
	}
}

static void
what_was_asked_is_kept_for_the_log_but_bounded(void **state)
{
	struct scep_query	 q;

	(void)state;
	scep_query_parse("operation=Frob%41icate", &q);
	assert_string_equal(q.op_text, "FrobAicate");
	scep_query_parse("operation=0123456789012345678901234567890123456789",
	    &q);
	assert_string_equal(q.op_text, "01234567890123456789012345678901");
	assert_int_equal(q.op, SCEP_OP_OTHER);
	/* Cut short it is none of ours, even if it begins like one. */
	scep_query_parse("operation=GetCACaps%00aaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	    &q);
	assert_int_equal(q.op, SCEP_OP_OTHER);
}

static void
the_first_message_is_borrowed_as_it_stands(void **state)
{
	struct scep_query	 q;

	(void)state;
	scep_query_parse("operation=PKIOperation&message=a%2Bb=&message=c",
	    &q);
	assert_true(q.has_message);
	assert_true(scep_span_equal(q.message, scep_span_text("a%2Bb=")));
	scep_query_parse("operation=PKIOperation&message=", &q);
	assert_true(q.has_message);
	assert_int_equal(q.message.len, 0);
	scep_query_parse("operation=PKIOperation&messages=x", &q);
	assert_false(q.has_message);
}

static enum scep_err
decode(const char *text, size_t max, struct scep_buf *out)
{
	struct scep_error	 err;
	enum scep_err		 rc;

	rc = scep_query_decode(scep_span_text(text), max, out, &err);
	if (rc != SCEP_OK) {
		assert_null(out->data);
		assert_int_equal(err.code, rc);
		assert_int_equal(ERR_peek_error(), 0);
	}
	return rc;
}

/* fb ef be ff 3f fe needs both odd characters: "++++/z/+". */
static void
base64_is_read_in_every_dress(void **state)
{
	static const uint8_t		 want[] = { 0xfb, 0xef, 0xbe, 0xff,
					    0x3f, 0xfe, 0x01 };
	static const char *const	 texts[] = {
		"++++/z/+AQ==",			/* RFC 4648 */
		"----_z_-AQ==",			/* I-013: base64url */
		"++++/z/+AQ",			/* I-012: no padding */
		"++++/z/+AQ=",
		"    /z/ AQ==",			/* I-011: a blank was a + */
		"%20%20%20%20/z/%20AQ==",
		"%2B%2B%2b%2B%2Fz%2f%2BAQ%3D%3D",	/* I-010 */
		"++++\r\n/z/+\tAQ==\n",		/* I-010: dropped */
		"%2B%2B%2B%2B%0D%0A%2Fz%2F%2BAQ%3D%3D%0A",
		"%252B%252B%252B%252B%252Fz%252F%252BAQ%253D%253D%250A",
						/* I-014: escaped twice */
	};
	struct scep_buf	 out = { NULL, 0 };
	size_t		 i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (decode(texts[i], MAX, &out) != SCEP_OK)
			fail_msg("\"%s\" is refused", texts[i]);
		assert_int_equal(out.len, sizeof(want));
		assert_memory_equal(out.data, want, sizeof(want));
	}
	scep_buf_clear(&out);
}

static void
what_is_no_base64_is_refused(void **state)
{
	static const char *const	 texts[] = {
		"", "=", "====", "A", "AAAAA", "%0A", "\r\n", "AA=A", "AA!A",
		"AAA%", "AAA%4", "AA%00", "AA*A", "AAA\x80", "%25252BAAA",
		"AAAA.AAA",
	};
	struct scep_buf	 out = { NULL, 0 };
	size_t		 i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (decode(texts[i], MAX, &out) != SCEP_E_HTTP)
			fail_msg("\"%s\" is accepted", texts[i]);
	/* The control. */
	assert_int_equal(decode("AAAA", MAX, &out), SCEP_OK);
	scep_buf_clear(&out);
}

static void
more_than_the_limit_is_too_big(void **state)
{
	struct scep_buf	 out = { NULL, 0 };
	char		 text[1024];

	(void)state;
	assert_int_equal(decode("AAAAAAAA", 6, &out), SCEP_OK);
	assert_int_equal(out.len, 6);
	assert_int_equal(decode("AAAAAAAA", 5, &out), SCEP_E_TOOBIG);
	/* Refused before it is copied. */
	memset(text, '!', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(decode(text, 6, &out), SCEP_E_TOOBIG);
	scep_buf_clear(&out);
}

/* All octets, each length, against OpenSSL's encoder; plain and with each
 * character escaped twice. */
static void
what_openssl_encodes_is_decoded(void **state)
{
	uint8_t		 data[300], text[500];
	char		 twice[5 * 500 + 1];
	struct scep_buf	 out = { NULL, 0 };
	size_t		 len, i, n;

	(void)state;
	for (i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 167 + 13);
	for (len = 1; len <= sizeof(data); len++) {
		n = (size_t)EVP_EncodeBlock(text, data, (int)len);
		assert_int_equal(decode((const char *)text, len, &out),
		    SCEP_OK);
		assert_int_equal(out.len, len);
		assert_memory_equal(out.data, data, len);
		for (i = 0; i < n; i++)
			(void)snprintf(twice + 5 * i, 6, "%%25%02X", text[i]);
		assert_int_equal(decode(twice, MAX, &out), SCEP_OK);
		assert_int_equal(out.len, len);
		assert_memory_equal(out.data, data, len);
	}
	scep_buf_clear(&out);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		conforms(operations_are_found_in_any_order_and_case,
		    "C-020 C-033 I-001"),
		cmocka_unit_test(
		    what_was_asked_is_kept_for_the_log_but_bounded),
		cmocka_unit_test(the_first_message_is_borrowed_as_it_stands),
		conforms(base64_is_read_in_every_dress,
		    "C-024 I-010 I-011 I-012 I-013 I-014 T-67"),
		conforms(what_is_no_base64_is_refused, "T-67"),
		conforms(more_than_the_limit_is_too_big, "C-239"),
		conforms(what_openssl_encodes_is_decoded, "C-024 T-67"),
	};

	return cmocka_run_group_tests_name("query", tests, NULL, NULL);
}
