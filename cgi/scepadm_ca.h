/*
 * scepadm_ca.h - what the files of `scepadm ca` share.
 */
#ifndef SCEP_CGI_SCEPADM_CA_H
#define SCEP_CGI_SCEPADM_CA_H

#include "cgi/scepadm.h"

/* Ask for an act (ca/admin.h), and say what came of it.  ask is stolen. */
enum scep_err	 adm_ca_act(struct adm *adm, json_t *ask);

#endif /* SCEP_CGI_SCEPADM_CA_H */
