/*
 * door_outer.c - what is around each message between RA and CA: its kind,
 * its version, and the result if it is an answer.
 */
#include <string.h>

#include "base/error.h"
#include "ca/door_outer.h"

#define WHY_MAX	(sizeof(((struct scep_error *)NULL)->text) - 1)

static const struct scep_field	outer_fields[] = {
	SCEP_FIELD(SCEP_F_UINT, scep_door_outer, kind, 0),
	SCEP_FIELD(SCEP_F_UINT, scep_door_outer, generation, 0),
	SCEP_FIELD(SCEP_F_UINT, scep_door_outer, code, 0),
	SCEP_FIELD(SCEP_F_SPAN, scep_door_outer, why, WHY_MAX),
	SCEP_FIELD(SCEP_F_SPAN, scep_door_outer, body, SCEP_DOOR_MAX),
};

enum scep_err
scep_door_outer_encode(const struct scep_door_outer *outer,
    struct scep_buf *out, struct scep_error *err)
{
	enum scep_err	 rc;

	scep_buf_clear(out);
	if ((rc = ENCODE(outer_fields, outer, out, err)) != SCEP_OK)
		return rc;
	return out->len <= SCEP_DOOR_MAX ? SCEP_OK :
	    scep_fail(err, SCEP_E_TOOBIG,
	    "message of %zu octets between RA and CA, at most %d", out->len,
	    SCEP_DOOR_MAX);
}

enum scep_err
scep_door_outer_decode(struct scep_span der, struct scep_door_outer *out,
    struct scep_error *err)
{
	memset(out, 0, sizeof(*out));
	return DECODE(outer_fields, der, out, err);
}

int
scep_door_text(struct scep_span from, char *to, size_t size)
{
	if (from.len >= size ||
	    (from.len > 0 && memchr(from.data, '\0', from.len) != NULL))
		return 0;
	if (from.len > 0)
		memcpy(to, from.data, from.len);
	to[from.len] = '\0';
	return 1;
}

enum scep_err
scep_door_result_encode(unsigned int kind, enum scep_err code,
    const struct scep_error *why, struct scep_span body, struct scep_buf *out,
    struct scep_error *err)
{
	struct scep_door_outer	 outer = {
		.kind = kind,
		.code = (unsigned int)code,
		.body = body,
	};

	if (code != SCEP_OK)
		outer.why = scep_span_text(why->text);
	return scep_door_outer_encode(&outer, out, err);
}

enum scep_err
scep_door_result_decode(struct scep_span der, unsigned int kind,
    struct scep_door_outer *outer, struct scep_error *why)
{
	if (scep_door_outer_decode(der, outer, why) != SCEP_OK ||
	    outer->code >= SCEP_E__MAX ||
	    (outer->kind != kind && (outer->kind != SCEP_DOOR_ANSWER ||
	    outer->code == SCEP_OK)))
		return scep_fail(why, SCEP_E_BUSY,
		    "the CA process answered with what is no answer");
	if (outer->code == SCEP_OK)
		return SCEP_OK;
	if (!scep_door_text(outer->why, why->text, sizeof(why->text)))
		why->text[0] = '\0';
	why->code = (enum scep_err)outer->code;
	return why->code;
}
