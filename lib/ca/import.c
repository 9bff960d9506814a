/*
 * import.c - a certificate of another server's, as a record of ours: checked
 * against the CA that is said to have issued it.
 *
 * Nothing is taken on trust that the CA's signature can vouch for.  What is
 * known of a certificate that is not here is what a CRL needs, and no more: no
 * renewal can be based on it.
 */
#include <string.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "base/text.h"
#include "ca/admin_json.h"
#include "ca/import.h"
#include "ca/issuer.h"

#define SERIAL_MAX	40
#define YEAR_DIGITS	2		/* of RFC 3339 in front of the rest */
#define LAST_TIME	253402300799L	/* 9999-12-31T23:59:59Z */

enum scep_err
scep_import_ca_load(const struct scep_crypto *crypto,
    const struct scep_cert *cert, struct scep_import_ca *out,
    struct scep_error *err)
{
	const struct scep_key_rules	 any = { ~0u, 2048, 8192 };
	struct scep_issuer		 issuer;
	enum scep_err			 rc;

	memset(out, 0, sizeof(*out));
	if ((rc = scep_issuer_make(crypto, cert, &issuer, err)) != SCEP_OK ||
	    (rc = scep_key_load(crypto, cert->spki, &any, &out->key, err)) !=
	    SCEP_OK)
		return rc;
	out->subject = cert->subject;
	out->serial = cert->serial;
	out->is_root = scep_span_equal(cert->issuer, cert->subject);
	memcpy(out->id, issuer.id, sizeof(out->id));
	return SCEP_OK;
}

void
scep_import_ca_clear(struct scep_import_ca *ca)
{
	scep_key_clear(&ca->key);
	memset(ca, 0, sizeof(*ca));
}

/* Of the years' last two digits alone, where no more are known. */
static int
same_end(time_t a, time_t b, int two_digits)
{
	char	 one[SCEP_TIME_TEXT], other[SCEP_TIME_TEXT];

	scep_time_text(a, one);
	scep_time_text(b, other);
	return a == b || (two_digits && strcmp(one + YEAR_DIGITS, other +
	    YEAR_DIGITS) == 0);
}

/* The members. */

static const struct scep_admin_member	item_members[] = {
	{ "line", SCEP_ADMIN_NUMBER, 1, 0, LONG_MAX },
	{ "serial", SCEP_ADMIN_TEXT, 1, 2, 2 * SERIAL_MAX },
	{ "not_after", SCEP_ADMIN_NUMBER, 1, 0, LAST_TIME },
	{ "two_digits", SCEP_ADMIN_NUMBER, 0, 0, 1 },
	{ "revoked", SCEP_ADMIN_NUMBER, 0, 0, LAST_TIME },
	{ "reason", SCEP_ADMIN_NUMBER, 0, 0, 10 },
	{ "subject", SCEP_ADMIN_TEXT, 0, 0, SCEP_REC_TEXT - 1 },
	{ "der", SCEP_ADMIN_TEXT, 0, 2, 2 * SCEP_IMPORT_DER },
	{ NULL, SCEP_ADMIN_TEXT, 0, 0, 0 }
};

static time_t
time_of(const json_t *item, const char *member)
{
	return (time_t)json_integer_value(json_object_get(item, member));
}

static enum scep_err
read_hex(const json_t *item, const char *member, struct scep_buf *out,
    struct scep_error *err)
{
	const char	*hex = json_string_value(json_object_get(item,
			    member));
	size_t		 len = strlen(hex) / 2;
	uint8_t		*to;
	enum scep_err	 rc;

	scep_buf_clear(out);
	if ((to = scep_buf_extend(out, len)) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "%s", member);
	if ((rc = scep_hex_read(hex, to, len, &out->len, err)) != SCEP_OK)
		return scep_fail_within(err, "%s", member);
	return out->len > 0 ? SCEP_OK : scep_fail(err, SCEP_E_USAGE,
	    "%s is empty", member);
}

/* A revocation of tomorrow was made today: the clock of a server that wrote
 * local time. */
static enum scep_err
read_item(const json_t *item, time_t now, struct scep_cert_rec *out,
    struct scep_error *err)
{
	const char	*subject;
	enum scep_err	 rc;

	if ((rc = scep_admin_check_item(item_members, item, err)) !=
	    SCEP_OK ||
	    (rc = read_hex(item, "serial", &out->serial, err)) != SCEP_OK)
		return rc;
	out->rev = SCEP_REV_ABSENT;
	out->state = SCEP_CERT_VALID;
	out->not_after = time_of(item, "not_after");
	if (json_object_get(item, "revoked") != NULL) {
		out->state = SCEP_CERT_REVOKED;
		out->revoked = time_of(item, "revoked");
		out->reason = (int)time_of(item, "reason");
		if (out->revoked > now)
			out->revoked = now;
	}
	subject = json_string_value(json_object_get(item, "subject"));
	OPENSSL_strlcpy(out->subject, subject != NULL ? subject : "",
	    sizeof(out->subject));
	return json_object_get(item, "der") == NULL ? SCEP_OK :
	    read_hex(item, "der", &out->der, err);
}

/* The certificate. */

static enum scep_err
check_issuer(const struct scep_crypto *crypto,
    const struct scep_import_ca *ca, const struct scep_cert *cert,
    struct scep_error *err)
{
	struct scep_admin_name	 name;
	enum scep_err		 rc;

	scep_admin_subject(cert->issuer, &name);
	if (!scep_span_equal(cert->issuer, ca->subject))
		return scep_fail(err, SCEP_E_REFUSED, "its certificate was "
		    "issued by \"%.160s\"%s, and not by this CA", name.text,
		    scep_name_match(cert->issuer, ca->subject) ?
		    " (in another encoding)" : "");
	rc = scep_cert_verify(crypto, cert, &ca->key, err);
	if (rc != SCEP_E_SIG && rc != SCEP_E_ALG)
		return rc;
	return scep_fail(err, SCEP_E_REFUSED, "its certificate names this CA "
	    "as its issuer, and is not signed with this CA's key");
}

/* The file may be of another certificate of this CA. */
static enum scep_err
check_same(const struct scep_cert *cert, const json_t *item,
    const struct scep_cert_rec *rec, struct scep_error *err)
{
	const int	 two_digits = (int)time_of(item, "two_digits");
	char		 serial[2 * SERIAL_MAX + 1];
	char		 has[SCEP_TIME_TEXT], said[SCEP_TIME_TEXT];

	if (!scep_span_equal(cert->serial, scep_buf_span(&rec->serial))) {
		scep_hex_text(scep_span_make(cert->serial.data,
		    cert->serial.len < SERIAL_MAX ? cert->serial.len :
		    SERIAL_MAX), serial, sizeof(serial));
		return scep_fail(err, SCEP_E_REFUSED, "the certificate in its "
		    "file has the serial %s", serial);
	}
	if (same_end(cert->not_after, rec->not_after, two_digits))
		return SCEP_OK;
	scep_time_text(cert->not_after, has);
	scep_time_text(rec->not_after, said);
	return scep_fail(err, SCEP_E_REFUSED, "the certificate in its file "
	    "expires at %s, and not at %s: this serial was issued twice", has,
	    said);
}

static enum scep_err
fill(const struct scep_crypto *crypto, const struct scep_cert *cert,
    struct scep_cert_rec *out, struct scep_error *err)
{
	struct scep_admin_name	 name;

	scep_admin_subject(cert->subject, &name);
	OPENSSL_strlcpy(out->subject, name.text, sizeof(out->subject));
	scep_text_clean(out->subject);
	out->not_before = out->issued = cert->not_before;
	out->not_after = cert->not_after;
	memcpy(out->der_sha256, cert->sha256, sizeof(out->der_sha256));
	return scep_crypto_sha256(crypto, cert->spki, out->key_sha256, err);
}

static int
is_own(const struct scep_import_ca *ca, const struct scep_cert_rec *rec,
    const struct scep_cert *cert)
{
	if (cert != NULL)
		return scep_span_equal(cert->subject, ca->subject);
	return ca->is_root && scep_span_equal(ca->serial,
	    scep_buf_span(&rec->serial));
}

static enum scep_err
own(const struct scep_cert_rec *rec, struct scep_error *err)
{
	if (rec->state == SCEP_CERT_REVOKED)
		return scep_fail(err, SCEP_E_REFUSED, "the CA's own "
		    "certificate is revoked there: what it issued is worth "
		    "nothing any more");
	return scep_fail(err, SCEP_E_EXISTS, "the CA's own certificate");
}

static enum scep_err
take(const struct scep_crypto *crypto, const struct scep_import_ca *ca,
    const struct scep_cert *cert, const json_t *item,
    struct scep_cert_rec *out, struct scep_error *err)
{
	enum scep_err	 rc;

	if ((rc = check_issuer(crypto, ca, cert, err)) != SCEP_OK ||
	    (rc = check_same(cert, item, out, err)) != SCEP_OK)
		return rc;
	if (is_own(ca, out, cert))
		return own(out, err);
	return fill(crypto, cert, out, err);
}

enum scep_err
scep_import_item(const struct scep_crypto *crypto,
    const struct scep_import_ca *ca, time_t now, const json_t *item,
    struct scep_cert_rec *out, struct scep_error *err)
{
	struct scep_cert	 cert;
	enum scep_err		 rc;

	memset(out, 0, sizeof(*out));
	memcpy(out->issuer, ca->id, sizeof(out->issuer));
	if ((rc = read_item(item, now, out, err)) != SCEP_OK)
		return rc;
	if (out->der.len == 0)
		return is_own(ca, out, NULL) ? own(out, err) : SCEP_OK;
	rc = scep_cert_parse(crypto, scep_buf_span(&out->der), &cert, err);
	if (rc == SCEP_E_FORMAT)
		return scep_fail(err, SCEP_E_REFUSED, "its certificate does "
		    "not parse");
	if (rc != SCEP_OK)
		return rc;
	rc = take(crypto, ca, &cert, item, out, err);
	scep_cert_clear(&cert);
	return rc;
}

/* Against what is here. */

static enum scep_err
differs(const struct scep_cert_rec *here, struct scep_error *err)
{
	char	 serial[2 * SERIAL_MAX + 1], end[SCEP_TIME_TEXT];

	scep_hex_text(scep_buf_span(&here->serial), serial, sizeof(serial));
	scep_time_text(here->not_after, end);
	return scep_fail(err, SCEP_E_REFUSED, "serial %s is here as that of "
	    "another certificate, \"%.96s\" of profile %s, which expires at "
	    "%s; scepadm cert show %s tells more", serial, here->subject,
	    here->profile, end, serial);
}

static int
is_known(const uint8_t sha256[SCEP_SHA256_LEN])
{
	static const uint8_t	 none[SCEP_SHA256_LEN];

	return memcmp(sha256, none, sizeof(none)) != 0;
}

/* By their digests where both are known, else by when they end. */
static int
is_same(const struct scep_cert_rec *said, const json_t *item,
    const struct scep_cert_rec *here)
{
	if (is_known(said->der_sha256) && is_known(here->der_sha256))
		return memcmp(said->der_sha256, here->der_sha256,
		    SCEP_SHA256_LEN) == 0;
	return same_end(said->not_after, here->not_after,
	    (int)time_of(item, "two_digits"));
}

static void
complete(struct scep_cert_rec *said, struct scep_cert_rec *here)
{
	here->der = said->der;
	memset(&said->der, 0, sizeof(said->der));	/* transferred */
	memcpy(here->subject, said->subject, sizeof(here->subject));
	memcpy(here->key_sha256, said->key_sha256, sizeof(here->key_sha256));
	memcpy(here->der_sha256, said->der_sha256, sizeof(here->der_sha256));
	here->not_before = said->not_before;
	here->not_after = said->not_after;
	if (here->issued == 0)
		here->issued = said->issued;
}

enum scep_err
scep_import_merge(struct scep_cert_rec *said, const json_t *item,
    struct scep_cert_rec *here, enum scep_import_fate *fate,
    struct scep_error *err)
{
	*fate = SCEP_IMPORT_REFUSED;
	if (!is_same(said, item, here))
		return differs(here, err);
	*fate = SCEP_IMPORT_THERE;
	if (here->der.len == 0 && said->der.len > 0) {
		complete(said, here);
		*fate = SCEP_IMPORT_COMPLETED;
	}
	if (said->state == SCEP_CERT_REVOKED &&
	    here->state != SCEP_CERT_REVOKED) {
		here->state = SCEP_CERT_REVOKED;
		here->revoked = said->revoked;
		here->reason = said->reason;
		*fate = SCEP_IMPORT_REVOKED;
	}
	return SCEP_OK;
}
