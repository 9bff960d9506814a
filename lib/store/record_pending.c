/* record_pending.c - requests that wait for an operator, as rows. */
#include <string.h>

#include "base/error.h"
#include "store/record_local.h"

/* The mac comes last, and its body is what is in front of it. */
static const struct scep_field	pending_fields[] = {
	SCEP_FIELD_TEXT(scep_pending, request_id),
	SCEP_FIELD_OCTETS(scep_pending, txn.prefix),
	SCEP_FIELD_OCTETS(scep_pending, txn.info),
	SCEP_FIELD_TEXT(scep_pending, profile),
	SCEP_FIELD_TEXT(scep_pending, peer),
	SCEP_FIELD(SCEP_F_BUF, scep_pending, txid, 1024),
	SCEP_FIELD(SCEP_F_BUF, scep_pending, subject, SCEP_RECORD_NAMES),
	SCEP_FIELD(SCEP_F_BUF, scep_pending, spki, SCEP_RECORD_NAMES),
	SCEP_FIELD(SCEP_F_BUF, scep_pending, san, SCEP_RECORD_NAMES),
	SCEP_FIELD_OCTETS(scep_pending, signer_sha256),
	SCEP_FIELD_OCTETS(scep_pending, key_sha256),
	SCEP_FIELD(SCEP_F_LONG, scep_pending, created, 0),
	SCEP_FIELD(SCEP_F_LONG, scep_pending, expires, 0),
	SCEP_FIELD_OCTETS(scep_pending, mac),
};

void
scep_pending_clear(struct scep_pending *p)
{
	scep_fields_clear(pending_fields, N(pending_fields), p);
}

enum scep_err
scep_pending_encode(const struct scep_pending *p, struct scep_buf *out,
    struct scep_error *err)
{
	return ENCODE(pending_fields, p, out, err);
}

enum scep_err
scep_pending_body(const struct scep_pending *p, struct scep_buf *out,
    struct scep_error *err)
{
	return scep_fields_encode(SCEP_RECORD_VERSION, pending_fields,
	    N(pending_fields) - 1, p, out, err);
}

enum scep_err
scep_pending_decode(struct scep_span der, struct scep_pending *out,
    struct scep_error *err)
{
	return DECODE(pending_fields, der, out,
	    "pending", err);
}

enum scep_err
scep_pending_get(struct scep_store *store, const char *request_id,
    struct scep_pending *out, struct scep_error *err)
{
	struct scep_row	 row;
	enum scep_err	 rc;

	memset(out, 0, sizeof(*out));
	if ((rc = scep_store_get(store, SCEP_T_PENDING,
	    scep_span_text(request_id), &row, err)) != SCEP_OK)
		return rc;
	rc = scep_pending_decode(scep_buf_span(&row.value), out, err);
	out->rev = row.rev;
	scep_row_clear(&row);
	return rc;
}

enum scep_err
scep_pending_write(struct scep_change *change, const struct scep_pending *p,
    struct scep_error *err)
{
	struct scep_write	*w = NULL;
	enum scep_err		 rc;

	if ((rc = scep_change_add(change, SCEP_T_PENDING,
	    scep_span_text(p->request_id), p->rev, &w, err)) != SCEP_OK)
		return rc;
	return scep_pending_encode(p, &w->value, err);
}
