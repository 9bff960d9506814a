/* odd_world.c - odd messages meet an RA and its CA; see odd_world.h. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/cms.h>
#include <openssl/err.h>

#include "base/der.h"
#include "base/error.h"
#include "tests/unit/odd_world.h"
#include "tests/unit/twist.h"

struct odd_world	*odd_ow;

static struct scep_span
name_der(const X509_NAME *name)
{
	unsigned char		*der = NULL;
	struct scep_span	 s;
	int			 len = i2d_X509_NAME(name, &der);

	world_must(len > 0);
	s = der_raw(der, (size_t)len);
	OPENSSL_free(der);
	return s;
}

static struct scep_span
octets(const ASN1_STRING *s)
{
	return der_raw(ASN1_STRING_get0_data(s),
	    (size_t)ASN1_STRING_length(s));
}

static void
desk_make(struct odd_world *ow)
{
	struct odd_desk	*d = &ow->desk;

	d->key = ow->w->key[0];
	d->other = ow->w->key[1];
	d->ra_key = ow->w->ra_key;
	d->ra_issuer = name_der(X509_get_issuer_name(ow->w->ra_cert));
	d->ra_serial = octets(X509_get0_serialNumber(ow->w->ra_cert));
	d->ra_ski = octets(X509_get0_subject_key_id(ow->w->ra_cert));
	d->challenge = WORLD_STATIC;
	d->cn = ow->cn;
}

struct odd_world *
odd_world_open(void)
{
	static const char	 more[] =
		"[profile long]\n"
		"authorise = challenge\n"
		"san_allow = DNS\n"
		"challenge_hash = %s\n"
		"[profile cisco]\n"
		"authorise = challenge\n"
		"subject_allow = CN serialNumber unstructuredName "
		"unstructuredAddress\n"
		"challenge_hash = %s\n";
	struct odd_world	*ow = calloc(1, sizeof(*ow));
	char			 text[1024], a[65], b[65];
	struct scep_error	 err;
	size_t			 i;

	world_must(ow != NULL);
	for (i = 0; i < ODD_LONG; i++)
		ow->long_challenge[i] = "abcdefghijklmnopqrstuvwxyz234567."[
		    i * i % 33];
	world_static_hash("long", ow->long_challenge, a);
	world_static_hash("cisco", WORLD_STATIC, b);
	(void)snprintf(text, sizeof(text), more, a, b);
	ow->w = world_new(text);
	world_must(scep_ra_new(ow->w->crypto, ow->w->ca, &ow->ra, &err) ==
	    SCEP_OK);
	ow->path = "/static";
	return ow;
}

void
odd_world_close(struct odd_world *ow)
{
	der_forget();
	scep_ra_free(ow->ra);
	world_free(ow->w);
	free(ow);
}

void
odd_world_plain(struct odd_world *ow, struct odd *o)
{
	der_forget();
	(void)snprintf(ow->cn, sizeof(ow->cn), "odd %u", ow->n++);
	desk_make(ow);
	odd_plain(&ow->desk, o);
}

/* ---- the answer ---- */

/* NULL where libcrypto does not read it; then it tries the key alone. */
static X509 *
signer_x509(const struct odd *o)
{
	struct scep_span	 der = o->cert_der.len > 0 ? o->cert_der :
				    odd_cert_make(&o->cert);
	const unsigned char	*p = der.data;
	X509			*x = d2i_X509(NULL, &p, (long)der.len);

	ERR_clear_error();
	return x;
}

/*
 * libcrypto reads no serial that is not minimal, so it cannot read an answer
 * that copies one either.  It verifies what was signed; what is in it is read
 * with another serial of that length in its place, and signed anew.
 */
static void
read_padded(struct odd_world *ow, const struct odd *o, struct odd_got *got)
{
	const struct scep_span		 ias = odd_signer_ias(o);
	const struct twist_bench	 bench = { .key = ow->w->ra_key };
	const struct twist		 nothing = { .arg = NULL };
	struct bytes			 body = { got->http.body,
					    got->http.body_len };
	struct bytes			 copy, again;
	unsigned char			*p;

	assert_int_equal(twist_cms_verify(&body, NULL), 1);
	copy.data = OPENSSL_memdup(body.data, body.len);
	copy.len = body.len;
	p = memmem(copy.data, copy.len, ias.data, ias.len);
	assert_non_null(p);
	p[ias.len - o->cert.serial.len] = 0x55;
	again = twist_message(&bench, &copy, &nothing);
	client_reply_read(again.data, again.len, o->cert.key, NULL,
	    ow->w->ra_cert, &got->reply);
	bytes_free(&again);
	bytes_free(&copy);
}

static void
read_reply(struct odd_world *ow, const struct odd *o, struct odd_got *got)
{
	X509	*signer = signer_x509(o);

	client_reply_read(got->http.body, got->http.body_len, o->cert.key,
	    signer, ow->w->ra_cert, &got->reply);
	if (signer == NULL && got->reply.status == -1)
		read_padded(ow, o, got);
	X509_free(signer);
}

void
odd_world_post(struct odd_world *ow, const struct odd *o, struct odd_got *got)
{
	const struct scep_span		 msg = odd_make(o);
	const struct scep_http_request	 req = {
		.method = "POST",
		.path = ow->path,
		.query = "operation=PKIOperation",
		.peer = "192.0.2.7",
		.body = msg.data,
		.body_len = msg.len,
	};

	memset(got, 0, sizeof(*got));
	scep_ra_handle(ow->ra, WORLD_NOW + ow->later, &req, &got->http,
	    &got->log);
	got->reply.status = got->reply.fail_info = -1;
	if (got->http.status == 200 && strcmp(got->http.type,
	    "application/x-pki-message") == 0)
		read_reply(ow, o, got);
	/* Nothing is left for the next client. */
	assert_int_equal(ERR_peek_error(), 0);
}

void
odd_got_clear(struct odd_got *got)
{
	scep_http_response_clear(&got->http);
	client_reply_clear(&got->reply);
}

/* ---- the second judge ---- */

static BIO *
cms_content(struct scep_span msg)
{
	const unsigned char	*p = msg.data;
	CMS_ContentInfo		*cms;
	BIO			*out = BIO_new(BIO_s_mem());

	cms = d2i_CMS_ContentInfo(NULL, &p, (long)msg.len);
	if (cms == NULL || CMS_verify(cms, NULL, NULL, NULL, out,
	    CMS_NO_SIGNER_CERT_VERIFY | CMS_BINARY) != 1) {
		BIO_free(out);
		out = NULL;
	}
	CMS_ContentInfo_free(cms);
	return out;
}

/* The recipient by name (T-45); by the key alone where none is named. */
static int
cms_decrypts(const struct odd_world *ow, BIO *content, X509 *to,
    struct scep_span csr)
{
	CMS_ContentInfo	*env = d2i_CMS_bio(content, NULL);
	BIO		*plain = BIO_new(BIO_s_mem());
	char		*data;
	long		 len;
	int		 ok;

	ok = env != NULL && CMS_decrypt(env, ow->w->ra_key, to, NULL, plain,
	    CMS_BINARY) == 1 && (len = BIO_get_mem_data(plain, &data)) > 0 &&
	    scep_span_equal(csr, scep_span_make(data, (size_t)len));
	CMS_ContentInfo_free(env);
	BIO_free(plain);
	return ok;
}

/* Does libcrypto verify it and find the request in it? */
static int
cms_reads(const struct odd_world *ow, const struct odd *o)
{
	const struct scep_span	 msg = odd_make(o), csr = odd_csr_make(
				    &o->csr);
	BIO			*one = cms_content(msg);
	BIO			*two = cms_content(msg);
	int			 ok;

	ok = one != NULL && two != NULL &&
	    (cms_decrypts(ow, one, ow->w->ra_cert, csr) ||
	    cms_decrypts(ow, two, NULL, csr));
	BIO_free(one);
	BIO_free(two);
	ERR_clear_error();
	return ok;
}

/* ---- verdicts ---- */

static void
check_names(const struct odd *o, const X509 *cert)
{
	const struct scep_span	 subject = name_der(X509_get_subject_name(
				    cert));

	assert_true(scep_span_equal(subject, o->csr.subject));
	assert_int_equal(EVP_PKEY_eq(X509_get0_pubkey(cert), o->csr.key), 1);
}

static void
check_echo(const struct odd *o, const struct odd_got *got)
{
	const struct client_reply	*r = &got->reply;
	const struct scep_span		 ias = odd_signer_ias(o);

	assert_int_equal(strlen(r->txid), o->txid.len);
	assert_memory_equal(r->txid, o->txid.data, o->txid.len);
	assert_int_equal(r->recipient_nonce_len, o->nonce.len);
	assert_memory_equal(r->recipient_nonce, o->nonce.data, o->nonce.len);
	assert_int_equal(r->digest_nid, EVP_MD_get_type(o->md));
	assert_int_equal(r->cipher_nid, EVP_CIPHER_get_nid(o->cipher));
	assert_non_null(memmem(got->http.body, got->http.body_len, ias.data,
	    ias.len));
}

void
odd_world_granted(struct odd_world *ow, const struct odd *o, int cms,
    const char *what)
{
	struct odd_got	 got;

	if (cms != ODD_CMS_UNASKED && cms_reads(ow, o) != (cms == ODD_CMS))
		fail_msg("%s: OpenSSL %s it", what, cms == ODD_CMS ?
		    "does not read" : "reads");
	odd_world_post(ow, o, &got);
	if (got.reply.status != 0)
		fail_msg("%s: HTTP %d, status %d (%s)\n%s", what,
		    got.http.status, got.reply.status, got.reply.why,
		    got.log.text);
	check_echo(o, &got);
	assert_int_equal(got.reply.n_certs, 1);
	assert_int_equal(X509_verify(got.reply.cert, ow->w->ca_key), 1);
	check_names(o, got.reply.cert);
	assert_non_null(strstr(got.log.text, "result=granted"));
	assert_int_equal(strstr(got.log.text, "trailing=") != NULL,
	    o->trailing.len > 0);
	assert_null(strstr(got.log.text, WORLD_STATIC));
	odd_got_clear(&got);
}

static size_t
rows(struct odd_world *ow)
{
	size_t	 n = 0;
	int	 t;

	/* Of what was refused, people may see a trace for a while. */
	for (t = 0; t < SCEP_T__MAX; t++)
		if (t != SCEP_T_TRACE)
			n += world_count(ow->w, (enum scep_table)t);
	return n;
}

/* A device, and whoever sent in its name, is told no reason: only where to
 * find it. */
static int
tells_no_reason(const struct odd_got *got)
{
	const char	*text = got->reply.fail_text;
	const size_t	 len = strlen("request ");
	char		 id[64];

	(void)snprintf(id, sizeof(id), "id=%.32s", text + len);
	return strlen(text) == len + 16 && strncmp(text, "request ", len) ==
	    0 && strstr(got->log.text, id) != NULL;
}

void
odd_world_refused(struct odd_world *ow, const struct odd *o, int fail_info,
    const char *why, const char *what)
{
	const size_t	 before = rows(ow);
	struct odd_got	 got;

	odd_world_post(ow, o, &got);
	if (got.http.status != (fail_info == -1 ? 400 : 200) ||
	    got.reply.fail_info != fail_info ||
	    strstr(got.log.text, why) == NULL)
		fail_msg("%s: HTTP %d, failInfo %d, wanted %d (%s)\n%s", what,
		    got.http.status, got.reply.fail_info, fail_info, why,
		    got.log.text);
	assert_true(fail_info == -1 || tells_no_reason(&got));
	assert_int_equal(rows(ow), before);
	odd_got_clear(&got);
}

/* ---- tests out of tables ---- */

static int
setup(void **state)
{
	(void)state;
	odd_ow = odd_world_open();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	odd_world_close(odd_ow);
	return 0;
}

#define TESTS_MAX	300

struct CMUnitTest
odd_test(CMUnitTestFunction f, const void *row, const char *what,
    const char *label, const char *numbers)
{
	static char		 names[TESTS_MAX][160];
	static size_t		 n;
	struct CMUnitTest	 test = { .test_func = f };

	world_must(n < TESTS_MAX);
	(void)snprintf(names[n], sizeof(names[n]), "%s: %s [%s]", what, label,
	    numbers);
	test.name = names[n++];
	test.initial_state = (void *)(uintptr_t)row;
	return test;
}

int
odd_tests_run(const char *name, const struct CMUnitTest *a, size_t n_a,
    const struct CMUnitTest *b, size_t n_b)
{
	struct CMUnitTest	 all[TESTS_MAX];

	world_must(n_a + n_b <= TESTS_MAX);
	memcpy(all, a, n_a * sizeof(*a));
	if (n_b > 0)
		memcpy(all + n_a, b, n_b * sizeof(*b));
	return _cmocka_run_group_tests(name, all, n_a + n_b, setup, teardown);
}

static void
fault_is_refused(void **state)
{
	const struct odd_fault	*fault = *state;
	struct odd		 o;

	odd_world_plain(odd_ow, &o);
	fault->set(&o, fault->arg);
	odd_world_refused(odd_ow, &o, fault->fail_info, fault->why,
	    fault->name);
	/* The control. */
	odd_world_plain(odd_ow, &o);
	odd_world_granted(odd_ow, &o, ODD_CMS, fault->name);
}

int
odd_faults_run(const char *name, const struct odd_fault *faults, size_t n,
    const struct CMUnitTest *more, size_t n_more)
{
	struct CMUnitTest	 tests[TESTS_MAX];
	size_t			 i;

	world_must(n <= TESTS_MAX);
	for (i = 0; i < n; i++)
		tests[i] = odd_test(fault_is_refused, &faults[i], "refused",
		    faults[i].name, faults[i].numbers);
	return odd_tests_run(name, tests, n, more, n_more);
}
