/*
 * alg.c - AlgorithmIdentifiers, read by allow-list and written.
 */
#include <string.h>

#include <openssl/objects.h>
#include <openssl/rsa.h>

#include "base/error.h"
#include "wire/asn1.h"
#include "wire/crypto.h"

enum { SEQUENCE = 0x30, CTX0 = 0xa0, CTX1 = 0xa1 };

static const struct {
	const char	*name;
	const char	*word;
	int		 nid;
	int		 rsa_nid;	/* with RSA, RFC 8017 appendix A.2.4 */
} digests[SCEP_DIGEST__MAX] = {
	[SCEP_SHA1] = { "SHA-1", "sha1", NID_sha1,
	    NID_sha1WithRSAEncryption },
	[SCEP_SHA256] = { "SHA-256", "sha256", NID_sha256,
	    NID_sha256WithRSAEncryption },
	[SCEP_SHA384] = { "SHA-384", "sha384", NID_sha384,
	    NID_sha384WithRSAEncryption },
	[SCEP_SHA512] = { "SHA-512", "sha512", NID_sha512,
	    NID_sha512WithRSAEncryption },
	[SCEP_MD5] = { "MD5", "md5", NID_md5, NID_md5WithRSAEncryption },
};

static const struct {
	const char	*name;
	const char	*word;
	int		 nid;
	int		 key_len, block;	/* octets */
} ciphers[SCEP_CIPHER__MAX] = {
	[SCEP_3DES] = { "DES-EDE3-CBC", "3des", NID_des_ede3_cbc, 24, 8 },
	[SCEP_AES128] = { "AES-128-CBC", "aes128", NID_aes_128_cbc, 16, 16 },
	[SCEP_AES192] = { "AES-192-CBC", "aes192", NID_aes_192_cbc, 24, 16 },
	[SCEP_AES256] = { "AES-256-CBC", "aes256", NID_aes_256_cbc, 32, 16 },
	[SCEP_DES] = { "DES-CBC", "des", NID_des_cbc, 8, 8 },
};

static const enum scep_digest	oaep_md[SCEP_WRAP__MAX] = {
	[SCEP_WRAP_OAEP_SHA1] = SCEP_SHA1,
	[SCEP_WRAP_OAEP_SHA256] = SCEP_SHA256,
	[SCEP_WRAP_OAEP_SHA384] = SCEP_SHA384,
	[SCEP_WRAP_OAEP_SHA512] = SCEP_SHA512,
};

const char *
scep_wrap_name(enum scep_wrap wrap)
{
	static const char *const	 names[SCEP_WRAP__MAX] = {
		[SCEP_WRAP_V15] = "RSAES-PKCS1-v1_5",
		[SCEP_WRAP_OAEP_SHA1] = "RSAES-OAEP SHA-1",
		[SCEP_WRAP_OAEP_SHA256] = "RSAES-OAEP SHA-256",
		[SCEP_WRAP_OAEP_SHA384] = "RSAES-OAEP SHA-384",
		[SCEP_WRAP_OAEP_SHA512] = "RSAES-OAEP SHA-512",
	};

	return names[wrap];
}

const char *
scep_digest_name(enum scep_digest md)
{
	return digests[md].name;
}

const char *
scep_digest_word(enum scep_digest md)
{
	return digests[md].word;
}

const char *
scep_cipher_name(enum scep_cipher cipher)
{
	return ciphers[cipher].name;
}

const char *
scep_cipher_word(enum scep_cipher cipher)
{
	return ciphers[cipher].word;
}

int
scep_digest_nid(enum scep_digest md)
{
	return digests[md].nid;
}

int
scep_cipher_key_len(enum scep_cipher cipher)
{
	return ciphers[cipher].key_len;
}

int
scep_cipher_block(enum scep_cipher cipher)
{
	return ciphers[cipher].block;
}

/* AlgorithmIdentifier ::= SEQUENCE { algorithm, parameters OPTIONAL }; NULL is
 * empty (X.690 section 8.8.2). */
int
scep_alg_take(struct scep_span *rest, struct scep_alg *out)
{
	struct scep_span	 all;

	memset(out, 0, sizeof(*out));
	if (!scep_der_take(rest, SEQUENCE, &all) ||
	    !scep_der_next(&all, &out->oid) || out->oid.tag != V_ASN1_OBJECT ||
	    out->oid.content.len == 0)
		return 0;
	if (all.len == 0)
		return 1;
	return scep_any_next(&all, &out->param) && all.len == 0 &&
	    (out->param.tag != V_ASN1_NULL || out->param.content.len == 0);
}

static int
is_null_or_absent(const struct scep_alg *alg)
{
	return alg->param.whole.len == 0 || alg->param.tag == V_ASN1_NULL;
}

static int
is(const struct scep_alg *alg, int nid)
{
	const ASN1_OBJECT	*oid = OBJ_nid2obj(nid);

	return scep_oid_is(oid, alg->oid.content);
}

static enum scep_err
unknown(const struct scep_alg *alg, const char *what, struct scep_error *err)
{
	ASN1_OBJECT	*oid;
	char		 text[80];

	oid = scep_asn1_parse(alg->oid.whole, ASN1_ITEM_rptr(ASN1_OBJECT));
	if (oid == NULL || OBJ_obj2txt(text, (int)sizeof(text), oid, 0) <= 0)
		text[0] = '\0';
	ASN1_OBJECT_free(oid);
	return scep_fail(err, SCEP_E_ALG, "%s %s, or its parameters, "
	    "not allowed", what, text);
}

enum scep_err
scep_alg_digest(const struct scep_alg *alg, enum scep_digest *out,
    struct scep_error *err)
{
	int	 i;

	for (i = 0; i < SCEP_DIGEST__MAX; i++)
		if (is(alg, digests[i].nid) && is_null_or_absent(alg)) {
			*out = (enum scep_digest)i;
			return SCEP_OK;
		}
	return unknown(alg, "digest", err);
}

enum scep_err
scep_alg_rsa_signature(const struct scep_alg *alg, enum scep_digest *out,
    struct scep_error *err)
{
	int	 i;

	*out = SCEP_DIGEST__MAX;
	if (!is_null_or_absent(alg))
		return unknown(alg, "signature algorithm", err);
	if (is(alg, NID_rsaEncryption))
		return SCEP_OK;
	for (i = 0; i < SCEP_DIGEST__MAX; i++)
		if (is(alg, digests[i].rsa_nid)) {
			*out = (enum scep_digest)i;
			return SCEP_OK;
		}
	return unknown(alg, "signature algorithm", err);
}

enum scep_err
scep_alg_cipher(const struct scep_alg *alg, enum scep_cipher *out,
    struct scep_span *iv, struct scep_error *err)
{
	int	 i;

	for (i = 0; i < SCEP_CIPHER__MAX; i++) {
		if (!is(alg, ciphers[i].nid) ||
		    alg->param.tag != V_ASN1_OCTET_STRING)
			continue;
		*iv = alg->param.content;
		if (iv->len != (size_t)ciphers[i].block)
			break;
		*out = (enum scep_cipher)i;
		return SCEP_OK;
	}
	return unknown(alg, "content cipher", err);
}

static int
nid_of(const X509_ALGOR *alg)
{
	const ASN1_OBJECT	*oid;

	X509_ALGOR_get0(&oid, NULL, NULL, alg);
	return OBJ_obj2nid(oid);
}

/* No label: left out, or (as some write the DEFAULT out) empty. */
static int
is_unlabelled(const X509_ALGOR *source)
{
	const void	*label;
	int		 type;

	if (source == NULL)
		return 1;
	X509_ALGOR_get0(NULL, &type, &label, source);
	return nid_of(source) == NID_pSpecified &&
	    type == V_ASN1_OCTET_STRING && scep_asn1_span(label).len == 0;
}

/* Hash and MGF1 hash alike, no label: RFC 8017 appendix A.2.1. */
static enum scep_err
oaep_wrap(const struct scep_alg *alg, enum scep_wrap *out,
    struct scep_error *err)
{
	RSA_OAEP_PARAMS		*params = NULL;
	const void		*seq;
	X509_ALGOR		*mgf_hash = NULL;
	int			 i, type, hash = NID_sha1, mgf = NID_sha1;
	int			 ok = 0;

	if (alg->param.tag == SEQUENCE)
		params = scep_asn1_parse(alg->param.whole,
		    ASN1_ITEM_rptr(RSA_OAEP_PARAMS));
	if (params != NULL) {
		ok = is_unlabelled(params->pSourceFunc);
		if (params->hashFunc != NULL)
			hash = nid_of(params->hashFunc);
		if (params->maskGenFunc != NULL) {
			X509_ALGOR_get0(NULL, &type, &seq,
			    params->maskGenFunc);
			ok = ok && nid_of(params->maskGenFunc) == NID_mgf1 &&
			    type == V_ASN1_SEQUENCE && (mgf_hash =
			    scep_asn1_parse(scep_asn1_span(seq),
			    ASN1_ITEM_rptr(X509_ALGOR))) != NULL;
			mgf = mgf_hash != NULL ? nid_of(mgf_hash) : NID_undef;
		}
	}
	RSA_OAEP_PARAMS_free(params);
	X509_ALGOR_free(mgf_hash);
	for (i = SCEP_WRAP_OAEP_SHA1; ok && i < SCEP_WRAP__MAX; i++)
		if (hash == digests[oaep_md[i]].nid && mgf == hash) {
			*out = (enum scep_wrap)i;
			return SCEP_OK;
		}
	return unknown(alg, "key transport", err);
}

enum scep_err
scep_alg_wrap(const struct scep_alg *alg, enum scep_wrap *out,
    struct scep_error *err)
{
	if (is(alg, NID_rsaesOaep))
		return oaep_wrap(alg, out, err);
	if (!is(alg, NID_rsaEncryption) || !is_null_or_absent(alg))
		return unknown(alg, "key transport", err);
	*out = SCEP_WRAP_V15;
	return SCEP_OK;
}

int
scep_wrap_set(const struct scep_crypto *crypto, EVP_PKEY_CTX *ctx,
    enum scep_wrap wrap)
{
	const EVP_MD	*md;

	if (wrap == SCEP_WRAP_V15)
		return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) ==
		    1;
	md = crypto->md[oaep_md[wrap]];
	return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) == 1
	    && EVP_PKEY_CTX_set_rsa_oaep_md(ctx, md) == 1 &&
	    EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, md) == 1;
}

static void
put_oid(struct scep_writer *w, int nid)
{
	const ASN1_OBJECT	*oid = OBJ_nid2obj(nid);

	scep_writer_add(w, V_ASN1_OBJECT, scep_span_make(OBJ_get0_data(oid),
	    OBJ_length(oid)));
}

/* AlgorithmIdentifier with parameters NULL. */
static void
put_with_null(struct scep_writer *w, int nid)
{
	scep_writer_open(w, SEQUENCE);
	put_oid(w, nid);
	scep_writer_add(w, V_ASN1_NULL, scep_span_make(NULL, 0));
	scep_writer_close(w);
}

void
scep_alg_put_digest(struct scep_writer *w, enum scep_digest md)
{
	put_with_null(w, digests[md].nid);
}

void
scep_alg_put_rsa(struct scep_writer *w)
{
	put_with_null(w, NID_rsaEncryption);
}

void
scep_alg_put_cipher(struct scep_writer *w, enum scep_cipher cipher,
    struct scep_span iv)
{
	scep_writer_open(w, SEQUENCE);
	put_oid(w, ciphers[cipher].nid);
	scep_writer_add(w, V_ASN1_OCTET_STRING, iv);
	scep_writer_close(w);
}

void
scep_alg_put_kek(struct scep_writer *w, enum scep_cipher cipher,
    struct scep_span iv)
{
	scep_writer_open(w, SEQUENCE);
	put_oid(w, NID_id_alg_PWRI_KEK);
	scep_alg_put_cipher(w, cipher, iv);
	scep_writer_close(w);
}

/* RSAES-OAEP-params, RFC 8017 appendix A.2.1. */
void
scep_alg_put_wrap(struct scep_writer *w, enum scep_wrap wrap)
{
	const int	 nid = digests[oaep_md[wrap]].nid;

	if (wrap == SCEP_WRAP_V15) {
		scep_alg_put_rsa(w);
		return;
	}
	scep_writer_open(w, SEQUENCE);
	put_oid(w, NID_rsaesOaep);
	scep_writer_open(w, SEQUENCE);
	/* SHA-1 is the DEFAULT of both, and DER leaves defaults out. */
	if (wrap != SCEP_WRAP_OAEP_SHA1) {
		scep_writer_open(w, CTX0);
		put_with_null(w, nid);
		scep_writer_close(w);
		scep_writer_open(w, CTX1);
		scep_writer_open(w, SEQUENCE);
		put_oid(w, NID_mgf1);
		put_with_null(w, nid);
		scep_writer_close(w);
		scep_writer_close(w);
	}
	scep_writer_close(w);
	scep_writer_close(w);
}
