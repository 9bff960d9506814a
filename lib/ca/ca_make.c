/*
 * ca_make.c - keys and certificates that the CA makes for itself: a root of
 * its own, and the RA below it.
 */
#include <string.h>

#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "base/error.h"
#include "ca/ca_make.h"

#define BACKDATE_S	600

static const struct {
	const char	*word;
	const char	*type;
	const char	*curve;
	unsigned int	 bits;
} key_types[] = {
	{ "rsa:2048", "RSA", NULL, 2048 },
	{ "rsa:3072", "RSA", NULL, 3072 },
	{ "rsa:4096", "RSA", NULL, 4096 },
	{ "ec:p256", "EC", "P-256", 0 },
	{ "ec:p384", "EC", "P-384", 0 },
};

enum scep_err
scep_ca_make_key(const struct scep_crypto *crypto, const char *word,
    EVP_PKEY **out, struct scep_error *err)
{
	size_t	 i;

	*out = NULL;
	for (i = 0; i < sizeof(key_types) / sizeof(key_types[0]); i++) {
		if (strcmp(word, key_types[i].word) != 0)
			continue;
		*out = key_types[i].curve != NULL ?
		    EVP_PKEY_Q_keygen(crypto->ctx, NULL, "EC",
		    key_types[i].curve) :
		    EVP_PKEY_Q_keygen(crypto->ctx, NULL, "RSA",
		    (size_t)key_types[i].bits);
		return *out != NULL ? SCEP_OK :
		    scep_fail_ssl(err, SCEP_E_INTERNAL, "make a key");
	}
	return scep_fail(err, SCEP_E_USAGE, "--key %.32s: not one of "
	    SCEP_KEY_WORDS, word);
}

/* 127 random bits, positive and of constant length (SECURITY 2). */
static enum scep_err
set_serial(const struct scep_crypto *crypto, X509 *cert,
    struct scep_error *err)
{
	uint8_t		 bytes[16];
	BIGNUM		*n;
	enum scep_err	 rc;

	if ((rc = scep_crypto_random(crypto, bytes, sizeof(bytes), err)) != SCEP_OK)
		return rc;
	bytes[0] = (bytes[0] & 0x7f) | 0x40;
	n = BN_bin2bn(bytes, sizeof(bytes), NULL);
	if (n == NULL || BN_to_ASN1_INTEGER(n,
	    X509_get_serialNumber(cert)) == NULL)
		rc = scep_fail_ssl(err, SCEP_E_INTERNAL, "serial");
	BN_free(n);
	return rc;
}

static int
add_ext(X509V3_CTX *ctx, X509 *cert, const char *name, const char *value)
{
	X509_EXTENSION	*ext;
	int		 ok;

	if ((ext = X509V3_EXT_conf(NULL, ctx, name, value)) == NULL)
		return 0;
	ok = X509_add_ext(cert, ext, -1);
	X509_EXTENSION_free(ext);
	return ok == 1;
}

/* What the CA issues says which of its keys it was; a CA certificate without
 * that identifier has nothing to say. */
static int
add_issuer_key(X509V3_CTX *ctx, X509 *cert, X509 *issuer)
{
	return X509_get0_subject_key_id(issuer) == NULL ||
	    add_ext(ctx, cert, "authorityKeyIdentifier", "keyid:always");
}

/* RFC 8894 section 2.1.2 for the CA; PROTOCOL 2.1 for the RA: clients pick
 * it by keyUsage, Windows wants an EKU such as Certificate Request Agent. */
static int
add_exts(X509 *cert, X509 *issuer)
{
	X509V3_CTX	 ctx;

	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	if (cert == issuer)
		return add_ext(&ctx, cert, "basicConstraints",
		    "critical,CA:TRUE,pathlen:0") &&
		    add_ext(&ctx, cert, "keyUsage",
		    "critical,digitalSignature,keyCertSign,cRLSign") &&
		    add_ext(&ctx, cert, "subjectKeyIdentifier", "hash");
	return add_ext(&ctx, cert, "basicConstraints", "critical,CA:FALSE") &&
	    add_ext(&ctx, cert, "keyUsage",
	    "critical,digitalSignature,keyEncipherment") &&
	    add_ext(&ctx, cert, "extendedKeyUsage",
	    "1.3.6.1.4.1.311.20.2.1") &&
	    add_ext(&ctx, cert, "subjectKeyIdentifier", "hash") &&
	    add_issuer_key(&ctx, cert, issuer);
}

/* The issuer's name with another CN: one that limits names to its own
 * organisation allows that. */
static int
set_names(X509 *cert, X509 *issuer, const struct scep_making *m)
{
	X509_NAME	*name;
	int		 i, ok = 1;

	name = X509_NAME_dup(m->subject != NULL ? m->subject :
	    X509_get_subject_name(issuer));
	if (name == NULL)
		return 0;
	while (m->cn != NULL && (i = X509_NAME_get_index_by_NID(name,
	    NID_commonName, -1)) >= 0)
		X509_NAME_ENTRY_free(X509_NAME_delete_entry(name, i));
	if (m->cn != NULL)
		ok = X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
		    (const unsigned char *)m->cn, -1, -1, 0) == 1;
	ok = ok && X509_set_subject_name(cert, name) == 1 &&
	    X509_set_issuer_name(cert, X509_get_subject_name(issuer)) == 1;
	X509_NAME_free(name);
	return ok;
}

/* As long as a CA of ours, but never beyond the issuer's. */
static int
set_dates(X509 *cert, X509 *issuer, long days, time_t now)
{
	if (ASN1_TIME_set(X509_getm_notBefore(cert), now - BACKDATE_S) ==
	    NULL || ASN1_TIME_adj(X509_getm_notAfter(cert), now - BACKDATE_S,
	    (int)(days > 0 ? days : SCEP_CA_DAYS), 0) == NULL)
		return 0;
	if (cert == issuer)
		return 1;
	if (ASN1_TIME_compare(X509_get0_notBefore(cert),
	    X509_get0_notBefore(issuer)) < 0 &&
	    X509_set1_notBefore(cert, X509_get0_notBefore(issuer)) != 1)
		return 0;
	return ASN1_TIME_compare(X509_get0_notAfter(cert),
	    X509_get0_notAfter(issuer)) <= 0 ||
	    X509_set1_notAfter(cert, X509_get0_notAfter(issuer)) == 1;
}

enum scep_err
scep_ca_make_cert(const struct scep_crypto *crypto,
    const struct scep_making *m, time_t now, X509 **out,
    struct scep_error *err)
{
	X509		*cert, *issuer;
	enum scep_err	 rc;

	*out = NULL;
	if ((cert = X509_new_ex(crypto->ctx, NULL)) == NULL)
		return scep_fail_ssl(err, SCEP_E_NOMEM, "certificate");
	issuer = m->issuer != NULL ? m->issuer : cert;
	if ((rc = set_serial(crypto, cert, err)) == SCEP_OK &&
	    (X509_set_version(cert, X509_VERSION_3) != 1 ||
	    X509_set_pubkey(cert, m->key) != 1 ||
	    !set_names(cert, issuer, m) ||
	    !set_dates(cert, issuer, m->days, now) ||
	    !add_exts(cert, issuer) || X509_sign(cert, m->issuer_key,
	    crypto->md[m->digest]) <= 0))
		rc = scep_fail_ssl(err, SCEP_E_INTERNAL,
		    "certificate for \"%s\"", m->cn != NULL ? m->cn : "");
	if (rc != SCEP_OK) {
		X509_free(cert);
		return rc;
	}
	*out = cert;
	return SCEP_OK;
}

/* A digest as strong as the curve; RSA of any size makes do with SHA-256. */
enum scep_digest
scep_ca_key_digest(const EVP_PKEY *key)
{
	if (!EVP_PKEY_is_a(key, "EC") || EVP_PKEY_get_bits(key) < 384)
		return SCEP_SHA256;
	return EVP_PKEY_get_bits(key) < 512 ? SCEP_SHA384 : SCEP_SHA512;
}
