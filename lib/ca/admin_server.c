/*
 * admin_server.c - what the operator may ask of the process that owns the
 * state: how it is, and a new configuration.
 *
 * Knows nothing of processes: whoever runs the CA attaches what it can do.
 */
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "ca/admin_crl.h"
#include "ca/admin_json.h"
#include "ca/limits.h"
#include "ca/queue.h"
#include "ca/stats.h"

void
scep_admin_attach(struct scep_ca *ca, const struct scep_admin_host *host)
{
	((struct scep_local *)ca)->host = host;
}

static enum scep_err
reload(struct scep_admin_call *call, struct scep_error *err)
{
	const struct scep_admin_host	*host = call->ca->host;
	uint32_t			 generation = 0;
	enum scep_err			 rc;

	if (host == NULL)
		return scep_fail(err, SCEP_E_REFUSED, "no server runs: the "
		    "configuration is read when one starts");
	if ((rc = host->reload(host->arg, &generation, err)) != SCEP_OK)
		return scep_fail_within(err, "the old configuration stays in "
		    "force");
	return scep_admin_object(call, json_pack("{s:I}", "generation",
	    (json_int_t)generation), err);
}

/* Results so far. */
struct totals {
	long	 count[SCEP_RESULTS];
};

static void
add_row(void *arg, const struct scep_tally *row)
{
	struct totals	*t = arg;
	size_t		 i;

	for (i = 0; i < SCEP_RESULTS; i++)
		if (strcmp(row->result, scep_stats_result(i)) == 0)
			t->count[i] += row->n;
}

static json_t *
results_json(const long count[SCEP_RESULTS])
{
	json_t	*o = json_object();
	size_t	 i;

	/* "other" is for what no worker of ours says. */
	for (i = 0; i + 1 < SCEP_RESULTS; i++)
		(void)json_object_set_new(o, scep_stats_result(i),
		    json_integer(count[i]));
	return o;
}

static enum scep_err
profiles_json(struct scep_local *ca, json_t **out, struct scep_error *err)
{
	const struct scep_config	*cfg = ca->cfg;
	const struct scep_profile	*p;
	char				 fault[SCEP_FAULT_LEN];
	enum scep_err			 rc;
	long				 n;

	*out = json_array();
	for (p = cfg->profile; p < cfg->profile + cfg->n_profiles; p++) {
		if ((rc = scep_queue_count(ca->store, SCEP_IX_PENDING_PROFILE,
		    scep_span_text(p->name), p->max_pending, &n, err)) !=
		    SCEP_OK)
			return rc;
		memcpy(fault, p->fault, sizeof(fault));
		scep_text_clean(fault);
		(void)json_array_append_new(*out, json_pack(
		    "{s:s,s:s,s:s,s:I}", "profile", p->name, "state",
		    *p->fault == '\0' ? "serving" : "fault", "fault", fault,
		    "pending", (json_int_t)n));
	}
	return SCEP_OK;
}

static void
add_expiry(json_t *list, const char *ca, const char *kind,
    const struct scep_cert *cert)
{
	char	 text[SCEP_TIME_TEXT];

	if (cert->der.len == 0)
		return;			/* it has a fault */
	scep_time_text(cert->not_after, text);
	(void)json_array_append_new(list, json_pack("{s:s,s:s,s:s}", "ca", ca,
	    "certificate", kind, "not_after", text));
}

/* Those of another generation, and RA keys that only open any more. */
static void
add_others(json_t *list, const struct scep_ca_conf *ca)
{
	const int	 next = ca->state == SCEP_GEN_STAGED ||
			    ca->state == SCEP_GEN_PUBLISHED;
	size_t		 i;

	for (i = 0; i < ca->n_old_ra; i++)
		add_expiry(list, ca->name, "earlier RA", &ca->old_ra[i].cert);
	if (ca->state == SCEP_GEN_CURRENT)
		return;
	add_expiry(list, ca->name, next ? "next CA" : "previous CA",
	    &ca->cert);
	add_expiry(list, ca->name, next ? "next RA" : "previous RA",
	    &ca->ra_cert);
}

static json_t *
expiries_json(const struct scep_config *cfg)
{
	const struct scep_ca_conf	*ca;
	json_t				*list = json_array();
	size_t				 i;

	for (ca = cfg->ca; ca < cfg->ca + cfg->n_cas; ca++) {
		add_expiry(list, ca->name, "CA", &ca->cert);
		add_expiry(list, ca->name, "RA", &ca->ra_cert);
		add_others(list, ca);
		for (i = 0; i < ca->n_kin; i++)
			add_others(list, &ca->kin[i]);
	}
	return list;
}

static json_t *
store_json(struct scep_local *ca)
{
	struct scep_store_facts	 store;

	scep_store_look(ca->store, &store);
	return json_pack("{s:s,s:I,s:I,s:I}", "state", store.broken ?
	    "broken" : store.free < store.reserve ? "no room" : "fine",
	    "size", (json_int_t)store.size, "free", (json_int_t)store.free,
	    "reserve", (json_int_t)store.reserve);
}

/* Without a server, what the state itself tells. */
static json_t *
owner_json(const struct scep_local *ca)
{
	struct scep_host_facts	 facts = { .pid = 0 };
	char			 started[SCEP_TIME_TEXT];

	if (ca->host == NULL)
		return json_null();
	ca->host->look(ca->host->arg, &facts);
	scep_time_text(facts.started, started);
	return json_pack("{s:s,s:I,s:s,s:I,s:I,s:I}", "version", SCEP_VERSION,
	    "pid", (json_int_t)facts.pid, "started", started,
	    "generation", (json_int_t)ca->ca.generation,
	    "workers", (json_int_t)facts.workers,
	    "worker_restarts", (json_int_t)facts.restarts);
}

/* Without a server nobody is counted. */
static json_t *
blocked_json(const struct scep_local *ca)
{
	struct scep_limits_facts	 facts;

	if (ca->memory->limits == NULL)
		return json_null();
	scep_limits_look(ca->memory->limits, &facts);
	return json_pack("{s:I,s:I}", "peers", (json_int_t)facts.peers,
	    "profiles", (json_int_t)facts.profiles);
}

static enum scep_err
status(struct scep_admin_call *call, struct scep_error *err)
{
	struct scep_stats	*stats = call->ca->memory->stats;
	struct totals		 totals = { .count = { 0 } };
	long			 hour[SCEP_RESULTS];
	json_t			*profiles, *crls = NULL;
	enum scep_err		 rc;

	if ((rc = profiles_json(call->ca, &profiles, err)) != SCEP_OK ||
	    (rc = scep_admin_crls(call->ca, call->now, &crls, err)) !=
	    SCEP_OK) {
		json_decref(profiles);
		json_decref(crls);
		return rc;
	}
	scep_stats_each(stats, add_row, &totals);
	scep_stats_last_hour(stats, call->now, hour);
	return scep_admin_object(call, json_pack(
	    "{s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "owner", owner_json(call->ca),
	    "since_start", results_json(totals.count),
	    "last_hour", results_json(hour), "profiles", profiles,
	    "expiries", expiries_json(call->ca->cfg), "crls", crls,
	    "blocked", blocked_json(call->ca), "store",
	    store_json(call->ca)), err);
}

const struct scep_admin_verb	scep_admin_server[] = {
	{ "reload", scep_admin_no_members, reload },
	{ "status", scep_admin_no_members, status },
	{ NULL, NULL, NULL }
};
