/* der_make.c - DER for tests, put together by hand. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/objects.h>
#include <openssl/pem.h>

#include "base/text.h"
#include "tests/unit/der_make.h"
#include "tests/unit/world.h"

#define MADE_MAX	65536

#define NEED(x)	do {							\
	if (!(x)) {							\
		fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #x);	\
		abort();						\
	}								\
} while (0)

static uint8_t	*made[MADE_MAX];
static size_t	 n_made;

void
der_forget(void)
{
	while (n_made > 0)
		free(made[--n_made]);
}

static uint8_t *
room(size_t len)
{
	NEED(n_made < MADE_MAX &&
	    (made[n_made] = malloc(len > 0 ? len : 1)) != NULL);
	return made[n_made++];
}

struct scep_span
der_raw(const void *data, size_t len)
{
	uint8_t	*p = room(len);

	if (len > 0)
		memcpy(p, data, len);
	return scep_span_make(p, len);
}

static size_t
header(int tag, size_t len, uint8_t out[5])
{
	size_t	 n = 0;

	NEED(len < 0x1000000);
	out[n++] = (uint8_t)tag;
	if (len >= 0x10000) {
		out[n++] = 0x83;
		out[n++] = (uint8_t)(len >> 16);
	} else if (len >= 0x100)
		out[n++] = 0x82;
	else if (len >= 0x80)
		out[n++] = 0x81;
	if (len >= 0x100)
		out[n++] = (uint8_t)(len >> 8);
	out[n++] = (uint8_t)len;
	return n;
}

struct scep_span
der_make(int tag, const struct scep_span *parts, size_t n)
{
	uint8_t	 head[5], *p;
	size_t	 i, len = 0, at;

	for (i = 0; i < n; i++)
		len += parts[i].len;
	at = header(tag, len, head);
	p = room(at + len);
	memcpy(p, head, at);
	for (i = 0; i < n; i++) {
		if (parts[i].len > 0)
			memcpy(p + at, parts[i].data, parts[i].len);
		at += parts[i].len;
	}
	return scep_span_make(p, at);
}

struct scep_span
der_octets(int tag, const void *data, size_t len)
{
	struct scep_span	 s = scep_span_make(data, len);

	return der_make(tag, &s, 1);
}

struct scep_span
der_text(int tag, const char *text)
{
	return der_octets(tag, text, strlen(text));
}

struct scep_span
der_hex(const char *hex)
{
	uint8_t			 octets[1024];
	size_t			 len;
	struct scep_error	 err;

	NEED(scep_hex_read(hex, octets, sizeof(octets), &len, &err) ==
	    SCEP_OK);
	return der_raw(octets, len);
}

struct scep_span
der_oid(const char *dotted)
{
	ASN1_OBJECT		*oid = OBJ_txt2obj(dotted, 1);
	struct scep_span	 s;

	NEED(oid != NULL);
	s = der_octets(0x06, OBJ_get0_data(oid), OBJ_length(oid));
	ASN1_OBJECT_free(oid);
	return s;
}

struct scep_span
der_int(long n)
{
	ASN1_INTEGER		*i = ASN1_INTEGER_new();
	unsigned char		*der = NULL;
	struct scep_span	 s;
	int			 len;

	NEED(i != NULL && ASN1_INTEGER_set(i, n) == 1 &&
	    (len = i2d_ASN1_INTEGER(i, &der)) > 0);
	s = der_raw(der, (size_t)len);
	OPENSSL_free(der);
	ASN1_INTEGER_free(i);
	return s;
}

struct scep_span
der_repeat(struct scep_span part, size_t n)
{
	uint8_t	*p = room(part.len * n);
	size_t	 i;

	for (i = 0; i < n; i++)
		memcpy(p + i * part.len, part.data, part.len);
	return scep_span_make(p, part.len * n);
}

struct scep_span
der_join(struct scep_span a, struct scep_span b)
{
	uint8_t	*p = room(a.len + b.len);

	if (a.len > 0)
		memcpy(p, a.data, a.len);
	if (b.len > 0)
		memcpy(p + a.len, b.data, b.len);
	return scep_span_make(p, a.len + b.len);
}

struct scep_span
der_patch(struct scep_span der, size_t at, uint8_t octet)
{
	struct scep_span	 s = der_raw(der.data, der.len);

	NEED(at < s.len);
	made[n_made - 1][at] = octet;
	return s;
}

struct scep_span
der_rdn(const char *type, int tag, const char *value)
{
	return SET_OF(SEQ(der_oid(type), der_text(tag, value)));
}

struct scep_span
der_alg(const char *oid, int with_null)
{
	return with_null ? SEQ(der_oid(oid), der_hex("0500")) :
	    SEQ(der_oid(oid));
}

struct scep_span
der_spki(EVP_PKEY *key)
{
	unsigned char		*der = NULL;
	int			 len = i2d_PUBKEY(key, &der);
	struct scep_span	 s;

	NEED(len > 0);
	s = der_raw(der, (size_t)len);
	OPENSSL_free(der);
	return s;
}

EVP_PKEY *
der_key(int i)
{
	BIO		*in = BIO_new_mem_buf(world_pem[i], -1);
	EVP_PKEY	*key;

	NEED(in != NULL && (key = PEM_read_bio_PrivateKey(in, NULL, NULL,
	    NULL)) != NULL);
	BIO_free(in);
	return key;
}

struct scep_span
der_signed(EVP_PKEY *key, const EVP_MD *md, struct scep_span alg,
    struct scep_span body)
{
	EVP_MD_CTX		*ctx = EVP_MD_CTX_new();
	uint8_t			 sig[1024] = { 0 };
	size_t			 len = sizeof(sig) - 1;

	NEED(ctx != NULL &&
	    EVP_DigestSignInit(ctx, NULL, md, NULL, key) == 1 &&
	    EVP_DigestSign(ctx, sig + 1, &len, body.data, body.len) == 1);
	EVP_MD_CTX_free(ctx);
	/* sig[0] is the BIT STRING's count of unused bits. */
	return SEQ(body, alg, der_octets(0x03, sig, len + 1));
}
