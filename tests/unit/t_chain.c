/*
 * t_chain.c - chains of any length: what GetCACert and a CertRep show of
 * them, and in which order, judged by OpenSSL.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/error.h"
#include "ra/ra.h"
#include "tests/unit/conform.h"
#include "tests/unit/world.h"

#define DAY	86400L
#define SAID	8192		/* octets of faults */
#define DEEP	(SCEP_CHAIN_MAX - 1)	/* CAs between ours and the root */

/*
 * The world's CA no longer signs itself: above it are n others, of which the
 * last is the root.  above[0] is its issuer.
 */
struct tower {
	struct world	*w;
	X509		*above[SCEP_CHAIN_MAX];
	size_t		 n;
	X509		*ca;
};

/* What a device gets to see. */
struct seen {
	STACK_OF(X509)			*certs;	/* of GetCACert */
	char				 type[64];
	struct client_reply		 reply;
};

static void
add_ext(X509 *cert, int nid, const char *value)
{
	X509_EXTENSION	*ext = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	assert_non_null(ext);
	assert_int_equal(X509_add_ext(cert, ext, -1), 1);
	X509_EXTENSION_free(ext);
}

/* A CA of this name; long ones make sure that sorting by length (DER's order
 * of a SET OF) would turn everything round. */
static X509 *
ca_make(struct world *w, const char *cn, EVP_PKEY *key, X509 *by,
    EVP_PKEY *by_key, size_t padding)
{
	X509	*cert = X509_new();
	char	 text[300];

	(void)w;
	memset(text, 'x', padding);
	text[padding] = '\0';
	assert_int_equal(X509_set_version(cert, 2), 1);
	assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(cert), 7), 1);
	assert_int_equal(X509_NAME_add_entry_by_txt(X509_get_subject_name(
	    cert), "CN", MBSTRING_UTF8, (const unsigned char *)cn, -1, -1,
	    0), 1);
	assert_int_equal(X509_set_issuer_name(cert, X509_get_subject_name(
	    by == NULL ? cert : by)), 1);
	assert_non_null(ASN1_TIME_set(X509_getm_notBefore(cert), WORLD_NOW -
	    DAY));
	assert_non_null(ASN1_TIME_set(X509_getm_notAfter(cert), WORLD_NOW +
	    3650 * DAY));
	assert_int_equal(X509_set_pubkey(cert, key), 1);
	add_ext(cert, NID_basic_constraints, "critical,CA:TRUE");
	add_ext(cert, NID_key_usage,
	    "critical,digitalSignature,keyCertSign,cRLSign");
	if (padding > 0)
		add_ext(cert, NID_netscape_comment, text);
	assert_true(X509_sign(cert, by_key, EVP_sha256()) > 0);
	return cert;
}

static void
load(struct world *w, X509 *x, struct scep_cert *out)
{
	unsigned char		*der = NULL;
	struct scep_error	 err;
	int			 len = i2d_X509(x, &der);

	assert_true(len > 0);
	scep_cert_clear(out);
	assert_int_equal(scep_cert_parse(w->crypto, scep_span_make(der,
	    (size_t)len), out, &err), SCEP_OK);
	OPENSSL_free(der);
}

/* n CAs above ours; of two keys in turn. */
static void
build(struct tower *t, size_t n)
{
	struct scep_ca_conf	*conf = &t->w->cfg->ca[0];
	EVP_PKEY		*const *key = t->w->key;
	char			 name[32];
	size_t			 i;

	for (i = n; i-- > 0;) {
		(void)snprintf(name, sizeof(name), "Above %zu", i);
		t->above[i] = ca_make(t->w, name, key[2 + i % 2],
		    i + 1 < n ? t->above[i + 1] : NULL,
		    key[i + 1 < n ? 2 + (i + 1) % 2 : 2 + i % 2],
		    (n - i) * 4 % 200 + 1);
		load(t->w, t->above[i], &conf->chain[i]);
	}
	t->n = conf->n_chain = n;
	t->ca = ca_make(t->w, "Test CA", t->w->ca_key, n > 0 ? t->above[0] :
	    NULL, n > 0 ? key[2] : t->w->ca_key, 250);
	load(t->w, t->ca, &conf->cert);
}

static void
tower_new(struct tower *t, size_t n)
{
	memset(t, 0, sizeof(*t));
	t->w = world_new(NULL);
	build(t, n);
}

static void
tower_free(struct tower *t)
{
	size_t	 i;

	for (i = 0; i < t->n; i++)
		X509_free(t->above[i]);
	X509_free(t->ca);
	world_free(t->w);
}

static void
seen_clear(struct seen *s)
{
	sk_X509_pop_free(s->certs, X509_free);
	client_reply_clear(&s->reply);
}

static void
handle(struct scep_ra *ra, const char *query, const struct bytes *body,
    struct scep_http_response *response)
{
	struct scep_http_request	 req = {
		.method = body == NULL ? "GET" : "POST",
		.path = "/static",
		.query = query,
		.peer = "192.0.2.7",
		.body = body != NULL ? body->data : NULL,
		.body_len = body != NULL ? body->len : 0,
	};
	struct scep_line		 log;

	memset(&log, 0, sizeof(log));
	scep_ra_handle(ra, WORLD_NOW, &req, response, &log);
	assert_int_equal(response->status, 200);
}

/* GetCACert and one enrolment at the profile "static", set up like this. */
static void
look(struct tower *t, enum scep_getcacert getcacert,
    enum scep_certrep certrep, struct seen *s)
{
	struct world			*w = t->w;
	struct scep_profile		*p = (struct scep_profile *)
					    (uintptr_t)scep_config_profile(
					    w->cfg, "static");
	struct scep_http_response	 response;
	struct scep_ra			*ra;
	struct scep_error		 err;
	struct client_message		 m = {
		.type = 19, .txid = "1", .key = w->key[0],
		.nonce = (const unsigned char *)"0123456789abcdef",
		.signer = w->self[0], .recipient = { w->ra_cert },
		.content = client_csr(w->key[0], "/CN=x", WORLD_STATIC, NULL),
	};
	struct bytes			 msg = client_message(&m);

	memset(s, 0, sizeof(*s));
	p->getcacert = getcacert;
	p->certrep = certrep;
	world_empty(w);
	assert_int_equal(scep_ra_new(w->crypto, w->ca, &ra, &err), SCEP_OK);
	handle(ra, "operation=GetCACert", NULL, &response);
	(void)snprintf(s->type, sizeof(s->type), "%s", response.type);
	s->certs = scep_client_cacert(response.body, response.body_len,
	    strcmp(response.type, "application/x-x509-ca-ra-cert") == 0);
	assert_non_null(s->certs);
	scep_http_response_clear(&response);
	handle(ra, "operation=PKIOperation", &msg, &response);
	client_reply_read(response.body, response.body_len, w->key[0],
	    w->self[0], w->ra_cert, &s->reply);
	assert_int_equal(s->reply.status, 0);
	scep_http_response_clear(&response);
	scep_ra_free(ra);
	bytes_free(&msg);
	bytes_free(&m.content);
}

static void
assert_is(STACK_OF(X509) *certs, int i, X509 *wanted)
{
	assert_int_equal(X509_cmp(sk_X509_value(certs, i), wanted), 0);
}

/* RA, ours, then `above` of those above it. */
static void
assert_bundle(const struct tower *t, const struct seen *s, size_t above)
{
	size_t	 i;

	assert_string_equal(s->type, "application/x-x509-ca-ra-cert");
	assert_int_equal(sk_X509_num(s->certs), 2 + above);
	assert_is(s->certs, 0, t->w->ra_cert);
	assert_is(s->certs, 1, t->ca);
	for (i = 0; i < above; i++)
		assert_is(s->certs, 2 + (int)i, t->above[i]);
}

/* The issued one, and `more` from our CA on. */
static void
assert_certrep(const struct tower *t, const struct seen *s, size_t more)
{
	size_t	 i;

	assert_int_equal(sk_X509_num(s->reply.certs), 1 + more);
	assert_is(s->reply.certs, 0, s->reply.cert);
	assert_int_equal(EVP_PKEY_eq(X509_get0_pubkey(s->reply.cert),
	    t->w->key[0]), 1);
	if (more > 0)
		assert_is(s->reply.certs, 1, t->ca);
	for (i = 1; i < more; i++)
		assert_is(s->reply.certs, 1 + (int)i, t->above[i - 1]);
}

/* `openssl verify -CAfile root -untrusted …`. */
static int
verifies(X509 *cert, STACK_OF(X509) *untrusted, X509 *root, char *why,
    size_t size)
{
	X509_STORE	*store = X509_STORE_new();
	X509_STORE_CTX	*ctx = X509_STORE_CTX_new();
	int		 ok;

	assert_int_equal(X509_STORE_add_cert(store, root), 1);
	assert_int_equal(X509_STORE_CTX_init(ctx, store, cert, untrusted), 1);
	X509_STORE_CTX_set_time(ctx, 0, WORLD_NOW);
	X509_STORE_CTX_set_depth(ctx, SCEP_CHAIN_MAX + 2);
	ok = X509_verify_cert(ctx);
	(void)snprintf(why, size, "%s", X509_verify_cert_error_string(
	    X509_STORE_CTX_get_error(ctx)));
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	return ok;
}

static void
getcacert_shows_what_the_profile_says_in_order(void **state)
{
	static const size_t	 heights[] = { 1, 2, 3, DEEP };
	struct tower		 t;
	struct seen		 s;
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(heights) / sizeof(heights[0]); i++) {
		tower_new(&t, heights[i]);
		look(&t, SCEP_GETCACERT_ROOT, SCEP_CERTREP_LEAF, &s);
		assert_bundle(&t, &s, heights[i]);
		seen_clear(&s);
		look(&t, SCEP_GETCACERT_CHAIN, SCEP_CERTREP_LEAF, &s);
		assert_bundle(&t, &s, heights[i] - 1);
		seen_clear(&s);
		look(&t, SCEP_GETCACERT_LEAF, SCEP_CERTREP_LEAF, &s);
		assert_bundle(&t, &s, 0);
		seen_clear(&s);
		tower_free(&t);
	}
}

/* What is signed by itself is shown although it is the root: the RA's
 * certificate means nothing without it. */
static void
a_root_that_issues_is_always_shown(void **state)
{
	static const enum scep_getcacert	 all[] = {
	    SCEP_GETCACERT_ROOT, SCEP_GETCACERT_CHAIN, SCEP_GETCACERT_LEAF };
	struct tower				 t;
	struct seen				 s;
	size_t					 i;

	(void)state;
	tower_new(&t, 0);
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		look(&t, all[i], SCEP_CERTREP_LEAF, &s);
		assert_bundle(&t, &s, 0);
		seen_clear(&s);
	}
	tower_free(&t);
}

static void
one_certificate_is_raw_der(void **state)
{
	struct scep_published	 published;
	struct scep_error	 err;
	struct tower		 t;
	struct scep_ca_conf	*conf;

	(void)state;
	tower_new(&t, 2);
	conf = &t.w->cfg->ca[0];
	conf->insecure_one_key = 1;
	load(t.w, t.ca, &conf->ra_cert);
	t.w->cfg->profile[0].getcacert = SCEP_GETCACERT_LEAF;
	assert_int_equal(scep_publish(t.w->cfg, 1, &published, &err),
	    SCEP_OK);
	assert_false(published.profile[0].cacert_bundle);
	assert_true(scep_span_equal(scep_buf_span(
	    &published.profile[0].cacert), scep_buf_span(&conf->cert.der)));
	/* The others show three, and so a bundle. */
	assert_true(published.profile[1].cacert_bundle);
	scep_published_clear(&published);
	tower_free(&t);
}

static void
a_certrep_has_the_issued_one_first_whatever_follows(void **state)
{
	static const size_t	 heights[] = { 0, 1, 2, DEEP };
	struct tower		 t;
	struct seen		 s;
	size_t			 i, n;

	(void)state;
	for (i = 0; i < sizeof(heights) / sizeof(heights[0]); i++) {
		n = heights[i];
		tower_new(&t, n);
		look(&t, SCEP_GETCACERT_ROOT, SCEP_CERTREP_LEAF, &s);
		assert_certrep(&t, &s, 0);
		seen_clear(&s);
		look(&t, SCEP_GETCACERT_ROOT, SCEP_CERTREP_CA, &s);
		assert_certrep(&t, &s, 1);
		seen_clear(&s);
		/* But for the root, unless that is the CA. */
		look(&t, SCEP_GETCACERT_ROOT, SCEP_CERTREP_CHAIN, &s);
		assert_certrep(&t, &s, n == 0 ? 1 : n);
		seen_clear(&s);
		tower_free(&t);
	}
}

/* A device that has but the root needs what stands between. */
static void
what_is_shown_is_enough_for_openssl_verify(void **state)
{
	struct tower	 t;
	struct seen	 s;
	char		 why[128];

	(void)state;
	tower_new(&t, 3);
	look(&t, SCEP_GETCACERT_CHAIN, SCEP_CERTREP_CHAIN, &s);
	if (!verifies(s.reply.cert, s.reply.certs, t.above[2], why,
	    sizeof(why)) || !verifies(s.reply.cert, s.certs, t.above[2], why,
	    sizeof(why)) || !verifies(t.w->ra_cert, s.certs, t.above[2], why,
	    sizeof(why)))
		fail_msg("%s", why);
	seen_clear(&s);
	/* And without them it is not: the judge looks. */
	look(&t, SCEP_GETCACERT_LEAF, SCEP_CERTREP_CA, &s);
	assert_int_equal(verifies(s.reply.cert, s.reply.certs, t.above[2],
	    why, sizeof(why)), 0);
	assert_int_equal(verifies(s.reply.cert, s.certs, t.above[2], why,
	    sizeof(why)), 0);
	seen_clear(&s);
	tower_free(&t);
	ERR_clear_error();
}

/* What scep_config_check() says, joined. */
static void
hear(void *arg, int fatal, const char *text)
{
	char		*said = arg;
	const size_t	 len = strlen(said);

	if (fatal)
		(void)snprintf(said + len, SAID - len, "%s\n", text);
}

static const char *
check(struct world *w)
{
	static char		 said[SAID];
	struct scep_error	 err;

	said[0] = '\0';
	(void)scep_config_check(w->crypto, w->cfg, WORLD_NOW, hear, said,
	    &err);
	return said;
}

/* As many profiles as there may be, each with the longest chain. */
static void
there_is_a_bound_to_what_all_profiles_show(void **state)
{
	struct tower	 t;
	size_t		 i;

	(void)state;
	tower_new(&t, DEEP);
	for (i = t.w->cfg->n_profiles; i < SCEP_PROFILES_MAX; i++)
		memcpy(t.w->cfg->profile[i].name, t.w->cfg->profile[0].name,
		    SCEP_NAME_LEN);	/* whose section is there */
	t.w->cfg->n_profiles = SCEP_PROFILES_MAX;
	assert_non_null(strstr(check(t.w), "all profiles together show "));
	for (i = 0; i < SCEP_PROFILES_MAX; i++)
		t.w->cfg->profile[i].getcacert = SCEP_GETCACERT_LEAF;
	assert_null(strstr(check(t.w), "all profiles together show "));
	tower_free(&t);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		conforms(getcacert_shows_what_the_profile_says_in_order,
		    "C-063 I-034 T-13"),
		conforms(a_root_that_issues_is_always_shown, "C-064 I-034"),
		conforms(one_certificate_is_raw_der, "C-062 I-034"),
		conforms(a_certrep_has_the_issued_one_first_whatever_follows,
		    "C-170 C-171 I-032 T-10 T-11"),
		conforms(what_is_shown_is_enough_for_openssl_verify,
		    "C-063 C-170"),
		cmocka_unit_test(there_is_a_bound_to_what_all_profiles_show),
	};

	return cmocka_run_group_tests_name("chain", tests, NULL, NULL);
}
