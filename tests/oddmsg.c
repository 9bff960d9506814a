/*
 * oddmsg.c - writes one odd pkiMessage to standard output, for the scripts of
 * tests/e2e and as seeds for tests/fuzz.
 *
 *	oddmsg -l
 *	oddmsg [-i] [-c challenge] [-k key.pem] [-p octets] [-r ra.pem]
 *	    [-s name] [-t txid] [axis=label ...]
 *
 * -l lists what may stand for axis=label (tests/unit/odd_rows.c).  -i writes
 * the request alone, -p adds an unsigned attribute of so many octets.  Without
 * -r and -k it is written for the world of tests/unit/world.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>

#include "tests/unit/odd.h"

__attribute__((noreturn))
static void
die(int status, const char *what, const char *about)
{
	(void)fprintf(stderr, "oddmsg: %s%s\n", what, about);
	exit(status);
}

static FILE *
file_open(const char *path)
{
	FILE	*f = fopen(path, "r");

	if (f == NULL)
		die(2, "cannot read ", path);
	return f;
}

static EVP_PKEY *
key_read(const char *path)
{
	FILE		*f = file_open(path);
	EVP_PKEY	*key = PEM_read_PrivateKey(f, NULL, NULL, NULL);

	(void)fclose(f);
	if (key == NULL)
		die(2, "no private key: ", path);
	return key;
}

static struct scep_span
octets(const ASN1_STRING *s)
{
	return s == NULL ? der_raw("", 0) : der_raw(ASN1_STRING_get0_data(s),
	    (size_t)ASN1_STRING_length(s));
}

static void
ra_read(const char *path, struct odd_desk *d)
{
	FILE		*f = file_open(path);
	X509		*ra = PEM_read_X509(f, NULL, NULL, NULL);
	unsigned char	*der = NULL;
	int		 len;

	(void)fclose(f);
	if (ra == NULL || (len = i2d_X509_NAME(X509_get_issuer_name(ra),
	    &der)) <= 0)
		die(2, "no certificate: ", path);
	d->ra_key = X509_get_pubkey(ra);
	d->ra_issuer = der_raw(der, (size_t)len);
	/* Of a number as these are: positive, and with a first bit of 0. */
	d->ra_serial = octets(X509_get0_serialNumber(ra));
	if (d->ra_serial.len > 0 && (d->ra_serial.data[0] & 0x80) != 0)
		d->ra_serial = der_join(der_hex("00"), d->ra_serial);
	d->ra_ski = octets(X509_get0_subject_key_id(ra));
	OPENSSL_free(der);
	X509_free(ra);
}

/* As tests/unit/world.c makes it. */
static void
ra_of_the_world(struct odd_desk *d)
{
	unsigned char	 digest[SHA_DIGEST_LENGTH], *der = NULL;
	int		 len;

	d->ra_key = der_key(1);
	d->ra_issuer = odd_name(0x0c, "Test CA");
	d->ra_serial = der_hex("02");
	if ((len = i2d_PublicKey(d->ra_key, &der)) <= 0)
		die(1, "no public key", "");
	(void)SHA1(der, (size_t)len, digest);
	d->ra_ski = der_raw(digest, sizeof(digest));
	OPENSSL_free(der);
}

static void
list(void)
{
	size_t	 i;

	for (i = 0; i < odd_n_rows; i++)
		(void)printf("%s=%s\n", odd_rows[i].axis, odd_rows[i].label);
}

static void
set(const struct odd_desk *d, struct odd *o, char *word)
{
	const struct odd_row	*row;
	char			*label = strchr(word, '=');

	if (label == NULL)
		die(2, "no axis=label: ", word);
	*label++ = '\0';
	if ((row = odd_row_find(word, label)) == NULL)
		die(2, "no such row: ", word);
	row->set(d, o, row->arg);
}

static void
pad(struct odd *o, long n)
{
	const struct scep_span	 zeros = der_repeat(der_hex("00"), (size_t)n);

	o->unsigned_attrs = der_join(o->unsigned_attrs,
	    odd_attr("1.3.6.1.4.1.99999.6", DER(0x04, zeros)));
}

int
main(int argc, char *argv[])
{
	const char		*ra = NULL, *key = NULL, *txid = NULL;
	struct odd_desk		 d = { .challenge = "open sesame",
				    .cn = "odd" };
	struct odd		 o;
	struct scep_span	 out;
	long			 padding = 0;
	int			 c, inside = 0;

	while ((c = getopt(argc, argv, "c:ik:lp:r:s:t:")) != -1)
		switch (c) {
		case 'c':
			d.challenge = *optarg != '\0' ? optarg : NULL;
			break;
		case 'i':
			inside = 1;
			break;
		case 'k':
			key = optarg;
			break;
		case 'l':
			list();
			return 0;
		case 'p':
			padding = strtol(optarg, NULL, 10);
			break;
		case 'r':
			ra = optarg;
			break;
		case 's':
			d.cn = optarg;
			break;
		case 't':
			txid = optarg;
			break;
		default:
			return 2;
		}
	d.key = key != NULL ? key_read(key) : der_key(2);
	d.other = der_key(3);
	if (ra != NULL)
		ra_read(ra, &d);
	else
		ra_of_the_world(&d);
	odd_plain(&d, &o);
	if (txid != NULL)
		o.txid = der_raw(txid, strlen(txid));
	for (; optind < argc; optind++)
		set(&d, &o, argv[optind]);
	if (padding > 0)
		pad(&o, padding);
	out = inside ? odd_csr_make(&o.csr) : odd_make(&o);
	if (fwrite(out.data, 1, out.len, stdout) != out.len ||
	    fclose(stdout) != 0)
		die(1, "cannot write", "");
	EVP_PKEY_free(d.key);
	EVP_PKEY_free(d.other);
	EVP_PKEY_free(d.ra_key);
	der_forget();
	return 0;
}
