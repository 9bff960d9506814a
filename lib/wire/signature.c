/*
 * signature.c - signatures: which algorithm goes with which kind of key, made
 * and verified.
 */
#include <openssl/objects.h>

#include "base/error.h"
#include "wire/asn1.h"
#include "wire/rsa.h"

/* ecdsa-with-SHAnnn, RFC 5758 section 3.2; id-Ed25519, RFC 8410 section 3.  No
 * parameters.  Ed25519 hashes with SHA-512, and RFC 8419 section 3.1 wants that
 * as a message's digest too. */
static enum scep_digest
bare_digest(const struct scep_key *key, const struct scep_alg *alg)
{
	ASN1_OBJECT	*oid;
	int		 i, nid, md = NID_undef, pk = NID_undef;

	oid = scep_asn1_parse(alg->oid.whole, ASN1_ITEM_rptr(ASN1_OBJECT));
	nid = OBJ_obj2nid(oid);
	ASN1_OBJECT_free(oid);
	if (alg->param.whole.len > 0)
		return SCEP_DIGEST__MAX;
	if (key->type == SCEP_KEY_ED25519)
		return nid == NID_ED25519 ? SCEP_SHA512 : SCEP_DIGEST__MAX;
	if (OBJ_find_sigid_algs(nid, &md, &pk) != 1 ||
	    pk != NID_X9_62_id_ecPublicKey)
		return SCEP_DIGEST__MAX;
	for (i = 0; i < SCEP_DIGEST__MAX; i++)
		if (md == scep_digest_nid((enum scep_digest)i))
			return (enum scep_digest)i;
	return SCEP_DIGEST__MAX;
}

enum scep_err
scep_key_signature_alg(const struct scep_key *key, const struct scep_alg *alg,
    enum scep_digest *md, struct scep_error *err)
{
	if (key->type == SCEP_KEY_RSA)
		return scep_alg_rsa_signature(alg, md, err);
	*md = bare_digest(key, alg);
	return *md != SCEP_DIGEST__MAX ? SCEP_OK : scep_fail(err, SCEP_E_ALG,
	    "signature algorithm, or its parameters, not one of a %s key",
	    scep_key_type_name(key->type));
}

enum scep_err
scep_key_signature_digest(const struct scep_key *key, struct scep_span der,
    enum scep_digest *md, struct scep_error *err)
{
	struct scep_alg	 alg;
	enum scep_err	 rc;

	*md = SCEP_DIGEST__MAX;
	if (!scep_alg_take(&der, &alg) || der.len > 0)
		return scep_fail(err, SCEP_E_FORMAT,
		    "signature algorithm does not parse");
	rc = scep_key_signature_alg(key, &alg, md, err);
	if (rc == SCEP_OK && *md == SCEP_DIGEST__MAX)
		rc = scep_fail(err, SCEP_E_ALG,
		    "signature algorithm names no digest that is allowed");
	return rc;
}

/* ECDSA and Ed25519. */
static enum scep_err
evp_verify(const struct scep_crypto *crypto, const struct scep_key *key,
    enum scep_digest md, struct scep_span data, struct scep_span signature,
    struct scep_error *err)
{
	EVP_MD_CTX	*ctx;
	const char	*name = key->type == SCEP_KEY_ED25519 ? NULL :
			    EVP_MD_get0_name(crypto->md[md]);
	int		 ok;

	if ((ctx = EVP_MD_CTX_new()) == NULL)
		return scep_fail_ssl(err, SCEP_E_NOMEM, "verify");
	ok = EVP_DigestVerifyInit_ex(ctx, NULL, name, crypto->ctx, NULL,
	    key->evp, NULL) == 1 &&
	    EVP_DigestVerify(ctx, signature.data, signature.len, data.data,
	    data.len) == 1;
	EVP_MD_CTX_free(ctx);
	return ok ? SCEP_OK : scep_fail_ssl(err, SCEP_E_SIG,
	    "signature does not verify");
}

enum scep_err
scep_key_verify(const struct scep_crypto *crypto, const struct scep_key *key,
    enum scep_digest md, struct scep_span data, struct scep_span signature,
    struct scep_error *err)
{
	if (key->type == SCEP_KEY_RSA)
		return scep_rsa_verify(crypto, key->rsa, md, data, signature,
		    err);
	if (md == SCEP_MD5)
		return scep_fail(err, SCEP_E_ALG, "MD5 with a key that is "
		    "not RSA");
	return evp_verify(crypto, key, md, data, signature, err);
}

/* What a private key is shown: RSASSA-PKCS1-v1_5 pads a DigestInfo, ECDSA
 * takes the digest. */
static enum scep_err
to_sign(const struct scep_crypto *crypto, EVP_PKEY *key, enum scep_digest md,
    struct scep_span data, uint8_t out[SCEP_DIGEST_INFO_MAX], size_t *len,
    struct scep_error *err)
{
	if (EVP_PKEY_is_a(key, "RSA"))
		return scep_rsa_digest_info(crypto, md, data, out, len, err);
	if (md == SCEP_MD5 || !EVP_PKEY_is_a(key, "EC"))
		return scep_fail(err, SCEP_E_INTERNAL, "sign with %s and a "
		    "key of type %s", scep_digest_name(md),
		    EVP_PKEY_get0_type_name(key));
	return scep_crypto_digest(crypto, md, data, out, len, err);
}

EVP_PKEY_CTX *
scep_key_signing(const struct scep_crypto *crypto, EVP_PKEY *key)
{
	EVP_PKEY_CTX	*ctx;

	/* The padding of an RSA signature is PKCS #1's if nobody says
	 * otherwise. */
	if ((ctx = EVP_PKEY_CTX_new_from_pkey(crypto->ctx, key, NULL)) ==
	    NULL || EVP_PKEY_sign_init(ctx) != 1) {
		EVP_PKEY_CTX_free(ctx);
		ctx = NULL;
	}
	return ctx;
}

enum scep_err
scep_key_sign_with(const struct scep_crypto *crypto, EVP_PKEY *key,
    const EVP_PKEY_CTX *signing, enum scep_digest md, struct scep_span data,
    struct scep_buf *out, struct scep_error *err)
{
	uint8_t		 octets[SCEP_DIGEST_INFO_MAX];
	EVP_PKEY_CTX	*ctx = NULL;
	uint8_t		*sig = NULL;
	size_t		 n, len = (size_t)EVP_PKEY_get_size(key);
	enum scep_err	 rc;

	if ((rc = to_sign(crypto, key, md, data, octets, &n, err)) != SCEP_OK)
		return rc;
	if (signing != NULL)
		ctx = EVP_PKEY_CTX_dup(signing);
	if (ctx == NULL || EVP_PKEY_CTX_get0_pkey(ctx) != key) {
		EVP_PKEY_CTX_free(ctx);
		ctx = scep_key_signing(crypto, key);
	}
	if (ctx == NULL || (sig = OPENSSL_malloc(len)) == NULL ||
	    EVP_PKEY_sign(ctx, sig, &len, octets, n) != 1) {
		EVP_PKEY_CTX_free(ctx);
		OPENSSL_free(sig);
		return scep_fail_ssl(err, SCEP_E_INTERNAL, "sign");
	}
	EVP_PKEY_CTX_free(ctx);
	scep_buf_clear(out);
	out->data = sig;
	out->len = len;
	return SCEP_OK;
}

enum scep_err
scep_key_sign(const struct scep_crypto *crypto, EVP_PKEY *key,
    enum scep_digest md, struct scep_span data, struct scep_buf *out,
    struct scep_error *err)
{
	return scep_key_sign_with(crypto, key, NULL, md, data, out, err);
}
