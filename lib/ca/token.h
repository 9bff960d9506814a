/*
 * token.h - tokens: challenges that somebody else makes, with a key that we
 * know of, and no call to us.
 *
 * scep-token(5) says what they are, to the octet.  One that verifies becomes a
 * challenge record in memory; its use is a row like that of any other.
 */
#ifndef SCEP_CA_TOKEN_H
#define SCEP_CA_TOKEN_H

#include "ca/challenge.h"
#include "store/record_token_key.h"

#define SCEP_TOKEN_PREFIX	"st1."
#define SCEP_TOKEN_MAX		255	/* octets of a token */
#define SCEP_TOKEN_KID		SCEP_CHALLENGE_ID
#define SCEP_TOKEN_ID		32	/* letters, digits and -, at most */
#define SCEP_TOKEN_HMAC_LEN	32	/* octets of a tag */
#define SCEP_TOKEN_ED25519_LEN	64
#define SCEP_TOKEN_NAMES	64	/* in one token, at most */
#define SCEP_TOKEN_SKEW_S	300	/* so far a minter's clock may be
					   ahead of ours */
#define SCEP_TOKEN_WRONG	5	/* wrong names, then it is frozen */
#define SCEP_TOKEN_KEPT_S	(90 * 86400L)	/* its row, behind its end */
#define SCEP_TOKEN_HELD_S	86400L	/* … whoever purges */
#define SCEP_TOKEN_NAME		SCEP_REC_NAME	/* "token ID by key KID" */

/* How its names are bound. */
enum scep_token_bound {
	SCEP_TOKEN_CLEAR,		/* they stand there */
	SCEP_TOKEN_HASHED,		/* by a hash of subject and SAN */
	SCEP_TOKEN_ALL_HASHED		/* … and of the key, together */
};

/* One as it was read: what it says is true if its tag verifies.  Its spans are
 * of its own payload, and of what was shown: it is never copied. */
struct scep_token {
	char			 kid[SCEP_TOKEN_KID + 1];
	char			 id[SCEP_TOKEN_ID + 1];
	char			 profile[SCEP_REC_NAME];
	time_t			 begins, expires;
	int			 sets;		/* subject is written, not
						   demanded */
	struct scep_span	 subject;	/* text; empty: any */
	struct scep_span	 dns[SCEP_TOKEN_NAMES];
	size_t			 n_dns;
	int			 has_key;
	uint8_t			 key_sha256[SCEP_SHA256_LEN];
	enum scep_token_bound	 bound;
	uint8_t			 hash[SCEP_SHA256_LEN];
	struct scep_span	 body;		/* what the tag is over */
	uint8_t			 tag[SCEP_TOKEN_ED25519_LEN];
	size_t			 tag_len;
	uint8_t			 payload[SCEP_TOKEN_MAX];
};

/* Does it say that it is one? */
int		 scep_token_is(struct scep_span presented);
/* Take it apart; SCEP_E_FORMAT, and why, for whatever has not the one form of
 * what it says.  Names are not looked at. */
enum scep_err	 scep_token_read(struct scep_span presented,
		    struct scep_token *out, struct scep_error *err);
/* The row that says that it was used. */
void		 scep_token_row(const struct scep_token *token,
		    char id[SCEP_REC_NAME]);
int		 scep_token_is_row(const char *id);
/* "token ID by key KID" */
void		 scep_token_name(const struct scep_token *token,
		    char out[SCEP_TOKEN_NAME]);
/* As a record that nobody has used yet, to be cleared by the caller; after its
 * tag was verified, for this reads names.  SCEP_E_FORMAT. */
enum scep_err	 scep_token_record(const struct scep_token *token,
		    struct scep_challenge *rec, struct scep_error *err);
/* Is a request for what it binds by a hash?  *fits is 1 if it binds none. */
enum scep_err	 scep_token_fits(const struct scep_crypto *crypto,
		    const struct scep_token *token,
		    const struct scep_csr *csr, int *fits,
		    struct scep_error *err);

/* What one is made from: subject as in scep_name_make_template(), any number of
 * names in any order; NULL, n_dns 0: any. */
struct scep_token_wish {
	const char		*kid, *id, *profile;
	time_t			 begins, expires;
	const char		*subject;
	int			 sets;
	const char *const	*dns;
	size_t			 n_dns;
	const uint8_t		*key_sha256;	/* or NULL */
};
/* All of a token but its tag, which has tag_len octets; names are hashed where
 * there is no room for them.  SCEP_E_USAGE says what cannot be. */
enum scep_err	 scep_token_body(const struct scep_crypto *crypto,
		    const struct scep_token_wish *wish, size_t tag_len,
		    char out[SCEP_TOKEN_MAX + 1], struct scep_error *err);
/* "." and the tag, behind it. */
void		 scep_token_close(char token[SCEP_TOKEN_MAX + 1],
		    struct scep_span tag);

#endif /* SCEP_CA_TOKEN_H */
