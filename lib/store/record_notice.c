/* record_notice.c - what is to be told to somebody outside, as rows. */
#include <string.h>

#include "base/error.h"
#include "store/record_local.h"
#include "store/record_notice.h"

static const struct scep_field	notice_fields[] = {
	SCEP_FIELD_TEXT(scep_notice, id),
	SCEP_FIELD(SCEP_F_UINT, scep_notice, kind, 0),
	SCEP_FIELD(SCEP_F_INT, scep_notice, minor, 0),
	SCEP_FIELD_TEXT(scep_notice, profile),
	SCEP_FIELD(SCEP_F_LONG, scep_notice, created, 0),
	SCEP_FIELD(SCEP_F_LONG, scep_notice, due, 0),
	SCEP_FIELD(SCEP_F_LONG, scep_notice, tries, 0),
	SCEP_FIELD(SCEP_F_LONG, scep_notice, last, 0),
	SCEP_FIELD_TEXT(scep_notice, trouble),
	SCEP_FIELD(SCEP_F_BUF, scep_notice, cert_key, 128),
	SCEP_FIELD(SCEP_F_BUF, scep_notice, body, SCEP_NOTICE_BODY),
};

void
scep_notice_clear(struct scep_notice *n)
{
	scep_fields_clear(notice_fields, N(notice_fields), n);
}

enum scep_err
scep_notice_encode(const struct scep_notice *n, struct scep_buf *out,
    struct scep_error *err)
{
	return ENCODE(notice_fields, n, out, err);
}

enum scep_err
scep_notice_decode(struct scep_span der, struct scep_notice *out,
    struct scep_error *err)
{
	enum scep_err	 rc;

	if ((rc = DECODE(notice_fields, der, out, "notice", err)) != SCEP_OK)
		return rc;
	if (out->kind >= SCEP_NOTICE_ISSUED &&
	    out->kind <= SCEP_NOTICE_REVOKED && out->minor <= 1)
		return SCEP_OK;
	scep_notice_clear(out);
	return scep_record_bad("notice", err);
}

enum scep_err
scep_notice_get(struct scep_store *store, const char *id,
    struct scep_notice *out, struct scep_error *err)
{
	struct scep_row	 row;
	enum scep_err	 rc;

	memset(out, 0, sizeof(*out));
	if ((rc = scep_store_get(store, SCEP_T_NOTICE, scep_span_text(id),
	    &row, err)) != SCEP_OK)
		return rc;
	rc = scep_notice_decode(scep_buf_span(&row.value), out, err);
	out->rev = row.rev;
	scep_row_clear(&row);
	return rc;
}

enum scep_err
scep_notice_put(struct scep_change *change, const struct scep_notice *n,
    struct scep_error *err)
{
	struct scep_write	*w = NULL;
	enum scep_err		 rc;

	if ((rc = scep_change_add(change, SCEP_T_NOTICE,
	    scep_span_text(n->id), n->rev, &w, err)) != SCEP_OK)
		return rc;
	return scep_notice_encode(n, &w->value, err);
}
