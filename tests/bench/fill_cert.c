/*
 * fill_cert.c - certificates for bench-fill: complete DER, each with its own
 * subject and serial, but all with one key, and a signature that does not
 * verify.
 */
#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "base/error.h"
#include "tests/bench/fill.h"

#define DAY		86400L
#define ODD_EACH	1000	/* -o */

/* What every certificate has; about as long as a real one. */
void
fill_template(struct filler *f)
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
	fill_must(f->key != NULL && f->cert != NULL && issuer != NULL &&
	    X509_set_version(f->cert, 2) == 1 &&
	    X509_set_issuer_name(f->cert, issuer) == 1 &&
	    X509_set_pubkey(f->cert, f->key) == 1, "template");
	X509_NAME_free(issuer);
	X509V3_set_ctx(&ctx, f->cert, f->cert, NULL, NULL, 0);
	for (i = 0; i < sizeof(exts) / sizeof(exts[0]); i++) {
		ext = X509V3_EXT_conf_nid(NULL, &ctx, exts[i].nid,
		    exts[i].value);
		fill_must(ext != NULL && X509_add_ext(f->cert, ext, -1) == 1,
		    exts[i].value);
		X509_EXTENSION_free(ext);
	}
	fill_must(X509_gmtime_adj(X509_getm_notBefore(f->cert), 0) != NULL &&
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
	fill_must(name != NULL && X509_NAME_add_entry_by_txt(name, "CN",
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
		fill_die("certificate", &err);
	OPENSSL_free(der);
}

void
fill_cert(const struct filler *f, long i, struct scep_cert_rec *rec)
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
		fill_die("record", &err);
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
	(void)snprintf(rec->authority, sizeof(rec->authority),
	    "challenge b%09ld", number);
	encode(f, rec);
}
