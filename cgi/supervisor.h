/*
 * supervisor.h - starts the CA process and the RA workers, and starts them
 * again.
 */
#ifndef SCEP_CGI_SUPERVISOR_H
#define SCEP_CGI_SUPERVISOR_H

#include "ca/config.h"

struct scep_supervisor {
	const char			*conf_path;	/* of -c, or NULL */
	const struct scep_server_conf	*conf;
	int				 listen_fd;
};

/*
 * Run until told to stop by SIGTERM, SIGINT, SIGHUP or SIGUSR1 (requests in
 * hand are finished; 0), or until there is no use in going on: 78 and 75 as
 * the CA process said at its first start, 78 from a worker.
 */
int	 scep_supervisor_run(const struct scep_supervisor *supervisor);

#endif /* SCEP_CGI_SUPERVISOR_H */
