/*
 * worker.h - an RA worker: FastCGI requests in, responses out.
 */
#ifndef SCEP_CGI_WORKER_H
#define SCEP_CGI_WORKER_H

#include "ca/config.h"

struct scep_worker {
	int			 work_fd;	/* connections */
	int			 ca_fd;		/* the CA process's socket */
	const struct scep_server_conf	*conf;
};

/*
 * Serve until SIGTERM or the end of the supervisor (0), until the CA is gone
 * (75), or until a request takes longer than request_timeout (killed by
 * SIGALRM); 78 without a sandbox that is demanded.
 */
int	 scep_worker_run(const struct scep_worker *worker);

#endif /* SCEP_CGI_WORKER_H */
