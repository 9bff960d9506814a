/*
 * reply.h - a CertRep as it goes out (RFC 8894 section 3.3.2).
 */
#ifndef SCEP_WIRE_REPLY_H
#define SCEP_WIRE_REPLY_H

#include "wire/message.h"
#include "wire/random.h"

enum scep_pki_status {		/* RFC 8894 section 3.2.1.3 */
	SCEP_STATUS_SUCCESS = 0,
	SCEP_STATUS_FAILURE = 2,
	SCEP_STATUS_PENDING = 3
};

struct scep_reply {
	enum scep_pki_status		 status;
	int				 fail_info;	/* FAILURE: 0 to 4 */
	const char			*fail_text;	/* or NULL */
	int				 omit_content;	/* PENDING, FAILURE: no
							   eContent instead of
							   an empty one (I-030) */
	struct scep_span		 certs_only;	/* SUCCESS: degenerate
							   SignedData */
	const struct scep_address	*to;
	const struct scep_key		*to_key;	/* SUCCESS: signer's */
	struct scep_span		 password;	/* SUCCESS: what else,
							   if nothing can be
							   encrypted to it */
	const struct scep_cert		*ra_cert;
	EVP_PKEY			*ra_key;
	const EVP_PKEY_CTX		*ra_signing;	/* made of it, or
							   NULL */
	struct scep_random		*random;
};

/*
 * Build it: DER, versions 1/0/0, the request's digest and cipher (from
 * reply->to), transactionID echoed as a PrintableString, recipientNonce, a
 * fresh senderNonce of 16 octets, each attribute once, rsaEncryption as the
 * signature algorithm, the RA's certificate inside.  A SUCCESS is for to_key,
 * or for password (then its envelope has version 3).
 */
enum scep_err	 scep_reply_build(const struct scep_crypto *crypto,
		    const struct scep_reply *reply, struct scep_buf *out,
		    struct scep_error *err);

#endif /* SCEP_WIRE_REPLY_H */
