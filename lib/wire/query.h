/*
 * query.h - the HTTP side of SCEP: query string and base64 (RFC 8894 section
 * 4.1; the tolerance of PROTOCOL I-010 to I-015).
 */
#ifndef SCEP_WIRE_QUERY_H
#define SCEP_WIRE_QUERY_H

#include "base/buf.h"

enum scep_operation {
	SCEP_OP_NONE,		/* no operation= at all */
	SCEP_OP_GETCACAPS,
	SCEP_OP_GETCACERT,
	SCEP_OP_GETNEXTCACERT,
	SCEP_OP_PKIOPERATION,
	SCEP_OP_OTHER
};

struct scep_query {
	enum scep_operation	 op;	/* exact case, else case-insensitive */
	char			 op_text[33];	/* as sent, cut; for the log */
	struct scep_span	 message;	/* still encoded, borrowed */
	int			 has_message;
};

/* Parameters in any order, unknown ones ignored, the first of two wins;
 * never fails. */
void		 scep_query_parse(const char *query, struct scep_query *out);
/* Percent-decode (twice if need be), blanks back to '+', CR LF TAB dropped,
 * base64 or base64url, padding optional.  At most max octets: SCEP_E_TOOBIG;
 * SCEP_E_HTTP if it is no base64 or empty. */
enum scep_err	 scep_query_decode(struct scep_span text, size_t max,
		    struct scep_buf *out, struct scep_error *err);

#endif /* SCEP_WIRE_QUERY_H */
