/*
 * t_knock_live.c - no more challenges of an API key are good at once than its
 * record says, whoever asks at the same time.
 */
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "ca/apikey.h"
#include "ca/knock.h"
#include "tests/unit/asking.h"
#include "tests/unit/knocking.h"
#include "tests/unit/operator.h"

#define ADD	"challenge.add"
#define FAST	"\"may\":[\"challenge:add\"],\"rate_n\":100000"
#define HOUR	3600L
#define DAY	86400L

/* Rows of challenges, as whoever looks at all of them finds them. */

struct found {
	const char	*issuer;
	time_t		 now;
	size_t		 good;
};

static enum scep_err
see_challenge(void *arg, const struct scep_row *row, struct scep_error *err)
{
	struct found		*f = arg;
	struct scep_challenge	 rec;
	enum scep_err		 rc;

	if ((rc = scep_challenge_decode(scep_buf_span(&row->value), &rec,
	    err)) != SCEP_OK)
		return rc;
	f->good += strcmp(rec.issuer, f->issuer) == 0 &&
	    rec.state != SCEP_CHALLENGE_REVOKED && rec.used < rec.uses &&
	    f->now < rec.expires;
	scep_challenge_clear(&rec);
	return SCEP_OK;
}

static size_t
good_of(const char *issuer, time_t later)
{
	struct found		 f = { issuer, WORLD_NOW + later, 0 };
	struct scep_error	 err;

	assert_int_equal(scep_store_scan(w->store, SCEP_T_CHALLENGE,
	    scep_span_make(NULL, 0), see_challenge, &f, &err), SCEP_OK);
	return f.good;
}

static void
is_full(time_t later)
{
	knock_closed(later, knock_by(), ADD, "", SCEP_DENY_LIVE);
}

/* One is made; the id is for one call. */
static const char *
make(time_t later, char text[SCEP_CHALLENGE_TEXT])
{
	static char	 id[SCEP_CHALLENGE_ID + 1];
	json_t		*made = knock_opened(later, knock_by(), ADD, "");

	(void)snprintf(id, sizeof(id), "%s", operator_text(made, "id"));
	(void)snprintf(text, SCEP_CHALLENGE_TEXT, "%s",
	    operator_text(made, "challenge"));
	json_decref(made);
	return id;
}

static void
no_more_than_the_record_says(void **state)
{
	char		 first[SCEP_APIKEY_TEXT];
	enum scep_err	 rc;
	json_t		*root;
	int		 i;

	(void)state;
	free(knock_record(FAST ",\"name\":\"few\",\"max_live\":3"));
	for (i = 0; i < 3; i++)
		knock_open(0, knock_by(), ADD, "");
	root = knock_ask(0, knock_by(), ADD, "", &rc);
	operator_is(root, "deny", SCEP_DENY_LIVE);
	assert_int_equal(json_integer_value(json_object_get(root, "wait")),
	    60);
	assert_non_null(strstr(operator_text(root, "error"), "3 challenges"));
	assert_non_null(strstr(operator_text(root, "error"), "(few)"));
	json_decref(root);
	/* Nothing of it is there, and not a log entry. */
	assert_int_equal(world_count(w, SCEP_T_CHALLENGE), 3);
	assert_int_equal(good_of("key few", 0), 3);
	/* Nobody else is held up by it: the control. */
	memcpy(first, knock_key, sizeof(first));
	free(knock_record(FAST ",\"max_live\":1"));
	knock_open(0, knock_by(), ADD, "");
	is_full(0);
	free(knock_record(FAST ",\"max_live\":0"));
	for (i = 0; i < 5; i++)
		knock_open(0, knock_by(), ADD, "");
	json_decref(operator_ask(w, 0,
	    "{\"do\":\"challenge.add\",\"count\":9}"));
	memcpy(knock_key, first, sizeof(first));
	is_full(0);
}

static void
what_is_good_no_more_makes_room(void **state)
{
	char			 text[SCEP_CHALLENGE_TEXT];
	struct world_request	 r;

	(void)state;
	free(knock_record(FAST ",\"name\":\"k\",\"max_live\":2,"
	    "\"max_ttl\":3600"));
	/* Used. */
	(void)make(0, text);
	knock_open(0, knock_by(), ADD, "");
	is_full(0);
	memset(&r, 0, sizeof(r));
	r.txid = "t";
	r.csr = client_csr(w->key[0], "/CN=x", text, NULL);
	ask_spend(&r, "granted", "challenge");
	/* Revoked. */
	json_decref(operator_ask_id(w, 0, "{\"do\":\"challenge.revoke\","
	    "\"id\":\"%s\"}", make(0, text)));
	knock_open(0, knock_by(), ADD, "");
	is_full(0);
	/* Over. */
	is_full(HOUR - 1);
	assert_int_equal(good_of("key k", HOUR - 1), 2);
	knock_open(HOUR, knock_by(), ADD, "");
	knock_open(HOUR, knock_by(), ADD, "");
	is_full(HOUR);
	/* Gone. */
	json_decref(operator_ask(w, 90 * DAY,
	    "{\"do\":\"challenge.purge\",\"older\":0}"));
	assert_int_equal(world_count(w, SCEP_T_CHALLENGE), 0);
	knock_open(90 * DAY, knock_by(), ADD, "");
	knock_open(90 * DAY, knock_by(), ADD, "");
	is_full(90 * DAY);
}

/* What may be good again, or is not good yet, has its place. */
static void
what_may_come_to_be_good_counts(void **state)
{
	struct scep_challenge	 rec;
	struct scep_change	 change = { .n = 0 };
	struct scep_error	 err;
	char			 text[SCEP_CHALLENGE_TEXT], early[64];

	(void)state;
	free(knock_record(FAST ",\"max_live\":2"));
	(void)snprintf(early, sizeof(early), "\"not_before\":%ld,\"ttl\":60",
	    (long)WORLD_NOW + HOUR);
	knock_open(0, knock_by(), ADD, early);
	assert_int_equal(scep_challenge_get(w->store, make(0, text), &rec,
	    &err), SCEP_OK);
	rec.state = SCEP_CHALLENGE_FROZEN;
	assert_int_equal(scep_challenge_write(&change, &rec, &err), SCEP_OK);
	assert_int_equal(scep_store_commit(w->store, &change, &err), SCEP_OK);
	scep_change_clear(&change);
	is_full(0);
	/* The control: that is what was changed. */
	rec.rev = SCEP_REV_ANY;
	rec.state = SCEP_CHALLENGE_REVOKED;
	assert_int_equal(scep_challenge_write(&change, &rec, &err), SCEP_OK);
	assert_int_equal(scep_store_commit(w->store, &change, &err), SCEP_OK);
	scep_change_clear(&change);
	scep_challenge_clear(&rec);
	knock_open(0, knock_by(), ADD, "");
	is_full(0);
}

static void
a_restart_forgets_nothing(void **state)
{
	(void)state;
	free(knock_record(FAST ",\"max_live\":2"));
	knock_open(0, knock_by(), ADD, "");
	world_use(w, w->store);
	knock_open(0, knock_by(), ADD, "");
	is_full(0);
	world_use(w, w->store);
	is_full(0);
}

/* A user has one record at a time, and the same id. */
static void
a_user_who_is_let_in_anew_keeps_his_count(void **state)
{
	static const char	 who[] = "\"user\":\"ann\"";

	(void)state;
	free(knock_record(FAST ",\"user\":\"ann\",\"max_live\":2"));
	knock_open(0, who, ADD, "");
	knock_open(0, who, ADD, "");
	json_decref(operator_ask(w, 0,
	    "{\"do\":\"apikey.revoke\",\"id\":\"ann\"}"));
	free(knock_record(FAST ",\"user\":\"ann\",\"max_live\":2"));
	knock_closed(0, who, ADD, "", SCEP_DENY_LIVE);
	json_decref(operator_ask(w, 0,
	    "{\"do\":\"apikey.revoke\",\"id\":\"ann\"}"));
	free(knock_record(FAST ",\"user\":\"ann\",\"max_live\":3"));
	knock_open(0, who, ADD, "");
	knock_closed(0, who, ADD, "", SCEP_DENY_LIVE);
}

/* A store before whose commits something happens. */

static struct {
	struct scep_store	 store;
	void			(*rival)(void);
	char			 id[SCEP_REC_NAME];	/* of the record */
	int			 left, commits;
	int			 slow;
} odd;

static enum scep_err
odd_get(struct scep_store *s, enum scep_table table, struct scep_span key,
    struct scep_row *out, struct scep_error *err)
{
	(void)s;
	return scep_store_get(w->store, table, key, out, err);
}

static enum scep_err
odd_scan_index(struct scep_store *s, enum scep_index index,
    struct scep_span from, struct scep_span to, scep_row_fn fn, void *arg,
    struct scep_error *err)
{
	(void)s;
	return scep_store_scan_index(w->store, index, from, to, fn, arg, err);
}

static enum scep_err
odd_scan(struct scep_store *s, enum scep_table table, struct scep_span from,
    scep_row_fn fn, void *arg, struct scep_error *err)
{
	(void)s;
	return scep_store_scan(w->store, table, from, fn, arg, err);
}

static enum scep_err
odd_commit(struct scep_store *s, const struct scep_change *change,
    struct scep_error *err)
{
	const struct timespec	 disk = { 0, 2000000 };

	(void)s;
	(void)__atomic_add_fetch(&odd.commits, 1, __ATOMIC_RELAXED);
	if (odd.slow)
		(void)nanosleep(&disk, NULL);
	if (odd.left > 0) {
		odd.left--;
		odd.rival();
	}
	return scep_store_commit(w->store, change, err);
}

static void
odd_close(struct scep_store *s)
{
	(void)s;
}

static const struct scep_store_ops	odd_ops = {
	.get = odd_get,
	.scan = odd_scan,
	.scan_index = odd_scan_index,
	.commit = odd_commit,
	.close = odd_close,
};

static void
use_odd(void)
{
	memset(&odd, 0, sizeof(odd));
	odd.store.ops = &odd_ops;
	world_use(w, &odd.store);
}

/* Rivals, all at once: SECURITY T4. */

#define THREADS	8
#define EACH	12

struct rival {
	pthread_t	 thread;
	const char	*question;
	int		 made, full, other;
};

static void *
run_rival(void *arg)
{
	struct rival		*rival = arg;
	struct scep_buf		 reply = { NULL, 0 };
	struct scep_error	 err;
	char			 line[512];
	enum scep_err		 rc;
	int			 i;

	for (i = 0; i < EACH; i++) {
		rc = scep_knock(w->ca, WORLD_NOW, 33,
		    scep_span_text(rival->question), &reply, line,
		    sizeof(line), &err);
		rival->made += rc == SCEP_OK;
		rival->full += rc == SCEP_E_REFUSED && memmem(reply.data,
		    reply.len, "\"live\"", 6) != NULL;
		rival->other += rc != SCEP_OK && rc != SCEP_E_REFUSED;
		scep_buf_clear(&reply);
	}
	OPENSSL_thread_stop_ex(w->ctx);
	return NULL;
}

static void
race(int want)
{
	struct rival	 rivals[THREADS], sum = { .made = 0 };
	char		 text[512];
	int		 i;

	(void)snprintf(text, sizeof(text), "{\"do\":\"" ADD "\",%s,\"door\":"
	    "\"api\",\"peer\":\"192.0.2.1\",\"ask\":[{}]}", knock_by());
	for (i = 0; i < THREADS; i++) {
		rivals[i] = (struct rival){ .question = text };
		assert_int_equal(pthread_create(&rivals[i].thread, NULL,
		    run_rival, &rivals[i]), 0);
	}
	for (i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(rivals[i].thread, NULL), 0);
		sum.made += rivals[i].made;
		sum.full += rivals[i].full;
		sum.other += rivals[i].other;
	}
	assert_int_equal(sum.other, 0);
	assert_int_equal(sum.made, want);
	assert_int_equal(sum.made + sum.full, THREADS * EACH);
}

static void
rivals_make_no_more_together(void **state)
{
	char	 text[SCEP_CHALLENGE_TEXT];

	(void)state;
	free(knock_record(FAST ",\"name\":\"k\",\"max_live\":20"));
	json_decref(operator_ask_id(w, 0, "{\"do\":\"challenge.revoke\","
	    "\"id\":\"%s\"}", make(0, text)));
	race(20);
	assert_int_equal(good_of("key k", 0), 20);
	race(0);
	assert_int_equal(good_of("key k", 0), 20);
	/* The control: without a cap all of them do. */
	free(knock_record(FAST ",\"name\":\"a\",\"max_live\":0"));
	race(THREADS * EACH);
	assert_int_equal(good_of("key a", 0), THREADS * EACH);
}

/* On a disk that takes its time none of them gives up, as each would who finds
 * the record changed again and again. */
static void
rivals_wait_for_each_other(void **state)
{
	(void)state;
	use_odd();
	odd.slow = 1;
	free(knock_record(FAST ",\"name\":\"k\",\"max_live\":80"));
	race(80);
	assert_int_equal(good_of("key k", 0), 80);
	world_use(w, w->store);
}

/* Another change of the record, just before a commit: the lock in memory is
 * not what it hangs on. */

/* By us, or by somebody who can write the database. */
static void
change_record(void (*how)(struct scep_apikey *rec), int by_us)
{
	struct scep_change	 change = { .n = 0 };
	struct scep_apikey	 rec;
	struct scep_error	 err;

	assert_int_equal(scep_apikey_get(w->store, odd.id, &rec, &err),
	    SCEP_OK);
	how(&rec);
	if (by_us)
		assert_int_equal(scep_apikey_seal(w->crypto, w->cfg, &rec,
		    &err), SCEP_OK);
	assert_int_equal(scep_apikey_write(&change, &rec, &err), SCEP_OK);
	assert_int_equal(scep_store_commit(w->store, &change, &err), SCEP_OK);
	scep_change_clear(&change);
}

static void
twice(struct scep_apikey *rec)
{
	memcpy(rec->live + SCEP_LIVE_ID, rec->live, SCEP_LIVE_ID);
	rec->live[2 * SCEP_LIVE_ID] = '\0';
}

static void
uncapped(struct scep_apikey *rec)
{
	rec->max_live = 0;
}

static void
forgotten(struct scep_apikey *rec)
{
	rec->live[0] = '\0';
}

static void
raised(struct scep_apikey *rec)
{
	rec->max_live++;
}

static void
lowered(struct scep_apikey *rec)
{
	rec->max_live--;
}

static void
revoked(struct scep_apikey *rec)
{
	rec->state = SCEP_APIKEY_REVOKED;
}

static void
same(struct scep_apikey *rec)
{
	(void)rec;
}

static void
rival_takes_the_last_place(void)
{
	change_record(twice, 1);
}

static void
rival_revokes(void)
{
	change_record(revoked, 1);
}

static void
rival_writes(void)
{
	change_record(same, 1);
}

static void
with_rival(void (*rival)(void), int times)
{
	char	*id;

	world_empty(w);
	id = knock_record(FAST ",\"max_live\":2");
	knock_open(0, knock_by(), ADD, "");
	use_odd();
	odd.rival = rival;
	odd.left = times;
	(void)snprintf(odd.id, sizeof(odd.id), "%s", id);
	free(id);
}

static void
it_is_counted_in_the_transaction_that_adds(void **state)
{
	(void)state;
	with_rival(rival_takes_the_last_place, 1);
	is_full(0);
	assert_int_equal(odd.commits, 1);
	assert_int_equal(world_count(w, SCEP_T_CHALLENGE), 1);
	with_rival(rival_revokes, 1);
	knock_closed(0, knock_by(), ADD, "", NULL);
	assert_non_null(strstr(knock_reason, "revoked or made anew"));
	assert_int_equal(world_count(w, SCEP_T_CHALLENGE), 1);
	with_rival(rival_writes, 2);
	knock_open(0, knock_by(), ADD, "");
	assert_int_equal(odd.commits, 3);
	assert_int_equal(world_count(w, SCEP_T_CHALLENGE), 2);
	is_full(0);
	world_use(w, w->store);
}

static void
a_cap_changed_in_the_database_opens_nothing(void **state)
{
	void	(*const how[])(struct scep_apikey *) = { uncapped, forgotten,
		    raised };
	size_t	 i;

	(void)state;
	for (i = 0; i < 3; i++) {
		with_rival(NULL, 0);
		change_record(how[i], 0);
		knock_closed(0, knock_by(), ADD, "", SCEP_DENY_WHO);
	}
	/* The control: and as it was. */
	change_record(lowered, 0);
	knock_open(0, knock_by(), ADD, "");
	is_full(0);
	world_use(w, w->store);
}

/* One that waits in profile manual, as "id":"...". */
static void
queue_one(char out[40])
{
	struct world_request	 r;
	struct outcome		 o;
	json_t			*list;

	memset(&r, 0, sizeof(r));
	r.profile = "manual";
	r.txid = "t";
	r.csr = client_csr(w->key[0], "/CN=a", NULL, NULL);
	o = ask_expect_keep(&r, "pending", "");
	list = operator_ask(w, 0, "{\"do\":\"request.list\"}");
	(void)snprintf(out, 40, "\"id\":\"%s\"",
	    operator_text(json_array_get(list, 0), "id"));
	json_decref(list);
	scep_answer_clear(&o.answer);
	bytes_free(&r.csr);
}

static void
approve_with_rival(void (*rival)(void), char request[40])
{
	char	*id;

	world_use(w, w->store);
	world_empty(w);
	queue_one(request);
	id = knock_record("\"may\":[\"challenge:add\",\"request:approve\"],"
	    "\"profiles\":[\"manual\"],\"rate_n\":1000");
	use_odd();
	odd.rival = rival;
	odd.left = 1;
	(void)snprintf(odd.id, sizeof(odd.id), "%s", id);
	free(id);
}

/* Whoever approves may make challenges at the same time. */
static void
an_approval_goes_on_while_challenges_are_made(void **state)
{
	char	 request[40];

	(void)state;
	approve_with_rival(rival_writes, request);
	knock_open(0, knock_by(), "request.approve", request);
	assert_int_equal(odd.left, 0);
	assert_int_equal(odd.commits, 2);
	assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 1);
	/* The control: what changes what he may ends it. */
	approve_with_rival(rival_revokes, request);
	knock_closed(0, knock_by(), "request.approve", request, NULL);
	assert_non_null(strstr(knock_reason, "revoked or made anew"));
	assert_int_equal(odd.left, 0);
	assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 0);
	world_use(w, w->store);
}

/* Challenges of the last record, made as fast as can be: until one is refused,
 * or all of it is over.  So they are never done before the others are. */
static int	 is_over;

static void *
run_hurried(void *arg)
{
	struct rival		*rival = arg;
	struct scep_buf		 reply = { NULL, 0 };
	struct scep_error	 err;
	char			 line[512];
	enum scep_err		 rc;

	do {
		rc = scep_knock(w->ca, WORLD_NOW, 33,
		    scep_span_text(rival->question), &reply, line,
		    sizeof(line), &err);
		rival->made += rc == SCEP_OK;
		rival->other += rc != SCEP_OK && rc != SCEP_E_REFUSED;
		scep_buf_clear(&reply);
	} while (rc == SCEP_OK &&
	    !__atomic_load_n(&is_over, __ATOMIC_RELAXED));
	OPENSSL_thread_stop_ex(w->ctx);
	return NULL;
}

static void
hurry(struct rival rivals[THREADS], char text[512])
{
	int	 i;

	is_over = 0;
	(void)snprintf(text, 512, "{\"do\":\"" ADD "\",%s,\"door\":"
	    "\"api\",\"peer\":\"192.0.2.1\",\"ask\":[{}]}", knock_by());
	for (i = 0; i < THREADS; i++) {
		rivals[i] = (struct rival){ .question = text };
		assert_int_equal(pthread_create(&rivals[i].thread, NULL,
		    run_hurried, &rivals[i]), 0);
	}
	while (__atomic_load_n(&odd.commits, __ATOMIC_RELAXED) < 9)
		(void)sched_yield();
}

static int
made_by(struct rival rivals[THREADS])
{
	int	 i, made = 0;

	for (i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(rivals[i].thread, NULL), 0);
		assert_int_equal(rivals[i].other, 0);
		made += rivals[i].made;
	}
	return made;
}

/* A key that was stolen. */
static void
who_hurries_is_revoked_all_the_same(void **state)
{
	struct rival	 rivals[THREADS];
	char		 text[512];
	int		 made;

	(void)state;
	use_odd();
	odd.slow = 1;
	free(knock_record(FAST ",\"name\":\"k\""));
	hurry(rivals, text);
	json_decref(operator_ask(w, 0,
	    "{\"do\":\"apikey.revoke\",\"id\":\"k\"}"));
	made = made_by(rivals);
	/* It was in the middle of them: they ended for it, and not for being
	 * as many as there may be. */
	assert_true(made > 0 && made < SCEP_LIVE_MAX);
	assert_int_equal(good_of("key k", 0), made);
	knock_closed(0, knock_by(), ADD, "", SCEP_DENY_WHO);
	world_use(w, w->store);
}

/* His own approvals, and those of others of what he has approved. */
static void
who_hurries_holds_up_no_approval(void **state)
{
	struct rival	 rivals[THREADS];
	struct scep_profile	*manual;
	char		 request[40], text[512], other[128], ask[128];

	(void)state;
	queue_one(request);
	manual = (struct scep_profile *)(uintptr_t)scep_config_profile(w->cfg,
	    "manual");
	manual->approvals = 3;
	use_odd();
	odd.slow = 1;
	free(knock_record("\"may\":[\"request:approve\"],"
	    "\"profiles\":[\"manual\"],\"rate_n\":1000"));
	(void)snprintf(other, sizeof(other), "%s", knock_by());
	free(knock_record("\"may\":[\"challenge:add\",\"request:approve\"],"
	    "\"profiles\":[\"main\",\"manual\"],\"rate_n\":100000"));
	hurry(rivals, text);
	knock_open(0, knock_by(), "request.approve", request);
	knock_open(0, other, "request.approve", request);
	(void)snprintf(ask, sizeof(ask), "{\"do\":\"request.approve\",%s}",
	    request);
	json_decref(operator_ask(w, 0, ask));
	__atomic_store_n(&is_over, 1, __ATOMIC_RELAXED);
	/* All the time. */
	assert_in_range(made_by(rivals), 10, SCEP_LIVE_MAX - 1);
	manual->approvals = 1;
	assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 1);
	world_use(w, w->store);
}

/* By default, and as the operator sees it. */
static void
the_record_says_how_many(void **state)
{
	json_t	*shown;

	(void)state;
	free(knock_record(FAST ",\"name\":\"d\""));
	knock_open(0, knock_by(), ADD, "");
	shown = operator_ask(w, 0, "{\"do\":\"apikey.show\",\"id\":\"d\"}");
	assert_int_equal(json_integer_value(json_object_get(shown,
	    "max_live")), SCEP_LIVE_MAX);
	assert_int_equal(json_integer_value(json_object_get(shown, "live")),
	    1);
	json_decref(shown);
	shown = operator_ask(w, 2 * DAY,
	    "{\"do\":\"apikey.show\",\"id\":\"d\"}");
	assert_int_equal(json_integer_value(json_object_get(shown, "live")),
	    0);
	json_decref(shown);
	free(knock_record(FAST ",\"name\":\"any\",\"max_live\":0"));
	knock_open(0, knock_by(), ADD, "");
	shown = operator_ask(w, 0, "{\"do\":\"apikey.show\",\"id\":\"any\"}");
	assert_int_equal(json_integer_value(json_object_get(shown,
	    "max_live")), 0);
	assert_null(json_object_get(shown, "live"));
	json_decref(shown);
	free(knock_record("\"may\":[\"request:list\"],\"name\":\"l\""));
	shown = operator_ask(w, 0, "{\"do\":\"apikey.show\",\"id\":\"l\"}");
	assert_int_equal(json_integer_value(json_object_get(shown,
	    "max_live")), 0);
	json_decref(shown);
	operator_refused(w, 0, "{\"do\":\"apikey.add\",\"may\":"
	    "[\"challenge:add\"],\"max_live\":1001}", SCEP_E_USAGE,
	    "max_live is not between 0 and 1000");
	operator_refused(w, 0, "{\"do\":\"apikey.add\",\"may\":"
	    "[\"challenge:add\"],\"max_live\":-1}", SCEP_E_USAGE,
	    "max_live");
}

static void
all_thousand_places_can_be_taken(void **state)
{
	int	 i;

	(void)state;
	free(knock_record(FAST ",\"name\":\"k\""));
	for (i = 0; i < SCEP_LIVE_MAX; i++)
		knock_open(0, knock_by(), ADD, "");
	is_full(0);
	assert_int_equal(good_of("key k", 0), SCEP_LIVE_MAX);
	knock_open(DAY, knock_by(), ADD, "");
}

int
main(void)
{
#define T(f)	cmocka_unit_test_setup(f, ask_empty)
	const struct CMUnitTest	 tests[] = {
		T(no_more_than_the_record_says),
		T(what_is_good_no_more_makes_room),
		T(what_may_come_to_be_good_counts),
		T(a_restart_forgets_nothing),
		T(a_user_who_is_let_in_anew_keeps_his_count),
		T(rivals_make_no_more_together),
		T(rivals_wait_for_each_other),
		T(it_is_counted_in_the_transaction_that_adds),
		T(a_cap_changed_in_the_database_opens_nothing),
		T(an_approval_goes_on_while_challenges_are_made),
		T(who_hurries_is_revoked_all_the_same),
		T(who_hurries_holds_up_no_approval),
		T(the_record_says_how_many),
		T(all_thousand_places_can_be_taken),
	};
	int			 failed;

	w = world_new(NULL);
	(void)snprintf(w->cfg->server.door_user,
	    sizeof(w->cfg->server.door_user), "REMOTE_USER");
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	world_free(w);
	return failed;
}
