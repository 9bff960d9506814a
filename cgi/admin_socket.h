/*
 * admin_socket.h - an operator's request over STATE/admin.sock.  A frame is
 * four octets of length, big-endian, and JSON (ca/admin.h).
 */
#ifndef SCEP_CGI_ADMIN_SOCKET_H
#define SCEP_CGI_ADMIN_SOCKET_H

#include "ca/admin.h"

/* Serve one connection (peer uid checked: ours or root; deadline), then
 * close it.  Logs each act; one that takes long tells how far it is, and ends
 * early if the peer leaves or stop_fd becomes readable. */
void		 scep_admin_serve(struct scep_ca *ca, int fd, int stop_fd);
/* Ask the owner.  SCEP_E_NOTFOUND if nobody listens, or who did left without
 * reading it: it was not carried out.  SCEP_E_STORE: it may have been. */
enum scep_err	 scep_admin_ask(const char *dir, struct scep_span request,
		    struct scep_buf *reply, struct scep_error *err);
/* The same; what it tells meanwhile goes to watch. */
enum scep_err	 scep_admin_ask_watched(const char *dir,
		    struct scep_span request,
		    const struct scep_admin_watch *watch,
		    struct scep_buf *reply, struct scep_error *err);

#endif /* SCEP_CGI_ADMIN_SOCKET_H */
