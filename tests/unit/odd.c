/* odd.c - pkiMessages as clients write them: the message; see odd.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

#include "tests/unit/odd.h"

#define NEED(x)	do {							\
	if (!(x)) {							\
		fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #x);	\
		ERR_print_errors_fp(stderr);				\
		abort();						\
	}								\
} while (0)

#define NONE		der_raw("", 0)
#define ID_DATA		"1.2.840.113549.1.7.1"
#define ID_SIGNED	"1.2.840.113549.1.7.2"
#define ID_ENVELOPED	"1.2.840.113549.1.7.3"
#define RSA		"1.2.840.113549.1.1.1"

/* A constructed value, in the form that this level of the message has. */
static struct scep_span
con(const struct odd *o, unsigned int level, int tag, struct scep_span body)
{
	uint8_t	 head[6] = { (uint8_t)tag, 0x84, (uint8_t)(body.len >> 24),
		    (uint8_t)(body.len >> 16), (uint8_t)(body.len >> 8),
		    (uint8_t)body.len };

	if ((o->indefinite & level) != 0) {
		head[1] = 0x80;
		return der_join(der_join(der_raw(head, 2), body),
		    der_hex("0000"));
	}
	if (o->long_form)
		return der_join(der_raw(head, sizeof(head)), body);
	return DER(tag, body);
}

static struct scep_span
join(const struct scep_span *parts, size_t n)
{
	struct scep_span	 out = NONE;
	size_t			 i;

	for (i = 0; i < n; i++)
		out = der_join(out, parts[i]);
	return out;
}
#define CON(o, level, tag, ...)						\
	con(o, level, tag, join((const struct scep_span[]){ __VA_ARGS__ }, \
	    sizeof((const struct scep_span[]){ __VA_ARGS__ }) /		\
	    sizeof(struct scep_span)))

/* An OCTET STRING, or what is tagged like one instead, perhaps in segments,
 * which are segments again. */
static struct scep_span
string(const struct odd *o, unsigned int which, int tag,
    struct scep_span octets)
{
	struct scep_span	 out = NONE, part;
	size_t			 n;

	if ((o->segments & which) == 0)
		return DER(tag, octets);
	for (; octets.len > 0; octets.data += n, octets.len -= n) {
		n = octets.len < o->segment ? octets.len : o->segment;
		part = der_octets(0x04, octets.data, n);
		if (o->nested)
			part = DER(0x24, der_octets(0x04, octets.data,
			    n / 2), der_octets(0x04, octets.data + n / 2,
			    n - n / 2));
		out = der_join(out, part);
	}
	return con(o, ~0u, tag | 0x20, out);
}

static struct scep_span
alg(const struct odd *o, struct scep_span oid, struct scep_span param)
{
	return CON(o, ODD_ALG, 0x30, oid, param);
}

static struct scep_span
null_if(int yes)
{
	return yes ? der_hex("0500") : NONE;
}

/* ---- the envelope ---- */

static struct scep_span
encrypt(const struct odd *o, struct scep_span plain, const uint8_t *key,
    const uint8_t *iv)
{
	EVP_CIPHER_CTX		*ctx = EVP_CIPHER_CTX_new();
	uint8_t			*out = malloc(plain.len + 32);
	struct scep_span	 s;
	int			 n = 0, last = 0;

	NEED(ctx != NULL && out != NULL &&
	    EVP_EncryptInit_ex2(ctx, o->cipher, key, iv, NULL) == 1 &&
	    EVP_EncryptUpdate(ctx, out, &n, plain.data, (int)plain.len) == 1
	    && EVP_EncryptFinal_ex(ctx, out + n, &last) == 1);
	s = der_raw(out, (size_t)(n + last));
	EVP_CIPHER_CTX_free(ctx);
	free(out);
	return s;
}

static struct scep_span
wrap(const struct odd_to *to, const uint8_t *key, size_t len)
{
	EVP_PKEY_CTX	*ctx = EVP_PKEY_CTX_new(to->key, NULL);
	uint8_t		 out[1024];
	size_t		 n = sizeof(out);

	NEED(ctx != NULL && EVP_PKEY_encrypt_init(ctx) == 1 &&
	    EVP_PKEY_CTX_set_rsa_padding(ctx, to->oaep ?
	    RSA_PKCS1_OAEP_PADDING : RSA_PKCS1_PADDING) == 1 &&
	    EVP_PKEY_encrypt(ctx, out, &n, key, len) == 1);
	EVP_PKEY_CTX_free(ctx);
	return der_raw(out, n);
}

static struct scep_span
recipient(const struct odd *o, const struct odd_to *to, const uint8_t *key)
{
	const size_t		 len = (size_t)
				    EVP_CIPHER_get_key_length(o->cipher);
	struct scep_span	 rid, how;

	if (to->ski.len > 0)
		rid = string(o, ODD_S_SKI, 0x80, to->ski);
	else
		rid = CON(o, ODD_RID, 0x30, to->issuer,
		    DER(0x02, to->serial));
	how = to->oaep ? alg(o, der_oid("1.2.840.113549.1.1.7"), SEQ(NONE)) :
	    alg(o, der_oid(RSA), null_if(!to->no_null));
	return CON(o, ODD_KTRI, 0x30, der_int(to->ski.len > 0 ? 2 : 0), rid,
	    how, string(o, ODD_S_KEY, 0x04, wrap(to, key, len)));
}

/* RFC 5652 section 6.1. */
static long
enveloped_version(const struct odd *o)
{
	size_t	 i;

	if (o->ed_version != 0)
		return o->ed_version < 0 ? 0 : o->ed_version;
	for (i = 0; i < o->n_to; i++)
		if (o->to[i].ski.len > 0)
			return 2;
	return o->unprotected.len > 0 || o->originator.len > 0 ? 2 : 0;
}

static struct scep_span
envelope(const struct odd *o, struct scep_span plain)
{
	uint8_t			 key[32], iv[16];
	char			 oid[64];
	struct scep_span	 to[ODD_TO], body;
	size_t			 i;

	NEED(RAND_bytes(key, sizeof(key)) == 1 &&
	    RAND_bytes(iv, sizeof(iv)) == 1);
	NEED(OBJ_obj2txt(oid, sizeof(oid), OBJ_nid2obj(
	    EVP_CIPHER_get_nid(o->cipher)), 1) > 0);
	for (i = 0; i < o->n_to; i++)
		to[i] = recipient(o, &o->to[i], key);
	body = CON(o, ODD_ENVELOPED, 0x30, der_int(enveloped_version(o)),
	    o->originator.len > 0 ? DER(0xa0, DER(0xa0, o->originator)) :
	    NONE, con(o, ODD_RECIPIENTS, 0x31, join(to, o->n_to)),
	    CON(o, ODD_ENCRYPTED, 0x30, der_oid(o->inner_type),
	    alg(o, der_oid(oid), der_octets(0x04, iv,
	    (size_t)EVP_CIPHER_get_iv_length(o->cipher))),
	    string(o, ODD_S_ENCRYPTED, 0x80, encrypt(o, plain, key, iv))),
	    o->unprotected.len > 0 ? DER(0xa1, o->unprotected) : NONE);
	return o->bare_enveloped ? body : CON(o, ODD_ENV, 0x30,
	    der_oid(o->env_type), CON(o, ODD_ENV0, 0xa0, body));
}

/* ---- the attributes, on the wire and as they are signed ---- */

struct list {
	struct {
		struct scep_span	 der, sent;
	}			 attr[32];
	size_t			 n;
};

/* OCTET STRINGs may come in segments, the other types not. */
static struct scep_span
attr(const struct odd *o, const char *oid, int tag, struct scep_span octets,
    int two)
{
	struct scep_span	 one = tag != 0x04 ? DER(tag, octets) :
				    string(o, ODD_S_VALUES, tag, octets);

	return CON(o, ODD_ATTR, 0x30, der_oid(oid),
	    CON(o, ODD_ATTR, 0x31, one, two ? one : NONE));
}

static void
add(const struct odd *o, struct list *l, unsigned int bit, const char *oid,
    int tag, struct scep_span octets)
{
	const int	 two = (o->two_values & bit) != 0;
	struct odd	 der = *o;
	int		 n;

	der.indefinite = der.segments = 0;
	der.long_form = 0;
	n = (o->drop & bit) != 0 ? 0 : (o->twice & bit) != 0 ? 2 : 1;
	for (; n > 0; n--, l->n++) {
		l->attr[l->n].der = attr(&der, oid, tag, octets, two);
		l->attr[l->n].sent = attr(o, oid, tag, octets, two);
	}
}

static struct scep_span
digest(const struct odd *o, struct scep_span data)
{
	uint8_t		 out[EVP_MAX_MD_SIZE];
	unsigned int	 n;

	NEED(EVP_Digest(data.data, data.len, out, &n, o->md, NULL) == 1);
	out[0] ^= o->bad_digest != 0;
	return der_raw(out, n);
}

static int
by_der(const void *x, const void *y)
{
	/* The first member of each. */
	return odd_compare(x, y);
}

static void
list_make(const struct odd *o, struct scep_span content, struct list *l)
{
	struct scep_span	 oid = der_oid(o->content_type);
	size_t			 i;

	l->n = 0;
	add(o, l, ODD_A_CONTENT_TYPE, "1.2.840.113549.1.9.3", 0x06,
	    scep_span_make(oid.data + 2, oid.len - 2));
	add(o, l, ODD_A_DIGEST, "1.2.840.113549.1.9.4", 0x04,
	    digest(o, content));
	add(o, l, ODD_A_TYPE, "2.16.840.1.113733.1.9.2", o->type_tag,
	    der_raw(o->type_text, strlen(o->type_text)));
	add(o, l, ODD_A_NONCE, "2.16.840.1.113733.1.9.5", o->nonce_tag,
	    o->nonce);
	add(o, l, ODD_A_TXID, "2.16.840.1.113733.1.9.7", o->txid_tag,
	    o->txid);
	for (i = 0; i < o->n_attrs; i++, l->n++)
		l->attr[l->n].der = l->attr[l->n].sent = o->attrs[i];
	qsort(l->attr, l->n, sizeof(l->attr[0]), by_der);
}

/* DER's order, or that turned round. */
static struct scep_span
list_encode(const struct odd *o, const struct list *l, int is_sent,
    int sorted)
{
	struct scep_span	 out = NONE, one;
	size_t			 i, at;

	for (i = 0; i < l->n; i++) {
		at = sorted ? i : l->n - 1 - i;
		one = is_sent ? l->attr[at].sent : l->attr[at].der;
		out = der_join(out, one);
	}
	return is_sent ? con(o, ODD_SIGNED_ATTRS, 0xa0, out) : DER(0x31, out);
}

static struct scep_span
sign(const struct odd *o, struct scep_span data)
{
	EVP_MD_CTX	*ctx = EVP_MD_CTX_new();
	const EVP_MD	*md = o->md;
	uint8_t		 sig[1024];
	size_t		 n = sizeof(sig);

	if (EVP_PKEY_get_base_id(o->cert.key) == EVP_PKEY_ED25519)
		md = NULL;
	NEED(ctx != NULL && EVP_DigestSignInit(ctx, NULL, md, NULL,
	    o->cert.key) == 1 &&
	    EVP_DigestSign(ctx, sig, &n, data.data, data.len) == 1);
	EVP_MD_CTX_free(ctx);
	sig[n / 2] ^= o->bad_signature != 0;
	return der_raw(sig, n);
}

/* ---- SignedData ---- */

/* RSA may leave the digest out, the others name it, or have but one. */
static struct scep_span
signature_alg(const struct odd *o)
{
	if (EVP_PKEY_get_base_id(o->cert.key) != EVP_PKEY_RSA)
		return alg(o, der_oid(odd_signature_oid(o->cert.key, o->md)),
		    NONE);
	return alg(o, der_oid(o->sig_named ? odd_signature_oid(o->cert.key,
	    o->md) : RSA), null_if(!o->sig_no_null));
}

static struct scep_span
signer(const struct odd *o, struct scep_span content)
{
	struct list		 l;
	struct scep_span	 sid, tbs = content, attrs = NONE;
	long			 version = o->signer_ski.len > 0 ? 3 : 1;

	if (!o->no_attrs) {
		list_make(o, content, &l);
		attrs = list_encode(o, &l, 1, o->order == ODD_SORTED);
		tbs = list_encode(o, &l, 0, o->order != ODD_AS_SENT);
	}
	if (o->si_version != 0)
		version = o->si_version < 0 ? 0 : o->si_version;
	sid = o->signer_ski.len > 0 ?
	    string(o, ODD_S_SKI, 0x80, o->signer_ski) :
	    CON(o, ODD_SID, 0x30, o->sid_issuer.len > 0 ? o->sid_issuer :
	    o->cert.issuer.len > 0 ? o->cert.issuer : o->cert.subject,
	    DER(0x02, o->cert.serial));
	return CON(o, ODD_SIGNER, 0x30, der_int(version), sid,
	    alg(o, der_oid(odd_md_oid(o->md)), null_if(o->digest_null)),
	    attrs, signature_alg(o),
	    string(o, ODD_S_SIGNATURE, 0x04, sign(o, tbs)),
	    o->unsigned_attrs.len == 0 ? NONE :
	    con(o, ODD_UNSIGNED, 0xa1, o->unsigned_attrs));
}

static struct scep_span
bag(const struct odd *o)
{
	struct scep_span	 out = NONE;
	size_t			 i;

	for (i = 0; i <= o->n_bag; i++) {
		if (i == o->place && !o->no_signer_cert)
			out = der_join(out, o->cert_der.len > 0 ?
			    o->cert_der : odd_cert_make(&o->cert));
		if (i < o->n_bag)
			out = der_join(out, o->bag[i]);
	}
	return out;
}

struct scep_span
odd_make(const struct odd *o)
{
	struct scep_span	 plain, content, one, signers = NONE;
	long			 version = o->signer_ski.len > 0 ? 3 : 1;
	int			 i;

	plain = o->content.len > 0 ? o->content : odd_csr_make(&o->csr);
	content = o->bare ? plain : o->no_content ? NONE :
	    envelope(o, plain);
	one = signer(o, content);
	for (i = 0; i < o->n_signers; i++)
		signers = der_join(signers, one);
	if (o->sd_version != 0)
		version = o->sd_version < 0 ? 0 : o->sd_version;
	one = CON(o, ODD_SIGNED, 0x30, der_int(version),
	    CON(o, ODD_DIGESTS, 0x31, o->digests, alg(o,
	    der_oid(odd_md_oid(o->md)), null_if(o->digest_null))),
	    CON(o, ODD_ENCAP, 0x30, der_oid(o->econtent_type),
	    o->no_content ? NONE : CON(o, ODD_ENCAP0, 0xa0,
	    string(o, ODD_S_CONTENT, 0x04, content))),
	    con(o, ODD_CERTS, 0xa0, bag(o)),
	    o->crls ? DER(0xa1, NONE) : NONE,
	    con(o, ODD_SIGNERS, 0x31, signers));
	return der_join(CON(o, ODD_CI, 0x30, der_oid(ID_SIGNED),
	    CON(o, ODD_CI0, 0xa0, one)), o->trailing);
}

void
odd_plain(const struct odd_desk *d, struct odd *o)
{
	memset(o, 0, sizeof(*o));
	o->type = 19;
	o->type_text = "19";
	o->type_tag = o->txid_tag = 0x13;
	o->nonce_tag = 0x04;
	o->txid = der_raw("0123456789ABCDEF0123456789ABCDEF01234567", 40);
	o->nonce = der_raw("0123456789abcdef", 16);
	o->cert.key = o->csr.key = d->key;
	o->cert.subject = o->csr.subject = odd_name(0x0c, d->cn);
	o->cert.serial = der_hex("3a0102030405060708");
	o->cert.time_tag = 0x17;
	o->cert.from = "261123120000Z";
	o->cert.to = "461125120000Z";
	o->cert.md = o->csr.md = o->md = EVP_sha256();
	if (d->challenge != NULL) {
		o->csr.challenge_tag = 0x13;
		o->csr.challenge = odd_text(0x13, d->challenge);
	}
	o->csr.ext_oid = "1.2.840.113549.1.9.14";
	o->to[0].key = d->ra_key;
	o->to[0].issuer = d->ra_issuer;
	o->to[0].serial = d->ra_serial;
	o->n_to = 1;
	o->cipher = EVP_aes_128_cbc();
	o->segment = 100;
	o->n_signers = 1;
	o->content_type = o->econtent_type = o->inner_type = ID_DATA;
	o->env_type = ID_ENVELOPED;
}
