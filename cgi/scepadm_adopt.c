/*
 * scepadm_adopt.c - a CA that is there already: read, and looked at from all
 * sides before anything is written.
 *
 * What is refused here is what no device would trust, or what the server
 * would not start with; what it would merely remark is a warning.
 */
#include <string.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "ca/config.h"
#include "cgi/scepadm_init.h"

#define FILE_MAX_LEN	(256UL * 1024)

/* Reading. */

static enum scep_err
add_der(struct adm *adm, const char *path, struct scep_span der,
    STACK_OF(X509) *list)
{
	const unsigned char	*p = der.data;
	struct scep_cert	 cert;
	X509			*x;

	/* As the server will read it, and as libcrypto does. */
	if (scep_cert_parse(adm->crypto, der, &cert, &adm->err) != SCEP_OK) {
		adm->err.code = SCEP_E_REFUSED;
		return scep_fail_within(&adm->err, "%s", path);
	}
	scep_cert_clear(&cert);
	if ((x = X509_new_ex(adm->crypto->ctx, NULL)) == NULL ||
	    d2i_X509(&x, &p, (long)der.len) == NULL)
		return scep_fail_ssl(&adm->err, SCEP_E_REFUSED,
		    "%s: a certificate that does not parse; openssl x509 "
		    "-in %s shows where", path, path);
	if (sk_X509_push(list, x) == 0) {
		X509_free(x);
		return scep_fail_ssl(&adm->err, SCEP_E_NOMEM, "%s", path);
	}
	return SCEP_OK;
}

static enum scep_err
add_pem(struct adm *adm, const char *path, struct scep_span text,
    STACK_OF(X509) *list)
{
	BIO		*bio;
	char		*name = NULL, *header = NULL;
	unsigned char	*der = NULL;
	long		 len;
	enum scep_err	 rc = SCEP_OK;

	if ((bio = BIO_new_mem_buf(text.data, (int)text.len)) == NULL)
		return scep_fail_ssl(&adm->err, SCEP_E_NOMEM, "%s", path);
	while (rc == SCEP_OK &&
	    PEM_read_bio(bio, &name, &header, &der, &len) == 1) {
		if (strcmp(name, PEM_STRING_X509) == 0)
			rc = add_der(adm, path, scep_span_make(der,
			    (size_t)len), list);
		OPENSSL_free(name);
		OPENSSL_free(header);
		OPENSSL_clear_free(der, (size_t)len);
	}
	BIO_free(bio);
	ERR_clear_error();		/* "no start line": the end */
	return rc;
}

static enum scep_err
read_certs(struct adm *adm, const char *path, STACK_OF(X509) *list)
{
	const int	 before = sk_X509_num(list);
	struct scep_buf	 bytes = { NULL, 0 };
	enum scep_err	 rc;

	if ((rc = scep_file_read(path, FILE_MAX_LEN, &bytes, &adm->err)) !=
	    SCEP_OK)
		return rc;
	rc = bytes.len > 0 && bytes.data[0] == 0x30 ?
	    add_der(adm, path, scep_buf_span(&bytes), list) :
	    add_pem(adm, path, scep_buf_span(&bytes), list);
	scep_buf_clear(&bytes);
	if (rc == SCEP_OK && sk_X509_num(list) == before)
		rc = scep_fail(&adm->err, SCEP_E_REFUSED, "%s: no certificate "
		    "in PEM or DER", path);
	return rc;
}

/* Looking. */

static void
warn(const struct adm_adopt *from, const char *path, const char *text)
{
	char	 line[512];

	(void)snprintf(line, sizeof(line), "%.300s: %s", path, text);
	(void)json_array_append_new(from->warnings, json_string(line));
}

static enum scep_err
check_dates(struct adm *adm, const char *path, const X509 *cert)
{
	const ASN1_TIME	*when = NULL;
	const char	*what = NULL;
	char		 name[ADM_NAME_TEXT], text[SCEP_TIME_TEXT] = "?";
	struct tm	 tm;

	if (X509_cmp_current_time(X509_get0_notBefore(cert)) >= 0) {
		when = X509_get0_notBefore(cert);
		what = "is not valid before";
	} else if (X509_cmp_current_time(X509_get0_notAfter(cert)) <= 0) {
		when = X509_get0_notAfter(cert);
		what = "expired on";
	} else
		return SCEP_OK;
	if (ASN1_TIME_to_tm(when, &tm) == 1)
		scep_time_text(timegm(&tm), text);
	adm_cert_name(cert, name);
	return scep_fail(&adm->err, SCEP_E_REFUSED, "%s: \"%s\" %s %s; give "
	    "a newer certificate for the same key, or set the clock", path,
	    name, what, text);
}

/* RFC 5280 sections 4.2.1.3 and 4.2.1.9. */
static enum scep_err
check_is_ca(struct adm *adm, const char *path, X509 *cert)
{
	uint32_t	 flags = X509_get_extension_flags(cert);
	char		 name[ADM_NAME_TEXT];

	adm_cert_name(cert, name);
	if ((flags & EXFLAG_INVALID) != 0)
		return scep_fail(&adm->err, SCEP_E_REFUSED, "%s: extensions "
		    "of \"%s\" do not parse", path, name);
	if ((flags & EXFLAG_BCONS) == 0 || (flags & EXFLAG_CA) == 0)
		return scep_fail(&adm->err, SCEP_E_REFUSED, "%s: \"%s\" is no "
		    "CA: basicConstraints CA:TRUE is missing, and no device "
		    "would trust what it issues; give the certificate of the "
		    "CA itself", path, name);
	if ((flags & EXFLAG_KUSAGE) != 0 &&
	    (X509_get_key_usage(cert) & KU_KEY_CERT_SIGN) == 0)
		return scep_fail(&adm->err, SCEP_E_REFUSED, "%s: \"%s\" may "
		    "issue nothing: its keyUsage lacks keyCertSign", path,
		    name);
	return check_dates(adm, path, cert);
}

/* What scepadm check says of the same certificate. */
static void
remark_usage(const struct adm_adopt *from, X509 *cert)
{
	if ((X509_get_extension_flags(cert) & EXFLAG_KUSAGE) == 0)
		warn(from, from->cert, "the CA certificate has no keyUsage; "
		    "macOS and jscep look for digitalSignature there");
	else if ((X509_get_key_usage(cert) & KU_DIGITAL_SIGNATURE) == 0)
		warn(from, from->cert, "keyUsage of the CA certificate lacks "
		    "digitalSignature, which RFC 8894 section 2.1.2 wants; "
		    "macOS and jscep may refuse this CA.  It works with other "
		    "devices; a new CA certificate for the same key mends it");
}

static void
remark_root(const struct adm_adopt *from, const struct adm_fresh *f)
{
	const int	 n = sk_X509_num(f->chain);
	X509		*last = n > 0 ? sk_X509_value(f->chain, n - 1) : f->ca;

	if (X509_NAME_cmp(X509_get_subject_name(last),
	    X509_get_issuer_name(last)) != 0)
		warn(from, n > 0 && from->chain != NULL ? from->chain :
		    from->cert, "no root: a device that has not got the root "
		    "cannot check the chain; --chain takes the certificates "
		    "above the CA's");
}

static enum scep_err
check_key(struct adm *adm, const struct adm_adopt *from,
    const struct adm_fresh *f)
{
	if (scep_config_pair_check(adm->crypto, f->ca, from->cert, f->ca_key,
	    from->key, &adm->err) == SCEP_OK &&
	    scep_config_ca_key_check(f->ca_key, from->key, &adm->err) ==
	    SCEP_OK)
		return SCEP_OK;
	return adm->err.code = SCEP_E_REFUSED;	/* the reason stands */
}

static enum scep_err
check_chain(struct adm *adm, const struct adm_adopt *from,
    STACK_OF(X509) *pool, struct adm_fresh *f)
{
	const char	*path = from->chain != NULL ? from->chain :
			    from->cert;
	enum scep_err	 rc;
	int		 i;

	if ((rc = adm_adopt_chain(adm, path, f->ca, pool, &f->chain)) !=
	    SCEP_OK)
		return rc;
	for (i = 0; i < sk_X509_num(f->chain); i++)
		if ((rc = check_is_ca(adm, path, sk_X509_value(f->chain,
		    i))) != SCEP_OK)
			return rc;
	return SCEP_OK;
}

/* pool: what is in the files, the CA's own first. */
static enum scep_err
read_all(struct adm *adm, const struct adm_adopt *from, STACK_OF(X509) *pool,
    struct adm_fresh *f)
{
	enum scep_err	 rc;

	if ((rc = read_certs(adm, from->cert, pool)) != SCEP_OK)
		return rc;
	f->ca = sk_X509_shift(pool);
	if ((from->chain != NULL &&
	    (rc = read_certs(adm, from->chain, pool)) != SCEP_OK) ||
	    (rc = check_is_ca(adm, from->cert, f->ca)) != SCEP_OK ||
	    (rc = adm_adopt_key(adm, from, &f->ca_key)) != SCEP_OK ||
	    (rc = check_key(adm, from, f)) != SCEP_OK ||
	    (rc = check_chain(adm, from, pool, f)) != SCEP_OK)
		return rc;
	f->digest = scep_ca_key_digest(f->ca_key);
	remark_usage(from, f->ca);
	remark_root(from, f);
	return SCEP_OK;
}

enum scep_err
adm_adopt_read(struct adm *adm, const struct adm_adopt *from,
    struct adm_fresh *f)
{
	STACK_OF(X509)	*pool;
	enum scep_err	 rc;

	if ((pool = sk_X509_new_null()) == NULL)
		return scep_fail_ssl(&adm->err, SCEP_E_NOMEM, "certificates");
	rc = read_all(adm, from, pool, f);
	sk_X509_pop_free(pool, X509_free);
	return rc;
}

/* As a device would. */

static enum scep_err
verify_failed(struct adm *adm, const char *path, X509_STORE_CTX *ctx)
{
	const int	 why = X509_STORE_CTX_get_error(ctx);
	X509		*cert = X509_STORE_CTX_get_current_cert(ctx);
	char		 name[ADM_NAME_TEXT] = "?";

	if (cert != NULL)
		adm_cert_name(cert, name);
	if (why == X509_V_ERR_PATH_LENGTH_EXCEEDED)
		return scep_fail(&adm->err, SCEP_E_REFUSED, "%s: pathLen of "
		    "\"%s\" leaves no room for the CAs below it, and no "
		    "device would trust what this one issues; it takes a "
		    "certificate with a larger pathLen, or none", path, name);
	return scep_fail(&adm->err, SCEP_E_REFUSED, "%s: devices would refuse "
	    "what this CA issues, because of \"%s\": %s", path, name,
	    X509_verify_cert_error_string(why));
}

static int
trust_last(X509_STORE *store, const struct adm_fresh *f)
{
	const int	 n = sk_X509_num(f->chain);

	return X509_STORE_add_cert(store, n > 0 ?
	    sk_X509_value(f->chain, n - 1) : f->ca) == 1 &&
	    X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN) == 1;
}

enum scep_err
adm_adopt_verify(struct adm *adm, const struct adm_adopt *from,
    const struct adm_fresh *f)
{
	STACK_OF(X509)	*between = sk_X509_dup(f->chain);
	X509_STORE	*store = X509_STORE_new();
	X509_STORE_CTX	*ctx = X509_STORE_CTX_new_ex(adm->crypto->ctx, NULL);
	enum scep_err	 rc = SCEP_OK;

	if (between == NULL || store == NULL || ctx == NULL ||
	    sk_X509_unshift(between, f->ca) == 0 || !trust_last(store, f) ||
	    X509_STORE_CTX_init(ctx, store, f->ra, between) != 1)
		rc = scep_fail_ssl(&adm->err, SCEP_E_NOMEM, "verification");
	else if (X509_verify_cert(ctx) != 1)
		rc = verify_failed(adm, from->chain != NULL ? from->chain :
		    from->cert, ctx);
	ERR_clear_error();
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	sk_X509_free(between);
	return rc;
}
