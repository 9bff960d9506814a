/*
 * t_delivery_renew.c - renewals by keys that nothing can be encrypted to: the
 * old certificate is the authority, a challengePassword of 16 octets or more
 * the secret that the new one is delivered under, and nothing else.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/err.h>

#include "base/error.h"
#include "tests/unit/conform.h"
#include "tests/unit/renewing.h"

#define SECRET	"0123456789abcdef"

static EVP_PKEY	*ec, *next;

/* The first certificate of the EC device. */
static X509 *
first(void)
{
	const struct world_device	 dev = { ec,
					    client_self_signed(ec,
					    "/CN=dev-0") };
	struct world_request		 r = { .profile = "static",
					    .txid = "t1", .device = &dev };
	struct outcome			 o;
	X509				*cert;

	r.csr = client_csr(ec, "/CN=dev-0", WORLD_STATIC, NULL);
	o = ask_expect_keep(&r, "granted", "static challenge");
	cert = renewing_cert(&o);
	bytes_free(&r.csr);
	X509_free(dev.self);
	return cert;
}

static void
is_under(struct outcome *o, EVP_PKEY *key, const char *secret)
{
	const size_t	 len = secret != NULL ? strlen(secret) : 0;
	X509		*cert;

	assert_int_equal(o->answer.delivery.len, len);
	if (len > 0)
		assert_memory_equal(o->answer.delivery.data, secret, len);
	cert = renewing_cert(o);
	assert_int_equal(X509_verify(cert, w->ca_key), 1);
	assert_int_equal(EVP_PKEY_eq(X509_get0_pubkey(cert), key), 1);
	X509_free(cert);
}

static void
a_renewal_is_delivered_under_any_secret(void **state)
{
	X509		*old = first();
	struct renewal	 r = { .old = old, .old_key = ec, .key = next,
			    .challenge = SECRET };
	struct outcome	 o;

	(void)state;
	o = renewing_keep(&r, "granted", "renewal");
	is_under(&o, next, SECRET);
	assert_false(world_holds(w, SECRET));
	/* The answer was lost. */
	o = renewing_keep(&r, "granted", "granted before");
	is_under(&o, next, SECRET);
	X509_free(old);
}

static void
so_is_one_by_a_PKCSReq_and_to_the_same_key(void **state)
{
	X509		*old = first();
	struct renewal	 r = { .old = old, .old_key = ec, .key = ec,
			    .type = 19, .challenge = SECRET };
	struct outcome	 o;

	(void)state;
	o = renewing_keep(&r, "granted", "renewal");
	is_under(&o, ec, SECRET);
	X509_free(old);
}

static void
a_poll_delivers_it_too(void **state)
{
	X509				*old = first();
	const struct world_device	 dev = { ec, old };
	struct renewal			 r = { .old = old, .old_key = ec,
					    .key = next, .txid = "r7",
					    .challenge = SECRET };
	struct world_request		 poll = { .profile = "static",
					    .txid = "r7", .device = &dev,
					    .later = RENEWING_OPEN };
	struct outcome			 o;

	(void)state;
	renewing(&r, "granted", "renewal");
	memset(&o, 0, sizeof(o));
	assert_int_equal(world_poll(w, &poll, &o.answer, &o.err), SCEP_OK);
	assert_int_equal(o.answer.outcome, SCEP_GRANTED);
	is_under(&o, next, SECRET);
	X509_free(old);
}

/* It authorises nothing, so it need not be right; but it must not be one that
 * can be guessed, as the challenge for all may be. */
static void
what_is_too_short_delivers_nothing(void **state)
{
	static const char *const	 words[] = { NULL, "0123456789abcde",
	    WORLD_STATIC };
	X509				*old = first();
	struct renewal			 r = { .old = old, .old_key = ec,
					    .key = next };
	const size_t			 n = world_count(w,
					    SCEP_T_CERTIFICATE);
	char				 used[SCEP_CHALLENGE_TEXT];
	size_t				 i;

	(void)state;
	for (i = 0; i < 3; i++) {
		r.challenge = words[i];
		renewing(&r, "refused", "no challengePassword to encrypt");
	}
	assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), n);
	/* One of another profile is as good as any. */
	ask_mint("main", used);
	r.challenge = used;
	renewing(&r, "granted", "renewal");
	assert_int_equal(ask_used(used), 0);
	X509_free(old);
}

/* The log says what refused it, and not what else would have. */
static void
a_reason_speaks_of_secrets_only_where_one_is_missing(void **state)
{
	X509		*old = first();
	struct renewal	 r = { .old = old, .old_key = ec, .key = next,
			    .subject = "/CN=dev-1" };
	struct outcome	 o;

	(void)state;
	o = renewing_keep(&r, "refused", "a renewal to another subject");
	assert_string_equal(o.answer.reason, "a renewal to another subject");
	scep_answer_clear(&o.answer);
	r.subject = NULL;
	renewing(&r, "refused", "to encrypt the answer with (of 16 octets or "
	    "more, or one that authorises, for a P-256 key; it has 0)");
	X509_free(old);
}

/* RFC 8894 section 3.1: the answer is for the one who signed. */
static void
the_signers_key_decides_how_it_is_delivered(void **state)
{
	X509		*old = renewing_first("static", NULL);
	struct renewal	 r = { .old = old, .key = next };
	struct outcome	 o;

	(void)state;
	o = renewing_keep(&r, "granted", "renewal");
	is_under(&o, next, NULL);
	X509_free(old);
	world_empty(w);
	old = first();
	r = (struct renewal){ .old = old, .old_key = ec, .key = w->key[1],
	    .challenge = SECRET };
	o = renewing_keep(&r, "granted", "renewal");
	is_under(&o, w->key[1], SECRET);
	X509_free(old);
}

#define T(f, numbers)	conforms_setup(f, ask_empty, numbers)

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		T(a_renewal_is_delivered_under_any_secret, "C-088 C-147"),
		T(so_is_one_by_a_PKCSReq_and_to_the_same_key, "C-088"),
		T(a_poll_delivers_it_too, "C-088 C-147"),
		T(what_is_too_short_delivers_nothing, "C-143 C-147"),
		T(a_reason_speaks_of_secrets_only_where_one_is_missing,
		    "C-147"),
		T(the_signers_key_decides_how_it_is_delivered,
		    "C-087 C-088"),
	};
	int	 rc;

	w = world_new(NULL);
	world_must((ec = EVP_EC_gen("P-256")) != NULL);
	world_must((next = EVP_EC_gen("P-384")) != NULL);
	rc = cmocka_run_group_tests_name("delivery_renew", tests, NULL, NULL);
	EVP_PKEY_free(ec);
	EVP_PKEY_free(next);
	world_free(w);
	return rc;
}
