/*
 * validator.h - what is asked of a validator, and what it may answer: JSON,
 * bounded, and nothing but what scep.conf(5) says.
 *
 * Does not call anybody (hook.h), and does not know what an answer is worth
 * (decide.h).  Private to ca/.
 */
#ifndef SCEP_CA_VALIDATOR_H
#define SCEP_CA_VALIDATOR_H

#include "ca/ca.h"
#include "ca/config.h"
#include "ca/decide.h"
#include "store/record.h"
#include "wire/csr.h"
#include "wire/name.h"

#define SCEP_VALIDATOR_REASON	256	/* with its NUL */
#define SCEP_VALIDATOR_DEPTH	8	/* of an answer's nesting */

/* A question; everything borrowed. */
struct scep_validator_ask {
	const char			*event;	/* validate, issued, failed */
	const struct scep_profile	*profile;
	const struct scep_ca_conf	*ca;	/* that issues */
	const char			*request_id, *peer;
	struct scep_span		 txid;
	struct scep_span		 csr;	/* DER; empty: a poll */
	const struct scep_name		*name;	/* that would be certified; */
	const struct scep_san_list	*san;	/* either NULL: there is none */
	struct scep_span		 subject;	/* DER, if no name */
	enum scep_key_type		 key_type;
	int				 key_bits;	/* 0: not said */
	const uint8_t			*key_sha256;
	const uint8_t			*signer_sha256;
	int				 self_signed;
	struct scep_span		 challenge;	/* empty: none */
	const char			*challenge_id;	/* of a record, or "" */
	const struct scep_cert		*renews;	/* or NULL */
	/* issued: */
	const struct scep_cert		*cert;
	struct scep_span		 cert_der;
	/* failed: */
	const char			*reason;
	struct scep_consulted		*consulted;	/* counted up when it is
							   asked */
};
/* As JSON, at most SCEP_HOOK_ASK_MAX octets. */
enum scep_err	 scep_validator_question(const struct scep_validator_ask *ask,
		    struct scep_buf *out, struct scep_error *err);

/* An answer; release with scep_validator_clear(). */
struct scep_validator_answer {
	enum scep_validator_fact	 fact;
	char				 reason[SCEP_VALIDATOR_REASON];
	struct scep_buf			 subject;	/* DER, or empty */
	struct scep_name		 name;		/* … the same */
	int				 has_san;	/* san is to be */
	struct scep_san_list		 san;
	long				 validity_s;	/* 0: the profile's */
};
/*
 * ALLOWED, REFUSED or QUEUED if it is an answer, every octet of it; else
 * TROUBLE, and reason says what is wrong with it.  A validity beyond the
 * profile's is none; names are only read here.
 */
void		 scep_validator_read(struct scep_span text,
		    const struct scep_profile *profile,
		    struct scep_validator_answer *out);
/* No answer came: why. */
void		 scep_validator_trouble(struct scep_validator_answer *out,
		    const char *why);
void		 scep_validator_clear(struct scep_validator_answer *answer);
/* Ask it, and wait: validator_call.c.  Not with a lock that others need.
 * *consulted is counted up. */
struct scep_local;
struct scep_waiting_place;
void		 scep_validator_call(struct scep_local *ca,
		    const struct scep_profile *profile,
		    const struct scep_buf *question,
		    struct scep_consulted *consulted,
		    struct scep_validator_answer *out);
/* How many requests of the profile may be with its validator. */
long		 scep_validator_max_waiting(const struct scep_local *ca,
		    const struct scep_profile *profile);
/* As many as that, and one more; or the last worker, for a validator that is
 * slow: SCEP_E_BUSY.  A profile without a validator has nobody waiting. */
enum scep_err	 scep_validator_enter(struct scep_local *ca,
		    const struct scep_profile *profile,
		    struct scep_waiting_place *place, struct scep_error *err);
void		 scep_validator_leave(struct scep_local *ca,
		    const struct scep_profile *profile,
		    struct scep_waiting_place *place);
/* What may be done meanwhile by others, and what may not: keys for the lock of
 * a transaction's or a challenge's questions, which is not that of the thing
 * itself. */
struct scep_validator_lock {
	uint8_t			 octets[2][1 + SCEP_REC_NAME];
	struct scep_span	 keys[2];
};
void		 scep_validator_lock(struct scep_local *ca,
		    struct scep_span prefix, struct scep_span challenge,
		    struct scep_validator_lock *lock);
void		 scep_validator_unlock(struct scep_local *ca,
		    const struct scep_validator_lock *lock);
/*
 * May this certificate leave?  Where it waits for that, its validator is asked
 * ("issued"), and then it is VALID; SCEP_E_BUSY if it may not, or nobody
 * says.  Names and certificate are put into the question here: confirm.c.
 */
enum scep_err	 scep_confirm(struct scep_local *ca, time_t now,
		    const struct scep_validator_ask *ask,
		    struct scep_span cert_key, struct scep_error *err);
/* "allow", "refuse", "queue", "trouble"; "" if it was not asked. */
const char	*scep_validator_word(enum scep_validator_fact fact);

#endif /* SCEP_CA_VALIDATOR_H */
