/*
 * crl_build.c - a CRL put together from bytes (RFC 5280 section 5.1).
 *
 * Knows how a list is encoded; who stands on it, and until when, is the CA's
 * business.
 */
#include <limits.h>
#include <string.h>

#include <openssl/asn1.h>
#include <openssl/objects.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/der.h"
#include "base/error.h"
#include "wire/asn1.h"
#include "wire/cert_parts.h"
#include "wire/crl.h"

#define ROOM	4096	/* octets of entries, to begin with */

enum { SEQUENCE = 0x30, CTX0 = 0xa0 };

/* SCEP_E_SIG, as for a certificate that does not verify. */
enum scep_err
scep_crl_verify(const struct scep_crypto *crypto, struct scep_span der,
    const struct scep_key *key, struct scep_error *err)
{
	struct scep_tlv		 crl, tbs, alg, bits;
	enum scep_digest	 md;
	enum scep_err		 rc;

	if (!scep_der_next(&der, &crl) || der.len > 0 ||
	    !scep_der_next(&crl.content, &tbs) ||
	    !scep_der_next(&crl.content, &alg) ||
	    !scep_der_next(&crl.content, &bits) || crl.content.len > 0 ||
	    bits.tag != V_ASN1_BIT_STRING || bits.content.len < 2)
		return scep_fail(err, SCEP_E_FORMAT, "no CertificateList");
	if ((rc = scep_key_signature_digest(key, alg.whole, &md, err)) !=
	    SCEP_OK)
		return rc;
	return scep_key_verify(crypto, key, md, tbs.whole, scep_span_make(
	    bits.content.data + 1, bits.content.len - 1), err);
}

void
scep_crl_entries_clear(struct scep_crl_entries *entries)
{
	OPENSSL_free(entries->data);
	memset(entries, 0, sizeof(*entries));
}

static enum scep_err
append(struct scep_crl_entries *to, struct scep_span der,
    struct scep_error *err)
{
	const size_t	 room = to->room + to->room / 2 + ROOM;
	uint8_t		*grown;

	if (to->len > (size_t)INT_MAX - der.len - ROOM)
		return scep_fail(err, SCEP_E_INTERNAL, "a CRL of more than "
		    "2 GiB");
	if (to->len + der.len > to->room) {
		if ((grown = OPENSSL_realloc(to->data, room)) == NULL)
			return scep_fail(err, SCEP_E_NOMEM, "entries of a "
			    "CRL");
		to->data = grown;
		to->room = room;
	}
	memcpy(to->data + to->len, der.data, der.len);
	to->len += der.len;
	to->n++;
	return SCEP_OK;
}

/* RFC 5280 section 5.3.1: 0 is better left out, 7 is not used, and 8 is for
 * delta CRLs. */
static enum scep_err
put_reason(struct scep_buf *out, int reason, struct scep_error *err)
{
	const uint8_t	 value[] = { V_ASN1_ENUMERATED, 1, (uint8_t)reason };
	struct scep_buf	 ext = { NULL, 0 };
	enum scep_err	 rc;

	if (reason < CRL_REASON_KEY_COMPROMISE ||
	    reason > CRL_REASON_AA_COMPROMISE || reason == 7 ||
	    reason == CRL_REASON_REMOVE_FROM_CRL)
		return SCEP_OK;
	if ((rc = scep_part_ext(&ext, NID_crl_reason, 0,
	    scep_span_make(value, sizeof(value)), err)) == SCEP_OK)
		rc = scep_der_put(out, SEQUENCE, scep_buf_span(&ext), err);
	scep_buf_clear(&ext);
	return rc;
}

enum scep_err
scep_crl_entry(struct scep_crl_entries *to, struct scep_span serial,
    time_t revoked, int reason, struct scep_error *err)
{
	struct scep_buf	 body = { NULL, 0 }, seq = { NULL, 0 };
	enum scep_err	 rc;

	if ((rc = scep_der_put(&body, V_ASN1_INTEGER, serial, err)) ==
	    SCEP_OK &&
	    (rc = scep_part_time(&body, revoked, err)) == SCEP_OK &&
	    (rc = put_reason(&body, reason, err)) == SCEP_OK &&
	    (rc = scep_der_put(&seq, SEQUENCE, scep_buf_span(&body), err)) ==
	    SCEP_OK)
		rc = append(to, scep_buf_span(&seq), err);
	scep_buf_clear(&body);
	scep_buf_clear(&seq);
	return rc;
}

/* RFC 5280 section 5.2.3: it is never negative. */
static enum scep_err
put_number(struct scep_buf *out, uint64_t number, struct scep_error *err)
{
	uint8_t		 octets[9] = { 0 };
	struct scep_buf	 value = { NULL, 0 };
	enum scep_err	 rc;
	size_t		 i, skip = 0;

	for (i = 0; i < 8; i++)
		octets[1 + i] = (uint8_t)(number >> (56 - 8 * i));
	while (skip < 8 && octets[skip] == 0 && octets[skip + 1] < 0x80)
		skip++;
	if ((rc = scep_der_put(&value, V_ASN1_INTEGER, scep_span_make(
	    octets + skip, sizeof(octets) - skip), err)) == SCEP_OK)
		rc = scep_part_ext(out, NID_crl_number, 0,
		    scep_buf_span(&value), err);
	scep_buf_clear(&value);
	return rc;
}

static enum scep_err
put_extensions(struct scep_buf *out, const struct scep_crl_plan *plan,
    struct scep_error *err)
{
	struct scep_buf	 all = { NULL, 0 }, seq = { NULL, 0 };
	enum scep_err	 rc;

	if ((rc = scep_part_aki(&all, plan->aki, err)) == SCEP_OK &&
	    (rc = put_number(&all, plan->number, err)) == SCEP_OK &&
	    (rc = scep_der_put(&seq, SEQUENCE, scep_buf_span(&all), err)) ==
	    SCEP_OK)
		rc = scep_der_put(out, CTX0, scep_buf_span(&seq), err);
	scep_buf_clear(&all);
	scep_buf_clear(&seq);
	return rc;
}

/* TBSCertList; without entries the list is absent, not empty (section
 * 5.1.2.6). */
static enum scep_err
put_body(struct scep_buf *out, const struct scep_crl_plan *plan,
    struct scep_error *err)
{
	static const uint8_t		 v2[] = { V_ASN1_INTEGER, 1, 1 };
	const struct scep_crl_entries	*e = plan->entries;
	const struct scep_signing	 with = { plan->key, plan->digest };
	struct scep_buf			 alg = { NULL, 0 };
	enum scep_err			 rc;

	if ((rc = scep_buf_add(out, scep_span_make(v2, sizeof(v2)), err)) ==
	    SCEP_OK &&
	    (rc = scep_part_alg(&with, &alg, err)) == SCEP_OK &&
	    (rc = scep_buf_add(out, scep_buf_span(&alg), err)) == SCEP_OK &&
	    (rc = scep_buf_add(out, plan->issuer, err)) == SCEP_OK &&
	    (rc = scep_part_time(out, plan->this_update, err)) == SCEP_OK &&
	    (rc = scep_part_time(out, plan->next_update, err)) == SCEP_OK &&
	    e->n > 0)
		rc = scep_der_put(out, SEQUENCE, scep_span_make(e->data,
		    e->len), err);
	if (rc == SCEP_OK)
		rc = put_extensions(out, plan, err);
	scep_buf_clear(&alg);
	return rc;
}

enum scep_err
scep_crl_build(const struct scep_crypto *crypto,
    const struct scep_crl_plan *plan, struct scep_buf *der,
    struct scep_error *err)
{
	const struct scep_signing	 with = { plan->key, plan->digest };
	struct scep_buf			 body = { NULL, 0 };
	struct scep_buf			 tbs = { NULL, 0 };
	enum scep_err			 rc;

	scep_buf_clear(der);
	if ((rc = put_body(&body, plan, err)) == SCEP_OK &&
	    (rc = scep_der_put(&tbs, SEQUENCE, scep_buf_span(&body), err)) ==
	    SCEP_OK)
		rc = scep_part_sign(crypto, &with, scep_buf_span(&tbs), der,
		    err);
	scep_buf_clear(&body);
	scep_buf_clear(&tbs);
	return rc;
}
