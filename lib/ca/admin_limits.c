/*
 * admin_limits.c - who is blocked, who is counted; and forgetting it.
 */
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "ca/admin_json.h"
#include "ca/limits.h"

#define LAST	((long)(SCEP_BLOCKS_SITES + SCEP_BLOCKS_PROFILES))

struct listing {
	const struct scep_admin_call	*call;
	json_t				*rows;
	int				 all;
	long				 next;	/* -1: that was the last */
};

/* Only a server lasts long enough to count. */
static enum scep_err
find_limits(const struct scep_admin_call *call, struct scep_limits **out,
    struct scep_error *err)
{
	*out = call->ca->memory->limits;
	return *out != NULL ? SCEP_OK : scep_fail(err, SCEP_E_REFUSED, "no "
	    "server runs: nothing is counted, and nobody is blocked");
}

static json_t *
row_json(const struct listing *l, const struct scep_limited *who)
{
	char	 until[SCEP_TIME_TEXT] = "";

	if (who->is_blocked)
		scep_time_text(who->block.until, until);
	return json_pack("{s:s,s:s,s:s,s:I,s:I,s:s,s:s,s:I}",
	    "peer", who->peer != NULL ? who->peer : "",
	    "profile", who->profile != NULL ? who->profile : "",
	    "state", who->is_blocked ? "blocked" : "counted",
	    "failures", (json_int_t)who->count[SCEP_LIMIT_FAILURES],
	    "messages", (json_int_t)who->count[SCEP_LIMIT_MESSAGES],
	    "limit", who->is_blocked ?
	    scep_limit_kind_name(who->block.why) : "", "until", until,
	    "left", who->is_blocked ?
	    (json_int_t)(who->block.until - l->call->now) : (json_int_t)0);
}

static int
add_row(void *arg, const struct scep_limited *who)
{
	struct listing	*l = arg;

	if (!who->is_blocked && !l->all)
		return 1;
	if (json_array_size(l->rows) == SCEP_ADMIN_PAGE) {
		l->next = (long)who->slot;
		return 0;
	}
	(void)json_array_append_new(l->rows, row_json(l, who));
	return 1;
}

static enum scep_err
list(struct scep_admin_call *call, struct scep_error *err)
{
	struct listing		 l = {
		.call = call,
		.all = (int)scep_admin_number(call, "all", 0),
		.next = -1,
	};
	struct scep_limits	*limits;
	enum scep_err		 rc;
	json_t			*result;

	if ((rc = find_limits(call, &limits, err)) != SCEP_OK)
		return rc;
	l.rows = json_array();
	scep_limits_each(limits, (size_t)scep_admin_number(call, "after", 0),
	    call->now, add_row, &l);
	result = json_pack("{s:o}", "rows", l.rows);
	if (l.next != -1)
		(void)json_object_set_new(result, "next",
		    json_integer(l.next));
	return scep_admin_object(call, result, err);
}

static enum scep_err
clear(struct scep_admin_call *call, struct scep_error *err)
{
	const char			*peer, *profile;
	struct scep_limits_cleared	 out;
	struct scep_limits		*limits;
	enum scep_err			 rc;

	peer = scep_admin_text(call, "peer", NULL);
	profile = scep_admin_text(call, "profile", NULL);
	if ((rc = find_limits(call, &limits, err)) != SCEP_OK)
		return rc;
	if (profile != NULL &&
	    scep_config_profile(call->ca->cfg, profile) == NULL)
		return scep_fail(err, SCEP_E_NOTFOUND, "no profile \"%.64s\"; "
		    "scepadm check --profiles lists them", profile);
	if ((rc = scep_limits_clear(limits, peer, profile, call->now, &out,
	    err)) != SCEP_OK)
		return rc;
	if (peer != NULL)
		scep_line_text(&call->summary, "peer", peer);
	if (profile != NULL)
		scep_line_text(&call->summary, "profile", profile);
	return scep_admin_object(call, json_pack("{s:I,s:I}",
	    "counted", (json_int_t)out.counted,
	    "blocked", (json_int_t)out.blocked), err);
}

static const struct scep_admin_member	list_members[] = {
	{ "all", SCEP_ADMIN_NUMBER, 0, 0, 1 },
	{ "after", SCEP_ADMIN_NUMBER, 0, 0, LAST },
	{ NULL, SCEP_ADMIN_TEXT, 0, 0, 0 }
};
static const struct scep_admin_member	clear_members[] = {
	{ "peer", SCEP_ADMIN_TEXT, 0, 1, 64 },
	{ "profile", SCEP_ADMIN_TEXT, 0, 1, SCEP_NAME_LEN - 1 },
	{ NULL, SCEP_ADMIN_TEXT, 0, 0, 0 }
};

const struct scep_admin_verb	scep_admin_limits[] = {
	{ "limits.list", list_members, list },
	{ "limits.clear", clear_members, clear },
	{ NULL, NULL, NULL }
};
