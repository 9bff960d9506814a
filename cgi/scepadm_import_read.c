/*
 * scepadm_import_read.c - the list of another server, line by line.
 *
 * A list may have a great many lines: of each that was read only so much is
 * kept that a serial is known again.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "cgi/scepadm_import.h"

#define SLOTS_FIRST	1024		/* a power of two */
#define PROGRESS	1000		/* lines */

/* A serial that was in the list: parts of two digests. */
struct slot {
	uint8_t		 serial[12], content[8];
	uint32_t	 line;		/* 0: free */
};

struct seen {
	struct slot	*slot;
	size_t		 n, size;
};

/* Where it is, or would be. */
static struct slot *
find(const struct seen *seen, const struct slot *what)
{
	size_t	 i;

	memcpy(&i, what->serial, sizeof(i));
	for (i &= seen->size - 1; seen->slot[i].line != 0 &&
	    memcmp(seen->slot[i].serial, what->serial,
	    sizeof(what->serial)) != 0; i = (i + 1) & (seen->size - 1))
		;
	return &seen->slot[i];
}

static enum scep_err
grow(struct seen *seen, struct scep_error *err)
{
	struct seen	 more = { .n = seen->n };
	size_t		 i;

	if (seen->n * 4 < seen->size * 3)
		return SCEP_OK;
	more.size = seen->size == 0 ? SLOTS_FIRST : 2 * seen->size;
	if ((more.slot = calloc(more.size, sizeof(*more.slot))) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "%zu serials", more.size);
	for (i = 0; i < seen->size; i++)
		if (seen->slot[i].line != 0)
			*find(&more, &seen->slot[i]) = seen->slot[i];
	free(seen->slot);
	*seen = more;			/* transferred */
	return SCEP_OK;
}

/* SCEP_E_EXISTS: the same line was there before; SCEP_E_REFUSED: another
 * one. */
static enum scep_err
note(const struct scep_crypto *crypto, struct seen *seen, long nr,
    struct scep_span text, const struct scep_ca_index *line,
    struct scep_error *err)
{
	uint8_t				 digest[SCEP_SHA256_LEN];
	struct slot			 one = { .line = (uint32_t)nr };
	struct slot			*at;
	enum scep_err			 rc;

	if ((rc = grow(seen, err)) != SCEP_OK ||
	    (rc = scep_crypto_sha256(crypto, scep_span_make(line->serial,
	    line->serial_len), digest, err)) != SCEP_OK)
		return rc;
	memcpy(one.serial, digest, sizeof(one.serial));
	if ((rc = scep_crypto_sha256(crypto, text, digest, err)) != SCEP_OK)
		return rc;
	memcpy(one.content, digest, sizeof(one.content));
	at = find(seen, &one);
	if (at->line == 0) {
		*at = one;
		seen->n++;
		return SCEP_OK;
	}
	if (memcmp(at->content, one.content, sizeof(one.content)) == 0)
		return SCEP_E_EXISTS;
	return scep_fail(err, SCEP_E_REFUSED, "line %u has the same serial, "
	    "and says something else; look which one is true, and take the "
	    "other out", (unsigned int)at->line);
}

/* The list while it is read. */
struct list {
	struct adm_import	*im;
	FILE			*file;
	long			 nr;
	struct seen		 seen;
	struct scep_ca_index	 line;
	char			 text[SCEP_CA_INDEX_LINE + 2];
};

/* A line without its end, cut where it is too long; 0 behind the last. */
static int
next(struct list *l, struct scep_span *out)
{
	size_t	 n = 0;
	int	 c;

	while ((c = getc(l->file)) != EOF && c != '\n')
		if (n < sizeof(l->text))
			l->text[n++] = (char)c;
	*out = scep_span_make(l->text, n);
	if (c == EOF && n == 0)
		return 0;
	l->nr++;
	return 1;
}

static void
count(struct list *l)
{
	struct adm_import_count	*n = &l->im->count;

	n->lines++;
	if (l->line.is_revoked)
		n->revoked++;
	else if (l->line.not_after < time(NULL))
		n->expired++;
	else
		n->valid++;
}

static void
tell_missing(struct list *l, const struct scep_error *why)
{
	char	 text[SCEP_ERROR_MAX + 128];

	(void)snprintf(text, sizeof(text), "%.800s; taken without its "
	    "certificate%s", why->text, l->line.is_revoked ? "" :
	    ", and the device cannot renew with it");
	adm_import_tell(l->im, l->nr, ADM_IMPORT_MISSING, text);
}

/* With its certificate, if that is there. */
static enum scep_err
add(struct list *l, struct scep_error *why)
{
	struct scep_buf	 der = { NULL, 0 };
	enum scep_err	 rc;

	rc = adm_import_cert(l->im, &l->line, &der, why);
	if (rc == SCEP_E_NOTFOUND)
		tell_missing(l, why);
	else if (rc != SCEP_OK) {
		l->im->adm->err = *why;
		return rc;
	}
	rc = adm_import_add(l->im, l->nr, &l->line, &der);
	scep_buf_clear(&der);
	return rc;
}

static enum scep_err
take(struct list *l, struct scep_span text)
{
	struct scep_error	 why;
	enum scep_err		 rc;

	rc = note(l->im->adm->crypto, &l->seen, l->nr, text, &l->line, &why);
	if (rc == SCEP_E_REFUSED)
		adm_import_tell(l->im, l->nr, ADM_IMPORT_REFUSED, why.text);
	if (rc == SCEP_E_EXISTS || rc == SCEP_E_REFUSED)
		return SCEP_OK;
	if (rc != SCEP_OK) {
		l->im->adm->err = why;
		return rc;
	}
	if (l->line.is_less)
		adm_import_tell(l->im, l->nr, ADM_IMPORT_LESS, "it was "
		    "revoked with a date or an instruction beside its reason, "
		    "which our CRLs have no place for");
	return add(l, &why);
}

static void
show_progress(const struct list *l, int end)
{
	if (!isatty(STDERR_FILENO) || (!end && l->nr % PROGRESS != 0))
		return;
	if (end)
		(void)fprintf(stderr, "\r\033[K");
	else
		(void)fprintf(stderr, "\r%s line %ld ", l->im->sending ?
		    "taking over" : "checking", l->nr);
	(void)fflush(stderr);
}

static enum scep_err
read_lines(struct list *l)
{
	struct scep_error	 why;
	struct scep_span	 text;
	enum scep_err		 rc = SCEP_OK;

	while (rc == SCEP_OK && next(l, &text)) {
		show_progress(l, 0);
		rc = scep_ca_index_read(text, &l->line, &why);
		if (rc == SCEP_OK) {
			count(l);
			rc = take(l, text);
			continue;
		}
		if (rc == SCEP_E_FORMAT) {
			l->im->count.lines++;
			adm_import_tell(l->im, l->nr, ADM_IMPORT_REFUSED,
			    why.text);
		}
		rc = SCEP_OK;
	}
	show_progress(l, 1);
	if (rc == SCEP_OK && ferror(l->file))
		return scep_fail(&l->im->adm->err, SCEP_E_STORE, "%s: %s",
		    l->im->at.index, strerror(errno));
	return rc != SCEP_OK ? rc : adm_import_flush(l->im);
}

static enum scep_err
cannot_open(struct adm_import *im, int no)
{
	if (no != ENOENT && no != ENOTDIR)
		return scep_file_fail(im->at.index, no, &im->adm->err);
	return scep_fail(&im->adm->err, SCEP_E_NOTFOUND, "%s: no such file; "
	    "wanted is the directory in which %s keeps its list",
	    im->at.index, im->source);
}

enum scep_err
adm_import_read(struct adm_import *im)
{
	struct list	*l;
	enum scep_err	 rc;

	if ((l = calloc(1, sizeof(*l))) == NULL)
		return scep_fail(&im->adm->err, SCEP_E_NOMEM, "the list");
	l->im = im;
	memset(&im->count, 0, sizeof(im->count));
	(void)json_array_clear(im->told);
	if ((l->file = fopen(im->at.index, "re")) == NULL)
		rc = cannot_open(im, errno);
	else {
		rc = read_lines(l);
		(void)fclose(l->file);
	}
	free(l->seen.slot);
	free(l);
	return rc;
}
