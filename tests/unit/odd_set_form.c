/*
 * odd_set_form.c - oddities of form: lengths, algorithms, attributes.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/odd_set.h"

#define NONE	der_raw("", 0)

/* ---- encoding ---- */

void
odd_set_indefinite(const struct odd_desk *d, struct odd *o, int levels)
{
	(void)d;
	o->indefinite = (unsigned int)levels;
}

void
odd_set_long_form(const struct odd_desk *d, struct odd *o, int yes)
{
	(void)d;
	o->long_form = yes;
}

void
odd_set_segments(const struct odd_desk *d, struct odd *o, int which)
{
	(void)d;
	o->segments = (unsigned int)which;
	o->segment = which == ODD_S_ENCRYPTED ? 1000 : 120;
}

void
odd_set_nested(const struct odd_desk *d, struct odd *o, int which)
{
	odd_set_segments(d, o, which);
	o->nested = 1;
}

/* As a streaming encoder writes (macOS 10.10 to 10.12). */
void
odd_set_streamed(const struct odd_desk *d, struct odd *o, int arg)
{
	(void)arg;
	odd_set_segments(d, o, ODD_S_CONTENT | ODD_S_ENCRYPTED);
	o->indefinite = ODD_CI | ODD_CI0 | ODD_SIGNED | ODD_ENCAP |
	    ODD_ENCAP0 | ODD_ENV | ODD_ENV0 | ODD_ENVELOPED | ODD_ENCRYPTED;
}

void
odd_set_versions(const struct odd_desk *d, struct odd *o, int sd)
{
	(void)d;
	o->sd_version = sd;
}

void
odd_set_crls(const struct odd_desk *d, struct odd *o, int arg)
{
	(void)d;
	(void)arg;
	o->crls = 1;
}

/* ---- algorithms ---- */

void
odd_set_digests(const struct odd_desk *d, struct odd *o, int which)
{
	(void)d;
	o->md = which == 0 ? EVP_sha384() : EVP_sha512();
}

void
odd_set_ciphers(const struct odd_desk *d, struct odd *o, int which)
{
	(void)d;
	o->cipher = which == 0 ? EVP_aes_192_cbc() : EVP_aes_256_cbc();
}

void
odd_set_parameters(const struct odd_desk *d, struct odd *o, int which)
{
	(void)d;
	o->digest_null = which & 1;
	o->sig_no_null = (which & 2) != 0;
	o->to[0].no_null = (which & 4) != 0;
	o->sig_named = (which & 8) != 0;
	o->csr.no_null = (which & 0x10) != 0;
}

void
odd_set_more_digests(const struct odd_desk *d, struct odd *o, int which)
{
	(void)d;
	o->digests = which == 0 ?
	    der_alg("2.16.840.1.101.3.4.2.3", 0) :
	    der_join(der_alg("1.3.14.3.2.26", 1),
	    der_alg("2.16.840.1.101.3.4.2.1", 1));
}

/* ---- attributes ---- */

void
odd_set_order(const struct odd_desk *d, struct odd *o, int which)
{
	(void)d;
	o->order = (enum odd_order)which;
}

void
odd_set_more_attrs(const struct odd_desk *d, struct odd *o, int which)
{
	static const char	*const time = "1.2.840.113549.1.9.5";
	struct scep_span	 a;

	(void)d;
	switch (which) {
	case 0:
		a = odd_attr(time, der_text(0x17, "261124120000Z"));
		break;
	case 1:
		a = odd_attr(time, der_text(0x18, "20261124120000Z"));
		break;
	case 2:			/* of a device without a clock */
		a = odd_attr(time, der_text(0x17, "700101000000Z"));
		break;
	case 3:			/* S/MIME capabilities */
		a = odd_attr("1.2.840.113549.1.9.15",
		    SEQ(der_alg("2.16.840.1.101.3.4.1.2", 0),
		    der_alg("1.2.840.113549.3.7", 0)));
		break;
	case 4:			/* recipientNonce, jscep */
		a = odd_attr("2.16.840.1.113733.1.9.6",
		    der_text(0x04, "0123456789012345"));
		break;
	case 5:			/* the HRESULT of NDES */
		a = odd_attr("1.3.6.1.4.1.311.21.33",
		    der_hex("020480094004"));
		break;
	case 6:			/* pkiStatus and failInfo, in a request */
		o->attrs[o->n_attrs++] = odd_attr("2.16.840.1.113733.1.9.3",
		    der_text(0x13, "0"));
		a = odd_attr("2.16.840.1.113733.1.9.4", der_text(0x13, "2"));
		break;
	default:		/* without a value; and a BMPString */
		o->attrs[o->n_attrs++] = SEQ(der_oid("1.3.6.1.4.1.99999.4"),
		    SET_OF(NONE));
		a = odd_attr("1.2.840.113549.1.9.13",
		    DER(0x1e, odd_text(0x1e, "description")));
	}
	o->attrs[o->n_attrs++] = a;
}

void
odd_set_unsigned_attrs(const struct odd_desk *d, struct odd *o, int which)
{
	(void)d;
	/* A second transactionID where nothing signs it must not count. */
	o->unsigned_attrs = which == 0 ?
	    odd_attr("1.3.6.1.4.1.99999.5", der_hex("0500")) :
	    odd_attr("2.16.840.1.113733.1.9.7", der_text(0x13, "other"));
}

void
odd_set_txid(const struct odd_desk *d, struct odd *o, int which)
{
	static const struct {
		int		 tag;
		const char	*text;
	} rows[] = {
		{ 0x13, "76aa38926ab2ec0f0819786982e9ce00" },	/* jscep */
		{ 0x13, "d2+Q/jBu4t8Ax+3Wn0QrZ1y0zvE=" },	/* scepclient */
		{ 0x13, "715963547826384712398471237412394712347123847102"
		    "38471236478126347" "912346123476" },	/* certmonger */
		{ 0x13, "SSCEP transactionId" },
		{ 0x13, "0" },					/* jscep */
		{ 0x13, "ABCDE-FGHIJ-KLMNO" },			/* cryptlib */
		{ 0x13, "70B3D57ED0000DC6" },			/* an EUI */
		{ 0x13, "../../etc/passwd%n'\"; --" },
		{ 0x13, " begins and ends with blanks " },
		{ 0x0c, "UTF8 K\xc3\xa4se" },
		{ 0x16, "ia5_with*what@Printable#lacks" },
		{ 0x13, "" },		/* 256 octets, see below */
	};

	(void)d;
	o->txid_tag = rows[which].tag;
	o->txid = der_raw(rows[which].text, strlen(rows[which].text));
	if (o->txid.len == 0)
		o->txid = der_repeat(der_raw("7", 1), 256);
}

void
odd_set_nonce(const struct odd_desk *d, struct odd *o, int len)
{
	(void)d;
	o->nonce = der_repeat(der_hex("00"), (size_t)len);
}

void
odd_set_trailing(const struct odd_desk *d, struct odd *o, int which)
{
	static const char *const	 hex[] = { "0a", "00", "0d0a",
					    "00000000000000000000", "3003" };

	(void)d;
	o->trailing = der_hex(hex[which]);
}
