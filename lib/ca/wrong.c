/* wrong.c - right secrets with somebody else's name, counted; see wrong.h. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "base/line.h"
#include "base/text.h"
#include "ca/wrong.h"

#define TRIES	5		/* when a rival was faster */

/* There are hardly ever any: they are looked through. */
struct counted {
	char	 id[SCEP_REC_NAME];
	long	 n;
	time_t	 last;
	struct scep_challenge	*fresh;	/* what its row is made from, or NULL */
};

struct scep_wrong {
	pthread_mutex_t	 mutex;
	size_t		 n;
	struct counted	 entry[SCEP_WRONG_MAX];
	/* Those seen last, and where the next one goes. */
	uint8_t		 seen[SCEP_WRONG_SEEN][SCEP_SHA256_LEN];
	size_t		 next;
};

enum scep_err
scep_wrong_new(struct scep_wrong **out, struct scep_error *err)
{
	struct scep_wrong	*wrong;

	*out = NULL;
	if ((wrong = calloc(1, sizeof(*wrong))) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "wrong names");
	(void)pthread_mutex_init(&wrong->mutex, NULL);
	*out = wrong;
	return SCEP_OK;
}

void
scep_wrong_free(struct scep_wrong *wrong)
{
	size_t	 i;

	for (i = 0; wrong != NULL && i < wrong->n; i++)
		free(wrong->entry[i].fresh);
	if (wrong != NULL)
		(void)pthread_mutex_destroy(&wrong->mutex);
	free(wrong);
}

/* The entry of this record, or n. */
static size_t
find(const struct scep_wrong *wrong, const char *id)
{
	size_t	 i;

	for (i = 0; i < wrong->n; i++)
		if (strcmp(wrong->entry[i].id, id) == 0)
			break;
	return i;
}

int
scep_wrong_is_again(struct scep_wrong *wrong,
    const uint8_t info_sha256[SCEP_SHA256_LEN])
{
	size_t	 i;
	int	 again;

	(void)pthread_mutex_lock(&wrong->mutex);
	for (i = 0; i < SCEP_WRONG_SEEN; i++)
		if (memcmp(wrong->seen[i], info_sha256, SCEP_SHA256_LEN) == 0)
			break;
	again = i < SCEP_WRONG_SEEN;
	if (!again) {
		memcpy(wrong->seen[wrong->next], info_sha256,
		    SCEP_SHA256_LEN);
		wrong->next = (wrong->next + 1) % SCEP_WRONG_SEEN;
	}
	(void)pthread_mutex_unlock(&wrong->mutex);
	return again;
}

long
scep_wrong_add(struct scep_wrong *wrong, const char *id, time_t now)
{
	size_t	 i;
	long	 n = 0;

	(void)pthread_mutex_lock(&wrong->mutex);
	if ((i = find(wrong, id)) == wrong->n && i < SCEP_WRONG_MAX) {
		memset(&wrong->entry[i], 0, sizeof(wrong->entry[i]));
		OPENSSL_strlcpy(wrong->entry[i].id, id,
		    sizeof(wrong->entry[i].id));
		wrong->n++;
	}
	if (i < wrong->n) {
		wrong->entry[i].last = now;
		n = ++wrong->entry[i].n;
	}
	(void)pthread_mutex_unlock(&wrong->mutex);
	return n;
}

/* Its texts and numbers: the names are not needed, and not ours. */
static void
copy_flat(const struct scep_challenge *rec, struct scep_challenge *copy)
{
	*copy = *rec;
	memset(&copy->subject, 0, sizeof(copy->subject));
	memset(&copy->san, 0, sizeof(copy->san));
	copy->subject_is = SCEP_SUBJECT_ANY;
}

void
scep_wrong_first(struct scep_wrong *wrong, const struct scep_challenge *rec)
{
	size_t	 i;

	if (rec->rev != 0 || rec->n_use > 0)
		return;
	(void)pthread_mutex_lock(&wrong->mutex);
	i = find(wrong, rec->id);
	if (i < wrong->n && wrong->entry[i].fresh == NULL &&
	    (wrong->entry[i].fresh = malloc(sizeof(*rec))) != NULL)
		copy_flat(rec, wrong->entry[i].fresh);
	(void)pthread_mutex_unlock(&wrong->mutex);
}

long
scep_wrong_count(struct scep_wrong *wrong, const char *id)
{
	size_t	 i;
	long	 n;

	(void)pthread_mutex_lock(&wrong->mutex);
	i = find(wrong, id);
	n = i < wrong->n ? wrong->entry[i].n : 0;
	(void)pthread_mutex_unlock(&wrong->mutex);
	return n;
}

void
scep_wrong_forget(struct scep_wrong *wrong, const char *id)
{
	size_t	 i;

	(void)pthread_mutex_lock(&wrong->mutex);
	if ((i = find(wrong, id)) < wrong->n) {
		free(wrong->entry[i].fresh);
		wrong->entry[i] = wrong->entry[--wrong->n];
	}
	(void)pthread_mutex_unlock(&wrong->mutex);
}

/* The operator reads it where he reads who revoked what. */
static enum scep_err
log_frozen(const struct scep_challenge *rec, time_t now,
    struct scep_change *change, struct scep_error *err)
{
	struct scep_line	 line = { .len = 0 };
	char			 when[SCEP_TIME_TEXT];

	scep_time_text(now, when);
	scep_line_text(&line, "time", when);
	scep_line_text(&line, "event", "challenge-frozen");
	scep_line_text(&line, "id", rec->id);
	scep_line_text(&line, "profile", rec->profile);
	scep_line_fmt(&line, "wrong", "%ld", rec->wrong);
	return scep_buf_set(&change->log, scep_span_text(line.text), err);
}

static int
is_damaged(struct scep_store *store, const char *id)
{
	struct scep_error	 ignored;
	struct scep_row		 row;
	int			 is;

	if (scep_store_get(store, SCEP_T_CHALLENGE, scep_span_text(id), &row,
	    &ignored) != SCEP_OK)
		return 0;
	is = scep_record_check(SCEP_T_CHALLENGE, &row, &ignored) ==
	    SCEP_E_STORE;
	scep_row_clear(&row);
	return is;
}

static enum scep_err
write_once(struct scep_store *store, const char *id,
    const struct scep_challenge *fresh, long n, time_t now,
    struct scep_error *err)
{
	struct scep_change	 change = { .n = 0 };
	struct scep_challenge	 rec;
	enum scep_err		 rc;

	rc = scep_challenge_get(store, id, &rec, err);
	if (rc == SCEP_E_NOTFOUND && fresh == NULL)	/* purged since */
		return SCEP_OK;
	if (rc == SCEP_E_NOTFOUND) {
		copy_flat(fresh, &rec);
		rc = SCEP_OK;
	}
	/* Nobody can use one that cannot be read, by whatever name. */
	if (rc == SCEP_E_STORE && is_damaged(store, id))
		return SCEP_OK;
	if (rc != SCEP_OK)
		return rc;
	rec.wrong += n;
	if (rec.state == SCEP_CHALLENGE_LIVE && rec.max_wrong > 0 &&
	    rec.wrong >= rec.max_wrong) {
		rec.state = SCEP_CHALLENGE_FROZEN;
		rc = log_frozen(&rec, now, &change, err);
	}
	if (rc == SCEP_OK &&
	    (rc = scep_challenge_write(&change, &rec, err)) == SCEP_OK)
		rc = scep_store_commit(store, &change, err);
	scep_change_clear(&change);
	scep_challenge_clear(&rec);
	return rc;
}

enum scep_err
scep_wrong_write(struct scep_store *store, const char *id,
    const struct scep_challenge *fresh, long n, time_t now,
    struct scep_error *err)
{
	enum scep_err	 rc = SCEP_E_CHANGED;
	int		 i;

	/* An operator's act takes no lock. */
	for (i = 0; i < TRIES && rc == SCEP_E_CHANGED; i++)
		rc = write_once(store, id, fresh, n, now, err);
	return rc != SCEP_E_CHANGED ? rc : scep_fail(err, SCEP_E_BUSY,
	    "wrong names of challenge %s: overtaken %d times", id, TRIES);
}

/* From the last one on: who is added meanwhile is met in another round. */
static int
take_one(struct scep_wrong *wrong, size_t at, struct counted *out)
{
	int	 is_there;

	(void)pthread_mutex_lock(&wrong->mutex);
	if ((is_there = at > 0 && at <= wrong->n) != 0)
		*out = wrong->entry[at - 1];
	(void)pthread_mutex_unlock(&wrong->mutex);
	return is_there;
}

/* As it is now; n is 0 if it is not there any more. */
static struct counted
look(struct scep_wrong *wrong, const char *id)
{
	struct counted	 one = { .n = 0 };
	size_t		 i;

	(void)pthread_mutex_lock(&wrong->mutex);
	if ((i = find(wrong, id)) < wrong->n)
		one = wrong->entry[i];
	(void)pthread_mutex_unlock(&wrong->mutex);
	return one;
}

/* Under the record's lock nothing is added or forgotten, and nobody sees it
 * twice. */
static enum scep_err
tend_one(struct scep_wrong *wrong, struct scep_store *store, const char *id,
    struct scep_error *err)
{
	const struct counted	 one = look(wrong, id);
	enum scep_err		 rc = SCEP_OK;

	if (one.n > 0 && (rc = scep_wrong_write(store, id, one.fresh, one.n,
	    one.last, err)) == SCEP_OK)
		scep_wrong_forget(wrong, id);
	return rc;
}

enum scep_err
scep_wrong_tend(struct scep_wrong *wrong, struct scep_keylock *lock,
    struct scep_store *store, struct scep_error *err)
{
	struct scep_error	 why;
	struct counted		 one;
	struct scep_span	 key;
	enum scep_err		 rc = SCEP_OK;
	size_t			 at;

	(void)pthread_mutex_lock(&wrong->mutex);
	at = wrong->n;
	(void)pthread_mutex_unlock(&wrong->mutex);
	/* One that cannot be written keeps the others from nothing. */
	for (; at > 0; at--) {
		if (!take_one(wrong, at, &one))
			continue;
		key = scep_span_text(one.id);
		scep_keylock_take(lock, &key, 1);
		if (tend_one(wrong, store, one.id, &why) != SCEP_OK) {
			*err = why;
			rc = why.code;
		}
		scep_keylock_give(lock, &key, 1);
	}
	return rc;
}
