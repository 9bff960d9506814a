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
