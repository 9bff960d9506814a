/*
 * db_tables.c - the databases of an environment: tables, the indexes that
 * follow them, and the schema they are in.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "store/db.h"

#define PAGE	4096	/* not what the file system would like best */
#define TRACE_PAGE	8192

static const char *const	table_names[SCEP_T__MAX] = {
	[SCEP_T_TRANSACTION] = "transactions.db",
	[SCEP_T_NEWEST] = "newest.db",
	[SCEP_T_CHALLENGE] = "challenges.db",
	[SCEP_T_CERTIFICATE] = "certificates.db",
	[SCEP_T_PENDING] = "pending.db",
	[SCEP_T_TRACE] = "traces.db",
	[SCEP_T_CRL] = "crls.db",
	[SCEP_T_LOG] = "log.db",
};

static const char *const	index_names[SCEP_IX__MAX] = {
	[SCEP_IX_TRANSACTION_EXPIRES] = "transactions-expires.db",
	[SCEP_IX_CHALLENGE_EXPIRES] = "challenges-expires.db",
	[SCEP_IX_PENDING_EXPIRES] = "pending-expires.db",
	[SCEP_IX_PENDING_PROFILE] = "pending-profile.db",
	[SCEP_IX_PENDING_PEER] = "pending-peer.db",
	[SCEP_IX_CERTIFICATE_SUBJECT] = "certificates-subject.db",
	[SCEP_IX_CERTIFICATE_EXPIRES] = "certificates-expires.db",
	[SCEP_IX_CERTIFICATE_KEY] = "certificates-key.db",
	[SCEP_IX_TRACE_EXPIRES] = "traces-expires.db",
	[SCEP_IX_TRACE_TRANSACTION] = "traces-transaction.db",
	[SCEP_IX_TRACE_REQUEST] = "traces-request.db",
	[SCEP_IX_CERTIFICATE_ISSUED] = "certificates-issued.db",
	[SCEP_IX_CERTIFICATE_PROFILE] = "certificates-profile.db",
	[SCEP_IX_CERTIFICATE_REVOKED] = "certificates-revoked.db",
};

const char *
scep_db_table_file(enum scep_table table)
{
	return table_names[table];
}

const char *
scep_db_index_file(enum scep_index index)
{
	return index_names[index];
}

/* An item of more than a quarter of a page has pages of its own: a trace has
 * 1 to 2 KiB. */
static u_int32_t
page_size(const char *name)
{
	return name == table_names[SCEP_T_TRACE] ? TRACE_PAGE : PAGE;
}

static enum scep_err
open_db(struct scep_db *db, const char *name, int make, int dup, DB **out,
    struct scep_error *err)
{
	DB	*h;
	int	 r;

	if ((r = db_create(&h, db->env, 0)) != 0)
		return scep_db_fail(db, r, name, err);
	*out = h;
	if ((r = h->set_pagesize(h, page_size(name))) != 0 ||
	    (r = h->set_flags(h, DB_CHKSUM | (dup ? DB_DUPSORT : 0))) != 0 ||
	    (r = h->open(h, NULL, name, NULL, DB_BTREE, (make ? DB_CREATE :
	    0) | DB_AUTO_COMMIT | DB_THREAD, 0600)) == 0)
		return SCEP_OK;
	return r != ENOENT ? scep_db_fail(db, r, name, err) : scep_fail(err,
	    SCEP_E_STORE, "%s/db/%s: this table is missing, and all that was "
	    "in it; restore the database from a backup", db->dir, name);
}

/* The key of one index for a stored value; libdb frees it. */
static int
index_key(DB *secondary, const DBT *key, const DBT *data, DBT *result)
{
	const enum scep_index	*index = secondary->app_private;
	struct scep_span	 value;
	struct scep_buf		 made = { NULL, 0 };
	struct scep_error	 err;
	uint64_t		 rev;
	int			 has = 0;

	(void)key;
	memset(result, 0, sizeof(*result));
	if (!scep_db_unpack(scep_span_make(data->data, data->size), &value,
	    &rev) || scep_record_index(*index, value, &has, &made, &err) !=
	    SCEP_OK)
		return EINVAL;
	if (!has || (result->data = malloc(made.len + 1)) == NULL) {
		scep_buf_clear(&made);
		return has ? ENOMEM : DB_DONOTINDEX;
	}
	if (made.len > 0)
		memcpy(result->data, made.data, made.len);
	result->size = (u_int32_t)made.len;
	result->flags = DB_DBT_APPMALLOC;
	scep_buf_clear(&made);
	return 0;
}

static const enum scep_index	index_numbers[SCEP_IX__MAX] = {
	SCEP_IX_TRANSACTION_EXPIRES, SCEP_IX_CHALLENGE_EXPIRES,
	SCEP_IX_PENDING_EXPIRES, SCEP_IX_PENDING_PROFILE,
	SCEP_IX_PENDING_PEER, SCEP_IX_CERTIFICATE_SUBJECT,
	SCEP_IX_CERTIFICATE_EXPIRES, SCEP_IX_CERTIFICATE_KEY,
	SCEP_IX_TRACE_EXPIRES, SCEP_IX_TRACE_TRANSACTION,
	SCEP_IX_TRACE_REQUEST,
	SCEP_IX_CERTIFICATE_ISSUED, SCEP_IX_CERTIFICATE_PROFILE,
	SCEP_IX_CERTIFICATE_REVOKED,
};

static enum scep_err
associate(struct scep_db *db, enum scep_index index, struct scep_error *err)
{
	DB	*primary = db->table[scep_index_table(index)];
	int	 r;

	db->index[index]->app_private =
	    (void *)(uintptr_t)&index_numbers[index];
	r = primary->associate(primary, NULL, db->index[index], index_key, 0);
	return r == 0 ? SCEP_OK : scep_db_fail(db, r, index_names[index],
	    err);
}

/* A number in meta.db; 0 if it is not there. */
static enum scep_err
meta_get(struct scep_db *db, const char *name, unsigned int *out,
    struct scep_error *err)
{
	char	 text[16] = "";
	DBT	 key = scep_dbt(scep_span_text(name)), value;
	int	 r;

	memset(&value, 0, sizeof(value));
	value.data = text;
	value.ulen = sizeof(text) - 1;
	value.flags = DB_DBT_USERMEM;
	r = db->meta->get(db->meta, NULL, &key, &value, 0);
	*out = r == 0 ? (unsigned int)strtoul(text, NULL, 10) : 0;
	return r == 0 || r == DB_NOTFOUND ? SCEP_OK :
	    scep_db_fail(db, r, "meta.db", err);
}

static enum scep_err
meta_put(struct scep_db *db, const char *name, unsigned int n,
    struct scep_error *err)
{
	char	 text[16];
	DBT	 key = scep_dbt(scep_span_text(name)), value;
	int	 r;

	(void)snprintf(text, sizeof(text), "%u", n);
	value = scep_dbt(scep_span_text(text));
	r = db->meta->put(db->meta, NULL, &key, &value, DB_AUTO_COMMIT);
	return r == 0 ? SCEP_OK : scep_db_fail(db, r, "meta.db", err);
}

/* How many of these files there are. */
static int
count_files(const struct scep_db *db, const char *const *names, int n)
{
	char	 path[SCEP_DB_PATH + 64];
	int	 i, found = 0;

	for (i = 0; i < n; i++) {
		(void)snprintf(path, sizeof(path), "%s/db/%s", db->dir,
		    names[i]);
		found += access(path, F_OK) == 0;
	}
	return found;
}

/* What meta.db and the directory say. */
struct shape {
	unsigned int	 schema;
	int		 is_complete;	/* all is there, in our schema */
	int		 is_indexed;	/* … or lacks no more than a table */
	int		 has_rows;	/* or may have */
};

static enum scep_err
look(struct scep_db *db, struct shape *shape, struct scep_error *err)
{
	unsigned int	 filled;
	enum scep_err	 rc;

	if ((rc = meta_get(db, "schema", &shape->schema, err)) != SCEP_OK ||
	    (rc = meta_get(db, "indexes", &filled, err)) != SCEP_OK)
		return rc;
	if (shape->schema > SCEP_DB_SCHEMA)
		return scep_fail(err, SCEP_E_CONFIG, "%s/db has schema %u and "
		    "this program knows %u: it was written by a newer "
		    "version; install that one again", db->dir,
		    shape->schema, SCEP_DB_SCHEMA);
	shape->has_rows = count_files(db, table_names, SCEP_T__MAX) > 0;
	shape->is_indexed = shape->schema >= SCEP_DB_INDEXED && filled == 1 &&
	    count_files(db, index_names, SCEP_IX__MAX) == SCEP_IX__MAX;
	shape->is_complete = shape->schema == SCEP_DB_SCHEMA &&
	    shape->is_indexed;
	return SCEP_OK;
}

static void
say_shape(struct scep_db *db, const struct shape *shape)
{
	if (shape->schema == SCEP_DB_SCHEMA)
		scep_db_say(db, "%s/db: indexes are missing or unfinished: "
		    "they are made anew", db->dir);
	else
		scep_db_say(db, "%s/db: schema %u is migrated to %u%s",
		    db->dir, shape->schema, SCEP_DB_SCHEMA,
		    shape->is_indexed ? "" : ": indexes are made anew");
}

/* What an older schema has otherwise is in the indexes.  From here to finish()
 * a crash leaves "indexes" at 0, and all is done again. */
static enum scep_err
empty_indexes(struct scep_db *db, struct scep_error *err)
{
	enum scep_err	 rc;
	int		 i, r;

	if ((rc = meta_put(db, "indexes", 0, err)) != SCEP_OK)
		return rc;
	for (i = 0; i < SCEP_IX__MAX; i++) {
		r = db->env->dbremove(db->env, NULL, index_names[i], NULL,
		    DB_AUTO_COMMIT);
		if (r != 0 && r != ENOENT)
			return scep_db_fail(db, r, index_names[i], err);
	}
	return SCEP_OK;
}

/* A table that is missing where it once was made is not made again. */
static enum scep_err
open_all(struct scep_db *db, const struct shape *shape,
    struct scep_error *err)
{
	const int	 make = shape->schema != SCEP_DB_SCHEMA;
	enum scep_err	 rc = SCEP_OK;
	int		 i;

	for (i = 0; rc == SCEP_OK && i < SCEP_T__MAX; i++)
		rc = open_db(db, table_names[i], make, 0, &db->table[i], err);
	for (i = 0; rc == SCEP_OK && i < SCEP_IX__MAX; i++)
		rc = open_db(db, index_names[i], 1, 1, &db->index[i], err);
	return rc;
}

/* The order counts: what was filled is on the disk before it is said so. */
static enum scep_err
finish(struct scep_db *db, const struct shape *shape, struct scep_error *err)
{
	enum scep_err	 rc;

	if (shape->has_rows && !shape->is_indexed &&
	    (rc = scep_db_fill_indexes(db, err)) != SCEP_OK)
		return rc;
	if ((rc = meta_put(db, "schema", SCEP_DB_SCHEMA, err)) != SCEP_OK)
		return rc;
	return meta_put(db, "indexes", 1, err);
}

enum scep_err
scep_db_open_tables(struct scep_db *db, struct scep_error *err)
{
	struct shape	 shape;
	enum scep_err	 rc;
	int		 i;

	if ((rc = open_db(db, "meta.db", 1, 0, &db->meta, err)) != SCEP_OK ||
	    (rc = look(db, &shape, err)) != SCEP_OK)
		return rc;
	if (!shape.is_complete && shape.has_rows)
		say_shape(db, &shape);
	if (!shape.is_indexed && shape.has_rows &&
	    (rc = empty_indexes(db, err)) != SCEP_OK)
		return rc;
	if ((rc = open_all(db, &shape, err)) != SCEP_OK)
		return rc;
	if (!shape.is_complete && (rc = finish(db, &shape, err)) != SCEP_OK)
		return rc;
	for (i = 0; rc == SCEP_OK && i < SCEP_IX__MAX; i++)
		rc = associate(db, (enum scep_index)i, err);
	return rc;
}
