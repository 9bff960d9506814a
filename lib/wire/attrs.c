/*
 * attrs.c - the signed attributes: found, counted, typed.
 *
 * Knows OIDs and types; does not know what the values mean.
 */
#include <string.h>

#include "base/error.h"
#include "wire/attrs.h"
#include "wire/signed.h"

enum { SEQUENCE = 0x30, SET = 0x31 };

#define PKCS9(n)	{ 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, n }, 9
#define VERISIGN(n)	{ 0x60, 0x86, 0x48, 0x01, 0x86, 0xf8, 0x45, 0x01, \
			    0x09, n }, 10

/* RFC 8894 section 3.2.1 and RFC 5652 section 11: contents of OIDs. */
static const struct {
	const char	*name;
	uint8_t		 oid[10];
	uint8_t		 len;
} kinds[SCEP_ATTR__MAX] = {
	[SCEP_ATTR_CONTENT_TYPE] = { "contentType", PKCS9(3) },
	[SCEP_ATTR_MESSAGE_DIGEST] = { "messageDigest", PKCS9(4) },
	[SCEP_ATTR_SIGNING_TIME] = { "signingTime", PKCS9(5) },
	[SCEP_ATTR_MESSAGE_TYPE] = { "messageType", VERISIGN(2) },
	[SCEP_ATTR_PKI_STATUS] = { "pkiStatus", VERISIGN(3) },
	[SCEP_ATTR_FAIL_INFO] = { "failInfo", VERISIGN(4) },
	[SCEP_ATTR_SENDER_NONCE] = { "senderNonce", VERISIGN(5) },
	[SCEP_ATTR_RECIPIENT_NONCE] = { "recipientNonce", VERISIGN(6) },
	[SCEP_ATTR_TRANSACTION_ID] = { "transactionID", VERISIGN(7) },
	[SCEP_ATTR_FAIL_INFO_TEXT] = { "failInfoText",	/* 1.3.6.1.5.5.7.24.1 */
	    { 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x18, 0x01 }, 8 },
};

struct scep_span
scep_attr_oid(enum scep_attr attr)
{
	return scep_span_make(kinds[attr].oid, kinds[attr].len);
}

static int
kind_of(struct scep_span oid)
{
	int	 k;

	for (k = 0; k < SCEP_ATTR__MAX; k++)
		if (scep_span_equal(oid, scep_attr_oid((enum scep_attr)k)))
			break;
	return k;
}

/* Attribute ::= SEQUENCE { type, SET OF value }. */
static int
read_one(struct scep_span attr, struct scep_attrs *out)
{
	struct scep_span	 oid, values;
	struct scep_tlv		 value = { 0, { NULL, 0 }, { NULL, 0 } };
	int			 k, n;

	if (!scep_der_take(&attr, V_ASN1_OBJECT, &oid) ||
	    !scep_der_take(&attr, SET, &values) || attr.len > 0 ||
	    (n = scep_any_count(values, 0)) < 0)
		return 0;
	k = kind_of(oid);
	if (k == SCEP_ATTR__MAX)
		return 1;		/* PROTOCOL C-094: ignored */
	/* An attribute without values counts as two: never right. */
	out->count[k] += n == 0 ? 2 : n;
	if (n > 0)
		(void)scep_any_next(&values, &value);
	out->value[k] = value;
	return 1;
}

int
scep_attrs_read(struct scep_span row, struct scep_attrs *out)
{
	struct scep_span	 attr;
	int			 n;

	memset(out, 0, sizeof(*out));
	for (n = 0; row.len > 0; n++)
		if (!scep_der_take(&row, SEQUENCE, &attr) ||
		    !read_one(attr, out))
			return -1;
	return n;
}

enum scep_err
scep_attrs_one(const struct scep_attrs *attrs, enum scep_attr attr,
    const int types[4], enum scep_err code, struct scep_span *out,
    struct scep_error *err)
{
	const struct scep_tlv	*value = &attrs->value[attr];
	int			 i;

	if (attrs->count[attr] != 1)
		return scep_fail(err, code, "%s: %d values, not one",
		    kinds[attr].name, attrs->count[attr]);
	for (i = 0; types[i] != 0; i++)
		if (value->tag == types[i]) {
			*out = value->content;
			return SCEP_OK;
		}
	return scep_fail(err, code, "%s: ASN.1 type %d", kinds[attr].name,
	    value->tag);
}
