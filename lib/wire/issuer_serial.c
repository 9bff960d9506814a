/*
 * issuer_serial.c - IssuerAndSerialNumber taken apart.
 */
#include <string.h>

#include "base/der.h"
#include "base/error.h"
#include "wire/issuer_serial.h"
#include "wire/name.h"

enum { INTEGER = 0x02, SEQUENCE = 0x30 };

enum scep_err
scep_issuer_serial_parse(struct scep_span der, struct scep_issuer_serial *out,
    struct scep_error *err)
{
	struct scep_tlv	 all, issuer, serial;
	enum scep_err	 rc;

	memset(out, 0, sizeof(*out));
	if ((rc = scep_der_check(der, err)) != SCEP_OK)
		return scep_fail_within(err, "IssuerAndSerialNumber");
	if (!scep_der_next(&der, &all) || all.tag != SEQUENCE ||
	    !scep_der_next(&all.content, &issuer) ||
	    issuer.tag != SEQUENCE || issuer.content.len == 0 ||
	    issuer.whole.len > SCEP_NAME_MAX_OCTETS ||
	    !scep_der_next(&all.content, &serial) || serial.tag != INTEGER ||
	    serial.content.len == 0 ||
	    serial.content.len > SCEP_ISSUER_SERIAL_MAX ||
	    all.content.len > 0)
		return scep_fail(err, SCEP_E_FORMAT,
		    "no IssuerAndSerialNumber");
	out->issuer = issuer.whole;
	out->serial = serial.content;
	return SCEP_OK;
}
