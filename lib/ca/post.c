/*
 * post.c - notices on their way: handed over, and what comes of it.
 *
 * A receiver that fails is left alone for a while, longer each time; a notice
 * that fails alone waits alone.  Both are in seconds: what counts is that
 * nobody is asked in a loop.
 */
#include <string.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "ca/admin_json.h"
#include "ca/damage.h"
#include "ca/notices.h"

#define OUTAGE		5	/* failures in a row: the receiver's fault */
#define TRIES		5	/* when a rival was faster */

void
scep_parcel_clear(struct scep_parcel *parcel)
{
	scep_hook_clear(&parcel->hook);
	scep_buf_clear(&parcel->question);
	memset(parcel, 0, sizeof(*parcel));
}

enum scep_err
scep_parcel_send(const struct scep_parcel *parcel, struct scep_error *err)
{
	struct scep_buf	 answer = { NULL, 0 };
	enum scep_err	 rc;
	long		 ignored;

	if (parcel->host == NULL)
		return scep_fail(err, SCEP_E_BUSY, "nobody here can call "
		    "%.*s", (int)strcspn(parcel->hook.target, "?#"),
		    parcel->hook.target);
	rc = parcel->host->call(parcel->host->arg, &parcel->hook,
	    scep_buf_span(&parcel->question), &answer, &ignored, err);
	scep_buf_clear(&answer);
	return rc;
}

void
scep_post_attach(struct scep_ca *ca, void (*wake)(void *arg), void *arg)
{
	struct scep_notices	*n =
				    ((struct scep_local *)ca)->memory->notices;

	(void)pthread_mutex_lock(&n->mutex);
	n->wake = wake;
	n->wake_arg = arg;
	(void)pthread_mutex_unlock(&n->mutex);
}

/* The caller holds mutex. */
static void
come_back(struct scep_notices *n, const struct scep_parcel *parcel)
{
	struct scep_lane	*lane = scep_notices_lane(n, parcel->profile);
	size_t			 i;

	for (i = 0; i < SCEP_POST_MAX; i++)
		if (strcmp(n->away[i], parcel->id) == 0)
			n->away[i][0] = '\0';
	if (lane->away > 0)
		lane->away--;
}

void
scep_post_return(struct scep_ca *ca, const struct scep_parcel *parcel)
{
	struct scep_notices	*n =
				    ((struct scep_local *)ca)->memory->notices;

	(void)pthread_mutex_lock(&n->mutex);
	come_back(n, parcel);
	(void)pthread_mutex_unlock(&n->mutex);
}

/* What comes of it. */

/* Doubling from a second on, and a part of it less by chance: receivers that
 * failed together are not called together. */
static long
back_off(const struct scep_crypto *crypto, long failures, long max)
{
	struct scep_error	 ignored;
	uint8_t			 dice = 0;
	long			 s = max;

	if (failures < 1)
		failures = 1;
	if (failures < 20 && 1L << (failures - 1) < max)
		s = 1L << (failures - 1);
	(void)scep_crypto_random(crypto, &dice, 1, &ignored);
	return s - s / 4 * dice / 255;
}

/* It was delivered, whatever its row says by now. */
static enum scep_err
forget_once(struct scep_local *ca, const char *id, struct scep_error *err)
{
	struct scep_change	 change = { .n = 0 };
	struct scep_notice	 n;
	struct scep_error	 why;
	enum scep_err		 rc;

	if ((rc = scep_notice_look(ca, id, &n, &why, err)) != SCEP_OK)
		return rc == SCEP_E_NOTFOUND ? SCEP_OK : rc;
	if ((rc = scep_change_delete(&change, SCEP_T_NOTICE,
	    scep_span_text(id), n.rev, err)) == SCEP_OK &&
	    (rc = scep_store_commit(ca->store, &change, err)) == SCEP_OK) {
		scep_notices_sub(ca->memory->notices, n.minor, 1);
		scep_damage_forget(ca, SCEP_T_NOTICE, scep_span_text(id));
	}
	scep_change_clear(&change);
	scep_notice_clear(&n);
	return rc;
}

static enum scep_err
put_off_once(struct scep_local *ca, time_t now, const char *id,
    const struct scep_error *trouble, struct scep_error *err)
{
	struct scep_change	 change = { .n = 0 };
	struct scep_notice	 n;
	enum scep_err		 rc;

	if ((rc = scep_notice_get(ca->store, id, &n, err)) != SCEP_OK)
		return rc == SCEP_E_NOTFOUND ? SCEP_OK : rc;
	n.tries++;
	n.last = now;
	n.due = now + back_off(ca->crypto, n.tries, SCEP_NOTICE_WAIT);
	OPENSSL_strlcpy(n.trouble, trouble->text, sizeof(n.trouble));
	scep_admin_printable(n.trouble);
	if ((rc = scep_notice_put(&change, &n, err)) == SCEP_OK)
		rc = scep_store_commit(ca->store, &change, err);
	scep_change_clear(&change);
	scep_notice_clear(&n);
	return rc;
}

enum scep_err
scep_post_claim(struct scep_ca *self, time_t now,
    const struct scep_parcel *parcel, struct scep_error *err)
{
	struct scep_local	*ca = (struct scep_local *)self;
	struct scep_change	 change = { .n = 0 };
	struct scep_notice	 n;
	enum scep_err		 rc;

	if ((rc = scep_notice_get(ca->store, parcel->id, &n, err)) !=
	    SCEP_OK)
		return rc;
	n.due = now + parcel->hook.timeout_ms / 1000 + SCEP_CALL_MARGIN;
	if ((rc = scep_notice_put(&change, &n, err)) == SCEP_OK)
		rc = scep_store_commit(ca->store, &change, err);
	scep_change_clear(&change);
	scep_notice_clear(&n);
	return rc;
}

static enum scep_err
write_end(struct scep_local *ca, time_t now, const char *id,
    const struct scep_error *trouble, struct scep_error *err)
{
	enum scep_err	 rc = SCEP_E_CHANGED;
	int		 i;

	/* An operator's act takes no lock. */
	for (i = 0; i < TRIES && rc == SCEP_E_CHANGED; i++)
		rc = trouble == NULL ? forget_once(ca, id, err) :
		    put_off_once(ca, now, id, trouble, err);
	return rc;
}

static void
note_failure(struct scep_local *ca, time_t now, struct scep_parcel *parcel)
{
	struct scep_notices	*n = ca->memory->notices;
	struct scep_lane	*lane;

	(void)pthread_mutex_lock(&n->mutex);
	lane = scep_notices_lane(n, parcel->profile);
	lane->failed++;
	lane->recovered = 0;
	if (now >= lane->again) {	/* else it is one of several calls */
		lane->again = now + back_off(ca->crypto, ++lane->failures,
		    SCEP_LANE_WAIT);
		parcel->again_s = lane->again - now;
	}
	parcel->failures = lane->failures;
	(void)pthread_mutex_unlock(&n->mutex);
}

static void
note_success(struct scep_notices *n, time_t now, struct scep_parcel *parcel)
{
	struct scep_lane	*lane;

	(void)pthread_mutex_lock(&n->mutex);
	lane = scep_notices_lane(n, parcel->profile);
	lane->delivered++;
	parcel->failures = lane->failures;
	if (lane->failures >= OUTAGE)
		lane->recovered = now;
	lane->failures = 0;
	lane->again = 0;
	(void)pthread_mutex_unlock(&n->mutex);
}

enum scep_err
scep_post_done(struct scep_ca *self, time_t now, struct scep_parcel *parcel,
    const struct scep_error *trouble, struct scep_error *err)
{
	struct scep_local	*ca = (struct scep_local *)self;
	enum scep_err		 rc;

	rc = write_end(ca, now, parcel->id, trouble, err);
	if (rc != SCEP_OK && trouble == NULL)
		return rc;		/* or it would be told again */
	if (trouble == NULL)
		note_success(ca->memory->notices, now, parcel);
	else
		note_failure(ca, now, parcel);
	scep_post_return(self, parcel);
	return rc;
}
