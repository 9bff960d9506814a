/*
 * attrs.h - the signed attributes of a pkiMessage.  Private to wire/.
 */
#ifndef SCEP_WIRE_ATTRS_H
#define SCEP_WIRE_ATTRS_H

#include "base/der.h"

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
	struct scep_tlv	 value[SCEP_ATTR__MAX];
	int		 count[SCEP_ATTR__MAX];	/* of values */
};

/* From attributes in a row: how many there are, or -1. */
int		 scep_attrs_read(struct scep_span row, struct scep_attrs *out);
/* Exactly one value, with one of these tags (at most 3, 0 ends them); code if
 * not. */
enum scep_err	 scep_attrs_one(const struct scep_attrs *attrs,
		    enum scep_attr attr, const int types[4],
		    enum scep_err code, struct scep_span *out,
		    struct scep_error *err);

#endif /* SCEP_WIRE_ATTRS_H */
