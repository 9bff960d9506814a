/*
 * inspect.c - how the CA is, and what RAs report.
 */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "ca/crl.h"
#include "ca/damage.h"
#include "ca/inspect.h"
#include "ca/stats.h"

int
scep_profile_is_up(const struct scep_config *cfg,
    const struct scep_profile *profile, time_t now)
{
	const struct scep_ca_conf	*ca = &cfg->ca[profile->ca];

	return *profile->fault == '\0' && now <= ca->cert.not_after &&
	    now <= ca->ra_cert.not_after;
}

/* One CA that can issue is enough; which cannot is in the metrics. */
static enum scep_err
check_cas(const struct scep_config *cfg, time_t now, struct scep_error *err)
{
	const struct scep_profile	*p;

	for (p = cfg->profile; p < cfg->profile + cfg->n_profiles; p++)
		if (scep_profile_is_up(cfg, p, now))
			return SCEP_OK;
	return scep_fail(err, SCEP_E_CONFIG, "every profile has a fault, or "
	    "the certificates of its CA or RA have expired; scepadm check "
	    "tells which");
}

/* It can issue, but devices that look for a CRL refuse what it issued. */
static enum scep_err
put_note(struct scep_local *ca, time_t now, struct scep_buf *out,
    struct scep_error *err)
{
	const struct scep_ca_conf	*conf = ca->cfg->ca;
	struct scep_crl_held		*held;
	char				 text[2 * SCEP_NAME_LEN];
	enum scep_err			 rc;

	for (; conf < ca->cfg->ca + ca->cfg->n_cas; conf++) {
		if (!scep_config_has_crl(conf, NULL))
			continue;
		rc = scep_crl_newest(ca, conf, &held, err);
		if (rc != SCEP_OK && rc != SCEP_E_NOTFOUND)
			return rc;
		if (rc == SCEP_OK && held->rec.stale != SCEP_CRL_STALE &&
		    now >= held->rec.next_update) {
			(void)snprintf(text, sizeof(text), "note: the CRL of "
			    "CA %.63s has expired\n", conf->name);
			rc = scep_buf_add(out, scep_span_text(text), err);
		}
		scep_crl_drop(held);
		if (rc != SCEP_OK && rc != SCEP_E_NOTFOUND)
			return rc;
	}
	return SCEP_OK;
}

static enum scep_err
put_damage(struct scep_local *ca, struct scep_buf *out,
    struct scep_error *err)
{
	const size_t	 n = scep_damage_count(ca);
	char		 text[128];

	if (n == 0)
		return SCEP_OK;
	(void)snprintf(text, sizeof(text), "note: rows of the store that "
	    "cannot be read: %zu\n", n);
	return scep_buf_add(out, scep_span_text(text), err);
}

enum scep_err
scep_health(struct scep_local *ca, time_t now, struct scep_buf *out,
    struct scep_error *err)
{
	struct scep_store_facts	 store;
	enum scep_err		 rc;

	scep_store_look(ca->store, &store);
	if (store.broken)
		return scep_fail(err, SCEP_E_STORE, "the store is broken; a "
		    "restart recovers it");
	if (store.free < store.reserve)
		return scep_fail(err, SCEP_E_STORE, "%llu MiB of disk are "
		    "left, less than the reserve: nothing is issued",
		    (unsigned long long)store.free >> 20);
	if ((rc = check_cas(ca->cfg, now, err)) != SCEP_OK)
		return rc;
	if ((rc = scep_buf_set(out, scep_span_text("ok\n"), err)) != SCEP_OK)
		return rc;
	if ((rc = put_damage(ca, out, err)) != SCEP_OK)
		return rc;
	return put_note(ca, now, out, err);
}

enum scep_err
scep_local_inspect(struct scep_ca *ca, time_t now, enum scep_inspect what,
    struct scep_buf *out, struct scep_error *err)
{
	struct scep_local	*l = (struct scep_local *)ca;

	switch (what) {
	case SCEP_INSPECT_HEALTH:
		return scep_health(l, now, out, err);
	case SCEP_INSPECT_METRICS:
		return scep_metrics(l, now, out, err);
	}
	return scep_fail(err, SCEP_E_FORMAT, "inspection %d", (int)what);
}

/* A profile that is not in the configuration was not served. */
enum scep_err
scep_local_report(struct scep_ca *ca, time_t now,
    const struct scep_report *report, struct scep_error *err)
{
	struct scep_local	*l = (struct scep_local *)ca;
	size_t			 i;

	for (i = 0; i < report->n; i++)
		if (*report->tally[i].profile != '\0' &&
		    scep_config_profile(l->cfg, report->tally[i].profile) ==
		    NULL)
			return scep_fail(err, SCEP_E_FORMAT, "report of a "
			    "profile that is not there");
	scep_stats_add(l->memory->stats, now, report);
	return SCEP_OK;
}
