/*
 * config_value.c - the kinds of values in scep.conf, each with its range.
 *
 * Knows how a value is written; does not know which key it belongs to.
 */
#include <arpa/inet.h>
#include <sys/un.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "ca/config_local.h"

#define NAME_CHARS	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" \
			"0123456789_-"
#define NAME_CHARS_MAX	32

enum scep_err
scep_config_fault(const struct scep_reading *r, const char *fmt, ...)
{
	char	 text[sizeof(r->err->text)];
	va_list	 ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (r->entry != NULL)
		return scep_fail(r->err, SCEP_E_CONFIG, "%s:%d: %s: %s",
		    r->entry->file, r->entry->line, r->entry->key, text);
	return scep_fail(r->err, SCEP_E_CONFIG, "%s:%d: [%s%s%s]: %s",
	    r->section->file, r->section->line, r->section->kind,
	    *r->section->name == '\0' ? "" : " ", r->section->name, text);
}

/* A reason that another layer gave, with the position in front. */
static enum scep_err
fault_within(const struct scep_reading *r)
{
	char	 text[sizeof(r->err->text)];

	memcpy(text, r->err->text, sizeof(text));
	return scep_config_fault(r, "%s", text);
}

int
scep_config_word(const char **p, char out[SCEP_CONF_WORD_MAX])
{
	size_t	 len;

	*p += strspn(*p, " ");
	len = strcspn(*p, " ");
	(void)snprintf(out, SCEP_CONF_WORD_MAX, "%.*s", (int)len, *p);
	*p += len;
	return len > 0;
}

int
scep_config_is_name(const char *text)
{
	size_t	 len = strlen(text);

	return len > 0 && len <= NAME_CHARS_MAX &&
	    text[strspn(text, NAME_CHARS)] == '\0';
}

static enum scep_err
copy(const struct scep_reading *r, const char *text, char *to, size_t size)
{
	if (strlen(text) >= size)
		return scep_config_fault(r, "longer than %zu octets",
		    size - 1);
	memcpy(to, text, strlen(text) + 1);
	return SCEP_OK;
}

enum scep_err
scep_read_text(struct scep_reading *r, const struct scep_setting *s, void *to)
{
	(void)s;
	return copy(r, r->entry->value, to, SCEP_PATH_LEN);
}

enum scep_err
scep_read_name(struct scep_reading *r, const struct scep_setting *s, void *to)
{
	(void)s;
	if (!scep_config_is_name(r->entry->value))
		return scep_config_fault(r, "a name is of 1 to %d letters, "
		    "digits, _ and -, got \"%.64s\"", NAME_CHARS_MAX,
		    r->entry->value);
	return copy(r, r->entry->value, to, SCEP_NAME_LEN);
}

/* Absolute; what is relative is relative to the file it stands in. */
static enum scep_err
resolve(const struct scep_reading *r, const char *path, char *to)
{
	const char	*slash = strrchr(r->entry->file, '/');
	char		 cwd[SCEP_PATH_LEN] = "", *all;
	int		 dir = slash == NULL ? 0 : (int)(slash -
			    r->entry->file) + 1, len;
	enum scep_err	 rc;

	if (*path == '/')
		return copy(r, path, to, SCEP_PATH_LEN);
	if (*r->entry->file != '/' && getcwd(cwd, sizeof(cwd) - 1) == NULL)
		return scep_config_fault(r,
		    "the current directory cannot be found");
	len = asprintf(&all, "%s%s%.*s%s", cwd, *cwd == '\0' ? "" : "/", dir,
	    r->entry->file, strcmp(path, ".") == 0 ? "" : path);
	if (len == -1)
		return scep_fail(r->err, SCEP_E_NOMEM, "path");
	if (len > 1 && all[len - 1] == '/')
		all[len - 1] = '\0';
	rc = copy(r, all, to, SCEP_PATH_LEN);
	free(all);
	return rc;
}

enum scep_err
scep_read_path(struct scep_reading *r, const struct scep_setting *s, void *to)
{
	(void)s;
	return resolve(r, r->entry->value, to);
}

static enum scep_err
read_number(struct scep_reading *r, const struct scep_setting *s, long *n)
{
	if (scep_number_read(r->entry->value, s->min, s->max, n, r->err) !=
	    SCEP_OK)
		return fault_within(r);
	return SCEP_OK;
}

enum scep_err
scep_read_int(struct scep_reading *r, const struct scep_setting *s, void *to)
{
	enum scep_err	 rc;
	long		 n;

	if ((rc = read_number(r, s, &n)) == SCEP_OK)
		*(int *)to = (int)n;
	return rc;
}

enum scep_err
scep_read_long(struct scep_reading *r, const struct scep_setting *s, void *to)
{
	return read_number(r, s, to);
}

/* In the biggest unit that leaves no rest. */
static void
size_text(long octets, char out[24])
{
	static const char	 units[] = "kmg";
	size_t			 i = 0;

	octets /= 1024;
	while (octets % 1024 == 0 && units[i + 1] != '\0') {
		octets /= 1024;
		i++;
	}
	(void)snprintf(out, 24, "%ld%c", octets, units[i]);
}

/* "262144", "256k", "8m", "1g". */
enum scep_err
scep_read_size(struct scep_reading *r, const struct scep_setting *s, void *to)
{
	static const char	 units[] = "kmg";
	char			 text[24], low[24], high[24], *end, *unit;
	long			 n, factor = 1;
	size_t			 len = strlen(r->entry->value);

	(void)snprintf(text, sizeof(text), "%s", r->entry->value);
	end = text + strlen(text) - 1;
	if ((unit = strchr(units, *end)) != NULL) {
		factor = 1L << (10 * (unit - units + 1));
		*end = '\0';
	}
	if (len >= sizeof(text) || scep_number_read(text, 0,
	    s->max / factor, &n, r->err) != SCEP_OK || n * factor < s->min) {
		size_text(s->min, low);
		size_text(s->max, high);
		return scep_config_fault(r, "a size from %s to %s such as "
		    "65536, 256k or 8m, got \"%.64s\"", low, high,
		    r->entry->value);
	}
	*(size_t *)to = (size_t)(n * factor);
	return SCEP_OK;
}

enum scep_err
scep_read_duration(struct scep_reading *r, const struct scep_setting *s,
    void *to)
{
	char	 low[SCEP_DURATION_TEXT], high[SCEP_DURATION_TEXT];
	long	 n;

	if (scep_duration_read(r->entry->value, &n, r->err) != SCEP_OK)
		return fault_within(r);
	if (n < s->min || n > s->max) {
		scep_duration_text(s->min, low);
		scep_duration_text(s->max, high);
		return scep_config_fault(r, "a duration from %s to %s, got "
		    "%.32s", low, high, r->entry->value);
	}
	*(long *)to = n;
	return SCEP_OK;
}

/* The words that may stand here, for a message. */
static void
list_words(const struct scep_word *words, char *out, size_t size)
{
	size_t	 len = 0;

	out[0] = '\0';
	for (; words->word != NULL; words++)
		if (words->refusal == NULL && len < size)
			len += (size_t)snprintf(out + len, size - len, "%s%s",
			    len == 0 ? "" : ", ", words->word);
}

static enum scep_err
word_find(const struct scep_reading *r, const struct scep_word *words,
    const char *word, const struct scep_word **out)
{
	const struct scep_word	*w;
	char			 list[128];

	for (w = words; w->word != NULL; w++)
		if (strcmp(w->word, word) == 0)
			break;
	*out = w;
	if (w->word != NULL)
		return w->refusal == NULL ? SCEP_OK :
		    scep_config_fault(r, "%s: %s", word, w->refusal);
	list_words(words, list, sizeof(list));
	return scep_config_fault(r, "\"%.64s\" is not one of: %s", word,
	    list);
}

enum scep_err
scep_read_word(struct scep_reading *r, const struct scep_setting *s, void *to)
{
	const struct scep_word	*w;
	enum scep_err		 rc;

	if ((rc = word_find(r, s->words, r->entry->value, &w)) == SCEP_OK)
		*(unsigned int *)to = w->value;
	return rc;
}

enum scep_err
scep_read_words(struct scep_reading *r, const struct scep_setting *s,
    void *to)
{
	const char		*p = r->entry->value;
	const struct scep_word	*w;
	char			 word[SCEP_CONF_WORD_MAX];
	unsigned int		 mask = 0;
	enum scep_err		 rc;

	if (p[strspn(p, " ")] == '\0')
		return scep_config_fault(r, "no word");
	while (scep_config_word(&p, word)) {
		if ((rc = word_find(r, s->words, word, &w)) != SCEP_OK)
			return rc;
		mask |= w->value;
	}
	*(unsigned int *)to = mask;
	return SCEP_OK;
}

/* A numeric address: no look-up can change where we listen. */
static int
is_address(const char *text)
{
	struct in6_addr	 a6;
	struct in_addr	 a4;
	char		 bare[64];
	size_t		 len = strlen(text);

	if (*text != '[')
		return inet_pton(AF_INET, text, &a4) == 1;
	if (len < 3 || len >= sizeof(bare) || text[len - 1] != ']')
		return 0;
	(void)snprintf(bare, sizeof(bare), "%.*s", (int)len - 2, text + 1);
	return inet_pton(AF_INET6, bare, &a6) == 1;
}

static enum scep_err
read_socket(struct scep_reading *r, char *to)
{
	static const struct sockaddr_un	 un;
	enum scep_err			 rc;

	if (r->entry->value[5] == '\0')
		return scep_config_fault(r, "unix: without a path");
	memcpy(to, "unix:", 5);
	if ((rc = resolve(r, r->entry->value + 5, to + 5)) != SCEP_OK)
		return rc;
	if (strlen(to + 5) >= sizeof(un.sun_path))
		return scep_config_fault(r, "the path of a socket has at "
		    "most %zu octets, got %zu: %.64s...",
		    sizeof(un.sun_path) - 1, strlen(to + 5), to + 5);
	return SCEP_OK;
}

enum scep_err
scep_read_listen(struct scep_reading *r, const struct scep_setting *s,
    void *to)
{
	const char	*value = r->entry->value, *colon;
	char		 host[SCEP_CONF_WORD_MAX], unix_path[SCEP_PATH_LEN + 8];
	enum scep_err	 rc;
	long		 port;

	(void)s;
	if (strncmp(value, "unix:", 5) == 0) {
		if ((rc = read_socket(r, unix_path)) != SCEP_OK)
			return rc;
		return copy(r, unix_path, to, SCEP_PATH_LEN);
	}
	colon = strrchr(value, ':');
	if (colon != NULL && colon - value < (int)sizeof(host)) {
		(void)snprintf(host, sizeof(host), "%.*s",
		    (int)(colon - value), value);
		if (is_address(host) && scep_number_read(colon + 1, 1, 65535,
		    &port, r->err) == SCEP_OK)
			return copy(r, value, to, SCEP_PATH_LEN);
	}
	return scep_config_fault(r, "unix:PATH, or a numeric address and a "
	    "port such as 127.0.0.1:9000 or [::1]:9000, got \"%.64s\"",
	    value);
}

/* Octal, as chmod takes it; a socket need not be executed. */
enum scep_err
scep_read_mode(struct scep_reading *r, const struct scep_setting *s, void *to)
{
	const char	*value = r->entry->value;

	(void)s;
	if (strlen(value) < 3 || strlen(value) > 4 ||
	    value[strspn(value, "01234567")] != '\0' ||
	    (strtoul(value, NULL, 8) & ~0666UL) != 0)
		return scep_config_fault(r, "an octal mode within 0666 such "
		    "as 0660, got \"%.64s\"", value);
	*(unsigned int *)to = (unsigned int)strtoul(value, NULL, 8);
	return SCEP_OK;
}

enum scep_err
scep_read_url(struct scep_reading *r, const struct scep_setting *s, void *to)
{
	const char	*value = r->entry->value;
	size_t		 scheme;

	(void)s;
	scheme = strncmp(value, "http://", 7) == 0 ? 7 :
	    strncmp(value, "https://", 8) == 0 ? 8 : 0;
	if (scheme == 0 || value[scheme] == '\0' ||
	    strpbrk(value, " ?#\"<>") != NULL ||
	    value[strlen(value) - 1] == '/')
		return scep_config_fault(r, "http://HOST/PATH or "
		    "https://HOST/PATH without a query and without a slash "
		    "at the end, got \"%.128s\"", value);
	return copy(r, value, to, SCEP_PATH_LEN);
}
