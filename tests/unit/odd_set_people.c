/*
 * odd_set_people.c - oddities of certificates: who signs, who else is
 * there, to whom it goes.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/odd_set.h"

#define NONE	der_raw("", 0)

/* ---- the signer ---- */

void
odd_set_v1(const struct odd_desk *d, struct odd *o, int how)
{
	(void)d;
	o->cert.v1 = how;
	if (how == ODD_V1_EXTS)
		o->cert.exts = odd_ext("2.5.29.15", 1, der_hex("030205a0"));
}

void
odd_set_serial(const struct odd_desk *d, struct odd *o, int which)
{
	static const char *const	 serials[] = {
		/* sscep: the hexadecimal digits of a digest, and a NUL. */
		"3736414133383932364142324543304630383139373836393832453943"
		"4500",
		"00ffeeddccbbaa99887766554433221100ffeeddcc",	/* 21 */
		"ff", "80000000000000000001", "00", "01",
		"000012345678",				/* not minimal */
		"00000080", "fff0",
		"3736414133383932364142324543304630383139373836393832453943"
		"450011",
	};

	(void)d;
	o->cert.serial = der_hex(serials[which]);
}

void
odd_set_names(const struct odd_desk *d, struct odd *o, int which)
{
	switch (which) {
	case 0:
		o->cert.subject = odd_name(0x13, "SCEP SIGNER");
		break;
	case 1:
		o->cert.subject = odd_name(0x1e, "Kasse 7");
		break;
	case 2:
		o->cert.subject = odd_name(0x14, "T61 device");
		break;
	case 3:
		o->cert.subject = odd_cisco_name("router");
		break;
	case 4:
		o->cert.subject = SEQ(NONE);
		break;
	case 5:
		/* The same name, in other types and blanks. */
		o->cert.subject = odd_name(0x0c, "SCEP Protocol  Certificate");
		o->cert.issuer = odd_name(0x13, "scep protocol certificate ");
		break;
	default:
		o->cert.subject = SEQ(der_rdn("2.5.4.6", 0x13, "DE"),
		    der_rdn("0.9.2342.19200300.100.1.25", 0x16, "example"),
		    der_rdn("1.3.6.1.4.1.99999.1", 0x0c, "\xc3\xbc"));
	}
	(void)d;
}

void
odd_set_dates(const struct odd_desk *d, struct odd *o, int which)
{
	static const struct {
		int		 tag;
		const char	*from, *to;
	} rows[] = {
		{ 0x17, "240101000000Z", "240102000000Z" },	/* over */
		{ 0x17, "300101000000Z", "310101000000Z" },	/* not yet */
		{ 0x18, "19700101000000Z", "99991231235959Z" },
		{ 0x17, "700101000000Z", "500101000000Z" },	/* reversed */
		{ 0x17, "2601010000Z", "2701010000+0100" },	/* no seconds */
	};

	(void)d;
	o->cert.time_tag = rows[which].tag;
	o->cert.from = rows[which].from;
	o->cert.to = rows[which].to;
}

void
odd_set_exts(const struct odd_desk *d, struct odd *o, int which)
{
	const struct scep_span	 id = der_text(0x80, "somebody's key");

	(void)d;
	switch (which) {
	case 0:			/* Windows */
		o->cert.exts = odd_ext("2.5.29.35", 1, SEQ(id));
		break;
	case 1:
		o->cert.exts = odd_ext("1.3.6.1.4.1.99999.2", 1,
		    der_hex("0500"));
		break;
	case 2:			/* keyUsage: keyCertSign alone */
		o->cert.exts = odd_ext("2.5.29.15", 1, der_hex("03020204"));
		break;
	case 3:			/* CA:TRUE */
		o->cert.exts = odd_ext("2.5.29.19", 1, der_hex("30030101ff"));
		break;
	case 4:			/* garbage where an extension has a form */
		o->cert.exts = odd_ext("2.5.29.15", 0, der_text(0x0c, "x"));
		break;
	default:		/* another EKU, critical */
		o->cert.exts = odd_ext("2.5.29.37", 1,
		    SEQ(der_oid("1.3.6.1.5.5.7.3.8")));
	}
}

void
odd_set_own_signature(const struct odd_desk *d, struct odd *o, int which)
{
	(void)d;
	o->cert.md = which == 0 ? EVP_sha1() : which == 1 ? EVP_sha512() :
	    EVP_sha256();
	o->cert.no_null = which == 2;
}

/* The certificate, in the form of an identifier; SKI or not. */
void
odd_set_by_ski(const struct odd_desk *d, struct odd *o, int critical)
{
	const struct scep_span	 id = der_raw("signer", 6);

	(void)d;
	o->cert.v1 = 0;
	o->cert.exts = der_join(o->cert.exts, odd_ext("2.5.29.14", critical,
	    DER(0x04, id)));
	o->signer_ski = id;
}

/* ---- the bag ---- */

static struct scep_span
somebody(const struct odd_desk *d, const char *cn, const char *serial_hex,
    struct scep_span subject)
{
	const struct odd_cert	 c = {
		.key = d->other, .time_tag = 0x17, .from = "250101000000Z",
		.to = "300101000000Z", .md = EVP_sha256(),
		.subject = subject.len > 0 ? subject : odd_name(0x0c, cn),
		.serial = der_hex(serial_hex),
	};

	return odd_cert_make(&c);
}

void
odd_set_bag(const struct odd_desk *d, struct odd *o, int which)
{
	const struct scep_span	 a = somebody(d, "Other CA", "01", NONE);
	const struct scep_span	 b = somebody(d, "Decoy", "02", NONE);

	o->n_bag = 2;
	o->bag[0] = a;
	o->bag[1] = b;
	switch (which) {
	case 0: case 1: case 2:		/* where the signer's stands */
		o->place = (size_t)which;
		break;
	case 3:				/* the same certificate twice */
		o->n_bag = 1;
		o->bag[0] = odd_cert_make(&o->cert);
		break;
	case 4:				/* the same subject */
		o->n_bag = o->place = 1;
		o->bag[0] = somebody(d, "", "7f", o->cert.subject);
		break;
	case 5:				/* an attribute certificate, say */
		o->n_bag = o->place = 1;
		o->bag[0] = DER(0xa2, der_hex("020100"));
		break;
	case 6:				/* no certificate at all */
		o->n_bag = o->place = 1;
		o->bag[0] = SEQ(der_text(0x0c, "what is this?"));
		break;
	default:			/* a long chain */
		for (o->n_bag = 0; o->n_bag < 7; o->n_bag++)
			o->bag[o->n_bag] = o->n_bag % 2 == 0 ? a : b;
		o->place = 3;
	}
}

/* ---- recipients ---- */

void
odd_set_recipients(const struct odd_desk *d, struct odd *o, int which)
{
	const struct odd_to	 ours = o->to[0];
	const struct odd_to	 ca = {
		.key = d->other, .issuer = odd_name(0x0c, "Other CA"),
		.serial = der_hex("01"),
	};
	const struct odd_to	 ski = {
		.key = d->other, .ski = der_raw("another key", 11),
	};
	size_t			 i;

	switch (which) {
	case 0: case 1: case 2:		/* first, middle, last of three */
		o->n_to = 3;
		for (i = 0; i < 3; i++)
			o->to[i] = i == (size_t)which ? ours :
			    i == 1 ? ski : ca;
		break;
	case 3:				/* as many as there may be */
		o->n_to = 8;
		for (i = 0; i < 8; i++)
			o->to[i] = i == 5 ? ours : ca;
		break;
	case 4:				/* twice the same */
		o->n_to = 2;
		o->to[1] = ours;
		break;
	default:			/* the serial, of another CA */
		o->n_to = 2;
		o->to[1] = ours;
		o->to[0] = ca;
		o->to[0].serial = ours.serial;
	}
}

void
odd_set_recipient_id(const struct odd_desk *d, struct odd *o, int which)
{
	size_t	 i;

	for (i = 0; i < o->n_to; i++)
		if (o->to[i].key == d->ra_key) {
			if (which == 0)
				o->to[i].ski = d->ra_ski;
			else
				o->to[i].oaep = 1;
		}
}

/* Only alone can it be recognized: by nothing but the key. */
void
odd_set_older_ra(const struct odd_desk *d, struct odd *o, int which)
{
	(void)d;
	if (o->n_to > 1)
		return;
	if (which == 0)
		o->to[0].serial = der_hex("4d");
	else if (which == 1)
		o->to[0].issuer = odd_name(0x0c, "The CA before");
	else
		o->to[0].ski = der_raw("the id before", 13);
}

/* Beside another, so that it is found by its name and nothing else. */
void
odd_set_recipient_name(const struct odd_desk *d, struct odd *o, int tag)
{
	size_t	 i;

	if (o->n_to == 1)
		odd_set_recipients(d, o, 2);
	for (i = 0; i < o->n_to; i++)
		if (o->to[i].key == d->ra_key)
			o->to[i].issuer = odd_rename(d->ra_issuer, tag);
}

void
odd_set_sid_name(const struct odd_desk *d, struct odd *o, int tag)
{
	o->cert.subject = odd_name(0x13, "named otherwise");
	o->cert.issuer = der_raw("", 0);
	o->sid_issuer = odd_rename(o->cert.subject, tag);
	(void)d;
}

void
odd_set_originator(const struct odd_desk *d, struct odd *o, int arg)
{
	(void)arg;
	o->originator = somebody(d, "Other CA", "01", NONE);
}

void
odd_set_unprotected(const struct odd_desk *d, struct odd *o, int arg)
{
	(void)d;
	(void)arg;
	o->unprotected = odd_attr("1.3.6.1.4.1.99999.3", der_hex("0500"));
}
