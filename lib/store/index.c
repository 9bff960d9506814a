/*
 * index.c - under which keys else a row is found.
 *
 * A record is decoded once for all of its table's indexes.
 */
#include <string.h>

#include "base/error.h"
#include "store/record_index.h"
#include "store/record_notice.h"

static const enum scep_table	tables[SCEP_IX__MAX] = {
	[SCEP_IX_TRANSACTION_EXPIRES] = SCEP_T_TRANSACTION,
	[SCEP_IX_CHALLENGE_EXPIRES] = SCEP_T_CHALLENGE,
	[SCEP_IX_PENDING_EXPIRES] = SCEP_T_PENDING,
	[SCEP_IX_PENDING_PROFILE] = SCEP_T_PENDING,
	[SCEP_IX_PENDING_PEER] = SCEP_T_PENDING,
	[SCEP_IX_CERTIFICATE_SUBJECT] = SCEP_T_CERTIFICATE,
	[SCEP_IX_CERTIFICATE_EXPIRES] = SCEP_T_CERTIFICATE,
	[SCEP_IX_CERTIFICATE_KEY] = SCEP_T_CERTIFICATE,
	[SCEP_IX_TRACE_EXPIRES] = SCEP_T_TRACE,
	[SCEP_IX_TRACE_TRANSACTION] = SCEP_T_TRACE,
	[SCEP_IX_TRACE_REQUEST] = SCEP_T_TRACE,
	[SCEP_IX_CERTIFICATE_ISSUED] = SCEP_T_CERTIFICATE,
	[SCEP_IX_CERTIFICATE_PROFILE] = SCEP_T_CERTIFICATE,
	[SCEP_IX_CERTIFICATE_REVOKED] = SCEP_T_CERTIFICATE,
	[SCEP_IX_NOTICE_DUE] = SCEP_T_NOTICE,
	[SCEP_IX_NOTICE_AGE] = SCEP_T_NOTICE,
};

enum scep_table
scep_index_table(enum scep_index index)
{
	return tables[index];
}

/* Big-endian. */
void
scep_index_time(time_t t, uint8_t out[SCEP_INDEX_TIME])
{
	int	 i;

	for (i = 0; i < SCEP_INDEX_TIME; i++)
		out[i] = (uint8_t)((uint64_t)t >> (56 - 8 * i));
}

void
scep_index_subject(char *text)
{
	for (; *text != '\0'; text++)
		if (*text >= 'A' && *text <= 'Z')
			*text = (char)(*text - 'A' + 'a');
}

struct scep_span
scep_index_key(const struct scep_index_keys *keys, size_t i)
{
	return scep_span_make(keys->octets + keys->key[i].at,
	    keys->key[i].len);
}

int
scep_index_keys_have(const struct scep_index_keys *keys,
    enum scep_index index, struct scep_span key)
{
	size_t	 i;

	for (i = 0; i < keys->n; i++)
		if (keys->key[i].index == index)
			return scep_span_equal(scep_index_key(keys, i), key);
	return 0;
}

/* The key that the next octets are of; without any it does not count. */
static void
begin(struct scep_index_keys *keys, enum scep_index index)
{
	if (keys->n > 0 && keys->key[keys->n - 1].len == 0)
		keys->n--;
	keys->key[keys->n].index = index;
	keys->key[keys->n].at = keys->used;
	keys->key[keys->n].len = 0;
	keys->n++;
}

/* What a record may hold fits: its fields are bounded. */
static void
add(struct scep_index_keys *keys, const void *octets, size_t len)
{
	if (len == 0 || len > sizeof(keys->octets) - keys->used)
		return;
	memcpy(keys->octets + keys->used, octets, len);
	keys->used += len;
	keys->key[keys->n - 1].len += len;
}

static void
add_time(struct scep_index_keys *keys, time_t t)
{
	uint8_t	 octets[SCEP_INDEX_TIME];

	scep_index_time(t, octets);
	add(keys, octets, sizeof(octets));
}

/* 0 is never: then there is no key. */
static void
time_key(struct scep_index_keys *keys, enum scep_index index, time_t t)
{
	begin(keys, index);
	if (t != 0)
		add_time(keys, t);
}

/* Under which key the row itself is. */
static void
own_key(struct scep_index_keys *keys, const struct scep_buf *key)
{
	if (key->len <= sizeof(keys->own))
		memcpy(keys->own, key->data, keys->own_len = key->len);
}

static enum scep_err
txn_keys(struct scep_span value, struct scep_index_keys *keys,
    struct scep_error *err)
{
	struct scep_buf	 key = { NULL, 0 };
	struct scep_txn	 txn;
	enum scep_err	 rc;

	if ((rc = scep_txn_decode(value, &txn, err)) != SCEP_OK)
		return rc;
	time_key(keys, SCEP_IX_TRANSACTION_EXPIRES, txn.expires);
	if ((rc = scep_txn_key_text(&txn.key, &key, err)) == SCEP_OK)
		own_key(keys, &key);
	scep_buf_clear(&key);
	scep_txn_clear(&txn);
	return rc;
}

static enum scep_err
challenge_keys(struct scep_span value, struct scep_index_keys *keys,
    struct scep_error *err)
{
	struct scep_challenge	 c;
	enum scep_err		 rc;

	if ((rc = scep_challenge_decode(value, &c, err)) != SCEP_OK)
		return rc;
	time_key(keys, SCEP_IX_CHALLENGE_EXPIRES, c.purge);
	scep_challenge_clear(&c);
	return SCEP_OK;
}

static enum scep_err
pending_keys(struct scep_span value, struct scep_index_keys *keys,
    struct scep_error *err)
{
	struct scep_pending	 p;
	enum scep_err		 rc;

	if ((rc = scep_pending_decode(value, &p, err)) != SCEP_OK)
		return rc;
	time_key(keys, SCEP_IX_PENDING_EXPIRES, p.expires);
	begin(keys, SCEP_IX_PENDING_PROFILE);
	add(keys, p.profile, strlen(p.profile));
	begin(keys, SCEP_IX_PENDING_PEER);
	add(keys, p.profile, strlen(p.profile) + 1);
	add(keys, p.peer, strlen(p.peer));
	scep_pending_clear(&p);
	return SCEP_OK;
}

/* Of one profile, what expires first comes first; an empty subject is in the
 * index too, as a NUL. */
static enum scep_err
cert_keys(struct scep_span value, struct scep_index_keys *keys,
    struct scep_error *err)
{
	struct scep_buf		 key = { NULL, 0 };
	struct scep_cert_rec	 rec;
	enum scep_err		 rc;

	if ((rc = scep_cert_rec_decode(value, &rec, err)) != SCEP_OK)
		return rc;
	if (scep_cert_key(scep_buf_span(&rec.serial), rec.issuer, &key,
	    err) == SCEP_OK)
		own_key(keys, &key);
	scep_buf_clear(&key);
	begin(keys, SCEP_IX_CERTIFICATE_SUBJECT);
	scep_index_subject(rec.subject);
	add(keys, rec.subject, rec.subject[0] != '\0' ?
	    strlen(rec.subject) : 1);
	time_key(keys, SCEP_IX_CERTIFICATE_EXPIRES, rec.not_after);
	begin(keys, SCEP_IX_CERTIFICATE_KEY);
	add(keys, rec.key_sha256, sizeof(rec.key_sha256));
	time_key(keys, SCEP_IX_CERTIFICATE_ISSUED, rec.issued);
	begin(keys, SCEP_IX_CERTIFICATE_PROFILE);
	add(keys, rec.profile, strlen(rec.profile) + 1);
	add_time(keys, rec.not_after);
	begin(keys, SCEP_IX_CERTIFICATE_REVOKED);
	if (rec.state == SCEP_CERT_REVOKED)
		add_time(keys, rec.revoked);
	scep_cert_rec_clear(&rec);
	return SCEP_OK;
}

/* What is passing in a row of its own, oldest first, so that the oldest can
 * be found when there is too much of it. */
static enum scep_err
trace_keys(struct scep_span value, struct scep_index_keys *keys,
    struct scep_error *err)
{
	struct scep_buf		 key = { NULL, 0 };
	struct scep_trace	 t;
	enum scep_err		 rc;
	uint8_t			 passing;

	if ((rc = scep_trace_decode(value, &t, err)) != SCEP_OK)
		return rc;
	passing = t.passing != 0;
	begin(keys, SCEP_IX_TRACE_EXPIRES);
	if (t.expires != 0) {
		add(keys, &passing, 1);
		add_time(keys, t.expires);
	}
	begin(keys, SCEP_IX_TRACE_TRANSACTION);
	add(keys, t.txid.data, t.txid.len);
	begin(keys, SCEP_IX_TRACE_REQUEST);
	if (strcmp(t.request_id, t.id) != 0)
		add(keys, t.request_id, strlen(t.request_id));
	if ((rc = scep_trace_key(&t, &key, err)) == SCEP_OK)
		own_key(keys, &key);
	scep_buf_clear(&key);
	scep_trace_clear(&t);
	return rc;
}

/* Of one profile, what matters comes before what strangers can cause. */
static enum scep_err
notice_keys(struct scep_span value, struct scep_index_keys *keys,
    struct scep_error *err)
{
	struct scep_notice	 n;
	enum scep_err		 rc;
	uint8_t			 minor;

	if ((rc = scep_notice_decode(value, &n, err)) != SCEP_OK)
		return rc;
	minor = n.minor != 0;
	begin(keys, SCEP_IX_NOTICE_DUE);
	add(keys, n.profile, strlen(n.profile) + 1);
	add(keys, &minor, 1);
	add_time(keys, n.due);
	begin(keys, SCEP_IX_NOTICE_AGE);
	add(keys, &minor, 1);
	add_time(keys, n.created);
	scep_notice_clear(&n);
	return SCEP_OK;
}

static enum scep_err	 (*const makers[SCEP_T__MAX])(struct scep_span,
			    struct scep_index_keys *, struct scep_error *) = {
	[SCEP_T_TRANSACTION] = txn_keys,
	[SCEP_T_CHALLENGE] = challenge_keys,
	[SCEP_T_PENDING] = pending_keys,
	[SCEP_T_CERTIFICATE] = cert_keys,
	[SCEP_T_TRACE] = trace_keys,
	[SCEP_T_NOTICE] = notice_keys,
};

int
scep_table_has_index(enum scep_table table)
{
	return makers[table] != NULL;
}

enum scep_err
scep_record_keys(enum scep_table table, struct scep_span value,
    struct scep_index_keys *out, struct scep_error *err)
{
	enum scep_err	 rc;

	out->n = out->used = out->own_len = 0;
	out->is_odd = 0;
	if (makers[table] == NULL)
		return SCEP_OK;
	if ((rc = makers[table](value, out, err)) != SCEP_OK) {
		out->n = 0;
		out->is_odd = rc == SCEP_E_STORE;
	} else if (out->n > 0 && out->key[out->n - 1].len == 0)
		out->n--;
	return rc;
}

enum scep_err
scep_record_index(enum scep_index index, struct scep_span value, int *has,
    struct scep_buf *key, struct scep_error *err)
{
	struct scep_index_keys	 keys;
	enum scep_err		 rc;
	size_t			 i;

	*has = 0;
	scep_buf_clear(key);
	if ((rc = scep_record_keys(tables[index], value, &keys, err)) !=
	    SCEP_OK)
		return rc;
	for (i = 0; i < keys.n; i++)
		if (keys.key[i].index == index) {
			*has = 1;
			return scep_buf_set(key, scep_index_key(&keys, i),
			    err);
		}
	return SCEP_OK;
}
