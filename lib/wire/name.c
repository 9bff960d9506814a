/*
 * name.c - distinguished names: parsed, bounded, compared.
 *
 * Keeps no bytes: a certificate gets the encoding that was checked.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <openssl/asn1.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509.h>

#include "base/der.h"
#include "base/error.h"
#include "base/text.h"
#include "wire/asn1.h"
#include "wire/name.h"
#include "wire/name_types.h"

enum { SEQUENCE = 0x30, SET = 0x31 };

#define OTHER_MAX	255

/* Upper bounds are of characters, RFC 5280 appendix A.1 (ub-name is 32768 and
 * some have none: OTHER_MAX there). */
static const struct scep_name_type	types[] = {
	{ "CN", NID_commonName, 64, V_ASN1_UTF8STRING },
	{ "O", NID_organizationName, 64, V_ASN1_UTF8STRING },
	{ "OU", NID_organizationalUnitName, 64, V_ASN1_UTF8STRING },
	{ "C", NID_countryName, 2, V_ASN1_PRINTABLESTRING },
	{ "ST", NID_stateOrProvinceName, 128, V_ASN1_UTF8STRING },
	{ "L", NID_localityName, 128, V_ASN1_UTF8STRING },
	{ "serialNumber", NID_serialNumber, 64, V_ASN1_PRINTABLESTRING },
	{ "DC", NID_domainComponent, 63, V_ASN1_IA5STRING },
	{ "UID", NID_userId, 256, V_ASN1_UTF8STRING },
	{ "emailAddress", NID_pkcs9_emailAddress, 255, V_ASN1_IA5STRING },
	{ "title", NID_title, 64, V_ASN1_UTF8STRING },
	{ "SN", NID_surname, OTHER_MAX, V_ASN1_UTF8STRING },
	{ "GN", NID_givenName, OTHER_MAX, V_ASN1_UTF8STRING },
	{ "initials", NID_initials, OTHER_MAX, V_ASN1_UTF8STRING },
	{ "pseudonym", NID_pseudonym, 128, V_ASN1_UTF8STRING },
	{ "generationQualifier", NID_generationQualifier, OTHER_MAX,
	    V_ASN1_UTF8STRING },
	{ "dnQualifier", NID_dnQualifier, OTHER_MAX, V_ASN1_PRINTABLESTRING },
	{ "street", NID_streetAddress, 128, V_ASN1_UTF8STRING },
	{ "postalCode", NID_postalCode, 40, V_ASN1_UTF8STRING },
	{ "unstructuredName", NID_pkcs9_unstructuredName, 255,
	    V_ASN1_UTF8STRING },
	{ "unstructuredAddress", NID_pkcs9_unstructuredAddress, 255,
	    V_ASN1_UTF8STRING },
	{ "description", NID_description, 255, V_ASN1_UTF8STRING },
};
#define TYPES		(sizeof(types) / sizeof(types[0]))

const struct scep_name_type *
scep_name_type_find(const char *word)
{
	size_t	 i;

	for (i = 0; i < TYPES; i++)
		if (strcasecmp(word, types[i].name) == 0)
			return &types[i];
	return NULL;
}

const char *
scep_name_type(const char *word)
{
	const struct scep_name_type	*type = scep_name_type_find(word);
	ASN1_OBJECT			*oid;
	int				 dotted = 0;

	if (type != NULL)
		return type->name;
	if (*word >= '0' && *word <= '2' &&
	    strspn(word, "0123456789.") == strlen(word) &&
	    strlen(word) < sizeof(((struct scep_ava *)NULL)->type) &&
	    (oid = OBJ_txt2obj(word, 1)) != NULL) {
		dotted = 1;
		ASN1_OBJECT_free(oid);
	}
	ERR_clear_error();
	return dotted ? word : NULL;
}

/* The name, or the dotted number, of an attribute type. */
static const struct scep_name_type *
type_read(struct scep_span oid_tlv, char out[64])
{
	ASN1_OBJECT	*oid;
	int		 nid, len;
	size_t		 i;

	out[0] = '\0';
	if ((oid = scep_asn1_parse(oid_tlv, ASN1_ITEM_rptr(ASN1_OBJECT))) ==
	    NULL)
		return NULL;
	nid = OBJ_obj2nid(oid);
	len = OBJ_obj2txt(out, 64, oid, 1);
	ASN1_OBJECT_free(oid);
	if (len <= 0 || len >= 64)
		out[0] = '\0';
	for (i = 0; nid != NID_undef && i < TYPES; i++)
		if (nid == types[i].nid) {
			OPENSSL_strlcpy(out, types[i].name, 64);
			return &types[i];
		}
	return NULL;
}

static int
is_printable_string(struct scep_span s)
{
	size_t	 i;

	/* X.680 section 41.4. */
	for (i = 0; i < s.len; i++)
		if (!isalnum(s.data[i]) &&
		    (s.data[i] == '\0' || strchr(" '()+,-./:=?", s.data[i]) ==
		    NULL))
			return 0;
	return 1;
}

/* Any DirectoryString, or IA5String, as UTF-8. */
static enum scep_err
value_read(const struct scep_tlv *tlv, struct scep_buf *out,
    struct scep_error *err)
{
	ASN1_STRING	 s = scep_asn1_string(tlv->tag, tlv->content);
	unsigned char	*utf8 = NULL;
	int		 len = -1;

	switch (tlv->tag) {
	case V_ASN1_PRINTABLESTRING:
		if (!is_printable_string(tlv->content))
			return scep_fail(err, SCEP_E_REFUSED,
			    "name: character not in PrintableString");
		len = ASN1_STRING_to_UTF8(&utf8, &s);
		break;
	case V_ASN1_UTF8STRING:
	case V_ASN1_IA5STRING:
	case V_ASN1_T61STRING:
	case V_ASN1_BMPSTRING:
		len = ASN1_STRING_to_UTF8(&utf8, &s);
		break;
	default:
		return scep_fail(err, SCEP_E_REFUSED,
		    "name: value of type 0x%02x", tlv->tag);
	}
	if (len < 0)
		return scep_fail_ssl(err, SCEP_E_REFUSED, "name: value");
	out->data = utf8;
	out->len = (size_t)len;
	if (tlv->tag == V_ASN1_IA5STRING)
		while (len-- > 0)
			if (utf8[len] >= 0x80)
				return scep_fail(err, SCEP_E_REFUSED,
				    "name: octet above 0x7f in IA5String");
	return SCEP_OK;
}

static size_t
characters(struct scep_span utf8)
{
	size_t	 i, n = 0;

	for (i = 0; i < utf8.len; i++)
		n += (utf8.data[i] & 0xc0) != 0x80;
	return n;
}

static enum scep_err
ava_check(const struct scep_ava *ava, const struct scep_name_type *type,
    struct scep_error *err)
{
	struct scep_span	 value = scep_buf_span(&ava->value);
	size_t			 max = type != NULL ? type->max : OTHER_MAX;

	if (!scep_is_clean_utf8(value))
		return scep_fail(err, SCEP_E_REFUSED,
		    "name: %s holds control characters or no UTF-8",
		    ava->type);
	if (value.len == 0 || characters(value) > max)
		return scep_fail(err, SCEP_E_REFUSED,
		    "name: %s of %zu characters, not 1 to %zu", ava->type,
		    characters(value), max);
	if (type != NULL && type->nid == NID_countryName &&
	    (value.len != 2 || !isalpha(value.data[0]) ||
	    !isalpha(value.data[1])))
		return scep_fail(err, SCEP_E_REFUSED,
		    "name: C is not two letters");
	return SCEP_OK;
}

static enum scep_err
ava_read(struct scep_span content, int rdn, struct scep_name *out,
    struct scep_error *err)
{
	const struct scep_name_type	*type;
	struct scep_ava			*ava = &out->ava[out->n];
	struct scep_tlv			 oid, value;
	enum scep_err			 rc;

	if (!scep_der_next(&content, &oid) || oid.tag != V_ASN1_OBJECT ||
	    !scep_der_next(&content, &value) || content.len > 0)
		return scep_fail(err, SCEP_E_FORMAT,
		    "name: no AttributeTypeAndValue");
	ava->rdn = rdn;
	ava->tag = value.tag;
	type = type_read(oid.whole, ava->type);
	if (ava->type[0] == '\0')
		return scep_fail(err, SCEP_E_FORMAT, "name: attribute type");
	out->n++;			/* cleared from here on */
	if ((rc = value_read(&value, &ava->value, err)) != SCEP_OK)
		return rc;
	return ava_check(ava, type, err);
}

static enum scep_err
rdn_read(struct scep_span content, int rdn, struct scep_name *out,
    struct scep_error *err)
{
	struct scep_tlv	 ava;
	enum scep_err	 rc;

	if (content.len == 0)
		return scep_fail(err, SCEP_E_FORMAT, "name: empty RDN");
	while (content.len > 0) {
		if (out->n == SCEP_NAME_MAX_AVAS)
			return scep_fail(err, SCEP_E_REFUSED,
			    "name: more than %d attributes",
			    SCEP_NAME_MAX_AVAS);
		if (!scep_der_next(&content, &ava) || ava.tag != SEQUENCE)
			return scep_fail(err, SCEP_E_FORMAT,
			    "name: no AttributeTypeAndValue");
		if ((rc = ava_read(ava.content, rdn, out, err)) != SCEP_OK)
			return rc;
	}
	return SCEP_OK;
}

static enum scep_err
name_read(struct scep_span der, struct scep_name *out, struct scep_error *err)
{
	struct scep_tlv		 seq, set;
	struct scep_span	 rest = der;
	enum scep_err		 rc;
	int			 rdn;

	if (!scep_der_next(&rest, &seq) || seq.tag != SEQUENCE || rest.len > 0)
		return scep_fail(err, SCEP_E_FORMAT, "no Name");
	if (der.len > SCEP_NAME_MAX_OCTETS)
		return scep_fail(err, SCEP_E_REFUSED,
		    "name of %zu octets, at most %d", der.len,
		    SCEP_NAME_MAX_OCTETS);
	rest = seq.content;
	for (rdn = 0; rest.len > 0; rdn++) {
		if (!scep_der_next(&rest, &set) || set.tag != SET)
			return scep_fail(err, SCEP_E_FORMAT, "name: no RDN");
		if ((rc = rdn_read(set.content, rdn, out, err)) != SCEP_OK)
			return rc;
	}
	return SCEP_OK;
}

enum scep_err
scep_name_parse(struct scep_span der, struct scep_name *out,
    struct scep_error *err)
{
	enum scep_err	 rc;

	memset(out, 0, sizeof(*out));
	if ((rc = name_read(der, out, err)) != SCEP_OK)
		scep_name_clear(out);
	return rc;
}

void
scep_name_clear(struct scep_name *name)
{
	size_t	 i;

	for (i = 0; i < name->n; i++)
		scep_buf_clear(&name->ava[i].value);
	name->n = 0;
}

int
scep_name_same(const struct scep_name *a, const struct scep_name *b)
{
	size_t	 i;

	if (a->n != b->n)
		return 0;
	for (i = 0; i < a->n; i++)
		if (a->ava[i].rdn != b->ava[i].rdn ||
		    strcmp(a->ava[i].type, b->ava[i].type) != 0 ||
		    !scep_span_equal(scep_buf_span(&a->ava[i].value),
		    scep_buf_span(&b->ava[i].value)))
			return 0;
	return 1;
}
