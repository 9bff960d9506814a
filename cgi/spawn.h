/*
 * spawn.h - makes the CA process and RA workers, and the sockets between them.
 */
#ifndef SCEP_CGI_SPAWN_H
#define SCEP_CGI_SPAWN_H

#include <sys/types.h>

#include "cgi/supervisor.h"

/*
 * Start the CA process.  *control is its socket: it says "r" when it is
 * ready, and takes workers' sockets.  signal_fd is not for the child.
 */
enum scep_err	 scep_spawn_ca(const struct scep_supervisor *args,
		    int signal_fd, int *control, pid_t *pid,
		    struct scep_error *err);
/* Start a worker, and hand the CA process the other end of its socket. */
enum scep_err	 scep_spawn_worker(const struct scep_supervisor *args,
		    int signal_fd, int control, pid_t *pid,
		    struct scep_error *err);

#endif /* SCEP_CGI_SPAWN_H */
