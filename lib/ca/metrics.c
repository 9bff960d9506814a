/*
 * metrics.c - what Prometheus wants to know, in its text format (version
 * 0.0.4).
 *
 * scep.fcgi(8) lists the names; a label's values are bounded, and none of
 * them needs to be escaped (stats.c).
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/error.h"
#include "ca/crl.h"
#include "ca/inspect.h"
#include "ca/limits.h"
#include "ca/metrics.h"
#include "ca/queue.h"
#include "ca/stats.h"

/* Requests. */

static void
put_request(void *arg, const struct scep_tally *row)
{
	/* Rows that differ in their reason alone are one series: see
	 * put_requests(). */
	scep_metrics_put(arg, "scep_requests_total{profile=\"%s\","
	    "operation=\"%s\",result=\"%s\"} %ld\n", row->profile,
	    row->operation, row->result, row->n);
}

static void
put_refusal(void *arg, const struct scep_tally *row)
{
	if (*row->reason != '\0')
		scep_metrics_put(arg, "scep_refusals_total{profile=\"%s\","
		    "operation=\"%s\",result=\"%s\",reason=\"%s\"} %ld\n",
		    row->profile, row->operation, row->result, row->reason,
		    row->n);
}

/* Sums over all reasons. */
struct sums {
	struct scep_tally	 row[SCEP_STATS_ROWS];
	size_t			 n;
};

static void
sum_up(struct sums *sums, const struct scep_tally *row)
{
	struct scep_tally	*t = sums->row;
	size_t			 b;

	while (t < sums->row + sums->n && !scep_tally_is_alike(t, row))
		t++;
	if (t == sums->row + sums->n) {
		*t = *row;
		sums->n++;
		return;
	}
	t->n += row->n;
	t->ms += row->ms;
	for (b = 0; b <= SCEP_LATENCIES; b++)
		t->bucket[b] += row->bucket[b];
}

static void
sum_without_reason(void *arg, const struct scep_tally *row)
{
	struct scep_tally	 one = *row;

	one.reason[0] = '\0';
	sum_up(arg, &one);
}

static void
sum_by_operation(void *arg, const struct scep_tally *row)
{
	struct scep_tally	 one = *row;

	one.profile[0] = one.result[0] = one.reason[0] = '\0';
	sum_up(arg, &one);
}

static void
put_histogram(struct scep_metrics *p, const struct scep_tally *row)
{
	const struct scep_histogram	 h = {
		.name = "scep_request_duration_seconds",
		.label = "operation",
		.value = row->operation,
		.bound_ms = scep_latency_ms,
		.n_bounds = SCEP_LATENCIES,
		.bucket = row->bucket,
		.n = row->n,
		.ms = row->ms,
	};

	scep_metrics_histogram(p, &h);
}

static void
put_requests(struct scep_metrics *p, struct sums *sums)
{
	struct scep_stats	*stats = p->ca->memory->stats;
	size_t			 i;

	scep_metrics_head(p, "scep_requests_total", "counter",
	    "Requests since the owner of the state started.");
	sums->n = 0;
	scep_stats_each(stats, sum_without_reason, sums);
	for (i = 0; i < sums->n; i++)
		put_request(p, &sums->row[i]);
	scep_metrics_head(p, "scep_refusals_total", "counter",
	    "Requests that were refused or failed, by reason.");
	scep_stats_each(stats, put_refusal, p);
	scep_metrics_head(p, "scep_request_duration_seconds", "histogram",
	    "Time from reading a request to the end of its answer.");
	sums->n = 0;
	scep_stats_each(stats, sum_by_operation, sums);
	for (i = 0; i < sums->n; i++)
		put_histogram(p, &sums->row[i]);
}

/* scep-admin.fcgi. */

static void
put_knock(void *arg, const char *door, const char *end, long n)
{
	scep_metrics_put(arg, "scep_knocks_total{door=\"%s\",result=\"%s\"} "
	    "%ld\n", door, end, n);
}

static void
put_knocks(struct scep_metrics *p)
{
	scep_metrics_head(p, "scep_knocks_total", "counter",
	    "What came of those who knocked at scep-admin.fcgi.");
	scep_knocks_each(&p->ca->memory->knocks, put_knock, p);
}

/* Profiles and CAs. */

static void
put_profiles(struct scep_metrics *p)
{
	const struct scep_config	*cfg = p->ca->cfg;
	size_t				 i;
	long				 n;

	scep_metrics_head(p, "scep_profile_up", "gauge",
	    "1 if the profile serves, 0 if a fault makes it answer 503.");
	for (i = 0; i < cfg->n_profiles; i++)
		scep_metrics_put(p, "scep_profile_up{profile=\"%s\"} %d\n",
		    cfg->profile[i].name, scep_profile_is_up(cfg,
		    &cfg->profile[i], p->now));
	scep_metrics_head(p, "scep_pending_requests", "gauge",
	    "Requests that wait for approval.");
	for (i = 0; i < cfg->n_profiles && p->rc == SCEP_OK; i++) {
		p->rc = scep_queue_count(p->ca->store,
		    SCEP_IX_PENDING_PROFILE,
		    scep_span_text(cfg->profile[i].name),
		    cfg->profile[i].max_pending, &n, p->err);
		scep_metrics_put(p, "scep_pending_requests{profile=\"%s\"} "
		    "%ld\n", cfg->profile[i].name, n);
	}
}

/* A CA by its own name, and each other generation of it by "main.2", as its
 * files are called. */
typedef void	(*put_ca_fn)(struct scep_metrics *p,
		    const struct scep_ca_conf *ca, const char *name,
		    const void *arg);

static void
each_ca(struct scep_metrics *p, put_ca_fn fn, const void *arg)
{
	const struct scep_config	*cfg = p->ca->cfg;
	const struct scep_ca_conf	*ca, *kin;
	char				 name[SCEP_NAME_LEN + 16];

	for (ca = cfg->ca; ca < cfg->ca + cfg->n_cas; ca++) {
		fn(p, ca, ca->name, arg);
		for (kin = ca->kin; kin < ca->kin + ca->n_kin; kin++) {
			(void)snprintf(name, sizeof(name), "%.48s.%u",
			    kin->name, kin->generation);
			fn(p, kin, name, arg);
		}
	}
}

static void
put_expiry(struct scep_metrics *p, const struct scep_ca_conf *ca,
    const char *name, const void *arg)
{
	static const char	 what[] =
				    "scep_certificate_expiry_timestamp_seconds";

	(void)arg;
	if (ca->cert.der.len == 0 || ca->ra_cert.der.len == 0)
		return;			/* it has a fault */
	scep_metrics_put(p, "%s{ca=\"%s\",kind=\"ca\"} %lld\n", what, name,
	    (long long)ca->cert.not_after);
	scep_metrics_put(p, "%s{ca=\"%s\",kind=\"ra\"} %lld\n", what, name,
	    (long long)ca->ra_cert.not_after);
}

static void
put_expiries(struct scep_metrics *p)
{
	scep_metrics_head(p, "scep_certificate_expiry_timestamp_seconds",
	    "gauge", "When the certificate of a CA or of its RA ends.");
	each_ca(p, put_expiry, NULL);
}

/* One value of each CA's CRL. */
struct crl_value {
	const char	*name, *help;
	size_t		 member;
};

static void
put_crl_value(struct scep_metrics *p, const struct scep_ca_conf *ca,
    const char *name, const void *arg)
{
	const struct crl_value	*v = arg;
	struct scep_crl_held	*held;
	struct scep_error	 ignored;

	if (!scep_config_has_crl(ca, NULL) || scep_crl_newest(p->ca, ca,
	    &held, &ignored) != SCEP_OK)
		return;
	scep_metrics_put(p, "%s{ca=\"%s\"} %ld\n", v->name, name,
	    *(const long *)(const void *)((const char *)&held->rec +
	    v->member));
	scep_crl_drop(held);
}

static void
put_crls(struct scep_metrics *p)
{
	static const struct crl_value	 values[] = {
		{ "scep_crl_number", "Number of the newest CRL.",
		    offsetof(struct scep_crl_rec, number) },
		{ "scep_crl_this_update_timestamp_seconds",
		    "When the newest CRL was made.",
		    offsetof(struct scep_crl_rec, this_update) },
		{ "scep_crl_next_update_timestamp_seconds",
		    "When the newest CRL expires.",
		    offsetof(struct scep_crl_rec, next_update) },
		{ "scep_crl_entries",
		    "Revoked certificates on the newest CRL.",
		    offsetof(struct scep_crl_rec, entries) },
	};
	size_t				 i;

	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		scep_metrics_head(p, values[i].name, "gauge", values[i].help);
		each_ca(p, put_crl_value, &values[i]);
	}
}

static void
put_store(struct scep_metrics *p)
{
	struct scep_store_facts	 store;

	scep_store_look(p->ca->store, &store);
	scep_metrics_one(p, "scep_store_up", "gauge",
	    "1 if the store can be written.", !store.broken);
	scep_metrics_one(p, "scep_store_size_bytes", "gauge",
	    "Size of the database with its logs.", store.size);
	scep_metrics_one(p, "scep_disk_free_bytes", "gauge",
	    "Free disk where the state is.", store.free);
	scep_metrics_one(p, "scep_disk_reserve_bytes", "gauge",
	    "With less free disk nothing is issued.", store.reserve);
}

static void
put_limits(struct scep_metrics *p)
{
	static const char *const	 of[] = { "peer", "profile" };
	struct scep_limits_facts	 facts;
	int				 i, kind;

	if (p->ca->memory->limits == NULL)
		return;
	scep_limits_look(p->ca->memory->limits, &facts);
	scep_metrics_head(p, "scep_blocked", "gauge",
	    "Addresses and profiles that are blocked.");
	scep_metrics_put(p, "scep_blocked{of=\"peer\"} %" PRIu32 "\n"
	    "scep_blocked{of=\"profile\"} %" PRIu32 "\n", facts.peers,
	    facts.profiles);
	scep_metrics_head(p, "scep_blocks_total", "counter",
	    "Blocks since the owner of the state started, by the limit.");
	for (i = 0; i < 2; i++)
		for (kind = 0; kind < SCEP_LIMIT_KINDS; kind++)
			scep_metrics_put(p, "scep_blocks_total{of=\"%s\","
			    "limit=\"%s\"} %" PRIu64 "\n", of[i],
			    scep_limit_kind_name((enum scep_limit_kind)kind),
			    facts.blocks[i][kind]);
	scep_metrics_one(p, "scep_limits_forgotten_total", "counter",
	    "Addresses that gave way to others before their time.",
	    facts.forgotten);
}

static void
put_process(struct scep_metrics *p)
{
	struct scep_host_facts	 facts = { .pid = 0 };

	scep_metrics_head(p, "scep_build_info", "gauge",
	    "The version that runs.");
	scep_metrics_put(p, "scep_build_info{version=\"%s\"} 1\n",
	    SCEP_VERSION);
	scep_metrics_one(p, "scep_configuration_generation", "gauge",
	    "Counts the configurations since the start.",
	    p->ca->ca.generation);
	if (p->ca->host == NULL)
		return;
	p->ca->host->look(p->ca->host->arg, &facts);
	scep_metrics_one(p, "scep_start_time_seconds", "gauge",
	    "When the owner of the state started.", (uint64_t)facts.started);
	scep_metrics_one(p, "scep_workers", "gauge",
	    "Workers of all instances that are connected to the owner.",
	    (uint64_t)facts.workers);
	scep_metrics_one(p, "scep_worker_restarts_total", "counter",
	    "Workers of the owner's instance that died and were replaced.",
	    (uint64_t)facts.restarts);
}

enum scep_err
scep_metrics(struct scep_local *ca, time_t now, struct scep_buf *out,
    struct scep_error *err)
{
	struct scep_metrics	 p = {
		.ca = ca,
		.now = now,
		.out = out,
		.rc = SCEP_OK,
		.err = err,
	};
	struct sums		*sums;

	if ((sums = OPENSSL_malloc(sizeof(*sums))) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "metrics");
	put_requests(&p, sums);
	OPENSSL_free(sums);
	put_knocks(&p);
	put_profiles(&p);
	scep_metrics_validators(&p);
	put_expiries(&p);
	put_crls(&p);
	put_store(&p);
	put_limits(&p);
	put_process(&p);
	scep_metrics_notices(&p);
	scep_metrics_damage(&p);
	scep_metrics_flush(&p);
	return p.rc;
}
