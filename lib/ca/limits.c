/*
 * limits.c - how much somebody may fail, or ask, before he is blocked.
 *
 * N in S seconds: a window begins with the first one, and whoever comes to N
 * within it is blocked for S seconds; then it begins anew.  A site is kept
 * where blocks.h looks for it, so that each count costs one look into one set.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "base/inet.h"
#include "ca/limits_local.h"

#define OWNER_WAYS	2	/* of a set, for one owner of many sites */

enum scep_err
scep_limits_new(const struct scep_crypto *crypto, struct scep_blocks *blocks,
    struct scep_limits **out, struct scep_error *err)
{
	struct scep_limits	*l;
	uint32_t		 secret[4];
	enum scep_err		 rc;

	*out = NULL;
	if ((rc = scep_crypto_random(crypto, (uint8_t *)secret,
	    sizeof(secret), err)) != SCEP_OK)
		return rc;
	/* calloc: what is never used of so much is never touched. */
	if ((l = calloc(1, sizeof(*l))) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "memory of limits");
	(void)pthread_mutex_init(&l->mutex, NULL);
	scep_blocks_init(blocks, secret);
	l->blocks = blocks;
	*out = l;
	return SCEP_OK;
}

void
scep_limits_free(struct scep_limits *l)
{
	if (l != NULL)
		(void)pthread_mutex_destroy(&l->mutex);
	free(l);
}

/* One more in the window; 1 if that is as many as there may be.  A clock that
 * was set back makes nobody better, and keeps nobody waiting for it. */
static int
tick(struct scep_meter *m, enum scep_limit_kind kind,
    const struct scep_limit *limit, time_t now)
{
	struct scep_window	*w = &m->window[kind];

	if (limit->n == 0)
		return 0;
	if (now < w->began)
		w->began = now;
	if (w->n == 0 || now - w->began >= limit->s) {
		w->began = now;
		w->n = 0;
	}
	if (m->idle < w->began + limit->s || m->idle > now + SCEP_LIMIT_MAX_S)
		m->idle = w->began + limit->s;
	return ++w->n >= limit->n;
}

/*
 * One message more.  Who is blocked is not counted: what was on its way then
 * does not make it longer.
 */
static void
count(struct scep_meter *m, const struct scep_limit *limits, time_t now,
    int failed)
{
	int	 over[SCEP_LIMIT_KINDS] = { 0, 0 };
	int	 kind;

	if (scep_meter_is_blocked(m, now))
		return;
	memset(&m->block, 0, sizeof(m->block));
	over[SCEP_LIMIT_MESSAGES] = tick(m, SCEP_LIMIT_MESSAGES,
	    &limits[SCEP_LIMIT_MESSAGES], now);
	if (failed)
		over[SCEP_LIMIT_FAILURES] = tick(m, SCEP_LIMIT_FAILURES,
		    &limits[SCEP_LIMIT_FAILURES], now);
	for (kind = 0; kind < SCEP_LIMIT_KINDS; kind++)
		if (over[kind]) {
			memset(m, 0, sizeof(*m));
			m->since = now;
			m->block.until = now + limits[kind].s;
			m->block.why = (enum scep_limit_kind)kind;
			return;
		}
}

static int
is_counting(const struct scep_limit *limits)
{
	return limits[SCEP_LIMIT_FAILURES].n != 0 ||
	    limits[SCEP_LIMIT_MESSAGES].n != 0;
}

/* How much would be lost with it: nothing, what was counted, a block. */
static long
weight(const struct scep_meter *m, time_t now)
{
	if (scep_meter_is_idle(m, now))
		return 0;
	if (scep_meter_is_blocked(m, now))
		return LONG_MAX;
	return m->window[SCEP_LIMIT_FAILURES].n +
	    m->window[SCEP_LIMIT_MESSAGES].n;
}

/* Rather a goes than b (NULL: nobody yet). */
static int
goes_first(const struct scep_limited_site *a,
    const struct scep_limited_site *b, time_t now)
{
	const long	 lost = weight(&a->meter, now);
	const long	 other = b != NULL ? weight(&b->meter, now) : 0;

	if (b == NULL || lost != other)
		return b == NULL || lost < other;
	return lost == LONG_MAX ?
	    a->meter.block.until < b->meter.block.until :
	    a->meter.idle < b->meter.idle;
}

/*
 * Whose place a new one gets, or NULL: of whoever has come to least, but not of
 * one who is blocked.  An owner who has his share of the set can only push out
 * his own, also where others' places are free: a /32 of IPv6 has more sites
 * than there are places, and would have them all.
 */
static struct scep_limited_site *
make_way(struct scep_limited_site *set, uint64_t site, time_t now)
{
	const uint32_t			 owner = scep_inet_site_owner(site);
	struct scep_limited_site	*his = NULL, *any = NULL, *s;
	int				 n = 0;

	for (s = set; s < set + SCEP_BLOCKS_WAYS; s++) {
		if (scep_inet_site_owner(s->site) == owner &&
		    !scep_meter_is_idle(&s->meter, now)) {
			n++;
			if (goes_first(s, his, now))
				his = s;
		}
		if (!scep_meter_is_blocked(&s->meter, now) &&
		    goes_first(s, any, now))
			any = s;
	}
	return n >= OWNER_WAYS ? his : any;
}

void
scep_limits_publish_site(struct scep_limits *l,
    const struct scep_limited_site *s)
{
	scep_blocks_put_site(l->blocks, (size_t)(s - l->site), s->site,
	    &s->meter.block);
}

void
scep_limits_publish_profile(struct scep_limits *l,
    const struct scep_limited_profile *p)
{
	scep_blocks_put_profile(l->blocks, (size_t)(p - l->profile), p->name,
	    &p->meter.block);
}

/* His, or one that is his from now on; NULL: there is no room. */
static struct scep_limited_site *
find_site(struct scep_limits *l, uint64_t site, time_t now)
{
	struct scep_limited_site	*set, *s;
	int				 was_put;

	set = &l->site[scep_blocks_set(l->blocks, site)];
	for (s = set; s < set + SCEP_BLOCKS_WAYS; s++)
		if (s->used && s->site == site)
			return s;
	s = make_way(set, site, now);
	if (s == NULL || !scep_meter_is_idle(&s->meter, now))
		l->forgotten++;
	if (s == NULL)
		return NULL;
	was_put = s->meter.block.until != 0;
	memset(s, 0, sizeof(*s));
	s->site = site;
	s->used = 1;
	if (was_put)
		scep_limits_publish_site(l, s);
	return s;
}

static void
count_site(struct scep_limits *l, const struct scep_limit *limits,
    uint64_t site, time_t now, int failed)
{
	struct scep_limited_site	*s = find_site(l, site, now);
	time_t				 until;

	if (s == NULL)
		return;
	until = s->meter.block.until;
	count(&s->meter, limits, now, failed);
	if (s->meter.block.until == until)
		return;
	if (s->meter.block.until != 0)
		l->n_blocks[SCEP_OF_PEERS][s->meter.block.why]++;
	scep_limits_publish_site(l, s);
}

/* There are never more in force than places; those of before give way. */
static struct scep_limited_profile *
find_profile(struct scep_limits *l, const char *name, time_t now)
{
	struct scep_limited_profile	*p, *place = NULL;

	for (p = l->profile; p < l->profile + SCEP_BLOCKS_PROFILES; p++) {
		if (strcmp(p->name, name) == 0)
			return p;
		if (place == NULL && scep_meter_is_idle(&p->meter, now))
			place = p;
	}
	if (place == NULL)
		return NULL;
	memset(place, 0, sizeof(*place));
	OPENSSL_strlcpy(place->name, name, sizeof(place->name));
	scep_limits_publish_profile(l, place);
	return place;
}

static void
count_profile(struct scep_limits *l, const struct scep_limit *limits,
    const char *name, time_t now, int failed)
{
	struct scep_limited_profile	*p = find_profile(l, name, now);
	time_t				 until;

	if (p == NULL)
		return;
	until = p->meter.block.until;
	count(&p->meter, limits, now, failed);
	if (p->meter.block.until == until)
		return;
	if (p->meter.block.until != 0)
		l->n_blocks[SCEP_OF_PROFILES][p->meter.block.why]++;
	scep_limits_publish_profile(l, p);
}

/* A peer on a unix socket has no address: whoever that may be is not held
 * against all the others. */
void
scep_limits_count(struct scep_limits *l, const struct scep_limit_rules *rules,
    const char *profile, const char *peer, time_t now, int failed)
{
	const int		 by_peer = is_counting(rules->peer);
	const int		 by_profile = is_counting(rules->profile);
	struct scep_inet	 addr;

	if (!by_peer && !by_profile)
		return;
	(void)pthread_mutex_lock(&l->mutex);
	if (by_peer && scep_inet_read(peer, &addr))
		count_site(l, rules->peer, scep_inet_site(&addr), now, failed);
	if (by_profile)
		count_profile(l, rules->profile, profile, now, failed);
	(void)pthread_mutex_unlock(&l->mutex);
}
