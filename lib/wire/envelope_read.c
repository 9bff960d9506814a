/*
 * envelope_read.c - pkcsPKIEnvelope taken apart, before any decryption (RFC
 * 8894 section 3.2.2): nothing here depends on a secret.
 */
#include <string.h>

#include "base/error.h"
#include "wire/attrs.h"
#include "wire/envelope.h"
#include "wire/message_parts.h"
#include "wire/name.h"

enum { OCTET_STRING = 0x04, OID = 0x06, SEQUENCE = 0x30, SET = 0x31,
    CONTENT = 0x80, CTX0 = 0xa0, CTX1 = 0xa1 };

static const uint8_t	id_data[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d,
	0x01, 0x07, 0x01 };
static const uint8_t	id_enveloped_data[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7,
	0x0d, 0x01, 0x07, 0x03 };
#define OCTETS(a)	scep_span_make(a, sizeof(a))

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
scep_sid_is(const struct scep_sid *sid, const struct scep_cert *cert)
{
	if (sid->is_ski)
		return cert->ski.len > 0 &&
		    scep_span_equal(sid->ski, cert->ski);
	return serial_is(sid->serial, cert) &&
	    scep_name_match(sid->issuer, cert->issuer);
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

/* KeyTransRecipientInfo, RFC 5652 section 6.2.1; no other kind parses. */
struct ktri {
	int			 version;
	struct scep_sid		 rid;
	struct scep_alg		 alg;
	struct scep_span	 encrypted_key;
};

static int
take_ktri(struct scep_span *rest, struct ktri *out)
{
	struct scep_span	 in;

	return scep_der_take(rest, SEQUENCE, &in) &&
	    scep_take_version(&in, &out->version) &&
	    scep_take_sid(&in, &out->rid) && scep_alg_take(&in, &out->alg) &&
	    scep_der_take(&in, OCTET_STRING, &out->encrypted_key) &&
	    in.len == 0;
}

static int
count_recipients(struct scep_span row)
{
	struct ktri	 ktri;
	int		 n;

	for (n = 0; row.len > 0; n++)
		if (!take_ktri(&row, &ktri))
			return -1;
	return n;
}

/* EncryptedContentInfo, section 6.1. */
static int
read_encrypted(struct scep_span in, struct scep_enveloped *out)
{
	return scep_der_take(&in, OID, &out->content_type) &&
	    scep_alg_take(&in, &out->alg) &&
	    scep_take_if(&in, CONTENT, &out->content) && in.len == 0;
}

static int
read_enveloped(struct scep_span in, struct scep_enveloped *out)
{
	struct scep_span	 encrypted, origin, others = { NULL, 0 };
	struct scep_attrs	 ignored;

	if (!scep_take_version(&in, &out->version) ||
	    !scep_take_if(&in, CTX0, &origin) ||
	    !scep_der_take(&in, SET, &out->recipients) ||
	    !scep_der_take(&in, SEQUENCE, &encrypted) ||
	    !read_encrypted(encrypted, out) ||
	    !scep_take_if(&in, CTX1, &others) ||
	    scep_attrs_read(others, &ignored) < 0 || in.len > 0)
		return 0;
	out->n_recipients = count_recipients(out->recipients);
	return out->n_recipients >= 0;
}

static int
read_info(struct scep_span ci, struct scep_enveloped *out)
{
	memset(out, 0, sizeof(*out));
	return scep_take_only(ci, SEQUENCE, &ci) &&
	    scep_der_take(&ci, OID, &out->type) &&
	    scep_take_only(ci, CTX0, &ci) &&
	    scep_take_only(ci, SEQUENCE, &ci) && read_enveloped(ci, out);
}

/* All of the octets. */
static int
read_all(struct scep_span bytes, struct scep_buf *fresh,
    struct scep_enveloped *out)
{
	struct scep_span	 ci;
	size_t			 used;

	if (bytes.len == 0)
		return 0;
	if (scep_asn1_is_der(bytes, &ci) && ci.len == bytes.len &&
	    read_info(ci, out))
		return 1;
	return scep_asn1_to_der(bytes, ASN1_ITEM_rptr(SCEP_CI_ENVELOPED),
	    fresh, &used) && used == bytes.len &&
	    read_info(scep_buf_span(fresh), out);
}

enum scep_err
scep_envelope_algorithms(struct scep_span content,
    const struct scep_msg_rules *rules, struct scep_address *addr,
    struct scep_message *msg, struct scep_enveloped *out,
    struct scep_error *err)
{
	struct scep_envelope	*env = &msg->envelope;
	enum scep_err		 rc;

	if ((out->is_there = read_all(content, &msg->fresh[1], out)) == 0)
		return SCEP_OK;
	if ((rc = scep_alg_cipher(&out->alg, &env->cipher, &env->iv, err)) !=
	    SCEP_OK)
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
read_recipient(const struct ktri *ktri, struct scep_recipient *out,
    struct scep_error *err)
{
	struct scep_error	 ignored;

	/* RFC 5652 section 6.2.1. */
	if (ktri->version != (ktri->rid.is_ski ? 2 : 0))
		return scep_fail(err, SCEP_E_REFUSED,
		    "KeyTransRecipientInfo version %d", ktri->version);
	out->ski = ktri->rid.ski;
	out->issuer = ktri->rid.issuer;
	out->serial = ktri->rid.serial;
	out->wrap_known = scep_alg_wrap(&ktri->alg, &out->wrap, &ignored) ==
	    SCEP_OK;
	out->encrypted_key = ktri->encrypted_key;
	return SCEP_OK;
}

static enum scep_err
read_recipients(const struct scep_enveloped *in, struct scep_envelope *env,
    struct scep_error *err)
{
	struct scep_span	 row = in->recipients;
	struct ktri		 ktri;
	enum scep_err		 rc;
	size_t			 n;

	if (in->n_recipients < 1 || in->n_recipients > SCEP_RECIPIENTS_MAX)
		return scep_fail(err, SCEP_E_REFUSED,
		    "%d recipients, not 1 to %d", in->n_recipients,
		    SCEP_RECIPIENTS_MAX);
	for (n = 0; take_ktri(&row, &ktri); n++)
		if ((rc = read_recipient(&ktri, &env->recipient[n], err)) !=
		    SCEP_OK)
			return rc;
	env->n = n;
	return SCEP_OK;
}

static enum scep_err
read_envelope(const struct scep_enveloped *in, struct scep_envelope *env,
    struct scep_error *err)
{
	size_t	 block;

	if (!scep_span_equal(in->type, OCTETS(id_enveloped_data)) ||
	    !scep_span_equal(in->content_type, OCTETS(id_data)))
		return scep_fail(err, SCEP_E_REFUSED,
		    "not EnvelopedData of id-data");
	if (in->version != 0 && in->version != 2)
		return scep_fail(err, SCEP_E_REFUSED,
		    "EnvelopedData version %d", in->version);
	env->content = in->content;
	block = (size_t)scep_cipher_block(env->cipher);
	if (env->content.len == 0 || env->content.len % block != 0)
		return scep_fail(err, SCEP_E_REFUSED,
		    "encrypted content of %zu octets", env->content.len);
	return read_recipients(in, env, err);
}

enum scep_err
scep_envelope_read(const struct scep_enveloped *in, struct scep_message *msg,
    struct scep_error *err)
{
	enum scep_err	 rc;

	if (!in->is_there)
		rc = scep_fail(err, SCEP_E_REFUSED, "no envelope");
	else
		rc = read_envelope(in, &msg->envelope, err);
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
