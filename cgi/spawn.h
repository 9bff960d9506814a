/*
 * spawn.h - makes the CA process and RA workers, and the sockets between them.
 */
#ifndef SCEP_CGI_SPAWN_H
#define SCEP_CGI_SPAWN_H

#include <sys/types.h>

#include "cgi/supervisor.h"

/* The supervisor's own descriptors, -1 for none: no child keeps one. */
struct scep_own {
	int		 signal_fd;
	int		 control_fd;	/* to the CA process */
	const int	*work_fd;	/* to workers */
	int		 n_work;
};

/*
 * Start the CA process.  *control is its socket: it says "r" when it is
 * ready, and takes workers' sockets.
 */
enum scep_err	 scep_spawn_ca(const struct scep_supervisor *args,
		    const struct scep_own *own, int *control, pid_t *pid,
		    struct scep_error *err);
/*
 * Start a worker, and hand the CA process the other end of its socket.  *work
 * is the supervisor's end of another: the worker sends an octet when it has
 * nothing to do, and is given connections.
 */
enum scep_err	 scep_spawn_worker(const struct scep_supervisor *args,
		    const struct scep_own *own, int *work, pid_t *pid,
		    struct scep_error *err);

/* Hand fd to the process behind a socket, without waiting for it; 0 if it
 * does not take it. */
int		 scep_spawn_give(int socket_fd, int fd);

#endif /* SCEP_CGI_SPAWN_H */
