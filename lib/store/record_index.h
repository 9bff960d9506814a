/*
 * record_index.h - under which index keys a row is found, by its value alone.
 */
#ifndef SCEP_STORE_RECORD_INDEX_H
#define SCEP_STORE_RECORD_INDEX_H

#include "store/record.h"

#define SCEP_INDEX_KEYS	6	/* of one row, at most */

/* Those that a row has, each of at least one octet. */
struct scep_index_keys {
	int	 is_odd;		/* the value cannot be read: none */
	size_t	 n, used;
	struct {
		enum scep_index	 index;
		size_t		 at, len;	/* in octets */
	}	 key[SCEP_INDEX_KEYS];
	uint8_t	 octets[2048];
	size_t	 own_len;
	uint8_t	 own[64];		/* the row's key; of a transaction, a
					   certificate, a trace */
};

/* All index keys of a row's value; none of a table without an index. */
enum scep_err	 scep_record_keys(enum scep_table table,
		    struct scep_span value, struct scep_index_keys *out,
		    struct scep_error *err);
int		 scep_table_has_index(enum scep_table table);
struct scep_span scep_index_key(const struct scep_index_keys *keys, size_t i);
/* Whether the row is in this index, and under this key. */
int		 scep_index_keys_have(const struct scep_index_keys *keys,
		    enum scep_index index, struct scep_span key);
/* The index key of a row's value; *has is 0 where it has none (then it is not
 * in the index). */
enum scep_err	 scep_record_index(enum scep_index index,
		    struct scep_span value, int *has, struct scep_buf *key,
		    struct scep_error *err);
enum scep_table	 scep_index_table(enum scep_index index);

#endif /* SCEP_STORE_RECORD_INDEX_H */
