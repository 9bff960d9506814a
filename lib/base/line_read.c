/*
 * line_read.c - the pairs of a line of base/line.h.
 *
 * The line may be another process's word: what does not look like ours is not
 * taken.
 */
#include <string.h>

#include "base/line.h"
#include "base/text.h"

#define KEY_MAX	32

static size_t
key_len(struct scep_span s)
{
	size_t	 n = 0;

	while (n < s.len && s.data[n] != '\0' && strchr(
	    "abcdefghijklmnopqrstuvwxyz0123456789_.", s.data[n]) != NULL)
		n++;
	return n <= KEY_MAX ? n : 0;
}

/* Octets up to c, or to the end. */
static size_t
until(struct scep_span s, int c)
{
	const uint8_t	*p = s.len > 0 ? memchr(s.data, c, s.len) : NULL;

	return p != NULL ? (size_t)(p - s.data) : s.len;
}

static struct scep_span
behind(struct scep_span s, size_t n)
{
	return scep_span_make(s.data + n, s.len - n);
}

int
scep_line_next(struct scep_span *rest, struct scep_span *key,
    struct scep_span *value)
{
	struct scep_span	 s = *rest;
	int			 quoted;

	key->data = s.data;
	if ((key->len = key_len(s)) == 0 || key->len == s.len ||
	    s.data[key->len] != '=')
		return 0;
	s = behind(s, key->len + 1);
	quoted = s.len > 0 && s.data[0] == '"';
	if (quoted)
		s = behind(s, 1);
	*value = scep_span_make(s.data, until(s, quoted ? '"' : ' '));
	s = behind(s, value->len);
	if (quoted) {
		if (s.len == 0)
			return 0;		/* no end */
		s = behind(s, 1);
	}
	if (s.len > 0 && s.data[0] != ' ')
		return 0;
	*rest = s.len > 0 ? behind(s, 1) : s;
	return scep_is_clean_utf8(*value);
}

/* "\\x41" is the only escape there is. */
static int
unescape(struct scep_span value, char *out, size_t size)
{
	size_t	 i, n = 0;
	int	 c, hi, lo;

	for (i = 0; i < value.len; i++) {
		c = value.data[i];
		if (c == '\\') {
			if (value.len - i < 4 || value.data[i + 1] != 'x' ||
			    (hi = scep_hex_digit((char)value.data[i + 2])) ==
			    -1 ||
			    (lo = scep_hex_digit((char)value.data[i + 3])) ==
			    -1)
				return 0;
			c = hi << 4 | lo;
			i += 3;
		}
		if (c == '\0' || n + 1 >= size)
			return 0;
		out[n++] = (char)c;
	}
	out[n] = '\0';
	return 1;
}

int
scep_line_get(struct scep_span line, const char *key, char *out, size_t size)
{
	const struct scep_span	 want = scep_span_text(key);
	struct scep_span	 found, value;

	while (scep_line_next(&line, &found, &value))
		if (scep_span_equal(found, want))
			return unescape(value, out, size);
	return 0;
}
