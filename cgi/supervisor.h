/*
 * supervisor.h - starts the CA process and the RA workers, and starts them
 * again.
 */
#ifndef SCEP_CGI_SUPERVISOR_H
#define SCEP_CGI_SUPERVISOR_H

#include "ca/config.h"

struct scep_supervisor {
	const char		*conf_path;	/* of -c, or NULL */
	struct scep_server_conf	 conf;		/* a reload changes it */
	int			 listen_fd;
	int			 is_watched;	/* no child may keep that
						   (relay.h) */
	long			 idle_s;	/* end when nobody came for so
						   long (linger.h); 0: do
						   not */
};

/*
 * Run until told to stop by SIGTERM, SIGINT or SIGUSR1 (requests in hand are
 * finished; 0), or until there is no use in going on: 78 and 75 as the CA
 * process said at its first start, 78 from a worker.  SIGHUP has the
 * configuration read again.
 */
int	 scep_supervisor_run(struct scep_supervisor *supervisor);

#endif /* SCEP_CGI_SUPERVISOR_H */
