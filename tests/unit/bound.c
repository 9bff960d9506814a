/* bound.c - requests that are odd, each in a way of its own; see bound.h. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ca/token.h"
#include "tests/unit/asking.h"
#include "tests/unit/bound.h"
#include "tests/unit/der_make.h"
#include "wire/san.h"

#define LENGTH(a)	(sizeof(a) / sizeof((a)[0]))

#define CN		"2.5.4.3"
#define O		"2.5.4.10"
#define OU		"2.5.4.11"
#define SAN		"2.5.29.17"
#define CHALLENGE	"1.2.840.113549.1.9.7"
#define EXTREQ		"1.2.840.113549.1.9.14"
#define EXTREQ_MS	"1.3.6.1.4.1.311.2.1.14"

enum { UTF8 = 0x0c, PRINTABLE = 0x13, T61 = 0x14, IA5 = 0x16, BMP = 0x1e,
    UNIVERSAL = 0x1c };

/* 128 octets. */
#define LONG_16		"sixteen octets.."
#define LONG		LONG_16 LONG_16 LONG_16 LONG_16 LONG_16 LONG_16 \
			LONG_16 LONG_16

/* ---- names ---- */

static struct scep_span
ava(const char *type, int tag, const void *value, size_t len)
{
	return SEQ(der_oid(type), der_octets(tag, value, len));
}

static struct scep_span
text_ava(const char *type, const char *value)
{
	return ava(type, UTF8, value, strlen(value));
}

/* O=Example, and this. */
static struct scep_span
below(struct scep_span attribute)
{
	return SEQ(SET_OF(text_ava(O, "Example")), SET_OF(attribute));
}

static struct scep_span
cn(const char *text)
{
	return below(text_ava(CN, text));
}

static struct scep_span
cn_of(int tag, const void *value, size_t len)
{
	return below(ava(CN, tag, value, len));
}

/* ---- alternative names ---- */

static struct scep_span
dns(const char *host)
{
	return der_text(0x82, host);
}

static struct scep_span
san_of(struct scep_span names)
{
	return odd_ext(SAN, 0, SEQ(names));
}

static struct scep_span
two(struct scep_span a, struct scep_span b)
{
	return san_of(der_join(a, b));
}

static struct scep_span
upn(void)
{
	return DER(0xa0, der_oid("1.3.6.1.4.1.311.20.2.3"), DER(0xa0,
	    der_text(UTF8, "admin@example")));
}

static struct scep_span
requested(const char *oid, struct scep_span exts)
{
	return SEQ(der_oid(oid), SET_OF(SEQ(exts)));
}

/* One more than there may be. */
static struct scep_span
many_hosts(void)
{
	struct scep_span	 all = scep_span_make(NULL, 0);
	char			 host[32];
	int			 i;

	for (i = 0; i <= SCEP_SAN_MAX; i++) {
		(void)snprintf(host, sizeof(host), "%d." BOUND_HOST, i);
		all = der_join(all, dns(host));
	}
	return all;
}

/* ---- a request ---- */

static void
plain(struct bound_ask *a, const char *challenge)
{
	memset(a, 0, sizeof(*a));
	a->challenge = challenge;
	a->csr.key = w->key[0];
	a->csr.subject = cn("dev-0");
	if (challenge != NULL) {
		a->csr.challenge_tag = PRINTABLE;
		a->csr.challenge = der_raw(challenge, strlen(challenge));
	}
	a->csr.ext_oid = EXTREQ;
	a->csr.exts = san_of(dns(BOUND_HOST));
	a->csr.md = EVP_sha256();
}

static void
set_subject(struct bound_ask *a, int which)
{
	static const char	 wide[] = "\0d\0e\0v\0-\0000";
	static const char	 four[] = "\0\0\0d\0\0\0e\0\0\0v\0\0\0-\0\0\0000";
	const struct scep_span	 subjects[] = {
		cn_of(UTF8, "dev-0\0.evil", 11),
		cn_of(UTF8, "dev-0\r\nresult=granted", 21),
		cn_of(UTF8, "dev-0\xff", 6),
		cn_of(BMP, "\0d\0e\0", 5),
		cn_of(BMP, wide, 10),
		cn_of(UNIVERSAL, four, 20),
		cn_of(T61, "dev-0", 5),
		cn_of(T61, "dev-\xa0", 5),
		cn_of(IA5, "dev-0", 5),
		cn_of(PRINTABLE, "dev-0", 5),
		cn_of(PRINTABLE, "dev-*", 5),
		cn_of(0x04, "dev-0", 5),		/* OCTET STRING */
		cn_of(0x2c, "\x0c\x05" "dev-0", 7),	/* constructed */
		cn("dev-1"),
		cn("Dev-0"),
		cn("dev-0 "),
		cn(" dev-0"),
		cn("dev-0."),
		cn("d\xd0\xb5v-0"),			/* Cyrillic e */
		cn("dev-0\xe2\x80\x8b"),		/* without width */
		cn("dev-\xef\xbc\x90"),			/* a wide zero */
		cn("*"),
		cn(""),
		cn("dev-0, CN=evil"),
		cn("dev-0 + CN=evil"),
		SEQ(SET_OF(text_ava(CN, "dev-0"))),
		SEQ(SET_OF(text_ava(CN, "dev-0")), SET_OF(text_ava(O,
		    "Example"))),
		SEQ(SET_OF(text_ava(CN, "dev-0"), text_ava(O, "Example"))),
		SEQ(SET_OF(text_ava(O, "Example")), SET_OF(text_ava(CN,
		    "dev-0"), text_ava(CN, "evil"))),
		SEQ(SET_OF(text_ava(O, "Example")), SET_OF(text_ava(CN,
		    "evil")), SET_OF(text_ava(CN, "dev-0"))),
		SEQ(SET_OF(text_ava(O, "Example")), SET_OF(text_ava(CN,
		    "dev-0")), SET_OF(text_ava(CN, "dev-0"))),
		SEQ(SET_OF(text_ava(O, "Example")), SET_OF(text_ava(O,
		    "Example")), SET_OF(text_ava(CN, "dev-0"))),
		SEQ(SET_OF(text_ava(O, "Example")), SET_OF(text_ava(CN,
		    "dev-0")), SET_OF(text_ava(OU, "evil"))),
		SEQ(SET_OF(text_ava(O, "example")), SET_OF(text_ava(CN,
		    "dev-0"))),
		SEQ(SET_OF(text_ava(OU, "Example")), SET_OF(text_ava(CN,
		    "dev-0"))),
		SEQ(SET_OF(text_ava(O, "Example")), der_hex("3100"),
		    SET_OF(text_ava(CN, "dev-0"))),
		/* 2.5.4.3 with an octet more than it needs. */
		SEQ(SET_OF(text_ava(O, "Example")), SET_OF(SEQ(
		    der_hex("060455048003"), der_text(UTF8, "dev-0")))),
		der_hex("3000"),
		below(DER(0x30, der_oid(CN), DER(UTF8, der_repeat(der_raw(
		    "d", 1), 65)))),
		DER(0x30, der_repeat(SET_OF(text_ava(OU, "unit")), 17)),
		DER(0x30, der_repeat(SET_OF(text_ava("2.5.4.13", LONG)), 9)),
		SEQ(text_ava(CN, "dev-0")),
	};

	assert_in_range(which, 0, LENGTH(subjects) - 1);
	a->csr.subject = subjects[which];
}

static void
set_san(struct bound_ask *a, int which)
{
	const struct scep_span	 sans[] = {
		san_of(dns("evil.example")),
		san_of(dns("A.Example")),
		san_of(dns("a.example.")),
		san_of(dns("*.example")),
		san_of(dns("evil.a.example")),
		san_of(der_octets(0x82, "a.example\0.evil", 15)),
		san_of(scep_span_make(NULL, 0)),
		two(dns(BOUND_HOST), dns("evil.example")),
		two(dns("evil.example"), dns(BOUND_HOST)),
		two(dns(BOUND_HOST), dns(BOUND_HOST)),
		two(dns(BOUND_HOST), dns("A.EXAMPLE")),
		two(dns(BOUND_HOST), der_text(0x81, "admin@example")),
		two(dns(BOUND_HOST), der_octets(0x87, "\300\0\2\1", 4)),
		two(dns(BOUND_HOST), der_text(0x86, "urn:evil")),
		two(dns(BOUND_HOST), upn()),
		two(dns(BOUND_HOST), DER(0xa4, cn("evil"))),
		two(dns(BOUND_HOST), der_octets(0x88, "\x2a\x03", 2)),
		san_of(der_text(0x86, BOUND_HOST)),
		der_join(san_of(dns(BOUND_HOST)), san_of(dns("evil.example"))),
		der_join(san_of(dns(BOUND_HOST)), odd_ext("2.5.29.19", 1,
		    der_hex("30030101ff"))),
		der_join(san_of(dns(BOUND_HOST)), odd_ext(
		    "1.3.6.1.4.1.311.25.2", 0, der_hex("3000"))),
		odd_ext("2.5.29.18", 0, SEQ(dns(BOUND_HOST))),	/* issuer's */
		odd_ext(SAN, 0, der_text(0x82, BOUND_HOST)),
		odd_ext(SAN, 0, der_hex("3080 0000")),
		odd_ext(SAN, 0, scep_span_make(NULL, 0)),
		two(dns(BOUND_HOST), der_octets(0x87, "\300\0\2\1\1", 5)),
		two(dns(BOUND_HOST), der_octets(0x8a, "x", 1)),
		two(dns(BOUND_HOST), DER(0xa0, der_oid("1.2.3"))),
		san_of(der_text(0x81, "nobody")),
		san_of(many_hosts()),
	};

	assert_in_range(which, 0, LENGTH(sans) - 1);
	a->csr.exts = sans[which];
}

static void
set_attributes(struct bound_ask *a, int which)
{
	const char		*challenge = a->challenge != NULL ?
				    a->challenge : "none";
	const size_t		 len = strlen(challenge);
	struct scep_span	 same = der_octets(PRINTABLE, challenge, len);
	char			 text[SCEP_TOKEN_MAX + 8];

	switch (which) {
	case 0:			/* no names */
		a->csr.exts = scep_span_make(NULL, 0);
		break;
	case 1:
	case 2:
		a->csr.more = requested(which == 1 ? EXTREQ : EXTREQ_MS,
		    san_of(dns("evil.example")));
		break;
	case 3:
		a->csr.more = SEQ(der_oid(CHALLENGE), SET_OF(same));
		break;
	case 4:
		a->csr.challenge_tag = 0;
		a->csr.more = SEQ(der_oid(CHALLENGE), SET_OF(der_join(same,
		    der_text(PRINTABLE, "another"))));
		break;
	case 5:
		memset(text, 0, sizeof(text));
		memcpy(text, challenge, len);
		a->csr.challenge_tag = PRINTABLE;
		a->csr.challenge = der_raw(text, len + 8);
		break;
	default:		/* somebody else's key */
		a->csr.key = w->key[1];
		break;
	}
}

const struct bound_row	 bound_rows[] = {
	{ "a NUL", set_subject, 0, 0, 1 },
	{ "a line of the log", set_subject, 1, 0, 1 },
	{ "no UTF-8", set_subject, 2, 0, 1 },
	{ "half a character", set_subject, 3, 0, 1 },
	{ "as BMPString", set_subject, 4, 1, 1 },
	{ "as UniversalString", set_subject, 5, 0, 1 },
	{ "as T61String", set_subject, 6, 1, 1 },
	{ "a T61String of more than ASCII", set_subject, 7, 0, 1 },
	{ "as IA5String", set_subject, 8, 1, 1 },
	{ "as PrintableString", set_subject, 9, 1, 1 },
	{ "a PrintableString that is none", set_subject, 10, 0, 1 },
	{ "as OCTET STRING", set_subject, 11, 0, 1 },
	{ "a constructed string", set_subject, 12, 0, 0 },
	{ "another device", set_subject, 13, 0, 1 },
	{ "another case", set_subject, 14, 0, 1 },
	{ "a blank behind", set_subject, 15, 0, 1 },
	{ "a blank before", set_subject, 16, 0, 1 },
	{ "a dot behind", set_subject, 17, 0, 1 },
	{ "a letter that looks the same", set_subject, 18, 0, 1 },
	{ "a character without width", set_subject, 19, 0, 1 },
	{ "a digit that is wider", set_subject, 20, 0, 1 },
	{ "a star", set_subject, 21, 0, 1 },
	{ "an empty CN", set_subject, 22, 0, 1 },
	{ "a name in a value", set_subject, 23, 0, 1 },
	{ "an RDN in a value", set_subject, 24, 0, 1 },
	{ "less", set_subject, 25, 0, 1 },
	{ "another order", set_subject, 26, 0, 1 },
	{ "in one RDN", set_subject, 27, 0, 1 },
	{ "two CNs in an RDN", set_subject, 28, 0, 1 },
	{ "two CNs", set_subject, 29, 0, 1 },
	{ "the CN twice", set_subject, 30, 0, 1 },
	{ "another RDN twice", set_subject, 31, 0, 1 },
	{ "more", set_subject, 32, 0, 1 },
	{ "another case elsewhere", set_subject, 33, 0, 1 },
	{ "another type", set_subject, 34, 0, 1 },
	{ "an empty RDN", set_subject, 35, 0, 1 },
	{ "a type in more octets than it needs", set_subject, 36, 0, 0 },
	{ "an empty subject", set_subject, 37, 0, 1 },
	{ "a CN of 65 characters", set_subject, 38, 0, 1 },
	{ "17 attributes", set_subject, 39, 0, 1 },
	{ "a subject of more than 1024 octets", set_subject, 40, 0, 1 },
	{ "a subject without RDNs", set_subject, 41, 0, 1 },
	{ "another DNS name", set_san, 0, 0, 1 },
	{ "a DNS name in another case", set_san, 1, 1, 1 },
	{ "a dot behind a DNS name", set_san, 2, 0, 1 },
	{ "a wildcard", set_san, 3, 0, 1 },
	{ "a host below", set_san, 4, 0, 1 },
	{ "a NUL in a DNS name", set_san, 5, 0, 1 },
	{ "no alternative name in the extension", set_san, 6, 0, 1 },
	{ "another DNS name besides", set_san, 7, 0, 1 },
	{ "another DNS name before", set_san, 8, 0, 1 },
	{ "a DNS name twice", set_san, 9, 1, 1 },
	{ "a DNS name twice, once in capitals", set_san, 10, 1, 1 },
	{ "a mail address besides", set_san, 11, 0, 1 },
	{ "an address besides", set_san, 12, 0, 1 },
	{ "a URI besides", set_san, 13, 0, 1 },
	{ "a UPN besides", set_san, 14, 0, 1 },
	{ "a directory name besides", set_san, 15, 0, 1 },
	{ "a registered id besides", set_san, 16, 0, 1 },
	{ "the DNS name as a URI", set_san, 17, 0, 1 },
	{ "two extensions", set_san, 18, 0, 0 },
	{ "CA:TRUE", set_san, 19, 0, 0 },
	{ "a SID", set_san, 20, 0, 0 },
	{ "an alternative name of the issuer's", set_san, 21, 0, 1 },
	{ "an alternative name that is no list", set_san, 22, 0, 1 },
	{ "alternative names in BER", set_san, 23, 0, 1 },
	{ "an extension of no octets", set_san, 24, 0, 1 },
	{ "an address of 5 octets", set_san, 25, 0, 1 },
	{ "a kind of name that there is not", set_san, 26, 0, 1 },
	{ "an otherName without a value", set_san, 27, 0, 1 },
	{ "a mail address that is none", set_san, 28, 0, 1 },
	{ "65 alternative names", set_san, 29, 0, 1 },
	{ "no extension", set_attributes, 0, 0, 1 },
	{ "two extension requests", set_attributes, 1, 0, 0 },
	{ "one of Microsoft's besides", set_attributes, 2, 0, 0 },
	{ "two challenges", set_attributes, 3, 0, 0 },
	{ "a challenge of two values", set_attributes, 4, 0, 0 },
	{ "a challenge and NULs", set_attributes, 5, 0, 0 },
	{ "signed with another key", set_attributes, 6, 0, 0 },
};

const size_t		 bound_rows_n = LENGTH(bound_rows);

struct scep_span
bound_der(const struct bound_row *row, const char *challenge)
{
	struct bound_ask	 a;

	plain(&a, challenge);
	if (row != NULL)
		row->set(&a, row->which);
	return odd_csr_make(&a.csr);
}
