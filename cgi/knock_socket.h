/*
 * knock_socket.h - scep-admin.fcgi's requests over STATE/door.sock.  A frame is
 * four octets of length, big-endian, and JSON (ca/knock.h); one after another
 * on a connection.
 */
#ifndef SCEP_CGI_KNOCK_SOCKET_H
#define SCEP_CGI_KNOCK_SOCKET_H

#include "ca/knock.h"
#include "cgi/generation.h"

/* Serve one connection until its end, or until stop_fd becomes readable; then
 * close it.  Who may connect is the socket's mode to say, where has_group;
 * else it is our own user and root.  Logs each act. */
void		 scep_knock_serve(struct scep_generations *generations, int fd,
		    int stop_fd, int has_group);
/* Ask the owner, at the other end of fd.  After anything but SCEP_OK it is of
 * no use any more. */
enum scep_err	 scep_knock_ask(int fd, struct scep_span request,
		    struct scep_buf *reply, struct scep_error *err);

#endif /* SCEP_CGI_KNOCK_SOCKET_H */
