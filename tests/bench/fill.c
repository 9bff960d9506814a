/*
 * fill.c - a store full of certificates, quickly.
 *
 * usage: bench-fill [-gt] [-a days] [-c scep.conf] [-d days] [-m MiB]
 *                   [-o profile] [-s first] [-x nth] number
 *        bench-fill [-c scep.conf] -r serial
 *
 * Writes the rows of certificates CN=dev-FIRST and up through the store's
 * interface, all that issuing them leaves, as if the CA of the
 * configuration's default profile had granted them to a challenge each.  The
 * same arguments give the same certificates, but for their times.
 *
 * Indexes are made at the end.  Memory: the cache and a quarter of it more.
 * Cut short, the store is whole with the next opening.
 *
 *	-a days		issued at equal distances over the last days (360)
 *	-d days		valid for so long (397)
 *	-g		grown: each committed by itself, as a server does
 *	-o profile	each thousandth was issued under this one
 *	-s first	the first number (0)
 *	-x nth		each nth is revoked
 *	-t		those of the last 90 days with what explain tells
 *	-m MiB		cache of the database (1024)
 *	-r serial	revoke this one (hex) now, and write no other
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "cgi/state.h"
#include "tests/bench/fill.h"

#define NUMBER_MAX	100000000L

void
fill_die(const char *what, const struct scep_error *err)
{
	(void)fprintf(stderr, "bench-fill: %s%s%s\n", what,
	    err != NULL ? ": " : "", err != NULL ? err->text : "");
	exit(1);
}

void
fill_must(int ok, const char *what)
{
	if (!ok)
		fill_die(what, NULL);
}

static void
fill(const struct filler *f)
{
	struct scep_change	 change = { .n = 0 };
	struct scep_error	 err;
	long			 i;

	for (i = 0; i < f->n; i++) {
		fill_rows(f, i, &change);
		if (scep_store_commit(f->store, &change, &err) != SCEP_OK)
			fill_die("store", &err);
		scep_change_clear(&change);
		if (i % 10000 == 9999 &&
		    scep_store_tend(f->store, &err) != SCEP_OK)
			fill_die("store", &err);
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
		fill_die(f->revoke, &err);
	rec.state = SCEP_CERT_REVOKED;
	rec.revoked = f->now;
	rec.reason = 1;			/* keyCompromise */
	if (scep_cert_rec_write(&change, &rec, &err) != SCEP_OK ||
	    scep_store_commit(f->store, &change, &err) != SCEP_OK)
		fill_die("store", &err);
	scep_change_clear(&change);
	scep_cert_rec_clear(&rec);
	scep_buf_clear(&key);
}

static void
say(void *arg, const char *text)
{
	(void)arg;
	(void)fprintf(stderr, "bench-fill: %s\n", text);
}

static void
open_all(struct filler *f)
{
	struct scep_store_db_options	 opt = { .say = say };
	struct scep_error		 err;
	int				 lock;

	if (scep_crypto_new(NULL, &f->crypto, &err) != SCEP_OK ||
	    scep_state_config(f->crypto, f->conf, 1, &f->cfg, &err) !=
	    SCEP_OK ||
	    scep_state_become_owner(f->cfg->server.state, &err) != SCEP_OK ||
	    scep_state_lock(f->cfg->server.state, 0, &lock, &err) != SCEP_OK)
		fill_die("state", &err);
	f->profile = scep_config_profile(f->cfg, "")->name;
	f->ca = &f->cfg->ca[scep_config_profile(f->cfg, "")->ca];
	opt.dir = f->cfg->server.state;
	opt.cache = (size_t)f->cache_mb << 20;
	opt.bulk = f->revoke == NULL && !f->grown;
	if (scep_crypto_sha256(f->crypto, f->ca->cert.subject, f->issuer,
	    &err) != SCEP_OK ||
	    scep_store_db_open(&opt, &f->store, &err) != SCEP_OK)
		fill_die("store", &err);
}

static long
number(const char *what, const char *text, long min)
{
	struct scep_error	 err;
	long			 n;

	if (scep_number_read(text, min, NUMBER_MAX, &n, &err) != SCEP_OK)
		fill_die(what, &err);
	return n;
}

static void
options(struct filler *f, int argc, char *argv[])
{
	int	 c;

	while ((c = getopt(argc, argv, "a:c:d:gm:o:r:s:tx:")) != -1) {
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
		case 'g':
			f->grown = 1;
			break;
		case 'm':
			f->cache_mb = number("-m", optarg, 1);
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
		case 't':
			f->with_traces = 1;
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
		(void)fprintf(stderr, "usage: bench-fill [-gt] [-a days] "
		    "[-c scep.conf] [-d days] [-m MiB] [-o profile] "
		    "[-s first] [-x nth] number\n");
		exit(2);
	}
	f->n = number("number", argv[optind], 1);
}

int
main(int argc, char *argv[])
{
	struct filler	 f = { .age_days = 360, .valid_days = 397,
				    .cache_mb = 1024 };
	time_t		 start = time(NULL);

	options(&f, argc, argv);
	f.now = start;
	open_all(&f);
	if (f.revoke != NULL)
		revoke_one(&f);
	else {
		fill_template(&f);
		fill(&f);
	}
	scep_store_close(f.store);
	if (f.revoke == NULL)
		(void)printf("%ld certificates in %ld s\n", f.n,
		    (long)(time(NULL) - start));
	X509_free(f.cert);
	EVP_PKEY_free(f.key);
	scep_config_free(f.cfg);
	scep_crypto_free(f.crypto);
	return 0;
}
