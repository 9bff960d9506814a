/*
 * config_next.c - the answer to GetNextCACert (RFC 8894 section 4.7.1): the
 * certificates of the next generation, signed by the current CA.
 *
 * Made once, where the CA's key is, when the configuration is loaded; the
 * workers only hand it out.  Nothing in it comes from a client, and this is
 * no request's path, so OpenSSL's CMS code makes it.
 */
#include <string.h>

#include <openssl/cms.h>
#include <openssl/err.h>

#include "base/error.h"
#include "ca/config_local.h"

/* RA, CA and what is above it. */
static size_t
collect(const struct scep_ca_conf *next,
    struct scep_span certs[SCEP_CHAIN_MAX + 2])
{
	size_t	 i, n = 0;

	if (memcmp(next->ra_cert.sha256, next->cert.sha256,
	    SCEP_SHA256_LEN) != 0)
		certs[n++] = scep_buf_span(&next->ra_cert.der);
	certs[n++] = scep_buf_span(&next->cert.der);
	for (i = 0; i < next->n_chain; i++)
		certs[n++] = scep_buf_span(&next->chain[i].der);
	return n;
}

/* jscep reads the new certificates in the outer bag, others in the inner
 * one. */
static int
add_certs(const struct scep_crypto *crypto, CMS_ContentInfo *cms,
    const struct scep_span *certs, size_t n)
{
	const unsigned char	*p;
	X509			*x;
	size_t			 i;
	int			 ok = 1;

	for (i = 0; ok && i < n; i++) {
		p = certs[i].data;
		ok = (x = X509_new_ex(crypto->ctx, NULL)) != NULL &&
		    d2i_X509(&x, &p, (long)certs[i].len) != NULL &&
		    CMS_add1_cert(cms, x) == 1;
		X509_free(x);
	}
	return ok;
}

/*
 * eContentType id-data: what is not, PKCS7_verify() and those who are built
 * on it do not take (PROTOCOL C-204).  No attributes at all: signingTime would
 * make another answer each time.  The signer's own certificate is not in it:
 * a device that has not got it must not believe this.
 */
static CMS_ContentInfo *
sign(const struct scep_crypto *crypto, const struct scep_ca_conf *ca,
    const struct scep_span *certs, size_t n, struct scep_span content)
{
	const unsigned int	 flags = CMS_BINARY | CMS_PARTIAL | CMS_NOCERTS |
				    CMS_NOATTR | CMS_NOSMIMECAP;
	struct scep_error	 ignored;
	CMS_ContentInfo		*cms;
	X509			*cert;
	BIO			*in;

	cert = scep_config_x509(crypto, &ca->cert, ca->cert_path, &ignored);
	in = BIO_new_mem_buf(content.data, (int)content.len);
	cms = CMS_sign_ex(NULL, NULL, NULL, NULL, flags, crypto->ctx, NULL);
	if (cert == NULL || in == NULL || cms == NULL ||
	    CMS_add1_signer(cms, cert, ca->key, crypto->md[ca->digest],
	    flags) == NULL || !add_certs(crypto, cms, certs, n) ||
	    CMS_final(cms, in, NULL, flags) != 1) {
		CMS_ContentInfo_free(cms);
		cms = NULL;
	}
	BIO_free(in);
	X509_free(cert);
	return cms;
}

enum scep_err
scep_config_next_answer(const struct scep_crypto *crypto,
    struct scep_ca_conf *ca, struct scep_error *err)
{
	const struct scep_ca_conf	*next = scep_ca_conf_next(ca);
	struct scep_span		 certs[SCEP_CHAIN_MAX + 2];
	struct scep_buf			 inner = { NULL, 0 };
	CMS_ContentInfo			*cms;
	unsigned char			*der = NULL;
	enum scep_err			 rc;
	size_t				 n;
	int				 len = -1;

	if (next == NULL || next->state != SCEP_GEN_PUBLISHED ||
	    *next->fault != '\0')
		return SCEP_OK;
	n = collect(next, certs);
	if ((rc = scep_certs_only(certs, n, &inner, err)) != SCEP_OK)
		return rc;
	cms = sign(crypto, ca, certs, n, scep_buf_span(&inner));
	if (cms != NULL)
		len = i2d_CMS_ContentInfo(cms, &der);
	CMS_ContentInfo_free(cms);
	scep_buf_clear(&inner);
	if (len <= 0)
		return scep_fail_ssl(err, SCEP_E_CONFIG, "CA %s: sign the "
		    "answer to GetNextCACert", ca->name);
	ca->next_answer.data = der;
	ca->next_answer.len = (size_t)len;
	return SCEP_OK;
}
