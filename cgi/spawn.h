/*
 * spawn.h - makes the CA process and RA workers, and the sockets to them.
 */
#ifndef SCEP_CGI_SPAWN_H
#define SCEP_CGI_SPAWN_H

#include <sys/types.h>

#include "cgi/crew.h"
#include "cgi/relay.h"
#include "cgi/supervisor.h"

/* The supervisor's own descriptors, -1 for none.  No child keeps one, but for
 * the end of the relay that is the workers'. */
struct scep_own {
	int			 signal_fd;
	int			 control_fd;	/* to the CA process */
	const struct scep_crew	*crew;
	const struct scep_relay	*relay;
};

typedef enum scep_err	(*scep_spawn_fn)(const struct scep_supervisor *args,
		    const struct scep_own *own, int *fd, pid_t *pid,
		    struct scep_error *err);

/*
 * Start the CA process.  *control is its socket: what it says on it is in
 * ca_process.h.
 */
enum scep_err	 scep_spawn_ca(const struct scep_supervisor *args,
		    const struct scep_own *own, int *control, pid_t *pid,
		    struct scep_error *err);
/*
 * Start a worker.  *work is our end of its socket: what is said on it is in
 * worker.h.
 */
enum scep_err	 scep_spawn_worker(const struct scep_supervisor *args,
		    const struct scep_own *own, int *work, pid_t *pid,
		    struct scep_error *err);

#endif /* SCEP_CGI_SPAWN_H */
