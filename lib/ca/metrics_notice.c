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

/* By whether strangers can cause them. */
static const char *const	kinds[2] = { "other", "refused" };

/* A copy: no store and no memory is waited for with the mutex. */
struct copy {
	long			 rows[2];
	time_t			 oldest[2];	/* 0: there is none */
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
	for (minor = 0; minor <= 1; minor++) {
		if (copy->rows[minor] < 0 && scep_notices_count(ca->store,
		    minor, &copy->rows[minor], &ignored) != SCEP_OK)
			copy->rows[minor] = 0;
		if (scep_notices_oldest(ca->store, minor,
		    &copy->oldest[minor], &ignored) != SCEP_OK)
			copy->oldest[minor] = 0;
	}
}

static void
put_waiting(struct scep_metrics *p, const struct copy *copy)
{
	time_t	 came;
	int	 minor;

	scep_metrics_head(p, "scep_notices_waiting", "gauge",
	    "Notices that nobody has taken yet.");
	for (minor = 1; minor >= 0; minor--)
		scep_metrics_put(p, "scep_notices_waiting{kind=\"%s\"} "
		    "%ld\n", kinds[minor], copy->rows[minor]);
	scep_metrics_head(p, "scep_notices_oldest_seconds", "gauge",
	    "Age of the oldest of them; 0 if there is none.");
	for (minor = 1; minor >= 0; minor--) {
		came = copy->oldest[minor];
		scep_metrics_put(p, "scep_notices_oldest_seconds{kind="
		    "\"%s\"} %lld\n", kinds[minor], came == 0 ||
		    came > p->now ? 0LL : (long long)(p->now - came));
	}
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
	put_waiting(p, copy);
	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		put_value(p, &values[i], copy);
	free(copy);
}
