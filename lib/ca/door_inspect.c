/*
 * door_inspect.c - reports of an RA, its wish to know how the CA is, and the
 * text it gets; as DER and back.
 */
#include <string.h>

#include "base/error.h"
#include "ca/door_outer.h"
#include "ca/report.h"

struct inspect_body {
	int	 what;
};
static const struct scep_field	inspect_fields[] = {
	SCEP_FIELD(SCEP_F_INT, inspect_body, what, 0),
};

enum scep_err
scep_door_encode_inspect(enum scep_inspect what, struct scep_buf *out,
    struct scep_error *err)
{
	const struct inspect_body	 body = { (int)what };

	return ENCODE(inspect_fields, &body, out, err);
}

enum scep_err
scep_door_decode_inspect(struct scep_span der, enum scep_inspect *what,
    struct scep_error *err)
{
	struct inspect_body	 body;
	enum scep_err		 rc;

	memset(&body, 0, sizeof(body));
	if ((rc = DECODE(inspect_fields, der, &body, err)) != SCEP_OK)
		return rc;
	if (body.what != SCEP_INSPECT_HEALTH &&
	    body.what != SCEP_INSPECT_METRICS)
		return scep_fail(err, SCEP_E_FORMAT, "inspection %d",
		    body.what);
	*what = (enum scep_inspect)body.what;
	return SCEP_OK;
}

enum scep_err
scep_door_encode_text(struct scep_span text, enum scep_err rc,
    const struct scep_error *why, struct scep_buf *out,
    struct scep_error *err)
{
	return scep_door_result_encode(SCEP_DOOR_TEXT, rc, why, text, out,
	    err);
}

enum scep_err
scep_door_decode_text(struct scep_span der, struct scep_buf *out,
    struct scep_error *why)
{
	struct scep_door_outer	 outer;
	enum scep_err		 rc;

	if ((rc = scep_door_result_decode(der, SCEP_DOOR_TEXT, &outer,
	    why)) != SCEP_OK)
		return rc;
	return outer.body.len == 0 ? SCEP_OK :
	    scep_buf_set(out, outer.body, why);
}
