/*
 * key.c - public keys: their bytes are looked at before libcrypto sees them.
 *
 * EVP_PKEY_fromdata() validates nothing and the generic decoder costs thirty
 * times as much (DESIGN 9), so the rules are checked here, from the SPKI; of
 * an RSA key no EVP object is made at all (rsa.c).
 */
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>

#include "base/der.h"
#include "base/error.h"
#include "wire/rsa.h"

#define SEQUENCE	0x30
#define OCTETS(s)	{ (const uint8_t *)(s), sizeof(s) - 1 }

#define ID_EC		"\x2a\x86\x48\xce\x3d\x02\x01"

/* RFC 3279 section 2.3.1, RFC 5480 section 2.1.1 (named curves alone), RFC
 * 8410 section 3. */
static const struct {
	const char		*name;
	const char		*group;	/* EC: what fromdata calls the curve */
	struct scep_span	 oid;	/* content of the algorithm's */
	uint8_t			 param;	/* tag of its parameters, 0: none */
	struct scep_span	 curve;	/* their content */
	int			 bits;
	int			 field;	/* octets of a coordinate */
} types[] = {
	[SCEP_KEY_RSA] = { "RSA", NULL,
	    OCTETS("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01"), V_ASN1_NULL,
	    OCTETS(""), 0, 0 },
	[SCEP_KEY_P256] = { "P-256", "P-256", OCTETS(ID_EC), V_ASN1_OBJECT,
	    OCTETS("\x2a\x86\x48\xce\x3d\x03\x01\x07"), 256, 32 },
	[SCEP_KEY_P384] = { "P-384", "P-384", OCTETS(ID_EC), V_ASN1_OBJECT,
	    OCTETS("\x2b\x81\x04\x00\x22"), 384, 48 },
	[SCEP_KEY_P521] = { "P-521", "P-521", OCTETS(ID_EC), V_ASN1_OBJECT,
	    OCTETS("\x2b\x81\x04\x00\x23"), 521, 66 },
	[SCEP_KEY_ED25519] = { "Ed25519", NULL, OCTETS("\x2b\x65\x70"), 0,
	    OCTETS(""), 256, 32 },
	[SCEP_KEY_OTHER] = { "other", NULL, { NULL, 0 }, 0, { NULL, 0 }, 0,
	    0 },
};

const char *
scep_key_type_name(enum scep_key_type type)
{
	return types[type].name;
}

/* AlgorithmIdentifier ::= SEQUENCE { algorithm, parameters OPTIONAL }; 0 if it
 * is none. */
static int
read_type(struct scep_span alg, enum scep_key_type *out)
{
	struct scep_tlv	 oid, param = { 0, { NULL, 0 }, { NULL, 0 } };
	int		 i;

	if (!scep_der_next(&alg, &oid) || oid.tag != V_ASN1_OBJECT ||
	    (alg.len > 0 && (!scep_der_next(&alg, &param) ||
	    param.tag == 0)) || alg.len > 0)	/* 00 is no type's tag */
		return 0;
	for (i = 0; i < SCEP_KEY_OTHER; i++)
		if (scep_span_equal(oid.content, types[i].oid) &&
		    param.tag == types[i].param &&
		    scep_span_equal(param.content, types[i].curve))
			break;
	*out = (enum scep_key_type)i;
	return 1;
}

/* SubjectPublicKeyInfo ::= SEQUENCE { algorithm, BIT STRING }. */
static int
read_spki(struct scep_span spki, enum scep_key_type *type,
    struct scep_span *bits)
{
	struct scep_tlv	 all, alg, key;

	if (!scep_der_next(&spki, &all) || all.tag != SEQUENCE ||
	    spki.len > 0 || !scep_der_next(&all.content, &alg) ||
	    alg.tag != SEQUENCE || !scep_der_next(&all.content, &key) ||
	    key.tag != V_ASN1_BIT_STRING || key.content.len == 0 ||
	    all.content.len > 0 || !read_type(alg.content, type))
		return 0;
	*bits = key.content;
	return 1;
}

static EVP_PKEY *
ec_make(const struct scep_crypto *crypto, const char *group,
    struct scep_span point)
{
	OSSL_PARAM_BLD	*bld = OSSL_PARAM_BLD_new();
	OSSL_PARAM	*params = NULL;
	EVP_PKEY_CTX	*ctx = NULL;
	EVP_PKEY	*pkey = NULL;

	if (bld == NULL || OSSL_PARAM_BLD_push_utf8_string(bld,
	    OSSL_PKEY_PARAM_GROUP_NAME, group, 0) != 1 ||
	    OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY,
	    point.data, point.len) != 1 ||
	    (params = OSSL_PARAM_BLD_to_param(bld)) == NULL ||
	    (ctx = EVP_PKEY_CTX_new_from_name(crypto->ctx, "EC", NULL)) ==
	    NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
		pkey = NULL;
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_free(params);
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
	if ((out->evp = ec_make(crypto, types[out->type].group, point)) !=
	    NULL && (ctx = EVP_PKEY_CTX_new_from_pkey(crypto->ctx, out->evp,
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
	out->evp = EVP_PKEY_new_raw_public_key_ex(crypto->ctx, "ED25519",
	    NULL, bits.data, bits.len);
	return out->evp != NULL ? SCEP_OK :
	    scep_fail_ssl(err, SCEP_E_ALG, "Ed25519 key");
}

static enum scep_err
load(const struct scep_crypto *crypto, struct scep_span bits,
    const struct scep_key_rules *rules, struct scep_key *out,
    struct scep_error *err)
{
	const struct scep_span	 key = { bits.data + 1, bits.len - 1 };
	enum scep_err		 rc;

	if (out->type == SCEP_KEY_OTHER ||
	    (rules->types & SCEP_BIT(out->type)) == 0)
		return scep_fail(err, SCEP_E_ALG, "%s key not allowed",
		    types[out->type].name);
	/* No unused bits: RFC 3279 section 2.3. */
	if (bits.data[0] != 0)
		return scep_fail(err, SCEP_E_FORMAT,
		    "subjectPublicKey has unused bits");
	if (out->type == SCEP_KEY_ED25519)
		return ed25519_load(crypto, key, out, err);
	if (out->type != SCEP_KEY_RSA)
		return ec_load(crypto, key, out, err);
	if ((rc = scep_rsa_new(key, rules, &out->rsa, err)) == SCEP_OK)
		out->bits = scep_rsa_bits(out->rsa);
	return rc;
}

enum scep_err
scep_key_load(const struct scep_crypto *crypto, struct scep_span spki,
    const struct scep_key_rules *rules, struct scep_key *out,
    struct scep_error *err)
{
	struct scep_span	 bits;
	enum scep_err		 rc;

	memset(out, 0, sizeof(*out));
	out->spki = spki;
	if (!read_spki(spki, &out->type, &bits))
		return scep_fail(err, SCEP_E_FORMAT, "no SubjectPublicKeyInfo");
	if ((rc = load(crypto, bits, rules, out, err)) == SCEP_OK)
		rc = scep_crypto_sha256(crypto, spki, out->sha256, err);
	if (rc != SCEP_OK)
		scep_key_clear(out);
	return rc;
}

void
scep_key_clear(struct scep_key *key)
{
	EVP_PKEY_free(key->evp);
	scep_rsa_free(key->rsa);
	memset(key, 0, sizeof(*key));
}

EVP_PKEY *
scep_key_get1_evp(const struct scep_crypto *crypto, const struct scep_key *key)
{
	if (key->rsa != NULL)
		return scep_rsa_evp(crypto, key->rsa);
	return EVP_PKEY_up_ref(key->evp) == 1 ? key->evp : NULL;
}

enum scep_key_type
scep_key_type_of(struct scep_span spki)
{
	enum scep_key_type	 type;
	struct scep_span	 bits;

	return read_spki(spki, &type, &bits) ? type : SCEP_KEY_OTHER;
}

/* RFC 8894 section 3.1 has key transport and passwords, no key agreement. */
int
scep_key_encrypts(enum scep_key_type type)
{
	return type == SCEP_KEY_RSA;
}
