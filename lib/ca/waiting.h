/*
 * waiting.h - how many requests wait for validators, of each profile and of
 * all, and what validators answered.  Private to ca/.
 */
#ifndef SCEP_CA_WAITING_H
#define SCEP_CA_WAITING_H

#include "ca/decide.h"
#include "scep.h"

#define SCEP_VALIDATOR_SLOW_S	1	/* that answers no sooner */
#define SCEP_VALIDATOR_FACTS	(SCEP_VA_TROUBLE + 1)
#define SCEP_VALIDATOR_TIMES	12	/* bounds; above the last there is
					   +Inf */

/* Upper bounds of the buckets, in milliseconds; validator_timeout is 1 to 45
 * seconds. */
extern const unsigned int	scep_validator_ms[SCEP_VALIDATOR_TIMES];

struct scep_waiting;

/* One that waits, from when on. */
struct scep_waiting_place {
	time_t	 since;
	struct scep_waiting_place	*next;
};

/* What is known of one profile. */
struct scep_waiting_row {
	char	 profile[64];
	long	 now;			/* so many wait */
	struct scep_waiting_place	*place;	/* the newest of them */
	int	 was_slow;		/* to answer, or not to, at last */
	long	 turned_away;		/* there were too many … */
	long	 no_worker;		/* … of all profiles */
	long	 answers[SCEP_VALIDATOR_FACTS];	/* by enum
						   scep_validator_fact */
	long	 ms;			/* that these took, in all */
	long	 bucket[SCEP_VALIDATOR_TIMES + 1];	/* answers, by the
						   time of each */
	struct scep_waiting_row	*next;
};

enum scep_err	 scep_waiting_new(struct scep_waiting **out,
		    struct scep_error *err);
void		 scep_waiting_free(struct scep_waiting *waiting);
/* How many may wait: of a profile; and of all, if its validator is slow. */
struct scep_waiting_room {
	long	 profile, all;
};
/* One more, since place->since, if there is room for it: SCEP_E_BUSY.  The
 * place is lent until it leaves. */
enum scep_err	 scep_waiting_enter(struct scep_waiting *waiting,
		    const char *profile, const struct scep_waiting_room *room,
		    struct scep_waiting_place *place, struct scep_error *err);
void		 scep_waiting_leave(struct scep_waiting *waiting,
		    const char *profile, struct scep_waiting_place *place);
/* An answer came to one that waits, after so long. */
void		 scep_waiting_count(struct scep_waiting *waiting,
		    const char *profile, enum scep_validator_fact fact,
		    long ms);
/* What is known of a profile now; of one that never had any, nothing but
 * zeroes. */
void		 scep_waiting_look(struct scep_waiting *waiting,
		    const char *profile, struct scep_waiting_row *out);

#endif /* SCEP_CA_WAITING_H */
