/*
 * scep.h - what every layer of libscep shares: results, reasons, HTTP.
 *
 * The engine is a function: configuration, store, the current time and one
 * HTTP request go in; one HTTP response comes out.  It opens no socket, reads
 * no clock, and draws random bytes only from its library context.
 */
#ifndef SCEP_H
#define SCEP_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define SCEP_VERSION		"0.1"

/*
 * Outcome of every call that can fail.  What each code looks like from the
 * outside (HTTP status, failInfo, exit status) is one row of the table in
 * base/error.c, and nowhere else.
 */
enum scep_err {
	SCEP_OK = 0,
	SCEP_E_NOMEM,		/* ours: out of memory */
	SCEP_E_INTERNAL,	/* ours: libcrypto refused something valid */
	SCEP_E_CONFIG,		/* ours: the configuration is unusable */
	SCEP_E_STORE,		/* ours: the store cannot answer */
	SCEP_E_BUSY,		/* ours: try again (owner gone, queue full) */
	SCEP_E_CHANGED,		/* a rival changed what the change relied on */
	SCEP_E_EXISTS,		/* already there; never overwritten */
	SCEP_E_NOTFOUND,	/* not there */
	SCEP_E_USAGE,		/* the operator's command line */
	SCEP_E_HTTP,		/* theirs: not a SCEP request at all */
	SCEP_E_METHOD,		/* theirs: neither GET nor POST */
	SCEP_E_PATH,		/* theirs: nothing is there */
	SCEP_E_ABSENT,		/* theirs: nothing of that kind now */
	SCEP_E_TOOBIG,		/* theirs: above max_request */
	SCEP_E_FORMAT,		/* theirs: no address for an answer */
	SCEP_E_ALG,		/* theirs: badAlg */
	SCEP_E_SIG,		/* theirs: badMessageCheck */
	SCEP_E_REFUSED,		/* theirs: badRequest */
	SCEP_E_TIME,		/* theirs: badTime */
	SCEP_E_CERTID,		/* theirs: badCertId */
	SCEP_E_LIMIT,		/* theirs: too much, for now */
	SCEP_E__MAX
};

/*
 * Why a call failed, for the log and the operator.  Filled in by the innermost
 * function that knows the reason, and only when the call does not return
 * SCEP_OK.  The text may hold what a client sent: escape it at the sink.
 */
#define SCEP_ERROR_MAX	1024	/* the command that mends it has its paths */
struct scep_error {
	enum scep_err	code;
	char		text[SCEP_ERROR_MAX];
};

/* One request as the web server saw it; borrowed, never modified. */
struct scep_http_request {
	const char	*method;	/* REQUEST_METHOD */
	const char	*path;		/* PATH_INFO, "" if there is none */
	const char	*query;		/* QUERY_STRING, still encoded */
	const char	*peer;		/* who asks: an address, or "" */
	const uint8_t	*body;		/* NULL if there was none */
	size_t		 body_len;
};

/* What to answer.  Release with scep_http_response_clear(). */
struct scep_http_response {
	int		 status;	/* 200, 400, 404, 405, 413, 429, 503 */
	const char	*type;		/* Content-Type, a static string */
	uint8_t		*body;		/* OPENSSL_malloc()ed, ours */
	size_t		 body_len;
	int		 no_store;	/* send Cache-Control: no-store */
	long		 max_age;	/* or how long it may be kept, s; 0:
					   nothing is said */
	time_t		 last_modified;	/* 0: nothing is said */
	long		 retry_after;	/* 429: s */
	const char	*allow;		/* 405: the methods; a static string */
};

#endif /* SCEP_H */
