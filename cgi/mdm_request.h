/*
 * mdm_request.h - a request to scep-admin.fcgi, of the variables that a web
 * server sets (RFC 3875).
 */
#ifndef SCEP_CGI_MDM_REQUEST_H
#define SCEP_CGI_MDM_REQUEST_H

#include "ca/config.h"
#include "cgi/mdm.h"

#define SCEP_MDM_PATH	1024	/* octets of a path; a longer one is "" */

/* What a variable is, or NULL. */
typedef const char	*(*scep_mdm_variable)(void *arg, const char *name);

/* All but the body and the peer (peer.h).  Texts are borrowed from the
 * variables; path has room for that of the URL, which web servers part as they
 * like. */
void	 scep_mdm_read(const struct scep_server_conf *conf,
	    scep_mdm_variable variable, void *arg, char path[SCEP_MDM_PATH],
	    struct scep_mdm_request *out);

#endif /* SCEP_CGI_MDM_REQUEST_H */
