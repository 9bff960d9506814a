/*
 * conf_line.c - a text of scep.conf line by line: comments gone, continued
 * lines joined.
 *
 * Knows octets that are no text, and what editors put in front of one; does
 * not know what a line says.
 */
#include <string.h>

#include "base/conf_local.h"
#include "base/error.h"

enum scep_err
scep_conf_source_open(struct scep_conf_source *src, const char *file,
    struct scep_span text, struct scep_error *err)
{
	static const uint8_t	 mark[] = { 0xef, 0xbb, 0xbf };

	memset(src, 0, sizeof(*src));
	src->file = file;
	src->p = text.data;
	src->end = text.len == 0 ? text.data : text.data + text.len;
	src->line = 1;
	/* Some editors begin UTF-8 with a byte order mark. */
	if (text.len >= sizeof(mark) &&
	    memcmp(text.data, mark, sizeof(mark)) == 0)
		src->p += sizeof(mark);
	else if (text.len >= 2 && ((text.data[0] == 0xff &&
	    text.data[1] == 0xfe) || (text.data[0] == 0xfe &&
	    text.data[1] == 0xff)))
		return scep_fail(err, SCEP_E_CONFIG, "%s:1: UTF-16, must be "
		    "UTF-8; iconv -f UTF-16 -t UTF-8 %s >NEW", file, file);
	return SCEP_OK;
}

static int
at_newline(const struct scep_conf_source *src, const uint8_t *p)
{
	return p < src->end && (*p == '\n' ||
	    (*p == '\r' && p + 1 < src->end && p[1] == '\n'));
}

static void
skip_newline(struct scep_conf_source *src)
{
	src->p += *src->p == '\r' ? 2 : 1;
	src->line++;
}

static enum scep_err
put(const struct scep_conf_source *src, struct scep_conf_line *line,
    uint8_t c, struct scep_error *err)
{
	if ((c < 0x20 && c != '\t') || c == 0x7f)
		return scep_fail(err, SCEP_E_CONFIG, "%s:%d: control "
		    "character 0x%02x in what must be text; sed -n %dp %s | "
		    "cat -A shows it", src->file, src->line, c, src->line,
		    src->file);
	if (line->len == SCEP_CONF_LINE_MAX)
		return scep_fail(err, SCEP_E_CONFIG, "%s:%d: a line longer "
		    "than %d octets; is that the right file", src->file,
		    line->start, SCEP_CONF_LINE_MAX);
	line->text[line->len++] = (char)c;
	line->text[line->len] = '\0';
	return SCEP_OK;
}

/* A backslash at src->p: it joins two lines, or keeps its neighbour from
 * meaning anything. */
static enum scep_err
put_backslash(struct scep_conf_source *src, struct scep_conf_line *line,
    struct scep_error *err)
{
	enum scep_err	 rc;

	src->p++;
	if (at_newline(src, src->p)) {
		skip_newline(src);
		return SCEP_OK;
	}
	if ((rc = put(src, line, '\\', err)) != SCEP_OK || src->p == src->end)
		return rc;
	return put(src, line, *src->p++, err);
}

enum scep_err
scep_conf_line_read(struct scep_conf_source *src, struct scep_conf_line *line,
    struct scep_error *err)
{
	enum scep_err	 rc = SCEP_OK;
	uint8_t		 quote = 0;

	line->len = 0;
	line->text[0] = '\0';
	line->start = src->line;
	while (rc == SCEP_OK && src->p < src->end &&
	    !at_newline(src, src->p)) {
		if (*src->p == '\\') {
			rc = put_backslash(src, line, err);
			continue;
		}
		if (*src->p == '#' && quote == 0) {
			while (src->p < src->end && *src->p != '\n')
				src->p++;
			break;
		}
		if (quote == 0 && (*src->p == '"' || *src->p == '\''))
			quote = *src->p;
		else if (*src->p == quote)
			quote = 0;
		rc = put(src, line, *src->p++, err);
	}
	if (rc == SCEP_OK && src->p < src->end)
		skip_newline(src);
	return rc;
}
