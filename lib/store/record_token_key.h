/*
 * record_token_key.h - rows of the keys that tokens are verified with.
 */
#ifndef SCEP_STORE_RECORD_TOKEN_KEY_H
#define SCEP_STORE_RECORD_TOKEN_KEY_H

#include "store/record.h"

enum scep_token_alg {
	SCEP_TOKEN_HMAC = 1,		/* HMAC-SHA-256 */
	SCEP_TOKEN_ED25519 = 2
};
enum scep_token_key_state {
	SCEP_TOKEN_KEY_LIVE = 1,
	SCEP_TOKEN_KEY_REVOKED = 2
};

#define SCEP_ED25519_LEN	32

/* What tokens are verified with, and what they may say; no secret is in it:
 * that of HMAC is derived from it. */
struct scep_token_key {
	char			 id[SCEP_REC_NAME];	/* the key */
	uint64_t		 rev;
	int			 is_ours;	/* not of the row: its mac was
						   found right (ca/) */
	/* Immutable: */
	char			 name[SCEP_REC_NAME];
	char			 profiles[SCEP_REC_TEXT];	/* commas */
	enum scep_token_alg	 alg;
	uint8_t			 public_key[SCEP_ED25519_LEN];	/* or zeros */
	long			 max_ttl_s;	/* of a token */
	time_t			 created;
	/* Changing: */
	enum scep_token_key_state	 state;
	time_t			 revoked;
	time_t			 since;		/* tokens that began earlier
						   are refused; 0: none is */
	char			 issuer[SCEP_REC_NAME];	/* "uid 0" */
	char			 note[SCEP_REC_TEXT];
	uint8_t			 mac[SCEP_SHA256_LEN];	/* over all else of
							   the row */
};

enum scep_err	 scep_token_key_encode(const struct scep_token_key *,
		    struct scep_buf *, struct scep_error *);
enum scep_err	 scep_token_key_decode(struct scep_span,
		    struct scep_token_key *, struct scep_error *);
/* What the mac is over: the encoding without it. */
enum scep_err	 scep_token_key_body(const struct scep_token_key *,
		    struct scep_buf *, struct scep_error *);
enum scep_err	 scep_token_key_get(struct scep_store *, const char *id,
		    struct scep_token_key *, struct scep_error *);
enum scep_err	 scep_token_key_write(struct scep_change *,
		    const struct scep_token_key *, struct scep_error *);

#endif /* SCEP_STORE_RECORD_TOKEN_KEY_H */
