/*
 * query.c - query strings and base64, as clients write them.
 */
#include <string.h>
#include <strings.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "base/text.h"
#include "wire/query.h"

static const struct {
	enum scep_operation	 op;
	const char		*name;
} operations[] = {
	{ SCEP_OP_GETCACAPS,		"GetCACaps" },
	{ SCEP_OP_GETCACERT,		"GetCACert" },
	{ SCEP_OP_GETNEXTCACERT,	"GetNextCACert" },
	{ SCEP_OP_PKIOPERATION,		"PKIOperation" },
};

/* One octet, percent-escape undone (RFC 3986 section 2.1); a % that begins no
 * escape is itself. */
static uint8_t
octet_next(struct scep_span *text)
{
	const uint8_t	*p = text->data;
	size_t		 n = 1;
	uint8_t		 c = *p;
	int		 hi, lo;

	if (c == '%' && text->len >= 3 &&
	    (hi = scep_hex_digit((char)p[1])) >= 0 &&
	    (lo = scep_hex_digit((char)p[2])) >= 0) {
		c = (uint8_t)(hi << 4 | lo);
		n = 3;
	}
	text->data += n;
	text->len -= n;
	return c;
}

static void
operation_read(struct scep_span value, struct scep_query *out)
{
	size_t	 i, n = 0;

	while (value.len > 0 && n < sizeof(out->op_text) - 1)
		out->op_text[n++] = (char)octet_next(&value);
	out->op_text[n] = '\0';
	out->op = SCEP_OP_OTHER;
	/* PROTOCOL I-001: exact case, or any. */
	for (i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
		if (value.len == 0 && strcasecmp(out->op_text,
		    operations[i].name) == 0)
			out->op = operations[i].op;
}

static int
is_named(const char *p, size_t len, const char *name)
{
	return len == strlen(name) && strncasecmp(p, name, len) == 0;
}

void
scep_query_parse(const char *query, struct scep_query *out)
{
	const char	*p = query;
	size_t		 len, name;

	memset(out, 0, sizeof(*out));
	while (*p != '\0') {
		len = strcspn(p, "&");
		name = strcspn(p, "=&");
		if (name < len && is_named(p, name, "operation") &&
		    out->op == SCEP_OP_NONE)
			operation_read(scep_span_make(p + name + 1,
			    len - name - 1), out);
		else if (name < len && is_named(p, name, "message") &&
		    !out->has_message) {
			out->message = scep_span_make(p + name + 1,
			    len - name - 1);
			out->has_message = 1;
		}
		p += len;
		p += *p == '&';
	}
}

/* I-010, I-011, I-013: the value of a base64 character; -1: skipped, -2: the
 * padding, -3: not base64. */
static int
base64_value(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	switch (c) {
	case '+':
	case '-':
	case ' ':		/* a form decoder's idea of '+' */
		return 62;
	case '/':
	case '_':
		return 63;
	case '\r':
	case '\n':
	case '\t':
		return -1;
	case '=':
		return -2;
	default:
		return -3;
	}
}

/* Undo percent-escapes in place; 1 if any was there. */
static int
unescape(struct scep_buf *text)
{
	struct scep_span	 rest = scep_buf_span(text);
	size_t			 n = 0;
	int			 any;

	while (rest.len > 0)
		text->data[n++] = octet_next(&rest);
	any = n < text->len;
	text->len = n;
	return any;
}

static enum scep_err
base64_decode(struct scep_buf *text, struct scep_error *err)
{
	uint32_t	 bits = 0;
	size_t		 i, n = 0, digits = 0;
	int		 v, padded = 0;

	for (i = 0; i < text->len; i++) {
		v = base64_value(text->data[i]);
		if (v == -1)
			continue;
		if (v == -2) {
			padded = 1;
			continue;
		}
		if (v == -3 || padded)
			return scep_fail(err, SCEP_E_HTTP,
			    "message is not base64 at octet %zu", i);
		bits = bits << 6 | (uint32_t)v;
		/* n never overtakes i: three octets out for four in. */
		if (++digits % 4 != 1)
			text->data[n++] = (uint8_t)(bits >>
			    (6 - 2 * ((digits - 1) % 4)));
	}
	if (digits % 4 == 1 || n == 0)
		return scep_fail(err, SCEP_E_HTTP,
		    "message of %zu base64 digits", digits);
	text->len = n;
	return SCEP_OK;
}

enum scep_err
scep_query_decode(struct scep_span text, size_t max, struct scep_buf *out,
    struct scep_error *err)
{
	enum scep_err	 rc;

	scep_buf_clear(out);
	if (text.len == 0)
		return scep_fail(err, SCEP_E_HTTP, "no message=");
	/* Escaped twice, and with line breaks, it is no more than this. */
	if (text.len / 8 > max)
		return scep_fail(err, SCEP_E_TOOBIG,
		    "message of %zu characters", text.len);
	if ((rc = scep_buf_set(out, text, err)) != SCEP_OK)
		return rc;
	if (unescape(out))
		(void)unescape(out);	/* I-014: escaped twice */
	if ((rc = base64_decode(out, err)) == SCEP_OK && out->len > max)
		rc = scep_fail(err, SCEP_E_TOOBIG,
		    "message of %zu octets, at most %zu", out->len, max);
	if (rc != SCEP_OK)
		scep_buf_clear(out);
	return rc;
}
