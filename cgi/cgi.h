/*
 * cgi.h - plain CGI: one process, one request.
 */
#ifndef SCEP_CGI_CGI_H
#define SCEP_CGI_CGI_H

#include "ca/config.h"

/*
 * Answer the request in the environment and on standard input (RFC 3875); the
 * exit status.  There is an answer in any case: 503 if the configuration
 * cannot be used.  path is that of -c, or NULL.
 */
int	 scep_cgi_run(const char *path);

#endif /* SCEP_CGI_CGI_H */
