/* renewing.c - a device renews, and is told; see renewing.h. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <cmocka.h>

#include "base/error.h"
#include "wire/envelope.h"
#include "tests/unit/renewing.h"

static const struct scep_profile *
profile_of(const struct renewal *r)
{
	return scep_config_profile(w->cfg, r->profile != NULL ? r->profile :
	    "static");
}

static X509 *
cert_of(struct scep_span der)
{
	const unsigned char	*p = der.data;
	X509			*cert = d2i_X509(NULL, &p, (long)der.len);

	world_must(cert != NULL);
	return cert;
}

X509 *
renewing_cert(struct outcome *o)
{
	X509	*cert = cert_of(scep_buf_span(&o->answer.cert));

	scep_answer_clear(&o->answer);
	return cert;
}

X509 *
renewing_first(const char *profile, const char *const *dns)
{
	char			 ch[SCEP_CHALLENGE_TEXT] = WORLD_STATIC;
	struct world_request	 r;
	struct outcome		 o;

	memset(&r, 0, sizeof(r));
	if (strcmp(profile, "static") != 0)
		ask_mint(profile, ch);
	r.profile = profile;
	r.txid = "first";
	r.csr = client_csr(w->key[0], "/CN=dev-0", ch, dns);
	o = ask_expect_keep(&r, "granted", "challenge");
	bytes_free(&r.csr);
	return renewing_cert(&o);
}

struct bytes
renewing_message(const struct renewal *r)
{
	struct client_message	 m = {
		.type = r->type != 0 ? r->type : SCEP_MSG_RENEWALREQ,
		.txid = r->txid != NULL ? r->txid : "r1",
		.key = r->old_key != NULL ? r->old_key : w->key[0],
		.signer = r->old,
		.recipient = { r->recipient != NULL ? r->recipient :
		    w->ra_cert },
	};
	struct bytes		 der;

	m.content = client_csr(r->key != NULL ? r->key : w->key[1],
	    r->subject != NULL ? r->subject : "/CN=dev-0", r->challenge,
	    r->dns);
	if (r->unproven)
		m.content.data[m.content.len - 1] ^= 1;
	der = client_message(&m);
	bytes_free(&m.content);
	return der;
}

/* What the RA does: the content key, and the two digests. */
static void
unwrap(const struct renewal *r, uint8_t key[SCEP_CONTENT_KEY_MAX],
    struct scep_enrolment *ask)
{
	const struct scep_profile	*p = profile_of(r);
	const struct scep_ca_conf	*ca = &w->cfg->ca[p->ca];
	struct scep_buf			 sealed = { NULL, 0 };
	struct scep_message		*msg = NULL;
	struct scep_address		 from;
	struct scep_opener		 opener;
	struct scep_error		 err;
	size_t				 trailing;

	world_must(scep_opener_init(w->crypto, &ca->ra_cert,
	    r->recipient_key != NULL ? r->recipient_key : ca->ra_key, &opener,
	    &err) == SCEP_OK);
	world_must(scep_message_read(w->crypto, &p->message, WORLD_NOW,
	    ask->message, &from, &trailing, &msg, &err) == SCEP_OK);
	world_must(scep_envelope_unwrap(w->crypto, &opener, &msg->envelope, 0,
	    key, &ask->content_key, &err) == SCEP_OK);
	world_must(scep_crypto_sha256(w->crypto,
	    msg->envelope.recipient[0].encrypted_key, ask->key_sha256,
	    &err) == SCEP_OK);
	world_must(scep_buf_set(&sealed, msg->envelope.content, &err) ==
	    SCEP_OK && scep_crypto_sha256(w->crypto, scep_buf_span(&sealed),
	    ask->content_sha256, &err) == SCEP_OK);
	scep_buf_clear(&sealed);
	scep_message_free(msg);
	scep_address_clear(&from);
	scep_opener_clear(&opener);
}

struct outcome
renewing_try(const struct renewal *r)
{
	char			 id[SCEP_REQUEST_ID_LEN];
	uint8_t			 key[SCEP_CONTENT_KEY_MAX];
	struct bytes		 made = { NULL, 0 };
	const struct bytes	*der = r->message;
	struct scep_enrolment	 ask = {
		.profile = profile_of(r)->name,
		.peer = "192.0.2.1",
		.type = SCEP_MSG_RENEWALREQ,
		.cipher = SCEP_AES128,
	};
	struct outcome		 o;

	memset(&o, 0, sizeof(o));
	if (der == NULL) {
		made = renewing_message(r);
		der = &made;
	}
	ask.message = scep_span_make(der->data, der->len);
	unwrap(r, key, &ask);
	if (r->lie != NULL) {
		ask.type = r->lie->type;
		ask.txid = r->lie->txid;
		ask.signer = r->lie->signer;
		ask.self_signed = r->lie->self_signed;
		ask.plaintext = r->lie->plaintext;
		ask.ca_generation = r->lie->ca_generation;
		if (r->lie->content_key.len > 0)
			ask.content_key = r->lie->content_key;
	}
	if (r->no_message)
		ask.message = scep_span_make(NULL, 0);
	(void)snprintf(id, sizeof(id), "%016x", __atomic_add_fetch(
	    &w->requests, 1, __ATOMIC_RELAXED));
	ask.request_id = id;
	o.rc = scep_ca_enrol(w->ca, WORLD_NOW + (r->later != 0 ? r->later :
	    RENEWING_OPEN), &ask, &o.answer, &o.err);
	bytes_free(&made);
	return o;
}

struct outcome
renewing_keep(const struct renewal *r, const char *end, const char *why)
{
	struct outcome	 o = renewing_try(r);
	const char	*is = o.rc != SCEP_OK ? scep_err_name(o.rc) :
			    o.answer.outcome == SCEP_GRANTED ? "granted" :
			    o.answer.outcome == SCEP_PENDING ? "pending" :
			    "refused";
	const char	*reason = o.rc != SCEP_OK ? o.err.text :
			    o.answer.reason;

	assert_int_equal(ERR_peek_error(), 0);
	if (strcmp(is, end) != 0 || strstr(reason, why) == NULL)
		fail_msg("wanted %s (%s), got %s (%s)", end, why, is, reason);
	/* DESIGN 7.4: one refusal, whatever the reason. */
	if (o.rc == SCEP_OK && o.answer.outcome == SCEP_REFUSED) {
		assert_int_equal(o.answer.code, SCEP_E_REFUSED);
		assert_int_equal(o.answer.cert.len, 0);
	}
	return o;
}

void
renewing(const struct renewal *r, const char *end, const char *why)
{
	struct outcome	 o = renewing_keep(r, end, why);

	scep_answer_clear(&o.answer);
}

X509 *
renewing_make(const struct renewing_plan *plan)
{
	X509		*cert = X509_new();
	X509		*issuer = plan->issuer != NULL ? plan->issuer :
			    w->ca_cert;
	EVP_PKEY	*key = plan->key != NULL ? plan->key : w->key[0];
	X509_EXTENSION	*ext;
	X509_NAME	*name;

	world_must(cert != NULL && X509_set_version(cert, 2) == 1);
	name = X509_get_subject_name(cert);
	world_must(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
	    (const unsigned char *)plan->subject, -1, -1, 0) == 1);
	world_must(ASN1_INTEGER_set(X509_get_serialNumber(cert),
	    plan->serial) == 1);
	world_must(X509_set_issuer_name(cert,
	    X509_get_subject_name(issuer)) == 1);
	world_must(ASN1_TIME_set(X509_getm_notBefore(cert), WORLD_NOW +
	    plan->from) != NULL);
	world_must(ASN1_TIME_set(X509_getm_notAfter(cert), WORLD_NOW +
	    plan->to) != NULL);
	world_must(X509_set_pubkey(cert, key) == 1);
	if (plan->ext != 0) {
		ext = X509V3_EXT_conf_nid(NULL, NULL, plan->ext,
		    plan->value);
		world_must(ext != NULL && X509_add_ext(cert, ext, -1) == 1);
		X509_EXTENSION_free(ext);
	}
	world_must(X509_sign(cert, plan->by != NULL ? plan->by : w->ca_key,
	    EVP_sha256()) > 0);
	return cert;
}

static void
parse(const X509 *cert, struct scep_cert *out)
{
	struct scep_error	 err;
	unsigned char		*der = NULL;
	int			 len = i2d_X509(cert, &der);

	world_must(len > 0 && scep_cert_parse(w->crypto, scep_span_make(der,
	    (size_t)len), out, &err) == SCEP_OK);
	OPENSSL_free(der);
}

static void
commit(const struct scep_cert_rec *rec)
{
	struct scep_change	 change = { .n = 0 };
	struct scep_error	 err;

	world_must(scep_cert_rec_write(&change, rec, &err) == SCEP_OK);
	world_must(scep_store_commit(w->store, &change, &err) == SCEP_OK);
	scep_change_clear(&change);
}

static void
issuer_of(const struct scep_cert *cert, uint8_t out[16])
{
	uint8_t			 digest[SCEP_SHA256_LEN];
	struct scep_error	 err;

	world_must(scep_crypto_sha256(w->crypto, cert->issuer, digest,
	    &err) == SCEP_OK);
	memcpy(out, digest, 16);
}

void
renewing_record(X509 *x509, const char *profile)
{
	struct scep_cert_rec	 rec;
	struct scep_cert	 cert;
	struct scep_error	 err;

	memset(&rec, 0, sizeof(rec));
	parse(x509, &cert);
	rec.rev = SCEP_REV_ABSENT;
	rec.state = SCEP_CERT_VALID;
	issuer_of(&cert, rec.issuer);
	world_must(scep_buf_set(&rec.serial, cert.serial, &err) == SCEP_OK);
	world_must(scep_buf_set(&rec.der, scep_buf_span(&cert.der), &err) ==
	    SCEP_OK);
	memcpy(rec.der_sha256, cert.sha256, sizeof(rec.der_sha256));
	(void)snprintf(rec.profile, sizeof(rec.profile), "%s", profile);
	(void)snprintf(rec.ca, sizeof(rec.ca), "test");
	(void)snprintf(rec.subject, sizeof(rec.subject), "CN=dev-0");
	(void)snprintf(rec.request_id, sizeof(rec.request_id), "%016x", 0xffff);
	(void)snprintf(rec.authority, sizeof(rec.authority), "imported");
	rec.issued = rec.not_before = cert.not_before;
	rec.not_after = cert.not_after;
	commit(&rec);
	scep_cert_rec_clear(&rec);
	scep_cert_clear(&cert);
}

void
renewing_revoke(const X509 *x509)
{
	struct scep_buf		 key = { NULL, 0 };
	struct scep_cert_rec	 rec;
	struct scep_cert	 cert;
	struct scep_error	 err;
	uint8_t			 issuer[16];

	parse(x509, &cert);
	issuer_of(&cert, issuer);
	world_must(scep_cert_key(cert.serial, issuer, &key, &err) == SCEP_OK);
	world_must(scep_cert_rec_get(w->store, scep_buf_span(&key), &rec,
	    &err) == SCEP_OK);
	rec.state = SCEP_CERT_REVOKED;
	rec.revoked = WORLD_NOW;
	commit(&rec);
	scep_cert_rec_clear(&rec);
	scep_buf_clear(&key);
	scep_cert_clear(&cert);
}
