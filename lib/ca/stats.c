/*
 * stats.c - what all RAs together have done since the owner started.
 *
 * A worker that has been taken over may report what it likes: it can make
 * the figures wrong, but not the table larger, nor a label odd.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "ca/stats.h"

#define MINUTES	60

/* A minute of results. */
struct minute {
	time_t	 number;	/* since the epoch */
	long	 count[SCEP_RESULTS];
};

struct scep_stats {
	CRYPTO_RWLOCK		*lock;
	struct scep_tally	 row[SCEP_STATS_ROWS];
	size_t			 n;
	struct minute		 minute[MINUTES];
};

static const char *const	results[SCEP_RESULTS] = {
	"served", "granted", "pending", "refused", "error", "other"
};

static const char *const	operations[] = {
	"GetCACaps", "GetCACert", "GetNextCACert", "PKIOperation", "PKCSReq",
	"RenewalReq", "CertPoll", "GetCert", "GetCRL", "health", "metrics",
	"crl", "ca", "none", "other"
};

const char *
scep_stats_result(size_t i)
{
	return results[i];
}

enum scep_err
scep_stats_new(struct scep_stats **out, struct scep_error *err)
{
	/* calloc: what is never counted is never touched. */
	struct scep_stats	*s = calloc(1, sizeof(*s));

	*out = s;
	if (s != NULL && (s->lock = CRYPTO_THREAD_lock_new()) != NULL)
		return SCEP_OK;
	free(s);
	*out = NULL;
	return scep_fail(err, SCEP_E_NOMEM, "statistics");
}

void
scep_stats_free(struct scep_stats *stats)
{
	if (stats == NULL)
		return;
	CRYPTO_THREAD_lock_free(stats->lock);
	free(stats);
}

/* The one of n words, or the last. */
static size_t
find_word(const char *const *words, size_t n, const char *word)
{
	size_t	 i;

	for (i = 0; i + 1 < n; i++)
		if (strcmp(words[i], word) == 0)
			break;
	return i;
}

/* Letters, digits, blanks and a little more: what a label may hold without
 * being escaped. */
static int
is_label(const char *text)
{
	return text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789 _-.,:'/#")] == '\0';
}

/* As it is counted. */
static struct scep_tally
sober(const struct scep_tally *t)
{
	struct scep_tally	 one = *t;

	OPENSSL_strlcpy(one.operation, operations[find_word(operations,
	    sizeof(operations) / sizeof(operations[0]), t->operation)],
	    sizeof(one.operation));
	OPENSSL_strlcpy(one.result, results[find_word(results, SCEP_RESULTS,
	    t->result)], sizeof(one.result));
	if (!is_label(t->profile))
		OPENSSL_strlcpy(one.profile, "other", sizeof(one.profile));
	if (!is_label(t->reason))
		OPENSSL_strlcpy(one.reason, "other", sizeof(one.reason));
	return one;
}

/* The row it belongs to; when all are taken, the last one is for the rest. */
static struct scep_tally *
row_of(struct scep_stats *s, struct scep_tally *one)
{
	struct scep_tally	*row = s->row;

	while (row < s->row + s->n && !scep_tally_is_alike(row, one))
		row++;
	if (row < s->row + s->n)
		return row;
	if (s->n >= SCEP_STATS_ROWS - 1) {
		row = &s->row[SCEP_STATS_ROWS - 1];
		OPENSSL_strlcpy(one->profile, "other", sizeof(one->profile));
		OPENSSL_strlcpy(one->operation, "other",
		    sizeof(one->operation));
		OPENSSL_strlcpy(one->result, "other", sizeof(one->result));
		OPENSSL_strlcpy(one->reason, "other", sizeof(one->reason));
		if (s->n == SCEP_STATS_ROWS)
			return row;
	}
	s->n++;
	*row = *one;
	row->n = row->ms = 0;
	memset(row->bucket, 0, sizeof(row->bucket));
	return row;
}

/* What is reported need not be true, but must not do harm. */
static void
add(long *sum, long n)
{
	*sum = n > LONG_MAX - *sum ? LONG_MAX : *sum + n;
}

static void
count_minute(struct scep_stats *s, time_t now, const struct scep_tally *one)
{
	const time_t	 number = now / 60;
	struct minute	*m = &s->minute[number % MINUTES];

	if (m->number != number) {
		memset(m, 0, sizeof(*m));
		m->number = number;
	}
	add(&m->count[find_word(results, SCEP_RESULTS, one->result)], one->n);
}

void
scep_stats_add(struct scep_stats *s, time_t now,
    const struct scep_report *report)
{
	struct scep_tally	 one, *row;
	size_t			 i, b;

	if (!CRYPTO_THREAD_write_lock(s->lock))
		return;
	for (i = 0; i < report->n; i++) {
		one = sober(&report->tally[i]);
		count_minute(s, now, &one);
		row = row_of(s, &one);
		add(&row->n, one.n);
		add(&row->ms, one.ms);
		for (b = 0; b <= SCEP_LATENCIES; b++)
			add(&row->bucket[b], one.bucket[b]);
	}
	(void)CRYPTO_THREAD_unlock(s->lock);
}

void
scep_stats_each(struct scep_stats *s, scep_stats_fn fn, void *arg)
{
	size_t	 i;

	if (!CRYPTO_THREAD_read_lock(s->lock))
		return;
	for (i = 0; i < s->n; i++)
		fn(arg, &s->row[i]);
	(void)CRYPTO_THREAD_unlock(s->lock);
}

void
scep_stats_last_hour(struct scep_stats *s, time_t now,
    long count[SCEP_RESULTS])
{
	size_t	 i, r;

	memset(count, 0, SCEP_RESULTS * sizeof(count[0]));
	if (!CRYPTO_THREAD_read_lock(s->lock))
		return;
	for (i = 0; i < MINUTES; i++)
		if (s->minute[i].number > now / 60 - MINUTES)
			for (r = 0; r < SCEP_RESULTS; r++)
				count[r] += s->minute[i].count[r];
	(void)CRYPTO_THREAD_unlock(s->lock);
}
