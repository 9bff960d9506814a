/*
 * t_admin_request.c - requests that wait, decided by JSON; and certificates
 * found again.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/text.h"
#include "tests/unit/conform.h"
#include "tests/unit/operator.h"

#define DAY	86400L
#define APPROVE	"{\"do\":\"request.approve\",\"id\":\"%s\"}"
#define REFUSE	"{\"do\":\"request.refuse\",\"id\":\"%s\",\"reason\":\"no\"}"
#define SHOW	"{\"do\":\"request.show\",\"id\":\"%s\"}"
#define LIST	"{\"do\":\"request.list\"}"
#define CERT	"{\"do\":\"cert.show\",\"serial\":\"%s\"}"
#define EXPORT	"{\"do\":\"cert.export\",\"serial\":\"%s\"}"

static struct world	*w;

/* A store whose commits fail as they are told. */
static struct faulty {
	struct scep_store	 store;
	struct scep_store	*real;
	int			 left;		/* that many fail … */
	enum scep_err		 with;		/* … with this */
} faulty;

static enum scep_err
faulty_get(struct scep_store *s, enum scep_table table, struct scep_span key,
    struct scep_row *out, struct scep_error *err)
{
	(void)s;
	return scep_store_get(faulty.real, table, key, out, err);
}

static enum scep_err
faulty_scan(struct scep_store *s, enum scep_table table,
    struct scep_span from, scep_row_fn fn, void *arg, struct scep_error *err)
{
	(void)s;
	return scep_store_scan(faulty.real, table, from, fn, arg, err);
}

static enum scep_err
faulty_scan_index(struct scep_store *s, enum scep_index index,
    struct scep_span from, struct scep_span to, scep_row_fn fn, void *arg,
    struct scep_error *err)
{
	(void)s;
	return scep_store_scan_index(faulty.real, index, from, to, fn, arg,
	    err);
}

static enum scep_err
faulty_commit(struct scep_store *s, const struct scep_change *change,
    struct scep_error *err)
{
	(void)s;
	if (faulty.left-- > 0)
		return scep_fail(err, faulty.with, "told to fail");
	return scep_store_commit(faulty.real, change, err);
}

static enum scep_err
faulty_tend(struct scep_store *s, struct scep_error *err)
{
	(void)s;
	(void)err;
	return SCEP_OK;
}

static void
faulty_close(struct scep_store *s)
{
	(void)s;
}

static const struct scep_store_ops	faulty_ops = {
	.get = faulty_get,
	.scan = faulty_scan,
	.scan_index = faulty_scan_index,
	.commit = faulty_commit,
	.tend = faulty_tend,
	.close = faulty_close,
};

static int
open_world(void **state)
{
	(void)state;
	w = world_new(NULL);
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
	return 0;
}

static void
fail_commits(int n, enum scep_err with)
{
	faulty.store.ops = &faulty_ops;
	faulty.real = w->store;
	faulty.left = n;
	faulty.with = with;
	world_use(w, &faulty.store);
}

/* Device k asks the profile "manual" for /CN=dev-<k>. */
static enum scep_outcome
request(int k, const char *txid, time_t later)
{
	static const char	*dns[] = { "a.example", NULL };
	char			 subject[32];
	struct scep_answer	 answer;
	struct scep_error	 err;
	struct world_request	 r = { .profile = "manual", .txid = txid,
				    .signer = k, .later = later };
	enum scep_outcome	 outcome;

	(void)snprintf(subject, sizeof(subject), "/CN=dev-%d", k);
	r.csr = client_csr(w->key[k], subject, NULL, dns);
	memset(&answer, 0, sizeof(answer));
	assert_int_equal(world_enrol(w, &r, &answer, &err), SCEP_OK);
	outcome = answer.outcome;
	scep_answer_clear(&answer);
	bytes_free(&r.csr);
	return outcome;
}

static enum scep_outcome
poll(int k, const char *txid, struct scep_answer *answer)
{
	const struct world_request	 r = { .profile = "manual",
					    .txid = txid, .signer = k };
	struct scep_error		 err;

	memset(answer, 0, sizeof(*answer));
	assert_int_equal(world_poll(w, &r, answer, &err), SCEP_OK);
	return answer->outcome;
}

static enum scep_outcome
poll_only(int k, const char *txid)
{
	struct scep_answer	 answer;
	enum scep_outcome	 outcome = poll(k, txid, &answer);

	scep_answer_clear(&answer);
	return outcome;
}

/* One request that waits; its id. */
static void
queue(int k, const char *txid, char id[SCEP_REQUEST_ID])
{
	assert_int_equal(request(k, txid, 0), SCEP_PENDING);
	(void)snprintf(id, SCEP_REQUEST_ID, "%016x", w->requests);
}

static void
a_request_that_waits_is_shown(void **state)
{
	char		 id[SCEP_REQUEST_ID], hex[65];
	unsigned char	 sha[32];
	json_t		*list, *one;

	(void)state;
	queue(0, "t1", id);
	list = operator_ask(w, 0, LIST);
	assert_int_equal(json_array_size(list), 1);
	operator_is(json_array_get(list, 0), "id", id);
	json_decref(list);
	one = operator_ask_id(w, 0, SHOW, id);
	operator_is(one, "id", id);
	operator_is(one, "profile", "manual");
	operator_is(one, "state", "pending");
	operator_is(one, "subject", "CN=dev-0");
	operator_is(one, "san", "DNS:a.example");
	operator_is(one, "transaction", "t1");
	operator_is(one, "peer", "192.0.2.1");
	operator_is(one, "created", "2026-11-24T12:00:00Z");
	operator_is(one, "expires", "2026-12-01T12:00:00Z");
	assert_int_equal(X509_digest(w->self[0], EVP_sha256(), sha, NULL), 1);
	scep_hex_text(scep_span_make(sha, 32), hex, sizeof(hex));
	operator_is(one, "signer_sha256", hex);
	assert_int_equal(strlen(operator_text(one, "key_sha256")), 64);
	json_decref(one);
	one = operator_ask_id(w, 8 * DAY, SHOW, id);
	operator_is(one, "state", "expired");
	json_decref(one);
}

static void
a_transaction_id_that_is_no_text_is_shown_in_hex(void **state)
{
	char	 id[SCEP_REQUEST_ID];
	json_t	*one;

	(void)state;
	queue(0, "\xff\x01", id);
	one = operator_ask_id(w, 0, SHOW, id);
	operator_is(one, "transaction", "ff01");
	json_decref(one);
}

static void
an_approved_request_is_delivered_to_the_poll(void **state)
{
	char			 id[SCEP_REQUEST_ID];
	struct scep_answer	 answer;
	json_t			*done;

	(void)state;
	queue(0, "t1", id);
	assert_int_equal(poll_only(0, "t1"), SCEP_PENDING);
	done = operator_ask_id(w, 0, APPROVE, id);
	operator_is(done, "id", id);
	operator_is(done, "subject", "CN=dev-0");
	assert_int_equal(poll(0, "t1", &answer), SCEP_GRANTED);
	operator_is(done, "serial", answer.serial);
	assert_string_equal(answer.authority, "approved by uid 1000");
	scep_answer_clear(&answer);
	/* Nobody else's poll, and the same request again the same answer. */
	assert_int_equal(poll_only(1, "t1"), SCEP_REFUSED);
	assert_int_equal(request(0, "t1", 0), SCEP_GRANTED);
	assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 1);
	assert_int_equal(world_count(w, SCEP_T_PENDING), 0);
	assert_int_equal(world_holds(w, "event=approved"), 1);
	assert_int_equal(world_holds(w, "by=\"uid 1000\""), 1);
	assert_non_null(strstr(operator_summary, operator_text(done,
	    "serial")));
	json_decref(done);
}

static void
an_approval_can_not_be_repeated(void **state)
{
	char	 id[SCEP_REQUEST_ID];

	(void)state;
	queue(0, "t1", id);
	json_decref(operator_ask_id(w, 0, APPROVE, id));
	operator_refused_id(w, 0, APPROVE, id, SCEP_E_NOTFOUND,
	    "`scepadm cert list`");
	operator_refused_id(w, 0, REFUSE, id, SCEP_E_NOTFOUND,
	    "`scepadm request list`");
	operator_refused_id(w, 0, SHOW, id, SCEP_E_NOTFOUND, "no request");
	assert_int_equal(poll_only(0, "t1"), SCEP_GRANTED);
	assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 1);
}

static void
a_refused_request_is_refused_to_the_poll(void **state)
{
	char	 id[SCEP_REQUEST_ID], other[SCEP_REQUEST_ID];
	json_t	*done;

	(void)state;
	queue(0, "t1", id);
	queue(1, "t2", other);
	done = operator_ask_id(w, 0, REFUSE, id);
	operator_is(done, "id", id);
	json_decref(done);
	assert_int_equal(poll_only(0, "t1"), SCEP_REFUSED);
	assert_int_equal(request(0, "t1", 0), SCEP_REFUSED);
	assert_int_equal(poll_only(1, "t2"), SCEP_PENDING);
	assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 0);
	assert_int_equal(world_count(w, SCEP_T_PENDING), 1);
	assert_int_equal(world_holds(w, "event=refused"), 1);
	assert_int_equal(world_holds(w, "reason=no"), 1);
	operator_refused_id(w, 0, APPROVE, id, SCEP_E_NOTFOUND, "no request");
	json_decref(operator_ask_id(w, 0, "{\"do\":\"request.refuse\","
	    "\"id\":\"%s\"}", other));
}

static void
an_id_may_be_in_upper_case(void **state)
{
	char	 id[SCEP_REQUEST_ID], upper[SCEP_REQUEST_ID];
	size_t	 i;

	(void)state;
	while (w->requests % 16 < 10)	/* until there is a letter in it */
		w->requests++;
	w->requests--;
	queue(0, "t1", id);
	for (i = 0; i < sizeof(id); i++)
		upper[i] = id[i] >= 'a' ? (char)(id[i] - 'a' + 'A') : id[i];
	assert_string_not_equal(id, upper);
	json_decref(operator_ask_id(w, 0, SHOW, upper));
	operator_refused_id(w, 0, SHOW, "ffffffffffffffff", SCEP_E_NOTFOUND,
	    "ffffffffffffffff");
}

static void
an_expired_request_is_not_approved(void **state)
{
	char	 id[SCEP_REQUEST_ID];

	(void)state;
	queue(0, "t1", id);
	operator_refused_id(w, 7 * DAY, APPROVE, id, SCEP_E_REFUSED,
	    "has expired");
	json_decref(operator_ask_id(w, 7 * DAY - 1, APPROVE, id));
}

static void
a_request_changed_in_the_database_is_not_approved(void **state)
{
	char			 id[SCEP_REQUEST_ID];
	struct scep_change	 change = { .n = 0 };
	struct scep_pending	 p;
	struct scep_error	 err;

	(void)state;
	queue(0, "t1", id);
	assert_int_equal(scep_pending_get(w->store, id, &p, &err), SCEP_OK);
	p.subject.data[p.subject.len - 1] ^= 1;		/* CN=dev-1 */
	assert_int_equal(scep_pending_write(&change, &p, &err), SCEP_OK);
	assert_int_equal(scep_store_commit(w->store, &change, &err),
	    SCEP_OK);
	scep_change_clear(&change);
	scep_pending_clear(&p);
	operator_refused_id(w, 0, APPROVE, id, SCEP_E_REFUSED,
	    "scepadm request refuse");
	assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 0);
	json_decref(operator_ask_id(w, 0, REFUSE, id));
}

static void
a_rival_is_outwaited_but_not_for_ever(void **state)
{
	char	 id[SCEP_REQUEST_ID];

	(void)state;
	queue(0, "t1", id);
	fail_commits(99, SCEP_E_CHANGED);
	operator_refused_id(w, 0, APPROVE, id, SCEP_E_CHANGED, "told");
	assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 0);
	fail_commits(2, SCEP_E_CHANGED);
	json_decref(operator_ask_id(w, 0, APPROVE, id));
	assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 1);
	world_use(w, w->store);
}

static void
nothing_is_approved_when_the_store_fails(void **state)
{
	char	 id[SCEP_REQUEST_ID];

	(void)state;
	queue(0, "t1", id);
	fail_commits(99, SCEP_E_STORE);
	operator_refused_id(w, 0, APPROVE, id, SCEP_E_STORE, "told to fail");
	operator_refused_id(w, 0, REFUSE, id, SCEP_E_STORE, "told to fail");
	operator_refused(w, 0, "{\"do\":\"challenge.add\"}", SCEP_E_STORE,
	    "told to fail");
	world_use(w, w->store);
	assert_int_equal(poll_only(0, "t1"), SCEP_PENDING);
	assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 0);
	assert_int_equal(world_count(w, SCEP_T_CHALLENGE), 0);
	json_decref(operator_ask_id(w, 0, APPROVE, id));
	assert_int_equal(poll_only(0, "t1"), SCEP_GRANTED);
}

static void
challenges_are_made_all_or_none(void **state)
{
	(void)state;
	fail_commits(1, SCEP_E_STORE);
	operator_refused(w, 0, "{\"do\":\"challenge.add\",\"count\":30}",
	    SCEP_E_STORE, "told to fail");
	world_use(w, w->store);
	assert_int_equal(world_count(w, SCEP_T_CHALLENGE), 0);
}

/* An id that is taken: others are drawn, and told once. */
static void
challenges_outwait_a_rival(void **state)
{
	json_t	*result;

	(void)state;
	fail_commits(2, SCEP_E_CHANGED);
	result = operator_ask(w, 0,
	    "{\"do\":\"challenge.add\",\"count\":30}");
	assert_int_equal(json_array_size(result), 30);
	json_decref(result);
	world_use(w, w->store);
	assert_int_equal(world_count(w, SCEP_T_CHALLENGE), 30);
	fail_commits(99, SCEP_E_CHANGED);
	operator_refused(w, 0, "{\"do\":\"challenge.add\"}",
	    SCEP_E_CHANGED, "told to fail");
	world_use(w, w->store);
	assert_int_equal(world_count(w, SCEP_T_CHALLENGE), 30);
}

/* The ids on a page; *after is the place of the next one, or NULL. */
static size_t
page(const char *more, char **after, char ids[][SCEP_REQUEST_ID])
{
	char	 ask[256];
	json_t	*o, *rows, *one;
	size_t	 i, n;

	(void)snprintf(ask, sizeof(ask), "{\"do\":\"request.list\"%s%s%s%s}",
	    more, *after != NULL ? ",\"after\":\"" : "", *after != NULL ?
	    *after : "", *after != NULL ? "\"" : "");
	free(*after);
	*after = NULL;
	o = operator_ask(w, 100, ask);
	rows = json_object_get(o, "rows");
	n = json_array_size(rows);
	json_array_foreach(rows, i, one)
		(void)snprintf(ids[i], SCEP_REQUEST_ID, "%s",
		    operator_text(one, "id"));
	if (json_object_get(o, "next") != NULL)
		*after = strdup(operator_text(o, "next"));
	json_decref(o);
	return n;
}

static void
requests_are_listed_page_by_page(void **state)
{
	char	 id[4][SCEP_REQUEST_ID], got[4][SCEP_REQUEST_ID];
	char	*after = NULL;
	int	 k;

	(void)state;
	for (k = 0; k < 4; k++) {
		assert_int_equal(request(k, "t", k * 10), SCEP_PENDING);
		(void)snprintf(id[k], sizeof(id[k]), "%016x", w->requests);
	}
	assert_int_equal(page(",\"limit\":3", &after, got), 3);
	assert_memory_equal(got, id, 3 * sizeof(id[0]));
	assert_non_null(after);
	/* What is decided meanwhile moves nothing. */
	json_decref(operator_ask_id(w, 0, REFUSE, id[1]));
	json_decref(operator_ask_id(w, 0, REFUSE, id[2]));
	assert_int_equal(page(",\"limit\":3", &after, got), 1);
	assert_string_equal(got[0], id[3]);
	assert_null(after);
	operator_refused(w, 0, "{\"do\":\"request.list\",\"after\":\"x\"}",
	    SCEP_E_USAGE, "after is not");
}

static void
requests_are_listed_by_what_they_are(void **state)
{
	static const struct {
		const char	*filter;
		size_t		 n;
	} filters[] = {
		{ "", 3 },
		{ ",\"state\":\"pending\"", 3 },
		{ ",\"state\":\"expired\"", 0 },
		{ ",\"profile\":\"manual\"", 3 },
		{ ",\"profile\":\"manua\"", 0 },
		{ ",\"peer\":\"192.0.2.1\"", 3 },
		{ ",\"peer\":\"192.0.2.10\"", 0 },
		{ ",\"subject\":\"CN=DEV-[01]\"", 2 },
		{ ",\"subject\":\"dev-*\"", 0 },
		{ ",\"san\":\"A.*\"", 3 },
		{ ",\"san\":\"dns:a.example\"", 3 },
		{ ",\"san\":\"IP:*\"", 0 },
		{ ",\"older\":90", 2 },	/* asked at 100: 0, 10, 20 */
		{ ",\"older\":89", 2 },
		{ ",\"older\":101", 0 },
		{ ",\"newer\":90", 1 },
		{ ",\"newer\":91", 2 },
		{ ",\"newer\":80,\"older\":80", 0 },
		{ ",\"newer\":81,\"older\":80", 1 },
	};
	char		 got[4][SCEP_REQUEST_ID], more[128];
	char		*after = NULL;
	size_t		 i;
	int		 k;

	(void)state;
	for (k = 0; k < 3; k++)
		assert_int_equal(request(k, "t", k * 10), SCEP_PENDING);
	for (i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
		(void)snprintf(more, sizeof(more), ",\"limit\":4%s",
		    filters[i].filter);
		assert_int_equal(page(more, &after, got), filters[i].n);
		assert_null(after);
	}
}

static void
a_dry_refusal_does_nothing(void **state)
{
	char	 id[SCEP_REQUEST_ID];

	(void)state;
	queue(0, "t1", id);
	json_decref(operator_ask_id(w, 0, "{\"do\":\"request.refuse\","
	    "\"id\":\"%s\",\"dry\":1}", id));
	assert_int_equal(poll_only(0, "t1"), SCEP_PENDING);
	json_decref(operator_ask_id(w, 0, REFUSE, id));
	assert_int_equal(poll_only(0, "t1"), SCEP_REFUSED);
}

/* A certificate by approval; its serial. */
static void
certify(int k, char serial[48], struct bytes *der)
{
	char			 id[SCEP_REQUEST_ID];
	struct scep_answer	 answer;

	queue(k, "t", id);
	json_decref(operator_ask_id(w, 0, APPROVE, id));
	assert_int_equal(poll(k, "t", &answer), SCEP_GRANTED);
	(void)snprintf(serial, 48, "%s", answer.serial);
	der->len = answer.cert.len;
	der->data = OPENSSL_memdup(answer.cert.data, answer.cert.len);
	scep_answer_clear(&answer);
}

static void
fingerprint_is(const json_t *cert, const char *member, const EVP_MD *md,
    const struct bytes *der)
{
	unsigned char	 digest[EVP_MAX_MD_SIZE];
	char		 want[200] = "";
	unsigned int	 i, len;

	assert_int_equal(EVP_Digest(der->data, der->len, digest, &len, md,
	    NULL), 1);
	for (i = 0; i < len; i++)
		(void)snprintf(want + 3 * i, sizeof(want) - 3 * i, "%02X:",
		    digest[i]);
	want[3 * len - 1] = '\0';
	operator_is(cert, member, want);
}

static void
a_certificate_is_shown_by_its_serial(void **state)
{
	char		 serial[48];
	struct bytes	 der;
	json_t		*one;

	(void)state;
	certify(0, serial, &der);
	one = operator_ask_id(w, 0, CERT, serial);
	operator_is(one, "serial", serial);
	operator_is(one, "subject", "CN=dev-0");
	operator_is(one, "issuer", "CN=Test CA");
	operator_is(one, "san", "DNS:a.example");
	operator_is(one, "profile", "manual");
	operator_is(one, "ca", "test");
	operator_is(one, "state", "valid");
	operator_is(one, "not_before", "2026-11-24T11:50:00Z");
	operator_is(one, "not_after", "2027-11-24T12:00:00Z");
	operator_is(one, "issued", "2026-11-24T12:00:00Z");
	operator_is(one, "authority", "approved by uid 1000");
	assert_int_equal(strlen(operator_text(one, "request")), 16);
	fingerprint_is(one, "sha256", EVP_sha256(), &der);
	fingerprint_is(one, "sha1", EVP_sha1(), &der);
	json_decref(one);
	one = operator_ask_id(w, 366 * DAY, CERT, serial);
	operator_is(one, "state", "expired");
	json_decref(one);
	bytes_free(&der);
}

static void
a_serial_may_be_written_in_any_way(void **state)
{
	char		 serial[48], text[120] = "00";
	struct bytes	 der;
	json_t		*one;
	size_t		 i, n = 2;

	(void)state;
	certify(0, serial, &der);
	bytes_free(&der);
	for (i = 0; serial[i] != '\0'; i++) {
		if (i % 2 == 0)
			text[n++] = ':';
		text[n++] = serial[i] >= 'a' ?
		    (char)(serial[i] - 'a' + 'A') : serial[i];
	}
	text[n] = '\0';
	one = operator_ask_id(w, 0, CERT, text);
	operator_is(one, "serial", serial);
	json_decref(one);
	serial[31] = '\0';		/* a prefix is no serial */
	operator_refused_id(w, 0, CERT, serial, SCEP_E_USAGE,
	    "not hexadecimal");
	serial[30] = '\0';
	operator_refused_id(w, 0, CERT, serial, SCEP_E_NOTFOUND,
	    "`scepadm cert list`");
	operator_refused_id(w, 0, CERT, "0000", SCEP_E_USAGE, "zeros");
	operator_refused_id(w, 0, CERT, "ff", SCEP_E_NOTFOUND, "ff");
	operator_refused_id(w, 0, EXPORT, "ff", SCEP_E_NOTFOUND, "ff");
}

static void
all_certificates_are_listed(void **state)
{
	char		 serial[2][48];
	struct bytes	 der;
	json_t		*list, *rows;
	int		 i;

	(void)state;
	for (i = 0; i < 2; i++) {
		certify(i, serial[i], &der);
		bytes_free(&der);
	}
	list = operator_ask(w, 0, "{\"do\":\"cert.list\"}");
	rows = json_object_get(list, "rows");
	assert_int_equal(json_array_size(rows), 2);
	assert_null(json_object_get(list, "next"));
	assert_string_not_equal(operator_text(json_array_get(rows, 0),
	    "serial"), operator_text(json_array_get(rows, 1), "serial"));
	operator_is(json_array_get(rows, 0), "issuer", "CN=Test CA");
	json_decref(list);
}

static void
hex_is(const char *hex, const unsigned char *der, size_t len)
{
	uint8_t			 octets[8192];
	struct scep_error	 err;
	size_t			 got;

	assert_int_equal(scep_hex_read(hex, octets, sizeof(octets), &got,
	    &err), SCEP_OK);
	assert_int_equal(got, len);
	assert_memory_equal(octets, der, len);
}

static void
a_certificate_is_given_out_with_its_chain(void **state)
{
	char			 serial[48];
	const struct scep_buf	*ca = &w->cfg->ca[0].cert.der;
	struct bytes		 der;
	json_t			*one, *chain;

	(void)state;
	certify(0, serial, &der);
	one = operator_ask_id(w, 0, EXPORT, serial);
	hex_is(operator_text(one, "der"), der.data, der.len);
	chain = json_object_get(one, "chain");
	assert_int_equal(json_array_size(chain), 1);
	hex_is(json_string_value(json_array_get(chain, 0)), ca->data,
	    ca->len);
	json_decref(one);
	bytes_free(&der);
}

static void
a_serial_of_two_cas_is_not_guessed_at(void **state)
{
	char			 serial[48];
	uint8_t			 octets[16], issuer[16];
	struct scep_change	 change = { .n = 0 };
	struct scep_buf		 key = { NULL, 0 };
	struct scep_cert_rec	 rec;
	struct scep_error	 err;
	struct bytes		 der;
	size_t			 len;

	(void)state;
	certify(0, serial, &der);
	bytes_free(&der);
	assert_int_equal(scep_hex_read(serial, octets, sizeof(octets), &len,
	    &err), SCEP_OK);
	assert_int_equal(scep_crypto_sha256(w->crypto,
	    w->cfg->ca[0].cert.subject, rec.der_sha256, &err), SCEP_OK);
	memcpy(issuer, rec.der_sha256, sizeof(issuer));
	assert_int_equal(scep_cert_key(scep_span_make(octets, len), issuer,
	    &key, &err), SCEP_OK);
	assert_int_equal(scep_cert_rec_get(w->store, scep_buf_span(&key),
	    &rec, &err), SCEP_OK);
	rec.issuer[0] ^= 1;
	rec.rev = 0;
	assert_int_equal(scep_cert_rec_write(&change, &rec, &err), SCEP_OK);
	assert_int_equal(scep_store_commit(w->store, &change, &err),
	    SCEP_OK);
	scep_change_clear(&change);
	scep_cert_rec_clear(&rec);
	scep_buf_clear(&key);
	operator_refused_id(w, 0, CERT, serial, SCEP_E_REFUSED,
	    "more than one CA");
}

#define T(name)	cmocka_unit_test_setup(name, empty_world)
#define SHOWS(t, n)	conforms_setup(t, empty_world, n)

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		SHOWS(a_request_that_waits_is_shown, "C-237"),
		T(a_transaction_id_that_is_no_text_is_shown_in_hex),
		T(an_approved_request_is_delivered_to_the_poll),
		T(an_approval_can_not_be_repeated),
		T(a_refused_request_is_refused_to_the_poll),
		T(an_id_may_be_in_upper_case),
		T(an_expired_request_is_not_approved),
		T(a_request_changed_in_the_database_is_not_approved),
		T(requests_are_listed_page_by_page),
		T(requests_are_listed_by_what_they_are),
		T(a_dry_refusal_does_nothing),
		T(a_rival_is_outwaited_but_not_for_ever),
		T(nothing_is_approved_when_the_store_fails),
		T(challenges_are_made_all_or_none),
		T(challenges_outwait_a_rival),
		T(a_certificate_is_shown_by_its_serial),
		T(a_serial_may_be_written_in_any_way),
		T(all_certificates_are_listed),
		T(a_certificate_is_given_out_with_its_chain),
		T(a_serial_of_two_cas_is_not_guessed_at),
	};

	return cmocka_run_group_tests(tests, open_world, close_world);
}
