/*
 * restore_confirm.c - what its validator let go after the backup is with its
 * device, and renews.
 */
#include <string.h>

#include "base/error.h"
#include "ca/log_cert.h"
#include "ca/restore.h"

static enum scep_err
set_valid(struct scep_store *store, struct scep_span key,
    struct scep_change *change, struct scep_error *err)
{
	struct scep_cert_rec	 rec;
	enum scep_err		 rc;

	rc = scep_cert_rec_get(store, key, &rec, err);
	if (rc == SCEP_E_NOTFOUND)
		return SCEP_OK;
	if (rc == SCEP_OK && rec.state == SCEP_CERT_UNCONFIRMED) {
		rec.state = SCEP_CERT_VALID;
		rc = scep_cert_rec_write(change, &rec, err);
	}
	scep_cert_rec_clear(&rec);
	return rc;
}

enum scep_err
scep_restore_confirmed(struct scep_store *store, struct scep_span entry,
    struct scep_change *change, struct scep_restored *count,
    struct scep_error *err)
{
	struct scep_buf	 key = { NULL, 0 };
	char		 event[32];
	enum scep_err	 rc = SCEP_OK;

	if (!scep_line_get(entry, "event", event, sizeof(event)) ||
	    strcmp(event, "confirmed") != 0)
		return SCEP_OK;
	if (scep_log_cert_key(entry, &key))
		rc = set_valid(store, scep_buf_span(&key), change, err);
	else
		count->poor++;
	scep_buf_clear(&key);
	return rc;
}
