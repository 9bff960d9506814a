/*
 * doctor_exchange.c - one SCEP message to the server and what came back.
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "cgi/doctor.h"

#define LINE		64	/* characters of base64, as sscep writes them */
#define GET_START	"operation=PKIOperation&message="

/* One character of base64 in a query; what is written, at most 3. */
static size_t
put(char *out, char c, enum doctor_form form)
{
	if (form == DOCTOR_RAW || strchr("+/=", c) == NULL) {
		*out = c;
		return 1;
	}
	/* snprintf() wants room for a NUL; the caller has it. */
	return (size_t)snprintf(out, 4, "%%%02X", (unsigned int)c);
}

/* The message of a GET, with line breaks where they are wanted. */
static void
put_message(char *q, const char *b64, enum doctor_form form)
{
	const char	*eol = form == DOCTOR_CRLF ? "%0D%0A" : "%0A";
	const int	 lines = form == DOCTOR_LINES || form == DOCTOR_CRLF;
	size_t		 i;

	for (i = 0; b64[i] != '\0'; i++) {
		q += put(q, b64[i], form);
		if (lines && (i % LINE == LINE - 1 || b64[i + 1] == '\0')) {
			memcpy(q, eol, strlen(eol));
			q += strlen(eol);
		}
	}
	*q = '\0';
}

/* How long the request line would be: "GET PATH?QUERY HTTP/1.1". */
static size_t
line_length(const struct doctor *d, size_t query)
{
	const char	*host = strstr(d->url, "://");
	const char	*path = host != NULL ? strchr(host + 3, '/') : NULL;

	return strlen("GET ? HTTP/1.1\r\n") + query +
	    (path != NULL ? strlen(path) : 1);
}

/* pad=… in front of it makes a line longer; the message is last, so that
 * nothing can be cut off unseen. */
static char *
get_query(const struct doctor *d, const struct bytes *message,
    const struct doctor_trial *trial)
{
	const size_t	 b64_len = 4 * ((message->len + 2) / 3);
	const size_t	 size = strlen(GET_START) + 6 * b64_len + 16 +
			    trial->line;
	char		*b64 = malloc(b64_len + 1), *query = malloc(size);
	size_t		 n = strlen(GET_START), length;

	if (b64 == NULL || query == NULL) {
		free(b64);
		free(query);
		return NULL;
	}
	(void)EVP_EncodeBlock((unsigned char *)b64, message->data,
	    (int)message->len);
	memcpy(query, GET_START, n);
	put_message(query + n, b64, trial->form);
	length = line_length(d, strlen(query)) + strlen("pad=&");
	if (trial->line > length) {
		n = trial->line - length;
		memmove(query + n + 5, query, strlen(query) + 1);
		memcpy(query, "pad=", 4);
		memset(query + 4, 'x', n);
		query[n + 4] = '&';
	}
	free(b64);
	return query;
}

static struct bytes
message_of(struct doctor *d, const struct doctor_id *id,
    const struct doctor_trial *trial, const unsigned char *nonce,
    struct bytes content)
{
	const struct client_message	 m = {
		.type = trial->type,
		.txid = id->txid,
		.nonce = nonce,
		.key = id->old_key != NULL ? id->old_key : id->key,
		.signer = id->old_cert != NULL ? id->old_cert : id->signer,
		.recipient = { d->ra },
		.cipher = trial->cipher,
		.digest = trial->digest,
		.content = content,
	};

	return scep_client_message(&m);
}

/* A CertPoll is never decrypted: what is behind IssuerAndSubject makes its
 * message as long as it is wanted. */
static struct bytes
poll_of(struct doctor *d, const struct doctor_id *id,
    const struct doctor_trial *trial, const unsigned char *nonce)
{
	struct bytes	 content, der;
	unsigned char	*more;
	size_t		 n;

	content = scep_client_issuer_and_subject(d->ca, id->name);
	if (content.data == NULL)
		return content;
	der = message_of(d, id, trial, nonce, content);
	if (der.data != NULL && trial->size > der.len + 64) {
		n = trial->size - der.len - 64;	/* lengths grow, too */
		more = OPENSSL_realloc(content.data, content.len + n);
		bytes_free(&der);
		if (more != NULL) {
			memset(more + content.len, 0, n);
			content.data = more;
			content.len += n;
			der = message_of(d, id, trial, nonce, content);
		}
	}
	bytes_free(&content);
	return der;
}

static int
send_message(struct doctor *d, const struct bytes *message,
    const struct doctor_trial *trial, struct doctor_http *http)
{
	struct doctor_ask	 ask = trial->ask;
	char			*query = NULL;
	int			 rc;

	if (trial->get) {
		if ((query = get_query(d, message, trial)) == NULL) {
			memset(http, 0, sizeof(*http));
			(void)snprintf(http->why, sizeof(http->why),
			    "out of memory");
			return 0;
		}
		ask.query = query;
	} else {
		ask.query = "operation=PKIOperation";
		ask.body = message;
	}
	rc = doctor_http(d, &ask, http);
	free(query);
	return rc;
}

static void
reply_text(const struct client_reply *r, char *out, size_t size)
{
	static const char	*const fails[] = { "badAlg",
				    "badMessageCheck", "badRequest",
				    "badTime", "badCertId" };
	char			 serial[80];

	switch (r->status) {
	case 0:
		doctor_serial(r->cert, serial, sizeof(serial));
		(void)snprintf(out, size, "SUCCESS, serial %s", serial);
		return;
	case 2:
		(void)snprintf(out, size, "FAILURE %s%s%s%s",
		    r->fail_info >= 0 && r->fail_info < 5 ?
		    fails[r->fail_info] : "of an unknown kind",
		    r->fail_text[0] != '\0' ? " (" : "", r->fail_text,
		    r->fail_text[0] != '\0' ? ")" : "");
		return;
	default:
		(void)snprintf(out, size, "PENDING");
	}
}

/* What no client would believe. */
static const char *
reply_fault(const struct client_reply *r, const struct doctor_id *id,
    const unsigned char *nonce)
{
	if (r->status == -1)
		return r->why;
	if (strcmp(r->txid, id->txid) != 0)
		return "another transactionID";
	if (r->recipient_nonce_len != CLIENT_NONCE ||
	    memcmp(r->recipient_nonce, nonce, CLIENT_NONCE) != 0)
		return "another recipientNonce";
	return NULL;
}

static void
judge(struct doctor *d, const struct doctor_id *id,
    const unsigned char *nonce, const struct doctor_http *http,
    struct doctor_answer *out)
{
	const char	*fault;

	doctor_http_text(d, http, out->text, sizeof(out->text));
	out->http_status = http->status;
	out->own = http->status >= 400 && http->len > 0 &&
	    strstr((const char *)http->body, ", request ") != NULL;
	if (http->status != 200 ||
	    strcmp(http->type, "application/x-pki-message") != 0)
		return;
	scep_client_reply_open(http->body, http->len, id->old_key != NULL ?
	    id->old_key : id->key, id->old_cert != NULL ? id->old_cert :
	    id->signer, id->secret, d->ra, &out->reply);
	if ((fault = reply_fault(&out->reply, id, nonce)) != NULL)
		(void)snprintf(out->text, sizeof(out->text),
		    "a CertRep no client accepts: %s", fault);
	else {
		out->is_certrep = 1;
		reply_text(&out->reply, out->text, sizeof(out->text));
	}
}

void
doctor_exchange(struct doctor *d, const struct doctor_id *id,
    const struct doctor_trial *trial, struct doctor_answer *out)
{
	struct doctor_http	 http;
	struct scep_error	 err;
	struct bytes		 message;
	unsigned char		 nonce[CLIENT_NONCE];

	memset(out, 0, sizeof(*out));
	out->reply.status = out->reply.fail_info = -1;
	if (scep_crypto_random(d->adm->crypto, nonce, sizeof(nonce), &err) !=
	    SCEP_OK) {
		(void)snprintf(out->text, sizeof(out->text), "%.400s",
		    err.text);
		return;
	}
	message = trial->type == 20 ? poll_of(d, id, trial, nonce) :
	    message_of(d, id, trial, nonce, id->csr);
	if (message.data == NULL) {
		(void)scep_fail_ssl(&err, SCEP_E_INTERNAL, "no message can be "
		    "made for this RA certificate");
		(void)snprintf(out->text, sizeof(out->text), "%.400s",
		    err.text);
		return;
	}
	(void)send_message(d, &message, trial, &http);
	judge(d, id, nonce, &http, out);
	doctor_http_clear(&http);
	bytes_free(&message);
	ERR_clear_error();
}

void
doctor_answer_clear(struct doctor_answer *answer)
{
	scep_client_reply_clear(&answer->reply);
}

/* scep.fcgi's own "try again" is no fault of the web server. */
enum doctor_fix
doctor_answer_fix(const struct doctor_answer *answer,
    enum doctor_fix otherwise)
{
	return answer->own && answer->http_status == 503 ? DOCTOR_FIX_LOG :
	    doctor_fix_of(answer->http_status, otherwise);
}

int
doctor_was_read(const struct doctor_answer *answer)
{
	return answer->is_certrep && (answer->reply.status != 2 ||
	    (answer->reply.fail_info != 0 && answer->reply.fail_info != 1));
}

void
doctor_serial(const X509 *cert, char *out, size_t size)
{
	BIGNUM	*n = NULL;
	char	*hex = NULL;

	if (cert != NULL && (n = ASN1_INTEGER_to_BN(
	    X509_get0_serialNumber(cert), NULL)) != NULL)
		hex = BN_bn2hex(n);
	(void)snprintf(out, size, "%s", hex != NULL ? hex : "?");
	OPENSSL_free(hex);
	BN_free(n);
}
