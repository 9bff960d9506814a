/*
 * der.c - DER and nothing but DER.
 *
 * OpenSSL's templates read BER; what the CA reads must have one encoding.
 */
#include <string.h>

#include "base/der.h"
#include "base/error.h"

#define TAG_NUMBER	0x1f
#define CONSTRUCTED	0x20
#define CLASS		0xc0
#define MAX_DEPTH	SCEP_DER_DEPTH

enum { BOOLEAN = 1, INTEGER = 2, BIT_STRING = 3, NULL_ = 5, OID = 6,
    ENUMERATED = 10, SEQUENCE = 16, SET = 17 };

int
scep_der_next(struct scep_span *rest, struct scep_tlv *out)
{
	const uint8_t	*p = rest->data;
	size_t		 header = 2, len, n;

	if (rest->len < 2 || (p[0] & TAG_NUMBER) == TAG_NUMBER)
		return 0;
	len = p[1];
	if (len >= 0x80) {
		/* Four octets of length are more than anything we read has. */
		n = len & 0x7f;
		if (n == 0 || n > 4 || rest->len < 2 + n)
			return 0;
		for (len = 0; n > 0; n--)
			len = len << 8 | p[header++];
	}
	if (len > rest->len - header)
		return 0;
	/* rest may be out's own content: out comes last. */
	rest->data += header + len;
	rest->len -= header + len;
	out->tag = p[0];
	out->whole = scep_span_make(p, header + len);
	out->content = scep_span_make(p + header, len);
	return 1;
}

/* X.690 section 10.1: the shortest form. */
static int
is_length_minimal(const struct scep_tlv *tlv)
{
	size_t	 header = tlv->whole.len - tlv->content.len;
	size_t	 len = tlv->content.len;

	return header == (len < 0x80 ? 2U : len < 0x100 ? 3U :
	    len < 0x10000 ? 4U : len < 0x1000000 ? 5U : 6U);
}

static int
is_integer(struct scep_span c)
{
	/* X.690 section 8.3.2: the first nine bits are not all alike. */
	return c.len > 0 && (c.len == 1 ||
	    !((c.data[0] == 0x00 && c.data[1] < 0x80) ||
	    (c.data[0] == 0xff && c.data[1] >= 0x80)));
}

static int
is_bit_string(struct scep_span c)
{
	/* X.690 section 11.2.1: unused bits are zero. */
	if (c.len == 0 || c.data[0] > 7)
		return 0;
	return c.len == 1 ? c.data[0] == 0 :
	    (c.data[c.len - 1] & ((1u << c.data[0]) - 1)) == 0;
}

static int
is_oid(struct scep_span c)
{
	size_t	 i;
	int	 first = 1;

	/* X.690 section 8.19.2: no leading zero in a subidentifier. */
	for (i = 0; i < c.len; i++) {
		if (first && c.data[i] == 0x80)
			return 0;
		first = (c.data[i] & 0x80) == 0;
	}
	return c.len > 0 && first;
}

static const char *
universal_fault(const struct scep_tlv *tlv)
{
	struct scep_span	 c = tlv->content;
	int			 number = tlv->tag & TAG_NUMBER;
	int			 constructed = (tlv->tag & CONSTRUCTED) != 0;

	if (constructed != (number == SEQUENCE || number == SET))
		return "a constructed string, or a primitive SEQUENCE";
	switch (number) {
	case BOOLEAN:
		return c.len == 1 && (c.data[0] == 0 || c.data[0] == 0xff) ?
		    NULL : "a BOOLEAN";
	case INTEGER:
	case ENUMERATED:
		return is_integer(c) ? NULL : "an INTEGER";
	case BIT_STRING:
		return is_bit_string(c) ? NULL : "a BIT STRING";
	case NULL_:
		return c.len == 0 ? NULL : "a NULL";
	case OID:
		return is_oid(c) ? NULL : "an OBJECT IDENTIFIER";
	case 0:
		return "an end-of-contents";
	default:
		return NULL;
	}
}

static const char *
fault(const struct scep_tlv *tlv)
{
	if (!is_length_minimal(tlv))
		return "a length";
	return (tlv->tag & CLASS) == 0 ? universal_fault(tlv) : NULL;
}

enum scep_err
scep_der_check(struct scep_span bytes, struct scep_error *err)
{
	struct scep_span	 left[MAX_DEPTH];	/* unread, by depth */
	struct scep_tlv		 tlv;
	const char		*why;
	size_t			 depth = 0;

	left[0] = bytes;
	do {
		if (!scep_der_next(&left[depth], &tlv))
			return scep_fail(err, SCEP_E_FORMAT,
			    "not DER: cut short, or an indefinite length, at "
			    "octet %td", left[depth].data - bytes.data);
		if ((why = fault(&tlv)) != NULL)
			return scep_fail(err, SCEP_E_FORMAT,
			    "not DER: %s at octet %td", why,
			    tlv.whole.data - bytes.data);
		if (depth == 0 && left[0].len > 0)
			return scep_fail(err, SCEP_E_FORMAT,
			    "%zu octets behind the value", left[0].len);
		if ((tlv.tag & CONSTRUCTED) != 0 && tlv.content.len > 0) {
			if (++depth == MAX_DEPTH)
				return scep_fail(err, SCEP_E_FORMAT,
				    "nested deeper than %d", MAX_DEPTH);
			left[depth] = tlv.content;
		}
		while (depth > 0 && left[depth].len == 0)
			depth--;
	} while (depth > 0);
	return SCEP_OK;
}

int
scep_der_take(struct scep_span *rest, uint8_t tag, struct scep_span *content)
{
	struct scep_tlv	 tlv;

	if (!scep_der_next(rest, &tlv) || tlv.tag != tag)
		return 0;
	*content = tlv.content;
	return 1;
}

size_t
scep_der_head(uint8_t tag, size_t len, uint8_t out[SCEP_DER_HEAD])
{
	size_t	 n = 0, bytes;

	out[n++] = tag;
	if (len < 0x80) {
		out[n++] = (uint8_t)len;
		return n;
	}
	bytes = len < 0x100 ? 1 : len < 0x10000 ? 2 : len < 0x1000000 ? 3 : 4;
	out[n++] = (uint8_t)(0x80 | bytes);
	while (bytes-- > 0)
		out[n++] = (uint8_t)(len >> (8 * bytes));
	return n;
}

enum scep_err
scep_der_put(struct scep_buf *out, uint8_t tag, struct scep_span content,
    struct scep_error *err)
{
	uint8_t	 head[SCEP_DER_HEAD], *at;
	size_t	 len = scep_der_head(tag, content.len, head);

	if (content.len > SIZE_MAX - len ||
	    (at = scep_buf_extend(out, len + content.len)) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "%zu more bytes",
		    content.len);
	memcpy(at, head, len);
	if (content.len > 0)
		memcpy(at + len, content.data, content.len);
	return SCEP_OK;
}
