/* store.c - what every store shares: releasing, and calls through ops. */
#include <string.h>

#include "base/error.h"
#include "store/store.h"

#define LOG_LINE_MAX	16384	/* octets of a log entry */

void
scep_row_clear(struct scep_row *row)
{
	scep_buf_clear(&row->key);
	scep_buf_clear(&row->value);
	row->rev = 0;
}

void
scep_change_clear(struct scep_change *change)
{
	size_t	 i;

	for (i = 0; i < change->n; i++) {
		scep_buf_clear(&change->write[i].key);
		scep_buf_clear(&change->write[i].value);
	}
	scep_buf_clear(&change->log);
	change->log_seq = 0;
	change->n = 0;
}

enum scep_err
scep_store_get(struct scep_store *store, enum scep_table table,
    struct scep_span key, struct scep_row *out, struct scep_error *err)
{
	memset(out, 0, sizeof(*out));
	return store->ops->get(store, table, key, out, err);
}

enum scep_err
scep_store_scan(struct scep_store *store, enum scep_table table,
    struct scep_span from, scep_row_fn fn, void *arg, struct scep_error *err)
{
	enum scep_err	 rc;

	rc = store->ops->scan(store, table, from, fn, arg, err);
	return rc == SCEP_E_EXISTS ? SCEP_OK : rc;
}

enum scep_err
scep_store_scan_index(struct scep_store *store, enum scep_index index,
    struct scep_span from, struct scep_span to, scep_row_fn fn, void *arg,
    struct scep_error *err)
{
	enum scep_err	 rc;

	rc = store->ops->scan_index(store, index, from, to, fn, arg, err);
	return rc == SCEP_E_EXISTS ? SCEP_OK : rc;
}

enum scep_err
scep_store_walk(struct scep_store *store, const struct scep_range *range,
    scep_entry_fn fn, void *arg, struct scep_error *err)
{
	enum scep_err	 rc;

	rc = store->ops->walk(store, range, fn, arg, err);
	return rc == SCEP_E_EXISTS ? SCEP_OK : rc;
}

enum scep_err
scep_store_weigh(struct scep_store *store, const struct scep_range *range,
    unsigned int *weight, struct scep_error *err)
{
	return store->ops->weigh(store, range, weight, err);
}

/* What no store takes. */
static enum scep_err
check_change(const struct scep_change *change, struct scep_error *err)
{
	const struct scep_buf	*log = &change->log;
	size_t			 i;

	for (i = 0; i < change->n; i++)
		if ((unsigned int)change->write[i].table >= SCEP_T_LOG ||
		    change->write[i].key.len == 0)
			return scep_fail(err, SCEP_E_INTERNAL,
			    "a write to table %d with a key of %zu octets",
			    (int)change->write[i].table,
			    change->write[i].key.len);
	for (i = 0; i < change->n; i++)
		if (change->write[i].table == SCEP_T_NEWEST &&
		    change->write[i].what != SCEP_WRITE_CHECK)
			return scep_fail(err, SCEP_E_INTERNAL,
			    "a write to what follows from the transactions");
	if (log->len > LOG_LINE_MAX)
		return scep_fail(err, SCEP_E_INTERNAL,
		    "a log entry of %zu octets, at most %d", log->len,
		    LOG_LINE_MAX);
	if (log->len > 0 && (memchr(log->data, '\n', log->len) != NULL ||
	    memchr(log->data, '\0', log->len) != NULL))
		return scep_fail(err, SCEP_E_INTERNAL,
		    "a log entry with a newline or a NUL");
	return SCEP_OK;
}

enum scep_err
scep_store_commit(struct scep_store *store, const struct scep_change *change,
    struct scep_error *err)
{
	enum scep_err	 rc;

	if ((rc = check_change(change, err)) != SCEP_OK)
		return rc;
	return store->ops->commit(store, change, err);
}

enum scep_err
scep_store_tend(struct scep_store *store, struct scep_error *err)
{
	return store->ops->tend(store, err);
}

enum scep_err
scep_store_backup(struct scep_store *store,
    const struct scep_store_backup *backup, struct scep_error *err)
{
	return store->ops->backup(store, backup, err);
}

void
scep_store_look(struct scep_store *store, struct scep_store_facts *out)
{
	store->ops->look(store, out);
}

void
scep_store_close(struct scep_store *store)
{
	if (store != NULL)
		store->ops->close(store);
}
