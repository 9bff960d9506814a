/*
 * renew.h - who renews: the signer of a request against our records.
 *
 * Facts only; decide.c says what they mean.  Private to ca/.
 */
#ifndef SCEP_CA_RENEW_H
#define SCEP_CA_RENEW_H

#include "ca/job.h"

/* Was the certificate issued by this CA?  SCEP_E_SIG, SCEP_E_ALG if not. */
enum scep_err	 scep_renew_issuer(const struct scep_crypto *crypto,
		    const struct scep_ca_conf *ca,
		    const struct scep_cert *cert, struct scep_error *err);

/* The names of the signer's certificate: which of them the request keeps. */
enum scep_err	 scep_renew_names(struct scep_job *job,
		    struct scep_error *err);
/* What the store and the clock say about it; anew at each try. */
enum scep_err	 scep_renew_gather(struct scep_job *job,
		    struct scep_error *err);
/* "renewal of 4D…, 3d after its end". */
void		 scep_renew_authority(const struct scep_job *job,
		    char out[SCEP_REC_TEXT]);
/* The signer's record still is what the decision relied on. */
enum scep_err	 scep_renew_check(const struct scep_job *job,
		    struct scep_change *change, struct scep_error *err);

#endif /* SCEP_CA_RENEW_H */
