/* t_door.c - the RA's door to the CA: what goes through, and what does not. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <sys/socket.h>

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "ca/door.h"
#include "ca/frame.h"

#define CLOCK	1700000000

static const uint8_t	bytes[SCEP_PLAINTEXT_MAX + 1] = { 0x30, 0x00, 0xff };

/* A CA that answers as it is told. */
struct fake {
	struct scep_ca		 ca;	/* first */
	enum scep_err		 rc;
	struct scep_answer	 answer;
	atomic_int		 held;	/* it does not answer yet */
	int			 calls, notes;
	char			 note_id[SCEP_REQUEST_ID_LEN];
	time_t			 now;	/* of the last call */
	char			 profile[64];
};

static enum scep_err
fake_answer(struct fake *f, time_t now, const char *profile,
    struct scep_answer *answer, struct scep_error *err)
{
	f->calls++;
	f->now = now;
	OPENSSL_strlcpy(f->profile, profile, sizeof(f->profile));
	while (atomic_load(&f->held))
		(void)usleep(1000);
	if (f->rc != SCEP_OK)
		return scep_fail(err, f->rc, "the fake says no");
	*answer = f->answer;
	memset(&answer->cert, 0, sizeof(answer->cert));
	return f->answer.cert.len == 0 ? SCEP_OK :
	    scep_buf_set(&answer->cert, scep_buf_span(&f->answer.cert), err);
}

static enum scep_err
fake_enrol(struct scep_ca *ca, time_t now, const struct scep_enrolment *ask,
    struct scep_answer *answer, struct scep_error *err)
{
	return fake_answer((struct fake *)ca, now, ask->profile, answer, err);
}

static enum scep_err
fake_poll(struct scep_ca *ca, time_t now, const struct scep_poll *ask,
    struct scep_answer *answer, struct scep_error *err)
{
	return fake_answer((struct fake *)ca, now, ask->profile, answer, err);
}

static void
fake_note(struct scep_ca *ca, time_t now, const struct scep_note *note)
{
	struct fake	*f = (struct fake *)ca;

	f->notes++;
	f->now = now;
	OPENSSL_strlcpy(f->profile, note->profile, sizeof(f->profile));
	OPENSSL_strlcpy(f->note_id, note->request_id, sizeof(f->note_id));
}

static void
publish(struct scep_published *out)
{
	struct scep_error	 err;

	memset(out, 0, sizeof(*out));
	out->generation = 7;
	out->max_request = 262144;
	OPENSSL_strlcpy(out->default_profile, "default",
	    sizeof(out->default_profile));
	out->profile = OPENSSL_zalloc(2 * sizeof(out->profile[0]));
	out->ra = OPENSSL_zalloc(sizeof(out->ra[0]));
	out->ca = OPENSSL_zalloc(sizeof(out->ca[0]));
	out->n_profiles = 2;
	out->n_ras = out->n_cas = 1;
	OPENSSL_strlcpy(out->profile[0].name, "default", 64);
	OPENSSL_strlcpy(out->profile[1].name, "other", 64);
	out->profile[1].rules.digests = SCEP_BIT(SCEP_SHA256);
	out->profile[1].rules.ciphers = SCEP_BIT(SCEP_AES256);
	out->profile[1].rules.signer.types = SCEP_BIT(SCEP_KEY_RSA);
	out->profile[1].rules.signer.min_rsa_bits = 2048;
	out->profile[1].rules.signer.max_rsa_bits = 4096;
	out->profile[1].rules.signing_time_s = 300;
	out->profile[1].cacert_bundle = 1;
	out->profile[1].fail_text = 1;
	out->profile[1].getcert = 1;
	OPENSSL_strlcpy(out->profile[1].ca, "main", 64);
	OPENSSL_strlcpy(out->ca[0].name, "main", 64);
	assert_int_equal(scep_buf_set(&out->ca[0].cert,
	    scep_span_make(bytes, 900), &err), SCEP_OK);
	OPENSSL_strlcpy(out->ra[0].name, "main", 64);
	assert_int_equal(scep_buf_set(&out->profile[1].caps,
	    scep_span_text("AES\n"), &err), SCEP_OK);
	assert_int_equal(scep_buf_set(&out->profile[1].chain,
	    scep_span_make(bytes, 900), &err), SCEP_OK);
	assert_int_equal(scep_buf_set(&out->ra[0].key,
	    scep_span_make(bytes, 1200), &err), SCEP_OK);
}

static enum scep_err
fake_published(struct scep_ca *ca, struct scep_published *out,
    struct scep_error *err)
{
	const struct fake	*f = (const struct fake *)ca;

	if (f->rc != SCEP_OK)
		return scep_fail(err, f->rc, "the fake says no");
	publish(out);
	return SCEP_OK;
}

static enum scep_err
fake_report(struct scep_ca *ca, time_t now, const struct scep_report *report,
    struct scep_error *err)
{
	struct fake	*f = (struct fake *)ca;

	if (f->rc != SCEP_OK)
		return scep_fail(err, f->rc, "the fake says no");
	f->now = now;
	f->calls += (int)report->tally[0].n;
	return SCEP_OK;
}

static enum scep_err
fake_inspect(struct scep_ca *ca, time_t now, enum scep_inspect what,
    struct scep_buf *out, struct scep_error *err)
{
	struct fake	*f = (struct fake *)ca;

	if (f->rc != SCEP_OK)
		return scep_fail(err, f->rc, "the fake says no");
	f->now = now;
	return scep_buf_set(out, scep_span_text(what == SCEP_INSPECT_HEALTH ?
	    "fine" : "figures"), err);
}

static const struct scep_ca_ops	fake_ops = {
	.enrol = fake_enrol,
	.poll = fake_poll,
	.published = fake_published,
	.report = fake_report,
	.inspect = fake_inspect,
	.note = fake_note,
};

static time_t
fake_clock(void)
{
	return CLOCK;
}

static struct scep_door_request
an_enrolment(void)
{
	struct scep_door_request	 r = {
		.kind = SCEP_DOOR_ENROL,
		.generation = 3,
		.enrol = {
			.profile = "default",
			.request_id = "0123456789abcdef",
			.peer = "192.0.2.1",
			.type = 19,
			.txid = { bytes, 40 },
			.signer = { bytes, 900 },
			.self_signed = 1,
			.cipher = SCEP_AES256,
			.key_sha256 = { 1, 2, 3 },
			.content_sha256 = { 4, 5, 6 },
			.plaintext = { bytes, 1000 },
			.asked = { bytes, 30 },
		},
	};

	return r;
}

static struct scep_door_request
a_renewal(void)
{
	struct scep_door_request	 r = an_enrolment();

	r.enrol.type = 17;
	r.enrol.self_signed = 0;
	r.enrol.signer = r.enrol.plaintext = scep_span_make(NULL, 0);
	r.enrol.message = scep_span_make(bytes, 3000);
	r.enrol.content_key = scep_span_make(bytes + 7, 32);
	return r;
}

static struct scep_door_request
a_poll(void)
{
	struct scep_door_request	 r = {
		.kind = SCEP_DOOR_POLL,
		.poll = {
			.profile = "default",
			.request_id = "0123456789abcdef",
			.peer = "2001:db8::1",
			.message = { bytes, 4000 },
			.asked = { bytes, 20 },
		},
	};

	return r;
}

static struct scep_door_request
a_note(void)
{
	struct scep_door_request	 r = {
		.kind = SCEP_DOOR_NOTE,
		.note = {
			.profile = "default",
			.request_id = "0123456789abcdef",
			.peer = "192.0.2.1",
			.txid = { bytes, 40 },
			.asked = { bytes, 50 },
			.result = { bytes, 60 },
		},
	};

	return r;
}

static enum scep_err
through(const struct scep_door_request *in, struct scep_buf *der,
    struct scep_door_request *out)
{
	struct scep_error	 err;
	enum scep_err		 rc;

	memset(out, 0, sizeof(*out));
	if ((rc = scep_door_encode_request(in, der, &err)) != SCEP_OK)
		return rc;
	return scep_door_decode_request(scep_buf_span(der), out, &err);
}

static void
assert_span(struct scep_span a, struct scep_span b)
{
	assert_true(scep_span_equal(a, b));
}

static void
an_enrolment_arrives_as_it_was(void **state)
{
	struct scep_door_request	 in = an_enrolment(), out;
	struct scep_buf			 der = { NULL, 0 };

	(void)state;
	assert_int_equal(through(&in, &der, &out), SCEP_OK);
	assert_int_equal(out.kind, SCEP_DOOR_ENROL);
	assert_int_equal(out.generation, 3);
	assert_string_equal(out.enrol.profile, "default");
	assert_string_equal(out.enrol.request_id, in.enrol.request_id);
	assert_string_equal(out.enrol.peer, "192.0.2.1");
	assert_int_equal(out.enrol.type, 19);
	assert_int_equal(out.enrol.self_signed, 1);
	assert_int_equal(out.enrol.cipher, SCEP_AES256);
	assert_memory_equal(out.enrol.key_sha256, in.enrol.key_sha256, 32);
	assert_memory_equal(out.enrol.content_sha256, in.enrol.content_sha256,
	    32);
	assert_span(out.enrol.txid, in.enrol.txid);
	assert_span(out.enrol.signer, in.enrol.signer);
	assert_span(out.enrol.plaintext, in.enrol.plaintext);
	assert_span(out.enrol.asked, in.enrol.asked);
	scep_door_clear(&out);
	scep_buf_clear(&der);
}

static void
a_renewal_arrives_as_it_was(void **state)
{
	struct scep_door_request	 in = a_renewal(), out;
	struct scep_buf			 der = { NULL, 0 };

	(void)state;
	assert_int_equal(through(&in, &der, &out), SCEP_OK);
	assert_int_equal(out.kind, SCEP_DOOR_ENROL);
	assert_int_equal(out.enrol.type, 17);
	assert_int_equal(out.enrol.self_signed, 0);
	assert_int_equal(out.enrol.signer.len, 0);
	assert_int_equal(out.enrol.plaintext.len, 0);
	assert_span(out.enrol.message, in.enrol.message);
	assert_span(out.enrol.content_key, in.enrol.content_key);
	scep_door_clear(&out);
	in.enrol.content_key.len = 33;
	assert_int_equal(through(&in, &der, &out), SCEP_E_TOOBIG);
	scep_buf_clear(&der);
}

static void
a_poll_arrives_as_it_was(void **state)
{
	struct scep_door_request	 in = a_poll(), out;
	struct scep_buf			 der = { NULL, 0 };

	(void)state;
	assert_int_equal(through(&in, &der, &out), SCEP_OK);
	assert_int_equal(out.kind, SCEP_DOOR_POLL);
	assert_string_equal(out.poll.peer, "2001:db8::1");
	assert_span(out.poll.message, in.poll.message);
	assert_span(out.poll.asked, in.poll.asked);
	scep_door_clear(&out);
	scep_buf_clear(&der);
}

static void
a_note_arrives_as_it_was(void **state)
{
	struct scep_door_request	 in = a_note(), out;
	struct scep_buf			 der = { NULL, 0 };

	(void)state;
	assert_int_equal(through(&in, &der, &out), SCEP_OK);
	assert_int_equal(out.kind, SCEP_DOOR_NOTE);
	assert_string_equal(out.note.profile, "default");
	assert_string_equal(out.note.request_id, "0123456789abcdef");
	assert_string_equal(out.note.peer, "192.0.2.1");
	assert_span(out.note.txid, in.note.txid);
	assert_span(out.note.asked, in.note.asked);
	assert_span(out.note.result, in.note.result);
	scep_door_clear(&out);
	scep_buf_clear(&der);
}

/* Each with its control: the longest that may pass. */
static void
a_request_that_is_too_long_is_not_sent(void **state)
{
	static char			 profile[65], peer[257];
	struct scep_door_request	 in, out;
	struct scep_buf			 der = { NULL, 0 };
	int				 over;

	(void)state;
	for (over = 0; over <= 1; over++) {
		const enum scep_err	 want = over ? SCEP_E_TOOBIG : SCEP_OK;

		memset(profile, 'p', 63 + (size_t)over);
		in = an_enrolment();
		in.enrol.profile = profile;
		assert_int_equal(through(&in, &der, &out), want);
		scep_door_clear(&out);

		memset(peer, '1', 255 + (size_t)over);
		in = a_poll();
		in.poll.peer = peer;
		assert_int_equal(through(&in, &der, &out), want);
		scep_door_clear(&out);

		in = an_enrolment();
		in.enrol.txid.len = SCEP_TXID_MAX + (size_t)over;
		assert_int_equal(through(&in, &der, &out), want);
		scep_door_clear(&out);

		in = an_enrolment();
		in.enrol.asked.len = SCEP_ASKED_MAX + (size_t)over;
		assert_int_equal(through(&in, &der, &out), want);
		scep_door_clear(&out);

		in = a_note();
		in.note.result.len = SCEP_ASKED_MAX + (size_t)over;
		assert_int_equal(through(&in, &der, &out), want);
		scep_door_clear(&out);

		in = an_enrolment();
		in.enrol.plaintext.len = SCEP_PLAINTEXT_MAX + (size_t)over;
		assert_int_equal(through(&in, &der, &out), want);
		scep_door_clear(&out);
	}
	scep_buf_clear(&der);
}

static void
a_request_of_impossible_values_is_refused(void **state)
{
	static const struct {
		int		 cipher, self_signed;
		const char	*id;
		enum scep_err	 want;
	} rows[] = {
		{ SCEP_AES128, 0, "0123456789abcdef", SCEP_OK },
		{ SCEP_CIPHER__MAX, 0, "0123456789abcdef", SCEP_E_FORMAT },
		{ -1, 0, "0123456789abcdef", SCEP_E_FORMAT },
		{ SCEP_AES128, 2, "0123456789abcdef", SCEP_E_FORMAT },
		{ SCEP_AES128, 0, "0123456789abcde", SCEP_E_FORMAT },
		{ SCEP_AES128, 0, "0123456789ABCDEF", SCEP_E_FORMAT },
	};
	struct scep_door_request	 in, out;
	struct scep_buf			 der = { NULL, 0 };
	size_t				 i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		in = an_enrolment();
		in.enrol.cipher = rows[i].cipher;
		in.enrol.self_signed = rows[i].self_signed;
		in.enrol.request_id = rows[i].id;
		assert_int_equal(through(&in, &der, &out), rows[i].want);
		scep_door_clear(&out);
	}
	scep_buf_clear(&der);
}

static void
a_string_with_a_nul_inside_is_refused(void **state)
{
	struct scep_door_request	 in = an_enrolment(), out;
	struct scep_buf			 der = { NULL, 0 };
	struct scep_error		 err;
	uint8_t				*at;

	(void)state;
	assert_int_equal(through(&in, &der, &out), SCEP_OK);
	scep_door_clear(&out);
	assert_non_null(at = memmem(der.data, der.len, "default", 7));
	at[3] = '\0';
	assert_int_equal(scep_door_decode_request(scep_buf_span(&der), &out,
	    &err), SCEP_E_FORMAT);
	at[3] = 'x';
	assert_int_equal(scep_door_decode_request(scep_buf_span(&der), &out,
	    &err), SCEP_OK);
	assert_string_equal(out.enrol.profile, "defxult");
	scep_door_clear(&out);
	scep_buf_clear(&der);
}

static void
a_request_that_is_cut_or_too_long_by_an_octet_is_refused(void **state)
{
	struct scep_door_request	 in = a_poll(), out;
	struct scep_buf			 der = { NULL, 0 };
	struct scep_error		 err;
	size_t				 n;

	(void)state;
	assert_int_equal(through(&in, &der, &out), SCEP_OK);
	scep_door_clear(&out);
	for (n = 0; n < der.len; n++)
		assert_int_equal(scep_door_decode_request(
		    scep_span_make(der.data, n), &out, &err), SCEP_E_FORMAT);
	assert_int_equal(scep_buf_add(&der, scep_span_make("", 1), &err),
	    SCEP_OK);
	assert_int_equal(scep_door_decode_request(scep_buf_span(&der), &out,
	    &err), SCEP_E_FORMAT);
	scep_buf_clear(&der);
}

/* After an upgrade, of one instance or of what the web server runs. */
static void
a_request_of_another_version_says_what_to_restart(void **state)
{
	struct scep_door_request	 in = a_poll(), out;
	struct scep_buf			 der = { NULL, 0 };
	struct scep_error		 err;
	const uint8_t			 version[] = { 2, 1,
					    SCEP_DOOR_VERSION };
	uint8_t				*at;

	(void)state;
	assert_int_equal(through(&in, &der, &out), SCEP_OK);	/* control */
	scep_door_clear(&out);
	assert_non_null(at = memmem(der.data, der.len, version,
	    sizeof(version)));
	at[2]--;
	assert_int_equal(scep_door_decode_request(scep_buf_span(&der), &out,
	    &err), SCEP_E_FORMAT);
	assert_non_null(strstr(err.text, "restart the older one"));
	scep_buf_clear(&der);
}

static struct scep_answer
a_grant(void)
{
	struct scep_answer	 a = {
		.outcome = SCEP_GRANTED,
		.cipher = SCEP_3DES,
		.reason = "right",
		.subject = "CN=\xc3",	/* cut in a character */
		.serial = "0a0b",
		.authority = "challenge k3",
		.repeated = 1,
		.consulted = { .n = 2, .ms = 70000 },
	};
	struct scep_error	 err;

	assert_int_equal(scep_buf_set(&a.cert, scep_span_make(bytes, 800),
	    &err), SCEP_OK);
	return a;
}

static void
an_answer_arrives_as_it_was(void **state)
{
	struct scep_answer	 in = a_grant(), out;
	struct scep_buf		 der = { NULL, 0 };
	struct scep_error	 err;

	(void)state;
	assert_int_equal(scep_door_encode_answer(&in, SCEP_OK, NULL, &der,
	    &err), SCEP_OK);
	assert_int_equal(scep_door_decode_answer(scep_buf_span(&der), &out,
	    &err), SCEP_OK);
	assert_int_equal(out.outcome, SCEP_GRANTED);
	assert_int_equal(out.cipher, SCEP_3DES);
	assert_int_equal(out.repeated, 1);
	assert_string_equal(out.reason, "right");
	assert_string_equal(out.subject, "CN=\xc3");
	assert_string_equal(out.serial, "0a0b");
	assert_string_equal(out.authority, "challenge k3");
	assert_int_equal(out.consulted.n, 2);
	assert_int_equal(out.consulted.ms, 70000);
	assert_span(scep_buf_span(&out.cert), scep_buf_span(&in.cert));
	scep_answer_clear(&out);
	scep_answer_clear(&in);
	scep_buf_clear(&der);
}

/* A validator was asked, or somebody is blocked: that is told with the
 * failure, and nothing else of what there might be. */
static void
a_failure_arrives_with_what_is_told_of_it(void **state)
{
	static const struct {
		enum scep_err		 rc;
		struct scep_consulted	 consulted;
		long			 retry_s;	/* that arrives */
	} rows[] = {
		{ SCEP_E_BUSY, { 2, 3100 }, 0 },
		{ SCEP_E_STORE, { 1, 0 }, 0 },
		{ SCEP_E_LIMIT, { 0, 0 }, 30 },
		{ SCEP_E_BUSY, { 0, 0 }, 0 },	/* control */
	};
	struct scep_answer	 in, out;
	struct scep_buf		 der = { NULL, 0 };
	struct scep_error	 why, err;
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		in = a_grant();
		in.consulted = rows[i].consulted;
		in.retry_s = 30;
		(void)scep_fail(&why, rows[i].rc, "hangs");
		assert_int_equal(scep_door_encode_answer(&in, rows[i].rc,
		    &why, &der, &err), SCEP_OK);
		assert_int_equal(scep_door_decode_answer(scep_buf_span(&der),
		    &out, &err), rows[i].rc);
		assert_string_equal(err.text, "hangs");
		assert_int_equal(out.consulted.n, rows[i].consulted.n);
		assert_int_equal(out.consulted.ms, rows[i].consulted.ms);
		assert_int_equal(out.retry_s, rows[i].retry_s);
		assert_int_equal(out.cert.len, 0);
		assert_string_equal(out.serial, "");
		scep_answer_clear(&in);
	}
	scep_buf_clear(&der);
}

static void
an_answer_that_makes_no_sense_means_try_again(void **state)
{
	static const struct {
		enum scep_outcome	 outcome;
		enum scep_err		 code;
		int			 cert, cipher;
		enum scep_err		 want;
	} rows[] = {
		{ SCEP_GRANTED, SCEP_OK, 1, -1, SCEP_OK },
		{ SCEP_GRANTED, SCEP_OK, 0, -1, SCEP_E_BUSY },
		{ SCEP_GRANTED, SCEP_OK, 1, SCEP_CIPHER__MAX, SCEP_E_BUSY },
		{ SCEP_PENDING, SCEP_OK, 0, -1, SCEP_OK },
		{ SCEP_PENDING, SCEP_OK, 1, -1, SCEP_E_BUSY },
		{ SCEP_REFUSED, SCEP_E_REFUSED, 0, -1, SCEP_OK },
		{ SCEP_REFUSED, SCEP_E_STORE, 0, -1, SCEP_E_BUSY },
		{ SCEP_REFUSED, SCEP_E__MAX, 0, -1, SCEP_E_BUSY },
		{ (enum scep_outcome)3, SCEP_OK, 0, -1, SCEP_E_BUSY },
	};
	struct scep_answer	 in, out;
	struct scep_buf		 der = { NULL, 0 };
	struct scep_error	 err;
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		in = a_grant();
		if (!rows[i].cert)
			scep_buf_clear(&in.cert);
		in.outcome = rows[i].outcome;
		in.code = rows[i].code;
		in.cipher = rows[i].cipher;
		assert_int_equal(scep_door_encode_answer(&in, SCEP_OK, NULL,
		    &der, &err), SCEP_OK);
		assert_int_equal(scep_door_decode_answer(scep_buf_span(&der),
		    &out, &err), rows[i].want);
		scep_answer_clear(&out);
		scep_answer_clear(&in);
	}
	assert_int_equal(scep_door_decode_answer(scep_span_make(bytes, 20),
	    &out, &err), SCEP_E_BUSY);
	scep_buf_clear(&der);
}

static void
what_is_published_arrives_as_it_was(void **state)
{
	struct scep_published	 in, out;
	struct scep_buf		 der = { NULL, 0 };
	struct scep_error	 err;

	(void)state;
	publish(&in);
	assert_int_equal(scep_door_encode_published(&in, &der, &err),
	    SCEP_OK);
	assert_int_equal(scep_door_decode_published(scep_buf_span(&der), &out,
	    &err), SCEP_OK);
	assert_int_equal(out.generation, 7);
	assert_int_equal(out.max_request, 262144);
	assert_string_equal(out.default_profile, "default");
	assert_int_equal(out.n_profiles, 2);
	assert_string_equal(out.profile[0].name, "default");
	assert_string_equal(out.profile[1].name, "other");
	assert_memory_equal(&out.profile[1].rules, &in.profile[1].rules,
	    sizeof(in.profile[1].rules));
	assert_int_equal(out.profile[1].cacert_bundle, 1);
	assert_int_equal(out.profile[1].fail_text, 1);
	assert_span(scep_buf_span(&out.profile[1].caps),
	    scep_span_text("AES\n"));
	assert_span(scep_buf_span(&out.profile[1].chain),
	    scep_span_make(bytes, 900));
	assert_int_equal(out.n_ras, 1);
	assert_string_equal(out.ra[0].name, "main");
	assert_span(scep_buf_span(&out.ra[0].key),
	    scep_buf_span(&in.ra[0].key));
	assert_string_equal(out.profile[1].ca, "main");
	assert_int_equal(out.profile[1].getcert, 1);
	assert_int_equal(out.profile[1].getcrl, 0);
	assert_int_equal(out.n_cas, 1);
	assert_string_equal(out.ca[0].name, "main");
	assert_span(scep_buf_span(&out.ca[0].cert),
	    scep_buf_span(&in.ca[0].cert));
	der.data[der.len - 1] ^= 1;	/* inside a certificate: no structure */
	scep_published_clear(&out);
	assert_int_equal(scep_door_decode_published(
	    scep_span_make(der.data, der.len - 1), &out, &err), SCEP_E_BUSY);
	scep_published_clear(&in);
	scep_buf_clear(&der);
}

/* A live connection: fd[0] is the RA's, fd[1] served by a thread. */
struct line {
	struct fake	 fake;
	int		 fd[2];
	pthread_t	 thread;
	enum scep_err	 ended;
};

static void *
serve(void *arg)
{
	struct line		*l = arg;
	struct scep_error	 err;

	do
		l->ended = scep_door_serve(&l->fake.ca, l->fd[1], fake_clock,
		    &err);
	while (l->ended == SCEP_OK);
	(void)close(l->fd[1]);
	return NULL;
}

static struct line *
line_new(void)
{
	struct line	*l = calloc(1, sizeof(*l));

	assert_non_null(l);
	l->fake.ca.ops = &fake_ops;
	l->fake.ca.generation = 7;
	l->fake.answer = a_grant();
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, l->fd), 0);
	assert_int_equal(pthread_create(&l->thread, NULL, serve, l), 0);
	return l;
}

/* How the serving ended. */
static enum scep_err
line_end(struct line *l)
{
	enum scep_err	 ended;

	assert_int_equal(pthread_join(l->thread, NULL), 0);
	ended = l->ended;
	scep_answer_clear(&l->fake.answer);
	free(l);
	return ended;
}

static enum scep_err
ask(struct scep_ca *ca, struct scep_answer *answer, struct scep_error *err)
{
	const struct scep_door_request	 r = an_enrolment();

	return scep_ca_enrol(ca, 1, &r.enrol, answer, err);
}

static void
the_ca_is_asked_and_its_clock_counts(void **state)
{
	const struct scep_door_request	 polled = a_poll();
	struct line		*l = line_new();
	struct scep_published	 published;
	struct scep_answer	 answer;
	struct scep_error	 err;
	struct scep_ca		*ca;
	int			 i;

	(void)state;
	assert_int_equal(scep_ca_connect(l->fd[0], 60000, &ca, &err), SCEP_OK);
	for (i = 1; i <= 50; i++) {
		assert_int_equal(ask(ca, &answer, &err), SCEP_OK);
		assert_int_equal(answer.outcome, SCEP_GRANTED);
		assert_int_equal(answer.cert.len, 800);
		assert_int_equal(l->fake.calls, i);
		assert_int_equal(l->fake.now, CLOCK);
		assert_string_equal(l->fake.profile, "default");
		scep_answer_clear(&answer);
	}
	assert_int_equal(scep_ca_poll(ca, 1, &polled.poll, &answer, &err),
	    SCEP_OK);
	scep_answer_clear(&answer);
	assert_int_equal(scep_ca_published(ca, &published, &err), SCEP_OK);
	assert_int_equal(published.generation, 7);
	scep_published_clear(&published);
	assert_true(scep_ca_is_connected(ca));
	scep_ca_close(ca);
	assert_int_equal(line_end(l), SCEP_E_NOTFOUND);
}

/* It has no answer: the next one is the next question's. */
static void
a_note_is_heard_and_not_answered(void **state)
{
	const struct scep_door_request	 noted = a_note();
	struct line		*l = line_new();
	struct scep_answer	 answer;
	struct scep_error	 err;
	struct scep_ca		*ca;
	int			 i;

	(void)state;
	assert_int_equal(scep_ca_connect(l->fd[0], 60000, &ca, &err), SCEP_OK);
	for (i = 1; i <= 50; i++) {
		scep_ca_note(ca, 1, &noted.note);
		assert_int_equal(ask(ca, &answer, &err), SCEP_OK);
		assert_int_equal(answer.outcome, SCEP_GRANTED);
		assert_int_equal(l->fake.notes, i);
		scep_answer_clear(&answer);
	}
	assert_string_equal(l->fake.note_id, "0123456789abcdef");
	assert_int_equal(l->fake.now, CLOCK);
	scep_ca_close(ca);
	assert_int_equal(line_end(l), SCEP_E_NOTFOUND);
}

/* A CA that does not read keeps no client waiting; and what went is whole. */
static void
notes_that_find_no_room_are_dropped(void **state)
{
	const struct scep_door_request	 noted = a_note();
	struct scep_buf			 message = { NULL, 0 };
	struct scep_error		 err;
	struct scep_ca			*ca;
	size_t				 n = 0;
	int				 fd[2], i;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	assert_int_equal(scep_ca_connect(fd[0], 60000, &ca, &err), SCEP_OK);
	for (i = 0; i < 100000; i++)
		scep_ca_note(ca, 1, &noted.note);
	assert_true(scep_ca_is_connected(ca));
	assert_int_equal(shutdown(fd[0], SHUT_WR), 0);
	while (scep_frame_receive(fd[1], SCEP_DOOR_MAX, 1000, 1000, &message,
	    &err) == SCEP_OK) {
		n++;
		scep_buf_clear(&message);
	}
	assert_int_equal(err.code, SCEP_E_NOTFOUND);
	assert_in_range(n, 10, 99999);
	scep_ca_note(ca, 1, &noted.note);
	assert_false(scep_ca_is_connected(ca));
	scep_ca_close(ca);
	(void)close(fd[1]);
}

static void
the_ca_s_trouble_comes_back_as_it_was(void **state)
{
	struct line		*l = line_new();
	struct scep_published	 published;
	struct scep_answer	 answer;
	struct scep_error	 err;
	struct scep_ca		*ca;

	(void)state;
	l->fake.rc = SCEP_E_STORE;
	assert_int_equal(scep_ca_connect(l->fd[0], 60000, &ca, &err), SCEP_OK);
	assert_int_equal(ask(ca, &answer, &err), SCEP_E_STORE);
	assert_string_equal(err.text, "the fake says no");
	assert_int_equal(scep_ca_published(ca, &published, &err),
	    SCEP_E_STORE);
	l->fake.rc = SCEP_OK;
	assert_int_equal(ask(ca, &answer, &err), SCEP_OK);
	scep_answer_clear(&answer);
	scep_ca_close(ca);
	assert_int_equal(line_end(l), SCEP_E_NOTFOUND);
}

static void
a_slow_ca_is_not_asked_again(void **state)
{
	struct line		*l = line_new();
	struct pollfd		 p = { .events = POLLIN };
	struct scep_answer	 answer;
	struct scep_error	 err;
	struct scep_ca		*ca;

	(void)state;
	/* The control: it is not what is asked. */
	assert_int_equal(scep_ca_connect(l->fd[0], 60000, &ca, &err), SCEP_OK);
	assert_int_equal(ask(ca, &answer, &err), SCEP_OK);
	scep_answer_clear(&answer);
	scep_ca_close(ca);
	assert_int_equal(line_end(l), SCEP_E_NOTFOUND);
	l = line_new();
	p.fd = l->fd[0];
	assert_int_equal(scep_ca_connect(l->fd[0], 500, &ca, &err), SCEP_OK);
	atomic_store(&l->fake.held, 1);
	assert_int_equal(ask(ca, &answer, &err), SCEP_E_BUSY);
	assert_false(scep_ca_is_connected(ca));
	/* Its answer comes now, and is not for this question. */
	atomic_store(&l->fake.held, 0);
	assert_int_equal(poll(&p, 1, 60000), 1);
	assert_int_equal(ask(ca, &answer, &err), SCEP_E_BUSY);
	scep_ca_close(ca);
	assert_int_equal(line_end(l), SCEP_E_NOTFOUND);
}

static void
a_dead_ca_is_noticed_at_once(void **state)
{
	struct scep_answer	 answer;
	struct scep_error	 err;
	struct scep_ca		*ca;
	int			 fd[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	assert_int_equal(scep_ca_connect(fd[0], 60000, &ca, &err), SCEP_OK);
	(void)close(fd[1]);
	assert_int_equal(ask(ca, &answer, &err), SCEP_E_BUSY);
	assert_false(scep_ca_is_connected(ca));
	scep_ca_close(ca);
}

static void
a_ca_that_answers_garbage_is_hung_up_on(void **state)
{
	static const uint8_t	 garbage[][8] = {
		{ 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4 },	/* too long */
		{ 0, 0, 0, 0, 1, 2, 3, 4 },		/* empty */
		{ 0, 0, 0, 4, 1, 2, 3, 4 },		/* no DER */
	};
	struct scep_answer	 answer;
	struct scep_error	 err;
	struct scep_ca		*ca;
	size_t			 i;
	int			 fd[2];

	(void)state;
	for (i = 0; i < sizeof(garbage) / sizeof(garbage[0]); i++) {
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
		assert_int_equal(scep_ca_connect(fd[0], 60000, &ca, &err),
		    SCEP_OK);
		assert_int_equal(write(fd[1], garbage[i], 8), 8);
		assert_int_equal(ask(ca, &answer, &err), SCEP_E_BUSY);
		scep_ca_close(ca);
		(void)close(fd[1]);
	}
}

static void
the_ca_is_told_and_inspected(void **state)
{
	static struct scep_report	 report;
	const struct scep_tally		 t = { .operation = "PKCSReq" };
	struct line			*l = line_new();
	struct scep_buf			 out = { NULL, 0 };
	struct scep_error		 err;
	struct scep_ca			*ca;
	int				 i;

	(void)state;
	for (i = 0; i < 5; i++)
		assert_true(scep_report_add(&report, &t, 2));
	assert_int_equal(scep_ca_connect(l->fd[0], 60000, &ca, &err), SCEP_OK);
	assert_int_equal(scep_ca_report(ca, 1, &report, &err), SCEP_OK);
	assert_int_equal(l->fake.calls, 5);
	assert_int_equal(l->fake.now, CLOCK);
	assert_int_equal(scep_ca_inspect(ca, 1, SCEP_INSPECT_HEALTH, &out,
	    &err), SCEP_OK);
	assert_string_equal(out.data, "fine");
	scep_buf_clear(&out);
	assert_int_equal(scep_ca_inspect(ca, 1, SCEP_INSPECT_METRICS, &out,
	    &err), SCEP_OK);
	assert_string_equal(out.data, "figures");
	scep_buf_clear(&out);
	l->fake.rc = SCEP_E_STORE;
	assert_int_equal(scep_ca_inspect(ca, 1, SCEP_INSPECT_HEALTH, &out,
	    &err), SCEP_E_STORE);
	assert_string_equal(err.text, "the fake says no");
	scep_buf_clear(&out);
	l->fake.rc = SCEP_OK;
	assert_int_equal(scep_ca_inspect(ca, 1, (enum scep_inspect)9, &out,
	    &err), SCEP_E_BUSY);	/* cut off */
	scep_buf_clear(&out);
	scep_ca_close(ca);
	assert_int_equal(line_end(l), SCEP_E_FORMAT);
}

/* It may come alone, or cross a question. */
static void
an_ra_is_asked_to_leave_and_still_answered(void **state)
{
	struct line		*l = line_new();
	struct scep_answer	 answer;
	struct scep_error	 err;
	struct scep_ca		*ca;

	(void)state;
	assert_int_equal(scep_ca_connect(l->fd[0], 60000, &ca, &err), SCEP_OK);
	assert_int_equal(ask(ca, &answer, &err), SCEP_OK);	/* control */
	scep_answer_clear(&answer);
	assert_false(scep_ca_is_leaving(ca));
	assert_int_equal(scep_door_dismiss(l->fd[1], &err), SCEP_OK);
	assert_int_equal(ask(ca, &answer, &err), SCEP_OK);
	assert_int_equal(answer.outcome, SCEP_GRANTED);
	scep_answer_clear(&answer);
	assert_true(scep_ca_is_leaving(ca));
	assert_true(scep_ca_is_connected(ca));
	scep_ca_close(ca);
	assert_int_equal(line_end(l), SCEP_E_NOTFOUND);
}

static void
a_notice_is_told_from_an_end(void **state)
{
	struct scep_error	 err;
	struct scep_ca		*ca;
	int			 fd[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	assert_int_equal(scep_ca_connect(fd[0], 1000, &ca, &err), SCEP_OK);
	assert_int_equal(scep_door_dismiss(fd[1], &err), SCEP_OK);
	scep_ca_hear(ca);
	assert_true(scep_ca_is_leaving(ca));
	assert_true(scep_ca_is_connected(ca));
	(void)close(fd[1]);
	scep_ca_hear(ca);
	assert_false(scep_ca_is_connected(ca));
	scep_ca_close(ca);
}

static void
an_ra_of_another_generation_is_cut_off(void **state)
{
	static const struct {
		uint32_t	 published;
		enum scep_err	 want;
	} rows[] = {
		{ 7, SCEP_OK }, { 8, SCEP_E_BUSY },
	};
	struct scep_published	 published;
	struct scep_answer	 answer;
	struct scep_error	 err;
	struct scep_ca		*ca;
	struct line		*l;
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		l = line_new();
		assert_int_equal(scep_ca_connect(l->fd[0], 60000, &ca, &err),
		    SCEP_OK);
		assert_int_equal(ask(ca, &answer, &err), SCEP_OK);
		scep_answer_clear(&answer);	/* told nothing yet: 0 */
		assert_int_equal(scep_ca_published(ca, &published, &err),
		    SCEP_OK);
		scep_published_clear(&published);
		l->fake.ca.generation = rows[i].published;
		assert_int_equal(ask(ca, &answer, &err), rows[i].want);
		scep_answer_clear(&answer);
		scep_ca_close(ca);
		assert_int_equal(line_end(l), rows[i].want == SCEP_OK ?
		    SCEP_E_NOTFOUND : SCEP_E_FORMAT);
	}
}

static void
an_ra_that_sends_garbage_is_cut_off(void **state)
{
	static const struct {
		uint8_t		 octets[8];
		size_t		 len;
		enum scep_err	 want;
	} rows[] = {
		{ { 0 }, 0, SCEP_E_NOTFOUND },
		{ { 0, 0 }, 2, SCEP_E_FORMAT },
		{ { 0, 0, 0, 0, 1 }, 5, SCEP_E_FORMAT },
		{ { 0, 0x20, 0, 1, 1 }, 5, SCEP_E_FORMAT },
		{ { 0xff, 0xff, 0xff, 0xff }, 4, SCEP_E_FORMAT },
		{ { 0, 0, 0, 8, 0x30, 0 }, 6, SCEP_E_FORMAT },
		{ { 0, 0, 0, 2, 0x30, 0 }, 6, SCEP_E_FORMAT },
	};
	struct line	*l;
	size_t		 i;
	int		 fd;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		l = line_new();
		fd = l->fd[0];
		assert_int_equal(write(fd, rows[i].octets, rows[i].len),
		    rows[i].len);
		assert_int_equal(shutdown(fd, SHUT_WR), 0);
		assert_int_equal(line_end(l), rows[i].want);
		(void)close(fd);
	}
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(an_enrolment_arrives_as_it_was),
		cmocka_unit_test(a_renewal_arrives_as_it_was),
		cmocka_unit_test(a_poll_arrives_as_it_was),
		cmocka_unit_test(a_note_arrives_as_it_was),
		cmocka_unit_test(a_request_that_is_too_long_is_not_sent),
		cmocka_unit_test(a_request_of_impossible_values_is_refused),
		cmocka_unit_test(a_string_with_a_nul_inside_is_refused),
		cmocka_unit_test(
		    a_request_that_is_cut_or_too_long_by_an_octet_is_refused),
		cmocka_unit_test(
		    a_request_of_another_version_says_what_to_restart),
		cmocka_unit_test(an_answer_arrives_as_it_was),
		cmocka_unit_test(a_failure_arrives_with_what_is_told_of_it),
		cmocka_unit_test(
		    an_answer_that_makes_no_sense_means_try_again),
		cmocka_unit_test(what_is_published_arrives_as_it_was),
		cmocka_unit_test(the_ca_is_asked_and_its_clock_counts),
		cmocka_unit_test(a_note_is_heard_and_not_answered),
		cmocka_unit_test(notes_that_find_no_room_are_dropped),
		cmocka_unit_test(the_ca_s_trouble_comes_back_as_it_was),
		cmocka_unit_test(a_slow_ca_is_not_asked_again),
		cmocka_unit_test(a_dead_ca_is_noticed_at_once),
		cmocka_unit_test(a_ca_that_answers_garbage_is_hung_up_on),
		cmocka_unit_test(the_ca_is_told_and_inspected),
		cmocka_unit_test(an_ra_is_asked_to_leave_and_still_answered),
		cmocka_unit_test(a_notice_is_told_from_an_end),
		cmocka_unit_test(an_ra_of_another_generation_is_cut_off),
		cmocka_unit_test(an_ra_that_sends_garbage_is_cut_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
