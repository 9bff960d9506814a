/*
 * apikey.h - who knocks at scep-admin.fcgi: those who have a key of ours, and
 * users that the web server knows.
 *
 * A key is "scepkey-ID-SECRET", of the letters that challenges have.  The
 * store keeps an HMAC-SHA-256 of the secret, never the secret, and another one
 * over the row: one that was changed in the database is worth nothing, nor can
 * one that was revoked be made to say that it is in force.  A user's record has
 * these too, and no secret.  What the second cannot tell is a row as it once
 * was, put back whole.  Private to ca/.
 */
#ifndef SCEP_CA_APIKEY_H
#define SCEP_CA_APIKEY_H

#include "ca/challenge.h"
#include "ca/knock.h"
#include "store/record_apikey.h"

#define SCEP_APIKEY_TEXT	(sizeof(SCEP_APIKEY_PREFIX) - 1 + \
				    SCEP_CHALLENGE_TEXT)
#define SCEP_APIKEY_BY	SCEP_REC_NAME

/* The id of a user's record follows from his name: there is one. */
enum scep_err	 scep_apikey_user_id(const struct scep_crypto *crypto,
		    const struct scep_config *cfg, const char *user,
		    char id[SCEP_REC_NAME], struct scep_error *err);
/* Fill in id and secret_mac of a record whose other immutable members are set;
 * text is the key, shown once, or "" for a user's. */
enum scep_err	 scep_apikey_mint(const struct scep_crypto *crypto,
		    const struct scep_config *cfg, struct scep_apikey *rec,
		    char text[SCEP_APIKEY_TEXT], struct scep_error *err);

/* Whoever writes a row gives it its mac. */
enum scep_err	 scep_apikey_seal(const struct scep_crypto *crypto,
		    const struct scep_config *cfg, struct scep_apikey *rec,
		    struct scep_error *err);
/* Whoever reads one asks if it is ours: that is in rec->is_ours, and no error,
 * nor is a row that cannot be read at all. */
enum scep_err	 scep_apikey_row(const struct scep_crypto *crypto,
		    const struct scep_config *cfg, const struct scep_row *row,
		    struct scep_apikey *rec, struct scep_error *err);
/* Read and checked. */
enum scep_err	 scep_apikey_load(const struct scep_crypto *crypto,
		    const struct scep_config *cfg, struct scep_store *store,
		    const char *id, struct scep_apikey *rec,
		    struct scep_error *err);

/* What somebody shows: a key, or the web server's word; the other is NULL. */
struct scep_knocker {
	const char	*key, *user;
};
/* His record, if it is in force.  SCEP_E_REFUSED with why, for the log: who
 * knocks is told nothing. */
enum scep_err	 scep_apikey_find(const struct scep_crypto *crypto,
		    const struct scep_config *cfg, struct scep_store *store,
		    time_t now, const struct scep_knocker *who,
		    struct scep_apikey *rec, struct scep_error *err);

/* The record of somebody who was let in, as it is now: what it counts may have
 * changed since, with its rev.  SCEP_E_REFUSED if it does not allow the same
 * any more. */
enum scep_err	 scep_apikey_again(const struct scep_crypto *crypto,
		    const struct scep_config *cfg, struct scep_store *store,
		    const struct scep_apikey *was, struct scep_apikey *rec,
		    struct scep_error *err);

/* "key NAME", "user NAME": for logs and records. */
void		 scep_apikey_by(const struct scep_apikey *rec,
		    char out[SCEP_APIKEY_BY]);
/* "live", "expired", "revoked"; "changed": not by us. */
const char	*scep_apikey_state(const struct scep_apikey *rec, time_t now);
/* Is this one of its profiles? */
int		 scep_apikey_has_profile(const struct scep_apikey *rec,
		    const char *profile);

#endif /* SCEP_CA_APIKEY_H */
