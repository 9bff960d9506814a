/*
 * store_mem.c - a store in memory: for tests and benchmarks.
 *
 * One mutex, sorted arrays.  Scans work on copies, so that what they call may
 * use the store.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "store/mem.h"

int
scep_mem_compare(struct scep_span a, struct scep_span b)
{
	size_t	 n = a.len < b.len ? a.len : b.len;
	int	 c = n > 0 ? memcmp(a.data, b.data, n) : 0;

	return c != 0 ? c : (a.len > b.len) - (a.len < b.len);
}

/* Where key is, or would be. */
static size_t
find(const struct scep_mem_table *t, struct scep_span key, int *there)
{
	size_t	 lo = 0, hi = t->n, mid;
	int	 c;

	*there = 0;
	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		c = scep_mem_compare(scep_buf_span(&t->row[mid].key), key);
		if (c == 0) {
			*there = 1;
			return mid;
		}
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static enum scep_err
copy_row(const struct scep_row *from, struct scep_row *to,
    struct scep_error *err)
{
	enum scep_err	 rc;

	memset(to, 0, sizeof(*to));
	if ((rc = scep_buf_set(&to->key, scep_buf_span(&from->key), err)) !=
	    SCEP_OK || (rc = scep_buf_set(&to->value,
	    scep_buf_span(&from->value), err)) != SCEP_OK) {
		scep_row_clear(to);
		return rc;
	}
	to->rev = from->rev;
	return SCEP_OK;
}

/* Of the transactions of a prefix the one that came last, if there is one. */
static int
find_newest(const struct scep_mem *m, struct scep_span prefix, size_t *at)
{
	const struct scep_mem_table	*t = &m->table[SCEP_T_TRANSACTION];
	const struct scep_buf		*key;
	size_t				 i;
	int				 there, found = 0;

	for (i = find(t, prefix, &there); prefix.len > 0 && i < t->n; i++) {
		key = &t->row[i].key;
		if (key->len <= prefix.len ||
		    memcmp(key->data, prefix.data, prefix.len) != 0)
			break;
		if (!found || t->number[i] > t->number[*at])
			*at = i;
		found = 1;
	}
	return found;
}

/* The row that leads to a transaction from as much of its key. */
static enum scep_err
copy_newest(const struct scep_mem *m, size_t at, size_t len,
    struct scep_row *to, struct scep_error *err)
{
	const struct scep_mem_table	*t = &m->table[SCEP_T_TRANSACTION];
	const struct scep_row		 row = {
		.key = { t->row[at].key.data, len },
		.value = t->row[at].key,
		.rev = t->number[at],
	};

	return copy_row(&row, to, err);
}

static enum scep_err
mem_get(struct scep_store *store, enum scep_table table, struct scep_span key,
    struct scep_row *out, struct scep_error *err)
{
	struct scep_mem	*m = (struct scep_mem *)store;
	enum scep_err	 rc;
	size_t		 i = 0;
	int		 there;

	(void)pthread_mutex_lock(&m->mutex);
	if (table == SCEP_T_NEWEST)
		there = find_newest(m, key, &i);
	else
		i = find(&m->table[table], key, &there);
	rc = !there ? scep_fail(err, SCEP_E_NOTFOUND, "no such row") :
	    table == SCEP_T_NEWEST ? copy_newest(m, i, key.len, out, err) :
	    copy_row(&m->table[table].row[i], out, err);
	(void)pthread_mutex_unlock(&m->mutex);
	return rc;
}

/* Row i of a table for a scan; of SCEP_T_NEWEST the one that leads to
 * transaction i, if that is the newest. */
static enum scep_err
copy_next(const struct scep_mem *m, enum scep_table table, size_t i,
    struct scep_mem_table *out, struct scep_error *err)
{
	const struct scep_mem_table	*t = &m->table[SCEP_T_TRANSACTION];
	enum scep_err			 rc;
	size_t				 newest;

	if (table != SCEP_T_NEWEST)
		rc = copy_row(&m->table[table].row[i], &out->row[out->n],
		    err);
	else if (t->row[i].key.len <= SCEP_SHA256_LEN || !find_newest(m,
	    scep_span_make(t->row[i].key.data, SCEP_SHA256_LEN), &newest) ||
	    newest != i)
		return SCEP_OK;
	else
		rc = copy_newest(m, i, SCEP_SHA256_LEN, &out->row[out->n],
		    err);
	if (rc == SCEP_OK)
		out->n++;
	return rc;
}

enum scep_err
scep_mem_copy(struct scep_mem *m, enum scep_table table, struct scep_span from,
    struct scep_mem_table *out, struct scep_error *err)
{
	const struct scep_mem_table	*t = &m->table[table == SCEP_T_NEWEST ?
					    SCEP_T_TRANSACTION : table];
	enum scep_err	 rc = SCEP_OK;
	size_t		 i;
	int		 there;

	memset(out, 0, sizeof(*out));
	(void)pthread_mutex_lock(&m->mutex);
	i = find(t, from, &there);
	if ((out->row = calloc(t->n - i + 1, sizeof(*out->row))) == NULL)
		rc = scep_fail(err, SCEP_E_NOMEM, "scan");
	for (; rc == SCEP_OK && i < t->n; i++)
		rc = copy_next(m, table, i, out, err);
	(void)pthread_mutex_unlock(&m->mutex);
	return rc;
}

void
scep_mem_table_clear(struct scep_mem_table *t)
{
	size_t	 i;

	for (i = 0; i < t->n; i++)
		scep_row_clear(&t->row[i]);
	free(t->row);
	free(t->number);
	memset(t, 0, sizeof(*t));
}

static enum scep_err
mem_scan(struct scep_store *store, enum scep_table table,
    struct scep_span from, scep_row_fn fn, void *arg, struct scep_error *err)
{
	struct scep_mem_table	 copy;
	enum scep_err	 rc;
	size_t		 i;

	rc = scep_mem_copy((struct scep_mem *)store, table, from, &copy, err);
	for (i = 0; rc == SCEP_OK && i < copy.n; i++)
		rc = fn(arg, &copy.row[i], err);
	scep_mem_table_clear(&copy);
	return rc;
}

static enum scep_err
expect(const struct scep_mem *m, const struct scep_write *w,
    struct scep_error *err)
{
	const struct scep_mem_table	*t = &m->table[w->table];
	const struct scep_span		 key = scep_buf_span(&w->key);
	uint64_t			 rev = SCEP_REV_ABSENT;
	size_t				 i;
	int				 there;

	if (w->table != SCEP_T_NEWEST) {
		i = find(t, key, &there);
		if (there)
			rev = t->row[i].rev;
	} else if (find_newest(m, key, &i))
		rev = m->table[SCEP_T_TRANSACTION].number[i];
	if (w->expect != SCEP_REV_ANY && w->expect != rev)
		return scep_fail(err, SCEP_E_CHANGED,
		    "row of table %d has changed", (int)w->table);
	return SCEP_OK;
}

/* A value that an index cannot read is not written. */
static enum scep_err
check_indexes(const struct scep_write *w, struct scep_error *err)
{
	struct scep_buf	 key = { NULL, 0 };
	enum scep_err	 rc = SCEP_OK;
	int		 i, has;

	for (i = 0; rc == SCEP_OK && i < SCEP_IX__MAX; i++)
		if (scep_index_table((enum scep_index)i) == w->table)
			rc = scep_record_index((enum scep_index)i,
			    scep_buf_span(&w->value), &has, &key, err);
	scep_buf_clear(&key);
	return rc;
}

static enum scep_err
make_room(struct scep_mem_table *t, struct scep_error *err)
{
	const size_t	 room = 2 * t->room + 16;
	struct scep_row	*row;
	uint64_t	*number;

	if (t->n < t->room)
		return SCEP_OK;
	if ((row = realloc(t->row, room * sizeof(*row))) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "table");
	t->row = row;
	if ((number = realloc(t->number, room * sizeof(*number))) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "table");
	t->number = number;
	t->room = room;
	return SCEP_OK;
}

static enum scep_err
put(struct scep_mem_table *t, struct scep_span key, struct scep_span value,
    struct scep_error *err)
{
	struct scep_row	 fresh = { { NULL, 0 }, { NULL, 0 }, 1 };
	enum scep_err	 rc;
	size_t		 i;
	int		 there;

	i = find(t, key, &there);
	if (there) {
		t->row[i].rev++;
		return scep_buf_set(&t->row[i].value, value, err);
	}
	if ((rc = make_room(t, err)) != SCEP_OK)
		return rc;
	if ((rc = scep_buf_set(&fresh.key, key, err)) != SCEP_OK ||
	    (rc = scep_buf_set(&fresh.value, value, err)) != SCEP_OK) {
		scep_row_clear(&fresh);
		return rc;
	}
	memmove(&t->row[i + 1], &t->row[i], (t->n - i) * sizeof(*t->row));
	memmove(&t->number[i + 1], &t->number[i], (t->n - i) *
	    sizeof(*t->number));
	t->row[i] = fresh;
	t->number[i] = ++t->last;
	t->n++;
	return SCEP_OK;
}

static void
take_out(struct scep_mem_table *t, struct scep_span key)
{
	int	 there;
	size_t	 i = find(t, key, &there);

	if (!there)
		return;
	scep_row_clear(&t->row[i]);
	t->n--;
	memmove(&t->row[i], &t->row[i + 1], (t->n - i) * sizeof(*t->row));
	memmove(&t->number[i], &t->number[i + 1], (t->n - i) *
	    sizeof(*t->number));
}

static enum scep_err
apply(struct scep_mem *m, const struct scep_change *change,
    struct scep_error *err)
{
	enum scep_err	 rc = SCEP_OK;
	uint8_t		 key[8];
	size_t		 i;

	for (i = 0; i < change->n; i++)
		if ((rc = expect(m, &change->write[i], err)) != SCEP_OK ||
		    (change->write[i].what == SCEP_WRITE_PUT &&
		    (rc = check_indexes(&change->write[i], err)) != SCEP_OK))
			return rc;
	for (i = 0; rc == SCEP_OK && i < change->n; i++) {
		const struct scep_write	*w = &change->write[i];

		if (w->table == SCEP_T_NEWEST)	/* follows */
			continue;
		if (w->what == SCEP_WRITE_PUT)
			rc = put(&m->table[w->table], scep_buf_span(&w->key),
			    scep_buf_span(&w->value), err);
		else if (w->what == SCEP_WRITE_DELETE)
			take_out(&m->table[w->table], scep_buf_span(&w->key));
	}
	if (rc != SCEP_OK || change->log.len == 0)
		return rc;
	m->seq++;
	if (change->log_seq > m->seq)
		m->seq = change->log_seq;
	for (i = 0; i < 8; i++)
		key[i] = (uint8_t)(m->seq >> (56 - 8 * i));
	return put(&m->table[SCEP_T_LOG], scep_span_make(key, 8),
	    scep_buf_span(&change->log), err);
}

static enum scep_err
mem_commit(struct scep_store *store, const struct scep_change *change,
    struct scep_error *err)
{
	struct scep_mem	*m = (struct scep_mem *)store;
	enum scep_err	 rc;

	(void)pthread_mutex_lock(&m->mutex);
	rc = apply(m, change, err);
	(void)pthread_mutex_unlock(&m->mutex);
	return rc;
}

static enum scep_err
mem_tend(struct scep_store *store, struct scep_error *err)
{
	(void)store;
	(void)err;
	return SCEP_OK;
}

static enum scep_err
mem_backup(struct scep_store *store, const struct scep_store_backup *backup,
    struct scep_error *err)
{
	(void)store;
	(void)backup;
	return scep_fail(err, SCEP_E_REFUSED,
	    "a store in memory has no files");
}

static void
mem_close(struct scep_store *store)
{
	struct scep_mem	*m = (struct scep_mem *)store;
	int		 i;

	for (i = 0; i < SCEP_T__MAX; i++)
		scep_mem_table_clear(&m->table[i]);
	(void)pthread_mutex_destroy(&m->mutex);
	free(m);
}

static void
mem_look(struct scep_store *store, struct scep_store_facts *out)
{
	(void)store;
	memset(out, 0, sizeof(*out));
}

static const struct scep_store_ops	mem_ops = {
	.get = mem_get,
	.scan = mem_scan,
	.scan_index = scep_mem_scan_index,
	.walk = scep_mem_walk,
	.weigh = scep_mem_weigh,
	.commit = mem_commit,
	.tend = mem_tend,
	.look = mem_look,
	.backup = mem_backup,
	.close = mem_close,
};

enum scep_err
scep_store_mem_open(struct scep_store **out, struct scep_error *err)
{
	struct scep_mem	*m;

	*out = NULL;
	if ((m = calloc(1, sizeof(*m))) == NULL ||
	    pthread_mutex_init(&m->mutex, NULL) != 0) {
		free(m);
		return scep_fail(err, SCEP_E_NOMEM, "memory store");
	}
	m->store.ops = &mem_ops;
	*out = &m->store;
	return SCEP_OK;
}
