/*
 * ca_process.h - the process that decides and remembers.
 */
#ifndef SCEP_CGI_CA_PROCESS_H
#define SCEP_CGI_CA_PROCESS_H

#include "ca/config.h"

struct scep_ca_process {
	const char	*conf_path;	/* of -c, or NULL */
	int		 control_fd;	/* to the supervisor, SOCK_SEQPACKET;
					   it says an octet for each worker
					   that died */
	long		 drain_s;	/* how long SIGTERM waits for workers */
	int		 lingers;	/* those who open the store next do so
					   for one request */
};

/* What it says to its supervisor, an octet each. */
#define SCEP_CA_OWNS		'o'	/* workers may start: the state is
					   ours */
#define SCEP_CA_SHARES		's'	/* workers may start: it is another
					   instance's, until that ends */
#define SCEP_CA_RELOADED	'n'	/* a new configuration is in force */
#define SCEP_CA_KEEPS		'k'	/* it was refused: the old one is */
#define SCEP_CA_OPERATOR	'a'	/* an operator has come */
#define SCEP_CA_OPERATOR_LEFT	'z'	/* … has been served */

/*
 * Own the state, or wait until it can be owned, and answer workers and
 * scepadm until SIGTERM or the end of control_fd (0), or until the store
 * wants to be opened anew (75).  SIGHUP reads the configuration again.  78:
 * the configuration cannot be used; 75: other trouble.
 */
int	 scep_ca_process_run(const struct scep_ca_process *process);

#endif /* SCEP_CGI_CA_PROCESS_H */
