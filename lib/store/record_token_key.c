/* record_token_key.c - what tokens are verified with, as rows. */
#include <string.h>

#include "base/error.h"
#include "store/record_local.h"
#include "store/record_token_key.h"

static const struct scep_field	token_key_fields[] = {
	SCEP_FIELD_TEXT(scep_token_key, id),
	SCEP_FIELD_TEXT(scep_token_key, name),
	SCEP_FIELD_TEXT(scep_token_key, profiles),
	SCEP_FIELD(SCEP_F_UINT, scep_token_key, alg, 0),
	SCEP_FIELD_OCTETS(scep_token_key, public_key),
	SCEP_FIELD(SCEP_F_LONG, scep_token_key, max_ttl_s, 0),
	SCEP_FIELD(SCEP_F_LONG, scep_token_key, created, 0),
	SCEP_FIELD(SCEP_F_UINT, scep_token_key, state, 0),
	SCEP_FIELD(SCEP_F_LONG, scep_token_key, revoked, 0),
	SCEP_FIELD(SCEP_F_LONG, scep_token_key, since, 0),
	SCEP_FIELD_TEXT(scep_token_key, issuer),
	SCEP_FIELD_TEXT(scep_token_key, note),
	SCEP_FIELD_OCTETS(scep_token_key, mac),
};

enum scep_err
scep_token_key_encode(const struct scep_token_key *rec, struct scep_buf *out,
    struct scep_error *err)
{
	return ENCODE(token_key_fields, rec, out, err);
}

enum scep_err
scep_token_key_body(const struct scep_token_key *rec, struct scep_buf *out,
    struct scep_error *err)
{
	return scep_fields_encode(SCEP_RECORD_VERSION, token_key_fields,
	    N(token_key_fields) - 1, rec, out, err);
}

enum scep_err
scep_token_key_decode(struct scep_span der, struct scep_token_key *out,
    struct scep_error *err)
{
	enum scep_err	 rc;

	if ((rc = DECODE(token_key_fields, der, out, "token key", err)) !=
	    SCEP_OK)
		return rc;
	return (out->alg == SCEP_TOKEN_HMAC ||
	    out->alg == SCEP_TOKEN_ED25519) &&
	    (out->state == SCEP_TOKEN_KEY_LIVE ||
	    out->state == SCEP_TOKEN_KEY_REVOKED) ? SCEP_OK :
	    scep_record_bad("token key", err);
}

enum scep_err
scep_token_key_get(struct scep_store *store, const char *id,
    struct scep_token_key *out, struct scep_error *err)
{
	struct scep_row	 row;
	enum scep_err	 rc;

	memset(out, 0, sizeof(*out));
	if ((rc = scep_store_get(store, SCEP_T_TOKEN_KEY, scep_span_text(id),
	    &row, err)) != SCEP_OK)
		return rc;
	rc = scep_token_key_decode(scep_buf_span(&row.value), out, err);
	out->rev = row.rev;
	scep_row_clear(&row);
	return rc;
}

enum scep_err
scep_token_key_write(struct scep_change *change,
    const struct scep_token_key *rec, struct scep_error *err)
{
	struct scep_write	*w = NULL;
	enum scep_err		 rc;

	if ((rc = scep_change_add(change, SCEP_T_TOKEN_KEY,
	    scep_span_text(rec->id), rec->rev, &w, err)) != SCEP_OK)
		return rc;
	return scep_token_key_encode(rec, &w->value, err);
}
