/*
 * envelope_read.c - pkcsPKIEnvelope taken apart, before any decryption (RFC
 * 8894 section 3.2.2): nothing here depends on a secret.
 */
#include <string.h>

#include <openssl/objects.h>

#include "base/error.h"
#include "wire/envelope.h"
#include "wire/message_parts.h"
#include "wire/name.h"

/* Without the octets that DER leaves out (X.690 section 8.3.2). */
static struct scep_span
minimal(struct scep_span number)
{
	while (number.len > 1 && number.data[0] == ((number.data[1] & 0x80) !=
	    0 ? 0xff : 0x00)) {
		number.data++;
		number.len--;
	}
	return number;
}

/* Is it this number, however long it is written? */
static int
serial_is(struct scep_span serial, const struct scep_cert *cert)
{
	return serial.len > 0 && scep_span_equal(minimal(serial),
	    minimal(cert->serial));
}

int
scep_sid_is(const SCEP_SID *sid, const struct scep_cert *cert)
{
	if (sid->type == SCEP_SID_SKI)
		return cert->ski.len > 0 &&
		    scep_span_equal(scep_asn1_span(sid->d.ski), cert->ski);
	return serial_is(scep_asn1_span(sid->d.ias->serial_octets), cert) &&
	    scep_name_match(scep_asn1_span(sid->d.ias->issuer), cert->issuer);
}

/* A certificate or a CRL is encrypted to the signer, and here there is no
 * challengePassword to do it with. */
enum scep_err
scep_envelope_deliverable(const struct scep_message *msg,
    struct scep_error *err)
{
	if ((msg->type != SCEP_MSG_GETCERT && msg->type != SCEP_MSG_GETCRL) ||
	    scep_key_encrypts(msg->signer_key.type))
		return SCEP_OK;
	return scep_fail(err, SCEP_E_ALG,
	    "the answer to a %s cannot be encrypted to a %s key",
	    scep_msg_type_name((int)msg->type),
	    scep_key_type_name(msg->signer_key.type));
}

enum scep_err
scep_envelope_algorithms(struct scep_span content,
    const struct scep_msg_rules *rules, struct scep_address *addr,
    struct scep_message *msg, struct scep_error *err)
{
	SCEP_CI_ENVELOPED	*ci;
	struct scep_envelope	*env = &msg->envelope;
	enum scep_err		 rc;

	if (content.len == 0 || (ci = scep_asn1_parse(content,
	    ASN1_ITEM_rptr(SCEP_CI_ENVELOPED))) == NULL)
		return SCEP_OK;
	msg->asn1[1] = ci;
	if ((rc = scep_alg_cipher(ci->enveloped->encrypted->alg, &env->cipher,
	    &env->iv, err)) != SCEP_OK)
		return rc;
	if ((rules->ciphers & SCEP_BIT(env->cipher)) == 0)
		return scep_fail(err, SCEP_E_ALG,
		    "content cipher %s is not allowed",
		    scep_cipher_name(env->cipher));
	addr->cipher = env->cipher;
	addr->cipher_known = 1;
	return SCEP_OK;
}

static enum scep_err
read_recipient(SCEP_KTRI *ktri, struct scep_recipient *out,
    struct scep_error *err)
{
	const SCEP_SID		*rid = ktri->rid;
	struct scep_error	 ignored;
	long			 version = ASN1_INTEGER_get(ktri->version);

	/* RFC 5652 section 6.2.1. */
	if (version != (rid->type == SCEP_SID_IAS ? 0 : 2))
		return scep_fail(err, SCEP_E_REFUSED,
		    "KeyTransRecipientInfo version %ld", version);
	if (rid->type == SCEP_SID_SKI)
		out->ski = scep_asn1_span(rid->d.ski);
	else {
		out->issuer = scep_asn1_span(rid->d.ias->issuer);
		out->serial = scep_asn1_span(rid->d.ias->serial_octets);
	}
	out->wrap_known = scep_alg_wrap(ktri->alg, &out->wrap, &ignored) ==
	    SCEP_OK;
	out->encrypted_key = scep_asn1_span(ktri->encrypted_key);
	return SCEP_OK;
}

static enum scep_err
read_recipients(const SCEP_ENVELOPED *ed, struct scep_envelope *env,
    struct scep_error *err)
{
	int		 i, n = sk_SCEP_KTRI_num(ed->recipients);
	enum scep_err	 rc;

	if (n < 1 || n > SCEP_RECIPIENTS_MAX)
		return scep_fail(err, SCEP_E_REFUSED,
		    "%d recipients, not 1 to %d", n, SCEP_RECIPIENTS_MAX);
	for (i = 0; i < n; i++)
		if ((rc = read_recipient(sk_SCEP_KTRI_value(ed->recipients,
		    i), &env->recipient[i], err)) != SCEP_OK)
			return rc;
	env->n = (size_t)n;
	return SCEP_OK;
}

static enum scep_err
read_envelope(const SCEP_CI_ENVELOPED *ci, struct scep_envelope *env,
    struct scep_error *err)
{
	const SCEP_ENVELOPED	*ed = ci->enveloped;
	long			 version = ASN1_INTEGER_get(ed->version);
	size_t			 block;

	if (OBJ_obj2nid(ci->type) != NID_pkcs7_enveloped ||
	    OBJ_obj2nid(ed->encrypted->type) != NID_pkcs7_data)
		return scep_fail(err, SCEP_E_REFUSED,
		    "not EnvelopedData of id-data");
	if (version != 0 && version != 2)
		return scep_fail(err, SCEP_E_REFUSED,
		    "EnvelopedData version %ld", version);
	env->content = scep_asn1_span(ed->encrypted->content);
	block = (size_t)scep_cipher_block(env->cipher);
	if (env->content.len == 0 || env->content.len % block != 0)
		return scep_fail(err, SCEP_E_REFUSED,
		    "encrypted content of %zu octets", env->content.len);
	return read_recipients(ed, env, err);
}

enum scep_err
scep_envelope_read(struct scep_message *msg, struct scep_error *err)
{
	enum scep_err	 rc;

	if (msg->asn1[1] == NULL)
		rc = scep_fail(err, SCEP_E_REFUSED, "no envelope");
	else
		rc = read_envelope(msg->asn1[1], &msg->envelope, err);
	msg->has_envelope = rc == SCEP_OK;
	/* PROTOCOL C-181: a poll is decided by its transactionID. */
	return msg->type == SCEP_MSG_CERTPOLL ? SCEP_OK : rc;
}

static int
is_addressed_to(const struct scep_recipient *rcpt,
    const struct scep_cert *cert)
{
	if (rcpt->ski.len > 0)
		return scep_span_equal(rcpt->ski, cert->ski);
	return serial_is(rcpt->serial, cert) &&
	    scep_name_match(rcpt->issuer, cert->issuer);
}

int
scep_envelope_find(const struct scep_envelope *env,
    const struct scep_opener *opener)
{
	size_t	 i;

	for (i = 0; i < env->n; i++)
		if (is_addressed_to(&env->recipient[i], opener->cert))
			return (int)i;
	return -1;
}
