/*
 * t_ways.c - each way to a certificate, and the same threats to all of them:
 * SECURITY T4, T5, T6, T11, T12 and T13.
 *
 * What is peculiar to one of them is in its own tests.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/crypto.h>

#include "ca/apikey.h"
#include "ca/knock.h"
#include "tests/unit/operator.h"
#include "tests/unit/renewing.h"
#include "tests/unit/tokens.h"
#include "tests/unit/validating.h"

#define LENGTH(a)	(sizeof(a) / sizeof((a)[0]))
#define ALLOW		"{\"decision\":\"allow\"}"
#define REPLAYS		1000
#define ROUNDS		20

typedef char	secret[SCEP_TOKEN_MAX + 1];

static void
by_nothing(const char *profile, secret out)
{
	(void)profile;
	out[0] = '\0';
}

static void
by_record(const char *profile, secret out)
{
	ask_mint(profile, out);
}

static void
by_static(const char *profile, secret out)
{
	(void)profile;
	(void)snprintf(out, sizeof(secret), "%s", WORLD_STATIC);
}

static void
by_token(const char *profile, secret out)
{
	const struct scep_token_wish	 wish = { .profile = profile };
	struct minter			 m;
	char				 more[64];

	(void)snprintf(more, sizeof(more), "\"profiles\":[\"%s\"]", profile);
	tokens_hmac(&m, more);
	tokens_mint(&m, &wish, out);
	tokens_clear(&m);
}

/* Ask by scep-admin.fcgi, with a key that may do this. */
static json_t *
knock(const char *profile, const char *verb, const char *right,
    const char *ask)
{
	struct scep_buf		 reply = { NULL, 0 };
	struct scep_error	 err;
	char			 text[512], summary[512];
	json_t			*made, *root, *result;
	enum scep_err		 rc;

	(void)snprintf(text, sizeof(text), "{\"do\":\"apikey.add\","
	    "\"may\":[\"%s\"],\"profiles\":[\"%s\"]}", right, profile);
	made = operator_ask(w, 0, text);
	(void)snprintf(text, sizeof(text), "{\"do\":\"%s\",\"key\":\"%s\","
	    "\"door\":\"api\",\"peer\":\"192.0.2.1\",\"ask\":[{%s}]}", verb,
	    operator_text(made, "key"), ask);
	rc = scep_knock(w->ca, WORLD_NOW, 33, scep_span_text(text), &reply,
	    summary, sizeof(summary), &err);
	assert_int_equal(rc, SCEP_OK);
	root = json_loadb((const char *)reply.data, reply.len, 0, NULL);
	result = json_incref(json_object_get(root, "result"));
	assert_non_null(result);
	json_decref(root);
	json_decref(made);
	scep_buf_clear(&reply);
	return result;
}

static void
by_door(const char *profile, secret out)
{
	json_t	*made = knock(profile, "challenge.add", "challenge:add", "");

	(void)snprintf(out, sizeof(secret), "%s", operator_text(made,
	    "challenge"));
	json_decref(made);
}

static const struct way {
	const char	*what, *profile;
	void		(*mint)(const char *profile, secret out);
	int		 uses;		/* 1; 0: any number */
	int		 waits;		/* for somebody who approves, */
	int		 door;		/* … by scep-admin.fcgi */
	const char	*answer;	/* of a validator, or NULL */
} ways[] = {
	{ "challenge", "main", by_record, 1, 0, 0, NULL },
	{ "token", "main", by_token, 1, 0, 0, NULL },
	{ "static challenge", "static", by_static, 0, 0, 0, NULL },
	{ "validator", "va", by_nothing, 0, 0, 0, ALLOW },
	{ "challenge and validator", "vc", by_record, 1, 0, 0, ALLOW },
	{ "token and validator", "vc", by_token, 1, 0, 0, ALLOW },
	{ "approval", "manual", by_nothing, 0, 1, 0, NULL },
	{ "approval by a door", "manual", by_nothing, 0, 1, 1, NULL },
	{ "approval, for a validator", "vm", by_nothing, 0, 1, 0,
	    VALIDATING_QUEUE },
	{ "challenge, validator, approval", "vq", by_record, 1, 1, 0,
	    VALIDATING_QUEUE },
	{ "token, validator, approval", "vq", by_token, 1, 1, 0,
	    VALIDATING_QUEUE },
	{ "challenge of a door", "main", by_door, 1, 0, 0, NULL },
};

static void
begin(const struct way *way, secret out)
{
	(void)validating_empty(NULL);
	validating.answer = way->answer;
	way->mint(way->profile, out);
}

static struct world_request
request(const struct way *way, int k, const char *txid, const char *shown)
{
	return validating_new(way->profile, k, txid, shown[0] != '\0' ?
	    shown : NULL);
}

static const char *
end_of(const struct way *way)
{
	return way->waits ? "pending" : "granted";
}

/* As ask_expect(), and say which way it was. */
static void
must(const struct way *way, const struct world_request *r, const char *end)
{
	static const char *const	 names[] = { "granted", "pending",
					    "refused" };
	struct scep_answer		 answer;
	struct scep_error		 err;

	assert_int_equal(world_enrol(w, r, &answer, &err), SCEP_OK);
	if (strcmp(names[answer.outcome], end) != 0)
		fail_msg("%s: wanted %s, got %s (%s)", way->what, end,
		    names[answer.outcome], answer.reason);
	scep_answer_clear(&answer);
}

/* How often it was used, if anybody counts. */
static long
used(const struct way *way, const char *shown)
{
	struct scep_challenge	 rec;
	long			 n;

	if (way->uses == 0)
		return 0;
	if (way->mint != by_token)
		return ask_used(shown);
	if (!tokens_row(shown, &rec))
		return 0;
	n = rec.used;
	scep_challenge_clear(&rec);
	return n;
}

static void
nothing_came_of_it(const struct way *way, const char *shown, const char *what)
{
	if (world_count(w, SCEP_T_CERTIFICATE) > 0 ||
	    world_count(w, SCEP_T_PENDING) > 0 || used(way, shown) != 0)
		fail_msg("%s: something came of it: %s", way->what, what);
}

/* Whatever waits. */
static void
approve(const struct way *way)
{
	json_t	*list = operator_ask(w, 0, "{\"do\":\"request.list\"}");
	char	 ask[64];

	assert_int_equal(json_array_size(list), 1);
	(void)snprintf(ask, sizeof(ask), "\"id\":\"%s\"", operator_text(
	    json_array_get(list, 0), "id"));
	if (way->door)
		json_decref(knock(way->profile, "request.approve",
		    "request:approve", ask));
	else
		json_decref(operator_ask_id(w, 0, "{\"do\":"
		    "\"request.approve\",\"id\":\"%s\"}", operator_text(
		    json_array_get(list, 0), "id")));
	json_decref(list);
}

static void
poll_by(const struct way *way, const struct world_request *r,
    enum scep_outcome outcome, enum scep_err code)
{
	struct scep_answer	 answer;
	struct scep_error	 err;

	assert_int_equal(world_poll(w, r, &answer, &err), SCEP_OK);
	if (answer.outcome != outcome || (outcome == SCEP_REFUSED &&
	    answer.code != code))
		fail_msg("%s: a poll of %s by %d: %d, %s", way->what, r->txid,
		    r->signer, answer.outcome, answer.reason);
	if (outcome != SCEP_GRANTED)
		assert_int_equal(answer.cert.len, 0);
	scep_answer_clear(&answer);
}

static void
poll(const struct way *way, int k, const char *txid, enum scep_outcome outcome,
    enum scep_err code)
{
	const struct world_request	 r = { .profile = way->profile,
	    .txid = txid, .signer = k };

	poll_by(way, &r, outcome, code);
}

/* ---- T4 ---- */

struct rival {
	pthread_t		 thread;
	struct world_request	 r;
	char			 txid[16];
	enum scep_err		 rc;
	struct scep_answer	 answer;
	struct scep_error	 err;
};

static void *
run(void *arg)
{
	struct rival	*rival = arg;

	rival->rc = world_enrol(w, &rival->r, &rival->answer, &rival->err);
	OPENSSL_thread_stop_ex(w->ctx);
	return NULL;
}

/* How many of four devices get anywhere by one secret. */
static int
race(const struct way *way, const char *shown)
{
	struct rival	 rival[WORLD_KEYS];
	int		 k, won = 0;

	memset(rival, 0, sizeof(rival));
	for (k = 0; k < WORLD_KEYS; k++) {
		(void)snprintf(rival[k].txid, sizeof(rival[k].txid), "t%d",
		    k);
		rival[k].r = request(way, k, rival[k].txid, shown);
	}
	for (k = 0; k < WORLD_KEYS; k++)
		world_must(pthread_create(&rival[k].thread, NULL, run,
		    &rival[k]) == 0);
	for (k = 0; k < WORLD_KEYS; k++) {
		world_must(pthread_join(rival[k].thread, NULL) == 0);
		assert_int_equal(rival[k].rc, SCEP_OK);
		won += rival[k].answer.outcome != SCEP_REFUSED;
		scep_answer_clear(&rival[k].answer);
		bytes_free(&rival[k].r.csr);
	}
	return won;
}

/* SECURITY T4: the same secret in parallel gives one certificate; the control
 * are the ways without one that is used up. */
static void
one_secret_in_parallel_gives_one_certificate(void **state)
{
	const struct way	*way;
	secret			 shown;
	size_t			 rows;
	int			 round, won;

	(void)state;
	for (way = ways; way < ways + LENGTH(ways); way++)
		for (round = 0; round < ROUNDS; round++) {
			begin(way, shown);
			won = race(way, shown);
			rows = world_count(w, way->waits ? SCEP_T_PENDING :
			    SCEP_T_CERTIFICATE);
			if (won != (way->uses ? 1 : WORLD_KEYS) ||
			    rows != (size_t)won)
				fail_msg("%s: %d won, %zu rows", way->what,
				    won, rows);
			assert_int_equal(used(way, shown), way->uses);
		}
}

/* ---- T5 ---- */

static const char *const	attempts[] = {
	"signed with another key", "its signature does not verify",
	"no request", "a name that the profile does not allow",
	"another type", "a validator refuses", "a validator is down",
};

/* Somebody fails with a secret that is good. */
static void
attempt(const struct way *way, size_t which, const char *shown)
{
	struct world_request	 r = request(way, 0, "t1", shown);

	switch (which) {
	case 0:
		r.signer = 1;
		break;
	case 1:
		r.csr.data[r.csr.len - 1] ^= 1;
		break;
	case 2:
		memset(r.csr.data, 'x', r.csr.len);
		break;
	case 3:
		bytes_free(&r.csr);
		r.csr = client_csr(w->key[0], "/UID=dev-0", shown[0] != '\0' ?
		    shown : NULL, NULL);
		break;
	case 4:
		r.type = 18;
		break;
	case 5:
		validating.answer = VALIDATING_REFUSE;
		break;
	default:
		validating.answer = NULL;
	}
	must(way, &r, "refused");
	nothing_came_of_it(way, shown, attempts[which]);
	bytes_free(&r.csr);
	validating.answer = way->answer;
}

/* SECURITY T5: who fails costs the device nothing. */
static void
a_failed_attempt_uses_nothing(void **state)
{
	const struct way	*way;
	struct world_request	 r;
	secret			 shown;
	size_t			 i;

	(void)state;
	for (way = ways; way < ways + LENGTH(ways); way++)
		for (i = 0; i < LENGTH(attempts); i++) {
			/* vm and its kind queue what a validator does not
			 * answer: see below. */
			if (i >= 5 && (way->answer == NULL || (i == 6 &&
			    strcmp(way->profile, "vm") == 0)))
				continue;
			begin(way, shown);
			attempt(way, i, shown);
			r = request(way, 0, "t1", shown);
			must(way, &r, end_of(way));
			assert_int_equal(used(way, shown), way->uses);
			bytes_free(&r.csr);
		}
}

/* ---- a validator that is down ---- */

/* Nothing is issued, whatever is shown besides, and for renewals neither. */
static void
with_a_validator_down_nothing_is_issued(void **state)
{
	struct renewal		 again = { .later = 0 };
	const struct way	*way;
	struct world_request	 r;
	struct outcome		 o;
	secret			 shown;

	(void)state;
	for (way = ways; way < ways + LENGTH(ways); way++) {
		if (way->answer == NULL)
			continue;
		begin(way, shown);
		validating.answer = NULL;
		r = request(way, 0, "t1", shown);
		must(way, &r, strcmp(way->profile, "vm") == 0 ? "pending" :
		    "refused");
		assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 0);
		begin(way, shown);
		validating.answer = ALLOW;
		bytes_free(&r.csr);
		r = request(way, 0, "t1", shown);
		o = ask_expect_keep(&r, "granted", "allowed");
		bytes_free(&r.csr);
		again.profile = way->profile;
		again.old = renewing_cert(&o);
		validating.answer = NULL;
		o = renewing_try(&again);
		assert_int_equal(o.rc, SCEP_OK);
		assert_int_not_equal(o.answer.outcome, SCEP_GRANTED);
		scep_answer_clear(&o.answer);
		assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 1);
		again.txid = "r2";
		validating.answer = ALLOW;
		renewing(&again, "granted", "");
		again.txid = NULL;
		X509_free(again.old);
	}
}

/* ---- T6 ---- */

/* SECURITY T6: by no other message is anything issued, queued or used. */
static void
of_a_hundred_types_one_issues(void **state)
{
	const struct way	*way;
	struct world_request	 r;
	secret			 shown;

	(void)state;
	for (way = ways; way < ways + LENGTH(ways); way++) {
		begin(way, shown);
		r = request(way, 0, "t1", shown);
		for (r.type = 1; r.type < 100; r.type++)
			if (r.type != SCEP_MSG_PKCSREQ)
				must(way, &r, "refused");
		nothing_came_of_it(way, shown, "another type");
		assert_int_equal(validating_times(), 0);
		r.type = SCEP_MSG_PKCSREQ;
		must(way, &r, end_of(way));
		bytes_free(&r.csr);
	}
}

/* ---- T11 ---- */

/* A first certificate, in each way. */
static X509 *
first(const struct way *way)
{
	struct world_request	 r;
	struct outcome		 o;
	secret			 shown;

	begin(way, shown);
	r = request(way, 0, "t0", shown);
	must(way, &r, end_of(way));
	if (way->waits)
		approve(way);
	o = ask_expect_keep(&r, "granted", "");
	bytes_free(&r.csr);
	return renewing_cert(&o);
}

static unsigned int *
renews(const struct way *way)
{
	struct scep_profile	*p = (struct scep_profile *)(uintptr_t)
				    scep_config_profile(w->cfg, way->profile);

	return &p->renew.on;
}

/* SECURITY T11: a PKCSReq by a certificate of ours is a renewal where there
 * are any; else it is nothing, whatever secret comes with it. */
static void
a_certificate_of_ours_is_no_way_of_its_own(void **state)
{
	struct renewal		 again = { .type = SCEP_MSG_PKCSREQ };
	const struct way	*way;
	struct outcome		 o;
	secret			 shown;

	(void)state;
	for (way = ways; way < ways + LENGTH(ways); way++) {
		again.old = first(way);
		again.profile = way->profile;
		way->mint(way->profile, shown);
		again.challenge = shown[0] != '\0' ? shown : NULL;
		validating.answer = ALLOW;
		*renews(way) = 0;
		renewing(&again, "refused", "renewal is not offered");
		*renews(way) = 1;
		assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 1);
		assert_int_equal(world_count(w, SCEP_T_PENDING), 0);
		again.txid = "r2";
		o = renewing_keep(&again, "granted", "");
		assert_memory_equal(o.answer.authority, "renewal of ", 11);
		scep_answer_clear(&o.answer);
		assert_int_equal(used(way, shown), 0);
		again.txid = NULL;
		X509_free(again.old);
	}
}

/* ---- T12, T13 ---- */

/* SECURITY T12: whoever recorded a message may send it for ever. */
static void
a_thousand_replays_get_one_serial(void **state)
{
	const struct way	*way;
	struct world_request	 r;
	struct outcome		 o;
	char			 serial[sizeof(o.answer.serial)];
	secret			 shown;
	int			 i;

	(void)state;
	for (way = ways; way < ways + LENGTH(ways); way++) {
		begin(way, shown);
		r = request(way, 0, "t1", shown);
		for (i = 0; i < (way->waits ? REPLAYS : 1); i++)
			must(way, &r, end_of(way));
		if (way->waits)
			approve(way);
		r.peer = "192.0.2.99";
		for (i = 0; i < REPLAYS; i++) {
			r.later = i;
			o = ask_expect_keep(&r, "granted", "granted before");
			if (i == 0)
				(void)strcpy(serial, o.answer.serial);
			assert_string_equal(o.answer.serial, serial);
			scep_answer_clear(&o.answer);
		}
		bytes_free(&r.csr);
		assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 1);
		assert_int_equal(world_count(w, SCEP_T_PENDING), 0);
		assert_int_equal(used(way, shown), way->uses);
		assert_int_equal(validating_times(), way->answer != NULL);
		/* The control: another device is another one. */
		begin(way, shown);
		r = request(way, 1, "t1", shown);
		must(way, &r, end_of(way));
		bytes_free(&r.csr);
	}
}

/* SECURITY T13: nobody else's poll is answered; unknown and foreign look
 * alike. */
static void
only_its_own_key_polls(void **state)
{
	const struct way	*way;
	struct world_request	 r;
	secret			 shown;

	(void)state;
	for (way = ways; way < ways + LENGTH(ways); way++) {
		begin(way, shown);
		r = request(way, 0, "t1", shown);
		must(way, &r, end_of(way));
		if (way->waits) {
			poll(way, 1, "t1", SCEP_REFUSED, SCEP_E_CERTID);
			poll(way, 0, "t1", SCEP_PENDING, SCEP_OK);
			approve(way);
		}
		poll(way, 1, "t1", SCEP_REFUSED, SCEP_E_CERTID);
		poll(way, 0, "t2", SCEP_REFUSED, SCEP_E_CERTID);
		poll(way, 0, "t1", SCEP_GRANTED, SCEP_OK);
		bytes_free(&r.csr);
	}
}

/* ---- renewals ---- */

/* SECURITY T5, T6, T13, for who has a certificate of ours. */
static void
a_renewal_is_its_signers_alone(void **state)
{
	struct renewal		 r = { .type = SCEP_MSG_RENEWALREQ };
	const struct way	*way = &ways[2];	/* static */
	struct world_device	 dev = { .key = w->key[0] };
	struct world_request	 odd, own = { .profile = "static",
				    .txid = "r1", .device = &dev,
				    .later = RENEWING_OPEN };

	(void)state;
	begin(way, (secret){ 0 });
	r.old = renewing_first("static", NULL);
	odd = request(way, 0, "r1", "");
	odd.signer_cert = r.old;
	odd.later = RENEWING_OPEN;
	for (odd.type = 1; odd.type < 100; odd.type++)
		if (odd.type != SCEP_MSG_PKCSREQ &&
		    odd.type != SCEP_MSG_RENEWALREQ)
			ask_expect(&odd, "refused", "not offered");
	bytes_free(&odd.csr);
	r.subject = "/CN=dev-1";
	renewing(&r, "refused", "another subject");
	r.subject = NULL;
	r.unproven = 1;
	renewing(&r, "refused", "");
	r.unproven = 0;
	r.later = 1;
	renewing(&r, "refused", "too early");
	r.later = 0;
	assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 1);
	renewing(&r, "granted", "renewal");
	/* By its certificate; not by its key alone, nor by the new one. */
	poll(way, 0, "r1", SCEP_REFUSED, SCEP_E_CERTID);
	poll(way, 1, "r1", SCEP_REFUSED, SCEP_E_CERTID);
	dev.self = r.old;
	poll_by(way, &own, SCEP_GRANTED, SCEP_OK);
	X509_free(r.old);
}

#define T(name)	cmocka_unit_test(name)

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		T(one_secret_in_parallel_gives_one_certificate),
		T(a_failed_attempt_uses_nothing),
		T(with_a_validator_down_nothing_is_issued),
		T(of_a_hundred_types_one_issues),
		T(a_certificate_of_ours_is_no_way_of_its_own),
		T(a_thousand_replays_get_one_serial),
		T(only_its_own_key_polls),
		T(a_renewal_is_its_signers_alone),
	};
	int	 failed;

	w = world_new(validating_conf);
	validating_forget();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	validating_forget();
	world_free(w);
	return failed;
}
