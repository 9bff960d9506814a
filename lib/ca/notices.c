/* notices.c - what is known of notices in memory; see notices.h. */
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "ca/notices.h"

enum scep_err
scep_notices_new(struct scep_notices **out, struct scep_error *err)
{
	struct scep_notices	*n;

	*out = NULL;
	/* calloc: lanes and refusals that there are not are not touched. */
	if ((n = calloc(1, sizeof(*n))) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "notices");
	(void)pthread_mutex_init(&n->mutex, NULL);
	(void)pthread_mutex_init(&n->choosing, NULL);
	n->rows[0] = n->rows[1] = -1;
	*out = n;
	return SCEP_OK;
}

void
scep_notices_free(struct scep_notices *n)
{
	if (n == NULL)
		return;
	(void)pthread_mutex_destroy(&n->choosing);
	(void)pthread_mutex_destroy(&n->mutex);
	free(n);
}

/* There are more lanes than profiles: one that is idle is of a profile that
 * was. */
static struct scep_lane *
spare_lane(struct scep_notices *n)
{
	size_t	 i;

	if (n->n_lanes < SCEP_LANES)
		return &n->lane[n->n_lanes++];
	for (i = 0; i < SCEP_LANES - 1; i++)
		if (n->lane[i].away == 0 && n->lane[i].failures == 0)
			break;
	return &n->lane[i];
}

struct scep_lane *
scep_notices_lane(struct scep_notices *n, const char *profile)
{
	struct scep_lane	*lane;
	size_t			 i;

	for (i = 0; i < n->n_lanes; i++)
		if (strcmp(n->lane[i].profile, profile) == 0)
			return &n->lane[i];
	lane = spare_lane(n);
	memset(lane, 0, sizeof(*lane));
	OPENSSL_strlcpy(lane->profile, profile, sizeof(lane->profile));
	return lane;
}

void
scep_notices_drop(struct scep_notices *n, const char *profile)
{
	scep_notices_lane(n, profile)->dropped++;
	if (n->lost++ == 0)
		OPENSSL_strlcpy(n->lost_of, profile, sizeof(n->lost_of));
}

/* Counting. */

void
scep_notices_range(int minor, time_t t, uint8_t from[1], uint8_t to[9])
{
	from[0] = to[0] = (uint8_t)minor;
	scep_index_time(t, to + 1);
}

/* The entries of one kind, oldest first. */
static enum scep_err
each_entry(struct scep_store *store, int minor, scep_entry_fn fn, void *arg,
    struct scep_error *err)
{
	uint8_t			 from[1], to[9];
	const struct scep_range	 range = {
		.index = SCEP_IX_NOTICE_AGE,
		.from = { from, sizeof(from) },
		.to = { to, sizeof(to) },
	};

	scep_notices_range(minor, INT64_MAX, from, to);
	return scep_store_walk(store, &range, fn, arg, err);
}

static enum scep_err
count_entry(void *arg, const struct scep_entry *entry, struct scep_error *err)
{
	(void)entry;
	(void)err;
	++*(long *)arg;
	return SCEP_OK;
}

enum scep_err
scep_notices_count(struct scep_store *store, int minor, long *n,
    struct scep_error *err)
{
	*n = 0;
	return each_entry(store, minor, count_entry, n, err);
}

static enum scep_err
see_first(void *arg, const struct scep_entry *entry, struct scep_error *err)
{
	const struct scep_span	 key = entry->index_key;
	uint64_t		 t = 0;
	size_t			 i;

	(void)err;
	for (i = 1; i < key.len && i <= SCEP_INDEX_TIME; i++)
		t = t << 8 | key.data[i];
	*(time_t *)arg = (time_t)t;
	return SCEP_E_EXISTS;
}

enum scep_err
scep_notices_oldest(struct scep_store *store, int minor, time_t *when,
    struct scep_error *err)
{
	*when = 0;
	return each_entry(store, minor, see_first, when, err);
}

/* By the first who needs it. */
long
scep_notices_known(struct scep_local *ca, int minor)
{
	struct scep_notices	*n = ca->memory->notices;
	struct scep_error	 ignored;
	long			 count;

	if (n->rows[minor] < 0 && scep_notices_count(ca->store, minor,
	    &count, &ignored) == SCEP_OK)
		n->rows[minor] = count;
	return n->rows[minor];
}

int
scep_notices_add(struct scep_local *ca, const char *profile, int minor)
{
	struct scep_notices	*n = ca->memory->notices;
	const long		 max = ca->cfg->server.max_notices;
	int			 has_room;

	(void)pthread_mutex_lock(&n->mutex);
	if ((has_room = scep_notices_known(ca, minor) <
	    (minor ? max / 2 : max)) != 0) {
		n->rows[minor] += n->rows[minor] >= 0;
		n->fresh = 1;
	} else {
		n->counted[minor] = 0;	/* are there so many? */
		scep_notices_drop(n, profile);
	}
	(void)pthread_mutex_unlock(&n->mutex);
	return has_room;
}

void
scep_notices_retry(struct scep_local *ca, const char *profile)
{
	struct scep_notices	*n = ca->memory->notices;

	(void)pthread_mutex_lock(&n->mutex);
	scep_notices_lane(n, profile)->again = 0;
	n->fresh = 1;
	(void)pthread_mutex_unlock(&n->mutex);
}

void
scep_notices_sub(struct scep_notices *notices, int minor, long count)
{
	(void)pthread_mutex_lock(&notices->mutex);
	if (notices->rows[minor] >= count)
		notices->rows[minor] -= count;
	(void)pthread_mutex_unlock(&notices->mutex);
}
