/*
 * tbs.c - a TBSCertificate taken apart again, down to each extension.
 *
 * Knows the structure of RFC 5280 section 4.1; judges nothing.
 */
#include <string.h>

#include "base/error.h"
#include "ca/tbs.h"

enum { BOOLEAN = 0x01, INTEGER = 0x02, BIT_STRING = 0x03, OCTETS = 0x04,
    OID = 0x06, SEQUENCE = 0x30, CTX0 = 0xa0, CTX1 = 0x81, CTX2 = 0x82,
    CTX3 = 0xa3 };

static int
take(struct scep_span *rest, uint8_t tag, struct scep_tlv *out)
{
	return scep_der_next(rest, out) && out->tag == tag;
}

static int
is_next(struct scep_span rest, uint8_t tag)
{
	return rest.len > 0 && rest.data[0] == tag;
}

static int
read_version(struct scep_span *rest, struct scep_tbs *out)
{
	struct scep_tlv	 tlv, number;

	out->version = 1;
	if (!is_next(*rest, CTX0))
		return 1;
	if (!scep_der_next(rest, &tlv) ||
	    !take(&tlv.content, INTEGER, &number) || tlv.content.len > 0 ||
	    number.content.len != 1 || number.content.data[0] > 2)
		return 0;
	out->version = number.content.data[0] + 1;
	return 1;
}

static int
read_whole(struct scep_span *rest, struct scep_span *out)
{
	struct scep_tlv	 tlv;

	if (!take(rest, SEQUENCE, &tlv))
		return 0;
	*out = tlv.whole;
	return 1;
}

static int
read_validity(struct scep_span *rest, struct scep_tbs *out)
{
	struct scep_tlv	 tlv;

	return take(rest, SEQUENCE, &tlv) &&
	    scep_der_next(&tlv.content, &out->not_before) &&
	    scep_der_next(&tlv.content, &out->not_after) &&
	    tlv.content.len == 0;
}

static int
read_ext(struct scep_span rest, struct scep_tbs_ext *out)
{
	struct scep_tlv	 tlv;

	memset(out, 0, sizeof(*out));
	if (!take(&rest, OID, &tlv))
		return 0;
	out->oid = tlv.content;
	if (is_next(rest, BOOLEAN)) {
		if (!scep_der_next(&rest, &tlv) || tlv.content.len != 1)
			return 0;
		out->critical = tlv.content.data[0] != 0;
		out->says_false = !out->critical;
	}
	if (!take(&rest, OCTETS, &tlv))
		return 0;
	out->value = tlv.content;
	return rest.len == 0;
}

static int
read_exts(struct scep_span *rest, struct scep_tbs *out)
{
	struct scep_tlv	 tlv, ext;

	if (!is_next(*rest, CTX3))
		return 1;
	if (!scep_der_next(rest, &tlv) ||
	    !take(&tlv.content, SEQUENCE, &ext) || tlv.content.len > 0)
		return 0;
	out->exts = ext.content;
	for (tlv.content = ext.content; tlv.content.len > 0; out->n_exts++)
		if (out->n_exts == SCEP_TBS_EXTS ||
		    !take(&tlv.content, SEQUENCE, &ext) ||
		    !read_ext(ext.content, &out->ext[out->n_exts]))
			return 0;
	return 1;
}

static int
read_unique_id(struct scep_span *rest, uint8_t tag, struct scep_tbs *out)
{
	struct scep_tlv	 tlv;

	if (!is_next(*rest, tag))
		return 1;
	out->has_unique_id = 1;
	return scep_der_next(rest, &tlv);
}

int
scep_tbs_parse(struct scep_span der, struct scep_tbs *out)
{
	struct scep_span	 rest = der;
	struct scep_tlv		 tlv;

	memset(out, 0, sizeof(*out));
	if (!take(&rest, SEQUENCE, &tlv) || rest.len > 0)
		return 0;
	rest = tlv.content;
	if (!read_version(&rest, out) || !take(&rest, INTEGER, &tlv))
		return 0;
	out->serial = tlv.content;
	return read_whole(&rest, &out->sig_alg) &&
	    read_whole(&rest, &out->issuer) && read_validity(&rest, out) &&
	    read_whole(&rest, &out->subject) &&
	    read_whole(&rest, &out->spki) &&
	    read_unique_id(&rest, CTX1, out) &&
	    read_unique_id(&rest, CTX2, out) && read_exts(&rest, out) &&
	    rest.len == 0;
}

const struct scep_tbs_ext *
scep_tbs_ext(const struct scep_tbs *tbs, struct scep_span oid)
{
	size_t	 i;

	for (i = 0; i < tbs->n_exts; i++)
		if (scep_span_equal(tbs->ext[i].oid, oid))
			return &tbs->ext[i];
	return NULL;
}

struct scep_span
scep_tbs_key_bits(struct scep_span spki)
{
	struct scep_span	 rest = spki, none = { NULL, 0 };
	struct scep_tlv		 tlv;

	if (!take(&rest, SEQUENCE, &tlv))
		return none;
	rest = tlv.content;
	if (!take(&rest, SEQUENCE, &tlv) || !take(&rest, BIT_STRING, &tlv) ||
	    tlv.content.len < 2)
		return none;
	/* Behind the number of unused bits. */
	return scep_span_make(tlv.content.data + 1, tlv.content.len - 1);
}

enum scep_err
scep_tbs_key_id(const struct scep_crypto *crypto, struct scep_span spki,
    uint8_t out[SCEP_KEY_ID_LEN], struct scep_error *err)
{
	uint8_t			 digest[SCEP_DIGEST_MAX_LEN];
	struct scep_span	 bits = scep_tbs_key_bits(spki);
	enum scep_err		 rc;

	if (bits.len == 0)
		return scep_fail(err, SCEP_E_INTERNAL,
		    "no SubjectPublicKeyInfo in %zu octets", spki.len);
	if ((rc = scep_crypto_digest(crypto, SCEP_SHA1, bits, digest, NULL,
	    err)) == SCEP_OK)
		memcpy(out, digest, SCEP_KEY_ID_LEN);
	return rc;
}
