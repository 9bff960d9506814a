/*
 * admin_ca_act.c - what each of the operator's verbs does to the generations
 * of a CA, and what it demands.
 *
 * Knows generations and the files of one; admin_ca.c makes a change of it that
 * the log knows.
 */
#include <openssl/crypto.h>

#include "base/error.h"
#include "base/text.h"
#include "ca/admin_ca.h"
#include "ca/lineage_file.h"
#include "ca/ra_roll.h"

static void
warn(void *arg, int fatal, const char *text)
{
	struct scep_ca_act	*a = arg;
	char		 clean[SCEP_ERROR_MAX];

	if (fatal)
		return;			/* it is the refusal */
	OPENSSL_strlcpy(clean, text, sizeof(clean));
	scep_admin_printable(clean);
	(void)json_array_append_new(a->warnings, json_string(clean));
}

/* The one that comes next, looked at as if it were in force. */
static enum scep_err
check_next(struct scep_ca_act *a, const struct scep_gen *gen,
    struct scep_error *err)
{
	struct scep_ca_conf	*next = NULL;
	char			 text[SCEP_TIME_TEXT];
	enum scep_err		 rc;

	if ((rc = scep_config_generation(a->call->ca->crypto, a->state, a->ca,
	    gen, &next, err)) == SCEP_OK)
		rc = scep_config_check_generation(a->call->ca->crypto, next,
		    a->call->now, warn, a, err);
	if (rc == SCEP_OK && gen->state == SCEP_GEN_CURRENT &&
	    next->cert.not_before > a->call->now) {
		scep_time_text(next->cert.not_before, text);
		rc = scep_fail(err, SCEP_E_REFUSED, "CA %s: generation %u is "
		    "not valid before %s; switch then", a->ca->name,
		    gen->number, text);
	}
	if (rc == SCEP_E_CONFIG)
		err->code = rc = SCEP_E_REFUSED;
	if (rc == SCEP_OK)
		scep_config_check_points(a->call->ca->cfg, a->ca, 1, warn, a);
	scep_ca_conf_free(next);
	return rc;
}

/* A name that scepadm gave, and nobody else's path. */
static enum scep_err
check_from(const char *from, struct scep_error *err)
{
	static const char	 letters[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	const size_t		 n = strlen(SCEP_LINEAGE_NEW);

	return strncmp(from, SCEP_LINEAGE_NEW, n) == 0 &&
	    from[n + strspn(from + n, letters)] == '\0' ? SCEP_OK :
	    scep_fail(err, SCEP_E_USAGE, "from is no directory new.X");
}

/* What order forbids is said before anything is touched.  A directory that a
 * crash left, or a restore, keeps its number. */
enum scep_err
scep_ca_act_stage(struct scep_ca_act *a, struct scep_error *err)
{
	const char	*from = scep_admin_text(a->call, "from", "");
	const char	*name = a->ca->name;
	uint8_t		 key[SCEP_SHA256_LEN];
	enum scep_err	 rc;

	if ((rc = check_from(from, err)) != SCEP_OK ||
	    (rc = scep_lineage_may_stage(&a->l, err)) != SCEP_OK)
		return rc;
	while (scep_lineage_dir_is(a->state, name, a->l.last + 1))
		a->l.last++;
	a->number = a->l.last + 1;
	if ((rc = scep_lineage_adopt(a->state, name, from, a->number,
	    err)) != SCEP_OK)
		return rc;
	a->made_files = 1;
	if ((rc = scep_lineage_key(a->call->ca->crypto, a->state, name,
	    a->number, key, err)) != SCEP_OK ||
	    (rc = scep_lineage_stage(&a->l, key, scep_admin_text(a->call,
	    "digest", ""), (int)scep_admin_number(a->call, "chain", 0),
	    a->ca->insecure_one_key, a->call->now, &a->number, err)) !=
	    SCEP_OK)
		return rc;
	return check_next(a, scep_lineage_next(&a->l), err);
}

enum scep_err
scep_ca_act_unstage(struct scep_ca_act *a, struct scep_error *err)
{
	return scep_lineage_unstage(&a->l, (int)scep_admin_number(a->call,
	    "force", 0), &a->number, err);
}

enum scep_err
scep_ca_act_publish(struct scep_ca_act *a, struct scep_error *err)
{
	enum scep_err	 rc;

	if ((rc = scep_lineage_publish(&a->l, a->call->now, &a->number,
	    err)) != SCEP_OK)
		return rc;
	if (*a->ca->fault != '\0')
		return scep_fail(err, SCEP_E_REFUSED, "CA %s cannot sign for "
		    "the next one: %s; or go on without it: `scepadm ca "
		    "switch --force`", a->ca->name, a->ca->fault);
	return check_next(a, scep_lineage_next(&a->l), err);
}

enum scep_err
scep_ca_act_switch(struct scep_ca_act *a, struct scep_error *err)
{
	enum scep_err	 rc;

	if ((rc = scep_lineage_switch(&a->l, (int)scep_admin_number(a->call,
	    "force", 0), a->call->now, &a->number, err)) != SCEP_OK)
		return rc;
	return check_next(a, scep_lineage_current(&a->l), err);
}

const struct scep_ca_conf *
scep_ca_act_loaded(const struct scep_ca_act *a)
{
	size_t	 i;

	for (i = 0; i < a->ca->n_kin; i++)
		if (a->ca->kin[i].generation == a->number)
			return &a->ca->kin[i];
	return NULL;
}

static enum scep_err
check_unused(struct scep_ca_act *a, struct scep_error *err)
{
	const struct scep_ca_conf	*gen = scep_ca_act_loaded(a);
	char				 text[SCEP_TIME_TEXT];
	enum scep_err			 rc;
	time_t				 until;
	long				 n;

	if (scep_admin_number(a->call, "force", 0))
		return SCEP_OK;
	if (gen == NULL || gen->cert.der.len == 0)
		return scep_fail(err, SCEP_E_REFUSED, "CA %s: generation %u "
		    "is not loaded, and what it issued cannot be counted; "
		    "scepadm reload says why, --force retires it all the "
		    "same", a->ca->name, a->number);
	if ((rc = scep_admin_ca_count(a->call, gen, &n, &until, err)) !=
	    SCEP_OK || n == 0)
		return rc;
	scep_time_text(until, text);
	return scep_fail(err, SCEP_E_REFUSED, "CA %s: %ld certificate%s of "
	    "generation %u %s valid, the last one until %s, and could not be "
	    "renewed any more; wait for the devices to renew, or --force",
	    a->ca->name, n, n == 1 ? "" : "s", a->number, n == 1 ? "is" :
	    "are", text);
}

enum scep_err
scep_ca_act_retire(struct scep_ca_act *a, struct scep_error *err)
{
	enum scep_err	 rc;

	a->number = (unsigned int)scep_admin_number(a->call, "generation", 0);
	a->ra = (unsigned int)scep_admin_number(a->call, "ra", 0);
	if (a->ra != 0) {
		if (a->number == 0)
			a->number = scep_lineage_current(&a->l)->number;
		return scep_lineage_drop_ra(&a->l, a->number, a->ra, err);
	}
	if ((rc = scep_lineage_retire(&a->l, &a->number, err)) != SCEP_OK)
		return rc;
	a->before = SCEP_GEN_PREVIOUS;
	return check_unused(a, err);
}

/* The roll that else comes by the clock.  What a crash leaves of its files,
 * nobody has used. */
enum scep_err
scep_ca_act_renew_ra(struct scep_ca_act *a, struct scep_error *err)
{
	enum scep_err	 rc;

	a->number = scep_lineage_current(&a->l)->number;
	if ((rc = scep_ra_may_renew(a->ca, &a->l, a->call->now, err)) !=
	    SCEP_OK)
		return rc;
	return scep_ra_renew(a->call->ca, a->ca, &a->l, a->call->now, &a->ra,
	    err);
}
