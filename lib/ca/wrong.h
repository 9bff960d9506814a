/*
 * wrong.h - right secrets with somebody else's name: counted against the
 * record, whoever shows them from wherever.  Private to ca/.
 *
 * In memory at once, so that the next request meets it; in the record when it
 * is tended: a refusal with a right secret waits for no disk, or it could be
 * told from one with a wrong secret (DESIGN 7.4).  A crash forgets what was
 * counted since.
 *
 * A request counts once: whoever recorded one on its way has no secret, and
 * could freeze a device's challenge by sending it again and again.
 */
#ifndef SCEP_CA_WRONG_H
#define SCEP_CA_WRONG_H

#include "ca/keylock.h"
#include "store/record.h"

#define SCEP_WRONG_MAX	256	/* records at a time */
#define SCEP_WRONG_SEEN	256	/* requests that are known again */

struct scep_wrong;

enum scep_err	 scep_wrong_new(struct scep_wrong **out,
		    struct scep_error *err);
void		 scep_wrong_free(struct scep_wrong *wrong);

/* Was this request counted before?  From now on it was. */
int		 scep_wrong_is_again(struct scep_wrong *wrong,
		    const uint8_t info_sha256[SCEP_SHA256_LEN]);

/*
 * The caller of these holds the record's lock.  One more: how many there are
 * now that are not in the record yet; 0 if there is no room.
 */
long		 scep_wrong_add(struct scep_wrong *wrong, const char *id,
		    time_t now);
/* … of what was counted just now, and has no row yet as it is a token's: it
 * gets one of rec, without its names. */
void		 scep_wrong_first(struct scep_wrong *wrong,
		    const struct scep_challenge *rec);
/* Those that are not in the record yet; also for who holds no lock. */
long		 scep_wrong_count(struct scep_wrong *wrong, const char *id);
void		 scep_wrong_forget(struct scep_wrong *wrong, const char *id);
/* Into the record, at once: frozen, if that is too many.  fresh: what stands
 * for a row that is not there; NULL: then nothing is written. */
enum scep_err	 scep_wrong_write(struct scep_store *store, const char *id,
		    const struct scep_challenge *fresh, long n, time_t now,
		    struct scep_error *err);

/* Write what was counted; the caller holds no lock. */
enum scep_err	 scep_wrong_tend(struct scep_wrong *wrong,
		    struct scep_keylock *lock, struct scep_store *store,
		    struct scep_error *err);

#endif /* SCEP_CA_WRONG_H */
