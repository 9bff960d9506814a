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

/* A renewal that is granted. */
#define OLD	.is_renewal = 1, .signer_is_of_ca = 1, \
		.signer_is_of_profile = 1, .signer_is_device = 1, \
		.same_subject = 1, .same_san = 1, .subject_allowed = 1, \
		.san_allowed = 1, .signer = SCEP_SIGNER_VALID
#define OPEN	OLD, .life = SCEP_LIFE_OPEN

enum { CHALLENGE = 1, MANUAL = 2, BOTH = 3, NEW_KEY = 4, SAME_KEY = 8,
    ANY_NAMES = 16, NO_RENEWAL = 32, VALIDATOR = 64, TROUBLE_QUEUES = 128,
    TROUBLE_DEFERS = 256 };

static const struct {
	const char		*name;
	int			 by;
	struct scep_facts	 facts;
	enum scep_decision	 want;
	const char		*why;
	const char		*rule;		/* that decides */
} rows[] = {
	/* The controls: what a good request gets. */
	{ "a right challenge", CHALLENGE,
	    { GOOD, .challenge = SCEP_CH_RECORD }, SCEP_GRANT, "challenge",
	    "challenge" },
	{ "a right challenge, where one may also queue", BOTH,
	    { GOOD, .challenge = SCEP_CH_RECORD }, SCEP_GRANT, "challenge",
	    "challenge" },
	{ "the static challenge", CHALLENGE,
	    { GOOD, .challenge = SCEP_CH_STATIC }, SCEP_GRANT,
	    "static challenge", "challenge" },
	{ "no challenge, approval by hand", MANUAL, { GOOD }, SCEP_PEND,
	    "queued for approval", "approval" },
	{ "no challenge, both ways", BOTH, { GOOD }, SCEP_PEND,
	    "queued for approval", "approval" },

	/* Before any challenge is looked at. */
	{ "an envelope's key with other content", CHALLENGE,
	    { GOOD, .reused_envelope = 1, .challenge = SCEP_CH_RECORD },
	    SCEP_REFUSE, "encryptedKey seen before", "envelope" },
	{ "an unreadable request", CHALLENGE,
	    { GOOD, .unreadable = 1, .challenge = SCEP_CH_RECORD },
	    SCEP_REFUSE, "no readable request", "readable" },
	{ "an unreadable request, approval by hand", MANUAL,
	    { GOOD, .unreadable = 1 }, SCEP_REFUSE, "no readable request",
	    "readable" },
	{ "a message of another type", BOTH,
	    { GOOD, .unknown_type = 1, .challenge = SCEP_CH_RECORD },
	    SCEP_REFUSE, "type is not offered", "message_type" },
	{ "a signer that is not self-signed", BOTH,
	    { .signer_has_csr_key = 1, .subject_allowed = 1,
	    .san_allowed = 1, .challenge = SCEP_CH_RECORD },
	    SCEP_REFUSE, "not self-signed", "self_signed" },
	{ "a signer with another key", BOTH,
	    { .self_signed = 1, .subject_allowed = 1, .san_allowed = 1,
	    .challenge = SCEP_CH_RECORD }, SCEP_REFUSE, "another key",
	    "signer_key" },
	{ "the CA's own key", BOTH,
	    { GOOD, .key_is_taboo = 1, .challenge = SCEP_CH_RECORD },
	    SCEP_REFUSE, "own", "own_key" },
	{ "a request that its key may not have signed", BOTH,
	    { GOOD, .unsigned_key = 1, .challenge = SCEP_CH_RECORD },
	    SCEP_REFUSE, "not looked at", "possession" },
	{ "… granted before", BOTH,
	    { GOOD, .unsigned_key = 1, .txn = SCEP_TX_SAME_GRANTED },
	    SCEP_REFUSE, "not looked at", "possession" },
	{ "… that waits for approval", MANUAL, { GOOD, .unsigned_key = 1 },
	    SCEP_REFUSE, "not looked at", "possession" },
	{ "a subject the profile does not allow", BOTH,
	    { .self_signed = 1, .signer_has_csr_key = 1, .san_allowed = 1,
	    .challenge = SCEP_CH_RECORD }, SCEP_REFUSE, "subject", "subject" },
	{ "alternative names the profile does not allow", BOTH,
	    { .self_signed = 1, .signer_has_csr_key = 1,
	    .subject_allowed = 1, .challenge = SCEP_CH_RECORD },
	    SCEP_REFUSE, "alternative name", "san" },

	/* Keys that nothing can be encrypted to. */
	{ "a right challenge, which delivers too", CHALLENGE,
	    { GOOD, .by_password = 1, .challenge = SCEP_CH_RECORD },
	    SCEP_GRANT, "challenge", "challenge" },
	{ "nothing to deliver with, approval by hand", MANUAL,
	    { GOOD, .by_password = 1, .undeliverable = 1 }, SCEP_REFUSE,
	    "to encrypt the answer with", "deliverable" },
	{ "nothing to deliver with, a challenge that would do", BOTH,
	    { GOOD, .by_password = 1, .undeliverable = 1,
	    .challenge = SCEP_CH_RECORD }, SCEP_REFUSE, "to encrypt",
	    "deliverable" },
	{ "nothing to deliver with, granted before", BOTH,
	    { GOOD, .by_password = 1, .undeliverable = 1,
	    .txn = SCEP_TX_SAME_GRANTED }, SCEP_REFUSE, "to encrypt",
	    "deliverable" },
	{ "a delivery secret, approval by hand", MANUAL,
	    { GOOD, .by_password = 1, .challenge = SCEP_CH_UNKNOWN },
	    SCEP_PEND, "queued", "approval" },
	{ "a right challenge where none authorises is one, too", MANUAL,
	    { GOOD, .by_password = 1, .challenge = SCEP_CH_RECORD },
	    SCEP_PEND, "queued", "approval" },
	{ "the full queue stops that", MANUAL,
	    { GOOD, .by_password = 1, .challenge = SCEP_CH_UNKNOWN,
	    .queue_full = 1 }, SCEP_DEFER, "queue", "queue_room" },
	{ "a wrong challenge is no delivery secret", BOTH,
	    { GOOD, .by_password = 1, .challenge = SCEP_CH_UNKNOWN },
	    SCEP_REFUSE, "unknown", "challenge" },
	{ "a delivery secret where nothing authorises", 0,
	    { GOOD, .by_password = 1, .challenge = SCEP_CH_UNKNOWN },
	    SCEP_REFUSE, "no challenge", "approval_offered" },

	/* What is known of the transaction. */
	{ "a retry of a pending request", MANUAL,
	    { GOOD, .txn = SCEP_TX_SAME_PENDING }, SCEP_REPEAT, "waits",
	    "first_time" },
	{ "a retry of a granted request, its challenge used up", CHALLENGE,
	    { GOOD, .txn = SCEP_TX_SAME_GRANTED,
	    .challenge = SCEP_CH_SPENT }, SCEP_REPEAT, "granted before",
	    "first_time" },
	{ "a retry of a refused request", MANUAL,
	    { GOOD, .txn = SCEP_TX_SAME_REFUSED }, SCEP_REPEAT,
	    "refused by an operator", "first_time" },
	{ "a stale transaction is as none, with a challenge", CHALLENGE,
	    { GOOD, .txn = SCEP_TX_SAME_STALE, .challenge = SCEP_CH_RECORD },
	    SCEP_GRANT, "challenge", "challenge" },
	{ "a stale transaction is as none, without", MANUAL,
	    { GOOD, .txn = SCEP_TX_SAME_STALE }, SCEP_PEND, "queued",
	    "approval" },
	{ "a stale transaction revives no challenge", CHALLENGE,
	    { GOOD, .txn = SCEP_TX_SAME_STALE, .challenge = SCEP_CH_SPENT },
	    SCEP_REFUSE, "used up", "challenge" },
	{ "another request while one waits", BOTH,
	    { GOOD, .txn = SCEP_TX_OTHER_PENDING,
	    .challenge = SCEP_CH_RECORD }, SCEP_REFUSE, "is pending",
	    "transaction" },
	{ "another request after the first, with a fresh challenge", BOTH,
	    { GOOD, .txn = SCEP_TX_OTHER_FINISHED,
	    .challenge = SCEP_CH_RECORD }, SCEP_GRANT, "challenge",
	    "challenge" },
	{ "another request after the first, without", BOTH,
	    { GOOD, .txn = SCEP_TX_OTHER_FINISHED }, SCEP_REFUSE,
	    "without a fresh challenge", "fresh_challenge" },
	{ "a refused retry stays refused in spite of its names", MANUAL,
	    { .self_signed = 1, .signer_has_csr_key = 1, .san_allowed = 1,
	    .txn = SCEP_TX_SAME_GRANTED }, SCEP_REFUSE, "subject", "subject" },

	/* Challenges. */
	{ "no challenge", CHALLENGE, { GOOD }, SCEP_REFUSE, "no challenge",
	    "approval_offered" },
	{ "a challenge where none is taken", MANUAL,
	    { GOOD, .challenge = SCEP_CH_RECORD }, SCEP_REFUSE,
	    "takes no challenges", "challenge_taken" },
	{ "a static challenge where none is taken", MANUAL,
	    { GOOD, .challenge = SCEP_CH_STATIC }, SCEP_REFUSE,
	    "takes no challenges", "challenge_taken" },
	{ "a wrong challenge where none is taken", MANUAL,
	    { GOOD, .challenge = SCEP_CH_UNKNOWN }, SCEP_REFUSE,
	    "takes no challenges", "challenge_taken" },
	{ "used by the same key for the same names", CHALLENGE,
	    { GOOD, .challenge = SCEP_CH_SPENT_BY_SAME }, SCEP_REPEAT,
	    "used by this key", "challenge" },
	{ "an unknown one, never queued", BOTH,
	    { GOOD, .challenge = SCEP_CH_UNKNOWN }, SCEP_REFUSE, "unknown",
	    "challenge" },
	{ "an expired one, never queued", BOTH,
	    { GOOD, .challenge = SCEP_CH_EXPIRED }, SCEP_REFUSE, "expired",
	    "challenge" },
	{ "one used up, never queued", BOTH,
	    { GOOD, .challenge = SCEP_CH_SPENT }, SCEP_REFUSE, "used up",
	    "challenge" },
	{ "a revoked one, never queued", BOTH,
	    { GOOD, .challenge = SCEP_CH_REVOKED }, SCEP_REFUSE, "revoked",
	    "challenge" },
	{ "one of another profile, never queued", BOTH,
	    { GOOD, .challenge = SCEP_CH_OTHER_PROFILE }, SCEP_REFUSE,
	    "another profile", "challenge" },
	{ "one for another subject, never queued", BOTH,
	    { GOOD, .challenge = SCEP_CH_OTHER_SUBJECT }, SCEP_REFUSE,
	    "another subject", "challenge" },
	{ "one for other alternative names, never queued", BOTH,
	    { GOOD, .challenge = SCEP_CH_OTHER_SAN }, SCEP_REFUSE,
	    "other alternative names", "challenge" },
	{ "one for another key, never queued", BOTH,
	    { GOOD, .challenge = SCEP_CH_OTHER_KEY }, SCEP_REFUSE,
	    "another key", "challenge" },
	{ "one that is not good yet, never queued", BOTH,
	    { GOOD, .challenge = SCEP_CH_NOT_YET }, SCEP_REFUSE,
	    "not good yet", "challenge" },
	{ "a frozen one, never queued", BOTH,
	    { GOOD, .challenge = SCEP_CH_FROZEN }, SCEP_REFUSE, "frozen",
	    "challenge" },
	{ "one whose key may come again", BOTH,
	    { GOOD, .challenge = SCEP_CH_AGAIN }, SCEP_GRANT,
	    "again for its key", "challenge" },
	{ "… where none is taken", MANUAL,
	    { GOOD, .challenge = SCEP_CH_AGAIN }, SCEP_REFUSE,
	    "takes no challenges", "challenge_taken" },
	{ "a fact that nobody has thought of", BOTH,
	    { GOOD, .challenge = (enum scep_challenge_fact)99 }, SCEP_REFUSE,
	    "not understood", "challenge" },

	/* Queues: the device comes again. */
	{ "a full queue", MANUAL, { GOOD, .queue_full = 1 }, SCEP_DEFER,
	    "queue", "queue_room" },
	{ "a full queue of this peer", MANUAL,
	    { GOOD, .peer_queue_full = 1 }, SCEP_DEFER, "address",
	    "queue_room_for_peer" },
	{ "a full queue stops no challenge", BOTH,
	    { GOOD, .queue_full = 1, .peer_queue_full = 1,
	    .challenge = SCEP_CH_RECORD }, SCEP_GRANT, "challenge",
	    "challenge" },
	{ "a full queue stops no retry", MANUAL,
	    { GOOD, .queue_full = 1, .txn = SCEP_TX_SAME_PENDING },
	    SCEP_REPEAT, "waits", "first_time" },

	/* Renewals. */
	{ "a renewal", CHALLENGE, { OPEN }, SCEP_GRANT, "renewal",
	    "renewal" },
	{ "a renewal where a human approves", MANUAL, { OPEN }, SCEP_GRANT,
	    "renewal", "renewal" },
	{ "a renewal after its end", CHALLENGE,
	    { OLD, .life = SCEP_LIFE_GRACE }, SCEP_GRANT,
	    "renewal after its signer's end", "renewal" },
	{ "a renewal to the same key", CHALLENGE | SAME_KEY,
	    { OPEN, .signer_has_csr_key = 1 }, SCEP_GRANT, "renewal",
	    "renewal" },
	{ "a renewal to a new key", CHALLENGE | NEW_KEY, { OPEN },
	    SCEP_GRANT, "renewal", "renewal" },
	{ "a renewal with a challenge used up", CHALLENGE,
	    { OPEN, .challenge = SCEP_CH_SPENT }, SCEP_GRANT, "renewal",
	    "renewal" },
	{ "a renewal with a challenge nobody knows", MANUAL,
	    { OPEN, .challenge = SCEP_CH_UNKNOWN }, SCEP_GRANT, "renewal",
	    "renewal" },
	{ "another renewal under a finished transaction", CHALLENGE,
	    { OPEN, .txn = SCEP_TX_OTHER_FINISHED }, SCEP_GRANT, "renewal",
	    "renewal" },
	{ "a full queue stops no renewal", MANUAL,
	    { OPEN, .queue_full = 1, .peer_queue_full = 1 }, SCEP_GRANT,
	    "renewal", "renewal" },
	{ "a retry of a renewal", CHALLENGE,
	    { OPEN, .txn = SCEP_TX_SAME_GRANTED }, SCEP_REPEAT,
	    "granted before", "first_time" },
	{ "a retry of a renewal after its signer's end", CHALLENGE,
	    { OLD, .life = SCEP_LIFE_OVER, .txn = SCEP_TX_SAME_GRANTED },
	    SCEP_REPEAT, "granted before", "first_time" },
	{ "a retry of a renewal after its signer was revoked", CHALLENGE,
	    { .is_renewal = 1, .signer_is_of_ca = 1,
	    .signer_is_of_profile = 1, .signer_is_device = 1,
	    .same_subject = 1, .same_san = 1, .subject_allowed = 1,
	    .san_allowed = 1, .signer = SCEP_SIGNER_REVOKED,
	    .txn = SCEP_TX_SAME_GRANTED }, SCEP_REFUSE, "revoked",
	    "signer_revoked" },
	{ "a retry of a renewal whose certificate was revoked", CHALLENGE,
	    { OPEN, .txn = SCEP_TX_SAME_REVOKED,
	    .challenge = SCEP_CH_RECORD }, SCEP_REFUSE,
	    "of this renewal was revoked", "first_time" },
	{ "a first request whose certificate was revoked", CHALLENGE,
	    { GOOD, .txn = SCEP_TX_SAME_REVOKED,
	    .challenge = SCEP_CH_RECORD }, SCEP_GRANT, "challenge",
	    "challenge" },
	{ "a renewal where none is offered", BOTH | NO_RENEWAL,
	    { OPEN, .challenge = SCEP_CH_RECORD }, SCEP_REFUSE,
	    "not offered", "renewal_offered" },
	{ "a renewal nobody has proven", BOTH, { OPEN, .unproven = 1 },
	    SCEP_REFUSE, "not what the worker said", "proof" },
	{ "a renewal by a self-signed certificate", BOTH,
	    { OPEN, .self_signed = 1, .signer_has_csr_key = 1,
	    .challenge = SCEP_CH_RECORD }, SCEP_REFUSE, "self-signed",
	    "signer_issued" },
	{ "a renewal of a certificate nobody knows", BOTH,
	    { .is_renewal = 1, .challenge = SCEP_CH_RECORD }, SCEP_REFUSE,
	    "nor a certificate of ours", "signer_known" },
	{ "a renewal of one with a number of ours", BOTH,
	    { .is_renewal = 1, .signer = SCEP_SIGNER_ALTERED }, SCEP_REFUSE,
	    "another certificate", "signer_genuine" },
	{ "a renewal of another CA's", BOTH,
	    { .is_renewal = 1, .signer = SCEP_SIGNER_VALID }, SCEP_REFUSE,
	    "not issued by the profile's CA", "signer_ca" },
	{ "a renewal of a CA's own", BOTH,
	    { .is_renewal = 1, .signer_is_of_ca = 1,
	    .signer = SCEP_SIGNER_VALID }, SCEP_REFUSE, "a CA, an RA",
	    "signer_role" },
	{ "a renewal of another profile's", BOTH,
	    { .is_renewal = 1, .signer_is_of_ca = 1, .signer_is_device = 1,
	    .signer = SCEP_SIGNER_VALID }, SCEP_REFUSE, "another profile",
	    "signer_profile" },
	{ "a renewal of a revoked one", BOTH,
	    { .is_renewal = 1, .signer_is_of_ca = 1, .signer_is_device = 1,
	    .signer_is_of_profile = 1, .signer = SCEP_SIGNER_REVOKED,
	    .life = SCEP_LIFE_OPEN }, SCEP_REFUSE, "revoked",
	    "signer_revoked" },
	{ "a renewal of one that its validator keeps back", BOTH,
	    { .is_renewal = 1, .signer_is_of_ca = 1, .signer_is_device = 1,
	    .signer_is_of_profile = 1, .signer = SCEP_SIGNER_UNCONFIRMED,
	    .life = SCEP_LIFE_OPEN }, SCEP_REFUSE, "never let go",
	    "signer_revoked" },
	{ "a renewal of one not valid yet", BOTH,
	    { OLD, .life = SCEP_LIFE_NOT_BEGUN }, SCEP_REFUSE,
	    "not valid yet", "signer_begun" },
	{ "a renewal of one without a life", BOTH, { OLD }, SCEP_REFUSE,
	    "not valid yet", "signer_begun" },
	{ "a renewal of one that is over", BOTH,
	    { OLD, .life = SCEP_LIFE_OVER, .challenge = SCEP_CH_RECORD },
	    SCEP_REFUSE, "expired", "signer_expired" },
	{ "a renewal too early", BOTH,
	    { OLD, .life = SCEP_LIFE_EARLY, .challenge = SCEP_CH_RECORD },
	    SCEP_REFUSE, "too early", "renewal_window" },
	{ "a renewal to the same key where a new one is wanted",
	    CHALLENGE | NEW_KEY, { OPEN, .signer_has_csr_key = 1 },
	    SCEP_REFUSE, "new keys alone", "renewal_key" },
	{ "a renewal to a new key where the same one is wanted",
	    CHALLENGE | SAME_KEY, { OPEN }, SCEP_REFUSE,
	    "the same key alone", "renewal_key" },
	{ "a renewal to the CA's own key", CHALLENGE,
	    { OPEN, .key_is_taboo = 1 }, SCEP_REFUSE, "own", "own_key" },
	{ "a renewal to another subject", BOTH,
	    { .is_renewal = 1, .signer_is_of_ca = 1,
	    .signer_is_of_profile = 1, .signer_is_device = 1, .same_san = 1,
	    .subject_allowed = 1, .san_allowed = 1,
	    .signer = SCEP_SIGNER_VALID, .life = SCEP_LIFE_OPEN },
	    SCEP_REFUSE, "another subject", "renewal_subject" },
	{ "a renewal to other alternative names", BOTH,
	    { .is_renewal = 1, .signer_is_of_ca = 1,
	    .signer_is_of_profile = 1, .signer_is_device = 1,
	    .same_subject = 1, .subject_allowed = 1, .san_allowed = 1,
	    .signer = SCEP_SIGNER_VALID, .life = SCEP_LIFE_OPEN },
	    SCEP_REFUSE, "other alternative names", "renewal_san" },
	{ "a renewal that its key may not have signed", BOTH,
	    { OPEN, .unsigned_key = 1 }, SCEP_REFUSE, "not looked at",
	    "possession" },
	{ "a renewal to other names, where the profile lets it",
	    CHALLENGE | ANY_NAMES,
	    { .is_renewal = 1, .signer_is_of_ca = 1,
	    .signer_is_of_profile = 1, .signer_is_device = 1,
	    .subject_allowed = 1, .san_allowed = 1,
	    .signer = SCEP_SIGNER_VALID, .life = SCEP_LIFE_OPEN },
	    SCEP_GRANT, "renewal", "renewal" },
	{ "… but not to those it allows nobody", CHALLENGE | ANY_NAMES,
	    { .is_renewal = 1, .signer_is_of_ca = 1,
	    .signer_is_of_profile = 1, .signer_is_device = 1,
	    .san_allowed = 1, .signer = SCEP_SIGNER_VALID,
	    .life = SCEP_LIFE_OPEN }, SCEP_REFUSE, "not allowed",
	    "subject" },

	/* Validators: alone, behind a challenge, with operators. */
	{ "a validator that was not asked", VALIDATOR, { GOOD }, SCEP_ASK,
	    "to be asked", "validator" },
	{ "… and a challenge, which is its business", VALIDATOR,
	    { GOOD, .challenge = SCEP_CH_UNKNOWN }, SCEP_ASK, "to be asked",
	    "validator" },
	{ "a validator that allows", VALIDATOR,
	    { GOOD, .validator = SCEP_VA_ALLOWED }, SCEP_GRANT, "allowed",
	    "validator" },
	{ "… what the profile does not", VALIDATOR,
	    { .self_signed = 1, .signer_has_csr_key = 1, .san_allowed = 1,
	    .validator = SCEP_VA_ALLOWED }, SCEP_REFUSE, "subject",
	    "subject" },
	{ "… what its key may not have signed", VALIDATOR,
	    { GOOD, .unsigned_key = 1, .validator = SCEP_VA_ALLOWED },
	    SCEP_REFUSE, "not looked at", "possession" },
	{ "… what nobody could read", VALIDATOR,
	    { GOOD, .unreadable = 1, .validator = SCEP_VA_ALLOWED },
	    SCEP_REFUSE, "readable", "readable" },
	{ "… what another signed", VALIDATOR,
	    { .self_signed = 1, .subject_allowed = 1, .san_allowed = 1,
	    .validator = SCEP_VA_ALLOWED }, SCEP_REFUSE, "another key",
	    "signer_key" },
	{ "… what was granted meanwhile", VALIDATOR,
	    { GOOD, .txn = SCEP_TX_SAME_GRANTED,
	    .validator = SCEP_VA_ALLOWED }, SCEP_REPEAT, "granted before",
	    "first_time" },
	{ "a validator that refuses", VALIDATOR,
	    { GOOD, .validator = SCEP_VA_REFUSED }, SCEP_REFUSE, "refused by "
	    "the validator", "validator" },
	{ "a validator that gives no answer", VALIDATOR,
	    { GOOD, .validator = SCEP_VA_TROUBLE }, SCEP_REFUSE, "no answer",
	    "validator" },
	{ "… where operators are asked for that", MANUAL | VALIDATOR |
	    TROUBLE_QUEUES, { GOOD, .validator = SCEP_VA_TROUBLE },
	    SCEP_PEND, "queued", "approval" },
	{ "… where there are none", VALIDATOR | TROUBLE_QUEUES,
	    { GOOD, .validator = SCEP_VA_TROUBLE }, SCEP_REFUSE, "no answer",
	    "validator" },
	{ "… where they are not asked", MANUAL | VALIDATOR,
	    { GOOD, .validator = SCEP_VA_TROUBLE }, SCEP_REFUSE, "no answer",
	    "validator" },
	{ "a validator that wants an approval", MANUAL | VALIDATOR,
	    { GOOD, .validator = SCEP_VA_QUEUED }, SCEP_PEND, "queued",
	    "approval" },
	{ "… and the queue is full", MANUAL | VALIDATOR,
	    { GOOD, .validator = SCEP_VA_QUEUED, .queue_full = 1 },
	    SCEP_DEFER, "full", "queue_room" },
	{ "… and nobody approves", VALIDATOR,
	    { GOOD, .validator = SCEP_VA_QUEUED }, SCEP_REFUSE,
	    "wants an approval", "validator" },
	{ "… under a transaction that is over", MANUAL | VALIDATOR,
	    { GOOD, .validator = SCEP_VA_QUEUED,
	    .txn = SCEP_TX_OTHER_FINISHED }, SCEP_REFUSE, "finished",
	    "fresh_challenge" },
	{ "a validator refuses, and the queue is full", MANUAL | VALIDATOR,
	    { GOOD, .validator = SCEP_VA_REFUSED, .queue_full = 1 },
	    SCEP_REFUSE, "refused by the validator", "validator" },
	{ "a validator allows where operators could be asked",
	    MANUAL | VALIDATOR, { GOOD, .validator = SCEP_VA_ALLOWED },
	    SCEP_GRANT, "allowed", "validator" },
	{ "no challenge, and a validator that allows", CHALLENGE | VALIDATOR,
	    { GOOD, .validator = SCEP_VA_ALLOWED }, SCEP_REFUSE,
	    "no challenge", "approval_offered" },
	{ "no challenge: the validator is not asked", CHALLENGE | VALIDATOR,
	    { GOOD }, SCEP_REFUSE, "no challenge", "approval_offered" },
	{ "a wrong challenge: the validator is not asked",
	    CHALLENGE | VALIDATOR, { GOOD, .challenge = SCEP_CH_UNKNOWN },
	    SCEP_REFUSE, "challenge unknown", "challenge" },
	{ "a wrong challenge, and a validator that allows",
	    CHALLENGE | VALIDATOR, { GOOD, .challenge = SCEP_CH_SPENT,
	    .validator = SCEP_VA_ALLOWED }, SCEP_REFUSE, "used up",
	    "challenge" },
	{ "no answer, and it is to come again", VALIDATOR | TROUBLE_DEFERS,
	    { GOOD, .validator = SCEP_VA_TROUBLE }, SCEP_DEFER, "no answer",
	    "validator" },
	{ "… where operators could be asked", MANUAL | VALIDATOR |
	    TROUBLE_DEFERS, { GOOD, .validator = SCEP_VA_TROUBLE },
	    SCEP_DEFER, "no answer", "validator" },
	{ "… a refusal is one", VALIDATOR | TROUBLE_DEFERS,
	    { GOOD, .validator = SCEP_VA_REFUSED }, SCEP_REFUSE,
	    "refused by the validator", "validator" },
	{ "… a wrong challenge is refused, whoever could be asked",
	    CHALLENGE | VALIDATOR | TROUBLE_DEFERS, { GOOD,
	    .challenge = SCEP_CH_UNKNOWN, .validator = SCEP_VA_TROUBLE },
	    SCEP_REFUSE, "challenge unknown", "challenge" },
	{ "a right challenge: the validator is asked", CHALLENGE | VALIDATOR,
	    { GOOD, .challenge = SCEP_CH_RECORD }, SCEP_ASK, "to be asked",
	    "validator" },
	{ "a right challenge, and a validator that allows",
	    CHALLENGE | VALIDATOR, { GOOD, .challenge = SCEP_CH_RECORD,
	    .validator = SCEP_VA_ALLOWED }, SCEP_GRANT, "allowed",
	    "validator" },
	{ "a right challenge, and a validator that refuses",
	    CHALLENGE | VALIDATOR, { GOOD, .challenge = SCEP_CH_STATIC,
	    .validator = SCEP_VA_REFUSED }, SCEP_REFUSE, "refused by the "
	    "validator", "validator" },
	{ "a right challenge, and a validator that wants an approval",
	    BOTH | VALIDATOR, { GOOD, .challenge = SCEP_CH_RECORD,
	    .validator = SCEP_VA_QUEUED, .txn = SCEP_TX_OTHER_FINISHED },
	    SCEP_PEND, "queued", "approval" },
	{ "no challenge, an operator and a validator: it is asked first",
	    BOTH | VALIDATOR, { GOOD }, SCEP_ASK, "to be asked",
	    "validator" },
	{ "… not where there is no room", BOTH | VALIDATOR,
	    { GOOD, .queue_full = 1 }, SCEP_DEFER, "full", "queue_room" },
	{ "… and its permission is no challenge", BOTH | VALIDATOR,
	    { GOOD, .validator = SCEP_VA_ALLOWED }, SCEP_PEND, "queued",
	    "approval" },
	{ "… and its refusal is one", BOTH | VALIDATOR,
	    { GOOD, .validator = SCEP_VA_REFUSED }, SCEP_REFUSE,
	    "refused by the validator", "validator" },
	{ "a renewal: the validator is asked", CHALLENGE | VALIDATOR,
	    { OPEN, .challenge = SCEP_CH_UNKNOWN }, SCEP_ASK, "to be asked",
	    "validator" },
	{ "a renewal that the validator allows", CHALLENGE | VALIDATOR,
	    { OPEN, .validator = SCEP_VA_ALLOWED }, SCEP_GRANT, "allowed",
	    "validator" },
	{ "a renewal that it refuses", VALIDATOR,
	    { OPEN, .validator = SCEP_VA_REFUSED }, SCEP_REFUSE, "refused by "
	    "the validator", "validator" },
	{ "a renewal that it wants approved", BOTH | VALIDATOR,
	    { OPEN, .validator = SCEP_VA_QUEUED }, SCEP_PEND, "queued",
	    "approval" },
	{ "a renewal too early, allowed by the validator", VALIDATOR,
	    { OLD, .life = SCEP_LIFE_EARLY, .validator = SCEP_VA_ALLOWED },
	    SCEP_REFUSE, "too early", "renewal_window" },
	{ "a validator's word where none was asked for", MANUAL,
	    { GOOD, .validator = SCEP_VA_ALLOWED }, SCEP_PEND, "queued",
	    "approval" },

	/* And nothing at all. */
	{ "no way to authorise", 0,
	    { GOOD, .challenge = SCEP_CH_RECORD }, SCEP_REFUSE, "takes no",
	    "challenge_taken" },
	{ "no way to authorise, no challenge", 0, { GOOD }, SCEP_REFUSE,
	    "no challenge", "approval_offered" },
	{ "nothing known at all", BOTH, { .unreadable = 0 }, SCEP_REFUSE,
	    "not self-signed", "self_signed" },
};

/* The rule that decided; there is exactly one, every rule before it was looked
 * at, and none behind it. */
static const char *
decider(const struct scep_verdict *v)
{
	const char	*name = "(none)";
	unsigned int	 i;
	int		 n = 0;

	for (i = 0; i < SCEP_RULES; i++) {
		if ((v->rule[i] == SCEP_RULE_UNREACHED) != (n > 0))
			return "(a rule behind the one that decided)";
		if (v->rule[i] == SCEP_RULE_DECIDED) {
			n++;
			name = scep_rule_name(i);
		}
	}
	return name;
}

static void
each_row_of_the_table_holds(void **state)
{
	struct scep_verdict	 v;
	size_t			 i;
	int			 failed = 0;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const int		 by = rows[i].by;
		const struct scep_rules	 rules = {
			.by_challenge = (by & CHALLENGE) != 0,
			.by_manual = (by & MANUAL) != 0,
			.renew = (by & NO_RENEWAL) == 0,
			.new_key = (by & NEW_KEY) != 0,
			.same_key = (by & SAME_KEY) != 0,
			.any_names = (by & ANY_NAMES) != 0,
			.by_validator = (by & VALIDATOR) != 0,
			.trouble = (by & TROUBLE_QUEUES) != 0 ?
			    SCEP_TROUBLE_QUEUES : (by & TROUBLE_DEFERS) != 0 ?
			    SCEP_TROUBLE_DEFERS : SCEP_TROUBLE_REFUSES,
		};

		if (scep_decide(&rules, &rows[i].facts, &v) ==
		    rows[i].want && strstr(v.why, rows[i].why) != NULL &&
		    strcmp(decider(&v), rows[i].rule) == 0)
			continue;
		failed++;
		(void)fprintf(stderr, "%s: %s by %s\n", rows[i].name, v.why,
		    decider(&v));
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
	for (bits = 0; bits < 8192; bits++)
		for (c = SCEP_CH_ABSENT; c <= SCEP_CH_OTHER_KEY; c++)
			for (t = SCEP_TX_NONE; t <= SCEP_TX_OTHER_FINISHED;
			    t++) {
				const struct scep_rules	 rules = {
					.by_challenge = 1, .by_manual = 1
				};
				const struct scep_facts	 f = {
					.reused_envelope = bits & 1,
					.unreadable = bits >> 1 & 1,
					.unknown_type = bits >> 2 & 1,
					.self_signed = bits >> 3 & 1,
					.signer_has_csr_key = bits >> 4 & 1,
					.key_is_taboo = bits >> 5 & 1,
					.subject_allowed = bits >> 6 & 1,
					.san_allowed = bits >> 7 & 1,
					.undeliverable = bits >> 8 & 1,
					.by_password = bits >> 9 & 1,
					.queue_full = bits >> 10 & 1,
					.peer_queue_full = bits >> 11 & 1,
					.unsigned_key = bits >> 12 & 1,
					.challenge =
					    (enum scep_challenge_fact)c,
					.txn = (enum scep_txn_fact)t,
				};
				struct scep_verdict	 v;
				enum scep_decision	 d;

				d = scep_decide(&rules, &f, &v);
				assert_int_equal(d, v.decision);
				assert_int_not_equal(*decider(&v), '(');
				if (d != SCEP_REFUSE)
					assert_int_equal(bits & 0xff, 0xd8);
				if (f.unsigned_key)
					assert_int_equal(d, SCEP_REFUSE);
				if (d == SCEP_GRANT)
					assert_true(c == SCEP_CH_RECORD ||
					    c == SCEP_CH_AGAIN ||
					    c == SCEP_CH_STATIC);
				if (f.undeliverable && f.by_password)
					assert_int_equal(d, SCEP_REFUSE);
				if (d == SCEP_PEND)
					assert_true(c == SCEP_CH_ABSENT &&
					    bits >> 10 == 0);
			}
}

/* One fact too few of a renewal that would be granted: refused, whatever
 * challenge comes with it. */
static void
no_renewal_is_granted_without_every_condition(void **state)
{
	const struct scep_rules	 rules = { .by_challenge = 1,
				    .by_manual = 1, .renew = 1 };
	struct scep_verdict	 v;
	unsigned int		 bits;
	int			 c, t, life, signer;

	(void)state;
	for (bits = 0; bits < 8192; bits++)
		for (life = 0; life <= SCEP_LIFE_OVER; life++)
			for (signer = 0; signer <= SCEP_SIGNER_VALID;
			    signer++) {
				c = (int)(bits * 7 + (unsigned)life) %
				    (SCEP_CH_OTHER_KEY + 1);
				t = (int)bits % 3 == 0 ? SCEP_TX_NONE :
				    (int)(bits >> 3) %
				    (SCEP_TX_OTHER_FINISHED + 1);
				const struct scep_facts	 f = {
					.is_renewal = 1,
					.reused_envelope = bits & 1,
					.unreadable = bits >> 1 & 1,
					.unknown_type = bits >> 2 & 1,
					.unproven = bits >> 3 & 1,
					.self_signed = bits >> 4 & 1,
					.key_is_taboo = bits >> 5 & 1,
					.subject_allowed = bits >> 6 & 1,
					.san_allowed = bits >> 7 & 1,
					.signer_is_of_ca = bits >> 8 & 1,
					.signer_is_of_profile =
					    bits >> 9 & 1,
					.signer_is_device = bits >> 10 & 1,
					.same_subject = bits >> 11 & 1,
					.same_san = bits >> 11 & 1,
					.unsigned_key = bits >> 12 & 1,
					.signer =
					    (enum scep_signer_fact)signer,
					.life = (enum scep_life_fact)life,
					.challenge =
					    (enum scep_challenge_fact)c,
					.txn = (enum scep_txn_fact)t,
				};

				(void)scep_decide(&rules, &f, &v);
				assert_int_not_equal(*decider(&v), '(');
				if (v.decision == SCEP_REFUSE)
					continue;
				assert_int_equal(bits, 0xfc0);
				assert_int_equal(signer, SCEP_SIGNER_VALID);
				assert_true(v.decision == SCEP_GRANT ||
				    v.decision == SCEP_REPEAT);
				if (v.decision == SCEP_GRANT)
					assert_true(
					    life == SCEP_LIFE_OPEN ||
					    life == SCEP_LIFE_GRACE);
			}
}

/* Whatever the other facts, a profile with a validator grants nothing that it
 * did not allow, and asks about nothing that is to be refused anyway. */
static void
nothing_is_granted_without_the_validator(void **state)
{
	struct scep_verdict	 v, without;
	unsigned int		 bits;
	int			 c, t, said;

	(void)state;
	for (bits = 0; bits < 2048; bits++)
		for (c = SCEP_CH_ABSENT; c <= SCEP_CH_OTHER_KEY; c++)
			for (t = SCEP_TX_NONE; t <= SCEP_TX_OTHER_FINISHED;
			    t++)
				for (said = 0; said <= SCEP_VA_TROUBLE;
				    said++) {
					struct scep_rules	 rules = {
						.by_challenge = bits & 1,
						.by_manual = bits >> 1 & 1,
						.trouble = (enum
						    scep_trouble)((bits >> 2 &
						    1) + (bits >> 10)),
						.by_validator = 1,
						.renew = 1
					};
					struct scep_facts	 f = {
						OPEN,
						.self_signed = bits >> 3 & 1,
						.signer_has_csr_key = 1,
						.by_password = bits >> 4 & 1,
						.queue_full = bits >> 5 & 1,
						.unsigned_key =
						    bits >> 6 & 1,
						.challenge =
						    (enum
						    scep_challenge_fact)c,
						.txn = (enum
						    scep_txn_fact)t,
						.validator = (enum
						    scep_validator_fact)said
					};

					f.is_renewal = bits >> 7 & 1;
					f.san_allowed = bits >> 8 & 1;
					f.subject_allowed = bits >> 9 & 1;
					(void)scep_decide(&rules, &f, &v);
					assert_int_not_equal(*decider(&v),
					    '(');
					if (v.decision == SCEP_GRANT)
						assert_int_equal(said,
						    SCEP_VA_ALLOWED);
					if (v.decision != SCEP_ASK)
						continue;
					assert_int_equal(said, 0);
					rules.by_validator = 0;
					if (!rules.by_challenge)
						continue;
					(void)scep_decide(&rules, &f,
					    &without);
					assert_true(without.decision ==
					    SCEP_GRANT || without.decision ==
					    SCEP_PEND);
				}
}

static int
is_about_renewals(const char *rule)
{
	return strncmp(rule, "renewal", 7) == 0 || strcmp(rule, "proof") ==
	    0 || (strncmp(rule, "signer_", 7) == 0 &&
	    strcmp(rule, "signer_key") != 0);
}

/* A rule that is about something else is skipped, not passed. */
static void
rules_about_something_else_are_skipped(void **state)
{
	const struct scep_rules	 rules = { .by_manual = 1 };
	const struct scep_facts	 f = { GOOD };
	struct scep_verdict	 v;
	unsigned int		 i;

	(void)state;
	assert_int_equal(scep_decide(&rules, &f, &v), SCEP_PEND);
	for (i = 0; i < SCEP_RULES; i++)
		assert_int_equal(v.rule[i],
		    strncmp(scep_rule_name(i), "challenge", 9) == 0 ||
		    strcmp(scep_rule_name(i), "deliverable") == 0 ||
		    strcmp(scep_rule_name(i), "validator") == 0 ||
		    is_about_renewals(scep_rule_name(i)) ?
		    SCEP_RULE_SKIPPED : strcmp(scep_rule_name(i),
		    "approval") == 0 ? SCEP_RULE_DECIDED : SCEP_RULE_PASSED);
}

/* They are keys in the text of a trace. */
static void
names_of_rules_are_words_and_each_its_own(void **state)
{
	unsigned int	 i, j;

	(void)state;
	for (i = 0; i < SCEP_RULES; i++) {
		assert_int_equal(strspn(scep_rule_name(i),
		    "abcdefghijklmnopqrstuvwxyz_"),
		    strlen(scep_rule_name(i)));
		for (j = 0; j < i; j++)
			assert_string_not_equal(scep_rule_name(i),
			    scep_rule_name(j));
	}
	assert_string_equal(scep_rule_name(SCEP_RULES), "unknown");
	assert_string_equal(scep_decision_name(SCEP_GRANT), "grant");
	assert_string_equal(scep_decision_name((enum scep_decision)99),
	    "FAIL");
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(each_row_of_the_table_holds),
		cmocka_unit_test(nothing_is_granted_without_every_condition),
		cmocka_unit_test(
		    no_renewal_is_granted_without_every_condition),
		cmocka_unit_test(nothing_is_granted_without_the_validator),
		cmocka_unit_test(rules_about_something_else_are_skipped),
		cmocka_unit_test(names_of_rules_are_words_and_each_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
