/*
 * notice_read.c - the row of a notice, held against itself: what was damaged
 * is not delivered as if it were whole.
 */
#include <string.h>

#include <jansson.h>
#include <openssl/crypto.h>

#include "base/error.h"
#include "ca/damage.h"
#include "ca/notice.h"
#include "ca/notices.h"

static int
is_text(const json_t *body, const char *member, const char *want)
{
	const char	*text = json_string_value(json_object_get(body,
			    member));

	return text != NULL && strcmp(text, want) == 0;
}

/* What receivers are told says whose it is, too. */
static int
is_body(const struct scep_notice *n)
{
	json_t	*body = json_loadb((const char *)n->body.data, n->body.len,
		    JSON_REJECT_DUPLICATES, NULL);
	int	 ok;

	ok = is_text(body, "id", n->id) &&
	    is_text(body, "event", scep_notice_name(n->kind)) &&
	    is_text(body, "profile", n->profile);
	json_decref(body);
	return ok;
}

enum scep_err
scep_notice_whole(const struct scep_row *row, struct scep_notice *out,
    struct scep_error *err)
{
	enum scep_err	 rc;

	if ((rc = scep_notice_decode(scep_buf_span(&row->value), out, err)) !=
	    SCEP_OK)
		return rc;
	out->rev = row->rev;
	if (scep_span_equal(scep_span_text(out->id),
	    scep_buf_span(&row->key)) && is_body(out))
		return SCEP_OK;
	scep_notice_clear(out);
	return scep_fail(err, SCEP_E_STORE, "notice record that contradicts "
	    "itself");
}

enum scep_err
scep_notice_look(struct scep_local *ca, const char *id,
    struct scep_notice *out, struct scep_error *why, struct scep_error *err)
{
	const struct scep_span	 key = scep_span_text(id);
	struct scep_row		 row;
	enum scep_err		 rc;

	memset(out, 0, sizeof(*out));
	why->code = SCEP_OK;
	if ((rc = scep_store_get(ca->store, SCEP_T_NOTICE, key, &row,
	    err)) != SCEP_OK)
		return rc;
	if ((rc = scep_notice_whole(&row, out, err)) == SCEP_E_STORE) {
		*why = *err;
		scep_damage_note(ca, SCEP_T_NOTICE, key, why);
		memset(out, 0, sizeof(*out));
		OPENSSL_strlcpy(out->id, id, sizeof(out->id));
		out->rev = row.rev;
		rc = SCEP_OK;
	}
	scep_row_clear(&row);
	return rc;
}
