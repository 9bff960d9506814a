/* record_crl.c - the newest CRL of each CA as a row. */
#include <string.h>

#include "base/error.h"
#include "store/record_local.h"

#define DER_MAX	(256u * 1024 * 1024)	/* five million entries */

static const struct scep_field	crl_fields[] = {
	SCEP_FIELD_OCTETS(scep_crl_rec, ca_sha256),
	SCEP_FIELD(SCEP_F_LONG, scep_crl_rec, number, 0),
	SCEP_FIELD(SCEP_F_LONG, scep_crl_rec, this_update, 0),
	SCEP_FIELD(SCEP_F_LONG, scep_crl_rec, next_update, 0),
	SCEP_FIELD(SCEP_F_LONG, scep_crl_rec, entries, 0),
	SCEP_FIELD(SCEP_F_LONG, scep_crl_rec, fresh, 0),
	SCEP_FIELD(SCEP_F_INT, scep_crl_rec, stale, 0),
	SCEP_FIELD(SCEP_F_BUF, scep_crl_rec, der, DER_MAX),
};

void
scep_crl_rec_clear(struct scep_crl_rec *rec)
{
	scep_fields_clear(crl_fields, N(crl_fields), rec);
}

enum scep_err
scep_crl_rec_encode(const struct scep_crl_rec *rec, struct scep_buf *out,
    struct scep_error *err)
{
	return ENCODE(crl_fields, rec, out, err);
}

enum scep_err
scep_crl_rec_decode(struct scep_span der, struct scep_crl_rec *out,
    struct scep_error *err)
{
	enum scep_err	 rc;

	if ((rc = DECODE(crl_fields, der, out, "CRL", err)) != SCEP_OK)
		return rc;
	if (out->stale <= SCEP_CRL_OUTDATED)
		return SCEP_OK;
	scep_crl_rec_clear(out);
	return scep_record_bad("CRL", err);
}

enum scep_err
scep_crl_rec_get(struct scep_store *store,
    const uint8_t ca_sha256[SCEP_SHA256_LEN], struct scep_crl_rec *out,
    struct scep_error *err)
{
	struct scep_row	 row;
	enum scep_err	 rc;

	memset(out, 0, sizeof(*out));
	if ((rc = scep_store_get(store, SCEP_T_CRL, scep_span_make(ca_sha256,
	    SCEP_SHA256_LEN), &row, err)) != SCEP_OK)
		return rc;
	rc = scep_crl_rec_decode(scep_buf_span(&row.value), out, err);
	out->rev = row.rev;
	scep_row_clear(&row);
	return rc;
}

enum scep_err
scep_crl_rec_write(struct scep_change *change, const struct scep_crl_rec *rec,
    struct scep_error *err)
{
	struct scep_write	*w = NULL;
	enum scep_err		 rc;

	if ((rc = scep_change_add(change, SCEP_T_CRL,
	    scep_span_make(rec->ca_sha256, sizeof(rec->ca_sha256)), rec->rev,
	    &w, err)) == SCEP_OK)
		rc = scep_crl_rec_encode(rec, &w->value, err);
	return rc;
}
