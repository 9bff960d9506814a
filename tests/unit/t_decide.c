/*
 * t_decide.c - the decision, as a table: a new rule is a new line.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ca/decide.h"

#define GOOD	.self_signed = 1, .signer_has_csr_key = 1, \
		.subject_allowed = 1, .san_allowed = 1

enum { CHALLENGE = 1, MANUAL = 2, BOTH = 3 };

static const struct {
	const char		*name;
	int			 by;
	struct scep_facts	 facts;
	enum scep_decision	 want;
	const char		*why;
} rows[] = {
	/* The controls: what a good request gets. */
	{ "a right challenge", CHALLENGE,
	    { GOOD, .challenge = SCEP_CH_RECORD }, SCEP_GRANT, "challenge" },
	{ "a right challenge, where one may also queue", BOTH,
	    { GOOD, .challenge = SCEP_CH_RECORD }, SCEP_GRANT, "challenge" },
	{ "the static challenge", CHALLENGE,
	    { GOOD, .challenge = SCEP_CH_STATIC }, SCEP_GRANT,
	    "static challenge" },
	{ "no challenge, approval by hand", MANUAL, { GOOD }, SCEP_PEND,
	    "queued for approval" },
	{ "no challenge, both ways", BOTH, { GOOD }, SCEP_PEND,
	    "queued for approval" },

	/* Before any challenge is looked at. */
	{ "an envelope's key with other content", CHALLENGE,
	    { GOOD, .reused_envelope = 1, .challenge = SCEP_CH_RECORD },
	    SCEP_REFUSE, "encryptedKey seen before" },
	{ "an unreadable request", CHALLENGE,
	    { GOOD, .unreadable = 1, .challenge = SCEP_CH_RECORD },
	    SCEP_REFUSE, "no readable request" },
	{ "an unreadable request, approval by hand", MANUAL,
	    { GOOD, .unreadable = 1 }, SCEP_REFUSE, "no readable request" },
	{ "a renewal", BOTH,
	    { GOOD, .is_renewal = 1, .challenge = SCEP_CH_RECORD },
	    SCEP_REFUSE, "renewal is not offered" },
	{ "a signer that is not self-signed", BOTH,
	    { .signer_has_csr_key = 1, .subject_allowed = 1,
	    .san_allowed = 1, .challenge = SCEP_CH_RECORD },
	    SCEP_REFUSE, "not self-signed" },
	{ "a signer with another key", BOTH,
	    { .self_signed = 1, .subject_allowed = 1, .san_allowed = 1,
	    .challenge = SCEP_CH_RECORD }, SCEP_REFUSE, "another key" },
	{ "the CA's own key", BOTH,
	    { GOOD, .key_is_taboo = 1, .challenge = SCEP_CH_RECORD },
	    SCEP_REFUSE, "own" },
	{ "a subject the profile does not allow", BOTH,
	    { .self_signed = 1, .signer_has_csr_key = 1, .san_allowed = 1,
	    .challenge = SCEP_CH_RECORD }, SCEP_REFUSE, "subject" },
	{ "alternative names the profile does not allow", BOTH,
	    { .self_signed = 1, .signer_has_csr_key = 1,
	    .subject_allowed = 1, .challenge = SCEP_CH_RECORD },
	    SCEP_REFUSE, "alternative name" },

	/* What is known of the transaction. */
	{ "a retry of a pending request", MANUAL,
	    { GOOD, .txn = SCEP_TX_SAME_PENDING }, SCEP_REPEAT, "waits" },
	{ "a retry of a granted request, its challenge used up", CHALLENGE,
	    { GOOD, .txn = SCEP_TX_SAME_GRANTED,
	    .challenge = SCEP_CH_SPENT }, SCEP_REPEAT, "granted before" },
	{ "a retry of a refused request", MANUAL,
	    { GOOD, .txn = SCEP_TX_SAME_REFUSED }, SCEP_REPEAT,
	    "refused by an operator" },
	{ "a stale transaction is as none, with a challenge", CHALLENGE,
	    { GOOD, .txn = SCEP_TX_SAME_STALE, .challenge = SCEP_CH_RECORD },
	    SCEP_GRANT, "challenge" },
	{ "a stale transaction is as none, without", MANUAL,
	    { GOOD, .txn = SCEP_TX_SAME_STALE }, SCEP_PEND, "queued" },
	{ "a stale transaction revives no challenge", CHALLENGE,
	    { GOOD, .txn = SCEP_TX_SAME_STALE, .challenge = SCEP_CH_SPENT },
	    SCEP_REFUSE, "used up" },
	{ "another request while one waits", BOTH,
	    { GOOD, .txn = SCEP_TX_OTHER_PENDING,
	    .challenge = SCEP_CH_RECORD }, SCEP_REFUSE, "is pending" },
	{ "another request after the first, with a fresh challenge", BOTH,
	    { GOOD, .txn = SCEP_TX_OTHER_FINISHED,
	    .challenge = SCEP_CH_RECORD }, SCEP_GRANT, "challenge" },
	{ "another request after the first, without", BOTH,
	    { GOOD, .txn = SCEP_TX_OTHER_FINISHED }, SCEP_REFUSE,
	    "without a fresh challenge" },
	{ "a refused retry stays refused in spite of its names", MANUAL,
	    { .self_signed = 1, .signer_has_csr_key = 1, .san_allowed = 1,
	    .txn = SCEP_TX_SAME_GRANTED }, SCEP_REFUSE, "subject" },

	/* Challenges. */
	{ "no challenge", CHALLENGE, { GOOD }, SCEP_REFUSE, "no challenge" },
	{ "a challenge where none is taken", MANUAL,
	    { GOOD, .challenge = SCEP_CH_RECORD }, SCEP_REFUSE,
	    "takes no challenges" },
	{ "a static challenge where none is taken", MANUAL,
	    { GOOD, .challenge = SCEP_CH_STATIC }, SCEP_REFUSE,
	    "takes no challenges" },
	{ "a wrong challenge where none is taken", MANUAL,
	    { GOOD, .challenge = SCEP_CH_UNKNOWN }, SCEP_REFUSE,
	    "takes no challenges" },
	{ "used by the same key for the same names", CHALLENGE,
	    { GOOD, .challenge = SCEP_CH_SPENT_BY_SAME }, SCEP_REPEAT,
	    "used by this key" },
	{ "an unknown one, never queued", BOTH,
	    { GOOD, .challenge = SCEP_CH_UNKNOWN }, SCEP_REFUSE, "unknown" },
	{ "an expired one, never queued", BOTH,
	    { GOOD, .challenge = SCEP_CH_EXPIRED }, SCEP_REFUSE, "expired" },
	{ "one used up, never queued", BOTH,
	    { GOOD, .challenge = SCEP_CH_SPENT }, SCEP_REFUSE, "used up" },
	{ "a revoked one, never queued", BOTH,
	    { GOOD, .challenge = SCEP_CH_REVOKED }, SCEP_REFUSE, "revoked" },
	{ "one of another profile, never queued", BOTH,
	    { GOOD, .challenge = SCEP_CH_OTHER_PROFILE }, SCEP_REFUSE,
	    "another profile" },
	{ "one for another subject, never queued", BOTH,
	    { GOOD, .challenge = SCEP_CH_OTHER_SUBJECT }, SCEP_REFUSE,
	    "another subject" },
	{ "one for other alternative names, never queued", BOTH,
	    { GOOD, .challenge = SCEP_CH_OTHER_SAN }, SCEP_REFUSE,
	    "other alternative names" },
	{ "a fact that nobody has thought of", BOTH,
	    { GOOD, .challenge = (enum scep_challenge_fact)99 }, SCEP_REFUSE,
	    "not understood" },

	/* Queues: the device comes again. */
	{ "a full queue", MANUAL, { GOOD, .queue_full = 1 }, SCEP_DEFER,
	    "queue" },
	{ "a full queue of this peer", MANUAL,
	    { GOOD, .peer_queue_full = 1 }, SCEP_DEFER, "address" },
	{ "a full queue stops no challenge", BOTH,
	    { GOOD, .queue_full = 1, .peer_queue_full = 1,
	    .challenge = SCEP_CH_RECORD }, SCEP_GRANT, "challenge" },
	{ "a full queue stops no retry", MANUAL,
	    { GOOD, .queue_full = 1, .txn = SCEP_TX_SAME_PENDING },
	    SCEP_REPEAT, "waits" },

	/* And nothing at all. */
	{ "no way to authorise", 0,
	    { GOOD, .challenge = SCEP_CH_RECORD }, SCEP_REFUSE, "takes no" },
	{ "no way to authorise, no challenge", 0, { GOOD }, SCEP_REFUSE,
	    "no challenge" },
	{ "nothing known at all", BOTH, { .unreadable = 0 }, SCEP_REFUSE,
	    "not self-signed" },
};

static void
each_row_of_the_table_holds(void **state)
{
	const char	*why;
	size_t		 i;
	int		 failed = 0;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct scep_rules	 rules = {
			.by_challenge = (rows[i].by & CHALLENGE) != 0,
			.by_manual = (rows[i].by & MANUAL) != 0,
		};

		why = NULL;
		if (scep_decide(&rules, &rows[i].facts, &why) ==
		    rows[i].want && why != NULL &&
		    strstr(why, rows[i].why) != NULL)
			continue;
		failed++;
		(void)fprintf(stderr, "%s: %s\n", rows[i].name,
		    why != NULL ? why : "(no reason)");
	}
	assert_int_equal(failed, 0);
}

/* Whatever else is true of them, GRANT and PEND need these facts. */
static void
nothing_is_granted_without_every_condition(void **state)
{
	unsigned int	 bits;
	int		 c, t;

	(void)state;
	for (bits = 0; bits < 1024; bits++)
		for (c = SCEP_CH_ABSENT; c <= SCEP_CH_OTHER_SAN; c++)
			for (t = SCEP_TX_NONE; t <= SCEP_TX_OTHER_FINISHED;
			    t++) {
				const struct scep_rules	 rules = {
					.by_challenge = 1, .by_manual = 1
				};
				const struct scep_facts	 f = {
					.reused_envelope = bits & 1,
					.unreadable = bits >> 1 & 1,
					.is_renewal = bits >> 2 & 1,
					.self_signed = bits >> 3 & 1,
					.signer_has_csr_key = bits >> 4 & 1,
					.key_is_taboo = bits >> 5 & 1,
					.subject_allowed = bits >> 6 & 1,
					.san_allowed = bits >> 7 & 1,
					.queue_full = bits >> 8 & 1,
					.peer_queue_full = bits >> 9 & 1,
					.challenge =
					    (enum scep_challenge_fact)c,
					.txn = (enum scep_txn_fact)t,
				};
				const char		*why;
				enum scep_decision	 d;

				d = scep_decide(&rules, &f, &why);
				assert_non_null(why);
				if (d != SCEP_REFUSE)
					assert_int_equal(bits & 0xff, 0xd8);
				if (d == SCEP_GRANT)
					assert_true(c == SCEP_CH_RECORD ||
					    c == SCEP_CH_STATIC);
				if (d == SCEP_PEND)
					assert_true(c == SCEP_CH_ABSENT &&
					    bits >> 8 == 0);
			}
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(each_row_of_the_table_holds),
		cmocka_unit_test(nothing_is_granted_without_every_condition),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
