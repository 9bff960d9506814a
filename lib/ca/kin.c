/*
 * kin.c - which generation of a CA is meant, or was at work.
 */
#include <string.h>

#include "ca/kin.h"
#include "ca/tbs.h"

#define CTX0	0x80		/* [0] IMPLICIT KeyIdentifier */

const struct scep_ca_conf *
scep_kin_asked(const struct scep_ca_conf *ca, uint32_t number)
{
	const struct scep_ca_conf	*gen;

	gen = scep_ca_conf_generation(ca, number);
	return gen != NULL && gen->state == SCEP_GEN_PUBLISHED ? gen : ca;
}

/* Is it for an RA of this generation, of today or before? */
static int
is_for(const struct scep_ca_conf *gen, const struct scep_envelope *env)
{
	struct scep_opener	 ra = { .cert = &gen->ra_cert };
	size_t			 i;

	if (scep_envelope_find(env, &ra) != -1)
		return 1;
	for (i = 0; i < gen->n_old_ra; i++) {
		ra.cert = &gen->old_ra[i].cert;
		if (scep_envelope_find(env, &ra) != -1)
			return 1;
	}
	return 0;
}

const struct scep_ca_conf *
scep_kin_addressed(const struct scep_ca_conf *ca,
    const struct scep_envelope *env)
{
	const struct scep_ca_conf	*next = scep_ca_conf_next(ca);

	return next != NULL && next->state == SCEP_GEN_PUBLISHED &&
	    is_for(next, env) && !is_for(ca, env) ? next : ca;
}

/* RFC 5280 section 4.2.1.1; empty if it does not say. */
static struct scep_span
issuer_key_id(const struct scep_crypto *crypto, struct scep_cert *cert,
    struct scep_span der)
{
	const struct scep_tbs_ext	*ext;
	struct scep_span		 none = { NULL, 0 }, rest;
	struct scep_tbs			 tbs;
	struct scep_tlv			 tlv, id;
	struct scep_error		 ignored;

	if (scep_cert_parse(crypto, der, cert, &ignored) != SCEP_OK ||
	    !scep_tbs_parse(cert->tbs, &tbs) ||
	    (ext = scep_tbs_ext(&tbs, SCEP_ID_CE(SCEP_CE_AKI))) == NULL)
		return none;
	rest = ext->value;
	if (!scep_der_next(&rest, &tlv) ||
	    !scep_der_next(&tlv.content, &id) || id.tag != CTX0)
		return none;
	return id.content;
}

int
scep_kin_issued(const struct scep_crypto *crypto,
    const struct scep_ca_conf *gen, const struct scep_cert_rec *rec)
{
	struct scep_cert	 cert = { .version = 0 };
	struct scep_span	 id;
	int			 is;

	if (strcmp(rec->ca, gen->name) != 0 || gen->cert.der.len == 0 ||
	    memcmp(rec->issuer, gen->issuer.id, sizeof(rec->issuer)) != 0)
		return 0;
	if (rec->der.len == 0)
		return 1;
	id = issuer_key_id(crypto, &cert, scep_buf_span(&rec->der));
	is = id.len == 0 || scep_span_equal(id,
	    scep_issuer_key_id(&gen->cert, &gen->issuer));
	scep_cert_clear(&cert);
	return is;
}

int
scep_kin_answers(const struct scep_crypto *crypto,
    const struct scep_ca_conf *ca, const struct scep_ca_conf *asked,
    const struct scep_cert_rec *rec)
{
	const struct scep_ca_conf	*next = scep_ca_conf_next(ca);

	return next == NULL || *next->fault != '\0' ||
	    scep_kin_issued(crypto, next, rec) == (asked == next);
}
