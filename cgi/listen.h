/*
 * listen.h - the socket on which web servers reach us.
 */
#ifndef SCEP_CGI_LISTEN_H
#define SCEP_CGI_LISTEN_H

#include "ca/config.h"

struct scep_listener {
	int		 fd;		/* above 2, O_NONBLOCK, close-on-exec */
	const char	*path;		/* of a socket that we made, or NULL;
					   borrowed from the configuration */
	int		 is_watched;	/* whoever started us asks it whether
					   we live */
};

/*
 * First of all: what we were not given on purpose is closed, so that no worker
 * has it; and 0, 1 and 2 are taken, lest a file that is opened later becomes
 * what we write errors to.  0 if that cannot be.
 */
int		 scep_listen_settle(void);
/* Did whoever started us give us a socket that accepts connections? */
int		 scep_listen_given(void);
/*
 * Descriptor 0 if it accepts connections (lighttpd, spawn-fcgi), else the one
 * that LISTEN_FDS announces (systemd), else what listen = says.
 * SCEP_E_CONFIG with how to start it; SCEP_E_BUSY if somebody listens there
 * already.  A socket that root made belongs to the owner of the state.
 */
enum scep_err	 scep_listen_open(const struct scep_server_conf *conf,
		    struct scep_listener *out, struct scep_error *err);
/* Close it; one that we made is no longer found. */
void		 scep_listen_close(struct scep_listener *listener);

#endif /* SCEP_CGI_LISTEN_H */
