/* record_txn.c - transactions as rows, and the newest of a prefix. */
#include <string.h>

#include "base/error.h"
#include "store/record_local.h"

#define VERSION		2	/* 1 ends before delivery */
#define DELIVERY_MAX	8300

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
	SCEP_FIELD(SCEP_F_BUF, scep_txn, delivery, DELIVERY_MAX),
};

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
	const size_t	 before = N(txn_fields) - 1;
	enum scep_err	 rc;

	rc = scep_record_version(der) == SCEP_RECORD_VERSION ?
	    scep_record_decode(SCEP_RECORD_VERSION, txn_fields, before, der,
	    out, sizeof(*out), "transaction", err) :
	    scep_record_decode(VERSION, txn_fields, N(txn_fields), der, out,
	    sizeof(*out), "transaction", err);
	if (rc != SCEP_OK)
		return rc;
	if (out->state >= SCEP_TXN_PENDING && out->state <= SCEP_TXN_EXPIRED)
		return SCEP_OK;
	scep_txn_clear(out);
	return scep_record_bad("transaction", err);
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
	    (rc = scep_change_add(change, SCEP_T_TRANSACTION,
	    scep_buf_span(&key), txn->rev, &w, err)) == SCEP_OK)
		rc = scep_txn_encode(txn, &w->value, err);
	scep_buf_clear(&key);
	return rc;
}
