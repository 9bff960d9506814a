/*
 * crl.c - the newest CRL of each CA: kept, found, and made anew in time.
 *
 * How one is made is crl_make.c's business.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "ca/crl.h"

#define SLOTS	(2 * SCEP_CAS_MAX)	/* CAs of two configurations */

struct scep_crls {
	pthread_mutex_t		 mutex;
	struct scep_crl_held	*held[SLOTS];
	size_t			 next;		/* to give way */
};

enum scep_err
scep_crls_new(struct scep_crls **out, struct scep_error *err)
{
	struct scep_crls	*crls;

	*out = NULL;
	if ((crls = calloc(1, sizeof(*crls))) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "CRLs");
	(void)pthread_mutex_init(&crls->mutex, NULL);
	*out = crls;
	return SCEP_OK;
}

void
scep_crls_free(struct scep_crls *crls)
{
	size_t	 i;

	if (crls == NULL)
		return;
	for (i = 0; i < SLOTS; i++)
		scep_crl_drop(crls->held[i]);
	(void)pthread_mutex_destroy(&crls->mutex);
	free(crls);
}

void
scep_crl_drop(struct scep_crl_held *held)
{
	if (held == NULL || atomic_fetch_sub(&held->users, 1) > 1)
		return;
	scep_crl_rec_clear(&held->rec);
	free(held);
}

/* Where it is, or where it would go. */
static size_t
find(struct scep_crls *crls, const uint8_t key[SCEP_SHA256_LEN])
{
	size_t	 i;

	for (i = 0; i < SLOTS && crls->held[i] != NULL; i++)
		if (memcmp(crls->held[i]->rec.ca_sha256, key,
		    SCEP_SHA256_LEN) == 0)
			return i;
	if (i == SLOTS)
		i = crls->next++ % SLOTS;
	return i;
}

/* Also as a row that was changed since: one that has fallen out of date. */
static int
is_older(const struct scep_crl_rec *a, const struct scep_crl_rec *b)
{
	return a->number != b->number ? a->number < b->number :
	    a->rev < b->rev;
}

/* One that is older than what is there is not put: it was read before. */
static struct scep_crl_held *
put(struct scep_crls *crls, struct scep_crl_held *fresh)
{
	struct scep_crl_held	*old;
	size_t			 i;

	(void)pthread_mutex_lock(&crls->mutex);
	i = find(crls, fresh->rec.ca_sha256);
	old = crls->held[i];
	if (old != NULL && memcmp(old->rec.ca_sha256, fresh->rec.ca_sha256,
	    SCEP_SHA256_LEN) == 0 && is_older(&fresh->rec, &old->rec)) {
		old = fresh;
		fresh = crls->held[i];
	}
	crls->held[i] = fresh;
	(void)atomic_fetch_add(&fresh->users, 1);	/* the caller's */
	(void)pthread_mutex_unlock(&crls->mutex);
	scep_crl_drop(old);
	return fresh;
}

static enum scep_err
hold(struct scep_crls *crls, struct scep_crl_rec *rec,
    struct scep_crl_held **out, struct scep_error *err)
{
	struct scep_crl_held	*held;

	if ((held = calloc(1, sizeof(*held))) == NULL) {
		scep_crl_rec_clear(rec);
		return scep_fail(err, SCEP_E_NOMEM, "CRL");
	}
	atomic_init(&held->users, 1);		/* the slot's */
	held->rec = *rec;
	memset(rec, 0, sizeof(*rec));		/* transferred */
	*out = put(crls, held);
	return SCEP_OK;
}

enum scep_err
scep_crls_put(struct scep_crls *crls, struct scep_crl_rec *rec,
    struct scep_error *err)
{
	struct scep_crl_held	*held;
	enum scep_err		 rc;

	if ((rc = hold(crls, rec, &held, err)) == SCEP_OK)
		scep_crl_drop(held);
	return rc;
}

/* The one in memory, or NULL. */
static struct scep_crl_held *
recall(struct scep_crls *crls, const uint8_t key[SCEP_SHA256_LEN])
{
	struct scep_crl_held	*held = NULL;
	size_t			 i;

	(void)pthread_mutex_lock(&crls->mutex);
	for (i = 0; i < SLOTS && crls->held[i] != NULL; i++)
		if (memcmp(crls->held[i]->rec.ca_sha256, key,
		    SCEP_SHA256_LEN) == 0) {
			held = crls->held[i];
			(void)atomic_fetch_add(&held->users, 1);
			break;
		}
	(void)pthread_mutex_unlock(&crls->mutex);
	return held;
}

enum scep_err
scep_crl_key(const struct scep_crypto *crypto, const struct scep_ca_conf *conf,
    uint8_t out[SCEP_SHA256_LEN], struct scep_error *err)
{
	return scep_crypto_sha256(crypto, conf->cert.spki, out, err);
}

enum scep_err
scep_crl_newest(struct scep_local *ca, const struct scep_ca_conf *conf,
    struct scep_crl_held **out, struct scep_error *err)
{
	struct scep_crls	*crls = ca->memory->crls;
	struct scep_crl_rec	 rec;
	uint8_t			 key[SCEP_SHA256_LEN];
	enum scep_err		 rc;

	*out = NULL;
	if ((rc = scep_crl_key(ca->crypto, conf, key, err)) != SCEP_OK ||
	    (*out = recall(crls, key)) != NULL)
		return rc;
	if ((rc = scep_crl_rec_get(ca->store, key, &rec, err)) != SCEP_OK)
		return rc;
	return hold(crls, &rec, out, err);
}

static int
is_servable(const struct scep_crl_held *held)
{
	return held != NULL && held->rec.stale != SCEP_CRL_STALE;
}

/* One whose time is up is better than none, where no other can be made. */
enum scep_err
scep_crl_current(struct scep_local *ca, const struct scep_ca_conf *conf,
    time_t now, struct scep_crl_held **out, struct scep_error *err)
{
	struct scep_error	 why;
	const char		*reason;
	enum scep_err		 rc;

	*out = NULL;
	if (!scep_config_has_crl(conf, &reason))
		return scep_fail(err, SCEP_E_NOTFOUND, "CA %s has no CRL of "
		    "ours: %s", conf->name, reason);
	rc = scep_crl_newest(ca, conf, out, err);
	if (rc != SCEP_OK && rc != SCEP_E_NOTFOUND)
		return rc;
	if (is_servable(*out) && now < (*out)->rec.next_update)
		return SCEP_OK;
	if ((rc = scep_crl_make(ca, conf, now, NULL, &why)) == SCEP_OK) {
		scep_crl_drop(*out);
		return scep_crl_newest(ca, conf, out, err);
	}
	if (is_servable(*out))
		return SCEP_OK;
	scep_crl_drop(*out);
	*out = NULL;
	*err = why;
	return rc;
}

/* Revocations. */

struct counting {
	uint8_t	 issuer[16];
	long	 n;
};

/* A certificate's key ends with its issuer. */
static enum scep_err
count_entry(void *arg, const struct scep_entry *entry, struct scep_error *err)
{
	struct counting	*c = arg;

	(void)err;
	if (entry->key.len > sizeof(c->issuer) && memcmp(entry->key.data +
	    entry->key.len - sizeof(c->issuer), c->issuer,
	    sizeof(c->issuer)) == 0)
		c->n++;
	return SCEP_OK;
}

enum scep_err
scep_crl_count(struct scep_local *ca, const struct scep_ca_conf *conf,
    time_t from, long *n, struct scep_error *err)
{
	uint8_t			 time[SCEP_INDEX_TIME];
	const struct scep_range	 range = {
		.index = SCEP_IX_CERTIFICATE_REVOKED,
		.from = { time, sizeof(time) },
	};
	struct counting		 c = { .n = 0 };
	enum scep_err		 rc;

	scep_index_time(from, time);
	memcpy(c.issuer, conf->issuer.id, sizeof(c.issuer));
	rc = scep_store_walk(ca->store, &range, count_entry, &c, err);
	*n = c.n;
	return rc;
}

/* The clock may have been set back, or crl_validity made shorter: then it is
 * not the one that would be made now. */
enum scep_err
scep_crl_is_due(struct scep_local *ca, const struct scep_ca_conf *conf,
    time_t now, const struct scep_crl_rec *rec, int *due,
    struct scep_error *err)
{
	enum scep_err	 rc;
	long		 n;

	*due = 1;
	if (rec->stale != SCEP_CRL_FRESH || rec->this_update > now ||
	    rec->next_update > now + conf->crl_validity_s ||
	    rec->next_update - conf->crl_overlap_s <= now)
		return SCEP_OK;
	if ((rc = scep_crl_count(ca, conf, rec->this_update, &n, err)) !=
	    SCEP_OK)
		return rc;
	*due = n > rec->fresh;
	return SCEP_OK;
}

static enum scep_err
tend_one(struct scep_local *ca, const struct scep_ca_conf *conf, time_t now,
    struct scep_error *err)
{
	struct scep_crl_held	*held;
	enum scep_err		 rc;
	int			 due = 1;

	rc = scep_crl_newest(ca, conf, &held, err);
	if (rc == SCEP_OK)
		rc = scep_crl_is_due(ca, conf, now, &held->rec, &due, err);
	else if (rc == SCEP_E_NOTFOUND)
		rc = SCEP_OK;
	scep_crl_drop(held);
	if (rc == SCEP_OK && due)
		rc = scep_crl_make(ca, conf, now, NULL, err);
	return rc;
}

/* One CA's trouble is its own; the first is told. */
static void
tend_all(struct scep_local *ca, const struct scep_ca_conf *conf, size_t n,
    time_t now, enum scep_err *rc, struct scep_error *err)
{
	struct scep_error	 why;
	enum scep_err		 one;

	for (; n-- > 0; conf++) {
		/* A generation that is over has CRLs until it is retired; one
		 * that is staged, nobody knows. */
		tend_all(ca, conf->kin, conf->n_kin, now, rc, err);
		if (conf->state == SCEP_GEN_STAGED || conf->key == NULL ||
		    now < conf->cert.not_before ||
		    !scep_config_has_crl(conf, NULL) ||
		    (one = tend_one(ca, conf, now, &why)) == SCEP_OK ||
		    *rc != SCEP_OK)
			continue;
		*rc = one;
		*err = why;
	}
}

enum scep_err
scep_crl_tend(struct scep_local *ca, time_t now, struct scep_error *err)
{
	enum scep_err	 rc = SCEP_OK;

	tend_all(ca, ca->cfg->ca, ca->cfg->n_cas, now, &rc, err);
	return rc;
}
