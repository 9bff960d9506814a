/*
 * blocks.h - who is blocked, and until when: a page of memory that the CA
 * process writes and RA workers read, so that a message of somebody who is
 * blocked costs neither a private operation nor a question to the CA.
 *
 * One writer, at one place, any number of readers in any number of processes;
 * nobody waits for anybody.  Private to ca/, but for its size.
 */
#ifndef SCEP_CA_BLOCKS_H
#define SCEP_CA_BLOCKS_H

#include <stdatomic.h>

#include "ca/limit.h"
#include "scep.h"

#define SCEP_BLOCKS_WAYS	8
#define SCEP_BLOCKS_SETS	8192
#define SCEP_BLOCKS_SITES	(SCEP_BLOCKS_WAYS * SCEP_BLOCKS_SETS)
#define SCEP_BLOCKS_PROFILES	64

/* Words of 32 bits: their atomics need no write anywhere, and a reader's page
 * cannot be written to. */
struct scep_block_slot {
	_Atomic uint32_t	 seq;	/* odd: it is being written */
	_Atomic uint32_t	 high, low;	/* who */
	_Atomic uint32_t	 until;	/* s since 1970, the lower bits; 0:
					   nobody */
	_Atomic uint32_t	 why;	/* enum scep_limit_kind */
};

struct scep_blocks {
	uint32_t		 magic;
	uint32_t		 secret[4];	/* who meets in one set */
	_Atomic uint32_t	 n_sites, n_profiles;	/* are blocked */
	struct scep_block_slot	 profile[SCEP_BLOCKS_PROFILES];
	struct scep_block_slot	 site[SCEP_BLOCKS_SITES];
};

struct scep_block {
	enum scep_limit_kind	 why;
	time_t			 until;
};

/* If not, nobody need be looked for. */
static inline int
scep_blocks_is_any_site(const struct scep_blocks *blocks)
{
	return atomic_load_explicit(&blocks->n_sites, memory_order_relaxed) !=
	    0;
}
/* Is it blocked?  site is of scep_inet_site(). */
int		 scep_blocks_site(const struct scep_blocks *blocks,
		    uint64_t site, time_t now, struct scep_block *out);
int		 scep_blocks_profile(const struct scep_blocks *blocks,
		    const char *name, time_t now, struct scep_block *out);

/* A page that is all zeroes becomes one of this kind … */
void		 scep_blocks_init(struct scep_blocks *blocks,
		    const uint32_t secret[4]);
/* … and is it one? */
int		 scep_blocks_is_sound(const struct scep_blocks *blocks);
/* The first slot of those that a site may be in. */
size_t		 scep_blocks_set(const struct scep_blocks *blocks,
		    uint64_t site);

/* The writer's: block, or (until 0) do not block any more.  One at a time. */
void		 scep_blocks_put_site(struct scep_blocks *blocks, size_t slot,
		    uint64_t site, const struct scep_block *block);
void		 scep_blocks_put_profile(struct scep_blocks *blocks,
		    size_t slot, const char *name,
		    const struct scep_block *block);

/* "failures" */
const char	*scep_limit_kind_name(enum scep_limit_kind kind);

#endif /* SCEP_CA_BLOCKS_H */
