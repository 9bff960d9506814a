/*
 * mdm.h - a request to scep-admin.fcgi, and its response.
 *
 * Knows HTTP and what MDM systems send and read; how it got here, and how the
 * owner of the state is asked, is others' business.
 */
#ifndef SCEP_CGI_MDM_H
#define SCEP_CGI_MDM_H

#include "base/line.h"

#define SCEP_MDM_BODY	49152	/* octets of a request's body */
#define SCEP_MDM_HEAD	1024	/* octets of a response's head */

/* All texts are "" if they are not there; none is NULL. */
struct scep_mdm_request {
	const char	*method;
	const char	*path;		/* of the URL */
	const char	*query;
	const char	*type;		/* Content-Type */
	const char	*length;	/* Content-Length */
	const char	*auth;		/* Authorization */
	const char	*site;		/* Sec-Fetch-Site */
	const char	*origin;	/* Origin */
	const char	*host;		/* Host */
	const char	*user;		/* as the web server knows him */
	const char	*nobody;	/* where he is "": why, for the log */
	const char	*peer;
	const uint8_t	*body;
	size_t		 body_len;	/* more than SCEP_MDM_BODY: too much */
};

struct scep_mdm_response {
	int		 status;
	const char	*type;
	const char	*allow;		/* of 405 */
	int		 asks_who;	/* WWW-Authenticate */
	long		 wait_s;	/* Retry-After; 0: none */
	struct scep_buf	 body;		/* may hold a challenge */
};

struct scep_mdm_host {
	/* ca/knock.h's answer; anything but SCEP_OK: there is none. */
	enum scep_err	(*ask)(void *arg, struct scep_span request,
			    struct scep_buf *reply, struct scep_error *err);
	void		*arg;
	int		 utf16;		/* pages are in UTF-16LE */
};

/* Always gives a response, to be cleared; line is for the log. */
void	 scep_mdm_handle(const struct scep_mdm_host *host,
	    const struct scep_mdm_request *request,
	    struct scep_mdm_response *response, struct scep_line *line);
void	 scep_mdm_clear(struct scep_mdm_response *response);
/* Status and headers as CGI has them, and the empty line; its length. */
size_t	 scep_mdm_head(const struct scep_mdm_response *response,
	    char out[SCEP_MDM_HEAD]);

#endif /* SCEP_CGI_MDM_H */
