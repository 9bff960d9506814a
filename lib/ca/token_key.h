/*
 * token_key.h - what tokens are verified with.
 *
 * A key's row holds no secret.  That of HMAC-SHA-256 is derived from what is
 * immutable in the row and challenge_key, so a row that was changed there is
 * another key; and each has an HMAC under challenge_key over all of it, so that
 * no key that was revoked can be made to say that it is in force.  What that
 * cannot tell is a row as it once was, put back whole.  Private to ca/.
 */
#ifndef SCEP_CA_TOKEN_KEY_H
#define SCEP_CA_TOKEN_KEY_H

#include "ca/token.h"

#define SCEP_TOKEN_SECRET	32	/* octets of an HMAC key */

/* Fill in id (and name) of a row whose other immutable members are set. */
enum scep_err	 scep_token_key_make(const struct scep_crypto *crypto,
		    struct scep_token_key *rec, struct scep_error *err);
/* Whoever writes a row gives it its mac. */
enum scep_err	 scep_token_key_seal(const struct scep_crypto *crypto,
		    const struct scep_config *cfg, struct scep_token_key *rec,
		    struct scep_error *err);
/* Whoever reads one asks if it is ours: that is in rec->is_ours, and no error,
 * nor is a row that cannot be read at all. */
enum scep_err	 scep_token_key_row(const struct scep_crypto *crypto,
		    const struct scep_config *cfg, const struct scep_row *row,
		    struct scep_token_key *rec, struct scep_error *err);
/* Read and checked; where there is none (SCEP_E_NOTFOUND), the same work. */
enum scep_err	 scep_token_key_load(const struct scep_crypto *crypto,
		    const struct scep_config *cfg, struct scep_store *store,
		    const char *id, struct scep_token_key *rec,
		    struct scep_error *err);
/* "live", "revoked"; "changed": not by us. */
const char	*scep_token_key_state(const struct scep_token_key *rec);
/* What whoever mints is given, once; of HMAC alone. */
enum scep_err	 scep_token_key_secret(const struct scep_crypto *crypto,
		    const struct scep_config *cfg,
		    const struct scep_token_key *rec,
		    uint8_t out[SCEP_TOKEN_SECRET], struct scep_error *err);
/* "hmac", "ed25519"; 0 for another word. */
const char	*scep_token_alg_word(enum scep_token_alg alg);
int		 scep_token_alg_read(const char *word,
		    enum scep_token_alg *out);
/* Of a SubjectPublicKeyInfo, DER; SCEP_E_USAGE. */
enum scep_err	 scep_token_key_public(const struct scep_crypto *crypto,
		    struct scep_span spki, uint8_t out[SCEP_ED25519_LEN],
		    struct scep_error *err);

/* Does the tag verify, and is the row (as it was loaded) ours?  The same work
 * for a row that is not there (all zero).  Else why is what the log says. */
enum scep_err	 scep_token_key_verify(const struct scep_crypto *crypto,
		    const struct scep_config *cfg,
		    const struct scep_token_key *rec,
		    const struct scep_token *token, const char **why,
		    struct scep_error *err);

#endif /* SCEP_CA_TOKEN_KEY_H */
