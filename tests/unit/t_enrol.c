/*
 * t_enrol.c - from what came out of an envelope to the commit: each refusal,
 * end to end, with its control.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/x509v3.h>

#include "tests/unit/asking.h"
#include "tests/unit/conform.h"

static void
a_right_challenge_gets_a_certificate(void **state)
{
	char			 ch[SCEP_CHALLENGE_TEXT];
	struct world_request	 r;
	struct outcome		 o;
	const unsigned char	*p;
	X509			*cert;

	(void)state;
	ask_mint("main", ch);
	r = ask_new(0, "t1", ch);
	o = ask_expect_keep(&r, "granted", "challenge");
	p = o.answer.cert.data;
	cert = d2i_X509(NULL, &p, (long)o.answer.cert.len);
	assert_non_null(cert);
	assert_int_equal(X509_verify(cert, w->ca_key), 1);
	assert_int_equal(EVP_PKEY_eq(X509_get0_pubkey(cert), w->key[0]), 1);
	assert_string_equal(o.answer.subject, "CN=dev-0");
	assert_memory_equal(o.answer.authority, "challenge ", 10);
	assert_int_equal(o.answer.repeated, 0);
	assert_int_equal(o.answer.cipher, -1);
	assert_int_equal(ask_used(ch), 1);
	assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 1);
	assert_int_equal(world_count(w, SCEP_T_TRANSACTION), 1);
	assert_int_equal(world_count(w, SCEP_T_LOG), 1);
	X509_free(cert);
	scep_answer_clear(&o.answer);
	bytes_free(&r.csr);
}

/* Each reason of decide.c once, end to end, and beside it what shows that the
 * fault alone was the reason. */

static void
without_a_challenge_it_is_refused(void **state)
{
	struct world_request	 r = ask_new(0, "t1", NULL);

	(void)state;
	ask_spend(&r, "refused", "no challenge");
	assert_int_equal(world_count(w, SCEP_T_TRANSACTION), 0);
	assert_int_equal(world_count(w, SCEP_T_LOG), 0);
}

static void
a_wrong_challenge_is_refused_and_never_queued(void **state)
{
	static const char *const	 profiles[] = { "main", "both",
	    "static", "tight" };
	char				 ch[SCEP_CHALLENGE_TEXT];
	struct world_request		 r;
	size_t				 i;

	(void)state;
	for (i = 0; i < 4; i++) {
		ask_mint(profiles[i], ch);
		ch[20] = ch[20] == 'a' ? 'b' : 'a';
		r = ask_new(0, "t1", ch);
		r.profile = profiles[i];
		ask_expect(&r, "refused", "challenge unknown");
		bytes_free(&r.csr);
		ch[20] = '\0';		/* no longer one of ours at all */
		r.csr = client_csr(w->key[0], "/CN=dev-0", ch, NULL);
		ask_spend(&r, "refused", "challenge unknown");
	}
	assert_int_equal(world_count(w, SCEP_T_PENDING), 0);
	assert_int_equal(world_count(w, SCEP_T_TRANSACTION), 0);
	r = ask_new(0, "t1", NULL);
	r.profile = "both";
	ask_spend(&r, "pending", "queued");
}

static void
a_challenge_is_used_once(void **state)
{
	char			 ch[SCEP_CHALLENGE_TEXT];
	struct world_request	 r;

	(void)state;
	ask_mint("main", ch);
	r = ask_new(0, "t1", ch);
	ask_spend(&r, "granted", "challenge");
	r = ask_new(1, "t2", ch);
	ask_spend(&r, "refused", "used up");
	/* The same key for another name is another use. */
	r = ask_new(0, "t3", NULL);
	bytes_free(&r.csr);
	r.csr = client_csr(w->key[0], "/CN=other", ch, NULL);
	ask_spend(&r, "refused", "used up");
	assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 1);
	assert_int_equal(ask_used(ch), 1);
}

static void
a_challenge_of_three_uses_is_used_three_times(void **state)
{
	const struct world_challenge	 spec = { .uses = 3 };
	char				 ch[SCEP_CHALLENGE_TEXT];
	struct world_request		 r;
	int				 k;

	(void)state;
	world_challenge(w, &spec, ch);
	for (k = 0; k < 4; k++) {
		r = ask_new(k, "t", ch);
		ask_spend(&r, k < 3 ? "granted" : "refused",
		    k < 3 ? "challenge" : "used up");
	}
	assert_int_equal(ask_used(ch), 3);
}

static void
a_challenge_expires(void **state)
{
	const struct world_challenge	 spec = { .ttl = 60 };
	char				 ch[SCEP_CHALLENGE_TEXT];
	struct world_request		 r;

	(void)state;
	world_challenge(w, &spec, ch);
	r = ask_new(0, "t1", ch);
	r.later = 60;
	ask_expect(&r, "refused", "expired");
	assert_int_equal(ask_used(ch), 0);
	r.later = 59;
	ask_spend(&r, "granted", "challenge");
}

static void
a_revoked_challenge_is_refused(void **state)
{
	char			 ch[SCEP_CHALLENGE_TEXT],
				 good[SCEP_CHALLENGE_TEXT];
	struct world_request	 r;

	(void)state;
	ask_mint("main", ch);
	ask_mint("main", good);
	ask_revoke(ch);
	r = ask_new(0, "t1", ch);
	ask_spend(&r, "refused", "revoked");
	r = ask_new(0, "t1", good);
	ask_spend(&r, "granted", "challenge");
}

static void
a_challenge_is_for_its_profile(void **state)
{
	char			 ch[SCEP_CHALLENGE_TEXT];
	struct world_request	 r;

	(void)state;
	ask_mint("both", ch);
	r = ask_new(0, "t1", ch);
	ask_expect(&r, "refused", "another profile");
	r.profile = "manual";
	ask_expect(&r, "refused", "takes no challenges");
	r.profile = "both";
	ask_spend(&r, "granted", "challenge");
}

static void
a_bound_challenge_is_for_its_subject(void **state)
{
	const struct world_challenge	 spec = { .subject = "CN=dev-0",
	    .binds_san = 1 };
	static const char *const	 dns[] = { "a.example", NULL };
	char				 ch[SCEP_CHALLENGE_TEXT];
	struct world_request		 r;

	(void)state;
	world_challenge(w, &spec, ch);
	r = ask_new(1, "t1", ch);
	ask_spend(&r, "refused", "another subject");
	r = ask_new(0, "t1", ch);
	bytes_free(&r.csr);
	r.csr = client_csr(w->key[0], "/O=x/CN=dev-0", ch, NULL);
	ask_expect(&r, "refused", "another subject");
	bytes_free(&r.csr);
	r.csr = client_csr(w->key[0], "/CN=dev-0", ch, dns);
	ask_spend(&r, "refused", "other alternative names");
	assert_int_equal(ask_used(ch), 0);
	r = ask_new(0, "t1", ch);
	ask_spend(&r, "granted", "challenge");
}

static void
a_bound_challenge_is_for_its_alternative_names(void **state)
{
	static const char *const	 two[] = { "a.example", "b.example",
	    NULL };
	static const char *const	 one[] = { "a.example", NULL };
	static const char *const	 swapped[] = { "B.example",
	    "a.example", NULL };
	const struct world_challenge	 spec = { .dns = two, .binds_san = 1 };
	char				 ch[SCEP_CHALLENGE_TEXT];
	struct world_request		 r;

	(void)state;
	world_challenge(w, &spec, ch);
	r = ask_new(0, "t1", ch);
	ask_expect(&r, "refused", "other alternative names");
	bytes_free(&r.csr);
	r.csr = client_csr(w->key[0], "/CN=dev-0", ch, one);
	ask_expect(&r, "refused", "other alternative names");
	bytes_free(&r.csr);
	r.csr = client_csr(w->key[0], "/CN=dev-0", ch, swapped);
	ask_spend(&r, "granted", "challenge");
}

static void
the_static_challenge_is_for_all(void **state)
{
	struct world_request	 r;

	(void)state;
	r = ask_new(0, "t1", WORLD_STATIC);
	ask_expect(&r, "refused", "challenge unknown");
	r.profile = "static";
	ask_spend(&r, "granted", "static challenge");
	r = ask_new(1, "t2", WORLD_STATIC);
	r.profile = "static";
	ask_spend(&r, "granted", "static challenge");
	r = ask_new(2, "t3", "open sesamE");
	r.profile = "static";
	ask_spend(&r, "refused", "challenge unknown");
}

static void
garbage_is_refused_like_a_wrong_challenge(void **state)
{
	static unsigned char	 junk[] = "what comes out of a bad padding";
	char			 ch[SCEP_CHALLENGE_TEXT];
	struct world_request	 r, bad;

	(void)state;
	ask_mint("main", ch);
	r = bad = ask_new(0, "t1", ch);
	bad.csr.data = junk;
	bad.csr.len = sizeof(junk);
	ask_expect(&bad, "refused", "no readable request");
	bad.csr.len = 0;
	ask_expect(&bad, "refused", "no readable request");
	bad.csr.data = r.csr.data;
	bad.csr.len = r.csr.len - 1;
	ask_expect(&bad, "refused", "no readable request");
	/* Proof of possession: the last octet is the signature's. */
	r.csr.data[r.csr.len - 1] ^= 1;
	ask_expect(&r, "refused", "no readable request");
	r.csr.data[r.csr.len - 1] ^= 1;
	assert_int_equal(ask_used(ch), 0);
	ask_spend(&r, "granted", "challenge");
}

/* DESIGN 7.4: who wraps up another one's request under a key of his choosing
 * must not learn, by the time that it takes to look at its signature, that one
 * came out. */
static void
the_signature_of_a_request_for_another_key_is_not_looked_at(void **state)
{
	char			 ch[SCEP_CHALLENGE_TEXT];
	struct world_request	 r;

	(void)state;
	ask_mint("main", ch);
	r = ask_new(0, "t1", ch);
	r.signer = 1;
	ask_expect(&r, "refused", "signed with another key");
	r.csr.data[r.csr.len - 1] ^= 1;
	ask_expect(&r, "refused", "signed with another key");
	r.signer = 0;
	ask_expect(&r, "refused", "no readable request");
	r.csr.data[r.csr.len - 1] ^= 1;
	ask_spend(&r, "granted", "challenge");
}

static void
garbage_is_never_queued(void **state)
{
	static unsigned char	 junk[] = "what comes out of a bad padding";
	struct world_request	 r = { .profile = "manual", .txid = "t1",
	    .csr = { junk, sizeof(junk) } };

	(void)state;
	ask_expect(&r, "refused", "no readable request");
	assert_int_equal(world_count(w, SCEP_T_PENDING), 0);
	r = ask_new(0, "t1", NULL);
	r.profile = "manual";
	ask_spend(&r, "pending", "queued");
}

static void
an_envelope_used_for_other_content_is_refused(void **state)
{
	static const uint8_t	 key[SCEP_SHA256_LEN] = { 7 };
	char			 ch[SCEP_CHALLENGE_TEXT];
	struct world_request	 r, other;

	(void)state;
	ask_mint("main", ch);
	r = ask_new(0, "t1", "wrong");
	r.envelope = key;
	ask_expect(&r, "refused", "challenge unknown");
	/* The same message again is no attack. */
	ask_expect(&r, "refused", "challenge unknown");
	other = ask_new(0, "t1", ch);
	other.envelope = key;
	ask_expect(&other, "refused", "encryptedKey seen before");
	other.envelope = NULL;
	ask_spend(&other, "granted", "challenge");
	bytes_free(&r.csr);
}

/* A reload must not open a door that memory kept shut. */
static void
what_is_in_memory_outlives_a_configuration(void **state)
{
	static const uint8_t	 key[SCEP_SHA256_LEN] = { 8 };
	char			 ch[SCEP_CHALLENGE_TEXT];
	struct scep_ca		*before = w->ca, *after;
	struct world_request	 r, other;
	struct scep_error	 err;

	(void)state;
	ask_mint("main", ch);
	r = ask_new(0, "t1", "wrong");
	r.envelope = key;
	ask_expect(&r, "refused", "challenge unknown");
	assert_int_equal(scep_ca_reopen(before, w->cfg, &after, &err),
	    SCEP_OK);
	assert_int_equal(after->generation, before->generation + 1);
	scep_ca_close(before);
	w->ca = after;
	other = ask_new(0, "t1", ch);
	other.envelope = key;
	ask_expect(&other, "refused", "encryptedKey seen before");
	other.envelope = NULL;
	ask_spend(&other, "granted", "challenge");
	bytes_free(&r.csr);
}

/* A worker that hands over what it read itself, as it does for others. */
static void
a_renewal_is_not_taken_from_a_workers_word(void **state)
{
	char			 ch[SCEP_CHALLENGE_TEXT];
	struct world_request	 r;

	(void)state;
	ask_mint("main", ch);
	r = ask_new(0, "t1", ch);
	r.type = SCEP_MSG_RENEWALREQ;
	ask_expect(&r, "refused", "not what the worker said");
	r.type = SCEP_MSG_GETCERT;
	ask_expect(&r, "refused", "not offered");
	r.type = 0;
	ask_spend(&r, "granted", "challenge");
}

static void
a_signer_with_another_certificate_is_refused(void **state)
{
	char			 ch[SCEP_CHALLENGE_TEXT];
	struct world_request	 r;

	(void)state;
	ask_mint("main", ch);
	r = ask_new(0, "t1", ch);
	r.signer_cert = w->ra_cert;
	ask_expect(&r, "refused", "not what the worker said");
	r.signer_cert = NULL;
	r.signer = 1;
	ask_expect(&r, "refused", "another key");
	r.signer = 0;
	ask_spend(&r, "granted", "challenge");
}

static void
the_keys_of_the_house_are_never_certified(void **state)
{
	EVP_PKEY *const		 own[] = { w->ca_key, w->ra_key };
	char			 ch[SCEP_CHALLENGE_TEXT];
	struct world_request	 r;
	EVP_PKEY		*key = w->key[3];
	X509			*self = w->self[3];
	int			 i;

	(void)state;
	ask_mint("main", ch);
	for (i = 0; i < 2; i++) {
		w->key[3] = own[i];
		w->self[3] = client_self_signed(own[i], "/CN=dev-3");
		r = ask_new(3, "t1", ch);
		ask_spend(&r, "refused", "own");
		X509_free(w->self[3]);
	}
	w->key[3] = key;
	w->self[3] = self;
	r = ask_new(3, "t1", ch);
	ask_spend(&r, "granted", "challenge");
}

static void
names_are_within_the_rules_of_the_profile(void **state)
{
	static const struct {
		const char	*subject, *dns, *why;
	} bad[] = {
		{ "/L=Bern/CN=dev-1", NULL, "allows no L" },
		{ "/O=x", NULL, "requires a CN" },
		{ "/CN=dev-1/CN=dev-2", NULL, "more than one CN" },
		{ "/CN=root", NULL, "matches no pattern" },
		{ "/CN=dev-1", "a.example.org", "matches no pattern" },
		{ "/CN=dev-1", "*.b.example", "no wildcard" },
	};
	const char		*dns[2] = { NULL, NULL };
	char			 ch[SCEP_CHALLENGE_TEXT];
	struct world_request	 r;
	size_t			 i;

	(void)state;
	ask_mint("tight", ch);
	r = ask_new(0, "t1", ch);
	r.profile = "tight";
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		bytes_free(&r.csr);
		dns[0] = bad[i].dns;
		r.csr = client_csr(w->key[0], bad[i].subject, ch, dns[0] !=
		    NULL ? dns : NULL);
		ask_expect(&r, "refused", bad[i].why);
	}
	assert_int_equal(ask_used(ch), 0);
	bytes_free(&r.csr);
	dns[0] = "A.example";
	r.csr = client_csr(w->key[0], "/O=x/CN=dev-1", ch, dns);
	ask_spend(&r, "granted", "challenge");
}

static void
a_reason_says_everything_that_is_wrong(void **state)
{
	struct world_request	 r;

	(void)state;
	r = ask_new(0, "t1", NULL);
	r.profile = "tight";
	bytes_free(&r.csr);
	r.csr = client_csr(w->key[0], "/CN=root", NULL, NULL);
	r.signer = 1;
	ask_expect(&r, "refused", "signed with another key");
	ask_spend(&r, "refused", "matches no pattern");
}

/* A CSR with an alternative name of a kind that is never issued. */
static struct bytes
csr_with_other_name(EVP_PKEY *key, const char *challenge)
{
	struct bytes			 b = { NULL, 0 };
	X509_REQ			*req = X509_REQ_new();
	STACK_OF(X509_EXTENSION)	*exts = NULL;
	X509_EXTENSION			*ext;
	int				 len;

	ext = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name,
	    "otherName:1.2.3.4;UTF8:x");
	assert_non_null(ext);
	assert_non_null(X509v3_add_ext(&exts, ext, -1));
	assert_int_equal(X509_NAME_add_entry_by_txt(
	    X509_REQ_get_subject_name(req), "CN", MBSTRING_UTF8,
	    (const unsigned char *)"dev-0", -1, -1, 0), 1);
	assert_int_equal(X509_REQ_set_pubkey(req, key), 1);
	assert_int_equal(X509_REQ_add_extensions(req, exts), 1);
	assert_int_equal(X509_REQ_add1_attr_by_NID(req,
	    NID_pkcs9_challengePassword, MBSTRING_UTF8,
	    (const unsigned char *)challenge, -1), 1);
	assert_true(X509_REQ_sign(req, key, EVP_sha256()) > 0);
	len = i2d_X509_REQ(req, &b.data);
	assert_true(len > 0);
	b.len = (size_t)len;
	sk_X509_EXTENSION_pop_free(exts, X509_EXTENSION_free);
	X509_EXTENSION_free(ext);
	X509_REQ_free(req);
	return b;
}

static void
a_name_of_a_kind_that_is_never_issued_is_a_refusal_like_others(void **state)
{
	char			 ch[SCEP_CHALLENGE_TEXT];
	struct world_request	 r;

	(void)state;
	ask_mint("main", ch);
	r = ask_new(0, "t1", ch);
	bytes_free(&r.csr);
	r.csr = csr_with_other_name(w->key[0], ch);
	ask_spend(&r, "refused", "alternative name");
	assert_int_equal(ask_used(ch), 0);
	r = ask_new(0, "t1", ch);	/* the control */
	ask_spend(&r, "granted", "challenge");
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test_setup(
		    a_right_challenge_gets_a_certificate,
		    ask_empty),
		conforms_setup(without_a_challenge_it_is_refused, ask_empty,
		    "C-129 C-142 C-160 C-162"),
		cmocka_unit_test_setup(
		    a_wrong_challenge_is_refused_and_never_queued,
		    ask_empty),
		conforms_setup(a_challenge_is_used_once, ask_empty,
		    "C-141 C-231"),
		cmocka_unit_test_setup(
		    a_challenge_of_three_uses_is_used_three_times,
		    ask_empty),
		conforms_setup(a_challenge_expires, ask_empty, "C-145 C-231"),
		cmocka_unit_test_setup(
		    a_revoked_challenge_is_refused,
		    ask_empty),
		cmocka_unit_test_setup(
		    a_challenge_is_for_its_profile,
		    ask_empty),
		cmocka_unit_test_setup(
		    a_bound_challenge_is_for_its_subject,
		    ask_empty),
		cmocka_unit_test_setup(
		    a_bound_challenge_is_for_its_alternative_names,
		    ask_empty),
		cmocka_unit_test_setup(
		    the_static_challenge_is_for_all,
		    ask_empty),
		conforms_setup(garbage_is_refused_like_a_wrong_challenge,
		    ask_empty, "C-161 C-238"),
		conforms_setup(
		    the_signature_of_a_request_for_another_key_is_not_looked_at,
		    ask_empty, "C-124 C-238"),
		conforms_setup(garbage_is_never_queued, ask_empty,
		    "C-238 T-40"),
		conforms_setup(an_envelope_used_for_other_content_is_refused,
		    ask_empty, "C-238 T-43"),
		cmocka_unit_test_setup(
		    what_is_in_memory_outlives_a_configuration, ask_empty),
		cmocka_unit_test_setup(
		    a_renewal_is_not_taken_from_a_workers_word, ask_empty),
		conforms_setup(a_signer_with_another_certificate_is_refused,
		    ask_empty, "C-124"),
		conforms_setup(the_keys_of_the_house_are_never_certified,
		    ask_empty, "T-96"),
		conforms_setup(names_are_within_the_rules_of_the_profile,
		    ask_empty, "C-061 C-160"),
		cmocka_unit_test_setup(
		    a_reason_says_everything_that_is_wrong,
		    ask_empty),
		cmocka_unit_test_setup(
	    a_name_of_a_kind_that_is_never_issued_is_a_refusal_like_others,
		    ask_empty),
	};
	int	 rc;

	w = world_new(NULL);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	world_free(w);
	return rc;
}
