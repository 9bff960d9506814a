/*
 * scepadm_print.c - results for people: tables and records; as JSON and CSV;
 * and what is DER, as it is or as PEM.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/pem.h>

#include "base/text.h"
#include "cgi/scepadm.h"

#define CELL_MAX	512

/* A value as text.  What a client chose may be in it: nothing that a terminal
 * would obey gets through. */
static void
cell(const json_t *row, const char *key, char out[CELL_MAX])
{
	const json_t	*v = json_object_get(row, key);
	size_t		 i;

	if (json_is_string(v))
		(void)snprintf(out, CELL_MAX, "%s", json_string_value(v));
	else if (json_is_integer(v))
		(void)snprintf(out, CELL_MAX, "%" JSON_INTEGER_FORMAT,
		    json_integer_value(v));
	else if (json_is_boolean(v))
		(void)snprintf(out, CELL_MAX, "%s", json_is_true(v) ? "yes" :
		    "no");
	else
		out[0] = '\0';
	for (i = 0; out[i] != '\0'; i++)
		if ((unsigned char)out[i] < 0x20 || out[i] == 0x7f)
			out[i] = '?';
}

static void
print_row(const json_t *row, const struct adm_column *columns,
    const size_t *widths)
{
	char	 text[CELL_MAX];
	int	 i;

	for (i = 0; columns[i].title != NULL; i++) {
		if (row == NULL)
			(void)snprintf(text, sizeof(text), "%s",
			    columns[i].title);
		else
			cell(row, columns[i].key, text);
		/* No blanks behind the last one. */
		(void)printf("%-*s%s", columns[i + 1].title != NULL ?
		    (int)widths[i] : 0, text,
		    columns[i + 1].title != NULL ? "  " : "\n");
	}
}

static void
widen(struct adm_rows *rows, const json_t *page)
{
	char	 text[CELL_MAX];
	json_t	*row;
	size_t	 n;
	int	 i;

	json_array_foreach((json_t *)(uintptr_t)page, n, row)
		for (i = 0; rows->columns[i].title != NULL; i++) {
			cell(row, rows->columns[i].key, text);
			if (strlen(text) > rows->widths[i])
				rows->widths[i] = strlen(text);
		}
}

static void
table_head(struct adm_rows *rows, const json_t *page)
{
	int	 i;

	for (i = 0; rows->columns[i].title != NULL; i++)
		rows->widths[i] = strlen(rows->columns[i].title);
	widen(rows, page);
	print_row(NULL, rows->columns, rows->widths);
}

static void
table_put(struct adm_rows *rows, const json_t *page)
{
	json_t	*row;
	size_t	 i;

	if (rows->n == 0)
		table_head(rows, page);
	else
		widen(rows, page);
	json_array_foreach((json_t *)(uintptr_t)page, i, row)
		print_row(row, rows->columns, rows->widths);
}

/* RFC 4180 section 2; the value stays as it is. */
static void
csv_field(const char *text, const char *end)
{
	const char	*quote = strpbrk(text, ",\"\r\n") != NULL ? "\"" : "";

	(void)fputs(quote, stdout);
	for (; *text != '\0'; text++) {
		if (*text == '"')
			(void)putchar('"');
		(void)putchar(*text);
	}
	(void)printf("%s%s", quote, end);
}

/* A text as it is, however long; anything else as people get it. */
static const char *
csv_text(const json_t *row, const char *key, char other[CELL_MAX])
{
	const char	*text = json_string_value(json_object_get(row, key));

	if (text != NULL)
		return text;
	cell(row, key, other);
	return other;
}

static void
csv_line(const json_t *row, const struct adm_column *columns)
{
	char	 other[CELL_MAX];
	int	 i;

	for (i = 0; columns[i].title != NULL; i++)
		csv_field(row == NULL ? columns[i].key : csv_text(row,
		    columns[i].key, other),
		    columns[i + 1].title != NULL ? "," : "\r\n");
}

static void
csv_put(struct adm_rows *rows, const json_t *page)
{
	json_t	*row;
	size_t	 i;

	if (rows->n == 0)
		csv_line(NULL, rows->columns);
	json_array_foreach((json_t *)(uintptr_t)page, i, row)
		csv_line(row, rows->columns);
}

/* What stands between the brackets of the page. */
static void
json_put(struct adm_rows *rows, const json_t *page)
{
	char	*text = json_dumps(page, JSON_INDENT(2));
	size_t	 len = text != NULL ? strlen(text) : 0;

	if (len > 3)		/* "[", "\n]" */
		(void)printf("%s%.*s", rows->n == 0 ? "[" : ",",
		    (int)(len - 3), text + 1);
	free(text);
}

static enum scep_err
written(struct adm *adm)
{
	return fflush(stdout) != EOF && !ferror(stdout) ? SCEP_OK :
	    scep_fail(&adm->err, SCEP_E_STORE, ADM_UNWRITTEN);
}

enum scep_err
adm_rows_put(struct adm *adm, struct adm_rows *rows, const json_t *page)
{
	static void	(*const puts[])(struct adm_rows *, const json_t *) = {
		[ADM_TABLE] = table_put,
		[ADM_CSV] = csv_put,
		[ADM_JSON] = json_put,
	};

	if (json_array_size(page) == 0)
		return SCEP_OK;
	puts[rows->form](rows, page);
	rows->n += json_array_size(page);
	return written(adm);
}

enum scep_err
adm_rows_end(struct adm *adm, struct adm_rows *rows)
{
	if (rows->form == ADM_JSON)
		(void)printf("%s\n", rows->n > 0 ? "\n]" : "[]");
	else if (rows->n == 0 && rows->form == ADM_CSV)
		csv_line(NULL, rows->columns);
	else if (rows->n == 0)
		table_head(rows, NULL);
	return written(adm);
}

void
adm_print_record(const json_t *record, const struct adm_column *columns)
{
	char	 text[CELL_MAX];
	int	 i, width = 0;

	for (i = 0; columns[i].title != NULL; i++)
		if ((int)strlen(columns[i].title) > width)
			width = (int)strlen(columns[i].title);
	for (i = 0; columns[i].title != NULL; i++) {
		cell(record, columns[i].key, text);
		if (text[0] != '\0')
			(void)printf("%-*s  %s\n", width, columns[i].title,
			    text);
	}
}

void
adm_print_json(const json_t *result)
{
	(void)json_dumpf(result, stdout, JSON_INDENT(2) | JSON_ENCODE_ANY);
	(void)putchar('\n');
}

enum scep_err
adm_show(struct adm *adm, json_t *request, const struct adm_column *columns)
{
	struct adm_rows	 rows = { .columns = columns };
	json_t		*result;
	enum scep_err	 rc;

	if ((rc = adm_ask(adm, request, &result)) != SCEP_OK)
		return rc;
	if (adm->json)
		adm_print_json(result);
	else if (!json_is_array(result))
		adm_print_record(result, columns);
	else if ((rc = adm_rows_put(adm, &rows, result)) == SCEP_OK)
		rc = adm_rows_end(adm, &rows);
	json_decref(result);
	return rc;
}

enum scep_err
adm_print_der(struct adm *adm, const json_t *hex, const char *what,
    const char *pem)
{
	const char	*text = json_string_value(hex);
	size_t		 len = 0, size;
	uint8_t		*bytes;
	enum scep_err	 rc;

	if (text == NULL)
		return scep_fail(&adm->err, SCEP_E_INTERNAL,
		    "the owner sent no %s", what);
	size = strlen(text) / 2 + 1;
	if ((bytes = malloc(size)) == NULL)
		return scep_fail(&adm->err, SCEP_E_NOMEM, "%s", what);
	rc = scep_hex_read(text, bytes, size, &len, &adm->err);
	if (rc == SCEP_OK && pem == NULL && fwrite(bytes, 1, len, stdout) != len)
		rc = scep_fail(&adm->err, SCEP_E_STORE,
		    ADM_UNWRITTEN);
	if (rc == SCEP_OK && pem != NULL && PEM_write(stdout, pem, "", bytes,
	    (long)len) <= 0)
		rc = scep_fail_ssl(&adm->err, SCEP_E_STORE, "write PEM");
	free(bytes);
	return rc;
}
