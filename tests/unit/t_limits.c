/*
 * t_limits.c - who is blocked: windows, clocks, a table that cannot grow, and
 * readers who do not wait.
 */
#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/inet.h"
#include "ca/limits.h"
#include "tests/unit/world.h"

#define NOW	((time_t)1795521600)
#define N	5
#define S	60L

static struct scep_crypto	*crypto;
static struct scep_blocks	*blocks;
static struct scep_limits	*limits;
static struct scep_limit	 peer_limit[SCEP_LIMIT_KINDS];
static struct scep_limit	 profile_limit[SCEP_LIMIT_KINDS];

static const struct scep_limit_rules	rules = { peer_limit, profile_limit };

static void
set(struct scep_limit *limit, long n, long s)
{
	limit->n = n;
	limit->s = s;
}

/* N failures in S seconds by each peer, and nothing else. */
static int
make(void **state)
{
	struct scep_error	 err;

	(void)state;
	memset(peer_limit, 0, sizeof(peer_limit));
	memset(profile_limit, 0, sizeof(profile_limit));
	set(&peer_limit[SCEP_LIMIT_FAILURES], N, S);
	blocks = calloc(1, sizeof(*blocks));
	return blocks != NULL && scep_limits_new(crypto, blocks, &limits,
	    &err) == SCEP_OK ? 0 : -1;
}

static int
unmake(void **state)
{
	(void)state;
	scep_limits_free(limits);
	free(blocks);
	limits = NULL;
	blocks = NULL;
	return 0;
}

static void
fails(const char *peer, int times, time_t now)
{
	while (times-- > 0)
		scep_limits_count(limits, &rules, "main", peer, now, 1);
}

static int
blocked(const char *peer, time_t now)
{
	struct scep_inet	 addr;
	struct scep_block	 block;

	assert_true(scep_inet_read(peer, &addr));
	return scep_blocks_site(blocks, scep_inet_site(&addr), now, &block);
}

static int
profile_blocked(const char *name, time_t now)
{
	struct scep_block	 block;

	return scep_blocks_profile(blocks, name, now, &block);
}

static void
the_last_one_too_many_blocks_and_no_other(void **state)
{
	struct scep_block	 block;
	struct scep_inet	 addr;

	(void)state;
	fails("192.0.2.1", N - 1, NOW);
	assert_false(blocked("192.0.2.1", NOW));
	fails("192.0.2.1", 1, NOW + 1);
	assert_true(blocked("192.0.2.1", NOW + 1));
	assert_false(blocked("192.0.2.2", NOW + 1));
	assert_true(blocked("192.0.2.1", NOW + S));
	assert_false(blocked("192.0.2.1", NOW + 1 + S));
	assert_true(scep_inet_read("192.0.2.1", &addr));
	assert_true(scep_blocks_site(blocks, scep_inet_site(&addr), NOW + 1,
	    &block));
	assert_int_equal(block.until, NOW + 1 + S);
	assert_int_equal(block.why, SCEP_LIMIT_FAILURES);
}

static void
after_its_time_it_begins_anew(void **state)
{
	(void)state;
	fails("192.0.2.1", N, NOW);
	assert_true(blocked("192.0.2.1", NOW));
	fails("192.0.2.1", N - 1, NOW + S);
	assert_false(blocked("192.0.2.1", NOW + S));
	fails("192.0.2.1", 1, NOW + S);
	assert_true(blocked("192.0.2.1", NOW + S));
}

static void
a_window_ends(void **state)
{
	(void)state;
	fails("192.0.2.1", N - 1, NOW);
	fails("192.0.2.1", N - 1, NOW + S);		/* another window */
	assert_false(blocked("192.0.2.1", NOW + S));
	fails("192.0.2.1", 1, NOW + 2 * S - 1);		/* the same one */
	assert_true(blocked("192.0.2.1", NOW + 2 * S - 1));
	/* Many years later. */
	fails("192.0.2.1", N - 1, NOW + 40L * 365 * 86400);
	assert_false(blocked("192.0.2.1", NOW + 40L * 365 * 86400));
}

static void
what_was_on_its_way_does_not_make_it_longer(void **state)
{
	(void)state;
	fails("192.0.2.1", N, NOW);
	fails("192.0.2.1", 3 * N, NOW + S - 1);
	assert_false(blocked("192.0.2.1", NOW + S));
	/* And none of them is in the next window. */
	fails("192.0.2.1", N - 1, NOW + S);
	assert_false(blocked("192.0.2.1", NOW + S));
}

static void
what_is_no_failure_counts_as_a_message(void **state)
{
	int	 i;

	(void)state;
	for (i = 0; i < 10 * N; i++)
		scep_limits_count(limits, &rules, "main", "192.0.2.1", NOW,
		    0);
	assert_false(blocked("192.0.2.1", NOW));
	set(&peer_limit[SCEP_LIMIT_MESSAGES], N, S);
	for (i = 0; i < N; i++)
		scep_limits_count(limits, &rules, "main", "192.0.2.2", NOW,
		    i % 2);
	assert_true(blocked("192.0.2.2", NOW));
}

static void
a_limit_that_is_off_blocks_nobody(void **state)
{
	(void)state;
	set(&peer_limit[SCEP_LIMIT_FAILURES], 0, 0);
	fails("192.0.2.1", 100000, NOW);
	assert_false(blocked("192.0.2.1", NOW));
	set(&peer_limit[SCEP_LIMIT_FAILURES], 1, S);	/* control */
	fails("192.0.2.1", 1, NOW);
	assert_true(blocked("192.0.2.1", NOW));
}

static void
a_site_is_counted_together(void **state)
{
	char	 peer[64];
	int	 i;

	(void)state;
	for (i = 0; i < N; i++) {
		(void)snprintf(peer, sizeof(peer), "2001:db8:0:7::%x", i);
		fails(peer, 1, NOW);
		(void)snprintf(peer, sizeof(peer), "2001:db8:0:%x::1",
		    0x100 + i);
		fails(peer, 1, NOW);
	}
	assert_true(blocked("2001:db8:0:7:ffff::1", NOW));
	assert_false(blocked("2001:db8:0:8::1", NOW));
	assert_false(blocked("2001:db8:0:100::1", NOW));
	fails("::ffff:192.0.2.1", N, NOW);
	assert_true(blocked("192.0.2.1", NOW));
}

/* A unix socket's peer is not held against all the others. */
static void
who_has_no_address_is_counted_for_the_profile(void **state)
{
	static const char *const	 nobody[] = { "", "unix:", "@" };
	size_t				 i;

	(void)state;
	for (i = 0; i < 3; i++)
		fails(nobody[i], 10 * N, NOW);
	assert_int_equal(atomic_load(&blocks->n_sites), 0);
	assert_false(profile_blocked("main", NOW));
	set(&profile_limit[SCEP_LIMIT_FAILURES], N, S);
	fails("", N, NOW);
	assert_true(profile_blocked("main", NOW));
	assert_false(profile_blocked("other", NOW));
}

static void
each_profile_has_its_own_count(void **state)
{
	int	 i;
	char	 peer[32];

	(void)state;
	set(&profile_limit[SCEP_LIMIT_FAILURES], N, S);
	for (i = 0; i < N; i++) {
		(void)snprintf(peer, sizeof(peer), "192.0.2.%d", i);
		scep_limits_count(limits, &rules, "a", peer, NOW, 1);
		scep_limits_count(limits, &rules, "b", peer, NOW, i > 0);
	}
	assert_true(profile_blocked("a", NOW));
	assert_false(profile_blocked("b", NOW));
	assert_false(profile_blocked("a", NOW + S));
}

/* Profiles that have been taken out of the configuration give way. */
static void
there_is_room_for_the_profiles_of_today(void **state)
{
	char	 name[16];
	int	 i;

	(void)state;
	set(&profile_limit[SCEP_LIMIT_FAILURES], 2, S);
	for (i = 0; i < 3 * SCEP_BLOCKS_PROFILES; i++) {
		(void)snprintf(name, sizeof(name), "p%d", i);
		scep_limits_count(limits, &rules, name, "", NOW + i * S, 1);
		scep_limits_count(limits, &rules, name, "", NOW + i * S, 1);
		assert_true(profile_blocked(name, NOW + i * S));
	}
	assert_false(profile_blocked("p0", NOW + i * S));
}

/* As `scepadm limits` and the tender see it. */
static struct scep_config *
config(long n)
{
	static struct scep_config	 cfg;

	memset(&cfg, 0, sizeof(cfg));
	cfg.server.limit[SCEP_LIMIT_FAILURES].n = n;
	return &cfg;
}

static void
a_clock_that_is_set_back_lets_go(void **state)
{
	const time_t	 back = NOW - 3000;

	(void)state;
	fails("192.0.2.1", N, NOW);
	scep_limits_tend(limits, config(N), back);
	assert_true(blocked("192.0.2.1", back));
	assert_true(blocked("192.0.2.1", back + S - 1));
	assert_false(blocked("192.0.2.1", back + S));
	/* Windows likewise: what was counted stays, for as long as ever. */
	fails("192.0.2.2", N - 1, NOW);
	fails("192.0.2.2", 1, back);
	assert_true(blocked("192.0.2.2", back));
	fails("192.0.2.3", 1, NOW);
	fails("192.0.2.3", 1, back);
	fails("192.0.2.3", N - 2, back + S);
	assert_false(blocked("192.0.2.3", back + S));
	/* One from another age, before anybody could tend to it. */
	assert_false(blocked("192.0.2.1", NOW - 40L * 365 * 86400));
}

/* The page has 32 bits of the time. */
static void
a_block_reaches_over_the_wrap_of_32_bits(void **state)
{
	static const time_t	 wrap = (time_t)1 << 32;	/* in 2106 */

	(void)state;
	fails("192.0.2.1", N, wrap - S / 2);
	assert_true(blocked("192.0.2.1", wrap - S / 2));
	assert_true(blocked("192.0.2.1", wrap + S / 2 - 1));
	assert_false(blocked("192.0.2.1", wrap + S / 2));
	/* Its end would be none. */
	fails("192.0.2.2", N, wrap - S);
	assert_true(blocked("192.0.2.2", wrap - S));
	assert_true(blocked("192.0.2.2", wrap - 1));
	assert_false(blocked("192.0.2.2", wrap + 1));
	fails("192.0.2.3", N, wrap + S);
	assert_true(blocked("192.0.2.3", wrap + S));
	assert_false(blocked("192.0.2.3", wrap + 2 * S));
	/* One of 68 years ago, that nobody took off. */
	assert_false(blocked("192.0.2.3", wrap + ((time_t)1 << 31)));
}

static void
the_tender_takes_off_what_is_over(void **state)
{
	struct scep_limits_facts	 facts;

	(void)state;
	fails("192.0.2.1", N, NOW);
	fails("192.0.2.2", N, NOW + 10);
	scep_limits_tend(limits, config(N), NOW + S);
	assert_int_equal(atomic_load(&blocks->n_sites), 1);
	assert_true(blocked("192.0.2.2", NOW + S));
	/* Nobody is blocked by a limit that is not there any more. */
	scep_limits_tend(limits, config(0), NOW + S);
	assert_int_equal(atomic_load(&blocks->n_sites), 0);
	assert_false(blocked("192.0.2.2", NOW + S));
	scep_limits_look(limits, &facts);
	assert_int_equal(facts.peers, 0);
	assert_int_equal(facts.blocks[0][SCEP_LIMIT_FAILURES], 2);
	assert_int_equal(facts.blocks[0][SCEP_LIMIT_MESSAGES], 0);
}

/* … nor stays on the page when nobody tends. */
static void
a_block_that_is_over_goes_with_the_next_count(void **state)
{
	(void)state;
	fails("192.0.2.1", N, NOW);
	assert_int_equal(atomic_load(&blocks->n_sites), 1);
	fails("192.0.2.1", 1, NOW + S);
	assert_int_equal(atomic_load(&blocks->n_sites), 0);
}

static void
whoever_is_cleared_begins_anew(void **state)
{
	struct scep_limits_cleared	 out;
	struct scep_error		 err;

	(void)state;
	set(&profile_limit[SCEP_LIMIT_FAILURES], 2 * N + 1, S);
	fails("2001:db8::1", N, NOW);
	fails("192.0.2.2", N, NOW);
	fails("192.0.2.3", 1, NOW);
	assert_true(profile_blocked("main", NOW));
	assert_int_equal(scep_limits_clear(limits, "2001:db8::2", NULL, NOW,
	    &out, &err), SCEP_OK);
	assert_int_equal(out.blocked, 1);
	assert_false(blocked("2001:db8::1", NOW));
	assert_true(blocked("192.0.2.2", NOW));
	assert_true(profile_blocked("main", NOW));
	fails("2001:db8::1", N - 1, NOW);
	assert_false(blocked("2001:db8::1", NOW));
	assert_int_equal(scep_limits_clear(limits, NULL, "main", NOW, &out,
	    &err), SCEP_OK);
	assert_false(profile_blocked("main", NOW));
	assert_true(blocked("192.0.2.2", NOW));
	assert_int_equal(scep_limits_clear(limits, "192.0.2.9", NULL, NOW,
	    &out, &err), SCEP_OK);
	assert_int_equal(out.counted, 0);
	assert_int_equal(scep_limits_clear(limits, "gateway", NULL, NOW,
	    &out, &err), SCEP_E_USAGE);
	assert_int_equal(scep_limits_clear(limits, NULL, NULL, NOW, &out,
	    &err), SCEP_OK);
	assert_int_equal(out.counted, 3);
	assert_int_equal(out.blocked, 1);
	assert_int_equal(atomic_load(&blocks->n_sites), 0);
}

/* The table. */

static int
count_all(void *arg, const struct scep_limited *who)
{
	(void)who;
	++*(long *)arg;
	return 1;
}

static long
counted(time_t now)
{
	long	 n = 0;

	scep_limits_each(limits, 0, now, count_all, &n);
	return n;
}

/* One failure by each of so many /64 of a /32. */
static void
flood(unsigned int net, unsigned int n, time_t now)
{
	char		 peer[64];
	unsigned int	 i;

	for (i = 0; i < n; i++) {
		(void)snprintf(peer, sizeof(peer), "%x:%x:%x:%x::1",
		    net >> 16, net & 0xffff, i >> 16, i & 0xffff);
		fails(peer, 1, now);
	}
}

static void
many_addresses_push_out_nobody_else(void **state)
{
	struct scep_limits_facts	 facts;
	char				 peer[32];
	int				 i;

	(void)state;
	/* Others, near to their limit, or beyond it. */
	for (i = 0; i < 250; i++) {
		(void)snprintf(peer, sizeof(peer), "192.%d.2.1", i);
		fails(peer, N - 1, NOW);
		(void)snprintf(peer, sizeof(peer), "198.%d.2.1", i);
		fails(peer, N, NOW);
	}
	flood(0x20010db8, 500000, NOW + 1);
	scep_limits_look(limits, &facts);
	assert_int_equal(facts.peers, 250);
	assert_true(facts.forgotten > 400000);
	/* His share, and no more. */
	assert_in_range(counted(NOW + 1), 500, 500 + 2 * SCEP_BLOCKS_SETS);
	for (i = 0; i < 250; i++) {
		(void)snprintf(peer, sizeof(peer), "198.%d.2.1", i);
		assert_true(blocked(peer, NOW + 1));
		(void)snprintf(peer, sizeof(peer), "192.%d.2.1", i);
		assert_false(blocked(peer, NOW + 1));
		fails(peer, 1, NOW + 1);
		assert_true(blocked(peer, NOW + 1));
	}
	/* And whoever comes later is counted as ever. */
	fails("203.0.113.7", N, NOW + 2);
	assert_true(blocked("203.0.113.7", NOW + 2));
}

/* He does not even get rid of his own block. */
static void
many_addresses_do_not_unblock_him_cheaply(void **state)
{
	(void)state;
	fails("2001:db8:ffff:ffff::1", N, NOW);
	flood(0x20010db8, 200000, NOW + 1);
	assert_true(blocked("2001:db8:ffff:ffff::1", NOW + 1));
}

/* Four times as many as there are places, all blocked at once. */
static void
a_table_that_is_full_of_blocks_stays_so(void **state)
{
	struct scep_limits_facts	 facts;
	char				 peer[64];
	unsigned int			 i;

	(void)state;
	set(&peer_limit[SCEP_LIMIT_FAILURES], 1, S);
	for (i = 0; i < 4 * SCEP_BLOCKS_SITES; i++) {
		(void)snprintf(peer, sizeof(peer), "2a%02x:%x::1",
		    i >> 16 & 0xff, i & 0xffff);
		fails(peer, 1, NOW);
	}
	scep_limits_look(limits, &facts);
	assert_in_range(facts.peers, SCEP_BLOCKS_SITES / 2,
	    SCEP_BLOCKS_SITES);
	assert_int_equal(facts.peers, counted(NOW));
	assert_true(blocked("2a00:0::1", NOW));		/* the first one */
	assert_int_equal(facts.forgotten + facts.peers,
	    4 * SCEP_BLOCKS_SITES);
	/* When they are over there is room. */
	fails("192.0.2.1", 1, NOW + S);
	assert_true(blocked("192.0.2.1", NOW + S));
	scep_limits_tend(limits, config(1), NOW + S);
	assert_int_equal(atomic_load(&blocks->n_sites), 1);
}

/* How many sets n neighbours are in. */
static int
count_sets(uint64_t first, uint64_t step, uint64_t n)
{
	static uint8_t	 seen_in[SCEP_BLOCKS_SITES];
	uint64_t	 i;
	size_t		 set;
	int		 sets = 0;

	memset(seen_in, 0, sizeof(seen_in));
	for (i = 0; i < n; i++) {
		set = scep_blocks_set(blocks, first + i * step);
		assert_true(set < SCEP_BLOCKS_SITES &&
		    set % SCEP_BLOCKS_WAYS == 0);
		sets += seen_in[set] == 0;
		seen_in[set] = 1;
	}
	return sets;
}

/* A secret is drawn with each start: none may be a bad one, with which a LAN
 * would have no room. */
static void
neighbours_are_apart_whatever_the_secret_is(void **state)
{
	static const uint32_t	 secret[][4] = {
		{ 0, 0, 0, 0 }, { 0, 1, 0, 1 }, { 0, 0, 1, 0 },
		{ 0x10000000, 0, 0x10000000, 0 },
		{ 0x55555555, 0x55555555, 0xaaaaaaaa, 0xaaaaaaaa },
		{ ~0u, ~0u, ~0u, ~0u },
	};
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(secret) / sizeof(secret[0]); i++) {
		memcpy(blocks->secret, secret[i], sizeof(secret[i]));
		assert_in_range(count_sets(0xffffc0000200, 1, 256), 236, 256);
		assert_in_range(count_sets(0xffff0a000000, 256, 256), 236,
		    256);
		assert_in_range(count_sets(0x20010db800000000, 1, 256), 236,
		    256);
		assert_in_range(count_sets(0x2001000000000000,
		    (uint64_t)1 << 32, 256), 236, 256);
	}
	/* … and which set it is depends on it. */
	i = scep_blocks_set(blocks, 0xffffc0000201);
	memset(blocks->secret, 0, sizeof(blocks->secret));
	assert_int_not_equal(scep_blocks_set(blocks, 0xffffc0000201), i);
}

static int
stop_at(void *arg, const struct scep_limited *who)
{
	size_t	*left = arg;

	if (*left == 0)
		return 0;
	if (--*left == 0)
		left[1] = who->slot + 1;
	return 1;
}

static void
a_list_goes_on_where_it_ended(void **state)
{
	size_t	 page[2] = { 100, 0 };
	long	 n = 0;

	(void)state;
	set(&profile_limit[SCEP_LIMIT_FAILURES], 1000000, S);
	flood(0x20010db8, 300, NOW);
	scep_limits_each(limits, 0, NOW, stop_at, page);
	assert_int_equal(page[0], 0);
	scep_limits_each(limits, page[1], NOW, count_all, &n);
	assert_int_equal(100 + n, counted(NOW));
	assert_in_range(counted(NOW), 290, 301);
	assert_int_equal(counted(NOW + S), 0);
}

/* Many at once. */

#define THREADS	4
#define ROUNDS	20000

static atomic_int	over, wrong, seen;

static struct scep_config	*of_n;

static void *
write_on(void *arg)
{
	const unsigned int	 k = *(const unsigned int *)arg;
	struct scep_limits_cleared	 out;
	struct scep_error	 err;
	char			 peer[32];
	unsigned int		 i;

	for (i = 0; i < ROUNDS; i++) {
		(void)snprintf(peer, sizeof(peer), "198.51.%u.%u", k, i % 16);
		scep_limits_count(limits, &rules, "main", peer, NOW + i / 100,
		    1);
		if (i % 512 == 0)
			(void)scep_limits_clear(limits, peer, NULL, NOW, &out,
			    &err);
		if (i % 2048 == 0)
			scep_limits_tend(limits, of_n, NOW + i / 100);
	}
	return NULL;
}

/* Nobody is blocked who never failed, nor for longer than ever. */
static void *
read_on(void *arg)
{
	struct scep_inet	 bad, good;
	struct scep_block	 block;
	unsigned int		 i = 0;
	char			 peer[32];

	(void)arg;
	for (; !atomic_load(&over); i++) {
		(void)snprintf(peer, sizeof(peer), "198.51.%u.%u",
		    i % THREADS, i / THREADS % 16);
		(void)scep_inet_read(peer, &bad);
		(void)snprintf(peer, sizeof(peer), "198.52.%u.%u",
		    i % THREADS, i / THREADS % 16);
		(void)scep_inet_read(peer, &good);
		if (scep_blocks_site(blocks, scep_inet_site(&bad), NOW,
		    &block)) {
			atomic_store(&seen, 1);
			if (block.until > NOW + ROUNDS / 100 + S ||
			    block.why != SCEP_LIMIT_FAILURES)
				atomic_store(&wrong, 1);
		}
		if (scep_blocks_site(blocks, scep_inet_site(&good), NOW,
		    &block))
			atomic_store(&wrong, 1);
	}
	return NULL;
}

static void
readers_see_what_is_there_or_nothing(void **state)
{
	unsigned int	 k[THREADS];
	pthread_t	 writer[THREADS], reader[2];
	int		 i;

	(void)state;
	of_n = config(N);
	for (i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&reader[i], NULL, read_on,
		    NULL), 0);
	for (i = 0; i < THREADS; i++) {
		k[i] = (unsigned int)i;
		assert_int_equal(pthread_create(&writer[i], NULL, write_on,
		    &k[i]), 0);
	}
	for (i = 0; i < THREADS; i++)
		(void)pthread_join(writer[i], NULL);
	while (!atomic_load(&seen) && blocked("198.51.0.1", NOW))
		continue;
	atomic_store(&over, 1);
	for (i = 0; i < 2; i++)
		(void)pthread_join(reader[i], NULL);
	assert_false(atomic_load(&wrong));
	assert_true(atomic_load(&seen));
}

/* A writer that died in the middle: nobody waits for it. */
static void
a_slot_that_is_half_written_blocks_nobody(void **state)
{
	struct scep_inet	 addr;
	struct scep_block_slot	*slot;
	int			 i;

	(void)state;
	fails("192.0.2.1", N, NOW);
	assert_true(blocked("192.0.2.1", NOW));
	assert_true(scep_inet_read("192.0.2.1", &addr));
	slot = &blocks->site[scep_blocks_set(blocks, scep_inet_site(&addr))];
	for (i = 0; i < SCEP_BLOCKS_WAYS; i++)
		atomic_fetch_add(&slot[i].seq, 1);
	assert_false(blocked("192.0.2.1", NOW));
	for (i = 0; i < SCEP_BLOCKS_WAYS; i++)
		atomic_fetch_add(&slot[i].seq, 1);
	assert_true(blocked("192.0.2.1", NOW));
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
#define T(f)	cmocka_unit_test_setup_teardown(f, make, unmake)
		T(the_last_one_too_many_blocks_and_no_other),
		T(after_its_time_it_begins_anew),
		T(a_window_ends),
		T(what_was_on_its_way_does_not_make_it_longer),
		T(what_is_no_failure_counts_as_a_message),
		T(a_limit_that_is_off_blocks_nobody),
		T(a_site_is_counted_together),
		T(who_has_no_address_is_counted_for_the_profile),
		T(each_profile_has_its_own_count),
		T(there_is_room_for_the_profiles_of_today),
		T(a_clock_that_is_set_back_lets_go),
		T(a_block_reaches_over_the_wrap_of_32_bits),
		T(the_tender_takes_off_what_is_over),
		T(a_block_that_is_over_goes_with_the_next_count),
		T(whoever_is_cleared_begins_anew),
		T(many_addresses_push_out_nobody_else),
		T(many_addresses_do_not_unblock_him_cheaply),
		T(a_table_that_is_full_of_blocks_stays_so),
		T(neighbours_are_apart_whatever_the_secret_is),
		T(a_list_goes_on_where_it_ended),
		T(readers_see_what_is_there_or_nothing),
		T(a_slot_that_is_half_written_blocks_nobody),
	};
	struct scep_error	 err;
	int			 failed;

	if (scep_crypto_new(NULL, &crypto, &err) != SCEP_OK)
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	scep_crypto_free(crypto);
	return failed;
}
