/*
 * key.c - public keys: their bytes are looked at before libcrypto sees them.
 *
 * EVP_PKEY_fromdata() validates nothing and the generic decoder costs thirty
 * times as much (DESIGN 9), so the rules are checked here, from the SPKI.
 */
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/objects.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include "base/error.h"
#include "wire/asn1.h"
#include "wire/key.h"

#define RSA_MAX_OCTETS	1024	/* 8192 bits; no profile may allow more */
#define RSA_E_MAX	4	/* octets of the exponent: below 2^32 */
#define RSA_E_MIN	65537

static const struct {
	const char	*name;
	const char	*group;		/* EC: what fromdata calls the curve */
	int		 nid;
	int		 bits;
	int		 field;		/* octets of a coordinate */
} types[] = {
	[SCEP_KEY_RSA] = { "RSA", NULL, NID_rsaEncryption, 0, 0 },
	[SCEP_KEY_P256] = { "P-256", "P-256", NID_X9_62_prime256v1, 256, 32 },
	[SCEP_KEY_P384] = { "P-384", "P-384", NID_secp384r1, 384, 48 },
	[SCEP_KEY_P521] = { "P-521", "P-521", NID_secp521r1, 521, 66 },
	[SCEP_KEY_ED25519] = { "Ed25519", NULL, NID_ED25519, 256, 32 },
	[SCEP_KEY_OTHER] = { "other", NULL, NID_undef, 0, 0 },
};

const char *
scep_key_type_name(enum scep_key_type type)
{
	return types[type].name;
}

/* RFC 3279 section 2.3.1 and RFC 5480 section 2.1.1: named curves alone. */
static enum scep_key_type
type_of(const X509_ALGOR *alg)
{
	const ASN1_OBJECT	*oid;
	const void		*param;
	int			 i, type, nid;

	X509_ALGOR_get0(&oid, &type, &param, alg);
	nid = OBJ_obj2nid(oid);
	if (nid == NID_rsaEncryption && type == V_ASN1_NULL)
		return SCEP_KEY_RSA;
	if (nid == NID_ED25519 && type == V_ASN1_UNDEF)
		return SCEP_KEY_ED25519;
	if (nid != NID_X9_62_id_ecPublicKey || type != V_ASN1_OBJECT)
		return SCEP_KEY_OTHER;
	nid = OBJ_obj2nid(param);
	for (i = SCEP_KEY_P256; i <= SCEP_KEY_P521; i++)
		if (nid == types[i].nid)
			return (enum scep_key_type)i;
	return SCEP_KEY_OTHER;
}

static BIGNUM *
integer(const ASN1_INTEGER *n)
{
	struct scep_span	 s = scep_asn1_span(n);

	return BN_bin2bn(s.data, (int)s.len, NULL);
}

static enum scep_err
rsa_rules(const SCEP_RSA_PUBLIC *rsa, const struct scep_key_rules *rules,
    int *bits, struct scep_error *err)
{
	struct scep_span	 n = scep_asn1_span(rsa->n);
	struct scep_span	 e = scep_asn1_span(rsa->e);
	unsigned long		 exp = 0;
	size_t			 i;
	uint8_t			 top;

	if (ASN1_STRING_type(rsa->n) != V_ASN1_INTEGER ||
	    ASN1_STRING_type(rsa->e) != V_ASN1_INTEGER || n.len == 0 ||
	    n.len > RSA_MAX_OCTETS || n.data[0] == 0)
		return scep_fail(err, SCEP_E_ALG, "RSA modulus of %zu octets",
		    n.len);
	for (*bits = (int)n.len * 8, top = n.data[0]; top < 0x80;
	    top = (uint8_t)(top << 1))
		(*bits)--;
	if (*bits < rules->min_rsa_bits || *bits > rules->max_rsa_bits)
		return scep_fail(err, SCEP_E_ALG,
		    "RSA key of %d bits, not %d to %d", *bits,
		    rules->min_rsa_bits, rules->max_rsa_bits);
	if ((n.data[n.len - 1] & 1) == 0)
		return scep_fail(err, SCEP_E_ALG, "RSA modulus is even");
	if (e.len > RSA_E_MAX)
		return scep_fail(err, SCEP_E_ALG,
		    "RSA exponent of %zu octets", e.len);
	for (i = 0; i < e.len; i++)
		exp = exp << 8 | e.data[i];
	if (exp < RSA_E_MIN || (exp & 1) == 0)
		return scep_fail(err, SCEP_E_ALG,
		    "RSA exponent %lu, not odd from 65537 on", exp);
	return SCEP_OK;
}

static EVP_PKEY *
from_params(const struct scep_crypto *crypto, const char *kind,
    OSSL_PARAM_BLD *bld)
{
	EVP_PKEY_CTX	*ctx = NULL;
	EVP_PKEY	*pkey = NULL;
	OSSL_PARAM	*params = NULL;

	if ((params = OSSL_PARAM_BLD_to_param(bld)) == NULL ||
	    (ctx = EVP_PKEY_CTX_new_from_name(crypto->ctx, kind, NULL)) ==
	    NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
		pkey = NULL;
	OSSL_PARAM_free(params);
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

static EVP_PKEY *
rsa_make(const struct scep_crypto *crypto, const SCEP_RSA_PUBLIC *rsa)
{
	OSSL_PARAM_BLD	*bld = OSSL_PARAM_BLD_new();
	BIGNUM		*n = integer(rsa->n), *e = integer(rsa->e);
	EVP_PKEY	*pkey = NULL;

	if (bld != NULL && n != NULL && e != NULL &&
	    OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
	    OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, e) == 1)
		pkey = from_params(crypto, "RSA", bld);
	OSSL_PARAM_BLD_free(bld);
	BN_free(n);
	BN_free(e);
	return pkey;
}

static enum scep_err
rsa_load(const struct scep_crypto *crypto, struct scep_span bits,
    const struct scep_key_rules *rules, struct scep_key *out,
    struct scep_error *err)
{
	SCEP_RSA_PUBLIC	*rsa;
	enum scep_err	 rc;

	if ((rsa = scep_asn1_parse(bits, ASN1_ITEM_rptr(SCEP_RSA_PUBLIC))) ==
	    NULL)
		return scep_fail(err, SCEP_E_FORMAT, "no RSAPublicKey");
	if ((rc = rsa_rules(rsa, rules, &out->bits, err)) == SCEP_OK &&
	    (out->pkey = rsa_make(crypto, rsa)) == NULL)
		rc = scep_fail_ssl(err, SCEP_E_INTERNAL, "RSA key");
	scep_asn1_free(rsa, ASN1_ITEM_rptr(SCEP_RSA_PUBLIC));
	return rc;
}

static EVP_PKEY *
ec_make(const struct scep_crypto *crypto, const char *group,
    struct scep_span point)
{
	OSSL_PARAM_BLD	*bld = OSSL_PARAM_BLD_new();
	EVP_PKEY	*pkey = NULL;

	if (bld != NULL && OSSL_PARAM_BLD_push_utf8_string(bld,
	    OSSL_PKEY_PARAM_GROUP_NAME, group, 0) == 1 &&
	    OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY,
	    point.data, point.len) == 1)
		pkey = from_params(crypto, "EC", bld);
	OSSL_PARAM_BLD_free(bld);
	return pkey;
}

/* The point is uncompressed (RFC 5480 section 2.2) and on the curve; that it
 * has the curve's order follows, since these curves have cofactor 1. */
static enum scep_err
ec_load(const struct scep_crypto *crypto, struct scep_span point,
    struct scep_key *out, struct scep_error *err)
{
	EVP_PKEY_CTX	*ctx = NULL;
	int		 ok = 0;

	if (point.len != 1 + 2 * (size_t)types[out->type].field ||
	    point.data[0] != POINT_CONVERSION_UNCOMPRESSED)
		return scep_fail(err, SCEP_E_ALG,
		    "EC point of %zu octets, or compressed", point.len);
	out->bits = types[out->type].bits;
	if ((out->pkey = ec_make(crypto, types[out->type].group, point)) !=
	    NULL && (ctx = EVP_PKEY_CTX_new_from_pkey(crypto->ctx, out->pkey,
	    NULL)) != NULL)
		ok = EVP_PKEY_public_check_quick(ctx) == 1;
	EVP_PKEY_CTX_free(ctx);
	return ok ? SCEP_OK :
	    scep_fail_ssl(err, SCEP_E_ALG, "EC point");
}

static enum scep_err
ed25519_load(const struct scep_crypto *crypto, struct scep_span bits,
    struct scep_key *out, struct scep_error *err)
{
	out->bits = types[SCEP_KEY_ED25519].bits;
	out->pkey = EVP_PKEY_new_raw_public_key_ex(crypto->ctx, "ED25519",
	    NULL, bits.data, bits.len);
	return out->pkey != NULL ? SCEP_OK :
	    scep_fail_ssl(err, SCEP_E_ALG, "Ed25519 key");
}

static enum scep_err
load(const struct scep_crypto *crypto, const SCEP_SPKI *spki,
    const struct scep_key_rules *rules, struct scep_key *out,
    struct scep_error *err)
{
	struct scep_span	 bits = scep_asn1_span(spki->key);

	out->type = type_of(spki->alg);
	if (out->type == SCEP_KEY_OTHER ||
	    (rules->types & SCEP_BIT(out->type)) == 0)
		return scep_fail(err, SCEP_E_ALG, "%s key not allowed",
		    types[out->type].name);
	/* No unused bits: RFC 3279 section 2.3. */
	if ((spki->key->flags & 7) != 0)
		return scep_fail(err, SCEP_E_FORMAT,
		    "subjectPublicKey has unused bits");
	if (out->type == SCEP_KEY_RSA)
		return rsa_load(crypto, bits, rules, out, err);
	if (out->type == SCEP_KEY_ED25519)
		return ed25519_load(crypto, bits, out, err);
	return ec_load(crypto, bits, out, err);
}

enum scep_err
scep_key_load(const struct scep_crypto *crypto, struct scep_span spki,
    const struct scep_key_rules *rules, struct scep_key *out,
    struct scep_error *err)
{
	SCEP_SPKI	*parsed;
	enum scep_err	 rc;

	memset(out, 0, sizeof(*out));
	out->spki = spki;
	if ((parsed = scep_asn1_parse(spki, ASN1_ITEM_rptr(SCEP_SPKI))) ==
	    NULL)
		return scep_fail(err, SCEP_E_FORMAT, "no SubjectPublicKeyInfo");
	if ((rc = load(crypto, parsed, rules, out, err)) == SCEP_OK)
		rc = scep_crypto_sha256(crypto, spki, out->sha256, err);
	scep_asn1_free(parsed, ASN1_ITEM_rptr(SCEP_SPKI));
	if (rc != SCEP_OK)
		scep_key_clear(out);
	return rc;
}

void
scep_key_clear(struct scep_key *key)
{
	EVP_PKEY_free(key->pkey);
	memset(key, 0, sizeof(*key));
}

enum scep_key_type
scep_key_type_of(struct scep_span spki)
{
	SCEP_SPKI		*parsed;
	enum scep_key_type	 type = SCEP_KEY_OTHER;

	if ((parsed = scep_asn1_parse(spki, ASN1_ITEM_rptr(SCEP_SPKI))) !=
	    NULL)
		type = type_of(parsed->alg);
	scep_asn1_free(parsed, ASN1_ITEM_rptr(SCEP_SPKI));
	return type;
}

/* RFC 8894 section 3.1 has key transport and passwords, no key agreement. */
int
scep_key_encrypts(enum scep_key_type type)
{
	return type == SCEP_KEY_RSA;
}
