/*
 * peer.h - who asks: the address that goes into the log, into records and
 * quotas, and that limits are for.
 */
#ifndef SCEP_CGI_PEER_H
#define SCEP_CGI_PEER_H

#include "ca/config.h"

#define SCEP_PEER_MAX	64	/* an address, with its zone */

/*
 * env is the request's variables ("NAME=value", NULL behind the last one).
 * REMOTE_ADDR; or, if that is a trusted proxy, the right-most address in
 * client_address that is none.  What cannot be an address is "".
 */
void	 scep_peer_find(const struct scep_server_conf *conf,
	    char *const *env, char out[SCEP_PEER_MAX]);

#endif /* SCEP_CGI_PEER_H */
