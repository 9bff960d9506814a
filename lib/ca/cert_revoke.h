/*
 * cert_revoke.h - certificates that are revoked: the record, the log, and the
 * CRLs that lack them, in one change.  Private to ca/.
 *
 * A revocation is for good: nothing here takes one back.
 */
#ifndef SCEP_CA_CERT_REVOKE_H
#define SCEP_CA_CERT_REVOKE_H

#include "base/line.h"
#include "ca/local.h"

/* RFC 5280 section 5.3.1: "keyCompromise"; "" for what is none. */
const char	*scep_reason_name(int reason);
/* One that a device's certificate can be revoked for; letters in either case.
 * SCEP_E_USAGE, and which there are. */
enum scep_err	 scep_reason_read(const char *name, int *reason,
		    struct scep_error *err);

/* Is it revoked already?  SCEP_E_EXISTS, since when and why. */
enum scep_err	 scep_cert_revocable(const struct scep_cert_rec *rec,
		    struct scep_error *err);
/*
 * Revoke it: rec is as it was read, and becomes as it is written.  The CRLs on
 * which it belongs are out of date from then on, and are made anew by the
 * tending.  SCEP_E_CHANGED: read it again.
 */
enum scep_err	 scep_cert_revoke(struct scep_local *ca, time_t now,
		    int reason, const char *by, struct scep_cert_rec *rec,
		    struct scep_error *err);

/* Does a CRL of ours tell of it?  NULL, and *why not. */
const struct scep_ca_conf
		*scep_cert_crl(const struct scep_local *ca,
		    const struct scep_cert_rec *rec, const char **why);

/* An entry of the log: *key leads to the record that is to be revoked, with
 * when and why.  SCEP_E_NOTFOUND: it tells of no revocation; SCEP_E_FORMAT:
 * too little of it. */
struct scep_revocation {
	struct scep_buf	 key;
	time_t		 when;
	int		 reason;
};
enum scep_err	 scep_revocation_read(struct scep_span entry,
		    struct scep_revocation *out, struct scep_error *err);

#endif /* SCEP_CA_CERT_REVOKE_H */
