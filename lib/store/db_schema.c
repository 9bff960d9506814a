/*
 * db_schema.c - the schema that the database is in, and how it comes to be in
 * ours.
 *
 * meta.db says it: "schema"; "moved", 1 when no row is in a file of an older
 * one any more; "indexes", 1 when they are filled.  An older program refuses
 * the store as soon as we begin; what a crash cut short is done again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "store/db.h"

/* What meta.db and the directory say. */
struct shape {
	unsigned int	 schema;	/* 0: new, or very old */
	unsigned int	 moved, indexed;
	int		 has_old, has_rows;
};

/* A number in meta.db; 0 if it is not there. */
static enum scep_err
meta_get(struct scep_db *db, const char *name, unsigned int *out,
    struct scep_error *err)
{
	DB	*meta = db->tree[SCEP_TREE_META];
	char	 text[16] = "";
	DBT	 key = scep_dbt(scep_span_text(name)), value;
	int	 r;

	memset(&value, 0, sizeof(value));
	value.data = text;
	value.ulen = sizeof(text) - 1;
	value.flags = DB_DBT_USERMEM;
	r = meta->get(meta, NULL, &key, &value, 0);
	*out = r == 0 ? (unsigned int)strtoul(text, NULL, 10) : 0;
	return r == 0 || r == DB_NOTFOUND ? SCEP_OK :
	    scep_db_fail(db, r, "meta.db", err);
}

static int
meta_put(DB *meta, DB_TXN *txn, const char *name, unsigned int n)
{
	char	 text[16];
	DBT	 key = scep_dbt(scep_span_text(name)), value;

	(void)snprintf(text, sizeof(text), "%u", n);
	value = scep_dbt(scep_span_text(text));
	return meta->put(meta, txn, &key, &value, 0);
}

/* All of it, durable, or nothing; and with it all that was written before. */
static enum scep_err
say_state(struct scep_db *db, unsigned int moved, unsigned int indexed,
    struct scep_error *err)
{
	DB	*meta = db->tree[SCEP_TREE_META];
	DB_TXN	*txn;
	int	 r;

	if ((r = db->env->txn_begin(db->env, NULL, &txn, 0)) != 0)
		return scep_db_fail(db, r, "meta.db", err);
	if ((r = meta_put(meta, txn, "schema", SCEP_DB_SCHEMA)) != 0 ||
	    (r = meta_put(meta, txn, "moved", moved)) != 0 ||
	    (r = meta_put(meta, txn, "indexes", indexed)) != 0)
		(void)txn->abort(txn);
	else
		r = txn->commit(txn, DB_TXN_SYNC);
	return r == 0 ? SCEP_OK : scep_db_fail(db, r, "meta.db", err);
}

static enum scep_err
look(struct scep_db *db, struct shape *shape, struct scep_error *err)
{
	enum scep_err	 rc;

	if ((rc = meta_get(db, "schema", &shape->schema, err)) != SCEP_OK ||
	    (rc = meta_get(db, "moved", &shape->moved, err)) != SCEP_OK ||
	    (rc = meta_get(db, "indexes", &shape->indexed, err)) != SCEP_OK)
		return rc;
	if (shape->schema > SCEP_DB_SCHEMA)
		return scep_fail(err, SCEP_E_CONFIG, "%s/db has schema %u and "
		    "this program knows %u: it was written by a newer "
		    "version; install that one again", db->dir,
		    shape->schema, SCEP_DB_SCHEMA);
	shape->has_old = scep_db_has_old_files(db);
	shape->has_rows = shape->has_old || shape->moved;
	if (shape->schema < SCEP_DB_SCHEMA)
		shape->moved = shape->indexed = 0;
	if (!scep_db_has_file(db, scep_db_tree_file(SCEP_TREE_INDEX)))
		shape->indexed = 0;
	return SCEP_OK;
}

static void
say_shape(struct scep_db *db, const struct shape *shape)
{
	if (!shape->has_rows || (shape->moved && shape->indexed))
		return;
	if (shape->moved)
		scep_db_say(db, "%s/db: indexes are missing or unfinished: "
		    "they are made anew", db->dir);
	else if (shape->schema == SCEP_DB_SCHEMA)
		scep_db_say(db, "%s/db: the migration to schema %d was cut "
		    "short: it is done again", db->dir, SCEP_DB_SCHEMA);
	else
		scep_db_say(db, "%s/db: schema %u is migrated to %d",
		    db->dir, shape->schema, SCEP_DB_SCHEMA);
}

/* A table that is missing where it once was made is not made again. */
static enum scep_err
check_tables(const struct scep_db *db, struct scep_error *err)
{
	int	 i;

	for (i = 0; i < SCEP_TREE_INDEX; i++)
		if (!scep_db_has_file(db,
		    scep_db_tree_file((enum scep_db_tree)i)))
			return scep_db_is_missing(db,
			    scep_db_tree_file((enum scep_db_tree)i), err);
	return SCEP_OK;
}

/* What a migration that was cut short put into tables is put there again. */
static enum scep_err
make_tables(struct scep_db *db, struct scep_error *err)
{
	enum scep_db_tree	 tree;
	enum scep_err		 rc = SCEP_OK;
	int			 i;

	for (i = 0; rc == SCEP_OK && i < SCEP_TREE_INDEX; i++) {
		tree = (enum scep_db_tree)i;
		rc = scep_db_tree_is_numbered(tree) ?
		    scep_db_new_tree(db, tree, err) :
		    scep_db_make_tree(db, tree, err);
	}
	return rc == SCEP_OK ? scep_db_move_rows(db, err) : rc;
}

static enum scep_err
make_indexes(struct scep_db *db, struct scep_error *err)
{
	enum scep_err	 rc;

	if ((rc = scep_db_new_tree(db, SCEP_TREE_INDEX, err)) != SCEP_OK)
		return rc;
	return scep_db_fill_indexes(db, err);
}

/* Without meta.db nothing is known of a store that has a table of ours. */
static enum scep_err
open_meta(struct scep_db *db, struct scep_error *err)
{
	const char	*certs = scep_db_tree_file(SCEP_TREE_CERTIFICATE);
	DB		*meta;

	return scep_db_has_file(db, certs) ?
	    scep_db_tree(db, SCEP_TREE_META, &meta, err) :
	    scep_db_make_tree(db, SCEP_TREE_META, err);
}

/* What is older, and the log of the work: one that opens the store for a
 * request leaves it to others, which there may be none of. */
static enum scep_err
clear_away(struct scep_db *db, struct scep_error *err)
{
	enum scep_err	 rc;
	int		 r;

	if ((rc = scep_db_remove_old_files(db, err)) != SCEP_OK)
		return rc;
	if ((r = db->env->txn_checkpoint(db->env, 0, 0, DB_FORCE)) != 0 ||
	    (r = db->env->log_archive(db->env, NULL, DB_ARCH_REMOVE)) != 0)
		return scep_db_fail(db, r, "checkpoint", err);
	return SCEP_OK;
}

/* Who serves would rather know now than at the first request that one cannot
 * be read. */
static enum scep_err
open_trees(struct scep_db *db, struct scep_error *err)
{
	DB		*tree;
	enum scep_err	 rc = SCEP_OK;
	int		 i;

	for (i = 0; rc == SCEP_OK && i < SCEP_TREE__MAX; i++)
		rc = scep_db_tree(db, (enum scep_db_tree)i, &tree, err);
	return rc;
}

/* The order counts: what was written is on the disk before it is said so,
 * and nothing goes before that. */
enum scep_err
scep_db_open_tables(struct scep_db *db, struct scep_error *err)
{
	struct shape	 shape;
	enum scep_err	 rc;

	if ((rc = open_meta(db, err)) != SCEP_OK ||
	    (rc = look(db, &shape, err)) != SCEP_OK ||
	    (shape.moved && (rc = check_tables(db, err)) != SCEP_OK))
		return rc;
	say_shape(db, &shape);
	if (!shape.moved || !shape.indexed) {
		if ((rc = say_state(db, shape.moved, 0, err)) != SCEP_OK ||
		    (!shape.moved && (rc = make_tables(db, err)) !=
		    SCEP_OK) ||
		    (rc = make_indexes(db, err)) != SCEP_OK ||
		    (rc = say_state(db, 1, 1, err)) != SCEP_OK)
			return rc;
	}
	if (shape.has_old && (rc = clear_away(db, err)) != SCEP_OK)
		return rc;
	return db->brief ? SCEP_OK : open_trees(db, err);
}

/* Until the end of it they are unfinished. */
enum scep_err
scep_db_begin_bulk(struct scep_db *db, struct scep_error *err)
{
	enum scep_err	 rc;

	if ((rc = say_state(db, 1, 0, err)) != SCEP_OK)
		return rc;
	return scep_db_new_tree(db, SCEP_TREE_INDEX, err);
}

enum scep_err
scep_db_end_bulk(struct scep_db *db, struct scep_error *err)
{
	enum scep_err	 rc;

	if ((rc = scep_db_fill_indexes(db, err)) != SCEP_OK)
		return rc;
	return say_state(db, 1, 1, err);
}
