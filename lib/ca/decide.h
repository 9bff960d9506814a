/*
 * decide.h - the decision: a pure function of facts and rules.
 *
 * Includes neither libcrypto nor the store; tests/unit/t_decide.c is a table.
 */
#ifndef SCEP_CA_DECIDE_H
#define SCEP_CA_DECIDE_H

/* What becomes of a request whose validator gives no answer. */
enum scep_trouble {
	SCEP_TROUBLE_REFUSES,
	SCEP_TROUBLE_QUEUES,	/* an operator is asked */
	SCEP_TROUBLE_DEFERS	/* it is to come again */
};

/* What the profile wants. */
struct scep_rules {
	unsigned int	by_challenge : 1;
	unsigned int	by_manual : 1;
	unsigned int	by_validator : 1;	/* it must allow what the rest
						   would; alone, it is the
						   rest */
	unsigned int	renew : 1;	/* it renews … */
	unsigned int	new_key : 1;	/* … to another key, */
	unsigned int	same_key : 1;	/* … to the same one, */
	unsigned int	any_names : 1;	/* … to names it allows anybody */
	enum scep_trouble	trouble;
};

enum scep_challenge_fact {
	SCEP_CH_ABSENT,
	SCEP_CH_RECORD,		/* a record's, right, live, uses left */
	SCEP_CH_AGAIN,		/* … or used, by this key, which may come
				   again: it is not counted */
	SCEP_CH_STATIC,		/* the profile's static one */
	SCEP_CH_SPENT_BY_SAME,	/* used up by this key and these names, within
				   retry_window: repeat that answer */
	SCEP_CH_UNKNOWN,	/* no such id, wrong secret, or a record
				   changed in the database: no telling which */
	SCEP_CH_EXPIRED,
	SCEP_CH_NOT_YET,	/* its time has not come */
	SCEP_CH_SPENT,
	SCEP_CH_REVOKED,
	SCEP_CH_FROZEN,		/* it was shown with too many wrong names */
	SCEP_CH_OTHER_PROFILE,	/* right, but minted for another profile */
	SCEP_CH_OTHER_SUBJECT,	/* right, but bound to another subject */
	SCEP_CH_OTHER_SAN,
	SCEP_CH_OTHER_KEY
};

enum scep_txn_fact {
	SCEP_TX_NONE,		/* nothing under this key */
	SCEP_TX_SAME_PENDING,	/* this very request */
	SCEP_TX_SAME_GRANTED,	/* … and its certificate may be handed out */
	SCEP_TX_SAME_REFUSED,	/* … by an operator */
	SCEP_TX_SAME_STALE,	/* …, but to be decided anew */
	SCEP_TX_SAME_REVOKED,	/* …, its certificate was revoked */
	SCEP_TX_OTHER_PENDING,	/* another request under this transactionID */
	SCEP_TX_OTHER_FINISHED
};

/* The signer of a renewal in our records … */
enum scep_signer_fact {
	SCEP_SIGNER_UNKNOWN,	/* no such issuer and serial number */
	SCEP_SIGNER_ALTERED,	/* they are another certificate's */
	SCEP_SIGNER_REVOKED,
	SCEP_SIGNER_UNCONFIRMED,	/* its validator keeps it back */
	SCEP_SIGNER_VALID
};
/* … and where in its life it is. */
enum scep_life_fact {
	SCEP_LIFE_NONE,		/* it has none */
	SCEP_LIFE_NOT_BEGUN,
	SCEP_LIFE_EARLY,	/* before the profile renews it */
	SCEP_LIFE_OPEN,
	SCEP_LIFE_GRACE,	/* over, but not for long */
	SCEP_LIFE_OVER
};

/* What the profile's validator said (validator.h). */
enum scep_validator_fact {
	SCEP_VA_NOT_ASKED,
	SCEP_VA_ALLOWED,
	SCEP_VA_REFUSED,
	SCEP_VA_QUEUED,		/* a human is to decide */
	SCEP_VA_TROUBLE		/* nothing that is an answer */
};

struct scep_facts {
	unsigned int	reused_envelope : 1;	/* with other content */
	unsigned int	unreadable : 1;		/* no CSR, or a bad one */
	unsigned int	unknown_type : 1;	/* neither 17 nor 19 */
	unsigned int	is_renewal : 1;		/* 17, or the signer is not
						   self-signed */
	unsigned int	unproven : 1;		/* … and the message is not
						   what the worker says */
	unsigned int	self_signed : 1;	/* the signer, and verified */
	unsigned int	signer_has_csr_key : 1;
	unsigned int	unsigned_key : 1;	/* nobody looked whether the
						   request's key signed it */
	unsigned int	key_is_taboo : 1;	/* a CA's or RA's own */
	unsigned int	subject_allowed : 1;
	unsigned int	san_allowed : 1;
	unsigned int	by_password : 1;	/* nothing can be encrypted to
						   the signer's key: its
						   challengePassword does */
	unsigned int	undeliverable : 1;	/* … and it has none for it */
	/* Of a renewal: */
	unsigned int	signer_is_of_ca : 1;	/* its signature says so */
	unsigned int	signer_is_of_profile : 1;	/* or of a listed one */
	unsigned int	signer_is_device : 1;	/* no CA's, RA's, OCSP's */
	unsigned int	same_subject : 1;	/* as the signer's */
	unsigned int	same_san : 1;
	enum scep_signer_fact		signer;
	enum scep_life_fact		life;
	unsigned int	queue_full : 1;		/* max_pending */
	unsigned int	peer_queue_full : 1;	/* max_pending_per_peer */
	enum scep_challenge_fact	challenge;
	enum scep_txn_fact		txn;
	enum scep_validator_fact	validator;
};

enum scep_decision {
	SCEP_GRANT,		/* issue */
	SCEP_PEND,		/* queue for an operator */
	SCEP_REPEAT,		/* the answer that was given before */
	SCEP_DEFER,		/* no room now: our trouble, try again (503) */
	SCEP_ASK,		/* the validator, and decide again */
	SCEP_REFUSE
};

/* How a rule looks at one request. */
enum scep_rule_outcome {
	SCEP_RULE_UNREACHED,	/* one before it had decided */
	SCEP_RULE_PASSED,
	SCEP_RULE_SKIPPED,	/* is not about requests like this one */
	SCEP_RULE_DECIDED	/* exactly one */
};

#define SCEP_RULES	36	/* in the table of decide.c */

struct scep_verdict {
	enum scep_decision	 decision;
	const char		*why;	/* static text for the log */
	enum scep_rule_outcome	 rule[SCEP_RULES];	/* in their order */
};

/* Never fails: the rules of the table in their order, until one decides. */
enum scep_decision	 scep_decide(const struct scep_rules *rules,
			    const struct scep_facts *facts,
			    struct scep_verdict *verdict);

/* "challenge": a word of lower-case letters and _, for people and traces. */
const char		*scep_rule_name(unsigned int rule);
/* "grant", "queue", "repeat", "defer", "ask", "FAIL". */
const char		*scep_decision_name(enum scep_decision decision);

#endif /* SCEP_CA_DECIDE_H */
