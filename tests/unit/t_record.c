/*
 * t_record.c - records: what is written is read back, and nothing else is.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include <openssl/asn1.h>
#include <openssl/err.h>

#include <cmocka.h>

#include "base/text.h"
#include "store/record_apikey.h"
#include "store/record_index.h"
#include "store/record_local.h"
#include "store/record_notice.h"
#include "store/record_token_key.h"

static void
set(struct scep_buf *buf, const char *text)
{
	struct scep_error	 err;

	assert_int_equal(scep_buf_set(buf, scep_span_text(text), &err),
	    SCEP_OK);
}

static int
is_text(const struct scep_buf *buf, const char *text)
{
	return scep_span_equal(scep_buf_span(buf), scep_span_text(text));
}

static void
fill_txn(struct scep_txn *t)
{
	memset(t, 0, sizeof(*t));
	memset(t->key.prefix, 1, sizeof(t->key.prefix));
	memset(t->key.info, 2, sizeof(t->key.info));
	t->state = SCEP_TXN_GRANTED;
	(void)strcpy(t->request_id, "0123456789abcdef");
	(void)strcpy(t->profile, "default");
	set(&t->txid, "tx");
	t->created = 1;
	t->decided = 1764000000;
	t->expires = (time_t)1 << 40;
	set(&t->cert_key, "key");
	t->cipher = 2;
	(void)strcpy(t->reason, "n\xc3\xb6");
	set(&t->delivery, "sealed");
}

static void
fill_apikey(struct scep_apikey *k)
{
	memset(k, 0, sizeof(*k));
	(void)strcpy(k->id, "abcdefghjk");
	(void)strcpy(k->name, "fleet");
	(void)strcpy(k->user, "CN=fl\xc3\xa9\x65t");
	(void)strcpy(k->profiles, "a,b");
	k->may = SCEP_MAY_ADD | SCEP_MAY_REFUSE;
	k->rate_n = 10;
	k->rate_s = 60;
	k->max_uses = 3;
	k->max_ttl_s = 3600;
	k->created = 1;
	k->expires = (time_t)1 << 40;
	memset(k->secret_mac, 4, sizeof(k->secret_mac));
	memset(k->mac, 5, sizeof(k->mac));
	k->state = SCEP_APIKEY_REVOKED;
	k->revoked = 2;
	(void)strcpy(k->issuer, "uid 0");
	(void)strcpy(k->note, "so long that the record has its length in "
	    "two octets");
}

static void
fill_token_key(struct scep_token_key *k)
{
	memset(k, 0, sizeof(*k));
	(void)strcpy(k->id, "abcdefghjk");
	(void)strcpy(k->name, "mdm");
	(void)strcpy(k->profiles, "a,b");
	k->alg = SCEP_TOKEN_ED25519;
	memset(k->public_key, 6, sizeof(k->public_key));
	k->max_ttl_s = 86400;
	k->created = 1;
	memset(k->mac, 5, sizeof(k->mac));
	k->state = SCEP_TOKEN_KEY_REVOKED;
	k->revoked = 2;
	k->since = (time_t)1 << 40;
	(void)strcpy(k->issuer, "uid 0");
	(void)strcpy(k->note, "so long that the record has its length in "
	    "two octets");
}

static void
fill_notice(struct scep_notice *n)
{
	memset(n, 0, sizeof(*n));
	(void)strcpy(n->id, "00112233445566778899aabbccddeeff");
	n->kind = SCEP_NOTICE_REVOKED;
	n->minor = 1;
	(void)strcpy(n->profile, "p");
	n->created = 0x0104;
	n->due = 0x0203;
	n->tries = 3;
	n->last = (time_t)1 << 40;
	(void)strcpy(n->trouble, "n\xc3\xb6: so long that the record has its "
	    "length in two octets");
	set(&n->cert_key, "key");
	set(&n->body, "{}");
}

static void
fill_challenge(struct scep_challenge *c)
{
	size_t	 i;

	memset(c, 0, sizeof(*c));
	(void)strcpy(c->id, "abcd");
	(void)strcpy(c->profile, "default");
	c->subject_is = SCEP_SUBJECT_TEMPLATE;
	set(&c->subject, "name");
	c->binds_san = 1;
	c->has_key = 1;
	memset(c->key_sha256, 4, sizeof(c->key_sha256));
	c->created = 5;
	c->not_before = 8;
	c->reuse_s = 9;
	c->max_wrong = 10;
	c->wrong = 11;
	c->expires = 6;
	c->uses = 20;
	memset(c->mac, 3, sizeof(c->mac));
	c->state = SCEP_CHALLENGE_LIVE;
	c->used = 16;
	c->purge = 7;
	(void)strcpy(c->note, "a note");
	(void)strcpy(c->issuer, "uid 0");
	c->n_use = SCEP_USES_KEPT;
	for (i = 0; i < c->n_use; i++) {
		c->use[i].when = (time_t)i;
		c->use[i].request[0] = (uint8_t)i;
		set(&c->use[i].cert_key, "key");
		c->use[i].key[31] = (uint8_t)i;
		c->use[i].first = 12;
	}
}

static void
fill_cert(struct scep_cert_rec *r)
{
	memset(r, 0, sizeof(*r));
	set(&r->serial, "12");
	memset(r->issuer, 4, sizeof(r->issuer));
	r->state = SCEP_CERT_REVOKED;
	set(&r->der, "der");
	(void)strcpy(r->ca, "ca");
	(void)strcpy(r->profile, "p");
	(void)strcpy(r->subject, "CN=Bob,O=X");
	(void)strcpy(r->authority, "challenge abcd");
	memset(r->key_sha256, 5, sizeof(r->key_sha256));
	r->issued = 1;
	r->not_before = 2;
	r->not_after = 259;
	r->revoked = 4;
	r->reason = 10;
}

static void
fill_pending(struct scep_pending *p)
{
	memset(p, 0, sizeof(*p));
	(void)strcpy(p->request_id, "0123456789abcdef");
	(void)strcpy(p->profile, "p");
	(void)strcpy(p->peer, "::1");
	set(&p->txid, "tx");
	set(&p->subject, "name");
	set(&p->spki, "spki");
	p->created = 1;
	p->expires = 2;
	memset(p->mac, 6, sizeof(p->mac));
}

static void
fill_approvals(struct scep_pending *p)
{
	struct scep_approval	*a;

	p->ca_generation = 4;
	(void)strcpy(p->why, "the validator was in doubt");
	for (a = p->approval; a < p->approval + SCEP_APPROVALS_MAX; a++) {
		(void)strcpy(a->who, "apikey abcd");
		(void)strcpy(a->by, "key fleet");
		a->when = 5 + (a - p->approval);
		memset(a->mac, 8, sizeof(a->mac));
	}
	p->n_approvals = SCEP_APPROVALS_MAX;
}

static void
fill_trace(struct scep_trace *t)
{
	memset(t, 0, sizeof(*t));
	(void)strcpy(t->id, "0123456789abcdef");
	(void)strcpy(t->request_id, "fedcba9876543210");
	t->kind = SCEP_TRACE_DELIVERED;
	t->nr = 3;
	t->when = 0x0102030405;
	t->count = 2;
	t->last = 0x0102030407;
	(void)strcpy(t->last_id, "00112233445566aa");
	t->passing = 1;
	t->expires = 0x0203;
	(void)strcpy(t->profile, "p");
	(void)strcpy(t->serial, "0a0b");
	set(&t->txid, "tx\xff");
	set(&t->message, "type=PKCSReq");
	set(&t->result, "answer=SUCCESS");
}

/* One kind of record, without its type. */
static union any {
	struct scep_txn		 txn;
	struct scep_challenge	 challenge;
	struct scep_cert_rec	 cert;
	struct scep_pending	 pending;
	struct scep_apikey	 apikey;
	struct scep_token_key	 token_key;
	struct scep_notice	 notice;
	struct scep_trace	 trace;
} rec;

static enum scep_err
recode_txn(struct scep_span in, struct scep_buf *out, struct scep_error *err)
{
	enum scep_err	 rc;

	if ((rc = scep_txn_decode(in, &rec.txn, err)) == SCEP_OK)
		rc = scep_txn_encode(&rec.txn, out, err);
	scep_txn_clear(&rec.txn);
	return rc;
}

static enum scep_err
recode_challenge(struct scep_span in, struct scep_buf *out,
    struct scep_error *err)
{
	enum scep_err	 rc;

	if ((rc = scep_challenge_decode(in, &rec.challenge, err)) == SCEP_OK)
		rc = scep_challenge_encode(&rec.challenge, out, err);
	scep_challenge_clear(&rec.challenge);
	return rc;
}

static enum scep_err
recode_cert(struct scep_span in, struct scep_buf *out, struct scep_error *err)
{
	enum scep_err	 rc;

	if ((rc = scep_cert_rec_decode(in, &rec.cert, err)) == SCEP_OK)
		rc = scep_cert_rec_encode(&rec.cert, out, err);
	scep_cert_rec_clear(&rec.cert);
	return rc;
}

static enum scep_err
recode_pending(struct scep_span in, struct scep_buf *out,
    struct scep_error *err)
{
	enum scep_err	 rc;

	if ((rc = scep_pending_decode(in, &rec.pending, err)) == SCEP_OK)
		rc = scep_pending_encode(&rec.pending, out, err);
	scep_pending_clear(&rec.pending);
	return rc;
}

static enum scep_err
recode_trace(struct scep_span in, struct scep_buf *out,
    struct scep_error *err)
{
	enum scep_err	 rc;

	if ((rc = scep_trace_decode(in, &rec.trace, err)) == SCEP_OK)
		rc = scep_trace_encode(&rec.trace, out, err);
	scep_trace_clear(&rec.trace);
	return rc;
}

static enum scep_err
recode_apikey(struct scep_span in, struct scep_buf *out,
    struct scep_error *err)
{
	enum scep_err	 rc;

	if ((rc = scep_apikey_decode(in, &rec.apikey, err)) == SCEP_OK)
		rc = scep_apikey_encode(&rec.apikey, out, err);
	return rc;
}

static enum scep_err
recode_token_key(struct scep_span in, struct scep_buf *out,
    struct scep_error *err)
{
	enum scep_err	 rc;

	if ((rc = scep_token_key_decode(in, &rec.token_key, err)) == SCEP_OK)
		rc = scep_token_key_encode(&rec.token_key, out, err);
	return rc;
}

static enum scep_err
recode_notice(struct scep_span in, struct scep_buf *out,
    struct scep_error *err)
{
	enum scep_err	 rc;

	if ((rc = scep_notice_decode(in, &rec.notice, err)) == SCEP_OK)
		rc = scep_notice_encode(&rec.notice, out, err);
	scep_notice_clear(&rec.notice);
	return rc;
}

enum { TXN, CHALLENGE, CERT, PENDING, SHORT, USED, TRACE, APIKEY, CAPPED,
    TOKEN_KEY, NOTICE, N_KINDS };	/* SHORT: of a shorter life, USED: that
					   used a challenge; pending.  CAPPED:
					   API key with its challenges */

static enum scep_err	(*const recode[N_KINDS])(struct scep_span,
    struct scep_buf *, struct scep_error *) = {
	recode_txn, recode_challenge, recode_cert, recode_pending,
	recode_pending, recode_pending, recode_trace, recode_apikey,
	recode_apikey, recode_token_key, recode_notice
};

static void
sample(int kind, struct scep_buf *out)
{
	struct scep_error	 err;

	switch (kind) {
	case TXN:
		fill_txn(&rec.txn);
		assert_int_equal(scep_txn_encode(&rec.txn, out, &err), 0);
		scep_txn_clear(&rec.txn);
		break;
	case CHALLENGE:
		fill_challenge(&rec.challenge);
		assert_int_equal(scep_challenge_encode(&rec.challenge, out,
		    &err), 0);
		scep_challenge_clear(&rec.challenge);
		break;
	case CERT:
		fill_cert(&rec.cert);
		assert_int_equal(scep_cert_rec_encode(&rec.cert, out, &err),
		    0);
		scep_cert_rec_clear(&rec.cert);
		break;
	case APIKEY:
	case CAPPED:
		fill_apikey(&rec.apikey);
		rec.apikey.max_live = kind == CAPPED ? 1000 : 0;
		if (kind == CAPPED)
			(void)strcpy(rec.apikey.live, "23456789ab23456789ac");
		assert_int_equal(scep_apikey_encode(&rec.apikey, out, &err),
		    0);
		break;
	case TOKEN_KEY:
		fill_token_key(&rec.token_key);
		assert_int_equal(scep_token_key_encode(&rec.token_key, out,
		    &err), 0);
		break;
	case NOTICE:
		fill_notice(&rec.notice);
		assert_int_equal(scep_notice_encode(&rec.notice, out, &err),
		    0);
		scep_notice_clear(&rec.notice);
		break;
	case TRACE:
		fill_trace(&rec.trace);
		assert_int_equal(scep_trace_encode(&rec.trace, out, &err), 0);
		scep_trace_clear(&rec.trace);
		break;
	default:
		fill_pending(&rec.pending);
		fill_approvals(&rec.pending);
		rec.pending.validity_s = kind == SHORT ? 86400 : 0;
		if (kind == USED)
			(void)strcpy(rec.pending.challenge, "abcdefghjk");
		assert_int_equal(scep_pending_encode(&rec.pending, out, &err),
		    0);
		scep_pending_clear(&rec.pending);
	}
}

static void
each_record_is_read_back_to_the_same_octets(void **state)
{
	struct scep_buf		 der, again;
	struct scep_error	 err;
	int			 kind;

	(void)state;
	for (kind = 0; kind < N_KINDS; kind++) {
		memset(&der, 0, sizeof(der));
		memset(&again, 0, sizeof(again));
		sample(kind, &der);
		assert_int_equal(recode[kind](scep_buf_span(&der), &again,
		    &err), SCEP_OK);
		assert_true(scep_span_equal(scep_buf_span(&der),
		    scep_buf_span(&again)));
		scep_buf_clear(&der);
		scep_buf_clear(&again);
	}
}

static void
each_member_comes_back(void **state)
{
	struct scep_buf		 der = { NULL, 0 };
	struct scep_challenge	 c;
	struct scep_txn		 t;
	struct scep_error	 err;

	(void)state;
	sample(CHALLENGE, &der);
	assert_int_equal(scep_challenge_decode(scep_buf_span(&der), &c, &err),
	    SCEP_OK);
	assert_string_equal(c.id, "abcd");
	assert_true(is_text(&c.subject, "name"));
	assert_int_equal(c.san.len, 0);
	assert_int_equal(c.binds_san, 1);
	assert_int_equal(c.subject_is, SCEP_SUBJECT_TEMPLATE);
	assert_int_equal(c.has_key, 1);
	assert_int_equal(c.key_sha256[31], 4);
	assert_int_equal(c.not_before, 8);
	assert_int_equal(c.reuse_s, 9);
	assert_int_equal(c.max_wrong, 10);
	assert_int_equal(c.wrong, 11);
	assert_int_equal(c.use[15].key[31], 15);
	assert_int_equal(c.use[15].first, 12);
	assert_int_equal(c.uses, 20);
	assert_int_equal(c.used, 16);
	assert_int_equal(c.purge, 7);
	assert_int_equal(c.mac[31], 3);
	assert_int_equal(c.n_use, 16);
	assert_int_equal(c.use[15].request[0], 15);
	assert_true(is_text(&c.use[15].cert_key, "key"));
	scep_challenge_clear(&c);
	scep_buf_clear(&der);
	sample(TXN, &der);
	assert_int_equal(scep_txn_decode(scep_buf_span(&der), &t, &err),
	    SCEP_OK);
	assert_int_equal(t.state, SCEP_TXN_GRANTED);
	assert_true(t.expires == (time_t)1 << 40);
	assert_string_equal(t.reason, "n\xc3\xb6");
	assert_true(is_text(&t.cert_key, "key"));
	assert_true(is_text(&t.delivery, "sealed"));
	scep_txn_clear(&t);
	scep_buf_clear(&der);
}

static void
expect_refused(int kind, struct scep_span der)
{
	struct scep_buf		 out = { NULL, 0 };
	struct scep_error	 err;

	assert_int_equal(recode[kind](der, &out, &err), SCEP_E_STORE);
	assert_int_equal(err.code, SCEP_E_STORE);
	assert_int_equal(out.len, 0);
	assert_int_equal(ERR_peek_error(), 0);
}

static void
a_record_cut_short_or_too_long_is_refused(void **state)
{
	struct scep_buf		 der;
	struct scep_error	 err;
	size_t			 len;
	int			 kind;

	(void)state;
	for (kind = 0; kind < N_KINDS; kind++) {
		memset(&der, 0, sizeof(der));
		sample(kind, &der);
		for (len = 0; len < der.len; len++)
			expect_refused(kind, scep_span_make(der.data, len));
		(void)scep_buf_add(&der, scep_span_make("", 1), &err);
		expect_refused(kind, scep_buf_span(&der));
		scep_buf_clear(&der);
	}
	expect_refused(TXN, scep_span_make(NULL, 0));
}

/* What each kind is written as. */
static const uint8_t	versions[N_KINDS] = { [TXN] = 2, [CHALLENGE] = 2,
	[CERT] = 1, [PENDING] = 3, [SHORT] = 4, [USED] = 5, [TRACE] = 1,
	[APIKEY] = 1, [CAPPED] = 2, [TOKEN_KEY] = 1, [NOTICE] = 1 };

/* A cap that is none, or ids that are none. */
static void
an_api_key_counts_or_does_not(void **state)
{
	static const struct {
		long		 max_live;
		const char	*live;
		int		 good;
	} cases[] = {
		{ 1, "", 1 }, { 1000, "23456789ab", 1 }, { 1001, "", 0 },
		{ 2, "23456789a", 0 }, { 2, "23456789ab2", 0 },
	};
	struct scep_buf		 der = { NULL, 0 };
	struct scep_error	 err;
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		fill_apikey(&rec.apikey);
		rec.apikey.max_live = cases[i].max_live;
		(void)strcpy(rec.apikey.live, cases[i].live);
		assert_int_equal(scep_apikey_encode(&rec.apikey, &der, &err),
		    SCEP_OK);
		assert_int_equal(scep_apikey_decode(scep_buf_span(&der),
		    &rec.apikey, &err), cases[i].good ? SCEP_OK :
		    SCEP_E_STORE);
		scep_buf_clear(&der);
	}
}

/* What was written before transactions had a delivery secret. */
static void
a_transaction_of_version_1_is_still_read(void **state)
{
	struct scep_buf		 der = { NULL, 0 }, old = { NULL, 0 };
	struct scep_error	 err;
	struct scep_txn		 t;
	size_t			 len;

	(void)state;
	sample(TXN, &der);
	/* Without the last member, in a SEQUENCE that much shorter. */
	len = der.len - 2 - strlen("sealed");
	assert_int_equal(der.data[1], 0x81);
	assert_int_equal(scep_buf_set(&old, scep_span_make(der.data, len),
	    &err), SCEP_OK);
	old.data[2] = (uint8_t)(len - 3);
	expect_refused(TXN, scep_buf_span(&old));
	old.data[5] = 1;
	assert_int_equal(scep_txn_decode(scep_buf_span(&old), &t, &err),
	    SCEP_OK);
	assert_int_equal(t.delivery.len, 0);
	assert_string_equal(t.reason, "n\xc3\xb6");
	scep_txn_clear(&t);
	/* And what is new is not read as old. */
	der.data[5] = 1;
	expect_refused(TXN, scep_buf_span(&der));
	scep_buf_clear(&old);
	scep_buf_clear(&der);
}

/* What was written before a key could be bound: it is read, says what it said,
 * and is written again as it was. */
static void
a_challenge_of_version_1_stays_one(void **state)
{
	struct scep_buf		 der = { NULL, 0 }, again = { NULL, 0 };
	struct scep_challenge	 c;
	struct scep_error	 err;

	(void)state;
	fill_challenge(&c);
	c.version = 1;
	c.subject_is = SCEP_SUBJECT_EXACT;
	assert_int_equal(scep_challenge_encode(&c, &der, &err), SCEP_OK);
	scep_challenge_clear(&c);
	assert_int_equal(scep_record_version(scep_buf_span(&der)), 1);
	assert_int_equal(scep_challenge_decode(scep_buf_span(&der), &c, &err),
	    SCEP_OK);
	assert_int_equal(c.version, 1);
	assert_int_equal(c.subject_is, SCEP_SUBJECT_EXACT);
	assert_true(is_text(&c.subject, "name"));
	assert_int_equal(c.has_key, 0);
	assert_int_equal(c.not_before, 0);
	assert_int_equal(c.reuse_s, 0);
	assert_int_equal(c.max_wrong, 0);
	assert_int_equal(c.n_use, SCEP_USES_KEPT);
	assert_int_equal(c.use[15].request[0], 15);
	assert_int_equal(scep_challenge_encode(&c, &again, &err), SCEP_OK);
	assert_true(scep_span_equal(scep_buf_span(&der),
	    scep_buf_span(&again)));
	scep_buf_clear(&again);
	scep_buf_clear(&c.subject);
	assert_int_equal(scep_challenge_encode(&c, &again, &err), SCEP_OK);
	scep_challenge_clear(&c);
	assert_int_equal(scep_challenge_decode(scep_buf_span(&again), &c,
	    &err), SCEP_OK);
	assert_int_equal(c.subject_is, SCEP_SUBJECT_ANY);
	scep_challenge_clear(&c);
	scep_buf_clear(&der);
	scep_buf_clear(&again);
}

/* A subject that is said to be none would bind nothing. */
static void
a_subject_and_what_it_is_go_together(void **state)
{
	struct scep_buf		 der = { NULL, 0 };
	struct scep_challenge	 c;
	struct scep_error	 err;
	int			 is;

	(void)state;
	fill_challenge(&c);
	for (is = SCEP_SUBJECT_ANY; is <= SCEP_SUBJECT_SET + 1; is++) {
		c.subject_is = (enum scep_challenge_subject)is;
		scep_buf_clear(&der);
		assert_int_equal(scep_challenge_encode(&c, &der, &err),
		    SCEP_OK);
		if (is == SCEP_SUBJECT_ANY || is > SCEP_SUBJECT_SET)
			expect_refused(CHALLENGE, scep_buf_span(&der));
		else {
			struct scep_challenge	 read;

			assert_int_equal(scep_challenge_decode(
			    scep_buf_span(&der), &read, &err), SCEP_OK);
			assert_int_equal((int)read.subject_is, is);
			scep_challenge_clear(&read);
		}
	}
	scep_buf_clear(&der);
	scep_challenge_clear(&c);
}

static void
another_version_is_refused(void **state)
{
	struct scep_buf	 der;
	size_t		 i;
	int		 kind;

	(void)state;
	for (kind = 0; kind < N_KINDS; kind++) {
		memset(&der, 0, sizeof(der));
		sample(kind, &der);
		i = 2 + (der.data[1] & 0x7f);	/* long form */
		assert_int_equal(der.data[i], 2);
		assert_int_equal(der.data[i + 2], versions[kind]);
		der.data[i + 2] = (uint8_t)(versions[kind] + 1);
		expect_refused(kind, scep_buf_span(&der));
		der.data[i + 2] = 0;
		expect_refused(kind, scep_buf_span(&der));
		scep_buf_clear(&der);
	}
}

/* What is accepted has one encoding: the one we would write. */
static void
a_changed_bit_is_refused_or_another_record(void **state)
{
	struct scep_buf		 der, out;
	struct scep_error	 err;
	size_t			 i;
	int			 kind;

	(void)state;
	for (kind = 0; kind < N_KINDS; kind++) {
		memset(&der, 0, sizeof(der));
		memset(&out, 0, sizeof(out));
		sample(kind, &der);
		for (i = 0; i < 8 * der.len; i++) {
			der.data[i / 8] ^= (uint8_t)(1 << i % 8);
			if (recode[kind](scep_buf_span(&der), &out, &err) ==
			    SCEP_OK)
				assert_true(scep_span_equal(
				    scep_buf_span(&der),
				    scep_buf_span(&out)));
			else
				assert_int_equal(err.code, SCEP_E_STORE);
			scep_buf_clear(&out);
			der.data[i / 8] ^= (uint8_t)(1 << i % 8);
		}
		scep_buf_clear(&der);
	}
}

static void
a_negative_count_an_unknown_state_and_a_nul_are_refused(void **state)
{
	struct scep_challenge	 c;
	struct scep_buf		 der = { NULL, 0 };
	struct scep_error	 err;
	uint8_t			*p;

	(void)state;
	fill_challenge(&c);
	c.used = -1;
	if (scep_challenge_encode(&c, &der, &err) == SCEP_OK)
		expect_refused(CHALLENGE, scep_buf_span(&der));
	scep_buf_clear(&der);
	c.used = 1;
	c.state = SCEP_CHALLENGE_FROZEN + 1;
	if (scep_challenge_encode(&c, &der, &err) == SCEP_OK)
		expect_refused(CHALLENGE, scep_buf_span(&der));
	scep_buf_clear(&der);
	c.state = SCEP_CHALLENGE_LIVE;
	c.n_use = SCEP_USES_KEPT + 1;
	assert_int_equal(scep_challenge_encode(&c, &der, &err),
	    SCEP_E_INTERNAL);
	scep_buf_clear(&der);
	c.n_use = SCEP_USES_KEPT;
	scep_challenge_clear(&c);
	sample(CHALLENGE, &der);
	p = memmem(der.data, der.len, "a note", 6);
	assert_non_null(p);
	p[1] = '\0';
	expect_refused(CHALLENGE, scep_buf_span(&der));
	p[1] = ' ';
	assert_int_equal(scep_challenge_decode(scep_buf_span(&der), &c, &err),
	    SCEP_OK);
	scep_challenge_clear(&c);
	scep_buf_clear(&der);
	fill_trace(&rec.trace);
	rec.trace.kind = SCEP_TRACE__MAX;
	assert_int_equal(scep_trace_encode(&rec.trace, &der, &err), SCEP_OK);
	scep_trace_clear(&rec.trace);
	expect_refused(TRACE, scep_buf_span(&der));
	scep_buf_clear(&der);
}

static void
a_record_is_der_that_openssl_reads(void **state)
{
	struct scep_buf		 der;
	ASN1_SEQUENCE_ANY	*seq;
	const unsigned char	*p;
	int			 kind;

	(void)state;
	for (kind = 0; kind < N_KINDS; kind++) {
		memset(&der, 0, sizeof(der));
		sample(kind, &der);
		p = der.data;
		assert_non_null(seq = d2i_ASN1_SEQUENCE_ANY(NULL, &p,
		    (long)der.len));
		assert_ptr_equal(p, der.data + der.len);
		assert_int_equal(ASN1_INTEGER_get(
		    sk_ASN1_TYPE_value(seq, 0)->value.integer),
		    versions[kind]);
		sk_ASN1_TYPE_pop_free(seq, ASN1_TYPE_free);
		scep_buf_clear(&der);
	}
}

static void
the_body_of_a_pending_request_is_all_but_its_mac(void **state)
{
	struct scep_pending	 p;
	struct scep_buf		 a = { NULL, 0 }, b = { NULL, 0 };
	struct scep_error	 err;

	(void)state;
	fill_pending(&p);
	assert_int_equal(scep_pending_body(&p, &a, &err), SCEP_OK);
	memset(p.mac, 7, sizeof(p.mac));
	assert_int_equal(scep_pending_body(&p, &b, &err), SCEP_OK);
	assert_true(scep_span_equal(scep_buf_span(&a), scep_buf_span(&b)));
	expect_refused(PENDING, scep_buf_span(&a));
	p.expires++;
	scep_buf_clear(&b);
	assert_int_equal(scep_pending_body(&p, &b, &err), SCEP_OK);
	assert_false(scep_span_equal(scep_buf_span(&a), scep_buf_span(&b)));
	scep_buf_clear(&a);
	scep_buf_clear(&b);
	scep_pending_clear(&p);
}

static void
approvals_are_no_part_of_the_body(void **state)
{
	struct scep_pending	 p;
	struct scep_buf		 a = { NULL, 0 }, b = { NULL, 0 };
	struct scep_error	 err;

	(void)state;
	fill_pending(&p);
	fill_approvals(&p);
	assert_int_equal(scep_pending_body(&p, &a, &err), SCEP_OK);
	p.n_approvals = 0;
	assert_int_equal(scep_pending_body(&p, &b, &err), SCEP_OK);
	assert_true(scep_span_equal(scep_buf_span(&a), scep_buf_span(&b)));
	p.why[0] = 'T';
	scep_buf_clear(&b);
	assert_int_equal(scep_pending_body(&p, &b, &err), SCEP_OK);
	assert_false(scep_span_equal(scep_buf_span(&a), scep_buf_span(&b)));
	/* As is the life that was allowed. */
	p.validity_s = 60;
	scep_buf_clear(&a);
	assert_int_equal(scep_pending_body(&p, &a, &err), SCEP_OK);
	assert_false(scep_span_equal(scep_buf_span(&a), scep_buf_span(&b)));
	/* And what was used up. */
	p.challenge[0] = 'c';
	scep_buf_clear(&b);
	assert_int_equal(scep_pending_body(&p, &b, &err), SCEP_OK);
	assert_false(scep_span_equal(scep_buf_span(&a), scep_buf_span(&b)));
	p.n_approvals = SCEP_APPROVALS_MAX + 1;
	scep_buf_clear(&b);
	assert_int_equal(scep_pending_encode(&p, &b, &err),
	    SCEP_E_INTERNAL);
	scep_buf_clear(&a);
	scep_buf_clear(&b);
	scep_pending_clear(&p);
}

/* As they were written before there were approvals: the second one asks the
 * next CA. */
static const char	*old_rows[] = {
	"3081df0201010c103031323334353637383961626364656604200000000000000000"
	"00000000000000000000000000000000000000000000000004200000000000000000"
	"0000000000000000000000000000000000000000000000000c01700c033a3a310402"
	"747804046e616d65040473706b690400042000000000000000000000000000000000"
	"00000000000000000000000000000000042000000000000000000000000000000000"
	"00000000000000000000000000000000020101020102042006060606060606060606"
	"06060606060606060606060606060606060606060606",
	"3081e20201020c103031323334353637383961626364656604200000000000000000"
	"00000000000000000000000000000000000000000000000004200000000000000000"
	"0000000000000000000000000000000000000000000000000c01700c033a3a310402"
	"747804046e616d65040473706b690400042000000000000000000000000000000000"
	"00000000000000000000000000000000042000000000000000000000000000000000"
	"00000000000000000000000000000000020101020102020103042006060606060606"
	"06060606060606060606060606060606060606060606060606",
};

/* … written so again, and with the same body as before once approved. */
static void
requests_of_before_approvals_are_still_read(void **state)
{
	struct scep_pending	 p;
	struct scep_buf		 old = { NULL, 0 }, again = { NULL, 0 };
	struct scep_buf		 body = { NULL, 0 };
	struct scep_error	 err;
	uint8_t			 octets[512];
	size_t			 i, len;

	(void)state;
	for (i = 0; i < 2; i++) {
		assert_int_equal(scep_hex_read(old_rows[i], octets,
		    sizeof(octets), &len, &err), SCEP_OK);
		assert_int_equal(scep_pending_decode(scep_span_make(octets,
		    len), &p, &err), SCEP_OK);
		assert_int_equal(p.ca_generation, 3 * i);
		assert_int_equal(p.n_approvals, 0);
		assert_string_equal(p.why, "");
		assert_int_equal(p.mac[0], 6);
		assert_int_equal(scep_pending_encode(&p, &again, &err),
		    SCEP_OK);
		assert_true(scep_span_equal(scep_buf_span(&again),
		    scep_span_make(octets, len)));
		scep_buf_clear(&again);
		assert_int_equal(scep_pending_body(&p, &old, &err), SCEP_OK);
		p.n_approvals = 1;
		(void)strcpy(p.approval[0].who, "operator");
		assert_int_equal(scep_pending_body(&p, &body, &err),
		    SCEP_OK);
		assert_true(scep_span_equal(scep_buf_span(&old),
		    scep_buf_span(&body)));
		assert_int_equal(scep_pending_encode(&p, &again, &err),
		    SCEP_OK);
		scep_pending_clear(&p);
		assert_int_equal(scep_pending_decode(scep_buf_span(&again),
		    &p, &err), SCEP_OK);
		assert_int_equal(p.n_approvals, 1);
		assert_int_equal(p.ca_generation, 3 * i);
		scep_pending_clear(&p);
		scep_buf_clear(&old);
		scep_buf_clear(&body);
		scep_buf_clear(&again);
	}
}

static void
expect_index(int kind, enum scep_index index, const void *want, size_t len)
{
	struct scep_buf		 der = { NULL, 0 }, key = { NULL, 0 };
	struct scep_error	 err;
	int			 has;

	sample(kind, &der);
	assert_int_equal(scep_record_index(index, scep_buf_span(&der), &has,
	    &key, &err), SCEP_OK);
	assert_true(has);
	assert_true(scep_span_equal(scep_buf_span(&key),
	    scep_span_make(want, len)));
	assert_int_equal(scep_record_index(index, scep_span_text("rubbish"),
	    &has, &key, &err), SCEP_E_STORE);
	assert_false(has);
	scep_buf_clear(&der);
	scep_buf_clear(&key);
}

static void
each_index_has_its_key(void **state)
{
	uint8_t	 hash[32];

	(void)state;
	memset(hash, 5, sizeof(hash));
	expect_index(TXN, SCEP_IX_TRANSACTION_EXPIRES,
	    "\0\0\1\0\0\0\0\0", 8);
	expect_index(CHALLENGE, SCEP_IX_CHALLENGE_EXPIRES,
	    "\0\0\0\0\0\0\0\7", 8);
	expect_index(PENDING, SCEP_IX_PENDING_EXPIRES,
	    "\0\0\0\0\0\0\0\2", 8);
	expect_index(PENDING, SCEP_IX_PENDING_PROFILE, "p", 1);
	expect_index(PENDING, SCEP_IX_PENDING_PEER, "p\0::1", 5);
	expect_index(CERT, SCEP_IX_CERTIFICATE_SUBJECT, "cn=bob,o=x", 10);
	expect_index(CERT, SCEP_IX_CERTIFICATE_EXPIRES,
	    "\0\0\0\0\0\0\1\3", 8);
	expect_index(CERT, SCEP_IX_CERTIFICATE_KEY, hash, sizeof(hash));
	expect_index(TRACE, SCEP_IX_TRACE_EXPIRES, "\1\0\0\0\0\0\0\2\3", 9);
	expect_index(TRACE, SCEP_IX_TRACE_TRANSACTION, "tx\xff", 3);
	expect_index(TRACE, SCEP_IX_TRACE_REQUEST, "fedcba9876543210", 16);
	expect_index(CERT, SCEP_IX_CERTIFICATE_ISSUED,
	    "\0\0\0\0\0\0\0\1", 8);
	expect_index(CERT, SCEP_IX_CERTIFICATE_PROFILE,
	    "p\0\0\0\0\0\0\0\1\3", 10);
	expect_index(CERT, SCEP_IX_CERTIFICATE_REVOKED,
	    "\0\0\0\0\0\0\0\4", 8);
	expect_index(NOTICE, SCEP_IX_NOTICE_DUE,
	    "p\0\1\0\0\0\0\0\0\2\3", 11);
	expect_index(NOTICE, SCEP_IX_NOTICE_AGE, "\1\0\0\0\0\0\0\1\4", 9);
}

/* A row that is about itself is found by its key. */
static void
a_trace_has_an_index_key_only_where_it_needs_one(void **state)
{
	static const struct {
		enum scep_index	 index;
		int		 has;
	} rows[] = {
		{ SCEP_IX_TRACE_EXPIRES, 1 },
		{ SCEP_IX_TRACE_TRANSACTION, 0 },
		{ SCEP_IX_TRACE_REQUEST, 0 },
	};
	struct scep_trace	 t;
	struct scep_buf		 der = { NULL, 0 }, key = { NULL, 0 };
	struct scep_error	 err;
	size_t			 i;
	int			 has;

	(void)state;
	fill_trace(&t);
	scep_buf_clear(&t.txid);
	(void)strcpy(t.request_id, t.id);
	t.passing = 0;
	assert_int_equal(scep_trace_encode(&t, &der, &err), SCEP_OK);
	for (i = 0; i < 3; i++) {
		assert_int_equal(scep_record_index(rows[i].index,
		    scep_buf_span(&der), &has, &key, &err), SCEP_OK);
		assert_int_equal(has, rows[i].has);
		if (has)
			assert_int_equal(key.data[0], 0);
	}
	scep_buf_clear(&der);
	scep_buf_clear(&key);
	scep_trace_clear(&t);
}

/* … of one request sort as they happened. */
static void
traces_sort_by_time_and_then_by_number(void **state)
{
	static const struct {
		time_t			 when;
		enum scep_trace_kind	 kind;
		unsigned int		 nr;
	} rows[] = {
		{ 9, SCEP_TRACE_DELIVERED, 7 }, { 10, SCEP_TRACE_QUEUED, 1 },
		{ 10, SCEP_TRACE_DENIED, 3 }, { 10, SCEP_TRACE_REFUSED, 4 },
		{ 10, SCEP_TRACE_QUEUED, 0xfffff },
		{ 256, SCEP_TRACE_QUEUED, 0 },
	};
	struct scep_trace	 t;
	struct scep_buf		 key = { NULL, 0 };
	struct scep_error	 err;
	uint8_t			 before[24] = { 0 };
	size_t			 i;

	(void)state;
	fill_trace(&t);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		t.when = rows[i].when;
		t.kind = rows[i].kind;
		t.nr = rows[i].nr;
		assert_int_equal(scep_trace_key(&t, &key, &err), SCEP_OK);
		assert_int_equal(key.len, 24);
		assert_memory_equal(key.data, t.id, 16);
		assert_true(memcmp(before, key.data, 24) < 0);
		memcpy(before, key.data, 24);
	}
	scep_buf_clear(&key);
	scep_trace_clear(&t);
}

static void
a_certificate_that_is_valid_or_has_no_name_is_indexed_so(void **state)
{
	struct scep_cert_rec	 r;
	struct scep_buf		 der = { NULL, 0 }, key = { NULL, 0 };
	struct scep_error	 err;
	int			 has;

	(void)state;
	fill_cert(&r);
	r.state = SCEP_CERT_VALID;
	r.subject[0] = '\0';
	assert_int_equal(scep_cert_rec_encode(&r, &der, &err), SCEP_OK);
	assert_int_equal(scep_record_index(SCEP_IX_CERTIFICATE_REVOKED,
	    scep_buf_span(&der), &has, &key, &err), SCEP_OK);
	assert_false(has);
	assert_int_equal(scep_record_index(SCEP_IX_CERTIFICATE_SUBJECT,
	    scep_buf_span(&der), &has, &key, &err), SCEP_OK);
	assert_true(has);
	assert_true(scep_span_equal(scep_buf_span(&key),
	    scep_span_make("", 1)));
	scep_cert_rec_clear(&r);
	scep_buf_clear(&der);
	scep_buf_clear(&key);
}

static void
a_certificate_is_found_by_serial_and_issuer(void **state)
{
	struct scep_buf		 key = { NULL, 0 };
	struct scep_error	 err;
	uint8_t			 issuer[16];

	(void)state;
	memset(issuer, 9, sizeof(issuer));
	assert_int_equal(scep_cert_key(scep_span_make("\1\2", 2), issuer,
	    &key, &err), SCEP_OK);
	assert_int_equal(key.len, 19);
	assert_memory_equal(key.data, "\2\1\2\t\t", 5);
	assert_int_not_equal(scep_cert_key(scep_span_make("", 0), issuer,
	    &key, &err), SCEP_OK);
	scep_buf_clear(&key);
}

static void
a_change_takes_so_many_writes_and_no_more(void **state)
{
	struct scep_change	 change = { .n = 0 };
	struct scep_error	 err;
	int			 i;

	(void)state;
	for (i = 0; i < SCEP_CHANGE_MAX; i++)
		assert_int_equal(scep_change_check(&change, SCEP_T_NEWEST,
		    scep_span_text("k"), 0, &err), SCEP_OK);
	assert_int_equal(scep_change_check(&change, SCEP_T_NEWEST,
	    scep_span_text("k"), 0, &err), SCEP_E_INTERNAL);
	assert_int_equal(scep_change_delete(&change, SCEP_T_NEWEST,
	    scep_span_text("k"), 0, &err), SCEP_E_INTERNAL);
	scep_change_clear(&change);
	assert_int_equal(change.n, 0);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(each_record_is_read_back_to_the_same_octets),
		cmocka_unit_test(each_member_comes_back),
		cmocka_unit_test(a_record_cut_short_or_too_long_is_refused),
		cmocka_unit_test(an_api_key_counts_or_does_not),
		cmocka_unit_test(a_transaction_of_version_1_is_still_read),
		cmocka_unit_test(a_challenge_of_version_1_stays_one),
		cmocka_unit_test(a_subject_and_what_it_is_go_together),
		cmocka_unit_test(another_version_is_refused),
		cmocka_unit_test(a_changed_bit_is_refused_or_another_record),
		cmocka_unit_test(
		    a_negative_count_an_unknown_state_and_a_nul_are_refused),
		cmocka_unit_test(a_record_is_der_that_openssl_reads),
		cmocka_unit_test(
		    the_body_of_a_pending_request_is_all_but_its_mac),
		cmocka_unit_test(approvals_are_no_part_of_the_body),
		cmocka_unit_test(requests_of_before_approvals_are_still_read),
		cmocka_unit_test(each_index_has_its_key),
		cmocka_unit_test(
		    a_trace_has_an_index_key_only_where_it_needs_one),
		cmocka_unit_test(traces_sort_by_time_and_then_by_number),
		cmocka_unit_test(
		    a_certificate_that_is_valid_or_has_no_name_is_indexed_so),
		cmocka_unit_test(a_certificate_is_found_by_serial_and_issuer),
		cmocka_unit_test(a_change_takes_so_many_writes_and_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
