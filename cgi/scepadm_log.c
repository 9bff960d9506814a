/*
 * scepadm_log.c - issue.log: is each line of the chain, and does the database
 * say the same?
 *
 * The chain is read first, from the file alone; then once more, beside the
 * table, which the owner gives out page by page.  A server may be appending
 * meanwhile: what it has committed it writes at once, but not at the same
 * moment.
 */
#include <inttypes.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cgi/scepadm.h"
#include "cgi/state.h"
#include "store/log_file.h"

#define PATIENCE	30		/* looks at the end of the file … */
#define LOOK_NS		100000000L	/* … so far apart */

struct verify {
	struct adm		*adm;
	const char		*path;
	int			 is_copy;	/* FILE was given */
	int			 owned;		/* somebody serves */
	struct scep_log_file	*file;
	uint64_t		 lines;		/* before we asked anybody */
	uint64_t		 compared, newer;
	uint64_t		 last;		/* seq compared */
	json_t			*page;
	size_t			 at;		/* in page */
};

/* The next line; at the end of a file that a server writes to, a while is
 * waited if one must come. */
static enum scep_err
next_line(struct verify *v, int must, struct scep_log_line *line)
{
	const struct timespec	 wait = { 0, LOOK_NS };
	enum scep_err		 rc;
	int			 i;

	for (i = 0; (rc = scep_log_file_next(v->file, line, &v->adm->err)) ==
	    SCEP_E_NOTFOUND && i < PATIENCE && v->owned && (must ||
	    scep_log_file_rest(v->file) > 0); i++)
		(void)nanosleep(&wait, NULL);
	return rc;
}

static enum scep_err
verify_chain(struct verify *v)
{
	struct scep_log_line	 line;
	enum scep_err		 rc;

	while ((rc = next_line(v, 0, &line)) == SCEP_OK)
		v->lines = line.number;
	if (rc != SCEP_E_NOTFOUND)
		return rc;
	if (scep_log_file_rest(v->file) > 0)
		return scep_fail(&v->adm->err, SCEP_E_REFUSED, "%s: line %"
		    PRIu64 " is cut off%s", v->path, v->lines + 1,
		    v->is_copy ? "" : "; the next start of scep.fcgi writes "
		    "it anew from the database");
	return SCEP_OK;
}

/* The next entry of the table, or NULL behind the last. */
static enum scep_err
next_entry(struct verify *v, const json_t **out)
{
	enum scep_err	 rc;

	*out = NULL;
	if (v->page == NULL || v->at == json_array_size(v->page)) {
		json_decref(v->page);
		v->page = NULL;
		v->at = 0;
		if ((rc = adm_ask(v->adm, json_pack("{s:s,s:I}", "do",
		    "log.read", "after", (json_int_t)v->last),
		    &v->page)) != SCEP_OK)
			return rc;
	}
	if ((*out = json_array_get(v->page, v->at)) != NULL)
		v->at++;
	return SCEP_OK;
}

static uint64_t
seq_of(const json_t *entry)
{
	return (uint64_t)json_integer_value(json_object_get(entry, "seq"));
}

/* Entries are committed in any order: where the file has a line that the page
 * does not, the page is older. */
static enum scep_err
look_again(struct verify *v, const json_t **entry)
{
	json_decref(v->page);
	v->page = NULL;
	return next_entry(v, entry);
}

static enum scep_err
compare_one(struct verify *v, const json_t *entry,
    const struct scep_log_line *line)
{
	const uint64_t		 seq = seq_of(entry);
	const char		*text = json_string_value(json_object_get(
				    entry, "text"));
	struct scep_error	*err = &v->adm->err;

	if (entry == NULL || line->seq < seq)
		return scep_fail(err, SCEP_E_REFUSED, "%s: line %" PRIu64
		    " is entry %" PRIu64 ", which is not in the database",
		    v->path, line->number, line->seq);
	if (line->seq > seq)
		return scep_fail(err, SCEP_E_REFUSED, "%s: entry %" PRIu64
		    " of the database is missing before line %" PRIu64,
		    v->path, seq, line->number);
	if (text == NULL || !scep_span_equal(line->text,
	    scep_span_text(text)))
		return scep_fail(err, SCEP_E_REFUSED, "%s: line %" PRIu64
		    " differs from entry %" PRIu64 " of the database",
		    v->path, line->number, seq);
	v->compared++;
	v->last = line->seq;
	return SCEP_OK;
}

/* The file ends before the table does. */
static enum scep_err
file_ends(struct verify *v, const json_t *entry)
{
	if (!v->is_copy)
		return scep_fail(&v->adm->err, SCEP_E_REFUSED, "%s: its end "
		    "is missing: entry %" PRIu64 " of the database is not in "
		    "it", v->path, seq_of(entry));
	v->newer++;
	v->last = seq_of(entry);
	return SCEP_OK;
}

static enum scep_err
compare_all(struct verify *v)
{
	struct scep_log_line	 line;
	const json_t		*entry;
	enum scep_err		 rc;

	for (;;) {
		if ((rc = next_entry(v, &entry)) != SCEP_OK)
			return rc;
		rc = next_line(v, entry != NULL && !v->is_copy, &line);
		if (rc == SCEP_E_NOTFOUND && entry == NULL)
			return SCEP_OK;
		if (rc == SCEP_OK && (entry == NULL ||
		    line.seq < seq_of(entry)))
			rc = look_again(v, &entry);
		if (rc == SCEP_OK)
			rc = compare_one(v, entry, &line);
		else if (rc == SCEP_E_NOTFOUND)
			rc = file_ends(v, entry);
		if (rc != SCEP_OK)
			return rc;
	}
}

/* Opening a store completes its file: what a crash, or somebody, took off its
 * end is there again, and that is to be told. */
static enum scep_err
judge_growth(struct verify *v)
{
	if (v->owned || v->is_copy || v->compared == v->lines)
		return SCEP_OK;
	return scep_fail(&v->adm->err, SCEP_E_REFUSED, "%s: its last %" PRIu64
	    " lines were missing, and are there again, from the database: a "
	    "crash kept them out, or somebody took them off", v->path,
	    v->compared - v->lines);
}

static enum scep_err
compare_with_store(struct verify *v)
{
	enum scep_err	 rc;

	if ((rc = scep_log_file_rewind(v->file, &v->adm->err)) != SCEP_OK ||
	    (rc = compare_all(v)) != SCEP_OK)
		return rc;
	return judge_growth(v);
}

static void
print_done(const struct verify *v, int chain_only)
{
	json_t	*done;

	if (v->adm->json) {
		done = json_pack("{s:s,s:I,s:I,s:I}", "file", v->path,
		    "lines", (json_int_t)v->lines, "compared",
		    (json_int_t)v->compared, "newer", (json_int_t)v->newer);
		adm_print_json(done);
		json_decref(done);
		return;
	}
	(void)printf("%s: %" PRIu64 " lines, the chain is whole\n", v->path,
	    v->lines);
	if (!chain_only)
		(void)printf("%" PRIu64 " entries agree with the database\n",
		    v->compared);
	if (v->newer > 0)
		(void)printf("%" PRIu64 " later entries are in the database "
		    "alone\n", v->newer);
}

static enum scep_err
prepare(struct verify *v, char *path, size_t size)
{
	struct scep_error	*err = &v->adm->err;
	struct scep_config	*cfg = NULL;
	struct scep_error	 why;
	enum scep_err		 rc;
	int			 lock;

	if ((rc = scep_state_config(v->adm->crypto, v->adm->conf, 0, &cfg,
	    err)) != SCEP_OK)
		return rc;
	if (v->path == NULL) {
		(void)snprintf(path, size, "%s/issue.log",
		    cfg->server.state);
		v->path = path;
	}
	/* FILE may be one that only the caller may read. */
	if ((rc = scep_log_file_open(v->path, &v->file, err)) == SCEP_OK &&
	    (rc = scep_state_become_owner(cfg->server.state, err)) ==
	    SCEP_OK) {
		v->owned = scep_state_lock(cfg->server.state, 0, &lock,
		    &why) == SCEP_E_BUSY;
		if (lock != -1)
			(void)close(lock);
	}
	scep_config_free(cfg);
	return rc;
}

enum scep_err
adm_log_verify(struct adm *adm, int argc, char *argv[])
{
	int			  chain_only = 0;
	char			  path[2048], **operand;
	const struct adm_option	  options[] = {
		{ "chain-only", NULL, &chain_only, NULL },
		{ NULL, NULL, NULL, NULL }
	};
	struct verify		  v = { .adm = adm };
	enum scep_err		  rc;

	if ((rc = adm_options(adm, argc, argv, options, -1, &operand)) !=
	    SCEP_OK)
		return rc;
	v.path = operand[0];
	v.is_copy = operand[0] != NULL;
	rc = chain_only && v.is_copy ? scep_log_file_open(v.path, &v.file,
	    &adm->err) : prepare(&v, path, sizeof(path));
	adm_hold(adm);			/* for all pages */
	if (rc == SCEP_OK && (rc = verify_chain(&v)) == SCEP_OK &&
	    !chain_only)
		rc = compare_with_store(&v);
	adm_release(adm);
	if (rc == SCEP_OK)
		print_done(&v, chain_only);
	scep_log_file_close(v.file);
	json_decref(v.page);
	return rc;
}
