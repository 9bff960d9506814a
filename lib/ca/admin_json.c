/*
 * admin_json.c - the operator's JSON: strict in, plain out.
 *
 * Knows jansson and nothing of what is asked for.  Texts that passed through
 * it are overwritten before they are freed: one may have been a challenge.
 */
#include <string.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "base/text.h"
#include "ca/admin.h"
#include "ca/admin_json.h"
#include "ca/apikey.h"

#define TEXTS_MAX	64
#define ROWS_START	4096
#define SHOWN_MAX	64	/* octets of a member's name */

static enum scep_err
check_text(const struct scep_admin_member *m, const json_t *value,
    struct scep_error *err)
{
	size_t	 len = json_string_length(value);

	if (!json_is_string(value))
		return scep_fail(err, SCEP_E_USAGE, "%s is no text", m->name);
	if (len < (size_t)m->min || len > (size_t)m->max)
		return scep_fail(err, SCEP_E_USAGE,
		    "%s has %zu octets, not %ld to %ld", m->name, len, m->min,
		    m->max);
	if (!scep_is_clean_utf8(scep_span_make(json_string_value(value), len)))
		return scep_fail(err, SCEP_E_USAGE,
		    "%s holds a control character", m->name);
	return SCEP_OK;
}

static enum scep_err
check_texts(const struct scep_admin_member *m, const json_t *value,
    struct scep_error *err)
{
	enum scep_err	 rc;
	size_t		 i;

	if (!json_is_array(value) || json_array_size(value) > TEXTS_MAX)
		return scep_fail(err, SCEP_E_USAGE,
		    "%s is no list of at most %d texts", m->name, TEXTS_MAX);
	for (i = 0; i < json_array_size(value); i++)
		if ((rc = check_text(m, json_array_get(value, i), err)) !=
		    SCEP_OK)
			return rc;
	return SCEP_OK;
}

static enum scep_err
check_items(const struct scep_admin_member *m, const json_t *value,
    struct scep_error *err)
{
	size_t	 i;

	if (!json_is_array(value) ||
	    json_array_size(value) < (size_t)m->min ||
	    json_array_size(value) > (size_t)m->max)
		return scep_fail(err, SCEP_E_USAGE,
		    "%s is no list of %ld to %ld objects", m->name, m->min,
		    m->max);
	for (i = 0; i < json_array_size(value); i++)
		if (!json_is_object(json_array_get(value, i)))
			return scep_fail(err, SCEP_E_USAGE,
			    "item %zu of %s is no object", i + 1, m->name);
	return SCEP_OK;
}

static enum scep_err
check_number(const struct scep_admin_member *m, const json_t *value,
    struct scep_error *err)
{
	char	 most[SCEP_DURATION_TEXT];

	if (!json_is_integer(value))
		return scep_fail(err, SCEP_E_USAGE, "%s is no whole number",
		    m->name);
	if (json_integer_value(value) >= m->min &&
	    json_integer_value(value) <= m->max)
		return SCEP_OK;
	if (m->kind != SCEP_ADMIN_SECONDS)
		return scep_fail(err, SCEP_E_USAGE,
		    "%s is not between %ld and %ld", m->name, m->min, m->max);
	scep_duration_text(m->max, most);
	return scep_fail(err, SCEP_E_USAGE, "%s is not between %ld and %ld "
	    "seconds (%s)", m->name, m->min, m->max, most);
}

static enum scep_err
check_member(const struct scep_admin_member *m, const json_t *value,
    struct scep_error *err)
{
	switch (m->kind) {
	case SCEP_ADMIN_TEXT:
		return check_text(m, value, err);
	case SCEP_ADMIN_TEXTS:
		return check_texts(m, value, err);
	case SCEP_ADMIN_ITEMS:
		return check_items(m, value, err);
	case SCEP_ADMIN_NUMBER:
	case SCEP_ADMIN_SECONDS:
		break;
	}
	return check_number(m, value, err);
}

static int
is_known(const struct scep_admin_member *members, const char *name)
{
	for (; members->name != NULL; members++)
		if (strcmp(members->name, name) == 0)
			return 1;
	return 0;
}

/* "profile, subject and note". */
static void
list_members(const struct scep_admin_member *members, char *out, size_t size)
{
	const struct scep_admin_member	*m = members;

	for (out[0] = '\0'; m->name != NULL; m++) {
		if (m > members)
			OPENSSL_strlcat(out, m[1].name != NULL ? ", " :
			    " and ", size);
		OPENSSL_strlcat(out, m->name, size);
	}
}

/* The first of those that are none, and which there are; for scepadm, where
 * with_do, that should not happen. */
static enum scep_err
name_unknown(const struct scep_admin_member *members, const json_t *ask,
    size_t with_do, struct scep_error *err)
{
	json_t		*all = json_deep_copy(ask);	/* to walk over it */
	const json_t	*ignored;
	const char	*name;
	char		 names[512];

	json_object_foreach(all, name, ignored)
		if (!is_known(members, name) &&
		    (with_do == 0 || strcmp(name, "do") != 0))
			break;
	if (name == NULL || strlen(name) > SHOWN_MAX ||
	    !scep_is_clean_utf8(scep_span_text(name)))
		name = "?";
	list_members(members, names, sizeof(names));
	(void)scep_fail(err, SCEP_E_USAGE, "there is no member \"%s\"; there "
	    "are %s%s", name, *names != '\0' ? names : "none", with_do != 0 ?
	    "; is scepadm of the same version as scep.fcgi" : "");
	json_decref(all);
	return SCEP_E_USAGE;
}

static enum scep_err
check_members(const struct scep_admin_member *members, const json_t *ask,
    size_t with_do, struct scep_error *err)
{
	size_t				 known = with_do;
	const struct scep_admin_member	*m;
	const json_t			*value;
	enum scep_err			 rc;

	for (m = members; m->name != NULL; m++) {
		if ((value = json_object_get(ask, m->name)) == NULL) {
			if (m->required)
				return scep_fail(err, SCEP_E_USAGE,
				    "%s is missing", m->name);
			continue;
		}
		known++;
		if ((rc = check_member(m, value, err)) != SCEP_OK)
			return rc;
	}
	return json_object_size(ask) == known ? SCEP_OK :
	    name_unknown(members, ask, with_do, err);
}

enum scep_err
scep_admin_check(const struct scep_admin_member *members, const json_t *ask,
    struct scep_error *err)
{
	return check_members(members, ask, 1, err);
}

enum scep_err
scep_admin_check_item(const struct scep_admin_member *members,
    const json_t *item, struct scep_error *err)
{
	return check_members(members, item, 0, err);
}

const char *
scep_admin_text(const struct scep_admin_call *call, const char *name,
    const char *fallback)
{
	const char	*text = json_string_value(json_object_get(call->ask,
			    name));

	return text != NULL ? text : fallback;
}

long
scep_admin_number(const struct scep_admin_call *call, const char *name,
    long fallback)
{
	const json_t	*n = json_object_get(call->ask, name);

	return n != NULL ? (long)json_integer_value(n) : fallback;
}

enum scep_err
scep_admin_dump(json_t *json, struct scep_buf *out, struct scep_error *err)
{
	const size_t	 len = json_dumpb(json, NULL, 0, JSON_COMPACT);
	char		*text = NULL;

	if (len > 0 && (text = OPENSSL_malloc(len + 1)) != NULL) {
		(void)json_dumpb(json, text, len, JSON_COMPACT);
		text[len] = '\0';
	}
	json_decref(json);
	if (text == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "the answer as JSON");
	scep_buf_clear(out);
	out->data = (uint8_t *)text;
	out->len = len;
	return SCEP_OK;
}

enum scep_err
scep_admin_object(struct scep_admin_call *call, json_t *result,
    struct scep_error *err)
{
	if (result == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "the result as JSON");
	call->result = result;
	return SCEP_OK;
}

void
scep_admin_open_rows(struct scep_admin_call *call)
{
	call->rows.open = 1;
}

static enum scep_err
rows_grow(struct scep_admin_rows *rows, size_t more, struct scep_error *err)
{
	size_t	 size = rows->size > 0 ? rows->size : ROWS_START;
	char	*text;

	if (more > SCEP_ADMIN_MAX || rows->len + more > SCEP_ADMIN_MAX)
		return scep_fail(err, SCEP_E_TOOBIG, "the list is longer than "
		    "%d MiB; ask for one of them (show)",
		    SCEP_ADMIN_MAX / 1024 / 1024);
	while (size < rows->len + more)
		size *= 2;
	if (size == rows->size)
		return SCEP_OK;
	if ((text = OPENSSL_clear_realloc(rows->text, rows->size, size)) ==
	    NULL)
		return scep_fail(err, SCEP_E_NOMEM, "a list of %zu octets",
		    size);
	rows->text = text;
	rows->size = size;
	return SCEP_OK;
}

enum scep_err
scep_admin_row(struct scep_admin_call *call, json_t *row,
    struct scep_error *err)
{
	struct scep_admin_rows	*rows = &call->rows;
	struct scep_buf		 text = { NULL, 0 };
	enum scep_err		 rc;

	if ((rc = scep_admin_dump(row, &text, err)) != SCEP_OK)
		return rc;
	if ((rc = rows_grow(rows, text.len + 1, err)) == SCEP_OK) {
		if (rows->len > 0)
			rows->text[rows->len++] = ',';
		memcpy(rows->text + rows->len, text.data, text.len);
		rows->len += text.len;
	}
	scep_buf_clear(&text);
	return rc;
}

void
scep_admin_printable(char *text)
{
	if (scep_is_clean_utf8(scep_span_text(text)))
		return;
	for (; *text != '\0'; text++)
		if (*text < 0x20 || *text > 0x7e)
			*text = '?';
}

void
scep_admin_subject(struct scep_span der, struct scep_admin_name *out)
{
	out->text[0] = '\0';
	if (der.len > 0)
		scep_name_text(der, out->text, sizeof(out->text));
	scep_text_clean(out->text);
}

void
scep_admin_san(struct scep_span der, struct scep_admin_name *out)
{
	struct scep_san_list	 list;
	struct scep_error	 why;

	out->text[0] = '\0';
	if (der.len == 0)
		return;
	if (scep_san_parse(der, &list, &why) != SCEP_OK) {
		OPENSSL_strlcpy(out->text, "(unreadable)", sizeof(out->text));
		return;
	}
	scep_san_text(&list, out->text, sizeof(out->text));
	scep_san_clear(&list);
	scep_text_clean(out->text);
}

int
scep_admin_may_see(const struct scep_admin_call *call, const char *profile)
{
	return call->caller == NULL ||
	    scep_apikey_has_profile(call->caller, profile);
}

void
scep_admin_log_start(const struct scep_admin_call *call, const char *event,
    const char *id, struct scep_line *line)
{
	char	 when[SCEP_TIME_TEXT];

	scep_time_text(call->now, when);
	scep_line_text(line, "time", when);
	scep_line_text(line, "event", event);
	if (id != NULL)
		scep_line_text(line, "id", id);
}

enum scep_err
scep_admin_log_end(const struct scep_admin_call *call, struct scep_line *line,
    struct scep_change *change, struct scep_error *err)
{
	scep_line_text(line, "by", call->by);
	return scep_buf_set(&change->log, scep_span_text(line->text), err);
}

json_t *
scep_admin_hex_json(const struct scep_buf *der)
{
	const size_t	 size = 2 * der->len + 1;
	char		*text = OPENSSL_malloc(size);
	json_t		*json;

	if (text == NULL)
		return NULL;
	scep_hex_text(scep_buf_span(der), text, size);
	json = json_string(text);
	OPENSSL_free(text);
	return json;
}

enum scep_err
scep_admin_retry(struct scep_admin_call *call, scep_admin_fn fn,
    struct scep_error *err)
{
	enum scep_err	 rc = SCEP_E_CHANGED;
	int		 i;

	for (i = 0; i < SCEP_ADMIN_TRIES && rc == SCEP_E_CHANGED; i++)
		rc = fn(call, err);
	return rc;
}

const struct scep_admin_member	scep_admin_no_members[] = {
	{ NULL, SCEP_ADMIN_TEXT, 0, 0, 0 }
};
