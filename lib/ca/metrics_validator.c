/* metrics_validator.c - what Prometheus wants to know of validators. */
#include "ca/metrics.h"
#include "ca/validator.h"
#include "ca/waiting.h"

static void
put_waiting(void *arg, const struct scep_waiting_row *row)
{
	scep_metrics_put(arg, "scep_validator_waiting{profile=\"%s\"} %ld\n",
	    row->profile, row->now);
}

static void
put_turned_away(void *arg, const struct scep_waiting_row *row)
{
	scep_metrics_put(arg, "scep_validator_turned_away_total{profile="
	    "\"%s\"} %ld\n", row->profile, row->turned_away);
}

static void
put_answers(void *arg, const struct scep_waiting_row *row)
{
	int	 i;

	for (i = SCEP_VA_ALLOWED; i < SCEP_VALIDATOR_FACTS; i++)
		scep_metrics_put(arg, "scep_validator_answers_total{"
		    "profile=\"%s\",answer=\"%s\"} %ld\n", row->profile,
		    scep_validator_word((enum scep_validator_fact)i),
		    row->answers[i]);
}

void
scep_metrics_validators(struct scep_metrics *p)
{
	struct scep_waiting	*waiting = p->ca->memory->waiting;

	scep_metrics_head(p, "scep_validator_waiting", "gauge",
	    "Requests that are with their profile's validator, or behind one "
	    "that is.");
	scep_waiting_each(waiting, put_waiting, p);
	scep_metrics_head(p, "scep_validator_turned_away_total", "counter",
	    "Requests beyond max_waiting.");
	scep_waiting_each(waiting, put_turned_away, p);
	scep_metrics_head(p, "scep_validator_answers_total", "counter",
	    "What validators answered.");
	scep_waiting_each(waiting, put_answers, p);
}
