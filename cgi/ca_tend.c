/*
 * ca_tend.c - what the owner does every second, and every few.
 */
#include <time.h>

#include "base/error.h"
#include "cgi/ca_tend.h"
#include "cgi/child.h"
#include "cgi/log.h"

#define TEND_CA_MS	5000	/* the store is tended more often */
#define ROLL_AGAIN_MS	(3600L * 1000)	/* where no new RA key came about */

/* RA keys that come to their end. */
static void
roll_ras(struct scep_tending *t, struct scep_ca *ca)
{
	struct scep_error	 err;
	uint32_t		 generation;
	int			 rolled = 0;

	if (scep_now_ms() < t->roll_due)
		return;
	if (scep_ca_roll_ras(ca, time(NULL), &rolled, &err) != SCEP_OK) {
		scep_log_error("%s", err.text);
		t->roll_due = scep_now_ms() + ROLL_AGAIN_MS;
	}
	if (rolled == 0)
		return;
	scep_log_info("%d RA keys are renewed; the old ones go on opening "
	    "what is addressed to them", rolled);
	if (t->host->reload(t->host->arg, &generation, &err) != SCEP_OK)
		t->roll_due = scep_now_ms() + ROLL_AGAIN_MS;
}

/* A store that cannot be read or written is no passing trouble. */
static void
say(enum scep_err rc, const struct scep_error *err)
{
	if (rc == SCEP_E_STORE)
		scep_log_error("tending: %s", err->text);
	else if (rc != SCEP_OK)
		scep_log_warn("tending: %s", err->text);
}

static void
tend_ca(struct scep_tending *t)
{
	struct scep_generation	*gen;
	struct scep_error	 err;

	gen = scep_generation_hold(t->generations);
	say(scep_ca_tend(gen->ca, time(NULL), &err), &err);
	roll_ras(t, gen->ca);
	scep_generation_drop(t->generations, gen);
}

/* What did not get into the store is still in memory. */
static void
tend_soon(struct scep_tending *t)
{
	struct scep_generation	*gen = scep_generation_hold(t->generations);
	struct scep_error	 err;

	say(scep_ca_tend_soon(gen->ca, &err), &err);
	scep_ca_tend_limits(gen->ca, time(NULL));
	scep_generation_drop(t->generations, gen);
}

enum scep_err
scep_ca_tend_round(struct scep_tending *t)
{
	struct scep_error	 err;
	enum scep_err		 rc;

	if ((rc = scep_store_tend(t->store, &err)) != SCEP_OK) {
		scep_log_error("store: %s", err.text);
		if (rc == SCEP_E_STORE)
			return rc;
	}
	tend_soon(t);
	if (scep_now_ms() >= t->ca_due) {
		tend_ca(t);
		t->ca_due = scep_now_ms() + TEND_CA_MS;
	}
	return SCEP_OK;
}
