/*
 * t_approval.c - requests that more than one must approve: who counts as two,
 * and what does not count any more.
 */
#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "ca/apikey.h"
#include "ca/approval.h"
#include "ca/authorise.h"
#include "ca/knock.h"
#include "tests/unit/asking.h"
#include "tests/unit/operator.h"

#define DAY	86400L
#define APPROVE	"{\"do\":\"request.approve\",\"id\":\"%s\"}"
#define REFUSE	"{\"do\":\"request.refuse\",\"id\":\"%s\"}"
#define SHOW	"{\"do\":\"request.show\",\"id\":\"%s\"}"
#define REVOKE	"{\"do\":\"apikey.revoke\",\"id\":\"%s\"}"
#define FOR	"\"may\":[\"request:approve\",\"request:list\"]," \
		"\"profiles\":[\"two\",\"three\"],\"rate_n\":1000"

/* Somebody with a key of his own. */
struct person {
	char	 id[SCEP_REC_NAME];
	char	 key[SCEP_APIKEY_TEXT];
};

static void
let_in(struct person *p, const char *name, const char *members)
{
	char	 ask[512];
	json_t	*made;

	(void)snprintf(ask, sizeof(ask), "{\"do\":\"apikey.add\","
	    "\"name\":\"%s\",%s}", name, members);
	made = operator_ask(w, 0, ask);
	(void)snprintf(p->id, sizeof(p->id), "%s", operator_text(made, "id"));
	(void)snprintf(p->key, sizeof(p->key), "%s", operator_text(made,
	    "key"));
	json_decref(made);
}

static void
send_away(const struct person *p)
{
	json_decref(operator_ask_id(w, 0, REVOKE, p->id));
}

/* He approves; the whole reply is the caller's. */
static json_t *
knock(const struct person *p, time_t later, const char *id,
    const char *more, enum scep_err *rc)
{
	struct scep_buf		 reply = { NULL, 0 };
	struct scep_error	 err;
	char			 text[512], summary[512];
	json_t			*root;

	(void)snprintf(text, sizeof(text), "{\"do\":\"request.approve\","
	    "\"key\":\"%s\",\"door\":\"api\",\"peer\":\"192.0.2.1\","
	    "\"ask\":[{\"id\":\"%s\"%s}]}", p->key, id, more);
	*rc = scep_knock(w->ca, WORLD_NOW + later, 33, scep_span_text(text),
	    &reply, summary, sizeof(summary), &err);
	root = json_loadb((const char *)reply.data, reply.len, 0, NULL);
	scep_buf_clear(&reply);
	return root;
}

/* So many of so many, and the state that is left. */
static void
is_reply(const json_t *o, const char *state, int n, int needed)
{
	operator_is(o, "state", state);
	assert_int_equal(json_integer_value(json_object_get(o, "approvals")),
	    n);
	assert_int_equal(json_integer_value(json_object_get(o, "needed")),
	    needed);
	if (strcmp(state, "approved") == 0 &&
	    json_object_get(o, "dry") == NULL)
		(void)operator_text(o, "serial");
	else
		assert_null(json_object_get(o, "serial"));
}

static void
approves(const struct person *p, const char *id, const char *state, int n,
    int needed)
{
	enum scep_err	 rc;
	json_t		*root = knock(p, 0, id, "", &rc);

	if (rc != SCEP_OK)
		print_error("%s\n", operator_text(root, "error"));
	assert_int_equal(rc, SCEP_OK);
	is_reply(json_object_get(root, "result"), state, n, needed);
	json_decref(root);
}

static void
approves_not(const struct person *p, const char *id, enum scep_err code,
    const char *words)
{
	enum scep_err	 rc;
	json_t		*root = knock(p, 0, id, "", &rc);

	assert_int_equal(rc, code);
	assert_non_null(strstr(operator_text(root, "error"), words));
	json_decref(root);
}

static void
operator_approves(const char *id, const char *state, int n, int needed)
{
	json_t	*o = operator_ask_id(w, 0, APPROVE, id);

	is_reply(o, state, n, needed);
	json_decref(o);
}

/* The same as another user of admin.sock. */
static enum scep_err
operator_of(unsigned long uid, const char *id)
{
	struct scep_buf		 reply = { NULL, 0 };
	struct scep_error	 err;
	char			 ask[128], summary[512];
	enum scep_err		 rc;

	(void)snprintf(ask, sizeof(ask), APPROVE, id);
	rc = scep_admin(w->ca, WORLD_NOW, uid, scep_span_text(ask), &reply,
	    summary, sizeof(summary), &err);
	scep_buf_clear(&reply);
	return rc;
}

static struct world_request
device(int k)
{
	struct world_request	 r = ask_new(k, k == 0 ? "t0" : "t1", NULL);

	r.profile = "two";
	return r;
}

/* Device k's request waits; its id. */
static void
queue(int k, char id[SCEP_REQUEST_ID])
{
	struct world_request	 r = device(k);

	ask_spend(&r, "pending", "queued");
	(void)snprintf(id, SCEP_REQUEST_ID, "%016x", w->requests);
}

/* What a poll, and the same request again, are told. */
static void
device_is_told(int k, const char *end)
{
	struct world_request	 r = device(k);
	struct scep_answer	 answer;
	struct scep_error	 err;

	assert_int_equal(world_poll(w, &r, &answer, &err), SCEP_OK);
	assert_int_equal(answer.outcome, strcmp(end, "granted") == 0 ?
	    SCEP_GRANTED : strcmp(end, "pending") == 0 ? SCEP_PENDING :
	    SCEP_REFUSED);
	scep_answer_clear(&answer);
	ask_spend(&r, end, "");
}

static void
nothing_was_issued(int k)
{
	assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 0);
	device_is_told(k, "pending");
}

static void
issued_once(int k)
{
	device_is_told(k, "granted");
	assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 1);
	assert_int_equal(world_count(w, SCEP_T_PENDING), 0);
}

static struct scep_profile *
profile(void)
{
	return (struct scep_profile *)(uintptr_t)scep_config_profile(w->cfg,
	    "two");
}

static void
get(const char *id, struct scep_pending *p)
{
	struct scep_error	 err;

	assert_int_equal(scep_pending_get(w->store, id, p, &err), SCEP_OK);
}

/* … and is written past the server. */
static void
put(struct scep_pending *p)
{
	struct scep_change	 change = { .n = 0 };
	struct scep_error	 err;

	assert_int_equal(scep_pending_write(&change, p, &err), SCEP_OK);
	assert_int_equal(scep_store_commit(w->store, &change, &err), SCEP_OK);
	scep_change_clear(&change);
	scep_pending_clear(p);
}

static void
two_who_are_two_make_a_certificate(void **state)
{
	char		 id[SCEP_REQUEST_ID];
	struct person	 ann;
	json_t		*o, *cert;

	(void)state;
	let_in(&ann, "ann", FOR);
	queue(0, id);
	approves(&ann, id, "pending", 1, 2);
	nothing_was_issued(0);
	assert_int_equal(world_holds(w, "event=approval"), 1);
	assert_int_equal(world_holds(w, "approvals=\"1 of 2\""), 1);
	assert_int_equal(world_holds(w, "event=approved"), 0);
	o = operator_ask_id(w, 0, SHOW, id);
	is_reply(o, "pending", 1, 2);
	operator_is(o, "approved_by", "key ann");
	json_decref(o);
	o = operator_ask_id(w, 0, APPROVE, id);
	is_reply(o, "approved", 2, 2);
	cert = operator_ask_id(w, 0,
	    "{\"do\":\"cert.show\",\"serial\":\"%s\"}", operator_text(o,
	    "serial"));
	operator_is(cert, "authority", "approved by key ann, uid 1000");
	json_decref(cert);
	json_decref(o);
	issued_once(0);
	approves_not(&ann, id, SCEP_E_NOTFOUND, "no request");
}

static void
one_is_one_however_often(void **state)
{
	char		 id[SCEP_REQUEST_ID], other[SCEP_REQUEST_ID];
	struct person	 ann, bob;

	(void)state;
	let_in(&ann, "ann", FOR);
	let_in(&bob, "bob", FOR);
	queue(0, id);
	queue(1, other);
	approves(&ann, id, "pending", 1, 2);
	approves_not(&ann, id, SCEP_E_EXISTS, "key ann has approved");
	approves_not(&ann, id, SCEP_E_EXISTS, "demands 2");
	operator_approves(other, "pending", 1, 2);
	operator_refused_id(w, 0, APPROVE, other, SCEP_E_EXISTS,
	    "uid 1000 has approved");
	nothing_was_issued(0);
	nothing_was_issued(1);
	approves(&bob, id, "approved", 2, 2);
	device_is_told(0, "granted");
	device_is_told(1, "pending");
}

/* Root becomes the server's user when it likes, and the other way round. */
static void
all_who_use_the_admin_socket_are_one(void **state)
{
	char		 id[SCEP_REQUEST_ID];
	struct person	 ann;

	(void)state;
	let_in(&ann, "ann", FOR);
	queue(0, id);
	assert_int_equal(operator_of(0, id), SCEP_OK);
	assert_int_equal(operator_of(0, id), SCEP_E_EXISTS);
	assert_int_equal(operator_of(1000, id), SCEP_E_EXISTS);
	nothing_was_issued(0);
	approves(&ann, id, "approved", 2, 2);
	issued_once(0);
}

/* A key of the same name as one that was revoked; one whose user has another
 * record in its place. */
static void
a_new_record_of_the_same_name_is_the_same_person(void **state)
{
	char			 id[SCEP_REQUEST_ID];
	struct person		 old, ann, bob;
	struct scep_approver	 by = { "apikey 1234", "key ann" };
	struct scep_approved	 count;
	struct scep_pending	 p;
	struct scep_error	 err;

	(void)state;
	let_in(&old, "ann", FOR);
	queue(0, id);
	approves(&old, id, "pending", 1, 2);
	send_away(&old);
	let_in(&ann, "ann", FOR);
	assert_string_not_equal(old.id, ann.id);
	approves(&ann, id, "pending", 1, 2);
	nothing_was_issued(0);
	/* Also if the old one could still count. */
	get(id, &p);
	assert_int_equal(scep_approvals_count(w->crypto, w->cfg, &p, &by, 2,
	    &count, &err), SCEP_OK);
	assert_int_equal(count.n, 1);
	assert_true(count.again);
	(void)snprintf(by.by, sizeof(by.by), "key anna");
	assert_int_equal(scep_approvals_count(w->crypto, w->cfg, &p, &by, 2,
	    &count, &err), SCEP_OK);
	assert_int_equal(count.n, 2);
	assert_false(count.again);
	scep_pending_clear(&p);
	let_in(&bob, "bob", FOR);
	approves(&bob, id, "approved", 2, 2);
	issued_once(0);
}

static void
whoever_was_revoked_since_does_not_count(void **state)
{
	char		 id[SCEP_REQUEST_ID];
	struct person	 ann, bob;
	json_t		*o;

	(void)state;
	let_in(&ann, "ann", FOR);
	let_in(&bob, "bob", FOR);
	queue(0, id);
	approves(&ann, id, "pending", 1, 2);
	send_away(&ann);
	o = operator_ask_id(w, 0, SHOW, id);
	is_reply(o, "pending", 0, 2);
	operator_is(o, "approved_by", "key ann (revoked: does not count)");
	json_decref(o);
	operator_approves(id, "pending", 1, 2);
	nothing_was_issued(0);
	approves(&bob, id, "approved", 2, 2);
	issued_once(0);
}

/* A user's record takes the place of the one that was revoked. */
static void
nor_is_it_worth_more_when_he_is_let_in_again(void **state)
{
	static const char	 add[] = "{\"do\":\"apikey.add\","
				    "\"name\":\"ann\",\"user\":\"ann\","
				    FOR "}";
	char			 id[SCEP_REQUEST_ID];
	struct scep_approver	 by = { .by = "user ann" };
	struct scep_pending	 p;
	struct scep_error	 err;
	struct person		 ann;
	json_t			*o;

	(void)state;
	let_in(&ann, "ann", "\"user\":\"ann\"," FOR);
	(void)snprintf(by.who, sizeof(by.who), "apikey %.48s", ann.id);
	queue(0, id);
	get(id, &p);
	assert_int_equal(scep_approval_add(w->crypto, w->cfg, WORLD_NOW, &by,
	    &p, &err), SCEP_OK);
	put(&p);
	o = operator_ask_id(w, 0, SHOW, id);
	is_reply(o, "pending", 1, 2);
	json_decref(o);
	send_away(&ann);
	o = operator_ask(w, 1, add);
	operator_is(o, "id", ann.id);
	json_decref(o);
	o = operator_ask_id(w, 1, SHOW, id);
	is_reply(o, "pending", 0, 2);
	operator_is(o, "approved_by",
	    "user ann (let in anew since: does not count)");
	json_decref(o);
	operator_approves(id, "pending", 1, 2);
	nothing_was_issued(0);
	/* What he says from now on counts. */
	get(id, &p);
	assert_int_equal(scep_approval_add(w->crypto, w->cfg, WORLD_NOW + 1,
	    &by, &p, &err), SCEP_OK);
	put(&p);
	o = operator_ask_id(w, 1, SHOW, id);
	is_reply(o, "pending", 2, 2);
	json_decref(o);
}

static void
nor_whoever_has_expired(void **state)
{
	char		 id[SCEP_REQUEST_ID];
	struct person	 ann, bob;
	enum scep_err	 rc;
	json_t		*root;

	(void)state;
	let_in(&ann, "ann", FOR ",\"expires\":1795525200");	/* 1 h */
	let_in(&bob, "bob", FOR);
	queue(0, id);
	approves(&ann, id, "pending", 1, 2);
	root = knock(&bob, 3600, id, ",\"dry\":1", &rc);
	assert_int_equal(rc, SCEP_OK);
	is_reply(json_object_get(root, "result"), "pending", 1, 2);
	json_decref(root);
	root = knock(&bob, 3599, id, "", &rc);
	assert_int_equal(rc, SCEP_OK);
	is_reply(json_object_get(root, "result"), "approved", 2, 2);
	json_decref(root);
	issued_once(0);
}

/* The record of who approved first is read, and then revoked by somebody who
 * is faster: the commit finds out. */
static void
that_a_record_stays_is_demanded_in_the_commit(void **state)
{
	char			 id[SCEP_REQUEST_ID];
	struct scep_change	 change = { .n = 0 };
	struct scep_pending	 p;
	struct scep_error	 err;
	struct person		 ann;

	(void)state;
	let_in(&ann, "ann", FOR);
	queue(0, id);
	approves(&ann, id, "pending", 1, 2);
	get(id, &p);
	assert_int_equal(scep_approvals_sift((struct scep_local *)w->ca,
	    WORLD_NOW, &p, &change, &err), SCEP_OK);
	assert_int_equal(p.n_approvals, 1);
	assert_int_equal(change.n, 1);
	assert_int_equal(scep_store_commit(w->store, &change, &err), SCEP_OK);
	send_away(&ann);
	assert_int_equal(scep_store_commit(w->store, &change, &err),
	    SCEP_E_CHANGED);
	scep_change_clear(&change);
	scep_pending_clear(&p);
}

static void
what_the_profile_demands_now_is_what_counts(void **state)
{
	char		 id[SCEP_REQUEST_ID], other[SCEP_REQUEST_ID];
	struct person	 ann, bob;

	(void)state;
	let_in(&ann, "ann", FOR);
	let_in(&bob, "bob", FOR);
	queue(0, id);
	approves(&ann, id, "pending", 1, 2);
	profile()->approvals = 3;		/* raised */
	approves(&bob, id, "pending", 2, 3);
	approves_not(&bob, id, SCEP_E_EXISTS, "demands 3");
	nothing_was_issued(0);
	operator_approves(id, "approved", 3, 3);
	issued_once(0);
	queue(1, other);
	approves(&ann, other, "pending", 1, 3);
	profile()->approvals = 1;		/* lowered: nobody acts … */
	device_is_told(1, "pending");
	/* … until somebody does, who may be the same. */
	approves(&ann, other, "approved", 1, 1);
	device_is_told(1, "granted");
	profile()->approvals = 2;
}

static void
approvals_that_were_written_into_the_database_are_none(void **state)
{
	char			 id[SCEP_REQUEST_ID], other[SCEP_REQUEST_ID];
	struct scep_pending	 p, q;
	struct person		 ann, bob;
	json_t			*o;

	(void)state;
	let_in(&ann, "ann", FOR);
	let_in(&bob, "bob", FOR);
	queue(0, id);
	queue(1, other);
	approves(&ann, id, "pending", 1, 2);
	approves(&bob, other, "pending", 1, 2);
	get(id, &p);
	get(other, &q);
	p.approval[1] = p.approval[0];			/* twice */
	p.approval[2] = q.approval[0];			/* of another one */
	p.approval[3] = p.approval[0];			/* of somebody else */
	(void)snprintf(p.approval[3].by, SCEP_REC_NAME, "key bob");
	(void)snprintf(p.approval[3].who, SCEP_REC_NAME, "apikey %.40s",
	    bob.id);
	p.approval[4] = p.approval[0];			/* at another time */
	p.approval[4].when++;
	p.n_approvals = 5;
	put(&p);
	scep_pending_clear(&q);
	o = operator_ask_id(w, 0, SHOW, id);
	is_reply(o, "pending", 1, 2);
	assert_non_null(strstr(operator_text(o, "approved_by"),
	    "key bob (changed in the database: does not count)"));
	json_decref(o);
	approves_not(&ann, id, SCEP_E_EXISTS, "key ann has approved");
	nothing_was_issued(0);
	approves(&bob, id, "approved", 2, 2);
	device_is_told(0, "granted");
}

/* Her key was revoked, and said to be in force again by somebody who can write
 * the database and does not know challenge.key. */
static void
nobody_comes_back_by_the_database(void **state)
{
	struct scep_change	 change = { .n = 0 };
	struct scep_apikey	 key;
	struct scep_error	 err;
	struct person		 ann, bob, eve;
	char			 id[SCEP_REQUEST_ID];
	json_t			*o;

	(void)state;
	let_in(&ann, "ann", FOR);
	let_in(&bob, "bob", FOR);
	let_in(&eve, "eve", FOR);
	queue(0, id);
	approves(&eve, id, "pending", 1, 2);
	send_away(&eve);
	assert_int_equal(scep_apikey_get(w->store, eve.id, &key, &err),
	    SCEP_OK);
	key.state = SCEP_APIKEY_LIVE;
	key.revoked = 0;
	assert_int_equal(scep_apikey_write(&change, &key, &err), SCEP_OK);
	assert_int_equal(scep_store_commit(w->store, &change, &err), SCEP_OK);
	scep_change_clear(&change);
	o = operator_ask_id(w, 0, SHOW, id);
	is_reply(o, "pending", 0, 2);
	assert_non_null(strstr(operator_text(o, "approved_by"),
	    "key eve (changed: does not count)"));
	json_decref(o);
	approves(&ann, id, "pending", 1, 2);
	approves(&bob, id, "approved", 2, 2);
	issued_once(0);
}

/* SECURITY T1. */
static void
approvals_are_of_the_request_as_it_was(void **state)
{
	char			 id[SCEP_REQUEST_ID];
	struct scep_pending	 p;
	struct scep_error	 err;
	struct person		 ann;

	(void)state;
	let_in(&ann, "ann", FOR);
	queue(0, id);
	approves(&ann, id, "pending", 1, 2);
	get(id, &p);
	p.subject.data[p.subject.len - 1] ^= 1;
	put(&p);
	operator_refused_id(w, 0, APPROVE, id, SCEP_E_REFUSED,
	    "was changed in the database");
	/* Even one that we would have made a mac for ourselves. */
	get(id, &p);
	assert_int_equal(scep_pending_mac(w->crypto, w->cfg, &p, p.mac,
	    &err), SCEP_OK);
	put(&p);
	operator_approves(id, "pending", 1, 2);
	assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 0);
	approves(&ann, id, "approved", 2, 2);
	assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 1);
}

static void
one_who_refuses_ends_it(void **state)
{
	char		 id[SCEP_REQUEST_ID];
	struct person	 ann;

	(void)state;
	let_in(&ann, "ann", FOR);
	queue(0, id);
	approves(&ann, id, "pending", 1, 2);
	json_decref(operator_ask_id(w, 0, REFUSE, id));
	operator_refused_id(w, 0, APPROVE, id, SCEP_E_NOTFOUND,
	    "no request");
	device_is_told(0, "refused");
	assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 0);
}

static void
approvals_do_not_outlive_the_request(void **state)
{
	char			 id[SCEP_REQUEST_ID];
	struct scep_error	 err;
	struct person		 ann;

	(void)state;
	let_in(&ann, "ann", FOR);
	queue(0, id);
	approves(&ann, id, "pending", 1, 2);
	operator_refused_id(w, 7 * DAY, APPROVE, id, SCEP_E_REFUSED,
	    "has expired");
	assert_int_equal(scep_ca_tend(w->ca, WORLD_NOW + 7 * DAY, &err),
	    SCEP_OK);
	operator_refused_id(w, 0, APPROVE, id, SCEP_E_NOTFOUND,
	    "no request");
	assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 0);
	/* Asked again, it begins anew. */
	queue(0, id);
	operator_approves(id, "pending", 1, 2);
	approves(&ann, id, "approved", 2, 2);
}

/* Its device has asked anew before anybody swept it away. */
static void
one_whose_time_is_up_decides_nothing_for_the_next(void **state)
{
	struct world_request	 r = device(0);
	char			 old[SCEP_REQUEST_ID], id[SCEP_REQUEST_ID];

	(void)state;
	queue(0, old);
	r.later = 7 * DAY;
	ask_expect(&r, "pending", "queued");
	(void)snprintf(id, sizeof(id), "%016x", w->requests);
	assert_string_not_equal(old, id);
	operator_refused_id(w, 7 * DAY, APPROVE, old, SCEP_E_REFUSED,
	    "has expired");
	operator_refused_id(w, 7 * DAY, REFUSE, old, SCEP_E_REFUSED,
	    "has expired");
	ask_expect(&r, "pending", "waits");
	assert_int_equal(world_count(w, SCEP_T_PENDING), 2);
	json_decref(operator_ask_id(w, 7 * DAY, REFUSE, id));
	ask_spend(&r, "refused", "");
	assert_int_equal(world_count(w, SCEP_T_PENDING), 1);
}

static void
a_dry_approval_says_what_would_be(void **state)
{
	char		 id[SCEP_REQUEST_ID];
	struct person	 ann;
	enum scep_err	 rc;
	json_t		*root, *before, *after;

	(void)state;
	let_in(&ann, "ann", FOR);
	queue(0, id);
	before = operator_ask_id(w, 0, SHOW, id);
	root = knock(&ann, 0, id, ",\"dry\":1", &rc);
	assert_int_equal(rc, SCEP_OK);
	is_reply(json_object_get(root, "result"), "pending", 1, 2);
	json_decref(root);
	after = operator_ask_id(w, 0, SHOW, id);
	assert_true(json_equal(before, after));
	approves(&ann, id, "pending", 1, 2);
	root = operator_ask_id(w, 0,
	    "{\"do\":\"request.approve\",\"id\":\"%s\",\"dry\":1}", id);
	operator_is(root, "state", "approved");
	assert_null(json_object_get(root, "serial"));
	json_decref(root);
	nothing_was_issued(0);
	operator_refused_id(w, 7 * DAY,
	    "{\"do\":\"request.approve\",\"id\":\"%s\",\"dry\":1}", id,
	    SCEP_E_REFUSED, "has expired");
	root = knock(&ann, 0, id, ",\"dry\":1", &rc);
	assert_int_equal(rc, SCEP_E_EXISTS);
	json_decref(root);
	operator_approves(id, "approved", 2, 2);
	json_decref(before);
	json_decref(after);
}

/* Rivals. */

struct rival {
	pthread_t		 thread;
	const struct person	*who;
	const char		*id;
	enum scep_err		 rc;
	int			 issued;
};

static void *
rush(void *arg)
{
	struct rival	*r = arg;
	json_t		*root = knock(r->who, 0, r->id, "", &r->rc);

	r->issued = json_object_get(json_object_get(root, "result"),
	    "serial") != NULL;
	json_decref(root);
	return NULL;
}

/* How many of them issued, and how many were told that it is done. */
static void
race(const struct person *people, size_t n, const char *id, int *issued,
    int *late)
{
	struct rival	 rival[4];
	size_t		 i;

	*issued = *late = 0;
	for (i = 0; i < n; i++) {
		rival[i] = (struct rival){ .who = &people[i], .id = id };
		assert_int_equal(pthread_create(&rival[i].thread, NULL, rush,
		    &rival[i]), 0);
	}
	for (i = 0; i < n; i++) {
		assert_int_equal(pthread_join(rival[i].thread, NULL), 0);
		*issued += rival[i].issued;
		*late += rival[i].rc == SCEP_E_NOTFOUND;
	}
}

/* SECURITY T4. */
static void
two_at_once_give_one_certificate(void **state)
{
	char		 id[SCEP_REQUEST_ID];
	struct person	 p[4];
	int		 issued, late;

	(void)state;
	let_in(&p[0], "p0", FOR);
	let_in(&p[1], "p1", FOR);
	let_in(&p[2], "p2", FOR);
	let_in(&p[3], "p3", FOR);
	queue(0, id);
	race(p, 2, id, &issued, &late);
	assert_int_equal(issued, 1);
	assert_int_equal(late, 0);
	issued_once(0);
	queue(1, id);
	race(p, 4, id, &issued, &late);
	assert_int_equal(issued, 1);
	assert_int_equal(late, 2);
	assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 2);
}

/* SECURITY T4: two of one person at once are no two. */
static void
one_at_once_is_one(void **state)
{
	char		 id[SCEP_REQUEST_ID];
	struct person	 p[4];
	int		 issued, late;

	(void)state;
	let_in(&p[0], "p0", FOR);
	p[1] = p[2] = p[3] = p[0];
	queue(0, id);
	race(p, 4, id, &issued, &late);
	assert_int_equal(issued, 0);
	assert_int_equal(late, 0);
	nothing_was_issued(0);
	operator_approves(id, "approved", 2, 2);
}

static void
the_story_tells_of_each(void **state)
{
	char		 id[SCEP_REQUEST_ID];
	struct person	 ann;
	json_t		*o, *events, *one;

	(void)state;
	let_in(&ann, "ann", FOR);
	queue(0, id);
	approves(&ann, id, "pending", 1, 2);
	operator_approves(id, "approved", 2, 2);
	o = operator_ask_id(w, 0, "{\"do\":\"explain\",\"what\":\"%s\"}",
	    id);
	events = json_object_get(json_array_get(json_object_get(o,
	    "stories"), 0), "events");
	assert_int_equal(json_array_size(events), 3);
	one = json_array_get(events, 1);
	operator_is(one, "event", "approval");
	operator_is(json_object_get(one, "result"), "by", "key ann");
	operator_is(json_object_get(one, "result"), "approvals", "1 of 2");
	one = json_array_get(events, 2);
	operator_is(one, "event", "approved");
	operator_is(json_object_get(one, "result"), "authority",
	    "approved by key ann, uid 1000");
	json_decref(o);
}

/* Within one second, too. */
static void
the_story_tells_of_all_of_three(void **state)
{
	static const char *const	 events[] = { "queued", "approval",
					    "approval", "approved" };
	char				 id[SCEP_REQUEST_ID];
	struct person			 ann, bob;
	json_t				*o, *told;
	size_t				 i;

	(void)state;
	let_in(&ann, "ann", FOR);
	let_in(&bob, "bob", FOR);
	profile()->approvals = 3;
	queue(0, id);
	approves(&ann, id, "pending", 1, 3);
	approves(&bob, id, "pending", 2, 3);
	operator_approves(id, "approved", 3, 3);
	profile()->approvals = 2;
	o = operator_ask_id(w, 0, "{\"do\":\"explain\",\"what\":\"%s\"}",
	    id);
	told = json_object_get(json_array_get(json_object_get(o, "stories"),
	    0), "events");
	assert_int_equal(json_array_size(told), 4);
	for (i = 0; i < 4; i++)
		operator_is(json_array_get(told, i), "event", events[i]);
	operator_is(json_object_get(json_array_get(told, 3), "result"),
	    "authority", "approved by key ann, key bob, uid 1000");
	json_decref(o);
}

static void
many_long_names_are_cut_off_whole(void **state)
{
	struct scep_pending	 p;
	char			 text[SCEP_APPROVERS];
	size_t			 i;

	(void)state;
	memset(&p, 0, sizeof(p));
	for (p.n_approvals = 0; p.n_approvals < 5; p.n_approvals++) {
		i = p.n_approvals;
		(void)snprintf(p.approval[i].by, SCEP_REC_NAME,
		    "key %zu234567890123456789012345678901234567890", i);
		scep_approvers_text(&p, NULL, text);
		assert_null(strstr(text, "others"));
	}
	for (i = 0; i < 5; i++)
		(void)snprintf(p.approval[i].by, SCEP_REC_NAME, "key %zu2345"
		    "67890123456789012345678901234567890123456789012345678",
		    i);
	scep_approvers_text(&p, NULL, text);
	assert_string_equal(text + strlen(text) - 11, " and others");
	assert_non_null(strstr(text, "key 22345"));
	assert_null(strstr(text, "key 42345"));
}

#define T(name)	cmocka_unit_test_setup(name, ask_empty)

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		T(two_who_are_two_make_a_certificate),
		T(one_is_one_however_often),
		T(all_who_use_the_admin_socket_are_one),
		T(a_new_record_of_the_same_name_is_the_same_person),
		T(whoever_was_revoked_since_does_not_count),
		T(nor_is_it_worth_more_when_he_is_let_in_again),
		T(nor_whoever_has_expired),
		T(that_a_record_stays_is_demanded_in_the_commit),
		T(what_the_profile_demands_now_is_what_counts),
		T(approvals_that_were_written_into_the_database_are_none),
		T(nobody_comes_back_by_the_database),
		T(approvals_are_of_the_request_as_it_was),
		T(one_who_refuses_ends_it),
		T(approvals_do_not_outlive_the_request),
		T(one_whose_time_is_up_decides_nothing_for_the_next),
		T(a_dry_approval_says_what_would_be),
		T(two_at_once_give_one_certificate),
		T(one_at_once_is_one),
		T(the_story_tells_of_each),
		T(the_story_tells_of_all_of_three),
		T(many_long_names_are_cut_off_whole),
	};
	int			 failed;

	w = world_new("[profile two]\nauthorise = manual\napprovals = 2\n"
	    "san_allow = DNS\n"
	    "[profile three]\nauthorise = manual\napprovals = 3\n");
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	world_free(w);
	return failed;
}
