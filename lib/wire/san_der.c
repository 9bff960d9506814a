/*
 * san_der.c - the subjectAltName extension (RFC 5280 section 4.2.1.6): what a
 * client asks for becomes text, and the certificate's is made from that text.
 *
 * The kinds that are never issued are not looked into.
 */
#include <arpa/inet.h>

#include <openssl/asn1.h>

#include "base/der.h"
#include "base/error.h"
#include "wire/san.h"

enum { SEQUENCE = 0x30, CTX0 = 0xa0 };

/* GeneralName's tags, where the content is the name itself. */
enum { EMAIL = 0x81, DNS = 0x82, URI = 0x86, IP = 0x87 };

/* 1.3.6.1.4.1.311.20.2.3, the user principal name, as a TLV. */
static const uint8_t	upn_oid[] = { 0x06, 0x0a, 0x2b, 0x06, 0x01, 0x04, 0x01,
    0x82, 0x37, 0x14, 0x02, 0x03 };

static enum scep_err
add_ip(struct scep_san_list *list, struct scep_span octets,
    struct scep_error *err)
{
	char	 text[INET6_ADDRSTRLEN];

	if ((octets.len != 4 && octets.len != 16) ||
	    inet_ntop(octets.len == 4 ? AF_INET : AF_INET6, octets.data, text,
	    sizeof(text)) == NULL)
		return scep_fail(err, SCEP_E_REFUSED,
		    "alternative name: IP address of %zu octets", octets.len);
	return scep_san_add(list, SCEP_SAN_IP, scep_span_text(text), err);
}

/* OtherName ::= SEQUENCE { type-id, [0] EXPLICIT value }, tagged [0]. */
static enum scep_err
add_other(struct scep_san_list *list, struct scep_span content,
    struct scep_error *err)
{
	struct scep_tlv	 oid, tagged, value;

	if (!scep_der_next(&content, &oid) || oid.tag != V_ASN1_OBJECT ||
	    !scep_der_next(&content, &tagged) || tagged.tag != CTX0 ||
	    content.len > 0 || !scep_der_next(&tagged.content, &value) ||
	    tagged.content.len > 0)
		return scep_fail(err, SCEP_E_FORMAT,
		    "alternative name: otherName does not parse");
	if (value.tag == V_ASN1_UTF8STRING && scep_span_equal(oid.whole,
	    scep_span_make(upn_oid, sizeof(upn_oid))))
		return scep_san_add(list, SCEP_SAN_UPN, value.content, err);
	return scep_san_add(list, SCEP_SAN_OTHER, scep_span_text("otherName"),
	    err);
}

static enum scep_err
add_general_name(struct scep_san_list *list, const struct scep_tlv *name,
    struct scep_error *err)
{
	switch (name->tag) {
	case DNS:
		return scep_san_add(list, SCEP_SAN_DNS, name->content, err);
	case EMAIL:
		return scep_san_add(list, SCEP_SAN_EMAIL, name->content, err);
	case URI:
		return scep_san_add(list, SCEP_SAN_URI, name->content, err);
	case IP:
		return add_ip(list, name->content, err);
	case CTX0:
		return add_other(list, name->content, err);
	case 0xa3:			/* x400Address */
	case 0xa4:			/* directoryName */
	case 0xa5:			/* ediPartyName */
	case 0x88:			/* registeredID */
		return scep_san_add(list, SCEP_SAN_OTHER,
		    scep_span_text("another kind"), err);
	default:
		return scep_fail(err, SCEP_E_FORMAT,
		    "alternative name of tag 0x%02x", name->tag);
	}
}

static enum scep_err
read_names(struct scep_span der, struct scep_san_list *out,
    struct scep_error *err)
{
	struct scep_tlv	 seq, name;
	enum scep_err	 rc;

	if ((rc = scep_der_check(der, err)) != SCEP_OK)
		return rc;
	if (!scep_der_next(&der, &seq) || seq.tag != SEQUENCE)
		return scep_fail(err, SCEP_E_FORMAT,
		    "subjectAltName is no SEQUENCE");
	if (seq.content.len == 0)
		return scep_fail(err, SCEP_E_REFUSED, "empty subjectAltName");
	while (scep_der_next(&seq.content, &name))
		if ((rc = add_general_name(out, &name, err)) != SCEP_OK)
			return rc;
	return SCEP_OK;
}

enum scep_err
scep_san_parse(struct scep_span der, struct scep_san_list *out,
    struct scep_error *err)
{
	enum scep_err	 rc;

	out->n = 0;
	if ((rc = read_names(der, out, err)) != SCEP_OK)
		scep_san_clear(out);
	return rc;
}

static enum scep_err
put_ip(struct scep_buf *out, struct scep_span text, struct scep_error *err)
{
	const char	*s = (const char *)text.data;	/* of a scep_buf */
	uint8_t		 octets[16];

	if (inet_pton(AF_INET, s, octets) == 1)
		return scep_der_put(out, IP, scep_span_make(octets, 4), err);
	if (inet_pton(AF_INET6, s, octets) == 1)
		return scep_der_put(out, IP, scep_span_make(octets, 16), err);
	return scep_fail(err, SCEP_E_INTERNAL, "IP address in the list");
}

static enum scep_err
put_upn(struct scep_buf *out, struct scep_span upn, struct scep_error *err)
{
	struct scep_buf	 other = { NULL, 0 }, value = { NULL, 0 };
	enum scep_err	 rc;

	if ((rc = scep_buf_set(&other, scep_span_make(upn_oid,
	    sizeof(upn_oid)), err)) == SCEP_OK &&
	    (rc = scep_der_put(&value, V_ASN1_UTF8STRING, upn, err)) ==
	    SCEP_OK &&
	    (rc = scep_der_put(&other, CTX0, scep_buf_span(&value), err)) ==
	    SCEP_OK)
		rc = scep_der_put(out, CTX0, scep_buf_span(&other), err);
	scep_buf_clear(&value);
	scep_buf_clear(&other);
	return rc;
}

static enum scep_err
put_name(struct scep_buf *out, const struct scep_san *san,
    struct scep_error *err)
{
	struct scep_span	 value = scep_buf_span(&san->value);

	switch (san->type) {
	case SCEP_SAN_DNS:
		return scep_der_put(out, DNS, value, err);
	case SCEP_SAN_EMAIL:
		return scep_der_put(out, EMAIL, value, err);
	case SCEP_SAN_URI:
		return scep_der_put(out, URI, value, err);
	case SCEP_SAN_IP:
		return put_ip(out, value, err);
	case SCEP_SAN_UPN:
		return put_upn(out, value, err);
	case SCEP_SAN_OTHER:
	case SCEP_SAN__MAX:
		break;
	}
	return scep_fail(err, SCEP_E_REFUSED,
	    "alternative name of a kind that is not issued");
}

enum scep_err
scep_san_encode(const struct scep_san_list *list, struct scep_buf *der,
    struct scep_error *err)
{
	struct scep_buf	 names = { NULL, 0 };
	enum scep_err	 rc = SCEP_OK;
	size_t		 i;

	scep_buf_clear(der);
	for (i = 0; rc == SCEP_OK && i < list->n; i++)
		rc = put_name(&names, &list->san[i], err);
	if (rc == SCEP_OK)
		rc = scep_der_put(der, SEQUENCE, scep_buf_span(&names), err);
	scep_buf_clear(&names);
	return rc;
}
