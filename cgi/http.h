/*
 * http.h - what CGI and FastCGI have in common: a request's variables and a
 * response's head (RFC 3875).
 */
#ifndef SCEP_CGI_HTTP_H
#define SCEP_CGI_HTTP_H

#include "scep.h"

#define SCEP_HTTP_HEAD	512	/* octets of a response's head */

/* A status's name, for people. */
const char	*scep_http_reason(int status);
/* Status and headers, and the empty line behind them; its length. */
size_t		 scep_http_head(const struct scep_http_response *response,
		    char out[SCEP_HTTP_HEAD]);

#endif /* SCEP_CGI_HTTP_H */
