/* fields.c - structs to DER and back, by a table of their members. */
#include <limits.h>
#include <string.h>

#include "base/der.h"
#include "base/error.h"
#include "base/fields.h"
#include "base/text.h"

enum { INTEGER = 0x02, OCTET_STRING = 0x04, UTF8STRING = 0x0c,
    SEQUENCE = 0x30 };

/* Where an encoding is put together: first nowhere, to learn its length. */
struct writer {
	uint8_t		*at;
	size_t		 len;
};

static void
put(struct writer *w, const void *bytes, size_t len)
{
	if (w->at != NULL && len > 0)
		memcpy(w->at + w->len, bytes, len);
	w->len += len;
}

static void
put_tlv(struct writer *w, uint8_t tag, struct scep_span content)
{
	uint8_t	 head[SCEP_DER_HEAD];

	put(w, head, scep_der_head(tag, content.len, head));
	put(w, content.data, content.len);
}

static void
put_integer(struct writer *w, int64_t n)
{
	uint8_t	 octets[8];
	size_t	 i, skip = 0;

	for (i = 0; i < 8; i++)
		octets[i] = (uint8_t)((uint64_t)n >> (56 - 8 * i));
	/* The shortest form: X.690 section 8.3.2. */
	while (skip < 7 && ((octets[skip] == 0x00 && octets[skip + 1] < 0x80)
	    || (octets[skip] == 0xff && octets[skip + 1] >= 0x80)))
		skip++;
	put_tlv(w, INTEGER, scep_span_make(octets + skip, 8 - skip));
}

static void
put_member(struct writer *w, const struct scep_field *f, const uint8_t *at)
{
	const void	*p = at;

	switch (f->kind) {
	case SCEP_F_INT:
		put_integer(w, *(const int *)p);
		break;
	case SCEP_F_UINT:
		put_integer(w, *(const unsigned int *)p);
		break;
	case SCEP_F_LONG:
		put_integer(w, *(const long *)p);
		break;
	case SCEP_F_TEXT:
		put_tlv(w, UTF8STRING, scep_span_text(p));
		break;
	case SCEP_F_OCTETS:
		put_tlv(w, OCTET_STRING, scep_span_make(at, f->size));
		break;
	case SCEP_F_BUF:
		put_tlv(w, OCTET_STRING, scep_buf_span(p));
		break;
	case SCEP_F_SPAN:
		put_tlv(w, OCTET_STRING, *(const struct scep_span *)p);
		break;
	}
}

static void
put_all(struct writer *w, int version, const struct scep_field *fields,
    size_t n, const void *value)
{
	size_t	 i;

	put_integer(w, version);
	for (i = 0; i < n; i++)
		put_member(w, &fields[i],
		    (const uint8_t *)value + fields[i].offset);
}

enum scep_err
scep_fields_encode(int version, const struct scep_field *fields, size_t n,
    const void *value, struct scep_buf *out, struct scep_error *err)
{
	struct writer	 body = { NULL, 0 }, w = { NULL, 0 };
	uint8_t		 head[SCEP_DER_HEAD];
	size_t		 len;

	put_all(&body, version, fields, n, value);
	len = scep_der_head(SEQUENCE, body.len, head);
	if ((w.at = scep_buf_extend(out, len + body.len)) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "record of %zu octets",
		    body.len);
	put(&w, head, len);
	put_all(&w, version, fields, n, value);
	return SCEP_OK;
}

static int
get_integer(const struct scep_tlv *tlv, int64_t *out)
{
	uint64_t	 n;
	size_t		 i;

	if (tlv->tag != INTEGER || tlv->content.len < 1 ||
	    tlv->content.len > 8)
		return 0;
	n = tlv->content.data[0] >= 0x80 ? UINT64_MAX : 0;
	for (i = 0; i < tlv->content.len; i++)
		n = n << 8 | tlv->content.data[i];
	*out = (int64_t)n;
	return 1;
}

static int
get_number(const struct scep_field *f, const struct scep_tlv *tlv, void *p)
{
	int64_t	 n;

	if (!get_integer(tlv, &n))
		return 0;
	switch (f->kind) {
	case SCEP_F_INT:
		*(int *)p = (int)n;
		return n <= INT_MAX && n >= (f->size == 1 ? INT_MIN : 0);
	case SCEP_F_UINT:
		*(unsigned int *)p = (unsigned int)n;
		return n >= 0 && n <= UINT_MAX;
	default:
		*(long *)p = (long)n;
		return n >= 0;
	}
}

static int
get_text(const struct scep_field *f, const struct scep_tlv *tlv, char *p)
{
	if (tlv->tag != UTF8STRING || tlv->content.len >= f->size ||
	    !scep_is_clean_utf8(tlv->content))
		return 0;
	memcpy(p, tlv->content.data, tlv->content.len);
	p[tlv->content.len] = '\0';
	return 1;
}

/* 0: not what it should be; -1: no memory. */
static int
get_octets(const struct scep_field *f, const struct scep_tlv *tlv, void *p)
{
	struct scep_error	 err;

	if (tlv->tag != OCTET_STRING || tlv->content.len > f->size)
		return 0;
	switch (f->kind) {
	case SCEP_F_OCTETS:
		if (tlv->content.len != f->size)
			return 0;
		memcpy(p, tlv->content.data, f->size);
		return 1;
	case SCEP_F_SPAN:
		*(struct scep_span *)p = tlv->content;
		return 1;
	default:
		return tlv->content.len == 0 ||
		    scep_buf_set(p, tlv->content, &err) == SCEP_OK ? 1 : -1;
	}
}

static int
get_member(const struct scep_field *f, const struct scep_tlv *tlv, void *p)
{
	switch (f->kind) {
	case SCEP_F_INT:
	case SCEP_F_UINT:
	case SCEP_F_LONG:
		return get_number(f, tlv, p);
	case SCEP_F_TEXT:
		return get_text(f, tlv, p);
	case SCEP_F_OCTETS:
	case SCEP_F_BUF:
	case SCEP_F_SPAN:
		break;
	}
	return get_octets(f, tlv, p);
}

enum scep_err
scep_fields_decode(int version, const struct scep_field *fields, size_t n,
    struct scep_span der, void *value, struct scep_error *err)
{
	struct scep_tlv		 tlv;
	struct scep_span	 rest = der;
	int64_t			 seen = -1;
	size_t			 i;
	int			 got = 0;

	if (!scep_der_next(&rest, &tlv) || tlv.tag != SEQUENCE ||
	    rest.len > 0)
		return scep_fail(err, SCEP_E_FORMAT,
		    "%zu octets that are no record of ours", der.len);
	rest = tlv.content;
	if (!scep_der_next(&rest, &tlv) || !get_integer(&tlv, &seen) ||
	    seen != version)
		return scep_fail(err, SCEP_E_FORMAT,
		    "record of version %lld, not %d", (long long)seen,
		    version);
	for (i = 0; i < n; i++)
		if (!scep_der_next(&rest, &tlv) ||
		    (got = get_member(&fields[i], &tlv,
		    (uint8_t *)value + fields[i].offset)) <= 0)
			break;
	if (i == n && rest.len == 0)
		return SCEP_OK;
	scep_fields_clear(fields, n, value);
	if (got < 0)
		return scep_fail(err, SCEP_E_NOMEM, "a record");
	return scep_fail(err, SCEP_E_FORMAT,
	    "member %zu of %zu of a record is not what it should be", i + 1,
	    n);
}

void
scep_fields_clear(const struct scep_field *fields, size_t n, void *value)
{
	size_t	 i;

	for (i = 0; i < n; i++)
		if (fields[i].kind == SCEP_F_BUF)
			scep_buf_clear((void *)((uint8_t *)value +
			    fields[i].offset));
}
