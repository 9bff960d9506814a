/* base64.c - base64 without padding, strictly; see base64.h. */
#include <string.h>

#include "base/base64.h"

static const char	digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    "abcdefghijklmnopqrstuvwxyz0123456789+/";

void
scep_base64_text(struct scep_span bytes, char *out)
{
	uint32_t	 bits = 0;
	size_t		 i;
	int		 n = 0;

	out += strlen(out);
	for (i = 0; i < bytes.len; i++) {
		bits = bits << 8 | bytes.data[i];
		for (n += 8; n >= 6; n -= 6)
			*out++ = digits[bits >> (n - 6) & 63];
	}
	if (n > 0)
		*out++ = digits[bits << (6 - n) & 63];
	*out = '\0';
}

int
scep_base64_read(struct scep_span text, uint8_t *out, size_t size,
    size_t *len)
{
	const char	*digit;
	uint32_t	 bits = 0;
	size_t		 i, n_out = 0;
	int		 n = 0;

	if (text.len % 4 == 1)
		return 0;
	for (i = 0; i < text.len; i++) {
		if (text.data[i] == '\0' ||
		    (digit = strchr(digits, text.data[i])) == NULL)
			return 0;
		bits = bits << 6 | (uint32_t)(digit - digits);
		if ((n += 6) < 8)
			continue;
		n -= 8;
		if (n_out == size)
			return 0;
		out[n_out++] = (uint8_t)(bits >> n);
	}
	*len = n_out;
	return (bits & ((1u << n) - 1)) == 0;
}
