/*
 * rsa.c - RSA public keys as numbers, and what is done with them.
 *
 * Nothing here takes apart what came out of an operation: a signature is good
 * if it is of what it must be, octet for octet.
 */
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>

#include "base/der.h"
#include "base/error.h"
#include "wire/rsa.h"

#define E_MAX	4		/* octets of the exponent: below 2^32 */
#define E_MIN	65537
#define PAD_MIN	8		/* octets, RFC 8017 sections 7.2.1 and 9.2 */

struct scep_rsa {
	BIGNUM		*n;
	uint32_t	 e;
	BN_MONT_CTX	*mont;		/* of n */
};

/* All of DigestInfo but the digest: RFC 8017 section 9.2, note 1. */
static const struct {
	uint8_t	 octets[19];
	uint8_t	 len;
} info[SCEP_DIGEST__MAX] = {
	[SCEP_SHA1] = { { 0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e,
	    0x03, 0x02, 0x1a, 0x05, 0x00, 0x04, 20 }, 15 },
	[SCEP_SHA256] = { { 0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86,
	    0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 32 },
	    19 },
	[SCEP_SHA384] = { { 0x30, 0x41, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86,
	    0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02, 0x05, 0x00, 0x04, 48 },
	    19 },
	[SCEP_SHA512] = { { 0x30, 0x51, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86,
	    0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03, 0x05, 0x00, 0x04, 64 },
	    19 },
	[SCEP_MD5] = { { 0x30, 0x20, 0x30, 0x0c, 0x06, 0x08, 0x2a, 0x86,
	    0x48, 0x86, 0xf7, 0x0d, 0x02, 0x05, 0x05, 0x00, 0x04, 16 }, 18 },
};

/* Take an INTEGER in its one encoding, as a number without leading zeros; one
 * below zero is given as 0, which no rule allows either. */
static int
take_number(struct scep_span *rest, struct scep_span *out)
{
	struct scep_tlv		 tlv;
	struct scep_span	 c;

	if (!scep_der_next(rest, &tlv) || tlv.tag != V_ASN1_INTEGER)
		return 0;
	c = tlv.content;
	/* X.690 section 8.3.2: the first nine bits are not all alike. */
	if (c.len == 0 || (c.len > 1 && ((c.data[0] == 0x00 &&
	    c.data[1] < 0x80) || (c.data[0] == 0xff && c.data[1] >= 0x80))))
		return 0;
	if (c.data[0] >= 0x80)
		c.len = 0;
	else if (c.data[0] == 0)
		c = scep_span_make(c.data + 1, c.len - 1);
	*out = c;
	return 1;
}

static int
bits_of(struct scep_span n)
{
	int	 bits = (int)n.len * 8;
	uint8_t	 top;

	for (top = n.data[0]; top < 0x80; top = (uint8_t)(top << 1))
		bits--;
	return bits;
}

static enum scep_err
check(struct scep_span n, struct scep_span e,
    const struct scep_key_rules *rules, uint32_t *exp, struct scep_error *err)
{
	size_t	 i;
	int	 bits;

	if (n.len == 0 || n.len > SCEP_RSA_OCTETS_MAX)
		return scep_fail(err, SCEP_E_ALG, "RSA modulus of %zu octets",
		    n.len);
	bits = bits_of(n);
	if (bits < rules->min_rsa_bits || bits > rules->max_rsa_bits)
		return scep_fail(err, SCEP_E_ALG,
		    "RSA key of %d bits, not %d to %d", bits,
		    rules->min_rsa_bits, rules->max_rsa_bits);
	if ((n.data[n.len - 1] & 1) == 0)
		return scep_fail(err, SCEP_E_ALG, "RSA modulus is even");
	if (e.len > E_MAX)
		return scep_fail(err, SCEP_E_ALG,
		    "RSA exponent of %zu octets", e.len);
	for (i = 0; i < e.len; i++)
		*exp = *exp << 8 | e.data[i];
	if (*exp < E_MIN || (*exp & 1) == 0)
		return scep_fail(err, SCEP_E_ALG,
		    "RSA exponent %lu, not odd from 65537 on",
		    (unsigned long)*exp);
	return SCEP_OK;
}

static struct scep_rsa *
make(struct scep_span n, uint32_t e)
{
	struct scep_rsa	*rsa;
	BN_CTX		*ctx = BN_CTX_new();

	if ((rsa = OPENSSL_zalloc(sizeof(*rsa))) != NULL) {
		rsa->e = e;
		rsa->n = BN_bin2bn(n.data, (int)n.len, NULL);
		rsa->mont = BN_MONT_CTX_new();
		if (ctx == NULL || rsa->n == NULL || rsa->mont == NULL ||
		    BN_MONT_CTX_set(rsa->mont, rsa->n, ctx) != 1) {
			scep_rsa_free(rsa);
			rsa = NULL;
		}
	}
	BN_CTX_free(ctx);
	return rsa;
}

/* RSAPublicKey ::= SEQUENCE { n, e }, RFC 8017 appendix A.1.1. */
enum scep_err
scep_rsa_new(struct scep_span der, const struct scep_key_rules *rules,
    struct scep_rsa **out, struct scep_error *err)
{
	struct scep_tlv		 seq;
	struct scep_span	 n, e;
	uint32_t		 exp = 0;
	enum scep_err		 rc;

	*out = NULL;
	if (!scep_der_next(&der, &seq) || seq.tag != 0x30 || der.len > 0 ||
	    !take_number(&seq.content, &n) || !take_number(&seq.content, &e) ||
	    seq.content.len > 0)
		return scep_fail(err, SCEP_E_FORMAT, "no RSAPublicKey");
	if ((rc = check(n, e, rules, &exp, err)) != SCEP_OK)
		return rc;
	*out = make(n, exp);
	return *out != NULL ? SCEP_OK :
	    scep_fail_ssl(err, SCEP_E_INTERNAL, "RSA key");
}

void
scep_rsa_free(struct scep_rsa *rsa)
{
	if (rsa == NULL)
		return;
	BN_MONT_CTX_free(rsa->mont);
	BN_free(rsa->n);
	OPENSSL_free(rsa);
}

int
scep_rsa_bits(const struct scep_rsa *rsa)
{
	return BN_num_bits(rsa->n);
}

EVP_PKEY *
scep_rsa_evp(const struct scep_crypto *crypto, const struct scep_rsa *rsa)
{
	OSSL_PARAM_BLD	*bld = OSSL_PARAM_BLD_new();
	OSSL_PARAM	*params = NULL;
	EVP_PKEY_CTX	*ctx = NULL;
	EVP_PKEY	*pkey = NULL;

	if (bld == NULL ||
	    OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, rsa->n) != 1 ||
	    OSSL_PARAM_BLD_push_ulong(bld, OSSL_PKEY_PARAM_RSA_E, rsa->e) !=
	    1 || (params = OSSL_PARAM_BLD_to_param(bld)) == NULL ||
	    (ctx = EVP_PKEY_CTX_new_from_name(crypto->ctx, "RSA", NULL)) ==
	    NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
		pkey = NULL;
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(bld);
	return pkey;
}

/*
 * r = x^e mod n, for an x below n.  The exponent is public, and odd: the last
 * factor is x as it is, which leads out of Montgomery's form again.
 */
static int
power(const struct scep_rsa *rsa, const BIGNUM *x, BIGNUM *r)
{
	BN_CTX		*ctx = BN_CTX_new();
	BIGNUM		*xr = BN_new();
	uint32_t	 bit = UINT32_C(1) << 31;
	int		 ok;

	while ((rsa->e & bit) == 0)
		bit >>= 1;
	ok = ctx != NULL && xr != NULL &&
	    BN_to_montgomery(xr, x, rsa->mont, ctx) == 1 &&
	    BN_copy(r, xr) != NULL;
	while (ok && (bit >>= 1) > 0) {
		ok = BN_mod_mul_montgomery(r, r, r, rsa->mont, ctx) == 1;
		if (ok && (rsa->e & bit) != 0)
			ok = BN_mod_mul_montgomery(r, r, bit == 1 ? x : xr,
			    rsa->mont, ctx) == 1;
	}
	BN_clear_free(xr);
	BN_CTX_free(ctx);
	return ok;
}

/* RSAEP and RSAVP1, RFC 8017 sections 5.1.1 and 5.2.2: in place, k octets;
 * 1, or 0 for what is not below the modulus, or -1. */
static int
apply(const struct scep_rsa *rsa, uint8_t *octets, int k)
{
	BIGNUM	*x = BN_bin2bn(octets, k, NULL), *r = BN_new();
	int	 rc = -1;

	if (x != NULL && r != NULL) {
		if (BN_ucmp(x, rsa->n) >= 0)
			rc = 0;
		else if (power(rsa, x, r) && BN_bn2binpad(r, octets, k) == k)
			rc = 1;
	}
	BN_clear_free(x);
	BN_free(r);
	return rc;
}

enum scep_err
scep_rsa_digest_info(const struct scep_crypto *crypto, enum scep_digest md,
    struct scep_span data, uint8_t out[SCEP_DIGEST_INFO_MAX], size_t *len,
    struct scep_error *err)
{
	const size_t	 n = info[md].len;
	enum scep_err	 rc;

	if (scep_crypto_md(crypto, md) == NULL)
		return scep_fail(err, SCEP_E_ALG, "%s is not loaded",
		    scep_digest_name(md));
	memcpy(out, info[md].octets, n);
	if ((rc = scep_crypto_digest(crypto, md, data, out + n, len, err)) ==
	    SCEP_OK)
		*len += n;
	return rc;
}

/* EMSA-PKCS1-v1_5, RFC 8017 section 9.2. */
static int
encode(struct scep_span digest_info, uint8_t *em, size_t k)
{
	const size_t	 zero = k - 1 - digest_info.len;

	if (k < 3 + PAD_MIN + digest_info.len)
		return 0;
	em[0] = 0;
	em[1] = 1;
	memset(em + 2, 0xff, zero - 2);
	em[zero] = 0;
	memcpy(em + zero + 1, digest_info.data, digest_info.len);
	return 1;
}

enum scep_err
scep_rsa_verify(const struct scep_crypto *crypto, const struct scep_rsa *rsa,
    enum scep_digest md, struct scep_span data, struct scep_span signature,
    struct scep_error *err)
{
	const size_t	 k = (size_t)BN_num_bytes(rsa->n);
	uint8_t		 want[SCEP_RSA_OCTETS_MAX], em[SCEP_RSA_OCTETS_MAX];
	uint8_t		 di[SCEP_DIGEST_INFO_MAX];
	size_t		 len;
	enum scep_err	 rc;
	int		 ok = 0;

	if ((rc = scep_rsa_digest_info(crypto, md, data, di, &len, err)) !=
	    SCEP_OK)
		return rc;
	if (signature.len == k && encode(scep_span_make(di, len), want, k)) {
		memcpy(em, signature.data, k);
		if ((ok = apply(rsa, em, (int)k)) == -1)
			return scep_fail_ssl(err, SCEP_E_NOMEM, "verify");
		ok = ok && memcmp(em, want, k) == 0;
	}
	return ok ? SCEP_OK :
	    scep_fail(err, SCEP_E_SIG, "signature does not verify");
}

/* Random octets, none of them 0. */
static enum scep_err
pad(struct scep_random *random, uint8_t *out, size_t len,
    struct scep_error *err)
{
	size_t		 i;
	enum scep_err	 rc;

	if ((rc = scep_random_take(random, out, len, err)) != SCEP_OK)
		return rc;
	for (i = 0; i < len; i++)
		while (out[i] == 0)
			if ((rc = scep_random_take(random, out + i, 1,
			    err)) != SCEP_OK)
				return rc;
	return SCEP_OK;
}

enum scep_err
scep_rsa_encrypt(struct scep_random *random, const struct scep_rsa *rsa,
    struct scep_span message, struct scep_buf *out, struct scep_error *err)
{
	const size_t	 k = (size_t)BN_num_bytes(rsa->n);
	const size_t	 zero = k - 1 - message.len;
	enum scep_err	 rc;

	scep_buf_clear(out);
	if (k < 3 + PAD_MIN + message.len)
		return scep_fail(err, SCEP_E_INTERNAL,
		    "%zu octets are too many for an RSA key of %d bits",
		    message.len, scep_rsa_bits(rsa));
	if ((out->data = OPENSSL_malloc(k)) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "encrypted key");
	out->len = k;
	out->data[0] = 0;
	out->data[1] = 2;
	out->data[zero] = 0;
	memcpy(out->data + zero + 1, message.data, message.len);
	if ((rc = pad(random, out->data + 2, zero - 2, err)) == SCEP_OK &&
	    apply(rsa, out->data, (int)k) != 1)
		rc = scep_fail_ssl(err, SCEP_E_INTERNAL,
		    "encrypt to the signer");
	if (rc != SCEP_OK)
		scep_buf_clear(out);
	return rc;
}
