/*
 * der.h - is it DER?  The CA parses nothing that is not.
 */
#ifndef SCEP_BASE_DER_H
#define SCEP_BASE_DER_H

#include "base/buf.h"

#define SCEP_DER_DEPTH	16	/* nesting of constructed values */

/*
 * Exactly one TLV, and inside it nothing but DER (X.690 section 10): definite
 * minimal lengths, low tag numbers, no constructed strings, BOOLEAN 00 or FF,
 * minimal INTEGERs, BIT STRING padding zero.  OCTET and BIT STRINGs are not
 * looked into.  No recursion; SCEP_E_FORMAT otherwise.
 */
enum scep_err	 scep_der_check(struct scep_span bytes, struct scep_error *err);

/* One TLV of a definite length and a low tag number. */
struct scep_tlv {
	uint8_t			 tag;		/* identifier octet */
	struct scep_span	 whole, content;
};

/* Take the next TLV off the front of *rest; 0 if there is none, or it is not
 * of that form, or it does not fit.  rest may be &out->content: one step
 * down. */
int		 scep_der_next(struct scep_span *rest, struct scep_tlv *out);
/* Take it if it has this identifier octet, for what is in it; content may be
 * rest.  0 otherwise, and then *content is as it was. */
int		 scep_der_take(struct scep_span *rest, uint8_t tag,
		    struct scep_span *content);

#define SCEP_DER_HEAD	6	/* octets at most */
/* What goes in front of len octets: so many octets of out. */
size_t		 scep_der_head(uint8_t tag, size_t len,
		    uint8_t out[SCEP_DER_HEAD]);
/* Append identifier octet, length and content. */
enum scep_err	 scep_der_put(struct scep_buf *out, uint8_t tag,
		    struct scep_span content, struct scep_error *err);

#endif /* SCEP_BASE_DER_H */
