/*
 * journal.c - DIR/issue.log while it grows: the log table as a file, each
 * line chained to the one before.
 *
 * Lines are in the order of seq; a seq whose transaction failed leaves a gap.
 * A line waits for every earlier transaction to end, so that the file never
 * lacks an entry that is before its last one.  Whoever finds lines ready
 * writes them for all, with one fdatasync and without the mutex, so that
 * many commits share it as they share Berkeley DB's.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "store/journal.h"

enum scep_err
scep_journal_write(struct scep_journal *j, struct scep_span lines,
    struct scep_error *err)
{
	ssize_t	 n;

	while (lines.len > 0) {
		n = write(j->fd, lines.data, lines.len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return scep_fail(err, SCEP_E_STORE, "%s: cannot "
			    "append: %s; a restart completes it", j->path,
			    strerror(errno));
		lines.data += n;
		lines.len -= (size_t)n;
	}
	return SCEP_OK;
}

enum scep_err
scep_journal_sync(struct scep_journal *j, struct scep_error *err)
{
	return fdatasync(j->fd) == 0 ? SCEP_OK : scep_fail(err, SCEP_E_STORE,
	    "%s: cannot sync: %s; a restart completes it", j->path,
	    strerror(errno));
}

void
scep_journal_take(struct scep_journal *j, struct scep_journal_entry *e)
{
	memset(e, 0, sizeof(*e));
	(void)pthread_mutex_lock(&j->mutex);
	e->seq = j->next++;
	if (j->last != NULL)
		j->last->next = e;
	else
		j->first = e;
	j->last = e;
	(void)pthread_mutex_unlock(&j->mutex);
}

void
scep_journal_skip(struct scep_journal *j, uint64_t seq)
{
	(void)pthread_mutex_lock(&j->mutex);
	if (j->next < seq)
		j->next = seq;
	(void)pthread_mutex_unlock(&j->mutex);
}

/* What is ready, up to the first that is not, off the list. */
static struct scep_journal_entry *
cut_ready(struct scep_journal *j)
{
	struct scep_journal_entry	*head = j->first, *e = j->first;

	if (e == NULL || e->state == SCEP_ENTRY_OPEN)
		return NULL;
	while (e->next != NULL && e->next->state != SCEP_ENTRY_OPEN)
		e = e->next;
	if ((j->first = e->next) == NULL)
		j->last = NULL;
	e->next = NULL;
	return head;
}

/* Nobody else touches the chain while j->writing is set. */
static enum scep_err
write_entries(struct scep_journal *j, const struct scep_journal_entry *head,
    struct scep_error *err)
{
	const struct scep_journal_entry	*e;
	struct scep_buf			 lines = { NULL, 0 };
	enum scep_err			 rc = SCEP_OK;

	for (e = head; rc == SCEP_OK && e != NULL; e = e->next)
		if (e->line.len > 0)
			rc = scep_chain_line(&j->chain, e->seq, e->line,
			    &lines, err);
	if (rc == SCEP_OK && lines.len > 0 &&
	    (rc = scep_journal_write(j, scep_buf_span(&lines), err)) ==
	    SCEP_OK)
		rc = scep_journal_sync(j, err);
	scep_buf_clear(&lines);
	return rc;
}

/* Called with the mutex, and returns with it. */
static void
write_for_all(struct scep_journal *j, struct scep_journal_entry *head)
{
	struct scep_journal_entry	*e, *next;
	struct scep_error		 err = { .code = SCEP_OK };
	int				 failed = 0;

	j->writing = 1;
	if (!j->broken) {	/* a line behind a lost one would be a lie */
		(void)pthread_mutex_unlock(&j->mutex);
		if (write_entries(j, head, &err) != SCEP_OK)
			failed = 1;
		(void)pthread_mutex_lock(&j->mutex);
	}
	j->writing = 0;
	if (failed) {
		j->broken = 1;
		j->why = err;
	}
	for (e = head; e != NULL; e = next) {
		next = e->next;		/* e is its owner's from now on */
		e->state = SCEP_ENTRY_WRITTEN;
	}
	(void)pthread_cond_broadcast(&j->moved);
}

enum scep_err
scep_journal_done(struct scep_journal *j, struct scep_journal_entry *e,
    struct scep_span line, struct scep_error *err)
{
	struct scep_journal_entry	*head;
	enum scep_err			 rc = SCEP_OK;

	(void)pthread_mutex_lock(&j->mutex);
	e->line = line;
	e->state = SCEP_ENTRY_READY;
	(void)pthread_cond_broadcast(&j->moved);
	while (e->state != SCEP_ENTRY_WRITTEN)
		if (!j->writing && (head = cut_ready(j)) != NULL)
			write_for_all(j, head);
		else
			(void)pthread_cond_wait(&j->moved, &j->mutex);
	if (j->broken && line.len > 0) {
		*err = j->why;
		rc = err->code;
	}
	(void)pthread_mutex_unlock(&j->mutex);
	return rc;
}

int
scep_journal_is_broken(struct scep_journal *j)
{
	int	 broken;

	(void)pthread_mutex_lock(&j->mutex);
	broken = j->broken;
	(void)pthread_mutex_unlock(&j->mutex);
	return broken;
}

void
scep_journal_close(struct scep_journal *j)
{
	if (j == NULL)
		return;
	if (j->fd != -1)
		(void)close(j->fd);
	scep_chain_close(&j->chain);
	(void)pthread_cond_destroy(&j->moved);
	(void)pthread_mutex_destroy(&j->mutex);
	free(j);
}
