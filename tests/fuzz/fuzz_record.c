/*
 * fuzz_record.c - rows of the store: what decodes has one encoding (but for
 * what an older version wrote), and all its index keys.  The first octet
 * chooses the index whose table it is.
 */
#include <stdint.h>
#include <stdlib.h>

#include <openssl/err.h>

#include "store/record.h"
#include "store/record_apikey.h"
#include "store/record_index.h"
#include "store/record_notice.h"
#include "store/record_token_key.h"

/* First octet; else the number of an index. */
#define CRL	0xff
#define APIKEY	0xfe
#define TOKEN_KEY	0xfd

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static enum scep_err
recode(enum scep_table table, struct scep_span in, struct scep_buf *out,
    struct scep_error *err)
{
	union {
		struct scep_txn		 txn;
		struct scep_challenge	 challenge;
		struct scep_cert_rec	 cert;
		struct scep_pending	 pending;
		struct scep_trace	 trace;
		struct scep_notice	 notice;
	} r;
	enum scep_err	 rc;

	switch (table) {
	case SCEP_T_TRANSACTION:
		if ((rc = scep_txn_decode(in, &r.txn, err)) == SCEP_OK)
			rc = scep_txn_encode(&r.txn, out, err);
		scep_txn_clear(&r.txn);
		return rc;
	case SCEP_T_CHALLENGE:
		rc = scep_challenge_decode(in, &r.challenge, err);
		if (rc == SCEP_OK)
			rc = scep_challenge_encode(&r.challenge, out, err);
		scep_challenge_clear(&r.challenge);
		return rc;
	case SCEP_T_PENDING:
		if ((rc = scep_pending_decode(in, &r.pending, err)) == SCEP_OK)
			rc = scep_pending_encode(&r.pending, out, err);
		scep_pending_clear(&r.pending);
		return rc;
	case SCEP_T_TRACE:
		if ((rc = scep_trace_decode(in, &r.trace, err)) == SCEP_OK)
			rc = scep_trace_encode(&r.trace, out, err);
		scep_trace_clear(&r.trace);
		return rc;
	case SCEP_T_NOTICE:
		if ((rc = scep_notice_decode(in, &r.notice, err)) == SCEP_OK)
			rc = scep_notice_encode(&r.notice, out, err);
		scep_notice_clear(&r.notice);
		return rc;
	default:
		if ((rc = scep_cert_rec_decode(in, &r.cert, err)) == SCEP_OK)
			rc = scep_cert_rec_encode(&r.cert, out, err);
		scep_cert_rec_clear(&r.cert);
		return rc;
	}
}

/* The kinds that have no index. */
static void
recode_crl(struct scep_span in)
{
	struct scep_crl_rec	 rec;
	struct scep_buf		 out = { NULL, 0 };
	struct scep_error	 err;
	enum scep_err		 rc;

	if ((rc = scep_crl_rec_decode(in, &rec, &err)) == SCEP_OK)
		rc = scep_crl_rec_encode(&rec, &out, &err);
	if (rc == SCEP_OK ? !scep_span_equal(in, scep_buf_span(&out)) :
	    rc != SCEP_E_STORE)
		abort();
	scep_crl_rec_clear(&rec);
	scep_buf_clear(&out);
}

static void
recode_apikey(struct scep_span in)
{
	struct scep_apikey	 rec;
	struct scep_buf		 out = { NULL, 0 };
	struct scep_error	 err;
	enum scep_err		 rc;

	if ((rc = scep_apikey_decode(in, &rec, &err)) == SCEP_OK)
		rc = scep_apikey_encode(&rec, &out, &err);
	if (rc == SCEP_OK ? !scep_span_equal(in, scep_buf_span(&out)) :
	    rc != SCEP_E_STORE)
		abort();
	scep_buf_clear(&out);
}

static void
recode_token_key(struct scep_span in)
{
	struct scep_token_key	 rec;
	struct scep_buf		 out = { NULL, 0 };
	struct scep_error	 err;
	enum scep_err		 rc;

	if ((rc = scep_token_key_decode(in, &rec, &err)) == SCEP_OK)
		rc = scep_token_key_encode(&rec, &out, &err);
	if (rc == SCEP_OK ? !scep_span_equal(in, scep_buf_span(&out)) :
	    rc != SCEP_E_STORE)
		abort();
	scep_buf_clear(&out);
}

/* Encoded as it came; or as the version of today, which then stays. */
static int
is_settled(enum scep_table table, struct scep_span in,
    const struct scep_buf *out)
{
	struct scep_buf		 again = { NULL, 0 };
	struct scep_error	 err;
	int			 ok;

	if (scep_span_equal(in, scep_buf_span(out)))
		return 1;
	ok = table == SCEP_T_TRANSACTION &&
	    recode(table, scep_buf_span(out), &again, &err) == SCEP_OK &&
	    scep_span_equal(scep_buf_span(out), scep_buf_span(&again));
	scep_buf_clear(&again);
	return ok;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct scep_span	 in;
	struct scep_buf		 out = { NULL, 0 }, key = { NULL, 0 };
	struct scep_error	 err;
	enum scep_index		 index;
	enum scep_err		 rc, indexed;
	int			 has;

	if (len == 0)
		return 0;
	in = scep_span_make(data + 1, len - 1);
	if (data[0] == CRL) {
		recode_crl(in);
		return 0;
	}
	if (data[0] == APIKEY) {
		recode_apikey(in);
		return 0;
	}
	if (data[0] == TOKEN_KEY) {
		recode_token_key(in);
		return 0;
	}
	index = (enum scep_index)(data[0] % SCEP_IX__MAX);
	rc = recode(scep_index_table(index), in, &out, &err);
	if (rc == SCEP_OK ? !is_settled(scep_index_table(index), in, &out) :
	    rc != SCEP_E_STORE)
		abort();
	indexed = scep_record_index(index, in, &has, &key, &err);
	if (indexed != rc || (has && key.len == 0) || ERR_peek_error() != 0)
		abort();
	scep_buf_clear(&out);
	scep_buf_clear(&key);
	return 0;
}
