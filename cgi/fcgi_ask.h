/*
 * fcgi_ask.h - the other side of FastCGI: a request to a server, and its
 * answer.
 */
#ifndef SCEP_CGI_FCGI_ASK_H
#define SCEP_CGI_FCGI_ASK_H

#include "scep.h"
#include "base/buf.h"

/* Send a request over fd, and wait for the answer: what a CGI program would
 * have written.  SCEP_E_BUSY for anything less than all of it, wait_ms after
 * the beginning. */
enum scep_err	 scep_fcgi_ask(int fd, int wait_ms,
		    const struct scep_http_request *request,
		    struct scep_buf *answer, struct scep_error *err);

#endif /* SCEP_CGI_FCGI_ASK_H */
