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

#include <poll.h>
#include <stdint.h>

#include "scep.h"

struct scep_relay {
	int	 in_fd;		/* ours, or -1: workers accept by themselves */
	int	 out_fd;	/* all workers': SOCK_SEQPACKET, not blocking */
	int	 is_full;	/* it can be written to, or else there is
				   nothing to be done */
	int	 each;		/* what one costs that waits, in octets */
	int64_t	 due;		/* until then nothing can be accepted */
	int64_t	 last;		/* when one came, or it was opened */
};

enum scep_err	 scep_relay_open(struct scep_relay *relay,
		    struct scep_error *err);
void		 scep_relay_close(struct scep_relay *relay);
/* About so many may wait for a worker (two, if fewer); what else there is
 * waits in the backlog, where it outlives us. */
void		 scep_relay_limit(const struct scep_relay *relay, int n);
/* What to wait for before the next is passed on; not longer than until
 * relay->due, if that is not 0. */
struct pollfd	 scep_relay_watch(struct scep_relay *relay, int listen_fd);
/* Pass on what waits at listen_fd, while there is room. */
void		 scep_relay_pass(struct scep_relay *relay, int listen_fd);
/* Has something been passed on that nobody has taken? */
int		 scep_relay_waits(const struct scep_relay *relay);
/* A worker's: the next connection, or -1 with errno. */
int		 scep_relay_take(int out_fd);

#endif /* SCEP_CGI_RELAY_H */
