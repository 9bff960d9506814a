/*
 * cgi.h - plain CGI: one process, one request.
 */
#ifndef SCEP_CGI_CGI_H
#define SCEP_CGI_CGI_H

#include "ca/config.h"

/*
 * Answer the request in the environment and on standard input (RFC 3875); the
 * exit status.  There is an answer in any case: 503 if the configuration
 * cannot be used, or if it takes longer than request_timeout.
 */
int	 scep_cgi_run(void);

#endif /* SCEP_CGI_CGI_H */
