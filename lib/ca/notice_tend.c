/*
 * notice_tend.c - refusals on their way from memory into the store, and rows
 * that nobody took for too long.
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "base/text.h"
#include "ca/damage.h"
#include "ca/notice.h"
#include "ca/notices.h"

#define BATCH	32	/* rows in a change */
#define ROWS	4096	/* at a time */
#define FEW	1000	/* rows that are counted in no time … */
#define OFTEN	600	/* … and seconds for more */

/* Deleting. */

struct walk {
	struct scep_local	*ca;
	struct scep_change	 change;
	char			 of[BATCH][SCEP_NAME_LEN];	/* profiles */
	int			 minor, is_expiry;
	long			 left;
};

/* They are gone. */
static void
count_batch(const struct walk *w, size_t count)
{
	struct scep_notices	*n = w->ca->memory->notices;
	size_t			 i;

	scep_notices_sub(n, w->minor, (long)count);
	(void)pthread_mutex_lock(&n->mutex);
	for (i = 0; i < count; i++)
		if (w->is_expiry) {
			scep_notices_lane(n, w->of[i])->expired++;
			n->gone++;
		} else
			scep_notices_drop(n, w->of[i]);
	(void)pthread_mutex_unlock(&n->mutex);
}

static enum scep_err
delete_batch(struct walk *w, struct scep_error *err)
{
	const size_t	 n = w->change.n;
	enum scep_err	 rc;

	if (n == 0)
		return SCEP_OK;
	rc = scep_store_commit(w->ca->store, &w->change, err);
	scep_change_clear(&w->change);
	if (rc == SCEP_OK)
		count_batch(w, n);
	/* One was handed over meanwhile: next time. */
	return rc == SCEP_E_CHANGED ? SCEP_OK : rc;
}

static enum scep_err
delete_row(void *arg, const struct scep_row *row, struct scep_error *err)
{
	struct walk		*w = arg;
	struct scep_notice	 n;
	enum scep_err		 rc;

	/* It is for an operator to say that it may go. */
	if ((rc = scep_notice_whole(row, &n, err)) == SCEP_E_STORE) {
		scep_damage_note(w->ca, SCEP_T_NOTICE,
		    scep_buf_span(&row->key), err);
		return SCEP_OK;
	}
	if (rc != SCEP_OK)
		return rc;
	OPENSSL_strlcpy(w->of[w->change.n], n.profile, sizeof(w->of[0]));
	scep_notice_clear(&n);
	if ((rc = scep_change_delete(&w->change, SCEP_T_NOTICE,
	    scep_buf_span(&row->key), row->rev, err)) != SCEP_OK)
		return rc;
	if (w->change.n == BATCH && (rc = delete_batch(w, err)) != SCEP_OK)
		return rc;
	return --w->left <= 0 ? SCEP_E_EXISTS : SCEP_OK;
}

enum scep_err
scep_notices_delete(struct scep_local *ca, int minor, time_t t, long n,
    int is_expiry, struct scep_error *err)
{
	struct walk		 w = { .ca = ca, .minor = minor,
				    .is_expiry = is_expiry, .left = n };
	struct scep_error	 ignored;
	uint8_t			 from[1], to[9];
	enum scep_err		 rc;

	if (n <= 0)
		return SCEP_OK;
	scep_notices_range(minor, t, from, to);
	rc = scep_store_scan_index(ca->store, SCEP_IX_NOTICE_AGE,
	    scep_span_make(from, sizeof(from)), scep_span_make(to,
	    sizeof(to)), delete_row, &w, err);
	if (rc == SCEP_OK)
		rc = delete_batch(&w, err);
	else
		(void)delete_batch(&w, &ignored);
	scep_change_clear(&w.change);
	return rc;
}

/* Refusals. */

static enum scep_err
put_passed(struct scep_local *ca, const struct scep_passed *p,
    struct scep_change *change, struct scep_error *err)
{
	const struct scep_event	 event = {
		.kind = SCEP_NOTICE_REFUSED,
		.profile = p->profile,
		.request_id = p->request_id,
		.peer = p->peer,
		.subject = p->subject,
		.transaction = p->transaction,
		.reason = p->reason,
		.authority = p->authority,
	};
	struct scep_notice	 n;
	enum scep_err		 rc;

	if (!scep_notices_add(ca, p->profile, 1))
		return SCEP_OK;
	if ((rc = scep_notice_make(ca, p->when, &event, 1, &n, err)) ==
	    SCEP_OK)
		rc = scep_notice_put(change, &n, err);
	scep_notice_clear(&n);
	return rc;
}

/* The oldest go before the newest. */
static enum scep_err
make_room(struct scep_local *ca, long n, struct scep_error *err)
{
	struct scep_notices	*notices = ca->memory->notices;
	const long		 max = ca->cfg->server.max_notices / 2;
	enum scep_err		 rc;
	long			 there;

	(void)pthread_mutex_lock(&notices->mutex);
	there = scep_notices_known(ca, 1);
	(void)pthread_mutex_unlock(&notices->mutex);
	if (there < 0 && (rc = scep_notices_count(ca->store, 1, &there,
	    err)) != SCEP_OK)
		return rc;
	return scep_notices_delete(ca, 1, INT64_MAX, there + n - max, 0, err);
}

/* No rows came of these. */
static void
count_lost(struct scep_notices *notices, const struct scep_passed *passed,
    size_t n)
{
	(void)pthread_mutex_lock(&notices->mutex);
	for (; n > 0; n--, passed++)
		scep_notices_drop(notices, passed->profile);
	(void)pthread_mutex_unlock(&notices->mutex);
}

static enum scep_err
write_passed(struct scep_local *ca, const struct scep_passed *passed,
    size_t n, struct scep_error *err)
{
	struct scep_change	 change = { .n = 0 };
	enum scep_err		 rc;
	size_t			 i, done = 0;

	rc = make_room(ca, (long)n, err);
	for (i = 0; rc == SCEP_OK && i < n; i++) {
		rc = put_passed(ca, &passed[i], &change, err);
		if (rc == SCEP_OK && change.n > 0 &&
		    (change.n == BATCH || i == n - 1)) {
			rc = scep_store_commit(ca->store, &change, err);
			scep_change_clear(&change);
		}
		if (rc == SCEP_OK && change.n == 0)
			done = i + 1;
	}
	scep_change_clear(&change);
	if (rc != SCEP_OK)
		count_lost(ca->memory->notices, passed + done, n - done);
	return rc;
}

/* A copy of those in memory, which is emptied; NULL if there are none. */
static struct scep_passed *
take_passed(struct scep_notices *notices, size_t *n)
{
	struct scep_passed	*copy = NULL;

	(void)pthread_mutex_lock(&notices->mutex);
	if ((*n = notices->n_passed) > 0 &&
	    (copy = malloc(*n * sizeof(*copy))) != NULL) {
		memcpy(copy, notices->passed, *n * sizeof(*copy));
		notices->n_passed = 0;
	}
	(void)pthread_mutex_unlock(&notices->mutex);
	return copy;
}

/* Said once for all that were lost since. */
static enum scep_err
tell_losses(struct scep_local *ca, struct scep_error *err)
{
	struct scep_notices	*notices = ca->memory->notices;
	char			 of[SCEP_NAME_LEN], keep[SCEP_DURATION_TEXT];
	long			 lost, gone;

	(void)pthread_mutex_lock(&notices->mutex);
	lost = notices->lost;
	gone = notices->gone;
	memcpy(of, notices->lost_of, sizeof(of));
	notices->lost = notices->gone = 0;
	(void)pthread_mutex_unlock(&notices->mutex);
	if (lost > 0)
		return scep_fail(err, SCEP_E_BUSY, "%ld notices are dropped, "
		    "the first one of profile %s: too many wait (max_notices "
		    "= %ld), or they could not be written; scepadm notice "
		    "list says what keeps them", lost, of,
		    ca->cfg->server.max_notices);
	if (gone == 0)
		return SCEP_OK;
	scep_duration_text(ca->cfg->server.notify_keep_s, keep);
	return scep_fail(err, SCEP_E_BUSY, "%ld notices that nobody took for "
	    "%s are gone (notify_keep)", gone, keep);
}

enum scep_err
scep_notices_flush(struct scep_local *ca, struct scep_error *err)
{
	struct scep_passed	*passed;
	enum scep_err		 rc = SCEP_OK;
	size_t			 n;

	if ((passed = take_passed(ca->memory->notices, &n)) != NULL) {
		rc = write_passed(ca, passed, n, err);
		free(passed);
		scep_notice_wake(ca);
	}
	return rc != SCEP_OK ? rc : tell_losses(ca, err);
}

/* Nobody needs the number before it is known; and with many rows it is well
 * known, unless one was dropped for it. */
static int
is_to_count(struct scep_notices *notices, int minor, time_t now)
{
	const time_t	 last = notices->counted[minor];
	const long	 n = notices->rows[minor];

	return n >= 0 && (n <= FEW || last == 0 || now < last ||
	    now - last >= OFTEN);
}

/* Whoever counted and then could not write leaves one too many; one that was
 * written while they were counted may be missing, and with none at all nobody
 * would look for it. */
static enum scep_err
recount(struct scep_local *ca, int minor, time_t now, struct scep_error *err)
{
	struct scep_notices	*notices = ca->memory->notices;
	enum scep_err		 rc;
	long			 n;
	int			 is_due;

	(void)pthread_mutex_lock(&notices->mutex);
	is_due = is_to_count(notices, minor, now);
	(void)pthread_mutex_unlock(&notices->mutex);
	if (!is_due)
		return SCEP_OK;
	if ((rc = scep_notices_count(ca->store, minor, &n, err)) != SCEP_OK)
		return rc;
	(void)pthread_mutex_lock(&notices->mutex);
	notices->rows[minor] = n;
	notices->counted[minor] = now;
	(void)pthread_mutex_unlock(&notices->mutex);
	return SCEP_OK;
}

enum scep_err
scep_notices_tend(struct scep_local *ca, time_t now, struct scep_error *err)
{
	enum scep_err	 rc;
	int		 minor;

	for (minor = 0; minor <= 1; minor++)
		if ((rc = scep_notices_delete(ca, minor, now -
		    ca->cfg->server.notify_keep_s, ROWS, 1, err)) !=
		    SCEP_OK || (rc = recount(ca, minor, now, err)) !=
		    SCEP_OK)
			return rc;
	return SCEP_OK;
}
