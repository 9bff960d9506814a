/*
 * csr.h - PKCS #10 requests (RFC 2986), in strict DER.
 */
#ifndef SCEP_WIRE_CSR_H
#define SCEP_WIRE_CSR_H

#include "wire/key.h"
#include "wire/name.h"
#include "wire/san.h"

#define SCEP_CSR_MAX		16384	/* octets */
/* Octets of UTF-8.  PKCS #9 has 255, but what MDM systems give out is a
 * signed statement of several KiB; half of a request is enough for it. */
#define SCEP_CHALLENGE_MAX	8192

struct scep_csr {
	struct scep_buf		 der;		/* owned copy */
	struct scep_span	 info;		/* CertificationRequestInfo */
	uint8_t			 info_sha256[SCEP_SHA256_LEN];
	struct scep_error	 names;		/* SCEP_OK; or what is wrong
						   with them, and there are
						   none: the subject and the
						   list are empty */
	struct scep_span	 subject;	/* SEQUENCE, in der, or empty */
	struct scep_name	 name;
	struct scep_key		 key;
	struct scep_san_list	 san;
	struct scep_span	 challenge;	/* UTF-8; len 0: none */
	struct scep_buf		 challenge_buf;
	int			 other_exts;	/* how many were ignored */
	struct scep_span	 sig_alg, signature;	/* in der */
};

/*
 * Strict DER, all of it; key within rules; at most one challengePassword and
 * one of the three extension request attributes, of exactly one value each
 * (other attributes are not looked at, at most 16 in all); no extension twice,
 * at most 32, and none that asks for the rights of a CA or for a SID; a
 * challengePassword of any DirectoryString type or IA5String (an empty one
 * counts as absent).  Not the signature: nobody has proven to have the key.
 * Nor what its names say: where one does not read, it comes out without any,
 * and is for whoever is given others.
 * SCEP_E_FORMAT, SCEP_E_ALG or SCEP_E_REFUSED say what is wrong, for the log
 * only: the client is told nothing (DESIGN 7.4).
 * Release with scep_csr_free().
 */
enum scep_err	 scep_csr_read(const struct scep_crypto *crypto,
		    struct scep_span der, const struct scep_key_rules *rules,
		    struct scep_csr **out, struct scep_error *err);
/* The signature (RSA v1.5, ECDSA or Ed25519, with SHA-256, 384 or 512; with
 * SHA-1 or MD5 only if their bits are in weak): SCEP_E_ALG, SCEP_E_FORMAT
 * without a look at it; SCEP_E_SIG. */
enum scep_err	 scep_csr_verify(const struct scep_crypto *crypto,
		    const struct scep_csr *csr, unsigned int weak,
		    struct scep_error *err);
/* Its own names, or what is wrong with them: SCEP_E_FORMAT, SCEP_E_REFUSED. */
enum scep_err	 scep_csr_names(const struct scep_csr *csr,
		    struct scep_error *err);
/* All three. */
enum scep_err	 scep_csr_parse(const struct scep_crypto *crypto,
		    struct scep_span der, const struct scep_key_rules *rules,
		    unsigned int weak, struct scep_csr **out,
		    struct scep_error *err);
void		 scep_csr_free(struct scep_csr *csr);

#endif /* SCEP_WIRE_CSR_H */
