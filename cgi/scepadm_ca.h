/*
 * scepadm_ca.h - what the files of `scepadm ca` share.
 */
#ifndef SCEP_CGI_SCEPADM_CA_H
#define SCEP_CGI_SCEPADM_CA_H

#include <openssl/x509.h>

#include "ca/config.h"
#include "cgi/scepadm_init.h"

/* Ask for an act (ca/admin.h), and say what came of it.  ask is stolen. */
enum scep_err	 adm_ca_act(struct adm *adm, json_t *ask);

/* scepadm_ca_place.c: write f; dir is "" until there is something. */
enum scep_err	 adm_ca_place(struct adm *adm, const char *state,
		    const char *ca, const struct adm_fresh *f,
		    char dir[SCEP_PATH_LEN]);

/* scepadm_ca_csr.c: where a key waits for its certificate; and a request for
 * one, named like current but for the CN (NULL: that, too), by a key of this
 * kind, written to fd. */
enum scep_err	 adm_ca_waiting(struct adm *adm, const char *state,
		    const char *ca, char out[SCEP_PATH_LEN]);
enum scep_err	 adm_ca_csr(struct adm *adm, const char *state,
		    const char *ca, const X509 *current, const char *cn,
		    const char *word, int fd);

#endif /* SCEP_CGI_SCEPADM_CA_H */
