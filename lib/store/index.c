/*
 * index.c - under which keys else a row is found.
 */
#include <string.h>

#include "base/error.h"
#include "store/record.h"

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

static enum scep_err
add_time(time_t t, struct scep_buf *key, struct scep_error *err)
{
	uint8_t	 octets[SCEP_INDEX_TIME];

	scep_index_time(t, octets);
	return scep_buf_add(key, scep_span_make(octets, sizeof(octets)), err);
}

/* 0 is never: then there is no key. */
static enum scep_err
time_key(time_t t, struct scep_buf *key, struct scep_error *err)
{
	return t == 0 ? SCEP_OK : add_time(t, key, err);
}

static enum scep_err
txn_index(struct scep_span value, struct scep_buf *key,
    struct scep_error *err)
{
	struct scep_txn	 txn;
	enum scep_err	 rc;

	if ((rc = scep_txn_decode(value, &txn, err)) != SCEP_OK)
		return rc;
	rc = time_key(txn.expires, key, err);
	scep_txn_clear(&txn);
	return rc;
}

static enum scep_err
challenge_index(struct scep_span value, struct scep_buf *key,
    struct scep_error *err)
{
	struct scep_challenge	 c;
	enum scep_err		 rc;

	if ((rc = scep_challenge_decode(value, &c, err)) != SCEP_OK)
		return rc;
	rc = time_key(c.purge, key, err);
	scep_challenge_clear(&c);
	return rc;
}

static enum scep_err
pending_index(enum scep_index index, struct scep_span value,
    struct scep_buf *key, struct scep_error *err)
{
	struct scep_pending	 p;
	enum scep_err		 rc;

	if ((rc = scep_pending_decode(value, &p, err)) != SCEP_OK)
		return rc;
	if (index == SCEP_IX_PENDING_EXPIRES)
		rc = time_key(p.expires, key, err);
	else if ((rc = scep_buf_set(key, scep_span_text(p.profile), err)) ==
	    SCEP_OK && index == SCEP_IX_PENDING_PEER &&
	    (rc = scep_buf_add(key, scep_span_make("", 1), err)) == SCEP_OK)
		rc = scep_buf_add(key, scep_span_text(p.peer), err);
	scep_pending_clear(&p);
	return rc;
}

void
scep_index_subject(char *text)
{
	for (; *text != '\0'; text++)
		if (*text >= 'A' && *text <= 'Z')
			*text = (char)(*text - 'A' + 'a');
}

/* Of one profile, what expires first comes first. */
static enum scep_err
profile_key(const struct scep_cert_rec *rec, struct scep_buf *key,
    struct scep_error *err)
{
	enum scep_err	 rc;

	if ((rc = scep_buf_set(key, scep_span_make(rec->profile,
	    strlen(rec->profile) + 1), err)) == SCEP_OK)
		rc = add_time(rec->not_after, key, err);
	return rc;
}

static enum scep_err
cert_key(enum scep_index index, struct scep_cert_rec *rec,
    struct scep_buf *key, struct scep_error *err)
{
	switch (index) {
	case SCEP_IX_CERTIFICATE_EXPIRES:
		return time_key(rec->not_after, key, err);
	case SCEP_IX_CERTIFICATE_ISSUED:
		return time_key(rec->issued, key, err);
	case SCEP_IX_CERTIFICATE_REVOKED:
		return rec->state != SCEP_CERT_REVOKED ? SCEP_OK :
		    add_time(rec->revoked, key, err);
	case SCEP_IX_CERTIFICATE_PROFILE:
		return profile_key(rec, key, err);
	case SCEP_IX_CERTIFICATE_KEY:
		return scep_buf_set(key, scep_span_make(rec->key_sha256,
		    sizeof(rec->key_sha256)), err);
	default:
		/* An empty one is in the index too, as a NUL. */
		scep_index_subject(rec->subject);
		return scep_buf_set(key, rec->subject[0] != '\0' ?
		    scep_span_text(rec->subject) : scep_span_make("", 1), err);
	}
}

static enum scep_err
cert_index(enum scep_index index, struct scep_span value,
    struct scep_buf *key, struct scep_error *err)
{
	struct scep_cert_rec	 rec;
	enum scep_err		 rc;

	if ((rc = scep_cert_rec_decode(value, &rec, err)) != SCEP_OK)
		return rc;
	rc = cert_key(index, &rec, key, err);
	scep_cert_rec_clear(&rec);
	return rc;
}

/* What is passing in a row of its own, oldest first, so that the oldest can
 * be found when there is too much of it. */
static enum scep_err
trace_expires(const struct scep_trace *t, struct scep_buf *key,
    struct scep_error *err)
{
	const uint8_t	 passing = t->passing != 0;
	struct scep_buf	 when = { NULL, 0 };
	enum scep_err	 rc;

	if ((rc = time_key(t->expires, &when, err)) == SCEP_OK &&
	    when.len > 0 && (rc = scep_buf_set(key,
	    scep_span_make(&passing, 1), err)) == SCEP_OK)
		rc = scep_buf_add(key, scep_buf_span(&when), err);
	scep_buf_clear(&when);
	return rc;
}

static enum scep_err
trace_index(enum scep_index index, struct scep_span value,
    struct scep_buf *key, struct scep_error *err)
{
	struct scep_trace	 t;
	enum scep_err		 rc;

	if ((rc = scep_trace_decode(value, &t, err)) != SCEP_OK)
		return rc;
	if (index == SCEP_IX_TRACE_EXPIRES)
		rc = trace_expires(&t, key, err);
	else if (index == SCEP_IX_TRACE_TRANSACTION)
		rc = scep_buf_set(key, scep_buf_span(&t.txid), err);
	else if (strcmp(t.request_id, t.id) != 0)
		rc = scep_buf_set(key, scep_span_text(t.request_id), err);
	scep_trace_clear(&t);
	return rc;
}

static enum scep_err
index_key(enum scep_index index, struct scep_span value,
    struct scep_buf *key, struct scep_error *err)
{
	switch (tables[index]) {
	case SCEP_T_TRANSACTION:
		return txn_index(value, key, err);
	case SCEP_T_CHALLENGE:
		return challenge_index(value, key, err);
	case SCEP_T_PENDING:
		return pending_index(index, value, key, err);
	case SCEP_T_TRACE:
		return trace_index(index, value, key, err);
	default:
		return cert_index(index, value, key, err);
	}
}

enum scep_err
scep_record_index(enum scep_index index, struct scep_span value, int *has,
    struct scep_buf *key, struct scep_error *err)
{
	enum scep_err	 rc;

	scep_buf_clear(key);
	rc = index_key(index, value, key, err);
	*has = rc == SCEP_OK && key->len > 0;
	return rc;
}
