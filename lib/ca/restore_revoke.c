/*
 * restore_revoke.c - what was revoked after the backup stays so.
 */
#include "base/error.h"
#include "ca/cert_revoke.h"
#include "ca/restore.h"

static enum scep_err
revoke(struct scep_store *store, const struct scep_revocation *said,
    struct scep_change *change, struct scep_restored *count,
    struct scep_error *err)
{
	struct scep_cert_rec	 rec;
	enum scep_err		 rc;

	rc = scep_cert_rec_get(store, scep_buf_span(&said->key), &rec, err);
	if (rc == SCEP_E_NOTFOUND) {
		count->poor++;
		return SCEP_OK;
	}
	if (rc == SCEP_OK && rec.state != SCEP_CERT_REVOKED) {
		rec.state = SCEP_CERT_REVOKED;
		rec.revoked = said->when;
		rec.reason = said->reason;
		rc = scep_cert_rec_write(change, &rec, err);
		count->revoked++;
	}
	scep_cert_rec_clear(&rec);
	return rc;
}

enum scep_err
scep_restore_revoked(struct scep_store *store, struct scep_span entry,
    struct scep_change *change, struct scep_restored *count,
    struct scep_error *err)
{
	struct scep_revocation	 said;
	enum scep_err		 rc;

	rc = scep_revocation_read(entry, &said, err);
	if (rc == SCEP_E_FORMAT)
		count->poor++;
	if (rc == SCEP_E_FORMAT || rc == SCEP_E_NOTFOUND)
		return SCEP_OK;
	if (rc == SCEP_OK)
		rc = revoke(store, &said, change, count, err);
	scep_buf_clear(&said.key);
	return rc;
}
