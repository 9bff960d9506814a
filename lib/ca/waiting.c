/*
 * waiting.c - how many requests wait for validators, of each profile and of
 * all.
 *
 * A row for each profile that ever had one: they are the operator's names,
 * and so few.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "ca/waiting.h"

const unsigned int	scep_validator_ms[SCEP_VALIDATOR_TIMES] = {
	5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000
};

struct scep_waiting {
	pthread_mutex_t		 mutex;
	struct scep_waiting_row	*first;
	long			 all;	/* the sum of their now */
};

enum scep_err
scep_waiting_new(struct scep_waiting **out, struct scep_error *err)
{
	struct scep_waiting	*w;

	*out = NULL;
	if ((w = calloc(1, sizeof(*w))) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "requests that wait");
	(void)pthread_mutex_init(&w->mutex, NULL);
	*out = w;
	return SCEP_OK;
}

void
scep_waiting_free(struct scep_waiting *w)
{
	struct scep_waiting_row	*row;

	if (w == NULL)
		return;
	while ((row = w->first) != NULL) {
		w->first = row->next;
		free(row);
	}
	(void)pthread_mutex_destroy(&w->mutex);
	free(w);
}

static struct scep_waiting_row *
find(const struct scep_waiting *w, const char *profile)
{
	struct scep_waiting_row	*row = w->first;

	while (row != NULL && strcmp(row->profile, profile) != 0)
		row = row->next;
	return row;
}

/* Last ones first: the order is nobody's business. */
static struct scep_waiting_row *
row_of(struct scep_waiting *w, const char *profile)
{
	struct scep_waiting_row	*row;

	if ((row = find(w, profile)) != NULL ||
	    (row = calloc(1, sizeof(*row))) == NULL)
		return row;
	OPENSSL_strlcpy(row->profile, profile, sizeof(row->profile));
	row->next = w->first;
	w->first = row;
	return row;
}

/* Its last answer took so long, or somebody has waited for so long.  One of
 * which nothing is known is not slow. */
static int
is_slow(const struct scep_waiting_row *row, time_t now)
{
	const struct scep_waiting_place	*p;

	for (p = row->place; p != NULL; p = p->next)
		if (now - p->since > SCEP_VALIDATOR_SLOW_S)
			return 1;
	return row->was_slow;
}

static enum scep_err
find_room(const struct scep_waiting *w, struct scep_waiting_row *row,
    time_t now, const struct scep_waiting_room *room, struct scep_error *err)
{
	if (row->now >= room->profile) {
		row->turned_away++;
		return scep_fail(err, SCEP_E_BUSY, "%ld requests of profile "
		    "%s are with its validator already (max_waiting)",
		    row->now, row->profile);
	}
	if (w->all >= room->all && is_slow(row, now)) {
		row->no_worker++;
		return scep_fail(err, SCEP_E_BUSY, "the validator of profile "
		    "%s is slow, and %ld requests are with validators "
		    "already: the last worker is for others; mend the "
		    "validator, or raise workers", row->profile, w->all);
	}
	return SCEP_OK;
}

enum scep_err
scep_waiting_enter(struct scep_waiting *w, const char *profile,
    const struct scep_waiting_room *room, struct scep_waiting_place *place,
    struct scep_error *err)
{
	struct scep_waiting_row	*row;
	enum scep_err		 rc;

	(void)pthread_mutex_lock(&w->mutex);
	if ((row = row_of(w, profile)) == NULL)
		rc = scep_fail(err, SCEP_E_NOMEM, "requests that wait");
	else if ((rc = find_room(w, row, place->since, room, err)) ==
	    SCEP_OK) {
		place->next = row->place;
		row->place = place;
		row->now++;
		w->all++;
	}
	(void)pthread_mutex_unlock(&w->mutex);
	return rc;
}

void
scep_waiting_leave(struct scep_waiting *w, const char *profile,
    struct scep_waiting_place *place)
{
	struct scep_waiting_row		 *row;
	struct scep_waiting_place	**at;

	(void)pthread_mutex_lock(&w->mutex);
	if ((row = find(w, profile)) != NULL) {
		for (at = &row->place; *at != place; at = &(*at)->next)
			;
		*at = place->next;
		row->now--;
		w->all--;
	}
	(void)pthread_mutex_unlock(&w->mutex);
}

void
scep_waiting_count(struct scep_waiting *w, const char *profile,
    enum scep_validator_fact fact, long ms)
{
	struct scep_waiting_row	*row;
	size_t			 b = 0;

	while (b < SCEP_VALIDATOR_TIMES && ms > (long)scep_validator_ms[b])
		b++;
	(void)pthread_mutex_lock(&w->mutex);
	if ((row = row_of(w, profile)) != NULL) {
		row->answers[fact]++;
		row->bucket[b]++;
		row->ms += ms;
		row->was_slow = ms >= SCEP_VALIDATOR_SLOW_S * 1000;
	}
	(void)pthread_mutex_unlock(&w->mutex);
}

void
scep_waiting_look(struct scep_waiting *w, const char *profile,
    struct scep_waiting_row *out)
{
	const struct scep_waiting_row	*row;

	memset(out, 0, sizeof(*out));
	(void)pthread_mutex_lock(&w->mutex);
	if ((row = find(w, profile)) != NULL)
		*out = *row;
	(void)pthread_mutex_unlock(&w->mutex);
	out->place = NULL;
	out->next = NULL;
}
