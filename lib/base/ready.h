/*
 * ready.h - waiting for a descriptor, and sending over a socket, for so long.
 *
 * A process that was halted and goes on (SIGSTOP and SIGCONT: a container that
 * is paused, a debugger) finds calls broken off with EINTR although no handler
 * ran, signal(7): those on sockets that have SO_RCVTIMEO or SO_SNDTIMEO.  This
 * waits without them, and what has come in the meantime counts.
 */
#ifndef SCEP_BASE_READY_H
#define SCEP_BASE_READY_H

#include "base/buf.h"

/* fd can be read (POLLIN) or written (POLLOUT) now, or its peer is gone; 0 and
 * EAGAIN in errno if it takes longer than timeout_ms (-1: for ever). */
int	 scep_ready(int fd, short events, int timeout_ms);
/*
 * Send all of it over a socket, which need not be non-blocking; a datagram is
 * sent whole.  0 and errno if the peer is gone, EAGAIN if it takes nothing for
 * timeout_ms.
 */
int	 scep_ready_send(int fd, struct scep_span bytes, int timeout_ms);

#endif /* SCEP_BASE_READY_H */
