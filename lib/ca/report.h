/*
 * report.h - what an RA has done, counted: from a worker to the owner of the
 * state, about once a second.
 */
#ifndef SCEP_CA_REPORT_H
#define SCEP_CA_REPORT_H

#include "ca/ca.h"

#define SCEP_LATENCIES	11	/* bounds; above the last one there is +Inf */
#define SCEP_TALLIES	64	/* combinations in one report */

/* Upper bounds of the buckets, in milliseconds. */
extern const unsigned int	scep_latency_ms[SCEP_LATENCIES];

/* Requests that were alike. */
struct scep_tally {
	char		 profile[64];	/* "": none was found */
	char		 operation[24];	/* "GetCACaps", "PKCSReq" … */
	char		 result[12];	/* served, granted, pending, refused,
					   error */
	char		 reason[96];	/* of refused and error; no detail */
	long		 n;
	long		 ms;		/* in all */
	long		 bucket[SCEP_LATENCIES + 1];	/* n, by their time */
};

struct scep_report {
	struct scep_tally	 tally[SCEP_TALLIES];
	size_t			 n;
};

/* All but the figures. */
int		 scep_tally_is_alike(const struct scep_tally *a,
		    const struct scep_tally *b);
/* Count one request, which took so long.  0 if there is no room: report
 * first. */
int		 scep_report_add(struct scep_report *report,
		    const struct scep_tally *one, long ms);

/* As DER, and back; anything else is SCEP_E_FORMAT. */
enum scep_err	 scep_report_encode(const struct scep_report *report,
		    struct scep_buf *out, struct scep_error *err);
enum scep_err	 scep_report_decode(struct scep_span der,
		    struct scep_report *out, struct scep_error *err);

#endif /* SCEP_CA_REPORT_H */
