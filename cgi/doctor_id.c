/*
 * doctor_id.c - a client that doctor plays: a key in memory, a name, a
 * self-signed certificate, a request.
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/rsa.h>

#include "base/text.h"
#include "cgi/doctor.h"
#include "wire/name.h"

#define RSA_BITS	2048
#define SUFFIX		4	/* random octets in a name */
#define SECRET		16	/* … and in a secret */

/* Hex of SHA-256 of the public key: RFC 8894 section 3.2.1.1. */
static enum scep_err
make_txid(struct doctor *d, struct doctor_id *id)
{
	uint8_t		 digest[SCEP_SHA256_LEN];
	unsigned char	*der = NULL;
	int		 len = i2d_PUBKEY(id->key, &der);
	enum scep_err	 rc;

	if (len <= 0)
		return scep_fail_ssl(&d->adm->err, SCEP_E_INTERNAL,
		    "encode a public key");
	rc = scep_crypto_sha256(d->adm->crypto, scep_span_make(der,
	    (size_t)len), digest, &d->adm->err);
	OPENSSL_free(der);
	scep_hex_text(scep_span_make(digest, sizeof(digest)), id->txid,
	    sizeof(id->txid));
	return rc;
}

static enum scep_err
make_name(struct doctor *d, struct doctor_id *id)
{
	uint8_t			 random[SUFFIX];
	char			 hex[2 * SUFFIX + 1];
	struct scep_buf		 der = { NULL, 0 };
	const unsigned char	*p;
	enum scep_err		 rc;

	if ((rc = scep_crypto_random(d->adm->crypto, random, sizeof(random),
	    &d->adm->err)) != SCEP_OK)
		return rc;
	scep_hex_text(scep_span_make(random, sizeof(random)), hex,
	    sizeof(hex));
	if (d->subject != NULL)
		(void)snprintf(id->subject, sizeof(id->subject), "%s",
		    d->subject);
	else
		(void)snprintf(id->subject, sizeof(id->subject),
		    "CN=doctor-%s", hex);
	if ((rc = scep_name_make(id->subject, &der, &d->adm->err)) != SCEP_OK)
		return scep_fail_within(&d->adm->err, "--subject");
	p = der.data;
	id->name = d2i_X509_NAME(NULL, &p, (long)der.len);
	scep_buf_clear(&der);
	return id->name != NULL ? SCEP_OK : scep_fail_ssl(&d->adm->err,
	    SCEP_E_INTERNAL, "read a name");
}

/* As long as the profile wants it, where that is known. */
static unsigned int
rsa_bits(const struct doctor *d)
{
	int	 bits = RSA_BITS;

	if (d->profile != NULL && d->profile->keys.min_rsa_bits > bits)
		bits = d->profile->keys.min_rsa_bits;
	if (d->profile != NULL && d->profile->message.signer.min_rsa_bits >
	    bits)
		bits = d->profile->message.signer.min_rsa_bits;
	return (unsigned int)bits;
}

enum scep_err
doctor_id_name(struct doctor *d, struct doctor_id *id, int ec)
{
	enum scep_err	 rc;

	memset(id, 0, sizeof(*id));
	if ((rc = make_name(d, id)) != SCEP_OK)
		return rc;
	id->key = ec ? EVP_EC_gen("P-256") : EVP_RSA_gen(rsa_bits(d));
	if (id->key == NULL || (id->signer = scep_client_self_signed(id->key,
	    id->name)) == NULL)
		return scep_fail_ssl(&d->adm->err, SCEP_E_INTERNAL,
		    "make a client's key");
	return make_txid(d, id);
}

/* A secret that authorises nothing, as hex. */
static enum scep_err
make_secret(struct doctor *d, char **out)
{
	uint8_t		 random[SECRET];
	enum scep_err	 rc;

	if ((rc = scep_crypto_random(d->adm->crypto, random, sizeof(random),
	    &d->adm->err)) != SCEP_OK)
		return rc;
	if ((*out = malloc(2 * SECRET + 1)) == NULL)
		return scep_fail(&d->adm->err, SCEP_E_NOMEM, "a secret");
	scep_hex_text(scep_span_make(random, sizeof(random)), *out,
	    2 * SECRET + 1);
	return SCEP_OK;
}

/* RFC 8894 section 3.1: nothing can be encrypted to an EC key. */
static enum scep_err
take_secret(struct doctor *d, struct doctor_id *id, const char *challenge)
{
	if (EVP_PKEY_is_a(id->key, "RSA"))
		return SCEP_OK;
	if (challenge == NULL || challenge[0] == '\0')
		return make_secret(d, &id->secret);
	return (id->secret = strdup(challenge)) != NULL ? SCEP_OK :
	    scep_fail(&d->adm->err, SCEP_E_NOMEM, "a secret");
}

enum scep_err
doctor_id_request(struct doctor *d, struct doctor_id *id,
    const char *challenge)
{
	enum scep_err	 rc;

	if ((rc = take_secret(d, id, challenge)) != SCEP_OK)
		return rc;
	if (id->secret != NULL)
		challenge = id->secret;
	id->csr = scep_client_csr(id->key, id->name, challenge != NULL &&
	    challenge[0] != '\0' ? challenge : NULL, NULL);
	return id->csr.data != NULL ? SCEP_OK : scep_fail_ssl(&d->adm->err,
	    SCEP_E_INTERNAL, "make a client's request");
}

void
doctor_id_clear(struct doctor_id *id)
{
	EVP_PKEY_free(id->key);
	X509_NAME_free(id->name);
	X509_free(id->signer);
	if (id->csr.data != NULL)	/* it holds a challenge */
		OPENSSL_cleanse(id->csr.data, id->csr.len);
	bytes_free(&id->csr);
	if (id->secret != NULL)
		OPENSSL_cleanse(id->secret, strlen(id->secret));
	free(id->secret);
	memset(id, 0, sizeof(*id));
}
