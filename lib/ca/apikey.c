/*
 * apikey.c - who knocks at scep-admin.fcgi: found, and held against what he
 * shows.
 */
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "ca/apikey.h"
#include "ca/bound.h"
#include "ca/profiles.h"

#define LABEL_ROW	"scep.fcgi api key 2"
#define LABEL_SECRET	"scep.fcgi api key secret 1"
#define LABEL_USER	"scep.fcgi api user 1"
#define PREFIX_LEN	(sizeof(SCEP_APIKEY_PREFIX) - 1)

static enum scep_err
mac_secret(const struct scep_crypto *crypto, const struct scep_config *cfg,
    const char *id, const char *secret, uint8_t out[SCEP_SHA256_LEN],
    struct scep_error *err)
{
	const struct scep_bound	 bound = {
		.span = {
			scep_span_text(LABEL_SECRET), scep_span_text(id),
			scep_span_text(secret),
		},
		.n_spans = 3,
	};

	return scep_bound_mac(crypto, cfg, &bound, out, err);
}

static enum scep_err
mac_row(const struct scep_crypto *crypto, const struct scep_config *cfg,
    const struct scep_apikey *rec, uint8_t out[SCEP_SHA256_LEN],
    struct scep_error *err)
{
	struct scep_buf	 body = { NULL, 0 };
	enum scep_err	 rc;

	if ((rc = scep_apikey_body(rec, &body, err)) == SCEP_OK)
		rc = scep_bound_row_mac(crypto, cfg, LABEL_ROW, &body, out,
		    err);
	scep_buf_clear(&body);
	return rc;
}

enum scep_err
scep_apikey_seal(const struct scep_crypto *crypto,
    const struct scep_config *cfg, struct scep_apikey *rec,
    struct scep_error *err)
{
	enum scep_err	 rc;

	rc = mac_row(crypto, cfg, rec, rec->mac, err);
	rec->is_ours = rc == SCEP_OK;
	return rc;
}

/* Is it ours?  It was found under this key. */
static enum scep_err
check_row(const struct scep_crypto *crypto,
    const struct scep_config *cfg, struct scep_span key,
    struct scep_apikey *rec, struct scep_error *err)
{
	uint8_t		 want[SCEP_SHA256_LEN];
	enum scep_err	 rc;

	rc = mac_row(crypto, cfg, rec, want, err);
	rec->is_ours = rc == SCEP_OK && scep_bound_is_row(key, rec->id,
	    want, rec->mac);
	return rc;
}

/* One that is there and cannot be read is not ours either.  It is told of by
 * its id, and can be revoked. */
static void
make_blank(struct scep_span key, uint64_t rev, struct scep_apikey *rec)
{
	memset(rec, 0, sizeof(*rec));
	rec->rev = rev;
	(void)snprintf(rec->id, sizeof(rec->id), "%.*s", (int)key.len,
	    (const char *)key.data);
	OPENSSL_strlcpy(rec->name, rec->id, sizeof(rec->name));
	rec->state = SCEP_APIKEY_LIVE;
}

enum scep_err
scep_apikey_row(const struct scep_crypto *crypto, const struct scep_config *cfg,
    const struct scep_row *row, struct scep_apikey *rec,
    struct scep_error *err)
{
	const struct scep_span	 key = scep_buf_span(&row->key);

	if (scep_apikey_decode(scep_buf_span(&row->value), rec, err) !=
	    SCEP_OK)
		make_blank(key, row->rev, rec);
	rec->rev = row->rev;
	return check_row(crypto, cfg, key, rec, err);
}

/* An error with the rev of a row is one of the row. */
static enum scep_err
get(struct scep_store *store, const char *id, struct scep_apikey *rec,
    struct scep_error *err)
{
	enum scep_err	 rc;

	rc = scep_apikey_get(store, id, rec, err);
	if (rc != SCEP_E_STORE || rec->rev == 0)
		return rc;
	make_blank(scep_span_text(id), rec->rev, rec);
	return SCEP_OK;
}

enum scep_err
scep_apikey_load(const struct scep_crypto *crypto,
    const struct scep_config *cfg, struct scep_store *store, const char *id,
    struct scep_apikey *rec, struct scep_error *err)
{
	enum scep_err	 rc;

	if ((rc = get(store, id, rec, err)) != SCEP_OK)
		return rc;
	return check_row(crypto, cfg, scep_span_text(id), rec, err);
}

enum scep_err
scep_apikey_user_id(const struct scep_crypto *crypto,
    const struct scep_config *cfg, const char *user, char id[SCEP_REC_NAME],
    struct scep_error *err)
{
	const struct scep_span	 part[] = {
		scep_span_text(LABEL_USER),
		scep_span_make("", 1),
		scep_span_text(user),
	};
	uint8_t			 octets[SCEP_SHA256_LEN];
	enum scep_err		 rc;

	if ((rc = scep_crypto_hmac(crypto, scep_buf_span(&cfg->challenge_key),
	    part, 3, octets, err)) == SCEP_OK)
		scep_challenge_letters(octets, SCEP_CHALLENGE_ID, id);
	return rc;
}

enum scep_err
scep_apikey_mint(const struct scep_crypto *crypto,
    const struct scep_config *cfg, struct scep_apikey *rec,
    char text[SCEP_APIKEY_TEXT], struct scep_error *err)
{
	char		 secret[SCEP_CHALLENGE_SECRET + 1] = "";
	enum scep_err	 rc;

	text[0] = '\0';
	if (rec->user[0] != '\0')
		rc = scep_apikey_user_id(crypto, cfg, rec->user, rec->id,
		    err);
	else if ((rc = scep_challenge_draw(crypto, rec->id,
	    SCEP_CHALLENGE_ID, err)) == SCEP_OK)
		rc = scep_challenge_draw(crypto, secret,
		    SCEP_CHALLENGE_SECRET, err);
	if (rc != SCEP_OK)
		return rc;
	if (rec->name[0] == '\0')
		OPENSSL_strlcpy(rec->name, rec->id, sizeof(rec->name));
	if ((rc = mac_secret(crypto, cfg, rec->id, secret, rec->secret_mac,
	    err)) == SCEP_OK && rec->user[0] == '\0')
		(void)snprintf(text, SCEP_APIKEY_TEXT, "%s%.*s-%s",
		    SCEP_APIKEY_PREFIX, SCEP_CHALLENGE_ID, rec->id, secret);
	OPENSSL_cleanse(secret, sizeof(secret));
	return rc;
}

const char *
scep_apikey_state(const struct scep_apikey *rec, time_t now)
{
	if (!rec->is_ours)
		return "changed";
	if (rec->state != SCEP_APIKEY_LIVE)
		return "revoked";
	return rec->expires != 0 && now >= rec->expires ? "expired" : "live";
}

int
scep_apikey_has_profile(const struct scep_apikey *rec, const char *profile)
{
	return scep_profiles_have(rec->profiles, profile);
}

void
scep_apikey_by(const struct scep_apikey *rec, char out[SCEP_APIKEY_BY])
{
	(void)snprintf(out, SCEP_APIKEY_BY, "%s %.48s",
	    rec->user[0] != '\0' ? "user" : "key", rec->name);
}

/* What he shows, as the id it leads to and the secret that goes with it. */
static enum scep_err
read_shown(const struct scep_crypto *crypto, const struct scep_config *cfg,
    const struct scep_knocker *who, char id[SCEP_REC_NAME],
    char secret[SCEP_CHALLENGE_SECRET + 1], struct scep_error *err)
{
	secret[0] = '\0';
	if (who->key == NULL)
		return scep_apikey_user_id(crypto, cfg, who->user, id, err);
	if (strncmp(who->key, SCEP_APIKEY_PREFIX, PREFIX_LEN) == 0 &&
	    scep_challenge_split(scep_span_text(who->key + PREFIX_LEN), id,
	    secret))
		return SCEP_OK;
	return scep_fail(err, SCEP_E_REFUSED, "what is shown is no API key");
}

/* Who the record is of: the secret alone, or the web server's word alone. */
static int
is_his(const struct scep_apikey *rec, const struct scep_knocker *who,
    const uint8_t got[SCEP_SHA256_LEN])
{
	if (CRYPTO_memcmp(rec->secret_mac, got, SCEP_SHA256_LEN) != 0)
		return 0;
	return who->key != NULL ? rec->user[0] == '\0' :
	    rec->user[0] != '\0' && strcmp(rec->user, who->user) == 0;
}

/* For the log.  An id is no secret. */
static enum scep_err
is_not_his(const struct scep_knocker *who, const char *id,
    struct scep_error *err)
{
	if (who->key == NULL)
		return scep_fail(err, SCEP_E_REFUSED, "no record lets user "
		    "\"%.64s\" of the web server do anything; `scepadm "
		    "apikey add --user` makes one", who->user);
	return scep_fail(err, SCEP_E_REFUSED, "API key %s is there, but with "
	    "another secret", id);
}

static enum scep_err
check(const struct scep_apikey *rec, const struct scep_knocker *who,
    const char *id, const uint8_t got[SCEP_SHA256_LEN], time_t now,
    struct scep_error *err)
{
	if (rec->id[0] == '\0' && who->key != NULL)
		return scep_fail(err, SCEP_E_REFUSED, "there is no API key "
		    "%s", id);
	if (rec->id[0] != '\0' && !rec->is_ours)
		return scep_fail(err, SCEP_E_REFUSED, "the row of API key %s "
		    "(%s) was changed in the database, by who does not know "
		    "challenge.key, and opens nothing; find out who, then "
		    "`scepadm apikey revoke %s`, and `scepadm apikey add` "
		    "makes another one", rec->id, rec->name, rec->id);
	if (!is_his(rec, who, got))
		return is_not_his(who, id, err);
	if (rec->state == SCEP_APIKEY_LIVE &&
	    (rec->expires == 0 || now < rec->expires))
		return SCEP_OK;
	return scep_fail(err, SCEP_E_REFUSED, "API key %s (%s) is %s; "
	    "`scepadm apikey add` makes another one", rec->id, rec->name,
	    scep_apikey_state(rec, now));
}

static int
allows_the_same(const struct scep_apikey *rec, const struct scep_apikey *was)
{
	return rec->is_ours && rec->state == SCEP_APIKEY_LIVE &&
	    rec->created == was->created && rec->expires == was->expires &&
	    rec->may == was->may && rec->max_live == was->max_live &&
	    strcmp(rec->profiles, was->profiles) == 0;
}

enum scep_err
scep_apikey_again(const struct scep_crypto *crypto,
    const struct scep_config *cfg, struct scep_store *store,
    const struct scep_apikey *was, struct scep_apikey *rec,
    struct scep_error *err)
{
	enum scep_err	 rc;

	rc = scep_apikey_load(crypto, cfg, store, was->id, rec, err);
	if (rc == SCEP_E_NOTFOUND ||
	    (rc == SCEP_OK && !allows_the_same(rec, was)))
		return scep_fail(err, SCEP_E_REFUSED, "API key %s (%s) was "
		    "revoked or made anew just now", was->id, was->name);
	return rc;
}

enum scep_err
scep_apikey_find(const struct scep_crypto *crypto,
    const struct scep_config *cfg, struct scep_store *store, time_t now,
    const struct scep_knocker *who, struct scep_apikey *rec,
    struct scep_error *err)
{
	char		 id[SCEP_REC_NAME];
	char		 secret[SCEP_CHALLENGE_SECRET + 1];
	uint8_t		 got[SCEP_SHA256_LEN];
	enum scep_err	 rc;

	memset(rec, 0, sizeof(*rec));
	if ((rc = read_shown(crypto, cfg, who, id, secret, err)) != SCEP_OK)
		return rc;
	/* The same work where there is no row: its macs are of nothing. */
	rc = get(store, id, rec, err);
	if (rc == SCEP_OK || rc == SCEP_E_NOTFOUND)
		rc = check_row(crypto, cfg, scep_span_text(
		    rc == SCEP_OK ? id : ""), rec, err);
	if (rc == SCEP_OK)
		rc = mac_secret(crypto, cfg, id, secret, got, err);
	OPENSSL_cleanse(secret, sizeof(secret));
	if (rc == SCEP_OK)
		rc = check(rec, who, id, got, now, err);
	if (rc != SCEP_OK)
		memset(rec, 0, sizeof(*rec));
	return rc;
}
