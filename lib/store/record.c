/*
 * record.c - rows and what they mean: one table of members a kind.
 */
#include <string.h>

#include "base/der.h"
#include "base/error.h"
#include "base/fields.h"
#include "store/record.h"

#define VERSION		1
#define DER_MAX		32768
#define NAMES_MAX	16384
#define N(a)		(sizeof(a) / sizeof((a)[0]))

static const struct scep_field	txn_fields[] = {
	SCEP_FIELD_OCTETS(scep_txn, key.prefix),
	SCEP_FIELD_OCTETS(scep_txn, key.info),
	SCEP_FIELD(SCEP_F_UINT, scep_txn, state, 0),
	SCEP_FIELD_TEXT(scep_txn, request_id),
	SCEP_FIELD_TEXT(scep_txn, profile),
	SCEP_FIELD(SCEP_F_BUF, scep_txn, txid, 1024),
	SCEP_FIELD(SCEP_F_LONG, scep_txn, created, 0),
	SCEP_FIELD(SCEP_F_LONG, scep_txn, decided, 0),
	SCEP_FIELD(SCEP_F_LONG, scep_txn, expires, 0),
	SCEP_FIELD(SCEP_F_BUF, scep_txn, cert_key, 64),
	SCEP_FIELD(SCEP_F_INT, scep_txn, cipher, 0),
	SCEP_FIELD_TEXT(scep_txn, reason),
};

static const struct scep_field	use_fields[] = {
	SCEP_FIELD(SCEP_F_LONG, scep_challenge_use, when, 0),
	SCEP_FIELD_OCTETS(scep_challenge_use, request),
	SCEP_FIELD(SCEP_F_BUF, scep_challenge_use, cert_key, 64),
};

/* A challenge, its uses encoded one behind the other. */
struct challenge_row {
	struct scep_challenge	 c;
	struct scep_buf		 uses;
};

static const struct scep_field	challenge_fields[] = {
	SCEP_FIELD_TEXT(challenge_row, c.id),
	SCEP_FIELD_TEXT(challenge_row, c.profile),
	SCEP_FIELD(SCEP_F_BUF, challenge_row, c.subject, NAMES_MAX),
	SCEP_FIELD(SCEP_F_INT, challenge_row, c.binds_san, 0),
	SCEP_FIELD(SCEP_F_BUF, challenge_row, c.san, NAMES_MAX),
	SCEP_FIELD(SCEP_F_LONG, challenge_row, c.created, 0),
	SCEP_FIELD(SCEP_F_LONG, challenge_row, c.expires, 0),
	SCEP_FIELD(SCEP_F_LONG, challenge_row, c.uses, 0),
	SCEP_FIELD_OCTETS(challenge_row, c.mac),
	SCEP_FIELD(SCEP_F_UINT, challenge_row, c.state, 0),
	SCEP_FIELD(SCEP_F_LONG, challenge_row, c.used, 0),
	SCEP_FIELD(SCEP_F_LONG, challenge_row, c.purge, 0),
	SCEP_FIELD_TEXT(challenge_row, c.note),
	SCEP_FIELD_TEXT(challenge_row, c.issuer),
	SCEP_FIELD(SCEP_F_BUF, challenge_row, uses, 4096),
};

static const struct scep_field	cert_fields[] = {
	SCEP_FIELD(SCEP_F_BUF, scep_cert_rec, serial, 40),
	SCEP_FIELD_OCTETS(scep_cert_rec, issuer),
	SCEP_FIELD(SCEP_F_UINT, scep_cert_rec, state, 0),
	SCEP_FIELD(SCEP_F_BUF, scep_cert_rec, der, DER_MAX),
	SCEP_FIELD_TEXT(scep_cert_rec, ca),
	SCEP_FIELD_TEXT(scep_cert_rec, profile),
	SCEP_FIELD_TEXT(scep_cert_rec, subject),
	SCEP_FIELD_TEXT(scep_cert_rec, request_id),
	SCEP_FIELD_TEXT(scep_cert_rec, authority),
	SCEP_FIELD_OCTETS(scep_cert_rec, key_sha256),
	SCEP_FIELD_OCTETS(scep_cert_rec, der_sha256),
	SCEP_FIELD(SCEP_F_LONG, scep_cert_rec, issued, 0),
	SCEP_FIELD(SCEP_F_LONG, scep_cert_rec, not_before, 0),
	SCEP_FIELD(SCEP_F_LONG, scep_cert_rec, not_after, 0),
	SCEP_FIELD(SCEP_F_LONG, scep_cert_rec, revoked, 0),
	SCEP_FIELD(SCEP_F_INT, scep_cert_rec, reason, 0),
};

/* The mac comes last, and its body is what is in front of it. */
static const struct scep_field	pending_fields[] = {
	SCEP_FIELD_TEXT(scep_pending, request_id),
	SCEP_FIELD_OCTETS(scep_pending, txn.prefix),
	SCEP_FIELD_OCTETS(scep_pending, txn.info),
	SCEP_FIELD_TEXT(scep_pending, profile),
	SCEP_FIELD_TEXT(scep_pending, peer),
	SCEP_FIELD(SCEP_F_BUF, scep_pending, txid, 1024),
	SCEP_FIELD(SCEP_F_BUF, scep_pending, subject, NAMES_MAX),
	SCEP_FIELD(SCEP_F_BUF, scep_pending, spki, NAMES_MAX),
	SCEP_FIELD(SCEP_F_BUF, scep_pending, san, NAMES_MAX),
	SCEP_FIELD_OCTETS(scep_pending, signer_sha256),
	SCEP_FIELD_OCTETS(scep_pending, key_sha256),
	SCEP_FIELD(SCEP_F_LONG, scep_pending, created, 0),
	SCEP_FIELD(SCEP_F_LONG, scep_pending, expires, 0),
	SCEP_FIELD_OCTETS(scep_pending, mac),
};

/* What does not decode is the store's trouble, not a client's. */
static enum scep_err
decode(const struct scep_field *fields, size_t n, struct scep_span der,
    void *value, size_t size, const char *what, struct scep_error *err)
{
	memset(value, 0, size);
	if (scep_der_check(der, err) == SCEP_OK &&
	    scep_fields_decode(VERSION, fields, n, der, value, err) ==
	    SCEP_OK)
		return SCEP_OK;
	err->code = SCEP_E_STORE;
	return scep_fail_within(err, "%s record", what);
}

static enum scep_err
bad(const char *what, struct scep_error *err)
{
	return scep_fail(err, SCEP_E_STORE, "%s record of an unknown state",
	    what);
}

static enum scep_err
add_write(struct scep_change *change, enum scep_table table,
    struct scep_span key, uint64_t expect, struct scep_write **out,
    struct scep_error *err)
{
	struct scep_write	*w = NULL;
	enum scep_err		 rc;

	*out = NULL;
	if (change->n == SCEP_CHANGE_MAX)
		return scep_fail(err, SCEP_E_INTERNAL,
		    "a change of more than %d writes", SCEP_CHANGE_MAX);
	w = &change->write[change->n];
	memset(w, 0, sizeof(*w));
	if ((rc = scep_buf_set(&w->key, key, err)) != SCEP_OK)
		return rc;
	w->table = table;
	w->expect = expect;
	w->what = SCEP_WRITE_PUT;
	change->n++;
	*out = w;
	return SCEP_OK;
}

enum scep_err
scep_change_delete(struct scep_change *change, enum scep_table table,
    struct scep_span key, uint64_t rev, struct scep_error *err)
{
	struct scep_write	*w = NULL;
	enum scep_err		 rc;

	if ((rc = add_write(change, table, key, rev, &w, err)) == SCEP_OK)
		w->what = SCEP_WRITE_DELETE;
	return rc;
}

enum scep_err
scep_change_check(struct scep_change *change, enum scep_table table,
    struct scep_span key, uint64_t rev, struct scep_error *err)
{
	struct scep_write	*w = NULL;
	enum scep_err		 rc;

	if ((rc = add_write(change, table, key, rev, &w, err)) == SCEP_OK)
		w->what = SCEP_WRITE_CHECK;
	return rc;
}

/* Transactions. */

enum scep_err
scep_txn_key_text(const struct scep_txn_key *key, struct scep_buf *out,
    struct scep_error *err)
{
	enum scep_err	 rc;

	if ((rc = scep_buf_set(out, scep_span_make(key->prefix,
	    sizeof(key->prefix)), err)) != SCEP_OK)
		return rc;
	return scep_buf_add(out, scep_span_make(key->info, sizeof(key->info)),
	    err);
}

void
scep_txn_clear(struct scep_txn *txn)
{
	scep_fields_clear(txn_fields, N(txn_fields), txn);
}

enum scep_err
scep_txn_encode(const struct scep_txn *txn, struct scep_buf *out,
    struct scep_error *err)
{
	return scep_fields_encode(VERSION, txn_fields, N(txn_fields), txn,
	    out, err);
}

enum scep_err
scep_txn_decode(struct scep_span der, struct scep_txn *out,
    struct scep_error *err)
{
	enum scep_err	 rc;

	if ((rc = decode(txn_fields, N(txn_fields), der, out, sizeof(*out),
	    "transaction", err)) != SCEP_OK)
		return rc;
	if (out->state >= SCEP_TXN_PENDING && out->state <= SCEP_TXN_EXPIRED)
		return SCEP_OK;
	scep_txn_clear(out);
	return bad("transaction", err);
}

static enum scep_err
txn_get(struct scep_store *store, struct scep_span key, struct scep_txn *out,
    struct scep_error *err)
{
	struct scep_row	 row;
	enum scep_err	 rc;

	memset(out, 0, sizeof(*out));
	if ((rc = scep_store_get(store, SCEP_T_TRANSACTION, key, &row, err)) !=
	    SCEP_OK)
		return rc;
	rc = scep_txn_decode(scep_buf_span(&row.value), out, err);
	out->rev = row.rev;
	scep_row_clear(&row);
	return rc;
}

enum scep_err
scep_txn_get(struct scep_store *store, const struct scep_txn_key *key,
    struct scep_txn *out, struct scep_error *err)
{
	struct scep_buf	 text = { NULL, 0 };
	enum scep_err	 rc;

	memset(out, 0, sizeof(*out));
	if ((rc = scep_txn_key_text(key, &text, err)) == SCEP_OK)
		rc = txn_get(store, scep_buf_span(&text), out, err);
	scep_buf_clear(&text);
	return rc;
}

enum scep_err
scep_txn_newest(struct scep_store *store,
    const uint8_t prefix[SCEP_SHA256_LEN], struct scep_txn *out,
    struct scep_error *err)
{
	struct scep_row	 row;
	enum scep_err	 rc;

	memset(out, 0, sizeof(*out));
	if ((rc = scep_store_get(store, SCEP_T_NEWEST, scep_span_make(prefix,
	    SCEP_SHA256_LEN), &row, err)) != SCEP_OK)
		return rc;
	rc = txn_get(store, scep_buf_span(&row.value), out, err);
	scep_row_clear(&row);
	return rc;
}

enum scep_err
scep_txn_write(struct scep_change *change, const struct scep_txn *txn,
    struct scep_error *err)
{
	struct scep_buf		 key = { NULL, 0 };
	struct scep_write	*w = NULL;
	enum scep_err		 rc;

	if ((rc = scep_txn_key_text(&txn->key, &key, err)) == SCEP_OK &&
	    (rc = add_write(change, SCEP_T_TRANSACTION, scep_buf_span(&key),
	    txn->rev, &w, err)) == SCEP_OK &&
	    (rc = scep_txn_encode(txn, &w->value, err)) == SCEP_OK &&
	    txn->rev == SCEP_REV_ABSENT && (rc = add_write(change, SCEP_T_NEWEST,
	    scep_span_make(txn->key.prefix, SCEP_SHA256_LEN), SCEP_REV_ANY, &w,
	    err)) == SCEP_OK)
		rc = scep_buf_set(&w->value, scep_buf_span(&key), err);
	scep_buf_clear(&key);
	return rc;
}

/* Challenges. */

void
scep_challenge_clear(struct scep_challenge *c)
{
	size_t	 i;

	scep_buf_clear(&c->subject);
	scep_buf_clear(&c->san);
	for (i = 0; i < SCEP_USES_KEPT; i++)
		scep_buf_clear(&c->use[i].cert_key);
	c->n_use = 0;
}

enum scep_err
scep_challenge_encode(const struct scep_challenge *c, struct scep_buf *out,
    struct scep_error *err)
{
	struct challenge_row	 row = { .c = *c };	/* borrows its bufs */
	enum scep_err		 rc = SCEP_OK;
	size_t			 i;

	if (c->n_use > SCEP_USES_KEPT)
		return scep_fail(err, SCEP_E_INTERNAL,
		    "challenge record with %zu uses, at most %d", c->n_use,
		    SCEP_USES_KEPT);
	for (i = 0; rc == SCEP_OK && i < c->n_use; i++)
		rc = scep_fields_encode(VERSION, use_fields, N(use_fields),
		    &c->use[i], &row.uses, err);
	if (rc == SCEP_OK)
		rc = scep_fields_encode(VERSION, challenge_fields,
		    N(challenge_fields), &row, out, err);
	scep_buf_clear(&row.uses);
	return rc;
}

static enum scep_err
uses_decode(struct scep_span rest, struct scep_challenge *c,
    struct scep_error *err)
{
	struct scep_tlv	 tlv;
	enum scep_err	 rc;

	while (rest.len > 0) {
		if (c->n_use == SCEP_USES_KEPT || !scep_der_next(&rest, &tlv))
			return bad("challenge", err);
		if ((rc = decode(use_fields, N(use_fields), tlv.whole,
		    &c->use[c->n_use], sizeof(c->use[0]), "challenge use",
		    err)) != SCEP_OK)
			return rc;
		c->n_use++;
	}
	return SCEP_OK;
}

enum scep_err
scep_challenge_decode(struct scep_span der, struct scep_challenge *out,
    struct scep_error *err)
{
	struct challenge_row	 row;
	enum scep_err		 rc;

	memset(out, 0, sizeof(*out));
	if ((rc = decode(challenge_fields, N(challenge_fields), der, &row,
	    sizeof(row), "challenge", err)) != SCEP_OK)
		return rc;
	*out = row.c;			/* transferred */
	rc = out->state < SCEP_CHALLENGE_LIVE ||
	    out->state > SCEP_CHALLENGE_REVOKED ? bad("challenge", err) :
	    uses_decode(scep_buf_span(&row.uses), out, err);
	scep_buf_clear(&row.uses);
	if (rc != SCEP_OK)
		scep_challenge_clear(out);
	return rc;
}

enum scep_err
scep_challenge_get(struct scep_store *store, const char *id,
    struct scep_challenge *out, struct scep_error *err)
{
	struct scep_row	 row;
	enum scep_err	 rc;

	memset(out, 0, sizeof(*out));
	if ((rc = scep_store_get(store, SCEP_T_CHALLENGE, scep_span_text(id),
	    &row, err)) != SCEP_OK)
		return rc;
	rc = scep_challenge_decode(scep_buf_span(&row.value), out, err);
	out->rev = row.rev;
	scep_row_clear(&row);
	return rc;
}

enum scep_err
scep_challenge_write(struct scep_change *change,
    const struct scep_challenge *c, struct scep_error *err)
{
	struct scep_write	*w = NULL;
	enum scep_err		 rc;

	if ((rc = add_write(change, SCEP_T_CHALLENGE, scep_span_text(c->id),
	    c->rev, &w, err)) != SCEP_OK)
		return rc;
	return scep_challenge_encode(c, &w->value, err);
}

/* Certificates. */

enum scep_err
scep_cert_key(struct scep_span serial, const uint8_t issuer[16],
    struct scep_buf *out, struct scep_error *err)
{
	const uint8_t	 len = (uint8_t)serial.len;
	enum scep_err	 rc;

	if (serial.len == 0 || serial.len > 40)
		return scep_fail(err, SCEP_E_USAGE, "serial of %zu octets",
		    serial.len);
	if ((rc = scep_buf_set(out, scep_span_make(&len, 1), err)) !=
	    SCEP_OK || (rc = scep_buf_add(out, serial, err)) != SCEP_OK ||
	    issuer == NULL)
		return rc;
	return scep_buf_add(out, scep_span_make(issuer, 16), err);
}

void
scep_cert_rec_clear(struct scep_cert_rec *rec)
{
	scep_fields_clear(cert_fields, N(cert_fields), rec);
}

enum scep_err
scep_cert_rec_encode(const struct scep_cert_rec *rec, struct scep_buf *out,
    struct scep_error *err)
{
	return scep_fields_encode(VERSION, cert_fields, N(cert_fields), rec,
	    out, err);
}

enum scep_err
scep_cert_rec_decode(struct scep_span der, struct scep_cert_rec *out,
    struct scep_error *err)
{
	enum scep_err	 rc;

	if ((rc = decode(cert_fields, N(cert_fields), der, out, sizeof(*out),
	    "certificate", err)) != SCEP_OK)
		return rc;
	if (out->state == SCEP_CERT_VALID || out->state == SCEP_CERT_REVOKED)
		return SCEP_OK;
	scep_cert_rec_clear(out);
	return bad("certificate", err);
}

enum scep_err
scep_cert_rec_get(struct scep_store *store, struct scep_span key,
    struct scep_cert_rec *out, struct scep_error *err)
{
	struct scep_row	 row;
	enum scep_err	 rc;

	memset(out, 0, sizeof(*out));
	if ((rc = scep_store_get(store, SCEP_T_CERTIFICATE, key, &row, err)) !=
	    SCEP_OK)
		return rc;
	rc = scep_cert_rec_decode(scep_buf_span(&row.value), out, err);
	out->rev = row.rev;
	scep_row_clear(&row);
	return rc;
}

enum scep_err
scep_cert_rec_write(struct scep_change *change,
    const struct scep_cert_rec *rec, struct scep_error *err)
{
	struct scep_buf		 key = { NULL, 0 };
	struct scep_write	*w = NULL;
	enum scep_err		 rc;

	if ((rc = scep_cert_key(scep_buf_span(&rec->serial), rec->issuer,
	    &key, err)) == SCEP_OK &&
	    (rc = add_write(change, SCEP_T_CERTIFICATE, scep_buf_span(&key),
	    rec->rev, &w, err)) == SCEP_OK)
		rc = scep_cert_rec_encode(rec, &w->value, err);
	scep_buf_clear(&key);
	return rc;
}

/* Pending requests. */

void
scep_pending_clear(struct scep_pending *p)
{
	scep_fields_clear(pending_fields, N(pending_fields), p);
}

enum scep_err
scep_pending_encode(const struct scep_pending *p, struct scep_buf *out,
    struct scep_error *err)
{
	return scep_fields_encode(VERSION, pending_fields, N(pending_fields),
	    p, out, err);
}

enum scep_err
scep_pending_body(const struct scep_pending *p, struct scep_buf *out,
    struct scep_error *err)
{
	return scep_fields_encode(VERSION, pending_fields,
	    N(pending_fields) - 1, p, out, err);
}

enum scep_err
scep_pending_decode(struct scep_span der, struct scep_pending *out,
    struct scep_error *err)
{
	return decode(pending_fields, N(pending_fields), der, out,
	    sizeof(*out), "pending", err);
}

enum scep_err
scep_pending_get(struct scep_store *store, const char *request_id,
    struct scep_pending *out, struct scep_error *err)
{
	struct scep_row	 row;
	enum scep_err	 rc;

	memset(out, 0, sizeof(*out));
	if ((rc = scep_store_get(store, SCEP_T_PENDING,
	    scep_span_text(request_id), &row, err)) != SCEP_OK)
		return rc;
	rc = scep_pending_decode(scep_buf_span(&row.value), out, err);
	out->rev = row.rev;
	scep_row_clear(&row);
	return rc;
}

enum scep_err
scep_pending_write(struct scep_change *change, const struct scep_pending *p,
    struct scep_error *err)
{
	struct scep_write	*w = NULL;
	enum scep_err		 rc;

	if ((rc = add_write(change, SCEP_T_PENDING,
	    scep_span_text(p->request_id), p->rev, &w, err)) != SCEP_OK)
		return rc;
	return scep_pending_encode(p, &w->value, err);
}
