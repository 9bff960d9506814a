/*
 * scepadm_restore_conf.c - the configuration of a restore with --dir: paths
 * that lead elsewhere are made to lead there.
 *
 * A value is moved if it is, as a whole, the path of a file of the backup or
 * of the state directory.  That nothing leads elsewhere any more is checked
 * at the end, by the reader of scep.conf itself.
 */
#include <stdlib.h>
#include <string.h>

#include "ca/backup_list.h"
#include "cgi/scepadm_restore.h"
#include "cgi/state.h"

#define BLANK	" \t\r"

/* Where the path is now; NULL if it is none of the backup's. */
static const char *
moved(const struct restore *r, struct scep_span path)
{
	size_t	 i;

	if (scep_span_equal(path, scep_span_text(r->m.state_from)))
		return r->state;
	for (i = 0; i < r->m.n; i++)
		if (scep_span_equal(path, scep_span_text(r->m.file[i].from)))
			return r->to[i];
	return NULL;
}

static int
is_blank(uint8_t c)
{
	return c != '\0' && strchr(BLANK, c) != NULL;
}

/* The value in a line: behind `=`, or behind .include. */
static struct scep_span
find_value(struct scep_span line)
{
	static const char	 word[] = ".include";
	const uint8_t		*p = line.data, *end = line.data + line.len;
	const uint8_t		*equals = memchr(p, '=', line.len);

	while (p < end && is_blank(*p))
		p++;
	if ((size_t)(end - p) > sizeof(word) - 1 &&
	    memcmp(p, word, sizeof(word) - 1) == 0 && equals == NULL)
		p += sizeof(word) - 1;
	else
		p = equals != NULL ? equals + 1 : end;
	while (p < end && is_blank(*p))
		p++;
	while (end > p && is_blank(end[-1]))
		end--;
	if (end - p >= 2 && *p == '"' && end[-1] == '"') {
		p++;
		end--;
	}
	return scep_span_make(p, (size_t)(end - p));
}

/* One line, its newline included. */
static enum scep_err
add_line(const struct restore *r, struct scep_span line,
    struct scep_buf *out, struct scep_error *err)
{
	struct scep_span	 whole = line, value;
	const char		*to;
	enum scep_err		 rc;

	if (line.len > 0 && line.data[line.len - 1] == '\n')
		line.len--;
	value = find_value(line);
	if (value.len == 0 || value.data[0] != '/' ||
	    (to = moved(r, value)) == NULL)
		return scep_buf_add(out, whole, err);
	if ((rc = scep_buf_add(out, scep_span_make(whole.data,
	    (size_t)(value.data - whole.data)), err)) != SCEP_OK ||
	    (rc = scep_buf_add(out, scep_span_text(to), err)) != SCEP_OK)
		return rc;
	return scep_buf_add(out, scep_span_make(value.data + value.len,
	    whole.len - (size_t)(value.data - whole.data) - value.len), err);
}

enum scep_err
restore_conf_text(const struct restore *r, struct scep_span text,
    struct scep_buf *out, struct scep_error *err)
{
	const uint8_t	*newline;
	size_t		 n;
	enum scep_err	 rc = SCEP_OK;

	while (rc == SCEP_OK && text.len > 0) {
		newline = memchr(text.data, '\n', text.len);
		n = newline != NULL ? (size_t)(newline - text.data) + 1 :
		    text.len;
		rc = add_line(r, scep_span_make(text.data, n), out, err);
		text.data += n;
		text.len -= n;
	}
	return rc;
}

enum scep_err
restore_conf_check(struct restore *r)
{
	struct scep_error	*err = &r->adm->err;
	struct scep_config	*cfg = NULL;
	struct scep_manifest	 m = { .n = 0 };
	const char		*stray = NULL;
	char			*root = realpath(r->root, NULL);
	enum scep_err		 rc;
	size_t			 i, n = root != NULL ? strlen(root) : 0;

	if ((rc = scep_state_config(r->adm->crypto, r->conf, 0, &cfg,
	    err)) == SCEP_OK && (rc = scep_backup_list(cfg, &m, err)) ==
	    SCEP_OK) {
		if (strncmp(m.state_from, root != NULL ? root : "", n) != 0)
			stray = m.state_from;
		for (i = 0; i < m.n; i++)
			if (strncmp(m.file[i].from, root != NULL ? root : "",
			    n) != 0 || m.file[i].from[n] != '/')
				stray = m.file[i].from;
	}
	if (stray != NULL)
		rc = scep_fail(err, SCEP_E_REFUSED, "the configuration names "
		    "%s in a way that --dir cannot change; restore the "
		    "backup in place, without --dir, or make the path in "
		    "%s a plain value and back up again", stray, r->m.conf);
	else if (rc != SCEP_OK)
		rc = scep_fail_within(err, "the configuration does not fit "
		    "--dir; restore in place, without it");
	scep_manifest_clear(&m);
	scep_config_free(cfg);
	free(root);
	return rc;
}
