/*
 * accept.h - a connection from the web server, where there may be nothing to
 * take it with.
 */
#ifndef SCEP_CGI_ACCEPT_H
#define SCEP_CGI_ACCEPT_H

/* The next connection, or -1 with errno. */
int	 scep_accept(int listen_fd);
/*
 * There was none, because of this errno: 0 if that is nobody's fault, or for
 * how many milliseconds to leave the socket alone, which stays readable.  Of
 * that there is a line in the log, now and then.
 */
int	 scep_accept_pause(int error);

#endif /* SCEP_CGI_ACCEPT_H */
