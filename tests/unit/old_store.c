/* old_store.c - a store as an older version left it; see old_store.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/db.h"
#include "tests/unit/old_store.h"
#include "tests/unit/world.h"

static const struct {
	const char	*file;
	enum scep_table	 table;
}	tables[] = {
	{ "transactions.db", SCEP_T_TRANSACTION },
	{ "traces.db", SCEP_T_TRACE },
	{ "challenges.db", SCEP_T_CHALLENGE },
	{ "pending.db", SCEP_T_PENDING },
	{ "crls.db", SCEP_T_CRL },
	{ "certificates.db", SCEP_T_CERTIFICATE },
};

static const char *const	indexes[] = {
	"transactions-expires.db", "challenges-expires.db",
	"pending-expires.db", "pending-profile.db", "pending-peer.db",
	"certificates-subject.db", "certificates-expires.db",
	"certificates-key.db", "certificates-issued.db",
	"certificates-profile.db", "certificates-revoked.db",
	"traces-expires.db", "traces-transaction.db", "traces-request.db",
};

static DB *
open_file(DB_ENV *env, const char *name, u_int32_t flags)
{
	DB	*h;

	world_must(db_create(&h, env, 0) == 0 &&
	    h->set_pagesize(h, 4096) == 0 &&
	    h->set_flags(h, DB_CHKSUM | flags) == 0 &&
	    h->open(h, NULL, name, NULL, DB_BTREE, DB_CREATE, 0600) == 0);
	return h;
}

/* The key that a row had. */
static struct scep_span
old_key(enum scep_table table, struct scep_span stored,
    struct scep_span value, struct scep_index_keys *keys)
{
	struct scep_span	 der;
	struct scep_error	 err;
	uint64_t		 rev;

	if (scep_db_own_index(table) == 0)
		return scep_db_row_strip(table, stored, &der) ? der :
		    scep_span_make(NULL, 0);
	world_must(scep_db_unpack(value, &der, &rev) &&
	    scep_record_keys(table, der, keys, &err) == SCEP_OK);
	return scep_span_make(keys->own, keys->own_len);
}

static void
put_newest(DB *newest, struct scep_span key)
{
	uint8_t	 value[9 + 64] = { 1, 0, 0, 0, 0, 0, 0, 0, 1 };
	DBT	 k = scep_dbt(scep_span_make(key.data, SCEP_SHA256_LEN));
	DBT	 v = scep_dbt(scep_span_make(value, sizeof(value)));

	memcpy(value + 9, key.data, 64);
	world_must(newest->put(newest, NULL, &k, &v, 0) == 0);
}

/* Each row of a table, into a file of its own. */
static void
move_back(DB *from, DB *to, DB *newest, enum scep_table table)
{
	struct scep_index_keys	 keys;
	struct scep_db_key	 key;
	struct scep_buf		 value = { NULL, 0 };
	struct scep_span	 own;
	DBT			 plain, v;
	DBC			*c;

	scep_db_number_key(0, &key);
	world_must(from->cursor(from, NULL, &c, 0) == 0);
	while (scep_db_row_next(c, table, &key, DB_NEXT, &value) == 0) {
		own = old_key(table, scep_span_make(key.octets,
		    key.dbt.size), scep_buf_span(&value), &keys);
		if (own.len == 0)
			continue;
		plain = scep_dbt(own);
		v = scep_dbt(scep_buf_span(&value));
		world_must(to->put(to, NULL, &plain, &v, 0) == 0);
		if (table == SCEP_T_TRANSACTION)
			put_newest(newest, own);
		world_must(c->del(c, 0) == 0);
	}
	world_must(c->close(c) == 0);
	scep_buf_clear(&value);
}

static void
move_all(DB_ENV *env)
{
	DB	*from, *to, *newest = open_file(env, "newest.db", 0);
	size_t	 i;

	for (i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		from = open_file(env, scep_db_tree_file(
		    scep_db_table_tree(tables[i].table)), 0);
		to = open_file(env, tables[i].file, 0);
		move_back(from, to, newest, tables[i].table);
		world_must(from->close(from, 0) == 0 &&
		    to->close(to, 0) == 0);
	}
	world_must(newest->close(newest, 0) == 0);
	for (i = 0; i < sizeof(indexes) / sizeof(indexes[0]); i++) {
		to = open_file(env, indexes[i], DB_DUPSORT);
		world_must(to->close(to, 0) == 0);
	}
}

static void
say_schema(DB_ENV *env, unsigned int schema)
{
	char	 text[16];
	DB	*meta = open_file(env, "meta.db", 0);
	DBT	 key = scep_dbt(scep_span_text("schema")), value;

	(void)snprintf(text, sizeof(text), "%u", schema);
	value = scep_dbt(scep_span_text(text));
	world_must(meta->put(meta, NULL, &key, &value, 0) == 0);
	key = scep_dbt(scep_span_text("moved"));
	world_must(meta->del(meta, NULL, &key, 0) == 0 &&
	    meta->close(meta, 0) == 0);
}

/* It was closed, so its log has nothing that is not in the files. */
void
old_store_make(const char *dir, unsigned int schema)
{
	char	 home[SCEP_DB_PATH];
	DB_ENV	*env;
	int	 i;

	(void)snprintf(home, sizeof(home), "%.900s/db", dir);
	world_must(db_env_create(&env, 0) == 0 &&
	    env->open(env, home, DB_CREATE | DB_INIT_MPOOL | DB_PRIVATE,
	    0600) == 0);
	move_all(env);
	say_schema(env, schema);
	for (i = 0; i < SCEP_TREE__MAX; i++)
		if (i == SCEP_TREE_INDEX ||
		    scep_db_tree_is_numbered((enum scep_db_tree)i))
			world_must(env->dbremove(env, NULL, scep_db_tree_file(
			    (enum scep_db_tree)i), NULL, 0) == 0);
	world_must(env->close(env, 0) == 0);
}
