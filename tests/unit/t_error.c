/* t_error.c - every error has a meaning to the outside, and a reason. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include <cmocka.h>

#include "base/error.h"
#include "tests/unit/conform.h"

static void
each_code_has_a_row(void **state)
{
	static const int	 exits[] = { 0, 1, 2, 3, 75, 78 };
	size_t			 i;
	int			 code, known;

	(void)state;
	for (code = 0; code < SCEP_E__MAX; code++) {
		known = 0;
		assert_non_null(scep_err_name((enum scep_err)code));
		assert_in_range(scep_err_http((enum scep_err)code), 200, 503);
		assert_true(scep_err_fail_info((enum scep_err)code) >= -1);
		assert_true(scep_err_fail_info((enum scep_err)code) <= 4);
		for (i = 0; i < sizeof(exits) / sizeof(exits[0]); i++)
			known |= scep_err_exit((enum scep_err)code) ==
			    exits[i];
		assert_true(known);
	}
}

/* RFC 8894 section 3.2.1.4. */
static void
fail_infos_are_those_of_the_rfc(void **state)
{
	(void)state;
	assert_int_equal(scep_err_fail_info(SCEP_E_ALG), 0);
	assert_int_equal(scep_err_fail_info(SCEP_E_SIG), 1);
	assert_int_equal(scep_err_fail_info(SCEP_E_REFUSED), 2);
	assert_int_equal(scep_err_fail_info(SCEP_E_TIME), 3);
	assert_int_equal(scep_err_fail_info(SCEP_E_CERTID), 4);
}

static void
our_own_trouble_is_never_a_client_s_fault(void **state)
{
	int	 code;

	(void)state;
	for (code = SCEP_E_NOMEM; code <= SCEP_E_USAGE; code++) {
		assert_int_equal(scep_err_http((enum scep_err)code), 503);
		assert_int_equal(scep_err_fail_info((enum scep_err)code), -1);
	}
}

static void
a_reason_gets_its_context_in_front(void **state)
{
	struct scep_error	 err;

	(void)state;
	assert_int_equal(scep_fail(&err, SCEP_E_CONFIG, "got %d", 7),
	    SCEP_E_CONFIG);
	assert_string_equal(err.text, "got 7");
	assert_int_equal(scep_fail_within(&err, "%s:%d", "f", 3),
	    SCEP_E_CONFIG);
	assert_string_equal(err.text, "f:3: got 7");
	assert_int_equal(scep_fail_mend(&err, "write %d", 8), SCEP_E_CONFIG);
	assert_string_equal(err.text, "f:3: got 7; write 8");
}

static void
memory_that_is_lacking_is_called_so(void **state)
{
	struct scep_error	 err;

	(void)state;
	assert_int_equal(scep_fail(&err, SCEP_E_NOMEM, "envelopes"),
	    SCEP_E_NOMEM);
	assert_memory_equal(err.text, "envelopes: out of memory; raise", 31);
}

static void
a_reason_too_long_is_cut(void **state)
{
	struct scep_error	 err;
	char			 text[2000];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	(void)scep_fail(&err, SCEP_E_CONFIG, "%s", text);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
	(void)scep_fail_within(&err, "%s", "f");
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
	assert_memory_equal(err.text, "f: x", 4);
	(void)scep_fail_mend(&err, "%s", "f");
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
	(void)scep_fail_ssl(&err, SCEP_E_CONFIG, "%s", text);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
}

static void
libcrypto_s_reason_is_told_and_its_queue_emptied(void **state)
{
	struct scep_error	 err;

	(void)state;
	assert_null(EVP_MD_fetch(NULL, "NO-SUCH-DIGEST", NULL));
	assert_true(ERR_peek_error() != 0);
	assert_int_equal(scep_fail_ssl(&err, SCEP_E_INTERNAL, "fetch"),
	    SCEP_E_INTERNAL);
	assert_memory_equal(err.text, "fetch: ", 7);
	assert_null(strstr(err.text, "no reason given"));
	assert_true(ERR_peek_error() == 0);
	(void)scep_fail_ssl(&err, SCEP_E_INTERNAL, "fetch");
	assert_string_equal(err.text, "fetch: no reason given");
	/* One whose text is not there. */
	ERR_raise(ERR_LIB_USER, 99);
	(void)scep_fail_ssl(&err, SCEP_E_INTERNAL, "fetch");
	assert_string_equal(err.text, "fetch: openssl errstr 40000063 says "
	    "why");
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(each_code_has_a_row),
		conforms(fail_infos_are_those_of_the_rfc, "C-111"),
		conforms(our_own_trouble_is_never_a_client_s_fault, "I-035"),
		cmocka_unit_test(a_reason_gets_its_context_in_front),
		cmocka_unit_test(memory_that_is_lacking_is_called_so),
		cmocka_unit_test(a_reason_too_long_is_cut),
		cmocka_unit_test(
		    libcrypto_s_reason_is_told_and_its_queue_emptied),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
