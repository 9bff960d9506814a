/*
 * traces_tend.c - stored events of requests: what has expired goes, and of
 * what is passing there is never too much for long.
 */
#include <string.h>

#include "base/error.h"
#include "ca/traces.h"

#define BATCH	16	/* rows in a change */
#define ROWS	4096	/* of each kind, each time */
#define SLACK	20	/* when too many: a part less, not to count each time */

/* One walk along SCEP_IX_TRACE_EXPIRES. */
struct walk {
	struct scep_store	*store;
	struct scep_change	 change;
	long			 left;		/* to be deleted */
	long			 seen;
};

static enum scep_err
delete_batch(struct walk *w, struct scep_error *err)
{
	enum scep_err	 rc;

	if (w->change.n == 0)
		return SCEP_OK;
	rc = scep_store_commit(w->store, &w->change, err);
	scep_change_clear(&w->change);
	/* Counted up meanwhile: next time. */
	return rc == SCEP_E_CHANGED ? SCEP_OK : rc;
}

static enum scep_err
delete_row(void *arg, const struct scep_row *row, struct scep_error *err)
{
	struct walk		*w = arg;
	struct scep_error	 ignored;
	enum scep_err		 rc;

	/* Nobody knows its key; `scepadm check --store` tells of it. */
	if (scep_record_check(SCEP_T_TRACE, row, &ignored) == SCEP_E_STORE)
		return SCEP_OK;
	if ((rc = scep_change_delete(&w->change, SCEP_T_TRACE,
	    scep_buf_span(&row->key), row->rev, err)) != SCEP_OK)
		return rc;
	if (w->change.n == BATCH && (rc = delete_batch(w, err)) != SCEP_OK)
		return rc;
	return --w->left <= 0 ? SCEP_E_EXISTS : SCEP_OK;
}

static enum scep_err
count_row(void *arg, const struct scep_row *row, struct scep_error *err)
{
	struct walk	*w = arg;

	(void)row;
	(void)err;
	w->seen++;
	return SCEP_OK;
}

/* Index keys of one class from the beginning to just before time t. */
static void
range_to(int passing, time_t t, uint8_t from[1], uint8_t to[9])
{
	int	 i;

	from[0] = to[0] = (uint8_t)passing;
	for (i = 0; i < 8; i++)
		to[1 + i] = (uint8_t)((uint64_t)t >> (56 - 8 * i));
}

/* Delete up to n rows of a class that expire before t, oldest first. */
static enum scep_err
delete_some(struct scep_store *store, int passing, time_t t, long n,
    struct scep_error *err)
{
	struct walk		 w = { .store = store, .left = n };
	struct scep_error	 ignored;
	uint8_t			 from[1], to[9];
	enum scep_err		 rc;

	range_to(passing, t, from, to);
	rc = scep_store_scan_index(store, SCEP_IX_TRACE_EXPIRES,
	    scep_span_make(from, sizeof(from)), scep_span_make(to,
	    sizeof(to)), delete_row, &w, err);
	if (rc == SCEP_OK)
		rc = delete_batch(&w, err);
	else
		(void)delete_batch(&w, &ignored);
	scep_change_clear(&w.change);
	return rc;
}

/* How many rows are passing. */

static enum scep_err
count(struct scep_store *store, long *n, struct scep_error *err)
{
	static const uint8_t	 from[1] = { 1 }, to[1] = { 2 };
	struct walk		 w = { .store = store };
	enum scep_err		 rc;

	rc = scep_store_scan_index(store, SCEP_IX_TRACE_EXPIRES,
	    scep_span_make(from, sizeof(from)), scep_span_make(to,
	    sizeof(to)), count_row, &w, err);
	*n = w.seen;
	return rc;
}

/* The row that holds the number: an event of no request, in no index. */
static struct scep_trace
number_row(long n)
{
	struct scep_trace	 t = {
		.kind = SCEP_TRACE_REJECTED,
		.count = n,
	};

	memcpy(t.id, "passing", sizeof("passing"));
	memcpy(t.request_id, "passing", sizeof("passing"));
	return t;
}

enum scep_err
scep_passing_write(struct scep_change *change, long n, struct scep_error *err)
{
	const struct scep_trace	 t = number_row(n);

	return scep_trace_write(change, &t, err);
}

enum scep_err
scep_passing_read(struct scep_store *store, long *n, struct scep_error *err)
{
	struct scep_trace	 t = number_row(0);
	struct scep_buf		 key = { NULL, 0 };
	struct scep_row		 row;
	enum scep_err		 rc;

	if ((rc = scep_trace_key(&t, &key, err)) != SCEP_OK)
		return rc;
	rc = scep_store_get(store, SCEP_T_TRACE, scep_buf_span(&key), &row,
	    err);
	scep_buf_clear(&key);
	if (rc == SCEP_E_NOTFOUND)
		return count(store, n, err);
	if (rc != SCEP_OK)
		return rc;
	if ((rc = scep_trace_decode(scep_buf_span(&row.value), &t, err)) ==
	    SCEP_OK)
		*n = t.count;
	scep_trace_clear(&t);
	scep_row_clear(&row);
	return rc;
}

/* Too many, it seems: see how many, and delete the oldest of them. */
static enum scep_err
thin_out(struct scep_store *store, long max, long *passing,
    struct scep_error *err)
{
	struct scep_change	 change = { .n = 0 };
	enum scep_err		 rc;
	long			 n;

	if ((rc = count(store, passing, err)) != SCEP_OK)
		return rc;
	n = *passing > max ? *passing - max + max / SLACK : 0;
	if (n > ROWS)
		n = ROWS;
	if (n > 0 && (rc = delete_some(store, 1, INT64_MAX, n, err)) !=
	    SCEP_OK)
		return rc;
	*passing -= n;
	if ((rc = scep_passing_write(&change, *passing, err)) == SCEP_OK)
		rc = scep_store_commit(store, &change, err);
	scep_change_clear(&change);
	return rc;
}

enum scep_err
scep_traces_tend(struct scep_traces *traces, struct scep_store *store,
    time_t now, long max, struct scep_error *err)
{
	enum scep_err	 rc;
	long		*passing;
	int		 class;

	if ((rc = scep_traces_flush(traces, store, 0, err)) != SCEP_OK)
		return rc;
	for (class = 0; class <= 1; class++)
		if ((rc = delete_some(store, class, now + 1, ROWS, err)) !=
		    SCEP_OK)
			return rc;
	if ((rc = scep_traces_passing(traces, store, &passing, err)) !=
	    SCEP_OK || *passing <= max)
		return rc;
	return thin_out(store, max, passing, err);
}
