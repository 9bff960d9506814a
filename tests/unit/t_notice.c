/*
 * t_notice.c - who is told what: notices written with what they tell of, and
 * handed over at least once.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/evp.h>

#include "base/error.h"
#include "ca/post.h"
#include "tests/unit/operator.h"

#define DAY	86400L

static const char	more[] =
	"[profile told]\nauthorise = challenge manual\n"
	"notify = exec:/usr/lib/told\n"
	"[profile all]\nauthorise = challenge manual\n"
	"notify = https://told.example/x\nnotify_timeout = 3s\n"
	"notify_on = issued queued refused expired revoked\n"
	"[profile few]\nauthorise = challenge\nnotify = exec:/usr/lib/few\n"
	"notify_on = revoked\n";

static struct world	*w;

/* Whom they are handed to. */
static struct receiver {
	int	 calls;
	int	 fails;		/* that many times */
	char	 body[16384];	/* of the last call */
	char	 target[64];
	long	 timeout_ms;
} receiver;

static enum scep_err
receive(void *arg, const struct scep_hook *hook, struct scep_span question,
    struct scep_buf *answer, long *ms, struct scep_error *err)
{
	struct receiver	*r = arg;

	*ms = 0;
	r->calls++;
	assert_int_equal(hook->is_told, 1);
	assert_true(question.len < sizeof(r->body));
	memcpy(r->body, question.data, question.len);
	r->body[question.len] = '\0';
	(void)snprintf(r->target, sizeof(r->target), "%.63s", hook->target);
	r->timeout_ms = hook->timeout_ms;
	if (r->fails-- > 0)
		return scep_fail(err, SCEP_E_BUSY, "down: \xff\x01");
	return scep_buf_set(answer, scep_span_text("{}"), err);
}

static const struct scep_hook_host	host = { &receiver, receive };

static int
open_world(void **state)
{
	(void)state;
	w = world_new(more);
	return 0;
}

static int
close_world(void **state)
{
	(void)state;
	world_free(w);
	return 0;
}

static int
empty_world(void **state)
{
	(void)state;
	world_empty(w);
	scep_ca_use_hooks(w->ca, &host);
	memset(&receiver, 0, sizeof(receiver));
	return 0;
}

static time_t	 at;		/* enrol() is so much later */

/* Device k asks a profile for /CN=dev-<k>. */
static enum scep_outcome
enrol(int k, const char *profile, const char *txid, const char *challenge,
    struct scep_answer *answer)
{
	char			 subject[32];
	struct scep_error	 err;
	struct world_request	 r = { .profile = profile, .txid = txid,
				    .signer = k, .later = at };

	(void)snprintf(subject, sizeof(subject), "/CN=dev-%d", k);
	r.csr = client_csr(w->key[k], subject, challenge, NULL);
	memset(answer, 0, sizeof(*answer));
	assert_int_equal(world_enrol(w, &r, answer, &err), SCEP_OK);
	bytes_free(&r.csr);
	return answer->outcome;
}

static void
enrol_is(int k, const char *profile, const char *txid, const char *challenge,
    enum scep_outcome want)
{
	struct scep_answer	 answer;

	assert_int_equal(enrol(k, profile, txid, challenge, &answer), want);
	scep_answer_clear(&answer);
}

/* One that is granted, by a challenge of its own. */
static void
grant_later(const char *profile, const char *txid, time_t later)
{
	const struct world_challenge	 spec = { .profile = profile,
					    .ttl = 30 * DAY };
	char				 ch[SCEP_CHALLENGE_TEXT];

	world_challenge(w, &spec, ch);
	at = later;
	enrol_is(0, profile, txid, ch, SCEP_GRANTED);
	at = 0;
}

static void
grant(const char *profile, const char *txid)
{
	grant_later(profile, txid, 0);
}

static size_t
rows(void)
{
	return world_count(w, SCEP_T_NOTICE);
}

static int
take(time_t later, struct scep_parcel *parcel)
{
	struct scep_error	 err;
	enum scep_err		 rc;

	rc = scep_post_take(w->ca, WORLD_NOW + later, parcel, &err);
	assert_true(rc == SCEP_OK || rc == SCEP_E_NOTFOUND);
	return rc == SCEP_OK;
}

/* Handed over, or not; what came of it is written. */
static void
deliver_parcel(time_t later, struct scep_parcel *parcel)
{
	struct scep_error	 trouble, err;
	enum scep_err		 rc;

	rc = scep_parcel_send(parcel, &trouble);
	assert_int_equal(scep_post_done(w->ca, WORLD_NOW + later, parcel,
	    rc == SCEP_OK ? NULL : &trouble, &err), SCEP_OK);
}

/* The next one; what it says, which is the caller's. */
static json_t *
deliver(time_t later)
{
	struct scep_parcel	 parcel;
	json_t			*told;

	if (!take(later, &parcel))
		fail_msg("nothing is due %ld s later", (long)later);
	deliver_parcel(later, &parcel);
	scep_parcel_clear(&parcel);
	told = json_loads(receiver.body, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(told);
	assert_int_equal(json_integer_value(json_object_get(told,
	    "version")), 1);
	return told;
}

static void
nothing_is_due(time_t later)
{
	struct scep_parcel	 parcel;

	assert_false(take(later, &parcel));
}

static void
tend_soon(void)
{
	struct scep_error	 err;

	assert_int_equal(scep_ca_tend_soon(w->ca, &err), SCEP_OK);
}

static void
an_issued_certificate_is_told_with_all_of_it(void **state)
{
	const struct world_challenge	 spec = { .profile = "told" };
	char				 ch[SCEP_CHALLENGE_TEXT];
	struct scep_answer		 answer;
	unsigned char			 der[8192];
	const char			*b64;
	json_t				*told;
	int				 n, pad;

	(void)state;
	world_challenge(w, &spec, ch);
	assert_int_equal(enrol(0, "told", "t1", ch, &answer), SCEP_GRANTED);
	assert_int_equal(rows(), 1);
	assert_int_equal(receiver.calls, 0);
	told = deliver(0);
	assert_string_equal(receiver.target, "/usr/lib/told");
	assert_int_equal(receiver.timeout_ms, 10000);
	operator_is(told, "event", "issued");
	operator_is(told, "time", "2026-11-24T12:00:00Z");
	operator_is(told, "profile", "told");
	operator_is(told, "ca", "test");
	operator_is(told, "transaction", "t1");
	operator_is(told, "peer", "192.0.2.1");
	operator_is(told, "subject", "CN=dev-0");
	operator_is(told, "serial", answer.serial);
	assert_int_equal(strlen(operator_text(told, "id")), 32);
	assert_non_null(strstr(operator_text(told, "authority"),
	    "challenge "));
	assert_null(json_object_get(told, "reason"));
	b64 = operator_text(told, "certificate");
	n = EVP_DecodeBlock(der, (const unsigned char *)b64,
	    (int)strlen(b64));
	for (pad = 0; b64[strlen(b64) - 1 - (size_t)pad] == '='; pad++)
		continue;
	assert_true(scep_span_equal(scep_span_make(der, (size_t)(n - pad)),
	    scep_buf_span(&answer.cert)));
	json_decref(told);
	scep_answer_clear(&answer);
	/* It is over. */
	assert_int_equal(rows(), 0);
	nothing_is_due(0);
	nothing_is_due(8 * DAY);
	assert_int_equal(receiver.calls, 1);
}

static void
who_is_not_to_be_told_is_not(void **state)
{
	const struct world_challenge	 spec = { .profile = "main" };
	char				 ch[SCEP_CHALLENGE_TEXT];

	(void)state;
	world_challenge(w, &spec, ch);
	enrol_is(0, "main", "t1", ch, SCEP_GRANTED);
	enrol_is(0, "manual", "t2", NULL, SCEP_PENDING);
	grant("few", "t3");
	/* By default not of what strangers can cause. */
	enrol_is(0, "told", "t4", "wrong", SCEP_REFUSED);
	tend_soon();
	assert_int_equal(rows(), 0);
	nothing_is_due(0);
	grant("told", "t5");
	assert_int_equal(rows(), 1);
}

static void
a_repeated_answer_is_no_event(void **state)
{
	const struct world_challenge	 spec = { .profile = "all" };
	char				 ch[SCEP_CHALLENGE_TEXT];

	(void)state;
	world_challenge(w, &spec, ch);
	enrol_is(0, "all", "t1", ch, SCEP_GRANTED);
	enrol_is(0, "all", "t1", ch, SCEP_GRANTED);
	enrol_is(1, "all", "t2", NULL, SCEP_PENDING);
	enrol_is(1, "all", "t2", NULL, SCEP_PENDING);
	tend_soon();
	assert_int_equal(rows(), 2);
}

/* Device k waits; its request's id. */
static void
queue(int k, const char *profile, const char *txid, char id[SCEP_REQUEST_ID])
{
	enrol_is(k, profile, txid, NULL, SCEP_PENDING);
	(void)snprintf(id, SCEP_REQUEST_ID, "%016x", w->requests);
}

static void
waiting_and_each_of_its_ends_is_told(void **state)
{
	static const char	 approve[] = "{\"do\":\"request.approve\","
				    "\"id\":\"%s\"}";
	static const char	 refuse[] = "{\"do\":\"request.refuse\","
				    "\"id\":\"%s\",\"reason\":\"no\"}";
	struct scep_error	 err;
	char			 id[3][SCEP_REQUEST_ID];
	json_t			*told;
	int			 k;

	(void)state;
	for (k = 0; k < 3; k++) {
		queue(k, "told", "t1", id[k]);
		told = deliver(0);
		operator_is(told, "event", "queued");
		operator_is(told, "request_id", id[k]);
		assert_null(json_object_get(told, "certificate"));
		json_decref(told);
	}
	json_decref(operator_ask_id(w, 1, approve, id[0]));
	told = deliver(1);
	operator_is(told, "event", "issued");
	operator_is(told, "request_id", id[0]);
	operator_is(told, "by", "uid 1000");
	assert_non_null(json_object_get(told, "certificate"));
	json_decref(told);
	/* Who is told of waiting is told of its end. */
	json_decref(operator_ask_id(w, 2, refuse, id[1]));
	told = deliver(2);
	operator_is(told, "event", "refused");
	operator_is(told, "request_id", id[1]);
	operator_is(told, "reason", "no");
	operator_is(told, "by", "uid 1000");
	json_decref(told);
	assert_int_equal(scep_ca_tend(w->ca, WORLD_NOW + 8 * DAY, &err),
	    SCEP_OK);
	told = deliver(8 * DAY);
	operator_is(told, "event", "expired");
	operator_is(told, "request_id", id[2]);
	json_decref(told);
	assert_int_equal(rows(), 0);
}

static void
a_refusal_is_written_later(void **state)
{
	json_t	*told;
	char	 ch[SCEP_CHALLENGE_TEXT];
	const struct world_challenge	 spec = { .profile = "all" };

	(void)state;
	enrol_is(0, "all", "t1", "wrong", SCEP_REFUSED);
	assert_int_equal(rows(), 0);
	nothing_is_due(0);
	tend_soon();
	assert_int_equal(rows(), 1);
	/* What matters comes first. */
	world_challenge(w, &spec, ch);
	enrol_is(1, "all", "t2", ch, SCEP_GRANTED);
	told = deliver(0);
	operator_is(told, "event", "issued");
	json_decref(told);
	told = deliver(0);
	operator_is(told, "event", "refused");
	operator_is(told, "transaction", "t1");
	assert_true(strlen(operator_text(told, "reason")) > 0);
	assert_string_equal(receiver.target, "https://told.example/x");
	assert_int_equal(receiver.timeout_ms, 3000);
	json_decref(told);
}

static void
a_revocation_is_told(void **state)
{
	static const char	 revoke[] = "{\"do\":\"cert.revoke\","
				    "\"serial\":\"%s\","
				    "\"reason\":\"keyCompromise\"}";
	const struct world_challenge	 spec = { .profile = "few" };
	char				 ch[SCEP_CHALLENGE_TEXT];
	struct scep_answer		 answer;
	json_t				*told;

	(void)state;
	world_challenge(w, &spec, ch);
	assert_int_equal(enrol(0, "few", "t1", ch, &answer), SCEP_GRANTED);
	assert_int_equal(rows(), 0);
	json_decref(operator_ask_id(w, 5, revoke, answer.serial));
	told = deliver(5);
	operator_is(told, "event", "revoked");
	operator_is(told, "serial", answer.serial);
	operator_is(told, "reason", "keyCompromise");
	operator_is(told, "revoked", "2026-11-24T12:00:05Z");
	operator_is(told, "by", "uid 1000");
	assert_non_null(json_object_get(told, "certificate"));
	json_decref(told);
	scep_answer_clear(&answer);
	assert_int_equal(rows(), 0);
}

/* Delivery. */

/* When the next try is: it must come within limit. */
static time_t
next_try(time_t from, time_t limit, struct scep_parcel *parcel)
{
	time_t	 t;

	for (t = from; t <= from + limit; t++)
		if (take(t, parcel))
			return t;
	fail_msg("not tried again within %ld s", (long)limit);
	return 0;
}

static void
what_fails_is_put_off_and_keeps_its_id(void **state)
{
	struct scep_parcel	 parcel;
	char			 id[SCEP_NOTICE_ID] = "";
	json_t			*list;
	time_t			 t = 0, before, waited = 0;
	int			 i;

	(void)state;
	grant("told", "t1");
	receiver.fails = 20;
	for (i = 0; i < 21; i++) {
		before = t;
		t = next_try(before, 3600, &parcel);
		waited = t - before;
		if (i > 0)
			assert_string_equal(id, parcel.id);
		memcpy(id, parcel.id, sizeof(id));
		assert_non_null(strstr((const char *)parcel.question.data,
		    id));
		deliver_parcel(t, &parcel);
		/* 1, 2, 4, … s, by chance up to a quarter less. */
		if (i > 0 && i < 13) {
			assert_true(waited <= 1L << (i - 1));
			assert_true(waited >= (3L << (i - 1)) / 4);
		}
		if (i == 2) {
			list = operator_ask(w, t, "{\"do\":\"notice.list\"}");
			operator_is(json_array_get(json_object_get(list,
			    "rows"), 0), "error", "down: ??");
			operator_is(json_array_get(json_object_get(list,
			    "rows"), 0), "state", "failing");
			json_decref(list);
		}
		scep_parcel_clear(&parcel);
	}
	assert_true(waited >= 2700 && waited <= 3600);
	assert_int_equal(receiver.calls, 21);
	assert_int_equal(rows(), 0);
}

/* One notice that its receiver chokes on keeps no other waiting. */
static void
a_notice_that_fails_alone_waits_alone(void **state)
{
	struct scep_parcel	 parcel;
	time_t			 t = 0;
	int			 i;

	(void)state;
	grant("told", "bad");
	for (i = 0; i < 50; i++) {
		grant("told", "good");
		while (rows() > 1 || i < 2) {
			t = next_try(t, 60, &parcel);
			receiver.fails = strstr((const char *)
			    parcel.question.data, "\"bad\"") != NULL;
			deliver_parcel(t, &parcel);
			scep_parcel_clear(&parcel);
			if (i < 2 && rows() == 1)
				break;
		}
	}
	/* 50 good ones, and the bad one is not asked for each of them. */
	assert_true(receiver.calls >= 50 && receiver.calls < 65);
	assert_int_equal(rows(), 1);
}

static void
behind_an_outage_all_is_tried_at_once(void **state)
{
	struct scep_parcel	 parcel;
	time_t			 t = 0;
	int			 i;

	(void)state;
	for (i = 0; i < 3; i++)
		grant("told", "t1");
	receiver.fails = 30;
	for (i = 0; i < 31; i++) {
		t = next_try(t, 3600, &parcel);
		deliver_parcel(t, &parcel);
		scep_parcel_clear(&parcel);
	}
	/* Some would not be due for long. */
	assert_int_equal(rows(), 2);
	for (i = 0; i < 2; i++)
		json_decref(deliver(t + 1));
	assert_int_equal(rows(), 0);
}

static void
a_receiver_that_hangs_keeps_no_other_profile_waiting(void **state)
{
	struct scep_parcel	 hung[SCEP_POST_EACH], parcel;
	struct scep_error	 why, err;
	int			 i;

	(void)state;
	for (i = 0; i < SCEP_POST_EACH + 2; i++)
		grant("told", "t1");
	for (i = 0; i < SCEP_POST_EACH; i++) {
		assert_true(take(0, &hung[i]));
		assert_string_equal(hung[i].profile, "told");
	}
	nothing_is_due(0);
	grant("all", "t2");
	assert_true(take(0, &parcel));
	assert_string_equal(parcel.profile, "all");
	deliver_parcel(0, &parcel);
	scep_parcel_clear(&parcel);
	/* They time out; from then on there is one at a time. */
	(void)scep_fail(&why, SCEP_E_BUSY, "timeout");
	for (i = 0; i < SCEP_POST_EACH; i++) {
		assert_int_equal(scep_post_done(w->ca, WORLD_NOW + 10,
		    &hung[i], &why, &err), SCEP_OK);
		scep_parcel_clear(&hung[i]);
	}
	assert_true(take(20, &parcel));
	nothing_is_due(20);
	deliver_parcel(20, &parcel);
	scep_parcel_clear(&parcel);
	for (i = 0; i < SCEP_POST_EACH; i++)
		assert_true(take(3600, &hung[i]));
	for (i = 0; i < SCEP_POST_EACH; i++) {
		deliver_parcel(3600, &hung[i]);
		scep_parcel_clear(&hung[i]);
	}
}

/* The process dies while a receiver has it, or behind that. */
static void
what_was_not_forgotten_is_told_again(void **state)
{
	struct scep_parcel	 parcel, again;
	struct scep_error	 why;

	(void)state;
	grant("told", "t1");
	assert_true(take(0, &parcel));
	assert_int_equal(scep_parcel_send(&parcel, &why), SCEP_OK);
	nothing_is_due(3600);
	world_use(w, w->store);		/* another process */
	scep_ca_use_hooks(w->ca, &host);
	assert_true(take(1, &again));
	assert_string_equal(parcel.id, again.id);
	assert_true(scep_span_equal(scep_buf_span(&parcel.question),
	    scep_buf_span(&again.question)));
	deliver_parcel(1, &again);
	scep_parcel_clear(&parcel);
	scep_parcel_clear(&again);
	assert_int_equal(receiver.calls, 2);
	assert_int_equal(rows(), 0);
}

static void
a_reload_loses_nothing_and_tries_at_once(void **state)
{
	struct scep_parcel	 parcel;
	struct scep_error	 err;
	struct scep_ca		*next, *before;

	(void)state;
	grant("told", "t1");
	receiver.fails = 1;
	json_decref(deliver(0));
	enrol_is(0, "all", "t2", "wrong", SCEP_REFUSED);
	nothing_is_due(0);
	assert_int_equal(scep_ca_reopen(w->ca, w->cfg, &next, &err), SCEP_OK);
	before = w->ca;
	w->ca = next;
	scep_ca_close(before);
	assert_true(take(0, &parcel));
	deliver_parcel(0, &parcel);
	scep_parcel_clear(&parcel);
	tend_soon();
	assert_int_equal(rows(), 1);
}

static void
without_a_host_each_try_fails(void **state)
{
	struct scep_parcel	 parcel;
	struct scep_error	 why;

	(void)state;
	scep_ca_use_hooks(w->ca, NULL);
	grant("told", "t1");
	assert_true(take(0, &parcel));
	/* A query may hold a secret. */
	(void)snprintf(parcel.hook.target, sizeof(parcel.hook.target),
	    "https://told.example/x?token=secret");
	assert_int_equal(scep_parcel_send(&parcel, &why), SCEP_E_BUSY);
	assert_non_null(strstr(why.text, "https://told.example/x"));
	assert_null(strstr(why.text, "secret"));
	scep_post_return(w->ca, &parcel);
	scep_parcel_clear(&parcel);
	assert_int_equal(rows(), 1);
}

/* CGI runs: each begins anew, and has the state to itself but for the time of
 * a call. */
static void
next_run(void)
{
	world_use(w, w->store);
	scep_ca_use_hooks(w->ca, &host);
}

static void
one_run_at_a_time_hands_over(void **state)
{
	struct scep_parcel	 parcel;
	struct scep_error	 why, err;

	(void)state;
	grant("told", "t1");
	grant("told", "t2");
	w->crypto->is_brief = 1;
	assert_true(take(0, &parcel));
	/* The longest that there may be is seen from its first second on. */
	parcel.hook.timeout_ms = 60000;
	assert_int_equal(scep_post_claim(w->ca, WORLD_NOW, &parcel, &err),
	    SCEP_OK);
	next_run();
	nothing_is_due(0);
	nothing_is_due(4);
	parcel.hook.timeout_ms = 10000;
	assert_int_equal(scep_post_claim(w->ca, WORLD_NOW, &parcel, &err),
	    SCEP_OK);
	next_run();
	nothing_is_due(0);		/* a call is under way */
	nothing_is_due(14);
	assert_int_equal(scep_parcel_send(&parcel, &why), SCEP_OK);
	assert_int_equal(scep_post_done(w->ca, WORLD_NOW + 2, &parcel, NULL,
	    &err), SCEP_OK);
	scep_parcel_clear(&parcel);
	assert_int_equal(rows(), 1);
	/* The next one fails, and no run tries a third for a while. */
	receiver.fails = 1;
	json_decref(deliver(3));
	grant("told", "t3");
	next_run();
	nothing_is_due(3);
	json_decref(deliver(4));
	json_decref(deliver(4));
	assert_int_equal(rows(), 0);
	/* The run that claimed it has died. */
	grant("told", "t4");
	assert_true(take(5, &parcel));
	assert_int_equal(scep_post_claim(w->ca, WORLD_NOW + 5, &parcel,
	    &err), SCEP_OK);
	scep_parcel_clear(&parcel);
	next_run();
	nothing_is_due(19);
	json_decref(deliver(20));
	w->crypto->is_brief = 0;
}

/* The clock was days ahead, and is put back: what came meanwhile, or failed
 * then, does not wait till it is there again. */
static void
a_clock_that_is_put_back_keeps_nothing_waiting(void **state)
{
	struct scep_parcel	 parcel;
	time_t			 t;
	int			 fails;

	(void)state;
	for (fails = 0; fails <= 1; fails++) {
		grant_later("told", "t1", 8 * DAY);
		receiver.fails = fails;
		if (fails)
			json_decref(deliver(8 * DAY));
		t = next_try(100, 60, &parcel);
		deliver_parcel(t, &parcel);
		scep_parcel_clear(&parcel);
		assert_int_equal(rows(), 0);
	}
	/* What is put off for as long as may be is left alone. */
	grant("told", "t2");
	receiver.fails = 14;
	for (t = 0; receiver.fails > 0; t++)
		if (take(t, &parcel)) {
			deliver_parcel(t, &parcel);
			scep_parcel_clear(&parcel);
		}
	nothing_is_due(t);
	nothing_is_due(t + 2000);
	json_decref(deliver(t + 3600));
}

static int		 woken;

static void
wake(void *arg)
{
	++*(int *)arg;
}

static void
who_delivers_is_woken_behind_the_commit(void **state)
{
	(void)state;
	woken = 0;
	scep_post_attach(w->ca, wake, &woken);
	grant("few", "t1");
	assert_int_equal(woken, 0);
	grant("told", "t2");
	assert_int_equal(woken, 1);
	enrol_is(0, "told", "t3", NULL, SCEP_PENDING);
	assert_int_equal(woken, 2);
	enrol_is(0, "all", "t4", "wrong", SCEP_REFUSED);
	assert_int_equal(woken, 2);
	tend_soon();
	assert_int_equal(woken, 3);
	scep_post_attach(w->ca, NULL, NULL);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup(f, empty_world)
	const struct CMUnitTest	 tests[] = {
		T(an_issued_certificate_is_told_with_all_of_it),
		T(who_is_not_to_be_told_is_not),
		T(a_repeated_answer_is_no_event),
		T(waiting_and_each_of_its_ends_is_told),
		T(a_refusal_is_written_later),
		T(a_revocation_is_told),
		T(what_fails_is_put_off_and_keeps_its_id),
		T(a_notice_that_fails_alone_waits_alone),
		T(behind_an_outage_all_is_tried_at_once),
		T(a_receiver_that_hangs_keeps_no_other_profile_waiting),
		T(what_was_not_forgotten_is_told_again),
		T(a_reload_loses_nothing_and_tries_at_once),
		T(without_a_host_each_try_fails),
		T(one_run_at_a_time_hands_over),
		T(a_clock_that_is_put_back_keeps_nothing_waiting),
		T(who_delivers_is_woken_behind_the_commit),
	};

	return cmocka_run_group_tests(tests, open_world, close_world);
}
