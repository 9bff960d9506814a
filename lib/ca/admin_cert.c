/*
 * admin_cert.c - what was issued: shown, given out.  Listed by
 * admin_cert_list.c.
 */
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "base/text.h"
#include "ca/admin_cert.h"
#include "ca/cert_query.h"
#include "ca/cert_revoke.h"
#include "ca/kin.h"
#include "ca/tbs.h"
#include "wire/cert.h"

#define SERIAL_MAX	40			/* scep_cert_key() */
#define PRINT_MAX	(3 * SCEP_DIGEST_MAX_LEN)

/* Of a certificate that was never here. */
static const uint8_t	 nothing[SCEP_SHA256_LEN];

/* "AB:CD:…", as openssl prints it. */
static void
print(const uint8_t *digest, size_t len, char out[PRINT_MAX])
{
	size_t	 i;

	for (i = 0; i < len; i++)
		(void)snprintf(out + 3 * i, PRINT_MAX - 3 * i, "%02X%s",
		    digest[i], i + 1 < len ? ":" : "");
}

/* SHA-1 needs the certificate itself. */
static enum scep_err
fingerprints(const struct scep_crypto *crypto,
    const struct scep_cert_rec *rec, char sha256[PRINT_MAX],
    char sha1[PRINT_MAX], struct scep_error *err)
{
	uint8_t		 digest[SCEP_DIGEST_MAX_LEN];
	size_t		 len;
	enum scep_err	 rc;

	sha256[0] = sha1[0] = '\0';
	if (memcmp(rec->der_sha256, nothing, sizeof(nothing)) != 0)
		print(rec->der_sha256, sizeof(rec->der_sha256), sha256);
	if (rec->der.len == 0)
		return SCEP_OK;
	if ((rc = scep_crypto_digest(crypto, SCEP_SHA1,
	    scep_buf_span(&rec->der), digest, &len, err)) == SCEP_OK)
		print(digest, len, sha1);
	return rc;
}

/* The names that stand in the certificate itself. */
struct names {
	struct scep_admin_name	 subject, issuer, san;
};

static void
read_names(const struct scep_crypto *crypto, const struct scep_cert_rec *rec,
    struct names *out)
{
	const struct scep_tbs_ext	*san;
	const struct scep_span		 none = { NULL, 0 };
	struct scep_cert		 cert;
	struct scep_error		 why;
	struct scep_tbs			 tbs;

	memset(out, 0, sizeof(*out));
	if (scep_cert_parse(crypto, scep_buf_span(&rec->der), &cert, &why) !=
	    SCEP_OK) {
		OPENSSL_strlcpy(out->subject.text, rec->subject,
		    sizeof(out->subject.text));
		return;
	}
	scep_admin_subject(cert.subject, &out->subject);
	scep_admin_subject(cert.issuer, &out->issuer);
	san = scep_tbs_parse(cert.tbs, &tbs) ?
	    scep_tbs_ext(&tbs, SCEP_ID_CE(SCEP_CE_SAN)) : NULL;
	scep_admin_san(san != NULL ? san->value : none, &out->san);
	scep_cert_clear(&cert);
}

/* "": it is not known. */
static void
time_text(time_t t, char out[SCEP_TIME_TEXT])
{
	out[0] = '\0';
	if (t != 0)
		scep_time_text(t, out);
}

static json_t *
cert_json(const struct scep_cert_rec *rec, const struct names *names,
    time_t now, const char *sha256, const char *sha1)
{
	char	 serial[2 * SERIAL_MAX + 1], key[2 * SCEP_SHA256_LEN + 1];
	char	 not_before[SCEP_TIME_TEXT], not_after[SCEP_TIME_TEXT];
	char	 issued[SCEP_TIME_TEXT], revoked[SCEP_TIME_TEXT];
	const int	 is_revoked = rec->state == SCEP_CERT_REVOKED;

	scep_hex_text(scep_buf_span(&rec->serial), serial, sizeof(serial));
	scep_hex_text(scep_span_make(rec->key_sha256, memcmp(rec->key_sha256,
	    nothing, sizeof(nothing)) != 0 ? sizeof(rec->key_sha256) : 0),
	    key, sizeof(key));
	time_text(rec->not_before, not_before);
	time_text(rec->not_after, not_after);
	time_text(rec->issued, issued);
	time_text(is_revoked ? rec->revoked : 0, revoked);
	return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,"
	    "s:s,s:s,s:s,s:b,s:s,s:s}",
	    "serial", serial, "subject", names->subject.text,
	    "issuer", names->issuer.text, "san", names->san.text,
	    "profile", rec->profile, "ca", rec->ca,
	    "state", scep_cert_state_text(rec, now),
	    "not_before", not_before, "not_after", not_after,
	    "issued", issued, "request", rec->request_id,
	    "authority", rec->authority, "key_sha256", key,
	    "sha256", sha256, "sha1", sha1, "kept", rec->der.len > 0,
	    "revoked", revoked, "reason", is_revoked ?
	    scep_reason_name(rec->reason) : "");
}

enum scep_err
scep_admin_cert_json(const struct scep_admin_call *call,
    const struct scep_cert_rec *rec, json_t **out, struct scep_error *err)
{
	const struct scep_crypto	*crypto = call->ca->crypto;
	struct names			 names;
	char				 sha256[PRINT_MAX], sha1[PRINT_MAX];
	enum scep_err			 rc;

	if ((rc = fingerprints(crypto, rec, sha256, sha1, err)) != SCEP_OK)
		return rc;
	read_names(crypto, rec, &names);
	*out = cert_json(rec, &names, call->now, sha256, sha1);
	return SCEP_OK;
}

/* The serial as an INTEGER has it: openssl prints no leading zero octet, and
 * others print one where it is. */
static enum scep_err
read_serial(const char *text, struct scep_buf *out, struct scep_error *err)
{
	uint8_t			 octets[SERIAL_MAX];
	struct scep_span	 s;
	enum scep_err		 rc;

	if ((rc = scep_hex_read(text, octets, sizeof(octets), &s.len, err)) !=
	    SCEP_OK)
		return scep_fail_within(err, "serial");
	for (s.data = octets; s.len > 0 && *s.data == 0; s.data++)
		s.len--;
	if (s.len == 0)
		return scep_fail(err, SCEP_E_USAGE,
		    "serial: \"%.64s\" holds no digits but zeros", text);
	if ((rc = scep_buf_set(out, scep_span_make("", *s.data >= 0x80 ? 1 :
	    0), err)) != SCEP_OK)
		return rc;
	return scep_buf_add(out, s, err);
}

/* Certificates of one serial; of one CA there is but one. */
struct search {
	struct scep_buf		 prefix;	/* of their keys */
	const char		*ca;		/* issued by this one; NULL: by
						   any */
	struct scep_cert_rec	 rec;
	int			 found;
};

static enum scep_err
take(struct search *s, const struct scep_row *row, struct scep_error *err)
{
	struct scep_cert_rec	 rec;
	enum scep_err		 rc;

	if ((rc = scep_cert_rec_decode(scep_buf_span(&row->value), &rec,
	    err)) != SCEP_OK)
		return rc;
	if ((s->ca != NULL && strcmp(s->ca, rec.ca) != 0) ||
	    ++s->found > 1) {
		scep_cert_rec_clear(&rec);
		return s->found > 1 ? SCEP_E_EXISTS : SCEP_OK;
	}
	s->rec = rec;			/* transferred */
	s->rec.rev = row->rev;
	return SCEP_OK;
}

static enum scep_err
search_row(void *arg, const struct scep_row *row, struct scep_error *err)
{
	struct search		*s = arg;
	struct scep_span	 key = scep_buf_span(&row->key);

	if (key.len < s->prefix.len)
		return SCEP_E_EXISTS;
	key.len = s->prefix.len;
	if (!scep_span_equal(key, scep_buf_span(&s->prefix)))
		return SCEP_E_EXISTS;
	return take(s, row, err);
}

static enum scep_err
search(struct scep_admin_call *call, struct scep_span serial,
    struct search *s, struct scep_error *err)
{
	static const uint8_t	 lowest[16];
	struct scep_buf		 from = { NULL, 0 };
	enum scep_err		 rc;

	if ((rc = scep_cert_key(serial, lowest, &from, err)) == SCEP_OK &&
	    (rc = scep_buf_set(&s->prefix, scep_span_make(from.data,
	    from.len - sizeof(lowest)), err)) == SCEP_OK)
		rc = scep_store_scan(call->ca->store, SCEP_T_CERTIFICATE,
		    scep_buf_span(&from), search_row, s, err);
	scep_buf_clear(&from);
	scep_buf_clear(&s->prefix);
	return rc;
}

enum scep_err
scep_admin_cert_serial(const struct scep_admin_call *call,
    struct scep_buf *out, struct scep_error *err)
{
	return read_serial(scep_admin_text(call, "serial", ""), out, err);
}

enum scep_err
scep_admin_cert_get(struct scep_admin_call *call, struct scep_cert_rec *out,
    struct scep_error *err)
{
	const char	*text = scep_admin_text(call, "serial", "");
	struct scep_buf	 serial = { NULL, 0 };
	struct search	 s;
	enum scep_err	 rc;

	memset(&s, 0, sizeof(s));
	s.ca = scep_admin_text(call, "ca", NULL);
	if ((rc = read_serial(text, &serial, err)) == SCEP_OK) {
		scep_line_text(&call->summary, "serial", text);
		rc = search(call, scep_buf_span(&serial), &s, err);
	}
	scep_buf_clear(&serial);
	if (rc == SCEP_OK && s.found == 0)
		rc = scep_fail(err, SCEP_E_NOTFOUND, "no certificate%s%s has "
		    "the serial %.96s; `scepadm cert list` shows them",
		    s.ca != NULL ? " of CA " : "", s.ca != NULL ? s.ca : "",
		    text);
	if (rc == SCEP_OK && s.found > 1)
		rc = scep_fail(err, SCEP_E_REFUSED, "more than one CA issued "
		    "a certificate with the serial %.96s; `scepadm --json "
		    "cert list` shows them, and `scepadm cert revoke --ca` "
		    "revokes the one of one CA", text);
	if (rc != SCEP_OK) {
		scep_cert_rec_clear(&s.rec);
		return rc;
	}
	*out = s.rec;			/* transferred */
	return SCEP_OK;
}

static enum scep_err
show(struct scep_admin_call *call, struct scep_error *err)
{
	struct scep_cert_rec	 rec;
	json_t			*json = NULL;
	enum scep_err		 rc;

	if ((rc = scep_admin_cert_get(call, &rec, err)) != SCEP_OK)
		return rc;
	if ((rc = scep_admin_cert_json(call, &rec, &json, err)) == SCEP_OK)
		rc = scep_admin_object(call, json, err);
	scep_cert_rec_clear(&rec);
	return rc;
}

/* From the CA that issued towards the root; empty if it is no longer in the
 * configuration, or has a fault there. */
static json_t *
chain_json(const struct scep_ca_conf *ca)
{
	json_t	*chain = json_array();
	size_t	 i;
	int	 bad = chain == NULL;

	if (ca != NULL && *ca->fault != '\0')
		ca = NULL;
	if (ca != NULL && !bad)
		bad = json_array_append_new(chain,
		    scep_admin_hex_json(&ca->cert.der)) != 0;
	for (i = 0; ca != NULL && !bad && i < ca->n_chain; i++)
		bad = json_array_append_new(chain,
		    scep_admin_hex_json(&ca->chain[i].der)) != 0;
	if (!bad)
		return chain;
	json_decref(chain);
	return NULL;
}

/* The generation that issued it; NULL if none that lives did. */
static const struct scep_ca_conf *
issuer_of(const struct scep_admin_call *call, const struct scep_cert_rec *rec)
{
	const struct scep_ca_conf	*ca = scep_config_ca(call->ca->cfg,
					    rec->ca);
	size_t				 i;

	if (ca == NULL || ca->named == NULL ||
	    scep_kin_issued(call->ca->crypto, ca, rec))
		return ca;
	for (i = 0; i < ca->n_kin; i++)
		if (scep_kin_issued(call->ca->crypto, &ca->kin[i], rec))
			return &ca->kin[i];
	return NULL;
}

static enum scep_err
export(struct scep_admin_call *call, struct scep_error *err)
{
	struct scep_cert_rec	 rec;
	enum scep_err		 rc;

	if ((rc = scep_admin_cert_get(call, &rec, err)) != SCEP_OK)
		return rc;
	if (rec.der.len == 0) {
		scep_cert_rec_clear(&rec);
		return scep_fail(err, SCEP_E_NOTFOUND, "the certificate "
		    "itself is not here: it was issued after the backup that "
		    "was restored, and is known from the issue log alone, or "
		    "came from another server's list without it; the device "
		    "has it, and `scepadm cert show` tells what is known");
	}
	/* o of NULL makes all of it NULL, and frees the other. */
	rc = scep_admin_object(call, json_pack("{s:o,s:o}",
	    "der", scep_admin_hex_json(&rec.der),
	    "chain", chain_json(issuer_of(call, &rec))), err);
	scep_cert_rec_clear(&rec);
	return rc;
}

static const struct scep_admin_member	serial_members[] = {
	{ "serial", SCEP_ADMIN_TEXT, 1, 1, 3 * SERIAL_MAX },
	{ NULL, SCEP_ADMIN_TEXT, 0, 0, 0 }
};

const struct scep_admin_verb	scep_admin_cert[] = {
	{ "cert.list", scep_admin_cert_list_members, scep_admin_cert_list },
	{ "cert.show", serial_members, show },
	{ "cert.export", serial_members, export },
	{ "cert.revoke", scep_admin_cert_revoke_members,
	    scep_admin_cert_revoke },
	{ NULL, NULL, NULL }
};
