/*
 * relay.h - connections from a socket that the supervisor alone may have, to
 * whichever worker is idle.
 *
 * lighttpd asks the socket that it gave us whether a program that died must be
 * started again; by a worker that is still dying, it would be told no, and
 * never asks again.
 */
#ifndef SCEP_CGI_RELAY_H
#define SCEP_CGI_RELAY_H

#include "scep.h"

struct scep_relay {
	int	 in_fd;		/* ours, or -1: workers accept by themselves */
	int	 out_fd;	/* all workers': SOCK_SEQPACKET, not blocking */
	int	 is_full;	/* it can be written to, or else there is
				   nothing to be done */
};

enum scep_err	 scep_relay_open(struct scep_relay *relay,
		    struct scep_error *err);
void		 scep_relay_close(struct scep_relay *relay);
/* Pass on what waits at listen_fd, while there is room. */
void		 scep_relay_pass(struct scep_relay *relay, int listen_fd);
/* A worker's: the next connection; *fd is -1 if there is none. */
void		 scep_relay_take(int out_fd, int *fd);

#endif /* SCEP_CGI_RELAY_H */
