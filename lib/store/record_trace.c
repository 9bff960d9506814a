/* record_trace.c - what became of requests, as rows. */
#include <string.h>

#include "base/error.h"
#include "store/record_local.h"

#define NR_MASK	0xfffffu	/* 20 bits; the time has 40, the kind 4 */

static const struct scep_field	trace_fields[] = {
	SCEP_FIELD_TEXT(scep_trace, id),
	SCEP_FIELD_TEXT(scep_trace, request_id),
	SCEP_FIELD(SCEP_F_UINT, scep_trace, kind, 0),
	SCEP_FIELD(SCEP_F_UINT, scep_trace, nr, 0),
	SCEP_FIELD(SCEP_F_LONG, scep_trace, when, 0),
	SCEP_FIELD(SCEP_F_LONG, scep_trace, count, 0),
	SCEP_FIELD(SCEP_F_LONG, scep_trace, last, 0),
	SCEP_FIELD_TEXT(scep_trace, last_id),
	SCEP_FIELD(SCEP_F_INT, scep_trace, passing, 0),
	SCEP_FIELD(SCEP_F_LONG, scep_trace, expires, 0),
	SCEP_FIELD_TEXT(scep_trace, profile),
	SCEP_FIELD_TEXT(scep_trace, serial),
	SCEP_FIELD(SCEP_F_BUF, scep_trace, txid, 1024),
	SCEP_FIELD(SCEP_F_BUF, scep_trace, message, SCEP_TRACE_TEXT),
	SCEP_FIELD(SCEP_F_BUF, scep_trace, request, SCEP_TRACE_TEXT),
	SCEP_FIELD(SCEP_F_BUF, scep_trace, rules, SCEP_TRACE_TEXT),
	SCEP_FIELD(SCEP_F_BUF, scep_trace, result, SCEP_TRACE_TEXT),
};

void
scep_trace_clear(struct scep_trace *t)
{
	scep_fields_clear(trace_fields, N(trace_fields), t);
}

enum scep_err
scep_trace_encode(const struct scep_trace *t, struct scep_buf *out,
    struct scep_error *err)
{
	return ENCODE(trace_fields, t, out, err);
}

enum scep_err
scep_trace_decode(struct scep_span der, struct scep_trace *out,
    struct scep_error *err)
{
	enum scep_err	 rc;

	if ((rc = DECODE(trace_fields, der, out, "trace", err)) != SCEP_OK)
		return rc;
	if (out->kind >= SCEP_TRACE_REJECTED &&
	    out->kind < SCEP_TRACE__MAX && out->passing <= 1)
		return SCEP_OK;
	scep_trace_clear(out);
	return scep_record_bad("trace", err);
}

/* One request's in the order of time, and within a second in that of their
 * numbers. */
enum scep_err
scep_trace_key(const struct scep_trace *t, struct scep_buf *out,
    struct scep_error *err)
{
	const uint64_t	 n = (uint64_t)t->when << 24 |
			    (uint64_t)(t->nr & NR_MASK) << 4 |
			    (uint64_t)t->kind;
	uint8_t		 octets[8];
	enum scep_err	 rc;
	int		 i;

	for (i = 0; i < 8; i++)
		octets[i] = (uint8_t)(n >> (56 - 8 * i));
	if ((rc = scep_buf_set(out, scep_span_text(t->id), err)) != SCEP_OK)
		return rc;
	return scep_buf_add(out, scep_span_make(octets, sizeof(octets)), err);
}

enum scep_err
scep_trace_write(struct scep_change *change, const struct scep_trace *t,
    struct scep_error *err)
{
	struct scep_write	*w = NULL;
	struct scep_buf		 key = { NULL, 0 };
	enum scep_err		 rc;

	if ((rc = scep_trace_key(t, &key, err)) == SCEP_OK &&
	    (rc = scep_change_add(change, SCEP_T_TRACE, scep_buf_span(&key),
	    SCEP_REV_ANY, &w, err)) == SCEP_OK)
		rc = scep_trace_encode(t, &w->value, err);
	scep_buf_clear(&key);
	return rc;
}
