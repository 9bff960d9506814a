/*
 * signed.c - SignedData taken apart where it stands.
 *
 * Knows the shape; message.c knows what is allowed in it.  Devices send BER,
 * of which the templates of asn1.h make DER first.
 */
#include <string.h>

#include "base/error.h"
#include "wire/attrs.h"
#include "wire/signed.h"

enum { INTEGER = 0x02, OCTET_STRING = 0x04, OID = 0x06,
    SEQUENCE = 0x30, SET = 0x31, CTX0_STRING = 0x80, CTX0 = 0xa0,
    CTX1 = 0xa1 };

int
scep_take_only(struct scep_span s, uint8_t tag, struct scep_span *content)
{
	return scep_der_take(&s, tag, content) && s.len == 0;
}

int
scep_take_if(struct scep_span *rest, uint8_t tag, struct scep_span *content)
{
	return rest->len == 0 || rest->data[0] != tag ||
	    scep_der_take(rest, tag, content);
}

int
scep_any_count(struct scep_span row, uint8_t tag)
{
	struct scep_tlv	 tlv;
	int		 n;

	for (n = 0; row.len > 0; n++)
		if (!scep_any_next(&row, &tlv) || (tag != 0 && tlv.tag != tag))
			return -1;
	return n;
}

int
scep_take_version(struct scep_span *rest, int *out)
{
	struct scep_span	 c;

	if (!scep_der_take(rest, INTEGER, &c))
		return 0;
	*out = c.len == 1 && c.data[0] < 0x80 ? c.data[0] : -1;
	return 1;
}

int
scep_take_sid(struct scep_span *rest, struct scep_sid *out)
{
	struct scep_span	 ias;
	struct scep_tlv		 name;

	memset(out, 0, sizeof(*out));
	out->is_ski = rest->len > 0 && rest->data[0] == CTX0_STRING;
	if (out->is_ski)
		return scep_der_take(rest, CTX0_STRING, &out->ski);
	if (!scep_der_take(rest, SEQUENCE, &ias) ||
	    !scep_any_next(&ias, &name) || name.tag != SEQUENCE)
		return 0;
	out->issuer = name.whole;
	return scep_take_only(ias, INTEGER, &out->serial);
}

/* SignerInfo, RFC 5652 section 5.3. */
static int
read_signer(struct scep_span si, struct scep_signed *out)
{
	struct scep_span	 others = { NULL, 0 };
	struct scep_attrs	 ignored;

	if (!scep_take_only(si, SEQUENCE, &si) ||
	    !scep_take_version(&si, &out->signer_version) ||
	    !scep_take_sid(&si, &out->sid) ||
	    !scep_alg_take(&si, &out->digest_alg))
		return 0;
	if (si.len > 0 && si.data[0] == CTX0 &&
	    !scep_der_next(&si, &out->attrs))
		return 0;
	return scep_alg_take(&si, &out->sig_alg) &&
	    scep_der_take(&si, OCTET_STRING, &out->signature) &&
	    scep_take_if(&si, CTX1, &others) &&
	    scep_attrs_read(others, &ignored) >= 0 && si.len == 0;
}

/* EncapsulatedContentInfo, section 5.2. */
static int
read_content(struct scep_span encap, struct scep_signed *out)
{
	if (!scep_der_take(&encap, OID, &out->content_type))
		return 0;
	return encap.len == 0 || (scep_take_only(encap, CTX0, &encap) &&
	    scep_take_only(encap, OCTET_STRING, &out->content));
}

static int
count_algs(struct scep_span row)
{
	struct scep_alg	 alg;
	int		 n;

	for (n = 0; row.len > 0; n++)
		if (!scep_alg_take(&row, &alg))
			return -1;
	return n;
}

static int
read_signed(struct scep_span sd, struct scep_signed *out)
{
	struct scep_span	 encap, signers, crls = { NULL, 0 };

	if (!scep_take_version(&sd, &out->version) ||
	    !scep_der_take(&sd, SET, &out->digest_algs) ||
	    !scep_der_take(&sd, SEQUENCE, &encap) ||
	    !read_content(encap, out) ||
	    !scep_take_if(&sd, CTX0, &out->certs) ||
	    !scep_take_if(&sd, CTX1, &crls) ||
	    !scep_take_only(sd, SET, &signers))
		return 0;
	out->n_digest_algs = count_algs(out->digest_algs);
	out->n_certs = scep_any_count(out->certs, 0);
	out->n_signers = scep_any_count(signers, SEQUENCE);
	return out->n_digest_algs >= 0 && out->n_certs >= 0 &&
	    out->n_signers >= 0 && scep_any_count(crls, 0) >= 0 &&
	    (out->n_signers != 1 || read_signer(signers, out));
}

static int
read_info(struct scep_span ci, struct scep_signed *out)
{
	memset(out, 0, sizeof(*out));
	return scep_take_only(ci, SEQUENCE, &ci) &&
	    scep_der_take(&ci, OID, &out->type) &&
	    scep_take_only(ci, CTX0, &ci) &&
	    scep_take_only(ci, SEQUENCE, &ci) && read_signed(ci, out);
}

int
scep_signed_read(struct scep_span bytes, struct scep_buf *fresh,
    struct scep_signed *out, size_t *used)
{
	struct scep_span	 ci;

	if (scep_asn1_is_der(bytes, &ci) && read_info(ci, out)) {
		*used = ci.len;
		return 1;
	}
	return scep_asn1_to_der(bytes, ASN1_ITEM_rptr(SCEP_CI_SIGNED), fresh,
	    used) && read_info(scep_buf_span(fresh), out);
}

/* As section 5.4 of RFC 5652 asks the signer for: a SET OF in the order of
 * DER.  SCEP_E_SIG if set is that already. */
static enum scep_err
verify_sorted(const struct scep_crypto *crypto, const struct scep_signed *sd,
    const struct scep_key *key, enum scep_digest md, struct scep_span set,
    struct scep_error *err)
{
	const ASN1_ITEM	*it = ASN1_ITEM_rptr(SCEP_ATTRS_DER);
	struct scep_buf	 der = { NULL, 0 };
	void		*attrs;
	enum scep_err	 rc;

	if ((attrs = scep_asn1_parse(set, it)) == NULL)
		return SCEP_E_SIG;
	if ((rc = scep_asn1_encode(attrs, it, &der, err)) == SCEP_OK)
		rc = scep_span_equal(scep_buf_span(&der), set) ? SCEP_E_SIG :
		    scep_key_verify(crypto, key, md, scep_buf_span(&der),
		    sd->signature, err);
	scep_asn1_free(attrs, it);
	scep_buf_clear(&der);
	return rc;
}

enum scep_err
scep_signed_verify(const struct scep_crypto *crypto,
    const struct scep_signed *sd, const struct scep_key *key,
    enum scep_digest md, struct scep_error *err)
{
	struct scep_buf	 set = { NULL, 0 };
	enum scep_err	 rc;

	if ((rc = scep_buf_set(&set, sd->attrs.whole, err)) != SCEP_OK)
		return rc;
	set.data[0] = SET;
	if ((rc = scep_key_verify(crypto, key, md, scep_buf_span(&set),
	    sd->signature, err)) == SCEP_E_SIG)
		rc = verify_sorted(crypto, sd, key, md, scep_buf_span(&set),
		    err);
	scep_buf_clear(&set);
	return rc;
}
