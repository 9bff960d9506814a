/*
 * conf.c - a configuration in memory: sections, keys, values.
 *
 * Knows what was where; knows neither the syntax nor the meaning.
 */
#include <stdlib.h>
#include <string.h>

#include "base/conf_local.h"
#include "base/error.h"
#include "base/file.h"

#define FILE_MAX_LEN	(1024UL * 1024)

const char *
scep_conf_keep_file(struct scep_conf *conf, const char *file)
{
	char	**grown, *copy;

	grown = realloc(conf->file, (conf->n_files + 1) * sizeof(*grown));
	if (grown == NULL)
		return NULL;
	conf->file = grown;
	if ((copy = strdup(file)) != NULL)
		conf->file[conf->n_files++] = copy;
	return copy;
}

/* What strdup() gave and a const member kept. */
static void
text_free(const char *text)
{
	free((void *)(uintptr_t)text);
}

static void
part_clear(struct scep_conf_part *part)
{
	size_t	 i;

	for (i = 0; i < part->pub.n; i++) {
		text_free(part->entry[i].key);
		text_free(part->entry[i].value);
	}
	free(part->entry);
	text_free(part->pub.kind);
	text_free(part->pub.name);
	free(part->title);
}

void
scep_conf_free(struct scep_conf *conf)
{
	size_t	 i;

	if (conf == NULL)
		return;
	for (i = 0; i < conf->n; i++)
		part_clear(&conf->part[i]);
	for (i = 0; i < conf->n_files; i++)
		free(conf->file[i]);
	free(conf->part);
	free(conf->file);
	free(conf);
}

static enum scep_err
parse(struct scep_span text, const char *file, int may_include,
    struct scep_conf **out, struct scep_error *err)
{
	struct scep_conf	*conf;
	enum scep_err		 rc;

	*out = NULL;
	if ((conf = calloc(1, sizeof(*conf))) == NULL ||
	    scep_conf_keep_file(conf, file) == NULL) {
		scep_conf_free(conf);
		return scep_fail(err, SCEP_E_NOMEM, "%s", file);
	}
	if ((rc = scep_conf_read(conf, text, may_include, err)) != SCEP_OK) {
		scep_conf_free(conf);
		return rc;
	}
	*out = conf;
	return SCEP_OK;
}

enum scep_err
scep_conf_parse(struct scep_span text, const char *file,
    struct scep_conf **out, struct scep_error *err)
{
	return parse(text, file, 0, out, err);
}

enum scep_err
scep_conf_load(const char *path, struct scep_conf **out,
    struct scep_error *err)
{
	struct scep_buf	 bytes = { NULL, 0 };
	enum scep_err	 rc;

	*out = NULL;
	rc = scep_file_read(path, FILE_MAX_LEN, &bytes, err);
	if (rc != SCEP_OK)
		return rc;
	rc = parse(scep_buf_span(&bytes), path, 1, out, err);
	scep_buf_clear(&bytes);
	return rc;
}

const char *
scep_conf_file(const struct scep_conf *conf)
{
	return conf->file[0];
}

const char *
scep_conf_file_at(const struct scep_conf *conf, size_t i)
{
	return i < conf->n_files ? conf->file[i] : NULL;
}

size_t
scep_conf_count(const struct scep_conf *conf)
{
	return conf->n;
}

const struct scep_conf_section *
scep_conf_section(const struct scep_conf *conf, size_t i)
{
	return &conf->part[i].pub;
}

const struct scep_conf_section *
scep_conf_find(const struct scep_conf *conf, const char *kind,
    const char *name)
{
	size_t	 i;

	for (i = 0; i < conf->n; i++)
		if (strcmp(conf->part[i].pub.kind, kind) == 0 &&
		    strcmp(conf->part[i].pub.name, name) == 0)
			return &conf->part[i].pub;
	return NULL;
}

const struct scep_conf_entry *
scep_conf_get(const struct scep_conf_section *section, const char *key)
{
	size_t	 i;

	for (i = 0; i < section->n; i++)
		if (strcmp(section->entries[i].key, key) == 0)
			return &section->entries[i];
	return NULL;
}
