/*
 * config_exts.c - the extensions that a profile puts into every certificate,
 * from x509v3_config(5) text to DER.
 *
 * OpenSSL makes each from its text; what came out is judged here, whatever
 * the text was, so that DER: and dotted OIDs open no back door.
 */
#include <string.h>

#include <openssl/conf.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/der.h"
#include "base/error.h"
#include "ca/config_local.h"

#define LENGTH(a)	(sizeof(a) / sizeof((a)[0]))
#define EXTS_MAX	24	/* SCEP_TBS_EXTS, less the server's own */
#define DER_MAX		8192	/* of all extensions of a profile */

#define BY_SERVER	"the server makes this one itself, from what the " \
			"device may ask for and from the CA"
#define FOR_CAS		"only for certificates of CAs, and this server " \
			"issues none"
#define FOR_CRLS	"only for CRLs"

static const struct {
	int		 nid;
	const char	*why;
} refused[] = {
	{ NID_subject_key_identifier, BY_SERVER },
	{ NID_authority_key_identifier, BY_SERVER },
	{ NID_subject_alt_name, BY_SERVER },
	{ NID_name_constraints, FOR_CAS },
	{ NID_policy_constraints, FOR_CAS },
	{ NID_policy_mappings, FOR_CAS },
	{ NID_inhibit_any_policy, FOR_CAS },
	{ NID_crl_number, FOR_CRLS },
	{ NID_delta_crl, FOR_CRLS },
	{ NID_crl_reason, FOR_CRLS },
	{ NID_issuing_distribution_point, FOR_CRLS },
	{ NID_ct_precert_poison, "it makes a certificate unusable" },
};

/* One section on its way. */
struct making {
	const struct scep_crypto	*crypto;
	X509V3_CTX			 ctx;
	unsigned int			 generation;	/* that issues */
	CONF				*nconf;		/* empty */
	STACK_OF(X509_EXTENSION)	*done;
	const struct scep_conf_entry	*entry;		/* NULL: our own */
	struct scep_error		*err;
};

static enum scep_err
fault(const struct making *m, const char *why)
{
	if (m->entry == NULL)
		return scep_fail(m->err, SCEP_E_INTERNAL,
		    "built-in extension: %s", why);
	return scep_fail(m->err, SCEP_E_CONFIG, "%s:%d: %s: %s",
	    m->entry->file, m->entry->line, m->entry->key, why);
}

/* RFC 5280 section 4.2.1.9: a device is no CA. */
static const char *
judge_basic(void *value, int critical)
{
	const BASIC_CONSTRAINTS	*basic = value;

	if (basic->ca)
		return "CA:TRUE would make every device a CA";
	if (basic->pathlen != NULL)
		return "a path length is for CAs";
	return critical ? NULL : "write basicConstraints = critical, "
	    "CA:FALSE, or leave it to the server";
}

/* RFC 5280 section 4.2.1.3: the bits of CAs, and those of EC keys. */
static const char *
judge_key_usage(void *value, int critical)
{
	enum { AGREEMENT = 4, CERT_SIGN = 5, CRL_SIGN = 6 };
	const ASN1_BIT_STRING	*bits = value;
	int			 i, len = bits->length;

	if (ASN1_BIT_STRING_get_bit(bits, CERT_SIGN))
		return "keyCertSign would make every device a CA";
	if (ASN1_BIT_STRING_get_bit(bits, CRL_SIGN))
		return "cRLSign is for CAs";
	for (i = AGREEMENT; i < 9; i++)
		if (ASN1_BIT_STRING_get_bit(bits, i))
			return "key agreement is nothing a SCEP client does";
	/* X.690 section 11.2.2: no zero bits at the end. */
	if (len == 0 || (bits->data[len - 1] &
	    (1 << (bits->flags & 7))) == 0)
		return "no bit, or zero bits at the end";
	return critical ? NULL : "must be critical (RFC 5280 section "
	    "4.2.1.3); write keyUsage = critical, ...";
}

static const char *
judge_ext_key_usage(void *value, int critical)
{
	STACK_OF(ASN1_OBJECT)	*ekus = value;
	int			 i;

	(void)critical;
	for (i = 0; i < sk_ASN1_OBJECT_num(ekus); i++)
		if (OBJ_obj2nid(sk_ASN1_OBJECT_value(ekus, i)) ==
		    NID_anyExtendedKeyUsage)
			return "anyExtendedKeyUsage is every purpose there "
			    "is; name those that are meant";
	return NULL;
}

/* RFC 5280 sections 4.2.1.13 and 4.2.2.1. */
static const char *
judge_not_critical(void *value, int critical)
{
	(void)value;
	return critical ? "must not be critical" : NULL;
}

static const struct {
	int			 nid;
	const ASN1_ITEM		*(*item)(void);
	const char		*(*judge)(void *value, int critical);
} judges[] = {
	{ NID_basic_constraints, BASIC_CONSTRAINTS_it, judge_basic },
	{ NID_key_usage, ASN1_BIT_STRING_it, judge_key_usage },
	{ NID_ext_key_usage, EXTENDED_KEY_USAGE_it, judge_ext_key_usage },
	{ NID_crl_distribution_points, CRL_DIST_POINTS_it,
	    judge_not_critical },
	{ NID_info_access, AUTHORITY_INFO_ACCESS_it, judge_not_critical },
};

/* If libcrypto knows the type, the value must be of it. */
static int
is_of_its_type(X509_EXTENSION *ext, int nid)
{
	const X509V3_EXT_METHOD	*method = X509V3_EXT_get_nid(nid);
	void			*value;

	if (nid == NID_undef || method == NULL)
		return 1;
	if ((value = X509V3_EXT_d2i(ext)) == NULL)
		return 0;
	if (method->it != NULL)
		ASN1_item_free(value, ASN1_ITEM_ptr(method->it));
	else
		method->ext_free(value);
	return 1;
}

/* Why the value may not stay, or NULL. */
static const char *
judge_value(const struct making *m, X509_EXTENSION *ext, int nid)
{
	const ASN1_OCTET_STRING	*data = X509_EXTENSION_get_data(ext);
	const unsigned char	*p = ASN1_STRING_get0_data(data);
	const char		*why = "its value does not parse";
	size_t			 i, len = (size_t)ASN1_STRING_length(data);
	ASN1_VALUE		*value;

	if (scep_der_check(scep_span_make(p, len), m->err) != SCEP_OK)
		return "its value is not DER; see it with openssl asn1parse";
	/* cA DEFAULT FALSE is not encoded: X.690 section 11.5. */
	if (nid == NID_basic_constraints ? len > 2 && p[len - 1] == 0 :
	    len == 2 && p[0] == V_ASN1_SEQUENCE + 0x20 && p[1] == 0)
		return "its value is empty, or says what is the default";
	if (!is_of_its_type(ext, nid))
		return why;
	for (i = 0; i < LENGTH(judges); i++) {
		if (judges[i].nid != nid)
			continue;
		value = ASN1_item_d2i(NULL, &p, (long)len, judges[i].item());
		if (value != NULL)
			why = judges[i].judge(value,
			    X509_EXTENSION_get_critical(ext));
		ASN1_item_free(value, judges[i].item());
		return why;
	}
	return NULL;
}

/* Why no profile may have it, or NULL. */
static const char *
why_refused(int nid)
{
	size_t	 i;

	for (i = 0; i < LENGTH(refused); i++)
		if (nid == refused[i].nid)
			return refused[i].why;
	return NULL;
}

static enum scep_err
judge(const struct making *m, X509_EXTENSION *ext)
{
	ASN1_OBJECT	*oid = X509_EXTENSION_get_object(ext);
	const char	*why;
	int		 nid = OBJ_obj2nid(oid);

	if ((why = why_refused(nid)) != NULL)
		return fault(m, why);
	if (X509v3_get_ext_by_OBJ(m->done, oid, -1) != -1)
		return fault(m, "this extension is here already, under "
		    "another name (RFC 5280 section 4.2 allows one)");
	if ((why = judge_value(m, ext, nid)) != NULL) {
		ERR_clear_error();
		return fault(m, why);
	}
	return SCEP_OK;
}

/* Where an extension that cannot be made went wrong: libcrypto's first
 * reason is nearest to it, its last one says no more than that it did. */
static enum scep_err
not_made(const struct making *m, const char *value)
{
	const char	*why = ERR_reason_error_string(ERR_peek_error());
	ASN1_OBJECT	*oid;
	int		 known;

	if (m->entry == NULL)
		return scep_fail_ssl(m->err, SCEP_E_INTERNAL,
		    "built-in extension");
	ERR_clear_error();
	if (strchr(value, '@') != NULL)
		return fault(m, "sections named with @ are not read; write "
		    "the value out, or as DER: or ASN1:");
	oid = OBJ_txt2obj(m->entry->key, 0);
	known = oid != NULL && X509V3_EXT_get_nid(OBJ_obj2nid(oid)) != NULL;
	ASN1_OBJECT_free(oid);
	ERR_clear_error();
	if (oid == NULL)
		return fault(m, "no extension has that name; see "
		    "x509v3_config(5ssl), or write its OID");
	if (!known && strstr(value, "DER:") == NULL &&
	    strstr(value, "ASN1:") == NULL)
		return fault(m, "libcrypto does not know how its value is "
		    "written; write it as DER: or ASN1:");
	return scep_fail(m->err, SCEP_E_CONFIG, "%s:%d: %s: \"%.128s\" is no "
	    "value of this extension (%s); x509v3_config(5ssl) tells what "
	    "is", m->entry->file, m->entry->line, m->entry->key, value,
	    why != NULL ? why : "no reason given");
}

/* One extension behind those that are there, or in front of them. */
static enum scep_err
add(struct making *m, const char *name, const char *value, int where)
{
	X509_EXTENSION	*ext;
	enum scep_err	 rc;

	ext = X509V3_EXT_nconf(m->nconf, &m->ctx, name, value);
	if (ext == NULL)
		return not_made(m, value);
	if ((rc = judge(m, ext)) != SCEP_OK) {
		X509_EXTENSION_free(ext);
		return rc;
	}
	if (sk_X509_EXTENSION_insert(m->done, ext, where) == 0) {
		X509_EXTENSION_free(ext);
		return scep_fail(m->err, SCEP_E_NOMEM, "extensions");
	}
	return SCEP_OK;
}

/* One of the section: what it says of this generation. */
static enum scep_err
add_entry(struct making *m)
{
	char		*value;
	enum scep_err	 rc;

	if ((value = OPENSSL_strdup(m->entry->value)) == NULL)
		return scep_fail(m->err, SCEP_E_NOMEM, "extensions");
	rc = scep_config_point(m->entry->value, m->generation, value) ?
	    add(m, m->entry->key, value, -1) :
	    fault(m, "a word that is nearly %GENERATION%, and would stay as "
	    "it is; write that, in capitals and with % at both ends");
	OPENSSL_free(value);
	return rc;
}

static enum scep_err
add_section(struct making *m, const struct scep_conf_section *section)
{
	const char	*why;
	enum scep_err	 rc;
	size_t		 i;

	for (i = 0; i < section->n; i++) {
		m->entry = &section->entries[i];
		why = why_refused(OBJ_txt2nid(m->entry->key));
		ERR_clear_error();
		if (why != NULL)
			return fault(m, why);
		if (i == EXTS_MAX)
			return fault(m, "more than 24 extensions");
		if (*m->entry->value == '\0')
			return fault(m, "no value");
		if ((rc = add_entry(m)) != SCEP_OK)
			return rc;
	}
	m->entry = NULL;
	return SCEP_OK;
}

/* In front, what every certificate has and the section left out. */
static enum scep_err
add_missing(struct making *m, int nid, const char *value)
{
	if (X509v3_get_ext_by_NID(m->done, nid, -1) != -1)
		return SCEP_OK;
	return add(m, OBJ_nid2sn(nid), value, 0);
}

static enum scep_err
add_all(struct making *m, const struct scep_conf_section *section)
{
	enum scep_err	 rc;

	rc = section != NULL ? add_section(m, section) :
	    add(m, "extendedKeyUsage", "clientAuth", -1);
	if (rc != SCEP_OK)
		return rc;
	/* keyEncipherment: SCEP encrypts its next answer to that key. */
	if ((rc = add_missing(m, NID_key_usage,
	    "critical,digitalSignature,keyEncipherment")) != SCEP_OK)
		return rc;
	return add_missing(m, NID_basic_constraints, "critical,CA:FALSE");
}

/* As they stand in a TBSCertificate, one after another. */
static enum scep_err
encode(const struct making *m, const struct scep_conf_section *section,
    struct scep_buf *out)
{
	unsigned char	*der;
	enum scep_err	 rc = SCEP_OK;
	int		 i, len;

	scep_buf_clear(out);
	for (i = 0; i < sk_X509_EXTENSION_num(m->done) && rc == SCEP_OK;
	    i++) {
		der = NULL;
		len = i2d_X509_EXTENSION(sk_X509_EXTENSION_value(m->done, i),
		    &der);
		if (len <= 0)
			return scep_fail_ssl(m->err, SCEP_E_NOMEM,
			    "extensions");
		rc = scep_buf_add(out, scep_span_make(der, (size_t)len),
		    m->err);
		OPENSSL_free(der);
	}
	if (rc == SCEP_OK && out->len > DER_MAX && section != NULL)
		rc = scep_fail(m->err, SCEP_E_CONFIG, "%s:%d: [extensions "
		    "%s]: %zu octets, at most %d", section->file,
		    section->line, section->name, out->len, DER_MAX);
	return rc;
}

/* A database without anything: what a value names is not there. */
static CONF *
empty_conf(const struct scep_crypto *crypto)
{
	CONF	*conf = NCONF_new_ex(crypto->ctx, NULL);
	BIO	*bio = BIO_new_mem_buf("", 0);
	long	 line;

	if (conf == NULL || bio == NULL ||
	    NCONF_load_bio(conf, bio, &line) <= 0) {
		NCONF_free(conf);
		conf = NULL;
	}
	BIO_free(bio);
	return conf;
}

/* Only this one reads the issuer's certificate: issuerAltName = issuer:copy. */
static int
needs_issuer(const struct scep_conf_section *section)
{
	size_t	 i;

	for (i = 0; section != NULL && i < section->n; i++)
		if (OBJ_txt2nid(section->entries[i].key) ==
		    NID_issuer_alt_name)
			return 1;
	ERR_clear_error();
	return 0;
}

static enum scep_err
make_all(struct making *m, const struct scep_conf_section *section,
    X509 *issuer, struct scep_buf *out)
{
	enum scep_err	 rc;

	X509V3_set_ctx(&m->ctx, issuer, NULL, NULL, NULL,
	    issuer == NULL ? X509V3_CTX_TEST : 0);
	X509V3_set_nconf(&m->ctx, m->nconf);
	if ((rc = add_all(m, section)) != SCEP_OK)
		return rc;
	return encode(m, section, out);
}

enum scep_err
scep_config_exts(const struct scep_crypto *crypto,
    const struct scep_conf_section *section,
    const struct scep_ca_conf *issuer, struct scep_buf *out,
    struct scep_error *err)
{
	struct making	 m = { .crypto = crypto, .err = err };
	X509		*cert = NULL;
	enum scep_err	 rc;

	if (issuer != NULL && needs_issuer(section) &&
	    (cert = scep_config_x509(crypto, &issuer->cert, issuer->cert_path,
	    err)) == NULL)
		return err->code;
	m.generation = issuer == NULL ? 1 : issuer->generation;
	m.nconf = empty_conf(crypto);
	m.done = sk_X509_EXTENSION_new_null();
	if (m.nconf == NULL || m.done == NULL)
		rc = scep_fail_ssl(err, SCEP_E_NOMEM, "extensions");
	else
		rc = make_all(&m, section, cert, out);
	if (rc != SCEP_OK)
		scep_buf_clear(out);
	sk_X509_EXTENSION_pop_free(m.done, X509_EXTENSION_free);
	NCONF_free(m.nconf);
	X509_free(cert);
	return rc;
}
