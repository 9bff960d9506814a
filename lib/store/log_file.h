/*
 * log_file.h - an issue.log, read from its first line on: each line is given
 * out only if it is of the chain.
 */
#ifndef SCEP_STORE_LOG_FILE_H
#define SCEP_STORE_LOG_FILE_H

#include "base/buf.h"

struct scep_log_file;

struct scep_log_line {
	uint64_t		 seq;
	struct scep_span	 text;		/* until the next call */
	uint64_t		 number;	/* of the line, from 1 */
};

/* SCEP_E_NOTFOUND if there is none. */
enum scep_err	 scep_log_file_open(const char *path,
		    struct scep_log_file **out, struct scep_error *err);
/*
 * The next line.  SCEP_E_NOTFOUND at the end, for now: a file that grew can
 * be read on.  SCEP_E_REFUSED, with the number of the line, for one that is
 * not in the form, out of order, or breaks the chain.
 */
enum scep_err	 scep_log_file_next(struct scep_log_file *file,
		    struct scep_log_line *out, struct scep_error *err);
/* Back to the first line. */
enum scep_err	 scep_log_file_rewind(struct scep_log_file *file,
		    struct scep_error *err);
/* Octets behind the last newline: a line that is still being written, or was
 * cut off. */
size_t		 scep_log_file_rest(const struct scep_log_file *file);
void		 scep_log_file_close(struct scep_log_file *file);

#endif /* SCEP_STORE_LOG_FILE_H */
