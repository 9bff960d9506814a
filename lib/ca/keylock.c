/* keylock.c - named locks: all of a caller's keys at once, or none. */
#include <pthread.h>
#include <stdlib.h>

#include "base/error.h"
#include "ca/keylock.h"

/* A key that is held; the node is on its holder's behalf in a list. */
struct held {
	struct scep_span	 key;
	struct held		*next;
};

struct scep_keylock {
	pthread_mutex_t	 mutex;
	pthread_cond_t	 given;
	struct held	*first;
	struct held	*spare;		/* never freed before the end */
};

enum scep_err
scep_keylock_new(struct scep_keylock **out, struct scep_error *err)
{
	struct scep_keylock	*lock;

	*out = NULL;
	if ((lock = calloc(1, sizeof(*lock))) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "locks");
	(void)pthread_mutex_init(&lock->mutex, NULL);
	(void)pthread_cond_init(&lock->given, NULL);
	*out = lock;
	return SCEP_OK;
}

static void
list_free(struct held *h)
{
	struct held	*next;

	for (; h != NULL; h = next) {
		next = h->next;
		free(h);
	}
}

void
scep_keylock_free(struct scep_keylock *lock)
{
	if (lock == NULL)
		return;
	list_free(lock->first);
	list_free(lock->spare);
	(void)pthread_cond_destroy(&lock->given);
	(void)pthread_mutex_destroy(&lock->mutex);
	free(lock);
}

static int
is_held(const struct scep_keylock *lock, const struct scep_span *keys,
    size_t n)
{
	const struct held	*h;
	size_t			 i;

	for (h = lock->first; h != NULL; h = h->next)
		for (i = 0; i < n; i++)
			if (keys[i].len > 0 &&
			    scep_span_equal(h->key, keys[i]))
				return 1;
	return 0;
}

/* Nodes for n keys; waits for others to give theirs back if there is no
 * memory for more. */
static int
have_spare(struct scep_keylock *lock, size_t n)
{
	struct held	*h;
	size_t		 have = 0;

	for (h = lock->spare; h != NULL; h = h->next)
		have++;
	for (; have < n; have++) {
		if ((h = calloc(1, sizeof(*h))) == NULL)
			return 0;
		h->next = lock->spare;
		lock->spare = h;
	}
	return 1;
}

void
scep_keylock_take(struct scep_keylock *lock, const struct scep_span *keys,
    size_t n)
{
	struct held	*h;
	size_t		 i;

	(void)pthread_mutex_lock(&lock->mutex);
	while (is_held(lock, keys, n) || !have_spare(lock, n))
		(void)pthread_cond_wait(&lock->given, &lock->mutex);
	for (i = 0; i < n; i++) {
		if (keys[i].len == 0)
			continue;
		h = lock->spare;
		lock->spare = h->next;
		h->key = keys[i];
		h->next = lock->first;
		lock->first = h;
	}
	(void)pthread_mutex_unlock(&lock->mutex);
}

static void
give_one(struct scep_keylock *lock, struct scep_span key)
{
	struct held	**at, *h;

	for (at = &lock->first; (h = *at) != NULL; at = &h->next)
		if (scep_span_equal(h->key, key)) {
			*at = h->next;
			h->next = lock->spare;
			lock->spare = h;
			return;
		}
}

void
scep_keylock_give(struct scep_keylock *lock, const struct scep_span *keys,
    size_t n)
{
	size_t	 i;

	(void)pthread_mutex_lock(&lock->mutex);
	for (i = 0; i < n; i++)
		if (keys[i].len > 0)
			give_one(lock, keys[i]);
	(void)pthread_cond_broadcast(&lock->given);
	(void)pthread_mutex_unlock(&lock->mutex);
}
