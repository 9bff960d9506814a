/*
 * t_config_load.c - the files that scep.conf names, and the faults that
 * scep_config_check() finds in what loads.  A small PKI in a directory of
 * its own; time stands still.
 */
#include <sys/stat.h>

#include <dirent.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/file.h"
#include "ca/backup_list.h"
#include "ca/config.h"
#include "tests/unit/conform.h"

#define LENGTH(a)	(sizeof(a) / sizeof((a)[0]))
#define NOW		1795521600L	/* 2026-11-24T12:00:00Z */
#define DAY		86400L
#define YEARS		3650

#define CA_EXTS		"basicConstraints=critical,CA:TRUE", \
			"keyUsage=critical,digitalSignature,keyCertSign,cRLSign"
#define RA_EXTS		"keyUsage=critical,digitalSignature,keyEncipherment"

static struct scep_crypto	*crypto;
static EVP_PKEY			*ca_key, *ra_key, *ec_key, *weak_key;
static char			 dir[] = "/tmp/t_config.XXXXXX";

static const char *
at(const char *name)
{
	static char	 path[256];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void
put(const char *name, const void *data, size_t len, unsigned int mode)
{
	struct scep_error	 err = { SCEP_OK, "" };

	(void)unlink(at(name));
	if (scep_file_create(at(name), scep_span_make(data, len), mode,
	    &err) != SCEP_OK)
		fail_msg("%s", err.text);
}

static void
put_text(const char *name, const char *text, unsigned int mode)
{
	put(name, text, strlen(text), mode);
}

/* One certificate of the world. */
struct plan {
	const char	*file;
	EVP_PKEY	**key;
	const char	*cn;
	EVP_PKEY	**issuer_key;
	const char	*issuer;
	long		 from, to;		/* days from NOW */
	const char	*ext[3];
};

static const struct plan	plans[] = {
	{ "ca.pem", &ca_key, "CA", &ca_key, "CA", -1, YEARS, { CA_EXTS } },
	{ "ra.pem", &ra_key, "RA", &ca_key, "CA", -1, YEARS, { RA_EXTS } },
	/* Others for the same keys. */
	{ "old-ca.pem", &ca_key, "CA", &ca_key, "CA", -9, -1, { CA_EXTS } },
	{ "new-ca.pem", &ca_key, "CA", &ca_key, "CA", 1, 9, { CA_EXTS } },
	{ "short-ca.pem", &ca_key, "CA", &ca_key, "CA", -1, 20,
	    { CA_EXTS } },
	{ "plain-ca.pem", &ca_key, "CA", &ca_key, "CA", -1, YEARS,
	    { "subjectKeyIdentifier=hash" } },
	{ "nosign-ca.pem", &ca_key, "CA", &ca_key, "CA", -1, YEARS,
	    { "basicConstraints=critical,CA:TRUE",
	    "keyUsage=critical,cRLSign,digitalSignature" } },
	{ "nodigsig-ca.pem", &ca_key, "CA", &ca_key, "CA", -1, YEARS,
	    { "basicConstraints=critical,CA:TRUE",
	    "keyUsage=critical,keyCertSign" } },
	{ "nousage-ca.pem", &ca_key, "CA", &ca_key, "CA", -1, YEARS,
	    { "basicConstraints=critical,CA:TRUE" } },
	{ "both-ca.pem", &ca_key, "CA", &ca_key, "CA", -1, YEARS,
	    { "basicConstraints=critical,CA:TRUE", "keyUsage=critical,"
	    "keyCertSign,digitalSignature,keyEncipherment" } },
	{ "sub-ca.pem", &ca_key, "CA", &ec_key, "Root", -1, YEARS,
	    { CA_EXTS } },
	{ "root.pem", &ec_key, "Root", &ec_key, "Root", -1, YEARS,
	    { CA_EXTS } },
	{ "old-root.pem", &ec_key, "Root", &ec_key, "Root", -9, -1,
	    { CA_EXTS } },
	{ "other-root.pem", &ra_key, "Root", &ra_key, "Root", -1, YEARS,
	    { CA_EXTS } },
	{ "ec-ca.pem", &ec_key, "CA", &ec_key, "CA", -1, YEARS,
	    { CA_EXTS } },
	{ "weak-ca.pem", &weak_key, "CA", &weak_key, "CA", -1, YEARS,
	    { CA_EXTS } },
	{ "old-ra.pem", &ra_key, "RA", &ca_key, "CA", -9, -1, { RA_EXTS } },
	{ "bare-ra.pem", &ra_key, "RA", &ca_key, "CA", -1, YEARS,
	    { "subjectKeyIdentifier=hash" } },
	{ "sign-ra.pem", &ra_key, "RA", &ca_key, "CA", -1, YEARS,
	    { "keyUsage=critical,digitalSignature" } },
	{ "foreign-ra.pem", &ra_key, "RA", &ec_key, "CA", -1, YEARS,
	    { RA_EXTS } },
	{ "named-ra.pem", &ra_key, "RA", &ca_key, "Other", -1, YEARS,
	    { RA_EXTS } },
	{ "ec-ra.pem", &ec_key, "RA", &ca_key, "CA", -1, YEARS,
	    { RA_EXTS } },
	{ "ec-ra-of-ec.pem", &ra_key, "RA", &ec_key, "CA", -1, YEARS,
	    { RA_EXTS } },
	{ "weak-ra.pem", &weak_key, "RA", &ca_key, "CA", -1, YEARS,
	    { RA_EXTS } },
	{ "same-ra.pem", &ca_key, "RA", &ca_key, "CA", -1, YEARS,
	    { RA_EXTS } },
};

static void
set_cn(X509_NAME *name, const char *cn)
{
	if (X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
	    (const unsigned char *)cn, -1, -1, 0) != 1)
		fail();
}

static X509 *
make_cert(const struct plan *p)
{
	X509V3_CTX	 ctx;
	X509_EXTENSION	*ext;
	X509		*x = X509_new();
	char		 name[64];
	size_t		 i, len;

	(void)X509_set_version(x, X509_VERSION_3);
	(void)ASN1_INTEGER_set(X509_get_serialNumber(x), 7);
	(void)ASN1_TIME_set(X509_getm_notBefore(x), NOW + p->from * DAY);
	(void)ASN1_TIME_set(X509_getm_notAfter(x), NOW + p->to * DAY);
	set_cn(X509_get_subject_name(x), p->cn);
	set_cn(X509_get_issuer_name(x), p->issuer);
	(void)X509_set_pubkey(x, *p->key);
	X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);
	for (i = 0; i < LENGTH(p->ext) && p->ext[i] != NULL; i++) {
		len = strcspn(p->ext[i], "=");
		(void)snprintf(name, sizeof(name), "%.*s", (int)len,
		    p->ext[i]);
		ext = X509V3_EXT_conf(NULL, &ctx, name, p->ext[i] + len + 1);
		assert_non_null(ext);
		(void)X509_add_ext(x, ext, -1);
		X509_EXTENSION_free(ext);
	}
	assert_true(X509_sign(x, *p->issuer_key, EVP_sha256()) > 0);
	return x;
}

static void
put_bio(const char *name, BIO *bio, unsigned int mode)
{
	char	*data;
	long	 len = BIO_get_mem_data(bio, &data);

	put(name, data, (size_t)len, mode);
	BIO_free(bio);
}

static void
put_key(const char *name, EVP_PKEY *key, const char *passphrase)
{
	BIO	*bio = BIO_new(BIO_s_mem());

	assert_int_equal(PEM_write_bio_PKCS8PrivateKey(bio, key,
	    passphrase != NULL ? EVP_aes_128_cbc() : NULL, passphrase,
	    passphrase != NULL ? (int)strlen(passphrase) : 0, NULL, NULL), 1);
	put_bio(name, bio, 0600);
}

static void
put_certs(void)
{
	BIO	*bio;
	X509	*x;
	size_t	 i;

	for (i = 0; i < LENGTH(plans); i++) {
		x = make_cert(&plans[i]);
		bio = BIO_new(BIO_s_mem());
		(void)PEM_write_bio_X509(bio, x);
		put_bio(plans[i].file, bio, 0644);
		if (i == 0) {
			bio = BIO_new(BIO_s_mem());
			(void)i2d_X509_bio(bio, x);
			put_bio("ca.der", bio, 0644);
		}
		X509_free(x);
	}
}

/* name, made of the files a, b and c one after another. */
static void
put_joined(const char *name, const char *a, const char *b, const char *c)
{
	const char	*const parts[] = { a, b, c };
	struct scep_buf	 all = { NULL, 0 }, one = { NULL, 0 };
	struct scep_error err;
	size_t		 i;

	for (i = 0; i < LENGTH(parts); i++) {
		if (parts[i] == NULL)
			continue;
		assert_int_equal(scep_file_read(at(parts[i]), 99999, &one,
		    &err), SCEP_OK);
		assert_int_equal(scep_buf_add(&all, scep_buf_span(&one),
		    &err), SCEP_OK);
	}
	put(name, all.data, all.len, 0644);
	scep_buf_clear(&all);
	scep_buf_clear(&one);
}

static void
put_keys(void)
{
	BIO	*bio;

	put_key("ca.key", ca_key, NULL);
	put_key("ra.key", ra_key, NULL);
	put_key("ec.key", ec_key, NULL);
	put_key("weak.key", weak_key, NULL);
	put_key("locked.key", ra_key, "secret");
	put_key("same.key", ca_key, NULL);
	put_key("open.key", ra_key, NULL);
	assert_int_equal(chmod(at("open.key"), 0644), 0);
	bio = BIO_new(BIO_s_mem());
	(void)PEM_write_bio_PrivateKey_traditional(bio, ra_key, NULL, NULL, 0,
	    NULL, NULL);
	put_bio("old.key", bio, 0600);
	bio = BIO_new(BIO_s_mem());
	(void)PEM_write_bio_PrivateKey_traditional(bio, ra_key,
	    EVP_aes_128_cbc(), (const unsigned char *)"secret", 6, NULL,
	    NULL);
	put_bio("old-locked.key", bio, 0600);
}

static void
put_challenge_key(const char *tail)
{
	char	 text[128];

	(void)snprintf(text, sizeof(text), "%064d%s", 0, tail);
	put_text("state/challenge.key", text, 0600);
}

#define HEAD	"[server]\nstate = state\nlog = stderr\n"
#define TAIL	"[profile p]\nauthorise = challenge\nvalidity = 1d\n"
#define KEYS	"certificate = ca.pem\nkey = ca.key\n"
#define RA	"ra_certificate = ra.pem\nra_key = ra.key\n"

static enum scep_err
load(const char *ca, const char *tail, struct scep_config **cfg,
    struct scep_error *err)
{
	struct scep_conf	*conf;
	enum scep_err		 rc;
	char			 text[2048];

	*cfg = NULL;
	(void)snprintf(text, sizeof(text), HEAD "[ca main]\n%s%s%s", ca, TAIL,
	    tail);
	put_text("scep.conf", text, 0644);
	assert_int_equal(scep_conf_load(at("scep.conf"), &conf, err),
	    SCEP_OK);
	if ((rc = scep_config_parse(crypto, conf, cfg, err)) != SCEP_OK)
		fail_msg("%s", err->text);
	if ((rc = scep_config_load(crypto, *cfg, err)) != SCEP_OK) {
		scep_config_free(*cfg);
		*cfg = NULL;
	}
	return rc;
}

static struct scep_config *
load_ok(const char *ca, const char *tail)
{
	struct scep_config	*cfg;
	struct scep_error	 err = { SCEP_OK, "" };

	if (load(ca, tail, &cfg, &err) != SCEP_OK)
		fail_msg("%s: %s", ca, err.text);
	assert_int_equal(ERR_peek_error(), 0);
	return cfg;
}

static void
what_fits_together_loads(void **state)
{
	static const char *const	 good[] = {
		KEYS RA,
		"certificate = ca.der\nkey = ca.key\n" RA,
		KEYS "ra_certificate = ra.pem\nra_key = old.key\n",
		"certificate = both-ca.pem\nkey = ca.key\n"
		    "insecure_one_key = yes\n",
		"certificate = ec-ca.pem\nkey = ec.key\n"
		    "ra_certificate = ec-ra-of-ec.pem\nra_key = ra.key\n",
		"certificate = sub-ca.pem\nkey = ca.key\nchain = root.pem\n"
		    RA,
	};
	struct scep_config	*cfg;
	size_t			 i;

	(void)state;
	for (i = 0; i < LENGTH(good); i++) {
		cfg = load_ok(good[i], "");
		assert_non_null(cfg->ca[0].key);
		assert_non_null(cfg->ca[0].ra_key);
		assert_int_equal(cfg->challenge_key.len, 32);
		assert_true(cfg->profile[0].fixed_exts.len > 0);
		scep_config_free(cfg);
	}
}

static void
the_chain_is_kept_without_the_ca_itself(void **state)
{
	struct scep_config	*cfg;

	(void)state;
	cfg = load_ok("certificate = sub-ca.pem\nkey = ca.key\n"
	    "chain = full.pem\n" RA, "");
	assert_int_equal(cfg->ca[0].n_chain, 1);
	assert_true(scep_cert_is_self_issued(&cfg->ca[0].chain[0]));
	scep_config_free(cfg);
}

/* Up to a bound that no chain in use comes near; t_chain.c builds real
 * ones. */
static void
a_chain_is_as_long_as_its_file(void **state)
{
	struct scep_config	*cfg;

	(void)state;
	cfg = load_ok(KEYS RA "chain = 27.pem\n", "");
	assert_int_equal(cfg->ca[0].n_chain, 27);
	scep_config_free(cfg);
}

static void
what_does_not_fit_is_refused_with_its_file_and_remedy(void **state)
{
	static const struct {
		const char	*ca, *file, *why;
	} rows[] = {
		{ "certificate = none.pem\nkey = ca.key\n" RA, "/none.pem: ",
		    "no such file" },
		{ "certificate = ca.key\nkey = ca.key\n" RA, "/ca.key: ",
		    "no certificate in PEM or DER" },
		{ "certificate = bad.der\nkey = ca.key\n" RA, "/bad.der: ",
		    "" },
		{ "certificate = full.pem\nkey = ca.key\n" RA, "/full.pem: ",
		    "put the others into the file of chain" },
		{ "certificate = ca.pem\nkey = none.key\n" RA, "/none.key: ",
		    "no such file" },
		{ "certificate = ca.pem\nkey = ca.pem\n" RA, "/ca.pem: ",
		    "chmod 600" },
		{ "certificate = ca.pem\nkey = cert.key\n" RA, "/cert.key: ",
		    "no private key in PEM" },
		{ "certificate = ca.pem\nkey = ec.key\n" RA, "/ec.key: ",
		    "not the key of the certificate in" },
		{ "certificate = ca.pem\nkey = weak.key\n" RA, "/weak.key: ",
		    "not the key of the certificate in" },
		{ "certificate = weak-ca.pem\nkey = weak.key\n" RA,
		    "/weak.key: ", "RSA of 1024 bits; a CA's key" },
		{ KEYS "ra_certificate = ra.pem\nra_key = locked.key\n",
		    "/locked.key: ", "openssl pkey -in" },
		{ KEYS "ra_certificate = ra.pem\nra_key = old-locked.key\n",
		    "/old-locked.key: ", "openssl pkey -in" },
		{ KEYS "ra_certificate = ra.pem\nra_key = open.key\n",
		    "/open.key: ", "chmod 600" },
		{ KEYS "ra_certificate = ra.pem\nra_key = ec.key\n",
		    "/ec.key: ", "devices encrypt to this key" },
		{ KEYS "ra_certificate = ec-ra.pem\nra_key = ec.key\n",
		    "/ec.key: ", "devices encrypt to this key" },
		{ KEYS "ra_certificate = weak-ra.pem\nra_key = weak.key\n",
		    "/weak.key: ", "RSA of 1024 bits; devices encrypt" },
		{ KEYS "ra_certificate = same-ra.pem\nra_key = same.key\n",
		    "/same.key: ", "the same key as in" },
		{ KEYS "ra_certificate = foreign-ra.pem\nra_key = ra.key\n",
		    "/foreign-ra.pem: ", "not issued by the CA" },
		{ KEYS "ra_certificate = named-ra.pem\nra_key = ra.key\n",
		    "/named-ra.pem: ", "not issued by the CA" },
		{ "certificate = ec-ca.pem\nkey = ec.key\n"
		    "insecure_one_key = yes\n", "/ec.key: ",
		    "needs an RA key of its own" },
		{ KEYS "ra_certificate = ra.pem\nra_key = empty.key\n",
		    "/empty.key: ", "the file is empty" },
		{ KEYS "ra_certificate = foreign-ra.pem\nra_key = ra.key\n",
		    "/foreign-ra.pem: ", "; openssl req -x509 -key " },
		{ KEYS "ra_certificate = weak-ra.pem\nra_key = weak.key\n",
		    "/weak.key: ", "openssl genrsa -out " },
		/* No command writes over what is the CA's. */
		{ KEYS "ra_certificate = ./ca.pem\nra_key = ra.key\n",
		    "/ra.key: ", "; name a file of its own" },
		{ KEYS "ra_certificate = same-ra.pem\nra_key = ./ca.key\n",
		    "/ca.key: ", "; name a file of its own" },
		{ KEYS RA "chain = none.pem\n", "/none.pem: ",
		    "no such file" },
		{ KEYS RA "chain = long.pem\n", "/long.pem: ",
		    "more than 32 certificates" },
	};
	struct scep_config	*cfg;
	struct scep_error	 err;
	size_t			 i;

	(void)state;
	for (i = 0; i < LENGTH(rows); i++) {
		if (load(rows[i].ca, "", &cfg, &err) != SCEP_E_CONFIG)
			fail_msg("row %zu loaded: %s", i, rows[i].ca);
		if (strstr(err.text, "/scep.conf:4: [ca main]: /") == NULL ||
		    strstr(err.text, rows[i].file) == NULL ||
		    strstr(err.text, rows[i].why) == NULL)
			fail_msg("row %zu: %s", i, err.text);
		assert_int_equal(ERR_peek_error(), 0);
	}
}

static void
the_challenge_key_is_64_digits_in_a_closed_file(void **state)
{
	static const char *const	 bad[] = { "0", " ", "\n\n", "x" };
	struct scep_config		*cfg;
	struct scep_error		 err;
	size_t				 i;

	(void)state;
	put_challenge_key("");
	scep_config_free(load_ok(KEYS RA, ""));
	for (i = 0; i < LENGTH(bad); i++) {
		put_challenge_key(bad[i]);
		assert_int_equal(load(KEYS RA, "", &cfg, &err),
		    SCEP_E_CONFIG);
		assert_non_null(strstr(err.text,
		    "/state/challenge.key: not 64 hexadecimal digits"));
	}
	put_text("state/challenge.key", "", 0600);
	assert_int_equal(load(KEYS RA, "", &cfg, &err), SCEP_E_CONFIG);
	assert_int_equal(unlink(at("state/challenge.key")), 0);
	assert_int_equal(load(KEYS RA, "", &cfg, &err), SCEP_E_CONFIG);
	assert_non_null(strstr(err.text, "openssl rand -hex 32 >/"));
	put_challenge_key("\n");
	assert_int_equal(chmod(at("state/challenge.key"), 0640), 0);
	assert_int_equal(load(KEYS RA, "", &cfg, &err), SCEP_E_CONFIG);
	assert_non_null(strstr(err.text, "chmod 600"));
	put_challenge_key("\n");
	scep_config_free(load_ok(KEYS RA, ""));
}

/* "basicConstraints keyUsage …": the names of what was built. */
static void
list_exts(const struct scep_buf *der, char *out, size_t size)
{
	const unsigned char	*p = der->data;
	X509_EXTENSION		*ext;
	size_t			 len = 0;

	out[0] = '\0';
	while (p < der->data + der->len) {
		ext = d2i_X509_EXTENSION(NULL, &p,
		    (long)(der->data + der->len - p));
		if (ext == NULL)
			fail_msg("what was built is no Extension");
		len += (size_t)snprintf(out + len, size - len, "%s%s ",
		    X509_EXTENSION_get_critical(ext) ? "!" : "",
		    OBJ_nid2sn(OBJ_obj2nid(X509_EXTENSION_get_object(ext))));
		X509_EXTENSION_free(ext);
	}
}

static void
extensions_are_built_in_the_file_s_order(void **state)
{
	static const struct {
		const char	*tail, *names;
	} rows[] = {
		{ "", "!basicConstraints !keyUsage extendedKeyUsage " },
		{ "extensions = e\n[extensions e]\n",
		    "!basicConstraints !keyUsage " },
		{ "extensions = e\n[extensions e]\nnsComment = hi\n"
		    "basicConstraints = critical, CA:FALSE\nkeyUsage = "
		    "critical, digitalSignature\n",
		    "nsComment !basicConstraints !keyUsage " },
		{ "extensions = e\n[extensions e]\n"
		    "crlDistributionPoints = URI:http://x/y\n",
		    "!basicConstraints !keyUsage crlDistributionPoints " },
	};
	struct scep_config	*cfg;
	char			 names[256];
	size_t			 i;

	(void)state;
	for (i = 0; i < LENGTH(rows); i++) {
		cfg = load_ok(KEYS RA, rows[i].tail);
		list_exts(&cfg->profile[0].fixed_exts, names, sizeof(names));
		assert_string_equal(names, rows[i].names);
		scep_config_free(cfg);
	}
}

/* What scep_config_check() said, joined. */
struct said {
	char	 text[8192];
	int	 fatal, warnings;
};

static void
hear(void *arg, int fatal, const char *text)
{
	struct said	*said = arg;
	size_t		 len = strlen(said->text);

	if (fatal)
		said->fatal++;
	else
		said->warnings++;
	(void)snprintf(said->text + len, sizeof(said->text) - len, "%s%s\n",
	    fatal ? "fatal: " : "warning: ", text);
}

static enum scep_err
check(const char *ca, const char *tail, time_t now, struct said *said)
{
	struct scep_config	*cfg = load_ok(ca, tail);
	struct scep_error	 err = { SCEP_OK, "" };
	enum scep_err		 rc;

	memset(said, 0, sizeof(*said));
	rc = scep_config_check(crypto, cfg, now, hear, said, &err);
	assert_int_equal(rc, said->fatal > 0 ? SCEP_E_CONFIG : SCEP_OK);
	assert_int_equal(err.text[0] != '\0', said->fatal > 0);
	assert_int_equal(ERR_peek_error(), 0);
	scep_config_free(cfg);
	return rc;
}

#define CERT(file)	"certificate = " file "\nkey = ca.key\n" RA

static void
each_thing_wrong_is_found_and_nothing_else(void **state)
{
	static const struct {
		const char	*ca, *tail, *said;	/* NULL: nothing */
	} rows[] = {
		{ KEYS RA, "", NULL },
		{ CERT("old-ca.pem"), "", "fatal: CA certificate expired on "
		    "2026-11-23T12:00:00Z" },
		{ CERT("new-ca.pem"), "", "fatal: CA certificate is not valid "
		    "before" },
		{ CERT("short-ca.pem"), "", "warning: CA certificate expires "
		    "on 2026-12-14T12:00:00Z, in 20 days" },
		{ CERT("plain-ca.pem"), "", "fatal: no CA certificate" },
		{ CERT("nosign-ca.pem"), "", "fatal: lacks keyCertSign" },
		{ CERT("nodigsig-ca.pem"), "",
		    "warning: lacks digitalSignature" },
		{ CERT("nousage-ca.pem"), "", "warning: has no keyUsage" },
		{ KEYS "ra_certificate = old-ra.pem\nra_key = ra.key\n", "",
		    "fatal: RA certificate expired" },
		{ KEYS "ra_certificate = bare-ra.pem\nra_key = ra.key\n", "",
		    "fatal: keyUsage of the RA certificate must" },
		{ KEYS "ra_certificate = sign-ra.pem\nra_key = ra.key\n", "",
		    "fatal: keyUsage of the RA certificate must" },
		{ "certificate = both-ca.pem\nkey = ca.key\n"
		    "insecure_one_key = yes\n", "",
		    "warning: insecure_one_key" },
		{ "certificate = ca.pem\nkey = ca.key\n"
		    "insecure_one_key = yes\n", "",
		    "warning: lacks keyEncipherment" },
		{ CERT("sub-ca.pem") "chain = root.pem\n", "", NULL },
		{ CERT("sub-ca.pem") "chain = full.pem\n", "", NULL },
		{ CERT("sub-ca.pem"), "", "warning: no root" },
		{ CERT("sub-ca.pem") "chain = other-root.pem\n", "",
		    "fatal: certificate 1 did not issue" },
		{ CERT("sub-ca.pem") "chain = old-root.pem\n", "",
		    "fatal: chain's certificate expired" },
		{ KEYS RA "chain = root.pem\n", "",
		    "fatal: certificate 1 did not issue" },
		{ KEYS RA, "challenge_hash = 0000000000000000000000000000000"
		    "000000000000000000000000000000000\n",
		    "warning: one secret shared by all devices" },
	};
	struct said	 said;
	const char	*why;
	size_t		 i;

	(void)state;
	for (i = 0; i < LENGTH(rows); i++) {
		(void)check(rows[i].ca, rows[i].tail, NOW, &said);
		if (rows[i].said == NULL) {
			if (said.fatal + said.warnings != 0)
				fail_msg("row %zu: %s", i, said.text);
			continue;
		}
		why = strchr(rows[i].said, ' ') + 1;
		if (strstr(said.text, why) == NULL ||
		    (said.fatal > 0) != (*rows[i].said == 'f'))
			fail_msg("row %zu: %s", i, said.text);
	}
}

static void
a_wrong_clock_is_fatal(void **state)
{
	struct said	 said;

	(void)state;
	assert_int_equal(check(KEYS RA, "", 1767225599, &said),
	    SCEP_E_CONFIG);
	assert_non_null(strstr(said.text, "the clock says "
	    "2025-12-31T23:59:59Z"));
	(void)check(KEYS RA, "", 1767225600, &said);
	assert_null(strstr(said.text, "the clock says"));
}

static void
a_validity_beyond_the_ca_s_is_told(void **state)
{
	struct said	 said;

	(void)state;
	assert_int_equal(check(KEYS RA, "[profile default]\n"
	    "authorise = manual\nvalidity = 11y\n", NOW, &said), SCEP_OK);
	assert_int_equal(said.warnings, 1);
	assert_non_null(strstr(said.text, "[profile default]: validity of "
	    "4015 days goes beyond the CA's"));
}

static void
an_open_state_directory_is_fatal(void **state)
{
	struct scep_config	*cfg = load_ok(KEYS RA, "");
	struct scep_error	 err;
	struct said		 said = { .text = "" };
	char			 moved[256];

	(void)state;
	assert_int_equal(chmod(at("state"), 0750), 0);
	assert_int_equal(scep_config_check(crypto, cfg, NOW, hear, &said,
	    &err), SCEP_E_CONFIG);
	assert_int_equal(said.fatal, 1);
	assert_non_null(strstr(err.text, "chmod 700 /tmp/t_config."));
	assert_int_equal(chmod(at("state"), 0700), 0);
	assert_int_equal(scep_config_check(crypto, cfg, NOW, NULL, NULL,
	    &err), SCEP_OK);
	(void)snprintf(moved, sizeof(moved), "%s/moved", dir);
	assert_int_equal(rename(at("state"), moved), 0);
	assert_int_equal(scep_config_check(crypto, cfg, NOW, NULL, NULL,
	    &err), SCEP_E_CONFIG);
	assert_non_null(strstr(err.text, "install -d -m 700 /tmp/t_config."));
	assert_int_equal(rename(moved, at("state")), 0);
	if (geteuid() == 0) {
		assert_int_equal(chown(at("state"), 12345, (gid_t)-1), 0);
		assert_int_equal(scep_config_check(crypto, cfg, NOW, NULL,
		    NULL, &err), SCEP_E_CONFIG);
		assert_non_null(strstr(err.text, "belongs to uid 12345"));
		assert_int_equal(chown(at("state"), 0, (gid_t)-1), 0);
	}
	scep_config_free(cfg);
}

static void
files_that_others_can_change_are_found(void **state)
{
	static const struct {
		const char	*name;
		mode_t		 bad, good;
		int		 fatal;
	} rows[] = {
		{ "scep.conf", 0646, 0644, 1 }, { "scep.conf", 0664, 0644, 0 },
		{ "ca.pem", 0646, 0644, 1 }, { "ra.pem", 0664, 0644, 0 },
		{ "ca.key", 0640, 0600, 1 }, { "ra.key", 0604, 0600, 1 },
		{ "state/challenge.key", 0640, 0600, 1 },
	};
	struct scep_config	*cfg;
	struct scep_error	 err;
	struct said		 said;
	size_t			 i;

	(void)state;
	for (i = 0; i < LENGTH(rows); i++) {
		cfg = load_ok(KEYS RA, "");
		memset(&said, 0, sizeof(said));
		assert_int_equal(chmod(at(rows[i].name), rows[i].bad), 0);
		(void)scep_config_check(crypto, cfg, NOW, hear, &said, &err);
		assert_int_equal(said.fatal, rows[i].fatal);
		assert_int_equal(said.warnings, !rows[i].fatal);
		assert_non_null(strstr(said.text, rows[i].name));
		assert_non_null(strstr(said.text, "chmod"));
		assert_int_equal(chmod(at(rows[i].name), rows[i].good), 0);
		scep_config_free(cfg);
	}
}

/* Loaded, checked: which of the profiles p and default can be used? */
static void
two_profiles(const char *other_ca, time_t now, int p, int q)
{
	struct scep_config	*cfg;
	struct scep_error	 err = { SCEP_OK, "" };
	struct said		 said;
	char			 tail[1024];

	(void)snprintf(tail, sizeof(tail), "ca = main\n[ca other]\n%s"
	    "[profile default]\nca = other\nauthorise = challenge\n"
	    "extensions = e\n[extensions e]\nextendedKeyUsage = "
	    "clientAuth\n", other_ca);
	memset(&said, 0, sizeof(said));
	if (load(KEYS RA, tail, &cfg, &err) == SCEP_OK) {
		assert_int_equal(scep_config_check(crypto, cfg, now, hear,
		    &said, &err), p || q ? SCEP_OK : SCEP_E_CONFIG);
		assert_int_equal(*scep_config_profile(cfg, "p")->fault ==
		    '\0', p);
		assert_int_equal(*scep_config_profile(cfg, "default")->fault ==
		    '\0', q);
		assert_int_equal(said.fatal > 0, !p || !q);
		scep_config_free(cfg);
	} else
		assert_false(p || q);
	assert_int_equal(ERR_peek_error(), 0);
}

static void
the_fault_of_one_ca_is_not_that_of_another(void **state)
{
	(void)state;
	two_profiles(KEYS RA, NOW, 1, 1);			/* control */
	two_profiles("certificate = none.pem\nkey = ca.key\n" RA, NOW, 1,
	    0);
	two_profiles(KEYS "ra_certificate = foreign-ra.pem\n"
	    "ra_key = ra.key\n", NOW, 1, 0);
	two_profiles("certificate = ec-ca.pem\nkey = none.key\n" RA, NOW, 1,
	    0);
	/* A date is no fault of loading; here both are out of it. */
	two_profiles(KEYS RA, NOW + 100L * 365 * 86400, 0, 0);
}

/* The octets of the file, but for the end of its line. */
static void
the_key_that_signs_notices_is_read_with_care(void **state)
{
	static const struct {
		const char	*name, *text, *why;	/* NULL: it is fine */
		unsigned int	 mode;
	} rows[] = {
		{ "n.key", "0123456789abcdef\r\n", NULL, 0600 },
		{ "n.key", "0123456789abcde\n", "has 15 octets", 0600 },
		{ "n.key", "0123456789abcdef\n", "chmod", 0640 },
		{ "other", "0123456789abcdef\n", "is not there", 0600 },
	};
	struct scep_config	*cfg;
	struct scep_error	 err;
	struct scep_hook	*hook;
	size_t			 i;

	(void)state;
	for (i = 0; i < LENGTH(rows); i++) {
		memset(&err, 0, sizeof(err));
		put_text(rows[i].name, rows[i].text, rows[i].mode);
		if (load(KEYS RA, "notify = https://a.example/\n"
		    "notify_key = n.key\n", &cfg, &err) != SCEP_OK) {
			if (rows[i].why == NULL || strstr(err.text,
			    rows[i].why) == NULL || strstr(err.text,
			    "notify_key: ") == NULL)
				fail_msg("%s", err.text);
			(void)unlink(at(rows[i].name));
			(void)unlink(at("n.key"));
			continue;
		}
		assert_null(rows[i].why);
		hook = &cfg->profile[0].notify.hook;
		assert_int_equal(hook->key.len, 16);
		assert_memory_equal(hook->key.data, "0123456789abcdef", 16);
		scep_config_free(cfg);
	}
	(void)unlink(at("other"));
}

static int
is_listed(const struct scep_manifest *m, const char *name)
{
	const char	*end;
	size_t		 i;

	for (i = 0; i < m->n; i++)
		if ((end = strrchr(m->file[i].from, '/')) != NULL &&
		    strcmp(end + 1, name) == 0)
			return 1;
	return 0;
}

/* Without their keys whoever is asked and told would not know us again. */
static void
a_backup_has_what_a_profile_names(void **state)
{
	static const char *const	 names[] = { "v.key", "v.pem",
					    "n.key", "n.pem" };
	struct scep_config		*cfg;
	struct scep_manifest		 m;
	struct scep_error		 err;
	size_t				 i;

	(void)state;
	for (i = 0; i < LENGTH(names); i++)
		put_text(names[i], "0123456789abcdef\n", 0600);
	put_text("not.key", "0123456789abcdef\n", 0600);
	cfg = load_ok(KEYS RA, "[profile default]\n"
	    "authorise = https://a.example/\n"
	    "validator_key = v.key\nvalidator_ca = v.pem\n"
	    "notify = https://a.example/\n"
	    "notify_key = n.key\nnotify_ca = n.pem\n");
	memset(&m, 0, sizeof(m));
	if (scep_backup_list(cfg, &m, &err) != SCEP_OK)
		fail_msg("%s", err.text);
	for (i = 0; i < LENGTH(names); i++) {
		if (!is_listed(&m, names[i]))
			fail_msg("%s is not in the backup", names[i]);
		(void)unlink(at(names[i]));
	}
	assert_false(is_listed(&m, "not.key"));
	(void)unlink(at("not.key"));
	scep_manifest_clear(&m);
	scep_config_free(cfg);
}

/* It is told, and stops nobody. */
static void
a_receiver_that_cannot_be_called_is_told(void **state)
{
	static const struct {
		const char	*notify;
		int		 warnings;
	} rows[] = {
		{ "notify = exec:/usr/bin/env\n", 0 },
		{ "notify = exec:/usr/bin/not-there\n", 1 },
		{ "notify = https://a.example/\n", 0 },
	};
	struct scep_config	*cfg;
	struct scep_error	 err;
	struct said		 said;
	size_t			 i;

	(void)state;
	for (i = 0; i < LENGTH(rows); i++) {
		cfg = load_ok(KEYS RA, rows[i].notify);
		memset(&said, 0, sizeof(said));
		assert_int_equal(scep_config_check(crypto, cfg, NOW, hear,
		    &said, &err), SCEP_OK);
		assert_int_equal(said.fatal, 0);
		if (said.warnings != rows[i].warnings)
			fail_msg("%s%d: %s", rows[i].notify, said.warnings,
			    said.text);
		scep_config_free(cfg);
	}
}

static void
an_open_listener_is_told(void **state)
{
	static const struct {
		const char	*lines;
		int		 warnings;
	} rows[] = {
		{ "listen = 127.0.0.1:9000\n", 0 },
		{ "listen = [::1]:9000\n", 0 },
		{ "listen = unix:/tmp/s\n", 0 },
		{ "listen = 0.0.0.0:9000\n", 1 },
		{ "listen = unix:/tmp/s\nsocket_mode = 0666\n", 1 },
		{ "door_listen = unix:/tmp/s\n", 0 },
		{ "door_listen = unix:/tmp/s\nsocket_mode = 0666\n", 1 },
		{ "door_listen = 127.0.0.1:9001\n", 0 },
		{ "door_listen = 0.0.0.0:9001\n", 1 },
		{ "door_listen = unix:/tmp/s\ndoor_user = REMOTE_USER\n", 0 },
		{ "door_listen = [::1]:9001\ndoor_user = REMOTE_USER\n", 1 },
	};
	struct scep_config	*cfg;
	struct scep_conf	*conf;
	struct scep_error	 err;
	struct said		 said;
	char			 text[512];
	size_t			 i;

	(void)state;
	for (i = 0; i < LENGTH(rows); i++) {
		memset(&said, 0, sizeof(said));
		(void)snprintf(text, sizeof(text), HEAD "%s[ca main]\n" KEYS
		    RA TAIL, rows[i].lines);
		put_text("scep.conf", text, 0644);
		assert_int_equal(scep_conf_load(at("scep.conf"), &conf, &err),
		    SCEP_OK);
		assert_int_equal(scep_config_parse(crypto, conf, &cfg, &err),
		    SCEP_OK);
		assert_int_equal(scep_config_load(crypto, cfg, &err),
		    SCEP_OK);
		assert_int_equal(scep_config_check(crypto, cfg, NOW, hear,
		    &said, &err), SCEP_OK);
		assert_int_equal(said.warnings, rows[i].warnings);
		scep_config_free(cfg);
	}
}

static int
setup(void **state)
{
	struct scep_error	 err;

	(void)state;
	if (mkdtemp(dir) == NULL || mkdir(at("state"), 0700) == -1 ||
	    scep_crypto_new(NULL, &crypto, &err) != SCEP_OK)
		return -1;
	ca_key = EVP_RSA_gen(2048);
	ra_key = EVP_RSA_gen(2048);
	weak_key = EVP_RSA_gen(1024);
	ec_key = EVP_EC_gen("P-256");
	put_keys();
	put_certs();
	put_challenge_key("\n");
	put_text("bad.der", "0\003\002\001", 0644);
	put_text("empty.key", "", 0600);
	put_text("cert.key", "-----BEGIN NOTHING-----\n", 0600);
	put_joined("full.pem", "sub-ca.pem", "root.pem", NULL);
	put_joined("long.pem", "root.pem", "root.pem", "root.pem");
	put_joined("long.pem", "long.pem", "long.pem", "long.pem");
	put_joined("27.pem", "long.pem", "long.pem", "long.pem");
	put_joined("long.pem", "27.pem", "long.pem", NULL);
	return 0;
}

static void
empty_dir(const char *path)
{
	struct dirent	*e;
	char		 name[512];
	DIR		*d;

	if ((d = opendir(path)) == NULL)
		return;
	while ((e = readdir(d)) != NULL) {
		(void)snprintf(name, sizeof(name), "%s/%s", path, e->d_name);
		(void)unlink(name);
	}
	(void)closedir(d);
}

static int
teardown(void **state)
{
	(void)state;
	EVP_PKEY_free(ca_key);
	EVP_PKEY_free(ra_key);
	EVP_PKEY_free(weak_key);
	EVP_PKEY_free(ec_key);
	scep_crypto_free(crypto);
	empty_dir(at("state"));
	(void)rmdir(at("state"));
	empty_dir(dir);
	return rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(what_fits_together_loads),
		cmocka_unit_test(the_chain_is_kept_without_the_ca_itself),
		cmocka_unit_test(a_chain_is_as_long_as_its_file),
		conforms(what_does_not_fit_is_refused_with_its_file_and_remedy,
		    "C-064 C-146 C-230 T-78"),
		cmocka_unit_test(
		    the_challenge_key_is_64_digits_in_a_closed_file),
		cmocka_unit_test(extensions_are_built_in_the_file_s_order),
		conforms(each_thing_wrong_is_found_and_nothing_else,
		    "C-060 C-064"),
		cmocka_unit_test(a_wrong_clock_is_fatal),
		cmocka_unit_test(a_validity_beyond_the_ca_s_is_told),
		cmocka_unit_test(an_open_state_directory_is_fatal),
		conforms(files_that_others_can_change_are_found, "C-230"),
		cmocka_unit_test(the_fault_of_one_ca_is_not_that_of_another),
		cmocka_unit_test(an_open_listener_is_told),
		cmocka_unit_test(a_backup_has_what_a_profile_names),
		cmocka_unit_test(a_receiver_that_cannot_be_called_is_told),
		cmocka_unit_test(
		    the_key_that_signs_notices_is_read_with_care),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
