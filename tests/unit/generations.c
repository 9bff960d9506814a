/* generations.c - for tests: a CA on the disk with what comes after it. */
#include <sys/stat.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/pem.h>

#include "base/dir.h"
#include "base/file.h"
#include "tests/unit/generations.h"

#define NEED(ok)	need(!!(ok), #ok, __LINE__)

static void
need(int ok, const char *what, int line)
{
	if (ok)
		return;
	(void)fprintf(stderr, "generations.c:%d: %s\n", line, what);
	abort();
}

static void
put(const struct generations *g, const char *name, struct scep_span bytes,
    unsigned int mode)
{
	char			 path[256];
	struct scep_error	 err;

	(void)snprintf(path, sizeof(path), "%s/%s", g->dir, name);
	NEED(scep_file_replace(path, bytes, mode, &err) == SCEP_OK);
}

static void
put_pair(const struct generations *g, const char *name, EVP_PKEY *key,
    X509 *cert)
{
	struct scep_buf		 pem = { NULL, 0 };
	struct scep_error	 err;
	char			 file[128];

	NEED(scep_config_pem_key(key, &pem, &err) == SCEP_OK);
	(void)snprintf(file, sizeof(file), "%s.key", name);
	put(g, file, scep_buf_span(&pem), 0600);
	NEED(scep_config_pem_cert(cert, &pem, &err) == SCEP_OK);
	(void)snprintf(file, sizeof(file), "%s.pem", name);
	put(g, file, scep_buf_span(&pem), 0644);
	scep_buf_clear(&pem);
}

/* A CA and its RA, as files under these names. */
static void
make(const struct generations *g, const char *cn, const char *ca_file,
    const char *ra_file)
{
	struct scep_making	 ca = { .cn = cn, .days = 20 * 365 }, ra = {
				    .cn = "RA", .days = 10 * 365 };
	X509			*ca_cert, *ra_cert;
	struct scep_error	 err;

	NEED(scep_ca_make_key(g->crypto, g->key, &ca.key, &err) == SCEP_OK);
	NEED(scep_ca_make_key(g->crypto, "rsa:2048", &ra.key, &err) ==
	    SCEP_OK);
	ca.issuer_key = ra.issuer_key = ca.key;
	ca.digest = ra.digest = scep_ca_key_digest(ca.key);
	NEED(scep_ca_make_cert(g->crypto, &ca, GENERATIONS_NOW, &ca_cert,
	    &err) == SCEP_OK);
	ra.issuer = ca_cert;
	NEED(scep_ca_make_cert(g->crypto, &ra, GENERATIONS_NOW, &ra_cert,
	    &err) == SCEP_OK);
	put_pair(g, ca_file, ca.key, ca_cert);
	put_pair(g, ra_file, ra.key, ra_cert);
	EVP_PKEY_free(ca.key);
	EVP_PKEY_free(ra.key);
	X509_free(ca_cert);
	X509_free(ra_cert);
}

void
generations_open(struct generations *g, const char *key)
{
	struct scep_error	 err;

	memset(g, 0, sizeof(*g));
	g->key = key;
	g->more = g->tail = "";
	(void)snprintf(g->dir, sizeof(g->dir), "/tmp/scep-gen.XXXXXX");
	NEED(mkdtemp(g->dir) != NULL);
	NEED(scep_crypto_new(NULL, &g->crypto, &err) == SCEP_OK);
	make(g, "First", "ca", "ra");
	put(g, "challenge.key", scep_span_text("0123456789abcdef0123456789abcd"
	    "ef0123456789abcdef0123456789abcdef\n"), 0600);
}

void
generations_close(struct generations *g)
{
	scep_crypto_free(g->crypto);
	scep_dir_remove(g->dir, 1);
}

struct scep_config *
generations_load(struct generations *g, struct scep_error *err)
{
	struct scep_conf	*conf = NULL;
	struct scep_config	*cfg = NULL;
	char			 text[1024], path[128];

	(void)snprintf(text, sizeof(text), "[server]\n[ca main]\n"
	    "certificate = ca.pem\nkey = ca.key\nra_certificate = ra.pem\n"
	    "ra_key = ra.key\n%s\n[profile default]\nca = main\n"
	    "authorise = challenge\n%s", g->more, g->tail);
	put(g, "scep.conf", scep_span_text(text), 0600);
	(void)snprintf(path, sizeof(path), "%s/scep.conf", g->dir);
	NEED(scep_conf_load(path, &conf, err) == SCEP_OK);
	NEED(scep_config_parse(g->crypto, conf, &cfg, err) == SCEP_OK);
	if (scep_config_load(g->crypto, cfg, err) == SCEP_OK)
		return cfg;
	scep_config_free(cfg);
	return NULL;
}

static void
lineage(struct generations *g, struct scep_lineage *l)
{
	struct scep_error	 err;
	struct scep_config	*cfg = generations_load(g, &err);

	NEED(cfg != NULL);
	NEED(scep_lineage_load(g->crypto, g->dir, &cfg->ca[0], l, &err) ==
	    SCEP_OK);
	scep_config_free(cfg);
}

void
generations_stage(struct generations *g, const char *cn)
{
	struct scep_lineage	 l;
	struct scep_error	 err;
	uint8_t			 key[SCEP_SHA256_LEN];
	char			 ca[64], ra[64];
	unsigned int		 n;

	lineage(g, &l);
	n = l.last + 1;
	NEED(scep_lineage_dir(g->dir, "main", n, &err) == SCEP_OK);
	(void)snprintf(ca, sizeof(ca), "ca/main/%u/ca", n);
	(void)snprintf(ra, sizeof(ra), "ca/main/%u/ra1", n);
	make(g, cn, ca, ra);
	NEED(scep_lineage_key(g->crypto, g->dir, "main", n, key, &err) ==
	    SCEP_OK);
	NEED(scep_lineage_stage(&l, key, "", 0, 0, GENERATIONS_NOW, &n,
	    &err) == SCEP_OK);
	NEED(scep_lineage_save(g->dir, &l, &err) == SCEP_OK);
}

void
generations_edit(struct generations *g, void (*fn)(struct scep_lineage *l))
{
	struct scep_lineage	 l;
	struct scep_error	 err;

	lineage(g, &l);
	fn(&l);
	NEED(scep_lineage_save(g->dir, &l, &err) == SCEP_OK);
}

X509 *
generations_cert(struct generations *g, const char *name)
{
	char	 path[128];
	X509	*cert;
	FILE	*f;

	(void)snprintf(path, sizeof(path), "%s/%s", g->dir, name);
	NEED((f = fopen(path, "r")) != NULL);
	NEED((cert = PEM_read_X509(f, NULL, NULL, NULL)) != NULL);
	(void)fclose(f);
	return cert;
}
