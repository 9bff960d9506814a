/*
 * mem.h - what the parts of the store in memory share.  Not for others.
 */
#ifndef SCEP_MEM_H
#define SCEP_MEM_H

#include <pthread.h>

#include "store/record_index.h"

struct scep_mem_table {
	struct scep_row	*row;		/* sorted by key */
	uint64_t	*number;	/* of each, as they came in; a copy
					   has none */
	uint64_t	 last;		/* number given out */
	size_t		 n, room;
};

struct scep_mem {
	struct scep_store	 store;		/* first */
	pthread_mutex_t		 mutex;
	struct scep_mem_table	 table[SCEP_T__MAX];
	uint64_t		 seq;		/* of the last log row */
};

/* store_mem.c: the order of keys, as memcmp(3) says; copies of a table's rows
 * from a key on, made under the mutex, for scep_mem_table_clear() even if it
 * fails. */
int		 scep_mem_compare(struct scep_span a, struct scep_span b);
enum scep_err	 scep_mem_copy(struct scep_mem *m, enum scep_table table,
		    struct scep_span from, struct scep_mem_table *out,
		    struct scep_error *err);
void		 scep_mem_table_clear(struct scep_mem_table *t);

/* mem_walk.c: what store.h says of the functions of these names. */
enum scep_err	 scep_mem_scan_index(struct scep_store *store,
		    enum scep_index index, struct scep_span from,
		    struct scep_span to, scep_row_fn fn, void *arg,
		    struct scep_error *err);
enum scep_err	 scep_mem_walk(struct scep_store *store,
		    const struct scep_range *range, scep_entry_fn fn,
		    void *arg, struct scep_error *err);
enum scep_err	 scep_mem_weigh(struct scep_store *store,
		    const struct scep_range *range, unsigned int *weight,
		    struct scep_error *err);

#endif /* SCEP_MEM_H */
