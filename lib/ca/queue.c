/* queue.c - how many requests wait for an operator. */
#include "ca/queue.h"

struct count {
	long	 n, max;
};

static enum scep_err
count_row(void *arg, const struct scep_row *row, struct scep_error *err)
{
	struct count	*c = arg;

	(void)row;
	(void)err;
	return ++c->n >= c->max ? SCEP_E_EXISTS : SCEP_OK;
}

enum scep_err
scep_queue_count(struct scep_store *store, enum scep_index index,
    struct scep_span key, long max, long *n, struct scep_error *err)
{
	struct scep_buf	 to = { NULL, 0 };
	struct count	 c = { 0, max };
	enum scep_err	 rc;

	/* The next key that can be: nothing sorts between it and this one. */
	if ((rc = scep_buf_set(&to, key, err)) == SCEP_OK &&
	    (rc = scep_buf_add(&to, scep_span_make("", 1), err)) == SCEP_OK)
		rc = scep_store_scan_index(store, index, key,
		    scep_buf_span(&to), count_row, &c, err);
	scep_buf_clear(&to);
	*n = c.n;
	return rc;
}
