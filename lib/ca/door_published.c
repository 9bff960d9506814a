/*
 * door_published.c - what a CA publishes to its RA workers, as DER and back.
 */
#include <string.h>

#include <openssl/crypto.h>

#include "base/der.h"
#include "base/error.h"
#include "ca/door_outer.h"

#define CAPS_MAX	4096
#define KEY_MAX		16384
#define LIST_MAX	1024

static const struct scep_field	profile_fields[] = {
	SCEP_FIELD_TEXT(scep_published_profile, name),
	SCEP_FIELD_TEXT(scep_published_profile, ca),
	SCEP_FIELD(SCEP_F_INT, scep_published_profile, getcert, 0),
	SCEP_FIELD(SCEP_F_INT, scep_published_profile, getcrl, 0),
	SCEP_FIELD(SCEP_F_BUF, scep_published_profile, caps, CAPS_MAX),
	SCEP_FIELD(SCEP_F_BUF, scep_published_profile, cacert, SCEP_DOOR_HALF),
	SCEP_FIELD(SCEP_F_INT, scep_published_profile, cacert_bundle, 0),
	SCEP_FIELD(SCEP_F_BUF, scep_published_profile, chain, SCEP_DOOR_HALF),
	SCEP_FIELD(SCEP_F_BUF, scep_published_profile, next_chain,
	    SCEP_DOOR_HALF),
	SCEP_FIELD(SCEP_F_UINT, scep_published_profile, rules.digests, 0),
	SCEP_FIELD(SCEP_F_UINT, scep_published_profile, rules.ciphers, 0),
	SCEP_FIELD(SCEP_F_UINT, scep_published_profile, rules.signer.types, 0),
	SCEP_FIELD(SCEP_F_INT, scep_published_profile,
	    rules.signer.min_rsa_bits, 0),
	SCEP_FIELD(SCEP_F_INT, scep_published_profile,
	    rules.signer.max_rsa_bits, 0),
	SCEP_FIELD(SCEP_F_LONG, scep_published_profile, rules.signing_time_s,
	    0),
	SCEP_FIELD(SCEP_F_BUF, scep_published_profile, nextcacert,
	    SCEP_DOOR_HALF),
	SCEP_FIELD(SCEP_F_UINT, scep_published_profile, ra, 0),
	SCEP_FIELD(SCEP_F_UINT, scep_published_profile, n_ras, 0),
	SCEP_FIELD(SCEP_F_INT, scep_published_profile, omit_content, 0),
	SCEP_FIELD(SCEP_F_INT, scep_published_profile, fail_text, 0),
	SCEP_FIELD_TEXT(scep_published_profile, fault),
};

static const struct scep_field	ra_fields[] = {
	SCEP_FIELD_TEXT(scep_published_ra, name),
	SCEP_FIELD(SCEP_F_UINT, scep_published_ra, ca_generation, 0),
	SCEP_FIELD(SCEP_F_BUF, scep_published_ra, cert, SCEP_DOOR_CERT),
	SCEP_FIELD(SCEP_F_BUF, scep_published_ra, key, KEY_MAX),
};

static const struct scep_field	ca_fields[] = {
	SCEP_FIELD_TEXT(scep_published_ca, name),
	SCEP_FIELD(SCEP_F_BUF, scep_published_ca, cert, SCEP_DOOR_CERT),
};

/* Profiles, RAs and CAs, each encoded one behind the other. */
struct published_body {
	unsigned int	 generation;
	long		 max_request;
	char		 default_profile[64];
	int		 metrics;
	struct scep_buf	 profiles, ras, cas;
};
static const struct scep_field	published_fields[] = {
	SCEP_FIELD(SCEP_F_UINT, published_body, generation, 0),
	SCEP_FIELD(SCEP_F_LONG, published_body, max_request, 0),
	SCEP_FIELD_TEXT(published_body, default_profile),
	SCEP_FIELD(SCEP_F_INT, published_body, metrics, 0),
	SCEP_FIELD(SCEP_F_BUF, published_body, profiles, SCEP_DOOR_MAX),
	SCEP_FIELD(SCEP_F_BUF, published_body, ras, SCEP_DOOR_MAX),
	SCEP_FIELD(SCEP_F_BUF, published_body, cas, SCEP_DOOR_MAX),
};

static enum scep_err
encode_published(const struct scep_published *p, struct published_body *body,
    struct scep_buf *out, struct scep_error *err)
{
	enum scep_err	 rc = SCEP_OK;
	size_t		 i;

	for (i = 0; rc == SCEP_OK && i < p->n_profiles; i++)
		rc = ENCODE(profile_fields, &p->profile[i], &body->profiles,
		    err);
	for (i = 0; rc == SCEP_OK && i < p->n_ras; i++)
		rc = ENCODE(ra_fields, &p->ra[i], &body->ras, err);
	for (i = 0; rc == SCEP_OK && i < p->n_cas; i++)
		rc = ENCODE(ca_fields, &p->ca[i], &body->cas, err);
	return rc != SCEP_OK ? rc :
	    ENCODE(published_fields, body, out, err);
}

enum scep_err
scep_door_encode_published(const struct scep_published *p,
    struct scep_buf *out, struct scep_error *err)
{
	struct published_body	 body = {
		.generation = p->generation,
		.max_request = (long)p->max_request,
		.metrics = p->metrics,
	};
	struct scep_buf		 der = { NULL, 0 };
	enum scep_err		 rc;

	OPENSSL_strlcpy(body.default_profile, p->default_profile,
	    sizeof(body.default_profile));
	if ((rc = encode_published(p, &body, &der, err)) == SCEP_OK)
		rc = scep_door_result_encode(SCEP_DOOR_IS_PUBLISHED, SCEP_OK,
		    NULL, scep_buf_span(&der), out, err);
	scep_fields_clear(published_fields, N(published_fields), &body);
	scep_buf_clear(&der);
	return rc;
}

/* How many values stand one behind the other, or -1. */
static int
count(struct scep_span rest, int max)
{
	struct scep_tlv	 tlv;
	int		 n;

	for (n = 0; rest.len > 0; n++)
		if (n == max || !scep_der_next(&rest, &tlv))
			return -1;
	return n;
}

/* count() has seen that each is a value. */
static enum scep_err
decode_lists(const struct published_body *body, struct scep_published *out,
    struct scep_error *err)
{
	struct scep_span	 profiles = scep_buf_span(&body->profiles);
	struct scep_span	 ras = scep_buf_span(&body->ras);
	struct scep_span	 cas = scep_buf_span(&body->cas);
	struct scep_tlv		 tlv;
	enum scep_err		 rc = SCEP_OK;

	while (rc == SCEP_OK && scep_der_next(&profiles, &tlv))
		rc = DECODE(profile_fields, tlv.whole,
		    &out->profile[out->n_profiles++], err);
	while (rc == SCEP_OK && scep_der_next(&ras, &tlv))
		rc = DECODE(ra_fields, tlv.whole, &out->ra[out->n_ras++],
		    err);
	while (rc == SCEP_OK && scep_der_next(&cas, &tlv))
		rc = DECODE(ca_fields, tlv.whole, &out->ca[out->n_cas++],
		    err);
	return rc;
}

static enum scep_err
decode_published(const struct published_body *body,
    struct scep_published *out, struct scep_error *err)
{
	const int	 profiles = count(scep_buf_span(&body->profiles),
			    LIST_MAX);
	const int	 ras = count(scep_buf_span(&body->ras),
			    LIST_MAX);
	const int	 cas = count(scep_buf_span(&body->cas),
			    LIST_MAX);

	if (profiles < 1 || ras < 1 || cas < 1)
		return scep_fail(err, SCEP_E_BUSY, "nothing is published");
	out->generation = body->generation;
	out->max_request = (uint64_t)body->max_request;
	out->metrics = body->metrics;
	OPENSSL_strlcpy(out->default_profile, body->default_profile,
	    sizeof(out->default_profile));
	out->profile = OPENSSL_zalloc((size_t)profiles *
	    sizeof(out->profile[0]));
	out->ra = OPENSSL_zalloc((size_t)ras * sizeof(out->ra[0]));
	out->ca = OPENSSL_zalloc((size_t)cas * sizeof(out->ca[0]));
	if (out->profile == NULL || out->ra == NULL || out->ca == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "published profiles");
	return decode_lists(body, out, err);
}

enum scep_err
scep_door_decode_published(struct scep_span der, struct scep_published *out,
    struct scep_error *err)
{
	struct scep_door_outer	 outer;
	struct published_body	 body;
	enum scep_err		 rc;

	memset(out, 0, sizeof(*out));
	memset(&body, 0, sizeof(body));
	if ((rc = scep_door_result_decode(der, SCEP_DOOR_IS_PUBLISHED, &outer,
	    err)) != SCEP_OK)
		return rc;
	if ((rc = DECODE(published_fields, outer.body, &body, err)) ==
	    SCEP_OK)
		rc = decode_published(&body, out, err);
	scep_fields_clear(published_fields, N(published_fields), &body);
	if (rc == SCEP_OK)
		return SCEP_OK;
	scep_published_clear(out);
	return rc == SCEP_E_NOMEM ? rc : scep_fail(err, SCEP_E_BUSY,
	    "what the CA process publishes does not decode");
}
