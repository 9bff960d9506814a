/*
 * base64.h - base64 of RFC 4648 section 4 without padding, in one spelling
 * alone: what differs says something else.
 */
#ifndef SCEP_BASE_BASE64_H
#define SCEP_BASE_BASE64_H

#include "base/buf.h"

/* Characters for n octets. */
#define SCEP_BASE64_LEN(n)	(((n) * 4 + 2) / 3)

/* Append to out, which is a text that has room for it and its NUL. */
void	 scep_base64_text(struct scep_span bytes, char *out);
/* The reverse; 0 for any other character, padding and blanks too, a length that
 * no octets have, bits set behind the last octet, and what does not fit. */
int	 scep_base64_read(struct scep_span text, uint8_t *out, size_t size,
	    size_t *len);

#endif /* SCEP_BASE_BASE64_H */
