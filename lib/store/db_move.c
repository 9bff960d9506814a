/*
 * db_move.c - rows out of files that older schemas had, and those files away.
 *
 * Up to schema 3 each table and each index had a file of its own, with rows
 * in the order of their keys.  Small transactions: a table of millions of rows
 * would not fit into one.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "store/db.h"

#define BATCH_ROWS	100		/* of a transaction; a few locks each */
#define BATCH_OCTETS	(64u << 10)	/* … or as much as this, and a row */
#define BATCHES		300		/* between two checkpoints */

#define NEWEST		"newest.db"	/* prefix to key of a transaction */

/* Of transactions, first those that are not the newest of their prefix: what
 * comes later is newer. */
enum pass { ALL, OLDER, NEWER };

static const struct {
	const char	*file;
	enum scep_table	 table;
	enum pass	 pass;
}	old_tables[] = {
	{ "challenges.db", SCEP_T_CHALLENGE, ALL },
	{ "pending.db", SCEP_T_PENDING, ALL },
	{ "crls.db", SCEP_T_CRL, ALL },
	{ "traces.db", SCEP_T_TRACE, ALL },
	{ "transactions.db", SCEP_T_TRANSACTION, OLDER },
	{ "transactions.db", SCEP_T_TRANSACTION, NEWER },
	{ "certificates.db", SCEP_T_CERTIFICATE, ALL },
};

static const char *const	old_indexes[] = {
	"transactions-expires.db", "challenges-expires.db",
	"pending-expires.db", "pending-profile.db", "pending-peer.db",
	"certificates-subject.db", "certificates-expires.db",
	"certificates-key.db", "certificates-issued.db",
	"certificates-profile.db", "certificates-revoked.db",
	"traces-expires.db", "traces-transaction.db", "traces-request.db",
	NEWEST,
};

#define N(a)	(sizeof(a) / sizeof((a)[0]))

struct move {
	struct scep_db	*db;
	enum scep_table	 table;
	enum pass	 pass;
	DB		*from;
	DB		*newest;	/* NULL: there is none */
	DB_TXN		*txn;		/* NULL: none begun */
	size_t		 rows, octets;	/* in it */
	unsigned int	 batches;
};

int
scep_db_has_old_files(const struct scep_db *db)
{
	size_t	 i;

	for (i = 0; i < N(old_tables); i++)
		if (scep_db_has_file(db, old_tables[i].file))
			return 1;
	return 0;
}

/* Not flushed, as only the end of all counts. */
static int
end_batch(struct move *m)
{
	DB_ENV	*env = m->db->env;
	DB_TXN	*txn = m->txn;
	int	 r;

	m->txn = NULL;
	m->rows = m->octets = 0;
	if (txn == NULL)
		return 0;
	if ((r = txn->commit(txn, DB_TXN_NOSYNC)) != 0 ||
	    ++m->batches % BATCHES != 0)
		return r;
	/* The log is not to grow to several times the database. */
	if ((r = env->txn_checkpoint(env, 0, 0, 0)) != 0)
		return r;
	return env->log_archive(env, NULL, DB_ARCH_REMOVE);
}

/* Whether a transaction is to be put in this pass. */
static int
is_due(const struct move *m, struct scep_span key, int *due)
{
	uint8_t			 octets[SCEP_DB_KEY];
	struct scep_span	 newest;
	uint64_t		 rev;
	DBT			 prefix, v;
	int			 r;

	*due = 1;
	if (m->pass == ALL)
		return 0;
	*due = m->pass == NEWER;
	if (m->newest == NULL || key.len < SCEP_SHA256_LEN)
		return 0;
	prefix = scep_dbt(scep_span_make(key.data, SCEP_SHA256_LEN));
	memset(&v, 0, sizeof(v));
	v.data = octets;
	v.ulen = sizeof(octets);
	v.flags = DB_DBT_USERMEM;
	r = m->newest->get(m->newest, NULL, &prefix, &v, 0);
	if (r != 0)
		return r == DB_NOTFOUND ? 0 : r;
	*due = (scep_db_unpack(scep_span_make(octets, v.size), &newest,
	    &rev) && scep_span_equal(newest, key)) == (m->pass == NEWER);
	return 0;
}

static int
put_row(struct move *m, const DBT *key, const DBT *value)
{
	const enum scep_db_tree	 tree = scep_db_table_tree(m->table);
	const struct scep_span	 own = scep_span_make(key->data, key->size);
	struct scep_db_key	 place;
	u_int32_t		 flags = 0;
	int			 due, r;

	if ((r = is_due(m, own, &due)) != 0 || !due)
		return r;
	if (scep_db_tree_is_numbered(tree)) {
		scep_db_number_key(m->db->next[tree]++, &place);
		flags = DB_NOOVERWRITE;
	} else if ((r = scep_db_row_key(m->table, own, &place)) != 0)
		return r;
	if (m->txn == NULL && (r = m->db->env->txn_begin(m->db->env, NULL,
	    &m->txn, DB_TXN_NOSYNC)) != 0)
		return r;
	if ((r = scep_db_row_put(m->db, m->table, m->txn, &place,
	    scep_span_make(value->data, value->size), flags)) != 0)
		return r;
	m->octets += value->size;
	return ++m->rows < BATCH_ROWS && m->octets < BATCH_OCTETS ? 0 :
	    end_batch(m);
}

static int
put_rows(struct move *m)
{
	DBT	 key, value;
	DBC	*c;
	int	 r, end;

	memset(&key, 0, sizeof(key));
	memset(&value, 0, sizeof(value));
	key.flags = value.flags = DB_DBT_REALLOC;
	if ((r = m->from->cursor(m->from, NULL, &c, 0)) != 0)
		return r;
	while ((r = c->get(c, &key, &value, DB_NEXT)) == 0)
		if ((r = put_row(m, &key, &value)) != 0)
			break;
	(void)c->close(c);
	free(key.data);
	free(value.data);
	end = r == DB_NOTFOUND ? end_batch(m) : 0;
	if (m->txn != NULL)
		(void)m->txn->abort(m->txn);
	return r == DB_NOTFOUND ? end : r;
}

static int
open_old(struct scep_db *db, const char *file, DB **out)
{
	DB	*h;
	int	 r;

	*out = NULL;
	if ((r = db_create(&h, db->env, 0)) != 0)
		return r;
	if ((r = h->open(h, NULL, file, NULL, DB_BTREE, DB_RDONLY, 0)) == 0)
		*out = h;
	else
		(void)h->close(h, DB_NOSYNC);
	return r;
}

static int
move_table(struct move *m, const char *file)
{
	int	 r;

	if ((r = open_old(m->db, file, &m->from)) != 0)
		return r;
	if (m->pass == ALL || !scep_db_has_file(m->db, NEWEST) ||
	    (r = open_old(m->db, NEWEST, &m->newest)) == 0)
		r = put_rows(m);
	if (m->newest != NULL)
		(void)m->newest->close(m->newest, DB_NOSYNC);
	(void)m->from->close(m->from, DB_NOSYNC);
	return r;
}

enum scep_err
scep_db_move_rows(struct scep_db *db, struct scep_error *err)
{
	enum scep_err	 rc;
	DB		*to;
	size_t		 i;
	int		 r;

	for (i = 0; i < N(old_tables); i++) {
		struct move	 m = { .db = db,
				    .table = old_tables[i].table,
				    .pass = old_tables[i].pass };

		if (!scep_db_has_file(db, old_tables[i].file))
			continue;
		if ((rc = scep_db_tree(db, scep_db_table_tree(m.table), &to,
		    err)) != SCEP_OK)
			return rc;
		if ((r = move_table(&m, old_tables[i].file)) != 0)
			return scep_db_fail(db, r, old_tables[i].file, err);
	}
	return SCEP_OK;
}

static enum scep_err
remove_file(struct scep_db *db, const char *name, struct scep_error *err)
{
	int	 r;

	if (!scep_db_has_file(db, name))
		return SCEP_OK;
	r = db->env->dbremove(db->env, NULL, name, NULL, DB_AUTO_COMMIT);
	return r == 0 ? SCEP_OK : scep_db_fail(db, r, name, err);
}

/* Tables last: with one of them left this is gone on with. */
enum scep_err
scep_db_remove_old_files(struct scep_db *db, struct scep_error *err)
{
	enum scep_err	 rc = SCEP_OK;
	size_t		 i;

	for (i = 0; rc == SCEP_OK && i < N(old_indexes); i++)
		rc = remove_file(db, old_indexes[i], err);
	for (i = 0; rc == SCEP_OK && i < N(old_tables); i++)
		rc = remove_file(db, old_tables[i].file, err);
	return rc;
}
