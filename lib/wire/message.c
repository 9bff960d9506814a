/*
 * message.c - a pkiMessage read, in the order that message.h promises.
 *
 * Everything here is public: nothing is decrypted, so each reason may be told.
 */
#include <string.h>

#include "base/error.h"
#include "wire/attrs.h"
#include "wire/message.h"
#include "wire/message_parts.h"

enum { SEQUENCE = 0x30 };

/* What is being read, and what the spans of the message borrow from. */
struct reading {
	const struct scep_crypto	*crypto;
	const struct scep_msg_rules	*rules;
	time_t				 now;
	struct scep_address		*addr;
	struct scep_message		*msg;
	struct scep_signed		 sd;
	struct scep_enveloped		 env;
	struct scep_attrs		 attrs;
};

static const struct {
	enum scep_msg_type	 type;
	const char		*text;		/* on the wire */
	const char		*name;
	int			 is_request;
} types[] = {			/* RFC 8894 section 3.2.1.2 */
	{ SCEP_MSG_CERTREP,	"3",	"CertRep",	0 },
	{ SCEP_MSG_RENEWALREQ,	"17",	"RenewalReq",	1 },
	{ SCEP_MSG_PKCSREQ,	"19",	"PKCSReq",	1 },
	{ SCEP_MSG_CERTPOLL,	"20",	"CertPoll",	1 },
	{ SCEP_MSG_GETCERT,	"21",	"GetCert",	1 },
	{ SCEP_MSG_GETCRL,	"22",	"GetCRL",	1 },
};
#define TYPES	(sizeof(types) / sizeof(types[0]))

const char *
scep_msg_type_name(int type)
{
	size_t	 i;

	for (i = 0; i < TYPES; i++)
		if ((int)types[i].type == type)
			return types[i].name;
	return "unknown";
}

static const uint8_t	id_data[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d,
	0x01, 0x07, 0x01 };
static const uint8_t	id_signed_data[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7,
	0x0d, 0x01, 0x07, 0x02 };
#define OCTETS(a)	scep_span_make(a, sizeof(a))

/* One SignerInfo with signed attributes, and not more of anything than a
 * client has reason to send. */
static enum scep_err
check_structure(struct reading *r, struct scep_error *err)
{
	const struct scep_signed	*sd = &r->sd;
	int				 n;

	if (!scep_span_equal(sd->type, OCTETS(id_signed_data)))
		return scep_fail(err, SCEP_E_FORMAT, "not SignedData");
	if (sd->n_signers != 1)
		return scep_fail(err, SCEP_E_FORMAT, "%d signers, not one",
		    sd->n_signers);
	/* RFC 8894 section 3.2; a signature without them verifies (T-21). */
	n = scep_attrs_read(sd->attrs.content, &r->attrs);
	if (n < 1 || n > SCEP_ATTRS_MAX)
		return scep_fail(err, SCEP_E_FORMAT,
		    "%d signed attributes, not 1 to %d", n, SCEP_ATTRS_MAX);
	if (sd->n_certs < 1 || sd->n_certs > SCEP_CERTS_MAX)
		return scep_fail(err, SCEP_E_FORMAT,
		    "%d certificates, not 1 to %d", sd->n_certs,
		    SCEP_CERTS_MAX);
	return SCEP_OK;
}

/* The certificate that the SignerInfo names, never just the first (T-23). */
static enum scep_err
find_signer(struct reading *r, struct scep_error *err)
{
	struct scep_span	 bag = r->sd.certs;
	struct scep_cert	*cert = &r->addr->signer;
	struct scep_error	 ignored;
	struct scep_tlv		 tlv;

	while (scep_any_next(&bag, &tlv)) {
		if (tlv.tag != SEQUENCE || scep_cert_parse(r->crypto,
		    tlv.whole, cert, &ignored) != SCEP_OK)
			continue;
		if (scep_sid_is(&r->sd.sid, cert))
			return SCEP_OK;
		scep_cert_clear(cert);
	}
	return scep_fail(err, SCEP_E_FORMAT,
	    "the signer's certificate is not in the message");
}

/* RFC 8894 sections 3.2.1.1 and 3.2.1.5; lengths as PROTOCOL C-106, C-108. */
static enum scep_err
read_address(struct reading *r, struct scep_error *err)
{
	static const int	 text[4] = { V_ASN1_PRINTABLESTRING,
				    V_ASN1_UTF8STRING, V_ASN1_IA5STRING, 0 };
	static const int	 octets[4] = { V_ASN1_OCTET_STRING, 0 };
	struct scep_address	*addr = r->addr;
	struct scep_span	 txid, nonce;
	enum scep_err		 rc;

	if ((rc = scep_attrs_one(&r->attrs, SCEP_ATTR_TRANSACTION_ID, text,
	    SCEP_E_FORMAT, &txid, err)) != SCEP_OK ||
	    (rc = scep_attrs_one(&r->attrs, SCEP_ATTR_SENDER_NONCE, octets,
	    SCEP_E_FORMAT, &nonce, err)) != SCEP_OK)
		return rc;
	if (txid.len < 1 || txid.len > SCEP_TXID_MAX)
		return scep_fail(err, SCEP_E_FORMAT,
		    "transactionID of %zu octets, not 1 to %d", txid.len,
		    SCEP_TXID_MAX);
	if (nonce.len < 1 || nonce.len > SCEP_NONCE_MAX)
		return scep_fail(err, SCEP_E_FORMAT,
		    "senderNonce of %zu octets, not 1 to %d", nonce.len,
		    SCEP_NONCE_MAX);
	memcpy(addr->txid, txid.data, txid.len);
	addr->txid_len = txid.len;
	memcpy(addr->nonce, nonce.data, nonce.len);
	addr->nonce_len = nonce.len;
	addr->complete = 1;
	return SCEP_OK;
}

static enum scep_err
read_type(struct reading *r, struct scep_error *err)
{
	static const int	 printable[4] = { V_ASN1_PRINTABLESTRING, 0 };
	struct scep_span	 text;
	enum scep_err		 rc;
	size_t			 i;

	if ((rc = scep_attrs_one(&r->attrs, SCEP_ATTR_MESSAGE_TYPE, printable,
	    SCEP_E_REFUSED, &text, err)) != SCEP_OK)
		return rc;
	for (i = 0; i < TYPES; i++) {
		if (!scep_span_equal(text, scep_span_text(types[i].text)))
			continue;
		r->addr->type = (int)types[i].type;
		r->msg->type = types[i].type;
		if (types[i].is_request)
			return SCEP_OK;
	}
	return scep_fail(err, SCEP_E_REFUSED,
	    "messageType \"%.*s\" is no request",
	    text.len > 16 ? 16 : (int)text.len,
	    text.len > 0 ? (const char *)text.data : "");
}

/* RFC 5652 sections 5.1 and 5.3: nothing signs these, so nothing odd is let
 * through. */
static enum scep_err
check_versions(const struct reading *r, struct scep_error *err)
{
	const struct scep_signed	*sd = &r->sd;

	if ((sd->version != 1 && sd->version != 3) ||
	    sd->signer_version != (sd->sid.is_ski ? 3 : 1))
		return scep_fail(err, SCEP_E_REFUSED,
		    "SignedData version %d, SignerInfo version %d",
		    sd->version, sd->signer_version);
	return SCEP_OK;
}

/* digestAlgorithms lists the one that is used. */
static enum scep_err
check_digest_list(const struct reading *r, enum scep_digest used,
    struct scep_error *err)
{
	const unsigned int	 refused = SCEP_BROKEN_DIGESTS &
				    ~r->rules->digests;
	struct scep_span	 list = r->sd.digest_algs;
	struct scep_alg		 alg;
	enum scep_digest	 md;
	enum scep_err		 rc;
	int			 found = 0;

	if (r->sd.n_digest_algs > SCEP_DIGEST__MAX)
		return scep_fail(err, SCEP_E_ALG, "%d digestAlgorithms",
		    r->sd.n_digest_algs);
	while (scep_alg_take(&list, &alg)) {
		if ((rc = scep_alg_digest(&alg, &md, err)) != SCEP_OK)
			return rc;
		if ((SCEP_BIT(md) & refused) != 0)
			return scep_fail(err, SCEP_E_ALG,
			    "digestAlgorithms with %s", scep_digest_name(md));
		found |= md == used;
	}
	return found ? SCEP_OK : scep_fail(err, SCEP_E_ALG,
	    "digestAlgorithms lacks the signer's %s", scep_digest_name(used));
}

/* RSA names no digest of its own, or the same; others name the same. */
static enum scep_err
check_signature_alg(const struct reading *r, enum scep_digest md,
    struct scep_error *err)
{
	enum scep_digest	 named;
	enum scep_err		 rc;

	if ((rc = scep_key_signature_alg(&r->msg->signer_key,
	    &r->sd.sig_alg, &named, err)) != SCEP_OK)
		return rc;
	if (named != SCEP_DIGEST__MAX && named != md)
		return scep_fail(err, SCEP_E_ALG,
		    "signature with %s over a digest with %s",
		    scep_digest_name(named), scep_digest_name(md));
	return SCEP_OK;
}

/* The order matters: algorithms before keys, keys before verification. */
static enum scep_err
check_algorithms(struct reading *r, struct scep_error *err)
{
	enum scep_digest	 md;
	enum scep_err		 rc;

	if ((rc = scep_alg_digest(&r->sd.digest_alg, &md, err)) !=
	    SCEP_OK)
		return rc;
	if ((r->rules->digests & SCEP_BIT(md)) == 0)
		return scep_fail(err, SCEP_E_ALG, "digest %s is not allowed",
		    scep_digest_name(md));
	if ((rc = scep_key_load(r->crypto, r->addr->signer.spki,
	    &r->rules->signer, &r->msg->signer_key, err)) != SCEP_OK) {
		/* A key that does not parse can not be answered either. */
		return rc == SCEP_E_FORMAT ? (err->code = SCEP_E_ALG) : rc;
	}
	if ((rc = scep_envelope_deliverable(r->msg, err)) != SCEP_OK ||
	    (rc = check_versions(r, err)) != SCEP_OK ||
	    (rc = check_digest_list(r, md, err)) != SCEP_OK ||
	    (rc = check_signature_alg(r, md, err)) != SCEP_OK)
		return rc;
	r->addr->digest = md;
	r->addr->digest_known = 1;
	return scep_envelope_algorithms(r->sd.content, r->rules, r->addr,
	    r->msg, &r->env, err);
}

/* RFC 5652 section 11: contentType names what is signed (and RFC 8894
 * section 3.2 wants id-data), messageDigest is its digest. */
static enum scep_err
check_content(struct reading *r, struct scep_error *err)
{
	static const int	 octets[4] = { V_ASN1_OCTET_STRING, 0 };
	const struct scep_tlv	*type =
				    &r->attrs.value[SCEP_ATTR_CONTENT_TYPE];
	uint8_t			 digest[SCEP_DIGEST_MAX_LEN];
	struct scep_span	 wanted;
	size_t			 len;
	enum scep_err		 rc;

	if (r->attrs.count[SCEP_ATTR_CONTENT_TYPE] != 1 ||
	    type->tag != V_ASN1_OBJECT ||
	    !scep_span_equal(type->content, OCTETS(id_data)))
		return scep_fail(err, SCEP_E_SIG,
		    "contentType is not id-data, once");
	if ((rc = scep_attrs_one(&r->attrs, SCEP_ATTR_MESSAGE_DIGEST, octets,
	    SCEP_E_SIG, &wanted, err)) != SCEP_OK ||
	    (rc = scep_crypto_digest(r->crypto, r->addr->digest, r->sd.content,
	    digest, &len, err)) != SCEP_OK)
		return rc;
	if (wanted.len != len || CRYPTO_memcmp(wanted.data, digest, len) != 0)
		return scep_fail(err, SCEP_E_SIG,
		    "messageDigest is not the content's");
	return SCEP_OK;
}

static enum scep_err
check_signature(struct reading *r, struct scep_error *err)
{
	return scep_signed_verify(r->crypto, &r->sd, &r->msg->signer_key,
	    r->addr->digest, err);
}

/* RFC 8894 section 2.3: a new client's certificate is self-signed. */
static enum scep_err
check_self_signed(struct reading *r, struct scep_error *err)
{
	enum scep_err	 rc;

	if (!scep_cert_is_self_issued(&r->addr->signer))
		return SCEP_OK;
	if ((rc = scep_cert_verify_weak(r->crypto, &r->addr->signer,
	    &r->msg->signer_key, r->rules->digests, err)) != SCEP_OK)
		return scep_fail_within(err, "signer certificate");
	r->msg->self_signed = 1;
	return SCEP_OK;
}

static enum scep_err
check_time(struct reading *r, struct scep_error *err)
{
	const struct scep_tlv	*value =
				    &r->attrs.value[SCEP_ATTR_SIGNING_TIME];
	const ASN1_TIME		 t = scep_asn1_string(value->tag,
				    value->content);
	struct tm		 tm;
	time_t			 when;

	if (r->rules->signing_time_s == 0 ||
	    r->attrs.count[SCEP_ATTR_SIGNING_TIME] == 0)
		return SCEP_OK;
	if (r->attrs.count[SCEP_ATTR_SIGNING_TIME] != 1 ||
	    (value->tag != V_ASN1_UTCTIME &&
	    value->tag != V_ASN1_GENERALIZEDTIME) ||
	    ASN1_TIME_to_tm(&t, &tm) != 1)
		return scep_fail(err, SCEP_E_TIME, "signingTime is no time");
	when = timegm(&tm);
	r->msg->signing_time = when;
	if (when < r->now - r->rules->signing_time_s ||
	    when > r->now + r->rules->signing_time_s)
		return scep_fail(err, SCEP_E_TIME,
		    "signingTime is %lld s off, at most %ld",
		    (long long)(when - r->now), r->rules->signing_time_s);
	return SCEP_OK;
}

static enum scep_err
check_envelope(struct reading *r, struct scep_error *err)
{
	if (!scep_span_equal(r->sd.content_type, OCTETS(id_data)))
		return scep_fail(err, SCEP_E_REFUSED,
		    "eContentType is not id-data");
	return scep_envelope_read(&r->env, r->msg, err);
}

static const struct {
	const char	*name;
	enum scep_err	(*check)(struct reading *r, struct scep_error *err);
} steps[] = {
	{ "structure",		check_structure },
	{ "signer",		find_signer },
	{ "address",		read_address },
	{ "message_type",	read_type },
	{ "algorithms",		check_algorithms },
	{ "content",		check_content },
	{ "signature",		check_signature },
	{ "own_signature",	check_self_signed },
	{ "signing_time",	check_time },
	{ "envelope",		check_envelope },
};

_Static_assert(sizeof(steps) / sizeof(steps[0]) == SCEP_MSG_STEPS,
    "message.h says how many");

const char *
scep_msg_step_name(unsigned int step)
{
	return step < SCEP_MSG_STEPS ? steps[step].name : "unknown";
}

static enum scep_err
read_message(struct reading *r, struct scep_error *err)
{
	unsigned int	*i = &r->addr->steps;
	enum scep_err	 rc = SCEP_OK;

	for (; *i < SCEP_MSG_STEPS && rc == SCEP_OK; *i += rc == SCEP_OK)
		rc = steps[*i].check(r, err);
	return rc;
}

enum scep_err
scep_message_read(const struct scep_crypto *crypto,
    const struct scep_msg_rules *rules, time_t now, struct scep_span der,
    struct scep_address *addr, size_t *trailing, struct scep_message **out,
    struct scep_error *err)
{
	struct reading		 r = { .crypto = crypto, .rules = rules,
				    .now = now, .addr = addr };
	size_t			 used;
	enum scep_err		 rc;

	*out = NULL;
	*trailing = 0;
	memset(addr, 0, sizeof(*addr));
	addr->type = -1;
	addr->digest = SCEP_SHA256;
	addr->cipher = SCEP_AES128;
	if ((r.msg = OPENSSL_zalloc(sizeof(*r.msg))) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "message");
	if (!scep_signed_read(der, &r.msg->fresh[0], &r.sd, &used))
		rc = scep_fail(err, SCEP_E_FORMAT, "no pkiMessage");
	else {
		*trailing = der.len - used;
		rc = read_message(&r, err);
	}
	if (rc != SCEP_OK) {
		scep_message_free(r.msg);
		return rc;
	}
	*out = r.msg;
	return SCEP_OK;
}

void
scep_message_free(struct scep_message *msg)
{
	if (msg == NULL)
		return;
	scep_key_clear(&msg->signer_key);
	scep_buf_clear(&msg->fresh[0]);
	scep_buf_clear(&msg->fresh[1]);
	OPENSSL_free(msg);
}

void
scep_address_clear(struct scep_address *addr)
{
	scep_cert_clear(&addr->signer);
	memset(addr, 0, sizeof(*addr));
}
