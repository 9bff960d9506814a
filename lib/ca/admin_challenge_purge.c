/*
 * admin_challenge_purge.c - records that nobody can use any more, deleted
 * before their time.
 *
 * Tending deletes each 90 days behind its expiry; who hands out many need not
 * wait for it.
 */
#include <string.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "ca/admin_challenge.h"
#include "ca/token.h"

#define BATCH	200		/* writes of one change … */
#define IDS	3000		/* … and octets of ids in a line of the log */

struct purge {
	const struct scep_admin_call	*call;
	time_t				 older;
	struct scep_change		 change;
	char				 ids[IDS + SCEP_REC_NAME + 1];
};

/* What the device that used it last may still ask for by it. */
static int
may_come_again(const struct scep_admin_call *call,
    const struct scep_challenge *rec, time_t last)
{
	const struct scep_profile	*profile;
	long				 window = rec->reuse_s;

	profile = scep_config_profile(call->ca->cfg, rec->profile);
	if (profile != NULL && profile->retry_window_s > window)
		window = profile->retry_window_s;
	return rec->n_use > 0 && rec->state != SCEP_CHALLENGE_REVOKED &&
	    call->now - last <= window;
}

/* Since when it is of no use; 0: it is of use.  Without its row a token could
 * be used again as long as it verifies; nor should a clock that is set back
 * bring it back to life. */
static time_t
ended(const struct scep_admin_call *call, const struct scep_challenge *rec)
{
	const time_t	 last = rec->n_use > 0 ?
			    rec->use[rec->n_use - 1].when : rec->created;

	if (may_come_again(call, rec, last))
		return 0;
	if (scep_token_is_row(rec->id))
		return call->now < rec->expires + SCEP_TOKEN_HELD_S ? 0 :
		    rec->expires > last ? rec->expires : last;
	if (rec->state == SCEP_CHALLENGE_REVOKED || rec->used >= rec->uses)
		return last;
	return call->now >= rec->expires ? rec->expires : 0;
}

static enum scep_err
purge_one(void *arg, struct scep_challenge *rec, struct scep_error *err)
{
	struct purge	*p = arg;
	const time_t	 since = ended(p->call, rec);
	enum scep_err	 rc;

	if (since == 0 || p->call->now - since < p->older)
		return SCEP_OK;
	if ((rc = scep_change_delete(&p->change, SCEP_T_CHALLENGE,
	    scep_span_text(rec->id), rec->rev, err)) != SCEP_OK)
		return rc;
	if (p->ids[0] != '\0')
		OPENSSL_strlcat(p->ids, ",", sizeof(p->ids));
	OPENSSL_strlcat(p->ids, rec->id, sizeof(p->ids));
	return p->change.n == BATCH || strlen(p->ids) >= IDS ? SCEP_E_EXISTS :
	    SCEP_OK;
}

static enum scep_err
commit(struct scep_admin_call *call, struct purge *p, struct scep_error *err)
{
	struct scep_line	 line = { .len = 0 };
	enum scep_err		 rc;

	if (p->change.n == 0)
		return SCEP_OK;
	scep_admin_log_start(call, "challenges-purged", NULL, &line);
	scep_line_whole(&line, "id", p->ids);
	if ((rc = scep_admin_log_end(call, &line, &p->change, err)) !=
	    SCEP_OK)
		return rc;
	rc = scep_store_commit(call->ca->store, &p->change, err);
	return rc != SCEP_E_CHANGED ? rc : scep_fail(err, SCEP_E_BUSY,
	    "a challenge was used meanwhile; purge again");
}

enum scep_err
scep_admin_challenge_purge(struct scep_admin_call *call,
    struct scep_error *err)
{
	struct purge	 p = {
		.call = call,
		.older = scep_admin_number(call, "older", 0),
	};
	json_t		*next = NULL, *result;
	enum scep_err	 rc;

	if ((rc = scep_admin_challenge_walk(call, purge_one, &p, &next,
	    err)) == SCEP_OK && (rc = commit(call, &p, err)) == SCEP_OK) {
		scep_line_fmt(&call->summary, "count", "%zu", p.change.n);
		result = json_pack("{s:I}", "purged",
		    (json_int_t)p.change.n);
		if (next != NULL)
			(void)json_object_set(result, "next", next);
		rc = scep_admin_object(call, result, err);
	}
	json_decref(next);
	scep_change_clear(&p.change);
	return rc;
}
