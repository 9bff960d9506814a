/*
 * ca_index.h - a line of index.txt, the list of certificates that `openssl
 * ca`, and others after its example, keep.
 *
 *	state TAB expiry TAB [revoked[,reason[,more]]] TAB serial TAB file TAB
 *	subject
 *
 * Knows the form of a line; neither looks for the file nor knows whose the
 * list is.
 */
#ifndef SCEP_BASE_CA_INDEX_H
#define SCEP_BASE_CA_INDEX_H

#include <time.h>

#include "base/buf.h"

#define SCEP_CA_INDEX_LINE	8192	/* octets of a line */
#define SCEP_CA_INDEX_SERIAL	40	/* octets; RFC 5280 allows 20 */
#define SCEP_CA_INDEX_TEXT	256	/* of a file's name, of a subject */

struct scep_ca_index {
	int		 is_revoked;	/* R; else V, or E: expired */
	time_t		 not_after;
	int		 two_digits;	/* of its year are known */
	time_t		 revoked;
	int		 reason;	/* CRLReason; 0: none was given */
	int		 is_less;	/* more was said of the revocation than
					   is here: when the key was lost, what
					   to do with one on hold */
	/* Content octets of the shortest INTEGER: at least one, not
	 * negative. */
	uint8_t		 serial[SCEP_CA_INDEX_SERIAL + 1];
	size_t		 serial_len;
	char		 file[SCEP_CA_INDEX_TEXT];	/* "": unknown */
	char		 subject[SCEP_CA_INDEX_TEXT];	/* clean UTF-8, cut */
};

/*
 * Without its line end.  SCEP_E_FORMAT, which says what is wrong and not
 * where; SCEP_E_NOTFOUND for a line that holds nothing: empty, or a comment.
 */
enum scep_err	 scep_ca_index_read(struct scep_span line,
		    struct scep_ca_index *out, struct scep_error *err);

#endif /* SCEP_BASE_CA_INDEX_H */
