/*
 * t_odd_broken.c - messages that are more than odd: each fault gets its own
 * answer (PROTOCOL 1.18).
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "tests/unit/conform.h"
#include "tests/unit/odd_world.h"

#define NONE		der_raw("", 0)
#define HTTP_400	-1
#define ID_ENVELOPED	"1.2.840.113549.1.7.3"
#define ID_ENCRYPTED	"1.2.840.113549.1.7.6"

/* ---- faults of the message ---- */

static void
n_signers(struct odd *o, int n)
{
	o->n_signers = n;
}

static void
no_attrs(struct odd *o, int arg)
{
	(void)arg;
	o->no_attrs = 1;
}

static void
drop(struct odd *o, int which)
{
	o->drop = (unsigned int)which;
}

static void
twice(struct odd *o, int which)
{
	o->twice = (unsigned int)which;
}

static void
two_values(struct odd *o, int which)
{
	o->two_values = (unsigned int)which;
}

static void
type_text(struct odd *o, int which)
{
	static const char *const	 texts[] = { "0", "3", "18", "23",
	    "019", " 19", "19 ", "", "nineteen", "20000000000000000019" };

	o->type_text = texts[which];
}

static void
tag_of_type(struct odd *o, int tag)
{
	o->type_tag = tag;
}

static void
tag_of_txid(struct odd *o, int tag)
{
	o->txid_tag = tag;
	if (tag == 0x1e)
		o->txid = odd_text(tag, "abc");
}

static void
tag_of_nonce(struct odd *o, int tag)
{
	o->nonce_tag = tag;
}

static void
long_txid(struct odd *o, int len)
{
	o->txid = der_repeat(der_raw("x", 1), (size_t)len);
}

static void
long_nonce(struct odd *o, int len)
{
	o->nonce = der_repeat(der_raw("x", 1), (size_t)len);
}

static void
many_attrs(struct odd *o, int n)
{
	struct scep_span	 all = NONE;
	char			 oid[32];
	int			 i;

	for (i = 0; i < n; i++) {
		(void)snprintf(oid, sizeof(oid), "1.3.6.1.4.1.99999.7.%d", i);
		all = der_join(all, odd_attr(oid, der_hex("0500")));
	}
	o->attrs[0] = all;
	o->n_attrs = 1;
}

static void
wrong_digest(struct odd *o, int arg)
{
	(void)arg;
	o->bad_digest = 1;
}

static void
wrong_signature(struct odd *o, int arg)
{
	(void)arg;
	o->bad_signature = 1;
}

static void
content_types(struct odd *o, int which)
{
	switch (which) {
	case 0:
		o->content_type = ID_ENVELOPED;
		break;
	case 1:
		o->econtent_type = ID_ENVELOPED;
		break;
	case 2:
		o->inner_type = ID_ENCRYPTED;
		break;
	case 3:
		o->inner_type = ID_ENVELOPED;
		break;
	case 4:
		o->env_type = ID_ENCRYPTED;
		break;
	default:		/* as CMS would have it, but not RFC 8894 */
		o->content_type = o->econtent_type = ID_ENVELOPED;
	}
}

static void
versions(struct odd *o, int which)
{
	if (which == 0)
		o->sd_version = 2;
	else if (which == 1)
		o->si_version = 3;
	else if (which == 2)
		o->ed_version = 1;
	else
		o->si_version = -1;
}

static void
no_envelope(struct odd *o, int which)
{
	o->bare = which == 0;
	o->bare_enveloped = which == 1;
	o->no_content = which == 2;
}

static void
sha1(struct odd *o, int arg)
{
	(void)arg;
	o->md = EVP_sha1();
}

static void
triple_des(struct odd *o, int arg)
{
	(void)arg;
	o->cipher = EVP_des_ede3_cbc();
}

static const struct odd_fault	faults[] = {
	{ "no signer", "C-093 T-22", n_signers, 0, HTTP_400, "0 signers" },
	{ "two signers", "C-093", n_signers, 2, HTTP_400, "2 signers" },
	{ "no signed attributes", "C-084 T-21", no_attrs, 0, HTTP_400,
	    "signed attributes" },
	{ "33 signed attributes", "C-239", many_attrs, 28, HTTP_400,
	    "33 signed attributes" },
	{ "no transactionID", "C-113 C-027", drop, ODD_A_TXID, HTTP_400,
	    "transactionID: 0" },
	{ "two transactionIDs", "C-113 T-25", twice, ODD_A_TXID, HTTP_400,
	    "transactionID: 2" },
	{ "a transactionID of two values", "C-113 T-25", two_values,
	    ODD_A_TXID, HTTP_400, "transactionID: 2" },
	{ "a transactionID as BMPString", "C-113", tag_of_txid, 0x1e,
	    HTTP_400, "transactionID: ASN.1 type" },
	{ "a transactionID as OCTET STRING", "C-113", tag_of_txid, 0x04,
	    HTTP_400, "transactionID: ASN.1 type" },
	{ "an empty transactionID", "C-108", long_txid, 0, HTTP_400,
	    "transactionID of 0" },
	{ "a transactionID of 257 octets", "C-108", long_txid, 257, HTTP_400,
	    "transactionID of 257" },
	{ "no senderNonce", "C-113 C-027", drop, ODD_A_NONCE, HTTP_400,
	    "senderNonce: 0" },
	{ "two senderNonces", "C-113 T-25", twice, ODD_A_NONCE, HTTP_400,
	    "senderNonce: 2" },
	{ "a senderNonce of two values", "C-113 T-25", two_values,
	    ODD_A_NONCE, HTTP_400, "senderNonce: 2" },
	{ "a senderNonce as PrintableString", "C-113", tag_of_nonce, 0x13,
	    HTTP_400, "senderNonce: ASN.1 type" },
	{ "an empty senderNonce", "C-106", long_nonce, 0, HTTP_400,
	    "senderNonce of 0" },
	{ "a senderNonce of 65 octets", "C-106", long_nonce, 65, HTTP_400,
	    "senderNonce of 65" },

	{ "no messageType", "C-113 C-109", drop, ODD_A_TYPE, 2,
	    "messageType: 0" },
	{ "two messageTypes", "C-113 T-25", twice, ODD_A_TYPE, 2,
	    "messageType: 2" },
	{ "a messageType of two values", "C-113 T-25", two_values, ODD_A_TYPE,
	    2, "messageType: 2" },
	{ "a messageType as UTF8String", "C-113 C-105", tag_of_type, 0x0c, 2,
	    "messageType: ASN.1 type" },
	{ "a messageType as INTEGER", "C-113 C-105", tag_of_type, 0x02, 2,
	    "messageType: ASN.1 type" },
	{ "messageType 0", "C-109", type_text, 0, 2, "is no request" },
	{ "messageType 3", "C-109", type_text, 1, 2, "is no request" },
	{ "messageType 18", "C-109", type_text, 2, 2, "is no request" },
	{ "messageType 23", "C-109", type_text, 3, 2, "is no request" },
	{ "messageType 019", "C-105", type_text, 4, 2, "is no request" },
	{ "messageType with a blank before", "C-105", type_text, 5, 2,
	    "is no request" },
	{ "messageType with a blank behind", "C-105", type_text, 6, 2,
	    "is no request" },
	{ "an empty messageType", "C-105", type_text, 7, 2, "is no request" },
	{ "messageType nineteen", "C-105", type_text, 8, 2, "is no request" },
	{ "a messageType of 20 digits", "C-105", type_text, 9, 2,
	    "is no request" },

	{ "SHA-1", "C-221 T-28", sha1, 0, 0, "SHA-1 is not allowed" },
	{ "3DES", "C-221 T-52", triple_des, 0, 0, "is not allowed" },
	{ "SignedData version 2", "C-090", versions, 0, 2, "version 2" },
	{ "SignerInfo version 3 with a serial", "I-017", versions, 1, 2,
	    "SignerInfo version 3" },
	{ "SignerInfo version 0", "I-017", versions, 3, 2,
	    "SignerInfo version 0" },
	{ "EnvelopedData version 1", "I-017", versions, 2, 2,
	    "EnvelopedData version 1" },

	{ "another messageDigest", "C-121 C-100", wrong_digest, 0, 1,
	    "messageDigest" },
	{ "no messageDigest", "C-100", drop, ODD_A_DIGEST, 1,
	    "messageDigest: 0" },
	{ "two messageDigests", "C-100 T-25", twice, ODD_A_DIGEST, 1,
	    "messageDigest: 2" },
	{ "no contentType", "C-100", drop, ODD_A_CONTENT_TYPE, 1,
	    "contentType" },
	{ "two contentTypes", "C-100", twice, ODD_A_CONTENT_TYPE, 1,
	    "contentType" },
	{ "another contentType", "C-100 T-24", content_types, 0, 1,
	    "contentType" },
	{ "contentType and eContentType envelopedData", "C-081 T-24",
	    content_types, 5, 1, "contentType" },
	{ "another signature", "C-121", wrong_signature, 0, 1, "signature" },
	{ "another eContentType", "C-081 T-24", content_types, 1, 2,
	    "eContentType" },
	{ "encryptedData inside", "C-086", content_types, 2, 2,
	    "EnvelopedData of id-data" },
	{ "envelopedData inside", "C-086", content_types, 3, 2,
	    "EnvelopedData of id-data" },
	{ "encryptedData as the envelope", "C-080", content_types, 4, 2,
	    "EnvelopedData of id-data" },
	{ "a request without an envelope", "C-089", no_envelope, 0, 2,
	    "no envelope" },
	{ "an envelope without ContentInfo", "C-080", no_envelope, 1, 2,
	    "no envelope" },
	{ "no content", "C-082", no_envelope, 2, 2, "no envelope" },
};

/* C-030: no guess at what a message cut short might have been. */
static void
a_message_cut_anywhere_is_none(void **state)
{
	struct scep_http_request	 req = {
		.method = "POST", .path = "/static", .peer = "192.0.2.7",
		.query = "operation=PKIOperation",
	};
	struct odd_got			 got;
	struct scep_span		 whole;
	struct odd			 o;
	size_t				 len;
	int				 form;

	(void)state;
	for (form = 0; form < 2; form++) {
		odd_world_plain(odd_ow, &o);
		o.indefinite = form == 0 ? 0 : ~0u;
		o.segments = form == 0 ? 0 : ODD_S_ALL;
		whole = odd_make(&o);
		for (len = 1; len < whole.len; len += len < 64 ? 1 : 37) {
			req.body = whole.data;
			req.body_len = len;
			memset(&got, 0, sizeof(got));
			scep_ra_handle(odd_ow->ra, WORLD_NOW, &req, &got.http,
			    &got.log);
			assert_int_equal(got.http.status, 400);
			odd_got_clear(&got);
		}
		odd_world_granted(odd_ow, &o, ODD_CMS, "the whole of it");
	}
}

/* A good PKCSReq but for its type; is there a certificate in the answer? */
static int
is_issued(int type)
{
	static const char	 txid[] = "one for all types";
	struct odd_got		 got;
	struct odd		 o;
	char			 text[16];
	int			 issued;

	odd_world_plain(odd_ow, &o);
	(void)snprintf(text, sizeof(text), "%d", type);
	o.type_text = text;
	o.txid = der_raw(txid, strlen(txid));
	odd_world_post(odd_ow, &o, &got);
	issued = got.reply.cert != NULL;
	if (!issued) {
		assert_int_equal(got.http.status, 200);
		assert_int_equal(got.reply.status, 2);
	}
	odd_got_clear(&got);
	return issued;
}

/* SECURITY T6. */
static void
of_a_hundred_types_one_issues(void **state)
{
	const size_t	 before = world_count(odd_ow->w, SCEP_T_CERTIFICATE);
	int		 type;

	(void)state;
	for (type = 0; type < 100; type++)
		if (type != SCEP_MSG_PKCSREQ && is_issued(type))
			fail_msg("messageType %d", type);
	assert_int_equal(world_count(odd_ow->w, SCEP_T_CERTIFICATE), before);
	/* The control.  Then a poll delivers it, and issues nothing. */
	assert_true(is_issued(SCEP_MSG_PKCSREQ));
	assert_true(is_issued(SCEP_MSG_CERTPOLL));
	assert_int_equal(world_count(odd_ow->w, SCEP_T_CERTIFICATE), before +
	    1);
}

/* … and to the CA, by a worker that somebody else speaks through. */
static void
of_a_hundred_types_a_worker_names_one_issues(void **state)
{
	struct scep_answer	 answer;
	struct scep_error	 err;
	struct world_request	 r;
	char			 txid[16];

	(void)state;
	memset(&r, 0, sizeof(r));
	r.profile = "static";
	r.txid = txid;
	r.csr = client_csr(odd_ow->w->key[0], "/CN=dev-0", WORLD_STATIC,
	    NULL);
	for (r.type = 1; r.type < 100; r.type++) {
		(void)snprintf(txid, sizeof(txid), "t%d", r.type);
		assert_int_equal(world_enrol(odd_ow->w, &r, &answer, &err),
		    SCEP_OK);
		assert_int_equal(answer.outcome, r.type == 19 ? SCEP_GRANTED :
		    SCEP_REFUSED);
		scep_answer_clear(&answer);
	}
	bytes_free(&r.csr);
}

int
main(void)
{
	const struct CMUnitTest	 more[] = {
		cmocka_unit_test(of_a_hundred_types_one_issues),
		cmocka_unit_test(of_a_hundred_types_a_worker_names_one_issues),
		conforms(a_message_cut_anywhere_is_none, "C-030"),
	};

	return odd_faults_run("odd_broken", faults,
	    sizeof(faults) / sizeof(faults[0]), more,
	    sizeof(more) / sizeof(more[0]));
}
