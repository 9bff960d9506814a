/* serving.c - an RA and the devices that ask it; see serving.h. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/err.h>

#include "base/error.h"
#include "tests/unit/serving.h"

static struct scep_ra	*ra;

void
served_clear(struct served *s)
{
	scep_http_response_clear(&s->http);
	client_reply_clear(&s->reply);
}

static void
ra_open(void)
{
	struct scep_error	 err;

	scep_ra_free(ra);
	world_must(scep_ra_new(w->crypto, w->ca, &ra, &err) == SCEP_OK);
}

void
serve_open(const char *more)
{
	w = world_new(more);
	ra_open();
}

void
serve_close(void)
{
	scep_ra_free(ra);
	ra = NULL;
	world_free(w);
	w = NULL;
}

int
serve_empty(void **state)
{
	(void)state;
	scep_ra_free(ra);
	ra = NULL;
	world_empty(w);
	ra_open();
	return 0;
}

struct client_message
serve_plain(int k, int type, struct bytes content)
{
	struct client_message	 m = {
		.type = type,
		.txid = "4E0B1F00D5CAFE",
		.nonce = (const unsigned char *)SERVE_NONCE,
		.key = w->key[k],
		.signer = w->self[k],
		.recipient = { w->ra_cert },
		.content = content,
	};

	return m;
}

static void
handle(const char *method, const char *path, const char *query,
    const struct bytes *body, struct served *s)
{
	struct scep_http_request	 req = {
		.method = method,
		.path = path,
		.query = query,
		.peer = "192.0.2.7",
		.body = body != NULL ? body->data : NULL,
		.body_len = body != NULL ? body->len : 0,
	};

	memset(s, 0, sizeof(*s));
	scep_ra_handle(ra, WORLD_NOW, &req, &s->http, &s->log);
	s->reply.status = s->reply.fail_info = -1;
	assert_int_equal(ERR_peek_error(), 0);
}

static void
read_reply(EVP_PKEY *key, X509 *signer, struct served *s)
{
	if (s->http.status == 200 && s->http.body != NULL &&
	    strcmp(s->http.type, "application/x-pki-message") == 0)
		client_reply_read(s->http.body, s->http.body_len, key, signer,
		    w->ra_cert, &s->reply);
}

void
serve_get(const char *path, const char *query, struct served *s)
{
	handle("GET", path, query, NULL, s);
}

void
serve_octets(const char *path, const struct bytes *der, int k,
    struct served *s)
{
	handle("POST", path, "operation=PKIOperation", der, s);
	read_reply(w->key[k], w->self[k], s);
}

void
serve(const char *path, const struct client_message *m, struct served *s)
{
	struct bytes	 der = client_message(m);

	handle("POST", path, "operation=PKIOperation", &der, s);
	read_reply(m->key, m->signer, s);
	bytes_free(&der);
}

void
serve_request(const char *path, int k, const char *subject,
    const char *challenge, struct served *s)
{
	struct bytes		 csr = client_csr(w->key[k], subject,
				    challenge, NULL);
	struct client_message	 m = serve_plain(k, 19, csr);

	serve(path, &m, s);
	bytes_free(&csr);
}
