/*
 * stores.h - a store for a test, of either kind, and certificates in it.
 *
 * All functions abort() by way of world_must() or fail the test when
 * something cannot be set up.
 */
#ifndef TESTS_STORES_H
#define TESTS_STORES_H

#include "store/record.h"

/* The store of the test that runs. */
extern struct scep_store	*stores_one;

/* Setup and teardown of cmocka: in memory; of Berkeley DB, in a directory of
 * its own. */
int	 stores_open_mem(void **state);
int	 stores_open_db(void **state);
int	 stores_close(void **state);

/* A certificate, which has number as its serial (two octets). */
struct stores_cert {
	unsigned int	 number;
	const char	*subject, *profile;
	time_t		 issued, not_after;
	time_t		 revoked;	/* 0: it is not */
	const char	*ca;
};
void	 stores_put(const struct stores_cert *cert);
void	 stores_delete(unsigned int number);
/* So many from a number on, with this as a pattern: several to a commit. */
void	 stores_put_many(const struct stores_cert *like, unsigned int n);

#endif /* TESTS_STORES_H */
