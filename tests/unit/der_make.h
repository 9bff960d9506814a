/*
 * der_make.h - DER for tests, put together by hand: also what no library
 * would write.
 *
 * Every span is an allocation of its own, so that a sanitizer sees an octet
 * read too far; der_forget() frees them all.  Fails by abort().
 */
#ifndef TESTS_DER_MAKE_H
#define TESTS_DER_MAKE_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/buf.h"

/* DER(0x30, a, b): a SEQUENCE of a and b. */
#define DER(tag, ...)							\
	der_make(tag, (const struct scep_span[]){ __VA_ARGS__ },	\
	    sizeof((const struct scep_span[]){ __VA_ARGS__ }) /		\
	    sizeof(struct scep_span))
#define SEQ(...)	DER(0x30, __VA_ARGS__)
#define SET_OF(...)	DER(0x31, __VA_ARGS__)

struct scep_span der_make(int tag, const struct scep_span *parts, size_t n);
struct scep_span der_raw(const void *data, size_t len);
struct scep_span der_hex(const char *hex);	/* blanks are skipped */
struct scep_span der_text(int tag, const char *text);
struct scep_span der_octets(int tag, const void *data, size_t len);
struct scep_span der_oid(const char *dotted);
struct scep_span der_int(long n);
/* n times the same, without a tag around it. */
struct scep_span der_repeat(struct scep_span part, size_t n);
struct scep_span der_join(struct scep_span a, struct scep_span b);
/* The copy, with one octet replaced. */
struct scep_span der_patch(struct scep_span der, size_t at, uint8_t octet);

/* AttributeTypeAndValue in an RDN of its own: type dotted, value of tag. */
struct scep_span der_rdn(const char *type, int tag, const char *value);
/* AlgorithmIdentifier: parameters NULL, or none at all. */
struct scep_span der_alg(const char *oid, int with_null);
struct scep_span der_spki(EVP_PKEY *key);

/* The world's keys, by index (world_keys.c); free them. */
EVP_PKEY	*der_key(int i);
/* SIGNED{}: body, the algorithm, and the signature of key over body; md NULL
 * for a key that brings its own. */
struct scep_span der_signed(EVP_PKEY *key, const EVP_MD *md,
		    struct scep_span alg, struct scep_span body);

void	 der_forget(void);

#endif /* TESTS_DER_MAKE_H */
