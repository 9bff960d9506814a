/*
 * error.h - reasons: how a call says why it failed, and what that means to
 * the outside.
 */
#ifndef SCEP_BASE_ERROR_H
#define SCEP_BASE_ERROR_H

#include "scep.h"

/* A few lower-case words, never NULL. */
const char	*scep_err_name(enum scep_err);
/* The HTTP status that answers it when no CertRep can. */
int		 scep_err_http(enum scep_err);
/* RFC 8894 section 3.2.1.4, or -1 where a CertRep FAILURE is not the answer. */
int		 scep_err_fail_info(enum scep_err);
/* What scepadm and scep.fcgi exit with: 0, 1, 2, 3, 75 or 78. */
int		 scep_err_exit(enum scep_err);

/* Record the reason; returns code, so that callers can return it.  err is
 * never NULL.  With SCEP_E_NOMEM only the place need be said. */
enum scep_err	 scep_fail(struct scep_error *err, enum scep_err code,
		    const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* The same, with libcrypto's reason after ": ", and its queue emptied. */
enum scep_err	 scep_fail_ssl(struct scep_error *err, enum scep_err code,
		    const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Put "context: " in front of a reason that is already there. */
enum scep_err	 scep_fail_within(struct scep_error *err, const char *fmt, ...)
		    __attribute__((format(printf, 2, 3)));
/* Put "; what mends it" behind it. */
enum scep_err	 scep_fail_mend(struct scep_error *err, const char *fmt, ...)
		    __attribute__((format(printf, 2, 3)));

#endif /* SCEP_BASE_ERROR_H */
