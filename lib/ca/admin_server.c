/*
 * admin_server.c - what the operator may ask of the process that owns the
 * state, and not of the CA in it.
 *
 * Knows nothing of processes: whoever runs the CA attaches what it can do.
 */
#include "base/error.h"
#include "ca/admin_json.h"

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

static const struct scep_admin_member	no_members[] = {
	{ NULL, SCEP_ADMIN_TEXT, 0, 0, 0 }
};

const struct scep_admin_verb	scep_admin_server[] = {
	{ "reload", no_members, reload },
	{ NULL, NULL, NULL }
};
