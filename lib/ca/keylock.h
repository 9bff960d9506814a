/*
 * keylock.h - a lock in memory on transactions and challenges (DESIGN 5), so
 * that a loser never signs.  Private to ca/.
 */
#ifndef SCEP_CA_KEYLOCK_H
#define SCEP_CA_KEYLOCK_H

#include "base/buf.h"

#define SCEP_KEYLOCK_KEYS	4	/* held at once by an enrolment */

struct scep_keylock;

enum scep_err	 scep_keylock_new(struct scep_keylock **out,
		    struct scep_error *err);
void		 scep_keylock_free(struct scep_keylock *lock);
/* Wait until none of n keys is held by anybody, and hold them all; an empty
 * key is none.  The keys are borrowed until they are given back. */
void		 scep_keylock_take(struct scep_keylock *lock,
		    const struct scep_span *keys, size_t n);
void		 scep_keylock_give(struct scep_keylock *lock,
		    const struct scep_span *keys, size_t n);

#endif /* SCEP_CA_KEYLOCK_H */
