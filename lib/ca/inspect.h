/*
 * inspect.h - how the CA is: for a health check, for Prometheus, for the
 * operator.  Private to ca/.
 */
#ifndef SCEP_CA_INSPECT_H
#define SCEP_CA_INSPECT_H

#include "ca/local.h"

/* Does it serve?  Without a fault, and with certificates that are valid. */
int		 scep_profile_is_up(const struct scep_config *cfg,
		    const struct scep_profile *profile, time_t now);

/* "ok\n", and notes in lines of their own; or SCEP_E_STORE or SCEP_E_CONFIG
 * with what is wrong. */
enum scep_err	 scep_health(struct scep_local *ca, time_t now,
		    struct scep_buf *out, struct scep_error *err);
/* Prometheus' text format, version 0.0.4: metrics.c. */
enum scep_err	 scep_metrics(struct scep_local *ca, time_t now,
		    struct scep_buf *out, struct scep_error *err);

#endif /* SCEP_CA_INSPECT_H */
