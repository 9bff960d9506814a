/*
 * t_renew.c - renewals: what is granted, and to whom.
 *
 * Every refusal stands beside the renewal that is granted but for the one
 * thing that is wrong (SECURITY T8 to T11).
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <openssl/x509v3.h>

#include <cmocka.h>

#include "base/error.h"
#include "tests/unit/conform.h"
#include "tests/unit/renewing.h"

#define DAY	RENEWING_DAY

static const char	more[] = "\n"
	"[profile newkey]\nauthorise = challenge\nrenew_key = new\n"
	"renew_from_profiles = static\n"
	"[profile samekey]\nauthorise = challenge\nrenew_key = same\n"
	"renew_from_profiles = static\n"
	"[profile names]\nauthorise = challenge\nrenew_names = any\n"
	"renew_from_profiles = static\nsan_allow = DNS\n"
	"subject_pattern.CN = dev-*\n"
	"[profile grace]\nauthorise = challenge\nrenew_grace = 10d\n"
	"renew_from_profiles = static\n"
	"[profile none]\nauthorise = challenge\nrenew = no\n"
	"[profile always]\nauthorise = challenge\nrenew_from = always\n"
	"renew_from_profiles = static\n"
	"[profile late]\nauthorise = challenge\nrenew_from = 30d\n"
	"renew_from_profiles = static\n"
	"[profile narrow]\nauthorise = challenge\n"
	"subject_pattern.CN = box-*\nrenew_from_profiles = static\n";

static int
is_for(X509 *cert, const char *cn, EVP_PKEY *key)
{
	char	 text[64] = "";

	(void)X509_NAME_get_text_by_NID(X509_get_subject_name(cert),
	    NID_commonName, text, sizeof(text));
	return strcmp(text, cn) == 0 && EVP_PKEY_eq(X509_get0_pubkey(cert),
	    key) == 1 && X509_verify(cert, w->ca_key) == 1;
}

/* SECURITY T11: a PKCSReq by a certificate of ours is a renewal. */
static void
a_renewal_is_granted_without_a_challenge(void **state)
{
	static const int	 types[] = { 17, 19 };
	struct renewal		 r = { .old = renewing_first("static", NULL) };
	EVP_PKEY		*keys[2] = { w->key[0], w->key[1] };
	struct outcome		 o;
	X509			*cert;
	char			 txid[16];
	int			 i;

	(void)state;
	for (i = 0; i < 4; i++) {
		r.type = types[i & 1];
		r.key = keys[i >> 1];
		(void)snprintf(txid, sizeof(txid), "r%d", i);
		r.txid = txid;
		o = renewing_keep(&r, "granted", "renewal");
		assert_int_equal(o.answer.repeated, 0);
		assert_int_equal(strncmp(o.answer.authority, "renewal of ",
		    11), 0);
		cert = renewing_cert(&o);
		assert_true(is_for(cert, "dev-0", r.key));
		X509_free(cert);
	}
	assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 5);
	X509_free(r.old);
}

static void
a_challenge_in_a_renewal_is_not_looked_at(void **state)
{
	char		 fresh[SCEP_CHALLENGE_TEXT], used[SCEP_CHALLENGE_TEXT];
	char		 gone[SCEP_CHALLENGE_TEXT];
	const char	*all[] = { fresh, used, gone, "nobody's",
			    WORLD_STATIC, NULL };
	struct renewal	 r = { .old = renewing_first("both", NULL),
			    .profile = "both" };
	struct world_request	 other;
	char		 txid[16];
	int		 i;

	(void)state;
	ask_mint("both", fresh);
	ask_mint("both", gone);
	ask_revoke(gone);
	ask_mint("both", used);
	other = ask_new(2, "t", used);
	other.profile = "both";
	ask_spend(&other, "granted", "challenge");
	for (i = 0; all[i] != NULL; i++) {
		(void)snprintf(txid, sizeof(txid), "r%d", i);
		r.txid = txid;
		r.challenge = all[i];
		renewing(&r, "granted", "renewal");
	}
	assert_int_equal(ask_used(fresh), 0);
	assert_int_equal(ask_used(used), 1);
	X509_free(r.old);
}

static void
where_a_human_approves_a_renewal_does_not_wait(void **state)
{
	const struct renewing_plan	 plan = { .subject = "dev-0",
	    .serial = 77, .from = -DAY, .to = 300 * DAY };
	struct renewal			 r = { .profile = "manual" };

	(void)state;
	r.old = renewing_make(&plan);
	renewing_record(r.old, "manual");
	renewing(&r, "granted", "renewal");
	assert_int_equal(world_count(w, SCEP_T_PENDING), 0);
	X509_free(r.old);
}

/* PROTOCOL C-210: the message of a first enrolment, but for its signer. */
static void
a_renewal_under_the_first_transactionID_is_a_new_one(void **state)
{
	struct renewal	 r = { .old = renewing_first("static", NULL),
			    .key = w->key[0], .challenge = WORLD_STATIC,
			    .txid = "first", .type = 19 };
	struct outcome	 o;
	X509		*second;

	(void)state;
	o = renewing_keep(&r, "granted", "renewal");
	second = renewing_cert(&o);
	assert_true(ASN1_INTEGER_cmp(X509_get0_serialNumber(second),
	    X509_get0_serialNumber(r.old)) != 0);
	assert_int_equal(world_count(w, SCEP_T_TRANSACTION), 2);
	/* And again, by the second certificate. */
	X509_free(r.old);
	r.old = second;
	r.later = RENEWING_OPEN + 200 * DAY;
	renewing(&r, "granted", "renewal");
	assert_int_equal(world_count(w, SCEP_T_TRANSACTION), 3);
	assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 3);
	X509_free(second);
}

/* SECURITY T12. */
static void
a_retry_of_a_renewal_issues_nothing(void **state)
{
	struct renewal	 r = { .old = renewing_first("static", NULL) };
	struct outcome	 first, again;

	(void)state;
	first = renewing_keep(&r, "granted", "renewal");
	again = renewing_keep(&r, "granted", "granted before");
	assert_int_equal(again.answer.repeated, 1);
	assert_string_equal(first.answer.serial, again.answer.serial);
	assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 2);
	scep_answer_clear(&again.answer);
	/* By the other type, and when the old certificate is over: as a poll
	 * would be answered. */
	r.type = 19;
	r.later = 370 * DAY;
	again = renewing_keep(&r, "granted", "granted before");
	assert_string_equal(first.answer.serial, again.answer.serial);
	scep_answer_clear(&again.answer);
	scep_answer_clear(&first.answer);
	/* Another request under it is another renewal. */
	r.later = 0;
	r.key = w->key[2];
	renewing(&r, "granted", "renewal");
	X509_free(r.old);
}

static void
a_revoked_successor_is_not_made_anew_for_its_request(void **state)
{
	struct renewal	 r = { .old = renewing_first("static", NULL) };
	struct outcome	 o;
	X509		*second;

	(void)state;
	o = renewing_keep(&r, "granted", "renewal");
	second = renewing_cert(&o);
	renewing_revoke(second);
	renewing(&r, "refused", "the certificate of this renewal was revoked");
	/* Of the old one itself nothing is known but good. */
	r.key = w->key[2];
	renewing(&r, "granted", "renewal");
	renewing_revoke(r.old);
	renewing(&r, "refused", "the signer was revoked");
	r.key = w->key[3];
	renewing(&r, "refused", "the signer was revoked");
	X509_free(second);
	X509_free(r.old);
}

/* Signers: SECURITY T8. */

static void
a_revoked_signer_is_refused(void **state)
{
	struct renewal	 r = { .old = renewing_first("static", NULL) };

	(void)state;
	renewing(&r, "granted", "renewal");
	renewing_revoke(r.old);
	r.txid = "r2";
	renewing(&r, "refused", "the signer was revoked");
	X509_free(r.old);
}

static void
a_signer_that_has_expired_is_refused(void **state)
{
	struct renewal	 r = { .old = renewing_first("static", NULL),
			    .later = 365 * DAY };
	struct outcome	 o;

	(void)state;
	renewing(&r, "granted", "renewal");	/* its last second */
	r.txid = "r2";
	r.later++;
	renewing(&r, "refused", "the signer has expired");
	/* With a grace it is granted, and said so. */
	r.profile = "grace";
	r.later = 365 * DAY + 3 * DAY + 7;
	o = renewing_keep(&r, "granted", "renewal after its signer's end");
	assert_non_null(strstr(o.answer.authority, ", 3d after its end"));
	scep_answer_clear(&o.answer);
	assert_true(world_holds(w, ", 3d after its end"));
	r.txid = "r3";
	r.later = 375 * DAY;
	renewing(&r, "granted", "renewal after its signer's end");
	r.txid = "r4";
	r.later++;
	renewing(&r, "refused", "the signer has expired");
	X509_free(r.old);
}

static void
a_signer_that_is_too_young_is_refused(void **state)
{
	struct renewal	 r = { .old = renewing_first("static", NULL) };

	(void)state;
	r.later = 365 * DAY / 2 - DAY;
	renewing(&r, "refused", "too early");
	r.later = 365 * DAY / 2 + DAY;
	renewing(&r, "granted", "renewal");
	r.profile = "late";
	r.later = 335 * DAY - 60;
	renewing(&r, "refused", "too early");
	r.later = 335 * DAY + 60;
	renewing(&r, "granted", "renewal");
	r.profile = "always";
	r.later = 1;
	renewing(&r, "granted", "renewal");
	renewing(&r, "granted", "granted before");
	X509_free(r.old);
}

struct stranger {
	struct renewing_plan	 plan;
	int			 recorded;
	const char		*why;
};

static void
is_refused(const struct stranger *s)
{
	struct renewal	 r = { .old = renewing_make(&s->plan),
			    .old_key = s->plan.key };
	char		 ch[] = WORLD_STATIC;

	if (s->recorded)
		renewing_record(r.old, "static");
	r.challenge = ch;	/* which helps nobody */
	renewing(&r, "refused", s->why);
	r.type = 19;
	renewing(&r, "refused", s->why);
	X509_free(r.old);
}

static void
strangers_are_refused_each_for_a_reason_of_its_own(void **state)
{
	const struct renewing_plan	 sub_plan = { .subject = "Sub CA",
	    .serial = 5, .from = -DAY, .to = 900 * DAY, .key = w->key[3],
	    .ext = NID_basic_constraints, .value = "critical,CA:TRUE" };
	X509	*sub = renewing_make(&sub_plan);
	const struct stranger	 rows[] = {
		{ { .subject = "dev-0", .serial = 100, .from = -DAY,
		    .to = 300 * DAY, .by = w->key[3] }, 0,
		    "nor a certificate of ours" },	/* by name alone */
		{ { .subject = "dev-0", .serial = 101, .from = -DAY,
		    .to = 300 * DAY }, 0, "nor a certificate of ours" },
		{ { .subject = "dev-0", .serial = 102, .from = -DAY,
		    .to = 300 * DAY, .issuer = sub, .by = w->key[3] }, 0,
		    "nor a certificate of ours" },
		{ { .subject = "dev-0", .serial = 103, .from = -DAY,
		    .to = 300 * DAY, .issuer = w->self[2], .by = w->key[2] },
		    0, "nor a certificate of ours" },
		/* Somebody put them into the records. */
		{ { .subject = "dev-0", .serial = 104, .from = -DAY,
		    .to = 300 * DAY, .by = w->key[3] }, 1,
		    "not issued by the profile's CA" },
		{ { .subject = "dev-0", .serial = 105, .from = -DAY,
		    .to = 300 * DAY, .issuer = sub, .by = w->key[3] }, 1,
		    "not issued by the profile's CA" },
		{ { .subject = "dev-0", .serial = 106, .from = -DAY,
		    .to = 900 * DAY, .ext = NID_basic_constraints,
		    .value = "critical,CA:TRUE" }, 1, "a CA, an RA or" },
		{ { .subject = "dev-0", .serial = 107, .from = -DAY,
		    .to = 900 * DAY, .ext = NID_ext_key_usage,
		    .value = "OCSPSigning" }, 1, "a CA, an RA or" },
		{ { .subject = "dev-0", .serial = 108, .from = -DAY,
		    .to = 900 * DAY, .key = w->ra_key }, 1,
		    "a CA, an RA or" },
		{ { .subject = "dev-0", .serial = 109, .from = 201 * DAY,
		    .to = 900 * DAY }, 1, "the signer is not valid yet" },
	};
	/* The same, but for what is wrong. */
	const struct renewing_plan	 good = { .subject = "dev-0",
	    .serial = 110, .from = -DAY, .to = 300 * DAY };
	struct renewal			 r = { .type = 17 };
	size_t				 i;

	(void)state;
	r.old = renewing_make(&good);
	renewing_record(r.old, "static");
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		is_refused(&rows[i]);
	assert_int_equal(world_count(w, SCEP_T_TRANSACTION), 0);
	renewing(&r, "granted", "renewal");
	X509_free(r.old);
	X509_free(sub);
}

static void
a_certificate_with_a_number_of_ours_is_not_ours(void **state)
{
	struct renewal		 r = { .old = renewing_first("static", NULL) };
	X509			*ours = r.old, *twin = X509_dup(ours);

	(void)state;
	world_must(twin != NULL && ASN1_TIME_set(X509_getm_notAfter(twin),
	    WORLD_NOW + 3000 * DAY) != NULL &&
	    X509_sign(twin, w->ca_key, EVP_sha256()) > 0);
	r.old = twin;
	renewing(&r, "refused", "is another certificate");
	r.old = ours;
	renewing(&r, "granted", "renewal");
	X509_free(twin);
	X509_free(ours);
}

static void
the_certificates_of_the_house_do_not_renew(void **state)
{
	struct renewal	 r = { .old = w->ra_cert, .old_key = w->ra_key };

	(void)state;
	renewing(&r, "refused", "nor a certificate of ours");
	r.old = w->ca_cert;
	r.old_key = w->ca_key;
	renewing(&r, "refused", "by a self-signed certificate");
	r.type = 19;
	renewing(&r, "refused", "signed with another key");
	/* Nor does a key of the house get into a certificate. */
	r.old = renewing_first("static", NULL);
	r.old_key = NULL;
	r.type = 17;
	r.key = w->ra_key;
	renewing(&r, "refused", "a CA's or RA's own");
	r.key = NULL;
	renewing(&r, "granted", "renewal");
	X509_free(r.old);
}

/* SECURITY T11: nor by a PKCSReq, where there is no renewal. */
static void
another_profiles_certificates_renew_where_it_is_listed(void **state)
{
	struct renewal	 r = { .old = renewing_first("both", NULL),
			    .profile = "static" };
	X509		*of_static = renewing_first("static", NULL);

	(void)state;
	renewing(&r, "refused", "under another profile");
	r.profile = "both";
	renewing(&r, "granted", "renewal");
	X509_free(r.old);
	r.old = of_static;
	r.profile = "newkey";		/* which lists static */
	renewing(&r, "granted", "renewal");
	r.profile = "none";
	renewing(&r, "refused", "renewal is not offered");
	r.type = 19;
	renewing(&r, "refused", "renewal is not offered");
	X509_free(of_static);
}

static void
a_self_signed_certificate_renews_nothing(void **state)
{
	char		 ch[SCEP_CHALLENGE_TEXT];
	struct renewal	 r = { .old = w->self[0], .key = w->key[0],
			    .profile = "main", .challenge = ch, .later = 1 };
	struct world_request	 first;

	(void)state;
	ask_mint("main", ch);
	renewing(&r, "refused", "by a self-signed certificate");
	assert_int_equal(ask_used(ch), 0);
	first = ask_new(0, "r1", ch);
	ask_spend(&first, "granted", "challenge");
}

/* Names and keys: SECURITY T9. */

static void
names_stay_as_they_are(void **state)
{
	static const char *const	 dns[] = { "a.example", "b.example",
	    NULL };
	static const char *const	 turned[] = { "b.example", "A.example",
	    "a.example", NULL };
	static const char *const	 fewer[] = { "a.example", NULL };
	struct renewal			 r = { .old = renewing_first("static",
	    dns), .dns = dns };
	struct outcome			 o;
	X509				*cert;

	(void)state;
	r.subject = "/CN=dev-1";
	renewing(&r, "refused", "to another subject");
	r.subject = "/O=x/CN=dev-0";
	renewing(&r, "refused", "to another subject");
	r.subject = NULL;
	r.dns = fewer;
	renewing(&r, "refused", "other alternative names");
	r.dns = NULL;
	renewing(&r, "refused", "other alternative names");
	/* RFC 5280 section 7.1: the same name; and what is certified is the
	 * old one. */
	r.dns = turned;
	r.subject = "/CN=DEV-0";
	o = renewing_keep(&r, "granted", "renewal");
	assert_string_equal(o.answer.subject, "CN=dev-0");
	cert = renewing_cert(&o);
	assert_true(is_for(cert, "dev-0", w->key[1]));
	assert_int_equal(X509_check_host(cert, "a.example", 0, 0, NULL), 1);
	assert_int_equal(X509_check_host(cert, "b.example", 0, 0, NULL), 1);
	X509_free(cert);
	X509_free(r.old);
}

static void
names_change_where_the_profile_says_so_within_its_rules(void **state)
{
	static const char *const	 dns[] = { "new.example", NULL };
	struct renewal			 r = { .old = renewing_first("static",
	    NULL), .profile = "names", .subject = "/CN=dev-9", .dns = dns };
	struct outcome			 o;
	X509				*cert;

	(void)state;
	o = renewing_keep(&r, "granted", "renewal");
	cert = renewing_cert(&o);
	assert_true(is_for(cert, "dev-9", w->key[1]));
	assert_int_equal(X509_check_host(cert, "new.example", 0, 0, NULL), 1);
	X509_free(cert);
	r.subject = "/CN=admin";
	renewing(&r, "refused", "subject is not allowed");
	/* A name that stays is within them, too. */
	r.profile = "narrow";
	r.subject = NULL;
	r.dns = NULL;
	renewing(&r, "refused", "subject is not allowed");
	X509_free(r.old);
}

/* RFC 8894 section 7.6: who signs with the old key need not have the new. */
static void
the_new_key_proves_itself(void **state)
{
	struct renewal	 r = { .old = renewing_first("static", NULL),
			    .unproven = 1 };

	(void)state;
	renewing(&r, "refused", "no readable request");
	r.key = w->key[0];
	renewing(&r, "refused", "no readable request");
	r.unproven = 0;
	renewing(&r, "granted", "renewal");
	X509_free(r.old);
}

/* DESIGN 7.4: as for a first certificate. */
static void
the_signature_of_anothers_request_is_not_looked_at(void **state)
{
	const struct renewing_plan	 stranger = { .subject = "dev-0",
	    .serial = 78, .from = -DAY, .to = 300 * DAY };
	struct renewal	 r = { .old = renewing_first("static", NULL),
			    .unproven = 1, .subject = "/CN=dev-1" };
	X509		*ours = r.old;

	(void)state;
	renewing(&r, "refused", "a renewal to another subject");
	r.subject = NULL;
	r.dns = (const char *const[]){ "a.example", NULL };
	renewing(&r, "refused", "a renewal to other alternative names");
	r.dns = NULL;
	r.profile = "samekey";
	renewing(&r, "refused", "to the same key alone");
	r.profile = NULL;
	r.old = renewing_make(&stranger);
	renewing(&r, "refused", "nor a certificate of ours");
	X509_free(r.old);
	/* Of its own it is, under whatever name the profile allows. */
	r.old = ours;
	renewing(&r, "refused", "no readable request");
	r.profile = "names";
	r.subject = "/CN=dev-1";
	renewing(&r, "refused", "no readable request");
	r.unproven = 0;
	renewing(&r, "granted", "renewal");
	X509_free(ours);
}

static void
the_profile_may_want_a_new_key_or_the_same(void **state)
{
	struct renewal	 r = { .old = renewing_first("static", NULL),
			    .profile = "newkey", .key = w->key[0] };

	(void)state;
	renewing(&r, "refused", "to new keys alone");
	r.key = w->key[1];
	renewing(&r, "granted", "renewal");
	r.profile = "samekey";
	renewing(&r, "refused", "to the same key alone");
	r.key = w->key[0];
	renewing(&r, "granted", "renewal");
	X509_free(r.old);
}

/* What a worker says: DESIGN 3. */

static void
a_worker_with_a_plaintext_of_its_own_gets_nowhere(void **state)
{
	struct renewal		 r = { .old = renewing_first("static", NULL) };
	struct bytes		 csr = client_csr(w->key[2], "/CN=admin", NULL,
				    NULL);
	struct bytes		 other = client_csr(w->key[2], "/CN=dev-0",
				    NULL, NULL);
	struct scep_enrolment	 lie = {
		.type = 17,
		.txid = { (const uint8_t *)"lie", 3 },
		.plaintext = { csr.data, csr.len },
	};
	struct outcome		 o;
	X509			*cert;

	(void)state;
	r.lie = &lie;
	/* What the message says is what is certified, under its own
	 * transactionID. */
	o = renewing_keep(&r, "granted", "renewal");
	cert = renewing_cert(&o);
	assert_true(is_for(cert, "dev-0", w->key[1]));
	assert_false(world_holds(w, "txid=lie"));
	X509_free(cert);
	/* Without the message there is nothing. */
	lie.plaintext = scep_span_make(other.data, other.len);
	r.no_message = 1;
	renewing(&r, "refused", "not what the worker said");
	lie.self_signed = 1;
	renewing(&r, "refused", "not what the worker said");
	/* Nor with another content key. */
	r.no_message = 0;
	lie.content_key = scep_span_make("0123456789abcdef", 16);
	r.txid = "r2";
	renewing(&r, "refused", "no readable request");
	lie.content_key.len = 15;
	renewing(&r, "refused", "not what the worker said");
	bytes_free(&csr);
	bytes_free(&other);
	X509_free(r.old);
}

static void
a_worker_that_calls_ours_self_signed_gets_nowhere(void **state)
{
	X509			*old = renewing_first("static", NULL);
	unsigned char		*der = NULL;
	int			 len = i2d_X509(old, &der);
	struct bytes		 csr = client_csr(w->key[0], "/CN=dev-0", NULL,
				    NULL);
	char			 id[] = "00000000000000ff";
	struct scep_enrolment	 ask = {
		.profile = "static",
		.request_id = id,
		.peer = "192.0.2.1",
		.type = 19,
		.txid = { (const uint8_t *)"lie", 3 },
		.signer = { der, (size_t)len },
		.self_signed = 1,
		.plaintext = { csr.data, csr.len },
	};
	struct scep_answer	 answer;
	struct scep_error	 err;

	(void)state;
	assert_int_equal(scep_ca_enrol(w->ca, WORLD_NOW + RENEWING_OPEN, &ask,
	    &answer, &err), SCEP_OK);
	assert_int_equal(answer.outcome, SCEP_REFUSED);
	assert_non_null(strstr(answer.reason, "not self-signed"));
	scep_answer_clear(&answer);
	bytes_free(&csr);
	OPENSSL_free(der);
	X509_free(old);
}

static void
a_renewal_with_a_bad_signature_is_refused(void **state)
{
	struct renewal	 r = { .old = renewing_first("static", NULL) };
	struct bytes	 good = renewing_message(&r), bad;
	size_t		 i;

	(void)state;
	/* What a broken worker might make up. */
	bad = good;
	bad.data = OPENSSL_memdup(good.data, good.len);
	world_must(bad.data != NULL);
	r.message = &good;
	for (i = bad.len - 200; i < bad.len; i += 40) {
		struct scep_enrolment	 ask = {
			.profile = "static",
			.request_id = "00000000000000fe",
			.peer = "192.0.2.1",
			.type = 17,
			.message = { bad.data, bad.len },
			.content_key = { (const uint8_t *)"0123456789abcdef",
			    16 },
		};
		struct scep_answer	 answer;
		struct scep_error	 err;

		bad.data[i] ^= 1;
		assert_int_equal(scep_ca_enrol(w->ca, WORLD_NOW +
		    RENEWING_OPEN, &ask, &answer, &err), SCEP_OK);
		assert_int_equal(answer.outcome, SCEP_REFUSED);
		assert_int_equal(answer.code, SCEP_E_REFUSED);
		assert_non_null(strstr(answer.reason,
		    "not what the worker said"));
		scep_answer_clear(&answer);
		bad.data[i] ^= 1;
	}
	renewing(&r, "granted", "renewal");
	OPENSSL_free(bad.data);
	bytes_free(&good);
	X509_free(r.old);
}

#define SETUP(f, numbers)	conforms_setup(f, ask_empty, numbers)

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		SETUP(a_renewal_is_granted_without_a_challenge,
		    "C-125 C-127 C-163 C-164 I-037"),
		SETUP(a_challenge_in_a_renewal_is_not_looked_at,
		    "C-143 I-037"),
		SETUP(where_a_human_approves_a_renewal_does_not_wait,
		    "C-125"),
		SETUP(a_renewal_under_the_first_transactionID_is_a_new_one,
		    "C-164 C-210"),
		SETUP(a_retry_of_a_renewal_issues_nothing, "C-205 C-208"),
		SETUP(a_revoked_successor_is_not_made_anew_for_its_request,
		    "C-130 C-208"),
		SETUP(a_revoked_signer_is_refused, "C-130"),
		SETUP(a_signer_that_has_expired_is_refused, "C-130"),
		SETUP(a_signer_that_is_too_young_is_refused, "C-164"),
		SETUP(strangers_are_refused_each_for_a_reason_of_its_own,
		    "C-126 C-130"),
		SETUP(a_certificate_with_a_number_of_ours_is_not_ours,
		    "C-130 T-26"),
		SETUP(the_certificates_of_the_house_do_not_renew, "C-130"),
		SETUP(another_profiles_certificates_renew_where_it_is_listed,
		    "C-130"),
		SETUP(a_self_signed_certificate_renews_nothing,
		    "C-128 C-129"),
		SETUP(names_stay_as_they_are, "C-130 C-133 C-234"),
		SETUP(names_change_where_the_profile_says_so_within_its_rules,
		    "C-130"),
		SETUP(the_new_key_proves_itself, "C-132 C-234"),
		SETUP(the_signature_of_anothers_request_is_not_looked_at,
		    "C-238"),
		SETUP(the_profile_may_want_a_new_key_or_the_same, "C-163"),
		SETUP(a_worker_with_a_plaintext_of_its_own_gets_nowhere,
		    "C-130"),
		SETUP(a_worker_that_calls_ours_self_signed_gets_nowhere,
		    "C-129"),
		SETUP(a_renewal_with_a_bad_signature_is_refused, "C-130"),
	};
	int	 rc;

	w = world_new(more);
	rc = cmocka_run_group_tests_name("renew", tests, NULL, NULL);
	world_free(w);
	return rc;
}
