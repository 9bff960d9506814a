/*
 * spoil.h - rows of a store on the disk, damaged behind its back.
 *
 * abort() with file and line when that cannot be done.
 */
#ifndef TESTS_SPOIL_H
#define TESTS_SPOIL_H

#include <time.h>

#include "store/store.h"

/* A store in a directory of its own; and both gone. */
struct scep_store *spoil_open(void);
void		 spoil_close(struct scep_store *store);

/* Octets of a row as it is stored. */
size_t		 spoil_size(struct scep_store *store, enum scep_table table,
		    struct scep_span key);
/* Turn these bits of the octet round; as they were, when done twice. */
void		 spoil(struct scep_store *store, enum scep_table table,
		    struct scep_span key, size_t at, uint8_t bits);
/* So that nothing of it can be read. */
void		 spoil_all(struct scep_store *store, enum scep_table table,
		    struct scep_span key);

/* … of the row of a table that stands at this place, from 0. */
void		 spoil_nth(struct scep_store *store, enum scep_table table,
		    size_t n);
/* One more entry for the only row of an index that is in the order of times,
 * where it does not belong. */
void		 spoil_entry(struct scep_store *store, enum scep_index index,
		    time_t t);
size_t		 spoil_rows(struct scep_store *store, enum scep_table table);

#endif /* TESTS_SPOIL_H */
