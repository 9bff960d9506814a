/*
 * scep_client.h - a SCEP client made of OpenSSL's CMS and X509 code: for
 * `scepadm doctor`, and the judge of our own code in the tests.
 *
 * It uses nothing of lib/: what it makes and what it accepts is OpenSSL's
 * word, not ours.  What fails leaves the reason in libcrypto's queue.
 */
#ifndef SCEP_CGI_SCEP_CLIENT_H
#define SCEP_CGI_SCEP_CLIENT_H

#include <stddef.h>

#include <openssl/cms.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#define CLIENT_NONCE	16

/* Single DES, too, from now on: the legacy provider into libcrypto's default
 * context.  0 if this machine has none. */
int	 scep_client_legacy(void);

struct bytes {
	unsigned char	*data;		/* OPENSSL_malloc()ed; NULL: failed */
	size_t		 len;
};
void	 bytes_free(struct bytes *b);

/* A PKCS #10; any of challenge, dns (a NULL-terminated list) may be NULL. */
struct bytes	 scep_client_csr(EVP_PKEY *key, const X509_NAME *subject,
		    const char *challenge, const char *const *dns);
/* A self-signed certificate (v3, 1 day around now) for this key, or NULL.
 * Its serial number comes from the key. */
X509		*scep_client_self_signed(EVP_PKEY *key,
		    const X509_NAME *subject);
/* IssuerAndSubject, the content of a CertPoll. */
struct bytes	 scep_client_issuer_and_subject(const X509 *ca,
		    const X509_NAME *subject);

/* IssuerAndSerialNumber, the content of a GetCert and a GetCRL. */
struct bytes	 scep_client_issuer_and_serial(const X509_NAME *issuer,
		    const ASN1_INTEGER *serial);

struct client_message {
	int			 type;		/* 19; -1: leave it out */
	const char		*txid;		/* NULL: leave it out */
	const unsigned char	*nonce;		/* CLIENT_NONCE octets */
	EVP_PKEY		*key;		/* the signer's */
	X509			*signer;
	X509			*recipient[8];	/* NULL-terminated */
	const EVP_CIPHER	*cipher;	/* NULL: AES-128-CBC */
	const EVP_MD		*digest;	/* NULL: SHA-256 */
	int			 oaep;		/* RSAES-OAEP … */
	const EVP_MD		*oaep_digest;	/* … NULL: with SHA-1 */
	int			 use_ski;	/* key identifiers */
	int			 no_envelope;	/* eContent of zero length */
	struct bytes		 content;	/* of the envelope */
};
struct bytes	 scep_client_message(const struct client_message *m);

struct client_reply {
	int		 status;	/* pkiStatus; -1: no readable CertRep */
	int		 fail_info;	/* -1 if absent */
	char		 fail_text[256];
	char		 txid[300];
	unsigned char	 recipient_nonce[64];
	size_t		 recipient_nonce_len;
	unsigned char	 sender_nonce[64];
	size_t		 sender_nonce_len;
	int		 digest_nid, cipher_nid;	/* NID_undef: none */
	int		 oaep_nid;	/* its digest; NID_undef: v1.5 */
	X509		*cert;		/* SUCCESS: the certificate for key, or
					   the first */
	int		 n_certs;
	STACK_OF(X509)	*certs;		/* SUCCESS: all, in their order */
	X509_CRL	*crl;		/* SUCCESS: the first */
	int		 n_crls;
	char		 why[256];	/* status -1: what is wrong */
};
/* Verify (signature by the given RA certificate, content, attributes once and
 * of their exact types), decrypt with key and signer, and take apart. */
void	 scep_client_reply_read(const unsigned char *der, size_t len,
	    EVP_PKEY *key, X509 *signer, X509 *ra, struct client_reply *out);
/* The same for a key that nothing can be encrypted to: what is inside is
 * under a password (NULL: it is not). */
void	 scep_client_reply_open(const unsigned char *der, size_t len,
	    EVP_PKEY *key, X509 *signer, const char *password, X509 *ra,
	    struct client_reply *out);
void	 scep_client_reply_clear(struct client_reply *r);

/* The certificates of an answer to GetCACert: one in DER, or (bundle) those
 * of a certificates-only SignedData, in its order.  NULL if it is neither. */
STACK_OF(X509)	*scep_client_cacert(const unsigned char *der, size_t len,
		    int bundle);

#endif /* SCEP_CGI_SCEP_CLIENT_H */
