/*
 * degenerate.c - a SignedData that carries certificates, or a CRL, and nothing
 * else (RFC 8894 section 3.4).
 *
 * No content, no signers, no digests; and in the order given, because clients
 * take the first (PROTOCOL T-10).
 */
#include "base/der.h"
#include "base/error.h"
#include "wire/cert.h"

enum { SEQUENCE = 0x30, CTX0 = 0xa0, CTX1 = 0xa1 };

static enum scep_err
degenerate(uint8_t tag, struct scep_span bag, struct scep_buf *der,
    struct scep_error *err)
{
	static const uint8_t	 front[] = {
		0x02, 0x01, 0x01,			/* version 1 */
		0x31, 0x00,				/* digestAlgorithms */
		0x30, 0x0b, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d,
		0x01, 0x07, 0x01,			/* id-data */
	};
	static const uint8_t	 signed_data[] = { 0x06, 0x09, 0x2a, 0x86,
		0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02 };
	static const uint8_t	 no_signers[] = { 0x31, 0x00 };
	struct scep_buf		 body = { NULL, 0 }, seq = { NULL, 0 };
	struct scep_buf		 info = { NULL, 0 };
	enum scep_err		 rc;

	scep_buf_clear(der);
	if ((rc = scep_buf_add(&body, scep_span_make(front, sizeof(front)),
	    err)) == SCEP_OK &&
	    (rc = scep_der_put(&body, tag, bag, err)) == SCEP_OK &&
	    (rc = scep_buf_add(&body, scep_span_make(no_signers,
	    sizeof(no_signers)), err)) == SCEP_OK &&
	    (rc = scep_der_put(&seq, SEQUENCE, scep_buf_span(&body), err)) ==
	    SCEP_OK &&
	    (rc = scep_buf_add(&info, scep_span_make(signed_data,
	    sizeof(signed_data)), err)) == SCEP_OK &&
	    (rc = scep_der_put(&info, CTX0, scep_buf_span(&seq), err)) ==
	    SCEP_OK)
		rc = scep_der_put(der, SEQUENCE, scep_buf_span(&info), err);
	scep_buf_clear(&body);
	scep_buf_clear(&seq);
	scep_buf_clear(&info);
	return rc;
}

enum scep_err
scep_certs_only(const struct scep_span *certs, size_t n, struct scep_buf *der,
    struct scep_error *err)
{
	struct scep_buf	 bag = { NULL, 0 };
	enum scep_err	 rc = SCEP_OK;
	size_t		 i;

	scep_buf_clear(der);
	for (i = 0; rc == SCEP_OK && i < n; i++)
		rc = scep_buf_add(&bag, certs[i], err);
	if (rc == SCEP_OK)
		rc = degenerate(CTX0, scep_buf_span(&bag), der, err);
	scep_buf_clear(&bag);
	return rc;
}

enum scep_err
scep_crl_only(struct scep_span crl, struct scep_buf *der,
    struct scep_error *err)
{
	return degenerate(CTX1, crl, der, err);
}
