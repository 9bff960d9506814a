/*
 * ca_index.c - a line of index.txt, the list of certificates that `openssl ca`
 * keeps.
 *
 * Strict: a field that is not what it should be may mean that the line is
 * torn, and half of one must not become a revocation.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <openssl/crypto.h>

#include "base/ca_index.h"
#include "base/error.h"
#include "base/text.h"

#define FIELDS		6
#define UTC_LEN		13	/* YYMMDDHHMMSSZ */
#define GENERAL_LEN	15	/* YYYYMMDDHHMMSSZ */
#define CENTURY		70	/* two digits from here on: 19..; times before
				   1970 are in no list, and not every server
				   that writes two digits stops in 2049 */

enum { STATE, EXPIRY, REVOKED, SERIAL, FILE_NAME, SUBJECT };

struct fields {
	char	 text[SCEP_CA_INDEX_LINE + 1];
	char	*field[FIELDS];
	size_t	 n;
};

/* A backslash keeps a tab from ending its field. */
static enum scep_err
split(struct scep_span line, struct fields *out, struct scep_error *err)
{
	char	*to = out->text;
	size_t	 i;

	if (line.len > SCEP_CA_INDEX_LINE)
		return scep_fail(err, SCEP_E_FORMAT, "a line of more than %d "
		    "octets", SCEP_CA_INDEX_LINE);
	if (memchr(line.data, '\0', line.len) != NULL)
		return scep_fail(err, SCEP_E_FORMAT, "a NUL in the line");
	out->field[0] = to;
	out->n = 1;
	for (i = 0; i < line.len; i++) {
		if (line.data[i] == '\\' && i + 1 < line.len &&
		    line.data[i + 1] == '\t')
			*to++ = (char)line.data[++i];
		else if (line.data[i] != '\t')
			*to++ = (char)line.data[i];
		else if (out->n == FIELDS)
			return scep_fail(err, SCEP_E_FORMAT, "more than %d "
			    "fields, which tabs part", FIELDS);
		else {
			*to++ = '\0';
			out->field[out->n++] = to;
		}
	}
	*to = '\0';
	return out->n == FIELDS ? SCEP_OK : scep_fail(err, SCEP_E_FORMAT,
	    "%zu fields, which tabs part, in place of %d", out->n, FIELDS);
}

/* UTCTime or GeneralizedTime, as text. */
static int
read_time(const char *text, time_t *out, int *two_digits)
{
	const size_t		 len = strlen(text);
	const int		 year = len == GENERAL_LEN ? 4 : 2;
	struct scep_error	 ignored;
	char			 rfc3339[SCEP_TIME_TEXT];
	const char		*p = text + year;

	if ((len != UTC_LEN && len != GENERAL_LEN) ||
	    strspn(text, "0123456789") != len - 1 || text[len - 1] != 'Z')
		return 0;
	(void)snprintf(rfc3339, sizeof(rfc3339),
	    "%s%.*s-%.2s-%.2sT%.2s:%.2s:%.2sZ", year == 4 ? "" :
	    (text[0] - '0') * 10 + text[1] - '0' < CENTURY ? "20" : "19",
	    year, text, p, p + 2, p + 4, p + 6, p + 8);
	*two_digits = year == 2;
	return scep_time_read(rfc3339, out, &ignored) == SCEP_OK;
}

/* CRLReason by its name in `openssl ca`; the last ones say it with more behind
 * a comma.  What is only for delta CRLs says no reason. */
static int
read_reason(const char *text, size_t len, int *reason, int *is_less)
{
	static const struct {
		const char	*name;
		int		 reason, more;
	}			 names[] = {
		{ "unspecified", 0, 0 },
		{ "keyCompromise", 1, 0 },
		{ "CACompromise", 2, 0 },
		{ "affiliationChanged", 3, 0 },
		{ "superseded", 4, 0 },
		{ "cessationOfOperation", 5, 0 },
		{ "certificateHold", 6, 0 },
		{ "removeFromCRL", 0, 1 },
		{ "holdInstruction", 6, 1 },
		{ "keyTime", 1, 1 },
		{ "CAkeyTime", 2, 1 },
	};
	size_t			 i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i].name) == len &&
		    strncasecmp(names[i].name, text, len) == 0) {
			*reason = names[i].reason;
			*is_less = names[i].more;
			return 1;
		}
	return 0;
}

static enum scep_err
read_revoked(char *text, struct scep_ca_index *out, struct scep_error *err)
{
	char	*comma = strchr(text, ',');
	size_t	 len;
	int	 ignored;

	if (comma != NULL)
		*comma = '\0';
	if (!read_time(text, &out->revoked, &ignored))
		return scep_fail(err, SCEP_E_FORMAT, "it was revoked at "
		    "\"%.32s\", which is no time such as 261124120000Z",
		    text);
	if (comma == NULL)
		return SCEP_OK;
	text = comma + 1;
	len = strcspn(text, ",");
	if (!read_reason(text, len, &out->reason, &out->is_less))
		return scep_fail(err, SCEP_E_FORMAT, "\"%.32s\" is no reason "
		    "for a revocation that is known", text);
	return SCEP_OK;
}

static enum scep_err
read_state(struct fields *f, struct scep_ca_index *out,
    struct scep_error *err)
{
	const char	*state = f->field[STATE];

	if (state[0] == '\0' || state[1] != '\0' ||
	    strchr("VRE", state[0]) == NULL)
		return scep_fail(err, SCEP_E_FORMAT, "its state is \"%.16s\", "
		    "and not V, R or E", state);
	out->is_revoked = state[0] == 'R';
	if (!out->is_revoked && *f->field[REVOKED] != '\0')
		return scep_fail(err, SCEP_E_FORMAT, "its state is %s, and "
		    "still it has a time of revocation", state);
	if (!read_time(f->field[EXPIRY], &out->not_after, &out->two_digits))
		return scep_fail(err, SCEP_E_FORMAT, "it expires at \"%.32s\","
		    " which is no time such as 261124120000Z",
		    f->field[EXPIRY]);
	return out->is_revoked ? read_revoked(f->field[REVOKED], out, err) :
	    SCEP_OK;
}

/* As the INTEGER has it: no zero in front that need not be there. */
static enum scep_err
read_serial(const char *hex, struct scep_ca_index *out,
    struct scep_error *err)
{
	size_t	 n = strspn(hex, "0123456789abcdefABCDEF"), i, len;

	if (n == 0 || hex[n] != '\0')
		return scep_fail(err, SCEP_E_FORMAT, "its serial is \"%.96s\","
		    " which is no number in hexadecimal", hex);
	for (; n > 2 && hex[0] == '0'; n--)
		hex++;
	if (n > 2 * (size_t)SCEP_CA_INDEX_SERIAL)
		return scep_fail(err, SCEP_E_FORMAT, "its serial has more than "
		    "%d octets", SCEP_CA_INDEX_SERIAL);
	/* Where the number of digits is odd, a zero is in front of them. */
	len = (n + 1) / 2;
	memset(out->serial, 0, sizeof(out->serial));
	for (i = 0; i < n; i++) {
		uint8_t	*to = &out->serial[1 + len - 1 - i / 2];
		int	 digit = scep_hex_digit(hex[n - 1 - i]);

		*to = (uint8_t)(*to | digit << (i % 2 == 0 ? 0 : 4));
	}
	out->serial_len = len + 1;
	/* The zero in front stays where the number would be negative. */
	if (out->serial[1] < 0x80) {
		memmove(out->serial, out->serial + 1, len);
		out->serial_len = len;
	}
	return SCEP_OK;
}

static enum scep_err
read_names(const struct fields *f, struct scep_ca_index *out,
    struct scep_error *err)
{
	const char	*file = f->field[FILE_NAME];
	char		*subject = out->subject;
	size_t		 n;

	if (strcmp(file, "unknown") == 0)
		file = "";
	if (strlen(file) >= sizeof(out->file))
		return scep_fail(err, SCEP_E_FORMAT, "its file has a name of "
		    "%zu octets", strlen(file));
	OPENSSL_strlcpy(out->file, file, sizeof(out->file));
	OPENSSL_strlcpy(subject, f->field[SUBJECT], sizeof(out->subject));
	for (n = strlen(subject); n > 0 &&
	    !scep_is_clean_utf8(scep_span_make(subject, n)); n--)
		subject[n - 1] = '\0';
	return SCEP_OK;
}

enum scep_err
scep_ca_index_read(struct scep_span line, struct scep_ca_index *out,
    struct scep_error *err)
{
	struct fields	 f = { .n = 0 };
	enum scep_err	 rc;

	memset(out, 0, sizeof(*out));
	if (line.len > 0 && line.data[line.len - 1] == '\r')
		line.len--;
	if (line.len == 0 || line.data[0] == '#')
		return scep_fail(err, SCEP_E_NOTFOUND, "an empty line");
	if ((rc = split(line, &f, err)) != SCEP_OK ||
	    (rc = read_state(&f, out, err)) != SCEP_OK ||
	    (rc = read_serial(f.field[SERIAL], out, err)) != SCEP_OK)
		return rc;
	return read_names(&f, out, err);
}
