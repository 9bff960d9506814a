/*
 * t_dummy.c - a CA that answers one request: whatever came out of its
 * envelope, no key is the first of its kind (DESIGN 7.4).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "tests/unit/world.h"

static struct world	*w;

/* Bits of the kinds that were read, for garbage or a good request. */
static unsigned int
read_for(const char *profile, int is_garbage)
{
	struct world_request		 r = {
		.profile = profile,
		.txid = "1",
	};
	const struct scep_local		*ca;
	struct scep_answer		 answer;
	struct scep_error		 err;
	unsigned int			 bits = 0;
	int				 i;

	w->crypto->is_brief = 1;
	world_empty(w);
	ca = (const struct scep_local *)w->ca;
	r.csr = client_csr(w->key[0], "/CN=dev", "none", NULL);
	if (is_garbage)
		memset(r.csr.data, 0xff, r.csr.len);
	assert_int_equal(world_enrol(w, &r, &answer, &err), SCEP_OK);
	for (i = 0; i <= SCEP_KEY_OTHER; i++)
		if (ca->memory->dummy[i] != NULL)
			bits |= SCEP_BIT(i);
	scep_answer_clear(&answer);
	bytes_free(&r.csr);
	return bits;
}

static void
one_of_each_kind_that_may_come(void **state)
{
	static const struct {
		const char	*profile;
		unsigned int	 bits;
	} cases[] = {
		{ "main", SCEP_BIT(SCEP_KEY_RSA) },
		{ "p384", SCEP_BIT(SCEP_KEY_RSA) | SCEP_BIT(SCEP_KEY_P256) },
		{ "all", SCEP_BIT(SCEP_KEY_RSA) | SCEP_BIT(SCEP_KEY_P256) |
		    SCEP_BIT(SCEP_KEY_ED25519) },
	};
	size_t	 i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(read_for(cases[i].profile, 1),
		    cases[i].bits);
		assert_int_equal(read_for(cases[i].profile, 0),
		    cases[i].bits);
	}
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(one_of_each_kind_that_may_come),
	};
	int			 rc;

	w = world_new("\n[profile p384]\nauthorise = challenge\n"
	    "key_types = rsa p384\n"
	    "[profile all]\nauthorise = challenge\n"
	    "key_types = rsa ec ed25519\n");
	rc = cmocka_run_group_tests_name("dummy", tests, NULL, NULL);
	w->crypto->is_brief = 0;
	world_free(w);
	return rc;
}
