/*
 * csv.c - comma-separated values (RFC 4180), record by record.
 *
 * Knows quotes, separators and line ends; does not know what the columns
 * mean.  Strict where a guess could shift a column, lenient about blanks,
 * empty lines and the separators of spreadsheets.
 */
#include <string.h>

#include "base/csv.h"
#include "base/error.h"
#include "base/text.h"

#define END	(-1)

static int
peek(const struct scep_csv *csv)
{
	return csv->rest.len > 0 ? csv->rest.data[0] : END;
}

static void
step(struct scep_csv *csv)
{
	csv->rest.data++;
	csv->rest.len--;
}

static int
at_line_end(const struct scep_csv *csv)
{
	const int	 c = peek(csv);

	return c == END || c == '\r' || c == '\n';
}

/* CR LF, LF, or CR: spreadsheets know all three. */
static void
take_line_end(struct scep_csv *csv)
{
	const int	 c = peek(csv);

	if (c == END)
		return;
	step(csv);
	if (c == '\r' && peek(csv) == '\n')
		step(csv);
	csv->line++;
}

static void
skip_blanks(struct scep_csv *csv)
{
	while (peek(csv) == ' ')
		step(csv);
}

static enum scep_err
check_room(size_t len, size_t wanted, struct scep_error *err)
{
	return len + wanted <= SCEP_CSV_RECORD ? SCEP_OK :
	    scep_fail(err, SCEP_E_FORMAT, "more than %d octets; is a quote "
	    "missing somewhere", SCEP_CSV_RECORD - 1);
}

static enum scep_err
put(struct scep_csv_record *out, size_t *len, int c, struct scep_error *err)
{
	enum scep_err	 rc;

	if ((rc = check_room(*len, 2, err)) == SCEP_OK)	/* and a NUL */
		out->text[(*len)++] = (char)c;
	return rc;
}

/* Behind the opening quote. */
static enum scep_err
read_quoted(struct scep_csv *csv, struct scep_csv_record *out, size_t *len,
    struct scep_error *err)
{
	enum scep_err	 rc;
	int		 c;

	for (;;) {
		if ((c = peek(csv)) == END)
			return scep_fail(err, SCEP_E_FORMAT, "field %zu "
			    "begins with a quote that is never closed",
			    out->n + 1);
		if (c == '\r' || c == '\n') {
			take_line_end(csv);
			c = '\n';
		} else
			step(csv);
		if (c == '"' && peek(csv) != '"')
			break;
		if (c == '"')
			step(csv);
		if ((rc = put(out, len, c, err)) != SCEP_OK)
			return rc;
	}
	skip_blanks(csv);
	if (!at_line_end(csv) && peek(csv) != csv->separator)
		return scep_fail(err, SCEP_E_FORMAT, "field %zu has text "
		    "behind its closing quote; a quote that belongs to the "
		    "text is doubled", out->n + 1);
	return SCEP_OK;
}

static enum scep_err
read_bare(struct scep_csv *csv, struct scep_csv_record *out, size_t *len,
    struct scep_error *err)
{
	const size_t	 from = *len;
	enum scep_err	 rc;

	for (; !at_line_end(csv) && peek(csv) != csv->separator; step(csv)) {
		if (peek(csv) == '"')
			return scep_fail(err, SCEP_E_FORMAT, "field %zu has a "
			    "quote inside; put all of the field in quotes, "
			    "and double that one", out->n + 1);
		if ((rc = put(out, len, peek(csv), err)) != SCEP_OK)
			return rc;
	}
	while (*len > from && out->text[*len - 1] == ' ')
		(*len)--;
	return SCEP_OK;
}

static enum scep_err
read_field(struct scep_csv *csv, struct scep_csv_record *out, size_t *len,
    struct scep_error *err)
{
	const size_t	 from = *len;
	enum scep_err	 rc;

	if (out->n == SCEP_CSV_FIELDS)
		return scep_fail(err, SCEP_E_FORMAT, "more than %d fields",
		    SCEP_CSV_FIELDS);
	if ((rc = check_room(from, 1, err)) != SCEP_OK)
		return rc;
	skip_blanks(csv);
	if (peek(csv) == '"') {
		step(csv);
		rc = read_quoted(csv, out, len, err);
	} else
		rc = read_bare(csv, out, len, err);
	if (rc != SCEP_OK)
		return rc;
	if (!scep_is_clean_utf8(scep_span_make(out->text + from,
	    *len - from)))
		return scep_fail(err, SCEP_E_FORMAT, "field %zu holds a line "
		    "break, a control character or no UTF-8; save the file as "
		    "CSV in UTF-8", out->n + 1);
	out->text[(*len)++] = '\0';
	out->field[out->n++] = out->text + from;
	return SCEP_OK;
}

static enum scep_err
read_record(struct scep_csv *csv, struct scep_csv_record *out,
    struct scep_error *err)
{
	enum scep_err	 rc;
	size_t		 len = 0;

	out->n = 0;
	out->line = csv->line;
	while ((rc = read_field(csv, out, &len, err)) == SCEP_OK &&
	    peek(csv) == csv->separator)
		step(csv);
	while (!at_line_end(csv))
		step(csv);		/* what a fault left */
	take_line_end(csv);
	return rc;
}

static int
is_empty(const struct scep_csv_record *record)
{
	size_t	 i;

	for (i = 0; i < record->n; i++)
		if (record->field[i][0] != '\0')
			return 0;
	return 1;
}

static char
find_separator(struct scep_span text)
{
	char	 found = ',';
	int	 quoted = 0;
	size_t	 i;

	for (i = 0; i < text.len; i++) {
		if (text.data[i] == '"')
			quoted = !quoted;
		if (quoted)
			continue;
		if (text.data[i] == ',')
			return ',';
		if (text.data[i] == '\n' || text.data[i] == '\r')
			break;
		if (found == ',' && (text.data[i] == ';' ||
		    text.data[i] == '\t'))
			found = (char)text.data[i];
	}
	return found;
}

void
scep_csv_open(struct scep_csv *csv, struct scep_span text)
{
	static const uint8_t	 mark[] = { 0xef, 0xbb, 0xbf };

	if (text.len >= sizeof(mark) &&
	    memcmp(text.data, mark, sizeof(mark)) == 0)
		text = scep_span_make(text.data + sizeof(mark),
		    text.len - sizeof(mark));
	csv->rest = text;
	csv->separator = find_separator(text);
	csv->line = 1;
}

enum scep_err
scep_csv_next(struct scep_csv *csv, struct scep_csv_record *out,
    struct scep_error *err)
{
	enum scep_err	 rc;

	do {
		if (csv->rest.len == 0)
			return scep_fail(err, SCEP_E_NOTFOUND,
			    "no more records");
		if ((rc = read_record(csv, out, err)) != SCEP_OK)
			return rc;
	} while (is_empty(out));
	return SCEP_OK;
}
