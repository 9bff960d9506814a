/*
 * record_apikey.c - who may knock at scep-admin.fcgi, as rows.
 *
 * A row is of the first version that has all there is to say.
 */
#include <string.h>

#include "base/error.h"
#include "store/record_apikey.h"
#include "store/record_local.h"

#define FRONT \
	SCEP_FIELD_TEXT(scep_apikey, id), \
	SCEP_FIELD_TEXT(scep_apikey, name), \
	SCEP_FIELD_TEXT(scep_apikey, user), \
	SCEP_FIELD_TEXT(scep_apikey, profiles), \
	SCEP_FIELD(SCEP_F_UINT, scep_apikey, may, 0), \
	SCEP_FIELD(SCEP_F_LONG, scep_apikey, rate_n, 0), \
	SCEP_FIELD(SCEP_F_LONG, scep_apikey, rate_s, 0), \
	SCEP_FIELD(SCEP_F_LONG, scep_apikey, max_uses, 0), \
	SCEP_FIELD(SCEP_F_LONG, scep_apikey, max_ttl_s, 0), \
	SCEP_FIELD(SCEP_F_LONG, scep_apikey, created, 0), \
	SCEP_FIELD(SCEP_F_LONG, scep_apikey, expires, 0), \
	SCEP_FIELD_OCTETS(scep_apikey, secret_mac), \
	SCEP_FIELD(SCEP_F_UINT, scep_apikey, state, 0), \
	SCEP_FIELD(SCEP_F_LONG, scep_apikey, revoked, 0), \
	SCEP_FIELD_TEXT(scep_apikey, issuer), \
	SCEP_FIELD_TEXT(scep_apikey, note)
#define MAC \
	SCEP_FIELD_OCTETS(scep_apikey, mac)

static const struct scep_field	first_fields[] = {
	FRONT, MAC,
};

/* One who may have only so many challenges at once. */
static const struct scep_field	live_fields[] = {
	FRONT,
	SCEP_FIELD(SCEP_F_LONG, scep_apikey, max_live, 0),
	SCEP_FIELD_TEXT(scep_apikey, live),
	MAC,
};

enum { FIRST = 1, WITH_LIVE };

static const struct {
	const struct scep_field	*fields;
	size_t			 n;
} layouts[] = {
	[FIRST] = { first_fields, N(first_fields) },
	[WITH_LIVE] = { live_fields, N(live_fields) },
};

static int
version_of(const struct scep_apikey *rec)
{
	return rec->max_live != 0 ? WITH_LIVE : FIRST;
}

enum scep_err
scep_apikey_encode(const struct scep_apikey *rec, struct scep_buf *out,
    struct scep_error *err)
{
	const int	 version = version_of(rec);

	return scep_fields_encode(version, layouts[version].fields,
	    layouts[version].n, rec, out, err);
}

enum scep_err
scep_apikey_body(const struct scep_apikey *rec, struct scep_buf *out,
    struct scep_error *err)
{
	const int	 version = version_of(rec);

	return scep_fields_encode(version, layouts[version].fields,
	    layouts[version].n - 1, rec, out, err);
}

static int
is_state(const struct scep_apikey *rec)
{
	return rec->state == SCEP_APIKEY_LIVE ||
	    rec->state == SCEP_APIKEY_REVOKED;
}

static int
is_live(const struct scep_apikey *rec, int version)
{
	return version_of(rec) == version &&
	    rec->max_live <= SCEP_LIVE_MAX &&
	    strlen(rec->live) % SCEP_LIVE_ID == 0;
}

enum scep_err
scep_apikey_decode(struct scep_span der, struct scep_apikey *out,
    struct scep_error *err)
{
	const int	 version = scep_record_version(der) == WITH_LIVE ?
			    WITH_LIVE : FIRST;
	enum scep_err	 rc;

	if ((rc = scep_record_decode(version, layouts[version].fields,
	    layouts[version].n, der, out, sizeof(*out), "API key", err)) !=
	    SCEP_OK)
		return rc;
	return is_state(out) && is_live(out, version) ? SCEP_OK :
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
