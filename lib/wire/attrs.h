/*
 * attrs.h - the signed attributes of a pkiMessage.  Private to wire/.
 */
#ifndef SCEP_WIRE_ATTRS_H
#define SCEP_WIRE_ATTRS_H

#include "wire/asn1.h"

enum scep_attr {
	SCEP_ATTR_CONTENT_TYPE,
	SCEP_ATTR_MESSAGE_DIGEST,
	SCEP_ATTR_SIGNING_TIME,
	SCEP_ATTR_MESSAGE_TYPE,
	SCEP_ATTR_PKI_STATUS,
	SCEP_ATTR_FAIL_INFO,
	SCEP_ATTR_SENDER_NONCE,
	SCEP_ATTR_RECIPIENT_NONCE,
	SCEP_ATTR_TRANSACTION_ID,
	SCEP_ATTR_FAIL_INFO_TEXT,
	SCEP_ATTR__MAX
};

/* Content octets of its OBJECT IDENTIFIER, RFC 8894 section 3.2.1. */
struct scep_span scep_attr_oid(enum scep_attr attr);

/* The one value of each attribute that is there; borrowed. */
struct scep_attrs {
	const ASN1_TYPE	*value[SCEP_ATTR__MAX];
	int		 count[SCEP_ATTR__MAX];	/* of values */
};

void		 scep_attrs_read(const STACK_OF(SCEP_ATTR) *attrs,
		    struct scep_attrs *out);
/* Exactly one value, of one of these ASN.1 types (at most 3, 0 ends them);
 * code if not. */
enum scep_err	 scep_attrs_one(const struct scep_attrs *attrs,
		    enum scep_attr attr, const int types[4],
		    enum scep_err code, struct scep_span *out,
		    struct scep_error *err);

#endif /* SCEP_WIRE_ATTRS_H */
