/*
 * job.h - one PKCSReq or RenewalReq on its way through steps 6 to 11 of
 * DESIGN 5: read and gathered (gather.c, renew.c), decided (enrol.c), put to a
 * validator (job_validator.c), kept (keep.c).  Private to ca/.
 */
#ifndef SCEP_CA_JOB_H
#define SCEP_CA_JOB_H

#include "ca/authorise.h"
#include "ca/challenge.h"
#include "ca/local.h"
#include "ca/proof.h"
#include "ca/validator.h"

/* Why an attempt ends before its time: nobody is waited for with a lock of
 * what is decided. */
enum scep_job_awaits {
	SCEP_AWAITS_NOTHING,
	SCEP_AWAITS_ANSWER,		/* of the validator, to question */
	SCEP_AWAITS_CONFIRMATION	/* of what was issued, to_confirm */
};
#include "ca/token.h"

struct scep_job {
	struct scep_local		*ca;
	time_t				 now;
	const struct scep_enrolment	*ask;
	struct scep_answer		*answer;
	const struct scep_profile	*profile;
	const struct scep_ca_conf	*issuer;	/* the generation that
						   is asked: kin.h */

	/* Read once: */
	const struct scep_csr		*csr;	/* what is worked on */
	struct scep_csr			*own;	/* … where it is not the CA's
						   dummy: freed at the end */
	enum scep_key_type		 signer_type;
	struct scep_txn_key		 key;
	char				 challenge_id[SCEP_REC_NAME];
	struct scep_token		 token;		/* where it has one */
	int				 has_token;
	struct scep_facts		 facts;
	struct scep_cert		 signer;
	int				 signer_is_ours; /* issued here */
	struct scep_proof		 proof;		/* ask is its ask */
	struct scep_name		 old_name;	/* of what is renewed */
	struct scep_san_list		 old_san;
	/* What would be certified: the request's, or the signer's names. */
	struct scep_span		 subject;
	const struct scep_name		*name;
	const struct scep_san_list	*san;
	/* … or those that the challenge gives: set_name and set_san. */
	int				 sets_names;
	struct scep_name		 set_name;
	struct scep_san_list		 set_san;
	char				 detail[256];	/* behind the reason */
	/* Asked once, whatever the number of tries; facts.validator is what it
	 * came to. */
	struct scep_buf			 question;
	struct scep_validator_answer	 said;
	struct scep_consulted		 consulted;
	int				 was_allowed;	/* by it */
	int				 is_stored;	/* granted, or queued */

	/* Read anew at each try: */
	struct scep_txn			 txn;		/* this very one */
	uint64_t			 newest;	/* its revision */
	struct scep_challenge		 record;
	int				 has_record;
	size_t				 use;		/* SPENT_BY_SAME */
	struct scep_buf			 signer_key;	/* of its record */
	uint64_t			 signer_rev;
	long				 over_s;	/* behind its end */
	struct scep_verdict		 verdict;
	enum scep_job_awaits		 awaits;
	struct scep_buf			 to_confirm;	/* its row */
	char				 record_id[SCEP_REC_NAME];
						/* for people: a record's, or
						   "token ID by key KID" */
	char				 story[SCEP_REQUEST_ID];
						/* the first request, if this
						   is not it; or "" */
};

/* Step 6 and 7: the request (or the dummy in its place), its signer, the
 * transaction's key, the names. */
enum scep_err	 scep_job_read(struct scep_job *job, struct scep_error *err);
/* … and the request's own signature, where it may be the signer's at all:
 * prove.c. */
enum scep_err	 scep_job_prove(struct scep_job *job, struct scep_error *err);
/* It turned out to be none: from here on the CA's own takes its place, which
 * is nobody's. */
void		 scep_job_disown(struct scep_job *job);
/* What stands behind the reason in the log; the first one is kept. */
void		 scep_job_note(struct scep_job *job, const char *text);
/* Step 8: transaction, challenge, queues; reads only. */
enum scep_err	 scep_job_gather(struct scep_job *job, struct scep_error *err);
/* A right secret with somebody else's name, refused: it is counted.
 * job_challenge.c, as is the next one. */
enum scep_err	 scep_job_count_wrong(struct scep_job *job,
		    struct scep_error *err);
/* Read the record, and judge it; names that it gives take the place of the
 * request's, which is disowned where it needed them and got none. */
enum scep_err	 scep_job_challenge(struct scep_job *job,
		    struct scep_error *err);
/*
 * The validator: job_validator.c.  What it is to be asked; ask it, with no lock
 * held but its own; the names that it gives take the place of any other's.
 */
enum scep_err	 scep_job_question(struct scep_job *job,
		    struct scep_error *err);
void		 scep_job_ask(struct scep_job *job);
void		 scep_job_validator_names(struct scep_job *job);
/* scep_confirm() of job->to_confirm. */
enum scep_err	 scep_job_confirm(struct scep_job *job,
		    struct scep_error *err);
/* What it allowed did not come about: rc and why. */
void		 scep_job_tell_failed(struct scep_job *job, enum scep_err rc,
		    const struct scep_error *why);
/* Is it the challenge that authorises, as far as one does? */
int		 scep_job_by_challenge(const struct scep_job *job);
/* Of a token, where the request shows one: its form and the id of its row;
 * verified, a record (then *fact is SCEP_CH_RECORD); names that it bound by a
 * hash, into the record that has served.  job_token.c. */
void		 scep_job_token_read(struct scep_job *job);
enum scep_err	 scep_job_token(struct scep_job *job,
		    enum scep_challenge_fact *fact, struct scep_error *err);
enum scep_err	 scep_job_token_names(struct scep_job *job,
		    struct scep_error *err);
/* "challenge ID", "token ID by key KID": of a record. */
void		 scep_job_authority(const struct scep_job *job,
		    char out[SCEP_REC_TEXT]);
/* Names and key against the profile. */
void		 scep_job_check_names(struct scep_job *job);
/* A CA's or an RA's own key. */
int		 scep_job_is_taboo(const struct scep_config *cfg,
		    struct scep_span spki);
/* Release what scep_job_read() read. */
void		 scep_job_clear(struct scep_job *job);
/* Forget what the last try gathered. */
void		 scep_job_forget(struct scep_job *job);

/*
 * Steps 10 and 11: one change to the store, and nothing is answered before it
 * is durable.  SCEP_E_CHANGED if something the decision relied on has.
 */
enum scep_err	 scep_job_queue(struct scep_job *job, struct scep_error *err);
enum scep_err	 scep_job_issue(struct scep_job *job,
		    const struct scep_grant *grant, struct scep_error *err);
/* What the answer is to be encrypted under, if not the signer's key. */
enum scep_err	 scep_job_deliver(struct scep_job *job,
		    struct scep_error *err);

#endif /* SCEP_CA_JOB_H */
