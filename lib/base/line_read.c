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
