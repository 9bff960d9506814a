/*
 * client.h - cgi/scep_client, the judge of ours, shared by the unit tests and
 * tests/scepbot.
 *
 * Subjects are text, "/C=CH/O=x/CN=y"; a nonce that is NULL is random.  All
 * functions abort() when OpenSSL itself fails: a test that cannot be set up
 * must not pass.
 */
#ifndef TESTS_CLIENT_H
#define TESTS_CLIENT_H

#include <stddef.h>
#include <time.h>

#include "cgi/scep_client.h"

struct bytes	 client_csr(EVP_PKEY *key, const char *subject,
		    const char *challenge, const char *const *dns);
X509		*client_self_signed(EVP_PKEY *key, const char *subject);
struct bytes	 client_issuer_and_subject(X509 *ca, const char *subject);
struct bytes	 client_issuer_and_serial(const X509_NAME *issuer,
		    const ASN1_INTEGER *serial);
struct bytes	 client_message(const struct client_message *m);
/*
 * The same message as a streaming client writes it (macOS): constructed
 * values of indefinite length, OCTET STRINGs in segments.  Certificates stay
 * as they are.
 */
struct bytes	 client_to_ber(const struct bytes *der);
void	 client_reply_read(const unsigned char *der, size_t len, EVP_PKEY *key,
	    X509 *signer, X509 *ra, struct client_reply *out);
void	 client_reply_clear(struct client_reply *r);

#endif /* TESTS_CLIENT_H */
