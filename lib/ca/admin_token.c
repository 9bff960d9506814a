/*
 * admin_token.c - what tokens are verified with: added, listed, revoked by the
 * operator.
 *
 * A secret leaves here once, in the reply to tokenkey.add.
 */
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "ca/admin.h"
#include "ca/admin_key.h"
#include "ca/token_key.h"

#define DAY		86400L
#define TTL_MAX		(365 * DAY)
#define SPKI_TEXT	1024

static json_t *
record_json(const struct scep_token_key *rec)
{
	char	 created[SCEP_TIME_TEXT], revoked[SCEP_TIME_TEXT];
	char	 since[SCEP_TIME_TEXT], max_ttl[SCEP_DURATION_TEXT];
	char	 public_key[2 * SCEP_ED25519_LEN + 1] = "";

	scep_admin_key_time(rec->created, created);
	scep_admin_key_time(rec->revoked, revoked);
	scep_admin_key_time(rec->since, since);
	scep_duration_text(rec->max_ttl_s, max_ttl);
	if (rec->alg == SCEP_TOKEN_ED25519)
		scep_hex_text(scep_span_make(rec->public_key,
		    sizeof(rec->public_key)), public_key, sizeof(public_key));
	return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s}",
	    "id", rec->id, "name", rec->name, "state", scep_token_key_state(rec), "alg",
	    scep_token_alg_word(rec->alg), "public_key", public_key,
	    "profiles", rec->profiles, "max_ttl", max_ttl, "created", created,
	    "revoked", revoked, "since", since, "issuer", rec->issuer, "note",
	    rec->note);
}

/* Rows: a look at each. */

struct looking {
	const struct scep_admin_call	*call;
	const char			*wanted;	/* a name */
	struct scep_token_key		*found;
	int				 n_found;
	const struct scep_token_key	*fresh;		/* to be added */
	struct scep_change		*change;	/* for old ones */
	size_t				 n;
};

static enum scep_err
decode(const struct scep_admin_call *call, const struct scep_row *row,
    struct scep_token_key *rec, struct scep_error *err)
{
	return scep_token_key_row(call->ca->crypto, call->ca->cfg, row, rec,
	    err);
}

static int
is_live(const struct scep_token_key *rec)
{
	return rec->is_ours && rec->state == SCEP_TOKEN_KEY_LIVE;
}

/* One that is in force comes before one that was. */
static enum scep_err
find_row(void *arg, const struct scep_row *row, struct scep_error *err)
{
	struct looking		*l = arg;
	struct scep_token_key	 rec;
	enum scep_err		 rc;

	if ((rc = decode(l->call, row, &rec, err)) != SCEP_OK)
		return rc;
	if (strcmp(rec.name, l->wanted) != 0 || (l->n_found > 0 &&
	    !is_live(&rec)))
		return SCEP_OK;
	*l->found = rec;
	l->n_found++;
	return SCEP_OK;
}

static enum scep_err
find_called(struct scep_admin_call *call, const char *name,
    struct scep_token_key *rec, struct scep_error *err)
{
	struct looking	 l = { .call = call, .wanted = name, .found = rec };
	enum scep_err	 rc;

	if ((rc = scep_store_scan(call->ca->store, SCEP_T_TOKEN_KEY,
	    scep_span_make(NULL, 0), find_row, &l, err)) != SCEP_OK)
		return rc;
	return l.n_found > 0 ? SCEP_OK : scep_fail(err, SCEP_E_NOTFOUND,
	    "there is no token key with such an id or name; `scepadm token "
	    "key list` shows those there are");
}

/* By its id, whatever ails other rows, or else by what it is called. */
static enum scep_err
find(struct scep_admin_call *call, struct scep_token_key *rec,
    struct scep_error *err)
{
	const char	*text = scep_admin_text(call, "id", "");
	enum scep_err	 rc;

	if ((rc = scep_token_key_load(call->ca->crypto, call->ca->cfg,
	    call->ca->store, text, rec, err)) == SCEP_E_NOTFOUND)
		rc = find_called(call, text, rec, err);
	if (rc == SCEP_OK)
		scep_line_text(&call->summary, "id", rec->id);
	return rc;
}

/* Before one is added: is there room, and is its name free?  One that is not
 * ours is not in force, and stays until somebody has seen it. */
static enum scep_err
see_row(void *arg, const struct scep_row *row, struct scep_error *err)
{
	struct looking		*l = arg;
	struct scep_token_key	 rec;
	enum scep_err		 rc;
	int			 live;

	if ((rc = decode(l->call, row, &rec, err)) != SCEP_OK)
		return rc;
	live = is_live(&rec);
	if (rec.is_ours && !live && rec.revoked + SCEP_KEY_KEPT_S < l->call->now &&
	    l->change->n < SCEP_KEYS_PURGED)
		return scep_change_delete(l->change, SCEP_T_TOKEN_KEY,
		    scep_span_text(rec.id), row->rev, err);
	if (live && strcmp(rec.name, l->fresh->name) == 0)
		return scep_fail(err, SCEP_E_REFUSED, "there is a token key "
		    "%s in force already, called %s; see it with `scepadm "
		    "token key show %s`, and revoke it first, or choose "
		    "another name", rec.id, rec.name, rec.id);
	l->n++;
	return SCEP_OK;
}

static enum scep_err
make_room(struct scep_admin_call *call, const struct scep_token_key *rec,
    struct scep_change *change, struct scep_error *err)
{
	struct looking	 l = { .call = call, .fresh = rec, .change = change };
	enum scep_err	 rc;

	if ((rc = scep_store_scan(call->ca->store, SCEP_T_TOKEN_KEY,
	    scep_span_make(NULL, 0), see_row, &l, err)) != SCEP_OK)
		return rc;
	return scep_admin_key_room(l.n, "token keys", err);
}

static enum scep_err
commit(struct scep_admin_call *call, const char *event,
    struct scep_token_key *rec, struct scep_change *change,
    struct scep_error *err)
{
	struct scep_line	 line = { .len = 0 };
	enum scep_err		 rc;

	scep_admin_log_start(call, event, rec->id, &line);
	scep_line_text(&line, "name", rec->name);
	scep_line_text(&line, "alg", scep_token_alg_word(rec->alg));
	scep_line_text(&line, "profiles", rec->profiles);
	if ((rc = scep_token_key_seal(call->ca->crypto, call->ca->cfg, rec,
	    err)) != SCEP_OK ||
	    (rc = scep_token_key_write(change, rec, err)) != SCEP_OK ||
	    (rc = scep_admin_log_end(call, &line, change, err)) != SCEP_OK)
		return rc;
	return scep_store_commit(call->ca->store, change, err);
}

/* What is to be added. */

static enum scep_err
read_public(const struct scep_admin_call *call, struct scep_token_key *rec,
    struct scep_error *err)
{
	const char	*hex = scep_admin_text(call, "public", NULL);
	uint8_t		 der[SPKI_TEXT / 2];
	enum scep_err	 rc;
	size_t		 len = 0;

	if ((hex != NULL) != (rec->alg == SCEP_TOKEN_ED25519))
		return scep_fail(err, SCEP_E_USAGE, "public: the public key "
		    "of whoever mints, with alg ed25519 alone, and then "
		    "always");
	if (hex == NULL)
		return SCEP_OK;
	if ((rc = scep_hex_read(hex, der, sizeof(der), &len, err)) != SCEP_OK)
		return rc;
	return scep_token_key_public(call->ca->crypto, scep_span_make(der,
	    len), rec->public_key, err);
}

/* Tokens are challenges. */
static enum scep_err
check_profiles(const struct scep_admin_call *call, const char *list,
    struct scep_error *err)
{
	const struct scep_profile	*p;
	char				 name[SCEP_NAME_LEN];
	size_t				 n;

	for (; *list != '\0'; list += n + (list[n] == ',')) {
		n = strcspn(list, ",");
		(void)snprintf(name, sizeof(name), "%.*s", (int)n, list);
		p = scep_config_profile(call->ca->cfg, name);
		if (p != NULL && (p->authorise &
		    SCEP_BIT(SCEP_BY_CHALLENGE)) == 0)
			return scep_fail(err, SCEP_E_REFUSED, "%s:%d: profile "
			    "%s does not take challenges, and a token is one; "
			    "add challenge to its authorise", p->file,
			    p->line, p->name);
	}
	return SCEP_OK;
}

static enum scep_err
read_key(const struct scep_admin_call *call, struct scep_token_key *rec,
    struct scep_error *err)
{
	enum scep_err	 rc;

	memset(rec, 0, sizeof(*rec));
	if (!scep_token_alg_read(scep_admin_text(call, "alg", ""), &rec->alg))
		return scep_fail(err, SCEP_E_USAGE, "alg: hmac (HMAC-SHA-256, "
		    "a secret that both have) or ed25519 (a signature: the "
		    "public key alone is here)");
	OPENSSL_strlcpy(rec->note, scep_admin_text(call, "note", ""),
	    sizeof(rec->note));
	OPENSSL_strlcpy(rec->issuer, call->by, sizeof(rec->issuer));
	rec->max_ttl_s = scep_admin_number(call, "max_ttl", DAY);
	rec->created = call->now;
	rec->state = SCEP_TOKEN_KEY_LIVE;
	if ((rc = scep_admin_plain_name(call, rec->name, sizeof(rec->name),
	    err)) != SCEP_OK ||
	    (rc = read_public(call, rec, err)) != SCEP_OK ||
	    (rc = scep_admin_profiles(call, rec->profiles,
	    sizeof(rec->profiles), err)) != SCEP_OK)
		return rc;
	return check_profiles(call, rec->profiles, err);
}

/* The secret, where whoever mints needs it of us. */
static enum scep_err
reply(struct scep_admin_call *call, const struct scep_token_key *rec,
    int is_new, struct scep_error *err)
{
	json_t		*json = record_json(rec);
	uint8_t		 secret[SCEP_TOKEN_SECRET];
	char		 hex[2 * SCEP_TOKEN_SECRET + 1] = "";
	enum scep_err	 rc = SCEP_OK;

	if (is_new && rec->alg == SCEP_TOKEN_HMAC && (rc =
	    scep_token_key_secret(call->ca->crypto, call->ca->cfg, rec,
	    secret, err)) == SCEP_OK)
		scep_hex_text(scep_span_make(secret, sizeof(secret)), hex,
		    sizeof(hex));
	if (json != NULL && is_new)
		(void)json_object_set_new(json, "secret", json_string(hex));
	OPENSSL_cleanse(secret, sizeof(secret));
	OPENSSL_cleanse(hex, sizeof(hex));
	if (rc == SCEP_OK)
		return scep_admin_object(call, json, err);
	json_decref(json);
	return rc;
}

static enum scep_err
add_one(struct scep_admin_call *call, struct scep_error *err)
{
	struct scep_change	 change = { .n = 0 };
	struct scep_token_key	 rec;
	enum scep_err		 rc;

	if ((rc = read_key(call, &rec, err)) == SCEP_OK &&
	    (rc = scep_token_key_make(call->ca->crypto, &rec, err)) ==
	    SCEP_OK &&
	    (rc = make_room(call, &rec, &change, err)) == SCEP_OK &&
	    (rc = commit(call, "tokenkey-added", &rec, &change, err)) ==
	    SCEP_OK) {
		scep_line_text(&call->summary, "id", rec.id);
		scep_line_text(&call->summary, "name", rec.name);
		rc = reply(call, &rec, 1, err);
	}
	scep_change_clear(&change);
	return rc;
}

static enum scep_err
add(struct scep_admin_call *call, struct scep_error *err)
{
	return scep_admin_retry(call, add_one, err);
}

static enum scep_err
list_row(void *arg, const struct scep_row *row, struct scep_error *err)
{
	struct scep_token_key	 rec;
	enum scep_err		 rc;

	if ((rc = decode(arg, row, &rec, err)) != SCEP_OK)
		return rc;
	return scep_admin_row(arg, record_json(&rec), err);
}

static enum scep_err
list(struct scep_admin_call *call, struct scep_error *err)
{
	scep_admin_open_rows(call);
	return scep_store_scan(call->ca->store, SCEP_T_TOKEN_KEY,
	    scep_span_make(NULL, 0), list_row, call, err);
}

static enum scep_err
show(struct scep_admin_call *call, struct scep_error *err)
{
	struct scep_token_key	 rec;
	enum scep_err		 rc;

	if ((rc = find(call, &rec, err)) != SCEP_OK)
		return rc;
	return reply(call, &rec, 0, err);
}

static enum scep_err
revoke_one(struct scep_admin_call *call, struct scep_error *err)
{
	struct scep_change	 change = { .n = 0 };
	struct scep_token_key	 rec;
	enum scep_err		 rc;

	if ((rc = find(call, &rec, err)) != SCEP_OK)
		return rc;
	if (rec.state != SCEP_TOKEN_KEY_REVOKED || !rec.is_ours) {
		rec.state = SCEP_TOKEN_KEY_REVOKED;
		rec.revoked = call->now;
		rc = commit(call, "tokenkey-revoked", &rec, &change, err);
		scep_change_clear(&change);
	}
	return rc != SCEP_OK ? rc : reply(call, &rec, 0, err);
}

static enum scep_err
revoke(struct scep_admin_call *call, struct scep_error *err)
{
	return scep_admin_retry(call, revoke_one, err);
}

static const struct scep_admin_member	add_members[] = {
	{ "name", SCEP_ADMIN_TEXT, 0, 1, 32 },
	{ "alg", SCEP_ADMIN_TEXT, 1, 1, 16 },
	{ "public", SCEP_ADMIN_TEXT, 0, 1, SPKI_TEXT },
	{ "profiles", SCEP_ADMIN_TEXTS, 0, 1, SCEP_NAME_LEN - 1 },
	{ "max_ttl", SCEP_ADMIN_SECONDS, 0, 1, TTL_MAX },
	{ "note", SCEP_ADMIN_TEXT, 0, 0, SCEP_REC_TEXT - 1 },
	{ NULL, SCEP_ADMIN_TEXT, 0, 0, 0 }
};
static const struct scep_admin_member	id_members[] = {
	{ "id", SCEP_ADMIN_TEXT, 1, 1, SCEP_REC_NAME - 1 },
	{ NULL, SCEP_ADMIN_TEXT, 0, 0, 0 }
};

const struct scep_admin_verb	scep_admin_token[] = {
	{ "tokenkey.add", add_members, add },
	{ "tokenkey.list", scep_admin_no_members, list },
	{ "tokenkey.show", id_members, show },
	{ "tokenkey.revoke", id_members, revoke },
	{ NULL, NULL, NULL }
};
