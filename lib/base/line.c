/*
 * line.c - one log line of key=value pairs, or of JSON members.
 *
 * The one place where what a client sent becomes text of ours: escaped and
 * bounded, so that no value can end the line or pose as another pair.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/line.h"
#include "base/text.h"

/* A pair on its way into a line.  What does not fit is left out whole. */
struct pair {
	struct scep_line	*line;
	size_t			 len;	/* of the line with it; too long: the
					   size of its text */
};

static void
put(struct pair *pair, const void *text, size_t len)
{
	struct scep_line	*line = pair->line;

	if (len < sizeof(line->text) - pair->len) {
		memcpy(line->text + pair->len, text, len);
		pair->len += len;
	} else
		pair->len = sizeof(line->text);
}

static int
is_bare_octet(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	    (c >= 'A' && c <= 'Z') ||
	    (c != '\0' && strchr("-._:/@+,*=()", c) != NULL);
}

static int
is_bare(struct scep_span value)
{
	size_t	 i;

	for (i = 0; i < value.len; i++)
		if (!is_bare_octet(value.data[i]))
			return 0;
	return value.len > 0;
}

/* Octets at p that may stand as they are: one character, or 0. */
static size_t
clean_len(const uint8_t *p, size_t left)
{
	size_t	 n;

	if (*p < 0x80)
		return *p >= 0x20 && *p != 0x7f && *p != '"' && *p != '\\';
	for (n = 2; n <= 4 && n <= left; n++)
		if (scep_is_clean_utf8(scep_span_make(p, n)))
			return n;
	return 0;
}

static void
put_escaped(struct pair *pair, struct scep_span value, int json)
{
	char	 hex[6];
	size_t	 i, n;

	for (i = 0; i < value.len; i += n) {
		n = clean_len(value.data + i, value.len - i);
		if (n > 0) {
			put(pair, value.data + i, n);
			continue;
		}
		(void)snprintf(hex, sizeof(hex), "%s\\x%02x", json ? "\\" :
		    "", value.data[i]);
		put(pair, hex, strlen(hex));
		n = 1;
	}
}

static struct pair
begin(struct scep_line *line, const char *key)
{
	struct pair	 pair = { line, line->len };

	if (line->len > 0)
		put(&pair, line->json ? "," : " ", 1);
	put(&pair, "\"", line->json ? 1 : 0);
	put(&pair, key, strlen(key));
	put(&pair, line->json ? "\":" : "=", line->json ? 2 : 1);
	return pair;
}

static void
end(const struct pair *pair)
{
	struct scep_line	*line = pair->line;

	if (pair->len < sizeof(line->text))
		line->len = pair->len;
	line->text[line->len] = '\0';
}

static void
add(struct scep_line *line, const char *key, struct scep_span value,
    size_t max)
{
	struct pair	 pair = begin(line, key);
	int		 cut = value.len > max, bare;

	if (cut)
		value.len = max;
	bare = !line->json && is_bare(value);
	put(&pair, "\"", bare ? 0 : 1);
	if (bare)
		put(&pair, value.data, value.len);
	else
		put_escaped(&pair, value, line->json);
	put(&pair, "...", cut ? 3 : 0);
	put(&pair, "\"", bare ? 0 : 1);
	end(&pair);
}

void
scep_line_number(struct scep_line *line, const char *key, long long n)
{
	struct pair	 pair = begin(line, key);
	char		 text[24];

	(void)snprintf(text, sizeof(text), "%lld", n);
	put(&pair, text, strlen(text));
	end(&pair);
}

void
scep_line_add(struct scep_line *line, const char *key, struct scep_span value)
{
	add(line, key, value, SCEP_VALUE_MAX);
}

void
scep_line_whole(struct scep_line *line, const char *key, const char *value)
{
	add(line, key, scep_span_text(value), SCEP_LINE_MAX);
}

void
scep_line_text(struct scep_line *line, const char *key, const char *value)
{
	scep_line_add(line, key, scep_span_text(value));
}

void
scep_line_fmt(struct scep_line *line, const char *key, const char *fmt, ...)
{
	char	 text[SCEP_VALUE_MAX + 2];	/* one too many is cut */
	va_list	 ap;

	va_start(ap, fmt);
	if (vsnprintf(text, sizeof(text), fmt, ap) < 0)
		text[0] = '\0';
	va_end(ap);
	scep_line_text(line, key, text);
}
