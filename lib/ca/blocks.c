/*
 * blocks.c - who is blocked, and until when, in shared memory.
 *
 * Each slot has a sequence number: a reader that sees it change, or odd,
 * reads again, and after a few times takes nobody for blocked; the CA looks
 * for itself.
 */
#include <string.h>

#include "ca/blocks.h"

#define MAGIC	0x73636232u	/* scb2: another layout is another number */
#define READS	4

const char *
scep_limit_kind_name(enum scep_limit_kind kind)
{
	return kind == SCEP_LIMIT_MESSAGES ? "messages" : "failures";
}

/* FNV-1a: profiles are the operator's, and nobody looks for two that meet. */
static uint64_t
name_number(const char *name)
{
	uint64_t	 h = 14695981039346656037ULL;

	for (; *name != '\0'; name++)
		h = (h ^ (uint8_t)*name) * 1099511628211ULL;
	return h;
}

#define ROTATE(x, n)	((x) << (n) | (x) >> (64 - (n)))

static void
sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = ROTATE(v[1], 13) ^ v[0];
	v[0] = ROTATE(v[0], 32);
	v[2] += v[3];
	v[3] = ROTATE(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = ROTATE(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = ROTATE(v[1], 17) ^ v[2];
	v[2] = ROTATE(v[2], 32);
}

/* SipHash-1-3 of site: two meet by chance alone, for whoever does not know the
 * secret; and neighbours no more often than others, whatever it is. */
size_t
scep_blocks_set(const struct scep_blocks *b, uint64_t site)
{
	const uint64_t	 k0 = (uint64_t)b->secret[0] << 32 | b->secret[1];
	const uint64_t	 k1 = (uint64_t)b->secret[2] << 32 | b->secret[3];
	const uint64_t	 word[2] = { site, (uint64_t)sizeof(site) << 56 };
	uint64_t	 v[4] = {
		k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d,
		k0 ^ 0x6c7967656e657261, k1 ^ 0x7465646279746573,
	};
	int		 i;

	for (i = 0; i < 2; i++) {
		v[3] ^= word[i];
		sip_round(v);
		v[0] ^= word[i];
	}
	v[2] ^= 0xff;
	for (i = 0; i < 3; i++)
		sip_round(v);
	return (size_t)((v[0] ^ v[1] ^ v[2] ^ v[3]) >> 51) *
	    SCEP_BLOCKS_WAYS;
}

_Static_assert(SCEP_BLOCKS_SETS == 1 << (64 - 51), "as many sets as numbers");

void
scep_blocks_init(struct scep_blocks *b, const uint32_t secret[4])
{
	memcpy(b->secret, secret, sizeof(b->secret));
	b->magic = MAGIC;
}

int
scep_blocks_is_sound(const struct scep_blocks *b)
{
	return b->magic == MAGIC;
}

/* What a slot says of who; 0 if it is about somebody else, or nobody.  The
 * higher bits of the time are today's. */
static int
read_slot(const struct scep_block_slot *slot, uint64_t who, time_t now,
    struct scep_block *out)
{
	uint32_t	 seq, high, low, until, why;
	int		 i;

	for (i = 0; i < READS; i++) {
		seq = atomic_load_explicit(&slot->seq, memory_order_acquire);
		high = atomic_load_explicit(&slot->high, memory_order_acquire);
		low = atomic_load_explicit(&slot->low, memory_order_acquire);
		until = atomic_load_explicit(&slot->until,
		    memory_order_acquire);
		why = atomic_load_explicit(&slot->why, memory_order_acquire);
		if ((seq & 1) != 0 || atomic_load_explicit(&slot->seq,
		    memory_order_relaxed) != seq)
			continue;
		if (until == 0 || ((uint64_t)high << 32 | low) != who)
			return 0;
		out->until = now + (int32_t)(until - (uint32_t)now);
		out->why = why == SCEP_LIMIT_MESSAGES ? SCEP_LIMIT_MESSAGES :
		    SCEP_LIMIT_FAILURES;
		return 1;
	}
	return 0;
}

/* One whose end is out of reach was put there by another clock. */
static int
find(const struct scep_block_slot *slot, size_t n, uint64_t who, time_t now,
    struct scep_block *out)
{
	size_t	 i;

	for (i = 0; i < n; i++)
		if (read_slot(&slot[i], who, now, out))
			return now < out->until &&
			    out->until - now <= SCEP_LIMIT_MAX_S;
	return 0;
}

int
scep_blocks_site(const struct scep_blocks *b, uint64_t site, time_t now,
    struct scep_block *out)
{
	if (!scep_blocks_is_any_site(b))
		return 0;
	return find(&b->site[scep_blocks_set(b, site)], SCEP_BLOCKS_WAYS,
	    site, now, out);
}

int
scep_blocks_profile(const struct scep_blocks *b, const char *name, time_t now,
    struct scep_block *out)
{
	if (atomic_load_explicit(&b->n_profiles, memory_order_relaxed) == 0)
		return 0;
	return find(b->profile, SCEP_BLOCKS_PROFILES, name_number(name), now,
	    out);
}

static void
put(struct scep_block_slot *slot, _Atomic uint32_t *n, uint64_t who,
    const struct scep_block *block)
{
	const uint32_t	 seq = atomic_load_explicit(&slot->seq,
			    memory_order_relaxed);
	const uint32_t	 was = atomic_load_explicit(&slot->until,
			    memory_order_relaxed);
	uint32_t	 until = (uint32_t)block->until;

	if (until == 0 && block->until != 0)
		until = 1;
	if (was == 0 && block->until != 0)
		(void)atomic_fetch_add_explicit(n, 1, memory_order_relaxed);
	atomic_store_explicit(&slot->seq, seq + 1, memory_order_relaxed);
	atomic_store_explicit(&slot->high, (uint32_t)(who >> 32),
	    memory_order_release);
	atomic_store_explicit(&slot->low, (uint32_t)who,
	    memory_order_release);
	atomic_store_explicit(&slot->until, until, memory_order_release);
	atomic_store_explicit(&slot->why, (uint32_t)block->why,
	    memory_order_release);
	atomic_store_explicit(&slot->seq, seq + 2, memory_order_release);
	if (was != 0 && block->until == 0)
		(void)atomic_fetch_sub_explicit(n, 1, memory_order_relaxed);
}

void
scep_blocks_put_site(struct scep_blocks *b, size_t slot, uint64_t site,
    const struct scep_block *block)
{
	put(&b->site[slot], &b->n_sites, site, block);
}

void
scep_blocks_put_profile(struct scep_blocks *b, size_t slot, const char *name,
    const struct scep_block *block)
{
	put(&b->profile[slot], &b->n_profiles, name_number(name), block);
}
