/*
 * t_keytypes.c - devices with keys of each type, from the HTTP request to the
 * certificate in their hands; OpenSSL's CMS code is the client.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/error.h"
#include "ra/ra.h"
#include "tests/unit/conform.h"
#include "tests/unit/ed_message.h"
#include "tests/unit/world.h"

#define SECRET		"0123456789abcdef"
#define LENGTH(a)	(sizeof(a) / sizeof((a)[0]))

/* What a test needs of a device. */
struct kind {
	const char	*name, *type, *group;
};
static const struct kind	kinds[] = {
	{ "RSA", "RSA", NULL },
	{ "P-256", "EC", "P-256" },
	{ "P-384", "EC", "P-384" },
	{ "P-521", "EC", "P-521" },
	{ "Ed25519", "ED25519", NULL },
};
enum { RSA_KIND, P256, P384, P521, ED25519, N_KINDS };

static struct world		*w;
static struct scep_ra		*ra;
static struct world_device	 device[N_KINDS];

static int
start(void **state)
{
	struct scep_error	 err;

	(void)state;
	scep_ra_free(ra);
	world_empty(w);
	return scep_ra_new(w->crypto, w->ca, &ra, &err) == SCEP_OK ? 0 : -1;
}

static EVP_PKEY *
key_make(const struct kind *kind)
{
	if (kind->group != NULL)
		return EVP_PKEY_Q_keygen(NULL, NULL, "EC", kind->group);
	return strcmp(kind->type, "RSA") == 0 ? EVP_RSA_gen(2048) :
	    EVP_PKEY_Q_keygen(NULL, NULL, kind->type);
}

static struct bytes
message(int kind, int type, const char *challenge, const EVP_MD *md)
{
	struct client_message	 m = {
		.type = type,
		.txid = kinds[kind].name,
		.key = device[kind].key,
		.signer = device[kind].self,
		.recipient = { w->ra_cert },
		.cipher = EVP_aes_256_cbc(),
		.digest = md,
	};
	struct bytes		 der;

	m.content = type == 19 ? client_csr(device[kind].key, "/CN=dev",
	    challenge, NULL) : client_issuer_and_subject(w->ca_cert,
	    "/CN=dev");
	der = kind == ED25519 ? ed_message(&m) : client_message(&m);
	bytes_free(&m.content);
	return der;
}

/* What came back to who signed with this certificate: read with this
 * password. */
static struct client_reply
exchange_as(X509 *signer, const char *path, int kind,
    const struct bytes *msg, const char *password, struct scep_line *log)
{
	struct scep_http_request	 req = {
		.method = "POST",
		.path = path,
		.query = "operation=PKIOperation",
		.peer = "192.0.2.7",
		.body = msg->data,
		.body_len = msg->len,
	};
	struct scep_http_response	 http;
	struct client_reply		 reply;

	memset(log, 0, sizeof(*log));
	scep_ra_handle(ra, WORLD_NOW, &req, &http, log);
	assert_int_equal(ERR_peek_error(), 0);
	assert_int_equal(http.status, 200);
	scep_client_reply_open(http.body, http.body_len, device[kind].key,
	    signer, password, w->ra_cert, &reply);
	scep_http_response_clear(&http);
	return reply;
}

static struct client_reply
exchange(const char *path, int kind, const struct bytes *msg,
    const char *password, struct scep_line *log)
{
	return exchange_as(device[kind].self, path, kind, msg, password, log);
}

/* It must be refused with this failInfo, and these words in the log. */
static void
refused(const char *path, int kind, struct bytes msg, int fail_info,
    const char *why)
{
	struct scep_line	 log;
	struct client_reply	 reply = exchange(path, kind, &msg, NULL,
				    &log);

	if (reply.status != 2 || reply.fail_info != fail_info ||
	    strstr(log.text, why) == NULL)
		fail_msg("%s: status %d, failInfo %d, wanted %d: %s",
		    kinds[kind].name, reply.status, reply.fail_info,
		    fail_info, log.text);
	client_reply_clear(&reply);
	bytes_free(&msg);
}

static void
is_for(int kind, const struct client_reply *reply, const EVP_MD *md)
{
	const uint32_t	 usage = X509_get_key_usage(reply->cert);

	assert_int_equal(X509_verify(reply->cert, w->ca_key), 1);
	assert_int_equal(EVP_PKEY_eq(X509_get0_pubkey(reply->cert),
	    device[kind].key), 1);
	assert_int_equal(reply->cipher_nid, NID_aes_256_cbc);
	assert_int_equal(reply->digest_nid, EVP_MD_get_type(md));
	/* RFC 8813 section 3, RFC 8410 section 5. */
	assert_int_equal(usage, kind == RSA_KIND ? KU_DIGITAL_SIGNATURE |
	    KU_KEY_ENCIPHERMENT : KU_DIGITAL_SIGNATURE);
}

static const EVP_MD *
digest_of(int kind)
{
	return kind == ED25519 ? EVP_sha512() : kind == P384 ? EVP_sha384() :
	    EVP_sha256();
}

/* Enrolled, and found again by a poll after a lost answer. */
static void
each_type_of_key_is_certified(void **state)
{
	static const int	 types[] = { 19, 19, 20 };
	struct scep_line	 log;
	struct client_reply	 reply;
	struct bytes		 msg;
	size_t			 i;
	int			 k;

	(void)state;
	for (k = 0; k < N_KINDS; k++)
		for (i = 0; i < LENGTH(types); i++) {
			msg = message(k, types[i], WORLD_STATIC,
			    digest_of(k));
			reply = exchange("/static", k, &msg, WORLD_STATIC,
			    &log);
			if (reply.status != 0)
				fail_msg("%s, type %d: %s; %s", kinds[k].name,
				    types[i], reply.why, log.text);
			is_for(k, &reply, digest_of(k));
			assert_int_equal(strstr(log.text,
			    "sealed=password") != NULL, k != RSA_KIND);
			client_reply_clear(&reply);
			bytes_free(&msg);
		}
	assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), N_KINDS);
	assert_false(world_holds(w, WORLD_STATIC));
}

/* The control is the test above. */
static void
another_password_opens_nothing(void **state)
{
	struct scep_line	 log;
	struct client_reply	 reply;
	struct bytes		 msg;
	int			 k;

	(void)state;
	for (k = P256; k < N_KINDS; k++) {
		msg = message(k, 19, WORLD_STATIC, digest_of(k));
		reply = exchange("/static", k, &msg, "open sesamE", &log);
		assert_non_null(strstr(log.text, "result=granted"));
		assert_int_equal(reply.status, -1);
		assert_non_null(strstr(reply.why, "cannot decrypt"));
		client_reply_clear(&reply);
		bytes_free(&msg);
	}
}

static struct bytes
spoilt(struct bytes msg)
{
	msg.data[msg.len - 1] ^= 1;	/* the signature's last octet */
	return msg;
}

/* Before anything is verified: a bad signature is told only to those whose
 * keys are allowed. */
static void
a_type_that_is_not_listed_is_badAlg(void **state)
{
	int	 k;

	(void)state;
	for (k = P256; k < N_KINDS; k++) {
		refused("/main", k, message(k, 19, "x", digest_of(k)), 0,
		    "key not allowed");
		refused("/main", k, spoilt(message(k, 19, "x",
		    digest_of(k))), 0, "key not allowed");
		refused("/main", k, message(k, 20, NULL, digest_of(k)), 0,
		    "key not allowed");
		refused("/static", k, spoilt(message(k, 19, WORLD_STATIC,
		    digest_of(k))), 1, "signature");
	}
	refused("/p256", P384, message(P384, 19, "x", EVP_sha384()), 0,
	    "P-384 key not allowed");
	refused("/p256", RSA_KIND, message(RSA_KIND, 19, "x", EVP_sha256()),
	    0, "RSA key not allowed");
	assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 0);
}

/* RFC 8894 has no way to encrypt the answer: PROTOCOL C-147. */
static void
what_cannot_be_encrypted_is_not_asked_for(void **state)
{
	int	 k, type;

	(void)state;
	for (type = 21; type <= 22; type++) {
		for (k = P256; k < N_KINDS; k++) {
			refused("/static", k, message(k, type, NULL,
			    digest_of(k)), 0, "cannot be encrypted to");
			refused("/static", k, spoilt(message(k, type, NULL,
			    digest_of(k))), 0, "cannot be encrypted to");
		}
		refused("/static", RSA_KIND, spoilt(message(RSA_KIND, type,
		    NULL, EVP_sha256())), 1, "signature");
	}
}

/* Its reason is the log's; the device learns what it learns of any. */
static void
without_a_secret_it_is_the_uniform_refusal(void **state)
{
	int	 k;

	(void)state;
	for (k = P256; k < N_KINDS; k++) {
		refused("/static", k, message(k, 19, NULL, digest_of(k)), 2,
		    "no challengePassword to encrypt");
		refused("/static", k, message(k, 19, "sixteen octets it is",
		    digest_of(k)), 2, "challenge unknown");
	}
	assert_int_equal(world_count(w, SCEP_T_TRANSACTION), 0);
}

/* RFC 8419 section 3.1. */
static void
ed25519_goes_with_sha512_alone(void **state)
{
	(void)state;
	refused("/static", ED25519, message(ED25519, 19, WORLD_STATIC,
	    EVP_sha256()), 0, "signature with SHA-512 over a digest with "
	    "SHA-256");
	refused("/static", ED25519, message(ED25519, 19, WORLD_STATIC,
	    EVP_sha384()), 0, "signature with SHA-512");
}

static void
an_unknown_poll_is_unknown(void **state)
{
	int	 k;

	(void)state;
	for (k = 0; k < N_KINDS; k++)
		refused("/static", k, message(k, 20, NULL, digest_of(k)), 4,
		    "no such transaction");
}

/* Of the device's old certificate, to the same key. */
static struct bytes
renewal(int kind, int type, X509 *old, const char *secret)
{
	struct client_message	 m = {
		.type = type,
		.txid = type == 17 ? "17" : "19",
		.key = device[kind].key,
		.signer = old,
		.recipient = { w->ra_cert },
		.cipher = EVP_aes_256_cbc(),
		.digest = digest_of(kind),
		.content = client_csr(device[kind].key, "/CN=dev", secret,
		    NULL),
	};
	struct bytes		 der = kind == ED25519 ? ed_message(&m) :
				    client_message(&m);

	bytes_free(&m.content);
	return der;
}

/* By both types of message, under any secret; without one it is refused. */
static void
each_type_of_key_renews(void **state)
{
	static const int	 types[] = { 17, 19 };
	struct scep_line	 log;
	struct client_reply	 first, reply;
	struct bytes		 msg;
	size_t			 i;
	int			 k;

	(void)state;
	for (k = 0; k < N_KINDS; k++) {
		msg = message(k, 19, WORLD_STATIC, digest_of(k));
		first = exchange("/static", k, &msg, WORLD_STATIC, &log);
		assert_int_equal(first.status, 0);
		bytes_free(&msg);
		if (k != RSA_KIND)
			refused("/renews", k, renewal(k, 17, first.cert, NULL),
			    2, "no challengePassword to encrypt");
		for (i = 0; i < LENGTH(types); i++) {
			msg = renewal(k, types[i], first.cert, SECRET);
			reply = exchange_as(first.cert, "/renews", k, &msg,
			    SECRET, &log);
			if (reply.status != 0)
				fail_msg("%s, type %d: %s; %s", kinds[k].name,
				    types[i], reply.why, log.text);
			is_for(k, &reply, digest_of(k));
			assert_int_not_equal(X509_cmp(reply.cert, first.cert),
			    0);
			client_reply_clear(&reply);
			bytes_free(&msg);
			refused("/renews", k, spoilt(renewal(k, types[i],
			    first.cert, SECRET)), 1, "signature");
		}
		client_reply_clear(&first);
	}
}

static void
devices_make(void)
{
	int	 k;

	for (k = 0; k < N_KINDS; k++) {
		world_must((device[k].key = key_make(&kinds[k])) != NULL);
		device[k].self = client_self_signed(device[k].key, "/CN=dev");
	}
}

#define T(f, numbers)	conforms_setup(f, start, numbers)

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		T(each_type_of_key_is_certified, "C-087 C-088 T-29 T-53"),
		T(each_type_of_key_renews, "C-087 C-088 C-125 C-147 T-29"),
		T(another_password_opens_nothing, "C-088"),
		T(a_type_that_is_not_listed_is_badAlg, "C-147"),
		T(what_cannot_be_encrypted_is_not_asked_for, "C-147"),
		T(without_a_secret_it_is_the_uniform_refusal, "C-147"),
		T(ed25519_goes_with_sha512_alone, "T-29"),
		T(an_unknown_poll_is_unknown, "C-182"),
	};
	int	 k, rc;

	w = world_new("\n[profile p256]\nauthorise = challenge\n"
	    "key_types = p256\n"
	    "[profile renews]\nauthorise = challenge\n"
	    "key_types = rsa ec ed25519\nrenew_from = always\n"
	    "renew_from_profiles = static\n");
	devices_make();
	rc = cmocka_run_group_tests_name("keytypes", tests, NULL, NULL);
	for (k = 0; k < N_KINDS; k++) {
		EVP_PKEY_free(device[k].key);
		X509_free(device[k].self);
	}
	scep_ra_free(ra);
	world_free(w);
	return rc;
}
