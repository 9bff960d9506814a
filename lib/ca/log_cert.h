/*
 * log_cert.h - a certificate in an entry of the log: enough of it to know it
 * again when the database is lost.  Private to ca/.
 */
#ifndef SCEP_CA_LOG_CERT_H
#define SCEP_CA_LOG_CERT_H

#include "base/line.h"
#include "store/record.h"

/* Append it to an entry, before anything that a client chose; generation:
 * which one of its CA issued it. */
void		 scep_log_cert(struct scep_line *line,
		    const struct scep_cert_rec *cert, unsigned int generation);

/* The beginning of an entry that tells what happened to one. */
void		 scep_log_cert_event(struct scep_line *line, time_t when,
		    const char *event, const struct scep_cert_rec *cert);
/* Of such an entry: the key of the certificate's row, to be cleared; 0 if it
 * does not say so much. */
int		 scep_log_cert_key(struct scep_span entry,
		    struct scep_buf *key);

/*
 * Does this entry tell of a certificate?  Then a record of it, without DER,
 * is in *out, to be cleared.  SCEP_E_NOTFOUND if it does not, SCEP_E_FORMAT
 * if it should and something is missing.
 */
enum scep_err	 scep_log_cert_read(struct scep_span entry,
		    struct scep_cert_rec *out, struct scep_error *err);

#endif /* SCEP_CA_LOG_CERT_H */
