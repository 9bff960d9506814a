/*
 * crl_build.c - a CRL put together from bytes (RFC 5280 section 5.1).
 *
 * Knows how a list is encoded; who stands on it, and until when, is the CA's
 * business.
 */
#include <limits.h>
#include <string.h>

#include <openssl/asn1.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/der.h"
#include "base/error.h"
#include "wire/cert_parts.h"
#include "wire/crl.h"

#define ROOM	4096	/* octets of entries, to begin with */
#define ENTRY	64	/* octets of one, as a rule */

enum { SEQUENCE = 0x30, CTX0 = 0xa0 };

/* Of extensions, 2.5.29: RFC 5280 sections 5.2.3 and 5.3.1. */
enum { NUMBER = 20, REASON = 21 };

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
static void
put_reason(struct scep_writer *w, int reason)
{
	const uint8_t	 value[] = { V_ASN1_ENUMERATED, 1, (uint8_t)reason };

	if (reason < CRL_REASON_KEY_COMPROMISE ||
	    reason > CRL_REASON_AA_COMPROMISE || reason == 7 ||
	    reason == CRL_REASON_REMOVE_FROM_CRL)
		return;
	scep_writer_open(w, SEQUENCE);
	scep_part_ext(w, REASON, 0, scep_span_make(value, sizeof(value)));
	scep_writer_close(w);
}

enum scep_err
scep_crl_entry(struct scep_crl_entries *to, struct scep_span serial,
    time_t revoked, int reason, struct scep_error *err)
{
	struct scep_writer	 w;
	struct scep_buf		 der = { NULL, 0 };
	enum scep_err		 rc;

	scep_writer_init(&w, ENTRY);
	scep_writer_open(&w, SEQUENCE);
	scep_writer_add(&w, V_ASN1_INTEGER, serial);
	rc = scep_part_time(&w, revoked, err);
	put_reason(&w, reason);
	if ((rc = scep_writer_end(&w, rc, &der, err)) == SCEP_OK)
		rc = append(to, scep_buf_span(&der), err);
	scep_buf_clear(&der);
	return rc;
}

/* RFC 5280 section 5.2.3: it is never negative. */
static void
put_number(struct scep_writer *w, uint64_t number)
{
	uint8_t	 octets[9] = { 0 }, value[2 + sizeof(octets)];
	size_t	 i, len, skip = 0;

	for (i = 0; i < 8; i++)
		octets[1 + i] = (uint8_t)(number >> (56 - 8 * i));
	while (skip < 8 && octets[skip] == 0 && octets[skip + 1] < 0x80)
		skip++;
	len = sizeof(octets) - skip;
	value[0] = V_ASN1_INTEGER;
	value[1] = (uint8_t)len;
	memcpy(value + 2, octets + skip, len);
	scep_part_ext(w, NUMBER, 0, scep_span_make(value, 2 + len));
}

/* TBSCertList; without entries the list is absent, not empty (section
 * 5.1.2.6). */
static enum scep_err
put_body(struct scep_writer *w, const struct scep_crl_plan *plan,
    struct scep_error *err)
{
	static const uint8_t		 v2[] = { V_ASN1_INTEGER, 1, 1 };
	const struct scep_crl_entries	*e = plan->entries;
	const struct scep_signing	 with = { plan->key, NULL,
					    plan->digest, NULL };
	enum scep_err			 rc;

	scep_writer_raw(w, scep_span_make(v2, sizeof(v2)));
	if ((rc = scep_part_alg(&with, w, err)) != SCEP_OK)
		return rc;
	scep_writer_raw(w, plan->issuer);
	if ((rc = scep_part_time(w, plan->this_update, err)) != SCEP_OK ||
	    (rc = scep_part_time(w, plan->next_update, err)) != SCEP_OK)
		return rc;
	if (e->n > 0)
		scep_writer_add(w, SEQUENCE, scep_span_make(e->data, e->len));
	scep_writer_open(w, CTX0);
	scep_writer_open(w, SEQUENCE);
	scep_part_aki(w, plan->aki);
	put_number(w, plan->number);
	return SCEP_OK;
}

enum scep_err
scep_crl_build(const struct scep_crypto *crypto,
    const struct scep_crl_plan *plan, struct scep_buf *der,
    struct scep_error *err)
{
	const struct scep_signing	 with = { plan->key, NULL,
					    plan->digest, NULL };
	struct scep_buf			 tbs = { NULL, 0 };
	struct scep_writer		 w;
	enum scep_err			 rc;

	scep_buf_clear(der);
	scep_writer_init(&w, plan->entries->len + ROOM);
	scep_writer_open(&w, SEQUENCE);
	rc = put_body(&w, plan, err);
	if ((rc = scep_writer_end(&w, rc, &tbs, err)) == SCEP_OK)
		rc = scep_part_sign(crypto, &with, scep_buf_span(&tbs), der,
		    err);
	scep_buf_clear(&tbs);
	return rc;
}
