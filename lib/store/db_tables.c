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
};

/* DB_CREATE: an index that is empty is filled from its table. */
static enum scep_err
open_index(struct scep_db *db, enum scep_index index, struct scep_error *err)
{
	DB		*primary = db->table[scep_index_table(index)];
	enum scep_err	 rc;
	int		 r;

	if ((rc = open_db(db, index_names[index], 1, 1,
	    &db->index[index], err)) != SCEP_OK)
		return rc;
	db->index[index]->app_private =
	    (void *)(uintptr_t)&index_numbers[index];
	if ((r = primary->associate(primary, NULL, db->index[index],
	    index_key, DB_CREATE)) != 0)
		return scep_db_fail(db, r, index_names[index], err);
	return SCEP_OK;
}

/* What an older schema lacks or has otherwise is in the indexes: they are
 * emptied, and open_index() fills them. */
static enum scep_err
migrate(struct scep_db *db, unsigned int from, struct scep_error *err)
{
	int	 i, r;

	scep_db_say(db, "%s/db: schema %u is migrated to %u: indexes are "
	    "made anew", db->dir, from, SCEP_DB_SCHEMA);
	for (i = 0; i < SCEP_IX__MAX; i++) {
		r = db->env->dbremove(db->env, NULL, index_names[i], NULL,
		    DB_AUTO_COMMIT);
		if (r != 0 && r != ENOENT)
			return scep_db_fail(db, r, index_names[i], err);
	}
	return SCEP_OK;
}

/* Whether there is data that a schema row should be with. */
static int
has_tables(const struct scep_db *db)
{
	char	 path[SCEP_DB_PATH + 64];
	int	 i, found = 0;

	for (i = 0; i < SCEP_T__MAX; i++) {
		(void)snprintf(path, sizeof(path), "%s/db/%s", db->dir,
		    table_names[i]);
		found |= access(path, F_OK) == 0;
	}
	return found;
}

/* The schema the tables are in; 0 if that is not said. */
static enum scep_err
read_schema(struct scep_db *db, unsigned int *found, struct scep_error *err)
{
	char	 text[16] = "";
	DBT	 key = scep_dbt(scep_span_text("schema")), value;
	int	 r;

	*found = 0;
	memset(&value, 0, sizeof(value));
	value.data = text;
	value.ulen = sizeof(text) - 1;
	value.flags = DB_DBT_USERMEM;
	r = db->meta->get(db->meta, NULL, &key, &value, 0);
	if (r != 0 && r != DB_NOTFOUND)
		return scep_db_fail(db, r, "meta.db", err);
	if (r == 0)
		*found = (unsigned int)strtoul(text, NULL, 10);
	if (*found > SCEP_DB_SCHEMA)
		return scep_fail(err, SCEP_E_CONFIG, "%s/db has schema %u and "
		    "this program knows %u: it was written by a newer "
		    "version; install that one again", db->dir, *found,
		    SCEP_DB_SCHEMA);
	return SCEP_OK;
}

/* Last, so that a start that was cut off is one that never was. */
static enum scep_err
write_schema(struct scep_db *db, struct scep_error *err)
{
	char	 text[16];
	DBT	 key = scep_dbt(scep_span_text("schema")), value;
	int	 r;

	(void)snprintf(text, sizeof(text), "%d", SCEP_DB_SCHEMA);
	value = scep_dbt(scep_span_text(text));
	if ((r = db->meta->put(db->meta, NULL, &key, &value,
	    DB_AUTO_COMMIT)) != 0)
		return scep_db_fail(db, r, "meta.db", err);
	return SCEP_OK;
}

enum scep_err
scep_db_open_tables(struct scep_db *db, struct scep_error *err)
{
	unsigned int	 found;
	enum scep_err	 rc;
	int		 i, fresh;

	if ((rc = open_db(db, "meta.db", 1, 0, &db->meta, err)) != SCEP_OK ||
	    (rc = read_schema(db, &found, err)) != SCEP_OK)
		return rc;
	fresh = found != SCEP_DB_SCHEMA;
	if (fresh && (found != 0 || has_tables(db)) &&
	    (rc = migrate(db, found, err)) != SCEP_OK)
		return rc;
	for (i = 0; i < SCEP_T__MAX; i++)
		if ((rc = open_db(db, table_names[i], fresh, 0,
		    &db->table[i], err)) != SCEP_OK)
			return rc;
	for (i = 0; i < SCEP_IX__MAX; i++)
		if ((rc = open_index(db, (enum scep_index)i, err)) !=
		    SCEP_OK)
			return rc;
	return fresh ? write_schema(db, err) : SCEP_OK;
}
