/*
 * scepadm_conf.h - the scep.conf that `scepadm init` writes.
 */
#ifndef SCEP_CGI_SCEPADM_CONF_H
#define SCEP_CGI_SCEPADM_CONF_H

#include "wire/crypto.h"

struct adm_conf {
	const char		*name;		/* of the CA, for people */
	const char		*url;		/* where devices reach the
						   server */
	const char		*state;		/* its directory */
	enum scep_digest	 digest;
	int			 has_chain;
	int			 has_points;	/* certificates say where the
						   CRL is */
};
/* The text, to be freed; NULL if there is no memory. */
char	*adm_conf_text(const struct adm_conf *conf);

#endif /* SCEP_CGI_SCEPADM_CONF_H */
