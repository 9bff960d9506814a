/*
 * scepadm_init.c - a CA from nothing, or one that is there already, and an RA
 * below it.
 *
 * Everything is made and looked at before anything is written.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <openssl/x509v3.h>

#include "base/error.h"
#include "base/text.h"
#include "cgi/scepadm_init.h"

#define CN_MAX		61		/* X.520 allows 64, and " RA" comes
					   behind it */
#define FINGERPRINT	(3 * SCEP_DIGEST_MAX_LEN)

static int
is_cn(const char *cn)
{
	return *cn != '\0' && strlen(cn) <= CN_MAX &&
	    scep_is_clean_utf8(scep_span_text(cn));
}

static enum scep_err
ra_make(struct adm *adm, const char *cn, struct adm_fresh *f)
{
	char				 ra_cn[CN_MAX + sizeof(" RA")];
	const struct scep_making		 ra = {
		.cn = ra_cn,
		.key = f->ra_key,
		.issuer = f->ca,
		.issuer_key = f->ca_key,
		.digest = f->digest,
	};

	(void)snprintf(ra_cn, sizeof(ra_cn), "%s RA", cn);
	return scep_ca_make_cert(adm->crypto, &ra, time(NULL), &f->ra,
	    &adm->err);
}

static enum scep_err
fresh_make(struct adm *adm, const struct adm_init *in, struct adm_fresh *f)
{
	struct scep_making	 ca = { .cn = in->cn };
	enum scep_err		 rc;

	if ((rc = scep_ca_make_key(adm->crypto, in->key, &f->ca_key,
	    &adm->err)) != SCEP_OK)
		return rc;
	f->digest = scep_ca_key_digest(f->ca_key);
	ca.key = ca.issuer_key = f->ca_key;
	ca.digest = f->digest;
	if ((rc = scep_ca_make_cert(adm->crypto, &ca, time(NULL), &f->ca,
	    &adm->err)) != SCEP_OK ||
	    (rc = scep_ca_make_key(adm->crypto, SCEP_RA_KEY, &f->ra_key,
	    &adm->err)) != SCEP_OK)
		return rc;
	return ra_make(adm, in->cn, f);
}

/* The RA of a CA that has a name of its own is called after it. */
static enum scep_err
adopt_make(struct adm *adm, const struct adm_init *in, struct adm_fresh *f)
{
	char		 cn[CN_MAX + 2];
	enum scep_err	 rc;

	if ((rc = adm_adopt_read(adm, &in->adopt, f)) != SCEP_OK ||
	    (rc = scep_ca_make_key(adm->crypto, SCEP_RA_KEY, &f->ra_key,
	    &adm->err)) != SCEP_OK)
		return rc;
	if (in->cn == NULL && (X509_NAME_get_text_by_NID(
	    X509_get_subject_name(f->ca), NID_commonName, cn,
	    sizeof(cn)) < 0 || !is_cn(cn)))
		(void)snprintf(cn, sizeof(cn), "SCEP");
	if ((rc = ra_make(adm, in->cn != NULL ? in->cn : cn, f)) != SCEP_OK)
		return rc;
	return adm_adopt_verify(adm, &in->adopt, f);
}

static enum scep_err
make(struct adm *adm, const struct adm_init *in, struct adm_fresh *f)
{
	enum scep_err	 rc;

	if (in->cn != NULL && !is_cn(in->cn))
		return scep_fail(&adm->err, SCEP_E_USAGE, "--cn: 1 to %d "
		    "octets of UTF-8, without control characters", CN_MAX);
	if ((rc = in->adopt.cert != NULL ? adopt_make(adm, in, f) :
	    fresh_make(adm, in, f)) != SCEP_OK)
		return rc;
	return scep_crypto_random(adm->crypto, f->challenge_key,
	    sizeof(f->challenge_key), &adm->err);
}

void
adm_fresh_clear(struct adm_fresh *f)
{
	EVP_PKEY_free(f->ca_key);
	EVP_PKEY_free(f->ra_key);
	X509_free(f->ca);
	X509_free(f->ra);
	sk_X509_pop_free(f->chain, X509_free);
	OPENSSL_cleanse(f, sizeof(*f));
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

/* May certificates say that their CRL is below this URL?  The URL of an
 * extension ends at a comma. */
static void
choose_points(struct adm_init *in, struct adm_fresh *f)
{
	const int	 may = (X509_get_extension_flags(f->ca) &
			    EXFLAG_KUSAGE) == 0 ||
			    (X509_get_key_usage(f->ca) & KU_CRL_SIGN) != 0;

	f->has_points = may && strcmp(in->url, ADM_INIT_URL) != 0 &&
	    strncmp(in->url, "http://", 7) == 0 &&
	    strchr(in->url, ',') == NULL;
	if (may && strncmp(in->url, "https://", 8) == 0)
		(void)json_array_append_new(in->adopt.warnings, json_string(
		    "--url is https: certificates get no address of a CRL, "
		    "for that has to be http; where the web server serves it "
		    "by http, too, uncomment crlDistributionPoints in "
		    "scep.conf"));
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

/* Nobody need type a passphrase at night, and that has a price. */
static void
print_bare_key(const struct adm_init *in)
{
	(void)printf("  CA key         %s/ca.key (mode 0600)\n"
	    "                 is NOT ENCRYPTED, for the server starts with "
	    "nobody there to\n                 type a passphrase: who can "
	    "read it, or a backup, is the CA\n", in->dirs.state);
}

/* Two who number the CRLs of one CA undo each other's revocations. */
static void
print_crl(void)
{
	(void)printf("  CRL            made by this server, without what was "
	    "revoked elsewhere;\n                 where something else makes "
	    "it, say crl = no in scep.conf\n");
}

static void
print_text(const struct adm_init *in, const struct adm_fresh *f,
    const char *sha256, const char *sha1)
{
	const char	*dir = in->dirs.dir;
	char		 name[ADM_NAME_TEXT];

	adm_cert_name(f->ca, name);
	(void)printf("%s a CA in %s\n"
	    "  configuration  %s/scep.conf\n"
	    "  keys           %s (back it up)\n",
	    in->adopt.cert != NULL ? "adopted" : "made", dir, dir,
	    in->dirs.state);
	if (in->adopt.cert != NULL)
		print_bare_key(in);
	if (in->adopt.cert != NULL)
		print_crl();
	(void)printf("  URL            %s\n"
	    "  CA             %s\n"
	    "  CA SHA-256     %s\n"
	    "  CA SHA-1       %s\n\n"
	    "next: scepadm -c %s/scep.conf check\n"
	    "      scepadm -c %s/scep.conf challenge add --cn DEVICE\n",
	    in->url, name, sha256, sha1, dir, dir);
}

static void
print_done(const struct adm *adm, const struct adm_init *in,
    const struct adm_fresh *f)
{
	char	 sha256[FINGERPRINT], sha1[FINGERPRINT];
	json_t	*done, *one;
	size_t	 i;

	fingerprint(f->ca, adm->crypto->md[SCEP_SHA256], sha256);
	fingerprint(f->ca, adm->crypto->md[SCEP_SHA1], sha1);
	if (adm->json) {
		done = json_pack("{s:s,s:s,s:s,s:s,s:s,s:O}", "dir",
		    in->dirs.dir, "state", in->dirs.state, "url", in->url,
		    "sha256", sha256, "sha1", sha1, "warnings",
		    in->adopt.warnings);
		adm_print_json(done);
		json_decref(done);
		return;
	}
	json_array_foreach(in->adopt.warnings, i, one)
		(void)printf("warning: %s\n", json_string_value(one));
	print_text(in, f, sha256, sha1);
}

static enum scep_err
check_options(struct adm *adm, struct adm_init *in)
{
	const struct adm_adopt	*a = &in->adopt;

	if ((a->cert != NULL) != (a->key != NULL))
		return scep_fail(&adm->err, SCEP_E_USAGE, "a CA is adopted "
		    "with its certificate and its key: %s is missing",
		    a->cert != NULL ? "--ca-key" : "--ca-cert");
	if (a->cert == NULL && (a->chain != NULL || a->pass != NULL))
		return scep_fail(&adm->err, SCEP_E_USAGE, "%s belongs to a CA "
		    "that is adopted with --ca-cert and --ca-key",
		    a->chain != NULL ? "--chain" : "--pass-file");
	if (a->cert != NULL && in->key != NULL)
		return scep_fail(&adm->err, SCEP_E_USAGE, "--key is for a new "
		    "CA, and --ca-key brings one: leave --key out");
	if (a->cert == NULL && in->cn == NULL)
		in->cn = "SCEP CA";
	if (in->key == NULL)
		in->key = "rsa:3072";
	return check_url(adm, in->url);
}

enum scep_err
adm_init_ca(struct adm *adm, struct adm_init *in)
{
	struct adm_fresh	 f = { .ca_key = NULL };
	enum scep_err		 rc;

	if ((rc = check_options(adm, in)) != SCEP_OK ||
	    (rc = adm_dirs_find(adm, in->dir, in->state, &in->dirs)) !=
	    SCEP_OK)
		return rc;
	if ((rc = make(adm, in, &f)) == SCEP_OK) {
		choose_points(in, &f);
		rc = adm_dirs_make(adm, &in->dirs);
	}
	if (rc == SCEP_OK &&
	    (rc = adm_place_write(adm, &in->dirs, in->url, &f)) ==
	    SCEP_OK && !in->quiet)
		print_done(adm, in, &f);
	adm_fresh_clear(&f);
	return rc;
}

enum scep_err
adm_init(struct adm *adm, int argc, char *argv[])
{
	struct adm_init		 in = { .url = ADM_INIT_URL };
	const struct adm_option	 options[] = {
		{ "dir", &in.dir, NULL, NULL },
		{ "state", &in.state, NULL, NULL },
		{ "cn", &in.cn, NULL, NULL },
		{ "key", &in.key, NULL, NULL },
		{ "url", &in.url, NULL, NULL },
		{ "ca-cert", &in.adopt.cert, NULL, NULL },
		{ "ca-key", &in.adopt.key, NULL, NULL },
		{ "chain", &in.adopt.chain, NULL, NULL },
		{ "pass-file", &in.adopt.pass, NULL, NULL },
		{ NULL, NULL, NULL, NULL }
	};
	enum scep_err		 rc;

	in.adopt.warnings = json_array();
	if ((rc = adm_options(adm, argc, argv, options, 0, NULL)) == SCEP_OK)
		rc = adm_init_ca(adm, &in);
	json_decref(in.adopt.warnings);
	return rc;
}
