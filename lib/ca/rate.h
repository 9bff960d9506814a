/*
 * rate.h - how often somebody may knock, counted in memory.
 *
 * Knows ids and seconds; a restart forgets what was counted.  Private to ca/.
 */
#ifndef SCEP_CA_RATE_H
#define SCEP_CA_RATE_H

#include <time.h>

#include "scep.h"

#define SCEP_RATES_MAX	1024	/* ids that are remembered */

struct scep_rates;

enum scep_err	 scep_rates_new(struct scep_rates **out,
		    struct scep_error *err);
void		 scep_rates_free(struct scep_rates *rates);
/*
 * One call more of this id, which may make n of them in s seconds, all at once
 * if it likes.  0: that is one too many, and in *wait_s seconds it may try
 * again.  Any number of threads.
 */
int		 scep_rates_take(struct scep_rates *rates, const char *id,
		    long n, long s, time_t now, long *wait_s);

#endif /* SCEP_CA_RATE_H */
