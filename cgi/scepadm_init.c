/*
 * scepadm_init.c - a CA from nothing: keys, certificates, scep.conf.
 *
 * Looks first and writes then; what is there is never overwritten.
 */
#include <sys/stat.h>

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "base/file.h"
#include "base/text.h"
#include "cgi/scepadm.h"
#include "cgi/scepadm_conf.h"
#include "cgi/state.h"

#define CA_DAYS		3650
#define RA_KEY		"rsa:2048"	/* what old devices can encrypt to */
#define BACKDATE_S	600
#define FINGERPRINT	(3 * SCEP_DIGEST_MAX_LEN)

/* Everything that will be written, before anything is. */
struct fresh {
	EVP_PKEY	*ca_key, *ra_key;
	X509		*ca, *ra;
	uint8_t		 challenge_key[32];
};

static const struct {
	const char	*word;
	const char	*type;
	const char	*curve;
	unsigned int	 bits;
} key_types[] = {
	{ "rsa:2048", "RSA", NULL, 2048 },
	{ "rsa:3072", "RSA", NULL, 3072 },
	{ "rsa:4096", "RSA", NULL, 4096 },
	{ "ec:p256", "EC", "P-256", 0 },
	{ "ec:p384", "EC", "P-384", 0 },
};

static enum scep_err
key_make(struct adm *adm, const char *word, EVP_PKEY **out)
{
	size_t	 i;

	*out = NULL;
	for (i = 0; i < sizeof(key_types) / sizeof(key_types[0]); i++) {
		if (strcmp(word, key_types[i].word) != 0)
			continue;
		*out = key_types[i].curve != NULL ?
		    EVP_PKEY_Q_keygen(adm->crypto->ctx, NULL, "EC",
		    key_types[i].curve) :
		    EVP_PKEY_Q_keygen(adm->crypto->ctx, NULL, "RSA",
		    (size_t)key_types[i].bits);
		return *out != NULL ? SCEP_OK :
		    scep_fail_ssl(&adm->err, SCEP_E_INTERNAL, "make a key");
	}
	return scep_fail(&adm->err, SCEP_E_USAGE, "--key %.32s: not one of "
	    "rsa:2048, rsa:3072, rsa:4096, ec:p256, ec:p384", word);
}

/* 127 random bits, positive and of constant length (SECURITY 2). */
static enum scep_err
set_serial(struct adm *adm, X509 *cert)
{
	uint8_t		 bytes[16];
	BIGNUM		*n;
	enum scep_err	 rc;

	if ((rc = scep_crypto_random(adm->crypto, bytes, sizeof(bytes),
	    &adm->err)) != SCEP_OK)
		return rc;
	bytes[0] = (bytes[0] & 0x7f) | 0x40;
	n = BN_bin2bn(bytes, sizeof(bytes), NULL);
	if (n == NULL || BN_to_ASN1_INTEGER(n,
	    X509_get_serialNumber(cert)) == NULL)
		rc = scep_fail_ssl(&adm->err, SCEP_E_INTERNAL, "serial");
	BN_free(n);
	return rc;
}

static int
add_ext(X509V3_CTX *ctx, X509 *cert, const char *name, const char *value)
{
	X509_EXTENSION	*ext;
	int		 ok;

	if ((ext = X509V3_EXT_conf(NULL, ctx, name, value)) == NULL)
		return 0;
	ok = X509_add_ext(cert, ext, -1);
	X509_EXTENSION_free(ext);
	return ok == 1;
}

/* RFC 8894 section 2.1.2 for the CA; PROTOCOL 2.1 for the RA: clients pick
 * it by keyUsage, Windows wants an EKU such as Certificate Request Agent. */
static int
add_exts(X509 *cert, X509 *issuer)
{
	X509V3_CTX	 ctx;

	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	if (cert == issuer)
		return add_ext(&ctx, cert, "basicConstraints",
		    "critical,CA:TRUE,pathlen:0") &&
		    add_ext(&ctx, cert, "keyUsage",
		    "critical,digitalSignature,keyCertSign,cRLSign") &&
		    add_ext(&ctx, cert, "subjectKeyIdentifier", "hash");
	return add_ext(&ctx, cert, "basicConstraints", "critical,CA:FALSE") &&
	    add_ext(&ctx, cert, "keyUsage",
	    "critical,digitalSignature,keyEncipherment") &&
	    add_ext(&ctx, cert, "extendedKeyUsage",
	    "1.3.6.1.4.1.311.20.2.1") &&
	    add_ext(&ctx, cert, "subjectKeyIdentifier", "hash") &&
	    add_ext(&ctx, cert, "authorityKeyIdentifier", "keyid:always");
}

static int
set_names(X509 *cert, X509 *issuer, const char *cn)
{
	return X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN",
	    MBSTRING_UTF8, (const unsigned char *)cn, -1, -1, 0) == 1 &&
	    X509_set_issuer_name(cert, X509_get_subject_name(issuer)) == 1;
}

static int
set_dates(X509 *cert, time_t now)
{
	return ASN1_TIME_set(X509_getm_notBefore(cert), now - BACKDATE_S) !=
	    NULL && ASN1_TIME_adj(X509_getm_notAfter(cert), now - BACKDATE_S,
	    CA_DAYS, 0) != NULL;
}

/* issuer NULL: self-signed. */
static enum scep_err
cert_make(struct adm *adm, const char *cn, EVP_PKEY *key, X509 *issuer,
    EVP_PKEY *issuer_key, X509 **out)
{
	X509		*cert;
	enum scep_err	 rc;

	*out = NULL;
	if ((cert = X509_new_ex(adm->crypto->ctx, NULL)) == NULL)
		return scep_fail_ssl(&adm->err, SCEP_E_NOMEM, "certificate");
	if (issuer == NULL)
		issuer = cert;
	if ((rc = set_serial(adm, cert)) == SCEP_OK &&
	    (X509_set_version(cert, X509_VERSION_3) != 1 ||
	    X509_set_pubkey(cert, key) != 1 ||
	    !set_dates(cert, time(NULL)) || !set_names(cert, issuer, cn) ||
	    !add_exts(cert, issuer) ||
	    X509_sign(cert, issuer_key, adm->crypto->md[SCEP_SHA256]) <= 0))
		rc = scep_fail_ssl(&adm->err, SCEP_E_INTERNAL,
		    "certificate for \"%s\"", cn);
	if (rc != SCEP_OK) {
		X509_free(cert);
		return rc;
	}
	*out = cert;
	return SCEP_OK;
}

static enum scep_err
fresh_make(struct adm *adm, const char *cn, const char *key_word,
    struct fresh *f)
{
	char		 ra_cn[70];
	enum scep_err	 rc;

	/* X.520 allows a CN 64 characters, and " RA" comes behind it. */
	if (*cn == '\0' || strlen(cn) > 61 ||
	    !scep_is_clean_utf8(scep_span_text(cn)))
		return scep_fail(&adm->err, SCEP_E_USAGE,
		    "--cn: 1 to 61 octets of UTF-8, without control "
		    "characters");
	(void)snprintf(ra_cn, sizeof(ra_cn), "%s RA", cn);
	if ((rc = key_make(adm, key_word, &f->ca_key)) != SCEP_OK ||
	    (rc = key_make(adm, RA_KEY, &f->ra_key)) != SCEP_OK ||
	    (rc = cert_make(adm, cn, f->ca_key, NULL, f->ca_key, &f->ca)) !=
	    SCEP_OK ||
	    (rc = cert_make(adm, ra_cn, f->ra_key, f->ca, f->ca_key,
	    &f->ra)) != SCEP_OK)
		return rc;
	return scep_crypto_random(adm->crypto, f->challenge_key,
	    sizeof(f->challenge_key), &adm->err);
}

static void
fresh_clear(struct fresh *f)
{
	EVP_PKEY_free(f->ca_key);
	EVP_PKEY_free(f->ra_key);
	X509_free(f->ca);
	X509_free(f->ra);
	OPENSSL_cleanse(f, sizeof(*f));
}

static enum scep_err
create(struct adm *adm, const char *dir, const char *name,
    struct scep_span bytes, unsigned int mode)
{
	char	 path[SCEP_PATH_LEN];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	return scep_file_create(path, bytes, mode, &adm->err);
}

/* As PEM: a certificate, or (cert NULL) a private key as PKCS #8. */
static enum scep_err
create_pem(struct adm *adm, const char *dir, const char *name, X509 *cert,
    EVP_PKEY *key)
{
	BIO		*bio;
	char		*text;
	long		 len;
	enum scep_err	 rc;

	if ((bio = BIO_new(BIO_s_secmem())) == NULL ||
	    (cert != NULL ? PEM_write_bio_X509(bio, cert) :
	    PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL,
	    NULL)) != 1 || (len = BIO_get_mem_data(bio, &text)) <= 0)
		rc = scep_fail_ssl(&adm->err, SCEP_E_INTERNAL, "%s", name);
	else
		rc = create(adm, dir, name, scep_span_make(text, (size_t)len),
		    cert != NULL ? 0644 : 0600);
	BIO_free(bio);
	return rc;
}

static enum scep_err
create_challenge_key(struct adm *adm, const char *dir, const struct fresh *f)
{
	char		 hex[2 * sizeof(f->challenge_key) + 2];
	enum scep_err	 rc;

	scep_hex_text(scep_span_make(f->challenge_key,
	    sizeof(f->challenge_key)), hex, sizeof(hex));
	(void)strcat(hex, "\n");
	rc = create(adm, dir, "state/challenge.key", scep_span_text(hex),
	    0600);
	OPENSSL_cleanse(hex, sizeof(hex));
	return rc;
}

static enum scep_err
create_conf(struct adm *adm, const char *dir, const char *cn, const char *url)
{
	char		*text;
	enum scep_err	 rc;

	if ((text = adm_conf_text(cn, url)) == NULL)
		return scep_fail(&adm->err, SCEP_E_NOMEM, "scep.conf");
	rc = create(adm, dir, "scep.conf", scep_span_text(text), 0644);
	free(text);
	return rc;
}

static enum scep_err
fresh_write(struct adm *adm, const char *dir, const char *cn, const char *url,
    const struct fresh *f)
{
	enum scep_err	 rc;

	/* scep.conf last: with it, the CA is there. */
	if ((rc = create_pem(adm, dir, "state/ca.key", NULL, f->ca_key)) !=
	    SCEP_OK ||
	    (rc = create_pem(adm, dir, "state/ra.key", NULL, f->ra_key)) !=
	    SCEP_OK ||
	    (rc = create_challenge_key(adm, dir, f)) != SCEP_OK ||
	    (rc = create_pem(adm, dir, "ca.pem", f->ca, NULL)) != SCEP_OK ||
	    (rc = create_pem(adm, dir, "ra.pem", f->ra, NULL)) != SCEP_OK)
		return rc;
	return create_conf(adm, dir, cn, url);
}

static enum scep_err
make_dir(struct adm *adm, const char *path, mode_t mode)
{
	struct stat	 st;

	if (mkdir(path, mode) == 0)
		return SCEP_OK;
	if (errno != EEXIST)
		return scep_fail(&adm->err, SCEP_E_CONFIG, "%s: cannot make "
		    "this directory: %s", path, strerror(errno));
	if (stat(path, &st) == -1 || !S_ISDIR(st.st_mode))
		return scep_fail(&adm->err, SCEP_E_EXISTS,
		    "%s: there, and no directory", path);
	return SCEP_OK;
}

/* Nothing of ours may be there yet. */
static enum scep_err
look_first(struct adm *adm, const char *dir)
{
	static const char *const names[] = { "scep.conf", "ca.pem", "ra.pem",
	    "state/ca.key", "state/ra.key", "state/challenge.key",
	    "state/db" };
	char		 path[SCEP_PATH_LEN];
	struct stat	 st;
	size_t		 i;

	if (strlen(dir) > SCEP_PATH_LEN - 32)
		return scep_fail(&adm->err, SCEP_E_USAGE,
		    "--dir: the path is too long");
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		if (lstat(path, &st) == 0)
			return scep_fail(&adm->err, SCEP_E_EXISTS, "%s is "
			    "there already, and nothing is overwritten; "
			    "choose another place with --dir, or move it "
			    "away", path);
	}
	return SCEP_OK;
}

/* It goes into scep.conf, where `$`, `#` and quotes mean something. */
static enum scep_err
check_url(struct adm *adm, const char *url)
{
	size_t	 i;

	for (i = 0; url[i] != '\0'; i++)
		if (url[i] <= ' ' || url[i] > '~' ||
		    strchr("\"'\\$#", url[i]) != NULL)
			break;
	if (url[i] != '\0' || i == 0 || i > 512 || url[i - 1] == '/' ||
	    (strncmp(url, "http://", 7) != 0 &&
	    strncmp(url, "https://", 8) != 0))
		return scep_fail(&adm->err, SCEP_E_USAGE, "--url %.64s: "
		    "wanted http://HOST/scep or https://HOST/scep, without a "
		    "slash at the end", url);
	return SCEP_OK;
}

static enum scep_err
make_dirs(struct adm *adm, const char *dir)
{
	char		 state[SCEP_PATH_LEN];
	enum scep_err	 rc;

	(void)snprintf(state, sizeof(state), "%s/state", dir);
	if ((rc = make_dir(adm, dir, 0755)) != SCEP_OK)
		return rc;
	/* Whoever owns the directory is to own what is in it. */
	if ((rc = scep_state_become_owner(dir, &adm->err)) != SCEP_OK)
		return rc;
	if ((rc = make_dir(adm, state, 0700)) != SCEP_OK)
		return rc;
	if (chmod(state, 0700) == -1)
		return scep_fail(&adm->err, SCEP_E_CONFIG,
		    "%s: cannot be closed to others: %s", state,
		    strerror(errno));
	return SCEP_OK;
}

/* "AB:CD:…", as devices show it (PROTOCOL C-066). */
static void
fingerprint(const X509 *cert, const EVP_MD *md, char out[FINGERPRINT])
{
	uint8_t		 digest[EVP_MAX_MD_SIZE];
	unsigned int	 len = 0, i;

	out[0] = '\0';
	if (X509_digest(cert, md, digest, &len) != 1)
		return;
	for (i = 0; i < len; i++)
		(void)snprintf(out + 3 * i, 4, "%02X%s", digest[i],
		    i + 1 < len ? ":" : "");
}

static void
print_done(const struct adm *adm, const char *dir, const char *url,
    const struct fresh *f)
{
	char	 sha256[FINGERPRINT], sha1[FINGERPRINT];
	json_t	*done;

	fingerprint(f->ca, adm->crypto->md[SCEP_SHA256], sha256);
	fingerprint(f->ca, adm->crypto->md[SCEP_SHA1], sha1);
	if (adm->json) {
		done = json_pack("{s:s,s:s,s:s,s:s}", "dir", dir, "url", url,
		    "sha256", sha256, "sha1", sha1);
		adm_print_json(done);
		json_decref(done);
		return;
	}
	(void)printf("made a CA in %s\n"
	    "  configuration  %s/scep.conf\n"
	    "  keys           %s/state (back it up)\n"
	    "  URL            %s\n"
	    "  CA SHA-256     %s\n"
	    "  CA SHA-1       %s\n\n"
	    "next: scepadm -c %s/scep.conf check\n"
	    "      scepadm -c %s/scep.conf challenge add --cn DEVICE\n",
	    dir, dir, dir, url, sha256, sha1, dir, dir);
}

enum scep_err
adm_init(struct adm *adm, int argc, char *argv[])
{
	const char		*dir = "/etc/scep", *cn = "SCEP CA";
	const char		*key = "rsa:3072";
	const char		*url = "http://localhost/scep";
	const struct adm_option	 options[] = {
		{ "dir", &dir, NULL, NULL }, { "cn", &cn, NULL, NULL },
		{ "key", &key, NULL, NULL }, { "url", &url, NULL, NULL },
		{ NULL, NULL, NULL, NULL }
	};
	struct fresh		 f = { .ca_key = NULL };
	enum scep_err		 rc;

	if ((rc = adm_options(adm, argc, argv, options, 0, NULL)) != SCEP_OK ||
	    (rc = check_url(adm, url)) != SCEP_OK ||
	    (rc = look_first(adm, dir)) != SCEP_OK)
		return rc;
	if ((rc = fresh_make(adm, cn, key, &f)) == SCEP_OK &&
	    (rc = make_dirs(adm, dir)) == SCEP_OK &&
	    (rc = fresh_write(adm, dir, cn, url, &f)) == SCEP_OK)
		print_done(adm, dir, url, &f);
	fresh_clear(&f);
	return rc;
}
