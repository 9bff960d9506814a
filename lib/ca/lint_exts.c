/*
 * lint_exts.c - rules about the extensions of a TBSCertificate.
 *
 * A rule about one extension holds where that one is absent; that it must be
 * there is a rule of its own.
 */
#include <string.h>

#include "ca/lint.h"
#include "wire/san.h"

enum { BIT_STRING = 0x03, OCTETS = 0x04, OID = 0x06, SEQUENCE = 0x30,
    CTX0 = 0x80 };

/* KeyUsage, RFC 5280 section 4.2.1.3: bit 0 is the highest of 16. */
#define KU_SIGN		0x8000u		/* digitalSignature */
#define KU_COMMIT	0x4000u		/* nonRepudiation */
#define KU_KEY_ENC	0x2000u
#define KU_DATA_ENC	0x1000u
#define KU_AGREE	0x0800u
#define KU_CERT_SIGN	0x0400u
#define KU_CRL_SIGN	0x0200u
#define KU_ENC_ONLY	0x0100u
#define KU_DEC_ONLY	0x0080u

static const struct scep_tbs_ext *
ext(const struct scep_lint *l, uint8_t ce)
{
	return scep_tbs_ext(&l->tbs, SCEP_ID_CE(ce));
}

static int
is_absent_or_not_critical(const struct scep_tbs_ext *e)
{
	return e == NULL || !e->critical;
}

static int
is_empty_sequence(struct scep_span value)
{
	return scep_span_equal(value, scep_span_make("\x30\x00", 2));
}

/* All of value is one TLV of this tag; gives what is inside. */
static int
unwrap(struct scep_span value, uint8_t tag, struct scep_span *out)
{
	struct scep_tlv	 tlv;

	if (!scep_der_next(&value, &tlv) || tlv.tag != tag || value.len > 0)
		return 0;
	*out = tlv.content;
	return 1;
}

static int
exts_present(const struct scep_lint *l)
{
	return l->tbs.n_exts > 0;
}

static int
exts_once(const struct scep_lint *l)
{
	size_t	 i;

	for (i = 0; i < l->tbs.n_exts; i++)
		if (scep_tbs_ext(&l->tbs, l->tbs.ext[i].oid) !=
		    &l->tbs.ext[i])
			return 0;
	return 1;
}

/* critical BOOLEAN DEFAULT FALSE is not encoded. */
static int
exts_default_left_out(const struct scep_lint *l)
{
	size_t	 i;

	for (i = 0; i < l->tbs.n_exts; i++)
		if (l->tbs.ext[i].says_false)
			return 0;
	return 1;
}

static int
exts_der(const struct scep_lint *l)
{
	struct scep_error	 why;
	size_t			 i;

	for (i = 0; i < l->tbs.n_exts; i++)
		if (scep_der_check(l->tbs.ext[i].value, &why) != SCEP_OK)
			return 0;
	return 1;
}

static int
exts_no_empty_sequence(const struct scep_lint *l)
{
	size_t	 i;

	for (i = 0; i < l->tbs.n_exts; i++)
		if (is_empty_sequence(l->tbs.ext[i].value) &&
		    !scep_span_equal(l->tbs.ext[i].oid,
		    SCEP_ID_CE(SCEP_CE_BC)))
			return 0;
	return 1;
}

static int
exts_not_for_cas(const struct scep_lint *l)
{
	return ext(l, SCEP_CE_NC) == NULL && ext(l, SCEP_CE_PC) == NULL &&
	    ext(l, SCEP_CE_IAP) == NULL;
}

static int
bc_present(const struct scep_lint *l)
{
	return ext(l, SCEP_CE_BC) != NULL;
}

static int
bc_critical(const struct scep_lint *l)
{
	return ext(l, SCEP_CE_BC)->critical;
}

/* cA DEFAULT FALSE and no pathLenConstraint: nothing at all. */
static int
bc_not_ca(const struct scep_lint *l)
{
	return is_empty_sequence(ext(l, SCEP_CE_BC)->value);
}

static int
ku_present(const struct scep_lint *l)
{
	return ext(l, SCEP_CE_KU) != NULL;
}

static int
ku_critical(const struct scep_lint *l)
{
	return ext(l, SCEP_CE_KU)->critical;
}

/* The bits; 0 if there are none or it is no BIT STRING of at most 16. */
static unsigned int
ku_bits(const struct scep_lint *l)
{
	struct scep_span	 c;

	if (!unwrap(ext(l, SCEP_CE_KU)->value, BIT_STRING, &c) || c.len < 2 ||
	    c.len > 3)
		return 0;
	return (unsigned int)c.data[1] << 8 | (c.len == 3 ? c.data[2] : 0u);
}

static int
ku_not_empty(const struct scep_lint *l)
{
	return ku_bits(l) != 0;
}

/* X.690 section 11.2.2: a named bit list ends with a bit that is set. */
static int
ku_minimal(const struct scep_lint *l)
{
	struct scep_span	 c;

	return unwrap(ext(l, SCEP_CE_KU)->value, BIT_STRING, &c) &&
	    c.len >= 2 && c.data[0] <= 7 &&
	    (c.data[c.len - 1] & (1u << c.data[0])) != 0;
}

static int
ku_not_ca(const struct scep_lint *l)
{
	return (ku_bits(l) & (KU_CERT_SIGN | KU_CRL_SIGN)) == 0;
}

static int
ku_fits_key(const struct scep_lint *l)
{
	static const uint8_t	 rsa[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7,
				    0x0d, 0x01, 0x01, 0x01 };
	static const uint8_t	 ec[] = { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02,
				    0x01 };
	struct scep_span	 rest = l->tbs.spki;
	struct scep_tlv		 seq, alg, oid;
	unsigned int		 may = KU_SIGN | KU_COMMIT;

	if (!scep_der_next(&rest, &seq) ||
	    !scep_der_next(&seq.content, &alg) ||
	    !scep_der_next(&alg.content, &oid))
		return 0;
	if (scep_span_equal(oid.content, scep_span_make(rsa, sizeof(rsa))))
		may |= KU_KEY_ENC | KU_DATA_ENC;
	else if (scep_span_equal(oid.content, scep_span_make(ec, sizeof(ec))))
		may |= KU_AGREE | KU_ENC_ONLY | KU_DEC_ONLY;
	return (ku_bits(l) & ~may) == 0;
}

static int
eku_syntax(const struct scep_lint *l)
{
	const struct scep_tbs_ext	*e = ext(l, SCEP_CE_EKU);
	struct scep_span		 list;
	struct scep_tlv			 tlv;

	if (e == NULL)
		return 1;
	if (!unwrap(e->value, SEQUENCE, &list))
		return 0;
	while (list.len > 0)
		if (!scep_der_next(&list, &tlv) || tlv.tag != OID)
			return 0;
	return 1;
}

static int
eku_not_any(const struct scep_lint *l)
{
	static const uint8_t		 any[] = { 0x55, 0x1d, 0x25, 0x00 };
	const struct scep_tbs_ext	*e = ext(l, SCEP_CE_EKU);
	struct scep_span		 list;
	struct scep_tlv			 tlv;

	if (e == NULL || !unwrap(e->value, SEQUENCE, &list))
		return e == NULL;
	while (scep_der_next(&list, &tlv))
		if (scep_span_equal(tlv.content, scep_span_make(any,
		    sizeof(any))))
			return 0;
	return 1;
}

static int
ski_present(const struct scep_lint *l)
{
	return ext(l, SCEP_CE_SKI) != NULL;
}

static int
ski_not_critical(const struct scep_lint *l)
{
	return !ext(l, SCEP_CE_SKI)->critical;
}

static int
is_key_id(const struct scep_lint *l, struct scep_span spki,
    struct scep_span id)
{
	uint8_t			 want[SCEP_KEY_ID_LEN];
	struct scep_error	 why;

	return scep_tbs_key_id(l->crypto, spki, want, &why) == SCEP_OK &&
	    scep_span_equal(id, scep_span_make(want, sizeof(want)));
}

static int
ski_is_key(const struct scep_lint *l)
{
	struct scep_span	 id;

	return unwrap(ext(l, SCEP_CE_SKI)->value, OCTETS, &id) &&
	    is_key_id(l, l->tbs.spki, id);
}

static int
aki_present(const struct scep_lint *l)
{
	return ext(l, SCEP_CE_AKI) != NULL;
}

static int
aki_not_critical(const struct scep_lint *l)
{
	return !ext(l, SCEP_CE_AKI)->critical;
}

/* The CA's own SKI, octet for octet; where it has none, what it would be. */
static int
aki_is_ca(const struct scep_lint *l)
{
	const struct scep_ca_conf	*ca = l->of->granted->ca;
	struct scep_span		 seq, id;

	return unwrap(ext(l, SCEP_CE_AKI)->value, SEQUENCE, &seq) &&
	    unwrap(seq, CTX0, &id) &&
	    scep_span_equal(id, scep_issuer_key_id(&ca->cert, &ca->issuer));
}

static int
san_as_granted(const struct scep_lint *l)
{
	const struct scep_tbs_ext	*e = ext(l, SCEP_CE_SAN);
	struct scep_span		 granted = l->of->granted->san;

	return e == NULL ? granted.len == 0 :
	    scep_span_equal(e->value, granted);
}

static int
san_syntax(const struct scep_lint *l)
{
	const struct scep_tbs_ext	*e = ext(l, SCEP_CE_SAN);
	struct scep_san_list		 list;
	struct scep_error		 why;
	size_t				 i;
	int				 ok = 1;

	if (e == NULL)
		return 1;
	if (scep_san_parse(e->value, &list, &why) != SCEP_OK)
		return 0;
	for (i = 0; i < list.n; i++)
		ok = ok && list.san[i].type != SCEP_SAN_OTHER;
	scep_san_clear(&list);
	return ok;
}

static int
san_instead_of_subject(const struct scep_lint *l)
{
	return !is_empty_sequence(l->tbs.subject) ||
	    ext(l, SCEP_CE_SAN) != NULL;
}

static int
san_critical_iff_no_subject(const struct scep_lint *l)
{
	const struct scep_tbs_ext	*e = ext(l, SCEP_CE_SAN);

	return e == NULL ||
	    e->critical == is_empty_sequence(l->tbs.subject);
}

static int
cdp_not_critical(const struct scep_lint *l)
{
	return is_absent_or_not_critical(ext(l, SCEP_CE_CDP));
}

static int
aia_not_critical(const struct scep_lint *l)
{
	static const uint8_t	 oid[] = { 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07,
				    0x01, 0x01 };

	return is_absent_or_not_critical(scep_tbs_ext(&l->tbs,
	    scep_span_make(oid, sizeof(oid))));
}

/* The profile's, first and as they are; the key identifiers; the SAN. */
static int
exts_of_profile_alone(const struct scep_lint *l)
{
	struct scep_span	 fixed, first = l->tbs.exts;
	struct scep_tlv		 tlv;
	size_t			 n = 2;

	fixed = scep_profile_exts(l->of->granted->profile,
	    l->of->granted->ca, l->of->granted->spki);
	if (first.len < fixed.len)
		return 0;
	first.len = fixed.len;
	if (!scep_span_equal(first, fixed))
		return 0;
	while (scep_der_next(&fixed, &tlv))
		n++;
	n += l->of->granted->san.len > 0;
	return l->tbs.n_exts == n;
}

const struct scep_lint_rule	scep_lint_exts[] = {
	{ "exts_present", "RFC 5280 section 4.1.2.9", exts_present },
	{ "exts_once", "RFC 5280 section 4.2", exts_once },
	{ "exts_default_left_out", "X.690 section 11.5",
	    exts_default_left_out },
	{ "exts_der", "RFC 5280 section 4.2", exts_der },
	{ "exts_no_empty_sequence", "RFC 5280 appendix B",
	    exts_no_empty_sequence },
	{ "exts_not_for_cas", "RFC 5280 sections 4.2.1.10 to 4.2.1.14",
	    exts_not_for_cas },
	{ "bc_present", "our own rule", bc_present },
	{ "bc_critical", "our own rule", bc_critical },
	{ "bc_not_ca", "RFC 5280 section 4.2.1.9", bc_not_ca },
	{ "ku_present", "our own rule", ku_present },
	{ "ku_critical", "RFC 5280 section 4.2.1.3", ku_critical },
	{ "ku_not_empty", "RFC 5280 section 4.2.1.3", ku_not_empty },
	{ "ku_minimal", "X.690 section 11.2.2", ku_minimal },
	{ "ku_not_ca", "RFC 5280 section 4.2.1.9", ku_not_ca },
	{ "ku_fits_key", "RFC 4055, RFC 5480, RFC 8410", ku_fits_key },
	{ "eku_syntax", "RFC 5280 section 4.2.1.12", eku_syntax },
	{ "eku_not_any", "our own rule", eku_not_any },
	{ "ski_present", "RFC 5280 section 4.2.1.2", ski_present },
	{ "ski_not_critical", "RFC 5280 section 4.2.1.2", ski_not_critical },
	{ "ski_is_key", "RFC 5280 section 4.2.1.2", ski_is_key },
	{ "aki_present", "RFC 5280 section 4.2.1.1", aki_present },
	{ "aki_not_critical", "RFC 5280 section 4.2.1.1", aki_not_critical },
	{ "aki_is_ca", "RFC 5280 section 4.2.1.1", aki_is_ca },
	{ "san_instead_of_subject", "RFC 5280 section 4.1.2.6",
	    san_instead_of_subject },
	{ "san_critical_iff_no_subject", "RFC 5280 section 4.2.1.6",
	    san_critical_iff_no_subject },
	{ "san_syntax", "RFC 5280 section 4.2.1.6", san_syntax },
	{ "san_as_granted", "the grant", san_as_granted },
	{ "cdp_not_critical", "RFC 5280 section 4.2.1.13", cdp_not_critical },
	{ "aia_not_critical", "RFC 5280 section 4.2.2.1", aia_not_critical },
	{ "exts_of_profile_alone", "our own rule", exts_of_profile_alone },
	{ NULL, NULL, NULL }
};
