/*
 * queue.h - how many requests wait for an operator.  Private to ca/.
 */
#ifndef SCEP_CA_QUEUE_H
#define SCEP_CA_QUEUE_H

#include "store/store.h"

/* How many rows have this key in index, SCEP_IX_PENDING_PROFILE or _PEER; no
 * more than max are counted. */
enum scep_err	 scep_queue_count(struct scep_store *store,
		    enum scep_index index, struct scep_span key, long max,
		    long *n, struct scep_error *err);

#endif /* SCEP_CA_QUEUE_H */
