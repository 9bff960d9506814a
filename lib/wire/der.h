/*
 * der.h - is it DER?  The CA parses nothing that is not.
 */
#ifndef SCEP_WIRE_DER_H
#define SCEP_WIRE_DER_H

#include "base/buf.h"

#define SCEP_DER_DEPTH	16	/* nesting of constructed values */

/*
 * Exactly one TLV, and inside it nothing but DER (X.690 section 10): definite
 * minimal lengths, low tag numbers, no constructed strings, BOOLEAN 00 or FF,
 * minimal INTEGERs, BIT STRING padding zero.  OCTET and BIT STRINGs are not
 * looked into.  No recursion; SCEP_E_FORMAT otherwise.
 */
enum scep_err	 scep_der_check(struct scep_span bytes, struct scep_error *err);

#endif /* SCEP_WIRE_DER_H */
