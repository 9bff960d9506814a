/*
 * conf_value.c - one value of scep.conf: quotes, escapes, variables.
 *
 * The rules are those of config(5), except that no environment is read and
 * no value holds a control character.
 */
#include <string.h>

#include "base/conf_local.h"
#include "base/error.h"
#include "base/text.h"

#define ALNUM	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" \
		"0123456789"
#define NAME_MAX_LEN	160	/* of a variable, its section included */

struct value {
	struct scep_conf	*conf;
	size_t			 here;
	const char		*p;	/* what is still to read */
	char			*out;
	size_t			 len;
	struct scep_error	*err;
};

static enum scep_err
put(struct value *v, const char *text, size_t len)
{
	if (len > SCEP_CONF_VALUE_MAX - v->len)
		return scep_fail(v->err, SCEP_E_CONFIG,
		    "the value is longer than %d octets", SCEP_CONF_VALUE_MAX);
	memcpy(v->out + v->len, text, len);
	v->len += len;
	v->out[v->len] = '\0';
	return SCEP_OK;
}

/* A backslash at v->p: the next character as it stands. */
static enum scep_err
put_escape(struct value *v)
{
	char	 c = v->p[1];

	if (c == '\0')
		return scep_fail(v->err, SCEP_E_CONFIG,
		    "a backslash with nothing behind it; write \\\\ for the "
		    "sign itself");
	/* config(5) makes control characters of these; no value has any. */
	if (strchr("nrtb", c) != NULL)
		return scep_fail(v->err, SCEP_E_CONFIG,
		    "\\%c is a control character; write \\\\ for a backslash",
		    c);
	v->p += 2;
	return put(v, &c, 1);
}

/* A quote at v->p: up to the next one like it, variables left alone. */
static enum scep_err
put_quoted(struct value *v)
{
	char		 quote = *v->p++;
	enum scep_err	 rc = SCEP_OK;

	while (*v->p != '\0' && *v->p != quote) {
		if (*v->p == '\\')
			rc = put_escape(v);
		else
			rc = put(v, v->p++, 1);
		if (rc != SCEP_OK)
			return rc;
	}
	if (*v->p == '\0')
		return scep_fail(v->err, SCEP_E_CONFIG, "a %c that is not "
		    "closed; write another behind the value, or \\%c for the "
		    "sign itself", quote, quote);
	v->p++;
	return SCEP_OK;
}

static struct scep_conf_entry *
entry_find(const struct scep_conf_part *part, const char *key)
{
	size_t	 i;

	for (i = 0; i < part->pub.n; i++)
		if (strcmp(part->entry[i].key, key) == 0)
			return &part->entry[i];
	return NULL;
}

static struct scep_conf_part *
part_find(struct scep_conf *conf, const char *title)
{
	size_t	 i;

	for (i = 0; i < conf->n; i++)
		if (strcmp(conf->part[i].title, title) == 0)
			return &conf->part[i];
	return NULL;
}

/* "key", or "section::key": then sep points to the colons. */
static struct scep_conf_entry *
variable_find(struct value *v, char *name, char *sep)
{
	struct scep_conf_part	*part;
	struct scep_conf_entry	*e;

	if (sep != NULL) {
		*sep = '\0';
		part = part_find(v->conf, name);
		*sep = ':';
		return part == NULL ? NULL : entry_find(part, sep + 2);
	}
	e = v->here < v->conf->n ?
	    entry_find(&v->conf->part[v->here], name) : NULL;
	if (e == NULL && (part = part_find(v->conf, "")) != NULL)
		e = entry_find(part, name);
	return e;
}

static enum scep_err
put_variable(struct value *v, char *name)
{
	char			*sep = strstr(name, "::");
	struct scep_conf_entry	*e;

	if (strncmp(name, "ENV::", 5) == 0)
		return scep_fail(v->err, SCEP_E_CONFIG,
		    "$%s: the environment is not read, because whoever starts "
		    "the server could change its meaning; write the value "
		    "here", name);
	if ((e = variable_find(v, name, sep)) == NULL)
		return scep_fail(v->err, SCEP_E_CONFIG,
		    "$%s is not defined above this line; write \\$ for a "
		    "dollar sign", name);
	e->used = 1;
	return put(v, e->value, strlen(e->value));
}

/* How much of p is the name of a variable without braces. */
static size_t
bare_len(const char *p)
{
	size_t	 n = strspn(p, ALNUM "_"), more;

	if (n == 0 || strncmp(p + n, "::", 2) != 0)
		return n;
	more = strspn(p + n + 2, ALNUM "_");
	return more == 0 ? n : n + 2 + more;
}

/* A $ at v->p: $name, ${name} or $(name). */
static enum scep_err
put_dollar(struct value *v)
{
	const char	*start = v->p + 1;
	char		 name[NAME_MAX_LEN + 1];
	char		 close = *start == '{' ? '}' :
			    *start == '(' ? ')' : '\0';
	size_t		 len;

	if (close != '\0') {
		start++;
		len = strspn(start, ALNUM "_.-: ");
		if (start[len] != close)
			return scep_fail(v->err, SCEP_E_CONFIG,
			    "a $%c that is not closed by %c", start[-1],
			    close);
	} else
		len = bare_len(start);
	if (len == 0 || len > NAME_MAX_LEN)
		return scep_fail(v->err, SCEP_E_CONFIG, "a $ that names no "
		    "variable; write \\$ for a dollar sign");
	memcpy(name, start, len);
	name[len] = '\0';
	v->p = start + len + (close != '\0');
	return put_variable(v, name);
}

static enum scep_err
put_next(struct value *v)
{
	switch (*v->p) {
	case '\\':
		return put_escape(v);
	case '"':
	case '\'':
		return put_quoted(v);
	case '$':
		return put_dollar(v);
	case '\t':
		v->p++;
		return put(v, " ", 1);
	default:
		return put(v, v->p++, 1);
	}
}

enum scep_err
scep_conf_expand(struct scep_conf *conf, size_t here, const char *raw,
    char *out, struct scep_error *err)
{
	struct value	 v = { conf, here, raw, out, 0, err };
	enum scep_err	 rc;

	out[0] = '\0';
	while (*v.p != '\0')
		if ((rc = put_next(&v)) != SCEP_OK)
			return rc;
	if (!scep_is_clean_utf8(scep_span_make(out, v.len)))
		return scep_fail(err, SCEP_E_CONFIG, "the value holds a "
		    "control character, or is not UTF-8; save the file as "
		    "UTF-8 (iconv -f LATIN1 -t UTF-8 FILE >NEW)");
	return SCEP_OK;
}
