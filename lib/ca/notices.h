/*
 * notices.h - what is known of notices in memory: how many there are, whose
 * receivers fail, and refusals that are not in the store yet.  Private to
 * ca/notice*.c, ca/post.c, ca/admin_notice.c and ca/metrics_notice.c.
 */
#ifndef SCEP_CA_NOTICES_H
#define SCEP_CA_NOTICES_H

#include "ca/local.h"
#include "ca/post.h"

#define SCEP_LANES	(2 * SCEP_PROFILES_MAX)
#define SCEP_LANE_WAIT	60L	/* seconds; a receiver is tried that often */
#define SCEP_NOTICE_WAIT 3600L	/* … and one notice, at least */
#define SCEP_CALL_MARGIN 5L	/* seconds behind the end of a call */
#define SCEP_PASSED_MAX	256	/* refusals until the next flush */

/* The notices of one profile, on their way. */
struct scep_lane {
	char		 profile[SCEP_NAME_LEN];
	uint32_t	 generation;	/* of the configuration that it was
					   last looked at with */
	int		 away;		/* calls at the moment */
	long		 failures;	/* in a row */
	time_t		 again;		/* not before; 0: at once */
	time_t		 recovered;	/* what failed before it is tried,
					   due or not; 0: nothing */
	/* Since the start: */
	long		 delivered, failed, dropped, expired;
};

/* A refusal, as struct scep_event has it. */
struct scep_passed {
	time_t	 when;
	char	 profile[SCEP_NAME_LEN];
	char	 request_id[SCEP_REQUEST_ID];
	char	 peer[SCEP_REC_TEXT];
	char	 subject[SCEP_REC_TEXT];
	char	 reason[SCEP_REC_TEXT];
	char	 authority[SCEP_REC_NAME + 32];
	char	 transaction[2 * SCEP_TXID_MAX + 1];
};

struct scep_notices {
	pthread_mutex_t		 mutex;		/* over all that follows */
	pthread_mutex_t		 choosing;	/* one at a time; before
						   mutex */
	long			 rows[2];	/* others, minor ones; -1: not
						   counted yet */
	time_t			 counted[2];	/* when; 0: they are to be */
	int			 fresh;		/* since the last wake */
	size_t			 next;		/* profile to begin with */
	long			 lost, gone;	/* dropped and expired ones, not
						   told yet */
	char			 lost_of[SCEP_NAME_LEN];
	struct scep_lane	 lane[SCEP_LANES];
	size_t			 n_lanes;
	char			 away[SCEP_POST_MAX][SCEP_NOTICE_ID];
						/* ids; "": none */
	void			(*wake)(void *arg);
	void			*wake_arg;
	size_t			 n_passed;
	struct scep_passed	 passed[SCEP_PASSED_MAX];
};

enum scep_err	 scep_notices_new(struct scep_notices **out,
		    struct scep_error *err);
void		 scep_notices_free(struct scep_notices *notices);

/* The caller of these two holds mutex.  Never NULL. */
struct scep_lane *scep_notices_lane(struct scep_notices *notices,
		    const char *profile);
void		 scep_notices_drop(struct scep_notices *notices,
		    const char *profile);

/* One more row, if there is room; else it is counted as dropped. */
int		 scep_notices_add(struct scep_local *ca, const char *profile,
		    int minor);
/* The receiver of a profile is tried at once. */
void		 scep_notices_retry(struct scep_local *ca,
		    const char *profile);
/* So many less. */
void		 scep_notices_sub(struct scep_notices *notices, int minor,
		    long count);
/* How many there are; those that are not counted yet are.  -1: the store
 * cannot tell.  The caller holds mutex. */
long		 scep_notices_known(struct scep_local *ca, int minor);
/* How many rows there are, counted by the index. */
enum scep_err	 scep_notices_count(struct scep_store *store, int minor,
		    long *n, struct scep_error *err);
/* … and when the oldest came, by the index; 0: there is none. */
enum scep_err	 scep_notices_oldest(struct scep_store *store, int minor,
		    time_t *when, struct scep_error *err);
/* All rows of a class that came before t, at most n, oldest first; each is
 * counted as expired or dropped. */
enum scep_err	 scep_notices_delete(struct scep_local *ca, int minor,
		    time_t t, long n, int is_expiry, struct scep_error *err);
/* Index keys of a class, from the beginning to just before t. */
void		 scep_notices_range(int minor, time_t t, uint8_t from[1],
		    uint8_t to[9]);

/* A row as scep_notice_decode() has it, with its revision: SCEP_E_STORE also if
 * it is under another key, or does not say in its body what it is. */
enum scep_err	 scep_notice_whole(const struct scep_row *row,
		    struct scep_notice *out, struct scep_error *err);
/* The one with an id (SCEP_NOTICE_ID octets at most).  Of one that cannot be
 * read, which is noted, why->code is not SCEP_OK, and out has nothing but its
 * id and revision.  SCEP_E_NOTFOUND, or the store's trouble. */
enum scep_err	 scep_notice_look(struct scep_local *ca, const char *id,
		    struct scep_notice *out, struct scep_error *why,
		    struct scep_error *err);
/* The row of an event; its bufs are the caller's. */
struct scep_event;
enum scep_err	 scep_notice_make(struct scep_local *ca, time_t now,
		    const struct scep_event *event, int minor,
		    struct scep_notice *out, struct scep_error *err);

#endif /* SCEP_CA_NOTICES_H */
