/*
 * fuzz_envelope.c - any bytes as a pkiMessage, and as the envelope in one: no
 * signature stands in the way of the second.
 *
 * Whatever reads, opens: to the same octets each time, and without a word of
 * what was wrong.  What ours verifies, OpenSSL's CMS verifies too.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "wire/legacy.h"
#include "wire/message_parts.h"

#include "tests/unit/twist.h"

#define NOW	1795521600	/* 2026-11-24 */

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct twist_bench	 bench;

static void
must(int ok)
{
	if (!ok)
		abort();
}

static void
start(void)
{
	struct scep_error	 err;

	twist_open(&bench);
	must(scep_legacy_load(bench.crypto, &err) == SCEP_OK);
	must(scep_client_legacy());	/* the judge, too */
	bench.rules.digests = ~0u;
	bench.rules.ciphers = ~0u;
	bench.rules.signing_time_s = 3600;
}

static void
open_twice(const struct scep_envelope *env)
{
	struct scep_buf		 a = { NULL, 0 }, b = { NULL, 0 };
	struct scep_error	 err;
	enum scep_err		 rc;
	size_t			 i;

	must(scep_envelope_find(env, &bench.opener) < (int)env->n);
	for (i = 0; i < env->n; i++) {
		rc = scep_envelope_open(bench.crypto, &bench.opener, env, i,
		    &a, &err);
		must(rc == (env->recipient[i].wrap_known ? SCEP_OK :
		    SCEP_E_ALG));
		if (rc != SCEP_OK)
			continue;
		must(a.len <= env->content.len &&
		    a.len + 16 >= env->content.len);
		must(scep_envelope_open(bench.crypto, &bench.opener, env, i,
		    &b, &err) == SCEP_OK);
		must(scep_span_equal(scep_buf_span(&a), scep_buf_span(&b)));
	}
	scep_buf_clear(&a);
	scep_buf_clear(&b);
}

/* Ours also takes a signature over the attributes in the order of DER. */
static int
is_sorted(const struct bytes *der)
{
	size_t			 used;
	SCEP_CI_SIGNED		*ci = scep_asn1_parse_prefix(
				    scep_span_make(der->data, der->len),
				    ASN1_ITEM_rptr(SCEP_CI_SIGNED), &used);
	const SCEP_SIGNER	*si = sk_SCEP_SIGNER_value(
				    ci->signed_data->signers, 0);
	struct scep_buf		 a = { NULL, 0 }, b = { NULL, 0 };
	struct scep_error	 err;
	int			 same;

	must(scep_asn1_encode(si->signed_attrs,
	    ASN1_ITEM_rptr(SCEP_ATTRS_ASIS), &a, &err) == SCEP_OK);
	must(scep_asn1_encode(si->signed_attrs,
	    ASN1_ITEM_rptr(SCEP_ATTRS_DER), &b, &err) == SCEP_OK);
	same = scep_span_equal(scep_buf_span(&a), scep_buf_span(&b));
	scep_buf_clear(&a);
	scep_buf_clear(&b);
	scep_asn1_free(ci, ASN1_ITEM_rptr(SCEP_CI_SIGNED));
	return same;
}

/* libcrypto does not read a number that is longer than it need be. */
static int
cms_parses(const struct bytes *der)
{
	const unsigned char	*p = der->data;
	CMS_ContentInfo		*cms = d2i_CMS_ContentInfo(NULL, &p,
				    (long)der->len);
	const int		 yes = cms != NULL;

	CMS_ContentInfo_free(cms);
	ERR_clear_error();
	return yes;
}

static void
as_message(const struct bytes *der)
{
	struct scep_address	 addr;
	struct scep_message	*msg;
	struct scep_error	 err;
	size_t			 trailing;
	enum scep_err		 rc;

	rc = scep_message_read(bench.crypto, &bench.rules, NOW,
	    scep_span_make(der->data, der->len), &addr, &trailing, &msg,
	    &err);
	must(addr.complete || rc == SCEP_E_FORMAT);
	must(trailing <= der->len);
	must((rc == SCEP_OK) == (msg != NULL));
	if (rc == SCEP_OK && msg->has_envelope)
		open_twice(&msg->envelope);
	/* A certificate that is not self-signed may be no certificate to
	 * OpenSSL. */
	if (rc == SCEP_OK && msg->self_signed && is_sorted(der) &&
	    msg->has_envelope && cms_parses(der))
		must(twist_cms_verify(der, NULL));
	scep_message_free(msg);
	scep_address_clear(&addr);
}

static void
as_envelope(struct scep_span der)
{
	struct scep_message	*msg = OPENSSL_zalloc(sizeof(*msg));
	struct scep_address	 addr;
	struct scep_enveloped	 env;
	struct scep_error	 err;

	must(msg != NULL);
	memset(&addr, 0, sizeof(addr));
	memset(&env, 0, sizeof(env));
	msg->type = SCEP_MSG_PKCSREQ;
	if (scep_envelope_algorithms(der, &bench.rules, &addr, msg, &env,
	    &err) == SCEP_OK && scep_envelope_read(&env, msg, &err) == SCEP_OK)
		open_twice(&msg->envelope);
	scep_message_free(msg);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bytes	 der = { NULL, len };

	if (bench.crypto == NULL)
		start();
	must((der.data = OPENSSL_memdup(len > 0 ? data :
	    (const uint8_t *)"", len > 0 ? len : 1)) != NULL);
	as_message(&der);
	as_envelope(scep_span_make(der.data, len));
	bytes_free(&der);
	must(ERR_peek_error() == 0);
	return 0;
}
