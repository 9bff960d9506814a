/*
 * odd_set_request.c - oddities of the request inside.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/odd_set.h"

#define NONE	der_raw("", 0)

/* ---- the request ---- */

void
odd_set_challenge(const struct odd_desk *d, struct odd *o, int tag)
{
	if (d->challenge == NULL)
		return;
	o->csr.challenge_tag = tag;
	o->csr.challenge = odd_text(tag, d->challenge);
}

void
odd_set_subject(const struct odd_desk *d, struct odd *o, int which)
{
	switch (which) {
	case 0:
		o->csr.subject = odd_name(0x13, d->cn);
		break;
	case 1:
		o->csr.subject = odd_name(0x14, d->cn);
		break;
	case 2:
		o->csr.subject = odd_name(0x1e, d->cn);
		break;
	case 3:			/* one RDN, not in the order of DER */
		o->csr.subject = SEQ(SET_OF(
		    SEQ(der_oid("2.5.4.5"), der_text(0x13, "4711")),
		    SEQ(der_oid("2.5.4.3"), der_text(0x13, d->cn))));
		break;
	case 4:			/* the most specific first */
		o->csr.subject = SEQ(der_rdn("2.5.4.3", 0x0c, d->cn),
		    der_rdn("2.5.4.11", 0x0c, "Stra\xc3\x9f" "e"),
		    der_rdn("2.5.4.11", 0x13, "second OU"),
		    der_rdn("2.5.4.10", 0x14, "M\xfcller"),
		    der_rdn("2.5.4.6", 0x13, "de"));
		break;
	default:		/* IA5String, where the RFC has none */
		o->csr.subject = SEQ(der_rdn("2.5.4.10", 0x16, "ACME_Ltd."),
		    der_rdn("2.5.4.3", 0x16, d->cn));
	}
}

/* The extension requests; with a keyUsage, as most send it. */
void
odd_set_request_exts(const struct odd_desk *d, struct odd *o, int which)
{
	static const char *const	 oids[] = {
		"1.2.840.113549.1.9.14",
		"1.3.6.1.4.1.311.2.1.14",
		"2.16.840.1.113733.1.9.8",
	};

	(void)d;
	o->csr.ext_oid = oids[which % 3];
	o->csr.exts = der_join(odd_ext("2.5.29.15", which == 0,
	    der_hex("030205a0")), odd_ext("2.5.29.17", 0,
	    SEQ(der_text(0x82, "device.example"))));
	if (which == 1)		/* szOID_CERTIFICATE_TEMPLATE */
		o->csr.exts = der_join(o->csr.exts,
		    odd_ext("1.3.6.1.4.1.311.21.7", 0,
		    SEQ(der_oid("1.3.6.1.4.1.311.21.8.1"), der_hex("020164"),
		    der_hex("020105"))));
	if (which == 3)		/* empty, but there */
		o->csr.more = der_join(o->csr.more,
		    odd_attr(oids[0], SEQ(NONE))), o->csr.exts = NONE;
}

void
odd_set_request_attrs(const struct odd_desk *d, struct odd *o, int which)
{
	struct scep_span	 a;

	(void)d;
	if (which == 0)			/* certmonger: friendlyName */
		a = odd_attr("1.2.840.113549.1.9.20",
		    DER(0x1e, odd_text(0x1e, "friendly name")));
	else if (which == 1)		/* unstructuredName, IOS */
		a = odd_attr("1.2.840.113549.1.9.2",
		    der_text(0x16, "router.example"));
	else				/* Windows */
		a = der_join(odd_attr("1.3.6.1.4.1.311.13.2.3",
		    der_text(0x16, "10.0.19045.2")),
		    der_join(odd_attr("1.3.6.1.4.1.311.21.20",
		    SEQ(der_hex("020109"), der_text(0x0c, "PC"),
		    der_text(0x0c, "SYSTEM"), der_text(0x0c, "dmclient"))),
		    odd_attr("1.3.6.1.4.1.311.13.2.2", SEQ(der_hex("020100"),
		    DER(0x1e, odd_text(0x1e, "Microsoft Software KSP")),
		    der_hex("030100")))));
	o->csr.more = der_join(o->csr.more, a);
}

void
odd_set_request_signature(const struct odd_desk *d, struct odd *o, int which)
{
	(void)d;
	o->csr.md = which == 0 ? EVP_sha384() : EVP_sha512();
}
