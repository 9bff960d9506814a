/*
 * admin_apikey.c - who may knock at scep-admin.fcgi: added, listed, revoked by
 * the operator.
 *
 * A key leaves here once, in the reply to apikey.add.
 */
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "ca/admin.h"
#include "ca/admin_apikey.h"
#include "ca/admin_key.h"
#include "ca/apikey.h"
#include "ca/keylock.h"
#include "ca/live.h"

static json_t *
record_json(const struct scep_admin_call *call, const struct scep_apikey *rec)
{
	char	 may[SCEP_MAY_TEXT], created[SCEP_TIME_TEXT];
	char	 expires[SCEP_TIME_TEXT], revoked[SCEP_TIME_TEXT];
	char	 rate[48], each[SCEP_DURATION_TEXT];
	char	 max_ttl[SCEP_DURATION_TEXT];

	scep_admin_may_text(rec->may, may);
	scep_time_text(rec->created, created);
	scep_admin_key_time(rec->expires, expires);
	scep_admin_key_time(rec->revoked, revoked);
	scep_duration_text(rec->rate_s, each);
	scep_duration_text(rec->max_ttl_s, max_ttl);
	(void)snprintf(rate, sizeof(rate), "%ld/%s", rec->rate_n, each);
	return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:I,s:s,s:s,s:s,s:s,"
	    "s:s,s:s,s:I}", "id", rec->id, "name", rec->name, "user", rec->user,
	    "state", scep_apikey_state(rec, call->now), "may", may,
	    "profiles", rec->profiles, "rate", rate, "max_uses",
	    (json_int_t)rec->max_uses, "max_ttl", max_ttl, "created", created,
	    "expires", expires, "revoked", revoked, "issuer", rec->issuer,
	    "note", rec->note, "max_live", (json_int_t)rec->max_live);
}

/* Rows: a look at each. */

struct looking {
	struct scep_admin_call	*call;
	const char		*wanted;	/* name or user, or NULL */
	struct scep_apikey	*found;
	int			 n_live, n_dead;
	char			 other[SCEP_REC_NAME];	/* that is it too */
	struct scep_apikey	*fresh;		/* to be added, or NULL */
	struct scep_change	*change;	/* old ones go with it */
	size_t			 n;
};

static enum scep_err
decode(const struct scep_admin_call *call, const struct scep_row *row,
    struct scep_apikey *rec, struct scep_error *err)
{
	return scep_apikey_row(call->ca->crypto, call->ca->cfg, row, rec,
	    err);
}

/* One that is in force comes before one that was. */
static void
note_row(struct looking *l, const struct scep_apikey *rec)
{
	const int	 live = strcmp(scep_apikey_state(rec, l->call->now),
			    "live") == 0;

	if (strcmp(rec->name, l->wanted) != 0 &&
	    strcmp(rec->user, l->wanted) != 0)
		return;
	if (live && l->n_live++ > 0)
		OPENSSL_strlcpy(l->other, rec->id, sizeof(l->other));
	else if (live || (l->n_live == 0 && l->n_dead++ == 0))
		*l->found = *rec;
}

static enum scep_err
find_row(void *arg, const struct scep_row *row, struct scep_error *err)
{
	struct looking		*l = arg;
	struct scep_apikey	 rec;
	enum scep_err		 rc;

	if ((rc = decode(l->call, row, &rec, err)) != SCEP_OK)
		return rc;
	note_row(l, &rec);
	return SCEP_OK;
}

static enum scep_err
find_called(struct scep_admin_call *call, const char *name,
    struct scep_apikey *rec, struct scep_error *err)
{
	struct looking	 l = { .call = call, .wanted = name, .found = rec };
	enum scep_err	 rc;

	if ((rc = scep_store_scan(call->ca->store, SCEP_T_APIKEY,
	    scep_span_make(NULL, 0), find_row, &l, err)) != SCEP_OK)
		return rc;
	if (l.n_live + l.n_dead == 0)
		return scep_fail(err, SCEP_E_NOTFOUND, "there is no API key "
		    "with such an id, name or user; `scepadm apikey list` "
		    "shows those there are");
	return l.n_live < 2 ? SCEP_OK : scep_fail(err, SCEP_E_REFUSED, "API "
	    "keys %s and %s are both in force, and one is called what the "
	    "other's user is; say which by its id", rec->id, l.other);
}

/* By its id, whatever ails other rows, or else by what it is called.  A key
 * that is pasted as a whole leads to its id, and is not repeated. */
static enum scep_err
find(struct scep_admin_call *call, struct scep_apikey *rec,
    struct scep_error *err)
{
	const size_t	 prefix = sizeof(SCEP_APIKEY_PREFIX) - 1;
	const char	*text = scep_admin_text(call, "id", "");
	char		 id[SCEP_REC_NAME];
	enum scep_err	 rc;

	if (strncmp(text, SCEP_APIKEY_PREFIX, prefix) == 0 &&
	    scep_challenge_id(scep_span_text(text + prefix), id))
		text = id;
	if ((rc = scep_apikey_load(call->ca->crypto, call->ca->cfg,
	    call->ca->store, text, rec, err)) == SCEP_E_NOTFOUND)
		rc = find_called(call, text, rec, err);
	return rc;
}

/* Before one is added: is there room, and is its name free?  One that is not
 * ours is not in force, and stays until somebody has seen it. */
static enum scep_err
see_row(void *arg, const struct scep_row *row, struct scep_error *err)
{
	struct looking		*l = arg;
	const time_t		 now = l->call->now;
	struct scep_apikey	 rec;
	enum scep_err		 rc;
	time_t			 end;
	int			 live;

	if ((rc = decode(l->call, row, &rec, err)) != SCEP_OK)
		return rc;
	live = strcmp(scep_apikey_state(&rec, now), "live") == 0;
	end = rec.revoked != 0 ? rec.revoked : rec.expires;
	if (strcmp(rec.id, l->fresh->id) == 0) {
		l->fresh->rev = row->rev;	/* takes its place */
		memcpy(l->fresh->live, rec.live, sizeof(rec.live));
	} else if (rec.is_ours && !live && end + SCEP_KEY_KEPT_S < now &&
	    l->change->n < SCEP_KEYS_PURGED)
		return scep_change_delete(l->change, SCEP_T_APIKEY,
		    scep_span_text(rec.id), row->rev, err);
	if (live && (strcmp(rec.id, l->fresh->id) == 0 ||
	    strcmp(rec.name, l->fresh->name) == 0))
		return scep_fail(err, SCEP_E_REFUSED, "there is an API key "
		    "%s in force already, called %s%s%s; see it with `scepadm "
		    "apikey show %s`, and revoke it first", rec.id, rec.name,
		    rec.user[0] != '\0' ? ", for user " : "", rec.user,
		    rec.id);
	l->n++;
	return SCEP_OK;
}

static enum scep_err
make_room(struct scep_admin_call *call, struct scep_apikey *rec,
    struct scep_change *change, struct scep_error *err)
{
	struct looking	 l = { .call = call, .fresh = rec, .change = change };
	enum scep_err	 rc;

	rec->rev = 0;
	if ((rc = scep_store_scan(call->ca->store, SCEP_T_APIKEY,
	    scep_span_make(NULL, 0), see_row, &l, err)) != SCEP_OK)
		return rc;
	return scep_admin_key_room(l.n, "API keys", err);
}

static enum scep_err
commit(struct scep_admin_call *call, const char *event,
    struct scep_apikey *rec, struct scep_change *change,
    struct scep_error *err)
{
	struct scep_line	 line = { .len = 0 };
	char			 may[SCEP_MAY_TEXT];
	enum scep_err		 rc;

	scep_admin_may_text(rec->may, may);
	scep_admin_log_start(call, event, rec->id, &line);
	scep_line_text(&line, "name", rec->name);
	scep_line_text(&line, "user", rec->user);
	scep_line_text(&line, "may", may);
	scep_line_text(&line, "profiles", rec->profiles);
	if ((rc = scep_apikey_seal(call->ca->crypto, call->ca->cfg, rec,
	    err)) != SCEP_OK ||
	    (rc = scep_apikey_write(change, rec, err)) != SCEP_OK ||
	    (rc = scep_admin_log_end(call, &line, change, err)) != SCEP_OK)
		return rc;
	return scep_store_commit(call->ca->store, change, err);
}

static enum scep_err
reply(struct scep_admin_call *call, const struct scep_apikey *rec,
    const char *key, struct scep_error *err)
{
	json_t	*json = record_json(call, rec);

	if (json != NULL && key != NULL)
		(void)json_object_set_new(json, "key", json_string(key));
	return scep_admin_object(call, json, err);
}

static enum scep_err
add_one(struct scep_admin_call *call, struct scep_error *err)
{
	struct scep_change	 change = { .n = 0 };
	struct scep_apikey	 rec;
	char			 key[SCEP_APIKEY_TEXT];
	enum scep_err		 rc;

	memset(&rec, 0, sizeof(rec));
	if ((rc = scep_admin_apikey_read(call, &rec, err)) == SCEP_OK &&
	    (rc = scep_apikey_mint(call->ca->crypto, call->ca->cfg, &rec, key,
	    err)) == SCEP_OK &&
	    (rc = make_room(call, &rec, &change, err)) == SCEP_OK &&
	    (rc = commit(call, "apikey-added", &rec, &change, err)) ==
	    SCEP_OK) {
		scep_line_text(&call->summary, "id", rec.id);
		scep_line_text(&call->summary, "name", rec.name);
		rc = reply(call, &rec, key, err);
	}
	OPENSSL_cleanse(key, sizeof(key));
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
	struct scep_admin_call	*call = arg;
	struct scep_apikey	 rec;
	enum scep_err		 rc;

	if ((rc = decode(call, row, &rec, err)) != SCEP_OK)
		return rc;
	return scep_admin_row(call, record_json(call, &rec), err);
}

static enum scep_err
list(struct scep_admin_call *call, struct scep_error *err)
{
	scep_admin_open_rows(call);
	return scep_store_scan(call->ca->store, SCEP_T_APIKEY,
	    scep_span_make(NULL, 0), list_row, call, err);
}

/* With how many of its challenges are good now, where they are counted. */
static enum scep_err
show(struct scep_admin_call *call, struct scep_error *err)
{
	struct scep_apikey	 rec;
	json_t			*json;
	enum scep_err		 rc;
	size_t			 n;

	if ((rc = find(call, &rec, err)) != SCEP_OK ||
	    (rc = scep_live_sift(call, &rec, &n, err)) != SCEP_OK)
		return rc;
	scep_line_text(&call->summary, "id", rec.id);
	json = record_json(call, &rec);
	if (json != NULL && rec.max_live != 0)
		(void)json_object_set_new(json, "live",
		    json_integer((json_int_t)n));
	return scep_admin_object(call, json, err);
}

static enum scep_err
revoke_one(struct scep_admin_call *call, struct scep_error *err)
{
	struct scep_change	 change = { .n = 0 };
	struct scep_apikey	 rec;
	enum scep_err		 rc;

	if ((rc = find(call, &rec, err)) != SCEP_OK)
		return rc;
	if (rec.state != SCEP_APIKEY_REVOKED || !rec.is_ours) {
		rec.state = SCEP_APIKEY_REVOKED;
		rec.revoked = call->now;
		rc = commit(call, "apikey-revoked", &rec, &change, err);
		scep_change_clear(&change);
	}
	return rc != SCEP_OK ? rc : reply(call, &rec, NULL, err);
}

/* In turn with challenges that are made with it, each of which writes its
 * record: who hurries must not escape by that. */
static enum scep_err
revoke(struct scep_admin_call *call, struct scep_error *err)
{
	struct scep_keylock	*lock = call->ca->memory->lock;
	struct scep_apikey	 rec;
	struct scep_span	 key;
	enum scep_err		 rc;

	if ((rc = find(call, &rec, err)) != SCEP_OK)
		return rc;
	scep_line_text(&call->summary, "id", rec.id);
	key = scep_span_text(rec.id);
	scep_keylock_take(lock, &key, 1);
	rc = scep_admin_retry(call, revoke_one, err);
	scep_keylock_give(lock, &key, 1);
	return rc;
}

static const struct scep_admin_member	id_members[] = {
	{ "id", SCEP_ADMIN_TEXT, 1, 1, SCEP_REC_TEXT - 1 },
	{ NULL, SCEP_ADMIN_TEXT, 0, 0, 0 }
};

const struct scep_admin_verb	scep_admin_apikey[] = {
	{ "apikey.add", scep_admin_apikey_members, add },
	{ "apikey.list", scep_admin_no_members, list },
	{ "apikey.show", id_members, show },
	{ "apikey.revoke", id_members, revoke },
	{ NULL, NULL, NULL }
};
