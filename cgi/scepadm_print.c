/*
 * scepadm_print.c - results for people: tables and records; and as JSON.
 */
#include <stdio.h>
#include <string.h>

#include "cgi/scepadm.h"

#define COLUMNS_MAX	16
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
print_table(const json_t *rows, const struct adm_column *columns)
{
	size_t		 widths[COLUMNS_MAX] = { 0 };
	char		 text[CELL_MAX];
	json_t		*row;
	size_t		 n;
	int		 i;

	for (i = 0; columns[i].title != NULL; i++)
		widths[i] = strlen(columns[i].title);
	json_array_foreach((json_t *)(uintptr_t)rows, n, row)
		for (i = 0; columns[i].title != NULL; i++) {
			cell(row, columns[i].key, text);
			if (strlen(text) > widths[i])
				widths[i] = strlen(text);
		}
	print_row(NULL, columns, widths);
	json_array_foreach((json_t *)(uintptr_t)rows, n, row)
		print_row(row, columns, widths);
}

static void
print_record(const json_t *record, const struct adm_column *columns)
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
	json_t		*result;
	enum scep_err	 rc;

	if ((rc = adm_ask(adm, request, &result)) != SCEP_OK)
		return rc;
	if (adm->json)
		adm_print_json(result);
	else if (json_is_array(result))
		print_table(result, columns);
	else
		print_record(result, columns);
	json_decref(result);
	return SCEP_OK;
}
