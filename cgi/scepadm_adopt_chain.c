/*
 * scepadm_adopt_chain.c - certificates in any order, put in the order that
 * devices need: from the CA's issuer to the root.
 */
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/error.h"
#include "base/text.h"
#include "ca/config.h"
#include "cgi/scepadm_init.h"
#include "wire/name.h"

void
adm_cert_name(const X509 *cert, char out[ADM_NAME_TEXT])
{
	struct scep_buf		 der = { NULL, 0 };
	size_t			 n;
	int			 len;

	len = i2d_X509_NAME(X509_get_subject_name(cert), &der.data);
	der.len = len > 0 ? (size_t)len : 0;
	scep_name_text(scep_buf_span(&der), out, ADM_NAME_TEXT);
	scep_buf_clear(&der);
	/* Cut short, it may end inside of a character. */
	n = strlen(out);
	while (n > 0 && !scep_is_clean_utf8(scep_span_make(out, n)))
		out[--n] = '\0';
}

static int
issued(X509 *issuer, X509 *cert)
{
	int	 ok = X509_check_issued(issuer, cert) == X509_V_OK &&
		    X509_verify(cert, X509_get0_pubkey(issuer)) == 1;

	ERR_clear_error();
	return ok;
}

/* Take the issuer of cert out of the pool. */
static X509 *
take_issuer(STACK_OF(X509) *pool, X509 *cert)
{
	int	 i;

	for (i = 0; i < sk_X509_num(pool); i++)
		if (issued(sk_X509_value(pool, i), cert))
			return sk_X509_delete(pool, i);
	return NULL;
}

/* Files often begin with the CA's own, and hold one twice. */
static void
drop(STACK_OF(X509) *pool, const X509 *cert)
{
	int	 i;

	for (i = sk_X509_num(pool) - 1; i >= 0; i--)
		if (X509_cmp(sk_X509_value(pool, i), cert) == 0)
			X509_free(sk_X509_delete(pool, i));
}

static enum scep_err
left_over(struct adm *adm, const char *path, X509 *last,
    STACK_OF(X509) *pool)
{
	char	 top[ADM_NAME_TEXT], other[ADM_NAME_TEXT];

	adm_cert_name(last, top);
	adm_cert_name(sk_X509_value(pool, 0), other);
	if (issued(last, last))
		return scep_fail(&adm->err, SCEP_E_REFUSED, "%s: the chain "
		    "ends with the root \"%s\", and \"%s\" has no place in "
		    "it; take that certificate out", path, top, other);
	return scep_fail(&adm->err, SCEP_E_REFUSED, "%s: the chain does not "
	    "link: none of its certificates issued \"%s\", and \"%s\" is left "
	    "over; put in the issuer's certificate", path, top, other);
}

enum scep_err
adm_adopt_chain(struct adm *adm, const char *path, X509 *ca,
    STACK_OF(X509) *pool, STACK_OF(X509) **out)
{
	X509	*last = ca, *above;

	if ((*out = sk_X509_new_null()) == NULL)
		return scep_fail_ssl(&adm->err, SCEP_E_NOMEM, "%s", path);
	drop(pool, ca);
	while (!issued(last, last) &&
	    (above = take_issuer(pool, last)) != NULL) {
		drop(pool, above);
		if (sk_X509_num(*out) == SCEP_CHAIN_MAX ||
		    sk_X509_push(*out, above) == 0) {
			X509_free(above);
			return scep_fail(&adm->err, SCEP_E_REFUSED, "%s: more "
			    "than %d certificates above the CA", path,
			    SCEP_CHAIN_MAX);
		}
		last = above;
	}
	return sk_X509_num(pool) == 0 ? SCEP_OK :
	    left_over(adm, path, last, pool);
}
