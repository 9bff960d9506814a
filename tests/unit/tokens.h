/*
 * tokens.h - token keys in a world, and what somebody mints with them.
 * Include cmocka.h first.
 */
#ifndef TESTS_TOKENS_H
#define TESTS_TOKENS_H

#include "ca/token_key.h"
#include "tests/unit/asking.h"

#define TOKENS_DAY	86400L

/* Whoever mints. */
struct minter {
	char			 kid[SCEP_REC_NAME];
	uint8_t			 secret[SCEP_TOKEN_SECRET];
	EVP_PKEY		*ed25519;	/* or NULL */
};
/* With a key of these further members of tokenkey.add, such as
 * "\"max_ttl\":60"; NULL: none. */
void	 tokens_hmac(struct minter *m, const char *more);
void	 tokens_ed25519(struct minter *m, const char *more);
void	 tokens_clear(struct minter *m);

/* For profile main, from now on, for a day, with an id of its own; what wish
 * says is said instead (kid NULL: m's). */
void	 tokens_mint(const struct minter *m,
	    const struct scep_token_wish *wish,
	    char out[SCEP_TOKEN_MAX + 1]);
/* The tag that m has for a body. */
size_t	 tokens_tag(const struct minter *m, struct scep_span body,
	    uint8_t tag[SCEP_TOKEN_ED25519_LEN]);
/* The row of its use: 0 if there is none, else the caller clears rec. */
int	 tokens_row(const char *token, struct scep_challenge *rec);

#endif /* TESTS_TOKENS_H */
