/*
 * t_restore.c - what a restored store learns from an issue.log that survived;
 * that no challenge of before is good any more; and an issue.log read with
 * suspicion.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/text.h"
#include "ca/log_cert.h"
#include "ca/restore.h"
#include "ca/validator.h"
#include "store/chain.h"
#include "tests/unit/asking.h"
#include "tests/unit/operator.h"

#define SHOW	"{\"do\":\"cert.show\",\"serial\":\"%s\"}"
#define EXPORT	"{\"do\":\"cert.export\",\"serial\":\"%s\"}"
#define APPROVE	"{\"do\":\"request.approve\",\"id\":\"%s\"}"
#define REFUSE	"{\"do\":\"request.refuse\",\"id\":\"%s\",\"reason\":\"no\"}"

static char	 path[64];	/* an issue.log */

static int
setup(void **state)
{
	int	 fd;

	(void)strcpy(path, "/tmp/t_restore.XXXXXX");
	fd = mkstemp(path);
	return fd == -1 || close(fd) == -1 ? -1 : ask_empty(state);
}

static int
teardown(void **state)
{
	(void)state;
	return unlink(path);
}

/* A copy of the world's store, as a backup would give. */

struct cloning {
	struct scep_store	*to;
	enum scep_table		 table;
};

static enum scep_err
clone_row(void *arg, const struct scep_row *row, struct scep_error *err)
{
	struct cloning		*c = arg;
	struct scep_change	 change = { .n = 0 };
	struct scep_write	*write = &change.write[0];
	enum scep_err		 rc;
	size_t			 i;

	if (c->table == SCEP_T_LOG) {
		for (i = 0; i < row->key.len; i++)
			change.log_seq = change.log_seq << 8 |
			    row->key.data[i];
		rc = scep_buf_set(&change.log, scep_buf_span(&row->value),
		    err);
	} else {
		memset(write, 0, sizeof(*write));
		write->table = c->table;
		write->expect = SCEP_REV_ANY;
		change.n = 1;
		if ((rc = scep_buf_set(&write->key, scep_buf_span(&row->key),
		    err)) == SCEP_OK)
			rc = scep_buf_set(&write->value,
			    scep_buf_span(&row->value), err);
	}
	assert_int_equal(rc, SCEP_OK);
	rc = scep_store_commit(c->to, &change, err);
	scep_change_clear(&change);
	return rc;
}

static struct scep_store *
clone_store(void)
{
	struct cloning		 c = { .table = SCEP_T_TRANSACTION };
	struct scep_error	 err;
	int			 t;

	assert_int_equal(scep_store_mem_open(&c.to, &err), SCEP_OK);
	for (t = 0; t < SCEP_T__MAX; t++) {
		c.table = (enum scep_table)t;
		if (c.table == SCEP_T_NEWEST)	/* follows */
			continue;
		assert_int_equal(scep_store_scan(w->store, c.table,
		    scep_span_make(NULL, 0), clone_row, &c, &err), SCEP_OK);
	}
	return c.to;
}

/* The log of a store, as a file. */

struct writing {
	FILE			*f;
	struct scep_chain	 chain;
	uint64_t		 last;
};

static enum scep_err
write_row(void *arg, const struct scep_row *row, struct scep_error *err)
{
	struct writing	*to = arg;
	struct scep_buf	 line = { NULL, 0 };
	size_t		 i;

	for (to->last = 0, i = 0; i < row->key.len; i++)
		to->last = to->last << 8 | row->key.data[i];
	assert_int_equal(scep_chain_line(&to->chain, to->last,
	    scep_buf_span(&row->value), &line, err), SCEP_OK);
	assert_int_equal(fwrite(line.data, 1, line.len, to->f), line.len);
	scep_buf_clear(&line);
	return SCEP_OK;
}

static uint64_t
write_log(struct scep_store *store)
{
	struct writing		 to = { .last = 0 };
	struct scep_error	 err;

	assert_non_null(to.f = fopen(path, "w"));
	assert_int_equal(scep_chain_open(&to.chain, NULL, &err), SCEP_OK);
	assert_int_equal(scep_store_scan(store, SCEP_T_LOG,
	    scep_span_make(NULL, 0), write_row, &to, &err), SCEP_OK);
	scep_chain_close(&to.chain);
	assert_int_equal(fclose(to.f), 0);
	return to.last;
}

static void
import(struct scep_store *store, uint64_t after, struct scep_restored *count)
{
	const struct scep_restoring	 to = { w->crypto, w->cfg, store };
	struct scep_log_file		*log;
	struct scep_error		 err;

	memset(count, 0, sizeof(*count));
	assert_int_equal(scep_log_file_open(path, &log, &err), SCEP_OK);
	if (scep_restore_import(&to, log, after, count, &err) != SCEP_OK)
		fail_msg("%s", err.text);
	scep_log_file_close(log);
}

/* A request of device k that waits; its id. */
static void
queue(int k, const char *txid, char id[SCEP_REQUEST_ID])
{
	struct world_request	 r = ask_new(k, txid, NULL);

	r.profile = "manual";
	ask_spend(&r, "pending", "");
	(void)snprintf(id, SCEP_REQUEST_ID, "%016x", w->requests);
}

static void
grant(int k, const char *txid, const char *challenge, char serial[48])
{
	struct world_request	 r = ask_new(k, txid, challenge);
	struct outcome		 o = ask_expect_keep(&r, "granted", "");

	(void)snprintf(serial, 48, "%s", o.answer.serial);
	scep_answer_clear(&o.answer);
	bytes_free(&r.csr);
}

/* The world goes on with the restored store, and must be given back. */
static void
move_to(struct scep_store *store)
{
	world_use(w, store);
}

static void
same_member(const json_t *a, const json_t *b, const char *name)
{
	assert_string_equal(operator_text(a, name), operator_text(b, name));
}

static void
a_certificate_is_known_again(void **state)
{
	static const char *const	 same[] = { "serial", "subject",
		"profile", "ca", "state", "not_before", "not_after",
		"issued", "request", "key_sha256", "sha256" };
	char			 challenge[SCEP_CHALLENGE_TEXT];
	char			 serial[48];
	struct scep_store	*restored;
	struct scep_restored	 count;
	uint64_t		 last;
	json_t			*was, *is;
	size_t			 i;

	(void)state;
	ask_mint(NULL, challenge);
	restored = clone_store();
	last = write_log(w->store);
	grant(0, "t1", challenge, serial);
	was = operator_ask_id(w, 0, SHOW, serial);
	assert_true(json_is_true(json_object_get(was, "kept")));
	assert_true(write_log(w->store) == last + 1);
	import(restored, last, &count);
	assert_int_equal(count.entries, 1);
	assert_int_equal(count.certificates, 1);
	assert_int_equal(count.poor, 0);

	move_to(restored);
	is = operator_ask_id(w, 0, SHOW, serial);
	for (i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		same_member(was, is, same[i]);
	assert_true(json_is_false(json_object_get(is, "kept")));
	operator_is(is, "sha1", "");
	assert_non_null(strstr(operator_text(is, "authority"),
	    "known from the issue log"));
	operator_refused_id(w, 0, EXPORT, serial, SCEP_E_NOTFOUND,
	    "issue log alone");
	json_decref(was);
	json_decref(is);
	move_to(w->store);
	scep_store_close(restored);
}

static void
the_log_goes_on_where_it_was(void **state)
{
	char			 challenge[SCEP_CHALLENGE_TEXT];
	char			 serial[48];
	struct scep_store	*restored;
	struct scep_restored	 count;
	struct scep_error	 err;
	struct scep_log_file	*log;
	struct scep_log_line	 line;
	uint64_t		 last, end;

	(void)state;
	ask_mint(NULL, challenge);
	restored = clone_store();
	last = write_log(w->store);
	grant(0, "t1", challenge, serial);
	json_decref(operator_ask(w, 0,
	    "{\"do\":\"challenge.add\",\"profile\":\"main\"}"));
	end = write_log(w->store);
	import(restored, last, &count);
	assert_int_equal(scep_restore_check(restored, end, &err), SCEP_OK);
	assert_int_equal(scep_restore_check(restored, end - 1, &err),
	    SCEP_E_STORE);
	assert_int_equal(scep_restore_check(restored, end + 1, &err),
	    SCEP_E_STORE);
	assert_int_equal(scep_restore_note(restored, WORLD_NOW, 7, WORLD_NOW,
	    &count, &err), SCEP_OK);
	/* The same lines, the same chain, and one more. */
	assert_int_equal(scep_log_file_open(path, &log, &err), SCEP_OK);
	assert_true(write_log(restored) == end + 1);
	do
		assert_int_equal(scep_log_file_next(log, &line, &err),
		    SCEP_OK);
	while (line.seq <= end);
	assert_non_null(strstr((const char *)line.text.data,
	    "event=restored"));
	scep_log_file_close(log);
	scep_store_close(restored);
}

static void
what_was_decided_no_longer_waits(void **state)
{
	char			 yes[SCEP_REQUEST_ID], no[SCEP_REQUEST_ID];
	char			 open[SCEP_REQUEST_ID];
	struct world_request	 r = { .profile = "manual" };
	struct scep_answer	 answer;
	struct scep_store	*restored;
	struct scep_restored	 count;
	struct scep_error	 err;
	uint64_t		 last;
	json_t			*list, *done;

	(void)state;
	queue(0, "t0", yes);
	queue(1, "t1", no);
	queue(2, "t2", open);
	restored = clone_store();
	last = write_log(w->store);
	done = operator_ask_id(w, 0, APPROVE, yes);
	json_decref(operator_ask_id(w, 0, REFUSE, no));
	(void)write_log(w->store);
	import(restored, last, &count);
	assert_int_equal(count.requests, 2);
	assert_int_equal(count.certificates, 1);

	move_to(restored);
	list = operator_ask(w, 0, "{\"do\":\"request.list\"}");
	assert_int_equal(json_array_size(list), 1);
	operator_is(json_array_get(list, 0), "id", open);
	json_decref(list);
	operator_refused_id(w, 0, APPROVE, yes, SCEP_E_NOTFOUND, "waits");
	json_decref(operator_ask_id(w, 0, SHOW, operator_text(done,
	    "serial")));
	json_decref(done);
	/* What cannot be delivered is refused, and the device begins anew. */
	r.txid = "t0";
	assert_int_equal(world_poll(w, &r, &answer, &err), SCEP_OK);
	assert_int_equal(answer.outcome, SCEP_REFUSED);
	scep_answer_clear(&answer);
	r.signer = 1;
	r.txid = "t1";
	assert_int_equal(world_poll(w, &r, &answer, &err), SCEP_OK);
	assert_int_equal(answer.outcome, SCEP_REFUSED);
	assert_non_null(strstr(answer.reason, "operator"));
	scep_answer_clear(&answer);
	r.signer = 2;
	r.txid = "t2";
	assert_int_equal(world_poll(w, &r, &answer, &err), SCEP_OK);
	assert_int_equal(answer.outcome, SCEP_PENDING);
	scep_answer_clear(&answer);
	move_to(w->store);
	scep_store_close(restored);
}

static void
no_challenge_of_before_is_good(void **state)
{
	char			 used[SCEP_CHALLENGE_TEXT];
	char			 live[20][SCEP_CHALLENGE_TEXT];
	char			 twice[SCEP_CHALLENGE_TEXT], serial[48];
	char			 again[SCEP_CHALLENGE_TEXT];
	char			 frozen[SCEP_CHALLENGE_TEXT];
	const struct scep_restoring	 to = { w->crypto, w->cfg,
						w->store };
	struct world_request	 r;
	struct scep_restored	 count = { .entries = 0 };
	struct scep_error	 err;
	int			 i;

	(void)state;
	ask_mint(NULL, used);
	grant(0, "t1", used, serial);
	for (i = 0; i < 20; i++)
		ask_mint(NULL, live[i]);
	world_challenge(w, &(struct world_challenge){ .uses = 2 }, twice);
	grant(1, "t2", twice, serial);
	/* Nor may its key come again, nor may it be thawed. */
	world_challenge(w, &(struct world_challenge){ .reuse_s = 30 * 86400L },
	    again);
	grant(3, "t6", again, serial);
	world_challenge(w, &(struct world_challenge){ .subject = "CN=dev-2",
	    .max_wrong = 1 }, frozen);
	r = ask_new(0, "t7", frozen);
	ask_spend(&r, "refused", "and is frozen");
	world_must(scep_ca_tend_soon(w->ca, &err) == SCEP_OK);
	assert_int_equal(scep_restore_void(&to, WORLD_NOW, 7, &count, &err),
	    SCEP_OK);
	assert_int_equal(count.challenges, 23);
	r = ask_new(3, "t8", again);
	r.later = 2 * 86400L;
	ask_spend(&r, "refused", "revoked");
	r = ask_new(2, "t8", frozen);
	ask_spend(&r, "refused", "revoked");
	for (i = 0; i < 20; i++) {
		r = ask_new(2, "t3", live[i]);
		ask_spend(&r, "refused", "revoked");
	}
	r = ask_new(2, "t4", twice);
	ask_spend(&r, "refused", "revoked");
	/* A device that asks again gets what it has, by the used one. */
	r = ask_new(0, "t9", used);
	ask_spend(&r, "granted", "");
	assert_true(world_holds(w, "event=challenges-voided"));
	assert_true(world_holds(w, "by=\"uid 7\""));
	/* The control, and once is enough. */
	ask_mint(NULL, live[0]);
	grant(3, "t5", live[0], serial);
	count.challenges = 0;
	assert_int_equal(scep_restore_void(&to, WORLD_NOW, 7, &count, &err),
	    SCEP_OK);
	assert_int_equal(count.challenges, 0);
}

static void
an_entry_that_says_too_little_makes_no_record(void **state)
{
	static const char *const	 lines[] = {
		"event=issued id=1 serial=01",
		"event=issued time=x serial=01 ca=c issuer=00",
		"event=queued serial=01",
		"", "nonsense", "event=", "event=\"issued",
	};
	static const enum scep_err	 want[] = {
		SCEP_E_FORMAT, SCEP_E_FORMAT, SCEP_E_NOTFOUND,
		SCEP_E_NOTFOUND, SCEP_E_NOTFOUND, SCEP_E_NOTFOUND,
		SCEP_E_NOTFOUND,
	};
	struct scep_cert_rec	 rec;
	struct scep_error	 err;
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_int_equal(scep_log_cert_read(scep_span_text(lines[i]),
		    &rec, &err), want[i]);
}

static void
hostile_names_come_back_as_they_were(void **state)
{
	struct scep_cert_rec	 rec, back;
	struct scep_line	 line = { .len = 0 };
	struct scep_error	 err;
	const uint8_t		 serial[2] = { 0x7f, 1 };

	(void)state;
	memset(&rec, 0, sizeof(rec));
	(void)strcpy(rec.subject, "CN=\" serial=ff event=x\\, O=\xc3\xbc");
	(void)strcpy(rec.ca, "main");
	(void)strcpy(rec.authority, "challenge a b=\"c\"");
	rec.not_after = WORLD_NOW;
	assert_int_equal(scep_buf_set(&rec.serial, scep_span_make(serial, 2),
	    &err), SCEP_OK);
	scep_line_text(&line, "time", "2026-11-24T12:00:00Z");
	scep_line_text(&line, "event", "issued");
	scep_line_text(&line, "id", "1");
	scep_line_text(&line, "profile", "p");
	scep_line_text(&line, "subject", rec.subject);
	scep_log_cert(&line, &rec, 1);
	assert_int_equal(scep_log_cert_read(scep_span_text(line.text), &back,
	    &err), SCEP_OK);
	assert_string_equal(back.subject, rec.subject);
	assert_string_equal(back.authority, rec.authority);
	assert_true(scep_span_equal(scep_buf_span(&back.serial),
	    scep_buf_span(&rec.serial)));
	assert_true(back.not_after == WORLD_NOW);
	assert_int_equal(back.state, SCEP_CERT_VALID);
	scep_cert_rec_clear(&rec);
	scep_cert_rec_clear(&back);
}

/* Lines of a log, and what is done to them. */

static char	*text;
static size_t	 text_len;

static void
make_lines(void)
{
	FILE	*f;
	int	 i;

	for (i = 0; i < 5; i++)
		json_decref(operator_ask(w, i,
		    "{\"do\":\"challenge.add\",\"profile\":\"main\"}"));
	(void)write_log(w->store);
	assert_non_null(f = fopen(path, "r"));
	assert_non_null(text = calloc(1, 65536));
	text_len = fread(text, 1, 65535, f);
	assert_int_equal(fclose(f), 0);
}

static void
put_lines(const char *bytes, size_t len)
{
	FILE	*f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

/* How reading it ends, and after how many lines. */
static enum scep_err
read_lines(uint64_t *n, size_t *rest, struct scep_error *err)
{
	struct scep_log_file	*log;
	struct scep_log_line	 line;
	enum scep_err		 rc;

	assert_int_equal(scep_log_file_open(path, &log, err), SCEP_OK);
	for (*n = 0; (rc = scep_log_file_next(log, &line, err)) == SCEP_OK;)
		*n = line.number;
	*rest = scep_log_file_rest(log);
	scep_log_file_close(log);
	return rc;
}

/* Any octet at all. */
static void
a_changed_octet_is_found_in_its_line(void **state)
{
	struct scep_error	 err;
	uint64_t		 n, line = 1;
	size_t			 i, rest;
	char			 was, want[32];

	(void)state;
	make_lines();
	assert_int_equal(read_lines(&n, &rest, &err), SCEP_E_NOTFOUND);
	assert_int_equal(n, 5);
	assert_int_equal(rest, 0);
	for (i = 0; i < text_len; i++) {
		was = text[i];
		text[i] = (char)(was ^ 1);
		put_lines(text, text_len);
		if (read_lines(&n, &rest, &err) == SCEP_E_REFUSED) {
			(void)snprintf(want, sizeof(want), "line %u ",
			    (unsigned int)line);
			assert_non_null(strstr(err.text, want));
			assert_int_equal(n, line - 1);
		} else	/* the last newline: the line has no end */
			assert_true(i == text_len - 1 && rest > 0);
		text[i] = was;
		line += was == '\n';
	}
	free(text);
}

static void
lines_that_were_moved_are_found(void **state)
{
	struct scep_error	 err;
	char			*second, *third, *fourth, *out;
	uint64_t		 n;
	size_t			 rest;

	(void)state;
	make_lines();
	second = strchr(text, '\n') + 1;
	third = strchr(second, '\n') + 1;
	fourth = strchr(third, '\n') + 1;
	/* Taken out. */
	assert_non_null(out = calloc(1, text_len + 1));
	(void)snprintf(out, text_len + 1, "%.*s%s", (int)(second - text),
	    text, third);
	put_lines(out, strlen(out));
	assert_int_equal(read_lines(&n, &rest, &err), SCEP_E_REFUSED);
	assert_int_equal(n, 1);
	/* The first, too. */
	put_lines(second, strlen(second));
	assert_int_equal(read_lines(&n, &rest, &err), SCEP_E_REFUSED);
	assert_int_equal(n, 0);
	/* Swapped. */
	(void)snprintf(out, text_len + 1, "%.*s%.*s%.*s%s",
	    (int)(second - text), text, (int)(fourth - third), third,
	    (int)(third - second), second, fourth);
	put_lines(out, strlen(out));
	assert_int_equal(read_lines(&n, &rest, &err), SCEP_E_REFUSED);
	assert_int_equal(n, 1);
	/* Twice. */
	(void)snprintf(out, text_len + 1, "%.*s%.*s", (int)(second - text),
	    text, (int)(second - text), text);
	put_lines(out, strlen(out));
	assert_int_equal(read_lines(&n, &rest, &err), SCEP_E_REFUSED);
	assert_non_null(strstr(err.text, "out of order"));
	/* Cut off. */
	put_lines(text, text_len - 7);
	assert_int_equal(read_lines(&n, &rest, &err), SCEP_E_NOTFOUND);
	assert_int_equal(n, 4);
	assert_true(rest > 7);
	free(out);
	free(text);
}

static void
a_file_without_any_line_end_is_no_log(void **state)
{
	struct scep_error	 err;
	char			*out = malloc(200000);
	uint64_t		 n;
	size_t			 rest;

	(void)state;
	assert_non_null(out);
	memset(out, 'x', 200000);
	put_lines(out, 200000);
	assert_int_equal(read_lines(&n, &rest, &err), SCEP_E_REFUSED);
	assert_non_null(strstr(err.text, "no end"));
	free(out);
}

#define T(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

static void
an_api_key_that_was_revoked_stays_so(void **state)
{
	static const char	 add[] = "{\"do\":\"apikey.add\",\"name\":"
				    "\"%s\",\"may\":[\"request:list\"]}";
	struct scep_store	*restored;
	struct scep_restored	 count;
	uint64_t		 last;
	json_t			*is;

	(void)state;
	json_decref(operator_ask_id(w, 0, add, "gone"));
	json_decref(operator_ask_id(w, 0, add, "stays"));
	restored = clone_store();
	last = write_log(w->store);
	json_decref(operator_ask(w, 0,
	    "{\"do\":\"apikey.revoke\",\"id\":\"gone\"}"));
	(void)write_log(w->store);
	import(restored, last, &count);
	move_to(restored);
	is = operator_ask(w, 0, "{\"do\":\"apikey.show\",\"id\":\"gone\"}");
	operator_is(is, "state", "revoked");
	json_decref(is);
	is = operator_ask(w, 0,
	    "{\"do\":\"apikey.show\",\"id\":\"stays\"}");
	operator_is(is, "state", "live");
	json_decref(is);
	move_to(w->store);
	scep_store_close(restored);
}

/* As a profile with validator_confirm leaves it until it is let go. */
static void
make_unconfirmed(const char *hex)
{
	struct scep_change	 change = { .n = 0 };
	struct scep_buf		 key = { NULL, 0 };
	struct scep_cert_rec	 rec;
	struct scep_error	 err;
	uint8_t			 serial[40];
	size_t			 len;

	world_must(scep_hex_read(hex, serial, sizeof(serial), &len, &err) ==
	    SCEP_OK && scep_cert_key(scep_span_make(serial, len),
	    w->cfg->ca[0].issuer.id, &key, &err) == SCEP_OK);
	world_must(scep_cert_rec_get(w->store, scep_buf_span(&key), &rec,
	    &err) == SCEP_OK);
	rec.state = SCEP_CERT_UNCONFIRMED;
	world_must(scep_cert_rec_write(&change, &rec, &err) == SCEP_OK &&
	    scep_store_commit(w->store, &change, &err) == SCEP_OK);
	scep_change_clear(&change);
	scep_cert_rec_clear(&rec);
	scep_buf_clear(&key);
}

/* Of the backup, or issued after it, or never let go; but for one that nobody
 * revoked. */
static void
what_was_revoked_stays_so(void **state)
{
	static const char	 revoke[] = "{\"do\":\"cert.revoke\","
				    "\"serial\":\"%s\",\"reason\":"
				    "\"superseded\"}";
	static const char *const same[] = { "state", "revoked", "reason" };
	char			 challenge[3][SCEP_CHALLENGE_TEXT];
	char			 serial[3][48];
	struct scep_store	*restored;
	struct scep_restored	 count;
	uint64_t		 last;
	json_t			*was[3], *is;
	size_t			 i, k;

	(void)state;
	for (i = 0; i < 3; i++)
		ask_mint(NULL, challenge[i]);
	grant(0, "t0", challenge[0], serial[0]);
	grant(2, "t2", challenge[2], serial[2]);
	make_unconfirmed(serial[0]);
	restored = clone_store();
	last = write_log(w->store);
	grant(1, "t1", challenge[1], serial[1]);
	json_decref(operator_ask_id(w, 5, revoke, serial[0]));
	json_decref(operator_ask_id(w, 6, revoke, serial[1]));
	(void)write_log(w->store);
	import(restored, last, &count);
	assert_int_equal(count.revoked, 2);
	assert_int_equal(count.poor, 0);
	for (i = 0; i < 3; i++)
		was[i] = operator_ask_id(w, 0, SHOW, serial[i]);
	operator_is(was[1], "state", "revoked");
	operator_is(was[2], "state", "valid");
	move_to(restored);
	for (i = 0; i < 3; i++) {
		is = operator_ask_id(w, 0, SHOW, serial[i]);
		for (k = 0; k < sizeof(same) / sizeof(same[0]); k++)
			same_member(was[i], is, same[k]);
		json_decref(is);
		json_decref(was[i]);
	}
	move_to(w->store);
	scep_store_close(restored);
}

static void
let_go(const char *hex)
{
	const struct scep_validator_ask	 ask = {
		.profile = scep_config_profile(w->cfg, "main"),
	};
	struct scep_buf			 key = { NULL, 0 };
	struct scep_error		 err;
	uint8_t				 serial[40];
	size_t				 len;

	world_must(scep_hex_read(hex, serial, sizeof(serial), &len, &err) ==
	    SCEP_OK && scep_cert_key(scep_span_make(serial, len),
	    w->cfg->ca[0].issuer.id, &key, &err) == SCEP_OK);
	assert_int_equal(scep_confirm((struct scep_local *)w->ca, WORLD_NOW,
	    &ask, scep_buf_span(&key), &err), SCEP_OK);
	scep_buf_clear(&key);
}

static void
state_is(const char *subject, const char *state)
{
	json_t	*list = operator_ask_id(w, 0, "{\"do\":\"cert.list\","
		    "\"subject\":\"%s\"}", subject), *rows;

	rows = json_object_get(list, "rows");
	assert_int_equal(json_array_size(rows), 1);
	operator_is(json_array_get(rows, 0), "state", state);
	json_decref(list);
}

/* Of the backup, let go after it and not; and issued after it, and not let
 * go. */
static void
what_was_let_go_is_valid_and_nothing_else(void **state)
{
	char			 challenge[3][SCEP_CHALLENGE_TEXT];
	char			 serial[2][48];
	struct scep_profile	*profile;
	struct world_request	 r;
	struct scep_store	*restored;
	struct scep_restored	 count;
	uint64_t		 last;
	size_t			 i;

	(void)state;
	for (i = 0; i < 3; i++)
		ask_mint(NULL, challenge[i]);
	grant(0, "t0", challenge[0], serial[0]);
	grant(1, "t1", challenge[1], serial[1]);
	make_unconfirmed(serial[0]);
	make_unconfirmed(serial[1]);
	restored = clone_store();
	last = write_log(w->store);
	let_go(serial[0]);
	profile = (struct scep_profile *)(uintptr_t)scep_config_profile(
	    w->cfg, "main");
	profile->validator.confirm = 1;
	r = ask_new(2, "t2", challenge[2]);
	ask_spend(&r, "try again", "does not confirm");
	profile->validator.confirm = 0;
	(void)write_log(w->store);
	import(restored, last, &count);
	assert_int_equal(count.poor, 0);
	move_to(restored);
	state_is("CN=dev-0", "valid");
	state_is("CN=dev-1", "unconfirmed");
	state_is("CN=dev-2", "unconfirmed");
	move_to(w->store);
	scep_store_close(restored);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		T(a_certificate_is_known_again),
		T(the_log_goes_on_where_it_was),
		T(what_was_decided_no_longer_waits),
		T(no_challenge_of_before_is_good),
		T(an_api_key_that_was_revoked_stays_so),
		T(what_was_revoked_stays_so),
		T(what_was_let_go_is_valid_and_nothing_else),
		T(an_entry_that_says_too_little_makes_no_record),
		T(hostile_names_come_back_as_they_were),
		T(a_changed_octet_is_found_in_its_line),
		T(lines_that_were_moved_are_found),
		T(a_file_without_any_line_end_is_no_log),
	};
	int			 failed;

	w = world_new(NULL);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	world_free(w);
	return failed;
}
