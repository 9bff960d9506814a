/*
 * buf.h - bytes: a span borrows them, a buf owns them.
 */
#ifndef SCEP_BASE_BUF_H
#define SCEP_BASE_BUF_H

#include "scep.h"

#define SCEP_SHA256_LEN	32

/* Borrowed bytes; valid as long as their owner is. */
struct scep_span {
	const uint8_t	*data;
	size_t		 len;
};

/* Owned bytes, from OPENSSL_malloc(); {0} is empty.  Cleared when freed, so
 * that nobody has to know which held a secret. */
struct scep_buf {
	uint8_t		*data;
	size_t		 len;
};

struct scep_span scep_span_make(const void *data, size_t len);
struct scep_span scep_span_text(const char *text);	/* without the NUL */
struct scep_span scep_buf_span(const struct scep_buf *buf);
/* Not in constant time: for public bytes only. */
int		 scep_span_equal(struct scep_span a, struct scep_span b);

/* Copy into buf, which is released first.  One NUL stands behind the bytes
 * (not counted in len), so that text can be printed. */
enum scep_err	 scep_buf_set(struct scep_buf *buf, struct scep_span bytes,
		    struct scep_error *err);
/* Append len octets, for the caller to fill in; NULL: no memory. */
uint8_t		*scep_buf_extend(struct scep_buf *buf, size_t len);
/* Append a copy of what is not in buf itself. */
enum scep_err	 scep_buf_add(struct scep_buf *buf, struct scep_span bytes,
		    struct scep_error *err);
/* Cleanse, free, and make it empty; an empty buf is harmless. */
void		 scep_buf_clear(struct scep_buf *buf);

#endif /* SCEP_BASE_BUF_H */
