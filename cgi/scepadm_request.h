/*
 * scepadm_request.h - which of the requests that wait are meant, as options
 * say it.
 */
#ifndef SCEP_CGI_SCEPADM_REQUEST_H
#define SCEP_CGI_SCEPADM_REQUEST_H

#include "cgi/scepadm.h"

/* As given; NULL: not. */
struct adm_request_filter {
	const char	*profile, *subject, *san, *peer, *older, *newer;
	const char	*limit;
	const char	*state;		/* of list alone: all but those that
					   are about to go are pending */
};
#define ADM_REQUEST_FILTERS	7
/* Their options, to stand in a table of more. */
#define ADM_REQUEST_OPTIONS(f) \
	{ "profile", &(f).profile, NULL, NULL }, \
	{ "subject", &(f).subject, NULL, NULL }, \
	{ "san", &(f).san, NULL, NULL }, \
	{ "peer", &(f).peer, NULL, NULL }, \
	{ "older", &(f).older, NULL, NULL }, \
	{ "newer", &(f).newer, NULL, NULL }, \
	{ "limit", &(f).limit, NULL, NULL }

int		 adm_request_is_filtered(const struct adm_request_filter *f);
/* Those that are meant, a page after another, and no more than limit, or so
 * many.  *more: there are further ones. */
typedef enum scep_err	(*adm_request_fn)(struct adm *adm, void *arg,
			    const json_t *rows);
enum scep_err	 adm_request_each(struct adm *adm,
		    const struct adm_request_filter *f, long limit,
		    adm_request_fn fn, void *arg, int *more);

/* scepadm_request_bulk.c: those with these ids (NULL ends them), or, where
 * there is none, all that fit, are approved or refused, one by one. */
struct adm_request_bulk {
	const char	*verb;		/* "request.approve" */
	const char	*reason;	/* of a refusal, or NULL */
	int		 dry;
};
enum scep_err	 adm_request_bulk(struct adm *adm,
		    const struct adm_request_filter *f, char *const ids[],
		    const struct adm_request_bulk *bulk);

#endif /* SCEP_CGI_SCEPADM_REQUEST_H */
