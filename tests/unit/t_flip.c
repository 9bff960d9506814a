/*
 * t_flip.c - no damage to a request may change what is certified.
 *
 * Each bit of a good PKCSReq is flipped in turn.  A few bits nothing signs
 * and nothing needs (an unused version, the case of an issuer's name): those
 * mutants are granted, and must get the very name and key of the original.
 * EQUIVALENT bounds how many they are: if it grows, a check was lost.
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

	scep_ra_handle(ra, WORLD_NOW, &req, &resp, &log);
	assert_int_equal(ERR_peek_error(), 0);
	assert_true(resp.status == 200 || resp.status == 400);
	if (strstr(log.text, "result=granted") != NULL) {
		client_reply_read(resp.body, resp.body_len, w->key[0],
		    w->self[0], w->ra_cert, &reply);
		assert_int_equal(reply.status, 0);
		cert = reply.cert;
	}
	scep_http_response_clear(&resp);
	return cert;
}

static int
is_as_asked(struct world *w, X509 *cert)
{
	char	 cn[64];

	return X509_NAME_get_text_by_NID(X509_get_subject_name(cert),
	    NID_commonName, cn, sizeof(cn)) > 0 && strcmp(cn, "asked") == 0 &&
	    X509_NAME_entry_count(X509_get_subject_name(cert)) == 1 &&
	    EVP_PKEY_eq(X509_get0_pubkey(cert), w->key[0]) == 1;
}

static void
no_flipped_bit_grants_anything_but_what_was_asked(void **state)
{
	struct world		*w = world_new(NULL);
	struct scep_ra		*ra = ra_of(w);
	struct bytes		 csr, msg;
	struct client_message	 m = {
		.type = 19,
		.txid = "flip",
		.key = w->key[0],
		.signer = w->self[0],
		.recipient = { w->ra_cert },
	};
	size_t			 bit, granted = 0;
	X509			*cert;

	(void)state;
	m.content = csr = client_csr(w->key[0], "/CN=asked", WORLD_STATIC,
	    NULL);
	msg = client_message(&m);
	cert = send_message(w, ra, &msg);	/* the control */
	assert_non_null(cert);
	assert_true(is_as_asked(w, cert));
	X509_free(cert);
	for (bit = 0; bit < 8 * msg.len; bit += STEP) {
		msg.data[bit / 8] ^= (unsigned char)(1 << bit % 8);
		if ((cert = send_message(w, ra, &msg)) != NULL) {
			assert_true(is_as_asked(w, cert));
			X509_free(cert);
			granted++;
			/* The next must earn it anew. */
			scep_ra_free(ra);
			world_empty(w);
			ra = ra_of(w);
		}
		msg.data[bit / 8] ^= (unsigned char)(1 << bit % 8);
	}
	print_message("# %zu of %zu mutants mean the same\n", granted,
	    bit / STEP);
	assert_true(granted <= EQUIVALENT);
	bytes_free(&msg);
	bytes_free(&csr);
	scep_ra_free(ra);
	world_free(w);
}

static void
no_message_cut_short_is_granted(void **state)
{
	struct world		*w = world_new(NULL);
	struct scep_ra		*ra = ra_of(w);
	struct bytes		 csr, msg, cut;
	struct client_message	 m = {
		.type = 19,
		.txid = "cut",
		.key = w->key[0],
		.signer = w->self[0],
		.recipient = { w->ra_cert },
	};
	X509			*cert;

	(void)state;
	m.content = csr = client_csr(w->key[0], "/CN=asked", WORLD_STATIC,
	    NULL);
	msg = client_message(&m);
	for (cut = msg, cut.len = 1; cut.len < msg.len; cut.len++)
		assert_null(send_message(w, ra, &cut));
	assert_non_null(cert = send_message(w, ra, &msg));
	X509_free(cert);
	bytes_free(&msg);
	bytes_free(&csr);
	scep_ra_free(ra);
	world_free(w);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(
		    no_flipped_bit_grants_anything_but_what_was_asked),
		cmocka_unit_test(no_message_cut_short_is_granted),
	};

	return cmocka_run_group_tests_name("flip", tests, NULL, NULL);
}
