/*
 * knock.c - what scep-admin.fcgi asks for: who it is for, whether he may, and
 * how much; then what scepadm would ask for is done.
 *
 * An error in any of these checks is a refusal.
 */
#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/error.h"
#include "base/text.h"
#include "ca/admin_challenge.h"
#include "ca/admin_request.h"
#include "ca/apikey.h"
#include "ca/knock.h"
#include "ca/live.h"
#include "ca/rate.h"

#define DAY	86400L
#define MD5_LEN	16

/* One knock in hand. */
struct knock {
	struct scep_admin_call	 call;
	struct scep_apikey	 rec;
	const json_t		*request;
	json_t			*ask;		/* the one member of "ask" */
	const char		*deny;		/* SCEP_DENY_…, or NULL */
	long			 wait_s;
};

static const struct {
	const char	*verb;
	unsigned int	 may;
} doors[] = {
	{ "challenge.add", SCEP_MAY_ADD },
	{ "request.list", SCEP_MAY_LIST },
	{ "request.show", SCEP_MAY_LIST },
	{ "request.approve", SCEP_MAY_APPROVE },
	{ "request.refuse", SCEP_MAY_REFUSE },
};

static enum scep_err
refuse(struct knock *k, const char *deny, struct scep_error *err)
{
	k->deny = deny;
	return err->code;
}

static const char *
text(const struct knock *k, const char *member)
{
	return json_string_value(json_object_get(k->request, member));
}

/* Nobody's word for a user is taken where no web server is said to know
 * any. */
static enum scep_err
find_record(struct knock *k, struct scep_error *err)
{
	const struct scep_knocker	 who = { text(k, "key"),
					    text(k, "user") };
	struct scep_local		*ca = k->call.ca;

	if ((who.key == NULL) == (who.user == NULL))
		return scep_fail(err, SCEP_E_REFUSED, "one of key and user is "
		    "needed");
	if (who.user != NULL && ca->cfg->server.door_user[0] == '\0')
		return scep_fail(err, SCEP_E_REFUSED, "user \"%.64s\": there "
		    "is no door_user in [server] of %s, so no word of a web "
		    "server counts", who.user, scep_conf_file(ca->cfg->conf));
	return scep_apikey_find(ca->crypto, ca->cfg, ca->store, k->call.now,
	    &who, &k->rec, err);
}

/* Who, and is he too fast?  What is refused later has counted. */
static enum scep_err
identify(struct knock *k, struct scep_error *err)
{
	struct scep_local	*ca = k->call.ca;
	enum scep_err		 rc;

	if ((rc = find_record(k, err)) != SCEP_OK)
		return rc != SCEP_E_REFUSED ? rc :
		    refuse(k, SCEP_DENY_WHO, err);
	k->call.caller = &k->rec;
	scep_apikey_by(&k->rec, k->call.by);
	scep_line_text(&k->call.summary, "by", k->call.by);
	if (scep_rates_take(ca->memory->rates, k->rec.id, k->rec.rate_n,
	    k->rec.rate_s, k->call.now, &k->wait_s))
		return SCEP_OK;
	(void)scep_fail(err, SCEP_E_REFUSED, "more than %ld calls in %ld s; "
	    "try again in %ld s", k->rec.rate_n, k->rec.rate_s, k->wait_s);
	return refuse(k, SCEP_DENY_RATE, err);
}

static enum scep_err
find_verb(struct knock *k, const struct scep_admin_verb **verb,
    struct scep_error *err)
{
	const char	*name = text(k, "do");
	size_t		 i;

	*verb = NULL;
	for (i = 0; name != NULL && i < sizeof(doors) / sizeof(doors[0]); i++) {
		if (strcmp(name, doors[i].verb) != 0)
			continue;
		scep_line_text(&k->call.summary, "do", name);
		if ((k->rec.may & doors[i].may) == 0) {
			(void)scep_fail(err, SCEP_E_REFUSED, "API key %s (%s) "
			    "may not %s", k->rec.id, k->rec.name, name);
			return refuse(k, SCEP_DENY_MAY, err);
		}
		*verb = scep_admin_find(name);
		return SCEP_OK;
	}
	return scep_fail(err, SCEP_E_USAGE, "\"do\" asks for nothing that is "
	    "known; is scep-admin.fcgi of the same version as scep.fcgi");
}

/* A challenge: no other profile, no more uses, no longer than he may. */

static enum scep_err
choose_profile(struct knock *k, struct scep_error *err)
{
	const char	*name = json_string_value(json_object_get(k->ask,
			    "profile"));
	char		 first[SCEP_NAME_LEN];

	if (name == NULL || *name == '\0') {
		(void)snprintf(first, sizeof(first), "%.*s",
		    (int)strcspn(k->rec.profiles, ","), k->rec.profiles);
		return json_object_set_new(k->ask, "profile",
		    json_string(first)) == 0 ? SCEP_OK :
		    scep_fail(err, SCEP_E_NOMEM, "the profile");
	}
	if (scep_apikey_has_profile(&k->rec, name))
		return SCEP_OK;
	(void)scep_fail(err, SCEP_E_REFUSED, "API key %s (%s) is not for "
	    "profile %.32s", k->rec.id, k->rec.name, name);
	return refuse(k, SCEP_DENY_MAY, err);
}

/* In how many seconds it is over. */
static long
seconds_left(const struct scep_admin_call *call)
{
	const long	 now = (long)call->now;
	const long	 begin = scep_admin_number(call, "not_before", 0);

	return scep_admin_number(call, "expires", (begin > now ? begin :
	    now) + scep_admin_number(call, "ttl", DAY)) - now;
}

static enum scep_err
limit_times(struct knock *k, struct scep_error *err)
{
	const long	 max = k->rec.max_ttl_s;

	if (json_object_get(k->ask, "ttl") == NULL &&
	    json_object_get(k->ask, "expires") == NULL &&
	    json_object_set_new(k->ask, "ttl", json_integer(max < DAY ? max :
	    DAY)) != 0)
		return scep_fail(err, SCEP_E_NOMEM, "the ttl");
	if (seconds_left(&k->call) <= max &&
	    scep_admin_number(&k->call, "reuse_for", 0) <= max)
		return SCEP_OK;
	(void)scep_fail(err, SCEP_E_REFUSED, "API key %s (%s) makes "
	    "challenges that are over within %ld s, and for the same key no "
	    "longer", k->rec.id, k->rec.name, max);
	return refuse(k, SCEP_DENY_MAY, err);
}

static enum scep_err
limit(struct knock *k, struct scep_error *err)
{
	enum scep_err	 rc;

	if ((rc = scep_admin_check_item(scep_admin_challenge_item, k->ask,
	    err)) != SCEP_OK || (rc = choose_profile(k, err)) != SCEP_OK)
		return rc;
	if (scep_admin_number(&k->call, "uses", 1) > k->rec.max_uses) {
		(void)scep_fail(err, SCEP_E_REFUSED, "API key %s (%s) makes "
		    "challenges of at most %ld uses", k->rec.id, k->rec.name,
		    k->rec.max_uses);
		return refuse(k, SCEP_DENY_MAY, err);
	}
	return limit_times(k, err);
}

/* MD5, as NDES has it on its page: a fingerprint for people's eyes alone. */
static void
ca_md5(const struct knock *k, char out[2 * MD5_LEN + 1])
{
	const struct scep_config	*cfg = k->call.ca->cfg;
	const struct scep_profile	*p = scep_config_profile(cfg,
					    scep_admin_text(&k->call,
					    "profile", ""));
	const struct scep_buf		*der = &cfg->ca[p->ca].cert.der;
	uint8_t				 md[EVP_MAX_MD_SIZE];
	size_t				 len = 0;

	out[0] = '\0';
	if (EVP_Q_digest(k->call.ca->crypto->ctx, "MD5", NULL, der->data,
	    der->len, md, &len) == 1 && len == MD5_LEN)
		scep_hex_text(scep_span_make(md, len), out, 2 * MD5_LEN + 1);
	ERR_clear_error();
}

/* The one challenge there is, as an object. */
static enum scep_err
add(struct knock *k, struct scep_error *err)
{
	struct scep_admin_call	*call = &k->call;
	char			 md5[2 * MD5_LEN + 1];
	json_t			*row;
	enum scep_err		 rc;

	if ((rc = limit(k, err)) != SCEP_OK)
		return rc;
	if ((rc = scep_admin_challenge_add(call, err)) != SCEP_OK) {
		k->wait_s = call->is_full ? SCEP_LIVE_WAIT_S : 0;
		return call->is_full ? refuse(k, SCEP_DENY_LIVE, err) : rc;
	}
	ca_md5(k, md5);
	row = json_loadb(call->rows.text, call->rows.len, 0, NULL);
	call->rows.open = 0;
	if (row != NULL && (json_object_set_new(row, "ca_md5",
	    json_string(md5)) != 0 || json_object_set_new(row, "ttl",
	    json_integer(seconds_left(call))) != 0)) {
		json_decref(row);
		row = NULL;
	}
	return scep_admin_object(call, row, err);
}

/* Never all that wait at once: who is let in may not make the owner write any
 * number of rows. */
static enum scep_err
list(struct knock *k, struct scep_error *err)
{
	const long	 n = scep_admin_number(&k->call, "limit",
			    SCEP_KNOCK_PAGE);

	if (n > SCEP_KNOCK_PAGE_MAX)
		return scep_fail(err, SCEP_E_USAGE, "limit is not between 1 "
		    "and %d", SCEP_KNOCK_PAGE_MAX);
	if (json_object_set_new(k->ask, "limit", json_integer(n)) != 0)
		return scep_fail(err, SCEP_E_NOMEM, "the limit");
	return scep_admin_request_list(&k->call, err);
}

static enum scep_err
act(struct knock *k, struct scep_error *err)
{
	const struct scep_admin_verb	*verb;
	enum scep_err			 rc;

	if ((rc = identify(k, err)) != SCEP_OK ||
	    (rc = find_verb(k, &verb, err)) != SCEP_OK)
		return rc;
	if (verb->act == scep_admin_challenge_add)
		return add(k, err);
	if ((rc = scep_admin_check_item(verb->members, k->ask, err)) !=
	    SCEP_OK)
		return rc;
	if (verb->act == scep_admin_request_list)
		return list(k, err);
	return verb->act(&k->call, err);
}

static void
say(struct knock *k, const char *member)
{
	if (text(k, member) != NULL)
		scep_line_text(&k->call.summary, member, text(k, member));
}

static enum scep_err
begin(struct knock *k, struct scep_error *err)
{
	static const struct scep_admin_member	 members[] = {
		{ "key", SCEP_ADMIN_TEXT, 0, 1, SCEP_KNOCK_KEY_MAX },
		{ "user", SCEP_ADMIN_TEXT, 0, 1, SCEP_REC_TEXT - 1 },
		{ "door", SCEP_ADMIN_TEXT, 1, 1, 16 },
		{ "peer", SCEP_ADMIN_TEXT, 1, 0, SCEP_REC_TEXT - 1 },
		{ "ask", SCEP_ADMIN_ITEMS, 1, 1, 1 },
		{ NULL, SCEP_ADMIN_TEXT, 0, 0, 0 }
	};
	enum scep_err				 rc;

	/* First: the log has it of what is refused for its form, too. */
	say(k, "door");
	say(k, "peer");
	if ((rc = scep_admin_check(members, k->request, err)) != SCEP_OK)
		return rc;
	k->ask = json_array_get(json_object_get(k->request, "ask"), 0);
	k->call.ask = k->ask;
	return act(k, err);
}

/* Who is not known is told nothing but that. */
static void
reply_refusal(const struct knock *k, enum scep_err rc,
    const struct scep_error *err, struct scep_buf *reply)
{
	struct scep_error	 told = *err;
	json_t			*more = NULL;

	if (k->deny != NULL)
		more = json_pack("{s:s,s:I}", "deny", k->deny, "wait",
		    (json_int_t)k->wait_s);
	if (k->deny != NULL && strcmp(k->deny, SCEP_DENY_WHO) == 0)
		(void)scep_fail(&told, rc, "not known here");
	scep_admin_reply_refusal(rc, &told, more, reply);
}

/* How it is counted. */
static enum scep_knock_end
end_of(const struct knock *k, enum scep_err rc)
{
	static const struct {
		const char		*deny;
		enum scep_knock_end	 end;
	} denials[] = {
		{ SCEP_DENY_WHO, SCEP_KNOCK_UNKNOWN },
		{ SCEP_DENY_MAY, SCEP_KNOCK_FORBIDDEN },
		{ SCEP_DENY_RATE, SCEP_KNOCK_TOO_FAST },
		{ SCEP_DENY_LIVE, SCEP_KNOCK_TOO_MANY },
	};
	size_t	 i;

	for (i = 0; k->deny != NULL && i < sizeof(denials) /
	    sizeof(denials[0]); i++)
		if (strcmp(k->deny, denials[i].deny) == 0)
			return denials[i].end;
	switch (rc) {
	case SCEP_OK:
		return SCEP_KNOCK_DONE;
	case SCEP_E_USAGE:
	case SCEP_E_NOTFOUND:
	case SCEP_E_REFUSED:
	case SCEP_E_EXISTS:
	case SCEP_E_TOOBIG:
		return SCEP_KNOCK_REFUSED;
	default:
		return SCEP_KNOCK_TROUBLE;
	}
}

enum scep_err
scep_knock(struct scep_ca *ca, time_t now, unsigned long uid,
    struct scep_span request, struct scep_buf *reply, char *summary,
    size_t summary_size, struct scep_error *err)
{
	const struct scep_admin_watch	 nobody = { NULL, NULL, NULL };
	struct knock			 k = {
		.call = {
			.ca = (struct scep_local *)ca,
			.now = now,
			.uid = uid,
			.by = "nobody",
			.watch = &nobody,
		},
	};
	json_t				*root;
	enum scep_err			 rc;

	scep_buf_clear(reply);
	if ((rc = scep_admin_parse(request, &root, err)) == SCEP_OK) {
		k.request = root;
		rc = begin(&k, err);
	}
	if (rc == SCEP_OK)
		rc = scep_admin_reply(&k.call, reply, err);
	if (rc != SCEP_OK)
		reply_refusal(&k, rc, err, reply);
	(void)snprintf(summary, summary_size, "%s", k.call.summary.text);
	scep_knocks_count(&k.call.ca->memory->knocks, json_string_value(
	    json_object_get(root, "door")), end_of(&k, rc));
	json_decref(root);
	scep_admin_call_clear(&k.call);
	return rc;
}
