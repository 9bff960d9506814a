/*
 * metrics.h - a page of metrics, as the files metrics*.c write it: samples in
 * Prometheus' text format, version 0.0.4.
 *
 * Knows no figure of ours.  Names, helps and labels are not escaped: none of
 * ours needs to be (stats.c).  Private to ca/.
 */
#ifndef SCEP_CA_METRICS_H
#define SCEP_CA_METRICS_H

#include "ca/local.h"

struct scep_metrics {
	struct scep_local	*ca;
	time_t			 now;
	struct scep_buf		*out;
	enum scep_err		 rc;	/* once it is a failure, nothing is
					   added */
	struct scep_error	*err;
	size_t			 len;	/* of text, on its way to out */
	char			 text[4096];
};

#define SCEP_METRICS_PUT	512	/* octets of one call, with a NUL */

/* Text; a line of it, or several. */
void	 scep_metrics_put(struct scep_metrics *page, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
/* All of it is in out now. */
void	 scep_metrics_flush(struct scep_metrics *page);
/* What the samples behind it are: "gauge", "counter", "histogram". */
void	 scep_metrics_head(struct scep_metrics *page, const char *name,
	    const char *type, const char *help);
/* One sample without a label, and its head. */
void	 scep_metrics_one(struct scep_metrics *page, const char *name,
	    const char *type, const char *help, uint64_t value);

/* Times in milliseconds; everything borrowed. */
struct scep_histogram {
	const char		*name;		/* …_seconds */
	const char		*label, *value;
	const unsigned int	*bound_ms;	/* of each bucket but the
						   last, which is +Inf */
	size_t			 n_bounds;
	const long		*bucket;	/* n_bounds + 1, each for
						   itself */
	long			 n, ms;		/* in all */
};
void	 scep_metrics_histogram(struct scep_metrics *page,
	    const struct scep_histogram *h);

/* What there is to say of one noun: metrics_validator.c, metrics_notice.c. */
void	 scep_metrics_validators(struct scep_metrics *page);
void	 scep_metrics_notices(struct scep_metrics *page);
void	 scep_metrics_damage(struct scep_metrics *page);

#endif /* SCEP_CA_METRICS_H */
