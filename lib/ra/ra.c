/*
 * ra.c - the stateless engine: an HTTP request in, an HTTP response out.
 *
 * Finds the profile and the operation; GetCACaps and GetCACert are bytes that
 * the CA published, PKIOperation is operation.c's.
 */
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/text.h"
#include "ra/local.h"
#include "wire/query.h"

#define TYPE_TEXT	"text/plain"
#define TYPE_CA		"application/x-x509-ca-cert"
#define TYPE_CA_RA	"application/x-x509-ca-ra-cert"
#define TYPE_NEXT	"application/x-x509-next-ca-cert"
#define TYPE_PKI	"application/x-pki-message"
#define TYPE_METRICS	"text/plain; version=0.0.4"

void
scep_http_response_clear(struct scep_http_response *response)
{
	OPENSSL_free(response->body);
	response->body = NULL;
	response->body_len = 0;
}

size_t
scep_ra_max_request(const struct scep_ra *ra)
{
	return (size_t)ra->published.max_request;
}

/*
 * …/PROFILE[/anything]; nothing, or the pkiclient.exe that Windows and Cisco
 * append (PROTOCOL I-003), is the default profile.
 */
static enum scep_err
find_profile(struct scep_work *work, struct scep_error *err)
{
	const struct scep_published	*all = &work->ra->published;
	const char	*path = work->http->path, *name;
	size_t		 i, len;

	path += strspn(path, "/");
	len = strcspn(path, "/");
	name = path;
	if (len == 0 || (len == strlen("pkiclient.exe") &&
	    strncasecmp(path, "pkiclient.exe", len) == 0)) {
		name = all->default_profile;
		len = strlen(name);
	}
	for (i = 0; i < all->n_profiles; i++)
		if (strlen(all->profile[i].name) == len &&
		    memcmp(all->profile[i].name, name, len) == 0) {
			work->profile = &all->profile[i];
			scep_line_text(work->log, "profile",
			    work->profile->name);
			scep_counts_profile(work);
			return SCEP_OK;
		}
	return scep_fail(err, SCEP_E_PATH, "no profile \"%.64s\"", name);
}

/* One profile's trouble is its own; devices may try again. */
static enum scep_err
check_usable(const struct scep_work *work, struct scep_error *err)
{
	const struct scep_published_profile	*profile = work->profile;
	const struct scep_cert	*cert = &work->ra->keys[profile->ra].cert;
	char			 text[SCEP_TIME_TEXT];

	if (*profile->fault != '\0')
		return scep_fail(err, SCEP_E_CONFIG, "%s", profile->fault);
	if (work->now <= cert->not_after)
		return SCEP_OK;
	scep_time_text(cert->not_after, text);
	return scep_fail(err, SCEP_E_CONFIG, "the RA certificate of CA %s "
	    "expired on %s; scepadm check says what mends it",
	    work->ra->published.ra[profile->ra].name, text);
}

static enum scep_err
serve_bytes(const struct scep_buf *bytes, const char *type,
    const struct scep_work *work, struct scep_http_response *response,
    struct scep_error *err)
{
	struct scep_buf	 copy = { NULL, 0 };
	enum scep_err	 rc;

	if ((rc = scep_buf_set(&copy, scep_buf_span(bytes), err)) != SCEP_OK)
		return rc;
	response->type = type;
	response->body = copy.data;
	response->body_len = copy.len;
	scep_line_text(work->log, "result", "served");
	scep_counts_result(work, "served");
	return SCEP_OK;
}

/* RFC 8894 section 4.7; PROTOCOL C-202: no CA certificate to come, no answer,
 * and no word of it in GetCACaps. */
static enum scep_err
serve_next(const struct scep_work *work, struct scep_http_response *response,
    struct scep_error *err)
{
	if (work->profile->nextcacert.len == 0)
		return scep_fail(err, SCEP_E_ABSENT, "no next CA certificate "
		    "is published (scepadm ca publish)");
	return serve_bytes(&work->profile->nextcacert, TYPE_NEXT, work,
	    response, err);
}

static enum scep_err
serve_operation(struct scep_work *work, struct scep_span der,
    struct scep_http_response *response, struct scep_error *err)
{
	struct scep_buf	 out = { NULL, 0 };
	enum scep_err	 rc;

	if ((rc = scep_ca_check_limits(work->ra->ca, work->now,
	    work->profile->name, work->http->peer, &work->retry_s, err)) !=
	    SCEP_OK)
		return rc;
	if (der.len == 0)
		return scep_fail(err, SCEP_E_HTTP, "no message");
	if (der.len > scep_ra_max_request(work->ra))
		return scep_fail(err, SCEP_E_TOOBIG,
		    "%zu octets, at most %zu", der.len,
		    scep_ra_max_request(work->ra));
	if ((rc = scep_ra_operation(work, der, &out, err)) != SCEP_OK) {
		scep_buf_clear(&out);
		return rc;
	}
	response->type = TYPE_PKI;
	response->no_store = 1;
	response->body = out.data;
	response->body_len = out.len;
	return SCEP_OK;
}

/* RFC 8894 section 4.1; a POST needs no operation (PROTOCOL C-023). */
static enum scep_err
serve_post(struct scep_work *work, const struct scep_query *query,
    struct scep_http_response *response, struct scep_error *err)
{
	if (query->op != SCEP_OP_NONE && query->op != SCEP_OP_PKIOPERATION)
		return scep_fail(err, SCEP_E_HTTP, "POST with operation=%s",
		    query->op_text);
	return serve_operation(work, scep_span_make(work->http->body,
	    work->http->body_len), response, err);
}

static enum scep_err
serve_get(struct scep_work *work, const struct scep_query *query,
    struct scep_http_response *response, struct scep_error *err)
{
	struct scep_buf	 der = { NULL, 0 };
	enum scep_err	 rc;

	switch (query->op) {
	case SCEP_OP_GETCACAPS:
		return serve_bytes(&work->profile->caps, TYPE_TEXT, work,
		    response, err);
	case SCEP_OP_GETCACERT:
		return serve_bytes(&work->profile->cacert,
		    work->profile->cacert_bundle ? TYPE_CA_RA : TYPE_CA, work,
		    response, err);
	case SCEP_OP_PKIOPERATION:
		break;
	case SCEP_OP_NONE:
		return scep_fail(err, SCEP_E_HTTP, "no operation");
	case SCEP_OP_GETNEXTCACERT:
		return serve_next(work, response, err);
	case SCEP_OP_OTHER:
		return scep_fail(err, SCEP_E_HTTP,
		    "operation %s is not offered", query->op_text);
	}
	if ((rc = scep_query_decode(query->message,
	    scep_ra_max_request(work->ra), &der, err)) == SCEP_OK)
		rc = serve_operation(work, scep_buf_span(&der), response, err);
	scep_buf_clear(&der);
	return rc;
}

/* As it is counted, however it was written. */
static const char *
op_name(enum scep_operation op)
{
	switch (op) {
	case SCEP_OP_GETCACAPS:
		return "GetCACaps";
	case SCEP_OP_GETCACERT:
		return "GetCACert";
	case SCEP_OP_GETNEXTCACERT:
		return "GetNextCACert";
	case SCEP_OP_PKIOPERATION:
		return "PKIOperation";
	case SCEP_OP_NONE:
	case SCEP_OP_OTHER:
		break;
	}
	return "other";
}

/*
 * …/health and …/metrics: no profile can be called so.  Metrics are for those
 * who ask the web server's internal location, if at all.
 */
static int
is_inspection(const struct scep_work *work, enum scep_inspect *what)
{
	const char	*path = work->http->path;

	path += strspn(path, "/");
	if (strcmp(path, "health") == 0) {
		*what = SCEP_INSPECT_HEALTH;
		return 1;
	}
	*what = SCEP_INSPECT_METRICS;
	return work->ra->published.metrics && strcmp(path, "metrics") == 0;
}

static enum scep_err
serve_inspection(const struct scep_work *work, enum scep_inspect what,
    struct scep_http_response *response, struct scep_error *err)
{
	struct scep_buf	 text = { NULL, 0 };
	const char	*name = what == SCEP_INSPECT_HEALTH ? "health" :
			    "metrics";
	enum scep_err	 rc;

	scep_line_text(work->log, "op", name);
	scep_counts_operation(work, name);
	/* Monitors ask with HEAD; the web server leaves the body away. */
	response->allow = "GET, HEAD";
	if (strcmp(work->http->method, "GET") != 0 &&
	    strcmp(work->http->method, "HEAD") != 0)
		return scep_fail(err, SCEP_E_METHOD, "method %.16s",
		    work->http->method);
	if ((rc = scep_ca_inspect(work->ra->ca, work->now, what, &text,
	    err)) != SCEP_OK) {
		scep_buf_clear(&text);
		return rc;
	}
	response->type = what == SCEP_INSPECT_HEALTH ? TYPE_TEXT :
	    TYPE_METRICS;
	response->no_store = 1;
	response->body = text.data;
	response->body_len = text.len;
	scep_line_text(work->log, "result", "served");
	scep_counts_result(work, "served");
	return SCEP_OK;
}

static enum scep_err
serve(struct scep_work *work, struct scep_http_response *response,
    struct scep_error *err)
{
	struct scep_query	 query;
	enum scep_inspect	 what;
	uint8_t			 id[(SCEP_REQUEST_ID_LEN - 1) / 2];
	enum scep_err		 rc;

	if ((rc = scep_random_take(work->random, id, sizeof(id), err)) !=
	    SCEP_OK)
		return rc;
	scep_hex_text(scep_span_make(id, sizeof(id)), work->id,
	    sizeof(work->id));
	scep_line_text(work->log, "id", work->id);
	scep_line_text(work->log, "peer", work->http->peer);
	scep_line_text(work->log, "method", work->http->method);
	if (is_inspection(work, &what))
		return serve_inspection(work, what, response, err);
	if (scep_ra_is_plain(work))
		return scep_ra_serve_plain(work, response, err);
	scep_line_text(&work->asked->line, "peer", work->http->peer);
	scep_line_text(&work->asked->line, "method", work->http->method);
	scep_query_parse(work->http->query, &query);
	if (query.op != SCEP_OP_NONE) {
		scep_line_text(work->log, "op", query.op_text);
		scep_counts_operation(work, op_name(query.op));
	}
	work->asked->is_operation = query.op == SCEP_OP_PKIOPERATION ||
	    (query.op == SCEP_OP_NONE && strcmp(work->http->method, "POST") ==
	    0);
	if ((rc = find_profile(work, err)) != SCEP_OK ||
	    (rc = check_usable(work, err)) != SCEP_OK)
		return rc;
	if (strcmp(work->http->method, "POST") == 0)
		return serve_post(work, &query, response, err);
	if (strcmp(work->http->method, "GET") == 0)
		return serve_get(work, &query, response, err);
	return scep_fail(err, SCEP_E_METHOD, "method %.16s",
	    work->http->method);
}

/* What a client is told that gets no CertRep: the kind of trouble, and what
 * to look for in the log. */
static void
answer_error(const struct scep_work *work, enum scep_err rc,
    const struct scep_error *why, struct scep_http_response *response)
{
	struct scep_buf		 body = { NULL, 0 };
	struct scep_error	 err;

	response->status = scep_err_http(rc);
	response->retry_after = work->retry_s;
	response->type = TYPE_TEXT;
	response->no_store = 1;
	if (scep_buf_add(&body, scep_span_text(scep_err_name(rc)), &err) ==
	    SCEP_OK && scep_buf_add(&body, scep_span_text(", request "),
	    &err) == SCEP_OK &&
	    scep_buf_add(&body, scep_span_text(work->id), &err) == SCEP_OK)
		(void)scep_buf_add(&body, scep_span_text("\n"), &err);
	response->body = body.data;
	response->body_len = body.len;
	scep_line_text(work->log, "result", "error");
	scep_line_text(work->log, "error", scep_err_name(rc));
	scep_line_text(work->log, "reason", why->text);
	scep_counts_reason(work, "error", rc, scep_err_name(rc));
}

/* Whoever is blocked shall not cost the CA anything: it hears of one in each
 * second. */
static int
is_told(const struct scep_work *work, enum scep_err rc)
{
	if (rc != SCEP_E_LIMIT)
		return 1;
	if (work->ra->limit_told == work->now)
		return 0;
	work->ra->limit_told = work->now;
	return 1;
}

void
scep_ra_handle(struct scep_ra *ra, time_t now,
    const struct scep_http_request *request,
    struct scep_http_response *response, struct scep_line *log)
{
	struct scep_ra_asked	 asked = { .is_told = 0 };
	struct scep_random	 random;
	struct scep_work	 work = {
		.ra = ra,
		.now = now,
		.http = request,
		.log = log,
		.asked = &asked,
		.random = &random,
	};
	struct scep_error	 err;
	enum scep_err		 rc;

	memset(response, 0, sizeof(*response));
	response->status = 200;
	response->allow = "GET, POST";
	scep_counts_begin(&work);
	scep_random_init(&random, ra->crypto);
	rc = serve(&work, response, &err);
	scep_random_clear(&random);
	if (rc == SCEP_OK)
		return;
	answer_error(&work, rc, &err, response);
	if (is_told(&work, rc))
		scep_asked_refused(&work, scep_span_make(NULL, 0),
		    SCEP_ASKED_HTTP, rc, err.text);
}
