/*
 * config_load.c - certificates and keys from the files that scep.conf names.
 *
 * Knows what must fit together for anything to work; leaves reading files to
 * config_files.c, and dates and usage to config_check.c.
 */
#include <sys/stat.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <openssl/err.h>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "ca/config_local.h"

#define CHALLENGE_KEY_LEN	32
#define RA_MIN_BITS	2048

/* The curves of FIPS 186 that everybody has, by name: others, and those with
 * their parameters spelt out, are read by few. */
static int
is_on_known_curve(const EVP_PKEY *key)
{
	char	 group[64];
	size_t	 len;
	int	 nid;

	if (!EVP_PKEY_is_a(key, "EC") ||
	    EVP_PKEY_get_group_name(key, group, sizeof(group), &len) != 1) {
		ERR_clear_error();
		return 0;
	}
	nid = OBJ_txt2nid(group);
	return nid == NID_X9_62_prime256v1 || nid == NID_secp384r1 ||
	    nid == NID_secp521r1;
}

/* What scep_cert_sign() can sign with.  Not Ed25519: hardly a device that
 * speaks SCEP could verify what it signed. */
enum scep_err
scep_config_ca_key_check(const EVP_PKEY *key, const char *path,
    struct scep_error *err)
{
	int	 bits = EVP_PKEY_get_bits(key);

	if (EVP_PKEY_is_a(key, "RSA") && bits >= RA_MIN_BITS)
		return SCEP_OK;
	if (is_on_known_curve(key))
		return SCEP_OK;
	return scep_fail(err, SCEP_E_CONFIG, "%s: %s of %d bits; a CA's key "
	    "is RSA of at least %d bits, or EC on P-256, P-384 or P-521",
	    path, EVP_PKEY_get0_type_name(key), bits, RA_MIN_BITS);
}

/* What mends it, where the RA has a key of its own. */
static enum scep_err
new_ra_key(const struct scep_ca_conf *ca, enum scep_err rc,
    struct scep_error *err)
{
	char	 mend[SCEP_MEND_TEXT];

	if (ca->insecure_one_key)
		return rc;
	scep_config_mend_ra_key(ca, mend);
	return scep_fail_mend(err, "%s", mend);
}

static enum scep_err
new_ra(const struct scep_ca_conf *ca, struct scep_error *err)
{
	char	 mend[SCEP_MEND_TEXT];

	scep_config_mend_ra(ca, mend);
	return scep_fail_mend(err, "%s", mend);
}

/* Devices encrypt to it: RSA. */
static enum scep_err
check_ra_key(const struct scep_ca_conf *ca, struct scep_error *err)
{
	if (!EVP_PKEY_is_a(ca->ra_key, "RSA") ||
	    EVP_PKEY_get_bits(ca->ra_key) < RA_MIN_BITS)
		return new_ra_key(ca, scep_fail(err, SCEP_E_CONFIG, "%s: %s "
		    "of %d bits; devices encrypt to this key, and can do so "
		    "only to RSA of at least %d bits%s", ca->ra_key_path,
		    EVP_PKEY_get0_type_name(ca->ra_key),
		    EVP_PKEY_get_bits(ca->ra_key), RA_MIN_BITS,
		    ca->insecure_one_key ? "; an EC CA needs an RA key of "
		    "its own" : ""), err);
	if (!ca->insecure_one_key && EVP_PKEY_eq(ca->key, ca->ra_key) == 1)
		return new_ra_key(ca, scep_fail(err, SCEP_E_CONFIG, "%s: the "
		    "same key as in %s; say insecure_one_key = yes, or make "
		    "a key for the RA", ca->ra_key_path, ca->key_path), err);
	ERR_clear_error();
	return SCEP_OK;
}

/* PROTOCOL C-064: issued by the CA directly. */
static enum scep_err
check_ra_issuer(const struct scep_crypto *crypto,
    const struct scep_ca_conf *ca, struct scep_error *err)
{
	X509	*cert = NULL, *ra = NULL;
	int	 ok;

	if (ca->insecure_one_key ||
	    scep_config_is_issued(crypto, &ca->ra_cert, &ca->cert))
		return SCEP_OK;
	if ((cert = scep_config_x509(crypto, &ca->cert, ca->cert_path,
	    err)) == NULL || (ra = scep_config_x509(crypto, &ca->ra_cert,
	    ca->ra_cert_path, err)) == NULL) {
		X509_free(cert);
		return err->code;
	}
	ok = X509_NAME_cmp(X509_get_issuer_name(ra),
	    X509_get_subject_name(cert)) == 0 &&
	    X509_verify(ra, X509_get0_pubkey(cert)) == 1;
	X509_free(cert);
	X509_free(ra);
	ERR_clear_error();
	if (ok)
		return SCEP_OK;
	(void)scep_fail(err, SCEP_E_CONFIG, "%s: not issued by the CA in %s; "
	    "devices trust an RA only if its CA vouches for it directly",
	    ca->ra_cert_path, ca->cert_path);
	return new_ra(ca, err);
}

/* Its lineage knows which CA it is; what is named in its place may be a fine
 * CA, and is another one. */
static enum scep_err
check_lineage(const struct scep_crypto *crypto, const struct scep_ca_conf *ca,
    struct scep_error *err)
{
	uint8_t		 digest[SCEP_SHA256_LEN];
	enum scep_err	 rc;

	if (!ca->has_key_sha256)
		return SCEP_OK;
	if ((rc = scep_crypto_sha256(crypto, ca->cert.spki, digest, err)) !=
	    SCEP_OK)
		return rc;
	return memcmp(digest, ca->key_sha256, sizeof(digest)) == 0 ? SCEP_OK :
	    scep_fail(err, SCEP_E_CONFIG, "%s: another key than that of "
	    "generation %u of CA %s; put its own certificate and key back, "
	    "or give the other CA a [ca NAME] of its own", ca->cert_path,
	    ca->generation, ca->name);
}

static enum scep_err
check_ca(const struct scep_crypto *crypto, const struct scep_ca_conf *ca,
    struct scep_error *err)
{
	enum scep_err	 rc;

	if ((rc = check_lineage(crypto, ca, err)) != SCEP_OK)
		return rc;
	if ((rc = scep_config_key_belongs(crypto, &ca->cert, ca->cert_path,
	    ca->key, ca->key_path, err)) != SCEP_OK)
		return scep_fail_mend(err, "restore the one that belongs to "
		    "the other");
	if ((rc = scep_config_ca_key_check(ca->key, ca->key_path, err)) !=
	    SCEP_OK || (rc = check_ra_key(ca, err)) != SCEP_OK)
		return rc;
	if ((rc = scep_config_key_belongs(crypto, &ca->ra_cert,
	    ca->ra_cert_path, ca->ra_key, ca->ra_key_path, err)) != SCEP_OK)
		return new_ra(ca, err);
	return check_ra_issuer(crypto, ca, err);
}

/* The chain, without the CA's own certificate: many files begin with it. */
static enum scep_err
read_chain(const struct scep_crypto *crypto, struct scep_ca_conf *ca,
    struct scep_error *err)
{
	enum scep_err	 rc;

	if (*ca->chain_path == '\0')
		return SCEP_OK;
	rc = scep_config_read_certs(crypto, ca->chain_path, ca->chain,
	    SCEP_CHAIN_MAX, &ca->n_chain, err);
	if (rc == SCEP_OK && memcmp(ca->chain[0].sha256, ca->cert.sha256,
	    SCEP_SHA256_LEN) == 0) {
		scep_cert_clear(&ca->chain[0]);
		memmove(&ca->chain[0], &ca->chain[1],
		    --ca->n_chain * sizeof(ca->chain[0]));
	}
	return rc;
}

enum scep_err
scep_config_load_ca(const struct scep_crypto *crypto, struct scep_ca_conf *ca,
    struct scep_error *err)
{
	enum scep_err	 rc;
	size_t		 n;

	if ((rc = scep_config_read_certs(crypto, ca->cert_path, &ca->cert, 1,
	    &n, err)) != SCEP_OK ||
	    (rc = scep_issuer_make(crypto, &ca->cert, &ca->issuer, err)) !=
	    SCEP_OK ||
	    (rc = scep_config_read_key(crypto, ca->key_path, &ca->key,
	    err)) != SCEP_OK ||
	    (rc = scep_config_read_certs(crypto, ca->ra_cert_path,
	    &ca->ra_cert, 1, &n, err)) != SCEP_OK ||
	    (rc = scep_config_read_key(crypto, ca->ra_key_path, &ca->ra_key,
	    err)) != SCEP_OK ||
	    (rc = read_chain(crypto, ca, err)) != SCEP_OK ||
	    (rc = scep_config_cert_reads(crypto, &ca->cert, ca->cert_path,
	    err)) != SCEP_OK ||
	    (rc = scep_config_cert_reads(crypto, &ca->ra_cert,
	    ca->ra_cert_path, err)) != SCEP_OK)
		return rc;
	if ((rc = check_ca(crypto, ca, err)) == SCEP_OK &&
	    (ca->signing = scep_key_signing(crypto, ca->key)) == NULL)
		rc = scep_fail_ssl(err, SCEP_E_INTERNAL, "key of the CA");
	return rc;
}

static enum scep_err
load_exts(const struct scep_crypto *crypto, const struct scep_config *cfg,
    const struct scep_profile *p, const struct scep_ca_conf *ca,
    struct scep_buf *exts, struct scep_buf *signing, struct scep_error *err)
{
	enum scep_err	 rc;

	if ((rc = scep_config_exts(crypto, scep_config_exts_of(cfg, p),
	    ca, exts, err)) != SCEP_OK)
		return rc;
	return scep_config_usage(p, exts, signing, err);
}

static enum scep_err
load_profile(const struct scep_crypto *crypto, const struct scep_config *cfg,
    struct scep_profile *p, struct scep_error *err)
{
	const struct scep_ca_conf	*ca = &cfg->ca[p->ca], *next;
	enum scep_err			 rc;

	if ((rc = scep_config_load_legacy(crypto, p, err)) != SCEP_OK ||
	    (rc = scep_config_load_validator(p, err)) != SCEP_OK ||
	    (rc = scep_config_load_notify(p, err)) != SCEP_OK ||
	    (rc = load_exts(crypto, cfg, p, ca, &p->fixed_exts,
	    &p->signing_exts, err)) != SCEP_OK)
		return rc;
	if ((next = scep_ca_conf_next(ca)) == NULL || *next->fault != '\0')
		return SCEP_OK;
	return load_exts(crypto, cfg, p, next, &p->next_exts,
	    &p->next_signing_exts, err);
}

/* The current generation; the others have their own faults. */
static enum scep_err
load_ca(const struct scep_crypto *crypto, const struct scep_config *cfg,
    struct scep_ca_conf *ca, struct scep_error *err)
{
	enum scep_err	 rc;

	if ((rc = scep_config_lineage(crypto, cfg, ca, err)) != SCEP_OK ||
	    (rc = scep_config_load_ca(crypto, ca, err)) != SCEP_OK ||
	    (rc = scep_config_load_kin(crypto, ca, err)) != SCEP_OK)
		return rc;
	return scep_config_next_answer(crypto, ca, err);
}

static enum scep_err
no_challenge_key(const struct scep_config *cfg, const char *why,
    struct scep_error *err)
{
	const char	*dir = cfg->server.state;
	struct stat	 st;

	if (stat(dir, &st) == 0 && !S_ISDIR(st.st_mode))
		return scep_fail(err, SCEP_E_CONFIG, "%s: the state directory "
		    "is no directory; correct state = in scep.conf", dir);
	if (stat(dir, &st) == -1 && (errno == ENOENT || errno == ENOTDIR))
		return scep_fail(err, SCEP_E_CONFIG, "%s: the state directory "
		    "is not there; correct state = in scep.conf, or make it: "
		    "install -d -m 700 %s", dir, dir);
	return scep_fail(err, SCEP_E_CONFIG, "%s: %s; restore it from a "
	    "backup, or, where no challenge is open: (umask 077; openssl "
	    "rand -hex 32 >%s)", cfg->challenge_key_path, why,
	    cfg->challenge_key_path);
}

/* 64 hexadecimal digits and a newline. */
static enum scep_err
parse_challenge_key(struct scep_config *cfg, struct scep_buf *text,
    struct scep_error *err)
{
	uint8_t		 key[CHALLENGE_KEY_LEN];
	size_t		 digits = strspn((const char *)text->data,
			    "0123456789abcdefABCDEF"), len;
	enum scep_err	 rc;

	if (digits != 2 * sizeof(key) || text->len - digits > 1 ||
	    (text->len > digits && text->data[digits] != '\n'))
		return no_challenge_key(cfg, "not 64 hexadecimal digits and "
		    "a newline", err);
	text->data[digits] = '\0';
	if ((rc = scep_hex_read((const char *)text->data, key, sizeof(key),
	    &len, err)) == SCEP_OK)
		rc = scep_buf_set(&cfg->challenge_key, scep_span_make(key,
		    len), err);
	OPENSSL_cleanse(key, sizeof(key));
	return rc;
}

enum scep_err
scep_config_load_challenge_key(struct scep_config *cfg,
    struct scep_error *err)
{
	struct scep_buf	 text = { NULL, 0 };
	enum scep_err	 rc;

	rc = scep_file_read_secret(cfg->challenge_key_path, 1024, &text, err);
	if (rc == SCEP_E_NOTFOUND)
		return no_challenge_key(cfg, "no such file", err);
	if (rc == SCEP_OK)
		rc = parse_challenge_key(cfg, &text, err);
	scep_buf_clear(&text);
	return rc;
}

/* One CA's or profile's fault does not stop the others. */
static enum scep_err
keep_fault(const struct scep_error *why, char fault[SCEP_FAULT_LEN],
    struct scep_error *first)
{
	OPENSSL_strlcpy(fault, why->text, SCEP_FAULT_LEN);
	if (first->text[0] == '\0')
		*first = *why;
	return SCEP_OK;
}

/* SCEP_E_NOMEM and the like are nobody's fault. */
static enum scep_err
load_all(const struct scep_crypto *crypto, struct scep_config *cfg,
    struct scep_error *first, struct scep_error *err)
{
	struct scep_ca_conf	*ca;
	struct scep_profile	*p;
	enum scep_err		 rc = SCEP_OK;

	for (ca = cfg->ca; rc == SCEP_OK && ca < cfg->ca + cfg->n_cas; ca++)
		if ((rc = load_ca(crypto, cfg, ca, err)) != SCEP_OK) {
			(void)scep_fail_within(err, "%s:%d: [ca %s]",
			    ca->file, ca->line, ca->name);
			if (rc == SCEP_E_CONFIG)
				rc = keep_fault(err, ca->fault, first);
		}
	for (p = cfg->profile; rc == SCEP_OK &&
	    p < cfg->profile + cfg->n_profiles; p++)
		if (*cfg->ca[p->ca].fault == '\0' &&
		    (rc = load_profile(crypto, cfg, p, err)) == SCEP_E_CONFIG)
			rc = keep_fault(err, p->fault, first);
	return rc;
}

enum scep_err
scep_config_load(const struct scep_crypto *crypto, struct scep_config *cfg,
    struct scep_error *err)
{
	struct scep_error	 first = { .text = "" };
	enum scep_err		 rc;

	if ((rc = load_all(crypto, cfg, &first, err)) != SCEP_OK)
		return rc;
	if (!scep_config_is_usable(cfg)) {
		*err = first;
		return err->code;
	}
	return scep_config_load_challenge_key(cfg, err);
}

enum scep_err
scep_config_load_any(const struct scep_crypto *crypto,
    struct scep_config *cfg, struct scep_error *err)
{
	struct scep_error	 ignored = { .text = "" };
	enum scep_err		 rc;

	if ((rc = load_all(crypto, cfg, &ignored, err)) != SCEP_OK)
		return rc;
	return scep_config_load_challenge_key(cfg, err);
}
