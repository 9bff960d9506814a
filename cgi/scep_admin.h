/*
 * scep_admin.h - the parts of scep-admin.fcgi.
 */
#ifndef SCEP_CGI_SCEP_ADMIN_H
#define SCEP_CGI_SCEP_ADMIN_H

#include "ca/config.h"

/*
 * A process that answers requests from listen_fd (O_NONBLOCK) one after
 * another, until SIGTERM, or until the owner of the state is gone or came; 0
 * then.  Killed by SIGALRM when a request takes longer than request_timeout;
 * 78 without a sandbox that is demanded.
 */
int	 scep_admin_worker(int listen_fd, const struct scep_server_conf *conf);
/* Plain CGI: one request, from the environment and standard input. */
int	 scep_admin_cgi(const struct scep_server_conf *conf);
/* … to which nothing can be done but 503. */
void	 scep_admin_cgi_busy(void);

#endif /* SCEP_CGI_SCEP_ADMIN_H */
