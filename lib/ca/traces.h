/*
 * traces.h - what became of requests, for `scepadm explain`: a ring in
 * memory, and its way into the store.  Private to ca/.
 *
 * What is granted or queued has its event in the change that does it.  All
 * else, what strangers can cause above all, comes here: it costs no disk when
 * it happens, the oldest goes when there is too much of it, and tending
 * writes it in batches.
 */
#ifndef SCEP_CA_TRACES_H
#define SCEP_CA_TRACES_H

#include "store/record.h"

#define SCEP_TRACES		1024		/* in memory */
#define SCEP_PASSING_KEPT_S	(14L * 86400)	/* at most */

struct scep_traces;

enum scep_err	 scep_traces_new(struct scep_traces **out,
		    struct scep_error *err);
void		 scep_traces_free(struct scep_traces *traces);

/* For scep_trace.nr; never the same twice within a second. */
unsigned int	 scep_traces_number(struct scep_traces *traces);

/*
 * Remember an event; its bufs are taken over.  A request that still waits, or
 * whose certificate is fetched, has one event of each that counts.
 */
void		 scep_traces_add(struct scep_traces *traces,
		    struct scep_trace *t);

/* Each event in memory, oldest first; nobody adds one meanwhile. */
typedef enum scep_err	(*scep_trace_fn)(void *arg,
			    const struct scep_trace *t,
			    struct scep_error *err);
enum scep_err	 scep_traces_each(struct scep_traces *traces,
		    scep_trace_fn fn, void *arg, struct scep_error *err);

/* Write what is new: of what counts, the first, and then once an hour; all of
 * it if this is the end.  What could not be written is not tried again, and is
 * still in memory.  One caller at a time. */
enum scep_err	 scep_traces_flush(struct scep_traces *traces,
		    struct scep_store *store, int is_end,
		    struct scep_error *err);

/*
 * Flush; then delete what has expired, and of what is passing the oldest when
 * there is more than max.  At most a few thousand rows at a time.
 */
enum scep_err	 scep_traces_tend(struct scep_traces *traces,
		    struct scep_store *store, time_t now, long max,
		    struct scep_error *err);

/*
 * Private to traces*.c.  There are at most *n passing rows; it is stored with
 * them, so that a CGI run need not count.  What is read is kept.
 */
enum scep_err	 scep_traces_passing(struct scep_traces *traces,
		    struct scep_store *store, long **n,
		    struct scep_error *err);
/* Append it to a change; every event of its own. */
enum scep_err	 scep_passing_write(struct scep_change *change, long n,
		    struct scep_error *err);
/* As it was stored; where it never was, all of them are read. */
enum scep_err	 scep_passing_read(struct scep_store *store, long *n,
		    struct scep_error *err);

/* *to is empty; the caller clears it. */
enum scep_err	 scep_trace_copy(const struct scep_trace *from,
		    struct scep_trace *to, struct scep_error *err);

#endif /* SCEP_CA_TRACES_H */
