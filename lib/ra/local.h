/*
 * local.h - the RA, as its parts see it.  Private to ra/.
 */
#ifndef SCEP_RA_LOCAL_H
#define SCEP_RA_LOCAL_H

#include "ra/ra.h"
#include "wire/envelope.h"

/* One RA identity: opens envelopes, signs answers. */
struct scep_ra_key {
	struct scep_cert	 cert;
	EVP_PKEY		*key;
	struct scep_opener	 opener;
};

struct scep_ra {
	const struct scep_crypto	*crypto;
	struct scep_ca			*ca;
	struct scep_published		 published;
	struct scep_ra_key		*keys;	/* one for each published.ra */
};

/* One request on its way through the RA; everything borrowed. */
struct scep_work {
	struct scep_ra				*ra;
	time_t					 now;
	const struct scep_http_request		*http;
	const struct scep_published_profile	*profile;
	char					 id[SCEP_REQUEST_ID_LEN];
	struct scep_line			*log;
};

/*
 * PKIOperation: one pkiMessage in, one CertRep out (operation.c).  SCEP_OK
 * when out is to be sent, a FAILURE too; anything else is an HTTP status.
 * What happened is in the log line.
 */
enum scep_err	 scep_ra_operation(const struct scep_work *work,
		    struct scep_span der, struct scep_buf *out,
		    struct scep_error *err);

#endif /* SCEP_RA_LOCAL_H */
