/*
 * conf_read.c - the text of scep.conf: sections, keys, included files.
 *
 * Knows where everything stood; leaves lines to conf_line.c and values to
 * conf_value.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/conf_local.h"
#include "base/error.h"
#include "base/file.h"

#define SECTIONS_MAX	256
#define ENTRIES_MAX	4096
#define OCTETS_MAX	(1024UL * 1024)
#define FILES_MAX	64
#define WORD_MAX_LEN	64
#define DEPTH_MAX	4	/* of included files */

#define WORD	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" \
		"0123456789._-"
#define BLANK	" \t"

struct reader {
	struct scep_conf	*conf;
	/* The file that includes one waits below it. */
	struct scep_conf_source	 stack[DEPTH_MAX + 1];
	struct scep_conf_source	*src;	/* the top of the stack */
	struct scep_conf_line	 line;
	int			 may_include;
	size_t			 here;	/* current section; SIZE_MAX: none */
	struct scep_error	*err;
};

static enum scep_err
at_line(const struct reader *r)
{
	r->err->code = SCEP_E_CONFIG;
	return scep_fail_within(r->err, "%s:%d", r->src->file, r->line.start);
}

static enum scep_err
no_memory(const struct reader *r)
{
	return scep_fail(r->err, SCEP_E_NOMEM, "%s:%d", r->src->file,
	    r->line.start);
}

/* Is there an odd number of backslashes in front of text[i]? */
static int
is_escaped(const char *text, size_t i)
{
	size_t	 n = 0;

	while (n < i && text[i - n - 1] == '\\')
		n++;
	return n % 2 == 1;
}

/* Blanks off both ends, but not one that a backslash keeps. */
static char *
trim(char *text)
{
	size_t	 len;

	text += strspn(text, BLANK);
	len = strlen(text);
	while (len > 0 && strchr(BLANK, text[len - 1]) != NULL &&
	    !is_escaped(text, len - 1))
		len--;
	text[len] = '\0';
	return text;
}

static struct scep_conf_part *
part_add(struct scep_conf *conf)
{
	struct scep_conf_part	*grown;

	grown = realloc(conf->part, (conf->n + 1) * sizeof(*grown));
	if (grown == NULL)
		return NULL;
	conf->part = grown;
	memset(&grown[conf->n], 0, sizeof(*grown));
	return &grown[conf->n++];
}

static enum scep_err
section_open(struct reader *r, const char *kind, const char *name)
{
	const struct scep_conf_section	*old;
	struct scep_conf_part		*part;
	char				*k, *n;

	if ((old = scep_conf_find(r->conf, kind, name)) != NULL)
		return scep_fail(r->err, SCEP_E_CONFIG,
		    "%s:%d: section [%s%s%s] is there already, at %s:%d; put "
		    "its keys there", r->src->file, r->line.start, kind, *name == '\0' ? "" : " ",
		    name, old->file, old->line);
	if (r->conf->n == SECTIONS_MAX)
		return scep_fail(r->err, SCEP_E_CONFIG,
		    "%s:%d: more than %d sections", r->src->file, r->line.start,
		    SECTIONS_MAX);
	if ((part = part_add(r->conf)) == NULL)
		return no_memory(r);
	r->here = r->conf->n - 1;
	k = strdup(kind);
	n = strdup(name);
	part->pub.kind = k;
	part->pub.name = n;
	part->pub.file = r->src->file;
	part->pub.line = r->line.start;
	if (k == NULL || n == NULL || asprintf(&part->title, "%s%s%s", kind,
	    *name == '\0' ? "" : " ", name) == -1) {
		part->title = NULL;
		return no_memory(r);
	}
	return SCEP_OK;
}

/* "[kind]" or "[kind name]". */
static enum scep_err
section_read(struct reader *r, char *text)
{
	size_t	 len = strlen(text), kind, blanks, name;

	if (text[len - 1] != ']') {
		(void)scep_fail(r->err, SCEP_E_CONFIG,
		    "a section must end with ], got \"%.80s\"", text);
		return at_line(r);
	}
	text[len - 1] = '\0';
	text = trim(text + 1);
	kind = strspn(text, WORD);
	blanks = strspn(text + kind, BLANK);
	name = strspn(text + kind + blanks, WORD);
	if (kind == 0 || kind > WORD_MAX_LEN || name > WORD_MAX_LEN ||
	    text[kind + blanks + name] != '\0') {
		(void)scep_fail(r->err, SCEP_E_CONFIG, "a section is [kind] "
		    "or [kind name], of letters, digits, . _ and -, got "
		    "\"[%.80s]\"", text);
		return at_line(r);
	}
	text[kind] = '\0';
	return section_open(r, text, text + kind + blanks);
}

static enum scep_err
entry_add(struct reader *r, const char *key, const char *value)
{
	struct scep_conf_part	*part = &r->conf->part[r->here];
	struct scep_conf_entry	*e;

	e = realloc(part->entry, (part->pub.n + 1) * sizeof(*e));
	if (e == NULL)
		return no_memory(r);
	part->entry = e;
	part->pub.entries = e;
	e += part->pub.n++;
	e->key = strdup(key);
	e->value = strdup(value);
	e->file = r->src->file;
	e->line = r->line.start;
	e->used = 0;
	r->conf->n_entries++;
	return e->key == NULL || e->value == NULL ? no_memory(r) : SCEP_OK;
}

static enum scep_err
key_check(const struct reader *r, const char *key)
{
	const struct scep_conf_entry	*old;

	if (*key == '.' || *key == '\0' || strlen(key) > WORD_MAX_LEN ||
	    key[strspn(key, WORD)] != '\0')
		return scep_fail(r->err, SCEP_E_CONFIG, "%s:%d: a key is of "
		    "1 to %d letters, digits, . _ and -, got \"%.80s\"",
		    r->src->file, r->line.start, WORD_MAX_LEN, key);
	old = scep_conf_get(&r->conf->part[r->here].pub, key);
	if (old != NULL)
		return scep_fail(r->err, SCEP_E_CONFIG,
		    "%s:%d: %s is there already, at %s:%d; take one of them "
		    "out", r->src->file, r->line.start, key, old->file,
		    old->line);
	if (r->conf->n_entries == ENTRIES_MAX)
		return scep_fail(r->err, SCEP_E_CONFIG,
		    "%s:%d: more than %d keys", r->src->file, r->line.start,
		    ENTRIES_MAX);
	return SCEP_OK;
}

static enum scep_err
entry_read(struct reader *r, char *text)
{
	char		 value[SCEP_CONF_VALUE_MAX + 1], *equals;
	enum scep_err	 rc;

	if ((equals = strchr(text, '=')) == NULL)
		/* Not shown: the file may be a key that was taken for it. */
		return scep_fail(r->err, SCEP_E_CONFIG, "%s:%d: neither "
		    "[section] nor key = value; a comment begins with #",
		    r->src->file, r->line.start);
	*equals = '\0';
	text = trim(text);
	if (r->here == SIZE_MAX &&
	    (rc = section_open(r, "", "")) != SCEP_OK)
		return rc;
	if ((rc = key_check(r, text)) != SCEP_OK)
		return rc;
	if (scep_conf_expand(r->conf, r->here, trim(equals + 1), value,
	    r->err) != SCEP_OK) {
		(void)scep_fail_within(r->err, "%s", text);
		return at_line(r);
	}
	return entry_add(r, text, value);
}

/* path as seen from the directory of file; the caller frees it. */
static char *
path_beside(const char *file, const char *path)
{
	const char	*slash = strrchr(file, '/');
	char		*out;
	int		 dir = slash == NULL ? 0 : (int)(slash - file) + 1;

	if (*path == '/')
		dir = 0;
	return asprintf(&out, "%.*s%s", dir, file, path) == -1 ? NULL : out;
}

/* What .include names; *out is owned by the configuration. */
static enum scep_err
include_path(const struct reader *r, char *text, const char **out)
{
	char	 value[SCEP_CONF_VALUE_MAX + 1], *path;

	if (!r->may_include)
		return scep_fail(r->err, SCEP_E_CONFIG,
		    ".include works only in a file");
	if (r->src == &r->stack[DEPTH_MAX] || r->conf->n_files == FILES_MAX)
		return scep_fail(r->err, SCEP_E_CONFIG, ".include goes at "
		    "most %d files deep and takes at most %d files; does a "
		    "file include itself", DEPTH_MAX, FILES_MAX);
	text = trim(text);
	if (*text == '=')
		text = trim(text + 1);
	if (scep_conf_expand(r->conf, r->here, text, value, r->err) !=
	    SCEP_OK)
		return r->err->code;
	if (*value == '\0')
		return scep_fail(r->err, SCEP_E_CONFIG,
		    ".include names no file");
	if ((path = path_beside(r->src->file, value)) == NULL)
		return scep_fail(r->err, SCEP_E_NOMEM, ".include");
	*out = scep_conf_keep_file(r->conf, path);
	free(path);
	return *out != NULL ? SCEP_OK :
	    scep_fail(r->err, SCEP_E_NOMEM, ".include");
}

/* Go on in text, and come back when it is read. */
static enum scep_err
source_push(struct reader *r, const char *file, struct scep_span text)
{
	struct scep_conf_source	*next = r->src == NULL ? r->stack :
				    r->src + 1;
	enum scep_err		 rc;

	if (text.len > OCTETS_MAX - r->conf->octets)
		return scep_fail(r->err, SCEP_E_CONFIG,
		    "%s:1: more than %lu octets in all", file, OCTETS_MAX);
	if ((rc = scep_conf_source_open(next, file, text, r->err)) != SCEP_OK)
		return rc;
	r->conf->octets += text.len;
	r->src = next;
	return SCEP_OK;
}

/* Back to the file that included this one; 0 if none did. */
static int
source_pop(struct reader *r)
{
	scep_buf_clear(&r->src->bytes);
	if (r->src == r->stack)
		return 0;
	r->src--;
	return 1;
}

static enum scep_err
include_read(struct reader *r, char *text)
{
	struct scep_buf	 bytes = { NULL, 0 };
	const char	*path;
	enum scep_err	 rc;

	if (include_path(r, text, &path) != SCEP_OK)
		return at_line(r);
	if (scep_file_read(path, OCTETS_MAX, &bytes, r->err) != SCEP_OK) {
		(void)scep_fail_within(r->err, ".include");
		return at_line(r);
	}
	if ((rc = source_push(r, path, scep_buf_span(&bytes))) != SCEP_OK) {
		scep_buf_clear(&bytes);
		return rc;
	}
	r->src->bytes = bytes;
	return SCEP_OK;
}

static enum scep_err
line_take(struct reader *r, char *text)
{
	static const char	 word[] = ".include";

	if (*text == '\0')
		return SCEP_OK;
	if (*text == '[')
		return section_read(r, text);
	if (strncmp(text, word, sizeof(word) - 1) == 0 &&
	    strchr(BLANK "=", text[sizeof(word) - 1]) != NULL)
		return include_read(r, text + sizeof(word) - 1);
	return entry_read(r, text);
}

static enum scep_err
read_all(struct reader *r)
{
	enum scep_err	 rc;

	do {
		while (r->src->p < r->src->end)
			if ((rc = scep_conf_line_read(r->src, &r->line,
			    r->err)) != SCEP_OK ||
			    (rc = line_take(r, trim(r->line.text))) != SCEP_OK)
				return rc;
	} while (source_pop(r));
	return SCEP_OK;
}

enum scep_err
scep_conf_read(struct scep_conf *conf, struct scep_span text, int may_include,
    struct scep_error *err)
{
	struct reader	 r = { .conf = conf, .may_include = may_include,
	    .line = { .start = 1 }, .here = SIZE_MAX, .err = err };
	enum scep_err	 rc;

	if ((r.line.text = malloc(SCEP_CONF_LINE_MAX + 1)) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "%s", conf->file[0]);
	if ((rc = source_push(&r, conf->file[0], text)) == SCEP_OK &&
	    (rc = read_all(&r)) != SCEP_OK)
		while (source_pop(&r))
			continue;
	free(r.line.text);
	return rc;
}
