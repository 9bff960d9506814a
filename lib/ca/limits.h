/*
 * limits.h - how much somebody may fail, or ask, before he is blocked for a
 * while: counted by address (IPv4, or IPv6 /64) and by profile, in memory.
 *
 * Knows numbers and seconds, and not what a failure is.  Bounded: it forgets
 * whoever has done least, and those who have many addresses push out each
 * other.  Private to ca/.
 */
#ifndef SCEP_CA_LIMITS_H
#define SCEP_CA_LIMITS_H

#include "ca/blocks.h"
#include "ca/config.h"

struct scep_limits;

/* What is in force; n 0: it is not counted. */
struct scep_limit_rules {
	const struct scep_limit	*peer;		/* of each kind */
	const struct scep_limit	*profile;
};

/* blocks is borrowed, and initialised here. */
enum scep_err	 scep_limits_new(const struct scep_crypto *crypto,
		    struct scep_blocks *blocks, struct scep_limits **out,
		    struct scep_error *err);
void		 scep_limits_free(struct scep_limits *limits);

/* A message of peer (an address; anything else is counted for the profile
 * alone) to the profile; failed: it was refused.  Any number of threads. */
void		 scep_limits_count(struct scep_limits *limits,
		    const struct scep_limit_rules *rules, const char *profile,
		    const char *peer, time_t now, int failed);

/* Now and then: blocks that are over, or whose limit cfg does not have any
 * more, and what a clock that was set back has left. */
void		 scep_limits_tend(struct scep_limits *limits,
		    const struct scep_config *cfg, time_t now);

/* Somebody who is counted. */
struct scep_limited {
	const char		*peer;		/* or NULL */
	const char		*profile;	/* or NULL */
	long			 count[SCEP_LIMIT_KINDS];	/* in the
						   current window */
	int			 is_blocked;
	struct scep_block	 block;
	size_t			 slot;		/* of the peer, or profile */
};
typedef int	(*scep_limits_fn)(void *arg, const struct scep_limited *who);
/* From the slot on (profiles have numbers behind those of the peers), until fn
 * returns 0. */
void		 scep_limits_each(struct scep_limits *limits, size_t from,
		    time_t now, scep_limits_fn fn, void *arg);
/*
 * Forget what was counted and end the blocks: of a peer, of a profile, or (both
 * NULL) of all.  SCEP_E_USAGE: peer is no address.
 */
struct scep_limits_cleared {
	long	 counted;	/* somebody was */
	long	 blocked;	/* … and so many of them blocked */
};
enum scep_err	 scep_limits_clear(struct scep_limits *limits,
		    const char *peer, const char *profile, time_t now,
		    struct scep_limits_cleared *out, struct scep_error *err);

struct scep_limits_facts {
	uint32_t	 peers, profiles;	/* are blocked */
	uint64_t	 blocks[2][SCEP_LIMIT_KINDS];	/* so far, of peers and
						   of profiles */
	uint64_t	 forgotten;		/* there was no room */
};
void		 scep_limits_look(struct scep_limits *limits,
		    struct scep_limits_facts *out);

#endif /* SCEP_CA_LIMITS_H */
