/*
 * scepadm_devices.c - a spreadsheet of devices: each line a challenge.
 *
 * Knows columns, and what may stand in them; whether a profile would issue
 * such a name is the owner's to say, and is asked before anything is made.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/csv.h"
#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "cgi/scepadm_add.h"

#define FILE_MAX_LEN	(64UL * 1024 * 1024)
#define CHUNK		65536
#define FAULTS_TOLD	50
#define DNS_PARTS	" \t;,"		/* between names in a field */

/* Those of an item, by their numbers, and names, of which there may be
 * several. */
enum { DNS = ADM_ITEM__MAX, COLUMNS };
#define COLUMNS_TEXT	"subject or cn, dns, key or csr, set_subject, " \
	"not_before, ttl or not_after, uses, reuse_for, max_wrong, note, " \
	"profile"

struct fault {
	int	 line;
	char	 text[sizeof(((struct scep_error *)NULL)->text)];
};

/* A file being read. */
struct sheet {
	struct adm		*adm;
	const char		*path;		/* for messages */
	const json_t		*deflt;
	struct adm_devices	*out;
	struct fault		 fault[FAULTS_TOLD];	/* the first lines' */
	size_t			 n_faults;	/* in all */
	int			 column[SCEP_CSV_FIELDS];
	size_t			 n_columns;
	int			 has_header;
	size_t			 n_lines;	/* devices, good or bad */
};

/* In the order of lines: the owner's come behind ours. */
static void
fault(struct sheet *sheet, int line, const char *text)
{
	size_t	 n = sheet->n_faults < FAULTS_TOLD ? sheet->n_faults :
		    FAULTS_TOLD - 1;

	if (sheet->n_faults++ >= FAULTS_TOLD && sheet->fault[n].line <= line)
		return;
	for (; n > 0 && sheet->fault[n - 1].line > line; n--)
		sheet->fault[n] = sheet->fault[n - 1];
	sheet->fault[n].line = line;
	(void)snprintf(sheet->fault[n].text, sizeof(sheet->fault[n].text),
	    "%s", text);
}

/* Header. */

static const char *
column_name(int column)
{
	return column == DNS ? "dns" : adm_item_name((enum adm_item)column);
}

static int
column_find(const char *title)
{
	int	 i;

	for (i = 0; i < COLUMNS; i++)
		if (strcasecmp(title, column_name(i)) == 0)
			break;
	return i;
}

/* A subject has an `=`; a title has none. */
static int
is_header(const struct scep_csv_record *r)
{
	int	 known = 0;
	size_t	 i;

	for (i = 0; i < r->n; i++) {
		if (strchr(r->field[i], '=') != NULL)
			return 0;
		known |= column_find(r->field[i]) != COLUMNS;
	}
	return known;
}

static int
has_column(const struct sheet *sheet, int column)
{
	size_t	 i;

	for (i = 0; i < sheet->n_columns; i++)
		if (sheet->column[i] == column)
			return 1;
	return 0;
}

static enum scep_err
read_header(struct sheet *sheet, const struct scep_csv_record *r)
{
	struct scep_error	*err = &sheet->adm->err;
	size_t			 i;

	for (i = 0; i < r->n; i++) {
		const int	 c = column_find(r->field[i]);

		if (c == COLUMNS)
			return scep_fail(err, SCEP_E_REFUSED, "%s:%d: column "
			    "%zu is called \"%.64s\"; those that mean "
			    "something are %s: rename it, or take it out",
			    sheet->path, r->line, i + 1, r->field[i],
			    COLUMNS_TEXT);
		if (c != DNS && has_column(sheet, c))
			return scep_fail(err, SCEP_E_REFUSED, "%s:%d: two "
			    "columns are called %s", sheet->path, r->line,
			    column_name(c));
		sheet->column[sheet->n_columns++] = c;
	}
	sheet->has_header = 1;
	return SCEP_OK;
}

/* What the columns are; *is_data is 1 if this line is a device already. */
static enum scep_err
read_first(struct sheet *sheet, const struct scep_csv_record *r, int *is_data)
{
	size_t	 i;

	*is_data = !is_header(r);
	if (!*is_data)
		return read_header(sheet, r);
	if (strchr(r->field[0], '=') == NULL)
		return scep_fail(&sheet->adm->err, SCEP_E_REFUSED, "%s:%d: "
		    "neither a header (%s) nor a device, whose line begins "
		    "with a subject such as CN=printer-7", sheet->path,
		    r->line, COLUMNS_TEXT);
	for (i = 0; i < SCEP_CSV_FIELDS; i++)
		sheet->column[i] = i == 0 ? (int)ADM_ITEM_SUBJECT : DNS;
	sheet->n_columns = SCEP_CSV_FIELDS;
	return SCEP_OK;
}

/* Devices. */

static void
add_dns(json_t *list, const char *field)
{
	size_t	 len;

	for (;;) {
		field += strspn(field, DNS_PARTS);
		if ((len = strcspn(field, DNS_PARTS)) == 0)
			return;
		(void)json_array_append_new(list, json_stringn(field, len));
		field += len;
	}
}

/* The fields by column, empty ones as NULL. */
static enum scep_err
sort_fields(const struct sheet *sheet, const struct scep_csv_record *r,
    const char *value[ADM_ITEM__MAX], json_t *dns, struct scep_error *err)
{
	size_t	 i;

	if (r->n > sheet->n_columns)
		return scep_fail(err, SCEP_E_REFUSED, "%zu fields, and the "
		    "header has %zu; a subject with a comma in it stands in "
		    "quotes", r->n, sheet->n_columns);
	for (i = 0; i < r->n; i++) {
		if (sheet->column[i] == DNS && strchr(r->field[i], '=') != NULL)
			return scep_fail(err, SCEP_E_REFUSED, "\"%.64s\" "
			    "stands where a DNS name is wanted; a subject of "
			    "several parts stands in quotes", r->field[i]);
		if (sheet->column[i] == DNS)
			add_dns(dns, r->field[i]);
		else if (r->field[i][0] != '\0')
			value[sheet->column[i]] = r->field[i];
	}
	return SCEP_OK;
}

static enum scep_err
check_names(const char *const value[ADM_ITEM__MAX], const json_t *dns,
    struct scep_error *err)
{
	if (value[ADM_ITEM_SUBJECT] != NULL && value[ADM_ITEM_CN] != NULL)
		return scep_fail(err, SCEP_E_REFUSED, "cn is short for a "
		    "subject of CN=...: one of them must be empty");
	if (value[ADM_ITEM_SUBJECT] == NULL && value[ADM_ITEM_CN] == NULL &&
	    value[ADM_ITEM_KEY] == NULL && value[ADM_ITEM_CSR] == NULL &&
	    json_array_size(dns) == 0)
		return scep_fail(err, SCEP_E_REFUSED, "it names nobody, and "
		    "its challenge would be good for any name; fill in "
		    "subject, cn, dns, key or csr");
	return adm_item_check(value, err);
}

static enum scep_err
put_fields(json_t *item, const char *const value[ADM_ITEM__MAX],
    json_t *dns, struct scep_error *err)
{
	int	 i;

	for (i = 0; i < ADM_ITEM__MAX; i++)
		if (value[i] != NULL && adm_item_put(item, (enum adm_item)i,
		    value[i], err) != SCEP_OK)
			return scep_fail_within(err, "%s", column_name(i));
	/* A member less would bind a name less. */
	if (json_array_size(dns) > 0 &&
	    json_object_set(item, "dns", dns) != 0)
		return scep_fail(err, SCEP_E_NOMEM, "no memory");
	return SCEP_OK;
}

static json_t *
row_json(const struct scep_csv_record *r,
    const char *const value[ADM_ITEM__MAX], json_t *dns)
{
	const char	*cn = value[ADM_ITEM_CN];
	const char	*subject = value[ADM_ITEM_SUBJECT];

	return json_pack("{s:i,s:s,s:O}", "line", r->line,
	    cn != NULL ? "cn" : "subject",
	    cn != NULL ? cn : subject != NULL ? subject : "", "dns", dns);
}

static enum scep_err
read_device(struct sheet *sheet, const struct scep_csv_record *r,
    struct scep_error *err)
{
	const char	*value[ADM_ITEM__MAX] = { NULL };
	json_t		*item = json_copy((json_t *)(uintptr_t)sheet->deflt);
	json_t		*dns = json_array();
	enum scep_err	 rc;

	if ((rc = sort_fields(sheet, r, value, dns, err)) == SCEP_OK &&
	    (rc = check_names(value, dns, err)) == SCEP_OK &&
	    (rc = put_fields(item, value, dns, err)) == SCEP_OK) {
		(void)json_array_append(sheet->out->items, item);
		(void)json_array_append_new(sheet->out->rows,
		    row_json(r, value, dns));
	}
	json_decref(dns);
	json_decref(item);
	return rc;
}

static enum scep_err
read_records(struct sheet *sheet, struct scep_csv *csv,
    struct scep_csv_record *r)
{
	struct scep_error	 why;
	enum scep_err		 rc;
	int			 is_data = 1;

	while ((rc = scep_csv_next(csv, r, &why)) != SCEP_E_NOTFOUND) {
		if (rc == SCEP_OK && sheet->n_columns == 0 &&
		    (rc = read_first(sheet, r, &is_data)) != SCEP_OK)
			return rc;
		if (rc == SCEP_OK && is_data)
			rc = read_device(sheet, r, &why);
		if (rc != SCEP_OK)
			fault(sheet, r->line, why.text);
		sheet->n_lines += rc != SCEP_OK || is_data;
		is_data = 1;
		if (sheet->n_lines > ADM_ADD_MAX)
			return scep_fail(&sheet->adm->err, SCEP_E_REFUSED,
			    "%s:%d: more than %d devices; split the file",
			    sheet->path, r->line, ADM_ADD_MAX);
	}
	return SCEP_OK;
}

/* The file. */

static enum scep_err
read_stdin(struct adm *adm, struct scep_buf *text)
{
	uint8_t	*grown;
	size_t	 size = 0;
	ssize_t	 n = 1;

	while (n > 0) {
		if (text->len == size) {
			size += size + CHUNK;
			if (size > 2 * FILE_MAX_LEN || (grown =
			    OPENSSL_realloc(text->data, size)) == NULL)
				return scep_fail(&adm->err, SCEP_E_USAGE,
				    "standard input: more than %lu octets",
				    FILE_MAX_LEN);
			text->data = grown;
		}
		n = read(STDIN_FILENO, text->data + text->len,
		    size - text->len);
		text->len += n > 0 ? (size_t)n : 0;
	}
	return n == 0 ? SCEP_OK : scep_fail(&adm->err, SCEP_E_USAGE,
	    "standard input cannot be read");
}

static enum scep_err
read_sheet(struct sheet *sheet, const char *path)
{
	struct scep_buf		 text = { NULL, 0 };
	struct scep_csv_record	*record;
	struct scep_csv		 csv;
	enum scep_err		 rc;

	if ((record = malloc(sizeof(*record))) == NULL)
		return scep_fail(&sheet->adm->err, SCEP_E_NOMEM, "%s", path);
	rc = strcmp(path, "-") == 0 ? read_stdin(sheet->adm, &text) :
	    scep_file_read(path, FILE_MAX_LEN, &text, &sheet->adm->err);
	if (rc == SCEP_OK) {
		scep_csv_open(&csv, scep_buf_span(&text));
		rc = read_records(sheet, &csv, record);
	}
	scep_buf_clear(&text);
	free(record);
	return rc;
}

/* Verdict. */

/* The owner's, of one item. */
static void
owner_fault(void *arg, size_t item, const char *text)
{
	struct sheet	*sheet = arg;
	const json_t	*row = json_array_get(sheet->out->rows, item);

	fault(sheet, (int)json_integer_value(json_object_get(row, "line")),
	    text);
}

static enum scep_err
tell_faults(const struct sheet *sheet)
{
	size_t	 i;

	if (sheet->n_faults == 0)
		return SCEP_OK;
	for (i = 0; i < sheet->n_faults && i < FAULTS_TOLD; i++)
		(void)fprintf(stderr, "scepadm: %s:%d: %s\n", sheet->path,
		    sheet->fault[i].line, sheet->fault[i].text);
	if (sheet->n_faults > FAULTS_TOLD)
		(void)fprintf(stderr, "scepadm: and %zu more\n",
		    sheet->n_faults - FAULTS_TOLD);
	return scep_fail(&sheet->adm->err, SCEP_E_REFUSED, "%s: %zu of %zu "
	    "lines cannot be; mend them: nothing was made", sheet->path,
	    sheet->n_faults, sheet->n_lines);
}

static enum scep_err
judge(struct sheet *sheet, size_t count)
{
	enum scep_err	 rc;

	if (count > 0 && count != sheet->n_lines)
		return scep_fail(&sheet->adm->err, SCEP_E_REFUSED, "%s holds "
		    "%zu devices, and --count says %zu; nothing was made",
		    sheet->path, sheet->n_lines, count);
	if (sheet->n_lines == 0)
		return scep_fail(&sheet->adm->err, SCEP_E_REFUSED,
		    "%s holds no device", sheet->path);
	if ((rc = adm_add_check(sheet->adm, sheet->out->items, owner_fault,
	    sheet)) != SCEP_OK)
		return rc;
	return tell_faults(sheet);
}

enum scep_err
adm_devices_read(struct adm *adm, const char *path, const json_t *deflt,
    size_t count, struct adm_devices *out)
{
	struct sheet	 sheet = {
		.adm = adm,
		.path = strcmp(path, "-") == 0 ? "standard input" : path,
		.deflt = deflt,
		.out = out,
	};
	enum scep_err	 rc;

	out->items = json_array();
	out->rows = json_array();
	if ((rc = read_sheet(&sheet, path)) == SCEP_OK)
		rc = judge(&sheet, count);
	out->has_cn = has_column(&sheet, ADM_ITEM_CN) &&
	    !has_column(&sheet, ADM_ITEM_SUBJECT);
	if (rc != SCEP_OK)
		adm_devices_clear(out);
	return rc;
}

void
adm_devices_clear(struct adm_devices *devices)
{
	json_decref(devices->items);
	json_decref(devices->rows);
	devices->items = devices->rows = NULL;
}
