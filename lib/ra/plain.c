/*
 * plain.c - files by a plain GET: …/crl/CA.crl and …/ca/CA.crt, for the
 * cRLDistributionPoints and the caIssuers of certificates.
 *
 * They need no profile, and nobody signs for them: both are signed already.
 */
#include <string.h>

#include "base/error.h"
#include "ra/local.h"

#define TYPE_CRL	"application/pkix-crl"		/* RFC 2585 */
#define TYPE_CERT	"application/pkix-cert"
#define CACHED_S	3600	/* at most: a revocation is to be seen */

enum kind { CRL, CERT };

static const struct {
	const char	*front, *back, *name;
} kinds[] = {
	[CRL] = { "crl/", ".crl", "crl" },
	[CERT] = { "ca/", ".crt", "ca" },
};

/* The first part of the path says which kind it is. */
static int
find_kind(const struct scep_work *work, enum kind *kind, const char **rest)
{
	const char	*path = work->http->path;
	size_t		 i, len;

	path += strspn(path, "/");
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		len = strlen(kinds[i].front);
		if (strncmp(path, kinds[i].front, len) != 0)
			continue;
		*kind = (enum kind)i;
		*rest = path + len;
		return 1;
	}
	return 0;
}

int
scep_ra_is_plain(const struct scep_work *work)
{
	enum kind	 kind;
	const char	*rest;

	return find_kind(work, &kind, &rest);
}

/* NAME.crl: the CA of that name, as published. */
static const struct scep_published_ca *
find_ca(const struct scep_work *work, enum kind kind, const char *file)
{
	const struct scep_published	*all = &work->ra->published;
	const size_t			 back = strlen(kinds[kind].back);
	const size_t			 len = strlen(file);
	size_t				 i;

	if (len <= back || strcmp(file + len - back, kinds[kind].back) != 0)
		return NULL;
	for (i = 0; i < all->n_cas; i++)
		if (strlen(all->ca[i].name) == len - back &&
		    memcmp(all->ca[i].name, file, len - back) == 0)
			return &all->ca[i];
	return NULL;
}

static enum scep_err
serve_crl(const struct scep_work *work, const char *name,
    struct scep_http_response *response, struct scep_error *err)
{
	struct scep_crl	 crl;
	enum scep_err	 rc;

	rc = scep_kept_get(work, name, &crl, err);
	if (rc == SCEP_E_NOTFOUND)
		return err->code = SCEP_E_PATH;
	if (rc != SCEP_OK)
		return rc;
	scep_line_number(work->log, "crl", crl.number);
	response->last_modified = crl.this_update;
	response->max_age = (long)(crl.next_update - work->now);
	if (response->max_age > CACHED_S)
		response->max_age = CACHED_S;
	if (response->max_age <= 0) {	/* it is over: not for a cache */
		response->max_age = 0;
		response->no_store = 1;
	}
	response->type = TYPE_CRL;
	response->body = crl.der.data;
	response->body_len = crl.der.len;
	return SCEP_OK;
}

static enum scep_err
serve_cert(const struct scep_published_ca *ca,
    struct scep_http_response *response, struct scep_error *err)
{
	struct scep_buf	 copy = { NULL, 0 };
	enum scep_err	 rc;

	if (ca->cert.len == 0)
		return scep_fail(err, SCEP_E_CONFIG, "CA %s has a fault; "
		    "scepadm check tells which", ca->name);
	if ((rc = scep_buf_set(&copy, scep_buf_span(&ca->cert), err)) !=
	    SCEP_OK)
		return rc;
	response->max_age = CACHED_S;
	response->type = TYPE_CERT;
	response->body = copy.data;
	response->body_len = copy.len;
	return SCEP_OK;
}

enum scep_err
scep_ra_serve_plain(const struct scep_work *work,
    struct scep_http_response *response, struct scep_error *err)
{
	const struct scep_published_ca	*ca;
	enum kind			 kind;
	const char			*file;
	enum scep_err			 rc;

	if (!find_kind(work, &kind, &file))
		return scep_fail(err, SCEP_E_PATH, "no such file");
	scep_line_text(work->log, "op", kinds[kind].name);
	scep_counts_operation(work, kinds[kind].name);
	response->allow = "GET, HEAD";
	/* To HEAD the web server leaves the body away. */
	if (strcmp(work->http->method, "GET") != 0 &&
	    strcmp(work->http->method, "HEAD") != 0)
		return scep_fail(err, SCEP_E_METHOD, "method %.16s",
		    work->http->method);
	if ((ca = find_ca(work, kind, file)) == NULL)
		return scep_fail(err, SCEP_E_PATH, "no %s of a CA is called "
		    "\"%.64s\"", kind == CRL ? "CRL" : "certificate", file);
	scep_line_text(work->log, "ca", ca->name);
	rc = kind == CRL ? serve_crl(work, ca->name, response, err) :
	    serve_cert(ca, response, err);
	if (rc != SCEP_OK)
		return rc;
	scep_line_text(work->log, "result", "served");
	scep_counts_result(work, "served");
	return SCEP_OK;
}
