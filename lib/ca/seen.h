/*
 * seen.h - encrypted keys seen before (SECURITY 1.5): the same one with other
 * content is an attack on the padding.  Private to ca/.
 */
#ifndef SCEP_CA_SEEN_H
#define SCEP_CA_SEEN_H

#include "wire/crypto.h"

#define SCEP_SEEN_ENTRIES	65536	/* bounded; the oldest in a slot goes */

struct scep_seen;

enum scep_err	 scep_seen_new(const struct scep_crypto *crypto,
		    struct scep_seen **out, struct scep_error *err);
void		 scep_seen_free(struct scep_seen *seen);
/* Note key with content; 1 if it was seen with other content (and the first is
 * what is remembered).  Any number of threads. */
int		 scep_seen_other(struct scep_seen *seen,
		    const uint8_t key[SCEP_SHA256_LEN],
		    const uint8_t content[SCEP_SHA256_LEN]);

#endif /* SCEP_CA_SEEN_H */
