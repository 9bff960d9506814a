/*
 * conf.h - scep.conf's syntax: sections, keys, values, and where each stood.
 *
 * OpenSSL configuration syntax (config(5)), read by ourselves because NCONF
 * keeps no line numbers, takes the last of two keys and merges sections.
 * Knows nothing of what the keys mean.
 */
#ifndef SCEP_BASE_CONF_H
#define SCEP_BASE_CONF_H

#include "base/buf.h"

struct scep_conf_entry {
	const char	*key;
	const char	*value;		/* variables expanded, quotes gone */
	const char	*file;
	int		 line;
	int		 used;		/* some value named it as $key */
};

struct scep_conf_section {
	const char	*kind;		/* "profile" of [profile NAME] */
	const char	*name;		/* "NAME", or "" */
	const char	*file;
	int		 line;
	const struct scep_conf_entry	*entries;	/* as in the file */
	size_t		 n;
};

struct scep_conf;		/* owns all of the above */

/*
 * Parse len octets of text that came from file (for messages).
 * SCEP_E_CONFIG with "file:line: what" for: anything that is not a section,
 * a key = value, a comment or a blank line; a doubled section or key; a
 * value longer than 4096 octets; a control character; an undefined variable;
 * more than 256 sections, 4096 entries or 1 MiB.  Keys before the first
 * section are in a section of kind "".  No .include here.
 */
enum scep_err	 scep_conf_parse(struct scep_span text, const char *file,
		    struct scep_conf **out, struct scep_error *err);
/* Read path and parse it, and the files it includes.  SCEP_E_NOTFOUND if path
 * is not there, SCEP_E_CONFIG if one of the others is not. */
enum scep_err	 scep_conf_load(const char *path, struct scep_conf **out,
		    struct scep_error *err);
void		 scep_conf_free(struct scep_conf *conf);

/* The file it began with. */
const char	*scep_conf_file(const struct scep_conf *conf);
/* All of them, in the order they were read; NULL behind the last. */
const char	*scep_conf_file_at(const struct scep_conf *conf, size_t i);
size_t		 scep_conf_count(const struct scep_conf *conf);
const struct scep_conf_section
		*scep_conf_section(const struct scep_conf *conf, size_t i);
/* NULL if there is none. */
const struct scep_conf_section
		*scep_conf_find(const struct scep_conf *conf, const char *kind,
		    const char *name);
const struct scep_conf_entry
		*scep_conf_get(const struct scep_conf_section *section,
		    const char *key);

#endif /* SCEP_BASE_CONF_H */
