/*
 * linger.h - a server that a plain CGI run leaves behind for a while, and to
 * which the runs after it hand their requests (linger = in scep.conf(5)).
 */
#ifndef SCEP_CGI_LINGER_H
#define SCEP_CGI_LINGER_H

#include "base/buf.h"
#include "ca/config.h"

/* A connection to the one of this state, or -1: there is none. */
int		 scep_linger_dial(const struct scep_server_conf *conf);
/* Start one, unless there is one.  We hold the lock of the state, and have
 * nothing of it open any more.  It keeps no descriptor of ours but its socket,
 * and none of the environment but SCEP_CONF and LD_LIBRARY_PATH. */
enum scep_err	 scep_linger_start(const struct scep_server_conf *conf,
		    struct scep_error *err);
/* It ends: nobody finds it any more. */
void		 scep_linger_end(const struct scep_server_conf *conf);
/* The file of our program is not the one that we were started from: those who
 * ask us are of another. */
int		 scep_linger_is_replaced(void);

#endif /* SCEP_CGI_LINGER_H */
