/*
 * state_socket.h - the sockets in the state directory, by which the owner is
 * reached.
 *
 * STATE/admin.sock is for operators, STATE/metrics.sock for Prometheus,
 * STATE/ra.sock for RAs: workers of this instance and of others, and CGI runs;
 * these also find STATE/cgi.sock, which speaks FastCGI (linger.h).
 * Mode 0600 in a directory of 0700.  STATE/door.sock is for scep-admin.fcgi; it
 * may be elsewhere, and be open to a group.
 */
#ifndef SCEP_CGI_STATE_SOCKET_H
#define SCEP_CGI_STATE_SOCKET_H

#include <sys/types.h>

#include "ca/config.h"

#define SCEP_ADMIN_SOCK	"admin.sock"
#define SCEP_RA_SOCK	"ra.sock"
#define SCEP_METRICS_SOCK	"metrics.sock"
#define SCEP_CGI_SOCK	"cgi.sock"
#define SCEP_DOOR_SOCK	"door.sock"	/* or where door_socket says */

/* Only the owner may: what is there is replaced.  *fd does not block. */
enum scep_err	 scep_state_listen(const char *dir, const char *name, int *fd,
		    struct scep_error *err);
/* SCEP_E_NOTFOUND if nobody listens, SCEP_E_CONFIG if we may not ask,
 * SCEP_E_BUSY for what passes. */
enum scep_err	 scep_state_dial(const char *dir, const char *name, int *fd,
		    struct scep_error *err);
/* The same for scep-admin.fcgi's. */
enum scep_err	 scep_state_listen_door(const struct scep_server_conf *conf,
		    int *fd, struct scep_error *err);
enum scep_err	 scep_state_dial_door(const struct scep_server_conf *conf,
		    int *fd, struct scep_error *err);
/* Can there be one for scep-admin.fcgi, as scep.conf has it?  SCEP_E_CONFIG. */
enum scep_err	 scep_state_check_door(const struct scep_server_conf *conf,
		    struct scep_error *err);
/* Who is at the other end of fd, and may they speak: our own user and root
 * may. */
int		 scep_state_peer(int fd, uid_t *uid);

#endif /* SCEP_CGI_STATE_SOCKET_H */
