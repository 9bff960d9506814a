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
	long	 n, s;			/* what the level is of */
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

/* His place, or a free one, or that of whoever was away for the longest. */
static struct bucket *
place(struct scep_rates *rates, const char *id)
{
	struct bucket	*b = rates->bucket, *old = b;

	for (; b < rates->bucket + SCEP_RATES_MAX && b->id[0] != '\0'; b++) {
		if (strcmp(b->id, id) == 0)
			return b;
		if (b->last < old->last)
			old = b;
	}
	return b < rates->bucket + SCEP_RATES_MAX ? b : old;
}

/* His, or a full one: also where his record was made anew with another rate,
 * of which the level says nothing. */
static struct bucket *
find(struct scep_rates *rates, const char *id, long n, long s, time_t now)
{
	struct bucket	*b = place(rates, id);

	if (strcmp(b->id, id) == 0 && b->n == n && b->s == s)
		return b;
	memset(b, 0, sizeof(*b));
	OPENSSL_strlcpy(b->id, id, sizeof(b->id));
	b->n = n;
	b->s = s;
	b->level = (int64_t)n * s;
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
	b = find(rates, id, n, s, now);
	fill(b, full, n, now);
	if ((ok = b->level >= s))
		b->level -= s;
	else
		*wait_s = (long)((s - b->level + n - 1) / n);
	(void)pthread_mutex_unlock(&rates->mutex);
	return ok;
}
