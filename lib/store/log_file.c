/*
 * log_file.c - an issue.log, read from its first line on, the chain checked.
 *
 * Knows the file alone; that it agrees with the log table is for others.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "store/chain.h"
#include "store/log_file.h"

#define ROOM		(64UL * 1024)	/* more than any line has */
#define PATH_LEN	2048

struct scep_log_file {
	char			 path[PATH_LEN];
	int			 fd;
	struct scep_chain	 chain;
	uint64_t		 number, seq;	/* of the last line */
	size_t			 at, end;	/* in text */
	uint8_t			 text[ROOM];
};

enum scep_err
scep_log_file_open(const char *path, struct scep_log_file **out,
    struct scep_error *err)
{
	struct scep_log_file	*f;
	enum scep_err		 rc;

	*out = NULL;
	if ((f = calloc(1, sizeof(*f))) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "%s", path);
	(void)snprintf(f->path, sizeof(f->path), "%s", path);
	f->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (f->fd == -1)
		rc = scep_fail(err, errno == ENOENT || errno == ENOTDIR ?
		    SCEP_E_NOTFOUND : SCEP_E_CONFIG, "%s: %s", path,
		    strerror(errno));
	else
		rc = scep_chain_open(&f->chain, NULL, err);
	if (rc != SCEP_OK) {
		scep_log_file_close(f);
		return rc;
	}
	*out = f;
	return SCEP_OK;
}

void
scep_log_file_close(struct scep_log_file *f)
{
	if (f == NULL)
		return;
	if (f->fd != -1)
		(void)close(f->fd);
	scep_chain_close(&f->chain);
	free(f);
}

enum scep_err
scep_log_file_rewind(struct scep_log_file *f, struct scep_error *err)
{
	if (lseek(f->fd, 0, SEEK_SET) == -1)
		return scep_fail(err, SCEP_E_STORE, "%s: %s", f->path,
		    strerror(errno));
	scep_chain_close(&f->chain);
	f->number = f->seq = 0;
	f->at = f->end = 0;
	return scep_chain_open(&f->chain, NULL, err);
}

size_t
scep_log_file_rest(const struct scep_log_file *f)
{
	return f->end - f->at;
}

static enum scep_err
bad(const struct scep_log_file *f, const char *what, struct scep_error *err)
{
	return scep_fail(err, SCEP_E_REFUSED, "%s: line %" PRIu64 " %s",
	    f->path, f->number + 1, what);
}

/* More of the file behind what is left of it; 0 at its end. */
static enum scep_err
fill(struct scep_log_file *f, ssize_t *n, struct scep_error *err)
{
	memmove(f->text, f->text + f->at, f->end - f->at);
	f->end -= f->at;
	f->at = 0;
	do
		*n = read(f->fd, f->text + f->end, ROOM - f->end);
	while (*n == -1 && errno == EINTR);
	if (*n == -1)
		return scep_fail(err, SCEP_E_STORE, "%s: cannot be read: %s",
		    f->path, strerror(errno));
	f->end += (size_t)*n;
	return SCEP_OK;
}

/* The next line, without its newline. */
static enum scep_err
take(struct scep_log_file *f, struct scep_span *line, struct scep_error *err)
{
	const uint8_t	*newline;
	ssize_t		 n;
	enum scep_err	 rc;

	while ((newline = memchr(f->text + f->at, '\n', f->end - f->at)) ==
	    NULL) {
		if (f->end - f->at == ROOM)
			return bad(f, "has no end", err);
		if ((rc = fill(f, &n, err)) != SCEP_OK)
			return rc;
		if (n == 0)
			return scep_fail(err, SCEP_E_NOTFOUND,
			    "%s: the end", f->path);
	}
	*line = scep_span_make(f->text + f->at,
	    (size_t)(newline - (f->text + f->at)));
	return SCEP_OK;
}

enum scep_err
scep_log_file_next(struct scep_log_file *f, struct scep_log_line *out,
    struct scep_error *err)
{
	char			 want[SCEP_CHAIN_TEXT + 1];
	const char		*hash;
	struct scep_span	 line = { NULL, 0 };
	enum scep_err		 rc;

	memset(out, 0, sizeof(*out));
	if ((rc = take(f, &line, err)) != SCEP_OK)
		return rc;
	if (!scep_chain_split(line, &out->seq, &hash, &out->text))
		return bad(f, "is no entry: its form is not SEQ HASH TEXT",
		    err);
	if (out->seq <= f->seq)
		return bad(f, "is out of order", err);
	if ((rc = scep_chain_next(&f->chain, out->seq, out->text, want,
	    err)) != SCEP_OK)
		return rc;
	if (memcmp(hash, want, SCEP_CHAIN_TEXT) != 0)
		return bad(f, "breaks the chain: it was changed, or lines "
		    "before it were changed, moved or removed", err);
	memcpy(f->chain.hash, want, sizeof(want));
	f->seq = out->seq;
	out->number = ++f->number;
	f->at += line.len + 1;
	return SCEP_OK;
}
