/*
 * metrics_validator.c - what Prometheus wants to know of validators: of each
 * profile that has one, asked already or not.
 */
#include "ca/metrics.h"
#include "ca/validator.h"
#include "ca/waiting.h"

typedef void	(*put_fn)(struct scep_metrics *p,
		    const struct scep_profile *profile,
		    const struct scep_waiting_row *row);

/* Whoever asks one waits for a copy, and not for the page. */
static void
each(struct scep_metrics *p, put_fn fn)
{
	const struct scep_config	*cfg = p->ca->cfg;
	const struct scep_profile	*profile;
	struct scep_waiting_row		 row;

	for (profile = cfg->profile; profile < cfg->profile +
	    cfg->n_profiles; profile++) {
		if (profile->validator.hook.kind == SCEP_HOOK_NONE)
			continue;
		scep_waiting_look(p->ca->memory->waiting, profile->name,
		    &row);
		fn(p, profile, &row);
	}
}

static void
put_waiting(struct scep_metrics *p, const struct scep_profile *profile,
    const struct scep_waiting_row *row)
{
	scep_metrics_put(p, "scep_validator_waiting{profile=\"%s\"} %ld\n",
	    profile->name, row->now);
}

static void
put_max_waiting(struct scep_metrics *p, const struct scep_profile *profile,
    const struct scep_waiting_row *row)
{
	(void)row;
	scep_metrics_put(p, "scep_validator_max_waiting{profile=\"%s\"} "
	    "%ld\n", profile->name, scep_validator_max_waiting(p->ca,
	    profile));
}

static void
put_turned_away(struct scep_metrics *p, const struct scep_profile *profile,
    const struct scep_waiting_row *row)
{
	static const char	 name[] = "scep_validator_turned_away_total";

	scep_metrics_put(p, "%s{profile=\"%s\",limit=\"max_waiting\"} %ld\n",
	    name, profile->name, row->turned_away);
	scep_metrics_put(p, "%s{profile=\"%s\",limit=\"workers\"} %ld\n",
	    name, profile->name, row->no_worker);
}

static void
put_answers(struct scep_metrics *p, const struct scep_profile *profile,
    const struct scep_waiting_row *row)
{
	int	 i;

	for (i = SCEP_VA_ALLOWED; i < SCEP_VALIDATOR_FACTS; i++)
		scep_metrics_put(p, "scep_validator_answers_total{"
		    "profile=\"%s\",answer=\"%s\"} %ld\n", profile->name,
		    scep_validator_word((enum scep_validator_fact)i),
		    row->answers[i]);
}

static void
put_seconds(struct scep_metrics *p, const struct scep_profile *profile,
    const struct scep_waiting_row *row)
{
	struct scep_histogram	 h = {
		.name = "scep_validator_seconds",
		.label = "profile",
		.value = profile->name,
		.bound_ms = scep_validator_ms,
		.n_bounds = SCEP_VALIDATOR_TIMES,
		.bucket = row->bucket,
		.ms = row->ms,
	};
	size_t			 i;

	for (i = 0; i <= SCEP_VALIDATOR_TIMES; i++)
		h.n += row->bucket[i];
	scep_metrics_histogram(p, &h);
}

void
scep_metrics_validators(struct scep_metrics *p)
{
	static const struct {
		const char	*name, *type, *help;
		put_fn		 fn;
	} series[] = {
		{ "scep_validator_waiting", "gauge",
		    "Requests that are with their profile's validator, or "
		    "behind one that is.", put_waiting },
		{ "scep_validator_max_waiting", "gauge",
		    "As many may be.", put_max_waiting },
		{ "scep_validator_turned_away_total", "counter",
		    "Requests that were too many to wait for it, which got "
		    "HTTP 503.", put_turned_away },
		{ "scep_validator_answers_total", "counter",
		    "What validators answered.", put_answers },
		{ "scep_validator_seconds", "histogram",
		    "Time from one question to a validator to its answer, or "
		    "to the end of the call.", put_seconds },
	};
	size_t			 i;

	for (i = 0; i < sizeof(series) / sizeof(series[0]); i++) {
		scep_metrics_head(p, series[i].name, series[i].type,
		    series[i].help);
		each(p, series[i].fn);
	}
}
