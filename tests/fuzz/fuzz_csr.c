/*
 * fuzz_csr.c - what came out of an envelope, as the CA reads it: DER, the
 * request, its names; and the same octets as a bare name, a subjectAltName
 * and a certificate.
 *
 * What is accepted must be what libcrypto reads there, and must survive being
 * written and read again.
 */
#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/x509.h>

#include "base/der.h"
#include "wire/cert.h"
#include "wire/csr.h"

#define NEED(x)	do { if (!(x)) abort(); } while (0)

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const struct scep_key_rules rules = {
	.types = SCEP_BIT(SCEP_KEY_RSA) | SCEP_BIT(SCEP_KEY_P256) |
	    SCEP_BIT(SCEP_KEY_P384) | SCEP_BIT(SCEP_KEY_P521),
	.min_rsa_bits = 512, .max_rsa_bits = 8192,
};

static void
try_name(struct scep_span der)
{
	char			 text[SCEP_NAME_TEXT];
	struct scep_name	 name;
	struct scep_error	 err;

	scep_name_text(der, text, sizeof(text));
	if (scep_name_parse(der, &name, &err) != SCEP_OK)
		return;
	NEED(name.n <= SCEP_NAME_MAX_AVAS && scep_name_same(&name, &name));
	NEED(scep_name_match(der, der));
	scep_name_clear(&name);
}

static void
try_san(struct scep_span der)
{
	static struct scep_san_list	 list, again;
	char				 text[256];
	struct scep_buf			 out = { NULL, 0 };
	struct scep_error		 err;

	if (scep_san_parse(der, &list, &err) != SCEP_OK)
		return;
	NEED(list.n > 0);
	scep_san_text(&list, text, sizeof(text));
	if (scep_san_encode(&list, &out, &err) == SCEP_OK) {
		NEED(scep_san_parse(scep_buf_span(&out), &again, &err) ==
		    SCEP_OK);
		NEED(scep_san_same(&list, &again));
		scep_san_clear(&again);
	}
	scep_buf_clear(&out);
	scep_san_clear(&list);
}

static void
try_cert(const struct scep_crypto *crypto, struct scep_span der)
{
	struct scep_cert	 cert;
	struct scep_error	 err;

	if (scep_cert_parse(crypto, der, &cert, &err) != SCEP_OK)
		return;
	NEED(cert.version >= 1 && cert.version <= 3);
	/* Every octet of every part is one of the certificate's. */
	NEED(cert.ski.len == 0 || (cert.ski.data >= cert.der.data &&
	    cert.ski.data + cert.ski.len <= cert.der.data + cert.der.len));
	(void)scep_cert_is_self_issued(&cert);
	try_name(cert.issuer);
	try_name(cert.subject);
	scep_cert_clear(&cert);
}

/* All of them, or none. */
static void
try_csr_names(const struct scep_csr *csr)
{
	struct scep_name	 name;
	struct scep_error	 err;

	NEED(scep_name_parse(csr->subject, &name, &err) == SCEP_OK);
	NEED(scep_name_same(&name, &csr->name));
	scep_name_clear(&name);
	if (scep_csr_names(csr, &err) == SCEP_OK)
		return;
	NEED(err.text[0] != '\0' && csr->name.n == 0 && csr->san.n == 0);
}

static void
try_csr(const struct scep_crypto *crypto, struct scep_span der)
{
	const unsigned char	*p = der.data;
	struct scep_csr		*csr;
	struct scep_error	 err;
	X509_REQ		*req;

	if (scep_csr_read(crypto, der, &rules, &csr, &err) != SCEP_OK)
		return;
	NEED(csr->challenge.len <= SCEP_CHALLENGE_MAX);
	NEED(scep_der_check(der, &err) == SCEP_OK);
	try_csr_names(csr);
	if (scep_csr_verify(crypto, csr, 1, &err) != SCEP_OK) {
		scep_csr_free(csr);
		return;
	}
	NEED((req = d2i_X509_REQ(NULL, &p, (long)der.len)) != NULL);
	NEED(X509_REQ_verify(req, X509_REQ_get0_pubkey(req)) == 1);
	X509_REQ_free(req);
	scep_csr_free(csr);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct scep_crypto	*crypto;
	struct scep_span		 der = scep_span_make(data, len);
	struct scep_error		 err;

	if (crypto == NULL)
		NEED(scep_crypto_new(NULL, &crypto, &err) == SCEP_OK);
	(void)scep_der_check(der, &err);
	try_csr(crypto, der);
	try_name(der);
	try_san(der);
	try_cert(crypto, der);
	NEED(ERR_peek_error() == 0);
	return 0;
}
