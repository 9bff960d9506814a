/*
 * t_ra.c - the engine as an HTTP client sees it: one request in, one response
 * out, judged by OpenSSL's CMS code.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include <openssl/err.h>

#include "base/error.h"
#include "ra/ra.h"
#include "tests/unit/conform.h"
#include "tests/unit/world.h"

#define TXID	"0123456789ABCDEF0123456789ABCDEF01234567"

struct bench {
	struct world	*w;
	struct scep_ra	*ra;
};

/* What came back. */
struct got {
	struct scep_http_response	 http;
	struct scep_line		 log;
	struct client_reply		 reply;
};

static void
got_clear(struct got *g)
{
	scep_http_response_clear(&g->http);
	client_reply_clear(&g->reply);
}

static void
ask(struct bench *b, const char *method, const char *path, const char *query,
    const struct bytes *body, int signer, struct got *g)
{
	struct scep_http_request	 req = {
		.method = method,
		.path = path,
		.query = query,
		.peer = "192.0.2.7",
		.body = body != NULL ? body->data : NULL,
		.body_len = body != NULL ? body->len : 0,
	};

	memset(g, 0, sizeof(*g));
	scep_ra_handle(b->ra, WORLD_NOW, &req, &g->http, &g->log);
	g->reply.status = -1;
	if (g->http.status == 200 && g->http.body != NULL &&
	    strcmp(g->http.type, "application/x-pki-message") == 0)
		client_reply_read(g->http.body, g->http.body_len,
		    b->w->key[signer], b->w->self[signer], b->w->ra_cert,
		    &g->reply);
	/* Nothing is left for the next client. */
	assert_int_equal(ERR_peek_error(), 0);
}

static struct client_message
plain_message(struct bench *b, struct bytes csr)
{
	struct client_message	 m = {
		.type = 19,
		.txid = TXID,
		.nonce = (const unsigned char *)"0123456789abcdef",
		.key = b->w->key[0],
		.signer = b->w->self[0],
		.recipient = { b->w->ra_cert },
		.content = csr,
	};

	return m;
}

/* A PKCSReq by device 0 to the profile "static", whose challenge is good for
 * all. */
static struct bytes
good_message(struct bench *b, const char *subject, const char *challenge)
{
	struct bytes		 csr, msg;
	struct client_message	 m;

	csr = client_csr(b->w->key[0], subject, challenge, NULL);
	m = plain_message(b, csr);
	msg = client_message(&m);
	bytes_free(&csr);
	return msg;
}

static void
post(struct bench *b, const char *path, const struct bytes *msg,
    struct got *g)
{
	ask(b, "POST", path, "operation=PKIOperation", msg, 0, g);
}

static int
setup(void **state)
{
	struct bench		*b = calloc(1, sizeof(*b));
	struct scep_error	 err;

	assert_non_null(b);
	b->w = world_new(NULL);
	assert_int_equal(scep_ra_new(b->w->crypto, b->w->ca, &b->ra, &err),
	    SCEP_OK);
	*state = b;
	return 0;
}

static int
teardown(void **state)
{
	struct bench	*b = *state;

	scep_ra_free(b->ra);
	world_free(b->w);
	free(b);
	return 0;
}

/* Forget what was issued; the RA asks the new CA. */
static void
start_over(struct bench *b)
{
	struct scep_error	 err;

	scep_ra_free(b->ra);
	world_empty(b->w);
	assert_int_equal(scep_ra_new(b->w->crypto, b->w->ca, &b->ra, &err),
	    SCEP_OK);
}

static void
capabilities_are_plain_lines_without_a_blank_one(void **state)
{
	struct got	 g;
	char		 text[1024];

	ask(*state, "GET", "/static", "operation=GetCACaps", NULL, 0, &g);
	assert_int_equal(g.http.status, 200);
	assert_string_equal(g.http.type, "text/plain");
	assert_true(g.http.body_len < sizeof(text));
	memcpy(text, g.http.body, g.http.body_len);
	text[g.http.body_len] = '\0';
	assert_non_null(strstr(text, "SCEPStandard\n"));
	assert_non_null(strstr(text, "SHA-384\n"));
	assert_null(strstr(text, "\n\n"));
	assert_non_null(strstr(text, "Renewal\n"));
	assert_null(strstr(text, "DES3"));
	assert_int_equal(text[g.http.body_len - 1], '\n');
	got_clear(&g);
}

static void
ca_certificates_are_a_bundle_with_the_ra_first(void **state)
{
	struct bench		*b = *state;
	struct got		 g, again;
	const unsigned char	*p;
	PKCS7			*p7;

	ask(b, "GET", "/static", "operation=GetCACert&message=0", NULL, 0, &g);
	assert_int_equal(g.http.status, 200);
	assert_string_equal(g.http.type, "application/x-x509-ca-ra-cert");
	p = g.http.body;
	p7 = d2i_PKCS7(NULL, &p, (long)g.http.body_len);
	assert_non_null(p7);
	assert_int_equal(sk_X509_num(p7->d.sign->cert), 2);
	assert_int_equal(X509_cmp(sk_X509_value(p7->d.sign->cert, 0),
	    b->w->ra_cert), 0);
	assert_int_equal(X509_cmp(sk_X509_value(p7->d.sign->cert, 1),
	    b->w->ca_cert), 0);
	PKCS7_free(p7);
	ask(b, "GET", "/static/pkiclient.exe", "message=any&operation=getcacert",
	    NULL, 0, &again);
	assert_int_equal(again.http.body_len, g.http.body_len);
	assert_memory_equal(again.http.body, g.http.body, g.http.body_len);
	got_clear(&g);
	got_clear(&again);
}

static void
what_is_no_request_is_an_http_error(void **state)
{
	static const struct {
		const char	*method, *path, *query;
		int		 status;
	} rows[] = {
		{ "GET", "/static", "operation=GetCACaps", 200 },
		{ "GET", "/static", "", 400 },
		{ "GET", "/static", "operation=GetCAChain", 400 },
		{ "GET", "/static", "operation=GetNextCACert", 404 },
		{ "GET", "/static", "operation=PKIOperation", 400 },
		{ "GET", "/static", "operation=PKIOperation&message=!", 400 },
		{ "GET", "/static", "operation=PKIOperation&message=AAAA",
		    400 },
		{ "POST", "/static", "operation=GetCACaps", 400 },
		{ "POST", "/static", "operation=PKIOperation", 400 },
		{ "PUT", "/static", "operation=PKIOperation", 405 },
		{ "GET", "/nosuch", "operation=GetCACaps", 404 },
		{ "GET", "/static2", "operation=GetCACaps", 404 },
		{ "GET", "/../static", "operation=GetCACaps", 404 },
	};
	struct got	 g;
	size_t		 i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ask(*state, rows[i].method, rows[i].path, rows[i].query, NULL,
		    0, &g);
		if (g.http.status != rows[i].status)
			print_error("%s %s?%s\n", rows[i].method,
			    rows[i].path, rows[i].query);
		assert_int_equal(g.http.status, rows[i].status);
		got_clear(&g);
	}
}

static void
a_body_above_the_limit_is_413(void **state)
{
	struct bench	*b = *state;
	struct bytes	 big = { NULL, scep_ra_max_request(b->ra) + 1 };
	struct got	 g;

	big.data = OPENSSL_zalloc(big.len);
	post(b, "/static", &big, &g);
	assert_int_equal(g.http.status, 413);
	got_clear(&g);
	big.len--;
	post(b, "/static", &big, &g);
	assert_int_equal(g.http.status, 400);
	got_clear(&g);
	bytes_free(&big);
}

static void
check_granted(struct bench *b, const struct got *g)
{
	if (g->reply.status != 0)
		print_error("%s\n%s\n", g->reply.why, g->log.text);
	assert_int_equal(g->reply.status, 0);
	assert_string_equal(g->reply.txid, TXID);
	assert_int_equal(g->reply.recipient_nonce_len, 16);
	assert_memory_equal(g->reply.recipient_nonce, "0123456789abcdef", 16);
	assert_int_equal(g->reply.n_certs, 1);
	assert_int_equal(X509_verify(g->reply.cert, b->w->ca_key), 1);
	assert_int_equal(EVP_PKEY_eq(X509_get0_pubkey(g->reply.cert),
	    b->w->key[0]), 1);
	assert_non_null(strstr(g->log.text, "result=granted"));
	assert_null(strstr(g->log.text, WORLD_STATIC));
}

static void
a_request_by_post_is_granted(void **state)
{
	struct bench	*b = *state;
	struct bytes	 msg = good_message(b, "/CN=one", WORLD_STATIC);
	struct got	 g;

	start_over(b);
	post(b, "/static", &msg, &g);
	assert_true(g.http.no_store);
	check_granted(b, &g);
	got_clear(&g);
	/* No operation at all, RFC 8894 section 4.3 (PROTOCOL C-023). */
	ask(b, "POST", "/static", "", &msg, 0, &g);
	check_granted(b, &g);
	assert_non_null(strstr(g.log.text, "repeated=yes"));
	got_clear(&g);
	bytes_free(&msg);
}

static void
a_request_by_get_is_granted_however_it_is_escaped(void **state)
{
	struct bench	*b = *state;
	struct bytes	 msg = good_message(b, "/CN=one", WORLD_STATIC);
	char		*base64, *query, *p;
	struct got	 g;
	size_t		 i, n;
	int		 style;

	start_over(b);
	base64 = OPENSSL_zalloc(2 * msg.len + 4);
	query = OPENSSL_zalloc(8 * msg.len + 64);
	assert_true(EVP_EncodeBlock((unsigned char *)base64, msg.data,
	    (int)msg.len) > 0);
	for (style = 0; style < 4; style++) {
		n = (size_t)sprintf(query, "operation=PKIOperation&message=");
		for (i = 0, p = base64; *p != '\0'; p++, i++) {
			if (style == 1 && i % 64 == 0 && i > 0)
				n += (size_t)sprintf(query + n, "%%0A");
			if (style == 2 && *p == '+')
				query[n++] = ' ';	/* mangled */
			else if (style >= 1 && strchr("+/=", *p) != NULL)
				n += (size_t)sprintf(query + n, style == 3 ?
				    "%%25%02X" : "%%%02X", *p);
			else
				query[n++] = *p;
		}
		query[n] = '\0';
		ask(b, "GET", "/static", query, NULL, 0, &g);
		check_granted(b, &g);
		got_clear(&g);
	}
	OPENSSL_free(base64);
	OPENSSL_free(query);
	bytes_free(&msg);
}

static void
answers_come_in_the_digest_and_cipher_of_the_request(void **state)
{
	static const struct {
		const EVP_MD		*(*md)(void);
		const EVP_CIPHER	*(*cipher)(void);
		int			 oaep, fail;	/* -1: granted */
	} rows[] = {
		{ EVP_sha256, EVP_aes_128_cbc, 0, -1 },
		{ EVP_sha384, EVP_aes_192_cbc, 0, -1 },
		{ EVP_sha512, EVP_aes_256_cbc, 1, -1 },
		{ EVP_sha1, EVP_aes_128_cbc, 0, 0 },
		{ EVP_sha256, EVP_des_ede3_cbc, 0, 0 },
	};
	struct bench		*b = *state;
	struct client_message	 m;
	struct bytes		 csr, msg;
	struct got		 g;
	size_t			 i;

	csr = client_csr(b->w->key[0], "/CN=one", WORLD_STATIC, NULL);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		m = plain_message(b, csr);
		m.digest = rows[i].md();
		m.cipher = rows[i].cipher();
		m.oaep = rows[i].oaep;
		msg = client_message(&m);
		post(b, "/static", &msg, &g);
		assert_int_equal(g.reply.fail_info, rows[i].fail);
		if (rows[i].fail == -1) {
			check_granted(b, &g);
			assert_int_equal(g.reply.digest_nid,
			    EVP_MD_get_type(rows[i].md()));
			assert_int_equal(g.reply.cipher_nid,
			    EVP_CIPHER_get_nid(rows[i].cipher()));
		}
		got_clear(&g);
		bytes_free(&msg);
	}
	bytes_free(&csr);
}

/* CVE-2026-30836 of another server: a type that nobody thought of. */
static void
no_other_message_type_issues(void **state)
{
	struct bench		*b = *state;
	struct client_message	 m;
	struct bytes		 csr, msg;
	struct got		 g;
	int			 type;

	csr = client_csr(b->w->key[0], "/CN=one", WORLD_STATIC, NULL);
	start_over(b);
	for (type = -1; type < 60; type++) {
		if (type == 19)
			continue;
		m = plain_message(b, csr);
		m.type = type;
		msg = client_message(&m);
		post(b, "/static", &msg, &g);
		assert_int_equal(g.reply.status, 2);
		/* 20, 21, 22: badCertId. */
		assert_int_equal(g.reply.fail_info, type >= 20 &&
		    type <= 22 ? 4 : 2);
		assert_int_equal(world_count(b->w, SCEP_T_CERTIFICATE), 0);
		got_clear(&g);
		bytes_free(&msg);
	}
	m = plain_message(b, csr);
	msg = client_message(&m);
	post(b, "/static", &msg, &g);
	check_granted(b, &g);
	got_clear(&g);
	bytes_free(&msg);
	bytes_free(&csr);
}

/* Send csr as the content of a good message; the refusal's size. */
static size_t
refused_size(struct bench *b, struct bytes content)
{
	struct client_message	 m = plain_message(b, content);
	struct bytes		 msg = client_message(&m);
	struct got		 g;
	size_t			 size;

	post(b, "/static", &msg, &g);
	if (g.reply.status != 2)
		print_error("%s\n", g.log.text);
	assert_int_equal(g.reply.status, 2);
	assert_int_equal(g.reply.fail_info, 2);
	assert_int_equal(g.http.status, 200);
	assert_null(strstr(g.log.text, "sesame"));
	size = g.http.body_len;
	got_clear(&g);
	bytes_free(&msg);
	return size;
}

static void
refusals_after_decryption_look_alike(void **state)
{
	struct bench	*b = *state;
	struct bytes	 csr[8];
	size_t		 i, n = 0, size;

	start_over(b);
	csr[n++] = client_csr(b->w->key[0], "/CN=one", "wrong", NULL);
	csr[n++] = client_csr(b->w->key[0], "/CN=one", NULL, NULL);
	csr[n++] = client_csr(b->w->key[0], "/CN=one", "abcdefghjk-"
	    "abcdefghjkmnpqrstuvwxyz234", NULL);
	csr[n++] = client_csr(b->w->key[0], "/CN=one/L=here", WORLD_STATIC,
	    NULL);
	csr[n++] = client_csr(b->w->key[1], "/CN=one", WORLD_STATIC, NULL);
	/* Proof of possession broken, cut short, nothing at all. */
	csr[n] = client_csr(b->w->key[0], "/CN=one", WORLD_STATIC, NULL);
	csr[n].data[csr[n].len - 1] ^= 1;
	n++;
	csr[n] = client_csr(b->w->key[0], "/CN=one", WORLD_STATIC, NULL);
	csr[n++].len -= 7;
	csr[n].data = OPENSSL_zalloc(600);
	csr[n++].len = 600;
	size = refused_size(b, csr[0]);
	for (i = 0; i < n; i++) {
		assert_int_equal(refused_size(b, csr[i]), size);
		bytes_free(&csr[i]);
	}
	assert_int_equal(world_count(b->w, SCEP_T_CERTIFICATE), 0);
}

/* SECURITY 1.5: whoever changes an envelope that he captured, and signs it
 * anew, learns nothing from the answers. */
static void
a_padding_oracle_is_not_there(void **state)
{
	struct bench		*b = *state;
	struct client_message	 m;
	struct bytes		 csr, msg, env = { NULL, 0 }, evil;
	CMS_ContentInfo		*cms, *forged;
	CMS_SignerInfo		*si;
	const unsigned char	*p;
	unsigned char		*der;
	ASN1_OCTET_STRING	**ec;
	struct got		 g;
	size_t			 size = 0;
	BIO			*in;
	int			 i;

	start_over(b);
	csr = client_csr(b->w->key[0], "/CN=victim", WORLD_STATIC, NULL);
	m = plain_message(b, csr);
	msg = client_message(&m);
	p = msg.data;
	cms = d2i_CMS_ContentInfo(NULL, &p, (long)msg.len);
	ec = CMS_get0_content(cms);
	env.data = OPENSSL_memdup((*ec)->data, (size_t)(*ec)->length);
	env.len = (size_t)(*ec)->length;
	for (i = 0; i < 96; i++) {
		/* The last two blocks, one octet at a time. */
		env.data[env.len - 1 - (size_t)(i % 32)] ^=
		    (unsigned char)(1 + i / 32);
		forged = CMS_sign(NULL, NULL, NULL, NULL, CMS_PARTIAL |
		    CMS_BINARY);
		si = CMS_add1_signer(forged, b->w->self[0], b->w->key[0],
		    EVP_sha256(), CMS_BINARY | CMS_NOSMIMECAP);
		assert_non_null(si);
		CMS_signed_add1_attr_by_txt(si, "2.16.840.1.113733.1.9.2",
		    V_ASN1_PRINTABLESTRING, "19", 2);
		CMS_signed_add1_attr_by_txt(si, "2.16.840.1.113733.1.9.7",
		    V_ASN1_PRINTABLESTRING, TXID, 40);
		CMS_signed_add1_attr_by_txt(si, "2.16.840.1.113733.1.9.5",
		    V_ASN1_OCTET_STRING, "0123456789abcdef", 16);
		in = BIO_new_mem_buf(env.data, (int)env.len);
		assert_int_equal(CMS_final(forged, in, NULL, CMS_BINARY), 1);
		der = NULL;
		evil.len = (size_t)i2d_CMS_ContentInfo(forged, &der);
		evil.data = der;
		post(b, "/static", &evil, &g);
		assert_int_equal(g.reply.status, 2);
		assert_int_equal(g.reply.fail_info, 2);
		if (size == 0)
			size = g.http.body_len;
		assert_int_equal(g.http.body_len, size);
		got_clear(&g);
		bytes_free(&evil);
		BIO_free(in);
		CMS_ContentInfo_free(forged);
		env.data[env.len - 1 - (size_t)(i % 32)] ^=
		    (unsigned char)(1 + i / 32);
	}
	assert_int_equal(world_count(b->w, SCEP_T_CERTIFICATE), 0);
	/* The control: untouched, with another encrypted key, it is granted. */
	bytes_free(&msg);
	msg = client_message(&m);
	post(b, "/static", &msg, &g);
	check_granted(b, &g);
	got_clear(&g);
	bytes_free(&msg);
	bytes_free(&env);
	bytes_free(&csr);
	CMS_ContentInfo_free(cms);
}

static void
the_same_world_gives_the_same_bytes(void **state)
{
	struct bench	*b = *state;
	struct bytes	 msg = good_message(b, "/CN=one", WORLD_STATIC);
	struct got	 one, two, other;

	start_over(b);
	world_reseed(b->w, 7);
	post(b, "/static", &msg, &one);
	check_granted(b, &one);
	start_over(b);
	world_reseed(b->w, 7);
	post(b, "/static", &msg, &two);
	assert_int_equal(one.http.body_len, two.http.body_len);
	assert_memory_equal(one.http.body, two.http.body, one.http.body_len);
	/* The control: other dice, other bytes. */
	start_over(b);
	world_reseed(b->w, 8);
	post(b, "/static", &msg, &other);
	check_granted(b, &other);
	assert_true(one.http.body_len != other.http.body_len ||
	    memcmp(one.http.body, other.http.body, one.http.body_len) != 0);
	got_clear(&one);
	got_clear(&two);
	got_clear(&other);
	bytes_free(&msg);
}

/* PROTOCOL I-017 and T-46: the certificate was replaced, the key was not. */
static void
an_older_certificate_of_the_ra_key_will_do(void **state)
{
	struct bench		*b = *state;
	X509			*older = X509_dup(b->w->ra_cert);
	X509			*foreign = X509_dup(b->w->ra_cert);
	struct client_message	 m;
	struct bytes		 csr, msg;
	struct got		 g;

	start_over(b);
	assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(older), 77),
	    1);
	assert_true(X509_sign(older, b->w->ca_key, EVP_sha256()) > 0);
	csr = client_csr(b->w->key[0], "/CN=one", WORLD_STATIC, NULL);
	m = plain_message(b, csr);
	m.recipient[0] = older;
	msg = client_message(&m);
	post(b, "/static", &msg, &g);
	check_granted(b, &g);
	got_clear(&g);
	bytes_free(&msg);
	/* The control: somebody else's key, under whatever name. */
	start_over(b);
	assert_int_equal(X509_set_pubkey(foreign, b->w->key[1]), 1);
	assert_true(X509_sign(foreign, b->w->ca_key, EVP_sha256()) > 0);
	m.recipient[0] = foreign;
	msg = client_message(&m);
	post(b, "/static", &msg, &g);
	assert_int_equal(g.reply.fail_info, 2);
	assert_int_equal(world_count(b->w, SCEP_T_CERTIFICATE), 0);
	got_clear(&g);
	bytes_free(&msg);
	bytes_free(&csr);
	X509_free(older);
	X509_free(foreign);
}

static void
a_pending_request_is_polled_and_the_poll_is_the_signers(void **state)
{
	struct bench		*b = *state;
	struct bytes		 csr, msg, poll, foreign;
	struct client_message	 m;
	struct got		 g;

	start_over(b);
	csr = client_csr(b->w->key[0], "/CN=one", NULL, NULL);
	m = plain_message(b, csr);
	msg = client_message(&m);
	m.type = 20;
	m.content = client_issuer_and_subject(b->w->ca_cert, "/CN=one");
	poll = client_message(&m);
	m.key = b->w->key[1];
	m.signer = b->w->self[1];
	foreign = client_message(&m);
	post(b, "/manual", &poll, &g);		/* before there is anything */
	assert_int_equal(g.reply.fail_info, 4);
	got_clear(&g);
	post(b, "/manual", &msg, &g);
	assert_int_equal(g.reply.status, 3);
	got_clear(&g);
	post(b, "/manual", &poll, &g);
	assert_int_equal(g.reply.status, 3);
	got_clear(&g);
	ask(b, "POST", "/manual", "operation=PKIOperation", &foreign, 1, &g);
	assert_int_equal(g.reply.fail_info, 4);
	got_clear(&g);
	bytes_free(&m.content);
	bytes_free(&foreign);
	bytes_free(&poll);
	bytes_free(&msg);
	bytes_free(&csr);
}

/* Everything of a profile with a fault is a 503; nothing of another is. */
static void
a_profile_with_a_fault_is_503_and_the_others_serve(void **state)
{
	static const char *const	 queries[] = {
		"operation=GetCACaps", "operation=GetCACert",
	};
	struct bench		*b = *state;
	struct scep_profile	*p = (struct scep_profile *)(uintptr_t)
				    scep_config_profile(b->w->cfg, "static");
	struct bytes		 msg = good_message(b, "/CN=f", WORLD_STATIC);
	struct got		 g;
	size_t			 i;

	strcpy(p->fault, "/etc/scep/ca.pem: no such file");
	start_over(b);
	for (i = 0; i < 2; i++) {
		ask(b, "GET", "/static", queries[i], NULL, 0, &g);
		assert_int_equal(g.http.status, 503);
		assert_non_null(strstr(g.log.text, "ca.pem: no such file"));
		assert_null(memmem(g.http.body, g.http.body_len, "ca.pem",
		    6));
		got_clear(&g);
		ask(b, "GET", "/main", queries[i], NULL, 0, &g);
		assert_int_equal(g.http.status, 200);
		got_clear(&g);
	}
	post(b, "/static", &msg, &g);
	assert_int_equal(g.http.status, 503);
	got_clear(&g);
	p->fault[0] = '\0';
	start_over(b);
	post(b, "/static", &msg, &g);				/* control */
	assert_int_equal(g.reply.status, 0);
	got_clear(&g);
	bytes_free(&msg);
}

/* The CA believes no worker that a profile is fit to issue. */
static void
a_ca_does_not_issue_for_a_profile_with_a_fault(void **state)
{
	struct bench		*b = *state;
	struct scep_profile	*p = (struct scep_profile *)(uintptr_t)
				    scep_config_profile(b->w->cfg, "static");
	struct bytes		 msg = good_message(b, "/CN=f", WORLD_STATIC);
	struct got		 g;

	start_over(b);
	strcpy(p->fault, "broken");	/* the RA learned nothing of it */
	post(b, "/static", &msg, &g);
	assert_int_equal(g.http.status, 503);
	got_clear(&g);
	p->fault[0] = '\0';
	post(b, "/static", &msg, &g);				/* control */
	assert_int_equal(g.reply.status, 0);
	got_clear(&g);
	bytes_free(&msg);
}

static void
an_expired_ra_is_503(void **state)
{
	struct bench			*b = *state;
	const struct scep_http_request	 req = {
		.method = "GET", .path = "/main", .peer = "192.0.2.7",
		.query = "operation=GetCACaps",
	};
	struct got			 g;
	const time_t			 end =
					    b->w->cfg->ca[0].ra_cert.not_after;

	memset(&g, 0, sizeof(g));
	scep_ra_handle(b->ra, end, &req, &g.http, &g.log);	/* control */
	assert_int_equal(g.http.status, 200);
	got_clear(&g);
	memset(&g, 0, sizeof(g));
	scep_ra_handle(b->ra, end + 1, &req, &g.http, &g.log);
	assert_int_equal(g.http.status, 503);
	assert_non_null(strstr(g.log.text, "RA certificate"));
	assert_non_null(strstr(g.log.text, "scepadm check"));
	got_clear(&g);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		conforms(capabilities_are_plain_lines_without_a_blank_one,
		    "C-001 C-040 C-041 C-043"),
		conforms(ca_certificates_are_a_bundle_with_the_ra_first,
		    "C-002 C-021 C-026 C-063 C-064 C-065 I-002 I-034"),
		conforms(what_is_no_request_is_an_http_error,
		    "C-023 C-033 C-202"),
		conforms(a_body_above_the_limit_is_413, "C-239"),
		conforms(a_request_by_post_is_granted,
		    "C-004 C-010 C-023 C-029 C-068 C-232"),
		conforms(a_request_by_get_is_granted_however_it_is_escaped,
		    "C-007 C-024 C-025 I-010 I-011 I-014"),
		conforms(answers_come_in_the_digest_and_cipher_of_the_request,
		    "C-005 C-006 C-050 C-175 C-221 C-224 I-020 I-021"),
		conforms(no_other_message_type_issues, "C-011 C-109"),
		conforms(refusals_after_decryption_look_alike,
		    "C-238 T-08 T-42"),
		conforms(a_padding_oracle_is_not_there, "C-238 T-40 T-42"),
		cmocka_unit_test(the_same_world_gives_the_same_bytes),
		conforms(an_older_certificate_of_the_ra_key_will_do,
		    "I-017 T-44 T-46"),
		conforms(
		    a_pending_request_is_polled_and_the_poll_is_the_signers,
		    "C-104 C-180 C-182 C-184 C-212"),
		conforms(a_profile_with_a_fault_is_503_and_the_others_serve,
		    "I-035"),
		cmocka_unit_test(
		    a_ca_does_not_issue_for_a_profile_with_a_fault),
		cmocka_unit_test(an_expired_ra_is_503),
	};

	return cmocka_run_group_tests_name("ra", tests, setup, teardown);
}
