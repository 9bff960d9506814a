/*
 * proof.h - a renewal's proof: the whole message, read again by the CA.
 *
 * For a renewal the worker's word is worth nothing (DESIGN 3): who signed,
 * and what was asked for, is what is found here.  Private to ca/.
 */
#ifndef SCEP_CA_PROOF_H
#define SCEP_CA_PROOF_H

#include "ca/ca.h"
#include "ca/config.h"

struct scep_proof {
	struct scep_enrolment	 ask;	/* what the message says, in place of
					   what the worker said */
	struct scep_address	 from;
	struct scep_message	*msg;
	struct scep_buf		 plain;
};

/*
 * Verify the message that ask holds, decrypt it with the content key that it
 * holds, and fill in out->ask; out borrows from ask.  SCEP_E_REFUSED and the
 * like if it is no request for a certificate, or not the worker's to hand
 * over.  Release with scep_proof_clear() in any case.
 */
enum scep_err	 scep_proof_read(const struct scep_crypto *crypto,
		    const struct scep_profile *profile, time_t now,
		    const struct scep_enrolment *ask, struct scep_proof *out,
		    struct scep_error *err);
void		 scep_proof_clear(struct scep_proof *proof);

#endif /* SCEP_CA_PROOF_H */
