/*
 * cgi_messages.c - PKCSReq messages, made beforehand.
 *
 * usage: bench-cgi messages cacert directory <challenges
 *
 * Writes directory/N for the Nth line, each with a transaction and a subject
 * of its own, and all with one key.  cacert is an answer to GetCACert, a
 * bundle.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/rand.h>

#include "tests/bench/cgi.h"
#include "tests/unit/client.h"

static X509 *
ra_read(const char *path)
{
	STACK_OF(X509)	*certs;
	unsigned char	*answer;
	size_t		 len;
	int		 i;

	answer = bench_read(path, &len);
	certs = scep_client_cacert(answer, len, 1);
	free(answer);
	for (i = 0; i < sk_X509_num(certs); i++)
		if (X509_check_ca(sk_X509_value(certs, i)) == 0)
			return sk_X509_value(certs, i);
	bench_die("%s: no RA certificate", path);
}

static void
make_one(const char *path, long i, const char *challenge, EVP_PKEY *key,
    X509 *ra)
{
	struct client_message	 m = { .type = 19, .key = key,
				    .recipient = { ra } };
	struct bytes		 der;
	char			 subject[64], txid[33];
	unsigned char		 bytes[16];
	int			 k;

	(void)snprintf(subject, sizeof(subject), "/CN=bench-%ld", i);
	if (RAND_bytes(bytes, sizeof(bytes)) != 1)
		bench_die("RAND_bytes");
	for (k = 0; k < 16; k++)
		(void)snprintf(txid + 2 * k, 3, "%02x", bytes[k]);
	m.txid = txid;
	m.signer = client_self_signed(key, subject);
	m.content = client_csr(key, subject, challenge, NULL);
	der = client_message(&m);
	bench_write(path, der.data, der.len);
	bytes_free(&der);
	bytes_free(&m.content);
	X509_free(m.signer);
}

static void
make(const char *cacert, const char *dir)
{
	EVP_PKEY	*key = EVP_RSA_gen(2048);
	X509		*ra = ra_read(cacert);
	char		 line[256], *path;
	long		 i;

	for (i = 0; fgets(line, sizeof(line), stdin) != NULL; i++) {
		line[strcspn(line, "\n")] = '\0';
		path = bench_path(dir, i);
		make_one(path, i, line, key, ra);
		free(path);
	}
	EVP_PKEY_free(key);
}

int
bench_messages(int argc, char *argv[])
{
	if (argc != 3)
		bench_die("messages: see tests/bench/cgi_messages.c");
	make(argv[1], argv[2]);
	return 0;
}
