/*
 * stats.h - what all RAs together have done since the owner started.  Private
 * to ca/.
 */
#ifndef SCEP_CA_STATS_H
#define SCEP_CA_STATS_H

#include "ca/report.h"

#define SCEP_STATS_ROWS	1024	/* combinations that are told apart */

struct scep_stats;

enum scep_err	 scep_stats_new(struct scep_stats **out,
		    struct scep_error *err);
void		 scep_stats_free(struct scep_stats *stats);
/* Any thread.  A word that no RA of ours says is counted as "other". */
void		 scep_stats_add(struct scep_stats *stats, time_t now,
		    const struct scep_report *report);

typedef void	(*scep_stats_fn)(void *arg, const struct scep_tally *row);
/* Each combination so far, in the order in which they came up. */
void		 scep_stats_each(struct scep_stats *stats, scep_stats_fn fn,
		    void *arg);

/* The results, in the order of scep_stats_result(). */
#define SCEP_RESULTS	6	/* the last one is "other" */
const char	*scep_stats_result(size_t i);
/* How many there were of each in the last 60 minutes, the current one
 * included. */
void		 scep_stats_last_hour(struct scep_stats *stats, time_t now,
		    long count[SCEP_RESULTS]);

#endif /* SCEP_CA_STATS_H */
