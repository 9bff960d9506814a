/*
 * rate.c - how often somebody may knock: a bucket for each id.
 *
 * A bucket holds n calls and fills up again in s seconds.  What is in it is
 * counted in s-ths of a call, so that there is no rest to lose.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "ca/rate.h"

#define ID_MAX	64

struct bucket {
	char	 id[ID_MAX];		/* "": free */
	int64_t	 level;
	time_t	 last;
};

struct scep_rates {
	pthread_mutex_t	 mutex;
	struct bucket	 bucket[SCEP_RATES_MAX];
};

enum scep_err
scep_rates_new(struct scep_rates **out, struct scep_error *err)
{
	/* calloc: what is never used of it is never touched. */
	if ((*out = calloc(1, sizeof(**out))) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "memory of API keys");
	(void)pthread_mutex_init(&(*out)->mutex, NULL);
	return SCEP_OK;
}

void
scep_rates_free(struct scep_rates *rates)
{
	if (rates != NULL)
		(void)pthread_mutex_destroy(&rates->mutex);
	free(rates);
}

/* His, or a new full one: in a free place, or in that of whoever was away for
 * the longest. */
static struct bucket *
find(struct scep_rates *rates, const char *id, int64_t full, time_t now)
{
	struct bucket	*b = rates->bucket, *old = b;
	size_t		 i;

	for (i = 0; i < SCEP_RATES_MAX && b->id[0] != '\0'; i++, b++) {
		if (strcmp(b->id, id) == 0)
			return b;
		if (b->last < old->last)
			old = b;
	}
	if (i == SCEP_RATES_MAX)
		b = old;
	memset(b, 0, sizeof(*b));
	OPENSSL_strlcpy(b->id, id, sizeof(b->id));
	b->level = full;
	b->last = now;
	return b;
}

/* A clock that was set back adds nothing. */
static void
fill(struct bucket *b, int64_t full, long n, time_t now)
{
	const int64_t	 gone = now > b->last ? now - b->last : 0;

	b->level = gone >= full / n ? full : b->level + gone * n;
	if (b->level > full)
		b->level = full;
	b->last = now;
}

int
scep_rates_take(struct scep_rates *rates, const char *id, long n, long s,
    time_t now, long *wait_s)
{
	const int64_t	 full = (int64_t)n * s;
	struct bucket	*b;
	int		 ok;

	*wait_s = s;
	if (n < 1 || s < 1)
		return 0;
	(void)pthread_mutex_lock(&rates->mutex);
	b = find(rates, id, full, now);
	fill(b, full, n, now);
	if ((ok = b->level >= s))
		b->level -= s;
	else
		*wait_s = (long)((s - b->level + n - 1) / n);
	(void)pthread_mutex_unlock(&rates->mutex);
	return ok;
}
