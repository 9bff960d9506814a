/*
 * t_flip.c - no damage to a request may change what is certified.
 *
 * Each bit of a good PKCSReq, of an RSA key and of an EC key, and of a good
 * renewal is flipped in turn.  A few bits nothing signs and nothing needs (an
 * unused version, the case of an issuer's name): those mutants are granted, and
 * must get the very name and key of the original.  EQUIVALENT bounds how many
 * they are: if it grows, a check was lost.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include <openssl/err.h>

#include "base/error.h"
#include "ra/ra.h"
#include "tests/unit/conform.h"
#include "tests/unit/world.h"

#define EQUIVALENT	24
#ifdef __SANITIZE_ADDRESS__
#define STEP		11	/* a sanitized build looks at some of them */
#elif defined(__SANITIZE_THREAD__)
#define STEP		101
#else
#define STEP		1
#endif

static struct scep_ra *
ra_of(struct world *w)
{
	struct scep_ra		*ra;
	struct scep_error	 err;

	assert_int_equal(scep_ra_new(w->crypto, w->ca, &ra, &err), SCEP_OK);
	return ra;
}

static struct world_device	dev;	/* who asks */
static X509	*old;		/* what is renewed; NULL: a first request */
static long	 later;

/* The certificate that came back, or NULL. */
static X509 *
send_message(struct world *w, struct scep_ra *ra, const struct bytes *msg)
{
	struct scep_http_request	 req = {
		.method = "POST",
		.path = "/static",
		.query = "operation=PKIOperation",
		.peer = "192.0.2.7",
		.body = msg->data,
		.body_len = msg->len,
	};
	struct scep_http_response	 resp;
	struct scep_line		 log = { .len = 0 };
	struct client_reply		 reply;
	X509				*cert = NULL;

	scep_ra_handle(ra, WORLD_NOW + later, &req, &resp, &log);
	assert_int_equal(ERR_peek_error(), 0);
	assert_true(resp.status == 200 || resp.status == 400);
	if (strstr(log.text, "result=granted") != NULL) {
		scep_client_reply_open(resp.body, resp.body_len, dev.key,
		    old != NULL ? old : dev.self, WORLD_STATIC, w->ra_cert,
		    &reply);
		assert_int_equal(reply.status, 0);
		cert = reply.cert;
		reply.cert = NULL;		/* the caller's */
		scep_client_reply_clear(&reply);
	}
	scep_http_response_clear(&resp);
	return cert;
}

static int
is_as_asked(X509 *cert, EVP_PKEY *key)
{
	char	 cn[64];

	return X509_NAME_get_text_by_NID(X509_get_subject_name(cert),
	    NID_commonName, cn, sizeof(cn)) > 0 && strcmp(cn, "asked") == 0 &&
	    X509_NAME_entry_count(X509_get_subject_name(cert)) == 1 &&
	    EVP_PKEY_eq(X509_get0_pubkey(cert), key) == 1;
}

/* A world in which msg is granted: new, or with what is renewed in it. */
static void
start_over(struct world *w, struct scep_ra **ra, const struct bytes *first)
{
	X509	*cert;

	scep_ra_free(*ra);
	world_reseed(w, 1);
	world_empty(w);
	*ra = ra_of(w);
	if (first == NULL)
		return;
	old = NULL;
	later = 0;
	assert_non_null(cert = send_message(w, *ra, first));
	old = cert;
	later = 200 * 86400L;
}

/* Returns how many were granted in spite of it. */
static size_t
flip_all(struct world *w, struct bytes *msg, const struct bytes *first,
    EVP_PKEY *key, X509 **kept)
{
	struct scep_ra	*ra = NULL;
	size_t		 bit, granted = 0;
	X509		*cert;

	start_over(w, &ra, first);
	if (kept != NULL)
		*kept = old;
	for (bit = 0; bit < 8 * msg->len; bit += STEP) {
		msg->data[bit / 8] ^= (unsigned char)(1 << bit % 8);
		if ((cert = send_message(w, ra, msg)) != NULL) {
			assert_true(is_as_asked(cert, key));
			X509_free(cert);
			granted++;
			/* The next must earn it anew. */
			if (kept != NULL)
				X509_free(*kept);
			start_over(w, &ra, first);
			if (kept != NULL)
				*kept = old;
		}
		msg->data[bit / 8] ^= (unsigned char)(1 << bit % 8);
	}
	/* The control, with all behind it. */
	assert_non_null(cert = send_message(w, ra, msg));
	assert_true(is_as_asked(cert, key));
	X509_free(cert);
	scep_ra_free(ra);
	print_message("# %zu of %zu mutants mean the same\n", granted,
	    bit / STEP);
	return granted;
}

static struct bytes
first_message(struct world *w, const char *txid)
{
	struct client_message	 m = {
		.type = 19,
		.txid = txid,
		.key = dev.key,
		.signer = dev.self,
		.recipient = { w->ra_cert },
	};
	struct bytes		 msg;

	m.content = client_csr(dev.key, "/CN=asked", WORLD_STATIC, NULL);
	msg = client_message(&m);
	bytes_free(&m.content);
	return msg;
}

/* To another key: neither the old one nor none. */
static struct bytes
renewal_message(struct world *w, int type)
{
	struct client_message	 m = {
		.type = type,
		.txid = "renewal",
		.key = dev.key,
		.signer = old,
		.recipient = { w->ra_cert },
	};
	struct bytes		 msg;

	m.content = client_csr(w->key[1], "/CN=asked", NULL, NULL);
	msg = client_message(&m);
	bytes_free(&m.content);
	return msg;
}

static void
by_the_first(const struct world *w)
{
	dev.key = w->key[0];
	dev.self = w->self[0];
	old = NULL;
	later = 0;
}

static void
no_flipped_bit_grants_anything_but_what_was_asked(void **state)
{
	struct world	*w = world_new(NULL);
	struct bytes	 msg;

	(void)state;
	by_the_first(w);
	msg = first_message(w, "flip");
	assert_true(flip_all(w, &msg, NULL, dev.key, NULL) <= EQUIVALENT);
	bytes_free(&msg);
	world_free(w);
}

/* Its answers are under the challenge. */
static void
nor_does_one_in_the_message_of_an_ec_key(void **state)
{
	struct world	*w = world_new(NULL);
	struct bytes	 msg;

	(void)state;
	old = NULL;
	later = 0;
	dev.key = EVP_EC_gen("P-256");
	dev.self = client_self_signed(dev.key, "/CN=device ec");
	msg = first_message(w, "flip");
	assert_true(flip_all(w, &msg, NULL, dev.key, NULL) <= EQUIVALENT);
	bytes_free(&msg);
	X509_free(dev.self);
	EVP_PKEY_free(dev.key);
	world_free(w);
}

static void
no_flipped_bit_renews_anything_but_what_was_asked(void **state)
{
	struct world	*w = world_new(NULL);
	struct bytes	 first, msg;
	struct scep_ra	*ra = NULL;
	X509		*kept;

	(void)state;
	by_the_first(w);
	first = first_message(w, "first");
	start_over(w, &ra, &first);	/* the same dice, the same bytes */
	scep_ra_free(ra);
	kept = old;
	msg = renewal_message(w, 17);
	X509_free(kept);
	assert_true(flip_all(w, &msg, &first, w->key[1], &kept) <=
	    EQUIVALENT);
	X509_free(kept);
	old = NULL;
	later = 0;
	bytes_free(&msg);
	bytes_free(&first);
	world_free(w);
}

static void
no_message_cut_short_is_granted(void **state)
{
	struct world		*w = world_new(NULL);
	struct scep_ra		*ra = ra_of(w);
	struct bytes		 msg, cut;
	X509			*cert;

	(void)state;
	by_the_first(w);
	msg = first_message(w, "cut");
	for (cut = msg, cut.len = 1; cut.len < msg.len; cut.len++)
		assert_null(send_message(w, ra, &cut));
	assert_non_null(cert = send_message(w, ra, &msg));
	X509_free(cert);
	bytes_free(&msg);
	scep_ra_free(ra);
	world_free(w);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(
		    no_flipped_bit_grants_anything_but_what_was_asked),
		cmocka_unit_test(
		    no_flipped_bit_renews_anything_but_what_was_asked),
		conforms(nor_does_one_in_the_message_of_an_ec_key, "C-088"),
		cmocka_unit_test(no_message_cut_short_is_granted),
	};

	return cmocka_run_group_tests_name("flip", tests, NULL, NULL);
}
