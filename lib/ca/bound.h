/*
 * bound.h - what a record binds, and the HMAC over it under challenge_key, so
 * that a row which was changed in the database is worth nothing.  Private to
 * ca/.
 */
#ifndef SCEP_CA_BOUND_H
#define SCEP_CA_BOUND_H

#include "ca/config.h"
#include "store/record.h"

#define SCEP_BOUND_SPANS	8
#define SCEP_BOUND_NUMBERS	9

/* The first span is a label, that no two kinds of records share. */
struct scep_bound {
	struct scep_span	 span[SCEP_BOUND_SPANS];
	size_t			 n_spans;
	long			 number[SCEP_BOUND_NUMBERS];
	size_t			 n_numbers;
};

/* Over spans, each with its length in front, and numbers. */
enum scep_err	 scep_bound_mac(const struct scep_crypto *crypto,
		    const struct scep_config *cfg,
		    const struct scep_bound *bound,
		    uint8_t out[SCEP_SHA256_LEN], struct scep_error *err);

/* Over a whole row: body is its encoding without the mac. */
enum scep_err	 scep_bound_row_mac(const struct scep_crypto *crypto,
		    const struct scep_config *cfg, const char *label,
		    const struct scep_buf *body, uint8_t out[SCEP_SHA256_LEN],
		    struct scep_error *err);
/* Has a row the mac that it should, and is it the one of this key?  If it is
 * another one's, id is set to the key's, for whoever puts that right. */
int		 scep_bound_is_row(struct scep_span key,
		    char id[SCEP_REC_NAME],
		    const uint8_t want[SCEP_SHA256_LEN],
		    const uint8_t mac[SCEP_SHA256_LEN]);

#endif /* SCEP_CA_BOUND_H */
