/*
 * name_match.c - are two encodings the same name?  RFC 5280 section 7.1.
 *
 * libcrypto folds names to compare them, which costs as much as a digest of
 * 20 KiB; nearly all that differ can be told apart where they stand.
 */
#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include "base/der.h"
#include "wire/asn1.h"
#include "wire/name.h"

enum { SEQUENCE = 0x30, SET = 0x31 };

/* An attribute that has an RDN for itself. */
struct attribute {
	struct scep_tlv	 type, value;
};

static int
next_attribute(struct scep_span *rdns, struct attribute *out)
{
	struct scep_span	 set, ava;

	return scep_der_take(rdns, SET, &set) &&
	    scep_der_take(&set, SEQUENCE, &ava) &&
	    set.len == 0 && scep_der_next(&ava, &out->type) &&
	    scep_der_next(&ava, &out->value) && ava.len == 0;
}

/* Of ASCII, in a type that folding takes as it is. */
static int
is_plain(const struct scep_tlv *value)
{
	size_t	 i;

	if (value->tag != V_ASN1_UTF8STRING &&
	    value->tag != V_ASN1_PRINTABLESTRING &&
	    value->tag != V_ASN1_IA5STRING)
		return 0;
	for (i = 0; i < value->content.len; i++)
		if (value->content.data[i] >= 0x80)
			return 0;
	return 1;
}

/* The next character in lower case, blanks left out; -1 at the end. */
static int
next_folded(struct scep_span *s)
{
	int	 c;

	for (; s->len > 0; s->data++, s->len--)
		if (*s->data != ' ' && (*s->data < '\t' || *s->data > '\r'))
			break;
	if (s->len == 0)
		return -1;
	c = *s->data++;
	s->len--;
	return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

/* Other letters than blanks and case make. */
static int
texts_differ(struct scep_span a, struct scep_span b)
{
	int	 c;

	do {
		if ((c = next_folded(&a)) != next_folded(&b))
			return 1;
	} while (c != -1);
	return 0;
}

/* Surely?  0 also for whatever is not of the usual form. */
static int
differ(struct scep_span a, struct scep_span b)
{
	struct attribute	 x, y;

	if (!scep_der_take(&a, SEQUENCE, &a) ||
	    !scep_der_take(&b, SEQUENCE, &b))
		return 0;
	while (a.len > 0 && b.len > 0) {
		if (!next_attribute(&a, &x) || !next_attribute(&b, &y))
			return 0;
		/* Of BER, its length may be of more octets. */
		if (x.type.tag != y.type.tag ||
		    !scep_span_equal(x.type.content, y.type.content))
			return 1;
		if (!is_plain(&x.value) || !is_plain(&y.value))
			return 0;
		if (texts_differ(x.value.content, y.value.content))
			return 1;
	}
	return next_attribute(a.len > 0 ? &a : &b, &x);	/* of one alone */
}

int
scep_name_match(struct scep_span a, struct scep_span b)
{
	X509_NAME	*x, *y;
	int		 same = 0;

	if (scep_span_equal(a, b))
		return 1;
	/* Folding costs; a name this long is found by its bytes or not. */
	if (a.len > 4 * SCEP_NAME_MAX_OCTETS || b.len > 4 *
	    SCEP_NAME_MAX_OCTETS || differ(a, b))
		return 0;
	x = scep_asn1_parse(a, ASN1_ITEM_rptr(X509_NAME));
	y = scep_asn1_parse(b, ASN1_ITEM_rptr(X509_NAME));
	if (x != NULL && y != NULL)
		same = X509_NAME_cmp(x, y) == 0;
	X509_NAME_free(x);
	X509_NAME_free(y);
	ERR_clear_error();
	return same;
}
