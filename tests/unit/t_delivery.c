/*
 * t_delivery.c - devices whose keys nothing can be encrypted to: their
 * challengePassword as the secret that answers are delivered under, kept
 * sealed, and gone when it is of no more use.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/err.h>

#include "base/error.h"
#include "ca/delivery.h"
#include "tests/unit/asking.h"
#include "tests/unit/conform.h"
#include "tests/unit/operator.h"

#define DAY	86400L
#define SECRET	"0123456789abcdef"	/* 16 octets, the least there may be */
#define APPROVE	"{\"do\":\"request.approve\",\"id\":\"%s\"}"
#define REFUSE	"{\"do\":\"request.refuse\",\"id\":\"%s\",\"reason\":\"no\"}"

static const char	profiles[] =
	"\n[profile ec]\n"
	"authorise = challenge\n"
	"key_types = rsa ec ed25519\n"
	"[profile ecman]\n"
	"authorise = manual\n"
	"key_types = rsa ec ed25519\n"
	"max_pending = 1\n"
	"[profile ecboth]\n"
	"authorise = challenge manual\n"
	"key_types = ec\n";

static struct world_device	dev, stranger;

/* A request by the device that is not RSA's; the caller frees csr. */
static struct world_request
by_ec(const char *profile, const char *txid, const char *challenge)
{
	struct world_request	 r = { .profile = profile, .txid = txid,
				    .device = &dev };

	r.csr = client_csr(dev.key, "/CN=dev-ec", challenge, NULL);
	return r;
}

static void
is_under(const struct scep_answer *a, const char *secret)
{
	assert_int_equal(a->outcome, SCEP_GRANTED);
	assert_true(a->cert.len > 0);
	assert_int_equal(a->delivery.len, strlen(secret));
	assert_memory_equal(a->delivery.data, secret, strlen(secret));
}

static struct outcome
poll_it(const struct world_request *r)
{
	struct outcome	 o;

	memset(&o, 0, sizeof(o));
	o.rc = world_poll(w, r, &o.answer, &o.err);
	assert_int_equal(ERR_peek_error(), 0);
	assert_int_equal(o.rc, SCEP_OK);
	if (o.answer.outcome != SCEP_GRANTED)
		assert_int_equal(o.answer.delivery.len, 0);
	return o;
}

static void
polled_refused(const struct world_request *r, enum scep_err code,
    const char *why)
{
	struct outcome	 o = poll_it(r);

	assert_int_equal(o.answer.outcome, SCEP_REFUSED);
	assert_int_equal(o.answer.code, code);
	if (strstr(o.answer.reason, why) == NULL)
		fail_msg("wanted %s, got %s", why, o.answer.reason);
	scep_answer_clear(&o.answer);
}

static void
polled_pending(const struct world_request *r)
{
	struct outcome	 o = poll_it(r);

	if (o.answer.outcome != SCEP_PENDING)
		fail_msg("not pending: %s", o.answer.reason);
	scep_answer_clear(&o.answer);
}

static void
polled_granted(const struct world_request *r, const char *secret)
{
	struct outcome	 o = poll_it(r);

	if (o.answer.outcome != SCEP_GRANTED)
		fail_msg("not granted: %s", o.answer.reason);
	is_under(&o.answer, secret);
	scep_answer_clear(&o.answer);
}

/* The only request that waits. */
static enum scep_err
note_id(void *arg, const struct scep_row *row, struct scep_error *err)
{
	struct scep_pending	 p;

	world_must(scep_pending_decode(scep_buf_span(&row->value), &p, err) ==
	    SCEP_OK);
	(void)strcpy(arg, p.request_id);
	scep_pending_clear(&p);
	return SCEP_OK;
}

static const char *
waiting_id(void)
{
	static char		 id[SCEP_REQUEST_ID];
	struct scep_error	 err;

	assert_int_equal(world_count(w, SCEP_T_PENDING), 1);
	world_must(scep_store_scan(w->store, SCEP_T_PENDING,
	    scep_span_make(NULL, 0), note_id, id, &err) == SCEP_OK);
	return id;
}

/* How many octets of sealed secret the transactions have in all. */
static enum scep_err
add_sealed(void *arg, const struct scep_row *row, struct scep_error *err)
{
	struct scep_txn	 t;

	world_must(scep_txn_decode(scep_buf_span(&row->value), &t, err) ==
	    SCEP_OK);
	*(size_t *)arg += t.delivery.len;
	scep_txn_clear(&t);
	return SCEP_OK;
}

static size_t
sealed(void)
{
	struct scep_error	 err;
	size_t			 n = 0;

	world_must(scep_store_scan(w->store, SCEP_T_TRANSACTION,
	    scep_span_make(NULL, 0), add_sealed, &n, &err) == SCEP_OK);
	return n;
}

static void
a_challenge_authorises_and_delivers(void **state)
{
	char			 ch[SCEP_CHALLENGE_TEXT];
	struct world_request	 r;
	struct outcome		 o;

	(void)state;
	ask_mint("ec", ch);
	r = by_ec("ec", "t1", ch);
	o = ask_expect_keep(&r, "granted", "challenge");
	is_under(&o.answer, ch);
	scep_answer_clear(&o.answer);
	assert_false(world_holds(w, ch));
	assert_false(world_holds(w, ch + 11));
	/* The answer is lost: the same request again, or a poll. */
	o = ask_expect_keep(&r, "granted", "granted before");
	is_under(&o.answer, ch);
	scep_answer_clear(&o.answer);
	polled_granted(&r, ch);
	/* An RSA device of the same profile is answered as ever. */
	ask_mint("ec", ch);
	bytes_free(&r.csr);
	r = ask_new(0, "t2", ch);
	r.profile = "ec";
	o = ask_expect_keep(&r, "granted", "challenge");
	assert_int_equal(o.answer.delivery.len, 0);
	scep_answer_clear(&o.answer);
	o = poll_it(&r);
	assert_int_equal(o.answer.outcome, SCEP_GRANTED);
	assert_int_equal(o.answer.delivery.len, 0);
	scep_answer_clear(&o.answer);
	bytes_free(&r.csr);
}

/* C-207: a client that starts anew under another transactionID. */
static void
a_challenge_shown_again_delivers_again(void **state)
{
	char			 ch[SCEP_CHALLENGE_TEXT];
	struct world_request	 r;
	struct outcome		 o;

	(void)state;
	ask_mint("ec", ch);
	r = by_ec("ec", "t1", ch);
	ask_spend(&r, "granted", "challenge");
	r = by_ec("ec", "t2", ch);
	o = ask_expect_keep(&r, "granted", "used by this key");
	is_under(&o.answer, ch);
	assert_int_equal(ask_used(ch), 1);
	scep_answer_clear(&o.answer);
	bytes_free(&r.csr);
}

/* Any of its length where nobody else authorises by it; the static one is
 * short. */
static void
what_authorises_may_be_short(void **state)
{
	struct world_request	 r = by_ec("static", "t1", WORLD_STATIC);
	struct outcome		 o;

	(void)state;
	assert_true(strlen(WORLD_STATIC) < SCEP_DELIVERY_MIN);
	o = ask_expect_keep(&r, "granted", "static challenge");
	is_under(&o.answer, WORLD_STATIC);
	scep_answer_clear(&o.answer);
	polled_granted(&r, WORLD_STATIC);
	assert_false(world_holds(w, WORLD_STATIC));
	bytes_free(&r.csr);
}

/* T-58: whatever type of string it came in, its octets in UTF-8. */
static void
the_secret_is_in_utf8(void **state)
{
	static const struct {
		int		 type;
		const char	*data;
		int		 len;
	} rows[] = {
		{ V_ASN1_UTF8STRING, "gr\xc3\xbc\xc3\x9f 0123456789", 17 },
		{ V_ASN1_BMPSTRING, "\0g\0r\0\xfc\0\xdf\0 \0000\0001\0002"
		    "\0003\0004\0005\0006\0007\0008\0009", 30 },
		{ V_ASN1_T61STRING, "gr\xfc\xdf 0123456789", 15 },
	};
	struct world_request	 r = by_ec("ecman", "t1", SECRET);
	X509_REQ		*req;
	size_t			 i;

	(void)state;
	bytes_free(&r.csr);
	for (i = 0; i < 3; i++) {
		world_empty(w);
		world_must((req = X509_REQ_new()) != NULL &&
		    X509_NAME_add_entry_by_txt(X509_REQ_get_subject_name(req),
		    "CN", MBSTRING_UTF8, (const unsigned char *)"x", -1, -1,
		    0) == 1 && X509_REQ_set_pubkey(req, dev.key) == 1 &&
		    X509_REQ_add1_attr_by_NID(req,
		    NID_pkcs9_challengePassword, rows[i].type,
		    (const unsigned char *)rows[i].data, rows[i].len) == 1 &&
		    X509_REQ_sign(req, dev.key, EVP_sha256()) > 0);
		r.csr.len = (size_t)i2d_X509_REQ(req, &r.csr.data);
		X509_REQ_free(req);
		ask_spend(&r, "pending", "queued");
		json_decref(operator_ask_id(w, 5, APPROVE, waiting_id()));
		polled_granted(&r, rows[0].data);
	}
}

static void
without_a_secret_nothing_is_issued_or_queued(void **state)
{
	static const char *const	 words[] = { NULL, "x",
	    "0123456789abcde" };
	static const char *const	 where[] = { "ec", "ecman", "ecboth",
	    "static" };
	struct world_request		 r;
	size_t				 i, j;

	(void)state;
	for (i = 0; i < 3; i++)
		for (j = 0; j < 4; j++) {
			r = by_ec(where[j], "t1", words[i]);
			ask_spend(&r, "refused", "no challengePassword to "
			    "encrypt the answer with (of 16 octets");
		}
	assert_int_equal(world_count(w, SCEP_T_PENDING), 0);
	assert_int_equal(world_count(w, SCEP_T_TRANSACTION), 0);
	assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 0);
	assert_int_equal(world_count(w, SCEP_T_LOG), 0);
	r = by_ec("ecman", "t1", SECRET);
	ask_spend(&r, "pending", "queued");
}

static void
a_secret_is_no_authority(void **state)
{
	char			 ch[SCEP_CHALLENGE_TEXT];
	struct world_request	 r = by_ec("ec", "t1", SECRET);

	(void)state;
	ask_spend(&r, "refused", "challenge unknown");
	r = by_ec("ecboth", "t1", SECRET);
	ask_spend(&r, "refused", "challenge unknown");
	assert_int_equal(world_count(w, SCEP_T_TRANSACTION), 0);
	/* Even one that is a challenge, where only operators decide. */
	ask_mint("ecman", ch);
	r = by_ec("ecman", "t1", ch);
	ask_expect(&r, "pending", "queued");
	assert_int_equal(ask_used(ch), 0);
	assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 0);
	bytes_free(&r.csr);
	/* The queue has its end for them, too. */
	r = by_ec("ecman", "t2", SECRET);
	ask_spend(&r, "try again", "queue is full");
	/* And an RSA device has no use for one there. */
	r = ask_new(0, "t3", SECRET);
	r.profile = "ecman";
	ask_spend(&r, "refused", "takes no challenges");
}

static void
what_waits_is_delivered_after_approval(void **state)
{
	struct world_request	 r = by_ec("ecman", "t1", SECRET);
	struct world_request	 other = r;

	(void)state;
	ask_expect(&r, "pending", "queued");
	assert_false(world_holds(w, SECRET));
	assert_int_equal(sealed(), 12 + 16 + strlen(SECRET));
	polled_pending(&r);
	ask_expect(&r, "pending", "still waits");
	json_decref(operator_ask_id(w, 5, APPROVE, waiting_id()));
	polled_granted(&r, SECRET);
	polled_granted(&r, SECRET);
	assert_false(world_holds(w, SECRET));
	other.device = &stranger;
	polled_refused(&other, SCEP_E_CERTID, "no such transaction");
	bytes_free(&r.csr);
}

static void
the_secret_goes_with_a_refusal(void **state)
{
	struct world_request	 r = by_ec("ecman", "t1", SECRET);

	(void)state;
	ask_spend(&r, "pending", "queued");
	assert_true(sealed() > 0);
	json_decref(operator_ask_id(w, 5, REFUSE, waiting_id()));
	assert_int_equal(world_count(w, SCEP_T_TRANSACTION), 1);
	assert_int_equal(sealed(), 0);
	polled_refused(&r, SCEP_E_REFUSED, "by an operator");
}

static void
the_secret_goes_when_nobody_decides(void **state)
{
	struct world_request	 r = by_ec("ecman", "t1", SECRET);
	struct scep_error	 err;

	(void)state;
	ask_spend(&r, "pending", "queued");
	assert_int_equal(scep_ca_tend(w->ca, WORLD_NOW + 7 * DAY - 1, &err),
	    SCEP_OK);
	assert_true(sealed() > 0);
	r.later = 7 * DAY;
	polled_refused(&r, SCEP_E_REFUSED, "in time");
	assert_int_equal(scep_ca_tend(w->ca, WORLD_NOW + r.later, &err),
	    SCEP_OK);
	assert_int_equal(world_count(w, SCEP_T_TRANSACTION), 1);
	assert_int_equal(sealed(), 0);
	polled_refused(&r, SCEP_E_REFUSED, "in time");
}

/* C-147: what cannot be delivered is told so, and not that it is there. */
static void
another_challenge_key_opens_nothing(void **state)
{
	struct world_request	 r = by_ec("ecman", "t1", SECRET);

	(void)state;
	ask_spend(&r, "pending", "queued");
	polled_pending(&r);
	w->cfg->challenge_key.data[0] ^= 1;
	polled_refused(&r, SCEP_E_ALG, "another challenge.key");
	w->cfg->challenge_key.data[0] ^= 1;
	polled_pending(&r);
}

/* A transaction of a device that had an RSA key has no secret. */
static void
a_transaction_without_a_secret_is_badAlg(void **state)
{
	struct world_request	 r = by_ec("ecman", "t1", SECRET);
	struct scep_change	 change = { .n = 0 };
	struct scep_pending	 p;
	struct scep_txn		 t;
	struct scep_error	 err;

	(void)state;
	ask_spend(&r, "pending", "queued");
	world_must(scep_pending_get(w->store, waiting_id(), &p, &err) ==
	    SCEP_OK);
	world_must(scep_txn_get(w->store, &p.txn, &t, &err) == SCEP_OK);
	scep_pending_clear(&p);
	scep_buf_clear(&t.delivery);
	world_must(scep_txn_write(&change, &t, &err) == SCEP_OK);
	world_must(scep_store_commit(w->store, &change, &err) == SCEP_OK);
	scep_change_clear(&change);
	scep_txn_clear(&t);
	polled_refused(&r, SCEP_E_ALG, "no delivery secret is kept");
}

static void
a_secret_is_sealed_for_one_transaction(void **state)
{
	struct scep_txn_key	 key = { { 1 }, { 2 } }, other = key;
	struct scep_buf		 box = { NULL, 0 }, again = { NULL, 0 };
	struct scep_buf		 out = { NULL, 0 };
	struct scep_error	 err;
	size_t			 i;

	(void)state;
	assert_int_equal(scep_delivery_seal(w->crypto, w->cfg, &key,
	    scep_span_text(SECRET), &box, &err), SCEP_OK);
	assert_int_equal(scep_delivery_seal(w->crypto, w->cfg, &key,
	    scep_span_text(SECRET), &again, &err), SCEP_OK);
	assert_int_equal(box.len, again.len);
	assert_memory_not_equal(box.data, again.data, box.len);
	assert_int_equal(scep_delivery_open(w->crypto, w->cfg, &key,
	    scep_buf_span(&box), &out, &err), SCEP_OK);
	assert_true(scep_span_equal(scep_buf_span(&out),
	    scep_span_text(SECRET)));
	other.info[31] = 1;
	assert_int_equal(scep_delivery_open(w->crypto, w->cfg, &other,
	    scep_buf_span(&box), &out, &err), SCEP_E_ALG);
	assert_int_equal(out.len, 0);
	for (i = 0; i < 8 * box.len; i++) {
		box.data[i / 8] ^= (uint8_t)(1 << i % 8);
		assert_int_equal(scep_delivery_open(w->crypto, w->cfg, &key,
		    scep_buf_span(&box), &out, &err), SCEP_E_ALG);
		box.data[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	for (i = 0; i < box.len; i++)
		assert_int_equal(scep_delivery_open(w->crypto, w->cfg, &key,
		    scep_span_make(box.data, i), &out, &err), SCEP_E_ALG);
	assert_int_equal(ERR_peek_error(), 0);
	scep_buf_clear(&box);
	scep_buf_clear(&again);
}

#define T(f, numbers)	conforms_setup(f, ask_empty, numbers)

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		T(a_challenge_authorises_and_delivers, "C-088 C-149"),
		T(a_challenge_shown_again_delivers_again, "C-207 C-208"),
		T(what_authorises_may_be_short, "C-088"),
		T(the_secret_is_in_utf8, "T-58"),
		T(without_a_secret_nothing_is_issued_or_queued, "C-147"),
		T(a_secret_is_no_authority, "C-147"),
		T(what_waits_is_delivered_after_approval, "C-088 C-149"),
		cmocka_unit_test_setup(the_secret_goes_with_a_refusal,
		    ask_empty),
		cmocka_unit_test_setup(the_secret_goes_when_nobody_decides,
		    ask_empty),
		T(another_challenge_key_opens_nothing, "C-147"),
		T(a_transaction_without_a_secret_is_badAlg, "C-147"),
		cmocka_unit_test(a_secret_is_sealed_for_one_transaction),
	};
	int	 rc;

	w = world_new(profiles);
	dev.key = EVP_EC_gen("P-256");
	dev.self = client_self_signed(dev.key, "/CN=dev-ec");
	stranger.key = EVP_EC_gen("P-256");
	stranger.self = client_self_signed(stranger.key, "/CN=dev-ec");
	rc = cmocka_run_group_tests_name("delivery", tests, NULL, NULL);
	X509_free(dev.self);
	EVP_PKEY_free(dev.key);
	X509_free(stranger.self);
	EVP_PKEY_free(stranger.key);
	world_free(w);
	return rc;
}
