/*
 * doctor_cacert.c - GetCACert: type, certificates, their order, usage and
 * dates, and whether they are those of scep.conf.
 */
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "ca/config_kin.h"
#include "cgi/doctor.h"

#define TYPE_CA		"application/x-x509-ca-cert"
#define TYPE_CA_RA	"application/x-x509-ca-ra-cert"
#define DAY		86400L
#define SOON		(30 * DAY)

static const char *
name_text(const X509_NAME *name, char *out, int size)
{
	out[0] = '\0';
	(void)X509_NAME_oneline(name, out, size);
	return out;
}

static const char *
cert_text(const X509 *cert, char *out, int size)
{
	return name_text(X509_get_subject_name(cert), out, size);
}

/* The one who talks to devices, and the CA that issued it: the same if there
 * is no certificate that is no CA's. */
static void
choose(struct doctor *d)
{
	X509	*cert;
	int	 i;

	for (i = 0; d->ra == NULL && i < sk_X509_num(d->certs); i++)
		if (X509_check_ca(sk_X509_value(d->certs, i)) == 0)
			d->ra = sk_X509_value(d->certs, i);
	if (d->ra == NULL) {
		d->ra = d->ca = sk_X509_value(d->certs, 0);
		return;
	}
	for (i = 0; d->ca == NULL && i < sk_X509_num(d->certs); i++) {
		cert = sk_X509_value(d->certs, i);
		if (cert != d->ra && X509_check_issued(cert, d->ra) ==
		    X509_V_OK)
			d->ca = cert;
	}
}

static void
check_order(struct doctor *d)
{
	const int	 n = sk_X509_num(d->certs);
	X509		*last = sk_X509_value(d->certs, n - 1);
	char		 a[256], b[256];
	int		 i;

	for (i = 0; i + 1 < n; i++)
		if (X509_verify(sk_X509_value(d->certs, i), X509_get0_pubkey(
		    sk_X509_value(d->certs, i + 1))) != 1) {
			doctor_fail(d, "chain", DOCTOR_FIX_CHAIN, "chain: "
			    "certificate %d (%s) is not signed by the next "
			    "one (%s): some devices take the first as theirs "
			    "and the next as its issuer", i + 1,
			    cert_text(sk_X509_value(d->certs, i), a,
			    sizeof(a)), cert_text(sk_X509_value(d->certs,
			    i + 1), b, sizeof(b)));
			return;
		}
	if (X509_check_issued(last, last) != X509_V_OK)
		doctor_info(d, "chain", "chain: it ends with %s, which is no "
		    "root: devices must know %s already (`chain` in scep.conf "
		    "adds it, `getcacert` may leave it out)", cert_text(last,
		    a, sizeof(a)), name_text(X509_get_issuer_name(last), b,
		    sizeof(b)));
	else
		doctor_ok(d, "chain", "chain: %d certificate%s in order, up "
		    "to the root %s", n, n == 1 ? "" : "s", cert_text(last, a,
		    sizeof(a)));
}

/* An answer of the RA is worth what the CA's signature on it is. */
static int
check_issuer(struct doctor *d)
{
	char	 a[256], b[256];

	if (d->ca != NULL && (d->ca == d->ra || X509_verify(d->ra,
	    X509_get0_pubkey(d->ca)) == 1))
		return 1;
	doctor_fail(d, "chain", DOCTOR_FIX_CHAIN, "chain: the certificate of "
	    "the CA (%s) that issued the RA's (%s) is not in the answer: "
	    "devices cannot trust the RA", name_text(X509_get_issuer_name(
	    d->ra), a, sizeof(a)), cert_text(d->ra, b, sizeof(b)));
	return 0;
}

static void
check_usage(struct doctor *d)
{
	const uint32_t	 both = KU_DIGITAL_SIGNATURE | KU_KEY_ENCIPHERMENT;
	const uint32_t	 ra = X509_get_key_usage(d->ra);
	const uint32_t	 ca = d->ca != NULL ? X509_get_key_usage(d->ca) :
			    KU_KEY_CERT_SIGN;
	const EVP_PKEY	*key = X509_get0_pubkey(d->ra);

	if (key == NULL || !EVP_PKEY_is_a(key, "RSA"))
		doctor_fail(d, "usage", DOCTOR_FIX_USAGE, "usage: the RA's "
		    "key is no RSA key, and SCEP devices encrypt to nothing "
		    "else");
	else if ((ra & both) != both || ra == UINT32_MAX)
		doctor_fail(d, "usage", DOCTOR_FIX_USAGE, "usage: the RA's "
		    "certificate has %s: devices choose it by digitalSignature "
		    "and keyEncipherment", ra == UINT32_MAX ? "no keyUsage" :
		    "another keyUsage");
	else if ((ca & KU_KEY_CERT_SIGN) == 0 || ca == UINT32_MAX)
		doctor_fail(d, "usage", DOCTOR_FIX_USAGE, "usage: the CA's "
		    "certificate has no keyUsage with keyCertSign");
	else
		doctor_ok(d, "usage", "usage: RSA of %d bits, "
		    "digitalSignature and keyEncipherment for messages%s",
		    EVP_PKEY_get_bits(key), d->ca == NULL ? "" :
		    "; keyCertSign for the CA");
}

static void
check_dates(struct doctor *d)
{
	const X509	*cert;
	char		 a[256];
	time_t		 soon = time(NULL) + SOON;
	int		 i, warned = 0;

	for (i = 0; i < sk_X509_num(d->certs); i++) {
		cert = sk_X509_value(d->certs, i);
		(void)cert_text(cert, a, sizeof(a));
		if (X509_cmp_current_time(X509_get0_notBefore(cert)) > 0 ||
		    X509_cmp_current_time(X509_get0_notAfter(cert)) < 0) {
			doctor_fail(d, "dates", DOCTOR_FIX_DATES, "dates: %s "
			    "is not valid now", a);
			return;
		}
		if (X509_cmp_time(X509_get0_notAfter(cert), &soon) < 0) {
			doctor_info(d, "dates", "dates: %s expires within 30 "
			    "days", a);
			warned = 1;
		}
	}
	if (!warned)
		doctor_ok(d, "dates", "dates: all valid now and in 30 days");
}

/* That of the current generation; of the first, for who may not look into the
 * state. */
static void
current_path(const struct doctor *d, char out[SCEP_PATH_LEN])
{
	const struct scep_ca_conf	*ca = &d->cfg->ca[d->profile->ca];
	const char			*state = d->cfg->server.state;
	struct scep_error		 ignored;
	struct scep_lineage		 l;

	if (scep_lineage_read(state, ca->name, &l, &ignored) == SCEP_OK &&
	    scep_lineage_current(&l)->number > 1 &&
	    scep_lineage_file(state, ca->name,
	    scep_lineage_current(&l)->number, "ca.pem", out, &ignored) ==
	    SCEP_OK)
		return;
	memcpy(out, ca->cert_path, SCEP_PATH_LEN);
}

/* PEM or DER, as scep.conf has it; NULL and why_not. */
static X509 *
ca_of_conf(struct doctor *d)
{
	char		 path[SCEP_PATH_LEN];
	X509		*cert = NULL;
	BIO		*in;

	current_path(d, path);
	in = BIO_new_file(path, "rb");
	if (in != NULL && (cert = PEM_read_bio_X509(in, NULL, NULL, NULL)) ==
	    NULL && BIO_reset(in) == 0)
		cert = d2i_X509_bio(in, NULL);
	BIO_free(in);
	ERR_clear_error();
	if (cert == NULL)
		(void)snprintf(d->why_not, sizeof(d->why_not),
		    "%.300s cannot be read", path);
	return cert;
}

/* Only a server that has our CA gets challenges that we make. */
static void
check_ours(struct doctor *d)
{
	X509	*cert;
	int	 i;

	if (d->profile == NULL || (cert = ca_of_conf(d)) == NULL)
		return;
	for (i = 0; i < sk_X509_num(d->certs); i++)
		if (X509_cmp(sk_X509_value(d->certs, i), cert) == 0)
			d->ours = 1;
	/* A bundle that lacks the CA may still be its RA's. */
	if (X509_verify(d->ra, X509_get0_pubkey(cert)) == 1) {
		d->ours = 1;
		ERR_clear_error();
	}
	X509_free(cert);
	if (d->ours)
		return;
	(void)snprintf(d->why_not, sizeof(d->why_not), "the server shows "
	    "another CA than [ca %s] of scep.conf",
	    d->cfg->ca[d->profile->ca].name);
	if (!d->url_given)
		doctor_fail(d, "scep.conf", DOCTOR_FIX_OTHER_CA,
		    "scep.conf: %s", d->why_not);
}

/* Devices pin the bytes; some name a CA that they want (PROTOCOL C-026). */
static void
check_again(struct doctor *d, const struct doctor_http *first)
{
	const struct doctor_ask	 ask = { .query =
				    "operation=GetCACert&message=ca" };
	struct doctor_http	 http;
	char			 text[500];

	(void)doctor_http(d, &ask, &http);
	doctor_http_text(d, &http, text, sizeof(text));
	if (http.status == 200 && http.len == first->len &&
	    memcmp(http.body, first->body, http.len) == 0)
		doctor_ok(d, "GetCACert-message", "GetCACert with message=: "
		    "the same bytes again");
	else
		doctor_fail(d, "GetCACert-message", doctor_fix_of(http.status,
		    DOCTOR_FIX_LOG), "GetCACert with message=: %s, not the "
		    "same bytes again", text);
	doctor_http_clear(&http);
}

static void
show_fingerprint(struct doctor *d)
{
	const X509	*cert = d->ca != NULL ? d->ca : d->ra;
	unsigned char	 digest[EVP_MAX_MD_SIZE];
	char		 text[3 * EVP_MAX_MD_SIZE + 1], name[256];
	unsigned int	 len = 0, i;

	if (X509_digest(cert, EVP_sha256(), digest, &len) != 1)
		return;
	for (i = 0; i < len; i++)
		(void)snprintf(text + 3 * i, sizeof(text) - 3 * i, "%02X%s",
		    digest[i], i + 1 < len ? ":" : "");
	doctor_info(d, "fingerprint", "%s: SHA-256 %s: devices show it",
	    cert_text(cert, name, sizeof(name)), text);
}

static int
judge(struct doctor *d, const struct doctor_http *http)
{
	const int	 bundle = strcmp(http->type, TYPE_CA_RA) == 0;

	if (!bundle && strcmp(http->type, TYPE_CA) != 0) {
		doctor_fail(d, "GetCACert", DOCTOR_FIX_TYPE, "GetCACert: "
		    "Content-Type is \"%s\", not %s or %s: devices compare it",
		    http->type, TYPE_CA, TYPE_CA_RA);
		return 0;
	}
	d->certs = scep_client_cacert(http->body, http->len, bundle);
	if (d->certs == NULL) {
		doctor_fail(d, "GetCACert", DOCTOR_FIX_CHAIN, "GetCACert: %zu "
		    "octets that are not what %s says", http->len,
		    http->type);
		return 0;
	}
	choose(d);
	doctor_ok(d, "GetCACert", "GetCACert: %s, %d certificate%s",
	    http->type, sk_X509_num(d->certs),
	    sk_X509_num(d->certs) == 1 ? "" : "s");
	return 1;
}

int
doctor_check_cacert(struct doctor *d)
{
	const struct doctor_ask	 ask = { .query = "operation=GetCACert" };
	struct doctor_http	 http;
	char			 text[500];
	int			 good;

	(void)doctor_http(d, &ask, &http);
	doctor_http_text(d, &http, text, sizeof(text));
	if (http.status != 200) {
		doctor_fail(d, "GetCACert", doctor_fix_of(http.status,
		    DOCTOR_FIX_LOG), "GetCACert: %s", text);
		good = 0;
	} else
		good = judge(d, &http);
	if (good) {
		if (check_issuer(d))
			check_order(d);
		check_usage(d);
		check_dates(d);
		check_again(d, &http);
		check_ours(d);
		show_fingerprint(d);
	}
	if (d->ca == NULL)
		d->ca = d->ra;		/* a name for polls */
	ERR_clear_error();
	doctor_http_clear(&http);
	return good;
}
