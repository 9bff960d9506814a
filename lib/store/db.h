/*
 * db.h - the Berkeley DB store, as its parts see it.  Private to store/.
 */
#ifndef SCEP_STORE_DB_H
#define SCEP_STORE_DB_H

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

#include <db.h>

#include "store/record_index.h"

#define SCEP_DB_PATH	1024
#define SCEP_DB_LOG_PATH	(SCEP_DB_PATH + 32)
#define SCEP_DB_SCHEMA	4
#define SCEP_DB_HEADER	9	/* octets in front of a value: format, rev */
#define SCEP_DB_HOT	512
#define SCEP_DB_NUMBER	5	/* octets of a row's number: with what libdb
				   puts in front of it a multiple of 4 */
#define SCEP_DB_KEY	1280	/* octets of a key in a tree: a transactionID
				   has up to 1024 */

/* The files.  Tables that may be large have one each, in which rows stand in
 * the order they came in, under a number; small ones have one in common, and
 * so have all indexes. */
enum scep_db_tree {
	SCEP_TREE_META,		/* the schema; small tables */
	SCEP_TREE_TRANSACTION,
	SCEP_TREE_CERTIFICATE,
	SCEP_TREE_TRACE,
	SCEP_TREE_LOG,
	SCEP_TREE_INDEX,
	SCEP_TREE__MAX
};

/* Indexes beside those of store.h: from a row's key to its number. */
enum {
	SCEP_DB_OWN_TRANSACTION = SCEP_IX__MAX,
	SCEP_DB_OWN_CERTIFICATE,
	SCEP_DB_OWN_TRACE,
	SCEP_DB_INDEXES
};

struct scep_journal;
struct scep_db_backup;

/* What lets commits in, and holds them back while a backup ends. */
struct scep_db_gate {
	pthread_mutex_t	 mutex;
	pthread_cond_t	 moved;
	int		 closed;
	int		 broken;	/* somebody would not wait any longer */
	int		 inside;	/* commits */
};

struct scep_db {
	struct scep_store	 store;		/* first */
	DB_ENV			*env;
	pthread_mutex_t		 trees;		/* held to open one */
	DB			*tree[SCEP_TREE__MAX];	/* NULL: not yet used */
	pthread_rwlock_t	 pages;		/* held to read, by one to
						   write: libdb's own locks are
						   not used */
	uint64_t		 next[SCEP_TREE__MAX];	/* number of a new row;
						   none is given out twice, as
						   a revision comes from it */
	struct scep_journal	*journal;
	char			 dir[SCEP_DB_PATH];	/* state directory */
	size_t			 reserve;	/* octets of free disk */
	int			 brief;		/* open for one request */
	int			 bulk;		/* written to without indexes */
	size_t			 cache;		/* octets */
	int			 unclean;	/* the last stop was no close */
	scep_say_fn		 say;
	void			*say_arg;
	atomic_int		 broken;	/* the environment panicked, or
						   its log was not synced */
	atomic_int		 messages;	/* errcall's, to bound them */
	pthread_mutex_t		 why_mutex;
	char			 why[256];	/* the first of them */
	atomic_int		 low;		/* said that the disk fills */
	struct scep_db_gate	 gate;
	struct scep_db_backup	*backup;	/* the one under way */
	pthread_mutex_t		 logs;		/* held to remove old ones */
	int			 keep_logs;	/* under that mutex */
	atomic_int		 fresh;		/* commits not yet durable */
	atomic_int		 hot[SCEP_DB_HOT];	/* … rows of them, by a
						   hash of their keys */
	pthread_mutex_t		 flush;		/* held to sync the log */
	pthread_mutex_t		 tending;	/* over what follows */
	uint32_t		 ahead;		/* the log's file when more were
						   last made ahead; 0: never */
	int			 no_ahead;	/* that cannot be done here */
	off_t			 warm;		/* so much of the indexes was
						   read ahead */
	int			 is_warm;	/* … and that is all */
	atomic_long		 room;		/* octets that may be written
						   until the disk is asked */
};

/* db_fail.c: what Berkeley DB said, as our error; DB_RUNRECOVERY breaks the
 * store. */
enum scep_err	 scep_db_fail(struct scep_db *db, int r, const char *what,
		    struct scep_error *err);
void		 scep_db_say(const struct scep_db *db, const char *fmt, ...)
		    __attribute__((format(printf, 2, 3)));
void		 scep_db_on_error(const DB_ENV *env, const char *prefix,
		    const char *text);
/* What was said so far is of no account any more. */
void		 scep_db_calm(struct scep_db *db);
/* Its disk has no more room than an opening may take. */
int		 scep_db_is_full(const struct scep_db *db);
/* db_open.c */
DBT		 scep_dbt(struct scep_span bytes);
/* Whoever opens the store next knows, even after a power cut, that it was not
 * closed. */
enum scep_err	 scep_db_mark(struct scep_db *db, struct scep_error *err);
/* The names of the files in DIR/db are on the disk, where that can be had. */
enum scep_err	 scep_db_sync_home(const struct scep_db *db,
		    struct scep_error *err);

/* db_key.c: keys as they stand in the trees. */
struct scep_db_key {
	DBT		 dbt;		/* of the octets */
	uint8_t		 octets[SCEP_DB_KEY];
};
enum scep_db_tree scep_db_table_tree(enum scep_table table);
/* The index that leads to a table's rows by their keys; 0 for a table whose
 * rows stand under their keys. */
unsigned int	 scep_db_own_index(enum scep_table table);
/* 0, or EINVAL for one that is too long. */
int		 scep_db_plain_key(struct scep_span key,
		    struct scep_db_key *out);
/* Not of a table that has an own index. */
int		 scep_db_row_key(enum scep_table table, struct scep_span key,
		    struct scep_db_key *out);
/* The row's key in what stands in the tree.  0 if it is not of this table. */
int		 scep_db_row_strip(enum scep_table table,
		    struct scep_span stored, struct scep_span *key);
/* Whether entries of an index lead to numbers, not to keys; whether this is a
 * number, which is shorter than any key of a table that has them. */
int		 scep_db_index_is_numbered(unsigned int index);
int		 scep_db_is_number(enum scep_table table,
		    struct scep_span key);
int		 scep_db_index_key(unsigned int index, struct scep_span key,
		    struct scep_db_key *out);
/* Behind every key of an index. */
void		 scep_db_index_end(unsigned int index,
		    struct scep_db_key *out);
struct scep_span scep_db_index_strip(struct scep_span stored);
void		 scep_db_number_key(uint64_t number, struct scep_db_key *out);
uint64_t	 scep_db_number(struct scep_span stored);

/* db_find.c: where a row stands: 0, DB_NOTFOUND, or what libdb says.  The
 * trees are open. */
int		 scep_db_find(struct scep_db *db, DB_TXN *txn,
		    enum scep_table table, struct scep_span key,
		    struct scep_db_key *place);
/* The newest transaction of a prefix: its key, and one more than its number,
 * which is the revision of the row of SCEP_T_NEWEST that there seems to be. */
int		 scep_db_newest(struct scep_db *db, DB_TXN *txn,
		    struct scep_span prefix, struct scep_db_key *key,
		    uint64_t *rev);
/* The number behind that of the last row of a tree of numbered rows. */
int		 scep_db_read_next(DB *tree, uint64_t *next);

/*
 * db_piece.c: a row as it is stored (header and DER), written, read, removed.
 * 0, or what libdb says: DB_VERIFY_BAD too for one whose pieces do not belong
 * together.  The trees are open; place is where scep_db_find() found
 * it.
 */
/* want: so many octets at least; 0: all. */
int		 scep_db_row_get(struct scep_db *db, enum scep_table table,
		    DB_TXN *txn, const struct scep_db_key *place, size_t want,
		    struct scep_buf *out);
/* flags: DB_NOOVERWRITE for a new one, or 0. */
int		 scep_db_row_put(struct scep_db *db, enum scep_table table,
		    DB_TXN *txn, const struct scep_db_key *place,
		    struct scep_span stored, u_int32_t flags);
int		 scep_db_row_del(struct scep_db *db, enum scep_table table,
		    DB_TXN *txn, const struct scep_db_key *place);
/* The first row from key on (DB_SET_RANGE), or the one behind the cursor
 * (DB_NEXT); key becomes its key. */
int		 scep_db_row_next(DBC *c, enum scep_table table,
		    struct scep_db_key *key, u_int32_t how,
		    struct scep_buf *out);

/* A stored value: header and DER. */
enum scep_err	 scep_db_pack(uint64_t rev, struct scep_span value,
		    struct scep_buf *out, struct scep_error *err);
/* The DER in a stored value and its revision.  0 if it is none of ours: then
 * value is empty, which no record is, and the revision one that no row has that
 * can be read, so that this one can still be deleted, and nobody who read it
 * before writes over it. */
int		 scep_db_unpack(struct scep_span stored,
		    struct scep_span *value, uint64_t *rev);

/* db_trim.c: where the log ends, while the environment is open; and, when it
 * is closed, that file cut there, and unused ones behind it removed. */
struct scep_db_log_end {
	uint32_t	 file;		/* 0: not known */
	uint32_t	 offset;
};
void		 scep_db_log_end(struct scep_db *db,
		    struct scep_db_log_end *end);
void		 scep_db_trim(const struct scep_db *db,
		    const struct scep_db_log_end *end);
void		 scep_db_log_path(const struct scep_db *db, uint32_t file,
		    char out[SCEP_DB_LOG_PATH]);

/* db_ahead.c: the next files of the log, made by one thread.  An error is one
 * of the disk. */
enum scep_err	 scep_db_make_ahead(struct scep_db *db,
		    struct scep_error *err);

/* db_warm.c: read some more of the indexes ahead, while tending is held. */
void		 scep_db_warm(struct scep_db *db);

/* db_tree.c: the handle of a tree, which is opened when it is first asked
 * for.  One that is missing is made only by scep_db_make_tree(). */
enum scep_err	 scep_db_tree(struct scep_db *db, enum scep_db_tree tree,
		    DB **out, struct scep_error *err);
/* … and of the index that leads to its rows. */
enum scep_err	 scep_db_open_table(struct scep_db *db, enum scep_table table,
		    struct scep_error *err);
enum scep_err	 scep_db_make_tree(struct scep_db *db,
		    enum scep_db_tree tree, struct scep_error *err);
/* … and is made anew if it is there. */
enum scep_err	 scep_db_new_tree(struct scep_db *db,
		    enum scep_db_tree tree, struct scep_error *err);
int		 scep_db_tree_is_numbered(enum scep_db_tree tree);
const char	*scep_db_tree_file(enum scep_db_tree tree);
/* Whether DIR/db has this file. */
int		 scep_db_has_file(const struct scep_db *db, const char *name);
/* SCEP_E_STORE: a table is not there, and what was in it is lost. */
enum scep_err	 scep_db_is_missing(const struct scep_db *db,
		    const char *name, struct scep_error *err);

/* db_schema.c: look that all is there, or make it; an older schema is
 * migrated, a newer one is SCEP_E_CONFIG. */
enum scep_err	 scep_db_open_tables(struct scep_db *db,
		    struct scep_error *err);

/* Rows are put without entries from now on; and all entries made. */
enum scep_err	 scep_db_begin_bulk(struct scep_db *db,
		    struct scep_error *err);
enum scep_err	 scep_db_end_bulk(struct scep_db *db, struct scep_error *err);

/* db_move.c: files that older schemas had and this one has not. */
int		 scep_db_has_old_files(const struct scep_db *db);
/* Put what is in them where it belongs now. */
enum scep_err	 scep_db_move_rows(struct scep_db *db,
		    struct scep_error *err);
enum scep_err	 scep_db_remove_old_files(struct scep_db *db,
		    struct scep_error *err);

/* db_fill.c: fill the tree of indexes, which is empty. */
enum scep_err	 scep_db_fill_indexes(struct scep_db *db,
		    struct scep_error *err);

/* db_gate.c */
enum scep_err	 scep_db_gate_init(struct scep_db_gate *gate,
		    struct scep_error *err);
void		 scep_db_gate_free(struct scep_db_gate *gate);
/* Around each commit.  A closed gate is waited for, some seconds; then it is
 * opened by force. */
void		 scep_db_gate_enter(struct scep_db_gate *gate);
void		 scep_db_gate_leave(struct scep_db_gate *gate);
/* Returns when no commit is inside. */
void		 scep_db_gate_close(struct scep_db_gate *gate);
/* 0 if it did not stay closed. */
int		 scep_db_gate_open(struct scep_db_gate *gate);

/* db_backup.c */
enum scep_err	 scep_db_backup(struct scep_store *,
		    const struct scep_store_backup *, struct scep_error *);

/* db_rows.c */
enum scep_err	 scep_db_get(struct scep_store *, enum scep_table,
		    struct scep_span key, struct scep_row *,
		    struct scep_error *);
/* A table in the order in which its rows stand in their tree; of one with an
 * own index, rows are given out under their numbers. */
enum scep_err	 scep_db_scan_tree(struct scep_db *db, enum scep_table table,
		    struct scep_span from, scep_row_fn, void *,
		    struct scep_error *);
/* As scep_db_get(), of a table that has indexes: with the row's index keys.
 * One that cannot be read has none, and is under the key it was asked for. */
enum scep_err	 scep_db_get_keys(struct scep_db *db, enum scep_table table,
		    struct scep_span key, struct scep_row *out,
		    struct scep_index_keys *keys, struct scep_error *err);
/* … by one who holds pages, with the trees open; it may not be durable yet. */
enum scep_err	 scep_db_read(struct scep_db *db, enum scep_table table,
		    struct scep_span key, struct scep_row *out,
		    struct scep_index_keys *keys, struct scep_error *err);
/* db_scan.c: walks that fetch the rows. */
enum scep_err	 scep_db_scan(struct scep_store *, enum scep_table,
		    struct scep_span from, scep_row_fn, void *,
		    struct scep_error *);
enum scep_err	 scep_db_scan_index(struct scep_store *, enum scep_index,
		    struct scep_span from, struct scep_span to, scep_row_fn,
		    void *, struct scep_error *);
/* db_walk.c */
enum scep_err	 scep_db_walk(struct scep_store *, const struct scep_range *,
		    scep_entry_fn, void *, struct scep_error *);
/* Any index; without the place to go on behind. */
enum scep_err	 scep_db_walk_all(struct scep_db *db, unsigned int index,
		    struct scep_span from, struct scep_span to, scep_entry_fn,
		    void *arg, struct scep_error *err);
enum scep_err	 scep_db_weigh(struct scep_store *, const struct scep_range *,
		    unsigned int *, struct scep_error *);
/* db_fresh.c: what is read is durable, or its reader might tell of what a
 * power cut takes back.  Around the commit of a transaction and its sync: */
void		 scep_db_fresh_add(struct scep_db *db,
		    const struct scep_change *change);
void		 scep_db_fresh_remove(struct scep_db *db,
		    const struct scep_change *change);
/* Sync the log of the database; never again once that failed. */
int		 scep_db_flush(struct scep_db *db);
/* Sync, if this row, or any, is of a transaction in between.  An error if
 * its commit failed. */
int		 scep_db_settle(struct scep_db *db, enum scep_table table,
		    struct scep_span key);
int		 scep_db_settle_all(struct scep_db *db);

/* db_write.c: one write of a change, in a transaction, whose trees are open.
 * DB_KEYEXIST stands for an expectation that failed. */
int		 scep_db_write(struct scep_db *db, DB_TXN *txn,
		    const struct scep_write *write);
int		 scep_db_write_log(struct scep_db *db, DB_TXN *txn,
		    uint64_t seq, struct scep_span line);
/* db_commit.c */
enum scep_err	 scep_db_commit(struct scep_store *,
		    const struct scep_change *, struct scep_error *);
/* db_look.c: octets that are free where a directory is; 0 if that cannot be
 * found out. */
int		 scep_db_free_disk(const char *dir, uint64_t *octets);
void		 scep_db_look(struct scep_store *, struct scep_store_facts *);
/* Number of the last row of the log table, 0 if it is empty. */
enum scep_err	 scep_db_last_seq(struct scep_db *db, uint64_t *seq,
		    struct scep_error *err);
void		 scep_db_seq_key(uint64_t seq, uint8_t out[8]);

/*
 * journal.c - DIR/issue.log, the hash-chained copy of the log table; and the
 * sync of the database's log, which many commits share.
 */
struct scep_journal_entry {
	uint64_t			 seq;
	struct scep_span		 line;	/* borrowed; or empty */
	enum {
		SCEP_ENTRY_WAITS, SCEP_ENTRY_TAKEN, SCEP_ENTRY_WRITES
	}				 state;
	sem_t				 turn;
	struct scep_journal_entry	*next;	/* in the order of seq */
};

enum scep_err	 scep_journal_open(struct scep_db *db, uint64_t last_seq,
		    const EVP_MD *sha256, struct scep_journal **out,
		    struct scep_error *err);
/* A transaction is committed and not yet durable; who writes to the database
 * calls this before the next one can.  The entry is the caller's and stays
 * where it is until it is done. */
void		 scep_journal_add(struct scep_journal *journal,
		    struct scep_journal_entry *entry);
/* Returns when it is durable, and its line written with every line before.
 * SCEP_E_STORE when that failed; then nothing is written any more, and only a
 * new start completes the file. */
enum scep_err	 scep_journal_done(struct scep_journal *journal,
		    struct scep_journal_entry *entry, struct scep_error *err);
/* Lines are on the disk, too.  As above when that failed. */
enum scep_err	 scep_journal_sync(struct scep_journal *journal,
		    struct scep_error *err);
int		 scep_journal_is_broken(struct scep_journal *journal);
/* 0 if there is none, or not all of its lines are on the disk. */
int		 scep_journal_close(struct scep_journal *journal);

#endif /* SCEP_STORE_DB_H */
