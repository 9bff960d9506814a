/*
 * knocks.h - how often somebody has knocked at scep-admin.fcgi since the owner
 * started, and what came of it.  Private to ca/.
 */
#ifndef SCEP_CA_KNOCKS_H
#define SCEP_CA_KNOCKS_H

#include <stdatomic.h>

/* What came of one. */
enum scep_knock_end {
	SCEP_KNOCK_DONE,
	SCEP_KNOCK_UNKNOWN,	/* nobody whom we know */
	SCEP_KNOCK_FORBIDDEN,	/* his record does not say so */
	SCEP_KNOCK_TOO_FAST,
	SCEP_KNOCK_TOO_MANY,	/* challenges of his are still good */
	SCEP_KNOCK_REFUSED,	/* for what was asked */
	SCEP_KNOCK_TROUBLE	/* ours */
};
#define SCEP_KNOCK_ENDS		7
#define SCEP_KNOCK_DOORS	4	/* the last one is "other" */

struct scep_knocks {
	atomic_long	 n[SCEP_KNOCK_DOORS][SCEP_KNOCK_ENDS];
};

/* Any thread.  door is what scep-admin.fcgi says, or NULL. */
void		 scep_knocks_count(struct scep_knocks *knocks,
		    const char *door, enum scep_knock_end end);

typedef void	(*scep_knocks_fn)(void *arg, const char *door,
		    const char *end, long n);
/* Each door and end, also if there was none. */
void		 scep_knocks_each(struct scep_knocks *knocks,
		    scep_knocks_fn fn, void *arg);

#endif /* SCEP_CA_KNOCKS_H */
