/*
 * issuer_serial.h - IssuerAndSerialNumber (RFC 5652 section 10.2.4), as
 * GetCert and GetCRL ask by it.
 */
#ifndef SCEP_WIRE_ISSUER_SERIAL_H
#define SCEP_WIRE_ISSUER_SERIAL_H

#include "base/buf.h"

#define SCEP_ISSUER_SERIAL_MAX	40	/* octets of a serial; RFC 5280 allows
					   20 */

/* Borrowed from what was parsed. */
struct scep_issuer_serial {
	struct scep_span	 issuer;	/* whole Name; not empty */
	struct scep_span	 serial;	/* content octets, 1 to 40 */
};

/* DER and nothing behind it: SCEP_E_FORMAT otherwise, and *out is empty.
 * What is inside of the Name is not looked into. */
enum scep_err	 scep_issuer_serial_parse(struct scep_span der,
		    struct scep_issuer_serial *out, struct scep_error *err);

#endif /* SCEP_WIRE_ISSUER_SERIAL_H */
