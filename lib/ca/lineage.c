/*
 * lineage.c - the generations of a CA: which verb may follow which.
 */
#include <string.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "ca/lineage.h"

const char *
scep_gen_state_name(enum scep_gen_state state)
{
	static const char	*const names[SCEP_GEN__MAX] = {
		[SCEP_GEN_CURRENT] = "current",
		[SCEP_GEN_STAGED] = "staged",
		[SCEP_GEN_PUBLISHED] = "published",
		[SCEP_GEN_PREVIOUS] = "previous",
	};

	return names[state];
}

static void
ra_first(struct scep_gen *gen, int one_key)
{
	gen->n_ra = one_key ? 0 : 1;
	gen->ra[0] = gen->last_ra = 1;
}

void
scep_lineage_begin(struct scep_lineage *l, const char *ca,
    const uint8_t key_sha256[SCEP_SHA256_LEN], int one_key)
{
	memset(l, 0, sizeof(*l));
	OPENSSL_strlcpy(l->ca, ca, sizeof(l->ca));
	l->last = 1;
	l->n = 1;
	l->gen[0].number = 1;
	l->gen[0].state = SCEP_GEN_CURRENT;
	memcpy(l->gen[0].key_sha256, key_sha256, SCEP_SHA256_LEN);
	ra_first(&l->gen[0], one_key);
}

static struct scep_gen *
find_state(struct scep_lineage *l, enum scep_gen_state state)
{
	size_t	 i;

	for (i = 0; i < l->n; i++)
		if (l->gen[i].state == state)
			return &l->gen[i];
	return NULL;
}

static struct scep_gen *
find(struct scep_lineage *l, unsigned int number)
{
	size_t	 i;

	for (i = 0; i < l->n; i++)
		if (l->gen[i].number == number)
			return &l->gen[i];
	return NULL;
}

static struct scep_gen *
next(struct scep_lineage *l)
{
	struct scep_gen	*gen = find_state(l, SCEP_GEN_PUBLISHED);

	return gen != NULL ? gen : find_state(l, SCEP_GEN_STAGED);
}

/* They look, and give back what they were given. */
#define MUTABLE(l)	((struct scep_lineage *)(uintptr_t)(l))

const struct scep_gen *
scep_lineage_find(const struct scep_lineage *l, unsigned int number)
{
	return find(MUTABLE(l), number);
}

const struct scep_gen *
scep_lineage_next(const struct scep_lineage *l)
{
	return next(MUTABLE(l));
}

const struct scep_gen *
scep_lineage_current(const struct scep_lineage *l)
{
	return find_state(MUTABLE(l), SCEP_GEN_CURRENT);
}

static void
drop(struct scep_lineage *l, struct scep_gen *gen)
{
	const size_t	 i = (size_t)(gen - l->gen);

	memmove(gen, gen + 1, (--l->n - i) * sizeof(*gen));
}

static int
is_known(const struct scep_lineage *l, const uint8_t *key_sha256)
{
	size_t	 i;

	for (i = 0; i < l->n; i++)
		if (memcmp(l->gen[i].key_sha256, key_sha256,
		    SCEP_SHA256_LEN) == 0)
			return 1;
	return 0;
}

enum scep_err
scep_lineage_may_stage(const struct scep_lineage *l, struct scep_error *err)
{
	const struct scep_gen	*is = scep_lineage_next(l);

	if (is != NULL)
		return scep_fail(err, SCEP_E_REFUSED, "CA %s: generation %u "
		    "is %s already, and only one comes next; `scepadm ca %s` "
		    "goes on with it, `scepadm ca unstage` takes it back",
		    l->ca, is->number, scep_gen_state_name(is->state),
		    is->state == SCEP_GEN_STAGED ? "publish" : "switch");
	if (l->n == SCEP_GENS_MAX)
		return scep_fail(err, SCEP_E_REFUSED, "CA %s has %d "
		    "generations that live; `scepadm ca retire` those that "
		    "are over first", l->ca, SCEP_GENS_MAX);
	return SCEP_OK;
}

enum scep_err
scep_lineage_stage(struct scep_lineage *l,
    const uint8_t key_sha256[SCEP_SHA256_LEN], const char *digest,
    int has_chain, int one_key, time_t now, unsigned int *number,
    struct scep_error *err)
{
	struct scep_gen	*gen;
	enum scep_err	 rc;

	if ((rc = scep_lineage_may_stage(l, err)) != SCEP_OK)
		return rc;
	if (is_known(l, key_sha256))
		return scep_fail(err, SCEP_E_REFUSED, "CA %s: that is the key "
		    "of a generation that lives; the next one has a key of "
		    "its own (a new certificate for the same key goes where "
		    "the old one is, and needs a reload and no more)", l->ca);
	gen = &l->gen[l->n++];
	memset(gen, 0, sizeof(*gen));
	*number = gen->number = ++l->last;
	gen->state = SCEP_GEN_STAGED;
	gen->since = now;
	memcpy(gen->key_sha256, key_sha256, SCEP_SHA256_LEN);
	OPENSSL_strlcpy(gen->digest, digest, sizeof(gen->digest));
	gen->has_chain = has_chain;
	ra_first(gen, one_key);
	return SCEP_OK;
}

static enum scep_err
nothing_next(const struct scep_lineage *l, struct scep_error *err)
{
	return scep_fail(err, SCEP_E_REFUSED, "CA %s: no generation is "
	    "staged; `scepadm ca stage` makes or adopts the next one", l->ca);
}

enum scep_err
scep_lineage_unstage(struct scep_lineage *l, int force, unsigned int *number,
    struct scep_error *err)
{
	struct scep_gen	*gen = next(l);

	if (gen == NULL)
		return nothing_next(l, err);
	if (gen->state == SCEP_GEN_PUBLISHED && !force)
		return scep_fail(err, SCEP_E_REFUSED, "CA %s: generation %u "
		    "is published: devices may have fetched it, trust it, or "
		    "have a certificate of it; `scepadm ca switch` goes on, "
		    "--force takes it back all the same", l->ca, gen->number);
	*number = gen->number;
	drop(l, gen);
	return SCEP_OK;
}

enum scep_err
scep_lineage_publish(struct scep_lineage *l, time_t now, unsigned int *number,
    struct scep_error *err)
{
	struct scep_gen	*gen = next(l);

	if (gen == NULL)
		return nothing_next(l, err);
	if (gen->state == SCEP_GEN_PUBLISHED)
		return scep_fail(err, SCEP_E_REFUSED, "CA %s: generation %u "
		    "is published already; `scepadm ca switch` makes it the "
		    "current one", l->ca, gen->number);
	gen->state = SCEP_GEN_PUBLISHED;
	gen->since = now;
	*number = gen->number;
	return SCEP_OK;
}

enum scep_err
scep_lineage_switch(struct scep_lineage *l, int force, time_t now,
    unsigned int *number, struct scep_error *err)
{
	struct scep_gen	*gen = next(l), *was;

	if (gen == NULL)
		return nothing_next(l, err);
	if (gen->state == SCEP_GEN_STAGED && !force)
		return scep_fail(err, SCEP_E_REFUSED, "CA %s: generation %u "
		    "is staged, and no device could have fetched it yet; "
		    "`scepadm ca publish` first, and give them time, or "
		    "--force", l->ca, gen->number);
	was = find_state(l, SCEP_GEN_CURRENT);
	was->state = SCEP_GEN_PREVIOUS;
	was->since = now;
	gen->state = SCEP_GEN_CURRENT;
	gen->since = now;
	*number = gen->number;
	return SCEP_OK;
}

static enum scep_err
not_previous(const struct scep_lineage *l, const struct scep_gen *gen,
    struct scep_error *err)
{
	if (gen->state == SCEP_GEN_CURRENT)
		return scep_fail(err, SCEP_E_REFUSED, "CA %s: generation %u "
		    "is the current one; `scepadm ca %s` first", l->ca,
		    gen->number, scep_lineage_next(l) == NULL ? "stage" :
		    scep_lineage_next(l)->state == SCEP_GEN_STAGED ?
		    "publish" : "switch");
	return scep_fail(err, SCEP_E_REFUSED, "CA %s: generation %u is %s; "
	    "`scepadm ca unstage` takes that back", l->ca, gen->number,
	    scep_gen_state_name(gen->state));
}

/* The only one there is, if none was named. */
static enum scep_err
choose_previous(const struct scep_lineage *l, unsigned int *number,
    struct scep_error *err)
{
	size_t	 i, n = 0;

	for (i = 0; i < l->n; i++)
		if (l->gen[i].state == SCEP_GEN_PREVIOUS) {
			*number = l->gen[i].number;
			n++;
		}
	if (n == 1)
		return SCEP_OK;
	*number = 0;
	if (n == 0)
		return scep_fail(err, SCEP_E_REFUSED, "CA %s has no previous "
		    "generation; `scepadm ca %s` comes first", l->ca,
		    scep_lineage_next(l) == NULL ? "stage" :
		    scep_lineage_next(l)->state == SCEP_GEN_STAGED ?
		    "publish" : "switch");
	return scep_fail(err, SCEP_E_USAGE, "CA %s has %zu previous "
	    "generations; name one with --generation (`scepadm ca list`)",
	    l->ca, n);
}

static enum scep_err
choose_named(const struct scep_lineage *l, unsigned int number,
    struct scep_error *err)
{
	const struct scep_gen	*gen = scep_lineage_find(l, number);

	if (gen == NULL)
		return scep_fail(err, SCEP_E_NOTFOUND, "CA %s has no "
		    "generation %u; `scepadm ca list` shows those that live",
		    l->ca, number);
	return gen->state == SCEP_GEN_PREVIOUS ? SCEP_OK :
	    not_previous(l, gen, err);
}

enum scep_err
scep_lineage_retire(struct scep_lineage *l, unsigned int *number,
    struct scep_error *err)
{
	enum scep_err	 rc;

	if ((rc = *number == 0 ? choose_previous(l, number, err) :
	    choose_named(l, *number, err)) == SCEP_OK)
		drop(l, find(l, *number));
	return rc;
}

enum scep_err
scep_lineage_drop_ra(struct scep_lineage *l, unsigned int number,
    unsigned int ra, struct scep_error *err)
{
	struct scep_gen	*gen = find(l, number);
	size_t		 i;

	for (i = 0; gen != NULL && i < gen->n_ra; i++)
		if (gen->ra[i] == ra)
			break;
	if (gen == NULL || i == gen->n_ra)
		return scep_fail(err, SCEP_E_NOTFOUND, "CA %s: generation %u "
		    "has no RA key %u; `scepadm ca show` lists them", l->ca,
		    number, ra);
	if (gen->n_ra == 1)
		return scep_fail(err, SCEP_E_REFUSED, "CA %s: generation %u "
		    "has no RA key but %u", l->ca, number, ra);
	memmove(gen->ra + i, gen->ra + i + 1, (--gen->n_ra - i) *
	    sizeof(gen->ra[0]));
	return SCEP_OK;
}

enum scep_err
scep_lineage_add_ra(struct scep_lineage *l, unsigned int number,
    const uint8_t *replaced, unsigned int *ra, struct scep_error *err)
{
	struct scep_gen	*gen = find(l, number);

	if (gen == NULL || gen->n_ra == 0)
		return scep_fail(err, SCEP_E_REFUSED, "CA %s: generation %u "
		    "has no RA key of its own", l->ca, number);
	if (gen->n_ra == SCEP_GEN_RAS_MAX)
		gen->n_ra--;
	memmove(gen->ra + 1, gen->ra, gen->n_ra * sizeof(gen->ra[0]));
	*ra = gen->ra[0] = ++gen->last_ra;
	gen->n_ra++;
	if (replaced != NULL) {
		gen->has_replaced = 1;
		memcpy(gen->replaced, replaced, SCEP_SHA256_LEN);
	}
	return SCEP_OK;
}
