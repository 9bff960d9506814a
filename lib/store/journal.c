/*
 * journal.c - DIR/issue.log while it grows: the log table as a file, each
 * line chained to the one before; and what makes commits durable.
 *
 * Entries are in the order of seq, which is that of their transactions.  One
 * of those who wait takes what is there, syncs the database's log, and then
 * writes the lines: for all of them at once, while others gather.  Lines come
 * after the sync, so that the file has none that the table lacks.  They are
 * not synced with each commit: what a power cut takes from the file is in the
 * table (journal_open.c).
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
		atomic_fetch_add(&j->unsynced, (long)n);
		lines.data += n;
		lines.len -= (size_t)n;
	}
	return SCEP_OK;
}

/* For good, and for the first reason. */
static void
give_up(struct scep_journal *j, const struct scep_error *why)
{
	(void)pthread_mutex_lock(&j->mutex);
	if (!atomic_load(&j->broken))
		j->why = *why;
	atomic_store(&j->broken, 1);
	(void)pthread_mutex_unlock(&j->mutex);
}

static enum scep_err
why_broken(const struct scep_journal *j, struct scep_error *err)
{
	*err = j->why;
	return err->code;
}

enum scep_err
scep_journal_sync(struct scep_journal *j, struct scep_error *err)
{
	enum scep_err	 rc;

	if (atomic_load(&j->broken))
		return why_broken(j, err);
	if (atomic_exchange(&j->unsynced, 0) == 0 || fdatasync(j->fd) == 0)
		return SCEP_OK;
	/* Another sync would say yes, and mean nothing. */
	rc = scep_fail(err, SCEP_E_STORE, "%s: cannot sync: %s; a restart "
	    "completes it", j->path, strerror(errno));
	give_up(j, err);
	return rc;
}

void
scep_journal_add(struct scep_journal *j, struct scep_journal_entry *e)
{
	e->state = SCEP_ENTRY_WAITS;
	e->next = NULL;
	(void)sem_init(&e->turn, 0, 0);
	(void)pthread_mutex_lock(&j->mutex);
	if (j->last != NULL)
		j->last->next = e;
	else
		j->first = e;
	j->last = e;
	(void)pthread_mutex_unlock(&j->mutex);
}

static enum scep_err
flush_log(struct scep_journal *j, struct scep_error *err)
{
	struct scep_db	*db = j->env->app_private;
	int		 r = scep_db_flush(db);

	return r == 0 ? SCEP_OK : scep_db_fail(db, r, "log", err);
}

/* Nobody else touches the chain while j->writing is set. */
static enum scep_err
write_entries(struct scep_journal *j, const struct scep_journal_entry *head,
    struct scep_error *err)
{
	const struct scep_journal_entry	*e;
	struct scep_buf			 lines = { NULL, 0 };
	enum scep_err			 rc;

	rc = flush_log(j, err);
	for (e = head; rc == SCEP_OK && e != NULL; e = e->next)
		if (e->line.len > 0)
			rc = scep_chain_line(&j->chain, e->seq, e->line,
			    &lines, err);
	if (rc == SCEP_OK && atomic_load(&j->unsynced) > 0 &&
	    atomic_load(&j->unsynced) + (long)lines.len > j->most)
		rc = scep_journal_sync(j, err);
	if (rc == SCEP_OK)
		rc = scep_journal_write(j, scep_buf_span(&lines), err);
	scep_buf_clear(&lines);
	return rc;
}

/* All that have come so far, mine among them; none from now on. */
static struct scep_journal_entry *
take_all(struct scep_journal *j)
{
	struct scep_journal_entry	*head, *e;

	(void)pthread_mutex_lock(&j->mutex);
	head = j->first;
	j->first = j->last = NULL;
	for (e = head; e != NULL; e = e->next)
		e->state = SCEP_ENTRY_TAKEN;
	(void)pthread_mutex_unlock(&j->mutex);
	return head;
}

/* The first of those who came meanwhile writes next.  An entry is its owner's
 * as soon as it is that one's turn. */
static void
hand_over(struct scep_journal *j)
{
	(void)pthread_mutex_lock(&j->mutex);
	if (j->first != NULL) {
		j->first->state = SCEP_ENTRY_WRITES;
		(void)sem_post(&j->first->turn);
	} else
		j->writing = 0;
	(void)pthread_mutex_unlock(&j->mutex);
}

static void
write_for_all(struct scep_journal *j, const struct scep_journal_entry *mine)
{
	struct scep_journal_entry	*e, *next, *head = take_all(j);
	struct scep_error		 err = { .code = SCEP_OK };

	/* A line behind a lost one would be a lie. */
	if (!atomic_load(&j->broken) &&
	    write_entries(j, head, &err) != SCEP_OK)
		give_up(j, &err);
	hand_over(j);
	for (e = head; e != NULL; e = next) {
		next = e->next;
		if (e != mine)
			(void)sem_post(&e->turn);
	}
}

enum scep_err
scep_journal_done(struct scep_journal *j, struct scep_journal_entry *e,
    struct scep_error *err)
{
	int	 mine;

	(void)pthread_mutex_lock(&j->mutex);
	mine = !j->writing && e->state == SCEP_ENTRY_WAITS;
	if (mine)
		j->writing = 1;
	(void)pthread_mutex_unlock(&j->mutex);
	while (!mine && sem_wait(&e->turn) == -1 && errno == EINTR)
		;
	if (mine || e->state == SCEP_ENTRY_WRITES)
		write_for_all(j, e);
	(void)sem_destroy(&e->turn);
	return atomic_load(&j->broken) ? why_broken(j, err) : SCEP_OK;
}

int
scep_journal_is_broken(struct scep_journal *j)
{
	return atomic_load(&j->broken);
}

int
scep_journal_close(struct scep_journal *j)
{
	struct scep_error	 err;
	int			 whole = 1;

	if (j == NULL)
		return 0;
	if (j->fd != -1) {
		whole = scep_journal_sync(j, &err) == SCEP_OK;
		(void)close(j->fd);
	}
	scep_chain_close(&j->chain);
	(void)pthread_mutex_destroy(&j->mutex);
	free(j);
	return whole;
}
