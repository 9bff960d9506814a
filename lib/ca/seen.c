/* seen.c - a bounded memory of encrypted keys: 4-way sets, oldest out. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "ca/seen.h"

#define WAYS	4
#define SETS	(SCEP_SEEN_ENTRIES / WAYS)

struct entry {
	uint8_t		 key[SCEP_SHA256_LEN];
	uint8_t		 content[SCEP_SHA256_LEN];
	uint64_t	 when;		/* 0: empty */
};

struct scep_seen {
	pthread_mutex_t	 mutex;
	uint64_t	 now;		/* counts calls */
	struct entry	 entry[SETS][WAYS];
};

enum scep_err
scep_seen_new(struct scep_seen **out, struct scep_error *err)
{
	*out = NULL;
	if ((*out = calloc(1, sizeof(**out))) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "memory of envelopes");
	(void)pthread_mutex_init(&(*out)->mutex, NULL);
	return SCEP_OK;
}

void
scep_seen_free(struct scep_seen *seen)
{
	if (seen != NULL)
		(void)pthread_mutex_destroy(&seen->mutex);
	free(seen);
}

/* The entry for key: its own, or the one it displaces. */
static struct entry *
find(struct scep_seen *seen, const uint8_t *key)
{
	struct entry	*set, *oldest;
	int		 i;

	set = seen->entry[(key[0] | (size_t)key[1] << 8) % SETS];
	oldest = &set[0];
	for (i = 0; i < WAYS; i++) {
		if (set[i].when != 0 && memcmp(set[i].key, key,
		    SCEP_SHA256_LEN) == 0)
			return &set[i];
		if (set[i].when < oldest->when)
			oldest = &set[i];
	}
	oldest->when = 0;
	return oldest;
}

int
scep_seen_other(struct scep_seen *seen, const uint8_t key[SCEP_SHA256_LEN],
    const uint8_t content[SCEP_SHA256_LEN])
{
	struct entry	*e;
	int		 other = 0;

	(void)pthread_mutex_lock(&seen->mutex);
	e = find(seen, key);
	if (e->when != 0)
		other = memcmp(e->content, content, SCEP_SHA256_LEN) != 0;
	else {
		memcpy(e->key, key, SCEP_SHA256_LEN);
		memcpy(e->content, content, SCEP_SHA256_LEN);
	}
	e->when = ++seen->now;
	(void)pthread_mutex_unlock(&seen->mutex);
	return other;
}
