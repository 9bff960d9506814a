/*
 * t_knock.c - who may ask what by scep-admin.fcgi, and how much of it.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ca/apikey.h"
#include "ca/inspect.h"
#include "ca/knock.h"
#include "ca/rate.h"
#include "store/record_local.h"
#include "tests/unit/asking.h"
#include "tests/unit/knocking.h"
#include "tests/unit/operator.h"

#define HOUR	3600L
#define DAY	86400L

static void
door_user(const char *name)
{
	(void)snprintf(w->cfg->server.door_user,
	    sizeof(w->cfg->server.door_user), "%s", name);
}

/* One that waits in profile manual; its id. */
static void
queue_one(int k, char id[SCEP_REQUEST_ID])
{
	struct world_request	 r;
	struct outcome		 o;
	json_t			*list, *one;
	size_t			 i;

	memset(&r, 0, sizeof(r));
	r.profile = "manual";
	r.txid = k == 0 ? "t0" : "t1";
	r.signer = k;
	r.csr = client_csr(w->key[k], k == 0 ? "/CN=a" : "/CN=b", NULL, NULL);
	o = ask_expect_keep(&r, "pending", "");
	list = operator_ask(w, 0, "{\"do\":\"request.list\"}");
	json_array_foreach(list, i, one)
		if (strcmp(operator_text(one, "transaction"), r.txid) == 0)
			(void)snprintf(id, SCEP_REQUEST_ID, "%s",
			    operator_text(one, "id"));
	json_decref(list);
	scep_answer_clear(&o.answer);
	bytes_free(&r.csr);
}

static void
without_a_record_nobody_may_anything(void **state)
{
	static const char	*const verbs[] = { "challenge.add",
				    "request.list", "request.show",
				    "request.approve", "request.refuse" };
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		knock_closed(0, "\"user\":\"jamf\"", verbs[i], "",
		    SCEP_DENY_WHO);
		knock_closed(0, "\"key\":\"scepkey-2345678923-"
		    "23456789234567892345678923\"", verbs[i], "",
		    SCEP_DENY_WHO);
		knock_closed(0, "\"key\":\"\\u007f\"", verbs[i], "", NULL);
		assert_string_equal(knock_summary, "door=api peer=192.0.2.1");
	}
	free(knock_record("\"user\":\"jamf\",\"may\":[\"challenge:add\"]"));
	knock_open(0, "\"user\":\"jamf\"", "challenge.add", "");
	/* Where scep.conf has no door_user, nobody is one. */
	door_user("");
	knock_closed(0, "\"user\":\"jamf\"", "challenge.add", "",
	    SCEP_DENY_WHO);
	door_user("REMOTE_USER");
	knock_open(0, "\"user\":\"jamf\"", "challenge.add", "");
	knock_closed(0, "\"user\":\"Jamf\"", "challenge.add", "",
	    SCEP_DENY_WHO);
}

/* SECURITY T2. */
static void
a_key_is_its_secret(void **state)
{
	char	 good[SCEP_APIKEY_TEXT], who[128], *id;

	(void)state;
	id = knock_record("\"name\":\"fleet\",\"may\":[\"challenge:add\"]");
	memcpy(good, knock_key, sizeof(good));
	knock_open(0, knock_by(), "challenge.add", "");
	assert_non_null(strstr(knock_summary, "by=\"key fleet\""));
	assert_null(strstr(knock_summary, good + 20));
	/* The last letter, a user of that id or name, both at once. */
	knock_spoil();
	knock_closed(0, knock_by(), "challenge.add", "", SCEP_DENY_WHO);
	/* The log says which one somebody tries, and not with what. */
	assert_non_null(strstr(knock_reason, id));
	assert_non_null(strstr(knock_reason, "another secret"));
	assert_null(strstr(knock_reason, good + 20));
	knock_key[sizeof(SCEP_APIKEY_PREFIX)] =
	    good[sizeof(SCEP_APIKEY_PREFIX)] == 'a' ? 'b' : 'a';
	knock_closed(0, knock_by(), "challenge.add", "", SCEP_DENY_WHO);
	assert_non_null(strstr(knock_reason, "there is no API key"));
	knock_closed(0, "\"user\":\"fleet\"", "challenge.add", "",
	    SCEP_DENY_WHO);
	(void)snprintf(who, sizeof(who), "\"user\":\"%s\"", id);
	knock_closed(0, who, "challenge.add", "", SCEP_DENY_WHO);
	memcpy(knock_key, good, sizeof(good));
	(void)snprintf(who, sizeof(who), "\"user\":\"x\",\"key\":\"%s\"",
	    knock_key);
	knock_closed(0, who, "challenge.add", "", SCEP_DENY_WHO);
	knock_open(0, knock_by(), "challenge.add", "");
	free(id);
}

static void
get_row(const char *id, struct scep_apikey *rec)
{
	struct scep_error	 err;

	assert_int_equal(scep_apikey_get(w->store, id, rec, &err), SCEP_OK);
}

/* It, under this id, whatever is there. */
static void
put_row(const char *id, const struct scep_apikey *rec)
{
	struct scep_change	 change = { .n = 0 };
	struct scep_write	*to = NULL;
	struct scep_error	 err;

	assert_int_equal(scep_change_add(&change, SCEP_T_APIKEY,
	    scep_span_text(id), SCEP_REV_ANY, &to, &err), SCEP_OK);
	assert_int_equal(scep_apikey_encode(rec, &to->value, &err), SCEP_OK);
	assert_int_equal(scep_store_commit(w->store, &change, &err), SCEP_OK);
	scep_change_clear(&change);
}

static void
state_is(const char *id, const char *word)
{
	json_t	*one = operator_ask_id(w, 0, "{\"do\":\"apikey.show\","
		    "\"id\":\"%s\"}", id);

	operator_is(one, "state", word);
	json_decref(one);
}

/* The log says why; who knocks is not told. */
static void
is_changed(const char *id, const char *who)
{
	knock_closed(0, who, "request.list", "", SCEP_DENY_WHO);
	assert_non_null(strstr(knock_reason, id));
	assert_non_null(strstr(knock_reason, "was changed in the database"));
	assert_non_null(strstr(knock_reason, "scepadm apikey revoke"));
	state_is(id, "changed");
}

/* Something else than it says, i: which; what is left out does not exist. */
static int
change_row(struct scep_apikey *rec, int i)
{
	rec->may |= i == 0 ? SCEP_MAY_ADD : 0;
	rec->rate_n += i == 1;
	rec->rate_s += i == 2;
	rec->max_uses += i == 3;
	rec->max_ttl_s += i == 4;
	rec->expires += i == 5;
	rec->created += i == 6;
	if (i == 7)
		(void)snprintf(rec->profiles, sizeof(rec->profiles),
		    "manual");
	if (i == 8)
		(void)snprintf(rec->name, sizeof(rec->name), "other");
	if (i == 9)
		(void)snprintf(rec->user, sizeof(rec->user), "ann");
	rec->revoked += i == 10;
	if (i == 11)
		(void)snprintf(rec->issuer, sizeof(rec->issuer), "uid 1");
	if (i == 12)
		(void)snprintf(rec->note, sizeof(rec->note), "x");
	rec->secret_mac[0] ^= i == 13;
	rec->mac[0] ^= i == 14;
	if (i == 15)
		memset(rec->mac, 0, sizeof(rec->mac));
	rec->max_live += i == 16;
	return i < 17;
}

static void
a_row_changed_in_the_database_is_worth_nothing(void **state)
{
	char			*id[2];
	const char		*who[2];
	struct scep_apikey	 good, rec;
	int			 i, k;

	(void)state;
	id[0] = knock_record("\"may\":[\"request:list\"],\"rate_n\":1000");
	who[0] = knock_by();
	id[1] = knock_record("\"user\":\"u\",\"may\":[\"request:list\"],"
	    "\"rate_n\":1000");
	who[1] = "\"user\":\"u\"";
	for (k = 0; k < 2; k++) {
		get_row(id[k], &good);
		for (i = 0, rec = good; change_row(&rec, i); i++, rec = good) {
			put_row(id[k], &rec);
			is_changed(id[k], who[k]);
			put_row(id[k], &good);
			knock_open(0, who[k], "request.list", "");
			state_is(id[k], "live");
		}
		assert_int_equal(i, 17);
		free(id[k]);
	}
}

/* Who can write the database, but does not know challenge.key. */
static void
what_was_revoked_is_not_revived(void **state)
{
	static const char	 revoke[] = "{\"do\":\"apikey.revoke\","
				    "\"id\":\"%s\"}";
	struct scep_apikey	 was, rec;
	char			*id, *user;

	(void)state;
	user = knock_record("\"user\":\"u\",\"may\":[\"request:list\"]");
	id = knock_record("\"may\":[\"request:list\"],\"name\":\"mdm\"");
	get_row(id, &was);
	json_decref(operator_ask_id(w, 0, revoke, id));
	knock_closed(0, knock_by(), "request.list", "", SCEP_DENY_WHO);
	assert_non_null(strstr(knock_reason, "is revoked"));
	get_row(id, &rec);
	rec.state = SCEP_APIKEY_LIVE;
	put_row(id, &rec);
	is_changed(id, knock_by());
	rec.revoked = 0;
	put_row(id, &rec);
	is_changed(id, knock_by());
	/* By another one's row. */
	get_row(user, &rec);
	put_row(id, &rec);
	is_changed(id, knock_by());
	json_decref(operator_ask_id(w, 0, revoke, id));
	state_is(id, "revoked");
	knock_closed(0, knock_by(), "request.list", "", SCEP_DENY_WHO);
	knock_open(0, "\"user\":\"u\"", "request.list", "");
	/* What no mac can tell: the row as it was, all of it. */
	put_row(id, &was);
	knock_open(0, knock_by(), "request.list", "");
	free(id);
	free(user);
}

/* As another version wrote it, or nobody. */
static void
spoil_row(const char *id)
{
	struct scep_change	 change = { .n = 0 };
	struct scep_write	*to = NULL;
	struct scep_error	 err;

	assert_int_equal(scep_change_add(&change, SCEP_T_APIKEY,
	    scep_span_text(id), SCEP_REV_ANY, &to, &err), SCEP_OK);
	assert_int_equal(scep_buf_set(&to->value, scep_span_text("0\003x"),
	    &err), SCEP_OK);
	assert_int_equal(scep_store_commit(w->store, &change, &err), SCEP_OK);
	scep_change_clear(&change);
}

/* It opens nothing, and is in nobody's way: all that is done with other ones
 * goes on, and it can be seen and revoked. */
static void
a_row_that_cannot_be_read_is_told_of(void **state)
{
	static const char	 list[] = "{\"do\":\"apikey.list\"}";
	char			*id, *other, *user;
	json_t			*rows;

	(void)state;
	user = knock_record("\"user\":\"u\",\"may\":[\"request:list\"]");
	other = knock_record("\"may\":[\"request:list\"],\"name\":\"mdm\"");
	id = knock_record("\"may\":[\"request:list\"],\"name\":\"old\"");
	knock_open(0, knock_by(), "request.list", "");
	spoil_row(id);
	spoil_row(user);
	is_changed(id, knock_by());
	is_changed(user, "\"user\":\"u\"");
	rows = operator_ask(w, 0, list);
	assert_int_equal(json_array_size(rows), 3);
	json_decref(rows);
	json_decref(operator_ask(w, 0, "{\"do\":\"apikey.show\",\"id\":"
	    "\"mdm\"}"));
	json_decref(operator_ask(w, 0, "{\"do\":\"apikey.add\",\"may\":"
	    "[\"request:list\"]}"));
	json_decref(operator_ask(w, 0, "{\"do\":\"apikey.add\",\"user\":"
	    "\"u\",\"may\":[\"request:list\"]}"));
	knock_open(0, "\"user\":\"u\"", "request.list", "");
	json_decref(operator_ask(w, 0, "{\"do\":\"apikey.revoke\",\"id\":"
	    "\"mdm\"}"));
	json_decref(operator_ask_id(w, 0, "{\"do\":\"apikey.revoke\","
	    "\"id\":\"%s\"}", id));
	state_is(id, "revoked");
	knock_closed(0, knock_by(), "request.list", "", SCEP_DENY_WHO);
	rows = operator_ask(w, 0, list);
	assert_int_equal(json_array_size(rows), 4);
	json_decref(rows);
	free(id);
	free(other);
	free(user);
}

/* Nor is one in the way of those that are made in its place. */
static void
a_changed_row_stays_until_somebody_has_seen_it(void **state)
{
	struct scep_apikey	 rec;
	char			*id, *user;
	int			 i;

	(void)state;
	user = knock_record("\"user\":\"u\",\"may\":[\"request:list\"]");
	id = knock_record("\"may\":[\"request:list\"],\"name\":\"mdm\"");
	for (i = 0; i < 2; i++) {
		get_row(i == 0 ? id : user, &rec);
		rec.rate_n++;
		put_row(i == 0 ? id : user, &rec);
	}
	json_decref(operator_ask(w, 1000 * DAY, "{\"do\":\"apikey.add\","
	    "\"may\":[\"request:list\"],\"name\":\"mdm\"}"));
	is_changed(id, knock_by());
	is_changed(user, "\"user\":\"u\"");
	json_decref(operator_ask(w, 0, "{\"do\":\"apikey.add\",\"user\":"
	    "\"u\",\"may\":[\"request:list\"]}"));
	knock_open(0, "\"user\":\"u\"", "request.list", "");
	json_decref(operator_ask_id(w, 0, "{\"do\":\"apikey.revoke\","
	    "\"id\":\"%s\"}", id));
	state_is(id, "revoked");
	assert_int_equal(world_count(w, SCEP_T_APIKEY), 3);
	json_decref(operator_ask(w, 91 * DAY, "{\"do\":\"apikey.add\","
	    "\"may\":[\"request:list\"]}"));
	assert_int_equal(world_count(w, SCEP_T_APIKEY), 3);
	free(id);
	free(user);
}

static void
it_ends_when_it_is_revoked_or_expires(void **state)
{
	char	*id;

	(void)state;
	id = knock_record("\"may\":[\"request:list\"],\"expires\":1795525200");
	knock_open(0, knock_by(), "request.list", "");
	knock_closed(1795525200 - WORLD_NOW, knock_by(), "request.list", "",
	    SCEP_DENY_WHO);
	knock_open(0, knock_by(), "request.list", "");
	json_decref(operator_ask_id(w, 0,
	    "{\"do\":\"apikey.revoke\",\"id\":\"%s\"}", id));
	knock_closed(0, knock_by(), "request.list", "", SCEP_DENY_WHO);
	free(id);
}

static void
each_right_is_needed(void **state)
{
	char	 one[SCEP_REQUEST_ID], two[SCEP_REQUEST_ID], a[40], b[40];

	(void)state;
	queue_one(0, one);
	queue_one(1, two);
	(void)snprintf(a, sizeof(a), "\"id\":\"%s\"", one);
	(void)snprintf(b, sizeof(b), "\"id\":\"%s\"", two);
	free(knock_record("\"may\":[\"challenge:add\"],"
	    "\"profiles\":[\"main\",\"manual\"]"));
	knock_closed(0, knock_by(), "request.list", "", SCEP_DENY_MAY);
	knock_closed(0, knock_by(), "request.show", a, SCEP_DENY_MAY);
	knock_closed(0, knock_by(), "request.approve", a, SCEP_DENY_MAY);
	knock_closed(0, knock_by(), "request.refuse", a, SCEP_DENY_MAY);
	knock_open(0, knock_by(), "challenge.add", "");
	free(knock_record("\"may\":[\"request:list\"],"
	    "\"profiles\":[\"manual\"]"));
	knock_closed(0, knock_by(), "challenge.add", "", SCEP_DENY_MAY);
	knock_closed(0, knock_by(), "request.approve", a, SCEP_DENY_MAY);
	knock_open(0, knock_by(), "request.list", "");
	knock_open(0, knock_by(), "request.show", a);
	free(knock_record("\"may\":[\"request:approve\"],"
	    "\"profiles\":[\"manual\"],\"name\":\"boss\""));
	knock_closed(0, knock_by(), "request.refuse", b, SCEP_DENY_MAY);
	knock_open(0, knock_by(), "request.approve", a);
	free(knock_record("\"may\":[\"request:refuse\"],"
	    "\"profiles\":[\"manual\"]"));
	knock_closed(0, knock_by(), "request.approve", b, SCEP_DENY_MAY);
	knock_open(0, knock_by(), "request.refuse", b);
	/* What is not for the doors at all. */
	knock_closed(0, knock_by(), "apikey.add", "", NULL);
	knock_closed(0, knock_by(), "challenge.addlist", "", NULL);
}

static void
requests_of_other_profiles_are_not_there(void **state)
{
	char	 id[SCEP_REQUEST_ID], ask[40];
	json_t	*list;

	(void)state;
	queue_one(0, id);
	(void)snprintf(ask, sizeof(ask), "\"id\":\"%s\"", id);
	free(knock_record("\"may\":[\"request:list\",\"request:approve\","
	    "\"request:refuse\"],\"profiles\":[\"main\"]"));
	list = knock_opened(0, knock_by(), "request.list", "");
	assert_int_equal(json_array_size(json_object_get(list, "rows")), 0);
	json_decref(list);
	knock_closed(0, knock_by(), "request.show", ask, NULL);
	knock_closed(0, knock_by(), "request.approve", ask, NULL);
	knock_closed(0, knock_by(), "request.refuse", ask, NULL);
	free(knock_record("\"may\":[\"request:list\",\"request:approve\"],"
	    "\"profiles\":[\"main\",\"manual\"]"));
	list = knock_opened(0, knock_by(), "request.list", "");
	assert_int_equal(json_array_size(json_object_get(list, "rows")), 1);
	json_decref(list);
	knock_open(0, knock_by(), "request.approve", ask);
}

/* SECURITY T1. */
static void
a_challenge_is_no_more_than_the_record_says(void **state)
{
	char	 ask[128];

	(void)state;
	free(knock_record("\"may\":[\"challenge:add\"],\"max_uses\":3,"
	    "\"max_ttl\":3600,\"rate_n\":1000"));
	knock_open(0, knock_by(), "challenge.add", "\"uses\":3");
	knock_closed(0, knock_by(), "challenge.add", "\"uses\":4",
	    SCEP_DENY_MAY);
	knock_open(0, knock_by(), "challenge.add", "\"ttl\":3600");
	knock_closed(0, knock_by(), "challenge.add", "\"ttl\":3601",
	    SCEP_DENY_MAY);
	(void)snprintf(ask, sizeof(ask), "\"expires\":%ld",
	    (long)WORLD_NOW + HOUR);
	knock_open(0, knock_by(), "challenge.add", ask);
	(void)snprintf(ask, sizeof(ask), "\"expires\":%ld",
	    (long)WORLD_NOW + HOUR + 1);
	knock_closed(0, knock_by(), "challenge.add", ask, SCEP_DENY_MAY);
	(void)snprintf(ask, sizeof(ask), "\"not_before\":%ld,\"ttl\":60",
	    (long)WORLD_NOW + HOUR);
	knock_closed(0, knock_by(), "challenge.add", ask, SCEP_DENY_MAY);
	(void)snprintf(ask, sizeof(ask), "\"not_before\":%ld,\"ttl\":60",
	    (long)WORLD_NOW + HOUR - 60);
	knock_open(0, knock_by(), "challenge.add", ask);
	knock_open(0, knock_by(), "challenge.add", "\"reuse_for\":3600");
	knock_closed(0, knock_by(), "challenge.add", "\"reuse_for\":3601",
	    SCEP_DENY_MAY);
	knock_open(0, knock_by(), "challenge.add", "\"profile\":\"main\"");
	knock_closed(0, knock_by(), "challenge.add", "\"profile\":\"manual\"",
	    SCEP_DENY_MAY);
	knock_closed(0, knock_by(), "challenge.add", "\"profile\":\"mai\"",
	    SCEP_DENY_MAY);
	knock_closed(0, knock_by(), "challenge.add", "\"count\":2", NULL);
}

/* SECURITY T1: and for the name that was asked for alone. */
static void
the_challenge_serves_and_says_who_made_it(void **state)
{
	char			 text[64];
	struct world_request	 r;
	json_t			*made, *rec, *later;

	(void)state;
	free(knock_record("\"name\":\"fleet\",\"may\":[\"challenge:add\"],"
	    "\"max_ttl\":3600"));
	made = knock_opened(0, knock_by(), "challenge.add",
	    "\"subject\":\"CN=x\"");
	(void)snprintf(text, sizeof(text), "%s", operator_text(made,
	    "challenge"));
	assert_int_equal(json_integer_value(json_object_get(made, "ttl")),
	    HOUR);
	assert_int_equal(strlen(operator_text(made, "ca_md5")), 32);
	operator_is(made, "binds", "subject and SAN");
	/* Until its end, whenever it begins. */
	(void)snprintf(text, sizeof(text), "\"not_before\":%ld,\"ttl\":60",
	    (long)WORLD_NOW + 600);
	later = knock_opened(0, knock_by(), "challenge.add", text);
	assert_int_equal(json_integer_value(json_object_get(later, "ttl")),
	    660);
	json_decref(later);
	(void)snprintf(text, sizeof(text), "%s", operator_text(made,
	    "challenge"));
	rec = operator_ask_id(w, 0,
	    "{\"do\":\"challenge.show\",\"id\":\"%s\"}", text);
	operator_is(rec, "issuer", "key fleet");
	json_decref(rec);
	json_decref(made);
	memset(&r, 0, sizeof(r));
	r.txid = "t";
	r.csr = client_csr(w->key[0], "/CN=y", text, NULL);
	ask_spend(&r, "refused", "another subject");
	r.csr = client_csr(w->key[0], "/CN=x", text, NULL);
	ask_spend(&r, "granted", "challenge");
}

static void
an_approval_says_who_it_was(void **state)
{
	char	 id[SCEP_REQUEST_ID], ask[40];
	json_t	*done, *cert;

	(void)state;
	queue_one(0, id);
	(void)snprintf(ask, sizeof(ask), "\"id\":\"%s\"", id);
	free(knock_record("\"may\":[\"request:approve\"],\"user\":\"ann@x\","
	    "\"profiles\":[\"manual\"],\"name\":\"ann\""));
	done = knock_opened(0, "\"user\":\"ann@x\"", "request.approve", ask);
	cert = operator_ask_id(w, 0,
	    "{\"do\":\"cert.show\",\"serial\":\"%s\"}", operator_text(done,
	    "serial"));
	operator_is(cert, "authority", "approved by user ann");
	json_decref(cert);
	json_decref(done);
}

static void
who_is_too_fast_waits(void **state)
{
	enum scep_err	 rc;
	char		 first[SCEP_APIKEY_TEXT];
	json_t		*root;
	int		 i;

	(void)state;
	free(knock_record("\"may\":[\"request:list\"],\"rate_n\":3,"
	    "\"rate_s\":60"));
	for (i = 0; i < 3; i++)
		knock_open(0, knock_by(), "request.list", "");
	root = knock_ask(0, knock_by(), "request.list", "", &rc);
	operator_is(root, "deny", SCEP_DENY_RATE);
	assert_int_equal(json_integer_value(json_object_get(root, "wait")),
	    20);
	json_decref(root);
	knock_closed(19, knock_by(), "request.list", "", SCEP_DENY_RATE);
	knock_open(20, knock_by(), "request.list", "");
	knock_closed(20, knock_by(), "request.list", "", SCEP_DENY_RATE);
	/* Another one is not held up by it; nor does refusing cost more. */
	memcpy(first, knock_key, sizeof(first));
	free(knock_record("\"may\":[\"request:list\"]"));
	knock_open(20, knock_by(), "request.list", "");
	memcpy(knock_key, first, sizeof(first));
	knock_open(80, knock_by(), "request.list", "");
}

/* SECURITY T5: who guesses at a key takes nothing from whoever has it. */
static void
wrong_secrets_hold_nobody_up(void **state)
{
	char	 good[SCEP_APIKEY_TEXT];
	int	 i;

	(void)state;
	free(knock_record("\"may\":[\"challenge:add\"],\"rate_n\":3,"
	    "\"rate_s\":60"));
	memcpy(good, knock_key, sizeof(good));
	knock_spoil();
	for (i = 0; i < 100; i++)
		knock_closed(0, knock_by(), "challenge.add", "", SCEP_DENY_WHO);
	memcpy(knock_key, good, sizeof(good));
	for (i = 0; i < 3; i++)
		knock_open(0, knock_by(), "challenge.add", "");
	/* The control: his own calls are counted. */
	knock_closed(0, knock_by(), "challenge.add", "", SCEP_DENY_RATE);
}

static void
a_bucket_holds_what_it_says(void **state)
{
	struct scep_rates	*rates;
	struct scep_error	 err;
	char			 id[16];
	long			 wait;
	int			 i;

	(void)state;
	assert_int_equal(scep_rates_new(&rates, &err), SCEP_OK);
	for (i = 0; i < 10; i++)
		assert_true(scep_rates_take(rates, "a", 10, 1, 100, &wait));
	assert_false(scep_rates_take(rates, "a", 10, 1, 100, &wait));
	assert_int_equal(wait, 1);
	assert_false(scep_rates_take(rates, "a", 10, 1, 90, &wait));
	for (i = 0; i < 10; i++)
		assert_true(scep_rates_take(rates, "a", 10, 1, 91, &wait));
	assert_false(scep_rates_take(rates, "a", 10, 1, 91, &wait));
	assert_true(scep_rates_take(rates, "a", 10, 1, 1L << 40, &wait));
	assert_false(scep_rates_take(rates, "b", 0, 1, 100, &wait));
	/* A record made anew: what was left of the old rate is not of it. */
	assert_true(scep_rates_take(rates, "c", 10, 1, 100, &wait));
	assert_true(scep_rates_take(rates, "c", 2, 3600, 100, &wait));
	assert_true(scep_rates_take(rates, "c", 2, 3600, 100, &wait));
	assert_false(scep_rates_take(rates, "c", 2, 3600, 100, &wait));
	assert_int_equal(wait, 1800);
	/* More ids than it remembers: each is served. */
	for (i = 0; i < 2 * SCEP_RATES_MAX; i++) {
		(void)snprintf(id, sizeof(id), "%d", i);
		assert_true(scep_rates_take(rates, id, 1, 60, 200 + i,
		    &wait));
		assert_false(scep_rates_take(rates, id, 1, 60, 200 + i,
		    &wait));
	}
	scep_rates_free(rates);
}

static void
names_and_users_are_one_each(void **state)
{
	static const char	 ask[] = "{\"do\":\"apikey.add\",\"may\":"
				    "[\"challenge:add\"],\"name\":\"n\"}";
	static const char	 user[] = "{\"do\":\"apikey.add\",\"may\":"
				    "[\"challenge:add\"],\"user\":\"u\"}";
	json_t			*list;

	(void)state;
	json_decref(operator_ask(w, 0, ask));
	operator_refused(w, 0, ask, SCEP_E_REFUSED, "revoke it first");
	json_decref(operator_ask(w, 0,
	    "{\"do\":\"apikey.revoke\",\"id\":\"n\"}"));
	json_decref(operator_ask(w, 0, ask));
	json_decref(operator_ask(w, 0, user));
	operator_refused(w, 0, user, SCEP_E_REFUSED, "for user u");
	knock_open(0, "\"user\":\"u\"", "challenge.add", "");
	json_decref(operator_ask(w, 0,
	    "{\"do\":\"apikey.revoke\",\"id\":\"u\"}"));
	knock_closed(0, "\"user\":\"u\"", "challenge.add", "", SCEP_DENY_WHO);
	json_decref(operator_ask(w, 0, user));
	knock_open(0, "\"user\":\"u\"", "challenge.add", "");
	/* Three months after its end a record is gone. */
	list = operator_ask(w, 0, "{\"do\":\"apikey.list\"}");
	assert_int_equal(json_array_size(list), 3);
	json_decref(list);
	json_decref(operator_ask(w, 91 * DAY, "{\"do\":\"apikey.add\","
	    "\"may\":[\"challenge:add\"],\"name\":\"m\"}"));
	list = operator_ask(w, 0, "{\"do\":\"apikey.list\"}");
	assert_int_equal(json_array_size(list), 3);
	json_decref(list);
}

static void
put_odd_row(void)
{
	struct scep_change	 change = { .n = 0 };
	struct scep_write	*write;
	struct scep_error	 err;

	assert_int_equal(scep_change_add(&change, SCEP_T_APIKEY,
	    scep_span_text("0000000000"), 0, &write, &err), SCEP_OK);
	assert_int_equal(scep_buf_set(&write->value, scep_span_text("odd"),
	    &err), SCEP_OK);
	assert_int_equal(scep_store_commit(w->store, &change, &err), SCEP_OK);
	scep_change_clear(&change);
}

/* The name of one is the user, or the id, of another: nobody takes the wrong
 * one away. */
static void
it_is_clear_which_one_is_meant(void **state)
{
	char	*a, *b, *c, members[128];
	json_t	*shown;

	(void)state;
	a = knock_record("\"may\":[\"request:list\"],\"name\":\"ann\"");
	b = knock_record("\"may\":[\"request:list\"],\"user\":\"ann\","
	    "\"name\":\"b\"");
	operator_refused(w, 0, "{\"do\":\"apikey.revoke\",\"id\":\"ann\"}",
	    SCEP_E_REFUSED, "by its id");
	operator_refused(w, 0, "{\"do\":\"apikey.show\",\"id\":\"ann\"}",
	    SCEP_E_REFUSED, a);
	knock_open(0, "\"user\":\"ann\"", "request.list", "");
	(void)snprintf(members, sizeof(members),
	    "\"may\":[\"request:list\"],\"name\":\"%s\"", b);
	c = knock_record(members);
	knock_open(0, knock_by(), "request.list", "");
	json_decref(operator_ask_id(w, 0,
	    "{\"do\":\"apikey.revoke\",\"id\":\"%s\"}", b));
	knock_closed(0, "\"user\":\"ann\"", "request.list", "",
	    SCEP_DENY_WHO);
	knock_open(0, knock_by(), "request.list", "");
	/* One that has ended is not in the way. */
	json_decref(operator_ask(w, 0,
	    "{\"do\":\"apikey.revoke\",\"id\":\"ann\"}"));
	shown = operator_ask(w, 0, "{\"do\":\"apikey.show\",\"id\":\"ann\"}");
	operator_is(shown, "state", "revoked");
	json_decref(shown);
	/* Nor is a row that nobody can read, for who says an id. */
	put_odd_row();
	operator_refused(w, 0, "{\"do\":\"apikey.revoke\",\"id\":\"x\"}",
	    SCEP_E_NOTFOUND, "API key");
	json_decref(operator_ask_id(w, 0,
	    "{\"do\":\"apikey.revoke\",\"id\":\"%s\"}", c));
	knock_closed(0, knock_by(), "request.list", "", SCEP_DENY_WHO);
	free(a);
	free(b);
	free(c);
}

static long
counted(const char *end)
{
	struct scep_buf		 page = { NULL, 0 };
	struct scep_error	 err;
	char			 name[96];
	const char		*at;
	long			 n;

	assert_int_equal(scep_ca_inspect(w->ca, WORLD_NOW,
	    SCEP_INSPECT_METRICS, &page, &err), SCEP_OK);
	(void)snprintf(name, sizeof(name), "\nscep_knocks_total{door=\"api\","
	    "result=\"%s\"} ", end);
	assert_non_null(at = strstr((const char *)page.data, name));
	n = strtol(at + strlen(name), NULL, 10);
	scep_buf_clear(&page);
	return n;
}

static void
what_came_of_it_is_counted(void **state)
{
	static const char	*const ends[] = { "done", "unknown",
				    "forbidden", "too fast", "too many",
				    "refused", "trouble" };
	static const long	 more[] = { 3, 3, 1, 1, 1, 1, 0 };
	long			 before[7];
	size_t			 i;

	(void)state;
	for (i = 0; i < 7; i++)
		before[i] = counted(ends[i]);
	for (i = 0; i < 3; i++)
		knock_closed(0, "\"user\":\"x\"", "challenge.add", "",
		    SCEP_DENY_WHO);
	free(knock_record("\"may\":[\"challenge:add\"],\"rate_n\":4,"
	    "\"rate_s\":60"));
	knock_open(0, knock_by(), "challenge.add", "");
	knock_open(0, knock_by(), "challenge.add", "");
	knock_closed(0, knock_by(), "request.list", "", SCEP_DENY_MAY);
	knock_closed(0, knock_by(), "challenge.add", "\"subject\":\"\"", NULL);
	knock_closed(0, knock_by(), "challenge.add", "", SCEP_DENY_RATE);
	free(knock_record("\"may\":[\"challenge:add\"],\"max_live\":1"));
	knock_open(0, knock_by(), "challenge.add", "");
	knock_closed(0, knock_by(), "challenge.add", "", SCEP_DENY_LIVE);
	for (i = 0; i < 7; i++)
		assert_int_equal(counted(ends[i]), before[i] + more[i]);
}

static void
what_makes_no_record(void **state)
{
	(void)state;
	operator_refused(w, 0, "{\"do\":\"apikey.add\",\"may\":[]}",
	    SCEP_E_USAGE, "may nothing");
	operator_refused(w, 0, "{\"do\":\"apikey.add\",\"may\":[\"all\"]}",
	    SCEP_E_USAGE, "no right called");
	operator_refused(w, 0, "{\"do\":\"apikey.add\",\"may\":"
	    "[\"challenge:add\"],\"profiles\":[\"none\"]}", SCEP_E_NOTFOUND,
	    "no [profile none]");
	operator_refused(w, 0, "{\"do\":\"apikey.add\",\"may\":"
	    "[\"challenge:add\"],\"name\":\"a b\"}", SCEP_E_USAGE, "name");
	operator_refused(w, 0, "{\"do\":\"apikey.add\",\"may\":"
	    "[\"challenge:add\"],\"expires\":1}", SCEP_E_USAGE, "past");
	operator_refused(w, 0, "{\"do\":\"apikey.show\",\"id\":\"x\"}",
	    SCEP_E_NOTFOUND, "apikey list");
	free(knock_record("\"may\":[\"challenge:add\"],\"name\":\"a-b\""));
	json_decref(operator_ask(w, 0,
	    "{\"do\":\"apikey.show\",\"id\":\"a-b\"}"));
	json_decref(operator_ask_id(w, 0,
	    "{\"do\":\"apikey.show\",\"id\":\"%s\"}", knock_key));
}

int
main(void)
{
#define T(f)	cmocka_unit_test_setup(f, ask_empty)
	const struct CMUnitTest	 tests[] = {
		T(without_a_record_nobody_may_anything),
		T(a_key_is_its_secret),
		T(a_row_changed_in_the_database_is_worth_nothing),
		T(what_was_revoked_is_not_revived),
		T(a_changed_row_stays_until_somebody_has_seen_it),
		T(a_row_that_cannot_be_read_is_told_of),
		T(it_ends_when_it_is_revoked_or_expires),
		T(each_right_is_needed),
		T(requests_of_other_profiles_are_not_there),
		T(a_challenge_is_no_more_than_the_record_says),
		T(the_challenge_serves_and_says_who_made_it),
		T(an_approval_says_who_it_was),
		T(who_is_too_fast_waits),
		T(wrong_secrets_hold_nobody_up),
		T(a_bucket_holds_what_it_says),
		T(names_and_users_are_one_each),
		T(it_is_clear_which_one_is_meant),
		T(what_came_of_it_is_counted),
		T(what_makes_no_record),
	};
	int			 failed;

	w = world_new(NULL);
	door_user("REMOTE_USER");
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	world_free(w);
	return failed;
}
