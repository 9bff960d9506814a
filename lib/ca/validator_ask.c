/*
 * validator_ask.c - what a validator is asked, as JSON.
 *
 * Whatever a client sent is a JSON string here, and what is no clean text is
 * base64, with a member that says so.
 */
#include <stdio.h>
#include <string.h>

#include <jansson.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/error.h"
#include "base/text.h"
#include "ca/validator.h"

/* Names are told whole, or something could hide at their end: each octet of
 * one with a backslash, and its types as numbers. */
#define NAME_TEXT	(2 * SCEP_NAME_MAX_OCTETS + SCEP_NAME_MAX_AVAS * 72)

/* All or nothing: where one member could not be set, there is no question. */
static void
set(json_t *to, const char *name, json_t *value, int *bad)
{
	if (value == NULL || json_object_set_new(to, name, value) != 0)
		*bad = 1;
}

static void
set_text(json_t *to, const char *name, const char *text, int *bad)
{
	set(to, name, json_string(text), bad);
}

static json_t *
base64(struct scep_span octets)
{
	const size_t	 size = 4 * ((octets.len + 2) / 3) + 1;
	char		*text = OPENSSL_malloc(size);
	json_t		*json;

	if (text == NULL)
		return NULL;
	(void)EVP_EncodeBlock((unsigned char *)text, octets.data,
	    (int)octets.len);
	json = json_string(text);
	OPENSSL_cleanse(text, size);
	OPENSSL_free(text);
	return json;
}

static json_t *
hex(struct scep_span octets)
{
	char	 text[2 * 64 + 1];

	if (octets.len > 64)
		octets.len = 64;
	scep_hex_text(octets, text, sizeof(text));
	return json_string(text);
}

/* What a client wrote. */
static void
set_octets(json_t *to, const char *name, struct scep_span octets, int *bad)
{
	char	 flag[64];

	if (scep_is_clean_utf8(octets)) {
		set(to, name, json_stringn(octets.len > 0 ?
		    (const char *)octets.data : "", octets.len), bad);
		return;
	}
	(void)snprintf(flag, sizeof(flag), "%s_base64", name);
	set(to, name, base64(octets), bad);
	set(to, flag, json_true(), bad);
}

static void
set_time(json_t *to, const char *name, time_t when, int *bad)
{
	char	 text[SCEP_TIME_TEXT];

	scep_time_text(when, text);
	set_text(to, name, text, bad);
}

static void
set_subject(json_t *to, const struct scep_validator_ask *ask, int *bad)
{
	char	 text[NAME_TEXT];

	if (ask->name != NULL)
		scep_name_write(ask->name, text, sizeof(text));
	else
		scep_name_text(ask->subject, text, sizeof(text));
	set_octets(to, "subject", scep_span_text(text), bad);
}

static json_t *
san_json(const struct scep_san_list *san, int *bad)
{
	json_t			*list = json_array();
	const struct scep_san	*one;
	size_t			 i;

	for (i = 0; san != NULL && i < san->n; i++) {
		one = &san->san[i];
		if (json_array_append_new(list, json_sprintf("%s:%.*s",
		    scep_san_type_name(one->type), (int)one->value.len,
		    one->value.len > 0 ? (const char *)one->value.data :
		    "")) != 0)
			*bad = 1;
	}
	return list;
}

static json_t *
key_json(const struct scep_validator_ask *ask, int *bad)
{
	json_t	*key = json_object();

	set_text(key, "type", scep_key_type_name(ask->key_type), bad);
	if (ask->key_bits > 0)
		set(key, "bits", json_integer(ask->key_bits), bad);
	set(key, "sha256", hex(scep_span_make(ask->key_sha256,
	    SCEP_SHA256_LEN)), bad);
	return key;
}

static json_t *
signer_json(const struct scep_validator_ask *ask, int *bad)
{
	json_t	*signer = json_object();

	set(signer, "sha256", hex(scep_span_make(ask->signer_sha256,
	    SCEP_SHA256_LEN)), bad);
	set(signer, "self_signed", json_boolean(ask->self_signed), bad);
	return signer;
}

static json_t *
renewal_json(const struct scep_cert *cert, int *bad)
{
	json_t	*o;
	char	 text[NAME_TEXT];

	if (cert == NULL)
		return json_null();
	o = json_object();
	set(o, "serial", hex(cert->serial), bad);
	scep_name_text(cert->subject, text, sizeof(text));
	set_octets(o, "subject", scep_span_text(text), bad);
	set_time(o, "not_after", cert->not_after, bad);
	set(o, "sha256", hex(scep_span_make(cert->sha256, SCEP_SHA256_LEN)),
	    bad);
	return o;
}

static void
set_issued(json_t *to, const struct scep_validator_ask *ask, int *bad)
{
	char	 text[NAME_TEXT];

	set(to, "certificate", base64(ask->cert_der), bad);
	set(to, "serial", hex(ask->cert->serial), bad);
	set_time(to, "not_after", ask->cert->not_after, bad);
	scep_name_text(ask->cert->issuer, text, sizeof(text));
	set_octets(to, "issuer", scep_span_text(text), bad);
}

static void
set_all(json_t *to, const struct scep_validator_ask *ask, int *bad)
{
	set(to, "version", json_integer(1), bad);
	set_text(to, "event", ask->event, bad);
	set_text(to, "id", ask->request_id, bad);
	set_text(to, "profile", ask->profile->name, bad);
	set_text(to, "ca", ask->ca->name, bad);
	set_octets(to, "transaction", ask->txid, bad);
	set_octets(to, "peer", scep_span_text(ask->peer), bad);
	if (ask->csr.len > 0)
		set(to, "csr", base64(ask->csr), bad);
	set_subject(to, ask, bad);
	set(to, "san", san_json(ask->san, bad), bad);
	set(to, "key", key_json(ask, bad), bad);
	set(to, "signer", signer_json(ask, bad), bad);
	if (ask->challenge.len > 0)
		set_octets(to, "challenge", ask->challenge, bad);
	if (*ask->challenge_id != '\0')
		set_text(to, "challenge_id", ask->challenge_id, bad);
	set(to, "renewal", renewal_json(ask->renews, bad), bad);
	if (ask->cert != NULL)
		set_issued(to, ask, bad);
	if (ask->reason != NULL)
		set_octets(to, "reason", scep_span_text(ask->reason), bad);
}

enum scep_err
scep_validator_question(const struct scep_validator_ask *ask,
    struct scep_buf *out, struct scep_error *err)
{
	json_t		*question = json_object();
	size_t		 len = 0;
	enum scep_err	 rc = SCEP_OK;
	int		 bad = question == NULL;

	scep_buf_clear(out);
	if (!bad)
		set_all(question, ask, &bad);
	if (!bad)
		len = json_dumpb(question, NULL, 0, JSON_COMPACT);
	if (len > SCEP_HOOK_ASK_MAX)
		rc = scep_fail(err, SCEP_E_TOOBIG, "a question of %zu octets "
		    "to the validator, at most %d", len, SCEP_HOOK_ASK_MAX);
	else if (len == 0 || scep_buf_extend(out, len) == NULL)
		rc = scep_fail(err, SCEP_E_NOMEM, "the validator's question");
	else
		(void)json_dumpb(question, (char *)out->data, len,
		    JSON_COMPACT);
	json_decref(question);
	return rc;
}
