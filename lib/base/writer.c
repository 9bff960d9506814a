/* writer.c - DER written front to back, into one allocation. */
#include <string.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "base/writer.h"

#define LENGTH_MAX	4	/* octets of a length behind its first */

/* Room for more octets at the end. */
static int
reserve(struct scep_writer *w, size_t more)
{
	size_t	 room = w->room;
	uint8_t	*data;

	if (w->failed || more > SIZE_MAX / 2 - w->out.len)
		w->failed = 1;
	else if (w->out.len + more > room) {
		room = 2 * (w->out.len + more);
		/* What is left behind may have been a secret. */
		if ((data = OPENSSL_clear_realloc(w->out.data, w->out.len,
		    room)) == NULL)
			w->failed = 1;
		else {
			w->out.data = data;
			w->room = room;
		}
	}
	return !w->failed;
}

void
scep_writer_init(struct scep_writer *w, size_t room)
{
	memset(w, 0, sizeof(*w));
	(void)reserve(w, room);
}

void
scep_writer_raw(struct scep_writer *w, struct scep_span octets)
{
	if (octets.len == 0 || !reserve(w, octets.len))
		return;
	memcpy(w->out.data + w->out.len, octets.data, octets.len);
	w->out.len += octets.len;
}

void
scep_writer_open(struct scep_writer *w, uint8_t tag)
{
	const uint8_t	 head[2] = { tag, 0 };

	if (w->depth == SCEP_DER_DEPTH)
		w->failed = 1;
	scep_writer_raw(w, scep_span_make(head, sizeof(head)));
	if (!w->failed)
		w->open[w->depth++] = w->out.len;
}

/* X.690 section 10.1: in the shortest form.  Where it takes more than the one
 * octet that was left for it, the contents move. */
void
scep_writer_close(struct scep_writer *w)
{
	uint8_t	*content;
	size_t	 i, len, n;

	if (w->depth == 0 || !reserve(w, LENGTH_MAX)) {
		w->failed = 1;
		return;
	}
	content = w->out.data + w->open[--w->depth];
	len = w->out.len - w->open[w->depth];
	if (len < 0x80) {
		content[-1] = (uint8_t)len;
		return;
	}
	n = len < 0x100 ? 1 : len < 0x10000 ? 2 : len < 0x1000000 ? 3 : 4;
	memmove(content + n, content, len);
	content[-1] = (uint8_t)(0x80 | n);
	for (i = 0; i < n; i++)
		content[i] = (uint8_t)(len >> (8 * (n - 1 - i)));
	w->out.len += n;
}

void
scep_writer_add(struct scep_writer *w, uint8_t tag, struct scep_span content)
{
	scep_writer_open(w, tag);
	scep_writer_raw(w, content);
	scep_writer_close(w);
}

enum scep_err
scep_writer_end(struct scep_writer *w, enum scep_err rc, struct scep_buf *out,
    struct scep_error *err)
{
	while (!w->failed && w->depth > 0)
		scep_writer_close(w);
	if (rc == SCEP_OK && w->failed)
		rc = scep_fail(err, SCEP_E_NOMEM, "DER");
	scep_buf_clear(out);
	if (rc == SCEP_OK)
		*out = w->out;
	else
		scep_buf_clear(&w->out);
	memset(w, 0, sizeof(*w));
	return rc;
}
