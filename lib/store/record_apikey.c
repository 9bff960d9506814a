/* record_apikey.c - who may knock at scep-admin.fcgi, as rows. */
#include <string.h>

#include "base/error.h"
#include "store/record_apikey.h"
#include "store/record_local.h"

static const struct scep_field	apikey_fields[] = {
	SCEP_FIELD_TEXT(scep_apikey, id),
	SCEP_FIELD_TEXT(scep_apikey, name),
	SCEP_FIELD_TEXT(scep_apikey, user),
	SCEP_FIELD_TEXT(scep_apikey, profiles),
	SCEP_FIELD(SCEP_F_UINT, scep_apikey, may, 0),
	SCEP_FIELD(SCEP_F_LONG, scep_apikey, rate_n, 0),
	SCEP_FIELD(SCEP_F_LONG, scep_apikey, rate_s, 0),
	SCEP_FIELD(SCEP_F_LONG, scep_apikey, max_uses, 0),
	SCEP_FIELD(SCEP_F_LONG, scep_apikey, max_ttl_s, 0),
	SCEP_FIELD(SCEP_F_LONG, scep_apikey, created, 0),
	SCEP_FIELD(SCEP_F_LONG, scep_apikey, expires, 0),
	SCEP_FIELD_OCTETS(scep_apikey, secret_mac),
	SCEP_FIELD(SCEP_F_UINT, scep_apikey, state, 0),
	SCEP_FIELD(SCEP_F_LONG, scep_apikey, revoked, 0),
	SCEP_FIELD_TEXT(scep_apikey, issuer),
	SCEP_FIELD_TEXT(scep_apikey, note),
	SCEP_FIELD_OCTETS(scep_apikey, mac),
};

enum scep_err
scep_apikey_encode(const struct scep_apikey *rec, struct scep_buf *out,
    struct scep_error *err)
{
	return ENCODE(apikey_fields, rec, out, err);
}

enum scep_err
scep_apikey_body(const struct scep_apikey *rec, struct scep_buf *out,
    struct scep_error *err)
{
	return scep_fields_encode(SCEP_RECORD_VERSION, apikey_fields,
	    N(apikey_fields) - 1, rec, out, err);
}

enum scep_err
scep_apikey_decode(struct scep_span der, struct scep_apikey *out,
    struct scep_error *err)
{
	enum scep_err	 rc;

	if ((rc = DECODE(apikey_fields, der, out, "API key", err)) != SCEP_OK)
		return rc;
	return out->state == SCEP_APIKEY_LIVE ||
	    out->state == SCEP_APIKEY_REVOKED ? SCEP_OK :
	    scep_record_bad("API key", err);
}

enum scep_err
scep_apikey_get(struct scep_store *store, const char *id,
    struct scep_apikey *out, struct scep_error *err)
{
	struct scep_row	 row;
	enum scep_err	 rc;

	memset(out, 0, sizeof(*out));
	if ((rc = scep_store_get(store, SCEP_T_APIKEY, scep_span_text(id),
	    &row, err)) != SCEP_OK)
		return rc;
	rc = scep_apikey_decode(scep_buf_span(&row.value), out, err);
	out->rev = row.rev;
	scep_row_clear(&row);
	return rc;
}

enum scep_err
scep_apikey_write(struct scep_change *change, const struct scep_apikey *rec,
    struct scep_error *err)
{
	struct scep_write	*w = NULL;
	enum scep_err		 rc;

	if ((rc = scep_change_add(change, SCEP_T_APIKEY,
	    scep_span_text(rec->id), rec->rev, &w, err)) != SCEP_OK)
		return rc;
	return scep_apikey_encode(rec, &w->value, err);
}
