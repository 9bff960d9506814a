/*
 * doctor_crl.c - the CRL that a certificate names: it is where it says, it is
 * the CA's, and it has not expired.
 */
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "cgi/doctor.h"

#define URL_MAX	1024

/* The first http URL of its crlDistributionPoints; 0 if there is none. */
static int
find_url(const X509 *cert, char out[URL_MAX])
{
	STACK_OF(DIST_POINT)	*points;
	GENERAL_NAMES		*names;
	ASN1_STRING		*uri;
	int			 i, k, type, found = 0;

	points = X509_get_ext_d2i(cert, NID_crl_distribution_points, NULL,
	    NULL);
	for (i = 0; !found && i < sk_DIST_POINT_num(points); i++) {
		DIST_POINT_NAME	*name = sk_DIST_POINT_value(points,
				    i)->distpoint;

		if (name == NULL || name->type != 0)
			continue;
		names = name->name.fullname;
		for (k = 0; !found && k < sk_GENERAL_NAME_num(names); k++) {
			uri = GENERAL_NAME_get0_value(
			    sk_GENERAL_NAME_value(names, k), &type);
			found = type == GEN_URI &&
			    ASN1_STRING_length(uri) < URL_MAX &&
			    strncmp((const char *)ASN1_STRING_get0_data(uri),
			    "http", 4) == 0;
			if (found)
				(void)snprintf(out, URL_MAX, "%s",
				    (const char *)ASN1_STRING_get0_data(uri));
		}
	}
	CRL_DIST_POINTS_free(points);
	ERR_clear_error();
	return found;
}

/* NULL, or what is wrong with it. */
static const char *
crl_fault(const struct doctor *d, const struct doctor_http *http)
{
	const unsigned char	*p = http->body;
	const char		*fault = NULL;
	X509_CRL		*crl;

	crl = d2i_X509_CRL(NULL, &p, (long)http->len);
	if (crl == NULL)
		fault = "is no CRL in DER";
	else if (X509_check_ca(d->ca) != 0 && X509_CRL_verify(crl,
	    X509_get0_pubkey(d->ca)) != 1)
		fault = "is not signed by the CA of GetCACert";
	else if (X509_CRL_get0_nextUpdate(crl) == NULL ||
	    X509_cmp_current_time(X509_CRL_get0_nextUpdate(crl)) < 0)
		fault = "has expired: devices that check it refuse every "
		    "certificate";
	else if (X509_cmp_current_time(X509_CRL_get0_lastUpdate(crl)) > 0)
		fault = "is from the future: a clock is wrong";
	X509_CRL_free(crl);
	ERR_clear_error();
	return fault;
}

void
doctor_check_crl(struct doctor *d, const X509 *cert)
{
	struct doctor_ask	 ask = { .query = "" };
	struct doctor_http	 http;
	const char		*fault;
	char			 url[URL_MAX], text[300];

	if (cert == NULL)
		return;
	if (!find_url(cert, url)) {
		doctor_info(d, "CRL", "CRL: certificates name no address of "
		    "one; see crlDistributionPoints in scep.conf(5)");
		return;
	}
	ask.url = url;
	if (!doctor_http(d, &ask, &http)) {
		/* It may be elsewhere, and reached from elsewhere. */
		doctor_http_text(d, &http, text, sizeof(text));
		doctor_info(d, "CRL", "CRL at %.200s: %s; can the devices' "
		    "peers get it there", url, text);
	} else if (http.status != 200) {
		doctor_http_text(d, &http, text, sizeof(text));
		doctor_fail(d, "CRL", doctor_fix_of(http.status,
		    DOCTOR_FIX_ROUTE), "CRL at %.200s: %s", url, text);
	} else if ((fault = crl_fault(d, &http)) != NULL)
		doctor_fail(d, "CRL", DOCTOR_FIX_LOG, "CRL at %.200s: it %s",
		    url, fault);
	else
		doctor_ok(d, "CRL", "CRL at %.200s: %zu octets, valid", url,
		    http.len);
	doctor_http_clear(&http);
}
