/*
 * random.h - random octets for one request, fetched together: a fetch costs
 * as much as hundreds of octets do.
 */
#ifndef SCEP_WIRE_RANDOM_H
#define SCEP_WIRE_RANDOM_H

#include "wire/crypto.h"

/* For an id, a nonce, a content key and its padding for RSA-2048. */
#define SCEP_RANDOM_ROOM	320

/* Lives as long as its request: what a fork or another request could see of
 * it would be no secret any more. */
struct scep_random {
	const struct scep_crypto	*crypto;	/* borrowed */
	size_t				 left;
	uint8_t				 octets[SCEP_RANDOM_ROOM];
};

/* Nothing is fetched yet.  Release with scep_random_clear(). */
void		 scep_random_init(struct scep_random *random,
		    const struct scep_crypto *crypto);
void		 scep_random_clear(struct scep_random *random);
/* No octet is given twice. */
enum scep_err	 scep_random_take(struct scep_random *random, uint8_t *out,
		    size_t len, struct scep_error *err);

#endif /* SCEP_WIRE_RANDOM_H */
