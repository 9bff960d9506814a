/*
 * san.c - subjectAltName: what a client asks for becomes text, and the
 * certificate's is made from that text.
 */
#include <arpa/inet.h>

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include "base/error.h"
#include "base/text.h"
#include "wire/asn1.h"
#include "wire/san.h"

#define UPN_OID		"1.3.6.1.4.1.311.20.2.3"
#define TEXT_MAX	255	/* octets of one name */
#define DNS_MAX		253	/* RFC 1035 section 2.3.4 */
#define LABEL_MAX	63

static const char *const	type_names[SCEP_SAN__MAX] = {
	[SCEP_SAN_DNS] = "DNS",
	[SCEP_SAN_EMAIL] = "email",
	[SCEP_SAN_URI] = "URI",
	[SCEP_SAN_IP] = "IP",
	[SCEP_SAN_UPN] = "UPN",
	[SCEP_SAN_OTHER] = "other",
};

const char *
scep_san_type_name(enum scep_san_type type)
{
	return type_names[type];
}

void
scep_san_clear(struct scep_san_list *list)
{
	size_t	 i;

	for (i = 0; i < list->n; i++)
		scep_buf_clear(&list->san[i].value);
	list->n = 0;
}

static int
is_visible_ascii(struct scep_span s)
{
	size_t	 i;

	for (i = 0; i < s.len; i++)
		if (s.data[i] <= 0x20 || s.data[i] > 0x7e)
			return 0;
	return s.len > 0;
}

/* One label: letters, digits, hyphens inside (RFC 5890 section 2.3.1). */
static int
is_label(const uint8_t *p, size_t len)
{
	size_t	 i;

	if (len == 0 || len > LABEL_MAX || p[0] == '-' || p[len - 1] == '-')
		return 0;
	for (i = 0; i < len; i++)
		if (!isalnum(p[i]) && p[i] != '-')
			return 0;
	return 1;
}

static int
is_dns(struct scep_span s)
{
	size_t	 i, start = 0;

	if (s.len == 0 || s.len > DNS_MAX)
		return 0;
	if (s.len > 2 && s.data[0] == '*' && s.data[1] == '.')
		start = 2;		/* the profile may refuse it */
	for (i = start; i <= s.len; i++)
		if (i == s.len || s.data[i] == '.') {
			if (!is_label(s.data + start, i - start))
				return 0;
			start = i + 1;
		}
	return 1;
}

static int
is_ip(struct scep_span s)
{
	char		 text[INET6_ADDRSTRLEN];
	uint8_t		 octets[16];

	if (s.len >= sizeof(text))
		return 0;
	memcpy(text, s.data, s.len);
	text[s.len] = '\0';
	return inet_pton(AF_INET, text, octets) == 1 ||
	    inet_pton(AF_INET6, text, octets) == 1;
}

static int
is_mail(struct scep_span s)
{
	const uint8_t	*at = memchr(s.data, '@', s.len);

	if (!is_visible_ascii(s) || at == NULL || at == s.data)
		return 0;
	at++;
	return is_dns(scep_span_make(at, s.len - (size_t)(at - s.data))) &&
	    *at != '*';
}

static int
is_acceptable(enum scep_san_type type, struct scep_span value)
{
	if (value.len == 0 || value.len > TEXT_MAX)
		return 0;
	switch (type) {
	case SCEP_SAN_DNS:
		return is_dns(value);
	case SCEP_SAN_EMAIL:
		return is_mail(value);
	case SCEP_SAN_URI:
		/* RFC 3986 section 3: a scheme, and no blank. */
		return is_visible_ascii(value) && isalpha(value.data[0]) &&
		    memchr(value.data, ':', value.len) != NULL;
	case SCEP_SAN_IP:
		return is_ip(value);
	case SCEP_SAN_UPN:
		return scep_is_clean_utf8(value) &&
		    memchr(value.data, '@', value.len) != NULL;
	case SCEP_SAN_OTHER:
	case SCEP_SAN__MAX:
		break;
	}
	return 1;		/* kept to be refused by name */
}

static int
has(const struct scep_san_list *list, const struct scep_san *san)
{
	size_t	 i;

	for (i = 0; i < list->n; i++)
		if (list->san[i].type == san->type &&
		    scep_span_equal(scep_buf_span(&list->san[i].value),
		    scep_buf_span(&san->value)))
			return 1;
	return 0;
}

enum scep_err
scep_san_add(struct scep_san_list *list, enum scep_san_type type,
    struct scep_span value, struct scep_error *err)
{
	struct scep_san	 san = { .type = type };
	enum scep_err	 rc;
	size_t		 i;

	if (!is_acceptable(type, value))
		return scep_fail(err, SCEP_E_REFUSED,
		    "alternative name %s:%.*s is not one", type_names[type],
		    value.len > 64 ? 64 : (int)value.len,
		    value.len > 0 ? (const char *)value.data : "");
	if ((rc = scep_buf_set(&san.value, value, err)) != SCEP_OK)
		return rc;
	/* RFC 4343: DNS names have no case. */
	for (i = 0; type == SCEP_SAN_DNS && i < san.value.len; i++)
		san.value.data[i] = (uint8_t)tolower(san.value.data[i]);
	if (has(list, &san)) {
		scep_buf_clear(&san.value);
		return SCEP_OK;
	}
	if (list->n == SCEP_SAN_MAX) {
		scep_buf_clear(&san.value);
		return scep_fail(err, SCEP_E_REFUSED,
		    "more than %d alternative names", SCEP_SAN_MAX);
	}
	list->san[list->n++] = san;
	return SCEP_OK;
}

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

static enum scep_err
add_other(struct scep_san_list *list, const OTHERNAME *other,
    struct scep_error *err)
{
	if (scep_oid_is(other->type_id, UPN_OID) &&
	    other->value->type == V_ASN1_UTF8STRING)
		return scep_san_add(list, SCEP_SAN_UPN,
		    scep_asn1_span(other->value->value.utf8string), err);
	return scep_san_add(list, SCEP_SAN_OTHER, scep_span_text("otherName"),
	    err);
}

static enum scep_err
add_general_name(struct scep_san_list *list, const GENERAL_NAME *name,
    struct scep_error *err)
{
	switch (name->type) {
	case GEN_DNS:
		return scep_san_add(list, SCEP_SAN_DNS,
		    scep_asn1_span(name->d.dNSName), err);
	case GEN_EMAIL:
		return scep_san_add(list, SCEP_SAN_EMAIL,
		    scep_asn1_span(name->d.rfc822Name), err);
	case GEN_URI:
		return scep_san_add(list, SCEP_SAN_URI,
		    scep_asn1_span(name->d.uniformResourceIdentifier), err);
	case GEN_IPADD:
		return add_ip(list, scep_asn1_span(name->d.iPAddress), err);
	case GEN_OTHERNAME:
		return add_other(list, name->d.otherName, err);
	default:
		return scep_san_add(list, SCEP_SAN_OTHER,
		    scep_span_text("another kind"), err);
	}
}

enum scep_err
scep_san_parse(struct scep_span der, struct scep_san_list *out,
    struct scep_error *err)
{
	GENERAL_NAMES	*names;
	enum scep_err	 rc = SCEP_OK;
	int		 i;

	out->n = 0;
	if ((names = scep_asn1_parse(der, ASN1_ITEM_rptr(GENERAL_NAMES))) ==
	    NULL)
		return scep_fail(err, SCEP_E_FORMAT,
		    "subjectAltName does not parse");
	if (sk_GENERAL_NAME_num(names) < 1)
		rc = scep_fail(err, SCEP_E_REFUSED, "empty subjectAltName");
	for (i = 0; rc == SCEP_OK && i < sk_GENERAL_NAME_num(names); i++)
		rc = add_general_name(out, sk_GENERAL_NAME_value(names, i),
		    err);
	GENERAL_NAMES_free(names);
	if (rc != SCEP_OK)
		scep_san_clear(out);
	return rc;
}

static GENERAL_NAME *
string_name(int type, struct scep_span value)
{
	GENERAL_NAME	*name = GENERAL_NAME_new();
	ASN1_IA5STRING	*s = ASN1_IA5STRING_new();

	if (name == NULL || s == NULL ||
	    ASN1_STRING_set(s, value.data, (int)value.len) != 1) {
		GENERAL_NAME_free(name);
		ASN1_IA5STRING_free(s);
		return NULL;
	}
	GENERAL_NAME_set0_value(name, type, s);
	return name;
}

static GENERAL_NAME *
ip_name(const char *text)
{
	GENERAL_NAME		*name = GENERAL_NAME_new();
	ASN1_OCTET_STRING	*s = a2i_IPADDRESS(text);

	if (name == NULL || s == NULL) {
		GENERAL_NAME_free(name);
		ASN1_OCTET_STRING_free(s);
		return NULL;
	}
	GENERAL_NAME_set0_value(name, GEN_IPADD, s);
	return name;
}

static GENERAL_NAME *
upn_name(struct scep_span value)
{
	GENERAL_NAME	*name = GENERAL_NAME_new();
	ASN1_OBJECT	*oid = OBJ_txt2obj(UPN_OID, 1);
	ASN1_TYPE	*any = ASN1_TYPE_new();
	ASN1_UTF8STRING	*s = ASN1_UTF8STRING_new();

	if (name == NULL || oid == NULL || any == NULL || s == NULL ||
	    ASN1_STRING_set(s, value.data, (int)value.len) != 1)
		goto fail;
	ASN1_TYPE_set(any, V_ASN1_UTF8STRING, s);
	s = NULL;			/* transferred */
	if (GENERAL_NAME_set0_othername(name, oid, any) == 1)
		return name;
fail:
	GENERAL_NAME_free(name);
	ASN1_OBJECT_free(oid);
	ASN1_TYPE_free(any);
	ASN1_UTF8STRING_free(s);
	return NULL;
}

static GENERAL_NAME *
general_name(const struct scep_san *san)
{
	switch (san->type) {
	case SCEP_SAN_DNS:
		return string_name(GEN_DNS, scep_buf_span(&san->value));
	case SCEP_SAN_EMAIL:
		return string_name(GEN_EMAIL, scep_buf_span(&san->value));
	case SCEP_SAN_URI:
		return string_name(GEN_URI, scep_buf_span(&san->value));
	case SCEP_SAN_IP:
		return ip_name((const char *)san->value.data);
	case SCEP_SAN_UPN:
		return upn_name(scep_buf_span(&san->value));
	case SCEP_SAN_OTHER:
	case SCEP_SAN__MAX:
		break;
	}
	return NULL;
}

enum scep_err
scep_san_encode(const struct scep_san_list *list, struct scep_buf *der,
    struct scep_error *err)
{
	GENERAL_NAMES	*names;
	GENERAL_NAME	*name;
	enum scep_err	 rc = SCEP_OK;
	size_t		 i;

	if ((names = GENERAL_NAMES_new()) == NULL)
		return scep_fail_ssl(err, SCEP_E_NOMEM, "subjectAltName");
	for (i = 0; rc == SCEP_OK && i < list->n; i++) {
		if (list->san[i].type >= SCEP_SAN_OTHER)
			rc = scep_fail(err, SCEP_E_REFUSED,
			    "alternative name of a kind that is not issued");
		else if ((name = general_name(&list->san[i])) == NULL)
			rc = scep_fail_ssl(err, SCEP_E_INTERNAL,
			    "alternative name");
		else if (sk_GENERAL_NAME_push(names, name) == 0) {
			GENERAL_NAME_free(name);
			rc = scep_fail_ssl(err, SCEP_E_NOMEM,
			    "alternative name");
		}
	}
	if (rc == SCEP_OK)
		rc = scep_asn1_encode(names, ASN1_ITEM_rptr(GENERAL_NAMES),
		    der, err);
	GENERAL_NAMES_free(names);
	return rc;
}

int
scep_san_same(const struct scep_san_list *a, const struct scep_san_list *b)
{
	size_t	 i;

	/* Neither holds a name twice. */
	if (a->n != b->n)
		return 0;
	for (i = 0; i < a->n; i++)
		if (!has(b, &a->san[i]))
			return 0;
	return 1;
}

void
scep_san_text(const struct scep_san_list *list, char *out, size_t size)
{
	size_t	 i, n = 0;
	int	 len;

	if (size == 0)
		return;
	out[0] = '\0';
	for (i = 0; i < list->n && n < size; i++) {
		len = snprintf(out + n, size - n, "%s%s:%.*s",
		    i > 0 ? ", " : "", type_names[list->san[i].type],
		    (int)list->san[i].value.len,
		    (const char *)list->san[i].value.data);
		n += len > 0 ? (size_t)len : 0;
	}
}
