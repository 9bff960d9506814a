/*
 * t_unnamed.c - requests whose own names do not read: good for whoever's
 * challenge gives him others, and for everybody else what they have always
 * been, no requests.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ca/wrong.h"
#include "tests/unit/bound.h"
#include "tests/unit/operator.h"
#include "tests/unit/renewing.h"
#include "tests/unit/validating.h"

#define DAY		86400L
#define GIVEN		"O=Example, CN=given"
#define UNREADABLE	"no readable request in the envelope ("
#define LINE		"a line of the log"	/* of bound_rows */
#define EMPTY_CN	"an empty CN"

static const char *const	hosts[] = { BOUND_HOST, NULL };
static const struct world_challenge	set = { .dns = hosts, .binds_san = 1,
    .subject = GIVEN, .subject_is = SCEP_SUBJECT_SET, .max_wrong = 5 };

static const struct bound_row *
row_of(const char *what)
{
	size_t	 i;

	for (i = 0; i < bound_rows_n; i++)
		if (strcmp(bound_rows[i].what, what) == 0)
			return &bound_rows[i];
	fail_msg("no row: %s", what);
	return NULL;
}

/* Device 0's request of this row, to be forgotten with der_forget(). */
static struct world_request
odd(const char *what, const char *txid, const char *challenge)
{
	struct scep_span	 der = bound_der(what == NULL ? NULL :
				    row_of(what), challenge);
	struct world_request	 r = { .txid = txid };

	r.csr.data = (unsigned char *)(uintptr_t)der.data;
	r.csr.len = der.len;
	return r;
}

static void
ask(const struct world_request *r, const char *end, const char *why)
{
	ask_expect(r, end, why);
	der_forget();
}

/* Serial number of a grant, to which the log and a notice give this name. */
static void
granted(const struct world_request *r, const char *why, char serial[64])
{
	struct outcome	 o = ask_expect_keep(r, "granted", why);

	(void)snprintf(serial, 64, "%s", o.answer.serial);
	if (strcmp(why, "challenge") == 0)
		assert_string_equal(o.answer.subject, GIVEN);
	scep_answer_clear(&o.answer);
	der_forget();
}

/* Wrong names that were counted. */
static long
wrong(const char *challenge)
{
	struct scep_challenge	 rec;
	long			 n;

	ask_record(challenge, &rec);
	n = rec.wrong + scep_wrong_count(((struct scep_local *)w->ca)->
	    memory->wrong, rec.id);
	scep_challenge_clear(&rec);
	return n;
}

/* The one member of the story of the last request. */
static const char *
told(const char *member, json_t **all)
{
	char	 id[SCEP_REQUEST_ID_LEN];

	(void)snprintf(id, sizeof(id), "%016x", w->requests);
	*all = operator_ask_id(w, 0, "{\"do\":\"explain\",\"what\":\"%s\"}",
	    id);
	return json_string_value(json_object_get(json_object_get(
	    json_array_get(json_object_get(json_array_get(json_object_get(
	    *all, "stories"), 0), "events"), 0), "request"), member));
}

/* What it was is said in words of ours; nothing of it is kept. */
static void
names_that_are_given_leave_nothing_of_the_others(void **state)
{
	char			 ch[SCEP_CHALLENGE_TEXT], serial[64];
	struct world_request	 r;
	json_t			*all;

	(void)state;
	world_challenge(w, &set, ch);
	r = odd(LINE, "t1", ch);
	granted(&r, "challenge", serial);
	assert_string_equal(told("unreadable_names", &all),
	    "name: CN holds control characters or no UTF-8");
	json_decref(all);
	assert_string_equal(told("names", &all), "given by the challenge");
	json_decref(all);
	assert_null(told("subject", &all));
	json_decref(all);
	assert_true(world_holds(w, "CN=given"));
	assert_false(world_holds(w, "result=granted"));
	/* The control: names that read are told. */
	world_challenge(w, &set, ch);
	r = odd(NULL, "t2", ch);
	granted(&r, "challenge", serial);
	assert_string_equal(told("subject", &all), "O=Example, CN=dev-0");
	json_decref(all);
	assert_null(told("unreadable_names", &all));
	json_decref(all);
}

static void
a_retry_gets_the_same_certificate(void **state)
{
	char			 ch[SCEP_CHALLENGE_TEXT];
	char			 first[64], serial[64];
	struct world_request	 r;

	(void)state;
	world_challenge(w, &set, ch);
	r = odd(EMPTY_CN, "t1", ch);
	granted(&r, "challenge", first);
	r = odd(EMPTY_CN, "t1", ch);
	granted(&r, "granted before", serial);
	assert_string_equal(serial, first);
	r = odd(EMPTY_CN, "t2", ch);
	granted(&r, "used by this key", serial);
	assert_string_equal(serial, first);
	r = odd("alternative names in BER", "t3", ch);
	granted(&r, "used by this key", serial);
	assert_string_equal(serial, first);
	r = odd(NULL, "t4", ch);
	granted(&r, "used by this key", serial);
	assert_string_equal(serial, first);
	assert_int_equal(ask_used(ch), 1);
	assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 1);
}

/* To whoever gets no names of it, nothing at all was asked for. */
static void
without_names_it_is_no_request(void **state)
{
	static const struct world_challenge	 specs[] = {
		{ .uses = 1, .max_wrong = 1 },
		{ .subject = "O=Example, CN=dev-0", .dns = hosts,
		    .binds_san = 1, .max_wrong = 1 },
		{ .subject = "O=Example, CN=*", .dns = hosts, .binds_san = 1,
		    .subject_is = SCEP_SUBJECT_TEMPLATE, .max_wrong = 1 },
	};
	char			 ch[SCEP_CHALLENGE_TEXT];
	struct world_request	 r;
	struct outcome		 o;
	size_t			 i, j, n = 0;

	(void)state;
	for (i = 0; i < sizeof(specs) / sizeof(specs[0]); i++)
		for (j = 0; j < bound_rows_n; j++) {
			if (!bound_rows[j].readable)
				continue;
			world_empty(w);
			world_challenge(w, &specs[i], ch);
			r = odd(bound_rows[j].what, "t1", ch);
			assert_int_equal(world_enrol(w, &r, &o.answer,
			    &o.err), SCEP_OK);
			der_forget();
			if (strncmp(o.answer.reason, UNREADABLE,
			    sizeof(UNREADABLE) - 1) == 0) {
				n++;
				assert_int_equal(o.answer.outcome,
				    SCEP_REFUSED);
				assert_int_equal(o.answer.code,
				    SCEP_E_REFUSED);
				assert_string_equal(o.answer.subject, "");
				assert_string_equal(o.answer.authority, "");
				assert_int_equal(wrong(ch), 0);
				r = odd(NULL, "t2", ch);
				ask(&r, "granted", "challenge");
			}
			scep_answer_clear(&o.answer);
		}
	/* Of the rows these are who had no readable names. */
	assert_int_equal(n, 3 * 25);
}

static void
nor_by_hand_or_by_what_all_know(void **state)
{
	struct world_request	 r;
	char			 ch[SCEP_CHALLENGE_TEXT];

	(void)state;
	r = odd(EMPTY_CN, "t1", NULL);
	r.profile = "manual";
	ask(&r, "refused", UNREADABLE "name: CN of 0 characters");
	r = odd(EMPTY_CN, "t1", NULL);
	r.profile = "both";
	ask(&r, "refused", UNREADABLE "name: CN of 0 characters");
	r = odd(EMPTY_CN, "t1", WORLD_STATIC);
	r.profile = "static";
	ask(&r, "refused", UNREADABLE "name: CN of 0 characters");
	/* One for another profile gives none here; nor does half a one. */
	world_challenge(w, &set, ch);
	r = odd(EMPTY_CN, "t1", ch);
	r.profile = "both";
	ask(&r, "refused", UNREADABLE "name: CN of 0 characters");
	ch[20] = ch[20] == 'a' ? 'b' : 'a';
	r = odd(EMPTY_CN, "t1", ch);
	ask(&r, "refused", UNREADABLE "name: CN of 0 characters");
	assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 0);
	assert_int_equal(world_count(w, SCEP_T_PENDING), 0);
	/* The controls. */
	r = odd(NULL, "t2", NULL);
	r.profile = "manual";
	ask(&r, "pending", "queued");
	r = odd(NULL, "t2", WORLD_STATIC);
	r.profile = "static";
	ask(&r, "granted", "static challenge");
}

/* It is nobody's but for its names. */
static void
all_else_is_asked_of_it(void **state)
{
	uint8_t			 key[SCEP_SHA256_LEN] = { 1 };
	struct world_challenge	 spec = set;
	struct world_request	 r;
	char			 ch[SCEP_CHALLENGE_TEXT];

	(void)state;
	world_challenge(w, &set, ch);
	r = odd(EMPTY_CN, "t1", ch);
	r.csr.data[r.csr.len - 1] ^= 1;
	ask(&r, "refused", UNREADABLE "name: CN of 0 characters");
	r = odd(EMPTY_CN, "t1", ch);
	r.signer = 1;
	ask(&r, "refused", "another key than the request's");
	r = odd(EMPTY_CN, "t1", ch);
	r.later = 2 * DAY;
	ask(&r, "refused", "challenge has expired");
	assert_int_equal(ask_used(ch), 0);
	ask_revoke(ch);
	r = odd(EMPTY_CN, "t1", ch);
	ask(&r, "refused", "challenge was revoked");
	spec.key = key;
	world_challenge(w, &spec, ch);
	r = odd(EMPTY_CN, "t2", ch);
	ask(&r, "refused", "challenge is for another key");
	assert_int_equal(wrong(ch), 1);
	/* The profile's rules are for what is given. */
	spec = set;
	spec.subject = "CN=x, L=here";
	world_challenge(w, &spec, ch);
	r = odd(EMPTY_CN, "t3", ch);
	ask(&r, "refused", "subject is not allowed");
}

/* No challenge is looked at; and no name of a certificate is like none. */
static void
no_renewal_is_given_names(void **state)
{
	struct renewal	 again = { .profile = "main", .subject =
			    "/CN=dev-0\n" };
	char		 ch[SCEP_CHALLENGE_TEXT];

	(void)state;
	again.old = renewing_first("main", NULL);
	world_challenge(w, &set, ch);
	again.challenge = ch;
	renewing(&again, "refused", UNREADABLE "name: CN holds control");
	assert_int_equal(ask_used(ch), 0);
	again.subject = "/CN=dev-0";
	renewing(&again, "granted", "renewal");
	X509_free(again.old);
}

/* ---- with a validator ---- */

static char	spoilt[SCEP_CHALLENGE_TEXT];

/* Its row is no more what it was. */
static void
spoil(void)
{
	struct scep_change	 change = { .n = 0 };
	struct scep_challenge	 rec;
	struct scep_error	 err;

	ask_record(spoilt, &rec);
	rec.mac[0] ^= 1;
	world_must(scep_challenge_write(&change, &rec, &err) == SCEP_OK);
	world_must(scep_store_commit(w->store, &change, &err) == SCEP_OK);
	scep_change_clear(&change);
	scep_challenge_clear(&rec);
}

static void
a_validator_is_shown_the_names_that_are_given(void **state)
{
	struct world_challenge	 spec = set;
	struct world_request	 r;

	(void)state;
	spec.profile = "vcf";
	world_challenge(w, &spec, spoilt);
	validating.meanwhile = spoil;
	r = odd(LINE, "t1", spoilt);
	r.profile = "vcf";
	/* What gave them is gone by the time that it has allowed them; and it
	 * is told so of the request that it saw. */
	ask(&r, "refused", UNREADABLE "name: CN holds control");
	assert_string_equal(json_string_value(json_object_get(
	    validating.asked[0], "subject")), GIVEN);
	assert_string_equal(validating_said("event"), "failed");
	assert_true(json_equal(json_object_get(validating.asked[0], "csr"),
	    json_object_get(validating.asked[1], "csr")));
	assert_true(json_equal(json_object_get(validating.asked[0], "key"),
	    json_object_get(validating.asked[1], "key")));
	assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 0);
	spoil();
	validating.meanwhile = NULL;
	r = odd(LINE, "t1", spoilt);
	r.profile = "vcf";
	ask(&r, "granted", "allowed by the validator");
	assert_string_equal(validating_said("subject"), GIVEN);
}

/* It sees what it could not have read. */
static void
a_validator_alone_is_not_asked(void **state)
{
	struct world_request	 r;

	(void)state;
	validating.answer = "{\"decision\":\"allow\",\"subject\":\"CN=x\","
	    "\"san\":[]}";
	r = odd(EMPTY_CN, "t1", NULL);
	r.profile = "va";
	ask(&r, "refused", UNREADABLE "name: CN of 0 characters");
	assert_int_equal(validating.n, 0);
	r = odd(NULL, "t1", NULL);
	r.profile = "va";
	ask(&r, "granted", "allowed by the validator");
}

static void
they_wait_with_the_request(void **state)
{
	struct world_challenge	 spec = set;
	struct world_request	 r;
	json_t			*list, *done;
	char			 ch[SCEP_CHALLENGE_TEXT], serial[64];

	(void)state;
	spec.profile = "vq";
	world_challenge(w, &spec, ch);
	validating.answer = VALIDATING_QUEUE;
	r = odd(LINE, "t1", ch);
	r.profile = "vq";
	ask(&r, "pending", "queued");
	list = operator_ask(w, 0, "{\"do\":\"request.list\"}");
	operator_is(json_array_get(list, 0), "subject", GIVEN);
	operator_is(json_array_get(list, 0), "san", "DNS:" BOUND_HOST);
	r = odd(LINE, "t1", ch);
	r.profile = "vq";
	ask(&r, "pending", "still waits");
	done = operator_ask_id(w, 0, "{\"do\":\"request.approve\","
	    "\"id\":\"%s\"}", operator_text(json_array_get(list, 0), "id"));
	operator_is(done, "subject", GIVEN);
	json_decref(list);
	json_decref(done);
	r = odd(LINE, "t1", ch);
	r.profile = "vq";
	granted(&r, "granted before", serial);
	assert_false(world_holds(w, "result=granted"));
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test_setup(
		    names_that_are_given_leave_nothing_of_the_others,
		    validating_empty),
		cmocka_unit_test_setup(a_retry_gets_the_same_certificate,
		    validating_empty),
		cmocka_unit_test_setup(without_names_it_is_no_request,
		    validating_empty),
		cmocka_unit_test_setup(nor_by_hand_or_by_what_all_know,
		    validating_empty),
		cmocka_unit_test_setup(all_else_is_asked_of_it,
		    validating_empty),
		cmocka_unit_test_setup(no_renewal_is_given_names,
		    validating_empty),
		cmocka_unit_test_setup(
		    a_validator_is_shown_the_names_that_are_given,
		    validating_empty),
		cmocka_unit_test_setup(a_validator_alone_is_not_asked,
		    validating_empty),
		cmocka_unit_test_setup(they_wait_with_the_request,
		    validating_empty),
	};
	int	 rc;

	w = world_new(validating_conf);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	validating_forget();
	world_free(w);
	return rc;
}
