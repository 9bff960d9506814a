/*
 * line.h - one log line of key=value pairs; whatever a client sent is
 * escaped and bounded here, and nowhere else.
 */
#ifndef SCEP_BASE_LINE_H
#define SCEP_BASE_LINE_H

#include "base/buf.h"

#define SCEP_LINE_MAX	4096	/* of a whole line */
#define SCEP_VALUE_MAX	256	/* of one value, before escaping */

/* Begin with {0}. */
struct scep_line {
	char	 text[SCEP_LINE_MAX];	/* always NUL-terminated */
	size_t	 len;
};

/*
 * Append key=value.  A value of letters, digits and -._:/@+,*=() (an `=` is
 * fine inside) stands bare; anything else is put in double quotes, with ", \
 * and every octet that is not printable ASCII or valid, clean UTF-8 as \xNN.
 * Longer than SCEP_VALUE_MAX octets: cut, with "..." behind.  An empty value
 * is "".  A pair that does not fit the line is left out whole.
 */
void	 scep_line_add(struct scep_line *line, const char *key,
	    struct scep_span value);
void	 scep_line_text(struct scep_line *line, const char *key,
	    const char *value);
void	 scep_line_fmt(struct scep_line *line, const char *key,
	    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif /* SCEP_BASE_LINE_H */
