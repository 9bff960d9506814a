/*
 * record_apikey.h - rows of those who knock at scep-admin.fcgi.
 */
#ifndef SCEP_STORE_RECORD_APIKEY_H
#define SCEP_STORE_RECORD_APIKEY_H

#include "store/record.h"

enum scep_apikey_state {
	SCEP_APIKEY_LIVE = 1,
	SCEP_APIKEY_REVOKED = 2
};

/* What somebody may do by scep-admin.fcgi: bits. */
#define SCEP_MAY_ADD		1u	/* a challenge */
#define SCEP_MAY_LIST		2u	/* requests that wait */
#define SCEP_MAY_APPROVE	4u
#define SCEP_MAY_REFUSE		8u

#define SCEP_LIVE_MAX	1000	/* ids of challenges in a record */
#define SCEP_LIVE_ID	10	/* octets of one */

/* Who knocks there, and what is opened to him. */
struct scep_apikey {
	char			 id[SCEP_REC_NAME];	/* the key */
	uint64_t		 rev;
	int			 is_ours;	/* not of the row: its mac was
						   found right (ca/) */
	/* Immutable: */
	char			 name[SCEP_REC_NAME];	/* in logs */
	char			 user[SCEP_REC_TEXT];	/* of the web server;
							   "": who has the
							   secret */
	char			 profiles[SCEP_REC_TEXT];	/* commas */
	unsigned int		 may;
	long			 rate_n, rate_s;	/* n calls in s */
	long			 max_uses, max_ttl_s;	/* of a challenge */
	long			 max_live;	/* of his challenges may be good
						   at once; 0: any number */
	time_t			 created, expires;	/* 0: never */
	uint8_t			 secret_mac[SCEP_SHA256_LEN];
	/* Changing: */
	enum scep_apikey_state	 state;
	time_t			 revoked;
	char			 live[SCEP_LIVE_MAX * SCEP_LIVE_ID + 1];
					/* where max_live is not 0: the ids of
					   those that may be, one behind the
					   other: ca/live.h */
	char			 issuer[SCEP_REC_NAME];	/* "uid 0" */
	char			 note[SCEP_REC_TEXT];
	uint8_t			 mac[SCEP_SHA256_LEN];	/* over all else of
							   the row */
};

enum scep_err	 scep_apikey_encode(const struct scep_apikey *,
		    struct scep_buf *, struct scep_error *);
enum scep_err	 scep_apikey_decode(struct scep_span, struct scep_apikey *,
		    struct scep_error *);
/* What the mac is over: the encoding without it. */
enum scep_err	 scep_apikey_body(const struct scep_apikey *,
		    struct scep_buf *, struct scep_error *);
enum scep_err	 scep_apikey_get(struct scep_store *, const char *id,
		    struct scep_apikey *, struct scep_error *);
enum scep_err	 scep_apikey_write(struct scep_change *,
		    const struct scep_apikey *, struct scep_error *);

#endif /* SCEP_STORE_RECORD_APIKEY_H */
