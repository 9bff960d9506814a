/*
 * line.h - one log line of key=value pairs, or of JSON members; whatever a
 * client sent is escaped and bounded here, and nowhere else.
 */
#ifndef SCEP_BASE_LINE_H
#define SCEP_BASE_LINE_H

#include "base/buf.h"

#define SCEP_LINE_MAX	4096	/* of a whole line */
#define SCEP_VALUE_MAX	256	/* of one value, before escaping */

/* Begin with {0}, or with json set. */
struct scep_line {
	char	 text[SCEP_LINE_MAX];	/* always NUL-terminated */
	size_t	 len;
	int	 json;			/* "key":"value", parted by commas; the
					   braces are the sink's */
};

/*
 * Append key=value.  A value of letters, digits and -._:/@+,*=() (an `=` is
 * fine inside) stands bare; anything else is put in double quotes, with ", \
 * and every octet that is not printable ASCII or valid, clean UTF-8 as \xNN.
 * Longer than SCEP_VALUE_MAX octets: cut, with "..." behind.  An empty value
 * is "".  A pair that does not fit the line is left out whole.
 * In JSON a value is the same text, always in quotes: its backslash is written
 * twice, as JSON has it.
 */
void	 scep_line_add(struct scep_line *line, const char *key,
	    struct scep_span value);
void	 scep_line_text(struct scep_line *line, const char *key,
	    const char *value);
/* The same for a long text of our own, such as a list of ids: not cut. */
void	 scep_line_whole(struct scep_line *line, const char *key,
	    const char *value);
void	 scep_line_fmt(struct scep_line *line, const char *key,
	    const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* A number, which JSON has without quotes. */
void	 scep_line_number(struct scep_line *line, const char *key, long long n);

/*
 * Take the next pair off the front of a line; 0 at its end, and where it goes
 * on as none that was made here: keys are of a-z, 0-9, _ and . alone.  value
 * is without its quotes, and still escaped.
 */
int	 scep_line_next(struct scep_span *rest, struct scep_span *key,
	    struct scep_span *value);
/* Read it back: the value of a key, unescaped, as text.  0 if the line has no
 * such pair, or its value has a NUL or does not fit. */
int	 scep_line_get(struct scep_span line, const char *key, char *out,
	    size_t size);

#endif /* SCEP_BASE_LINE_H */
