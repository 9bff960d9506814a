/*
 * traces.c - events of requests in memory: a ring, and what is new in it
 * written in batches.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "ca/traces.h"

#define BATCH		15	/* rows in a change: locks for a moment */
#define AGAIN_S		3600	/* a count that is stored is stored again */

struct event {
	struct scep_trace	 trace;
	uint64_t		 no;		/* 0: empty */
	int			 is_new;	/* is to be written */
	int			 is_merged;	/* counts what is stored, too */
	time_t			 stored;	/* .last, when it was written */
	long			 n_stored;	/* .count then */
};

struct scep_traces {
	pthread_mutex_t	 mutex;
	atomic_uint	 number;
	uint64_t	 added;		/* events, in all */
	long		 passing;	/* rows at most; -1: not read yet */
	struct event	 ring[SCEP_TRACES];
};

/* Slots of the ring that hold an event, from the first on. */
static size_t
used(const struct scep_traces *t)
{
	return t->added < SCEP_TRACES ? (size_t)t->added : SCEP_TRACES;
}

enum scep_err
scep_traces_new(struct scep_traces **out, struct scep_error *err)
{
	struct scep_traces	*t;

	*out = NULL;
	/* calloc: slots that are not used are not touched. */
	if ((t = calloc(1, sizeof(*t))) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "traces");
	(void)pthread_mutex_init(&t->mutex, NULL);
	atomic_init(&t->number, 0);
	t->passing = -1;
	*out = t;
	return SCEP_OK;
}

void
scep_traces_free(struct scep_traces *t)
{
	size_t	 i;

	if (t == NULL)
		return;
	for (i = 0; i < used(t); i++)
		scep_trace_clear(&t->ring[i].trace);
	(void)pthread_mutex_destroy(&t->mutex);
	free(t);
}

unsigned int
scep_traces_number(struct scep_traces *t)
{
	return atomic_fetch_add(&t->number, 1) & 0xfffff;
}

enum scep_err
scep_trace_copy(const struct scep_trace *from, struct scep_trace *to,
    struct scep_error *err)
{
	struct scep_buf	 none = { NULL, 0 };
	enum scep_err	 rc;

	*to = *from;
	to->txid = to->message = to->request = to->rules = to->result = none;
	if ((rc = scep_buf_set(&to->txid, scep_buf_span(&from->txid), err)) !=
	    SCEP_OK ||
	    (rc = scep_buf_set(&to->message, scep_buf_span(&from->message),
	    err)) != SCEP_OK ||
	    (rc = scep_buf_set(&to->request, scep_buf_span(&from->request),
	    err)) != SCEP_OK ||
	    (rc = scep_buf_set(&to->rules, scep_buf_span(&from->rules),
	    err)) != SCEP_OK ||
	    (rc = scep_buf_set(&to->result, scep_buf_span(&from->result),
	    err)) != SCEP_OK)
		scep_trace_clear(to);
	return rc;
}

/* Adding. */

static int
is_counted(const struct scep_trace *t)
{
	return t->kind == SCEP_TRACE_WAITING ||
	    t->kind == SCEP_TRACE_DELIVERED;
}

static int
is_same(const struct scep_trace *a, const struct scep_trace *b)
{
	return a->kind == b->kind && strcmp(a->request_id, b->request_id) ==
	    0;
}

/* The event that t is one more of, or NULL. */
static struct event *
find(struct scep_traces *traces, const struct scep_trace *t)
{
	size_t	 i;

	for (i = 0; is_counted(t) && i < used(traces); i++)
		if (traces->ring[i].no != 0 &&
		    is_same(&traces->ring[i].trace, t))
			return &traces->ring[i];
	return NULL;
}

static void
count_up(struct event *e, const struct scep_trace *t)
{
	e->trace.count += t->count;
	e->trace.last = t->last;
	e->trace.expires = t->expires;
	memcpy(e->trace.last_id, t->last_id, sizeof(t->last_id));
	if (e->trace.last >= e->stored + AGAIN_S)
		e->is_new = 1;
}

void
scep_traces_add(struct scep_traces *traces, struct scep_trace *t)
{
	struct event	*e;

	(void)pthread_mutex_lock(&traces->mutex);
	if ((e = find(traces, t)) != NULL) {
		count_up(e, t);
		scep_trace_clear(t);
	} else {
		e = &traces->ring[traces->added++ % SCEP_TRACES];
		scep_trace_clear(&e->trace);
		memset(e, 0, sizeof(*e));
		e->trace = *t;		/* transferred */
		e->no = traces->added;
		e->is_new = 1;
	}
	(void)pthread_mutex_unlock(&traces->mutex);
	memset(t, 0, sizeof(*t));
}

enum scep_err
scep_traces_each(struct scep_traces *traces, scep_trace_fn fn, void *arg,
    struct scep_error *err)
{
	const struct event	*e;
	enum scep_err		 rc = SCEP_OK;
	uint64_t		 i;

	(void)pthread_mutex_lock(&traces->mutex);
	for (i = traces->added - used(traces); i < traces->added &&
	    rc == SCEP_OK; i++) {
		e = &traces->ring[i % SCEP_TRACES];
		if (e->no != 0)
			rc = fn(arg, &e->trace, err);
	}
	(void)pthread_mutex_unlock(&traces->mutex);
	return rc;
}

/* Writing. */

/* One event on its way into the store. */
struct parcel {
	size_t			 slot;
	uint64_t		 no;
	int			 is_merged;
	struct scep_trace	 trace;		/* a copy */
};

static int
is_due(const struct event *e, int is_end)
{
	return e->is_new || (is_end && e->trace.count != e->n_stored);
}

/* The next one to be written, from slot *at on; 0 at the end. */
static int
take(struct scep_traces *traces, size_t *at, int is_end, struct parcel *p,
    enum scep_err *rc, struct scep_error *err)
{
	struct event	*e = NULL;

	*rc = SCEP_OK;
	(void)pthread_mutex_lock(&traces->mutex);
	for (; *at < used(traces) && e == NULL; (*at)++)
		if (is_due(&traces->ring[*at], is_end))
			e = &traces->ring[*at];
	if (e != NULL) {
		e->is_new = 0;
		e->stored = e->trace.last;
		e->n_stored = e->trace.count;
		p->slot = *at - 1;
		p->no = e->no;
		p->is_merged = e->is_merged || !is_counted(&e->trace);
		*rc = scep_trace_copy(&e->trace, &p->trace, err);
	}
	(void)pthread_mutex_unlock(&traces->mutex);
	return e != NULL && *rc == SCEP_OK;
}

static enum scep_err
stored_row(void *arg, const struct scep_row *row, struct scep_error *err)
{
	struct scep_trace	*mine = arg, t;
	enum scep_err		 rc;

	if (scep_record_check(SCEP_T_TRACE, row, err) == SCEP_E_STORE)
		return SCEP_OK;		/* it goes on in a row of its own */
	if ((rc = scep_trace_decode(scep_buf_span(&row->value), &t, err)) !=
	    SCEP_OK)
		return rc;
	if (is_same(&t, mine)) {
		/* Its row from now on. */
		memcpy(mine->id, t.id, sizeof(mine->id));
		mine->nr = t.nr;
		mine->when = t.when;
		mine->count += t.count;
		rc = SCEP_E_EXISTS;
	}
	scep_trace_clear(&t);
	return rc;
}

/* Memory had forgotten it, or it is another process's: count on from what is
 * stored. */
static enum scep_err
merge(struct scep_traces *traces, struct scep_store *store, struct parcel *p,
    struct scep_error *err)
{
	const struct scep_span	 from = scep_span_text(p->trace.request_id);
	/* The NUL behind it: no other key sorts in between. */
	const struct scep_span	 to = scep_span_make(from.data, from.len + 1);
	const long		 count = p->trace.count;
	struct event		*e = &traces->ring[p->slot];
	enum scep_err		 rc;

	if ((rc = scep_store_scan_index(store, SCEP_IX_TRACE_REQUEST, from, to,
	    stored_row, &p->trace, err)) != SCEP_OK)
		return rc;
	(void)pthread_mutex_lock(&traces->mutex);
	if (e->no == p->no) {
		memcpy(e->trace.id, p->trace.id, sizeof(e->trace.id));
		e->trace.nr = p->trace.nr;
		e->trace.when = p->trace.when;
		e->trace.count += p->trace.count - count;
		e->n_stored += p->trace.count - count;
		e->is_merged = 1;
	}
	(void)pthread_mutex_unlock(&traces->mutex);
	return SCEP_OK;
}

/* Up to BATCH of what is new into a change, with how many are passing. */
static enum scep_err
fill(struct scep_traces *traces, struct scep_store *store, int is_end,
    size_t *at, struct scep_change *change, struct scep_error *err)
{
	struct parcel	 p;
	enum scep_err	 rc = SCEP_OK;
	long		 more = 0, *passing;

	while (rc == SCEP_OK && change->n < BATCH &&
	    take(traces, at, is_end, &p, &rc, err)) {
		if (!p.is_merged)
			rc = merge(traces, store, &p, err);
		if (rc == SCEP_OK)
			rc = scep_trace_write(change, &p.trace, err);
		more += p.trace.passing;
		scep_trace_clear(&p.trace);
	}
	if (more == 0 || rc != SCEP_OK ||
	    (rc = scep_traces_passing(traces, store, &passing, err)) !=
	    SCEP_OK)
		return rc;
	*passing += more;
	return scep_passing_write(change, *passing, err);
}

enum scep_err
scep_traces_flush(struct scep_traces *traces, struct scep_store *store,
    int is_end, struct scep_error *err)
{
	struct scep_change	 change = { .n = 0 };
	enum scep_err		 rc;
	size_t			 at = 0;

	do {
		scep_change_clear(&change);
		if ((rc = fill(traces, store, is_end, &at, &change, err)) ==
		    SCEP_OK && change.n > 0)
			rc = scep_store_commit(store, &change, err);
	} while (rc == SCEP_OK && change.n >= BATCH);
	scep_change_clear(&change);
	return rc;
}

enum scep_err
scep_traces_passing(struct scep_traces *traces, struct scep_store *store,
    long **n, struct scep_error *err)
{
	enum scep_err	 rc = SCEP_OK;

	*n = &traces->passing;
	if (traces->passing < 0)
		rc = scep_passing_read(store, &traces->passing, err);
	return rc;
}
