/*
 * limits_look.c - who is counted and who is blocked: for blocks to end in
 * time, and for the operator.
 */
#include <string.h>

#include "base/error.h"
#include "base/inet.h"
#include "ca/limits_local.h"

/* 1 if its block has changed. */
static int
tend(struct scep_meter *m, const struct scep_limit *limits, time_t now)
{
	if (m->block.until == 0)
		return 0;
	if (limits == NULL || limits[m->block.why].n == 0 ||
	    !scep_meter_is_blocked(m, now)) {
		memset(m, 0, sizeof(*m));
		return 1;
	}
	if (now >= m->since)
		return 0;
	m->block.until -= m->since - now;	/* the clock was set back */
	m->since = now;
	return 1;
}

static void
tend_profiles(struct scep_limits *l, const struct scep_config *cfg,
    time_t now)
{
	const struct scep_profile	*conf;
	struct scep_limited_profile	*p;

	for (p = l->profile; p < l->profile + SCEP_BLOCKS_PROFILES; p++) {
		if (p->name[0] == '\0')
			continue;
		conf = scep_config_profile(cfg, p->name);
		if (tend(&p->meter, conf != NULL ? conf->limit : NULL, now))
			scep_limits_publish_profile(l, p);
	}
}

void
scep_limits_tend(struct scep_limits *l, const struct scep_config *cfg,
    time_t now)
{
	struct scep_limited_site	*s;

	(void)pthread_mutex_lock(&l->mutex);
	if (atomic_load(&l->blocks->n_sites) > 0)
		for (s = l->site; s < l->site + SCEP_BLOCKS_SITES; s++)
			if (tend(&s->meter, cfg->server.limit, now))
				scep_limits_publish_site(l, s);
	tend_profiles(l, cfg, now);
	(void)pthread_mutex_unlock(&l->mutex);
}

static int
tell(const struct scep_meter *m, struct scep_limited *who, time_t now,
    scep_limits_fn fn, void *arg)
{
	int	 kind;

	for (kind = 0; kind < SCEP_LIMIT_KINDS; kind++)
		who->count[kind] = m->window[kind].n;
	who->is_blocked = scep_meter_is_blocked(m, now);
	who->block = m->block;
	return fn(arg, who);
}

void
scep_limits_each(struct scep_limits *l, size_t from, time_t now,
    scep_limits_fn fn, void *arg)
{
	const struct scep_limited_profile	*p;
	const struct scep_limited_site		*s;
	struct scep_limited			 who;
	char					 text[SCEP_INET_TEXT];
	size_t					 i;
	int					 go_on = 1;

	(void)pthread_mutex_lock(&l->mutex);
	for (i = from; go_on && i < SCEP_BLOCKS_SITES; i++) {
		s = &l->site[i];
		if (!s->used || scep_meter_is_idle(&s->meter, now))
			continue;
		scep_inet_site_text(s->site, text);
		who = (struct scep_limited){ .peer = text, .slot = i };
		go_on = tell(&s->meter, &who, now, fn, arg);
	}
	for (; go_on && i < SCEP_BLOCKS_SITES + SCEP_BLOCKS_PROFILES; i++) {
		p = &l->profile[i - SCEP_BLOCKS_SITES];
		if (scep_meter_is_idle(&p->meter, now))
			continue;
		who = (struct scep_limited){ .profile = p->name, .slot = i };
		go_on = tell(&p->meter, &who, now, fn, arg);
	}
	(void)pthread_mutex_unlock(&l->mutex);
}

/* 1 if there is a block to be taken off the page. */
static int
clear(struct scep_meter *m, time_t now, struct scep_limits_cleared *out)
{
	const int	 was_put = m->block.until != 0;

	out->counted += !scep_meter_is_idle(m, now);
	out->blocked += scep_meter_is_blocked(m, now);
	memset(m, 0, sizeof(*m));
	return was_put;
}

static void
clear_sites(struct scep_limits *l, const uint64_t *site, time_t now,
    struct scep_limits_cleared *out)
{
	struct scep_limited_site	*s;

	for (s = l->site; s < l->site + SCEP_BLOCKS_SITES; s++)
		if (s->used && (site == NULL || s->site == *site) &&
		    clear(&s->meter, now, out))
			scep_limits_publish_site(l, s);
}

static void
clear_profiles(struct scep_limits *l, const char *name, time_t now,
    struct scep_limits_cleared *out)
{
	struct scep_limited_profile	*p;

	for (p = l->profile; p < l->profile + SCEP_BLOCKS_PROFILES; p++)
		if (p->name[0] != '\0' && (name == NULL ||
		    strcmp(p->name, name) == 0) && clear(&p->meter, now, out))
			scep_limits_publish_profile(l, p);
}

enum scep_err
scep_limits_clear(struct scep_limits *l, const char *peer,
    const char *profile, time_t now, struct scep_limits_cleared *out,
    struct scep_error *err)
{
	const int		 all = peer == NULL && profile == NULL;
	struct scep_inet	 addr;
	uint64_t		 site = 0;

	memset(out, 0, sizeof(*out));
	if (peer != NULL && !scep_inet_read(peer, &addr))
		return scep_fail(err, SCEP_E_USAGE, "\"%.64s\" is no address "
		    "such as 192.0.2.1 or 2001:db8::1", peer);
	if (peer != NULL)
		site = scep_inet_site(&addr);
	(void)pthread_mutex_lock(&l->mutex);
	if (all || peer != NULL)
		clear_sites(l, all ? NULL : &site, now, out);
	if (all || profile != NULL)
		clear_profiles(l, profile, now, out);
	(void)pthread_mutex_unlock(&l->mutex);
	return SCEP_OK;
}

void
scep_limits_look(struct scep_limits *l, struct scep_limits_facts *out)
{
	memset(out, 0, sizeof(*out));
	out->peers = atomic_load(&l->blocks->n_sites);
	out->profiles = atomic_load(&l->blocks->n_profiles);
	(void)pthread_mutex_lock(&l->mutex);
	memcpy(out->blocks, l->n_blocks, sizeof(out->blocks));
	out->forgotten = l->forgotten;
	(void)pthread_mutex_unlock(&l->mutex);
}
