/*
 * fcgi_request.h - a FastCGI request as the engine wants it, and its response
 * as FastCGI wants that.
 */
#ifndef SCEP_CGI_FCGI_REQUEST_H
#define SCEP_CGI_FCGI_REQUEST_H

#include <fcgiapp.h>

#include "scep.h"

/*
 * Take the request from fcgi: parameters are borrowed from it, the body goes
 * to buf, and who asks is for the caller to find (peer.h).  At most size octets
 * of the body are read, however long CONTENT_LENGTH says it is: make room for
 * one more than is allowed.  0 if the client or the web server went away.
 */
int	 scep_fcgi_read(FCGX_Request *fcgi, uint8_t *buf, size_t size,
	    struct scep_http_request *out);
/* Send the response and the end of the request; 0 if it was not taken. */
int	 scep_fcgi_write(FCGX_Request *fcgi,
	    const struct scep_http_response *response);
/* Close the connection, whatever became of the request. */
void	 scep_fcgi_finish(FCGX_Request *fcgi);

#endif /* SCEP_CGI_FCGI_REQUEST_H */
