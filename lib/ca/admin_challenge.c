/*
 * admin_challenge.c - the operator's challenges: shown, revoked, thawed; and
 * the hash of one for all devices.
 */
#include <ctype.h>
#include <limits.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "ca/admin.h"
#include "ca/admin_challenge.h"
#include "ca/challenge.h"
#include "ca/keylock.h"
#include "ca/profiles.h"
#include "ca/token_key.h"
#include "ca/wrong.h"

#define ID_LEN		SCEP_CHALLENGE_ID
#define STATIC_MIN	16	/* octets */

/* That of a token's row, or a whole token. */
static int
read_token_id(const char *text, char id[SCEP_REC_NAME])
{
	struct scep_token	 token;
	struct scep_error	 ignored;

	if (scep_token_is_row(text)) {
		OPENSSL_strlcpy(id, text, SCEP_REC_NAME);
		return 1;
	}
	if (scep_token_read(scep_span_text(text), &token, &ignored) !=
	    SCEP_OK)
		return 0;
	scep_token_row(&token, id);
	return 1;
}

/*
 * The id that was meant, in lower case.  A whole challenge pasted in its
 * place gives its id; what is neither is not repeated, for it may be most of
 * a secret.
 */
static enum scep_err
read_id(const char *text, char id[SCEP_REC_NAME], struct scep_error *err)
{
	size_t	 i;

	if (scep_challenge_id(scep_span_text(text), id) ||
	    read_token_id(text, id))
		return SCEP_OK;
	for (i = 0; i < ID_LEN && isalnum((unsigned char)text[i]); i++)
		id[i] = (char)tolower((unsigned char)text[i]);
	id[i] = '\0';
	if (i == ID_LEN && text[i] == '\0')
		return SCEP_OK;
	return scep_fail(err, SCEP_E_NOTFOUND, "that is no id of a challenge: "
	    "it has %d letters and digits; `scepadm challenge list` shows "
	    "them", ID_LEN);
}

static enum scep_err
get(struct scep_admin_call *call, const char *id, struct scep_challenge *rec,
    struct scep_error *err)
{
	enum scep_err	 rc;

	rc = scep_challenge_get(call->ca->store, id, rec, err);
	if (rc == SCEP_E_NOTFOUND && scep_token_is_row(id))
		(void)scep_fail(err, rc, "token %s was not used yet, and no "
		    "wrong name was shown with it: nothing is known of it; "
		    "`scepadm challenge revoke` wants the whole token then, "
		    "and `scepadm token key revoke` ends all of a key", id);
	else if (rc == SCEP_E_NOTFOUND)
		(void)scep_fail(err, rc, "there is no challenge %s; `scepadm "
		    "challenge list` shows those there are", id);
	return rc;
}

/* Wrong names that were counted just now make the row of a token.  The caller
 * holds no lock. */
static void
settle(struct scep_admin_call *call, const char *id)
{
	struct scep_memory	*m = call->ca->memory;
	struct scep_error	 ignored;	/* maybe of another record */

	if (scep_token_is_row(id) && scep_wrong_count(m->wrong, id) > 0)
		(void)scep_wrong_tend(m->wrong, m->lock, call->ca->store,
		    &ignored);
}

static enum scep_err
show(struct scep_admin_call *call, struct scep_error *err)
{
	char			 id[SCEP_REC_NAME];
	struct scep_challenge	 rec;
	enum scep_err		 rc;

	if ((rc = read_id(scep_admin_text(call, "id", ""), id, err)) !=
	    SCEP_OK)
		return rc;
	settle(call, id);
	scep_line_text(&call->summary, "id", id);
	if ((rc = get(call, id, &rec, err)) != SCEP_OK)
		return rc;
	rc = scep_admin_object(call, scep_admin_challenge_json(call, &rec),
	    err);
	scep_challenge_clear(&rec);
	return rc;
}

/* Into the change, unless that is done already; and its id into the list. */
static enum scep_err
revoke_rec(const struct scep_admin_call *call, struct scep_challenge *rec,
    struct scep_change *change, char *ids, size_t size,
    struct scep_error *err)
{
	enum scep_err	 rc;

	if (rec->state == SCEP_CHALLENGE_REVOKED ||
	    scep_profiles_have(ids, rec->id))
		return SCEP_OK;
	if ((rc = scep_challenge_revoke(call->ca->crypto, rec, err)) !=
	    SCEP_OK)
		return rc;
	if (ids[0] != '\0')
		OPENSSL_strlcat(ids, ",", size);
	OPENSSL_strlcat(ids, rec->id, size);
	return scep_challenge_write(change, rec, err);
}

static enum scep_err
revoke_commit(struct scep_admin_call *call, struct scep_change *change,
    const char *ids, const char *profile, struct scep_error *err)
{
	struct scep_line	 line = { .len = 0 };
	enum scep_err		 rc;

	if (change->n == 0)
		return SCEP_OK;
	scep_admin_log_start(call, "challenge-revoked", NULL, &line);
	scep_line_whole(&line, "id", ids);
	if (profile != NULL)
		scep_line_text(&line, "profile", profile);
	if ((rc = scep_admin_log_end(call, &line, change, err)) != SCEP_OK)
		return rc;
	return scep_store_commit(call->ca->store, change, err);
}

/* One that is not ours is no reason to say that the real one was revoked, nor
 * may what it says of its end make a row that goes too early. */
static enum scep_err
check_ours(struct scep_admin_call *call, const struct scep_token *token,
    struct scep_error *err)
{
	struct scep_token_key	 key;
	const char		*why;
	enum scep_err		 rc;

	rc = scep_token_key_load(call->ca->crypto, call->ca->cfg,
	    call->ca->store, token->kid, &key, err);
	if (rc != SCEP_OK && rc != SCEP_E_NOTFOUND)
		return rc;
	if ((rc = scep_token_key_verify(call->ca->crypto, call->ca->cfg, &key,
	    token, &why, err)) != SCEP_OK || why == NULL)
		return rc;
	return scep_fail(err, SCEP_E_REFUSED, "that is no token of ours, and "
	    "nothing was revoked: %s (key %s; `scepadm token key list` shows "
	    "those there are); paste it as it was minted", why, token->kid);
}

/* What is to be revoked: a record, or a token that nobody has used, of which
 * there is none yet. */
static enum scep_err
get_to_revoke(struct scep_admin_call *call, const char *id,
    struct scep_challenge *rec, struct scep_error *err)
{
	struct scep_token	 token;
	struct scep_error	 ignored;
	enum scep_err		 rc;

	rc = get(call, id, rec, err);
	if (rc != SCEP_E_NOTFOUND || scep_token_read(scep_span_text(
	    scep_admin_text(call, "id", "")), &token, &ignored) != SCEP_OK)
		return rc;
	if ((rc = check_ours(call, &token, err)) != SCEP_OK)
		return rc;
	rc = scep_token_record(&token, rec, err);
	return rc != SCEP_E_FORMAT ? rc : (err->code = SCEP_E_REFUSED);
}

static enum scep_err
revoke_one(struct scep_admin_call *call, const char *id,
    struct scep_error *err)
{
	struct scep_change	 change = { .n = 0 };
	struct scep_challenge	 rec;
	char			 ids[SCEP_REC_NAME] = "";
	enum scep_err		 rc;

	if ((rc = get_to_revoke(call, id, &rec, err)) != SCEP_OK)
		return rc;
	if ((rc = revoke_rec(call, &rec, &change, ids, sizeof(ids), err)) ==
	    SCEP_OK && (rc = revoke_commit(call, &change, ids, rec.profile,
	    err)) == SCEP_OK)
		rc = scep_admin_object(call,
		    scep_admin_challenge_json(call, &rec), err);
	scep_change_clear(&change);
	scep_challenge_clear(&rec);
	return rc;
}

static enum scep_err
revoke(struct scep_admin_call *call, struct scep_error *err)
{
	char		 id[SCEP_REC_NAME];
	enum scep_err	 rc;
	int		 i;

	if ((rc = read_id(scep_admin_text(call, "id", ""), id, err)) !=
	    SCEP_OK)
		return rc;
	settle(call, id);
	scep_line_text(&call->summary, "id", id);
	rc = SCEP_E_CHANGED;
	for (i = 0; i < SCEP_ADMIN_TRIES && rc == SCEP_E_CHANGED; i++)
		rc = revoke_one(call, id, err);
	return rc;
}

static enum scep_err
revoke_ids(struct scep_admin_call *call, const json_t *list,
    struct scep_change *change, struct scep_error *err)
{
	char			 ids[SCEP_ADMIN_ITEMS_MAX * SCEP_REC_NAME] =
				    "", id[SCEP_REC_NAME];
	struct scep_challenge	 rec;
	enum scep_err		 rc = SCEP_OK;
	size_t			 i;

	for (i = 0; rc == SCEP_OK && i < json_array_size(list); i++) {
		if ((rc = read_id(json_string_value(json_array_get(list, i)),
		    id, err)) != SCEP_OK)
			return rc;
		settle(call, id);
		if ((rc = get(call, id, &rec, err)) != SCEP_OK)
			return rc;
		rc = revoke_rec(call, &rec, change, ids, sizeof(ids), err);
		scep_challenge_clear(&rec);
	}
	if (rc == SCEP_OK)
		rc = revoke_commit(call, change, ids, NULL, err);
	return rc;
}

static enum scep_err
revoke_list(struct scep_admin_call *call, struct scep_error *err)
{
	const json_t		*list = json_object_get(call->ask, "ids");
	struct scep_change	 change = { .n = 0 };
	enum scep_err		 rc = SCEP_E_CHANGED;
	size_t			 n = 0;
	int			 i;

	for (i = 0; i < SCEP_ADMIN_TRIES && rc == SCEP_E_CHANGED; i++) {
		rc = revoke_ids(call, list, &change, err);
		n = change.n;
		scep_change_clear(&change);
	}
	scep_line_fmt(&call->summary, "count", "%zu", n);
	if (rc != SCEP_OK)
		return rc;
	return scep_admin_object(call, json_pack("{s:I}", "revoked",
	    (json_int_t)n), err);
}

static enum scep_err
thaw_rec(struct scep_admin_call *call, struct scep_challenge *rec,
    struct scep_error *err)
{
	struct scep_change	 change = { .n = 0 };
	struct scep_line	 line = { .len = 0 };
	enum scep_err		 rc;

	if (rec->state == SCEP_CHALLENGE_REVOKED)
		return scep_fail(err, SCEP_E_REFUSED, "challenge %s was "
		    "revoked, and that is for good; make another one with "
		    "`scepadm challenge add`", rec->id);
	rec->state = SCEP_CHALLENGE_LIVE;
	rec->wrong = 0;
	scep_admin_log_start(call, "challenge-thawed", rec->id, &line);
	scep_line_text(&line, "profile", rec->profile);
	if ((rc = scep_admin_log_end(call, &line, &change, err)) == SCEP_OK &&
	    (rc = scep_challenge_write(&change, rec, err)) == SCEP_OK)
		rc = scep_store_commit(call->ca->store, &change, err);
	scep_change_clear(&change);
	return rc;
}

static enum scep_err
thaw_one(struct scep_admin_call *call, const char *id,
    struct scep_error *err)
{
	struct scep_wrong	*wrong = call->ca->memory->wrong;
	struct scep_challenge	 rec;
	enum scep_err		 rc;

	if ((rc = get(call, id, &rec, err)) != SCEP_OK)
		return rc;
	/* What has no wrong names is not written. */
	if (rec.state != SCEP_CHALLENGE_LIVE || rec.wrong > 0 ||
	    scep_wrong_count(wrong, id) > 0)
		rc = thaw_rec(call, &rec, err);
	if (rc == SCEP_OK) {
		scep_wrong_forget(wrong, id);
		rc = scep_admin_object(call,
		    scep_admin_challenge_json(call, &rec), err);
	}
	scep_challenge_clear(&rec);
	return rc;
}

/* Under its lock: nobody counts meanwhile. */
static enum scep_err
thaw(struct scep_admin_call *call, struct scep_error *err)
{
	struct scep_keylock	*lock = call->ca->memory->lock;
	char			 id[SCEP_REC_NAME];
	struct scep_span	 key;
	enum scep_err		 rc;
	int			 i;

	if ((rc = read_id(scep_admin_text(call, "id", ""), id, err)) !=
	    SCEP_OK)
		return rc;
	settle(call, id);
	scep_line_text(&call->summary, "id", id);
	key = scep_span_text(id);
	scep_keylock_take(lock, &key, 1);
	rc = SCEP_E_CHANGED;
	for (i = 0; i < SCEP_ADMIN_TRIES && rc == SCEP_E_CHANGED; i++)
		rc = thaw_one(call, id, err);
	scep_keylock_give(lock, &key, 1);
	return rc;
}

static enum scep_err
hash(struct scep_admin_call *call, struct scep_error *err)
{
	const char			*secret;
	const struct scep_profile	*profile;
	uint8_t				 mac[SCEP_SHA256_LEN];
	char				 hex[2 * SCEP_SHA256_LEN + 1];
	enum scep_err			 rc;

	if ((rc = scep_admin_profile(call, &profile, err)) != SCEP_OK)
		return rc;
	scep_line_text(&call->summary, "profile", profile->name);
	secret = scep_admin_text(call, "secret", "");
	if (strlen(secret) < STATIC_MIN)
		return scep_fail(err, SCEP_E_REFUSED, "a challenge for all "
		    "devices of less than %d octets can be guessed; make one "
		    "with `openssl rand -base64 18`", STATIC_MIN);
	if ((rc = scep_challenge_static(call->ca->crypto, call->ca->cfg,
	    profile->name, scep_span_text(secret), mac, err)) != SCEP_OK)
		return rc;
	scep_hex_text(scep_span_make(mac, sizeof(mac)), hex, sizeof(hex));
	return scep_admin_object(call, json_pack("{s:s}", "hash", hex), err);
}

static const struct scep_admin_member	items_members[] = {
	{ "items", SCEP_ADMIN_ITEMS, 1, 1, SCEP_ADMIN_ITEMS_MAX },
	{ NULL, SCEP_ADMIN_TEXT, 0, 0, 0 }
};
static const struct scep_admin_member	list_members[] = {
	{ "profile", SCEP_ADMIN_TEXT, 0, 1, SCEP_REC_NAME - 1 },
	{ "state", SCEP_ADMIN_TEXT, 0, 1, 16 },
	{ "limit", SCEP_ADMIN_NUMBER, 0, 1, SCEP_ADMIN_PAGE },
	{ "after", SCEP_ADMIN_TEXT, 0, 1, SCEP_CHALLENGE_AFTER - 1 },
	{ NULL, SCEP_ADMIN_TEXT, 0, 0, 0 }
};
static const struct scep_admin_member	purge_members[] = {
	{ "older", SCEP_ADMIN_NUMBER, 0, 0, LONG_MAX / 2 },
	{ "after", SCEP_ADMIN_TEXT, 0, 1, SCEP_CHALLENGE_AFTER - 1 },
	{ NULL, SCEP_ADMIN_TEXT, 0, 0, 0 }
};
static const struct scep_admin_member	id_members[] = {
	{ "id", SCEP_ADMIN_TEXT, 1, 1, SCEP_TOKEN_MAX },
	{ NULL, SCEP_ADMIN_TEXT, 0, 0, 0 }
};
static const struct scep_admin_member	ids_members[] = {
	{ "ids", SCEP_ADMIN_TEXTS, 1, 1, SCEP_REC_NAME - 1 },
	{ NULL, SCEP_ADMIN_TEXT, 0, 0, 0 }
};
static const struct scep_admin_member	hash_members[] = {
	{ "profile", SCEP_ADMIN_TEXT, 0, 0, SCEP_NAME_LEN - 1 },
	{ "secret", SCEP_ADMIN_TEXT, 1, 1, SCEP_CHALLENGE_MAX },
	{ NULL, SCEP_ADMIN_TEXT, 0, 0, 0 }
};

const struct scep_admin_verb	scep_admin_challenge[] = {
	{ "challenge.add", scep_admin_challenge_members,
	    scep_admin_challenge_add },
	{ "challenge.addlist", items_members, scep_admin_challenge_add },
	{ "challenge.checklist", items_members, scep_admin_challenge_check },
	{ "challenge.list", list_members, scep_admin_challenge_list },
	{ "challenge.show", id_members, show },
	{ "challenge.revoke", id_members, revoke },
	{ "challenge.revokelist", ids_members, revoke_list },
	{ "challenge.thaw", id_members, thaw },
	{ "challenge.purge", purge_members, scep_admin_challenge_purge },
	{ "challenge.hash", hash_members, hash },
	{ NULL, NULL, NULL }
};
