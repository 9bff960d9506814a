/*
 * db_tree.c - the files of the database, each opened when it is first asked
 * for: who serves one request needs few of them.
 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/error.h"
#include "store/db.h"

/* A power cut may leave half of a page that is larger than the file system's:
 * libdb would refuse the file for ever. */
#define PAGE	4096

static const struct {
	const char	*file;
	u_int32_t	 flags;
	int		 is_numbered;
}	trees[SCEP_TREE__MAX] = {
	[SCEP_TREE_META] = { "meta.db", 0, 0 },
	[SCEP_TREE_TRANSACTION] = { "txns.db", 0, 1 },
	[SCEP_TREE_CERTIFICATE] = { "certs.db", 0, 1 },
	[SCEP_TREE_TRACE] = { "events.db", 0, 1 },
	[SCEP_TREE_LOG] = { "log.db", 0, 0 },
	[SCEP_TREE_INDEX] = { "index.db", DB_DUPSORT, 0 },
};

const char *
scep_db_tree_file(enum scep_db_tree tree)
{
	return trees[tree].file;
}

int
scep_db_tree_is_numbered(enum scep_db_tree tree)
{
	return trees[tree].is_numbered;
}

int
scep_db_has_file(const struct scep_db *db, const char *name)
{
	char	 path[SCEP_DB_PATH + 64];

	(void)snprintf(path, sizeof(path), "%s/db/%s", db->dir, name);
	return access(path, F_OK) == 0;
}

enum scep_err
scep_db_is_missing(const struct scep_db *db, const char *name,
    struct scep_error *err)
{
	return scep_fail(err, SCEP_E_STORE, "%s/db/%s: this table is "
	    "missing, and all that was in it; restore the database from a "
	    "backup", db->dir, name);
}

static enum scep_err
open_tree(struct scep_db *db, enum scep_db_tree tree, u_int32_t make,
    struct scep_error *err)
{
	const char	*name = trees[tree].file;
	DB		*h;
	int		 r;

	if ((r = db_create(&h, db->env, 0)) != 0)
		return scep_db_fail(db, r, name, err);
	db->tree[tree] = h;
	if ((r = h->set_pagesize(h, PAGE)) == 0 &&
	    (r = h->set_flags(h, DB_CHKSUM | trees[tree].flags)) == 0 &&
	    (r = h->open(h, NULL, name, NULL, DB_BTREE, make |
	    DB_AUTO_COMMIT | DB_THREAD, 0600)) == 0 &&
	    (!trees[tree].is_numbered || (r = scep_db_read_next(h,
	    &db->next[tree])) == 0))
		return SCEP_OK;
	(void)h->close(h, DB_NOSYNC);
	db->tree[tree] = NULL;
	return r != ENOENT ? scep_db_fail(db, r, name, err) :
	    scep_db_is_missing(db, name, err);
}

static enum scep_err
get_tree(struct scep_db *db, enum scep_db_tree tree, u_int32_t make,
    DB **out, struct scep_error *err)
{
	enum scep_err	 rc = SCEP_OK;

	(void)pthread_mutex_lock(&db->trees);
	if (db->tree[tree] == NULL)
		rc = open_tree(db, tree, make, err);
	*out = db->tree[tree];
	(void)pthread_mutex_unlock(&db->trees);
	return rc;
}

enum scep_err
scep_db_tree(struct scep_db *db, enum scep_db_tree tree, DB **out,
    struct scep_error *err)
{
	return get_tree(db, tree, 0, out, err);
}

enum scep_err
scep_db_open_table(struct scep_db *db, enum scep_table table,
    struct scep_error *err)
{
	DB		*tree;
	enum scep_err	 rc;

	if ((rc = scep_db_tree(db, scep_db_table_tree(table), &tree, err)) ==
	    SCEP_OK && scep_db_own_index(table) != 0)
		rc = scep_db_tree(db, SCEP_TREE_INDEX, &tree, err);
	return rc;
}

enum scep_err
scep_db_make_tree(struct scep_db *db, enum scep_db_tree tree,
    struct scep_error *err)
{
	DB	*h;

	return get_tree(db, tree, DB_CREATE, &h, err);
}

/* Empty, if it was there. */
enum scep_err
scep_db_new_tree(struct scep_db *db, enum scep_db_tree tree,
    struct scep_error *err)
{
	const char	*name = trees[tree].file;
	DB		*h = db->tree[tree];
	int		 r;

	db->tree[tree] = NULL;
	if (h != NULL && (r = h->close(h, DB_NOSYNC)) != 0)
		return scep_db_fail(db, r, name, err);
	r = db->env->dbremove(db->env, NULL, name, NULL, DB_AUTO_COMMIT);
	if (r != 0 && r != ENOENT)
		return scep_db_fail(db, r, name, err);
	return scep_db_make_tree(db, tree, err);
}
