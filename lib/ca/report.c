/*
 * report.c - what an RA has done, counted.
 */
#include <string.h>

#include "base/der.h"
#include "base/error.h"
#include "ca/door_outer.h"
#include "ca/report.h"

#define COUNT_MAX	1000000000L

const unsigned int	scep_latency_ms[SCEP_LATENCIES] = {
	1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000
};

int
scep_tally_is_alike(const struct scep_tally *a, const struct scep_tally *b)
{
	return strcmp(a->profile, b->profile) == 0 &&
	    strcmp(a->operation, b->operation) == 0 &&
	    strcmp(a->result, b->result) == 0 &&
	    strcmp(a->reason, b->reason) == 0;
}

int
scep_report_add(struct scep_report *report, const struct scep_tally *one,
    long ms)
{
	struct scep_tally	*t = report->tally;
	size_t			 b;

	while (t < report->tally + report->n && !scep_tally_is_alike(t, one))
		t++;
	if (t == report->tally + SCEP_TALLIES)
		return 0;
	if (t == report->tally + report->n) {
		*t = *one;
		t->n = t->ms = 0;
		memset(t->bucket, 0, sizeof(t->bucket));
		report->n++;
	}
	for (b = 0; b < SCEP_LATENCIES && ms > (long)scep_latency_ms[b]; b++)
		;
	t->bucket[b]++;
	t->n++;
	t->ms += ms;
	return 1;
}

#define BUCKET(i)	SCEP_FIELD(SCEP_F_LONG, scep_tally, bucket[i], 0)
static const struct scep_field	tally_fields[] = {
	SCEP_FIELD_TEXT(scep_tally, profile),
	SCEP_FIELD_TEXT(scep_tally, operation),
	SCEP_FIELD_TEXT(scep_tally, result),
	SCEP_FIELD_TEXT(scep_tally, reason),
	SCEP_FIELD(SCEP_F_LONG, scep_tally, ms, 0),
	BUCKET(0), BUCKET(1), BUCKET(2), BUCKET(3), BUCKET(4), BUCKET(5),
	BUCKET(6), BUCKET(7), BUCKET(8), BUCKET(9), BUCKET(10), BUCKET(11),
};

enum scep_err
scep_report_encode(const struct scep_report *report, struct scep_buf *out,
    struct scep_error *err)
{
	enum scep_err	 rc = SCEP_OK;
	size_t		 i;

	for (i = 0; rc == SCEP_OK && i < report->n; i++)
		rc = ENCODE(tally_fields, &report->tally[i], out, err);
	return rc;
}

/* No RA counts to a thousand million in a second. */
static enum scep_err
check(struct scep_tally *t, struct scep_error *err)
{
	size_t	 b;

	for (b = 0; b <= SCEP_LATENCIES; b++) {
		if (t->bucket[b] > COUNT_MAX)
			return scep_fail(err, SCEP_E_FORMAT,
			    "report: %ld requests", t->bucket[b]);
		t->n += t->bucket[b];
	}
	return t->ms <= COUNT_MAX ? SCEP_OK : scep_fail(err, SCEP_E_FORMAT,
	    "report: %ld ms", t->ms);
}

enum scep_err
scep_report_decode(struct scep_span der, struct scep_report *out,
    struct scep_error *err)
{
	struct scep_tally	*t;
	struct scep_tlv		 tlv;
	enum scep_err		 rc = SCEP_OK;

	memset(out, 0, sizeof(*out));
	while (rc == SCEP_OK && der.len > 0) {
		if (out->n == SCEP_TALLIES || !scep_der_next(&der, &tlv))
			return scep_fail(err, SCEP_E_FORMAT, "report: more "
			    "than %d tallies, or octets that are none",
			    SCEP_TALLIES);
		t = &out->tally[out->n++];
		if ((rc = DECODE(tally_fields, tlv.whole, t, err)) == SCEP_OK)
			rc = check(t, err);
	}
	return rc;
}
