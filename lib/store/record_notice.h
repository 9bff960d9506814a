/*
 * record_notice.h - rows of what is to be told to somebody.
 */
#ifndef SCEP_STORE_RECORD_NOTICE_H
#define SCEP_STORE_RECORD_NOTICE_H

#include "store/record.h"

enum scep_notice_kind {
	SCEP_NOTICE_ISSUED = 1,
	SCEP_NOTICE_QUEUED = 2,
	SCEP_NOTICE_REFUSED = 3,
	SCEP_NOTICE_EXPIRED = 4,	/* nobody decided in time */
	SCEP_NOTICE_REVOKED = 5
};

#define SCEP_NOTICE_ID		33	/* 32 lower-case hex digits, NUL */
#define SCEP_NOTICE_BODY	8192	/* octets of JSON */

/* What is to be told to the one that a profile names, until he has taken
 * it. */
struct scep_notice {
	char			 id[SCEP_NOTICE_ID];	/* the key */
	uint64_t		 rev;
	enum scep_notice_kind	 kind;
	int			 minor;		/* strangers can cause it at
						   will */
	char			 profile[SCEP_REC_NAME];
	time_t			 created;
	time_t			 due;		/* for the next try */
	long			 tries;		/* that failed */
	time_t			 last;		/* of them; 0: none */
	char			 trouble[SCEP_REC_TEXT];	/* its */
	struct scep_buf		 cert_key;	/* its certificate, or empty */
	struct scep_buf		 body;		/* JSON, without the
						   certificate */
};

enum scep_err	 scep_notice_encode(const struct scep_notice *,
		    struct scep_buf *, struct scep_error *);
enum scep_err	 scep_notice_decode(struct scep_span, struct scep_notice *,
		    struct scep_error *);
enum scep_err	 scep_notice_get(struct scep_store *, const char *id,
		    struct scep_notice *, struct scep_error *);
/* Put it, expecting its revision. */
enum scep_err	 scep_notice_put(struct scep_change *,
		    const struct scep_notice *, struct scep_error *);
void		 scep_notice_clear(struct scep_notice *);

#endif /* SCEP_STORE_RECORD_NOTICE_H */
