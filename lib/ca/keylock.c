/*
 * keylock.c - named locks: all of a caller's keys at once, or none.
 *
 * Who gives keys back hands them to those who have waited longest: whoever
 * comes again and again holds up nobody.
 */
#include <pthread.h>
#include <stdlib.h>

#include "base/error.h"
#include "ca/keylock.h"

/* A key that is held; the node is on its holder's behalf in a list. */
struct held {
	struct scep_span	 key;
	struct held		*next;
};

/* On the stack of who waits; what it wants is held for it when has is set. */
struct waiter {
	const struct scep_span	*keys;
	size_t			 n;
	int			 has;
	pthread_cond_t		 given;
	struct waiter		*next;
};

struct scep_keylock {
	pthread_mutex_t	 mutex;
	struct held	*first;
	struct held	*spare;		/* never freed before the end */
	struct waiter	*queue;		/* none can have what it wants */
};

enum scep_err
scep_keylock_new(struct scep_keylock **out, struct scep_error *err)
{
	struct scep_keylock	*lock;

	*out = NULL;
	if ((lock = calloc(1, sizeof(*lock))) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "locks");
	(void)pthread_mutex_init(&lock->mutex, NULL);
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

/* All of them, if nobody holds one. */
static int
hold(struct scep_keylock *lock, const struct scep_span *keys, size_t n)
{
	struct held	*h;
	size_t		 i;

	if (is_held(lock, keys, n) || !have_spare(lock, n))
		return 0;
	for (i = 0; i < n; i++) {
		if (keys[i].len == 0)
			continue;
		h = lock->spare;
		lock->spare = h->next;
		h->key = keys[i];
		h->next = lock->first;
		lock->first = h;
	}
	return 1;
}

static void
wait_for(struct scep_keylock *lock, const struct scep_span *keys, size_t n)
{
	struct waiter	  w = { .keys = keys, .n = n };
	struct waiter	**at;

	(void)pthread_cond_init(&w.given, NULL);
	for (at = &lock->queue; *at != NULL; at = &(*at)->next)
		continue;
	*at = &w;
	while (!w.has)
		(void)pthread_cond_wait(&w.given, &lock->mutex);
	(void)pthread_cond_destroy(&w.given);
}

void
scep_keylock_take(struct scep_keylock *lock, const struct scep_span *keys,
    size_t n)
{
	(void)pthread_mutex_lock(&lock->mutex);
	if (!hold(lock, keys, n))
		wait_for(lock, keys, n);
	(void)pthread_mutex_unlock(&lock->mutex);
}

/* Whoever can have now what it waits for, in the order in which they came. */
static void
hand_over(struct scep_keylock *lock)
{
	struct waiter	**at = &lock->queue, *w;

	while ((w = *at) != NULL) {
		if (!hold(lock, w->keys, w->n)) {
			at = &w->next;
			continue;
		}
		*at = w->next;
		w->has = 1;
		(void)pthread_cond_signal(&w->given);
	}
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
	hand_over(lock);
	(void)pthread_mutex_unlock(&lock->mutex);
}
