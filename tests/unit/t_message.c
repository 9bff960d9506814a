/*
 * t_message.c - pkiMessages read: structure, address, messageType, signer.
 *
 * Each case is a good message with one thing changed and signed again; the
 * good one is the control of them all.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/error.h"

#include "tests/unit/conform.h"
#include "tests/unit/der_make.h"
#include "tests/unit/twist.h"

#define OID_UNKNOWN	"1.3.6.1.4.1.99999.1"
#define TXID		twist_oid(SCEP_ATTR_TRANSACTION_ID)
#define NONCE		twist_oid(SCEP_ATTR_SENDER_NONCE)
#define TYPE		twist_oid(SCEP_ATTR_MESSAGE_TYPE)
#define LEN(a)		(sizeof(a) / sizeof((a)[0]))

static struct twist_bench	 bench;

static int
setup(void **state)
{
	(void)state;
	twist_open(&bench);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	twist_close(&bench);
	der_forget();
	return 0;
}

/* The verdict on a good message with this change before it is signed. */
static enum scep_err
changed(void (*before)(SCEP_SIGNED *, const void *), const void *arg,
    int *complete)
{
	const struct twist	 t = { .before = before, .arg = arg };

	return twist_tried(&bench, twist_good(&bench, &t), complete);
}

static enum scep_err
changed_after(void (*after)(SCEP_CI_SIGNED *, const void *), const void *arg)
{
	const struct twist	 t = { .after = after, .arg = arg };

	return twist_tried(&bench, twist_good(&bench, &t), NULL);
}

static void
a_good_message_is_read(void **state)
{
	const struct client_message	 m = twist_plain(&bench);
	struct bytes			 der = client_message(&m), self;
	struct scep_address		 addr;
	struct scep_message		*msg;

	(void)state;
	assert_int_equal(twist_read(&bench, &der, &addr, &msg), SCEP_OK);
	assert_int_equal(addr.complete, 1);
	assert_int_equal(addr.type, 19);
	assert_int_equal(addr.txid_len, strlen(TWIST_TXID));
	assert_memory_equal(addr.txid, TWIST_TXID, addr.txid_len);
	assert_int_equal(addr.nonce_len, 16);
	assert_memory_equal(addr.nonce, TWIST_NONCE, 16);
	assert_int_equal(addr.digest, SCEP_SHA256);
	assert_int_equal(addr.cipher, SCEP_AES128);
	assert_int_equal(addr.wrap, SCEP_WRAP_V15);
	self.data = NULL;
	self.len = (size_t)i2d_X509(bench.self, &self.data);
	assert_int_equal(addr.signer.der.len, self.len);
	assert_memory_equal(addr.signer.der.data, self.data, self.len);
	assert_int_equal(msg->type, SCEP_MSG_PKCSREQ);
	assert_int_equal(msg->self_signed, 1);
	assert_int_equal(msg->has_envelope, 1);
	assert_int_equal(msg->envelope.n, 1);
	assert_int_equal(msg->envelope.recipient[0].wrap_known, 1);
	assert_int_equal(msg->envelope.content.len % 16, 0);
	assert_int_equal(msg->signing_time, 0);
	assert_int_equal(scep_envelope_find(&msg->envelope, &bench.opener),
	    0);
	scep_message_free(msg);
	scep_address_clear(&addr);
	bytes_free(&self);
	bytes_free(&der);
}

static void
octets_behind_the_message_are_counted(void **state)
{
	const struct client_message	 m = twist_plain(&bench);
	struct bytes			 der = client_message(&m), longer;
	struct scep_address		 addr;
	struct scep_message		*msg;
	struct scep_error		 err;
	size_t				 trailing;

	(void)state;
	longer.len = der.len + 3;
	longer.data = OPENSSL_zalloc(longer.len);
	assert_non_null(longer.data);
	memcpy(longer.data, der.data, der.len);
	assert_int_equal(scep_message_read(bench.crypto, &bench.rules, 0,
	    scep_span_make(longer.data, longer.len), &addr, &trailing, &msg,
	    &err), SCEP_OK);
	assert_int_equal(trailing, 3);
	scep_message_free(msg);
	scep_address_clear(&addr);
	assert_int_equal(scep_message_read(bench.crypto, &bench.rules, 0,
	    scep_span_make(der.data, der.len), &addr, &trailing, &msg, &err),
	    SCEP_OK);
	assert_int_equal(trailing, 0);
	scep_message_free(msg);
	scep_address_clear(&addr);
	bytes_free(&longer);
	bytes_free(&der);
}

static void
what_is_cut_short_is_no_message(void **state)
{
	const struct client_message	 m = twist_plain(&bench);
	struct bytes			 der = client_message(&m), cut;
	int				 complete;

	(void)state;
	cut.data = OPENSSL_malloc(der.len);
	assert_non_null(cut.data);
	for (cut.len = 0; cut.len < der.len; cut.len++) {
		memcpy(cut.data, der.data, cut.len);
		assert_int_equal(twist_verdict(&bench, &cut, &complete),
		    SCEP_E_FORMAT);
		assert_int_equal(complete, 0);
	}
	bytes_free(&cut);
	bytes_free(&der);
}

static void
other_outer_type(SCEP_CI_SIGNED *ci, const void *arg)
{
	ASN1_OBJECT_free(ci->type);
	ci->type = OBJ_txt2obj(arg, 0);
}

static void
only_signed_data_is_a_message(void **state)
{
	(void)state;
	assert_int_equal(changed_after(other_outer_type, "pkcs7-signedData"),
	    SCEP_OK);
	assert_int_equal(changed_after(other_outer_type,
	    "pkcs7-envelopedData"), SCEP_E_FORMAT);
	assert_int_equal(changed_after(other_outer_type, "1.2.3"),
	    SCEP_E_FORMAT);
}

/* So many SignerInfos: the one there, or copies of it. */
static void
with_signers(SCEP_CI_SIGNED *ci, const void *arg)
{
	STACK_OF(SCEP_SIGNER)	*all = ci->signed_data->signers;
	struct scep_buf		 der = { NULL, 0 };
	struct scep_error	 err;
	SCEP_CI_SIGNED		*copy;

	assert_int_equal(scep_asn1_encode(ci, ASN1_ITEM_rptr(SCEP_CI_SIGNED),
	    &der, &err), SCEP_OK);
	copy = scep_asn1_parse(scep_buf_span(&der),
	    ASN1_ITEM_rptr(SCEP_CI_SIGNED));
	assert_non_null(copy);
	if (*(const int *)arg == 0)
		sk_SCEP_SIGNER_push(copy->signed_data->signers,
		    sk_SCEP_SIGNER_pop(all));
	if (*(const int *)arg == 2)
		sk_SCEP_SIGNER_push(all,
		    sk_SCEP_SIGNER_pop(copy->signed_data->signers));
	scep_asn1_free(copy, ASN1_ITEM_rptr(SCEP_CI_SIGNED));
	scep_buf_clear(&der);
}

static void
there_is_exactly_one_signer(void **state)
{
	static const int	 none = 0, one = 1, two = 2;

	(void)state;
	assert_int_equal(changed_after(with_signers, &one), SCEP_OK);
	assert_int_equal(changed_after(with_signers, &none), SCEP_E_FORMAT);
	assert_int_equal(changed_after(with_signers, &two), SCEP_E_FORMAT);
}

static void
without_attributes(SCEP_SIGNED *sd, const void *arg)
{
	SCEP_SIGNER	*si = sk_SCEP_SIGNER_value(sd->signers, 0);

	(void)arg;
	while (sk_SCEP_ATTR_num(si->signed_attrs) > 0)
		scep_asn1_free(sk_SCEP_ATTR_pop(si->signed_attrs),
		    ASN1_ITEM_rptr(SCEP_ATTR));
}

/* Unknown ones, until there are so many in all. */
static void
with_attributes(SCEP_SIGNED *sd, const void *arg)
{
	while (sk_SCEP_ATTR_num(twist_attrs(sd)) < *(const int *)arg)
		twist_add(sd, OID_UNKNOWN, V_ASN1_NULL, NULL, 0);
}

static void
attributes_are_there_and_not_too_many(void **state)
{
	static const int	 most = SCEP_ATTRS_MAX;
	static const int	 too_many = SCEP_ATTRS_MAX + 1;
	int			 complete;

	(void)state;
	assert_int_equal(changed(with_attributes, &most, NULL), SCEP_OK);
	assert_int_equal(changed(with_attributes, &too_many, &complete),
	    SCEP_E_FORMAT);
	assert_int_equal(complete, 0);
	assert_int_equal(changed(without_attributes, NULL, &complete),
	    SCEP_E_FORMAT);
	assert_int_equal(complete, 0);
}

/* Further entries in front of or behind the signer's certificate. */
struct bag {
	int			 n;		/* in all */
	int			 last;		/* the signer's is last */
	int			 tag;		/* 0x30, or another choice */
	int			 is_cert;	/* a real certificate */
};

static ASN1_TYPE *
bag_entry(const struct bag *bag)
{
	ASN1_TYPE		*any = ASN1_TYPE_new();
	ASN1_STRING		*s;
	struct scep_span	 der;

	assert_non_null(any);
	der = bag->is_cert ? scep_buf_span(&bench.ra.der) :
	    DER(bag->tag, der_int(1));
	s = ASN1_STRING_type_new(bag->tag == 0x30 ? V_ASN1_SEQUENCE :
	    V_ASN1_OTHER);
	assert_int_equal(ASN1_STRING_set(s, der.data, (int)der.len), 1);
	ASN1_TYPE_set(any, bag->tag == 0x30 ? V_ASN1_SEQUENCE : V_ASN1_OTHER,
	    s);
	return any;
}

static void
with_bag(SCEP_SIGNED *sd, const void *arg)
{
	const struct bag	*bag = arg;

	while (sk_ASN1_TYPE_num(sd->certs) < bag->n)
		sk_ASN1_TYPE_insert(sd->certs, bag_entry(bag),
		    bag->last ? 0 : -1);
}

static void
the_signers_certificate_is_found_among_others(void **state)
{
	static const struct bag	 good[] = {
		{ 2, 0, 0x30, 1 }, { 2, 1, 0x30, 1 }, { 8, 1, 0x30, 1 },
		{ 3, 1, 0x30, 0 },		/* no certificate at all */
		{ 4, 1, 0xa1, 0 },		/* AttributeCertificate */
		{ 4, 0, 0xa3, 0 },		/* OtherCertificateFormat */
	};
	static const struct bag	 too_many = { SCEP_CERTS_MAX + 1, 0, 0x30,
				    1 };
	size_t			 i;

	(void)state;
	for (i = 0; i < LEN(good); i++)
		assert_int_equal(changed(with_bag, &good[i], NULL), SCEP_OK);
	assert_int_equal(changed(with_bag, &too_many, NULL), SCEP_E_FORMAT);
}

static void
only_a_decoy(SCEP_SIGNED *sd, const void *arg)
{
	ASN1_TYPE_free(sk_ASN1_TYPE_pop(sd->certs));
	if (arg != NULL)
		with_bag(sd, arg);
}

static void
without_the_signers_certificate_there_is_no_address(void **state)
{
	static const struct bag	 decoy = { 1, 0, 0x30, 1 };
	int			 complete;

	(void)state;
	assert_int_equal(changed(only_a_decoy, NULL, &complete),
	    SCEP_E_FORMAT);
	assert_int_equal(complete, 0);
	assert_int_equal(changed(only_a_decoy, &decoy, &complete),
	    SCEP_E_FORMAT);
	assert_int_equal(complete, 0);
}

/* What becomes of one attribute. */
struct attr_case {
	const char	*oid;
	int		 type;		/* of the value; 0: leave it out */
	const char	*value;
	int		 len;		/* -1: text */
	int		 twice;		/* 1: two attributes, 2: two values,
					   3: no value */
};

static void
with_attr(SCEP_SIGNED *sd, const void *arg)
{
	const struct attr_case	*c = arg;

	twist_drop(sd, c->oid);
	if (c->type == 0)
		return;
	twist_add(sd, c->oid, c->type, c->value, c->len);
	if (c->twice == 1)
		twist_add(sd, c->oid, c->type, c->value, c->len);
	if (c->twice == 2)
		twist_value(twist_attr(sd, c->oid), c->type, c->value,
		    c->len);
	if (c->twice == 3)
		ASN1_TYPE_free(sk_ASN1_TYPE_pop(twist_attr(sd,
		    c->oid)->values));
}

static void
expect_attr(const struct attr_case *c, enum scep_err rc, int complete)
{
	int	 got;

	if (changed(with_attr, c, &got) != rc || got != complete)
		fail_msg("%s, type %d, \"%.20s\", %d", c->oid, c->type,
		    c->value != NULL ? c->value : "", c->twice);
}

static void
a_transaction_id_is_one_text_of_1_to_256_octets(void **state)
{
	static const char	 octets[258] = { 0 };
	const struct attr_case	 good[] = {
		{ TXID, V_ASN1_PRINTABLESTRING, "x", -1, 0 },
		{ TXID, V_ASN1_PRINTABLESTRING, "SSCEP transactionId", -1, 0 },
		{ TXID, V_ASN1_PRINTABLESTRING, "a+/b_*=", -1, 0 },
		{ TXID, V_ASN1_PRINTABLESTRING, octets, SCEP_TXID_MAX, 0 },
		{ TXID, V_ASN1_UTF8STRING, "y", -1, 0 },
		{ TXID, V_ASN1_IA5STRING, "z", -1, 0 },
	}, bad[] = {
		{ TXID, 0, NULL, 0, 0 },
		{ TXID, V_ASN1_PRINTABLESTRING, "", 0, 0 },
		{ TXID, V_ASN1_PRINTABLESTRING, octets, SCEP_TXID_MAX + 1, 0 },
		{ TXID, V_ASN1_PRINTABLESTRING, "x", -1, 1 },
		{ TXID, V_ASN1_PRINTABLESTRING, "x", -1, 2 },
		{ TXID, V_ASN1_PRINTABLESTRING, "x", -1, 3 },
		{ TXID, V_ASN1_OCTET_STRING, "x", -1, 0 },
		{ TXID, V_ASN1_BMPSTRING, "xx", -1, 0 },
		{ TXID, V_ASN1_T61STRING, "x", -1, 0 },
		{ TXID, V_ASN1_INTEGER, "x", -1, 0 },
		{ TXID, V_ASN1_NULL, NULL, 0, 0 },
		{ TXID, V_ASN1_OBJECT, "1.2.3", 0, 0 },
	};
	size_t			 i;

	(void)state;
	for (i = 0; i < LEN(good); i++)
		expect_attr(&good[i], SCEP_OK, 1);
	for (i = 0; i < LEN(bad); i++)
		expect_attr(&bad[i], SCEP_E_FORMAT, 0);
}

static void
a_sender_nonce_is_one_string_of_1_to_64_octets(void **state)
{
	static const char	 octets[66] = { 0 };
	const struct attr_case	 good[] = {
		{ NONCE, V_ASN1_OCTET_STRING, octets, 1, 0 },
		{ NONCE, V_ASN1_OCTET_STRING, octets, 8, 0 },
		{ NONCE, V_ASN1_OCTET_STRING, octets, SCEP_NONCE_MAX, 0 },
	}, bad[] = {
		{ NONCE, 0, NULL, 0, 0 },
		{ NONCE, V_ASN1_OCTET_STRING, "", 0, 0 },
		{ NONCE, V_ASN1_OCTET_STRING, octets, SCEP_NONCE_MAX + 1, 0 },
		{ NONCE, V_ASN1_OCTET_STRING, octets, 16, 1 },
		{ NONCE, V_ASN1_OCTET_STRING, octets, 16, 2 },
		{ NONCE, V_ASN1_OCTET_STRING, octets, 16, 3 },
		{ NONCE, V_ASN1_PRINTABLESTRING, "0123456789abcdef", -1, 0 },
		{ NONCE, V_ASN1_NULL, NULL, 0, 0 },
		{ NONCE, V_ASN1_OBJECT, "1.2.3", 0, 0 },
	};
	size_t			 i;

	(void)state;
	for (i = 0; i < LEN(good); i++)
		expect_attr(&good[i], SCEP_OK, 1);
	for (i = 0; i < LEN(bad); i++)
		expect_attr(&bad[i], SCEP_E_FORMAT, 0);
}

static void
a_message_type_is_compared_whole(void **state)
{
	const struct attr_case	 good[] = {
		{ TYPE, V_ASN1_PRINTABLESTRING, "17", -1, 0 },
		{ TYPE, V_ASN1_PRINTABLESTRING, "19", -1, 0 },
		{ TYPE, V_ASN1_PRINTABLESTRING, "20", -1, 0 },
		{ TYPE, V_ASN1_PRINTABLESTRING, "21", -1, 0 },
		{ TYPE, V_ASN1_PRINTABLESTRING, "22", -1, 0 },
	}, bad[] = {
		{ TYPE, 0, NULL, 0, 0 },
		{ TYPE, V_ASN1_PRINTABLESTRING, "", 0, 0 },
		{ TYPE, V_ASN1_PRINTABLESTRING, "0", -1, 0 },
		{ TYPE, V_ASN1_PRINTABLESTRING, "3", -1, 0 },
		{ TYPE, V_ASN1_PRINTABLESTRING, "1", -1, 0 },
		{ TYPE, V_ASN1_PRINTABLESTRING, "18", -1, 0 },
		{ TYPE, V_ASN1_PRINTABLESTRING, "23", -1, 0 },
		{ TYPE, V_ASN1_PRINTABLESTRING, "019", -1, 0 },
		{ TYPE, V_ASN1_PRINTABLESTRING, "19 ", -1, 0 },
		{ TYPE, V_ASN1_PRINTABLESTRING, " 19", -1, 0 },
		{ TYPE, V_ASN1_PRINTABLESTRING, "+19", -1, 0 },
		{ TYPE, V_ASN1_PRINTABLESTRING, "190", -1, 0 },
		{ TYPE, V_ASN1_PRINTABLESTRING, "19", 3, 0 },
		{ TYPE, V_ASN1_PRINTABLESTRING, "-1", -1, 0 },
		{ TYPE, V_ASN1_PRINTABLESTRING, "19", -1, 1 },
		{ TYPE, V_ASN1_PRINTABLESTRING, "19", -1, 2 },
		{ TYPE, V_ASN1_PRINTABLESTRING, "19", -1, 3 },
		{ TYPE, V_ASN1_UTF8STRING, "19", -1, 0 },
		{ TYPE, V_ASN1_IA5STRING, "19", -1, 0 },
		{ TYPE, V_ASN1_INTEGER, "\x13", 1, 0 },
		{ TYPE, V_ASN1_NULL, NULL, 0, 0 },
	};
	size_t			 i;

	(void)state;
	for (i = 0; i < LEN(good); i++)
		expect_attr(&good[i], SCEP_OK, 1);
	for (i = 0; i < LEN(bad); i++)
		expect_attr(&bad[i], SCEP_E_REFUSED, 1);
}

static void
message_types_have_their_names(void **state)
{
	(void)state;
	assert_string_equal(scep_msg_type_name(3), "CertRep");
	assert_string_equal(scep_msg_type_name(17), "RenewalReq");
	assert_string_equal(scep_msg_type_name(19), "PKCSReq");
	assert_string_equal(scep_msg_type_name(20), "CertPoll");
	assert_string_equal(scep_msg_type_name(21), "GetCert");
	assert_string_equal(scep_msg_type_name(22), "GetCRL");
	assert_string_equal(scep_msg_type_name(18), "unknown");
	assert_string_equal(scep_msg_type_name(-1), "unknown");
}

static void
with_unknown(SCEP_SIGNED *sd, const void *arg)
{
	SCEP_SIGNER	*si = sk_SCEP_SIGNER_value(sd->signers, 0);

	(void)arg;
	twist_add(sd, OID_UNKNOWN, V_ASN1_OCTET_STRING, "0123456789abcdef",
	    -1);
	twist_value(twist_attr(sd, OID_UNKNOWN), V_ASN1_OCTET_STRING,
	    "0123456789abcdeg", -1);
	twist_add(sd, OID_UNKNOWN, V_ASN1_OCTET_STRING, "another", -1);
	/* Unsigned ones too: a second senderNonce there is none. */
	si->unsigned_attrs = sk_SCEP_ATTR_new_null();
	twist_add(sd, NONCE, V_ASN1_OCTET_STRING, "x", -1);
	sk_SCEP_ATTR_push(si->unsigned_attrs,
	    sk_SCEP_ATTR_pop(si->signed_attrs));
}

static void
unknown_and_unsigned_attributes_are_ignored(void **state)
{
	(void)state;
	assert_int_equal(changed(with_unknown, NULL, NULL), SCEP_OK);
}

/* A certificate with a subjectKeyIdentifier, and a SignerInfo that names
 * it. */
static const unsigned char	 ski[20] = "key identifier 12345";

static void
by_key_identifier(SCEP_SIGNED *sd, const void *arg)
{
	SCEP_SID	*sid = sk_SCEP_SIGNER_value(sd->signers, 0)->sid;

	scep_asn1_free(sid->d.ias, ASN1_ITEM_rptr(SCEP_IAS));
	sid->type = SCEP_SID_SKI;
	sid->d.ski = ASN1_OCTET_STRING_new();
	assert_int_equal(ASN1_STRING_set(sid->d.ski, arg, 20), 1);
	ASN1_INTEGER_set(sk_SCEP_SIGNER_value(sd->signers, 0)->version, 3);
	ASN1_INTEGER_set(sd->version, 3);
}

static void
by_key_identifier_as_version_1(SCEP_SIGNED *sd, const void *arg)
{
	by_key_identifier(sd, arg);
	ASN1_INTEGER_set(sk_SCEP_SIGNER_value(sd->signers, 0)->version, 1);
}

static enum scep_err
signed_by_key_id(X509 *signer,
    void (*before)(SCEP_SIGNED *, const void *), const void *id)
{
	struct client_message	 m = twist_plain(&bench);
	const struct twist	 t = { .before = before, .arg = id };
	struct bytes		 der, out;
	enum scep_err		 rc;

	m.signer = signer;
	der = client_message(&m);
	out = twist_message(&bench, &der, &t);
	rc = twist_verdict(&bench, &out, NULL);
	/* OpenSSL finds it too, and does not look at the version. */
	if (rc != SCEP_E_REFUSED)
		assert_int_equal(twist_cms_verify(&out, NULL),
		    rc == SCEP_OK);
	bytes_free(&out);
	bytes_free(&der);
	return rc;
}

static void
a_signer_may_be_named_by_its_key_identifier(void **state)
{
	static const unsigned char	 other[20] = "key identifier 12346";
	X509			*cert = client_self_signed(bench.key, "/CN=ski");
	ASN1_OCTET_STRING	*id = ASN1_OCTET_STRING_new();

	(void)state;
	assert_int_equal(ASN1_OCTET_STRING_set(id, ski, 20), 1);
	assert_int_equal(X509_add1_ext_i2d(cert, NID_subject_key_identifier,
	    id, 0, 0), 1);
	assert_true(X509_sign(cert, bench.key, EVP_sha256()) > 0);
	assert_int_equal(signed_by_key_id(cert, by_key_identifier, ski),
	    SCEP_OK);
	assert_int_equal(signed_by_key_id(cert, by_key_identifier, other),
	    SCEP_E_FORMAT);
	assert_int_equal(signed_by_key_id(bench.self, by_key_identifier, ski),
	    SCEP_E_FORMAT);
	/* RFC 5652 section 5.3: version 3, then. */
	assert_int_equal(signed_by_key_id(cert,
	    by_key_identifier_as_version_1, ski), SCEP_E_REFUSED);
	ASN1_OCTET_STRING_free(id);
	X509_free(cert);
}

struct versions {
	long	 signed_data, signer_info;
};

static void
with_versions(SCEP_SIGNED *sd, const void *arg)
{
	const struct versions	*v = arg;

	ASN1_INTEGER_set(sd->version, v->signed_data);
	ASN1_INTEGER_set(sk_SCEP_SIGNER_value(sd->signers, 0)->version,
	    v->signer_info);
}

static void
versions_that_nothing_signs_are_those_of_the_rfc(void **state)
{
	static const struct versions	 good[] = { { 1, 1 }, { 3, 1 } };
	static const struct versions	 bad[] = { { 0, 1 }, { 2, 1 },
	    { 4, 1 }, { -1, 1 }, { 257, 1 }, { 1, 0 }, { 1, 2 }, { 1, 3 },
	    { 1, -1 }, { 3, 3 } };
	size_t				 i;
	int				 complete;

	(void)state;
	for (i = 0; i < LEN(good); i++)
		assert_int_equal(changed(with_versions, &good[i], NULL),
		    SCEP_OK);
	for (i = 0; i < LEN(bad); i++) {
		assert_int_equal(changed(with_versions, &bad[i], &complete),
		    SCEP_E_REFUSED);
		assert_int_equal(complete, 1);
	}
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(a_good_message_is_read),
		conforms(octets_behind_the_message_are_counted, "I-015"),
		conforms(what_is_cut_short_is_no_message, "C-030"),
		conforms(only_signed_data_is_a_message, "C-080"),
		conforms(there_is_exactly_one_signer, "C-093 T-22"),
		conforms(attributes_are_there_and_not_too_many,
		    "C-084 C-239 T-21"),
		conforms(the_signers_certificate_is_found_among_others,
		    "C-120 C-239 T-23"),
		conforms(without_the_signers_certificate_there_is_no_address,
		    "C-120 T-22 T-23"),
		conforms(a_transaction_id_is_one_text_of_1_to_256_octets,
		    "C-108 C-113 I-019 T-25"),
		conforms(a_sender_nonce_is_one_string_of_1_to_64_octets,
		    "C-106 C-113 I-019 T-25"),
		conforms(a_message_type_is_compared_whole, "C-109 C-113 T-25"),
		cmocka_unit_test(message_types_have_their_names),
		conforms(unknown_and_unsigned_attributes_are_ignored, "C-094"),
		conforms(a_signer_may_be_named_by_its_key_identifier,
		    "I-017 T-01"),
		cmocka_unit_test(
		    versions_that_nothing_signs_are_those_of_the_rfc),
	};

	return cmocka_run_group_tests_name("message", tests, setup, teardown);
}
