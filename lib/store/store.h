/*
 * store.h - what must not be forgotten.
 *
 * A store holds rows: a table, a key, a revision, a value.  A change is a
 * list of writes and one log entry that happen together or not at all, and
 * are durable when scep_store_commit() returns.  Each write says which
 * revision it expects; a rival's write in between is SCEP_E_CHANGED, and
 * nothing happened.  What the values mean is record.h's business; which index
 * keys a row has is said there too, by scep_record_index().
 *
 * Any number of threads may use one store.
 */
#ifndef SCEP_STORE_STORE_H
#define SCEP_STORE_STORE_H

#include <openssl/evp.h>

#include "base/buf.h"

enum scep_table {
	SCEP_T_TRANSACTION,
	SCEP_T_NEWEST,		/* transaction prefix → the transaction that
				   came last of those that are there: when it
				   is deleted, the one before it again.  It
				   follows from the transactions, and takes
				   SCEP_WRITE_CHECK alone */
	SCEP_T_CHALLENGE,
	SCEP_T_CERTIFICATE,
	SCEP_T_PENDING,
	SCEP_T_TRACE,		/* what became of requests, for people */
	SCEP_T_CRL,		/* the newest of each CA */
	SCEP_T_APIKEY,		/* who may ask what by scep-admin.fcgi */
	SCEP_T_TOKEN_KEY,	/* what tokens are verified with */
	SCEP_T_NOTICE,		/* what is to be told to somebody outside */
	SCEP_T_LOG,		/* written by commit alone */
	SCEP_T__MAX
};

enum scep_index {
	SCEP_IX_TRANSACTION_EXPIRES,	/* 8 octets, seconds, big-endian */
	SCEP_IX_CHALLENGE_EXPIRES,
	SCEP_IX_PENDING_EXPIRES,
	SCEP_IX_PENDING_PROFILE,	/* profile name */
	SCEP_IX_PENDING_PEER,		/* profile, NUL, peer */
	SCEP_IX_CERTIFICATE_SUBJECT,	/* lower-case text, 255 octets; NUL:
					   empty */
	SCEP_IX_CERTIFICATE_EXPIRES,
	SCEP_IX_CERTIFICATE_KEY,	/* SHA-256 of the SPKI */
	SCEP_IX_TRACE_EXPIRES,		/* 1 octet: passing?; 8 octets */
	SCEP_IX_TRACE_TRANSACTION,	/* transactionID as sent */
	SCEP_IX_TRACE_REQUEST,		/* the earlier request it is about */
	SCEP_IX_CERTIFICATE_ISSUED,	/* time of issue */
	SCEP_IX_CERTIFICATE_PROFILE,	/* profile, NUL, time of expiry */
	SCEP_IX_CERTIFICATE_REVOKED,	/* of revoked ones: time of that */
	SCEP_IX_NOTICE_DUE,		/* profile, NUL, 1 octet: minor?; time
					   of the next try */
	SCEP_IX_NOTICE_AGE,		/* 1 octet: minor?; when it came */
	SCEP_IX__MAX
};

#define SCEP_REV_ABSENT	0		/* the row must not exist */
#define SCEP_REV_ANY	UINT64_MAX	/* whatever is there */

struct scep_row {
	struct scep_buf	 key, value;
	uint64_t	 rev;		/* 1 when inserted, then counted up */
};
void		 scep_row_clear(struct scep_row *row);

struct scep_write {
	enum scep_table	 table;
	struct scep_buf	 key, value;	/* owned by the change */
	uint64_t	 expect;	/* revision, SCEP_REV_… */
	enum { SCEP_WRITE_PUT, SCEP_WRITE_DELETE, SCEP_WRITE_CHECK } what;
					/* CHECK only demands expect */
};

#define SCEP_CHANGE_MAX	256	/* 14 KiB: a change may stand on a stack */

struct scep_change {
	struct scep_write	 write[SCEP_CHANGE_MAX];
	size_t			 n;
	struct scep_buf		 log;	/* the log entry, one line of text
					   without its newline; or empty */
	uint64_t		 log_seq;	/* 0: the next number; a
					   restore puts back entries under
					   their own, which are later */
};
void		 scep_change_clear(struct scep_change *change);

/* Called for each row of a scan; any result but SCEP_OK ends it and is
 * returned by the scan, but SCEP_E_EXISTS, which ends it well. */
typedef enum scep_err	(*scep_row_fn)(void *arg, const struct scep_row *row,
			    struct scep_error *err);

/* An entry of an index: its key, and that of the row it leads to; or another
 * under which scep_store_get() has it, but of a revoked certificate its own. */
struct scep_entry {
	struct scep_span	 index_key, key;
};

/* Called for each entry of a walk; ends it as a scan is ended. */
typedef enum scep_err	(*scep_entry_fn)(void *arg,
			    const struct scep_entry *entry,
			    struct scep_error *err);

/* A part of an index: index keys >= from and < to (to empty: no end), and of
 * those the entries behind after (of an empty index key: all).  after need
 * not be there any more. */
struct scep_range {
	enum scep_index		 index;
	struct scep_span	 from, to;
	struct scep_entry	 after;
};

#define SCEP_WEIGHT_ALL	1000000U

struct scep_store;

/* How the store is. */
struct scep_store_facts {
	int		 broken;	/* only a restart helps */
	uint64_t	 free, reserve;	/* octets of disk; all 0 in memory */
	uint64_t	 size;		/* octets it takes */
};

/* Where a backup goes, and who is told of it. */
struct scep_store_backup {
	const char	*dir;		/* is there, and empty */
	/* Octets written, and how many are expected; 0 calls it off. */
	int		(*go_on)(void *arg, uint64_t done, uint64_t total);
	/* A file is complete and durable; name as seen from dir. */
	enum scep_err	(*file)(void *arg, const char *name, uint64_t size,
			    const uint8_t sha256[SCEP_SHA256_LEN],
			    struct scep_error *err);
	/* All are.  No commit ends before this returns: what it makes is
	 * the backup's end.  last_seq is of the log. */
	enum scep_err	(*end)(void *arg, uint64_t last_seq,
			    unsigned int schema, struct scep_error *err);
	void		*arg;
};

struct scep_store_ops {
	/* SCEP_E_NOTFOUND if there is none. Release with scep_row_clear(). */
	enum scep_err	(*get)(struct scep_store *store, enum scep_table table,
			    struct scep_span key, struct scep_row *out,
			    struct scep_error *err);
	/* Rows with key >= from, in key order. */
	enum scep_err	(*scan)(struct scep_store *store, enum scep_table table,
			    struct scep_span from, scep_row_fn fn, void *arg,
			    struct scep_error *err);
	/* Rows with an index key >= from and < to (to empty: no end), in the
	 * order of the index. */
	enum scep_err	(*scan_index)(struct scep_store *store,
			    enum scep_index index, struct scep_span from,
			    struct scep_span to, scep_row_fn fn, void *arg,
			    struct scep_error *err);
	/* The entries of a range, in the order of index keys and, of one,
	 * in one that stays.  No row is read. */
	enum scep_err	(*walk)(struct scep_store *store,
			    const struct scep_range *range, scep_entry_fn fn,
			    void *arg, struct scep_error *err);
	/* About how much of its index from and to enclose: 0 to
	 * SCEP_WEIGHT_ALL.  An estimate: an index key that very many rows
	 * have may count as one. */
	enum scep_err	(*weigh)(struct scep_store *store,
			    const struct scep_range *range,
			    unsigned int *weight, struct scep_error *err);
	/* All of the change, durable, or nothing.  SCEP_E_CHANGED if an
	 * expectation failed; SCEP_E_STORE otherwise (disk full, too). */
	enum scep_err	(*commit)(struct scep_store *store,
			    const struct scep_change *change,
			    struct scep_error *err);
	/* To be called every second: checkpoint, logs, free space.
	 * SCEP_E_STORE: stop and start afresh. */
	enum scep_err	(*tend)(struct scep_store *store,
			    struct scep_error *err);
	/* Never fails. */
	void		(*look)(struct scep_store *store,
			    struct scep_store_facts *out);
	/* A copy from which the store can be opened with recover set, which
	 * holds every commit that ended before this does; while others
	 * commit.  SCEP_E_BUSY if there is one already, if it was called
	 * off, or if its disk was too slow at the end. */
	enum scep_err	(*backup)(struct scep_store *store,
			    const struct scep_store_backup *backup,
			    struct scep_error *err);
	void		(*close)(struct scep_store *store);
};

struct scep_store {
	const struct scep_store_ops	*ops;	/* an implementation's first
						   member is a scep_store */
};

/* Told what the operator should know ("recovered after an unclean stop"), by
 * whichever thread finds out. */
typedef void	(*scep_say_fn)(void *arg, const char *text);

/* A store in memory, for tests and benchmarks. */
enum scep_err	 scep_store_mem_open(struct scep_store **out,
		    struct scep_error *err);

struct scep_store_db_options {
	const char	*dir;		/* state directory; db/ is made in it */
	size_t		 cache;		/* octets; 0: 32 MiB */
	size_t		 reserve;	/* refuse to write with less free disk;
					   0: 64 MiB */
	int		 brief;		/* for one request: a small cache, and
					   small logs, so that opening is
					   cheap */
	int		 small_logs;	/* whoever opens it next may be brief */
	int		 recover;	/* DIR is a backup's copy */
	int		 bulk;		/* to fill it while nobody serves: only
					   new rows are written, none are read;
					   they are durable, and in the indexes,
					   when the store is closed */
	const EVP_MD	*sha256;	/* of the caller's library context;
					   NULL: of one of our own */
	scep_say_fn	 say;		/* or NULL */
	void		*say_arg;
};

/*
 * Berkeley DB: one private environment, opened with recovery, so the caller
 * must be the only process (it holds the state directory's lock).  Open it
 * after the last fork: no handle of libdb survives one.
 * SCEP_E_CONFIG for a directory that cannot be used and for a schema newer
 * than ours; SCEP_E_STORE otherwise.  An older schema is migrated.
 * DIR/issue.log, the hash-chained copy of the log table, is completed from
 * the table.
 */
enum scep_err	 scep_store_db_open(const struct scep_store_db_options *opt,
		    struct scep_store **out, struct scep_error *err);

/* Thin calls through ops; scep_store_close(NULL) does nothing. */
enum scep_err	 scep_store_get(struct scep_store *, enum scep_table,
		    struct scep_span key, struct scep_row *out,
		    struct scep_error *err);
enum scep_err	 scep_store_scan(struct scep_store *, enum scep_table,
		    struct scep_span from, scep_row_fn, void *arg,
		    struct scep_error *err);
enum scep_err	 scep_store_scan_index(struct scep_store *, enum scep_index,
		    struct scep_span from, struct scep_span to, scep_row_fn,
		    void *arg, struct scep_error *err);
enum scep_err	 scep_store_walk(struct scep_store *,
		    const struct scep_range *, scep_entry_fn, void *arg,
		    struct scep_error *err);
enum scep_err	 scep_store_weigh(struct scep_store *,
		    const struct scep_range *, unsigned int *weight,
		    struct scep_error *err);
enum scep_err	 scep_store_commit(struct scep_store *,
		    const struct scep_change *, struct scep_error *err);
enum scep_err	 scep_store_tend(struct scep_store *, struct scep_error *err);
void		 scep_store_look(struct scep_store *,
		    struct scep_store_facts *out);
enum scep_err	 scep_store_backup(struct scep_store *,
		    const struct scep_store_backup *, struct scep_error *err);
void		 scep_store_close(struct scep_store *);

#endif /* SCEP_STORE_STORE_H */
