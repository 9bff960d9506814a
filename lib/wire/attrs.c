/*
 * attrs.c - the signed attributes: found, counted, typed.
 *
 * Knows OIDs and types; does not know what the values mean.
 */
#include <string.h>

#include "base/error.h"
#include "wire/attrs.h"

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

void
scep_attrs_read(const STACK_OF(SCEP_ATTR) *attrs, struct scep_attrs *out)
{
	const SCEP_ATTR	*attr;
	int		 i, k;

	memset(out, 0, sizeof(*out));
	for (i = 0; i < sk_SCEP_ATTR_num(attrs); i++) {
		attr = sk_SCEP_ATTR_value(attrs, i);
		for (k = 0; k < SCEP_ATTR__MAX; k++)
			if (scep_oid_is(attr->type,
			    scep_attr_oid((enum scep_attr)k)))
				break;
		if (k == SCEP_ATTR__MAX)
			continue;	/* PROTOCOL C-094: ignored */
		/* An attribute without values counts as two: never right. */
		out->count[k] += sk_ASN1_TYPE_num(attr->values) == 0 ? 2 :
		    sk_ASN1_TYPE_num(attr->values);
		out->value[k] = sk_ASN1_TYPE_value(attr->values, 0);
	}
}

enum scep_err
scep_attrs_one(const struct scep_attrs *attrs, enum scep_attr attr,
    const int types[4], enum scep_err code, struct scep_span *out,
    struct scep_error *err)
{
	const ASN1_TYPE	*value = attrs->value[attr];
	int		 i;

	if (attrs->count[attr] != 1)
		return scep_fail(err, code, "%s: %d values, not one",
		    kinds[attr].name, attrs->count[attr]);
	for (i = 0; types[i] != 0; i++)
		if (value->type == types[i]) {
			*out = scep_asn1_span(value->value.asn1_string);
			return SCEP_OK;
		}
	return scep_fail(err, code, "%s: ASN.1 type %d", kinds[attr].name,
	    value->type);
}
