/*
 * admin_request.c - requests that wait for an operator: shown, approved,
 * refused.  Listed by admin_request_list.c.
 *
 * The approval that makes up the number issues, in one transaction with the
 * end of the waiting; a poll only delivers (DESIGN 5).
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "base/text.h"
#include "ca/admin_request.h"
#include "ca/admin_story.h"
#include "ca/approval.h"
#include "ca/keylock.h"
#include "ca/story.h"
#include "ca/log_cert.h"
#include "ca/notice.h"
#include "ca/transaction.h"

#define NAMES	1024	/* of five, and what is said of them */

/* Who has approved it, and whose word counts no more. */
static enum scep_err
approvals(const struct scep_admin_call *call, const struct scep_pending *p,
    char names[NAMES], json_int_t *n, struct scep_error *err)
{
	const char	*why;
	uint64_t	 rev;
	size_t		 i, len = 0;
	enum scep_err	 rc;

	*n = 0;
	names[0] = '\0';
	for (i = 0; i < p->n_approvals; i++) {
		if ((rc = scep_approval_doubt(call->ca, call->now, p, i, &why,
		    &rev, err)) != SCEP_OK)
			return rc;
		*n += why == NULL;
		(void)snprintf(names + len, NAMES - len, "%s%s%s%s%s",
		    i > 0 ? ", " : "", p->approval[i].by, why != NULL ?
		    " (" : "", why != NULL ? why : "", why != NULL ?
		    ": does not count)" : "");
		len = strlen(names);
	}
	return SCEP_OK;
}

const char *
scep_admin_request_state(const struct scep_admin_call *call,
    const struct scep_pending *p)
{
	return call->now < p->expires ? "pending" : "expired";
}

enum scep_err
scep_admin_request_json(const struct scep_admin_call *call,
    const struct scep_pending *p, json_t **out, struct scep_error *err)
{
	struct scep_admin_name	 subject, san;
	char			 by[NAMES];
	char			 txid[2 * SCEP_TXID_MAX + 1];
	char			 key[2 * SCEP_SHA256_LEN + 1];
	char			 signer[2 * SCEP_SHA256_LEN + 1];
	char			 created[SCEP_TIME_TEXT];
	char			 expires[SCEP_TIME_TEXT];
	char			 validity[SCEP_DURATION_TEXT] = "";
	json_int_t		 n;
	enum scep_err		 rc;

	if ((rc = approvals(call, p, by, &n, err)) != SCEP_OK)
		return rc;
	scep_admin_subject(scep_buf_span(&p->subject), &subject);
	scep_admin_san(scep_buf_span(&p->san), &san);
	scep_admin_txid(&p->txid, txid, sizeof(txid));
	scep_hex_text(scep_span_make(p->key_sha256, sizeof(p->key_sha256)),
	    key, sizeof(key));
	scep_hex_text(scep_span_make(p->signer_sha256,
	    sizeof(p->signer_sha256)), signer, sizeof(signer));
	scep_time_text(p->created, created);
	scep_time_text(p->expires, expires);
	if (p->validity_s > 0)
		scep_duration_text(p->validity_s, validity);
	*out = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,"
	    "s:s,s:I,s:I,s:s}",
	    "id", p->request_id, "profile", p->profile,
	    "state", scep_admin_request_state(call, p),
	    "why", p->why, "subject", subject.text, "san", san.text,
	    "validity", validity,
	    "key_sha256", key, "signer_sha256", signer, "transaction", txid,
	    "peer", p->peer, "created", created, "expires", expires,
	    "approvals", n, "needed", (json_int_t)scep_approvals_needed(
	    call->ca->cfg, p->profile), "approved_by", by);
	return SCEP_OK;
}

/* Ids are shown in lower case; people paste them in any. */
enum scep_err
scep_admin_request_get(const struct scep_admin_call *call,
    struct scep_pending *p, struct scep_error *err)
{
	char		 id[SCEP_REQUEST_ID];
	size_t		 i;
	enum scep_err	 rc;

	OPENSSL_strlcpy(id, scep_admin_text(call, "id", ""), sizeof(id));
	for (i = 0; id[i] != '\0'; i++)
		id[i] = (char)tolower((unsigned char)id[i]);
	rc = scep_pending_get(call->ca->store, id, p, err);
	if (rc == SCEP_OK && !scep_admin_may_see(call, p->profile)) {
		scep_pending_clear(p);
		rc = SCEP_E_NOTFOUND;
	}
	if (rc == SCEP_E_NOTFOUND)
		return scep_fail(err, rc, "no request %s waits: it is "
		    "unknown, or was decided, or expired; `scepadm request "
		    "list` shows those that wait, `scepadm cert list` what "
		    "was issued", id);
	return rc;
}

static enum scep_err
show(struct scep_admin_call *call, struct scep_error *err)
{
	struct scep_pending	 p;
	json_t			*json;
	enum scep_err		 rc;

	if ((rc = scep_admin_request_get(call, &p, err)) != SCEP_OK)
		return rc;
	scep_line_text(&call->summary, "id", p.request_id);
	if ((rc = scep_admin_request_json(call, &p, &json, err)) == SCEP_OK)
		rc = scep_admin_object(call, json, err);
	scep_pending_clear(&p);
	return rc;
}

/* The transaction of a request that waits, which waits itself.  That of one
 * whose time is up may be another's already. */
static enum scep_err
get_txn(struct scep_admin_call *call, const struct scep_pending *p,
    struct scep_txn *txn, struct scep_error *err)
{
	enum scep_err	 rc;
	int		 is_its = 0;

	rc = scep_txn_get(call->ca->store, &p->txn, txn, err);
	if (rc == SCEP_OK) {
		is_its = strcmp(txn->request_id, p->request_id) == 0;
		if (is_its && txn->state == SCEP_TXN_PENDING)
			return SCEP_OK;
		scep_txn_clear(txn);
	}
	if (rc != SCEP_OK && rc != SCEP_E_NOTFOUND)
		return rc;
	if (rc == SCEP_OK && !is_its)
		return scep_fail(err, SCEP_E_REFUSED, "request %s has expired, "
		    "and its device has asked anew since; `scepadm request "
		    "list` shows what waits", p->request_id);
	return scep_fail(err, SCEP_E_STORE, "request %s waits, but its "
	    "transaction does not; run `scepadm check`", p->request_id);
}

enum scep_err
scep_admin_request_end(struct scep_admin_call *call,
    const struct scep_pending *p, const struct scep_txn *txn,
    const char *because, const char *serial,
    const struct scep_ca_conf *issuer, struct scep_line *line,
    struct scep_change *change, struct scep_error *err)
{
	const int		 granted = txn->state == SCEP_TXN_GRANTED;
	struct scep_line	 result = { .len = 0 };
	enum scep_err		 rc;

	scep_line_text(&result, "by", call->by);
	scep_line_text(&result, granted ? "authority" : "reason", because);
	if (issuer != NULL)
		scep_story_issuer(&result, issuer);
	if ((rc = scep_story_pending(call->ca, call->now, p, granted ?
	    SCEP_TRACE_APPROVED : SCEP_TRACE_DENIED, &result, serial, change,
	    err)) != SCEP_OK ||
	    (rc = scep_txn_write(change, txn, err)) != SCEP_OK ||
	    (rc = scep_change_delete(change, SCEP_T_PENDING,
	    scep_span_text(p->request_id), p->rev, err)) != SCEP_OK ||
	    (rc = scep_admin_log_end(call, line, change, err)) != SCEP_OK)
		return rc;
	if ((rc = scep_store_commit(call->ca->store, change, err)) == SCEP_OK)
		scep_notice_wake(call->ca);
	return rc;
}

void
scep_admin_request_log(const struct scep_admin_call *call, const char *event,
    const struct scep_pending *p, const struct scep_cert_rec *cert,
    const struct scep_ca_conf *issuer, struct scep_line *line)
{
	struct scep_admin_name	 subject;

	scep_admin_subject(scep_buf_span(&p->subject), &subject);
	scep_admin_log_start(call, event, p->request_id, line);
	scep_line_text(line, "profile", p->profile);
	scep_line_text(line, "subject", subject.text);
	if (cert != NULL)
		scep_log_cert(line, cert, issuer->generation);
	scep_line_text(line, "peer", p->peer);
	scep_line_add(line, "txid", scep_buf_span(&p->txid));
}

static enum scep_err
refuse_one(struct scep_admin_call *call, struct scep_pending *p,
    struct scep_txn *txn, struct scep_error *err)
{
	const char		*reason = scep_admin_text(call, "reason", "");
	struct scep_change	 change = { .n = 0 };
	struct scep_line	 line = { .len = 0 };
	enum scep_err		 rc;

	if (scep_admin_number(call, "dry", 0) != 0)
		return scep_admin_object(call, json_pack("{s:s}", "id",
		    p->request_id), err);
	scep_admin_request_log(call, "refused", p, NULL, NULL, &line);
	scep_line_text(&line, "reason", reason);
	txn->state = SCEP_TXN_REFUSED;
	txn->decided = call->now;
	scep_buf_clear(&txn->delivery);
	OPENSSL_strlcpy(txn->reason, reason, sizeof(txn->reason));
	if ((rc = scep_notice_pending(call->ca, call->now, p,
	    SCEP_NOTICE_REFUSED, NULL, reason, call->by, &change, err)) ==
	    SCEP_OK &&
	    (rc = scep_admin_request_end(call, p, txn, reason, "", NULL,
	    &line, &change, err)) == SCEP_OK)
		rc = scep_admin_object(call, json_pack("{s:s}", "id",
		    p->request_id), err);
	scep_change_clear(&change);
	return rc;
}

typedef enum scep_err	(*decide_fn)(struct scep_admin_call *call,
			    struct scep_pending *p, struct scep_txn *txn,
			    struct scep_error *err);

/* As it is now: somebody may have decided while we waited for the lock. */
static enum scep_err
decide_locked(struct scep_admin_call *call, decide_fn decide,
    struct scep_error *err)
{
	struct scep_pending	 p;
	struct scep_txn		 txn;
	enum scep_err		 rc;

	if ((rc = scep_admin_request_get(call, &p, err)) != SCEP_OK)
		return rc;
	if ((rc = get_txn(call, &p, &txn, err)) == SCEP_OK) {
		rc = decide(call, &p, &txn, err);
		scep_txn_clear(&txn);
	}
	scep_pending_clear(&p);
	return rc;
}

/* What must not change meanwhile: the transaction, as an enrolment has it, and
 * the records of those who approve, each of which is written with a
 * challenge that its owner makes. */
static size_t
locked_with(const struct scep_admin_call *call, const struct scep_pending *p,
    struct scep_span key[SCEP_APPROVALS_MAX + 2])
{
	size_t	 n = scep_approval_keys(p, key);

	key[n++] = scep_span_make(p->txn.prefix, sizeof(p->txn.prefix));
	if (call->caller != NULL)
		key[n++] = scep_span_text(call->caller->id);
	return n;
}

/* With all of that locked: a loser never signs. */
static enum scep_err
decide(struct scep_admin_call *call, decide_fn fn, struct scep_error *err)
{
	struct scep_span	 key[SCEP_APPROVALS_MAX + 2];
	struct scep_pending	 p;
	enum scep_err		 rc;
	size_t			 n;
	int			 i;

	if ((rc = scep_admin_request_get(call, &p, err)) != SCEP_OK)
		return rc;
	scep_line_text(&call->summary, "id", p.request_id);
	n = locked_with(call, &p, key);
	scep_keylock_take(call->ca->memory->lock, key, n);
	rc = SCEP_E_CHANGED;
	for (i = 0; i < SCEP_ADMIN_TRIES && rc == SCEP_E_CHANGED; i++)
		rc = decide_locked(call, fn, err);
	scep_keylock_give(call->ca->memory->lock, key, n);
	scep_pending_clear(&p);
	return rc;
}

static enum scep_err
approve(struct scep_admin_call *call, struct scep_error *err)
{
	return decide(call, scep_admin_approve_one, err);
}

static enum scep_err
refuse(struct scep_admin_call *call, struct scep_error *err)
{
	return decide(call, refuse_one, err);
}

static const struct scep_admin_member	id_members[] = {
	{ "id", SCEP_ADMIN_TEXT, 1, 1, SCEP_REQUEST_ID - 1 },
	{ NULL, SCEP_ADMIN_TEXT, 0, 0, 0 }
};
static const struct scep_admin_member	approve_members[] = {
	{ "id", SCEP_ADMIN_TEXT, 1, 1, SCEP_REQUEST_ID - 1 },
	{ "dry", SCEP_ADMIN_NUMBER, 0, 0, 1 },
	{ NULL, SCEP_ADMIN_TEXT, 0, 0, 0 }
};
static const struct scep_admin_member	refuse_members[] = {
	{ "id", SCEP_ADMIN_TEXT, 1, 1, SCEP_REQUEST_ID - 1 },
	{ "reason", SCEP_ADMIN_TEXT, 0, 0, SCEP_REC_TEXT - 1 },
	{ "dry", SCEP_ADMIN_NUMBER, 0, 0, 1 },
	{ NULL, SCEP_ADMIN_TEXT, 0, 0, 0 }
};

const struct scep_admin_verb	scep_admin_request[] = {
	{ "request.list", scep_admin_request_list_members,
	    scep_admin_request_list },
	{ "request.show", id_members, show },
	{ "request.approve", approve_members, approve },
	{ "request.refuse", refuse_members, refuse },
	{ NULL, NULL, NULL }
};
