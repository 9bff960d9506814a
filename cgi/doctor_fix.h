/*
 * doctor_fix.h - which line to change in which file of which server.
 */
#ifndef SCEP_CGI_DOCTOR_FIX_H
#define SCEP_CGI_DOCTOR_FIX_H

#include <stddef.h>

/* Who is in front of scep.fcgi, as far as a client can see. */
enum doctor_server {
	DOCTOR_NGINX,
	DOCTOR_LIGHTTPD,
	DOCTOR_APACHE,
	DOCTOR_SERVER__MAX,
	DOCTOR_UNKNOWN = DOCTOR_SERVER__MAX
};

enum doctor_fix {
	DOCTOR_FIX_ROUTE,	/* the path does not lead to scep.fcgi */
	DOCTOR_FIX_PATHINFO,	/* …/pkiclient.exe does not */
	DOCTOR_FIX_DOWN,	/* nobody answers the web server */
	DOCTOR_FIX_LISTEN,	/* nobody answers us */
	DOCTOR_FIX_TLS,
	DOCTOR_FIX_AUTH,	/* 401, 403 */
	DOCTOR_FIX_METHOD,	/* POST is not let through */
	DOCTOR_FIX_REDIRECT,
	DOCTOR_FIX_LINE,	/* a long request line */
	DOCTOR_FIX_BODY,	/* a big body */
	DOCTOR_FIX_LIMIT,	/* 429 */
	DOCTOR_FIX_CONTROLS,	/* %0A in a query */
	DOCTOR_FIX_QUERY,	/* + and %2B in a query */
	DOCTOR_FIX_CHUNKED,
	DOCTOR_FIX_TYPE,	/* another Content-Type */
	DOCTOR_FIX_ERRORS,	/* error pages of its own */
	DOCTOR_FIX_CAPS,	/* what is announced is not what works */
	DOCTOR_FIX_CHAIN,
	DOCTOR_FIX_USAGE,	/* key usage of CA or RA */
	DOCTOR_FIX_DATES,
	DOCTOR_FIX_OTHER_CA,	/* not the CA of scep.conf */
	DOCTOR_FIX_REFUSED,	/* an enrolment was */
	DOCTOR_FIX_LOG,		/* nothing better is known */
	DOCTOR_FIX__MAX
};

/* From a Server: header, which may be empty. */
enum doctor_server	 doctor_server_of(const char *header);
/* What an HTTP status says, if it says anything; else otherwise. */
enum doctor_fix		 doctor_fix_of(long status, enum doctor_fix otherwise);
/* The text: for this server, or for all of them if it is not known. */
void			 doctor_fix_text(enum doctor_fix fix,
			    enum doctor_server server, char *out, size_t size);

#endif /* SCEP_CGI_DOCTOR_FIX_H */
