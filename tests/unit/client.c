/*
 * client.c - cgi/scep_client as the tests use it: names as text, random
 * nonces, and no way on when OpenSSL itself fails.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/rand.h>

#include "tests/unit/client.h"

#define NEED(x)	do {							\
	if (!(x)) {							\
		fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #x);	\
		ERR_print_errors_fp(stderr);				\
		abort();						\
	}								\
} while (0)

static struct bytes
need(struct bytes b)
{
	NEED(b.data != NULL && b.len > 0);
	return b;
}

static X509_NAME *
name_of(const char *subject)
{
	X509_NAME	*name = X509_NAME_new();
	char		*copy = OPENSSL_strdup(subject), *p, *next, *value;

	NEED(name != NULL && copy != NULL);
	for (p = copy; *p == '/'; p = next) {
		next = p + 1 + strcspn(p + 1, "/");
		value = memchr(p, '=', (size_t)(next - p));
		NEED(value != NULL);
		*value++ = '\0';
		NEED(X509_NAME_add_entry_by_txt(name, p + 1, MBSTRING_UTF8,
		    (unsigned char *)value, (int)(next - value), -1, 0) == 1);
		if (*next == '\0')
			break;
	}
	OPENSSL_free(copy);
	return name;
}

struct bytes
client_csr(EVP_PKEY *key, const char *subject, const char *challenge,
    const char *const *dns)
{
	X509_NAME	*name = name_of(subject);
	struct bytes	 csr = need(scep_client_csr(key, name, challenge,
			    dns));

	X509_NAME_free(name);
	return csr;
}

X509 *
client_self_signed(EVP_PKEY *key, const char *subject)
{
	X509_NAME	*name = name_of(subject);
	X509		*cert = scep_client_self_signed(key, name);

	NEED(cert != NULL);
	X509_NAME_free(name);
	return cert;
}

struct bytes
client_issuer_and_subject(X509 *ca, const char *subject)
{
	X509_NAME	*name = name_of(subject);
	struct bytes	 der = need(scep_client_issuer_and_subject(ca, name));

	X509_NAME_free(name);
	return der;
}

struct bytes
client_issuer_and_serial(const X509_NAME *issuer, const ASN1_INTEGER *serial)
{
	return need(scep_client_issuer_and_serial(issuer, serial));
}

struct bytes
client_message(const struct client_message *m)
{
	struct client_message	 with_nonce = *m;
	unsigned char		 nonce[CLIENT_NONCE];

	if (m->nonce == NULL) {
		NEED(RAND_bytes(nonce, sizeof(nonce)) == 1);
		with_nonce.nonce = nonce;
	}
	return need(scep_client_message(&with_nonce));
}

void
client_reply_read(const unsigned char *der, size_t len, EVP_PKEY *key,
    X509 *signer, X509 *ra, struct client_reply *out)
{
	scep_client_reply_read(der, len, key, signer, ra, out);
}

void
client_reply_clear(struct client_reply *r)
{
	scep_client_reply_clear(r);
}

#define SEGMENT	100		/* octets of an OCTET STRING's part */

/* BER is at most this much longer: 4 octets for each that is constructed. */
static unsigned char *
put(unsigned char *out, const void *data, size_t len)
{
	memcpy(out, data, len);
	return out + len;
}

/* An OCTET STRING, or one with an implicit tag, in segments. */
static unsigned char *
put_segments(unsigned char *out, unsigned char tag, const unsigned char *data,
    size_t len)
{
	size_t	 n;

	*out++ = tag | V_ASN1_CONSTRUCTED;
	*out++ = 0x80;
	for (; len > 0; data += n, len -= n) {
		n = len < SEGMENT ? len : SEGMENT;
		*out++ = V_ASN1_OCTET_STRING;
		*out++ = (unsigned char)n;
		out = put(out, data, n);
	}
	return put(out, "\0", 2);
}

/*
 * One value after another.  certificates [0] of SignedData is the only [0]
 * that stands behind a SET and a SEQUENCE: it is left alone.
 */
static unsigned char *
put_ber(unsigned char *out, const unsigned char *p, const unsigned char *end)
{
	const unsigned char	*start;
	unsigned char		 tag, last = 0, before = 0;
	long			 len;
	int			 number, class;

	for (; p < end; p += len, before = last, last = tag) {
		start = p;
		tag = *p;
		NEED((ASN1_get_object(&p, &len, &number, &class, end - p) &
		    0x80) == 0);
		if (tag == V_ASN1_OCTET_STRING || tag == 0x80)
			out = put_segments(out, tag, p, (size_t)len);
		else if ((tag & V_ASN1_CONSTRUCTED) == 0 || (tag == 0xa0 &&
		    last == 0x30 && before == 0x31))
			out = put(out, start, (size_t)(p + len - start));
		else {
			*out++ = tag;
			*out++ = 0x80;
			out = put(put_ber(out, p, p + len), "\0", 2);
		}
	}
	return out;
}

struct bytes
client_to_ber(const struct bytes *der)
{
	unsigned char	*out = OPENSSL_malloc(3 * der->len), *end;

	NEED(out != NULL);
	end = put_ber(out, der->data, der->data + der->len);
	return need((struct bytes){ out, (size_t)(end - out) });
}
