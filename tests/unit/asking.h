/*
 * asking.h - what the tests of enrolment ask, and what they demand.
 * Include cmocka.h first.
 */
#ifndef TESTS_ASKING_H
#define TESTS_ASKING_H

#include "tests/unit/world.h"

extern struct world	*w;	/* made by main() */

/* One call, and what came of it. */
struct outcome {
	enum scep_err		 rc;
	struct scep_answer	 answer;
	struct scep_error	 err;
};

/* cmocka's setup: an empty store, the same dice. */
int			 ask_empty(void **state);

/* A request by device k for CN=dev-<k>; the caller frees csr. */
struct world_request	 ask_new(int k, const char *txid,
			    const char *challenge);
/*
 * Carry it out; fail the test unless it ends like this ("granted", "pending",
 * "refused", or the name of an error) and the reason holds why.
 */
void			 ask_expect(const struct world_request *r,
			    const char *end, const char *why);
/* The same; the caller clears the answer. */
struct outcome		 ask_expect_keep(const struct world_request *r,
			    const char *end, const char *why);
/* The same, and free the request. */
void			 ask_spend(struct world_request *r, const char *end,
			    const char *why);

/* A challenge of one use for anybody. */
void			 ask_mint(const char *profile,
			    char text[SCEP_CHALLENGE_TEXT]);
/* Its record; the caller clears it. */
void			 ask_record(const char *challenge,
			    struct scep_challenge *rec);
/* How often it was used. */
long			 ask_used(const char *challenge);
void			 ask_revoke(const char *challenge);

#endif /* TESTS_ASKING_H */
