/* buf.c - bytes, borrowed and owned. */
#include <string.h>

#include <openssl/crypto.h>

#include "base/buf.h"
#include "base/error.h"

struct scep_span
scep_span_make(const void *data, size_t len)
{
	struct scep_span	 s = { data, len };

	return s;
}

struct scep_span
scep_span_text(const char *text)
{
	return scep_span_make(text, strlen(text));
}

struct scep_span
scep_buf_span(const struct scep_buf *buf)
{
	return scep_span_make(buf->data, buf->len);
}

int
scep_span_equal(struct scep_span a, struct scep_span b)
{
	return a.len == b.len &&
	    (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

uint8_t *
scep_buf_extend(struct scep_buf *buf, size_t len)
{
	uint8_t	*data;
	size_t	 old = buf->len;

	if (len > SIZE_MAX - 1 - old ||
	    (data = OPENSSL_malloc(old + len + 1)) == NULL)
		return NULL;
	if (old > 0)
		memcpy(data, buf->data, old);
	data[old + len] = '\0';
	OPENSSL_clear_free(buf->data, old);
	buf->data = data;
	buf->len = old + len;
	return data + old;
}

enum scep_err
scep_buf_add(struct scep_buf *buf, struct scep_span bytes,
    struct scep_error *err)
{
	uint8_t	*at;

	if ((at = scep_buf_extend(buf, bytes.len)) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "%zu more bytes",
		    bytes.len);
	if (bytes.len > 0)
		memcpy(at, bytes.data, bytes.len);
	return SCEP_OK;
}

enum scep_err
scep_buf_set(struct scep_buf *buf, struct scep_span bytes,
    struct scep_error *err)
{
	struct scep_buf	 fresh = { NULL, 0 };
	enum scep_err	 rc;

	if ((rc = scep_buf_add(&fresh, bytes, err)) != SCEP_OK)
		return rc;
	scep_buf_clear(buf);
	*buf = fresh;
	return SCEP_OK;
}

void
scep_buf_clear(struct scep_buf *buf)
{
	OPENSSL_clear_free(buf->data, buf->len);
	buf->data = NULL;
	buf->len = 0;
}
