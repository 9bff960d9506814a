/*
 * log_cert.c - a certificate in an entry of the log, written and read back.
 *
 * Knows which pairs tell of one.
 */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "ca/log_cert.h"

#define SERIAL_MAX	40
#define UNCONFIRMED	"unconfirmed"

void
scep_log_cert(struct scep_line *line, const struct scep_cert_rec *cert,
    unsigned int generation)
{
	char	 hex[2 * SERIAL_MAX + 1], text[SCEP_TIME_TEXT];

	scep_hex_text(scep_buf_span(&cert->serial), hex, sizeof(hex));
	scep_line_text(line, "serial", hex);
	scep_line_text(line, "ca", cert->ca);
	scep_line_number(line, "generation", (long long)generation);
	scep_hex_text(scep_span_make(cert->issuer, sizeof(cert->issuer)),
	    hex, sizeof(hex));
	scep_line_text(line, "issuer", hex);
	scep_time_text(cert->not_before, text);
	scep_line_text(line, "not_before", text);
	scep_time_text(cert->not_after, text);
	scep_line_text(line, "not_after", text);
	scep_hex_text(scep_span_make(cert->key_sha256,
	    sizeof(cert->key_sha256)), hex, sizeof(hex));
	scep_line_text(line, "key", hex);
	scep_hex_text(scep_span_make(cert->der_sha256,
	    sizeof(cert->der_sha256)), hex, sizeof(hex));
	scep_line_text(line, "sha256", hex);
	if (cert->state == SCEP_CERT_UNCONFIRMED)
		scep_line_text(line, "state", UNCONFIRMED);
	scep_line_text(line, "authority", cert->authority);
}

void
scep_log_cert_event(struct scep_line *line, time_t when, const char *event,
    const struct scep_cert_rec *cert)
{
	char	 text[2 * SERIAL_MAX + 1];

	scep_time_text(when, text);
	scep_line_text(line, "time", text);
	scep_line_text(line, "event", event);
	if (cert->request_id[0] != '\0')
		scep_line_text(line, "id", cert->request_id);
	scep_line_text(line, "profile", cert->profile);
	scep_line_text(line, "subject", cert->subject);
	scep_hex_text(scep_buf_span(&cert->serial), text, sizeof(text));
	scep_line_text(line, "serial", text);
	scep_line_text(line, "ca", cert->ca);
	scep_hex_text(scep_span_make(cert->issuer, sizeof(cert->issuer)),
	    text, sizeof(text));
	scep_line_text(line, "issuer", text);
}

static int
get_octets(struct scep_span entry, const char *key, uint8_t *out, size_t size)
{
	char			 hex[2 * SCEP_SHA256_LEN + 1];
	struct scep_error	 why;
	size_t			 len = 0;

	return scep_line_get(entry, key, hex, sizeof(hex)) &&
	    scep_hex_read(hex, out, size, &len, &why) == SCEP_OK &&
	    len == size;
}

static int
get_time(struct scep_span entry, const char *key, time_t *out)
{
	char			 text[SCEP_TIME_TEXT];
	struct scep_error	 why;

	return scep_line_get(entry, key, text, sizeof(text)) &&
	    scep_time_read(text, out, &why) == SCEP_OK;
}

static int
get_serial(struct scep_span entry, struct scep_buf *out)
{
	char			 hex[2 * SERIAL_MAX + 1];
	uint8_t			 octets[SERIAL_MAX];
	struct scep_error	 why;
	size_t			 len = 0;

	return scep_line_get(entry, "serial", hex, sizeof(hex)) &&
	    scep_hex_read(hex, octets, sizeof(octets), &len, &why) ==
	    SCEP_OK && len > 0 &&
	    scep_buf_set(out, scep_span_make(octets, len), &why) == SCEP_OK;
}

int
scep_log_cert_key(struct scep_span entry, struct scep_buf *key)
{
	struct scep_cert_rec	 of = { .rev = 0 };
	struct scep_error	 why;
	int			 ok;

	ok = get_serial(entry, &of.serial) &&
	    get_octets(entry, "issuer", of.issuer, sizeof(of.issuer)) &&
	    scep_cert_key(scep_buf_span(&of.serial), of.issuer, key, &why) ==
	    SCEP_OK;
	scep_cert_rec_clear(&of);
	return ok;
}

static enum scep_cert_state
get_state(struct scep_span entry)
{
	char	 state[sizeof(UNCONFIRMED)];

	return scep_line_get(entry, "state", state, sizeof(state)) &&
	    strcmp(state, UNCONFIRMED) == 0 ? SCEP_CERT_UNCONFIRMED :
	    SCEP_CERT_VALID;
}

static int
read_all(struct scep_span entry, struct scep_cert_rec *out)
{
	return get_serial(entry, &out->serial) &&
	    get_octets(entry, "issuer", out->issuer, sizeof(out->issuer)) &&
	    get_octets(entry, "key", out->key_sha256,
	    sizeof(out->key_sha256)) &&
	    get_octets(entry, "sha256", out->der_sha256,
	    sizeof(out->der_sha256)) &&
	    get_time(entry, "time", &out->issued) &&
	    get_time(entry, "not_before", &out->not_before) &&
	    get_time(entry, "not_after", &out->not_after) &&
	    scep_line_get(entry, "ca", out->ca, sizeof(out->ca)) &&
	    scep_line_get(entry, "profile", out->profile,
	    sizeof(out->profile)) &&
	    scep_line_get(entry, "subject", out->subject,
	    sizeof(out->subject)) &&
	    scep_line_get(entry, "id", out->request_id,
	    sizeof(out->request_id)) &&
	    scep_line_get(entry, "authority", out->authority,
	    sizeof(out->authority));
}

enum scep_err
scep_log_cert_read(struct scep_span entry, struct scep_cert_rec *out,
    struct scep_error *err)
{
	char	 event[32];

	memset(out, 0, sizeof(*out));
	if (!scep_line_get(entry, "event", event, sizeof(event)) ||
	    (strcmp(event, "issued") != 0 && strcmp(event, "approved") != 0))
		return scep_fail(err, SCEP_E_NOTFOUND,
		    "the entry tells of no certificate");
	out->state = get_state(entry);
	if (read_all(entry, out))
		return SCEP_OK;
	scep_cert_rec_clear(out);
	memset(out, 0, sizeof(*out));
	return scep_fail(err, SCEP_E_FORMAT, "the entry says too little of "
	    "its certificate");
}
