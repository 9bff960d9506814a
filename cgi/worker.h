/*
 * worker.h - an RA worker: FastCGI requests in, responses out.
 */
#ifndef SCEP_CGI_WORKER_H
#define SCEP_CGI_WORKER_H

#include "ca/config.h"

struct scep_worker {
	int			 work_fd;	/* SOCK_SEQPACKET: the
						   supervisor's, which says
						   nothing */
	int			 listen_fd;	/* connections come from here,
						   O_NONBLOCK … */
	int			 relay_fd;	/* … or, if that is -1, from
						   here (relay.h) */
	const struct scep_server_conf	*conf;
};

/* What a worker says to its supervisor, once. */
#define SCEP_WORKER_READY	'r'

/*
 * Serve until SIGTERM or the end of work_fd, or until the owner of the
 * state wants us to leave or is gone (0); 75 when nobody owns the state for
 * some seconds.  Killed by SIGALRM when a request takes longer than
 * request_timeout; 78 without a sandbox that is demanded.
 */
int	 scep_worker_run(const struct scep_worker *worker);

#endif /* SCEP_CGI_WORKER_H */
