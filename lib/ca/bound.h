/*
 * bound.h - what a record binds, and the HMAC over it under challenge_key, so
 * that a row which was changed in the database is worth nothing.  Private to
 * ca/.
 */
#ifndef SCEP_CA_BOUND_H
#define SCEP_CA_BOUND_H

#include "ca/config.h"

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

#endif /* SCEP_CA_BOUND_H */
