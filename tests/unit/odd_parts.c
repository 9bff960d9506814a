/* odd_parts.c - what is in an odd message: names, certificates, requests. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/der.h"
#include "tests/unit/odd.h"

#define NEED(x)	do {							\
	if (!(x)) {							\
		fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #x);	\
		abort();						\
	}								\
} while (0)

int
odd_compare(const struct scep_span *a, const struct scep_span *b)
{
	const int	 d = memcmp(a->data, b->data, a->len < b->len ?
			    a->len : b->len);

	return d != 0 ? d : (a->len > b->len) - (a->len < b->len);
}

static int
by_octets(const void *x, const void *y)
{
	return odd_compare(x, y);
}

struct scep_span
odd_set(int tag, const struct scep_span *parts, size_t n)
{
	struct scep_span	 sorted[32];

	NEED(n <= 32);
	memcpy(sorted, parts, n * sizeof(*parts));
	qsort(sorted, n, sizeof(*sorted), by_octets);
	return der_make(tag, sorted, n);
}

const char *
odd_md_oid(const EVP_MD *md)
{
	switch (EVP_MD_get_type(md)) {
	case NID_sha1:
		return "1.3.14.3.2.26";
	case NID_sha384:
		return "2.16.840.1.101.3.4.2.2";
	case NID_sha512:
		return "2.16.840.1.101.3.4.2.3";
	default:
		NEED(EVP_MD_get_type(md) == NID_sha256);
		return "2.16.840.1.101.3.4.2.1";
	}
}

/* RFC 8017 appendix A.2.4, RFC 5758 section 3.2, RFC 8410 section 3. */
const char *
odd_signature_oid(const EVP_PKEY *key, const EVP_MD *md)
{
	if (EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519)
		return "1.3.101.112";
	if (EVP_PKEY_get_base_id(key) == EVP_PKEY_EC) {
		switch (EVP_MD_get_type(md)) {
		case NID_sha384:
			return "1.2.840.10045.4.3.3";
		case NID_sha512:
			return "1.2.840.10045.4.3.4";
		default:
			return "1.2.840.10045.4.3.2";
		}
	}
	switch (EVP_MD_get_type(md)) {
	case NID_sha1:
		return "1.2.840.113549.1.1.5";
	case NID_sha384:
		return "1.2.840.113549.1.1.12";
	case NID_sha512:
		return "1.2.840.113549.1.1.13";
	default:
		return "1.2.840.113549.1.1.11";
	}
}

static struct scep_span
signature_alg(const EVP_PKEY *key, const EVP_MD *md, int no_null)
{
	return der_alg(odd_signature_oid(key, md), !no_null &&
	    EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA);
}

static const EVP_MD *
digest_for(const EVP_PKEY *key, const EVP_MD *md)
{
	return EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519 ? NULL : md;
}

/* SubjectPublicKeyInfo; bare: rsaEncryption without its NULL. */
static struct scep_span
spki(EVP_PKEY *key, int bare)
{
	unsigned char		*p = NULL;
	struct scep_span	 bits;
	int			 len;

	if (!bare || EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA)
		return der_spki(key);
	NEED((len = i2d_PublicKey(key, &p)) > 0);
	bits = DER(0x03, der_hex("00"), der_raw(p, (size_t)len));
	OPENSSL_free(p);
	return SEQ(der_alg("1.2.840.113549.1.1.1", 0), bits);
}

struct scep_span
odd_name(int tag, const char *cn)
{
	return SEQ(SET_OF(SEQ(der_oid("2.5.4.3"),
	    DER(tag, odd_text(tag, cn)))));
}

/* IOS: one RDN of all. */
struct scep_span
odd_cisco_name(const char *cn)
{
	const struct scep_span	 avas[] = {
		SEQ(der_oid("2.5.4.3"), der_text(0x13, cn)),
		SEQ(der_oid("2.5.4.5"), der_text(0x13, "FTX1628838P")),
		SEQ(der_oid("1.2.840.113549.1.9.8"),
		    der_text(0x13, "192.0.2.1")),
		SEQ(der_oid("1.2.840.113549.1.9.2"),
		    der_text(0x16, "router.cisco.example")),
	};

	return SEQ(odd_set(0x31, avas, 4));
}

/* The octets again, as ASCII in that string type. */
static struct scep_span
retyped(int tag, struct scep_span ascii)
{
	char	 text[256];
	size_t	 i, n = 0;

	NEED(ascii.len < sizeof(text) / 2);
	for (i = 0; i < ascii.len; i++) {
		text[n++] = (char)ascii.data[i];
		if (tag != 0)
			continue;
		text[n - 1] = (char)toupper((unsigned char)text[n - 1]);
		if (text[n - 1] == ' ')
			text[n++] = ' ';
	}
	text[n] = '\0';
	tag = tag == 0 ? 0x0c : tag;
	return DER(tag, odd_text(tag, text));
}

static struct scep_span
endless(int tag, struct scep_span body)
{
	const uint8_t	 head[2] = { (uint8_t)tag, 0x80 };

	return der_join(der_join(der_raw(head, 2), body), der_hex("0000"));
}

struct scep_span
odd_rename(struct scep_span name, int tag)
{
	struct scep_span	 out = der_raw("", 0), value;
	struct scep_tlv		 seq, rdn, ava, oid, old;

	NEED(scep_der_next(&name, &seq));
	while (scep_der_next(&seq.content, &rdn)) {
		NEED(scep_der_next(&rdn.content, &ava) &&
		    rdn.content.len == 0 &&
		    scep_der_next(&ava.content, &oid) &&
		    scep_der_next(&ava.content, &old));
		value = tag != -1 && (old.tag == 0x0c || old.tag == 0x13) ?
		    retyped(tag, old.content) : old.whole;
		out = der_join(out, tag == -1 ? endless(0x31, endless(0x30,
		    der_join(oid.whole, value))) :
		    SET_OF(SEQ(oid.whole, value)));
	}
	return tag == -1 ? endless(0x30, out) : SEQ(out);
}

struct scep_span
odd_ext(const char *oid, int critical, struct scep_span value)
{
	return critical ? SEQ(der_oid(oid), der_hex("0101ff"),
	    DER(0x04, value)) : SEQ(der_oid(oid), DER(0x04, value));
}

struct scep_span
odd_cert_make(const struct odd_cert *c)
{
	EVP_PKEY		*by = c->by != NULL ? c->by : c->key;
	struct scep_span	 alg = signature_alg(by, c->md, c->no_null);
	struct scep_span	 body;

	body = SEQ(c->v1 == ODD_V1_WRITTEN ? der_hex("a003020100") :
	    c->v1 ? der_raw("", 0) : der_hex("a003020102"),
	    DER(0x02, c->serial), alg,
	    c->issuer.len > 0 ? c->issuer : c->subject,
	    SEQ(der_text(c->time_tag, c->from), der_text(c->time_tag, c->to)),
	    c->subject, spki(c->key, c->bare_key),
	    (c->v1 && c->v1 != ODD_V1_EXTS) || c->exts.len == 0 ?
	    der_raw("", 0) :
	    DER(0xa3, SEQ(c->exts)));
	return der_signed(by, digest_for(by, c->md), alg, body);
}

struct scep_span
odd_text(int tag, const char *text)
{
	struct scep_span	 out = der_raw("", 0);
	const int		 width = tag == 0x1e ? 2 : tag == 0x1c ? 4 : 1;
	const char		 zero[3] = { 0 };

	if (width == 1)
		return der_raw(text, strlen(text));
	for (; *text != '\0'; text++)
		out = der_join(out, der_join(der_raw(zero,
		    (size_t)width - 1), der_raw(text, 1)));
	return out;
}

struct scep_span
odd_attr(const char *oid, struct scep_span value)
{
	return SEQ(der_oid(oid), SET_OF(value));
}

struct scep_span
odd_csr_make(const struct odd_csr *c)
{
	struct scep_span	 attrs = c->more, info;

	if (c->exts.len > 0)
		attrs = der_join(odd_attr(c->ext_oid, SEQ(c->exts)), attrs);
	if (c->challenge_tag != 0)
		attrs = der_join(odd_attr("1.2.840.113549.1.9.7",
		    DER(c->challenge_tag, c->challenge)), attrs);
	info = SEQ(der_hex("020100"), c->subject, spki(c->key, c->bare_key),
	    c->no_attrs ? der_raw("", 0) : DER(0xa0, attrs));
	return der_signed(c->key, digest_for(c->key, c->md),
	    signature_alg(c->key, c->md, c->no_null), info);
}

struct scep_span
odd_issuer_and_subject(struct scep_span issuer, struct scep_span subject)
{
	return SEQ(issuer, subject);
}

struct scep_span
odd_issuer_and_serial(struct scep_span issuer, struct scep_span serial)
{
	return SEQ(issuer, DER(0x02, serial));
}

struct scep_span
odd_signer_ias(const struct odd *o)
{
	return odd_issuer_and_serial(o->cert.issuer.len > 0 ?
	    o->cert.issuer : o->cert.subject, o->cert.serial);
}
