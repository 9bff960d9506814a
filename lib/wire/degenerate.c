/*
 * degenerate.c - a SignedData that carries certificates, or a CRL, and nothing
 * else (RFC 8894 section 3.4).
 *
 * No content, no signers, no digests; and in the order given, because clients
 * take the first (PROTOCOL T-10).
 */
#include "base/error.h"
#include "base/writer.h"
#include "wire/cert.h"

#define AROUND	64	/* octets around the bag, at most */

enum { SEQUENCE = 0x30, CTX0 = 0xa0, CTX1 = 0xa1 };

static enum scep_err
degenerate(uint8_t tag, const struct scep_span *bag, size_t n,
    struct scep_buf *der, struct scep_error *err)
{
	static const uint8_t	 signed_data[] = { 0x06, 0x09, 0x2a, 0x86,
		0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02 };
	static const uint8_t	 front[] = {
		0x02, 0x01, 0x01,			/* version 1 */
		0x31, 0x00,				/* digestAlgorithms */
		0x30, 0x0b, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d,
		0x01, 0x07, 0x01,			/* id-data */
	};
	static const uint8_t	 no_signers[] = { 0x31, 0x00 };
	struct scep_writer	 w;
	size_t			 i, len = AROUND;

	for (i = 0; i < n; i++)
		len += bag[i].len;
	scep_writer_init(&w, len);
	scep_writer_open(&w, SEQUENCE);
	scep_writer_raw(&w, scep_span_make(signed_data, sizeof(signed_data)));
	scep_writer_open(&w, CTX0);
	scep_writer_open(&w, SEQUENCE);
	scep_writer_raw(&w, scep_span_make(front, sizeof(front)));
	scep_writer_open(&w, tag);
	for (i = 0; i < n; i++)
		scep_writer_raw(&w, bag[i]);
	scep_writer_close(&w);
	scep_writer_raw(&w, scep_span_make(no_signers, sizeof(no_signers)));
	return scep_writer_end(&w, SCEP_OK, der, err);
}

enum scep_err
scep_certs_only(const struct scep_span *certs, size_t n, struct scep_buf *der,
    struct scep_error *err)
{
	return degenerate(CTX0, certs, n, der, err);
}

enum scep_err
scep_crl_only(struct scep_span crl, struct scep_buf *der,
    struct scep_error *err)
{
	return degenerate(CTX1, &crl, 1, der, err);
}
