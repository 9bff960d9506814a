/*
 * t_fetch.c - what devices get that is there already: GetCert, GetCRL, and
 * the files of a plain GET; from an RA in the CA's process, and from one at
 * its door.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <sys/socket.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/error.h"
#include "ca/crl.h"
#include "ca/door.h"
#include "ca/issue.h"
#include "ra/local.h"
#include "ra/ra.h"
#include "tests/unit/conform.h"
#include "tests/unit/world.h"

#define DAY	86400L
#define LENGTH(a)	(sizeof(a) / sizeof((a)[0]))

static struct world	*w;
static struct scep_ra	*ra;
static struct scep_ca	*door;		/* the RA's end, or NULL */
static pthread_t	 server;
static int		 through_door;

/* What came back. */
struct got {
	struct scep_http_response	 http;
	struct scep_line		 log;
	struct client_reply		 reply;
};

/* The CA behind a socket. */

static time_t
standing_clock(void)
{
	return WORLD_NOW;
}

static void *
serve(void *arg)
{
	const int		 fd = *(int *)arg;
	struct scep_error	 err;

	free(arg);
	while (scep_door_serve(w->ca, fd, standing_clock, &err) == SCEP_OK)
		;
	(void)close(fd);
	return NULL;
}

static struct scep_ca *
connect_door(void)
{
	struct scep_error	 err;
	struct scep_ca		*ca;
	int			 fds[2], *fd = malloc(sizeof(*fd));

	world_must(fd != NULL &&
	    socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
	*fd = fds[1];
	world_must(pthread_create(&server, NULL, serve, fd) == 0);
	world_must(scep_ca_connect(fds[0], 20000, &ca, &err) == SCEP_OK);
	return ca;
}

static void
ra_close(void)
{
	scep_ra_free(ra);
	ra = NULL;
	if (door == NULL)
		return;
	scep_ca_close(door);
	world_must(pthread_join(server, NULL) == 0);
	door = NULL;
}

/* An RA that knows the configuration as it is now. */
static void
ra_open(void)
{
	struct scep_error	 err;

	ra_close();
	if (through_door)
		door = connect_door();
	world_must(scep_ra_new(w->crypto, door != NULL ? door : w->ca, &ra,
	    &err) == SCEP_OK);
}

static struct scep_profile *
profile(const char *name)
{
	return (struct scep_profile *)(uintptr_t)scep_config_profile(w->cfg,
	    name);
}

static int
setup(void **state)
{
	(void)state;
	ra_close();
	world_empty(w);
	world_reseed(w, 1);
	w->cfg->ca[0].crl = 1;
	profile("static")->getcert = SCEP_GETCERT_OWN;
	profile("static")->getcrl = 1;
	ra_open();
	return 0;
}

static void
got_clear(struct got *g)
{
	scep_http_response_clear(&g->http);
	client_reply_clear(&g->reply);
}

static time_t	later;		/* than WORLD_NOW, s */

static void
ask(const char *method, const char *path, const struct bytes *body,
    EVP_PKEY *key, X509 *signer, struct got *g)
{
	struct scep_http_request	 req = {
		.method = method,
		.path = path,
		.query = body != NULL ? "operation=PKIOperation" : "",
		.peer = "192.0.2.7",
		.body = body != NULL ? body->data : NULL,
		.body_len = body != NULL ? body->len : 0,
	};

	memset(g, 0, sizeof(*g));
	scep_ra_handle(ra, WORLD_NOW + later, &req, &g->http, &g->log);
	g->reply.status = -1;
	if (body != NULL && g->http.status == 200)
		client_reply_read(g->http.body, g->http.body_len, key, signer,
		    w->ra_cert, &g->reply);
	assert_int_equal(ERR_peek_error(), 0);
}

/* A message to the profile "static", signed by device k with its self-signed
 * certificate, or with this one. */
static void
send_type(int type, int k, X509 *with, struct bytes content, struct got *g)
{
	X509			*signer = with != NULL ? with : w->self[k];
	struct client_message	 m = {
		.type = type,
		.txid = "1",		/* as clients have it: C-211 */
		.key = w->key[k],
		.signer = signer,
		.recipient = { w->ra_cert },
		.content = content,
	};
	struct bytes		 msg = client_message(&m);

	ask("POST", "/static", &msg, w->key[k], signer, g);
	bytes_free(&msg);
}

static X509 *
enrol(int k)
{
	char		 subject[32];
	struct bytes	 csr;
	struct got	 g;
	X509		*cert;

	(void)snprintf(subject, sizeof(subject), "/CN=dev-%d", k);
	csr = client_csr(w->key[k], subject, WORLD_STATIC, NULL);
	send_type(19, k, NULL, csr, &g);
	assert_int_equal(g.reply.status, 0);
	assert_non_null(cert = g.reply.cert);
	X509_up_ref(cert);
	bytes_free(&csr);
	got_clear(&g);
	return cert;
}

/* Ask about a serial of an issuer. */
static void
send_which(int type, int k, X509 *with, const X509_NAME *issuer,
    const ASN1_INTEGER *serial, struct got *g)
{
	struct bytes	 which = client_issuer_and_serial(issuer, serial);

	send_type(type, k, with, which, g);
	bytes_free(&which);
}

static void
send_about(int type, int k, X509 *with, X509 *cert, struct got *g)
{
	send_which(type, k, with, X509_get_issuer_name(cert),
	    X509_get0_serialNumber(cert), g);
}

static void
got_cert(struct got *g, const X509 *cert)
{
	if (g->reply.status != 0)
		fail_msg("pkiStatus %d, failInfo %d: %s", g->reply.status,
		    g->reply.fail_info, g->log.text);
	assert_int_equal(g->reply.n_certs, 1);
	assert_int_equal(g->reply.n_crls, 0);
	assert_int_equal(X509_cmp(g->reply.cert, cert), 0);
	assert_string_equal(g->reply.txid, "1");
	got_clear(g);
}

static void
got_refusal(struct got *g, int fail_info, const char *why)
{
	assert_int_equal(g->reply.status, 2);
	assert_int_equal(g->reply.fail_info, fail_info);
	if (strstr(g->log.text, why) == NULL)
		fail_msg("wanted %s in %s", why, g->log.text);
	got_clear(g);
}

/* One CRL and no certificate. */
static void
got_crl(struct got *g)
{
	if (g->reply.status != 0)
		fail_msg("pkiStatus %d, failInfo %d: %s", g->reply.status,
		    g->reply.fail_info, g->log.text);
	assert_int_equal(g->reply.n_certs, 0);
	assert_int_equal(g->reply.n_crls, 1);
	assert_int_equal(X509_CRL_verify(g->reply.crl, w->ca_key), 1);
	got_clear(g);
}

static void
a_device_gets_its_own_certificate(void **state)
{
	X509		*cert = enrol(0);
	struct got	 g;

	(void)state;
	send_about(21, 0, NULL, cert, &g);
	assert_non_null(strstr(g.log.text, "type=GetCert"));
	got_cert(&g, cert);
	/* The same key, under the certificate itself. */
	send_about(21, 0, cert, cert, &g);
	got_cert(&g, cert);
	X509_free(cert);
}

static void
another_key_gets_it_only_where_anybody_may(void **state)
{
	X509		*cert = enrol(0);
	X509		*other = enrol(1);
	struct got	 g;

	(void)state;
	send_about(21, 1, NULL, cert, &g);
	got_refusal(&g, 4, "not that of the certificate");
	send_about(21, 1, other, cert, &g);
	got_refusal(&g, 4, "not that of the certificate");
	send_about(21, 1, other, other, &g);
	got_cert(&g, other);
	profile("static")->getcert = SCEP_GETCERT_ANY;
	ra_open();
	send_about(21, 1, NULL, cert, &g);
	got_cert(&g, cert);
	X509_free(cert);
	X509_free(other);
}

static void
what_is_not_there_is_badcertid(void **state)
{
	X509		*cert = enrol(0);
	ASN1_INTEGER	*unknown = ASN1_INTEGER_new();
	X509_NAME	*foreign = X509_NAME_new();
	struct got	 g;
	int		 type;

	(void)state;
	world_must(ASN1_INTEGER_set(unknown, 4711) == 1 &&
	    X509_NAME_add_entry_by_txt(foreign, "CN", MBSTRING_UTF8,
	    (const unsigned char *)"Other CA", -1, -1, 0) == 1);
	send_which(21, 0, NULL, X509_get_issuer_name(cert), unknown, &g);
	got_refusal(&g, 4, "no such certificate");
	for (type = 21; type <= 22; type++) {
		send_which(type, 0, NULL, foreign,
		    X509_get0_serialNumber(cert), &g);
		got_refusal(&g, 4, "the issuer is not our CA");
	}
	send_about(21, 0, NULL, cert, &g);
	got_cert(&g, cert);
	send_about(22, 0, NULL, cert, &g);
	got_crl(&g);
	X509_NAME_free(foreign);
	ASN1_INTEGER_free(unknown);
	X509_free(cert);
}

/* One octet too many, too few, another tag: none is an answer's difference. */
static void
garbage_is_badcertid(void **state)
{
	X509		*cert = enrol(0);
	struct bytes	 which = client_issuer_and_serial(
			    X509_get_issuer_name(cert),
			    X509_get0_serialNumber(cert));
	unsigned char	 text[512] = { 0 };
	struct got	 g;
	int		 type, i;

	(void)state;
	assert_in_range(which.len, 20, sizeof(text) - 1);
	for (type = 21; type <= 22; type++)
		for (i = 0; i < 5; i++) {
			struct bytes	 bad = { text, which.len };

			memcpy(text, which.data, which.len);
			if (i == 0)
				bad.len++;
			else if (i == 1)
				bad.len--;
			else if (i == 2)
				text[0] = 0x31;
			else if (i == 3)
				text[2] = 0x31;
			else
				bad.len = 1;
			send_type(type, 0, NULL, bad, &g);
			got_refusal(&g, 4, "no IssuerAndSerialNumber");
		}
	send_type(21, 0, NULL, which, &g);
	got_cert(&g, cert);
	bytes_free(&which);
	X509_free(cert);
}

/* As sscep writes it, and whoever took the RA for the CA. */
static void
an_issuer_is_compared_as_a_name(void **state)
{
	static const struct {
		const char	*cn;
		int		 type;
	} rows[] = {
		{ "Test CA", V_ASN1_PRINTABLESTRING },
		{ "Test CA", V_ASN1_T61STRING },
		{ "tEST  ca ", V_ASN1_UTF8STRING },
		{ "Test RA", V_ASN1_UTF8STRING },
	};
	X509		*cert = enrol(0);
	X509_NAME	*name;
	struct got	 g;
	size_t		 i;

	(void)state;
	for (i = 0; i < LENGTH(rows); i++) {
		name = X509_NAME_new();
		world_must(X509_NAME_add_entry_by_NID(name, NID_commonName,
		    rows[i].type, (const unsigned char *)rows[i].cn, -1, -1,
		    0) == 1);
		send_which(21, 0, NULL, name, X509_get0_serialNumber(cert),
		    &g);
		got_cert(&g, cert);
		send_which(22, 0, NULL, name, X509_get0_serialNumber(cert),
		    &g);
		got_crl(&g);
		X509_NAME_free(name);
	}
	X509_free(cert);
}

/* RFC 8894 section 4.6: any device may, whoever it is. */
static void
a_crl_comes_alone(void **state)
{
	X509		*cert = enrol(0);
	ASN1_INTEGER	*any = ASN1_INTEGER_new();
	struct got	 g;

	(void)state;
	send_about(22, 1, NULL, cert, &g);
	assert_non_null(strstr(g.log.text, "type=GetCRL"));
	assert_non_null(strstr(g.log.text, "crl=1795521600"));
	got_crl(&g);
	/* The serial is of whom the device wants to know. */
	world_must(ASN1_INTEGER_set(any, 1) == 1);
	send_which(22, 1, NULL, X509_get_issuer_name(cert), any, &g);
	got_crl(&g);
	ASN1_INTEGER_free(any);
	X509_free(cert);
}

/* One that no key of ours opens: who tries finds that out. */
static void
send_to_others(int type, struct got *g)
{
	unsigned char		 zero[4] = { 0 };
	struct client_message	 m = {
		.type = type,
		.txid = "1",
		.key = w->key[0],
		.signer = w->self[0],
		.recipient = { w->self[1], w->self[2] },
		.content = { zero, sizeof(zero) },
	};
	struct bytes		 msg = client_message(&m);

	ask("POST", "/static", &msg, w->key[0], w->self[0], g);
	bytes_free(&msg);
}

static void
what_is_switched_off_is_refused_before_it_is_opened(void **state)
{
	unsigned char		 zero[4] = { 0 };
	const struct bytes	 garbage = { zero, sizeof(zero) };
	X509			*cert = enrol(0);
	struct got		 g;

	(void)state;
	profile("static")->getcert = SCEP_GETCERT_NO;
	ra_open();
	send_about(21, 0, NULL, cert, &g);
	got_refusal(&g, 2, "GetCert is not offered");
	send_type(21, 0, NULL, garbage, &g);
	got_refusal(&g, 2, "GetCert is not offered");
	send_to_others(21, &g);
	got_refusal(&g, 2, "GetCert is not offered");
	send_to_others(22, &g);
	got_refusal(&g, 2, "no recipient");
	send_about(22, 0, NULL, cert, &g);
	got_crl(&g);
	profile("static")->getcert = SCEP_GETCERT_OWN;
	profile("static")->getcrl = 0;
	ra_open();
	send_about(22, 0, NULL, cert, &g);
	got_refusal(&g, 2, "GetCRL is not offered");
	send_type(22, 0, NULL, garbage, &g);
	got_refusal(&g, 2, "GetCRL is not offered");
	send_to_others(22, &g);
	got_refusal(&g, 2, "GetCRL is not offered");
	send_to_others(21, &g);
	got_refusal(&g, 2, "no recipient");
	send_about(21, 0, NULL, cert, &g);
	got_cert(&g, cert);
	X509_free(cert);
}

static void
a_crl_that_is_not_there_is_badrequest(void **state)
{
	unsigned char		 zero[4] = { 0 };
	const struct bytes	 garbage = { zero, sizeof(zero) };
	X509			*cert = enrol(0);
	struct got		 g;

	(void)state;
	send_about(22, 0, NULL, cert, &g);
	got_crl(&g);
	/* Switched off in the CA, under an RA that does not know it. */
	w->cfg->ca[0].crl = 0;
	send_about(22, 0, NULL, cert, &g);
	got_refusal(&g, 2, "crl = no");
	send_type(22, 0, NULL, garbage, &g);
	got_refusal(&g, 2, "crl = no");
	ra_open();
	send_about(22, 0, NULL, cert, &g);
	got_refusal(&g, 2, "GetCRL is not offered");
	X509_free(cert);
}

static void
put_revoked(struct scep_change *change, unsigned int number)
{
	const uint8_t		 serial[4] = { 0x40, (uint8_t)(number >> 16),
				    (uint8_t)(number >> 8), (uint8_t)number };
	struct scep_cert_rec	 rec;
	struct scep_error	 err;

	memset(&rec, 0, sizeof(rec));
	rec.state = SCEP_CERT_REVOKED;
	rec.revoked = WORLD_NOW - DAY;
	rec.reason = 1;
	rec.not_after = WORLD_NOW + DAY;
	world_must(scep_buf_set(&rec.serial, scep_span_make(serial, 4),
	    &err) == SCEP_OK);
	memcpy(rec.issuer, w->cfg->ca[0].issuer.id, sizeof(rec.issuer));
	world_must(scep_cert_rec_write(change, &rec, &err) == SCEP_OK);
	scep_cert_rec_clear(&rec);
}

/* Too many for a message; a plain GET has them all. */
static void
a_long_crl_is_for_the_plain_get(void **state)
{
	const unsigned int	 n = 40000;
	struct scep_change	 change = { .n = 0 };
	const unsigned char	*p;
	struct scep_error	 err;
	struct got		 g;
	X509_CRL		*crl;
	X509			*cert = enrol(0);
	unsigned int		 i;

	(void)state;
	for (i = 0; i < n; i++) {
		put_revoked(&change, i);
		if (change.n < SCEP_CHANGE_MAX && i < n - 1)
			continue;
		world_must(scep_store_commit(w->store, &change, &err) ==
		    SCEP_OK);
		scep_change_clear(&change);
	}
	send_about(22, 0, NULL, cert, &g);
	got_refusal(&g, 2, "at most 1048576; devices can get it at "
	    "crl/test.crl");
	ask("GET", "/crl/test.crl", NULL, NULL, NULL, &g);
	assert_int_equal(g.http.status, 200);
	p = g.http.body;
	assert_non_null(crl = d2i_X509_CRL(NULL, &p, (long)g.http.body_len));
	assert_ptr_equal(p, g.http.body + g.http.body_len);
	assert_int_equal(sk_X509_REVOKED_num(X509_CRL_get_REVOKED(crl)), n);
	assert_int_equal(X509_CRL_verify(crl, w->ca_key), 1);
	X509_CRL_free(crl);
	got_clear(&g);
	X509_free(cert);
}

/* How many are revoked by what the plain GET of this path gives at that
 * time. */
static int
n_revoked(const char *path, time_t at)
{
	const unsigned char	*p;
	struct got		 g;
	X509_CRL		*crl;
	int			 n;

	later = at;
	ask("GET", path, NULL, NULL, NULL, &g);
	later = 0;
	assert_int_equal(g.http.status, 200);
	p = g.http.body;
	assert_non_null(crl = d2i_X509_CRL(NULL, &p, (long)g.http.body_len));
	n = sk_X509_REVOKED_num(X509_CRL_get_REVOKED(crl));
	X509_CRL_free(crl);
	got_clear(&g);
	return n < 0 ? 0 : n;		/* -1: there is no list */
}

static void
make_crl(unsigned int revoked)
{
	struct scep_change	 change = { .n = 0 };
	struct scep_error	 err;

	put_revoked(&change, revoked);
	world_must(scep_store_commit(w->store, &change, &err) == SCEP_OK &&
	    scep_crl_make((struct scep_local *)w->ca, &w->cfg->ca[0],
	    WORLD_NOW, "us", &err) == SCEP_OK);
	scep_change_clear(&change);
}

/* An RA keeps it, and asks once a second whether it is still the newest. */
static void
a_crl_by_plain_get_is_a_second_old_at_most(void **state)
{
	static const char	 path[] = "/crl/test.crl";

	(void)state;
	assert_int_equal(n_revoked(path, 0), 0);
	make_crl(1);
	assert_int_equal(n_revoked(path, 0), 0);
	assert_int_equal(n_revoked(path, 1), 1);
	make_crl(2);
	assert_int_equal(n_revoked(path, 1), 1);
	assert_int_equal(n_revoked("/crl/test.1.crl", 1), 2);
	assert_int_equal(n_revoked(path, 2), 2);
	assert_int_equal(n_revoked(path, 3), 2);
}

/* Only for one that there is does another one give way. */
static void
what_is_not_there_displaces_no_crl(void **state)
{
	static const char *const	 none[] = { "a", "b", "c", "d", "e" };
	const struct scep_work		 work = { .ra = ra, .now = WORLD_NOW };
	struct scep_error		 err;
	struct scep_crl			 crl;
	size_t				 i;

	(void)state;
	assert_int_equal(n_revoked("/crl/test.crl", 0), 0);
	make_crl(1);
	for (i = 0; i < LENGTH(none); i++)
		assert_int_equal(scep_kept_get(&work, none[i], &crl, &err),
		    SCEP_E_NOTFOUND);
	/* The one before, for it is kept; it would be the new one else. */
	assert_int_equal(n_revoked("/crl/test.crl", 0), 0);
	assert_int_equal(n_revoked("/crl/test.crl", 1), 1);
}

/* It says nothing of whether it may be trusted; a CRL does. */
static void
a_revoked_certificate_is_still_the_one_that_was_issued(void **state)
{
	X509			*cert = enrol(0);
	const ASN1_INTEGER	*serial = X509_get0_serialNumber(cert);
	struct scep_change	 change = { .n = 0 };
	struct scep_buf		 key = { NULL, 0 };
	struct scep_cert_rec	 rec;
	struct scep_error	 err;
	struct got		 g;

	(void)state;
	world_must(scep_cert_key(scep_span_make(serial->data,
	    (size_t)serial->length), w->cfg->ca[0].issuer.id, &key, &err) ==
	    SCEP_OK &&
	    scep_cert_rec_get(w->store, scep_buf_span(&key), &rec, &err) ==
	    SCEP_OK);
	rec.state = SCEP_CERT_REVOKED;
	rec.revoked = WORLD_NOW;
	world_must(scep_cert_rec_write(&change, &rec, &err) == SCEP_OK &&
	    scep_store_commit(w->store, &change, &err) == SCEP_OK);
	scep_change_clear(&change);
	send_about(21, 0, NULL, cert, &g);
	got_cert(&g, cert);
	/* One that the issue log alone knows of has no octets to give. */
	rec.rev++;
	scep_buf_clear(&rec.der);
	world_must(scep_cert_rec_write(&change, &rec, &err) == SCEP_OK &&
	    scep_store_commit(w->store, &change, &err) == SCEP_OK);
	scep_change_clear(&change);
	send_about(21, 0, NULL, cert, &g);
	got_refusal(&g, 4, "issue log alone");
	scep_cert_rec_clear(&rec);
	scep_buf_clear(&key);
	X509_free(cert);
}

static void
nothing_of_it_becomes_a_transaction(void **state)
{
	X509		*cert = enrol(0);
	struct bytes	 csr;
	struct got	 g;
	size_t		 txns = world_count(w, SCEP_T_TRANSACTION);
	size_t		 newest = world_count(w, SCEP_T_NEWEST);

	(void)state;
	send_about(21, 1, NULL, cert, &g);
	got_refusal(&g, 4, "");
	send_about(21, 0, NULL, cert, &g);
	got_cert(&g, cert);
	send_about(22, 1, NULL, cert, &g);
	got_crl(&g);
	assert_int_equal(world_count(w, SCEP_T_TRANSACTION), txns);
	assert_int_equal(world_count(w, SCEP_T_NEWEST), newest);
	assert_int_equal(world_count(w, SCEP_T_PENDING), 0);
	/* A request under the same transactionID is the first one. */
	csr = client_csr(w->key[1], "/CN=dev-1", WORLD_STATIC, NULL);
	send_type(19, 1, NULL, csr, &g);
	assert_int_equal(g.reply.status, 0);
	got_clear(&g);
	bytes_free(&csr);
	X509_free(cert);
}

/* SECURITY 1.5: an encrypted key with other content is an attack. */
static void
an_encrypted_key_is_good_for_one_content(void **state)
{
	X509			*cert = enrol(0);
	struct bytes		 which = client_issuer_and_serial(
				    X509_get_issuer_name(cert),
				    X509_get0_serialNumber(cert));
	unsigned char		*der = NULL;
	const int		 len = i2d_X509(cert, &der);
	struct scep_lookup	 ask_for = {
		.profile = "static",
		.request_id = "0123456789abcdef",
		.peer = "192.0.2.7",
		.type = 21,
		.signer = { der, (size_t)len },
		.plaintext = { which.data, which.len },
		.content_sha256 = { 1 },
	};
	struct scep_ca		*ca = door != NULL ? door : w->ca;
	struct scep_answer	 answer;
	struct scep_error	 err;
	int			 i;

	(void)state;
	for (i = 0; i < 3; i++) {
		ask_for.content_sha256[0] = i == 1 ? 2 : 1;
		assert_int_equal(scep_ca_find_cert(ca, WORLD_NOW, &ask_for,
		    &answer, &err), SCEP_OK);
		assert_int_equal(answer.outcome, i == 1 ? SCEP_REFUSED :
		    SCEP_GRANTED);
		assert_int_equal(answer.code, i == 1 ? SCEP_E_CERTID :
		    SCEP_OK);
		scep_answer_clear(&answer);
	}
	OPENSSL_free(der);
	bytes_free(&which);
	X509_free(cert);
}

static void
files_are_served_by_a_plain_get(void **state)
{
	static const char *const	 methods[] = { "GET", "HEAD" };
	const unsigned char		*p;
	struct got			 g;
	X509_CRL			*crl;
	X509				*cert;
	size_t				 i;

	(void)state;
	for (i = 0; i < LENGTH(methods); i++) {
		ask(methods[i], "/crl/test.crl", NULL, NULL, NULL, &g);
		assert_int_equal(g.http.status, 200);
		assert_string_equal(g.http.type, "application/pkix-crl");
		assert_int_equal(g.http.last_modified, WORLD_NOW);
		assert_in_range(g.http.max_age, 1, 3600);
		assert_false(g.http.no_store);
		p = g.http.body;
		crl = d2i_X509_CRL(NULL, &p, (long)g.http.body_len);
		assert_non_null(crl);
		X509_CRL_free(crl);
		got_clear(&g);
		ask(methods[i], "/ca/test.crt", NULL, NULL, NULL, &g);
		assert_int_equal(g.http.status, 200);
		assert_string_equal(g.http.type, "application/pkix-cert");
		p = g.http.body;
		cert = d2i_X509(NULL, &p, (long)g.http.body_len);
		assert_int_equal(X509_cmp(cert, w->ca_cert), 0);
		X509_free(cert);
		got_clear(&g);
	}
}

/* One that is over is better than none, where no other can be made; but no
 * cache is to keep it until there is. */
static void
a_crl_that_is_over_is_kept_by_nobody(void **state)
{
	struct scep_ca_conf	*conf = &w->cfg->ca[0];
	EVP_PKEY		*key = conf->key;
	struct got		 g;

	(void)state;
	ask("GET", "/crl/test.crl", NULL, NULL, NULL, &g);
	assert_int_equal(g.http.status, 200);
	got_clear(&g);
	conf->key = NULL;
	for (later = conf->crl_validity_s - 1; later <= conf->crl_validity_s +
	    1; later++) {
		ask("GET", "/crl/test.crl", NULL, NULL, NULL, &g);
		assert_int_equal(g.http.status, 200);
		assert_int_equal(g.http.max_age, later <
		    conf->crl_validity_s);
		assert_int_equal(g.http.no_store, later >=
		    conf->crl_validity_s);
		got_clear(&g);
	}
	later = 0;
	conf->key = key;
}

static void
no_other_file_is_there(void **state)
{
	static const struct {
		const char	*method, *path;
		int		 status;
	} rows[] = {
		{ "GET", "/crl/test.crl", 200 },
		{ "GET", "crl/test.crl", 200 },
		{ "GET", "/crl/other.crl", 404 },
		{ "GET", "/crl/test.crt", 404 },
		{ "GET", "/crl/test", 404 },
		{ "GET", "/crl/.crl", 404 },
		{ "GET", "/crl/", 404 },
		{ "GET", "/crl", 404 },
		{ "GET", "/crl/test.crl/", 404 },
		{ "GET", "/crl//test.crl", 404 },
		{ "GET", "/crl/../ca/test.crl", 404 },
		{ "GET", "/CRL/test.crl", 404 },
		{ "POST", "/crl/test.crl", 405 },
		{ "PUT", "/ca/test.crt", 405 },
		{ "GET", "/ca/test.crt", 200 },
		{ "GET", "/ca/test.crl", 404 },
		{ "GET", "/ca/ra.crt", 404 },
	};
	struct got	 g;
	size_t		 i;

	(void)state;
	for (i = 0; i < LENGTH(rows); i++) {
		ask(rows[i].method, rows[i].path, NULL, NULL, NULL, &g);
		if (g.http.status != rows[i].status)
			fail_msg("%s %s: wanted %d, got %d", rows[i].method,
			    rows[i].path, rows[i].status, g.http.status);
		if (rows[i].status == 405)
			assert_string_equal(g.http.allow, "GET, HEAD");
		if (rows[i].status != 200)
			assert_true(g.http.no_store && g.http.max_age == 0 &&
			    g.http.last_modified == 0);
		got_clear(&g);
	}
	w->cfg->ca[0].crl = 0;
	later = 1;			/* until then one is kept */
	ask("GET", "/crl/test.crl", NULL, NULL, NULL, &g);
	assert_int_equal(g.http.status, 404);
	got_clear(&g);
	later = 0;
	ask("GET", "/ca/test.crt", NULL, NULL, NULL, &g);
	assert_int_equal(g.http.status, 200);
	got_clear(&g);
}

/* A device cannot be told what is not known: 503, and it tries again. */
static void
trouble_of_ours_is_no_refusal(void **state)
{
	X509			*cert = enrol(0);
	struct scep_ca_conf	*conf = &w->cfg->ca[0];
	EVP_PKEY		*key = conf->key;
	struct got		 g;

	(void)state;
	conf->key = NULL;	/* no CRL yet, and none can be made */
	send_about(22, 0, NULL, cert, &g);
	assert_int_equal(g.http.status, 503);
	got_clear(&g);
	ask("GET", "/crl/test.crl", NULL, NULL, NULL, &g);
	assert_int_equal(g.http.status, 503);
	got_clear(&g);
	conf->key = key;
	send_about(22, 0, NULL, cert, &g);
	got_crl(&g);
	X509_free(cert);
}

static int
run(const char *name)
{
#define T(f)		cmocka_unit_test_setup(f, setup)
#define C(f, n)		conforms_setup(f, setup, n)
	const struct CMUnitTest	 tests[] = {
		C(a_device_gets_its_own_certificate,
		    "C-170 C-190 C-191 C-192"),
		C(another_key_gets_it_only_where_anybody_may, "C-192"),
		C(what_is_not_there_is_badcertid, "C-191 C-193"),
		C(garbage_is_badcertid, "C-190"),
		C(an_issuer_is_compared_as_a_name, "C-133 C-196"),
		C(a_crl_comes_alone, "C-170 C-193 T-14"),
		C(what_is_switched_off_is_refused_before_it_is_opened,
		    "C-194 C-236"),
		C(a_crl_that_is_not_there_is_badrequest, "C-193"),
		T(a_long_crl_is_for_the_plain_get),
		T(a_crl_by_plain_get_is_a_second_old_at_most),
		T(what_is_not_there_displaces_no_crl),
		T(a_revoked_certificate_is_still_the_one_that_was_issued),
		C(nothing_of_it_becomes_a_transaction, "C-211"),
		T(an_encrypted_key_is_good_for_one_content),
		C(files_are_served_by_a_plain_get, "C-194"),
		T(a_crl_that_is_over_is_kept_by_nobody),
		T(no_other_file_is_there),
		T(trouble_of_ours_is_no_refusal),
	};
	int	 failed;

	failed = cmocka_run_group_tests_name(name, tests, NULL, NULL);
	ra_close();
	return failed;
}

int
main(void)
{
	int	 failed;

	w = world_new(NULL);
	failed = run("fetch");
	through_door = 1;
	failed += run("fetch through the door");
	world_free(w);
	return failed;
}
