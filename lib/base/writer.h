/*
 * writer.h - DER written front to back: a constructed value is opened, filled
 * and closed.
 *
 * Trouble is remembered and told at the end, so that what is written can be
 * read without it.
 */
#ifndef SCEP_BASE_WRITER_H
#define SCEP_BASE_WRITER_H

#include "base/buf.h"
#include "base/der.h"

struct scep_writer {
	struct scep_buf	 out;
	size_t		 room;			/* allocated for out */
	size_t		 open[SCEP_DER_DEPTH];	/* where contents begin */
	size_t		 depth;
	int		 failed;
};

/* Room for so many octets to begin with; it grows. */
void		 scep_writer_init(struct scep_writer *w, size_t room);
void		 scep_writer_open(struct scep_writer *w, uint8_t tag);
void		 scep_writer_close(struct scep_writer *w);
/* A whole value. */
void		 scep_writer_add(struct scep_writer *w, uint8_t tag,
		    struct scep_span content);
/* Octets that are encoded already. */
void		 scep_writer_raw(struct scep_writer *w,
		    struct scep_span octets);
/* All that was written goes to out, which is released first; whatever is open
 * is closed.  To be called once, in any case: rc says how it went where what is
 * written came from, and is returned if that is not SCEP_OK.  SCEP_E_NOMEM. */
enum scep_err	 scep_writer_end(struct scep_writer *w, enum scep_err rc,
		    struct scep_buf *out, struct scep_error *err);

#endif /* SCEP_BASE_WRITER_H */
