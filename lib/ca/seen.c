/*
 * seen.c - a bounded memory of encrypted keys: sets of a few, oldest out.
 *
 * Which set is a secret of this process: who could choose keys that meet in
 * one set would push out the one that tells on him.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "ca/seen.h"

#define WAYS	8
#define SET_BITS	13
#define SETS	(1 << SET_BITS)
#define WORDS	(SCEP_SHA256_LEN / 4)

_Static_assert(SETS * WAYS == SCEP_SEEN_ENTRIES, "all of the entries");

struct entry {
	uint8_t		 key[SCEP_SHA256_LEN];
	uint8_t		 content[SCEP_SHA256_LEN];
	uint64_t	 when;		/* 0: empty */
};

struct scep_seen {
	pthread_mutex_t	 mutex;
	uint64_t	 secret[WORDS];
	uint64_t	 now;		/* counts calls */
	struct entry	 entry[SETS][WAYS];
};

enum scep_err
scep_seen_new(const struct scep_crypto *crypto, struct scep_seen **out,
    struct scep_error *err)
{
	struct scep_seen	*seen;
	enum scep_err		 rc;

	*out = NULL;
	/* calloc: what is never used of so much is never touched. */
	if ((seen = calloc(1, sizeof(*seen))) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "memory of envelopes");
	if ((rc = scep_crypto_random(crypto, (uint8_t *)seen->secret,
	    sizeof(seen->secret), err)) != SCEP_OK) {
		free(seen);
		return rc;
	}
	(void)pthread_mutex_init(&seen->mutex, NULL);
	*out = seen;
	return SCEP_OK;
}

void
scep_seen_free(struct scep_seen *seen)
{
	if (seen != NULL)
		(void)pthread_mutex_destroy(&seen->mutex);
	free(seen);
}

/* Multiply-shift over the words of key: two keys meet by chance alone, for
 * whoever does not know the secret. */
static size_t
set_of(const struct scep_seen *seen, const uint8_t *key)
{
	uint64_t	 sum = 0;
	uint32_t	 word;
	int		 i;

	for (i = 0; i < WORDS; i++) {
		memcpy(&word, key + 4 * i, sizeof(word));
		sum += (seen->secret[i] | 1) * word;
	}
	return (size_t)(sum >> (64 - SET_BITS));
}

/* The entry for key: its own, or the one it displaces. */
static struct entry *
find(struct scep_seen *seen, const uint8_t *key)
{
	struct entry	*set = seen->entry[set_of(seen, key)];
	struct entry	*oldest = &set[0];
	int		 i;

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
