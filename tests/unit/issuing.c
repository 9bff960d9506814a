/*
 * issuing.c - a CA and a profile in memory, made with OpenSSL's own code.
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/x509v3.h>

#include "wire/name.h"

#include "tests/unit/issuing.h"

static void
must(int ok)
{
	if (!ok)
		abort();
}

static struct scep_buf
spki_of(EVP_PKEY *key)
{
	struct scep_buf	 out = { NULL, 0 };
	int		 len = i2d_PUBKEY(key, &out.data);

	must(len > 0);
	out.len = (size_t)len;
	return out;
}

static void
x509_ext(X509 *x, const char *name, const char *value)
{
	X509V3_CTX	 ctx;
	X509_EXTENSION	*ext;

	X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);
	ext = X509V3_EXT_nconf(NULL, &ctx, name, value);
	must(ext != NULL && X509_add_ext(x, ext, -1) == 1);
	X509_EXTENSION_free(ext);
}

void
issuing_ca_cert(struct issuing *is, int with_ski)
{
	struct scep_error	 err;
	struct scep_buf		 der = { NULL, 0 };
	X509			*x = X509_new_ex(is->crypto->ctx, NULL);
	X509_NAME		*name = X509_get_subject_name(x);
	int			 len;

	must(X509_set_version(x, 2) == 1 &&
	    ASN1_INTEGER_set(X509_get_serialNumber(x), 7) == 1 &&
	    X509_NAME_add_entry_by_txt(name, "O", MBSTRING_ASC,
	    (const unsigned char *)"Issuing", -1, -1, 0) == 1 &&
	    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
	    (const unsigned char *)"Test CA", -1, -1, 0) == 1 &&
	    X509_set_issuer_name(x, name) == 1 &&
	    ASN1_TIME_set(X509_getm_notBefore(x), ISSUING_FROM) != NULL &&
	    ASN1_TIME_set(X509_getm_notAfter(x), ISSUING_TO) != NULL &&
	    X509_set_pubkey(x, is->ca.key) == 1);
	x509_ext(x, "basicConstraints", "critical,CA:TRUE");
	x509_ext(x, "keyUsage", "critical,keyCertSign,cRLSign");
	if (with_ski)
		x509_ext(x, "subjectKeyIdentifier", "0102030405060708");
	must(X509_sign(x, is->ca.key, is->crypto->md[SCEP_SHA256]) > 0);
	must((len = i2d_X509(x, &der.data)) > 0);
	der.len = (size_t)len;
	scep_cert_clear(&is->ca.cert);
	must(scep_cert_parse(is->crypto, scep_buf_span(&der), &is->ca.cert,
	    &err) == SCEP_OK && scep_issuer_make(is->crypto, &is->ca.cert,
	    &is->ca.issuer, &err) == SCEP_OK);
	scep_buf_clear(&der);
	X509_free(x);
}

void
issuing_ext(struct issuing *is, const char *name, const char *value)
{
	struct scep_error	 err;
	unsigned char		*der = NULL;
	X509V3_CTX		 ctx;
	X509_EXTENSION		*ext;
	int			 len;

	X509V3_set_ctx(&ctx, NULL, NULL, NULL, NULL, 0);
	ext = X509V3_EXT_nconf(NULL, &ctx, name, value);
	must(ext != NULL && (len = i2d_X509_EXTENSION(ext, &der)) > 0 &&
	    scep_buf_add(&is->profile.fixed_exts, scep_span_make(der,
	    (size_t)len), &err) == SCEP_OK);
	OPENSSL_free(der);
	X509_EXTENSION_free(ext);
}

static void
open_profile(struct issuing *is)
{
	memcpy(is->profile.name, "default", sizeof("default"));
	is->profile.authorise = SCEP_BIT(SCEP_BY_CHALLENGE);
	is->profile.validity_s = 365L * 86400;
	is->profile.backdate_s = 600;
	issuing_ext(is, "basicConstraints", "critical,CA:FALSE");
	issuing_ext(is, "keyUsage",
	    "critical,digitalSignature,keyEncipherment");
	issuing_ext(is, "extendedKeyUsage", "clientAuth");
}

void
issuing_open(struct issuing *is, const char *kind)
{
	/* SEQUENCE { [2] "peer.example" } */
	static const char	 san[] = "\x30\x0e\x82\x0cpeer.example";
	struct scep_error	 err;

	memset(is, 0, sizeof(*is));
	must(scep_crypto_new(NULL, &is->crypto, &err) == SCEP_OK);
	is->ca.key = strcmp(kind, "EC") == 0 ?
	    EVP_PKEY_Q_keygen(is->crypto->ctx, NULL, "EC", "P-256") :
	    EVP_PKEY_Q_keygen(is->crypto->ctx, NULL, "RSA", (size_t)2048);
	is->client = EVP_PKEY_Q_keygen(is->crypto->ctx, NULL, "RSA",
	    (size_t)2048);
	must(is->ca.key != NULL && is->client != NULL);
	memcpy(is->ca.name, "main", sizeof("main"));
	memcpy(is->ca.cert_path, "ca.pem", sizeof("ca.pem"));
	is->ca.digest = SCEP_SHA256;
	issuing_ca_cert(is, 1);
	open_profile(is);
	is->spki = spki_of(is->client);
	must(scep_name_make("C=CH, O=strongSwan, CN=peer", &is->subject,
	    &err) == SCEP_OK);
	must(scep_buf_set(&is->san, scep_span_make(san, sizeof(san) - 1),
	    &err) == SCEP_OK);
}

void
issuing_close(struct issuing *is)
{
	scep_cert_clear(&is->ca.cert);
	scep_cert_clear(&is->ca.ra_cert);
	scep_buf_clear(&is->profile.fixed_exts);
	scep_buf_clear(&is->spki);
	scep_buf_clear(&is->subject);
	scep_buf_clear(&is->san);
	EVP_PKEY_free(is->ca.key);
	EVP_PKEY_free(is->client);
	scep_crypto_free(is->crypto);
}

struct scep_grant *
issuing_grant(const struct issuing *is)
{
	const struct scep_rules	 rules = { .by_challenge = 1 };
	const struct scep_facts	 facts = {
		.self_signed = 1,
		.signer_has_csr_key = 1,
		.subject_allowed = 1,
		.san_allowed = 1,
		.challenge = SCEP_CH_RECORD,
		.txn = SCEP_TX_NONE,
	};
	const struct scep_asked	 asked = {
		.profile = &is->profile,
		.ca = &is->ca,
		.subject = scep_buf_span(&is->subject),
		.spki = scep_buf_span(&is->spki),
		.san = scep_buf_span(&is->san),
		.request_id = "0123456789abcdef",
		.authority = "challenge test",
	};
	struct scep_error	 err;
	struct scep_grant	*grant = NULL;
	struct scep_verdict	 verdict;

	must(scep_authorise(&rules, &facts, &asked, &verdict, &grant, &err) ==
	    SCEP_OK && grant != NULL);
	return grant;
}
