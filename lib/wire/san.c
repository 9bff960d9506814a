/*
 * san.c - alternative names as text: what may be one, and lists of them.
 *
 * Knows no encoding (san_der.c), and not which names a profile allows.
 */
#include <arpa/inet.h>

#include <ctype.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "wire/san.h"

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

/* The octets of an address written as text: 4, 16, or 0 if it is none. */
static size_t
ip_octets(struct scep_span s, uint8_t octets[16])
{
	char	 text[INET6_ADDRSTRLEN];

	if (s.len >= sizeof(text) || !is_visible_ascii(s))
		return 0;
	memcpy(text, s.data, s.len);
	text[s.len] = '\0';
	if (inet_pton(AF_INET, text, octets) == 1)
		return 4;
	return inet_pton(AF_INET6, text, octets) == 1 ? 16 : 0;
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
	uint8_t	 octets[16];

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
		return ip_octets(value, octets) > 0;
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

/* One spelling for each: DNS names have no case (RFC 4343), and an IPv6
 * address has many texts. */
static enum scep_err
make_canonical(struct scep_san *san, struct scep_error *err)
{
	char	 text[INET6_ADDRSTRLEN];
	uint8_t	 octets[16];
	size_t	 i, len;

	for (i = 0; san->type == SCEP_SAN_DNS && i < san->value.len; i++)
		san->value.data[i] = (uint8_t)tolower(san->value.data[i]);
	if (san->type != SCEP_SAN_IP)
		return SCEP_OK;
	len = ip_octets(scep_buf_span(&san->value), octets);
	if (inet_ntop(len == 4 ? AF_INET : AF_INET6, octets, text,
	    sizeof(text)) == NULL)
		return scep_fail(err, SCEP_E_INTERNAL, "IP address");
	return scep_buf_set(&san->value, scep_span_text(text), err);
}

enum scep_err
scep_san_add(struct scep_san_list *list, enum scep_san_type type,
    struct scep_span value, struct scep_error *err)
{
	struct scep_san	 san = { .type = type };
	enum scep_err	 rc;

	if (!is_acceptable(type, value))
		return scep_fail(err, SCEP_E_REFUSED,
		    "alternative name %s:%.*s is not one", type_names[type],
		    value.len > 64 ? 64 : (int)value.len,
		    value.len > 0 ? (const char *)value.data : "");
	if ((rc = scep_buf_set(&san.value, value, err)) == SCEP_OK)
		rc = make_canonical(&san, err);
	if (rc == SCEP_OK && has(list, &san)) {
		scep_buf_clear(&san.value);
		return SCEP_OK;
	}
	if (rc == SCEP_OK && list->n == SCEP_SAN_MAX)
		rc = scep_fail(err, SCEP_E_REFUSED,
		    "more than %d alternative names", SCEP_SAN_MAX);
	if (rc == SCEP_OK)
		list->san[list->n++] = san;	/* transferred */
	else
		scep_buf_clear(&san.value);
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

/* Append as much as fits. */
static void
put(char *out, size_t size, size_t *n, const char *text, size_t len)
{
	for (; len > 0 && *n + 1 < size; len--)
		out[(*n)++] = *text++;
}

void
scep_san_text(const struct scep_san_list *list, char *out, size_t size)
{
	const struct scep_buf	*value;
	const char		*type;
	size_t			 i, j, n = 0;

	if (size == 0)
		return;
	for (i = 0; i < list->n; i++) {
		type = type_names[list->san[i].type];
		value = &list->san[i].value;
		put(out, size, &n, ", ", i > 0 ? 2 : 0);
		put(out, size, &n, type, strlen(type));
		put(out, size, &n, ":", 1);
		for (j = 0; j < value->len; j++) {
			/* One name must not look like two. */
			if (strchr(",\\", value->data[j]) != NULL)
				put(out, size, &n, "\\", 1);
			put(out, size, &n, (const char *)&value->data[j], 1);
		}
	}
	out[n] = '\0';
}
