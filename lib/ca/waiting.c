/*
 * waiting.c - how many requests of each profile wait for its validator.
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

enum scep_err
scep_waiting_enter(struct scep_waiting *w, const char *profile, long max,
    struct scep_error *err)
{
	struct scep_waiting_row	*row;
	enum scep_err		 rc = SCEP_OK;

	(void)pthread_mutex_lock(&w->mutex);
	if ((row = row_of(w, profile)) == NULL)
		rc = scep_fail(err, SCEP_E_NOMEM, "requests that wait");
	else if (row->now >= max) {
		row->turned_away++;
		rc = scep_fail(err, SCEP_E_BUSY, "%ld requests of profile %s "
		    "are with its validator already (max_waiting)", row->now,
		    profile);
	} else
		row->now++;
	(void)pthread_mutex_unlock(&w->mutex);
	return rc;
}

void
scep_waiting_leave(struct scep_waiting *w, const char *profile)
{
	struct scep_waiting_row	*row;

	(void)pthread_mutex_lock(&w->mutex);
	if ((row = row_of(w, profile)) != NULL)
		row->now--;
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
	out->next = NULL;
}
