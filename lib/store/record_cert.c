/* record_cert.c - certificates as rows. */
#include <string.h>

#include "base/error.h"
#include "store/record_local.h"

#define CERT_MAX	32768	/* octets of DER */
#define SERIAL_MAX	40	/* octets; RFC 5280 allows 20 */

static const struct scep_field	cert_fields[] = {
	SCEP_FIELD(SCEP_F_BUF, scep_cert_rec, serial, SERIAL_MAX),
	SCEP_FIELD_OCTETS(scep_cert_rec, issuer),
	SCEP_FIELD(SCEP_F_UINT, scep_cert_rec, state, 0),
	SCEP_FIELD(SCEP_F_BUF, scep_cert_rec, der, CERT_MAX),
	SCEP_FIELD_TEXT(scep_cert_rec, ca),
	SCEP_FIELD_TEXT(scep_cert_rec, profile),
	SCEP_FIELD_TEXT(scep_cert_rec, subject),
	SCEP_FIELD_TEXT(scep_cert_rec, request_id),
	SCEP_FIELD_TEXT(scep_cert_rec, authority),
	SCEP_FIELD_OCTETS(scep_cert_rec, key_sha256),
	SCEP_FIELD_OCTETS(scep_cert_rec, der_sha256),
	SCEP_FIELD(SCEP_F_LONG, scep_cert_rec, issued, 0),
	SCEP_FIELD(SCEP_F_LONG, scep_cert_rec, not_before, 0),
	SCEP_FIELD(SCEP_F_LONG, scep_cert_rec, not_after, 0),
	SCEP_FIELD(SCEP_F_LONG, scep_cert_rec, revoked, 0),
	SCEP_FIELD(SCEP_F_INT, scep_cert_rec, reason, 0),
};

enum scep_err
scep_cert_key(struct scep_span serial, const uint8_t issuer[16],
    struct scep_buf *out, struct scep_error *err)
{
	const uint8_t	 len = (uint8_t)serial.len;
	enum scep_err	 rc;

	if (serial.len == 0 || serial.len > SERIAL_MAX)
		return scep_fail(err, SCEP_E_USAGE, "serial of %zu octets",
		    serial.len);
	if ((rc = scep_buf_set(out, scep_span_make(&len, 1), err)) !=
	    SCEP_OK || (rc = scep_buf_add(out, serial, err)) != SCEP_OK ||
	    issuer == NULL)
		return rc;
	return scep_buf_add(out, scep_span_make(issuer, 16), err);
}

void
scep_cert_rec_clear(struct scep_cert_rec *rec)
{
	scep_fields_clear(cert_fields, N(cert_fields), rec);
}

enum scep_err
scep_cert_rec_encode(const struct scep_cert_rec *rec, struct scep_buf *out,
    struct scep_error *err)
{
	return ENCODE(cert_fields, rec, out, err);
}

enum scep_err
scep_cert_rec_decode(struct scep_span der, struct scep_cert_rec *out,
    struct scep_error *err)
{
	enum scep_err	 rc;

	if ((rc = DECODE(cert_fields, der, out,
	    "certificate", err)) != SCEP_OK)
		return rc;
	if (out->state >= SCEP_CERT_VALID &&
	    out->state <= SCEP_CERT_UNCONFIRMED)
		return SCEP_OK;
	scep_cert_rec_clear(out);
	return scep_record_bad("certificate", err);
}

enum scep_err
scep_cert_rec_get(struct scep_store *store, struct scep_span key,
    struct scep_cert_rec *out, struct scep_error *err)
{
	struct scep_row	 row;
	enum scep_err	 rc;

	memset(out, 0, sizeof(*out));
	if ((rc = scep_store_get(store, SCEP_T_CERTIFICATE, key, &row, err)) !=
	    SCEP_OK)
		return rc;
	rc = scep_cert_rec_decode(scep_buf_span(&row.value), out, err);
	out->rev = row.rev;
	scep_row_clear(&row);
	return rc;
}

enum scep_err
scep_cert_rec_write(struct scep_change *change,
    const struct scep_cert_rec *rec, struct scep_error *err)
{
	struct scep_buf		 key = { NULL, 0 };
	struct scep_write	*w = NULL;
	enum scep_err		 rc;

	if ((rc = scep_cert_key(scep_buf_span(&rec->serial), rec->issuer,
	    &key, err)) == SCEP_OK &&
	    (rc = scep_change_add(change, SCEP_T_CERTIFICATE,
	    scep_buf_span(&key), rec->rev, &w, err)) == SCEP_OK)
		rc = scep_cert_rec_encode(rec, &w->value, err);
	scep_buf_clear(&key);
	return rc;
}
