/*
 * cgi_crypto.c - what an enrolment's cryptography takes, and nothing else.
 *
 * usage: bench-cgi crypto cacert number
 *
 * cacert is an answer to GetCACert: keys of the same kinds are made, and
 * number times the operations of an enrolment done with them: the envelope is
 * opened, the certificate and the answer are signed, three signatures of an
 * RSA-2048 device verified, and a key is encrypted to it.  For each time a
 * line
 *
 *	CPU-MICROSECONDS WALL-MICROSECONDS
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "tests/bench/cgi.h"
#include "tests/unit/client.h"

#define SIZE	1024

static const unsigned char	digest[32];

/* Keys and what they are used with; contexts are not made anew each time. */
struct work {
	EVP_PKEY_CTX	*open, *sign_cert, *sign_answer, *verify, *encrypt;
	unsigned char	 box[SIZE], signature[SIZE];
	size_t		 box_len, signature_len;
};

/* The first that is a CA's, or is not; of an EC CA the RA is apart. */
static EVP_PKEY *
key_like(STACK_OF(X509) *certs, int is_ca)
{
	EVP_PKEY	*theirs = NULL, *key;
	char		 group[64];
	size_t		 len;
	int		 i;

	for (i = 0; i < sk_X509_num(certs) && theirs == NULL; i++)
		if ((X509_check_ca(sk_X509_value(certs, i)) != 0) == is_ca)
			theirs = X509_get0_pubkey(sk_X509_value(certs, i));
	if (theirs == NULL)
		bench_die("crypto: no CA, or no RA, in the answer");
	key = EVP_PKEY_is_a(theirs, "EC") && EVP_PKEY_get_group_name(theirs,
	    group, sizeof(group), &len) == 1 ? EVP_EC_gen(group) :
	    EVP_RSA_gen((unsigned int)EVP_PKEY_get_bits(theirs));
	if (key == NULL)
		bench_die("crypto: no key like that");
	return key;
}

static EVP_PKEY_CTX *
context(EVP_PKEY *key, int (*init)(EVP_PKEY_CTX *ctx), int padding)
{
	EVP_PKEY_CTX	*ctx = EVP_PKEY_CTX_new(key, NULL);

	if (ctx == NULL || init(ctx) != 1 || (EVP_PKEY_is_a(key, "RSA") &&
	    EVP_PKEY_CTX_set_rsa_padding(ctx, padding) != 1))
		bench_die("crypto: no context");
	return ctx;
}

static void
sign(EVP_PKEY_CTX *ctx, unsigned char out[SIZE], size_t *len)
{
	*len = SIZE;
	if (EVP_PKEY_sign(ctx, out, len, digest, sizeof(digest)) != 1)
		bench_die("crypto: sign");
}

static void
encrypt(EVP_PKEY_CTX *ctx, unsigned char out[SIZE], size_t *len)
{
	*len = SIZE;
	if (EVP_PKEY_encrypt(ctx, out, len, digest, 16) != 1)
		bench_die("crypto: encrypt");
}

static void
prepare(struct work *w, const char *cacert)
{
	unsigned char	*answer;
	STACK_OF(X509)	*certs;
	EVP_PKEY	*ra, *ca, *device = EVP_RSA_gen(2048);
	EVP_PKEY_CTX	*ctx;
	size_t		 len;

	answer = bench_read(cacert, &len);
	if ((certs = scep_client_cacert(answer, len, 1)) == NULL)
		bench_die("%s: no certificates", cacert);
	ra = key_like(certs, 0);
	ca = key_like(certs, 1);
	w->open = context(ra, EVP_PKEY_decrypt_init, RSA_NO_PADDING);
	w->sign_cert = context(ca, EVP_PKEY_sign_init, RSA_PKCS1_PADDING);
	w->sign_answer = context(ra, EVP_PKEY_sign_init, RSA_PKCS1_PADDING);
	w->verify = context(device, EVP_PKEY_verify_init, RSA_PKCS1_PADDING);
	w->encrypt = context(device, EVP_PKEY_encrypt_init,
	    RSA_PKCS1_PADDING);
	ctx = context(device, EVP_PKEY_sign_init, RSA_PKCS1_PADDING);
	sign(ctx, w->signature, &w->signature_len);
	EVP_PKEY_CTX_free(ctx);
	ctx = context(ra, EVP_PKEY_encrypt_init, RSA_PKCS1_PADDING);
	encrypt(ctx, w->box, &w->box_len);
	EVP_PKEY_CTX_free(ctx);
	sk_X509_pop_free(certs, X509_free);
	free(answer);
	EVP_PKEY_free(ra);
	EVP_PKEY_free(ca);
	EVP_PKEY_free(device);
}

static void
enrol(const struct work *w)
{
	unsigned char	 out[SIZE];
	size_t		 len = sizeof(out);
	int		 i;

	if (EVP_PKEY_decrypt(w->open, out, &len, w->box, w->box_len) != 1)
		bench_die("crypto: decrypt");
	for (i = 0; i < 3; i++)
		if (EVP_PKEY_verify(w->verify, w->signature,
		    w->signature_len, digest, sizeof(digest)) != 1)
			bench_die("crypto: verify");
	sign(w->sign_cert, out, &len);
	encrypt(w->encrypt, out, &len);
	sign(w->sign_answer, out, &len);
}

int
bench_crypto(int argc, char *argv[])
{
	struct work	 w;
	int64_t		 cpu, wall;
	long		 i, n;

	if (argc != 3)
		bench_die("crypto: see tests/bench/cgi_crypto.c");
	prepare(&w, argv[1]);
	n = bench_number(argv[2]);
	for (i = 0; i < 20; i++)
		enrol(&w);		/* blinding, and a warm cache */
	for (i = 0; i < n; i++) {
		cpu = bench_cpu_ns(0);
		wall = bench_now_us();
		enrol(&w);
		cpu = bench_cpu_ns(0) - cpu;
		(void)printf("%lld %lld\n", (long long)cpu / 1000,
		    (long long)(bench_now_us() - wall));
	}
	EVP_PKEY_CTX_free(w.open);
	EVP_PKEY_CTX_free(w.sign_cert);
	EVP_PKEY_CTX_free(w.sign_answer);
	EVP_PKEY_CTX_free(w.verify);
	EVP_PKEY_CTX_free(w.encrypt);
	return 0;
}
