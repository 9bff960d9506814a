/* record_pending.c - requests that wait for an operator, as rows. */
#include <string.h>

#include "base/der.h"
#include "base/error.h"
#include "store/record_local.h"

#define NEXT_VERSION	2

/* The mac comes last, and its body is what is in front of it. */
#define FRONT \
	SCEP_FIELD_TEXT(scep_pending, request_id), \
	SCEP_FIELD_OCTETS(scep_pending, txn.prefix), \
	SCEP_FIELD_OCTETS(scep_pending, txn.info), \
	SCEP_FIELD_TEXT(scep_pending, profile), \
	SCEP_FIELD_TEXT(scep_pending, peer), \
	SCEP_FIELD(SCEP_F_BUF, scep_pending, txid, 1024), \
	SCEP_FIELD(SCEP_F_BUF, scep_pending, subject, SCEP_RECORD_NAMES), \
	SCEP_FIELD(SCEP_F_BUF, scep_pending, spki, SCEP_RECORD_NAMES), \
	SCEP_FIELD(SCEP_F_BUF, scep_pending, san, SCEP_RECORD_NAMES), \
	SCEP_FIELD_OCTETS(scep_pending, signer_sha256), \
	SCEP_FIELD_OCTETS(scep_pending, key_sha256), \
	SCEP_FIELD(SCEP_F_LONG, scep_pending, created, 0), \
	SCEP_FIELD(SCEP_F_LONG, scep_pending, expires, 0)

static const struct scep_field	pending_fields[] = {
	FRONT,
	SCEP_FIELD_OCTETS(scep_pending, mac),
};

/* A request that the next CA is asked for. */
static const struct scep_field	next_fields[] = {
	FRONT,
	SCEP_FIELD(SCEP_F_UINT, scep_pending, ca_generation, 0),
	SCEP_FIELD_OCTETS(scep_pending, mac),
};

void
scep_pending_clear(struct scep_pending *p)
{
	scep_fields_clear(pending_fields, N(pending_fields), p);
}

/* without: so many members at the end are left out. */
static enum scep_err
encode(const struct scep_pending *p, size_t without, struct scep_buf *out,
    struct scep_error *err)
{
	if (p->ca_generation != 0)
		return scep_fields_encode(NEXT_VERSION, next_fields,
		    N(next_fields) - without, p, out, err);
	return scep_fields_encode(SCEP_RECORD_VERSION, pending_fields,
	    N(pending_fields) - without, p, out, err);
}

enum scep_err
scep_pending_encode(const struct scep_pending *p, struct scep_buf *out,
    struct scep_error *err)
{
	return encode(p, 0, out, err);
}

enum scep_err
scep_pending_body(const struct scep_pending *p, struct scep_buf *out,
    struct scep_error *err)
{
	return encode(p, 1, out, err);
}

enum scep_err
scep_pending_decode(struct scep_span der, struct scep_pending *out,
    struct scep_error *err)
{
	memset(out, 0, sizeof(*out));
	if (scep_der_check(der, err) == SCEP_OK &&
	    scep_fields_decode(NEXT_VERSION, next_fields, N(next_fields), der,
	    out, err) == SCEP_OK)
		return SCEP_OK;
	return DECODE(pending_fields, der, out, "pending", err);
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
