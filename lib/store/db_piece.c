/*
 * db_piece.c - a row as it stands in its tree: where rows have numbers, in
 * pieces that are small enough for a page of 4 KiB.
 *
 * libdb gives an item of more than a quarter of a page whole pages of its own,
 * and of a page that is larger than the file system's a power cut may leave a
 * half, which no recovery mends.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "store/db.h"

#define PIECE	980	/* octets: with its key, below a quarter of a page */
#define MORE	255	/* pieces behind the first */

/*
 * The first piece stands under the row's number and begins with an octet that
 * says how many more there are.  They stand under the number and an octet of
 * theirs, 1 and up, and begin with the lowest octet of the row's revision.
 */
struct piece {
	DBT	 dbt;
	uint8_t	 octets[1 + PIECE];
};

static uint8_t
revision(struct scep_span stored)
{
	return stored.data[SCEP_DB_HEADER - 1];
}

static void
piece_key(const struct scep_db_key *place, size_t i, struct scep_db_key *out)
{
	uint8_t	 octets[SCEP_DB_NUMBER + 1];

	memcpy(octets, place->octets, SCEP_DB_NUMBER);
	octets[SCEP_DB_NUMBER] = (uint8_t)i;
	(void)scep_db_plain_key(scep_span_make(octets, SCEP_DB_NUMBER +
	    (i > 0)), out);
}

static void
piece_room(struct piece *p)
{
	memset(&p->dbt, 0, sizeof(p->dbt));
	p->dbt.data = p->octets;
	p->dbt.ulen = sizeof(p->octets);
	p->dbt.flags = DB_DBT_USERMEM;
}

/* What is in a piece, behind what is there; ENOMEM. */
static int
take(const struct piece *p, struct scep_buf *out)
{
	struct scep_error	 err;

	return scep_buf_add(out, scep_span_make(p->octets + 1,
	    p->dbt.size - 1), &err) == SCEP_OK ? 0 : ENOMEM;
}

/* None is of another revision than the first one. */
static int
is_whole(const struct piece *p, struct scep_span stored)
{
	return p->dbt.size > 0 && stored.len >= SCEP_DB_HEADER &&
	    p->octets[0] == revision(stored);
}

/* What libdb allocated; ENOMEM. */
static int
keep(DBT *v, struct scep_buf *out)
{
	struct scep_error	 err;
	enum scep_err		 rc;

	rc = scep_buf_set(out, scep_span_make(v->data, v->size), &err);
	free(v->data);
	return rc == SCEP_OK ? 0 : ENOMEM;
}

static int
get_one(DB *tree, DB_TXN *txn, const struct scep_db_key *place,
    size_t want, struct scep_buf *out)
{
	struct scep_db_key	 key = *place;
	DBT			 v;
	int			 r;

	key.dbt.data = key.octets;
	memset(&v, 0, sizeof(v));
	v.flags = DB_DBT_MALLOC;
	if (want > 0) {
		v.flags |= DB_DBT_PARTIAL;
		v.dlen = (u_int32_t)want;
	}
	if ((r = tree->get(tree, txn, &key.dbt, &v, 0)) != 0)
		return r;
	return keep(&v, out);
}

static int
get_pieces(DB *tree, DB_TXN *txn, const struct scep_db_key *place,
    struct scep_buf *out)
{
	struct scep_db_key	 key;
	struct piece		 p;
	size_t			 i, more = 0;
	int			 r;

	for (i = 0; i <= more; i++) {
		piece_key(place, i, &key);
		piece_room(&p);
		if ((r = tree->get(tree, txn, &key.dbt, &p.dbt, 0)) != 0)
			return i > 0 && r == DB_NOTFOUND ? DB_VERIFY_BAD :
			    r;
		if (i == 0 && p.dbt.size > 0)
			more = p.octets[0];
		else if (!is_whole(&p, scep_buf_span(out)))
			return DB_VERIFY_BAD;
		if ((r = take(&p, out)) != 0)
			return r;
	}
	return 0;
}

int
scep_db_row_get(struct scep_db *db, enum scep_table table, DB_TXN *txn,
    const struct scep_db_key *place, size_t want, struct scep_buf *out)
{
	DB	*tree = db->tree[scep_db_table_tree(table)];
	int	 r;

	scep_buf_clear(out);
	r = scep_db_own_index(table) == 0 ?
	    get_one(tree, txn, place, want, out) :
	    get_pieces(tree, txn, place, out);
	if (r != 0)
		scep_buf_clear(out);
	return r;
}

/* Those from this one on, which an earlier revision had. */
static int
delete_pieces(DB *tree, DB_TXN *txn, const struct scep_db_key *place,
    size_t from)
{
	struct scep_db_key	 key;
	size_t			 i;
	int			 r;

	for (i = from; i <= MORE; i++) {
		piece_key(place, i, &key);
		if ((r = tree->del(tree, txn, &key.dbt, 0)) != 0)
			return r == DB_NOTFOUND && i > 0 ? 0 : r;
	}
	return 0;
}

static int
put_pieces(DB *tree, DB_TXN *txn, const struct scep_db_key *place,
    struct scep_span stored, u_int32_t flags)
{
	const size_t		 more = (stored.len - 1) / PIECE;
	struct scep_db_key	 key;
	struct piece		 p;
	size_t			 i, len;
	int			 r;

	if (stored.len < SCEP_DB_HEADER || more > MORE)
		return EINVAL;
	for (i = 0; i <= more; i++) {
		len = i < more ? PIECE : stored.len - more * PIECE;
		piece_key(place, i, &key);
		piece_room(&p);
		p.octets[0] = i == 0 ? (uint8_t)more : revision(stored);
		memcpy(p.octets + 1, stored.data + i * PIECE, len);
		p.dbt.size = (u_int32_t)(1 + len);
		if ((r = tree->put(tree, txn, &key.dbt, &p.dbt, flags)) != 0)
			return r;
	}
	return flags == DB_NOOVERWRITE ? 0 :
	    delete_pieces(tree, txn, place, i);
}

int
scep_db_row_put(struct scep_db *db, enum scep_table table, DB_TXN *txn,
    const struct scep_db_key *place, struct scep_span stored,
    u_int32_t flags)
{
	DB			*tree = db->tree[scep_db_table_tree(table)];
	struct scep_db_key	 key;
	DBT			 v;

	if (scep_db_own_index(table) != 0)
		return put_pieces(tree, txn, place, stored, flags);
	key = *place;
	key.dbt.data = key.octets;
	v = scep_dbt(stored);
	return tree->put(tree, txn, &key.dbt, &v, flags);
}

int
scep_db_row_del(struct scep_db *db, enum scep_table table, DB_TXN *txn,
    const struct scep_db_key *place)
{
	DB			*tree = db->tree[scep_db_table_tree(table)];
	struct scep_db_key	 key;

	if (scep_db_own_index(table) != 0)
		return delete_pieces(tree, txn, place, 0);
	key = *place;
	key.dbt.data = key.octets;
	return tree->del(tree, txn, &key.dbt, 0);
}

/* The pieces behind the first, with a cursor that is at it. */
static int
rest(DBC *c, const struct scep_db_key *place, size_t more,
    struct scep_buf *out)
{
	struct scep_db_key	 key, want;
	struct piece		 p;
	size_t			 i;
	int			 r;

	for (i = 1; i <= more; i++) {
		piece_key(place, i, &want);
		scep_db_number_key(0, &key);
		piece_room(&p);
		if ((r = c->get(c, &key.dbt, &p.dbt, DB_NEXT)) != 0)
			return r == DB_NOTFOUND ? DB_VERIFY_BAD : r;
		if (!scep_span_equal(scep_span_make(key.octets,
		    key.dbt.size), scep_span_make(want.octets,
		    want.dbt.size)) || !is_whole(&p, scep_buf_span(out)))
			return DB_VERIFY_BAD;
		if ((r = take(&p, out)) != 0)
			return r;
	}
	return 0;
}

static int
next_pieces(DBC *c, struct scep_db_key *key, u_int32_t how,
    struct scep_buf *out)
{
	struct piece	 p;
	int		 r;

	/* Behind a row that was seen are its other pieces. */
	do {
		piece_room(&p);
		if ((r = c->get(c, &key->dbt, &p.dbt, how)) != 0)
			return r;
		how = DB_NEXT;
	} while (key->dbt.size != SCEP_DB_NUMBER);
	if (p.dbt.size == 0)
		return DB_VERIFY_BAD;
	if ((r = take(&p, out)) != 0)
		return r;
	return rest(c, key, p.octets[0], out);
}

int
scep_db_row_next(DBC *c, enum scep_table table, struct scep_db_key *key,
    u_int32_t how, struct scep_buf *out)
{
	DBT			 v;
	int			 r;

	scep_buf_clear(out);
	if (scep_db_own_index(table) != 0)
		return next_pieces(c, key, how, out);
	memset(&v, 0, sizeof(v));
	v.flags = DB_DBT_MALLOC;
	if ((r = c->get(c, &key->dbt, &v, how)) != 0)
		return r;
	return keep(&v, out);
}
