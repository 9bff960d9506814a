/*
 * client.h - a SCEP client made of OpenSSL's CMS and X509 code: the judge of
 * ours, shared by the unit tests and tests/scepbot.
 *
 * It uses nothing of lib/.  All functions abort() when OpenSSL itself fails:
 * a test that cannot be set up must not pass.
 */
#ifndef TESTS_CLIENT_H
#define TESTS_CLIENT_H

#include <stddef.h>
#include <time.h>

#include <openssl/cms.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

struct bytes {
	unsigned char	*data;		/* OPENSSL_malloc()ed */
	size_t		 len;
};
void	 bytes_free(struct bytes *b);

/* A PKCS #10; any of challenge, dns (a NULL-terminated list) may be NULL.
 * subject as "/C=CH/O=x/CN=y". */
struct bytes	 client_csr(EVP_PKEY *key, const char *subject,
		    const char *challenge, const char *const *dns);
/* A self-signed certificate (v3, 1 day around now) for this key. */
X509		*client_self_signed(EVP_PKEY *key, const char *subject);

struct client_message {
	int			 type;		/* 19; -1: leave messageType out */
	const char		*txid;		/* NULL: leave it out */
	const unsigned char	*nonce;		/* 16 octets; NULL: random */
	EVP_PKEY		*key;		/* the signer's */
	X509			*signer;
	X509			*recipient[8];	/* NULL-terminated */
	const EVP_CIPHER	*cipher;	/* NULL: AES-128-CBC */
	const EVP_MD		*digest;	/* NULL: SHA-256 */
	int			 oaep;		/* RSAES-OAEP with SHA-1 */
	int			 use_ski;	/* recipients by key identifier */
	int			 no_envelope;	/* eContent of zero length */
	struct bytes		 content;	/* what goes into the envelope */
};
struct bytes	 client_message(const struct client_message *m);
/*
 * The same message as a streaming client writes it (macOS): constructed
 * values of indefinite length, OCTET STRINGs in segments.  Certificates stay
 * as they are.
 */
struct bytes	 client_to_ber(const struct bytes *der);
/* IssuerAndSubject, the content of a CertPoll. */
struct bytes	 client_issuer_and_subject(X509 *ca, const char *subject);

struct client_reply {
	int		 status;	/* pkiStatus; -1: no readable CertRep */
	int		 fail_info;	/* -1 if absent */
	char		 fail_text[256];
	char		 txid[300];
	unsigned char	 recipient_nonce[64];
	size_t		 recipient_nonce_len;
	unsigned char	 sender_nonce[64];
	size_t		 sender_nonce_len;
	int		 digest_nid, cipher_nid;	/* NID_undef without envelope */
	X509		*cert;		/* SUCCESS: the certificate for key, or
					   the first */
	int		 n_certs;
	char		 why[256];	/* status -1: what is wrong */
};
/* Verify (signature by the given RA certificate, content, attributes once and
 * of their exact types), decrypt with key and signer, and take apart. */
void	 client_reply_read(const unsigned char *der, size_t len, EVP_PKEY *key,
	    X509 *signer, X509 *ra, struct client_reply *out);
void	 client_reply_clear(struct client_reply *r);

#endif /* TESTS_CLIENT_H */
