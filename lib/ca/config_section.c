/*
 * config_section.c - a section against its table of keys.
 *
 * Knows that every key is in the table, is read by its row, and else has its
 * default; does not know any key.
 */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "ca/config_local.h"

#define NEAR_LEN	64
#define NEAR_ENOUGH	2

static size_t
least(size_t a, size_t b, size_t c)
{
	if (b < a)
		a = b;
	return c < a ? c : a;
}

/* Levenshtein's distance; both at most NEAR_LEN long. */
static size_t
distance(const char *a, const char *b)
{
	size_t	 row[NEAR_LEN + 1], i, j, diagonal, above;

	for (j = 0; j <= strlen(b); j++)
		row[j] = j;
	for (i = 1; i <= strlen(a); i++) {
		diagonal = row[0];
		row[0] = i;
		for (j = 1; j <= strlen(b); j++) {
			above = row[j];
			row[j] = least(above + 1, row[j - 1] + 1,
			    diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[strlen(b)];
}

const char *
scep_config_near(const char *word, const void *p, size_t n, size_t stride)
{
	const char	*one, *best = NULL;
	size_t		 i, d, closest = NEAR_ENOUGH + 1;

	if (strlen(word) > NEAR_LEN)
		return NULL;
	for (i = 0; i < n; i++) {
		memcpy(&one, (const char *)p + i * stride, sizeof(one));
		if (strlen(one) > NEAR_LEN)
			continue;
		/* Nearer than the word is long: "x" is near to nothing. */
		d = distance(word, one);
		if (d < closest && d < strlen(word)) {
			closest = d;
			best = one;
		}
	}
	return best;
}

static int
has_prefix(const char *key, const char *const *prefixes, size_t n)
{
	size_t	 i;

	for (i = 0; i < n; i++)
		if (strncmp(key, prefixes[i], strlen(prefixes[i])) == 0)
			return 1;
	return 0;
}

int
scep_config_has(const char *key, const struct scep_setting *table, size_t n)
{
	size_t	 i;

	for (i = 0; i < n; i++)
		if (strcmp(key, table[i].key) == 0)
			return 1;
	return 0;
}

/* The kind of section that a key belongs to, or NULL. */
static const char *
home_of(const char *key)
{
	static const struct {
		const char	*title;
		int		(*has)(const char *key);
	} homes[] = {
		{ "[server]", scep_config_server_has },
		{ "[ca NAME]", scep_config_ca_has },
		{ "[profile NAME]", scep_config_profile_has },
	};
	size_t	 i;

	for (i = 0; i < sizeof(homes) / sizeof(homes[0]); i++)
		if (homes[i].has(key))
			return homes[i].title;
	return NULL;
}

static enum scep_err
check_known(struct scep_reading *r, const struct scep_setting *table,
    size_t n)
{
	const char	*near, *home;

	if (scep_config_has(r->entry->key, table, n))
		return *r->entry->value != '\0' ? SCEP_OK :
		    scep_config_fault(r, "no value; take the line out for "
		    "the default");
	if ((home = home_of(r->entry->key)) != NULL)
		return scep_config_fault(r, "no such key in [%s]; it belongs "
		    "below %s", r->section->kind, home);
	near = scep_config_near(r->entry->key, table, n, sizeof(*table));
	return scep_config_fault(r, "no such key in [%s]%s%s%s; "
	    "scep.conf(5) lists them", r->section->kind,
	    near != NULL ? ", did you mean " : "", near != NULL ? near : "",
	    near != NULL ? "?" : "");
}

/* The row's key, or its default (a preset's before the table's) as if it
 * stood in the section. */
static enum scep_err
read_row(struct scep_reading *r, const struct scep_setting *s, void *base)
{
	const char		*preset = scep_config_preset_value(r->preset,
				    s->key);
	struct scep_conf_entry	 deflt = { .key = s->key,
				    .value = preset != NULL ? preset :
				    s->deflt };
	enum scep_err		 rc;

	r->entry = scep_conf_get(r->section, s->key);
	if (r->entry == NULL && deflt.value == NULL)
		return scep_config_fault(r, "%s is missing, and has no "
		    "default; write %s = ... below this line (scep.conf(5))",
		    s->key, s->key);
	if (r->entry == NULL && *deflt.value == '\0')
		return SCEP_OK;
	if (r->entry == NULL) {
		/* Paths: beside scep.conf, not beside what it includes. */
		deflt.file = scep_conf_file(r->cfg->conf);
		deflt.line = r->section->line;
		r->entry = &deflt;
	}
	rc = s->read(r, s, (char *)base + s->offset);
	r->entry = NULL;
	return rc;
}

enum scep_err
scep_config_section(struct scep_reading *r, const struct scep_setting *table,
    size_t n, const char *const *prefixes, size_t n_prefixes, void *base)
{
	enum scep_err	 rc;
	size_t		 i;

	for (i = 0; i < r->section->n; i++) {
		r->entry = &r->section->entries[i];
		if (!has_prefix(r->entry->key, prefixes, n_prefixes) &&
		    (rc = check_known(r, table, n)) != SCEP_OK)
			return rc;
	}
	for (i = 0; i < n; i++)
		if ((rc = read_row(r, &table[i], base)) != SCEP_OK)
			return rc;
	return SCEP_OK;
}
