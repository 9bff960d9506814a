/*
 * admin_place.c - where a page of a list ended: TIME:ID.
 */
#include <string.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "base/text.h"
#include "ca/admin_place.h"

enum scep_err
scep_admin_place_bad(struct scep_error *err)
{
	return scep_fail(err, SCEP_E_USAGE,
	    "after is not what \"next\" of a reply was");
}

enum scep_err
scep_admin_place_read(const struct scep_admin_call *call,
    struct scep_admin_place *out, struct scep_error *err)
{
	const char	*after = scep_admin_text(call, "after", NULL), *id;
	char		 text[2 * SCEP_INDEX_TIME + 1];

	memset(out, 0, sizeof(*out));
	if (after == NULL)
		return SCEP_OK;
	/* Lower case, and nothing skipped: as it was written. */
	if ((id = strchr(after, ':')) != NULL &&
	    (size_t)(id - after) == sizeof(text) - 1 &&
	    strspn(after, "0123456789abcdef") == sizeof(text) - 1 &&
	    strlen(id + 1) < sizeof(out->id)) {
		memcpy(text, after, sizeof(text) - 1);
		text[sizeof(text) - 1] = '\0';
		OPENSSL_strlcpy(out->id, id + 1, sizeof(out->id));
		if (scep_hex_read(text, out->when, sizeof(out->when),
		    &out->len, err) == SCEP_OK &&
		    out->len == sizeof(out->when))
			return SCEP_OK;
	}
	return scep_admin_place_bad(err);
}

void
scep_admin_place_begin(const struct scep_admin_place *place,
    struct scep_range *range)
{
	range->after.index_key = scep_span_make(place->when, place->len);
	range->after.key = scep_span_text(place->id);
}

enum scep_err
scep_admin_place_set(struct scep_admin_place *place,
    const struct scep_entry *entry, struct scep_error *err)
{
	if (entry->index_key.len != sizeof(place->when) ||
	    entry->key.len >= sizeof(place->id))
		return scep_fail(err, SCEP_E_STORE,
		    "a row with a key of %zu octets", entry->key.len);
	place->len = entry->index_key.len;
	memcpy(place->when, entry->index_key.data, place->len);
	memcpy(place->id, entry->key.data, entry->key.len);
	place->id[entry->key.len] = '\0';
	return SCEP_OK;
}

json_t *
scep_admin_place_json(const struct scep_admin_place *place)
{
	char	 when[2 * SCEP_INDEX_TIME + 1];

	scep_hex_text(scep_span_make(place->when, place->len), when,
	    sizeof(when));
	return json_sprintf("%s:%s", when, place->id);
}
