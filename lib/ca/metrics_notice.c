/* metrics_notice.c - what Prometheus wants to know of notices. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "ca/metrics.h"
#include "ca/notices.h"

/* One value of each lane. */
struct value {
	const char	*name, *type, *help, *label;
	size_t		 member;
};

static const struct value	values[] = {
	{ "scep_notice_deliveries_total", "counter",
	    "Notices that were handed to a receiver, and tries that failed.",
	    ",result=\"ok\"", offsetof(struct scep_lane, delivered) },
	{ "scep_notice_deliveries_total", NULL, NULL,
	    ",result=\"failed\"", offsetof(struct scep_lane, failed) },
	{ "scep_notices_dropped_total", "counter",
	    "Notices that nobody will be told of.",
	    ",reason=\"full\"", offsetof(struct scep_lane, dropped) },
	{ "scep_notices_dropped_total", NULL, NULL,
	    ",reason=\"old\"", offsetof(struct scep_lane, expired) },
	{ "scep_notice_failures", "gauge",
	    "Tries in a row that failed.", "",
	    offsetof(struct scep_lane, failures) },
};

/* A copy: no store and no memory is waited for with the mutex. */
struct copy {
	long			 rows[2];
	size_t			 n_lanes;
	struct scep_lane	 lane[SCEP_LANES];
};

static void
put_value(struct scep_metrics *p, const struct value *v,
    const struct copy *copy)
{
	size_t	 i;

	if (v->type != NULL)
		scep_metrics_head(p, v->name, v->type, v->help);
	for (i = 0; i < copy->n_lanes; i++)
		scep_metrics_put(p, "%s{profile=\"%s\"%s} %ld\n", v->name,
		    copy->lane[i].profile, v->label, *(const long *)
		    (const void *)((const char *)&copy->lane[i] +
		    v->member));
}

static void
take_copy(struct scep_local *ca, struct copy *copy)
{
	struct scep_notices	*n = ca->memory->notices;
	struct scep_error	 ignored;
	int			 minor;

	(void)pthread_mutex_lock(&n->mutex);
	copy->n_lanes = n->n_lanes;
	memcpy(copy->lane, n->lane, n->n_lanes * sizeof(n->lane[0]));
	memcpy(copy->rows, n->rows, sizeof(copy->rows));
	(void)pthread_mutex_unlock(&n->mutex);
	for (minor = 0; minor <= 1; minor++)
		if (copy->rows[minor] < 0 && scep_notices_count(ca->store,
		    minor, &copy->rows[minor], &ignored) != SCEP_OK)
			copy->rows[minor] = 0;
}

void
scep_metrics_notices(struct scep_metrics *p)
{
	struct copy	*copy;
	size_t		 i;

	if (p->rc != SCEP_OK)
		return;
	if ((copy = malloc(sizeof(*copy))) == NULL) {
		p->rc = scep_fail(p->err, SCEP_E_NOMEM, "metrics");
		return;
	}
	take_copy(p->ca, copy);
	scep_metrics_head(p, "scep_notices_waiting", "gauge",
	    "Notices that nobody has taken yet.");
	scep_metrics_put(p, "scep_notices_waiting{kind=\"refused\"} %ld\n"
	    "scep_notices_waiting{kind=\"other\"} %ld\n", copy->rows[1],
	    copy->rows[0]);
	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		put_value(p, &values[i], copy);
	free(copy);
}
