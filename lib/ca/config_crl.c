/*
 * config_crl.c - which CAs have a CRL of ours, and how long one is good.
 */
#include <string.h>

#include <openssl/x509v3.h>

#include "base/error.h"
#include "base/text.h"
#include "ca/config_local.h"

/* Without crl_overlap a CRL lives for half of its time: a server may be down
 * for the other half before devices refuse what it issued. */
enum scep_err
scep_config_read_crl(struct scep_reading *r, struct scep_ca_conf *ca)
{
	char	 text[SCEP_DURATION_TEXT];

	r->entry = scep_conf_get(r->section, "crl_overlap");
	if (r->entry == NULL)
		ca->crl_overlap_s = ca->crl_validity_s / 2;
	else if (ca->crl_overlap_s >= ca->crl_validity_s) {
		scep_duration_text(ca->crl_validity_s, text);
		return scep_config_fault(r, "%.32s, must be less than "
		    "crl_validity, which is %s", r->entry->value, text);
	}
	r->entry = NULL;
	return SCEP_OK;
}

/* RFC 5280 section 4.2.1.3: without keyUsage a key may do everything. */
static int
may_sign_crls(const struct scep_ca_conf *ca)
{
	return ca->cert.key_usage.len == 0 ||
	    (scep_config_key_usage(&ca->cert) & KU_CRL_SIGN) != 0;
}

int
scep_config_has_crl(const struct scep_ca_conf *ca, const char **why)
{
	const char	*reason = NULL;

	if (!ca->crl)
		reason = "crl = no";
	else if (*ca->fault != '\0')
		reason = ca->fault;
	else if (!may_sign_crls(ca))
		reason = "keyUsage of the CA certificate lacks cRLSign";
	if (why != NULL)
		*why = reason;
	return reason == NULL;
}
