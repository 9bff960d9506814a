/*
 * record.h - what the rows of the store mean: versioned DER, one struct a
 * table.  API keys, token keys and notices have headers of their own.
 *
 * Each kind has _encode (struct → value), _decode (value → struct, cleared
 * first, released with _clear), _get (key → struct), and _write (append a
 * write to a change).  A decoder refuses a version it does not know and any
 * octet too many: SCEP_E_STORE.  Texts are UTF-8; absent is "".
 */
#ifndef SCEP_STORE_RECORD_H
#define SCEP_STORE_RECORD_H

#include <time.h>

#include "store/store.h"

#define SCEP_REC_NAME	64		/* profile, CA, challenge id, … */
#define SCEP_REC_TEXT	256		/* notes, reasons, peers */
#define SCEP_REQUEST_ID	17		/* 16 lower-case hex digits and a NUL */
#define SCEP_INDEX_TIME	8		/* octets of a time in an index key */

enum scep_txn_state {
	SCEP_TXN_PENDING = 1,
	SCEP_TXN_GRANTED = 2,
	SCEP_TXN_REFUSED = 3,		/* by an operator */
	SCEP_TXN_EXPIRED = 4		/* nobody decided in time */
};

/* Where a transaction is found: SHA-256 of (profile, signer, transactionID),
 * each with its length in front; then SHA-256 of the request info. */
struct scep_txn_key {
	uint8_t	 prefix[SCEP_SHA256_LEN];
	uint8_t	 info[SCEP_SHA256_LEN];
};

struct scep_txn {
	struct scep_txn_key	 key;
	uint64_t		 rev;		/* from the store; 0: new */
	enum scep_txn_state	 state;
	char			 request_id[SCEP_REQUEST_ID];
	char			 profile[SCEP_REC_NAME];
	struct scep_buf		 txid;		/* as sent */
	time_t			 created, decided, expires;	/* purge */
	struct scep_buf		 cert_key;	/* GRANTED: its row */
	int			 cipher;	/* enum scep_cipher */
	char			 reason[SCEP_REC_TEXT];	/* REFUSED */
	struct scep_buf		 delivery;	/* sealed by ca/; or empty */
};

enum scep_challenge_state {
	SCEP_CHALLENGE_LIVE = 1,
	SCEP_CHALLENGE_REVOKED = 2,
	SCEP_CHALLENGE_FROZEN = 3	/* shown with too many wrong names */
};

/* What the subject of a record is to the request's. */
enum scep_challenge_subject {
	SCEP_SUBJECT_ANY = 0,		/* there is none */
	SCEP_SUBJECT_EXACT = 1,		/* the same */
	SCEP_SUBJECT_TEMPLATE = 2,	/* what it must fit: wire/name.h */
	SCEP_SUBJECT_SET = 3		/* the certificate's: the names of
					   the request are not looked at */
};

#define SCEP_USES_KEPT	16	/* last uses remembered, for retry_window */

struct scep_challenge_use {
	time_t		 when;
	uint8_t		 request[SCEP_SHA256_LEN];	/* key and names */
	struct scep_buf	 cert_key;
	/* Of version 2: */
	uint8_t		 key[SCEP_SHA256_LEN];	/* of the SPKI */
	time_t		 first;		/* use by this key, for reuse_s */
};

struct scep_challenge {
	char			 id[SCEP_REC_NAME];
	uint64_t		 rev;
	int			 version;	/* of the row and the mac; 1 has
						   no more than is marked *;
						   0: the newest */
	/* Immutable, under the mac: */
	char			 profile[SCEP_REC_NAME];	/* * */
	enum scep_challenge_subject	 subject_is;	/* *: ANY, EXACT */
	struct scep_buf		 subject;	/* *: DER Name, or empty */
	int			 binds_san;	/* *: san is what SAN must be,
						   or (SET) will be */
	struct scep_buf		 san;		/* *: extension value, or
						   empty */
	int			 has_key;	/* key_sha256 is bound */
	uint8_t			 key_sha256[SCEP_SHA256_LEN];	/* SPKI */
	time_t			 created, expires;	/* * */
	time_t			 not_before;
	long			 uses;		/* *: allowed in all */
	long			 reuse_s;	/* so long behind its first use
						   a key may come again */
	long			 max_wrong;	/* wrong names, then it is
						   frozen; 0: never */
	uint8_t			 mac[SCEP_SHA256_LEN];	/* * */
	/* Changing: */
	enum scep_challenge_state	 state;
	long			 used;
	long			 wrong;		/* names; more may be counted in
						   memory (ca/wrong.h) */
	time_t			 purge;		/* when the row may go */
	char			 note[SCEP_REC_TEXT];
	char			 issuer[SCEP_REC_NAME];	/* "uid 0" */
	struct scep_challenge_use	 use[SCEP_USES_KEPT];
	size_t			 n_use;
};

enum scep_cert_state {
	SCEP_CERT_VALID = 1,
	SCEP_CERT_REVOKED = 2,
	SCEP_CERT_UNCONFIRMED = 3	/* issued, and a validator has still to
					   say that it may leave */
};

struct scep_cert_rec {
	struct scep_buf		 serial;	/* content octets */
	uint8_t			 issuer[16];	/* of SHA-256 of the DN */
	uint64_t		 rev;
	enum scep_cert_state	 state;
	struct scep_buf		 der;
	char			 ca[SCEP_REC_NAME];
	char			 profile[SCEP_REC_NAME];
	char			 subject[SCEP_REC_TEXT];
	char			 request_id[SCEP_REQUEST_ID];
	char			 authority[SCEP_REC_TEXT];
				/* "challenge ID", "static challenge", "approved
				   by uid 0" */
	uint8_t			 key_sha256[SCEP_SHA256_LEN];
	uint8_t			 der_sha256[SCEP_SHA256_LEN];
	time_t			 issued, not_before, not_after;
	time_t			 revoked;
	int			 reason;	/* CRLReason */
};

#define SCEP_APPROVALS_MAX	5	/* of one request */

/* Somebody's word that a request may have its certificate, where one is not
 * enough. */
struct scep_approval {
	char		 who[SCEP_REC_NAME];	/* one approver: "operator",
						   "apikey ID" */
	char		 by[SCEP_REC_NAME];	/* "uid 0", "key fleet":
						   for people */
	time_t		 when;
	uint8_t		 mac[SCEP_SHA256_LEN];	/* over them and the request */
};

/* A checked request that waits for an operator; never holds a challenge. */
struct scep_pending {
	char			 request_id[SCEP_REQUEST_ID];
	uint64_t		 rev;
	struct scep_txn_key	 txn;
	char			 profile[SCEP_REC_NAME];
	char			 peer[SCEP_REC_TEXT];
	struct scep_buf		 txid;
	struct scep_buf		 subject, spki, san;	/* DER */
	uint8_t			 signer_sha256[SCEP_SHA256_LEN];
	uint8_t			 key_sha256[SCEP_SHA256_LEN];	/* SPKI */
	time_t			 created, expires;
	unsigned int		 ca_generation;	/* the next CA's, that was
						   asked; 0: the current one */
	char			 why[SCEP_REC_TEXT];	/* it was queued, if
						   somebody said so */
	long			 validity_s;	/* that a validator allows;
						   0: the profile's */
	char			 challenge[SCEP_REC_NAME];	/* id, that it
						   used up; or empty */
	uint8_t			 mac[SCEP_SHA256_LEN];	/* over those above */
	/* Changing: */
	struct scep_approval	 approval[SCEP_APPROVALS_MAX];
	size_t			 n_approvals;
};

/* What happened to a request. */
enum scep_trace_kind {
	SCEP_TRACE_REJECTED = 1,	/* by the RA: the CA was not asked */
	SCEP_TRACE_REFUSED = 2,		/* by the CA */
	SCEP_TRACE_TROUBLE = 3,		/* ours: told to try again */
	SCEP_TRACE_QUEUED = 4,
	SCEP_TRACE_WAITING = 5,		/* … and told so again */
	SCEP_TRACE_APPROVED = 6,
	SCEP_TRACE_DENIED = 7,		/* by an operator */
	SCEP_TRACE_EXPIRED = 8,		/* nobody decided in time */
	SCEP_TRACE_GRANTED = 9,
	SCEP_TRACE_DELIVERED = 10,	/* a certificate issued before */
	SCEP_TRACE_APPROVAL = 11,	/* not the last one that is needed */
	SCEP_TRACE_REVOKED = 12,	/* its certificate */
	SCEP_TRACE__MAX
};

#define SCEP_TRACE_TEXT	4096	/* octets of each text */

/*
 * One event.  Key: id, then when, nr and kind.  The texts are lines of
 * base/line.h, so whatever a client sent is escaped; no secret is in them.
 */
struct scep_trace {
	char			 id[SCEP_REQUEST_ID];	/* of the message; of
						   the request, where an
						   operator acted */
	char			 request_id[SCEP_REQUEST_ID];	/* id, or the
						   earlier request that it
						   repeats or polls for */
	enum scep_trace_kind	 kind;
	unsigned int		 nr;		/* order within a second */
	time_t			 when;
	long			 count;		/* times; WAITING, DELIVERED */
	time_t			 last;		/* … of the last */
	char			 last_id[SCEP_REQUEST_ID];
	int			 passing;	/* kept for a short while, and
						   only so many */
	time_t			 expires;
	char			 profile[SCEP_REC_NAME];
	char			 serial[SCEP_REC_NAME];	/* hex, or "" */
	struct scep_buf		 txid;		/* as sent, or empty */
	struct scep_buf		 message;	/* what the RA says it saw */
	struct scep_buf		 request;	/* what the CA read in it */
	struct scep_buf		 rules;		/* each with its outcome */
	struct scep_buf		 result;	/* answer, reason, who */
};

/* Why another CRL is due, where the times do not say so. */
enum scep_crl_stale {
	SCEP_CRL_FRESH = 0,
	SCEP_CRL_STALE = 1,		/* of a backup, or none at all: never
					   to be served, but its number
					   counts */
	SCEP_CRL_OUTDATED = 2		/* what was revoked before it is not
					   on it: served until there is
					   another */
};

/* The newest CRL of a CA.  Key: SHA-256 of its SubjectPublicKeyInfo. */
struct scep_crl_rec {
	uint8_t		 ca_sha256[SCEP_SHA256_LEN];	/* the key */
	uint64_t	 rev;
	long		 number;
	time_t		 this_update, next_update;
	long		 entries;
	long		 fresh;		/* revocations not older than
					   this_update that are on it */
	int		 stale;		/* enum scep_crl_stale */
	struct scep_buf	 der;
};

/* An entry of the log, for reading back: what scep_change.log held. */
struct scep_log_rec {
	uint64_t	 seq;
	struct scep_buf	 line;
};

/* Keys. */
enum scep_err	 scep_txn_key_text(const struct scep_txn_key *key,
		    struct scep_buf *out, struct scep_error *err);
/* One octet of serial length, serial, 16 octets of issuer: a prefix scan
 * finds a serial under any issuer. */
enum scep_err	 scep_cert_key(struct scep_span serial,
		    const uint8_t issuer[16], struct scep_buf *out,
		    struct scep_error *err);

enum scep_err	 scep_txn_encode(const struct scep_txn *, struct scep_buf *,
		    struct scep_error *);
enum scep_err	 scep_txn_decode(struct scep_span, struct scep_txn *,
		    struct scep_error *);
enum scep_err	 scep_txn_get(struct scep_store *, const struct scep_txn_key *,
		    struct scep_txn *, struct scep_error *);
/* The newest transaction of a prefix, whatever its request info. */
enum scep_err	 scep_txn_newest(struct scep_store *,
		    const uint8_t prefix[SCEP_SHA256_LEN], struct scep_txn *,
		    struct scep_error *);
/* Put it, expecting txn->rev; one that is new (rev 0) is the newest of its
 * prefix. */
enum scep_err	 scep_txn_write(struct scep_change *, const struct scep_txn *,
		    struct scep_error *);
void		 scep_txn_clear(struct scep_txn *);

enum scep_err	 scep_challenge_encode(const struct scep_challenge *,
		    struct scep_buf *, struct scep_error *);
enum scep_err	 scep_challenge_decode(struct scep_span,
		    struct scep_challenge *, struct scep_error *);
enum scep_err	 scep_challenge_get(struct scep_store *, const char *id,
		    struct scep_challenge *, struct scep_error *);
enum scep_err	 scep_challenge_write(struct scep_change *,
		    const struct scep_challenge *, struct scep_error *);
void		 scep_challenge_clear(struct scep_challenge *);

enum scep_err	 scep_cert_rec_encode(const struct scep_cert_rec *,
		    struct scep_buf *, struct scep_error *);
enum scep_err	 scep_cert_rec_decode(struct scep_span,
		    struct scep_cert_rec *, struct scep_error *);
enum scep_err	 scep_cert_rec_get(struct scep_store *, struct scep_span key,
		    struct scep_cert_rec *, struct scep_error *);
enum scep_err	 scep_cert_rec_write(struct scep_change *,
		    const struct scep_cert_rec *, struct scep_error *);
void		 scep_cert_rec_clear(struct scep_cert_rec *);

enum scep_err	 scep_pending_encode(const struct scep_pending *,
		    struct scep_buf *, struct scep_error *);
enum scep_err	 scep_pending_decode(struct scep_span, struct scep_pending *,
		    struct scep_error *);
/* What the mac is over: the encoding without the mac and the approvals. */
enum scep_err	 scep_pending_body(const struct scep_pending *,
		    struct scep_buf *, struct scep_error *);
/* What the mac of an approval is over, behind the body of its request. */
enum scep_err	 scep_approval_body(const struct scep_approval *,
		    struct scep_buf *, struct scep_error *);
enum scep_err	 scep_pending_get(struct scep_store *, const char *request_id,
		    struct scep_pending *, struct scep_error *);
enum scep_err	 scep_pending_write(struct scep_change *,
		    const struct scep_pending *, struct scep_error *);
void		 scep_pending_clear(struct scep_pending *);

enum scep_err	 scep_trace_encode(const struct scep_trace *,
		    struct scep_buf *, struct scep_error *);
enum scep_err	 scep_trace_decode(struct scep_span, struct scep_trace *,
		    struct scep_error *);
/* Of its row. */
enum scep_err	 scep_trace_key(const struct scep_trace *, struct scep_buf *,
		    struct scep_error *);
/* Put it, whatever is there. */
enum scep_err	 scep_trace_write(struct scep_change *,
		    const struct scep_trace *, struct scep_error *);
void		 scep_trace_clear(struct scep_trace *);

enum scep_err	 scep_crl_rec_encode(const struct scep_crl_rec *,
		    struct scep_buf *, struct scep_error *);
enum scep_err	 scep_crl_rec_decode(struct scep_span, struct scep_crl_rec *,
		    struct scep_error *);
enum scep_err	 scep_crl_rec_get(struct scep_store *,
		    const uint8_t ca_sha256[SCEP_SHA256_LEN],
		    struct scep_crl_rec *, struct scep_error *);
enum scep_err	 scep_crl_rec_write(struct scep_change *,
		    const struct scep_crl_rec *, struct scep_error *);
void		 scep_crl_rec_clear(struct scep_crl_rec *);

/* Delete a row, expecting this revision. */
enum scep_err	 scep_change_delete(struct scep_change *, enum scep_table,
		    struct scep_span key, uint64_t rev, struct scep_error *);
/* Demand that a row has this revision (or is absent). */
enum scep_err	 scep_change_check(struct scep_change *, enum scep_table,
		    struct scep_span key, uint64_t rev, struct scep_error *);

/* A time as it stands in index keys: their order is that of the times. */
void		 scep_index_time(time_t t, uint8_t out[SCEP_INDEX_TIME]);
/* Make a text of what it is in the index of subjects: ASCII letters in lower
 * case, the same in every locale. */
void		 scep_index_subject(char *text);

/* SCEP_E_STORE for a row that cannot be read, of any table; a line of the log,
 * and what follows from other rows, always can. */
enum scep_err	 scep_record_check(enum scep_table table,
		    const struct scep_row *row, struct scep_error *err);

#endif /* SCEP_STORE_RECORD_H */
