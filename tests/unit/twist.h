/*
 * twist.h - a good pkiMessage, and what becomes of it when one thing is
 * changed and all is signed again.
 *
 * The good one is OpenSSL's (client.h).  Fails by abort().
 */
#ifndef TESTS_TWIST_H
#define TESTS_TWIST_H

#include "wire/asn1.h"
#include "wire/attrs.h"
#include "wire/envelope.h"

#include "tests/unit/client.h"

#define TWIST_TXID	"4E0B1F00D5CAFE"
#define TWIST_NONCE	"0123456789abcdef"

/* Two keys and their self-signed certificates, and what reads messages. */
struct twist_bench {
	struct scep_crypto	*crypto;
	EVP_PKEY		*key, *ra_key;		/* RSA-2048 */
	X509			*self, *ra_cert;
	struct scep_cert	 ra;
	struct scep_opener	 opener;
	struct scep_msg_rules	 rules;		/* SHA-2, AES, RSA 2048-4096 */
	struct bytes		 csr;
};
void	 twist_open(struct twist_bench *b);
void	 twist_close(struct twist_bench *b);
/* PKCSReq by self to the RA; what a test may vary before client_message(). */
struct client_message
	 twist_plain(const struct twist_bench *b);

/* What to change, each or NULL: in the envelope, in the message before it is
 * signed again, and afterwards.  arg is handed to all. */
struct twist {
	void		(*inside)(SCEP_ENVELOPED *ed, const void *arg);
	void		(*before)(SCEP_SIGNED *sd, const void *arg);
	void		(*after)(SCEP_CI_SIGNED *ci, const void *arg);
	const void	*arg;
	int		 ber_inside;	/* the envelope goes in as BER */
	EVP_PKEY	*key;		/* signs; NULL: the bench's */
};
struct bytes
	 twist_message(const struct twist_bench *b, const struct bytes *der,
	    const struct twist *t);
/* The same, from a good PKCSReq. */
struct bytes
	 twist_good(const struct twist_bench *b, const struct twist *t);
/* Dotted, RFC 8894 section 3.2.1. */
const char
	*twist_oid(enum scep_attr attr);
/* Change the first SignerInfo's signed attributes (for before). */
STACK_OF(SCEP_ATTR)
	*twist_attrs(SCEP_SIGNED *sd);
/* The first with this OID, NULL if there is none. */
SCEP_ATTR
	*twist_attr(SCEP_SIGNED *sd, const char *oid);
/* Take it out; and add one with one value (len -1: a NUL-terminated text). */
void	 twist_drop(SCEP_SIGNED *sd, const char *oid);
void	 twist_add(SCEP_SIGNED *sd, const char *oid, int type,
	    const void *data, int len);
/* Add a value to an attribute. */
void	 twist_value(SCEP_ATTR *attr, int type, const void *data, int len);
void	 twist_alg(X509_ALGOR *alg, const char *oid, int type,
	    const void *data, int len);

/* Read it with ours; *msg is NULL unless SCEP_OK.  Also sees to it that the
 * error queue is empty and that a refusal has its reason. */
enum scep_err
	 twist_read(const struct twist_bench *b, const struct bytes *der,
	    struct scep_address *addr, struct scep_message **msg);
/* Only the verdict; complete (may be NULL) is whether an answer has an
 * address. */
enum scep_err
	 twist_verdict(const struct twist_bench *b, const struct bytes *der,
	    int *complete);
/* Release the message, and say what twist_verdict() said. */
enum scep_err
	 twist_tried(const struct twist_bench *b, struct bytes der,
	    int *complete);

/* What CMS_verify() says of it with the bag's certificates, and the content
 * (may be NULL) it hands over. */
int	 twist_cms_verify(const struct bytes *der, struct bytes *content);
/* What CMS_decrypt() says of that content. */
int	 twist_cms_decrypt(const struct twist_bench *b,
	    const struct bytes *content, struct bytes *plain);

#endif /* TESTS_TWIST_H */
