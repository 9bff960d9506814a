/*
 * db_key.c - keys as they stand in the trees, and what a stored value begins
 * with.
 *
 * A few files instead of one for each table and index: opening, closing and
 * writing back cost by the file.  What is written here is on disks: a change
 * is a new schema.
 */
#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "store/db.h"

#define FORMAT	1
#define REV_LOST	(1ULL << 62)	/* behind all that are counted up to */
#define NUMBER	SCEP_DB_NUMBER

/* Tables that share a tree have an octet in front of their keys, which is no
 * letter, as the names of the schema are. */
static const struct {
	enum scep_db_tree	 tree;
	uint8_t			 tag;		/* 0: none */
	unsigned int		 own;		/* index; 0: none */
}	places[SCEP_T__MAX] = {
	[SCEP_T_TRANSACTION] = { SCEP_TREE_TRANSACTION, 0,
	    SCEP_DB_OWN_TRANSACTION },
	[SCEP_T_NEWEST] = { SCEP_TREE_INDEX, 0, SCEP_DB_OWN_TRANSACTION },
	[SCEP_T_CHALLENGE] = { SCEP_TREE_META, 1, 0 },
	[SCEP_T_CERTIFICATE] = { SCEP_TREE_CERTIFICATE, 0,
	    SCEP_DB_OWN_CERTIFICATE },
	[SCEP_T_PENDING] = { SCEP_TREE_META, 2, 0 },
	[SCEP_T_TRACE] = { SCEP_TREE_TRACE, 0, SCEP_DB_OWN_TRACE },
	[SCEP_T_CRL] = { SCEP_TREE_META, 3, 0 },
	[SCEP_T_APIKEY] = { SCEP_TREE_META, 6, 0 },
	[SCEP_T_NOTICE] = { SCEP_TREE_META, 7, 0 },
	[SCEP_T_TOKEN_KEY] = { SCEP_TREE_META, 8, 0 },
	[SCEP_T_LOG] = { SCEP_TREE_LOG, 0, 0 },
};

/* In front of index keys.  What is large and grows at its end stands last:
 * there libdb fills pages to the brim. */
static const uint8_t	tags[SCEP_DB_INDEXES] = {
	[SCEP_IX_CHALLENGE_EXPIRES] = 1,
	[SCEP_IX_PENDING_EXPIRES] = 2,
	[SCEP_IX_PENDING_PROFILE] = 3,
	[SCEP_IX_PENDING_PEER] = 4,
	[SCEP_IX_CERTIFICATE_SUBJECT] = 5,
	[SCEP_IX_CERTIFICATE_EXPIRES] = 6,
	[SCEP_IX_CERTIFICATE_KEY] = 7,
	[SCEP_IX_TRACE_EXPIRES] = 8,
	[SCEP_IX_TRACE_TRANSACTION] = 9,
	[SCEP_IX_TRACE_REQUEST] = 10,
	[SCEP_IX_CERTIFICATE_ISSUED] = 11,
	[SCEP_IX_CERTIFICATE_PROFILE] = 12,
	[SCEP_IX_CERTIFICATE_REVOKED] = 13,
	[SCEP_DB_OWN_TRANSACTION] = 14,
	[SCEP_DB_OWN_CERTIFICATE] = 15,
	[SCEP_DB_OWN_TRACE] = 16,
	[SCEP_IX_TRANSACTION_EXPIRES] = 17,
	[SCEP_IX_NOTICE_DUE] = 18,
	[SCEP_IX_NOTICE_AGE] = 19,
};

enum scep_db_tree
scep_db_table_tree(enum scep_table table)
{
	return places[table].tree;
}

unsigned int
scep_db_own_index(enum scep_table table)
{
	return places[table].own;
}

/* What is counted without reading rows has the issuer in its entries. */
int
scep_db_index_is_numbered(unsigned int index)
{
	return index < SCEP_IX__MAX && index != SCEP_IX_CERTIFICATE_REVOKED &&
	    places[scep_index_table((enum scep_index)index)].own != 0;
}

int
scep_db_is_number(enum scep_table table, struct scep_span key)
{
	return places[table].own != 0 && table != SCEP_T_NEWEST &&
	    key.len == NUMBER;
}

static void
set_key(struct scep_db_key *key, size_t len)
{
	memset(&key->dbt, 0, sizeof(key->dbt));
	key->dbt.data = key->octets;
	key->dbt.size = (u_int32_t)len;
	key->dbt.ulen = sizeof(key->octets);
	key->dbt.flags = DB_DBT_USERMEM;
}

static int
make_key(uint8_t tag, struct scep_span key, struct scep_db_key *out)
{
	const size_t	 n = tag != 0;

	set_key(out, 0);
	if (key.len > sizeof(out->octets) - 1)
		return EINVAL;
	out->octets[0] = tag;
	if (key.len > 0)
		memcpy(out->octets + n, key.data, key.len);
	set_key(out, n + key.len);
	return 0;
}

int
scep_db_plain_key(struct scep_span key, struct scep_db_key *out)
{
	return make_key(0, key, out);
}

int
scep_db_row_key(enum scep_table table, struct scep_span key,
    struct scep_db_key *out)
{
	return make_key(places[table].tag, key, out);
}

int
scep_db_row_strip(enum scep_table table, struct scep_span stored,
    struct scep_span *key)
{
	const uint8_t	 tag = places[table].tag;

	*key = stored;
	if (tag == 0)
		return 1;
	if (stored.len == 0 || stored.data[0] != tag)
		return 0;
	*key = scep_db_index_strip(stored);
	return 1;
}

int
scep_db_index_key(unsigned int index, struct scep_span key,
    struct scep_db_key *out)
{
	return make_key(tags[index], key, out);
}

void
scep_db_index_end(unsigned int index, struct scep_db_key *out)
{
	out->octets[0] = (uint8_t)(tags[index] + 1);
	set_key(out, 1);
}

struct scep_span
scep_db_index_strip(struct scep_span stored)
{
	return stored.len == 0 ? stored :
	    scep_span_make(stored.data + 1, stored.len - 1);
}

void
scep_db_number_key(uint64_t number, struct scep_db_key *out)
{
	int	 i;

	for (i = 0; i < NUMBER; i++)
		out->octets[i] = (uint8_t)(number >> (8 * (NUMBER - 1 - i)));
	set_key(out, NUMBER);
}

uint64_t
scep_db_number(struct scep_span stored)
{
	uint64_t	 n = 0;
	size_t		 i;

	for (i = 0; i < stored.len && i < NUMBER; i++)
		n = n << 8 | stored.data[i];
	return n;
}

enum scep_err
scep_db_pack(uint64_t rev, struct scep_span value, struct scep_buf *out,
    struct scep_error *err)
{
	uint8_t		 header[SCEP_DB_HEADER] = { FORMAT };
	enum scep_err	 rc;
	int		 i;

	for (i = 0; i < 8; i++)
		header[1 + i] = (uint8_t)(rev >> (56 - 8 * i));
	if ((rc = scep_buf_set(out, scep_span_make(header, sizeof(header)),
	    err)) != SCEP_OK)
		return rc;
	if ((rc = scep_buf_add(out, value, err)) != SCEP_OK)
		scep_buf_clear(out);
	return rc;
}

int
scep_db_unpack(struct scep_span stored, struct scep_span *value,
    uint64_t *rev)
{
	uint64_t	 n = 0;
	int		 i;

	*value = scep_span_make(NULL, 0);
	*rev = REV_LOST;
	if (stored.len < SCEP_DB_HEADER || stored.data[0] != FORMAT)
		return 0;
	for (i = 0; i < 8; i++)
		n = n << 8 | stored.data[1 + i];
	if (n == SCEP_REV_ABSENT || n == SCEP_REV_ANY)
		return 0;
	*rev = n;
	*value = scep_span_make(stored.data + SCEP_DB_HEADER,
	    stored.len - SCEP_DB_HEADER);
	return 1;
}
