/*
 * challenge.h - challenge records: minted, recognised, used up.
 *
 * A challenge is "ID-SECRET": 10 characters of id, 26 of secret (130 bits),
 * from 32 that are not mistaken for each other, in either case
 * (23456789abcdefghijkmnpqrstuvwxyz).  The store keeps an HMAC-SHA-256 of the
 * secret and of everything the record binds, never the secret; of one that was
 * revoked, a hash of that.  What is counted (uses, wrong names and so whether it
 * is frozen) is under nothing: whoever can write the database could as well put
 * back a row of before, or take away that of a token.  Private to ca/.
 */
#ifndef SCEP_CA_CHALLENGE_H
#define SCEP_CA_CHALLENGE_H

#include "ca/config.h"
#include "ca/decide.h"
#include "store/record.h"
#include "wire/csr.h"

#define SCEP_CHALLENGE_ID	10
#define SCEP_CHALLENGE_SECRET	26	/* 130 bits */
#define SCEP_CHALLENGE_TEXT	40	/* with its NUL */

/* So many of those 32 characters, and a NUL: one for each octet, or drawn (at
 * most SCEP_CHALLENGE_SECRET). */
void		 scep_challenge_letters(const uint8_t *octets, size_t len,
		    char *out);
enum scep_err	 scep_challenge_draw(const struct scep_crypto *crypto,
		    char *out, size_t len, struct scep_error *err);

/* Fill in id and mac of a record whose other immutable members are set; text
 * is what the operator hands out, once. */
enum scep_err	 scep_challenge_mint(const struct scep_crypto *crypto,
		    const struct scep_config *cfg, struct scep_challenge *rec,
		    char text[SCEP_CHALLENGE_TEXT], struct scep_error *err);

/* The id in a presented challenge; 0 if it has none. */
int		 scep_challenge_id(struct scep_span presented,
		    char id[SCEP_REC_NAME]);
/* "ID-SECRET" in either case, blanks around; id and secret come out in lower
 * case.  0 if it is not of this form. */
int		 scep_challenge_split(struct scep_span presented,
		    char id[SCEP_CHALLENGE_ID + 1],
		    char secret[SCEP_CHALLENGE_SECRET + 1]);
/* HMAC of a record with this secret, as its version and its state have it. */
enum scep_err	 scep_challenge_mac(const struct scep_crypto *crypto,
		    const struct scep_config *cfg,
		    const struct scep_challenge *rec, struct scep_span secret,
		    uint8_t out[SCEP_SHA256_LEN], struct scep_error *err);

/* For good: with another state its mac is not right any more. */
enum scep_err	 scep_challenge_revoke(const struct scep_crypto *crypto,
		    struct scep_challenge *rec, struct scep_error *err);

/* HMAC of a static challenge for a profile. */
enum scep_err	 scep_challenge_static(const struct scep_crypto *crypto,
		    const struct scep_config *cfg, const char *profile,
		    struct scep_span secret, uint8_t out[SCEP_SHA256_LEN],
		    struct scep_error *err);

/* What a request uses a challenge for: SHA-256 of key, subject, SAN; of the
 * names that the record sets, if it does. */
enum scep_err	 scep_challenge_request(const struct scep_crypto *crypto,
		    const struct scep_challenge *rec,
		    const struct scep_csr *csr, uint8_t out[SCEP_SHA256_LEN],
		    struct scep_error *err);

struct scep_token;		/* token.h */

/* One request that shows a challenge. */
struct scep_challenge_case {
	const struct scep_crypto	*crypto;
	const struct scep_config	*cfg;
	const struct scep_profile	*profile;
	const struct scep_csr		*csr;
	time_t				 now;
	const struct scep_token		*token;	/* that rec was made of, or
						   NULL */
};
/*
 * Judge what the CSR presents.  rec is the record of its id, or NULL; the same
 * work either way, comparisons in constant time.  SCEP_CH_SPENT_BY_SAME: *use
 * is the index of the earlier use.
 */
enum scep_err	 scep_challenge_judge(const struct scep_challenge_case *c,
		    const struct scep_challenge *rec,
		    enum scep_challenge_fact *fact, size_t *use,
		    struct scep_error *err);

/* The secret was right: is rec still good, and for this request? */
enum scep_err	 scep_challenge_judge_right(
		    const struct scep_challenge_case *c,
		    const struct scep_challenge *rec,
		    enum scep_challenge_fact *fact, size_t *use,
		    struct scep_error *err);

/* A certificate can be made on it: a use of it is to be noted. */
static inline int
scep_challenge_serves(enum scep_challenge_fact fact)
{
	return fact == SCEP_CH_RECORD || fact == SCEP_CH_AGAIN;
}

/* It was right, but somebody else's; that counts against the record. */
static inline int
scep_challenge_is_anothers(enum scep_challenge_fact fact)
{
	return fact == SCEP_CH_OTHER_SUBJECT || fact == SCEP_CH_OTHER_SAN ||
	    fact == SCEP_CH_OTHER_KEY;
}

/* May this request (its hash, of key and names) come again without being
 * counted?  *first is when it came.  The same key with other names may not:
 * one use of a challenge is one name. */
int		 scep_challenge_is_again(const struct scep_challenge *rec,
		    const uint8_t request[SCEP_SHA256_LEN], time_t now,
		    time_t *first);

/* Who uses it. */
struct scep_challenge_user {
	uint8_t	 request[SCEP_SHA256_LEN];	/* scep_challenge_request() */
	uint8_t	 key[SCEP_SHA256_LEN];
};
/* Note one use in the record (used, use[]). */
enum scep_err	 scep_challenge_spend(struct scep_challenge *rec, time_t now,
		    const struct scep_challenge_user *by,
		    struct scep_span cert_key, struct scep_error *err);

/* What came of a use by this key then, of which that was not known; 0 if there
 * is none. */
int		 scep_challenge_learn(struct scep_challenge *rec, time_t when,
		    const uint8_t key[SCEP_SHA256_LEN],
		    struct scep_buf *cert_key);

#endif /* SCEP_CA_CHALLENGE_H */
