/*
 * admin_approve.c - a request that waits is approved: by one of several, or by
 * the last one that is needed, which issues.
 */
#include "base/error.h"
#include "base/text.h"
#include "ca/admin_request.h"
#include "ca/apikey.h"
#include "ca/authorise.h"
#include "ca/challenge.h"
#include "ca/issue.h"
#include "ca/notice.h"
#include "ca/story.h"
#include "ca/transaction.h"

/* What an approval comes to. */
static enum scep_err
reply(struct scep_admin_call *call, const struct scep_pending *p,
    const struct scep_approved *count, const char *serial,
    struct scep_error *err)
{
	const int		 issues = count->n >= count->needed;
	struct scep_admin_name	 subject;
	json_t			*json;

	scep_admin_subject(scep_buf_span(&p->subject), &subject);
	json = json_pack("{s:s,s:s,s:s,s:I,s:I}", "id", p->request_id,
	    "subject", subject.text, "state", issues ? "approved" :
	    "pending", "approvals", (json_int_t)count->n, "needed",
	    (json_int_t)count->needed);
	if (json != NULL && serial != NULL)
		(void)json_object_set_new(json, "serial",
		    json_string(serial));
	return scep_admin_object(call, json, err);
}

/* The challenge that it used up, as long as there is a record of it: a key that
 * comes again with it is judged by its certificate. */
static enum scep_err
tell_challenge(const struct scep_admin_call *call,
    const struct scep_pending *p, struct scep_span cert_key,
    struct scep_change *change, struct scep_error *err)
{
	struct scep_challenge	 rec;
	struct scep_buf		 copy = { NULL, 0 };
	enum scep_err		 rc;

	if (p->challenge[0] == '\0')
		return SCEP_OK;
	if ((rc = scep_challenge_get(call->ca->store, p->challenge, &rec,
	    err)) != SCEP_OK)
		return rc == SCEP_E_NOTFOUND ? SCEP_OK : rc;
	if ((rc = scep_buf_set(&copy, cert_key, err)) == SCEP_OK &&
	    scep_challenge_learn(&rec, p->created, p->key_sha256, &copy))
		rc = scep_challenge_write(change, &rec, err);
	scep_buf_clear(&copy);
	scep_challenge_clear(&rec);
	return rc;
}

static enum scep_err
grant(struct scep_admin_call *call, const struct scep_pending *p,
    struct scep_txn *txn, const struct scep_cert_rec *cert,
    const struct scep_ca_conf *issuer, const struct scep_approved *count,
    struct scep_change *change, struct scep_error *err)
{
	struct scep_line	 line = { .len = 0 };
	char			 serial[2 * 40 + 1];
	enum scep_err		 rc;

	scep_hex_text(scep_buf_span(&cert->serial), serial, sizeof(serial));
	scep_admin_request_log(call, "approved", p, cert, issuer, &line);
	txn->state = SCEP_TXN_GRANTED;
	txn->decided = call->now;
	txn->expires = cert->not_after + SCEP_TXN_KEPT_S;
	if ((rc = scep_cert_key(scep_buf_span(&cert->serial), cert->issuer,
	    &txn->cert_key, err)) != SCEP_OK ||
	    (rc = scep_cert_rec_write(change, cert, err)) != SCEP_OK ||
	    (rc = tell_challenge(call, p, scep_buf_span(&txn->cert_key),
	    change, err)) != SCEP_OK ||
	    (rc = scep_notice_pending(call->ca, call->now, p,
	    SCEP_NOTICE_ISSUED, cert, cert->authority, call->by, change,
	    err)) != SCEP_OK ||
	    (rc = scep_admin_request_end(call, p, txn, cert->authority, serial,
	    issuer, &line, change, err)) != SCEP_OK)
		return rc;
	scep_line_text(&call->summary, "serial", serial);
	return reply(call, p, count, serial, err);
}

static enum scep_err
issue(struct scep_admin_call *call, const struct scep_pending *p,
    struct scep_txn *txn, const struct scep_grant *g,
    const struct scep_approved *count, struct scep_change *change,
    struct scep_error *err)
{
	struct scep_grant_view	 granted;
	struct scep_cert_rec	 cert;
	enum scep_err		 rc;

	scep_grant_get(g, &granted);
	if ((rc = scep_issue(call->ca->crypto, g, call->now, &cert, err)) !=
	    SCEP_OK)
		return rc;
	rc = grant(call, p, txn, &cert, granted.ca, count, change, err);
	scep_cert_rec_clear(&cert);
	return rc;
}

/* Not the last one that is needed: it is kept with the request. */
static enum scep_err
keep(struct scep_admin_call *call, struct scep_pending *p,
    const struct scep_approver *by, const struct scep_approved *count,
    struct scep_change *change, struct scep_error *err)
{
	struct scep_line	 line = { .len = 0 }, result = { .len = 0 };
	enum scep_err		 rc;

	scep_admin_request_log(call, "approval", p, NULL, NULL, &line);
	scep_line_fmt(&line, "approvals", "%ld of %ld", count->n,
	    count->needed);
	scep_line_text(&result, "by", call->by);
	scep_line_fmt(&result, "approvals", "%ld of %ld", count->n,
	    count->needed);
	if ((rc = scep_approval_add(call->ca->crypto, call->ca->cfg,
	    call->now, by, p, err)) != SCEP_OK ||
	    (rc = scep_pending_write(change, p, err)) != SCEP_OK ||
	    (rc = scep_story_pending(call->ca, call->now, p,
	    SCEP_TRACE_APPROVAL, &result, "", change, err)) != SCEP_OK ||
	    (rc = scep_admin_log_end(call, &line, change, err)) != SCEP_OK ||
	    (rc = scep_store_commit(call->ca->store, change, err)) !=
	    SCEP_OK)
		return rc;
	scep_line_fmt(&call->summary, "approvals", "%ld of %ld", count->n,
	    count->needed);
	return reply(call, p, count, NULL, err);
}

static enum scep_err
fail_again(const struct scep_admin_call *call, const struct scep_pending *p,
    const struct scep_approved *count, struct scep_error *err)
{
	return scep_fail(err, SCEP_E_EXISTS, "%s has approved request %s "
	    "already, and profile %s demands %ld approvals: somebody else "
	    "must, at scep-admin.fcgi with an API key of his own (`scepadm "
	    "apikey add --may request:approve`)%s", call->by, p->request_id,
	    p->profile, count->needed, call->caller == NULL ? "; all who use "
	    "scepadm count as one" : " or by scepadm");
}

/* The record of whoever asks still lets him in.  A challenge that he makes
 * meanwhile is written in it, too: not what he was let in by is compared, but
 * what that allows. */
static enum scep_err
check_caller(const struct scep_admin_call *call, struct scep_change *change,
    struct scep_error *err)
{
	struct scep_apikey	 rec;
	enum scep_err		 rc;

	if (call->caller == NULL)
		return SCEP_OK;
	if ((rc = scep_apikey_again(call->ca->crypto, call->ca->cfg,
	    call->ca->store, call->caller, &rec, err)) != SCEP_OK)
		return rc;
	return scep_change_check(change, SCEP_T_APIKEY,
	    scep_span_text(rec.id), rec.rev, err);
}

enum scep_err
scep_admin_approve_one(struct scep_admin_call *call, struct scep_pending *p,
    struct scep_txn *txn, struct scep_error *err)
{
	struct scep_change	 change = { .n = 0 };
	struct scep_grant	*g = NULL;
	struct scep_approver	 by;
	struct scep_approved	 count;
	enum scep_err		 rc;

	scep_approver_set(&by, call->caller, call->by);
	if ((rc = scep_approvals_sift(call->ca, call->now, p, &change,
	    err)) == SCEP_OK &&
	    (rc = check_caller(call, &change, err)) == SCEP_OK &&
	    (rc = scep_authorise_approval(call->ca->crypto, call->ca->cfg, p,
	    call->now, &by, &count, &g, err)) == SCEP_OK) {
		if (g == NULL && count.again)
			rc = fail_again(call, p, &count, err);
		else if (scep_admin_number(call, "dry", 0) != 0)
			rc = reply(call, p, &count, NULL, err);
		else if (g == NULL)
			rc = keep(call, p, &by, &count, &change, err);
		else
			rc = issue(call, p, txn, g, &count, &change, err);
	}
	scep_grant_free(g);
	scep_change_clear(&change);
	return rc;
}
