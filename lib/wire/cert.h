/*
 * cert.h - certificates: taken apart as bytes, and put together.
 */
#ifndef SCEP_WIRE_CERT_H
#define SCEP_WIRE_CERT_H

#include "wire/key.h"

/* A certificate somebody sent, or one of ours.  v1 or v3, any names, any
 * serial, any extensions (PROTOCOL I-018).  Spans borrow from der. */
struct scep_cert {
	struct scep_buf		 der;
	int			 version;	/* 1, 2 or 3 */
	struct scep_span	 serial;	/* content octets, as sent */
	struct scep_span	 serial_tlv;	/* whole INTEGER */
	struct scep_span	 issuer, subject, spki;	/* whole SEQUENCEs */
	time_t			 not_before, not_after;	/* 0 if unreadable */
	struct scep_span	 tbs;		/* what is signed */
	struct scep_span	 sig_alg;	/* whole AlgorithmIdentifier */
	struct scep_span	 signature;
	struct scep_span	 ski;		/* empty if there is none */
	/* Values of extensions, or empty. */
	struct scep_span	 san, basic_constraints, key_usage, ext_usage;
	uint8_t			 sha256[SCEP_SHA256_LEN];	/* of der */
};

/* SCEP_E_FORMAT if it is no certificate, or holds an indefinite length
 * outside of its extensions.  Release with scep_cert_clear(). */
enum scep_err	 scep_cert_parse(const struct scep_crypto *crypto,
		    struct scep_span der, struct scep_cert *out,
		    struct scep_error *err);
void		 scep_cert_clear(struct scep_cert *cert);
/* The same of octets that outlive out: no copy (der stays empty), no digest,
 * and nothing to release. */
enum scep_err	 scep_cert_peek(struct scep_span der, struct scep_cert *out,
		    struct scep_error *err);
/* Does it speak for others: a CA's, an OCSP responder's, one that signs
 * certificates or CRLs; or says something about that which does not read? */
int		 scep_cert_vouches(const struct scep_cert *cert);
/* Issuer and subject are the same name. */
int		 scep_cert_is_self_issued(const struct scep_cert *cert);
/* Does its signature verify with key (its own, say)?  SHA-1 is allowed here:
 * nothing is believed because of it; of other weak digests those whose bits
 * are in weak (none).  SCEP_E_SIG, SCEP_E_ALG. */
enum scep_err	 scep_cert_verify(const struct scep_crypto *crypto,
		    const struct scep_cert *cert, const struct scep_key *key,
		    struct scep_error *err);
enum scep_err	 scep_cert_verify_weak(const struct scep_crypto *crypto,
		    const struct scep_cert *cert, const struct scep_key *key,
		    unsigned int weak, struct scep_error *err);

/* What goes into a certificate; everything borrowed. */
struct scep_cert_plan {
	struct scep_span	 serial;	/* positive, 1 to 20 octets */
	struct scep_span	 issuer, subject, spki;	/* SEQUENCEs */
	time_t			 not_before, not_after;
	struct scep_span	 fixed_exts;	/* DER Extensions in a row,
						   from the profile */
	struct scep_span	 aki;		/* CA's key identifier */
	struct scep_span	 san;		/* extension value, or empty */
	EVP_PKEY		*key;		/* the CA's */
	const EVP_PKEY_CTX	*signing;	/* made of it, or NULL */
	enum scep_digest	 digest;
	const struct scep_key	*verify;	/* what was signed; NULL: as it
						   is */
};

/* TBSCertificate (v3; the fixed extensions, SKI by RFC 5280 section 4.2.1.2
 * method 1, AKI, SAN critical iff the subject is empty; UTCTime up to 2049).
 * SCEP_E_INTERNAL for a serial, a key or a time that no certificate has. */
enum scep_err	 scep_cert_tbs(const struct scep_crypto *crypto,
		    const struct scep_cert_plan *plan, struct scep_buf *tbs,
		    struct scep_error *err);
/* Sign tbs and put the Certificate together.  SCEP_E_SIG if the signature does
 * not verify with plan->verify. */
enum scep_err	 scep_cert_sign(const struct scep_crypto *crypto,
		    const struct scep_cert_plan *plan, struct scep_span tbs,
		    struct scep_buf *der, struct scep_error *err);

/* Degenerate SignedData (RFC 8894 section 3.4), certificates in this order;
 * each of the n is DER of one, of several in a row, or empty. */
enum scep_err	 scep_certs_only(const struct scep_span *certs, size_t n,
		    struct scep_buf *der, struct scep_error *err);
/* The same with a CertificateList and no certificates (PROTOCOL T-14). */
enum scep_err	 scep_crl_only(struct scep_span crl, struct scep_buf *der,
		    struct scep_error *err);

#endif /* SCEP_WIRE_CERT_H */
