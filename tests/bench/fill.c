/*
 * fill.c - a store full of certificates, quickly.
 *
 * usage: bench-fill [-l] [-a days] [-c scep.conf] [-d days] [-o profile]
 *                   [-s first] [-x nth] number
 *        bench-fill [-c scep.conf] -r serial
 *
 * Writes the records of certificates CN=dev-FIRST and up through the store's
 * interface, as if the CA of the configuration's default profile had issued
 * them: complete DER, each with its own subject and serial, but all with one
 * key, and a signature that does not verify.  The same arguments give the
 * same certificates, but for their times.
 *
 *	-a days		issued at equal distances over the last days (360)
 *	-d days		valid for so long (397)
 *	-o profile	each thousandth was issued under this one
 *	-s first	the first number (0)
 *	-x nth		each nth is revoked
 *	-l		with an entry of the log for each commit
 *	-r serial	revoke this one (hex) now, and write no other
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "base/error.h"
#include "base/text.h"
#include "cgi/state.h"
#include "store/record.h"

#define DAY		86400L
#define ODD_EACH	1000	/* -o */
#define AT_ONCE		SCEP_CHANGE_MAX
#define NUMBER_MAX	100000000L

struct filler {
	const char		*conf;
	const char		*odd;		/* profile, or NULL */
	const char		*revoke;	/* -r, or NULL */
	long			 age_days, valid_days, first, revoke_nth, n;
	int			 with_log;
	time_t			 now;
	struct scep_crypto	*crypto;
	struct scep_config	*cfg;
	const struct scep_ca_conf	*ca;
	const char		*profile;
	uint8_t			 issuer[SCEP_SHA256_LEN];
	struct scep_store	*store;
	X509			*cert;		/* the template */
	EVP_PKEY		*key;
};

static void
die(const char *what, const struct scep_error *err)
{
	(void)fprintf(stderr, "bench-fill: %s%s%s\n", what,
	    err != NULL ? ": " : "", err != NULL ? err->text : "");
	exit(1);
}

static void
must(int ok, const char *what)
{
	if (!ok)
		die(what, NULL);
}

/* What every certificate has; about as long as a real one. */
static void
template_make(struct filler *f)
{
	static const struct {
		int		 nid;
		const char	*value;
	} exts[] = {
		{ NID_basic_constraints, "critical,CA:FALSE" },
		{ NID_key_usage,
		    "critical,digitalSignature,keyEncipherment" },
		{ NID_ext_key_usage, "clientAuth" },
		{ NID_subject_key_identifier, "hash" },
		{ NID_subject_alt_name, "DNS:device.bench.example" },
	};
	const unsigned char	*p = f->ca->cert.subject.data;
	X509_NAME		*issuer;
	X509_EXTENSION		*ext;
	X509V3_CTX		 ctx;
	size_t			 i;

	f->key = EVP_RSA_gen(2048);
	f->cert = X509_new();
	issuer = d2i_X509_NAME(NULL, &p, (long)f->ca->cert.subject.len);
	must(f->key != NULL && f->cert != NULL && issuer != NULL &&
	    X509_set_version(f->cert, 2) == 1 &&
	    X509_set_issuer_name(f->cert, issuer) == 1 &&
	    X509_set_pubkey(f->cert, f->key) == 1, "template");
	X509_NAME_free(issuer);
	X509V3_set_ctx(&ctx, f->cert, f->cert, NULL, NULL, 0);
	for (i = 0; i < sizeof(exts) / sizeof(exts[0]); i++) {
		ext = X509V3_EXT_conf_nid(NULL, &ctx, exts[i].nid,
		    exts[i].value);
		must(ext != NULL && X509_add_ext(f->cert, ext, -1) == 1,
		    exts[i].value);
		X509_EXTENSION_free(ext);
	}
	must(X509_gmtime_adj(X509_getm_notBefore(f->cert), 0) != NULL &&
	    X509_gmtime_adj(X509_getm_notAfter(f->cert), DAY) != NULL &&
	    X509_sign(f->cert, f->key, EVP_sha256()) > 0, "template");
}

/* The template with the record's serial, subject and times, and still the
 * old signature. */
static void
encode(const struct filler *f, struct scep_cert_rec *rec)
{
	struct scep_error	 err;
	X509_NAME		*name = X509_NAME_new();
	ASN1_INTEGER		*serial = X509_get_serialNumber(f->cert);
	unsigned char		*der = NULL;
	int			 len = 0;

	/* Behind "CN=". */
	must(name != NULL && X509_NAME_add_entry_by_txt(name, "CN",
	    MBSTRING_UTF8, (const unsigned char *)rec->subject + 3, -1, -1,
	    0) == 1 && X509_set_subject_name(f->cert, name) == 1 &&
	    ASN1_STRING_set(serial, rec->serial.data,
	    (int)rec->serial.len) == 1 &&
	    ASN1_TIME_set(X509_getm_notBefore(f->cert), rec->not_before) !=
	    NULL &&
	    ASN1_TIME_set(X509_getm_notAfter(f->cert), rec->not_after) !=
	    NULL && (len = i2d_re_X509_tbs(f->cert, NULL)) > 0 &&
	    (len = i2d_X509(f->cert, &der)) > 0, "certificate");
	X509_NAME_free(name);
	if (scep_buf_set(&rec->der, scep_span_make(der, (size_t)len),
	    &err) != SCEP_OK || scep_crypto_sha256(f->crypto,
	    scep_buf_span(&rec->der), rec->der_sha256, &err) != SCEP_OK)
		die("certificate", &err);
	OPENSSL_free(der);
}

static void
record_make(const struct filler *f, long i, struct scep_cert_rec *rec)
{
	struct scep_error	 err;
	const long		 number = f->first + i;
	char			 text[32];

	memset(rec, 0, sizeof(*rec));
	(void)snprintf(text, sizeof(text), "bench-fill %ld", number);
	if (scep_crypto_sha256(f->crypto, scep_span_text(text),
	    rec->key_sha256, &err) != SCEP_OK ||
	    scep_buf_set(&rec->serial, scep_span_make(rec->key_sha256, 16),
	    &err) != SCEP_OK)
		die("record", &err);
	rec->serial.data[0] = (uint8_t)((rec->serial.data[0] & 0x7f) | 0x40);
	memcpy(rec->issuer, f->issuer, sizeof(rec->issuer));
	rec->state = SCEP_CERT_VALID;
	rec->issued = f->now - f->age_days * DAY + (time_t)((double)i /
	    (double)f->n * (double)(f->age_days * DAY));
	rec->not_before = rec->issued - 3600;
	rec->not_after = rec->issued + f->valid_days * DAY;
	if (f->revoke_nth > 0 && number % f->revoke_nth == 0) {
		rec->state = SCEP_CERT_REVOKED;
		rec->revoked = rec->issued + 60;
		rec->reason = 4;	/* superseded */
	}
	(void)snprintf(rec->ca, sizeof(rec->ca), "%s", f->ca->name);
	(void)snprintf(rec->profile, sizeof(rec->profile), "%s",
	    f->odd != NULL && number % ODD_EACH == 0 ? f->odd : f->profile);
	(void)snprintf(rec->subject, sizeof(rec->subject), "CN=dev-%ld",
	    number);
	(void)snprintf(rec->request_id, sizeof(rec->request_id), "%016lx",
	    (unsigned long)number);
	(void)snprintf(rec->authority, sizeof(rec->authority), "bench-fill");
	encode(f, rec);
}

static void
save(const struct filler *f, long from, long n)
{
	struct scep_change	 change = { .n = 0 };
	struct scep_cert_rec	 rec;
	struct scep_error	 err;
	char			 line[96];
	long			 i;

	for (i = from; i < from + n; i++) {
		record_make(f, i, &rec);
		if (scep_cert_rec_write(&change, &rec, &err) != SCEP_OK)
			die("record", &err);
		scep_cert_rec_clear(&rec);
	}
	(void)snprintf(line, sizeof(line), "event=bench-fill id=%ld n=%ld",
	    f->first + from, n);
	if (f->with_log && scep_buf_set(&change.log, scep_span_text(line),
	    &err) != SCEP_OK)
		die("log", &err);
	if (scep_store_commit(f->store, &change, &err) != SCEP_OK)
		die("store", &err);
	scep_change_clear(&change);
}

static void
fill(const struct filler *f)
{
	struct scep_error	 err;
	long			 i, n;

	for (i = 0; i < f->n; i += n) {
		n = f->n - i < AT_ONCE ? f->n - i : AT_ONCE;
		save(f, i, n);
		if (i / 10000 != (i + n) / 10000 &&
		    scep_store_tend(f->store, &err) != SCEP_OK)
			die("store", &err);
	}
}

static void
revoke_one(const struct filler *f)
{
	struct scep_change	 change = { .n = 0 };
	struct scep_buf		 key = { NULL, 0 };
	struct scep_cert_rec	 rec;
	struct scep_error	 err;
	uint8_t			 serial[20];
	size_t			 len;

	if (scep_hex_read(f->revoke, serial, sizeof(serial), &len, &err) !=
	    SCEP_OK || scep_cert_key(scep_span_make(serial, len), f->issuer,
	    &key, &err) != SCEP_OK ||
	    scep_cert_rec_get(f->store, scep_buf_span(&key), &rec, &err) !=
	    SCEP_OK)
		die(f->revoke, &err);
	rec.state = SCEP_CERT_REVOKED;
	rec.revoked = f->now;
	rec.reason = 1;			/* keyCompromise */
	if (scep_cert_rec_write(&change, &rec, &err) != SCEP_OK ||
	    scep_store_commit(f->store, &change, &err) != SCEP_OK)
		die("store", &err);
	scep_change_clear(&change);
	scep_cert_rec_clear(&rec);
	scep_buf_clear(&key);
}

static void
open_all(struct filler *f)
{
	struct scep_store_db_options	 opt = { .cache = 256 << 20 };
	struct scep_error		 err;
	int				 lock;

	if (scep_crypto_new(NULL, &f->crypto, &err) != SCEP_OK ||
	    scep_state_config(f->crypto, f->conf, 1, &f->cfg, &err) !=
	    SCEP_OK ||
	    scep_state_become_owner(f->cfg->server.state, &err) != SCEP_OK ||
	    scep_state_lock(f->cfg->server.state, 0, &lock, &err) != SCEP_OK)
		die("state", &err);
	f->profile = scep_config_profile(f->cfg, "")->name;
	f->ca = &f->cfg->ca[scep_config_profile(f->cfg, "")->ca];
	opt.dir = f->cfg->server.state;
	if (scep_crypto_sha256(f->crypto, f->ca->cert.subject, f->issuer,
	    &err) != SCEP_OK ||
	    scep_store_db_open(&opt, &f->store, &err) != SCEP_OK)
		die("store", &err);
}

static long
number(const char *what, const char *text, long min)
{
	struct scep_error	 err;
	long			 n;

	if (scep_number_read(text, min, NUMBER_MAX, &n, &err) != SCEP_OK)
		die(what, &err);
	return n;
}

static void
options(struct filler *f, int argc, char *argv[])
{
	int	 c;

	while ((c = getopt(argc, argv, "a:c:d:lo:r:s:x:")) != -1) {
		switch (c) {
		case 'a':
			f->age_days = number("-a", optarg, 0);
			break;
		case 'c':
			f->conf = optarg;
			break;
		case 'd':
			f->valid_days = number("-d", optarg, 1);
			break;
		case 'l':
			f->with_log = 1;
			break;
		case 'o':
			f->odd = optarg;
			break;
		case 'r':
			f->revoke = optarg;
			break;
		case 's':
			f->first = number("-s", optarg, 0);
			break;
		case 'x':
			f->revoke_nth = number("-x", optarg, 1);
			break;
		default:
			argc = 0;
			break;
		}
	}
	if (argc != 0 && f->revoke != NULL && argc == optind)
		return;
	if (argc - optind != 1) {
		(void)fprintf(stderr, "usage: bench-fill [-l] [-a days] "
		    "[-c scep.conf] [-d days] [-o profile] [-s first] "
		    "[-x nth] number\n");
		exit(2);
	}
	f->n = number("number", argv[optind], 1);
}

int
main(int argc, char *argv[])
{
	struct filler	 f = { .age_days = 360, .valid_days = 397 };
	time_t		 start = time(NULL);

	options(&f, argc, argv);
	f.now = start;
	open_all(&f);
	if (f.revoke != NULL)
		revoke_one(&f);
	else {
		template_make(&f);
		fill(&f);
		(void)printf("%ld certificates in %ld s\n", f.n,
		    (long)(time(NULL) - start));
	}
	scep_store_close(f.store);
	X509_free(f.cert);
	EVP_PKEY_free(f.key);
	scep_config_free(f.cfg);
	scep_crypto_free(f.crypto);
	return 0;
}
