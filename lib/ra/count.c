/*
 * count.c - what this RA has done, until it is reported to the CA.
 */
#include <string.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "ra/local.h"

struct scep_counts {
	struct scep_tally	 last;		/* the request in hand */
	struct scep_report	 report;
};

enum scep_err
scep_counts_new(struct scep_counts **out, struct scep_error *err)
{
	*out = OPENSSL_zalloc(sizeof(**out));
	return *out != NULL ? SCEP_OK :
	    scep_fail(err, SCEP_E_NOMEM, "counts");
}

static void
set(char *out, size_t size, const char *text)
{
	OPENSSL_strlcpy(out, text, size);
}

void
scep_counts_begin(const struct scep_work *work)
{
	struct scep_tally	*t = &work->ra->counts->last;

	memset(t, 0, sizeof(*t));
	set(t->operation, sizeof(t->operation), "none");
}

void
scep_counts_profile(const struct scep_work *work)
{
	struct scep_tally	*t = &work->ra->counts->last;

	set(t->profile, sizeof(t->profile), work->profile->name);
}

void
scep_counts_operation(const struct scep_work *work, const char *name)
{
	struct scep_tally	*t = &work->ra->counts->last;

	set(t->operation, sizeof(t->operation), name);
}

void
scep_counts_result(const struct scep_work *work, const char *result)
{
	struct scep_tally	*t = &work->ra->counts->last;

	set(t->result, sizeof(t->result), result);
}

/* "no challenge (…)": the detail is for the log.  So is what has a number or a
 * name in it: there must be few reasons. */
void
scep_counts_reason(const struct scep_work *work, const char *result,
    enum scep_err code, const char *reason)
{
	struct scep_tally	*t = &work->ra->counts->last;
	char			*detail;

	scep_counts_result(work, result);
	set(t->reason, sizeof(t->reason), reason);
	if ((detail = strstr(t->reason, " (")) != NULL)
		*detail = '\0';
	if (t->reason[strspn(t->reason, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ -,'")] != '\0')
		set(t->reason, sizeof(t->reason), scep_err_name(code));
}

void
scep_ra_count(struct scep_ra *ra, long ms)
{
	/* What there is no room for is reported first, by the caller's clock:
	 * not here.  A second's combinations are fewer. */
	(void)scep_report_add(&ra->counts->report, &ra->counts->last, ms);
}

int
scep_ra_has_counted(const struct scep_ra *ra)
{
	return ra->counts->report.n > 0;
}

void
scep_ra_report(struct scep_ra *ra, time_t now)
{
	struct scep_error	 err;

	if (ra->counts->report.n > 0)
		(void)scep_ca_report(ra->ca, now, &ra->counts->report, &err);
	ra->counts->report.n = 0;
}
