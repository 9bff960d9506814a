/*
 * ca_process.h - the process that decides and remembers.
 */
#ifndef SCEP_CGI_CA_PROCESS_H
#define SCEP_CGI_CA_PROCESS_H

#include "ca/config.h"

struct scep_ca_process {
	const char	*conf_path;	/* of -c, or NULL */
	int		 control_fd;	/* SOCK_SEQPACKET: we say "ready", the
					   supervisor hands over a worker's
					   socket each time */
	long		 drain_s;	/* how long SIGTERM waits for workers */
};

/*
 * Own the state and answer workers and scepadm until SIGTERM or the end of
 * control_fd (0), or until the store wants to be opened anew (75).  78: the
 * configuration cannot be used; 75: somebody owns the state, or other
 * trouble.
 */
int	 scep_ca_process_run(const struct scep_ca_process *process);

#endif /* SCEP_CGI_CA_PROCESS_H */
