/*
 * limits_local.h - what is counted, as its parts see it.  Private to
 * limits*.c.
 */
#ifndef SCEP_CA_LIMITS_LOCAL_H
#define SCEP_CA_LIMITS_LOCAL_H

#include <pthread.h>

#include "ca/limits.h"

enum { SCEP_OF_PEERS, SCEP_OF_PROFILES };	/* what n_blocks is of */

struct scep_window {
	time_t	 began;
	long	 n;
};

/* What is counted of somebody. */
struct scep_meter {
	struct scep_window	 window[SCEP_LIMIT_KINDS];
	time_t			 idle;		/* all windows are over then */
	time_t			 since;		/* of the block … */
	struct scep_block	 block;		/* until 0: there is none */
};

struct scep_limited_site {
	uint64_t		 site;
	int			 used;
	struct scep_meter	 meter;
};

struct scep_limited_profile {
	char			 name[SCEP_NAME_LEN];	/* "": free */
	struct scep_meter	 meter;
};

struct scep_limits {
	pthread_mutex_t			 mutex;
	struct scep_blocks		*blocks;
	uint64_t			 n_blocks[2][SCEP_LIMIT_KINDS];
	uint64_t			 forgotten;
	struct scep_limited_profile	 profile[SCEP_BLOCKS_PROFILES];
	struct scep_limited_site	 site[SCEP_BLOCKS_SITES];
};

static inline int
scep_meter_is_blocked(const struct scep_meter *m, time_t now)
{
	return m->block.until > now;
}

/* Nothing is held against him. */
static inline int
scep_meter_is_idle(const struct scep_meter *m, time_t now)
{
	return !scep_meter_is_blocked(m, now) && now >= m->idle;
}

/* What the page says of him, as it is now. */
void		 scep_limits_publish_site(struct scep_limits *limits,
		    const struct scep_limited_site *site);
void		 scep_limits_publish_profile(struct scep_limits *limits,
		    const struct scep_limited_profile *profile);

#endif /* SCEP_CA_LIMITS_LOCAL_H */
