/*
 * notice.c - whether somebody is to be told of an event, and the row or the
 * entry in memory that says so.
 */
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "ca/admin_story.h"
#include "ca/notice.h"
#include "ca/notices.h"

/* Who is told that a request waits is told of every end of that. */
static int
is_wanted(const struct scep_local *ca, const char *profile,
    enum scep_notice_kind kind, int has_waited)
{
	const struct scep_profile	*p = *profile == '\0' ? NULL :
					    scep_config_profile(ca->cfg,
					    profile);
	unsigned int			 bits = SCEP_BIT(kind);

	if (kind == SCEP_NOTICE_REFUSED && has_waited)
		bits |= SCEP_BIT(SCEP_NOTICE_QUEUED);
	return p != NULL && p->notify.hook.kind != SCEP_HOOK_NONE &&
	    (p->notify.on & bits) != 0;
}

static enum scep_err
put(struct scep_local *ca, time_t now, const struct scep_event *event,
    struct scep_change *change, struct scep_error *err)
{
	struct scep_notice	 n;
	enum scep_err		 rc;

	if (!scep_notices_add(ca, event->profile, 0))
		return SCEP_OK;
	if ((rc = scep_notice_make(ca, now, event, 0, &n, err)) == SCEP_OK)
		rc = scep_notice_put(change, &n, err);
	scep_notice_clear(&n);
	return rc;
}

enum scep_err
scep_notice_write(struct scep_local *ca, time_t now,
    const struct scep_event *event, struct scep_change *change,
    struct scep_error *err)
{
	return is_wanted(ca, event->profile, event->kind, 0) ?
	    put(ca, now, event, change, err) : SCEP_OK;
}

/* It is told when its validator lets it go: scep_notice_confirmed(). */
static int
has_to_wait(const struct scep_cert_rec *cert)
{
	return cert != NULL && cert->state == SCEP_CERT_UNCONFIRMED;
}

enum scep_err
scep_notice_job(const struct scep_job *job, enum scep_notice_kind kind,
    const struct scep_cert_rec *cert, struct scep_change *change,
    struct scep_error *err)
{
	char			 txid[2 * SCEP_TXID_MAX + 1];
	const struct scep_buf	 sent = { (uint8_t *)(uintptr_t)
				    job->ask->txid.data, job->ask->txid.len };
	struct scep_event	 event = {
		.kind = kind,
		.profile = job->profile->name,
		.request_id = job->ask->request_id,
		.peer = job->ask->peer,
		.subject = job->answer->subject,
		.transaction = txid,
		.reason = job->answer->reason,
		.authority = cert != NULL ? cert->authority : NULL,
		.cert = cert,
	};

	if (has_to_wait(cert))
		return SCEP_OK;
	if (cert != NULL)
		event.reason = NULL;
	scep_admin_txid(&sent, txid, sizeof(txid));
	return scep_notice_write(job->ca, job->now, &event, change, err);
}

enum scep_err
scep_notice_pending(struct scep_local *ca, time_t now,
    const struct scep_pending *p, enum scep_notice_kind kind,
    const struct scep_cert_rec *cert, const char *because, const char *by,
    struct scep_change *change, struct scep_error *err)
{
	struct scep_admin_name	 subject;
	char			 txid[2 * SCEP_TXID_MAX + 1];
	const struct scep_event	 event = {
		.kind = kind,
		.profile = p->profile,
		.request_id = p->request_id,
		.peer = p->peer,
		.subject = subject.text,
		.transaction = txid,
		.reason = cert == NULL ? because : NULL,
		.authority = cert != NULL ? because : NULL,
		.by = by,
		.cert = cert,
	};

	if (has_to_wait(cert) || !is_wanted(ca, p->profile, kind, 1))
		return SCEP_OK;
	scep_admin_subject(scep_buf_span(&p->subject), &subject);
	scep_admin_txid(&p->txid, txid, sizeof(txid));
	return put(ca, now, &event, change, err);
}

enum scep_err
scep_notice_confirmed(struct scep_local *ca, time_t now,
    const struct scep_cert_rec *cert, const char *peer, struct scep_span txid,
    struct scep_change *change, struct scep_error *err)
{
	char			 text[2 * SCEP_TXID_MAX + 1];
	const struct scep_buf	 sent = { (uint8_t *)(uintptr_t)txid.data,
				    txid.len };
	const struct scep_event	 event = {
		.kind = SCEP_NOTICE_ISSUED,
		.profile = cert->profile,
		.request_id = cert->request_id,
		.peer = peer,
		.subject = cert->subject,
		.transaction = text,
		.authority = cert->authority,
		.cert = cert,
	};

	scep_admin_txid(&sent, text, sizeof(text));
	return scep_notice_write(ca, now, &event, change, err);
}

enum scep_err
scep_notice_revoked(struct scep_local *ca, time_t now,
    const struct scep_cert_rec *cert, const char *reason, const char *by,
    struct scep_change *change, struct scep_error *err)
{
	const struct scep_event	 event = {
		.kind = SCEP_NOTICE_REVOKED,
		.profile = cert->profile,
		.request_id = cert->request_id,
		.subject = cert->subject,
		.authority = cert->authority,
		.reason = reason,
		.by = by,
		.cert = cert,
	};

	return scep_notice_write(ca, now, &event, change, err);
}

static void
keep(const struct scep_job *job, struct scep_passed *p)
{
	const struct scep_buf	 sent = { (uint8_t *)(uintptr_t)
				    job->ask->txid.data, job->ask->txid.len };

	p->when = job->now;
	OPENSSL_strlcpy(p->profile, job->profile->name, sizeof(p->profile));
	OPENSSL_strlcpy(p->request_id, job->ask->request_id,
	    sizeof(p->request_id));
	OPENSSL_strlcpy(p->peer, job->ask->peer, sizeof(p->peer));
	OPENSSL_strlcpy(p->subject, job->answer->subject,
	    sizeof(p->subject));
	OPENSSL_strlcpy(p->reason, job->answer->reason, sizeof(p->reason));
	OPENSSL_strlcpy(p->authority, job->answer->authority,
	    sizeof(p->authority));
	scep_admin_txid(&sent, p->transaction, sizeof(p->transaction));
}

void
scep_notice_refused(const struct scep_job *job)
{
	struct scep_notices	*notices = job->ca->memory->notices;

	if (job->answer->outcome != SCEP_REFUSED || job->answer->repeated ||
	    !is_wanted(job->ca, job->profile->name, SCEP_NOTICE_REFUSED, 0))
		return;
	(void)pthread_mutex_lock(&notices->mutex);
	if (notices->n_passed < SCEP_PASSED_MAX)
		keep(job, &notices->passed[notices->n_passed++]);
	else
		scep_notices_drop(notices, job->profile->name);
	(void)pthread_mutex_unlock(&notices->mutex);
}

void
scep_notice_wake(struct scep_local *ca)
{
	struct scep_notices	*notices = ca->memory->notices;

	(void)pthread_mutex_lock(&notices->mutex);
	if (notices->fresh && notices->wake != NULL)
		notices->wake(notices->wake_arg);
	notices->fresh = 0;
	(void)pthread_mutex_unlock(&notices->mutex);
}
