/*
 * worker.h - an RA worker: FastCGI requests in, responses out.
 */
#ifndef SCEP_CGI_WORKER_H
#define SCEP_CGI_WORKER_H

#include "ca/config.h"

struct scep_worker {
	int			 work_fd;	/* SOCK_SEQPACKET: the
						   supervisor hands over
						   connections, one for each
						   SCEP_WORKER_IDLE */
	const struct scep_server_conf	*conf;
};

/* What a worker says to its supervisor, an octet each. */
#define SCEP_WORKER_IDLE	'i'	/* give me a connection */
#define SCEP_WORKER_LEAVES	'l'	/* give me none; I end when you have
					   closed */

/*
 * Serve until SIGTERM or the end of work_fd, or until the owner of the
 * state wants us to leave or is gone (0); 75 when nobody owns the state for
 * some seconds.  Killed by SIGALRM when a request takes longer than
 * request_timeout; 78 without a sandbox that is demanded.
 */
int	 scep_worker_run(const struct scep_worker *worker);

#endif /* SCEP_CGI_WORKER_H */
