/*
 * manifest.c - what is in a backup, as JSON and back.
 *
 * Reading trusts nothing: a place is a path below the backup, whatever the
 * text says.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/error.h"
#include "base/text.h"
#include "ca/manifest.h"

#define FORMAT		1
#define ROOM_STEP	32

static const char *const	kinds[SCEP_KEPT__MAX] = {
	[SCEP_KEPT_CONF] = "configuration",
	[SCEP_KEPT_FILE] = "file",
	[SCEP_KEPT_STORE] = "store",
};

struct scep_manifest_file *
scep_manifest_add(struct scep_manifest *m)
{
	struct scep_manifest_file	*grown = m->file;

	if (m->n % ROOM_STEP == 0 && (grown = realloc(m->file,
	    (m->n + ROOM_STEP) * sizeof(*grown))) == NULL)
		return NULL;
	m->file = grown;
	memset(&m->file[m->n], 0, sizeof(*m->file));
	return &m->file[m->n++];
}

void
scep_manifest_clear(struct scep_manifest *m)
{
	free(m->file);
	memset(m, 0, sizeof(*m));
}

/* Out. */

static json_t *
file_json(const struct scep_manifest_file *f)
{
	char	 hex[2 * SCEP_SHA256_LEN + 1], mode[8];

	scep_hex_text(scep_span_make(f->sha256, sizeof(f->sha256)), hex,
	    sizeof(hex));
	(void)snprintf(mode, sizeof(mode), "%04o", f->mode & 07777);
	return json_pack("{s:s,s:s,s:s,s:I,s:s,s:s,s:b}", "place", f->place,
	    "from", f->from, "kind", kinds[f->kind], "size",
	    (json_int_t)f->size, "sha256", hex, "mode", mode, "owners",
	    f->owners);
}

enum scep_err
scep_manifest_encode(const struct scep_manifest *m, struct scep_buf *out,
    struct scep_error *err)
{
	char		 when[SCEP_TIME_TEXT], *text = NULL;
	json_t		*root, *files = json_array();
	size_t		 i;
	int		 ok = files != NULL;
	enum scep_err	 rc;

	for (i = 0; ok && i < m->n; i++)
		ok = json_array_append_new(files, file_json(&m->file[i])) ==
		    0;
	scep_time_text(m->time, when);
	root = json_pack("{s:i,s:s,s:i,s:s,s:I,s:s,s:s,s:s,s:s,s:o}",
	    "format", FORMAT, "version", m->version, "schema",
	    (int)m->schema, "time", when, "log_seq", (json_int_t)m->log_seq,
	    "user", m->user, "conf", m->conf, "state", m->state,
	    "state_from", m->state_from, "files", files);
	if (ok && root != NULL)
		text = json_dumps(root, JSON_INDENT(1));
	json_decref(root);
	if (text == NULL)
		return scep_fail(err, SCEP_E_INTERNAL, "%s: a name is not "
		    "UTF-8, or no memory", SCEP_MANIFEST_NAME);
	if ((rc = scep_buf_set(out, scep_span_text(text), err)) == SCEP_OK)
		rc = scep_buf_add(out, scep_span_text("\n"), err);
	free(text);
	return rc;
}

/* In. */

static enum scep_err
bad(const char *what, struct scep_error *err)
{
	return scep_fail(err, SCEP_E_REFUSED, "%s: %s is missing or wrong",
	    SCEP_MANIFEST_NAME, what);
}

static enum scep_err
get_text(const json_t *object, const char *member, char *out, size_t size,
    struct scep_error *err)
{
	const char	*text = json_string_value(json_object_get(object,
			    member));

	if (text == NULL || strlen(text) >= size ||
	    !scep_is_clean_utf8(scep_span_text(text)))
		return bad(member, err);
	(void)snprintf(out, size, "%s", text);
	return SCEP_OK;
}

/* "a/b": no part of it is empty, "." or "..". */
static int
is_below(const char *place)
{
	size_t	 n;

	for (;; place += n + 1) {
		n = strcspn(place, "/");
		if (n == 0 || (n == 1 && place[0] == '.') ||
		    (n == 2 && strncmp(place, "..", 2) == 0))
			return 0;
		if (place[n] == '\0')
			return 1;
	}
}

/* The same, from the root. */
static int
is_absolute(const char *path)
{
	return path[0] == '/' && is_below(path + 1);
}

static enum scep_err
get_kind(const json_t *object, enum scep_kept *out, struct scep_error *err)
{
	const char	*text = json_string_value(json_object_get(object,
			    "kind"));
	int		 i;

	for (i = 0; text != NULL && i < SCEP_KEPT__MAX; i++)
		if (strcmp(text, kinds[i]) == 0) {
			*out = (enum scep_kept)i;
			return SCEP_OK;
		}
	return bad("kind", err);
}

static enum scep_err
get_file(const json_t *object, struct scep_manifest_file *f,
    struct scep_error *err)
{
	char		 hex[2 * SCEP_SHA256_LEN + 1], mode[8];
	json_int_t	 size;
	size_t		 len = 0;
	enum scep_err	 rc;

	size = json_integer_value(json_object_get(object, "size"));
	if ((rc = get_text(object, "place", f->place, sizeof(f->place),
	    err)) != SCEP_OK ||
	    (rc = get_text(object, "from", f->from, sizeof(f->from), err)) !=
	    SCEP_OK ||
	    (rc = get_kind(object, &f->kind, err)) != SCEP_OK ||
	    (rc = get_text(object, "sha256", hex, sizeof(hex), err)) !=
	    SCEP_OK ||
	    (rc = get_text(object, "mode", mode, sizeof(mode), err)) !=
	    SCEP_OK)
		return rc;
	if (!is_below(f->place))
		return bad("place", err);
	if (!is_absolute(f->from))
		return bad("from", err);
	if (size < 0)
		return bad("size", err);
	if (scep_hex_read(hex, f->sha256, sizeof(f->sha256), &len, err) !=
	    SCEP_OK || len != sizeof(f->sha256))
		return bad("sha256", err);
	f->size = (uint64_t)size;
	f->mode = (unsigned int)strtoul(mode, NULL, 8) & 0777;
	f->owners = json_is_true(json_object_get(object, "owners"));
	return SCEP_OK;
}

static enum scep_err
get_head(const json_t *root, struct scep_manifest *m, struct scep_error *err)
{
	char		 when[SCEP_TIME_TEXT];
	json_int_t	 format, schema, seq;
	enum scep_err	 rc;

	format = json_integer_value(json_object_get(root, "format"));
	schema = json_integer_value(json_object_get(root, "schema"));
	seq = json_integer_value(json_object_get(root, "log_seq"));
	if (format > FORMAT)
		return scep_fail(err, SCEP_E_REFUSED, "%s is of form %lld and "
		    "this program knows %d: the backup was made by a newer "
		    "version; restore it with that one", SCEP_MANIFEST_NAME,
		    (long long)format, FORMAT);
	if (format != FORMAT || schema < 0 || seq < 0)
		return bad("format, schema or log_seq", err);
	m->schema = (unsigned int)schema;
	m->log_seq = (uint64_t)seq;
	if ((rc = get_text(root, "version", m->version, sizeof(m->version),
	    err)) != SCEP_OK ||
	    (rc = get_text(root, "time", when, sizeof(when), err)) !=
	    SCEP_OK ||
	    (rc = get_text(root, "user", m->user, sizeof(m->user), err)) !=
	    SCEP_OK ||
	    (rc = get_text(root, "conf", m->conf, sizeof(m->conf), err)) !=
	    SCEP_OK ||
	    (rc = get_text(root, "state", m->state, sizeof(m->state),
	    err)) != SCEP_OK ||
	    (rc = get_text(root, "state_from", m->state_from,
	    sizeof(m->state_from), err)) != SCEP_OK)
		return rc;
	if (scep_time_read(when, &m->time, err) != SCEP_OK)
		return bad("time", err);
	if (!is_below(m->conf) || !is_absolute(m->state_from) ||
	    (m->state[0] != '\0' && !is_below(m->state)))
		return bad("conf, state or state_from", err);
	return SCEP_OK;
}

static enum scep_err
get_all(const json_t *root, struct scep_manifest *m, struct scep_error *err)
{
	const json_t			*files = json_object_get(root,
					    "files");
	struct scep_manifest_file	*f;
	json_t				*one;
	size_t				 i;
	enum scep_err			 rc;

	if ((rc = get_head(root, m, err)) != SCEP_OK)
		return rc;
	json_array_foreach((json_t *)(uintptr_t)files, i, one) {
		if ((f = scep_manifest_add(m)) == NULL)
			return scep_fail(err, SCEP_E_NOMEM, "manifest");
		if ((rc = get_file(one, f, err)) != SCEP_OK)
			return scep_fail_within(err, "file %zu", i + 1);
	}
	return m->n > 0 ? SCEP_OK : bad("files", err);
}

enum scep_err
scep_manifest_decode(struct scep_span json, struct scep_manifest *out,
    struct scep_error *err)
{
	json_error_t	 where;
	json_t		*root;
	enum scep_err	 rc;

	memset(out, 0, sizeof(*out));
	root = json_loadb((const char *)json.data, json.len,
	    JSON_REJECT_DUPLICATES, &where);
	if (root == NULL)
		return scep_fail(err, SCEP_E_REFUSED, "%s is no JSON at line "
		    "%d", SCEP_MANIFEST_NAME, where.line);
	rc = get_all(root, out, err);
	json_decref(root);
	if (rc != SCEP_OK)
		scep_manifest_clear(out);
	return rc;
}
