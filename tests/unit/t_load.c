/*
 * t_load.c - bench-load's judge: does it see what a bad server would do?
 *
 * Each answer is one of our own engine's, and good; what is expected of it is
 * changed, one thing at a time.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ra/ra.h"
#include "tests/bench/bench.h"
#include "tests/bench/load.h"
#include "tests/unit/world.h"

#define PROFILE	"[profile always]\n"		\
		"authorise = challenge\n"	\
		"renew_from = always\n"

struct stage {
	struct world		*w;
	struct scep_ra		*ra;
	struct load		 load;
	struct load_request	 request[2];
};

/* The engine's answer to it, as if it had come by HTTP. */
static void
answer(struct stage *s, struct load_request *r)
{
	const struct scep_http_request	 ask = {
		.method = "POST",
		.path = "/always",
		.query = "operation=PKIOperation",
		.peer = "192.0.2.7",
		.body = r->body.data,
		.body_len = r->body.len,
	};
	struct scep_http_response	 response;
	struct scep_line		 log = { .len = 0 };

	scep_ra_handle(s->ra, WORLD_NOW, &ask, &response, &log);
	free(r->answer);
	r->answer = bench_need(malloc(response.body_len + 1));
	r->answer_len = response.body_len;
	if (response.body_len > 0)
		memcpy(r->answer, response.body, response.body_len);
	r->http_status = response.status;
	r->end = response.status == 200 ? LOAD_GRANTED : LOAD_REFUSED;
	r->fail_info = -1;
	scep_http_response_clear(&response);
}

/* csr_key: an index of the world's keys. */
static void
ask(struct stage *s, struct load_request *r, int type, int csr_key,
    const char *challenge)
{
	struct client_message	 m = {
		.type = type,
		.txid = r->txid,
		.nonce = r->nonce,
		.key = r->key,
		.signer = r->signer,
		.recipient = { s->w->ra_cert },
	};

	m.content = client_csr(s->w->key[csr_key], r->subject, challenge,
	    NULL);
	bytes_free(&r->body);
	r->body = client_message(&m);
	bytes_free(&m.content);
	answer(s, r);
}

static void
enrol(struct stage *s, int i, int right)
{
	const struct world_challenge	 spec = { .profile = "always" };
	struct load_request		*r = &s->request[i];
	char				 challenge[SCEP_CHALLENGE_TEXT];

	world_challenge(s->w, &spec, challenge);
	(void)snprintf(r->txid, sizeof(r->txid), "%032d", i);
	(void)snprintf(r->subject, sizeof(r->subject), "/CN=load-%d", i);
	memset(r->nonce, 'a' + i, sizeof(r->nonce));
	r->key = s->w->key[i];
	r->signer = client_self_signed(r->key, r->subject);
	ask(s, r, 19, i, right ? challenge : "wrong");
}

static int
set_up(void **state)
{
	struct stage		*s = bench_need(calloc(1, sizeof(*s)));
	struct scep_error	 err;

	s->w = world_new(PROFILE);
	world_must(scep_ra_new(s->w->crypto, s->w->ca, &s->ra, &err) ==
	    SCEP_OK);
	s->load.kind = LOAD_ENROL;
	s->load.ca = s->w->ca_cert;
	s->load.ra = s->w->ra_cert;
	s->load.request = s->request;
	s->load.n = 2;
	enrol(s, 0, 1);
	enrol(s, 1, 1);
	*state = s;
	return 0;
}

static int
tear_down(void **state)
{
	struct stage	*s = *state;
	int		 i;

	for (i = 0; i < 2; i++) {
		bytes_free(&s->request[i].body);
		X509_free(s->request[i].signer);
		X509_free(s->request[i].cert);
		free(s->request[i].answer);
	}
	scep_ra_free(s->ra);
	world_free(s->w);
	free(s);
	return 0;
}

/* The verdict on the first request, which was granted. */
static void
judged(struct stage *s, enum load_end want)
{
	load_check_one(&s->load, &s->request[0]);
	assert_int_equal(s->request[0].end, want);
	assert_int_equal(s->request[0].cert != NULL, want == LOAD_GRANTED);
}

static void
what_is_good_passes(void **state)
{
	struct stage	*s = *state;

	load_check(&s->load, NULL);
	assert_int_equal(s->request[0].end, LOAD_GRANTED);
	assert_int_equal(s->request[1].end, LOAD_GRANTED);
	assert_int_equal(s->load.duplicates, 0);
}

static void
another_transaction(void **state)
{
	struct stage	*s = *state;

	s->request[0].txid[0] = '1';
	judged(s, LOAD_E_TXID);
}

static void
another_nonce(void **state)
{
	struct stage	*s = *state;

	s->request[0].nonce[CLIENT_NONCE - 1] ^= 1;
	judged(s, LOAD_E_NONCE);
}

static void
another_subject(void **state)
{
	struct stage	*s = *state;

	(void)snprintf(s->request[0].subject, sizeof(s->request[0].subject),
	    "/CN=load-01");
	judged(s, LOAD_E_SUBJECT);
}

/* A renewal for another key than the one that signs it. */
static void
another_key(void **state)
{
	struct stage		*s = *state;
	struct load_request	*r = &s->request[0];

	judged(s, LOAD_GRANTED);
	X509_free(r->signer);
	r->signer = r->cert;
	r->cert = NULL;
	(void)snprintf(r->txid, sizeof(r->txid), "renewal");
	ask(s, r, 17, 1, NULL);
	s->load.kind = LOAD_RENEW;
	judged(s, LOAD_E_KEY);
}

/* Of the same name, but not who signed. */
static void
another_ca(void **state)
{
	struct stage	*s = *state;
	X509		*other = client_self_signed(s->w->key[3],
			    "/CN=Test CA");

	s->load.ca = other;
	judged(s, LOAD_E_ISSUER);
	X509_free(other);
}

static void
another_ra(void **state)
{
	struct stage	*s = *state;

	s->load.ra = s->w->ca_cert;
	judged(s, LOAD_E_MESSAGE);
}

/* In what is signed, and in the signature; around them CMS_verify() does not
 * look at everything. */
static void
a_bit_flipped(void **state)
{
	struct stage		*s = *state;
	struct load_request	*r = &s->request[0];
	size_t			 i;

	for (i = 100; i < r->answer_len; i += 37) {
		if (i > 1000 && i < r->answer_len - 256)
			continue;
		r->end = LOAD_GRANTED;
		r->answer[i] ^= 1;
		load_check_one(&s->load, r);
		assert_true(r->end >= LOAD_E_CONNECT);
		r->answer[i] ^= 1;
	}
	r->end = LOAD_GRANTED;
	judged(s, LOAD_GRANTED);
}

static void
the_answer_to_another(void **state)
{
	struct stage	*s = *state;

	free(s->request[0].answer);
	s->request[0].answer_len = s->request[1].answer_len;
	s->request[0].answer = bench_need(malloc(s->request[1].answer_len));
	memcpy(s->request[0].answer, s->request[1].answer,
	    s->request[1].answer_len);
	judged(s, LOAD_E_MESSAGE);
}

static void
the_same_serial_twice(void **state)
{
	struct stage	*s = *state;

	load_check(&s->load, NULL);
	assert_int_equal(s->load.duplicates, 0);
	X509_free(s->request[1].cert);
	s->request[1].cert = s->request[0].cert;
	X509_up_ref(s->request[0].cert);
	s->load.n = 0;
	load_check(&s->load, NULL);
	assert_int_equal(s->load.duplicates, 0);
	s->load.n = 2;
	s->request[0].end = s->request[1].end = LOAD_REFUSED;
	load_check(&s->load, NULL);
	assert_int_equal(s->load.duplicates, 1);
}

/* … in this run, or in one before it. */
static void
a_serial_of_an_earlier_run(void **state)
{
	struct stage	*s = *state;
	char		 path[128];

	(void)snprintf(path, sizeof(path), "%s/serials", s->w->dir);
	load_check(&s->load, path);
	assert_int_equal(s->load.duplicates, 0);
	s->request[0].end = s->request[1].end = LOAD_REFUSED;
	load_check(&s->load, path);
	assert_int_equal(s->load.duplicates, 2);
	(void)remove(path);
}

static void
what_must_be_refused(void **state)
{
	struct stage		*s = *state;
	struct load_request	*r = &s->request[0];

	s->load.kind = LOAD_WRONG;
	judged(s, LOAD_E_GRANTED);
	X509_free(r->signer);
	enrol(s, 0, 0);
	judged(s, LOAD_REFUSED);
	assert_int_equal(r->fail_info, 2);
	/* A refusal of somebody else's request is none of this one's. */
	r->end = LOAD_GRANTED;
	r->nonce[0] ^= 1;
	judged(s, LOAD_E_NONCE);
}

static void
plain_answers_are_compared(void **state)
{
	struct stage	*s = *state;

	s->load.kind = LOAD_GET;
	load_check(&s->load, NULL);
	assert_int_equal(s->request[0].end, LOAD_GRANTED);
	assert_int_equal(s->request[1].end, LOAD_E_DIFFERS);
}

/* ---- where an HTTP answer ends ---- */

#define PLAIN	"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
#define CHUNKED	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" \
		"3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"
#define CLOSED	"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello"

static void
whole_only_at_its_end(const char *text, int by_close)
{
	struct load_answer	 a;
	unsigned char		*body;
	size_t			 len;

	for (len = 0; len < strlen(text); len++)
		assert_int_equal(load_answer_read(text, len, 0, &a), 0);
	assert_int_equal(load_answer_read(text, len, by_close, &a), 1);
	assert_int_equal(a.status, 200);
	assert_int_equal(a.closes, by_close);
	body = load_answer_body(text, &a, &len);
	assert_int_equal(len, 5);
	assert_memory_equal(body, "hello", 5);
	free(body);
}

static void
http_answers(void **state)
{
	struct load_answer	 a;

	(void)state;
	whole_only_at_its_end(PLAIN, 0);
	whole_only_at_its_end(CHUNKED, 0);
	whole_only_at_its_end(CLOSED, 1);
	/* Cut off, it is none. */
	assert_int_equal(load_answer_read(PLAIN, strlen(PLAIN) - 1, 1, &a),
	    0);
	assert_int_equal(load_answer_read("SSH-2.0-x\r\n\r\n", 13, 0, &a),
	    -1);
}

int
main(void)
{
#define T(fn)	cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
	const struct CMUnitTest	 tests[] = {
		T(what_is_good_passes),
		T(another_transaction),
		T(another_nonce),
		T(another_subject),
		T(another_key),
		T(another_ca),
		T(another_ra),
		T(a_bit_flipped),
		T(the_answer_to_another),
		T(the_same_serial_twice),
		T(a_serial_of_an_earlier_run),
		T(what_must_be_refused),
		T(plain_answers_are_compared),
		cmocka_unit_test(http_answers),
	};
#undef T

	return cmocka_run_group_tests(tests, NULL, NULL);
}
