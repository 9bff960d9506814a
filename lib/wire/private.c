/*
 * private.c - private keys out of PKCS #8, in the forms that everybody writes.
 *
 * The numbers go into EVP_PKEY_fromdata() as they are, and come out of the key
 * to be held against a certificate's; knows no file and no passphrase.
 */
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/params.h>

#include "base/der.h"
#include "base/error.h"
#include "wire/private.h"

#define LENGTH(a)	(sizeof(a) / sizeof((a)[0]))
#define OCTETS_MAX	5120	/* of all numbers: RSA of 8192 bits */

enum { INTEGER = 0x02, BIT_STRING = 0x03, OCTET_STRING = 0x04,
    SEQUENCE = 0x30, CTX1 = 0xa1 };

/* The numbers of a key, as libcrypto takes them. */
struct numbers {
	OSSL_PARAM	 param[9];
	size_t		 n, used;
	uint8_t		 octets[OCTETS_MAX];
};

/* RSAPrivateKey, RFC 8017 appendix A.1.2, behind its version. */
static const char *const	rsa_numbers[] = {
	OSSL_PKEY_PARAM_RSA_N,
	OSSL_PKEY_PARAM_RSA_E,
	OSSL_PKEY_PARAM_RSA_D,
	OSSL_PKEY_PARAM_RSA_FACTOR1,
	OSSL_PKEY_PARAM_RSA_FACTOR2,
	OSSL_PKEY_PARAM_RSA_EXPONENT1,
	OSSL_PKEY_PARAM_RSA_EXPONENT2,
	OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
};

/* AlgorithmIdentifiers, RFC 3279 section 2.3.1 and RFC 5480 section 2.1.1. */
static const uint8_t	rsa_alg[] = { 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48,
	0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00 };
#define EC_PUBLIC_KEY	0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01
static const uint8_t	p256_alg[] = { 0x30, 0x13, EC_PUBLIC_KEY, 0x06, 0x08,
	0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 };
static const uint8_t	p384_alg[] = { 0x30, 0x10, EC_PUBLIC_KEY, 0x06, 0x05,
	0x2b, 0x81, 0x04, 0x00, 0x22 };
static const uint8_t	p521_alg[] = { 0x30, 0x10, EC_PUBLIC_KEY, 0x06, 0x05,
	0x2b, 0x81, 0x04, 0x00, 0x23 };

static const struct curve {
	const uint8_t	*alg;
	size_t		 alg_len;
	const char	*group;
	size_t		 field;		/* octets of a coordinate */
} curves[] = {
	{ p256_alg, sizeof(p256_alg), "P-256", 32 },
	{ p384_alg, sizeof(p384_alg), "P-384", 48 },
	{ p521_alg, sizeof(p521_alg), "P-521", 66 },
};

/* A version that is this number. */
static int
take_version(struct scep_span *rest, uint8_t version)
{
	struct scep_span	 n;

	return scep_der_take(rest, INTEGER, &n) && n.len == 1 &&
	    n.data[0] == version;
}

static int
is_der(struct scep_span bytes)
{
	struct scep_error	 ignored;

	return scep_der_check(bytes, &ignored) == SCEP_OK;
}

static int
add_number(struct numbers *to, const char *name, struct scep_span n)
{
	uint8_t	*out = to->octets + to->used;
	BIGNUM	*bn;
	int	 ok;

	if (n.len == 0 || n.len > OCTETS_MAX - to->used ||
	    (bn = BN_bin2bn(n.data, (int)n.len, NULL)) == NULL)
		return 0;
	ok = BN_bn2nativepad(bn, out, (int)n.len) == (int)n.len;
	BN_clear_free(bn);
	to->param[to->n++] = OSSL_PARAM_construct_BN(name, out, n.len);
	to->used += n.len;
	return ok;
}

static EVP_PKEY *
make(const struct scep_crypto *crypto, const char *kind, struct numbers *from)
{
	EVP_PKEY_CTX	*ctx;
	EVP_PKEY	*key = NULL;

	from->param[from->n] = OSSL_PARAM_construct_end();
	ctx = EVP_PKEY_CTX_new_from_name(crypto->ctx, kind, NULL);
	if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, from->param) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static EVP_PKEY *
read_rsa(const struct scep_crypto *crypto, struct scep_span rest)
{
	struct numbers		 numbers = { .n = 0 };
	struct scep_span	 list, n;
	EVP_PKEY		*key = NULL;
	size_t			 i;
	int			 ok;

	ok = scep_der_take(&rest, SEQUENCE, &list) && take_version(&list, 0);
	for (i = 0; ok && i < LENGTH(rsa_numbers); i++)
		ok = scep_der_take(&list, INTEGER, &n) && n.len > 0 &&
		    n.data[0] < 0x80 &&
		    add_number(&numbers, rsa_numbers[i], n);
	if (ok && list.len == 0)
		key = make(crypto, "RSA", &numbers);
	OPENSSL_cleanse(&numbers, sizeof(numbers));
	return key;
}

/* ECPrivateKey, RFC 5915 section 3; in PKCS #8 the curve is outside. */
static EVP_PKEY *
read_ec(const struct scep_crypto *crypto, const struct curve *curve,
    struct scep_span rest)
{
	struct numbers		 numbers = { .n = 0 };
	struct scep_span	 list, d, outer, point;
	EVP_PKEY		*key = NULL;

	if (!scep_der_take(&rest, SEQUENCE, &list) || !take_version(&list, 1) ||
	    !scep_der_take(&list, OCTET_STRING, &d) || d.len != curve->field ||
	    !scep_der_take(&list, CTX1, &outer) || list.len > 0 ||
	    !scep_der_take(&outer, BIT_STRING, &point) || outer.len > 0 ||
	    point.len != 2 + 2 * curve->field || point.data[0] != 0 ||
	    point.data[1] != POINT_CONVERSION_UNCOMPRESSED)
		return NULL;
	numbers.param[numbers.n++] = OSSL_PARAM_construct_utf8_string(
	    OSSL_PKEY_PARAM_GROUP_NAME, (char *)(uintptr_t)curve->group, 0);
	numbers.param[numbers.n++] = OSSL_PARAM_construct_octet_string(
	    OSSL_PKEY_PARAM_PUB_KEY, (void *)(uintptr_t)(point.data + 1),
	    point.len - 1);
	if (add_number(&numbers, OSSL_PKEY_PARAM_PRIV_KEY, d))
		key = make(crypto, "EC", &numbers);
	OPENSSL_cleanse(&numbers, sizeof(numbers));
	return key;
}

static EVP_PKEY *
read_key(const struct scep_crypto *crypto, struct scep_span alg,
    struct scep_span key)
{
	const struct curve	*c;

	if (scep_span_equal(alg, scep_span_make(rsa_alg, sizeof(rsa_alg))))
		return read_rsa(crypto, key);
	for (c = curves; c < curves + LENGTH(curves); c++)
		if (scep_span_equal(alg, scep_span_make(c->alg, c->alg_len)))
			return read_ec(crypto, c, key);
	return NULL;
}

EVP_PKEY *
scep_private_read(const struct scep_crypto *crypto, struct scep_span der)
{
	struct scep_span	 list, key;
	struct scep_tlv		 alg;
	EVP_PKEY		*out;

	if (!is_der(der) || !scep_der_take(&der, SEQUENCE, &list) ||
	    !take_version(&list, 0) || !scep_der_next(&list, &alg) ||
	    !scep_der_take(&list, OCTET_STRING, &key) || list.len > 0 ||
	    !is_der(key))
		return NULL;
	out = read_key(crypto, alg.whole, key);
	ERR_clear_error();
	return out;
}

/* SubjectPublicKeyInfo. */
static int
put_spki(struct scep_buf *out, struct scep_span alg, struct scep_span key)
{
	const uint8_t		 no_unused = 0;
	struct scep_buf		 bits = { NULL, 0 }, list = { NULL, 0 };
	struct scep_error	 ignored;
	int			 ok;

	ok = scep_buf_add(&bits, scep_span_make(&no_unused, 1), &ignored) ==
	    SCEP_OK && scep_buf_add(&bits, key, &ignored) == SCEP_OK &&
	    scep_buf_add(&list, alg, &ignored) == SCEP_OK &&
	    scep_der_put(&list, BIT_STRING, scep_buf_span(&bits),
	    &ignored) == SCEP_OK && scep_der_put(out, SEQUENCE,
	    scep_buf_span(&list), &ignored) == SCEP_OK;
	scep_buf_clear(&bits);
	scep_buf_clear(&list);
	return ok;
}

static int
put_number(struct scep_buf *out, EVP_PKEY *key, const char *name)
{
	uint8_t			 octets[1 + OCTETS_MAX] = { 0 };
	struct scep_error	 ignored;
	BIGNUM			*n = NULL;
	int			 len = 0, pad = 0;

	if (EVP_PKEY_get_bn_param(key, name, &n) == 1 &&
	    BN_num_bytes(n) <= OCTETS_MAX) {
		len = BN_bn2bin(n, octets + 1);
		pad = octets[1] >= 0x80;
	}
	BN_free(n);
	return len > 0 && scep_der_put(out, INTEGER, scep_span_make(octets +
	    1 - pad, (size_t)(len + pad)), &ignored) == SCEP_OK;
}

static int
put_rsa(struct scep_buf *out, EVP_PKEY *key)
{
	struct scep_buf		 numbers = { NULL, 0 }, list = { NULL, 0 };
	struct scep_error	 ignored;
	int			 ok;

	ok = put_number(&numbers, key, OSSL_PKEY_PARAM_RSA_N) &&
	    put_number(&numbers, key, OSSL_PKEY_PARAM_RSA_E) &&
	    scep_der_put(&list, SEQUENCE, scep_buf_span(&numbers),
	    &ignored) == SCEP_OK && put_spki(out, scep_span_make(rsa_alg,
	    sizeof(rsa_alg)), scep_buf_span(&list));
	scep_buf_clear(&numbers);
	scep_buf_clear(&list);
	return ok;
}

static int
put_ec(struct scep_buf *out, EVP_PKEY *key)
{
	const struct curve	*c;
	uint8_t			 point[2 * 66 + 1];
	char			 group[64];
	size_t			 len;

	if (EVP_PKEY_get_group_name(key, group, sizeof(group), &len) != 1 ||
	    EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY,
	    point, sizeof(point), &len) != 1)
		return 0;
	for (c = curves; c < curves + LENGTH(curves); c++)
		if (OBJ_txt2nid(group) == EC_curve_nist2nid(c->group))
			return put_spki(out, scep_span_make(c->alg,
			    c->alg_len), scep_span_make(point, len));
	return 0;
}

int
scep_private_is_of(EVP_PKEY *key, struct scep_span spki)
{
	struct scep_buf	 ours = { NULL, 0 };
	int		 ok;

	ok = (EVP_PKEY_is_a(key, "RSA") && put_rsa(&ours, key)) ||
	    (EVP_PKEY_is_a(key, "EC") && put_ec(&ours, key));
	ok = ok && scep_span_equal(scep_buf_span(&ours), spki);
	scep_buf_clear(&ours);
	ERR_clear_error();
	return ok;
}
