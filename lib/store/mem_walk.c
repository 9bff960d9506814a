/*
 * mem_walk.c - the indexes of a store in memory: a copy of the table, sorted
 * as the index is.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "store/mem.h"

struct indexed {
	struct scep_buf		 key;
	const struct scep_row	*row;
};

/* A copy of a table, in the order of one of its indexes. */
struct listing {
	struct scep_mem_table	 copy;
	struct indexed	*list;
	size_t		 n;
};

static int
compare_indexed(const void *a, const void *b)
{
	const struct indexed	*x = a, *y = b;
	int			 c;

	c = scep_mem_compare(scep_buf_span(&x->key), scep_buf_span(&y->key));
	return c != 0 ? c : scep_mem_compare(scep_buf_span(&x->row->key),
	    scep_buf_span(&y->row->key));
}

static void
listing_clear(struct listing *l)
{
	size_t	 i;

	for (i = 0; l->list != NULL && i <= l->copy.n; i++)
		scep_buf_clear(&l->list[i].key);
	free(l->list);
	scep_mem_table_clear(&l->copy);
}

static enum scep_err
listing_make(struct scep_store *store, enum scep_index index,
    struct listing *l, struct scep_error *err)
{
	enum scep_err	 rc;
	size_t		 i;
	int		 has;

	memset(l, 0, sizeof(*l));
	rc = scep_mem_copy((struct scep_mem *)store, scep_index_table(index),
	    scep_span_make(NULL, 0), &l->copy, err);
	l->list = calloc(l->copy.n + 1, sizeof(*l->list));
	if (rc == SCEP_OK && l->list == NULL)
		rc = scep_fail(err, SCEP_E_NOMEM, "scan");
	for (i = 0; rc == SCEP_OK && i < l->copy.n; i++) {
		l->list[l->n].row = &l->copy.row[i];
		rc = scep_record_index(index, scep_buf_span(
		    &l->copy.row[i].value), &has, &l->list[l->n].key, err);
		l->n += rc == SCEP_OK && has;
	}
	if (rc == SCEP_OK)
		qsort(l->list, l->n, sizeof(*l->list), compare_indexed);
	return rc;
}

static int
is_between(const struct indexed *one, struct scep_span from,
    struct scep_span to)
{
	return scep_mem_compare(scep_buf_span(&one->key), from) >= 0 &&
	    (to.len == 0 || scep_mem_compare(scep_buf_span(&one->key), to) < 0);
}

enum scep_err
scep_mem_scan_index(struct scep_store *store, enum scep_index index,
    struct scep_span from, struct scep_span to, scep_row_fn fn, void *arg,
    struct scep_error *err)
{
	struct listing	 l;
	enum scep_err	 rc;
	size_t		 i;

	rc = listing_make(store, index, &l, err);
	for (i = 0; rc == SCEP_OK && i < l.n; i++)
		if (is_between(&l.list[i], from, to))
			rc = fn(arg, l.list[i].row, err);
	listing_clear(&l);
	return rc;
}

static int
is_behind(const struct scep_entry *entry, const struct scep_entry *after)
{
	int	 c = scep_mem_compare(entry->index_key, after->index_key);

	return after->index_key.len == 0 || c > 0 ||
	    (c == 0 && scep_mem_compare(entry->key, after->key) > 0);
}

enum scep_err
scep_mem_walk(struct scep_store *store, const struct scep_range *range,
    scep_entry_fn fn, void *arg, struct scep_error *err)
{
	struct listing		 l;
	struct scep_entry	 entry;
	enum scep_err		 rc;
	size_t			 i;

	rc = listing_make(store, range->index, &l, err);
	for (i = 0; rc == SCEP_OK && i < l.n; i++) {
		entry.index_key = scep_buf_span(&l.list[i].key);
		entry.key = scep_buf_span(&l.list[i].row->key);
		if (is_between(&l.list[i], range->from, range->to) &&
		    is_behind(&entry, &range->after))
			rc = fn(arg, &entry, err);
	}
	listing_clear(&l);
	return rc;
}

enum scep_err
scep_mem_weigh(struct scep_store *store, const struct scep_range *range,
    unsigned int *weight, struct scep_error *err)
{
	struct listing	 l;
	enum scep_err	 rc;
	size_t		 i, in = 0;

	*weight = 0;
	if ((rc = listing_make(store, range->index, &l, err)) == SCEP_OK &&
	    l.n > 0) {
		for (i = 0; i < l.n; i++)
			in += (size_t)is_between(&l.list[i], range->from,
			    range->to);
		*weight = (unsigned int)(in * SCEP_WEIGHT_ALL / l.n);
	}
	listing_clear(&l);
	return rc;
}
