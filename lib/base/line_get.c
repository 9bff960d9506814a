/*
 * line_get.c - a log line read back: the value of one of its pairs.
 */
#include <string.h>

#include "base/line.h"
#include "base/text.h"

/* A pair within a line; value is still escaped. */
struct pair {
	struct scep_span	 key, value;
};

/* The pair at the front of rest, which moves on; 0 if there is none. */
static int
next_pair(struct scep_span *rest, struct pair *out)
{
	const uint8_t	*p, *stop, *end;
	int		 quoted;

	if (rest->len == 0 ||
	    (p = memchr(rest->data, '=', rest->len)) == NULL)
		return 0;
	end = rest->data + rest->len;
	out->key = scep_span_make(rest->data, (size_t)(p - rest->data));
	p++;
	quoted = p < end && *p == '"';
	if (quoted)
		p++;
	stop = memchr(p, quoted ? '"' : ' ', (size_t)(end - p));
	if (stop == NULL) {
		if (quoted)
			return 0;
		stop = end;
	}
	out->value = scep_span_make(p, (size_t)(stop - p));
	p = stop + quoted;
	if (p < end && *p++ != ' ')
		return 0;
	*rest = scep_span_make(p, (size_t)(end - p));
	return 1;
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
	struct pair		 pair;

	while (next_pair(&line, &pair))
		if (scep_span_equal(pair.key, want))
			return unescape(pair.value, out, size);
	return 0;
}
