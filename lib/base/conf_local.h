/*
 * conf_local.h - what the reader of sections and the reader of values share.
 * Private to base/.
 */
#ifndef SCEP_BASE_CONF_LOCAL_H
#define SCEP_BASE_CONF_LOCAL_H

#include "base/conf.h"

#define SCEP_CONF_VALUE_MAX	4096

/* A section, and its entries where they may still be changed. */
struct scep_conf_part {
	struct scep_conf_section	 pub;
	char				*title;	/* the text in brackets */
	struct scep_conf_entry		*entry;
};

struct scep_conf {
	struct scep_conf_part	*part;
	size_t			 n;
	size_t			 n_entries;	/* of all sections */
	size_t			 octets;	/* read so far, all files */
	char			**file;		/* owned names */
	size_t			 n_files;
};

#define SCEP_CONF_LINE_MAX	8192	/* continued lines joined */

/* A text, and how far it is read. */
struct scep_conf_source {
	const char	*file;
	const uint8_t	*p, *end;
	int		 line;		/* of p */
	struct scep_buf	 bytes;		/* owned, of an included file */
};

struct scep_conf_line {
	char	*text;		/* SCEP_CONF_LINE_MAX octets and a NUL */
	size_t	 len;
	int	 start;		/* the number of its first line */
};

/* At the first line of text, behind a byte order mark.  SCEP_E_CONFIG if it
 * is no UTF-8 at all. */
enum scep_err	 scep_conf_source_open(struct scep_conf_source *src,
		    const char *file, struct scep_span text,
		    struct scep_error *err);
/* The next line: continuations joined, comment gone. */
enum scep_err	 scep_conf_line_read(struct scep_conf_source *src,
		    struct scep_conf_line *line, struct scep_error *err);

/* An owned copy of a file's name, or NULL. */
const char	*scep_conf_keep_file(struct scep_conf *conf, const char *file);
/* Read the first file's text; an .include in it only where it may be. */
enum scep_err	 scep_conf_read(struct scep_conf *conf, struct scep_span text,
		    int may_include, struct scep_error *err);

/*
 * The value of raw: quotes and escapes taken off, variables put in from the
 * entries that stand before (those of section `here`, then the top one's).
 * out has room for SCEP_CONF_VALUE_MAX + 1.  SCEP_E_CONFIG, without a
 * position.
 */
enum scep_err	 scep_conf_expand(struct scep_conf *conf, size_t here,
		    const char *raw, char *out, struct scep_error *err);

#endif /* SCEP_BASE_CONF_LOCAL_H */
