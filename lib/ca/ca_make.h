/*
 * ca_make.h - certificates that the CA makes for itself: a root of its own,
 * and the RA below it; and keys for them.
 *
 * For the operator's verbs and for RA keys that roll over; no client's
 * request comes here.
 */
#ifndef SCEP_CA_CA_MAKE_H
#define SCEP_CA_CA_MAKE_H

#include <openssl/x509.h>

#include "ca/config.h"

#define SCEP_CA_DAYS		3650
#define SCEP_RA_KEY		"rsa:2048"	/* what old devices can
						   encrypt to */
#define SCEP_KEY_WORDS		"rsa:2048, rsa:3072, rsa:4096, ec:p256, ec:p384"

/* A key, such as "rsa:3072"; SCEP_E_USAGE for a word that is none. */
enum scep_err	 scep_ca_make_key(const struct scep_crypto *crypto,
		    const char *word, EVP_PKEY **out, struct scep_error *err);
/* What a CA with this key signs with: as strong as the curve. */
enum scep_digest scep_ca_key_digest(const EVP_PKEY *key);

/* A certificate to be made: a CA's if issuer is NULL, else an RA's. */
struct scep_making {
	const X509_NAME		*subject;	/* or NULL: the issuer's, with
						   another CN */
	const char		*cn;		/* put in; NULL: it stays */
	EVP_PKEY		*key;
	X509			*issuer;
	EVP_PKEY		*issuer_key;
	enum scep_digest	 digest;
	long			 days;		/* at most to the issuer's
						   end; 0: SCEP_CA_DAYS */
};
enum scep_err	 scep_ca_make_cert(const struct scep_crypto *crypto,
		    const struct scep_making *m, time_t now, X509 **out,
		    struct scep_error *err);

#endif /* SCEP_CA_CA_MAKE_H */
