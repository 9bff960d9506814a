/*
 * signed.h - SignedData and AlgorithmIdentifier taken apart where they stand.
 * Private to wire/.
 */
#ifndef SCEP_WIRE_SIGNED_H
#define SCEP_WIRE_SIGNED_H

#include "wire/asn1.h"
#include "wire/key.h"

/* SignerIdentifier and RecipientIdentifier, RFC 5652 sections 5.3, 6.2.1.
 * The number is not read as one: devices write longer ones than they need to,
 * and get them back. */
struct scep_sid {
	struct scep_span	 issuer;	/* whole SEQUENCE, with */
	struct scep_span	 serial;	/* … content of INTEGER; or */
	struct scep_span	 ski;		/* … this one */
	int			 is_ski;
};

/* ContentInfo with SignedData, RFC 5652 sections 3 and 5.1, and its only
 * SignerInfo.  OIDs are contents, of versions -1 is any that is not small. */
struct scep_signed {
	struct scep_span	 type;
	int			 version;
	struct scep_span	 digest_algs;	/* in a row */
	int			 n_digest_algs;
	struct scep_span	 content_type;
	struct scep_span	 content;	/* of eContent, or empty */
	struct scep_span	 certs;		/* in a row */
	int			 n_certs;
	int			 n_signers;	/* if not 1, that is all: */
	int			 signer_version;
	struct scep_sid		 sid;
	struct scep_alg		 digest_alg, sig_alg;
	struct scep_tlv		 attrs;		/* signedAttrs, or tag 0 */
	struct scep_span	 signature;
};

/* A row of so many TLVs with this tag (0: any), or -1. */
int		 scep_any_count(struct scep_span row, uint8_t tag);
/* scep_der_take(), and nothing behind it; or an OPTIONAL, where *content stays
 * as it is if it is absent. */
int		 scep_take_only(struct scep_span s, uint8_t tag,
		    struct scep_span *content);
int		 scep_take_if(struct scep_span *rest, uint8_t tag,
		    struct scep_span *content);
/* INTEGER of one octet, or -1. */
int		 scep_take_version(struct scep_span *rest, int *out);
int		 scep_take_sid(struct scep_span *rest, struct scep_sid *out);

/* From what bytes begin with, *used octets; 0: it is no such thing.  *out
 * borrows from bytes, or from *fresh if they are no DER. */
int		 scep_signed_read(struct scep_span bytes,
		    struct scep_buf *fresh, struct scep_signed *out,
		    size_t *used);

/* Is signature one of signedAttrs: as they stand on the wire, with the tag of a
 * SET OF, which is what libcrypto verifies too; or in the order of DER?
 * SCEP_E_SIG. */
enum scep_err	 scep_signed_verify(const struct scep_crypto *crypto,
		    const struct scep_signed *sd, const struct scep_key *key,
		    enum scep_digest md, struct scep_error *err);

#endif /* SCEP_WIRE_SIGNED_H */
