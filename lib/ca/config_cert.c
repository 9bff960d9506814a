/*
 * config_cert.c - certificates of a CA and its RA, as far as their bytes tell
 * at once that all is well with them.
 *
 * libcrypto's object for a certificate costs more than what is asked of it.
 * So it is made only where this file does not say yes: what is wrong, and
 * whether it is, comes from there.
 */
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/der.h"
#include "base/error.h"
#include "ca/config_local.h"
#include "wire/private.h"

#define LENGTH(a)	(sizeof(a) / sizeof((a)[0]))

enum { INTEGER = 0x02, SEQUENCE = 0x30, CTX0 = 0xa0, CTX3 = 0xa3 };

/* TBSCertificate of version 3 without unique identifiers: version, serial,
 * signature, issuer, validity, subject, subjectPublicKeyInfo, extensions. */
static const uint8_t	tbs_tags[] = { CTX0, INTEGER, SEQUENCE, SEQUENCE,
	SEQUENCE, SEQUENCE, SEQUENCE, CTX3 };

/* basicConstraints with a path length where none belongs. */
static int
basic_is_odd(const void *value)
{
	const BASIC_CONSTRAINTS	*basic = value;

	return basic->pathlen != NULL && (!basic->ca ||
	    ASN1_STRING_type(basic->pathlen) != V_ASN1_INTEGER);
}

/* The extensions that are known here; with another one a certificate may
 * still be a good one. */
static const struct known {
	int		 nid;
	const ASN1_ITEM	*(*item)(void);
	int		 (*is_odd)(const void *value);
} known[] = {
	{ NID_basic_constraints, BASIC_CONSTRAINTS_it, basic_is_odd },
	{ NID_key_usage, ASN1_BIT_STRING_it, NULL },
	{ NID_ext_key_usage, EXTENDED_KEY_USAGE_it, NULL },
	{ NID_subject_key_identifier, ASN1_OCTET_STRING_it, NULL },
	{ NID_authority_key_identifier, AUTHORITY_KEYID_it, NULL },
};

/* The value of an extension, if all of it is one. */
static void *
value_of(X509_EXTENSION *ext, const ASN1_ITEM *item)
{
	const ASN1_OCTET_STRING	*data = X509_EXTENSION_get_data(ext);
	const unsigned char	*p = ASN1_STRING_get0_data(data);
	const unsigned char	*end = p + ASN1_STRING_length(data);
	ASN1_VALUE		*value;

	value = ASN1_item_d2i(NULL, &p, ASN1_STRING_length(data), item);
	if (value != NULL && p != end) {
		ASN1_item_free(value, item);
		value = NULL;
	}
	return value;
}

/* *seen: which of them were there before. */
static int
ext_is_plain(X509_EXTENSION *ext, unsigned int *seen)
{
	const int	 nid = OBJ_obj2nid(X509_EXTENSION_get_object(ext));
	void		*value;
	size_t		 i;
	int		 ok;

	for (i = 0; i < LENGTH(known) && known[i].nid != nid; i++)
		continue;
	if (i == LENGTH(known) || (*seen & 1u << i) != 0 ||
	    (value = value_of(ext, known[i].item())) == NULL)
		return 0;
	*seen |= 1u << i;
	ok = known[i].is_odd == NULL || !known[i].is_odd(value);
	ASN1_item_free(value, known[i].item());
	return ok;
}

static X509_EXTENSIONS *
exts_read(struct scep_span list)
{
	const unsigned char	*p = list.data;

	return d2i_X509_EXTENSIONS(NULL, &p, (long)list.len);
}

static int
exts_are_plain(struct scep_span list)
{
	X509_EXTENSIONS	*exts = exts_read(list);
	unsigned int	 seen = 0;
	int		 i, ok = exts != NULL;

	for (i = 0; ok && i < sk_X509_EXTENSION_num(exts); i++)
		ok = ext_is_plain(sk_X509_EXTENSION_value(exts, i), &seen);
	sk_X509_EXTENSION_pop_free(exts, X509_EXTENSION_free);
	return ok;
}

static int
name_reads(struct scep_span der)
{
	const unsigned char	*p = der.data;
	X509_NAME		*name = d2i_X509_NAME(NULL, &p, (long)der.len);

	X509_NAME_free(name);
	return name != NULL;
}

/* The extensions, if the rest is what it should be; else empty. */
static struct scep_span
plain_exts(const struct scep_cert *cert)
{
	const struct scep_span	 none = { NULL, 0 };
	struct scep_span	 rest = cert->tbs;
	struct scep_tlv		 tlv;
	size_t			 i;

	if (!scep_der_next(&rest, &tlv))
		return none;
	rest = tlv.content;
	for (i = 0; i < sizeof(tbs_tags); i++)
		if (!scep_der_next(&rest, &tlv) || tlv.tag != tbs_tags[i])
			return none;
	return rest.len == 0 ? tlv.content : none;
}

int
scep_config_is_plain(const struct scep_cert *cert)
{
	const struct scep_span	 exts = plain_exts(cert);
	struct scep_error	 ignored;
	int			 ok;

	ok = exts.len > 0 && cert->version == 3 && cert->not_before != 0 &&
	    cert->not_after != 0 &&
	    scep_der_check(scep_buf_span(&cert->der), &ignored) == SCEP_OK &&
	    name_reads(cert->issuer) && name_reads(cert->subject) &&
	    exts_are_plain(exts);
	ERR_clear_error();
	return ok;
}

unsigned int
scep_config_key_usage(const struct scep_cert *cert)
{
	struct scep_span	 rest = cert->key_usage;
	struct scep_tlv		 bits;
	unsigned int		 unused, first;

	if (!scep_der_next(&rest, &bits) || bits.tag != V_ASN1_BIT_STRING ||
	    bits.content.len < 2 || (unused = bits.content.data[0]) > 7)
		return 0;
	first = bits.content.data[1];
	/* What is set of the unused bits says nothing. */
	return bits.content.len == 2 ? first >> unused << unused : first;
}

int
scep_config_is_plain_ca(const struct scep_cert *cert)
{
	const unsigned int	 wanted = KU_DIGITAL_SIGNATURE |
				    KU_KEY_CERT_SIGN | KU_CRL_SIGN;
	const unsigned char	*p = cert->basic_constraints.data;
	BASIC_CONSTRAINTS	*basic = NULL;
	int			 ok;

	if (cert->basic_constraints.len > 0)
		basic = d2i_BASIC_CONSTRAINTS(NULL, &p,
		    (long)cert->basic_constraints.len);
	ok = basic != NULL && basic->ca &&
	    (scep_config_key_usage(cert) & wanted) == wanted &&
	    scep_config_is_plain(cert);
	BASIC_CONSTRAINTS_free(basic);
	ERR_clear_error();
	return ok;
}

/* Does what it says of its issuer's key, if anything, fit? */
static int
names_issuer_key(const struct scep_cert *cert, const struct scep_cert *issuer)
{
	X509_EXTENSIONS	*exts = exts_read(plain_exts(cert));
	AUTHORITY_KEYID	*aki;
	int		 ok;

	aki = X509V3_get_d2i(exts, NID_authority_key_identifier, NULL, NULL);
	ok = aki == NULL || (aki->issuer == NULL && aki->serial == NULL &&
	    aki->keyid != NULL && scep_span_equal(issuer->ski,
	    scep_span_make(ASN1_STRING_get0_data(aki->keyid),
	    (size_t)ASN1_STRING_length(aki->keyid))));
	AUTHORITY_KEYID_free(aki);
	sk_X509_EXTENSION_pop_free(exts, X509_EXTENSION_free);
	return ok;
}

int
scep_config_is_issued(const struct scep_crypto *crypto,
    const struct scep_cert *cert, const struct scep_cert *issuer)
{
	const struct scep_key_rules	 any = { ~0u, 1024, 8192 };
	struct scep_error		 ignored;
	struct scep_key			 key;
	int				 ok;

	if (!scep_span_equal(cert->issuer, issuer->subject) ||
	    !scep_config_is_plain_ca(issuer) || (cert != issuer &&
	    !scep_config_is_plain(cert)) || !names_issuer_key(cert, issuer) ||
	    scep_key_load(crypto, issuer->spki, &any, &key, &ignored) !=
	    SCEP_OK)
		return 0;
	ok = scep_cert_verify(crypto, cert, &key, &ignored) == SCEP_OK;
	scep_key_clear(&key);
	ERR_clear_error();
	return ok;
}

enum scep_err
scep_config_cert_reads(const struct scep_crypto *crypto,
    const struct scep_cert *cert, const char *path, struct scep_error *err)
{
	X509	*x;

	if (scep_config_is_plain(cert))
		return SCEP_OK;
	if ((x = scep_config_x509(crypto, cert, path, err)) == NULL)
		return err->code;
	X509_free(x);
	return SCEP_OK;
}

enum scep_err
scep_config_key_belongs(const struct scep_crypto *crypto,
    const struct scep_cert *cert, const char *cert_path, EVP_PKEY *key,
    const char *key_path, struct scep_error *err)
{
	X509		*x;
	enum scep_err	 rc;

	if (scep_private_is_of(key, cert->spki))	/* its public half */
		return scep_config_key_is_whole(crypto, key, key_path, err);
	if ((x = scep_config_x509(crypto, cert, cert_path, err)) == NULL)
		return err->code;
	rc = scep_config_pair_check(crypto, x, cert_path, key, key_path, err);
	X509_free(x);
	return rc;
}
