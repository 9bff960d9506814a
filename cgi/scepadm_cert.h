/*
 * scepadm_cert.h - which certificates are meant, as options say it.
 */
#ifndef SCEP_CGI_SCEPADM_CERT_H
#define SCEP_CGI_SCEPADM_CERT_H

#include "cgi/scepadm.h"

/* As given; NULL: not. */
struct adm_cert_filter {
	const char	*subject, *profile, *ca, *state, *expires_in, *since;
};
/* Their options, to stand in a table of more. */
#define ADM_CERT_OPTIONS(f) \
	{ "subject", &(f).subject, NULL, NULL }, \
	{ "profile", &(f).profile, NULL, NULL }, \
	{ "ca", &(f).ca, NULL, NULL }, \
	{ "state", &(f).state, NULL, NULL }, \
	{ "expires-in", &(f).expires_in, NULL, NULL }, \
	{ "since", &(f).since, NULL, NULL }

/* Into a request for cert.list. */
enum scep_err	 adm_cert_filter_put(struct adm *adm,
		    const struct adm_cert_filter *f, json_t *request);

/* One text of 1 to max octets, or NULL: not given. */
enum scep_err	 adm_put_text(struct adm *adm, json_t *request,
		    const char *name, const char *text, size_t max);
/* One of these words, of which the last is NULL. */
enum scep_err	 adm_put_word(struct adm *adm, json_t *request,
		    const char *name, const char *word,
		    const char *const *words);

#endif /* SCEP_CGI_SCEPADM_CERT_H */
