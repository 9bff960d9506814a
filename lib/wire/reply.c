/*
 * reply.c - a CertRep put together and signed (RFC 8894 section 3.3.2).
 *
 * Conservative in what it sends: DER, the oldest versions, each attribute
 * once (PROTOCOL I-020 to I-032).
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/writer.h"
#include "wire/attrs.h"
#include "wire/envelope.h"
#include "wire/reply.h"

#define NONCE_LEN	16	/* RFC 8894 section 3.2.1.5 */
#define ATTRS_ROOM	1024	/* octets of attributes, as a rule */
#define AROUND		1024	/* octets around the content but for our
				   certificate, as a rule */

enum { INTEGER = 0x02, OCTET_STRING = 0x04, SEQUENCE = 0x30, SET = 0x31,
    CTX0 = 0xa0 };

static const uint8_t	id_data[] = { 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
	0xf7, 0x0d, 0x01, 0x07, 0x01 };
static const uint8_t	id_signed_data[] = { 0x06, 0x09, 0x2a, 0x86, 0x48,
	0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02 };
static const uint8_t	version_1[] = { 0x02, 0x01, 0x01 };

#define OCTETS(a)	scep_span_make(a, sizeof(a))

/* Attributes in a row, and where each of them ends. */
struct row {
	struct scep_writer	 w;
	size_t			 end[SCEP_ATTR__MAX];
	size_t			 n;
};

/* Attribute ::= SEQUENCE { type, SET OF value }, with one value. */
static void
add(struct row *row, enum scep_attr kind, uint8_t tag, struct scep_span value)
{
	struct scep_writer	*w = &row->w;

	scep_writer_open(w, SEQUENCE);
	scep_writer_add(w, V_ASN1_OBJECT, scep_attr_oid(kind));
	scep_writer_open(w, SET);
	if (tag != 0)
		scep_writer_add(w, tag, value);
	else
		scep_writer_raw(w, value);
	scep_writer_close(w);
	scep_writer_close(w);
	row->end[row->n++] = w->out.len;
}

/* RFC 8894 sections 3.2.1 and 3.3.2: what every CertRep carries, and what a
 * FAILURE carries besides. */
static void
add_all(struct row *row, const struct scep_reply *reply,
    struct scep_span digest, struct scep_span nonce)
{
	const struct scep_address	*to = reply->to;
	const char	 status = (char)('0' + reply->status);
	const char	 fail = (char)('0' + reply->fail_info);

	add(row, SCEP_ATTR_CONTENT_TYPE, 0, OCTETS(id_data));
	add(row, SCEP_ATTR_MESSAGE_DIGEST, OCTET_STRING, digest);
	add(row, SCEP_ATTR_MESSAGE_TYPE, V_ASN1_PRINTABLESTRING,
	    scep_span_text("3"));
	add(row, SCEP_ATTR_PKI_STATUS, V_ASN1_PRINTABLESTRING,
	    scep_span_make(&status, 1));
	add(row, SCEP_ATTR_TRANSACTION_ID, V_ASN1_PRINTABLESTRING,
	    scep_span_make(to->txid, to->txid_len));
	add(row, SCEP_ATTR_RECIPIENT_NONCE, OCTET_STRING,
	    scep_span_make(to->nonce, to->nonce_len));
	add(row, SCEP_ATTR_SENDER_NONCE, OCTET_STRING, nonce);
	if (reply->status != SCEP_STATUS_FAILURE)
		return;
	add(row, SCEP_ATTR_FAIL_INFO, V_ASN1_PRINTABLESTRING,
	    scep_span_make(&fail, 1));
	if (reply->fail_text != NULL)
		add(row, SCEP_ATTR_FAIL_INFO_TEXT, V_ASN1_UTF8STRING,
		    scep_span_text(reply->fail_text));
}

/* X.690 section 11.6: the order of a SET OF. */
static int
compare(const void *va, const void *vb)
{
	const struct scep_span	*a = va, *b = vb;
	const int		 order = memcmp(a->data, b->data,
				    a->len < b->len ? a->len : b->len);

	return order != 0 ? order : (a->len > b->len) - (a->len < b->len);
}

/* The row as a SET OF. */
static enum scep_err
sort(const struct row *row, struct scep_buf *out, struct scep_error *err)
{
	struct scep_span	 attr[SCEP_ATTR__MAX] = { { NULL, 0 } };
	struct scep_writer	 w;
	size_t			 i, from = 0;

	for (i = 0; i < row->n; from = row->end[i++])
		attr[i] = scep_span_make(row->w.out.data + from,
		    row->end[i] - from);
	qsort(attr, row->n, sizeof(attr[0]), compare);
	scep_writer_init(&w, ATTRS_ROOM);
	scep_writer_open(&w, SET);
	for (i = 0; i < row->n; i++)
		scep_writer_raw(&w, attr[i]);
	return scep_writer_end(&w, SCEP_OK, out, err);
}

/* The attributes as they are signed. */
static enum scep_err
make_attrs(const struct scep_crypto *crypto, const struct scep_reply *reply,
    struct scep_span content, struct scep_buf *out, struct scep_error *err)
{
	struct row	 row = { .n = 0 };
	uint8_t		 digest[SCEP_DIGEST_MAX_LEN], nonce[NONCE_LEN];
	size_t		 len;
	enum scep_err	 rc;

	if ((rc = scep_crypto_digest(crypto, reply->to->digest, content,
	    digest, &len, err)) != SCEP_OK ||
	    (rc = scep_random_take(reply->random, nonce, sizeof(nonce),
	    err)) != SCEP_OK)
		return rc;
	scep_writer_init(&row.w, ATTRS_ROOM);
	add_all(&row, reply, scep_span_make(digest, len), OCTETS(nonce));
	rc = row.w.failed ? scep_fail(err, SCEP_E_NOMEM, "attributes") :
	    sort(&row, out, err);
	scep_buf_clear(&row.w.out);
	return rc;
}

/* SignerInfo, RFC 5652 section 5.3; attrs is re-tagged as [0] IMPLICIT. */
static void
put_signer(struct scep_writer *w, const struct scep_reply *reply,
    const struct scep_buf *attrs, const struct scep_buf *signature)
{
	const struct scep_cert	*ra = reply->ra_cert;

	scep_writer_open(w, SEQUENCE);
	scep_writer_raw(w, OCTETS(version_1));
	scep_writer_open(w, SEQUENCE);
	scep_writer_raw(w, ra->issuer);
	scep_writer_add(w, INTEGER, ra->serial);
	scep_writer_close(w);
	scep_alg_put_digest(w, reply->to->digest);
	attrs->data[0] = CTX0;
	scep_writer_raw(w, scep_buf_span(attrs));
	scep_alg_put_rsa(w);
	scep_writer_add(w, OCTET_STRING, scep_buf_span(signature));
	scep_writer_close(w);
}

/* EncapsulatedContentInfo, section 5.2. */
static void
put_content(struct scep_writer *w, const struct scep_reply *reply,
    struct scep_span content)
{
	scep_writer_open(w, SEQUENCE);
	scep_writer_raw(w, OCTETS(id_data));
	/* I-030: empty by default, because PKCS7_verify() wants to see one. */
	if (!reply->omit_content || reply->status == SCEP_STATUS_SUCCESS) {
		scep_writer_open(w, CTX0);
		scep_writer_add(w, OCTET_STRING, content);
		scep_writer_close(w);
	}
	scep_writer_close(w);
}

/* ContentInfo with SignedData, sections 3 and 5.1. */
static enum scep_err
encode(const struct scep_reply *reply, struct scep_span content,
    const struct scep_buf *attrs, const struct scep_buf *signature,
    struct scep_buf *out, struct scep_error *err)
{
	const struct scep_span	 ra = scep_buf_span(&reply->ra_cert->der);
	struct scep_writer	 w;

	scep_writer_init(&w, content.len + attrs->len + ra.len + AROUND);
	scep_writer_open(&w, SEQUENCE);
	scep_writer_raw(&w, OCTETS(id_signed_data));
	scep_writer_open(&w, CTX0);
	scep_writer_open(&w, SEQUENCE);
	scep_writer_raw(&w, OCTETS(version_1));
	scep_writer_open(&w, SET);
	scep_alg_put_digest(&w, reply->to->digest);
	scep_writer_close(&w);
	put_content(&w, reply, content);
	scep_writer_add(&w, CTX0, ra);
	scep_writer_open(&w, SET);
	put_signer(&w, reply, attrs, signature);
	return scep_writer_end(&w, SCEP_OK, out, err);
}

static enum scep_err
sign_and_encode(const struct scep_crypto *crypto,
    const struct scep_reply *reply, struct scep_span content,
    struct scep_buf *out, struct scep_error *err)
{
	struct scep_buf	 attrs = { NULL, 0 }, signature = { NULL, 0 };
	enum scep_err	 rc;

	if ((rc = make_attrs(crypto, reply, content, &attrs, err)) ==
	    SCEP_OK &&
	    (rc = scep_key_sign_with(crypto, reply->ra_key, reply->ra_signing,
	    reply->to->digest, scep_buf_span(&attrs), &signature, err)) ==
	    SCEP_OK)
		rc = encode(reply, content, &attrs, &signature, out, err);
	scep_buf_clear(&attrs);
	scep_buf_clear(&signature);
	return rc;
}

/* RFC 8894 section 3.1: the recipient's key decides. */
static enum scep_err
seal(const struct scep_crypto *crypto, const struct scep_reply *reply,
    struct scep_buf *out, struct scep_error *err)
{
	const struct scep_address	*to = reply->to;

	if (scep_key_encrypts(reply->to_key->type))
		return scep_envelope_seal(crypto, reply->random, &to->signer,
		    reply->to_key, to->cipher, to->wrap, reply->certs_only,
		    out, err);
	return scep_envelope_seal_password(crypto, reply->random,
	    reply->password, to->cipher, reply->certs_only, out, err);
}

enum scep_err
scep_reply_build(const struct scep_crypto *crypto,
    const struct scep_reply *reply, struct scep_buf *out,
    struct scep_error *err)
{
	struct scep_buf	 envelope = { NULL, 0 };
	enum scep_err	 rc = SCEP_OK;

	/* Only a SUCCESS has one: RFC 8894 sections 3.3.2.2 and 3.3.2.3. */
	if (reply->status == SCEP_STATUS_SUCCESS)
		rc = seal(crypto, reply, &envelope, err);
	if (rc == SCEP_OK)
		rc = sign_and_encode(crypto, reply, scep_buf_span(&envelope),
		    out, err);
	scep_buf_clear(&envelope);
	return rc;
}
