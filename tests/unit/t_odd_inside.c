/*
 * t_odd_inside.c - certificates, envelopes and requests with faults:
 * each fault gets its own answer (PROTOCOL 1.18); what is wrong behind the
 * decryption gets but one.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "tests/unit/odd_world.h"

#define NONE		der_raw("", 0)
#define HTTP_400	-1

/* ---- faults of certificates ---- */

static void
bags(struct odd *o, int which)
{
	struct odd_cert	 twin = o->cert;

	twin.key = twin.by = odd_ow->desk.other;
	switch (which) {
	case 0:
		o->no_signer_cert = 1;
		break;
	case 1:			/* T-23: the same issuer and serial */
		o->bag[0] = odd_cert_make(&twin);
		o->n_bag = o->place = 1;
		break;
	default:
		for (o->n_bag = 0; o->n_bag < 8; o->n_bag++)
			o->bag[o->n_bag] = odd_cert_make(&twin);
		o->place = 8;
	}
}

static void
not_self_signed(struct odd *o, int arg)
{
	(void)arg;
	o->cert.by = odd_ow->desk.other;
}

static void
bare_key(struct odd *o, int arg)
{
	(void)arg;
	o->cert.bare_key = o->csr.bare_key = 1;
}

static void
short_key(struct odd *o, int arg)
{
	static EVP_PKEY	*key;	/* one for all */

	(void)arg;
	if (key == NULL)
		key = EVP_RSA_gen(1024);
	assert_non_null(key);
	o->cert.key = o->csr.key = key;
}

/* ---- faults of the envelope and of what is in it ---- */

static void
recipients(struct odd *o, int which)
{
	const struct odd_to	 other = {
		.key = odd_ow->desk.other, .issuer = odd_name(0x0c, "Other CA"),
		.serial = der_hex("01"),
	};
	size_t			 i;

	o->n_to = which < 0 ? 0 : (size_t)which;
	for (i = 0; i < o->n_to; i++)
		o->to[i] = other;
}

static void
nine_recipients(struct odd *o, int arg)
{
	const struct odd_to	 ours = o->to[0];

	recipients(o, 9);
	o->to[0] = ours;
	(void)arg;
}

static void
contents(struct odd *o, int which)
{
	struct scep_span	 csr = odd_csr_make(&o->csr);

	switch (which) {
	case 0:
		o->content = der_text(0x0c, "this is no request");
		break;
	case 1:			/* T-49 */
		o->content = der_join(csr, der_hex("0a"));
		break;
	case 2:
		o->content = der_raw(csr.data, csr.len - 1);
		break;
	case 3:			/* a long form of a short length */
		o->content = der_join(der_hex("3083 00"), der_raw(csr.data +
		    2, csr.len - 2));
		break;
	case 4:			/* C-082: the content of another type */
		o->content = odd_issuer_and_subject(odd_ow->desk.ra_issuer,
		    o->csr.subject);
		break;
	default:
		o->content = der_patch(csr, csr.len - 20,
		    csr.data[csr.len - 20] ^ 1);
	}
}

static void
other_key(struct odd *o, int arg)
{
	(void)arg;
	o->csr.key = odd_ow->desk.other;
}

static void
challenges(struct odd *o, int which)
{
	switch (which) {
	case 0:
		o->csr.challenge = der_text(0x13, "not the challenge");
		break;
	case 1:
		o->csr.challenge = der_raw(WORLD_STATIC "\0", 12);
		break;
	case 2:			/* T-91: up to the NUL it would be right */
		o->csr.challenge = der_raw(WORLD_STATIC "\0more", 16);
		break;
	case 3:
		o->csr.challenge_tag = 0x04;
		break;
	case 4:
		o->csr.challenge_tag = 0x1e;	/* an odd number of octets */
		break;
	case 5:
		o->csr.more = odd_attr("1.2.840.113549.1.9.7",
		    der_text(0x13, WORLD_STATIC));
		break;
	case 6:
		o->csr.challenge_tag = 0x0c;
		o->csr.challenge = der_hex("6f70656e20c3");
		break;
	case 7:
		o->csr.challenge = der_repeat(der_raw("x", 1), 8193);
		break;
	case 8:
		o->csr.challenge = NONE;
		break;
	default:
		o->csr.challenge_tag = 0;
	}
}

static void
extensions(struct odd *o, int which)
{
	const struct scep_span	 san = odd_ext("2.5.29.17", 0,
				    SEQ(der_text(0x82, "device.example")));

	o->csr.exts = san;
	switch (which) {
	case 0:
		o->csr.more = odd_attr("1.3.6.1.4.1.311.2.1.14", SEQ(san));
		break;
	case 1:
		o->csr.exts = der_join(san, san);
		break;
	case 2:
		o->csr.exts = odd_ext("2.5.29.19", 1,
		    der_hex("30030101ff"));
		break;
	default:
		o->csr.exts = der_text(0x0c, "no extension");
	}
}

static const struct odd_fault	faults[] = {
	{ "no signer certificate", "C-120", bags, 0, HTTP_400,
	    "certificates" },
	{ "9 certificates", "C-239", bags, 2, HTTP_400, "9 certificates" },

	{ "a key of 1024 bits", "C-221", short_key, 0, 0, "1024" },
	{ "a key without parameters", "C-221", bare_key, 0, 0, "key" },
	{ "a twin of the signer's certificate", "T-23", bags, 1, 1,
	    "signature" },
	{ "a signer signed by another", "I-018", not_self_signed, 0, 1,
	    "signer certificate" },

	{ "no recipient", "C-239", recipients, -1, 2, "0 recipients" },
	{ "9 recipients", "C-239", nine_recipients, 0, 2, "9 recipients" },
	{ "two recipients, and we are none", "C-221", recipients, 2, 2,
	    "no recipient" },
	{ "one recipient, and we are not", "T-42 T-46", recipients, 1, 2,
	    "no readable request" },

	{ "garbage in the envelope", "T-42", contents, 0, 2,
	    "no CertificationRequest" },
	{ "an octet behind the request", "T-49", contents, 1, 2,
	    "1 octets behind" },
	{ "a request cut short", "T-42", contents, 2, 2,
	    "cut short" },
	{ "a request that is no DER", "T-42", contents, 3, 2,
	    "not DER: a length" },
	{ "the content of a poll", "C-082", contents, 4, 2,
	    "no CertificationRequest" },
	{ "a request with another signature", "C-161 T-90", contents, 5, 2,
	    "signature does not verify" },
	{ "a request for another key", "C-124", other_key, 0, 2,
	    "another key than" },
	{ "another challenge", "C-141", challenges, 0, 2,
	    "challenge unknown" },
	{ "a challenge with a NUL behind", "T-91", challenges, 1, 2, "NUL" },
	{ "a challenge with a NUL inside", "T-91", challenges, 2, 2, "NUL" },
	{ "a challenge as OCTET STRING", "C-140", challenges, 3, 2,
	    "no string" },
	{ "a challenge of half a character", "T-91", challenges, 4, 2,
	    "challengePassword" },
	{ "two challenges", "C-140 T-91", challenges, 5, 2, "twice" },
	{ "a challenge cut within a character", "T-91", challenges, 6, 2,
	    "challengePassword" },
	{ "a challenge of 8193 octets", "C-140", challenges, 7, 2,
	    "8193 octets" },
	{ "an empty challenge", "C-144", challenges, 8, 2,
	    "no challenge" },
	{ "no challenge", "C-142 C-160", challenges, 9, 2,
	    "no challenge" },
	{ "extension requests of two kinds", "T-92", extensions, 0, 2,
	    "twice" },
	{ "an extension twice", "C-167", extensions, 1, 2, "twice" },
	{ "a request for a CA", "C-167", extensions, 2, 2, "rights of a CA" },
	{ "an extension request that is none", "T-92", extensions, 3, 2,
	    "does not parse" },
};

int
main(void)
{
	return odd_faults_run("odd_inside", faults,
	    sizeof(faults) / sizeof(faults[0]), NULL, 0);
}
