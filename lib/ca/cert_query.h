/*
 * cert_query.h - which certificates are asked for: conditions on a record,
 * and the part of an index that holds all that meet them.
 */
#ifndef SCEP_CA_CERT_QUERY_H
#define SCEP_CA_CERT_QUERY_H

#include "store/record.h"

#define SCEP_QUERY_KEY	320	/* octets of an index key of certificates */

enum scep_query_state {
	SCEP_QUERY_ANY,
	SCEP_QUERY_VALID,
	SCEP_QUERY_EXPIRED,
	SCEP_QUERY_REVOKED,
	SCEP_QUERY_UNCONFIRMED,
	SCEP_QUERY_LIVE		/* valid, or may become so */
};

/* A condition that is not made is "", 0 or SCEP_QUERY_ANY. */
struct scep_cert_query {
	char			 glob[SCEP_REC_TEXT];	/* lower case */
	char			 profile[SCEP_REC_NAME], ca[SCEP_REC_NAME];
	enum scep_query_state	 state;
	long			 expires_in;		/* s */
	time_t			 since;
	time_t			 now;
	const char		*order;		/* expires, issued, profile,
						   serial, subject; "": any */
};

/* What is walked. */
struct scep_cert_part {
	enum scep_index	 index;
	uint8_t		 from[SCEP_QUERY_KEY], to[SCEP_QUERY_KEY];
	size_t		 from_len, to_len;	/* of to 0: no end */
};

/* What a certificate is at a time: "valid", "expired", "revoked". */
const char	*scep_cert_state_text(const struct scep_cert_rec *rec,
		    time_t now);

/* Does the record meet all conditions? */
int		 scep_cert_query_match(const struct scep_cert_query *query,
		    const struct scep_cert_rec *rec);
/* May it, as far as a key of the index says?  Without reading the row. */
int		 scep_cert_query_may(const struct scep_cert_query *query,
		    enum scep_index index, struct scep_span index_key);

/*
 * The part with the least to read: by the conditions, by how much of its
 * index each is, and by the order that is wanted, if that costs little.
 */
enum scep_err	 scep_cert_query_pick(const struct scep_cert_query *query,
		    struct scep_store *store, struct scep_cert_part *part,
		    struct scep_error *err);
/* The part of this index. */
void		 scep_cert_query_part(const struct scep_cert_query *query,
		    enum scep_index index, struct scep_cert_part *part);

/* Is what is found there in the order that is wanted? */
int		 scep_cert_query_is_sorted(const struct scep_cert_query *query,
		    enum scep_index index);

/* What an index is called: subject, expires, issued, profile, revoked; NULL
 * for one that certificates are not listed by.  And back: 0 if there is no
 * such name. */
const char	*scep_cert_order_name(enum scep_index index);
int		 scep_cert_order_find(const char *name,
		    enum scep_index *index);

#endif /* SCEP_CA_CERT_QUERY_H */
