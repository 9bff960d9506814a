/*
 * issue.h - the one function that issues, and it demands a grant.
 * Private to ca/.
 */
#ifndef SCEP_CA_ISSUE_H
#define SCEP_CA_ISSUE_H

#include "ca/authorise.h"
#include "ca/tbs.h"

/*
 * Build a certificate from the grant and its profile, lint it, sign it, and
 * fill in the record that remembers it (rev 0; released with
 * scep_cert_rec_clear()).  notBefore is backdated but not before the CA's,
 * notAfter capped by the CA's; the serial is 127 random bits.
 */
enum scep_err	 scep_issue(const struct scep_crypto *crypto,
		    const struct scep_grant *grant, time_t now,
		    struct scep_cert_rec *out, struct scep_error *err);

#endif /* SCEP_CA_ISSUE_H */
