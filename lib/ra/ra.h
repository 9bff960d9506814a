/*
 * ra.h - the stateless engine: one HTTP request in, questions to the CA, one
 * HTTP response out.
 */
#ifndef SCEP_RA_RA_H
#define SCEP_RA_RA_H

#include "base/line.h"
#include "ca/ca.h"

struct scep_ra;

/* Learn from ca what is published (it is asked once, here).  crypto and ca
 * are borrowed and outlive the RA. */
enum scep_err	 scep_ra_new(const struct scep_crypto *crypto,
		    struct scep_ca *ca, struct scep_ra **out,
		    struct scep_error *err);
void		 scep_ra_free(struct scep_ra *ra);
/* Largest body, in octets, to be read for it. */
size_t		 scep_ra_max_request(const struct scep_ra *ra);

/*
 * Answer one request.  response is filled in whatever happens; log gets the
 * request's key=value pairs (id, peer, op, profile, type, txid, subject,
 * result, reason, serial …), but no time: the caller's clock is not ours.
 */
void		 scep_ra_handle(struct scep_ra *ra, time_t now,
		    const struct scep_http_request *request,
		    struct scep_http_response *response,
		    struct scep_line *log);
void		 scep_http_response_clear(struct scep_http_response *response);

/* The request that was handled last took so long in all; count it. */
void		 scep_ra_count(struct scep_ra *ra, long ms);
/* Is there anything to report? */
int		 scep_ra_has_counted(const struct scep_ra *ra);
/* Tell the CA what was counted.  What it does not take is lost. */
void		 scep_ra_report(struct scep_ra *ra, time_t now);

#endif /* SCEP_RA_RA_H */
